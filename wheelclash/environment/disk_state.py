"""What is on disk where several distributions recorded a file: whose content it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.environment.content import Unreadable, digest_of, runs
from wheelclash.environment.records import read_small
from wheelclash.overlap import folded
from wheelclash.verdict import HEAD, INIT_LIMIT, Answer, Question, answer, is_known_stub

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.environment.places import Places
    from wheelclash.overlap import Overlap, Owner
    from wheelclash.verdict import Answers

__all__ = ["OnDisk", "answers_from_disk", "on_disk", "spelling_on_disk"]

_DEFAULT = "sha256"


class OnDisk(NamedTuple):
    """The state of a contested file.

    Attributes:
        state: ``present`` (it is what an owner recorded, or nothing recorded tells what it should be), ``changed`` (it
            is what nobody recorded) or ``missing``.
        matches: Ids of the owners whose content it is.
        losers: Ids of the owners whose content it surely is not.
        unreadable: Why it could not be read; then nothing is known of it.
        is_stub: Whether a changed file is an ``__init__.py`` that only declares a namespace all the same.
    """

    state: Literal["present", "changed", "missing"]
    matches: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()
    unreadable: str | None = None
    is_stub: bool = False


def on_disk(key: str, owners: Sequence[Owner], recorded: Mapping[str, str | None], places: Places) -> OnDisk:
    """Look at one file.

    Args:
        key: Which.
        owners: Those that recorded it; of a generated command the content is the entry point.
        recorded: The hash in each owner's RECORD, by id; None where it gives none.
        places: Of the environment.
    """
    path = places.on_disk(key)
    algorithms = dict.fromkeys(digest.partition(":")[0] for digest in recorded.values() if digest)
    try:
        found = {digest_of(path, algorithm) for algorithm in algorithms or (_DEFAULT,)}
    except Unreadable as error:
        return OnDisk("present", unreadable=error.reason)
    if None in found:
        return OnDisk("missing", losers=tuple(owner.id for owner in owners))
    numbers = {owner.content for owner in owners if recorded.get(owner.id) in found}
    if not numbers:  # a wrapper that somebody else generated for the same entry point is as good
        numbers = {owner.content for owner in owners if _is_command(owner) and _runs(owner, path)}
    matches = tuple(owner.id for owner in owners if owner.content in numbers)
    unknown = {owner.id for owner in owners if recorded.get(owner.id) is None and not _is_command(owner)}
    losers = tuple(owner.id for owner in owners if owner.id not in matches and owner.id not in unknown)
    if matches or unknown:
        return OnDisk("present", matches, losers)
    return OnDisk("changed", losers=losers, is_stub=_is_stub(key, path))


def spelling_on_disk(overlap: Overlap, key: str, places: Places) -> OnDisk:
    """Look how a folder or a file is spelt of which several distributions differ in the case of its name.

    Args:
        overlap: Of the folder or file.
        key: Its key.
        places: Of the environment.
    """
    depth = overlap.path.count("/")
    names = {owner.id: owner.file.path.split("/")[depth] for owner in overlap.owners}
    parent, _, name = places.on_disk(key).rpartition("/")
    try:
        found = {entry for entry in os.listdir(parent) if folded(entry) == folded(name)}  # noqa: PTH208
    except OSError as error:
        return OnDisk("present", unreadable=error.strerror or "the folder cannot be listed")
    losers = tuple(id_ for id_, spelt in names.items() if spelt not in found)
    return OnDisk("present" if found else "missing", tuple(id_ for id_ in names if id_ not in losers), losers)


def _is_stub(key: str, path: str) -> bool:
    """Whether a file is an ``__init__.py`` that does nothing but declare a namespace."""
    if not key.endswith("/__init__.py"):
        return False
    try:
        data = read_small(path, INIT_LIMIT + 1)
    except OSError:
        return False
    return data is not None and len(data) <= INIT_LIMIT and answer(Question("", key, "init", None), data).stub


def _is_command(owner: Owner) -> bool:
    return owner.file.member is None


def _runs(owner: Owner, path: str) -> bool:
    return runs(path, (owner.file.content or "").partition(":")[2])


def answers_from_disk(asked: Iterable[Question], holders: Mapping[str, OnDisk], places: Places) -> Answers:
    """Answer what can be answered of contested files: what is on disk is read, a known stub is known by its hash.

    Args:
        asked: Questions; their members are keys.
        holders: What is on disk at each key.
        places: Of the environment.
    """
    found: Answers = {}
    for question in asked:
        key = question.member
        if question.about == "init" and is_known_stub(question.digest):
            found[question.owner, key] = Answer(stub=True)
        elif question.owner in holders[key].matches:
            try:
                data = read_small(places.on_disk(key), INIT_LIMIT if question.about == "init" else HEAD)
            except OSError:
                continue
            if data is not None:
                found[question.owner, key] = answer(question, data)
    return found
