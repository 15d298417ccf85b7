"""The model disk: installed path to content, and each distribution's installed RECORD.

It is told what a command installs, removes or replaces, in which order as far as that is known, and then holds for
each path *every* content that may be there. Who wins, who is intact, what a step leaves and what an uninstall takes
along are all read off it, and it is what the tests compare with real disks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.layout import InstalledPath
from wheelclash.core.paths import folders_above
from wheelclash.core.role import is_importable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wheelclash.core.installer import Order
    from wheelclash.core.layout import InstalledFile, Layout

__all__ = ["Disk", "DiskState", "Intact", "Record"]

DiskState = Literal["present", "changed", "missing"]
"""What is at an installed path: content of an owner, content of none of them, or nothing."""

Intact = Literal["yes", "no", "undetermined"]
"""Whether every file a distribution recorded is on disk with its recorded content."""

Content = str
"""Stands for bytes on disk: equal where contents are proven equal, and different otherwise."""


class Record(NamedTuple):
    """An installed RECORD: what the distribution wrote, and what it only claims."""

    files: Mapping[InstalledPath, Content]
    phantoms: frozenset[InstalledPath]

    def taken(self, *there: Iterable[InstalledPath]) -> list[InstalledPath]:
        """Return what an uninstall removes: what the distribution wrote, and what it only claims.

        Args:
            there: Paths that exist. A row that names a folder claims those below it.
        """
        if not self.phantoms:
            return list(self.files)
        claimed = {path.rstrip("/") for path in self.phantoms}
        below = (path for paths in there for path in paths if not claimed.isdisjoint(folders_above([path])))
        return list(dict.fromkeys([*self.files, *self.phantoms, *below]))


@dataclass(frozen=True, slots=True)
class Disk:
    """An immutable state; every operation gives a new one.

    Attributes:
        contents: For each path ever written, all it may hold; None stands for a missing file.
        records: Installed RECORDs by distribution id.
        key: How the file system compares paths: the identity, or folding where case does not matter.
    """

    contents: Mapping[InstalledPath, frozenset[Content | None]] = field(default_factory=dict)
    records: Mapping[str, Record] = field(default_factory=dict)
    key: Callable[[InstalledPath], InstalledPath] = lambda path: path

    @classmethod
    def found(
        cls,
        records: Mapping[str, Mapping[InstalledPath, Content]],
        contents: Mapping[InstalledPath, frozenset[Content | None]],
        claims: Mapping[str, frozenset[InstalledPath]] | None = None,
    ) -> Disk:
        """Return the model of a disk that was looked at.

        Args:
            records: By distribution id: what its installed RECORD says of each path.
            contents: For each of those paths all it may hold; None stands for a missing file.
            claims: By distribution id: folders that its installed RECORD lists.
        """
        known = claims or {}
        return cls(contents, {id_: Record(files, known.get(id_, frozenset())) for id_, files in records.items()})

    def install(
        self,
        layouts: Mapping[str, Layout],
        order: Order,
        *,
        removes_all_first: bool,
        replaces: Mapping[str, str] | None = None,
    ) -> Disk:
        """Return what one command leaves that installs these, replacing those of them that are there already.

        Args:
            layouts: By distribution id.
            order: What is known of the command's order.
            removes_all_first: Whether all replaced distributions are removed before the first is written; else each
                is removed just before its own turn, and may so take along what was written before.
            replaces: Ids of other releases that are replaced, by the id of their successor. They need not be there.
        """
        records = {id_: self.record_of(id_, layout) for id_, layout in layouts.items()}
        return self.install_records(records, order, removes_all_first=removes_all_first, replaces=replaces)

    def record_of(self, id_: str, layout: Layout) -> Record:
        """Return the installed RECORD that an install of this layout leaves."""
        by_name = self.key(InstalledPath("A")) != "A"  # where case does not matter, a module is also what it is called
        return Record(
            {self.key(path): _content(id_, file, by_name=by_name) for path, file in layout.files.items()},
            frozenset(self.key(path) for path in layout.phantoms),
        )

    def install_records(
        self,
        fresh: Mapping[str, Record],
        order: Order,
        *,
        removes_all_first: bool,
        replaces: Mapping[str, str] | None = None,
    ) -> Disk:
        """Return what :meth:`install` leaves, for a caller that installs the same distributions again and again.

        Args:
            fresh: What :meth:`record_of` gave, by distribution id.
            order: As for :meth:`install`.
            removes_all_first: As for :meth:`install`.
            replaces: As for :meth:`install`.
        """
        older = {id_: old for id_, old in (replaces or {}).items() if id_ in fresh and old in self.records}
        removed = {id_: self.records[older.get(id_, id_)] for id_ in fresh if older.get(id_, id_) in self.records}
        contents = dict(self.contents)
        writers: dict[InstalledPath, list[str]] = {}
        for id_, record in fresh.items():
            for path in record.files:
                writers.setdefault(path, []).append(id_)
        touchers = {path: list(ids) for path, ids in writers.items()} if removed else writers
        for id_, record in removed.items():
            for path in record.taken(self.contents, writers):
                ids = touchers.setdefault(path, [])
                if id_ not in ids:
                    ids.append(id_)
        last_of: dict[tuple[str, ...], Iterable[str]] = {}
        for path, ids in touchers.items():
            deciding = tuple(writers.get(path, ids) if removes_all_first else ids)
            if len(deciding) == 1:
                contents[path] = frozenset({fresh[deciding[0]].files.get(path)})
                continue
            if deciding not in last_of:
                last_of[deciding] = order.last_of(deciding).ids
            contents[path] = frozenset([fresh[id_].files.get(path) for id_ in last_of[deciding]])
        stay = {id_: record for id_, record in self.records.items() if id_ not in older.values()}
        return Disk(contents, {**stay, **fresh}, self.key)

    def uninstall(self, ids: Iterable[str]) -> Disk:
        """Return what is left when these are uninstalled: all they recorded is gone, also what others wrote last."""
        contents = dict(self.contents)
        records = dict(self.records)
        for id_ in ids:
            record = records.pop(id_)
            for path in record.taken(contents):
                contents[path] = frozenset({None})
        return Disk(contents, records, self.key)

    def recorders(self) -> dict[InstalledPath, list[str]]:
        """Return the ids of the distributions that recorded each path, by path."""
        ids_by_path: dict[InstalledPath, list[str]] = {}
        for id_, record in self.records.items():
            for path in record.files:
                ids_by_path.setdefault(path, []).append(id_)
        return ids_by_path

    def holders(
        self, path: InstalledPath, recorders: Mapping[InstalledPath, Iterable[str]] | None = None
    ) -> frozenset[str] | None:
        """Return the ids of those that recorded the content that is at a path; None if that content is not known.

        Args:
            path: Which.
            recorders: What :meth:`recorders` gave, for a caller that asks of many paths.
        """
        path = self.key(path)
        possible = self.contents.get(path, frozenset({None}))
        if len(possible) != 1:
            return None
        (content,) = possible
        among = self.records if recorders is None else recorders.get(path, ())
        return frozenset(id_ for id_ in among if self.records[id_].files.get(path, "") == content)

    def intact(self, id_: str) -> Intact:
        """Return whether a distribution that is installed has all its files."""
        certain = True
        for path, content in self.records[id_].files.items():
            possible = self.contents[path]
            if content not in possible:
                return "no"
            certain = certain and len(possible) == 1
        return "yes" if certain else "undetermined"

    def missing(self, id_: str) -> frozenset[InstalledPath]:
        """Return the files of a distribution that are gone, or may be."""
        return frozenset(path for path in self.records[id_].files if None in self.contents[path])


def _content(id_: str, file: InstalledFile, *, by_name: bool) -> Content:
    """Return what stands for the content of a file; one without a usable hash is no other distribution's."""
    if file.content is None:
        return f"{id_}:{file.path}"
    name = f":{file.path.rpartition('/')[2]}" if by_name and is_importable(file.path) else ""
    return f"{file.content}{':script' if file.script else ''}{name}"
