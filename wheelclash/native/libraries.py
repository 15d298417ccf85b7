"""Which shared libraries there are, by name: in an environment, and in the system's loader cache."""

from __future__ import annotations

import os
import re
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["environment_libraries", "library_folders", "loader_cache", "system_libraries"]

_LIBRARY = re.compile(r"\.(so(\.[0-9][\w.]*)?|dylib|dll)$", re.IGNORECASE | re.ASCII)
_CACHED = re.compile(r"^\s+(\S+) \(([^)]*)\)", re.MULTILINE)
_CACHE_WORDS = {"x86_64": "x86-64", "aarch64": "AArch64"}
_DEFAULTS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")


def library_folders(files: Iterable[tuple[Path, str]]) -> dict[str, tuple[Path, ...]]:
    """Of a listing, the files whose names look like shared libraries: name to the folders that hold it, sorted.

    Args:
        files: Folder and file name of each file, in any order; for a caller that has walked the tree already.
    """
    found: dict[str, set[Path]] = {}
    for folder, name in files:
        if _LIBRARY.search(name):
            found.setdefault(name, set()).add(folder)
    return {name: tuple(sorted(folders)) for name, folders in sorted(found.items())}


def environment_libraries(site_packages: Path, *, also: Iterable[Path] = ()) -> dict[str, tuple[Path, ...]]:
    """Every shared library of an environment by file name: one walk, nothing opened.

    Args:
        site_packages: Walked with all below it; folders behind symbolic links are not followed.
        also: Folders listed without those below: the environment's own ``lib``, and folders of a search path that
            lie outside.

    Returns:
        As :func:`library_folders`. What cannot be read, or goes away meanwhile, is not in it.
    """
    return library_folders(chain(_walk(site_packages, deep=True), *(_walk(each, deep=False) for each in also)))


def loader_cache(text: str, machine: str = "") -> frozenset[str]:
    r"""The names in the system's loader cache.

    Args:
        text: What ``ldconfig -p`` prints.
        machine: Only libraries of this machine, where the text tells them apart (``x86_64``, ``aarch64``).

    >>> sorted(loader_cache("1 libs found\n\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1\n"))
    ['libz.so.1']
    """
    word = _CACHE_WORDS.get(machine)
    return frozenset(name for name, words in _CACHED.findall(text) if word is None or word in words)


def system_libraries(machine: str = "") -> frozenset[str]:
    """The libraries the loader of this system finds by itself.

    From ``ldconfig -p``; where there is no such cache (musl), from the loader's own folders. Empty on other systems
    than Linux.

    Args:
        machine: As for :func:`loader_cache`.
    """
    if not sys.platform.startswith("linux"):
        return frozenset()
    from wheelclash.processes import RunError, run

    for command in ("ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            done = run([command, "-p"], patience=10)
        except RunError:
            continue
        names = loader_cache(done.output.decode("utf-8", "backslashreplace"), machine)
        if names:
            return names
    return frozenset(name for each in _DEFAULTS for _, name in _walk(Path(each), deep=False) if _LIBRARY.search(name))


def _walk(root: Path, *, deep: bool) -> Iterator[tuple[Path, str]]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for each in entries:
                    if deep and each.is_dir(follow_symlinks=False):
                        folders.append(folder / each.name)
                    elif _LIBRARY.search(each.name) and _is_file(each):
                        yield folder, each.name
        except OSError:
            continue


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link in a circle
        return False
