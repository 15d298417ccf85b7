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
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.support.wheelmaker import Wheel
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["HUSH", "Resolver", "buildable", "sdist"]

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


_BACKEND = """
import json, os, zipfile

def build_wheel(folder, settings=None, metadata=None):
    filename = "{filename}"
    with zipfile.ZipFile(os.path.join(folder, filename), "w") as wheel:
        for path, content in {entries!r}.items():
            wheel.writestr(path, content)
    return filename
"""


def buildable(wheel: Wheel, *, backend: str = "", name: str = "", version: str = "") -> tuple[str, bytes]:
    """A source archive of which a backend of its own builds a wheel, and needs nothing for it.

    Args:
        wheel: The wheel.
        backend: The text of the backend; ``built`` in it is the one that builds the wheel.
        name: The archive's name, where that is not the wheel's.
        version: The same of the version.

    Returns:
        Its file name and its content.
    """
    entries = wheel.entries() | {f"{wheel.dist_info}/RECORD": wheel.record_bytes()}
    code = _BACKEND.format(filename=wheel.filename, entries=entries)
    if backend:
        code = f"{code}\nbuilt = build_wheel\n{backend}\n"
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    name, version = name or wheel.escaped, version or wheel.version
    return f"{name}-{version}.tar.gz", sdist(
        name, version, wheel.requires, files={"pyproject.toml": pyproject, "backend.py": code}
    )


def sdist(name: str, version: str, requires: Sequence[str] = (), *, files: Mapping[str, str] | None = None) -> bytes:
    """A source distribution whose metadata is static (PEP 643), so that nothing need be built to read it."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    every = {"PKG-INFO": "\n".join([*lines, ""]), "pyproject.toml": "[build-system]\nrequires = []\n", **(files or {})}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in every.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()
