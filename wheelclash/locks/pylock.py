"""``pylock.toml`` (PEP 751), read by :mod:`packaging.pylock`.

The ``select`` of that module fails at the first package without a wheel; here each package is selected by itself, so
that such a package becomes a skip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.graph import Markers
from wheelclash.locks.location import FileLocation, filename_of
from wheelclash.locks.package import Locked, LockedFile, folder_kind, locked_file
from wheelclash.locks.project import Installation, ProjectLock
from wheelclash.target.inferred import python_allowed
from wheelclash.target.variants import label_of, without_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.pylock import Package, PackageArchive, PackageSdist, PackageWheel, Pylock

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.locks.project import LockRequest
    from wheelclash.target.target import Target

__all__ = ["PylockLock", "read"]


def read(document: Table, location: LockLocation) -> PylockLock:
    """Read a PEP 751 lock.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is not valid, or of a version that is not 1.
    """
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    values = dict(document.values)
    notes = []
    version = values.get("lock-version")
    if isinstance(version, str) and version.startswith("1.") and version != "1.0":
        notes.append(f"{location.name} is of version {version}; what that adds to 1.0 is not known here")
        values["lock-version"] = "1.0"  # packaging would log the same
    try:
        pylock = Pylock.from_dict(_without_labels(values))
    except PylockUnsupportedVersionError:
        raise QuestionError(f"{location.name} is of version {version}; only version 1 of PEP 751 is known.") from None
    except (PylockValidationError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionError(
            f"{location.name} is no valid lock file (PEP 751): {str(error).partition(chr(10))[0]}."
        ) from None
    markers = [package.get("marker") if isinstance(package, dict) else None for package in values.get("packages", [])]
    return PylockLock(
        pylock,
        [marker if isinstance(marker, str) else None for marker in markers],
        values.get("environments") or [],
        location,
        notes,
    )


def _without_labels(values: dict[str, Any]) -> dict[str, Any]:
    """Return a lock in which wheels with a variant label are named without it, as packaging takes no such names.

    Where they are is left as it is, and says the label.
    """
    packages = values.get("packages")
    if not isinstance(packages, list):
        return values
    named = [
        package | {"wheels": [_named_without_label(wheel) for wheel in package["wheels"]]}
        if isinstance(package, dict) and isinstance(package.get("wheels"), list)
        else package
        for package in packages
    ]
    return values | {"packages": named}


def _named_without_label(wheel: Any) -> Any:
    if not isinstance(wheel, dict):
        return wheel
    filename = _named_by(wheel.get("path") or wheel.get("url"))
    return wheel if filename is None else wheel | {"name": without_label(filename)}


def _named_by(place: object) -> str | None:
    """Return the file name of a wheel with a variant label by where it is; None of every other file."""
    filename = filename_of(place) if isinstance(place, str) else ""
    return filename if filename.lower().endswith(".whl") and label_of(filename) is not None else None


class PylockLock(ProjectLock):
    """A PEP 751 lock; see :class:`wheelclash.locks.project.ProjectLock`."""

    def __init__(
        self,
        pylock: Pylock,
        markers: Sequence[str | None],
        environments: Sequence[str],
        location: LockLocation,
        notes: Sequence[str],
    ) -> None:
        requires_python = pylock.requires_python
        super().__init__(
            location,
            [_locked(package, location) for package in pylock.packages],
            requires_python=None if requires_python is None else str(requires_python),
            environments=environments,
            notes=notes,
        )
        self._pylock = pylock
        self._markers = markers

    def _known_extras(self) -> Sequence[str]:
        return self._pylock.extras or []

    def _known_groups(self) -> Sequence[str]:
        return self._pylock.dependency_groups or []

    def _default_groups(self) -> list[str]:
        return list(self._pylock.default_groups or [])

    def _install(self, target: Target, wanted: LockRequest) -> Installation:
        """Return the packages that apply: their markers hold.

        Raises:
            QuestionError: One of them is not for this Python.
        """
        markers = Markers(target, self._name)
        extras = [*wanted.extras, *wanted.every]
        selected = []
        for package, marker, locked in zip(self._pylock.packages, self._markers, self._packages, strict=True):
            if not markers.hold(marker, extras, wanted.groups):
                continue
            required = package.requires_python
            if required is not None and not python_allowed(str(required), target.python_version):
                raise QuestionError(
                    f"{self._name}: {locked.shown} is for Python {required}, not for {target.python_version}."
                )
            selected.append(locked)
        return Installation(selected)


def _locked(package: Package, location: LockLocation) -> Locked:
    version = None if package.version is None else str(package.version)
    index = location.index_url(package.index)
    if package.vcs is not None:
        origin = without_credentials(package.vcs.url or package.vcs.path or package.vcs.type)
        return Locked(name=package.name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    if package.directory is not None:
        path = package.directory.path
        is_own = location.is_root(path) and not package.directory.subdirectory
        kind = folder_kind(own=is_own, editable=bool(package.directory.editable))
        return Locked(name=package.name, version=version, kind=kind, origin=path, direct=True)
    if package.archive is not None:
        return _archive(package, package.archive, version, location)
    sources = () if package.sdist is None else (_file(package.sdist, location),)
    wheels = tuple(_file(wheel, location) for wheel in package.wheels or [])
    return Locked(name=package.name, version=version, wheels=wheels, sources=sources, registry=index)


def _archive(package: Package, archive: PackageArchive, version: str | None, location: LockLocation) -> Locked:
    """Return a file that the lock names directly: a wheel, or something to be built."""
    filename = filename_of(archive.url or archive.path or "")
    origin = without_credentials(archive.url or archive.path or "")
    file = locked_file(
        filename, _place(archive.url, archive.path, location), sha256=archive.hashes.get("sha256"), size=archive.size
    )
    if filename.lower().endswith(".whl") and not archive.subdirectory:
        return Locked(name=package.name, version=version, wheels=(file,), origin=origin, direct=True)
    sources = () if archive.subdirectory else (file,)
    return Locked(name=package.name, version=version, kind="not-a-wheel", sources=sources, origin=origin, direct=True)


def _file(file: PackageWheel | PackageSdist, location: LockLocation) -> LockedFile:
    size = file.size if file.size is not None and file.size >= 0 else None
    named = _named_by(file.path or file.url)
    return locked_file(
        file.filename if named is None else named,
        _place(file.url, file.path, location),
        sha256=file.hashes.get("sha256"),
        size=size,
    )


def _place(url: str | None, path: str | None, location: LockLocation) -> FileLocation:
    """Return where a file is; of a URL and a path (PEP 751 lets a tool choose) the path if the file is there."""
    if path:
        file = location.of_path(path)
        if not url or (not file.refused and file.path is not None and file.path.is_file()):
            return file
    return location.of_url(url or "")
