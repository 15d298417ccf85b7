"""Leftovers: files in package folders that nobody recorded, such as a package that lost its owner."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.places import is_absolute
from wheelclash.environment.records import RecordError, recorded_keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from wheelclash.environment.installed import Bystander
    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath

__all__ = ["Leftover", "claimed", "leftovers"]

_METADATA = (".dist-info", ".egg-info", ".egg", ".data")


class Leftover(NamedTuple):
    """Files nobody recorded.

    Attributes:
        folder: The package folder they lie in.
        files: How many.
        ownerless: Whether nobody owns anything in that folder.
    """

    folder: InstalledPath
    files: int
    ownerless: bool


def leftovers(
    strays: Iterable[str], owned: AbstractSet[str], aside: Iterable[Bystander], places: Places
) -> list[Leftover]:
    """Count strays by package folder; none are told where conda or the system installs files that no RECORD lists.

    Loose files beside the packages, metadata folders and whatever belongs to distributions that are not compared are
    left out.

    Args:
        strays: Keys of files that no compared distribution recorded.
        owned: Keys of files that one did.
        aside: Distributions that are not compared.
        places: Of the environment.
    """
    packages = [key for key in strays if "/" in _below_site(key, places)]
    if not packages or places.externally_managed or os.path.isdir(f"{places.base}/conda-meta"):  # noqa: PTH112
        return []
    theirs, tops = claimed(aside, places)
    counts: Counter[str] = Counter()
    for key in packages:
        folder = _package(key, places)
        top = folder.rpartition("/")[2]
        if key not in theirs and top not in tops and (top.startswith("~") or not top.endswith(_METADATA)):
            counts[folder] += 1
    with_owner = _packages(owned, places) if counts else set()
    return [
        Leftover(places.installed_path(folder), count, folder not in with_owner)
        for folder, count in sorted(counts.items())
    ]


def _packages(keys: AbstractSet[str], places: Places) -> set[str]:
    """The keys of all package folders that files lie in. There are half a million files, and few outside the first."""
    found = {key.split("/", 1)[0] for key in keys}
    if len(places.sites) > 1:
        found.update(_package(key, places) for key in keys if is_absolute(key))
    return found


def _package(key: str, places: Places) -> str:
    """The key of the package folder that a file lies in."""
    if not is_absolute(key):
        return key.partition("/")[0]
    rest = _below_site(key, places)
    return key[: len(key) - len(rest)] + rest.partition("/")[0]


def _below_site(key: str, places: Places) -> str:
    if not is_absolute(key):
        return key
    site = next((site for site in places.sites if key.startswith(f"{site}/")), "")
    return key[len(site) + 1 :]


def claimed(aside: Iterable[Bystander], places: Places) -> tuple[set[str], set[str]]:
    """Return the keys that distributions which are not compared have recorded, and the names that are otherwise theirs.

    Args:
        aside: These distributions.
        places: Of the environment.
    """
    keys: set[str] = set()
    tops: set[str] = set()
    for each in aside:
        tops |= each.tops
        if each.record is not None:
            try:
                keys |= recorded_keys(each.record, each.site, places)[0]
            except RecordError:
                continue
    return keys, tops
