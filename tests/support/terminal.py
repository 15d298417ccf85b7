"""A terminal: a command runs in it, and what would be seen on its screen is looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Self

import pyte

if TYPE_CHECKING:
    from tests.support.command import Command

__all__ = ["Terminal"]

_PATIENCE = 60


class Terminal:
    """A pseudo-terminal, with the screen that its output makes.

    Attributes:
        end: The file descriptor that a process has as its terminal.
        written: Everything that was written to it.
        screen: What is on it.
    """

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self._ours, self.end = pty.openpty()
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.written = b""
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        os.close(self._ours)

    def let_go(self) -> None:
        """Close the end that processes have: they have it now, and its end of file comes when the last of them ends."""
        if self.end != -1:
            os.close(self.end)
        self.end = -1

    @property
    def lines(self) -> list[str]:
        """The lines of the screen that have anything on them."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def forget(self) -> None:
        """Clear the screen, and forget what was written."""
        self.written = b""
        self.screen.reset()

    def read(self, *, until: bytes | None = None, shown: str | None = None) -> bytes:
        """Read what is written.

        Args:
            until: Bytes to wait for. Without these and ``shown``, until every process has let go of the terminal.
            shown: Text to wait for on the screen.
        """
        self.let_go()
        latest = time.monotonic() + _PATIENCE
        while (until is None or until not in self.written) and not (
            shown is not None and any(shown in line for line in self.lines)
        ):
            assert time.monotonic() < latest, (self.written, self.lines)
            if not select.select([self._ours], [], [], 1)[0]:
                continue
            try:
                data = os.read(self._ours, 65536)
            except OSError:  # on Linux, the end of it
                break
            if not data:
                break
            self.written += data
            self._stream.feed(data)
        return self.written


def run(command: Command, terminal: Terminal, *arguments: str, **more: str | None) -> tuple[int, str]:
    """Run a command line with standard error on a terminal, and return its exit code and standard output."""
    process = command.start(
        *arguments, env=command.variables(TERM="xterm", **more), stdout=subprocess.PIPE, stderr=terminal.end
    )
    assert process.stdout is not None
    with process, process.stdout:
        terminal.read()
        return process.wait(), process.stdout.read().decode()
