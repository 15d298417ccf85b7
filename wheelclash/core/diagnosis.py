"""Diagnosis: who wins each overlap under an installer, who is left broken, and what an uninstall takes along."""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.installer import Order
from wheelclash.core.state import Change, Refusal, State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelclash.core.disk import Disk, Intact
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Installer, InstallerName, LastWriters
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.core.state import Loss
    from wheelclash.target.target import Target

__all__ = ["MOST_LOSSES", "Certainty", "Diagnosis", "Outcome", "diagnose"]

MOST_LOSSES = 5000
"""How many pairs of distributions :attr:`Diagnosis.losses` names at most: they grow with the square of the owners."""

Certainty = Literal["determined", "undetermined", "fails"]


class Outcome(NamedTuple):
    """How one overlap ends.

    Attributes:
        overlap: The overlap.
        state: Whether the end is certain; ``fails`` if the installation stops.
        winner: The distribution that wrote the content that stands; None if that is not certain, or if all owners
            wrote it.
        reason: ``order``, ``requires``, ``equal-requirements``, ``newcomer``, ``replaced``, ``identical``,
            ``import-order``, ``first-written``, ``only-recorded``; ``parallel``, ``needs-closure``, ``cycle``;
            ``file-directory``, ``refused``.
    """

    overlap: Overlap
    state: Certainty
    winner: Distribution | None
    reason: str


class Diagnosis(NamedTuple):
    """What one command that installs the whole set leaves.

    Attributes:
        installer: Its name.
        outcomes: One for each overlap that exists under it.
        intact: By distribution id. Of what is installed and shares no file with what comes, nothing was looked at: it
            is ``undetermined``, and :mod:`wheelclash.environment` tells.
        losses: For each distribution: how many files other ones would lose if it were uninstalled next; where that
            would be more than :data:`MOST_LOSSES` in all, of as many others as there is room for.
        taken: Files that are gone, or cannot be written, because of an older release that is replaced.
        further_losers: For each distribution of which ``losses`` does not name all others: how many there are besides.
    """

    installer: InstallerName
    outcomes: tuple[Outcome, ...]
    intact: Mapping[str, Intact]
    losses: Mapping[str, Mapping[str, int]]
    taken: tuple[Loss, ...] = ()
    further_losers: Mapping[str, int] = MappingProxyType({})


def diagnose(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    state: State | None = None,
    roots: Collection[str] = (),
    no_deps: bool = False,
) -> Diagnosis:
    """Return what comes of installing the whole set on the model disk with one command.

    Args:
        installer: The installer of the command.
        distributions: The set.
        overlaps: All that were found; those that do not exist under this installer are passed over.
        target: Says whether case matters.
        state: What is installed already; nothing by default.
        roots: Names that the command names, where the rest is what they pull in; empty if it names all.
        no_deps: Whether the command has ``--no-deps``.
    """
    before = State.empty(target) if state is None else state
    here = [overlap for overlap in overlaps if installer.name in overlap.installers]
    staying = before.staying(distributions)
    named = tuple(distribution.id for distribution in distributions if distribution.name in roots)
    change = Change("install", installer, tuple(distributions), named, with_dependencies=not no_deps)
    applied = before.play(change, here)
    if isinstance(applied, Refusal):
        return _stopped(change, here, staying, applied)
    disk = applied.disk
    newcomers = {distribution.id for distribution in distributions}
    by_id = {distribution.id: distribution for distribution in (*distributions, *staying)}
    recorders = disk.recorders()
    order = _Remembered(applied.order)
    coming, further = _losses(disk, recorders, {distribution.id for distribution in staying})
    intact: dict[str, Intact] = {distribution.id: disk.intact(distribution.id) for distribution in distributions}
    for distribution in staying:  # of some of what is installed no file was looked at
        is_seen = distribution.evidence != "installed" or any(layout.files for layout in distribution.layouts.values())
        intact[distribution.id] = disk.intact(distribution.id) if is_seen else "undetermined"
    return Diagnosis(
        installer.name,
        tuple(_outcome(overlap, disk, order, newcomers, recorders, by_id) for overlap in here),
        intact,
        coming,
        applied.lost,
        further,
    )


class _Remembered(Order):
    """An order that is asked once for each set of owners: of many overlaps of a few distributions, all but one."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._last: dict[tuple[str, ...], LastWriters] = {}

    def last_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.core.installer.Order`."""
        key = tuple(owners)
        if key not in self._last:
            self._last[key] = self._order.last_of(owners)
        return self._last[key]

    def first_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.core.installer.Order`."""
        return self._order.first_of(owners)


def _stopped(change: Change, here: Sequence[Overlap], staying: Sequence[Distribution], refusal: Refusal) -> Diagnosis:
    """Return the diagnosis of a command that stops, or may stop, on the way.

    Args:
        change: What it was to do.
        here: The overlaps that exist under its installer.
        staying: What is installed and is not replaced.
        refusal: Why it stops.
    """
    state: Certainty = "fails" if refusal.is_certain else "undetermined"
    outcomes = tuple(Outcome(overlap, state, None, refusal.reason) for overlap in here)
    intact: dict[str, Intact] = {
        distribution.id: "no" if distribution.layouts[change.installer.name].failure else "undetermined"
        for distribution in (*change.distributions, *staying)
    }
    losses: dict[str, dict[str, int]] = {distribution.id: {} for distribution in change.distributions}
    return Diagnosis(change.installer.name, outcomes, intact, losses, refusal.lost)


def _outcome(
    overlap: Overlap,
    disk: Disk,
    order: Order,
    newcomers: Collection[str],
    recorders: Mapping[InstalledPath, Sequence[str]],
    by_id: Mapping[str, Distribution],
) -> Outcome:
    """Return how an overlap ends.

    Args:
        overlap: Which.
        disk: As it is after the command.
        order: What is known of the command's order.
        newcomers: Ids of what it installs.
        recorders: Ids of those that recorded each path of the disk.
        by_id: All distributions.
    """
    if overlap.kind == "shadowed":
        return Outcome(overlap, "determined", by_id[overlap.owners[0].id], "import-order")
    if overlap.kind == "case-only" and overlap.severity == "none":
        return Outcome(overlap, "determined", None, "two-files")
    if overlap.is_folder:
        return _spelling(overlap, order, newcomers, by_id)
    writers = [owner.id for owner in overlap.owners if not owner.phantom]
    fresh = [id_ for id_ in writers if id_ in newcomers]
    holders = disk.holders(overlap.path, recorders)
    if overlap.is_phantom and holders is not None:
        return Outcome(overlap, "determined", by_id[writers[0]] if len(writers) == 1 else None, "only-recorded")
    if holders is None:
        return Outcome(overlap, "undetermined", None, order.last_of(fresh).reason if fresh else "only-recorded")
    if len(holders) == len(writers):
        return Outcome(overlap, "determined", None, "identical")
    if not holders:
        return Outcome(overlap, "determined", None, "replaced")
    if len(fresh) < len(writers):
        last = [id_ for id_ in fresh if id_ in holders] or sorted(holders)
        reason = "newcomer" if len(last) == len(fresh) else order.last_of(fresh).reason
        return Outcome(overlap, "determined", by_id[min(last)], reason)
    deciding = order.last_of(writers)
    if len(deciding.ids) == 1:
        return Outcome(overlap, "determined", by_id[min(deciding.ids)], deciding.reason)
    return Outcome(overlap, "determined", by_id[min(holders)], "order")  # those that may be last write the same


def _spelling(overlap: Overlap, order: Order, newcomers: Collection[str], by_id: Mapping[str, Distribution]) -> Outcome:
    """Return who gives a folder its name: what is there before, or else is written first."""
    there = [id_ for id_ in overlap.ids if id_ not in newcomers]
    if len(there) == 1:
        return Outcome(overlap, "determined", by_id[there[0]], "first-written")
    if there:
        return Outcome(overlap, "undetermined", None, "only-recorded")
    first = order.first_of(overlap.ids)
    if len(first.ids) == 1:
        return Outcome(overlap, "determined", by_id[min(first.ids)], "first-written")
    return Outcome(overlap, "undetermined", None, first.reason)


def _losses(
    disk: Disk, recorders: Mapping[InstalledPath, Sequence[str]], residents: Collection[str]
) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Return how many files that are surely there each uninstall takes from others.

    The work grows with what was recorded, and not with the pairs of those that recorded one path: paths with the same
    owners are counted together, and only so many others are named as there is room for.

    Args:
        disk: As it is before the uninstall.
        recorders: Ids of those that recorded each path of it.
        residents: Ids of those that were installed before: what they have among each other is left out, and those of
            them that take nothing else.

    Returns:
        By distribution, the files by the distributions that lose them; and how many lose some besides.
    """
    owners_of = {path: frozenset(ids) for path, ids in recorders.items() if None not in disk.contents[path]}
    taken = {
        id_: Counter(owners_of[path] for path in record.taken(disk.contents) if path in owners_of)
        for id_, record in disk.records.items()
    }
    most = max(1, MOST_LOSSES // max(1, len(taken)))
    position = {id_: number for number, id_ in enumerate(disk.records)}
    unions: dict[frozenset[frozenset[str]], frozenset[str]] = {}
    losses: dict[str, dict[str, int]] = {}
    further: dict[str, int] = {}
    for id_, counts in taken.items():
        groups = frozenset(counts)
        if groups not in unions:
            unions[groups] = frozenset().union(*groups)
        losers = unions[groups] - {id_}
        if id_ in residents:
            losers = losers.difference(residents)
            if not losers:
                continue
        named = set(losers if len(losers) <= most else nsmallest(most, losers, key=position.__getitem__))
        if len(named) < len(losers):
            further[id_] = len(losers) - len(named)
        files_lost: dict[str, int] = {}
        for owners, count in counts.items():
            for other in named & owners:
                files_lost[other] = files_lost.get(other, 0) + count
        losses[id_] = dict(sorted(files_lost.items()))
    return losses, further
