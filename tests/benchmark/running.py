"""What a run costs: processor time and memory of whole processes, as ratios within one run."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.support.recorded import RecordedIndex, cases
from tests.support.wheelmaker import Wheel

from .figures import Figure
from .population import plain_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["TARGET", "Cost", "environ_of", "growth_figures", "run", "start_figures"]

_ROOT = Path(__file__).resolve().parents[2]
TARGET = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28", "--no-config")
_ROUNDS = 9
_OLD = 1_700_000_000
_ANSWERED = {0, 1}
_MEASURE = """
import json, os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
child = os.posix_spawn(sys.executable, [sys.executable, *sys.argv[1:]], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
                  time.perf_counter() - start]))
"""
"""Runs a process from a small one: a child's memory is never counted as less than that of who started it."""


class Cost(NamedTuple):
    """Of one process.

    Attributes:
        seconds: Processor time, its own and the system's for it.
        memory: The most it held, in bytes.
        elapsed: Seconds by the clock.
    """

    seconds: float
    memory: int
    elapsed: float


def start_figures(folder: Path) -> Iterator[Figure]:
    """Short runs next to the bare interpreter: alternating, the least of several of each."""
    case = cases()["nixl-1.1.0"]
    folder.mkdir(parents=True)
    one, other = (
        Wheel(name, files={"m.py": name, f"{name}.py": ""}, scripts={"tool": f"{name}:run"}).write(folder / "local")
        for name in ("left", "right")
    )
    for path in (one, other):  # what was written a moment ago may still change, and is not kept
        os.utime(path, (_OLD, _OLD))
    with RecordedIndex(folder / "wheels", case.wheels) as index:
        check = ["-m", "wheelclash", *TARGET]
        commands = {
            "bare": ["-c", "pass"],
            "--help": ["-m", "wheelclash", "--help"],
            "cached": [*check, "-i", index.simple, *case.requirements],
            "local": [*check, str(one), str(other)],
            "first": [*check, "--no-cache", "--no-index", str(one), str(other)],
        }
        cache = folder / "cache"
        for command in commands.values():
            run(command, cache)
        index.forget()
        rounds = [{name: run(command, cache).seconds for name, command in commands.items()} for _ in range(_ROUNDS)]
        asked = len(index.requests)
    least = {name: min(each[name] for each in rounds) for name in commands}
    group, unit = "a short run's processor time", "times the interpreter's"
    told: Mapping[str, tuple[str, float | None]] = {
        "--help": ("--help", 3),
        "cached": ("the nixl 1.1.0 pair, from the cache", 8),
        "local": ("two local wheels, read before", 8),
        "first": ("two local wheels, read for the first time", None),
    }
    yield Figure(group, "the bare interpreter", 1000 * least["bare"], "ms (for information)")
    for name, (title, target) in told.items():
        yield Figure(group, title, least[name] / least["bare"], unit, target)
    yield Figure(group, "requests of all cached runs", asked, "requests", 0)


def growth_figures(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Ten times as much to compare, step by step: how much longer, how much more memory."""
    rounds = 1 if quick else 3
    by_wheels = {count: [(f"many{number:04}", 20) for number in range(count)] for count in (10, 100, 1000)}
    by_files = {count: [("one", count // 2), ("other", count // 2)] for count in (1_000, 10_000, 100_000)}
    for group, unit, sets in (
        ("growth with wheels of 20 files", "wheels", by_wheels),
        ("growth with files of 2 wheels, a tenth shared", "files", by_files),
    ):
        costs = {}
        for count, wheels in sets.items():
            place = folder / f"{unit}{count}"
            for number, (name, files) in enumerate(wheels):
                shared = files // 10 if unit == "files" else 0
                plain_wheel(name, files, shared=shared, seed=number).write(place)
            command = [
                "-m", "wheelclash", *TARGET, "--no-cache", "--no-index", "--find-links", str(place),
                "--format", "json", "--output", str(place / "report.json"), *(name for name, _ in wheels),
            ]  # fmt: skip
            runs = [run(command, folder / "none") for _ in range(rounds)]
            costs[count] = Cost(*(min(each) for each in zip(*runs, strict=True)))
        yield from _growth(group, unit, costs)


def _growth(group: str, unit: str, costs: Mapping[int, Cost]) -> Iterator[Figure]:
    """Each step against the one before; ten times as much may take ten times as long, and a little."""
    counts: Sequence[int] = list(costs)
    for few, many in itertools.pairwise(counts):
        step = f"{many:,} {unit} for {few:,}"
        yield Figure(group, f"time, {step}", costs[many].seconds / costs[few].seconds, "times as long", 12)
        yield Figure(group, f"memory, {step}", costs[many].memory / costs[few].memory, "times as much", 10)
    few, most = counts[0], counts[-1]
    more = (costs[most].memory - costs[few].memory) / (most - few)
    many, unit_of = (100_000, "files") if unit == "files" else (100, "wheels of 20 files")
    yield Figure(group, f"memory per {many:,} {unit_of}", many * more / 2**20, "MiB")


def environ_of(cache: Path) -> dict[str, str]:
    """Variables of a run, nobody's settings among them."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(_ROOT),
        "WHEELCLASH_CACHE_DIR": str(cache),
        "HOME": str(cache.parent),
    }


def run(arguments: Sequence[str], cache: Path, more: Mapping[str, str] | None = None) -> Cost:
    """Run Python, nobody's settings about.

    Args:
        arguments: What follows the interpreter.
        cache: The cache's folder.
        more: Further environment variables.
    """
    done = subprocess.run(
        [sys.executable, "-S", "-c", _MEASURE, *arguments],
        env=environ_of(cache) | (dict(more) if more is not None else {}),
        cwd=cache.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    code, seconds, memory, elapsed = json.loads(done.stdout)
    assert "Traceback" not in done.stderr, done.stderr  # which ends with 1 as well
    assert code in _ANSWERED, f"{code}: {' '.join(arguments)}\n{done.stderr}"
    return Cost(seconds, memory * (1 if sys.platform == "darwin" else 1024), elapsed)
