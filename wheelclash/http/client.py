"""Requests over HTTP; the only module that imports the HTTP client, and only when a request is made.

Every answer is judged before its body is read: status, then ``Content-Range``, then length and encoding (RFC 9110).
Bodies are bounded, requests have a deadline, retries an end; credentials go to their own origin and nowhere else; no
URL in an error carries any.
"""

from __future__ import annotations

import hashlib
import threading
from base64 import b64encode
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

from wheelclash.errors import FetchError, IndexSettingsError
from wheelclash.files import LARGEST_CONFIGURATION, require_file
from wheelclash.http.policy import (
    MAX_HOPS,
    BytesOnDisk,
    Download,
    Gunzip,
    PageReply,
    Purpose,
    RangeReply,
    RangesRefusedError,
    RetryError,
    Traffic,
    check_identity,
    check_range,
    check_status,
    is_web_address,
    length_of,
    redirect_target,
)
from wheelclash.http.urls import Credentials, netrc_logins, origin_of, without_credentials
from wheelclash.progress import SILENT, Progress
from wheelclash.threads import pause

_T = TypeVar("_T")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

    from wheelclash.http.deadline import Deadline

    _Reader: TypeAlias = Callable[[httpx.Response, str], _T]

__all__ = [
    "MAX_DOWNLOAD",
    "MAX_PAGE",
    "Download",
    "Fetcher",
    "PageReply",
    "Purpose",
    "RangeReply",
    "RangesRefusedError",
    "Traffic",
]


MAX_DOWNLOAD = 64 * 1024 * 1024
"""Bytes of a file that may be downloaded whole, unless told otherwise."""

MAX_PAGE = 128 * 1024 * 1024
"""Bytes an index page may have, packed or unpacked, on a server or on disk. The largest known page has 11 MB."""

MAX_PAGES = 256 * 1024 * 1024
"""Bytes that all index pages of one question may have, unpacked: a hundred pages have about 50 MB."""

_IN_MEMORY = 8 * 1024 * 1024
_SLOWEST = 32 * 1024
_TRIES = 3
_SMALL_BODY = 16 * 1024
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_WHOLE, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _Connections:
    """What the fetchers of a session share: a client for each certificate, and what was read of netrc.

    Attributes:
        lock: For all of it.
        slots: As many requests go at once.
        clients: By the further certificates that they trust.
        deadline: What their connections keep; made with the first of them.
        netrc: Logins by host; None until they are needed.
    """

    def __init__(self, concurrency: int) -> None:
        self.lock = threading.Lock()
        self.slots = threading.BoundedSemaphore(concurrency)
        self.clients: dict[Path | None, httpx.Client] = {}
        self.deadline: Deadline | None = None
        self.netrc: dict[str, tuple[str, str]] | None = None


@dataclass
class Fetcher:
    """Asks servers for one question: its own certificate and counters, over connections that a session shares.

    Attributes:
        credentials: User names and passwords by origin.
        offline: Refuse every request.
        max_download: Bytes of a file that may be downloaded whole.
        max_page: Bytes an index page may have, packed or unpacked.
        max_pages: Bytes all index pages together may have.
        concurrency: The most requests at a time.
        cert: Further CA certificates, as a PEM file.
        trust_env: Honour proxy variables and netrc.
        connect_timeout, read_timeout: Seconds for a connection, and between two pieces of an answer.
        deadline: Seconds for one answer; a whole file gets more, by its size.
        backoff: Seconds before the second try; doubled for the third.
        longest_wait: The most a server's ``Retry-After`` can make us wait, in seconds.
        pace: Waits until the next request may be sent; None for no limit but ``concurrency``.
        traffic: Counters of requests and bytes.
        progress: Is told of bytes.
    """

    credentials: Credentials = field(default_factory=Credentials)
    offline: bool = False
    max_download: int = MAX_DOWNLOAD
    max_page: int = MAX_PAGE
    max_pages: int = MAX_PAGES
    concurrency: int = 16
    cert: Path | None = None
    trust_env: bool = True
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    deadline: float = 60.0
    backoff: float = 0.25
    longest_wait: float = 60.0
    agent: str = "wheelclash"
    pace: Callable[[], None] | None = None
    traffic: Traffic = field(default_factory=Traffic)
    progress: Progress = field(default=SILENT, repr=False)
    _shared: _Connections | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _page_bytes: int = field(default=0, init=False, repr=False)

    def for_question(self) -> Fetcher:
        """Return a fetcher over the same connections that counts for itself."""
        return replace(self, traffic=Traffic(), _shared=self._connections)

    @property
    def _connections(self) -> _Connections:
        with self._lock:
            if self._shared is None:
                self._shared = _Connections(self.concurrency)
            return self._shared

    def page(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> PageReply:
        """Fetch an index page, JSON (PEP 691) rather than HTML (PEP 503).

        Args:
            url: Its address.
            etag: Validator of a copy at hand, for a conditional request.
            last_modified: The other validator.

        Raises:
            FetchError: With any of its codes; ``too-large`` beyond ``max_page``.
        """
        headers = {"Accept": _ACCEPT, "Accept-Encoding": "gzip", "Cache-Control": "max-age=0"}
        if etag is not None:
            headers["If-None-Match"] = etag
        if last_modified is not None:
            headers["If-Modified-Since"] = last_modified

        def read(response: httpx.Response, here: str) -> PageReply:
            headers, body = response.headers, b""
            if response.status_code != _NOT_MODIFIED or (etag is None and last_modified is None):
                check_status(response.status_code, headers, here, ranged=False)
                body = self._page_body(response, here)
            kind = headers.get("content-type", "")
            return PageReply(response.status_code, here, kind, body, headers.get("etag"), headers.get("last-modified"))

        return self._ask(url, headers, read, "index")

    def byte_range(
        self, url: str, start: int, stop: int, *, total: int | None, purpose: Purpose, fresh: bool = False
    ) -> RangeReply:
        """Fetch the bytes ``start`` to ``stop`` (exclusive) of a file.

        Args:
            url: Its address.
            start: First byte.
            stop: One past the last byte.
            total: Size of the file, if known; any other is an error.
            purpose: The counter that its requests are added to.
            fresh: Ask caches on the way for a new copy, after one that made no sense.

        Raises:
            RangesRefusedError: The server does not do ranges (of this file); ask for the whole.
            FetchError: ``changed`` if it has another size, ``protocol`` if the answer is not what was asked for.
        """
        headers = {**_file_headers(fresh=fresh), "Range": f"bytes={start}-{stop - 1}"}

        def read(response: httpx.Response, here: str) -> RangeReply:
            headers = response.headers
            check_status(response.status_code, headers, here, ranged=True, total=total)
            validators = headers.get("etag"), headers.get("last-modified")
            if response.status_code == _WHOLE:
                download = self._save(response, here)
                return RangeReply(b"", download, download.size, *validators)
            size = check_range(headers, here, start, stop, total)
            few = stop - start <= _IN_MEMORY
            body = self._exactly(response, here, stop - start) if few else self._spooled(response, here, stop - start)
            return RangeReply(body, None, size, *validators)

        return self._ask(url, headers, read, purpose)

    def whole(
        self, url: str, *, sha256: str | None, size: int | None, purpose: Purpose = "wheel", fresh: bool = False
    ) -> Download:
        """Download a file of at most ``max_download`` bytes.

        Args:
            url: Its address.
            sha256: Hex digest it must have, if known.
            size: Bytes it must have, if known.
            purpose: The counter that its requests are added to.
            fresh: As for :meth:`byte_range`.

        Raises:
            FetchError: ``too-large``, ``changed`` if it is another file than described, or any other code.
        """
        here = without_credentials(url)
        self._require_room(here, size)

        def read(response: httpx.Response, here: str) -> Download:
            check_status(response.status_code, response.headers, here, ranged=False)
            return self._save(response, here)

        download = self._ask(url, _file_headers(fresh=fresh), read, purpose)
        download.require(here, sha256=sha256, size=size)
        return download

    def close(self) -> None:
        """Close the connections, if there are any; a later request opens new ones."""
        shared = self._connections
        with shared.lock:
            clients = list(shared.clients.values())
            shared.clients.clear()
        for client in clients:
            client.close()

    def _ask(self, url: str, headers: dict[str, str], read: _Reader[_T], purpose: Purpose) -> _T:
        clean = without_credentials(url)
        if self.offline:
            raise FetchError(clean, "offline", "it is not in the cache, and --offline forbids asking for it")
        if not is_web_address(clean):
            raise FetchError(clean, "refused", "only http and https URLs can be asked for")
        client, deadline = self._connected()
        for attempt in range(_TRIES):
            try:
                # A slot is held for one try; a pause between tries leaves it to other requests.
                with self._connections.slots:
                    return self._answer(client, deadline, url, headers, read, purpose)
            except RetryError as retry:
                if attempt == _TRIES - 1:
                    raise retry.error from None
                wait = self._pause(attempt) if retry.after is None else retry.after
            pause(min(wait, self.longest_wait))
        raise AssertionError("unreachable")

    def _answer(
        self,
        client: httpx.Client,
        deadline: Deadline,
        url: str,
        headers: dict[str, str],
        read: _Reader[_T],
        purpose: Purpose,
    ) -> _T:
        """Return the answer to one try, redirects followed, within the deadline; errors of the client become ours."""
        import httpx

        from wheelclash.http.deadline import DeadlineError, HeadError

        here, authorization = without_credentials(url), self._authorization(url)
        try:
            with deadline.within(self.deadline):
                for _ in range(MAX_HOPS + 1):
                    sent = headers if authorization is None else headers | {"Authorization": authorization}
                    if self.pace is not None:
                        self.pace()
                        deadline.extend(self.deadline)  # waiting for our own turn is not the server's fault
                    with self._lock:
                        self.traffic.count(purpose)
                    with deadline.head():
                        response = client.send(client.build_request("GET", here, headers=sent), stream=True)
                    try:
                        location = response.headers.get("location")
                        if response.status_code not in _REDIRECTS or location is None:
                            return read(response, here)
                        target = redirect_target(here, location)
                        if (length_of(response.headers) or _SMALL_BODY) < _SMALL_BODY:
                            self._bounded(response, here, _SMALL_BODY)  # the connection can be used again
                    finally:
                        response.close()
                    # A login goes to the origin that it is for, and never to another one that a redirect names.
                    if origin_of(target) != origin_of(here):
                        authorization = None
                    here = target
        except DeadlineError:  # not tried again: a drip would only drip again
            raise FetchError(here, "timeout", f"the server takes more than {self.deadline:g} s to answer") from None
        except HeadError:
            raise FetchError(here, "protocol", "the server sends one preliminary reply after the other") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _translated(error, here) from None  # the client's own text may hold secrets
        raise FetchError(here, "refused", f"the server redirects more than {MAX_HOPS} times")

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        for piece in response.iter_raw():
            with self._lock:
                self.traffic.bytes += len(piece)
            self.progress.receive(len(piece))
            yield piece

    def _bounded(self, response: httpx.Response, here: str, limit: int) -> bytes:
        """Return a body of at most ``limit`` bytes, as received."""
        body = bytearray()
        _require_at_most(limit, here, length_of(response.headers) or 0)
        for piece in self._pieces(response):
            body += piece
            _require_at_most(limit, here, len(body))
        return bytes(body)

    def _page_body(self, response: httpx.Response, here: str) -> bytes:
        if response.headers.get("content-encoding", "").strip().lower() not in {"gzip", "x-gzip"}:
            check_identity(response.headers, here)
            body = self._bounded(response, here, self.max_page)
            self._count_page(here, len(body))
            return body
        page = Gunzip(here, self.max_page)
        for piece in self._pieces(response):
            before = len(page.body)
            page.feed(piece)
            self._count_page(here, len(page.body) - before)
        return page.finish()

    def _count_page(self, here: str, size: int) -> None:
        """Refuse more bytes of index pages than all of them together may have."""
        with self._lock:
            self._page_bytes += size
            if self._page_bytes <= self.max_pages:
                return
        raise FetchError(here, "too-large", f"the index pages have more than {self.max_pages} bytes together")

    def _exactly(self, response: httpx.Response, here: str, length: int) -> bytes:
        body = self._bounded(response, here, length)
        _require_length(len(body), length, here)
        return body

    def _spooled(self, response: httpx.Response, here: str, length: int) -> BytesOnDisk:
        """Return a body of exactly ``length`` bytes, in a temporary file: the members of some wheels have 200 MB."""
        _require_at_most(length, here, length_of(response.headers) or 0)
        file, size, _ = self._received(response, here, length, partial(_require_at_most, length, here))
        if size != length:
            file.close()
        _require_length(size, length, here)
        return BytesOnDisk(file, size)

    def _save(self, response: httpx.Response, here: str) -> Download:
        """Return the whole file, hashed on its way into a temporary file."""
        check_identity(response.headers, here)
        length = length_of(response.headers)
        self._require_room(here, length)
        file, size, sha256 = self._received(response, here, length, lambda size: self._require_room(here, size))
        return Download(file, size, sha256)

    def _received(
        self, response: httpx.Response, here: str, length: int | None, require: Callable[[int], None]
    ) -> tuple[IO[bytes], int, str]:
        """Write a body to a temporary file as it comes.

        Args:
            response: Its body is not read yet.
            here: Its address, for errors.
            length: How many bytes it is said to have, or None.
            require: Called with how many bytes there are by now; raises ``FetchError`` if they are too many.

        Returns:
            The file, how many bytes it has, and their sha256 in hex.

        Raises:
            FetchError: What ``require`` raises, or ``refused`` if this machine cannot keep them.
        """
        import tempfile

        _, deadline = self._connected()
        deadline.extend(self.deadline + (self.max_download if length is None else length) / _SLOWEST)
        size, digest = 0, hashlib.sha256()
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            for piece in self._pieces(response):
                size += len(piece)
                require(size)
                digest.update(piece)
                file.write(piece)
        except BaseException as error:
            file.close()
            if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                reason = f"its bytes cannot be kept in a temporary file ({error.strerror})"
                raise FetchError(here, "refused", reason) from error
            raise
        return file, size, digest.hexdigest()

    def _require_room(self, url: str, size: int | None) -> None:
        if size is not None and size > self.max_download:
            reason = f"{urlsplit(url).hostname} sends only the whole file: {size} bytes or more"
            raise FetchError(url, "too-large", f"{reason}, --max-download allows {self.max_download}")

    def _connected(self) -> tuple[httpx.Client, Deadline]:
        """Return the client and the deadline that its connections keep; the first request makes them."""
        from wheelclash.http.deadline import Deadline

        shared = self._connections
        with shared.lock:
            if shared.deadline is None:
                shared.deadline = Deadline()
            if self.cert not in shared.clients:
                client = self._new_client()
                shared.deadline.bound(client)
                shared.clients[self.cert] = client
            return shared.clients[self.cert], shared.deadline

    def _new_client(self) -> httpx.Client:
        import ssl
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        from wheelclash.http.certificates import trusting_context

        try:
            context = trusting_context()
        except OSError as error:
            name = error.filename or "of the system"
            raise IndexSettingsError(f"the certificate file {name} cannot be used ({error.strerror})") from None
        if self.cert is not None:
            try:
                require_file(self.cert, LARGEST_CONFIGURATION)
                context.load_verify_locations(cafile=str(self.cert))
            except (OSError, ssl.SSLError):
                raise IndexSettingsError(f"the certificate file {self.cert} cannot be used") from None
        try:
            return httpx.Client(
                verify=context,
                trust_env=self.trust_env,
                follow_redirects=False,
                timeout=httpx.Timeout(self.read_timeout, connect=self.connect_timeout, pool=None),
                headers={"User-Agent": self.agent},
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # no index needs any
            )
        except (ValueError, ImportError, httpx.InvalidURL):
            raise IndexSettingsError("the proxy variables of the environment cannot be used") from None

    def _authorization(self, url: str) -> str | None:
        """Return the header for the origin of ``url``: its own credentials, the store's, or netrc's by host."""
        from_url = Credentials()
        from_url.take(url)
        login = from_url.find(url) or self.credentials.find(url)
        if login is None and self.trust_env:
            shared = self._connections
            if shared.netrc is None:
                shared.netrc = netrc_logins()
            login = shared.netrc.get((urlsplit(url).hostname or "").lower())
        if login is None:
            return None
        return "Basic " + b64encode(":".join(login).encode()).decode("ascii")

    def _pause(self, attempt: int) -> float:
        """Return seconds before the next try: doubled each time, in part random, so that two do not try together."""
        from random import SystemRandom

        return float(self.backoff * 2**attempt * SystemRandom().uniform(0.5, 1.5))


def _require_at_most(limit: int, here: str, size: int) -> None:
    if size > limit:
        raise FetchError(here, "too-large", f"the server sends more than {limit} bytes")


def _require_length(size: int, length: int, here: str) -> None:
    if size != length:
        raise FetchError(here, "protocol", f"the server sends {size} bytes where {length} were asked for")


def _file_headers(*, fresh: bool) -> dict[str, str]:
    encoding = {"Accept-Encoding": "identity"}
    return encoding | {"Cache-Control": "no-cache"} if fresh else encoding


def _translated(error: Exception, url: str) -> FetchError | RetryError:
    """Return an error of the client as one of this library: a retry where another try may help."""
    import socket
    import ssl

    import httpx

    host = urlsplit(url).hostname
    causes = list(_causes(error))
    secure = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError)):
        return FetchError(url, "refused", "it is no URL that can be asked for")
    if isinstance(error, httpx.ProxyError):
        if "407" in str(error):
            return FetchError(url, "unauthorized", "the proxy wants credentials (status 407)")
        return RetryError(FetchError(url, "unreachable", "the proxy does not connect us"))
    if isinstance(error, httpx.ConnectTimeout):
        return RetryError(FetchError(url, "timeout", f"no connection to {host} in time"))
    if isinstance(error, httpx.TimeoutException):
        return RetryError(FetchError(url, "timeout", f"{host} stopped answering"))
    if isinstance(secure, ssl.SSLCertVerificationError):
        return FetchError(url, "unreachable", f"the TLS certificate of {host} is not trusted: {secure.verify_message}")
    if isinstance(error, httpx.ConnectError) and secure is not None:
        return FetchError(url, "unreachable", f"no TLS connection to {host} can be made ({secure.reason})")
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return RetryError(FetchError(url, "unreachable", f"the name {host} cannot be resolved"))
    if isinstance(error, httpx.ConnectError):
        return RetryError(FetchError(url, "unreachable", f"no connection to {host} can be made"))
    return RetryError(FetchError(url, "unreachable", f"the connection to {host} broke off"))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
