"""Standard output and standard error, written to in such a way that nothing there ends in a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["UnwritableError", "as_utf8", "complain", "discard", "finish", "prepare", "stream_at", "write"]


class UnwritableError(Exception):
    """Standard output cannot be written to: a full disk, say."""


def prepare() -> None:
    """Make both streams fit for use.

    One that was closed before we started swallows what is written to it; a character that the output's encoding does
    not know is spelt out.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  (to the process's end)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def as_utf8() -> None:
    """Write to standard output in UTF-8 from now on, as to a file: other programs read it, and XML says that it is."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def stream_at(path: str | os.PathLike[str]) -> TextIO | None:
    """Return the stream of ours that a path leads to, such as ``/dev/stdout``; None if it leads elsewhere.

    What goes nowhere (``/dev/null``) is no stream: any number of reports may be written there.
    """
    try:
        there = os.stat(path)  # noqa: PTH116 - pathlib is dear for --help
        if os.path.samestat(there, os.stat(os.devnull)):  # noqa: PTH116
            return None
    except OSError:
        return None
    for stream in (sys.stdout, sys.stderr):
        try:
            if os.path.samestat(there, os.fstat(stream.fileno())):
                return stream
        except (OSError, ValueError):  # it is closed
            continue
    return None


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        BrokenPipeError: It is not read any more.
        UnwritableError: It cannot be written to.
    """
    try:
        raw = getattr(sys.stdout, "buffer", None)
        if isinstance(sys.stdout, io.TextIOWrapper) and isinstance(raw, io.RawIOBase):
            _write_all(sys.stdout, raw, text)
        else:
            sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def _write_all(stream: io.TextIOWrapper, raw: io.RawIOBase, text: str) -> None:
    """Write to a stream without a buffer (``PYTHONUNBUFFERED``).

    The system may take only a part of what it is given, and a text stream takes no notice of how much that was.
    """
    stream.flush()
    rest = memoryview(text.replace("\n", os.linesep).encode(stream.encoding, stream.errors or "strict"))
    while rest:
        written = raw.write(rest)
        if written is None:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        rest = rest[written:]


def finish() -> None:
    """Have written whatever still waits to be; raises as :func:`write` does."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error) from error


def discard() -> None:
    """Drop what still waits to be written: Python would try, and fail, once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(error: object) -> None:
    """Tell what went wrong, nothing unprintable in it; what to do about it has the last line to itself."""
    from wheelclash.http.urls import redacted
    from wheelclash.report.terminal import printable

    text, hint = str(error), str(getattr(error, "hint", ""))
    lines = [text.removesuffix(hint).rstrip(), hint] if hint and text != hint else [text]
    try:
        sys.stderr.write("wheelclash: error: " + "".join(f"{printable(redacted(line))}\n" for line in lines))
    except OSError:
        return  # there is no standard error to write to


def _unwritable(error: OSError) -> UnwritableError:
    discard()
    return UnwritableError(f"Standard output cannot be written to ({error.strerror}).")
