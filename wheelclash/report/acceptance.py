"""What a user accepts, applied to a report: the problems that are known are marked, listed, and no longer count.

One mechanism for ``--ignore``, the entries of a configuration and a baseline. Nothing is left out of a report by it,
and what could not be read, or is refused by an installer, is never accepted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from wheelclash.accepted import Baseline, BaselineProblem, Ignore
from wheelclash.core.overlap import KINDS
from wheelclash.report.model import (
    AdditionReport,
    ContestedReport,
    DamageReport,
    EnvironmentReport,
    EnvironmentSummary,
    IgnoredReport,
    LostReport,
    OverlapReport,
    Report,
    Summary,
    UnownedReport,
)
from wheelclash.report.problems import Part, ProblemKey, key_of
from wheelclash.report.terminal import printable
from wheelclash.wording import plural, some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from wheelclash.accepted import About, Acceptance, IgnoredBy
    from wheelclash.core.overlap import Severity

__all__ = ["about_of", "accept", "accepts", "baseline_of", "updated_baseline"]

AcceptingReport: TypeAlias = Report | EnvironmentReport
_Report = TypeVar("_Report", Report, EnvironmentReport)
_Part = TypeVar("_Part", ContestedReport, OverlapReport, LostReport, UnownedReport, DamageReport, AdditionReport)
_Entry: TypeAlias = Ignore | BaselineProblem

_MOST_NAMED = 3


def accepts(acceptance: Acceptance, part: Part) -> bool:
    """Return whether a part of a report is accepted."""
    return next(_entries_for(part, acceptance), None) is not None


def _entries_for(part: Part, acceptance: Acceptance) -> Iterator[_Entry]:
    """Yield what accepts a part of a report."""
    key = key_of(part)
    if key is None:
        return
    kind = part.kind if isinstance(part, OverlapReport) else ""
    path = "" if part.path is None else f"{part.root}/{part.path}"
    names = _names(part)
    for entry in acceptance.ignores:
        if not acceptance.has_expired(entry) and entry.matches(code=key.code, kind=kind, names=names, path=path):
            yield entry
    if acceptance.baseline is not None:
        about: About = "environment" if isinstance(part, ContestedReport | DamageReport) else "wheels"
        problem = acceptance.baseline.by_fingerprint.get((about, _place_by_place(key, part).fingerprint))
        if problem is not None:
            yield problem


def _place_by_place(key: ProblemKey, part: Part) -> ProblemKey:
    """Return what a baseline knows a part of a report by: like its problem, but never wider than one folder.

    What lies at the top of a root, such as a module or a command, has nothing to do with what lies beside it.
    """
    is_one_file = isinstance(part, OverlapReport | LostReport | DamageReport) and part.path is not None
    if not is_one_file or (isinstance(part, DamageReport) and part.code == "leftover"):
        return key
    whole = f"{part.root}/{part.path}"
    if key.place == printable(whole):
        return key
    folder, _, _ = whole.rpartition("/")
    return key._replace(place=printable(whole if folder == part.root else f"{folder}/"))


def _names(part: Part) -> set[str]:
    """Return the names of the distributions that a part of a report is about."""
    match part:
        case OverlapReport():
            return {owner.distribution for owner in part.owners}
        case LostReport():
            return {part.distribution, part.because}
        case UnownedReport() | AdditionReport():
            return {part.distribution}
    return set(part.distributions)


def accept(report: _Report, acceptance: Acceptance) -> _Report:
    """Return a report in which what is accepted is marked as ignored, listed, and not counted.

    Args:
        report: On wheels or on an environment.
        acceptance: What is accepted. What matches nothing, has expired or no longer occurs is told as a warning.
    """
    marks: _Marks = _Marks(acceptance)
    if isinstance(report, Report):
        report = replace(
            report,
            overlaps=marks.all_of(report.overlaps),
            diagnosis={
                installer: replace(diagnosis, lost=marks.all_of(diagnosis.lost)) if diagnosis.lost else diagnosis
                for installer, diagnosis in report.diagnosis.items()
            },
            into=report.into and replace(report.into, unowned=marks.all_of(report.into.unowned)),
            releases=tuple(replace(release, additions=marks.all_of(release.additions)) for release in report.releases),
        )
        report = replace(report, summary=_summary(report))
    else:
        report = replace(report, overlaps=marks.all_of(report.overlaps), damage=marks.all_of(report.damage))
        report = replace(report, summary=_summary_of_environment(report))
    warnings = (*report.warnings, *marks.useless(report))
    return replace(report, warnings=warnings, ignored=(*report.ignored, *marks.listed()))


def about_of(report: AcceptingReport) -> About:
    """Return which of the problems of a baseline are about such a report."""
    return "wheels" if isinstance(report, Report) else "environment"


class _Marks:
    """What of a report was accepted, and by what."""

    def __init__(self, acceptance: Acceptance) -> None:
        self._acceptance = acceptance
        self._used: set[_Entry] = set()
        self._files: dict[tuple[ProblemKey, _Entry], set[str]] = {}

    def all_of(self, parts: Sequence[_Part]) -> tuple[_Part, ...]:
        """Return parts of a report, those that are accepted marked."""
        return tuple(map(self._one, parts)) if self._acceptance else tuple(parts)

    def _one(self, part: _Part) -> _Part:
        entries = list(_entries_for(part, self._acceptance))
        key = key_of(part)
        if not entries or key is None:
            return part
        self._used.update(entries)
        self._files.setdefault((key, entries[0]), set()).add(f"{part.root}/{part.path}")
        return replace(part, ignored=True)

    def listed(self) -> tuple[IgnoredReport, ...]:
        """Return the problems that are ignored, in their order."""
        problems = [self._ignored(key, entry, len(files)) for (key, entry), files in self._files.items()]
        return tuple(sorted(problems, key=lambda ignored: (ignored.code, ignored.place, ignored.distributions)))

    def _ignored(self, key: ProblemKey, entry: _Entry, files: int) -> IgnoredReport:
        by: IgnoredBy | Literal["baseline"] = "baseline"
        baseline = self._acceptance.baseline
        text, reason, expires = baseline.file if baseline else "", None, None
        if isinstance(entry, Ignore):
            by, text, reason = entry.by, entry.text, entry.reason or None
            expires = None if entry.expires is None else entry.expires.isoformat()
        return IgnoredReport(
            by=by,
            entry=text,
            reason=reason,
            expires=expires,
            code=key.code,
            level=key.level,
            distributions=key.distributions,
            place=entry.place if isinstance(entry, BaselineProblem) else key.place,
            files=files,
            fingerprint=entry.fingerprint if isinstance(entry, BaselineProblem) else key.fingerprint,
        )

    def useless(self, report: AcceptingReport) -> Iterator[str]:
        """Yield a sentence for each entry that has expired or matches nothing, and one for those of the baseline.

        What may only not have been seen, since something could not be read, is no reason for one.
        """
        for entry in self._acceptance.ignores:
            option = f"--ignore {entry.text}" if entry.by == "option" else entry.text
            if self._acceptance.has_expired(entry):
                yield f"{option} expired on {entry.expires} and no longer holds: {entry.reason}"
            elif entry not in self._used and entry.by != "siblings" and _was_judged(entry.names, report):
                yield f"{option} matches nothing"
        baseline = self._acceptance.baseline
        if baseline is None:
            return
        about = about_of(report)
        gone = [
            problem
            for problem in baseline.problems
            if problem.about == about and problem not in self._used and _was_judged(problem.distributions, report)
        ]
        if gone:
            texts = some([problem.text for problem in gone], _MOST_NAMED)
            verb = "occurs" if len(gone) == 1 else "occur"
            yield f"{plural(len(gone), 'problem')} of {baseline.file or 'the baseline'} no longer {verb}: {texts}"


def baseline_of(report: AcceptingReport) -> Baseline:
    """Return the baseline of a report: its problems but those that are ignored in it.

    What could not be read, and what an installer refuses, is never accepted, and is not among them.
    """
    parts: list[Part] = list(report.overlaps)
    if isinstance(report, Report):
        parts += [lost for diagnosis in report.diagnosis.values() for lost in diagnosis.lost]
        parts += report.into.unowned if report.into else ()
        parts += [addition for release in report.releases for addition in release.additions]
    else:
        parts += report.damage
    keys = [(part, key_of(part)) for part in parts if not part.ignored]
    known = dict.fromkeys(_place_by_place(key, part) for part, key in keys if key is not None)
    about = about_of(report)
    problems = (
        BaselineProblem(about, key.code, key.level, key.distributions, key.place, key.fingerprint) for key in known
    )
    return Baseline(tuple(problems))


def updated_baseline(before: Baseline, report: AcceptingReport) -> Baseline:
    """Return a baseline that is written anew: with the problems of a report in place of those of its kind.

    Problems of distributions that could not be read this time stay.
    """
    problems = baseline_of(report).problems
    about = about_of(report)
    known = {problem.fingerprint for problem in problems}
    unjudged = [
        problem
        for problem in before.problems
        if problem.about == about
        and problem.fingerprint not in known
        and not _was_judged(problem.distributions, report)
    ]
    return before.with_those_of(about, [*problems, *unjudged])


def _was_judged(names: Collection[str], report: AcceptingReport) -> bool:
    """Return whether a problem of some distributions would have been seen: all was read, or all of these were."""
    if not report.skipped:
        return True
    return bool(names) and {distribution.name for distribution in report.distributions}.issuperset(names)


# -- counts ------------------------------------------------------------------------------------------------------------


def _summary(report: Report) -> Summary:
    """Return the counts of a report on wheels."""
    shown = [overlap for overlap in report.overlaps if overlap.severity != "none"]
    taken = [loss for diagnosis in report.diagnosis.values() for loss in diagnosis.lost if loss.severity != "none"]
    lost = {(loss.root, loss.path, loss.distribution): loss for loss in taken}.values()
    others: list[Part] = [*lost, *(report.into.unowned if report.into else ())]
    others += [addition for release in report.releases for addition in release.additions]
    return Summary(**_counts(shown, others), lost=len(lost))


def _summary_of_environment(report: EnvironmentReport) -> EnvironmentSummary:
    """Return the counts of a report on an environment."""
    shown = [overlap for overlap in report.overlaps if overlap.severity != "none"]
    codes = [damage.code for damage in report.damage]
    return EnvironmentSummary(
        **_counts(shown, report.damage),
        missing=codes.count("missing-file") + sum(overlap.on_disk.state == "missing" for overlap in shown),
        changed=codes.count("changed-file") + sum(overlap.on_disk.state == "changed" for overlap in shown),
        hybrids=codes.count("hybrid"),
        leftovers=codes.count("leftover"),
    )


def _counts(shown: Sequence[OverlapReport], others: Sequence[Part]) -> dict[str, int]:
    """Return the counts that every summary has.

    Args:
        shown: The overlaps that are told.
        others: What else counts by severity.
    """
    parts: list[Part] = [*shown, *others]
    kinds = Counter(overlap.kind for overlap in shown)
    severities = Counter(part.severity for part in parts if not part.ignored)
    by_kind = {kind.replace("-", "_"): kinds[kind] for kind in KINDS}
    by_severity = {f"{severity}s": severities[severity] for severity in _COUNTED}
    return {"overlaps": len(shown), "ignored": sum(part.ignored for part in parts), **by_kind, **by_severity}


_COUNTED: tuple[Severity, ...] = ("error", "warning", "notice")
