"""Remedies: ordered steps after which a keeper is intact, each step's end state read off the model disk."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from wheelclash.diagnosis import contested_layouts, empty_disk
from wheelclash.errors import KeeperError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.disk import Disk, Intact
    from wheelclash.distribution import Distribution
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.installers.installer import Invocation, Order
    from wheelclash.overlap import Overlap
    from wheelclash.target import Target

__all__ = [
    "Named",
    "Remedy",
    "Step",
    "Strategy",
    "check_keepers",
    "losers_to",
    "matters",
    "remedies",
    "require_known",
    "state_in_words",
]

Strategy = Literal["avoid", "reinstall-keeper", "remove-loser"]


class Step(NamedTuple):
    """One command.

    Attributes:
        command: Argument list.
        why: What it does and what state it leaves, one sentence.
        leaves: Who is intact after it, by distribution id; only what is installed then.
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
        undecided: How many errors and warnings the keepers have no part in; this remedy leaves them as they are.
        before: Who is intact before the first step, of what is installed by then.
    """

    keep: tuple[str, ...]
    drop: tuple[str, ...]
    strategy: Strategy
    installer: InstallerName
    steps: tuple[Step, ...]
    undecided: int
    before: Mapping[str, Intact] = {}

    @property
    def result(self) -> Mapping[str, Intact]:
        """Who is intact in the end."""
        return self.steps[-1].leaves if self.steps else self.before


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
        from wheelclash.suggest import near

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
        alike = overlap.is_same_path
        found |= {
            owner.id for owner in overlap.owners if owner.id not in keep and not (alike and owner.content in kept)
        }
    return found


def remedies(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    keepers: Sequence[str] = (),
    where: Invocation,
    roots: Sequence[str] = (),
) -> list[Remedy]:
    """The remedies for the keepers, or, without keepers, for each owner of an error or warning in turn.

    Args:
        installer: Whose commands to give.
        distributions: The set.
        overlaps: All that were found.
        target: Says whether case matters.
        keepers: Ids, as :func:`check_keepers` gave them.
        where: Where the commands are to act.
        roots: Names that were asked for, where the rest is what they pull in: a command that installs the set names
            just these. Empty if every distribution was named.

    Returns:
        For each choice of keepers the strategies that apply, the gentlest first.
    """
    here = [overlap for overlap in overlaps if installer.name in overlap.installers]
    grave = [overlap for overlap in here if matters(overlap)]
    owners = {id_ for overlap in grave for id_ in overlap.ids}
    choices = [tuple(keepers)] if keepers else [(each.id,) for each in distributions if each.id in owners]
    found = []
    for keep in choices:
        plan = _Plan(installer, distributions, here, grave, target, where, keep, frozenset(roots))
        found += plan.remedies()
    return found


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
    return "then " + ", ".join(said) if said else "then none of them is installed"


class _Plan:
    """The remedies for one choice of keepers."""

    def __init__(
        self,
        installer: Installer,
        distributions: Sequence[Distribution],
        here: Sequence[Overlap],
        grave: Sequence[Overlap],
        target: Target,
        where: Invocation,
        keep: tuple[str, ...],
        roots: frozenset[str],
    ) -> None:
        self._installer = installer
        self._set = distributions
        self._by_id = {each.id: each for each in distributions}
        self._here = here
        self._target = target
        self._where = where
        self._keep = keep
        self._roots = roots
        self._own = [overlap for overlap in grave if set(overlap.ids) & set(keep)]
        self._undecided = len(grave) - len(self._own)
        losers = losers_to(keep, self._own)
        self._drop = tuple(each.id for each in distributions if each.id in losers)
        self._layouts = contested_layouts(distributions, here, installer.name)

    def remedies(self) -> list[Remedy]:
        if not self._drop:
            return []
        found = []
        needed = self._requirers()
        keeper_needs_loser = any(id_ in self._keep for ids in needed.values() for id_ in ids)
        if not needed:
            found.append(self._remedy("avoid", self._avoid()))
        can_stand = not any(overlap.kind == "file-directory" for overlap in self._own)
        can_win = any(overlap.is_same_path or overlap.kind == "case-only" for overlap in self._own)
        can_win = can_win and not any(self._hides_a_keeper(overlap) for overlap in self._own)
        can_win = can_win and not any(self._by_id[id_].startup for id_ in self._drop)  # it would be undone
        if can_stand and can_win and self._all_accepted():
            found.append(self._remedy("reinstall-keeper", self._reinstall_keeper()))
        if can_stand and not keeper_needs_loser and self._all_accepted():
            found.append(self._remedy("remove-loser", self._remove_loser(needed)))
        return found

    def _remedy(self, strategy: Strategy, steps: list[Step]) -> Remedy:
        return Remedy(self._keep, self._drop, strategy, self._installer.name, tuple(steps), self._undecided)

    def _hides_a_keeper(self, overlap: Overlap) -> bool:
        """Whether a keeper's module is hidden however late it is written."""
        hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
        return overlap.kind == "shadowed" and not hidden.isdisjoint(self._keep)

    def _all_accepted(self) -> bool:
        return all(layout.failure is None for layout in self._layouts.values())

    def _requirers(self) -> dict[str, list[str]]:
        """For each loser that a remaining distribution requires: who does."""
        found: dict[str, list[str]] = {}
        for each in self._set:
            if each.id in self._drop:
                continue
            names = {edge.name for edge in each.requirements.with_extras(each.candidate.extras)}
            for id_ in self._drop:
                if self._by_id[id_].name in names:
                    found.setdefault(id_, []).append(each.id)
        return found

    def _avoid(self) -> list[Step]:
        rest = [each for each in self._set if each.id not in self._drop]
        disk = self._installed(rest)
        command = self._installer.install(self._named(rest), self._where)
        return [self._step(command, f"Install the set without {self._names(self._drop)}", disk)]

    def _reinstall_keeper(self) -> list[Step]:
        disk = self._installed(self._set)
        install = self._installer.install(self._named(self._set), self._where)
        steps = [self._step(install, "Install the whole set", disk)]
        disk = self._reinstalled(disk, self._keep)
        pins = [self._by_id[id_].pinned for id_ in self._keep]
        command = self._installer.reinstall(pins, self._where)
        return [*steps, self._step(command, f"Write {self._names(self._keep)} again, last and pinned", disk)]

    def _remove_loser(self, needed: Mapping[str, list[str]]) -> list[Step]:
        disk = self._installed(self._set).uninstall(self._drop)
        command = self._installer.uninstall([self._by_id[id_].name for id_ in self._drop], self._where)
        why = f"Uninstall {self._names(self._drop)}, and with it what it shared"
        for id_, requirers in needed.items():
            why += f" ({self._names(requirers)} requires {self._by_id[id_].name}; `pip check` will say so)"
        steps = [self._step(command, why, disk)]
        damaged = self._sharers_of(self._drop)
        last = [id_ for id_ in damaged if id_ in self._keep and self._disputes(id_, damaged)]
        first = [id_ for id_ in damaged if id_ not in last]
        for group in (first, last):
            if group:
                disk = self._reinstalled(disk, group)
                pins = [self._by_id[id_].pinned for id_ in group]
                why = f"Write {self._names(group)} again, pinned"
                steps.append(self._step(self._installer.reinstall(pins, self._where), why, disk))
        return steps

    def _sharers_of(self, ids: Sequence[str]) -> list[str]:
        """Everybody who remains and shares a path with one of ``ids``, in the order of the set."""
        found = {id_ for overlap in self._here if set(overlap.ids) & set(ids) for id_ in overlap.ids if id_ not in ids}
        return [each.id for each in self._set if each.id in found]

    def _disputes(self, id_: str, group: Sequence[str]) -> bool:
        """Whether a keeper shares a path with one of the others of ``group`` that is no keeper."""
        others = set(group) - set(self._keep)
        return any(id_ in overlap.ids and others & set(overlap.ids) for overlap in self._here)

    def _named(self, distributions: Sequence[Distribution]) -> list[str]:
        """What a command must name for these to be installed."""
        return [each.pinned for each in distributions if not self._roots or each.name in self._roots]

    def _installed(self, distributions: Sequence[Distribution]) -> Disk:
        order = self._installer.order(distributions, with_dependencies=True)
        return self._write(empty_disk(self._target), [each.id for each in distributions], order)

    def _reinstalled(self, disk: Disk, ids: Sequence[str]) -> Disk:
        order = self._installer.order([self._by_id[id_] for id_ in ids], with_dependencies=False)
        return self._write(disk, ids, order)

    def _write(self, disk: Disk, ids: Sequence[str], order: Order) -> Disk:
        layouts = {id_: self._layouts[id_] for id_ in ids}
        return disk.install(layouts, order, removes_all_first=self._installer.removes_all_first)

    def _step(self, command: tuple[str, ...], why: str, disk: Disk) -> Step:
        leaves = {each.id: disk.intact(each.id) for each in self._set if each.id in disk.records}
        concerned = {id_: self._by_id[id_].name for id_ in (*self._keep, *self._drop)}
        return Step(command, f"{why}; {state_in_words(leaves, concerned)}.", leaves)

    def _names(self, ids: Iterable[str]) -> str:
        return ", ".join(self._by_id[id_].name for id_ in ids)
