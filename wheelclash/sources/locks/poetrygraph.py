"""The graph of a ``poetry.lock`` older than 2.1, with the roots its ``pyproject.toml`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

from wheelclash.sources.locks import constraints
from wheelclash.sources.locks.documents import Table, normalised
from wheelclash.sources.locks.walk import Edge, lines, reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelclash.sources.locks.markers import Markers
    from wheelclash.target import Target

__all__ = ["PoetryGraph"]

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
        self._names = [normalised(each.required("name")) for each in self._tables]

    def groups(self) -> set[str]:
        """The groups the project has; ``dev`` also by its old name."""
        found = {"main", *(each for table in self._tables if (each := table.text("category")))}
        if self._project is not None:
            poetry = self._project.table("tool").table("poetry")
            found.update(normalised(each) for each in poetry.table("group"))
            if "dev-dependencies" in poetry:
                found.add("dev")
        return found

    def reached(
        self, target: Target, markers: Markers, extras: Sequence[str], groups: Iterable[str]
    ) -> dict[int, set[str]]:
        """By number, the packages that would be installed, and the extras they were reached with.

        Raises:
            QuestionError: Something needed is not locked.
        """
        versions: dict[str, list[tuple[int, str]]] = {}
        for number, table in enumerate(self._tables):
            if constraints.allows(table.text("python-versions"), target.python_version):
                versions.setdefault(self._names[number], []).append((number, table.text("version") or ""))
        for listed in versions.values():
            listed.sort(key=lambda each: _order(each[1]), reverse=True)
        if self._project is None:
            roots: Iterable[Edge] = self._unneeded(versions, extras)
        else:
            roots = self._roots(self._project, markers, extras, set(groups))
        return reach(roots, versions, lambda number, active: self._edges(number, active, markers), self._what)

    # -- roots ---------------------------------------------------------------------------------------------

    def _unneeded(self, versions: dict[str, list[tuple[int, str]]], extras: Sequence[str]) -> Iterator[Edge]:
        """What nothing else needs, and is not optional or belongs to a chosen extra."""
        needed = {normalised(each) for table in self._tables for each in table.table("dependencies")}
        chosen = {
            normalised(each)
            for extra in self._extras
            if normalised(extra) in extras
            for each in self._extras.texts(extra)
        }
        for name, listed in versions.items():
            optional = all(self._tables[number].flag("optional") for number, _ in listed)
            if name in chosen or (name not in needed and not optional):
                yield Edge(name, lambda _: True)

    def _roots(self, project: Table, markers: Markers, extras: Sequence[str], groups: set[str]) -> Iterator[Edge]:
        poetry = project.table("tool").table("poetry")
        if "main" in groups:
            named = poetry.table("extras")
            chosen = {normalised(each) for extra in named if normalised(extra) in extras for each in named.texts(extra)}
            yield from _listed(poetry.table("dependencies"), markers, extras, chosen)
            yield from lines(project.table("project").texts("dependencies"), markers)
            optional = project.table("project").table("optional-dependencies")
            for extra in optional:
                if normalised(extra) in extras:
                    yield from lines(optional.texts(extra), markers)
        if "dev" in groups:
            yield from _listed(poetry.table("dev-dependencies"), markers, (), set())
        listed = poetry.table("group")
        for group in listed:
            if normalised(group) in groups:
                yield from _listed(listed.table(group).table("dependencies"), markers, (), set())

    # -- edges ---------------------------------------------------------------------------------------------

    def _edges(self, number: int, extras: frozenset[str], markers: Markers) -> Iterator[Edge]:
        table = self._tables[number]
        own = table.table("extras")
        chosen = {
            normalised(each.partition(" ")[0].partition("[")[0].rstrip(";"))
            for extra in own
            if normalised(extra) in extras
            for each in own.texts(extra)
        }
        yield from _listed(table.table("dependencies"), markers, tuple(extras), chosen)


def _listed(table: Table, markers: Markers, extras: Sequence[str], chosen: set[str]) -> Iterator[Edge]:
    """Dependencies as poetry writes them: a constraint, a table, or several tables, by name.

    Args:
        table: The dependencies.
        markers: Evaluates markers.
        extras: Active extras of the package itself.
        chosen: Names of optional dependencies those extras bring in.
    """
    for key in table:
        name = normalised(key)
        if key.lower() == "python":
            continue
        value: Any = table.values[key]
        for each in value if isinstance(value, list) else [value]:
            wanted = Table(each if isinstance(each, dict) else {"version": each}, f"{table.place}.{key}")
            if wanted.flag("optional") and name not in chosen:
                continue
            if _applies(wanted, markers, extras):
                asked = tuple(normalised(extra) for extra in wanted.texts("extras"))
                yield Edge(name, _constraint(wanted.text("version")), asked)


def _applies(table: Table, markers: Markers, extras: Sequence[str]) -> bool:
    python, platform = table.text("python"), table.text("platform")
    system = markers.target.markers["sys_platform"]
    return (
        markers.hold(table.text("markers"), extras)
        and constraints.allows(python, markers.target.python_version)
        and (platform is None or _PLATFORMS.get(platform.lower(), platform.lower()) == system)
    )


def _constraint(text: str | None) -> Callable[[str], bool]:
    return lambda version: constraints.allows(text, version)


def _order(version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        return Version("0")
