"""Completion in real shells, and the page of the manual."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import ROOT, Command
from wheelclash.cli.completion import completion_script
from wheelclash.cli.parser import COMMANDS, parser_of

if sys.platform == "win32":
    pytest.skip("there are no such shells", allow_module_level=True)

from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

MAN: tuple[str, ...] = next(
    ast.literal_eval(node.value)
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "MAN"
)
"""What makes the page of the manual."""

CASES = {
    "wheelclash en": {"env", "env.lock"},
    "wheelclash uv": {"uv.lock"},
    "wheelclash uv.lock --kee": {"--keep"},
    "wheelclash --format js": {"json"},
    "wheelclash fix --appl": {"--apply"},
    "wheelclash env --prefix s": {"sub"},
    "wheelclash who --among u": {"uv.lock"},
    "wheelclash contents ad": {"add"},
    "wheelclash contents add --name": {"--names"},
}
"""Lines, and what may come in the place of their last word: commands, options, choices, files, folders."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files, and the scripts of all shells."""
    (tmp_path / "sub").mkdir()
    for name in ("uv.lock", "env.lock"):
        (tmp_path / name).touch()
    for shell in ("bash", "zsh", "fish"):
        (tmp_path / f".{shell}").write_text(completion_script(shell))
    return tmp_path


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"there is no {shell}; see nox -s shells")


def _run(folder: Path, *command: str) -> list[set[str]]:
    """Run a shell that prints a line for each case, and return the words of these lines."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, check=True, timeout=60, env={**os.environ, "HOME": str(folder)}
    )
    assert done.stderr == b""
    return [{word.rstrip("/") for word in line.split()} for line in done.stdout.decode().splitlines()]


@needs("bash")
def test_bash(folder: Path) -> None:
    tries = "".join(f"try {line}\n" for line in CASES)
    script = f"""
        compopt() {{ :; }}  # it is an error where nobody types
        source .bash
        try() {{
            COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMPREPLY=()
            _shtab_wheelclash; echo "${{COMPREPLY[@]}}"
        }}
        {tries}"""
    assert _run(folder, "bash", "--norc", "-c", script) == list(CASES.values())


@needs("fish")
def test_fish(folder: Path) -> None:
    tries = "".join(f"echo (complete -C '{line}' | cut -f1)\n" for line in CASES)
    assert _run(folder, "fish", "--no-config", "-c", f"source .fish\n{tries}") == list(CASES.values())


@needs("zsh")
def test_zsh(folder: Path) -> None:
    """It completes only where keys are pressed: each line is typed, with Tab at its end."""
    with Terminal(columns=100) as terminal:
        process = subprocess.Popen(
            ["zsh", "-f", "-i"], cwd=folder, stdin=terminal.end, stdout=terminal.end, stderr=terminal.end,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", "HOME": str(folder)}, start_new_session=True,
        )  # fmt: skip
        with process:
            terminal.type('PS1="<>"; autoload -Uz compinit; compinit -u -D; eval "$(cat .zsh)"; echo rea""dy\n')
            terminal.read(until=b"ready")
            for line, words in CASES.items():
                common = min(words, key=len)
                terminal.forget()
                terminal.type(f"{line}\t")
                completed = f"{line.rpartition(' ')[0]} {common}"
                terminal.read(shown=completed)
                terminal.type("\x15")
            terminal.type("exit\n")


@pytest.mark.parametrize(("shell", "said"), [("tcsh", "choose from bash, zsh, fish"), ("", "required: SHELL")])
def test_other_shells_are_refused(tmp_path: Path, shell: str, said: str) -> None:
    ran = Command(tmp_path)("completion", *filter(None, [shell]))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_the_extra_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "shtab.py").write_text("raise ImportError\n")
    ran = Command(tmp_path)("completion", "bash", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[-1] == "Install it: pip install 'wheelclash[completion]'"


def test_the_page_of_the_manual_has_every_command_and_option(tmp_path: Path) -> None:
    page = tmp_path / "wheelclash.1"
    command = [sys.executable, "-c", "from argparse_manpage.cli import main; main()", *MAN[1:], "--output", str(page)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, timeout=60, cwd=ROOT, env=environ)
    text = page.read_text("utf-8").replace("\\-", "-")
    for name in COMMANDS:
        assert f"wheelclash {name.replace('-', ' ')}" in text
        flags = [flag for action in parser_of(name)._actions for flag in action.option_strings]
        assert not [flag for flag in flags if not re.search(rf"{flag}(?![\w-])", text) and flag not in {"-h", "--help"}]
    if shutil.which("man"):
        shown = subprocess.run(
            ["man", "--warnings", "--local-file", str(page)], capture_output=True, check=True, timeout=60,
            env={**environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        assert shown.stderr == b""
        assert b"wheelclash - finds the files" in shown.stdout
