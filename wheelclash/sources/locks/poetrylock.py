"""``poetry.lock``, versions 1.0 to 2.1: what ``poetry install`` installs.

Since 2.1 every package names its groups and the marker under which it is installed. Before that only its dependencies
are there, and ``poetry install`` resolved again: then the ``pyproject.toml`` beside the lock says what was asked for.
The lock has file names and hashes, but no URLs: the index has to say where the wheels are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from wheelclash.errors import QuestionError
from wheelclash.sources.locks import constraints
from wheelclash.sources.locks.documents import normalised
from wheelclash.sources.locks.environments import targets_among
from wheelclash.sources.locks.markers import Markers
from wheelclash.sources.locks.places import filename_of
from wheelclash.sources.locks.poetrygraph import PoetryGraph
from wheelclash.sources.locks.projects import chosen, pyproject_beside
from wheelclash.sources.locks.wheels import Locked, folder_kind, locked_wheel, select_wheels, uninstallable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wheelclash.sources.locks.documents import Table
    from wheelclash.sources.locks.places import Places
    from wheelclash.sources.selection import Selection
    from wheelclash.target import Target

__all__ = ["PoetryLock", "read"]

_MAIN = "main"
_GROUPS_SINCE = Version("2.1")


def read(document: Table, what: str, places: Places, path: Path | None) -> PoetryLock:
    """Read a poetry lock.

    Args:
        document: The whole file.
        what: Its name, for messages.
        places: Where its files are.
        path: The file; the ``pyproject.toml`` beside it says which groups are optional.

    Raises:
        QuestionError: It is damaged, or of a version that is neither 1 nor 2.
    """
    text = document.table("metadata").required("lock-version")
    try:
        version = Version(text)
    except InvalidVersion:
        version = Version("0")
    if version.major not in {1, 2}:
        raise QuestionError(f"{what} is of version {text}; only versions 1 and 2 of poetry.lock are known.")
    return PoetryLock(document, what, places, path, version)


class PoetryLock:
    """A poetry lock; see :class:`wheelclash.sources.selection.Lock`."""

    def __init__(self, document: Table, what: str, places: Places, path: Path | None, version: Version) -> None:
        self._what = what
        self._tables = document.tables("package")
        self._metadata = document.table("metadata")
        self._extras = document.table("extras")
        self._project = pyproject_beside(path)
        self._packages = [self._locked(each, places) for each in self._tables]
        self._graph = None if version >= _GROUPS_SINCE else PoetryGraph(document, what, self._project)

    def targets(self) -> list[Target]:
        """As the protocol says."""
        wheels = (wheel.filename for package in self._packages for wheel in package.wheels)
        return targets_among(wheels, allows=self._allows, admits=self._admits)

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:
        """As the protocol says."""
        known = [*self._extras]
        wanted = [normalised(each) for each in known] if all_extras else []
        wanted += chosen(extras, known, what="extra", where=self._what)
        named = chosen(groups, self._groups(), what="group", where=self._what)
        if not self._allows(target.python_version):
            pythons = self._metadata.text("python-versions")
            raise QuestionError(
                f"{self._what} is for Python {pythons}, not for {target.python_version}.",
                "Give --python-version.",
            )
        notes: list[str] = []
        if self._graph is not None and self._project is None:
            notes.append(
                f"{self._what} is of an older version and there is no pyproject.toml beside it: "
                "everything that is not optional is compared"
            )
        elif self._project is None:
            notes.append(f"there is no pyproject.toml beside {self._what}: no group is taken to be optional")
        packages = list(self._selected(target, wanted, [*self._default_groups(), *named]))
        return select_wheels(packages, target, notes=notes, build_first=True)

    def _allows(self, version: str) -> bool:
        return constraints.allows(self._metadata.text("python-versions"), version)

    def _admits(self, target: Target) -> bool:
        return not uninstallable(self._selected(target, [], self._default_groups()), target)

    # -- groups --------------------------------------------------------------------------------------------

    def _groups(self) -> list[str]:
        """All groups: those of the lock, and those of the project that lock nothing of their own."""
        found = {normalised(group) for table in self._tables for group in table.texts("groups")}
        if self._graph is not None:
            found.update(self._graph.groups())
        if self._project is not None:
            poetry = self._project.table("tool").table("poetry")
            found.update(normalised(each) for each in poetry.table("group"))
            found.update(normalised(each) for each in self._project.table("dependency-groups"))
        return sorted(found | {_MAIN})

    def _default_groups(self) -> list[str]:
        """All but those the project calls optional."""
        if self._project is None:
            return self._groups()
        listed = self._project.table("tool").table("poetry").table("group")
        optional = {normalised(each) for each in listed if listed.table(each).flag("optional")}
        return [each for each in self._groups() if each not in optional]

    # -- packages ------------------------------------------------------------------------------------------

    def _selected(self, target: Target, extras: Sequence[str], groups: Sequence[str]) -> Iterator[Locked]:
        """The packages that would be installed."""
        markers = Markers(target, self._what)
        if self._graph is not None:
            for number, with_extras in self._graph.reached(target, markers, extras, groups).items():
                yield self._packages[number]._replace(extras=tuple(sorted(with_extras)))
            return
        for table, package in zip(self._tables, self._packages, strict=True):
            wanted = [each for each in table.texts("groups") if normalised(each) in groups]
            if isinstance(table.values.get("markers"), dict):
                by_group = table.table("markers")
                held = any(markers.hold(by_group.text(each), extras) for each in wanted)
            else:
                held = bool(wanted) and markers.hold(table.text("markers"), extras)
            if held:
                yield package

    def _locked(self, table: Table, places: Places) -> Locked:
        name = normalised(table.required("name"))
        version = table.required("version")
        source = table.table("source")
        kind = source.text("type")
        url = source.text("url") or ""
        if kind == "directory":
            folder = folder_kind(own=places.is_root(url), editable=table.flag("develop"))
            return Locked(name=name, version=version, kind=folder, origin=url)
        hashes = dict(self._files(table, name))
        if kind in {"file", "url"}:
            filename = filename_of(url)
            origin = places.shown(url)
            if not filename.lower().endswith(".whl") or source.text("subdirectory"):
                return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
            place = places.of_path(url) if kind == "file" else places.of_url(url)
            wheel = locked_wheel(filename, place, sha256=hashes.get(filename))
            return Locked(name=name, version=version, wheels=(wheel,), origin=origin, direct=True)
        if kind not in {None, "legacy", "pypi"}:
            return Locked(name=name, version=version, kind="not-a-wheel", origin=places.shown(url), direct=True)
        wheels = tuple(
            locked_wheel(filename, None, sha256=digest)
            for filename, digest in hashes.items()
            if filename.lower().endswith(".whl")
        )
        sources = tuple(each for each in hashes if not each.lower().endswith(".whl"))
        return Locked(name=name, version=version, wheels=wheels, sources=sources, registry=places.index(url or None))

    def _files(self, table: Table, name: str) -> Iterator[tuple[str, str | None]]:
        """File names and hashes: beside the package, or, in older locks, all together under ``metadata``."""
        if "files" in table:
            listed = table.tables("files")
        else:
            by_name = self._metadata.table("files")
            key = next((each for each in by_name if normalised(each) == name), "")
            listed = by_name.tables(key)
        for each in listed:
            digest = each.text("hash")
            yield each.required("file"), digest if (digest or "").startswith("sha256:") else None
