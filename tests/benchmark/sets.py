"""Sets that nobody typed: a lock of 200 wheels, and a large set that uv resolves."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import uv as uv_package

from tests.support.loopback import LoopbackIndex
from tests.support.shared import crowd, mesh
from tests.support.values import BY_NAME, LINUX, overlaps_of, report_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.installer import Invocation
from wheelclash.core.plan import plan_remedies
from wheelclash.wheel.remote import FIRST_TAIL

from .figures import Figure
from .population import write_population
from .running import TARGET, environ_of, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["core_figures", "crowd_figures", "local_figures", "lock_figures", "overlap_figures", "resolution_figures"]

_LOCKED = 400
_RESOLVED = 200
_ROUNDS = 3
_AT_ONCE = 16
_LATENCY = 0.03


def lock_figures(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """A lock that says where its wheels are, next to the least that reading their RECORDs could cost."""
    count, rounds = (40, 1) if quick else (_LOCKED, _ROUNDS)
    served, cache = folder / "served", folder / "cache"
    wheels = list(write_population(served, count))
    group = f"a lock of {count} wheels"
    with LoopbackIndex(served) as index:
        lock, urls = folder / "pylock.toml", folder / "urls.txt"
        lock.write_text(_pylock(index, wheels))
        urls.write_text("".join(f"{index.file_url(path.name)} {path.stat().st_size}\n" for path in wheels))
        check = ["-m", "wheelclash", str(lock), *TARGET, "--no-index", "--format", "json"]
        floor = ["-m", "tests.benchmark.floors", "remote", str(urls), str(_AT_ONCE)]
        run([*check, "--output", str(folder / "first.json")], cache)
        pages, asked = len(index.page_requests), len(index.file_requests)
        yield Figure(group, "requests for index pages", pages, "requests", 0)
        yield Figure(group, "requests per wheel", asked / len(wheels), "requests", 1.10)
        runs = [(run(floor, cache), run([*check, "--no-cache", "--output", os.devnull], cache)) for _ in range(rounds)]
        bare = min(run(["-c", "pass"], cache).seconds for _ in range(rounds))
        least, cold = (min(each.seconds for each in costs) for costs in zip(*runs, strict=True))
        yield Figure(group, "the floor: http.client, zipfile, csv", 1000 * least / count, "ms a wheel")
        yield Figure(group, "read for the first time, processor time", 1000 * cold / count, "ms a wheel", 6.5)
        yield Figure(group, "read for the first time, processor time", cold / least, "times the floor", 4)
        index.latency = _LATENCY
        waits = [
            (run(floor, cache).elapsed, run([*check, "--no-cache", "--output", os.devnull], cache).elapsed)
            for _ in range(rounds)
        ]
        index.latency = 0
        least, slow = (min(each) for each in zip(*waits, strict=True))
        title = f"{1000 * _LATENCY:.0f} ms a request, elapsed"
        yield Figure(group, f"the floor, {_AT_ONCE} at once, {title}", least, "s (for information)")
        yield Figure(group, title, slow / least, "times the floor", 2)
        index.forget()
        known = [run([*check, "--output", os.devnull], cache) for _ in range(rounds)]
        asked = len(index.requests)
    report = json.loads((folder / "first.json").read_text())
    cached = min(each.seconds for each in known)
    yield Figure(group, "installed files", sum(each["files"] for each in report["distributions"]), "files")
    yield Figure(group, "requests of a run from the cache", asked, "requests", 0)
    yield Figure(group, "from the cache, processor time", 1000 * cached / count, "ms a wheel", 1.8)
    yield Figure(group, "from the cache, processor time", cached / bare, "times the interpreter's")


def local_figures(wheels: Sequence[Path], folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Wheels in a folder, nothing kept of them, next to reading their RECORDs.

    Args:
        wheels: Files, wherever they lie.
        folder: To be made; links to them are put there.
        quick: No repetitions.
    """
    place = folder / "wheels"
    place.mkdir(parents=True)
    for path in wheels:
        (place / path.name).symlink_to(path.resolve())
    names = sorted({path.name.partition("-")[0] for path in wheels})
    check = ["-m", "wheelclash", *TARGET, "--no-cache", "--no-index", "--find-links", str(place), "--no-deps"]
    check += ["--format", "json", "--output", os.devnull, *names]
    floor = ["-m", "tests.benchmark.floors", "local", str(place)]
    runs = [(run(floor, folder / "none"), run(check, folder / "none")) for _ in range(1 if quick else _ROUNDS)]
    least, ours = (min(each.seconds for each in costs) for costs in zip(*runs, strict=True))
    group = f"{len(names)} wheels on disk, nothing cached"
    yield Figure(group, "the floor: zipfile, csv", least, "s (for information)")
    yield Figure(group, "processor time", ours / least, "times the floor", 2.2)
    yield Figure(group, "memory", max(each.memory for _, each in runs) / 1e6, "MB", 150)


def crowd_figures(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Wheels that each ship a different file at one path, next to the same wheels without it.

    Args:
        folder: To be made.
        quick: Fewer wheels.
    """
    counts = (50, 100) if quick else (50, 200, 400, 800)
    group = "wheels that share one path"
    beyond: dict[str, dict[int, float]] = {"text": {}, "json": {}}
    for count in counts:
        shared, apart = folder / f"shared{count}", folder / f"apart{count}"
        for place, path in ((shared, "tests/conftest.py"), (apart, None)):
            place.mkdir(parents=True)
            for wheel in crowd(count, path):
                wheel.write(place)
        report = folder / f"{count}.json"
        for kind, costs in beyond.items():
            command = ["-m", "wheelclash", *TARGET, "--no-cache", "--format", kind, "--output"]
            floor = min(run([*command, os.devnull, str(apart)], folder / "none").seconds for _ in range(2))
            ours = [run([*command, str(report), str(shared)], folder / "none") for _ in range(2)]
            least = min(each.seconds for each in ours)
            costs[count] = max(least - floor, 0.01)
            last = count == counts[-1]
            yield Figure(
                group, f"{count} wheels, {kind}: beyond the same without it", least - floor, "s", 2 if last else None
            )
            yield Figure(group, f"{count} wheels, {kind}", least / floor, "times those without it", 3)
            if last:
                yield Figure(
                    group, f"{count} wheels, {kind}, memory", max(each.memory for each in ours) / 1e6, "MB", 100
                )
                size = report.stat().st_size / 1e6
                yield Figure(group, f"{count} wheels, {kind}, the report", size, "MB", 2)
    few, many = counts[-2:]
    for kind, costs in beyond.items():
        growth = costs[many] / costs[few]
        yield Figure(
            group,
            f"{many} wheels for {few}, {kind}, beyond those without it",
            growth,
            "times as long",
            None if quick else 3,
        )


def core_figures(*, quick: bool) -> Iterator[Figure]:
    """Distributions with very many overlaps, as values: nothing is read and nothing is written."""
    for count in (50, 100) if quick else (200, 1000, 5000):
        group = f"{count} distributions of 60 files, 40 of them shared by four, as values"
        members = mesh(count)
        start = time.process_time()
        overlaps = overlaps_of(members)
        found = time.process_time() - start
        yield Figure(group, f"{len(overlaps)} overlaps", found, "s (for information)")
        total = found
        for name, rules in BY_NAME.items():
            start = time.process_time()
            diagnose(rules, members, overlaps, LINUX)
            diagnosed = time.process_time()
            plan_remedies(rules, members, overlaps, LINUX, where=Invocation())
            planned = time.process_time()
            total += planned - start
            yield Figure(group, f"diagnosis of {name}", (diagnosed - start) / found, "times finding them", 3)
            yield Figure(group, f"remedies of {name}", planned - diagnosed, "s", 0.5 if count == 200 else None)
            yield Figure(group, f"remedies of {name}", (planned - diagnosed) / found, "times finding them", 12)
        yield Figure(group, "all of it", total, "s", 10 if count == 1000 else None)


def overlap_figures(*, quick: bool) -> Iterator[Figure]:
    """Two distributions that share very many files: writing the report, next to ``json.dumps`` of the same."""
    count = 5_000 if quick else 100_000
    group = f"{count:,} overlaps of two distributions, the report"
    files = {f"shared/folder{number // 100}/part{number}.py": "" for number in range(count)}
    report = report_of(*(Wheel(name, files=dict.fromkeys(files, name)) for name in "ab"))
    plain = report.to_dict()
    costs: dict[str, float] = {}
    writers: dict[str, Callable[[], str]] = {
        "floor": partial(json.dumps, plain),
        "json": report.to_json,
        "text": report.to_text,
    }
    for name, write in writers.items():
        start = time.process_time()
        write()
        costs[name] = time.process_time() - start
    yield Figure(group, "the floor: json.dumps", costs["floor"], "s (for information)")
    yield Figure(group, "as JSON", costs["json"] / costs["floor"], "times the floor", 1.56)
    yield Figure(group, "as text", costs["text"] / costs["floor"], "times the floor", 0.31)


def resolution_figures(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """A large set: what is asked beyond what uv asks itself, and what that takes."""
    count, rounds = (60, 1) if quick else (_RESOLVED, 2)
    group = f"a set of {count} distributions, resolved"
    report = folder / "report.json"
    costs: list[dict[str, float]] = []
    with LoopbackIndex(folder / "served") as index:
        index.add(*_graph(count))
        for path in index.folder.iterdir():
            index.facts(path.name).core_metadata = True
        check = ["-m", "wheelclash", "made0000", *TARGET, "-i", index.simple, "--format", "json"]
        check += ["--output", str(report)]
        for number in range(rounds):
            ours, first, second, third = (folder / f"{name}{number}" for name in ("ours", "first", "second", "third"))
            costs.append({
                "alone": _resolve(index, first),
                "read": run(check, ours, {"UV_CACHE_DIR": str(second)}).elapsed,
                "known": run(check, ours, {"UV_CACHE_DIR": str(third)}).elapsed,
                "alone again": _resolve(index, first),
                "known again": run(check, ours, {"UV_CACHE_DIR": str(third)}).elapsed,
            })  # fmt: skip
        index.forget()
        run(check, folder / "last", {"UV_CACHE_DIR": str(third)})
        asked, pages = len(index.file_requests), len(index.page_requests)
    assert len(json.loads(report.read_text())["distributions"]) == count
    least = {name: min(each[name] for each in costs) for name in costs[0]}
    yield Figure(group, "requests per wheel, beyond those of uv", asked / count, "requests", 1.10)
    yield Figure(group, "requests for index pages of the one name asked for", pages, "requests", 1)
    yield Figure(group, "uv alone, its cache empty", least["alone"], "s (for information)")
    yield Figure(group, "resolved and read", least["read"] / least["alone"], "times uv alone", 1.3)
    yield Figure(group, "resolved, wheels read before", least["known"] / least["alone"], "times uv alone", 1.3)
    yield Figure(group, "uv alone, everything in its cache", least["alone again"], "s (for information)")
    yield Figure(group, "everything in both caches", least["known again"], "s (for information)")


def _resolve(index: LoopbackIndex, uv_cache: Path) -> float:
    """Seconds uv takes, asked as it is asked for a report."""
    command = [
        uv_package.find_uv_bin(), "pip", "compile", "-", "--format", "pylock.toml", "--no-config", "--no-build",
        "--python", sys.executable, "--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28",
        "--default-index", index.simple,
    ]  # fmt: skip
    start = time.perf_counter()
    environ = environ_of(uv_cache) | {"UV_CACHE_DIR": str(uv_cache)}
    subprocess.run(command, input=b"made0000\n", env=environ, capture_output=True, check=True)
    return time.perf_counter() - start


def _pylock(index: LoopbackIndex, wheels: Sequence[Path]) -> str:
    lines = ['lock-version = "1.0"', 'created-by = "benchmark"']
    for path in wheels:
        name, version, _ = path.name.split("-", 2)
        size = path.stat().st_size
        # of larger ones only parts are read, and nobody could compare the hash
        digest = hashlib.sha256(path.read_bytes() if size <= FIRST_TAIL else path.name.encode()).hexdigest()
        place = f'url = "{index.file_url(path.name)}", size = {size}, hashes = {{ sha256 = "{digest}" }}'
        lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"']
        lines += [f'wheels = [{{ name = "{path.name}", {place} }}]']
    return "\n".join([*lines, ""])


def _graph(count: int) -> Iterator[Wheel]:
    """Wheels of twenty files that all come in through the first; each requires a few later ones."""
    chance = random.Random(count)  # noqa: S311 - nothing is secret here
    for number in range(count):
        name = f"made{number:04}"
        below = sorted({*range(2 * number + 1, 2 * number + 3), *(chance.randint(number, count) for _ in range(2))})
        requires = [f"made{other:04}>=1" for other in below if number < other < count]
        yield Wheel(name, files={f"{name}/part{part}.py": f"{part}\n" for part in range(20)}, requires=requires)
