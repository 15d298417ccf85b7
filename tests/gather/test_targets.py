"""Several targets at once, end to end: what exists only on one of them, and what is said of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.gather.test_gather import Asker, names
from tests.gather.test_locks import UV, run
from tests.support.command import Command
from tests.support.loopback import LoopbackIndex
from tests.support.values import LINUX, MACOS, WINDOWS
from tests.support.wheelmaker import Wheel
from wheelclash import QuestionError, target_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelclash import Report

BOTH = {"linux": "manylinux_2_28_x86_64", "windows": "win_amd64"}


def native(name: str, tag: str, *, shared: bool) -> Wheel:
    """A wheel for one platform, with or without the file that others have too."""
    files: dict[str, bytes | str] = {f"{name}_{tag}.py": ""}
    if shared:
        files["both.py"] = name
    return Wheel(name, files=files, tag=f"py3-none-{tag}", purelib="false")


WHEELS = (
    native("north", BOTH["linux"], shared=True), native("north", BOTH["windows"], shared=False),
    native("south", BOTH["linux"], shared=False), native("south", BOTH["windows"], shared=True),
    Wheel("east", files={"both.py": "east"}),
    Wheel("lands", requires=["north", "south"]), Wheel("earth", requires=["lands", "east"]),
    Wheel("wintry", requires=["frost; sys_platform == 'win32'"]), Wheel("frost", files={"both.py": "frost"}),
    *(Wheel("minors", files={"m.py": ""}, tag=f"cp3{minor}-cp3{minor}-{tag}", purelib="false")
      for minor in (11, 12) for tag in BOTH.values()),
    Wheel("upper", files={"Name.py": "1"}), Wheel("lower", files={"name.py": "2"}),
)  # fmt: skip
"""North and south share a file that neither of them has where the other has it."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        served.add(*WHEELS)
        yield served


@pytest.fixture(scope="module")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture(scope="module")
def locks(index: LoopbackIndex, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A universal lock for each of two projects."""
    found = {}
    for name in ("lands", "earth"):
        folder = tmp_path_factory.mktemp(name)
        lines = ["[project]", "name = 'ours'", "version = '1'", "requires-python = '>=3.11'"]
        (folder / "pyproject.toml").write_text("\n".join([*lines, f"dependencies = ['{name}', 'minors']", ""]))
        run(folder, UV, "lock", "-q", "--default-index", index.simple)
        found[name] = (folder / "uv.lock").read_text()
    return found


@pytest.fixture
def ask(index: LoopbackIndex, uv_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asker:
    monkeypatch.chdir(tmp_path)
    index.forget()
    return Asker(tmp_path, index, uv_cache)


def where(report: Report) -> dict[frozenset[str], set[str]]:
    """In which platforms each set of owners clashes."""
    found: dict[frozenset[str], set[str]] = {}
    for each in report.overlaps:
        owners = frozenset(owner.distribution for owner in each.owners)
        found.setdefault(owners, set()).update(report.targets[number].platform for number in each.targets)
    return found


ONLY_ONE_EACH = {frozenset({"east", "north"}): {"linux"}, frozenset({"east", "south"}): {"windows"}}


@pytest.mark.parametrize("asked", [("lands",), ("north", "south")], ids=["resolved", "named"])
def test_a_wheel_for_one_platform_never_clashes_with_one_for_another(ask: Asker, asked: tuple[str, ...]) -> None:
    report = ask(*asked, target=[LINUX, WINDOWS])
    assert (report.overlaps, report.exit_code()) == ((), 0)
    assert len(report.distributions) == 2 * 2 + ("lands" in asked)


@pytest.mark.parametrize("asked", [("earth",), ("north", "south", "east")], ids=["resolved", "named"])
def test_an_overlap_says_in_which_targets_it_exists(ask: Asker, asked: tuple[str, ...]) -> None:
    report = ask(*asked, target=[LINUX, WINDOWS])
    assert where(report) == ONLY_ONE_EACH
    for diagnosis in report.diagnosis.values():
        assert sorted(number for each in diagnosis.overlaps for number in each.targets) == [0, 1]
    assert {each.id: each.targets for each in report.distributions if each.name in {"east", "north"}} == {
        "east-1.0-py3-none-any.whl": (0, 1),
        "north-1.0-py3-none-manylinux_2_28_x86_64.whl": (0,),
        "north-1.0-py3-none-win_amd64.whl": (1,),
    }
    text = report.to_text()
    assert "[CPython 3.12.0, linux]" in text
    assert "[CPython 3.12.0, windows]" in text


def test_one_target_at_a_time_says_the_same(ask: Asker) -> None:
    together = ask("earth", target=[LINUX, WINDOWS])
    for number, target in enumerate([LINUX, WINDOWS]):
        alone = ask("earth", target=target)
        here = [each for each in together.overlaps if number in each.targets]
        assert [(each.path, each.owners) for each in here] == [(each.path, each.owners) for each in alone.overlaps]
        assert names(alone) == {each.name for each in together.distributions if number in each.targets}


def test_a_wheel_is_read_once_for_several_targets(ask: Asker) -> None:
    report = ask("north", "east", target=[LINUX, WINDOWS, target_for("3.13", "linux")])
    assert len(report.targets) == 3
    assert len(ask.index.file_requests) == len(report.distributions) == 3
    assert len(ask.index.page_requests) == 2


def test_a_skip_says_for_which_targets(ask: Asker) -> None:
    report = ask("north", "east", target=[LINUX, MACOS])
    (skip,) = report.skipped
    assert (skip.requirement, skip.code) == ("north", "no-wheel")
    assert skip.reason.endswith("[CPython 3.12.0, macos]")
    assert not report.complete
    (everywhere,) = ask("north", "east", "absent", target=[LINUX, WINDOWS]).skipped
    assert "[CPython" not in everywhere.reason


def test_a_marker_brings_a_distribution_on_one_target_only(ask: Asker) -> None:
    report = ask("wintry", "east", deps=True, target=[LINUX, WINDOWS])
    assert where(report) == {frozenset({"east", "frost"}): {"windows"}}


def test_a_requirement_whose_marker_holds_on_one_target(ask: Asker) -> None:
    for deps in (True, False):
        report = ask("frost; sys_platform == 'win32'", "east", deps=deps, target=[LINUX, WINDOWS])
        assert where(report) == {frozenset({"east", "frost"}): {"windows"}}
        assert [each.code for each in report.not_compared] == ["marker"]


def test_case_matters_where_it_matters(ask: Asker) -> None:
    report = ask("upper", "lower", target=[LINUX, MACOS, WINDOWS])
    graves = [each for each in report.overlaps if each.severity == "error"]
    assert [(each.kind, each.targets) for each in graves] == [("case-only", (1, 2))]


def test_a_keeper_is_kept_in_every_target_it_is_in(ask: Asker) -> None:
    """Who is kept need not be everywhere; commands name no environment, for there are several."""
    report = ask("earth", target=[LINUX, WINDOWS], keep=["north"])
    assert {tuple(each.keep) for each in report.remedies} >= {("north",)}
    for remedy in report.remedies:
        if remedy.keep == ("north",):
            assert {each.intact for each in remedy.result if each.distribution == "north"} == {"yes"}
    with pytest.raises(QuestionError, match="--keep nort"):
        ask("earth", target=[LINUX, WINDOWS], keep=["nort"])


def test_where_one_target_has_no_solution_there_is_none(ask: Asker) -> None:
    """And nothing is left behind of what was under way for the others: no process, no pipe."""
    targets = [MACOS, *(target_for(f"3.{minor}", name) for minor in (11, 12) for name in ("linux", "windows"))]
    with pytest.raises(QuestionError, match="macosx"):
        ask("minors", "east", target=targets, deps=True)


def test_the_report_has_the_same_bytes_whichever_target_is_done_first(ask: Asker) -> None:
    targets = [target_for(f"3.{minor}", name) for minor in (11, 12) for name in ("linux", "windows")]

    def told() -> str:
        report = json.loads(ask("wintry", "east", "minors", target=targets, deps=True).to_json())
        del report["reading"]
        return json.dumps(report)

    assert told() == told()


# -- from the command line -----------------------------------------------------------------------------------


def test_versions_and_platforms_are_combined(ask: Asker) -> None:
    options = ("--python-version", "3.12", "--python-version", "3.13", "--python-platform", "linux")
    ran = Command(ask.folder, ask.index.simple, ask.environ)(
        "earth", *options, "--python-platform", "windows", "--format", "json"
    )
    assert [(each["python_version"], each["platform"]) for each in ran.json["targets"]] == [
        ("3.12.0", "linux"), ("3.13.0", "linux"), ("3.12.0", "windows"), ("3.13.0", "windows"),
    ]  # fmt: skip
    assert {each["python"] for each in ran.json["targets"]} == {None}
    assert {tuple(each["targets"]) for each in ran.json["overlaps"]} == {(0, 1), (2, 3)}


def test_with_versions_alone_this_machine_is_meant(ask: Asker) -> None:
    ran = Command(ask.folder, ask.index.simple, ask.environ)(
        "east", "upper", "--python-version", "3.11", "--python-version", "3.12", "--format", "json", as_module=True
    )
    assert [each["python_version"] for each in ran.json["targets"]] == ["3.11.0", "3.12.0"]
    assert {each["markers"]["sys_platform"] for each in ran.json["targets"]} == {sys.platform}


# -- locks for many targets ----------------------------------------------------------------------------------


def test_every_target_of_a_lock(ask: Asker, locks: dict[str, str]) -> None:
    """Minors within requires-python that some wheel is built for, times the platforms among the wheels."""
    path = ask.write("uv.lock", locks["earth"])
    report = ask(path, all_targets=True)
    assert [(each.python_version, each.platform) for each in report.targets] == [
        (f"3.{minor}.0", platform) for minor in (11, 12) for platform in BOTH.values()
    ]
    expected = {owners: {BOTH[each] for each in platforms} for owners, platforms in ONLY_ONE_EACH.items()}
    assert where(report) == expected
    assert not ask.index.page_requests
    assert len(ask.index.file_requests) == len(report.distributions)
    assert [each.requirement for each in report.not_compared] == ["ours==1"]
    assert not report.skipped


def test_wheels_of_a_lock_for_different_platforms_never_clash(ask: Asker, locks: dict[str, str]) -> None:
    path = ask.write("uv.lock", locks["lands"])
    report = ask(path, all_targets=True)
    assert len(report.targets) == 4
    assert (report.overlaps, report.exit_code()) == ((), 0)


def test_all_targets_takes_a_lock_and_nothing_else_that_says_for_what(ask: Asker, locks: dict[str, str]) -> None:
    path = ask.write("uv.lock", locks["earth"])
    command = Command(ask.folder, ask.index.simple, ask.environ)
    ran = command(path, "--all-targets")
    assert ran.code == 1
    assert ran.lines[0].endswith(": 1 error in each of 4 targets")
    assert ran.lines[1].startswith("  targets  1 error: CPython 3.11.0, ")
    for arguments, told in (
        (["north", "south", "--all-targets"], "from a lock or from wheels"),
        (
            [path, "--all-targets", "--python-version", "3.12"],
            "--all-targets takes the targets from the lock or the wheels",
        ),
    ):
        ran = command(*arguments)
        assert (ran.code, told in ran.err) == (2, True)


def test_a_folder_for_several_platforms_is_looked_at_for_each(ask: Asker) -> None:
    for wheel in WHEELS[:5]:
        wheel.write(ask.folder / "dist")
    report = ask("dist/", target=[LINUX, WINDOWS])
    assert where(report) == ONLY_ONE_EACH
    assert not ask.index.requests


def test_all_targets_of_a_folder_are_those_that_its_wheels_are_for(ask: Asker) -> None:
    """What a publisher asks before an upload: one run over everything that was built."""
    for wheel in (
        native("north", BOTH["linux"], shared=True), native("south", BOTH["linux"], shared=True),
        native("north", BOTH["windows"], shared=True), native("south", BOTH["windows"], shared=False),
        Wheel("late", files={"late.py": ""}, metadata=["Requires-Python: >=3.13"]),
        Wheel("old", files={"old.py": ""}, tag="cp311-cp311-win_amd64", purelib="false"),
    ):  # fmt: skip
        wheel.write(ask.folder / "dist")
    report = ask("dist", all_targets=True)
    assert {each.platform for each in report.targets} == set(BOTH.values())
    clash = next(each for each in report.overlaps if each.path == "both.py")
    assert {report.targets[number].platform for number in clash.targets} == {BOTH["linux"]}
    assert (report.exit_code(), report.complete) == (1, True), "a project without a wheel for a target is no gap"
    assert "old" in {each.requirement for each in report.not_compared}


def test_all_targets_of_a_wheel_are_within_the_python_it_requires(ask: Asker) -> None:
    for name in ("one", "two"):
        Wheel(name, files={f"{name}.py": ""}, metadata=["Requires-Python: >=3.12,<3.14"]).write(ask.folder / "dist")
    report = ask("dist", all_targets=True)
    assert {each.python_version.rpartition(".")[0] for each in report.targets} == {"3.12", "3.13"}
    alone = ask("dist/one-1.0-py3-none-any.whl", all_targets=True)
    assert len(alone.targets) == len(report.targets)


def test_no_count_adds_up_what_several_targets_have(tmp_path: Path) -> None:
    """A project with a wheel for each platform is one distribution, and a path that these share is one file."""
    for name in ("one", "two", "three", "four", "five"):
        shared: dict[str, bytes | str] = {"p/a.py": name, "p/b.py": name} if name in {"one", "two"} else {"d.py": ""}
        shared |= {"p/a.py": name} if name == "five" else {}
        for tag in BOTH.values():
            files = shared | {f"{name}.py": ""}
            Wheel(name, files=files, tag=f"py3-none-{tag}", purelib="false").write(tmp_path / "d")
    command = Command(tmp_path, None, {"HOME": str(tmp_path)})
    asked = (
        "d/",
        "--no-index",
        "--python-version",
        "3.12",
        "--python-platform",
        "linux",
        "--python-platform",
        "windows",
    )
    said = command(*asked).out
    assert said.startswith("3 of 5 distributions clash: 2 errors, 1 notice in each of 2 targets")
    assert "  notice   1 file shared by five, four and three" in said
    assert "  pip  five wins (1 of 2): it is installed last" in said
    for wheel in (tmp_path / "d").glob("*.whl"):
        if wheel.name.partition("-")[0] in {"one", "three", "five"}:
            wheel.unlink()
    assert command(*asked).out.startswith("No clash: 2 distributions, 11 files [2 targets")


def test_the_version_that_clashes_is_named_where_targets_have_several(ask: Asker) -> None:
    """In the first line too, and whichever target comes first."""
    house = ask.folder / "house"
    Wheel("east", files={"both.py": "east"}).write(house)
    native("west", BOTH["windows"], shared=True).write(house)
    Wheel("west", "2.0", files={"west.py": ""}, tag=f"py3-none-{BOTH['linux']}").write(house)
    for platforms in (("linux", "windows"), ("windows", "linux")):
        options = [part for platform in platforms for part in ("--python-platform", platform)]
        ran = Command(ask.folder, None, ask.environ)("house", "--python-version", "3.12", *options)
        assert ran.lines[0] == "east 1.0 and west 1.0 clash: 1 error at most, in 1 of 2 targets"
