"""What an HTTP answer is worth, judged by status and headers before any of its body is read (RFC 9110).

Pure functions of numbers and headers; no client, no network.
"""

from __future__ import annotations

import re
import time
import zlib
from typing import TYPE_CHECKING

from wheelclash.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Gunzip",
    "RangesRefusedError",
    "RetryError",
    "check_identity",
    "check_range",
    "check_status",
    "length_of",
    "retry_after",
]

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
    """Something that may pass; never leaves :mod:`wheelclash.fetch`.

    Attributes:
        error: What to raise when patience is at an end.
        after: Seconds the server asks to wait, or None.
    """

    def __init__(self, error: FetchError, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


def check_status(status: int, headers: Mapping[str, str], url: str, *, ranged: bool, total: int | None = None) -> None:
    """Return if a body worth reading follows.

    Args:
        status: Of the answer.
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
        told = re.fullmatch(r"bytes \*/(\d{1,18})", headers.get("content-range", "").strip())
        if status == _UNSATISFIABLE and total is not None and told is not None and int(told[1]) != total:
            raise FetchError(url, "changed", f"the file should have {total} bytes, on the server it has {told[1]}")
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
    """Size of the whole file, by a 206 answer that is just what was asked for.

    Raises:
        FetchError: ``protocol`` for another part or an encoded one, ``changed`` for another total than ``total``.
    """
    told = headers.get("content-range", "")
    match = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", told.strip(), re.IGNORECASE | re.ASCII)
    if match is None:
        raise FetchError(url, "protocol", "the server sends a part without saying which (no valid Content-Range)")
    found = int(match[3]) if match[3] != "*" else total
    if found is None:
        raise FetchError(url, "protocol", "the server does not say how large the file is")
    if total is not None and found != total:
        raise FetchError(url, "changed", f"the file should have {total} bytes, the server says {found}")
    if (int(match[1]), int(match[2])) != (start, stop - 1) or found < stop:
        asked = f"bytes {start}-{stop - 1}"
        raise FetchError(url, "protocol", f"the server sends another part than asked for ({asked})")
    check_identity(headers, url)
    length = length_of(headers)
    if length is not None and length != stop - start:
        raise FetchError(url, "protocol", f"the server announces {length} bytes where {stop - start} were asked for")
    return found


def check_identity(headers: Mapping[str, str], url: str) -> None:
    """Refuse an encoded body: a file is what it is.

    Raises:
        FetchError: ``protocol``.
    """
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity"}:
        raise FetchError(url, "protocol", f"the server sends the file encoded ({encoding!r}), which was not asked for")


def length_of(headers: Mapping[str, str]) -> int | None:
    """``Content-Length``, if there is a sane one."""
    text = headers.get("content-length", "").strip()
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def retry_after(value: str | None, *, now: float | None = None) -> float | None:
    """Seconds to wait by a ``Retry-After`` header (seconds or an HTTP date), never negative; None if it says nothing.

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
        """The whole body.

        Raises:
            FetchError: ``protocol`` if the packed bytes ended too early.
        """
        if not self._inflater.eof:
            raise FetchError(self._url, "protocol", "the server sends a page that ends in the middle")
        return bytes(self.body)
