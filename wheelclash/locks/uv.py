"""``uv.lock``, version 1, of a project, a workspace or a script: selects what ``uv sync`` installs.

The file holds a graph for every platform at once. What is installed on one is found by walking it from the roots,
since a marker counts only where its package is reached. The rules are those of uv's own ``Installable`` (0.13.9): the
root is the member at ``.``, or else every member; from it lead its dependencies, its default groups, and the extras and
groups that were asked for.

A lock may declare extras, groups and members that can never be installed together. Such conflicts appear as
pseudo-extras in markers (``extra == 'extra-3-app-cpu'``), which are true if that extra is active anywhere. Active
extras must therefore be known before the last walk.
"""

from __future__ import annotations

from collections import deque
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import Table, pyproject_beside
from wheelclash.locks.graph import Markers
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, LockedFile, folder_kind, locked_file
from wheelclash.locks.project import Installation, ProjectLock
from wheelclash.target.inferred import python_allowed
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.project import LockRequest
    from wheelclash.target.target import Target

__all__ = ["ConflictError", "Conflicts", "Dependency", "Graph", "Item", "Package", "UvLock", "Walk", "read"]

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
        """Return an edge made of an entry of a package: ``{ name, version?, source?, extra?, marker? }``."""
        return cls(
            canonicalize_name(table.required("name")),
            table.text("version"),
            _source(table) if "source" in table else None,
            tuple(canonicalize_name(extra) for extra in table.texts("extra")),
            table.text("marker"),
        )

    @classmethod
    def from_requirement(cls, table: Table) -> Dependency:
        """Return an edge made of a requirement of the manifest: ``{ name, extras?, marker?, specifier?, … }``."""
        return cls(
            canonicalize_name(table.required("name")),
            None,
            None,
            tuple(canonicalize_name(extra) for extra in table.texts("extras")),
            table.text("marker"),
            by_forks=True,
        )


class Package(NamedTuple):
    """A ``[[package]]``.

    Attributes:
        number: Its place in the file.
        name: The normalised name.
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

    def __init__(self, document: Table, location: LockLocation) -> None:
        self._name = location.name
        self._members = {canonicalize_name(member) for member in document.table("manifest").texts("members")}
        key = "package" if "package" in document else "distribution"  # what the first versions called it
        self.packages = [self._package(number, entry, location) for number, entry in enumerate(document.tables(key))]
        self._by_name: dict[str, list[int]] = {}
        for package in self.packages:
            self._by_name.setdefault(package.name, []).append(package.number)
        self.own = next((package for package in self.packages if package.locked.kind == "project"), None)
        members = [package for package in self.packages if package.locked.kind == "workspace-member"]
        self.roots = members if self.own is None else [self.own]

    def find(self, dependency: Dependency, markers: Markers) -> int:
        """Return the number of the package an edge leads to.

        Raises:
            QuestionError: There is none, or more than one.
        """
        named = self._by_name.get(dependency.name, [])
        if dependency.by_forks:
            numbers = [number for number in named if self._in_fork(number, markers)]
        else:
            numbers = [number for number in named if self._is_named_by(number, dependency)]
        if len(numbers) == 1:
            return numbers[0]
        shown = f"{dependency.name}=={dependency.version}" if dependency.version else dependency.name
        if not numbers:
            raise QuestionError(f"{self._name} depends on {shown}, and does not lock it.", "Make the lock anew.")
        several = " and ".join(self.packages[number].locked.shown for number in numbers[:3])
        raise QuestionError(f"{self._name} leaves open which {shown} is meant: {several}.", "Make the lock anew.")

    def members_with(self, wanted: LockRequest) -> set[str]:
        """Return the names of the roots, and of the members of the workspace that edges lead to from them.

        This is what uv holds against the lock's conflicts: whatever the markers of the edges say.
        """
        by_name = {package.name: package for package in self.packages}
        edges = [edge for root in self.roots for group in wanted.groups for edge in root.groups.get(group, ())]
        queue = deque((root.name, extra) for root in self.roots for extra in (None, *wanted.extras))
        queue.extend((edge.name, extra) for edge in edges for extra in (None, *edge.extras))
        seen: set[tuple[str, str | None]] = set()
        while queue:
            name, extra = place = queue.popleft()
            package = by_name.get(name)
            if package is not None and place not in seen:
                seen.add(place)
                edges = [*(package.dependencies if extra is None else package.optional.get(extra, ()))]
                queue.extend((edge.name, asked) for edge in edges for asked in (None, *edge.extras))
        return {root.name for root in self.roots} | (self._members & {name for name, _ in seen})

    def _is_named_by(self, number: int, dependency: Dependency) -> bool:
        package = self.packages[number]
        return (dependency.version is None or dependency.version == package.version) and (
            dependency.source is None or dependency.source == package.source
        )

    def _in_fork(self, number: int, markers: Markers) -> bool:
        forks = self.packages[number].forks
        return not forks or any(markers.hold(fork) for fork in forks)

    def _package(self, number: int, table: Table, location: LockLocation) -> Package:
        name = canonicalize_name(table.required("name"))
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
            dependencies=tuple(Dependency.from_edge(dependency) for dependency in table.tables("dependencies")),
            optional=_edges(table.table("optional-dependencies")),
            groups=_edges(table.table(groups)),
            provides=tuple(metadata.texts("provides-extras")),
            declared_groups=tuple(metadata.table(declared)),
            locked=_locked(name, version, table, location, member=name in self._members),
            table=table,
        )


def _edges(table: Table) -> dict[str, tuple[Dependency, ...]]:
    return {canonicalize_name(key): tuple(Dependency.from_edge(entry) for entry in table.tables(key)) for key in table}


def _source(table: Table) -> frozenset[tuple[str, str]]:
    return frozenset((key, str(value)) for key, value in table.table("source").values.items())


def _locked(name: str, version: str | None, table: Table, location: LockLocation, *, member: bool) -> Locked:
    source = table.table("source")
    for key in _FOLDERS:
        path = source.text(key)
        if path is not None:
            kind = folder_kind(own=location.is_root(path), editable=key == "editable", member=member)
            return Locked(name=name, version=version, kind=kind, origin=path)
    registry = source.text("registry")
    if registry is not None:
        local = "://" not in registry
        wheels = tuple(_file(wheel, location, registry if local else "") for wheel in table.tables("wheels"))
        source_archive = _file(table.table("sdist"), location, registry if local else "")
        sources = (source_archive,) if source_archive.filename else ()
        index = location.of_path(registry).url if local else location.index_url(registry)
        return Locked(name=name, version=version, wheels=wheels, sources=sources, registry=index or None)
    path, url = source.text("path"), source.text("url")
    named = path if path is not None else url
    if named is not None and filename_of(named).lower().endswith(".whl"):
        wheels = tuple(_direct(wheel, path, url, location) for wheel in table.tables("wheels"))
        return Locked(name=name, version=version, wheels=wheels, origin=without_credentials(named), direct=True)
    origin = without_credentials(source.text("git") or named or "")
    is_file = named is not None and not source.text("subdirectory")
    archives = (_direct(table.table("sdist"), path, url, location),) if is_file else ()
    return Locked(name=name, version=version, kind="not-a-wheel", sources=archives, origin=origin, direct=True)


def _file(table: Table, location: LockLocation, registry: str) -> LockedFile:
    """Return a registry's wheel or source archive: by URL, or by a path relative to a registry that is a folder."""
    url, path = table.text("url"), table.text("path")
    place = location.of_url(url) if url is not None else location.of_path(path or "", registry)
    filename = filename_of(url or path or "") or (table.text("filename") or "")
    return locked_file(filename, place, sha256=table.text("hash"), size=table.number("size"))


def _direct(table: Table, path: str | None, url: str | None, location: LockLocation) -> LockedFile:
    """Return the file of a direct source; the source says where it is."""
    place = location.of_path(path) if path is not None else location.of_url(url or "")
    filename = table.text("filename") or filename_of(table.text("url") or table.text("path") or path or url or "")
    return locked_file(filename, place, sha256=table.text("hash"), size=table.number("size"))


class Item(NamedTuple):
    """An extra or a group of a package, or, with neither, the package itself; names are normalised."""

    package: str
    extra: str | None = None
    group: str | None = None

    @property
    def encoded(self) -> str:
        """Return its name in markers of the lock: kind, length of the package's name in bytes, package, name."""
        length = len(self.package.encode())
        if self.extra is not None:
            return f"extra-{length}-{self.package}-{self.extra}"
        if self.group is not None:
            return f"group-{length}-{self.package}-{self.group}"
        return f"project-{length}-{self.package}"

    def __str__(self) -> str:
        """Return a phrase for messages."""
        if self.extra is not None:
            return f"the extra {self.extra!r}"
        return f"the group {self.group!r}" if self.group is not None else f"the project {self.package!r}"


def _items(names: Collection[str], wanted: LockRequest) -> set[Item]:
    """Return packages, and of each of them the extras and groups that are asked for."""
    items = {Item(name) for name in names}
    items |= {Item(name, extra=extra) for name in names for extra in wanted.extras}
    return items | {Item(name, group=group) for name in names for group in wanted.groups}


class ConflictError(QuestionError):
    """Items are asked for that cannot be installed together."""


class Conflicts:
    """The ``conflicts`` of a lock: sets of items of which one at most may be active."""

    def __init__(self, document: Table, what: str) -> None:
        self._what = what
        self._sets: list[tuple[Item, ...]] = []
        listed = document.values.get("conflicts", [])
        if not isinstance(listed, list) or not all(isinstance(items, list) for items in listed):
            raise QuestionError(f"{what}: conflicts is no list of lists: the file is damaged.")
        for number, items in enumerate(listed):
            tables = Table({"items": items}, f"{what}: conflicts[{number}]").tables("items")
            self._sets.append(tuple(_item(table) for table in tables))

    def __bool__(self) -> bool:
        return bool(self._sets)

    def check(self, active: Iterable[Item]) -> None:
        """Refuse what cannot be installed together.

        Raises:
            ConflictError: Two items of one set are active.
        """
        present = set(active)
        for items in self._sets:
            for pair in combinations([item for item in items if item in present], 2):
                self._refuse(pair)

    def _refuse(self, items: Sequence[Item]) -> None:
        several = len({item.package for item in items}) > 1
        phrases = [
            f"{item} of {item.package!r}" if several and item != Item(item.package) else str(item) for item in items
        ]
        shown = " and ".join(phrases)
        raise ConflictError(f"{self._what} declares that {shown} conflict: they cannot be installed together.")


def _item(table: Table) -> Item:
    extra, group = table.text("extra"), table.text("group")
    return Item(
        canonicalize_name(table.required("package")),
        None if extra is None else canonicalize_name(extra),
        None if group is None else canonicalize_name(group),
    )


class Walk:
    """One walk, breadth first, as uv takes it.

    Args:
        graph: The packages.
        markers: Evaluates markers for the target.
        active: What conflict markers see as active.

    Attributes:
        packages: Numbers of the packages that were reached, in that order, with the extras they were reached with.
        roots: Names of direct dependencies.
        extras: The extras some edge asked for.
    """

    def __init__(self, graph: Graph, markers: Markers, active: Collection[Item]) -> None:
        self.packages: dict[int, set[str]] = {}
        self.roots: dict[str, None] = {}
        self.extras: set[Item] = set()
        self._graph = graph
        self._markers = markers
        self._active = {item.encoded for item in active}
        self._queue: deque[tuple[int, str | None]] = deque()
        self._seen: set[tuple[int, str | None]] = set()

    def run(self, wanted: LockRequest, besides: Iterable[Dependency]) -> None:
        """Take every edge that the roots lead to.

        Args:
            wanted: What is asked of the roots.
            besides: What is asked for outside of any package.

        Raises:
            QuestionError: An edge leads nowhere, or to several packages.
        """
        roots = self._graph.roots
        starts = {root.number for root in roots}
        for number in starts:
            self._reach(number, wanted.extras)
        for root in roots:
            for group in wanted.groups:
                for dependency in root.groups.get(group, ()):
                    self._follow(dependency, direct=True)
        for dependency in besides:
            self._follow(dependency, direct=True)
        while self._queue:
            number, extra = self._queue.popleft()
            package = self._graph.packages[number]
            for dependency in package.dependencies if extra is None else package.optional.get(extra, ()):
                self._follow(dependency, direct=number in starts)

    def _follow(self, dependency: Dependency, *, direct: bool) -> None:
        """Take an edge, if its marker holds; the extras it asks for itself count as active."""
        asked = [Item(dependency.name, extra=extra) for extra in dependency.extras]
        if not self._markers.hold(dependency.marker, self._active.union(item.encoded for item in asked)):
            return
        self.extras.update(asked)
        if direct:
            self.roots.setdefault(dependency.name)
        self._reach(self._graph.find(dependency, self._markers), dependency.extras)

    def _reach(self, number: int, extras: Iterable[str]) -> None:
        known = self.packages.setdefault(number, set())
        known.update(extras)
        for node in ((number, None), *((number, extra) for extra in extras)):
            if node not in self._seen:
                self._seen.add(node)
                self._queue.append(node)


_DEFAULT_GROUPS_SINCE = 5
"""The first revision that records default groups."""
_FEW = 3
_ROUNDS = 20
"""Each round of the search for active extras finds one link of a chain more; real chains are two or three long."""


def read(document: Table, location: LockLocation) -> UvLock:
    """Read a uv lock.

    Args:
        document: The whole file.
        location: Where it is; a ``pyproject.toml`` beside it names default groups where an older lock does not.

    Raises:
        QuestionError: It is damaged, or of a version that is not 1.
    """
    version = document.values.get("version")
    if version != 1 or isinstance(version, bool):
        raise QuestionError(f"{location.name} is of version {version!r}; only version 1 of uv.lock is known.")
    return UvLock(document, location)


class UvLock(ProjectLock):
    """A uv lock; see :class:`wheelclash.locks.project.ProjectLock`."""

    def __init__(self, document: Table, location: LockLocation) -> None:
        self._path = location.path
        self._revision = document.number("revision") or 0
        self._forks = document.texts("resolution-markers")
        self._manifest = document.table("manifest")
        self._graph = Graph(document, location)
        self._conflicts = Conflicts(document, location.name)
        super().__init__(
            location,
            [package.locked for package in self._graph.packages],
            requires_python=document.text("requires-python"),
            environments=document.texts("supported-markers"),
        )

    def _admits(self, target: Target) -> bool:
        markers = Markers(target, self._name)
        return (not self._forks or any(markers.hold(fork) for fork in self._forks)) and super()._admits(target)

    def _check_target(self, target: Target, wanted: LockRequest) -> None:
        super()._check_target(target, wanted)
        self._check_group_pythons(target, wanted.groups)

    def _install(self, target: Target, wanted: LockRequest) -> Installation:
        """Return the packages that the walk of the graph reaches.

        Raises:
            ConflictError: Extras or groups are active that conflict.
        """
        markers = Markers(target, self._name)
        notes = []
        if wanted.every:
            wanted, left_out = self._with_all(wanted, markers)
            if left_out:
                notes.append(
                    f"{self._name} declares extras that are never installed together: {', '.join(sorted(left_out))} "
                    "left out; to compare with one of them, name it with --extra"
                )
        walk = self._reached(markers, wanted)
        notes += self._note_on_members(walk)
        return Installation(self._locked(walk), list(walk.roots), notes)

    def _note_on_members(self, walk: Walk) -> list[str]:
        """Return a note on members of the workspace that the root does not need; their requirements are left out."""
        apart = [
            package.name
            for package in self._graph.packages
            if package.locked.kind == "workspace-member" and package.number not in walk.packages
        ]
        if not apart:
            return []
        return [
            (
                f"{self._name} has members that its root does not require, and what these require is not compared: "
                f"{some(apart, _FEW)}; `uv sync --all-packages` would install it"
            )
        ]

    # -- what is asked -------------------------------------------------------------------------------------

    def _known_extras(self) -> Iterator[str]:
        for root in self._graph.roots:
            yield from (*root.provides, *root.optional)

    def _known_groups(self) -> Iterator[str]:
        for root in self._graph.roots:
            yield from root.groups
            yield from root.declared_groups
        yield from self._manifest.table("dependency-groups")

    def _default_groups(self) -> list[str]:
        """Return the groups that are installed without being asked for: ``dev``, if nothing else is configured."""
        known = {canonicalize_name(group) for group in self._known_groups()}
        configured: object = None
        if self._revision >= _DEFAULT_GROUPS_SINCE:
            configured = (self._manifest if self._graph.own is None else self._graph.own.table).values.get(
                "default-groups"
            )
        else:
            project = pyproject_beside(self._path) if self._graph.roots or known else None
            if project is not None:
                configured = project.table("tool").table("uv").values.get("default-groups")
        if configured == "all":
            return sorted(known)
        if not isinstance(configured, list):
            configured = ["dev"]
        return [name for group in configured if isinstance(group, str) and (name := canonicalize_name(group)) in known]

    def _with_all(self, wanted: LockRequest, markers: Markers) -> tuple[LockRequest, list[str]]:
        """Return the request with all extras that can be installed together, and the extras that cannot."""
        whole = wanted._replace(extras=tuple(dict.fromkeys([*wanted.extras, *wanted.every])))
        try:
            self._reached(markers, whole)
        except ConflictError:
            pass
        else:
            return whole, []
        # Not all can be installed together: take each that conflicts with none taken before, in the lock's order.
        left_out = []
        for extra in whole.extras[len(wanted.extras) :]:
            wider = wanted._replace(extras=(*wanted.extras, extra))
            try:
                self._reached(markers, wider)
            except ConflictError:
                left_out.append(extra)
            else:
                wanted = wider
        return wanted, left_out

    def _check_group_pythons(self, target: Target, groups: Iterable[str]) -> None:
        tables = [self._manifest, *(root.table for root in self._graph.roots)]
        for group in groups:
            for table in tables:
                needed = table.table("group-requires-python").text(group)
                if not python_allowed(needed, target.python_version):
                    raise QuestionError(
                        f"{self._name}: the group {group!r} is for Python {needed}, not for {target.python_version}.",
                        "Give --python-version.",
                    )

    # -- the walk ------------------------------------------------------------------------------------------

    def _locked(self, walk: Walk) -> Iterator[Locked]:
        for number, extras in walk.packages.items():
            yield self._graph.packages[number].locked._replace(extras=tuple(sorted(extras)))

    def _reached(self, markers: Markers, wanted: LockRequest) -> Walk:
        """Return everything that would be installed.

        Raises:
            ConflictError: Extras or groups are active that conflict.
        """
        if not self._conflicts:
            return self._walk(markers, wanted, ())
        self._conflicts.check(_items(self._graph.members_with(wanted), wanted))
        active = named = _items([root.name for root in self._graph.roots], wanted)
        # Markers ask which extras are active, and edges that hold make more extras active: walk until none is added.
        for _ in range(_ROUNDS):
            wider = named | self._walk(markers, wanted, active).extras
            if wider == active:
                break
            active = wider
        # Edges make extras active and nothing else; groups and projects were checked before.
        self._conflicts.check(item for item in active if item.extra is not None)
        return self._walk(markers, wanted, active)

    def _walk(self, markers: Markers, wanted: LockRequest, active: Collection[Item]) -> Walk:
        walk = Walk(self._graph, markers, active)
        walk.run(wanted, self._manifest_dependencies(wanted.groups))
        return walk

    def _manifest_dependencies(self, groups: Iterable[str]) -> Iterator[Dependency]:
        """Yield what is asked for outside of packages: by a script, or by groups of a workspace that is no project."""
        for table in self._manifest.tables("requirements"):
            yield Dependency.from_requirement(table)
        listed = self._manifest.table("dependency-groups")
        for key in listed:
            if canonicalize_name(key) in groups:
                for table in listed.tables(key):
                    yield Dependency.from_requirement(table)
