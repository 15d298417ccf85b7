"""Why no wheel fits, in a sentence: what there is instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from wheelclash.sources.releases import python_fits
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.tags import Tag

    from wheelclash.requirement import Asked
    from wheelclash.sources.page import ProjectFile
    from wheelclash.target import Target

__all__ = ["ASK_INSTEAD", "reason_for"]

_SHOWN = 6
ASK_INSTEAD = "build a wheel and give that, or ask an environment it is installed in (wheelclash env)"
"""What answers for a project that has no wheel."""


def reason_for(asked: Asked, files: Sequence[ProjectFile], target: Target, *, excluded: bool) -> str:
    """One sentence on what the index has, for a requirement no wheel of which fits.

    Args:
        asked: The requirement.
        files: Every file of the project that was looked at.
        target: For what.
        excluded: Whether files were left out by their upload time.
    """
    when = " before the day asked about" if excluded else ""
    wheels: dict[Version, list[tuple[ProjectFile, frozenset[Tag]]]] = {}
    sdists: set[Version] = set()
    for file in files:
        try:
            if file.is_wheel:
                _, version, _, tags = parse_wheel_filename(file.filename)
                wheels.setdefault(version, []).append((file, tags))
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
        return f"{some(map(str, sorted(allowed, reverse=True)), _SHOWN)} came as source only{when}: {ASK_INSTEAD}"
    newest = with_wheels[0]
    offered = wheels[newest]
    if all(file.yanked is not None for file, _ in offered) and any(_fits(tags, target) for _, tags in offered):
        return f"{newest} is yanked, and only a pinned version (==) asks for that"
    return f"{newest} has no wheel for {_describe(target)}: {_what_there_is(offered, target)}"


def _nearest(asked: Asked, versions: Sequence[Version]) -> str:
    """The releases nearest to the one pinned, or else the newest; ``versions`` are newest first."""
    pinned = next((each.version for each in asked.specifier if each.operator == "=="), "").removesuffix(".*")
    above = sum(version > Version(pinned) for version in versions) if pinned else 0
    start = max(0, min(above - _SHOWN // 2, len(versions) - _SHOWN))
    shown = versions[start : start + _SHOWN]
    more = f" and {len(versions) - len(shown)} more" if len(versions) > len(shown) else ""
    return (", ".join(map(str, shown)) or "none") + more


def _what_there_is(offered: Sequence[tuple[ProjectFile, frozenset[Tag]]], target: Target) -> str:
    """What keeps the target out: Requires-Python, the Python tag, or the platform."""
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


def _describe(target: Target) -> str:
    return f"{target.implementation} {target.minor_version} on {target.platform}"
