"""Waiting on behalf of callers that do not: one asynchronous implementation, usable from ordinary code.

Importing :mod:`asyncio` costs several times what an answer from the cache does. So a coroutine is first driven by
hand; only when it reaches :func:`event_loop`, because something must really be fetched, is a loop started, and the
very same coroutine goes on inside it. The loop lives in a thread of its own: ordinary code may call from within a
running loop (a notebook), and a client opened by one call is still good for the next.
"""

from __future__ import annotations

import types
from _thread import allocate_lock  # threading itself is dear
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine, Generator, Iterable

__all__ = ["LoopThread", "event_loop", "together"]

_T = TypeVar("_T")


@types.coroutine
def event_loop() -> Generator[None, None, None]:
    """Await this before anything that needs a running event loop.

    A bare ``yield``: to a loop that runs already it means "go on with me in a moment" (as ``asyncio.sleep(0)``), to
    :meth:`LoopThread.run` it means "now a loop is needed".
    """
    yield


async def together(coroutines: Iterable[Coroutine[Any, Any, _T]]) -> list[_T]:
    """Run coroutines side by side and give their results in order.

    Those that need no event loop are done at once, one after the other; only for the others is one asked for.

    Raises:
        BaseException: What the first of them to fail raises, once the others are cancelled and at their end.
    """
    started: dict[int, Coroutine[Any, Any, _T]] = {}
    results: dict[int, _T] = {}
    waiting = list(coroutines)
    try:
        for number, coroutine in enumerate(waiting):
            try:
                coroutine.send(None)
            except StopIteration as done:
                results[number] = done.value
            else:
                started[number] = coroutine
    except BaseException:
        for coroutine in waiting:
            coroutine.close()
        raise
    if started:
        await event_loop()
        import asyncio

        tasks = [asyncio.ensure_future(_resume(coroutine)) for coroutine in started.values()]
        try:
            results.update(zip(started, await asyncio.gather(*tasks), strict=True))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # they may have processes to end
            raise
    return [results[number] for number in range(len(waiting))]


class LoopThread:
    """Runs coroutines for ordinary code; starts a thread with an event loop when one of them needs it."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = allocate_lock()

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine to its end and give its result.

        Raises:
            BaseException: Whatever it raises. If the waiting itself is interrupted (``KeyboardInterrupt``, or what a
                signal's handler raises), the coroutine is cancelled first.
        """
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: _T = done.value
            return result
        return self._finish(coroutine)

    def _finish(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        import asyncio
        import concurrent.futures

        try:
            loop = self._started()
        except BaseException:
            coroutine.close()
            raise
        future = asyncio.run_coroutine_threadsafe(_resume(coroutine), loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            concurrent.futures.wait([future], timeout=5)
            raise

    def _started(self) -> asyncio.AbstractEventLoop:
        import asyncio
        import threading

        with self._lock:  # several threads may ask their first question at once
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve, args=(self._loop,), name="wheelclash", daemon=True).start()
            return self._loop

    def close(self) -> None:
        """End the thread, if one was started. The object can be used again."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
        loop.run_until_complete(_cancel_all())
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def _cancel_all() -> None:
    """Bring what still runs in the loop to its end: it may have processes to end."""
    import asyncio

    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Started:
    """Awaits a coroutine that has been driven some way already."""

    def __init__(self, coroutine: Coroutine[Any, Any, _T]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, None, Any]:
        return self._coroutine.__await__()


async def _resume(coroutine: Coroutine[Any, Any, _T]) -> _T:
    result: _T = await _Started(coroutine)
    return result
