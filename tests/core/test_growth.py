"""Work grows with what there is to look at: counted at two sizes, never timed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.shared import crowd, mesh
from tests.support.values import BY_NAME, LINUX, contents, distribution, overlaps_of, report_of
from tests.support.wheelmaker import Wheel
from tests.support.work import lines_run
from wheelclash.core.diagnosis import MOST_LOSSES, diagnose
from wheelclash.core.disk import Disk
from wheelclash.core.distribution import Distribution
from wheelclash.core.installer import Invocation
from wheelclash.core.layout import InstalledPath, lay_out, lay_out_for_each
from wheelclash.core.overlap import find_overlaps
from wheelclash.core.plan import MOST_KEEPERS, MOST_STATES, Situation, plan_remedies, plan_repair
from wheelclash.core.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wheelclash.installers import InstallerName

INSTALLERS: list[InstallerName] = ["pip", "uv"]
TWICE = 2.4
"""More than twice: sorting takes a little more than twice as long for twice as much."""


def _set(shape: str, count: int) -> list[Distribution]:
    if shape == "pair":
        files = {f"p/m{number}.py": "" for number in range(10 * count)}
        return [distribution(Wheel(name, files=dict.fromkeys(files, name))) for name in "ab"]
    return mesh(count) if shape == "mesh" else [distribution(wheel) for wheel in crowd(count)]


@pytest.mark.thorough
@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("shape", ["crowd", "mesh", "pair"])
def test_twice_as_many_take_twice_the_work(shape: str, installer: InstallerName) -> None:
    """Overlaps, diagnosis and remedies, where one path has all owners and where there are many overlaps of a few."""
    lines: dict[str, list[int]] = {}
    for count in (100, 200):
        members = _set(shape, count)
        overlaps = overlaps_of(members)
        rules = BY_NAME[installer]
        works: dict[str, Callable[[], object]] = {
            "overlaps": partial(overlaps_of, members),
            "diagnosis": partial(diagnose, rules, members, overlaps, LINUX),
            "remedies": partial(plan_remedies, rules, members, overlaps, LINUX, where=Invocation()),
        }
        for name, work in works.items():
            lines.setdefault(name, []).append(lines_run(work))
    assert {name: many / few for name, (few, many) in lines.items() if many > TWICE * few} == {}


@pytest.mark.parametrize("shape", ["apart", "one path", "in turn"])
def test_a_repair_of_twice_as_many_takes_twice_the_work(shape: str) -> None:
    """Each lacks a file of its own; besides, they share nothing, one file, or one with the next."""

    def lines(count: int) -> int:
        names = [f"d{number:03}" for number in range(count)]
        records: dict[str, dict[InstalledPath, str]] = {name: {InstalledPath(name): "own"} for name in names}
        contents: dict[InstalledPath, frozenset[str | None]] = {
            InstalledPath(name): frozenset({None}) for name in names
        }
        for number, name in enumerate(names):
            shared = {"apart": [], "one path": ["shared"], "in turn": [f"s{number}", f"s{number + 1}"]}[shape]
            for path in map(InstalledPath, shared):
                records[name][path] = "same"
                contents[path] = frozenset({"same"})
        distributions = tuple(Distribution(name, name, "1.0", pinned=f"{name}==1.0") for name in names)
        situation = Situation(Disk.found(records, contents), distributions, ())
        assert plan_repair(situation, BY_NAME["uv"]).reinstalled == tuple(names)
        return lines_run(lambda: plan_repair(situation, BY_NAME["uv"]))

    assert lines(200) < TWICE * lines(100)


@pytest.mark.parametrize("installer", INSTALLERS)
def test_commands_played_do_not_grow_with_the_owners(installer: InstallerName, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole set is installed once, whoever is to be kept; each keeper takes a few commands more."""
    played = 0
    install = Disk.install_records

    def counting(disk: Disk, *arguments: Any, **options: Any) -> Disk:
        nonlocal played
        played += 1
        return install(disk, *arguments, **options)

    monkeypatch.setattr(Disk, "install_records", counting)
    counts = []
    for count in (40, 80):
        members = _set("crowd", count)
        overlaps = overlaps_of(members)
        played = 0
        plan_remedies(BY_NAME[installer], members, overlaps, LINUX, where=Invocation())
        counts.append(played)
    assert counts[0] == counts[1] <= 4 * MOST_KEEPERS


def test_paths_that_end_alike_are_played_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many files two distributions share, the commands of the remedies are played on one of them."""
    rows: list[int] = []
    install = Disk.install_records

    def counting(disk: Disk, records: Any, *arguments: Any, **options: Any) -> Disk:
        rows.extend(len(record.files) for record in records.values())
        return install(disk, records, *arguments, **options)

    monkeypatch.setattr(Disk, "install_records", counting)
    members = _set("pair", 10)
    plan_remedies(BY_NAME["pip"], members, overlaps_of(members), LINUX, where=Invocation())
    assert set(rows) == {1}


def test_older_releases_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are upgraded at once, and clash as much as before, for whichever keeper."""
    calls: list[int] = []

    def counting(layouts: Any, *arguments: Any) -> Any:
        calls.append(len(layouts))
        return find_overlaps(layouts, *arguments)

    monkeypatch.setattr("wheelclash.core.plan.find_overlaps", counting)
    newcomers = _set("crowd", 30)
    older = [distribution(replace(wheel, version="0.9")) for wheel in crowd(30)]
    state = State(LINUX, tuple(older))
    plans = plan_remedies(BY_NAME["uv"], newcomers, overlaps_of(newcomers), LINUX, where=Invocation(), state=state)
    assert {remedy.strategy for remedy in plans.remedies} == {"reinstall-keeper", "remove-loser"}
    assert calls == [60]


@pytest.mark.parametrize("count", [20, 400])
def test_keepers_without_remedies_are_told(count: int) -> None:
    """For at most so many owners remedies are made, and for fewer where each step says very much."""
    members = _set("crowd", count)
    found = plan_remedies(BY_NAME["uv"], members, overlaps_of(members), LINUX, where=Invocation())
    kept = {remedy.keep for remedy in found.remedies}
    most = min(MOST_KEEPERS, MOST_STATES // count)
    assert kept == {(member.id,) for member in members[:most]}
    assert found.left_out == tuple(member.id for member in members[most:])
    last = members[-1].id
    found = plan_remedies(BY_NAME["uv"], members, overlaps_of(members), LINUX, keepers=[last], where=Invocation())
    assert ({remedy.keep for remedy in found.remedies}, found.left_out) == ({(last,)}, ())


def test_a_report_on_twice_as_many_is_twice_as_long() -> None:
    """In JSON, and in text that leaves nothing out; a sentence names no more than a few of them."""
    few, many = (report_of(*crowd(count)) for count in (200, 400))
    assert len(many.to_json()) < TWICE * len(few.to_json())
    assert len(many.to_text(verbose=True)) < TWICE * len(few.to_text(verbose=True))
    assert max(len(step.why) for remedy in many.remedies for step in remedy.steps) < 1000
    pairs = sum(len(each.loses) for each in many.diagnosis["uv"].uninstall)
    assert pairs <= MOST_LOSSES < sum(len(each.loses) + each.others for each in many.diagnosis["uv"].uninstall)
    assert len(many.without_remedies) == 400 - MOST_STATES // 400


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("scheme", ["headers", "data/share"])
def test_a_file_of_a_deep_folder_is_no_more_work_to_lay_out_than_one_of_a_flat_one(
    scheme: str, installer: InstallerName
) -> None:
    """The folders above a file are looked at once for each folder, not for each file in it."""

    def lines(depth: int) -> int:
        folder = "/".join(["f"] * depth)
        wheel = contents(*(f"dist-1.0.data/{scheme}/{folder}/h{number}.h" for number in range(100)))
        return lines_run(lambda: lay_out(wheel, BY_NAME[installer].rules, LINUX))

    assert lines(20) < 1.2 * lines(2)


def test_members_of_the_root_are_placed_once_for_all_installers() -> None:
    """Also of a wheel that has scripts and headers, of which each installer has a way of its own."""
    data = ("dist-1.0.data/scripts/tool", "dist-1.0.data/headers/h.h")
    wheel = contents(*(f"pkg/m{number}.py" for number in range(300)), *data)
    one = lines_run(lambda: lay_out_for_each(wheel, {"pip": BY_NAME["pip"].rules}, LINUX))
    both = lines_run(lambda: lay_out_for_each(wheel, {name: BY_NAME[name].rules for name in INSTALLERS}, LINUX))
    assert both < 1.3 * one
