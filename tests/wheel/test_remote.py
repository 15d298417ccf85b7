"""Opening remote wheels: how many requests, for each shape of wheel and each kind of server."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import candidate_of, local_candidate, quick_fetcher
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from tests.wheel.test_directory import end_record, zip64
from wheelclash.errors import FetchError, WheelError
from wheelclash.http.cache import Cache
from wheelclash.threads import run_all
from wheelclash.wheel.reader import WheelReader
from wheelclash.wheel.remote import FIRST_TAIL, NEAR, Hosts, open_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelclash.core.contents import Contents
    from wheelclash.core.distribution import Candidate
    from wheelclash.http.client import Fetcher

NOISE = os.urandom(2 * FIRST_TAIL)
MANY: dict[str, bytes | str] = {f"many/a_module_with_a_rather_long_name_{n:04}.py": "" for n in range(1500)}
SMALL = Wheel("small", files={"m.py": "x = 1\n"}, scripts={"tool": "m:main"})
BIG = Wheel("big", files={"noise.bin": NOISE, "m.py": ""})
FAR = Wheel("far", files={"noise.bin": NOISE, "m.py": ""}, record_first=True)
CROWD = Wheel("crowd", files={"noise.bin": NOISE, **MANY})
CROWD_FAR = Wheel("crowdfar", files={"noise.bin": NOISE, **MANY}, record_first=True)
SCATTERED = Wheel(
    "scattered",
    files={
        "scattered-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "noise1.bin": NOISE,
        "scattered-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: scattered\nVersion: 1.0\n",
        "noise2.bin": NOISE,
    },
    record_first=True,
)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as running:
        yield running


def read(candidate: Candidate, fetcher: Fetcher | None = None) -> tuple[Contents, str]:
    """Read one wheel with a client of its own and without cache."""
    fetcher = fetcher or quick_fetcher()

    reader = WheelReader(fetcher, Cache(None))
    try:
        contents, evidence, _ = reader.read(candidate)
    finally:
        reader.close()
        fetcher.close()
    return contents, evidence


def padded(wheel: Wheel, *, before: bytes = b"", comment: bytes = b"", after: bytes = b"") -> bytes:
    """A wheel with things around it."""
    out = io.BytesIO(wheel.to_bytes())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = comment
    return before + out.getvalue() + after


# Shapes of wheels


@pytest.mark.parametrize(
    ("wheel", "requests", "evidence"),
    [
        (SMALL, 1, "full"),
        (BIG, 1, "range"),
        (FAR, 2, "range"),
        (CROWD, 2, "range"),
        (CROWD_FAR, 3, "range"),
        (SCATTERED, 3, "range"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
@pytest.mark.parametrize("sized", [True, False], ids=["sized", "unsized"])
def test_each_shape_of_wheel_takes_just_so_many_requests(
    index: LoopbackIndex, wheel: Wheel, requests: int, evidence: str, *, sized: bool
) -> None:
    [path] = index.add(wheel)
    fetcher = quick_fetcher()
    candidate = candidate_of(index, wheel)
    found, how = read(candidate if sized else replace(candidate, size=None), fetcher)
    assert found == read(local_candidate(path))[0]
    assert how == evidence
    extra = 0 if sized else 1
    assert len(index.requests) == fetcher.traffic.wheel_requests == requests + extra
    assert fetcher.traffic.member_requests == fetcher.traffic.index_requests == 0
    assert {request.method for request in index.requests} == {"GET"}
    first = f"bytes={max(0, path.stat().st_size - FIRST_TAIL)}-{path.stat().st_size - 1}"
    assert index.requests[extra].range == first


def test_members_near_each_other_are_one_range_and_others_are_not(index: LoopbackIndex) -> None:
    info = "gap-1.0.dist-info"
    for distance, requests in ((NEAR - 2000, 2), (NEAR + 2000, 3)):
        head: dict[str, bytes | str] = {
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "gap.bin": NOISE[:distance],
            f"{info}/METADATA": "Metadata-Version: 2.1\nName: gap\nVersion: 1.0\n",
        }
        wheel = Wheel("gap", files={**head, "noise.bin": NOISE}, record_first=True)
        index.add(wheel)
        index.forget()
        read(candidate_of(index, wheel))
        assert len(index.requests) == requests


@pytest.mark.parametrize(
    ("data", "requests", "codes"),
    [
        (padded(BIG, comment=b"c" * 0xFFFF), 1, []),
        (padded(BIG, comment=b"c" * 500 + end_record(1, 46, 2**31) + b"c"), 1, []),
        (padded(BIG, before=b"#!/bin/sh\n"), 1, ["prefix-junk"]),
        (padded(BIG, after=b"junk"), 1, ["trailing-junk"]),
        (BIG.to_bytes() + padded(BIG, comment=b"hello"), 1, ["prefix-junk"]),
        (zip64(BIG.to_bytes()), 1, []),
    ],
    ids=["comment", "fake-end", "prefix", "trailing", "two", "zip64"],
)
def test_what_is_around_an_archive_is_seen_and_changes_nothing(
    index: LoopbackIndex, data: bytes, requests: int, codes: list[str]
) -> None:
    path = index.add_file(BIG.filename, data)
    found, evidence = read(candidate_of(index, BIG))
    plain = read(local_candidate(Wheel(**vars(BIG)).write(path.parent.parent)))[0]
    assert (found.members, evidence) == (plain.members, "range")
    assert [finding.code for finding in found.findings] == codes
    assert len(index.requests) == requests
    assert read(local_candidate(path))[0] == found


# Kinds of servers; FAR takes two requests of a good one


@pytest.mark.parametrize(
    ("fault", "requests", "evidence"),
    [
        ({"kind": "no-ranges"}, 1, "full"),
        ({"kind": "ignores-ranges"}, 1, "full"),
        ({"kind": "status", "status": 416, "ranged_only": True}, 2, "full"),
        ({"kind": "status", "status": 400, "ranged_only": True}, 2, "full"),
        ({"kind": "status", "status": 403, "ranged_only": True}, 2, "full"),
        ({"kind": "status", "status": 501, "ranged_only": True}, 2, "full"),
        ({"kind": "ignores-ranges", "after": 1}, 2, "full"),
        ({"kind": "status", "status": 501, "after": 1, "times": 1}, 3, "full"),
        ({"kind": "status", "status": 503, "retry_after": "0", "times": 2}, 4, "range"),
        ({"kind": "truncated", "times": 1}, 3, "range"),
        ({"kind": "reset", "after": 1, "times": 1}, 3, "range"),
        ({"kind": "wrong-range", "times": 1}, 3, "range"),
        ({"kind": "wrong-total", "after": 1, "times": 1}, 4, "range"),
        ({"kind": "gzip", "times": 1}, 3, "range"),
        ({"kind": "changes", "times": 1}, 4, "range"),
    ],
    ids=str,
)
def test_a_server_that_can_be_worked_with_is(
    index: LoopbackIndex, fault: dict[str, Any], requests: int, evidence: str
) -> None:
    [path] = index.add(FAR)
    index.fault("/files/*", **fault)
    found, how = read(candidate_of(index, FAR))
    assert (how, len(index.requests)) == (evidence, requests)
    assert found == read(local_candidate(path))[0]


@pytest.mark.parametrize(
    ("fault", "requests", "code"),
    [
        ({"kind": "wrong-range"}, 2, "protocol"),
        ({"kind": "no-content-range"}, 2, "protocol"),
        ({"kind": "short-range"}, 2, "protocol"),
        ({"kind": "gzip"}, 2, "protocol"),
        ({"kind": "bomb"}, 2, "protocol"),
        ({"kind": "wrong-total"}, 2, "changed"),
        ({"kind": "changes"}, 4, "changed"),
        ({"kind": "grows"}, 2, "changed"),
        ({"kind": "truncated"}, 3, "unreachable"),
        ({"kind": "reset"}, 3, "unreachable"),
        ({"kind": "stall"}, 3, "timeout"),
        ({"kind": "status", "status": 429, "retry_after": "9999"}, 3, "server-error"),
        ({"kind": "status", "status": 500}, 3, "server-error"),
        ({"kind": "status", "status": 404}, 1, "not-found"),
        ({"kind": "status", "status": 401}, 1, "unauthorized"),
        ({"kind": "status", "status": 403}, 2, "unauthorized"),
        ({"kind": "status", "status": 501}, 2, "server-error"),
        ({"kind": "status", "status": 302, "location": "file:///etc/passwd"}, 1, "refused"),
    ],
    ids=str,
)
def test_a_server_that_cannot_is_an_error_and_never_a_loop(
    index: LoopbackIndex, fault: dict[str, Any], requests: int, code: str
) -> None:
    index.add(FAR)
    candidate = candidate_of(index, FAR)
    index.fault("/files/*", **fault)
    with pytest.raises(FetchError) as caught:
        read(candidate, quick_fetcher(fault["kind"]))
    assert (caught.value.code, len(index.requests)) == (code, requests)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("absent.whl", "cannot be opened"),
        pytest.param(
            "/proc/self/mem",  # whose end cannot be sought
            "cannot be read",
            marks=pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="a file of Linux"),
        ),
    ],
)
def test_a_local_file_that_cannot_be_read_is_unreadable(path: str, told: str, tmp_path: Path) -> None:
    candidate = local_candidate(BIG.write(tmp_path))
    with pytest.raises(WheelError) as caught:
        open_archive(replace(candidate, path=Path(path)), quick_fetcher())
    assert (caught.value.code, caught.value.filename) == ("unreadable", candidate.filename)
    assert told in caught.value.reason


def test_a_file_without_validators_is_read_all_the_same(index: LoopbackIndex) -> None:
    index.validators = False
    index.add(FAR)
    assert read(candidate_of(index, FAR))[1] == "range"
    assert len(index.requests) == 2


def test_a_whole_answer_that_is_not_of_the_file_begun_is_noticed_without_validators_and_hash(
    index: LoopbackIndex,
) -> None:
    [path] = index.add(FAR)
    other = bytes(byte ^ 1 for byte in path.read_bytes())
    index.fault("/files/*", "body", body=other, after=1, times=1)
    assert read(candidate_of(index, FAR, sha256=None))[1] == "range"
    assert len(index.requests) == 4


def test_a_second_try_asks_caches_on_the_way_for_a_new_copy(index: LoopbackIndex) -> None:
    index.add(BIG)
    index.fault("/files/*", "wrong-range", times=1)
    read(candidate_of(index, BIG))
    assert [request.headers.get("cache-control") for request in index.requests] == [None, "no-cache"]


def test_validators_that_are_weak_are_not_compared(index: LoopbackIndex) -> None:
    index.add(FAR)
    index.validators = False
    for number in range(2):
        index.fault("/files/*", "headers", headers={"ETag": f'W/"{number}"'}, times=1)
    assert read(candidate_of(index, FAR))[1] == "range"
    assert len(index.requests) == 2


@pytest.mark.parametrize("kind", ["no-ranges", "ignores-ranges", "status"])
def test_a_whole_file_beyond_the_limit_is_not_downloaded(index: LoopbackIndex, kind: Any) -> None:
    index.add(FAR)
    index.fault("/files/*", kind, status=416)
    fetcher = quick_fetcher(max_download=1000)
    with pytest.raises(FetchError) as caught:
        read(candidate_of(index, FAR), fetcher)
    assert (caught.value.code, len(index.requests), fetcher.traffic.bytes) == ("too-large", 1, 0)
    assert "127.0.0.1" in str(caught.value)
    assert "--max-download" in str(caught.value)


@pytest.mark.parametrize(
    ("wheel", "changes", "requests", "code"),
    [
        (SMALL, {"sha256": "0" * 64}, 2, "changed"),
        (SMALL, {"size": 12345}, 2, "changed"),
        (FAR, {"size": 12345}, 2, "changed"),
        (FAR, {"size": 10**9}, 2, "changed"),
        (FAR, {"size": 10**17}, 2, "changed"),
        (SMALL, {"url": "ftp://files.example/x.whl"}, 0, "refused"),
    ],
    ids=lambda value: getattr(value, "name", None) or str(value),
)
def test_a_file_that_is_not_the_one_the_index_describes(
    index: LoopbackIndex, wheel: Wheel, changes: dict[str, Any], requests: int, code: str
) -> None:
    index.add(wheel)
    with pytest.raises(FetchError) as caught:
        read(candidate_of(index, wheel, **changes))
    assert (caught.value.code, len(index.requests)) == (code, requests)


def test_a_whole_file_with_another_hash_is_refused(index: LoopbackIndex) -> None:
    index.add(FAR)
    index.fault("/files/*", "no-ranges")
    with pytest.raises(FetchError) as caught:
        read(candidate_of(index, FAR, sha256="0" * 64))
    assert caught.value.code == "changed"


@pytest.mark.parametrize("data", [b"", b"x", b"no wheel" * 99, b"PK\5\6" * 50_000], ids=["empty", "x", "text", "ends"])
@pytest.mark.parametrize("sized", [True, False])
def test_what_is_no_zip_file_is_a_wheel_error(index: LoopbackIndex, data: bytes, *, sized: bool) -> None:
    index.add_file("x-1.0-py3-none-any.whl", data)
    candidate = candidate_of(index, "x-1.0-py3-none-any.whl")
    with pytest.raises(WheelError) as caught:
        read(candidate if sized else replace(candidate, size=None))
    assert caught.value.code == "unreadable"
    assert len(index.requests) <= 2


# Many wheels of one server


def at_once(index: LoopbackIndex, count: int) -> None:
    """Read so many wheels side by side."""
    wheels = [Wheel(f"many{number}", files={"noise.bin": NOISE}, record_first=True) for number in range(count)]
    index.add(*wheels)
    candidates = [candidate_of(index, wheel) for wheel in wheels]

    fetcher = quick_fetcher()
    reader = WheelReader(fetcher, Cache(None))
    run_all([partial(reader.read, candidate) for candidate in candidates])
    reader.close()
    fetcher.close()


@pytest.mark.parametrize("status", [403, 501])
def test_a_server_that_refuses_ranges_is_asked_for_one_once(index: LoopbackIndex, status: int) -> None:
    index.fault("/files/*", "status", status=status, ranged_only=True)
    at_once(index, 5)
    assert [request.range is None for request in index.requests] == [False] + 5 * [True]


def test_a_403_for_one_file_says_nothing_of_the_others(index: LoopbackIndex) -> None:
    index.add(FAR, BIG)
    index.fault(f"/files/{FAR.filename}", "status", status=403)

    fetcher, hosts = quick_fetcher(), Hosts()
    with pytest.raises(FetchError):
        open_archive(candidate_of(index, FAR), fetcher, hosts=hosts)
    archive = open_archive(candidate_of(index, BIG), fetcher, hosts=hosts)
    archive.close()
    fetcher.close()
    assert archive.evidence == "range"
    assert len(index.requests) == 3


def test_five_wheels_at_once_take_no_more_requests_than_one_after_another(index: LoopbackIndex) -> None:
    at_once(index, 5)
    assert len(index.requests) == 10
