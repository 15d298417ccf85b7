"""Overlaps: what they are, how bad they are, and how they are found and judged.

An overlap is one path that several distributions write, or that one writes and another only records; or a pair of paths
that cannot both stand: a file and a folder, names that differ only in case, a module and what hides it. They are found
under one installer at a time and merged. Roles and severities that depend on content, or on which distribution requires
which, are judged in the end.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from wheelclash.core.content import INIT_LIMIT, SMALLEST_BINARY, Answers, Question, is_known_stub
from wheelclash.core.layout import InstalledFile, InstalledPath, topmost, topmost_of
from wheelclash.core.ownership import OwnershipMap
from wheelclash.core.paths import folders_above
from wheelclash.core.role import is_aside, is_importable, is_metadata, is_sourceless, module_stem, role_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.installer import InstallerName
    from wheelclash.core.layout import Layout
    from wheelclash.core.role import Role
    from wheelclash.target.target import Target

__all__ = [
    "KINDS",
    "SEVERITIES",
    "Kind",
    "Overlap",
    "Owner",
    "Severity",
    "case_only",
    "contradicted",
    "file_directory",
    "find_overlaps",
    "folded",
    "folders_spelt_differently",
    "in_order",
    "judge",
    "merge",
    "numbered",
    "questions",
    "relation",
    "role_of_files",
    "same_path",
    "severity_of",
    "shadowed",
]

Kind = Literal["different", "identical", "unknown", "file-directory", "case-only", "shadowed"]
Severity = Literal["error", "warning", "notice", "none"]

KINDS: tuple[Kind, ...] = ("different", "identical", "unknown", "file-directory", "case-only", "shadowed")
SAME_PATH: frozenset[Kind] = frozenset({"different", "identical", "unknown"})
"""Kinds of overlaps on one and the same path, rather than on two that cannot both stand."""
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice", "none")
"""Gravest first."""
GRAVE: frozenset[Severity] = frozenset({"error", "warning"})
"""Severities of what breaks something, or may."""

_BREAKS: frozenset[Role] = frozenset({"native", "module", "script", "metadata"})
_HARMLESS: frozenset[Role] = frozenset({"namespace-init", "bytecode"})


class Owner(NamedTuple):
    """One distribution's part in an overlap.

    Attributes:
        id: Id of the distribution.
        file: Its file, with its own installed path (pairs differ in it).
        content: Number of the content among the owners': equal numbers are proven equal.
        phantom: Its RECORD lists the path, its wheel has no such file: it writes nothing, but pip uninstalls it.
    """

    id: str
    file: InstalledFile
    content: int
    phantom: bool = False


class Overlap(NamedTuple):
    """A path, or a pair of paths that cannot both stand, with two or more owners.

    Attributes:
        path: The contested installed path; of a pair, the one that gives way (``file-directory``: the file;
            ``shadowed``: the file that is hidden; ``case-only``: the first in order, of files or of folders).
        kind: How the contents or the paths relate.
        role: What the file is for.
        severity: How bad it is.
        owners: Who, in the order of the set.
        installers: Names of the installers under which it exists.
    """

    path: InstalledPath
    kind: Kind
    role: Role
    severity: Severity
    owners: tuple[Owner, ...]
    installers: tuple[InstallerName, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the owners."""
        return tuple(owner.id for owner in self.owners)

    @property
    def is_same_path(self) -> bool:
        """Return whether the owners write one and the same path, rather than two that cannot both stand."""
        return self.kind in SAME_PATH

    @property
    def is_one_file(self) -> bool:
        """Return whether the owners write one file, though some file systems would make two of it."""
        return self.is_same_path or (self.kind == "case-only" and not self.is_folder)

    @property
    def is_folder(self) -> bool:
        """Return whether it is about the name of a folder, which stays as it was made first."""
        return self.kind == "case-only" and all(owner.file.path != self.path for owner in self.owners)

    @property
    def is_clash(self) -> bool:
        """Return whether something is or may be broken by it."""
        return self.severity in GRAVE

    @property
    def is_phantom(self) -> bool:
        """Return whether an owner only records the path without having the file."""
        return any(owner.phantom for owner in self.owners)


def severity_of(kind: Kind, role: Role) -> Severity:
    """Return the severity of several distributions writing one path with contents that relate like this."""
    if role in _HARMLESS:
        return "none"
    if kind == "identical":
        return "notice"
    return "error" if role in _BREAKS else "warning"


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
    overlaps = []
    for path, ids in ownership.contested.items():
        sourceless = _is_module(path, ids, ownership) if sources is None else path[:-1] not in sources
        overlaps.append(_overlap(path, [(id_, layouts[id_].files[path]) for id_ in ids], sourceless=sourceless))
    for id_, layout in layouts.items():
        for path in _claimed(layout, ownership):
            others = [other for other in ownership.owners(path) if other != id_]
            if others:
                overlaps.append(_phantom(path, id_, [(other, layouts[other].files[path]) for other in others]))
    return overlaps


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
    """Return the ids of owners with RECORDs that give the file one hash that size or CRC-32 prove wrong.

    At least one of these RECORDs is wrong: the files differ.
    """
    wrong = _contradicted_hashes([owner.file for owner in overlap.owners])
    if not wrong:
        return wrong
    return frozenset(owner.id for owner in overlap.owners if owner.file.content in wrong)


def _contradicted_hashes(files: Sequence[InstalledFile]) -> frozenset[str]:
    """Return the hashes that files of different size or CRC-32 have; what is installed may have neither."""
    if len({file.content for file in files}) == len(files):
        return frozenset()
    evidence: dict[str, tuple[set[int], set[int]]] = {}
    for file in files:
        if file.content is not None:
            sizes, checksums = evidence.setdefault(file.content, (set(), set()))
            sizes.update(() if file.size is None else (file.size,))
            checksums.update(() if file.crc is None else (file.crc,))
    return frozenset(
        content for content, (sizes, checksums) in evidence.items() if len(sizes) > 1 or len(checksums) > 1
    )


def _claimed(layout: Layout, ownership: OwnershipMap) -> list[InstalledPath]:
    """Return the paths that a distribution only records: each for itself, and the files in a folder that it records."""
    if not layout.phantoms:
        return []
    above = folders_above(ownership)
    folders = tuple(f"{path.rstrip('/')}/" for path in layout.phantoms if path.rstrip("/") in above)
    below = {path for path in ownership if path.startswith(folders)} - layout.files.keys() if folders else set()
    return sorted(layout.phantoms | below)


def _overlap(path: InstalledPath, files: list[tuple[str, InstalledFile]], *, sourceless: bool) -> Overlap:
    owners = numbered(files)
    role = role_of_files(path, [file for _, file in files], sourceless=sourceless)
    kind = relation(owners)
    return Overlap(path, kind, role, severity_of(kind, role), owners)


def role_of_files(path: InstalledPath, files: Sequence[InstalledFile], *, sourceless: bool = False) -> Role:
    """Return the role of the files that distributions write to one path, as far as names and hashes say.

    Args:
        path: Where.
        files: What each of them writes there; at least one.
        sourceless: Of bytecode: whether no source lies beside it.
    """
    if is_metadata(path):
        return "metadata"
    if path.endswith("/__init__.py") and all(is_known_stub(file.content, file.size) for file in files):
        return "namespace-init"
    return role_of(path, generated=all(file.member is None for file in files), sourceless=sourceless)


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
    wrong = _contradicted_hashes([file for _, file in files])
    for id_, file in files:
        key: object = id_ if file.content is None else (file.content, file.script)
        if file.content in wrong:
            key = id_ if file.crc is None else (file.content, file.script, file.size, file.crc)
        owners.append(Owner(id_, file, numbers.setdefault(key, len(numbers))))
    return tuple(owners)


def _contradicts(first: InstalledFile, second: InstalledFile) -> bool:
    """Return whether size or CRC-32 prove two contents different; what is installed may have neither."""
    known = ((first.size, second.size), (first.crc, second.crc))
    return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in known)


def relation(owners: Sequence[Owner]) -> Relation:
    """Return how the contents of numbered owners relate."""
    distinct = {owner.content: owner.file for owner in owners}
    if len(distinct) == 1:
        return "identical"
    if any(_surely_different(first, second) for first, second in combinations(distinct.values(), 2)):
        return "different"
    return "unknown"


def _surely_different(first: InstalledFile, second: InstalledFile) -> bool:
    """Return whether two contents are proven to differ: by hashes of one algorithm, or by size or CRC-32."""
    if (first.member is None) != (second.member is None):
        return True  # a generated command is never a file of a wheel
    if first.content is not None and second.content is not None:
        algorithm, _, value = first.content.partition(":")
        other_algorithm, _, other_value = second.content.partition(":")
        if first.member is None or (algorithm == other_algorithm and value != other_value):
            return first.content != second.content
    return _contradicts(first, second)


_LIBRARY = "site-packages/"
_Form: TypeAlias = tuple[int, InstalledPath]
"""One form of a module: the rank in the order of import, and the installed path."""
_PACKAGE, _SOURCE, _BYTECODE = -1000, 100, 101
"""Ranks in the order of import: those of extensions come before source, and all forms of a package before."""
_BUT_SOURCE = ("/__init__.py", ".so", ".pyd", ".pyc")
"""How the path of a module ends that is not ``m.py``."""
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
    overlaps = []
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
            overlaps.append(_pair(path, "file-directory", "error", owners))
    return overlaps


def _below(folder: str, every: Sequence[tuple[str, InstalledPath]]) -> Iterator[InstalledPath]:
    """Yield the paths below a folder, of all paths in the order of what they are compared by."""
    inside = f"{folder}/"
    for number in range(bisect_left(every, inside, key=lambda compared_and_path: compared_and_path[0]), len(every)):
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
    overlaps = []
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
            overlaps.append(Overlap(paths[0], "case-only", role, severity, same))
    for id_, layout in layouts.items():
        for path in sorted(layout.phantoms):
            written = spelt.get(folded(path), path)
            others = [other for other in ownership.owners(written) if other != id_]
            if written != path and others:
                ghost = Owner(id_, InstalledFile(path, None, None, None, None), len(others), phantom=True)
                files = numbered([(other, layouts[other].files[written]) for other in others])
                severity = "none" if target.case_sensitive else "notice"
                overlaps.append(Overlap(written, "case-only", role_of(written), severity, (*files, ghost)))
    return overlaps


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
    overlaps = []
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
            overlaps.append(Overlap(path, "case-only", role, severity, tuple(owners)))
    return overlaps


def _is_aside(path: InstalledPath) -> bool:
    return is_aside(folded(path.removeprefix(_LIBRARY)))


def folders_spelt_differently(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the folders above these paths with names of their own that differ only in case, each group in order.

    >>> folders_spelt_differently(["Foo/x/a.py", "foo/x/b.py", "bar/c.py"])
    [('Foo', 'foo')]
    """
    groups: dict[str, list[str]] = {}
    for folder in folders_above(paths):
        groups.setdefault(folded(folder), []).append(folder)
    return sorted(
        tuple(sorted(group)) for group in groups.values() if len({folder.rpartition("/")[2] for folder in group}) > 1
    )


def folded(path: str) -> str:
    """Return a path as a file system that ignores case compares it (casefold and NFC, as APFS does; NTFS is close)."""
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path.casefold())


def shadowed(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return the modules that another's form of them hides: ``m/`` beats ``m.abi3.so`` beats ``m.py``.

    The order is that of ``importlib.machinery``: a package first, then extension suffixes, then source, then bytecode.
    Any of them hides a folder of the same name without an ``__init__``.
    """
    first: dict[str, _Form] = {}
    several: dict[str, list[_Form]] = {}
    for module, form in _modules(ownership, target):
        before = first.setdefault(module, form)
        if before is not form:
            several.setdefault(module, [before]).append(form)
    for module, form in first.items():
        source = InstalledPath(f"{module}.py")
        if source in ownership:
            several.setdefault(module, [form]).append((_SOURCE, source))
    overlaps = []
    for candidates in several.values():
        candidates.sort()
        top = candidates[0][1]
        hiding = ownership.owners(top)
        for _, path in candidates[1:]:
            hidden = [id_ for id_ in ownership.owners(path) if id_ not in hiding]
            if hidden and not set(ownership.owners(path)) & set(hiding):
                overlaps.append(_hidden(path, top, hidden, hiding, layouts))
    imported = {module: candidates[0] for module, candidates in several.items()}
    overlaps += _hidden_folders({**first, **imported}, layouts, ownership, target)
    return overlaps


def _hidden(
    path: InstalledPath, top: InstalledPath, hidden: Iterable[str], hiding: Iterable[str], layouts: Mapping[str, Layout]
) -> Overlap:
    """Return the overlap of a module that is hidden by another, from the ids of their owners."""
    owners = [(id_, layouts[id_].files[top]) for id_ in hiding]
    owners += [(id_, layouts[id_].files[path]) for id_ in hidden]
    return _pair(path, "shadowed", "warning", owners)._replace(role=role_of(path, sourceless=True))


def _hidden_folders(
    forms: Mapping[str, _Form], layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target
) -> Iterator[Overlap]:
    """Yield the modules in a folder without an ``__init__``, the first of each owner, that a module of its name hides.

    A distribution that has both the module and modules in the folder has arranged for that (by ``__path__``), and hides
    none there.

    Args:
        forms: By module the form that imports find, of those that are not only source.
        layouts: By distribution id.
        ownership: The ownership map of the same layouts.
        target: Decides which modules can be imported.
    """
    hiders: dict[str, InstalledPath] = {}
    for folder in folders_above(path for path in ownership if path.startswith(_LIBRARY)):
        rank, top = forms.get(folder, (_SOURCE, InstalledPath(f"{folder}.py")))
        if rank >= 0 and top in ownership:
            hiders[folder] = top
    every = sorted((path, path) for path in ownership) if hiders else []
    for folder, top in hiders.items():
        hiding = ownership.owners(top)
        first: dict[str, InstalledPath] = {}
        for path in _below(folder, every):
            module = _module(path, target)
            if module is not None and all(name.isidentifier() for name in module[0][len(folder) + 1 :].split("/")):
                for id_ in ownership.owners(path):
                    first.setdefault(id_, path)
        if first.keys().isdisjoint(hiding):
            for path in dict.fromkeys(first.values()):
                yield _hidden(path, top, [id_ for id_ in first if first[id_] == path], hiding, layouts)


def _modules(ownership: OwnershipMap, target: Target) -> Iterator[tuple[str, _Form]]:
    """Yield all modules but those that are source and no package, which most files of a set are.

    Yields:
        The path without suffix, and the form.
    """
    for path in ownership:
        if path.endswith(_BUT_SOURCE) and path.startswith(_LIBRARY):
            module = _module(path, target)
            if module is not None:
                yield module


def _module(path: InstalledPath, target: Target) -> tuple[str, _Form] | None:
    """Return of which module a file is a form, as its path without suffix, and the form; None if it is of none."""
    if path.endswith(".py"):
        stem, rank = path[:-3], _SOURCE
    elif is_sourceless(path):
        stem, rank = path[:-4], _BYTECODE
    elif path.endswith((".so", ".pyd")):
        match = _EXTENSION.search(path)
        of_extension = _extension_rank(match["tag"], match["kind"], target) if match else None
        if match is None or of_extension is None:
            return None
        stem, rank = path[: match.start()], of_extension
    else:
        return None
    if stem.endswith("/__init__"):
        return stem.removesuffix("/__init__"), (_PACKAGE + rank, path)
    return stem, (rank, path)


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


def find_overlaps(layouts: Mapping[str, Layout], target: Target) -> list[Overlap]:
    """Return every overlap of a set under one installer.

    Args:
        layouts: That installer's layouts, by distribution id; of a wheel it refuses, with what it writes by then.
        target: Decides which modules can be imported and whether case matters.
    """
    layouts = _related(layouts)
    ownership = OwnershipMap({id_: layout.files for id_, layout in layouts.items()})
    return [
        *same_path(layouts, ownership),
        *_file_directory(layouts, ownership, target),
        *case_only(layouts, ownership, target),
        *shadowed(layouts, ownership, target),
    ]


def _related(layouts: Mapping[str, Layout]) -> dict[str, Layout]:
    """Return layouts without what lies below topmost names that no other distribution has: nothing overlaps there.

    Names are alike that differ in case, or in what follows a dot: ``m.py`` may be hidden by ``M/`` and ``m.abi3.so``.
    """
    names_of = {id_: topmost(layout) for id_, layout in layouts.items()}
    owners_of = Counter(name for names in names_of.values() for name in {_alike(name) for name in names})
    if any("/" not in name for name in owners_of):  # a RECORD claims all that is in a root
        return dict(layouts)
    related = {}
    for id_, layout in layouts.items():
        shared = {name for name in names_of[id_] if owners_of[_alike(name)] > 1}
        files: Mapping[InstalledPath, InstalledFile] = {}
        if shared == names_of[id_]:
            files = layout.files
        elif shared:
            files = {path: file for path, file in layout.files.items() if topmost_of(path) in shared}
        related[id_] = layout._replace(files=files)
    return related


def _alike(name: str) -> str:
    """Return what topmost names with which paths below could overlap have in common."""
    root, slash, top = name.partition("/")
    return f"{root}{slash}{folded(top).partition('.')[0]}"


def _file_directory(layouts: Mapping[str, Layout], ownership: OwnershipMap, target: Target) -> list[Overlap]:
    """Return the files where others need a folder, be it one without a file."""
    if not any(layout.folders for layout in layouts.values()):
        return file_directory(layouts, ownership, target)
    both = {id_: layout._replace(files={**layout.files, **layout.folders}) for id_, layout in layouts.items()}
    return file_directory(both, OwnershipMap({id_: layout.files for id_, layout in both.items()}), target)


def merge(by_installer: Mapping[InstallerName, Sequence[Overlap]]) -> list[Overlap]:
    """Join what was found under each installer; equal overlaps become one that names all of them.

    Returns:
        Overlaps in order of severity, path and kind.
    """
    joined: dict[tuple[object, ...], Overlap] = {}
    for installer, overlaps in by_installer.items():
        for overlap in overlaps:
            key = (overlap.path, overlap.kind, overlap.owners)
            before = joined.get(key)
            installers = (*before.installers, installer) if before else (installer,)
            joined[key] = overlap._replace(installers=installers)
    return in_order(joined.values())


def in_order(overlaps: Iterable[Overlap]) -> list[Overlap]:
    """Return overlaps by severity, gravest first, then by path."""
    return sorted(
        overlaps, key=lambda overlap: (SEVERITIES.index(overlap.severity), overlap.path, overlap.kind, overlap.ids)
    )


def questions(overlaps: Iterable[Overlap]) -> list[Question]:
    """Return the members that would change a verdict by their content, each once, in order."""
    asked_once: dict[Question, None] = {}
    for overlap in overlaps:
        about = _about(overlap)
        if about is None:
            continue
        asked = [owner for owner in overlap.owners if owner.file.member is not None]
        if about == "command":  # one binary among them settles it
            asked = [max(asked, key=lambda owner: owner.file.size or 0)]
        for owner in asked:
            asked_once.setdefault(Question(owner.id, owner.file.member or "", about, owner.file.content))
    return list(asked_once)


def _about(overlap: Overlap) -> Literal["init", "command"] | None:
    if overlap.kind not in {"different", "unknown"} or overlap.is_phantom:
        return None
    if overlap.role == "module" and overlap.path.endswith("/__init__.py"):
        return "init" if all((owner.file.size or 0) <= INIT_LIMIT for owner in overlap.owners) else None
    if overlap.role == "script" and any((owner.file.size or 0) >= SMALLEST_BINARY for owner in overlap.owners):
        return "command"
    return None


def judge(overlaps: Iterable[Overlap], answers: Answers, requires: Callable[[str, str], bool]) -> list[Overlap]:
    """Settle role and severity with what was read and with who requires whom; gravest first."""
    return in_order(_judged(overlap, answers, requires) for overlap in overlaps)


def _judged(overlap: Overlap, answers: Answers, requires: Callable[[str, str], bool]) -> Overlap:
    if overlap.kind == "shadowed":
        return overlap._replace(severity=_severity_of_hidden(overlap, requires))
    if not overlap.is_same_path or overlap.is_phantom:
        return overlap
    known = [answers.get((owner.id, owner.file.member or "")) for owner in overlap.owners]
    role = overlap.role
    if any(answer is not None and answer.native for answer in known):
        role = "native"
    elif known and all(answer is not None for answer in known) and overlap.path.endswith("/__init__.py"):
        codes = {answer.code for answer in known if answer is not None}
        if all(answer is not None and answer.stub for answer in known) or (len(codes) == 1 and None not in codes):
            role = "namespace-init"
    severity = severity_of(overlap.kind, role)
    if severity == "error" and role == "script" and _is_family(overlap.ids, requires):
        severity = "warning"  # a family: a member replaces the other's command on purpose
    return overlap._replace(role=role, severity=severity)


def _severity_of_hidden(overlap: Overlap, requires: Callable[[str, str], bool]) -> Severity:
    """Return how bad it is that a module is hidden.

    One at the top of site-packages is the import package of its distribution, or one of them: nothing that imports it
    gets it any more. One below may be an implementation that another replaces; so may one of a family.
    """
    paths = [overlap.path, *(owner.file.path for owner in overlap.owners)]
    hiding = next(path for path in paths[1:] if path != overlap.path).removeprefix(_LIBRARY)
    stem = module_stem(hiding) or hiding
    aside = any(is_aside(path.removeprefix(_LIBRARY)) for path in paths)
    aside = aside or is_aside(f"{stem}/")  # a module "tests" counts like a folder of that name
    return "error" if "/" not in stem and not aside and not _is_family(overlap.ids, requires) else "warning"


def _is_family(ids: Sequence[str], requires: Callable[[str, str], bool]) -> bool:
    """Return whether one of them requires, or is required by, each of the others."""
    return any(
        all(requires(member, other) or requires(other, member) for other in ids if other != member) for member in ids
    )
