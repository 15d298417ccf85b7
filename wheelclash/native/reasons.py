"""What two versions of a native file do not share, and the sentence that says why it matters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from wheelclash.native.binary import BinaryFacts
    from wheelclash.native.search import Need

__all__ = ["Differences", "Side", "differences", "explain"]

_LISTED = 4
_FOUND = ("search-path", "system")
_RANK = {"nowhere": 0, "unknown": 1, "environment": 2, "driver": 3, "system": 4, "search-path": 5}
_UNREAD = {"not-supported": "is of a format not analysed yet", "damaged": "is damaged or cut short"}
_VENDORED = re.compile(r"-[0-9a-f]{8,}(?=\.)")  # the hash that auditwheel puts into the name of what it copies in
_VERSION = re.compile(r"(\.\d+)*\.so(\.\d[\w.]*)?$", re.ASCII)


class Differences(NamedTuple):
    """What two files do not have in common.

    Attributes:
        versions: Pairs of needed libraries that are one library in two versions: ``libcudart.so.12``, ``.13``.
        only_one: Other libraries only the first needs.
        only_other: Other libraries only the second needs.
        fields: Which other facts differ: ``format``, ``machine``, ``soname``, ``rpath``, ``runpath``.
    """

    versions: tuple[tuple[str, str], ...]
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]
    fields: tuple[str, ...]


class Side(NamedTuple):
    """An owner's version of the file in question.

    Attributes:
        owner: Name of the distribution.
        facts: Of its version of the file.
        needs: Of these facts, by :func:`where_needed`.
    """

    owner: str
    facts: BinaryFacts
    needs: tuple[Need, ...] = ()


def differences(one: BinaryFacts, other: BinaryFacts) -> Differences:
    """What the needs and other facts of two files do not share.

    >>> from wheelclash.native import BinaryFacts
    >>> differences(BinaryFacts("elf", needed=("libcudart.so.12", "libc.so.6")),
    ...             BinaryFacts("elf", needed=("libcudart.so.13", "libc.so.6"))).versions
    (('libcudart.so.12', 'libcudart.so.13'),)
    """
    ones = [each for each in dict.fromkeys(one.needed) if each not in other.needed]
    others = [each for each in dict.fromkeys(other.needed) if each not in one.needed]
    pairs: list[tuple[str, str]] = []
    for each in ones:
        twin = next((name for name in others if _family(name) == _family(each)), None)
        if twin is not None:
            pairs.append((each, twin))
            others.remove(twin)
    paired = {each for each, _ in pairs}
    fields = ("format", "machine", "soname", "rpath", "runpath")
    return Differences(
        versions=tuple(sorted(pairs, key=lambda pair: _vendored(pair[0]))),
        only_one=tuple(each for each in ones if each not in paired),
        only_other=tuple(others),
        fields=tuple(each for each in fields if getattr(one, each) != getattr(other, each)),
    )


def explain(sides: Sequence[Side], *, where: Callable[[Path], str] = str) -> str:
    """Why it matters whose version of a native file is on disk: one sentence, empty if there is nothing to say.

    First what the owners' needs do not share (another version of one library before anything else, then what is
    not found), then what all of them need and none finds. A need is shared if all have it and it is in the same kind
    of place for all. At most four libraries a clause; libraries that a repaired wheel brings along under a name of
    their own are not worth a word. Names come from the files and are to be escaped where they are printed.

    Args:
        sides: One per owner; one alone is told what it does not find.
        where: How to name a folder, perhaps by the distribution that installed it.
    """
    read = [each for each in sides if not each.facts.unread]
    told = [{(need.name, need.place) for need in each.needs if not _brought(need)} for each in read]
    shared = set.intersection(*told) if len(told) > 1 else set()
    mixed = len({each.facts.machine for each in read}) > 1
    clauses = []
    for side in sides:
        words = [f"is built for {side.facts.machine}"] if mixed and not side.facts.unread else []
        others = {_family(need.name) for each in sides if each is not side for need in each.needs}
        own = [each for each in side.needs if not _brought(each) and (each.name, each.place) not in shared]
        if len(read) == 1:
            own = [each for each in own if each.place not in _FOUND]
        own.sort(key=lambda need: (_family(need.name) not in others, _RANK[need.place]))
        if side.facts.unread:
            words = [_UNREAD[side.facts.unread]]
        elif own:
            words.append(f"needs {_phrases(own, where)}")
        elif len(read) == 1:
            words.append("finds all it needs")
        if words:
            clauses.append(f"{side.owner}'s {' and '.join(words)}")
    lost = [each for each in (read[0].needs if read else ()) if each.place not in _FOUND]
    lost = sorted((each for each in lost if (each.name, each.place) in shared), key=lambda need: _RANK[need.place])
    if lost:
        clauses.append(f"{'all' if read[2:] else 'both'} need {_phrases(lost, where)}")
    return "; ".join(clauses)


def _family(name: str) -> str:
    """A library's name without its version and the hash of a repaired wheel."""
    return _VERSION.sub("", _VENDORED.sub("", name))


def _vendored(name: str) -> bool:
    return _VENDORED.search(name) is not None


def _brought(need: Need) -> bool:
    return need.place == "search-path" and _vendored(need.name)


def _phrases(needs: Sequence[Need], where: Callable[[Path], str]) -> str:
    said: dict[str, list[str]] = {}
    for each in needs[:_LISTED]:
        folders = " and ".join(dict.fromkeys(map(where, each.folders)))
        place = {
            "search-path": f"in {folders}",
            "environment": f"in {folders}, where it does not look by itself",
            "system": f"in the system, a copy in {folders}" if folders else "in the system",
            "driver": "comes with the driver",
            "nowhere": "nowhere in this environment",
            "unknown": "not in this set",
        }[each.place]
        said.setdefault(place, []).append(each.name)
    more = f" and {len(needs) - _LISTED} more" if len(needs) > _LISTED else ""
    return ", ".join(f"{', '.join(names)}: {place}" for place, names in said.items()) + more
