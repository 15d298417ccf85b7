"""Near names, and commands as a person copies them."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest

from wheelclash.wording import command_line, near, near_names, path_from


def test_near_names() -> None:
    """Nearest first, no more than asked for, and none that are far."""
    known = ["nixl-cu12", "nixl-cu13", "nixl", "numpy"]
    assert near_names("nixl-cu14", known)[:2] in {("nixl-cu12", "nixl-cu13"), ("nixl-cu13", "nixl-cu12")}
    assert near_names("nixl-cu14", known, most=1) in {("nixl-cu12",), ("nixl-cu13",)}
    assert near_names("zzz", known) == ()


def test_near() -> None:
    """A sentence: near names, or else what there is, or nothing."""
    assert near("numpi", ["numpy", "nixl"]) == "Perhaps: numpy?"
    assert near("zzz", ["b", "a"]) == "Perhaps: a, b?"
    assert near("zzz", []) == ""
    assert near("zzz", [f"name{number}" for number in range(100)]).count(",") == 7


@pytest.mark.skipif(os.name != "posix", reason="the quotes of a POSIX shell")
@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        ("/w/.venv/bin/python", ".venv/bin/python"),
        ("/w/my env/bin/python", "'my env/bin/python'"),
        ("/w/python", "./python"),
        ("/w/3.12", "./3.12"),
        ("/w/.venv", ".venv"),
        ("/w/-q/python", "./-q/python"),
        ("/w/~/python", "'./~/python'"),
        ("/w", "/w"),
        ("/w2/python", "/w2/python"),
        ("--python=/w/.venv", "--python=/w/.venv"),
        ("a @ file:///w/a.whl", "'a @ file:///w/a.whl'"),
        ("a>=1", "'a>=1'"),
        ("", "''"),
    ],
)
def test_commands_are_shortened_to_what_the_shell_takes_here(argument: str, shown: str) -> None:
    """A path below the folder is relative, and can be taken for nothing else; everything else is as it was."""
    assert command_line(["run", argument], "/w") == f"run {shown}"
    assert command_line(["run", argument]) == shlex.join(["run", argument])


@pytest.mark.parametrize(
    "argument",
    [
        "tab\tx",
        "new\nline",
        "it's\\\r",
        "esc\x1b[31m",
        "\u202eabc",
        "\x85\x7f1",
        "bad\udcff",
        "a b",
        "it's",
        "\\t",
        "$x`y`",
    ],
)
def test_a_shell_is_given_the_very_argument_by_printable_characters(argument: str) -> None:
    line = command_line(["printf", "%s", argument])
    assert line.isprintable()
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout == os.fsencode(argument)


def test_what_no_program_can_be_given_is_quoted_all_the_same() -> None:
    assert command_line(["a\0b"]) == "'a\0b'"
    assert command_line(["\ud800"]) == r"$'\xed\xa0\x80'"


def test_the_root_folder_shortens_too() -> None:
    assert path_from(f"{os.sep}a", os.sep) == "a"
    assert path_from("", os.sep) == ""


def test_commands_for_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """In double quotes: single ones mean nothing to cmd.exe."""
    monkeypatch.setattr(os, "name", "nt")
    line = command_line(["py", "a>=1", r"C:\Program Files\x", "plain", ""])
    assert line == r'py "a>=1" "C:\Program Files\x" plain ""'
