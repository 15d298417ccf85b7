"""What an overlap is, and how bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from wheelclash.installers import InstallerName
    from wheelclash.layout import InstalledFile, InstalledPath
    from wheelclash.role import Role

__all__ = ["KINDS", "SEVERITIES", "Kind", "Overlap", "Owner", "Severity", "severity_of"]

Kind = Literal["different", "identical", "unknown", "file-directory", "case-only", "shadowed"]
Severity = Literal["error", "warning", "notice", "none"]

KINDS: tuple[Kind, ...] = ("different", "identical", "unknown", "file-directory", "case-only", "shadowed")
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice", "none")
"""Gravest first."""

_BREAKS: frozenset[Role] = frozenset({"native", "module", "script", "metadata"})
_HARMLESS: frozenset[Role] = frozenset({"namespace-init", "bytecode"})


class Owner(NamedTuple):
    """One distribution's part in an overlap.

    Attributes:
        id: Id of the distribution.
        file: Its file, with its own installed path (pairs differ in it).
        content: Number of the content among the owners': equal numbers are proven equal.
        phantom: Its RECORD lists the path, its wheel has no such file: it writes nothing, but pip uninstalls it.
    """

    id: str
    file: InstalledFile
    content: int
    phantom: bool = False


class Overlap(NamedTuple):
    """A path, or a pair of paths that cannot both stand, with two or more owners.

    Attributes:
        path: The contested installed path; of a pair, the one that gives way (``file-directory``: the file;
            ``shadowed``: the file that is hidden; ``case-only``: the first in order, of files or of folders).
        kind: How the contents or the paths relate.
        role: What the file is for.
        severity: How bad it is.
        owners: Who, in the order of the set.
        installers: Names of the installers under which it exists.
    """

    path: InstalledPath
    kind: Kind
    role: Role
    severity: Severity
    owners: tuple[Owner, ...]
    installers: tuple[InstallerName, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The owners' ids."""
        return tuple(owner.id for owner in self.owners)

    @property
    def is_same_path(self) -> bool:
        """Whether the owners write one and the same path, rather than two that cannot both stand."""
        return self.kind in {"different", "identical", "unknown"}

    @property
    def is_one_file(self) -> bool:
        """Whether the owners write one file, though some file systems would make two of it."""
        return self.is_same_path or (self.kind == "case-only" and not self.is_folder)

    @property
    def is_folder(self) -> bool:
        """Whether it is about the name of a folder, which stays as it was made first."""
        return self.kind == "case-only" and all(owner.file.path != self.path for owner in self.owners)

    @property
    def is_clash(self) -> bool:
        """Whether something is or may be broken by it."""
        return self.severity in {"error", "warning"}

    @property
    def is_phantom(self) -> bool:
        """Whether somebody only claims the path without having the file."""
        return any(owner.phantom for owner in self.owners)


def severity_of(kind: Kind, role: Role) -> Severity:
    """The severity of several distributions writing one path with contents that relate like this."""
    if role in _HARMLESS:
        return "none"
    if kind == "identical":
        return "notice"
    return "error" if role in _BREAKS else "warning"
