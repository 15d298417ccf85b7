"""Poetry's version constraints: what PEP 440 has, and ``^1.2``, ``~1.2``, ``1.*``, ``1.2``, ``*``, ``a || b``."""

from __future__ import annotations

import re
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

__all__ = ["allows"]

_CLAUSE = re.compile(r"\s*(\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*([^\s,^~=!<>|]+)\s*,?")


def allows(constraint: str | None, version: str) -> bool:
    """Whether a constraint lets a version in; one that is not understood says nothing.

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
    return alternatives is None or any(each.contains(wanted, prereleases=True) for each in alternatives)


@lru_cache(maxsize=4096)
def _parsed(constraint: str) -> tuple[SpecifierSet, ...] | None:
    """The alternatives, or None if some part is not understood."""
    try:
        return tuple(SpecifierSet(",".join(_clauses(each))) for each in re.split(r"\|\|?", constraint))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return None


def _clauses(text: str) -> list[str]:
    found = []
    place = 0
    text = text.strip()
    while place < len(text):
        match = _CLAUSE.match(text, place)
        if match is None:
            raise ValueError(text)
        found += _clause(match[1] or "==", match[2])
        place = match.end()
    return found


def _clause(operator: str, version: str) -> list[str]:
    """One clause in the words of PEP 440."""
    wildcard = re.fullmatch(r"(.*?)\.?[*xX](?:\.[*xX])*", version)
    if wildcard is not None and operator in {"==", "=", "!="}:
        if wildcard[1]:
            return [f"{'!=' if operator == '!=' else '=='}{wildcard[1]}.*"]
        return []
    if operator in {"^", "~"}:
        return [f">={version}", f"<{_next(operator, Version(version))}"]
    return [f"{'==' if operator == '=' else operator}{version}"]


def _next(operator: str, version: Version) -> str:
    """The first release that is too new: ``^`` keeps the leftmost number that is not 0, ``~`` the first two."""
    release = list(version.release)
    if operator == "^":
        place = next((number for number, each in enumerate(release) if each), len(release) - 1)
    else:
        place = min(1, len(release) - 1)
    kept = release[: place + 1]
    kept[place] += 1
    return ".".join(map(str, kept))
