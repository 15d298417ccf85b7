"""Writing the report: to standard output, in colour where that is wanted, or to a file."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wheelclash.cli.streams import write
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.lines import Line, Style

__all__ = ["require_writable", "write_report"]

_COLORS: dict[Style, str] = {
    "strong": "bold",
    "error": "bold red",
    "warning": "yellow",
    "notice": "cyan",
    "good": "green",
    "faint": "dim",
    "command": "bold cyan",
}


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
    colored = _colored(report, arguments) if arguments.format == "text" and _wants_color(arguments) else None
    write(_as_text(report, arguments) if colored is None else colored)


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
    if arguments.color != "auto":
        return arguments.color == "always"
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _colored(report: Report, arguments: Arguments) -> str | None:
    """The report with rich's colours; None if rich is not installed."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return None
    lines: Sequence[Line] = report.to_lines(verbose=arguments.verbose)
    told = io.StringIO()  # writing is ours: rich would end the process where a pipe breaks
    console = Console(file=told, force_terminal=True, markup=False, highlight=False, soft_wrap=True)
    for line in lines[:1] if arguments.quiet else lines:
        console.print(Text.assemble(*((span.text, _COLORS.get(span.style, "")) for span in line)))
    return told.getvalue()
