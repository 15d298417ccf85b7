"""What real pip and uv leave on disk, the scan describes exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash.environment.damage import judge_environment
from wheelclash.environment.paths import places_at, places_of
from wheelclash.environment.scan import scan
from wheelclash.target.interpreter import ask, running, target_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environment, Environments, InstallerName
    from wheelclash.environment.damage import Condition
    from wheelclash.environment.scan import Scan

pytestmark = pytest.mark.oracle

ONE = Wheel("one", files={"p/a.py": "1", "p/b.py": "one", "p/same.py": "", "one.py": ""}, scripts={"tool": "one:run"})
TWO = Wheel("two", files={"p/a.py": "2", "p/b.py": "two", "p/same.py": "", "two.py": ""}, scripts={"tool": "two:run"})
THIRD = Wheel("third", files={"p/same.py": "", "third.py": ""}, scripts={"tool": "two:run"})
MOVED = Wheel("one", version="2.0", files={"one.py": "", "p/same.py": ""})
DATA = Wheel(
    "data",
    files={
        "data-1.0.data/data/share/x": "x",
        "data-1.0.data/headers/x.h": "",
        "data-1.0.data/scripts/run": "#!python\n",
    },
    purelib="false",
)


@dataclass
class Place:
    """A real environment and a real installer."""

    environment: Environment
    installer: RealInstaller
    wheels: Path

    def install(self, *wheels: Wheel, options: tuple[str, ...] = ()) -> None:
        paths = [each.write(self.wheels) for each in wheels]
        self.installer.install(self.environment, paths, "--no-deps", *options).expect()

    def uninstall(self, *names: str) -> None:
        self.installer.uninstall(self.environment, names).expect()

    def scan(self, *, every: bool = True) -> Scan:
        interpreter = ask(self.environment.python)
        return scan(places_of(interpreter), target_of(interpreter), every=every, jobs=1)

    @property
    def site(self) -> Path:
        return self.environment.prefix / self.environment.real_path("site-packages", "")


@pytest.fixture(params=INSTALLER_NAMES)
def place(request: pytest.FixtureRequest, environments: Environments, tmp_path: Path) -> Place:
    name: InstallerName = request.param
    return Place(environments.new(), RealInstaller(name, tmp_path / "cache"), tmp_path / "wheels")


def holders(found: Scan) -> dict[str, tuple[str, ...]]:
    """Whose content each contested path holds; ``()`` where it is nobody's or gone."""
    names = {each.id: each.name for each in found.distributions}
    return {each.overlap.path: tuple(names[id_] for id_ in each.on_disk.matches) for each in found.contested}


def intact(found: Scan) -> dict[str, str]:
    condition = judge_environment(found)
    return {each.name: condition.intact[each.id] for each in found.distributions}


def overwritten(found: Scan, condition: Condition) -> dict[str, dict[str, int]]:
    return {
        each.name: dict(condition.overwritten_by[each.id])
        for each in found.distributions
        if each.id in condition.overwritten_by
    }


def test_last_one_wins_and_reinstalling_mends(place: Place) -> None:
    place.install(ONE)
    place.install(DATA)
    found = place.scan()
    assert (intact(found), holders(found), found.leftovers) == ({"data": "yes", "one": "yes"}, {}, ())
    place.install(TWO)
    found = place.scan()
    everything = {"site-packages/p/a.py", "site-packages/p/b.py", "scripts/tool"}
    assert holders(found) == {**dict.fromkeys(everything, ("two",)), "site-packages/p/same.py": ("one", "two")}
    assert intact(found) == {"data": "yes", "one": "no", "two": "yes"}
    assert overwritten(found, judge_environment(found)) == {"one": {"two": 3}}
    assert sorted(judge_environment(found).severities) == ["error"] * 3 + ["notice"]
    place.install(ONE, options=("--force-reinstall",))
    found = place.scan()
    assert intact(found) == {"data": "yes", "one": "yes", "two": "no"}
    keepers = [each.id for each in found.distributions if each.name == "one"]
    assert set(judge_environment(found, keepers).severities) == {"notice"}


def test_hybrid_is_nobodys(place: Place) -> None:
    place.install(ONE)
    place.install(TWO)
    (place.site / "p" / "a.py").write_text("1")
    found = place.scan()
    assert holders(found)["site-packages/p/a.py"] == ("one",)
    assert holders(found)["site-packages/p/b.py"] == ("two",)
    assert judge_environment(found).hybrids == (("one", "two"),)
    (place.site / "p" / "a.py").write_text("3")
    found = place.scan()
    assert holders(found)["site-packages/p/a.py"] == ()
    assert judge_environment(found).hybrids == ()
    assert intact(found) == {"one": "no", "two": "no"}


def test_uninstall_takes_what_others_recorded(place: Place) -> None:
    place.install(ONE)
    place.install(TWO)
    place.install(THIRD)
    found = place.scan()
    assert holders(found)["site-packages/p/same.py"] == ("one", "third", "two")
    assert holders(found)["scripts/tool"] == ("third", "two")  # another file, the same entry point
    place.uninstall("one")
    found = place.scan()
    missing = {each.name: each.missing for each in found.distributions}
    assert missing == {
        "third": ("scripts/tool", "site-packages/p/same.py"),
        "two": ("scripts/tool", "site-packages/p/a.py", "site-packages/p/b.py", "site-packages/p/same.py"),
    }
    assert intact(found) == {"third": "no", "two": "no"}
    assert {each.overlap.path: each.on_disk.state for each in found.contested} == {
        "scripts/tool": "missing",
        "site-packages/p/same.py": "missing",
    }
    place.uninstall("third")
    damages = judge_environment(place.scan()).damages
    assert {(each.code, each.severity, each.path, each.distributions) for each in damages} == {
        ("missing-file", "error", "site-packages/p/a.py", ("two",)),
        ("missing-file", "error", "site-packages/p/b.py", ("two",)),
        ("missing-file", "error", "site-packages/p/same.py", ("two",)),
        ("missing-file", "warning", "scripts/tool", ("two",)),
    }
    assert len(damages) == 4
    place.install(TWO, options=("--force-reinstall",))
    assert intact(place.scan()) == {"two": "yes"}


def test_upgrade_takes_what_the_new_release_lacks(place: Place) -> None:
    place.install(ONE)
    place.install(TWO)
    place.install(MOVED)
    found = place.scan()
    assert {each.name: each.missing for each in found.distributions} == {
        "one": (),
        "two": ("scripts/tool", "site-packages/p/a.py", "site-packages/p/b.py"),
    }
    assert holders(found) == {"site-packages/p/same.py": ("one", "two")}


def test_all_in_one_command_leaves_what_the_hashes_say(place: Place) -> None:
    """Under uv each file is a coin flip: whatever it came to, the bytes on disk are the judge."""
    place.install(ONE, TWO)
    found = place.scan(every=False)
    texts = {"site-packages/p/a.py": {"1": "one", "2": "two"}, "site-packages/p/b.py": {"one": "one", "two": "two"}}
    for path, owners in texts.items():
        text = (place.site / path.removeprefix("site-packages/")).read_text()
        assert holders(found)[path] == (owners[text],)
    module = "one" if b"from one import run" in (place.environment.prefix / "bin" / "tool").read_bytes() else "two"
    assert holders(found)["scripts/tool"] == (module,)
    winners = {name for names in holders(found).values() if len(names) == 1 for name in names}
    assert {name for name, state in intact(found).items() if state == "yes"} == (
        winners if len(winners) == 1 else set()
    )
    assert judge_environment(found).hybrids == ((("one", "two"),) if len(winners) == 2 else ())


def test_two_installers_write_one_command(environments: Environments, tmp_path: Path) -> None:
    environment = environments.new()
    for name, wheel in zip(INSTALLER_NAMES, (TWO, THIRD), strict=True):
        Place(environment, RealInstaller(name, tmp_path / name), tmp_path / "wheels").install(wheel)
    found = Place(environment, RealInstaller("uv", tmp_path / "uv"), tmp_path / "wheels").scan()
    assert holders(found)["scripts/tool"] == ("third", "two")
    assert intact(found) == {"third": "yes", "two": "yes"}


def test_folder_made_with_target(place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "target"
    place.install(TWO, DATA, options=("--target", str(folder)))
    found = scan(places_at(folder), target_of(running()), every=True, jobs=1)
    assert intact(found) == {"data": "yes", "two": "yes"}
    assert [each.findings for each in found.distributions] == [(), ()]
    (folder / "bin" / "tool").unlink()
    found = scan(places_at(folder), target_of(running()), every=True, jobs=1)
    assert intact(found) == {"data": "yes", "two": "no"}


SKIPS = Wheel(
    "skips",
    files={"skips.py": "def run(): pass\n", "skips-1.0.data/scripts/tool": "#!python\n"},
    scripts={"tool": "skips:run"},
)


def test_script_that_gives_way_to_its_own_command_is_no_file(place: Place) -> None:
    """Both installers skip it and keep its row; nothing of the distribution is missing, changed or unverified."""
    place.install(SKIPS)
    record = (place.site / "skips-1.0.dist-info" / "RECORD").read_text()
    assert "skips-1.0.data/scripts/tool" in record
    found = place.scan()
    (skips,) = found.distributions
    assert (skips.missing, skips.changed, intact(found)) == ((), (), {"skips": "yes"})
    assert judge_environment(found, [skips.id]).damages == ()
