"""Writing the report: to standard output, in colour where that is wanted, or to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wheelclash.cli.streams import write
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.formats import FormatName
    from wheelclash.report.sources import SourceLine
    from wheelclash.report.terminal import Line, Style

__all__ = ["require_writable", "write_report"]

_COLORS: dict[Style, str] = {
    "strong": "1",
    "error": "1;31",
    "warning": "33",
    "notice": "36",
    "good": "32",
    "faint": "2",
    "command": "1;36",
}
"""The parameters of ``SGR`` (ECMA-48), which every terminal that has colours understands."""


class Report(Protocol):
    """Any of our reports, as far as it is written."""

    def to_json(self) -> str:
        """The report for programs."""

    def to_text(self, *, verbose: bool = False) -> str:
        """The report for people."""

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""


def write_report(report: Report, arguments: Arguments) -> None:
    """Write a report as it was asked for, to a stream or file and to further files.

    Raises:
        QuestionError: A file cannot be written. Every text is made before the first is written.
    """
    texts = [(Path(file), _as_format(name, report, arguments)) for name, file in arguments.output_files]
    if arguments.output is None and arguments.format == "text" and _wants_color(arguments):
        text = _colored(report, arguments)
    else:
        text = _as_text(report, arguments)
    if arguments.output is not None:
        _write_file("--output", Path(arguments.output), text)
    for path, other in texts:
        _write_file("--output-file", path, other)
    if arguments.output is None:
        write(text)


def require_writable(arguments: Arguments) -> None:
    """Refuse to begin what changes something if its report could not be written in the end.

    Raises:
        QuestionError: There is no such folder, or it cannot be written to.
    """
    files = [("--output", arguments.output)] if arguments.output is not None else []
    files += [("--output-file", file) for _, file in arguments.output_files]
    for option, file in files:
        folder = Path(os.path.realpath(file)).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise QuestionError(f"{option} {file}: it cannot be written.", "Nothing was done.")


def _as_text(report: Report, arguments: Arguments) -> str:
    text = _as_format(arguments.format, report, arguments)
    return text.partition("\n")[0] + "\n" if arguments.quiet and arguments.format == "text" else text


def _as_format(name: FormatName, report: Report, arguments: Arguments) -> str:
    """Return the report in a format; only those for other tools need more than the report."""
    if name == "json":
        return report.to_json()
    if name == "text":
        return report.to_text(verbose=arguments.verbose)
    from wheelclash.report.formats import Context, write_as

    distributions = getattr(report, "distributions", ())
    through = {distribution.name: distribution.through for distribution in distributions}
    context = Context(
        headline=report.to_text().partition("\n")[0],
        fail_on=getattr(arguments, "fail_on", "error"),
        allow_incomplete=arguments.allow_incomplete,
        sources=_sources(arguments, through),
        through=through,
    )
    return write_as(name, report, context)


def _sources(arguments: Arguments, names: Collection[str]) -> Mapping[str, SourceLine]:
    """Return the lines that name distributions, in those of the arguments that are files of text."""
    from wheelclash.files import LARGEST_DESCRIPTION, read_file
    from wheelclash.report.sources import find_sources

    texts = {}
    for given in (*getattr(arguments, "requirements", ()), *getattr(arguments, "files", ())):
        path = Path(given)
        try:
            if path.suffix.lower() == ".whl" or not path.is_file():
                continue
            data = read_file(path, LARGEST_DESCRIPTION)
        except (OSError, ValueError):  # it was read for the answer; what it says is gone by now
            continue
        texts[_from_here(path)] = data.decode("utf-8", "replace")
    return find_sources(texts, names)


def _from_here(path: Path) -> str:
    """Return a path relative to the current folder, in which a CI job has the repository, if it lies there."""
    here = Path.cwd()
    absolute = Path(os.path.normpath(here / path))
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def _write_file(option: str, path: Path, text: str) -> None:
    """Write a file whole or not at all; a device or a pipe is written to as it is."""
    import tempfile

    temporary = None
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
            return
        place = Path(os.path.realpath(path))  # a link stays one
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=place.parent, prefix=".wheelclash-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(place)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise QuestionError(f"{option} {path}: it cannot be written ({error.strerror}).") from error


def _wants_color(arguments: Arguments) -> bool:
    """Return whether to colour: as ``--color`` says; else NO_COLOR, FORCE_COLOR (in this order), and the terminal."""
    if arguments.color != "auto":
        return arguments.color == "always"
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    understood = environ.get("TERM") != "dumb" if os.name == "posix" else "WT_SESSION" in environ or "TERM" in environ
    return understood and sys.stdout.isatty()


def _colored(report: Report, arguments: Arguments) -> str:
    lines = report.to_lines(verbose=arguments.verbose)
    return "".join(f"{_painted(line)}\n" for line in (lines[:1] if arguments.quiet else lines))


def _painted(line: Line) -> str:
    pieces = (
        f"\x1b[{_COLORS[span.style]}m{span.text}\x1b[0m" if span.style in _COLORS and span.text else span.text
        for span in line
    )
    return "".join(pieces)
