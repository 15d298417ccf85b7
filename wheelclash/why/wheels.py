"""Why contested native files of a set of wheels will break, by reading just those members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.why.reason import Versions, Why, chosen, reason
from wheelclash.why.surroundings import around_installed, around_wheels, place_of
from wheelclash.why.versions import read_file, read_member

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from wheelclash.distribution import Distribution
    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath
    from wheelclash.native import BinaryFacts
    from wheelclash.overlap import Overlap, Owner
    from wheelclash.reading.wheel import WheelReader
    from wheelclash.why.surroundings import Recorded

__all__ = ["explain_overlaps"]


def explain_overlaps(
    overlaps: Iterable[Overlap],
    distributions: Sequence[Distribution],
    reader: WheelReader,
    *,
    residents: Sequence[Distribution] = (),
    places: Places | None = None,
    recorded: Sequence[Recorded] = (),
) -> dict[InstalledPath, Why]:
    """Explain contested native files of a set of wheels.

    Without an environment, libraries are looked for in the set only: ``unknown`` is what may still be there, or in the
    system, where it is installed.

    Args:
        overlaps: Those that may be in question, gravest first.
        distributions: The set.
        reader: Reads wheels.
        residents: What is installed in the environment that the set is to be installed into.
        places: Of that environment, if there is one.
        recorded: Who may own libraries there.

    Returns:
        By installed path.
    """
    by_id = {each.id: each for each in (*distributions, *residents)}
    on_disk = {each.id for each in residents}
    read: dict[InstalledPath, Versions] = {}
    for overlap in chosen(overlaps):
        names = {id_: by_id[id_].name for id_ in overlap.ids}
        found = {}
        for owner in overlap.owners:
            there = places if owner.id in on_disk else None
            found[owner.id] = _read(owner, by_id[owner.id], reader, there)
        read[overlap.path] = Versions.of(names, found)
    if not read:
        return {}
    coming: dict[Path, str] = {}
    for each in distributions:
        for layout in list(each.layouts.values())[:1]:
            coming.update((place_of(path, places), each.name) for path in layout.files)
    files = {place_of(path, places): versions for path, versions in read.items()}
    around = around_wheels(files, coming) if places is None else around_installed(files, places, recorded, coming)
    return {path: reason(place_of(path, places).parent, versions, around) for path, versions in read.items()}


def _read(owner: Owner, each: Distribution, reader: WheelReader, there: Places | None) -> BinaryFacts | str:
    if owner.file.member is None:
        return "it is a command that the installer makes"
    if there is not None:
        return read_file(there.on_disk(owner.file.member))
    return read_member(each.candidate, owner.file.member, owner.file.content, reader)
