"""Markers of lock files, and the walk of a lock that lists dependencies alone.

Older locks of poetry and pdm do not say which group or extra needs a package; :func:`reach` finds out.

Locks say more in markers than requirements do: several extras can be active at once. PEP 751 writes that as
``'x' in extras``; uv and poetry write ``extra == 'x'``, which is true if any active extra is ``x``. The latter is
turned into the former, which :mod:`packaging` evaluates.
"""

from __future__ import annotations

import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelclash.target.target import Target

__all__ = ["LockEdge", "Markers", "lines", "reach"]

_QUOTED = r"(\"[^\"]*\"|'[^']*')"
_EXTRA_FIRST = re.compile(rf"\bextra\s*(==|!=)\s*{_QUOTED}")
_EXTRA_LAST = re.compile(rf"{_QUOTED}\s*(==|!=)\s*extra\b")
_AS_SET = {"==": "in", "!=": "not in"}
_ANY, _NONE = "*", "<empty>"
"""How poetry and pdm write a marker that always holds, and one that never does, such as what no group asks for."""


class Markers:
    """Evaluates markers for one target; the same one is asked for again and again.

    Args:
        target: What the markers are evaluated for.
        what: The file's name, for messages.

    Attributes:
        target: As the argument.
    """

    def __init__(self, target: Target, what: str) -> None:
        self.target = target
        self._what = what
        self._known: dict[tuple[str, frozenset[str], frozenset[str]], bool] = {}

    def hold(self, text: str | None, extras: Collection[str] = (), groups: Collection[str] = ()) -> bool:
        """Return whether a marker is true.

        Args:
            text: The marker; one that is missing, empty or ``*`` is true, and ``<empty>`` is not.
            extras: The active extras, as the marker spells them.
            groups: The active dependency groups.

        Raises:
            QuestionError: It is no marker, or compares what cannot be compared.
        """
        if not text or text == _ANY:
            return True
        if text == _NONE:
            return False
        # What a marker cannot ask for is left out of the key, so that more markers are found again.
        active = frozenset(extras) if "extra" in text else frozenset[str]()
        chosen = frozenset(groups) if "dependency_groups" in text else frozenset[str]()
        key = (text, active, chosen)
        if key not in self._known:
            self._known[key] = self._evaluate(text, active, chosen)
        return self._known[key]

    def _evaluate(self, text: str, extras: frozenset[str], groups: frozenset[str]) -> bool:
        environment: Mapping[str, str | AbstractSet[str]] = {
            **self.target.markers,
            "extra": "",
            "extras": extras,
            "dependency_groups": groups,
        }
        try:
            return _parsed(text).evaluate(environment, context="lock_file")
        except (
            InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, ValueError, KeyError,
            AssertionError, TypeError, RecursionError,
        ):  # fmt: skip
            longest = 120
            shown = text if len(text) <= longest else f"{text[:longest]}…"
            raise QuestionError(f"{self._what} has a marker that cannot be evaluated: {shown}") from None


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Marker:
    if "extra" in text:
        text = _EXTRA_FIRST.sub(lambda match: f"{match[2]} {_AS_SET[match[1]]} extras", text)
        text = _EXTRA_LAST.sub(lambda match: f"{match[1]} {_AS_SET[match[2]]} extras", text)
    return Marker(text)


class LockEdge(NamedTuple):
    """A dependency that applies: its marker holds.

    Attributes:
        name: Of the package, normalised.
        allows: Whether a version will do.
        extras: Extras asked for, normalised.
    """

    name: str
    allows: Callable[[str], bool]
    extras: tuple[str, ...] = ()


def reach(
    roots: Iterable[LockEdge],
    versions: Mapping[str, Sequence[tuple[int, str]]],
    edges: Callable[[int, frozenset[str]], Iterable[LockEdge]],
    what: str,
) -> dict[int, set[str]]:
    """Return the packages that would be installed.

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
    reached: dict[int, set[str]] = {}
    queue = deque(roots)
    while queue:
        edge = queue.popleft()
        number = _package_of(edge, versions, reached, what)
        known = reached.get(number)
        # Reached again without a new extra, a package has no new edges; this ends circles too.
        if known is not None and known.issuperset(edge.extras):
            continue
        extras = reached.setdefault(number, set())
        extras.update(edge.extras)
        queue.extend(edges(number, frozenset(extras)))
    return reached


def _package_of(
    edge: LockEdge, versions: Mapping[str, Sequence[tuple[int, str]]], reached: Mapping[int, object], what: str
) -> int:
    """Return the number of the package an edge leads to: one already reached if allowed, else the first allowed."""
    named = versions.get(edge.name, ())
    fitting = [number for number, version in named if edge.allows(version)] or [number for number, _ in named[:1]]
    if not fitting:
        raise QuestionError(f"{what} depends on {edge.name}, and does not lock it for this target.", "Make it anew.")
    return next((number for number in fitting if number in reached), fitting[0])


def lines(texts: Iterable[str], markers: Markers, extras: Collection[str] = ()) -> Iterator[LockEdge]:
    """Yield dependencies written as requirements (PEP 508), if their marker holds; other lines are left out.

    Args:
        texts: The requirements.
        markers: Evaluates markers.
        extras: The active extras of what requires them.
    """
    for line in texts:
        try:
            requirement = Requirement(line)
        except (ValueError, RecursionError):  # also packaging's own error
            continue
        if requirement.marker is None or markers.hold(str(requirement.marker), extras):
            names = tuple(canonicalize_name(extra) for extra in requirement.extras)
            yield LockEdge(canonicalize_name(requirement.name), _specifier(requirement), names)


def _specifier(requirement: Requirement) -> Callable[[str], bool]:
    def allows(version: str) -> bool:
        try:
            return requirement.specifier.contains(version, prereleases=True)
        except InvalidVersion:
            return True

    return allows
