"""Walking the graph of a lock that does not say itself who needs a package, as older poetry and pdm wrote them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.version import InvalidVersion

from wheelclash.errors import QuestionError
from wheelclash.sources.locks.documents import normalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wheelclash.sources.locks.markers import Markers

__all__ = ["Edge", "lines", "reach"]


class Edge(NamedTuple):
    """A dependency whose marker holds.

    Attributes:
        name: Of the package, normalised.
        allows: Whether a version will do.
        extras: Extras asked for, normalised.
    """

    name: str
    allows: Callable[[str], bool]
    extras: tuple[str, ...] = ()


def reach(
    roots: Iterable[Edge],
    versions: Mapping[str, Sequence[tuple[int, str]]],
    edges: Callable[[int, frozenset[str]], Iterable[Edge]],
    what: str,
) -> dict[int, set[str]]:
    """The packages that would be installed.

    Args:
        roots: What is asked for.
        versions: By name, number and version of each locked package, the preferred first.
        edges: The dependencies of a package under some of its extras.
        what: The file's name, for messages.

    Returns:
        By number, the extras a package was reached with.

    Raises:
        QuestionError: Something needed is not locked.
    """
    found: dict[int, set[str]] = {}
    queue = deque(roots)
    while queue:
        edge = queue.popleft()
        number = _meant(edge, versions, found, what)
        known = found.get(number)
        if known is not None and known.issuperset(edge.extras):
            continue
        extras = found.setdefault(number, set())
        extras.update(edge.extras)
        queue.extend(edges(number, frozenset(extras)))
    return found


def _meant(
    edge: Edge, versions: Mapping[str, Sequence[tuple[int, str]]], found: Mapping[int, object], what: str
) -> int:
    """The package an edge leads to: the one already reached if it will do, else the first that will."""
    named = versions.get(edge.name, ())
    fitting = [number for number, version in named if edge.allows(version)] or [number for number, _ in named[:1]]
    if not fitting:
        raise QuestionError(f"{what} depends on {edge.name}, and does not lock it for this target.", "Make it anew.")
    return next((number for number in fitting if number in found), fitting[0])


def lines(texts: Iterable[str], markers: Markers) -> Iterator[Edge]:
    """Dependencies written as requirements (PEP 508), less those whose marker does not hold and those that are none."""
    for line in texts:
        try:
            found = Requirement(line)
        except (ValueError, RecursionError):  # also packaging's own error
            continue
        if found.marker is None or markers.hold(str(found.marker)):
            extras = tuple(normalised(each) for each in found.extras)
            yield Edge(normalised(found.name), _specifier(found), extras)


def _specifier(requirement: Requirement) -> Callable[[str], bool]:
    def allows(version: str) -> bool:
        try:
            return requirement.specifier.contains(version, prereleases=True)
        except InvalidVersion:
            return True

    return allows
