"""Opening a wheel: a few byte ranges of a remote one, or a file on disk, behind one interface.

The size the index gives (PEP 700) makes every request an absolute range: the tail, which holds the end record and
mostly the directory and the metadata as well; what is left of the directory; then the members wanted, those that lie
near each other in one range. A server that ignores the range has its answer used, one that refuses is asked for the
whole file, bounded, and remembered.
"""

from __future__ import annotations

import hashlib
import struct
import threading
import zipfile
import zlib
from bisect import bisect_right
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from wheelclash.errors import FetchError, WheelError
from wheelclash.files import open_regular
from wheelclash.reading.directory import FURTHEST_END, Directory, find_directory
from wheelclash.reading.sparse import SparseFile
from wheelclash.responses import RangesRefusedError
from wheelclash.threads import pause, run_all
from wheelclash.urls import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wheelclash.fetch import Fetcher
    from wheelclash.reading.contents import Evidence
    from wheelclash.replies import Download, Purpose, RangeReply
    from wheelclash.sources.candidate import Candidate

__all__ = ["FIRST_TAIL", "NEAR", "Archive", "Hosts", "open_archive", "open_file", "open_local", "unpacking"]

FIRST_TAIL = 131_094
"""Bytes asked for first: twice the furthest place of an end record. See docs/design.md for the measurements."""

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
    """Whatever :mod:`zipfile` and the decompressors raise becomes a ``WheelError`` of code ``unreadable``."""
    try:
        yield
    except _broken() as error:
        raise WheelError(filename, "unreadable", f"it cannot be unpacked: {error}") from error


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
            purpose: Which counter.
            head: Only so many bytes of each, inflated; None for all.

        Raises:
            FetchError: ``changed`` if the file is not the one opened any more, or any other code.
            WheelError: The directory has no such member.
        """
        source = self._source
        if source is None:
            return
        holes = [source.parts.missing(*self._span(name, head)) for name in names]
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
        """This archive, its missing parts to be had from ``source``."""
        self._source = source
        return self

    def _span(self, name: str, head: int | None) -> tuple[int, int]:
        """From a member's header to the next one's, but never more than the member can need."""
        try:
            info = self.zip.getinfo(name)
        except KeyError:
            raise WheelError(self._filename, "unreadable", f"it has no member {name}") from None
        start, end = info.header_offset, self.directory.start
        if not self._offsets:
            self._offsets = sorted({each.header_offset for each in self.zip.infolist()})
        following = bisect_right(self._offsets, start)
        if following < len(self._offsets):
            end = min(end, self._offsets[following])
        longest = start + _HEADER + 2 * _FIELD + info.compress_size
        if head is not None:  # what deflate cannot shrink it stores, at 5 bytes in 64 KiB
            longest = start + _HEADER + len(name.encode()) + len(info.extra) + head + head // 1000 + _SOME_EXTRA
        return start, min(end, longest)


class _Source:
    """The URL behind a sparse file: loads parts of it, and notices when the file is replaced meanwhile."""

    def __init__(self, candidate: Candidate, fetcher: Fetcher, size: int, *, fresh: bool) -> None:
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
                if reply.download is not None:
                    reply.download.file.close()
                raise FetchError(self._candidate.url, "changed", _REPLACED)
        self._validators = etag, reply.last_modified


def open_archive(
    candidate: Candidate,
    fetcher: Fetcher,
    *,
    hosts: Hosts | None = None,
    purpose: Purpose = "wheel",
    fresh: bool = False,
) -> Archive:
    """Open a wheel by as few requests as can be: one, mostly.

    Args:
        candidate: The wheel; a local one is opened where it is.
        fetcher: Asks.
        hosts: What the run has learnt of servers.
        purpose: Which counter.
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


def _open_by_parts(candidate: Candidate, fetcher: Fetcher, purpose: Purpose, *, fresh: bool) -> Archive:
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


def _open_download(download: Download, candidate: Candidate) -> Archive:
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
