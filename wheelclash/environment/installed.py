"""The distributions of an environment: every dist-info folder, what it says, and which of them are compared.

Not compared, and named: what conda or the system's package manager owns, egg-info, editable installs.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.environment.records import read_small
from wheelclash.sources.candidate import Skip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.environment.places import Places

__all__ = [
    "Bystander",
    "Inventory",
    "Metadata",
    "Unread",
    "direct_url_of",
    "entry_points_text",
    "metadata_of",
    "required_names",
    "source_of",
    "take_inventory",
    "variant_of",
]

_SYSTEM = frozenset(
    {"apk", "apt", "debian", "dnf", "dpkg", "guix", "nix", "pacman", "portage", "rpm", "xbps", "zypper"}
)
"""What package managers write into INSTALLER."""

_SMALL = 64 * 1024
_METADATA = 4 * 1024 * 1024
_ENTRY_POINTS = 1024 * 1024
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


class Unread(NamedTuple):
    """A distribution whose RECORD is to be read.

    Attributes:
        id: Its dist-info folder's name, with the site-packages folder in front where the name is taken.
        name: Normalised.
        version: As METADATA has it.
        site: The site-packages folder it lies in.
        folder: The dist-info folder.
        installer: What INSTALLER says, or None.
        requires: ``Requires-Dist``, verbatim.
        requires_python: ``Requires-Python``, or None.
        manager: ``conda`` or ``dpkg`` of a package that one of these installed; ``folder`` is then its list of files.
    """

    id: str
    name: str
    version: str
    site: str
    folder: str
    installer: str | None
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    manager: str | None = None

    @property
    def record(self) -> str:
        """The path of its RECORD, or of its manager's list."""
        return f"{self.folder}/RECORD" if self.manager is None else self.folder


class Bystander(NamedTuple):
    """A distribution that is not compared.

    Attributes:
        skip: Its name and the reason.
        site: The site-packages folder it lies in.
        record: Its RECORD, if there may be one: its files are then known to be its own.
        tops: Names in site-packages that are its own as far as anything says.
        version: As METADATA has it; None if nothing says.
    """

    skip: Skip
    site: str
    record: str | None
    tops: frozenset[str]
    version: str | None = None


class Inventory(NamedTuple):
    """What is installed.

    Attributes:
        unread: To be compared, by name.
        bystanders: Not to be compared.
        closed: Folders that could not be listed, each with the reason.
    """

    unread: list[Unread]
    bystanders: list[Bystander]
    closed: list[tuple[str, str]]


class Metadata(NamedTuple):
    """What METADATA says.

    Attributes:
        name, version: As written; None if it does not say.
        requires: ``Requires-Dist``, verbatim.
        requires_python: ``Requires-Python``, or None.
    """

    name: str | None
    version: str | None
    requires: tuple[str, ...]
    requires_python: str | None = None


def take_inventory(places: Places) -> Inventory:
    """List the distributions of an environment."""
    found: list[Unread] = []
    bystanders: list[Bystander] = []
    closed: list[tuple[str, str]] = []
    conda = _conda_packages(places)
    for site in places.sites:
        try:
            names = sorted(os.listdir(site))  # noqa: PTH208
        except OSError as error:
            closed.append((site, error.strerror or "it cannot be listed"))
            continue
        for name in names:
            if name.endswith(".dist-info") and not name.startswith(("~", ".")):
                each = _identify(site, name, {one.id for one in found} if len(places.sites) > 1 else set())
                aside = _aside(each, places, conda)
                if aside is None:
                    found.append(each)
                else:
                    bystanders.append(aside)
            elif name.endswith((".egg-info", ".egg", ".egg-link")) and not name.startswith(("~", ".")):
                bystanders.append(_egg(site, name))
    return Inventory(*_without_doubles(found, bystanders, places.sites), closed)


def _identify(site: str, folder_name: str, taken: set[str]) -> Unread:
    folder = f"{site}/{folder_name}"
    stem, _, version = folder_name.removesuffix(".dist-info").rpartition("-")
    installer = _line(f"{folder}/INSTALLER")
    metadata = metadata_of(folder)
    name = canonicalize_name(metadata.name or stem or version or folder_name)
    id_ = f"{site}/{folder_name}" if folder_name in taken else folder_name
    version = metadata.version or (version if stem else "")
    return Unread(id_, name, version, site, folder, installer, metadata.requires, metadata.requires_python)


def _aside(each: Unread, places: Places, conda: Mapping[str, str]) -> Bystander | None:
    """Why a distribution is not compared, if it is not."""
    by = (each.installer or "").lower()
    if by == "conda" or _is_conda_owned(each, conda):
        skip = Skip(each.name, "conda", "conda owns it")
    elif _is_debian(each.site) or by in _SYSTEM or (not by and places.externally_managed and not _exists(each.record)):
        skip = Skip(each.name, "system", "the system's package manager owns it")
    elif _is_editable(each):
        skip = Skip(each.name, "editable", "it is installed from a folder of sources")
    else:
        return None
    return Bystander(skip, each.site, each.record, _tops(each.folder, each.name), each.version)


def _is_debian(site: str) -> bool:
    """Whether a folder is the one Debian's package manager writes to; pip has another there."""
    return site.endswith("/lib/python3/dist-packages")


def _egg(site: str, name: str) -> Bystander:
    stem = name.rpartition(".")[0]
    project = canonicalize_name(stem.partition("-")[0])
    if name.endswith(".egg-link"):
        skip = Skip(project, "editable", "it is installed from a folder of sources")
    elif _is_debian(site):
        skip = Skip(project, "system", "the system's package manager owns it")
    else:
        skip = Skip(project, "egg-info", "it was not installed as a wheel: nothing says which files are its own")
    version = stem.split("-")[1] if stem.count("-") else None
    return Bystander(skip, site, None, _tops(f"{site}/{name}", project) | {name}, version)


def _without_doubles(
    found: list[Unread], bystanders: list[Bystander], sites: Sequence[str]
) -> tuple[list[Unread], list[Bystander]]:
    """Return what counts of several dist-info folders of one project, and the rest.

    Of those in one folder it is the newest: the others were left by installations that failed. Of those in several it
    is that in the first: what an import finds.
    """
    kept: dict[str, Unread] = {}
    for each in sorted(found, key=lambda one: (one.name, -sites.index(one.site), _rank(one.version))):
        before = kept.get(each.name)
        if before is not None and before.site != each.site:
            reason = (
                f"imports find version {each.version} in {each.site} before version {before.version} in {before.site}"
            )
            skip = Skip(before.name, "hidden", reason)
            bystanders.append(Bystander(skip, before.site, f"{before.folder}/RECORD", frozenset(), before.version))
        elif before is not None:
            reason = f"version {before.version} is recorded beside {each.version}, left by an installation that failed"
            skip = Skip(before.name, "superseded", reason)
            bystanders.append(Bystander(skip, before.site, f"{before.folder}/RECORD", frozenset()))
        kept[each.name] = each
    return list(kept.values()), sorted(bystanders, key=lambda one: one.skip)


def _rank(version: str) -> tuple[object, ...]:
    from packaging.version import Version

    try:
        return (1, Version(version), version)
    except ValueError:  # not only InvalidVersion: a number may have more digits than Python reads
        return (0, version)


def direct_url_of(folder: str) -> str | None:
    """Where a distribution was installed from, if that was no index (PEP 610).

    Args:
        folder: The dist-info folder.
    """
    url = _direct_url(folder).get("url")
    return url if isinstance(url, str) else None


def source_of(folder: str) -> str | None:
    """The same as a command names it: of a repository with its kind and the commit (PEP 440, direct references).

    Args:
        folder: The dist-info folder.
    """
    told = _direct_url(folder)
    url, repository = told.get("url"), _dict(told.get("vcs_info"))
    if not isinstance(url, str) or not repository:
        return url if isinstance(url, str) else None
    inside = told.get("subdirectory")
    return f"{repository.get('vcs')}+{url}@{repository.get('commit_id')}{f'#subdirectory={inside}' if inside else ''}"


def _direct_url(folder: str) -> dict[str, object]:
    try:
        return _dict(json.loads(read_small(f"{folder}/direct_url.json", _SMALL) or b"{}"))
    except (OSError, ValueError, RecursionError):
        return {}


def variant_of(folder: str) -> str | None:
    """Return the label of the wheel variant that a distribution was installed from.

    Installers that do not know variants, and those that choose another one, would replace it by another build.

    Args:
        folder: The dist-info folder.

    Returns:
        None if it is no variant; ``?`` if its ``variant.json`` does not say which.
    """
    path = f"{folder}/variant.json"
    if not _exists(path):
        return None
    try:
        labels = [*_dict(_dict(json.loads(read_small(path, _METADATA) or b"{}")).get("variants"))]
    except (OSError, ValueError, RecursionError):
        labels = []
    return str(labels[0]) if len(labels) == 1 else "?"


def _is_editable(each: Unread) -> bool:
    told = _direct_url(each.folder)
    if told:
        return _dict(told.get("dir_info")).get("editable") is True
    stem = os.path.basename(each.folder).removesuffix(".dist-info")  # noqa: PTH119
    return _exists(f"{each.site}/__editable__.{stem}.pth")


def _conda_packages(places: Places) -> dict[str, str]:
    """``name-version`` of what conda says it installed, and the file that says it."""
    folder = f"{places.base}/conda-meta"
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return {}
    return {name.rpartition("-")[0]: f"{folder}/{name}" for name in names if name.endswith(".json")}


def _is_conda_owned(each: Unread, conda: Mapping[str, str]) -> bool:
    record = conda.get(f"{each.name}-{each.version}")
    if record is None:
        return False
    try:
        data = read_small(record, 256 * 1024 * 1024) or b"{}"
        files = _dict(json.loads(data)).get("files", ())
    except (OSError, ValueError, RecursionError):
        return True
    folder = os.path.basename(each.folder)  # noqa: PTH119
    return isinstance(files, list) and any(isinstance(file, str) and f"/{folder}/" in file for file in files)


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _tops(folder: str, name: str) -> frozenset[str]:
    try:
        data = read_small(f"{folder}/top_level.txt", _SMALL)
    except OSError:
        data = None
    lines = (data or b"").decode("utf-8", "replace").split()
    return frozenset(line.partition("/")[0] for line in lines) | {name, name.replace("-", "_")}


def _exists(path: str) -> bool:
    return os.path.lexists(path)


def _line(path: str) -> str | None:
    try:
        data = read_small(path, _SMALL)
    except OSError:
        return None
    lines = (data or b"").decode("utf-8", "replace").split("\n", 1)
    return lines[0].strip() or None


def metadata_of(folder: str) -> Metadata:
    """The few lines of a METADATA that are needed; its headers only, without the :mod:`email` package.

    Args:
        folder: The dist-info folder.

    Returns:
        Nothing in it where METADATA is not there or cannot be read.
    """
    try:
        data = read_small(f"{folder}/METADATA", _METADATA) or b""
    except OSError:
        data = b""
    head = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    name = version = requires_python = None
    requires = []
    for line in head.replace("\n ", " ").replace("\n\t", " ").split("\n"):
        key, _, value = line.partition(":")
        match key.lower():
            case "requires-dist":
                requires.append(value.strip())
            case "requires-python":
                requires_python = value.strip()
            case "name":
                name = name or value.strip()
            case "version":
                version = version or value.strip()
    return Metadata(name or None, version or None, tuple(requires), requires_python)


def required_names(requires: tuple[str, ...], markers: Mapping[str, str]) -> frozenset[str]:
    """Normalised names that ``Requires-Dist`` lines ask for without any extra; what cannot be parsed is left out."""
    evaluate = _evaluator(tuple(sorted(markers.items())))
    found = set()
    for line in requires:
        head, semicolon, marker = line.partition(";")
        match = _NAME.match(head)
        if match and (not semicolon or evaluate(marker.strip())):
            found.add(canonicalize_name(match[1]))
    return frozenset(found)


@cache
def _evaluator(markers: tuple[tuple[str, str], ...]) -> _Evaluator:
    return _Evaluator(dict(markers))


class _Evaluator:
    """Evaluates each marker once: an environment repeats a few hundred thousands of times."""

    def __init__(self, markers: dict[str, str]) -> None:
        self._environment = {**markers, "extra": ""}
        self._known: dict[str, bool] = {}

    def __call__(self, text: str) -> bool:
        if text not in self._known:
            from packaging.markers import Marker

            try:
                self._known[text] = Marker(text).evaluate(dict(self._environment))
            except (KeyError, ValueError, RecursionError):  # packaging's own errors, and what it lets through
                self._known[text] = False
        return self._known[text]


def entry_points_text(folder: str) -> str:
    """The text of a dist-info folder's ``entry_points.txt``; empty if it is not there or is no text."""
    try:
        return (read_small(f"{folder}/entry_points.txt", _ENTRY_POINTS) or b"").decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return ""
