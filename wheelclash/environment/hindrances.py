"""What is on disk and hinders a repair: an installer would stop halfway there, or not do what its command says."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.core.paths import folders_above
from wheelclash.environment.distributions import RecordError, read_record
from wheelclash.environment.ownership import keys_of
from wheelclash.environment.paths import is_absolute
from wheelclash.environment.reading import MAX_BYTES, read_small
from wheelclash.errors import WheelError
from wheelclash.wheel.record import parse_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.scan import Scan
    from wheelclash.installers import Installer

__all__ = ["Hindrance", "hindrances"]


class Hindrance(NamedTuple):
    """Why an installer must not be run.

    Attributes:
        reason: One sentence.
        hint: What helps.
    """

    reason: str
    hint: str


def hindrances(
    scan: Scan, installer: Installer, *, written: Collection[str], dropped: Collection[str]
) -> Iterator[Hindrance]:
    """Yield why commands of an installer would stop halfway or not do what they say.

    Args:
        scan: What is on disk.
        installer: The installer of the commands.
        written: Ids of what is to be written again.
        dropped: Ids of what is to be uninstalled.
    """
    dist_infos = _dist_infos(scan)
    for distribution in scan.distributions:
        is_dropped = distribution.id in dropped
        if is_dropped or distribution.id in written:
            others = [
                folder
                for folder in dist_infos.get((distribution.site, distribution.name), ())
                if posixpath.basename(folder) != posixpath.basename(distribution.folder)
            ]
            yield from _unreadable_record(distribution, installer)
            yield from _replaced_folders(distribution, scan, installer)
            yield from _linked_site(distribution, scan, installer, is_dropped=is_dropped)
            yield from _second_dist_infos(distribution, others, scan, installer, is_dropped=is_dropped)
        if distribution.id in written and installer.follows_links:
            yield from _links_to_nothing(distribution, scan, installer)


def _unreadable_record(distribution: Installed, installer: Installer) -> Iterator[Hindrance]:
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
        yield Hindrance(
            f"{installer.name} cannot uninstall {distribution.name}: {reason}.",
            f"This writes its files and RECORD anew: pip install --ignore-installed --no-deps {pin}",
        )


def _replaced_folders(distribution: Installed, scan: Scan, installer: Installer) -> Iterator[Hindrance]:
    """Yield folders of its files that are files, or links that the installer does not follow."""
    folders = (folder for folder in distribution.names if folder and not is_absolute(folder))
    for folder in sorted(folders_above(folders)):
        place = scan.places.on_disk(folder)
        if os.path.lexists(place) and not os.path.isdir(place):  # noqa: PTH112
            yield Hindrance(
                f"{place} is no folder, but {distribution.name} needs one: {installer.name} would stop halfway.",
                "Remove what is there first.",
            )
        if os.path.islink(place) and not installer.follows_links:  # noqa: PTH114
            yield Hindrance(
                f"{place} is a link, and {distribution.name} has files in it: {installer.name} would stop halfway.",
                "Put the folder in the place of the link first, or use another --installer.",
            )


def _linked_site(distribution: Installed, scan: Scan, installer: Installer, *, is_dropped: bool) -> Iterator[Hindrance]:
    """Yield that its site-packages folder is a link, if the installer then misses the files or the folder."""
    site, prefix = scan.places.reached(distribution.site), os.path.abspath(scan.places.prefix)  # noqa: PTH100
    if site == distribution.site or not site.startswith(f"{prefix}/"):
        return
    hint = "Put the folder in the place of the link first, or use another --installer."
    above = os.path.realpath(f"{site}/{posixpath.relpath(prefix, site)}")
    has_more = any(map(is_absolute, distribution.names))
    if has_more and not installer.follows_links and above != os.path.realpath(prefix):
        yield Hindrance(
            f"{site} is reached over a link, from where {installer.name} finds no scripts and no data.", hint
        )
    if is_dropped and installer.stays_inside and not distribution.site.startswith(f"{os.path.realpath(prefix)}/"):
        yield Hindrance(f"{site} leads out of the environment, and {installer.name} uninstalls nothing there.", hint)


def _second_dist_infos(
    distribution: Installed, folders: Sequence[str], scan: Scan, installer: Installer, *, is_dropped: bool
) -> Iterator[Hindrance]:
    """Yield other dist-info folders of a project, if the installer leaves them, stops there or follows their RECORD."""
    hint = "Remove that folder first: an installation that failed left it."
    for folder in folders:
        about = f"{distribution.name} has another dist-info folder beside its own, {folder}"
        try:
            listed = read_record(f"{folder}/RECORD", distribution.site, scan.places)
        except RecordError:
            if is_dropped:
                yield Hindrance(f"{about}, and {installer.name} does not uninstall it.", hint)
            continue
        if is_dropped and not installer.removes_all_first:
            yield Hindrance(f"{about}: {installer.name} would uninstall one of them.", hint)
        unexpected = keys_of(listed.names) - keys_of(distribution.names)  # the plan knows of what both list
        for other in scan.distributions:
            if other.name != distribution.name and not unexpected.isdisjoint(keys_of(other.names)):
                yield Hindrance(f"{about}: with it, {installer.name} may remove files of {other.name}.", hint)


def _dist_infos(scan: Scan) -> Mapping[tuple[str, str], list[str]]:
    """Return the dist-info folders of the site-packages folders, in order, by that folder and normalised name."""
    by_name: dict[tuple[str, str], list[str]] = {}
    for site in scan.places.sites:
        for entry in sorted(os.listdir(site)):  # noqa: PTH208
            if entry.endswith(".dist-info"):
                by_name.setdefault((site, canonicalize_name(entry.partition("-")[0])), []).append(f"{site}/{entry}")
    return by_name


def _links_to_nothing(distribution: Installed, scan: Scan, installer: Installer) -> Iterator[Hindrance]:
    """Yield links to nothing in the places of its files, which the installer would write through."""
    missing = set(distribution.missing)
    for key in sorted(keys_of(distribution.names)) if missing else ():
        place = scan.places.on_disk(key)
        if os.path.islink(place) and scan.places.installed_path(key) in missing:  # noqa: PTH114
            yield Hindrance(
                f"{place} is a link to nothing: {installer.name} would not write {distribution.name}'s file there.",
                "Remove the link first, or use another --installer.",
            )
