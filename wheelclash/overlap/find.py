"""Finding every overlap of a set, under one installer and under several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.overlap.model import SEVERITIES, Overlap
from wheelclash.overlap.pairs import case_only, file_directory, shadowed
from wheelclash.overlap.same_path import same_path
from wheelclash.ownership import OwnershipMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.installers import InstallerName
    from wheelclash.layout import Layout
    from wheelclash.target import Target

__all__ = ["find_overlaps", "in_order", "merge"]


def find_overlaps(layouts: Mapping[str, Layout], target: Target) -> list[Overlap]:
    """Every overlap of a set under one installer.

    Args:
        layouts: That installer's layouts, by distribution id; of a wheel it refuses, with what it writes by then.
        target: Decides which modules can be imported and whether case matters.
    """
    ownership = OwnershipMap({id_: layout.files for id_, layout in layouts.items()})
    return [
        *same_path(layouts, ownership),
        *_file_directory(layouts, ownership, target),
        *case_only(layouts, ownership, target),
        *shadowed(layouts, ownership, target),
    ]


def _file_directory(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Files where others need a folder, be it one without a file."""
    if not any(layout.folders for layout in layouts.values()):
        return file_directory(layouts, ownership, target)
    both = {id_: layout._replace(files={**layout.files, **layout.folders}) for id_, layout in layouts.items()}
    return file_directory(both, OwnershipMap({id_: layout.files for id_, layout in both.items()}), target)


def merge(found: Mapping[InstallerName, Sequence[Overlap]]) -> list[Overlap]:
    """Join what was found under each installer; equal overlaps become one that names all of them.

    Returns:
        Overlaps in order of severity, path and kind.
    """
    joined: dict[tuple[object, ...], Overlap] = {}
    for installer, overlaps in found.items():
        for overlap in overlaps:
            key = (overlap.path, overlap.kind, overlap.owners)
            before = joined.get(key)
            installers = (*before.installers, installer) if before else (installer,)
            joined[key] = overlap._replace(installers=installers)
    return in_order(joined.values())


def in_order(overlaps: Iterable[Overlap]) -> list[Overlap]:
    """Overlaps by severity, gravest first, then by path."""
    return sorted(overlaps, key=lambda each: (SEVERITIES.index(each.severity), each.path, each.kind, each.ids))
