"""Bounded reading of what an environment holds: small regular files, where a missing one is nothing unusual."""

from __future__ import annotations

import errno
import os

from wheelclash.files import IrregularFileError, open_file

__all__ = ["MAX_BYTES", "NOTHING_THERE", "read_small"]

MAX_BYTES = 256 * 1024 * 1024
"""Bytes of the largest RECORD, or list of another package manager, that is read."""

NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""What the system says of a path at which there is nothing: no file, links in a circle, a name no file can have."""


def read_small(path: str, limit: int) -> bytes | None:
    """Return the content of a small regular file.

    Args:
        path: Where.
        limit: Bytes; of a larger file only so many are read.

    Returns:
        None if it is not there, or no regular file.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        descriptor, status = open_file(path)
    except IrregularFileError:
        return None
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return None
        raise
    try:
        most = status.st_size + 1
        data = os.read(descriptor, min(limit, most))
        if len(data) == status.st_size:  # one byte more was asked for: this is the end
            return data
        pieces = [data]
        limit -= len(data)
        while limit > 0 and (piece := os.read(descriptor, min(limit, most))):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)
