"""A real package index on the loopback: pages, wheels, byte ranges, and every way of getting them wrong.

>>> with LoopbackIndex(folder) as index:
...     index.add(Wheel("left", files={"m.py": "1"}))
...     index.fault("/files/*", "no-ranges")
...     ...  # ask index.simple, then look at index.requests
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import re
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, unquote, urlsplit

from packaging.utils import canonicalize_name

from .handler import Fault, FaultKind, Request, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .wheelmaker import Wheel

__all__ = ["Fault", "FaultKind", "FileFacts", "LoopbackIndex", "Request"]


@dataclass
class FileFacts:
    """What index pages say of a file beyond its name.

    Attributes:
        sha256: Hex digest to publish; None leaves it out.
        size: Bytes to publish; None leaves it out.
        requires_python, yanked, upload_time, core_metadata: As in PEP 691/700; None or False leaves them out.
        url: Link in place of the usual one (absolute or relative).
        extra: Further keys of the JSON entry.
    """

    sha256: str | None
    size: int | None
    requires_python: str | None = None
    yanked: bool | str = False
    upload_time: str | None = "2025-01-01T00:00:00.000000Z"
    core_metadata: str | bool | None = None
    url: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class LoopbackIndex:
    """A simple index over a folder of wheels, on ``127.0.0.1``.

    ``/simple/<project>/`` are pages (JSON or HTML by the Accept header), ``/files/<name>`` the files (and
    ``<name>.metadata``), ``/links/`` one flat page with relative links to all of them.

    Attributes:
        requests: Every request so far, in order of arrival.
        faults: What goes wrong; see :meth:`fault`.
        auth: ``(user, password)`` that every request must bring, or None.
        html_only: Serve HTML whatever is asked for.
        with_size: False leaves ``size`` (and ``upload-time``) out of the JSON, as PEP 691 without PEP 700 did.
        validators: False leaves out ETag and Last-Modified everywhere.
        certificate: PEM file with key and certificate, to speak https.
        most_at_once: The most requests that were being answered at one moment.
        page_headers: Added to every page, e.g. ``Cache-Control``.
        latency: Seconds every answer is held back, as a distant server's are.
    """

    def __init__(
        self,
        folder: Path,
        *,
        auth: tuple[str, str] | None = None,
        html_only: bool = False,
        with_size: bool = True,
        validators: bool = True,
        certificate: Path | None = None,
    ) -> None:
        self.folder = folder
        self.auth = auth
        self.html_only = html_only
        self.with_size = with_size
        self.validators = validators
        self.certificate = certificate
        self.most_at_once = 0
        self._at_once = 0
        self.page_headers: dict[str, str] = {}
        self.latency = 0.0
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.bugs: list[str] = []
        self._facts: dict[str, FileFacts] = {}
        self._lock = threading.Lock()
        self._server: Server | None = None

    # -- life ------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._server = Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        server = self._running
        server.stopping.set()
        server.shutdown()
        server.server_close()
        server.close_connections()
        self._server = None
        assert not self.bugs, f"the loopback server itself failed: {self.bugs}"

    @property
    def _running(self) -> Server:
        assert self._server is not None, "not started"
        return self._server

    # -- addresses -------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._running.server_address[1])

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def other_url(self) -> str:
        """The same server under another host name, hence another origin: ``http://localhost:PORT``."""
        return f"http://localhost:{self.port}"

    @property
    def simple(self) -> str:
        """The index URL, as ``--index-url`` takes it."""
        return f"{self.url}/simple/"

    @property
    def links(self) -> str:
        """A flat page of links, as ``--find-links`` takes it."""
        return f"{self.url}/links/"

    def with_credentials(self, user: str = "user", password: str = "secret") -> str:  # noqa: S107 - a test's
        """The index URL with credentials in it."""
        return f"http://{user}:{password}@127.0.0.1:{self.port}/simple/"

    def page_url(self, project: str) -> str:
        """URL of a project's page."""
        return f"{self.simple}{canonicalize_name(project)}/"

    def file_url(self, filename: str) -> str:
        """URL of a file."""
        return f"{self.url}/files/{quote(filename)}"

    # -- what it serves --------------------------------------------------------------------------------

    def add(self, *wheels: Wheel) -> list[Path]:
        """Write wheels and serve them; their paths."""
        for wheel in wheels:
            self._facts.pop(wheel.filename, None)
        return [wheel.write(self.folder) for wheel in wheels]

    def add_file(self, filename: str, content: bytes) -> Path:
        """Serve any file, e.g. an sdist or a broken wheel."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._facts.pop(filename, None)
        path = self.folder / filename
        path.write_bytes(content)
        return path

    def facts(self, filename: str) -> FileFacts:
        """What the pages say of a file; change its attributes to say something else."""
        if filename not in self._facts:
            content = (self.folder / filename).read_bytes()
            self._facts[filename] = FileFacts(hashlib.sha256(content).hexdigest(), len(content))
        return self._facts[filename]

    def fault(self, pattern: str, kind: FaultKind, **options: Any) -> Fault:
        """Make something go wrong; ``options`` are the attributes of ``Fault``."""
        fault = Fault(pattern, kind, **options)
        self.faults.append(fault)
        return fault

    def mend(self) -> None:
        """Forget every fault."""
        self.faults.clear()

    # -- what was asked --------------------------------------------------------------------------------

    def forget(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self.requests.clear()

    def asked(self, pattern: str = "*") -> list[Request]:
        """Requests so far whose path matches a shell pattern."""
        with self._lock:
            return [each for each in self.requests if fnmatchcase(unquote(each.path), pattern)]

    @property
    def page_requests(self) -> list[Request]:
        """Requests for index pages."""
        return self.asked("/simple/*") + self.asked("/links/*")

    @property
    def file_requests(self) -> list[Request]:
        """Requests for files."""
        return self.asked("/files/*")

    # -- used by the handler ---------------------------------------------------------------------------

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request as being answered."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def note(self, request: Request) -> Fault | None:
        """Record a request; the fault that applies to it."""
        path = unquote(urlsplit(request.path).path)
        with self._lock:
            self.requests.append(request)
            for fault in reversed(self.faults):
                if (
                    fnmatchcase(path, fault.pattern)
                    and (fault.times is None or fault.hits < fault.times)
                    and not (fault.ranged_only and request.range is None)
                ):
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.hits += 1
                    return fault
        return None

    def files_of(self, project: str) -> list[str]:
        """File names that belong to a project, sorted."""
        return [
            path.name
            for path in sorted(self.folder.iterdir())
            if path.is_file() and canonicalize_name(_project_of(path.name)) == project
        ]

    def json_page(self, project: str, files: list[str]) -> bytes:
        """A PEP 691 page."""
        entries = []
        for name in files:
            facts = self.facts(name)
            entry: dict[str, Any] = {
                "filename": name,
                "url": facts.url or self.file_url(name),
                "hashes": {} if facts.sha256 is None else {"sha256": facts.sha256},
                "yanked": facts.yanked,
            }
            if self.with_size:
                entry |= {"size": facts.size} if facts.size is not None else {}
                entry |= {"upload-time": facts.upload_time} if facts.upload_time else {}
            if facts.requires_python is not None:
                entry["requires-python"] = facts.requires_python
            if facts.core_metadata is not None:
                hashed = isinstance(facts.core_metadata, str)
                entry["core-metadata"] = {"sha256": facts.core_metadata} if hashed else facts.core_metadata
            entries.append(entry | facts.extra)
        version = "1.1" if self.with_size else "1.0"
        page = {"meta": {"api-version": version}, "name": project, "files": entries}
        if self.with_size:
            page["versions"] = sorted({_version_of(name) for name in files})
        return json.dumps(page).encode()

    def root_page(self) -> bytes:
        """The list of projects."""
        projects = {canonicalize_name(_project_of(path.name)) for path in self.folder.iterdir() if path.is_file()}
        links = "".join(f'<a href="{name}/">{name}</a>' for name in sorted(projects))
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode()

    def html_page(self, title: str, files: list[str]) -> bytes:
        """A PEP 503 page with relative links."""
        lines = []
        for name in files:
            facts = self.facts(name)
            link = facts.url or f"../../files/{quote(name)}"
            if facts.sha256 is not None:
                link += f"#sha256={facts.sha256}"
            attributes = f' href="{html.escape(link)}"'
            if facts.requires_python is not None:
                attributes += f' data-requires-python="{html.escape(facts.requires_python)}"'
            if facts.yanked is not False:
                reason = facts.yanked if isinstance(facts.yanked, str) else ""
                attributes += f' data-yanked="{html.escape(reason)}"'
            if facts.core_metadata is not None:
                hashed = isinstance(facts.core_metadata, str)
                value = f"sha256={facts.core_metadata}" if hashed else "true"
                attributes += f' data-core-metadata="{value}"'
            lines.append(f"<a{attributes}>{html.escape(name)}</a><br>")
        text = "\n".join(["<!DOCTYPE html><html><head>", f"<title>{title}</title></head><body>", *lines])
        return f"{text}\n</body></html>\n".encode()


def _project_of(filename: str) -> str:
    return filename.split("-", maxsplit=1)[0] if filename.endswith(".whl") else re.split(r"-\d", filename)[0]


def _version_of(filename: str) -> str:
    rest = filename[len(_project_of(filename)) + 1 :]
    return rest.split("-")[0] if filename.endswith(".whl") else re.sub(r"\.(tar\.gz|zip)$", "", rest)
