"""Walking the graph of a ``uv.lock`` from its roots, for one target."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.sources.locks.uvconflicts import Item

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wheelclash.sources.locks.markers import Markers
    from wheelclash.sources.locks.uvpackages import Dependency, Graph

__all__ = ["Walk", "Wanted"]


class Wanted(NamedTuple):
    """What is asked of the roots: extras and groups, those in force by default included; normalised."""

    extras: tuple[str, ...]
    groups: tuple[str, ...]


class Walk:
    """One walk, breadth first, as uv takes it.

    Args:
        graph: The packages.
        markers: Evaluates markers for the target.
        active: What conflict markers see as active.

    Attributes:
        packages: Numbers of the packages that were reached, in that order, with the extras they were reached with.
        roots: Names of direct dependencies.
        extras: The extras some edge asked for.
    """

    def __init__(self, graph: Graph, markers: Markers, active: Collection[Item]) -> None:
        self.packages: dict[int, set[str]] = {}
        self.roots: dict[str, None] = {}
        self.extras: set[Item] = set()
        self._graph = graph
        self._markers = markers
        self._active = {each.encoded for each in active}
        self._queue: deque[tuple[int, str | None]] = deque()
        self._seen: set[tuple[int, str | None]] = set()

    def run(self, wanted: Wanted, besides: Iterable[Dependency]) -> None:
        """Go all the way.

        Args:
            wanted: Of the roots.
            besides: What is asked for outside of any package.

        Raises:
            QuestionError: An edge leads nowhere, or to several packages.
        """
        roots = self._graph.roots
        starts = {root.number for root in roots}
        for number in starts:
            self._reach(number, wanted.extras)
        for root in roots:
            for group in wanted.groups:
                for dependency in root.groups.get(group, ()):
                    self._follow(dependency, direct=True)
        for dependency in besides:
            self._follow(dependency, direct=True)
        while self._queue:
            number, extra = self._queue.popleft()
            package = self._graph.packages[number]
            for dependency in package.dependencies if extra is None else package.optional.get(extra, ()):
                self._follow(dependency, direct=number in starts)

    def _follow(self, dependency: Dependency, *, direct: bool) -> None:
        """Take an edge, if its marker holds; the extras it asks for itself count as active."""
        asked = [Item(dependency.name, extra=each) for each in dependency.extras]
        if not self._markers.hold(dependency.marker, self._active.union(each.encoded for each in asked)):
            return
        self.extras.update(asked)
        if direct:
            self.roots.setdefault(dependency.name)
        self._reach(self._graph.find(dependency, self._markers), dependency.extras)

    def _reach(self, number: int, extras: Iterable[str]) -> None:
        known = self.packages.setdefault(number, set())
        known.update(extras)
        for node in ((number, None), *((number, each) for each in extras)):
            if node not in self._seen:
                self._seen.add(node)
                self._queue.append(node)
