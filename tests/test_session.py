"""The library end to end: one client and one cache behind every way of asking, over a real loopback index."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.certificates import certificate_of, needs_openssl
from tests.support.loopback import LoopbackIndex
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash import Report, Session, check, check_async
from wheelclash.index.settings import IndexOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


LEFT = Wheel("left", files={"m.py": "1", "left.py": ""}, scripts={"tool": "left:run"})
RIGHT = Wheel("right", files={"m.py": "2", "right.py": ""}, scripts={"tool": "right:run"})
OTHER = Wheel("other", files={"other.py": "3"})
LARGE = 200_000
"""Bytes of a file that is not packed: its wheel is too large to be read whole by the first request."""


def large(name: str, shared: str) -> Wheel:
    """A wheel that is read in parts."""
    return Wheel(name, files={"m.py": shared, f"{name}.bin": b"x" * LARGE}, compression=0)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        index.add(LEFT, RIGHT, OTHER)
        yield index


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def options(index: LoopbackIndex | None = None, **flags: Any) -> dict[str, Any]:
    """What every question here is asked with: one target, nobody's settings."""
    given = flags if index is None else {"index_url": index.simple} | flags
    return {"target": LINUX, "index": IndexOptions(**given), "use_config": False, "environ": {}}


def new_session(cache: Path | None = None, **settings: Any) -> Session:
    """A session that knows nothing of this machine's proxies and logins."""
    session = Session(cache_dir=cache, **settings)
    session.fetcher.trust_env = False
    return session


def told(report: Report) -> dict[str, Any]:
    """A report as JSON without what reading it cost."""
    found: dict[str, Any] = json.loads(report.to_json())
    del found["reading"]
    return found


# -- one session, several questions ---------------------------------------------------------------------------


def test_each_question_counts_its_own_requests_also_side_by_side(index: LoopbackIndex) -> None:
    """In one session: what another question asked for is no part of an answer."""
    index.add(*(large(name, name) for name in ("one", "two", "three", "four")))
    with new_session() as alone:
        single = alone.check(["one", "two"], **options(index)).reading

    async def together() -> list[Report]:
        with new_session() as session:
            pairs = [["one", "two"], ["three", "four"]]
            return await asyncio.gather(*(session.check_async(each, **options(index)) for each in pairs))

    for report in asyncio.run(together()):
        assert (report.reading.index_requests, report.reading.bytes > 0) == (2, True)
        assert report.reading.wheel_requests <= single.wheel_requests + 1  # the first of all asks alone
    with new_session() as session:
        first, second = (session.check(["one", "two"], **options(index)).reading for _ in range(2))
    assert first == single
    assert second.index_requests == first.index_requests


@needs_openssl
def test_each_question_trusts_its_own_certificate(tmp_path: Path, index: LoopbackIndex) -> None:
    """In one session, whatever an earlier question trusted."""
    both = certificate_of(tmp_path)
    with LoopbackIndex(tmp_path / "secret", certificate=both) as secret:
        secret.add(LEFT, RIGHT)
        with new_session() as session:

            def codes(where: LoopbackIndex, **environ: str) -> tuple[int, int]:
                report = session.check(["left", "right"], **options(where) | {"environ": environ})
                return report.exit_code(), len(report.skipped)

            assert codes(index) == (1, 0)
            assert codes(secret) == (2, 2)
            assert codes(secret, SSL_CERT_FILE=str(tmp_path / "ca.pem")) == (1, 0)
            assert codes(secret) == (2, 2)


@needs_openssl
def test_a_reader_trusts_what_its_present_question_trusts(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one reader serves several questions: each sets its certificates anew, or takes them away."""
    both = certificate_of(tmp_path)
    with LoopbackIndex(tmp_path / "secret", certificate=both) as secret, new_session() as session:
        secret.add(LEFT, RIGHT)
        monkeypatch.setattr(session.reader, "for_question", lambda: session.reader)

        def skipped(where: LoopbackIndex, **environ: str) -> int:
            return len(session.check(["left", "right"], **options(where) | {"environ": environ}).skipped)

        assert skipped(index, SSL_CERT_FILE=str(tmp_path / "ca.pem")) == 0
        assert skipped(secret) == 2
        assert skipped(secret, SSL_CERT_FILE=str(tmp_path / "ca.pem")) == 0


# -- ways of asking ------------------------------------------------------------------------------------------


def test_a_question_in_ordinary_code(index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    """The function of the module: a session of its own, opened and closed."""
    monkeypatch.setenv("WHEELCLASH_CACHE_DIR", str(cache))
    threads = threading.active_count()
    report = check(["left", "right"], **options(index))
    assert {each.path for each in report.overlaps} == {"m.py", "tool"}
    assert (report.summary.errors, report.exit_code()) == (2, 1)
    assert report.reading.index_requests == report.reading.wheel_requests == 2
    again = check(["left", "right"], **options(index))
    assert told(again) == told(report)
    assert (again.reading.from_cache, again.reading.wheel_requests, again.reading.index_requests) == (2, 0, 0)
    for thread in threading.enumerate():
        if thread.name == "wheelclash":
            thread.join(5)
    assert threading.active_count() <= threads + len(index._running.connections)


def test_a_question_while_a_loop_runs(index: LoopbackIndex) -> None:
    """In a notebook ordinary code runs inside an event loop."""

    async def cell() -> Report:
        with new_session() as session:
            return check(["left", "right"], session=session, **options(index))

    assert asyncio.run(cell()).summary.errors == 2


def test_the_asynchronous_twin_gives_the_same_report(index: LoopbackIndex) -> None:
    async def ask() -> Report:
        with new_session() as session:
            return await check_async(["left", "right"], session=session, **options(index))

    with new_session() as session:
        assert told(asyncio.run(ask())) == told(session.check(["left", "right"], **options(index)))


def test_a_string_is_no_list_of_requirements(index: LoopbackIndex) -> None:
    with new_session() as session, pytest.raises(TypeError, match=r"requirements must be a list.*\['left'\]"):
        session.check("left", **options(index))


# -- one session ---------------------------------------------------------------------------------------------


def test_a_session_keeps_its_connections(index: LoopbackIndex) -> None:
    """The second question uses those of the first: one client answers both, with one for each wheel at most."""
    before = set(index._running.connections)  # of sessions that were closed a moment ago
    with new_session() as session:
        first = session.check(["left", "right"], **options(index))
        opened = set(index._running.connections) - before
        asked = len(index.requests)
        second = session.check(["left", "other"], **options(index))
        # Where the first question had one after the other, the second may ask for both wheels at once.
        still_open = set(index._running.connections) - before
        assert opened <= still_open
        assert len(still_open) <= 2
    assert opened
    assert len(index.requests) == asked + 4, "without a cache every question asks"
    assert first.reading.wheel_requests == second.reading.wheel_requests == 2, "each report counts its own requests"


def test_a_closed_session_can_be_used_again(index: LoopbackIndex) -> None:
    session = new_session()
    first = session.check(["left", "right"], **options(index))
    session.close()
    session.close()
    again = session.check(["left", "right"], **options(index))
    session.close()
    assert again == first


def test_questions_from_several_threads(index: LoopbackIndex, cache: Path) -> None:
    """One session that is open, asked from several threads at once."""
    many = 6
    ready = threading.Barrier(many)
    with new_session(cache) as session, ThreadPoolExecutor(many) as pool:
        session.check(["left", "right"], **options(index))

        def ask(_: int) -> Report:
            ready.wait(5)
            return session.check(["left", "right", "other"], **options(index))

        reports = list(pool.map(ask, range(many)))
    assert all(told(each) == told(reports[0]) for each in reports)
    assert reports[0].summary.errors == 2
    assert not reports[0].skipped


def test_several_questions_side_by_side(index: LoopbackIndex) -> None:
    async def ask() -> list[Report]:
        with new_session() as session:
            pairs = (["left", "right"], ["left", "other"], ["right", "other"])
            return await asyncio.gather(*(session.check_async(each, **options(index)) for each in pairs))

    assert [each.summary.errors for each in asyncio.run(ask())] == [2, 0, 0]


# -- the cache -----------------------------------------------------------------------------------------------


def entries(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file() and path.name != "CACHEDIR.TAG"]


@pytest.mark.parametrize("damage", [b"", b"{}", b"\0" * 100, None], ids=["empty", "other", "zeros", "one letter"])
def test_a_damaged_entry_is_dropped(damage: bytes | None, index: LoopbackIndex, cache: Path) -> None:
    """It is fetched again, written again, and the answer is the same."""
    with new_session(cache) as session:
        first = session.check(["left", "right"], **options(index))
    for path in entries(cache):
        data = path.read_bytes()
        path.write_bytes(data.replace(b'"m.py"', b'"n.py"') if damage is None else damage)
    with new_session(cache) as session:
        again = session.check(["left", "right"], **options(index))
    assert told(again) == told(first)
    assert again.reading.wheel_requests == 2
    with new_session(cache) as session:
        assert session.check(["left", "right"], **options(index)).reading.from_cache == 2


def test_one_index_does_not_vouch_for_another(tmp_path: Path, cache: Path) -> None:
    """Same file name, same size, same claimed sha256, and another wheel: read in parts, it must be read there."""
    good, bad = large("left", "1"), large("left", "2")
    with LoopbackIndex(tmp_path / "a") as one, LoopbackIndex(tmp_path / "b") as two:
        for each, wheel in ((one, good), (two, bad)):
            each.add(wheel, large("right", "2"))
            each.facts(wheel.filename).sha256 = hashlib.sha256(good.to_bytes()).hexdigest()
        with new_session(cache) as session:
            assert session.check(["left", "right"], **options(one)).summary.different == 1
            assert [each.evidence for each in session.check(["left", "right"], **options(one)).distributions] == [
                "range",
                "range",
            ]
            other = session.check(["left", "right"], **options(two))
    assert (other.summary.different, other.summary.identical) == (0, 1), "the other index has the other wheel"
    assert other.reading.from_cache == 0


def test_what_was_hashed_whole_is_shared_by_all_indexes(tmp_path: Path, cache: Path) -> None:
    """A small wheel is read whole and its sha256 compared; another index's entry for that hash is as good."""
    with LoopbackIndex(tmp_path / "a") as one, LoopbackIndex(tmp_path / "b") as two, new_session(cache) as session:
        for each in (one, two):
            each.add(LEFT, RIGHT)
        first = session.check(["left", "right"], **options(one))
        other = session.check(["left", "right"], **options(two))
        assert two.file_requests == []
    assert [each.evidence for each in first.distributions] == ["full", "full"]
    assert other.reading.from_cache == 2
    assert other.summary == first.summary


def test_a_small_wheel_with_another_hash_is_no_answer(index: LoopbackIndex, cache: Path) -> None:
    index.facts(LEFT.filename).sha256 = "0" * 64
    with new_session(cache) as session:
        report = session.check(["left", "right", "other"], **options(index))
    assert [each.requirement for each in report.skipped] == ["left"]
    assert "sha256" in report.skipped[0].reason
    assert report.exit_code() == 3


@pytest.mark.parametrize("wheel", [LEFT, large("left", "1")], ids=["small", "large"])
def test_without_a_sha256_nothing_is_kept(wheel: Wheel, index: LoopbackIndex, cache: Path) -> None:
    index.add(wheel)
    index.facts(wheel.filename).sha256 = None
    for _ in range(2):
        with new_session(cache) as session:
            index.forget()
            report = session.check(["left", "right"], **options(index))
            assert report.reading.from_cache == len(report.distributions) - len(index.file_requests)
            assert [each.path for each in index.file_requests].count(f"/files/{wheel.filename}") == 1


def test_of_wheels_without_a_sha256_only_the_pages_are_kept(index: LoopbackIndex, cache: Path) -> None:
    for wheel in (LEFT, RIGHT):
        index.facts(wheel.filename).sha256 = None
    with new_session(cache) as session:
        session.check(["left", "right"], **options(index))
    assert len(entries(cache)) == 2


def test_verdicts_are_kept_too(index: LoopbackIndex, cache: Path) -> None:
    """Members read for a verdict are counted apart, and not asked for twice."""
    one = Wheel("one", files={"ns/__init__.py": "a = 1\n", "one.bin": b"x" * LARGE}, compression=0)
    two = Wheel("two", files={"ns/__init__.py": "# two\na = 1\n", "two.bin": b"x" * LARGE}, compression=0)
    index.add(one, two)
    with new_session(cache) as session:
        first = session.check(["one", "two"], **options(index))
    index.forget()
    with new_session(cache) as session:
        again = session.check(["one", "two"], **options(index))
    assert first.reading.member_requests == 2
    assert first.exit_code() == 0, "they differ only in a comment"
    assert told(again) == told(first)
    assert index.requests == []


def test_offline_only_the_cache_is_asked(index: LoopbackIndex, cache: Path) -> None:
    with new_session(cache, offline=True) as session:
        empty = session.check(["left", "right"], **options(index))
    assert [each.code for each in empty.skipped] == ["offline", "offline"]
    assert empty.exit_code() == 2
    with new_session(cache) as session:
        first = session.check(["left", "right"], **options(index))
    index.forget()
    with new_session(cache, offline=True) as session:
        kept = session.check(["left", "right"], **options(index))
        partly = session.check(["left", "right", "other"], **options(index))
    assert told(kept) == told(first)
    assert [each.requirement for each in partly.skipped] == ["other"]
    assert index.requests == []


# -- secrets -------------------------------------------------------------------------------------------------


def test_credentials_go_to_their_origin_and_nowhere_else(tmp_path: Path, cache: Path) -> None:
    """Not to the host the files lie on, not into the cache, not into the report."""
    user, password = "someone", "pass w0rd/%"
    with (
        LoopbackIndex(tmp_path / "pages", auth=(user, password)) as pages,
        LoopbackIndex(tmp_path / "files") as files,
        new_session(cache) as session,
    ):
        for each in (pages, files):
            each.add(LEFT, RIGHT, large("other", "3"))
        for wheel in (RIGHT, large("other", "3")):
            pages.facts(wheel.filename).url = files.file_url(wheel.filename)
        pages.fault(f"/files/{LEFT.filename}", "status", status=302, location=files.file_url(LEFT.filename))
        secret = f"http://{user}:pass%20w0rd%2F%25@127.0.0.1:{pages.port}/simple/"
        report = session.check(
            ["left", "right", "other"], **options(index_url=secret, extra_index_urls=(f"{secret}x/",))
        )
        gone = session.check(["left", "unknown"], **options(index_url=secret))
    assert report.summary.errors == 2, "it was let in"
    assert not report.skipped
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    assert {each.authorization for each in pages.requests} == {f"Basic {basic}"}
    assert len(files.requests) == 3
    assert {each.authorization for each in files.requests} == {None}
    kept = "".join(path.read_text("utf-8") for path in entries(cache))
    texts = [kept, *(each.to_json() + each.to_text(verbose=True) + repr(each) for each in (report, gone))]
    for needle in (user, password, "w0rd", basic):
        assert not any(needle in text for text in texts)


def test_a_wrong_password_is_a_reason_not_a_leak(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "wheels", auth=("user", "right")) as index, new_session() as session:
        index.add(LEFT, RIGHT)
        url = index.with_credentials("user", "hunter2")
        report = session.check(["left", "right"], **options(index_url=url))
    assert [each.code for each in report.skipped] == ["unauthorized", "unauthorized"]
    assert "hunter2" not in report.to_json() + report.to_text(verbose=True)
    assert report.exit_code() == 2
