"""``python -m tests.benchmark``: measure, and print each figure with its target."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .environment import environment_figures
from .population import write_population
from .reading import pair_figures, wheel_figures
from .running import growth_figures, start_figures
from .sets import core_figures, crowd_figures, local_figures, lock_figures, overlap_figures, resolution_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .figures import Figure

_POPULATION = 980


def main(arguments: Sequence[str]) -> int:
    """Run it; 0 unless ``--strict`` is given and a target is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--wheels", type=Path, action="append", metavar="FOLDER",
        help="count requests over the wheels below it (repeatable) instead of generated ones")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quick", action="store_true", help="fewer wheels, no repetitions: to see that it runs")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a target is not met")
    asked = parser.parse_args(arguments)
    figures = []
    with tempfile.TemporaryDirectory(prefix="wheelclash-benchmark-") as name:
        group = ""
        for figure in _figures(asked, Path(name)):
            figures.append(figure)
            if not asked.json:
                heading = f"{figure.group}\n" if figure.group != group else ""
                sys.stdout.write(f"{heading}{figure.line()}\n")
                sys.stdout.flush()
                group = figure.group
    if asked.json:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        result = {"python": python, "wheels": "folder" if asked.wheels else "generated"}
        sys.stdout.write(json.dumps(result | {"figures": [each.row() for each in figures]}, indent=1) + "\n")
    return int(asked.strict and any(each.met is False for each in figures))


def _figures(asked: argparse.Namespace, folder: Path) -> Iterator[Figure]:
    if asked.wheels:
        wheels = [path for each in asked.wheels for path in sorted(each.rglob("*.whl"))]
    else:
        wheels = list(write_population(folder / "population", 98 if asked.quick else _POPULATION))
    yield from wheel_figures(wheels, folder / "served")
    yield from pair_figures(folder / "recorded")
    yield from start_figures(folder / "start")
    yield from lock_figures(folder / "lock", quick=asked.quick)
    yield from local_figures(wheels, folder / "local", quick=asked.quick)
    yield from resolution_figures(folder / "resolution", quick=asked.quick)
    yield from crowd_figures(folder / "crowd", quick=asked.quick)
    yield from core_figures(quick=asked.quick)
    yield from overlap_figures(quick=asked.quick)
    yield from growth_figures(folder / "growth", quick=asked.quick)
    yield from environment_figures(folder / "environments", quick=asked.quick)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
