"""Overlaps of one path: what several distributions write, and what one writes and another only records."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

from wheelclash.layout import InstalledFile, InstalledPath
from wheelclash.overlap.model import Overlap, Owner, severity_of
from wheelclash.ownership import folders_above
from wheelclash.role import is_metadata, is_sourceless, role_of
from wheelclash.verdict import is_known_stub

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping, Sequence

    from wheelclash.layout import Layout
    from wheelclash.ownership import OwnershipMap

__all__ = ["contradicted", "numbered", "relation", "same_path"]

Relation = Literal["different", "identical", "unknown"]


def same_path(
    layouts: Mapping[str, Layout], ownership: OwnershipMap, sources: Container[InstalledPath] | None = None
) -> list[Overlap]:
    """Return the overlaps of paths that several distributions write, or that one writes and another only records.

    Args:
        layouts: One installer's layouts, by distribution id.
        ownership: The ownership map of the same layouts.
        sources: The source files that exist, where the owners of bytecode are known to have none of their own; by
            default they are looked for in the map.
    """
    found = []
    for path, ids in ownership.contested.items():
        sourceless = _is_module(path, ids, ownership) if sources is None else path[:-1] not in sources
        found.append(_overlap(path, [(id_, layouts[id_].files[path]) for id_ in ids], sourceless=sourceless))
    for id_, layout in layouts.items():
        for path in _claimed(layout, ownership):
            others = [other for other in ownership.owners(path) if other != id_]
            if others:
                found.append(_phantom(path, id_, [(other, layouts[other].files[path]) for other in others]))
    return found


def _is_module(path: InstalledPath, ids: Collection[str], ownership: OwnershipMap) -> bool:
    """Return whether contested bytecode is a module of its own for one of its owners.

    It is for an owner without the source, be it that another owner has it. Where a distribution that is no owner has
    the source, that one hides the bytecode of them all, which is another overlap.
    """
    if not is_sourceless(path):
        return False
    with_source = ownership.owners(InstalledPath(path[:-1]))
    return all(id_ in ids for id_ in with_source) and any(id_ not in with_source for id_ in ids)


def contradicted(overlap: Overlap) -> frozenset[str]:
    """Return the ids of owners whose RECORDs give the file one hash that size or CRC-32 prove wrong.

    At least one of these RECORDs is wrong: the files differ.
    """
    wrong = _contradicted_hashes(owner.file for owner in overlap.owners)
    return frozenset(owner.id for owner in overlap.owners if owner.file.content in wrong)


def _contradicted_hashes(files: Iterable[InstalledFile]) -> set[str]:
    """Return the hashes that files of different size or CRC-32 have; what is installed may have neither."""
    evidence: dict[str, tuple[set[int], set[int]]] = {}
    for file in files:
        if file.content is not None:
            sizes, checksums = evidence.setdefault(file.content, (set(), set()))
            sizes.update(() if file.size is None else (file.size,))
            checksums.update(() if file.crc is None else (file.crc,))
    return {content for content, (sizes, checksums) in evidence.items() if len(sizes) > 1 or len(checksums) > 1}


def _claimed(layout: Layout, ownership: OwnershipMap) -> list[InstalledPath]:
    """The paths that a distribution only records: each for itself, and the files in a folder that it records."""
    if not layout.phantoms:
        return []
    above = folders_above(ownership)
    folders = tuple(f"{path.rstrip('/')}/" for path in layout.phantoms if path.rstrip("/") in above)
    below = {path for path in ownership if path.startswith(folders)} - layout.files.keys() if folders else set()
    return sorted(layout.phantoms | below)


def _overlap(path: InstalledPath, files: list[tuple[str, InstalledFile]], *, sourceless: bool) -> Overlap:
    owners = numbered(files)
    generated = all(file.member is None for _, file in files)
    role = role_of(path, generated=generated, sourceless=sourceless)
    if is_metadata(path):
        role = "metadata"
    elif path.endswith("/__init__.py") and all(is_known_stub(file.content, file.size) for _, file in files):
        role = "namespace-init"
    kind = relation(owners)
    return Overlap(path, kind, role, severity_of(kind, role), owners)


def _phantom(path: InstalledPath, claimant: str, files: list[tuple[str, InstalledFile]]) -> Overlap:
    ghost = Owner(claimant, InstalledFile(path, None, None, None, None), len(files), phantom=True)
    owners = (*numbered(files), ghost)
    return Overlap(path, "unknown", role_of(path), "notice", owners)


def numbered(files: list[tuple[str, InstalledFile]]) -> tuple[Owner, ...]:
    """Return owners with their contents numbered.

    A content that cannot be proven equal to another has its own number: one without a hash, and one of a hash that
    size or CRC-32 prove wrong for some owner. Then only files of one size and CRC-32 have one number.
    """
    numbers: dict[object, int] = {}
    owners = []
    wrong = _contradicted_hashes(file for _, file in files)
    for id_, file in files:
        key: object = id_ if file.content is None else (file.content, file.script)
        if file.content in wrong:
            key = id_ if file.crc is None else (file.content, file.script, file.size, file.crc)
        owners.append(Owner(id_, file, numbers.setdefault(key, len(numbers))))
    return tuple(owners)


def _contradicts(one: InstalledFile, other: InstalledFile) -> bool:
    """Return whether size or CRC-32 prove two contents different; what is installed may have neither."""
    known = ((one.size, other.size), (one.crc, other.crc))
    return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in known)


def relation(owners: Sequence[Owner]) -> Relation:
    """Return how the contents of numbered owners relate."""
    distinct = {owner.content: owner.file for owner in owners}
    if len(distinct) == 1:
        return "identical"
    if any(_surely_different(one, other) for one, other in combinations(distinct.values(), 2)):
        return "different"
    return "unknown"


def _surely_different(one: InstalledFile, other: InstalledFile) -> bool:
    """Return whether two contents are proven to differ: by hashes of one algorithm, or by size or CRC-32."""
    if (one.member is None) != (other.member is None):
        return True  # a generated command is never a file of a wheel
    if one.content is not None and other.content is not None:
        algorithm, _, value = one.content.partition(":")
        other_algorithm, _, other_value = other.content.partition(":")
        if one.member is None or (algorithm == other_algorithm and value != other_value):
            return one.content != other.content
    return _contradicts(one, other)
