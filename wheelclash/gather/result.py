"""What would be installed on each target, before any wheel is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wheelclash.closure import ReleaseMetadata
    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.distribution import Candidate, Skip
    from wheelclash.index.settings import IndexSettings
    from wheelclash.target.target import Target

__all__ = ["Gathered", "TargetSet"]


class TargetSet(NamedTuple):
    """What would be installed on one target.

    Attributes:
        target: The target.
        candidates: One wheel for each distribution.
        skipped: What could have been read, and cannot.
        not_compared: What is never to be read.
        roots: Names asked for, as opposed to pulled in.
        pulled: Names that only the resolution of requirements brought, and no file lists.
        resolved: Names of all that uv chose.
        conda: conda's packages, which are installed before the wheels.
        resolve_again: Returns what uv resolves if releases require something else, as wheel variants may; None where
            nothing was resolved.
        previous: Releases that candidates of the same name are compared with; they are not installed.
    """

    target: Target
    candidates: Sequence[Candidate]
    skipped: Sequence[Skip]
    not_compared: Sequence[Skip]
    roots: Sequence[str]
    pulled: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()
    resolve_again: Callable[[Sequence[ReleaseMetadata]], Sequence[Candidate]] | None = None
    conda: Sequence[CondaPackage] = ()
    previous: Sequence[Candidate] = ()


class Gathered(NamedTuple):
    """Everything that was asked for.

    Attributes:
        sets: One for each target.
        settings: Where indexes were looked for.
        notes: Sentences for people.
        whole: Arguments by which an installer is asked for all of it, such as ``-r requirements.txt``; empty if the
            wheels must be named.
        beside: Names of siblings that were found, and not named: what they have among each other is not in question.
    """

    sets: Sequence[TargetSet]
    settings: IndexSettings
    notes: Sequence[str]
    whole: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()
