"""In which order one pip command installs a set, held against pip's own sorting."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.values import LINUX, contents
from tests.support.work import lines_run
from wheelclash.core.distribution import Candidate, Distribution, Edge, Requirements
from wheelclash.core.installer import LastWriters
from wheelclash.installers.pip_order import PipOrder

if TYPE_CHECKING:
    from collections.abc import Sequence


def _member(
    name: str,
    *requires: str,
    python: bool = False,
    extras: Sequence[str] = (),
    **by_extra: Sequence[str],
) -> Distribution:
    """A distribution whose id is its name; requirements are written ``name`` or ``name[extra]``."""
    edges = tuple(_edge(each) for each in requires)
    under = {extra: (*edges, *(_edge(each) for each in more)) for extra, more in by_extra.items()}
    candidate = Candidate(
        filename=name, name=name, version="1.0", url="", index=None, sha256=None, size=None, requested=name,
        extras=tuple(extras),
    )  # fmt: skip
    member = Distribution.from_wheel(candidate, contents(), "range", {}, LINUX)
    return replace(member, requirements=Requirements(edges, under, python))


def _edge(text: str) -> Edge:
    name, _, extra = text.partition("[")
    return Edge(name, (extra.rstrip("]"),) if extra else ())


def _order(*members: Distribution, with_dependencies: bool = True) -> PipOrder:
    return PipOrder(members, with_dependencies=with_dependencies)


@pytest.mark.parametrize(
    ("members", "sequence"),
    [
        pytest.param([_member("oa"), _member("ob"), _member("oc")], "oc ob oa", id="equals: the first name comes last"),
        pytest.param([_member("x-cu12"), _member("x-cu13")], "x-cu13 x-cu12", id="siblings"),
        pytest.param(
            [_member("opencv-python"), _member("opencv-python-headless")],
            "opencv-python-headless opencv-python",
            id="a name and a longer one",
        ),
        pytest.param(
            [_member("rpb"), _member("rpc", python=True)],
            "rpb rpc",
            id="Requires-Python is a level, against the alphabet",
        ),
        pytest.param([_member("a", "b"), _member("b")], "b a", id="what is required comes first"),
        pytest.param([_member("b", "a"), _member("a")], "a b", id="what is required comes first, against the alphabet"),
        pytest.param([_member("c", "b"), _member("b", "a"), _member("a")], "a b c", id="a chain"),
        pytest.param(
            [_member("top", "a"), _member("a"), _member("z", "y"), _member("y", "x"), _member("x")],
            "x a y top z",
            id="by levels, the deepest last",
        ),
        pytest.param(
            [_member("foo", x=["dep"], extras=["x"]), _member("dep")],
            "foo dep",
            id="an extra does not deepen its owner",
        ),
        pytest.param(
            [_member("user", "foo[x]"), _member("foo", x=["z"]), _member("z"), _member("w", "foo")],
            "z foo w user",
            id="an extra deepens who asks for it",
        ),
        pytest.param(
            [_member("a", "a[x]", x=[]), _member("b")],
            "b a",
            id="a distribution that asks itself for an extra is a cycle",
        ),
        pytest.param([_member("a", "b"), _member("b", "a")], "b a", id="a cycle, all of it named"),
        pytest.param(
            [_member("zz", "bb"), _member("bb", "cc"), _member("cc", "zz")],
            "zz cc bb",
            id="a cycle of three, all named",
        ),
        pytest.param(
            [_member("a"), _member("b", "c"), _member("c", "b")], "a c b", id="who is above a cycle comes later"
        ),
        pytest.param(
            [_member(name, *(other for other in "abcd" if other != name)) for name in "abcd"],
            None,
            id="more ways than pip follows",
        ),
        pytest.param([_member("a", "gone"), _member("b")], None, id="a requirement that leads out of the set"),
    ],
)
def test_sequence(members: list[Distribution], sequence: str | None) -> None:
    """The examples of §2.1; the order the set is given in changes nothing."""
    for given_order in permutations(members):
        assert _order(*given_order).sequence == (None if sequence is None else tuple(sequence.split()))


def test_without_dependencies() -> None:
    """``--no-deps`` takes requirements out of the graph, but not Requires-Python."""
    members = [_member("a"), _member("b", "a", "gone", python=True), _member("c", "b")]
    assert _order(*members, with_dependencies=False).sequence == ("c", "a", "b")


def test_without_dependencies_but_extras() -> None:
    """Nor the node of an extra that was asked for."""
    members = [_member("a", x=["gone"], extras=["x"]), _member("b")]
    assert _order(*members, with_dependencies=False).sequence == ("b", "a")


@pytest.mark.parametrize(("named", "sequence"), [("a", "b a"), ("b", "a b"), ("ab", "b a")])
def test_where_a_cycle_is_entered_decides(named: str, sequence: str) -> None:
    """What the command names is the end of the ways."""
    members = [_member("a", "b"), _member("b", "a")]
    assert PipOrder(members, with_dependencies=True, named=named).sequence == tuple(sequence.split())


OPEN = _member("open", "gone")
"""Makes any set one whose graph is not wholly known."""


@pytest.mark.parametrize(
    ("members", "last", "reason"),
    [
        pytest.param([_member("a"), _member("b")], {"a"}, "order", id="closed"),
        pytest.param(
            [_member("a", "q"), _member("b", "q"), OPEN], {"a"}, "equal-requirements", id="equal requirements"
        ),
        pytest.param([_member("a"), _member("b"), OPEN], {"a"}, "equal-requirements", id="both require nothing"),
        pytest.param(
            [_member("a", "q"), _member("b", "q", python=True), OPEN],
            {"a", "b"},
            "needs-closure",
            id="one has Requires-Python",
        ),
        pytest.param(
            [_member("a", "q"), _member("b", "r"), OPEN], {"a", "b"}, "needs-closure", id="other requirements"
        ),
        pytest.param([_member("a"), _member("b", "a"), OPEN], {"b"}, "requires", id="one requires the other"),
        pytest.param(
            [_member("a"), _member("b", "open"), _member("open", "gone", "a")], {"b"}, "requires", id="in two steps"
        ),
        pytest.param([_member("a", "b"), _member("b", "a"), OPEN], {"a", "b"}, "cycle", id="each requires the other"),
        pytest.param([_member("a", "b"), _member("b", "a")], {"a"}, "order", id="closed, in a circle"),
        pytest.param(
            [_member("a"), _member("b", "c"), _member("c", "b")], {"b"}, "order", id="who is above a cycle comes later"
        ),
        pytest.param(
            [_member("a", "foo[x]"), _member("b", "foo[y]"), OPEN], {"a", "b"}, "needs-closure", id="other extras"
        ),
    ],
)
def test_last_of_two(members: list[Distribution], last: set[str], reason: str) -> None:
    """What can be said of two members, and why, with and without the whole graph."""
    for given_order in permutations(members):
        assert _order(*given_order).last_of(["a", "b"]) == (frozenset(last), reason)


def test_last_of_one() -> None:
    """One owner is the last, whatever the graph."""
    assert _order(OPEN).last_of(["open"]) == (frozenset({"open"}), "order")


@pytest.mark.parametrize(
    ("members", "last", "reason"),
    [
        pytest.param(
            [_member("a", "b", "c"), _member("b", "q"), _member("c", "r")],
            {"a"},
            "requires",
            id="one requires both: that they cannot be told apart is no matter",
        ),
        pytest.param(
            [_member("a", "b"), _member("b", "q"), _member("c", "q")],
            {"a"},
            "requires",
            id="one after another",
        ),
        pytest.param(
            [_member("a", "c"), _member("b", "q"), _member("c", "r")],
            {"a", "b"},
            "needs-closure",
            id="two may be last, one cannot",
        ),
    ],
)
def test_last_of_three(members: list[Distribution], last: set[str], reason: str) -> None:
    """Of three, the reason is that of what decides, not of pairs that are beaten anyway."""
    for owners in permutations(["a", "b", "c"]):
        assert _order(*members, OPEN).last_of(owners) == (frozenset(last), reason)


# -- against pip's own code ----------------------------------------------------------------------------------


def _as_pip_sorts(members: Sequence[Distribution], requested: Sequence[Distribution]) -> list[str]:
    """The order of ``pip install REQUESTED`` where ``members`` are all there is."""
    from pip._internal.resolution.resolvelib.resolver import get_topological_weights
    from pip._vendor.resolvelib.structs import DirectedGraph

    by_name = {each.name: each for each in members}
    graph: DirectedGraph[str | None] = DirectedGraph()
    graph.add(None)

    def add(edge: Edge) -> str:
        key = edge.name + (f"[{','.join(edge.extras)}]" if edge.extras else "")
        if key in graph:
            return key
        graph.add(key)
        member = by_name[edge.name]
        children = [add(each) for each in member.requirements.with_extras(edge.extras)]
        if edge.extras:
            children.append(add(Edge(edge.name)))
        elif member.requirements.has_requires_python:
            if "<Python>" not in graph:
                graph.add("<Python>")
            children.append("<Python>")
        for child in dict.fromkeys(children):
            if child != key:
                graph.connect(key, child)
        return key

    for each in requested:
        graph.connect(None, add(Edge(each.name, each.extras)))
    names = {each.name for each in members if each.name in graph}
    weights = get_topological_weights(graph, names)
    return sorted(names, key=lambda name: (weights[name], name), reverse=True)


_NAMES = "abcdef"


class _Spec(NamedTuple):
    """A member, in few words."""

    name: str
    requires: list[str]
    python: bool
    extras: list[str]
    under_extra: list[str]


@st.composite
def _universes(draw: st.DrawFn, *, acyclic: bool) -> list[_Spec]:
    """Distributions that require only each other."""
    names = draw(st.permutations(_NAMES[: draw(st.integers(2, 6))]))
    specs = []
    for number, name in enumerate(names):
        below = names[:number] if acyclic else [each for each in names if each != name]
        wanted = st.lists(st.sampled_from([*below, *(f"{each}[x]" for each in below)]), max_size=3, unique=True)
        requires, more = (draw(wanted), draw(wanted)) if below else ([], [])
        specs.append(_Spec(name, requires, draw(st.booleans()), draw(st.sampled_from([[], ["x"]])), more))
    return specs


def _members(specs: Sequence[_Spec]) -> list[Distribution]:
    return [
        _member(each.name, *each.requires, python=each.python, extras=each.extras, x=each.under_extra) for each in specs
    ]


@pytest.mark.thorough
@settings(max_examples=100)
@given(_universes(acyclic=True))
def test_as_pip_sorts(specs: list[_Spec]) -> None:
    """Without cycles the order is pip's, name by name."""
    members = _members(specs)
    assert list(_order(*members).sequence or ()) == _as_pip_sorts(members, members)


@pytest.mark.thorough
@settings(max_examples=200)
@given(_universes(acyclic=False), st.sets(st.sampled_from(_NAMES)))
def test_cycles(specs: list[_Spec], named: set[str]) -> None:
    """With cycles, whoever is named as last is the one pip installs last, whatever of the set is named."""
    named &= {each.name for each in specs}
    members = _members([each if not named or each.name in named else each._replace(extras=[]) for each in specs])
    requested = [each for each in members if each.name in named] or members
    sequence = _as_pip_sorts(members, requested)
    members = [each for each in members if each.id in sequence]
    order = PipOrder(members, with_dependencies=True, named=named)
    assert order.sequence in {None, tuple(sequence)}
    for one in members:
        for other in members:
            if one is not other:
                last = order.last_of([one.id, other.id])
                assert max(one.id, other.id, key=sequence.index) in last.ids
                assert (last.reason == "cycle") == (len(last.ids) > 1)


@pytest.mark.thorough
@settings(max_examples=150)
@given(_universes(acyclic=False), st.sets(st.sampled_from(_NAMES), min_size=3))
def test_the_last_of_several_is_last_of_every_two(specs: list[_Spec], names: set[str]) -> None:
    """However many there are, and whether or not all of the graph is known."""
    known = [member for member in _members(specs) if member.name in names]
    order, owners = _order(*known), [member.id for member in known]
    assume(len(owners) > 2)
    beaten = {id_ for id_, other in permutations(owners, 2) if id_ not in order.last_of([id_, other]).ids}
    assert order.last_of(owners).ids == set(owners) - beaten


def _last_by_pairs(order: PipOrder, owners: Sequence[str]) -> LastWriters:
    """Return who may be last, and why, from comparing every two owners, as :class:`PipOrder` is documented."""
    beaten: dict[str, str] = {}
    reasons = {"order"}
    for pair in permutations(owners, 2):
        last = order.last_of(pair)
        if len(last.ids) > 1:
            reasons.add(last.reason)
        for loser in set(pair) - last.ids:
            beaten[loser] = max(beaten.get(loser, ""), last.reason)
    rest = set(owners) - beaten.keys()
    said = set(beaten.values()) if len(rest) == 1 else reasons
    weakest = next(each for each in ("needs-closure", "cycle", "requires", "equal-requirements") if each in said)
    return LastWriters(frozenset(rest), weakest)


@pytest.mark.thorough
@settings(max_examples=300)
@given(_universes(acyclic=False), st.sets(st.sampled_from(_NAMES)))
def test_why_it_is_the_last_of_several(specs: list[_Spec], names: set[str]) -> None:
    """The reason is the weakest that comparing every two owners gives, where not all of the graph is known."""
    members = [*(each for each in _members(specs) if each.name in names), _member("u", "gone"), _member("v", "gone")]
    order = _order(*members, OPEN)
    owners = [member.id for member in members]
    assert order.last_of(owners) == _last_by_pairs(order, owners)


@given(_universes(acyclic=False), st.booleans())
def test_the_first_of_several(specs: list[_Spec], closed: bool) -> None:  # noqa: FBT001
    """It is left when the last is taken away again and again, up to where that is not known."""
    members = _members(specs)
    order, waiting = _order(*members, *([] if closed else [OPEN])), [member.id for member in members]
    first = order.first_of(waiting)
    while len(waiting) > 1 and len(last := order.last_of(waiting).ids) == 1:
        waiting = [id_ for id_ in waiting if id_ not in last]
    assert first.ids == set(waiting)


@pytest.mark.parametrize("shape", ["alone", "alike", "line", "ring", "open line", "several"])
def test_the_last_of_many_takes_no_comparison_of_all_pairs(shape: str) -> None:
    """Twice as many owners of one path take about twice as many lines, and the order does not take more either."""

    def requires(number: int, count: int) -> list[str]:
        following = f"p{number + 1:04}"
        return {
            "alone": [],
            "alike": ["gone"],
            "line": [following] if number + 1 < count else [],
            "ring": [f"p{(number + 1) % count:04}", *(["gone"] if not number else [])],
            "open line": [following],
            "several": [f"gone{number}", "gone"],
        }[shape]

    def lines(count: int) -> int:
        members = [_member(f"p{number:04}", *requires(number, count)) for number in range(count)]
        owners = [member.id for member in members]
        return lines_run(lambda: _order(*members).last_of(owners))

    assert lines(400) < 2.3 * lines(200)


@pytest.mark.thorough
@settings(max_examples=150)
@given(_universes(acyclic=True), st.sets(st.sampled_from(_NAMES), min_size=2))
def test_part_of_the_graph(specs: list[_Spec], names: set[str]) -> None:
    """Knowing a part of the graph, whoever is named as last is last in the whole."""
    members = _members(specs)
    known = [each for each in members if each.name in names]
    assume(len(known) > 1)
    sequence = _as_pip_sorts(members, known)
    owners = [each.id for each in known]
    last = _order(*known).last_of(owners)
    assert max(owners, key=sequence.index) in last.ids
    if len(last.ids) > 1:
        assert last.reason == "needs-closure"
    else:
        assert last.reason in {"order", "requires", "equal-requirements"}
