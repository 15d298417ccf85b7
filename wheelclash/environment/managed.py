"""Files of other package managers: what conda and dpkg installed, by their own lists.

A wheel that is installed into their environment may overwrite them. So their packages are owners like others, named
``conda:NAME`` and ``dpkg:NAME``; those, at least, that own a file which a distribution owns too, or shall own. pip and
uv can neither uninstall them nor write them again: that is done by their own commands.

What is installed from a folder of sources is an owner in the same way, of the few files that it installed: commands,
mostly.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelclash.core.distribution import Skip
from wheelclash.environment.distributions import Installed, RecordError, direct_url_of
from wheelclash.environment.ownership import by_folder, keys_of
from wheelclash.environment.reading import MAX_BYTES, read_small
from wheelclash.installers import PIP, UV, Invocation
from wheelclash.wheel.metadata import project_of
from wheelclash.wheel.record import BYTECODE, NOTHING_RECORDED, RecordedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from wheelclash.core.contents import Finding, Noted
    from wheelclash.core.distribution import Distribution
    from wheelclash.environment.ownership import NamesByFolder
    from wheelclash.environment.paths import EnvironmentPaths

__all__ = ["ManagedFiles", "editables_among", "is_managed", "managed_among", "managed_as", "restoring"]

_CONDA = re.compile(r"(.+)-([^-]+)-[^-]+\.json\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_DPKG = "var/lib/dpkg"


@dataclass(frozen=True, slots=True)
class ManagedFiles:
    """What another package manager lists of one package.

    Attributes:
        recorded: What it says of each file, by key.
        findings: Nothing is ever odd about the list.
    """

    recorded: Mapping[str, RecordedFile]
    findings: tuple[Finding, ...] = ()

    @property
    def names(self) -> NamesByFolder:
        """Return the names of the files by folder, bytecode left out."""
        return by_folder(key for key in self.recorded if not key.endswith(BYTECODE))

    def rows(self, wanted: Collection[str] | None, findings: Noted | None = None) -> dict[str, RecordedFile]:  # noqa: ARG002
        """Map the keys of some files, or of all, to what the list says of them."""
        return {key: row for key, row in self.recorded.items() if wanted is None or key in wanted}


def managed_among(
    places: EnvironmentPaths, wanted: AbstractSet[str] | None, names: Collection[str]
) -> Iterator[Installed | Skip]:
    """Yield the packages of other managers that own any of some files, and those with lists that cannot be read.

    Args:
        places: Of the environment.
        wanted: Keys; None for all.
        names: Normalised names of distributions that are, or shall be, installed from wheels. A package of such a name
            was replaced by one of them, and what its manager lists is not there any more.
    """
    for package in (*_conda_packages(places), *_dpkg_packages(places)):
        try:
            listed = ManagedFiles(_managed_files(package, places))
        except RecordError as error:
            yield Skip(package.name, error.code, error.reason)
            continue
        keys = keys_of(listed.names)
        shared = keys if wanted is None else keys & wanted
        if shared and not any(project_of(key) in names for key in keys):
            described = (key for key in sorted(keys) if key.endswith(".dist-info/entry_points.txt"))
            folder = next((os.path.dirname(places.on_disk(key)) for key in described), None)  # noqa: PTH120
            yield replace(package, listed=listed, files=len(keys), dist_info=folder)


def is_managed(stem: str, places: EnvironmentPaths) -> bool:
    """Return whether conda has installed this very package, by its ``name-version-build``."""
    return os.path.isfile(f"{places.base.rstrip('/')}/conda-meta/{stem}.json")  # noqa: PTH113


def editables_among(
    places: EnvironmentPaths, excluded: Iterable[Installed], is_wanted: Callable[[str], bool]
) -> list[tuple[Installed, set[str]]]:
    """Return what is installed from folders of sources and owns some files, and which.

    Args:
        places: Of the environment.
        excluded: What is otherwise not compared.
        is_wanted: Whether a key is one of those files; so is whatever two of them recorded.
    """
    read = []
    for distribution in excluded:
        if distribution.excluded is not None and distribution.excluded.code == "editable":
            with contextlib.suppress(RecordError):
                read.append(replace(distribution.read(places), excluded=None, manager="editable"))
    keys_by_number = [keys_of(distribution.names) for distribution in read]
    counts = Counter(key for keys in keys_by_number for key in keys)
    owners = (
        (distribution, {key for key in keys if counts[key] > 1 or is_wanted(key)})
        for distribution, keys in zip(read, keys_by_number, strict=True)
    )
    return [(distribution, keys) for distribution, keys in owners if keys]


def managed_as(distribution: Installed | Distribution) -> str:
    """Return what a managed distribution is, to follow the words *it is*: ``conda's``."""
    return "installed from a folder of sources" if distribution.manager == "editable" else f"{distribution.manager}'s"


def restoring(distribution: Installed | Distribution, places: EnvironmentPaths) -> tuple[str, ...]:
    """Return the command with which a managed distribution is written again by what installed it.

    Args:
        distribution: With a manager.
        places: Of the environment.
    """
    if distribution.manager == "editable":
        folders = [os.path.join(site, distribution.id) for site in places.sites]  # noqa: PTH118
        folder = next(filter(os.path.isdir, folders), folders[0])
        installer = UV if _content(f"{folder}/INSTALLER").strip() == UV.name else PIP
        where = Invocation(None if places.python is None else str(places.python))
        return installer.reinstall(["--editable", direct_url_of(folder) or "FOLDER"], where)
    bare = distribution.name.partition(":")[2]
    if distribution.manager == "conda":
        pin = f"{bare}={distribution.version}"
        return ("conda", "install", "--prefix", str(places.prefix), "--force-reinstall", pin)
    return ("apt-get", "install", "--reinstall", bare)


def _managed_files(distribution: Installed, places: EnvironmentPaths) -> dict[str, RecordedFile]:
    return _conda_files(distribution, places) if distribution.manager == "conda" else _dpkg_files(distribution, places)


def _conda_packages(places: EnvironmentPaths) -> Iterator[Installed]:
    folder = f"{places.base.rstrip('/')}/conda-meta"
    for name in _names(folder, ".json"):
        match = _CONDA.match(name)
        if match:
            yield Installed(
                id=f"conda-meta/{name}",
                name=f"conda:{match[1].lower()}",
                version=match[2],
                site=places.base,
                folder=f"{folder}/{name}",
                installer="conda",
                manager="conda",
            )


def _conda_files(distribution: Installed, places: EnvironmentPaths) -> dict[str, RecordedFile]:
    """Return the files of a conda package with the hashes they got in this prefix."""
    try:
        package = json.loads(_content(distribution.record))
    except (ValueError, RecursionError):
        package = None
    if not isinstance(package, dict) or not isinstance(package.get("files"), list):
        raise RecordError("unreadable", f"{distribution.record} lists no files")
    base = places.base.rstrip("/")
    files: dict[str, RecordedFile] = {}
    for path in _list(package.get("files")):
        key = places.key_of(f"{base}/{path}") if isinstance(path, str) else None
        if key is not None:
            files[key] = NOTHING_RECORDED
    data = package.get("paths_data")
    for row in _list(data.get("paths") if isinstance(data, dict) else None):
        if isinstance(row, dict) and isinstance(row.get("_path"), str):
            key = places.key_of(f"{base}/{row['_path']}")
            digest = row.get("sha256_in_prefix") or row.get("sha256")
            if key is not None:
                known = isinstance(digest, str) and _SHA256.match(digest) is not None
                files[key] = RecordedFile(f"sha256:{digest}" if known else None, None)
    return files


def _dpkg_packages(places: EnvironmentPaths) -> Iterator[Installed]:
    """Yield the packages that dpkg lists, where the environment is the system's own (its prefix is ``/usr``)."""
    if os.path.basename(places.base) != "usr":  # noqa: PTH119
        return
    root = os.path.dirname(places.base).rstrip("/")  # noqa: PTH120
    versions = dict(_dpkg_versions(f"{root}/{_DPKG}/status"))
    for name in _names(f"{root}/{_DPKG}/info", ".list"):
        package = name.removesuffix(".list").partition(":")[0]
        folder = f"{root}/{_DPKG}/info/{name}"
        version = versions.get(package, "")
        yield Installed(f"dpkg/{name}", f"dpkg:{package}", version, places.base, folder, "dpkg", manager="dpkg")


def _dpkg_versions(status: str) -> Iterator[tuple[str, str]]:
    package = ""
    try:
        lines = _content(status).split("\n")
    except RecordError:  # versions are only told
        return
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "Package":
            package = value
        elif key == "Version":
            yield package, value


def _dpkg_files(distribution: Installed, places: EnvironmentPaths) -> dict[str, RecordedFile]:
    """Return the files of a package among the environment's; dpkg's hashes (MD5) prove nothing."""
    root = os.path.dirname(places.base).rstrip("/")  # noqa: PTH120
    starts = tuple(f"{folder[len(root) :]}/" for folder in (*places.sites, places.scripts, places.headers))
    lines = [line for line in _content(distribution.record).split("\n") if line.startswith(starts)]
    keys = [places.key_of(f"{root}{line}") for line in lines]
    return {key: NOTHING_RECORDED for key in keys if key is not None and not os.path.isdir(places.on_disk(key))}  # noqa: PTH112


def _names(folder: str, ending: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(ending))  # noqa: PTH208
    except OSError:
        return []


def _content(path: str) -> str:
    """Return the text of a list.

    Raises:
        RecordError: It cannot be read.
    """
    try:
        return (read_small(path, MAX_BYTES) or b"").decode("utf-8", "replace")
    except OSError as error:
        raise RecordError("unreadable", f"{path} cannot be read ({error.strerror})") from error


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
