"""Surroundings: where the libraries are that a native file may find, in an environment or in a set of wheels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wheelclash.environment.managed import Listed, listed_keys
from wheelclash.environment.records import RecordError
from wheelclash.native import environment_libraries, library_folders, search_path, system_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath
    from wheelclash.why.reason import Versions

__all__ = ["Recorded", "Surroundings", "around_installed", "around_wheels", "place_of"]


class Surroundings(NamedTuple):
    """What the loader would find.

    Attributes:
        libraries: File name to the folders that hold it.
        system: Names of the system's libraries, by machine; None if the system is another one.
        where: How to name a folder that holds a library.
        ld_library_path: Of the process that will load the file.
    """

    libraries: Mapping[str, Sequence[Path]]
    system: Callable[[str], Collection[str]] | None
    where: Callable[[Path], str]
    ld_library_path: str = ""


class Recorded(Listed, Protocol):
    """An installed distribution, as far as it may own a library."""

    @property
    def name(self) -> str:
        """Normalised."""


def place_of(path: InstalledPath, places: Places | None) -> Path:
    """Where an installed path is; of a set that is nowhere installed, below the root of no particular file system."""
    root, _, rest = path.partition("/")
    if places is None:
        return Path("/", path)
    folders = {"site-packages": places.sites[0], "scripts": places.scripts, "headers": places.headers}
    return Path(folders.get(root, places.base), rest)


def around_installed(
    files: Mapping[Path, Versions],
    places: Places,
    recorded: Iterable[Recorded],
    coming: Mapping[Path, str] | None = None,
) -> Surroundings:
    """What native files of an environment find: there, in its ``lib``, in what they search besides, in the system.

    Args:
        files: The files in question.
        places: Of the environment; its site-packages folders are walked once.
        recorded: Who may own a library.
        coming: Files that will be there too, and whose.
    """
    ld_library_path = os.environ.get("LD_LIBRARY_PATH", "")
    searched = {
        folder.path
        for path, versions in files.items()
        for facts in versions.facts.values()
        for folder in search_path(facts, path.parent, ld_library_path=ld_library_path)
    }
    sites = [Path(site) for site in places.sites]
    outside = [folder for folder in sorted(searched) if not any(folder.is_relative_to(site) for site in sites)]
    there = environment_libraries(sites[0], also=[*sites[1:], Path(places.base, "lib"), *outside])
    new = library_folders((path.parent, path.name) for path in coming or ())
    libraries = {
        name: tuple(dict.fromkeys((*there.get(name, ()), *new.get(name, ())))) for name in there.keys() | new.keys()
    }
    needed = {name.rpartition("/")[2] for versions in files.values() for name in versions.needed}
    held = {folder / name for name in needed for folder in libraries.get(name, ())}
    owners = _owners(held, places, recorded) | {path: name for path, name in (coming or {}).items() if path in held}
    base = Path(places.base)

    def where(folder: Path) -> str:
        names = sorted({name for path, name in owners.items() if path.parent == folder})
        return " and ".join(names) or str(folder.relative_to(base) if folder.is_relative_to(base) else folder)

    return Surroundings(libraries, system_libraries, where, ld_library_path)


def around_wheels(files: Mapping[Path, Versions], coming: Mapping[Path, str]) -> Surroundings:
    """What native files of a set find within the set; whatever it is installed into is not known.

    Args:
        files: The files in question.
        coming: Every file of the set, and whose.
    """
    needed = {name.rpartition("/")[2] for versions in files.values() for name in versions.needed}
    owners: dict[Path, set[str]] = {}
    for path, name in coming.items():
        if path.name in needed:
            owners.setdefault(path.parent, set()).add(name)

    def where(folder: Path) -> str:
        return " and ".join(sorted(owners.get(folder, ()))) or str(folder)

    return Surroundings(library_folders((path.parent, path.name) for path in coming), None, where)


def _owners(files: Collection[Path], places: Places, recorded: Iterable[Recorded]) -> dict[Path, str]:
    """Who recorded each of these files."""
    keys = {places.key_of(str(file)): file for file in files}
    found: dict[Path, str] = {}
    for each in recorded if keys else ():
        try:
            own, _ = listed_keys(each, places)
        except RecordError:
            continue
        found.update((keys[key], each.name) for key in own & keys.keys())
    return found
