"""The reports as values: the names and meanings that programs rely on.

Plain frozen dataclasses, written with the standard :mod:`json`; the published schema and validation are made from the
same classes (:mod:`wheelclash.report.schema`). Changing a name here changes the contract: ``SCHEMA_VERSION``.

There is one report for each question: :class:`Report` on a set of wheels, into an environment or not,
:class:`EnvironmentReport`, :class:`FixReport` and :class:`WhoReport`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from wheelclash.core.contents import Evidence
from wheelclash.core.diagnosis import Certainty
from wheelclash.core.disk import DiskState, Intact
from wheelclash.core.layout import Root
from wheelclash.core.overlap import Kind, Severity
from wheelclash.core.plan import ObstacleCode, RepairState, Strategy
from wheelclash.core.query import MatchKind, What
from wheelclash.core.releases import AdditionKind
from wheelclash.core.role import Role
from wheelclash.core.state import LossCode
from wheelclash.environment.damage import DamageCode
from wheelclash.installers import InstallerName
from wheelclash.validation import choice, flag

TYPE_CHECKING = False  # typing's constant; pydantic evaluates this module's annotations, but those of methods
if TYPE_CHECKING:
    import os
    from typing import Any

    from wheelclash.http.policy import Traffic
    from wheelclash.report.terminal import Line, Reader

__all__ = [
    "SCHEMA_VERSION",
    "AdditionReport",
    "AskedEnvironment",
    "BelowReport",
    "BesideReport",
    "ContestedReport",
    "DamageReport",
    "DiagnosedDistribution",
    "DiagnosedOverlap",
    "DiagnosisReport",
    "DistributionReport",
    "EndReport",
    "EnvironmentPart",
    "EnvironmentReport",
    "EnvironmentSummary",
    "FindingReport",
    "FixReport",
    "FoundReport",
    "HeldReport",
    "HiddenReport",
    "IgnoredReport",
    "InstalledReport",
    "IntactReport",
    "IntoReport",
    "LastingReport",
    "LossReport",
    "LostReport",
    "MendedPart",
    "NativeReport",
    "NeedReport",
    "ObstacleReport",
    "OnDiskReport",
    "OriginReport",
    "OverlapReport",
    "OwnerReport",
    "Reading",
    "RefusalReport",
    "ReleaseReport",
    "RemedyReport",
    "ReplacedReport",
    "Report",
    "RunReport",
    "RunState",
    "ShareReport",
    "SideReport",
    "SkipReport",
    "StepReport",
    "Summary",
    "TargetReport",
    "Tool",
    "UndecidedReport",
    "UninstallReport",
    "UnmetReport",
    "UnownedReport",
    "VariantReport",
    "WheelReport",
    "WhoReport",
    "Written",
    "check_exit_options",
]


class Written:
    """A report that says how it is laid out in lines."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the kind of report and its first line; all of it would fill many screens."""
        return f"<{type(self).__name__}: {self.to_text().partition(chr(10))[0]}>"

    def _repr_html_(self) -> str:
        """Return the text as HTML, for notebooks."""
        import html

        return f"<pre>{html.escape(self.to_text())}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the JSON has it: dicts, lists, strings, numbers, True, False and None."""
        from wheelclash.report.json import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """Return the report as JSON text: ASCII, sorted keys, the same bytes for the same report."""
        from wheelclash.report.json import to_json

        return to_json(self)

    def to_text(self, *, verbose: bool = False, here: str | os.PathLike[str] | None = None) -> str:
        """Return the report as plain text for people, one screen of 100 columns; ends with a line break.

        Args:
            verbose: Tell everything, however long.
            here: A folder: paths below it are shortened, and commands are to be run from there.
        """
        from wheelclash.report.terminal import Reader, plain_text

        return plain_text(self.to_lines(Reader(verbose, here=None if here is None else str(here))))

    def to_lines(self, reader: Reader | None = None) -> list[Line]:
        """Return the same as lines of styled spans.

        Args:
            reader: What it is written for; one screen of 100 columns if None.
        """
        from wheelclash.report.text import render

        return render(self) if reader is None else render(self, reader)


# -- a set of wheels ---------------------------------------------------------------------------------------------------


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
class VariantReport:
    """The wheel that is taken of a project with wheel variants.

    Attributes:
        distribution: Name of the project.
        label: Its variant label; None for the wheel without one.
        id: Of the distribution.
    """

    distribution: str
    label: str | None
    id: str


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A target: for what the wheels were chosen; ``python`` is the interpreter it was read from, if it was.

    Where projects have wheel variants there is a target for each that may be taken, and ``variants`` says which.
    """

    python: str | None
    python_version: str
    implementation: str
    platform: str
    markers: Mapping[str, str]
    case_sensitive: bool
    variants: Sequence[VariantReport] = ()


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
        evidence: How it was read: ``range``, ``full`` or ``local``; ``installed`` if it is not new; ``conda`` of a
            conda package.
        findings: What is odd about it.
        variant: The label of the wheel variant that it is, or was installed from; None if it is of none.
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
    variant: str | None = None


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
class MissedReport:
    """A file that uses a library, and does not find all it imports in one version of it.

    Attributes:
        distribution: The distribution that the file is of.
        file: Its name.
        symbols: What it imports and that version lacks, a symbol of a version as ``name@VERSION``; the first twenty.
        count: How many these are.
    """

    distribution: str
    file: str
    symbols: Sequence[str]
    count: int


@dataclass(frozen=True, slots=True)
class LackReport:
    """Dynamic symbols that one version of a native file lacks and another offers.

    Attributes:
        symbols: The first twenty.
        count: How many these are.
        missed_by: The files that import some of them, as far as they were looked into.
    """

    symbols: Sequence[str]
    count: int
    missed_by: Sequence[MissedReport]


@dataclass(frozen=True, slots=True)
class NativeReport:
    """What an owner's version of a native file says of itself.

    Attributes:
        machine: As in platform tags; empty if not known.
        soname: The name the loader knows it by.
        needs: The libraries it needs, and where they are.
        unread: Why nothing is known of it; empty if it was read.
        lacks: What it lacks of the symbols of the other versions; None if it lacks nothing, or nothing is known.
    """

    machine: str
    soname: str | None
    needs: Sequence[NeedReport]
    unread: str
    lacks: LackReport | None = None


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

    ``why`` says of a native file what its owners' versions need and where that is; None where that was not looked into.
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


@dataclass(frozen=True, slots=True)
class IgnoredReport:
    """A problem that is ignored: it is shown and counted, and does not count for the exit code.

    Attributes:
        by: ``option`` (``--ignore``), ``configuration`` (an entry of it), ``baseline``, or ``siblings`` (what those of
            a new wheel share with each other).
        entry: What accepts it: the option, the entry in words, or the file of the baseline.
        reason: Why, as the entry says; None if none was asked for.
        expires: The last day on which the entry holds (ISO 8601); None if it holds for good.
        code: Of the rule.
        level: How bad it is.
        distributions: Names of those it is about.
        place: The folder or file, with its root, or what else it is about.
        files: How many files of it are ignored by this entry.
        fingerprint: What it is known again by in every run.
    """

    by: Literal["option", "configuration", "baseline", "siblings"]
    entry: str
    reason: str | None
    expires: str | None
    code: str
    level: Severity
    distributions: Sequence[str]
    place: str
    files: int
    fingerprint: str


def summary_key(name: str) -> str:
    """Return the JSON key of a field of :class:`Summary`: counts of a kind go by the name of the kind."""
    return name.replace("_", "-") if name in {"file_directory", "case_only"} else name


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts.

    Overlaps of severity ``none`` count nowhere; ignored ones count in ``overlaps``, ``ignored`` and by kind, not by
    severity. What else is ignored counts in ``ignored`` too. Files lost to a replacement, under whichever installer,
    count in ``lost`` and by severity. In JSON the kinds are spelt as kinds are: ``file-directory``, ``case-only``.
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
    """How one overlap ends under one installer; ``winner`` is a name, or None if none of the owners wins, or all do."""

    root: Root
    path: str
    kind: Kind
    state: Certainty
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
        installer: The one that understands the commands.
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
        """Return what one question cost: the counters of its own fetcher, and how many wheels were not read again."""
        return cls(traffic.index_requests, traffic.wheel_requests, traffic.member_requests, traffic.bytes, from_cache)


@dataclass(frozen=True, slots=True)
class AdditionReport:
    """Something that a release installs, and the one before it did not.

    Attributes:
        kind: ``startup``: a file that Python looks at whenever it starts; ``import``: an import name; ``package``: an
            ``__init__`` in what was a namespace package; ``command``: a script; ``header`` and ``data``: files of these
            roots; ``file``: what lies in site-packages and cannot be imported.
        root, path: The file, or the folder of several with the ``/`` behind it.
        name: The import name or the command; empty for other kinds.
        files: How many files; of several targets, where they are most.
        severity: How bad it is: ``warning`` or ``notice``.
        distribution: Name of the project.
        ignored: Whether the user knows of it.
    """

    kind: AdditionKind
    root: Root
    path: str
    name: str
    files: int
    severity: Severity
    distribution: str
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What a release installs outside of the packages that an earlier one had.

    Attributes:
        distribution: Name of the project.
        version: Of the release.
        since: Version of the earlier one.
        wheel: File name of the earlier one's wheel.
        additions: What it newly installs, gravest first.
    """

    distribution: str
    version: str
    since: str
    wheel: str
    additions: Sequence[AdditionReport]


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
    ignored: Sequence[IgnoredReport] = ()
    releases: Sequence[ReleaseReport] = ()

    @property
    def newcomers(self) -> list[DistributionReport]:
        """Return the distributions that are not installed yet."""
        return [distribution for distribution in self.distributions if distribution.evidence != "installed"]

    @property
    def answers(self) -> bool:
        """Return whether enough could be read: two to clash, of which one is a wheel, or one and an environment."""
        wheels = [distribution for distribution in self.newcomers if distribution.evidence != "conda"]
        return bool(wheels) and len(self.newcomers) > (0 if self.into else 1)

    def exit_code(self, *, fail_on: FailOn = "error", allow_incomplete: bool = False) -> int:
        """Return the code the command exits with.

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


# -- a set of wheels and an environment --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LostReport:
    """A file that is gone after the command, or cannot be written by it, because of an older release that is replaced.

    Attributes:
        root, path: The file.
        role: What it is for.
        severity: How bad it is.
        distribution: Name of the one that loses it.
        because: Name of the distribution of which an older release is replaced.
        version: That older release.
        state: ``determined``: it is gone, since the older release had recorded it too; ``fails``: the command stops
            there, since the older release still has a folder where the file goes, or a file where its folder goes;
            ``undetermined``: that, if the order of the command is so.
        ignored: Whether the user knows of it.
        code: ``recorded``: the older release had recorded the file too; ``in-the-way``: it has a folder where the
            file goes, or a file where its folder goes; ``left-out``: ``pip install --target`` leaves out this folder or
            file of the top level, because what is installed has one of that name.
    """

    root: Root
    path: str
    role: Role
    severity: Severity
    distribution: str
    because: str
    version: str
    state: Certainty
    ignored: bool
    code: LossCode = "recorded"


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
        ignored: Whether the user knows of it.
    """

    root: Root
    path: str
    role: Role
    severity: Severity
    distribution: str
    ignored: bool = False


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


# -- an environment ----------------------------------------------------------------------------------------------------


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
        through: Empty: what is installed was not asked for.
        evidence: ``installed``.
        findings: What is odd about its RECORD.
        installer: What INSTALLER says.
        intact: Whether every file it recorded is there with the recorded content, as far as was looked.
        damaged: Whether an error or a warning that is not ignored is about something it lost.
        overwritten_by: Names of those that have their content in its place, and in how many files.
        missing: How many of its files are gone.
        changed: How many of its files hold what no distribution recorded.
        variant: The label of the wheel variant that it was installed from, ``?`` if that cannot be told; else None.
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
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class OnDiskReport:
    """What is at a contested path.

    Attributes:
        state: ``present``, ``changed`` or ``missing``.
        matches: Names of those that have this content.
    """

    state: DiskState
    matches: Sequence[str]


@dataclass(frozen=True, slots=True)
class HeldReport(OnDiskReport):
    """What is at the path of an overlap.

    Attributes:
        losers: Names of those that surely have another content; of an owner that is in neither, RECORD gives no hash.
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
        ignored: Whether the user knows of it.
    """

    code: DamageCode
    severity: Severity
    distributions: Sequence[str]
    root: Root | None
    path: str | None
    files: int
    ignored: bool = False


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
    ignored: Sequence[IgnoredReport] = ()

    def exit_code(self, *, fail_on: FailOn = "error", allow_incomplete: bool = False) -> int:
        """Return the code the command exits with.

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


# -- a repair ----------------------------------------------------------------------------------------------------------


RunState = Literal["planned", "done", "failed", "not-run"]


@dataclass(frozen=True, slots=True)
class MendedPart:
    """The environment to be mended.

    Attributes:
        prefix: Its folder.
        python: Its interpreter.
        python_version: Of it.
        installer: The one with the commands that mend it.
        keep: Names of the keepers.
        drop: Names of what is to be uninstalled.
        command: The command that carries the plan out, as an argument list; empty if there is nothing to do.
        check: The command that tells whether the keepers are intact, as an argument list.
    """

    prefix: str
    python: str
    python_version: str
    installer: InstallerName
    keep: Sequence[str]
    drop: Sequence[str]
    command: Sequence[str]
    check: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunReport:
    """One command.

    Attributes:
        command: An argument list.
        why: What it does and what state it leaves, by the model.
        leaves: That state.
        outcome: ``planned``, ``done``, ``failed`` or ``not-run`` (one before it failed).
        exit_code: Of the command, if it was run.
    """

    command: Sequence[str]
    why: str
    leaves: Sequence[IntactReport]
    outcome: RunState
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class OriginReport:
    """The wheel of a distribution that is to be written again.

    Attributes:
        distribution, version: What is installed.
        filename: Of the wheel; None if there is none.
        url: Where it is, without credentials.
        differs: How many of its files have other content than the installed RECORD gives.
        reason: Why there is none; empty if there is one.
    """

    distribution: str
    version: str
    filename: str | None
    url: str | None
    differs: int
    reason: str


@dataclass(frozen=True, slots=True)
class SideReport:
    """One of those between whom nothing decides.

    Attributes:
        distribution: Its name.
        lacks: Libraries its native files need, that are nowhere, and that another side does without; None if that is
            not known.
        native: What the first of them needs.
    """

    distribution: str
    lacks: Sequence[str] | None
    native: NativeReport | None


@dataclass(frozen=True, slots=True)
class UndecidedReport:
    """Contested files of which nothing says which content is wanted.

    Attributes:
        sides: Who owns them.
        paths: Which, each with its root in front.
        why: Why it matters, of the first native file; None if there is none.
    """

    sides: Sequence[SideReport]
    paths: Sequence[str]
    why: str | None


@dataclass(frozen=True, slots=True)
class ObstacleReport:
    """A reason for which a keeper does not last, however late it is written, while the other stays installed.

    Attributes:
        keeper: Its name.
        distribution: The other's name.
        code: ``hidden-module``: imports find the other's module in place of the keeper's; ``folder-name``: where
            case does not matter, a folder has the other's spelling of its name while anything of the other is in it;
            ``startup-code``: the other runs code whenever Python starts, which may overwrite what is written.
        path: The module that is hidden, the folder, or the file that runs code, with its root in front.
    """

    keeper: str
    distribution: str
    code: ObstacleCode
    path: str


@dataclass(frozen=True, slots=True)
class LossReport:
    """What would be lost with a distribution: those that require it, and what only it lets import."""

    distribution: str
    requirers: Sequence[str]
    packages: Sequence[str]


@dataclass(frozen=True, slots=True)
class LastingReport:
    """The lasting way: to uninstall the losers that would stay, or those against whom a keeper does not last."""

    command: Sequence[str]
    losses: Sequence[LossReport]


@dataclass(frozen=True, slots=True, repr=False)
class FixReport(Written):
    """What mending an environment takes, or took.

    Attributes:
        schema_version, tool: As in every report.
        complete: Whether nothing was skipped.
        state: ``whole`` (nothing to do), ``planned`` (nothing was done), ``undecided`` (a keeper must be named),
            ``needs-drop`` (a keeper would not last while another distribution stays; nothing was done), ``no-wheel``
            (something cannot be written again; nothing was done), ``mended`` or ``failed``.
        environment: Which.
        steps: The commands, in order.
        origins: The wheels they need.
        undecided: What stays as it is until a keeper is named.
        lasting: How the losers would go for good, or those against whom a keeper does not last; None if there are none.
        result: Who is intact in the end, of those concerned: by the model, or after ``--apply`` by what is on disk.
        skipped: What could not be read.
        warnings: Sentences for people.
        obstacles: Why a keeper would not last, however late it is written.
    """

    schema_version: int
    tool: Tool
    complete: bool
    state: RepairState
    environment: MendedPart
    steps: Sequence[RunReport]
    origins: Sequence[OriginReport]
    undecided: Sequence[UndecidedReport]
    lasting: LastingReport | None
    result: Sequence[IntactReport]
    skipped: Sequence[SkipReport]
    warnings: Sequence[str] = ()
    obstacles: Sequence[ObstacleReport] = ()

    def exit_code(self, *, fail_on: FailOn = "error", allow_incomplete: bool = False) -> int:
        """Return the code the command exits with.

        Args:
            fail_on: ``never`` lets a plan that was not carried out be no failure.
            allow_incomplete: Whether skips are no reason to fail.

        Returns:
            0 if nothing was to be done, or it was done and the keepers are intact; 1 if there is something to do, or
            it failed; 2 if a keeper must be named, something must be uninstalled or a wheel is missing; 3 if nothing is
            to be done in what could be read.
        """
        check_exit_options(fail_on, allow_incomplete)
        if self.state in {"undecided", "needs-drop", "no-wheel"}:
            return 2
        if self.state == "failed" or (self.state == "planned" and fail_on != "never"):
            return 1
        return 3 if self.state == "whole" and self.skipped and not allow_incomplete else 0


# -- the owners of paths -----------------------------------------------------------------------------------------------


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

    state: Certainty
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
    """A file below a folder that is not plainly one owner's: contested, gone, or without an owner.

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
        owners: By name; empty if no distribution recorded it.
        files: How many different files they have in it.
        contested: How many of these have several owners.
        unowned: How many files are there that no distribution recorded.
        installers: In a set: under which it exists.
        diagnosis: In a set: by installer, how what is contested ends.
        beside: Files that cannot stand beside it.
        below: Of a folder: the files that are not plainly one owner's.
    """

    asked: str
    meaning: MatchKind
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
        """Return whether its owners are known, and which of them has its content, as far as RECORD can tell."""
        is_plain = self.on_disk is None or self.on_disk.state != "present" or self.role == "bytecode"
        return bool(self.owners) and (is_plain or bool(self.on_disk and self.on_disk.matches))


@dataclass(frozen=True, slots=True, repr=False)
class WhoReport(Written):
    """The owners of some files and folders, in an environment or in a set.

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
        """Return the code the command exits with.

        Args:
            allow_incomplete: Whether skips are no reason to fail.

        Returns:
            2 if nothing could be read; 3 if something was skipped that may own what has no answer; else 0.
        """
        check_exit_options("error", allow_incomplete)
        if self.skipped and not self.searched:
            return 2
        known = {meaning.asked for meaning in self.found}
        answered = all(meaning.is_answered for meaning in self.found) and known.issuperset(self.asked)
        return 3 if self.skipped and not answered and not allow_incomplete else 0
