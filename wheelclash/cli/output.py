"""Writing the report: to standard output, in colour where that is wanted, or to a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wheelclash.cli.streams import write
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.lines import Line, Style

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
    """Write a report as it was asked for.

    Raises:
        QuestionError: The file cannot be written; then nothing is.
    """
    if arguments.output is not None:
        _write_file(Path(arguments.output), _as_text(report, arguments))
        return
    if arguments.format == "text" and _wants_color(arguments):
        write(_colored(report, arguments))
    else:
        write(_as_text(report, arguments))


def require_writable(arguments: Arguments) -> None:
    """Refuse to begin what changes something if its report could not be written in the end.

    Raises:
        QuestionError: There is no such folder, or it cannot be written to.
    """
    if arguments.output is not None:
        folder = Path(os.path.realpath(arguments.output)).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise QuestionError(f"--output {arguments.output}: it cannot be written.", "Nothing was done.")


def _as_text(report: Report, arguments: Arguments) -> str:
    if arguments.format == "json":
        return report.to_json()
    text = report.to_text(verbose=arguments.verbose)
    return text.partition("\n")[0] + "\n" if arguments.quiet else text


def _write_file(path: Path, text: str) -> None:
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
        raise QuestionError(f"--output {path}: it cannot be written ({error.strerror}).") from error


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
