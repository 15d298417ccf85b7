"""The state of a place that something is installed to, and what a command does to it. Pure.

A :class:`State` is what stands there: nothing, or what was found in an environment. A :class:`Change` is one command of
an installer. :meth:`State.apply` gives the state after it, or the installer's refusal. A check of wheels is a change of
an empty state; a check of wheels that are to be installed into an environment is a change of that environment's state.

Which distributions of a set an install would really write, and what else it changes, is said here too: installers
leave alone what is there in the version asked for, and, of what was not named, what is there in a version that all
requirements on it allow.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.core.content import is_known_stub
from wheelclash.core.disk import Disk
from wheelclash.core.distribution import allows, holds, name_in, parse_requires
from wheelclash.core.installer import Unordered
from wheelclash.core.layout import InstalledFile, InstalledPath, Layout
from wheelclash.core.overlap import contradicted, folded, severity_of
from wheelclash.core.paths import folders_above
from wheelclash.core.role import role_of
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from wheelclash.core.distribution import Distribution, Skip
    from wheelclash.core.installer import Installer, InstallerName, Order
    from wheelclash.core.overlap import Overlap, Owner, Severity
    from wheelclash.core.role import Role
    from wheelclash.target.target import Target

__all__ = [
    "UNRECORDED",
    "Action",
    "Applied",
    "Change",
    "Loss",
    "Refusal",
    "State",
    "Unowned",
    "conflicts_of",
    "contested_layouts",
    "empty_disk",
    "is_version",
    "meets_conflict",
    "side_effects",
    "to_install",
]

UNRECORDED = ""
"""Stands for the distribution in what a file holds, where that is what no distribution recorded."""

_STUB = "namespace-init"
"""Stands for the content of any ``__init__.py`` that does nothing but declare a namespace."""

Action = Literal["install", "reinstall", "uninstall"]
"""What one command does: write what is new, with what it requires; take off the disk and write again, and nothing else;
or remove."""

LossCode = Literal["recorded", "in-the-way", "left-out"]
LossState = Literal["determined", "undetermined", "fails"]


class Loss(NamedTuple):
    """A file that is gone after the command, or cannot be written by it, because of a distribution that is replaced.

    Attributes:
        path: The file.
        id: Id of the distribution that loses it: a resident or a newcomer.
        because: Id of the replaced distribution.
        state: ``determined``: it is gone, since the replaced distribution had recorded it too; ``fails``: the command
            stops there, since the replaced distribution still has a folder where the file goes, or a file where its
            folder goes; ``undetermined``: that, if pip's order comes out that way.
        role: What the file is for.
        severity: How bad it is.
        code: Whether the replaced distribution has recorded the file, or is in the way of it; or whether an installer
            leaves out the whole folder, or file, of the top level, because there is one of that name already.
    """

    path: InstalledPath
    id: str
    because: str
    state: LossState
    role: Role
    severity: Severity
    code: LossCode = "recorded"


class Unowned(NamedTuple):
    """A file that is there, that no RECORD lists, and that an install would overwrite with other content.

    Attributes:
        path: The file.
        distribution: The newcomer that writes it.
        role: What the file is for.
    """

    path: InstalledPath
    distribution: Distribution
    role: Role


@dataclass(frozen=True, slots=True)
class Change:
    """One command of an installer.

    Attributes:
        action: What it does.
        installer: The installer.
        distributions: All that it writes or removes.
        named: Ids of those that it names; the others come with them. All are named if it is empty.
        with_dependencies: False for a command with ``--no-deps``.
        why: What it does, a clause for people.
    """

    action: Action
    installer: Installer
    distributions: tuple[Distribution, ...]
    named: tuple[str, ...] = ()
    with_dependencies: bool = True
    why: str = ""

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all that it writes or removes."""
        return tuple(distribution.id for distribution in self.distributions)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is known of a command that stops on the way, or may stop.

    Attributes:
        reason: ``refused``: the installer refuses a wheel; ``file-directory``: a file is where a folder is needed.
        lost: Where an older release is in the way: what cannot be written, and what is gone if the command goes on.
    """

    reason: Literal["refused", "file-directory"]
    lost: tuple[Loss, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Return whether the command stops whatever its order is."""
        return not self.lost or any(loss.state == "fails" for loss in self.lost)


@dataclass(frozen=True, slots=True)
class Applied:
    """What a command left, and how.

    Attributes:
        state: The state after it.
        disk: The model disk after it.
        order: What is known of its order.
        lost: The files that are gone because of an older release that it replaced.
    """

    state: State
    disk: Disk
    order: Order
    lost: tuple[Loss, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What stands at one place, as far as a change of it needs to know.

    Attributes:
        target: What it is.
        distributions: What is installed. Of an environment, their layouts are cut down to what can matter: what the
            distributions that are to be installed contest, and what those that are involved share with each other.
        holders: What is on disk where it is not simply its only owner's content: the id of the distribution that has
            recorded it, :data:`UNRECORDED`, or None for a file that is gone.
        skipped: Distributions and folders that could not be read.
        excluded: Distributions that are never compared, such as those installed from a folder of sources.
        is_scanned: Whether a place was looked at; otherwise it is any place, with nothing in it.
        disk: The model disk, of a state that a change left.
    """

    target: Target
    distributions: tuple[Distribution, ...] = ()
    holders: Mapping[InstalledPath, str | None] = field(default_factory=dict)
    skipped: tuple[Skip, ...] = ()
    excluded: tuple[Skip, ...] = ()
    is_scanned: bool = True
    disk: Disk | None = None

    @classmethod
    def empty(cls, target: Target) -> State:
        """Return the state of a place with nothing in it, which is no environment that was looked at."""
        return cls(target, is_scanned=False)

    def replaced_by(self, coming: Iterable[Distribution]) -> dict[str, Distribution]:
        """Return the older releases that an install of these replaces, by the ids of their successors."""
        successors = {distribution.name: distribution.id for distribution in coming}
        return {
            successors[distribution.name]: distribution
            for distribution in self.distributions
            if successors.get(distribution.name, distribution.id) != distribution.id
        }

    def staying(self, coming: Iterable[Distribution]) -> tuple[Distribution, ...]:
        """Return the distributions that an install of these leaves as they are."""
        names = {distribution.name for distribution in coming}
        return tuple(distribution for distribution in self.distributions if distribution.name not in names)

    def required_by(self, coming: Sequence[Distribution]) -> frozenset[str]:
        """Return the ids of what is installed and stays, and these require, directly or not."""
        staying = {distribution.name: distribution for distribution in self.staying(coming)}
        if not staying:
            return frozenset()
        waiting = [
            edge for distribution in coming for edge in distribution.requirements.with_extras(distribution.extras)
        ]
        ids: set[str] = set()
        while waiting:
            required = staying.get(waiting.pop().name)
            if required is not None and required.id not in ids:
                ids.add(required.id)
                waiting += required.requirements.edges
        return frozenset(ids)

    # -- changes ---------------------------------------------------------------------------------------------

    def apply(self, change: Change, overlaps: Sequence[Overlap] = ()) -> State | Refusal:
        """Return the state after a command, or the installer's refusal.

        Args:
            change: What the command does.
            overlaps: All overlaps between what is installed and what the command writes; those that do not exist under
                its installer are passed over.
        """
        applied = self.play(change, overlaps)
        return applied if isinstance(applied, Refusal) else applied.state

    def play(self, change: Change, overlaps: Sequence[Overlap] = ()) -> Applied | Refusal:
        """Return what :meth:`apply` gives, with the model disk, the order and what is lost."""
        here = [overlap for overlap in overlaps if change.installer.name in overlap.installers]
        if change.action != "install":
            return self._rewrite(change, here)
        coming = change.distributions
        staying = self.staying(coming)
        if any(distribution.layouts[change.installer.name].failure for distribution in coming):
            return Refusal("refused")
        if meets_conflict(conflicts_of(here), change.ids, [distribution.id for distribution in staying]):
            return Refusal("file-directory")
        order = self.order(change)
        stopped = tuple(self.stopped(change, order))
        if any(loss.state == "fails" for loss in stopped):
            return Refusal("file-directory", stopped)
        cut = contested_layouts([*coming, *staying], here, change.installer.name)
        layouts = self.layouts(cut, coming, change.installer.name)
        before = self.disk_before(layouts, coming)
        after = before.install(
            {distribution.id: layouts[distribution.id] for distribution in coming},
            order,
            removes_all_first=change.installer.removes_all_first,
            replaces={new: old.id for new, old in self.replaced_by(coming).items()},
        )
        stubs = {overlap.path for overlap in here if overlap.role == "namespace-init"}
        lost = self._losses(coming, before, after, layouts, stubs)
        if stopped:  # if it does not stop, all of this may happen
            return Refusal("file-directory", (*stopped, *lost))
        return Applied(replace(self, distributions=(*staying, *coming), disk=after), after, order, lost)

    def _rewrite(self, change: Change, here: Sequence[Overlap]) -> Applied | Refusal:
        """Return what a command leaves that writes again, or removes, what is installed."""
        ids = change.ids
        order = self.order(change)
        name = change.installer.name
        before = self.disk_before(self.layouts(contested_layouts(self.distributions, here, name), (), name), ())
        if change.action == "uninstall":
            after = before.uninstall(ids)
        else:
            others = [distribution.id for distribution in self.distributions if distribution.id not in ids]
            if any(distribution.layouts[name].failure for distribution in change.distributions):
                return Refusal("refused")
            if meets_conflict(conflicts_of(here), ids, others):
                return Refusal("file-directory")
            records = {id_: before.records[id_] for id_ in ids}
            after = before.install_records(records, order, removes_all_first=change.installer.removes_all_first)
        there = tuple(distribution for distribution in self.distributions if distribution.id in after.records)
        return Applied(replace(self, distributions=there, disk=after), after, order, ())

    def order(self, change: Change) -> Order:
        """Return the order in which a command writes; what it writes may require what is there already."""
        coming = change.distributions
        if change.action != "install":
            return change.installer.order(coming, with_dependencies=False)
        required = self.required_by(coming)
        there = [distribution for distribution in self.distributions if distribution.id in required]
        named = change.named or [distribution.id for distribution in coming]
        return change.installer.order([*coming, *there], with_dependencies=change.with_dependencies, named=named)

    def stopped(self, change: Change, order: Order) -> Iterator[Loss]:
        """Yield what an install cannot write while an older release is there that the same command replaces.

        A file cannot stand where there is a folder. pip removes each older release just before it writes the new one;
        where all of them are removed first, none is in the way.

        Args:
            change: An install.
            order: What is known of its order.
        """
        if change.installer.removes_all_first:
            return
        name = change.installer.name
        replaced = self.replaced_by(change.distributions)
        for new in sorted(replaced):
            old = replaced[new]
            there = {path for path in old.layouts[name].files if self.holders.get(path, old.id) is not None}
            folders = folders_above(there)
            for distribution in change.distributions:
                files = distribution.layouts[name].files
                beaten = [path for path in files if path in folders]
                if not folders_above(files).isdisjoint(there):
                    beaten += [path for path in files if not folders_above([path]).isdisjoint(there)]
                if not beaten or distribution.id == new:
                    continue
                last = order.last_of([distribution.id, new]).ids
                if new in last:
                    state: LossState = "fails" if len(last) == 1 else "undetermined"
                    for path in sorted(beaten):
                        role = _role(files[path], ())
                        yield Loss(path, distribution.id, old.id, state, role, "error", "in-the-way")

    # -- the model disk --------------------------------------------------------------------------------------

    def layouts(
        self, contested: Mapping[str, Layout], coming: Sequence[Distribution], installer: InstallerName
    ) -> dict[str, Layout]:
        """Return the layouts of all distributions for the model disk, by id.

        Args:
            contested: Those of what comes and of what stays, cut down to overlaps.
            coming: What is to be installed, with whole layouts.
            installer: Under which.

        Returns:
            The same, with what is shared by distributions that stay, what replaced ones take along, and theirs.
        """
        replaced = self.replaced_by(coming).values()
        old = {distribution.id: distribution.layouts[installer] for distribution in replaced}
        taken = {path for layout in old.values() for path in layout.files}
        layouts = dict(contested)
        for distribution in coming:
            whole, cut = distribution.layouts[installer], layouts[distribution.id]
            more = {path: whole.files[path] for path in taken if path in whole.files and path not in cut.files}
            layouts[distribution.id] = cut._replace(files={**cut.files, **more}) if more else cut
        for distribution in self.staying(coming):
            cut = layouts[distribution.id]
            layouts[distribution.id] = cut._replace(files={**distribution.layouts[installer].files, **cut.files})
        return layouts | old

    def disk_before(self, layouts: Mapping[str, Layout], coming: Sequence[Distribution]) -> Disk:
        """Return the model disk before an install.

        Args:
            layouts: As :meth:`layouts` gave them.
            coming: What is to be installed.
        """
        if self.disk is not None:
            return self.disk
        there = [*self.staying(coming), *self.replaced_by(coming).values()]
        files = {distribution.id: layouts[distribution.id] for distribution in there}
        disk = empty_disk(self.target).install(files, Unordered(), removes_all_first=True)
        contents = dict(disk.contents)
        for path, holder in self.holders.items():
            key = disk.key(path)
            if holder is None:
                contents[key] = frozenset({None})
            elif holder in disk.records and key in disk.records[holder].files:
                contents[key] = frozenset({disk.records[holder].files[key]})
            else:
                contents[key] = frozenset({"changed"})
        return Disk(contents, disk.records, disk.key)

    def _losses(
        self,
        coming: Sequence[Distribution],
        before: Disk,
        after: Disk,
        layouts: Mapping[str, Layout],
        stubs: Collection[InstalledPath],
    ) -> tuple[Loss, ...]:
        """Return the files that replacing older releases takes from others.

        Args:
            coming: What is installed.
            before: The disk before the command.
            after: The disk after it.
            layouts: Those that the disks were made of.
            stubs: Paths of what was judged to be a namespace stub of every owner.
        """
        older = {new: old.id for new, old in self.replaced_by(coming).items()}
        takers: dict[InstalledPath, list[str]] = {}
        for id_ in older.values():
            for path in before.records[id_].taken(before.contents):
                takers.setdefault(path, []).append(id_)
        stay = {distribution.id for distribution in self.staying(coming)}
        losses = []
        for id_ in after.records:
            gone = takers.keys() & after.missing(id_)
            files = {after.key(path): file for path, file in layouts[id_].files.items()} if gone else {}
            for path in sorted(gone):
                others = [taker for taker in takers[path] if taker != older.get(id_)]
                if not others or (id_ in stay and before.contents.get(path) == frozenset({None})):
                    continue  # it was gone before
                role = _role(files[path], stubs)
                state: LossState = "determined" if after.contents[path] == frozenset({None}) else "undetermined"
                losses.append(Loss(files[path].path, id_, others[0], state, role, severity_of("different", role)))
        return tuple(losses)


def conflicts_of(overlaps: Iterable[Overlap]) -> list[tuple[set[str], set[str]]]:
    """Return, for each file of one distribution where another needs a folder, the ids of both sides: files, folders."""
    return [
        (
            {owner.id for owner in overlap.owners if owner.file.path == overlap.path},
            {owner.id for owner in overlap.owners if owner.file.path != overlap.path},
        )
        for overlap in overlaps
        if overlap.kind == "file-directory"
    ]


def meets_conflict(
    conflicts: Iterable[tuple[set[str], set[str]]], written: Collection[str], there: Collection[str]
) -> bool:
    """Return whether a command meets a file where it needs a folder, or the reverse.

    Args:
        conflicts: What :func:`conflicts_of` gave for the overlaps under its installer.
        written: Ids of what it writes.
        there: Ids of what else is there.
    """
    present = {*written, *there}
    return any(
        not (files.isdisjoint(present) or folders.isdisjoint(present) or (files | folders).isdisjoint(written))
        for files, folders in conflicts
    )


def empty_disk(target: Target) -> Disk:
    """Return a disk with nothing on it that compares paths as the target does."""
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
    files: dict[str, dict[InstalledPath, InstalledFile]] = {distribution.id: {} for distribution in distributions}
    phantoms: dict[str, set[InstalledPath]] = {distribution.id: set() for distribution in distributions}
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
        distribution.id: Layout(
            files[distribution.id], frozenset(phantoms[distribution.id]), distribution.layouts[installer].failure
        )
        for distribution in distributions
    }


def _told_apart(owner: Owner) -> InstalledFile:
    """Return a file of which the hash is proven wrong, with a content that the model can tell from the others'."""
    return owner.file._replace(content=f"{owner.file.content}:{owner.content}")


def _role(file: InstalledFile, stubs: Collection[InstalledPath]) -> Role:
    stub = file.path in stubs or (file.path.endswith("/__init__.py") and is_known_stub(file.content))
    return "namespace-init" if stub else role_of(file.path, generated=file.member is None)


_MOST = 6


def to_install(
    distributions: Sequence[Distribution],
    there: Mapping[str, str],
    pulled: Collection[str],
    target: Target,
    left_alone: Collection[str] = (),
) -> list[Distribution]:
    """Return those of a set that an install would write.

    Args:
        distributions: The set.
        there: Versions of what is installed, by name.
        pulled: Names of those that were not asked for: they came with the resolution.
        target: Decides markers.
        left_alone: Names of wheels named by path or URL that the installer leaves alone, being there in that version.
    """
    by_name = {distribution.name: distribution for distribution in distributions}
    kept = {name for name in pulled if name in there and name in by_name}
    while True:
        reached, demands = _reached(by_name, set(by_name) - set(pulled), kept, target)
        refused = {
            name for name in kept if not all(allows(requirement, there[name]) for requirement in demands.get(name, ()))
        }
        if not refused:
            break
        kept -= refused
    return [
        distribution
        for distribution in distributions
        if distribution.name in reached - kept - set(left_alone)
        and not _is_there(distribution, there.get(distribution.name))
    ]


def _reached(
    by_name: Mapping[str, Distribution], roots: Collection[str], kept: Collection[str], target: Target
) -> tuple[set[str], dict[str, list[Requirement]]]:
    """Return the names that ``roots`` lead to, not through ``kept``; and what is demanded of each name."""
    extras = {name: set(by_name[name].extras) for name in roots}
    demands: dict[str, list[Requirement]] = {}
    waiting = deque(sorted(roots))
    while waiting:
        name = waiting.popleft()
        for requirement in _requirements(by_name[name].requires, extras[name], target):
            other = canonicalize_name(requirement.name)
            demands.setdefault(other, []).append(requirement)
            if other not in by_name or other in kept:
                continue
            more = {canonicalize_name(extra) for extra in requirement.extras}
            if other not in extras or not more <= extras[other]:
                extras.setdefault(other, set()).update(more)
                waiting.append(other)
    return set(extras), demands


def _requirements(lines: Sequence[str], extras: Collection[str], target: Target) -> Iterator[Requirement]:
    """Yield the requirements with a marker that holds on the target; what cannot be parsed is left out."""
    environments = [{**target.markers, "extra": extra} for extra in ("", *extras)]
    for requirement in parse_requires(lines):
        if any(holds(requirement, environment) for environment in environments):
            yield requirement


def _is_there(distribution: Distribution, version: str | None) -> bool:
    """Return whether what is asked for is installed already; a file named by path or URL may be another build."""
    return not distribution.candidate.direct and is_version(distribution, version)


def is_version(distribution: Distribution, version: str | None) -> bool:
    """Return whether a version that is installed is that of a distribution; None is none."""
    if version is None:
        return False
    try:
        return Version(version) == Version(distribution.version)
    except InvalidVersion:
        return version == distribution.version


def side_effects(
    newcomers: Sequence[Distribution],
    there: Mapping[str, str],
    requires: Mapping[str, Sequence[str]],
    target: Target,
    *,
    resolved: bool,
) -> list[str]:
    """Return what installing these changes besides their own files.

    Args:
        newcomers: What an install would write.
        there: Versions of what is installed, by name.
        requires: ``Requires-Dist`` of what is installed, by name.
        target: Decides markers.
        resolved: Whether what they require was resolved with them.

    Returns:
        A sentence for each.
    """
    hint = "" if resolved else "; --deps compares what it brings"
    coming = {distribution.name: distribution for distribution in newcomers}
    brought: dict[str, None] = {}
    changed: dict[str, None] = {}
    for distribution in newcomers:
        for requirement in _requirements(distribution.requires, distribution.extras, target):
            name = canonicalize_name(requirement.name)
            if name in coming:
                continue
            if name not in there:
                brought[name] = None
            elif not allows(requirement, there[name]):
                changed[
                    f"{distribution.name} requires {requirement.name}{requirement.specifier} (now {there[name]})"
                ] = None
    notes = []
    if brought:
        notes.append(f"an install also brings {some(brought, _MOST)}, which is not compared{hint}")
    if changed:
        notes.append(f"an install also changes what is there: {some(changed, _MOST)}{hint}")
    notes += _left_alone(newcomers, there)
    broken = list(_no_longer_met(coming, requires, target))
    if broken:
        notes.append(f"no longer met: {some(broken, _MOST)}")
    return notes


def _left_alone(newcomers: Sequence[Distribution], there: Mapping[str, str]) -> Iterator[str]:
    """Yield what installers leave as it is, unless they are told otherwise."""
    same = [distribution.name for distribution in newcomers if is_version(distribution, there.get(distribution.name))]
    if same:
        verb = "is" if len(same) == 1 else "are"
        yield f"{some(same, _MOST)} {verb} there in that version: pip writes it again only with --force-reinstall"
    for distribution in newcomers:
        if distribution.name not in same and _is_enough(distribution, there.get(distribution.name)):
            yield (
                f"{distribution.name} {there[distribution.name]} is there and meets"
                f" {distribution.candidate.requested}: installers replace it only if told to"
                f" upgrade, or by {distribution.version} itself"
            )


def _is_enough(distribution: Distribution, version: str | None) -> bool:
    """Return whether what is there meets what was asked for."""
    if version is None or distribution.candidate.direct:
        return False
    requirements = parse_requires([distribution.candidate.requested])
    return any(
        canonicalize_name(requirement.name) == distribution.name and allows(requirement, version)
        for requirement in requirements
    )


def _no_longer_met(
    coming: Mapping[str, Distribution], requires: Mapping[str, Sequence[str]], target: Target
) -> Iterator[str]:
    """Yield what stays and requires other versions of what comes."""
    for name, lines in requires.items():
        concerned = [line for line in lines if name_in(line) in coming]
        if concerned and name not in coming:
            for requirement in _requirements(concerned, (), target):
                other = coming[canonicalize_name(requirement.name)]
                if not allows(requirement, other.version):
                    yield f"{name} requires {requirement.name}{requirement.specifier}, not {other.version}"
