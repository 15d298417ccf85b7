"""A deadline for a whole HTTP answer: the client's own timeouts only bound each wait for the next bytes.

A server that sends one byte every ten seconds never exceeds those. So the streams of the client's connections are
wrapped: every operation on one gets at most the time that the current thread's deadline leaves, and ends with
:class:`DeadlineError` once there is none. The same place notices that the thread was asked to stop.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpcore

from wheelclash.threads import pause

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    import httpx

__all__ = ["Deadline", "DeadlineError", "HeadError"]

MAX_HEAD = 512 * 1024
"""Bytes that are read until the head of an answer is complete, preliminary replies (1xx) before it included.

The client allows a head of 100 KiB; the last read may hold some of the body.
"""


class DeadlineError(Exception):
    """An answer was not complete when its deadline came."""


class HeadError(Exception):
    """A server sends more before its answer than any head has: replies such as 103 without an end."""


class Deadline(threading.local):
    """The moment at which the answer that the current thread waits for must be complete.

    Attributes:
        moment: Seconds of :func:`time.monotonic`.
        room: Bytes that may still be read before the head of the answer is complete.
    """

    moment = math.inf
    room = math.inf

    @contextmanager
    def head(self) -> Iterator[None]:
        """Let no more be read in this block than the heads of an answer and of what comes before it have."""
        self.room = MAX_HEAD
        try:
            yield
        finally:
            self.room = math.inf

    def count(self, size: int) -> None:
        """Count bytes that were read.

        Raises:
            HeadError: They are more than a head has.
        """
        self.room -= size
        if self.room < 0:
            raise HeadError

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let what is done in this block take so many seconds."""
        self.moment = monotonic() + seconds
        try:
            yield
        finally:
            self.moment = math.inf

    def extend(self, seconds: float) -> None:
        """Give the current block so many seconds from now."""
        self.moment = monotonic() + seconds

    def left(self, timeout: float | None) -> float | None:
        """Return what one operation may take.

        Args:
            timeout: Seconds it may take by itself; None for any number.

        Raises:
            DeadlineError: The deadline has passed.
            StoppedError: The thread was told to stop.
        """
        pause(0)
        left = self.moment - monotonic()
        if left <= 0:
            raise DeadlineError
        if math.isinf(left):
            return timeout
        return left if timeout is None else min(timeout, left)

    def bound(self, client: httpx.Client) -> None:
        """Make every connection that a client opens from now on keep this deadline.

        httpx has no public way to give a client's connections another network backend, httpcore's pools do.
        """
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001
            pool = getattr(transport, "_pool", None)
            if pool is not None:
                pool._network_backend = _Backend(pool._network_backend, self)  # noqa: SLF001

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Say that the deadline has passed where only that made an operation run out of time."""
        try:
            yield
        except httpcore.TimeoutException:
            if monotonic() >= self.moment:
                raise DeadlineError from None
            raise


class _Backend(httpcore.NetworkBackend):
    """Opens connections of another backend that keep a deadline."""

    def __init__(self, backend: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        with self._deadline.kept():
            stream = self._backend.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        return self._backend.connect_unix_socket(path, timeout, socket_options)

    def sleep(self, seconds: float) -> None:
        pause(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection that keeps a deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline.left(timeout)
        with self._deadline.kept():
            data = self._stream.read(max_bytes, left)
        self._deadline.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._deadline.left(timeout)
        with self._deadline.kept():
            self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        with self._deadline.kept():
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)
