"""The parts for build tools: wheels on disk, just built, as contents, as distributions of a set, and their overlaps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename

from wheelclash.core.distribution import Candidate, Distribution
from wheelclash.core.layout import lay_out_for_each
from wheelclash.core.overlap import find_overlaps, judge, merge
from wheelclash.errors import WheelError
from wheelclash.installers import INSTALLERS, RULES
from wheelclash.target.variants import parse_wheel_name

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from wheelclash.core.contents import Contents
    from wheelclash.core.overlap import Overlap
    from wheelclash.installers import InstallerName
    from wheelclash.target.target import Target

__all__ = ["distribution_of", "find_everywhere", "overlaps_of", "read_wheel", "requires_in"]


def read_wheel(path: str | os.PathLike[str]) -> Contents:
    """Return the contents of a wheel on disk, parsed and checked.

    Raises:
        WheelError: It cannot be read, or no installer would install it.
    """
    from wheelclash.wheel.archive import parse_contents
    from wheelclash.wheel.remote import open_local

    place = Path(path)
    archive = open_local(place, place.name)
    try:
        return parse_contents(archive.zip, place.name)
    finally:
        archive.close()


def distribution_of(path: str | os.PathLike[str], target: Target) -> Distribution:
    """Return a wheel on disk as a distribution, laid out for every installer.

    Args:
        path: The wheel.
        target: For what it is laid out.

    Raises:
        WheelError: It cannot be read, or its file name is no wheel's.
    """
    place = Path(path).absolute()
    contents = read_wheel(place)
    try:
        name, version, _, _, label = parse_wheel_name(place.name)
    except InvalidWheelFilename as error:
        raise WheelError(place.name, "mismatch", str(error)) from error
    candidate = Candidate(
        filename=place.name,
        name=name,
        version=str(version),
        url=place.as_uri(),
        index=None,
        sha256=None,
        size=place.stat().st_size,
        requested=str(path),
        direct=True,
        path=place,
        variant=label,
    )
    layouts = lay_out_for_each(contents, RULES, target)
    return Distribution.from_wheel(candidate, contents, "local", layouts, target)


def overlaps_of(distributions: Sequence[Distribution], target: Target) -> list[Overlap]:
    """Return every overlap of a set under every installer, judged without reading further content.

    Args:
        distributions: The set, laid out for ``target``.
        target: Decides which modules can be imported and whether case matters.

    Returns:
        Overlaps that name their installers, gravest first; what :func:`wheelclash.diagnose` and
        :func:`wheelclash.remedies` take. Two small differing ``__init__.py`` count as different modules here, since
        nothing is read to see whether both are namespace stubs.
    """
    return judge(find_everywhere(distributions, target), {}, requires_in(distributions))


def find_everywhere(distributions: Sequence[Distribution], target: Target) -> list[Overlap]:
    """Return every overlap under every installer, not yet judged; they are looked for once where all lay out alike."""
    by_installer: dict[InstallerName, list[Overlap]] = {}
    first, *others = [installer.name for installer in INSTALLERS]
    by_installer[first] = find_overlaps(
        {distribution.id: distribution.layouts[first] for distribution in distributions}, target
    )
    for name in others:
        alike = all(distribution.layouts[name] == distribution.layouts[first] for distribution in distributions)
        layouts = {distribution.id: distribution.layouts[name] for distribution in distributions}
        by_installer[name] = by_installer[first] if alike else find_overlaps(layouts, target)
    return merge(by_installer)


def requires_in(distributions: Sequence[Distribution]) -> Callable[[str, str], bool]:
    """Return whether the distribution of the first id requires that of the second under any extra."""
    by_id = {distribution.id: distribution for distribution in distributions}
    required = {distribution.id: distribution.requirements.names_under_any_extra for distribution in distributions}
    return lambda requirer, other: by_id[other].name in required[requirer]
