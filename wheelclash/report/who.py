"""The report of ``who`` as values: whose a file or folder is, and whose content it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (pydantic reads these annotations at run time)
from dataclasses import dataclass

from wheelclash.core.diagnosis import State  # noqa: TC001
from wheelclash.core.layout import Root  # noqa: TC001
from wheelclash.core.overlap import Kind  # noqa: TC001
from wheelclash.core.query import Means, What  # noqa: TC001
from wheelclash.core.role import Role  # noqa: TC001
from wheelclash.installers import InstallerName  # noqa: TC001
from wheelclash.report.environment import OnDiskReport  # noqa: TC001
from wheelclash.report.model import SkipReport, TargetReport, Tool, check_exit_options
from wheelclash.report.written import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wheelclash.report.lines import Line

__all__ = ["AskedEnvironment", "BelowReport", "BesideReport", "EndReport", "FoundReport", "ShareReport", "WhoReport"]


@dataclass(frozen=True, slots=True)
class AskedEnvironment:
    """The environment: its folder, where its packages lie (links resolved), its interpreter if one was asked."""

    prefix: str
    site_packages: Sequence[str]
    python: str | None


@dataclass(frozen=True, slots=True)
class ShareReport:
    """An owner's part in a file or folder.

    Attributes:
        id: Of the distribution.
        distribution: Its name.
        version: Its version.
        not_compared: The skip code, if ``env`` does not compare it; else None.
        files: How many of the files are its own.
        contested: How many of these are others' too.
        held: How many of the contested ones hold its content; None in a set.
        missing: How many of its files are gone; None in a set.
        path_in_wheel: Of a file in a set: its archive path; None for a generated command.
        sha256: Of a file: the content it recorded; None if it gives none.
        size: Of a file: bytes.
        content: Of a file: equal numbers are proven equal contents.
    """

    id: str
    distribution: str
    version: str
    not_compared: str | None
    files: int
    contested: int
    held: int | None
    missing: int | None
    path_in_wheel: str | None
    sha256: str | None
    size: int | None
    content: int


@dataclass(frozen=True, slots=True)
class EndReport:
    """How some contested files of a set end under one installer; ``winner`` is a name, or None."""

    state: State
    winner: str | None
    reason: str
    files: int


@dataclass(frozen=True, slots=True)
class BesideReport:
    """Another file that cannot stand beside it; ``gives_way`` is whether the one asked for gives way to it."""

    kind: Kind
    root: Root
    path: str
    distribution: str
    gives_way: bool


@dataclass(frozen=True, slots=True)
class BelowReport:
    """A file below a folder that is not plainly one owner's: contested, gone, or nobody's.

    Attributes:
        root, path: The file.
        owners: Names.
        kind: None if it is not contested.
        on_disk: None in a set.
    """

    root: Root
    path: str
    owners: Sequence[str]
    kind: Kind | None
    on_disk: OnDiskReport | None


@dataclass(frozen=True, slots=True)
class FoundReport:
    """One thing that a PATH means.

    Attributes:
        asked: The PATH.
        meaning: As what it was understood: ``path``, ``import`` or ``command``.
        what: ``file`` or ``folder``.
        root, path: Where it is; the path of a root itself is empty.
        kind: How contents of a file's owners relate; None with fewer than two owners, and for a folder.
        role: What a file is for; None for a folder.
        source: The source of bytecode, root in front; else None.
        on_disk: What a file of an environment holds; None in a set, and for a folder.
        owners: By name; empty if nobody recorded it.
        files: How many different files they have in it.
        contested: How many of these have several owners.
        unowned: How many files are there that nobody recorded.
        installers: In a set: under which it exists.
        diagnosis: In a set: by installer, how what is contested ends.
        beside: Files that cannot stand beside it.
        below: Of a folder: the files that are not plainly one owner's.
    """

    asked: str
    meaning: Means
    what: What
    root: Root
    path: str
    kind: Kind | None
    role: Role | None
    source: str | None
    on_disk: OnDiskReport | None
    owners: Sequence[ShareReport]
    files: int
    contested: int
    unowned: int
    installers: Sequence[InstallerName]
    diagnosis: Mapping[InstallerName, Sequence[EndReport]]
    beside: Sequence[BesideReport]
    below: Sequence[BelowReport]

    @property
    def is_answered(self) -> bool:
        """Whether its owners are known, and whose content it has as far as RECORD can tell."""
        is_plain = self.on_disk is None or self.on_disk.state != "present" or self.role == "bytecode"
        return bool(self.owners) and (is_plain or bool(self.on_disk and self.on_disk.matches))


@dataclass(frozen=True, slots=True, repr=False)
class WhoReport(Written):
    """Whose some files and folders are, in an environment or in a set.

    Attributes:
        environment: None for a set.
        targets: One.
        asked: The PATHs.
        found: What they mean, in the order asked.
        searched: How many distributions could be read.
        warnings: Sentences for people.
    """

    schema_version: int
    tool: Tool
    complete: bool
    environment: AskedEnvironment | None
    targets: Sequence[TargetReport]
    asked: Sequence[str]
    found: Sequence[FoundReport]
    searched: int
    skipped: Sequence[SkipReport]
    not_compared: Sequence[SkipReport]
    warnings: Sequence[str] = ()

    def exit_code(self, *, allow_incomplete: bool = False) -> int:
        """The code the command exits with.

        Args:
            allow_incomplete: Whether skips are no reason to fail.

        Returns:
            2 if nothing could be read; 3 if something was skipped that may own what has no answer; else 0.
        """
        check_exit_options("error", allow_incomplete)
        if self.skipped and not self.searched:
            return 2
        known = {each.asked for each in self.found}
        answered = all(each.is_answered for each in self.found) and known.issuperset(self.asked)
        return 3 if self.skipped and not answered and not allow_incomplete else 0

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""
        from wheelclash.report.who_text import render

        return render(self, verbose=verbose)
