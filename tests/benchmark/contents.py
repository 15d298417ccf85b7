"""``python -m tests.benchmark.contents``: a dataset of very many rows, shaped by real paths, and what questions cost.

The files of the distributions that are installed here are the shapes. Each project of the dataset has the files of one
of them under a name of its own; some are siblings, which have the files of another project and other contents in some;
and all have the noise that a package index has: LICENSE files in the root, ``tests`` packages, namespace stubs,
commands.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import random
import sys
import tempfile
import time
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.contents.dataset import Dataset, PartWriter
from wheelclash.contents.rows import FileRow, Source, path_hash, wheel_row
from wheelclash.core.content import known_stubs
from wheelclash.core.contents import Contents, Members
from wheelclash.core.layout import InstalledPath
from wheelclash.core.role import role_of

from .figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.contents.rows import WheelRow
    from wheelclash.core.role import Role

__all__ = ["write_dataset"]

_SIBLINGS = 50
"""One project in so many is a sibling of the one before it."""
_DIFFERING = 3
"""One file in so many of a sibling has other content."""
_STUB = bytes.fromhex(next(iter(known_stubs())).partition(":")[2])[:16]
_TAGS = ("py3-none-any", "py3-none-any", "cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-win_amd64")


def _shapes() -> list[list[tuple[str, str, int]]]:
    """Root, path and size of the files of what is installed here; ``*`` stands for the topmost folder."""
    shapes = []
    for distribution in distributions():
        files = []
        for file in distribution.files or ():
            path = file.as_posix()
            if path.startswith("../") or path.endswith(".pyc") or not file.parts:
                continue
            top, slash, below = path.partition("/")
            name = f"*{slash}{below}" if slash and not top.endswith(".dist-info") else path
            name = f"#{slash}{below}" if top.endswith(".dist-info") else name
            files.append(("site-packages", name if slash else f"*_{path}", file.size or 0))
        if files:
            shapes.append(files)
    return sorted(shapes, key=len)


def _wheels(rows: int) -> Iterator[tuple[WheelRow, list[FileRow]]]:
    """Yield projects by name until there are so many rows of files."""
    shapes = _shapes()
    chance = random.Random(1)  # noqa: S311 - the same rows every time
    written = 0
    before: tuple[int, list[tuple[str, str, int]]] = (0, shapes[0])
    for number in itertools.count():
        if written >= rows:
            return
        is_sibling = number % _SIBLINGS == _SIBLINGS - 1
        base, shape = before if is_sibling else (number, chance.choice(shapes))
        before = base, shape
        name = f"project-{number:09d}"
        digest = hashlib.blake2b(name.encode(), digest_size=32).hexdigest()
        files = list(_files(base, number, shape, chance))
        contents = Contents(f"{name}.dist-info", "true", Members(), (), "", (), ">=3.9", ())
        source = Source(f"{name.replace('-', '_')}-1.{number % 7}-{_TAGS[number % len(_TAGS)]}.whl", "made", digest)
        yield wheel_row(source, contents, "local"), files
        written += len(files)


def _files(base: int, number: int, shape: Sequence[tuple[str, str, int]], chance: random.Random) -> Iterator[FileRow]:
    top, dist_info = f"package_{base:09d}", f"project_{number:09d}-1.0.dist-info"
    seed = chance.getrandbits(64) if base == number else None
    for place, (root, name, size) in enumerate(shape):
        path = name.replace("*", top, 1).replace("#", dist_info, 1)
        own = number if seed is not None or place % _DIFFERING == 0 else base
        if name.startswith("#"):
            own = number
        yield _row(root, path, hashlib.blake2b(b"%d %d" % (own, place), digest_size=16).digest(), size)
    if number % 3 == 0:
        yield _row("site-packages", "tests/__init__.py", _STUB if number % 2 else number.to_bytes(16), 0)
    if number % 5 == 0:
        yield _row("site-packages", "LICENSE", (number % 9).to_bytes(16), 1000)
    if number % 7 == 0:
        yield _row("site-packages", f"space{number % 1000}/__init__.py", _STUB, 0)
    if number % 4 == 0:
        yield _row("scripts", f"tool-{number}", number.to_bytes(16), None)


def _row(root: str, path: str, content: bytes, size: int | None) -> FileRow:
    place = InstalledPath(f"{root}/{path}")
    role: Role = "namespace-init" if content == _STUB else role_of(place)
    return FileRow(root, path, path_hash(place), role, "sha256" if size is not None else "command", content, size)


def write_dataset(folder: Path, rows: int) -> Dataset:
    """Write a dataset of so many rows, unless it is there."""
    dataset = Dataset.open(folder, create=True)
    if dataset.rows < rows:
        with PartWriter(dataset, dataset.known(), seconds=1e9) as writer:
            for wheel, files in _wheels(rows):
                writer.add(wheel, files)
    return Dataset.open(folder)


_CLASHES = """
import json, resource, sys, time
from pathlib import Path
from wheelclash.contents.answers import Question, find_clashes
from wheelclash.contents.dataset import Dataset
from wheelclash.contents.engine import DuckDB
with DuckDB(Dataset.open(Path(sys.argv[1]))) as engine:
    began = time.process_time()
    clashes = find_clashes(engine, Question())
    seconds = time.process_time() - began
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, len(clashes.pairs)]))
"""

_BY_HAND = """
import json, resource, sys, time
import duckdb
from pathlib import Path
from wheelclash.contents.dataset import Dataset
dataset = Dataset.open(Path(sys.argv[1]))
connection = duckdb.connect()
connection.execute("SET memory_limit = '2GB'; SET preserve_insertion_order = false; SET enable_progress_bar = false")
connection.execute("SET temp_directory = '" + sys.argv[2] + "'")
for name in ("wheels", "files", "paths"):
    connection.read_parquet(dataset.files(name)).create_view(name)
began = time.process_time()
rows = connection.execute('''
WITH candidates AS (SELECT path_hash FROM paths GROUP BY 1 HAVING min(project_id) <> max(project_id)),
newest AS (SELECT wheel_id, pythons, platforms FROM wheels
           QUALIFY precedence = max(precedence) OVER (PARTITION BY project_id)),
found AS MATERIALIZED (
    SELECT DISTINCT project, root, path, role, content, size, pythons, platforms
    FROM files SEMI JOIN candidates USING (path_hash) JOIN newest USING (wheel_id)),
few AS (SELECT root, path FROM found GROUP BY 1, 2 HAVING count(DISTINCT project) BETWEEN 2 AND 50)
SELECT a.project, b.project, count(*), count(*) FILTER (a.content <> b.content), min(a.path)
FROM found a JOIN few USING (root, path) JOIN found b
ON a.root = b.root AND a.path = b.path AND a.project < b.project
WHERE a.pythons & b.pythons <> 0 AND a.platforms & b.platforms <> 0
AND a.role NOT IN ('package-data', 'namespace-init', 'data', 'stub')
GROUP BY 1, 2 HAVING count(*) FILTER (a.content <> b.content) > 0
''').fetchall()
seconds = time.process_time() - began
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, len(rows)]))
"""


def _measured(code: str, *arguments: object) -> tuple[float, float, int]:
    """Run a program, and return its processor seconds, the bytes it took, and what it counted."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)], capture_output=True, check=True
    )
    seconds, memory, count = json.loads(done.stdout)
    return seconds, memory, count


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Write a dataset of so many rows, and measure questions about it."""
    group = f"contents, {rows / 1e6:g} M rows"
    began = time.process_time()
    dataset = write_dataset(folder / f"dataset-{rows}", rows)
    wrote = time.process_time() - began
    if wrote > 1:
        yield Figure(group, "writing", dataset.rows / wrote, "rows/processor second")
    size = sum(Path(file).stat().st_size for table in ("wheels", "files", "paths") for file in dataset.files(table))
    yield Figure(group, "size on disk", size / dataset.rows, "bytes/row", 45)
    seconds, memory, count = _measured(_CLASHES, dataset.folder)
    by_hand, _, expected = _measured(_BY_HAND, dataset.folder, folder)
    yield Figure(group, "pairs that clash", count, "pairs")
    yield Figure(group, "clashes", seconds, "processor seconds", 20 * rows / 50e6 + 1)
    yield Figure(group, "clashes", seconds / by_hand, "times a query by hand", 1.3)
    yield Figure(group, "clashes, memory", memory / 2**30, "GiB", 3.0)
    yield Figure(group, "pairs that the query by hand has besides", expected - count, "pairs", 0)
    yield from _who_figures(dataset, group)


def _who_figures(dataset: Dataset, group: str) -> Iterator[Figure]:
    from wheelclash.contents.owners import find_owners

    every = [f"package_{number:09d}/__init__.py" for number in range(0, 100 * 37, 37)]
    costs, times = [], []
    for path in every:
        began, used = time.perf_counter(), time.process_time()
        find_owners(dataset, [path])
        costs.append((time.process_time() - used) * 1000)
        times.append((time.perf_counter() - began) * 1000)
    yield Figure(group, "who", sorted(costs)[len(costs) // 2], "ms of the processor", 50)
    yield Figure(group, "who, by the clock", sorted(times)[len(times) // 2], "ms")


_ADD = """
import json, resource, sys, time
began = time.process_time()
from wheelclash.cli import main
code = main(["contents", "add", *sys.argv[1:], "-q", "-o", "/dev/null"])
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([time.process_time() - began, used.ru_maxrss * 1024, code]))
"""

_FLOOR = """
import csv, hashlib, io, json, sys, time, zipfile
from pathlib import Path
began, rows, hashing = time.process_time(), 0, 0.0
for path in Path(sys.argv[1]).glob("*.whl"):
    with zipfile.ZipFile(path) as archive:
        record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows += sum(1 for _ in csv.reader(io.TextIOWrapper(archive.open(record), "utf-8")))
    before = time.process_time()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    hashing += time.process_time() - before
print(json.dumps([time.process_time() - began, hashing, rows]))
"""


def folder_figures(wheels: Path, folder: Path) -> Iterator[Figure]:
    """Add a folder of wheels, next to the least that it takes to list what they hold and to hash them."""
    group = f"contents, the wheels of {wheels.name}"
    floor, hashing, rows = _measured(_FLOOR, wheels)
    seconds, memory, _ = _measured(_ADD, folder / "added", wheels)
    yield Figure(group, "rows of RECORD", rows, "rows")
    yield Figure(group, "add", seconds / floor, "times zipfile, csv and sha256", 2.2)
    yield Figure(group, "add, without hashing", (seconds - hashing) / (floor - hashing), "times zipfile and csv", 2.2)
    yield Figure(group, "add, memory", memory / 2**20, "MiB")


def main(arguments: Sequence[str]) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark.contents", description=__doc__)
    parser.add_argument("--rows", type=float, nargs="+", default=[5e6], help="how many rows (default: 5e6)")
    parser.add_argument("--folder", type=Path, help="where datasets are kept, so that they need not be written again")
    parser.add_argument("--wheels", type=Path, help="a folder of wheels to add, too")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="wheelclash-benchmark-") as name:
        for figure in folder_figures(asked.wheels, Path(name)) if asked.wheels else ():
            sys.stdout.write(f"{figure.group}: {figure.line().strip()}\n")
        for rows in asked.rows:
            for figure in figures(asked.folder or Path(name), int(rows)):
                sys.stdout.write(f"{figure.group}: {figure.line().strip()}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
