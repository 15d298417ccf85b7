"""pip's index settings: its environment variables and its configuration files, in pip's order."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.errors import IndexSettingsError
from wheelclash.index.block import Block, readable, truthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["files", "from_environ", "from_files", "settings_of_files"]

SYSTEM = Path("/etc")
"""Where pip looks on every Unix, whatever ``XDG_CONFIG_DIRS`` says."""

_KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "cert", "trusted-host")


def from_environ(environ: Mapping[str, str]) -> Block:
    """Return the block of ``PIP_INDEX_URL`` and its like."""
    values = {key: environ[name] for key in _KEYS if environ.get(name := f"PIP_{key.upper().replace('-', '_')}")}
    return _block(values, next((f"PIP_{key.upper().replace('-', '_')}" for key in values), "pip variables"))


def from_files(environ: Mapping[str, str], prefix: Path | None) -> Block:
    """Return the block of pip's files: later ones override earlier ones by key, ``[install]`` overrides ``[global]``.

    Args:
        environ: Environment variables; they say where files are.
        prefix: The environment meant, which may hold a file of its own.

    Raises:
        IndexSettingsError: A file cannot be read or understood.
    """
    values = {key: value for key, value in settings_of_files(environ, prefix).items() if key in _KEYS}
    return _block(values, "pip configuration")


def settings_of_files(environ: Mapping[str, str], prefix: Path | None) -> dict[str, str]:
    """Map pip's long option names to what its files say of them, for ``pip install``; arguments as for the block."""
    settings: dict[str, str] = {}
    for path in files(environ, prefix):
        settings |= _settings(path)
    return settings


def files(environ: Mapping[str, str], prefix: Path | None) -> Iterator[Path]:
    """Yield where pip looks, in the order in which later files override earlier ones."""
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    basename = "pip.ini" if sys.platform == "win32" else "pip.conf"
    for folder in _global_folders(environ):
        yield folder / basename
    if not (chosen and Path(chosen).exists()):
        yield from _user_files(environ, basename)
    if prefix is not None:
        yield prefix / basename
    if chosen:
        yield Path(chosen)


def _global_folders(environ: Mapping[str, str]) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environ.get("PROGRAMDATA", r"C:\ProgramData"), "pip")]
    if sys.platform == "darwin":
        return [Path("/Library/Application Support/pip")]
    folders = environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [*(Path(folder, "pip") for folder in folders.split(os.pathsep) if folder), SYSTEM]


def _user_files(environ: Mapping[str, str], basename: str) -> Iterator[Path]:
    home = _home(environ)
    if home is None:
        return
    if sys.platform == "win32":
        yield home / "pip" / basename
        yield Path(environ.get("APPDATA") or home / "AppData" / "Roaming", "pip", basename)
        return
    yield home / ".pip" / basename
    apple = home / "Library" / "Application Support" / "pip"
    if sys.platform == "darwin" and apple.is_dir():
        yield apple / basename
    else:
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", basename)


def _home(environ: Mapping[str, str]) -> Path | None:
    named = environ.get("USERPROFILE" if sys.platform == "win32" else "HOME")
    if named:
        return Path(named)
    try:
        return Path.home()
    except RuntimeError:
        return None


def _settings(path: Path) -> dict[str, str]:
    content = readable(path)
    if content is None:
        return {}
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content.decode("utf-8-sig"), source=str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        reason = str(error).replace("\n", " ")
        raise IndexSettingsError(f"pip's configuration file {path} is damaged: {reason}.") from None
    return {
        _option(key): value
        for section in ("global", "install")
        if parser.has_section(section)
        for key, value in parser.items(section)
        if value
    }


def _option(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _block(values: Mapping[str, str], spelling: str) -> Block:
    cert = values.get("cert")
    return Block(
        index_url=(values.get("index-url") or "").strip() or None,
        extra_index_urls=tuple(values.get("extra-index-url", "").split()),
        find_links=tuple(values.get("find-links", "").split()),
        no_index=truthy(values.get("no-index")),
        cert=str(Path(cert).expanduser()) if cert else None,
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        spelling=spelling,
    )
