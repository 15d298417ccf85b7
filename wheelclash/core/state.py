"""An addition: a set installed where something is installed already. Pure.

What is there has three parts: *residents* stay, *replaced* distributions make way for newcomers of the same name, and
on disk each file holds whatever it holds. An empty environment is an addition to nothing.

Newcomers: which of a set an install would really bring to an environment, and what else it would change. Pure.

Installers leave alone what is there in the version asked for, and, of what nobody named, what is there in a version
that everybody who requires it allows.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.core.content import is_known_stub
from wheelclash.core.disk import Disk
from wheelclash.core.distribution import allows, holds, parse_requires
from wheelclash.core.installer import Unordered
from wheelclash.core.overlap import severity_of
from wheelclash.core.paths import folders_above
from wheelclash.core.role import role_of
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Installer, InstallerName, Order
    from wheelclash.core.layout import InstalledFile, InstalledPath, Layout
    from wheelclash.core.overlap import Severity
    from wheelclash.core.role import Role
    from wheelclash.target.target import Target

__all__ = ["NOBODYS", "NOTHING", "Addition", "Loss", "Unowned", "effects", "newcomers"]

NOBODYS = ""
"""Stands for the distribution whose content a file holds that nobody recorded."""


LossCode = Literal["recorded", "in-the-way"]
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
        code: Whether the replaced distribution has recorded the file, or is in the way of it.
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
        id: Id of the newcomer that writes it.
        role: What the file is for.
    """

    path: InstalledPath
    id: str
    role: Role


class Addition(NamedTuple):
    """What is installed already where a set is to be installed.

    Attributes:
        residents: Distributions that stay. Their layouts are cut down to what can matter: what newcomers contest, and
            what those that are involved share among each other.
        replaced: By id of the newcomer: the distribution of the same name that makes way, cut down likewise.
        found: What is on disk where it is not simply its only owner's content: the id of the distribution whose it is,
            :data:`NOBODYS`, or None for a file that is gone.
        required: Ids of the residents that newcomers require, directly or not.
        files: How many files each of them recorded, by id.
        unowned: Files that no RECORD lists and newcomers overwrite.
    """

    residents: tuple[Distribution, ...] = ()
    replaced: Mapping[str, Distribution] = {}
    found: Mapping[InstalledPath, str | None] = {}
    required: frozenset[str] = frozenset()
    files: Mapping[str, int] = {}
    unowned: tuple[Unowned, ...] = ()

    @property
    def replaces(self) -> dict[str, str]:
        """Ids of the replaced ones by the ids of their successors."""
        return {new: old.id for new, old in self.replaced.items()}

    @property
    def involved(self) -> frozenset[str]:
        """Ids of the residents that share anything with anybody here."""
        return frozenset(each.id for each in self.residents if any(each.layouts[name].files for name in each.layouts))

    def order(
        self,
        installer: Installer,
        newcomers: Sequence[Distribution],
        *,
        with_dependencies: bool = True,
        named: Collection[str] = (),
    ) -> Order:
        """Return the order in which one command installs ``newcomers``; what they require may be there already.

        Args:
            installer: Whose command.
            newcomers: What it writes.
            with_dependencies: False for a command with ``--no-deps``.
            named: Ids of those it names; all if empty.
        """
        there = [each for each in self.residents if each.id in self.required]
        named = named or [each.id for each in newcomers]
        return installer.order([*newcomers, *there], with_dependencies=with_dependencies, named=named)

    def layouts(
        self, contested: Mapping[str, Layout], newcomers: Sequence[Distribution], installer: InstallerName
    ) -> dict[str, Layout]:
        """Layouts of everybody for the model disk.

        Args:
            contested: Those of newcomers and residents, cut down to overlaps.
            newcomers: With their whole layouts.
            installer: Under which.

        Returns:
            The same, with what residents share among each other, what replaced distributions take along, and theirs.
        """
        old = {each.id: each.layouts[installer] for each in self.replaced.values()}
        taken = {path for layout in old.values() for path in layout.files}
        found = dict(contested)
        for each in newcomers:
            whole, cut = each.layouts[installer], found[each.id]
            more = {path: whole.files[path] for path in taken if path in whole.files and path not in cut.files}
            found[each.id] = cut._replace(files={**cut.files, **more}) if more else cut
        for each in self.residents:
            cut = found[each.id]
            found[each.id] = cut._replace(files={**each.layouts[installer].files, **cut.files})
        return found | old

    def disk(self, layouts: Mapping[str, Layout], empty: Disk) -> Disk:
        """The disk before the command.

        Args:
            layouts: As :meth:`layouts` gave them.
            empty: A disk that compares paths as the target does.
        """
        there = [*self.residents, *self.replaced.values()]
        disk = empty.install({each.id: layouts[each.id] for each in there}, Unordered(), removes_all_first=True)
        contents = dict(disk.contents)
        for path, holder in self.found.items():
            key = disk.key(path)
            if holder is None:
                contents[key] = frozenset({None})
            elif holder in disk.records and key in disk.records[holder].files:
                contents[key] = frozenset({disk.records[holder].files[key]})
            else:
                contents[key] = frozenset({"changed"})
        return Disk(contents, disk.records, disk.key)

    def losses(
        self, before: Disk, after: Disk, layouts: Mapping[str, Layout], stubs: Collection[InstalledPath]
    ) -> tuple[Loss, ...]:
        """The files that replacing older releases takes from others.

        Args:
            before: The disk before the command.
            after: The disk after it.
            layouts: Those the disks were made of.
            stubs: Paths of what was judged to be a namespace stub of every owner.
        """
        takers: dict[InstalledPath, list[str]] = {}
        for each in self.replaced.values():
            record = before.records[each.id]
            for path in record.taken(before.contents):
                takers.setdefault(path, []).append(each.id)
        if not takers:
            return ()
        older = self.replaces
        stay = {each.id for each in self.residents}
        found = []
        for id_ in after.records:
            gone = takers.keys() & after.missing(id_)
            files = {after.key(path): file for path, file in layouts[id_].files.items()} if gone else {}
            for path in sorted(gone):
                others = [taker for taker in takers[path] if taker != older.get(id_)]
                if not others or (id_ in stay and before.contents.get(path) == frozenset({None})):
                    continue  # it was gone before
                role = _role(files[path], stubs)
                state: LossState = "determined" if after.contents[path] == frozenset({None}) else "undetermined"
                found.append(Loss(files[path].path, id_, others[0], state, role, severity_of("different", role)))
        return tuple(found)

    def stopped(self, installer: Installer, newcomers: Sequence[Distribution], order: Order) -> Iterator[Loss]:
        """Yield what one command cannot write while an older release is there that the same command replaces.

        A file cannot stand where there is a folder. pip removes each older release just before it writes the new one;
        where all of them are removed first, none is in the way.

        Args:
            installer: Whose command.
            newcomers: What it writes.
            order: What is known of its order.
        """
        successors = {each.id for each in newcomers} & self.replaced.keys()
        if installer.removes_all_first:
            return
        for new in sorted(successors):
            old = self.replaced[new]
            there = {path for path in old.layouts[installer.name].files if self.found.get(path, old.id) is not None}
            folders = folders_above(there)
            for each in newcomers:
                files = each.layouts[installer.name].files
                beaten = [path for path in files if path in folders]
                if not folders_above(files).isdisjoint(there):
                    beaten += [path for path in files if not folders_above([path]).isdisjoint(there)]
                if not beaten or each.id == new:
                    continue
                last = order.last_of([each.id, new]).ids
                if new in last:
                    state: LossState = "fails" if len(last) == 1 else "undetermined"
                    for path in sorted(beaten):
                        yield Loss(path, each.id, old.id, state, _role(files[path], ()), "error", "in-the-way")


NOTHING = Addition()
"""An empty environment."""


def _role(file: InstalledFile, stubs: Collection[InstalledPath]) -> Role:
    stub = file.path in stubs or (file.path.endswith("/__init__.py") and is_known_stub(file.content))
    return "namespace-init" if stub else role_of(file.path, generated=file.member is None)


_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_MOST = 6


def newcomers(
    distributions: Sequence[Distribution], there: Mapping[str, str], pulled: Collection[str], target: Target
) -> list[Distribution]:
    """Those of a set that an install would write.

    Args:
        distributions: The set.
        there: Versions of what is installed, by name.
        pulled: Names of those that nobody asked for: they came with the resolution.
        target: Decides markers.
    """
    by_name = {each.name: each for each in distributions}
    kept = {name for name in pulled if name in there and name in by_name}
    while True:
        reached, demands = _reached(by_name, set(by_name) - set(pulled), kept, target)
        refused = {name for name in kept if not all(allows(each, there[name]) for each in demands.get(name, ()))}
        if not refused:
            break
        kept -= refused
    return [
        each for each in distributions if each.name in reached - kept and not (_is_there(each, there.get(each.name)))
    ]


def _reached(
    by_name: Mapping[str, Distribution], roots: Collection[str], kept: Collection[str], target: Target
) -> tuple[set[str], dict[str, list[Requirement]]]:
    """Names that ``roots`` come to, not through ``kept``; and what is demanded of each name."""
    extras = {name: set(by_name[name].candidate.extras) for name in roots}
    demands: dict[str, list[Requirement]] = {}
    waiting = deque(sorted(roots))
    while waiting:
        name = waiting.popleft()
        for requirement in _requirements(by_name[name].contents.requires, extras[name], target):
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
    """Those whose marker holds on the target; what cannot be parsed is left out."""
    environments = [{**target.markers, "extra": extra} for extra in ("", *extras)]
    for requirement in parse_requires(lines):
        if any(holds(requirement, each) for each in environments):
            yield requirement


def _is_there(each: Distribution, version: str | None) -> bool:
    """Whether what is asked for is installed already; a file named by path or URL may be another of that version."""
    return not each.candidate.direct and _is_version(each, version)


def _is_version(each: Distribution, version: str | None) -> bool:
    if version is None:
        return False
    try:
        return Version(version) == Version(each.candidate.version)
    except InvalidVersion:
        return version == each.candidate.version


def effects(
    newcomers: Sequence[Distribution],
    there: Mapping[str, str],
    requires: Mapping[str, Sequence[str]],
    target: Target,
    *,
    resolved: bool,
) -> list[str]:
    """What installing these changes besides their own files.

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
    coming = {each.name: each for each in newcomers}
    brought: dict[str, None] = {}
    changed: dict[str, None] = {}
    for each in newcomers:
        for requirement in _requirements(each.contents.requires, each.candidate.extras, target):
            name = canonicalize_name(requirement.name)
            if name in coming:
                continue
            if name not in there:
                brought[name] = None
            elif not allows(requirement, there[name]):
                changed[f"{each.name} requires {requirement.name}{requirement.specifier} (now {there[name]})"] = None
    found = []
    if brought:
        found.append(f"an install also brings {some(brought, _MOST)}, which is not compared{hint}")
    if changed:
        found.append(f"an install also changes what is there: {some(changed, _MOST)}{hint}")
    found += _left_alone(newcomers, there)
    broken = list(_no_longer_met(coming, requires, target))
    if broken:
        found.append(f"no longer met: {some(broken, _MOST)}")
    return found


def _left_alone(newcomers: Sequence[Distribution], there: Mapping[str, str]) -> Iterator[str]:
    """What installers leave as it is, unless they are told otherwise."""
    same = [each.name for each in newcomers if _is_version(each, there.get(each.name))]
    if same:
        verb = "is" if len(same) == 1 else "are"
        yield f"{some(same, _MOST)} {verb} there in that version: pip writes it again only with --force-reinstall"
    for each in newcomers:
        if each.name not in same and _is_enough(each, there.get(each.name)):
            yield (
                f"{each.name} {there[each.name]} is there and meets {each.candidate.requested}: installers replace it"
                f" only if told to upgrade, or by {each.candidate.version} itself"
            )


def _is_enough(each: Distribution, version: str | None) -> bool:
    """Whether what is there meets what was asked for."""
    if version is None or each.candidate.direct:
        return False
    asked = parse_requires([each.candidate.requested])
    return any(canonicalize_name(one.name) == each.name and allows(one, version) for one in asked)


def _no_longer_met(
    coming: Mapping[str, Distribution], requires: Mapping[str, Sequence[str]], target: Target
) -> Iterator[str]:
    """What stays and requires other versions of what comes."""
    for name, lines in requires.items():
        own = [line for line in lines if (match := _NAME.match(line)) and canonicalize_name(match[1]) in coming]
        if own and name not in coming:
            for requirement in _requirements(own, (), target):
                other = coming[canonicalize_name(requirement.name)]
                if not allows(requirement, other.candidate.version):
                    yield f"{name} requires {requirement.name}{requirement.specifier}, not {other.candidate.version}"
