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

from wheelclash.core.distribution import Edge
from wheelclash.core.installer import LastWriters, Order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelclash.core.distribution import Distribution

__all__ = ["PipOrder"]

_PYTHON = Edge("<python>")

_MOST_WAYS = 5
"""pip visits no node more often; beyond that the order hangs on the hash of strings, and differs from run to run."""

_MOST_VISITS = 2000
"""Of all nodes together; nodes of extras, which pip visits without end, are counted here only."""


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
    several distributions is named only where the rest of the graph cannot matter, as long as it does not lead back: one
    requires the others, or all require the same and agree on having Requires-Python.

    Args:
        distributions: The set.
        with_dependencies: Whether requirements count.
        named: Ids of those that the command names; all if empty. What these do not bring counts as named.
    """

    def __init__(
        self, distributions: Sequence[Distribution], *, with_dependencies: bool, named: Collection[str] = ()
    ) -> None:
        self._by_id = {each.id: each for each in distributions}
        self._graph = _graph_of(distributions, with_dependencies=with_dependencies)
        rounds, cyclic = _rounds_of(self._graph.children)
        self._levels: dict[Edge, int] = dict(rounds)
        if cyclic and not self._graph.missing:
            starts = _starts_of(self._graph.children, distributions, named)
            depths = _certain_depths(self._graph.children, cyclic, starts)
            if depths is not None:
                last = len(self._graph.children)
                self._levels |= {node: 2 * last - depth for node, depth in depths.items()}
        self._cyclic = cyclic - self._levels.keys()

    @property
    def sequence(self) -> tuple[str, ...] | None:
        """Ids in the order of installation; None if it is not known."""
        if self._graph.missing or self._cyclic:
            return None
        order = sorted(self._by_id.values(), key=lambda each: each.name, reverse=True)
        order.sort(key=lambda each: self._levels[Edge(each.name)])
        return tuple(each.id for each in order)

    def last_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.core.installer.Order`."""
        if len(owners) == 1:
            return LastWriters(frozenset(owners), "order")
        if not self._graph.missing:
            return self._last_in_whole_graph(owners)
        rivals, beaten = self._without_equals(owners)
        open_reasons: set[str] = set()
        for one, other in combinations(rivals, 2):
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
        down, up = self._reaches(ours, theirs), self._reaches(theirs, ours)
        if down and up:
            return None, "cycle"
        if down or up:
            return (other.id if down else one.id), "requires"
        if self._graph.children[ours] == self._graph.children[theirs]:
            return max(one, other, key=lambda each: each.name).id, "equal-requirements"
        return None, "needs-closure"

    def _last_in_whole_graph(self, owners: Collection[str]) -> LastWriters:
        """Return who is written last where the whole graph is known: one pass, since the order is one of all."""
        unknown = frozenset(id_ for id_ in owners if Edge(self._by_id[id_].name) in self._cyclic)
        if unknown:  # whatever is not in a cycle comes before
            return LastWriters(unknown, "cycle" if len(unknown) > 1 else "order")

        def place(id_: str) -> tuple[int, str]:
            name = self._by_id[id_].name
            return -self._levels[Edge(name)], name

        return LastWriters(frozenset({min(owners, key=place)}), "order")

    def _without_equals(self, owners: Collection[str]) -> tuple[list[str], dict[str, str]]:
        """Return the owners among which the last is, sorted, and why each other one is not.

        Of those that require the same, the alphabetically first is written last; only it need be compared with others.
        Where such requirements lead back to one of them, it is left to the comparison of pairs.
        """
        groups: dict[frozenset[Edge], list[str]] = {}
        for id_ in sorted(owners, key=lambda id_: self._by_id[id_].name):
            groups.setdefault(self._graph.children[Edge(self._by_id[id_].name)], []).append(id_)
        rivals: list[str] = []
        beaten: dict[str, str] = {}
        for children, (first, *others) in groups.items():
            below = _below(self._graph.children, list(children)) if others else set()
            if any(Edge(self._by_id[id_].name) in below for id_ in (first, *others)):
                rivals += [first, *others]
            else:
                rivals.append(first)
                beaten |= dict.fromkeys(others, "equal-requirements")
        return sorted(rivals), beaten

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


def _starts_of(
    children: Mapping[Edge, frozenset[Edge]], distributions: Sequence[Distribution], named: Collection[str]
) -> list[Edge]:
    """Return the nodes a command names, and those it must name since nothing else leads to them."""
    starts = [Edge(each.name, each.candidate.extras) for each in distributions if not named or each.id in named]
    reached = _below(children, starts)
    for each in distributions:
        if Edge(each.name) not in reached:
            starts.append(Edge(each.name, each.candidate.extras))
            reached |= _below(children, starts[-1:])
    return starts


def _below(children: Mapping[Edge, frozenset[Edge]], starts: Sequence[Edge]) -> set[Edge]:
    seen = set(starts)
    waiting = list(starts)
    while waiting:
        more = children.get(waiting.pop(), frozenset()) - seen
        seen |= more
        waiting += more
    return seen


def _certain_depths(
    children: Mapping[Edge, frozenset[Edge]], cyclic: frozenset[Edge], starts: Sequence[Edge]
) -> dict[Edge, int] | None:
    """Return the length of the longest way to each node that is left; None if pip may not find it.

    A requirement of an extra that has a version too leads to the distribution itself as well. It matters only where a
    way to the distribution would otherwise meet the node of the extra twice; the order must be the same either way.
    """
    rest = {node: children[node] & cyclic for node in cyclic}
    starts = [node for node in starts if node in cyclic]
    plain = _depths(rest, starts)
    if plain is None or not any(node.extras for node in cyclic):
        return plain
    direct = {
        node: below | {Edge(child.name) for child in below if child.extras and Edge(child.name) in cyclic} - {node}
        for node, below in rest.items()
    }
    more = [*starts, *(Edge(node.name) for node in starts if node.extras and Edge(node.name) in cyclic)]
    return plain if _depths(direct, list(dict.fromkeys(more))) == plain else None


def _depths(children: Mapping[Edge, frozenset[Edge]], starts: Sequence[Edge]) -> dict[Edge, int] | None:
    """Return the length of the longest way to each node that meets none twice; None if there are too many ways."""
    depths: dict[Edge, int] = {}
    ways: dict[Edge, int] = {}
    path: list[Edge] = []
    waiting = [iter(starts)]
    visits = 0
    while waiting:
        node = next(waiting[-1], None)
        if node is None:
            waiting.pop()
            if path:
                path.pop()
            continue
        if node in path:
            continue
        visits += 1
        ways[node] = ways.get(node, 0) + 1
        if visits > _MOST_VISITS or (ways[node] > _MOST_WAYS and not node.extras):
            return None
        path.append(node)
        depths[node] = max(depths.get(node, 0), len(path))
        waiting.append(iter(children[node]))
    return depths
