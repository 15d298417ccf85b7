"""Owners: whose a file or folder of an environment is, and whose content is there. Hashes only what was asked about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.belonging import Belonging, Below, Share, besides
from wheelclash.environment.contested import Contested, commands_of, find_contested, installed_file
from wheelclash.environment.disk_state import OnDisk, on_disk
from wheelclash.environment.installed import Bystander, Unread, metadata_of, take_inventory
from wheelclash.environment.ownership import Owned
from wheelclash.environment.places import is_absolute
from wheelclash.environment.records import RecordedFile, RecordError, recorded_files, recorded_keys
from wheelclash.environment.scan import read_records
from wheelclash.environment.tree import state_of, walk_below
from wheelclash.layout import InstalledPath
from wheelclash.meaning import Place, meanings, module_stem, near_paths, source_of, understood
from wheelclash.overlap import Owner
from wheelclash.role import role_of
from wheelclash.sources.candidate import Skip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash.environment.places import Places
    from wheelclash.meaning import Meaning
    from wheelclash.target import Target

__all__ = ["Answered", "Unknown", "owners_in"]

_ROOTS = ("site-packages", "scripts", "data", "headers")


class Unknown(NamedTuple):
    """A PATH that means nothing in an environment.

    Attributes:
        outside: It is the path of something outside of the environment.
        is_distribution: It is the name of a distribution.
        near: Names that look like it.
    """

    outside: bool
    is_distribution: bool
    near: tuple[str, ...]


class Answered(NamedTuple):
    """Whose some PATHs are.

    Attributes:
        belongings: What they mean, in the order asked.
        unknown: Those that mean nothing.
        names: Of all distributions, by id; not compared ones included.
        searched: How many distributions could be read.
        skipped: Distributions, folders and files that could not be read.
        not_compared: Distributions that are somebody else's business; those with a RECORD may be owners all the same.
    """

    belongings: tuple[Belonging, ...]
    unknown: Mapping[str, Unknown]
    names: Mapping[str, str]
    searched: int
    skipped: tuple[Skip, ...]
    not_compared: tuple[Skip, ...]


def owners_in(places: Places, target: Target, asked: Sequence[str], cwd: Path) -> Answered:
    """Whose some files and folders of an environment are, and whose content is there.

    Args:
        places: Where it is.
        target: What it is, for the modules it imports.
        asked: PATHs: paths on disk, installed paths with or without their root, paths below the prefix, import names,
            commands.
        cwd: The folder that relative paths on disk start from.

    Raises:
        QuestionError: A PATH can be none.
    """
    asked = [understood(each) for each in asked]
    environment = _Environment(places, target, cwd.as_posix())
    found: list[Belonging] = []
    unknown: dict[str, Unknown] = {}
    for text in asked:
        meant = [environment.belonging(text, each) for each in meanings(text, environment)]
        found += meant
        if not meant:
            unknown[text] = environment.unknown(text)
    return Answered(
        tuple(found),
        unknown,
        environment.distribution_names,
        environment.searched,
        tuple(dict.fromkeys(environment.skipped)),
        environment.not_compared,
    )


class _Environment:
    """The files of an environment as a tree: those that are there, and those that are only recorded.

    The name of a place is a file's key, and a folder's real path.
    """

    def __init__(self, places: Places, target: Target, cwd: str) -> None:
        inventory = take_inventory(places)
        aside = list(inventory.bystanders)
        self.skipped = [
            Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in inventory.closed
        ]
        self._owned, read, _ = read_records(inventory.unread, places, aside, self.skipped)
        self._places = places
        self._cwd = cwd
        self._target = target
        self._distributions = [each for each, _ in read]
        self._by_id = {each.id: each for each in self._distributions}
        self._asides: dict[str, str] = {}
        self.searched = len(read)
        self._add_bystanders(aside)
        self.not_compared = tuple(sorted(each.skip for each in aside))

    @property
    def distribution_names(self) -> dict[str, str]:
        """Names by id."""
        return {id_: each.name for id_, each in self._by_id.items()}

    def _add_bystanders(self, aside: Iterable[Bystander]) -> None:
        """Whoever recorded a file owns it, compared or not; what an older release recorded only where nobody else."""
        for each in sorted(aside, key=lambda one: one.skip.code == "superseded"):
            if each.record is None:
                continue
            try:
                keys, _ = recorded_keys(each.record, each.site, self._places)
            except RecordError:
                continue
            if each.skip.code == "superseded":
                keys -= self._owned.every
            folder = os.path.dirname(each.record)  # noqa: PTH120
            told = metadata_of(folder)
            name = os.path.basename(folder)  # noqa: PTH119
            id_ = folder if name in self._by_id else name
            one = Unread(id_, each.skip.requirement, told.version or "", each.site, folder, None)
            self._asides[id_] = each.skip.code
            self._owned.add(keys)
            self._distributions.append(one)
            self._by_id[id_] = one

    # -- the tree

    @property
    def sites(self) -> tuple[str, ...]:
        return self._places.sites

    @property
    def scripts(self) -> str:
        return self._places.scripts

    def readings(self, text: str) -> Iterator[str]:
        yield self._joined(text)
        if is_absolute(text) or text in {".", ".."} or text.startswith(("./", "../")):
            return
        root, _, rest = text.partition("/")
        if root in _ROOTS and (rest or root == "site-packages"):
            for folder in self._folders(root):
                yield f"{folder}/{rest}"
        yield f"{self._places.base.rstrip('/')}/{text}"
        for site in self.sites:
            yield f"{site}/{text}"

    def _folders(self, root: str) -> tuple[str, ...]:
        match root:
            case "site-packages":
                return self.sites
            case "scripts":
                return (self.scripts,)
            case "headers":
                return (self._places.headers,)
        return (self._places.base.rstrip("/"),)

    def find(self, path: str) -> Place | None:
        real, key = self._key(path)
        if key is not None and key in self._owned.every:
            return Place("file", key)
        target = os.path.realpath(real).replace(os.sep, "/")
        if os.path.isdir(target) and self._is_inside(target):  # noqa: PTH112
            return Place("folder", target)
        inside = self._places.key_of(target)
        if inside is not None and os.path.lexists(target):
            return Place("file", inside)
        if key is not None and os.path.lexists(real):
            return Place("file", key)
        if self._is_inside(real) and any(True for _ in self._keys_below(real)):
            return Place("folder", real)
        return None

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        place = self.find(folder)
        if place is None or place.what == "file":
            return ()
        start = f"{place.name.rstrip('/')}/"
        keys = self._keys_below(place.name, starting)
        found = {self._places.on_disk(key)[len(start) :].partition("/")[0] for key in keys}
        try:
            found.update(os.listdir(place.name))  # noqa: PTH208
        except OSError:
            return found
        return {name for name in found if name.startswith(starting)}

    def _key(self, path: str) -> tuple[str, str | None]:
        """A path with its folder's links resolved, and its key; None outside of the environment."""
        folder, _, name = path.rstrip("/").rpartition("/")
        if name in {"", ".", ".."}:
            real = os.path.realpath(path)
        else:
            real = f"{os.path.realpath(folder or '/').rstrip(os.sep)}/{name}"
        real = real.replace(os.sep, "/")
        return real, self._places.key_of(real)

    def _is_inside(self, folder: str) -> bool:
        own = (self._places.base, *self.sites)
        return any(f"{folder.rstrip('/')}/".startswith(f"{each.rstrip('/')}/") for each in own)

    def _keys_below(self, folder: str, starting: str = "") -> Iterator[str]:
        """The keys of everything recorded below a folder, in it by a name with a certain start."""
        start = f"{folder.rstrip('/')}/{starting}"
        home = f"{self.sites[0]}/"
        every = self._owned.every
        if home.startswith(start):
            return (key for key in every if not is_absolute(key) or key.startswith(start))
        start = start.removeprefix(home)
        return (key for key in every if key.startswith(start))

    def unknown(self, text: str) -> Unknown:
        """Why a PATH means nothing."""
        from packaging.utils import canonicalize_name

        real, _ = self._key(self._joined(text))
        outside = not self._is_inside(real) and (is_absolute(text) or os.path.lexists(real))
        name = canonicalize_name(text)
        return Unknown(outside, any(each.name == name for each in self._distributions), near_paths(text, self))

    def _joined(self, text: str) -> str:
        return text if is_absolute(text) else f"{self._cwd.rstrip('/')}/{text}"

    # -- the answer

    def belonging(self, asked: str, meaning: Meaning) -> Belonging:
        """Whose one thing is."""
        if meaning.place.what == "folder":
            return self._folder(asked, meaning)
        key = meaning.place.name
        source = source_of(key)
        if source is not None and key not in self._owned.every and source in self._owned.every:
            answer = self._file(asked, meaning, source)
            there = os.path.lexists(self._places.on_disk(key))
            return answer._replace(
                path=self._places.installed_path(key),
                kind=None,
                role="bytecode",
                state="present" if there else "missing",
                matches=(),
                unreadable=None,
                source=answer.path,
                besides=(),
            )
        return self._file(asked, meaning, key)

    def _file(self, asked: str, meaning: Meaning, key: str) -> Belonging:
        path = self._places.installed_path(key)
        numbers = self._owned.owners(key)
        answer = Belonging(asked, meaning.means, "file", path, ())
        if not numbers:
            return answer._replace(role=role_of(path), state="present", files=0, unowned=1)
        related = find_contested(
            self._restricted({key, *self._forms(key)}), self._distributions, self._places, self._target
        )
        same = next((each for each in related if each.key == key and each.overlap.is_same_path), None)
        if same is None:
            owner, found = self._alone(key, self._distributions[numbers[0]])
            role = role_of(path, generated=owner.file.member is None)
            owners: tuple[Owner, ...] = (owner,)
        else:
            owners, found, role = same.overlap.owners, same.on_disk, same.overlap.role
        self._note(path, [owner.id for owner in owners], found)
        return answer._replace(
            shares=_by_name(self._share_of_file(owner, found, contested=len(owners) > 1) for owner in owners),
            kind=None if same is None else same.overlap.kind,
            role=role,
            state=found.state,
            matches=found.matches,
            unreadable=found.unreadable,
            contested=int(len(owners) > 1),
            besides=besides([each.overlap for each in related], path, "file"),
        )

    def _note(self, path: InstalledPath, owners: Iterable[str], found: OnDisk) -> None:
        """Note a file that could not be read as a skip of its owners."""
        if found.unreadable is not None:
            names = ", ".join(self._by_id[id_].name for id_ in owners)
            self.skipped.append(Skip(names, "unreadable", f"{path} cannot be read ({found.unreadable})"))

    def _share_of_file(self, owner: Owner, found: OnDisk, *, contested: bool) -> Share:
        content = owner.file.content or ""
        return self._share(owner.id)._replace(
            contested=int(contested),
            held=int(contested and owner.id in found.matches),
            missing=int(found.state == "missing"),
            sha256=content.removeprefix("sha256:") if content.startswith("sha256:") else None,
            size=owner.file.size,
            content=owner.content,
        )

    def _alone(self, key: str, each: Unread) -> tuple[Owner, OnDisk]:
        """A file with one owner: what it recorded, and what is there."""
        try:
            row = recorded_files(each.record, each.site, self._places, {key}).get(key, RecordedFile(None, None))
        except RecordError:  # it was there a moment ago
            row = RecordedFile(None, None)
        file = installed_file(key, row, commands_of(each, self._target), self._places)
        owner = Owner(each.id, file, 0)
        return owner, on_disk(key, (owner,), {each.id: row.digest}, self._places)

    def _folder(self, asked: str, meaning: Meaning) -> Belonging:
        folder = meaning.place.name
        path = self._installed_folder(folder)
        keys = set(self._keys_below(folder))
        related = find_contested(
            self._restricted({*keys, *self._forms(f"{folder}/__init__.py")}),
            self._distributions,
            self._places,
            self._target,
        )
        same = [each for each in related if each.overlap.is_same_path and each.key in keys]
        for each in same:
            self._note(each.overlap.path, each.overlap.ids, each.on_disk)
        gone, strays = self._walked(folder, keys)
        own = {number: self._owned.keys[number] & keys for number in range(len(self._distributions))}
        shares = [
            self._share_of_folder(self._distributions[number], theirs, same, gone)
            for number, theirs in own.items()
            if theirs
        ]
        return Belonging(
            asked,
            meaning.means,
            "folder",
            path,
            _by_name(shares),
            files=len(keys),
            contested=len(same),
            unowned=len(strays),
            besides=besides([each.overlap for each in related], path, "folder"),
            below=self._below(same, gone, strays),
        )

    def _share_of_folder(self, each: Unread, keys: Collection[str], same: Sequence[Contested], gone: set[str]) -> Share:
        part = [one for one in same if each.id in one.overlap.ids]
        return self._share(each.id)._replace(
            files=len(keys),
            contested=len(part),
            held=sum(each.id in one.on_disk.matches for one in part),
            missing=len(gone.intersection(keys)),
        )

    def _below(self, same: Sequence[Contested], gone: set[str], strays: Iterable[str]) -> tuple[Below, ...]:
        found = [
            Below(each.overlap.path, each.overlap.ids, each.overlap.kind, each.on_disk.state, each.on_disk.matches)
            for each in same
        ]
        for key in gone - {each.key for each in same}:
            owners = tuple(self._distributions[number].id for number in self._owned.owners(key))
            found.append(Below(self._places.installed_path(key), owners, None, "missing"))
        found += [Below(self._places.installed_path(key), (), None, "present") for key in strays]
        return tuple(sorted(found, key=lambda each: each.path))

    def _walked(self, folder: str, keys: set[str]) -> tuple[set[str], list[str]]:
        """Which of the keys below a folder are gone, and the keys of what is there and nobody's."""
        if not os.path.isdir(folder):  # noqa: PTH112
            return {key for key in keys if state_of(self._places.on_disk(key)) == "missing"}, []
        seen = walk_below(folder, {self._places.on_disk(key) for key in keys})
        self.skipped += [Skip(each, "unreadable", f"the folder cannot be listed ({why})") for each, why in seen.closed]
        gone = {path for path in seen.unseen if state_of(path) == "missing"}
        return {self._places.key_of(path) or path for path in gone}, [
            self._places.key_of(path) or path for path in seen.strays
        ]

    def _installed_folder(self, folder: str) -> InstalledPath:
        if folder == self.sites[0]:
            return InstalledPath("site-packages")
        if folder.rstrip("/") == self._places.base.rstrip("/"):
            return InstalledPath("data")
        for root, place in (("scripts", self.scripts), ("headers", self._places.headers)):
            if folder == place and not folder.startswith(f"{self.sites[0]}/"):
                return InstalledPath(root)
        if folder in self.sites:
            return InstalledPath("site-packages")
        return self._places.installed_path(self._places.key_of(folder) or folder)

    def _forms(self, key: str) -> Iterator[str]:
        """The keys of the other forms of a module, of which one hides the other."""
        place = self._places.on_disk(key)
        stem = module_stem(self._places.key_of(place) or place)
        if stem is None:
            return iter(())
        starts = (f"{stem}/__init__.py", f"{stem}.")
        return (each for each in self._owned.every if each.startswith(starts) and module_stem(each) == stem)

    def _restricted(self, keys: set[str]) -> Owned:
        """The ownership map of some keys only."""
        found = Owned()
        for own in self._owned.keys:
            found.add(own & keys)
        return found

    def _share(self, id_: str) -> Share:
        each = self._by_id[id_]
        return Share(id_, each.name, each.version, self._asides.get(id_))


def _by_name(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda each: (each.name, each.id)))
