"""What runs in a process of its own: a scan, taking turns with the least that any scan of the same files could do.

``python -m tests.benchmark.scanning WHAT SITE ROUNDS RESULT`` writes JSON: seconds of every round by name, and counts
of what was found. ``alone`` only scans, ``turns`` compares with reading, ``hashing`` with hashing.
"""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelclash.environment.paths import places_at
from wheelclash.environment.scan import scan
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wheelclash.environment.scan import Scan

_SLICE = 500


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the result."""
    what, site, rounds, result = arguments
    measured = {"alone": _alone, "turns": _turns, "hashing": _hashing}[what](Path(site), int(rounds))
    Path(result).write_text(json.dumps(measured))
    return 0


def _scan(site: Path, *, every: bool = False) -> Scan:
    return scan(places_at(site), target_of(running()), every=every)


def _alone(site: Path, rounds: int) -> dict[str, Any]:
    found = [_counts(_scan(site))]
    return _timed({"scan": lambda: found.append(_counts(_scan(site)))}, rounds, time.process_time) | {
        "found": found[-1]
    }


def _turns(site: Path, rounds: int) -> dict[str, Any]:
    """On one core, by processor time; the first round fills the system's caches and is not counted."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = _counts(_scan(site))
    acts = {"floor": lambda: _floor(site), "scan": lambda: _scan(site)}
    return _timed(acts, rounds, time.process_time) | {"found": found}


def _hashing(site: Path, rounds: int) -> dict[str, Any]:
    """On all cores, by the clock; the first round fills the system's caches and is not counted."""
    found = _counts(_scan(site, every=True))
    paths = _hashed_files(site)
    acts = {
        "file_digest": lambda: _in_processes(_by_file_digest, paths),
        "verify": lambda: _scan(site, every=True),
        "read": lambda: _in_processes(_by_reading, paths),
        "scan": lambda: _scan(site),
    }
    sizes = {"files": len(paths), "bytes": sum(path.stat().st_size for path in map(Path, paths))}
    return _timed(acts, rounds, time.perf_counter) | sizes | {"found": found}


def _timed(acts: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            start = clock()
            act()
            seconds[name].append(clock() - start)
    return {"seconds": seconds}


def _floor(site: Path) -> None:
    """Parse every RECORD, walk the tree once, keep nothing."""
    waiting = [os.fspath(site)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for folder in os.listdir(site):  # noqa: PTH208 - the least
        if folder.endswith(".dist-info"):
            with open(f"{site}/{folder}/RECORD", encoding="utf-8", newline="") as record:  # noqa: PTH123 - the least
                deque(csv.reader(record), maxlen=0)


def _hashed_files(site: Path) -> list[str]:
    """Every file on disk that some RECORD gives a hash of."""
    found: set[str] = set()
    for record in site.glob("*.dist-info/RECORD"):
        with record.open(encoding="utf-8", newline="") as lines:
            found.update(row[0] for row in csv.reader(lines) if row[1])
    paths = (f"{site}/{path}" for path in sorted(found))
    return [path for path in paths if os.path.exists(path)]  # noqa: PTH110 - half a million


def _in_processes(act: Callable[[list[str]], int], paths: list[str]) -> None:
    slices = [paths[start : start + _SLICE] for start in range(0, len(paths), _SLICE)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        assert sum(pool.map(act, slices)) == len(paths)


def _by_file_digest(paths: list[str]) -> int:
    digests = []
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the fastest
            digests.append(hashlib.file_digest(file, "sha256").hexdigest())
    return len(digests)


def _by_reading(paths: list[str]) -> int:
    digests = []
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the fastest
            digests.append(hashlib.sha256(file.read()).hexdigest())
    return len(digests)


def _counts(found: Scan) -> dict[str, int]:
    return {
        "distributions": len(found.distributions),
        "files": sum(each.files for each in found.distributions),
        "contested": len(found.contested),
        "missing": sum(len(each.missing) for each in found.distributions),
        "changed": sum(len(each.changed) for each in found.distributions),
        "leftovers": sum(each.files for each in found.leftovers),
        "told": len(found.skipped) + len(found.not_compared),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
