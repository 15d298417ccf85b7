"""Verification: every recorded file hashed and compared with its RECORD, on all cores."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.distributions import InstalledRecord, RecordError
from wheelclash.environment.files import Unreadable, digest_of
from wheelclash.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.environment.distributions import Installed
    from wheelclash.progress import Progress
    from wheelclash.wheel.record import RecordedFile

__all__ = ["Verified", "verify"]

_FEW = 2_000
"""Files below which starting processes costs more than it saves."""

_SLICE = 4_000
"""Files of one task: large enough that parsing RECORD again for each is nothing."""

_SHARES = 16
"""Into how many parts the work of one process is cut: few enough that handing them out is nothing."""

_NOTES = ("/INSTALLER", "/REQUESTED", "/direct_url.json", "/uv_build.json", "/uv_cache.json")
"""What installers note for themselves in dist-info. uv writes its own anew after a reinstall and leaves RECORD as it
was."""


class Verified(NamedTuple):
    """What hashing all files of one distribution showed.

    Attributes:
        changed: Keys of files with other content than was recorded.
        missing: Keys of files that are not there.
        hidden: Keys of files that cannot be read.
        unhashed: How many files have no usable hash in RECORD.
        unread: Why its RECORD could not be read again; then nothing was hashed.
    """

    changed: tuple[str, ...]
    missing: tuple[str, ...]
    hidden: tuple[str, ...]
    unhashed: int
    unread: str | None = None


class _Task(NamedTuple):
    id: str
    record: InstalledRecord
    start: int
    stop: int


def verify(
    distributions: Sequence[Installed], *, jobs: int | None = None, progress: Progress = SILENT
) -> dict[str, Verified]:
    """Hash every file of some distributions.

    Args:
        distributions: Each with its RECORD.
        jobs: Processes; by default as many as there are cores to use.
        progress: Is told how many files are hashed.

    Returns:
        By id. What has no RECORD, being another package manager's, is left out.
    """
    _files.cache_clear()  # of a scan before
    tasks = [
        _Task(distribution.id, replace(distribution.listed, names={}), start, min(start + _SLICE, distribution.files))
        for distribution in sorted(distributions, key=lambda distribution: -distribution.files)
        if isinstance(distribution.listed, InstalledRecord)
        for start in range(0, distribution.files, _SLICE)
    ]
    jobs = jobs or _cores()
    total = sum(distribution.files for distribution in distributions)
    jobs = 1 if total < _FEW else min(jobs, len(tasks))
    verified: dict[str, Verified] = {}
    with progress.stage("verify", total, alone=jobs > 1) as advance:
        for task, result in zip(tasks, _run(tasks, jobs), strict=True):
            advance(task.stop - task.start)
            before = verified.get(task.id, Verified((), (), (), 0))
            verified[task.id] = Verified(
                before.changed + result.changed,
                before.missing + result.missing,
                before.hidden + result.hidden,
                before.unhashed + result.unhashed,
                before.unread or result.unread,
            )
    return verified


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _run(tasks: Sequence[_Task], jobs: int) -> Iterable[Verified]:
    if jobs <= 1:
        return map(_verify, tasks)
    return _by_all_means(tasks, jobs)


def _by_all_means(tasks: Sequence[_Task], jobs: int) -> Iterator[Verified]:
    """Yield the results of processes; if one of them is killed, what is left is done in this one."""
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    try:
        for result in _in_processes(tasks, jobs):
            yield result
            done += 1
    except BrokenProcessPool:
        yield from map(_verify, tasks[done:])


def _in_processes(tasks: Sequence[_Task], jobs: int) -> Iterator[Verified]:
    """Yield results of processes, not threads: for most files the interpreter has more to do than the hash."""
    import gc
    import multiprocessing
    import sys
    import threading
    from concurrent.futures import ProcessPoolExecutor

    forks = sys.platform == "linux" and threading.active_count() == 1  # forking beside other threads may deadlock
    context = multiprocessing.get_context("fork" if forks else "spawn")
    # nothing they make is circular, and a collection would look through all that a fork inherits
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=gc.disable) as pool:
        for results in pool.map(_verify_all, list(_batches(tasks, jobs))):
            yield from results


def _batches(tasks: Sequence[_Task], jobs: int) -> Iterator[list[_Task]]:
    """Yield tasks put together: most distributions have few files."""
    enough = sum(task.stop - task.start for task in tasks) // (_SHARES * jobs)
    batch: list[_Task] = []
    files = 0
    for task in tasks:
        batch.append(task)
        files += task.stop - task.start
        if files >= enough:
            yield batch
            batch, files = [], 0
    if batch:
        yield batch


def _verify_all(tasks: list[_Task]) -> list[Verified]:
    return [_verify(task) for task in tasks]


@lru_cache(maxsize=1)
def _files(record: InstalledRecord) -> list[tuple[str, RecordedFile]]:
    """Return the files of a RECORD by key; they are kept from slice to slice of one distribution."""
    return list(record.rows(None).items())


def _verify(task: _Task) -> Verified:
    try:
        files = _files(task.record)
    except RecordError as error:
        return Verified((), (), (), task.stop - task.start, error.reason)
    changed, missing, hidden = [], [], []
    unhashed = 0
    for key, file in files[task.start : task.stop]:
        if file.digest is None:
            unhashed += 1
            continue
        if ".dist-info/" in key and key.endswith(_NOTES):
            continue
        try:
            digest = digest_of(task.record.places.on_disk(key), file.digest.partition(":")[0])
        except Unreadable:
            hidden.append(key)
            continue
        if digest is None:
            missing.append(key)
        elif digest != file.digest:
            changed.append(key)
    return Verified(tuple(changed), tuple(missing), tuple(hidden), unhashed)
