"""The command line: options as the fields of :class:`CommandOptions`, parsed with argparse.

Little else is imported: ``--help`` costs hardly more than Python itself.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass

from wheelclash.contents.options import ADD, CLASHES, EVERY, EXPORT, GATE, WHO, ContentsOptions
from wheelclash.index.options import IndexOptions
from wheelclash.options import ALL_NAMED, Options, SessionOptions
from wheelclash.report.formats import FORMATS
from wheelclash.validation import option, options_of

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Literal, NoReturn

    from _typeshed import SupportsWrite

    from wheelclash.report.formats import FormatName
    from wheelclash.validation import Option

__all__ = ["COMMANDS", "CommandOptions", "parse", "parser_of"]

_ALL = "check env fix who"
_EVERY = f"{_ALL} {EVERY}"
_FORMATS = dict.fromkeys(("check", "env", "fix"), tuple(FORMATS)) | dict.fromkeys(
    ("who", *EVERY.split()), tuple(name for name, about in FORMATS.items() if not about.is_for_problems)
)
"""By command: a report without problems has nothing to say in the formats of other tools."""
_RESERVED = ("history", "upgrade", "atlas")


def _output(text: str) -> str | None:
    """Return the path of a file; None for ``-``, standard output."""
    return None if text == "-" else text


def _file(text: str) -> str:
    """Return the path of a file.

    Raises:
        ArgumentTypeError: It is ``-``, which is no file.
    """
    if text in {"", "-"}:
        raise argparse.ArgumentTypeError(f"{text!r} is no file; name one")
    return text


def _format_and_file(text: str) -> tuple[str, str]:
    """Return the format and the file of ``sarif=clashes.sarif``.

    Raises:
        ArgumentTypeError: It is not of that form.
    """
    name, _, file = text.partition("=")
    if name not in FORMATS or not file:
        example = f"{name}=clashes{FORMATS[name].extension}" if name in FORMATS else f"one of {', '.join(FORMATS)}"
        raise argparse.ArgumentTypeError(f"{text!r} is not FORMAT=FILE, with {example}")
    if file == "-":
        raise argparse.ArgumentTypeError(f"standard output takes one format: --format {name}")
    return name, file


def _any(_: str, value: Any) -> Any:
    """Return a value that only the command line can give, which checked it."""
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class CommandOptions(Options):
    """The options of the command line: those of the library, and what the command alone has.

    Attributes:
        command: The command.
        requirements: What the set is.
        asked: What ``who`` is asked about.
        environment: The environment by its path alone.
        prefix, path: The environment by its folders.
        python_versions, python_platforms: The target by version and platform.
        apply: Whether the plan is carried out.
        session: How wheels are read.
        format, output: What is written, and where; None for standard output.
        output_files: Further formats and files.
        rules: What ``rule`` is asked about.
        shell: What ``completion`` is for.
        of_configuration: Whether ``schema`` prints that of a configuration.
        config_file: The configuration file, if one is named.
        configured: What a configuration file says, in words for a message; empty if nothing comes from one.
        fail_on, allow_incomplete: What the exit code says.
        write_baseline: The file that lists what there is, for ``baseline``.
        quiet, verbose, color: How much is written, and whether in colours.
    """

    command: str = "check"
    requirements: Sequence[str] = option(
        "requirements", default=(), nargs="*", commands="check", metavar="WHAT",
        help="a requirement (PEP 508); the path of a wheel, a folder of wheels, a lock or another description of a set;"
        " or - for standard input",
    )  # fmt: skip
    asked: Sequence[str] = option(
        "asked", default=(), nargs="+", commands="who", metavar="PATH",
        help="a file or folder, an import name, or a command",
    )  # fmt: skip
    rules: Sequence[str] = option(
        "rules", default=(), nargs="*", commands="rule", metavar="CODE",
        help="such as WC001, or a name such as 'different'",
    )  # fmt: skip
    shell: str = option(
        "shell", default="", commands="completion", metavar="SHELL", choices=("bash", "zsh", "fish"), check=_any,
        help="bash, zsh or fish",
    )  # fmt: skip
    of_configuration: bool = option(
        "--configuration",
        default=False,
        commands="schema",
        help="that of a project's configuration instead",
    )
    config_file: str | None = option(
        "--config-file", default=None, commands=_ALL, group="reading", metavar="FILE",
        help="the configuration (default: the nearest wheelclash.toml or pyproject.toml with [tool.wheelclash])",
    )  # fmt: skip
    configured: str = ""
    environment: str | None = option(
        "environment", default=None, nargs="?", commands="env fix", group="python", metavar="PATH", help="as --python"
    )
    prefix: str | None = option(
        "--prefix", default=None, commands="env who", group="python", metavar="DIR",
        help="an environment's folder, no interpreter of which is run",
    )  # fmt: skip
    path: Sequence[str] = option(
        "--path", default=(), commands="env who", group="python", metavar="DIR",
        help="a site-packages folder, or one made with --target; repeatable, in the order of imports",
    )  # fmt: skip
    among: Sequence[str] = option(
        "--among", default=(), nargs="+", commands="who", group="set", metavar="WHAT",
        help="ask about wheels instead: what 'check' takes; repeatable",
    )  # fmt: skip
    python_versions: Sequence[str] = option(
        "--python-version", default=(), in_project=True, commands="check who", group="target", metavar="X.Y",
        help="a version of Python, e.g. 3.12; repeatable",
    )  # fmt: skip
    python_platforms: Sequence[str] = option(
        "--python-platform", "--platform", default=(), commands="check who", group="target", metavar="NAME",
        in_project=True,
        help="as for uv: linux, macos, windows, x86_64-manylinux_2_28, …; or a wheel's tag; repeatable",
    )  # fmt: skip
    apply: bool = option(
        "--apply", default=False, commands="fix", group="wanted", help="run the commands, and look again"
    )
    format: FormatName = option(
        "--format", "--output-format", default="text", commands=_EVERY, group="output", choices=_FORMATS, check=_any,
        in_project=True,
        help="default: text",
    )  # fmt: skip
    output: str | None = option(
        "-o", "--output", default=None, commands=_EVERY, group="output", metavar="FILE", parse=_output,
        help="write the report there; - is standard output",
    )  # fmt: skip
    output_files: Sequence[tuple[FormatName, str]] = option(
        "--output-file", default=(), commands=_ALL, group="output", metavar="FORMAT=FILE", parse=_format_and_file,
        in_project=True, is_path=True,
        check=_any, help="write it in this format there too; repeatable",
    )  # fmt: skip
    fail_on: Literal["error", "warning", "notice", "never"] = option(
        "--fail-on", default="error", in_project=True, commands="check env", group="output",
        choices=("error", "warning", "notice", "never"),
        help={
            "check": "the mildest overlap that makes the exit code 1 (default: error)",
            "env": "the mildest damage that makes the exit code 1 (default: error)",
        },
    )  # fmt: skip
    allow_incomplete: bool = option(
        "--allow-incomplete", default=False, in_project=True, commands=f"{_ALL} {ADD} {GATE}", group="output",
        help="let what could not be read be no failure",
    )  # fmt: skip
    write_baseline: str | None = option(
        "--write-baseline", default=None, commands="check env", group="wanted", metavar="FILE", parse=_file,
        help="list the problems there are in FILE, for --baseline; exit as if it had been given",
    )  # fmt: skip
    quiet: bool = option(
        "-q", "--quiet", default=False, commands=_EVERY, group="output",
        help="only the first line, of each answer; no progress",
    )  # fmt: skip
    verbose: bool = option(
        "-v", "--verbose", default=False, commands=_EVERY, group="output",
        help={
            "check": "every path, remedy, step and finding",
            "env": "every path and finding",
            "fix": "every path and wheel, and what each step does",
            "who": "every path, and what was recorded",
            ADD: "every wheel that was skipped",
            CLASHES: "every pair, and in which ways it clashes",
            WHO: "every owner",
            GATE: "every pair, and in which ways it clashes",
            EXPORT: "as without it",
        },
    )  # fmt: skip
    color: Literal["auto", "always", "never"] = option(
        "--color", default="auto", commands=_EVERY, group="output", choices=("auto", "always", "never"),
        help="default: auto; NO_COLOR and FORCE_COLOR are honoured",
        others=[(("--no-color",), "never", "as --color never")],
    )  # fmt: skip
    session: SessionOptions = option(nested=SessionOptions, commands=f"{_ALL} {ADD}")
    contents: ContentsOptions = option(nested=ContentsOptions, commands=EVERY)


# -- the commands --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A part of ``--help``.

    Attributes:
        title: Its title.
        groups: The groups of options in it.
        exclusive: Whether only one of its options may be given.
    """

    title: str
    groups: tuple[str, ...]
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """What ``--help`` says of a command, besides its options."""

    usage: str
    description: str
    epilog: str
    sections: tuple[Section, ...] = ()


_ENVIRONMENT = Section("which environment (default: the active one)", ("python",), exclusive=True)
_INDEX = Section("from where (default: what pip or uv is configured to use)", ("index",))
_OUTPUT = Section("output", ("output",))
_READING = Section("reading", ("reading",))

COMMANDS = {
    "check": Command(
        usage="wheelclash [check] REQUIREMENT|PATH … [options]",
        description="""\
Find the files that two or more wheels would both install, say who wins and what breaks, and print the commands that
put it right. Reads a few kilobytes of each wheel; installs nothing.""",
        epilog="""\
exit codes:
  0  no overlap at or above --fail-on        2  the question is wrong or cannot be answered
  1  overlaps found                          3  nothing found, but something could not be read

examples:
  wheelclash nixl-cu12 nixl-cu13
  wheelclash opencv-python opencv-python-headless --keep opencv-python-headless --installer pip
  wheelclash nixl                        what installing it brings in: the siblings clash
  wheelclash uv.lock --all-targets
  wheelclash opencv-python-headless --into .venv      what installing it there would overwrite
  wheelclash dist/ --siblings            before an upload: the wheels built with their published siblings

other commands (each has its own --help):
  wheelclash env       what is on disk in an environment: who overwrote whom, and why it breaks
  wheelclash fix       what mends it; with --apply, mends it
  wheelclash who PATH  which distribution owns a file, a folder or an import name
  wheelclash rule CODE what a rule of the formats for other tools means
  wheelclash schema    the JSON Schema of the reports
  wheelclash completion SHELL   completion for bash, zsh or fish""",
        sections=(
            Section("what the set is", ("set",)),
            Section("for which Python", ("python", "target")),
            _INDEX,
            Section("what to do about it", ("wanted",)),
            _OUTPUT,
            _READING,
        ),
    ),
    "env": Command(
        usage="wheelclash env [PATH | --python PATH | --prefix DIR | --path DIR] [options]",
        description="""\
Say what is on disk in an environment: which owner's content each contested file has, what is missing or intact, and
which libraries each version of a native file needs. Reads the installed RECORDs and hashes what is contested; of a
version that is no longer on disk, reads that one file of its wheel. Writes nothing.""",
        epilog="""\
exit codes:
  0  no damage at or above --fail-on         2  there is no such environment, or --keep names nothing in it
  1  damage found                            3  no damage found, but something could not be read

examples:
  wheelclash env
  wheelclash env .venv --keep nixl-cu13              in CI: fail unless nixl-cu13 is intact
  wheelclash env --path /srv/packages --verify --format json""",
        sections=(
            _ENVIRONMENT,
            Section("what counts", ("wanted",)),
            _OUTPUT,
            _INDEX,
            _READING,
        ),
    ),
    "fix": Command(
        usage="wheelclash fix [PATH | --python PATH] [--keep NAME] … [--drop NAME] … [--apply] [options]",
        description="""\
Mend an environment: print the commands after which the keepers are intact, or run them (--apply) and look again. What
is written again is pinned to the installed version; nothing is uninstalled unless --drop names it.""",
        epilog="""\
exit codes:
  0  nothing to mend, or mended: every keeper is intact
  1  there is something to do (without --apply), or a step failed
  2  a keeper must be named, something cannot be written again, or the environment must not be changed; nothing was done
  3  nothing to mend in what could be read

examples:
  wheelclash fix                                     what it would take, or whom to choose between
  wheelclash fix --keep nixl-cu13 --apply
  wheelclash fix --keep opencv-python-headless --drop opencv-python --apply""",
        sections=(
            _ENVIRONMENT,
            Section("what is wanted", ("wanted",)),
            _INDEX,
            _OUTPUT,
            _READING,
        ),
    ),
    "who": Command(
        usage="wheelclash who PATH … [--python PATH | --prefix DIR | --path DIR | --among WHAT …] [options]",
        description="""\
Say which distribution owns a file, and which owner's content it has: in an environment by the installed RECORDs and a
hash of what is there; in a set of wheels by what would be installed. PATH is a path, an installed path (scripts/tool),
an import name (package.module) or a command.""",
        epilog="""\
exit codes:
  0  answered, also if none recorded it      2  there is nothing of that name
                                             3  no answer, but something could not be read

examples:
  wheelclash who nixl_ep._cpp
  wheelclash who .venv/bin/nixl_example --python .venv
  wheelclash who cv2 --among opencv-python opencv-python-headless""",
        sections=(
            _ENVIRONMENT,
            Section("or in which set", ("set",)),
            Section("for which Python", ("target",)),
            _INDEX,
            _OUTPUT,
            _READING,
        ),
    ),
    "contents": Command(
        usage="wheelclash contents add|clashes|who|gate|export DATASET … [options]",
        description="""\
Which of very many projects clash, which of them install a path, and with which a new wheel would clash: from a
dataset that keeps the installed files of every wheel. Each of these commands has its own --help.""",
        epilog="""\
commands:
  wheelclash contents add DATASET SOURCE …     add wheels: of folders, locks, environments, an index
  wheelclash contents clashes DATASET          the pairs of projects that clash
  wheelclash contents who DATASET PATH …       the projects that install a path
  wheelclash contents gate DATASET WHEEL …     with which of them these wheels would clash, before an upload
  wheelclash contents export DATASET FILE      the same as a table or a page""",
    ),
    ADD: Command(
        usage="wheelclash contents add DATASET [SOURCE …] [--names FILE] [options]",
        description="""\
Add the installed files of wheels to a dataset, which is made if there is none. What it has is not read again; a run
that is ended anyhow can be repeated, and goes on.""",
        epilog="""\
exit codes:
  0  added                                   2  a source is none, or the dataset cannot be written to
                                             3  some wheels could not be read; the others were added

examples:
  wheelclash contents add everything/ dist/ .venv uv.lock
  wheelclash contents add everything/ --names projects.txt --rate 10 --shard 3/16""",
        sections=(Section("from an index", ("index",)), Section("what counts", ("which",)), _OUTPUT, _READING),
    ),
    CLASHES: Command(
        usage="wheelclash contents clashes DATASET [options]",
        description="""\
List the pairs of projects that install the same paths and could be installed together, gravest first. How bad it is,
is judged as by 'wheelclash check'; what is left out is counted.""",
        epilog="""\
exit codes:
  0  no pair at or above --min-severity      2  there is no such dataset, or it is damaged
  1  pairs found

examples:
  wheelclash contents clashes everything/
  wheelclash contents clashes everything/ --project pygame --min-severity notice -v
  wheelclash contents clashes everything/ --path site-packages/tests --format json""",
        sections=(Section("which", ("which",)), Section("how", ("engine",)), _OUTPUT),
    ),
    WHO: Command(
        usage="wheelclash contents who DATASET PATH … [--history] [options]",
        description="Name the projects that install a path, a top-level folder, an import name or a command.",
        epilog="""\
exit codes:
  0  answered, also if no project installs it
  2  there is no such dataset, or it is damaged

examples:
  wheelclash contents who everything/ cv2
  wheelclash contents who everything/ scripts/fab site-packages/utils/__init__.py""",
        sections=(Section("which", ("which",)), _OUTPUT),
    ),
    GATE: Command(
        usage="wheelclash contents gate DATASET WHEEL … [options]",
        description="""\
Name the projects that wheels would clash with, before they are uploaded. What the dataset has of the same projects does
not count: these wheels take its place.""",
        epilog="""\
exit codes:
  0  none at or above --min-severity         2  there is no such dataset, or no wheel could be read
  1  there are some                          3  none, but some wheels could not be read

examples:
  wheelclash contents gate everything/ dist/""",
        sections=(Section("which", ("which",)), Section("how", ("engine",)), _OUTPUT),
    ),
    EXPORT: Command(
        usage="wheelclash contents export DATASET FILE [options]",
        description="""\
Write the pairs of projects that clash, path by path, to a CSV file or a page; or the whole dataset to a file that
DuckDB opens.""",
        epilog="""\
exit codes:
  0  written                                 2  there is no such dataset, or the file cannot be written

examples:
  wheelclash contents export everything/ clashes.csv
  wheelclash contents export everything/ everything.duckdb""",
        sections=(Section("which", ("which",)), Section("how", ("engine",)), _OUTPUT),
    ),
    "rule": Command(
        "", "Print what a rule code means, why it matters and what to do; without a code, all of them.", ""
    ),
    "schema": Command("", "Print the JSON Schema of --format json, or of a configuration.", ""),
    "completion": Command(
        "",
        "Print what a shell is to read so that it completes these commands.",
        """\
examples:
  eval "$(wheelclash completion bash)"                                         in ~/.bashrc
  eval "$(wheelclash completion zsh)"                                          in ~/.zshrc, below compinit
  wheelclash completion fish > ~/.config/fish/completions/wheelclash.fish      once""",
    ),
}
"""The commands, by name."""


_LISTS = frozenset({"check", "who", "rule", *EVERY.split()})
"""Commands that take several arguments."""


class _Parser(argparse.ArgumentParser):
    """A mistake costs three lines: what is wrong, the usage, and what to do next."""

    command = "check"

    def error(self, message: str, hint: str = "") -> NoReturn:
        from wheelclash.http.urls import redacted

        lines = [f"{self.prog}: error: {redacted(message)}", " ".join(self.format_usage().split())]
        lines.append(f"{redacted(hint)} All options: {self.prog} --help".lstrip())
        self.exit(2, "\n".join(lines) + "\n")

    def parse_args(  # type: ignore[override]  # for no other kind of namespace
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown and not any(word.startswith("-") for word in unknown) and self.command in _LISTS:
            # Options may stand between arguments. Arguments behind the first option are unknown then.
            parsed, unknown = self.parse_known_intermixed_args(args, namespace)
        if unknown:
            from wheelclash.cli.mistakes import explain_unknown

            others = [other for other in COMMANDS if other != self.command]
            self.error(*explain_unknown(unknown, self, others, parser_of))
        return parsed

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            from wheelclash.cli.mistakes import explain_choice

            raise argparse.ArgumentError(action, explain_choice(value, action.choices))

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


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import wheelclash
        from wheelclash.cli.streams import write

        write(f"wheelclash {wheelclash.__version__}\n")
        parser.exit()


def parse(arguments: Sequence[str]) -> CommandOptions:
    """Parse a command line.

    Raises:
        SystemExit: ``--help``, ``--version`` (0) or a usage error (2), after printing.
        QuestionError: A value makes no sense.
    """
    rest = list(arguments)
    if rest:
        _refuse_near_command(rest[0])
    command = rest.pop(0) if rest and rest[0] in (*COMMANDS, *_RESERVED) and rest[0] not in EVERY.split() else "check"
    if command == "contents":
        command = f"contents-{rest.pop(0)}" if rest and f"contents-{rest[0]}" in COMMANDS else command
    parser = parser_of(command)
    if command == "contents":
        _refuse_other_contents(parser, rest)
    if command in _RESERVED:
        parser.error(
            f"'{command}' is the name of a command that this version does not have yet",
            f"For a project of that name: wheelclash check {command} …",
        )
    values = vars(parser.parse_args(rest))
    if command in _ALL.split():
        values = _with_settings(parser, command, values)
    _refuse_one_file_twice(parser, values)
    if "environment" in values:
        values["interpreter"] = values["environment"]
    refuse = {"check": _refuse_in_check, "who": _refuse_in_who, ADD: _refuse_in_add}.get(command)
    if refuse is not None:
        refuse(parser, values)
    for holder, kind in (("index", IndexOptions), ("session", SessionOptions), ("contents", ContentsOptions)):
        values[holder] = kind(**{name: values.pop(name) for name, _ in options_of(kind) if name in values})
    return CommandOptions(command=command, **values)


_AT_ODDS = (
    ("into", "interpreter"), ("into", "environment"), ("into", "python_versions"), ("into", "python_platforms"),
    ("into", "all_targets"), ("into", "system"),
    ("interpreter", "python_versions"), ("interpreter", "python_platforms"), ("interpreter", "all_targets"),
    ("interpreter", "environment"), ("interpreter", "prefix"), ("interpreter", "path"),
    ("environment", "prefix"), ("environment", "path"), ("prefix", "path"),
    ("all_targets", "python_versions"), ("all_targets", "python_platforms"),
    ("among", "prefix"), ("among", "path"),
)  # fmt: skip
"""Options that exclude each other: what is said on the command line takes the other out of variables and files."""


def _with_settings(parser: argparse.ArgumentParser, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the options of the command line, with those of variables and of the project's configuration below them.

    Raises:
        SystemExit: A configuration is named and refused, after printing.
        QuestionError: A variable or the configuration makes no sense.
    """
    named = arguments.pop("config_file", None)
    if not arguments.get("use_config", True):
        if named is not None:
            parser.error("--config-file names a configuration, and --no-config refuses any; leave one of them out")
        return arguments
    from pathlib import Path

    from wheelclash.cli.configuration import (
        environment_values,
        find_configuration,
        misspelt_variables,
        read_configuration,
    )

    for sentence in misspelt_variables(CommandOptions, os.environ):
        sys.stderr.write(f"wheelclash: {sentence}.\n")
    listed = list(_options(command))
    variables = environment_values(listed, command, os.environ)
    named = variables.pop("config_file", None) if named is None else named
    merged = _below(arguments, variables, command, listed)
    configuration = None
    if named is not None:
        configuration = read_configuration(Path(named), CommandOptions)
    elif merged.get("use_config", True):
        try:
            here = Path.cwd()
        except OSError:  # it is gone: what needs it says so
            return merged
        configuration = find_configuration(here, CommandOptions)
    if configuration is None:
        return merged
    values = dict(configuration.values)
    siblings = values.pop("siblings", ())
    if siblings and ALL_NAMED in merged.get("siblings", ()):
        merged["siblings"] = [*merged["siblings"], *siblings]
    whole = _below(merged, values, command, listed)
    keys = sorted(about.flag[2:] for name, about in listed if name in values and whole.get(name) == values[name])
    if keys:
        whole["configured"] = f"{configuration.file} says {', '.join(keys)}."
    return whole


def _below(
    above: dict[str, Any], values: dict[str, Any], command: str, listed: Sequence[tuple[str, Option]]
) -> dict[str, Any]:
    """Return options with those of a lower layer, as far as a command has them and nothing above excludes them.

    What is above takes the place of what is below, but for ``ignore``: there all entries count.
    """
    excluded = {name for pair in _AT_ODDS for name in pair if not above.keys().isdisjoint(set(pair) - {name})}
    is_in_environment = command == "who" and "among" not in above.keys() | values.keys()
    merged = dict(above)
    for name, about in listed:
        if name not in values:
            continue
        value = values[name]
        choices = about.choices_for(command)
        if name == "ignore":
            merged[name] = [*above.get(name, ()), *value]
        elif name in above or name in excluded or (choices is not None and value not in choices):
            continue
        elif is_in_environment and about.group in {"target", "index", "set"}:
            if name == "use_config":
                merged[name] = value
        elif command == "who" and about.group == "target" and isinstance(value, list) and len(value) > 1:
            continue  # it answers for one target at a time
        else:
            merged[name] = value
    return merged


_OPTIONS_AS_WORDS = {"help": "--help", "version": "--version"}


def _refuse_near_command(word: str) -> None:
    """End with a usage error if a first word is a command but for a slip of the fingers.

    Two letters swapped, one missing or one too many. Another letter in the place of one is no slip here: ``six`` is
    not ``fix``.
    """
    near = _OPTIONS_AS_WORDS.get(word) or next((command for command in COMMANDS if _is_slip(word, command)), None)
    if near is not None:
        hint = f"For a project of that name: wheelclash check {word} …"
        parser_of("check").error(f"'{word}': perhaps {near}?", hint)


def _is_slip(word: str, known: str) -> bool:
    if len(word) == len(known):
        swapped = (known[:at] + known[at + 1] + known[at] + known[at + 2 :] for at in range(len(known) - 1))
        return word != known and word in swapped
    short, long = sorted((word, known), key=len)
    return len(long) == len(short) + 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def parser_of(command: str) -> _Parser:
    """Return the parser of a command's options. What was not given is not in its answer."""
    spoken = command.replace("-", " ") if command in EVERY.split() else command
    parser = _Parser(prog=f"wheelclash {spoken}", formatter_class=_Formatter, allow_abbrev=False)
    name = command if command in COMMANDS else "check"
    parser.command = name
    about = COMMANDS[name]
    parser.description = about.description
    parser.usage = about.usage or None
    parser.epilog = about.epilog
    for field, about_option in _options(name):
        if not about_option.group:
            _add(parser, field, about_option, name)
    if name == "check":
        parser.prog = "wheelclash"
        parser.add_argument(
            "-V", "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and exit"
        )
    for section in about.sections:
        group: argparse._ActionsContainer = parser.add_argument_group(section.title)
        if section.exclusive:
            group = group.add_mutually_exclusive_group()
        for wanted in section.groups:
            for field, about_option in _options(name):
                if about_option.group == wanted:
                    _add(group, field, about_option, name)
    return parser


def _options(command: str, kind: type = CommandOptions) -> Iterator[tuple[str, Option]]:
    """Yield the options of a command, in the order of ``--help``: positional ones before the others."""
    listed = []
    for name, about in options_of(kind):
        if command not in about.commands:
            continue
        if about.nested is not None:
            listed += list(_options(command, about.nested))
        elif about.flags:
            listed.append((name, about))
    yield from sorted(listed, key=lambda named: named[1].flags[0].startswith("-"))


def _add(group: argparse._ActionsContainer, name: str, about: Option, command: str) -> None:
    """Add an option to a parser, or to a group of it."""
    words: dict[str, Any] = {"default": argparse.SUPPRESS, "help": about.help_for(command)}
    if about.flags[0].startswith("-"):
        words["dest"] = name
    if isinstance(about.default, bool):
        group.add_argument(*about.flags, action="store_false" if about.default else "store_true", **words)
        return
    if about.others:
        group = group.add_mutually_exclusive_group()
    if about.default is None and any(value is False for _, value, _ in about.others):
        group.add_argument(*about.flags, action="store_const", const=True, **words)
    else:
        if about.nargs == "+" and "dest" in words:
            words["action"] = "extend"
        elif about.repeats:
            words["action"] = "append"
        more = {
            "metavar": about.metavar,
            "nargs": about.nargs if about.alone is None else "?",
            "const": about.alone,
            "choices": about.choices_for(command),
            "type": about.parse,
        }
        words |= {key: value for key, value in more.items() if value is not None}
        group.add_argument(*about.flags, **words)
    for flags, value, text in about.others:
        shown = text if isinstance(text, str) else text[command]
        group.add_argument(*flags, action="store_const", const=value, dest=name, default=argparse.SUPPRESS, help=shown)


# -- words that contradict each other ------------------------------------------------------------------------


def _refuse_one_file_twice(parser: argparse.ArgumentParser, values: dict[str, Any]) -> None:
    """End with a usage error if two reports would be written to one file or to one stream of ours.

    Any other device or pipe takes any number.
    """
    stated = values.get("output") is not None
    files = [("--output", values["output"])] if stated else []
    files += [(f"--output-file {name}", file) for name, file in values.get("output_files", ())]
    files += [("--write-baseline", values["write_baseline"])] if "write_baseline" in values else []
    if not files:
        return
    from pathlib import Path

    from wheelclash.cli.streams import stream_at

    before: dict[object, str] = {} if stated else {sys.stdout: "the report"}
    for option_, file in files:
        stream, place = stream_at(file), Path(os.path.realpath(file))
        written = stream or place
        if written in before and (stream or place.is_file() or not place.exists()):
            parser.error(f"{before[written]} and {option_} would both write {file}; name a file for each")
        before[written] = option_


def _refuse_in_check(parser: argparse.ArgumentParser, values: dict[str, Any]) -> None:
    """End with a usage error if options contradict each other."""
    into, python = values.get("into"), values.get("interpreter")
    versions = values.get("python_platforms") or values.get("python_versions")
    siblings = [name for name in values.get("siblings", ()) if name != ALL_NAMED]
    if not (siblings or values.get("requirements") or values.get("files")) and not _take_lock_here(values):
        few = "a requirement or a wheel" if into is not None else "two or more requirements or wheels"
        parser.error(f"nothing asked: give {few}, e.g. 'nixl-cu12 nixl-cu13'")
    if not values.get("index_url", "-").strip():
        parser.error("--index-url: an empty URL names no index; leave the option out for the default one")
    if into is not None and (python or versions or "all_targets" in values):
        parser.error("--into names the target too; leave out --python, --python-version and -platform, --all-targets")
    if into is not None and "system" in values:
        parser.error("--into names the environment that commands act on; leave out --system")
    if python is not None and versions:
        parser.error("--python names a whole target; leave out --python-version and --python-platform")
    if "all_targets" in values and (versions or python):
        parser.error(
            "--all-targets takes the targets from the lock or the wheels;"
            " leave out --python, --python-version and -platform"
        )


def _take_lock_here(values: dict[str, Any]) -> bool:
    """Ask about the lock in the current folder where nothing was named, and say so; return whether there is one."""
    from pathlib import Path

    from wheelclash.inputs import locks_in

    locks = locks_in(Path.cwd())
    if not locks:
        return False
    first, others = locks[0], locks[1:]
    also = f" Also here: {', '.join(others)}." if others else ""
    sys.stderr.write(f"wheelclash: nothing was named, and there is {first}: this is wheelclash {first}.{also}\n")
    values["requirements"] = [first]
    return True


def _refuse_other_contents(parser: _Parser, rest: list[str]) -> None:
    """End with a usage error, or with the help that was asked for: a command of ``contents`` must be named."""
    names = [name.removeprefix("contents-") for name in EVERY.split()]
    if rest and rest[0] in {"-h", "--help"}:
        parser.parse_args(rest)
    from wheelclash.wording import near_names

    fault = f"'{rest[0]}' is none of its commands" if rest else "nothing asked"
    likely = near_names(rest[0], names, most=1) if rest else ()
    perhaps = f"Perhaps: {likely[0]}? " if likely else ""
    hint = f"{perhaps}For a project of that name: wheelclash check contents …"
    parser.error(f"{fault}: {', '.join(names)}", hint)


def _refuse_in_add(parser: argparse.ArgumentParser, values: dict[str, Any]) -> None:
    """End with a usage error if nothing is added, or the index is spoken of and no names are."""
    if not values.get("sources") and "names" not in values:
        parser.error("nothing to add: give wheels, folders, locks or environments, or a list of names (--names)")
    if "names" not in values:
        for name in ("shard", "rate", "connections", "history"):
            if name in values:
                parser.error(f"--{name} is about an index; give the names of its projects with --names")


def _refuse_in_who(parser: argparse.ArgumentParser, values: dict[str, Any]) -> None:
    """End with a usage error if options contradict each other."""
    for form, file in values.get("output_files", ()):
        if form not in _FORMATS["who"]:
            takes = ", ".join(_FORMATS["who"])
            parser.error(f"argument --output-file: {f'{form}={file}'!r} is not FORMAT=FILE, with one of {takes}")
    if "among" not in values:
        for name, about in _options("who"):
            if about.group in {"target", "index", "set"} and name in values and name != "use_config":
                flags = ", ".join([about.flag, *(flags[0] for flags, _, _ in about.others)])
                parser.error(f"{flags} is about a set of wheels; name one with --among")
        return
    if "prefix" in values or "path" in values:
        parser.error("--among asks about wheels, --prefix and --path about what is installed; leave one of them out")
    if "interpreter" in values and ("python_platforms" in values or "python_versions" in values):
        parser.error("--python names a whole target; leave out --python-version and --python-platform")
    if "all_targets" in values or any(
        len(values.get(name, ())) > 1 for name in ("python_versions", "python_platforms")
    ):
        parser.error("'who' answers for one target at a time; name one with --python-version and --python-platform")
