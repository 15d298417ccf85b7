"""Packages with their files, in one form for all formats of locks, and the choice of one wheel of each for a target."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename
from packaging.version import InvalidVersion, Version

from wheelclash.core.distribution import Candidate, Skip, SourceArchive
from wheelclash.errors import QuestionError
from wheelclash.index.filenames import rank, ranks, version_of
from wheelclash.index.page import ProjectFile
from wheelclash.resolve.choose import BUILD_OR_ASK, reason_for, source_archive
from wheelclash.resolve.requirement import Asked
from wheelclash.resolve.selection import Selection, Unlocated
from wheelclash.target.variants import WheelName, parse_wheel_name, without_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.locks.location import FileLocation
    from wheelclash.target.target import Target

__all__ = ["Kind", "Locked", "LockedFile", "folder_kind", "locked_file", "select_wheels", "uninstallable"]

Kind: TypeAlias = Literal["files", "not-a-wheel", "project", "workspace-member", "editable", "directory"]
"""What a lock says of a package: files to choose from, something to be built, or a folder of the user's own."""

_NOT_COMPARED: Mapping[Kind, str] = {
    "project": "the lock's own project",
    "workspace-member": "a member of the workspace, installed from its folder",
    "editable": "installed from its folder, so that edits show",
    "directory": "installed from a folder, not from a wheel",
}
_HEX = re.compile(r"[0-9a-f]{64}")
_UNUSABLE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')


class LockedFile(NamedTuple):
    """A wheel or source archive that a lock names.

    Attributes:
        filename: Its name.
        url: Where it is, without credentials; empty if the lock does not say.
        path: The local file, if it is one.
        sha256: Hex digest, or None.
        size: Bytes, or None.
        refused: Why it is not to be read, one sentence; else empty.
    """

    filename: str
    url: str = ""
    path: Path | None = None
    sha256: str | None = None
    size: int | None = None
    refused: str = ""


class Locked(NamedTuple):
    """One package of a lock, as far as installing it goes.

    Attributes:
        name: The normalised name.
        version: As the lock spells it; None for what has none before it is built.
        kind: What there is to install.
        wheels: Its wheels, for every target.
        sources: Its source archives.
        registry: The index the lock names for it, without credentials, or None.
        origin: Where it comes from, for messages, without credentials: a URL, a path, a repository.
        direct: It was asked for by path or URL.
        extras: Its extras that are installed too, normalised.
    """

    name: str
    version: str | None
    kind: Kind = "files"
    wheels: tuple[LockedFile, ...] = ()
    sources: tuple[LockedFile, ...] = ()
    registry: str | None = None
    origin: str = ""
    direct: bool = False
    extras: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return ``name==version``, as messages call it."""
        return f"{self.name}=={self.version}" if self.version else self.name


def folder_kind(*, own: bool, editable: bool, member: bool = False) -> Kind:
    """Return the kind of a package that a lock installs from a folder.

    Args:
        own: It is the lock's own.
        editable: It is installed so that edits show.
        member: It is listed as a member of the workspace.
    """
    if own:
        return "project"
    if member:
        return "workspace-member"
    return "editable" if editable else "directory"


def locked_file(
    filename: str, place: FileLocation | None, *, sha256: str | None = None, size: int | None = None
) -> LockedFile:
    """Return a wheel made of what a lock says of it.

    Args:
        filename: Its name.
        place: Where it is; None if the lock does not say.
        sha256: Hex digest in any case, with or without ``sha256:`` before it; dropped if it is none.
        size: Its size in bytes.
    """
    if place is None:
        return LockedFile(filename, sha256=_digest(sha256), size=size)
    refused = f"{place.refused}; {place.way_out}" if place.way_out else place.refused
    return LockedFile(filename, place.url, place.path, _digest(sha256) or _digest(place.sha256), size, refused)


def select_wheels(
    packages: Iterable[Locked],
    target: Target,
    *,
    roots: Iterable[str] = (),
    notes: Iterable[str] = (),
    build_first: bool = False,
) -> Selection:
    """Return one wheel of each package, or why there is none.

    Args:
        packages: What would be installed.
        target: The target that wheels are chosen for.
        roots: Names that were asked for.
        notes: Sentences for people.
        build_first: Prefer a higher build tag to a better compatibility tag, as poetry does.

    Raises:
        QuestionError: One name stands for two different things.
    """
    candidates: list[Candidate] = []
    unlocated: list[Unlocated] = []
    skipped: list[Skip] = []
    not_compared: list[Skip] = []
    tag_ranks = ranks(target.tags)
    for package in _distinct(packages):
        reason = _NOT_COMPARED.get(package.kind)
        if reason is not None:
            not_compared.append(Skip(requirement=package.shown, code=package.kind, reason=reason))
            continue
        choice = _chosen(package, target, tag_ranks, build_first=build_first)
        if isinstance(choice, Skip):
            skipped.append(choice)
        elif choice.url:
            candidates.append(choice)
        else:
            unlocated.append(Unlocated(candidate=choice, index=package.registry))
    wheels = [*candidates, *(entry.candidate for entry in unlocated)]
    unhashed = [wheel.filename for wheel in wheels if wheel.sha256 is None and wheel.path is None]
    sentences = list(notes)
    if unhashed:
        sentences.append(
            f"the lock gives no sha256 for {len(unhashed)} wheel(s), e.g. {unhashed[0]}: "
            "they are compared as their server has them"
        )
    return Selection(
        candidates=tuple(candidates),
        unlocated=tuple(unlocated),
        skipped=tuple(skipped),
        not_compared=tuple(not_compared),
        roots=tuple(dict.fromkeys(roots)),
        notes=tuple(sentences),
    )


def uninstallable(packages: Iterable[Locked], target: Target) -> bool:
    """Return whether some package has neither a wheel for the target nor a source: installers refuse such a target."""
    tag_ranks = ranks(target.tags)
    return any(
        package.kind == "files"
        and not package.sources
        and all(rank(without_label(wheel.filename), tag_ranks) is None for wheel in package.wheels)
        for package in packages
    )


# -- one of several ----------------------------------------------------------------------------------------


def _distinct(packages: Iterable[Locked]) -> list[Locked]:
    """Return every package once; entries that differ in their extras alone are one.

    Raises:
        QuestionError: One name stands for two different things.
    """
    by_name: dict[str, Locked] = {}
    for package in packages:
        first = by_name.setdefault(package.name, package)
        if first is package:
            continue
        if _identity(first) != _identity(package):
            raise QuestionError(
                f"The lock would install {package.name} twice on this target: {_described(first)} and "
                f"{_described(package)}.",
                "Choose fewer extras or groups, or make the lock anew.",
            )
        extras = tuple(sorted({*first.extras, *package.extras}))
        by_name[package.name] = first._replace(extras=extras)
    return list(by_name.values())


def _identity(package: Locked) -> tuple[object, ...]:
    wheels, sources = (
        frozenset((file.filename, file.sha256) for file in files) for files in (package.wheels, package.sources)
    )
    return (package.version, package.kind, wheels, sources)


def _described(package: Locked) -> str:
    place = package.origin or package.registry
    return f"{package.shown} from {place}" if place else package.shown


def _chosen(package: Locked, target: Target, tag_ranks: Mapping[str, int], *, build_first: bool) -> Candidate | Skip:
    source = _source(package)
    suffix = "" if source is None else f": {BUILD_OR_ASK}"
    if package.kind == "not-a-wheel":
        reason = f"{package.origin or 'its source'} is no wheel: what it installs is not known until it is built"
        return Skip(package.shown, "not-a-wheel", reason + suffix, source=source)
    fitting = [wheel for wheel in package.wheels if rank(without_label(wheel.filename), tag_ranks) is not None]
    parsed = _own_wheels(package, fitting)
    if not parsed:
        return Skip(package.shown, "no-wheel", _why_none(package, target) + suffix, source=source)

    def preference(entry: tuple[LockedFile, WheelName]) -> tuple[object, ...]:
        best = rank(without_label(entry[0].filename), tag_ranks) or 0
        return (entry[1].build, -best) if build_first else (-best, entry[1].build)

    by_label: dict[str, list[tuple[LockedFile, WheelName]]] = {}
    for entry in parsed:
        by_label.setdefault(entry[1].label or "", []).append(entry)
    best = [max(by_label[label], key=preference) for label in sorted(by_label)]  # of equal ones the first
    refused = next((wheel.refused for wheel, _ in best if wheel.refused), "")
    if refused:
        return Skip(package.shown, "refused", refused)
    first, *others = [_candidate(wheel, name, package) for wheel, name in best]
    return replace(first, alternatives=tuple(others))


def _candidate(wheel: LockedFile, name: WheelName, package: Locked) -> Candidate:
    return Candidate(
        filename=wheel.filename,
        name=package.name,
        version=str(name.version),
        url=wheel.url,
        index=package.registry,
        sha256=wheel.sha256,
        size=wheel.size,
        requested=package.shown,
        direct=package.direct,
        extras=package.extras,
        path=wheel.path,
        variant=name.label,
    )


def _source(package: Locked) -> SourceArchive | None:
    """Return the source archive that a wheel of a package could be built of, if there is one."""
    for file in package.sources:
        source = source_archive(
            file.filename,
            package.name,
            file.url,
            index=package.registry,
            sha256=file.sha256,
            size=file.size,
            extras=package.extras,
            direct=package.direct,
            path=file.path,
        )
        if source is not None and not file.refused:
            return source
    return None


def _own_wheels(package: Locked, wheels: Sequence[LockedFile]) -> list[tuple[LockedFile, WheelName]]:
    """Return wheels with the parts of their names, less those named like another project or version.

    A lock may leave out the local part of a version, unless it has files of the version as it stands.
    """
    parsed = [
        (wheel, named)
        for wheel in wheels
        if (named := _parsed(wheel.filename)) is not None and named.name == package.name
    ]
    wanted = _version(package.version)
    if wanted is None or all(name.version == wanted for _, name in parsed):
        return parsed
    if any(version_of(wheel.filename) == wanted for wheel in package.wheels):
        return [entry for entry in parsed if entry[1].version == wanted]
    return [entry for entry in parsed if entry[1].version.public == wanted.public]


def _why_none(package: Locked, target: Target) -> str:
    """Return why a package has no wheel for the target: what the lock has of it instead, one clause."""
    parsed = _own_wheels(package, package.wheels)
    if not parsed and package.wheels:
        return f"the lock names files of another project or version for it, e.g. {package.wheels[0].filename}"
    if not parsed and package.sources:
        return f"it came as source only ({package.sources[0].filename})"
    if not parsed:
        return "the lock names no file of it"
    asked = Asked(text=package.shown, name=package.name, specifier=SpecifierSet(prereleases=True))
    files = [ProjectFile(filename=wheel.filename, url="") for wheel, _ in parsed]
    return reason_for(asked, files, target, excluded=False)


@lru_cache(maxsize=8192)
def _parsed(filename: str) -> WheelName | None:
    try:
        name = parse_wheel_name(filename)
    except InvalidWheelFilename:
        return None
    if _UNUSABLE_NAME.search(filename):
        return None
    return name


@lru_cache(maxsize=8192)
def _version(text: str | None) -> Version | None:
    try:
        return None if text is None else Version(text)
    except InvalidVersion:
        return None


def _digest(text: str | None) -> str | None:
    lower = (text or "").strip().lower().removeprefix("sha256:")
    return lower if _HEX.fullmatch(lower) else None
