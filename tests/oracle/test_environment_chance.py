"""Chance: uv writes all wheels of one command at once, and whoever wrote a file last has it. The scan says who.

Nothing here asserts an outcome of the race, only that the scan describes the outcome: what it says of each file is held
against the bytes of that file.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.oracle.test_environment import Place, holders, intact, overwritten
from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash.environment.damage import judge_environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.environments import Environments, InstallerName
    from wheelclash.environment.scan import Scan

pytestmark = pytest.mark.oracle

MODULES = [f"pkg/part{number % 4}/module{number:02}.py" for number in range(40)]


def wheel(name: str, *rivals: str) -> Wheel:
    """One of three that fight for the same files.

    Args:
        name: Its name; also its content, as long as that of the others.
        *rivals: Those with each of whom it shares some further files, and with nobody else.
    """
    duels = ["_".join(sorted((name, rival))) for rival in rivals]
    contested = [*MODULES, *(f"duel_{duel}/{path}" for duel in duels for path in MODULES[:10])]
    files: dict[str, bytes | str] = dict.fromkeys([*contested, f"{name}-1.0.data/data/share/of_all"], f"{name:>8}\n")
    files |= {"pkg/same.py": "the same\n", f"{name}.py": ""}
    return Wheel(name, files=files, scripts={"tool": f"{name}:run"})


TRIO = (wheel("left", "right"), wheel("middle", "right"), wheel("right", "left", "middle"))


def paths(each: Wheel) -> dict[str, bytes]:
    """What a wheel installs, metadata aside: installed path to content, of a command its import."""
    found = {}
    for path, text in each.files.items():
        content = text.encode() if isinstance(text, str) else text
        data = f"{each.name}-1.0.data/data/"
        found[f"data/{path.removeprefix(data)}" if path.startswith(data) else f"site-packages/{path}"] = content
    return found | {f"scripts/{name}": f"from {each.name} import run".encode() for name in each.scripts}


def on_disk(place: Place, wheels: Sequence[Wheel]) -> dict[str, tuple[str, ...] | None]:
    """Whose content each file has that several wheels install, by its bytes; None if it is gone."""
    every = {each.name: paths(each) for each in wheels}
    owners = Counter(path for files in every.values() for path in files)
    found: dict[str, tuple[str, ...] | None] = {}
    for path in (path for path, many in owners.items() if many > 1):
        root, _, rest = path.partition("/")
        real = place.environment.prefix / place.environment.real_path(root, rest)
        content = real.read_bytes() if real.exists() else None
        same = bytes.__contains__ if root == "scripts" else bytes.__eq__
        found[path] = None if content is None else tuple(
            sorted(name for name, files in every.items() if path in files and same(content, files[path]))
        )  # fmt: skip
    return found


def losses(truth: dict[str, tuple[str, ...] | None], wheels: Sequence[Wheel]) -> dict[str, dict[str, int]]:
    """How many files each lost to whom."""
    found: dict[str, Counter[str]] = {}
    for each in wheels:
        for path in paths(each).keys() & truth.keys():
            names = truth[path]
            if names is not None and each.name not in names:
                found.setdefault(each.name, Counter()).update(names)
    return {name: dict(counts) for name, counts in found.items()}


def mixtures(lost: dict[str, dict[str, int]]) -> tuple[tuple[str, ...], ...]:
    """Those that lost files to each other, together with those that they did so with."""
    mutual = [{one, other} for one in lost for other in lost[one] if one in lost.get(other, ())]
    groups: list[set[str]] = []
    for pair in mutual:
        touching = [each for each in groups if each & pair]
        groups = [each for each in groups if not each & pair] + [pair.union(*touching)]
    return tuple(sorted(tuple(sorted(each)) for each in groups))


def assert_told(found: Scan, truth: dict[str, tuple[str, ...] | None], wheels: Sequence[Wheel]) -> None:
    """The scan says what the bytes say, of each file and of all together."""
    condition = judge_environment(found)
    lost = losses(truth, wheels)
    assert holders(found) == {path: names or () for path, names in truth.items()}
    states = {each.overlap.path: each.on_disk.state for each in found.contested}
    assert states == {path: "missing" if names is None else "present" for path, names in truth.items()}
    assert overwritten(found, condition) == lost
    assert condition.hybrids == mixtures(lost)
    assert not sum(condition.changed.values())
    assert (found.skipped, found.not_compared, found.leftovers) == ((), (), ())


@pytest.fixture
def uv_place(environments: Environments, tmp_path: Path) -> Place:
    return Place(environments.new(), RealInstaller("uv", tmp_path / "cache"), tmp_path / "wheels")


@pytest.mark.thorough
@pytest.mark.parametrize("wheels", [TRIO[::2], TRIO], ids=["two wheels", "three wheels"])
@pytest.mark.parametrize(
    ("mode", "at_once"), [("clone", 8), ("copy", 8), ("hardlink", 8), ("hardlink", 1), ("symlink", 8)]
)
def test_whoever_wrote_last_has_it(uv_place: Place, wheels: Sequence[Wheel], mode: str, at_once: int) -> None:
    """Twice into the same environment: from the wheels, and again from uv's cache; then one is taken away."""
    place = uv_place
    files = [str(each.write(place.wheels)) for each in wheels]
    limit = ["env", f"UV_CONCURRENT_INSTALLS={at_once}", *place.installer.program(place.environment)]
    for options in ([], ["--reinstall"]):
        place.installer.run_verbatim(
            place.environment, [*limit, "install", "--no-deps", "--link-mode", mode, *options, *files]
        ).expect()
        truth = on_disk(place, wheels)
        found = place.scan()
        assert {path for path in truth if truth[path] is None} == set()
        assert truth["site-packages/pkg/same.py"] == tuple(sorted(each.name for each in wheels))
        assert_told(found, truth, wheels)
        assert [each.missing for each in found.distributions] == [()] * len(wheels)
        lost = losses(truth, wheels)
        assert intact(found) == {each.name: "no" if each.name in lost else "yes" for each in wheels}
        assert_told(place.scan(every=False), truth, wheels)
    gone, *stay = wheels
    place.uninstall(gone.name)
    found = place.scan()
    assert {each.name: set(each.missing) for each in found.distributions} == {
        each.name: paths(each).keys() & paths(gone).keys() for each in stay
    }
    assert_told(found, on_disk(place, stay), stay)


# -- a file that moves from one distribution to another ----------------------------------------------------------


def moving(giver: str, taker: str) -> tuple[tuple[Wheel, Wheel], tuple[Wheel, Wheel]]:
    """Two releases of two projects: in the second a file has moved. No release of one clashes with its sibling."""
    before = Wheel(giver, files={f"{giver}.py": "", "moved.py": "1"}), Wheel(taker, files={f"{taker}.py": ""})
    after = (
        Wheel(giver, version="2.0", files={f"{giver}.py": ""}),
        Wheel(taker, version="2.0", files={f"{taker}.py": "", "moved.py": "2"}),
    )
    return before, after


@pytest.mark.thorough
@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize(("giver", "taker"), [("aa", "bb"), ("bb", "aa")])
@pytest.mark.parametrize("order", ["one command", "giver first", "taker first"])
def test_file_that_moved(
    environments: Environments, tmp_path: Path, installer: InstallerName, giver: str, taker: str, order: str
) -> None:
    """Under pip an old release goes as its turn comes, which may be after the file's new owner wrote it."""
    place = Place(environments.new(), RealInstaller(installer, tmp_path / "cache"), tmp_path / "wheels")
    before, after = moving(giver, taker)
    place.install(*before)
    assert intact(place.scan()) == {giver: "yes", taker: "yes"}
    if order == "one command":
        place.install(*after)
        lost = installer == "pip" and giver < taker  # its order is the reverse of the alphabet
    elif order == "giver first":
        place.install(after[0])
        assert not (place.site / "moved.py").exists()
        assert intact(place.scan()) == {giver: "yes", taker: "yes"}
        place.install(after[1])
        lost = False
    else:
        place.install(after[1])
        found = place.scan()
        assert holders(found) == {"site-packages/moved.py": (taker,)}
        assert overwritten(found, judge_environment(found)) == {giver: {taker: 1}}
        place.install(after[0])
        lost = True
    found = place.scan()
    assert (place.site / "moved.py").exists() != lost
    missing = ("site-packages/moved.py",) if lost else ()
    assert {each.name: each.missing for each in found.distributions} == {giver: (), taker: missing}
    assert intact(found) == {giver: "yes", taker: "no" if lost else "yes"}
    assert (found.contested, found.leftovers) == ((), ())
    damages = judge_environment(found).damages
    assert [(each.code, each.distributions, each.path) for each in damages] == [
        ("missing-file", (taker,), path) for path in missing
    ]
