"""Filling the report: from what the core found to the names programs rely on. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import wheelclash
from wheelclash.core.overlap import SEVERITIES
from wheelclash.report.into_build import into_report, lost_reports, resident_report
from wheelclash.report.model import (
    SCHEMA_VERSION,
    DiagnosedDistribution,
    DiagnosedOverlap,
    DiagnosisReport,
    DistributionReport,
    FindingReport,
    IntactReport,
    OverlapReport,
    RefusalReport,
    RemedyReport,
    Report,
    StepReport,
    Summary,
    Tool,
    UninstallReport,
    UnmetReport,
    WheelReport,
)
from wheelclash.report.parts import owner_report, skip_reports, split, target_report

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.diagnosis import State
    from wheelclash.core.disk import Intact
    from wheelclash.core.distribution import Distribution, Edge
    from wheelclash.core.layout import LayoutFailure, Root
    from wheelclash.core.overlap import Kind, Overlap
    from wheelclash.core.plan import Remedy
    from wheelclash.installers import InstallerName
    from wheelclash.native.explain import Why
    from wheelclash.options import Ignore
    from wheelclash.report.model import LostReport
    from wheelclash.report.view import Findings, View

__all__ = ["build_report"]


def build_report(findings: Findings) -> Report:
    """The report of what was found."""
    views = findings.views
    overlaps = _overlaps(views, findings.ignores)
    diagnosis = {
        each.installer: _diagnosis(each.installer, views, findings.ignores)
        for view in views[:1]
        for each in view.diagnoses
    }
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("wheelclash", wheelclash.__version__),
        complete=not findings.skipped,
        targets=tuple(target_report(view.target, findings.python) for view in views),
        distributions=_distributions(views),
        skipped=skip_reports(findings.skipped),
        not_compared=skip_reports(findings.not_compared),
        overlaps=overlaps,
        summary=_summary(
            overlaps,
            [lost for each in diagnosis.values() for lost in each.lost],
            sum(len(view.addition.unowned) for view in views),
        ),
        diagnosis=diagnosis,
        remedies=tuple(dict.fromkeys(_remedy(each, view.names) for view in views for each in view.remedies)),
        warnings=tuple(findings.warnings),
        reading=findings.reading,
        into=None if findings.into is None else into_report(findings.into, views[0]),
        refused=_refused(views),
        without_remedies=tuple(dict.fromkeys(view.names[id_] for view in views for id_ in view.without_remedies)),
    )


def _refused(views: Sequence[View]) -> tuple[RefusalReport, ...]:
    """Each wheel that an installer refuses, with the targets for which it does."""
    found: dict[tuple[InstallerName, str, LayoutFailure], RefusalReport] = {}
    for number, view in enumerate(views):
        for each in view.distributions:
            for installer, layout in each.layouts.items():
                failure = layout.failure
                if failure is None:
                    continue
                before = found.get((installer, each.id, failure))
                targets = (*before.targets, number) if before else (number,)
                found[installer, each.id, failure] = RefusalReport(
                    installer, each.id, each.name, failure.code, failure.path, failure.reason, targets
                )
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], key[1], key[2].code)))


def _distributions(views: Sequence[View]) -> tuple[DistributionReport, ...]:
    """Each wheel once, with the targets it is for."""
    found: dict[str, DistributionReport] = {}
    for number, view in enumerate(views):
        chains = _chains(view)
        required_by = _required_by([*view.distributions, *view.addition.residents])
        for each in view.addition.residents:
            found[each.id] = resident_report(each, view.addition.files[each.id], required_by.get(each.name, ()))
        for each in view.distributions:
            before = found.get(each.id)
            if before is None:
                requirers = required_by.get(each.name, ())
                found[each.id] = _distribution(each, requirers, chains.get(each.name, ()), number)
            else:
                found[each.id] = replace(before, targets=(*before.targets, number))
    return tuple(found[id_] for id_ in sorted(found))


def _distribution(
    each: Distribution, requirers: Iterable[str], through: Sequence[str], target: int
) -> DistributionReport:
    candidate = each.candidate
    findings = [FindingReport(finding.code, finding.path, finding.detail) for finding in each.findings]
    for installer, layout in each.layouts.items():
        if layout.failure is not None:
            detail = f"{installer} refuses it: {layout.failure.reason} ({layout.failure.code})"
            findings.append(FindingReport(f"refused-by-{installer}", layout.failure.path, detail))
    for file in dict.fromkeys(file for layout in each.layouts.values() for file in layout.given_way):
        detail = f"it has another file of its own for {file.path}, and one of them gives way"
        findings.append(FindingReport("own-clash", file.member, detail))
    if candidate.newer is not None:
        detail = f"{each.name} {candidate.version} is compared; the newest is {candidate.newer.version}"
        detail += f": {candidate.newer.reason}" if candidate.newer.reason else ""
        findings.append(FindingReport("newer-release", None, detail))
    requires = {edge.name for edge in each.requirements.with_extras(candidate.extras)}
    return DistributionReport(
        id=each.id,
        name=each.name,
        version=candidate.version,
        index=candidate.index,
        wheel=WheelReport(candidate.filename, candidate.url, candidate.sha256, candidate.size),
        files=len(next(iter(each.layouts.values())).files),
        targets=(target,),
        requires=tuple(sorted(requires)),
        required_by=tuple(sorted(requirers)),
        through=tuple(through),
        evidence=each.evidence,
        findings=tuple(findings),
    )


def _required_by(distributions: Sequence[Distribution]) -> dict[str, set[str]]:
    """By name, who requires it."""
    found: dict[str, set[str]] = {}
    for each in distributions:
        for edge in each.requirements.with_extras(each.candidate.extras):
            found.setdefault(edge.name, set()).add(each.name)
    return found


def _chains(view: View) -> dict[str, tuple[str, ...]]:
    """Return the shortest way from something asked for to each name, both ends included.

    Requirements are followed with the extras that were asked for on the way. What that does not reach (a lock may not
    say what was asked for, or with which extras) is reached under any extra, or else counts as asked for.
    """
    by_name = {each.name: each for each in view.distributions}
    required = {edge.name for each in view.distributions for edge in _under_any_extra(each)}
    unrequired = [name for name in sorted(by_name) if name not in required]
    chains: dict[str, tuple[str, ...]] = {}
    for roots in (sorted(name for name in view.roots if name in by_name) or unrequired, unrequired):
        for name in roots:
            chains.setdefault(name, (name,))
        _follow(chains, by_name, lambda distribution, extras: distribution.requirements.with_extras(extras))
        _follow(chains, by_name, lambda distribution, _: _under_any_extra(distribution))
    return chains


def _follow(
    chains: dict[str, tuple[str, ...]],
    by_name: Mapping[str, Distribution],
    edges: Callable[[Distribution, Collection[str]], Iterable[Edge]],
) -> None:
    """Add to ``chains`` whatever they lead to, breadth first; an extra asked for later is followed too."""
    extras = {name: set(by_name[name].candidate.extras) for name in chains}
    waiting = deque(chains)
    while waiting:
        name = waiting.popleft()
        for edge in edges(by_name[name], extras[name]):
            if edge.name not in by_name:
                continue
            known = extras.setdefault(edge.name, set())
            is_new = edge.name not in chains
            if is_new or not known.issuperset(edge.extras):
                chains.setdefault(edge.name, (*chains[name], edge.name))
                known.update(edge.extras)
                waiting.append(edge.name)


def _under_any_extra(each: Distribution) -> list[Edge]:
    """What a distribution requires, and then what it requires under some extra that may have been asked for."""
    under = [edge for edges in (each.requirements.by_extra or {}).values() for edge in edges]
    return [*each.requirements.edges, *under]


def _overlaps(views: Sequence[View], ignores: Sequence[Ignore]) -> tuple[OverlapReport, ...]:
    """Each overlap once, with the targets in which it exists."""
    if len(views) == 1:  # each is one of its own, and there may be very many
        return tuple(_overlaps_of(views[0], ignores, (0,)))
    targets: dict[OverlapReport, list[int]] = {}
    for number, view in enumerate(views):
        for overlap in _overlaps_of(view, ignores, ()):
            targets.setdefault(overlap, []).append(number)
    found = [replace(overlap, targets=tuple(numbers)) for overlap, numbers in targets.items()]
    found.sort(key=lambda each: (SEVERITIES.index(each.severity), each.root, each.path, each.kind))
    return tuple(found)


def _overlaps_of(view: View, ignores: Sequence[Ignore], targets: tuple[int, ...]) -> Iterator[OverlapReport]:
    """Yield the overlaps of one target, in order."""
    names = view.names
    there = {each.id for each in view.addition.residents}
    for overlap in view.overlaps:
        ignored = overlap.severity != "none" and any(ignore.matches(overlap, names) for ignore in ignores)
        yield _overlap(overlap, names, there, view.reasons.get(overlap.path), targets, ignored=ignored)


def _overlap(
    overlap: Overlap,
    names: Mapping[str, str],
    there: Collection[str],
    why: Why | None,
    targets: tuple[int, ...],
    *,
    ignored: bool,
) -> OverlapReport:
    root, path = split(overlap.path)
    owners = []
    for owner in overlap.owners:
        member = None if owner.id in there else owner.file.member
        owners.append(owner_report(owner, names[owner.id], member, why))
    return OverlapReport(
        root=root,
        path=path,
        kind=overlap.kind,
        role=overlap.role,
        severity=overlap.severity,
        installers=overlap.installers,
        targets=targets,
        ignored=ignored,
        owners=tuple(owners),
        why=None if why is None else why.sentence,
    )


def _summary(overlaps: Sequence[OverlapReport], taken: Sequence[LostReport], unowned: int) -> Summary:
    shown = [each for each in overlaps if each.severity != "none"]
    lost = {(each.root, each.path, each.distribution): each for each in taken if each.severity != "none"}.values()
    kinds = [each.kind for each in shown]
    severities = [each.severity for each in shown if not each.ignored]
    severities += [each.severity for each in lost if not each.ignored]
    return Summary(
        overlaps=len(shown),
        different=kinds.count("different"),
        identical=kinds.count("identical"),
        unknown=kinds.count("unknown"),
        file_directory=kinds.count("file-directory"),
        case_only=kinds.count("case-only"),
        shadowed=kinds.count("shadowed"),
        errors=severities.count("error"),
        warnings=severities.count("warning") + unowned,
        notices=severities.count("notice"),
        ignored=sum(each.ignored for each in shown) + sum(each.ignored for each in lost),
        lost=len(lost),
    )


def _diagnosis(installer: InstallerName, views: Sequence[View], ignores: Sequence[Ignore]) -> DiagnosisReport:
    """The diagnoses of one installer for all targets; what differs between targets is not determined as a whole."""
    outcomes: dict[tuple[Root, str, Kind, State, str | None, str], list[int]] = {}
    intact: dict[str, set[Intact]] = {}
    losses: dict[str, dict[str, int]] = {}
    losers: dict[str, int] = {}
    names: dict[str, str] = {}
    taken: list[LostReport] = []
    for number, view in enumerate(views):
        names |= view.names
        diagnosis = next(each for each in view.diagnoses if each.installer == installer)
        for each in diagnosis.outcomes:
            winner = None if each.winner is None else names[each.winner]
            told = (*split(each.overlap.path), each.overlap.kind, each.state, winner, each.reason)
            outcomes.setdefault(told, []).append(number)
        for id_, state in diagnosis.intact.items():
            intact.setdefault(id_, set()).add(state)
        for id_, lost in diagnosis.losses.items():
            name = names[id_]
            counts = losses.setdefault(name, {})
            losers[name] = max(losers.get(name, 0), len(lost) + diagnosis.further_losers.get(id_, 0))
            for other, count in lost.items():
                counts[names[other]] = max(count, counts.get(names[other], 0))
        taken += lost_reports(view, diagnosis.taken, ignores)
    return DiagnosisReport(
        overlaps=tuple(DiagnosedOverlap(*told, targets=tuple(numbers)) for told, numbers in outcomes.items()),
        distributions=tuple(
            DiagnosedDistribution(id_, names[id_], min(states) if len(states) == 1 else "undetermined")
            for id_, states in sorted(intact.items())
        ),
        uninstall=tuple(
            UninstallReport(name, dict(sorted(counts.items())), max(0, losers[name] - len(counts)))
            for name, counts in sorted(losses.items())
        ),
        lost=tuple(taken),
    )


def _remedy(remedy: Remedy, names: Mapping[str, str]) -> RemedyReport:
    return RemedyReport(
        keep=tuple(names[id_] for id_ in remedy.keep),
        strategy=remedy.strategy,
        installer=remedy.installer,
        steps=tuple(StepReport(step.command, step.why, _intact(step.leaves, names)) for step in remedy.steps),
        result=_intact(remedy.result, names),
        undecided=remedy.undecided,
        unmet=tuple(UnmetReport(names[id_], requirers) for id_, requirers in sorted(remedy.unmet.items())),
    )


def _intact(states: Mapping[str, Intact], names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    return tuple(IntactReport(names[id_], intact) for id_, intact in sorted(states.items()))
