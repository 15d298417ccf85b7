"""Remedies for an addition: what to do about a set that clashes with what is installed where it shall go.

They differ from those of a set in what the loser may be. A newcomer need not be installed at all; a resident can be
uninstalled first; and whoever loses a file to the replacement of an older release only needs to be written again.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from wheelclash.diagnosis import contested_layouts, empty_disk
from wheelclash.remedy import Remedy, Step, losers_to, matters, state_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.addition import Addition, Loss
    from wheelclash.disk import Disk
    from wheelclash.distribution import Distribution
    from wheelclash.installers import Installer
    from wheelclash.installers.installer import Invocation
    from wheelclash.layout import InstalledPath
    from wheelclash.overlap import Overlap
    from wheelclash.remedy import Strategy
    from wheelclash.target import Target

__all__ = ["addition_remedies"]


def addition_remedies(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    addition: Addition,
    taken: Sequence[Loss],
    *,
    keepers: Sequence[str] = (),
    where: Invocation,
    roots: Sequence[str] = (),
) -> list[Remedy]:
    """The remedies for the keepers, or, without keepers, for each owner of an error or warning in turn.

    Args:
        installer: Whose commands to give.
        distributions: The newcomers.
        overlaps: All that were found, each with a newcomer in it.
        target: Says whether case matters.
        addition: What is there already.
        taken: What that installer's replacing of older releases takes from others.
        keepers: Ids of newcomers or residents.
        where: Where the commands are to act.
        roots: Names that were asked for; empty if every newcomer was named.

    Returns:
        For each choice of keepers the strategies that apply, the gentlest first.
    """
    here = [overlap for overlap in overlaps if installer.name in overlap.installers]
    plan = _Situation(installer, distributions, here, target, addition, taken, where, frozenset(roots))
    choices = [tuple(keepers)] if keepers else plan.choices()
    return [remedy for keep in choices for remedy in _Plan(plan, keep).remedies()]


class _Situation:
    """What is the same for every choice of keepers."""

    def __init__(
        self,
        installer: Installer,
        newcomers: Sequence[Distribution],
        here: Sequence[Overlap],
        target: Target,
        addition: Addition,
        taken: Sequence[Loss],
        where: Invocation,
        roots: frozenset[str],
    ) -> None:
        self.installer = installer
        self.newcomers = newcomers
        self.addition = addition
        self.where = where
        self.here = here
        self.grave = [overlap for overlap in here if matters(overlap)]
        self.taken = [loss for loss in taken if loss.severity in {"error", "warning"}]
        self.everybody = [*newcomers, *addition.residents]
        self.by_id = {each.id: each for each in self.everybody}
        self.told = [each.id for each in newcomers] + [
            each.id for each in addition.residents if each.id in addition.involved
        ]
        cut = contested_layouts(self.everybody, here, installer.name)
        self.layouts = addition.layouts(cut, newcomers, installer.name)
        self.before = addition.disk(self.layouts, empty_disk(target))
        self._roots = roots

    def choices(self) -> list[tuple[str, ...]]:
        """Each owner of something grave; those who merely lose files to a replacement all together, if they can."""
        owners = {id_ for overlap in self.grave for id_ in overlap.ids}
        found: list[tuple[str, ...]] = [(each.id,) for each in self.everybody if each.id in owners]
        paths: dict[str, set[InstalledPath]] = {}
        for loss in self.taken:
            if loss.id not in owners:
                paths.setdefault(loss.id, set()).add(loss.path)
        files = {id_: self.layouts[id_].files for id_ in paths}
        if any(
            files[one][path].content != files[other][path].content
            for one, other in combinations(paths, 2)
            for path in paths[one] & paths[other]
        ):
            return [*found, *((id_,) for id_ in paths)]
        return [*found, tuple(paths)] if paths else found

    def install(self, disk: Disk, newcomers: Sequence[Distribution]) -> Disk:
        """The disk after one command that installs these."""
        return disk.install(
            {each.id: self.layouts[each.id] for each in newcomers},
            self.addition.order(self.installer, newcomers),
            removes_all_first=self.installer.removes_all_first,
            replaces=self.addition.replaces,
        )

    def reinstall(self, disk: Disk, ids: Sequence[str]) -> Disk:
        """The disk after one command that writes these again."""
        order = self.installer.order([self.by_id[id_] for id_ in ids], with_dependencies=False)
        layouts = {id_: self.layouts[id_] for id_ in ids}
        return disk.install(layouts, order, removes_all_first=self.installer.removes_all_first)

    def named(self, newcomers: Sequence[Distribution]) -> list[str]:
        """What a command must name for these to be installed."""
        return [each.pinned for each in newcomers if not self._roots or each.name in self._roots]

    def pins(self, ids: Iterable[str]) -> list[str]:
        """How a command names exactly what these are now."""
        return [self.by_id[id_].pinned for id_ in ids]

    def names(self, ids: Iterable[str]) -> str:
        """For a sentence."""
        return ", ".join(self.by_id[id_].name for id_ in ids)

    def requirers(self, ids: Collection[str], among: Iterable[Distribution]) -> dict[str, list[str]]:
        """For each of ``ids`` that somebody among the others requires: the names of those who do."""
        found: dict[str, list[str]] = {}
        for each in among:
            if each.id not in ids:
                names = {edge.name for edge in each.requirements.with_extras(each.candidate.extras)}
                for id_ in ids:
                    if self.by_id[id_].name in names:
                        found.setdefault(id_, []).append(each.name)
        return found

    def stands(self, ids: Collection[str]) -> bool:
        """Whether these can be on one disk: nobody's file is where another needs a folder, and no wheel is refused."""
        for overlap in self.here:
            if overlap.kind == "file-directory":
                files = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
                if files.intersection(ids) and set(overlap.ids).difference(files).intersection(ids):
                    return False
        return all(self.layouts[id_].failure is None for id_ in ids)


class _Plan:
    """The remedies for one choice of keepers."""

    def __init__(self, situation: _Situation, keep: tuple[str, ...]) -> None:
        self._is = situation
        self._keep = keep
        self._own = [overlap for overlap in situation.grave if set(overlap.ids) & set(keep)]
        lost = [loss for loss in situation.taken if loss.id in keep]
        self._undecided = len(situation.grave) - len(self._own) + len(situation.taken) - len(lost)
        losers = losers_to(keep, self._own)
        self._drop = tuple(each.id for each in situation.everybody if each.id in losers)
        coming = {each.id for each in situation.newcomers}
        self._new_losers = tuple(id_ for id_ in self._drop if id_ in coming)
        self._old_losers = tuple(id_ for id_ in self._drop if id_ not in coming)
        self._rest = [each for each in situation.newcomers if each.id not in losers]
        self._loses_files = bool(lost)

    def remedies(self) -> list[Remedy]:
        situation = self._is
        if not self._drop and not self._loses_files:
            return []
        found = []
        rest = {each.id for each in self._rest}
        keepers = [situation.by_id[id_] for id_ in self._keep]
        bound = situation.requirers(self._drop, [*self._rest, *keepers])
        stay = {each.id for each in situation.addition.residents}
        if self._new_losers and not self._old_losers and not bound and situation.stands(rest | stay):
            found.append(self._remedy("avoid", self._avoid()))
        if self._can_win() and situation.stands(situation.by_id):
            found.append(self._remedy("reinstall-keeper", self._reinstall_keeper()))
        if self._old_losers and not bound and situation.stands(rest | (stay - set(self._old_losers))):
            found.append(self._remedy("remove-loser", self._remove_loser()))
        return found

    def _remedy(self, strategy: Strategy, steps: list[Step]) -> Remedy:
        before = {id_: self._is.before.intact(id_) for id_ in self._is.told if id_ in self._is.before.records}
        name = self._is.installer.name
        return Remedy(self._keep, self._drop, strategy, name, tuple(steps), self._undecided, before)

    def _can_win(self) -> bool:
        """Whether being written last is enough: it is not where another form of a keeper's module is found first."""
        for overlap in self._own:
            hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
            if overlap.kind == "shadowed" and not hidden.isdisjoint(self._keep):
                return False
        if any(self._is.by_id[id_].startup for id_ in self._drop):
            return False  # code that runs whenever Python starts would undo it
        same = any(overlap.is_same_path or overlap.kind == "case-only" for overlap in self._own)
        return same or self._loses_files

    def _avoid(self) -> list[Step]:
        steps, disk = self._install(self._is.before, self._rest, f"Install the set without {self._names()}")
        return [*steps, *self._mend(disk)]

    def _reinstall_keeper(self) -> list[Step]:
        steps, disk = self._install(self._is.before, self._is.newcomers, "Install")
        return [*steps, *self._mend(disk)]

    def _remove_loser(self) -> list[Step]:
        situation = self._is
        disk = situation.before.uninstall(self._old_losers)
        names = [situation.by_id[id_].name for id_ in self._old_losers]
        why = f"Uninstall {situation.names(self._old_losers)}, and with it what it shared"
        for id_, requirers in situation.requirers(self._old_losers, situation.addition.residents).items():
            why += f" ({', '.join(requirers)} requires {situation.by_id[id_].name}; `pip check` will say so)"
        steps = [self._step(situation.installer.uninstall(names, situation.where), why, disk)]
        more, disk = self._install(disk, self._rest, "Install")
        steps += more
        sharers = [id_ for id_ in situation.told if id_ not in self._keep and self._lost(disk, id_)]
        if sharers:
            disk = situation.reinstall(disk, sharers)
            command = situation.installer.reinstall(situation.pins(sharers), situation.where)
            steps.append(self._step(command, f"Write {situation.names(sharers)} again, pinned", disk))
        return [*steps, *self._mend(disk)]

    def _lost(self, disk: Disk, id_: str) -> bool:
        """Whether a distribution misses files that it had before."""
        if id_ not in disk.records:
            return False
        before = self._is.before
        return bool(disk.missing(id_) - (before.missing(id_) if id_ in before.records else frozenset()))

    def _install(self, disk: Disk, newcomers: Sequence[Distribution], why: str) -> tuple[list[Step], Disk]:
        """The step that installs these, and the disk after it; no step if there are none."""
        if not newcomers:
            return [], disk
        situation = self._is
        disk = situation.install(disk, newcomers)
        command = situation.installer.install(situation.named(newcomers), situation.where)
        return [self._step(command, why, disk)], disk

    def _mend(self, disk: Disk) -> list[Step]:
        """Write the keepers again that are not whole."""
        situation = self._is
        broken = [id_ for id_ in self._keep if id_ in disk.records and disk.intact(id_) != "yes"]
        if not broken:
            return []
        disk = situation.reinstall(disk, broken)
        command = situation.installer.reinstall(situation.pins(broken), situation.where)
        return [self._step(command, f"Write {situation.names(broken)} again, last and pinned", disk)]

    def _step(self, command: tuple[str, ...], why: str, disk: Disk) -> Step:
        situation = self._is
        leaves = {id_: disk.intact(id_) for id_ in situation.told if id_ in disk.records}
        concerned: Mapping[str, str] = {id_: situation.by_id[id_].name for id_ in (*self._keep, *self._drop)}
        return Step(command, f"{why}; {state_in_words(leaves, concerned)}.", leaves)

    def _names(self) -> str:
        return self._is.names(self._new_losers)
