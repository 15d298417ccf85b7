"""The end record: the last one that can be true."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelclash.errors import WheelError
from wheelclash.wheel.remote import FURTHEST_END, MAX_DIRECTORY, Directory, find_directory

if TYPE_CHECKING:
    from collections.abc import Mapping


def zipped(files: Mapping[str, bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        archive.comment = comment
    return out.getvalue()


def end_record(count: int, size: int, offset: int, comment: bytes = b"", length: int | None = None) -> bytes:
    """An end record as written by somebody who may say anything."""
    told = len(comment) if length is None else length
    return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count & 0xFFFF, count & 0xFFFF, size, offset, told) + comment


def zip64(data: bytes) -> bytes:
    """The same archive with its numbers in zip64 records."""
    found = find(data)
    count = zipfile.ZipFile(io.BytesIO(data)).infolist().__len__()
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, found.size, found.start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, found.end_record, 1)
    end = end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return data[: found.end_record] + record + locator + end


def with_directory(record: bytes) -> bytes:
    """A record that follows a copy of the directory of PLAIN, as its numbers say."""
    found = find(PLAIN)
    return PLAIN[found.start : found.end_record] + record


def find(data: bytes, tail: int = FURTHEST_END) -> Directory:
    return find_directory(data[-tail:], len(data), "x.whl")


PLAIN = zipped({"a.py": b"a" * 100, "b.py": b"b"})


@pytest.mark.parametrize(
    ("data", "prefix", "comment", "trailing"),
    [
        (PLAIN, 0, 0, 0),
        (zipped({"a.py": b"a"}, b"hello"), 0, 5, 0),
        (zipped({"a.py": b"a"}, b"x" * 0xFFFF), 0, 0xFFFF, 0),
        (b"#!/bin/sh\n" + PLAIN, 10, 0, 0),
        (PLAIN + b"junk", 0, 0, 4),
        (PLAIN + PLAIN, len(PLAIN), 0, 0),
        (zip64(PLAIN), 0, 0, 0),
        (b"1234" + zip64(PLAIN), 4, 0, 0),
    ],
    ids=["plain", "comment", "longest-comment", "prefix", "trailing", "two", "zip64", "zip64-prefix"],
)
def test_the_directory_is_where_zipfile_finds_it(data: bytes, prefix: int, comment: int, trailing: int) -> None:
    found = find(data)
    assert (found.prefix, found.comment, found.trailing) == (prefix, comment, trailing)
    assert found.start == zipfile.ZipFile(io.BytesIO(data)).start_dir
    assert data[found.start :].startswith(b"PK\1\2")


@pytest.mark.parametrize(("data", "least"), [(PLAIN, 22), (zip64(PLAIN), 98)], ids=["plain", "zip64"])
def test_the_end_records_alone_tell_where_the_directory_is(data: bytes, least: int) -> None:
    assert {find(data, tail) for tail in range(least, len(data) + 1)} == {find(data)}
    with pytest.raises(WheelError):
        find(data, least - 1)


SIZE = find(PLAIN).size


@pytest.mark.parametrize(
    "fake",
    [
        end_record(1, 46, 2**31),
        end_record(1, 2**31, 0),
        end_record(60_000, 46, 0),
        end_record(1, 46, 0, length=60_000),
        b"PK\5\6",
        end_record(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        with_directory(end_record(2, SIZE, 0, length=60_000)),
        with_directory(end_record(9, SIZE, 0)),
        end_record(1, 46, 0),
    ],
    ids=["far", "large", "many", "long", "cut", "zip64", "only-long", "only-many", "only-no-entry"],
)
def test_an_end_record_that_a_comment_pretends_to_hold_is_passed_over(fake: bytes) -> None:
    data = zipped({"a.py": b"a"}, b"before" + fake + b"after")
    found = find(data)
    assert (found.end_record, found.trailing) == (len(data) - 22 - found.comment, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"no zip at all" * 100,
        PLAIN[:-1],
        PLAIN[:-22],
        PLAIN[:20] + PLAIN[60:],
        end_record(1, 46, 2**32 - 1),
        zip64(PLAIN)[:-98] + b"\0" * 56 + zip64(PLAIN)[-42:],
        PLAIN + b"x" * FURTHEST_END,
    ],
    ids=["empty", "short", "text", "cut", "no-end", "shifted", "alone", "zip64-missing", "buried"],
)
def test_what_has_no_directory_is_unreadable(data: bytes) -> None:
    with pytest.raises(WheelError) as caught:
        find(data)
    assert caught.value.code == "unreadable"


def test_a_directory_larger_than_any_is_refused_unread() -> None:
    size = MAX_DIRECTORY + 1
    tail = end_record(3, size, 0)
    with pytest.raises(WheelError) as caught:
        find_directory(tail, size + len(tail), "x.whl")
    assert caught.value.code == "limit"
    assert str(MAX_DIRECTORY) in caught.value.reason


@pytest.mark.parametrize("size", [100_000_000, MAX_DIRECTORY])
def test_a_directory_of_a_million_members_is_read(size: int) -> None:
    tail = end_record(3, size, 0)
    assert find_directory(tail, size + len(tail), "x.whl").size == size


@given(st.binary(max_size=200), st.integers(0, 2**32 - 1))
def test_any_tail_gives_a_directory_within_the_file_or_an_error(data: bytes, before: int) -> None:
    try:
        found = find_directory(data + end_record(1, len(data), before), before + len(data) + 22, "x.whl")
    except WheelError:
        return
    assert 0 <= found.start <= found.start + found.size <= found.end_record < before + len(data) + 22
