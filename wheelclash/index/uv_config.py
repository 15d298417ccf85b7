"""uv's index settings: its environment variables and its configuration files, in uv's order."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wheelclash.errors import IndexSettingsError
from wheelclash.index.block import Block, readable, truthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["files", "from_environ", "from_files", "settings_of_files"]

SYSTEM = Path("/etc")
"""Where uv looks on every Unix, if no folder of ``XDG_CONFIG_DIRS`` has a file."""

_T = TypeVar("_T")
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


def from_environ(environ: Mapping[str, str]) -> Block:
    """Return the block of ``UV_DEFAULT_INDEX`` and its like, indexes split at blanks and find-links at commas."""
    main = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    extra = [*environ.get("UV_INDEX", "").split(), *environ.get("UV_EXTRA_INDEX_URL", "").split()]
    find_links = [link for link in environ.get("UV_FIND_LINKS", "").split(",") if link.strip()]
    return Block(
        index_url=location_of(main) if main else None,
        extra_index_urls=tuple(location_of(url) for url in extra),
        find_links=tuple(find_links),
        strategy=environ.get("UV_INDEX_STRATEGY") or None,
        trusted_hosts=tuple(environ.get("UV_INSECURE_HOST", "").split()),
        spelling=next((name for name in _VARIABLES if environ.get(name)), "uv variables"),
    )


def from_files(environ: Mapping[str, str], cwd: Path) -> Block:
    """Return the block of uv's files: the project's, then the user's, then the system's; earlier ones win.

    Raises:
        IndexSettingsError: A file cannot be read or understood.
    """
    if truthy(environ.get("UV_NO_CONFIG")):
        return Block(spelling="uv configuration")
    blocks = [_block(table, path) for path, table in files(environ, cwd)]
    return Block(
        index_url=next((block.index_url for block in blocks if block.index_url), None),
        extra_index_urls=tuple(url for block in blocks for url in block.extra_index_urls),
        find_links=tuple(link for block in blocks for link in block.find_links),
        no_index=any(block.no_index for block in blocks),
        strategy=next((block.strategy for block in blocks if block.strategy), None),
        trusted_hosts=tuple(host for block in blocks for host in block.trusted_hosts),
        spelling="uv configuration",
    )


def settings_of_files(environ: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """Map names of settings to what uv's files say of them, for ``uv pip``, as a variable would.

    Raises:
        IndexSettingsError: A file cannot be read or is no TOML.
    """
    settings: dict[str, str] = {}
    if truthy(environ.get("UV_NO_CONFIG")):
        return settings
    for path, table in reversed(list(files(environ, cwd))):
        inner = _value(table, "pip", dict, path) or {}
        settings |= {_VARIABLE.get(key, key): _as_variable(value) for key, value in {**table, **inner}.items()}
    return {key: value for key, value in settings.items() if value}


_VARIABLE = {"allow-insecure-host": "insecure-host"}
"""Settings with a variable of another name."""


def _as_variable(value: object) -> str:
    """Return what a variable would hold; a switch that is off, an empty list and a table are nothing."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if isinstance(value, dict) else str(value)


def files(environ: Mapping[str, str], cwd: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the files that are there, with uv's table of each; the most important first.

    Raises:
        IndexSettingsError: One cannot be read or is no TOML.
    """
    chosen = environ.get("UV_CONFIG_FILE")
    if chosen:
        table = _toml(cwd / chosen)
        if table is None:
            raise IndexSettingsError(f"UV_CONFIG_FILE is {chosen}, and there is no such file.")
        yield cwd / chosen, table
        return
    yield from _project_file(cwd)
    for path in (_user_file(environ), _system_file(environ)):
        table = None if path is None else _toml(path)
        if path is not None and table is not None:
            yield path, table


def _project_file(cwd: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield ``uv.toml``, or a ``pyproject.toml`` that speaks of uv, of the nearest folder."""
    for folder in (cwd, *cwd.parents):
        table = _toml(folder / "uv.toml")
        if table is not None:
            yield folder / "uv.toml", table
            return
        project = _toml(folder / "pyproject.toml")
        tool = (project or {}).get("tool")
        if isinstance(tool, dict) and isinstance(tool.get("uv"), dict):
            yield folder / "pyproject.toml", tool["uv"]
            return


def _user_file(environ: Mapping[str, str]) -> Path | None:
    if sys.platform == "win32":
        folder = environ.get("APPDATA")
        return Path(folder, "uv", "uv.toml") if folder else None
    home = environ.get("XDG_CONFIG_HOME") or (environ["HOME"] + "/.config" if environ.get("HOME") else None)
    return Path(home, "uv", "uv.toml") if home else None


def _system_file(environ: Mapping[str, str]) -> Path | None:
    if sys.platform == "win32":
        folder = environ.get("PROGRAMDATA")
        return Path(folder, "uv", "uv.toml") if folder else None
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
        if folder and Path(folder, "uv", "uv.toml").is_file():
            return Path(folder, "uv", "uv.toml")
    return SYSTEM / "uv" / "uv.toml"


def _toml(path: Path) -> dict[str, Any] | None:
    content = readable(path)
    if content is None:
        return None
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise IndexSettingsError(f"The file {path} is no TOML: {error}.") from None


def _block(table: dict[str, Any], path: Path) -> Block:
    """Return what one file says; ``[pip]`` overrides single values and adds to lists."""
    inner = _value(table, "pip", dict, path) or {}
    indexes = _indexes(table, path)
    scalars = {key: _value(inner, key, str, path) or _value(table, key, str, path) for key in _SCALARS}
    no_index = [_value(settings, "no-index", bool, path) for settings in (inner, table)]
    main = next((location_of(url) for url, default in indexes if default), None)
    extra = [url for url, default in indexes if not default]
    return Block(
        index_url=_absolute(main or scalars["index-url"], path),
        extra_index_urls=tuple(
            _absolute(location_of(url), path) or ""
            for url in (*extra, *_texts(inner, "extra-index-url", path), *_texts(table, "extra-index-url", path))
        ),
        find_links=tuple(
            _absolute(link, path) or ""
            for link in (*_texts(inner, "find-links", path), *_texts(table, "find-links", path))
        ),
        no_index=next((switch for switch in no_index if switch is not None), False),
        strategy=scalars["index-strategy"],
        trusted_hosts=tuple(_texts(table, "allow-insecure-host", path)),
    )


_SCALARS = ("index-url", "index-strategy")


def _indexes(table: dict[str, Any], path: Path) -> list[tuple[str, bool]]:
    """Return location and default flag of each ``[[index]]``; explicit ones serve only projects that name them."""
    locations = []
    for entry in _value(table, "index", list, path) or []:
        if not isinstance(entry, dict):
            raise IndexSettingsError(f"{path}: an entry of 'index' is no table.")
        url = _value(entry, "url", str, path)
        if url is None:
            raise IndexSettingsError(f"{path}: an entry of 'index' has no 'url'.")
        if not _value(entry, "explicit", bool, path):
            locations.append((url, bool(_value(entry, "default", bool, path))))
    return locations


def _value(table: dict[str, Any], key: str, kind: type[_T], path: Path) -> _T | None:
    value = table.get(key)
    if value is not None and not isinstance(value, kind):
        raise IndexSettingsError(f"{path}: {key!r} has the wrong type.")
    return value


def _texts(table: dict[str, Any], key: str, path: Path) -> list[str]:
    values = _value(table, key, list, path) or []
    if not all(isinstance(value, str) for value in values):
        raise IndexSettingsError(f"{path}: {key!r} is no list of strings.")
    return values


def _absolute(location: str | None, path: Path) -> str | None:
    """Return a path in a file as an absolute one: it starts from that file's folder."""
    if location is None or "://" in location or location.lower().startswith("file:"):
        return location
    return str(path.parent / Path(location).expanduser())


def location_of(text: str) -> str:
    """Return the location of uv's ``name=location``."""
    match = re.match(r"[A-Za-z0-9._-]+=(?!=)(.+)", text)  # name==1.0 is a requirement, not a place
    return match[1] if match else text
