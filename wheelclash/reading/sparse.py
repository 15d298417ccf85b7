"""A file of which only parts are at hand."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["HoleError", "SparseFile"]


class HoleError(OSError):
    """Bytes were read that nobody fetched; :mod:`zipfile` sees a failing disk."""


class SparseFile(io.RawIOBase):
    """A seekable file made of parts, which :class:`zipfile.ZipFile` can read as far as they reach.

    Args:
        size: Bytes of the whole file.
        source: A file that has all of them, if there is one; parts are then an overlay of what was read before.

    Attributes:
        size: Bytes that can be seen; see :meth:`crop`.
        source: As given.
    """

    def __init__(self, size: int, source: IO[bytes] | None = None) -> None:
        super().__init__()
        self.size = size
        self.source = source
        self._cut = size
        self._position = 0
        self._parts: list[tuple[int, bytes]] = []

    @property
    def is_empty(self) -> bool:
        """Whether nothing is at hand yet."""
        return not self._parts and self.source is None

    def add(self, start: int, data: bytes) -> None:
        """Add the bytes at ``start``."""
        self._parts.append((start, data))
        self._parts.sort(key=lambda part: part[0])

    def crop(self, end_record: int) -> None:
        """Let the file end with the zip end record at ``end_record``, without comment and what follows.

        :mod:`zipfile` then takes this end record, and none that a comment pretends to hold.
        """
        self._cut = end_record + 20  # the two bytes that count the comment
        self.size = end_record + 22

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """The smallest span that holds every byte of ``start`` to ``stop`` not at hand, or None."""
        if self.source is not None:
            return None
        for begin, data in self._parts:
            if begin <= start < begin + len(data):
                start = begin + len(data)
        for begin, data in reversed(self._parts):
            if begin < stop <= begin + len(data):
                stop = begin
        return (start, stop) if start < stop else None

    def agrees(self, other: IO[bytes]) -> bool:
        """Whether ``other`` has the same bytes wherever parts are at hand."""
        for start, data in self._parts:
            other.seek(start)
            if other.read(len(data)) != data:
                return False
        return True

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; the new position.

        Raises:
            OSError: Before the beginning.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into a buffer."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes: fewer at the end of the file, or of what is at hand.

        Raises:
            HoleError: The first byte is not at hand.
        """
        start = self._position
        stop = self.size if size is None or size < 0 else min(self.size, start + size)
        found = bytearray()
        while start < stop:
            piece = self._piece(start, stop)
            if not piece:
                if not found:
                    raise HoleError(f"bytes from {start} on were never read")
                break
            found += piece
            start += len(piece)
        if start > self._cut:
            hidden = min(len(found), start - self._cut)
            found[len(found) - hidden :] = bytes(hidden)
        self._position = start
        return bytes(found)

    def _piece(self, start: int, stop: int) -> bytes:
        """Some bytes from ``start`` on, none if they are not at hand."""
        for begin, data in self._parts:
            if begin <= start < begin + len(data):
                return data[start - begin : stop - begin]
            if begin > start:
                stop = min(stop, begin)
                break
        if self.source is None:
            return b""
        self.source.seek(start)
        return self.source.read(stop - start)
