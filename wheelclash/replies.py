"""What fetching yields: pages, parts of files, whole files, and the count of what went over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, Literal

from wheelclash.errors import FetchError

__all__ = ["Download", "PageReply", "Purpose", "RangeReply", "Traffic"]

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
        """One more request."""
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
        body: Unpacked.
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
        size: Bytes.
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


@dataclass(frozen=True, slots=True)
class RangeReply:
    """The answer to a range request.

    Attributes:
        body: Exactly the bytes asked for; empty if the server sent the whole file instead.
        download: The whole file, if the server ignored the range and the file is small enough.
        total: Size of the file in bytes.
        etag, last_modified: Validators, or None.
    """

    body: bytes
    download: Download | None
    total: int
    etag: str | None
    last_modified: str | None
