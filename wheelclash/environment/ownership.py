"""Who owns what in an environment: one dict entry for each recorded file, and nothing more until it is contested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.overlap import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Owned", "files_of"]


class Owned:
    """Key to owners, by number.

    Attributes:
        first: The first owner of each key.
        contested: All owners of each key that has several.
    """

    __slots__ = ("contested", "first")

    def __init__(self) -> None:
        """Nothing owned yet."""
        self.first: dict[str, int] = {}
        self.contested: dict[str, list[int]] = {}

    def add(self, owner: int, keys: set[str]) -> None:
        """Let ``owner`` own ``keys``. The work for each key is done by ``dict`` and ``set``, not here."""
        first = self.first
        if not first.keys().isdisjoint(keys):
            shared = first.keys() & keys
            for key in shared:
                self.contested.setdefault(key, [first[key]]).append(owner)
            keys = keys - shared
        first.update(dict.fromkeys(keys, owner))

    def owners(self, key: str) -> list[int]:
        """The owners of a key."""
        found = self.contested.get(key)
        return [self.first[key]] if found is None else found

    def related(self, *, case_sensitive: bool) -> set[str]:
        """Keys of different owners that are no equals and may yet clash: hidden modules, names that differ in case."""
        found = set(self._modules())
        if not case_sensitive:
            found |= set(self._cases())
        return found

    def _modules(self) -> Iterator[str]:
        first = self.first
        inits = [key for key in first if key.endswith("/__init__.py")]
        for key in inits:
            plain = f"{key[:-12]}.py"
            if plain in first and first[plain] != first[key]:
                yield from (key, plain)
        by_stem: dict[str, str] = {}
        for key in [key for key in first if key.endswith((".so", ".pyd"))]:
            folder, _, name = key.rpartition("/")
            stem = f"{folder}/{name.partition('.')[0]}" if folder else name.partition(".")[0]
            for other in (f"{stem}.py", f"{stem}/__init__.py", by_stem.setdefault(stem, key)):
                if other in first and first[other] != first[key]:
                    yield from (key, other)

    def _cases(self) -> Iterator[str]:
        spelt: dict[str, str] = {}
        for key in self.first:
            before = spelt.setdefault(folded(key), key)
            if before is not key:
                yield from (before, key)


def files_of(owned: Owned, keys: Iterable[str], count: int) -> list[list[str]]:
    """For each of ``count`` owners, which of ``keys`` are its own."""
    found: list[list[str]] = [[] for _ in range(count)]
    for key in keys:
        for owner in owned.owners(key):
            found[owner].append(key)
    return found
