"""What pex makes: its lock files (JSON), and the ``PEX-INFO`` of a ``.pex`` file.

A lock names every file of each release by URL and hash; what is installed on a target follows from the requirements and
their markers. A ``.pex`` file holds wheels that were installed into it; ``PEX-INFO`` has their file names.
"""

from __future__ import annotations

import string
import zipfile
import zlib
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from wheelclash.errors import QuestionError
from wheelclash.files import open_regular
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import parse_json
from wheelclash.locks.graph import Markers, lines, reach
from wheelclash.locks.listing import ListedSet
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, LockedFile, locked_file
from wheelclash.locks.project import Installation, ProjectLock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.project import LockRequest
    from wheelclash.target.target import Target

__all__ = ["PexLock", "is_pex", "read", "read_pex"]

_INFO = "PEX-INFO"
_LARGEST_INFO = 16 * 2**20
_LETTERS = string.ascii_letters
_SOURCES = (".tar.gz", ".zip", ".tar.bz2", ".tgz")


def read(document: Table, location: LockLocation) -> PexLock:
    """Read a lock of pex.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged.
    """
    resolves = [_Resolve(table, location) for table in document.tables("locked_resolves")]
    pythons = document.texts("requires_python")
    return PexLock(
        location,
        resolves,
        document.texts("requirements"),
        requires_python=pythons[0].lstrip(_LETTERS) if len(pythons) == 1 else None,
        transitive=document.flag("transitive") or "transitive" not in document,
    )


class _Resolve:
    """One set of releases of a lock, for one platform tag, for where a marker holds, or for all.

    Attributes:
        tag: ``interpreter-abi-platform``, or None.
        marker: A marker that must hold, or None.
        packages: Its releases.
        requires: What each of them requires, as lines.
    """

    def __init__(self, table: Table, location: LockLocation) -> None:
        parts = table.texts("platform_tag") if table.values.get("platform_tag") is not None else []
        self.tag = "-".join(parts) or None
        self.marker = table.text("marker")
        self.packages: list[Locked] = []
        self.requires: list[list[str]] = []
        for entry in table.tables("locked_requirements"):
            self.packages.append(_locked(entry, location))
            self.requires.append(entry.texts("requires_dists"))


def _locked(table: Table, location: LockLocation) -> Locked:
    name = canonicalize_name(table.required("project_name"))
    version = table.required("version")
    files: list[LockedFile] = []
    origin = ""
    for artifact in table.tables("artifacts"):
        url = artifact.required("url")
        digest = artifact.text("hash") if artifact.text("algorithm") == "sha256" else None
        origin = origin or without_credentials(url)
        if not url.startswith(("git+", "hg+", "svn+", "bzr+")):
            files.append(locked_file(filename_of(url), location.of_url(url), sha256=digest))
    wheels = tuple(file for file in files if file.filename.lower().endswith(".whl"))
    sources = tuple(file for file in files if file.filename.lower().endswith(_SOURCES))
    if not wheels and not sources:
        return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    return Locked(name=name, version=version, wheels=wheels, sources=sources)


class PexLock(ProjectLock):
    """A lock of pex; see :class:`wheelclash.locks.project.ProjectLock`."""

    def __init__(
        self,
        location: LockLocation,
        resolves: Sequence[_Resolve],
        requirements: Sequence[str],
        *,
        requires_python: str | None,
        transitive: bool,
    ) -> None:
        packages = [package for resolve in resolves for package in resolve.packages]
        super().__init__(location, packages, requires_python=requires_python)
        self._resolves = resolves
        self._requirements = requirements
        self._transitive = transitive

    def _known_extras(self) -> Sequence[str]:
        return ()

    def _known_groups(self) -> Sequence[str]:
        return ()

    def _default_groups(self) -> Sequence[str]:
        return ()

    def _is_for(self, target: Target) -> bool:
        return self._resolve_for(target) is not None

    def _resolve_for(self, target: Target) -> _Resolve | None:
        """Return the releases for a target: those for the best of its tags that has some, else by their marker."""
        by_tag = {resolve.tag: resolve for resolve in self._resolves if resolve.tag is not None}
        of_tag = next((by_tag[str(tag)] for tag in target.tags if str(tag) in by_tag), None)
        if of_tag is not None:
            return of_tag
        markers = Markers(target, self._name)
        return next(
            (resolve for resolve in self._resolves if resolve.tag is None and markers.hold(resolve.marker)), None
        )

    def _check_target(self, target: Target, wanted: LockRequest) -> None:
        if self._resolves and self._resolve_for(target) is None:
            others = ", ".join(sorted(str(resolve.tag or resolve.marker) for resolve in self._resolves)[:3])
            raise QuestionError(f"{self._name} is for {others}, not for {target.label}.")
        super()._check_target(target, wanted)

    def _install(self, target: Target, wanted: LockRequest) -> Installation:  # noqa: ARG002 - it has no groups
        """Return the releases that the lock's requirements reach on a target.

        Raises:
            QuestionError: Something required is not locked.
        """
        resolve = self._resolve_for(target)
        if resolve is None:
            return Installation([])
        markers = Markers(target, self._name)
        roots = list(lines(self._requirements, markers))
        if not self._transitive:
            return Installation(resolve.packages, [edge.name for edge in roots])
        versions: dict[str, list[tuple[int, str]]] = {}
        for number, package in enumerate(resolve.packages):
            versions.setdefault(package.name, []).append((number, package.version or ""))
        reached = reach(
            roots, versions, lambda number, extras: lines(resolve.requires[number], markers, extras), self._name
        )
        packages = [
            resolve.packages[number]._replace(extras=tuple(sorted(extras)))
            for number, extras in sorted(reached.items())
        ]
        return Installation(packages, [edge.name for edge in roots])


# -- .pex files ----------------------------------------------------------------------------------------------


def is_pex(path: Path) -> bool:
    """Return whether a file is a zip archive with ``PEX-INFO``; nothing else of it is read."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return _INFO in archive.NameToInfo
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


def read_pex(path: Path, location: LockLocation) -> ListedSet:
    """Read which wheels a ``.pex`` file was made of.

    Args:
        path: The file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            if archive.getinfo(_INFO).file_size > _LARGEST_INFO:
                raise QuestionError(f"{location.name}: its {_INFO} is larger than any that pex writes.")
            with archive.open(_INFO) as stream:
                data = stream.read(_LARGEST_INFO + 1)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise QuestionError(f"{location.name} is no .pex file that can be read: {error}.") from None
    info = parse_json(data, f"{location.name}: {_INFO}")
    wheels: dict[tuple[str, str], list[LockedFile]] = {}
    for filename in info.table("distributions"):
        try:
            name, version, _, _ = parse_wheel_filename(filename)
        except InvalidWheelFilename:
            raise QuestionError(f"{location.name}: {filename[:100]!r} in {_INFO} is no wheel's file name.") from None
        wheels.setdefault((name, str(version)), []).append(locked_file(filename, None))
    packages = [Locked(name=name, version=version, wheels=tuple(files)) for (name, version), files in wheels.items()]
    return ListedSet(location.name, [], packages=packages, roots=_names(info.texts("requirements")))


def _names(texts: Sequence[str]) -> list[str]:
    """Return the names in requirements (PEP 508); what is none is left out."""
    names: list[str] = []
    for text in texts:
        try:
            names.append(canonicalize_name(Requirement(text).name))
        except (ValueError, RecursionError):
            continue
    return names
