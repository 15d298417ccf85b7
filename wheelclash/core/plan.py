"""Remedies: ordered steps after which the keepers are intact. Pure.

One planner for every place something is installed to: an environment that was looked at, or none, which is an
environment with nothing in it. It proposes a few strategies and plays each of their commands on the model disk; what an
installer would refuse, or what does not leave every keeper intact, is no remedy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from wheelclash.core.disk import Disk, Record
from wheelclash.core.distribution import Edge
from wheelclash.core.installer import Invocation, Unordered
from wheelclash.core.layout import InstalledPath
from wheelclash.core.overlap import GRAVE, find_overlaps
from wheelclash.core.paths import folders_above
from wheelclash.core.state import Action, Change, State, conflicts_of, contested_layouts, meets_conflict
from wheelclash.errors import KeeperError
from wheelclash.wording import listed, some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Installer, InstallerName, Order
    from wheelclash.core.overlap import Overlap
    from wheelclash.core.state import Loss
    from wheelclash.target.target import Target

__all__ = [
    "MOST_KEEPERS",
    "MOST_STATES",
    "Action",
    "Clash",
    "Named",
    "Obstacle",
    "ObstacleCode",
    "Plans",
    "Remedy",
    "RemovalImpact",
    "Repair",
    "RepairState",
    "Situation",
    "Step",
    "Strategy",
    "Undecided",
    "check_keepers",
    "losers_to",
    "matters",
    "plan_remedies",
    "plan_repair",
    "require_known",
    "state_in_words",
]

MOST_KEEPERS = 12
"""Owners of errors and warnings for each of which remedies are made if no keeper is named: more are not read."""

MOST_STATES = 2000
"""Where very many distributions are touched by overlaps, remedies are made for fewer keepers: each step says of every
one of them whether it is intact, and that is never to be more than so many for all keepers together."""

_MOST_NAMED = 12
"""How many distributions one sentence on a step names."""

Strategy = Literal["avoid", "reinstall-keeper", "remove-loser"]


class Step(NamedTuple):
    """One command.

    Attributes:
        command: Argument list.
        why: What it does and what state it leaves, one sentence.
        leaves: Who is intact after it, by distribution id: of what is installed then, the keepers and all that an
            overlap touches.
        action: What it does.
        ids: Of all distributions on which it acts.
    """

    command: tuple[str, ...]
    why: str
    leaves: Mapping[str, Intact]
    action: Action
    ids: tuple[str, ...]


class Remedy(NamedTuple):
    """A way to have the keepers intact.

    Attributes:
        keep: Ids of the keepers.
        drop: Ids of the losers: who else owns what the keepers must win.
        strategy: ``avoid`` (never install the losers), ``reinstall-keeper`` (last, pinned; the losers stay) or
            ``remove-loser`` (the lasting one).
        installer: The installer of the commands.
        steps: In order; none where the way is to leave things as they are.
        undecided: How many errors and warnings the keepers have no part in, and that are not settled on the way.
        before: Who is intact before the first step, of what is installed by then.
        unmet: For each loser that something installed requires, by id: the names of those that require it. Only where
            the loser is uninstalled.
    """

    keep: tuple[str, ...]
    drop: tuple[str, ...]
    strategy: Strategy
    installer: InstallerName
    steps: tuple[Step, ...]
    undecided: int
    before: Mapping[str, Intact] = {}
    unmet: Mapping[str, tuple[str, ...]] = {}

    @property
    def result(self) -> Mapping[str, Intact]:
        """Return who is intact in the end."""
        return self.steps[-1].leaves if self.steps else self.before


class Plans(NamedTuple):
    """The remedies for a set.

    Attributes:
        remedies: For each choice of keepers the strategies that work, the shortest first, and last what uninstalls
            something that is still required.
        left_out: Ids of owners of errors and warnings for which no remedies were made, since there are very many.
    """

    remedies: tuple[Remedy, ...] = ()
    left_out: tuple[str, ...] = ()


def require_known(names: Iterable[str], known: Collection[str], left_out: Mapping[str, str] | None = None) -> None:
    """Check that every keeper named is in the set.

    Args:
        names: Normalised names of keepers.
        known: Normalised names in the set.
        left_out: By name, a sentence on what was asked for and is not in the set.

    Raises:
        KeeperError: One is not; it says why the name was left out, or else names those that look like it.
    """
    for name in names:
        if name in known:
            continue
        if left_out is not None and name in left_out:
            raise KeeperError(f"--keep {name}: {left_out[name]}.", "What was not compared cannot be kept.")
        from wheelclash.wording import near

        raise KeeperError(f"--keep {name}: no distribution of that name is in the set.", near(name, known))


class Named(Protocol):
    """A distribution as far as its name goes, installed or not."""

    @property
    def id(self) -> str:
        """Return its id, which is unique."""

    @property
    def name(self) -> str:
        """Return its normalised name."""


def check_keepers(names: Iterable[str], distributions: Sequence[Named], overlaps: Sequence[Overlap]) -> list[str]:
    """Return the ids of the keepers named.

    Raises:
        KeeperError: A name is not in the set, or keepers own one path with different content, so that a third thing
            would have to be wanted. It names one path for each such pair.
    """
    by_name = {distribution.name: distribution.id for distribution in distributions}
    names = list(dict.fromkeys(names))
    require_known(names, by_name)
    keepers = [by_name[name] for name in names]
    names_of = {id_: name for name, id_ in by_name.items()}
    paths: dict[tuple[str, str], list[str]] = {}
    for overlap in overlaps:
        if not matters(overlap):
            continue
        contents = {owner.id: owner.content for owner in overlap.owners}
        for first, second in combinations([id_ for id_ in keepers if id_ in contents], 2):
            if contents[first] != contents[second]:
                paths.setdefault((names_of[first], names_of[second]), []).append(overlap.path)
    if paths:
        contradictions = [
            f"--keep {first} and --keep {second} both own {shared[0]}"
            f"{f' and {len(shared) - 1} more files' if len(shared) > 1 else ''}"
            for (first, second), shared in paths.items()
        ]
        raise KeeperError(
            f"The keepers contradict each other: {'; '.join(contradictions)}, with different content.",
            "Of each pair only one can win.",
        )
    return keepers


def losers_to(keep: Collection[str], overlaps: Iterable[Overlap]) -> set[str]:
    """Return the ids of those that lose something if these are kept: owners of equal content win with them."""
    losers: set[str] = set()
    for overlap in overlaps:
        kept = {owner.content for owner in overlap.owners if owner.id in keep}
        alike = overlap.is_one_file or overlap.is_folder
        losers |= {
            owner.id for owner in overlap.owners if owner.id not in keep and not (alike and owner.content in kept)
        }
    return losers


def plan_remedies(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    keepers: Sequence[str] = (),
    where: Invocation,
    roots: Sequence[str] = (),
    state: State | None = None,
    taken: Sequence[Loss] = (),
    whole: Sequence[str] = (),
    no_deps: bool = False,
) -> Plans:
    """Return the remedies for the keepers, or, without keepers, for each owner of an error or warning in turn.

    Without keepers, at most :data:`MOST_KEEPERS` owners have their turn, those that were asked for first, and fewer
    where that would be more than :data:`MOST_STATES` statements on who is intact.

    Args:
        installer: The installer of the commands.
        distributions: The set; of one that is added to an environment, what is new.
        overlaps: All that were found.
        target: Says whether case matters.
        keepers: Ids, as :func:`check_keepers` gave them.
        where: Where the commands are to act.
        roots: Names that were asked for, where the rest is what they pull in: a command that installs the set names
            these, and what they do not bring. Empty if every distribution was named.
        state: What is installed already; nothing by default. If no environment was scanned, ``remove-loser`` is for
            one in which the whole set is installed.
        taken: What that installer's replacing of older releases takes from others.
        whole: Arguments that stand for the whole set in a command that installs it, such as ``-r requirements.txt``.
        no_deps: Whether what the set requires is not installed with it.

    Returns:
        The remedies that work: no installer refuses any of their steps, and in the end every keeper is intact.
    """
    request = _Request(where, frozenset(roots), tuple(whole), no_deps)
    state = State.empty(target) if state is None else state
    model = _Model(installer, distributions, overlaps, state, taken, request)
    choices, left_out = ([tuple(keepers)], ()) if keepers else model.choices()
    remedies_found = [
        remedy for keep in choices for remedy in _Choice(model, keep).remedies(may_be_installed=not state.is_scanned)
    ]
    return Plans(tuple(remedies_found), left_out)


def matters(overlap: Overlap) -> bool:
    """Return whether something must be done about an overlap."""
    return overlap.is_clash


def state_in_words(
    leaves: Mapping[str, Intact], concerned: Mapping[str, str], none: str = "none of them is installed"
) -> str:
    """Return what a step leaves, in words.

    Args:
        leaves: Who is intact, by id.
        concerned: Names of those a remedy is about, by id.
        none: What is said where none of these is there.
    """
    words = {"yes": "is intact", "no": "is not intact", "undetermined": "may be intact or not"}
    clauses = [f"{name} {words[leaves[id_]]}" for id_, name in concerned.items() if id_ in leaves]
    return f"then {some(clauses, _MOST_NAMED)}" if clauses else f"then {none}"


def _listed(names: Sequence[str]) -> str:
    """Return names as part of a sentence, not more than it may name."""
    return listed(names) if len(names) <= _MOST_NAMED else some(names, _MOST_NAMED)


@dataclass(frozen=True, slots=True)
class _Request:
    """How the set was asked for, as commands repeat it; see :func:`remedies`."""

    where: Invocation
    roots: frozenset[str]
    whole: tuple[str, ...]
    no_deps: bool


def _one_of_each(
    records: Mapping[str, Record], disk: Disk, apart: Collection[InstalledPath]
) -> tuple[dict[str, Record], Disk]:
    """Return RECORDs and disk with one path of each group that every command does the same to.

    These are paths that the same distributions record, with contents that are equal among them alike, and at which the
    same may be on disk: whichever of two distributions wins one of a thousand files, wins all of them.

    Args:
        records: What each distribution leaves, by id.
        disk: As it is before.
        apart: Paths that are looked at one by one.
    """
    owners: dict[InstalledPath, list[str]] = {}
    for id_, record in records.items():
        for path in record.files:
            owners.setdefault(path, []).append(id_)
    groups: dict[object, InstalledPath] = {}
    for path, ids in owners.items():
        numbers: dict[str | None, int] = {None: -1}
        contents = tuple(numbers.setdefault(records[id_].files[path], len(numbers)) for id_ in ids)
        there = frozenset(
            numbers.setdefault(content, len(numbers)) for content in disk.contents.get(path, frozenset({None}))
        )
        groups.setdefault((tuple(ids), contents, there, path if path in apart else None), path)
    kept = set(groups.values())
    if len(kept) == len(owners):
        return dict(records), disk

    def cut(record: Record) -> Record:
        return Record({path: content for path, content in record.files.items() if path in kept}, record.phantoms)

    left = {path: contents for path, contents in disk.contents.items() if path in kept or path not in owners}
    there_before = {id_: cut(record) for id_, record in disk.records.items()}
    return {id_: cut(record) for id_, record in records.items()}, Disk(left, there_before, disk.key)


class _Player(ABC):
    """Plays commands of an installer on the model disk.

    Args:
        installer: The installer of the commands.
        records: The installed RECORD that each distribution leaves, by id.
        replaces: By id of what is installed: the id of the older release that it replaces.
    """

    def __init__(
        self, installer: Installer, records: Mapping[str, Record], replaces: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.installer = installer
        self._records = records
        self._replaces = replaces

    @abstractmethod
    def refuses(self, change: Change, disk: Disk) -> bool:
        """Return whether the installer stops on the way, or the command must not be given."""

    @abstractmethod
    def order_of(self, change: Change) -> Order:
        """Return what is known of the order in which a command writes."""

    def play_on(self, disk: Disk, changes: Iterable[Change]) -> tuple[list[tuple[Change, Disk]], Disk]:
        """Return the disk after each of several commands, none of which is refused, and in the end."""
        played = []
        for change in changes:
            disk = self._after(disk, change)
            played.append((change, disk))
        return played, disk

    def play(self, disk: Disk, change: Change) -> Disk | None:
        """Return the disk after a command; None if it is refused."""
        return None if self.refuses(change, disk) else self._after(disk, change)

    def _after(self, disk: Disk, change: Change) -> Disk:
        if change.action == "uninstall":
            return disk.uninstall(change.ids)
        records = {id_: self._records[id_] for id_ in change.ids}
        first = self.installer.removes_all_first
        replaces = self._replaces if change.action == "install" else None
        return disk.install_records(records, self.order_of(change), removes_all_first=first, replaces=replaces)


# -- sets ------------------------------------------------------------------------------------------------------


class _Model(_Player):
    """What is the same for every choice of keepers: who there is, what is on disk, and what a command does to it."""

    def __init__(
        self,
        installer: Installer,
        newcomers: Sequence[Distribution],
        overlaps: Sequence[Overlap],
        state: State,
        taken: Sequence[Loss],
        request: _Request,
    ) -> None:
        self._replaced = state.replaced_by(newcomers)
        super().__init__(installer, {}, {new: old.id for new, old in self._replaced.items()})
        self.newcomers = newcomers
        self._state = state
        self.residents = state.staying(newcomers)
        self._request = request
        self._here = [overlap for overlap in overlaps if installer.name in overlap.installers]
        self.grave = [overlap for overlap in self._here if matters(overlap)]
        self.grave_of: dict[str, list[int]] = {}
        for number, overlap in enumerate(self.grave):
            for owner in overlap.owners:
                self.grave_of.setdefault(owner.id, []).append(number)
        self.taken = [loss for loss in taken if loss.severity in GRAVE]
        self.everybody = [*newcomers, *self.residents]
        self.by_id = {distribution.id: distribution for distribution in (*self.everybody, *self._replaced.values())}
        self._harmless = {(overlap.path, overlap.kind) for overlap in self._here if not matters(overlap)}
        self._conflicts = [*conflicts_of(self._here), *self._conflicts_with_older()]
        cut = contested_layouts(self.everybody, self._here, installer.name, stubs_alike=True)
        self._layouts = state.layouts(cut, newcomers, installer.name)
        self.before = state.disk_before(self._layouts, newcomers)
        self._records = {id_: self.before.record_of(id_, layout) for id_, layout in self._layouts.items()}
        apart = {self.before.key(loss.path) for loss in self.taken}
        if not any(record.phantoms for record in self._records.values()):
            self._records, self.before = _one_of_each(self._records, self.before, apart)
        touched = {id_ for id_, layout in self._layouts.items() if layout.files or layout.phantoms}
        self.told = [distribution.id for distribution in self.everybody if distribution.id in touched]
        self._installed: dict[tuple[tuple[str, ...], tuple[str, ...]], Disk | None] = {}
        self._new_by_name = {distribution.name: distribution for distribution in newcomers}
        asked = [distribution.id for distribution in newcomers if distribution.name in request.roots]
        brought = self._brought_by(asked)
        self._named = frozenset(
            distribution.id for distribution in newcomers if distribution.id in asked or distribution.id not in brought
        )

    def choices(self) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
        """Return each owner of something grave, those that were asked for first; and those that there is no room for.

        Those that merely lose files to a replacement are kept all together, if they can be.
        """
        owners = self.grave_of.keys()
        roots = self._request.roots
        singles = [distribution for distribution in self.everybody if distribution.id in owners]
        singles.sort(key=lambda distribution: bool(roots) and distribution.name not in roots)
        most = max(1, min(MOST_KEEPERS, MOST_STATES // max(1, len(self.told))))
        choices: list[tuple[str, ...]] = [(distribution.id,) for distribution in singles[:most]]
        left_out = tuple(distribution.id for distribution in singles[most:])
        paths: dict[str, set[InstalledPath]] = {}
        for loss in self.taken:
            if loss.id not in owners:
                paths.setdefault(loss.id, set()).add(loss.path)
        files = {id_: self._layouts[id_].files for id_ in paths}
        if any(
            files[first][path].content != files[second][path].content
            for first, second in combinations(paths, 2)
            for path in paths[first] & paths[second]
        ):
            alone = [(id_,) for id_ in paths]
            return [*choices, *alone[:most]], (*left_out, *(id_ for (id_,) in alone[most:]))
        return [*choices, tuple(paths)] if paths else choices, left_out

    # -- commands ----------------------------------------------------------------------------------------

    def install(self, why: str, *, without: Collection[str] = (), keep: Collection[str] = ()) -> Change | None:
        """Return the command that installs the set without some of it; None if it would bring them all the same.

        Args:
            why: For people.
            without: Ids of those that must not come.
            keep: Ids of those that must, whatever the others bring.
        """
        named = [
            distribution.id
            for distribution in self.newcomers
            if distribution.id in self._named and distribution.id not in without
        ]
        brought = self._brought_by(named)
        missing = [id_ for id_ in keep if id_ in self._new_ids and id_ not in brought]
        if missing:
            named = [distribution.id for distribution in self.newcomers if distribution.id in {*named, *missing}]
            brought = self._brought_by(named)
        if not brought.isdisjoint(without):
            return None
        return self.change(
            "install", [distribution.id for distribution in self.newcomers if distribution.id in brought], why, named
        )

    def change(self, action: Action, ids: Iterable[str], why: str, named: Iterable[str] | None = None) -> Change:
        """Return a command that does something to distributions, of which it names some; by default all."""
        ids = tuple(ids)
        return Change(
            action,
            self.installer,
            tuple(self.by_id[id_] for id_ in ids),
            ids if named is None else tuple(named),
            with_dependencies=action == "install" and not self._request.no_deps,
            why=why,
        )

    def command(self, change: Change) -> tuple[str, ...]:
        """Return a change as an argument list."""
        where = self._request.where
        if change.action == "uninstall":
            return self.installer.uninstall([self.by_id[id_].name for id_ in change.named], where)
        pins = [self.by_id[id_].pinned for id_ in change.named]
        if change.action == "reinstall":
            return self.installer.reinstall(pins, where)
        if self._request.whole and set(change.named) == self._named:
            pins = list(self._request.whole)
        return self.installer.install(pins, where, no_deps=self._request.no_deps)

    def play(self, disk: Disk, change: Change) -> Disk | None:
        """Return the disk after a command; None if it is refused.

        What is installed first is mostly the whole set, whichever distribution is to be kept: that is played once.
        """
        if disk is not self.before or change.action != "install":
            return super().play(disk, change)
        key = (change.ids, change.named)
        if key not in self._installed:
            self._installed[key] = super().play(disk, change)
        return self._installed[key]

    def order_of(self, change: Change) -> Order:
        """Return what is known of the order in which a command writes."""
        if change.action == "reinstall":
            return self.installer.order(change.distributions, with_dependencies=False)
        return self._state.order(change)

    def refuses(self, change: Change, disk: Disk) -> bool:
        """Return whether the installer stops on the way, or the command must not be given."""
        if not self._may_be_done(change):
            return True
        if change.action == "uninstall":
            return False
        there = set(disk.records)
        if change.action == "install":  # whether these are gone in time, the state knows
            there -= {self._replaces.get(id_, "") for id_ in change.ids}
        if self._stops(change.ids, there):
            return True
        if change.action == "reinstall" or not self._replaced:
            return False
        stopped = self._state.stopped(change, self.order_of(change))
        return any(loss.because in disk.records for loss in stopped)

    def _may_be_done(self, change: Change) -> bool:
        """Return whether a command leaves alone what another package manager owns, and every wheel variant.

        A variant that is installed may be replaced by the same variant of another release, and by no other build.
        """
        concerned = [self.by_id[id_] for id_ in change.ids]
        match change.action:
            case "uninstall":
                return all(distribution.manager is None for distribution in concerned)
            case "reinstall":
                return all(distribution.can_be_rewritten for distribution in concerned)
        successors = [
            (self._replaced[distribution.id], distribution)
            for distribution in concerned
            if distribution.id in self._replaced
        ]
        return all(old.variant in {None, new.candidate.variant} for old, new in successors)

    def _stops(self, ids: Collection[str], there: Collection[str]) -> bool:
        """Return whether the installer refuses one of these, or meets a file where it needs a folder."""
        if any(self._layouts[id_].failure is not None for id_ in ids):
            return True
        return meets_conflict(self._conflicts, ids, there)

    def _conflicts_with_older(self) -> Iterator[tuple[set[str], set[str]]]:
        """Yield what is a file of one and a folder of the other, of older releases and what is not their successor."""
        name = self.installer.name
        for new, old in self._replaced.items():
            there = old.layouts[name].files
            for newcomer in self.newcomers:
                files = newcomer.layouts[name].files
                if newcomer.id != new and not files.keys().isdisjoint(folders_above(there)):
                    yield {newcomer.id}, {old.id}
                if newcomer.id != new and not there.keys().isdisjoint(folders_above(files)):
                    yield {old.id}, {newcomer.id}

    # -- older releases ----------------------------------------------------------------------------------

    def older_releases(self, ids: Iterable[str], beside: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the ids of the releases that stay if newcomers are left out, and of those among them that then clash.

        Args:
            ids: Ids of the newcomers that are left out.
            beside: Ids of what is there then.
        """
        staying = tuple(self._replaced[id_].id for id_ in ids if id_ in self._replaced)
        clashing: set[str] = set()
        for overlap in self._overlaps_of_older if staying else ():
            # Those that write the same do not clash with each other: the same content, or the same one of two files.
            written = {owner.id: owner.content if overlap.is_same_path else owner.file.path for owner in overlap.owners}
            there = {written[id_] for id_ in written if id_ in beside}
            clashing.update(id_ for id_, what in written.items() if there - {what})
        return staying, tuple(id_ for id_ in staying if id_ in clashing)

    @cached_property
    def _overlaps_of_older(self) -> list[Overlap]:
        """Return the grave overlaps of releases that are replaced, which are in no overlap of the set itself."""
        older = {distribution.id for distribution in self._replaced.values()}
        layouts = {id_: distribution.layouts[self.installer.name] for id_, distribution in self.by_id.items()}
        return [
            overlap
            for overlap in find_overlaps(layouts, self._state.target)
            if matters(overlap) and (overlap.path, overlap.kind) not in self._harmless and older & set(overlap.ids)
        ]

    # -- who requires whom -------------------------------------------------------------------------------

    @property
    def _new_ids(self) -> frozenset[str]:
        return frozenset(distribution.id for distribution in self.newcomers)

    def _brought_by(self, ids: Iterable[str]) -> set[str]:
        """Return the ids of all newcomers that a command that names these installs."""
        waiting = [Edge(self.by_id[id_].name, self.by_id[id_].extras) for id_ in ids]
        seen = set(waiting)
        while waiting:
            edge = waiting.pop()
            distribution = self._new_by_name.get(edge.name)
            if distribution is not None and not self._request.no_deps:
                more = set(distribution.requirements.with_extras(edge.extras)) - seen
                seen |= more
                waiting += more
        return {self._new_by_name[edge.name].id for edge in seen if edge.name in self._new_by_name}

    def requirers(self, ids: Collection[str], among: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return, for each of ``ids`` that one of the others requires, the names of those that do."""
        requirers: dict[str, tuple[str, ...]] = {}
        for distribution in (self.by_id[id_] for id_ in among if id_ not in ids):
            names = {edge.name for edge in distribution.requirements.with_extras(distribution.extras)}
            for id_ in ids:
                if self.by_id[id_].name in names:
                    requirers[id_] = (*requirers.get(id_, ()), distribution.name)
        return requirers

    def names(self, ids: Iterable[str]) -> str:
        """Return names for a sentence."""
        return some((self.by_id[id_].name for id_ in ids), _MOST_NAMED)


class _Choice:
    """The remedies for one choice of keepers."""

    def __init__(self, model: _Model, keep: tuple[str, ...]) -> None:
        self._model = model
        self._keep = keep
        numbers = sorted({number for id_ in keep for number in model.grave_of.get(id_, ())})
        self._own = [model.grave[number] for number in numbers]
        self._own_numbers = frozenset(numbers)
        self._lasting = [overlap for overlap in self._own if overlap.kind == "shadowed" or overlap.is_folder]
        lost = [loss for loss in model.taken if loss.id in keep]
        losers = losers_to(keep, self._own)
        self._drop = tuple(distribution.id for distribution in model.everybody if distribution.id in losers)
        coming = {distribution.id for distribution in model.newcomers}
        self._new_losers = tuple(id_ for id_ in self._drop if id_ in coming)
        self._old_losers = tuple(id_ for id_ in self._drop if id_ not in coming)
        beside = {*coming.difference(self._drop), *keep}
        self._older, self._in_the_way = model.older_releases(self._new_losers, beside)
        self._loses_files = bool(lost)
        self._is_stopped = any(loss.code == "in-the-way" for loss in lost)

    def remedies(self, *, may_be_installed: bool) -> list[Remedy]:
        """Return the remedies that work, those that leave a requirement unmet last, else shortest first.

        Args:
            may_be_installed: Whether the whole set may be installed already, because no environment was named.
        """
        if not self._drop and not self._loses_files:
            return []
        proposed = [self._avoid(), self._reinstall_keeper()]
        proposed.append(self._remove_installed() if may_be_installed else self._remove_resident())
        remedies = [remedy for remedy in proposed if remedy is not None]
        return sorted(remedies, key=lambda remedy: (bool(remedy.unmet), len(remedy.steps)))

    # -- strategies --------------------------------------------------------------------------------------

    def _avoid(self) -> Remedy | None:
        """Return the remedy that leaves the losers out, where all of them are new and no older release clashes."""
        if not self._new_losers or self._old_losers or self._in_the_way:
            return None
        changes = self._install_without_losers(f"Install the set without {self._model.names(self._new_losers)}")
        return None if changes is None else self._played("avoid", self._model.before, changes)

    def _reinstall_keeper(self) -> Remedy | None:
        """Return the remedy that installs everything, and writes the keepers last."""
        same = any(overlap.is_same_path or overlap.kind == "case-only" for overlap in self._own)
        install = self._model.install("Install the whole set")
        if install is None or not (same or self._loses_files):
            return None
        changes = self._in_turn(install) if self._is_stopped else [install]
        return self._played("reinstall-keeper", self._model.before, changes if install.ids else [])

    def _in_turn(self, install: Change) -> list[Change]:
        """Return the commands that replace the older releases first, and then install what these are in the way of."""
        model = self._model
        names = model.names(self._keep)
        first = model.install(
            f"Install the set without {names}, where older releases are in the way", without=self._keep
        )
        if first is None or not first.ids:
            return [install]
        rest = tuple(id_ for id_ in install.ids if id_ not in first.ids)
        return [first, model.change("install", rest, f"Install {model.names(rest)}")]

    def _remove_resident(self) -> Remedy | None:
        """Return the remedy that uninstalls the losers that are there, and installs the set without the new ones.

        Older releases of the new losers stay, since nothing replaces them; those that clash as well are uninstalled.
        """
        model = self._model
        losers = (*self._old_losers, *self._in_the_way)
        if not losers or model.requirers(self._drop, self._keep):
            return None
        uninstall, unmet = self._uninstall(losers, [distribution.id for distribution in model.residents])
        changes = self._install_without_losers("Install")
        if changes is None or model.requirers(losers, [id_ for change in changes for id_ in change.ids]):
            return None
        return self._played("remove-loser", model.before, [uninstall, *changes], unmet)

    def _remove_installed(self) -> Remedy | None:
        """Return the same as :meth:`_remove_resident`, where the whole set is installed."""
        model = self._model
        install = model.install("Install the whole set")
        installed = None if install is None else model.play(model.before, install)
        if installed is None or not self._drop or model.requirers(self._drop, self._keep):
            return None
        uninstall, unmet = self._uninstall(self._drop, [distribution.id for distribution in model.everybody])
        return self._played("remove-loser", installed, [uninstall], unmet)

    def _install_without_losers(self, why: str) -> list[Change] | None:
        """Return the command that installs the rest, if there is a rest; None if it would bring a loser."""
        model = self._model
        install = model.install(why, without=self._new_losers, keep=self._keep)
        if install is None or model.requirers(self._new_losers, self._keep):
            return None
        return [install] if install.ids else []

    def _uninstall(self, ids: tuple[str, ...], there: Sequence[str]) -> tuple[Change, dict[str, tuple[str, ...]]]:
        """Return the command that uninstalls these, and what of those that are there then misses them."""
        unmet = self._model.requirers(ids, there)
        why = f"Uninstall {self._model.names(ids)}, and with it what it shared"
        for id_, names in list(unmet.items())[:_MOST_NAMED]:
            verb = "requires" if len(names) == 1 else "require"
            why += f" ({_listed(names)} {verb} {self._model.by_id[id_].name}; `pip check` will say so)"
        return self._model.change("uninstall", ids, why), unmet

    # -- playing -----------------------------------------------------------------------------------------

    def _played(
        self,
        strategy: Strategy,
        start: Disk,
        changes: Sequence[Change],
        unmet: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    ) -> Remedy | None:
        """Return the remedy that begins with these changes; None if it does not work.

        What was lost on the way is written again: what the removal of the losers took from others, and the keepers.
        """
        steps, disk = self._play_all(start, changes)
        if disk is None:
            return None
        removes = strategy == "remove-loser"
        robbed = self._robbed(start, disk) if removes else ()
        for ending in self._endings(robbed, disk, respelt=removes):
            more, end = self._play_all(disk, ending)
            if end is None or not self._is_met(end):
                continue
            if not removes or not (self._robbed(start, end) or self._keeps_a_name(end)):
                return Remedy(
                    keep=self._keep,
                    drop=self._drop,
                    strategy=strategy,
                    installer=self._model.installer.name,
                    steps=(*steps, *more),
                    undecided=self._undecided(end),
                    before=self._states(start),
                    unmet=unmet,
                )
        return None

    def _endings(self, robbed: tuple[str, ...], disk: Disk, *, respelt: bool) -> Iterator[list[Change]]:
        """Yield the ways to write again what was lost, shortest first.

        Args:
            robbed: Ids of those other than the keepers that lost something.
            disk: As it is then.
            respelt: Whether a keeper that is written again makes its folders anew, since the losers are gone.
        """
        keepers = tuple(id_ for id_ in self._keep if id_ in disk.records)
        respelt = respelt and any(overlap.is_folder for overlap in self._own)
        broken = keepers if respelt else tuple(id_ for id_ in keepers if disk.intact(id_) != "yes")
        first = [self._rewrite(robbed, "pinned")] if robbed else []
        lasts = [self._rewrite(last, "last and pinned") for last in dict.fromkeys((broken, keepers)) if last]
        if not broken:
            yield first
        elif robbed:  # what the keepers write again may be all that was lost
            yield from ([last] for last in lasts)
            everybody = tuple(id_ for id_ in self._model.by_id if id_ in {*robbed, *broken})
            yield [self._rewrite(everybody, "pinned")]
        yield from ([*first, last] for last in lasts)

    def _rewrite(self, ids: tuple[str, ...], how: str) -> Change:
        return self._model.change("reinstall", ids, f"Write {self._model.names(ids)} again, {how}")

    def _play_all(self, disk: Disk, changes: Sequence[Change]) -> tuple[list[Step], Disk | None]:
        """Return the steps, and the disk after them; None for the disk if the installer stops on the way."""
        steps: list[Step] = []
        for change in changes:
            after = self._model.play(disk, change)
            if after is None:
                return steps, None
            disk = after
            leaves = self._states(disk)
            concerned = {id_: self._model.by_id[id_].name for id_ in (*self._keep, *self._drop)}
            why = f"{change.why}; {state_in_words(leaves, concerned)}."
            steps.append(Step(self._model.command(change), why, leaves, change.action, change.ids))
        return steps, disk

    def _states(self, disk: Disk) -> dict[str, Intact]:
        ids = dict.fromkeys((*self._model.told, *self._keep))
        return {id_: disk.intact(id_) for id_ in ids if id_ in disk.records}

    def _is_met(self, disk: Disk) -> bool:
        """Return whether every keeper is there, intact, found by imports, and spelt as it spells itself."""
        if any(id_ not in disk.records or disk.intact(id_) != "yes" for id_ in self._keep):
            return False
        if any(self._model.by_id[id_].startup for id_ in self._drop if id_ in disk.records):
            return False  # code that runs whenever Python starts would undo it
        return not any(self._is_beaten(overlap, disk) for overlap in self._lasting)

    def _undecided(self, end: Disk) -> int:
        """Return how many errors and warnings of others are left in the end: not those of which one side is gone."""
        grave = self._model.grave
        gone = {distribution.id for distribution in self._model.everybody if distribution.id not in end.records}
        smaller = {number for id_ in gone for number in self._model.grave_of.get(id_, ())} - self._own_numbers
        settled = sum(
            len({owner.content for owner in grave[number].owners if owner.id not in gone}) <= 1 for number in smaller
        )
        clashing = len(grave) - len(self._own) - settled
        losing = 0
        for loss in self._model.taken:
            path = end.key(loss.path)
            if loss.id not in self._keep and loss.id in end.records:
                losing += end.contents.get(path) != frozenset({end.records[loss.id].files.get(path)})
        return clashing + losing

    def _keeps_a_name(self, disk: Disk) -> bool:
        """Return whether a folder may keep the name that a loser gave it: it stays while anything else is in it."""
        return any(overlap.is_folder and sum(id_ in disk.records for id_ in overlap.ids) > 1 for overlap in self._own)

    def _is_beaten(self, overlap: Overlap, disk: Disk) -> bool:
        """Return whether a keeper loses an overlap however late it is written."""
        others = {owner.id for owner in overlap.owners if owner.id in disk.records} - set(self._keep)
        if overlap.kind == "shadowed":
            hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
            return not hidden.isdisjoint(self._keep) and bool(others - hidden)
        kept = {owner.content for owner in overlap.owners if owner.id in self._keep}
        return overlap.is_folder and any(owner.id in others and owner.content not in kept for owner in overlap.owners)

    def _robbed(self, before: Disk, after: Disk) -> tuple[str, ...]:
        """Return the ids of those, other than the keepers, that miss files they had before."""
        robbed = []
        for id_ in (*self._model.told, *self._older):
            if id_ in after.records and id_ not in self._keep:
                missing = before.missing(id_) if id_ in before.records else frozenset()
                if after.missing(id_) - missing:
                    robbed.append(id_)
        return tuple(robbed)


# -- repairs ---------------------------------------------------------------------------------------------------


class Clash(NamedTuple):
    """An error or a warning among what is installed.

    Attributes:
        overlap: It, with the severity that it has among wheels: on this disk it may be at rest.
        losers: Ids of the owners with a content, or a spelling, that is surely not on disk.
    """

    overlap: Overlap
    losers: frozenset[str]


class Situation(NamedTuple):
    """What a repair is planned for.

    Attributes:
        disk: The model of what is on disk, cut down to what is contested, gone or changed.
        distributions: All of them; a command names each by its pin.
        clashes: All errors and warnings.
        everyday: Files that are missing from nearly every environment, and are not missed, each with the id of its
            distribution.
    """

    disk: Disk
    distributions: tuple[Distribution, ...]
    clashes: tuple[Clash, ...]
    everyday: frozenset[tuple[str, InstalledPath]] = frozenset()


class RemovalImpact(NamedTuple):
    """What would be lost with a distribution.

    Attributes:
        name: Its name.
        requirers: Names of installed distributions that require it.
        packages: Names that are imported from it and from no other distribution.
    """

    name: str
    requirers: tuple[str, ...]
    packages: tuple[str, ...]


class Undecided(NamedTuple):
    """Contested files of which nothing says which content is wanted.

    Attributes:
        owners: Ids of those that own them.
        paths: Which.
    """

    owners: tuple[str, ...]
    paths: tuple[InstalledPath, ...]


ObstacleCode = Literal["hidden-module", "folder-name", "startup-code"]


class Obstacle(NamedTuple):
    """A reason for which a keeper does not last, however late it is written, while the other stays installed.

    Attributes:
        keeper: Id of the keeper.
        other: Id of the other distribution.
        code: ``hidden-module``: imports find the other's module in place of the keeper's; ``folder-name``: where
            case does not matter, a folder has the other's spelling of its name while anything of the other is in it;
            ``startup-code``: the other runs code whenever Python starts, which may overwrite what is written.
        path: The module that is hidden, the folder, or the file that runs code.
    """

    keeper: str
    other: str
    code: ObstacleCode
    path: InstalledPath


RepairState = Literal["whole", "planned", "undecided", "needs-drop", "no-wheel", "mended", "failed"]
"""What a repair comes to: ``whole`` (nothing to do), ``planned`` (nothing was done), ``undecided`` (a keeper must be
named), ``needs-drop`` (a keeper would not last while another distribution stays; nothing was done), ``no-wheel``
(something cannot be written again; nothing was done), ``mended`` or ``failed``."""


class Repair(NamedTuple):
    """What is to be done in an environment.

    Attributes:
        keep: Ids of the keepers named.
        drop: Ids of what is to be uninstalled.
        steps: Commands, in order; none if there is nothing to do.
        undecided: What stays as it is until the user says whom to keep.
        disturbed: Paths that nothing decides and that would not keep their content: that must be decided before
            anything is done.
        losers: Ids of those that lose contested files to a keeper and stay installed.
        obstacles: What only uninstalling the other distribution overcomes.
    """

    keep: tuple[str, ...]
    drop: tuple[str, ...]
    steps: tuple[Step, ...]
    undecided: tuple[Undecided, ...]
    disturbed: tuple[InstalledPath, ...]
    losers: tuple[str, ...]
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def reinstalled(self) -> tuple[str, ...]:
        """Return the ids of what is written again, in order."""
        return tuple(id_ for step in self.steps if step.action == "reinstall" for id_ in step.ids)

    @property
    def open_paths(self) -> frozenset[InstalledPath]:
        """Return the paths that stay as they are."""
        return frozenset(path for undecided in self.undecided for path in undecided.paths)

    @property
    def is_decided(self) -> bool:
        """Return whether it can be carried out: the user said whom to keep, or need not."""
        return not self.disturbed and (bool(self.keep or self.drop) or not self.undecided)

    def commanded(
        self, installer: Installer, distributions: Iterable[Distribution], where: Invocation
    ) -> tuple[Step, ...]:
        """Return the steps with the commands of an installer.

        Args:
            installer: The installer of the commands.
            distributions: Name the distributions, and pin what is written again.
            where: How commands name environment and index.
        """
        by_id = {distribution.id: distribution for distribution in distributions}
        return tuple(
            step._replace(
                command=installer.uninstall([by_id[id_].name for id_ in step.ids], where)
                if step.action == "uninstall"
                else installer.reinstall([by_id[id_].pinned for id_ in step.ids], where)
            )
            for step in self.steps
        )


def plan_repair(
    situation: Situation,
    installer: Installer,
    *,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    ignored: Collection[InstalledPath] = frozenset(),
    where: Invocation | None = None,
) -> Repair:
    """Return what must be uninstalled and written again so that the keepers are intact, and nothing else is damaged.

    A distribution is uninstalled only if that was asked for. What is not to be kept may lose what it contests with a
    keeper, and nothing else.

    Args:
        situation: What is on disk.
        installer: The installer of the commands: it decides what is removed when.
        keep: Ids of the keepers; no two own one path with different content.
        drop: Ids of what is to be uninstalled; none of them a keeper.
        ignored: Paths of overlaps the user does not care for.
        where: How commands name environment and index; by default they do not.
    """
    repair = _RepairPlanner(situation, installer, tuple(keep), tuple(drop), ignored).repair()
    return repair._replace(steps=repair.commanded(installer, situation.distributions, where or Invocation()))


class _RepairPlayer(_Player):
    """Plays the commands of a repair: what is installed is written again as it was recorded."""

    def __init__(self, situation: Situation, installer: Installer) -> None:
        super().__init__(installer, situation.disk.records)
        self.managed = {distribution.id for distribution in situation.distributions if distribution.manager is not None}

    def refuses(self, change: Change, disk: Disk) -> bool:  # noqa: ARG002
        return not self.managed.isdisjoint(change.ids)

    def order_of(self, change: Change) -> Order:  # noqa: ARG002
        return Unordered()


class _RepairPlanner:
    """The strategy of a repair: uninstall what is to go, write again what is damaged, and what that damages in turn."""

    def __init__(
        self,
        situation: Situation,
        installer: Installer,
        keep: tuple[str, ...],
        drop: tuple[str, ...],
        ignored: Collection[InstalledPath],
    ) -> None:
        self._keep = keep
        self._drop = drop
        self._player = _RepairPlayer(situation, installer)
        self._disk = situation.disk
        self._by_id = {distribution.id: distribution for distribution in situation.distributions}
        self._names = {id_: distribution.name for id_, distribution in self._by_id.items()}
        self._startup = {id_: InstalledPath(known.startup[0]) for id_, known in self._by_id.items() if known.startup}
        self._rest = [id_ for id_ in self._by_id if id_ not in drop]
        self._ours = [id_ for id_ in self._rest if not self._player.refuses(self._rewriting([id_]), self._disk)]
        self._clashes = situation.clashes
        self._everyday = situation.everyday
        self._ignored = {path for path in ignored if path in self._disk.contents}
        self._open = {clash.overlap.path for clash in self._clashes if self._is_open(clash)}
        self._hidden = {clash.overlap.path for clash in self._clashes if self._is_hidden(clash, ignored)}

    def repair(self) -> Repair:
        """Return the plan."""
        reinstalled = self._reinstalled()
        changes = self._changes(reinstalled)
        played, disk = self._player.play_on(self._disk, changes)
        wanted = {clash.overlap.path for clash in self._clashes if not self._is_managed(clash)}
        asked_about = (self._open & wanted) | self._ignored
        disturbed = {path for path in asked_about if disk.contents[path] != self._disk.contents[path]}
        losers = self._losers()
        last = [id_ for change in changes if change.action == "reinstall" for id_ in change.ids]
        concerned = {id_: self._names[id_] for id_ in (*self._keep, *last, *losers)}
        return Repair(
            keep=self._keep,
            drop=self._drop,
            steps=tuple(
                Step(
                    (),
                    f"{change.why}; {state_in_words(leaves, concerned, _NOTHING_LEFT)}.",
                    leaves,
                    change.action,
                    change.ids,
                )
                for change, leaves in ((change, self._states(after)) for change, after in played)
            ),
            undecided=tuple(self._undecided(self._open | disturbed)),
            disturbed=tuple(sorted(disturbed)),
            losers=losers,
            obstacles=tuple(self._obstacles(reinstalled)),
        )

    def _states(self, disk: Disk) -> dict[str, Intact]:
        return {id_: disk.intact(id_) for id_, record in disk.records.items() if record.files or id_ in self._keep}

    # -- what is wanted ----------------------------------------------------------------------------------

    def _is_open(self, clash: Clash) -> bool:
        """Return whether an owner has lost a file, and nothing says which content it should have."""
        path = clash.overlap.path
        if not clash.overlap.is_one_file or path in self._ignored:
            return False
        contents = {id_: content for id_, content in _contents(clash).items() if id_ not in self._drop}
        if len(set(contents.values())) <= 1 or not contents.keys().isdisjoint(self._keep):
            return False
        return not self._disk.contents[path] <= set(contents.values()) or bool(clash.losers)

    def _is_managed(self, clash: Clash) -> bool:
        """Return whether no owner that stays can be kept, as each is managed: then no keeper can be named."""
        return self._player.managed.issuperset(id_ for id_ in clash.overlap.ids if id_ not in self._drop)

    def _is_hidden(self, clash: Clash, ignored: Collection[InstalledPath]) -> bool:
        """Return whether an import misses a module of one owner, or its spelling, and nothing says of which."""
        overlap = clash.overlap
        stay = {id_ for id_ in overlap.ids if id_ not in self._drop}
        is_grave = overlap.severity == "error" and not overlap.is_one_file and overlap.path not in ignored
        return is_grave and len(stay) > 1 and stay.isdisjoint(self._keep)

    def _wants(self, id_: str, path: InstalledPath) -> bool:
        """Return whether a distribution is to have its own content at a path it recorded."""
        if id_ in self._keep:
            return True
        if (id_, path) in self._everyday:
            return False
        content = self._disk.records[id_].files[path]
        if path in self._open or path in self._ignored:  # then nothing changes: what is there stays
            return self._disk.contents[path] == frozenset({content})
        return all(self._disk.records[keeper].files.get(path, content) == content for keeper in self._keep)

    def _undecided(self, paths: Collection[InstalledPath]) -> list[Undecided]:
        """Return these paths, and what is hidden, by the owners that stay."""
        paths_by_owners: dict[tuple[str, ...], list[InstalledPath]] = {}
        for clash in self._clashes:
            if clash.overlap.path in (paths if clash.overlap.is_one_file else self._hidden):
                owners = tuple(id_ for id_ in clash.overlap.ids if id_ not in self._drop)
                paths_by_owners.setdefault(owners, []).append(clash.overlap.path)
        return [Undecided(owners, tuple(paths)) for owners, paths in sorted(paths_by_owners.items())]

    def _losers(self) -> tuple[str, ...]:
        """Return what loses something to a keeper and stays."""
        losers = set()
        for clash in self._clashes:
            if clash.overlap.is_one_file:
                contents = _contents(clash)
                wanted = {contents[id_] for id_ in contents if id_ in self._keep}
                losers |= {id_ for id_, content in contents.items() if wanted and content not in wanted}
        return tuple(id_ for id_ in self._rest if id_ in losers)

    def _obstacles(self, reinstalled: Collection[str]) -> Iterator[Obstacle]:
        """Yield why keepers do not last, the first reason for each pair of distributions."""
        obstacles: dict[tuple[str, str], Obstacle] = {}
        for clash in self._clashes:
            overlap = clash.overlap
            code: ObstacleCode
            if overlap.is_folder:
                code, beaten = "folder-name", set(clash.losers)
            elif overlap.kind == "shadowed":
                code = "hidden-module"
                beaten = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
            else:
                continue
            keepers = [id_ for id_ in self._keep if id_ in beaten]
            for keeper, other in product(keepers, [id_ for id_ in overlap.ids if id_ not in self._drop]):
                if other not in (keepers if code == "folder-name" else beaten):
                    obstacles.setdefault((keeper, other), Obstacle(keeper, other, code, overlap.path))
        for clash in self._clashes:
            for keeper, other in product(clash.overlap.ids, clash.overlap.ids):
                runs_code = other in self._startup and other not in self._keep and other not in self._drop
                if runs_code and keeper in self._keep and keeper in reinstalled:
                    obstacle = Obstacle(keeper, other, "startup-code", self._startup[other])
                    obstacles.setdefault((keeper, other), obstacle)
        yield from obstacles.values()

    def _respelt(self) -> set[str]:
        """Return what must be written again for a folder to have its own spelling of the name, since the others go."""
        respelt: set[str] = set()
        for clash in self._clashes:
            stay = [id_ for id_ in clash.overlap.ids if id_ not in self._drop]
            if clash.overlap.is_folder and len(stay) == 1 and stay[0] in self._ours:
                respelt.update(id_ for id_ in stay if id_ in clash.losers)
        return respelt

    # -- what it takes -----------------------------------------------------------------------------------

    def _reinstalled(self) -> set[str]:
        """Return the ids of what must be written again: none of them could be left out."""
        respelt = self._respelt()
        reinstalled = set(respelt)
        while damaged := self._damaged(reinstalled):
            reinstalled |= self._enough(damaged, self._end(reinstalled))
        for id_ in sorted(reinstalled - respelt - self._indispensable(reinstalled), key=lambda id_: id_ in self._keep):
            if not self._damaged(reinstalled - {id_}):
                reinstalled.discard(id_)
        return reinstalled

    def _indispensable(self, reinstalled: Collection[str]) -> set[str]:
        """Return which of these alone bring back something that is lost when nothing is written again."""
        end = self._end(())
        lost = {id_: self._lost(id_, end) for id_ in reinstalled}
        brought = Counter(
            (path, content) for id_ in reinstalled for path, content in self._disk.records[id_].files.items()
        )
        return {id_ for id_, paths in lost.items() if any(brought[item] == 1 for item in paths.items())}

    def _end(self, reinstalled: Collection[str]) -> Disk:
        """Return the disk in the end, if these are written again."""
        return self._player.play_on(self._disk, self._changes(reinstalled))[1]

    def _damaged(self, reinstalled: Collection[str]) -> set[str]:
        """Return the ids of what is damaged in the end, if these are written again, and is not among them."""
        end = self._end(reinstalled)
        return {id_ for id_ in self._ours if id_ not in reinstalled and self._lost(id_, end)}

    def _lost(self, id_: str, disk: Disk) -> dict[InstalledPath, str]:
        """Return what a distribution is to have and lacks, or may lack by what was done: content by path."""
        return {
            path: content
            for path, content in disk.records[id_].files.items()
            if self._wants(id_, path)
            and (content not in disk.contents[path] or disk.contents[path] - self._disk.contents[path] - {content})
        }

    def _enough(self, damaged: Collection[str], disk: Disk) -> set[str]:
        """Return those of the damaged that bring back what all of them lost: first what lost most."""
        chosen = {id_ for id_ in damaged if id_ in self._keep}
        lost = {id_: self._lost(id_, disk) for id_ in self._rest if id_ in damaged}
        brought = {(path, content) for id_ in chosen for path, content in disk.records[id_].files.items()}
        for id_, paths in sorted(lost.items(), key=lambda item: -len(item[1])):
            if not brought.issuperset(paths.items()):
                chosen.add(id_)
                brought.update(disk.records[id_].files.items())
        return chosen

    def _changes(self, reinstalled: Collection[str]) -> list[Change]:
        """Return the commands: what goes first, then what is written again, and last what is to win."""
        changes = []
        if self._drop:
            names = self._listed(self._drop)
            changes.append(self._change("uninstall", self._drop, f"Uninstall {names}, and with it what it shared"))
        rounds = self._rounds(reinstalled)
        for number, ids in enumerate(rounds, 1):
            changes.append(self._rewriting(ids, "last and pinned" if number == len(rounds) else "pinned"))
        return changes

    def _rewriting(self, ids: Sequence[str], how: str = "pinned") -> Change:
        return self._change("reinstall", ids, f"Write {self._listed(ids)} again, {how}")

    def _change(self, action: Action, ids: Iterable[str], why: str) -> Change:
        distributions = tuple(self._by_id[id_] for id_ in ids)
        return Change(action, self._player.installer, distributions, with_dependencies=False, why=why)

    def _listed(self, ids: Iterable[str]) -> str:
        return some((self._names[id_] for id_ in ids), _MOST_NAMED)

    def _rounds(self, reinstalled: Collection[str]) -> list[list[str]]:
        """Return what each command writes again: each after all others that write a file which it is to win."""
        waiting = [id_ for id_ in self._rest if id_ in reinstalled]
        before = self._written_before(waiting)
        rounds = []
        while waiting:
            there = set(waiting)
            first = [id_ for id_ in waiting if before[id_].isdisjoint(there)]
            if not first:  # in a circle: each has a file of the other's; keepers never are
                first = [next((id_ for id_ in waiting if id_ not in self._keep), waiting[0])]
            rounds.append(first)
            waiting = [id_ for id_ in waiting if id_ not in first]
        return rounds

    def _written_before(self, ids: Iterable[str]) -> dict[str, set[str]]:
        """Return for each of these which others must be written before it.

        It is to win a path of theirs, or their uninstall, which comes first, takes a folder with files of it.
        """
        writers: dict[InstalledPath, list[str]] = {}
        before: dict[str, set[str]] = {}
        for id_ in ids:
            before[id_] = set()
            for path in self._disk.records[id_].files:
                writers.setdefault(path, []).append(id_)
        for path, owners in writers.items():
            by_content: dict[str, list[str]] = {}
            for id_ in owners:
                by_content.setdefault(self._disk.records[id_].files[path], []).append(id_)
            for content, alike in by_content.items() if len(by_content) > 1 else ():
                others = [id_ for id_ in owners if self._disk.records[id_].files[path] != content]
                for id_ in alike:
                    if self._wants(id_, path):
                        before[id_].update(others)
        for id_, other in self._takers(before, writers):
            before[other].add(id_)
        return before

    def _takers(self, ids: Iterable[str], writers: Mapping[InstalledPath, Iterable[str]]) -> Iterator[tuple[str, str]]:
        """Yield what takes files of another with a folder that its RECORD lists, and that other."""
        for id_ in ids:
            record = self._disk.records[id_]
            for path in set(record.taken(writers)) - record.files.keys():
                yield from ((id_, other) for other in writers.get(path, ()))


_NOTHING_LEFT = "nothing of it is left"


def _contents(clash: Clash) -> dict[str, str]:
    """Return what stands for the content of each owner, as it does on the disk of a situation."""
    return {owner.id: str(owner.content) for owner in clash.overlap.owners}
