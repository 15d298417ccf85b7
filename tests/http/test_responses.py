"""Headers read for what they are worth."""

from __future__ import annotations

import gzip

import pytest

from wheelclash.errors import FetchError
from wheelclash.http.policy import Gunzip, check_range, length_of, retry_after

URL = "https://files.example/x.whl"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 0 ", 0.0),
        ("1" * 400, float("1" * 18)),
        ("-1", None),
        ("\u0663", None),
        ("soon", None),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("Mon, 99 Foo 9999999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=10.0) == seconds


@pytest.mark.parametrize(
    ("content_range", "total", "found"),
    [
        ("bytes 5-14/100", None, 100),
        ("bytes 5-14/100", 100, 100),
        ("BYTES 5-14/100", 100, 100),
        ("bytes 5-14/*", 100, 100),
    ],
)
def test_a_range_that_was_asked_for(content_range: str, total: int | None, found: int) -> None:
    assert check_range({"content-range": content_range}, URL, 5, 15, total) == found


@pytest.mark.parametrize(
    ("headers", "total", "code"),
    [
        ({}, 100, "protocol"),
        ({"content-range": "bytes 5-14/*"}, None, "protocol"),
        ({"content-range": "bytes 5-13/100"}, 100, "protocol"),
        ({"content-range": "bytes 4-14/100"}, 100, "protocol"),
        ({"content-range": "bytes */100"}, 100, "protocol"),
        ({"content-range": "bytes \u0665-14/100"}, 100, "protocol"),
        ({"content-range": f"bytes 5-14/{'9' * 5000}"}, 100, "protocol"),
        ({"content-range": "bytes 5-14/101"}, 100, "changed"),
        ({"content-range": "bytes 5-14/10"}, None, "protocol"),
        ({"content-range": "bytes 5-14/100", "content-encoding": "gzip"}, 100, "protocol"),
        ({"content-range": "bytes 5-14/100", "content-length": "11"}, 100, "protocol"),
    ],
)
def test_a_range_that_was_not(headers: dict[str, str], total: int | None, code: str) -> None:
    with pytest.raises(FetchError) as caught:
        check_range(headers, URL, 5, 15, total)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "length"), [("12", 12), ("", None), ("-1", None), ("1" * 30, None), ("\u0663", None)]
)
def test_a_length_is_sane_or_none(value: str, length: int | None) -> None:
    assert length_of({"content-length": value}) == length


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_gzip_members_follow_one_another(step: int) -> None:
    data = gzip.compress(b"a" * 500) + gzip.compress(b"b" * 500)
    page = Gunzip(URL, 1000)
    for start in range(0, len(data), step):
        page.feed(data[start : start + step])
    assert page.finish() == b"a" * 500 + b"b" * 500


def test_a_bomb_in_one_piece_is_not_inflated_beyond_the_limit() -> None:
    page = Gunzip(URL, 1000)
    with pytest.raises(FetchError):
        page.feed(gzip.compress(b" " * 2**24))
    assert len(page.body) == 1001
