"""The owners of a file or folder of an environment, and which owner's content is there.

Every distribution that recorded a file claims it, compared or not; these files form a tree of names. Only what was
asked about is hashed.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Skip
from wheelclash.core.layout import InstalledPath
from wheelclash.core.overlap import Owner
from wheelclash.core.paths import folders_above
from wheelclash.core.query import (
    NestedPath,
    OwnerShare,
    PathOwners,
    TreeEntry,
    besides,
    meanings,
    near_paths,
    normalize_query,
    source_of,
)
from wheelclash.core.role import module_stem, role_of
from wheelclash.environment.distributions import RecordError
from wheelclash.environment.files import OnDisk, on_disk, state_of, walk_below
from wheelclash.environment.managed import managed_among
from wheelclash.environment.ownership import by_folder, keys_of
from wheelclash.environment.paths import is_absolute
from wheelclash.environment.scan import (
    Contested,
    commands_of,
    find_contested,
    installed_file,
    read_records,
    rows_of,
    skips_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash.core.query import PathMatch
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.target.target import Target

__all__ = ["Answered", "Claims", "Files", "Unknown", "owners_in"]

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


class Claims:
    """Who recorded what.

    Attributes:
        places: Of the environment.
        owned: The ownership map, by number.
        distributions: Behind those numbers; those that are otherwise not compared come last.
        by_id: The same by id.
        asides: Why some of them are otherwise not compared: skip codes by id.
        searched: How many of the others could be read.
        skipped: What could not be read.
        not_compared: What is otherwise not compared, with a RECORD or without.
    """

    def __init__(self, places: EnvironmentPaths) -> None:
        """Read every RECORD."""
        recorded = read_records(places)
        self.places = places
        self.skipped = list(recorded.skipped)
        self.owned = recorded.owned
        self.distributions = list(recorded.distributions)
        self.by_id = {distribution.id: distribution for distribution in self.distributions}
        self.asides: dict[str, str] = {}
        self.searched = len(self.distributions)
        self._add_excluded(recorded.excluded)
        self._add_managed()
        self.not_compared = tuple(skips_of(recorded.excluded))

    def _add_excluded(self, distributions: Iterable[Installed]) -> None:
        """Let what is not compared own the files it recorded; an older release only those without another owner."""
        for excluded in sorted(distributions, key=_is_superseded):
            try:
                distribution = excluded.read(self.places)
            except RecordError:
                continue
            keys = keys_of(distribution.names)
            if _is_superseded(excluded):
                keys = {key for key in keys if key not in self.owned}
            if excluded.excluded is not None:
                self.asides[self._add(distribution, keys)] = excluded.excluded.code

    def _add(self, distribution: Installed, keys: set[str]) -> str:
        """Let a distribution own some files; return its id, which tells it from all others."""
        if distribution.id in self.by_id:
            distribution = replace(distribution, id=distribution.folder)
        self.owned.add(by_folder(keys))
        self.distributions.append(distribution)
        self.by_id[distribution.id] = distribution
        return distribution.id

    def _add_managed(self) -> None:
        """Let packages of conda and dpkg own what they list, but for what their RECORDs list already."""
        recorded = {
            key
            for number, distribution in enumerate(self.distributions)
            if self.asides.get(distribution.id) in {"conda", "system"}
            for key in keys_of(self.owned.files[number])
        }
        names = {distribution.name for distribution in self.distributions[: self.searched]}
        for package in managed_among(self.places, None, names):
            if isinstance(package, Skip):
                self.skipped.append(package)
            elif keys := keys_of(package.names) - recorded:
                self.asides[self._add(package, keys)] = "conda" if package.manager == "conda" else "system"

    def below(self, folder: str, starting: str = "") -> Iterator[str]:
        """Yield the keys of everything recorded below a folder, in it by a name with a certain start."""
        start = f"{folder.rstrip('/')}/{starting}"
        home = f"{self.places.sites[0]}/"
        if home.startswith(start):
            return (key for key in self.owned if not is_absolute(key) or key.startswith(start))
        return self.owned.below(start.removeprefix(home))

    def forms(self, key: str) -> Iterator[str]:
        """Yield the keys of what may hide a module or be hidden by it: its other forms, and those of the folders above.

        Modules in a folder of its name are among them.
        """
        stem = module_stem(key)
        if stem is None:
            return
        inside = () if key.startswith(f"{stem}/") else self.owned.below(f"{stem}/")
        yield from (below for below in inside if module_stem(below) is not None)
        for module in (stem, *folders_above([key])):
            forms = (*self.owned.below(f"{module}/__init__."), *self.owned.below(f"{module}."))
            yield from (form for form in forms if module_stem(form) == module)


def _is_superseded(distribution: Installed) -> bool:
    return distribution.excluded is not None and distribution.excluded.code == "superseded"


class Files:
    """The files of an environment as a tree: those that are there, and those that are only recorded.

    The name of a place is a file's key, and a folder's real path.
    """

    def __init__(self, claims: Claims, cwd: str) -> None:
        """Look at an environment from a folder.

        Args:
            claims: Who recorded what.
            cwd: The folder that relative paths start from.
        """
        self._claims = claims
        self._places = claims.places
        self._cwd = cwd

    @property
    def sites(self) -> tuple[str, ...]:
        """Return the site-packages folders."""
        return self._places.sites

    @property
    def scripts(self) -> str:
        """Return the folder of commands."""
        return self._places.scripts

    def readings(self, text: str) -> Iterator[str]:
        """Yield the absolute paths that a text may stand for, nearest first; one that says where it starts is one."""
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

    def find(self, path: str) -> TreeEntry | None:
        """Return what is at an absolute path, links followed, or is recorded to be there."""
        real, key = self._key(path)
        if key is not None and key in self._claims.owned:
            return TreeEntry("file", key)
        target = os.path.realpath(real).replace(os.sep, "/")
        if os.path.isdir(target) and self._is_inside(target):  # noqa: PTH112
            return TreeEntry("folder", target)
        inside = self._places.key_of(target)
        if inside is not None and os.path.lexists(target):
            return TreeEntry("file", inside)
        if key is not None and os.path.lexists(real):
            return TreeEntry("file", key)
        if self._is_inside(real) and any(True for _ in self._claims.below(real)):
            return TreeEntry("folder", real)
        return None

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        """Return the names of what is in a folder, or is recorded to be."""
        place = self.find(folder)
        if place is None or place.what == "file":
            return ()
        start = f"{place.name.rstrip('/')}/"
        keys = self._claims.below(place.name, starting)
        names = {self._places.on_disk(key)[len(start) :].partition("/")[0] for key in keys}
        try:
            names.update(os.listdir(place.name))  # noqa: PTH208
        except OSError:
            return names
        return {name for name in names if name.startswith(starting)}

    def _key(self, path: str) -> tuple[str, str | None]:
        """Return a path with its folder's links resolved, and its key; None outside of the environment."""
        folder, _, name = path.rstrip("/").rpartition("/")
        if name in {"", ".", ".."}:
            real = os.path.realpath(path)
        else:
            real = f"{os.path.realpath(folder or '/').rstrip(os.sep)}/{name}"
        real = real.replace(os.sep, "/")
        return real, self._places.key_of(real)

    def _is_inside(self, folder: str) -> bool:
        folders = (self._places.base, *self.sites)
        return any(f"{folder.rstrip('/')}/".startswith(f"{inner.rstrip('/')}/") for inner in folders)

    def unknown(self, text: str) -> Unknown:
        """Return why a PATH means nothing."""
        real, _ = self._key(self._joined(text))
        outside = not self._is_inside(real) and (is_absolute(text) or os.path.lexists(real))
        name = canonicalize_name(text)
        return Unknown(
            outside,
            any(distribution.name == name for distribution in self._claims.distributions),
            near_paths(text, self),
        )

    def _joined(self, text: str) -> str:
        return text if is_absolute(text) else f"{self._cwd.rstrip('/')}/{text}"


class Answered(NamedTuple):
    """The owners of some PATHs.

    Attributes:
        path_owners: What they mean, in the order asked.
        unknown: Those that mean nothing.
        names: Of all distributions, by id; not compared ones included.
        searched: How many distributions could be read.
        skipped: Distributions, folders and files that could not be read.
        not_compared: Distributions that are not compared; those with a RECORD may be owners all the same.
    """

    path_owners: tuple[PathOwners, ...]
    unknown: Mapping[str, Unknown]
    names: Mapping[str, str]
    searched: int
    skipped: tuple[Skip, ...]
    not_compared: tuple[Skip, ...]


def owners_in(places: EnvironmentPaths, target: Target, asked: Sequence[str], cwd: Path) -> Answered:
    """Return the owners of some files and folders of an environment, and which owner's content is there.

    Args:
        places: Where it is.
        target: What it is, for the modules it imports.
        asked: PATHs: paths on disk, installed paths with or without their root, paths below the prefix, import names,
            commands.
        cwd: The folder that relative paths on disk start from.

    Raises:
        QuestionError: A PATH can be none.
    """
    asked = [normalize_query(text) for text in asked]
    claims = Claims(places)
    files = Files(claims, cwd.as_posix())
    answers = _Answers(claims, target)
    path_owners: list[PathOwners] = []
    unknown: dict[str, Unknown] = {}
    for text in asked:
        understood_as = [answers.belonging(text, meaning) for meaning in meanings(text, files)]
        path_owners += understood_as
        if not understood_as:
            unknown[text] = files.unknown(text)
    return Answered(
        tuple(path_owners),
        unknown,
        {id_: distribution.name for id_, distribution in claims.by_id.items()},
        claims.searched,
        tuple(dict.fromkeys((*claims.skipped, *answers.skipped))),
        claims.not_compared,
    )


class _Answers:
    """Finds owners by the claims of an environment and by what is on disk.

    Attributes:
        skipped: What could not be read meanwhile.
    """

    def __init__(self, claims: Claims, target: Target) -> None:
        self.skipped: list[Skip] = []
        self._claims = claims
        self._places = claims.places
        self._owned = claims.owned
        self._distributions = claims.distributions
        self._target = target

    def belonging(self, asked: str, meaning: PathMatch) -> PathOwners:
        """Return the owners of one file or folder."""
        if meaning.place.what == "folder":
            return self._folder(asked, meaning)
        key = meaning.place.name
        source = source_of(key)
        if source is not None and key not in self._owned and source in self._owned:
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

    def _file(self, asked: str, meaning: PathMatch, key: str) -> PathOwners:
        path = self._places.installed_path(key)
        numbers = self._owned.owners(key)
        answer = PathOwners(asked, meaning.means, "file", path, ())
        if not numbers:
            return answer._replace(role=role_of(path), state="present", files=0, unowned=1)
        related, rows = find_contested(
            self._owned.restricted({key, *self._claims.forms(key)}), self._distributions, self._places, self._target
        )
        self.skipped += rows.skipped
        same = next((file for file in related if file.key == key and file.overlap.is_same_path), None)
        if same is None:
            owner, state = self._alone(key, numbers[0])
            role = role_of(path, generated=owner.file.member is None)
            owners: tuple[Owner, ...] = (owner,)
        else:
            owners, state, role = same.overlap.owners, same.on_disk, same.overlap.role
        self._note(path, [owner.id for owner in owners], state)
        return answer._replace(
            shares=_by_name(self._share_of_file(owner, state, contested=len(owners) > 1) for owner in owners),
            kind=None if same is None else same.overlap.kind,
            role=role,
            state=state.state,
            matches=state.matches,
            unreadable=state.unreadable,
            contested=int(len(owners) > 1),
            besides=besides([file.overlap for file in related], path, "file"),
        )

    def _note(self, path: InstalledPath, owners: Iterable[str], state: OnDisk) -> None:
        """Note a file that could not be read as a skip of its owners."""
        if state.unreadable is not None:
            names = ", ".join(self._claims.by_id[id_].name for id_ in owners)
            self.skipped.append(Skip(names, "unreadable", f"{path} cannot be read ({state.unreadable})"))

    def _share_of_file(self, owner: Owner, state: OnDisk, *, contested: bool) -> OwnerShare:
        content = owner.file.content or ""
        return self._share(owner.id)._replace(
            contested=int(contested),
            held=int(contested and owner.id in state.matches),
            missing=int(state.state == "missing"),
            sha256=content.removeprefix("sha256:") if content.startswith("sha256:") else None,
            size=owner.file.size,
            content=owner.content,
        )

    def _alone(self, key: str, number: int) -> tuple[Owner, OnDisk]:
        """Return a file with one owner: what it recorded, and what is there."""
        distribution = self._distributions[number]
        rows = rows_of({number: {key}}, self._distributions)
        self.skipped += rows.skipped
        row = rows.by_id[distribution.id][key]
        file = installed_file(key, row, commands_of(distribution, self._target), self._places)
        owner = Owner(distribution.id, file, 0)
        return owner, on_disk(key, (owner,), {distribution.id: row.digest}, self._places)

    def _folder(self, asked: str, meaning: PathMatch) -> PathOwners:
        folder = meaning.place.name
        path = self._installed_folder(folder)
        keys = set(self._claims.below(folder))
        related, rows = find_contested(
            self._owned.restricted({*keys, *self._claims.forms(self._places.key_of(f"{folder}/__init__.py") or "")}),
            self._distributions,
            self._places,
            self._target,
        )
        self.skipped += rows.skipped
        same = [file for file in related if file.overlap.is_same_path and file.key in keys]
        for file in same:
            self._note(file.overlap.path, file.overlap.ids, file.on_disk)
        gone, strays = self._walked(folder, keys)
        shares = [
            self._share_of_folder(distribution, theirs, same, gone)
            for distribution, theirs in zip(self._distributions, self._owned.of_each(keys), strict=True)
            if theirs
        ]
        return PathOwners(
            asked,
            meaning.means,
            "folder",
            path,
            _by_name(shares),
            files=len(keys),
            contested=len(same),
            unowned=len(strays),
            besides=besides([file.overlap for file in related], path, "folder"),
            below=self._below(same, gone, strays),
        )

    def _share_of_folder(
        self, distribution: Installed, keys: Collection[str], same: Sequence[Contested], gone: set[str]
    ) -> OwnerShare:
        part = [file for file in same if distribution.id in file.overlap.ids]
        return self._share(distribution.id)._replace(
            files=len(keys),
            contested=len(part),
            held=sum(distribution.id in file.on_disk.matches for file in part),
            missing=len(gone.intersection(keys)),
        )

    def _below(self, same: Sequence[Contested], gone: set[str], strays: Iterable[str]) -> tuple[NestedPath, ...]:
        entries = [
            NestedPath(file.overlap.path, file.overlap.ids, file.overlap.kind, file.on_disk.state, file.on_disk.matches)
            for file in same
        ]
        for key in gone - {file.key for file in same}:
            owners = tuple(self._distributions[number].id for number in self._owned.owners(key))
            entries.append(NestedPath(self._places.installed_path(key), owners, None, "missing"))
        entries += [NestedPath(self._places.installed_path(key), (), None, "present") for key in strays]
        return tuple(sorted(entries, key=lambda entry: entry.path))

    def _walked(self, folder: str, keys: set[str]) -> tuple[set[str], list[str]]:
        """Return which of the keys below a folder are gone, and the keys of files there that have no owner."""
        if not os.path.isdir(folder):  # noqa: PTH112
            return {key for key in keys if state_of(self._places.on_disk(key)) == "missing"}, []
        seen = walk_below(folder, {self._places.on_disk(key) for key in keys})
        self.skipped += [
            Skip(inner, "unreadable", f"the folder cannot be listed ({why})") for inner, why in seen.closed
        ]
        gone = {path for path in seen.unseen if state_of(path) == "missing"}
        return {self._places.key_of(path) or path for path in gone}, [
            self._places.key_of(path) or path for path in seen.strays
        ]

    def _installed_folder(self, folder: str) -> InstalledPath:
        places = self._places
        if folder in places.sites:
            return InstalledPath("site-packages")
        roots = {"data": places.base.rstrip("/"), "scripts": places.scripts, "headers": places.headers}
        key = places.key_of(folder)
        for root, place in roots.items():
            if folder.rstrip("/") == place and (key is None or is_absolute(key)):
                return InstalledPath(root)
        return places.installed_path(key or folder)

    def _share(self, id_: str) -> OwnerShare:
        distribution = self._claims.by_id[id_]
        return OwnerShare(id_, distribution.name, distribution.version, self._claims.asides.get(id_))


def _by_name(shares: Iterable[OwnerShare]) -> tuple[OwnerShare, ...]:
    return tuple(sorted(shares, key=lambda share: (share.name, share.id)))
