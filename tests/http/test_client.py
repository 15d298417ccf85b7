"""Fetching from a real server on the loopback, in every mode in which servers go wrong."""

from __future__ import annotations

import gzip
import socket
import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from tests.support.certificates import certificate_of, needs_openssl
from tests.support.clients import quick_fetcher
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.errors import FetchError, IndexSettingsError
from wheelclash.http.policy import RangesRefusedError
from wheelclash.threads import run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wheelclash.http.client import Fetcher
    from wheelclash.http.policy import RangeReply

T = TypeVar("T")
WHEEL = Wheel("left", files={"left/__init__.py": "x = 1\n" * 100})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as running:
        running.add(WHEEL)
        yield running


def run(question: Callable[[Fetcher], T], fetcher: Fetcher | None = None) -> T:
    """Ask one question with a fetcher of its own, closed afterwards."""
    fetcher = fetcher or quick_fetcher()

    try:
        return question(fetcher)
    finally:
        fetcher.close()


def failure(question: Callable[[Fetcher], Any], fetcher: Fetcher | None = None) -> FetchError:
    """The error a question ends with."""
    with pytest.raises(FetchError) as caught:
        run(question, fetcher)
    return caught.value


def ten_bytes(index: LoopbackIndex, *, total: int | None = None) -> Callable[[Fetcher], RangeReply]:
    url = index.file_url(WHEEL.filename)
    return lambda fetcher: fetcher.byte_range(url, 5, 15, total=total, purpose="wheel")


# Pages


@pytest.mark.parametrize(
    ("html_only", "kind"), [(False, "application/vnd.pypi.simple.v1+json"), (True, "text/html; charset=utf-8")]
)
def test_a_page_is_asked_for_as_json_and_taken_as_what_it_is(index: LoopbackIndex, html_only: bool, kind: str) -> None:  # noqa: FBT001
    index.html_only = html_only
    page = run(lambda fetcher: fetcher.page(index.page_url("left")))
    assert (page.status, page.content_type, page.url) == (200, kind, index.page_url("left"))
    assert WHEEL.filename.encode() in page.body
    accept = index.requests[0].headers["accept"]
    assert accept.index("json") < accept.index("html")


def test_a_page_is_revalidated_by_its_etag(index: LoopbackIndex) -> None:
    def twice(fetcher: Fetcher) -> tuple[int, bytes]:
        first = fetcher.page(index.page_url("left"))
        second = fetcher.page(index.page_url("left"), etag=first.etag, last_modified=first.last_modified)
        assert second.etag == first.etag
        return second.status, second.body

    fetcher = quick_fetcher()
    assert run(twice, fetcher) == (304, b"")
    assert fetcher.traffic.index_requests == 2
    assert index.requests[1].headers["if-none-match"]


def test_a_304_nobody_asked_for_is_an_error(index: LoopbackIndex) -> None:
    index.fault("/simple/*", "status", status=304)
    assert failure(lambda fetcher: fetcher.page(index.page_url("left"))).code == "protocol"


def test_a_packed_page_is_unpacked(index: LoopbackIndex) -> None:
    index.fault("/simple/*", "gzip")
    assert WHEEL.filename.encode() in run(lambda fetcher: fetcher.page(index.page_url("left"))).body


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (gzip.compress(b" " * 9000), {"Content-Encoding": "gzip"}, "too-large"),
        (b" " * 9000, {}, "too-large"),
        (gzip.compress(b" " * 900)[:-9], {"Content-Encoding": "gzip"}, "protocol"),
        (b"no gzip at all", {"Content-Encoding": "gzip"}, "protocol"),
        (b"whatever", {"Content-Encoding": "br"}, "protocol"),
    ],
    ids=["inflates", "large", "cut", "no-gzip", "unknown"],
)
def test_a_page_that_is_too_large_or_wrongly_packed_is_refused(
    index: LoopbackIndex, body: bytes, headers: dict[str, str], code: str
) -> None:
    index.fault("/simple/*", "body", body=body, headers=headers)
    assert failure(lambda fetcher: fetcher.page(index.page_url("left")), quick_fetcher(max_page=8000)).code == code
    assert len(index.requests) == 1


def test_a_bomb_is_stopped_before_it_has_gone_off(index: LoopbackIndex) -> None:
    index.fault("/simple/*", "bomb", inflated=2**30)
    fetcher = quick_fetcher(max_page=2**20)
    assert failure(lambda fetcher: fetcher.page(index.page_url("left")), fetcher).code == "too-large"
    assert fetcher.traffic.bytes < 2**20


def test_all_pages_of_a_question_have_a_bound_together(index: LoopbackIndex) -> None:
    """Each may be within its own; another question of the session begins anew."""
    index.fault("/simple/*", "bomb", inflated=2**20)
    fetcher = quick_fetcher(max_page=2**20, max_pages=2**20 + 2**19)

    def two(asking: Fetcher) -> int:
        return sum(len(asking.page(index.page_url(name)).body) for name in ("left", "right"))

    with pytest.raises(FetchError, match="together") as caught:
        two(fetcher)
    assert caught.value.code == "too-large"
    assert len(fetcher.for_question().page(index.page_url("left")).body) == 2**20
    fetcher.close()


def test_preliminary_replies_without_an_end_are_not_listened_to(index: LoopbackIndex) -> None:
    index.fault("*", "hints")
    for question in (lambda fetcher: fetcher.page(index.page_url("left")), ten_bytes(index)):
        error = failure(question, quick_fetcher(deadline=60))
        assert (error.code, "preliminary" in error.reason) == ("protocol", True)
    assert len(index.requests) == 2


# Byte ranges


def test_a_range_is_absolute_unencoded_and_exact(index: LoopbackIndex) -> None:
    reply = run(ten_bytes(index))
    assert reply.body == WHEEL.to_bytes()[5:15]
    assert (reply.total, reply.download) == (len(WHEEL.to_bytes()), None)
    [request] = index.requests
    assert (request.range, request.headers["accept-encoding"]) == ("bytes=5-14", "identity")


@pytest.mark.parametrize("kind", ["no-ranges", "ignores-ranges", "unmeasured"])
def test_the_whole_file_in_answer_to_a_range_is_kept(index: LoopbackIndex, kind: Any) -> None:
    index.fault("/files/*", kind)
    reply = run(ten_bytes(index))
    assert reply.download is not None
    with reply.download.file as file:
        assert file.read() == b""
        file.seek(0)
        assert file.read() == WHEEL.to_bytes()
    assert reply.download.sha256 == index.facts(WHEEL.filename).sha256
    assert len(index.requests) == 1


def test_the_whole_file_is_refused_unread_where_it_is_too_large(index: LoopbackIndex) -> None:
    index.fault("/files/*", "ignores-ranges")
    fetcher = quick_fetcher(max_download=100)
    error = failure(ten_bytes(index), fetcher)
    assert error.code == "too-large"
    assert "127.0.0.1" in str(error)
    assert "--max-download" in str(error)
    assert fetcher.traffic.bytes == 0


@pytest.mark.parametrize(
    ("kind", "code", "requests"),
    [
        ("wrong-range", "protocol", 1),
        ("wrong-total", "changed", 1),
        ("no-content-range", "protocol", 1),
        ("short-range", "protocol", 1),
        ("gzip", "protocol", 1),
        ("bomb", "protocol", 1),
        ("truncated", "unreachable", 3),
        ("reset", "unreachable", 3),
        ("closed", "unreachable", 3),
        ("stall", "timeout", 3),
    ],
)
def test_a_bad_answer_to_a_range_is_an_error_and_never_a_loop(
    index: LoopbackIndex, kind: Any, code: str, requests: int
) -> None:
    index.fault("/files/*", kind)
    error = failure(ten_bytes(index, total=len(WHEEL.to_bytes())), quick_fetcher(kind))
    assert (error.code, len(index.requests)) == (code, requests)
    assert error.url == index.file_url(WHEEL.filename)


@pytest.mark.parametrize("kind", ["truncated", "reset", "closed", "stall", "status"])
def test_what_passes_is_asked_for_again(index: LoopbackIndex, kind: Any) -> None:
    index.fault("/files/*", kind, times=2, status=503)
    assert run(ten_bytes(index), quick_fetcher(kind)).body == WHEEL.to_bytes()[5:15]
    assert len(index.requests) == 3


def test_a_drip_ends_at_the_deadline(index: LoopbackIndex) -> None:
    index.fault("/files/*", "drip", delay=0.05)
    started = time.monotonic()
    error = failure(ten_bytes(index), quick_fetcher(deadline=0.2))
    assert (error.code, len(index.requests)) == ("timeout", 1)
    assert time.monotonic() - started < 2


# Statuses


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [
        (404, "not-found", 1),
        (410, "not-found", 1),
        (401, "unauthorized", 1),
        (403, "unauthorized", 1),
        (407, "unauthorized", 1),
        (400, "refused", 1),
        (451, "refused", 1),
        (501, "server-error", 1),
        (204, "protocol", 1),
        (206, "protocol", 1),
        (300, "protocol", 1),
        (429, "server-error", 3),
        (500, "server-error", 3),
        (503, "server-error", 3),
    ],
)
def test_each_status_has_its_error_and_its_number_of_tries(
    index: LoopbackIndex, status: int, code: str, requests: int
) -> None:
    index.fault("*", "status", status=status)
    error = failure(lambda fetcher: fetcher.page(index.page_url("left")))
    assert (error.code, len(index.requests)) == (code, requests)
    assert str(status) in error.reason


@pytest.mark.parametrize("status", [400, 403, 416, 501])
def test_a_refused_range_says_that_it_is_the_range(index: LoopbackIndex, status: int) -> None:
    index.fault("*", "status", status=status)
    error = failure(ten_bytes(index))
    assert isinstance(error, RangesRefusedError)
    assert (error.code, error.status, len(index.requests)) == ("refused", status, 1)


def test_a_range_beyond_the_end_says_that_the_size_is_wrong(index: LoopbackIndex) -> None:
    size = len(WHEEL.to_bytes()) + 100
    url = index.file_url(WHEEL.filename)
    error = failure(lambda fetcher: fetcher.byte_range(url, size - 5, size, total=size, purpose="wheel"))
    assert error.code == "changed"


@pytest.mark.parametrize("wait", ["1000000000", "Fri, 01 Jan 2100 00:00:00 GMT", "0.5", "-3", "soon", ""])
def test_a_server_cannot_make_us_wait_for_ever(index: LoopbackIndex, wait: str) -> None:
    index.fault("*", "status", times=1, status=429, retry_after=wait)
    started = time.monotonic()
    run(lambda fetcher: fetcher.page(index.page_url("left")))
    assert time.monotonic() - started < 1
    assert len(index.requests) == 2


def test_a_short_wait_is_waited(index: LoopbackIndex) -> None:
    index.fault("*", "status", times=1, status=503, retry_after="1000")
    started = time.monotonic()
    run(lambda fetcher: fetcher.page(index.page_url("left")), quick_fetcher(longest_wait=0.2))
    assert time.monotonic() - started >= 0.2


# Whole files


def test_a_whole_file_is_hashed_and_counted(index: LoopbackIndex) -> None:
    facts = index.facts(WHEEL.filename)
    fetcher = quick_fetcher()
    url = index.file_url(WHEEL.filename)
    download = run(lambda fetcher: fetcher.whole(url, sha256=facts.sha256, size=facts.size), fetcher)
    with download.file:
        assert (download.sha256, download.size) == (facts.sha256, facts.size)
    assert (fetcher.traffic.wheel_requests, fetcher.traffic.bytes) == (1, facts.size)


@pytest.mark.parametrize(
    ("sha256", "size", "limit", "code", "requests"),
    [
        ("0" * 64, None, 10_000, "changed", 1),
        (None, 3, 10_000, "changed", 1),
        (None, None, 100, "too-large", 1),
        (None, 10_001, 10_000, "too-large", 0),
    ],
)
def test_another_or_too_large_a_file_is_refused(
    index: LoopbackIndex, sha256: str | None, size: int | None, limit: int, code: str, requests: int
) -> None:
    url = index.file_url(WHEEL.filename)
    fetcher = quick_fetcher(max_download=limit)
    error = failure(lambda fetcher: fetcher.whole(url, sha256=sha256, size=size), fetcher)
    assert (error.code, len(index.requests)) == (code, requests)


def test_a_file_of_no_announced_length_is_cut_off_at_the_limit(index: LoopbackIndex) -> None:
    index.fault("/files/*", "unmeasured")
    url = index.file_url(WHEEL.filename)
    error = failure(lambda fetcher: fetcher.whole(url, sha256=None, size=None), quick_fetcher(max_download=100))
    assert (error.code, len(index.requests)) == ("too-large", 1)


# Redirects


def hops(index: LoopbackIndex, count: int) -> str:
    """A URL that leads to the wheel over so many redirects."""
    for hop in range(count):
        target = f"/hop/{hop + 1}" if hop + 1 < count else f"/files/{WHEEL.filename}"
        index.fault(f"/hop/{hop}", "status", status=(301, 302, 303, 307, 308)[hop % 5], location=target)
    return f"{index.url}/hop/0"


def test_five_redirects_are_followed_with_the_range(index: LoopbackIndex) -> None:
    url = hops(index, 5)
    reply = run(lambda fetcher: fetcher.byte_range(url, 5, 15, total=None, purpose="wheel"))
    assert reply.body == WHEEL.to_bytes()[5:15]
    assert [request.range for request in index.requests] == ["bytes=5-14"] * 6


def test_a_sixth_redirect_and_a_loop_are_not(index: LoopbackIndex) -> None:
    url = hops(index, 6)
    error = failure(lambda fetcher: fetcher.byte_range(url, 5, 15, total=None, purpose="wheel"))
    assert (error.code, len(index.requests)) == ("refused", 6)
    index.forget()
    index.fault("/loop", "status", status=302, location="/loop")
    assert failure(lambda fetcher: fetcher.page(f"{index.url}/loop")).code == "refused"
    assert len(index.requests) == 6


def test_a_page_says_where_it_came_from_in_the_end(index: LoopbackIndex) -> None:
    index.fault("/simple/Left/", "status", status=301, location="../left/")
    assert run(lambda fetcher: fetcher.page(f"{index.simple}Left/")).url == index.page_url("left")


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://files.example/x", "javascript:1", "http://["],
)
def test_a_redirect_to_no_web_address_is_refused(index: LoopbackIndex, location: str) -> None:
    index.fault("/simple/*", "status", status=302, location=location)
    assert failure(lambda fetcher: fetcher.page(index.page_url("left"))).code == "refused"
    assert len(index.requests) == 1


# Credentials


def test_credentials_go_to_their_own_origin_and_are_dropped_on_the_way_to_another(index: LoopbackIndex) -> None:
    index.fault("/simple/*", "status", status=302, location=f"{index.other_url}/links/")
    fetcher = quick_fetcher()
    url = fetcher.credentials.take(index.with_credentials("me", "s3cr3t"))
    run(lambda fetcher: fetcher.page(url), fetcher)
    first, second = index.requests
    assert first.authorization == "Basic bWU6czNjcjN0"
    assert (second.path, second.authorization) == ("/links/", None)
    assert second.headers["host"].startswith("localhost")


def test_credentials_of_one_origin_are_not_sent_to_another(index: LoopbackIndex) -> None:
    fetcher = quick_fetcher()
    fetcher.credentials.take(index.with_credentials("me", "s3cr3t"))
    run(lambda fetcher: fetcher.page(f"{index.other_url}/simple/left/"), fetcher)
    assert [request.authorization for request in index.requests] == [None]


def test_credentials_in_a_url_are_used_for_it_alone(index: LoopbackIndex) -> None:
    index.auth = ("user", "secret")

    def both(fetcher: Fetcher) -> None:
        page = fetcher.page(index.with_credentials() + "left/")
        assert page.url == index.page_url("left")
        with pytest.raises(FetchError):
            fetcher.page(index.page_url("left"))

    run(both)


def test_netrc_is_read_by_host_but_its_default_is_not(
    index: LoopbackIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cr3t\ndefault login any password body\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("NO_PROXY", "*")

    def both(fetcher: Fetcher) -> None:
        fetcher.page(index.page_url("left"))
        fetcher.page(f"{index.other_url}/simple/left/")

    run(both, quick_fetcher(trust_env=True))
    assert [request.authorization for request in index.requests] == ["Basic bWU6czNjcjN0", None]


@pytest.mark.parametrize("kind", ["status", "closed", "stall", "drip", "bomb", "body", "redirect"])
def test_no_error_gives_a_secret_away(index: LoopbackIndex, kind: Any) -> None:
    if kind == "redirect":
        index.fault("*", "status", status=302, location="http://me:s3cr3t@169.254.169.254:x/")
    else:
        index.fault("*", kind, body=b"x" * 9000, delay=0.1)
    fetcher = quick_fetcher(max_page=8000, deadline=0.3)
    error = failure(lambda fetcher: fetcher.page(index.with_credentials("me", "s3cr3t") + "left/"), fetcher)
    assert (
        "s3cr3t"
        not in f"{error} {error!r} {error.url} {error.__cause__!r} {error.__suppress_context__ or error.__context__!r}"
    )
    assert "s3cr3t" not in repr(fetcher)


# No answer at all


def test_offline_nothing_is_asked(index: LoopbackIndex) -> None:
    assert failure(ten_bytes(index), quick_fetcher(offline=True)).code == "offline"
    assert index.requests == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://files.example/", "left", "http://", "http://a b/", "http://[::1", "http://x:y/"],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert failure(lambda fetcher: fetcher.page(url)).code == "refused"


def test_the_reasons_for_no_connection_can_be_told_apart(index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    refused = failure(lambda fetcher: fetcher.page(f"http://127.0.0.1:{port}/"))
    no_tls = failure(lambda fetcher: fetcher.page(f"https://127.0.0.1:{index.port}/"))

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    unknown = failure(lambda fetcher: fetcher.page("http://files.example/"))
    assert {error.code for error in (refused, no_tls, unknown)} == {"unreachable"}
    assert "connection" in refused.reason
    assert "TLS" in no_tls.reason
    assert "files.example cannot be resolved" in unknown.reason


@needs_openssl
def test_a_certificate_is_trusted_only_where_it_is_given(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    with LoopbackIndex(tmp_path / "wheels", certificate=certificate_of(tmp_path)) as index:
        index.add(WHEEL)
        error = failure(ten_bytes(index))
        assert "certificate" in error.reason
        assert index.requests == []
        assert run(ten_bytes(index), quick_fetcher(cert=certificate)).total == len(WHEEL.to_bytes())
        index.fault("*", "status", status=302, location=f"http://127.0.0.1:{index.port}/")
        assert "https to http" in failure(ten_bytes(index), quick_fetcher(cert=certificate)).reason
    with pytest.raises(IndexSettingsError):
        run(lambda fetcher: fetcher.page("https://127.0.0.1/"), quick_fetcher(cert=tmp_path / "none.pem"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_credentials_is_named_as_such(
    index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "no_proxy",
        "NO_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "none")
    monkeypatch.setenv(f"{scheme}_proxy", f"http://me:s3cr3t@127.0.0.1:{index.port}")
    index.fault("*", "status", status=407)
    error = failure(lambda fetcher: fetcher.page(f"{scheme}://files.example/"), quick_fetcher(trust_env=True))
    assert (error.code, len(index.requests)) == ("unauthorized", 1)
    assert "proxy" in error.reason
    assert "s3cr3t" not in str(error)


def test_a_proxy_variable_that_makes_no_sense_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "gopher://me:s3cr3t@127.0.0.1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(IndexSettingsError) as caught:
        run(lambda fetcher: fetcher.page("http://files.example/"), quick_fetcher(trust_env=True))
    assert "s3cr3t" not in str(caught.value)


# Many at once, and one after another


def test_no_more_requests_at_once_than_allowed(index: LoopbackIndex) -> None:
    index.fault("*", "drip", delay=0.0005)

    def many(fetcher: Fetcher) -> None:
        run_all([partial(ten_bytes(index), fetcher) for _ in range(12)])

    run(many, quick_fetcher(concurrency=3))
    assert len(index.requests) == 12
    assert index.most_at_once == 3


def test_a_fetcher_may_be_used_after_it_was_closed(index: LoopbackIndex) -> None:
    fetcher = quick_fetcher()
    run(ten_bytes(index), fetcher)
    run(ten_bytes(index), fetcher)
    assert fetcher.traffic.wheel_requests == 2
