"""Extras, groups and members that a ``uv.lock`` declares can never be installed together."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.sources.locks.documents import Table, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ConflictError", "Conflicts", "Item"]


class Item(NamedTuple):
    """An extra or a group of a package, or, with neither, the package itself; names are normalised."""

    package: str
    extra: str | None = None
    group: str | None = None

    @property
    def encoded(self) -> str:
        """As markers of the lock spell it: kind, length of the package's name, package, name."""
        length = len(self.package.encode())
        if self.extra is not None:
            return f"extra-{length}-{self.package}-{self.extra}"
        if self.group is not None:
            return f"group-{length}-{self.package}-{self.group}"
        return f"project-{length}-{self.package}"

    def __str__(self) -> str:
        """For messages."""
        if self.extra is not None:
            return f"the extra {self.extra!r}"
        return f"the group {self.group!r}" if self.group is not None else f"the project {self.package!r}"


class ConflictError(QuestionError):
    """Items are asked for that cannot be installed together."""


class Conflicts:
    """The ``conflicts`` of a lock: sets of items of which one at most may be active."""

    def __init__(self, document: Table, what: str) -> None:
        self._what = what
        self._sets: list[tuple[Item, ...]] = []
        listed = document.values.get("conflicts", [])
        if not isinstance(listed, list) or not all(isinstance(each, list) for each in listed):
            raise QuestionError(f"{what}: conflicts is no list of lists: the file is damaged.")
        for number, each in enumerate(listed):
            tables = Table({"items": each}, f"{what}: conflicts[{number}]").tables("items")
            self._sets.append(tuple(_item(table) for table in tables))

    def __bool__(self) -> bool:
        return bool(self._sets)

    def check(self, active: Iterable[Item]) -> None:
        """Refuse what cannot be installed together.

        Raises:
            ConflictError: Two items of one set are active.
        """
        present = set(active)
        for each in self._sets:
            for pair in combinations([item for item in each if item in present], 2):
                self._refuse(pair)

    def _refuse(self, items: Sequence[Item]) -> None:
        shown = " and ".join(map(str, items))
        raise ConflictError(f"{self._what} declares that {shown} conflict: they cannot be installed together.")


def _item(table: Table) -> Item:
    extra, group = table.text("extra"), table.text("group")
    return Item(
        normalised(table.required("package")),
        None if extra is None else normalised(extra),
        None if group is None else normalised(group),
    )
