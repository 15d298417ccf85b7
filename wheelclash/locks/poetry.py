"""``poetry.lock``, versions 1.0 to 2.1: selects what ``poetry install`` installs.

Since 2.1 every package names its groups and the marker under which it is installed. Before that only its dependencies
are there, and ``poetry install`` resolved again: then the graph is walked from the roots that the ``pyproject.toml``
beside the lock names. The lock has file names and hashes, but no URLs: the index has to say where the wheels are.

Version constraints of poetry are those of PEP 440 and ``^1.2``, ``~1.2``, ``1.*``, ``1.2``, ``*``, ``a || b``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import Table, pyproject_beside
from wheelclash.locks.graph import LockEdge, Markers, lines, reach
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, folder_kind, locked_file
from wheelclash.locks.project import Installation, ProjectLock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.project import LockRequest
    from wheelclash.target.target import Target

__all__ = ["PoetryGraph", "PoetryLock", "constraint_allows", "read"]

_CLAUSE = re.compile(r"\s*(\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*([^\s,^~=!<>|]+)\s*,?")


def constraint_allows(constraint: str | None, version: str) -> bool:
    """Return whether a constraint allows a version; one that is not understood allows any.

    Args:
        constraint: As poetry writes it; None for any version.
        version: A version of PEP 440.
    """
    if constraint is None:
        return True
    try:
        wanted = Version(version)
    except InvalidVersion:
        return True
    alternatives = _parsed(constraint)
    return alternatives is None or any(alternative.contains(wanted, prereleases=True) for alternative in alternatives)


@lru_cache(maxsize=4096)
def _parsed(constraint: str) -> tuple[SpecifierSet, ...] | None:
    """Return the alternatives, or None if some part is not understood."""
    try:
        return tuple(SpecifierSet(",".join(_clauses(alternative))) for alternative in re.split(r"\|\|?", constraint))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def _clauses(text: str) -> list[str]:
    clauses = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _CLAUSE.match(text, place)
        if match is None:
            raise ValueError(text)
        clauses += _clause(match[1] or "==", match[2])
        place = match.end()
    return clauses


def _clause(operator: str, version: str) -> list[str]:
    """Return one clause of poetry's as clauses of PEP 440."""
    wildcard = re.fullmatch(r"(.*?)\.?[*xX](?:\.[*xX])*", version)
    if wildcard is not None and operator in {"==", "=", "!="}:
        if wildcard[1]:
            return [f"{'!=' if operator == '!=' else '=='}{wildcard[1]}.*"]
        return []
    if operator in {"^", "~"}:
        return [f">={version}", f"<{_next(operator, Version(version))}"]
    return [f"{'==' if operator == '=' else operator}{version}"]


def _next(operator: str, version: Version) -> str:
    """Return the first release that is too new: ``^`` keeps the leftmost number that is not 0, ``~`` the first two."""
    release = list(version.release)
    if operator == "^":
        place = next((number for number, part in enumerate(release) if part), len(release) - 1)
    else:
        place = min(1, len(release) - 1)
    kept = release[: place + 1]
    kept[place] += 1
    return ".".join(map(str, kept))


_PLATFORMS = {"linux": "linux", "darwin": "darwin", "win32": "win32", "windows": "win32"}


class PoetryGraph:
    """Packages and dependencies of an older lock.

    Args:
        document: The whole lock.
        what: Its name, for messages.
        project: The ``pyproject.toml`` beside it, or None.
    """

    def __init__(self, document: Table, what: str, project: Table | None) -> None:
        self._what = what
        self._project = project
        self._tables = document.tables("package")
        self._extras = document.table("extras")
        self._names = [canonicalize_name(table.required("name")) for table in self._tables]

    def groups(self) -> set[str]:
        """Return the groups the project has; ``dev`` also by its old name."""
        groups = {"main", *(category for table in self._tables if (category := table.text("category")))}
        if self._project is not None:
            poetry = self._project.table("tool").table("poetry")
            groups.update(canonicalize_name(group) for group in poetry.table("group"))
            if "dev-dependencies" in poetry:
                groups.add("dev")
        return groups

    def reached(
        self, target: Target, markers: Markers, extras: Sequence[str], groups: Iterable[str]
    ) -> dict[int, set[str]]:
        """Map the numbers of the packages that would be installed to the extras that they were reached with.

        Raises:
            QuestionError: Something needed is not locked.
        """
        versions: dict[str, list[tuple[int, str]]] = {}
        for number, table in enumerate(self._tables):
            if constraint_allows(table.text("python-versions"), target.python_version):
                versions.setdefault(self._names[number], []).append((number, table.text("version") or ""))
        for listed in versions.values():
            listed.sort(key=lambda package: _order(package[1]), reverse=True)
        if self._project is None:
            roots: Iterable[LockEdge] = self._unneeded(versions, extras)
        else:
            roots = self._roots(self._project, markers, extras, set(groups))
        return reach(roots, versions, lambda number, active: self._edges(number, active, markers), self._what)

    # -- roots ---------------------------------------------------------------------------------------------

    def _unneeded(self, versions: dict[str, list[tuple[int, str]]], extras: Sequence[str]) -> Iterator[LockEdge]:
        """Yield an edge to each package that no other needs, unless it is optional and belongs to no chosen extra."""
        needed = {canonicalize_name(dependency) for table in self._tables for dependency in table.table("dependencies")}
        chosen = {
            canonicalize_name(name)
            for extra in self._extras
            if canonicalize_name(extra) in extras
            for name in self._extras.texts(extra)
        }
        for name, listed in versions.items():
            optional = all(self._tables[number].flag("optional") for number, _ in listed)
            if name in chosen or (name not in needed and not optional):
                yield LockEdge(name, lambda _: True)

    def _roots(self, project: Table, markers: Markers, extras: Sequence[str], groups: set[str]) -> Iterator[LockEdge]:
        poetry = project.table("tool").table("poetry")
        if "main" in groups:
            named = poetry.table("extras")
            chosen = {
                canonicalize_name(name)
                for extra in named
                if canonicalize_name(extra) in extras
                for name in named.texts(extra)
            }
            yield from _listed(poetry.table("dependencies"), markers, extras, chosen)
            yield from lines(project.table("project").texts("dependencies"), markers)
            optional = project.table("project").table("optional-dependencies")
            for extra in optional:
                if canonicalize_name(extra) in extras:
                    yield from lines(optional.texts(extra), markers)
        if "dev" in groups:
            yield from _listed(poetry.table("dev-dependencies"), markers, (), set())
        listed = poetry.table("group")
        for group in listed:
            if canonicalize_name(group) in groups:
                yield from _listed(listed.table(group).table("dependencies"), markers, (), set())

    # -- edges ---------------------------------------------------------------------------------------------

    def _edges(self, number: int, extras: frozenset[str], markers: Markers) -> Iterator[LockEdge]:
        table = self._tables[number]
        package_extras = table.table("extras")
        chosen = {
            canonicalize_name(line.partition(" ")[0].partition("[")[0].rstrip(";"))
            for extra in package_extras
            if canonicalize_name(extra) in extras
            for line in package_extras.texts(extra)
        }
        yield from _listed(table.table("dependencies"), markers, tuple(extras), chosen)


def _listed(table: Table, markers: Markers, extras: Sequence[str], chosen: Collection[str]) -> Iterator[LockEdge]:
    """Yield dependencies as poetry writes them: a constraint, a table, or several tables, by name.

    Args:
        table: The table of dependencies.
        markers: Evaluates markers for the target.
        extras: Active extras of the package itself.
        chosen: Names of optional dependencies those extras bring in.
    """
    for key in table:
        name = canonicalize_name(key)
        if key.lower() == "python":
            continue
        value: Any = table.values[key]
        for entry in value if isinstance(value, list) else [value]:
            wanted = Table(entry if isinstance(entry, dict) else {"version": entry}, f"{table.place}.{key}")
            if wanted.flag("optional") and name not in chosen:
                continue
            if _applies(wanted, markers, extras):
                asked = tuple(canonicalize_name(extra) for extra in wanted.texts("extras"))
                yield LockEdge(name, _constraint(wanted.text("version")), asked)


def _applies(table: Table, markers: Markers, extras: Sequence[str]) -> bool:
    python, platform = table.text("python"), table.text("platform")
    system = markers.target.markers["sys_platform"]
    return (
        markers.hold(table.text("markers"), extras)
        and constraint_allows(python, markers.target.python_version)
        and (platform is None or _PLATFORMS.get(platform.lower(), platform.lower()) == system)
    )


def _constraint(text: str | None) -> Callable[[str], bool]:
    return lambda version: constraint_allows(text, version)


def _order(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")


_MAIN = "main"
_GROUPS_SINCE = Version("2.1")


def read(document: Table, location: LockLocation) -> PoetryLock:
    """Read a poetry lock.

    Args:
        document: The whole file.
        location: Where it is; the ``pyproject.toml`` beside it says which groups are optional.

    Raises:
        QuestionError: It is damaged, or of a version that is neither 1 nor 2.
    """
    text = document.table("metadata").required("lock-version")
    try:
        version = Version(text)
    except InvalidVersion:
        version = Version("0")
    if version.major not in {1, 2}:
        raise QuestionError(f"{location.name} is of version {text}; only versions 1 and 2 of poetry.lock are known.")
    return PoetryLock(document, location, version)


class PoetryLock(ProjectLock):
    """A poetry lock; see :class:`wheelclash.locks.project.ProjectLock`."""

    def __init__(self, document: Table, location: LockLocation, version: Version) -> None:
        self._tables = document.tables("package")
        self._metadata = document.table("metadata")
        self._extras = document.table("extras")
        self._project = pyproject_beside(location.path)
        self._graph = None if version >= _GROUPS_SINCE else PoetryGraph(document, location.name, self._project)
        notes = []
        if self._graph is not None and self._project is None:
            notes.append(
                f"{location.name} is of an older version and there is no pyproject.toml beside it: "
                "everything that is not optional is compared"
            )
        elif self._project is None:
            notes.append(f"there is no pyproject.toml beside {location.name}: no group is taken to be optional")
        super().__init__(
            location,
            [self._locked(table, location) for table in self._tables],
            requires_python=self._metadata.text("python-versions"),
            notes=notes,
            build_first=True,
        )

    def _allows_python(self, version: str) -> bool:
        return constraint_allows(self._requires_python, version)

    def _known_extras(self) -> Table:
        return self._extras

    def _install(self, target: Target, wanted: LockRequest) -> Installation:
        return Installation(self._selected(target, [*wanted.every, *wanted.extras], wanted.groups))

    # -- groups --------------------------------------------------------------------------------------------

    def _known_groups(self) -> list[str]:
        """Return all groups: those of the lock, and those of the project that lock nothing of their own."""
        groups: set[str] = {canonicalize_name(group) for table in self._tables for group in table.texts("groups")}
        if self._graph is not None:
            groups.update(self._graph.groups())
        if self._project is not None:
            poetry = self._project.table("tool").table("poetry")
            groups.update(canonicalize_name(group) for group in poetry.table("group"))
            groups.update(canonicalize_name(group) for group in self._project.table("dependency-groups"))
        return sorted(groups | {_MAIN})

    def _default_groups(self) -> list[str]:
        """Return all but those the project calls optional."""
        if self._project is None:
            return self._known_groups()
        listed = self._project.table("tool").table("poetry").table("group")
        optional = {canonicalize_name(group) for group in listed if listed.table(group).flag("optional")}
        return [group for group in self._known_groups() if group not in optional]

    # -- packages ------------------------------------------------------------------------------------------

    def _selected(self, target: Target, extras: Sequence[str], groups: Sequence[str]) -> Iterator[Locked]:
        """Yield the packages that would be installed."""
        markers = Markers(target, self._name)
        if self._graph is not None:
            for number, with_extras in self._graph.reached(target, markers, extras, groups).items():
                yield self._packages[number]._replace(extras=tuple(sorted(with_extras)))
            return
        for table, package in zip(self._tables, self._packages, strict=True):
            wanted = [group for group in table.texts("groups") if canonicalize_name(group) in groups]
            if isinstance(table.values.get("markers"), dict):
                by_group = table.table("markers")
                held = any(markers.hold(by_group.text(group), extras) for group in wanted)
            else:
                held = bool(wanted) and markers.hold(table.text("markers"), extras)
            if held:
                yield package

    def _locked(self, table: Table, location: LockLocation) -> Locked:
        name = canonicalize_name(table.required("name"))
        version = table.required("version")
        source = table.table("source")
        kind = source.text("type")
        url = source.text("url") or ""
        if kind == "directory":
            folder = folder_kind(own=location.is_root(url), editable=table.flag("develop"))
            return Locked(name=name, version=version, kind=folder, origin=url)
        hashes = dict(self._files(table, name))
        if kind in {"file", "url"}:
            filename = filename_of(url)
            origin = without_credentials(url)
            if not filename.lower().endswith(".whl") or source.text("subdirectory"):
                return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
            place = location.of_path(url) if kind == "file" else location.of_url(url)
            wheel = locked_file(filename, place, sha256=hashes.get(filename))
            return Locked(name=name, version=version, wheels=(wheel,), origin=origin, direct=True)
        if kind not in {None, "legacy", "pypi"}:
            return Locked(name=name, version=version, kind="not-a-wheel", origin=without_credentials(url), direct=True)
        files = [locked_file(filename, None, sha256=digest) for filename, digest in hashes.items()]
        return Locked(
            name=name,
            version=version,
            wheels=tuple(file for file in files if file.filename.lower().endswith(".whl")),
            sources=tuple(file for file in files if not file.filename.lower().endswith(".whl")),
            registry=location.index_url(url or None),
        )

    def _files(self, table: Table, name: str) -> Iterator[tuple[str, str | None]]:
        """Yield file names and hashes: beside the package, or, in older locks, all together under ``metadata``."""
        if "files" in table:
            listed = table.tables("files")
        else:
            by_name = self._metadata.table("files")
            key = next((key for key in by_name if canonicalize_name(key) == name), "")
            listed = by_name.tables(key)
        for file in listed:
            digest = file.text("hash")
            yield file.required("file"), digest if (digest or "").startswith("sha256:") else None
