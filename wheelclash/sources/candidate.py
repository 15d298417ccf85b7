"""What choosing yields: a candidate wheel, or a skip with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Candidate", "Choice", "Newer", "Skip"]


class Newer(NamedTuple):
    """A release that is newer than the one that was chosen.

    Attributes:
        version: Normalised.
        reason: Why it was not chosen, one clause.
    """

    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One wheel that would be installed.

    Attributes:
        filename: Wheel file name (PEP 427), unquoted.
        name: Normalised distribution name (PEP 503).
        version: Normalised version (PEP 440), local part included.
        url: Where it is, without credentials: ``http(s)://`` or ``file://``.
        index: The index or find-links location that served it, without credentials; None if it was named directly.
        sha256: Hex digest the index gave, or None.
        size: Bytes, as the index gave it (PEP 700), or None.
        core_metadata_sha256: Hex digest of METADATA (PEP 714), or None.
        requested: The requirement or path that asked for it, for messages, without credentials.
        direct: True if it was named by path or URL; printed commands then name it the same way.
        extras: Extras asked for, normalised and sorted.
        path: The local file, if it is one.
        newer: The newest release that the requirement allows, if that is another, and why it was not chosen.
    """

    filename: str
    name: str
    version: str
    url: str
    index: str | None
    sha256: str | None
    size: int | None
    requested: str
    core_metadata_sha256: str | None = None
    direct: bool = False
    extras: tuple[str, ...] = ()
    path: Path | None = None
    newer: Newer | None = None


class Skip(NamedTuple):
    """A requirement for which nothing could be read, and why. A result, not an exception.

    Attributes:
        requirement: What was asked for, without credentials.
        code: ``not-found``, ``no-wheel``, ``unreadable``, ``unreachable``, ``unauthorized``, … (see docs/cli.md).
        reason: One sentence for people.
        near: Names that were perhaps meant.
    """

    requirement: str
    code: str
    reason: str
    near: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The normalised name of what was asked for, or the empty string where that does not say."""
        if self.requirement.lower().endswith(".whl"):
            return canonicalize_name(re.split(r"[/\\]", self.requirement)[-1].partition("-")[0])
        match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", self.requirement)
        return "" if match is None else canonicalize_name(match[1])


Choice: TypeAlias = Candidate | Skip
