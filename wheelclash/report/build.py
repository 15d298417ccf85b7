"""Filling the report: from what the core found to the names programs rely on. Pure."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

import wheelclash
from wheelclash.report.model import (
    SCHEMA_VERSION,
    DiagnosedDistribution,
    DiagnosedOverlap,
    DiagnosisReport,
    DistributionReport,
    FindingReport,
    IntactReport,
    OverlapReport,
    OwnerReport,
    Reading,
    RemedyReport,
    Report,
    SkipReport,
    StepReport,
    Summary,
    TargetReport,
    Tool,
    UninstallReport,
    WheelReport,
)
from wheelclash.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.diagnosis import Diagnosis
    from wheelclash.disk import Intact
    from wheelclash.distribution import Distribution
    from wheelclash.layout import InstalledPath, Root
    from wheelclash.overlap import Overlap
    from wheelclash.remedy import Remedy
    from wheelclash.sources.candidate import Skip
    from wheelclash.target import Target

__all__ = ["Findings", "build_report"]


@value
class Findings:
    """Everything the core found about one question.

    Attributes:
        target: For what.
        python: The interpreter the target was read from, if it was.
        distributions: What was read.
        skipped: What could have been read and was not.
        not_compared: What is never to be read.
        overlaps: All of them, ignored ones included.
        ignored: Those the user does not want to hear of.
        diagnoses: One for each installer.
        remedies: Of the installer whose commands are wanted.
        warnings: Sentences for people.
        reading: What it cost.
    """

    target: Target
    distributions: Sequence[Distribution]
    skipped: Sequence[Skip]
    overlaps: Sequence[Overlap]
    diagnoses: Sequence[Diagnosis]
    remedies: Sequence[Remedy]
    python: str | None = None
    not_compared: Sequence[Skip] = ()
    ignored: frozenset[Overlap] = frozenset()
    warnings: Sequence[str] = ()
    reading: Reading = field(default_factory=Reading)


def build_report(findings: Findings) -> Report:
    """The report of what was found."""
    distributions = sorted(findings.distributions, key=lambda each: each.id)
    names = {each.id: each.name for each in distributions}
    overlaps = [_overlap(each, names, ignored=each in findings.ignored) for each in findings.overlaps]
    return Report(
        schema_version=SCHEMA_VERSION,
        tool=Tool("wheelclash", wheelclash.__version__),
        complete=not findings.skipped,
        targets=(_target(findings.target, findings.python),),
        distributions=tuple(_distribution(each, distributions) for each in distributions),
        skipped=_skips(findings.skipped),
        not_compared=_skips(findings.not_compared),
        overlaps=tuple(overlaps),
        summary=_summary(overlaps),
        diagnosis={each.installer: _diagnosis(each, names) for each in findings.diagnoses},
        remedies=tuple(_remedy(each, names) for each in findings.remedies),
        warnings=tuple(findings.warnings),
        reading=findings.reading,
    )


def _target(target: Target, python: str | None) -> TargetReport:
    return TargetReport(
        python=python,
        python_version=target.python_version,
        implementation=target.implementation,
        platform=target.platform,
        markers=dict(target.markers),
        case_sensitive=target.case_sensitive,
    )


def _skips(skips: Sequence[Skip]) -> tuple[SkipReport, ...]:
    return tuple(SkipReport(each.requirement, each.code, each.reason) for each in skips)


def _distribution(each: Distribution, every: Sequence[Distribution]) -> DistributionReport:
    candidate = each.candidate
    findings = [FindingReport(finding.code, finding.path, finding.detail) for finding in each.contents.findings]
    for installer, layout in each.layouts.items():
        if layout.failure is not None:
            detail = f"{installer} refuses it: {layout.failure.reason} ({layout.failure.code})"
            findings.append(FindingReport(f"refused-by-{installer}", layout.failure.path, detail))
    if candidate.newer_sdist is not None:
        detail = f"release {candidate.newer_sdist} has no wheel for this target; an install may build and choose it"
        findings.append(FindingReport("newer-release", None, detail))
    return DistributionReport(
        id=each.id,
        name=each.name,
        version=candidate.version,
        index=candidate.index,
        wheel=WheelReport(candidate.filename, candidate.url, candidate.sha256, candidate.size),
        files=len(next(iter(each.layouts.values())).files),
        targets=(0,),
        requires=tuple(sorted(each.requirements.names)),
        required_by=tuple(sorted(other.name for other in every if each.name in other.requirements.names)),
        evidence=each.evidence,
        findings=tuple(findings),
    )


def _split(path: InstalledPath) -> tuple[Root, str]:
    root, _, rest = path.partition("/")
    return root, rest  # type: ignore[return-value]  # an installed path begins with its root


def _overlap(overlap: Overlap, names: Mapping[str, str], *, ignored: bool) -> OverlapReport:
    root, path = _split(overlap.path)
    owners = []
    for owner in overlap.owners:
        content = owner.file.content or ""
        sha256 = content.removeprefix("sha256:") if content.startswith("sha256:") else None
        own_path = _split(owner.file.path)[1]
        owners.append(
            OwnerReport(owner.id, names[owner.id], own_path, owner.file.member, sha256, owner.file.size, owner.content)
        )
    return OverlapReport(
        root=root,
        path=path,
        kind=overlap.kind,
        role=overlap.role,
        severity=overlap.severity,
        installers=overlap.installers,
        targets=(0,),
        ignored=ignored,
        owners=tuple(owners),
    )


def _summary(overlaps: Sequence[OverlapReport]) -> Summary:
    shown = [each for each in overlaps if each.severity != "none"]
    kinds = [each.kind for each in shown]
    severities = [each.severity for each in shown if not each.ignored]
    return Summary(
        overlaps=len(shown),
        different=kinds.count("different"),
        identical=kinds.count("identical"),
        unknown=kinds.count("unknown"),
        file_directory=kinds.count("file-directory"),
        case_only=kinds.count("case-only"),
        shadowed=kinds.count("shadowed"),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        notices=severities.count("notice"),
        ignored=sum(each.ignored for each in shown),
    )


def _diagnosis(diagnosis: Diagnosis, names: Mapping[str, str]) -> DiagnosisReport:
    outcomes = []
    for each in diagnosis.outcomes:
        if each.overlap.severity != "none":
            winner = None if each.winner is None else names[each.winner]
            outcomes.append(DiagnosedOverlap(*_split(each.overlap.path), each.state, winner, each.reason))
    return DiagnosisReport(
        overlaps=tuple(outcomes),
        distributions=tuple(
            DiagnosedDistribution(id_, names[id_], intact) for id_, intact in sorted(diagnosis.intact.items())
        ),
        uninstall=tuple(
            UninstallReport(names[id_], {names[other]: count for other, count in sorted(losses.items())})
            for id_, losses in sorted(diagnosis.losses.items())
        ),
    )


def _remedy(remedy: Remedy, names: Mapping[str, str]) -> RemedyReport:
    return RemedyReport(
        keep=tuple(names[id_] for id_ in remedy.keep),
        strategy=remedy.strategy,
        installer=remedy.installer,
        steps=tuple(StepReport(step.command, step.why, _intact(step.leaves, names)) for step in remedy.steps),
        result=_intact(remedy.result, names),
        undecided=remedy.undecided,
    )


def _intact(states: Mapping[str, Intact], names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    return tuple(IntactReport(names[id_], intact) for id_, intact in sorted(states.items()))
