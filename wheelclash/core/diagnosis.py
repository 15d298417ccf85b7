"""Diagnosis: who wins each overlap under an installer, who is left broken, and what an uninstall takes along."""

from __future__ import annotations

from collections import Counter
from heapq import nsmallest
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.disk import Disk, Intact
from wheelclash.core.installer import Order
from wheelclash.core.layout import InstalledFile, InstalledPath, Layout
from wheelclash.core.overlap import contradicted, folded
from wheelclash.core.state import NOTHING, Addition, Loss

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Installer, InstallerName, LastWriters
    from wheelclash.core.overlap import Overlap, Owner
    from wheelclash.target.target import Target

__all__ = ["MOST_LOSSES", "Diagnosis", "Outcome", "State", "contested_layouts", "diagnose", "empty_disk"]

_STUB = "namespace-init"
"""Stands for the content of any ``__init__.py`` that does nothing but declare a namespace."""

MOST_LOSSES = 5000
"""How many pairs of distributions :attr:`Diagnosis.losses` names at most: they grow with the square of the owners."""

State = Literal["determined", "undetermined", "fails"]


class Outcome(NamedTuple):
    """How one overlap ends.

    Attributes:
        overlap: The overlap.
        state: Whether the end is certain; ``fails`` if the installation stops.
        winner: Id of the distribution whose content stands; None if it is not certain or is everybody's.
        reason: ``order``, ``requires``, ``equal-requirements``, ``newcomer``, ``replaced``, ``identical``,
            ``import-order``, ``first-written``, ``only-recorded``; ``parallel``, ``needs-closure``, ``cycle``;
            ``file-directory``, ``refused``.
    """

    overlap: Overlap
    state: State
    winner: str | None
    reason: str


class Diagnosis(NamedTuple):
    """What one command that installs the whole set leaves.

    Attributes:
        installer: Its name.
        outcomes: One for each overlap that exists under it.
        intact: By distribution id. Of what is installed and has no part in an addition nothing was looked at: it is
            ``undetermined``, and :mod:`wheelclash.environment` tells.
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


def empty_disk(target: Target) -> Disk:
    """A disk with nothing on it that compares paths as the target does."""
    return Disk() if target.case_sensitive else Disk(key=lambda path: InstalledPath(folded(path)))


def contested_layouts(
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    installer: InstallerName,
    *,
    stubs_alike: bool = False,
) -> dict[str, Layout]:
    """Return layouts cut down to what is contested: all that can end otherwise than written.

    Args:
        distributions: The set.
        overlaps: Those that exist under the installer.
        installer: Its name.
        stubs_alike: Whether namespace stubs count as one content. They do for a plan, since each serves as well as the
            other; who is intact is told by what each distribution recorded.
    """
    files: dict[str, dict[InstalledPath, InstalledFile]] = {each.id: {} for each in distributions}
    phantoms: dict[str, set[InstalledPath]] = {each.id: set() for each in distributions}
    for overlap in overlaps:
        apart = contradicted(overlap)
        for owner in overlap.owners:
            path = owner.file.path
            if owner.phantom:
                phantoms[owner.id].add(path)
            elif stubs_alike and overlap.role == "namespace-init":
                files[owner.id][path] = owner.file._replace(content=_STUB, script=False)
            else:
                files[owner.id].setdefault(path, _told_apart(owner) if owner.id in apart else owner.file)
    return {
        each.id: Layout(files[each.id], frozenset(phantoms[each.id]), each.layouts[installer].failure)
        for each in distributions
    }


def _told_apart(owner: Owner) -> InstalledFile:
    """Return a file of which the hash is proven wrong, with a content that the model can tell from the others'."""
    return owner.file._replace(content=f"{owner.file.content}:{owner.content}")


def diagnose(
    installer: Installer,
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    target: Target,
    *,
    addition: Addition = NOTHING,
    roots: Collection[str] = (),
    no_deps: bool = False,
) -> Diagnosis:
    """Install the whole set on the model disk with one command and read off what comes of it.

    Args:
        installer: Whose command.
        distributions: The set.
        overlaps: All that were found; those that do not exist under this installer are passed over.
        target: Says whether case matters.
        addition: What is installed already.
        roots: Names that the command names, where the rest is what they pull in; empty if it names all.
        no_deps: Whether the command has ``--no-deps``.
    """
    here = [overlap for overlap in overlaps if installer.name in overlap.installers]
    everybody = [*distributions, *addition.residents]
    failure = _failure(installer, distributions, here)
    if failure is not None:
        return _stopped(installer, distributions, here, addition, failure)
    named = [each.id for each in distributions if each.name in roots]
    order = addition.order(installer, distributions, with_dependencies=not no_deps, named=named)
    stopped = tuple(addition.stopped(installer, distributions, order))
    if any(loss.state == "fails" for loss in stopped):
        return _stopped(installer, distributions, here, addition, "file-directory", stopped)
    layouts = addition.layouts(contested_layouts(everybody, here, installer.name), distributions, installer.name)
    before = addition.disk(layouts, empty_disk(target))
    after = before.install(
        {each.id: layouts[each.id] for each in distributions},
        order,
        removes_all_first=installer.removes_all_first,
        replaces=addition.replaces,
    )
    losses = addition.losses(before, after, layouts, {each.path for each in here if each.role == "namespace-init"})
    if stopped:  # if it is not, all of this may happen
        return _stopped(installer, distributions, here, addition, "file-directory", (*stopped, *losses))
    newcomers = {each.id for each in distributions}
    recorders = after.recorders()
    order = _Remembered(order)
    coming, further = _losses(after, recorders, {each.id for each in addition.residents})
    unseen = {each.id for each in addition.residents} - addition.involved  # no file of theirs was looked at
    return Diagnosis(
        installer.name,
        tuple(_outcome(overlap, after, order, newcomers, recorders) for overlap in here),
        {each.id: "undetermined" if each.id in unseen else after.intact(each.id) for each in everybody},
        coming,
        losses,
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


def _stopped(
    installer: Installer,
    distributions: Sequence[Distribution],
    here: Sequence[Overlap],
    addition: Addition,
    reason: str,
    taken: tuple[Loss, ...] = (),
) -> Diagnosis:
    """Return the diagnosis of a command that stops, or may stop, on the way.

    Args:
        installer: Whose command.
        distributions: What it was to install.
        here: The overlaps that exist under the installer.
        addition: What is installed already.
        reason: Why it stops, as of an outcome.
        taken: What an older release is in the way of.
    """
    state: State = "undetermined" if taken and all(each.state != "fails" for each in taken) else "fails"
    outcomes = tuple(Outcome(overlap, state, None, reason) for overlap in here)
    intact: dict[str, Intact] = {
        each.id: "no" if each.layouts[installer.name].failure else "undetermined"
        for each in (*distributions, *addition.residents)
    }
    return Diagnosis(installer.name, outcomes, intact, {each.id: {} for each in distributions}, taken)


def _failure(installer: Installer, distributions: Sequence[Distribution], here: Sequence[Overlap]) -> str | None:
    if any(each.layouts[installer.name].failure for each in distributions):
        return "refused"
    return "file-directory" if any(overlap.kind == "file-directory" for overlap in here) else None


def _outcome(
    overlap: Overlap,
    disk: Disk,
    order: Order,
    newcomers: Collection[str],
    recorders: Mapping[InstalledPath, Sequence[str]],
) -> Outcome:
    """Return how an overlap ends.

    Args:
        overlap: Which.
        disk: As it is after the command.
        order: What is known of the command's order.
        newcomers: Ids of what it installs.
        recorders: Ids of those that recorded each path of the disk.
    """
    if overlap.kind == "shadowed":
        return Outcome(overlap, "determined", overlap.owners[0].id, "import-order")
    if overlap.kind == "case-only" and overlap.severity == "none":
        return Outcome(overlap, "determined", None, "two-files")
    if overlap.is_folder:
        return _spelling(overlap, order, newcomers)
    writers = [owner.id for owner in overlap.owners if not owner.phantom]
    fresh = [id_ for id_ in writers if id_ in newcomers]
    holders = disk.holders(overlap.path, recorders)
    if overlap.is_phantom and holders is not None:
        return Outcome(overlap, "determined", writers[0] if len(writers) == 1 else None, "only-recorded")
    if holders is None:
        return Outcome(overlap, "undetermined", None, order.last_of(fresh).reason if fresh else "only-recorded")
    if len(holders) == len(writers):
        return Outcome(overlap, "determined", None, "identical")
    if not holders:
        return Outcome(overlap, "determined", None, "replaced")
    if len(fresh) < len(writers):
        last = [id_ for id_ in fresh if id_ in holders] or sorted(holders)
        reason = "newcomer" if len(last) == len(fresh) else order.last_of(fresh).reason
        return Outcome(overlap, "determined", min(last), reason)
    deciding = order.last_of(writers)
    if len(deciding.ids) == 1:
        return Outcome(overlap, "determined", min(deciding.ids), deciding.reason)
    return Outcome(overlap, "determined", min(holders), "order")  # those that may be last write the same


def _spelling(overlap: Overlap, order: Order, newcomers: Collection[str]) -> Outcome:
    """Return who gives a folder its name: whoever is there before, or else is written first."""
    there = [id_ for id_ in overlap.ids if id_ not in newcomers]
    if len(there) == 1:
        return Outcome(overlap, "determined", there[0], "first-written")
    if there:
        return Outcome(overlap, "undetermined", None, "only-recorded")
    first = order.first_of(overlap.ids)
    if len(first.ids) == 1:
        return Outcome(overlap, "determined", min(first.ids), "first-written")
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
        found: dict[str, int] = {}
        for owners, count in counts.items():
            for other in named & owners:
                found[other] = found.get(other, 0) + count
        losses[id_] = dict(sorted(found.items()))
    return losses, further
