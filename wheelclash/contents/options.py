"""The options of ``wheelclash contents``. Little is imported: the command line reads these fields for ``--help``."""

from __future__ import annotations

from dataclasses import dataclass

from wheelclash.validation import option

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

__all__ = ["ADD", "CLASHES", "EVERY", "EXPORT", "GATE", "WHO", "ContentsOptions"]

ADD, CLASHES, WHO, GATE, EXPORT = (
    "contents-add", "contents-clashes", "contents-who", "contents-gate", "contents-export",
)  # fmt: skip
"""The commands."""
EVERY = f"{ADD} {CLASHES} {WHO} {GATE} {EXPORT}"
_ASKING = f"{CLASHES} {GATE} {EXPORT}"

MEMORY = 2 * 1024**3
"""Bytes that the query engine may take by default; beyond them it writes to disk."""
RATE, CONNECTIONS, CROWD = 5.0, 4, 50


def _shard(text: str) -> tuple[int, int]:
    """Return ``(3, 16)`` of ``3/16``.

    Raises:
        ArgumentTypeError: It is no share of a whole.
    """
    from argparse import ArgumentTypeError

    number, slash, of = text.partition("/")
    if not (slash and number.isdigit() and of.isdigit() and text.isascii() and 1 <= int(number) <= int(of)):
        raise ArgumentTypeError(f"{text!r} is no share; write it as 3/16, the third of sixteen")
    return int(number), int(of)


def _rate(text: str) -> float:
    """Return a number of requests a second.

    Raises:
        ArgumentTypeError: It is none.
    """
    from argparse import ArgumentTypeError

    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:  # noqa: PLR2004
        raise ArgumentTypeError(f"{text!r} is no rate between 0 and 1000 requests a second")
    return rate


def _count(text: str) -> int:
    """Return a whole number above 0.

    Raises:
        ArgumentTypeError: It is none.
    """
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1 and len(text) < 9):  # noqa: PLR2004
        raise ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def _memory(text: str) -> int:
    """Return bytes, as ``--max-download`` takes them, and enough of them.

    Raises:
        ArgumentTypeError: They are none, or less than an engine can work with.
    """
    from argparse import ArgumentTypeError

    from wheelclash.options import parse_size

    size = parse_size(text)
    if size < 128 * 1024**2:
        raise ArgumentTypeError(f"{text!r} is too little: the engine needs at least 128MiB")
    return size


def _given(_: str, value: Any) -> Any:
    """Return a value that the command line has checked."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class ContentsOptions:
    """What may be said to the commands on a dataset of the contents of wheels.

    Attributes:
        dataset: The folder of the dataset.
        sources: What is added.
        names, shard, rate, connections: What is collected from an index, and how.
        paths: The paths that owners are asked of.
        wheels: The wheels that a publisher wants to upload.
        target: What is exported to.
        history: Whether all releases count, rather than the newest of each project.
        projects, below: Projects and paths that alone are looked at.
        min_severity: The mildest overlap that is listed.
        apart: Whether pairs are listed that cannot be installed together.
        crowd: Projects at one path beyond which they are not paired.
        memory, spark: The engine.
    """

    dataset: str = option("dataset", default="", commands=EVERY, metavar="DATASET", check=_given, help="its folder")
    sources: Sequence[str] = option(
        "sources", default=(), nargs="*", commands=ADD, metavar="SOURCE",
        help="a wheel, a folder of wheels, a lock, an environment, or a Parquet file of a public dataset",
    )  # fmt: skip
    paths: Sequence[str] = option(
        "paths", default=(), nargs="+", commands=WHO, metavar="PATH",
        help="an installed path, an import name, a top-level folder or a command",
    )  # fmt: skip
    wheels: Sequence[str] = option(
        "wheels", default=(), nargs="+", commands=GATE, metavar="WHEEL", help="a wheel, or a folder of wheels"
    )
    target: str = option(
        "target", default="", commands=EXPORT, metavar="FILE", check=_given,
        help="by its ending: .csv, .duckdb or .html",
    )  # fmt: skip
    names: str | None = option(
        "--names", default=None, commands=ADD, group="index", metavar="FILE", check=_given,
        help="projects of the index to collect, one a line; - for standard input",
    )  # fmt: skip
    shard: tuple[int, int] = option(
        "--shard", default=(1, 1), commands=ADD, group="index", metavar="K/N", parse=_shard, check=_given,
        help="only this share of the names, so that N jobs divide them",
    )  # fmt: skip
    rate: float = option(
        "--rate", default=RATE, commands=ADD, group="index", metavar="N", parse=_rate, check=_given,
        help=f"the most requests a second (default: {RATE:g})",
    )  # fmt: skip
    connections: int = option(
        "--connections", default=CONNECTIONS, commands=ADD, group="index", metavar="N", parse=_count, check=_given,
        help=f"the most at a time (default: {CONNECTIONS})",
    )  # fmt: skip
    history: bool = option(
        "--history", default=False, commands=f"{ADD} {CLASHES} {WHO} {GATE} {EXPORT}", group="which",
        help={
            ADD: "all releases of the named projects, not only the newest",
            **dict.fromkeys((CLASHES, WHO, GATE, EXPORT), "all releases, not only the newest of each project"),
        },
    )  # fmt: skip
    projects: Sequence[str] = option(
        "--project", default=(), commands=f"{CLASHES} {EXPORT}", group="which", metavar="NAME",
        help="only pairs with this project; repeatable",
    )  # fmt: skip
    below: Sequence[str] = option(
        "--path", default=(), commands=f"{CLASHES} {EXPORT}", group="which", metavar="PATH",
        help="only this path, import name, folder or command, and what is below it; repeatable",
    )  # fmt: skip
    min_severity: Literal["error", "warning", "notice"] = option(
        "--min-severity", default="error", commands=_ASKING, group="which", choices=("error", "warning", "notice"),
        help="the mildest overlap that counts (default: error)",
    )  # fmt: skip
    apart: bool = option(
        "--apart", default=False, commands=_ASKING, group="which",
        help="also pairs that no Python on any platform can install together",
    )  # fmt: skip
    crowd: int = option(
        "--crowd", default=CROWD, commands=_ASKING, group="which", metavar="N", parse=_count, check=_given,
        help=f"do not pair the projects of a path that more than N share (default: {CROWD})",
    )  # fmt: skip
    memory: int = option(
        "--memory", default=MEMORY, commands=_ASKING, group="engine", metavar="SIZE", parse=_memory, check=_given,
        help="what the query may take before it writes to disk (default: 2GiB)",
    )  # fmt: skip
    spark: str | None = option(
        "--spark", default=None, commands=CLASHES, group="engine", metavar="URL", check=_given,
        help="ask this Spark cluster (spark://host:7077) instead",
    )  # fmt: skip
