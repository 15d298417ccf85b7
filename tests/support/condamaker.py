"""Tiny real packages of conda for tests, and locks that name them."""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .loopback import LoopbackIndex
    from .wheelmaker import Wheel

__all__ = ["PLACEHOLDER", "Conda", "conda_lock", "pixi_lock", "tar", "zstd"]

PLACEHOLDER = "/placehold_placehold_placehold_placehold_placehold_placehold"


def tar(files: Mapping[str, bytes | str]) -> bytes:
    """A tar archive of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(path)
            member.size = len(data)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


@dataclass
class Conda:
    """A package of conda to be written.

    Attributes:
        name: Its name.
        version, build, subdir: As in its file name, and the platform's name.
        files: Path below the prefix to content; for ``noarch="python"`` below ``site-packages`` or ``python-scripts``.
        noarch: ``python``, ``generic`` or None.
        entry_points: Lines ``name = module:attr``.
        depends: What it requires.
        ending: ``.conda`` or ``.tar.bz2``.
        info: Files of its ``info`` folder in place of the right ones, by path; None leaves one out.
    """

    name: str
    version: str = "1.0"
    build: str = "0"
    subdir: str = "linux-64"
    files: dict[str, bytes | str] = field(default_factory=dict)
    noarch: str | None = None
    entry_points: list[str] = field(default_factory=list)
    depends: list[str] = field(default_factory=list)
    ending: str = ".conda"
    info: dict[str, bytes | str | None] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return f"{self.name}-{self.version}-{self.build}"

    @property
    def filename(self) -> str:
        return f"{self.stem}{self.ending}"

    @property
    def index(self) -> dict[str, Any]:
        """What ``info/index.json`` says."""
        return {
            "name": self.name, "version": self.version, "build": self.build, "build_number": 0,
            "depends": self.depends, "subdir": "noarch" if self.noarch else self.subdir,
        } | ({"noarch": self.noarch} if self.noarch else {})  # fmt: skip

    @property
    def paths(self) -> list[dict[str, Any]]:
        """The rows of ``info/paths.json``."""
        rows = []
        for path, content in self.files.items():
            data = content.encode() if isinstance(content, str) else content
            digest = hashlib.sha256(data).hexdigest()
            row = {"_path": path, "path_type": "hardlink", "sha256": digest, "size_in_bytes": len(data)}
            rows.append(
                row | {"prefix_placeholder": PLACEHOLDER, "file_mode": "text"} if PLACEHOLDER.encode() in data else row
            )
        return rows

    @property
    def described(self) -> dict[str, bytes | str]:
        """The files of the ``info`` folder."""
        right: dict[str, bytes | str] = {
            "info/about.json": "{}",
            "info/index.json": json.dumps(self.index),
            "info/files": "\n".join([*self.files, ""]),
            "info/paths.json": json.dumps({"paths": self.paths, "paths_version": 1}),
        }
        if self.noarch == "python":
            noarch = {"type": "python"} | ({"entry_points": self.entry_points} if self.entry_points else {})
            right["info/link.json"] = json.dumps({"noarch": noarch, "package_metadata_version": 1})
        wanted = {**right, **self.info}
        return {path: content for path, content in wanted.items() if content is not None}

    def build_archive(self) -> bytes:
        """The archive, in the format that its ending says."""
        if self.ending == ".tar.bz2":
            return bz2.compress(tar({**self.described, **self.files}))
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("metadata.json", json.dumps({"conda_pkg_format_version": 2}))
            archive.writestr(f"pkg-{self.stem}.tar.zst", zstd.compress(tar(self.files)))
            archive.writestr(f"info-{self.stem}.tar.zst", zstd.compress(tar(self.described)))
        return stream.getvalue()


def pixi_lock(index: LoopbackIndex, packages: Iterable[Conda], wheels: Iterable[Wheel]) -> str:
    """A ``pixi.lock`` for Linux over what an index serves."""
    names, tables = [], []
    for package in packages:
        facts = index.facts(package.filename)
        url = index.file_url(package.filename)
        names.append(f"      - conda: {url}")
        tables += [f"- conda: {url}", f"  sha256: {facts.sha256}", f"  size: {facts.size}"]
    for wheel in wheels:
        url = index.file_url(wheel.filename)
        names.append(f"      - pypi: {url}")
        tables += [f"- pypi: {url}", f"  name: {wheel.name}", f"  version: '{wheel.version}'"]
        tables += [f"  sha256: {index.facts(wheel.filename).sha256}"]
    head = ["version: 6", "environments:", "  default:", "    packages:", "      linux-64:"]
    return "\n".join([*head, *names, "packages:", *tables, ""])


def conda_lock(index: LoopbackIndex, packages: Iterable[Conda], wheels: Iterable[Wheel]) -> str:
    """A ``conda-lock.yml`` for Linux over what an index serves."""
    lines = ["version: 1", "metadata:", "  platforms:", "  - linux-64", "package:"]
    for name, version, filename, manager in [
        *((package.name, package.version, package.filename, "conda") for package in packages),
        *((wheel.name, wheel.version, wheel.filename, "pip") for wheel in wheels),
    ]:
        lines += [
            f"- name: {name}", f"  version: '{version}'", f"  manager: {manager}", "  platform: linux-64",
            f"  url: {index.file_url(filename)}", "  hash:", f"    sha256: {index.facts(filename).sha256}",
            "  category: main",
        ]  # fmt: skip
    return "\n".join([*lines, ""])
