"""``wheelclash who``: a process, an environment made by hand or a folder of wheels, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import LINUX, Command
from tests.support.installed import Handmade
from tests.support.wheelmaker import Wheel
from tests.test_costs import DEAR, HTTP, dear, run
from wheelclash.report.model import WhoReport
from wheelclash.report.schema import read_report

if TYPE_CHECKING:
    from pathlib import Path

SET = ("--among", "dist/", *LINUX, "--no-config")


@pytest.fixture
def ask(tmp_path: Path) -> Command:
    """The command, in a folder with ``venv`` and ``dist`` in which ``one`` and ``two`` clash."""
    home = tmp_path / "home"
    home.mkdir()
    made = Handmade(home / "venv")
    points = {"entry_points.txt": "[console_scripts]\ntool = p.m:run\n"}
    made.add("one", {"p/m.py": "1", "p/same.py": "", "one.py": "", "../../../bin/one": "#!"}, more=points)
    made.add("two", {"p/m.py": "2", "p/same.py": "", "two.py": ""})
    (made.site / "p" / "stray.txt").write_text("?")
    for name, text, requires in (("one", "1", ["two"]), ("two", "2", [])):
        Wheel(
            name,
            files={"p/m.py": text, "p/same.py": "", f"{name}.py": "", f"{name}-1.0.data/scripts/{name}": "#!python\n"},
            scripts={"tool": f"{name}:run"},
            requires=requires,
        ).write(home / "dist")
    return Command(home)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("p/m.py", "site-packages/p/m.py: content of two 1.0, not of one 1.0"),
        ("p.m", "site-packages/p/m.py (import p.m): content of two 1.0, not of one 1.0"),
        ("p/same.py", "site-packages/p/same.py: of one 1.0 and two 1.0, who recorded the same content; it is there"),
        ("one.py", "site-packages/one.py: of one 1.0, as recorded"),
        ("bin/one", "scripts/one: of one 1.0, as recorded"),
        ("p/stray.txt", "site-packages/p/stray.txt: nobody recorded it"),
        (
            "p",
            "site-packages/p/: of one 1.0 (2 files) and two 1.0 (2 files); 2 contested, 1 file that nobody recorded",
        ),
        ("two-1.0.dist-info", "site-packages/two-1.0.dist-info/: of two 1.0: 3 files"),
    ],
)
def test_answer_is_the_first_line_with_the_environment(ask: Command, asked: str, told: str) -> None:
    ran = ask("who", asked, "--prefix", "venv")
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].startswith(f"{told} [venv, CPython 3.12")
    assert ask("who", asked, "--prefix", "venv", "--quiet").lines == ran.lines[:1]


def test_quiet_is_one_line_for_each_path(ask: Command) -> None:
    """The first says where it was looked for; each is the first line of its answer."""
    ran = ask("who", "one.py", "p", "--prefix", "venv", "--quiet")
    assert [line.partition(":")[0] for line in ran.lines] == ["site-packages/one.py", "site-packages/p/"]
    assert ran.lines[0].endswith(" [venv, CPython 3.12.0]")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("changed", "changed since; none of one 1.0 and two 1.0 recorded this content"),
        ("gone", "gone; one 1.0 and two 1.0 recorded it"),
    ],
)
def test_what_happened_since_is_told(ask: Command, change: str, told: str) -> None:
    place = ask.folder / "venv" / "lib" / "python3.12" / "site-packages" / "p" / "m.py"
    if change == "gone":
        place.unlink()
    else:
        place.write_text("3")
    ran = ask("who", "p.m", "--path", str(place.parents[1]))
    assert (ran.code, ran.err) == (0, "")
    assert told in ran.lines[0]


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (
            "p/m.py",
            [
                "site-packages/p/m.py: of one 1.0 and two 1.0 [CPython 3.12.0, linux]",
                "  module, different",
                "  pip  one wins: it is installed last",
                "  uv   not determined: uv installs in parallel: a coin flip for every file, so it may end as a mix",
            ],
        ),
        ("one", ["site-packages/one.py (import one): of one 1.0 alone [CPython 3.12.0, linux]"]),
        ("bin/two", ["scripts/two: of two 1.0 alone [CPython 3.12.0, linux]"]),
        ("lib/python3.12/site-packages/two.py", ["site-packages/two.py: of two 1.0 alone [CPython 3.12.0, linux]"]),
        (
            "tool",
            [
                "scripts/tool (command tool): of one 1.0 and two 1.0 [CPython 3.12.0, linux]",
                "  script, different",
                "  pip  one wins: it is installed last",
            ],
        ),
        (
            "p/",
            [
                "site-packages/p/: of one 1.0 (2 files) and two 1.0 (2 files); 2 contested [CPython 3.12.0, linux]",
                "  one 1.0: 2 files; 2 contested",
                "  two 1.0: 2 files; 2 contested",
                "  pip  one wins (1 of 2): it is installed last",
            ],
        ),
    ],
)
def test_in_a_set_it_is_who_would_win(ask: Command, asked: str, lines: list[str]) -> None:
    ran = ask("who", asked, *SET)
    assert (ran.code, ran.err) == (0, "")
    if asked == "one":
        assert ran.lines[:2] == [*lines, "scripts/one (command one): of one 1.0 alone"]
    assert ran.lines[: len(lines)] == lines


def test_everything_that_a_path_means_is_told(ask: Command) -> None:
    ran = ask("who", "one", "p.m", "--prefix", "venv")
    assert [line.partition(":")[0] for line in ran.lines if not line.startswith(" ")] == [
        "site-packages/one.py (import one)",
        "scripts/one (command one)",
        "site-packages/p/m.py (import p.m)",
    ]
    assert [line for line in ran.lines if "[" in line] == ran.lines[:1]


def test_verbose_lists_what_was_recorded_and_every_path(ask: Command) -> None:
    where = ("--prefix", "venv")
    assert "two 1.0: sha256 d4735e3a" in ask("who", "p.m", *where, "-v").out
    assert "d4735e3a" not in ask("who", "p.m", *where).out
    assert "p/stray.txt  nobody recorded it" in ask("who", "p", *where, "-v").out
    assert "stray" not in ask("who", "p", *where).out


def test_text_stays_on_one_screen(ask: Command) -> None:
    made = Handmade(ask.folder / "large")
    for name in [f"d{number}" for number in range(30)]:
        made.add(name, {f"p/m{number}.py": name for number in range(50)})
    (made.site / "p" / "m7.py").unlink()
    ran = ask("who", "p", "--prefix", "large")
    assert ran.code == 0
    assert "of 30 distributions: 50 files; 50 contested, 1 gone" in ran.lines[0]
    assert len(ran.lines) < 30
    assert sum("(-v)" in line for line in ran.lines) == 2
    assert len(ask("who", "p", "--prefix", "large", "-v").lines) == 1 + 30 + 50


def _only(report: Any) -> Any:
    (found,) = report["found"]
    return found


def test_json_of_an_environment(ask: Command) -> None:
    ran = ask("who", "p.m", "p/stray.txt", "--prefix", "venv", "--format", "json")
    report = ran.json
    assert isinstance(read_report(ran.out), WhoReport)
    assert read_report(ran.out).to_json() == ran.out
    assert (report["asked"], report["complete"], report["searched"]) == (["p.m", "p/stray.txt"], True, 2)
    assert report["environment"]["prefix"] == str(ask.folder / "venv")
    contested, stray = report["found"]
    assert {key: contested[key] for key in ("root", "path", "meaning", "what", "kind", "role", "on_disk")} == {
        "root": "site-packages",
        "path": "p/m.py",
        "meaning": "import",
        "what": "file",
        "kind": "different",
        "role": "module",
        "on_disk": {"state": "present", "matches": ["two"]},
    }
    assert [(each["distribution"], each["version"], each["held"], each["size"]) for each in contested["owners"]] == [
        ("one", "1.0", 0, 1),
        ("two", "1.0", 1, 1),
    ]
    assert (stray["owners"], stray["unowned"], stray["kind"]) == ([], 1, None)


def test_json_of_a_set(ask: Command) -> None:
    ran = ask("who", "p/m.py", *SET, "--format", "json")
    assert isinstance(read_report(ran.out), WhoReport)
    found = _only(ran.json)
    assert ran.json["environment"] is None
    assert [each["platform"] for each in ran.json["targets"]] == ["linux"]
    assert (found["on_disk"], found["kind"], found["installers"]) == (None, "different", ["pip", "uv"])
    assert [(each["id"], each["path_in_wheel"]) for each in found["owners"]] == [
        ("one-1.0-py3-none-any.whl", "p/m.py"),
        ("two-1.0-py3-none-any.whl", "p/m.py"),
    ]
    assert found["diagnosis"] == {
        "pip": [{"state": "determined", "winner": "one", "reason": "order", "files": 1}],
        "uv": [{"state": "undetermined", "winner": None, "reason": "parallel", "files": 1}],
    }


@pytest.mark.parametrize("where", [("--prefix", "venv"), SET])
@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("p/n.py", "Perhaps: p/m.py"),
        ("p.sane", "Perhaps: p.same"),
        ("onee", "Perhaps: one"),
        ("", "empty"),
        ("no/such/thing", "nothing of that name"),
        ("x" * 5_000, "nothing of that name"),
    ],
)
def test_nothing_of_that_name_is_no_question(ask: Command, where: tuple[str, ...], asked: str, told: str) -> None:
    ran = ask("who", asked, *where)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_one_that_means_nothing_spoils_the_question(ask: Command) -> None:
    ran = ask("who", "p.m", "p.n", "--prefix", "venv")
    assert (ran.code, ran.out) == (2, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "PATH"),
        (["/", "--prefix", "venv"], "outside"),
        (["dist", "--prefix", "venv"], "outside"),
        (["p", "--prefix", "absent"], "absent"),
        (["p", "--prefix", "venv", "--path", "venv"], "--prefix"),
        (["p", "--among", "dist/", "--prefix", "venv"], "--among"),
        (["p", "--among", "dist/", "--path", "venv"], "--among"),
        (["p", "--prefix", "venv", "--python-version", "3.12"], "--among"),
        (["p", "--prefix", "venv", "--no-deps"], "--among"),
        (["p", "--prefix", "venv", "--index-url", "x"], "--among"),
        (["p", "--among", "dist/", "--all-targets"], "one target"),
        (["p", "--among", "dist/", "--python-version", "3.12", "--python-version", "3.13"], "one target"),
        (["p", "--among", "dist/", "--python-version", "3.12", "--python", "venv"], "whole target"),
        (["p", "--fail-on", "never", "--prefix", "venv"], "--fail-on"),
    ],
)
def test_what_makes_no_sense_is_told(ask: Command, arguments: list[str], told: str) -> None:
    ran = ask("who", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_what_could_not_be_read_may_have_had_the_answer(ask: Command) -> None:
    made = Handmade(ask.folder / "venv")
    made.add("bad", {"bad.py": ""}, record=b"")
    where = ("--prefix", "venv")
    assert ask("who", "p.m", *where).code == 0  # it has an answer
    for asked, allowed in (("bad.py", 0), ("p/stray.txt", 0), ("absent.py", 2)):
        ran = ask("who", asked, *where)
        assert (ran.code, ran.err) == (3, ""), asked
        assert "not read  bad" in ran.out
        assert ask("who", asked, *where, "--allow-incomplete").code == allowed
    assert "nobody of those that could be read recorded it" in ask("who", "bad.py", *where).lines[0]
    report = ask("who", "absent.py", *where, "--format", "json").json
    assert (report["complete"], report["found"], report["searched"]) == (False, [], 2)


def test_set_that_could_not_be_read_is_incomplete_or_no_answer(ask: Command) -> None:
    among = ("--among", "dist/", "absent", *LINUX, "--no-config", "--no-index")
    known = ask("who", "p.m", *among)
    assert (known.code, "not read  absent" in known.out) == (0, True)
    assert ask("who", "other", *among).code == 3
    assert ask("who", "p.m", "--among", "absent", "missing", *LINUX, "--no-config", "--no-index").code == 2


def test_not_compared_is_named_where_nobody_is(ask: Command) -> None:
    made = Handmade(ask.folder / "venv")
    made.add("theirs", {"t/m.py": ""}, installer="conda")
    assert (
        ask("who", "t.m", "--prefix", "venv")
        .lines[0]
        .startswith("site-packages/t/m.py (import t.m): of theirs 1.0 (conda), as recorded")
    )
    assert "not compared: theirs (conda)" in ask("who", "p/stray.txt", "--prefix", "venv").out
    assert "not compared" not in ask("who", "p.m", "--prefix", "venv").out


def test_hostile_names_are_spelt_out(ask: Command) -> None:
    made = Handmade(ask.folder / "venv")
    name = "p/\x1b[31m\u202e[/nope].py"
    made.add("three", {name: "1"})
    for asked in (name, "p"):
        ran = ask("who", asked, "--prefix", "venv", "-v")
        assert (ran.code, ran.err) == (0, "")
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
    assert "\\u{1b}[31m" in ask("who", name, "--prefix", "venv").out
    assert _only(ask("who", name, "--prefix", "venv", "--format", "json").json)["path"] == name
    assert "\x1b" not in ask("who", f"{name}x", "--prefix", "venv").err


def test_path_from_the_current_folder_and_report_into_a_file(ask: Command) -> None:
    ran = ask("who", "m.py", "--prefix", "../../../..", "-o", str(ask.folder / "out.txt"),
        cwd=ask.folder / "venv" / "lib" / "python3.12" / "site-packages" / "p")  # fmt: skip
    assert (ran.code, ran.out) == (0, "")
    assert (ask.folder / "out.txt").read_text().startswith("site-packages/p/m.py: content of two")


def test_project_called_who_is_still_reached(ask: Command) -> None:
    assert "nothing asked" not in ask("check", "who", "other", "--no-index", "--no-config").err


def test_environment_is_asked_without_anything_dear(ask: Command) -> None:
    for asked in ("p", "p.m", "bin/one"):
        ran = run("who", asked, "--prefix", ask.folder / "venv", cache=ask.cache)
        assert ran.code == 0
        assert dear(ran, DEAR - {"email"}) == set()


def test_local_wheels_are_asked_without_network(ask: Command) -> None:
    ran = run("who", "p.m", *SET, cache=ask.cache)
    assert ran.code == 0
    assert dear(ran, HTTP | {"asyncio", "pydantic", "rich", "distlib"}) == set()
