"""Newcomers: which of a set an install would really bring to an environment, and what else it would change. Pure.

Installers leave alone what is there in the version asked for, and, of what nobody named, what is there in a version
that everybody who requires it allows.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.distribution import allows, holds, parse_requires
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from wheelclash.distribution import Distribution
    from wheelclash.target import Target

__all__ = ["effects", "newcomers"]

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_MOST = 6


def newcomers(
    distributions: Sequence[Distribution], there: Mapping[str, str], pulled: Collection[str], target: Target
) -> list[Distribution]:
    """Those of a set that an install would write.

    Args:
        distributions: The set.
        there: Versions of what is installed, by name.
        pulled: Names of those that nobody asked for: they came with the resolution.
        target: Decides markers.
    """
    by_name = {each.name: each for each in distributions}
    kept = {name for name in pulled if name in there and name in by_name}
    while True:
        reached, demands = _reached(by_name, set(by_name) - set(pulled), kept, target)
        refused = {name for name in kept if not all(allows(each, there[name]) for each in demands.get(name, ()))}
        if not refused:
            break
        kept -= refused
    return [
        each for each in distributions if each.name in reached - kept and not (_is_there(each, there.get(each.name)))
    ]


def _reached(
    by_name: Mapping[str, Distribution], roots: Collection[str], kept: Collection[str], target: Target
) -> tuple[set[str], dict[str, list[Requirement]]]:
    """Names that ``roots`` come to, not through ``kept``; and what is demanded of each name."""
    extras = {name: set(by_name[name].candidate.extras) for name in roots}
    demands: dict[str, list[Requirement]] = {}
    waiting = deque(sorted(roots))
    while waiting:
        name = waiting.popleft()
        for requirement in _requirements(by_name[name].contents.requires, extras[name], target):
            other = canonicalize_name(requirement.name)
            demands.setdefault(other, []).append(requirement)
            if other not in by_name or other in kept:
                continue
            more = {canonicalize_name(extra) for extra in requirement.extras}
            if other not in extras or not more <= extras[other]:
                extras.setdefault(other, set()).update(more)
                waiting.append(other)
    return set(extras), demands


def _requirements(lines: Sequence[str], extras: Collection[str], target: Target) -> Iterator[Requirement]:
    """Those whose marker holds on the target; what cannot be parsed is left out."""
    environments = [{**target.markers, "extra": extra} for extra in ("", *extras)]
    for requirement in parse_requires(lines):
        if any(holds(requirement, each) for each in environments):
            yield requirement


def _is_there(each: Distribution, version: str | None) -> bool:
    """Whether what is asked for is installed already; a file named by path or URL may be another of that version."""
    return not each.candidate.direct and _is_version(each, version)


def _is_version(each: Distribution, version: str | None) -> bool:
    if version is None:
        return False
    try:
        return Version(version) == Version(each.candidate.version)
    except InvalidVersion:
        return version == each.candidate.version


def effects(
    newcomers: Sequence[Distribution],
    there: Mapping[str, str],
    requires: Mapping[str, Sequence[str]],
    target: Target,
    *,
    resolved: bool,
) -> list[str]:
    """What installing these changes besides their own files.

    Args:
        newcomers: What an install would write.
        there: Versions of what is installed, by name.
        requires: ``Requires-Dist`` of what is installed, by name.
        target: Decides markers.
        resolved: Whether what they require was resolved with them.

    Returns:
        A sentence for each.
    """
    hint = "" if resolved else "; --deps compares what it brings"
    coming = {each.name: each for each in newcomers}
    brought: dict[str, None] = {}
    changed: dict[str, None] = {}
    for each in newcomers:
        for requirement in _requirements(each.contents.requires, each.candidate.extras, target):
            name = canonicalize_name(requirement.name)
            if name in coming:
                continue
            if name not in there:
                brought[name] = None
            elif not allows(requirement, there[name]):
                changed[f"{each.name} requires {requirement.name}{requirement.specifier} (now {there[name]})"] = None
    found = []
    if brought:
        found.append(f"an install also brings {some(brought, _MOST)}, which is not compared{hint}")
    if changed:
        found.append(f"an install also changes what is there: {some(changed, _MOST)}{hint}")
    found += _left_alone(newcomers, there)
    broken = list(_no_longer_met(coming, requires, target))
    if broken:
        found.append(f"no longer met: {some(broken, _MOST)}")
    return found


def _left_alone(newcomers: Sequence[Distribution], there: Mapping[str, str]) -> Iterator[str]:
    """What installers leave as it is, unless they are told otherwise."""
    same = [each.name for each in newcomers if _is_version(each, there.get(each.name))]
    if same:
        verb = "is" if len(same) == 1 else "are"
        yield f"{some(same, _MOST)} {verb} there in that version: pip writes it again only with --force-reinstall"
    for each in newcomers:
        if each.name not in same and _is_enough(each, there.get(each.name)):
            yield (
                f"{each.name} {there[each.name]} is there and meets {each.candidate.requested}: installers replace it"
                f" only if told to upgrade, or by {each.candidate.version} itself"
            )


def _is_enough(each: Distribution, version: str | None) -> bool:
    """Whether what is there meets what was asked for."""
    if version is None or each.candidate.direct:
        return False
    asked = parse_requires([each.candidate.requested])
    return any(canonicalize_name(one.name) == each.name and allows(one, version) for one in asked)


def _no_longer_met(
    coming: Mapping[str, Distribution], requires: Mapping[str, Sequence[str]], target: Target
) -> Iterator[str]:
    """What stays and requires other versions of what comes."""
    for name, lines in requires.items():
        own = [line for line in lines if (match := _NAME.match(line)) and canonicalize_name(match[1]) in coming]
        if own and name not in coming:
            for requirement in _requirements(own, (), target):
                other = coming[canonicalize_name(requirement.name)]
                if not allows(requirement, other.candidate.version):
                    yield f"{name} requires {requirement.name}{requirement.specifier}, not {other.candidate.version}"
