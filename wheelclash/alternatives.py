"""Sets with wheel variants: one set for each wheel that an installer may take of a project that has several.

The wheels of one release are alternatives of one distribution: one of them is installed, so that they never clash with
each other, and each is compared with the rest of the set as if it were the only one. Of two projects with variants
every wheel meets the first of the other's; the further pairs are looked at where they share a path at all.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from wheelclash.parts import find_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from wheelclash.closure import ReleaseMetadata
    from wheelclash.core.distribution import Candidate, Distribution
    from wheelclash.gather.result import TargetSet
    from wheelclash.target.target import Target

__all__ = ["differing_metadata", "sets_of", "with_resolved"]

_MOST_PAIRS = 64
"""Sets that are made of two wheels of which neither is the first of its project; more are named in a note."""


def sets_of(
    target_set: TargetSet,
    is_readable: Callable[[Candidate], bool],
    lay_out: Callable[[Candidate, Target], Distribution],
) -> tuple[list[TargetSet], list[str]]:
    """Return one set for each wheel of each project that has several; the set of the first wheels comes first.

    Args:
        target_set: What would be installed on one target.
        is_readable: Whether a wheel could be read; the others are left out, unless they are all there is.
        lay_out: Returns a wheel as a distribution.

    Returns:
        The sets, and sentences on pairs of wheels that were not compared.
    """
    groups = [_readable_first(candidate, is_readable) for candidate in target_set.candidates]
    several = [group for group in groups if len(group) > 1]
    if not several:
        return [target_set._replace(candidates=[group[0] for group in groups])], []
    chosen = [{}, *({group[0].name: wheel} for group in several for wheel in group[1:])]
    pairs = list(_further_pairs(several, target_set.target, lay_out)) if len(several) > 1 else []
    chosen += [{wheel.name: wheel for wheel in pair} for pair in pairs[:_MOST_PAIRS]]
    notes = [
        f"{pair[0].filename} and {pair[1].filename} share files, and were not compared together with the rest"
        for pair in pairs[_MOST_PAIRS:]
    ]
    sets = [
        target_set._replace(candidates=[wheels.get(group[0].name, group[0]) for group in groups]) for wheels in chosen
    ]
    return sets, notes


def _readable_first(candidate: Candidate, is_readable: Callable[[Candidate], bool]) -> list[Candidate]:
    """Return the wheels of a project that could be read, each with the others as its alternatives."""
    wheels = candidate.wheels
    return [
        replace(wheel, alternatives=tuple(other for other in wheels if other.filename != wheel.filename))
        for wheel in [wheel for wheel in wheels if is_readable(wheel)] or wheels[:1]
    ]


def _further_pairs(
    groups: Sequence[Sequence[Candidate]], target: Target, lay_out: Callable[[Candidate, Target], Distribution]
) -> Iterator[tuple[Candidate, Candidate]]:
    """Yield pairs of wheels of two projects, neither of them the first of its own, that have an overlap."""
    wheels: Mapping[str, Candidate] = {wheel.filename: wheel for group in groups for wheel in group[1:]}
    distributions = [lay_out(wheel, target) for wheel in wheels.values()]
    met: set[Collection[str]] = set()
    for overlap in find_everywhere(distributions, target):
        for pair in combinations(sorted(set(overlap.ids)), 2):
            first, second = (wheels[id_] for id_ in pair)
            if first.name != second.name and pair not in met:
                met.add(pair)
                yield first, second


def differing_metadata(
    target_set: TargetSet, requires: Callable[[Candidate], tuple[str, ...]]
) -> Iterator[ReleaseMetadata]:
    """Yield what wheel variants of a set require where it is not what uv resolved with: what the plain wheel requires.

    Args:
        target_set: A set with one wheel of each project.
        requires: Returns the lines of ``Requires-Dist`` of a wheel.
    """
    for candidate in target_set.candidates:
        plain = next((wheel for wheel in candidate.alternatives if wheel.variant is None), None)
        if candidate.variant is None or target_set.resolve_again is None:
            continue
        from wheelclash.closure import ReleaseMetadata

        lines = requires(candidate)
        if plain is None or plain.version != candidate.version or requires(plain) != lines:
            yield ReleaseMetadata(candidate.name, candidate.version, lines)


def with_resolved(target_set: TargetSet, resolved: Sequence[Candidate]) -> TargetSet:
    """Return a set with what uv chose anew in the place of what it had chosen.

    Args:
        target_set: A set with one wheel of each project; the wheels of projects with variants stay.
        resolved: What uv chose if releases require what their variants require; nothing if that is what it had chosen.
    """
    if not resolved:
        return target_set
    chosen = {candidate.name: candidate for candidate in resolved}
    kept = [
        candidate
        for candidate in target_set.candidates
        if candidate.name in chosen or candidate.name not in target_set.resolved or candidate.alternatives
    ]
    names = {candidate.name for candidate in kept}
    replaced = [
        candidate if candidate.alternatives or candidate.name not in chosen else chosen[candidate.name]
        for candidate in kept
    ]
    added = [candidate for candidate in resolved if candidate.name not in names]
    return target_set._replace(candidates=[*replaced, *added])
