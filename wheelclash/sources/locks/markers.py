"""Markers of lock files, evaluated for a target.

Locks say more in markers than requirements do: several extras can be active at once. PEP 751 writes that as
``'x' in extras``; uv and poetry write ``extra == 'x'``, where any active one will do. The latter is turned into the
former, which :mod:`packaging` evaluates.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import InvalidVersion

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet

    from wheelclash.target import Target

__all__ = ["Markers"]

_QUOTED = r"(\"[^\"]*\"|'[^']*')"
_EXTRA_FIRST = re.compile(rf"\bextra\s*(==|!=)\s*{_QUOTED}")
_EXTRA_LAST = re.compile(rf"{_QUOTED}\s*(==|!=)\s*extra\b")
_AS_SET = {"==": "in", "!=": "not in"}


class Markers:
    """Evaluates markers for one target; the same one is asked for again and again.

    Args:
        target: What the markers are evaluated for.
        what: The file's name, for messages.

    Attributes:
        target: The same.
    """

    def __init__(self, target: Target, what: str) -> None:
        self.target = target
        self._what = what
        self._known: dict[tuple[str, frozenset[str], frozenset[str]], bool] = {}

    def hold(self, text: str | None, extras: Collection[str] = (), groups: Collection[str] = ()) -> bool:
        """Whether a marker is true.

        Args:
            text: The marker; one that is missing or empty is true.
            extras: The active extras, as the marker spells them.
            groups: The active dependency groups.

        Raises:
            QuestionError: It is no marker, or compares what cannot be compared.
        """
        if not text:
            return True
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
        text = _EXTRA_FIRST.sub(lambda found: f"{found[2]} {_AS_SET[found[1]]} extras", text)
        text = _EXTRA_LAST.sub(lambda found: f"{found[1]} {_AS_SET[found[2]]} extras", text)
    return Marker(text)
