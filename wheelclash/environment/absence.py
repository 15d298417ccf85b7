"""Absence: what it means that a recorded file is gone.

Files are missing from nearly every image: bytecode, tests, stubs are deleted to make it smaller, and nothing breaks.
What an import needs is another matter, whoever took it. The line between them is drawn here, once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from wheelclash.environment.managed import listed_files
from wheelclash.environment.records import RecordError
from wheelclash.role import is_sourceless, role_of
from wheelclash.verdict import is_known_stub

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Set as AbstractSet

    from wheelclash.environment.installed import Unread
    from wheelclash.environment.places import Places
    from wheelclash.target import Target

__all__ = ["Absence", "absences"]

Absence = Literal["breaks", "other", "everyday"]
"""``breaks``: an import or a library needs it. ``everyday``: nothing that runs needs it. ``other``: neither is sure."""

_INIT = "/__init__.py"
_TESTS = frozenset({"test", "tests", "idle_test"})
"""The folders that the image of Python itself removes, and what others copied from it."""

_ELSEWHERE = {
    "linux": (".dll", ".dylib", ".exe", ".pyd"),
    "darwin": (".dll", ".exe", ".pyd"),
    "win32": (".dylib", ".so"),
}
"""Native files that a platform cannot load; wheels for all platforms carry them along."""


def absences(
    missing: Collection[str], keys: AbstractSet[str], distribution: Unread, places: Places, target: Target
) -> dict[str, Absence]:
    """Judge what it means that files of one distribution are gone.

    Args:
        missing: Keys of these files.
        keys: Keys of all files the distribution recorded.
        distribution: Tells what its RECORD says of the missing ones.
        places: Of the environment.
        target: Says which native files can be loaded.

    Returns:
        By key.
    """
    if not missing:
        return {}
    removed = _removed_test_folders(missing, keys)
    stubs = _namespace_inits(missing, distribution, places)
    return {key: _absence(key, removed, stubs, places, target) for key in missing}


def _absence(key: str, removed: Collection[str], stubs: Collection[str], places: Places, target: Target) -> Absence:
    path = places.installed_path(key)
    root, _, below = path.partition("/")
    if key.endswith(".pyi") or any(folder in removed for folder in _test_folders(key)):
        return "everyday"
    if is_sourceless(key):
        return "breaks" if root == "site-packages" else "other"
    role = role_of(path)
    if role == "native":
        is_loaded = root != "scripts" and not key.lower().endswith(_ELSEWHERE.get(target.markers["sys_platform"], ()))
        return "breaks" if is_loaded else "other"
    if role != "module" or not key.endswith(".py") or below.rpartition("/")[2] == "conftest.py":
        return "other"
    if os.path.lexists(places.on_disk(f"{key}c")):
        return "everyday"  # compiled in place, and the source removed
    if key in stubs and os.path.isdir(places.on_disk(key[: -len(_INIT)])):  # noqa: PTH112
        return "other"  # a folder without it is a namespace package
    return "breaks"


def _test_folders(key: str) -> Iterator[str]:
    """The folders of tests that a key lies in, outermost first."""
    parts = key.split("/")
    for number, part in enumerate(parts[:-1], 1):
        if part in _TESTS:
            yield "/".join(parts[:number])


def _removed_test_folders(missing: Collection[str], keys: AbstractSet[str]) -> set[str]:
    """The folders of tests of which nothing is left: where something is, somebody took single files."""
    candidates = {folder for key in missing for folder in _test_folders(key)}
    if candidates:
        there = {folder for key in keys - set(missing) for folder in _test_folders(key)}
        candidates -= there
    return candidates


def _namespace_inits(missing: Collection[str], distribution: Unread, places: Places) -> set[str]:
    """The missing ``__init__.py`` that did nothing but declare a namespace, by the hash in RECORD."""
    inits = {key for key in missing if key.endswith(_INIT)}
    if not inits:
        return set()
    try:
        rows = listed_files(distribution, places, inits)
    except RecordError:  # it was there a moment ago
        return set()
    return {key for key, row in rows.items() if is_known_stub(row.digest)}
