"""Why contested native files of an environment break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.origins import Origin, find_origins
from wheelclash.why.reason import Versions, Why, chosen, reason
from wheelclash.why.surroundings import around_installed
from wheelclash.why.versions import read_file, read_member

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.environment.contested import Contested
    from wheelclash.environment.scan import Scan
    from wheelclash.layout import InstalledPath
    from wheelclash.native import BinaryFacts
    from wheelclash.reading.wheel import WheelReader
    from wheelclash.sources.candidate import Skip
    from wheelclash.sources.settings import IndexSettings

__all__ = ["explain_contested"]


def explain_contested(
    contested: Sequence[Contested], scan: Scan, settings: IndexSettings, reader: WheelReader
) -> dict[InstalledPath, Why]:
    """Explain contested native files of an environment.

    Args:
        contested: Those that may be in question, gravest first.
        scan: Of the environment.
        settings: Where wheels are looked for, of versions that are not on disk.
        reader: Reads wheels.

    Returns:
        By installed path.
    """
    wanted = {overlap.path for overlap in chosen(each.overlap for each in contested)}
    files = [each for each in contested if each.overlap.path in wanted and each.overlap.is_same_path]
    by_id = {each.id: each for each in scan.distributions}
    absent = {id_ for each in files for id_ in each.overlap.ids if id_ not in each.on_disk.matches}
    origins = find_origins([by_id[id_] for id_ in sorted(absent)], scan, settings, reader)
    read: dict[Path, Versions] = {}
    for each in files:
        names = {id_: by_id[id_].name for id_ in each.overlap.ids}
        read[Path(scan.places.on_disk(each.key))] = Versions.of(names, _versions(each, scan, origins, reader))
    around = around_installed(read, scan.places, scan.distributions)
    return {
        each.overlap.path: reason(path.parent, versions, around)
        for each, (path, versions) in zip(files, read.items(), strict=True)
    }


def _versions(
    each: Contested, scan: Scan, origins: Mapping[str, Origin | Skip], reader: WheelReader
) -> dict[str, BinaryFacts | str]:
    found: dict[str, BinaryFacts | str] = {}
    for owner in each.overlap.owners:
        if owner.id in each.on_disk.matches:
            found[owner.id] = read_file(scan.places.on_disk(each.key))
        else:
            found[owner.id] = _read_origin(origins[owner.id], each.overlap.path, owner.file.content, reader)
    return found


def _read_origin(
    origin: Origin | Skip, path: InstalledPath, recorded: str | None, reader: WheelReader
) -> BinaryFacts | str:
    """The version in a wheel, if it is the one that was installed."""
    if not isinstance(origin, Origin):
        return origin.reason
    file = origin.files.get(path)
    if file is None or file.member is None or recorded is None or file.content != recorded:
        return f"{origin.candidate.filename} has another file there than was installed"
    return read_member(origin.candidate, file.member, recorded, reader)
