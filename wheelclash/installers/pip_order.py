"""pip's installation order, computed.

pip builds a graph of what is installed: a node for each distribution, one for each ``name[extras]`` asked for, and
one for "Python itself", on which every distribution with Requires-Python depends. Leaves are taken off in rounds,
and what is taken off first is installed first; within a round, names are installed in reverse alphabetical order, so
that the alphabetically first name is written last. The rule is ``get_topological_weights`` and
``get_installation_order`` in ``pip/_internal/resolution/resolvelib/resolver.py``.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
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


class _Cycles(NamedTuple):
    """The graph with each cycle taken for one node: its strongly connected components.

    Attributes:
        number_of: The component of each node; what a component depends on has smaller numbers.
        sizes: How many nodes each has: more than one are a cycle.
        below: By number: the bits of all components that it depends on, directly or not.
    """

    number_of: Mapping[Edge, int]
    sizes: Sequence[int]
    below: Sequence[int]


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
        self._by_id = {distribution.id: distribution for distribution in distributions}
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
        by_name = sorted(self._by_id.values(), key=lambda distribution: distribution.name, reverse=True)
        by_name.sort(key=lambda distribution: self._levels.get(Edge(distribution.name), 0))
        self._position = {distribution.id: number for number, distribution in enumerate(by_name)}

    @property
    def sequence(self) -> tuple[str, ...] | None:
        """Return ids in the order of installation; None if it is not known."""
        if self._graph.missing or self._cyclic:
            return None
        return tuple(self._position)

    def last_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.core.installer.Order`."""
        if len(owners) == 1:
            return LastWriters(frozenset(owners), "order")
        if not self._graph.missing:
            return self._last_in_whole_graph(owners)
        return self._last_in_part_of_a_graph(owners)

    def first_of(self, owners: Collection[str]) -> LastWriters:
        """See :class:`~wheelclash.core.installer.Order`."""
        if self._graph.missing:
            return super().first_of(owners)
        unknown = self._in_cycles(owners)
        if len(unknown) > 1:
            return LastWriters(frozenset(owners), "cycle")
        rest = [id_ for id_ in owners if id_ not in unknown] or unknown  # whatever is not in a cycle comes before
        return LastWriters(frozenset({min(rest, key=self._position.__getitem__)}), "order")

    def _last_in_whole_graph(self, owners: Collection[str]) -> LastWriters:
        """Return who is written last where the whole graph is known: one pass, since the order is one of all."""
        unknown = self._in_cycles(owners)
        if unknown:  # whatever is not in a cycle comes before
            return LastWriters(frozenset(unknown), "cycle" if len(unknown) > 1 else "order")
        return LastWriters(frozenset({max(owners, key=self._position.__getitem__)}), "order")

    def _in_cycles(self, owners: Collection[str]) -> list[str]:
        """Return those of which the place is not known, because they are in a cycle or require one that is."""
        return [id_ for id_ in owners if Edge(self._by_id[id_].name) in self._cyclic] if self._cyclic else []

    def _last_in_part_of_a_graph(self, owners: Collection[str]) -> LastWriters:
        """Return who may be written last where something of the graph is not known.

        A distribution comes before each one that requires it, directly or not. Of those that require the same, the
        alphabetically first is written last, unless they require each other.
        """
        cycles = self._cycles
        last_of_equals: dict[frozenset[Edge], str] = {}
        rivals: dict[str, int] = {}
        for id_ in sorted(owners, key=lambda id_: self._by_id[id_].name):
            node = Edge(self._by_id[id_].name)
            number = cycles.number_of[node]
            if cycles.sizes[number] > 1 or last_of_equals.setdefault(self._graph.children[node], id_) == id_:
                rivals[id_] = number
        numbers = sorted(set(rivals.values()), reverse=True)
        below = 0
        for number in numbers:
            below |= cycles.below[number]
        last = frozenset(id_ for id_, number in rivals.items() if not below >> number & 1)
        if len(last) == 1:
            return LastWriters(last, "equal-requirements" if len(rivals) == 1 else "requires")
        in_line = all(cycles.below[upper] >> lower & 1 for upper, lower in pairwise(numbers))
        return LastWriters(last, "cycle" if in_line else "needs-closure")

    @cached_property
    def _cycles(self) -> _Cycles:
        return _cycles_of(self._graph.children)


def _graph_of(distributions: Sequence[Distribution], *, with_dependencies: bool) -> _Graph:
    by_name = {distribution.name: distribution for distribution in distributions}
    children: dict[Edge, frozenset[Edge]] = {_PYTHON: frozenset()}
    missing: set[str] = set()
    waiting = [
        Edge(distribution.name, extras) for distribution in distributions for extras in {(), distribution.extras}
    ]
    while waiting:
        node = waiting.pop()
        if node in children:
            continue
        distribution = by_name.get(node.name)
        if distribution is None:
            missing.add(node.name)
            children[node] = frozenset()
            continue
        required = set(distribution.requirements.with_extras(node.extras)) if with_dependencies else set()
        if node.extras:
            required.add(Edge(node.name))
        elif distribution.requirements.has_requires_python:
            required.add(_PYTHON)
        required.discard(node)
        children[node] = frozenset(required)
        waiting += required
    return _Graph(children, frozenset(missing))


def _rounds_of(children: Mapping[Edge, frozenset[Edge]]) -> tuple[dict[Edge, int], frozenset[Edge]]:
    """Return in which round each node becomes a leaf; and those that never do, because they depend on a cycle."""
    left = {node: len(below) for node, below in children.items()}
    parents: dict[Edge, list[Edge]] = {}
    for node, below in children.items():
        for child in below:
            parents.setdefault(child, []).append(node)
    rounds: dict[Edge, int] = {}
    leaves = [node for node, count in left.items() if not count]
    number = 0
    while leaves:
        rounds.update(dict.fromkeys(leaves, number))
        more = []
        for leaf in leaves:
            for parent in parents.get(leaf, ()):
                left[parent] -= 1
                if not left[parent]:
                    more.append(parent)
        leaves = more
        number += 1
    return rounds, frozenset(left.keys() - rounds.keys())


def _cycles_of(children: Mapping[Edge, frozenset[Edge]]) -> _Cycles:
    """Return the strongly connected components of a graph (Tarjan's algorithm, without recursion)."""
    index: dict[Edge, int] = {}
    lowest: dict[Edge, int] = {}
    open_nodes: list[Edge] = []
    number_of: dict[Edge, int] = {}
    sizes: list[int] = []
    below: list[int] = []
    for start in children:
        if start in index:
            continue
        index[start] = lowest[start] = len(index)
        open_nodes.append(start)
        path = [(start, iter(children[start]))]
        while path:
            node, waiting = path[-1]
            child = next(waiting, None)
            if child is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == index[node]:
                    component = _taken_off(open_nodes, node)
                    number_of.update(dict.fromkeys(component, len(sizes)))
                    reached = {number_of[child] for member in component for child in children[member]} - {len(sizes)}
                    bits = 0
                    for number in reached:
                        bits |= 1 << number | below[number]
                    sizes.append(len(component))
                    below.append(bits)
            elif child not in index:
                index[child] = lowest[child] = len(index)
                open_nodes.append(child)
                path.append((child, iter(children[child])))
            elif child not in number_of:
                lowest[node] = min(lowest[node], index[child])
    return _Cycles(number_of, sizes, below)


def _taken_off(stack: list[Edge], last: Edge) -> list[Edge]:
    """Take nodes off the end of a stack, up to ``last``, and return them."""
    nodes = [stack.pop()]
    while nodes[-1] != last:
        nodes.append(stack.pop())
    return nodes


def _starts_of(
    children: Mapping[Edge, frozenset[Edge]], distributions: Sequence[Distribution], named: Collection[str]
) -> list[Edge]:
    """Return the nodes a command names, and those it must name since nothing else leads to them."""
    starts = [
        Edge(distribution.name, distribution.extras)
        for distribution in distributions
        if not named or distribution.id in named
    ]
    reached = _below(children, starts, set())
    for distribution in distributions:
        if Edge(distribution.name) not in reached:
            starts.append(Edge(distribution.name, distribution.extras))
            _below(children, starts[-1:], reached)
    return starts


def _below(children: Mapping[Edge, frozenset[Edge]], starts: Sequence[Edge], seen: set[Edge]) -> set[Edge]:
    """Add these nodes and all that they lead to to those seen before; return these."""
    waiting = [node for node in starts if node not in seen]
    seen.update(waiting)
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
