"""Environments of half a million files: what a scan costs next to reading the same files, or hashing them."""

from __future__ import annotations

import base64
import csv
import hashlib
import itertools
import json
import os
import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .figures import Figure
from .running import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .running import Cost

__all__ = ["environment_figures"]

_SITE = Path("lib", "python3.12", "site-packages")
_FOLDER_FILES = 24
_COMMANDS = 4  # one of so many distributions has a command
_DATA = 20  # ... a file below share/
_QUOTED = 50  # ... a name with a comma
_SHARED, _GONE = 8, 8  # files of every tenth distribution that its neighbour has too, and that are missing
_NAMES = ("__init__.py", "core.py", "_native.cpython-312-x86_64-linux-gnu.so", "types.pyi", "table.json", "py.typed")


class _Sample(NamedTuple):
    """A distribution to be installed.

    Attributes:
        number: Which.
        files: How many, those of its metadata aside.
        average: Bytes of a file, the mean of an uneven spread; 0 for files of a few bytes.
        site: Where.
    """

    number: int
    files: int
    average: int
    site: Path


def environment_figures(folder: Path, *, quick: bool) -> Iterator[Figure]:
    """Generate environments; scan, verify; each ratio within one process.

    Args:
        folder: To be made; its file system is what is measured.
        quick: A hundredth of the files, and no repetitions; hashing so few takes no time that could be compared.
    """
    folder.mkdir(parents=True)
    files, distributions = (5_000, 50) if quick else (500_000, 500)
    rounds = 1 if quick else 5
    target = None if quick else 1.25  # of the time is 0.8 of the rate
    large = folder / "large"
    expected = _install(large, _uneven(files, distributions))
    yield from _scan_figures(large, expected, rounds)
    yield from _hash_figures(large, f"verifying {files:,} files of a few bytes", expected, 1 if quick else 2, target)
    shutil.rmtree(large)
    files = 2_500 if quick else 20_000
    mixed = folder / "mixed"
    expected = _install(mixed, [files // 100] * 100, average=24_000)
    yield from _hash_figures(mixed, f"verifying {files:,} files of all sizes", expected, rounds, target)
    shutil.rmtree(mixed)
    yield from _growth_figures(folder, [5, 50, 500] if quick else [50, 500, 5_000], 1 if quick else 3)


def _scan_figures(place: Path, expected: dict[str, int], rounds: int) -> Iterator[Figure]:
    measured, _ = _measure("turns", place, rounds)
    assert measured["found"] == expected, (measured["found"], expected)
    _, cost = _measure("alone", place, 0)
    group = f"a scan of {expected['distributions']:,} distributions, {expected['files']:,} files"
    least = {name: min(each) for name, each in measured["seconds"].items()}
    yield Figure(group, "reading RECORDs and folders, the floor", least["floor"], "s (for information)")
    yield Figure(group, "a scan", least["scan"] / least["floor"], "times the floor", 1.3)
    yield Figure(group, "memory", cost.memory / 1e6, "MB", 400)
    for name in ("contested", "missing", "leftovers"):
        yield Figure(group, f"{name} files found", expected[name], "files")


def _hash_figures(
    place: Path, group: str, expected: dict[str, int], rounds: int, target: float | None
) -> Iterator[Figure]:
    measured, _ = _measure("hashing", place, rounds)
    assert measured["found"] == expected, (measured["found"], expected)
    least = {name: min(each) for name, each in measured["seconds"].items()}
    hashing = min(least["file_digest"], least["read"])
    yield Figure(group, "hashing them by the fastest library call", measured["bytes"] / hashing / 1e6, "MB/s")
    yield Figure(group, "verifying them, a scan set aside", (least["verify"] - least["scan"]) / hashing,
        "times hashing's time", target)  # fmt: skip
    yield Figure(group, "scanning and verifying them", least["verify"] / hashing, "times hashing's time")


def _growth_figures(folder: Path, steps: Sequence[int], rounds: int) -> Iterator[Figure]:
    group = "growth of a scan with distributions of 100 files"
    found: dict[int, tuple[float, Cost]] = {}
    for count in steps:
        place = folder / f"growth{count}"
        expected = _install(place, [100] * count)
        measured, cost = _measure("alone", place, rounds)
        assert measured["found"] == expected, (measured["found"], expected)
        found[count] = min(measured["seconds"]["scan"]), cost
        shutil.rmtree(place)
    for few, many in itertools.pairwise(steps):
        (before, small), (after, large) = found[few], found[many]
        step = f"{many:,} distributions for {few:,}"
        yield Figure(group, f"time, {step}", after / before, "times as long", 12)
        yield Figure(group, f"memory, {step}", large.memory / small.memory, "times as much", 10)
    for count in steps:
        yield Figure(group, f"time per distribution, {count:,} of them", 1000 * found[count][0] / count, "ms")


def _measure(what: str, place: Path, rounds: int) -> tuple[dict[str, Any], Cost]:
    result = place.parent / "result.json"
    asked = ["-m", "tests.benchmark.scanning", what, str(place / _SITE), str(rounds), str(result)]
    cost = run(asked, place.parent / "cache")
    measured = json.loads(result.read_text())
    assert isinstance(measured, dict)
    return measured, cost


def _uneven(files: int, distributions: int) -> list[int]:
    """A few large ones and many small ones, as in any environment."""
    weights = [rank**-0.8 for rank in range(1, distributions + 1)]
    counts = [max(30, int(files * weight / sum(weights))) for weight in weights]
    counts[0] += files - sum(counts)
    return counts


def _install(place: Path, counts: Iterable[int], *, average: int = 0) -> dict[str, int]:
    """Install distributions of so many files; what a scan is to find."""
    site = place / _SITE
    for each in (site, place / "bin", place / "share"):
        each.mkdir(parents=True)
    samples = [_Sample(number, files, average, site) for number, files in enumerate(counts)]
    with ProcessPoolExecutor() as pool:
        rows = list(pool.map(_write, samples, chunksize=1 + len(samples) // 50))
    (site / "part0001" / "orphan").mkdir()
    for number in range(5):
        (site / "part0001" / "orphan" / f"left{number}.py").touch()
    tenths = len(samples[::10])
    return {
        "distributions": len(samples),
        "files": sum(rows),
        "contested": _SHARED * len(samples[1::10]),
        "missing": _GONE * tenths,
        "changed": 0,
        "leftovers": 5,
        "told": 0,
    }


def _write(sample: _Sample) -> int:
    """Install one distribution as uv does; the number of rows."""
    number, name = sample.number, f"part{sample.number:04}"
    chance = random.Random(number)  # noqa: S311 - nothing is secret here
    tenth = number % 10
    gone: set[str] = set()
    rows: list[tuple[str, str, int | str]] = []
    for path in _paths(sample):
        content = _content(path, number, chance, sample.average)
        if tenth == 0 and len(gone) < _GONE:
            gone.add(path)
        else:
            _put(f"{sample.site}/{path}", content)
        rows.append((path, _digest(content), len(content)))
    # two neighbours record the same files, only one of them is what is on disk
    for shared in range(_SHARED if tenth in {1, 2} else 0):
        path = f"shared{number - tenth:04}/module_{shared}.py"
        content = f"{name}\n".encode()
        rows.append((path, _digest(content), len(content)))
        if tenth == 1:
            _put(f"{sample.site}/{path}", content)
    dist_info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nRequires-Dist: part0000\n"
    metadata += 'Requires-Dist: extra ; extra == "all"\n\n' + 40 * f"About {name}, at some length.\n"
    own = {
        "INSTALLER": b"uv",
        "METADATA": metadata.encode(),
        "REQUESTED": b"",
        "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    for each, content in own.items():
        _put(f"{sample.site}/{dist_info}/{each}", content)
        rows.append((f"{dist_info}/{each}", _digest(content), len(content)))
    rows.append((f"{dist_info}/RECORD", "", ""))
    with open(f"{sample.site}/{dist_info}/RECORD", "w", encoding="utf-8", newline="") as record:  # noqa: PTH123
        csv.writer(record, lineterminator="\n").writerows(sorted(rows))
    return len(rows)


def _paths(sample: _Sample) -> Iterator[str]:
    number, name = sample.number, f"part{sample.number:04}"
    count = sample.files
    if number % _COMMANDS == 1:
        count -= 1
        yield f"../../../bin/{name}"
    if number % _DATA == 2:
        count -= 1
        yield f"../../../share/{name}.txt"
    if number % _QUOTED == 3:
        count -= 1
        yield f"{name}/a, b.txt"
    for index in range(count):
        folder, place = divmod(index, _FOLDER_FILES)
        above = f"{name}/section_{folder // 12:02}/group_{folder:04}" if folder else name
        yield f"{above}/{_NAMES[place]}" if place < len(_NAMES) else f"{above}/module_number_{place:02}.py"


def _content(path: str, number: int, chance: random.Random, average: int) -> bytes:
    if not average:
        return f"{number} {path[-12:]}\n".encode()
    # half of them are below 3 kB, and one of a hundred above a quarter of a megabyte
    return chance.randbytes(min(16_000_000, int(chance.lognormvariate(8, 2) * average / 22_000)))


def _put(path: str, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    except FileNotFoundError:
        os.makedirs(path.rpartition("/")[0], exist_ok=True)  # noqa: PTH103 - half a million
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(descriptor, content)
    os.close(descriptor)


def _digest(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
