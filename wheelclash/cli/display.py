"""Progress on standard error, for people who wait more than a second; nothing of it is left when the run ends.

On a terminal it is one line that is written over, by rich where that is installed. Elsewhere, as in the log of a CI
job, a plain line every few seconds says that something is being done.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from wheelclash.cli.output import terminal_width
from wheelclash.session import Session
from wheelclash.threads import start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from rich.progress import Progress as RichProgress

    from wheelclash.cli.parser import CommandOptions
    from wheelclash.progress import Stage, StageName

__all__ = ["open_session", "rate_and_rest", "shown_progress"]

_FIRST = 1.0
"""Seconds that a run may take before anything is shown on a terminal."""
_AGAIN = 0.1
_LOGGED = 5.0
"""Seconds between two lines of a log, and before the first."""
_MEGABYTE = 1_000_000
_WIDTH = 80
"""Columns of a terminal that does not say how many it has."""
_ERASED = "\r\x1b[2K\x1b[?25h"
"""What makes the line empty and shows the cursor, which rich hides (ECMA-48, xterm)."""

_TEXTS: dict[StageName, str] = {
    "pages": "asking the index: {} projects",
    "resolve": "resolving with uv",
    "wheels": "reading wheels: {}",
    "conda": "reading conda packages: {}",
    "contents": "comparing contents: {} files",
    "environment": "reading what is installed: {} distributions",
    "verify": "hashing installed files: {}",
    "native": "looking into native files: {}",
    "collect": "collecting wheels: {}",
}


@contextmanager
def shown_progress(stream: TextIO, *, quiet: bool, plain: bool = False) -> Iterator[Callable[[Stage], None] | None]:
    """Show progress for as long as the ``with`` block takes.

    Args:
        stream: Standard error.
        quiet: Show nothing.
        plain: Use no colours.

    Yields:
        The function to be told of progress; None if nothing is to be shown.
    """
    if quiet:
        yield None
        return
    display = _Display(stream, plain=plain)
    try:
        yield display.tell
    finally:
        display.end()


@contextmanager
def open_session(options: CommandOptions) -> Iterator[Session]:
    """Open a session that shows its progress on standard error, unless the command is to be quiet."""
    with (
        shown_progress(sys.stderr, quiet=options.quiet, plain=options.color == "never") as progress,
        Session(replace(options.session, progress=progress)) as session,
    ):
        yield session


class _Writer(Protocol):
    """Writes where the work is."""

    def show(self, text: str, done: int, total: int | None) -> None:
        """Show it in the place of what was shown before."""

    def clear(self) -> None:
        """Take away what was shown."""


class _Display:
    """Shows the stage that began last, from a thread of its own: an interrupt of the work comes to no half-drawn line.

    The thread starts with the first stage. While processes are forked there is none.
    """

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        self._stream = stream
        self._plain = plain
        self._on_terminal = _is_terminal(stream)
        self._lock = threading.Lock()
        self._stages: dict[StageName, Stage] = {}
        self._begin = self._last = monotonic()
        self._writer: _Writer | None = None
        self._thread: tuple[threading.Thread, threading.Event] | None = None
        self._ended = False

    def tell(self, stage: Stage) -> None:
        """Take note of a change; called by any thread."""
        with self._lock:
            if self._ended:  # a thread that was told to stop may still be at work
                return
            if stage.over:
                self._stages.pop(stage.name, None)
            else:
                self._stages[stage.name] = stage
            alone = any(active.alone for active in self._stages.values())
            if not self._stages:
                self._clear()  # what is printed next, by an installer say, begins on an empty line
        if alone:
            self._end_thread()
        elif self._stages and self._thread is None:
            stop = threading.Event()
            self._thread = start(partial(self._keep_showing, stop), "wheelclash: progress"), stop

    def end(self) -> None:
        """Show nothing from now on, and leave nothing on the screen."""
        with self._lock:
            self._ended = True
            self._stages.clear()
            self._clear()
        self._end_thread()

    def _end_thread(self) -> None:
        running, self._thread = self._thread, None
        if running is not None:
            thread, stop = running
            stop.set()
            thread.join()

    def _keep_showing(self, stop: threading.Event) -> None:
        while not stop.wait(max(0.0, self._due() - monotonic())):
            with self._lock:
                if self._stages:
                    self._show()
                self._last = monotonic()

    def _due(self) -> float:
        """Return when to show something next."""
        if not self._on_terminal:
            return self._last + _LOGGED
        return max(self._begin + _FIRST, self._last + _AGAIN)

    def _show(self) -> None:
        """Show the stage that began last; one that cannot be shown is no reason to end the work."""
        self._last = monotonic()
        stage = list(self._stages.values())[-1]
        text = _TEXTS[stage.name].format(f"{stage.done:,}" + ("" if stage.total is None else f" of {stage.total:,}"))
        if stage.received:
            text += f", {stage.received / _MEGABYTE:,.1f} MB received"
        if "{" not in _TEXTS[stage.name]:
            text += f", {self._last - self._begin:.0f} s"
        if stage.name == "collect":
            text += rate_and_rest(stage, self._last - self._begin)
        try:
            if self._writer is None:
                self._writer = _writer(self._stream, on_terminal=self._on_terminal, plain=self._plain)
            self._writer.show(text, stage.done, stage.total)
        except Exception:  # noqa: BLE001 - a stream that is closed, an encoding, a broken terminal
            self._stages.clear()

    def _clear(self) -> None:
        if self._writer is not None:
            try:
                self._writer.clear()
            except Exception:  # noqa: BLE001 - as above
                self._stages.clear()


def rate_and_rest(stage: Stage, seconds: float) -> str:
    """Return what follows a stage that may take hours: how many things a second it does, and the time that is left."""
    rate = stage.done / seconds if seconds > 0 else 0.0
    rest = (stage.total or 0) - stage.done
    return f", {rate:,.1f}/s" + (f", {_duration(rest / rate)} left" if rate and rest > 0 else "")


def _duration(seconds: float) -> str:
    """Return seconds as people say it: ``3 h 05 min``, ``2 min 10 s``, ``9 s``."""
    minutes, seconds = divmod(round(seconds), 60)
    if minutes >= 60:  # noqa: PLR2004 - an hour
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # it is closed
        return False


def _writer(stream: TextIO, *, on_terminal: bool, plain: bool) -> _Writer:
    """Return what writes to such a stream; rich is imported here, and only for a terminal."""
    if not on_terminal:
        return _Log(stream)
    try:
        return _Rich(stream, plain=plain)
    except ImportError:
        return _Line(stream)


class _Log:
    """A line of its own each time; nothing is taken away."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, text: str, _done: int, _total: int | None) -> None:
        self._stream.write(f"wheelclash: {text}\n")
        self._stream.flush()

    def clear(self) -> None:
        pass


class _Line:
    """One line that is written over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._length = 0

    def show(self, text: str, _done: int, _total: int | None) -> None:
        width = terminal_width(self._stream) or _WIDTH
        text = text[: width - 1]
        self._stream.write(f"\r{text:<{min(self._length, width - 1)}}")
        self._stream.flush()
        self._length = len(text)

    def clear(self) -> None:
        if self._length:
            self._stream.write(f"\r{'':<{self._length}}\r")
            self._stream.flush()
            self._length = 0


class _Rich:
    """One line with a bar, by rich; it is drawn only when we say so, and takes over no other output."""

    def __init__(self, stream: TextIO, *, plain: bool) -> None:
        from rich.console import Console

        self._console = Console(file=stream, no_color=plain or None, highlight=False, markup=False)
        self._live: RichProgress | None = None

    def show(self, text: str, done: int, total: int | None) -> None:
        if self._live is None:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = BarColumn(bar_width=20), TextColumn("{task.description}", markup=False)
            self._live = Progress(
                *columns, console=self._console, auto_refresh=False, transient=True,
                redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.add_task(text, total=total)
            self._live.start()
        task = self._live.task_ids[0]
        self._live.update(task, description=text, completed=done, total=total)
        self._live.refresh()

    def clear(self) -> None:
        if self._live is None:
            return
        self._live.stop()
        if not self._console.legacy_windows:  # in case that an interrupt came in the middle of something
            self._console.file.write(_ERASED)
            self._console.file.flush()
        self._live = None
