"""Work side by side: results in order, the first failure ends it, and whoever is told to stop does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from wheelclash.threads import StoppedError, await_call, interruptible, pause, run_all, run_each

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 30.0  # seconds; far more than any of this takes


def _fail(error: BaseException) -> None:
    raise error


def _wait_until_stopped(ended: threading.Event) -> None:
    try:
        pause(PATIENCE)
    except StoppedError:
        ended.set()
        raise


def test_results_come_in_the_order_of_the_calls() -> None:
    """Whichever is done first."""

    def later(number: int) -> int:
        time.sleep(0.002 * (9 - number))
        return number

    assert run_all([partial(later, number) for number in range(9)]) == list(range(9))
    assert run_all([]) == []


def test_a_single_call_needs_no_thread() -> None:
    assert run_all([threading.current_thread]) == [threading.current_thread()]


def test_calls_wait_for_each_other() -> None:
    """They really run side by side."""
    barrier = threading.Barrier(3)
    assert sorted(run_all([partial(barrier.wait, PATIENCE)] * 3)) == [0, 1, 2]


def test_no_more_threads_than_allowed_work_at_once() -> None:
    lock, working, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        time.sleep(0.002)
        with lock:
            working -= 1

    run_all([work] * 20, at_once=3)
    assert most <= 3


def test_the_first_failure_is_raised_and_the_others_are_told_to_stop() -> None:
    ended, called = threading.Event(), list[int]()
    calls: list[Callable[[], object]] = [
        partial(_wait_until_stopped, ended),
        partial(_fail, ZeroDivisionError("mine")),
        partial(called.append, 1),
    ]
    with pytest.raises(ZeroDivisionError, match="mine"):
        run_all(calls, at_once=2)
    assert ended.is_set()
    assert called == []


def test_what_was_started_by_a_thread_that_is_told_to_stop_is_told_too() -> None:
    ended = threading.Event()
    inner = partial(run_all, [partial(_wait_until_stopped, ended)] * 2)

    def fail_when_inner_runs() -> None:
        time.sleep(0.05)
        raise ZeroDivisionError

    calls: list[Callable[[], object]] = [inner, fail_when_inner_runs]
    with pytest.raises(ZeroDivisionError):
        run_all(calls)
    assert ended.wait(PATIENCE)


def test_a_pause_ends_by_itself_where_no_stop_was_told() -> None:
    pause(0)
    pause(0.001)


def test_an_interrupt_ends_the_waiting_at_once() -> None:
    """Although a thread still hangs in a call that cannot be ended, such as a read from a silent server."""
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where the tests run in the background
        "from wheelclash.threads import run_all\n"
        "def hang():\n"
        "    print('hanging', flush=True)\n"
        "    time.sleep(600)\n"
        "run_all([hang, hang])\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == -signal.SIGINT


def test_an_interrupt_that_breaks_a_wait_is_raised_as_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """``threading.Condition.wait`` raises another error where the interrupt comes in its last steps."""

    def break_the_wait(*_arguments: object) -> bool:
        lock = threading.Lock()
        try:
            raise KeyboardInterrupt
        finally:
            lock.release()

    monkeypatch.setattr(threading.Event, "wait", break_the_wait)
    with pytest.raises(KeyboardInterrupt):
        run_all([int, int])
    with pytest.raises(KeyboardInterrupt):
        next(run_each([int, int]))
    monkeypatch.undo()
    with pytest.raises(RuntimeError, match="another"), interruptible():
        raise RuntimeError("another error")


def test_an_asynchronous_caller_gets_result_and_error() -> None:
    async def ask() -> int:
        with pytest.raises(ZeroDivisionError):
            await await_call(partial(_fail, ZeroDivisionError()))
        return await await_call(lambda: 7)

    assert asyncio.run(ask()) == 7


def test_a_cancelled_asynchronous_caller_stops_the_thread() -> None:
    ended = threading.Event()

    async def ask() -> None:
        task = asyncio.ensure_future(await_call(partial(_wait_until_stopped, ended)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(ask())
    assert ended.wait(PATIENCE)
