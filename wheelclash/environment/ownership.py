"""The ownership map of an environment: which distributions recorded what, by folder.

Half a million files pass through here, so nothing is done for each: folders are compared as wholes, and a name is only
looked at where several distributions share its folder. A *folder* ends with a slash; that of what lies right in the
first site-packages folder is empty. A file's key is its folder and its name, put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from wheelclash.core.overlap import folded, folders_spelt_differently
from wheelclash.core.paths import folders_above
from wheelclash.core.role import module_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

__all__ = ["NamesByFolder", "Owned", "by_folder", "keys_of", "split"]

NamesByFolder: TypeAlias = "dict[str, dict[str, None]]"
"""The names of some files, by folder. They are the keys of a dict, since a set takes three times the memory."""

_INIT = "/__init__.py"
_IMPORTABLE = (_INIT, ".so", ".pyd", ".pyc")
_MODULE = (".py", ".so", ".pyd", ".pyc")


def split(key: str) -> tuple[str, str]:
    """Return the folder of a key and its name.

    >>> split("p/q/m.py"), split("m.py"), split("/bin/tool")
    (('p/q/', 'm.py'), ('', 'm.py'), ('/bin/', 'tool'))
    """
    start = key.rfind("/") + 1
    return key[:start], key[start:]


def by_folder(keys: Iterable[str]) -> NamesByFolder:
    """Return files by folder, from their keys."""
    files: NamesByFolder = {}
    for key in keys:
        folder, name = split(key)
        files.setdefault(folder, {})[name] = None
    return files


def keys_of(files: NamesByFolder) -> set[str]:
    """Return the keys of files."""
    return {folder + name for folder, names in files.items() for name in names}


class Owned:
    """Owners, by number, and their files.

    Attributes:
        files: Those of each owner.
    """

    __slots__ = ("_contested", "_owners", "files")

    def __init__(self, files: Iterable[NamesByFolder] = ()) -> None:
        """Make a map of what some owners own, in order."""
        self.files: list[NamesByFolder] = []
        self._owners: dict[str, list[int]] = {}
        self._contested: dict[str, list[int]] | None = None
        for owned in files:
            self.add(owned)

    def add(self, files: NamesByFolder) -> None:
        """Let one more owner own ``files``."""
        number = len(self.files)
        self.files.append(files)
        for folder in files:
            self._owners.setdefault(folder, []).append(number)
        self._contested = None

    def __contains__(self, key: str) -> bool:
        """Return whether a key has an owner."""
        folder, name = split(key)
        return any(name in self.files[number][folder] for number in self._owners.get(folder, ()))

    def __iter__(self) -> Iterator[str]:
        """Yield every key once."""
        for folder in self._owners:
            for name in self.names(folder):
                yield folder + name

    @property
    def folders(self) -> AbstractSet[str]:
        """Return every folder that a file is recorded in."""
        return self._owners.keys()

    def names(self, folder: str) -> Mapping[str, None]:
        """Return the names of all files in a folder."""
        numbers = self._owners.get(folder, ())
        if len(numbers) == 1:
            return self.files[numbers[0]][folder]
        return {name: None for number in numbers for name in self.files[number][folder]}

    def below(self, start: str) -> Iterator[str]:
        """Yield every key with a certain start."""
        above, _ = split(start)
        for name in self.names(above):
            if (above + name).startswith(start):
                yield above + name
        for folder in self._owners:
            if folder != above and folder.startswith(start):
                yield from (folder + name for name in self.names(folder))

    @property
    def contested(self) -> Mapping[str, list[int]]:
        """Return the keys with several owners, and which."""
        if self._contested is None:
            self._contested = {}
            for folder, numbers in self._owners.items():
                if len(numbers) > 1:
                    owners = self._owners_in(folder, numbers)
                    shared = {folder + name: several for name, several in owners.items() if len(several) > 1}
                    self._contested.update(shared)
        return self._contested

    def _owners_in(self, folder: str, numbers: Iterable[int]) -> Mapping[str, list[int]]:
        """Return the owners of each name in a folder."""
        owners: dict[str, list[int]] = {}
        for number in numbers:
            for name in self.files[number][folder]:
                owners.setdefault(name, []).append(number)
        return owners

    def owners(self, key: str) -> list[int]:
        """Return the owners of a key."""
        folder, name = split(key)
        return [number for number in self._owners.get(folder, ()) if name in self.files[number][folder]]

    def of_each(self, keys: Iterable[str]) -> list[set[str]]:
        """Return which of ``keys`` each owner has."""
        theirs: list[set[str]] = [set() for _ in self.files]
        for key in keys:
            for number in self.owners(key):
                theirs[number].add(key)
        return theirs

    def restricted(self, keys: Iterable[str]) -> Owned:
        """Return the map of some keys only."""
        return Owned(map(by_folder, self.of_each(keys)))

    def related(self, *, case_sensitive: bool) -> set[str]:
        """Return keys of different owners that may clash, though not equal: hidden modules, names of another case."""
        related = set(self._modules())
        if not case_sensitive:
            related |= set(self._cases())
        return related

    def _modules(self) -> Iterator[str]:
        """Yield all forms of each module of which different owners have different forms."""
        nearby = self._folders_with_others()
        every = {folder + name for folder in nearby for name in self.names(folder)}
        extensions: dict[str, dict[str, int]] = {}
        stems: set[str] = set()
        for number, files in enumerate(self.files):
            keys = {folder + name for folder in nearby & files.keys() for name in files[folder]}
            importable = [key for key in keys if key.endswith(_IMPORTABLE)]
            others = {f"{key[: -len(_INIT)]}.py" for key in importable if key.endswith(_INIT)}
            stems.update(other.removesuffix(".py") for other in (others & every) - keys)
            for key in [key for key in importable if not key.endswith(_INIT)]:
                stem = module_stem(key)
                if stem is None:
                    continue
                forms = extensions.setdefault(stem, {})
                if any(owner != number for form, owner in forms.items() if form != key):
                    stems.add(stem)
                forms.setdefault(key, number)
                for other in (f"{stem}.py", stem + _INIT):
                    if other in every and other not in keys:
                        stems.add(stem)
        for stem in stems:
            several = (f"{stem}.py", stem + _INIT, *extensions.get(stem, ()))
            yield from (form for form in several if form in every)
        yield from self._folders_beside_modules()

    def _folders_beside_modules(self) -> Iterator[str]:
        """Yield modules beside a folder of their name without an ``__init__.py``, and those in that folder."""
        forms: dict[str, dict[str, list[str]]] = {}
        for stem in folders_above(self._owners):
            above, _ = split(stem)
            if above not in forms:
                forms[above] = self._forms_in(above)
            beside = forms[above].get(stem, ())
            if beside and stem + _INIT not in self:
                inside = [key for key in self.below(f"{stem}/") if module_stem(key) is not None]
                owners = [set(map(tuple, map(self.owners, keys))) for keys in (beside, inside)]
                if inside and owners[0] != owners[1]:
                    yield from (*beside, *inside)

    def _forms_in(self, folder: str) -> dict[str, list[str]]:
        """Return the modules right in a folder that are no packages, by what all forms of each have in common."""
        forms: dict[str, list[str]] = {}
        for name in self.names(folder):
            if name.endswith(_MODULE) and (stem := module_stem(folder + name)) is not None:
                forms.setdefault(stem, []).append(folder + name)
        return forms

    def _folders_with_others(self) -> set[str]:
        """Return the folders that different owners have files in, counting that above it to each: ``m.py``, ``m/``."""
        folders: set[str] = set()
        for folder, numbers in self._owners.items():
            above, _ = split(folder[:-1])
            if len(numbers) > 1 or self._owners.get(above, numbers) != numbers:
                folders |= {folder, above}
        return folders & self._owners.keys()

    def _cases(self) -> Iterator[str]:
        spelt: dict[str, str] = {}
        for key in self:
            before = spelt.setdefault(folded(key), key)
            if before is not key:
                yield from (before, key)
        folders = [f"{folder}/" for group in folders_spelt_differently(self._owners) for folder in group]
        if folders:
            yield from (key for key in self if key.startswith(tuple(folders)))
