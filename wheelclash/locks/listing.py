"""Lists of what is installed, or would be: names and versions; an index knows their wheels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.locks.package import select_wheels
from wheelclash.resolve.requirement import Asked
from wheelclash.resolve.selection import Release, Selection
from wheelclash.wording import plural, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.locks.package import Locked
    from wheelclash.target.target import Target

__all__ = ["CONDA", "ListedSet", "conda_skip", "release", "unread_conda"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_MOST_NAMED = 3
CONDA = "a conda package: nothing says which archive is meant"
"""Why a conda package of a list is not compared."""


def conda_skip(name: str, version: str | None) -> Skip:
    """Return that a package is conda's, by its name and version."""
    return Skip(f"{name}=={version}" if version else name, "conda", CONDA)


def unread_conda(not_compared: Iterable[Skip]) -> list[Skip]:
    """Return one skip for the conda packages among what is not compared: pip may write over their files.

    They are as much part of what is installed as wheels are, so that without them nothing is an all-clear.
    """
    names = list(dict.fromkeys(skip.requirement for skip in not_compared if skip.code == "conda"))
    if not names:
        return []
    what = plural(len(names), "conda package")
    reason = (
        f"{some(names, _MOST_NAMED)}: their files are not read, since nothing says which archives are meant; compare a"
        " lock of them (pixi lock, conda-lock), or what is installed (wheelclash env)"
    )
    return [Skip(what, "conda", reason)]


def release(
    name: str,
    version: str | None,
    *,
    extras: Iterable[str] = (),
    index: str | None = None,
    hashes: Iterable[str] = (),
) -> Release | Skip:
    """Return what an index is asked for, or why it cannot be.

    Args:
        name: The project, in any spelling.
        version: The version as it is spelt; None if there is none.
        extras: Extras that are installed with it.
        index: The one index that has it, without credentials; None for those of the settings.
        hashes: The sha256 of the files that may be taken, each a hex digest; empty for any.

    Returns:
        A release; or a skip: ``no-version``, or ``not-found`` for what is no name of a project.
    """
    if not _NAME.fullmatch(name):
        return Skip(name[:100], "not-found", "this is no name of a Python project")
    if not version:
        return Skip(name, "no-version", "it is listed without a version, so that no wheel of it can be chosen")
    try:
        specifier = SpecifierSet(f"=={Version(version)}")
    except InvalidVersion:
        try:
            specifier = SpecifierSet(f"==={version}")
        except InvalidSpecifier:
            return Skip(name, "no-version", f"it is listed with {version[:100]!r}, which is no version")
    asked = Asked(
        text=f"{name}=={version}",
        name=canonicalize_name(name),
        specifier=specifier,
        extras=tuple(sorted(canonicalize_name(extra) for extra in extras)),
    )
    return Release(asked, index, frozenset(hashes))


class ListedSet:
    """A list without markers, extras and groups; see :class:`wheelclash.resolve.selection.Lock`.

    Args:
        name: The file's name, for messages.
        entries: Releases, and what cannot be asked for.
        packages: What is installed from a file or folder of its own.
        not_compared: What is never to be read.
        roots: Normalised names that were asked for; empty if the list does not say.
        targets: The targets that the list was made for, if it says so.
        notes: Sentences for people.
    """

    def __init__(
        self,
        name: str,
        entries: Sequence[Release | Skip],
        *,
        packages: Sequence[Locked] = (),
        not_compared: Sequence[Skip] = (),
        roots: Sequence[str] = (),
        targets: Sequence[Target] = (),
        notes: Sequence[str] = (),
    ) -> None:
        self._name = name
        self._entries = entries
        self._packages = packages
        self._not_compared = not_compared
        self._roots = roots
        self._targets = targets
        self._notes = notes

    def targets(self) -> Sequence[Target]:
        """See :meth:`wheelclash.resolve.selection.Lock.targets`."""
        return self._targets

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:  # noqa: ARG002 - all there are is none
        """See :meth:`wheelclash.resolve.selection.Lock.select`; a list has no extras and no groups of its own."""
        for what, names in (("extra", extras), ("group", groups)):
            if names:
                raise QuestionError(f"{self._name} lists what is installed, and has no {what} {names[0]!r} to add.")
        files = select_wheels(self._packages, target, roots=self._roots, notes=self._notes)
        return files._replace(
            releases=[entry for entry in self._entries if isinstance(entry, Release)],
            skipped=[*files.skipped, *(entry for entry in self._entries if isinstance(entry, Skip))],
            not_compared=[*files.not_compared, *self._not_compared],
        )
