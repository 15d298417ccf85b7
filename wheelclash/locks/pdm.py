"""``pdm.lock``, version 4, with and without ``static_urls``: selects what ``pdm install`` installs.

With the strategy ``inherit_metadata`` (pdm's default since 2.11) every package names its groups and the marker under
which it is installed. Without it only its dependencies are there, and the ``pyproject.toml`` beside the lock says what
was asked for. A package has one more entry for every set of its extras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import choose_names, pyproject_beside
from wheelclash.locks.graph import LockEdge, Markers, lines, reach
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, LockedFile, folder_kind, locked_file
from wheelclash.locks.project import Installation, LockRequest, ProjectLock
from wheelclash.target.inferred import python_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.target.target import Target

__all__ = ["PdmLock", "read"]

_DEFAULT = "default"
_NEWEST = Version("4.5.0")
_VCS = ("git", "hg", "svn", "bzr")
_SYSTEMS = {
    "linux": "linux",
    "manylinux": "linux",
    "musllinux": "linux",
    "alpine": "linux",
    "macos": "darwin",
    "windows": "win32",
}
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "aarch64", "aarch64": "aarch64"}


def read(document: Table, location: LockLocation) -> PdmLock:
    """Read a pdm lock.

    Args:
        document: The whole file.
        location: Where it is; the ``pyproject.toml`` beside it says which groups are the project's extras.

    Raises:
        QuestionError: It is damaged, or of a version that pdm 2.26 does not read.
    """
    text = document.table("metadata").required("lock_version")
    try:
        version = Version(text)
    except InvalidVersion:
        version = Version("0")
    if version.major != _NEWEST.major or version.minor > _NEWEST.minor:
        raise QuestionError(
            f"{location.name} is of version {text}; only version 4, up to {_NEWEST}, of pdm.lock is known."
        )
    return PdmLock(document, location)


class PdmLock(ProjectLock):
    """A pdm lock; see :class:`wheelclash.locks.project.ProjectLock`."""

    def __init__(self, document: Table, location: LockLocation) -> None:
        self._metadata = document.table("metadata")
        self._tables = document.tables("package")
        self._project = pyproject_beside(location.path)
        self._groups: list[str] = [canonicalize_name(group) for group in self._metadata.texts("groups")]
        self._inherits = "inherit_metadata" in self._metadata.texts("strategy")
        notes = []
        if not self._inherits and self._project is None:
            notes.append(f"there is no pyproject.toml beside {location.name}: everything it locks is compared")
        super().__init__(location, [_locked(table, location) for table in self._tables], notes=notes)

    # -- targets -------------------------------------------------------------------------------------------

    def _allows_python(self, version: str) -> bool:
        listed = self._metadata.tables("targets")
        return not listed or any(python_allowed(table.text("requires_python"), version) for table in listed)

    def _is_for(self, target: Target) -> bool:
        listed = self._metadata.tables("targets")
        return not listed or any(_fits(table, target) for table in listed)

    def _check_target(self, target: Target, wanted: LockRequest) -> None:  # noqa: ARG002 - no group has a target
        if not self._is_for(target):
            raise QuestionError(
                f"{self._name} is for other targets than {target.python_version} on {target.platform}: "
                f"{'; '.join(_shown(table) for table in self._metadata.tables('targets')[:3])}.",
                "Give --python-version and --python-platform.",
            )

    # -- groups --------------------------------------------------------------------------------------------

    def _known_extras(self) -> list[str]:
        optional = self._optional()
        return [group for group in self._known_groups() if optional is None or group in optional]

    def _known_groups(self) -> list[str]:
        return [group for group in self._groups if group != _DEFAULT]

    def _wanted(self, extras: Sequence[str], groups: Sequence[str], *, all_extras: bool) -> LockRequest:
        """Return what is to be installed: like pdm, without any extra or group every group that is locked.

        Raises:
            QuestionError: An extra or a group does not exist.
        """
        named = {
            *choose_names(extras, self._known_extras(), what="extra", where=self._name),
            *choose_names(groups, self._known_groups(), what="group", where=self._name),
        }
        optional = self._optional()
        in_force = self._default_groups()
        if named and optional is not None:
            in_force = [group for group in in_force if group not in optional or group in named]
        if all_extras:
            in_force = self._groups or in_force
        return LockRequest(groups=tuple(in_force))

    def _optional(self) -> set[str] | None:
        """Return the project's extras; None if there is no project to ask."""
        if self._project is None:
            return None
        return {canonicalize_name(extra) for extra in self._project.table("project").table("optional-dependencies")}

    def _default_groups(self) -> list[str]:
        """Return what ``pdm install`` takes: every locked group that the project has."""
        if self._project is None or not self._groups:
            return self._groups or [_DEFAULT]
        project, pdm = self._project, self._project.table("tool").table("pdm")
        listed = (
            project.table("project").table("optional-dependencies"),
            project.table("dependency-groups"),
            pdm.table("dev-dependencies"),
        )
        present = {_DEFAULT, *(canonicalize_name(key) for table in listed for key in table)}
        return [group for group in self._groups if group in present]

    # -- packages ------------------------------------------------------------------------------------------

    def _install(self, target: Target, wanted: LockRequest) -> Installation:
        return Installation(self._selected(target, wanted.groups))

    def _selected(self, target: Target, groups: Sequence[str]) -> Iterator[Locked]:
        """Yield the packages that would be installed."""
        markers = Markers(target, self._name)
        if not self._inherits:
            yield from self._walked(markers, groups)
            return
        for table, package in zip(self._tables, self._packages, strict=True):
            package_groups = [canonicalize_name(group) for group in table.texts("groups")]
            if markers.hold(table.text("marker")) and (
                not package_groups or any(group in groups for group in package_groups)
            ):
                yield package

    def _walked(self, markers: Markers, groups: Sequence[str]) -> Iterator[Locked]:
        versions: dict[str, list[tuple[int, str]]] = {}
        for number, package in enumerate(self._packages):
            if python_allowed(self._tables[number].text("requires_python"), markers.target.python_version):
                versions.setdefault(_key(package.name, package.extras), []).append((number, package.version or ""))
        roots = self._roots(markers, groups)
        edges = roots if roots is not None else [LockEdge(key, lambda _: True) for key in versions]
        reached = reach(
            (_keyed(edge, versions) for edge in edges),
            versions,
            lambda number, _: (
                _keyed(edge, versions) for edge in lines(self._tables[number].texts("dependencies"), markers)
            ),
            self._name,
        )
        for number in reached:
            yield self._packages[number]

    def _roots(self, markers: Markers, groups: Sequence[str]) -> list[LockEdge] | None:
        if self._project is None:
            return None
        project = self._project.table("project")
        itself = canonicalize_name(project.text("name") or "")
        edges = list(lines(project.texts("dependencies"), markers)) if _DEFAULT in groups else []
        tables = (
            project.table("optional-dependencies"),
            self._project.table("tool").table("pdm").table("dev-dependencies"),
            self._project.table("dependency-groups"),
        )
        followed: set[str] = set()
        wanted = {*groups}
        while wanted - followed:  # an extra may ask for others of its project: name[other]
            further, followed = wanted - followed, followed | wanted
            for table in tables:
                for key in table:
                    if canonicalize_name(key) in further:
                        edges += lines((line for line in table.values[key] if isinstance(line, str)), markers)
            wanted |= {extra for edge in edges if edge.name == itself for extra in edge.extras}
        return [edge for edge in edges if edge.name != itself]


def _key(name: str, extras: Sequence[str]) -> str:
    return f"{name}[{','.join(extras)}]" if extras else name


def _keyed(edge: LockEdge, versions: dict[str, list[tuple[int, str]]]) -> LockEdge:
    """Return the edge to the entry for these extras, if there is one; that entry in turn depends on the plain one."""
    key = _key(edge.name, tuple(sorted(edge.extras)))
    return edge._replace(name=key if key in versions else edge.name, extras=())


def _locked(table: Table, location: LockLocation) -> Locked:
    name = canonicalize_name(table.required("name"))
    version = table.text("version")
    extras = tuple(sorted(canonicalize_name(extra) for extra in table.texts("extras")))
    for key in _VCS:
        if key in table:
            origin = without_credentials(table.required(key))
            return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    path, url = table.text("path"), table.text("url")
    named = path if path is not None else url
    if named is None:
        files = tuple(_wheel(file, location) for file in table.tables("files"))
        return Locked(
            name=name,
            version=version,
            wheels=tuple(file for file in files if file.filename.lower().endswith(".whl")),
            sources=tuple(file for file in files if not file.filename.lower().endswith(".whl")),
            extras=extras,
        )
    filename, origin = filename_of(named), without_credentials(named)
    if filename.lower().endswith(".whl"):
        place = location.of_path(path) if path is not None else location.of_url(url or "")
        digest = next(
            (wheel.sha256 for wheel in (_wheel(file, location) for file in table.tables("files")) if wheel.sha256), None
        )
        wheel = locked_file(filename, place, sha256=digest)
        return Locked(name=name, version=version, wheels=(wheel,), origin=origin, direct=True, extras=extras)
    if path is not None and not filename.lower().endswith((".gz", ".zip", ".bz2", ".xz")):
        kind = folder_kind(own=location.is_root(path), editable=table.flag("editable"))
        return Locked(name=name, version=version, kind=kind, origin=origin)
    return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)


def _wheel(table: Table, location: LockLocation) -> LockedFile:
    url, digest = table.text("url"), table.text("hash") or ""
    place = None if url is None else location.of_url(url)
    sha256 = digest if digest.startswith("sha256:") else None
    return locked_file(table.text("file") or filename_of(url or ""), place, sha256=sha256)


def _fits(table: Table, target: Target) -> bool:
    """Return whether a target of the lock includes ``target``, by Python, implementation, system and machine."""
    if not python_allowed(table.text("requires_python"), target.python_version):
        return False
    implementation = table.text("implementation")
    if implementation is not None and implementation.lower() != target.implementation:
        return False
    platform = (table.text("platform") or "").lower()
    if not platform:
        return True
    system = _SYSTEMS.get(platform.partition("_")[0])
    if system is None:
        return True
    machine = next((arch for name, arch in _MACHINES.items() if platform.endswith(name)), None)
    ours = target.markers["platform_machine"].lower()
    return system == target.markers["sys_platform"] and machine in {None, _MACHINES.get(ours, ours)}


def _shown(table: Table) -> str:
    keys = ("requires_python", "platform", "implementation")
    return " ".join(text for key in keys if (text := table.text(key)))
