"""The command line's words: parsed with argparse, nothing else imported."""

from __future__ import annotations

import argparse
import os
import sys

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal, NoReturn

    from _typeshed import SupportsWrite

    from wheelclash.report.formats import FormatName

__all__ = ["Arguments", "parse", "parser_of"]

_COMMANDS = ("check", "env", "fix", "who", "rule", "schema")
_TABLES = ("rule", "schema")
"""Commands that print what is always the same."""
_RESERVED = ("history", "upgrade", "atlas")


class Arguments(argparse.Namespace):
    """What was asked for; the names are those of the options."""

    command: str
    requirements: list[str]
    python: str | None
    python_versions: list[str]
    python_platforms: list[str]
    all_targets: bool
    files: list[str]
    constraints: list[str]
    extras: list[str]
    all_extras: bool
    groups: list[str]
    against: list[str]
    siblings: list[str]
    into: str | None
    prereleases: bool
    allow_build: bool
    index_url: str | None
    extra_index_urls: list[str]
    find_links: list[str]
    no_index: bool
    index_strategy: str | None
    cert: str | None
    no_config: bool
    exclude_newer: str | None
    installer: Literal["pip", "uv"] | None
    keep: list[str]
    ignore: list[str]
    system: bool
    deps: bool | None
    format: FormatName
    output: str | None
    output_files: list[tuple[FormatName, str]]
    fail_on: Literal["error", "warning", "notice", "never"]
    allow_incomplete: bool
    quiet: bool
    verbose: bool
    no_cache: bool
    cache_dir: str | None
    offline: bool
    color: Literal["auto", "always", "never"]
    max_download: int | None
    timeout: float | None
    environment: str | None
    prefix: str | None
    path: list[str] | None
    verify: bool
    drop: list[str]
    apply: bool
    why: bool
    asked: list[str]
    rules: list[str]


class _Parser(argparse.ArgumentParser):
    """One line of usage and one paragraph of error."""

    def error(self, message: str) -> NoReturn:
        from wheelclash.http.urls import redacted

        message = redacted(message)
        self.exit(2, f"{self.prog}: error: {message}\nTry '{self.prog} --help'.\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Print what argparse prints, but do not let a standard output that cannot be written to pass in silence."""
        if message and file is sys.stdout:
            from wheelclash.cli.streams import write

            write(message)
        else:
            super()._print_message(message, file)


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
    if rest:
        _refuse_near_command(rest[0])
    command = rest.pop(0) if rest and rest[0] in (*_COMMANDS, *_RESERVED) else "check"
    parser = parser_of(command)
    if command in _RESERVED:
        parser.error(
            f"'{command}' is the name of a command that this version does not have yet."
            f" For a project of that name: wheelclash check {command} …"
        )
    parsed = parser.parse_args(rest, Arguments(command=command))
    if getattr(parsed, "environment", None) is not None:
        parsed.python = parsed.environment
    if command in _COMMANDS and command not in _TABLES:
        refuse = getattr(_words_of(command), "refuse", None)
        if refuse is not None:
            refuse(parser, parsed)
    return parsed


_OPTIONS_AS_WORDS = {"help": "--help", "version": "--version"}


def _refuse_near_command(word: str) -> None:
    """End with a usage error if a first word is a command but for a slip of the fingers.

    Two letters swapped, one missing or one too many. Another letter in the place of one is no slip here: ``six`` is
    not ``fix``.
    """
    near = _OPTIONS_AS_WORDS.get(word) or next((each for each in _COMMANDS if _is_slip(word, each)), None)
    if near is not None:
        parser_of("check").error(f"'{word}': perhaps {near}? For a project of that name: wheelclash check {word} …")


def _is_slip(word: str, meant: str) -> bool:
    if len(word) == len(meant):
        swapped = (meant[:at] + meant[at + 1] + meant[at] + meant[at + 2 :] for at in range(len(meant) - 1))
        return word != meant and word in swapped
    short, long = sorted((word, meant), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def parser_of(command: str) -> argparse.ArgumentParser:
    """The parser of a command's words."""
    parser = _Parser(prog=f"wheelclash {command}", formatter_class=_Formatter, allow_abbrev=False)
    if command == "schema":
        parser.description = "Print the JSON Schema of --format json."
    elif command == "rule":
        parser.description = "Print what a rule code means, why it matters and what to do; without a code, all of them."
        parser.add_argument("rules", metavar="CODE", nargs="*", help="such as WC001, or a name such as 'different'")
    else:
        _words_of(command if command in _COMMANDS else "check").add_words(parser)
    return parser


def _words_of(command: str) -> Any:
    """The module that knows a command's words: ``add_words``, and ``refuse`` where some contradict each other."""
    from importlib import import_module

    return import_module(f"wheelclash.cli.{command}_arguments")
