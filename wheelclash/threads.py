"""Runs what waits for a network or another program at the same time, in a bounded number of threads.

All code of the library is synchronous. The threads are daemons, so that an interrupted run ends at once, although one
of them may still wait for a server: each is asked to stop, looks for that between two steps (:func:`pause`), and is not
waited for longer than :data:`GRACE` seconds.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial, wraps
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator

__all__ = [
    "AT_ONCE",
    "GRACE",
    "StoppedError",
    "asynchronous",
    "await_call",
    "interruptible",
    "pause",
    "run_all",
    "run_each",
    "start",
]

AT_ONCE = 16
"""Threads that work at the same time, unless told otherwise."""

GRACE = 1.0
"""Seconds that threads told to stop have to end the programs they started."""

_TICK = 0.02
"""Seconds after which a thread that waits for others looks whether it is told to stop itself.

The main thread looks as often for an interrupt: one that comes just before it begins to wait does not end the waiting.
"""

_T = TypeVar("_T")
_P = ParamSpec("_P")


class StoppedError(Exception):
    """Work was given up because its caller was interrupted, or other work beside it failed."""


class _Stop:
    """Asks threads to stop; the thread that started them may be asked by another one."""

    def __init__(self, above: _Stop | None) -> None:
        self.event = threading.Event()
        self._above = above

    def is_set(self) -> bool:
        return self.event.is_set() or (self._above is not None and self._above.is_set())


_STOP: ContextVar[_Stop | None] = ContextVar("_STOP", default=None)


def pause(seconds: float) -> None:
    """Wait, or end the work of this thread if it is told to stop meanwhile.

    Args:
        seconds: How long; 0 only looks.

    Raises:
        StoppedError: It was told to stop.
    """
    latest = monotonic() + seconds
    stop = _STOP.get()
    while True:
        if stop is not None and stop.is_set():
            raise StoppedError
        left = latest - monotonic()
        if left <= 0:
            return
        threading.Event().wait(left if stop is None else min(left, _TICK))


@contextmanager
def interruptible() -> Iterator[None]:
    """Let an interrupt of a wait for another thread be raised as what it is.

    A ``KeyboardInterrupt`` in the last steps of :meth:`threading.Condition.wait`, which every other wait of that module
    is made of, is followed by a ``RuntimeError`` on the lock that it has not taken back.

    Raises:
        KeyboardInterrupt: The wait was interrupted.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None
        raise


def start(work: Callable[[], object], name: str = "wheelclash") -> threading.Thread:
    """Start a daemon thread, which has the context of this one.

    Raises:
        KeyboardInterrupt: This thread was interrupted; the new one may have begun.
    """
    thread = threading.Thread(target=copy_context().run, args=(work,), name=name, daemon=True)
    with interruptible():
        thread.start()
    return thread


def run_all(calls: Iterable[Callable[[], _T]], *, at_once: int = AT_ONCE) -> list[_T]:
    """Call functions side by side and return their results in the order of the functions.

    Args:
        calls: Functions without arguments, safe to call from other threads. A single one is called in this thread.
        at_once: The most threads that work at a time.

    Raises:
        BaseException: What the first of them to fail raised; no further ones are called then, and those that run
            are told to stop.
    """
    waiting = list(calls)
    if len(waiting) <= 1:
        return [call() for call in waiting]
    stop = _Stop(_STOP.get())
    results: dict[int, _T] = {}
    outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
    numbers = iter(range(len(waiting)))
    work = partial(_work, waiting, numbers, threading.Lock(), results, outcomes, stop)
    count = min(at_once, len(waiting))
    started = ended = 0
    try:
        while started < count:
            start(work)
            started += 1
        while ended < count:
            try:
                failure = outcomes.get(timeout=_TICK)
            except Empty:
                pause(0)
                continue
            ended += 1
            if failure is not None:
                raise failure  # noqa: TRY301 - to be treated like an interruption of the waiting
    except BaseException:
        stop.event.set()
        _await_ends(outcomes, started - ended)
        raise
    return [results[number] for number in range(len(waiting))]


def _work(
    calls: list[Callable[[], _T]],
    numbers: Iterator[int],
    lock: threading.Lock,
    results: dict[int, _T],
    outcomes: SimpleQueue[BaseException | None],
    stop: _Stop,
) -> None:
    """Call one function after the other, until none is left, one fails, or the thread is told to stop."""
    _STOP.set(stop)
    failure: BaseException | None = None
    try:
        while not stop.is_set():
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            results[number] = calls[number]()
    except BaseException as error:  # noqa: BLE001 - raised by the thread that waits for the results
        failure = error
    finally:
        outcomes.put(failure)


def run_each(calls: Iterable[Callable[[], _T]], *, at_once: int = AT_ONCE) -> Iterator[_T]:
    """Call functions side by side and yield each result as it comes, for work without an end in sight.

    Args:
        calls: Functions without arguments, safe to call from other threads. One is taken when a thread is free for it,
            and no more than twice ``at_once`` are ahead of the results that were taken.
        at_once: The threads that work.

    Raises:
        BaseException: What the first of them to fail raised; those that run are told to stop.
    """
    stop = _Stop(_STOP.get())
    waiting = iter(calls)
    turn = threading.Lock()
    room = threading.Semaphore(2 * at_once)
    outcomes: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    work = partial(_work_on, waiting, turn, room, outcomes, stop)
    started = ended = 0
    try:
        while started < at_once:
            start(work)
            started += 1
        while ended < at_once:
            try:
                kind, value = outcomes.get(timeout=_TICK)
            except Empty:
                pause(0)
                continue
            if kind == "end":
                ended += 1
            elif kind == "failure":
                raise value
            else:
                room.release()
                yield value
    finally:
        stop.event.set()
        for _ in range(at_once):
            room.release()
        latest = monotonic() + GRACE
        while ended < started and monotonic() < latest:
            try:
                ended += outcomes.get(timeout=_TICK)[0] == "end"
            except Empty:
                continue


def _work_on(
    calls: Iterator[Callable[[], _T]],
    turn: threading.Lock,
    room: threading.Semaphore,
    outcomes: SimpleQueue[tuple[str, Any]],
    stop: _Stop,
) -> None:
    """Call one function after the other while there is room for results, until none is left or it is told to stop."""
    _STOP.set(stop)
    try:
        while True:
            room.acquire()
            with turn:
                call = None if stop.is_set() else next(calls, None)
            if call is None:
                return
            outcomes.put(("result", call()))
    except BaseException as error:  # noqa: BLE001 - raised by the thread that takes the results
        outcomes.put(("failure", error))
    finally:
        room.release()
        outcomes.put(("end", None))


def _await_ends(outcomes: SimpleQueue[BaseException | None], count: int) -> None:
    """Give threads that were told to stop a moment to do so."""
    latest = monotonic() + GRACE
    for _ in range(count):
        try:
            outcomes.get(timeout=max(0.0, latest - monotonic()))
        except Empty:
            return


def asynchronous(function: Callable[_P, _T]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Return the asynchronous twin of a function: same arguments, same result, same errors."""

    @wraps(function)
    async def twin(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        return await await_call(partial(function, *args, **kwargs))

    return twin


async def await_call(call: Callable[[], _T]) -> _T:
    """Run a function in a thread for asynchronous callers; if this is cancelled, the thread is told to stop.

    Args:
        call: A function without arguments.

    Raises:
        BaseException: What it raises.
    """
    import anyio.to_thread

    stop = _Stop(_STOP.get())
    token = _STOP.set(stop)
    try:
        return await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
    finally:
        stop.event.set()
        _STOP.reset(token)
