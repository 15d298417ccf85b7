"""Why it breaks: what each owner's version of a contested native file needs, and where that is.

The version that is on disk is read there; one that is not is read from its wheel, that one member and nothing else.
Before an install all of them are.
"""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.records import RecordError, recorded_keys
from wheelclash.errors import FetchError, WheelError
from wheelclash.native import (
    BinaryFacts,
    Side,
    binary_facts,
    environment_libraries,
    explain,
    library_folders,
    search_path,
    system_libraries,
    where_needed,
)
from wheelclash.origins import Origin, find_origins
from wheelclash.waiting import event_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from wheelclash.distribution import Distribution
    from wheelclash.environment.contested import Contested
    from wheelclash.environment.scan import Scan
    from wheelclash.layout import InstalledPath
    from wheelclash.overlap import Overlap
    from wheelclash.reading.wheel import WheelReader
    from wheelclash.sources.candidate import Candidate, Skip
    from wheelclash.sources.settings import IndexSettings

__all__ = ["LIMIT", "MOST", "Why", "explain_contested", "explain_overlaps", "is_in_question"]

LIMIT = 64 * 1024 * 1024
"""The most bytes that a member of a wheel may inflate to if it is to be looked into."""

MOST = 3
"""How many files of one set of owners are explained: the others break for the same reason."""


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


class _Surroundings(NamedTuple):
    """What the loader would find around a file.

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


def is_in_question(overlap: Overlap) -> bool:
    """Whether the owners' versions of a native file may need different libraries."""
    return overlap.role == "native" and overlap.kind in {"different", "unknown"}


# -- what is on disk -----------------------------------------------------------------------------------------


async def explain_contested(
    contested: Sequence[Contested], scan: Scan, settings: IndexSettings, reader: WheelReader
) -> dict[InstalledPath, Why]:
    """Explain contested native files of an environment.

    Args:
        contested: Those in question.
        scan: Of the environment.
        settings: Where wheels are looked for, of versions that are not on disk.
        reader: Reads wheels.

    Returns:
        By installed path.
    """
    chosen = _chosen(contested)
    by_id = {each.id: each for each in scan.distributions}
    absent = {id_ for each in chosen for id_ in each.overlap.ids if id_ not in each.on_disk.matches}
    origins = await find_origins([by_id[id_] for id_ in sorted(absent)], scan, settings, reader)
    found = {}
    for each in chosen:
        facts, unread = await _versions(each, scan, origins, reader)
        path = Path(scan.places.on_disk(each.key))
        found[each.overlap.path] = _why(path, facts, unread, {id_: by_id[id_].name for id_ in each.overlap.ids}, scan)
    return found


async def _versions(
    each: Contested, scan: Scan, origins: Mapping[str, Origin | Skip], reader: WheelReader
) -> tuple[dict[str, BinaryFacts], dict[str, str]]:
    facts: dict[str, BinaryFacts] = {}
    unread: dict[str, str] = {}
    for owner in each.overlap.owners:
        if owner.id in each.on_disk.matches:
            read = _read_file(scan.places.on_disk(each.key))
        else:
            read = await _read_origin(origins[owner.id], each.overlap.path, owner.file.content, reader)
        if isinstance(read, BinaryFacts):
            facts[owner.id] = read
        else:
            unread[owner.id] = read
    return facts, unread


def _read_file(path: str) -> BinaryFacts | str:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123  (a path of the scan)
            return binary_facts(stream) or "it is no native file"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


async def _read_origin(
    origin: Origin | Skip, path: InstalledPath, recorded: str | None, reader: WheelReader
) -> BinaryFacts | str:
    """The version in a wheel, if it is the one that was installed."""
    if not isinstance(origin, Origin):
        return origin.reason
    file = origin.files.get(path)
    if file is None or file.member is None or recorded is None or file.content != recorded:
        return f"{origin.candidate.filename} has another file there than was installed"
    return await _read_member(origin.candidate, file.member, recorded, reader)


def _why(
    path: Path, facts: Mapping[str, BinaryFacts], unread: Mapping[str, str], names: Mapping[str, str], scan: Scan
) -> Why:
    """Put the versions of one file beside what the environment and this system hold."""
    ld_library_path = os.environ.get("LD_LIBRARY_PATH", "")
    folders = {
        folder.path
        for each in facts.values()
        for folder in search_path(each, path.parent, ld_library_path=ld_library_path)
    }
    sites = [Path(site) for site in scan.places.sites]
    outside = [folder for folder in sorted(folders) if not any(folder.is_relative_to(site) for site in sites)]
    also = [*sites[1:], Path(scan.places.base, "lib"), *outside]
    libraries = environment_libraries(sites[0], also=also)
    needed = {name for each in facts.values() for name in each.needed}
    held = {folder / name for name in needed for folder in libraries.get(name.rpartition("/")[2], ())}
    owners = _owners(held, scan)
    shared = {folder: owners[folder / name] for folder in {each.parent for each in held} for name in needed
              if folder / name in owners}  # fmt: skip

    def where(folder: Path) -> str:
        return shared.get(folder) or _below(folder, Path(scan.places.base))

    return _told(path.parent, facts, unread, names, _Surroundings(libraries, system_libraries, where, ld_library_path))


def _owners(files: Collection[Path], scan: Scan) -> dict[Path, str]:
    """Who recorded each of these files."""
    keys = {scan.places.key_of(str(file)): file for file in files}
    found: dict[Path, str] = {}
    for each in scan.distributions if keys else ():
        try:
            own, _ = recorded_keys(each.record, each.site, scan.places)
        except RecordError:
            continue
        found.update((keys[key], each.name) for key in own & keys.keys())
    return found


def _below(folder: Path, prefix: Path) -> str:
    return str(folder.relative_to(prefix)) if folder.is_relative_to(prefix) else str(folder)


# -- what would be -------------------------------------------------------------------------------------------


async def explain_overlaps(
    overlaps: Iterable[Overlap], distributions: Sequence[Distribution], reader: WheelReader
) -> dict[InstalledPath, Why]:
    """Explain contested native files of a set of wheels, by reading just those members.

    Whatever is not in the set may still be in the environment it is installed into, or in the system.

    Args:
        overlaps: Of one target.
        distributions: The set.
        reader: Reads wheels.

    Returns:
        By installed path.
    """
    by_id = {each.id: each for each in distributions}
    owner_of: dict[Path, str] = {}
    for each in distributions:
        for layout in list(each.layouts.values())[:1]:
            owner_of.update((Path("/", path), each.name) for path in layout.files)
    libraries = library_folders((path.parent, path.name) for path in owner_of)
    found = {}
    for overlap in _chosen_overlaps(overlaps):
        facts: dict[str, BinaryFacts] = {}
        unread: dict[str, str] = {}
        for owner in overlap.owners:
            read = await _read_owner(by_id[owner.id].candidate, owner.file.member, owner.file.content, reader)
            if isinstance(read, BinaryFacts):
                facts[owner.id] = read
            else:
                unread[owner.id] = read
        needed = {name for each in facts.values() for name in each.needed}
        names = {path.parent: owner for path, owner in owner_of.items() if path.name in needed}
        around = _Surroundings(libraries, None, partial(_named, names))
        place = Path("/", overlap.path).parent
        found[overlap.path] = _told(place, facts, unread, {id_: by_id[id_].name for id_ in overlap.ids}, around)
    return found


def _named(names: Mapping[Path, str], folder: Path) -> str:
    return names.get(folder) or str(folder)


async def _read_owner(
    candidate: Candidate, member: str | None, digest: str | None, reader: WheelReader
) -> BinaryFacts | str:
    if member is None:
        return "it is a command that the installer makes"
    return await _read_member(candidate, member, digest, reader)


# -- both ----------------------------------------------------------------------------------------------------


def _chosen(contested: Sequence[Contested]) -> list[Contested]:
    wanted = {overlap.path for overlap in _chosen_overlaps(each.overlap for each in contested)}
    return [each for each in contested if is_in_question(each.overlap) and each.overlap.path in wanted]


def _chosen_overlaps(overlaps: Iterable[Overlap]) -> list[Overlap]:
    """The first few of each set of owners."""
    counts: dict[tuple[str, ...], int] = {}
    chosen = []
    for overlap in overlaps:
        if is_in_question(overlap) and counts.get(overlap.ids, 0) < MOST:
            counts[overlap.ids] = counts.get(overlap.ids, 0) + 1
            chosen.append(overlap)
    return chosen


async def _read_member(candidate: Candidate, member: str, digest: str | None, reader: WheelReader) -> BinaryFacts | str:
    """The facts of one member, kept by its hash."""
    known = reader.cache.get("native", digest) if digest is not None else None
    facts = _decoded(known)
    if facts is not None:
        return facts
    try:
        if candidate.path is None:
            await event_loop()
        data = await reader.member(candidate, member, limit=LIMIT)
    except WheelError as error:
        return error.reason
    except FetchError as error:
        return error.reason
    found = binary_facts(io.BytesIO(data))
    if found is None:
        return "it is no native file"
    if digest is not None:
        reader.cache.put("native", digest, list(found))
    return found


def _decoded(known: object) -> BinaryFacts | None:
    """Facts as the cache keeps them."""
    if not isinstance(known, list) or len(known) != len(BinaryFacts._fields):
        return None
    return BinaryFacts._make(tuple(each) if isinstance(each, list) else each for each in known)


def _told(
    origin: Path,
    facts: Mapping[str, BinaryFacts],
    unread: Mapping[str, str],
    names: Mapping[str, str],
    around: _Surroundings,
) -> Why:
    sides = {}
    for id_, each in facts.items():
        system = None if around.system is None else around.system(each.machine)
        needs = where_needed(
            each,
            origin=origin,
            libraries=around.libraries,
            system=system,
            ld_library_path=around.ld_library_path,
        )
        sides[id_] = Side(names[id_], each, needs)
    return Why(explain(list(sides.values()), where=around.where), sides, unread, around.where)
