"""What a release newly installs, asked by the command: ``check NEW --against OLD`` of one project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import LINUX, Command
from tests.support.loopback import LoopbackIndex
from tests.support.resolving import sdist
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN: dict[str, bytes | str] = {"demo/__init__.py": "", "demo/core.py": ""}
OLD = Wheel("demo", "1.0", OWN)
MORE: dict[str, bytes | str] = {
    "tests/__init__.py": "",
    "tests/test_a.py": "",
    "demo.pth": "import demo.start\n",
    "paths.pth": "/opt/demo\n",
}
NEW = Wheel("demo", "2.0", OWN | MORE, scripts={"demo": "demo:run"})
TOLD = [
    ("import", "tests/", "warning"),
    ("startup", "demo.pth", "warning"),
    ("command", "demo", "notice"),
    ("startup", "paths.pth", "notice"),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        served.add(
            OLD, NEW, Wheel("other", files={"tests/__init__.py": "other"}), Wheel("sources", "2.0", {"s.py": ""})
        )
        some = {path: text for path, text in MORE.items() if path != "paths.pth"}
        served.add(Wheel("demo", "0.9", OWN | some, scripts={"demo": "demo:run"}))
        served.add(Wheel("odd", "1.0", {"odd": "", "odd/m.py": ""}), Wheel("odd", "2.0", {"odd/m.py": ""}))
        served.add(Wheel("demo", "3.0", OWN | MORE, tag="cp312-cp312-win_amd64", purelib="false"))
        served.add_file("sources-1.0.tar.gz", sdist("sources", "1.0"))
        yield served


@pytest.fixture
def command(tmp_path: Path, index: LoopbackIndex) -> Command:
    return Command(tmp_path, index.simple, {"HOME": str(tmp_path)})


def releases(ran: Any) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """What is told of each release."""
    return [
        (
            each["distribution"],
            each["version"],
            each["since"],
            [(one["kind"], one["path"], one["severity"]) for one in each["additions"]],
        )
        for each in ran.json["releases"]
    ]


def test_a_release_is_compared_with_the_one_before_it(command: Command) -> None:
    ran = command("demo==2.0", "--against", "demo==1.0", *LINUX, "--format", "json")
    assert (ran.code, releases(ran)) == (0, [("demo", "2.0", "1.0", TOLD)])
    assert [each["version"] for each in ran.json["distributions"]] == ["2.0"]
    assert (ran.json["overlaps"], ran.json["summary"]["warnings"], ran.json["summary"]["notices"]) == ([], 2, 2)
    assert command("demo==2.0", "--against", "demo==1.0", *LINUX, "--fail-on", "warning").code == 1
    back = command("demo==1.0", "--against", "demo==2.0", *LINUX, "--format", "json", "--fail-on", "notice")
    assert (back.code, releases(back)) == (0, [("demo", "1.0", "2.0", [])])


def test_in_words(command: Command) -> None:
    out = command("demo==2.0", "--against", "demo==1.0", *LINUX).out
    assert "  warning  demo 2.0 newly installs the import name tests: site-packages/tests/ (2 files)\n" in out
    assert "  warning  demo 2.0 newly installs site-packages/demo.pth, with code that Python runs whenever it st" in out
    assert "  notice   demo 2.0 newly installs demo, site-packages/paths.pth (-v)\n" in out
    told = command("demo==2.0", "--against", "demo==1.0", *LINUX, "-v").out
    assert "  notice   demo 2.0 newly installs the command demo\n" in told
    assert "  notice   demo 2.0 newly installs site-packages/paths.pth, which Python reads whenever it starts\n" in told
    assert "demo 1.0 installs nothing outside of the packages of 2.0" in command(
        "demo==1.0", "--against", "demo==2.0", *LINUX
    ).out  # fmt: skip


def test_with_several_earlier_releases_it_is_said_which_is_meant(command: Command) -> None:
    """In text by line; for other tools the same addition is one problem, of one fingerprint."""
    asked = ("demo==2.0", "--against", "demo==1.0", "--against", "demo==0.9", *LINUX)
    told = [line for line in command(*asked).out.splitlines() if "newly" in line]
    assert [(line.split()[0], line.rpartition("  ")[2]) for line in told] == [
        ("warning", "(since 1.0)"), ("warning", "(since 1.0)"), ("notice", "(since 1.0)"), ("notice", "(since 0.9)"),
    ]  # fmt: skip
    problems = json.loads(command(*asked, "--format", "gitlab").out)
    assert len({each["fingerprint"] for each in problems}) == len(problems) == len(TOLD)
    both = "demo 2.0 installs site-packages/paths.pth, which Python reads whenever it starts; 1.0 and 0.9 did not."
    assert both in [each["description"] for each in problems]


def test_a_wheel_before_its_upload_is_compared_with_what_is_published(command: Command, tmp_path: Path) -> None:
    NEW.write(tmp_path / "dist")
    ran = command("dist/", "--against", "demo<2", *LINUX, "--format", "json")
    assert (ran.code, releases(ran)) == (0, [("demo", "2.0", "1.0", TOLD)])
    OLD.write(tmp_path / "before")
    paths = ("dist/demo-2.0-py3-none-any.whl", "--against", "before/demo-1.0-py3-none-any.whl", "--no-index")
    assert releases(command(*paths, *LINUX, "--format", "json")) == releases(ran)


def test_other_members_clash_as_ever(command: Command) -> None:
    """The earlier release takes no part in that: only the later one has tests."""
    ran = command("demo==2.0", "other", "--against", "demo==1.0", *LINUX, "--format", "json")
    assert [each["path"] for each in ran.json["overlaps"]] == ["tests/__init__.py"]
    assert len(releases(ran)) == 1
    ran = command("demo==1.0", "other", "--against", "demo==2.0", *LINUX, "--format", "json")
    assert (ran.json["overlaps"], ran.code) == ([], 0)


def test_there_is_nothing_before_the_first_release(command: Command, tmp_path: Path) -> None:
    Wheel("fresh", files={"fresh.py": ""}).write(tmp_path / "dist")
    ran = command("dist/", "other", "--against", "fresh", *LINUX, "--format", "json")
    assert (ran.code, [each["requirement"] for each in ran.json["not_compared"]]) == (0, ["fresh"])
    alone = command("dist/", "--against", "fresh", *LINUX)
    assert (alone.code, "fresh alone has nothing to clash with" in alone.err) == (2, True)


@pytest.mark.parametrize("asked", [["fresh==0.9"], ["fresh<1"], ["fresh", "--no-index"]])
def test_an_earlier_release_that_is_not_found_is_no_all_clear(
    command: Command, tmp_path: Path, asked: list[str]
) -> None:
    """It was named, or no index was asked whether there is one."""
    for wheel in (Wheel("fresh", files={"fresh.py": ""}), Wheel("calm", files={"calm.py": ""})):
        wheel.write(tmp_path / "dist")
    ran = command("dist/", "--against", *asked, *LINUX, "--format", "json")
    assert ran.code == 3
    assert [(each["requirement"], each["code"]) for each in ran.json["skipped"]] == [(asked[0], "not-found")]


@pytest.mark.parametrize(
    ("new", "old", "reason"),
    [
        ("sources==2.0", "sources==1.0", "came as source only"),
        ("odd==2.0", "odd==1.0", "no installer installs one of the two wheels"),
        ("odd==1.0", "odd==2.0", "no installer installs one of the two wheels"),
        ("demo==2.0", "demo==3.0", "no wheel"),
    ],
)
def test_what_is_not_compared_is_no_all_clear(command: Command, new: str, old: str, reason: str) -> None:
    for more in ([], ["--build"]):
        ran = command(new, "other", "--against", old, *LINUX, "--format", "json", *more)
        assert ran.code in {1, 3}
        assert any(reason in each["reason"] for each in ran.json["skipped"])
        assert ran.json["releases"] == []


def test_constraints_hold_for_the_release_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("demo==2.0\n")
    ran = command("demo", "-c", "c.txt", "--no-deps", "--against", "demo==1.0", *LINUX, "--format", "json")
    assert releases(ran) == [("demo", "2.0", "1.0", TOLD)]


def test_each_target_has_its_own(command: Command) -> None:
    """And what they all have is told once."""
    ran = command("demo<3", "--against", "demo==1.0", *LINUX, "--python-platform", "windows", "--format", "json")
    assert len(ran.json["targets"]) == 2
    told = [*TOLD[:3], ("command", "demo.exe", "notice"), TOLD[3]]
    assert releases(ran) == [("demo", "2.0", "1.0", told)]


def test_what_is_known_is_accepted_once_for_all(command: Command, tmp_path: Path) -> None:
    asked = ("demo==2.0", "--against", "demo==1.0", *LINUX, "--fail-on", "notice")
    assert command(*asked, "--write-baseline", "known.json").code == 0
    ran = command(*asked, "--baseline", "known.json", "--format", "json")
    assert (ran.code, ran.json["summary"]["ignored"], ran.json["summary"]["warnings"]) == (0, 4, 0)
    (tmp_path / "wheelclash.toml").write_text(
        '[[ignore]]\ndistributions = ["demo"]\npath = "site-packages/tests/*"\nreason = "they are few"\n'
    )
    ran = command(*asked, "--format", "json")
    ignored = [one["path"] for each in ran.json["releases"] for one in each["additions"] if one["ignored"]]
    assert (ran.code, ignored) == (1, ["tests/"])


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "junit", "markdown", "html"])
def test_every_format_has_it(command: Command, name: str) -> None:
    ran = command("demo==2.0", "--against", "demo==1.0", *LINUX, "--format", name)
    assert ran.code == 0
    assert ran.out.count("WC015") >= len(TOLD) or name == "html"
    assert "site-packages/demo.pth" in ran.out
    if name in {"sarif", "gitlab"}:
        json.loads(ran.out)
