"""Descriptions of a set, recognised by name and, for files, by content: :func:`describe` tells what kind one is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TypeAlias

from wheelclash.errors import QuestionError
from wheelclash.files import LARGEST_DESCRIPTION, IrregularFileError, open_regular, read_file
from wheelclash.http.urls import shown
from wheelclash.locks.read import HEAD_SIZE, KNOWN, detect_format, is_lock, is_pex_file
from wheelclash.wording import path_from

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.locks.conda import PipSection

__all__ = ["Description", "content_of", "describe", "description_of", "pip_section_of"]

Description: TypeAlias = Literal["lock", "requirements", "script", "pyproject", "wheelhouse", "conda"]
"""``lock`` is for :func:`wheelclash.locks.read.read_lock`, ``wheelhouse`` for
:mod:`wheelclash.resolve.wheelhouse`, ``conda`` is an ``environment.yml``; uv resolves the others, see
:mod:`wheelclash.closure`."""

_KNOWN = f"{KNOWN} Also requirements, scripts and pyproject.toml."


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
    elif path.name.lower().endswith(".tar.gz"):
        raise QuestionError(
            f"{path.name} is a source archive, not a description of a set.",
            f"To have it built and compared, give its URL: '{path.absolute().as_uri()}' --build (runs its code).",
        )
    if is_lock(path, head):
        return "lock"
    kind = detect_format(path, head)
    if kind in {"requirements", "conda"}:
        return kind
    if kind == "script":
        return _named(path, "script", "a script")
    if kind == "pyproject" and (path is None or path.name == "pyproject.toml"):
        return _named(path, "pyproject", "a pyproject.toml")
    raise QuestionError(f"{'The standard input' if path is None else path.name} describes no set of wheels.", _KNOWN)


def _named(path: Path | None, description: Description, what: str) -> Description:
    if path is None:
        raise QuestionError(f"The standard input is {what}, which can only be read from a file.", "Give its path.")
    return description


def _check_stream(head: bytes) -> None:
    if not head.strip():
        raise QuestionError("The standard input is empty: nothing was asked.")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if (b"\0" in head and not is_wide) or head.startswith(b"PK\x03\x04"):
        raise QuestionError("The standard input is no text.", "It takes requirements, a lock file or pip's report.")


def _of_folder(path: Path) -> Description:
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        raise QuestionError(f"{_from_here(path)} cannot be read ({error.strerror}).") from None
    if any(name.lower().endswith(".whl") for name in names):
        return "wheelhouse"
    described = [name for name in names if is_lock(path / name, b"") or name == "pyproject.toml"]
    hint = f"It holds {', '.join(described)}: give that file." if described else "Build some first."
    raise QuestionError(f"There is no wheel in the folder {path}.", hint)


def _from_here(path: Path) -> str:
    """Return a path as it was given, for messages: what looks like a login is then found at its beginning."""
    return shown(path_from(str(path), str(path.cwd())))


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
        raise QuestionError(f"{_from_here(path)} cannot be read ({error.strerror}).") from None


def content_of(path: Path | None, argument: str) -> bytes:
    """Return the content of a description; of a large file that is known by its beginning, that alone.

    Args:
        path: The file; None for the standard input.
        argument: As it was given, for messages.

    Raises:
        QuestionError: It cannot be read, or is too large.
    """
    try:
        if path is not None:
            head = _head(path)  # a .pex file may be of any size, and only its list of wheels is read
            return head if is_pex_file(path, head) else read_file(path, LARGEST_DESCRIPTION)
        data = sys.stdin.buffer.read(LARGEST_DESCRIPTION + 1)
    except IrregularFileError as error:
        hint = "" if error.is_folder else "Of a pipe, give - and its standard input."
        raise QuestionError(f"{shown(argument)} cannot be read ({error.strerror}).", hint) from None
    except OSError as error:
        raise QuestionError(f"{shown(argument)} cannot be read ({error.strerror}).") from None
    if len(data) > LARGEST_DESCRIPTION:
        raise QuestionError(f"The standard input has more than {LARGEST_DESCRIPTION} bytes.")
    return data


def description_of(path: Path | None, data: bytes, *, as_requirements: bool) -> Description:
    """Tell what a description is; see :func:`describe`.

    Args:
        path: The file; None for the standard input.
        data: Its content.
        as_requirements: Whether it was given as a file of requirements, which may then have any name.

    Raises:
        QuestionError: It is none.
    """
    if as_requirements and path is not None and not path.suffix and detect_format(path, data) is None:
        return "requirements"
    return describe(path, data)


def pip_section_of(path: Path | None, data: bytes, cwd: Path) -> PipSection:
    """Return the pip section of an ``environment.yml``; raise QuestionError if there is none."""
    from wheelclash.locks.conda import pip_section
    from wheelclash.locks.yaml_document import parse_yaml

    name = "the standard input" if path is None else path.name
    return pip_section(parse_yaml(data, name), cwd if path is None else path.parent, name)
