"""The packages of a ``uv.lock`` and the edges between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.sources.locks.documents import normalised
from wheelclash.sources.locks.places import filename_of
from wheelclash.sources.locks.wheels import Locked, LockedWheel, folder_kind, locked_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelclash.sources.locks.documents import Table
    from wheelclash.sources.locks.markers import Markers
    from wheelclash.sources.locks.places import Places

__all__ = ["Dependency", "Graph", "Package"]

_FOLDERS = ("virtual", "editable", "directory")


class Dependency(NamedTuple):
    """An edge of the graph.

    Attributes:
        name: Of the package it leads to, normalised.
        version: Its version, where several of that name are locked; else None.
        source: Its source table as pairs, where several are locked; else None.
        extras: Extras asked for, normalised.
        marker: When the edge is there; None for always.
        by_forks: The package's own fork markers decide between several of that name, not version and source.
    """

    name: str
    version: str | None
    source: frozenset[tuple[str, str]] | None
    extras: tuple[str, ...]
    marker: str | None
    by_forks: bool = False

    @classmethod
    def from_edge(cls, table: Table) -> Dependency:
        """An edge as packages list them: ``{ name, version?, source?, extra?, marker? }``."""
        return cls(
            normalised(table.required("name")),
            table.text("version"),
            _source(table) if "source" in table else None,
            tuple(normalised(each) for each in table.texts("extra")),
            table.text("marker"),
        )

    @classmethod
    def from_requirement(cls, table: Table) -> Dependency:
        """A requirement as the manifest lists them: ``{ name, extras?, marker?, specifier?, … }``."""
        return cls(
            normalised(table.required("name")),
            None,
            None,
            tuple(normalised(each) for each in table.texts("extras")),
            table.text("marker"),
            by_forks=True,
        )


class Package(NamedTuple):
    """A ``[[package]]``.

    Attributes:
        number: Its place in the file.
        name: Normalised.
        version: As the file has it; None where the source decides.
        source: Its source table as pairs.
        forks: Markers of the forks of the resolution it belongs to; empty for all.
        dependencies, optional, groups: Its edges: always, by extra, by dependency group.
        provides: Extras it declares, with or without dependencies.
        declared_groups: Dependency groups it declares, likewise.
        locked: What there is to install.
        table: As the file has it.
    """

    number: int
    name: str
    version: str | None
    source: frozenset[tuple[str, str]]
    forks: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    optional: Mapping[str, tuple[Dependency, ...]]
    groups: Mapping[str, tuple[Dependency, ...]]
    provides: tuple[str, ...]
    declared_groups: tuple[str, ...]
    locked: Locked
    table: Table


class Graph:
    """All packages of a lock, and which of them are the roots.

    Attributes:
        packages: In the file's order.
        own: The package at the lock's own folder, or None.
        roots: That one; else all members of the workspace.
    """

    def __init__(self, document: Table, what: str, places: Places) -> None:
        self._what = what
        self._members = {normalised(each) for each in document.table("manifest").texts("members")}
        key = "package" if "package" in document else "distribution"  # what the first versions called it
        self.packages = [self._package(number, each, places) for number, each in enumerate(document.tables(key))]
        self._by_name: dict[str, list[int]] = {}
        for package in self.packages:
            self._by_name.setdefault(package.name, []).append(package.number)
        self.own = next((each for each in self.packages if each.locked.kind == "project"), None)
        members = [each for each in self.packages if each.locked.kind == "workspace-member"]
        self.roots = members if self.own is None else [self.own]

    def wheels(self) -> Iterator[str]:
        """File names of all wheels."""
        for package in self.packages:
            for wheel in package.locked.wheels:
                yield wheel.filename

    def find(self, dependency: Dependency, markers: Markers) -> int:
        """The number of the package an edge leads to.

        Raises:
            QuestionError: There is none, or more than one.
        """
        named = self._by_name.get(dependency.name, [])
        if dependency.by_forks:
            found = [number for number in named if self._in_fork(number, markers)]
        else:
            found = [number for number in named if self._meant(number, dependency)]
        if len(found) == 1:
            return found[0]
        shown = f"{dependency.name}=={dependency.version}" if dependency.version else dependency.name
        if not found:
            raise QuestionError(f"{self._what} depends on {shown}, and does not lock it.", "Make the lock anew.")
        several = " and ".join(self.packages[number].locked.shown for number in found[:3])
        raise QuestionError(f"{self._what} leaves open which {shown} is meant: {several}.", "Make the lock anew.")

    def _meant(self, number: int, dependency: Dependency) -> bool:
        package = self.packages[number]
        return (dependency.version is None or dependency.version == package.version) and (
            dependency.source is None or dependency.source == package.source
        )

    def _in_fork(self, number: int, markers: Markers) -> bool:
        forks = self.packages[number].forks
        return not forks or any(markers.hold(each) for each in forks)

    def _package(self, number: int, table: Table, places: Places) -> Package:
        name = normalised(table.required("name"))
        version = table.text("version")
        metadata = table.table("metadata")
        groups = "dev-dependencies" if "dev-dependencies" in table else "dependency-groups"
        declared = "requires-dev" if "requires-dev" in metadata else "dependency-groups"
        return Package(
            number=number,
            name=name,
            version=version,
            source=_source(table),
            forks=tuple(table.texts("resolution-markers")),
            dependencies=tuple(Dependency.from_edge(each) for each in table.tables("dependencies")),
            optional=_edges(table.table("optional-dependencies")),
            groups=_edges(table.table(groups)),
            provides=tuple(metadata.texts("provides-extras")),
            declared_groups=tuple(metadata.table(declared)),
            locked=_locked(name, version, table, places, member=name in self._members),
            table=table,
        )


def _edges(table: Table) -> dict[str, tuple[Dependency, ...]]:
    return {normalised(key): tuple(Dependency.from_edge(each) for each in table.tables(key)) for key in table}


def _source(table: Table) -> frozenset[tuple[str, str]]:
    return frozenset((key, str(value)) for key, value in table.table("source").values.items())


def _locked(name: str, version: str | None, table: Table, places: Places, *, member: bool) -> Locked:
    source = table.table("source")
    for key in _FOLDERS:
        path = source.text(key)
        if path is not None:
            kind = folder_kind(own=places.is_root(path), editable=key == "editable", member=member)
            return Locked(name=name, version=version, kind=kind, origin=path)
    registry = source.text("registry")
    if registry is not None:
        local = "://" not in registry
        wheels = tuple(_wheel(each, places, registry if local else "") for each in table.tables("wheels"))
        sdist = table.table("sdist")
        archive = filename_of(sdist.text("url") or sdist.text("path") or "")
        index = places.of_path(registry).url if local else places.index(registry)
        return Locked(
            name=name, version=version, wheels=wheels, sources=(archive,) if archive else (), registry=index or None
        )
    path, url = source.text("path"), source.text("url")
    named = path if path is not None else url
    if named is not None and filename_of(named).lower().endswith(".whl"):
        wheels = tuple(_direct(each, path, url, places) for each in table.tables("wheels"))
        return Locked(name=name, version=version, wheels=wheels, origin=places.shown(named), direct=True)
    origin = places.shown(source.text("git") or named or "")
    return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)


def _wheel(table: Table, places: Places, registry: str) -> LockedWheel:
    """A registry's wheel: by URL, or by a path relative to a registry that is itself a folder."""
    url, path = table.text("url"), table.text("path")
    place = places.of_url(url) if url is not None else places.of_path(path or "", registry)
    filename = filename_of(url or path or "") or (table.text("filename") or "")
    return locked_wheel(filename, place, sha256=table.text("hash"), size=table.number("size"))


def _direct(table: Table, path: str | None, url: str | None, places: Places) -> LockedWheel:
    """The wheel of a direct source, whose place the source says."""
    place = places.of_path(path) if path is not None else places.of_url(url or "")
    filename = table.text("filename") or filename_of(table.text("url") or table.text("path") or path or url or "")
    return locked_wheel(filename, place, sha256=table.text("hash"), size=table.number("size"))
