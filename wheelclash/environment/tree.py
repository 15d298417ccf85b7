"""The tree: every file of an environment's site-packages folders, seen in one walk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.records import NOTHING_THERE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from wheelclash.environment.places import Places

__all__ = ["Seen", "State", "kinds_in", "names_in", "state_of", "states", "walk", "walk_below"]

State = str
"""``there``, ``missing`` or ``hidden`` (it cannot be told: no permission)."""


class Seen(NamedTuple):
    """What a walk saw.

    Attributes:
        unseen: Keys that were expected and not met. Not yet missing: a link may lead to them.
        strays: Keys of files that nobody expects, in folders of site-packages; no bytecode.
        closed: Folders that could not be listed, each with the reason.
    """

    unseen: set[str]
    strays: list[str]
    closed: list[tuple[str, str]]


def walk(places: Places, expected: AbstractSet[str]) -> Seen:
    """Walk the site-packages folders, and list the other folders that files are expected in.

    Links to folders are not followed, ``__pycache__`` is passed over.

    Args:
        places: Of the environment.
        expected: Every key that somebody recorded.
    """
    seen = Seen(set(expected), [], [])
    for number, site in enumerate(places.sites):
        _walk(site, f"{site}/" if number else "", seen)
    _look_elsewhere(seen.unseen)
    return seen


def walk_below(folder: str, expected: AbstractSet[str]) -> Seen:
    """Walk one folder, whatever it is; here keys are absolute paths throughout.

    Args:
        folder: Its real path.
        expected: The absolute path of everything that somebody recorded below it.
    """
    seen = Seen(set(expected), [], [])
    _walk(folder, f"{folder.rstrip('/')}/", seen)
    return seen


def _walk(site: str, start: str, seen: Seen) -> None:
    """Walk one folder; ``start`` is what its keys begin with."""
    links: list[str] = []
    waiting = [(site, start)]
    while waiting:
        folder, prefix = waiting.pop()
        if prefix.endswith("__pycache__/"):
            continue
        try:
            with os.scandir(folder) as entries:
                _enter(entries, prefix, seen, waiting, links)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError as error:
            seen.closed.append((folder, error.strerror or "it cannot be listed"))
    seen.unseen.update(links)  # they may lead nowhere: each is looked at by itself


def _enter(
    entries: Iterable[os.DirEntry[str]], prefix: str, seen: Seen, waiting: list[tuple[str, str]], links: list[str]
) -> None:
    """Meet what is in one folder. Every file of an environment passes through here: one lookup for each."""
    meet = seen.unseen.remove
    for entry in entries:
        key = prefix + entry.name
        try:
            meet(key)
        except KeyError:  # a folder, or nobody's
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, f"{key}/"))
            elif not key.endswith((".pyc", ".pyo")):
                seen.strays.append(key)
        else:
            if entry.is_symlink():
                links.append(key)


def _look_elsewhere(unseen: set[str]) -> None:
    """Meet what lies outside of site-packages by listing each folder once; a prefix may be as large as ``/usr``."""
    outside: dict[str, list[str]] = {}
    for key in unseen:
        if key.startswith("/") or key[1:2] == ":":
            folder, _, name = key.rpartition("/")
            outside.setdefault(folder, []).append(name)
    for folder, names in outside.items():
        try:
            with os.scandir(folder) as entries:
                there = {entry.name for entry in entries if not entry.is_symlink()}
        except OSError:
            continue  # each file is then asked for by itself
        unseen.difference_update(f"{folder}/{name}" for name in names if name in there)


def state_of(path: str) -> State:
    """Whether there is a file of that path, links followed."""
    try:
        os.stat(path)  # noqa: PTH116  (a path object for each would cost more than the call)
    except OSError as error:
        return "missing" if error.errno in NOTHING_THERE else "hidden"
    except ValueError:
        return "hidden"
    return "there"


def names_in(folder: str) -> frozenset[str]:
    """Return the names of what is in a folder that is no folder itself; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if not entry.is_dir())
    except OSError:
        return frozenset()


def kinds_in(folder: str) -> dict[str, bool]:
    """Return the names of what is in a folder, each with whether it is a folder; none if it cannot be listed.

    A link to a folder is one for what lies below it, and an installer replaces it by a file: it is left out.
    """
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries if not _leads_on(entry)}
    except OSError:
        return {}


def _leads_on(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def states(places: Places, keys: Iterable[str]) -> dict[str, State]:
    """The state of every key that a walk did not meet."""
    return {key: state_of(places.on_disk(key)) for key in keys}
