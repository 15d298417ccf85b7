"""Content on disk: hashes of files, read by paths that somebody recorded and nobody vouches for."""

from __future__ import annotations

import hashlib
import os

from wheelclash.environment.records import NOTHING_THERE, read_small
from wheelclash.files import IrregularFileError, open_file

__all__ = ["Unreadable", "digest_of", "runs"]

_PIECE = 128 * 1024
_WRAPPER = 256 * 1024


class Unreadable(Exception):  # noqa: N818  (a state of a file, told in the report)
    """A file that is there and cannot be read.

    Attributes:
        reason: The system's word for it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def digest_of(path: str, algorithm: str = "sha256") -> str | None:
    """The hash of a file.

    Args:
        path: Links are followed.
        algorithm: A function of :mod:`hashlib`: ``sha256``.

    Returns:
        ``algorithm:hex``; ``irregular:`` and what it is for something that is no file; None if there is nothing.

    Raises:
        Unreadable: It is there and cannot be read.
    """
    try:
        descriptor, status = open_file(path)
    except IrregularFileError as error:
        return "irregular:folder" if error.is_folder else "irregular:device"
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return None
        raise Unreadable(error.strerror or str(error)) from error
    try:
        return f"{algorithm}:{_hashed(descriptor, algorithm, status.st_size)}"
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from error
    finally:
        os.close(descriptor)


def _hashed(descriptor: int, algorithm: str, size: int) -> str:
    """Hash by plain system calls: most files are small, and a file object for each would cost more than the hash."""
    found = getattr(hashlib, algorithm)(usedforsecurity=False)  # by name it would take twice as long
    most = min(size + 1, _PIECE)
    while piece := os.read(descriptor, most):
        found.update(piece)
        if len(piece) < most:
            break
    return str(found.hexdigest())


def runs(path: str, entry_point: str) -> bool:
    """Whether a file is a wrapper that runs an entry point, whoever generated it.

    Args:
        path: The file.
        entry_point: ``module:attr``.
    """
    try:
        text = read_small(path, _WRAPPER) or b""
    except OSError:
        return False
    module, _, attribute = entry_point.partition(":")
    first = attribute.partition(".")[0]
    return f"from {module} import {first}".encode() in text and f"{attribute}(".encode() in text
