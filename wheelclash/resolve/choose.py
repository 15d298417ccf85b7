"""The choice of one wheel for a requirement, as an installer makes it, and why there is none.

Specifiers and pre-releases by PEP 440, yanked files by PEP 592, ``Requires-Python`` by PEP 503, tags by PEP 425 and
build tags by PEP 427. Source archives are never chosen: what they would install is not known until they are built; a
skip says which one could be. Pure: no network, no disk but for the size of a wheel that was named by its path.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename
from packaging.version import Version

from wheelclash.core.distribution import Candidate, Choice, Newer, Skip, SourceArchive
from wheelclash.http.urls import local_path
from wheelclash.index.filenames import project_of, python_fits, rank, ranks, version_of
from wheelclash.target.variants import NULL, label_of, parse_wheel_name, without_label
from wheelclash.wording import near_names, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.tags import Tag
    from packaging.utils import BuildTag

    from wheelclash.index.client import Found
    from wheelclash.index.page import ProjectFile
    from wheelclash.resolve.requirement import Asked
    from wheelclash.target.target import Target

__all__ = ["BUILD_OR_ASK", "choose", "choose_direct", "newer_release", "pins", "reason_for", "source_archive"]

_SHOWN = 6
BUILD_OR_ASK = "--build would build it (runs its code), or ask an environment it is installed in (wheelclash env)"
"""What answers for a project that has a source archive and no wheel."""


def reason_for(asked: Asked, files: Sequence[ProjectFile], target: Target, *, excluded: bool) -> str:
    """Return one sentence on what the index has, for a requirement no wheel of which fits.

    Args:
        asked: The requirement.
        files: Every file of the project that was looked at.
        target: The target that wheels are chosen for.
        excluded: Whether files were left out by their upload time.
    """
    when = " before the day asked about" if excluded else ""
    wheels: dict[Version, list[tuple[ProjectFile, frozenset[Tag]]]] = {}
    sdists: set[Version] = set()
    for file in files:
        try:
            if file.is_wheel:
                name = parse_wheel_name(file.filename)
                wheels.setdefault(name.version, []).append((file, name.tags))
            else:
                sdists.add(parse_sdist_filename(file.filename)[1])
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
    allowed = set(asked.specifier.filter({*wheels, *sdists}))
    if not allowed:
        near = _nearest(asked, sorted({*wheels, *sdists}, reverse=True))
        return f"no release{when} fits {str(asked.specifier) or 'any version'}; there is {near}"
    with_wheels = sorted((version for version in allowed if version in wheels), reverse=True)
    if not with_wheels:
        return f"{some(map(str, sorted(allowed, reverse=True)), _SHOWN)} came as source only{when}"
    newest = with_wheels[0]
    offered = wheels[newest]
    if all(file.yanked is not None for file, _ in offered) and any(_fits(tags, target) for _, tags in offered):
        return f"{newest} is yanked, and only a pinned version (==) asks for that"
    return f"{newest} has no wheel for {_describe_file(target)}: {_what_there_is(offered, target)}"


def _nearest(asked: Asked, versions: Sequence[Version]) -> str:
    """Return the releases nearest to the one pinned, or else the newest; ``versions`` are newest first."""
    pinned = next((clause.version for clause in asked.specifier if clause.operator == "=="), "").removesuffix(".*")
    above = sum(version > Version(pinned) for version in versions) if pinned else 0
    start = max(0, min(above - _SHOWN // 2, len(versions) - _SHOWN))
    shown = versions[start : start + _SHOWN]
    more = f" and {len(versions) - len(shown)} more" if len(versions) > len(shown) else ""
    return (", ".join(map(str, shown)) or "none") + more


def _what_there_is(offered: Sequence[tuple[ProjectFile, frozenset[Tag]]], target: Target) -> str:
    """Return why the target cannot install the wheels of a release: Requires-Python, Python tag, or platform."""
    if not any(python_fits(file.requires_python, target) for file, _ in offered):
        return f"it requires Python {some(sorted({file.requires_python or '' for file, _ in offered}), _SHOWN)}"
    for_target = {file.requires_python or "" for file, tags in offered if _fits(tags, target)}
    if for_target:
        return f"it requires Python {some(sorted(for_target), _SHOWN)}"
    platforms = {tag.platform for tag in target.tags}
    here = sorted({f"{tag.interpreter}-{tag.abi}" for _, tags in offered for tag in tags if tag.platform in platforms})
    if here:
        return f"for this platform there is only {some(here, _SHOWN)}"
    return f"there is only {some(sorted({tag.platform for _, tags in offered for tag in tags}), _SHOWN)}"


def _fits(tags: frozenset[Tag], target: Target) -> bool:
    return not tags.isdisjoint(target.tags)


def _describe_file(target: Target) -> str:
    return f"{target.implementation} {target.minor_version} on {target.platform}"


class _Release(NamedTuple):
    """A file that the target may use, by its ``Requires-Python``; ``file`` is a wheel or a source archive."""

    version: Version
    file: ProjectFile
    location: str


class _Wheel(NamedTuple):
    """A wheel the target can install, in the order of preference: the best is the greatest.

    ``place`` breaks ties: of equal files the last found wins, as in pip.
    """

    version: Version
    preference: int
    build: BuildTag
    place: int
    release: _Release
    label: str | None = None


def choose(
    asked: Asked,
    project: Found,
    target: Target,
    *,
    exclude_newer: datetime | None = None,
    prereleases: bool = False,
    known: Iterable[str] = (),
    note: Callable[[str], None] | None = None,
) -> Choice:
    """Return the wheel an installer would take.

    Args:
        asked: A requirement by name.
        project: What the indexes have.
        target: The target that wheels are chosen for.
        exclude_newer: Leave out files an index got at this moment or later (with a time zone); find-links stay.
        prereleases: Take pre-releases like other releases; else as PEP 440 has it.
        known: Names to suggest where the project is unknown.
        note: Called with a sentence for whatever was left out along the way.

    Returns:
        A candidate, with the wheel variants that the target could get in its place as ``alternatives``; or a skip:
        ``not-found`` (no index knows the project), ``quarantined``, ``no-wheel``.
    """
    offered = _offered(asked, project, exclude_newer, note)
    if not offered:
        return _nothing(asked, project, known, exclude_newer)
    allowed = _allowed(asked, offered, target, prereleases=prereleases)
    wheels = _best_of_each_label(allowed, asked.specifier, ranks(target.tags))
    if not wheels:
        reason = reason_for(asked, [file for _, file in offered], target, excluded=exclude_newer is not None)
        source = _best_source(allowed, asked)
        if source is not None:
            reason += f"; there is {source.filename}" if any(release.file.is_wheel for release in allowed) else ""
            reason += f": {BUILD_OR_ASK}"
        return Skip(asked.text, "no-wheel", reason, source=source)
    first, *others = [_candidate(wheel, asked) for wheel in wheels]
    newest = _newest(allowed, max(wheel.version for wheel in wheels))
    newer = None if newest is None else Newer(str(newest), _why_no_wheel(newest, asked, allowed, target) or "")
    return replace(first, newer=newer, alternatives=tuple(others))


def _candidate(wheel: _Wheel, asked: Asked) -> Candidate:
    file = wheel.release.file
    return Candidate(
        filename=file.filename,
        name=asked.name or "",
        version=str(wheel.version),
        url=file.url,
        index=wheel.release.location,
        sha256=file.sha256,
        size=file.size,
        requested=asked.text,
        core_metadata_sha256=file.core_metadata_sha256,
        extras=asked.extras,
        path=local_path(file.url),
        variant=wheel.label,
    )


def newer_release(
    asked: Asked,
    project: Found,
    target: Target,
    version: str,
    *,
    exclude_newer: datetime | None = None,
    prereleases: bool = False,
) -> Newer | None:
    """Return the newest release that a requirement allows, if it is newer than ``version``.

    Args:
        asked: A requirement by name.
        project: What the indexes have.
        target: For what; a release that its Python keeps out does not count.
        version: The release that was chosen.
        exclude_newer: Leave out files an index got at this moment or later.
        prereleases: Whether pre-releases count.

    Returns:
        The release; its reason is empty if it has a wheel for the target.
    """
    allowed = _allowed(asked, _offered(asked, project, exclude_newer, None), target, prereleases=prereleases)
    newest = _newest(allowed, Version(version))
    return None if newest is None else Newer(str(newest), _why_no_wheel(newest, asked, allowed, target) or "")


def pins(specifier: SpecifierSet) -> bool:
    """Return whether a specifier allows one version only."""
    return any(
        clause.operator == "===" or (clause.operator == "==" and not clause.version.endswith(".*"))
        for clause in specifier
    )


def choose_direct(asked: Asked, target: Target | None = None) -> Choice:
    """Return the wheel that was named by path or URL, for a target or for any.

    Returns:
        A candidate, or a skip: ``not-a-wheel`` (a URL of something else), ``unreadable`` (no wheel's file name),
        ``mismatch`` (of another project than named), ``no-wheel`` (not for this target).
    """
    url = asked.url or (asked.path.as_uri() if asked.path is not None else "")
    filename = asked.filename
    if not filename.lower().endswith(".whl") or not url.startswith(("http://", "https://", "file:")):
        reason = "only wheels can be compared, and this URL names none: what it installs is not known until it is built"
        source = source_archive(
            filename, asked.name, url, sha256=asked.sha256, extras=asked.extras, direct=True, path=asked.path
        )
        if source is not None:
            reason = f"this URL names a source archive: {BUILD_OR_ASK}"
        return Skip(asked.text, "not-a-wheel", reason, source=source)
    try:
        name, version, _, tags, label = parse_wheel_name(filename)
    except InvalidWheelFilename as error:
        return Skip(asked.text, "unreadable", f"the file name is no wheel's: {error}")
    if asked.name is not None and asked.name != name:
        return Skip(asked.text, "mismatch", f"the wheel is of {name}, not of {asked.name}")
    if target is not None and tags.isdisjoint(target.tags):
        shown = ", ".join(sorted(map(str, tags))[:3])
        return Skip(asked.text, "no-wheel", f"this wheel is for {shown}, not for {_describe(target)}")
    size = None
    if asked.path is not None:
        try:
            size = asked.path.stat().st_size
        except OSError as error:
            return Skip(asked.text, "unreadable", f"the file cannot be read ({error.strerror})")
    return Candidate(
        filename=filename,
        name=name,
        version=str(version),
        url=url,
        index=None,
        sha256=asked.sha256,
        size=size,
        requested=asked.text,
        direct=True,
        extras=asked.extras,
        path=asked.path,
        variant=label,
    )


# -- what the target can install ---------------------------------------------------------------------------


def _best_of_each_label(
    releases: Sequence[_Release], specifier: SpecifierSet, places: Mapping[str, int]
) -> list[_Wheel]:
    """Return the best wheel without a variant label, first, and the best of each label, in the order of the labels.

    Installers that know variants take the newest release, those that do not the newest with a wheel without label:
    these may be two releases, but no variant of an older one is ever taken.
    """
    releases_by_kind: dict[bool, list[_Release]] = {False: [], True: []}
    for release in releases:
        if release.file.is_wheel:
            releases_by_kind[label_of(release.file.filename) is not None].append(release)
    plain = max(_newest_fitting(releases_by_kind[False], specifier, places), default=None)
    labelled: dict[str, _Wheel] = {}
    for wheel in _newest_fitting(releases_by_kind[True], specifier, places):
        if plain is None or wheel.version >= plain.version:
            label = str(wheel.label)
            labelled[label] = max(labelled.get(label, wheel), wheel)
    in_order = [labelled[label] for label in sorted(labelled, key=lambda label: (label != NULL, label))]
    return in_order if plain is None else [plain, *in_order]


def _newest_fitting(releases: Sequence[_Release], specifier: SpecifierSet, places: Mapping[str, int]) -> list[_Wheel]:
    """Return the wheels that the target can install of the newest release that has any.

    The newest version first, so that few names need be read closely. A yanked one (PEP 592) only if the specifier pins
    a version and nothing else is there.
    """
    for yanked in (False, True) if pins(specifier) else (False,):
        by_version: dict[Version, list[tuple[int, _Release]]] = {}
        for place, release in enumerate(releases):
            if (release.file.yanked is not None) is yanked:
                by_version.setdefault(release.version, []).append((place, release))
        for version in sorted(by_version, reverse=True):
            fitting = [wheel for pair in by_version[version] if (wheel := _wheel(*pair, places)) is not None]
            if fitting:
                return fitting
    return []


def _wheel(place: int, release: _Release, places: Mapping[str, int]) -> _Wheel | None:
    best = rank(without_label(release.file.filename), places)
    if best is None:
        return None
    try:
        name = parse_wheel_name(release.file.filename)
    except InvalidWheelFilename:
        return None
    return _Wheel(name.version, -best, name.build, place, release, name.label)


def source_archive(
    filename: str,
    name: str | None,
    url: str,
    *,
    index: str | None = None,
    sha256: str | None = None,
    size: int | None = None,
    extras: tuple[str, ...] = (),
    direct: bool = False,
    path: Path | None = None,
) -> SourceArchive | None:
    """Return what can be built, by its file name; None if that is no source archive's (PEP 625), or another project's.

    Args:
        filename: The file name.
        name: The normalised name it must be of; None for any.
        url: As in :class:`~wheelclash.core.distribution.SourceArchive`, as is the rest.
        index: As above.
        sha256: As above.
        size: As above.
        extras: As above.
        direct: As above.
        path: As above.
    """
    try:
        named, version = parse_sdist_filename(filename)
    except InvalidSdistFilename:
        return None
    if name is not None and named != name:
        return None
    return SourceArchive(filename, named, str(version), url, index, sha256, size, extras, direct, path)


def _best_source(releases: Sequence[_Release], asked: Asked) -> SourceArchive | None:
    """Return the source archive of the newest release, a yanked one (PEP 592) only if the specifier pins a version."""
    pinned = pins(asked.specifier)
    sources = [
        (release.file.yanked is None, release.version, source)
        for release in releases
        if not release.file.is_wheel
        and (pinned or release.file.yanked is None)
        and (source := _source(release, asked)) is not None
    ]
    return max(sources, key=lambda entry: entry[:2], default=(False, None, None))[2]


def _source(release: _Release, asked: Asked) -> SourceArchive | None:
    file = release.file
    return source_archive(
        file.filename,
        asked.name,
        file.url,
        index=release.location,
        sha256=file.sha256,
        size=file.size,
        extras=asked.extras,
        path=local_path(file.url),
    )


def _newest(allowed: Iterable[_Release], than: Version) -> Version | None:
    """Return the newest of some releases that are not yanked, if it is newer than another."""
    return max(
        (release.version for release in allowed if release.version > than and release.file.yanked is None), default=None
    )


def _why_no_wheel(version: Version, asked: Asked, allowed: Iterable[_Release], target: Target) -> str | None:
    """Return why the target can install no wheel of a release; None if it can."""
    files = [release.file for release in allowed if release.version == version and release.file.yanked is None]
    places = ranks(target.tags)
    if any(file.is_wheel and rank(without_label(file.filename), places) is not None for file in files):
        return None
    pinned = replace(asked, specifier=SpecifierSet(f"=={version}"))
    reason = reason_for(pinned, files, target, excluded=False)
    return f"it {reason.removeprefix(f'{version} ')}" if reason.startswith(f"{version} ") else reason


# -- what was found ----------------------------------------------------------------------------------------


def _offered(
    asked: Asked, project: Found, exclude_newer: datetime | None, note: Callable[[str], None] | None
) -> list[tuple[str, ProjectFile]]:
    """Return the project's files and where each is from, those that are too new left out."""
    return [
        (source.index, file)
        for source in project.sources
        for file in (
            source.files if source.flat or exclude_newer is None else _older(source.files, exclude_newer, note)
        )
        if project_of(file.filename) == asked.name
    ]


def _allowed(
    asked: Asked, offered: Iterable[tuple[str, ProjectFile]], target: Target, *, prereleases: bool
) -> list[_Release]:
    """Return the releases that a requirement and the target's Python allow."""
    releases = [
        _Release(version, file, location)
        for location, file in offered
        if (version := version_of(file.filename)) is not None and python_fits(file.requires_python, target)
    ]
    versions = {release.version for release in releases}
    fitting = set(asked.specifier.filter(versions, prereleases=True if prereleases else None))
    return [release for release in releases if release.version in fitting]


def _older(files: Sequence[ProjectFile], moment: datetime, note: Callable[[str], None] | None) -> list[ProjectFile]:
    """Return the files the index had before ``moment``; those without an upload time are left out, with a note."""
    kept = []
    undated = 0
    for file in files:
        uploaded = _time(file.upload_time)
        undated += uploaded is None
        if uploaded is not None and uploaded < moment:
            kept.append(file)
    if undated and note is not None:
        note(
            f"{undated} file(s) without an upload time are left out because of --exclude-newer, "
            f"e.g. {next(file.filename for file in files if _time(file.upload_time) is None)}"
        )
    return kept


def _time(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _nothing(asked: Asked, project: Found, known: Iterable[str], exclude_newer: datetime | None) -> Skip:
    withheld = next((source.withheld for source in project.sources if source.withheld), None)
    if withheld is not None:
        return Skip(asked.text, "quarantined", f"the index offers no files of it: {withheld}")
    if any(source.files and not source.flat for source in project.sources) and exclude_newer is not None:
        return Skip(asked.text, "no-wheel", f"the index had no file of it before {exclude_newer.isoformat()}")
    if any(not source.flat for source in project.sources):
        return Skip(asked.text, "no-wheel", "the index knows the project, and has no file of it")
    near = near_names(asked.name or "", sorted(set(known) - {asked.name or ""}))
    places = ", ".join(project.asked) or "nowhere: there is no index"
    return Skip(asked.text, "not-found", f"no index knows a project of this name (asked: {places})", near)


def _describe(target: Target) -> str:
    return f"{target.implementation} {target.minor_version} on {target.platform}"
