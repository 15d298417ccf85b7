"""What pip, uv and conda print of an environment as JSON: ``pip list``, ``pip inspect`` and ``conda list``.

``pip list --format json`` and ``uv pip list --format json`` are lists of names and versions; so is ``conda list
--json``, where a channel says what is conda's. ``pip inspect`` (version "1") adds the metadata of each distribution,
where it came from (PEP 610), and the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.http.urls import without_credentials
from wheelclash.locks.listing import ListedSet, conda_skip, release
from wheelclash.locks.location import filename_of
from wheelclash.locks.package import Locked, folder_kind, locked_file
from wheelclash.locks.pip_report import target_of_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.locks.document import Table
    from wheelclash.locks.location import LockLocation
    from wheelclash.resolve.selection import Release

__all__ = ["read_inspection", "read_list"]

_FROM_FOLDER = "installed from its folder, so that edits show"


def read_list(entries: Sequence[Table], location: LockLocation) -> ListedSet:
    """Read ``pip list --format json``, ``uv pip list --format json`` or ``conda list --json``.

    Args:
        entries: The list.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or lists something else.
    """
    releases: list[Release | Skip] = []
    not_compared: list[Skip] = []
    for entry in entries:
        name, version = entry.required("name"), entry.text("version")
        channel = entry.text("channel")
        if entry.text("editable_project_location"):
            not_compared.append(Skip(f"{name}=={version}" if version else name, "editable", _FROM_FOLDER))
        elif channel is not None and channel != "pypi":
            not_compared.append(conda_skip(name, version))
        else:
            releases.append(release(name, version))
    return ListedSet(location.name, releases, not_compared=not_compared)


def read_inspection(document: Table, location: LockLocation) -> ListedSet:
    """Read what ``pip inspect`` printed.

    Args:
        document: The whole of it.
        location: Where it is.

    Raises:
        QuestionError: It is damaged, or of a version that is not "1".
    """
    if document.values.get("version") != "1":
        raise QuestionError(
            f'{location.name} is of version {document.values.get("version")!r}; only version "1" of pip inspect is'
            " known."
        )
    releases: list[Release | Skip] = []
    packages: list[Locked] = []
    not_compared: list[Skip] = []
    roots: list[str] = []
    for entry in document.tables("installed"):
        metadata = entry.table("metadata")
        name, version = metadata.required("name"), metadata.required("version")
        if entry.flag("requested"):
            roots.append(canonicalize_name(name))
        if "direct_url" in entry:
            packages.append(_direct(name, version, entry.table("direct_url"), location))
        elif entry.text("installer") == "conda":
            not_compared.append(conda_skip(name, version))
        else:
            releases.append(release(name, version))
    target = target_of_report(document.table("environment"))
    return ListedSet(
        location.name,
        releases,
        packages=packages,
        not_compared=not_compared,
        roots=roots,
        targets=[] if target is None else [target],
    )


def _direct(name: str, version: str, direct: Table, location: LockLocation) -> Locked:
    """Return what was installed by URL (PEP 610)."""
    name, url = canonicalize_name(name), direct.required("url")
    origin = without_credentials(url)
    if "dir_info" in direct:
        kind = folder_kind(own=False, editable=direct.table("dir_info").flag("editable"))
        return Locked(name=name, version=version, kind=kind, origin=origin, direct=True)
    if "vcs_info" in direct:
        return Locked(name=name, version=version, kind="not-a-wheel", origin=origin, direct=True)
    hashes = direct.table("archive_info").table("hashes")
    file = locked_file(filename_of(url), location.of_url(url), sha256=hashes.text("sha256"))
    if file.filename.lower().endswith(".whl"):
        return Locked(name=name, version=version, wheels=(file,), origin=origin, direct=True)
    return Locked(name=name, version=version, kind="not-a-wheel", sources=(file,), origin=origin, direct=True)
