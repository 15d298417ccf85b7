"""What reports are made of: what was found for each target, or what came of a repair, and the rest of the question."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.accepted import ACCEPTS_NOTHING
from wheelclash.core.overlap import GRAVE, SEVERITIES
from wheelclash.report.model import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.accepted import Acceptance
    from wheelclash.core.diagnosis import Diagnosis
    from wheelclash.core.distribution import Distribution, Skip
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.core.plan import Remedy, Repair, RepairState, Step
    from wheelclash.core.releases import ReleaseComparison
    from wheelclash.core.state import State, Unowned
    from wheelclash.environment.damage import Condition, Damage
    from wheelclash.environment.origins import Origin
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.environment.scan import Contested, Scan
    from wheelclash.installers import InstallerName
    from wheelclash.native.explain import Why
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = ["CommandOutcome", "EnvironmentResult", "RepairResult", "Repeated", "Result", "View"]


class View(NamedTuple):
    """What was found for one target.

    Attributes:
        state: What is installed already where it is to be installed.
        roots: Names asked for, as opposed to pulled in.
        distributions: What was read.
        overlaps: All of them, ignored ones included.
        diagnoses: One for each installer.
        remedies: Of the installer that was chosen.
        present: Names that were asked for and are there already, in the version that was asked for.
        without_remedies: Ids of owners of errors and warnings for which no remedies were made, being one of very many.
        unowned: Files that no RECORD lists and that are overwritten.
        reasons: By path, why it matters which content a native file has, where that was looked into.
        releases: What releases newly install, of those that an earlier one was named of.
    """

    state: State
    roots: Sequence[str]
    distributions: Sequence[Distribution]
    overlaps: Sequence[Overlap]
    diagnoses: Sequence[Diagnosis]
    remedies: Sequence[Remedy]
    present: Sequence[str] = ()
    reasons: Mapping[InstalledPath, Why] = MappingProxyType({})
    without_remedies: Sequence[str] = ()
    unowned: Sequence[Unowned] = ()
    releases: Sequence[ReleaseComparison] = ()

    @property
    def target(self) -> Target:
        """Return what it is installed for."""
        return self.state.target

    @property
    def names(self) -> dict[str, str]:
        """Return names by distribution id, of what is installed too."""
        return {distribution.id: distribution.name for distribution in (*self.distributions, *self.state.distributions)}

    @property
    def variants(self) -> tuple[Distribution, ...]:
        """Return the distributions of projects with wheel variants: of each, one of the wheels that may be taken."""
        return tuple(distribution for distribution in self.distributions if distribution.candidate.has_variants)

    @property
    def residents(self) -> tuple[Distribution, ...]:
        """Return what is installed and stays."""
        return self.state.staying(self.distributions)

    @property
    def replaced(self) -> dict[str, Distribution]:
        """Return what is installed and is replaced, by the ids of the successors."""
        return self.state.replaced_by(self.distributions)


@dataclass(frozen=True, slots=True)
class Result:
    """What a question about a set comes to: what the reports of check, of check into an environment and of who say.

    Attributes:
        views: One for each target.
        skipped: What could have been read and was not.
        not_compared: What is never to be read.
        warnings: Sentences for people.
        acceptance: What the user accepts.
        python: The interpreter that the target was read from, if it was.
        into: The environment that the set is to be installed into, if one was named.
        reading: What it cost.
    """

    views: Sequence[View]
    skipped: Sequence[Skip]
    not_compared: Sequence[Skip] = ()
    warnings: Sequence[str] = ()
    acceptance: Acceptance = ACCEPTS_NOTHING
    python: str | None = None
    into: EnvironmentPaths | None = None
    reading: Reading = field(default_factory=Reading)


class Repeated(NamedTuple):
    """The options that printed commands of our own repeat.

    Attributes:
        environment: Those that name the environment.
        how: Those that say where wheels are, and which installer to use.
    """

    environment: Sequence[str] = ()
    how: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentResult:
    """What a question about an environment comes to: what the report of env says.

    Attributes:
        scan: What was found.
        keepers: Ids of the keepers.
        condition: How bad it is.
        ignored: Of each contested file whether the user accepts it.
        damages: What else is wrong and not accepted.
        acceptance: What the user accepts.
        repeated: What printed commands repeat.
        reasons: By path, why it matters which content a native file has, where that was looked into.
        notes: Sentences for people.
        reading: What it cost.
    """

    scan: Scan
    keepers: Sequence[str]
    condition: Condition
    ignored: Sequence[bool]
    damages: Sequence[Damage]
    acceptance: Acceptance = ACCEPTS_NOTHING
    repeated: Repeated = field(default_factory=Repeated)
    reasons: Mapping[InstalledPath, Why] = field(default_factory=dict)
    notes: Sequence[str] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def grave(self) -> list[Contested]:
        """Return the contested files that are errors or warnings and not ignored, gravest first."""
        severities = zip(self.scan.contested, self.condition.severities, self.ignored, strict=True)
        grave = [(severity, file) for file, severity, ignored in severities if severity in GRAVE and not ignored]
        return [file for _, file in sorted(grave, key=lambda pair: SEVERITIES.index(pair[0]))]


class CommandOutcome(NamedTuple):
    """What became of one command.

    Attributes:
        code: Its exit code; None if it was not run.
        reason: Why it could not be run; empty if it was, or was never tried.
    """

    code: int | None = None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Return whether it was tried in vain."""
        return self.code not in {0, None} or bool(self.reason)


class RepairResult(NamedTuple):
    """What came of a repair.

    Attributes:
        state: What is to be done, or was done.
        installer: The installer of the commands.
        interpreter: Of the environment.
        before: The environment as it was.
        plan: What is to be done.
        steps: Its commands.
        origins: The wheels of what is written again, by distribution id.
        reasons: Of undecided native files, why they matter.
        outcomes: What became of each step; none if nothing was done.
        after: The environment as it is now, if anything was done.
        left: What would still be to do then.
        repeated: What printed commands repeat.
        ignored: How many contested files stay as they are, since the user accepts what they hold.
        diverting: Settings of the installer under which the commands, run by hand, would do something else.
    """

    state: RepairState
    installer: InstallerName
    interpreter: Interpreter
    before: Scan
    plan: Repair
    steps: Sequence[Step] = ()
    origins: Mapping[str, Origin | Skip] = MappingProxyType({})
    reasons: Mapping[InstalledPath, Why] = MappingProxyType({})
    outcomes: Sequence[CommandOutcome] = ()
    after: Scan | None = None
    left: Repair | None = None
    repeated: Repeated = Repeated()
    ignored: int = 0
    diverting: Sequence[str] = ()
