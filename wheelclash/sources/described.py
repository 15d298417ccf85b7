"""What kind of description of a set a file, a folder or the standard input is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from wheelclash.errors import QuestionError
from wheelclash.files import open_regular
from wheelclash.sources.locks.recognition import HEAD_SIZE, is_lock, kind_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Description", "describe"]

Description: TypeAlias = Literal["lock", "requirements", "script", "pyproject", "wheelhouse"]
"""``lock`` is for :func:`wheelclash.sources.locks.read_lock`, ``wheelhouse`` for
:mod:`wheelclash.sources.wheelhouse`; uv resolves the others, see :mod:`wheelclash.sources.closure`."""

_KNOWN = "Known: pylock.toml, uv.lock, poetry.lock, pdm.lock, pip's JSON report, requirements, scripts, pyproject.toml."


def describe(path: Path | None, data: bytes | None = None) -> Description:
    """Tell what a description is, by its name and by how it begins.

    Args:
        path: A file or folder; None for the standard input.
        data: The content, or at least how it begins; by default it is read from ``path``.

    Raises:
        QuestionError: There is no such file, it cannot be read, or it is nothing that describes a set.
    """
    if path is not None and _is_folder(path):
        return _of_folder(path)
    head = _head(path) if data is None else data
    if path is None:
        _check_stream(head)
    elif path.name.lower().endswith(".whl"):
        raise QuestionError(f"{path.name} is a wheel, not a description of a set.")
    if is_lock(path, head):
        return "lock"
    kind = kind_of(path, head)
    if kind == "requirements":
        return "requirements"
    if kind == "script":
        return _named(path, "script", "a script")
    if kind == "pyproject" and (path is None or path.name == "pyproject.toml"):
        return _named(path, "pyproject", "a pyproject.toml")
    raise QuestionError(f"{'The standard input' if path is None else path.name} describes no set of wheels.", _KNOWN)


def _named(path: Path | None, found: Description, what: str) -> Description:
    if path is None:
        raise QuestionError(f"The standard input is {what}, which can only be read from a file.", "Give its path.")
    return found


def _check_stream(head: bytes) -> None:
    if not head.strip():
        raise QuestionError("The standard input is empty: nothing was asked.")
    if b"\0" in head or head.startswith(b"PK\x03\x04"):
        raise QuestionError("The standard input is no text.", "It takes requirements, a lock file or pip's report.")


def _of_folder(path: Path) -> Description:
    try:
        names = sorted(each.name for each in path.iterdir())
    except OSError as error:
        raise QuestionError(f"{path} cannot be read ({error.strerror}).") from None
    if any(name.lower().endswith(".whl") for name in names):
        return "wheelhouse"
    described = [name for name in names if is_lock(path / name, b"") or name == "pyproject.toml"]
    hint = f"It holds {', '.join(described)}: give that file." if described else "Build some first."
    raise QuestionError(f"There is no wheel in the folder {path}.", hint)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _head(path: Path | None) -> bytes:
    if path is None:
        raise QuestionError("The standard input was not read.")
    try:
        with open_regular(path) as file:
            return file.read(HEAD_SIZE)
    except OSError as error:
        raise QuestionError(f"{path} cannot be read ({error.strerror}).") from None
