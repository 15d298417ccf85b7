"""What a report says of the environment that a set is to be installed into."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (pydantic reads these annotations at run time)
from dataclasses import dataclass
from typing import Literal

from wheelclash.core.diagnosis import State  # noqa: TC001
from wheelclash.core.layout import Root  # noqa: TC001
from wheelclash.core.overlap import Severity  # noqa: TC001
from wheelclash.core.role import Role  # noqa: TC001

__all__ = ["IntoReport", "LostReport", "ReplacedReport", "UnownedReport"]


@dataclass(frozen=True, slots=True)
class LostReport:
    """A file that is gone after the command, or cannot be written by it, because of an older release that is replaced.

    Attributes:
        root, path: The file.
        role: What it is for.
        severity: How bad it is.
        distribution: Name of the one that loses it.
        because: Name of the one whose older release is replaced.
        version: That older release.
        state: ``determined``: it is gone, since the older release had recorded it too; ``fails``: the command stops
            there, since the older release still has a folder where the file goes, or a file where its folder goes;
            ``undetermined``: that, if the order of the command is so.
        ignored: Whether the user knows of it.
        code: ``recorded``: the older release had recorded the file too; ``in-the-way``: it has a folder where the
            file goes, or a file where its folder goes.
    """

    root: Root
    path: str
    role: Role
    severity: Severity
    distribution: str
    because: str
    version: str
    state: State
    ignored: bool
    code: Literal["recorded", "in-the-way"] = "recorded"


@dataclass(frozen=True, slots=True)
class ReplacedReport:
    """An installed distribution that makes way: its dist-info folder, name and version, and the version that comes."""

    id: str
    name: str
    version: str
    by: str


@dataclass(frozen=True, slots=True)
class UnownedReport:
    """A file that no RECORD lists, and that is overwritten.

    Attributes:
        root, path: The file.
        role: What it is for.
        severity: ``warning``: what it is there for cannot be known.
        distribution: Name of the one that overwrites it.
    """

    root: Root
    path: str
    role: Role
    severity: Severity
    distribution: str


@dataclass(frozen=True, slots=True)
class IntoReport:
    """The environment that the set is to be installed into.

    Attributes:
        prefix: Its folder.
        site_packages: Where its packages lie, links resolved.
        python: Its interpreter.
        replaces: What makes way for another release.
        present: Names that were asked for and are there already, so that nothing is done about them.
        unowned: Files that no RECORD lists, and that are overwritten.
    """

    prefix: str
    site_packages: Sequence[str]
    python: str | None
    replaces: Sequence[ReplacedReport]
    present: Sequence[str]
    unowned: Sequence[UnownedReport] = ()
