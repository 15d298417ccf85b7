"""Sets that nobody typed, end to end: real uv resolves them over a loopback index, and every wheel is read from it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import LINUX as LINUX_OPTIONS
from tests.support.command import ROOT, Command, Ran
from tests.support.environments import Environments, RealInstaller
from tests.support.loopback import LoopbackIndex
from tests.support.resolving import sdist
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash import QuestionError, Session
from wheelclash.index.settings import IndexOptions
from wheelclash.parts import distribution_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelclash import Report

HUSH = "s3cr3t-p4ss"
X12 = Wheel("x-cu12", "1.1", {"x/core.py": "12", "x/same.py": ""}, scripts={"x-tool": "x:twelve"})
X13 = Wheel("x-cu13", "1.1", {"x/core.py": "13", "x/same.py": ""}, scripts={"x-tool": "x:thirteen"})
META = Wheel("meta", "1.1", {"meta.py": ""}, requires=["x-cu12", "x-cu13", "far; sys_platform == 'win32'"])
APP = Wheel("app", files={"app.py": ""}, requires=["meta", "spare; extra == 'more'"], metadata=["Provides-Extra: more"])
WHEELS = (
    X12, X13, META, APP,
    Wheel("spare", files={"x/core.py": "spare"}), Wheel("calm", files={"calm.py": ""}), Wheel("far"),
    Wheel("stops", requires=["afile", "folder"]), Wheel("afile", files={"thing": "1"}),
    Wheel("folder", files={"thing/part.py": "2"}), Wheel("over", requires=["under"]),
    Wheel("opencv-python", files={"cv2/cv2.abi3.so": b"\x7fELF 1"}),
    Wheel("opencv-python-headless", files={"cv2/cv2.abi3.so": b"\x7fELF 2"}),
    Wheel("opencv-contrib-python", tag="cp312-cp312-win_amd64", purelib="false"),
    Wheel("thing", requires=["thing-cpu; extra == 'cpu'", "thing-gpu; extra == 'gpu'"],
          metadata=["Provides-Extra: cpu", "Provides-Extra: gpu"]),
    Wheel("x-nightly", files={"other.py": ""}),
    Wheel("thing-cpu", files={"thing_core.py": "cpu"}), Wheel("thing-gpu", files={"thing_core.py": "gpu"}),
    Wheel("twofold", files={"x/core.py": "any"}),
    Wheel("twofold", files={"twofold.py": ""}, tag="py3-none-manylinux_2_17_x86_64"),
)  # fmt: skip

CLASH = [("scripts", "x-tool", "different", "error"), ("site-packages", "x/core.py", "different", "error")]
CHAINS = {"meta": ("meta",), "x-cu12": ("meta", "x-cu12"), "x-cu13": ("meta", "x-cu13")}


class Asker:
    """Somebody in a folder of their own, with one index, uv's cache, and nothing of this machine's settings."""

    def __init__(self, folder: Path, index: LoopbackIndex, uv_cache: Path) -> None:
        self.folder = folder
        self.index = index
        self.environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "UV_CACHE_DIR": str(uv_cache)}

    def __call__(self, *requirements: str, **options: Any) -> Report:
        """Ask, nothing kept; ``flags`` are those of the index."""
        flags = {"index_url": self.index.simple} | options.pop("flags", {})
        given: dict[str, Any] = {"target": LINUX, "index": IndexOptions(**flags)}
        given |= {"use_config": False, "environ": self.environ} | options
        with Session(cache_dir=None) as session:
            session.fetcher.trust_env = False
            return session.check(requirements, **given)

    def write(self, path: str, *lines: str) -> str:
        """A file in the folder; its path relative to that."""
        found = self.folder / path
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return path

    def command(self, *arguments: str, **more: Any) -> Ran:
        """Run the command itself, for the same target."""
        return Command(self.folder, self.index.simple, self.environ)(*arguments, *LINUX_OPTIONS, **more)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        served.add(*WHEELS)
        served.add_file("under-1.0.tar.gz", sdist("under", "1.0"))
        yield served


@pytest.fixture(scope="module")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture
def ask(index: LoopbackIndex, uv_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asker:
    monkeypatch.chdir(tmp_path)
    index.forget()
    return Asker(tmp_path, index, uv_cache)


def found(report: Report) -> list[tuple[str, str, str, str]]:
    """What an overlap is, for every one that counts."""
    return [
        (each.root, each.path, each.kind, each.severity)
        for each in report.overlaps
        if each.severity in {"error", "warning"}
    ]


def names(report: Report) -> set[str]:
    return {each.name for each in report.distributions}


def chains(report: Report) -> dict[str, tuple[str, ...]]:
    return {each.name: tuple(each.through) for each in report.distributions}


# -- dependencies --------------------------------------------------------------------------------------------


def test_one_requirement_alone_is_asked_about_with_what_it_pulls_in(ask: Asker) -> None:
    report = ask("meta")
    assert found(report) == CLASH
    assert chains(report) == CHAINS
    assert report.warnings == ()
    assert report.exit_code() == 1
    assert "  through  meta 1.1 → x-cu12 1.1; meta 1.1 → x-cu13 1.1\n" in report.to_text()
    told = json.loads(report.to_json())
    assert {each["name"]: tuple(each["through"]) for each in told["distributions"]} == CHAINS


def test_chains_are_the_shortest_way_from_what_was_asked_for(ask: Asker) -> None:
    deep = chains(ask("app"))
    assert deep["x-cu12"] == ("app", "meta", "x-cu12")
    short = chains(ask("app", "x-cu12", deps=True))
    assert (short["x-cu12"], short["x-cu13"]) == (("x-cu12",), ("app", "meta", "x-cu13"))


def test_what_an_extra_pulls_in_comes_through_who_asked_for_it(ask: Asker) -> None:
    assert "spare" not in names(ask("app"))
    report = ask("app[more]")
    assert chains(report)["spare"] == ("app", "spare")
    assert {len(each.owners) for each in report.overlaps if each.path == "x/core.py"} == {3}


def test_several_requirements_are_compared_as_named_unless_dependencies_are_asked_for(ask: Asker) -> None:
    assert names(ask("app", "calm")) == {"app", "calm"}
    assert names(ask("app", "calm", deps=True)) == {"app", "calm", "meta", "x-cu12", "x-cu13"}


def test_a_wheel_on_disk_brings_its_dependencies_alone_or_if_asked_to(ask: Asker) -> None:
    path = Wheel("mine", requires=["meta"]).write(ask.folder / "dist")
    assert names(ask(str(path), "calm")) == {"mine", "calm"}
    for report in (ask(str(path)), ask("dist"), ask(str(path), deps=True)):
        assert chains(report)["x-cu13"] == ("mine", "meta", "x-cu13")
    assert "calm" in names(ask(str(path), "calm", deps=True))


def test_one_requirement_without_dependencies_is_no_question(ask: Asker) -> None:
    ran = ask.command("meta", "--no-deps")
    assert ran.code == 2
    assert "meta alone has nothing to clash with" in ran.err
    assert "--deps" in ran.err
    assert not ask.index.requests


def test_a_requirement_whose_marker_does_not_hold_is_not_compared_and_nothing_is_asked(ask: Asker) -> None:
    with pytest.raises(QuestionError, match="There is nothing to compare"):
        ask("meta; sys_platform == 'win32'")
    assert not ask.index.requests
    report = ask("meta; sys_platform == 'win32'", "x-cu12", "x-cu13")
    assert names(report) == {"x-cu12", "x-cu13"}
    assert [each.code for each in report.not_compared] == ["marker"]


def test_a_resolved_set_needs_no_index_page_but_of_what_was_asked_for_and_left_open(ask: Asker) -> None:
    """Whether its newest release was chosen; all other pages are for uv to ask. A wheel is read with one request."""
    report = ask("meta")
    assert (report.reading.index_requests, report.reading.wheel_requests) == (1, 3)
    report = ask("meta==1.1")
    assert (report.reading.index_requests, report.reading.wheel_requests) == (0, 3)


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    """An index of projects that have a newer release."""

    def windows(name: str, version: str) -> Wheel:
        return Wheel(name, version, tag="cp312-cp312-win_amd64", purelib="false")

    later = Wheel("python", "2.0")
    with LoopbackIndex(tmp_path_factory.mktemp("moving")) as served:
        served.add(
            Wheel("held", "1.0"), Wheel("held", "2.0", requires=["picky"]), windows("picky", "1.0"),
            Wheel("lost", "1.0"), Wheel("lost", "2.0", requires=["nowhere"]),
            Wheel("sourced", "1.0"), Wheel("windows", "1.0"), windows("windows", "2.0"),
            Wheel("free", "1.0"), Wheel("free", "2.0"), Wheel("limits", requires=["free<2"]),
            Wheel("early", "1.0"), Wheel("early", "2.0rc1"),
            Wheel("python", "1.0"), later,
        )  # fmt: skip
        served.facts(later.filename).requires_python = ">=3.99"
        served.add_file("sourced-2.0.tar.gz", sdist("sourced", "2.0"))
        yield served


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["held"], "held 1.0 is compared; the newest is 2.0: picky has no wheel for this target"),
        (["lost"], "lost 1.0 is compared; the newest is 2.0: nowhere, which it requires, was not found"),
        (["sourced"], "sourced 1.0 is compared; the newest is 2.0: it came as source only"),
        (["windows"], "windows 1.0 is compared; the newest is 2.0: it has no wheel for cpython 3.12 on"),
        (["free", "limits"], "free 1.0 is compared; the newest is 2.0: uv says: "),
        (["sourced<2", "held<2"], None),
        (["held==1.0"], None),
        (["free"], None),
        (["early"], None),
        (["python"], None),
        (["limits"], None),
    ],
)
def test_the_newest_release_of_what_was_asked_for_is_named_with_what_kept_it_back(
    ask: Asker, moving: LoopbackIndex, asked: list[str], told: str | None
) -> None:
    ask.write("r.txt", *asked)
    flags = {"index_url": moving.simple}
    for report in (ask(*asked, deps=True, flags=flags), ask(files=["r.txt"], flags=flags)):
        details = [finding.detail for each in report.distributions for finding in each.findings]
        assert [each.partition(told or "!")[:2] for each in details] == ([("", told)] if told else [])
        assert ("note: " + told in report.to_text()) if told else ("note:" not in report.to_text())
        assert report.warnings == ()


def test_a_release_that_was_not_there_yet_is_not_named(ask: Asker, tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "dated") as dated:
        newer = Wheel("held", "2.0", requires=["nowhere"])
        dated.add(Wheel("held", "1.0"), newer)
        dated.facts(newer.filename).upload_time = "2025-06-01T00:00:00Z"
        moment = datetime(2025, 3, 1, tzinfo=UTC)
        flags = {"index_url": dated.simple}
        then, now = (ask("held", flags=flags, exclude_newer=at).distributions for at in (moment, None))
        assert [each.findings for each in then] == [()]
        assert [[finding.code for finding in each.findings] for each in now] == [["newer-release"]]


def test_the_index_alone_that_is_named_is_asked(ask: Asker) -> None:
    with pytest.raises(QuestionError, match="no-such-thing was not found"):
        ask("no-such-thing")
    assert {each.path for each in ask.index.requests} == {"/simple/no-such-thing/"}


def test_failure_to_resolve_is_told_in_the_words_of_uv(ask: Asker) -> None:
    ran = ask.command("over")
    assert ran.code == 2
    assert "under==1.0 has no usable wheels" in ran.err
    assert "--build" in ran.err
    assert ran.out == ""


def test_with_builds_what_cannot_be_built_is_a_skip(ask: Asker) -> None:
    report = ask("over", "meta", deps=True, build=True)
    assert [(each.requirement, each.code) for each in report.skipped] == [("under==1.0", "build-failed")]
    assert found(report) == CLASH
    assert any("may have run code" in each for each in report.warnings)


def test_without_uv_the_extra_that_brings_it_is_named(ask: Asker) -> None:
    ask.write("shadow/uv/__init__.py", "")
    ran = ask.command("meta", PATH=str(ask.folder), PYTHONPATH=f"{ask.folder / 'shadow'}{os.pathsep}{ROOT}")
    assert ran.code == 2
    assert "pip install uv" in ran.err
    assert not ask.index.requests


def test_no_uv_is_needed_where_nothing_is_resolved(ask: Asker) -> None:
    ask.write("shadow/uv/__init__.py", "")
    ran = ask.command("x-cu12", "x-cu13", PATH=str(ask.folder), PYTHONPATH=f"{ask.folder / 'shadow'}{os.pathsep}{ROOT}")
    assert ran.code == 1


def test_a_set_that_cannot_be_installed_has_no_winner(ask: Asker) -> None:
    report = ask("stops")
    assert [(each.path, each.kind) for each in report.overlaps] == [("thing", "file-directory")]
    for diagnosis in report.diagnosis.values():
        assert [(each.state, each.winner, each.reason) for each in diagnosis.overlaps] == [
            ("fails", None, "file-directory")
        ]
    assert "nobody: the installation stops" in report.to_text()


def test_the_same_question_has_the_same_bytes(ask: Asker) -> None:
    ask.write("r.txt", "app[more]", "stops")
    first, again = (
        json.loads(ask(files=["r.txt"], keep=["x-cu13"]).to_json(), object_pairs_hook=list) for _ in range(2)
    )
    assert [each for each in first if each[0] != "reading"] == [each for each in again if each[0] != "reading"]


# -- files of requirements -----------------------------------------------------------------------------------


def test_a_file_of_requirements_is_resolved(ask: Asker) -> None:
    ask.write("r.txt", "-r more/deep.txt", "calm")
    ask.write("more/deep.txt", "-c ../c.txt", "meta")
    ask.write("c.txt", "meta==1.1")
    report = ask(files=["r.txt"])
    assert found(report) == CLASH
    assert names(report) == {"meta", "x-cu12", "x-cu13", "calm"}
    assert chains(report) == CHAINS | {"calm": ("calm",)}
    assert found(ask("./r.txt")) == CLASH, "a path means the same as -r"


def test_a_file_without_dependencies_is_what_it_lists(ask: Asker) -> None:
    ask.write("r.txt", "meta", "x-cu12")
    assert names(ask(files=["r.txt"], deps=False)) == {"meta", "x-cu12"}


FROZEN = (
    "# what pip freeze wrote",
    "x-cu12==1.1",
    "x-cu13==1.1 --config-settings x=y",
    "calm==1.0+cu121",
    "asttokens @ file:///croot/asttokens_1646925590279/work",
    "under==1.0",
    "our-own-name==3",
    "-e git+https://h.example/ours.git@0123456#egg=ours",
    "theirs @ git+https://h.example/theirs.git@0123456",
    "far==1.0 ; sys_platform == 'win32'",
)


def test_an_ordinary_freeze_is_compared_and_each_line_no_wheel_is_known_of_is_a_skip(ask: Asker) -> None:
    ask.write("frozen.txt", *FROZEN)
    report = ask(files=["frozen.txt"], deps=False, environ=ask.environ | {"PATH": _recording_git(ask)})
    assert found(report) == CLASH
    assert chains(report) == {"x-cu12": ("x-cu12",), "x-cu13": ("x-cu13",)}
    assert {each.requirement.partition("==")[0]: each.code for each in report.skipped} == {
        "calm": "no-wheel",
        "asttokens @ file:///croot/asttokens_1646925590279/work": "not-a-wheel",
        "under": "no-wheel",
        "our-own-name": "not-found",
        "git+https://h.example/ours.git@0123456#egg=ours": "not-a-wheel",
        "theirs @ git+https://h.example/theirs.git@0123456": "not-a-wheel",
    }
    assert [each.code for each in report.not_compared] == ["marker"]
    assert report.warnings == (), "nothing was resolved, and nothing came along"
    assert not (ask.folder / "git-was-run").exists()
    ask.write("calm.txt", *(line for line in FROZEN if "x-cu13" not in line), "meta==1.1")
    assert ask(files=["calm.txt"], deps=False).exit_code() == 3


def _recording_git(ask: Asker) -> str:
    """A ``PATH`` where git leaves a trace."""
    git = ask.folder / "bin" / "git"
    git.parent.mkdir(exist_ok=True)
    git.write_text(f"#!/bin/sh\ntouch '{ask.folder}/git-was-run'\nexit 1\n", encoding="utf-8")
    git.chmod(0o755)
    return f"{git.parent}{os.pathsep}{ask.environ['PATH']}"


@pytest.mark.skipif(os.name != "posix", reason="the stand-in of git is a shell script")
@pytest.mark.parametrize("line", ["theirs @ git+https://h.example/t.git", "-e git+ssh://git@h.example/t.git#egg=t"])
def test_git_is_run_only_if_building_was_allowed(ask: Asker, line: str) -> None:
    environ = ask.environ | {"PATH": _recording_git(ask)}
    ask.write("r.txt", "-r more.txt", "calm")
    ask.write("more.txt", line)
    ask.write("pyproject.toml", "[project]", "name = 'ours'", "version = '1'", "dependencies = ['theirs']",
              "[tool.uv.sources]", "theirs = {git = 'https://h.example/t.git'}")  # fmt: skip
    for options in ({"files": ["r.txt"]}, {"files": ["pyproject.toml"]}):
        with pytest.raises(QuestionError, match=r"comes from a repository.*--build"):
            ask(environ=environ, **options)
    if not line.startswith("-e"):
        assert [each.code for each in ask(line, environ=environ).skipped] == ["not-a-wheel"]
    if not line.startswith("-e"):
        ask.write("more.txt", f"{line} ; sys_platform == 'win32'")
        assert names(ask(files=["r.txt"], environ=environ)) == {"calm"}, "its marker does not hold"
        ask.write("more.txt", line)
    assert not (ask.folder / "git-was-run").exists()
    with pytest.raises(QuestionError, match="did not resolve"):
        ask(files=["r.txt"], build=True, environ=environ)
    assert (ask.folder / "git-was-run").exists() == (not line.startswith("-e")), "uv refuses an egg without git"


@pytest.mark.skipif(os.name != "posix", reason="the stand-in of git is a shell script")
@pytest.mark.parametrize("option", ["--require-hashes", "--no-index"])
def test_git_is_not_run_for_what_uv_reads_behind_an_option(ask: Asker, option: str) -> None:
    ask.write("r.txt", f"{option} theirs @ git+https://h.example/t.git", "# theirs \\", "calm")
    with pytest.raises(QuestionError, match=f"nothing may follow {option} on its line"):
        ask(files=["r.txt"], environ=ask.environ | {"PATH": _recording_git(ask)})
    assert not (ask.folder / "git-was-run").exists()


def test_constraints_and_index_options_of_a_file_count_without_dependencies_too(ask: Asker, tmp_path: Path) -> None:
    Wheel("x-cu12", "1.0", {"x/core.py": "old"}).write(tmp_path / "links")
    ask.write("r.txt", "-f links", "-c c.txt", "x-cu12", "calm", "# nothing else")
    ask.write("c.txt", "x-cu12<1.1")
    report = ask(files=["r.txt"], deps=False)
    assert {each.name: each.version for each in report.distributions} == {"x-cu12": "1.0", "calm": "1.0"}
    assert report.complete


@pytest.mark.parametrize("options", [{}, {"deps": True}, {"deps": False}])
def test_options_of_a_constraints_file_count_for_arguments_too(
    ask: Asker, tmp_path: Path, options: dict[str, Any]
) -> None:
    """As for real pip and uv."""
    Wheel("x-cu12", "1.0", {"x/core.py": "old"}).write(tmp_path / "links")
    ask.write("c.txt", f"--find-links {tmp_path / 'links'}", "x-cu12<1.1", "--no-binary x-cu13", "--pre")
    report = ask("x-cu12", "calm", constraints=["c.txt"], **options)
    assert {each.name: each.version for each in report.distributions} == {"x-cu12": "1.0", "calm": "1.0"}
    if options.get("deps") is not True:
        assert any("--pre does not count" in note for note in report.warnings)
        assert [skip.requirement for skip in ask("x-cu13", "calm", constraints=["c.txt"], **options).skipped] == [
            "x-cu13"
        ]


@pytest.mark.parametrize("how", ["arguments", "file", "resolved"])
@pytest.mark.parametrize(
    ("lines", "version"),
    [
        (["x-cu12==1.0 ; sys_platform == 'win32'"], "1.1"),
        (["x-cu12==1.0 ; sys_platform == 'linux'", "x-cu12==1.1 ; sys_platform != 'linux'"], "1.0"),
        (["x-cu12 @ {links}/x_cu12-1.0-py3-none-any.whl"], "1.0"),
        (["x-cu12 @ {links}/x_cu12-1.0-py3-none-any.whl ; sys_platform == 'win32'", "calm<2"], "1.1"),
        (["other @ file:///nowhere/other-1.0-py3-none-any.whl ; sys_platform == 'win32'"], "1.1"),
    ],
)
def test_a_constraint_counts_where_its_marker_holds_and_may_name_a_place(
    ask: Asker, tmp_path: Path, how: str, lines: list[str], version: str
) -> None:
    Wheel("x-cu12", "1.0", {"x/core.py": "old"}).write(tmp_path / "links")
    flags = {"find_links": [str(tmp_path / "links")]}
    ask.write("c.txt", *(line.format(links=(tmp_path / "links").as_uri()) for line in lines))
    ask.write("r.txt", "x-cu12", "calm")
    if how == "arguments":
        report = ask("x-cu12", "calm", constraints=["c.txt"], flags=flags)
    else:
        report = ask(files=["r.txt"], constraints=["c.txt"], deps=None if how == "resolved" else False, flags=flags)
    assert {each.name: each.version for each in report.distributions} == {"x-cu12": version, "calm": "1.0"}
    assert report.complete


@pytest.mark.parametrize("line", ["x-cu12=1.0", "x-cu12 @ file:///nowhere/x_cu12-1.0-py3-none-any.whl"])
def test_a_constraint_that_is_not_understood_leaves_out_what_it_is_about(ask: Asker, line: str) -> None:
    ask.write("c.txt", line)
    report = ask("x-cu12", "x-cu13", "calm", constraints=["c.txt"])
    assert names(report) == {"x-cu13", "calm"}
    assert [each.requirement for each in report.skipped] == ["x-cu12"]
    assert report.exit_code() == 3
    assert ask("x-cu13", "calm", constraints=["c.txt"]).complete


@pytest.mark.parametrize("deps", [None, False])
@pytest.mark.parametrize("place", ["index", "folder"])
def test_of_files_with_hashes_the_one_is_compared_that_installers_take(
    ask: Asker, *, deps: bool | None, place: str
) -> None:
    """They take it even where another suits the target better: tests/oracle/test_choosing.py shows it."""
    anywhere, ours = ("twofold-1.0-py3-none-any.whl", "twofold-1.0-py3-none-manylinux_2_17_x86_64.whl")
    digests = {name: ask.index.facts(name).sha256 or "" for name in (anywhere, ours, X12.filename)}
    flags = {"index_url": None, "no_index": True, "find_links": [str(ask.index.folder)]} if place == "folder" else {}

    def compared(*hashes: str) -> Report:
        listed = " ".join(f"--hash=sha256:{digest}" for digest in hashes)
        ask.write("r.txt", f"twofold==1.0 {listed}", f"x-cu12 --hash sha256:{digests[X12.filename].upper()}")
        return ask(files=["r.txt"], deps=deps, flags=flags)

    listed = compared(digests[anywhere])
    assert listed.exit_code() == 1
    commands = " ".join(part for remedy in listed.remedies for step in remedy.steps for part in step.command)
    assert "twofold==1.0" not in commands, "by its version alone, they take the other one"
    assert anywhere in commands
    assert compared(digests[ours]).exit_code() == 0
    assert compared(*digests.values()).exit_code() == 0
    other = compared("0" * 64)
    assert [(each.requirement, each.code) for each in other.skipped] == [("twofold==1.0", "not-found")]
    assert not other.complete


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["--no-binary x-cu12"], ["x-cu12"]), (["--no-binary=x_cu12"], ["x-cu12"]),
        (["--no-binary :all:", "--only-binary x-cu13"], ["x-cu12"]),
        (["--no-binary x-cu12", "--no-binary :none:"], []),
        (["--only-binary :all:"], []), (["--pre x"], []), (["--prefer-binary"], []),
        (["--use-feature fast-deps"], []), (["--trusted-host x"], []), (["--frobnicate"], None), (["-z"], None),
        (["--frobnicate", "-r more.txt"], None), (["-r more.txt", "-flinks"], None), (["--no-deps"], None),
        (["x-cu12 --pre"], None), (["x-cu12 -z"], None), (["x-cu12 --global-option=x"], None),
        (["x-cu12 --no-binary x-cu12"], None),
        (["-r"], None), (["--editable="], None), (["--no-binary"], None), (["--require-hashes x"], None),
        (["--no-index", "--index-url {index}"], ["x-cu12", "x-cu13"]), (["--no-index calm"], None),
    ],
)  # fmt: skip
def test_options_of_a_file_count_without_dependencies_as_uv_counts_them(
    ask: Asker, lines: list[str], found: list[str] | None
) -> None:
    """Names are those that have no wheel then; None stands for a refusal. With dependencies real uv reads the file."""
    ask.write("more.txt", "calm")
    ask.write("r.txt", *(line.format(index=ask.index.simple) for line in lines), "x-cu12", "x-cu13")
    try:
        report = ask(files=["r.txt"], deps=False)
    except QuestionError:
        assert found is None
    else:
        assert [skip.requirement for skip in report.skipped] == found
        assert lines[0].startswith("--pre ") == any("--pre does not count" in note for note in report.warnings)
    if lines[-1] in {"--no-binary", "--no-binary :none:"}:
        return  # as for pip: uv takes the next line for its value, and counts :none: for nothing
    try:
        ask(files=["r.txt"])
        refused = None
    except QuestionError as error:
        refused = error.reason
    assert (refused is not None, "No solution" in (refused or "")) == (found != [], bool(found))


def test_a_list_of_pins_with_options_that_uv_refuses_is_compared_only_if_they_can_be_passed_over(ask: Asker) -> None:
    ask.write("r.txt", "x-cu12==1.1 --config-settings=a=b", "x-cu13==1.1")
    assert found(ask(files=["r.txt"])) == CLASH
    warnings = ask(files=["r.txt"], deps=False, build=True).warnings
    assert "r.txt: what is built for x-cu12==1.1 is built without its --config-settings" in warnings
    ask.write("r.txt", "x-cu12==1.1 --frobnicate", "x-cu13==1.1")
    with pytest.raises(QuestionError, match="--frobnicate of x-cu12"):
        ask(files=["r.txt"])


def test_a_hash_on_a_line_of_its_own_is_refused_as_such(ask: Asker) -> None:
    ask.write("r.txt", "x-cu12==1.1 \\", "  # via x", f"  --hash=sha256:{'0' * 64}", "x-cu13==1.1")
    with pytest.raises(QuestionError, match="a --hash stands on a line of its own, without a requirement"):
        ask(files=["r.txt"], deps=False)


def test_a_line_may_begin_with_blanks(ask: Asker) -> None:
    ask.write("r.txt", "  -e ./ours", " x-cu12==1.1", "x-cu13==1.1")
    report = ask(files=["r.txt"], deps=False)
    assert found(report) == CLASH
    assert [(each.requirement, each.code) for each in report.skipped] == [("./ours", "not-a-wheel")]


def test_what_options_of_a_file_have_built_comes_from_its_source(ask: Asker) -> None:
    reasons = []
    for option in ("--no-binary", "--only-binary"):
        ask.write("r.txt", f"{option} under", "under", "x-cu12")
        (skip,) = ask(files=["r.txt"], deps=False).skipped
        reasons.append(skip.reason)
    assert "--no-binary has it built: --build would" in reasons[0]
    assert reasons[1] == "1.0 came as source only; --only-binary has nothing built"


@pytest.mark.parametrize("deps", [None, False])
def test_a_file_of_a_listed_hash_is_taken_before_one_whose_hash_the_index_does_not_give(
    ask: Asker, monkeypatch: pytest.MonkeyPatch, *, deps: bool | None
) -> None:
    """So do pip and uv, which download what has no hash only where nothing else fits."""
    anywhere, ours = (
        ask.index.facts(f"twofold-1.0-{tag}.whl") for tag in ("py3-none-any", "py3-none-manylinux_2_17_x86_64")
    )
    digest = ours.sha256
    monkeypatch.setattr(ours, "sha256", None)
    for listed, code in ((anywhere.sha256, 1), (digest, 0)):
        ask.write("r.txt", f"twofold==1.0 --hash=sha256:{listed}", "x-cu12")
        assert ask(files=["r.txt"], deps=deps).exit_code() == code


@pytest.mark.parametrize("deps", [None, False])
@pytest.mark.parametrize("place", ["{path}", "x-cu12 @ {path_url}", "x-cu12 @ {url}", "x-cu12 @ {url}#sha256={sha256}"])
def test_a_wheel_that_is_named_by_its_place_is_compared_only_with_a_listed_hash(
    ask: Asker, place: str, *, deps: bool | None
) -> None:
    path = X12.write(ask.folder / "dist")
    content = path.read_bytes()
    sha256, sha512 = (hashlib.new(name, content).hexdigest() for name in ("sha256", "sha512"))
    named = place.format(path=path, path_url=path.as_uri(), url=ask.index.file_url(X12.filename), sha256=sha256)
    for listed in ([f"sha256:{sha256}"], [f"sha512:{'0' * 128}", f"sha256:{sha256}"]):
        ask.write("r.txt", " ".join([named, *(f"--hash={each}" for each in listed)]), "x-cu13")
        assert found(ask(files=["r.txt"], deps=deps)) == CLASH
    ask.write("r.txt", f"{named} --hash=sha256:{'0' * 64}", "x-cu13")
    report = ask(files=["r.txt"], deps=deps)
    assert len(report.skipped) == 1
    assert not found(report)
    if deps is False and "path" in place:
        ask.write("r.txt", f"{named} --hash=sha512:{sha512}", "x-cu13")
        assert found(ask(files=["r.txt"], deps=deps)) == CLASH


@pytest.mark.parametrize("deps", [None, False])
def test_hashes_that_no_index_gives_leave_open_which_file_is_meant(ask: Asker, *, deps: bool | None) -> None:
    for algorithm, length in (("sha512", 128), ("sha384", 96)):
        ask.write("r.txt", f"twofold==1.0 --hash={algorithm}:{'0' * length}", "x-cu12")
        report = ask(files=["r.txt"], deps=deps)
        assert [(skip.requirement, skip.code) for skip in report.skipped] == [("twofold==1.0", "not-found")]
    if deps is False:
        ask.write("r.txt", "twofold==1.0 --hash=sha256:abc", "x-cu12")
        with pytest.raises(QuestionError, match="is no SHA-2 hash"):
            ask(files=["r.txt"], deps=False)


@pytest.mark.parametrize("deps", [None, False])
def test_hashes_of_constraints_count_too(ask: Asker, *, deps: bool | None) -> None:
    """Real uv holds them also against what nobody asked for by name, and refuses lines without a common hash."""
    anywhere, ours = (
        ask.index.facts(f"twofold-1.0-{tag}.whl").sha256 for tag in ("py3-none-any", "py3-none-manylinux_2_17_x86_64")
    )
    ask.index.add(Wheel("brings", "1.0", requires=["twofold"]))
    ask.write("c.txt", f"twofold==1.0 --hash=sha256:{anywhere}")
    for asked in ("twofold", "brings") if deps is None else ("twofold",):
        ask.write("r.txt", asked, "x-cu12")
        assert ask(files=["r.txt"], constraints=["c.txt"], deps=deps).exit_code() == 1
    ask.write("r.txt", f"twofold==1.0 --hash=sha256:{ours}", "x-cu12", "calm")
    report = ask(files=["r.txt"], constraints=["c.txt"], deps=deps)
    assert [(skip.requirement, skip.code) for skip in report.skipped] == [("twofold==1.0", "not-found")]
    assert report.exit_code() == 3


def test_hashes_of_a_line_that_does_not_apply_do_not_count(ask: Asker) -> None:
    digest = ask.index.facts("twofold-1.0-py3-none-any.whl").sha256
    ask.write(
        "r.txt",
        f"twofold==1.0 ; sys_platform != 'linux' --hash=sha256:{'0' * 64}",
        f"twofold==1.0 ; sys_platform == 'linux' --hash=sha256:{digest}",
        "x-cu12",
    )
    assert [ask(files=["r.txt"], deps=deps).exit_code() for deps in (None, False)] == [1, 1]


def test_of_a_project_without_dependencies_is_compared_what_it_lists(ask: Asker) -> None:
    ask.write("pyproject.toml", *PYPROJECT, "[tool.uv.sources]", "calm = {path = '../calm'}")
    report = ask("pyproject.toml", deps=False, groups=["docs"])
    assert names(report) == {"meta", "spare"}
    assert [(each.requirement, each.code) for each in report.skipped] == [("calm", "not-a-wheel")]
    assert [each.requirement for each in report.not_compared] == ["ours"]
    ask.write("pyproject.toml", "[project]", "name = 'ours'", "dynamic = ['version', 'dependencies']")
    with pytest.raises(QuestionError, match="not known until the project's code is run"):
        ask("pyproject.toml", deps=False)


def test_settings_of_a_project_count_of_which_a_group_alone_is_asked_for(ask: Asker) -> None:
    """As they do for real uv."""
    old = Wheel("aged", "0.1").write(ask.folder / "old")
    ask.index.add(Wheel("aged", "0.2"), Wheel("aged", "1.0"))
    ask.write("r.txt", "calm")
    for setting, version in (
        ("constraint-dependencies = ['aged<1']", "0.2"),
        (f"sources.aged.path = '{old}'", "0.1"),
    ):
        ask.write("pyproject.toml", "[dependency-groups]", "dev = ['aged']", "[tool.uv]", setting)
        versions = {each.name: each.version for each in ask(files=["r.txt"], groups=["dev"]).distributions}
        assert versions == {"calm": "1.0", "aged": version}
    listed = ask(files=["r.txt"], groups=["dev"], deps=False)
    assert [(each.requirement, each.code) for each in listed.skipped] == [("aged", "not-a-wheel")]


def test_what_a_file_lists_is_asked_for_itself_whatever_else_would_bring_it(ask: Asker) -> None:
    """``spare`` comes with an extra of ``app`` that is not asked for; pins of a freeze come with nothing."""
    ask.write("r.txt", "app", "spare", "x-cu12==1.1")
    report = ask(files=["r.txt"])
    assert chains(report) == {
        "app": ("app",), "spare": ("spare",), "x-cu12": ("x-cu12",),
        "meta": ("app", "meta"), "x-cu13": ("app", "meta", "x-cu13"),
    }  # fmt: skip
    assert "and 2 that come with it" in report.to_text()
    ask.write("frozen.txt", "app", "meta==1.1", "x-cu12==1.1", "x-cu13==1.1", "spare")
    assert "come with it" not in ask(files=["frozen.txt"]).to_text()


def test_an_extra_that_a_file_asks_for_is_followed_and_named_in_commands(ask: Asker) -> None:
    ask.write("r.txt", "app[more]", "calm")
    report = ask(files=["r.txt"], keep=["app"])
    assert chains(report)["spare"] == ("app", "spare")
    ask.write("pyproject.toml", *PYPROJECT)
    assert chains(ask("pyproject.toml", extras=["loud"]))["spare"] == ("spare",)
    assert chains(ask("pyproject.toml"))["x-cu12"] == ("meta", "x-cu12")


def test_a_secret_in_the_url_of_a_listed_wheel_keeps_that_wheel_out_of_the_report(ask: Asker) -> None:
    ask.write("r.txt", "x-cu12", "x-cu13", "x @ https://h.example/${MY_TOKEN}/x-1-py3-none-any.whl")
    report = ask(files=["r.txt"], deps=False, environ=ask.environ | {"MY_TOKEN": HUSH})
    assert HUSH not in report.to_json() + report.to_text(verbose=True)
    assert [each.code for each in report.skipped] == ["refused"]


def test_files_and_requirements_are_resolved_together(ask: Asker) -> None:
    ask.write("r.txt", "x-cu12")
    report = ask("x-cu13", files=["r.txt"])
    assert found(report) == CLASH


def test_standard_input_is_a_file_of_requirements(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"meta # the one\n")))
    assert found(ask("-")) == CLASH


@pytest.mark.parametrize(
    ("text", "told"),
    [(b"", "nothing was asked"), (b"\0", "no text"), (b"[project]\nname = 'ours'\n", "only be read from a file")],
)
def test_what_comes_by_standard_input_describes_a_set(
    ask: Asker, text: bytes, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing at all is no set without clashes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    with pytest.raises(QuestionError, match=told):
        ask("-")


def test_what_is_given_as_requirements_may_have_any_name(ask: Asker) -> None:
    assert names(ask(files=[ask.write("frozen", "x-cu12", "x-cu13")], deps=False)) == {"x-cu12", "x-cu13"}


SCRIPT = ("# /// script", "# requires-python = '>=3.8'", "# dependencies = ['meta']", "# ///", "import x")
PYPROJECT = (
    "[project]", "name = 'ours'", "version = '1'", "dependencies = ['meta']",
    "[project.optional-dependencies]", "quiet = ['calm']", "loud = ['spare']",
    "[dependency-groups]", "dev = ['spare']", "docs = [{include-group = 'dev'}, 'calm']",
)  # fmt: skip


def test_a_script_says_what_it_requires(ask: Asker) -> None:
    report = ask(ask.write("run.py", *SCRIPT))
    assert found(report) == CLASH
    assert names(report) == {"meta", "x-cu12", "x-cu13"}


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, set()),
        ({"extras": ["quiet"]}, {"calm"}),
        ({"all_extras": True}, {"calm", "spare"}),
        ({"groups": ["dev"]}, {"spare"}),
        ({"groups": ["docs"], "extras": ["quiet"]}, {"spare", "calm"}),
    ],
)
def test_a_project_is_asked_about_with_the_extras_and_groups_that_are_named(
    ask: Asker, options: dict[str, Any], more: set[str]
) -> None:
    report = ask(ask.write("pyproject.toml", *PYPROJECT), **options)
    assert names(report) == {"meta", "x-cu12", "x-cu13"} | more
    assert [(each.requirement, each.code) for each in report.not_compared] == [("ours", "project")]
    assert report.complete


def test_the_same_set_from_every_file_and_from_the_command_line(ask: Asker) -> None:
    ask.write("run.py", *SCRIPT)
    ask.write("pyproject.toml", *PYPROJECT)
    ask.write("r.txt", "meta")
    ran = [
        ask.command(*each, "--format", "json") for each in (["meta"], ["-r", "r.txt"], ["run.py"], ["pyproject.toml"])
    ]
    assert [each.code for each in ran] == [1, 1, 1, 1]
    assert len({json.dumps(each.json["overlaps"]) for each in ran}) == 1
    assert len({json.dumps(each.json["diagnosis"]) for each in ran}) == 1


# -- against, siblings, folders ------------------------------------------------------------------------------


def test_a_wheel_before_its_upload_takes_the_place_of_the_published_one(ask: Asker) -> None:
    """The gate a publisher needs: the new ``x-cu12`` with the ``x-cu13`` that everybody has."""
    Wheel("x-cu12", "2.0", {"x/same.py": ""}).write(ask.folder / "dist")
    report = ask("dist/", against=["x-cu12", "x-cu13"])
    assert {each.name: (each.version, each.evidence) for each in report.distributions} == {
        "x-cu12": ("2.0", "local"),
        "x-cu13": ("1.1", "full"),
    }
    assert (found(report), report.summary.notices) == ([], 1)
    Wheel("x-cu12", "3.0", {"x/core.py": "new"}).write(ask.folder / "dist")
    assert found(ask("dist/", against=["x-cu13"])) == CLASH[1:]


@pytest.mark.parametrize("options", [{"files": ["r.txt"]}, {"requirements": ["calm"], "deps": True}])
def test_what_is_resolved_is_compared_with_what_is_published(ask: Asker, options: dict[str, Any]) -> None:
    ask.write("r.txt", "calm")
    asked = options.pop("requirements", [])
    report = ask(*asked, against=["x-cu13"], **options)
    assert names(report) == {"calm", "x-cu13"}


def test_a_folder_of_wheels_is_read_without_any_index(ask: Asker) -> None:
    for wheel in (X12, X13, Wheel("x-cu12", "0.9")):
        wheel.write(ask.folder / "dist")
    ran = ask.command("dist/", "--format", "json", "--offline")
    assert (ran.code, {each["version"] for each in ran.json["distributions"]}) == (1, {"1.1"})
    assert any("0.9" in each for each in ran.json["warnings"])
    assert not ask.index.requests


def test_siblings_are_compared_and_one_that_has_no_wheel_here_is_no_gap(ask: Asker) -> None:
    report = ask(siblings=["opencv-python"])
    assert names(report) == {"opencv-python", "opencv-python-headless"}
    assert [each.path for each in report.overlaps] == ["cv2/cv2.abi3.so"]
    assert {each.requirement for each in report.not_compared} == {
        "opencv-contrib-python", "opencv-contrib-python-headless",
    }  # fmt: skip
    assert report.complete
    assert any("opencv family" in each for each in report.warnings)
    assert ask.command("--siblings", "opencv-python").code == 1


def test_siblings_of_a_meta_package_are_its_requirements(ask: Asker) -> None:
    """Under any extra: they are variants of each other because no one asks for two."""
    report = ask(siblings=["thing"])
    assert names(report) == {"thing", "thing-cpu", "thing-gpu"}
    assert [each.path for each in report.overlaps] == ["thing_core.py"]


def test_siblings_are_compared_with_what_is_resolved(ask: Asker) -> None:
    ask.write("r.txt", "meta")
    assert {"meta", "opencv-python", "opencv-python-headless"} < names(ask(files=["r.txt"], siblings=["opencv-python"]))


def test_wheels_just_built_are_compared_with_their_published_siblings(ask: Asker) -> None:
    """What those share with each other is not in question; one that was built too takes the place of the published."""
    ask.index.add(Wheel("opencv-contrib-python", "9", {"cv2/cv2.abi3.so": b"\x7fELF 3"}))
    Wheel("opencv-python", "2.0", {"cv3/cv3.abi3.so": b"\x7fELF 4"}).write(ask.folder / "dist")
    Wheel("lone").write(ask.folder / "dist")
    (ask.folder / "dist" / "lone-1.0.tar.gz").touch()
    report = ask("dist/", siblings=["*"])
    versions = {each.name: each.version for each in report.distributions}
    assert versions == {
        "lone": "1.0", "opencv-python": "2.0", "opencv-python-headless": "1.0", "opencv-contrib-python": "9",
    }  # fmt: skip
    assert (report.exit_code(fail_on="notice"), report.summary.ignored) == (0, 1)
    assert "no siblings of lone are known" in report.warnings
    assert "source archives are not compared: lone-1.0.tar.gz" in report.warnings
    assert not [each for each in report.warnings if "matches nothing" in each]

    Wheel("opencv-python", "2.1", {"cv2/cv2.abi3.so": b"\x7fELF 4"}).write(ask.folder / "dist")
    ran = ask.command("dist/", "--siblings")
    assert ran.code == 1
    assert "opencv-python 2.1" in ran.out
    Wheel("opencv-python-headless", "2.1").write(ask.folder / "dist")
    Wheel("opencv-contrib-python", "2.1").write(ask.folder / "dist")
    assert names(ask("dist/", siblings=["*"])) == set(versions)
    assert {each.version for each in ask("dist/", siblings=["*"]).distributions} == {"1.0", "2.1"}


def test_siblings_that_no_family_lists_are_named_beside_those_of_all(ask: Asker) -> None:
    Wheel("x-cu14", files={"x/core.py": "14"}).write(ask.folder / "dist")
    with pytest.raises(QuestionError, match="no family is known that x-cu14 belongs to"):
        ask("dist/", siblings=["*"])
    report = ask("dist/", siblings=["*", "x-cu12", "x-cu13"])
    assert names(report) == {"x-cu12", "x-cu13", "x-cu14"}
    assert report.exit_code() == 1
    assert report.summary.ignored == 2
    with pytest.raises(QuestionError, match="no requirement, wheel or folder of wheels is named"):
        ask(ask.write("r.txt", "calm"), siblings=["*"])


def test_a_usual_name_is_a_sibling_if_its_wheel_shares_files(ask: Asker) -> None:
    """No family lists it; a handful of names is looked up, and what shares nothing is no sibling."""
    report = ask(siblings=["x-cu12"])
    assert found(report) == CLASH
    assert names(report) == {"x-cu12", "x-cu13"}
    assert any(
        "of 9 usual names that were tried, x-cu13 shares 3 files with it, x-nightly shares none" in each
        for each in report.warnings
    )
    assert len({each.path for each in ask.index.page_requests}) == 10
    ask.index.forget()
    with pytest.raises(QuestionError, match="no family is known"), Session(cache_dir=None, offline=True) as session:
        session.check([], siblings=["x-cu12"], target=LINUX, index=IndexOptions(index_url=ask.index.simple))
    assert not ask.index.requests


def test_a_name_without_siblings_is_no_question(ask: Asker) -> None:
    with pytest.raises(QuestionError, match="no family is known that calm belongs to"):
        ask(siblings=["calm"])


# -- secrets -------------------------------------------------------------------------------------------------


def test_credentials_reach_the_index_and_nothing_that_is_written(
    tmp_path: Path, uv_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with LoopbackIndex(tmp_path / "private", auth=("user", HUSH)) as private:
        private.add(X12, X13, META, Wheel("far"))
        ask = Asker(tmp_path, private, uv_cache)
        options = ["-i", private.with_credentials("user", HUSH), "--cache-dir", str(tmp_path / "ours")]
        ran = [ask.command("meta", *options, "--format", form) for form in ("text", "json")]
        ran.append(ask.command("meta", "absent", "--deps", *options))
        assert [each.code for each in ran] == [1, 1, 2]
        assert [each.out + each.err for each in ran if HUSH in each.out + each.err] == []
        assert private.simple in ran[1].out
        written = [each for each in (tmp_path / "ours").rglob("*") if each.is_file()]
        assert written
        assert [each for each in written if HUSH.encode() in each.read_bytes()] == []


# -- the oracle ----------------------------------------------------------------------------------------------

GRAPHS = {
    "siblings": [META, X12, X13],
    "a sibling that requires more comes later": [
        META, X12, Wheel("x-cu13", "1.1", X13.files, requires=["deep"]), Wheel("deep", requires=["deeper"]),
        Wheel("deeper"),
    ],
    "a sibling that requires the other comes after it": [
        META, X12, Wheel("x-cu13", "1.1", X13.files, requires=["x-cu12"]),
    ],
}  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("name", GRAPHS)
def test_the_winner_under_pip_is_who_real_pip_leaves_on_disk(
    name: str, ask: Asker, uv_cache: Path, tmp_path: Path
) -> None:
    """With the closure known it is always determined."""
    with LoopbackIndex(tmp_path / "graph") as index:
        index.add(*GRAPHS[name], Wheel("far"))
        report = Asker(tmp_path, index, uv_cache)("meta")
        (outcome,) = [each for each in report.diagnosis["pip"].overlaps if each.path == "x/core.py"]
        environment = Environments(_made(tmp_path / "environments")).new()
        RealInstaller("pip", tmp_path / "pip-cache", index.folder).install(environment, ["meta"]).expect()
        content = environment.files()[environment.real_path("site-packages", "x/core.py")].decode()
    assert (outcome.state, outcome.reason) == ("determined", "order")
    assert outcome.winner == f"x-cu{content}"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_what_is_outside_of_the_set_leaves_the_winner_open_until_it_is_resolved(ask: Asker, tmp_path: Path) -> None:
    """Named alone, one with requirements and one without may come in either order."""
    path = Wheel("y", files={"x/core.py": "y"}, requires=["calm"]).write(tmp_path / "dist")
    assert distribution_of(path, LINUX).requirements.names == {"calm"}

    def outcome(report: Report) -> tuple[str, str]:
        (each,) = report.diagnosis["pip"].overlaps
        return each.state, each.reason

    assert outcome(ask(str(path), "spare")) == ("undetermined", "needs-closure")
    assert outcome(ask(str(path), "spare", deps=True)) == ("determined", "order")
