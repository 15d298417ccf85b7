"""Writing: the report to standard output or a file, complaints to standard error."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.report.escape import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.model import Report
    from wheelclash.report.text import Line, Style

__all__ = ["complain", "write_report"]

_COLORS: dict[Style, str] = {
    "strong": "bold",
    "error": "bold red",
    "warning": "yellow",
    "notice": "cyan",
    "good": "green",
    "faint": "dim",
    "command": "bold cyan",
}


def complain(error: object) -> None:
    """Tell what went wrong, in one paragraph, nothing unprintable in it."""
    with contextlib.suppress(OSError):  # nobody listens
        _tolerant(sys.stderr).write(f"wheelclash: error: {printable(str(error))}\n")


def write_report(report: Report, arguments: Arguments) -> None:
    """Write a report as it was asked for.

    Raises:
        QuestionError: The file cannot be written; then nothing is.
    """
    if arguments.output is not None:
        _write_file(Path(arguments.output), _as_text(report, arguments))
        return
    out = _tolerant(sys.stdout)
    if arguments.format == "text" and _wants_color(arguments, out) and _write_colored(report, arguments, out):
        return
    out.write(_as_text(report, arguments))


def _as_text(report: Report, arguments: Arguments) -> str:
    if arguments.format == "json":
        return report.to_json()
    text = report.to_text(verbose=arguments.verbose)
    return text.partition("\n")[0] + "\n" if arguments.quiet else text


def _tolerant(stream: TextIO) -> TextIO:
    """A stream whose encoding may not know a character spells it out rather than fail."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    import tempfile

    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="backslashreplace", dir=path.parent, prefix=".wheelclash-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise QuestionError(f"--output {path}: it cannot be written ({error.strerror}).") from error


def _wants_color(arguments: Arguments, out: TextIO) -> bool:
    if arguments.color != "auto":
        return arguments.color == "always"
    return out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write_colored(report: Report, arguments: Arguments, out: TextIO) -> bool:
    """Write with rich, if it is installed."""
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return False
    from wheelclash.report.text import render

    lines: Sequence[Line] = render(report, verbose=arguments.verbose)
    console = Console(file=out, force_terminal=True, markup=False, highlight=False, soft_wrap=True)
    for line in lines[:1] if arguments.quiet else lines:
        console.print(Text.assemble(*((span.text, _COLORS.get(span.style, "")) for span in line)))
    return True
