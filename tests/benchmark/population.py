"""Wheels that lie on disk as the wheels of the package index do: sizes, zip directories, the place of RECORD.

The quantiles were measured on 980 real wheels in November 2026. Deterministic: the same number gives the same wheels.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
import random
import zlib
from typing import TYPE_CHECKING

from tests.support.recorded import RecordedWheel, Row, write_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["plain_wheel", "write_population"]

_DIRECTORY = ((0.0, 350), (0.10, 700), (0.25, 1_000), (0.50, 2_400), (0.75, 9_400), (0.90, 48_000), (0.95, 113_000),
              (0.99, 433_000), (1.0, 1_780_000))  # fmt: skip
"""Bytes of zip directory by quantile."""

_LAST = 0.78
"""The share of wheels whose RECORD is their last member."""

_FAR = 0.03
"""The share whose RECORD lies anywhere in the file: a repair tool wrote it in the order of the disk."""

_ENTRY = 46
_LARGE = 0.31
"""The share of wheels above 1 MB."""

_MEMBERS = ("METADATA", "WHEEL", "entry_points.txt", "RECORD")


def write_population(folder: Path, count: int) -> Iterator[Path]:
    """Write ``count`` sparse wheels."""
    chance = random.Random(980)  # noqa: S311 - nothing is secret here
    places = [(number + 0.5) / count for number in range(count)]
    for number, place in enumerate(places):
        files = max(1, round(_quantile(place) / (_ENTRY + 44)) - len(_MEMBERS))
        where = (number * 0.618034) % 1.0  # evenly spread, whatever the size
        far = where >= 1 - _FAR
        wheel = _wheel(
            f"sample{number:04}",
            files,
            chance,
            average=60_000 if chance.random() < _LARGE else 3_000,
            after=0 if where < _LAST else min(files, chance.randint(1, 5)),
            apart=files // 2 if far else 0,
        )
        yield wheel.write(folder)


def plain_wheel(name: str, files: int, *, shared: int = 0, seed: int = 0) -> RecordedWheel:
    """A sparse wheel with so many files; the first ``shared`` are called the same in every such wheel."""
    chance = random.Random(seed)  # noqa: S311 - nothing is secret here
    return _wheel(name, files, chance, average=3_000, after=0, apart=0, shared=shared)


def _quantile(place: float) -> float:
    """Between the points measured, even on a logarithmic scale."""
    for (low, small), (high, large) in itertools.pairwise(_DIRECTORY):
        if place <= high:
            return math.exp(math.log(small) + (math.log(large) - math.log(small)) * (place - low) / (high - low))
    return _DIRECTORY[-1][1]


def _wheel(
    name: str, files: int, chance: random.Random, *, average: int, after: int, apart: int, shared: int = 0
) -> RecordedWheel:
    """A wheel.

    Args:
        name: Its project.
        files: How many, the four of its metadata aside.
        chance: Where sizes and hashes come from.
        average: Bytes of a file, in the zip.
        after: How many small files, licences mostly, follow the metadata.
        apart: How many files lie between RECORD and the end, if it lies apart.
        shared: How many files are called the same in every wheel that has any.
    """
    dist_info = f"{name}-1.0.dist-info"
    paths = [_path(name if number >= shared else "shared", number) for number in range(files)]
    packed = [max(20, int(chance.expovariate(1 / average))) for _ in paths]
    packed[files - after :] = [chance.randint(300, 3_000) for _ in range(after)]
    plain = [
        Row(path, size * 3, size, chance.getrandbits(32), 0, _digest(chance))
        for path, size in zip(paths, packed, strict=True)
    ]
    facts = {
        "filename": f"{name}-1.0-py3-none-any.whl",
        "size": 0,
        "directory": {"offset": 0, "size": 0},
        "WHEEL": {"Wheel-Version": ["1.0"], "Root-Is-Purelib": ["true"], "Tag": ["py3-none-any"]},
        "METADATA": {"Metadata-Version": ["2.1"], "Name": [name], "Version": ["1.0"], "Requires-Python": [">=3.8"]},
        "RECORD": {"line_end": "\n"},
        "entry_points": {"console_scripts": [[name, f"{name}:main"]]},
        "members": {},
    }
    metadata = [Row(f"{dist_info}/{each}", 0, 0, 0, 0, "") for each in _MEMBERS]
    rows = [*plain[: len(plain) - after], *metadata, *plain[len(plain) - after :]]
    if apart:
        record = rows.pop(rows.index(metadata[-1]))
        rows.insert(len(rows) - apart, record)
    contents = RecordedWheel(facts, rows).contents()
    told = [_told(each, contents) for each in rows]
    contents[f"{dist_info}/RECORD"] = write_record(told, dist_info, "\n")
    offset, placed = 0, []
    for each in told:
        length = len(_packed(contents[each.path])) if each.path in contents else each.packed
        placed.append(Row(each.path, each.size, length, each.crc, offset, each.digest))
        offset += 30 + len(each.path) + length
    directory = sum(_ENTRY + len(each.path) for each in placed)
    facts |= {"directory": {"offset": offset, "size": directory}, "size": offset + directory + 22}
    return RecordedWheel(facts, placed)


def _told(row: Row, contents: dict[str, bytes]) -> Row:
    """The row as RECORD has it."""
    data = contents.get(row.path)
    if data is None:
        return row
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return Row(row.path, len(data), 0, 0, 0, digest)


def _packed(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15, memLevel=9)
    return packer.compress(data) + packer.flush()


def _path(name: str, number: int) -> str:
    return f"{name}/part_{number // 40:03}/a_module_of_it_{number:06}.py"


def _digest(chance: random.Random) -> str:
    return base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip("=")
