"""The report of a repair as values: what is to be done, what was done, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  (pydantic reads these annotations at run time)
from dataclasses import dataclass
from typing import Literal

from wheelclash.core.plan import ObstacleCode, RepairState  # noqa: TC001
from wheelclash.installers import InstallerName  # noqa: TC001
from wheelclash.report.model import FailOn, IntactReport, NativeReport, SkipReport, Tool, check_exit_options
from wheelclash.report.written import Written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wheelclash.report.lines import Line

__all__ = [
    "FixReport",
    "LastingReport",
    "LossReport",
    "MendedPart",
    "ObstacleReport",
    "OriginReport",
    "RunReport",
    "RunState",
    "SideReport",
    "UndecidedReport",
]

RunState = Literal["planned", "done", "failed", "not-run"]


@dataclass(frozen=True, slots=True)
class MendedPart:
    """The environment to be mended.

    Attributes:
        prefix: Its folder.
        python: Its interpreter.
        python_version: Of it.
        installer: Whose commands mend it.
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
    """Contested files of which nothing says whose content is wanted.

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
        """The code the command exits with.

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

    def to_lines(self, *, verbose: bool = False) -> list[Line]:
        """The same as lines of styled spans."""
        from wheelclash.report.fix_text import render

        return render(self, verbose=verbose)
