"""Sets that somebody resolved before: lock files and installation reports.

:func:`read_lock` reads any of them; :func:`kind_of` tells from a file's name and beginning what it is. One module a
format; all of them end in :func:`wheelclash.sources.locks.wheels.select_wheels`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.sources.locks.documents import Table, parse_json, parse_toml
from wheelclash.sources.locks.places import Places
from wheelclash.sources.locks.recognition import HEAD_SIZE, LockKind, SetKind, is_lock, kind_of

if TYPE_CHECKING:
    from wheelclash.sources.selection import Lock
    from wheelclash.urls import Credentials

__all__ = ["HEAD_SIZE", "LockKind", "SetKind", "is_lock", "kind_of", "read_lock"]


def read_lock(path: Path | None, data: bytes, *, credentials: Credentials) -> Lock:
    """Read a lock file or an installation report.

    Known are ``pylock.toml`` (PEP 751), ``uv.lock``, ``poetry.lock``, ``pdm.lock`` and the JSON of
    ``pip install --dry-run --report``; content decides, under whatever name.

    Args:
        path: The file; relative paths in it start from its folder and may not lead out of it, and a
            ``pyproject.toml`` beside it is consulted where the format leaves something open. None for the standard
            input: the current folder, and no ``pyproject.toml``.
        data: Its content.
        credentials: Where user names and passwords in its URLs go; nothing in the result has any.

    Raises:
        QuestionError: It is none of them, damaged, too large, or of an unknown version.
    """
    what = "the standard input" if path is None else path.name
    folder = Path.cwd() if path is None else path.parent
    try:
        return _read(path, data, what, folder, credentials)
    except RecursionError:
        raise QuestionError(f"{what} is nested too deeply.") from None


def _read(path: Path | None, data: bytes, what: str, folder: Path, credentials: Credentials) -> Lock:
    if data.lstrip()[:1] == b"{" and (path is None or path.suffix.lower() not in {".toml", ".lock"}):
        from wheelclash.sources.locks import pipreport

        return pipreport.read(parse_json(data, what), what, Places(folder, credentials, anywhere=True))
    document = parse_toml(data, what)
    places = Places(folder, credentials)
    kind = _kind(document)
    if kind == "pylock":
        from wheelclash.sources.locks import pylock

        return pylock.read(document, what, places)
    if kind == "uv":
        from wheelclash.sources.locks import uvlock

        return uvlock.read(document, what, places, path)
    if kind == "poetry":
        from wheelclash.sources.locks import poetrylock

        return poetrylock.read(document, what, places, path)
    if kind == "pdm":
        from wheelclash.sources.locks import pdmlock

        return pdmlock.read(document, what, places, path)
    raise QuestionError(
        f"{what} is no lock file that is known here.",
        "Known: pylock.toml, uv.lock, poetry.lock, pdm.lock, and the JSON of pip install --report.",
    )


def _kind(document: Table) -> LockKind | None:
    """What a TOML document is a lock of, by the keys that say its version."""
    metadata = document.values.get("metadata")
    if "lock-version" in document:
        return "pylock"
    if isinstance(metadata, dict):
        if "lock_version" in metadata:
            return "pdm"
        if "lock-version" in metadata:
            return "poetry"
    if "version" in document and not isinstance(document.values["version"], str):
        return "uv"
    return None
