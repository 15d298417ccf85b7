"""METADATA is read alike in wheels and environments: as packaging reads it, and whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import parse_email

from wheelclash.wheel.metadata import Metadata, decode_entry_points, first_headers, parse_metadata, project_of

FIELDS = ["Name", "Version", "Requires-Dist", "requires-dist", "Requires-Python", "Summary", "X", "From ", "", "\u00e9"]
lines = st.lists(
    st.tuples(
        st.sampled_from(FIELDS),
        st.sampled_from([":", ": ", ":\t", " :", ""]),
        st.sampled_from(["", "a", "a >= 1; extra == 'x'", ">=3.9", "b: c", "\u00e9", "\ufffd", "\x85", "\x1b[0m"]),
    ),
    max_size=6,
)


def by_packaging(data: bytes) -> Metadata:
    """What packaging makes of it, and which of the fields it leaves unparsed."""
    raw, unparsed = parse_email(data)
    doubtful = frozenset(unparsed) & {"name", "version", "requires-dist", "requires-python"}
    return Metadata(
        raw.get("name") or None,
        raw.get("version") or None,
        tuple(line.strip() for line in raw.get("requires_dist", ())),
        raw.get("requires_python"),
        doubtful,
    )


def words(value: str | None) -> list[str]:
    """Its words: a folded line is joined by one blank here, and as it stands by packaging."""
    return (value or "").split()


@given(lines, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", "\nName: b\n", "\n\n\ufffd\n", " more\n"]))
def test_headers_are_read_as_packaging_reads_them(written: list[tuple[str, str, str]], end: str, last: str) -> None:
    """But for what occurs again, of which the first counts here, and packaging leaves out all."""
    text = "\n".join("".join(parts) for parts in written) + "\n" + last
    data = text.replace("\n", end).encode()
    mine, theirs = parse_metadata(data), by_packaging(data)
    for field in ("name", "version", "requires_python"):
        if field.replace("_", "-") not in theirs.doubtful:
            assert words(getattr(mine, field)) == words(getattr(theirs, field)), field
    assert list(map(words, mine.requires)) == list(map(words, theirs.requires))
    assert mine.doubtful <= theirs.doubtful


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", Metadata()),
        (b"Name: a\n\nVersion: 2\n", Metadata("a")),
        (b"Name: a\nno header\nVersion: 2\n", Metadata("a")),
        (b"Requires-Dist: a\n >=1\n\t,<2\n", Metadata(requires=("a >=1 ,<2",))),
        (b"Requires-Python: >=3\nRequires-Python: >=4\n",
         Metadata(requires_python=">=3", doubtful=frozenset({"requires-python"}))),
        (b"Requires-Python: >=3\nRequires-Python: >=3\n", Metadata(requires_python=">=3")),
        (b"Requires-Dist: a\nRequires-Dist: \xff\n",
         Metadata(requires=("a", "\ufffd"), doubtful=frozenset({"requires-dist"}))),
        ("Name: \ufffd\n".encode(), Metadata("\ufffd")),
    ],
)  # fmt: skip
def test_what_is_read_and_what_is_doubtful(data: bytes, read: Metadata) -> None:
    assert parse_metadata(data) == read


@given(st.binary(max_size=200))
def test_any_bytes_give_something(data: bytes) -> None:
    assert isinstance(parse_metadata(data), Metadata)
    assert isinstance(first_headers(data), dict)


@pytest.mark.parametrize(
    ("path", "project"),
    [
        ("lib/python3.12/site-packages/Py_Yaml-6.0.dist-info/RECORD", "py-yaml"),
        ("site-packages/pyyaml-6.0.egg-info/PKG-INFO", "pyyaml"),
        ("site-packages/pyyaml/info.py", None),
        ("site-packages/yaml-info/x", None),
    ],
)
def test_project_that_a_file_is_metadata_of(path: str, project: str | None) -> None:
    assert project_of(path) == project


def test_entry_points_that_are_no_utf8_are_none() -> None:
    assert (decode_entry_points(b"[a]\n"), decode_entry_points(b"\xff")) == ("[a]\n", None)
