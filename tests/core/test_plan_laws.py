"""What holds of every plan, whichever command asks for it: check, --into or fix. Played on the model disk."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.values import BY_NAME, LINUX, distribution, overlaps_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.disk import Disk
from wheelclash.core.distribution import Distribution
from wheelclash.core.installer import Invocation, Unordered
from wheelclash.core.layout import InstalledFile, InstalledPath
from wheelclash.core.overlap import Overlap, Owner
from wheelclash.core.plan import Clash, Remedy, Repair, Situation, Step, check_keepers, plan_remedies, plan_repair
from wheelclash.core.state import Change, State, empty_disk
from wheelclash.errors import KeeperError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.installers import InstallerName

INSTALLERS: list[InstallerName] = ["pip", "uv"]
PATHS = ["m.py", "n.so", "x.json", "m/__init__.py", "x.json/y", "shared.txt"]
FILES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["1", "2"]), max_size=4).filter(
    lambda files: not {"x.json", "x.json/y"} <= files.keys()
)


class Place(NamedTuple):
    """Where the commands of a plan act.

    Attributes:
        installer: Whose commands these are.
        disk: What is there before.
        by_id: All distributions, older releases included.
        state: What was installed already.
    """

    installer: InstallerName
    disk: Disk
    by_id: Mapping[str, Distribution]
    state: State = State.empty(LINUX)

    def after(self, steps: Sequence[Step]) -> Disk | None:
        """Return the disk after these steps, on whole layouts; None if one of them is refused or makes no sense."""
        disk = self.disk
        rules = BY_NAME[self.installer]
        for step in steps:
            if step.action == "uninstall":
                if not disk.records.keys() >= set(step.ids):
                    return None
                disk = disk.uninstall(step.ids)
                continue
            if step.action == "reinstall" and not disk.records.keys() >= set(step.ids):
                return None
            members = [self.by_id[id_] for id_ in step.ids]
            older = self.state.replaced_by(members) if step.action == "install" else {}
            replaces = {new: old.id for new, old in older.items()}
            gone = {replaces.get(id_) for id_ in step.ids}
            there = [self.by_id[id_] for id_ in disk.records if id_ not in gone]
            if _stops([*members, *(each for each in there if each not in members)], self.installer, set(step.ids)):
                return None
            change = Change(step.action, rules, tuple(members))
            order = self.state.order(change)
            if any(loss.because in disk.records for loss in self.state.stopped(change, order)):
                return None
            layouts = {each.id: each.layouts[self.installer] for each in members}
            disk = disk.install(layouts, order, removes_all_first=rules.removes_all_first, replaces=replaces)
        return disk


def _stops(members: Sequence[Distribution], installer: InstallerName, written: set[str]) -> bool:
    """Return whether a file is where another distribution needs a folder, and one of the two is written."""
    for one, other in combinations(members, 2):
        files = one.layouts[installer].files, other.layouts[installer].files
        in_the_way = any(
            path.startswith(f"{above}/") or above.startswith(f"{path}/") for path in files[0] for above in files[1]
        )
        if in_the_way and not written.isdisjoint({one.id, other.id}):
            return True
    return False


def _is_met(remedy: Remedy, place: Place, end: Disk, wanted: Disk) -> bool:
    """Return whether a disk is what a remedy is for: all there that it has there, keepers intact, nothing else lost."""
    if end.records.keys() != wanted.records.keys():
        return False
    if any(end.intact(id_) != "yes" for id_ in remedy.keep):
        return False
    others = end.records.keys() - set(remedy.keep)
    return remedy.strategy != "remove-loser" or all(
        end.missing(id_) <= (place.disk.missing(id_) if id_ in place.disk.records else frozenset()) for id_ in others
    )


def _holds(remedy: Remedy, place: Place) -> None:
    """Check one remedy: no step is refused, every keeper is intact in the end, and no step could be left out."""
    end = place.after(remedy.steps)
    assert end is not None, "a step is refused"
    assert _is_met(remedy, place, end, end), remedy
    successors = {*remedy.drop} - place.disk.records.keys()
    names = {place.by_id[id_].name for id_ in successors}
    for id_ in end.records.keys() & place.disk.records.keys():
        if place.by_id[id_].name in names and place.disk.intact(id_) == "yes":
            assert end.intact(id_) == "yes", "an older release of what is left out is damaged"
    for number in range(len(remedy.steps)):
        fewer = place.after([*remedy.steps[:number], *remedy.steps[number + 1 :]])
        assert fewer is None or not _is_met(remedy, place, fewer, end), ("a step is needless", number, remedy)


@st.composite
def _wheels(draw: st.DrawFn, names: str, version: str = "1.0") -> list[Wheel]:
    found = []
    for name in names:
        requires = draw(st.sets(st.sampled_from([each for each in "abcd" if each != name]), max_size=1))
        kept = [] if version != "1.0" else sorted(requires)
        found.append(Wheel(name, version, files=dict(draw(FILES)), requires=kept))
    return found


@settings(max_examples=150)
@given(_wheels("abcd"), st.integers(2, 4), st.sampled_from(INSTALLERS), st.sets(st.sampled_from("abcd"), max_size=2))
def test_of_a_set(wheels: list[Wheel], count: int, installer: InstallerName, keep: set[str]) -> None:
    """Of ``check``; where all are installed already, ``remove-loser`` begins with that."""
    members = [distribution(wheel) for wheel in wheels[:count]]
    overlaps = overlaps_of(members)
    try:
        keepers = check_keepers(sorted(keep & {each.name for each in members}), members, overlaps)
    except KeeperError:
        return
    rules = BY_NAME[installer]
    by_id = {each.id: each for each in members}
    for remedy in plan_remedies(rules, members, overlaps, LINUX, keepers=keepers, where=Invocation()).remedies:
        disk = empty_disk(LINUX)
        if remedy.strategy == "remove-loser":
            layouts = {each.id: each.layouts[installer] for each in members}
            order = rules.order(members, with_dependencies=True)
            disk = disk.install(layouts, order, removes_all_first=rules.removes_all_first)
        _holds(remedy, Place(installer, disk, by_id))


@settings(max_examples=150)
@given(_wheels("ab"), _wheels("acd", "0.9"), st.booleans(), st.sampled_from(INSTALLERS))
def test_of_an_addition(
    coming: list[Wheel],
    installed: list[Wheel],
    replaces: bool,  # noqa: FBT001 - generated
    installer: InstallerName,
) -> None:
    """Of ``--into``: beside what is installed, clashing as it is, and in the place of an older release."""
    rules = BY_NAME[installer]
    newcomers = [distribution(wheel) for wheel in coming]
    there = [distribution(wheel) for wheel in (installed if replaces else installed[1:])]
    assume(not _stops(there, installer, {each.id for each in there}))
    disk = empty_disk(LINUX)
    for each in there:
        disk = disk.install({each.id: each.layouts[installer]}, Unordered(), removes_all_first=True)
    older = {new.id: old for new in newcomers for old in there if old.name == new.name}
    stay = [each for each in there if each not in older.values()]
    holders = {path: sorted(disk.holders(path) or ()) for path in disk.contents}
    state = State(LINUX, tuple(there), {path: ids[0] for path, ids in holders.items() if ids})
    everybody = [*newcomers, *stay]
    new = {each.id for each in newcomers}
    overlaps = [overlap for overlap in overlaps_of(everybody) if new.intersection(overlap.ids)]
    taken = diagnose(rules, newcomers, overlaps, LINUX, state=state).taken
    by_id = {each.id: each for each in (*everybody, *older.values())}
    place = Place(installer, disk, by_id, state)
    found = plan_remedies(rules, newcomers, overlaps, LINUX, where=Invocation(), state=state, taken=taken)
    for remedy in found.remedies:
        _holds(remedy, place)


NAMES = ("a", "b", "c", "d")
RECORDS = st.fixed_dictionaries({
    name: st.dictionaries(st.sampled_from(["m.py", "n.so", "x.py", "y.py"]), st.sampled_from(["1", "2"]), min_size=1)
    for name in NAMES
})  # fmt: skip
DISKS = st.fixed_dictionaries(
    {path: st.sampled_from(["1", "2", "3", None]) for path in ["m.py", "n.so", "x.py", "y.py"]}
)


def _situation(records: Mapping[str, Mapping[str, str]], there: Mapping[str, str | None], managed: str) -> Situation:
    """Return an environment in which these files were recorded, and in which one of these contents is at each path."""
    contents = {InstalledPath(path): frozenset({found}) for path, found in there.items()}
    clashes = []
    for path, found in contents.items():
        owners = [
            Owner(name, InstalledFile(path, files[path], 1, 0, path), int(files[path]))
            for name, files in records.items()
            if path in files
        ]
        if len({owner.content for owner in owners}) > 1:
            overlap = Overlap(path, "different", "module", "error", tuple(owners), ("pip", "uv"))
            clashes.append(Clash(overlap, frozenset(one.id for one in owners if str(one.content) not in found)))
    of_names = {name: {InstalledPath(path): text for path, text in files.items()} for name, files in records.items()}
    distributions = tuple(
        Distribution(name, name, "1.0", pinned=f"{name}==1.0", manager="conda" if name == managed else None)
        for name in NAMES
    )
    return Situation(Disk.found(of_names, contents), distributions, tuple(clashes))


def _played(situation: Situation, steps: Sequence[Step], installer: InstallerName) -> Disk:
    disk = situation.disk
    for step in steps:
        if step.action == "uninstall":
            disk = disk.uninstall(step.ids)
        else:
            records = {id_: situation.disk.records[id_] for id_ in step.ids if id_ in disk.records}
            first = BY_NAME[installer].removes_all_first
            disk = disk.install_records(records, Unordered(), removes_all_first=first)
    return disk


@settings(max_examples=300)
@given(
    RECORDS,
    DISKS,
    st.sampled_from([None, *NAMES]),
    st.sampled_from([None, *NAMES]),
    st.sampled_from(["", *NAMES]),
    st.sampled_from(INSTALLERS),
)
def test_of_a_repair(
    records: Mapping[str, Mapping[str, str]],
    there: Mapping[str, str | None],
    keeper: str | None,
    gone: str | None,
    managed: str,
    installer: InstallerName,
) -> None:
    """Of ``fix``: nothing that is another manager's is touched, keepers are intact, and no step could be left out."""
    assume(managed not in {keeper, gone} and (keeper is None or keeper != gone))
    keep, drop = [keeper] if keeper else [], [gone] if gone else []
    situation = _situation(records, there, managed)
    rules = BY_NAME[installer]
    repair = plan_repair(situation, rules, keep=keep, drop=drop)
    assert managed not in {id_ for step in repair.steps for id_ in step.ids}
    assert {id_ for step in repair.steps if step.action == "uninstall" for id_ in step.ids} == set(drop)
    end = _played(situation, repair.steps, installer)
    assert all(end.intact(id_) == "yes" for id_ in keep)
    for number, step in enumerate(repair.steps, 1):
        disk = _played(situation, repair.steps[:number], installer)
        assert step.leaves == {id_: disk.intact(id_) for id_ in disk.records}
    if repair.disturbed:
        return
    assert not _undone(situation, repair, end, rules.name)
    for number, step in enumerate(repair.steps):
        fewer = _played(situation, [*repair.steps[:number], *repair.steps[number + 1 :]], installer)
        assert step.action == "uninstall" or _undone(situation, repair, fewer, rules.name), ("needless", number, repair)


def _undone(situation: Situation, repair: Repair, disk: Disk, installer: InstallerName) -> bool:
    """Return whether planning again finds something to do on this disk, or what nothing decides is not as it was."""
    if any(disk.contents[path] != situation.disk.contents[path] for path in repair.open_paths):
        return True
    there = [distribution for distribution in situation.distributions if distribution.id in disk.records]
    clashes = []
    for clash in situation.clashes:
        owners = tuple(owner for owner in clash.overlap.owners if owner.id in disk.records)
        if len({owner.content for owner in owners}) > 1:
            found = disk.contents[clash.overlap.path]
            losers = frozenset(owner.id for owner in owners if str(owner.content) not in found)
            clashes.append(Clash(clash.overlap._replace(owners=owners), losers))
    again = plan_repair(Situation(disk, tuple(there), tuple(clashes)), BY_NAME[installer], keep=repair.keep)
    return bool(again.steps)
