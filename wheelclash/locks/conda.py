"""Locks and environments of conda, as far as they have wheels: ``pixi.lock``, ``conda-lock.yml``, ``environment.yml``.

In a lock each set is for one platform of conda's, e.g. ``linux-64``, and for the Python that is among its packages; it
says where the archives of conda's packages are. The ``pip`` section of an ``environment.yml`` is a list of
requirements, which uv resolves; its conda packages are not resolved, and are not read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.conda.package import CondaPackage, parse_filename, without_token
from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError, TargetError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import choose_names
from wheelclash.locks.listing import conda_skip
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, folder_kind, locked_file, select_wheels
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.package import LockedFile
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["CondaLock", "PipSection", "pip_section", "read_conda_lock", "read_pixi"]

_PLATFORMS = {
    "linux-64": ("linux", "x86_64", "manylinux_2_28_x86_64"),
    "linux-aarch64": ("linux", "aarch64", "manylinux_2_28_aarch64"),
    "linux-ppc64le": ("linux", "ppc64le", "manylinux_2_28_ppc64le"),
    "osx-64": ("darwin", "x86_64", "macosx_13_0_x86_64"),
    "osx-arm64": ("darwin", "arm64", "macosx_13_0_arm64"),
    "win-64": ("win32", "AMD64", "win_amd64"),
    "win-arm64": ("win32", "ARM64", "win_arm64"),
}
"""By conda's name of a platform: ``sys_platform``, ``platform_machine``, and the tag of a target."""
_PIXI_VERSIONS = frozenset({"4", "5", "6", "7"})
_KINDS = ("pypi", "conda")
_HEX_DIGITS = frozenset("0123456789abcdef")
_MAIN = "main"
_DEFAULT = "default"


class _Set:
    """What one environment or category has for one platform.

    Attributes:
        packages: Wheels and the like.
        conda: conda's packages, some with the reason why they are not read.
        python: The version of conda's Python, or None.
    """

    def __init__(self) -> None:
        self.packages: list[Locked] = []
        self.conda: list[CondaPackage | Skip] = []
        self.python: str | None = None

    def add_conda(self, name: str, version: str | None, package: CondaPackage | Skip) -> None:
        """Add a package of conda's, or why it is not to be read."""
        self.conda.append(package)
        if name == "python":
            self.python = version


class CondaLock:
    """A lock of pixi or conda-lock; see :class:`wheelclash.resolve.selection.Lock`.

    Args:
        location: Where it is.
        sets: What it has, by group (pixi's environments, conda-lock's categories) and conda's platform.
        default: The group that is installed if no other is named.
        adds: Whether a group that is named is installed besides the default one, and not in its place.
    """

    def __init__(
        self, location: LockLocation, sets: Mapping[str, Mapping[str, _Set]], *, default: str, adds: bool
    ) -> None:
        self._name = location.name
        self._sets = sets
        self._default = default
        self._adds = adds

    def targets(self) -> list[Target]:
        """See :meth:`wheelclash.resolve.selection.Lock.targets`: one for each platform of the default group."""
        targets = []
        for platform, part in self._sets.get(self._default, {}).items():
            if platform in _PLATFORMS and part.python is not None:
                try:
                    targets.append(target_for(part.python, _PLATFORMS[platform][2]))
                except TargetError:
                    continue
        return targets

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:  # noqa: ARG002 - all there are is none
        """See :meth:`wheelclash.resolve.selection.Lock.select`.

        Raises:
            QuestionError: There is no such extra or group, or nothing for the platform.
        """
        if extras:
            raise QuestionError(f"{self._name} knows no extra {extras[0]!r}.", "Its environments are groups: --group.")
        spelt: dict[str, str] = {canonicalize_name(name): name for name in self._sets}
        named = [spelt[name] for name in choose_names(groups, spelt, what="group", where=self._name)]
        wanted = [self._default, *named] if self._adds or not named else named
        chosen = [self._for(target, self._sets[group], group) for group in dict.fromkeys(wanted) if group in self._sets]
        python = next((part.python for part in chosen if part.python is not None), None)
        notes = []
        if python is not None and python.split(".")[:2] != target.python_version.split(".")[:2]:
            notes.append(f"{self._name} has Python {python}, and is compared for {target.python_version}")
        packages = [package for part in chosen for package in part.packages]
        if not packages and not any(part.conda for part in chosen):
            raise QuestionError(f"{self._name} has no package in {' and '.join(wanted)}.")
        files = select_wheels(packages, target, notes=notes)
        conda = dict.fromkeys(package for part in chosen for package in part.conda)
        return files._replace(
            conda=[package for package in conda if isinstance(package, CondaPackage)],
            skipped=[*files.skipped, *(package for package in conda if isinstance(package, Skip))],
        )

    def _for(self, target: Target, by_platform: Mapping[str, _Set], group: str) -> _Set:
        machine = (target.markers["sys_platform"], target.markers["platform_machine"])
        name = next((name for name, about in _PLATFORMS.items() if about[:2] == machine), None)
        if name is None or name not in by_platform:
            there = ", ".join(by_platform) or "no platform"
            raise QuestionError(
                f"{self._name} has nothing for {target.platform} in {group}: it is for {there}.",
                "Give --python-platform.",
            )
        return by_platform[name]


# -- pixi ----------------------------------------------------------------------------------------------------


def read_pixi(document: Table, location: LockLocation) -> CondaLock:
    """Read a ``pixi.lock``, version 4 to 7. Its environments are groups; ``default`` is installed if none is named.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of another version.
    """
    version = document.text("version") or ""
    if version not in _PIXI_VERSIONS:
        raise QuestionError(f"{location.name} is of version {version}; 4 to 7 are known.")
    by_url: dict[tuple[str, str], Table] = {}
    for table in document.tables("packages"):
        for kind in _KINDS:
            url = table.text(kind) or (table.text("url") if table.text("kind") == kind else None)
            if url is not None:
                by_url.setdefault((kind, url), table)
    sets: dict[str, dict[str, _Set]] = {}
    environments = document.table("environments")
    for name in environments:
        packages = environments.table(name).table("packages")
        sets[name] = {platform: _pixi_set(packages.tables(platform), by_url, location) for platform in packages}
    return CondaLock(location, sets, default=_DEFAULT, adds=False)


def _pixi_set(entries: Iterable[Table], by_url: Mapping[tuple[str, str], Table], location: LockLocation) -> _Set:
    part = _Set()
    for entry in entries:
        url = entry.text("pypi")
        if url is not None:
            part.packages.append(_pixi_wheel(url, by_url.get(("pypi", url)), entry.texts("extras"), location))
            continue
        place = next((text for key in entry if (text := entry.text(key))), "")
        about = by_url.get(("conda", place))
        size = None if about is None else about.number("size")
        name, version = parse_filename(filename_of(place)) or (without_token(without_credentials(place)) or "?", None)
        part.add_conda(name, version, _conda_package(name, version, place, about, size, location))
    return part


def _conda_package(
    name: str, version: str | None, place: str, hashes: Table | None, size: int | None, location: LockLocation
) -> CondaPackage | Skip:
    """Return an archive of conda's, or why it is not to be read.

    Args:
        name: The package's.
        version: Its version, if the lock gives it.
        place: Its URL or path, as the lock has it; empty if it does not say.
        hashes: The table with its hashes, if there is one.
        size: Bytes, if they are known.
        location: Where the lock is.
    """
    shown = f"{name}=={version}" if version else name
    filename = filename_of(place)
    parsed = parse_filename(filename)
    if parsed is None:
        return Skip(shown, "conda", "the lock names no archive of it, which would list its files")
    file = location.of_url(place) if "://" in place or place.startswith("file:") else location.of_path(place)
    if file.refused:
        return Skip(shown, "refused", without_token(file.refused))
    sha256, md5 = (None, None) if hashes is None else (hashes.text("sha256"), hashes.text("md5"))
    return CondaPackage(filename, *parsed, file.url, _digest(sha256, 64), _digest(md5, 32), size, file.path)


def _digest(text: str | None, digits: int) -> str | None:
    lower = (text or "").lower()
    return lower if len(lower) == digits and set(lower) <= _HEX_DIGITS else None


def _pixi_wheel(url: str, about: Table | None, extras: Sequence[str], location: LockLocation) -> Locked:
    """Return what pixi installs from an index, a URL or a folder.

    Raises:
        QuestionError: The lock does not describe it, though it says that it is installed.
    """
    if about is None:
        raise QuestionError(f"{location.name} does not describe {without_credentials(url)}: it is damaged.")
    name = canonicalize_name(about.required("name"))
    version = about.text("version")
    place = url.removeprefix("direct+")
    asked = tuple(sorted(canonicalize_name(extra) for extra in extras))
    is_url = "://" in place
    filename = filename_of(place)
    if place.startswith(("git+", "hg+", "svn+")):
        origin = without_credentials(place)
        return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    if not is_url and not filename.lower().endswith((".whl", ".tar.gz", ".zip")):
        kind = folder_kind(own=location.is_root(place), editable=about.flag("editable"))
        return Locked(name=name, version=version, kind=kind, origin=place)
    file = locked_file(
        filename, location.of_url(place) if is_url else location.of_path(place), sha256=about.text("sha256")
    )
    return _of_file(name, version, file, asked, direct=url.startswith("direct+") or not is_url)


def _of_file(name: str, version: str | None, file: LockedFile, extras: tuple[str, ...], *, direct: bool) -> Locked:
    if file.filename.lower().endswith(".whl"):
        return Locked(name=name, version=version, wheels=(file,), direct=direct, extras=extras)
    return Locked(name=name, version=version, sources=(file,), direct=direct, extras=extras)


# -- conda-lock ----------------------------------------------------------------------------------------------


def read_conda_lock(document: Table, location: LockLocation) -> CondaLock:
    """Read a ``conda-lock.yml``, version 1. Its categories are groups; ``main`` is always installed.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of another version.
    """
    version = document.text("version") or ""
    if version != "1":
        raise QuestionError(f"{location.name} is of version {version}; only 1 is known.")
    sets: dict[str, dict[str, _Set]] = {}
    for table in document.tables("package"):
        by_platform = sets.setdefault(table.text("category") or _MAIN, {})
        part = by_platform.setdefault(table.required("platform"), _Set())
        name = table.required("name")
        if table.text("manager") != "pip":
            listed, place = table.text("version"), table.text("url") or ""
            part.add_conda(name, listed, _conda_package(name, listed, place, table.table("hash"), None, location))
            continue
        url = table.required("url")
        file = locked_file(filename_of(url), location.of_url(url), sha256=table.table("hash").text("sha256"))
        part.packages.append(_of_file(canonicalize_name(name), table.text("version"), file, (), direct=False))
    sets.setdefault(_MAIN, {})
    for by_platform in sets.values():  # what a category does not have for a platform is nothing, and no gap
        for platform in sets[_MAIN]:
            by_platform.setdefault(platform, _Set())
    return CondaLock(location, sets, default=_MAIN, adds=True)


# -- environment.yml -----------------------------------------------------------------------------------------


class PipSection:
    """The ``pip`` section of an ``environment.yml``.

    Attributes:
        text: Its lines, as a requirements file; paths in it are absolute.
        conda: conda's own dependencies, not compared.
    """

    def __init__(self, text: bytes, conda: Sequence[Skip]) -> None:
        self.text = text
        self.conda = conda


_RELATIVE = re.compile(r"(-[rce]|--requirement|--constraint|--editable)([ =]?)(?=\S)")


def pip_section(document: Table, folder: Path, name: str) -> PipSection:
    """Return what an ``environment.yml`` asks pip for.

    Args:
        document: The whole file.
        folder: Its folder, which paths in the section start from.
        name: The file's name, for messages.

    Raises:
        QuestionError: It is damaged, or there is no such section.
    """
    dependencies = document.values.get("dependencies")
    if not isinstance(dependencies, list):
        raise QuestionError(f"{name}: dependencies is no list.")
    lines: list[str] | None = None
    conda: list[Skip] = []
    for entry in dependencies:
        if isinstance(entry, dict):
            section = entry.get("pip", [])
            if not isinstance(section, list) or not all(isinstance(line, str) for line in section):
                raise QuestionError(f"{name}: its pip section is no list of requirements.")
            lines = [*(lines or []), *(_absolute(line, folder) for line in section)]
        elif isinstance(entry, str):
            conda.append(conda_skip(entry, None))
    if not lines:
        raise QuestionError(f"{name} has no pip section: nothing in it is installed from a wheel.")
    return PipSection("\n".join([*lines, ""]).encode(), conda)


def _absolute(line: str, folder: Path) -> str:
    """Return a line of a requirements file that names files as seen from anywhere."""
    option = _RELATIVE.match(line)
    if option is not None and "://" not in line:
        return f"{option[1]} {folder / line[option.end() :].strip()}"
    if line.startswith(("./", "../", ".\\", "..\\")) or line == ".":
        return str(folder / line)
    return line
