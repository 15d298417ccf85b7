"""The HTTP half of the loopback index: connections, good answers, and the faults."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import mmap
import re
import socket
import ssl
import struct
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from .loopback import LoopbackIndex

__all__ = ["Fault", "FaultKind", "Request", "Server"]

_LARGE = 2**20
_ENDS = 2**16
JSON_TYPE = "application/vnd.pypi.simple.v1+json"

FaultKind = Literal[
    "status",  # answer `status` (with `retry_after`, `location`, `body`, `headers` where given)
    "no-ranges",  # Accept-Ranges: none, and 200 with everything
    "ignores-ranges",  # Accept-Ranges: bytes, and 200 with everything
    "wrong-range",  # 206 whose Content-Range begins one byte late
    "wrong-total",  # 206 whose Content-Range has a total one too large
    "no-content-range",  # 206 without Content-Range
    "unmeasured",  # 200 with everything and no Content-Length, ended by the end of the connection
    "short-range",  # 206 whose body is shorter than its Content-Range, honestly counted in Content-Length
    "gzip",  # the body with Content-Encoding: gzip
    "bomb",  # a small gzip body that inflates to `inflated` bytes
    "truncated",  # half of the body, then the connection ends
    "reset",  # half of the body, then a TCP reset
    "closed",  # no answer at all, the connection ends
    "stall",  # headers, then nothing
    "hints",  # preliminary replies (103) without an end
    "drip",  # one byte every `delay` seconds
    "body",  # `body` in place of what was asked, with `content_type` and `headers`
    "changes",  # every matching request is answered under another ETag
    "grows",  # as "changes", and the file is one byte longer each time
    "headers",  # a good answer with `headers` added
]


@dataclass(frozen=True)
class Request:
    """One request as it came in.

    Attributes:
        method: GET, HEAD, …
        path: Path with query, as sent.
        range: The Range header, or None.
        authorization: The Authorization header, or None.
        headers: All headers, names in lower case.
    """

    method: str
    path: str
    range: str | None
    authorization: str | None
    headers: dict[str, str] = field(hash=False)


@dataclass
class Fault:
    """What goes wrong for the paths that match ``pattern``; of several, the one added last.

    Attributes:
        pattern: Shell pattern over the unquoted path.
        kind: See ``FaultKind``.
        times: Only for so many matching requests, then all is well; None for ever.
        after: Only once so many matching requests have been answered well.
        ranged_only: Only for requests with a Range header.
    """

    pattern: str
    kind: FaultKind
    times: int | None = None
    after: int = 0
    ranged_only: bool = False
    status: int = 500
    retry_after: str | None = None
    location: str | None = None
    body: bytes = b""
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.05
    inflated: int = 300 * 2**20
    hits: int = 0


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, index: LoopbackIndex) -> None:
        self.index = index
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)
        if index.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(index.certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End kept-alive connections, so that no handler thread outlives its test."""
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests; anything else is a bug of this server."""
        exception = sys.exception()
        if not isinstance(exception, (OSError, ValueError)):
            self.index.bugs.append(repr(exception))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        with self.server.index.busy():
            if self.server.index.latency:
                self.server.stopping.wait(self.server.index.latency)
            self._reply()

    def _reply(self) -> None:
        index = self.server.index
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers.get("range"), headers.get("authorization"), headers)
        fault = index.note(request)
        path = unquote(urlsplit(self.path).path)
        if fault is not None and fault.kind == "status":
            self._plain_status(fault)
        elif fault is not None and fault.kind == "closed":
            self.close_connection = True
        elif index.auth is not None and request.authorization != _basic(index.auth):
            self._answer(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="index"'})
        elif fault is not None and fault.kind == "body":
            self._answer(200, fault.body, {"Content-Type": fault.content_type, **fault.headers})
        elif fault is not None and fault.kind == "hints":
            self.close_connection = True
            with contextlib.suppress(OSError):  # until the other side has had enough
                while True:
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 100)
        elif fault is not None and fault.kind == "bomb":
            self._bomb(fault, path)
        else:
            self._serve(path, request, fault)

    # -- good answers ----------------------------------------------------------------------------------

    def _serve(self, path: str, request: Request, fault: Fault | None) -> None:
        index = self.server.index
        if path.startswith("/files/"):
            content = self._file(path.removeprefix("/files/"))
            if content is None:
                self._answer(404, b"no such file")
            else:
                self._send_file(content, request, fault)
        elif path == "/links/":
            names = [each.name for each in sorted(index.folder.iterdir()) if each.is_file()]
            page = index.html_page("links", names).replace(b"../../files/", b"../files/")
            self._send_page(page, "text/html", request, fault)
        elif path == "/simple/":
            self._send_page(index.root_page(), "text/html", request, fault)
        elif path.startswith("/simple/"):
            project = path.removeprefix("/simple/").strip("/")
            files = index.files_of(project)
            if not files:
                self._answer(404, b"no such project")
            elif JSON_TYPE in request.headers.get("accept", "") and not index.html_only:
                self._send_page(index.json_page(project, files), JSON_TYPE, request, fault)
            else:
                self._send_page(index.html_page(project, files), "text/html; charset=utf-8", request, fault)
        else:
            self._answer(404, b"nothing here")

    def _file(self, name: str) -> bytes | mmap.mmap | None:
        folder = self.server.index.folder
        if "/" in name or ".." in name:
            return None
        path = folder / name
        if path.is_file():
            if path.stat().st_size < _LARGE:
                return path.read_bytes()
            with path.open("rb") as file:  # half a gigabyte of holes is not read for a range of it
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        wheel = folder / name.removesuffix(".metadata")
        if name.endswith(".metadata") and wheel.is_file():
            with zipfile.ZipFile(wheel) as archive:
                for member in archive.namelist():
                    if member.endswith(".dist-info/METADATA"):
                        return archive.read(member)
        return None

    def _send_page(self, body: bytes, content_type: str, request: Request, fault: Fault | None) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"Content-Type": content_type, "Vary": "Accept", **self.server.index.page_headers}
        if self.server.index.validators:
            headers |= {"ETag": etag, "Last-Modified": formatdate(1_700_000_000, usegmt=True)}
            if fault is None and request.headers.get("if-none-match") == etag:
                self._answer(304, b"", headers)
                return
        self._send_body(200, body, headers, fault)

    def _send_file(self, content: bytes | mmap.mmap, request: Request, fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else None
        ends = content if len(content) < _LARGE else content[:_ENDS] + content[-_ENDS:]
        etag = hashlib.sha256(ends).hexdigest()[:16]
        if fault is not None and kind in {"changes", "grows"}:
            etag += str(fault.hits)
        if fault is not None and kind == "grows":
            content = content[:] + b"\0" * fault.hits
        headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
        if self.server.index.validators:
            headers |= {"ETag": f'"{etag}"', "Last-Modified": formatdate(1_700_000_000, usegmt=True)}
        if kind == "no-ranges":
            headers["Accept-Ranges"] = "none"
        span = _span(request.range, len(content))
        if span is None or kind in {"no-ranges", "ignores-ranges", "unmeasured"}:
            self._send_body(200, content[:], headers, fault)
            return
        start, stop = span
        if start >= stop:
            self._answer(416, b"", headers | {"Content-Range": f"bytes */{len(content)}"})
            return
        total = len(content) + (kind == "wrong-total")
        shift = int(kind == "wrong-range")
        headers["Content-Range"] = f"bytes {start + shift}-{stop - 1 + shift}/{total}"
        if kind == "no-content-range":
            del headers["Content-Range"]
        body = content[start:stop]
        self._send_body(206, body[: len(body) // 2] if kind == "short-range" else body, headers, fault)

    # -- bad answers -----------------------------------------------------------------------------------

    def _plain_status(self, fault: Fault) -> None:
        headers = dict(fault.headers)
        if fault.retry_after is not None:
            headers["Retry-After"] = fault.retry_after
        if fault.location is not None:
            headers["Location"] = fault.location
        self._answer(fault.status, fault.body, headers)

    def _bomb(self, fault: Fault, path: str) -> None:
        block = 2**20
        packed = gzip.compress(b" " * block)  # gzip members may follow one another
        body = packed * (fault.inflated // block)
        kind = JSON_TYPE if path.startswith("/simple/") else "application/octet-stream"
        self._answer(200, body, {"Content-Type": kind, "Content-Encoding": "gzip"})

    def _send_body(self, status: int, body: bytes, headers: dict[str, str], fault: Fault | None) -> None:
        kind = fault.kind if fault is not None else None
        if fault is not None and kind == "headers":
            headers = headers | fault.headers
        if kind == "gzip":
            body = gzip.compress(body)
            headers = headers | {"Content-Encoding": "gzip"}
        if kind == "unmeasured":
            self.close_connection = True
            self._head(status, None, headers)
            self.wfile.write(body)
            return
        if fault is None or kind not in {"truncated", "reset", "stall", "drip"}:
            self._answer(status, body, headers)
            return
        self._head(status, len(body), headers)
        self.close_connection = kind != "drip"
        stopping = self.server.stopping
        if kind in {"truncated", "reset"}:
            self.wfile.write(body[: len(body) // 2])
            if kind == "reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
        elif kind == "stall":
            stopping.wait(30)
        else:
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                if stopping.wait(fault.delay):
                    break

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, len(body), headers or {})
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def _head(self, status: int, length: int | None, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304 and length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(auth).encode()).decode()


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """What a Range header asks for, as start and stop; None for everything; an empty span for a 416."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size
    start = int(match[1])
    if match[2] and int(match[2]) < start:
        return None
    return min(start, size), min(int(match[2]) + 1, size) if match[2] else size
