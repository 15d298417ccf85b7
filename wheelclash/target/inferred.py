"""The targets a lock is for: CPython minors times the platform families among its wheels' tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from wheelclash.errors import TargetError
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelclash.target.target import Target

__all__ = ["MINORS", "python_allowed", "targets_among"]

MINORS = range(9, 15)
"""The minor versions of CPython that tools and users still have: 3.9 to 3.14."""

_GLIBC, _MUSL, _MAC = 28, 2, (13, 0)
"""What a target offers at least: glibc 2.28, musl 1.2, macOS 13.0."""
_MAC_ARCHES = {
    "universal2": ("arm64", "x86_64"),
    "arm64": ("arm64",),
    "x86_64": ("x86_64",),
    "intel": ("x86_64",),
    "fat64": ("x86_64",),
    "universal": ("x86_64",),
}
_WITHOUT_TAGS = ("manylinux_2_28_x86_64", "macosx_13_0_arm64", "win_amd64")
"""Where every wheel is for any platform: markers and file systems still differ."""
_OLD_GLIBC = {"1": 5, "2010": 12, "2014": 17}
_NAME_AND_TAGS = 4
_PATCHES = 40
"""No minor version of CPython had more releases."""


def targets_among(
    wheels: Iterable[str], *, allows: Callable[[str], bool], admits: Callable[[Target], bool]
) -> list[Target]:
    """Return the targets of a lock, oldest Python first.

    Args:
        wheels: File names of all its wheels.
        allows: Whether its requires-python lets a full version in, e.g. ``3.12.0``.
        admits: Whether its environments let a target in.
    """
    parts = [
        parts_of_name
        for name in set(wheels)
        if len(parts_of_name := name[: -len(".whl")].rsplit("-", 3)) == _NAME_AND_TAGS
    ]
    newest = max(_built_for(parts), default=MINORS[-1])
    platforms = list(_platforms({tag for wheel_parts in parts for tag in wheel_parts[3].split(".")})) or list(
        _WITHOUT_TAGS
    )
    versions = [_first(minor, allows) for minor in MINORS if minor <= newest]
    targets = (_target(version, platform) for version in versions if version for platform in platforms)
    return [target for target in targets if target is not None and admits(target)]


def python_allowed(specifier: str | None, version: str) -> bool:
    """Return whether a requires-python (PEP 440) allows a Python; one that is no specifier allows any.

    Args:
        specifier: The specifier, or None.
        version: The full version, e.g. ``3.12.0``.
    """
    if not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(Version(version).base_version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return True


def _first(minor: int, allows: Callable[[str], bool]) -> str | None:
    """Return the first release of a minor version that the lock allows: ``3.12.0``, or ``3.12.4`` of ``>=3.12.4``."""
    return next((version for patch in range(_PATCHES) if allows(version := f"3.{minor}.{patch}")), None)


def _target(version: str, platform: str) -> Target | None:
    try:
        return target_for(version, platform)
    except TargetError:  # a tag of an architecture that is not known here
        return None


def _built_for(parts: Iterable[Sequence[str]]) -> Iterator[int]:
    """Yield the minors that wheels were built for alone: an older lock has nothing for a newer Python."""
    for _, pythons, abis, _ in parts:
        if re.search(r"\bcp3", abis):
            yield from (
                minor for digits in re.findall(r"\bcp3([0-9]{1,2})\b", pythons) if (minor := int(digits)) in MINORS
            )


def _platforms(tags: set[str]) -> Iterator[str]:
    """Yield one platform for each family and architecture, new enough for the oldest of the wheels."""
    glibc: dict[str, int] = {}
    musl: dict[str, int] = {}
    for tag in sorted(tags):
        match = re.fullmatch(r"(?:manylinux_2_([0-9]{1,3})|manylinux(1|2010|2014)|linux)_(\w+)", tag)
        if match is not None:
            minor = int(match[1]) if match[1] else _OLD_GLIBC.get(match[2], 0)
            glibc[match[3]] = min(minor, glibc.get(match[3], minor))
        match = re.fullmatch(r"musllinux_1_([0-9]{1,3})_(\w+)", tag)
        if match is not None:
            musl[match[2]] = min(int(match[1]), musl.get(match[2], int(match[1])))
    yield from (f"manylinux_2_{max(minor, _GLIBC)}_{arch}" for arch, minor in sorted(glibc.items()))
    yield from (f"musllinux_1_{max(minor, _MUSL)}_{arch}" for arch, minor in sorted(musl.items()))
    yield from _mac(tags)
    yield from sorted(tags & {"win_amd64", "win_arm64", "win32"})


def _mac(tags: set[str]) -> Iterator[str]:
    needed: dict[str, tuple[int, int]] = {}
    for tag in tags:
        match = re.fullmatch(r"macosx_([0-9]{1,2})_([0-9]{1,2})_(\w+)", tag)
        if match is None:
            continue
        version = (int(match[1]), int(match[2]))
        for arch in _MAC_ARCHES.get(match[3], ()):
            needed[arch] = min(version, needed.get(arch, version))
    for arch, version in sorted(needed.items()):
        major, minor = max(version, _MAC)
        yield f"macosx_{major}_{minor}_{arch}"
