"""Claims: who recorded which file of an environment, compared or not; and these files as a tree of names."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.environment.installed import Bystander, Unread, metadata_of, take_inventory
from wheelclash.environment.managed import managed_among
from wheelclash.environment.ownership import Owned
from wheelclash.environment.places import is_absolute
from wheelclash.environment.records import RecordError, recorded_keys
from wheelclash.environment.scan import read_records
from wheelclash.meaning import Place, module_stem, near_paths
from wheelclash.sources.candidate import Skip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wheelclash.environment.places import Places

__all__ = ["Claims", "Files", "Unknown"]

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

    def __init__(self, places: Places) -> None:
        """Read every RECORD."""
        inventory = take_inventory(places)
        aside = list(inventory.bystanders)
        self.places = places
        self.skipped = [
            Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in inventory.closed
        ]
        self.owned, read, _ = read_records(inventory.unread, places, aside, self.skipped)
        self.distributions = [each for each, _ in read]
        self.by_id = {each.id: each for each in self.distributions}
        self.asides: dict[str, str] = {}
        self.searched = len(read)
        self._add_bystanders(aside)
        self._add_managed()
        self.not_compared = tuple(sorted(each.skip for each in aside))

    def _add_bystanders(self, aside: Iterable[Bystander]) -> None:
        """Whoever recorded a file owns it, compared or not; what an older release recorded only where nobody else."""
        for each in sorted(aside, key=lambda one: one.skip.code == "superseded"):
            if each.record is None:
                continue
            try:
                keys, _ = recorded_keys(each.record, each.site, self.places)
            except RecordError:
                continue
            if each.skip.code == "superseded":
                keys -= self.owned.every
            folder = os.path.dirname(each.record)  # noqa: PTH120
            told = metadata_of(folder)
            name = os.path.basename(folder)  # noqa: PTH119
            id_ = folder if name in self.by_id else name
            one = Unread(id_, each.skip.requirement, told.version or "", each.site, folder, None)
            self.asides[id_] = each.skip.code
            self.owned.add(keys)
            self.distributions.append(one)
            self.by_id[id_] = one

    def _add_managed(self) -> None:
        """Let packages of conda and dpkg own what they list, but for what their RECORDs list already."""
        recorded = {
            key
            for number, each in enumerate(self.distributions)
            if self.asides.get(each.id) in {"conda", "system"}
            for key in self.owned.keys[number]
        }
        names = {each.name for each in self.distributions[: self.searched]}
        for package, keys, _ in managed_among(self.places, None, names, self.skipped):
            if not keys <= recorded:
                self.asides[package.id] = "conda" if package.manager == "conda" else "system"
                self.owned.add(keys - recorded)
                self.distributions.append(package)
                self.by_id[package.id] = package

    def below(self, folder: str, starting: str = "") -> Iterator[str]:
        """The keys of everything recorded below a folder, in it by a name with a certain start."""
        start = f"{folder.rstrip('/')}/{starting}"
        home = f"{self.places.sites[0]}/"
        if home.startswith(start):
            return (key for key in self.owned.every if not is_absolute(key) or key.startswith(start))
        if not start.startswith(home):
            return (key for key in self._absolute if key.startswith(start))
        start = start.removeprefix(home)
        top, slash, _ = start.partition("/")
        if slash and top not in self._tops:
            return iter(())
        return (key for key in self.owned.every if key.startswith(start))

    @cached_property
    def _absolute(self) -> list[str]:
        """The keys that are absolute paths: few, and often all that need be looked through."""
        return [key for key in self.owned.every if is_absolute(key)]

    @cached_property
    def _tops(self) -> set[str]:
        """The first parts of all keys: most of what may be asked for is not among them."""
        return {key.partition("/")[0] for key in self.owned.every}

    def forms(self, key: str) -> Iterator[str]:
        """The keys of the other forms of a module, of which one hides the other."""
        stem = module_stem(key)
        if stem is None:
            return iter(())
        starts = (f"{stem}/__init__.", f"{stem}.")
        return (each for each in self.owned.every if each.startswith(starts) and module_stem(each) == stem)

    def restricted(self, keys: set[str]) -> Owned:
        """The ownership map of some keys only."""
        found = Owned()
        for own in self.owned.keys:
            found.add(own & keys)
        return found


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
        """The site-packages folders."""
        return self._places.sites

    @property
    def scripts(self) -> str:
        """The folder of commands."""
        return self._places.scripts

    def readings(self, text: str) -> Iterator[str]:
        """The absolute paths that a text may stand for, nearest first; what says where it starts stands for one."""
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
        """What is at an absolute path, links followed, or is recorded to be."""
        real, key = self._key(path)
        if key is not None and key in self._claims.owned.every:
            return Place("file", key)
        target = os.path.realpath(real).replace(os.sep, "/")
        if os.path.isdir(target) and self._is_inside(target):  # noqa: PTH112
            return Place("folder", target)
        inside = self._places.key_of(target)
        if inside is not None and os.path.lexists(target):
            return Place("file", inside)
        if key is not None and os.path.lexists(real):
            return Place("file", key)
        if self._is_inside(real) and any(True for _ in self._claims.below(real)):
            return Place("folder", real)
        return None

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        """The names of what is in a folder, or is recorded to be."""
        place = self.find(folder)
        if place is None or place.what == "file":
            return ()
        start = f"{place.name.rstrip('/')}/"
        keys = self._claims.below(place.name, starting)
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

    def unknown(self, text: str) -> Unknown:
        """Why a PATH means nothing."""
        real, _ = self._key(self._joined(text))
        outside = not self._is_inside(real) and (is_absolute(text) or os.path.lexists(real))
        name = canonicalize_name(text)
        return Unknown(outside, any(each.name == name for each in self._claims.distributions), near_paths(text, self))

    def _joined(self, text: str) -> str:
        return text if is_absolute(text) else f"{self._cwd.rstrip('/')}/{text}"
