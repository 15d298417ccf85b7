"""Overlaps of one path: what several distributions write, and what one writes and another only records."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from wheelclash.layout import InstalledFile
from wheelclash.overlap.model import Kind, Overlap, Owner, severity_of
from wheelclash.role import is_metadata, role_of
from wheelclash.verdict import is_known_stub

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.layout import InstalledPath, Layout
    from wheelclash.ownership import OwnershipMap

__all__ = ["same_path"]


def same_path(layouts: Mapping[str, Layout], ownership: OwnershipMap) -> list[Overlap]:
    """The overlaps of paths that several distributions write, or that one writes and another only records.

    Args:
        layouts: One installer's layouts, by distribution id.
        ownership: The ownership map of the same layouts.
    """
    found = [
        _overlap(path, [(id_, layouts[id_].files[path]) for id_ in ids]) for path, ids in ownership.contested.items()
    ]
    for id_, layout in layouts.items():
        for path in sorted(layout.phantoms):
            others = [other for other in ownership.owners(path) if other != id_]
            if others:
                found.append(_phantom(path, id_, [(other, layouts[other].files[path]) for other in others]))
    return found


def _overlap(path: InstalledPath, files: list[tuple[str, InstalledFile]]) -> Overlap:
    owners = _numbered(files)
    role = role_of(path, generated=all(file.member is None for _, file in files))
    if is_metadata(path):
        role = "metadata"
    elif path.endswith("/__init__.py") and all(is_known_stub(file.content) for _, file in files):
        role = "namespace-init"
    kind = _kind(owners)
    return Overlap(path, kind, role, severity_of(kind, role), owners)


def _phantom(path: InstalledPath, claimant: str, files: list[tuple[str, InstalledFile]]) -> Overlap:
    ghost = Owner(claimant, InstalledFile(path, None, None, None, None), len(files), phantom=True)
    owners = (*_numbered(files), ghost)
    return Overlap(path, "unknown", role_of(path), "notice", owners)


def _numbered(files: list[tuple[str, InstalledFile]]) -> tuple[Owner, ...]:
    """Owners with their contents numbered; a content that cannot be proven equal to another has its own number."""
    numbers: dict[object, int] = {}
    owners = []
    for id_, file in files:
        key: object = id_ if file.content is None else (file.content, file.script)
        owners.append(Owner(id_, file, numbers.setdefault(key, len(numbers))))
    return tuple(owners)


def _kind(owners: Sequence[Owner]) -> Kind:
    distinct = {owner.content: owner.file for owner in owners}
    if len(distinct) == 1:
        return "identical"
    if any(_surely_different(one, other) for one, other in combinations(distinct.values(), 2)):
        return "different"
    return "unknown"


def _surely_different(one: InstalledFile, other: InstalledFile) -> bool:
    """Whether two contents are proven to differ: by hashes of one algorithm, or by size or CRC-32."""
    if (one.member is None) != (other.member is None):
        return True  # a generated command is never a file of somebody's wheel
    if one.content is not None and other.content is not None:
        algorithm, _, value = one.content.partition(":")
        other_algorithm, _, other_value = other.content.partition(":")
        if algorithm == other_algorithm or one.member is None:
            return value != other_value or algorithm != other_algorithm
    known = ((one.size, other.size), (one.crc, other.crc))  # what is installed may have neither
    return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in known)
