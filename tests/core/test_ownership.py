"""The ownership map: who writes what, however it is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import path_of
from wheelclash.core.ownership import OwnershipMap

_sets = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.lists(st.sampled_from(["site-packages/m.py", "site-packages/n.py", "scripts/t", "data/x"]).map(path_of)),
)


@given(_sets)
def test_against_the_definition(files: dict[str, list[str]]) -> None:
    """The owners of a path are those that write it, each once, in the order given; two or more contest it."""
    ownership = OwnershipMap({id_: [path_of(path) for path in paths] for id_, paths in files.items()})
    every = {path_of(path) for paths in files.values() for path in paths}
    assert set(ownership) == every
    assert len(ownership) == len(every)
    for path in every:
        owners = tuple(id_ for id_, paths in files.items() if path in paths)
        assert ownership.owners(path) == owners
        assert (path in ownership.contested) == (len(owners) > 1)
        assert path in ownership


@given(_sets, st.randoms(use_true_random=False))
def test_order_does_not_matter(files: dict[str, list[str]], random: object) -> None:
    """Owners and contested paths are the same in whatever order distributions and files are given."""
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one = OwnershipMap({id_: [path_of(path) for path in paths] for id_, paths in files.items()})
    other = OwnershipMap({id_: [path_of(path) for path in reversed(paths)] for id_, paths in shuffled})
    assert set(one) == set(other)
    assert {path: set(ids) for path, ids in one.contested.items()} == {
        path: set(ids) for path, ids in other.contested.items()
    }


def test_nobody() -> None:
    """A path nobody writes has no owners."""
    ownership = OwnershipMap({})
    assert ownership.owners(path_of("data/x")) == ()
    assert path_of("data/x") not in ownership
    assert len(ownership) == 0
