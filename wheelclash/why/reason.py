"""A reason: what the versions of one file need, put side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wheelclash.native import BinaryFacts, Side, explain, where_needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wheelclash.overlap import Overlap
    from wheelclash.why.surroundings import Surroundings

__all__ = ["MOST", "Versions", "Why", "chosen", "is_in_question", "reason"]

MOST = 3
"""How many files of one set of owners are explained: the others break for the same reason."""


class Versions(NamedTuple):
    """The versions of one contested file.

    Attributes:
        names: Of the owners, by distribution id.
        facts: What each says of itself, by distribution id.
        unread: Why one could not be looked into, by distribution id.
    """

    names: Mapping[str, str]
    facts: Mapping[str, BinaryFacts]
    unread: Mapping[str, str]

    @classmethod
    def of(cls, names: Mapping[str, str], read: Mapping[str, BinaryFacts | str]) -> Versions:
        """Sort what was read from why it was not."""
        facts = {id_: each for id_, each in read.items() if isinstance(each, BinaryFacts)}
        return cls(names, facts, {id_: each for id_, each in read.items() if isinstance(each, str)})

    @property
    def needed(self) -> frozenset[str]:
        """Names of all libraries that any of them needs."""
        return frozenset(name for each in self.facts.values() for name in each.needed)


class Why(NamedTuple):
    """Why it matters whose version of a native file is on disk.

    Attributes:
        sentence: For people; empty if there is nothing to say.
        sides: What each version needs, by distribution id.
        unread: Why a version could not be looked into, by distribution id.
        where: How to name a folder that holds a library: by the distribution that installed it, if one did.
    """

    sentence: str
    sides: Mapping[str, Side]
    unread: Mapping[str, str]
    where: Callable[[Path], str] = str

    def lacks(self, id_: str) -> tuple[str, ...] | None:
        """The libraries that version needs, that are nowhere, and that some other version does without.

        Returns:
            None if not every version could be looked into, so that nothing can be compared.
        """
        if self.unread or any(side.facts.unread for side in self.sides.values()):
            return None
        lost = {key: [need.name for need in side.needs if need.place == "nowhere"] for key, side in self.sides.items()}
        return tuple(name for name in lost[id_] if not all(name in names for names in lost.values()))


def is_in_question(overlap: Overlap) -> bool:
    """Whether the owners' versions of a native file may need different libraries."""
    return overlap.role == "native" and overlap.kind in {"different", "unknown"}


def chosen(overlaps: Iterable[Overlap]) -> list[Overlap]:
    """Those in question, the first few of each set of owners."""
    counts: dict[tuple[str, ...], int] = {}
    found = []
    for overlap in overlaps:
        if is_in_question(overlap) and counts.get(overlap.ids, 0) < MOST:
            counts[overlap.ids] = counts.get(overlap.ids, 0) + 1
            found.append(overlap)
    return found


def reason(origin: Path, versions: Versions, around: Surroundings) -> Why:
    """Say what the versions of one file need.

    Args:
        origin: The folder it is in, or will be.
        versions: Its versions.
        around: Where libraries are.
    """
    sides = {}
    for id_, facts in versions.facts.items():
        system = None if around.system is None else around.system(facts.machine)
        needs = where_needed(
            facts,
            origin=origin,
            libraries=around.libraries,
            system=system,
            ld_library_path=around.ld_library_path,
        )
        sides[id_] = Side(versions.names[id_], facts, needs)
    return Why(explain(list(sides.values()), where=around.where), sides, versions.unread, around.where)
