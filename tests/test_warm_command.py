"""The command forked from a warm process does what it does in a process of its own."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, Command
from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import serve_pairs
from tests.support.warm_command import can_be_forked, warm_run, write_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not can_be_forked({"LC_ALL": "C.UTF-8"}), reason="this system has no fork")


COMMAND_LINES = pytest.mark.parametrize(
    "arguments",
    [
        ("left", "right", *LINUX),
        ("left", "right", *LINUX, "--no-cache", "--format", "json"),
        ("calm", "lone", *LINUX),
        ("--nothing-like-that",),
        ("--help",),
        ("left", "never-heard-of-ü", *LINUX),
        ("env", "--prefix", "nowhere"),
    ],
)


@pytest.mark.thorough
@COMMAND_LINES
def test_code_and_output_are_those_of_a_new_process(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with LoopbackIndex(tmp_path / "wheels") as index:
        serve_pairs(index)
        home = tmp_path / "home"
        home.mkdir()
        command = Command(home, index.simple)
        command(*arguments)  # the cache is then the same for both
        variables = command.variables()
        streams = tmp_path / "streams"
        streams.mkdir()
        forked = warm_run(arguments, variables, home, streams, 60)
        assert forked == command.in_new_process(*arguments)


@pytest.mark.thorough
@COMMAND_LINES
def test_the_program_does_in_a_shell_what_a_new_process_does(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Its folder, variables and streams are those that the shell gives it."""
    program = tmp_path / "wheelclash"
    write_program(program)
    with LoopbackIndex(tmp_path / "wheels") as index:
        serve_pairs(index)
        home = tmp_path / "home"
        home.mkdir()
        command = Command(home, index.simple)
        command(*arguments)
        script = f"echo before; {shlex.join([str(program), *arguments])} < /dev/null; echo code $?"
        done = subprocess.run(["sh", "-c", script], cwd=home, env=command.variables(), capture_output=True, check=True)
        code, out, err = command.in_new_process(*arguments)
        assert done.stdout == b"before\n" + out + f"code {code}\n".encode()
        assert done.stderr == err


def test_one_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "wheels") as index:
        serve_pairs(index)
        index.fault("/simple/*", "stall")
        command = Command(tmp_path, index.simple)
        streams = tmp_path / "streams"
        streams.mkdir()
        code, _, _ = warm_run(("left", "right", *LINUX), command.variables(), tmp_path, streams, 0.3)
        assert code == -9
