"""The wheels that a description of a set selects for one target, and what is left out of the comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.distribution import Candidate, Skip
    from wheelclash.resolve.requirement import Asked
    from wheelclash.target.target import Target

__all__ = ["Lock", "Release", "Selection", "Unlocated", "distinct"]


@dataclass(frozen=True, slots=True)
class Unlocated:
    """A wheel that a lock names without saying where it is; the index knows, by file name and hash.

    Attributes:
        candidate: The wheel; its ``url`` is empty.
        index: The index the lock names for it, without credentials, or None for the settings' own.
    """

    candidate: Candidate
    index: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release that a list names without its files; the index knows which wheel of it the target takes.

    Attributes:
        asked: The release as a requirement that pins it.
        index: The one index to ask, without credentials, or None for the settings' own.
        hashes: The sha256 of the files that may be taken; empty for any.
    """

    asked: Asked
    index: str | None = None
    hashes: frozenset[str] = frozenset()


class Selection(NamedTuple):
    """What would be installed on one target.

    Attributes:
        candidates: One wheel for each distribution, its place known.
        unlocated: Wheels that an index must be asked the place of.
        skipped: What has no wheel for the target, and the like: could have been read, was not.
        not_compared: The project itself, editable and local-directory sources, workspace members.
        roots: Normalised names that were asked for, as opposed to pulled in; empty if the description does not say.
        notes: Sentences for people.
        conda: conda's packages, which are installed before the wheels.
        releases: Releases that an index must be asked the wheels of.
        previous: Releases that others of the set are compared with, and that are no members of it.
    """

    candidates: Sequence[Candidate] = ()
    unlocated: Sequence[Unlocated] = ()
    skipped: Sequence[Skip] = ()
    not_compared: Sequence[Skip] = ()
    roots: Sequence[str] = ()
    notes: Sequence[str] = ()
    releases: Sequence[Release] = ()
    conda: Sequence[CondaPackage] = ()
    previous: Sequence[Candidate] = ()


class Lock(Protocol):
    """A set that was resolved before: a lock file or an installation report."""

    def targets(self) -> Sequence[Target]:
        """Return the targets the set is meant for, for ``--all-targets``.

        CPython minors within its requires-python, times the platform families among its wheels' tags, less what it
        excludes itself.
        """

    def select(self, target: Target, *, extras: Sequence[str], all_extras: bool, groups: Sequence[str]) -> Selection:
        """Return what would be installed on ``target``.

        Args:
            target: Decides markers and tags.
            extras: Extras of the project to install as well.
            all_extras: All of them.
            groups: Dependency groups to install besides the default ones.

        Raises:
            QuestionError: An extra or group does not exist, or they conflict by the lock's own word.
        """


def _are_alternatives(before: Candidate, candidate: Candidate) -> bool:
    """Return whether two wheels that were named directly are wheel variants of one release, and not both the same."""
    is_direct = before.direct and candidate.direct and before.version == candidate.version
    return is_direct and candidate.variant not in {wheel.variant for wheel in before.wheels}


def distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return each wheel once; the extras asked for in several places put together.

    Raises:
        QuestionError: Two wheels of one project.
    """
    by_name: dict[str, Candidate] = {}
    for candidate in candidates:
        before = by_name.setdefault(candidate.name, candidate)
        if _are_alternatives(before, candidate):
            by_name[candidate.name] = replace(before, alternatives=(*before.alternatives, candidate))
            continue
        if (before.filename, before.direct and before.url) != (candidate.filename, candidate.direct and candidate.url):
            raise QuestionError(
                f"{before.requested} and {candidate.requested} are two wheels of one project"
                f" ({before.filename}, {candidate.filename}).",
                "An environment holds one of them; compare each with the rest in a run of its own.",
            )
        extras = tuple(sorted({*before.extras, *candidate.extras}))
        by_name[candidate.name] = replace(before, extras=extras)
    return list(by_name.values())
