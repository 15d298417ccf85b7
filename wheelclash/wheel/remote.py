"""Opening a wheel: a few byte ranges of a remote one, or a file on disk, behind one interface.

Other zip archives are opened in the same way: what is asked of a file is :class:`ArchiveFile`.

The size the index gives (PEP 700) makes every request an absolute range: the tail, which holds the end record and
mostly the directory and the metadata as well; what is left of the directory; then the members wanted, those that are
near each other in one range. If a server ignores the range, its answer is used; one that refuses is asked for the
whole file, bounded, and remembered.

The place of a zip file's directory is read from the file's tail (APPNOTE 4.3: end of central directory, zip64 records).
Only these few bytes are parsed here; the directory itself, deflate and CRC-32 are left to :mod:`zipfile`, which reads a
:class:`SparseFile`: a file of which only parts have been fetched.
"""

from __future__ import annotations

import hashlib
import io
import struct
import threading
import zipfile
import zlib
from bisect import bisect_right
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Protocol, TypeVar

from wheelclash.errors import FetchError, WheelError
from wheelclash.files import open_regular
from wheelclash.http.policy import RangesRefusedError
from wheelclash.http.urls import origin_of
from wheelclash.threads import pause, run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed import WriteableBuffer

    from wheelclash.core.contents import Evidence
    from wheelclash.http.client import Fetcher
    from wheelclash.http.policy import BytesOnDisk, Download, Purpose, RangeReply

__all__ = [
    "END_SIZE",
    "FIRST_TAIL",
    "FURTHEST_END",
    "MAX_DIRECTORY",
    "NEAR",
    "Archive",
    "ArchiveFile",
    "Directory",
    "HoleError",
    "Hosts",
    "SparseFile",
    "find_directory",
    "open_archive",
    "open_file",
    "open_local",
    "try_twice",
    "unpacking",
]

_T = TypeVar("_T")


class ArchiveFile(Protocol):
    """A zip archive that is to be opened.

    Attributes:
        filename: Its file name.
        url: Where it is, without credentials.
        sha256: Hex digest that it is said to have, or None.
        size: Bytes that it is said to have, or None.
        path: The local file, if it is one.
    """

    @property
    def filename(self) -> str: ...  # noqa: D102 - above
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str | None: ...  # noqa: D102
    @property
    def size(self) -> int | None: ...  # noqa: D102
    @property
    def path(self) -> Path | None: ...  # noqa: D102


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
        size: Its size in bytes.
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
    """Find the directory by the last end record with numbers that fit the file.

    Args:
        tail: The last bytes of the file; ``FURTHEST_END`` of them, or all, are enough but for zip64 files with a
            huge comment, which want 76 more.
        size: Bytes of the whole file.
        filename: The wheel's file name, for errors.

    Raises:
        WheelError: ``unreadable`` if there is no such record, ``limit`` if the directory is too large.
    """
    base = size - len(tail)
    position = len(tail)
    lowest = max(0, len(tail) - FURTHEST_END)
    # The comment of an archive may hold the signature too: each place is tried, the last one first.
    while (position := tail.rfind(_END_SIGNATURE, lowest, position)) >= 0:
        directory = _directory_at(tail, position, base, size)
        if directory is not None:
            if directory.size > MAX_DIRECTORY:
                reason = f"its zip directory has {directory.size} bytes; at most {MAX_DIRECTORY} are read"
                raise WheelError(filename, "limit", reason)
            return directory
    raise WheelError(filename, "unreadable", "it is no zip file, or a damaged one: no end record fits it")


def _directory_at(tail: bytes, position: int, base: int, size: int) -> Directory | None:
    """Return what the end record at ``tail[position:]`` says, if it can be true."""
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
    # A record that fits: on one disk, nothing outside of the file, and room for as many entries as it counts.
    if disk or first_disk or prefix < 0 or trailing < 0 or count * _ENTRY_SIZE > length:
        return None
    begin = behind - length  # relative to the tail
    if length and begin >= 0 and not tail.startswith(_ENTRY_SIGNATURE, begin):
        return None
    return Directory(base + begin, length, base + position, prefix, comment, trailing)


_PIECE = 1024 * 1024


class HoleError(OSError):
    """Bytes were read that were never fetched; :mod:`zipfile` sees a failing disk."""


class SparseFile(io.RawIOBase):
    """A seekable file made of parts, which :class:`zipfile.ZipFile` can read as far as they reach.

    Args:
        size: Bytes of the whole file.
        source: A file that has all of them, if there is one; parts are then an overlay of what was read before.

    Attributes:
        size: Bytes that can be seen; see :meth:`crop`.
        source: As the argument.
    """

    def __init__(self, size: int, source: IO[bytes] | None = None) -> None:
        super().__init__()
        self.size = size
        self.source = source
        self._cut = size
        self._position = 0
        self._parts: list[tuple[int, bytes | BytesOnDisk]] = []

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is at hand yet."""
        return not self._parts and self.source is None

    def add(self, start: int, data: bytes | BytesOnDisk) -> None:
        """Add the bytes at ``start``; those in a temporary file are gone when this file is closed."""
        self._parts.append((start, data))
        self._parts.sort(key=lambda part: part[0])

    def crop(self, end_record: int) -> None:
        """Let the file end with the zip end record at ``end_record``, without comment and what follows.

        :mod:`zipfile` then takes this end record, and none that a comment pretends to hold.
        """
        self._cut = end_record + 20  # the two bytes that count the comment
        self.size = end_record + 22

    def missing(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the smallest span that holds every byte of ``start`` to ``stop`` not at hand, or None."""
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
        """Return whether ``other`` has the same bytes wherever parts are at hand."""
        for start, data in self._parts:
            other.seek(start)
            for begin in range(0, len(data), _PIECE):
                piece = data[begin : begin + _PIECE]
                if other.read(len(piece)) != piece:
                    return False
        return True

    def close(self) -> None:
        """Let go of what is in temporary files."""
        for _, data in self._parts:
            if not isinstance(data, bytes):
                data.close()
        super().close()

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position."""
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
        """Return up to ``size`` bytes: fewer at the end of the file, or of what is at hand.

        Raises:
            HoleError: The first byte is not at hand.
        """
        start = self._position
        stop = self.size if size is None or size < 0 else min(self.size, start + size)
        content = bytearray()
        while start < stop:
            piece = self._piece(start, stop)
            if not piece:
                if not content:
                    raise HoleError(f"bytes from {start} on were never read")
                break
            content += piece
            start += len(piece)
        if start > self._cut:
            hidden = min(len(content), start - self._cut)
            content[len(content) - hidden :] = bytes(hidden)
        self._position = start
        return bytes(content)

    def _piece(self, start: int, stop: int) -> bytes:
        """Return some bytes from ``start`` on, none if they are not at hand."""
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


FIRST_TAIL = 131_094
"""Bytes asked for first: twice the furthest place of an end record. See docs/explanation/reading.md."""

NEAR = 64 * 1024
"""Members no further apart than so many bytes are fetched as one range."""

_MORE = 0.8
_SLACK = 1024
_HEADER = 30
_FIELD = 0xFFFF  # a local header's name and extra field may each be so long
_SOME_EXTRA = 1024
_LOOK = 0.1  # seconds after which a waiting thread looks whether it is told to stop
_REPLACED = "the file was replaced while it was read"


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,  # bytes that were never fetched, and bzip2
    OverflowError,
    ValueError,
    RuntimeError,  # encrypted, or packed by an unknown method
)


def _broken() -> tuple[type[Exception], ...]:
    try:
        import lzma
    except ImportError:  # a Python built without it
        return _BROKEN
    return (*_BROKEN, lzma.LZMAError)


@contextmanager
def unpacking(filename: str) -> Iterator[None]:
    """Raise a ``WheelError`` of code ``unreadable`` for whatever :mod:`zipfile` and the decompressors raise."""
    try:
        yield
    except _broken() as error:
        raise WheelError(filename, "unreadable", f"it cannot be unpacked: {error}") from error


_AGAIN = frozenset({"changed", "protocol"})


def try_twice(read: Callable[[bool], _T]) -> _T:
    """Return what a reader gives; it is called again if a cache on the way may have given an old copy.

    Args:
        read: Is told whether caches on the way are to be asked for new copies.

    Raises:
        FetchError: It cannot be had, or the second copy is no better.
    """
    try:
        return read(False)  # noqa: FBT003 - what it says is above
    except FetchError as error:
        if error.code not in _AGAIN:
            raise
    return read(True)  # noqa: FBT003


class Hosts:
    """Which origins give no ranges, learnt during one run; the first request to an origin goes alone."""

    def __init__(self) -> None:
        self.whole: set[str] = set()
        self._known: set[str] = set()
        self._asked: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def contact(self, origin: str) -> Iterator[None]:
        """Wait while another thread finds out what an unknown origin can do.

        Raises:
            StoppedError: The thread was told to stop while it waited.
        """
        with self._changed:
            # The first request to a server shows whether it serves ranges; the others wait for that answer.
            while origin in self._asked:
                self._changed.wait(_LOOK)
                pause(0)
            known = origin in self._known
            if not known:
                self._asked.add(origin)
        try:
            yield
        finally:
            if not known:
                with self._changed:
                    self._known.add(origin)
                    self._asked.discard(origin)
                    self._changed.notify_all()


class Archive:
    """An open wheel, local or remote.

    Attributes:
        zip: The zip file; its members are readable once :meth:`fetch` has got them.
        evidence: How its bytes were had.
        size: Bytes of the wheel.
        directory: Where its zip directory lies.
        verified: Whether all of its bytes were seen and have the sha256 the index gives.
    """

    def __init__(
        self, file: IO[bytes] | SparseFile, size: int, directory: Directory, filename: str, evidence: Evidence
    ) -> None:
        self.size = size
        self.directory = directory
        self.evidence = evidence
        self.verified = False
        self._filename = filename
        self._file = file
        self._source: _Source | None = None
        self._offsets: list[int] = []
        with unpacking(filename):
            self.zip = zipfile.ZipFile(file)

    def fetch(self, names: Iterable[str], *, purpose: Purpose = "wheel", head: int | None = None) -> None:
        """Make members readable through :attr:`zip`; those at hand cost nothing.

        Args:
            names: Names as in the zip directory.
            purpose: The counter that its requests are added to.
            head: Only so many bytes of each, inflated; None for all.

        Raises:
            FetchError: ``changed`` if the file is not the one opened any more, or any other code.
            WheelError: The directory has no such member.
        """
        source = self._source
        if source is None:
            return
        # nearly all members that are wanted lie in the tail, with all that is behind them
        apart = [name for name in names if source.parts.missing(self._start(name), self.directory.start) is not None]
        holes = [source.parts.missing(*self._span(name, head)) for name in apart]
        # One request for members that lie close together: it costs less than two, the bytes between them included.
        clusters: list[tuple[int, int]] = []
        for start, stop in sorted(hole for hole in holes if hole is not None):
            if clusters and start - clusters[-1][1] <= NEAR:
                clusters[-1] = (clusters[-1][0], max(stop, clusters[-1][1]))
            else:
                clusters.append((start, stop))
        run_all([partial(source.load, start, stop, purpose) for start, stop in clusters])
        if source.parts.source is not None:
            self.evidence = "full"

    def close(self) -> None:
        """Let go of files and memory."""
        self.zip.close()
        if isinstance(self._file, SparseFile) and self._file.source is not None:
            self._file.source.close()
        self._file.close()

    def of(self, source: _Source) -> Archive:
        """Return this archive, its missing parts to be had from ``source``."""
        self._source = source
        return self

    def _start(self, name: str) -> int:
        """Return where a member's header lies.

        Raises:
            WheelError: The directory has no such member.
        """
        try:
            return self.zip.getinfo(name).header_offset
        except KeyError:
            raise WheelError(self._filename, "unreadable", f"it has no member {name}") from None

    def _span(self, name: str, head: int | None) -> tuple[int, int]:
        """Return the bytes from a member's header to the next one's, but never more than the member can need."""
        info = self.zip.getinfo(name)
        start, end = info.header_offset, self.directory.start
        if not self._offsets:
            self._offsets = sorted({member.header_offset for member in self.zip.infolist()})
        # The local header may be longer than the directory's entry says; but it and the data end where the next
        # member begins.
        following = bisect_right(self._offsets, start)
        if following < len(self._offsets):
            end = min(end, self._offsets[following])
        longest = start + _HEADER + 2 * _FIELD + info.compress_size
        if head is not None:  # what deflate cannot shrink it stores, at 5 bytes in 64 KiB
            longest = start + _HEADER + len(name.encode()) + len(info.extra) + head + head // 1000 + _SOME_EXTRA
        return start, min(end, longest)


class _Source:
    """The URL behind a sparse file: loads parts of it, and notices when the file is replaced meanwhile."""

    def __init__(self, candidate: ArchiveFile, fetcher: Fetcher, size: int, *, fresh: bool) -> None:
        self.parts = SparseFile(size)
        self.size = size
        self._candidate = candidate
        self._fetcher = fetcher
        self._fresh = fresh
        self._validators: tuple[str | None, str | None] | None = None
        self._lock = threading.Lock()  # several parts may be loaded at once

    def load(self, start: int, stop: int, purpose: Purpose) -> Download | None:
        """Add the bytes from ``start`` to ``stop``; the whole file, if that is what the server sends."""
        candidate, fetcher, fresh = self._candidate, self._fetcher, self._fresh
        sha256, size = candidate.sha256, self.size
        try:
            reply = fetcher.byte_range(candidate.url, start, stop, total=size, purpose=purpose, fresh=fresh)
        except RangesRefusedError:
            if self.parts.is_empty:
                raise
            download = fetcher.whole(candidate.url, sha256=sha256, size=size, purpose=purpose, fresh=fresh)
            with self._lock:
                return self._take(download)
        with self._lock:
            self.note(reply)
            if reply.download is None:
                self.parts.add(start, reply.body)
                return None
            reply.download.require(candidate.url, sha256=sha256, size=size)
            return self._take(reply.download)

    def _take(self, download: Download) -> Download:
        """Let a whole file stand for all parts that are not at hand yet.

        Raises:
            FetchError: ``changed`` if those at hand are not its own.
        """
        if not self.parts.agrees(download.file):
            download.file.close()
            raise FetchError(self._candidate.url, "changed", _REPLACED)
        if self.parts.source is not None:  # the answer for another part came first
            download.file.close()
        else:
            self.parts.source = download.file
        return download

    def note(self, reply: RangeReply) -> None:
        """Compare validators with those of the answers before.

        Raises:
            FetchError: ``changed``.
        """
        etag = reply.etag if reply.etag is not None and not reply.etag.startswith("W/") else None
        if self._validators is not None:
            old_etag, old_modified = self._validators
            by_etag = etag is not None and old_etag is not None
            by_date = reply.last_modified is not None and old_modified is not None
            if etag != old_etag if by_etag else by_date and reply.last_modified != old_modified:
                reply.discard()
                raise FetchError(self._candidate.url, "changed", _REPLACED)
        self._validators = etag, reply.last_modified


def open_archive(
    candidate: ArchiveFile,
    fetcher: Fetcher,
    *,
    hosts: Hosts | None = None,
    purpose: Purpose = "wheel",
    fresh: bool = False,
) -> Archive:
    """Open a wheel by as few requests as can be: one, mostly.

    Args:
        candidate: The wheel; a local one is opened where it is.
        fetcher: Makes the requests.
        hosts: What the run has learnt of servers.
        purpose: The counter that its requests are added to.
        fresh: Ask caches on the way for new copies.

    Raises:
        FetchError: It cannot be had; ``changed`` and ``protocol`` are worth one more try with ``fresh``.
        WheelError: What was had is no zip file.
    """
    if candidate.path is not None:
        return open_local(candidate.path, candidate.filename)
    hosts = hosts or Hosts()
    origin = origin_of(candidate.url)
    if candidate.size == 0:
        raise WheelError(candidate.filename, "unreadable", "it is empty")
    with hosts.contact(origin):
        if origin not in hosts.whole:
            try:
                return _open_by_parts(candidate, fetcher, purpose, fresh=fresh)
            except RangesRefusedError as refusal:
                if refusal.status != 403:  # noqa: PLR2004 - a 403 may be about this one file
                    hosts.whole.add(origin)
        download = fetcher.whole(
            candidate.url, sha256=candidate.sha256, size=candidate.size, purpose=purpose, fresh=fresh
        )
        hosts.whole.add(origin)
    return _open_download(download, candidate)


def _open_by_parts(candidate: ArchiveFile, fetcher: Fetcher, purpose: Purpose, *, fresh: bool) -> Archive:
    size, first = candidate.size, None
    if size is None:  # PEP 503 pages do not tell; one byte's Content-Range does
        first = fetcher.byte_range(candidate.url, 0, 1, total=None, purpose=purpose, fresh=fresh)
        if first.download is not None:
            first.download.require(candidate.url, sha256=candidate.sha256, size=None)
            return _open_download(first.download, candidate)
        size = first.total
    source = _Source(candidate, fetcher, size, fresh=fresh)
    if first is not None:
        source.note(first)
    begin = max(0, size - FIRST_TAIL)
    download = source.load(begin, size, purpose)
    if download is not None:
        return _open_download(download, candidate)
    parts = source.parts
    parts.seek(begin)
    tail = parts.read()
    verified = False
    if begin == 0 and candidate.sha256 is not None:  # small enough that its hash costs nothing
        if hashlib.sha256(tail).hexdigest() != candidate.sha256.lower():
            reason = "the file is not the one the index describes: its sha256 differs"
            raise FetchError(candidate.url, "changed", reason)
        verified = True
    directory = find_directory(tail, size, candidate.filename)
    if directory.start < begin:
        earlier = max(0, directory.start - int(_MORE * directory.size) - _SLACK)
        download = source.load(earlier, begin, purpose)
        if download is not None:
            return _open_download(download, candidate)
    parts.crop(directory.end_record)
    archive = Archive(parts, size, directory, candidate.filename, "full" if begin == 0 else "range").of(source)
    archive.verified = verified
    return archive


def _open_download(download: Download, candidate: ArchiveFile) -> Archive:
    """Open a whole file; its hash was checked where there is one to check."""
    try:
        archive = open_file(download.file, download.size, candidate.filename, "full")
    except WheelError:
        download.file.close()
        raise
    archive.verified = candidate.sha256 is not None
    return archive


def open_local(path: Path, filename: str) -> Archive:
    """Open a wheel on disk.

    Raises:
        WheelError: ``unreadable`` if it is not there or no zip file.
    """
    try:
        file = open_regular(path)
    except OSError as error:
        raise WheelError(filename, "unreadable", f"it cannot be opened ({error.strerror})") from error
    try:
        size = file.seek(0, 2)
        return open_file(file, size, filename, "local")
    except OSError as error:
        file.close()
        raise WheelError(filename, "unreadable", f"it cannot be read ({error.strerror})") from error
    except WheelError:
        file.close()
        raise


def open_file(file: IO[bytes], size: int, filename: str, evidence: Evidence) -> Archive:
    """Open a wheel all of which is in ``file``, by the same end record as a remote one; the archive closes it.

    Raises:
        WheelError: It is no zip file.
    """
    begin = max(0, size - FURTHEST_END - 2 * NEAR)
    file.seek(begin)
    directory = find_directory(file.read(), size, filename)
    view: IO[bytes] | SparseFile = file
    if directory.comment or directory.trailing:
        view = SparseFile(size, file)
        view.crop(directory.end_record)
    return Archive(view, size, directory, filename, evidence)
