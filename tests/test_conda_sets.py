"""Locks with packages of conda beside wheels: what pip and uv would write over, asked before anything is installed."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, Command
from tests.support.condamaker import Conda, conda_lock, pixi_lock
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON = Conda("python", "3.12.4", files={"bin/python3.12": "elf"})
THEIRS = Conda(
    "theirs",
    noarch="python",
    files={"site-packages/m.py": "conda", "site-packages/same.py": "s", "site-packages/own.py": ""},
    entry_points=["tool = m:main", "other = m:conda"],
)
LIBRARY = Conda(
    "library",
    files={"lib/python3.12/site-packages/x.so": "\x7fELF conda", "share/z.txt": "conda", "lib/y": ""},
    ending=".tar.bz2",
)
CONDA = (PYTHON, THEIRS, LIBRARY)
OVER = Wheel(
    "over",
    files={"m.py": "wheel", "same.py": "s", "x.so": "\x7fELF wheel", "over-1.0.data/data/share/z.txt": "wheel"},
    scripts={"tool": "m:main", "other": "over:main"},
)
BESIDE = Wheel("beside", files={"beside.py": ""})


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        served.add(OVER, BESIDE, Wheel("theirs", "2.0"))
        for package in CONDA:
            served.add_file(package.filename, package.build_archive())
        yield served


@pytest.fixture
def ask(tmp_path: Path, index: LoopbackIndex) -> Command:
    index.mend()
    index.forget()
    return Command(tmp_path)


@pytest.mark.parametrize(("name", "write"), [("pixi.lock", pixi_lock), ("conda-lock.yml", conda_lock)])
def test_what_wheels_would_write_over_is_judged_like_every_overlap(
    name: str, write: type, ask: Command, index: LoopbackIndex
) -> None:
    (ask.folder / name).write_text(write(index, CONDA, (OVER, BESIDE)))
    ran = ask(name, *LINUX, "--format", "json")
    assert ran.code == 1
    report = ran.json
    assert {
        (f"{overlap['root']}/{overlap['path']}", overlap["kind"], overlap["severity"]): sorted(
            owner["distribution"] for owner in overlap["owners"]
        )
        for overlap in report["overlaps"]
    } == {
        ("site-packages/m.py", "different", "error"): ["conda:theirs", "over"],
        ("site-packages/same.py", "identical", "notice"): ["conda:theirs", "over"],
        ("site-packages/x.so", "different", "error"): ["conda:library", "over"],
        ("data/share/z.txt", "different", "warning"): ["conda:library", "over"],
        ("scripts/tool", "identical", "notice"): ["conda:theirs", "over"],
        ("scripts/other", "different", "error"): ["conda:theirs", "over"],
    }
    evidence = {each["name"]: each["evidence"] for each in report["distributions"]}
    assert evidence.pop("conda:python") == evidence.pop("conda:theirs") == evidence.pop("conda:library") == "conda"
    assert evidence == {"over": "full", "beside": "full"}
    for installer in ("pip", "uv"):
        told = report["diagnosis"][installer]
        ended = {each["path"]: (each["state"], each["winner"], each["reason"]) for each in told["overlaps"]}
        assert ended["m.py"] == ended["x.so"] == ended["share/z.txt"] == ("determined", "over", "newcomer")
        assert {each["name"]: each["intact"] for each in told["distributions"]} == {
            "beside": "yes", "over": "yes", "conda:library": "no", "conda:python": "yes", "conda:theirs": "no",
        }  # fmt: skip
    assert report["complete"]
    assert not report["not_compared"]


def test_on_windows_folders_and_commands_are_others(ask: Command, index: LoopbackIndex) -> None:
    package = Conda("windows", subdir="win-64", files={"Lib/site-packages/X.so": "", "Library/bin/z.dll": ""})
    index.add_file(package.filename, package.build_archive())
    lock = pixi_lock(index, (THEIRS, package), (OVER, BESIDE)).replace("linux-64:", "win-64:")
    (ask.folder / "pixi.lock").write_text(lock)
    options = ("--python-version", "3.12", "--python-platform", "windows", "--format", "json")
    overlaps = ask("pixi.lock", *options).json["overlaps"]
    assert {(f"{overlap['root']}/{overlap['path']}", overlap["kind"]) for overlap in overlaps} == {
        ("site-packages/m.py", "different"),
        ("site-packages/same.py", "identical"),
        ("site-packages/X.so", "case-only"),
        ("scripts/tool.exe", "identical"),
        ("scripts/other.exe", "different"),
    }


def test_no_command_names_a_package_of_conda(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (OVER, BESIDE)))
    for keep in ((), ("--keep", "over"), ("--keep", "conda:theirs"), ("--keep", "conda:theirs", "--keep", "beside")):
        for installer in ("pip", "uv"):
            remedies = ask("pixi.lock", *LINUX, *keep, "--installer", installer, "--format", "json").json["remedies"]
            commands = [step["command"] for remedy in remedies for step in remedy["steps"]]
            assert commands
            assert not [command for command in commands if "conda" in " ".join(command)]
            assert not [command for command in commands if {"uninstall", "--force-reinstall"} & {*command}]
            if "conda:theirs" in keep:
                assert all(command[-1] == "beside==1.0" for command in commands)
    text = ask("pixi.lock", *LINUX).out
    assert text.startswith("3 of 5 distributions clash: 3 errors, 1 warning, 2 notices")
    assert "  error    site-packages/m.py  module, different  (over and conda:theirs)\n" in text
    assert "  pip  over wins: the other is there before it, and what is installed later wins\n" in text


def test_where_nothing_is_shared_the_answer_is_an_all_clear(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (BESIDE,)))
    ran = ask("pixi.lock", *LINUX)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No clash: 4 distributions, ")
    index.forget()
    assert ask("pixi.lock", *LINUX).code == 0
    assert not index.requests  # all of it is in the cache


def test_what_conda_packages_share_is_for_conda_to_say(ask: Command, index: LoopbackIndex) -> None:
    twin = Conda("twin", noarch="python", files={"site-packages/m.py": "twin"})
    index.add_file(twin.filename, twin.build_archive())
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, (THEIRS, twin), (BESIDE,)))
    assert ask("pixi.lock", *LINUX).code == 0
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, (THEIRS, twin), ()))
    index.forget()
    ran = ask("pixi.lock", *LINUX)
    assert (ran.code, ran.out) == (2, "")
    assert "no wheel; conda packages are compared with wheels alone.\nconda itself says" in ran.err
    assert not index.requests


def test_a_conda_package_of_a_project_that_is_a_wheel_too_is_left_out_with_a_note(
    ask: Command, index: LoopbackIndex
) -> None:
    """Pip uninstalls what conda installed under that name, by its RECORD, before it writes its own."""
    metadata = {"site-packages/theirs-1.0.dist-info/METADATA": "", **THEIRS.files}
    package = Conda("py-theirs", noarch="python", files=metadata)
    index.add_file(package.filename, package.build_archive())
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, (package,), (OVER, Wheel("theirs", "2.0"))))
    ran = ask("pixi.lock", *LINUX)
    assert ran.code == 0
    assert "note: conda's py-theirs 1.0 has theirs, too, and is not compared: pip and uv uninstall it" in ran.out


def test_without_an_archive_the_answer_is_incomplete(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (BESIDE,)))
    index.fault(f"/files/{THEIRS.filename}", "status", status=404)
    ran = ask("pixi.lock", *LINUX)
    assert ran.code == 3
    assert "  not read  theirs==1.0: theirs-1.0-0.conda: " in ran.out
    index.fault("/files/beside*", "status", status=404)
    ran = ask("pixi.lock", *LINUX, "--no-cache")
    assert ran.code == 2  # no wheel could be read: nothing was compared
    assert ran.out.startswith("No answer")


def test_two_archives_of_one_package_are_no_set(ask: Command, index: LoopbackIndex) -> None:
    other = Conda("theirs", "2.0")
    index.add_file(other.filename, other.build_archive())
    for number, packages in enumerate([(THEIRS, LIBRARY), (other,), (LIBRARY,)]):
        (ask.folder / f"{number}").mkdir()
        (ask.folder / f"{number}" / "pixi.lock").write_text(pixi_lock(index, packages, (BESIDE,)))
    ran = ask("0/pixi.lock", "1/pixi.lock", *LINUX)
    assert ran.code == 2
    assert "theirs-1.0-0.conda and theirs-2.0-0.conda are two packages of one name." in ran.err
    assert ask("0/pixi.lock", "2/pixi.lock", *LINUX).code == 0


@pytest.mark.parametrize("format_", ["html", "sarif", "junit", "gitlab", "github", "markdown"])
def test_every_format_has_them(format_: str, ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (OVER, BESIDE)))
    ran = ask("pixi.lock", *LINUX, "--format", format_)
    assert (ran.code, ran.err) == (1, "")
    assert "conda:theirs" in ran.out.replace("&#58;", ":").replace("%3A", ":")


def test_the_token_of_a_private_channel_is_never_shown(ask: Command, index: LoopbackIndex) -> None:
    lock = pixi_lock(index, CONDA, (BESIDE,)).replace("/files/theirs", "/t/s3cr3t/files/theirs")
    for text in (lock, lock.replace(THEIRS.filename, "theirs"), lock.replace(f"{index.url}/t/", "ftp://h.example/t/")):
        (ask.folder / "pixi.lock").write_text(text)
        ran = ask("pixi.lock", *LINUX, "-v", "--format", "json")
        assert ran.code == 3
        assert "/t/***/files" in ran.out
        assert "s3cr3t" not in ran.out + ran.err


def test_native_files_of_conda_are_not_looked_into(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (OVER, BESIDE)))
    ran = ask("pixi.lock", *LINUX, "--why", "--format", "json")
    assert ran.code == 1
    assert {overlap["why"] for overlap in ran.json["overlaps"]} == {None}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--ignore", "conda:theirs,conda:library,over:*"), 0),
        (("--ignore", "over, conda:theirs:*"), 1),
        (("--ignore", "over,conda:theirs:*", "--ignore", "over,conda:library:*"), 0),
        (("--ignore", "over,conda:*"), 1),
    ],
)
def test_their_names_are_known_to_ignore(
    options: tuple[str, ...], code: int, ask: Command, index: LoopbackIndex
) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (OVER, BESIDE)))
    assert ask("pixi.lock", *LINUX, *options).code == code


def test_a_name_of_conda_is_kept_as_it_is(ask: Command, index: LoopbackIndex) -> None:
    package = Conda("_under_Score", noarch="generic", files={"lib/python3.12/site-packages/m.py": "conda"})
    index.add_file(package.filename, package.build_archive())
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, (package,), (OVER,)))
    ran = ask("pixi.lock", *LINUX, "--keep", "conda:_under_score")
    assert "conda:_under_score 1.0 and over 1.0 clash: 1 error" in ran.out


def test_who_answers_without_a_wheel(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, ()))
    ran = ask("who", "tool", "--among", "pixi.lock", *LINUX)
    assert (ran.code, ran.lines[0]) == (
        0,
        "scripts/tool (command tool): of conda:theirs 1.0 alone [CPython 3.12.0, linux]",
    )


def test_who_knows_them_and_so_do_all_targets(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, CONDA, (OVER, BESIDE)))
    lines = ask("who", "m.py", "own.py", "--among", "pixi.lock", *LINUX).lines
    assert lines[0].startswith("site-packages/m.py: of conda:theirs 1.0 and over 1.0")
    assert any(line.startswith("site-packages/own.py: of conda:theirs 1.0") for line in lines)
    head, _, packages = pixi_lock(index, CONDA, (OVER, BESIDE)).partition("\npackages:\n")
    linux = head.partition("      linux-64:\n")[2]
    both = f"{head}\n      linux-aarch64:\n{linux}\npackages:\n{packages}"
    (ask.folder / "pixi.lock").write_text(both)
    report = ask("pixi.lock", "--all-targets", "--format", "json").json
    assert len(report["targets"]) == 2
    assert {tuple(each["targets"]) for each in report["distributions"]} == {(0, 1)}


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="what the lock is for")
def test_an_environment_says_itself_what_conda_has_installed_there(ask: Command, index: LoopbackIndex) -> None:
    prefix = ask.folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    (prefix / "conda-meta").mkdir()
    (ask.folder / "pixi.lock").write_text(pixi_lock(index, (PYTHON, THEIRS), (BESIDE,)))
    ran = ask("pixi.lock", "--into", "venv")
    assert ran.code == 3
    assert "2 conda packages: python==3.12.4, theirs==1.0: not installed in the environment" in ran.out
    for package in (PYTHON, THEIRS):
        (prefix / "conda-meta" / f"{package.stem}.json").write_text('{"files": []}')
    assert ask("pixi.lock", "--into", "venv").code == 0
    assert not index.asked("/files/*.conda")


def test_an_environment_yml_names_no_archives(ask: Command, index: LoopbackIndex) -> None:
    (ask.folder / "environment.yml").write_text("dependencies:\n- python=3.12\n- pip:\n  - beside\n  - over\n")
    ran = ask("environment.yml", *LINUX, "--no-deps", "--index-url", index.simple)
    assert ran.code == 3
    assert "1 conda package: python=3.12: their files are not read, since nothing says which archives are" in ran.out
    assert "pixi lock" in ran.out
    assert "wheelclash env" in ran.out
