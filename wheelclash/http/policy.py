"""Rules for HTTP answers: judged by status and headers before any of the body is read (RFC 9110).

Pure functions of numbers and headers, without client and network; and the values that fetching yields: pages, parts of
files, whole files, and counts of requests and bytes.

Redirects are followed by hand, since a client library knows nothing of indexes: no downgrade from https to http,
another host only over https (or from loopback to loopback), never from a public host to a private address.
"""

from __future__ import annotations

import re
import time
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

from wheelclash.errors import FetchError
from wheelclash.http.urls import origin_of, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

__all__ = [
    "MAX_HOPS",
    "Download",
    "Gunzip",
    "PageReply",
    "Purpose",
    "RangeReply",
    "RangesRefusedError",
    "RetryError",
    "Traffic",
    "check_identity",
    "check_range",
    "check_status",
    "is_private_host",
    "is_web_address",
    "length_of",
    "redirect_target",
    "retry_after",
]

Purpose = Literal["index", "wheel", "member"]
"""What a request is for: an index page, what every wheel needs read, or a member read for a verdict."""


@dataclass(slots=True)
class Traffic:
    """What has gone over the wire: requests by purpose (redirects and retries included), body bytes as received."""

    index_requests: int = 0
    wheel_requests: int = 0
    member_requests: int = 0
    bytes: int = 0

    def count(self, purpose: Purpose) -> None:
        """Count one more request."""
        if purpose == "index":
            self.index_requests += 1
        elif purpose == "wheel":
            self.wheel_requests += 1
        else:
            self.member_requests += 1


@dataclass(frozen=True, slots=True)
class PageReply:
    """An index page.

    Attributes:
        status: 200, or 304 where the validators given still hold (the body is then empty).
        url: Where it came from in the end, without credentials; what relative links are relative to.
        content_type: The header, or the empty string.
        body: The body, unpacked.
        etag, last_modified: Validators, or None.
    """

    status: int
    url: str
    content_type: str
    body: bytes
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class Download:
    """A whole file, in a temporary file that lives as long as it is open.

    Attributes:
        file: Seekable; the reader's to close.
        size: Its size in bytes.
        sha256: Hex digest of them.
    """

    file: IO[bytes]
    size: int
    sha256: str

    def require(self, url: str, *, sha256: str | None, size: int | None) -> None:
        """Compare with what the index says; closes the file if it is another.

        Raises:
            FetchError: ``changed``.
        """
        if size is not None and size != self.size:
            self.file.close()
            raise FetchError(url, "changed", f"the index says {size} bytes, the server sends {self.size}")
        if sha256 is not None and sha256.lower() != self.sha256:
            self.file.close()
            raise FetchError(url, "changed", "the file is not the one the index describes: its sha256 differs")


class BytesOnDisk:
    """Bytes in a temporary file: too many to be kept in memory. They are gone when it is closed.

    Args:
        file: Seekable.
        size: How many there are.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def __getitem__(self, span: slice) -> bytes:
        """Return the bytes of a span, as a slice of ``bytes`` does; the step is always 1."""
        start, stop, _ = span.indices(self._size)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class RangeReply:
    """The answer to a range request.

    Attributes:
        body: Exactly the bytes asked for, in memory or, if they are many, in a temporary file; empty if the server sent
            the whole file instead.
        download: The whole file, if the server ignored the range and the file is small enough.
        total: Size of the file in bytes.
        etag, last_modified: Validators, or None.
    """

    body: bytes | BytesOnDisk
    download: Download | None
    total: int
    etag: str | None
    last_modified: str | None

    def discard(self) -> None:
        """Remove the temporary file that it came in, if there is one."""
        if self.download is not None:
            self.download.file.close()
        if isinstance(self.body, BytesOnDisk):
            self.body.close()


_OK, _PARTIAL = 200, 206
_NOT_FOUND = frozenset({404, 410})
_UNAUTHORIZED = frozenset({401, 403})
_PROXY_AUTH, _UNSATISFIABLE = 407, 416
_REFUSES_RANGES = frozenset({400, 403, 416, 501})
_PASSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 527, 529, 530})


class RangesRefusedError(FetchError):
    """The server does not give parts of this file; perhaps it gives the whole.

    Attributes:
        status: The HTTP status it refused with.
    """

    def __init__(self, url: str, status: int) -> None:
        super().__init__(url, "refused", f"the server refuses to send parts of the file (status {status})")
        self.status = status


class RetryError(Exception):
    """Something that may pass; never leaves :mod:`wheelclash.http.client`.

    Attributes:
        error: What to raise when patience is at an end.
        after: Seconds the server asks to wait, or None.
    """

    def __init__(self, error: FetchError, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


def check_status(status: int, headers: Mapping[str, str], url: str, *, ranged: bool, total: int | None = None) -> None:
    """Raise an error unless a body worth reading follows.

    Args:
        status: The status of the answer.
        headers: Of the answer, looked up in lower case.
        url: Without credentials, for errors.
        ranged: Whether a range was asked for; 206 is then an answer, and some refusals are about the range alone.
        total: Size of the file, if known.

    Raises:
        RangesRefusedError: Asking without a range may help.
        RetryError: Asking again may help.
        FetchError: Nothing will.
    """
    if status == _OK or (ranged and status == _PARTIAL):
        return
    if status in _PASSES:
        raise RetryError(
            FetchError(url, "server-error", f"the server cannot answer now (status {status})"),
            retry_after(headers.get("retry-after")),
        )
    if ranged and status in _REFUSES_RANGES:
        match = re.fullmatch(r"bytes \*/(\d{1,18})", headers.get("content-range", "").strip())
        if status == _UNSATISFIABLE and total is not None and match is not None and int(match[1]) != total:
            raise FetchError(url, "changed", f"the file should have {total} bytes, on the server it has {match[1]}")
        raise RangesRefusedError(url, status)
    if status in _NOT_FOUND:
        raise FetchError(url, "not-found", f"the server does not have it (status {status})")
    if status in _UNAUTHORIZED:
        raise FetchError(url, "unauthorized", f"the server wants other credentials than it got (status {status})")
    if status == _PROXY_AUTH:
        raise FetchError(url, "unauthorized", "the proxy wants credentials (status 407)")
    if status >= 500:  # noqa: PLR2004 - the class of server errors
        raise FetchError(url, "server-error", f"the server fails (status {status})")
    if status >= 400:  # noqa: PLR2004 - the class of client errors
        raise FetchError(url, "refused", f"the server refuses to answer (status {status})")
    raise FetchError(url, "protocol", f"the server gives an answer that makes no sense here (status {status})")


def check_range(headers: Mapping[str, str], url: str, start: int, stop: int, total: int | None) -> int:
    """Return the size of the whole file in bytes, by a 206 answer that is exactly what was asked for (RFC 9110).

    Raises:
        FetchError: ``protocol`` for another part or an encoded one, ``changed`` for another total than ``total``.
    """
    content_range = headers.get("content-range", "")
    match = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", content_range.strip(), re.IGNORECASE | re.ASCII)
    if match is None:
        raise FetchError(url, "protocol", "the server sends a part without saying which (no valid Content-Range)")
    size = int(match[3]) if match[3] != "*" else total
    if size is None:
        raise FetchError(url, "protocol", "the server does not say how large the file is")
    if total is not None and size != total:
        raise FetchError(url, "changed", f"the file should have {total} bytes, the server says {size}")
    if (int(match[1]), int(match[2])) != (start, stop - 1) or size < stop:
        asked = f"bytes {start}-{stop - 1}"
        raise FetchError(url, "protocol", f"the server sends another part than asked for ({asked})")
    check_identity(headers, url)
    length = length_of(headers)
    if length is not None and length != stop - start:
        raise FetchError(url, "protocol", f"the server announces {length} bytes where {stop - start} were asked for")
    return size


def check_identity(headers: Mapping[str, str], url: str) -> None:
    """Refuse an encoded body: a file is what it is.

    Raises:
        FetchError: ``protocol``.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        raise FetchError(url, "protocol", f"the server sends the file encoded ({encoding!r}), which was not asked for")


def length_of(headers: Mapping[str, str]) -> int | None:
    """Return ``Content-Length`` in bytes; None if there is no plausible one."""
    text = headers.get("content-length", "").strip()
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def retry_after(value: str | None, *, now: float | None = None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for (RFC 9110), never negative; None if it asks for none.

    Args:
        value: The header.
        now: Seconds since the epoch, for a date; by default the clock's.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"\d+", text, re.ASCII):
        return float(text[:18])
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


class Gunzip:
    """Inflates a gzip body piece by piece, up to a limit.

    Attributes:
        body: What has come out so far.
    """

    def __init__(self, url: str, limit: int) -> None:
        self.body = bytearray()
        self._url = url
        self._limit = limit
        self._inflater = zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> None:
        """Add packed bytes.

        Raises:
            FetchError: ``too-large`` beyond the limit, ``protocol`` if it is no gzip.
        """
        try:
            while data:
                if self._inflater.eof:  # one gzip member may follow another
                    self._inflater = zlib.decompressobj(wbits=31)
                self.body += self._inflater.decompress(data, self._limit + 1 - len(self.body))
                if len(self.body) > self._limit:
                    raise FetchError(self._url, "too-large", f"the page inflates to more than {self._limit} bytes")
                data = self._inflater.unconsumed_tail or self._inflater.unused_data
        except zlib.error:
            raise FetchError(self._url, "protocol", "the server sends a page that cannot be unpacked") from None

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            FetchError: ``protocol`` if the packed bytes ended too early.
        """
        if not self._inflater.eof:
            raise FetchError(self._url, "protocol", "the server sends a page that ends in the middle")
        return bytes(self.body)


MAX_HOPS = 5
"""Redirects followed for one request."""


def redirect_target(url: str, location: str) -> str:
    """Return the URL to ask next.

    Args:
        url: The URL that answered with a redirect.
        location: Its ``Location`` header, absolute or relative.

    Raises:
        FetchError: ``refused``, if the rules of this module forbid it.
    """
    here = without_credentials(url)
    try:
        target = without_credentials(urljoin(url, location))
    except ValueError:
        target = ""
    if not is_web_address(target):
        raise FetchError(here, "refused", "the server redirects to something that is no web address")
    old, new = urlsplit(url), urlsplit(target)
    scheme, host = new.scheme.lower(), new.hostname or ""
    if old.scheme.lower() == "https" and scheme == "http":
        raise FetchError(here, "refused", "the server redirects from https to http, which is not followed")
    old_host = old.hostname or ""
    if is_private_host(host) and not is_private_host(old_host):
        raise FetchError(here, "refused", f"the server redirects to the private address {host}, which is not followed")
    loopback = _is_loopback(old_host) and _is_loopback(host)
    if origin_of(target) != origin_of(url) and scheme == "http" and not loopback and host != old_host:
        raise FetchError(here, "refused", f"the server redirects to another host over plain http ({host})")
    return target


def is_web_address(url: str) -> bool:
    """Return whether ``url`` is http or https, with a host and, if it has a port, a sane one."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises if it is no number
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme.lower() in {"http", "https"} and bool(host) and host.isprintable() and " " not in host


def is_private_host(host: str) -> bool:
    """Return whether a host is spelt as a loopback name, or an address that is not on the public internet."""
    if _is_local_name(host):
        return True
    address = _address(host)
    return address is not None and not address.is_global


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return _is_local_name(host) or (address is not None and address.is_loopback)


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    import ipaddress
    import socket

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:  # "127.1" and "0x7f000001" reach the resolver, which understands them
            return ipaddress.ip_address(socket.inet_aton(host.rstrip(".")))
        except (OSError, ValueError):
            return None
    return (address.version == 6 and address.ipv4_mapped) or address  # noqa: PLR2004 - IPv6
