"""Find the owners of a path, and which content it has. Here for a set of wheels; pure.

What a PATH means: a file, a folder, an import name, a command; several of these, where several apply. Pure.

The files in question are a :class:`Tree`: those of an environment, or those that a set of wheels would install.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from wheelclash.core.layout import InstalledPath
from wheelclash.core.role import EXTENSIONS, role_of
from wheelclash.errors import QuestionError
from wheelclash.wording import near_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.diagnosis import Certainty, Diagnosis, Outcome
    from wheelclash.core.disk import DiskState
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import InstallerName
    from wheelclash.core.layout import InstalledFile
    from wheelclash.core.overlap import Kind, Overlap
    from wheelclash.core.role import Role

__all__ = [
    "Conflict",
    "MatchKind",
    "NestedPath",
    "OwnerShare",
    "PathMatch",
    "PathOwners",
    "PredictedWinner",
    "Tree",
    "TreeEntry",
    "What",
    "besides",
    "meanings",
    "near_paths",
    "normalize_query",
    "owners_in_set",
    "source_of",
]

What = Literal["file", "folder"]
MatchKind = Literal["path", "import", "command"]

_BYTECODE = (".pyc", ".pyo")
_COMMANDS = ("", ".exe", "-script.py")
"""What stands behind a command's name in the scripts folder."""

_MOST_NAMES = 5_000
"""Of a folder with more, near names are not looked for: comparing them all would take longer than the answer."""


class TreeEntry(NamedTuple):
    """Something that is there, or is recorded to be.

    Attributes:
        what: ``file`` or ``folder``.
        name: Its one name in its tree; never two for the same.
    """

    what: What
    name: str


class PathMatch(NamedTuple):
    """One thing that a PATH means.

    Attributes:
        means: ``path``, ``import`` or ``command``: as what it was understood.
        place: What it is.
    """

    means: MatchKind
    place: TreeEntry


class Tree(Protocol):
    """Files that can be asked for."""

    @property
    def sites(self) -> Sequence[str]:
        """Return the site-packages folders, as paths."""

    @property
    def scripts(self) -> str:
        """Return the folder of commands, as a path."""

    def readings(self, text: str) -> Iterable[str]:
        """Return the paths that a text may stand for, nearest first."""

    def find(self, path: str) -> TreeEntry | None:
        """Return what is at a path."""

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        """Return the names of what lies in a folder, those with a certain start; none if there is no such folder."""


def normalize_query(text: str) -> str:
    """Return a PATH as a user wrote it, ``/`` between its parts.

    Raises:
        QuestionError: No file can be called that.
    """
    if not text.strip():
        raise QuestionError("An empty PATH names nothing.", "E.g. wheelclash who package/module.py")
    try:
        usable = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise QuestionError(f"{text!r} cannot be the path of anything.")
    return text.replace(os.sep, "/")


def meanings(text: str, tree: Tree) -> list[PathMatch]:
    """Return everything that a PATH means; the same thing is there once, as what it was understood first.

    Args:
        text: As a user wrote it, ``/`` between parts. One that ends in ``/`` means a folder.
        tree: The files in question.
    """
    matches: dict[TreeEntry, PathMatch] = {}
    bare = text.rstrip("/")
    for means, path in _readings(bare or text, tree):
        place = tree.find(path)
        if place is not None and (place.what == "folder" or not text.endswith("/")):
            matches.setdefault(place, PathMatch(means, place))
    return list(matches.values())


def _readings(text: str, tree: Tree) -> Iterator[tuple[MatchKind, str]]:
    for path in tree.readings(text):
        yield "path", path
    if _is_import_name(text):
        for site in tree.sites:
            for path in _modules(text, site, tree):
                yield "import", path
    if "/" not in text and text not in {".", ".."}:
        for ending in _COMMANDS:
            yield "command", f"{tree.scripts}/{text}{ending}"


def _is_import_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _modules(name: str, site: str, tree: Tree) -> Iterator[str]:
    """Yield the forms of a module in the order of import: package, extension, source, bytecode without source."""
    *parents, last = name.split(".")
    folder = "/".join((site, *parents))
    package = f"{folder}/{last}"
    place = tree.find(package)
    if place is not None and place.what == "folder":
        yield package
    for file_name in sorted(tree.names(folder, f"{last}.")):
        if file_name.endswith(EXTENSIONS) and file_name.partition(".")[0] == last:
            yield f"{folder}/{file_name}"
    yield f"{package}.py"
    yield f"{package}.pyc"


def source_of(path: str) -> str | None:
    """Return the source that a bytecode file was made from (PEP 3147); None for what is no bytecode.

    >>> source_of("p/__pycache__/m.cpython-312.opt-1.pyc"), source_of("p/m.pyc"), source_of("p/m.py")
    ('p/m.py', 'p/m.py', None)
    """
    if not path.endswith(_BYTECODE):
        return None
    folder, _, name = path.rpartition("/")
    parent, _, last = folder.rpartition("/")
    if last == "__pycache__":
        return posixpath.join(parent, f"{name.partition('.')[0]}.py")
    return f"{path.rpartition('.')[0]}.py"


def near_paths(text: str, tree: Tree) -> tuple[str, ...]:
    """Return names that look like a PATH that means nothing: in its deepest folder that there is, commands included."""
    dotted = "/" not in text and _is_import_name(text)
    between = "." if dotted else "/"
    parts = text.rstrip("/").split(between)

    def names_at(depth: int) -> tuple[int, set[str]]:
        folders = _folders(parts[:depth], tree, dotted=dotted)
        return depth, {name for folder in folders for name in tree.names(folder)}

    depth, names = names_at(len(parts) - 1)
    if not names:  # the folder is misspelt already
        levels = takewhile(lambda found: found[1], map(names_at, range(len(parts) - 1)))
        depth, names = max(levels, key=lambda found: found[0], default=(0, set()))
    return _near(parts[depth], names, "".join(f"{part}{between}" for part in parts[:depth]), dotted=dotted)


def _folders(parts: Sequence[str], tree: Tree, *, dotted: bool) -> Iterable[str]:
    if not parts:
        return (*tree.sites, tree.scripts)
    return ["/".join((site, *parts)) for site in tree.sites] if dotted else tree.readings("/".join(parts))


def _near(wanted: str, names: set[str], start: str, *, dotted: bool) -> tuple[str, ...]:
    if len(names) > _MOST_NAMES:
        return ()
    plain = {name.partition(".")[0] if dotted else name for name in names if not name.endswith(".dist-info")}
    return tuple(start + near for near in near_names(wanted, sorted(plain - {"__pycache__", ""})))


_ROOTS = ("site-packages", "scripts", "data", "headers")
_BELOW_PREFIX = (
    (re.compile(r"(?:lib|lib64)/(?:python|pypy)3\.[0-9]+t?/site-packages/|Lib/site-packages/"), "site-packages/"),
    (re.compile(r"bin/|Scripts/"), "scripts/"),
)


class OwnerShare(NamedTuple):
    """An owner's part in a file or folder.

    Attributes:
        id, name, version: Of the distribution.
        aside: Why it is otherwise not compared: a skip code, or None.
        files: How many of the files are its own.
        contested: How many of these are others' too.
        held: How many of the contested ones hold its content on disk; None in a set.
        missing: How many of its files are gone; None in a set.
        member: Of a file: its archive path; None where there is none.
        sha256: Of a file: the content it recorded, or None.
        size: Of a file: bytes it recorded, or None.
        content: Of a file: equal numbers are proven equal contents.
    """

    id: str
    name: str
    version: str
    aside: str | None = None
    files: int = 1
    contested: int = 0
    held: int | None = None
    missing: int | None = None
    member: str | None = None
    sha256: str | None = None
    size: int | None = None
    content: int = 0


class Conflict(NamedTuple):
    """Another file that cannot stand beside it.

    Attributes:
        kind: ``shadowed``, ``case-only`` or ``file-directory``.
        path: The other one.
        owner: Its owner's id.
        gives_way: Whether the one that was asked for gives way to it.
    """

    kind: Kind
    path: InstalledPath
    owner: str
    gives_way: bool


class NestedPath(NamedTuple):
    """A file below a folder that is not plainly one owner's: contested, gone, or without an owner.

    Attributes:
        path: The file.
        owners: Ids.
        kind: How contents relate; None if it is not contested.
        state: On disk; None in a set.
        matches: Ids of the owners of its content.
    """

    path: InstalledPath
    owners: tuple[str, ...]
    kind: Kind | None
    state: DiskState | None
    matches: tuple[str, ...] = ()


class PredictedWinner(NamedTuple):
    """How some contested files end under an installer.

    Attributes:
        state: Whether the end is certain.
        winner: Name of the distribution that wrote the content that stands; None as of an outcome.
        reason: Why, as of :class:`wheelclash.core.diagnosis.Outcome`.
        files: How many files.
    """

    state: Certainty
    winner: str | None
    reason: str
    files: int


class PathOwners(NamedTuple):
    """The owners of something.

    Attributes:
        asked: The PATH that meant it.
        means: As what that was understood.
        what: ``file`` or ``folder``.
        path: Where; of a root itself, the root.
        shares: Owners, by name; none if no RECORD lists it.
        kind: How the owners' contents relate; None with fewer than two owners, and for a folder.
        role: What a file is for; None for a folder.
        state: What is on disk; None in a set, and for a folder.
        matches: Ids of the owners of that content.
        unreadable: Why the file could not be read, if so.
        source: Of bytecode: the source it was made from.
        files: How many different files its owners have in it.
        contested: How many of them have several owners.
        unowned: How many files are there that no RECORD lists.
        installers: In a set: the installers that write it.
        ends: In a set: by installer, how what is contested ends.
        besides: Files that cannot stand beside it.
        below: Of a folder: the files that are not plainly one owner's.
    """

    asked: str
    means: MatchKind
    what: What
    path: InstalledPath
    shares: tuple[OwnerShare, ...]
    kind: Kind | None = None
    role: Role | None = None
    state: DiskState | None = None
    matches: tuple[str, ...] = ()
    unreadable: str | None = None
    source: InstalledPath | None = None
    files: int = 1
    contested: int = 0
    unowned: int = 0
    installers: tuple[InstallerName, ...] = ()
    ends: Mapping[InstallerName, tuple[PredictedWinner, ...]] = {}
    besides: tuple[Conflict, ...] = ()
    below: tuple[NestedPath, ...] = ()


def besides(overlaps: Iterable[Overlap], path: InstalledPath, what: What) -> tuple[Conflict, ...]:
    """Return what cannot stand beside a file, or beside a package folder, by the overlaps that are pairs."""
    paths = {path, f"{path}/__init__.py"} if what == "folder" else {path}
    conflicts = [
        Conflict(overlap.kind, owner.file.path, owner.id, overlap.path in paths)
        for overlap in overlaps
        if not overlap.is_same_path and any(owner.file.path in paths for owner in overlap.owners)
        for owner in overlap.owners
        if owner.file.path not in paths
    ]
    return tuple(dict.fromkeys(conflicts))


def owners_in_set(
    asked: Sequence[str],
    distributions: Sequence[Distribution],
    overlaps: Sequence[Overlap],
    diagnoses: Sequence[Diagnosis],
) -> tuple[list[PathOwners], dict[str, tuple[str, ...]]]:
    """Return the owners of some PATHs in a set of wheels.

    Args:
        asked: PATHs: installed paths with or without their root, paths below an environment, import names, commands.
        distributions: The set.
        overlaps: All that were found in it.
        diagnoses: How they end.

    Returns:
        What they mean, and of those that mean nothing here names that look like them.

    Raises:
        QuestionError: A PATH can be none.
    """
    asked = [normalize_query(text) for text in asked]
    tree = _Set(distributions, overlaps, diagnoses)
    path_owners: list[PathOwners] = []
    unknown: dict[str, tuple[str, ...]] = {}
    for text in asked:
        understood = [tree.belonging(text, meaning) for meaning in meanings(text, tree)]
        path_owners += understood
        if not understood:
            unknown[text] = near_paths(text, tree)
    return path_owners, unknown


class _Set:
    """What a set of wheels would install, as a tree of installed paths."""

    sites = ("site-packages",)
    scripts = "scripts"

    def __init__(
        self, distributions: Sequence[Distribution], overlaps: Sequence[Overlap], diagnoses: Sequence[Diagnosis]
    ) -> None:
        self._distributions = {distribution.id: distribution for distribution in distributions}
        self._overlaps = overlaps
        self._diagnoses = diagnoses
        self._files: dict[str, dict[str, InstalledFile]] = {}
        for distribution in distributions:
            for layout in distribution.layouts.values():
                for path, file in layout.files.items():
                    self._files.setdefault(path, {}).setdefault(distribution.id, file)

    # -- the tree

    def readings(self, text: str) -> Iterator[str]:
        path = posixpath.normpath(text)
        root, _, rest = path.partition("/")
        if root in _ROOTS and (rest or root == "site-packages"):
            yield path
        for pattern, place in _BELOW_PREFIX:
            if match := pattern.match(path):
                yield f"{place}{path[match.end() :]}"
        yield f"site-packages/{path}"
        yield f"data/{path}"

    def find(self, path: str) -> TreeEntry | None:
        if path in self._files:
            return TreeEntry("file", path)
        start = f"{path}/"
        return TreeEntry("folder", path) if any(other.startswith(start) for other in self._files) else None

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        start, cut = f"{folder}/{starting}", len(folder) + 1
        return {path[cut:].partition("/")[0] for path in self._files if path.startswith(start)}

    # -- the answer

    def belonging(self, asked: str, meaning: PathMatch) -> PathOwners:
        path = InstalledPath(meaning.place.name)
        answer = PathOwners(asked, meaning.means, meaning.place.what, path, ())
        answer = answer._replace(besides=besides(self._overlaps, path, meaning.place.what))
        return self._file(answer) if meaning.place.what == "file" else self._folder(answer)

    def _file(self, answer: PathOwners) -> PathOwners:
        path = answer.path
        files = self._files[path]
        same = self._contested({path})
        overlap = max(same, key=lambda each: len(each.owners), default=None)
        numbers = {} if overlap is None else {owner.id: owner.content for owner in overlap.owners}
        shares = [
            self._share(id_)._replace(
                contested=int(len(files) > 1),
                member=file.member,
                sha256=_sha256(file.content),
                size=file.size,
                content=numbers.get(id_, 0),
            )
            for id_, file in files.items()
        ]
        generated = all(file.member is None for file in files.values())
        return answer._replace(
            shares=_by_name(shares),
            kind=None if overlap is None else overlap.kind,
            role=role_of(path, generated=generated) if overlap is None else overlap.role,
            contested=int(len(files) > 1),
            installers=self._installers({path}),
            ends=self._ends({path}),
        )

    def _folder(self, answer: PathOwners) -> PathOwners:
        start = f"{answer.path}/"
        paths = {path for path in self._files if path.startswith(start)}
        shared = {path for path in paths if len(self._files[path]) > 1}
        files = Counter(id_ for path in paths for id_ in self._files[path])
        contested = Counter(id_ for path in shared for id_ in self._files[path])
        kinds = {overlap.path: overlap.kind for overlap in self._contested(shared)}
        return answer._replace(
            shares=_by_name(
                self._share(id_)._replace(files=count, contested=contested[id_]) for id_, count in files.items()
            ),
            files=len(paths),
            contested=len(shared),
            installers=self._installers(paths),
            ends=self._ends(shared),
            below=tuple(
                NestedPath(InstalledPath(path), tuple(self._files[path]), kinds.get(InstalledPath(path)), None)
                for path in sorted(shared)
            ),
        )

    def _share(self, id_: str) -> OwnerShare:
        distribution = self._distributions[id_]
        return OwnerShare(id_, distribution.name, distribution.version)

    def _contested(self, paths: Collection[str]) -> list[Overlap]:
        """Return the overlaps of these paths that several really write."""
        return [
            overlap
            for overlap in self._overlaps
            if overlap.path in paths and overlap.is_same_path and not overlap.is_phantom
        ]

    def _installers(self, paths: set[str]) -> tuple[InstallerName, ...]:
        """Return the installers under which any distribution writes one of these paths, in their order."""
        distributions = self._distributions.values()
        names = dict.fromkeys(name for distribution in distributions for name in distribution.layouts)
        return tuple(
            name
            for name in names
            if any(not distribution.layouts[name].files.keys().isdisjoint(paths) for distribution in distributions)
        )

    def _ends(self, paths: Collection[str]) -> dict[InstallerName, tuple[PredictedWinner, ...]]:
        ends: dict[InstallerName, tuple[PredictedWinner, ...]] = {}
        for diagnosis in self._diagnoses:
            counted = Counter(_end(outcome) for outcome in diagnosis.outcomes if _concerns(outcome.overlap, paths))
            if counted:
                ends[diagnosis.installer] = tuple(PredictedWinner(*end, count) for end, count in counted.most_common())
        return ends


def _concerns(overlap: Overlap, paths: Collection[str]) -> bool:
    return overlap.path in paths and overlap.is_same_path and not overlap.is_phantom


def _end(outcome: Outcome) -> tuple[Certainty, str | None, str]:
    return outcome.state, None if outcome.winner is None else outcome.winner.name, outcome.reason


def _sha256(content: str | None) -> str | None:
    return content.removeprefix("sha256:") if content is not None and content.startswith("sha256:") else None


def _by_name(shares: Iterable[OwnerShare]) -> tuple[OwnerShare, ...]:
    return tuple(sorted(shares, key=lambda share: (share.name, share.id)))
