"""The least that reading the same wheels could cost: what a figure is compared with, in a process of its own.

``python -m tests.benchmark.floors remote LIST AT_ONCE`` reads RECORD of every URL that LIST names (lines of URL and
size) by range requests; ``local FOLDER`` reads that of every wheel in a folder. Both use the standard library alone,
check nothing, and keep nothing.
"""

from __future__ import annotations

import csv
import http.client
import io
import sys
import threading
import zipfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wheelclash.wheel.remote import FIRST_TAIL

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR = 64 * 1024
_PER_THREAD = threading.local()


class _Tail(io.RawIOBase):
    """A remote file of which one span is held, the end at first; another is fetched when it is read."""

    def __init__(self, url: str, size: int) -> None:
        self._path, self._host, self._size = urlsplit(url).path, urlsplit(url).netloc, size
        self._start, self._place = max(0, size - FIRST_TAIL), 0
        self._data = self._fetch(self._start, size)

    def _fetch(self, start: int, stop: int) -> bytes:
        client = getattr(_PER_THREAD, "client", None)
        if client is None:
            client = _PER_THREAD.client = http.client.HTTPConnection(self._host)
        client.request("GET", self._path, headers={"Range": f"bytes={start}-{stop - 1}"})
        data: bytes = client.getresponse().read()
        return data

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        stop = self._size if size < 0 else min(self._size, self._place + size)
        if not self._start <= self._place <= stop <= self._start + len(self._data):
            self._data = self._fetch(self._place, min(self._size, max(stop, self._place + _NEAR)))
            self._start = self._place
        data = self._data[self._place - self._start : stop - self._start]
        self._place = stop
        return data


def _rows(archive: zipfile.ZipFile) -> None:
    """Parse RECORD, and keep no row."""
    record = next(name for name in reversed(archive.namelist()) if name.endswith(".dist-info/RECORD"))
    deque(csv.reader(archive.read(record).decode().splitlines()), maxlen=0)


def _remote(line: str) -> None:
    url, size = line.split()
    with zipfile.ZipFile(_Tail(url, int(size))) as archive:
        _rows(archive)


def main(arguments: Sequence[str]) -> int:
    """Read everything; 0 unless something fails."""
    if arguments[0] == "remote":
        lines = Path(arguments[1]).read_text().splitlines()
        with ThreadPoolExecutor(int(arguments[2])) as pool:
            deque(pool.map(_remote, lines), maxlen=0)
    else:
        for path in sorted(Path(arguments[1]).glob("*.whl")):
            with zipfile.ZipFile(path) as archive:
                _rows(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
