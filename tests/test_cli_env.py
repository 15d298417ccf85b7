"""``wheelclash env``: a process, an environment made by hand, and what comes back."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command
from tests.support.installed import Handmade

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path / "venv")


@pytest.fixture
def ask(tmp_path: Path) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home")


@pytest.fixture
def clash(made: Handmade) -> Handmade:
    """``one`` lost ``m.py`` to ``two``, and they share another file."""
    made.add("one", {"p/m.py": "1", "p/same.py": ""})
    made.add("two", {"p/m.py": "2", "p/same.py": ""})
    return made


def test_clean_environment_is_one_line(ask: Command, made: Handmade) -> None:
    made.add("one", {"one.py": ""})
    ran = ask("env", "--prefix", str(made.prefix))
    assert (ran.code, len(ran.lines), ran.err) == (0, 1, "")
    assert str(made.prefix) in ran.lines[0]


def test_damage_is_told_with_the_line_for_ci(ask: Command, clash: Handmade) -> None:
    ran = ask("env", "--prefix", str(clash.prefix))
    assert ran.code == 1
    assert ran.lines[0].startswith(f"{clash.prefix} (")
    assert ran.lines[0].endswith(": 1 of 2 distributions damaged: 1 error, 1 notice")
    assert ran.lines[1] == "  one 1.0: 1 file overwritten by two"
    assert ran.lines[2] == "  error    site-packages/p/m.py  module, two's, not one's"
    assert f"wheelclash env --prefix {clash.prefix} --keep two   (or keep one)" in ran.lines[-1]


def test_much_damage_is_told_on_one_screen(ask: Command, made: Handmade) -> None:
    """What is left out is counted, and ``-v`` shows it."""
    for number in range(40):
        made.add(f"lost-{number}", {f"p{number}/m.py": "1", f"p{number}/q/n.py": "1"})
        made.add(f"won-{number}", {f"p{number}/m.py": "2", f"p{number}/q/n.py": "2"})
    ran = ask("env", "--prefix", str(made.prefix))
    assert ran.code == 1
    assert 20 < sum(max(1, -(-len(line) // 100)) for line in ran.lines) <= 25
    assert "40 of 80 distributions damaged: 80 errors" in ran.lines[0]
    shown = [line for line in ran.lines if line.startswith("  lost-")]
    assert f"distributions ({40 - len(shown)} more)" in ran.lines[-1]
    assert "To check this in CI" in ran.lines[-2]
    assert ask("env", "--prefix", str(made.prefix), "-v").out.count("overwritten by") == 40


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--keep", "two"], 0),
        (["--keep", "Two", "--fail-on", "notice"], 1),
        (["--keep", "one"], 1),
        (["--fail-on", "never"], 0),
        (["--ignore", "one,two:site-packages/p/m.py"], 0),
        (["--ignore", "one,two:site-packages/p/m.py", "--fail-on", "notice"], 1),
        (["--ignore", "one,two:*", "--fail-on", "notice"], 0),
        (["--ignore", "one,three:*"], 1),
    ],
)
def test_exit_code_is_decided_by_keepers_and_what_is_ignored(
    ask: Command, clash: Handmade, options: list[str], code: int
) -> None:
    ran = ask("env", "--prefix", str(clash.prefix), *options)
    assert (ran.code, ran.err) == (code, ""), ran.out


def test_printed_line_for_ci_holds_what_it_promises(ask: Command, clash: Handmade) -> None:
    command = ask("env", "--prefix", str(clash.prefix), "--format", "json").json["environment"]["command"]
    assert command[0] == "wheelclash"
    ran = ask(*command[1:])
    assert ran.code == 0
    assert [line for line in ran.lines if "as the keeper recorded" in line]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--keep", "tow"], "Perhaps: two"),
        (["--keep", "one", "--keep", "two"], "site-packages/p/m.py"),
        (["--ignore", "one:*"], "A,B:GLOB"),
    ],
)
def test_wrong_wish_is_no_question(ask: Command, clash: Handmade, options: list[str], told: str) -> None:
    ran = ask("env", "--prefix", str(clash.prefix), *options)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


@pytest.mark.parametrize("option", ["--prefix", "--path", "--python"])
def test_no_environment_is_no_question(ask: Command, tmp_path: Path, option: str) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "absent"):
        ran = ask("env", option, str(place))
        assert (ran.code, ran.out) == (2, "")
        assert str(place) in ran.err


def test_path_means_one_folder_of_packages(ask: Command, clash: Handmade) -> None:
    assert ask("env", "--path", str(clash.site)).code == 1


def test_json_has_what_is_on_disk(ask: Command, clash: Handmade) -> None:
    (clash.site / "p" / "same.py").unlink()
    first = ask("env", "--prefix", str(clash.prefix), "--format", "json")
    report = first.json
    assert report["environment"]["prefix"] == str(clash.prefix)
    assert report["environment"]["installer"] == "pip"
    verdicts = {
        each["name"]: (each["intact"], each["overwritten_by"], each["missing"]) for each in report["distributions"]
    }
    assert verdicts == {"one": ("no", {"two": 1}, 1), "two": ("no", {}, 1)}
    told = {each["path"]: (each["severity"], each["on_disk"]) for each in report["overlaps"]}
    assert told == {
        "p/m.py": ("error", {"state": "present", "matches": ["two"], "losers": ["one"]}),
        "p/same.py": ("error", {"state": "missing", "matches": [], "losers": ["one", "two"]}),
    }
    assert (report["summary"]["errors"], report["summary"]["missing"]) == (2, 1)
    assert first.out == ask("env", "--prefix", str(clash.prefix), "--format", "json").out


def test_unreadable_distribution_is_incomplete(ask: Command, made: Handmade) -> None:
    made.add("one", {"one.py": ""})
    made.add("bad", {}, record=b"")
    ran = ask("env", "--prefix", str(made.prefix))
    assert ran.code == 3
    assert "incomplete" in ran.lines[0]
    assert ask("env", "--prefix", str(made.prefix), "--allow-incomplete").code == 0
    (made.site / "one-1.0.dist-info" / "RECORD").unlink()
    assert ask("env", "--prefix", str(made.prefix), "--allow-incomplete").code == 2


def test_quiet_verbose_and_output(ask: Command, clash: Handmade, tmp_path: Path) -> None:
    where = ("env", "--prefix", str(clash.prefix))
    assert len(ask(*where, "--quiet").lines) == 1
    assert len(ask(*where, "--verbose").lines) >= len(ask(*where).lines)
    ran = ask(*where, "--output", str(tmp_path / "report.txt"))
    assert (ran.code, ran.out) == (1, "")
    assert (tmp_path / "report.txt").read_text().splitlines() == ask(*where).lines


def test_hostile_names_are_spelt_out(ask: Command, made: Handmade) -> None:
    made.add("one", {"p/\x1b[31m.py": "1"})
    made.add("two", {"p/\x1b[31m.py": "2"})
    ran = ask("env", "--prefix", str(made.prefix))
    assert "\x1b" not in ran.out
    assert "\\u{1b}" in ran.out


def test_project_called_env_is_still_reached(ask: Command) -> None:
    assert "nothing asked" not in ask("check", "env", "other", "--no-index", "--no-config").err


def test_many_folders_below_one_package_are_one_line(ask: Command, made: Handmade) -> None:
    made.add("one", {f"p/{number}/m.py": "" for number in range(9)} | {"q/m.py": ""}, write=False)
    ran = ask("env", "--prefix", str(made.prefix))
    assert ran.code == 1
    assert ran.lines[2:4] == [
        "  error    site-packages/p/  9 files, missing; part of one: 0/m.py, 1/m.py, 2/m.py and 6 more",
        "  error    site-packages/q/m.py  missing; part of one",
    ]
    assert "site-packages/p/8/m.py" in ask("env", "--prefix", str(made.prefix), "-v").out


def test_what_misses_files_is_held_in_ci_too(ask: Command, made: Handmade) -> None:
    made.add("one", {"one.py": ""}, write=False)
    ran = ask("env", "--prefix", str(made.prefix))
    assert ran.lines[-1] == f"To check this in CI: wheelclash env --prefix {made.prefix} --keep one"
    assert ask("env", "--prefix", str(made.prefix), "--keep", "one").code == 1
    assert "What mends it" not in ran.out  # nothing can be mended without an interpreter


def test_what_mends_it_is_named(ask: Command, made: Handmade, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "real")], check=True)
    (site,) = (tmp_path / "real" / "lib").glob("python*/site-packages")
    Handmade(tmp_path / "real", site).add("one", {"one.py": ""}, write=False)
    ran = ask("env", "--python", str(tmp_path / "real"), "--keep", "one", "--format", "json")
    python = str(tmp_path / "real" / "bin" / "python")
    assert ran.json["environment"]["fix"] == ["wheelclash", "fix", "--python", python, "--keep", "one"]
    assert f"What mends it: wheelclash fix --python {python}\n" in ask("env", "--python", python).out


def test_the_repair_that_is_named_decides_everything_it_can(ask: Command, tmp_path: Path) -> None:
    """Without a keeper, ``fix`` would do nothing: each clash has one, no two of them want one file."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "real")], check=True)
    (site,) = (tmp_path / "real" / "lib").glob("python*/site-packages")
    made = Handmade(tmp_path / "real", site)
    made.add("b", {"p/m.py": "b", "q/m.py": "b"})
    made.add("a", {"p/m.py": "a", "r/m.py": "a"})
    made.add("c", {"q/m.py": "c", "r/m.py": "c"})
    python = str(tmp_path / "real" / "bin" / "python")
    out = ask("env", "--python", python).out
    assert f"What mends it: wheelclash fix --python {python} --keep b   (or keep a or c)\n" in out
    command = ask("env", "--python", python, "--format", "json").json["environment"]["fix"]
    assert ask(*command[1:], "--format", "json").json["state"] != "undecided"
    markdown = ask("env", "--python", python, "--format", "markdown").out
    assert "What mends it (or keep a or c):\n" in markdown


def test_a_repair_of_very_much_names_no_keeper(ask: Command, tmp_path: Path) -> None:
    """``fix`` without one lists all that must be decided."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "real")], check=True)
    (site,) = (tmp_path / "real" / "lib").glob("python*/site-packages")
    made = Handmade(tmp_path / "real", site)
    for number in range(4):
        made.add(f"lost-{number}", {f"p{number}/m.py": "1"})
        made.add(f"won-{number}", {f"p{number}/m.py": "2"})
    python = str(tmp_path / "real" / "bin" / "python")
    assert f"What mends it: wheelclash fix --python {python}\n" in ask("env", "--python", python).out


def test_whom_nobody_compares_cannot_be_kept(ask: Command, made: Handmade) -> None:
    made.add("ours", {"ours.py": ""})
    made.add("theirs", {"theirs.py": ""}, installer="conda")
    made.add("gone", {"gone.py": ""}, record=b"")
    for name, why in {"theirs": "conda owns it", "gone": "its RECORD is empty"}.items():
        ran = ask("env", "--prefix", str(made.prefix), "--keep", name)
        assert (ran.code, ran.out) == (2, "")
        assert f"--keep {name}: it is installed, but not compared: {why}" in ran.err
