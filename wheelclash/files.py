"""Bounded reading of files from elsewhere: regular files only, opened so that nothing can block.

A path may name a device that never ends, a pipe that nothing is written to, or a link to one of them. The ``strerror``
of each :class:`OSError` raised here completes the sentence "it cannot be read (…)".
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader
    from pathlib import Path

__all__ = [
    "LARGEST_CONFIGURATION",
    "LARGEST_DESCRIPTION",
    "IrregularFileError",
    "TooLargeError",
    "open_file",
    "open_regular",
    "read_file",
    "require_file",
    "working_folder",
]

_Path: TypeAlias = "Path | str"

LARGEST_CONFIGURATION = 16 * 2**20
"""Bytes that a configuration file, a netrc file or a bundle of certificates may have."""

LARGEST_DESCRIPTION = 64 * 2**20
"""Bytes that a lock or another description of a set may have; the largest real lock files have a few million."""

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a pipe is opened at once, whether or not something writes to it
    | getattr(os, "O_NOCTTY", 0)  # a terminal does not become ours
    | getattr(os, "O_BINARY", 0)
)


class IrregularFileError(OSError):
    """A path names a folder, a device, a pipe or a socket where a file is wanted.

    Attributes:
        is_folder: Whether it is a folder.
    """

    def __init__(self, path: _Path, *, is_folder: bool) -> None:
        what = "it is a folder" if is_folder else "it is no regular file"
        super().__init__(errno.EISDIR if is_folder else errno.EINVAL, what, os.fspath(path))
        self.is_folder = is_folder


class TooLargeError(OSError):
    """A file has more bytes than may be read.

    Attributes:
        limit: The most bytes that may be read.
    """

    def __init__(self, path: _Path, limit: int) -> None:
        super().__init__(errno.EFBIG, f"it has more than {limit} bytes", os.fspath(path))
        self.limit = limit


def open_file(path: _Path) -> tuple[int, os.stat_result]:
    """Open a regular file; links are followed.

    Returns:
        A file descriptor for the caller to close, and what the system knows of the file.

    Raises:
        IrregularFileError: It is no regular file.
        OSError: It is not there, or cannot be opened.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except ValueError as error:  # a null character
        raise OSError(errno.EINVAL, str(error), os.fspath(path)) from None
    except PermissionError:
        if os.path.isdir(path):  # noqa: PTH112 - Windows opens no folders
            raise IrregularFileError(path, is_folder=True) from None
        raise
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        return descriptor, status
    os.close(descriptor)
    raise IrregularFileError(path, is_folder=stat.S_ISDIR(status.st_mode))


def open_regular(path: _Path) -> BufferedReader:
    """Open a regular file as a stream, for readers that go to and fro in it; raises as :func:`open_file` does."""
    descriptor, _ = open_file(path)
    return os.fdopen(descriptor, "rb")


def read_file(path: _Path, limit: int, *, trusted: Callable[[os.stat_result], bool] = lambda _: True) -> bytes:
    """Return what a regular file holds.

    Args:
        path: Where; links are followed.
        limit: Bytes it may have.
        trusted: Whether a file is to be read, by what the system knows of the one that was opened.

    Raises:
        IrregularFileError: It is no regular file, or not trusted.
        TooLargeError: It has more bytes; at most one more is read.
        OSError: It is not there, or cannot be read.
    """
    descriptor, status = open_file(path)
    with os.fdopen(descriptor, "rb") as stream:
        if not trusted(status):
            raise IrregularFileError(path, is_folder=False)
        if status.st_size > limit:
            raise TooLargeError(path, limit)
        data = stream.read(limit + 1)
    if len(data) > limit:  # a file that grows, or one of the kernel's own, which reports a size of 0
        raise TooLargeError(path, limit)
    return data


def require_file(path: _Path, limit: int) -> None:
    """Refuse, before a library opens it, what :func:`read_file` would refuse."""
    descriptor, status = open_file(path)
    os.close(descriptor)
    if status.st_size > limit:
        raise TooLargeError(path, limit)


def working_folder() -> Path:
    """Return the current folder.

    Raises:
        QuestionError: It is gone: nothing relative to it means anything.
    """
    from pathlib import Path

    from wheelclash.errors import QuestionError

    try:
        return Path.cwd()
    except OSError as error:
        raise QuestionError(f"The current folder cannot be used ({error.strerror}).", "Change to another.") from None
