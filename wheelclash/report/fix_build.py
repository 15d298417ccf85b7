"""Filling the report of a repair. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import wheelclash
from wheelclash.environment.damage import judge_environment
from wheelclash.environment.origins import Origin
from wheelclash.environment.situation import removal_impacts
from wheelclash.report.model import (
    SCHEMA_VERSION,
    FixReport,
    IntactReport,
    LastingReport,
    LossReport,
    MendedPart,
    ObstacleReport,
    OriginReport,
    RunReport,
    SideReport,
    Tool,
    UndecidedReport,
)
from wheelclash.report.parts import restoring_note, skip_reports
from wheelclash.report.reasons import native_report
from wheelclash.wording import listed, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.plan import Undecided
    from wheelclash.report.model import RunState
    from wheelclash.report.view import CommandOutcome, RepairResult

__all__ = ["Again", "build_fix_report"]


class Again(NamedTuple):
    """What printed commands of our own repeat.

    Attributes:
        environment: The options that name the environment.
        how: Those that say where wheels are, and whose commands to use.
    """

    environment: Sequence[str] = ()
    how: Sequence[str] = ()


def build_fix_report(result: RepairResult, again: Again) -> FixReport:
    """Return the report of what came of a repair.

    Args:
        result: That.
        again: What printed commands repeat.
    """
    plan, before = result.plan, result.before
    names = {each.id: each.name for each in before.distributions}
    keep = tuple(names[id_] for id_ in plan.keep)
    drop = tuple(names[id_] for id_ in plan.drop)
    seen = result.after or before
    options = (*again.environment, *again.how)
    to_do = bool(result.steps) and result.state in {"planned", "failed"}
    there = {each.name for each in seen.distributions}
    return FixReport(
        schema_version=SCHEMA_VERSION,
        tool=Tool("wheelclash", wheelclash.__version__),
        complete=not seen.skipped,
        state=result.state,
        environment=MendedPart(
            prefix=str(before.places.prefix),
            python=str(result.interpreter.executable),
            python_version=result.interpreter.version,
            installer=result.installer,
            keep=keep,
            drop=drop,
            command=_command("fix", options, keep, [name for name in drop if name in there], "--apply")
            if to_do
            else (),
            check=_command("env", again.environment, keep or tuple(names[id_] for id_ in plan.reinstalled), ()),
        ),
        steps=_steps(result, names),
        origins=tuple(_origins(result)),
        undecided=tuple(_undecided(each, result, names) for each in plan.undecided),
        lasting=_lasting(result, names, options, keep, drop),
        result=_result(result, names),
        skipped=skip_reports(seen.skipped),
        warnings=tuple(_warnings(result, names)),
        obstacles=tuple(
            ObstacleReport(names[each.keeper], names[each.other], each.code, each.path) for each in plan.obstacles
        ),
    )


def _command(
    word: str, options: Sequence[str], keep: Iterable[str], drop: Iterable[str], *more: str
) -> tuple[str, ...]:
    kept = [part for name in keep for part in ("--keep", name)]
    dropped = [part for name in drop for part in ("--drop", name)]
    return ("wheelclash", word, *options, *kept, *dropped, *more)


def _steps(result: RepairResult, names: Mapping[str, str]) -> tuple[RunReport, ...]:
    found = []
    for number, step in enumerate(result.steps):
        outcome = result.outcomes[number] if result.outcomes else None
        code = None if outcome is None else outcome.code
        found.append(RunReport(step.command, step.why, _state(step.leaves, names), _word(outcome), code))
    return tuple(found)


def _word(outcome: CommandOutcome | None) -> RunState:
    if outcome is None:
        return "planned"
    if outcome.failed:
        return "failed"
    return "not-run" if outcome.code is None else "done"


def _state(leaves: Mapping[str, Intact], names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    return tuple(IntactReport(names[id_], intact) for id_, intact in sorted(leaves.items()))


def _origins(result: RepairResult) -> Iterable[OriginReport]:
    for each in result.before.distributions:
        found = result.origins.get(each.id)
        if isinstance(found, Origin):
            candidate = found.candidate
            differs = len(found.differs)
            yield OriginReport(each.name, each.version, candidate.filename, candidate.url, differs, "")
        elif found is not None:
            yield OriginReport(each.name, each.version, None, None, 0, f"{found.code}: {found.reason}")


def _undecided(each: Undecided, result: RepairResult, names: Mapping[str, str]) -> UndecidedReport:
    reasons = [why for path in each.paths if (why := result.reasons.get(path)) is not None]
    sides = []
    for id_ in each.owners:
        found = [why.lacks(id_) for why in reasons]
        lacks = [name for names_ in found for name in names_ or ()]
        known = bool(found) and None not in found
        native = native_report(reasons[0], id_) if reasons else None
        sides.append(SideReport(names[id_], tuple(dict.fromkeys(lacks)) if known else None, native))
    return UndecidedReport(tuple(sides), each.paths, reasons[0].sentence if reasons else None)


def _lasting(
    result: RepairResult, names: Mapping[str, str], options: Sequence[str], keep: Sequence[str], drop: Sequence[str]
) -> LastingReport | None:
    scan = result.after or result.before
    managed = {each.id for each in result.before.distributions if each.manager is not None}
    obstacles = dict.fromkeys(each.other for each in result.plan.obstacles)
    losers = [id_ for id_ in obstacles or result.plan.losers if id_ not in managed]
    if not losers:
        return None
    losses = tuple(LossReport(*each) for each in removal_impacts(losers, scan))
    there = {each.name for each in scan.distributions}
    gone = [name for name in (*drop, *(names[id_] for id_ in losers)) if name in there]
    return LastingReport(_command("fix", options, keep, gone, "--apply"), losses)


def _result(result: RepairResult, names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    """Of those concerned: by the disk if it was looked at again, else by the model."""
    plan = result.plan
    concerned = {names[id_] for id_ in (*plan.keep, *plan.reinstalled, *plan.losers)}
    if result.after is not None:
        intact = judge_environment(result.after).intact
        found = {each.name: intact[each.id] for each in result.after.distributions}
    else:
        leaves = result.steps[-1].leaves if result.steps else judge_environment(result.before).intact
        found = {names[id_]: state for id_, state in leaves.items()}
    return tuple(IntactReport(name, found[name]) for name in sorted(concerned & found.keys()))


def _managed_notes(result: RepairResult) -> Iterable[str]:
    """Yield what only another package manager does: write again losers and what lacks a module, and remove its own."""
    for each in result.before.distributions:
        lacks = "breaks" in each.absences.values()
        if each.manager is not None and (lacks or each.id in result.plan.losers):
            yield restoring_note(each.manager, each.name, each.version, result.before.places)
        if each.manager is not None and any(each.id == obstacle.other for obstacle in result.plan.obstacles):
            yield f"{each.name} is {each.manager}'s, and only {each.manager} itself removes it"


def _warnings(result: RepairResult, names: Mapping[str, str]) -> Iterable[str]:
    for outcome, step in zip(result.outcomes, result.steps, strict=False):
        if outcome.reason:
            yield f"{step.command[0]}: {outcome.reason}"
    for id_, origin in sorted(result.origins.items()):
        if isinstance(origin, Origin) and origin.differs:
            yield (
                f"{names[id_]}: {origin.candidate.filename} is another wheel of the same version than was installed:"
                f" they differ in {plural(len(origin.differs), 'file')}, e.g. {origin.differs[0]}"
            )
    for loss in removal_impacts(result.plan.drop, result.before):
        if loss.requirers:
            verb = "requires" if len(loss.requirers) == 1 else "require"
            yield f"{listed(loss.requirers)} {verb} {loss.name}, which goes; `pip check` will say so"
    if result.state == "failed" and result.outcomes and not any(each.failed for each in result.outcomes):
        yield (
            "every command succeeded, and what they wrote is not what RECORD says: the installer's cache may hold"
            " changed files (uv cache clean NAME), or try the other --installer"
        )
    yield from _managed_notes(result)
    open_ = len(result.plan.open_paths)
    if open_ and result.plan.is_decided:
        told = plural(open_, "contested file")
        yield f"{told} of others {'stays' if open_ == 1 else 'stay'} as before; name a keeper for them too with --keep"
