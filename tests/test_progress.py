"""Progress: seen by whoever waits, and gone without a trace when the run ends."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, ROOT, Command
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions
from wheelclash.cli import display
from wheelclash.cli.display import rate_and_rest, shown_progress
from wheelclash.progress import Progress, Stage
from wheelclash.session import Session

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

from tests.support.terminal import Terminal, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAIR = ("left", "right")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    """A server that takes its time."""
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as server:
        server.add(*(Wheel(name, files={"m.py": name}) for name in PAIR))
        server.latency = 0.7
        yield server


@pytest.fixture
def command(tmp_path: Path, index: LoopbackIndex) -> Command:
    """The command, and a rich of its own that notes that it was imported and cannot be used."""
    stub = tmp_path / "without" / "rich"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\nraise ImportError\n")
    return Command(tmp_path, index.simple)


def without_rich(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": f"{folder / 'without'}:{ROOT}"}


@pytest.mark.parametrize("rich", [True, False])
def test_is_shown_while_it_lasts_and_then_gone(command: Command, tmp_path: Path, *, rich: bool) -> None:
    """A slow run says on the terminal what it does, with rich or without; the report is what it always is."""
    with Terminal() as terminal:
        code, out = run(command, terminal, *PAIR, *LINUX, **({} if rich else without_rich(tmp_path)))
    assert code == 1
    assert out.startswith("left 1.0 and right 1.0 clash: 1 error")
    assert "reading wheels: 0 of 2" in terminal.written.decode()
    assert terminal.lines == []
    assert (terminal.screen.cursor.x, terminal.screen.cursor.y, terminal.screen.cursor.hidden) == (0, 0, False)


@pytest.mark.parametrize("rich", [True, False])
def test_nothing_is_left_when_it_is_interrupted(command: Command, tmp_path: Path, *, rich: bool) -> None:
    with Terminal() as terminal:
        variables = command.variables(TERM="xterm", **({} if rich else without_rich(tmp_path)))
        with command.start(*PAIR, *LINUX, env=variables, stdout=subprocess.DEVNULL, stderr=terminal.end) as process:
            terminal.read(until=b"reading wheels")
            process.send_signal(signal.SIGINT)
            terminal.read()
            assert process.wait() == 130
    assert terminal.lines == []
    assert not terminal.screen.cursor.hidden


def test_a_short_or_quiet_run_shows_nothing_and_imports_nothing_for_it(command: Command, tmp_path: Path) -> None:
    """Not even if rich is there; the client, which imports it by itself, is not needed here."""
    wheels = [str(Wheel(name, files={"m.py": name}).write(tmp_path)) for name in PAIR]
    for line in ([*wheels, *LINUX], [*PAIR, *LINUX, "-q"]):
        with Terminal() as terminal:
            assert run(command, terminal, *line, **without_rich(tmp_path))[0] == 1
        assert terminal.written == b""
        assert line[0] in PAIR or not (tmp_path / "imported").exists()


def test_a_log_gets_a_plain_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_LOGGED", 0.05)
    stream = io.StringIO()
    with shown_progress(stream, quiet=False) as tell:
        progress = Progress(tell)
        with progress.stage("wheels", 2) as advance:
            advance(1)
            progress.receive(1_500_000)
            said, began = "wheelclash: reading wheels: 1 of 2, 1.5 MB received", time.monotonic()
            while stream.getvalue().count(f"{said}\n") < 3 and time.monotonic() < began + 10:
                time.sleep(0.01)
            took = time.monotonic() - began
    lines = stream.getvalue().splitlines()
    assert lines[-3:] == [said] * 3
    assert took > 2 * 0.05


def test_a_collection_says_how_much_how_fast_and_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its total grows as more is known."""
    monkeypatch.setattr(display, "_LOGGED", 0.05)
    stream = io.StringIO()
    with shown_progress(stream, quiet=False) as tell, Progress(tell).stage("collect", 0) as advance:
        advance(0, more=3_000)
        advance(2_500, more=7_000)
        latest = time.monotonic() + 10
        while "2,500" not in stream.getvalue() and time.monotonic() < latest:
            time.sleep(0.02)
    line = stream.getvalue().splitlines()[-1]
    assert re.fullmatch(r"wheelclash: collecting wheels: 2,500 of 10,000, [0-9,.]+/s(, \d+ s left)?", line)
    stage = Stage("collect", 2_500, 10_000)
    assert rate_and_rest(stage, 50.0) == ", 50.0/s, 2 min 30 s left"
    assert rate_and_rest(stage, 5_000.0) == ", 0.5/s, 4 h 10 min left"
    assert rate_and_rest(Stage("collect", 5, 5), 1.0) == ", 5.0/s"
    assert rate_and_rest(Stage("collect", 0, 5), 0.0) == ", 0.0/s"


@pytest.mark.parametrize("stream", ["closed", "ascii"])
def test_a_stream_that_cannot_be_written_to_ends_nothing(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    monkeypatch.setattr(display, "_LOGGED", 0.01)
    target = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    if stream == "closed":
        target.close()
    with shown_progress(target, quiet=False) as tell, Progress(tell).stage("resolve"):
        time.sleep(0.05)


def test_no_thread_is_left_beside_forked_processes() -> None:
    """What forks may do so only in a process with one thread."""
    import threading

    with shown_progress(io.StringIO(), quiet=False) as tell:
        progress = Progress(tell)
        with progress.stage("environment"):
            before = threading.active_count()
            with progress.stage("verify", 10, alone=True) as advance:
                assert threading.active_count() == before - 1
                advance(1)
                assert threading.active_count() == before
    assert threading.active_count() == before - 1


def test_the_library_tells_a_function(index: LoopbackIndex) -> None:
    """What is told of a stage only ever grows, and its end is told too; without a function nothing is counted."""
    index.latency = 0.0
    told: list[Stage] = []
    with Session(cache_dir=None, progress=told.append) as session:
        session.check(PAIR, index=IndexOptions(index_url=index.simple), use_config=False)
    names = list(dict.fromkeys(stage.name for stage in told))
    assert names[:2] == ["pages", "wheels"]
    for name in names:
        stages = [stage for stage in told if stage.name == name]
        assert [stage.done for stage in stages] == sorted(stage.done for stage in stages)
        assert stages[-1].over
    wheels = [stage for stage in told if stage.name == "wheels"]
    assert (wheels[-1].done, wheels[-1].total) == (2, 2)
    assert wheels[-1].received > 0
    with pytest.raises(TypeError, match="progress must be a function"):
        Session(progress=3)
