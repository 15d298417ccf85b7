"""Resolving with the real uv over a loopback index, with nothing of this machine's settings."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.values import LINUX
from wheelclash.closure import Closure, ClosureRequest, resolve
from wheelclash.http.urls import Credentials
from wheelclash.index.settings import IndexOptions, IndexSettings, resolve_settings
from wheelclash.resolve.requirement import parse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["HUSH", "Resolver", "sdist"]

HUSH = "s3cr3t-p4ss"
"""A password that must be seen nowhere."""


@dataclass
class Resolver:
    """One user's place: a current folder, a cache for uv, an index, and credentials.

    Attributes:
        folder: The current folder.
        cache: uv's cache.
        index_url: The index, with credentials if it wants them.
        options: Further arguments of ``resolve``.
        environ: Environment variables.
    """

    folder: Path
    cache: Path
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    strategy: str | None = None
    cert: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=Credentials)

    def settings(self) -> IndexSettings:
        """What a command line with these options comes to."""
        flags = IndexOptions(
            index_url=self.index_url,
            extra_index_urls=self.extra_index_urls,
            find_links=self.find_links,
            no_index=self.no_index,
            strategy=self.strategy,
        )
        environ = {} if self.cert is None else {"SSL_CERT_FILE": self.cert}
        return resolve_settings(
            flags=flags, installer="uv", environ=environ, cwd=self.folder, no_config=True, credentials=self.credentials
        )

    def resolve(
        self, *requirements: str, wanted: ClosureRequest | None = None, target: Target = LINUX, **options: Any
    ) -> Closure:
        """Resolve requirements, or whatever is wanted."""
        asked = [parse(each, cwd=self.folder, credentials=self.credentials) for each in requirements]
        home = {"HOME": str(self.folder), "PATH": "/usr/bin:/bin"}
        return resolve(
            wanted or ClosureRequest(requirements=asked),
            target,
            self.settings(),
            credentials=self.credentials,
            environ={**home, **self.environ},
            cwd=self.folder,
            **{"cache_dir": self.cache, "patience": 60.0, **self.options, **options},
        )

    def selection(self, *requirements: str, target: Target = LINUX, **options: Any) -> Selection:
        """The wheels that come of it."""
        closure = self.resolve(*requirements, target=target, **options)
        return closure.lock(self.credentials).select(target, extras=(), all_extras=False, groups=())

    def write(self, path: str, *lines: str) -> Path:
        """A file in the current folder."""
        found = self.folder / path
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return found


def sdist(name: str, version: str, requires: Sequence[str] = ()) -> bytes:
    """A source distribution whose metadata is static (PEP 643), so that nothing need be built to read it."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    files = {"PKG-INFO": "\n".join([*lines, ""]), "pyproject.toml": "[build-system]\nrequires = []\n"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()
