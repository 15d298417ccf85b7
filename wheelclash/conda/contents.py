"""What a conda package says of itself in its ``info`` folder, parsed and checked.

``paths.json`` lists its files with their hashes, ``index.json`` says what it is, and ``link.json`` which commands are
made when it is installed. Packages from before ``paths.json`` have ``files``: names alone.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from wheelclash.errors import WheelError
from wheelclash.wheel.record import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FILES", "INDEX", "LINK", "PATHS", "CondaContents", "CondaFile", "parse_contents"]

INDEX, PATHS, LINK, FILES = "info/index.json", "info/paths.json", "info/link.json", "info/files"

_MOST_FILES = 2_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class CondaFile(NamedTuple):
    """A file of a conda package.

    Attributes:
        path: As the package has it, normalised, ``/`` between parts.
        digest: ``sha256:hex`` of what is installed; None where conda changes the file as it installs it, where it is a
            link, or if no hash is given.
        size: Bytes of it; None where no ``digest`` is.
    """

    path: str
    digest: str | None = None
    size: int | None = None


class CondaContents(NamedTuple):
    """What is known of one conda package.

    Attributes:
        files: Its files; folders are none.
        noarch_python: Whether it is installed for the Python that is there, whichever that is.
        commands: The entry points that commands are made of: names, and ``module:attr``.
    """

    files: tuple[CondaFile, ...]
    noarch_python: bool = False
    commands: tuple[tuple[str, str], ...] = ()


def parse_contents(texts: Mapping[str, bytes], filename: str, name: str, version: str) -> CondaContents:
    """Return what a package says of itself.

    Args:
        texts: The files of its ``info`` folder, by path.
        filename: Of the archive, for errors.
        name: The name that it is said to have.
        version: The version likewise.

    Raises:
        WheelError: ``unreadable``; ``mismatch`` if it is another package; ``hostile`` if it would write elsewhere;
            ``limit``.
    """
    if INDEX not in texts:
        raise WheelError(filename, "unreadable", f"it has no {INDEX}: it is no conda package")
    index = _json(texts[INDEX], INDEX, filename)
    itself = f"{index.get('name')} {index.get('version')}"
    if itself.lower() != f"{name} {version}".lower():
        raise WheelError(filename, "mismatch", f"it calls itself {itself[:200]}")
    if PATHS in texts:
        files = _of_paths(_json(texts[PATHS], PATHS, filename), filename)
    elif FILES in texts:
        lines = texts[FILES].decode("utf-8", "replace").splitlines()
        _require_few(len(lines), filename)
        files = [CondaFile(_checked(line, filename)) for line in lines if line]
    else:
        raise WheelError(filename, "unreadable", f"it has no {PATHS}: it does not say which files it has")
    link = _json(texts[LINK], LINK, filename).get("noarch") if LINK in texts else None
    link = link if isinstance(link, dict) else {}
    noarch_python = "python" in {index.get("noarch"), link.get("type")}
    commands = _commands(link.get("entry_points"), filename) if noarch_python else ()
    return CondaContents(tuple(files), noarch_python, commands)


def _json(data: bytes, path: str, filename: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WheelError(filename, "unreadable", f"its {path} is no JSON") from error
    if not isinstance(value, dict):
        raise WheelError(filename, "unreadable", f"its {path} is no table")
    return value


def _of_paths(table: Mapping[str, Any], filename: str) -> list[CondaFile]:
    version, rows = table.get("paths_version"), table.get("paths")
    if version != 1:
        raise WheelError(filename, "unreadable", f"its {PATHS} is of version {version}; only 1 is known")
    if not isinstance(rows, list):
        raise WheelError(filename, "unreadable", f"its {PATHS} has no list of paths")
    _require_few(len(rows), filename)
    files = []
    for row in rows:
        path = row.get("_path") if isinstance(row, dict) else None
        if not isinstance(path, str):
            raise WheelError(filename, "unreadable", f"its {PATHS} has a row without a path")
        if row.get("path_type") != "directory":
            files.append(_file(_checked(path, filename), row))
    return files


def _file(path: str, row: Mapping[str, Any]) -> CondaFile:
    digest, size = row.get("sha256"), row.get("size_in_bytes")
    is_as_packed = row.get("path_type") == "hardlink" and not row.get("prefix_placeholder")
    if not is_as_packed or not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        return CondaFile(path)
    return CondaFile(path, f"sha256:{digest}", size if type(size) is int and size >= 0 else None)


def _checked(path: str, filename: str) -> str:
    """Return a path that stays below the prefix on every platform.

    Raises:
        WheelError: ``hostile``: it does not.
    """
    clean = normalise(path)
    if clean is None or clean == "." or "\0" in path or normalise(path.replace("\\", "/")) is None:
        raise WheelError(filename, "hostile", f"a file would be written outside of the environment: {path[:200]!r}")
    return clean


def _commands(points: Any, filename: str) -> tuple[tuple[str, str], ...]:
    commands = []
    for point in points if isinstance(points, list) else ():
        name, equals, value = point.partition("=") if isinstance(point, str) else ("", "", "")
        if not equals or not name.strip():
            raise WheelError(filename, "unreadable", f"its {LINK} has an entry point that names no command")
        commands.append((_checked(name.strip(), filename), value.strip()))
    return tuple(commands)


def _require_few(count: int, filename: str) -> None:
    if count > _MOST_FILES:
        raise WheelError(filename, "limit", f"it lists {count} files; at most {_MOST_FILES} are read")
