"""Every overlap of a set, under one installer and under both."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import LINUX, MACOS, WINDOWS, layout, layouts, written
from wheelclash.core.layout import LayoutFailure
from wheelclash.core.overlap import SEVERITIES, Overlap, find_overlaps, in_order, merge

if TYPE_CHECKING:
    from wheelclash.target.target import Target

M = "site-packages/m.py"


def test_every_kind() -> None:
    """One set can hold them all."""
    placed = layouts(
        a={M: "1", "site-packages/same.py": "1", "site-packages/u": None, "data/x": "1", "site-packages/K.py": "1",
           "site-packages/s.py": "1"},
        b={M: "2", "site-packages/same.py": "1", "site-packages/u": None, "data/x/y": "1", "site-packages/k.py": "1",
           "site-packages/s/__init__.py": "1"},
    )  # fmt: skip
    assert sorted((each.kind, each.path) for each in find_overlaps(placed, MACOS)) == [
        ("case-only", "site-packages/K.py"),
        ("different", M),
        ("file-directory", "data/x"),
        ("identical", "site-packages/same.py"),
        ("shadowed", "site-packages/s.py"),
        ("unknown", "site-packages/u"),
    ]


def test_a_refused_wheel_owns_what_it_writes_before_the_installer_stops() -> None:
    """Refused is not harmless."""
    refused = layout(written(M, "2"), failure=LayoutFailure("escapes", "../x", "it climbs out"))
    (overlap,) = find_overlaps({**layouts(a={M: "1"}), "b": refused}, LINUX)
    assert (overlap.path, overlap.kind, overlap.severity, overlap.ids) == (M, "different", "error", ("a", "b"))


def test_an_empty_folder_needs_its_place() -> None:
    """A folder without a file, which uv makes, cannot stand where another distribution has a file."""
    folder = written("site-packages/x/", None)
    makes = layout()._replace(folders={folder.path: folder})
    (overlap,) = find_overlaps({"a": makes, **layouts(b={"site-packages/x": "1"})}, LINUX)
    assert (overlap.path, overlap.kind, overlap.ids) == ("site-packages/x", "file-directory", ("b", "a"))
    assert find_overlaps({"a": makes, "b": makes, **layouts(c={"site-packages/x/m": "1"})}, LINUX) == []


def test_merge() -> None:
    """Equal overlaps become one that names both installers; what differs stays apart."""
    both = layouts(a={M: "1"}, b={M: "2"})
    pip = find_overlaps({**both, "c": layout(phantoms=["data/x"]), "d": layouts(d={"data/x": "1"})["d"]}, LINUX)
    uv = find_overlaps({**both, "c": layout(), "d": layouts(d={"data/x": "1"})["d"]}, LINUX)
    found = merge({"pip": pip, "uv": uv})
    assert [(each.path, each.installers) for each in found] == [(M, ("pip", "uv")), ("data/x", ("pip",))]


def test_merge_keeps_contents_apart() -> None:
    """A path whose owners differ by installer is two overlaps."""
    pip = find_overlaps(layouts(a={M: "1"}, b={M: "2"}), LINUX)
    uv = find_overlaps(layouts(a={M: "1"}, b={M: "3"}), LINUX)
    assert [each.installers for each in merge({"pip": pip, "uv": uv})] == [("pip",), ("uv",)]


_PATHS = [
    M, "site-packages/m/__init__.py", "site-packages/m.so", "site-packages/M.py", "site-packages/m", "scripts/t",
    "scripts/T", "data/x", "data/x/y", "site-packages/m.pyi", "site-packages/m/x.json",
]  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from("abcd"), st.dictionaries(st.sampled_from(_PATHS), st.sampled_from(["", "1", None])), max_size=4
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_order_does_not_matter(files: dict[str, dict[str, str | None]], random: object, sensitive: bool) -> None:  # noqa: FBT001
    """The overlaps of a set do not depend on its order, apart from the order of owners; their list is sorted."""
    target = LINUX if sensitive else MACOS
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random

    def facts(overlaps: list[Overlap]) -> list[tuple[object, ...]]:
        return [
            (each.severity, each.path, each.kind, each.role, {(owner.id, owner.file) for owner in each.owners})
            for each in overlaps
        ]

    one = merge({"pip": find_overlaps(layouts(**files), target)})
    other = merge({"pip": find_overlaps(layouts(**dict(shuffled)), target)})
    assert sorted(facts(one), key=repr) == sorted(facts(other), key=repr)
    ranks = [SEVERITIES.index(each.severity) for each in one]
    assert ranks == sorted(ranks)
    assert in_order(one) == one
    for each in one:
        assert len(set(each.ids)) == len(each.owners) > 1


_NAMES = ["m", "M", "m.py", "M.py", "m.abi3.so", "m.pyc", "n", "n.py", "É", "é", "e\u0301", ".m", "m.n"]
_BELOW = ["", "/", "/a.py", "/A.py", "/b/c.py", "/__init__.py"]
_SOME_PATHS = st.builds(
    lambda root, name, below: f"{root}/{name}{below}",
    st.sampled_from(["site-packages", "scripts", "data"]),
    st.sampled_from(_NAMES),
    st.sampled_from(_BELOW),
)


@given(
    st.dictionaries(
        st.sampled_from(string.ascii_lowercase[:4]),
        st.tuples(
            st.dictionaries(_SOME_PATHS.map(lambda path: path.rstrip("/")), st.sampled_from(["", "1", None])),
            st.lists(_SOME_PATHS | st.sampled_from(["site-packages", "scripts", "data"]), max_size=2),
            st.lists(_SOME_PATHS.map(lambda path: f"{path.rstrip('/')}/"), max_size=1),
        ),
        max_size=4,
    ),
    st.sampled_from([LINUX, MACOS, WINDOWS]),
)
def test_no_overlap_is_missed_below_names_of_one_distribution(
    files: dict[str, tuple[dict[str, str | None], list[str], list[str]]], target: Target
) -> None:
    """Overlaps are looked for below names that several distributions have, and are all there are."""
    placed = {
        id_: layout(*(written(path, text) for path, text in each.items()), phantoms=phantoms)._replace(
            folders={file.path: file for file in (written(path, None) for path in folders)}
        )
        for id_, (each, phantoms, folders) in files.items()
    }
    with mock.patch("wheelclash.core.overlap._related", dict):
        every = find_overlaps(placed, target)
    assert find_overlaps(placed, target) == every
