"""Remedies: ordered steps after which the keepers are intact. Pure.

One planner for every place something is installed to: an environment that was looked at, or none, which is an
environment with nothing in it. It proposes a few strategies and plays each of their commands on the model disk; what an
installer would refuse, or what does not leave every keeper intact, is no remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from wheelclash.core.addition import NOTHING
from wheelclash.core.diagnosis import contested_layouts, empty_disk
from wheelclash.core.distribution import Edge
from wheelclash.core.ownership import folders_above
from wheelclash.errors import KeeperError
from wheelclash.wording import listed, some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.addition import Addition, Loss
    from wheelclash.core.disk import Disk, Intact
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Installer, InstallerName, Invocation
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.target.target import Target

__all__ = [
    "MOST_KEEPERS",
    "MOST_STATES",
    "Named",
    "Plans",
    "Remedy",
    "Step",
    "Strategy",
    "check_keepers",
    "losers_to",
    "matters",
    "plan",
    "remedies",
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
    """

    command: tuple[str, ...]
    why: str
    leaves: Mapping[str, Intact]


class Remedy(NamedTuple):
    """A way to have the keepers intact.

    Attributes:
        keep: Ids of the keepers.
        drop: Ids of the losers: who else owns what the keepers must win.
        strategy: ``avoid`` (never install the losers), ``reinstall-keeper`` (last, pinned; the losers stay) or
            ``remove-loser`` (the lasting one).
        installer: Whose commands these are.
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
        """Who is intact in the end."""
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
        """Unique."""

    @property
    def name(self) -> str:
        """Normalised."""


def check_keepers(names: Iterable[str], distributions: Sequence[Named], overlaps: Sequence[Overlap]) -> list[str]:
    """The ids of the keepers named.

    Raises:
        KeeperError: A name is not in the set, or keepers own one path with different content, so that a third thing
            would have to be wanted. It names one path for each such pair.
    """
    by_name = {each.name: each.id for each in distributions}
    names = list(dict.fromkeys(names))
    require_known(names, by_name)
    found = [by_name[name] for name in names]
    names_of = {id_: name for name, id_ in by_name.items()}
    paths: dict[tuple[str, str], list[str]] = {}
    for overlap in overlaps:
        if not matters(overlap):
            continue
        contents = {owner.id: owner.content for owner in overlap.owners}
        for one, other in combinations([id_ for id_ in found if id_ in contents], 2):
            if contents[one] != contents[other]:
                paths.setdefault((names_of[one], names_of[other]), []).append(overlap.path)
    if paths:
        told = [
            f"--keep {one} and --keep {other} both own {each[0]}"
            f"{f' and {len(each) - 1} more files' if len(each) > 1 else ''}"
            for (one, other), each in paths.items()
        ]
        raise KeeperError(
            f"The keepers contradict each other: {'; '.join(told)}, with different content.",
            "Of each pair only one can win.",
        )
    return found


def losers_to(keep: Collection[str], overlaps: Iterable[Overlap]) -> set[str]:
    """Who loses something if these are kept: owners of equal content win with them."""
    found: set[str] = set()
    for overlap in overlaps:
        kept = {owner.content for owner in overlap.owners if owner.id in keep}
        alike = overlap.is_one_file or overlap.is_folder
        found |= {
            owner.id for owner in overlap.owners if owner.id not in keep and not (alike and owner.content in kept)
        }
    return found


def plan(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    keepers: Sequence[str] = (),
    where: Invocation,
    roots: Sequence[str] = (),
    addition: Addition = NOTHING,
    taken: Sequence[Loss] = (),
    whole: Sequence[str] = (),
    no_deps: bool = False,
) -> Plans:
    """Return the remedies for the keepers, or, without keepers, for each owner of an error or warning in turn.

    Without keepers, at most :data:`MOST_KEEPERS` owners have their turn, those that were asked for first, and fewer
    where that would be more than :data:`MOST_STATES` statements on who is intact.

    Args:
        installer: Whose commands to give.
        distributions: The set; of one that is added to an environment, what is new.
        overlaps: All that were found.
        target: Says whether case matters.
        keepers: Ids, as :func:`check_keepers` gave them.
        where: Where the commands are to act.
        roots: Names that were asked for, where the rest is what they pull in: a command that installs the set names
            these, and what they do not bring. Empty if every distribution was named.
        addition: What is installed already. If no environment was named, ``remove-loser`` is for one in which the
            whole set is installed.
        taken: What that installer's replacing of older releases takes from others.
        whole: Arguments that stand for the whole set in a command that installs it, such as ``-r requirements.txt``.
        no_deps: Whether what the set requires is not installed with it.

    Returns:
        The remedies that work: no installer refuses any of their steps, and in the end every keeper is intact.
    """
    request = _Request(where, frozenset(roots), tuple(whole), no_deps)
    model = _Model(installer, distributions, overlaps, target, addition, taken, request)
    choices, left_out = ([tuple(keepers)], ()) if keepers else model.choices()
    may_be_installed = addition is NOTHING
    found = [each for keep in choices for each in _Choice(model, keep).remedies(may_be_installed=may_be_installed)]
    return Plans(tuple(found), left_out)


def remedies(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    keepers: Sequence[str] = (),
    where: Invocation,
    roots: Sequence[str] = (),
    addition: Addition = NOTHING,
    taken: Sequence[Loss] = (),
    whole: Sequence[str] = (),
    no_deps: bool = False,
) -> list[Remedy]:
    """Return the remedies that :func:`plan` gives, which has the same arguments."""
    found = plan(
        installer,
        distributions,
        overlaps,
        target,
        keepers=keepers,
        where=where,
        roots=roots,
        addition=addition,
        taken=taken,
        whole=whole,
        no_deps=no_deps,
    )
    return list(found.remedies)


def matters(overlap: Overlap) -> bool:
    """Whether something must be done about it."""
    return overlap.is_clash


def state_in_words(leaves: Mapping[str, Intact], concerned: Mapping[str, str]) -> str:
    """What a step leaves, in words.

    Args:
        leaves: Who is intact, by id.
        concerned: Names of those a remedy is about, by id.
    """
    words = {"yes": "is intact", "no": "is not intact", "undetermined": "may be intact or not"}
    said = [f"{name} {words[leaves[id_]]}" for id_, name in concerned.items() if id_ in leaves]
    return f"then {some(said, _MOST_NAMED)}" if said else "then none of them is installed"


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


class _Change(NamedTuple):
    """What one command does.

    Attributes:
        action: ``install`` writes what is new, with what it requires; ``reinstall`` takes these off the disk and writes
            them again, and nothing else; ``uninstall`` removes.
        ids: Of all distributions it acts on.
        why: A clause for people.
        named: Ids of those the command has to name; the others come with them.
    """

    action: Literal["install", "reinstall", "uninstall"]
    ids: tuple[str, ...]
    why: str
    named: tuple[str, ...]


class _Model:
    """What is the same for every choice of keepers: who there is, what is on disk, and what a command does to it."""

    def __init__(
        self,
        installer: Installer,
        newcomers: Sequence[Distribution],
        overlaps: Sequence[Overlap],
        target: Target,
        addition: Addition,
        taken: Sequence[Loss],
        request: _Request,
    ) -> None:
        self.installer = installer
        self.newcomers = newcomers
        self.addition = addition
        self._request = request
        self._here = [overlap for overlap in overlaps if installer.name in overlap.installers]
        self.grave = [overlap for overlap in self._here if matters(overlap)]
        self.grave_of: dict[str, list[int]] = {}
        for number, overlap in enumerate(self.grave):
            for owner in overlap.owners:
                self.grave_of.setdefault(owner.id, []).append(number)
        self.taken = [loss for loss in taken if loss.severity in {"error", "warning"}]
        self.everybody = [*newcomers, *addition.residents]
        self.by_id = {each.id: each for each in self.everybody}
        self._conflicts = [
            (
                {owner.id for owner in overlap.owners if owner.file.path == overlap.path},
                {owner.id for owner in overlap.owners if owner.file.path != overlap.path},
            )
            for overlap in self._here
            if overlap.kind == "file-directory"
        ]
        self._conflicts += self._conflicts_with_older()
        cut = contested_layouts(self.everybody, self._here, installer.name, stubs_alike=True)
        self._layouts = addition.layouts(cut, newcomers, installer.name)
        self.before = addition.disk(self._layouts, empty_disk(target))
        self._records = {id_: self.before.record_of(id_, layout) for id_, layout in self._layouts.items()}
        touched = {id_ for id_, layout in self._layouts.items() if layout.files or layout.phantoms}
        self.told = [each.id for each in self.everybody if each.id in touched]
        self._installed: dict[tuple[tuple[str, ...], tuple[str, ...]], Disk | None] = {}
        self._new_by_name = {each.name: each for each in newcomers}
        asked = [each.id for each in newcomers if each.name in request.roots]
        brought = self._brought_by(asked)
        self._named = frozenset(each.id for each in newcomers if each.id in asked or each.id not in brought)

    def choices(self) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
        """Return each owner of something grave, those that were asked for first; and those that there is no room for.

        Those that merely lose files to a replacement are kept all together, if they can be.
        """
        owners = self.grave_of.keys()
        roots = self._request.roots
        singles = [each for each in self.everybody if each.id in owners]
        singles.sort(key=lambda each: bool(roots) and each.name not in roots)
        most = max(1, min(MOST_KEEPERS, MOST_STATES // max(1, len(self.told))))
        found: list[tuple[str, ...]] = [(each.id,) for each in singles[:most]]
        left_out = tuple(each.id for each in singles[most:])
        paths: dict[str, set[InstalledPath]] = {}
        for loss in self.taken:
            if loss.id not in owners:
                paths.setdefault(loss.id, set()).add(loss.path)
        files = {id_: self._layouts[id_].files for id_ in paths}
        if any(
            files[one][path].content != files[other][path].content
            for one, other in combinations(paths, 2)
            for path in paths[one] & paths[other]
        ):
            alone = [(id_,) for id_ in paths]
            return [*found, *alone[:most]], (*left_out, *(id_ for (id_,) in alone[most:]))
        return [*found, tuple(paths)] if paths else found, left_out

    # -- commands ----------------------------------------------------------------------------------------

    def install(self, why: str, *, without: Collection[str] = (), keep: Collection[str] = ()) -> _Change | None:
        """Return the command that installs the set without some of it; None if it would bring them all the same.

        Args:
            why: For people.
            without: Ids of those that must not come.
            keep: Ids of those that must, whatever the others bring.
        """
        named = [each.id for each in self.newcomers if each.id in self._named and each.id not in without]
        brought = self._brought_by(named)
        missing = [id_ for id_ in keep if id_ in self._new_ids and id_ not in brought]
        if missing:
            named = [each.id for each in self.newcomers if each.id in {*named, *missing}]
            brought = self._brought_by(named)
        if not brought.isdisjoint(without):
            return None
        ids = tuple(each.id for each in self.newcomers if each.id in brought)
        return _Change("install", ids, why, tuple(named))

    def command(self, change: _Change) -> tuple[str, ...]:
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

    def play(self, disk: Disk, change: _Change) -> Disk | None:
        """Return the disk after a command; None if the installer stops on the way, or the command must not be given.

        What is installed first is mostly the whole set, whoever is to be kept: that is played once.
        """
        if disk is not self.before or change.action != "install":
            return self._play(disk, change)
        key = (change.ids, change.named)
        if key not in self._installed:
            self._installed[key] = self._play(disk, change)
        return self._installed[key]

    def _play(self, disk: Disk, change: _Change) -> Disk | None:
        if not self._may_be_done(change):
            return None
        if change.action == "uninstall":
            return disk.uninstall(change.ids)
        there = set(disk.records)
        if change.action == "install":  # whether these are gone in time, the addition knows
            there -= {self.addition.replaces.get(id_, "") for id_ in change.ids}
        if self._stops(change.ids, there):
            return None
        concerned = [self.by_id[id_] for id_ in change.ids]
        records = {id_: self._records[id_] for id_ in change.ids}
        first = self.installer.removes_all_first
        if change.action == "reinstall":
            order = self.installer.order(concerned, with_dependencies=False)
            return disk.install_records(records, order, removes_all_first=first)
        order = self.addition.order(
            self.installer, concerned, with_dependencies=not self._request.no_deps, named=change.named
        )
        if any(loss.because in disk.records for loss in self.addition.stopped(self.installer, concerned, order)):
            return None
        return disk.install_records(records, order, removes_all_first=first, replaces=self.addition.replaces)

    def _may_be_done(self, change: _Change) -> bool:
        """Return whether a command leaves alone what another package manager owns, and every wheel variant.

        A variant would be replaced by another build: neither pip nor uv can be told to take the same one again.
        """
        concerned = [self.by_id[id_] for id_ in change.ids]
        match change.action:
            case "uninstall":
                return all(each.manager is None for each in concerned)
            case "reinstall":
                return all(each.can_be_rewritten for each in concerned)
        older = [self.addition.replaced[each.id] for each in concerned if each.id in self.addition.replaced]
        return all(each.variant is None for each in older)

    def _stops(self, ids: Collection[str], there: Collection[str]) -> bool:
        """Return whether the installer refuses one of these, or meets a file where it needs a folder."""
        if any(self._layouts[id_].failure is not None for id_ in ids):
            return True
        present = {*ids, *there}
        return any(
            not (written.isdisjoint(ids) or beside.isdisjoint(present))
            for files, folders in self._conflicts
            for written, beside in ((files, folders), (folders, files))
        )

    def _conflicts_with_older(self) -> Iterator[tuple[set[str], set[str]]]:
        """Yield what is a file of one and a folder of the other, of older releases and what is not their successor."""
        name = self.installer.name
        for new, old in self.addition.replaced.items():
            there = old.layouts[name].files
            for newcomer in self.newcomers:
                files = newcomer.layouts[name].files
                if newcomer.id != new and not folders_above(there).isdisjoint(files):
                    yield {newcomer.id}, {old.id}
                if newcomer.id != new and not folders_above(files).isdisjoint(there):
                    yield {old.id}, {newcomer.id}

    # -- who requires whom -------------------------------------------------------------------------------

    @property
    def _new_ids(self) -> frozenset[str]:
        return frozenset(each.id for each in self.newcomers)

    def _brought_by(self, ids: Iterable[str]) -> set[str]:
        """Return the ids of all newcomers that a command that names these installs."""
        waiting = [Edge(self.by_id[id_].name, self.by_id[id_].candidate.extras) for id_ in ids]
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
        found: dict[str, tuple[str, ...]] = {}
        for distribution in (self.by_id[id_] for id_ in among if id_ not in ids):
            names = {edge.name for edge in distribution.requirements.with_extras(distribution.candidate.extras)}
            for id_ in ids:
                if self.by_id[id_].name in names:
                    found[id_] = (*found.get(id_, ()), distribution.name)
        return found

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
        lost = [loss for loss in model.taken if loss.id in keep]
        losers = losers_to(keep, self._own)
        self._drop = tuple(each.id for each in model.everybody if each.id in losers)
        coming = {each.id for each in model.newcomers}
        self._new_losers = tuple(id_ for id_ in self._drop if id_ in coming)
        self._old_losers = tuple(id_ for id_ in self._drop if id_ not in coming)
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
        found = [remedy for remedy in proposed if remedy is not None]
        return sorted(found, key=lambda remedy: (bool(remedy.unmet), len(remedy.steps)))

    # -- strategies --------------------------------------------------------------------------------------

    def _avoid(self) -> Remedy | None:
        """Leave the losers out, where all of them are new."""
        if not self._new_losers or self._old_losers:
            return None
        changes = self._install_without_losers(f"Install the set without {self._model.names(self._new_losers)}")
        return None if changes is None else self._played("avoid", self._model.before, changes)

    def _reinstall_keeper(self) -> Remedy | None:
        """Install everything, and see to it that the keepers are written last."""
        same = any(overlap.is_same_path or overlap.kind == "case-only" for overlap in self._own)
        install = self._model.install("Install the whole set")
        if install is None or not (same or self._loses_files):
            return None
        changes = self._in_turn(install) if self._is_stopped else [install]
        return self._played("reinstall-keeper", self._model.before, changes if install.ids else [])

    def _in_turn(self, install: _Change) -> list[_Change]:
        """Return the commands that replace the older releases first, and then install what these are in the way of."""
        model = self._model
        names = model.names(self._keep)
        first = model.install(
            f"Install the set without {names}, where older releases are in the way", without=self._keep
        )
        if first is None or not first.ids:
            return [install]
        rest = tuple(id_ for id_ in install.ids if id_ not in first.ids)
        return [first, _Change("install", rest, f"Install {model.names(rest)}", rest)]

    def _remove_resident(self) -> Remedy | None:
        """Uninstall the losers that are there, then install the set without the new ones."""
        model = self._model
        if not self._old_losers or model.requirers(self._drop, self._keep):
            return None
        uninstall, unmet = self._uninstall(self._old_losers, [each.id for each in model.addition.residents])
        changes = self._install_without_losers("Install")
        if changes is None or model.requirers(self._old_losers, [id_ for change in changes for id_ in change.ids]):
            return None
        return self._played("remove-loser", model.before, [uninstall, *changes], unmet)

    def _remove_installed(self) -> Remedy | None:
        """As :meth:`_remove_resident`, where the whole set is installed."""
        model = self._model
        install = model.install("Install the whole set")
        installed = None if install is None else model.play(model.before, install)
        if installed is None or not self._drop or model.requirers(self._drop, self._keep):
            return None
        uninstall, unmet = self._uninstall(self._drop, [each.id for each in model.everybody])
        return self._played("remove-loser", installed, [uninstall], unmet)

    def _install_without_losers(self, why: str) -> list[_Change] | None:
        """Return the command that installs the rest, if there is a rest; None if it would bring a loser."""
        model = self._model
        install = model.install(why, without=self._new_losers, keep=self._keep)
        if install is None or model.requirers(self._new_losers, self._keep):
            return None
        return [install] if install.ids else []

    def _uninstall(self, ids: tuple[str, ...], there: Sequence[str]) -> tuple[_Change, dict[str, tuple[str, ...]]]:
        """Return the command that uninstalls these, and what of those that are there then misses them."""
        unmet = self._model.requirers(ids, there)
        why = f"Uninstall {self._model.names(ids)}, and with it what it shared"
        for id_, names in list(unmet.items())[:_MOST_NAMED]:
            verb = "requires" if len(names) == 1 else "require"
            why += f" ({_listed(names)} {verb} {self._model.by_id[id_].name}; `pip check` will say so)"
        return _Change("uninstall", ids, why, ids), unmet

    # -- playing -----------------------------------------------------------------------------------------

    def _played(
        self,
        strategy: Strategy,
        start: Disk,
        changes: Sequence[_Change],
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

    def _endings(self, robbed: tuple[str, ...], disk: Disk, *, respelt: bool) -> Iterator[list[_Change]]:
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
        if not broken:
            yield first
        elif robbed:
            everybody = tuple(each.id for each in self._model.everybody if each.id in {*robbed, *broken})
            yield [self._rewrite(everybody, "pinned")]
        for last in dict.fromkeys((broken, keepers)):
            if last:
                yield [*first, self._rewrite(last, "last and pinned")]

    def _rewrite(self, ids: tuple[str, ...], how: str) -> _Change:
        return _Change("reinstall", ids, f"Write {self._model.names(ids)} again, {how}", ids)

    def _play_all(self, disk: Disk, changes: Sequence[_Change]) -> tuple[list[Step], Disk | None]:
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
            steps.append(Step(self._model.command(change), why, leaves))
        return steps, disk

    def _states(self, disk: Disk) -> dict[str, Intact]:
        told = dict.fromkeys((*self._model.told, *self._keep))
        return {id_: disk.intact(id_) for id_ in told if id_ in disk.records}

    def _is_met(self, disk: Disk) -> bool:
        """Return whether every keeper is there, intact, found by imports, and spelt as it spells itself."""
        if any(id_ not in disk.records or disk.intact(id_) != "yes" for id_ in self._keep):
            return False
        if any(self._model.by_id[id_].startup for id_ in self._drop if id_ in disk.records):
            return False  # code that runs whenever Python starts would undo it
        return not any(self._is_beaten(overlap, disk) for overlap in self._own)

    def _undecided(self, end: Disk) -> int:
        """Return how many errors and warnings of others are left in the end: not those of which one side is gone."""
        grave = self._model.grave
        gone = {each.id for each in self._model.everybody if each.id not in end.records}
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
        found = []
        for id_ in self._model.told:
            if id_ in after.records and id_ not in self._keep:
                missing = before.missing(id_) if id_ in before.records else frozenset()
                if after.missing(id_) - missing:
                    found.append(id_)
        return tuple(found)
