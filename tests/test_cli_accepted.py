"""Baselines on the command line: wheels on disk and an environment made by hand, no index.

The command is run in this process, since nothing here depends on how it is started.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, Ran
from tests.support.installed import Handmade
from tests.support.wheelmaker import Wheel
from wheelclash.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Here:
    """Runs the command in the current folder."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        self.captured.readouterr()
        code = main([*arguments, "--cache-dir", "cache"])
        return Ran(code, *self.captured.readouterr())


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command in a folder with two wheels that clash in one folder, ``old``, and two of later versions in ``new``.

    The later ones clash in a second folder too.
    """
    for name in ("one", "two"):
        Wheel(name, "1.0", files={"p/m.py": name, "p/n.py": ""}).write(tmp_path / "old")
        Wheel(name, "2.0", files={"p/m.py": f"{name} 2", "p/n.py": "", "q/m.py": name}).write(tmp_path / "new")
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path, capsys)


WHEELS = ("old", *LINUX, "--no-config")
LATER = ("new", *LINUX, "--no-config")


def test_only_what_is_new_fails(ask: Here) -> None:
    written = ask(*WHEELS, "--write-baseline", "b.json")
    assert (written.code, written.err) == (0, "")
    assert written.lines[0].startswith("one 1.0 and two 1.0 clash: 1 error, 1 notice")
    assert "note: 2 problems written to b.json; with --baseline b.json they pass" in written.lines
    again = ask(*WHEELS, "--baseline", "b.json", "--fail-on", "notice")
    assert (again.code, again.err) == (0, "")
    assert again.lines[0].startswith("No clash: 2 distributions")
    later = ask(*LATER, "--baseline", "b.json", "--format", "json")
    assert later.code == 1
    assert (later.json["summary"]["errors"], later.json["summary"]["ignored"]) == (1, 2)
    assert [(entry["by"], entry["place"]) for entry in later.json["ignored"]] == [
        ("baseline", "site-packages/p/"),
        ("baseline", "site-packages/p/"),
    ]
    # what is accepted is no reason to do anything: remedies are for what is left
    assert {remedy["undecided"] for remedy in later.json["remedies"]} == {0}


def test_writing_again_forgets_what_is_gone_and_what_is_ignored(ask: Here) -> None:
    ask(*LATER, "--write-baseline", "b.json")
    told = ask(*WHEELS, "--baseline", "b.json")
    assert told.code == 0
    assert "note: 1 problem of b.json no longer occurs: WC001 site-packages/q/ (one, two)" in told.lines
    ask(*WHEELS, "--baseline", "b.json", "--write-baseline", "b.json")
    assert "no longer" not in ask(*WHEELS, "--baseline", "b.json").out
    ask(*WHEELS, "--ignore", "one,two:*", "--write-baseline", "b.json")
    assert json.loads((ask.folder / "b.json").read_text())["problems"] == []


def test_one_file_holds_the_problems_of_wheels_and_of_an_environment(ask: Here) -> None:
    made = Handmade(ask.folder / "venv")
    made.add("one", {"p/m.py": "1"})
    made.add("two", {"p/m.py": "2"})
    place = ("--prefix", str(made.prefix))
    ask(*WHEELS, "--write-baseline", "b.json")
    assert ask("env", *place, "--baseline", "b.json").code == 1
    assert ask("env", *place, "--write-baseline", "b.json").code == 0
    ran = ask("env", *place, "--baseline", "b.json", "--format", "json")
    assert (ran.code, ran.json["warnings"]) == (0, [])
    assert ran.json["environment"]["fix"] == []
    assert not any(distribution["damaged"] for distribution in ran.json["distributions"])
    told = ask("env", *place, "--baseline", "b.json").lines
    assert told[0].endswith("no damage in 2 distributions, 8 files; 1 ignored")
    assert ask(*WHEELS, "--baseline", "b.json").code == 0


def test_what_is_new_beside_a_known_file_at_the_top_is_new(ask: Here) -> None:
    """A top-level module or a command has nothing to do with the others, unlike the files of one package."""
    ways = {"a": {"top.py": ""}, "b": {"other.py": ""}, "c": {"x/m.py": ""}, "d": {"x/n.py": ""}}
    commands = {"a": ["run"], "b": ["run", "walk"]}
    for way, files in ways.items():
        for name in ("one", "two"):
            contents: dict[str, bytes | str] = dict.fromkeys({**ways["a"], **files}, name)
            scripts = dict.fromkeys(commands.get(way, []), f"{name}:main")
            Wheel(name, files=contents, scripts=scripts).write(ask.folder / way)
    assert ask("a", *LINUX, "--no-config", "--write-baseline", "b.json").code == 0
    assert ask("a", *LINUX, "--no-config", "--baseline", "b.json", "--fail-on", "notice").code == 0
    ran = ask("b", *LINUX, "--no-config", "--baseline", "b.json", "--format", "json")
    paths = [f"{each['root']}/{each['path']}" for each in ran.json["overlaps"] if not each["ignored"]]
    assert (ran.code, sorted(paths)) == (1, ["scripts/walk", "site-packages/other.py"])
    assert [entry["place"] for entry in ran.json["ignored"]] == ["scripts/run", "site-packages/top.py"]
    ask("c", *LINUX, "--no-config", "--write-baseline", "b.json")
    assert ask("d", *LINUX, "--no-config", "--baseline", "b.json").code == 0, "one more file of a package"


def test_a_new_pair_of_names_is_new_also_if_they_cannot_be_printed(ask: Here) -> None:
    windows = ("--python-version", "3.12", "--python-platform", "windows", "--no-config", "--fail-on", "warning")
    for way, files in {"a": ["d/a\x01.txt"], "b": ["d/a\x01.txt", "d/b\x01.txt"]}.items():
        Wheel("one", files={"d/A\x01.txt": "1", "d/B\x01.txt": "1"}).write(ask.folder / way)
        Wheel("two", files=dict.fromkeys(files, "2")).write(ask.folder / way)
    ask("a", *windows, "--write-baseline", "b.json")
    for way, new in (("a", []), ("b", ["d/B\x01.txt"])):
        ran = ask(way, *windows, "--baseline", "b.json", "--format", "json")
        assert [each["path"] for each in ran.json["overlaps"] if not each["ignored"]] == new


def test_damage_elsewhere_in_a_distribution_is_new(ask: Here) -> None:
    made = Handmade(ask.folder / "venv")
    made.add("one", {"p/m.py": "1", "p/q/m.py": "1", "p/n.py": "1", "top.py": "1"})
    env = ("env", "--prefix", str(made.prefix), "--no-config")
    (made.site / "p/m.py").unlink()
    assert ask(*env, "--write-baseline", "b.json").code == 0
    assert ask(*env, "--baseline", "b.json").code == 0
    (made.site / "p/n.py").unlink()
    assert ask(*env, "--baseline", "b.json").code == 0, "one more file of the same folder"
    (made.site / "top.py").unlink()
    assert ask(*env, "--baseline", "b.json").code == 1
    ask(*env, "--write-baseline", "b.json")
    (made.site / "p/q/m.py").unlink()
    assert ask(*env, "--baseline", "b.json").code == 1


def test_what_could_not_be_read_is_not_gone(ask: Here) -> None:
    """Nothing is told of it, by a baseline or by an entry, and writing the baseline again keeps it."""
    ask(*WHEELS, "--write-baseline", "b.json")
    whole = (ask.folder / "b.json").read_text()
    wheel = next((ask.folder / "old").glob("two-*"))
    data = wheel.read_bytes()
    (ask.folder / "old" / "calm-1.0-py3-none-any.whl").write_bytes(data[:9])
    Wheel("three", "1.0", files={"three.py": ""}).write(ask.folder / "old")
    wheel.write_bytes(b"no zip")
    ran = ask(*WHEELS, "--baseline", "b.json", "--ignore", "one,two:*", "--format", "json")
    assert (ran.code, ran.json["warnings"]) == (3, [])
    assert ask(*WHEELS, "--write-baseline", "b.json").code == 3
    assert (ask.folder / "b.json").read_text() == whole
    wheel.write_bytes(data)
    (ask.folder / "old" / "calm-1.0-py3-none-any.whl").unlink()
    assert ask(*WHEELS, "--baseline", "b.json").code == 0


def test_what_could_not_be_read_is_never_hidden(ask: Here) -> None:
    """Exit code 3, with a baseline and when one is written."""
    (ask.folder / "old" / "bad-1.0-py3-none-any.whl").write_bytes(b"no zip")
    assert ask(*WHEELS).code == 1
    assert ask(*WHEELS, "--write-baseline", "b.json").code == 3
    assert ask(*WHEELS, "--baseline", "b.json").code == 3
    assert ask(*WHEELS, "--baseline", "b.json", "--allow-incomplete").code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--baseline", "none.json"],
            "The baseline none.json does not exist. Write one with --write-baseline none.json.",
        ),
        (["--baseline", "other.json"], "other.json is no baseline: it has no baseline_version."),
        (["--baseline", "next.json"], "is of version 2; this wheelclash reads version 1. Write it again"),
        (["--write-baseline", "other.json"], "other.json is no baseline"),
        (["--write-baseline", "none/b.json"], "--write-baseline none/b.json: it cannot be written"),
        (["--write-baseline", "-"], "argument --write-baseline: '-' is no file; name one"),
        (["--write-baseline", "b.json", "--output", "b.json"], "would both write b.json"),
    ],
)
def test_bad_baselines_end_in_one_sentence(ask: Here, options: list[str], said: str) -> None:
    """Nothing is written then, neither a report nor half a file."""
    (ask.folder / "other.json").write_text("{}")
    (ask.folder / "next.json").write_text('{"baseline_version": 2}')
    before = sorted(path.name for path in ask.folder.iterdir())
    ran = ask(*WHEELS, *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
    assert sorted(path.name for path in ask.folder.iterdir() if path.name != "cache") == before
    assert (ask.folder / "other.json").read_text() == "{}"


def test_no_answer_writes_no_baseline(ask: Here) -> None:
    """A day on which nothing can be read does not empty the file."""
    ask(*WHEELS, "--write-baseline", "b.json")
    before = (ask.folder / "b.json").read_text()
    for wheel in (ask.folder / "old").iterdir():
        wheel.write_bytes(b"no zip")
    ran = ask(*WHEELS, "--write-baseline", "b.json")
    assert ran.code == 2
    assert "note: b.json was not written, since there is no answer" in ran.lines
    assert (ask.folder / "b.json").read_text() == before
