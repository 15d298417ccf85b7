"""An addition: a set installed where something is installed already. Pure.

What is there has three parts: *residents* stay, *replaced* distributions make way for newcomers of the same name, and
on disk each file holds whatever it holds. An empty environment is an addition to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.disk import Disk
from wheelclash.installers.installer import Unordered
from wheelclash.overlap.model import severity_of
from wheelclash.ownership import folders_above
from wheelclash.role import role_of
from wheelclash.verdict import is_known_stub

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from wheelclash.distribution import Distribution
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.installers.installer import Order
    from wheelclash.layout import InstalledFile, InstalledPath, Layout
    from wheelclash.overlap import Severity
    from wheelclash.role import Role

__all__ = ["NOBODYS", "NOTHING", "Addition", "Loss", "Unowned"]

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

    def of_newcomers(self, losses: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
        """Of what uninstalls take from others, what newcomers take or lose: the rest is as it was."""
        there = {each.id for each in self.residents}
        found = {}
        for id_, counts in losses.items():
            own = {other: count for other, count in counts.items() if id_ not in there or other not in there}
            if own or id_ not in there:
                found[id_] = own
        return found


NOTHING = Addition()
"""An empty environment."""


def _role(file: InstalledFile, stubs: Collection[InstalledPath]) -> Role:
    stub = file.path in stubs or (file.path.endswith("/__init__.py") and is_known_stub(file.content))
    return "namespace-init" if stub else role_of(file.path, generated=file.member is None)
