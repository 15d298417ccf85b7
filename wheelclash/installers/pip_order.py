"""pip's installation order, computed.

pip builds a graph of what is installed: a node for each distribution, one for each ``name[extras]`` asked for, and
one for "Python itself", on which every distribution with Requires-Python depends. Leaves are taken off in rounds,
and what is taken off first is installed first; within a round, names are installed in reverse alphabetical order, so
that the alphabetically first name is written last. The rule is ``get_topological_weights`` and
``get_installation_order`` in ``pip/_internal/resolution/resolvelib/resolver.py``.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.distribution import Edge
from wheelclash.installers.installer import LastWriters, Order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelclash.distribution import Distribution

__all__ = ["PipOrder"]

_PYTHON = Edge("<python>")


class _Graph(NamedTuple):
    """Children by node.

    Attributes:
        children: Every node that is known, with what it depends on.
        missing: Names depended on that are not in the set: the graph is not the whole graph.
    """

    children: Mapping[Edge, frozenset[Edge]]
    missing: frozenset[str]


class PipOrder(Order):
    """The order in which one pip command installs a set.

    The whole graph must be known for a certain order. Where some requirement leads out of the set, the last of
    several distributions is named only where the rest of the graph cannot matter: one requires the others, or all
    require the same and agree on having Requires-Python.
    """

    def __init__(self, distributions: Sequence[Distribution], *, with_dependencies: bool) -> None:
        self._by_id = {each.id: each for each in distributions}
        self._graph = _graph_of(distributions, with_dependencies=with_dependencies)
        self._rounds, self._cyclic = _rounds_of(self._graph.children)

    @property
    def sequence(self) -> tuple[str, ...] | None:
        """Ids in the order of installation; None if it is not known."""
        if self._graph.missing or self._cyclic:
            return None
        order = sorted(self._by_id.values(), key=lambda each: each.name, reverse=True)
        order.sort(key=lambda each: self._rounds[Edge(each.name)])
        return tuple(each.id for each in order)

    def last_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.installers.installer.Order`."""
        if len(owners) == 1:
            return LastWriters(frozenset(owners), "order")
        beaten: dict[str, str] = {}
        open_reasons: set[str] = set()
        for one, other in combinations(sorted(owners), 2):
            loser, reason = self._earlier(self._by_id[one], self._by_id[other])
            if loser is None:
                open_reasons.add(reason)
            else:
                beaten[loser] = reason
        last = frozenset(owners) - beaten.keys()
        return LastWriters(last, _weakest(set(beaten.values()) if len(last) == 1 else open_reasons))

    def _earlier(self, one: Distribution, other: Distribution) -> tuple[str | None, str]:
        """Which of two is installed first, and how that is known."""
        ours, theirs = Edge(one.name), Edge(other.name)
        if not self._graph.missing:
            return self._earlier_in_whole_graph(one, other)
        down, up = self._reaches(ours, theirs), self._reaches(theirs, ours)
        if down and up:
            return None, "cycle"
        if down or up:
            return (other.id if down else one.id), "requires"
        if self._graph.children[ours] == self._graph.children[theirs]:
            return max(one, other, key=lambda each: each.name).id, "equal-requirements"
        return None, "needs-closure"

    def _earlier_in_whole_graph(self, one: Distribution, other: Distribution) -> tuple[str | None, str]:
        ours, theirs = Edge(one.name), Edge(other.name)
        if ours in self._cyclic and theirs in self._cyclic:
            return None, "cycle"
        if ours in self._cyclic or theirs in self._cyclic:
            return (other.id if ours in self._cyclic else one.id), "order"
        if self._rounds[ours] == self._rounds[theirs]:
            return max(one, other, key=lambda each: each.name).id, "order"
        return min(one, other, key=lambda each: self._rounds[Edge(each.name)]).id, "order"

    def _reaches(self, start: Edge, goal: Edge) -> bool:
        seen = {start}
        waiting = [start]
        while waiting:
            for child in self._graph.children.get(waiting.pop(), ()):
                if child == goal:
                    return True
                if child not in seen:
                    seen.add(child)
                    waiting.append(child)
        return False


def _weakest(reasons: set[str]) -> str:
    """The reason that decides what can be said of several pairs at once."""
    for reason in ("needs-closure", "cycle", "requires", "equal-requirements"):
        if reason in reasons:
            return reason
    return "order"


def _graph_of(distributions: Sequence[Distribution], *, with_dependencies: bool) -> _Graph:
    by_name = {each.name: each for each in distributions}
    children: dict[Edge, frozenset[Edge]] = {_PYTHON: frozenset()}
    missing: set[str] = set()
    waiting = [Edge(each.name, extras) for each in distributions for extras in {(), each.candidate.extras}]
    while waiting:
        node = waiting.pop()
        if node in children:
            continue
        distribution = by_name.get(node.name)
        if distribution is None:
            missing.add(node.name)
            children[node] = frozenset()
            continue
        found = set(distribution.requirements.with_extras(node.extras)) if with_dependencies else set()
        if node.extras:
            found.add(Edge(node.name))
        elif distribution.requirements.has_requires_python:
            found.add(_PYTHON)
        found.discard(node)
        children[node] = frozenset(found)
        waiting += found
    return _Graph(children, frozenset(missing))


def _rounds_of(children: Mapping[Edge, frozenset[Edge]]) -> tuple[dict[Edge, int], frozenset[Edge]]:
    """In which round each node becomes a leaf; and those that never do, because they depend on a cycle."""
    rest = {node: set(below) for node, below in children.items()}
    rounds: dict[Edge, int] = {}
    number = 0
    while leaves := {node for node, below in rest.items() if not below}:
        for node in leaves:
            rounds[node] = number
            del rest[node]
        for below in rest.values():
            below.difference_update(leaves)
        number += 1
    return rounds, frozenset(rest)
