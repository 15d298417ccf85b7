"""``Pipfile.lock`` of pipenv (``pipfile-spec`` 6): names, versions and hashes, in categories.

The settings' own index is asked in the place of its first source, the default index; a package of another source is
looked up there alone. Files are known by their sha256.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.document import Table, choose_names
from wheelclash.locks.graph import Markers
from wheelclash.locks.listing import release
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, folder_kind, locked_file, select_wheels
from wheelclash.resolve.selection import Release
from wheelclash.target.inferred import targets_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.locks.location import LockLocation
    from wheelclash.resolve.selection import Selection
    from wheelclash.target.target import Target

__all__ = ["PipfileLock", "read"]

_DEFAULT = "default"
_REPOSITORIES = ("git", "hg", "svn", "bzr")
_PINS = ("version", "file", "path", *_REPOSITORIES, "ref")


def read(document: Table, location: LockLocation) -> PipfileLock:
    """Read a ``Pipfile.lock``.

    Args:
        document: The whole file.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of a specification that is not 6.
    """
    specification = document.table("_meta").values.get("pipfile-spec")
    if specification != 6:  # noqa: PLR2004 - the number that pipenv writes
        raise QuestionError(f"{location.name} is of pipfile-spec {specification!r}; only 6 is known.")
    return PipfileLock(document, location)


class PipfileLock:
    """A lock of pipenv; see :class:`wheelclash.resolve.selection.Lock`."""

    def __init__(self, document: Table, location: LockLocation) -> None:
        self._name = location.name
        self._location = location
        meta = document.table("_meta")
        requires = meta.table("requires")
        full = requires.text("python_full_version") or requires.text("python_version") or ""
        self._python = ".".join(full.split(".")[:2])
        sources = meta.tables("sources")
        self._indexes = {source.text("name"): location.index_url(source.text("url")) for source in sources[1:]}
        self._categories = {
            name: document.table(name)
            for name in document
            if name != "_meta" and isinstance(document.values[name], dict)
        }

    def targets(self) -> list[Target]:
        """Return the common platforms, for the Python that the lock requires; for every Python if it requires none."""
        return targets_among(
            (),
            allows=lambda version: not self._python or version.startswith(f"{self._python}."),
            admits=lambda _: True,
        )

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:  # noqa: ARG002 - all there are is none
        """See :meth:`wheelclash.resolve.selection.Lock.select`; categories other than the default one are groups."""
        if extras:
            raise QuestionError(
                f"{self._name} knows no extra {extras[0]!r}.", "Categories are groups: --group develop."
            )
        spelt: dict[str, str] = {canonicalize_name(name): name for name in self._categories if name != _DEFAULT}
        named = [spelt[name] for name in choose_names(groups, spelt, what="group", where=self._name)]
        markers = Markers(target, self._name)
        entries: dict[str, Release | Skip | Locked] = {}
        first: dict[str, tuple[str, Table]] = {}
        roots: list[str] = []
        for category in (_DEFAULT, *named):
            packages = self._categories.get(category, Table({}, ""))
            for name in packages:
                package = packages.table(name)
                if markers.hold(package.text("markers")):
                    key = canonicalize_name(name)
                    self._require_same(first.setdefault(key, (category, package)), (category, package), name)
                    entries.setdefault(key, self._entry(name, package))
                    roots += [key] if "index" in package else []
        notes = []
        if self._python not in {"", target.minor_version}:
            notes.append(f"{self._name} is for Python {self._python}, and is compared for {target.python_version}")
        files = select_wheels(
            [entry for entry in entries.values() if isinstance(entry, Locked)], target, roots=roots, notes=notes
        )
        return files._replace(
            releases=[entry for entry in entries.values() if isinstance(entry, Release)],
            skipped=[*files.skipped, *(entry for entry in entries.values() if isinstance(entry, Skip))],
        )

    def _require_same(self, first: tuple[str, Table], other: tuple[str, Table], name: str) -> None:
        """Refuse two pins of one project: pipenv installs a category after the other, and uninstalls the first pin.

        Raises:
            QuestionError: They are of two versions, files or commits.
        """
        if any(first[1].values.get(key) != other[1].values.get(key) for key in _PINS):
            raise QuestionError(
                f"{self._name} pins {name} twice: {_shown(first[1])} in {first[0]}, {_shown(other[1])} in {other[0]}.",
                "Choose fewer groups, or make the lock anew.",
            )

    def _entry(self, name: str, package: Table) -> Release | Skip | Locked:
        key = canonicalize_name(name)
        version = (package.text("version") or "").removeprefix("==") or None
        for repository in _REPOSITORIES:
            if repository in package:
                origin = without_credentials(package.required(repository))
                return Locked(name=key, version=version, kind="not-a-wheel", origin=origin, direct=True)
        path, file = package.text("path"), package.text("file")
        place = path or file
        if place is None:
            hashes = [text.removeprefix("sha256:") for text in package.texts("hashes") if text.startswith("sha256:")]
            return release(
                name,
                version,
                extras=package.texts("extras"),
                index=self._indexes.get(package.text("index")),
                hashes=hashes,
            )
        if not place.lower().endswith((".whl", ".tar.gz", ".zip")):
            is_own = path is not None and self._location.is_root(path)
            kind = folder_kind(own=is_own, editable=package.flag("editable"))
            return Locked(name=key, version=version, kind=kind, origin=place)
        location = self._location.of_url(place) if "://" in place else self._location.of_path(place)
        origin = without_credentials(place)
        archive = locked_file(filename_of(place), location)
        if archive.filename.lower().endswith(".whl"):
            return Locked(name=key, version=version, wheels=(archive,), origin=origin, direct=True)
        return Locked(name=key, version=version, kind="not-a-wheel", sources=(archive,), origin=origin, direct=True)


def _shown(package: Table) -> str:
    """Return what an entry pins, for a message."""
    return without_credentials(" ".join(str(package.values[key]) for key in _PINS if key in package)) or "any version"
