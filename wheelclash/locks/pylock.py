"""``pylock.toml`` (PEP 751), read by :mod:`packaging.pylock`.

Its own ``select`` gives up at the first package without a wheel; here the packages are gone through one by one, so
that such a package becomes a skip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.locks.document import chosen
from wheelclash.locks.graph import Markers
from wheelclash.locks.location import Place, filename_of
from wheelclash.locks.package import Locked, LockedWheel, folder_kind, locked_wheel, select_wheels, uninstallable
from wheelclash.target.inferred import python_allowed, targets_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.pylock import Package, PackageArchive, PackageWheel, Pylock

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import Places
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["PylockLock", "read"]


def read(document: Table, what: str, places: Places) -> PylockLock:
    """Read a PEP 751 lock.

    Args:
        document: The whole file.
        what: Its name, for messages.
        places: Where its files are.

    Raises:
        QuestionError: It is not valid, or of a version that is not 1.
    """
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    values = dict(document.values)
    notes = []
    version = values.get("lock-version")
    if isinstance(version, str) and version.startswith("1.") and version != "1.0":
        notes.append(f"{what} is of version {version}; what that adds to 1.0 is not known here")
        values["lock-version"] = "1.0"  # packaging would log the same
    try:
        pylock = Pylock.from_dict(values)
    except PylockUnsupportedVersionError:
        raise QuestionError(f"{what} is of version {version}; only version 1 of PEP 751 is known.") from None
    except (PylockValidationError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise QuestionError(f"{what} is no valid lock file (PEP 751): {str(error).partition(chr(10))[0]}.") from None
    markers = [each.get("marker") if isinstance(each, dict) else None for each in values.get("packages", [])]
    environments = values.get("environments") or []
    return PylockLock(
        pylock, [each if isinstance(each, str) else None for each in markers], environments, what, places, notes
    )


class PylockLock:
    """A PEP 751 lock; see :class:`wheelclash.resolve.selection.Lock`."""

    def __init__(
        self,
        pylock: Pylock,
        markers: Sequence[str | None],
        environments: Sequence[str],
        what: str,
        places: Places,
        notes: Sequence[str],
    ) -> None:
        self._pylock = pylock
        self._markers = markers
        self._environments = environments
        self._what = what
        self._notes = notes
        self._packages = [_locked(each, places) for each in pylock.packages]

    def targets(self) -> list[Target]:
        """As the protocol says."""
        return targets_among(
            (wheel.filename for package in self._packages for wheel in package.wheels),
            allows=self._allows,
            admits=lambda target: (
                self._in_environments(Markers(target, self._what))
                and not uninstallable(self._selected(target, [], self._default_groups()), target)
            ),
        )

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:
        """As the protocol says."""
        lock = self._pylock
        known = lock.extras or []
        wanted = known if all_extras else chosen(extras, known, what="extra", where=self._what)
        named = chosen(groups, lock.dependency_groups or [], what="group", where=self._what)
        if not self._allows(target.python_version):
            raise QuestionError(
                f"{self._what} is for Python {lock.requires_python}, not for {target.python_version}.",
                "Give --python-version.",
            )
        if not self._in_environments(Markers(target, self._what)):
            raise QuestionError(
                f"{self._what} is for other environments than {target.minor_version} on {target.platform}: "
                f"{'; '.join(self._environments[:3])}."
            )
        packages = self._selected(target, list(wanted), [*self._default_groups(), *named])
        return select_wheels(packages, target, notes=self._notes)

    def _default_groups(self) -> list[str]:
        return list(self._pylock.default_groups or [])

    def _allows(self, version: str) -> bool:
        specifier = self._pylock.requires_python
        return python_allowed(None if specifier is None else str(specifier), version)

    def _in_environments(self, markers: Markers) -> bool:
        return not self._environments or any(markers.hold(each) for each in self._environments)

    def _selected(self, target: Target, extras: Sequence[str], groups: Sequence[str]) -> list[Locked]:
        """The packages whose markers hold.

        Raises:
            QuestionError: One of them is not for this Python.
        """
        markers = Markers(target, self._what)
        found = []
        for package, marker, locked in zip(self._pylock.packages, self._markers, self._packages, strict=True):
            if not markers.hold(marker, extras, groups):
                continue
            required = package.requires_python
            if required is not None and not python_allowed(str(required), target.python_version):
                raise QuestionError(
                    f"{self._what}: {locked.shown} is for Python {required}, not for {target.python_version}."
                )
            found.append(locked)
        return found


def _locked(package: Package, places: Places) -> Locked:
    version = None if package.version is None else str(package.version)
    index = places.index(package.index)
    if package.vcs is not None:
        origin = places.shown(package.vcs.url or package.vcs.path or package.vcs.type)
        return Locked(name=package.name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    if package.directory is not None:
        path = package.directory.path
        own = places.is_root(path) and not package.directory.subdirectory
        kind = folder_kind(own=own, editable=bool(package.directory.editable))
        return Locked(name=package.name, version=version, kind=kind, origin=path, direct=True)
    if package.archive is not None:
        return _archive(package, package.archive, version, places)
    sources = () if package.sdist is None else (package.sdist.filename,)
    wheels = tuple(_wheel(each, places) for each in package.wheels or [])
    return Locked(name=package.name, version=version, wheels=wheels, sources=sources, registry=index)


def _archive(package: Package, archive: PackageArchive, version: str | None, places: Places) -> Locked:
    """A file named directly: a wheel, or something to be built."""
    filename = filename_of(archive.url or archive.path or "")
    origin = places.shown(archive.url or archive.path or "")
    if not filename.lower().endswith(".whl") or archive.subdirectory:
        return Locked(name=package.name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    wheel = locked_wheel(
        filename, _place(archive.url, archive.path, places), sha256=archive.hashes.get("sha256"), size=archive.size
    )
    return Locked(name=package.name, version=version, wheels=(wheel,), origin=origin, direct=True)


def _wheel(wheel: PackageWheel, places: Places) -> LockedWheel:
    size = wheel.size if wheel.size is not None and wheel.size >= 0 else None
    return locked_wheel(
        wheel.filename, _place(wheel.url, wheel.path, places), sha256=wheel.hashes.get("sha256"), size=size
    )


def _place(url: str | None, path: str | None, places: Places) -> Place:
    """Both may be given; PEP 751 lets a tool choose, and a path needs no network."""
    if path:
        found = places.of_path(path)
        if not url or (not found.refused and found.path is not None and found.path.is_file()):
            return found
    return places.of_url(url or "")
