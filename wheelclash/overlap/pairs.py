"""Pairs of paths that cannot both stand: file and folder, names that differ only in case, hidden modules."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING

from wheelclash.layout import InstalledFile, InstalledPath
from wheelclash.overlap.model import Kind, Overlap, Owner, Severity, severity_of
from wheelclash.overlap.same_path import numbered, relation
from wheelclash.ownership import folders_above
from wheelclash.role import is_aside, is_importable, is_metadata, is_sourceless, role_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelclash.layout import Layout
    from wheelclash.ownership import OwnershipMap
    from wheelclash.role import Role
    from wheelclash.target import Target

__all__ = ["case_only", "file_directory", "folded", "folders_spelt_differently", "shadowed"]

_LIBRARY = "site-packages/"
_PACKAGE, _SOURCE, _BYTECODE = -1000, 100, 101
"""Ranks in the order of import: those of extensions come before source, and all forms of a package before."""
_EXTENSION = re.compile(r"\.(?:(?P<tag>[A-Za-z0-9_-]+)\.)?(?P<kind>so|pyd)$")


def file_directory(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return where a file of one distribution is in the way of a folder of another; every installer stops there.

    One overlap for each such file; each owner of files below it is named once, with its first file there.

    Args:
        layouts: One installer's layouts, by distribution id.
        ownership: The ownership map of the same layouts.
        target: Decides whether ``README`` and ``readme/`` are one name.
    """
    key = str if target.case_sensitive else folded
    folders = {key(folder) for folder in folders_above(ownership)}
    found = []
    contested = sorted(path for path in ownership if key(path) in folders)
    every = sorted((key(path), path) for path in ownership) if contested else []
    for path in contested:
        holders = ownership.owners(path)
        below: dict[str, InstalledPath] = {}
        for other in _below(key(path), every):
            for id_ in ownership.owners(other):
                below.setdefault(id_, other)
        needing = [id_ for id_ in below if id_ not in holders]
        if needing:
            owners = [(id_, layouts[id_].files[path]) for id_ in holders]
            owners += [(id_, layouts[id_].files[below[id_]]) for id_ in needing]
            found.append(_pair(path, "file-directory", "error", owners))
    return found


def _below(folder: str, every: Sequence[tuple[str, InstalledPath]]) -> Iterator[InstalledPath]:
    """Yield the paths below a folder, of all paths in the order of what they are compared by."""
    inside = f"{folder}/"
    for number in range(bisect_left(every, inside, key=lambda each: each[0]), len(every)):
        compared, path = every[number]
        if not compared.startswith(inside):
            return
        yield path


def case_only(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return where names of several distributions differ only in case, which some file systems ignore.

    Files are as grave there as if the paths were equal. A folder keeps the spelling it was made with, and Python
    imports a package by that spelling alone: an import package that two distributions spell differently is an error,
    whatever is in it. On any other target the severity is ``none``.
    """
    return [*_files_spelt_differently(layouts, ownership, target), *_packages(layouts, ownership, target)]


def _files_spelt_differently(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return the files that differ only in case, and the rows without a file that name another distribution's so.

    Contents of modules are alike only if their names are, too: Python imports a module by its own spelling.
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
            role = _role_of_spellings(paths, ownership)
            same = _by_name(numbered(list(owners.items())))
            severity: Severity = "none" if target.case_sensitive else severity_of(relation(same), role)
            found.append(Overlap(paths[0], "case-only", role, severity, same))
    for id_, layout in layouts.items():
        for path in sorted(layout.phantoms):
            written = spelt.get(folded(path), path)
            others = [other for other in ownership.owners(written) if other != id_]
            if written != path and others:
                ghost = Owner(id_, InstalledFile(path, None, None, None, None), len(others), phantom=True)
                files = numbered([(other, layouts[other].files[written]) for other in others])
                severity = "none" if target.case_sensitive else "notice"
                found.append(Overlap(written, "case-only", role_of(written), severity, (*files, ghost)))
    return found


def _role_of_spellings(paths: Sequence[InstalledPath], ownership: OwnershipMap) -> Role:
    """Return the role of a file with several spellings: that of the first, unless any is an installer's metadata."""
    if any(map(is_metadata, paths)):
        return "metadata"
    return role_of(paths[0], sourceless=paths[0][:-1] not in ownership)


def _by_name(owners: tuple[Owner, ...]) -> tuple[Owner, ...]:
    """Return owners of files of one name in some case, of modules numbered anew by content and spelling."""
    if not is_importable(owners[0].file.path):
        return owners
    numbers: dict[tuple[int, str], int] = {}
    keys = [(owner.content, owner.file.path.rpartition("/")[2]) for owner in owners]
    return tuple(
        owner._replace(content=numbers.setdefault(key, len(numbers))) for owner, key in zip(owners, keys, strict=True)
    )


def _packages(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return the import packages that several distributions spell differently.

    Each owner is named once, with its first module in the package, or else its first file there; the content of owners
    that spell it alike has one number.
    """
    groups = folders_spelt_differently(path for path in ownership if path.startswith(_LIBRARY))
    every = sorted((path, path) for path in ownership) if groups else []
    found = []
    for folders in groups:
        first: dict[str, tuple[bool, InstalledPath]] = {}
        folder_of: dict[str, str] = {}
        for folder in folders:
            for path in _below(folder, every):
                for id_ in ownership.owners(path):
                    candidate = (not is_importable(path), path)
                    if id_ not in first or (folder_of[id_] == folder and candidate < first[id_]):
                        first[id_], folder_of[id_] = candidate, folder
        names = {folder.rpartition("/")[2] for folder in folder_of.values()}
        modules = [path for no_module, path in first.values() if not no_module]
        if len(names) > 1 and modules and all(name.isidentifier() for name in names):
            role: Role = "package-data" if any(map(_is_aside, modules)) else "module"
            severity: Severity = "none" if target.case_sensitive else severity_of("different", role)
            path = InstalledPath(min(folder_of.values()))
            numbers = {name: number for number, name in enumerate(sorted(names))}
            owners = [
                Owner(id_, layouts[id_].files[file], numbers[folder_of[id_].rpartition("/")[2]])
                for id_, (_, file) in first.items()
            ]
            found.append(Overlap(path, "case-only", role, severity, tuple(owners)))
    return found


def _is_aside(path: InstalledPath) -> bool:
    return is_aside(folded(path.removeprefix(_LIBRARY)))


def folders_spelt_differently(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the folders above these paths whose own names differ only in case, each group in order.

    >>> folders_spelt_differently(["Foo/x/a.py", "foo/x/b.py", "bar/c.py"])
    [('Foo', 'foo')]
    """
    groups: dict[str, list[str]] = {}
    for folder in folders_above(paths):
        groups.setdefault(folded(folder), []).append(folder)
    return sorted(
        tuple(sorted(group)) for group in groups.values() if len({each.rpartition("/")[2] for each in group}) > 1
    )


def folded(path: str) -> str:
    """``path`` as a file system that ignores case compares it (casefold and NFC, as APFS does; NTFS is close)."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())


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
                pair = _pair(path, "shadowed", "warning", owners)
                found.append(pair._replace(role=role_of(path, sourceless=True)))
    return found


def _modules(ownership: OwnershipMap, target: Target) -> Iterator[tuple[str, tuple[int, InstalledPath]]]:
    """Everything importable: the path without suffix; its rank in the order of import, and the installed path."""
    for path in ownership:
        if not path.startswith(_LIBRARY):
            continue
        if path.endswith(".py"):
            stem, rank = path[:-3], _SOURCE
        elif is_sourceless(path):
            stem, rank = path[:-4], _BYTECODE
        elif path.endswith((".so", ".pyd")):
            match = _EXTENSION.search(path)
            of_extension = _extension_rank(match["tag"], match["kind"], target) if match else None
            if match is None or of_extension is None:
                continue
            stem, rank = path[: match.start()], of_extension
        else:
            continue
        if stem.endswith("/__init__"):
            yield stem.removesuffix("/__init__"), (_PACKAGE + rank, path)
        else:
            yield stem, (rank, path)


def _extension_rank(tag: str | None, kind: str, target: Target) -> int | None:
    """Return the rank of an extension suffix among those the target imports; None if it imports no such suffix."""
    if (kind == "pyd") != target.is_windows:
        return None
    for rank, known in enumerate(target.extension_tags):
        if (tag or "") == known:
            return rank
        if known and tag is not None and tag.startswith(f"{known}-"):
            return rank
    return None


def _pair(path: InstalledPath, kind: Kind, severity: Severity, files: list[tuple[str, InstalledFile]]) -> Overlap:
    owners = tuple(Owner(id_, file, number) for number, (id_, file) in enumerate(files))
    return Overlap(path, kind, role_of(path), severity, owners)
