"""Requests and bytes: counted by the server, wheel by wheel."""

from __future__ import annotations

import hashlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from tests.support.loopback import LoopbackIndex
from tests.support.recorded import RecordedIndex, ask, cases
from wheelclash.core.distribution import Candidate
from wheelclash.errors import WheelclashError
from wheelclash.http.cache import Cache
from wheelclash.http.client import Fetcher
from wheelclash.session import Session
from wheelclash.threads import run_all
from wheelclash.wheel.reader import WheelReader
from wheelclash.wheel.remote import FIRST_TAIL

from .figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.support.handler import Request

__all__ = ["pair_figures", "wheel_figures"]

_AT_ONCE = 64


def wheel_figures(wheels: Iterable[Path], folder: Path) -> Iterator[Figure]:
    """Read every wheel once, over HTTP.

    Args:
        wheels: Files, wherever they lie.
        folder: An empty folder to serve them from.
    """
    folder.mkdir(parents=True)
    for path in wheels:
        (folder / path.name).symlink_to(path.resolve())
    names = sorted(path.name for path in folder.iterdir())
    with LoopbackIndex(folder) as index:
        failures = _read_all([_candidate(index, name) for name in names])
        asked = _by_wheel(index.file_requests)
    read = [name for name in names if name not in failures]
    counts = sorted(len(asked[name]) for name in read)
    spans = [sum(stop - start for start, stop in asked[name]) for name in read]
    whole = sum((folder / name).stat().st_size for name in read)
    group = "reading a wheel"
    yield Figure(group, "wheels read", len(read), "wheels")
    yield Figure(group, "wheels that could not be read", len(failures), "wheels")
    yield Figure(group, "requests per wheel, mean", sum(counts) / len(counts), "requests", 1.10)
    yield Figure(group, "requests per wheel, most", counts[-1], "requests")
    for number, many in sorted(Counter(counts).items()):
        yield Figure(
            group, f"wheels read by {number} request{'s' * (number > 1)}", 100 * many / len(counts), "% of them"
        )
    yield Figure(group, "bytes per wheel, mean", sum(spans) / len(spans), "bytes")
    yield Figure(group, "bytes per wheel, median", sorted(spans)[len(spans) // 2], "bytes")
    yield Figure(group, "bytes per wheel, most", max(spans), "bytes")
    yield Figure(group, "bytes read of all bytes", 100 * sum(spans) / whole, "% of the wheels")


def pair_figures(folder: Path) -> Iterator[Figure]:
    """The recorded nixl pairs, whole runs; reads for a verdict apart."""
    for name, most, largest in (("nixl-1.1.0", 4, 320_000), ("nixl-1.3.0", None, None)):
        case = cases()[name]
        with RecordedIndex(folder, case.wheels) as index, Session(cache_dir=None) as session:
            report = ask(index, case, session)
            members = report.reading.member_requests
            wheel_bytes = index.wheel_bytes
        whole = sum(each.wheel.size or 0 for each in report.distributions if each.wheel)
        group = f"the pair {name.replace('-', ' ')}"
        yield Figure(group, "requests for both wheels", report.reading.wheel_requests, "requests", most)
        yield Figure(group, "requests for a verdict", members, "requests")
        yield Figure(group, "bytes of both wheels that were read", wheel_bytes, "bytes", largest)
        yield Figure(group, "bytes of both wheels", whole, "bytes")
        yield Figure(group, "bytes read of all bytes", 100 * wheel_bytes / whole, "% of the wheels")


def _read_all(candidates: Sequence[Candidate]) -> dict[str, str]:
    """Read wheels side by side; what went wrong, by file name."""
    fetcher = Fetcher(trust_env=False)
    failures: dict[str, str] = {}

    def read(candidate: Candidate) -> None:
        reader = WheelReader(fetcher, Cache(None))
        try:
            reader.read(candidate)
        except WheelclashError as error:
            failures[candidate.filename] = str(error)
        finally:
            reader.close()

    run_all([partial(read, candidate) for candidate in candidates], at_once=_AT_ONCE)
    fetcher.close()
    return failures


def _candidate(index: LoopbackIndex, filename: str) -> Candidate:
    """As an index with sizes describes it; hashed only where the reader compares hashes."""
    path = index.folder / filename
    size = path.stat().st_size
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if size <= FIRST_TAIL else None
    try:
        name, version, *_ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return Candidate(filename, filename, "0", index.file_url(filename), index.simple, sha256, size, filename)
    return Candidate(filename, name, str(version), index.file_url(filename), index.simple, sha256, size, name)


def _by_wheel(requests: Iterable[Request]) -> dict[str, list[tuple[int, int]]]:
    """The ranges asked for, by file name."""
    found: dict[str, list[tuple[int, int]]] = {}
    for each in requests:
        start, stop = (each.range or "bytes=0--1").removeprefix("bytes=").split("-", maxsplit=1)
        found.setdefault(unquote(each.path).rpartition("/")[2], []).append((int(start), int(stop) + 1))
    return found
