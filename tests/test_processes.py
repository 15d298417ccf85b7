"""Programs that are run for an answer: what they get, what they give, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, ROOT, Command
from wheelclash import processes
from wheelclash.errors import QuestionError
from wheelclash.resolve.uv import run
from wheelclash.threads import await_call, run_all

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the programs are shell scripts")


def shell(script: str, *, text: bytes | None = None, patience: float = 10.0, folder: Path | None = None) -> list[str]:
    """Run a shell script; what it printed and said."""
    command = ["/bin/sh", "-c", script]
    done = run(command, environ={"A": "1"}, cwd=folder or Path.cwd(), text=text, patience=patience)
    return [str(done.returncode), done.output.decode(), done.complaints]


def test_a_program_gets_text_variables_and_folder_and_gives_code_and_words(tmp_path: Path) -> None:
    found = shell('cat; echo "$A $HOME"; pwd; echo oh >&2; exit 3', text=b"in\n", folder=tmp_path)
    assert found == ["3", f"in\n1 \n{tmp_path}\n", "oh\n"]


def test_a_program_without_text_finds_its_input_empty() -> None:
    """Whatever our own input holds."""
    end, other = os.pipe()
    own = os.dup(0)
    try:
        os.dup2(end, 0)
        os.write(other, b"not for uv\n")
        os.close(other)
        assert shell("cat; echo end") == ["0", "end\n", ""]
    finally:
        os.dup2(own, 0)
        os.close(own)
        os.close(end)


def test_a_program_has_no_terminal_to_ask_questions_on() -> None:
    """Else git and ssh would wait for a password for ever."""
    program = [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"]
    done = run(program, environ={}, cwd=Path.cwd())
    assert done.output == b"True\n"


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"0\.3 seconds"):
        shell("sleep 300 & echo $! > child; wait", patience=0.3, folder=tmp_path)
    assert_gone(int((tmp_path / "child").read_text()))


def test_what_an_ended_program_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    """It holds the pipes, so that the output of the program has no end."""
    with pytest.raises(QuestionError, match=r"0\.5 seconds"):
        shell("sleep 300 & echo $! > child", patience=0.5, folder=tmp_path)
    assert_gone(int((tmp_path / "child").read_text()))


def test_a_program_ends_where_its_watcher_says_why(tmp_path: Path) -> None:
    with pytest.raises(processes.RunError, match="was ended: enough"):
        processes.run(["/bin/sleep", "300"], cwd=tmp_path, patience=60.0, watch=lambda: "enough")


def test_a_program_that_cannot_be_run_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be run"):
        run([str(tmp_path / "nothing")], environ={}, cwd=tmp_path)


def test_when_the_caller_is_cancelled_the_program_ends_with_its_children(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "sleep 300 & echo $! > child; wait"]

    async def interrupted() -> None:
        task = asyncio.ensure_future(await_call(partial(run, command, environ={}, cwd=tmp_path)))
        await asyncio.to_thread(until, tmp_path / "child")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert_gone(int((tmp_path / "child").read_text()))


@pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="processes are found by their variables")
@pytest.mark.parametrize("milliseconds", [0, 0.1, 0.3, 1, 3, 10, 30])
def test_a_program_whose_caller_is_stopped_in_its_first_moments_is_gone(tmp_path: Path, milliseconds: float) -> None:
    """However far its start has come: nothing is left."""
    marker = f"wheelclash-test-{os.urandom(6).hex()}"

    def fail() -> None:
        time.sleep(milliseconds / 1000)
        raise ZeroDivisionError

    start = partial(run, ["/bin/sh", "-c", "sleep 300 & wait"], environ={"MARKER": marker}, cwd=tmp_path)
    calls: list[Callable[[], object]] = [start, fail]
    with pytest.raises(ZeroDivisionError):
        run_all(calls)
    patience = time.monotonic() + 20
    while marked(marker) and time.monotonic() < patience:
        time.sleep(0.01)
    assert marked(marker) == []


def marked(marker: str) -> list[int]:
    """The processes that have a variable of this value; those that are being removed have none any more."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("where", ["1", "2"], ids=["output", "complaints"])
def test_a_program_that_prints_for_ever_is_ended(where: str) -> None:
    """What it prints is kept in memory, and that is bounded, also where the other stream stays open and silent."""
    endless = f"trap '' PIPE; while :; do head -c 1000000 /dev/zero >&{where}; done"
    with pytest.raises(processes.RunError, match="prints more than") as caught:
        processes.run(["/bin/sh", "-c", endless], patience=20)
    assert caught.value.code == "output"


def test_a_program_that_does_not_read_its_input_is_no_error() -> None:
    done = processes.run(["/bin/sh", "-c", "exec <&-; echo done"], text=b"x" * 1_000_000, patience=20)
    assert (done.returncode, done.output) == (0, b"done\n")


# -- the command, told to end ----------------------------------------------------------------------------------

_WAITS = "sleep 300 & echo $! > {folder}/child; echo $$ > {folder}/program; wait"
_UV = """#!/bin/sh
if [ "$1" = --version ]; then echo uv 99.0.0; exit; fi
"""


def a_uv_that_waits(folder: Path) -> dict[str, str]:
    """Variables under which the command finds a uv that starts a child and waits."""
    script = folder / "the-uv"
    script.write_text(_UV + _WAITS.format(folder=folder) + "\n")
    script.chmod(0o755)
    (folder / "uv").mkdir()
    (folder / "uv" / "__init__.py").write_text(f"def find_uv_bin():\n    return {str(script)!r}\n")
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def a_python_that_waits(folder: Path) -> Path:
    """An interpreter that starts a child and waits."""
    script = folder / "python"
    script.write_text("#!/bin/sh\n" + _WAITS.format(folder=folder) + "\n")
    script.chmod(0o755)
    return script


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)], ids=["TERM", "HUP", "INT"]
)
@pytest.mark.parametrize("what", ["uv", "interpreter"])
def test_a_command_that_is_told_to_end_leaves_nothing_running(
    tmp_path: Path, what: str, number: signal.Signals, code: int
) -> None:
    ask = Command(tmp_path)
    if what == "uv":
        environ, asked = a_uv_that_waits(tmp_path), ["something", *LINUX]
    else:
        environ, asked = {}, ["one", "two", "--python", str(a_python_that_waits(tmp_path))]
    with ask.start(*asked, env=ask.variables(**environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            until(tmp_path / "program")
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (code, b"", b"")
    for name in ("program", "child"):
        assert_gone(int((tmp_path / name).read_text()))


def until(path: Path) -> None:
    """Wait for a file to have been written."""
    patience = time.monotonic() + 60
    while not path.is_file() or not path.read_text().strip():
        assert time.monotonic() < patience, f"{path.name} was not written"
        time.sleep(0.01)


def assert_gone(process: int) -> None:
    """The process ended, or will have once it is waited for."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        state = Path(f"/proc/{process}/stat")
        if state.is_file() and ") Z " in state.read_text():
            return
        time.sleep(0.01)
    pytest.fail(f"{process} still runs")
