"""The words that several commands share, in groups; parsed with argparse, nothing else imported."""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["add_environment", "add_index", "add_output", "add_python", "add_reading", "add_target"]

_FAIL_ON = ("error", "warning", "notice", "never")
_FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")
_FORMATS_OF_ANY = ("text", "json")


def add_environment(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """Which environment.

    Args:
        parser: To be taught.
        positional: Whether a first word means what ``--python`` means.
    """
    group = parser.add_argument_group("which environment (default: the active one)").add_mutually_exclusive_group()
    if positional:
        group.add_argument("environment", metavar="PATH", nargs="?", help="as --python")
    add_python(group, "an interpreter or the folder of its environment")
    group.add_argument("--prefix", metavar="DIR", help="an environment's folder, no interpreter of which is run")
    group.add_argument("--path", metavar="DIR", action="append",
        help="a site-packages folder, or one made with --target; repeatable, in the order of imports")  # fmt: skip


def add_python(group: argparse._ActionsContainer, text: str) -> None:
    """Which interpreter; ``text`` says so in the help."""
    group.add_argument("-p", "--python", metavar="PATH", help=text)


def add_target(parser: argparse.ArgumentParser, *, python: bool = True) -> None:
    """For which Python; ``--python`` may be there already."""
    group = parser.add_argument_group("for which Python")
    add = group.add_argument
    if python:
        add_python(group, "an interpreter or environment (default: the active one)")
    add("--python-version", metavar="X.Y", action="append", default=[], dest="python_versions",
        help="a version of Python, e.g. 3.12; repeatable")  # fmt: skip
    add("--python-platform", "--platform", metavar="NAME", action="append", default=[], dest="python_platforms",
        help="as for uv: linux, macos, windows, x86_64-manylinux_2_28, …; or a wheel's tag; repeatable")  # fmt: skip
    add("--all-targets", action="store_true", help="every target the lock or the wheels are meant for")


def add_index(parser: argparse.ArgumentParser, *, dated: bool = True) -> None:
    """Where wheels are looked for.

    Args:
        parser: To be taught.
        dated: Whether one may ask about the past; pointless where versions are pinned.
    """
    group = parser.add_argument_group("from where (default: what pip or uv is configured to use)")
    add = group.add_argument
    add("-i", "--index-url", "--default-index", metavar="URL", type=_location, help="the package index")
    add("--extra-index-url", "--index", metavar="URL", action="append", default=[], dest="extra_index_urls",
        type=_location,
        help="a further index; repeatable")  # fmt: skip
    add(
        "-f",
        "--find-links",
        metavar="URL|DIR",
        action="append",
        default=[],
        help="a page or folder of wheels; repeatable",
    )
    add("--no-index", action="store_true", help="only --find-links and paths")
    add("--index-strategy", choices=("first-index", "unsafe-best-match"),
        help="several indexes: the first that has the project, or the best version of all")  # fmt: skip
    add("--cert", metavar="FILE", help="further CA certificates (PEM)")
    if dated:
        add("--exclude-newer", metavar="DATE",
            help="as if it were that day (2025-03-01) or moment (RFC 3339), or that long ago (7 days)")  # fmt: skip
    add("--no-config", "--isolated", action="store_true", help="ignore pip's and uv's files and variables")


def add_output(parser: argparse.ArgumentParser, *, what: str | None, verbose: str, problems: bool = True) -> None:
    """How the report is written.

    Args:
        parser: To be taught.
        what: What makes the exit code 1; None for a command that does not judge.
        verbose: What ``-v`` shows.
        problems: Whether the report holds problems, which formats for other tools show.
    """
    add = parser.add_argument_group("output").add_argument
    formats = _FORMATS if problems else _FORMATS_OF_ANY
    add("--format", "--output-format", choices=formats, default="text", help="default: text")
    add("-o", "--output", metavar="FILE", type=_file, help="write the report there; - is standard output")
    add("--output-file", metavar="FORMAT=FILE", action="append", default=[], type=_format_and_file(formats),
        dest="output_files", help="write it in this format there too; repeatable")  # fmt: skip
    if what is not None:
        add("--fail-on", choices=_FAIL_ON, default="error",
            help=f"the mildest {what} that makes the exit code 1 (default: error)")  # fmt: skip
    add("--allow-incomplete", action="store_true", help="let what could not be read be no failure")
    add("-q", "--quiet", action="store_true", help="only the first line")
    add("-v", "--verbose", action="store_true", help=verbose)
    add("--color", choices=("auto", "always", "never"), default="auto",
        help="default: auto; NO_COLOR and FORCE_COLOR are honoured")  # fmt: skip
    add("--no-color", action="store_const", const="never", dest="color", help="as --color never")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """How wheels are read."""
    group = parser.add_argument_group("reading")
    add = group.add_argument
    add("-n", "--no-cache", "--no-cache-dir", action="store_true", help="neither read nor write the cache")
    add("--cache-dir", metavar="DIR", default=os.environ.get("WHEELCLASH_CACHE_DIR"), help="where the cache is")
    add("--offline", action="store_true", help="only the cache and local files")
    add("--timeout", metavar="SECONDS", type=_seconds,
        help="how long to wait for a connection, and for each piece of an answer (default: 10 and 20)")  # fmt: skip
    add("--max-download", metavar="SIZE", type=_size,
        help="the most to download of a wheel whose server refuses ranges (default: 64MiB)")  # fmt: skip


def _location(text: str) -> str:
    """Return the URL or folder of uv's ``name=location``."""
    from wheelclash.index.uv_config import location_of

    return location_of(text)


def _file(text: str) -> str | None:
    """Return the path of a file; None for ``-``, standard output."""
    return None if text == "-" else text


def _format_and_file(formats: Sequence[str]) -> Callable[[str], tuple[str, str]]:
    """Return what reads ``sarif=clashes.sarif`` as a format and a file."""

    def read(text: str) -> tuple[str, str]:
        name, _, file = text.partition("=")
        if name not in formats or not file:
            raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE, with one of {', '.join(formats)}")
        return name, file

    return read


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def _size(text: str) -> int:
    """Bytes of ``64MiB``, ``64M``, ``1000000``."""
    bare = text.strip().lower().removesuffix("b").removesuffix("i")
    unit = bare[-1:] if bare[-1:] in _UNITS else ""
    number = bare.removesuffix(unit)
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 64MiB or in bytes")
    return int(number) * _UNITS[unit]
