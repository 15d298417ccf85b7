"""Who owns what in an environment: a set of keys for each distribution, and a list for what is contested.

Half a million files pass through here, so all that is done for each is done by :class:`set`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.overlap import folded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["Owned"]

_INIT = "/__init__.py"


class Owned:
    """Owners, by number, and their keys.

    Attributes:
        keys: Those of each owner.
        every: Those of all.
        contested: Those with several owners, and which.
    """

    __slots__ = ("contested", "every", "keys")

    def __init__(self) -> None:
        """Nothing owned yet."""
        self.keys: list[set[str]] = []
        self.every: set[str] = set()
        self.contested: dict[str, list[int]] = {}

    def add(self, keys: set[str]) -> None:
        """Let one more owner own ``keys``."""
        if not self.every.isdisjoint(keys):
            fresh = set()
            for key in self.every & keys:
                if key in self.contested:
                    self.contested[key].append(len(self.keys))
                else:
                    fresh.add(key)
            self._contest(fresh)
        self.every |= keys
        self.keys.append(keys)

    def _contest(self, fresh: set[str]) -> None:
        """Keys that had one owner until now."""
        for number, before in enumerate(self.keys):
            if not before.isdisjoint(fresh):
                for key in before & fresh:
                    self.contested[key] = [number, len(self.keys)]

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
        every = self.every
        extensions: dict[str, tuple[str, int]] = {}
        for number, keys in enumerate(self.keys):
            for key in [key for key in keys if key.endswith((_INIT, ".so", ".pyd"))]:
                if key.endswith(_INIT):
                    others = [f"{key[: -len(_INIT)]}.py"]
                else:
                    folder, slash, name = key.rpartition("/")
                    stem = f"{folder}{slash}{name.partition('.')[0]}"
                    before, owner = extensions.setdefault(stem, (key, number))
                    if owner != number:
                        yield from (key, before)
                    others = [f"{stem}.py", stem + _INIT]
                for other in others:
                    if other in every and other not in keys:
                        yield from (key, other)

    def _cases(self) -> Iterator[str]:
        spelt: dict[str, str] = {}
        for key in self.every:
            before = spelt.setdefault(folded(key), key)
            if before is not key:
                yield from (before, key)
