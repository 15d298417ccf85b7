"""A file of which only parts are at hand."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelclash.wheel.remote import HoleError, SparseFile

WHOLE = bytes(range(100))


def sparse(*spans: tuple[int, int]) -> SparseFile:
    file = SparseFile(len(WHOLE))
    for start, stop in spans:
        file.add(start, WHOLE[start:stop])
    return file


@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 100)), max_size=6), st.integers(0, 99), st.integers(0, 120)
)
def test_what_is_read_is_what_the_file_has_there(spans: list[tuple[int, int]], start: int, size: int) -> None:
    file = sparse(*((a, b) for a, b in spans if a < b))
    held = {byte for a, b in spans for byte in range(a, b)}
    file.seek(start)
    try:
        found = file.read(size)
    except HoleError:
        assert start not in held
        return
    assert found == WHOLE[start : start + len(found)]
    wanted = min(size, len(WHOLE) - start)
    assert len(found) == wanted or start + len(found) not in held
    assert file.tell() == start + len(found)


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(1, 100)), max_size=6), st.integers(0, 99), st.integers(1, 50))
def test_once_what_is_missing_is_added_nothing_is(spans: list[tuple[int, int]], start: int, size: int) -> None:
    file = sparse(*((a, b) for a, b in spans if a < b))
    stop = min(100, start + size)
    hole = file.missing(start, stop)
    if hole is not None:
        assert start <= hole[0] < hole[1] <= stop
        file.add(hole[0], WHOLE[slice(*hole)])
    assert file.missing(start, stop) is None
    file.seek(start)
    assert file.read(stop - start) == WHOLE[start:stop]


def test_it_is_a_file_like_any_other() -> None:
    file = sparse((0, 100))
    assert (file.readable(), file.seekable(), file.seek(-10, io.SEEK_END), file.seek(5, io.SEEK_CUR)) == (
        True,
        True,
        90,
        95,
    )
    buffer = bytearray(10)
    assert (file.readinto(buffer), bytes(buffer)) == (5, WHOLE[95:] + bytes(5))
    assert file.read() == b""
    with pytest.raises(OSError, match="before"):
        file.seek(-1)


def test_a_source_fills_the_holes_and_is_compared_with_the_parts() -> None:
    file = sparse((10, 20))
    assert file.agrees(io.BytesIO(WHOLE))
    assert not file.agrees(io.BytesIO(bytes(100)))
    file.source = io.BytesIO(b"." * 100)
    file.seek(5)
    assert file.read(20) == b"....." + WHOLE[10:20] + b"....."
    assert file.missing(0, 100) is None


@pytest.mark.parametrize("start", [0, 40, 58, 60, 61])
def test_a_cropped_file_ends_with_an_end_record_without_comment(start: int) -> None:
    file = sparse((0, 100))
    file.crop(40)
    file.seek(start)
    assert file.read() == (WHOLE[:60] + b"\0\0")[start:]
    assert file.seek(0, io.SEEK_END) == 62
