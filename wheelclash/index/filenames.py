"""File names and ``Requires-Python`` of wheels: names, versions, and which of several wheels a target prefers.

A target prefers by tags (PEP 425), then by build tag (PEP 427). An index lists thousands of files, so that all of this
must cost little for each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.target.variants import DESCRIPTION, label_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.tags import Tag

    from wheelclash.target.target import Target

__all__ = ["project_of", "python_fits", "rank", "ranked", "ranks", "version_of"]


def project_of(filename: str) -> str | None:
    """Return the normalised name a distribution's file name begins with, or None."""
    stem = _sdist_stem(filename)
    name = filename.partition("-")[0] if stem is None else stem.rpartition("-")[0]
    return _normalised(name) if name else None


_normalised = lru_cache(maxsize=1024)(canonicalize_name)


def version_of(filename: str) -> Version | None:
    """Return the version in a distribution's file name, or None; cheap, for indexes list thousands of files."""
    stem = _sdist_stem(filename)
    return _version(filename.split("-", 2)[1] if stem is None else stem.rpartition("-")[2])


@lru_cache(maxsize=4096)
def _version(text: str) -> Version | None:
    try:
        return Version(text.replace("_", "-"))
    except InvalidVersion:
        return None


def _sdist_stem(filename: str) -> str | None:
    """Return ``name-version`` of a source archive (PEP 625), or of what describes wheel variants (PEP 825).

    Returns:
        None for a wheel, the empty string for any other file.
    """
    lower = filename.lower()
    if lower.endswith(".whl") and lower.count("-") > 3:  # noqa: PLR2004 - name, version and three tags
        return None
    suffix = next((suffix for suffix in (".tar.gz", ".zip", DESCRIPTION) if lower.endswith(suffix)), None)
    return filename[: -len(suffix)] if suffix else ""


@lru_cache(maxsize=1024)
def _specifier_fits(requires_python: str, version: str) -> bool:
    try:
        specifier = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return specifier.contains(Version(version).base_version, prereleases=True)


def python_fits(requires_python: str | None, target: Target) -> bool:
    """Return whether a file's ``Requires-Python`` allows the target; what is no specifier allows any, as for pip."""
    return requires_python is None or _specifier_fits(requires_python, target.python_version)


def ranks(tags: tuple[Tag, ...]) -> Mapping[str, int]:
    """Map tags to their place in the order of preference, 0 for the best; ``tags`` are a target's, best first.

    Those of the last few targets are kept.
    """
    return _ranks_kept(_SameTags(tags))


def ranked(tags: tuple[Tag, ...]) -> Mapping[str, int]:
    """Return what :func:`ranks` does, and keep nothing."""
    return {str(tag): place for place, tag in reversed(list(enumerate(tags)))}


class _SameTags:
    """The tags of a target, compared by identity: a hash of hundreds takes longer than all else for a wheel."""

    def __init__(self, tags: tuple[Tag, ...]) -> None:
        self.tags = tags

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameTags) and self.tags is other.tags

    def __hash__(self) -> int:
        return id(self.tags)


@lru_cache(maxsize=8)
def _ranks_kept(same: _SameTags) -> Mapping[str, int]:
    return ranked(same.tags)


def rank(filename: str, places: Mapping[str, int]) -> int | None:
    """Return the best place of a wheel's tags, or None if none of them fits.

    By its name's text alone, for indexes list thousands. A name with a variant label is no plain wheel's, and has none.

    Args:
        filename: The file name of a wheel.
        places: What :func:`ranks` gave for a target.
    """
    parts = filename[: -len(".whl")].lower().rsplit("-", 3)
    if len(parts) != 4 or label_of(filename) is not None:  # noqa: PLR2004 - and not three tags
        return None
    _, pythons, abis, platforms = parts
    places_of_tags = [
        place
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
        if (place := places.get(f"{python}-{abi}-{platform}")) is not None
    ]
    return min(places_of_tags, default=None)
