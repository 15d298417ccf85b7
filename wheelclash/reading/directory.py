"""Where a zip file's directory lies, from the file's tail (APPNOTE 4.3: end of central directory, zip64 records).

Only these few bytes are parsed here; the directory itself, deflate and CRC-32 are :mod:`zipfile`'s.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from wheelclash.errors import WheelError

__all__ = ["END_SIZE", "FURTHEST_END", "MAX_DIRECTORY", "Directory", "find_directory"]

END_SIZE = 22
"""Bytes of the end record without its comment."""

FURTHEST_END = END_SIZE + 0xFFFF
"""The end record begins at most so many bytes before the end of a file: its comment has at most 64 KiB."""

MAX_DIRECTORY = 128 * 1024 * 1024
"""Bytes of directory that are read: a million members and more. The largest known has 1.8 MB."""

_END = struct.Struct("<4s4H2LH")
_END_SIGNATURE = b"PK\5\6"
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_SIGNATURE = b"PK\6\6"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_SIGNATURE = b"PK\6\7"
_ENTRY_SIZE = 46
_ENTRY_SIGNATURE = b"PK\1\2"


@dataclass(frozen=True, slots=True)
class Directory:
    """The place of a zip directory.

    Attributes:
        start: Offset of its first entry.
        size: Bytes.
        end_record: Offset of the end record.
        prefix: Bytes before the archive proper (a zip file allows them, an index does not).
        comment: Bytes of the archive's comment.
        trailing: Bytes after the archive.
    """

    start: int
    size: int
    end_record: int
    prefix: int
    comment: int
    trailing: int


def find_directory(tail: bytes, size: int, filename: str) -> Directory:
    """Find the directory by the last end record whose numbers fit the file.

    Args:
        tail: The last bytes of the file; ``FURTHEST_END`` of them, or all, are enough but for zip64 files with a
            huge comment, which want 76 more.
        size: Bytes of the whole file.
        filename: For errors.

    Raises:
        WheelError: ``unreadable`` if there is no such record, ``limit`` if the directory is too large.
    """
    base = size - len(tail)
    position = len(tail)
    lowest = max(0, len(tail) - FURTHEST_END)
    while (position := tail.rfind(_END_SIGNATURE, lowest, position)) >= 0:
        found = _directory_at(tail, position, base, size)
        if found is not None:
            if found.size > MAX_DIRECTORY:
                reason = f"its zip directory has {found.size} bytes; at most {MAX_DIRECTORY} are read"
                raise WheelError(filename, "limit", reason)
            return found
    raise WheelError(filename, "unreadable", "it is no zip file, or a damaged one: no end record fits it")


def _directory_at(tail: bytes, position: int, base: int, size: int) -> Directory | None:
    """What the end record at ``tail[position:]`` says, if it can be true."""
    if len(tail) - position < END_SIZE:
        return None
    _, disk, first_disk, _, count, length, offset, comment = _END.unpack_from(tail, position)
    behind = position  # what follows the directory
    located = position - _LOCATOR.size
    if located >= 0 and tail.startswith(_LOCATOR_SIGNATURE, located):
        behind = located - _END64.size
        if behind < 0 or not tail.startswith(_END64_SIGNATURE, behind):
            return None
        _, _, _, _, disk, first_disk, _, count, length, offset = _END64.unpack_from(tail, behind)
    prefix = base + behind - length - offset
    trailing = size - (base + position + END_SIZE + comment)
    if disk or first_disk or prefix < 0 or trailing < 0 or count * _ENTRY_SIZE > length:
        return None
    begin = behind - length  # relative to the tail
    if length and begin >= 0 and not tail.startswith(_ENTRY_SIGNATURE, begin):
        return None
    return Directory(base + begin, length, base + position, prefix, comment, trailing)
