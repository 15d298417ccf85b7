"""The report as text for people: the clash first, one screen.

:func:`render` gives lines of styled spans; plain text is their join, and a terminal may colour them.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from wheelclash.report.escape import printable_report
from wheelclash.report.into_text import clean_headline, grave_headline, grave_losses, loss_texts, way
from wheelclash.report.lines import Line, Span, Style
from wheelclash.report.reasons_text import reasons
from wheelclash.report.words import REASONS, listed, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.report.model import DiagnosisReport, OverlapReport, RemedyReport, Report, TargetReport

__all__ = ["render"]

_MOST_GROUPS = 12
_MOST_NAMES = 3
_MOST_KEEPERS = 3

_STRATEGIES = {
    "avoid": "do not install the others",
    "reinstall-keeper": "install the set, then write it again, last",
    "remove-loser": "where all are installed already, for good",
}


def render(report: Report, *, verbose: bool = False) -> list[Line]:
    """The report as lines of styled spans, everything in them printable."""
    return list(_Writer(printable_report(report), verbose=verbose).lines())


def _label(target: TargetReport) -> str:
    implementation = {"cpython": "CPython", "pypy": "PyPy"}.get(target.implementation, target.implementation)
    return f"{implementation} {target.python_version}, {target.platform}"


class _Writer:
    def __init__(self, report: Report, *, verbose: bool) -> None:
        self._report = report
        self._verbose = verbose
        shown = [each for each in report.overlaps if each.severity != "none"]
        self._grave = [each for each in shown if each.severity in {"error", "warning"} and not each.ignored]
        self._notices = [each for each in shown if each.severity == "notice" and not each.ignored]
        self._lost = grave_losses(report) if report.into else []
        self._versions = {each.name: each.version for each in report.distributions}

    def lines(self) -> Iterator[Line]:
        yield self._headline()
        yield from self._skips()
        yield from self._overlaps()
        yield from self._resolved()
        if self._grave:
            yield from self._chains()
            yield from self._winners()
        if self._grave or self._lost:
            yield from self._remedies()
        yield from self._findings()
        for warning in self._report.warnings:
            yield (Span("note: ", "warning"), Span(warning))

    def _headline(self) -> Line:
        report = self._report
        summary = report.summary
        counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notices, "notice")]
        ignored = [f"{summary.ignored} ignored"] if summary.ignored else []
        told = ", ".join([*(plural(count, word) for count, word in counts if count), *ignored])
        where = f" [{self._where()}]"
        if report.into and (self._grave or self._lost):
            text = grave_headline(report, report.into, self._grave, self._lost)
            return (Span(f"{text}: {told}", "error" if summary.errors else "warning"), Span(where, "faint"))
        if self._grave:
            involved = sorted({owner.distribution for each in self._grave for owner in each.owners})
            pair = 2
            who = (
                listed(f"{name} {self._versions[name]}" for name in involved)
                if len(involved) <= pair
                else f"{len(involved)} of {plural(len(report.distributions), 'distribution')}"
            )
            clash = "clash" if len(involved) > 1 else "clashes"
            style: Style = "error" if summary.errors else "warning"
            return (Span(f"{who} {clash}: {told}", style), Span(where, "faint"))
        count = plural(len(report.distributions), "distribution")
        files = plural(sum(each.files for each in report.distributions), "file")
        if not report.complete and not report.answers:
            if report.into:
                count = plural(len(report.newcomers), "distribution")
            return (Span(f"No answer: of what was asked, {count} could be read", "error"), Span(where, "faint"))
        if not report.complete:
            return (
                Span(f"Incomplete: no clash in what could be read ({count}, {files})", "warning"),
                Span(where, "faint"),
            )
        rest = f"; {told}" if told else ""
        if report.into:
            return (Span(f"{clean_headline(report, report.into)}{rest}", "good"), Span(where, "faint"))
        return (Span(f"No clash: {count}, {files}{rest}", "good"), Span(where, "faint"))

    def _where(self) -> str:
        targets = self._report.targets
        if len(targets) == 1:
            python = f", {targets[0].python}" if targets[0].python and not self._report.into else ""
            return f"{_label(targets[0])}{python}"
        most = len(targets) if self._verbose else _MOST_NAMES
        more = f" and {len(targets) - most} more" if len(targets) > most else ""
        return f"{len(targets)} targets: {'; '.join(_label(each) for each in targets[:most])}{more}"

    def _resolved(self) -> Iterator[Line]:
        """The versions a resolver chose: it backs off to old releases without a word."""
        pulled = [each for each in self._report.newcomers if len(each.through) > 1]
        if not pulled:
            return
        asked = [each for each in self._report.newcomers if len(each.through) <= 1]
        names = dict.fromkeys(f"{each.name} {each.version}" for each in (*asked, *(pulled if self._verbose else ())))
        more = "" if self._verbose else f", and {len(pulled)} that come with it (-v)"
        yield (Span(f"  resolved: {', '.join(names)}{more}", "faint"),)

    def _skips(self) -> Iterator[Line]:
        """What was not read, once for each requirement; ``-v`` has every reason."""
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for skip in self._report.skipped:
            reasons[skip.requirement].append(skip.reason)
        most = len(reasons) if self._verbose else _MOST_GROUPS
        for requirement, told in list(reasons.items())[:most]:
            for reason in told if self._verbose else told[:1]:
                more = f" (and {len(told) - 1} more reasons, -v)" if len(told) > 1 and not self._verbose else ""
                yield (Span("  not read  ", "warning"), Span(f"{requirement}: {reason}{more}"))
        if len(reasons) > most:
            yield (Span(f"  not read  {len(reasons) - most} more (-v)", "warning"),)
        if self._report.not_compared:
            names = ", ".join(dict.fromkeys(skip.requirement for skip in self._report.not_compared))
            yield (Span(f"  not compared: {names}", "faint"),)

    def _overlaps(self) -> Iterator[Line]:
        lines = [*self._grave_lines(), *self._loss_lines()]
        most = len(lines) if self._verbose else _MOST_GROUPS
        yield from lines[:most]
        if len(lines) > most:
            yield (Span(f"  … and {plural(len(lines) - most, 'more line')} of this kind (-v shows them)", "faint"),)
        yield from reasons(self._grave, verbose=self._verbose)
        sets = Counter(tuple(owner.distribution for owner in each.owners) for each in self._notices)
        for names, count in sorted(sets.items()):
            text = f"{plural(count, 'file')} shared by {listed(names)}: fine today, lost to the others when one goes"
            yield (Span("  notice   ", "notice"), Span(text))
            if self._verbose:
                yield from self._paths(names)
        ignored = [each for each in self._report.overlaps if each.ignored]
        if ignored:
            pairs = sorted({listed(owner.distribution for owner in each.owners) for each in ignored})
            yield (Span(f"  ignored  {plural(len(ignored), 'overlap')} of {'; '.join(pairs)}", "faint"),)

    def _chains(self) -> Iterator[Line]:
        """Through whom those that clash come in, where they were not asked for themselves."""
        involved = {owner.distribution for each in self._grave for owner in each.owners}
        chains = {each.name: each.through for each in self._report.distributions if each.name in involved}
        told = [
            " → ".join(f"{name} {self._versions[name]}" for name in chains[each])
            for each in sorted(chains)
            if len(chains[each]) > 1
        ]
        if told:
            yield (Span("  through  ", "faint"), Span("; ".join(told)))

    def _only(self, targets: Sequence[int]) -> str:
        """Where an overlap exists, if not in every target."""
        every = self._report.targets
        if len(targets) == len(every):
            return ""
        labels = [_label(every[number]) for number in targets]
        more = f" and {len(labels) - _MOST_NAMES} more" if len(labels) > _MOST_NAMES and not self._verbose else ""
        return f"  [{'; '.join(labels if self._verbose else labels[:_MOST_NAMES])}{more}]"

    def _paths(self, names: tuple[str, ...]) -> Iterator[Line]:
        for each in self._notices:
            if tuple(owner.distribution for owner in each.owners) == names:
                yield (Span(f"             {each.root}/{each.path}", "faint"),)

    def _grave_lines(self) -> Iterator[Line]:
        """One line for each folder, kind and set of owners; several sets of owners are told apart by name."""
        several = len({tuple(owner.distribution for owner in each.owners) for each in self._grave}) > 1

        def key(each: OverlapReport) -> tuple[str, str, tuple[str, ...], str, str]:
            owners = tuple(owner.distribution for owner in each.owners)
            folder = f"{each.root}/{each.path}".rpartition("/")[0]
            return each.severity, folder, owners, each.kind, each.role

        for (severity, folder, owners, kind, role), found in groupby(sorted(self._grave, key=key), key=key):
            group = list(found)
            style: Style = "error" if severity == "error" else "warning"
            if kind in {"different", "identical", "unknown"}:
                text = self._folder_text(folder, group, f"{role}, {kind}")
            else:
                text = "; ".join(dict.fromkeys(_pair_text(each) for each in group))
            targets = sorted({number for each in group for number in each.targets})
            of = f"  ({listed(owners)})" if several and kind in {"different", "identical", "unknown"} else ""
            yield (Span(f"  {severity:<8} ", style), Span(text), Span(f"{of}{self._only(targets)}", "faint"))

    def _loss_lines(self) -> Iterator[Line]:
        for severity, text, when in loss_texts(self._report, verbose=self._verbose):
            style: Style = "error" if severity == "error" else "warning"
            yield (Span(f"  {severity:<8} ", style), Span(text), Span(when, "faint"))

    def _folder_text(self, folder: str, group: Sequence[OverlapReport], what: str) -> str:
        names = sorted({each.path.rpartition("/")[2] for each in group})
        most = len(names) if self._verbose else _MOST_NAMES
        if len(names) == 1:
            return f"{folder}/{names[0]}  {what}"
        more = f" and {len(names) - most} more" if len(names) > most else ""
        return f"{folder}/  {plural(len(names), 'file')}, {what}: {', '.join(names[:most])}{more}"

    def _winners(self) -> Iterator[Line]:
        yield ()
        yield (Span("Who wins", "strong"),)
        for installer, diagnosis in self._report.diagnosis.items():
            yield from self._winners_under(installer, diagnosis)
        losses = [
            f"uninstalling {each.distribution} takes {plural(count, 'file')} from {other}"
            for each in self._report.diagnosis["pip"].uninstall
            for other, count in each.loses.items()
        ]
        most = len(losses) if self._verbose else _MOST_KEEPERS
        if losses:
            more = f" … (-v shows {len(losses) - most} more)" if len(losses) > most else ""
            yield (Span(f"  then {'; '.join(losses[:most])}{more}"),)

    def _winners_under(self, installer: str, diagnosis: DiagnosisReport) -> Iterator[Line]:
        grave = {(each.root, each.path) for each in self._grave}
        counted = Counter(
            (each.state, each.winner, each.reason) for each in diagnosis.overlaps if (each.root, each.path) in grave
        )
        total = sum(counted.values())
        for (state, winner, reason), count in counted.most_common():
            share = "" if count == total else f" ({count} of {total})"
            said = {
                "determined": f"{winner or ('everybody' if reason == 'replaced' else 'nobody')}"
                f" {'wins' if winner else 'loses'}{share}",
                "undetermined": f"not determined{share}",
                "fails": f"nobody{share}",
            }[state]
            why = REASONS.get(reason, reason)
            yield (Span(f"  {installer:<4} ", "strong"), Span(f"{said}: {why}"))
        broken = sorted({each.name for each in diagnosis.distributions if each.intact == "no"})
        if broken and total:
            yield (Span(f"       left broken: {listed(broken)}"),)

    def _remedies(self) -> Iterator[Line]:
        by_keeper: defaultdict[tuple[str, ...], list[RemedyReport]] = defaultdict(list)
        for remedy in self._report.remedies:
            by_keeper[tuple(remedy.keep)].append(remedy)
        if not by_keeper:
            return
        if len(by_keeper) > 1 and not self._report.summary.errors and not self._verbose:
            yield ()
            names = ", ".join(name for keep in by_keeper for name in keep)
            yield (Span(f"To choose who wins: --keep with one of {names} (-v shows the commands for each)", "faint"),)
            return
        most = len(by_keeper) if self._verbose else _MOST_KEEPERS
        for keep, remedies in list(by_keeper.items())[:most]:
            yield ()
            yield (Span(f"To keep {listed(keep)}", "strong"),)
            if remedies[0].undecided:
                left = plural(remedies[0].undecided, "clash").replace("clashs", "clashes")
                yield (Span(f"  leaves {left} of others open; name a keeper for each with --keep", "warning"),)
            for number, remedy in enumerate(remedies):
                yield from self._remedy(remedy, "or " if number else "")
        if len(by_keeper) > most:
            rest = listed(name for keep in list(by_keeper)[most:] for name in keep)
            yield (Span(f"… likewise for {rest} (-v shows how, --keep chooses)", "faint"),)

    def _remedy(self, remedy: RemedyReport, alternative: str) -> Iterator[Line]:
        text = way(remedy) if self._report.into else _STRATEGIES[remedy.strategy]
        yield (Span(f"  {alternative}{text}{':' if remedy.steps else ''}"),)
        for step in remedy.steps:
            yield (Span(f"    {shlex.join(step.command)}", "command"),)
            if self._verbose:
                yield (Span(f"      {step.why}", "faint"),)

    def _findings(self) -> Iterator[Line]:
        counted: Counter[tuple[str, str, str]] = Counter()
        for each in self._report.distributions:
            for finding in each.findings:
                counted[each.id, finding.code, finding.detail] += 1
        for (wheel, code, detail), count in sorted(counted.items()):
            times = f" ({count} times)" if count > 1 else ""
            if self._verbose or code.startswith(("refused-by", "newer-release")):
                yield (Span("note: ", "warning"), Span(f"{wheel}: {detail}{times}"))
        hidden = sum(
            count
            for (_, code, _), count in counted.items()
            if not self._verbose and not code.startswith(("refused-by", "newer-release"))
        )
        if hidden:
            yield (
                Span(f"note: {plural(hidden, 'oddity').replace('odditys', 'oddities')} in these wheels (-v)", "faint"),
            )


def _pair_text(each: OverlapReport) -> str:
    match each.kind:
        case "file-directory":
            first, *rest = each.owners
            needing = listed(owner.distribution for owner in rest if owner.path != each.path)
            return f"{each.root}/{each.path}  is a file of {first.distribution} and a folder of {needing}"
        case "shadowed":
            top = each.owners[0]
            hidden = listed(owner.distribution for owner in each.owners if owner.path == each.path)
            return f"{each.root}/{each.path} of {hidden}  is hidden by {top.path} of {top.distribution}"
    spelt = ", ".join(f"{owner.path} of {owner.distribution}" for owner in each.owners)
    return f"{each.root}/: {spelt}  differ only in case"
