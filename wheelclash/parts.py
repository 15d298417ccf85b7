"""The parts for build tools: a wheel on disk, just built, as contents and as a distribution of a set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelclash.distribution import Distribution, requirements_of
from wheelclash.errors import WheelError
from wheelclash.installers import INSTALLERS
from wheelclash.layout import lay_out
from wheelclash.sources.candidate import Candidate

if TYPE_CHECKING:
    import os

    from wheelclash.reading.contents import Contents
    from wheelclash.target import Target

__all__ = ["distribution_of", "read_wheel"]


def read_wheel(path: str | os.PathLike[str]) -> Contents:
    """The contents of a wheel on disk, parsed and checked.

    Raises:
        WheelError: It cannot be read, or no installer would install it.
    """
    from wheelclash.reading.archive import parse_contents
    from wheelclash.reading.remote import open_local

    place = Path(path)
    archive = open_local(place, place.name)
    try:
        return parse_contents(archive.zip, place.name)
    finally:
        archive.close()


def distribution_of(path: str | os.PathLike[str], target: Target) -> Distribution:
    """A wheel on disk as a distribution, laid out for every installer.

    Args:
        path: The wheel.
        target: For what it is laid out.

    Raises:
        WheelError: It cannot be read, or its file name is no wheel's.
    """
    place = Path(path).absolute()
    contents = read_wheel(place)
    try:
        name, version, _, _ = parse_wheel_filename(place.name)
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
    )
    layouts = {each.name: lay_out(contents, each.rules, target) for each in INSTALLERS}
    return Distribution(candidate, contents, "local", layouts, requirements_of(contents, target))
