"""Who owns what in an environment: a set of keys for each distribution, and a list for what is contested.

Half a million files pass through here, so all that is done for each is done by :class:`set`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.meaning import module_stem
from wheelclash.overlap import folded, folders_spelt_differently

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

__all__ = ["Owned"]

_INIT = "/__init__.py"
_IMPORTABLE = (_INIT, ".so", ".pyd", ".pyc")


class Owned:
    """Owners, by number, and their keys.

    Attributes:
        keys: Those of each owner.
        every: Those of all.
    """

    __slots__ = ("_contested", "_several", "every", "keys")

    def __init__(self) -> None:
        """Nothing owned yet."""
        self.keys: list[set[str]] = []
        self.every: set[str] = set()
        self._several: set[str] = set()
        self._contested: dict[str, list[int]] = {}

    def add(self, keys: set[str]) -> None:
        """Let one more owner own ``keys``."""
        if not self.every.isdisjoint(keys):
            self._several |= self.every & keys
            self._contested = {}
        self.every |= keys
        self.keys.append(keys)

    @property
    def contested(self) -> Mapping[str, list[int]]:
        """The keys with several owners, and which: found in one pass over the owners, when all are known."""
        if len(self._contested) < len(self._several):
            for number, keys in enumerate(self.keys):
                for key in keys & self._several:
                    self._contested.setdefault(key, []).append(number)
        return self._contested

    def owners(self, key: str) -> list[int]:
        """The owners of a key."""
        found = self.contested.get(key)
        return [number for number, keys in enumerate(self.keys) if key in keys] if found is None else found

    def of_each(self, keys: AbstractSet[str]) -> list[set[str]]:
        """Which of ``keys`` each owner has."""
        return [own & keys for own in self.keys]

    def related(self, *, case_sensitive: bool) -> set[str]:
        """Keys of different owners that are no equals and may yet clash: hidden modules, names that differ in case."""
        found = set(self._modules())
        if not case_sensitive:
            found |= set(self._cases())
        return found

    def _modules(self) -> Iterator[str]:
        """All forms of each module of which different owners have different forms."""
        every = self.every
        extensions: dict[str, dict[str, int]] = {}
        stems: set[str] = set()
        for number, keys in enumerate(self.keys):
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

    def _cases(self) -> Iterator[str]:
        spelt: dict[str, str] = {}
        for key in self.every:
            before = spelt.setdefault(folded(key), key)
            if before is not key:
                yield from (before, key)
        folders = [f"{folder}/" for group in folders_spelt_differently(self.every) for folder in group]
        if folders:
            yield from (key for key in self.every if key.startswith(tuple(folders)))
