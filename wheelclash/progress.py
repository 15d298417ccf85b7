"""How far some work is: told to a function, by the stages that may take long.

A session hands one :class:`Progress` down to whatever asks servers, runs programs or reads many files. It calls back
the function that the session was given; without one, nothing is counted. Nothing is shown here: how it looks on a
terminal is up to the command (``cli/display.py``).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeVar

from wheelclash.threads import run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["SILENT", "Advance", "Progress", "Stage", "StageName", "counted"]

_T = TypeVar("_T")

StageName = Literal["pages", "resolve", "wheels", "conda", "contents", "environment", "verify", "native", "collect"]


class Stage(NamedTuple):
    """How far one stage is.

    Attributes:
        name: ``pages``: projects looked up in indexes; ``resolve``: uv resolves; ``wheels``: wheels read; ``conda``:
            conda packages read; ``contents``: contested files compared; ``environment``: RECORDs read; ``verify``:
            installed files hashed; ``native``: native files looked into; ``collect``: wheels added to a dataset.
        done: How many are done.
        total: Of how many; None if that is not known. It may grow.
        received: Bytes that servers have sent in all, for this stage and those before it.
        over: Whether it is at its end, reached or not.
        alone: Whether processes are about to be forked, for which this process must have no other thread; when the
            first thing is done, they are there.
    """

    name: StageName
    done: int = 0
    total: int | None = None
    received: int = 0
    over: bool = False
    alone: bool = False


class Advance(Protocol):
    """Counts what was done in a stage."""

    def __call__(self, count: int, *, more: int = 0) -> None:
        """Count a number of things that were done.

        Args:
            count: How many.
            more: How many things have to be done besides those that were known.
        """


class Progress:
    """Counts what is done in each stage, and tells a function; several threads may count at once.

    Args:
        tell: Called with every change, one call at a time, by whichever thread made it; None to count nothing.
    """

    def __init__(self, tell: Callable[[Stage], object] | None = None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._stages: dict[int, Stage] = {}
        self._begun = 0
        self._received = 0

    @contextmanager
    def stage(self, name: StageName, total: int | None = None, *, alone: bool = False) -> Iterator[Advance]:
        """Begin a stage, and end it with the ``with`` block.

        Args:
            name: Which.
            total: How many things it has to do, if that is known.
            alone: Whether it is done by forked processes.

        Yields:
            What counts the things that were done.
        """
        if self._tell is None:
            yield _nothing
            return
        with self._lock:
            self._begun += 1
            number = self._begun
            self._change(number, Stage(name, 0, total, alone=alone))
        try:
            yield partial(self._advance, number)
        finally:
            with self._lock:
                self._change(number, self._stages[number]._replace(over=True))
                del self._stages[number]

    def run_all(self, name: StageName, calls: Iterable[Callable[[], _T]]) -> list[_T]:
        """Call functions side by side (:func:`wheelclash.threads.run_all`), as a stage of its own."""
        calls = list(calls)
        if self._tell is None or not calls:
            return run_all(calls)
        with self.stage(name, len(calls)) as advance:
            return run_all([counted(call, advance) for call in calls])

    def receive(self, size: int) -> None:
        """Count bytes that a server sent, and tell them with the stage that began last."""
        if self._tell is None:
            return
        with self._lock:
            self._received += size
            if self._stages:
                number = max(self._stages)
                self._change(number, self._stages[number])

    def _advance(self, number: int, count: int, *, more: int = 0) -> None:
        with self._lock:
            if number in self._stages:  # a thread that was told to stop may end later than the stage
                stage = self._stages[number]
                total = (stage.total or 0) + more if more else stage.total
                self._change(number, stage._replace(done=stage.done + count, total=total, alone=False))

    def _change(self, number: int, stage: Stage) -> None:
        self._stages[number] = stage._replace(received=self._received)
        if self._tell is not None:
            self._tell(self._stages[number])


def _nothing(count: int, *, more: int = 0) -> None:
    """Count nothing."""


def counted(call: Callable[[], _T], advance: Advance) -> Callable[[], _T]:
    """Return a function that does the same and counts as one thing done."""

    def call_and_count() -> _T:
        result = call()
        advance(1)
        return result

    return call_and_count


SILENT = Progress()
"""Tells no function anything."""
