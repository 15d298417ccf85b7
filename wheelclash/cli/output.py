"""Output of the report: to standard output, in colour where that is wanted, or to a file."""

from __future__ import annotations

import os
import sys

from wheelclash.cli.streams import as_utf8, stream_at, write

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path
    from typing import Protocol, TextIO

    from wheelclash.cli.parser import CommandOptions
    from wheelclash.report.formats import FormatName
    from wheelclash.report.sources import SourceLine
    from wheelclash.report.terminal import Line, Reader, Style

    class Report(Protocol):
        """Any of our reports, as far as it is written."""

        def to_json(self) -> str:
            """Return the report for programs."""

        def to_text(self, *, verbose: bool = False) -> str:
            """Return the report for people."""

        def to_lines(self, reader: Reader = ..., /) -> list[Line]:
            """Return the same as lines of styled spans."""


__all__ = ["require_writable", "terminal_width", "write_files", "write_report"]

_NARROWEST = 40
"""Columns that a screen is taken to have at least."""

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


def write_report(report: Report, options: CommandOptions) -> None:
    """Write a report as it was asked for, to a stream or file and to further files.

    Raises:
        QuestionError: A file cannot be written. Every text is made before the first is written.
    """
    from pathlib import Path

    files = [("--output-file", Path(file), _as_format(name, report, options)) for name, file in options.output_files]
    text = _as_text(report, options) if options.format == "text" else _as_format(options.format, report, options)
    if options.output is not None:
        files.insert(0, ("--output", Path(options.output), text))
    write_files(files)
    if options.output is None:
        if options.format != "text" and terminal_width(sys.stdout) is None:
            as_utf8()
        write(text)


def require_writable(options: CommandOptions) -> None:
    """Refuse to begin what could not be written in the end.

    Raises:
        QuestionError: A file cannot be written; nothing was done.
    """
    from wheelclash.errors import QuestionError

    files = [("--output", options.output)] if options.output is not None else []
    files += [("--output-file", file) for _, file in options.output_files]
    files += [("--write-baseline", options.write_baseline)] if options.write_baseline is not None else []
    for option, file in files:
        fault = _why_unwritable(file)
        if fault is not None:
            raise QuestionError(f"{option} {file}: it cannot be written ({os.strerror(fault)}).", "Nothing was done.")


def _why_unwritable(file: str) -> int | None:
    """Return the number of the error that writing a file would end with; None if it may be written."""
    import errno
    from pathlib import Path

    path = Path(file)
    if stream_at(path) is not None:
        return None
    if path.is_dir():
        return errno.EISDIR
    if path.exists() and not path.is_file():  # a device or a pipe is written to as it is
        return None if os.access(path, os.W_OK) else errno.EACCES
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        return errno.ENOTDIR if folder.exists() else errno.ENOENT
    return None if os.access(folder, os.W_OK) else errno.EACCES


def _as_text(report: Report, options: CommandOptions) -> str:
    """Return the report as text: for the screen in front of us and the folder we are in, unless it goes to a file."""
    from wheelclash.report.terminal import WIDTH, Reader, plain_text

    if options.output is None:
        width = terminal_width(sys.stdout)
        reader = Reader(
            options.verbose,
            options.quiet,
            width=max(_NARROWEST, width or WIDTH),
            wraps=width is not None,
            here=_working_folder(),
        )
    else:
        reader = Reader(options.verbose, options.quiet)
    lines = report.to_lines(reader)
    if options.output is None and _wants_color(options):
        return "".join(f"{_painted(line)}\n" for line in lines)
    return plain_text(lines)


def terminal_width(stream: TextIO) -> int | None:
    """Return the columns of the terminal that a stream is; None if it is none."""
    try:
        return (stream.isatty() and os.get_terminal_size(stream.fileno()).columns) or None
    except (ValueError, OSError):
        return None


def _working_folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - as text
    except OSError:
        return None


def _as_format(name: FormatName, report: Report, options: CommandOptions) -> str:
    """Return the report in a format; only those for other tools need more than the report."""
    if name == "json":
        return report.to_json()
    if name == "text":
        return report.to_text(verbose=options.verbose)
    from wheelclash.report.formats import Context, write_as

    distributions = getattr(report, "distributions", ())
    through = {distribution.name: distribution.through for distribution in distributions}
    context = Context(
        headline=report.to_text().partition("\n")[0],
        fail_on=options.fail_on,
        allow_incomplete=options.allow_incomplete,
        sources=_sources(options, through),
        through=through,
    )
    return write_as(name, report, context)


def _sources(options: CommandOptions, names: Collection[str]) -> Mapping[str, SourceLine]:
    """Return the lines that name distributions, in those of the arguments that are files of text."""
    from pathlib import Path

    from wheelclash.errors import QuestionError
    from wheelclash.files import LARGEST_DESCRIPTION, read_file
    from wheelclash.report.sources import find_sources
    from wheelclash.resolve.requirements_txt import texts_of

    texts: dict[str, str] = {}
    for argument in (*getattr(options, "requirements", ()), *getattr(options, "files", ())):
        path = Path(argument)
        try:
            if path.suffix.lower() == ".whl" or not path.is_file():
                continue
            if path.suffix.lower() in {".txt", ".in", ""}:
                texts_here = texts_of(path, os.environ)
            else:
                texts_here = {path: read_file(path, LARGEST_DESCRIPTION).decode("utf-8", "replace")}
        except (OSError, ValueError, QuestionError):  # it was read for the answer; what it says is gone by now
            continue
        texts |= {_in_repository(file): text for file, text in texts_here.items()}
    return find_sources(texts, names)


def _in_repository(path: Path) -> str:
    """Return a path as tools for repositories know it: from the repository's folder, or else from the current one.

    A path that lies in neither is absolute.
    """
    from pathlib import Path

    here = Path.cwd()
    absolute = Path(os.path.normpath(here / path))
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    return (absolute.relative_to(top) if absolute.is_relative_to(top) else absolute).as_posix()


def write_files(files: Sequence[tuple[str, Path, str]]) -> None:
    """Write files, each whole or not at all, and none before all others can take their place.

    A device, a pipe or a stream of ours is written to as it is.

    Args:
        files: The option that named each, where it lies, and its text.

    Raises:
        QuestionError: One cannot be written; the option that named it is told.
    """
    from wheelclash.errors import QuestionError

    written: dict[int, Path] = {}
    number = 0
    try:
        for number, (_, path, text) in enumerate(files):
            if stream_at(path) is None and (path.is_file() or not path.exists()):
                written[number] = _written_beside(path, text)
        for number, (_, path, text) in enumerate(files):
            stream = stream_at(path)
            if number in written:
                written[number].replace(os.path.realpath(path))  # a link stays one
            elif stream is sys.stdout:
                write(text)
            elif stream is not None:
                stream.write(text)
                stream.flush()
            else:
                path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)
        option, path, _ = files[number]
        raise QuestionError(f"{option} {path}: it cannot be written ({error.strerror}).") from error


def _written_beside(path: Path, text: str) -> Path:
    """Write a text to a temporary file in the folder of a path, and return where it is.

    Raises:
        OSError: It cannot be written; then nothing of it is left.
    """
    import tempfile
    from pathlib import Path

    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="backslashreplace",
        dir=Path(os.path.realpath(path)).parent,
        prefix=".wheelclash-",
        delete=False,
    ) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    return temporary


def _wants_color(options: CommandOptions) -> bool:
    """Return whether to colour: as ``--color`` says; else NO_COLOR, FORCE_COLOR (in this order), and the terminal."""
    if options.color != "auto":
        return options.color == "always"
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    understood = environ.get("TERM") != "dumb" if os.name == "posix" else "WT_SESSION" in environ or "TERM" in environ
    return understood and sys.stdout.isatty()


def _painted(line: Line) -> str:
    pieces = (
        f"\x1b[{_COLORS[span.style]}m{span.text}\x1b[0m" if span.style in _COLORS and span.text else span.text
        for span in line
    )
    return "".join(pieces)
