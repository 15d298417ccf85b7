"""``uv.lock``, version 1, of a project, a workspace or a script: what ``uv sync`` installs.

The file holds a graph for every platform at once. What is installed on one is found by walking it from the roots, for
a marker is only meant where its package is reached. The rules are those of uv's own ``Installable`` (0.13.9): the
root is the member at ``.``, or else every member; its dependencies, default groups, and what extras and groups were
asked for. Declared conflicts turn up as pseudo-extras in markers (``extra == 'extra-3-app-cpu'``), which are true if
that extra is active anywhere, so that active extras must be known before the walk proper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.sources.locks.documents import normalised
from wheelclash.sources.locks.environments import python_allowed, targets_among
from wheelclash.sources.locks.markers import Markers
from wheelclash.sources.locks.projects import chosen, pyproject_beside
from wheelclash.sources.locks.uvconflicts import ConflictError, Conflicts, Item
from wheelclash.sources.locks.uvpackages import Dependency, Graph
from wheelclash.sources.locks.uvwalk import Walk, Wanted
from wheelclash.sources.locks.wheels import select_wheels, uninstallable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from wheelclash.sources.locks.documents import Table
    from wheelclash.sources.locks.places import Places
    from wheelclash.sources.locks.wheels import Locked
    from wheelclash.sources.selection import Selection
    from wheelclash.target import Target

__all__ = ["UvLock", "read"]

_DEFAULT_GROUPS_SINCE = 5
"""The first revision that records default groups."""
_ROUNDS = 20
"""Each round of the search for active extras finds one link of a chain more; real chains are two or three long."""


def read(document: Table, what: str, places: Places, path: Path | None) -> UvLock:
    """Read a uv lock.

    Args:
        document: The whole file.
        what: Its name, for messages.
        places: Where its files are.
        path: The file; a ``pyproject.toml`` beside it names default groups where an older lock does not.

    Raises:
        QuestionError: It is damaged, or of a version that is not 1.
    """
    version = document.values.get("version")
    if version != 1 or isinstance(version, bool):
        raise QuestionError(f"{what} is of version {version!r}; only version 1 of uv.lock is known.")
    return UvLock(document, what, places, path)


class UvLock:
    """A uv lock; see :class:`wheelclash.sources.selection.Lock`."""

    def __init__(self, document: Table, what: str, places: Places, path: Path | None) -> None:
        self._what = what
        self._path = path
        self._revision = document.number("revision") or 0
        self._requires_python = document.text("requires-python")
        self._environments = document.texts("supported-markers")
        self._forks = document.texts("resolution-markers")
        self._manifest = document.table("manifest")
        self._graph = Graph(document, what, places)
        self._conflicts = Conflicts(document, what)

    # -- the protocol --------------------------------------------------------------------------------------

    def targets(self) -> list[Target]:
        """As the protocol says."""
        return targets_among(
            self._graph.wheels(),
            allows=lambda version: python_allowed(self._requires_python, version),
            admits=self._admits,
        )

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:
        """As the protocol says."""
        roots = self._graph.roots
        known = list(dict.fromkeys(normalised(each) for root in roots for each in (*root.provides, *root.optional)))
        given = chosen(extras, known, what="extra", where=self._what)
        named = chosen(groups, self._groups(), what="group", where=self._what)
        markers = Markers(target, self._what)
        self._check_target(target, markers)
        wanted = Wanted(given, tuple(dict.fromkeys([*self._default_groups(), *named])))
        self._check_group_pythons(target, wanted.groups)
        notes: list[str] = []
        if all_extras:
            wanted, left_out = self._with_all(known, wanted, markers)
            if left_out:
                notes.append(
                    f"{self._what} declares extras that are never installed together: {', '.join(sorted(left_out))} "
                    "left out; to compare with one of them, name it with --extra"
                )
        walk = self._reached(markers, wanted)
        return select_wheels(self._locked(walk), target, roots=walk.roots, notes=notes)

    # -- what is asked -------------------------------------------------------------------------------------

    def _groups(self) -> Iterator[str]:
        for root in self._graph.roots:
            yield from root.groups
            yield from root.declared_groups
        yield from self._manifest.table("dependency-groups")

    def _default_groups(self) -> list[str]:
        """What is installed without asking: ``dev``, if nothing else is configured."""
        known = {normalised(each) for each in self._groups()}
        found: object = None
        if self._revision >= _DEFAULT_GROUPS_SINCE:
            found = (self._manifest if self._graph.own is None else self._graph.own.table).values.get("default-groups")
        else:
            project = pyproject_beside(self._path) if self._graph.roots or known else None
            if project is not None:
                found = project.table("tool").table("uv").values.get("default-groups")
        if found == "all":
            return sorted(known)
        if not isinstance(found, list):
            found = ["dev"]
        return [name for each in found if isinstance(each, str) and (name := normalised(each)) in known]

    def _with_all(self, known: Sequence[str], wanted: Wanted, markers: Markers) -> tuple[Wanted, list[str]]:
        """All extras that can be installed together with what is wanted already, and those that cannot."""
        whole = wanted._replace(extras=tuple(dict.fromkeys([*wanted.extras, *known])))
        try:
            self._reached(markers, whole)
        except ConflictError:
            pass
        else:
            return whole, []
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

    def _check_target(self, target: Target, markers: Markers) -> None:
        """Refuse what uv refuses.

        Raises:
            QuestionError: The lock is not for this Python or platform.
        """
        if not python_allowed(self._requires_python, target.python_version):
            raise QuestionError(
                f"{self._what} is for Python {self._requires_python}, not for {target.python_version}.",
                "Give --python-version.",
            )
        if self._environments and not any(markers.hold(each) for each in self._environments):
            raise QuestionError(
                f"{self._what} supports other environments than {target.minor_version} on {target.platform}: "
                f"{'; '.join(self._environments[:3])}."
            )

    def _check_group_pythons(self, target: Target, groups: Iterable[str]) -> None:
        tables = [self._manifest, *(root.table for root in self._graph.roots)]
        for group in groups:
            for table in tables:
                needed = table.table("group-requires-python").text(group)
                if not python_allowed(needed, target.python_version):
                    raise QuestionError(
                        f"{self._what}: the group {group!r} is for Python {needed}, not for {target.python_version}.",
                        "Give --python-version.",
                    )

    def _admits(self, target: Target) -> bool:
        markers = Markers(target, self._what)
        if self._environments and not any(markers.hold(each) for each in self._environments):
            return False
        if self._forks and not any(markers.hold(each) for each in self._forks):
            return False
        wanted = Wanted((), tuple(self._default_groups()))
        return not uninstallable(self._locked(self._reached(markers, wanted)), target)

    # -- the walk ------------------------------------------------------------------------------------------

    def _locked(self, walk: Walk) -> Iterator[Locked]:
        for number, extras in walk.packages.items():
            yield self._graph.packages[number].locked._replace(extras=tuple(sorted(extras)))

    def _reached(self, markers: Markers, wanted: Wanted) -> Walk:
        """Everything that would be installed.

        Raises:
            ConflictError: Extras or groups are active that conflict.
        """
        if not self._conflicts:
            return self._walk(markers, wanted, ())
        names = [root.name for root in self._graph.roots]
        given = {Item(name) for name in names}
        given |= {Item(name, extra=each) for name in names for each in wanted.extras}
        given |= {Item(name, group=each) for name in names for each in wanted.groups}
        self._conflicts.check(given)
        active = given
        for _ in range(_ROUNDS):
            found = given | self._walk(markers, wanted, active).extras
            if found == active:
                break
            active = found
        self._conflicts.check(item for item in active if item.extra is not None)
        return self._walk(markers, wanted, active)

    def _walk(self, markers: Markers, wanted: Wanted, active: Collection[Item]) -> Walk:
        walk = Walk(self._graph, markers, active)
        walk.run(wanted, self._manifest_dependencies(wanted.groups))
        return walk

    def _manifest_dependencies(self, groups: Iterable[str]) -> Iterator[Dependency]:
        """What is asked for outside of any package: by a script, or by the groups of a workspace without a project."""
        for table in self._manifest.tables("requirements"):
            yield Dependency.from_requirement(table)
        listed = self._manifest.table("dependency-groups")
        for key in listed:
            if normalised(key) in groups:
                for table in listed.tables(key):
                    yield Dependency.from_requirement(table)
