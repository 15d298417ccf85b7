"""Installation reports of ``pip install --dry-run --report``, version "1": the set pip would install, already chosen.

Every package has one file, that of the machine and Python the report was made for (``environment``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError, TargetError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, folder_kind, locked_file, select_wheels
from wheelclash.target.inferred import targets_among
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["PipReport", "read", "target_of_report"]

_PLATFORMS = {"linux": "manylinux_2_28_{machine}", "darwin": "macosx_13_0_{machine}", "win32": "{machine}"}
_MACHINES = {"AMD64": "win_amd64", "ARM64": "win_arm64", "x86": "win32"}
"""The platform tag of a machine, where all its wheels are for any platform."""


def read(document: Table, location: LockLocation) -> PipReport:
    """Read an installation report.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, no such report, or of a version that is not "1".
    """
    version = document.values.get("version")
    if "install" not in document:
        raise QuestionError(f"{location.name} is JSON, but no report of pip install --report.")
    if version != "1":
        raise QuestionError(f'{location.name} is of version {version!r}; only version "1" of pip\'s report is known.')
    return PipReport(document, location)


class PipReport:
    """A report of pip; see :class:`wheelclash.resolve.selection.Lock`."""

    def __init__(self, document: Table, location: LockLocation) -> None:
        self._name = location.name
        environment = document.table("environment")
        self._python = environment.text("python_full_version") or ""
        self._machine = (environment.text("sys_platform") or "", environment.text("platform_machine") or "")
        self._packages: list[Locked] = []
        self._roots: list[str] = []
        for table in document.tables("install"):
            package = _locked(table, location)
            self._packages.append(package)
            if table.flag("requested"):
                self._roots.append(package.name)

    def targets(self) -> list[Target]:
        """Return the target that the report was made for; none if it does not say enough of it."""
        platform = _platform(*self._machine)
        tagged = targets_among(
            (wheel.filename for package in self._packages for wheel in package.wheels),
            allows=lambda _: True,
            admits=lambda target: (target.markers["sys_platform"], target.markers["platform_machine"]) == self._machine,
        )
        target = _target(self._python, tagged[0].platform if tagged else platform)
        return [] if target is None else [target]

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:  # noqa: ARG002 - all there are is none
        """See :meth:`wheelclash.resolve.selection.Lock.select`; a report has no extras and no groups of its own."""
        for what, names in (("extra", extras), ("group", groups)):
            if names:
                raise QuestionError(
                    f"{self._name} is what pip would install, and has no {what} {names[0]!r} to add.",
                    "Ask pip for it when the report is made.",
                )
        notes = []
        if self._python.split(".")[:2] != target.python_version.split(".")[:2] or (
            self._machine[0] != target.markers["sys_platform"]
        ):
            notes.append(
                f"{self._name} was made for Python {self._python} on {self._machine[0]}, "
                f"and is compared for {target.python_version} on {target.platform}"
            )
        return select_wheels(self._packages, target, roots=self._roots, notes=notes)


def target_of_report(environment: Table) -> Target | None:
    """Return the target that pip's description of an environment is of; None if it does not say enough."""
    platform = _platform(environment.text("sys_platform") or "", environment.text("platform_machine") or "")
    return _target(environment.text("python_full_version") or "", platform)


def _platform(system: str, machine: str) -> str:
    return _PLATFORMS.get(system, "").format(machine=_MACHINES.get(machine, machine))


def _target(python: str, platform: str) -> Target | None:
    try:
        return target_for(python.partition("+")[0], platform)
    except TargetError:
        return None


def _locked(table: Table, location: LockLocation) -> Locked:
    metadata = table.table("metadata")
    name = canonicalize_name(metadata.required("name"))
    version = metadata.required("version")
    extras = tuple(sorted(canonicalize_name(extra) for extra in table.texts("requested_extras")))
    info = table.table("download_info")
    url = info.required("url")
    direct = table.flag("is_direct")
    origin = without_credentials(url)
    if "dir_info" in info:
        kind = folder_kind(own=False, editable=info.table("dir_info").flag("editable"))
        return Locked(name=name, version=version, kind=kind, origin=origin, direct=True)
    filename = filename_of(url)
    if "vcs_info" in info:
        return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    archive = info.table("archive_info")
    sha256 = archive.table("hashes").text("sha256") or _old_hash(archive)
    file = locked_file(filename, location.of_url(url), sha256=sha256)
    if filename.lower().endswith(".whl"):
        return Locked(name=name, version=version, wheels=(file,), origin=origin, direct=direct, extras=extras)
    return Locked(
        name=name,
        version=version,
        kind="not-a-wheel" if direct else "files",
        sources=() if info.text("subdirectory") else (file,),
        origin=origin,
        direct=direct,
        extras=extras,
    )


def _old_hash(archive: Table) -> str | None:
    """Return the digest of ``hash = "sha256=…"``, as pip wrote it before ``hashes``; None if there is none."""
    text = archive.text("hash") or ""
    return text.removeprefix("sha256=") if text.startswith("sha256=") else None
