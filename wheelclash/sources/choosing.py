"""Choosing one wheel: what an installer would take for a requirement, from everything that was found.

Specifiers and pre-releases by PEP 440, yanked files by PEP 592, ``Requires-Python`` by PEP 503, tags by PEP 425 and
build tags by PEP 427. Source distributions are never chosen: what they would install is not known until they are
built. Pure: no network, no disk but for the size of a wheel that was named by its path.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from wheelclash.sources.candidate import Candidate, Choice, Skip
from wheelclash.sources.no_wheel import reason_for
from wheelclash.suggest import near_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from packaging.tags import Tag
    from packaging.utils import BuildTag

    from wheelclash.requirement import Asked
    from wheelclash.sources.index import Found
    from wheelclash.sources.page import ProjectFile
    from wheelclash.target import Target

__all__ = ["choose", "choose_direct"]


class _Release(NamedTuple):
    """A file of the project whose ``Requires-Python`` lets the target in; ``file`` is a wheel or a source archive."""

    version: Version
    file: ProjectFile
    index: str


class _Wheel(NamedTuple):
    """A wheel the target can install, in the order of preference: the best is the greatest.

    ``place`` breaks ties: of equal files the last found wins, as in pip.
    """

    version: Version
    preference: int
    build: BuildTag
    place: int
    release: _Release


def choose(
    asked: Asked,
    found: Found,
    target: Target,
    *,
    exclude_newer: datetime | None = None,
    known: Iterable[str] = (),
    note: Callable[[str], None] | None = None,
) -> Choice:
    """The wheel an installer would take.

    Args:
        asked: A requirement by name.
        found: What the indexes have.
        target: For what.
        exclude_newer: Leave out files an index got at this moment or later (with a time zone); find-links stay.
        known: Names to suggest where the project is unknown.
        note: Called with a sentence for whatever was left out along the way.

    Returns:
        A candidate, or a skip: ``not-found`` (no index knows the project), ``quarantined``, ``no-wheel``.
    """
    name = asked.name or ""
    offered = [
        (source.index, file)
        for source in found.sources
        for file in (
            source.files if source.flat or exclude_newer is None else _older(source.files, exclude_newer, note)
        )
        if _project_of(file.filename) == name
    ]
    if not offered:
        return _nothing(asked, found, known, exclude_newer)
    releases = [
        _Release(version, file, index)
        for index, file in offered
        if (version := _version_of(file.filename)) is not None and _python_fits(file.requires_python, target)
    ]
    fitting = set(asked.specifier.filter({release.version for release in releases}))
    allowed = [release for release in releases if release.version in fitting]
    best = max(_wheels(allowed, asked.specifier, target.tags), default=None)
    if best is None:
        files = [file for _, file in offered]
        return Skip(asked.text, "no-wheel", reason_for(asked, files, target, excluded=exclude_newer is not None))
    newer = [each.version for each in allowed if each.version > best.version and each.file.yanked is None]
    file = best.release.file
    return Candidate(
        filename=file.filename,
        name=name,
        version=str(best.version),
        url=file.url,
        index=best.release.index,
        sha256=file.sha256,
        size=file.size,
        requested=asked.text,
        core_metadata_sha256=file.core_metadata_sha256,
        extras=asked.extras,
        path=_path_of(file.url),
        newer_sdist=str(max(newer)) if newer else None,
    )


def choose_direct(asked: Asked, target: Target) -> Choice:
    """The wheel that was named by path or URL.

    Returns:
        A candidate, or a skip: ``not-a-wheel`` (a URL of something else), ``unreadable`` (no wheel's file name),
        ``mismatch`` (of another project than named), ``no-wheel`` (not for this target).
    """
    url = asked.url or (asked.path.as_uri() if asked.path is not None else "")
    filename = asked.path.name if asked.path is not None else unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename.lower().endswith(".whl") or not url.startswith(("http://", "https://", "file:")):
        reason = "only wheels can be compared, and this URL names none: what it installs is not known until it is built"
        return Skip(asked.text, "not-a-wheel", reason)
    try:
        name, version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        return Skip(asked.text, "unreadable", f"the file name is no wheel's: {error}")
    if asked.name is not None and asked.name != name:
        return Skip(asked.text, "mismatch", f"the wheel is of {name}, not of {asked.name}")
    if tags.isdisjoint(target.tags):
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
    )


# -- what the target can install ---------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _ranks(tags: tuple[Tag, ...]) -> dict[str, int]:
    """Place in the order of preference, by tag."""
    return {str(tag): rank for rank, tag in reversed(list(enumerate(tags)))}


def _rank(filename: str, tags: tuple[Tag, ...]) -> int | None:
    """The best rank of a wheel's tags; by its name's text alone, for indexes list thousands."""
    parts = filename[: -len(".whl")].lower().rsplit("-", 3)
    if len(parts) != 4:  # noqa: PLR2004 - and not three tags
        return None
    ranks = _ranks(tags)
    _, pythons, abis, platforms = parts
    found = [
        rank
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
        if (rank := ranks.get(f"{python}-{abi}-{platform}")) is not None
    ]
    return min(found, default=None)


def _wheels(releases: Sequence[_Release], specifier: SpecifierSet, tags: tuple[Tag, ...]) -> list[_Wheel]:
    """Those the target can install; yanked ones (PEP 592) only if a version is pinned and nothing else is there."""
    found: list[_Wheel] = []
    for place, release in enumerate(releases):
        rank = _rank(release.file.filename, tags) if release.file.is_wheel else None
        if rank is not None:
            try:
                _, version, build, _ = parse_wheel_filename(release.file.filename)
            except InvalidWheelFilename:
                continue
            found.append(_Wheel(version, -rank, build, place, release))
    standing = [wheel for wheel in found if wheel.release.file.yanked is None]
    return standing or (found if _pins(specifier) else [])


@lru_cache(maxsize=1024)
def _specifier_fits(requires_python: str, version: str) -> bool:
    try:
        specifier = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return specifier.contains(Version(version).base_version, prereleases=True)


def _python_fits(requires_python: str | None, target: Target) -> bool:
    """Whether a file's ``Requires-Python`` lets the target in; one that is no specifier says nothing, as for pip."""
    return requires_python is None or _specifier_fits(requires_python, target.python_version)


def _pins(specifier: SpecifierSet) -> bool:
    return any(
        each.operator == "===" or (each.operator == "==" and not each.version.endswith(".*")) for each in specifier
    )


# -- what was found ----------------------------------------------------------------------------------------


def _project_of(filename: str) -> str | None:
    """The normalised name a distribution's file name begins with, or None."""
    stem = _sdist_stem(filename)
    name = filename.partition("-")[0] if stem is None else stem.rpartition("-")[0]
    return _normalised(name) if name else None


_normalised = lru_cache(maxsize=1024)(canonicalize_name)


def _version_of(filename: str) -> Version | None:
    """The version in a distribution's file name, or None; cheap, for indexes list thousands of files."""
    stem = _sdist_stem(filename)
    return _version(filename.split("-", 2)[1] if stem is None else stem.rpartition("-")[2])


@lru_cache(maxsize=4096)
def _version(text: str) -> Version | None:
    try:
        return Version(text.replace("_", "-"))
    except InvalidVersion:
        return None


def _sdist_stem(filename: str) -> str | None:
    """``name-version`` of a source archive (PEP 625); None for a wheel, the empty string for any other file."""
    lower = filename.lower()
    if lower.endswith(".whl") and lower.count("-") > 3:  # noqa: PLR2004 - name, version and three tags
        return None
    suffix = next((each for each in (".tar.gz", ".zip") if lower.endswith(each)), None)
    return filename[: -len(suffix)] if suffix else ""


def _older(files: Sequence[ProjectFile], moment: datetime, note: Callable[[str], None] | None) -> list[ProjectFile]:
    """Files the index had before ``moment``; those without an upload time are left out, and told of."""
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
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def _nothing(asked: Asked, found: Found, known: Iterable[str], exclude_newer: datetime | None) -> Skip:
    withheld = next((source.withheld for source in found.sources if source.withheld), None)
    if withheld is not None:
        return Skip(asked.text, "quarantined", f"the index offers no files of it: {withheld}")
    if any(source.files and not source.flat for source in found.sources) and exclude_newer is not None:
        return Skip(asked.text, "no-wheel", f"the index had no file of it before {exclude_newer.isoformat()}")
    if any(not source.flat for source in found.sources):
        return Skip(asked.text, "no-wheel", "the index knows the project, and has no file of it")
    near = near_names(asked.name or "", sorted(set(known) - {asked.name or ""}))
    places = ", ".join(found.asked) or "nowhere: there is no index"
    return Skip(asked.text, "not-found", f"no index knows a project of this name (asked: {places})", near)


def _path_of(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _describe(target: Target) -> str:
    return f"{target.implementation} {target.minor_version} on {target.platform}"
