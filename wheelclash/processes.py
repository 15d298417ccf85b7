"""Runs other programs so that none is left running, whenever and however the caller is interrupted.

A program is started, read and ended by a thread of its own. A signal's handler runs in the main thread only, and a
cancelled coroutine is resumed in the event loop's thread; neither can come between the start of a program and the
code that ends it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import threading
from queue import Empty, SimpleQueue
from time import monotonic
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from wheelclash.errors import WheelclashError
from wheelclash.threads import interruptible, pause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Done", "RunError", "run"]

_TICK = 0.02
"""Seconds after which a running program is looked at again: whether it is to be ended."""

_LOOK = 0.5
"""Seconds between two looks of what watches a program."""

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes a program may print: the lock of a very large set has a few millions."""

_PIECE = 64 * 1024
_GRACE = 5.0
"""Seconds that the system gets to remove a killed process."""


class Done(NamedTuple):
    """What a program came to.

    Attributes:
        returncode: 0 if it did what it was asked; negative if a signal ended it.
        output: What it wrote to its standard output.
        complaints: Its standard error, as text.
    """

    returncode: int
    output: bytes
    complaints: str


class RunError(WheelclashError):
    """A program could not be run to its end.

    Attributes:
        program: Its path or name.
        code: ``start`` if it could not be started, ``timeout`` if it took too long, ``output`` if it printed too
            much, ``watch`` if its watcher ended it, ``stopped`` if its caller was interrupted.
        reason: The system's words, the seconds or bytes it had, or why it had to end.
    """

    def __init__(
        self, program: str, code: Literal["start", "timeout", "output", "watch", "stopped"], reason: str
    ) -> None:
        super().__init__(program, code, reason)
        self.program = program
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Return one sentence without its full stop."""
        if self.code == "start":
            return f"{self.program} cannot be run ({self.reason})"
        if self.code == "timeout":
            return f"{self.program} did not finish within {self.reason} seconds"
        if self.code == "output":
            return f"{self.program} prints more than {self.reason} bytes"
        if self.code == "watch":
            return f"{self.program} was ended: {self.reason}"
        return f"{self.program} was stopped"


def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: bytes | None = None,
    patience: float,
    watch: Callable[[], str] | None = None,
) -> Done:
    """Run a program to its end. If this is interrupted, the program and all it started end first.

    Args:
        command: Program and arguments.
        environ: All its variables; by default those of this process.
        cwd: The folder to run it in; by default the current one.
        text: What it reads from its standard input; nothing by default.
        patience: Seconds that it may take.
        watch: Called about every half second while it runs: why it must end now, one clause; empty if it may go on.

    Raises:
        RunError: It cannot be run, takes too long, prints too much or must end.
    """
    program = _Program(command, environ, cwd, text, patience, watch)
    try:
        with interruptible():
            program.start()
        while not program.wait(_TICK):
            pause(0)  # ends this if the thread is told to stop
    finally:
        program.end()
    return program.result()


class _Program:
    """One run of a program, in a thread of its own."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str] | None,
        cwd: Path | None,
        text: bytes | None,
        patience: float,
        watch: Callable[[], str] | None,
    ) -> None:
        self._command = command
        self._environ = environ
        self._cwd = cwd
        self._text = text
        self._patience = patience
        self._watch = watch
        self._watched = monotonic()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ends: SimpleQueue[None] = SimpleQueue()  # an interrupt leaves no lock of it held, as it may of an Event
        self._over = False
        self._done: Done | None = None
        self._error: BaseException | None = None

    def start(self) -> None:
        """Start it in the background."""
        self._thread = threading.Thread(target=self._work, name=f"wheelclash: {self._command[0]}", daemon=True)
        _RUNNING.add(self)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of the program and return whether it has ended or could not be started."""
        if not self._over:
            with contextlib.suppress(Empty):
                self._ends.get(timeout=seconds)
                self._over = True
        return self._over

    def end(self) -> None:
        """Have nothing of it left: kill it if it still runs, and wait until it is gone."""
        self._stop.set()
        if self._thread is not None and self._thread.ident is not None:
            self.wait(_GRACE)
        _RUNNING.discard(self)

    def result(self) -> Done:
        """Return what the program wrote, and its exit code.

        Raises:
            RunError: It could not be run to its end.
        """
        if self._error is not None:
            raise self._error
        if self._done is None:
            raise RunError(self._command[0], "stopped", "")
        return self._done

    def _work(self) -> None:
        try:
            self._done = self._run()
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            self._error = error
        finally:
            self._ends.put(None)

    def _run(self) -> Done:
        if self._stop.is_set():
            raise RunError(self._command[0], "stopped", "")
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL if self._text is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=None if self._environ is None else dict(self._environ),
                cwd=self._cwd,
                start_new_session=True,  # git and ssh then find no terminal to ask for passwords on
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise RunError(self._command[0], "start", reason or str(error)) from None
        try:
            output, complaints = _Pipe(process.stdout), _Pipe(process.stderr)
            _in_background(lambda: _feed(process, self._text))
            self._await(process, output, complaints)
        finally:
            _end(process)
        return Done(process.returncode, bytes(output.kept), complaints.kept.decode("utf-8", "replace"))

    def _await(self, process: subprocess.Popen[bytes], *pipes: _Pipe) -> None:
        """Wait for the end of a program and of all that it prints."""
        latest = monotonic() + self._patience
        open_pipes = list(pipes)
        while open_pipes:
            open_pipes[0].over.wait(_TICK)
            # Any of them may have had too much, also one that is not waited for.
            if any(len(pipe.kept) > MAX_OUTPUT for pipe in pipes):
                raise RunError(self._command[0], "output", str(MAX_OUTPUT))
            open_pipes = [pipe for pipe in open_pipes if not pipe.over.is_set()]
            if open_pipes:
                self._check(latest)
        while True:
            try:
                process.wait(_TICK)
            except subprocess.TimeoutExpired:
                self._check(latest)
            else:
                return

    def _check(self, latest: float) -> None:
        """Raise an error if the program must not go on."""
        if self._stop.is_set():
            raise RunError(self._command[0], "stopped", "")
        if monotonic() >= latest:
            raise RunError(self._command[0], "timeout", f"{self._patience:g}")
        if self._watch is not None and monotonic() - self._watched >= _LOOK:
            reason = self._watch()
            self._watched = monotonic()
            if reason:
                raise RunError(self._command[0], "watch", reason)


class _Pipe:
    """Reads what a program prints, up to a limit, in the background.

    Attributes:
        kept: What was read so far.
        over: Set once all is read, or more than the limit.
    """

    def __init__(self, stream: IO[bytes] | None) -> None:
        self.kept = bytearray()
        self.over = threading.Event()
        _in_background(lambda: self._read(stream))

    def _read(self, stream: IO[bytes] | None) -> None:
        try:
            if stream is not None:
                with stream:
                    while len(self.kept) <= MAX_OUTPUT and (piece := os.read(stream.fileno(), _PIECE)):
                        self.kept += piece
        finally:
            self.over.set()


def _feed(process: subprocess.Popen[bytes], text: bytes | None) -> None:
    """Write a program's standard input; one that does not read all of it is free to do so."""
    if process.stdin is not None and text is not None:
        with contextlib.suppress(OSError), process.stdin:
            process.stdin.write(text)


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="wheelclash: pipe", daemon=True).start()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that still runs, and whatever it started, also if it left that behind."""
    ended = process.poll() is not None
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            import signal

            os.killpg(process.pid, signal.SIGKILL)  # the number of a group is not given away while it has members
        elif not ended:
            process.kill()
    if not ended:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)


_RUNNING: set[_Program] = set()
"""Programs that were started and not yet ended: what is left of them at the end of this process is ended there."""


def _end_all() -> None:
    for program in list(_RUNNING):
        program.end()


atexit.register(_end_all)
