"""Coroutines for ordinary code: an event loop only where one is needed, and then the same for all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from wheelclash.waiting import LoopThread, event_loop, together

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

INNER = 3


@pytest.fixture(name="loop")
def _loop() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


async def _at_once(value: int) -> int:
    return value


async def _later(value: int, *, turns: int = 2) -> int:
    await event_loop()
    for _ in range(turns):
        await asyncio.sleep(0)
    return value


async def _failing(error: BaseException, *, late: bool) -> int:
    if late:
        await _later(0)
    raise error


def test_no_loop_where_none_is_needed(loop: LoopThread) -> None:
    """What never asks for a loop is run here, without a thread."""
    before = threading.active_count()
    assert loop.run(_at_once(1)) == 1
    assert loop.run(together([_at_once(1), _at_once(2)])) == [1, 2]
    assert threading.active_count() <= before


def test_no_asyncio_where_none_is_needed() -> None:
    """Nor is asyncio so much as imported."""
    code = (
        "import sys\n"
        "from wheelclash.waiting import LoopThread, together\n"
        "async def one(): return 1\n"
        "assert LoopThread().run(together([one(), one()])) == [1, 1]\n"
        "assert 'asyncio' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_loop_where_one_is_needed(loop: LoopThread) -> None:
    """The very same coroutine goes on inside a loop, with what it had before."""

    async def counting() -> list[str]:
        told = [threading.current_thread().name]
        await event_loop()
        told.append(threading.current_thread().name)
        return [*told, str(await _later(7))]

    here = threading.current_thread().name
    assert loop.run(counting()) == [here, "wheelclash", "7"]


def test_one_loop_for_all_calls(loop: LoopThread) -> None:
    """What one call opened is still good for the next."""

    async def running() -> int:
        await event_loop()
        return id(asyncio.get_running_loop())

    assert loop.run(running()) == loop.run(running())


def test_within_a_running_loop(loop: LoopThread) -> None:
    """A notebook's own loop is no obstacle."""

    async def notebook() -> int:
        return loop.run(_later(5))

    assert asyncio.run(notebook()) == 5


def test_under_a_loop_already() -> None:
    """Awaited by others' asynchronous code, everything runs in their loop."""

    async def theirs() -> list[int]:
        own = asyncio.get_running_loop()

        async def same(value: int) -> int:
            await event_loop()
            assert asyncio.get_running_loop() is own
            return value

        return await together([same(1), _at_once(2), same(3)])

    assert asyncio.run(theirs()) == [1, 2, 3]


@pytest.mark.parametrize("late", [False, True])
def test_errors(loop: LoopThread, late: bool) -> None:  # noqa: FBT001
    """Errors come through as they are, and the loop survives them."""
    with pytest.raises(ZeroDivisionError, match="mine"):
        loop.run(_failing(ZeroDivisionError("mine"), late=late))
    assert loop.run(_later(1)) == 1


def test_close_and_go_on(loop: LoopThread) -> None:
    """Closing ends the thread, twice is once, and the object can be used again."""

    async def thread() -> threading.Thread:
        await event_loop()
        return threading.current_thread()

    first = loop.run(thread())
    loop.close()
    loop.close()
    first.join(5)
    assert not first.is_alive()
    assert loop.run(thread()) is not first


def test_together_keeps_the_order(loop: LoopThread) -> None:
    """Results come in the order asked for, whoever is done first."""
    jobs: list[Coroutine[Any, Any, int]] = [_later(1, turns=9), _at_once(2), _later(3, turns=0), _at_once(4)]
    assert loop.run(together(jobs)) == [1, 2, 3, 4]
    assert loop.run(together(_later(number, turns=9 - number) for number in range(9))) == list(range(9))
    assert loop.run(together([])) == []


def test_together_is_side_by_side(loop: LoopThread) -> None:
    """Each can wait for what another does."""

    async def meeting() -> list[int]:
        await event_loop()
        barrier = asyncio.Barrier(INNER)

        async def arriving(value: int) -> int:
            await event_loop()
            async with asyncio.timeout(5):
                await barrier.wait()
            return value

        return await together(arriving(number) for number in range(INNER))

    assert loop.run(meeting()) == list(range(INNER))


@pytest.mark.parametrize("late", [False, True])
def test_one_failure_ends_all(loop: LoopThread, late: bool) -> None:  # noqa: FBT001
    """The first failure comes through; the others are cancelled, and what never began is closed."""
    ended: list[str] = []

    async def patient() -> int:
        try:
            await event_loop()
            await asyncio.sleep(60)
        finally:
            ended.append("patient")
        return 0

    async def last() -> int:
        try:
            await event_loop()
        finally:
            ended.append("last")
        return 0

    with pytest.raises(ZeroDivisionError):
        loop.run(together([patient(), _failing(ZeroDivisionError(), late=late), last()]))
    loop.run(_later(0))
    assert "patient" in ended


def test_together_within_together(loop: LoopThread) -> None:
    """It nests."""

    async def row(start: int) -> list[int]:
        return await together([_later(start), _at_once(start + 1)])

    assert loop.run(together([row(0), row(10)])) == [[0, 1], [10, 11]]
