"""The report as values: the names and meanings that programs rely on.

Plain frozen dataclasses, written with the standard :mod:`json`; the published schema and validation are made from the
same classes (:mod:`wheelclash.report.schema`). Changing a name here changes the contract: ``SCHEMA_VERSION``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence  # noqa: TC003  (pydantic reads these annotations at run time)
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from wheelclash.core.contents import Evidence  # noqa: TC001
from wheelclash.core.diagnosis import State  # noqa: TC001
from wheelclash.core.disk import Intact  # noqa: TC001
from wheelclash.core.layout import Root  # noqa: TC001
from wheelclash.core.overlap import Kind, Severity  # noqa: TC001
from wheelclash.core.plan import Strategy  # noqa: TC001
from wheelclash.core.role import Role  # noqa: TC001
from wheelclash.installers import InstallerName  # noqa: TC001
from wheelclash.report.into import IntoReport, LostReport  # noqa: TC001
from wheelclash.report.written import Written
from wheelclash.validation import choice, flag

TYPE_CHECKING = False  # typing's constant; pydantic evaluates this module's annotations, but those of methods
if TYPE_CHECKING:
    from wheelclash.http.policy import Traffic
    from wheelclash.report.lines import Line

__all__ = [
    "SCHEMA_VERSION",
    "DiagnosedDistribution",
    "DiagnosedOverlap",
    "DiagnosisReport",
    "DistributionReport",
    "FindingReport",
    "IntactReport",
    "NativeReport",
    "NeedReport",
    "OverlapReport",
    "OwnerReport",
    "Reading",
    "RefusalReport",
    "RemedyReport",
    "Report",
    "SkipReport",
    "StepReport",
    "Summary",
    "TargetReport",
    "Tool",
    "UninstallReport",
    "UnmetReport",
    "WheelReport",
    "check_exit_options",
]

SCHEMA_VERSION = 2

FailOn = Literal["error", "warning", "notice", "never"]


def check_exit_options(fail_on: FailOn, allow_incomplete: bool) -> None:  # noqa: FBT001
    """Raise TypeError or QuestionError unless the options of ``exit_code`` have values they can have."""
    choice("fail_on", fail_on, get_args(FailOn))
    flag("allow_incomplete", allow_incomplete)


@dataclass(frozen=True, slots=True)
class Tool:
    """What wrote the report."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A target: for what the wheels were chosen; ``python`` is the interpreter it was read from, if it was."""

    python: str | None
    python_version: str
    implementation: str
    platform: str
    markers: Mapping[str, str]
    case_sensitive: bool


@dataclass(frozen=True, slots=True)
class WheelReport:
    """The file behind a distribution; ``url`` never holds credentials."""

    filename: str
    url: str
    sha256: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class FindingReport:
    """Something odd in a wheel; ``path`` is an archive path."""

    code: str
    path: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class DistributionReport:
    """A distribution of the set.

    Attributes:
        id: The wheel's file name, or the dist-info folder of what is installed; unique.
        name: Normalised.
        version: Normalised, local part included.
        index: Where it was found; None if it was named by path or URL, or is installed.
        wheel: The file; None of what is installed.
        files: How many files an installer writes, generated commands included; or has recorded, bytecode left out.
        targets: Indices into the report's targets.
        requires: Names it requires on the target, without extras.
        required_by: Names in the set that require it.
        through: The way from what was asked for to it, by name, both included: ``["nixl", "nixl-cu12"]``.
        evidence: How it was read: ``range``, ``full`` or ``local``; ``installed`` if it is not new.
        findings: What is odd about it.
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
    evidence: Evidence
    findings: Sequence[FindingReport]


@dataclass(frozen=True, slots=True)
class SkipReport:
    """Something that was not read, and why."""

    requirement: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class NeedReport:
    """A library that a native file needs.

    Attributes:
        name: As the file has it.
        place: ``search-path``, ``environment`` (where the loader does not look by itself), ``system``, ``driver``,
            ``nowhere`` or ``unknown``.
        folders: Those that hold it, within the environment.
    """

    name: str
    place: Literal["search-path", "environment", "system", "driver", "nowhere", "unknown"]
    folders: Sequence[str]


@dataclass(frozen=True, slots=True)
class NativeReport:
    """What an owner's version of a native file says of itself.

    Attributes:
        machine: As in platform tags; empty if not known.
        soname: The name the loader knows it by.
        needs: The libraries it needs, and where they are.
        unread: Why nothing is known of it; empty if it was read.
    """

    machine: str
    soname: str | None
    needs: Sequence[NeedReport]
    unread: str


@dataclass(frozen=True, slots=True)
class OwnerReport:
    """One owner's part in an overlap.

    Attributes:
        id: Of the distribution.
        distribution: Its name.
        path: Its own installed path, without the root (pairs differ in it).
        path_in_wheel: Archive path; None for a generated command or a path that is only recorded.
        sha256: Of the content, by RECORD; None if it gives none.
        size: Bytes; None for a generated command.
        content: Equal numbers are proven equal contents.
        native: What its version of a native file needs, where that was looked into.
    """

    id: str
    distribution: str
    path: str
    path_in_wheel: str | None
    sha256: str | None
    size: int | None
    content: int
    native: NativeReport | None = None


@dataclass(frozen=True, slots=True)
class OverlapReport:
    """An installed path, or a pair that cannot both stand, with two or more owners.

    ``why`` says of a native file what its owners' versions need and where that is; None where nobody looked.
    """

    root: Root
    path: str
    kind: Kind
    role: Role
    severity: Severity
    installers: Sequence[InstallerName]
    targets: Sequence[int]
    ignored: bool
    owners: Sequence[OwnerReport]
    why: str | None


def summary_key(name: str) -> str:
    """The JSON key of a field of :class:`Summary`: counts of a kind go by the name of the kind."""
    return name.replace("_", "-") if name in {"file_directory", "case_only"} else name


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts.

    Overlaps of severity ``none`` count nowhere; ignored ones count in ``overlaps``, ``ignored`` and by kind, not by
    severity. Files lost to a replacement, under whichever installer, count in ``lost`` and by severity. In JSON the
    kinds are spelt as kinds are: ``file-directory``, ``case-only``.
    """

    __pydantic_config__: ClassVar[Mapping[str, object]] = {"alias_generator": summary_key}

    overlaps: int = 0
    different: int = 0
    identical: int = 0
    unknown: int = 0
    file_directory: int = 0
    case_only: int = 0
    shadowed: int = 0
    errors: int = 0
    warnings: int = 0
    notices: int = 0
    ignored: int = 0
    lost: int = 0

    def at_or_above(self, fail_on: FailOn) -> int:
        """Return how many count for the exit code; with ``never`` none do."""
        counts = {
            "error": self.errors,
            "warning": self.errors + self.warnings,
            "notice": self.errors + self.warnings + self.notices,
            "never": 0,
        }
        return counts[fail_on]


@dataclass(frozen=True, slots=True)
class DiagnosedOverlap:
    """How one overlap ends under one installer; ``winner`` is a name, or None if it is nobody's or everybody's."""

    root: Root
    path: str
    kind: Kind
    state: State
    winner: str | None
    reason: str
    targets: Sequence[int]


@dataclass(frozen=True, slots=True)
class DiagnosedDistribution:
    """Whether a distribution is intact after the installation."""

    id: str
    name: str
    intact: Intact


@dataclass(frozen=True, slots=True)
class UninstallReport:
    """What uninstalling one distribution takes from the others.

    Attributes:
        distribution: Its name.
        loses: Names of others and how many files each loses. Of a set of very many not all are named.
        others: How many others lose files besides.
    """

    distribution: str
    loses: Mapping[str, int]
    others: int = 0


@dataclass(frozen=True, slots=True)
class DiagnosisReport:
    """What one command that installs the set leaves, under one installer."""

    overlaps: Sequence[DiagnosedOverlap]
    distributions: Sequence[DiagnosedDistribution]
    uninstall: Sequence[UninstallReport]
    lost: Sequence[LostReport] = ()


@dataclass(frozen=True, slots=True)
class RefusalReport:
    """A wheel that an installer refuses, and why; what is written of it by then counts as any other file.

    Attributes:
        installer: Which refuses it.
        id: Of the wheel.
        distribution: Its name.
        code: A word for the reason.
        path: The archive path or the command at fault; None if it is the wheel as a whole.
        reason: One sentence.
        targets: Indices into the report's targets.
    """

    installer: InstallerName
    id: str
    distribution: str
    code: str
    path: str | None
    reason: str
    targets: Sequence[int]


@dataclass(frozen=True, slots=True)
class IntactReport:
    """Whether a distribution is intact at some point."""

    distribution: str
    intact: Intact


@dataclass(frozen=True, slots=True)
class StepReport:
    """One command of a remedy: an argument list, why, and what state it leaves.

    ``leaves`` speaks of what is installed then, and only of the keepers and of what an overlap touches.
    """

    command: Sequence[str]
    why: str
    leaves: Sequence[IntactReport]


@dataclass(frozen=True, slots=True)
class UnmetReport:
    """A distribution that a remedy uninstalls although others require it."""

    distribution: str
    required_by: Sequence[str]


@dataclass(frozen=True, slots=True)
class RemedyReport:
    """A way to have the keepers intact.

    Attributes:
        keep: Names.
        strategy: ``avoid``, ``reinstall-keeper`` or ``remove-loser``.
        installer: Whose commands.
        steps: In order; none where it is best to leave things as they are.
        result: The state in the end, of the same distributions as in ``leaves``.
        undecided: How many errors and warnings it leaves as they are: the keepers own no part in them, and they are
            not settled on the way.
        unmet: What it uninstalls although something that stays requires it.
    """

    keep: Sequence[str]
    strategy: Strategy
    installer: InstallerName
    steps: Sequence[StepReport]
    result: Sequence[IntactReport]
    undecided: int
    unmet: Sequence[UnmetReport] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading cost. The only part that differs between equal questions."""

    index_requests: int = 0
    wheel_requests: int = 0
    member_requests: int = 0
    bytes: int = 0
    from_cache: int = 0

    @classmethod
    def of(cls, traffic: Traffic, from_cache: int = 0) -> Reading:
        """What one question cost: the counters of its own fetcher, and how many wheels were not read again."""
        return cls(traffic.index_requests, traffic.wheel_requests, traffic.member_requests, traffic.bytes, from_cache)


@dataclass(frozen=True, slots=True, repr=False)
class Report(Written):
    """The answer to one question."""

    schema_version: int
    tool: Tool
    complete: bool
    targets: Sequence[TargetReport]
    distributions: Sequence[DistributionReport]
    skipped: Sequence[SkipReport]
    not_compared: Sequence[SkipReport]
    overlaps: Sequence[OverlapReport]
    summary: Summary
    diagnosis: Mapping[InstallerName, DiagnosisReport]
    remedies: Sequence[RemedyReport]
    warnings: Sequence[str] = ()
    reading: Reading = field(default_factory=Reading)
    into: IntoReport | None = None
    refused: Sequence[RefusalReport] = ()
    without_remedies: Sequence[str] = ()

    @property
    def newcomers(self) -> list[DistributionReport]:
        """The distributions that are not installed yet."""
        return [each for each in self.distributions if each.evidence != "installed"]

    @property
    def answers(self) -> bool:
        """Whether enough could be read: two to clash, or one and an environment."""
        return len(self.newcomers) > (0 if self.into else 1)

    def exit_code(self, *, fail_on: FailOn = "error", allow_incomplete: bool = False) -> int:
        """The code the command exits with.

        Args:
            fail_on: The mildest severity that counts; ``never`` lets none count.
            allow_incomplete: Whether skips are no reason to fail.

        Returns:
            2 if too little could be read to answer; else 1 if something counts; else 3 if anything was skipped, or if
            an installer refuses a wheel, whatever is allowed; else 0.
        """
        check_exit_options(fail_on, allow_incomplete)
        if self.skipped and not self.answers:
            return 2
        if self.summary.at_or_above(fail_on):
            return 1
        return 3 if self.refused or (self.skipped and not allow_incomplete) else 0

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""
        from wheelclash.report.text import render

        return render(self, verbose=verbose)
