"""``wheelclash REQ --into ENVIRONMENT``: a process, wheels, an environment made by hand, and what comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import Command
from tests.support.installed import Handmade
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from tests.test_costs import HTTP, dear, run
from wheelclash import IndexOptions, QuestionError, check, find_environment
from wheelclash.target.interpreter import running

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(os.name != "posix", reason="the environments are those of POSIX")

OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"
INDEX = ("--no-index", "--find-links", "../wheels", "--no-config", "--installer", "pip")


class Lived(Handmade):
    """An environment made by hand that has an interpreter."""

    @property
    def site(self) -> Path:
        return self.prefix / "lib" / OWN / "site-packages"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder


@pytest.fixture
def made(tmp_path: Path, template: Path) -> Lived:
    made = Lived(tmp_path / "venv")
    (made.prefix / "bin").mkdir(parents=True)
    made.site.mkdir(parents=True)
    (made.prefix / "pyvenv.cfg").write_bytes((template / "pyvenv.cfg").read_bytes())
    (made.prefix / "bin" / "python").symlink_to((template / "bin" / "python").resolve())
    return made


@pytest.fixture
def ask(tmp_path: Path) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home")


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path) -> Path:
    """What may be installed."""
    folder = tmp_path / "wheels"
    for wheel in (
        Wheel("two", files={"p/m.py": "2", "p/same.py": "", "two.py": ""}),
        Wheel("one", "2.0", files={"p/m.py": "1", "one.py": ""}, requires=["absent", "two<1"]),
        Wheel("calm", files={"calm.py": ""}),
        Wheel("folder", files={"p/m.py/inside.py": ""}),
        Wheel("module", files={"p/m/__init__.py": ""}),
        Wheel("table", files={"p/rows.csv": "2"}),
        Wheel("stub", files={"p/__init__.py": "", "stub.py": ""}),
    ):
        wheel.write(folder)
    return folder


def one(made: Lived) -> None:
    made.add("one", {"p/m.py": "1", "p/same.py": "", "p/rows.csv": "1", "p/__init__.py": "\n", "one.py": ""})


def told(ask: Command, *question: str) -> tuple[int, str]:
    ran = ask(*question, *INDEX)
    assert ran.err == ""
    return ran.code, ran.lines[0]


def test_first_line_names_what_would_be_overwritten(ask: Command, made: Lived) -> None:
    one(made)
    code, line = told(ask, "two", "--into", str(made.prefix))
    assert code == 1
    assert line.startswith(f"two 1.0 would overwrite 1 file of one 1.0 in {made.prefix}: 1 error, 1 notice [CPython 3.")


def test_interpreter_is_as_good_as_its_folder(ask: Command, made: Lived) -> None:
    one(made)
    by_folder = ask("two", "--into", str(made.prefix), *INDEX)
    by_python = ask("two", "--into", str(made.prefix / "bin" / "python"), *INDEX)
    assert by_folder == by_python


@pytest.mark.parametrize(
    ("question", "code", "line"),
    [
        ("calm", 0, "No clash: calm 1.0 (4 files) and 2 distributions in {}"),
        ("stub", 0, "No clash: stub 1.0 (5 files) and 2 distributions in {}"),
        ("here==1.0", 0, "Nothing to install in {}: here is there already"),
        ("folder", 1, "folder 1.0 cannot be installed beside one 1.0 in {}: 1 error"),
        ("module", 0, "module 1.0 and one 1.0 hide modules of each other in {}: 1 warning"),
        ("table", 0, "table 1.0 would overwrite 1 file of one 1.0 in {}: 1 warning"),
        ("absent", 2, "No answer: of what was asked, 0 distributions could be read"),
        ("two calm", 1, "two 1.0 would overwrite 1 file of one 1.0 in {}: 1 error, 1 notice"),
        ("calm table --fail-on warning", 1, "table 1.0 would overwrite 1 file of one 1.0 in {}: 1 warning"),
        ("two --ignore one,two:*", 0, "No clash: two 1.0 (6 files) and 2 distributions in {}; 2 ignored"),
        ("one", 0, "No clash: one 2.0, now 1.0, (5 files) and 1 distribution in {}"),
    ],
)
def test_one_line_and_the_exit_code(
    ask: Command, made: Lived, wheels: Path, question: str, code: int, line: str
) -> None:
    one(made)
    made.add("here", {"here.py": ""})
    Wheel("here", files={"here.py": ""}).write(wheels)
    found = told(ask, *question.split(), "--into", str(made.prefix))
    assert (found[0], found[1].partition(" [")[0]) == (code, line.format(made.prefix))


def test_clean_answer_is_one_line(ask: Command, made: Lived) -> None:
    one(made)
    assert len(ask("calm", "--into", str(made.prefix), *INDEX).lines) == 1


def test_upgrade_takes_what_others_recorded(ask: Command, made: Lived) -> None:
    """``two`` recorded what the old release has and the new one has not: the file goes, and that is an error."""
    one(made)
    made.add("two", {"p/same.py": "", "p/rows.csv": "1", "p/__init__.py": "\n", "two.py": ""})
    ran = ask("one", "--into", str(made.prefix), *INDEX)
    assert ran.code == 1
    assert ran.lines[0].startswith(f"replacing one 1.0 takes 2 files from two in {made.prefix}: 1 error, 1 warning [")
    assert "  error    site-packages/p/same.py  of two goes with one 1.0, which is replaced" in ran.lines
    assert "  warning  site-packages/p/rows.csv  of two goes with one 1.0, which is replaced" in ran.lines
    assert any(
        line.endswith(" --force-reinstall --no-deps --find-links ../wheels --no-index two==1.0") for line in ran.lines
    )
    assert "note: an install also brings absent, which is not compared; --deps compares what it brings" in ran.lines
    assert "two<1 (now 1.0)" in ran.lines[-2]
    assert ran.lines[-1].startswith(
        "note: one 1.0 is there and meets one: installers replace it only if told to upgrade"
    )
    assert ask("one", "--into", str(made.prefix), *INDEX, "--ignore", "one,two:*").code == 0
    assert ask("one", "--into", str(made.prefix), *INDEX, "--ignore", "one,calm:*").code == 1


def test_json_says_what_makes_way_and_what_is_lost(ask: Command, made: Lived) -> None:
    one(made)
    made.add("two", {"p/same.py": "", "p/rows.csv": "1", "p/__init__.py": "\n", "two.py": ""})
    found = ask("one", "--into", str(made.prefix), *INDEX, "--format", "json").json
    assert found["into"] == {
        "prefix": str(made.prefix),
        "site_packages": [str(made.site)],
        "python": str(made.prefix / "bin" / "python"),
        "replaces": [{"id": "one-1.0.dist-info", "name": "one", "version": "1.0", "by": "2.0"}],
        "present": [],
        "unowned": [],
    }
    assert {
        (each["name"], each["version"], each["evidence"], each["wheel"] is None) for each in found["distributions"]
    } == {
        ("one", "2.0", "local", False),
        ("two", "1.0", "installed", True),
    }
    assert found["summary"]["lost"] == 2
    for installer in ("pip", "uv"):
        diagnosis = found["diagnosis"][installer]
        assert {each["name"]: each["intact"] for each in diagnosis["distributions"]} == {"one": "yes", "two": "no"}
        assert {(each["path"], each["severity"], each["distribution"], each["because"], each["version"], each["state"])
            for each in diagnosis["lost"]} == {
            ("p/same.py", "error", "two", "one", "1.0", "determined"),
            ("p/rows.csv", "warning", "two", "one", "1.0", "determined"),
            ("p/__init__.py", "none", "two", "one", "1.0", "determined"),
        }  # fmt: skip
    (owner,) = {each["keep"][0] for each in found["remedies"]}
    assert owner == "two"


def test_what_residents_have_among_each_other_is_not_told(ask: Command, made: Lived) -> None:
    one(made)
    made.add("other", {"p/same.py": "another", "p/m.py": "1"})
    found = ask("table", "two", "--into", str(made.prefix), *INDEX, "--format", "json").json
    told = {
        each["path"]: {(owner["distribution"], owner["path_in_wheel"]) for owner in each["owners"]}
        for each in found["overlaps"]
    }
    assert told == {
        "p/m.py": {("two", "p/m.py"), ("one", None), ("other", None)},
        "p/same.py": {("two", "p/same.py"), ("one", None), ("other", None)},
        "p/rows.csv": {("table", "p/rows.csv"), ("one", None)},
    }
    assert "p/same.py" not in ask("table", "--into", str(made.prefix), *INDEX, "--format", "json").out


def test_remedies_name_the_environment_and_pin_what_is_there(ask: Command, made: Lived, wheels: Path) -> None:
    one(made)
    python = str(made.prefix / "bin" / "python")
    found = ask("two", "--into", python, *INDEX, "--keep", "one", "--format", "json").json["remedies"]
    told = [(each["strategy"], [step["command"] for step in each["steps"]]) for each in found]
    index = ["--find-links", "../wheels", "--no-index"]
    install = ["pip", "--python", python, "install", *index, "two==1.0"]
    again = ["pip", "--python", python, "install", "--force-reinstall", "--no-deps", *index, "one==1.0"]
    assert told == [("avoid", []), ("reinstall-keeper", [install, again])]
    assert found[0]["result"] == [{"distribution": "one", "intact": "yes"}]
    found = ask("two", "--into", python, *INDEX, "--keep", "two", "--format", "json").json["remedies"]
    told = [(each["strategy"], [step["command"] for step in each["steps"]]) for each in found]
    away = ["pip", "--python", python, "uninstall", "--yes", "one"]
    assert told == [("reinstall-keeper", [install]), ("remove-loser", [away, install])]


def test_what_came_from_a_wheel_is_pinned_to_it(ask: Command, made: Lived, wheels: Path) -> None:
    place = wheels / "one-1.0-py3-none-any.whl"
    place.write_bytes(b"")
    urls = {"kept": place.as_uri(), "gone": (wheels / "gone.whl").as_uri(), "git": "https://user:word@host.example/git"}
    for name, url in urls.items():
        more = ', "vcs_info": {"vcs": "git", "commit_id": "abc"}' if name == "git" else ""
        made.add(name, {f"{name}.py": "1"}, more={"direct_url.json": f'{{"url": "{url}"{more}}}'})
    Wheel("new", files={f"{name}.py": "2" for name in urls}).write(wheels)
    found = ask("new", "--into", str(made.prefix), *INDEX, "--format", "json").json["remedies"]
    pins = {
        each["keep"][0]: each["steps"][-1]["command"][-1] for each in found if each["strategy"] == "reinstall-keeper"
    }
    assert pins == {"kept": str(place), "gone": "gone==1.0", "git": "git @ git+https://host.example/git@abc",
        "new": "new==1.0"}  # fmt: skip


def test_keeper_may_be_new_or_there_and_nobody_else(ask: Command, made: Lived) -> None:
    one(made)
    ran = ask("two", "--into", str(made.prefix), *INDEX, "--keep", "onee")
    assert (ran.code, ran.out) == (2, "")
    assert "Perhaps: one" in ran.err


def test_what_cannot_be_compared_is_named(ask: Command, made: Lived) -> None:
    one(made)
    made.add("conda-own", {"p/m.py": "3"}, installer="conda")
    made.add("broken", {}, record=b"")
    ran = ask("calm", "--into", str(made.prefix), *INDEX)
    assert ran.code == 3
    assert "  not compared: conda-own (conda owns it)" in ran.lines
    assert any(line.startswith("  not read  broken: ") for line in ran.lines)
    assert ask("calm", "--into", str(made.prefix), *INDEX, "--allow-incomplete").code == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--into", "venv"], "nothing asked: give a requirement or a wheel"),
        (["calm", "--into", "nowhere"], "nowhere"),
        (["calm", "--into", "."], "it has no Python"),
        (["calm", "--into", "venv", "--python", "3.12"], "--into names the target too"),
        (["calm", "--into", "venv", "--python-version", "3.12"], "--into names the target too"),
        (["calm", "--into", "venv", "--python-platform", "linux"], "--into names the target too"),
        (["calm", "--into", "venv", "--all-targets"], "--into names the target too"),
    ],
)
def test_wrong_words_are_no_question(ask: Command, words: list[str], complaint: str) -> None:
    ran = ask(*words, *INDEX)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err


@pytest.mark.parametrize(("asked", "line"), [("app", "app 1.0 ("), ("app newer", "3 distributions (")])
def test_dependencies_that_will_do_stay(ask: Command, made: Lived, wheels: Path, asked: str, line: str) -> None:
    """``app`` requires ``base``, whatever version; ``newer`` another than is there."""
    made.add("base", {"base.py": ""}, version="1.0")
    for wheel in (
        Wheel("app", files={"app.py": ""}, requires=["base"]),
        Wheel("newer", files={"newer.py": ""}, requires=["base>=2"]),
        Wheel("base", "2.0", files={"base.py": ""}),
    ):
        wheel.write(wheels)
    code, told_line = told(ask, *asked.split(), "--deps", "--into", str(made.prefix))
    assert code == 0
    assert told_line.startswith(f"No clash: {line}")


@pytest.mark.parametrize("more", [{"target": LINUX}, {"all_targets": True}, {"interpreter": running()}])
def test_library_takes_no_second_target(more: dict[str, Any]) -> None:
    asked: dict[str, Any] = {**more, "into": running()}
    with pytest.raises(QuestionError, match="the target too"):
        check(["calm"], **asked)


def test_hostile_names_are_spelt_out(ask: Command, made: Lived, wheels: Path) -> None:
    made.add("one", {"p/\x1b[31m.py": "1"})
    Wheel("new", files={"p/\x1b[31m.py": "2"}).write(wheels)
    ran = ask("new", "--into", str(made.prefix), *INDEX)
    assert ran.code == 1
    assert "\x1b" not in ran.out


def test_cached_answer_imports_nothing_dear(made: Lived, wheels: Path, tmp_path: Path) -> None:
    one(made)
    (tmp_path / "folder").mkdir()
    question = ("two", "--into", made.prefix, "--no-index", "-f", wheels, "--no-config")
    for each in wheels.iterdir():  # what was written a moment ago may still change, and is not kept
        os.utime(each, (1_700_000_000, 1_700_000_000))
    for _ in range(2):
        ran = run(*question, cache=tmp_path / "folder" / "cache")
        assert ran.code == 1
    assert dear(ran, HTTP | {"asyncio", "pydantic", "rich", "email", "distlib"}) == set()


@pytest.mark.parametrize("how", ["conda", "no record", "editable", "egg-info"])
def test_what_is_not_compared_is_there_all_the_same(made: Lived, ask: Command, how: str) -> None:
    """Installers leave alone what is installed in that version, whoever owns it and whatever can be read of it."""
    files = {"p/m.py": "2"}
    match how:
        case "conda":
            made.add("two", files, installer="conda")
        case "no record":
            made.add("two", files, record=b"")
        case "editable":
            made.add("two", {}, more={"direct_url.json": '{"url": "file:///src", "dir_info": {"editable": true}}'})
        case _:
            (made.site / f"two-1.0-py{sys.version_info.major}.{sys.version_info.minor}.egg-info").write_text("")
    made.add("other", {"p/m.py": "3"})
    ran = ask("two==1.0", "--into", str(made.prefix), *INDEX, "--allow-incomplete")
    assert "would overwrite" not in ran.out
    assert ran.code == (2 if how == "no record" else 0)
    ran = ask("one", "--into", str(made.prefix), *INDEX, "--allow-incomplete")
    assert not any("also brings" in line and "two" in line for line in ran.lines)


def test_what_no_record_lists_and_is_overwritten_is_told(ask: Command, made: Lived, wheels: Path) -> None:
    """Both installers overwrite it without a word; what holds the same already, or is bytecode, is no news."""
    Wheel(
        "new",
        files={"m.py": "new", "same.py": "same", "pkg/core.py": "new", "pkg/core.pyc": "", "other.py": ""},
        scripts={"tool": "m:run", "alike": "m:run"},
    ).write(wheels)
    (made.site / "pkg").mkdir()
    for name, text in (("m.py", "mine"), ("same.py", "same"), ("pkg/core.py", "mine"), ("pkg/core.pyc", "mine")):
        (made.site / name).write_text(text)
    (made.prefix / "bin" / "tool").write_text("mine")
    (made.prefix / "bin" / "alike").write_text("#!python\nfrom m import run\nrun()\n")
    code, line = told(ask, "new", "--into", str(made.prefix))
    assert (code, line.partition(" [")[0]) == (
        0, f"No clash: new 1.0 (11 files) and 0 distributions in {made.prefix}; 3 warnings",
    )  # fmt: skip
    ran = ask("new", "--into", str(made.prefix), *INDEX, "--format", "json", "--fail-on", "warning")
    unowned = [(f"{each['root']}/{each['path']}", each["role"]) for each in ran.json["into"]["unowned"]]
    assert (ran.code, unowned) == (
        1, [("scripts/tool", "script"), ("site-packages/m.py", "module"), ("site-packages/pkg/core.py", "module")],
    )  # fmt: skip
    text = "scripts/tool, site-packages/m.py, site-packages/pkg/core.py, which no RECORD lists, are overwritten by new"
    assert text in ask("new", "--into", str(made.prefix), *INDEX).out


@pytest.mark.parametrize(
    ("path", "there", "at"),
    [("taken", "taken/x.txt", "site-packages/taken"), ("pkg/m.py", "pkg", "site-packages/pkg")],
)
def test_what_no_record_lists_and_both_installers_stop_at_is_a_refusal(
    ask: Command, made: Lived, wheels: Path, path: str, there: str, at: str
) -> None:
    """Neither writes a file where a folder is, nor below a file; a folder that is a link is one."""
    Wheel("new", files={path: "new", "linked/m.py": ""}).write(wheels)
    (made.prefix / "elsewhere").mkdir()
    (made.site / "linked").symlink_to(made.prefix / "elsewhere")
    assert told(ask, "new", "--into", str(made.prefix))[0] == 0
    (made.site / there).parent.mkdir(exist_ok=True)
    (made.site / there).write_text("mine")
    ran = ask("new", "--into", str(made.prefix), *INDEX, "--format", "json")
    refused = [(each["installer"], each["code"], each["path"]) for each in ran.json["refused"]]
    assert (ran.code, refused) == (3, [(name, "file-and-folder", at) for name in ("pip", "uv")])


def test_no_remedy_replaces_a_wheel_variant(ask: Command, made: Lived) -> None:
    """Neither installer can be told to take the same variant again: whatever would write it anew is not offered."""

    def strategies(*question: str) -> list[tuple[str, ...]]:
        ran = ask(*question, "--into", str(made.prefix), *INDEX, "--format", "json")
        return [(*each["keep"], each["strategy"]) for each in ran.json["remedies"]]

    made.add("one", {"p/m.py": "1"}, more={"variant.json": '{"variants": {"v4": {}}}'})
    assert strategies("two", "--keep", "one") == [("one", "avoid")]
    ran = ask("one==2.0", "two", "--into", str(made.prefix), *INDEX, "--format", "json")
    steps = [step["command"] for each in ran.json["remedies"] for step in each["steps"]]
    assert not any("one" in part for command in steps if "uninstall" not in command for part in command[3:])
    assert any("one 1.0 was installed from a wheel variant (v4)" in each for each in ran.json["warnings"])


@pytest.mark.parametrize("where", ["site-packages", "prefix without an interpreter", "--target"])
def test_a_folder_of_packages_is_as_good_as_an_environment(
    ask: Command, made: Lived, wheels: Path, tmp_path: Path, where: str
) -> None:
    """What ``env --path`` and ``--prefix`` take is taken; as no interpreter is named, no commands are given."""
    folder = made.site
    if where == "--target":
        folder = tmp_path / "packages"
        Handmade(tmp_path, folder).add("one", {"p/m.py": "1"})
    else:
        one(made)
    if where == "prefix without an interpreter":
        (made.prefix / "bin" / "python").unlink()
        folder = made.prefix
    ran = ask("two", "--into", str(folder), *INDEX, "--format", "json")
    assert (ran.code, ran.json["remedies"], ran.json["into"]["python"]) == (1, [], None)
    assert [each["path"] for each in ran.json["overlaps"] if each["severity"] == "error"] == ["p/m.py"]
    expected = "pip install --target" if where == "--target" else "no interpreter was named"
    assert any(expected in each for each in ran.json["warnings"])
    report = check(["two"], into=find_environment(path=folder if where == "--target" else made.site),
                   index=IndexOptions(no_index=True, find_links=(str(wheels),)), use_config=False)  # fmt: skip
    assert report.summary.errors == 1
