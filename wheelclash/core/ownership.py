"""The ownership map: which distributions write which installed path.

It is built from any installed files, whether laid out from wheels or read from an environment, and knows nothing of
where they came from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from wheelclash.core.layout import InstalledPath

__all__ = ["OwnershipMap"]


class OwnershipMap:
    """Installed path to owners.

    One dict entry a path, whatever the number of owners; a second structure holds only what is contested, so that a
    set in which nothing clashes costs one pass over its paths.
    """

    __slots__ = ("_contested", "_first")

    def __init__(self, files: Mapping[str, Iterable[InstalledPath]]) -> None:
        """Build the map.

        Args:
            files: For each owner, the paths it writes; a path given twice by one owner counts once.
        """
        first: dict[InstalledPath, str] = {}
        contested: dict[InstalledPath, list[str]] = {}
        for owner, paths in files.items():
            for path in paths:
                before = first.setdefault(path, owner)
                if before is not owner:
                    owners = contested.setdefault(path, [before])
                    if owners[-1] is not owner:
                        owners.append(owner)
        self._first = first
        self._contested = contested

    def __len__(self) -> int:
        """Return the number of installed paths."""
        return len(self._first)

    def __iter__(self) -> Iterator[InstalledPath]:
        """Yield every installed path, in the order it was first met."""
        return iter(self._first)

    def __contains__(self, path: object) -> bool:
        """Return whether ``path`` has an owner."""
        return path in self._first

    def owners(self, path: InstalledPath) -> tuple[str, ...]:
        """Return the owners that write ``path``, in the order given; empty if it has none."""
        if path in self._contested:
            return tuple(self._contested[path])
        owner = self._first.get(path)
        return () if owner is None else (owner,)

    @property
    def contested(self) -> Mapping[InstalledPath, Collection[str]]:
        """Return every path with two or more owners."""
        return self._contested
