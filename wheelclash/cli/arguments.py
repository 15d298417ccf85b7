"""The command line's words: parsed with argparse, nothing else imported."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal, NoReturn

__all__ = ["Arguments", "parse"]

_COMMANDS = ("check", "env", "schema")
_RESERVED = ("fix", "who", "history", "upgrade", "atlas")

_DESCRIPTION = """\
Find the files that two or more wheels would both install, say who wins and what breaks, and print the commands that
put it right. Reads a few kilobytes of each wheel; installs nothing."""

_EPILOG = """\
exit codes:
  0  no overlap at or above --fail-on        2  the question is wrong or cannot be answered
  1  overlaps found                          3  nothing found, but something could not be read

examples:
  wheelclash nixl-cu12 nixl-cu13
  wheelclash opencv-python opencv-python-headless --keep opencv-python-headless --installer pip
  wheelclash nixl                        what installing it brings in: the siblings clash
  wheelclash uv.lock --all-targets
  wheelclash env                         what is on disk in the environment at hand (env --help)
  wheelclash dist/ --against mypackage-gpu==1.4 --python-version 3.12 --python-platform linux"""


class Arguments(argparse.Namespace):
    """What was asked for; the names are those of the options."""

    command: str
    requirements: list[str]
    python: str | None
    python_versions: list[str]
    python_platforms: list[str]
    all_targets: bool
    files: list[str]
    extras: list[str]
    all_extras: bool
    groups: list[str]
    against: list[str]
    siblings: list[str]
    allow_build: bool
    index_url: str | None
    extra_index_urls: list[str]
    find_links: list[str]
    no_index: bool
    index_strategy: str | None
    no_config: bool
    exclude_newer: str | None
    installer: Literal["pip", "uv"] | None
    keep: list[str]
    ignore: list[str]
    system: bool
    deps: bool | None
    format: Literal["text", "json"]
    output: str | None
    fail_on: Literal["error", "warning", "notice", "never"]
    allow_incomplete: bool
    quiet: bool
    verbose: bool
    no_cache: bool
    cache_dir: str | None
    offline: bool
    color: Literal["auto", "always", "never"]
    max_download: int | None
    prefix: str | None
    path: str | None
    verify: bool


class _Parser(argparse.ArgumentParser):
    """One line of usage and one paragraph of error."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\nTry '{self.prog} --help'.\n")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; argparse's own way of asking for that width imports the compression modules."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=_width())


def _width() -> int:
    try:
        columns = int(os.environ.get("COLUMNS", "")) or os.get_terminal_size().columns
    except (ValueError, OSError):
        columns = 100
    return max(40, min(columns, 120) - 2)


def parse(arguments: Sequence[str]) -> Arguments:
    """Parse a command line.

    Raises:
        SystemExit: ``--help``, ``--version`` (0) or a usage error (2), after printing.
    """
    rest = list(arguments)
    command = rest.pop(0) if rest and rest[0] in (*_COMMANDS, *_RESERVED) else "check"
    parser = _parser_of(command)
    if command in _RESERVED:
        parser.error(
            f"'{command}' is the name of a command that this version does not have yet."
            f" For a project of that name: {parser.prog} check {command} …"
        )
    parsed = parser.parse_args(rest, Arguments(command=command))
    if command == "check":
        _check(parser, parsed)
    return parsed


def _parser_of(command: str) -> _Parser:
    if command == "schema":
        return _schema_parser()
    if command == "env":
        from wheelclash.cli.env_arguments import add_words

        parser = _Parser(prog="wheelclash env", formatter_class=_Formatter, allow_abbrev=False)
        add_words(parser)
        return parser
    return _check_parser()


def _check(parser: _Parser, parsed: Arguments) -> None:
    if not (parsed.requirements or parsed.files or parsed.siblings):
        parser.error("nothing asked: give two or more requirements or wheels, e.g. 'nixl-cu12 nixl-cu13'")
    if parsed.index_url is not None and not parsed.index_url.strip():
        parser.error("--index-url: an empty URL names no index; leave the option out for the default one")
    if parsed.python is not None and (parsed.python_platforms or parsed.python_versions):
        parser.error("--python names a whole target; leave out --python-version and --python-platform")
    if parsed.all_targets and (parsed.python_platforms or parsed.python_versions or parsed.python):
        parser.error(
            "--all-targets takes the targets from the lock; leave out --python, --python-version and -platform"
        )


def _schema_parser() -> _Parser:
    return _Parser(
        prog="wheelclash schema",
        description="Print the JSON Schema of --format json.",
        formatter_class=_Formatter,
    )


def _check_parser() -> _Parser:
    parser = _Parser(
        prog="wheelclash",
        usage="wheelclash [check] REQUIREMENT|PATH … [options]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("requirements", nargs="*", metavar="WHAT",
        help="a requirement (PEP 508); the path of a wheel, a folder of wheels, a lock or another description of a set;"
        " or - for standard input")  # fmt: skip
    add("-V", "--version", action=_Version, nargs=0, help="print the version and exit")
    _add_set(parser)
    _add_target(parser)
    _add_index(parser)
    _add_remedy(parser)
    _add_output(parser)
    _add_reading(parser)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import wheelclash

        sys.stdout.write(f"wheelclash {wheelclash.__version__}\n")
        parser.exit()


def _add_set(parser: _Parser) -> None:
    group = parser.add_argument_group("what the set is")
    add = group.add_argument
    add("-r", "--requirements", metavar="FILE", action="append", default=[], dest="files",
        help="a file of requirements, a pyproject.toml or a script; resolved by uv; repeatable")  # fmt: skip
    deps = group.add_mutually_exclusive_group()
    deps.add_argument("--deps", action="store_true", default=None,
        help="with dependencies, resolved by uv (the default for one requirement and for files)")  # fmt: skip
    deps.add_argument("--no-deps", action="store_false", dest="deps",
        help="just what is named (the default for several requirements and for wheels)")  # fmt: skip
    add("--allow-build", action="store_true", help="let uv run code of source distributions to learn what they require")
    add("--extra", metavar="NAME", action="append", default=[], dest="extras",
        help="with this extra of the lock or project; repeatable")  # fmt: skip
    add("--all-extras", action="store_true", help="with all its extras")
    add("--group", metavar="NAME", action="append", default=[], dest="groups",
        help="with this dependency group of the lock or project; repeatable")  # fmt: skip
    add("--against", metavar="REQ", action="append", default=[],
        help="a published distribution to compare unpublished wheels with; repeatable")  # fmt: skip
    add("--siblings", metavar="NAME", action="append", default=[],
        help="NAME and the other variants of it that are known; repeatable")  # fmt: skip


def _add_target(parser: _Parser) -> None:
    group = parser.add_argument_group("for which Python")
    add = group.add_argument
    add("--python", metavar="PATH", help="an interpreter or environment (default: the active one)")
    add("--python-version", metavar="X.Y", action="append", default=[], dest="python_versions",
        help="a version of Python, e.g. 3.12; repeatable")  # fmt: skip
    add("--python-platform", metavar="NAME", action="append", default=[], dest="python_platforms",
        help="as for uv: linux, macos, windows, x86_64-manylinux_2_28, …; or a wheel's tag; repeatable")  # fmt: skip
    add("--all-targets", action="store_true", help="every target the lock is meant for")


def _add_index(parser: _Parser) -> None:
    group = parser.add_argument_group("from where (default: what pip or uv is configured to use)")
    add = group.add_argument
    add("-i", "--index-url", "--default-index", metavar="URL", help="the package index")
    add("--extra-index-url", "--index", metavar="URL", action="append", default=[], dest="extra_index_urls",
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
    add("--exclude-newer", metavar="DATE", help="as if it were that day (2025-03-01) or moment (RFC 3339)")
    add("--no-config", action="store_true", help="ignore pip's and uv's files and variables")


def _add_remedy(parser: _Parser) -> None:
    group = parser.add_argument_group("what to do about it")
    add = group.add_argument
    add("--keep", metavar="NAME", action="append", default=[], help="who shall win; repeatable")
    add("--installer", choices=("pip", "uv"), help="whose commands to print (default: uv if there is one, else pip)")
    add("--system", action="store_true", help="add uv's --system to printed commands, for a Dockerfile")
    add("--ignore", metavar="A,B:GLOB", action="append", default=[],
        help="take overlaps of A and B whose root/path matches out of the exit code; repeatable")  # fmt: skip


def _add_output(parser: _Parser) -> None:
    group = parser.add_argument_group("output")
    add = group.add_argument
    add("--format", choices=("text", "json"), default="text", help="default: text")
    add("-o", "--output", metavar="FILE", help="write the report there")
    add("--fail-on", choices=("error", "warning", "notice", "never"), default="error",
        help="the mildest overlap that makes the exit code 1 (default: error)")  # fmt: skip
    add("--allow-incomplete", action="store_true", help="let what could not be read be no failure")
    add("-q", "--quiet", action="store_true", help="only the first line")
    add("-v", "--verbose", action="store_true", help="every path, step and finding")
    add("--color", choices=("auto", "always", "never"), default="auto", help="default: auto; NO_COLOR is honoured")


def _add_reading(parser: _Parser) -> None:
    group = parser.add_argument_group("reading")
    add = group.add_argument
    add("--no-cache", action="store_true", help="neither read nor write the cache")
    add("--cache-dir", metavar="DIR", default=os.environ.get("WHEELCLASH_CACHE_DIR"), help="where the cache is")
    add("--offline", action="store_true", help="only the cache and local files")
    add("--max-download", metavar="SIZE", type=_size,
        help="the most to download of a wheel whose server refuses ranges (default: 64MiB)")  # fmt: skip


_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def _size(text: str) -> int:
    """Bytes of ``64MiB``, ``64M``, ``1000000``."""
    bare = text.strip().lower().removesuffix("b").removesuffix("i")
    unit = bare[-1:] if bare[-1:] in _UNITS else ""
    number = bare.removesuffix(unit)
    if not number.isascii() or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 64MiB or in bytes")
    return int(number) * _UNITS[unit]
