"""Where an installer would stop halfway, or leave what it says that it removes: of files and folders as they are."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.core.paths import folders_above
from wheelclash.environment.distributions import RecordError, read_record
from wheelclash.environment.ownership import keys_of
from wheelclash.environment.paths import is_absolute
from wheelclash.environment.reading import MAX_BYTES, read_small
from wheelclash.errors import WheelError
from wheelclash.wheel.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.scan import Scan
    from wheelclash.installers import Installer

__all__ = ["halves"]


def halves(
    scan: Scan, installer: Installer, *, written: Collection[str], dropped: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield why commands of an installer would stop halfway or not do what they say, each with what helps.

    Args:
        scan: What is on disk.
        installer: The installer of the commands.
        written: Ids of what is to be written again.
        dropped: Ids of what is to be uninstalled.
    """
    for distribution in scan.distributions:
        if distribution.id in written or distribution.id in dropped:
            yield from _record(distribution, installer)
            yield from _folders(distribution, scan, installer)
            yield from _moved(distribution, scan, installer, is_dropped=distribution.id in dropped)
            yield from _beside(distribution, scan, installer, is_dropped=distribution.id in dropped)
        if distribution.id in written and installer.follows_links:
            yield from _dangling(distribution, scan, installer)


def _record(distribution: Installed, installer: Installer) -> Iterator[tuple[str, str]]:
    """Yield why the installer cannot read its RECORD, as it must to uninstall it."""
    try:
        data = read_small(distribution.record, MAX_BYTES) or b""
        findings = parse_record(data, distribution.record).findings
    except (OSError, WheelError):  # the scan has told of it
        return
    reasons = {**installer.rules.refuses, **installer.rules.refuses_in_the_end}
    refusals = [reasons[finding.code] for finding in findings if finding.code in reasons]
    if b"\0" in data:
        refusals.append("its RECORD has a NUL byte")
    pin = f"{distribution.name}=={distribution.version}"
    for reason in refusals[:1]:
        yield (
            f"{installer.name} cannot uninstall {distribution.name}: {reason}.",
            f"This writes it over it, a new RECORD too: pip install --ignore-installed --no-deps {pin}",
        )


def _folders(distribution: Installed, scan: Scan, installer: Installer) -> Iterator[tuple[str, str]]:
    """Yield folders of its files that are files, or links that the installer does not follow."""
    folders = (folder for folder in distribution.names if folder and not is_absolute(folder))
    for folder in sorted(folders_above(folders)):
        place = scan.places.on_disk(folder)
        if os.path.lexists(place) and not os.path.isdir(place):  # noqa: PTH112
            yield (
                f"{place} is no folder, but {distribution.name} needs one: {installer.name} would stop halfway.",
                "Remove what is there first.",
            )
        if os.path.islink(place) and not installer.follows_links:  # noqa: PTH114
            yield (
                f"{place} is a link, and {distribution.name} has files in it: {installer.name} would stop halfway.",
                "Put the folder in the place of the link first, or use another --installer.",
            )


def _moved(distribution: Installed, scan: Scan, installer: Installer, *, is_dropped: bool) -> Iterator[tuple[str, str]]:
    """Yield that its site-packages folder is a link, if the installer then misses the files or the folder."""
    site, prefix = scan.places.reached(distribution.site), os.path.abspath(scan.places.prefix)  # noqa: PTH100
    if site == distribution.site or not site.startswith(f"{prefix}/"):
        return
    hint = "Put the folder in the place of the link first, or use another --installer."
    above = os.path.realpath(f"{site}/{posixpath.relpath(prefix, site)}")
    has_more = any(map(is_absolute, distribution.names))
    if has_more and not installer.follows_links and above != os.path.realpath(prefix):
        yield f"{site} is reached over a link, from where {installer.name} finds no scripts and no data.", hint
    if is_dropped and installer.stays_inside and not distribution.site.startswith(f"{os.path.realpath(prefix)}/"):
        yield f"{site} leads out of the environment, and {installer.name} uninstalls nothing there.", hint


def _beside(
    distribution: Installed, scan: Scan, installer: Installer, *, is_dropped: bool
) -> Iterator[tuple[str, str]]:
    """Yield other dist-info folders of the same project, if the installer leaves them, stops there or follows them."""
    for folder in _other_folders(distribution):
        about = f"{distribution.name} has another dist-info folder beside its own, {folder}"
        hint = "Remove that folder first: an installation that failed left it."
        try:
            listed = read_record(f"{folder}/RECORD", distribution.site, scan.places)
        except RecordError:
            if is_dropped:
                yield f"{about}, and {installer.name} does not uninstall it.", hint
            continue
        if is_dropped and not installer.removes_all_first:
            yield f"{about}: {installer.name} would uninstall one of them.", hint
        keys = keys_of(listed.names)
        for other in scan.distributions:
            if (
                other.name != distribution.name
                and not keys.isdisjoint(keys_of(other.names))
                and _is_apart(keys, distribution, other)
            ):
                yield f"{about}: with it, {installer.name} may remove files of {other.name}.", hint


def _is_apart(keys: Collection[str], distribution: Installed, other: Installed) -> bool:
    """Return whether these keys are of another distribution, and not of this one too, of which the plan knows."""
    return not (set(keys) & keys_of(other.names)) <= keys_of(distribution.names)


def _other_folders(distribution: Installed) -> list[str]:
    """Return the other dist-info folders of a project in the same site-packages folder."""
    dist_info = posixpath.basename(distribution.folder)
    return sorted(
        f"{distribution.site}/{name}"
        for name in os.listdir(distribution.site)  # noqa: PTH208
        if name.endswith(".dist-info")
        and name != dist_info
        and canonicalize_name(name.partition("-")[0]) == distribution.name
    )


def _dangling(distribution: Installed, scan: Scan, installer: Installer) -> Iterator[tuple[str, str]]:
    """Yield links to nothing in the places of its files, which the installer would write through."""
    missing = set(distribution.missing)
    for key in sorted(keys_of(distribution.names)) if missing else ():
        place = scan.places.on_disk(key)
        if os.path.islink(place) and scan.places.installed_path(key) in missing:  # noqa: PTH114
            yield (
                f"{place} is a link to nothing: {installer.name} would not write {distribution.name}'s file there.",
                "Remove the link first, or use another --installer.",
            )
