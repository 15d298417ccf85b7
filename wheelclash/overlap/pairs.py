"""Pairs of paths that cannot both stand: file and folder, names that differ only in case, hidden modules."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING

from wheelclash.overlap.model import Kind, Overlap, Owner, Severity, severity_of
from wheelclash.overlap.same_path import relation
from wheelclash.ownership import folders_above
from wheelclash.role import is_sourceless, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelclash.layout import InstalledFile, InstalledPath, Layout
    from wheelclash.ownership import OwnershipMap
    from wheelclash.target import Target

__all__ = ["case_only", "file_directory", "folded", "shadowed"]

_LIBRARY = "site-packages/"
_PACKAGE, _SOURCE, _BYTECODE = 0, 100, 101
"""Ranks in the order of import; those of extensions lie between."""
_EXTENSION = re.compile(r"\.(?:(?P<tag>[A-Za-z0-9_-]+)\.)?(?P<kind>so|pyd)$")


def file_directory(layouts: Mapping[str, Layout], ownership: OwnershipMap) -> list[Overlap]:
    """A file of one distribution where another needs a folder; every installer stops there.

    One overlap for each such file; each owner of files below it is named once, with its first file there.
    """
    folders = folders_above(ownership)
    found = []
    contested = sorted(path for path in ownership if path in folders)
    every = sorted(ownership) if contested else []
    for path in contested:
        holders = ownership.owners(path)
        below: dict[str, InstalledPath] = {}
        inside = f"{path}/"
        for number in range(bisect_left(every, inside), len(every)):
            other = every[number]
            if not other.startswith(inside):
                break
            for id_ in ownership.owners(other):
                below.setdefault(id_, other)
        needing = [id_ for id_ in below if id_ not in holders]
        if needing:
            owners = [(id_, layouts[id_].files[path]) for id_ in holders]
            owners += [(id_, layouts[id_].files[below[id_]]) for id_ in needing]
            found.append(_pair(path, "file-directory", "error", owners))
    return found


def case_only(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Paths of several distributions that are one file on a file system that ignores case.

    As grave there as if the paths were equal; on any other target severity ``none``.
    """
    groups: dict[str, list[InstalledPath]] = {}
    spelt: dict[str, InstalledPath] = {}
    for path in ownership:
        key = folded(path)
        before = spelt.setdefault(key, path)
        if before is not path:
            groups.setdefault(key, [before]).append(path)
    found = []
    for paths in groups.values():
        paths.sort()
        owners: dict[str, InstalledFile] = {}
        for path in paths:
            for id_ in ownership.owners(path):
                owners.setdefault(id_, layouts[id_].files[path])
        if len({file.path for file in owners.values()}) > 1:
            severity: Severity = "none" if target.case_sensitive else _as_if_equal(list(owners.items()))
            found.append(_pair(paths[0], "case-only", severity, list(owners.items())))
    return found


def folded(path: str) -> str:
    """``path`` as a file system that ignores case compares it (casefold and NFC, as APFS does; NTFS is close)."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())


def _as_if_equal(files: list[tuple[str, InstalledFile]]) -> Severity:
    kind = relation(files)
    return "notice" if kind == "identical" else severity_of(kind, role_of(files[0][1].path))


def shadowed(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Modules that another distribution's package or extension hides: ``m/`` beats ``m.abi3.so`` beats ``m.py``.

    The order is that of ``importlib.machinery``: a package first, then extension suffixes, then source.
    """
    first: dict[str, tuple[int, InstalledPath]] = {}
    several: dict[str, list[tuple[int, InstalledPath]]] = {}
    for module, form in _modules(ownership, target):
        before = first.setdefault(module, form)
        if before is not form:
            several.setdefault(module, [before]).append(form)
    found = []
    for candidates in several.values():
        candidates.sort()
        top = candidates[0][1]
        hiding = ownership.owners(top)
        for _, path in candidates[1:]:
            hidden = [id_ for id_ in ownership.owners(path) if id_ not in hiding]
            if hidden and not set(ownership.owners(path)) & set(hiding):
                owners = [(id_, layouts[id_].files[top]) for id_ in hiding]
                owners += [(id_, layouts[id_].files[path]) for id_ in hidden]
                found.append(_pair(path, "shadowed", "warning", owners))
    return found


def _modules(ownership: OwnershipMap, target: Target) -> Iterator[tuple[str, tuple[int, InstalledPath]]]:
    """Everything importable: the path without suffix; its rank in the order of import, and the installed path."""
    for path in ownership:
        if not path.startswith(_LIBRARY):
            continue
        if path.endswith(".py"):
            if path.endswith("/__init__.py"):
                yield path[:-12], (_PACKAGE, path)
            else:
                yield path[:-3], (_SOURCE, path)
        elif is_sourceless(path):
            if path.endswith("/__init__.pyc"):
                yield path[:-13], (_PACKAGE, path)
            else:
                yield path[:-4], (_BYTECODE, path)
        elif path.endswith((".so", ".pyd")):
            match = _EXTENSION.search(path)
            rank = _extension_rank(match["tag"], match["kind"], target) if match else None
            if match and rank is not None:
                yield path[: match.start()], (rank, path)


def _extension_rank(tag: str | None, kind: str, target: Target) -> int | None:
    """Return the rank of an extension suffix among those the target imports; None if it imports no such suffix."""
    if (kind == "pyd") != target.is_windows:
        return None
    for rank, known in enumerate(target.extension_tags, _PACKAGE + 1):
        if (tag or "") == known:
            return rank
        if known and tag is not None and tag.startswith(f"{known}-"):
            return rank
    return None


def _pair(path: InstalledPath, kind: Kind, severity: Severity, files: list[tuple[str, InstalledFile]]) -> Overlap:
    owners = tuple(Owner(id_, file, number) for number, (id_, file) in enumerate(files))
    return Overlap(path, kind, role_of(path), severity, owners)
