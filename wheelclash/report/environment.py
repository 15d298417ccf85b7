"""The report of an environment as values: the names of the report of wheels, and what is only true of a disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (pydantic reads these annotations at run time)
from dataclasses import dataclass, field
from typing import Literal

from wheelclash.core.disk import Intact  # noqa: TC001
from wheelclash.core.layout import Root  # noqa: TC001
from wheelclash.core.overlap import Severity  # noqa: TC001
from wheelclash.environment.damage import DamageCode  # noqa: TC001
from wheelclash.report.model import (
    DiagnosisReport,
    FailOn,
    FindingReport,
    OverlapReport,
    Reading,
    RemedyReport,
    SkipReport,
    Summary,
    TargetReport,
    Tool,
    WheelReport,
    check_exit_options,
)
from wheelclash.report.written import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wheelclash.report.lines import Line

__all__ = [
    "ContestedReport",
    "DamageReport",
    "EnvironmentPart",
    "EnvironmentReport",
    "EnvironmentSummary",
    "HeldReport",
    "HiddenReport",
    "InstalledReport",
    "OnDiskReport",
]


@dataclass(frozen=True, slots=True)
class HiddenReport:
    """What an import does not find, because an earlier folder of the search path has it too.

    Attributes:
        what: ``distribution`` (another copy of it is found) or ``import`` (a name that other distributions have there).
        name: Its name.
        folder: The folder it lies in.
        owners: Of a distribution its version there; of a name the distributions that it belongs to there.
        by_folder, by_owners: The same of what is found instead.
    """

    what: Literal["distribution", "import"]
    name: str
    folder: str
    owners: Sequence[str]
    by_folder: str
    by_owners: Sequence[str]


@dataclass(frozen=True, slots=True)
class EnvironmentPart:
    """The environment.

    Attributes:
        prefix: Its folder.
        site_packages: Where its packages lie, links resolved.
        python: Its interpreter; None if none was asked.
        installer: What installed most of it, by INSTALLER; None if nothing says.
        verified: Whether every file was hashed, or only the contested ones.
        keep: Names of the keepers.
        hybrids: Sets of names of which some contested files are one's and some another's.
        command: The command that holds this state in CI, as an argument list; empty where nothing is contested or
            damaged.
        fix: The command that says what mends it, as an argument list; empty where nothing needs to be mended, or no
            interpreter is known.
        search_path: The folders that packages are imported from, in that order; empty if that is not known.
        hidden: What an import does not find, because an earlier one of them has it too.
    """

    prefix: str
    site_packages: Sequence[str]
    python: str | None
    installer: str | None
    verified: bool
    keep: Sequence[str]
    hybrids: Sequence[Sequence[str]]
    command: Sequence[str]
    fix: Sequence[str]
    search_path: Sequence[str] = ()
    hidden: Sequence[HiddenReport] = ()


@dataclass(frozen=True, slots=True)
class InstalledReport:
    """An installed distribution.

    Attributes:
        id: Its dist-info folder; unique.
        name: Normalised.
        version: As METADATA has it.
        index, wheel: Not known of what is installed: None.
        files: How many files it recorded, bytecode left out.
        targets: Always the first.
        requires: Names it requires on the target, without extras.
        required_by: Names in the environment that require it.
        through: Nobody asked for it: empty.
        evidence: ``installed``.
        findings: What is odd about its RECORD.
        installer: What INSTALLER says.
        intact: Whether every file it recorded is there with the recorded content, as far as was looked.
        damaged: Whether an error or a warning that is not ignored is about something it lost.
        overwritten_by: Names of those whose content stands in its place, and in how many files.
        missing: How many of its files are gone.
        changed: How many of its files hold what nobody recorded.
    """

    id: str
    name: str
    version: str
    index: str | None
    wheel: WheelReport | None
    files: int
    targets: Sequence[int]
    requires: Sequence[str]
    required_by: Sequence[str]
    through: Sequence[str]
    evidence: Literal["installed"]
    findings: Sequence[FindingReport]
    installer: str | None
    intact: Intact
    overwritten_by: Mapping[str, int]
    missing: int
    changed: int
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class OnDiskReport:
    """What is at a contested path.

    Attributes:
        state: ``present``, ``changed`` or ``missing``.
        matches: Names of those whose content it is.
    """

    state: Literal["present", "changed", "missing"]
    matches: Sequence[str]


@dataclass(frozen=True, slots=True)
class HeldReport(OnDiskReport):
    """What is at the path of an overlap.

    Attributes:
        losers: Names of those whose content it surely is not; of an owner that is in neither, RECORD gives no hash.
    """

    losers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ContestedReport(OverlapReport):
    """An overlap of an environment."""

    on_disk: HeldReport


@dataclass(frozen=True, slots=True)
class DamageReport:
    """Something wrong that is no contested file.

    Attributes:
        code: ``missing-file``, ``changed-file``, ``hybrid`` or ``leftover``.
        severity: How bad.
        distributions: Names of those it is about.
        root, path: The file, or the folder of a leftover; None for a hybrid.
        files: How many files.
    """

    code: DamageCode
    severity: Severity
    distributions: Sequence[str]
    root: Root | None
    path: str | None
    files: int


@dataclass(frozen=True, slots=True)
class EnvironmentSummary(Summary):
    """Counts; errors, warnings and notices include damage."""

    missing: int = 0
    changed: int = 0
    hybrids: int = 0
    leftovers: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class EnvironmentReport(Written):
    """What is on disk in one environment."""

    schema_version: int
    tool: Tool
    complete: bool
    environment: EnvironmentPart
    targets: Sequence[TargetReport]
    distributions: Sequence[InstalledReport]
    skipped: Sequence[SkipReport]
    not_compared: Sequence[SkipReport]
    overlaps: Sequence[ContestedReport]
    damage: Sequence[DamageReport]
    summary: EnvironmentSummary
    diagnosis: Mapping[str, DiagnosisReport] = field(default_factory=dict)
    remedies: Sequence[RemedyReport] = ()
    warnings: Sequence[str] = ()
    reading: Reading = field(default_factory=Reading)

    def exit_code(self, *, fail_on: FailOn = "error", allow_incomplete: bool = False) -> int:
        """The code the command exits with.

        Args:
            fail_on: The mildest severity that counts; ``never`` lets none count.
            allow_incomplete: Whether skips are no reason to fail.

        Returns:
            2 if nothing could be read; else 1 if something counts; else 3 if anything was skipped; else 0.
        """
        check_exit_options(fail_on, allow_incomplete)
        if self.skipped and not self.distributions:
            return 2
        if self.summary.at_or_above(fail_on):
            return 1
        return 3 if self.skipped and not allow_incomplete else 0

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""
        from wheelclash.report.environment_text import render

        return render(self, verbose=verbose)
