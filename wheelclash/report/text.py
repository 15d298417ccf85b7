"""The report as text for people: the clash first, one screen.

:func:`render` gives lines of styled spans; plain text is their join, and a terminal may colour them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from wheelclash.report.into_text import clean_headline, grave_headline, grave_losses, loss_texts, unowned_texts, way
from wheelclash.report.reasons_text import reasons
from wheelclash.report.terminal import (
    Line,
    Section,
    Span,
    Style,
    all_lines,
    command,
    first_screen,
    not_read,
    note,
    printable_section,
)
from wheelclash.report.words import REASONS, python_of, refusals_said
from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.report.model import (
        DiagnosisReport,
        FindingReport,
        OverlapReport,
        RemedyReport,
        Report,
        TargetReport,
    )

__all__ = ["render"]

_MOST_NAMES = 3

_STRATEGIES = {
    "avoid": "do not install the others",
    "reinstall-keeper": "install the set, then write it again, last",
    "remove-loser": "where all are installed already, for good",
}


def _way_from_nothing(remedy: RemedyReport) -> str:
    """Return what a strategy comes to where nothing is installed, or nothing is known of what is."""
    if remedy.strategy == "reinstall-keeper" and len(remedy.steps) == 1:
        return "install the set, which writes it last"
    return _STRATEGIES[remedy.strategy]


def render(report: Report, *, verbose: bool = False) -> list[Line]:
    """The report as lines of styled spans, everything in them printable."""
    writer = _Writer(report, verbose=verbose)
    sections = [printable_section(section) for section in writer.sections()]
    return all_lines(sections) if verbose else first_screen(sections, writer.left_out())


def _label(target: TargetReport) -> str:
    return f"{python_of(target)}, {target.platform}"


class _Writer:
    def __init__(self, report: Report, *, verbose: bool) -> None:
        self._report = report
        self._verbose = verbose
        shown = [each for each in report.overlaps if each.severity != "none"]
        self._grave = [each for each in shown if each.severity in {"error", "warning"} and not each.ignored]
        self._notices = [each for each in shown if each.severity == "notice" and not each.ignored]
        self._lost = grave_losses(report) if report.into else []
        self._versions = {each.name: each.version for each in report.distributions}
        self._names_left_out = False

    def sections(self) -> Iterator[Section]:
        yield Section("", [self._headline()], whole=True)
        yield Section("targets", list(self._target_lines()))
        yield Section("what was not read", list(self._skips()))
        yield Section("", list(self._not_compared()))
        yield Section("clashes", [*self._grave_lines(), *self._loss_lines()])
        yield Section("reasons", list(reasons(self._grave)))
        yield Section("notices", list(self._notice_lines()))
        yield Section("ignored ones", list(self._ignored()))
        yield Section("versions", list(self._resolved()))
        if self._grave:
            yield Section("ways", list(self._chains()))
            yield Section("winners", list(self._winners()), heading=[(), (Span("Who wins", "strong"),)])
        if self._grave or self._lost:
            yield Section("remedies", list(self._remedies()), heading=[()], whole=True)
        yield Section("notes", list(self._findings()))
        yield Section("notes", [note(warning) for warning in self._report.warnings])

    def left_out(self) -> list[str]:
        """Return what the sections do not show without ``-v``."""
        told: list[str] = []
        if self._grave or self._lost:
            told += ["every path"] if self._names_left_out else []
            remedies = len(self._report.remedies) - len(self._recommended())
            told += [plural(remedies, "more remedy", "more remedies")] if remedies else []
        if oddities := sum(not _is_always_told(finding.code) for finding in self._all_findings()):
            told.append(f"{plural(oddities, 'oddity', 'oddities')} in these wheels")
        return told

    def _all_findings(self) -> Iterator[FindingReport]:
        return (finding for distribution in self._report.distributions for finding in distribution.findings)

    def _headline(self) -> Line:
        report = self._report
        summary = report.summary
        ignored = [f"{summary.ignored} ignored"] if summary.ignored else []
        told = ", ".join([*self._counted(), *ignored])
        where = "" if self._grave and len(report.targets) > 1 else f" [{self._where()}]"
        refused = refusals_said(report)
        also = f"; {refused}" if refused else ""
        if report.into and (self._grave or self._lost):
            text = grave_headline(report, report.into, self._grave, self._lost)
            return (Span(f"{text}: {told}{also}", "error" if summary.errors else "warning"), Span(where, "faint"))
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
            return (Span(f"{who} {clash}: {told}{also}", style), Span(where, "faint"))
        count = plural(len(report.distributions), "distribution")
        files = plural(sum(each.files for each in report.distributions), "file")
        if not report.complete and not report.answers:
            if report.into:
                count = plural(len(report.newcomers), "distribution")
            return (Span(f"No answer: of what was asked, {count} could be read", "error"), Span(where, "faint"))
        if not report.complete:
            return (
                Span(f"Incomplete: no clash in what could be read ({count}, {files}){also}", "warning"),
                Span(where, "faint"),
            )
        rest = f"; {told}" if told else ""
        if refused:
            text = f"{refused}; no clash otherwise ({count}, {files}{rest})"
            return (Span(text, "error"), Span(where, "faint"))
        if report.into:
            return (Span(f"{clean_headline(report, report.into)}{rest}", "good"), Span(where, "faint"))
        return (Span(f"No clash: {count}, {files}{rest}", "good"), Span(where, "faint"))

    def _counted(self) -> list[str]:
        """Return how many of each severity there are: of several targets, in the one that has most."""
        counts = self._counts()
        worst = max(counts)
        told = _severities(worst)
        if len(counts) == 1 or not told:
            return told
        affected = sum(any(count) for count in counts)
        if affected == len(counts) and len(set(counts)) == 1:
            return [*told[:-1], f"{told[-1]} in each of {affected} targets"]
        return [*told[:-1], f"{told[-1]} at most, in {affected} of {len(counts)} targets"]

    def _counts(self) -> list[tuple[int, int, int]]:
        """Return the number of errors, warnings and notices in each target."""
        summary, targets = self._report.summary, self._report.targets
        if len(targets) <= 1:
            return [(summary.errors, summary.warnings, summary.notices)]
        found = [Counter[str]() for _ in targets]
        for overlap in self._report.overlaps:
            for number in () if overlap.ignored else overlap.targets:
                found[number][overlap.severity] += 1
        return [(count["error"], count["warning"], count["notice"]) for count in found]

    def _target_lines(self) -> Iterator[Line]:
        """Yield which of several targets has how much, where something clashes."""
        if not self._grave or len(self._report.targets) == 1:
            return
        alike: dict[tuple[int, int, int], list[str]] = {}
        for target, counts in zip(self._report.targets, self._counts(), strict=True):
            alike.setdefault(counts, []).append(_label(target))
        for counts, labels in sorted(alike.items(), reverse=True):
            text = f"{', '.join(_severities(counts)) or 'none'}: {self._some(labels, '; ')}"
            yield (Span("  targets  ", "faint"), Span(text))

    def _where(self) -> str:
        targets = self._report.targets
        if len(targets) == 1:
            python = f", {targets[0].python}" if targets[0].python and not self._report.into else ""
            return f"{_label(targets[0])}{python}"
        return f"{len(targets)} targets: {self._some([_label(each) for each in targets], '; ')}"

    def _some(self, names: Sequence[str], separator: str = ", ") -> str:
        """Return the first names and the number of the others; with ``-v`` all of them."""
        most = None if self._verbose else _MOST_NAMES
        self._names_left_out |= most is not None and len(names) > most
        return some(names, most, separator=separator)

    def _resolved(self) -> Iterator[Line]:
        """The versions a resolver chose: it backs off to old releases without a word."""
        pulled = [each for each in self._report.newcomers if len(each.through) > 1]
        if not pulled:
            return
        asked = [each for each in self._report.newcomers if len(each.through) <= 1]
        names = dict.fromkeys(f"{each.name} {each.version}" for each in (*asked, *(pulled if self._verbose else ())))
        more = "" if self._verbose else f", and {len(pulled)} that come with it (-v)"
        yield (Span(f"  resolved: {self._some(list(names))}{more}", "faint"),)

    def _skips(self) -> Iterator[Line]:
        """What was not read, once for each requirement; ``-v`` has every reason."""
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for skip in self._report.skipped:
            reasons[skip.requirement].append(skip.reason)
        for requirement, told in reasons.items():
            for reason in told if self._verbose else told[:1]:
                more = f" (and {len(told) - 1} more reasons, -v)" if len(told) > 1 and not self._verbose else ""
                yield not_read(requirement, f"{reason}{more}")

    def _not_compared(self) -> Iterator[Line]:
        """Yield one line for each reason for which something is not compared."""
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for skip in self._report.not_compared:
            by_reason[skip.reason].append(skip.requirement)
        for reason, requirements in by_reason.items():
            names = list(dict.fromkeys(requirements))
            yield (Span(f"  not compared: {self._some(names)} ({reason})", "faint"),)

    def _notice_lines(self) -> Iterator[Line]:
        """Yield one line for each set of owners of notices."""
        sets = Counter(tuple(owner.distribution for owner in overlap.owners) for overlap in self._notices)
        for names, count in sorted(sets.items()):
            text = f"{plural(count, 'file')} shared by {listed(names)}: fine today, lost to the others when one goes"
            yield (Span("  notice   ", "notice"), Span(text))
            if self._verbose:
                yield from self._paths(names)
            else:
                self._names_left_out = True

    def _ignored(self) -> Iterator[Line]:
        ignored = [each for each in self._report.overlaps if each.ignored]
        if ignored:
            pairs = sorted({listed(owner.distribution for owner in each.owners) for each in ignored})
            yield (Span(f"  ignored  {plural(len(ignored), 'overlap')} of {self._some(pairs, '; ')}", "faint"),)

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
            yield (Span("  through  ", "faint"), Span(self._some(told, "; ")))

    def _only(self, targets: Sequence[int]) -> str:
        """Where an overlap exists, if not in every target."""
        every = self._report.targets
        if len(targets) == len(every):
            return ""
        return f"  [{self._some([_label(every[number]) for number in targets], '; ')}]"

    def _paths(self, names: tuple[str, ...]) -> Iterator[Line]:
        for each in self._notices:
            if tuple(owner.distribution for owner in each.owners) == names:
                yield (Span(f"             {each.root}/{each.path}", "faint"),)

    def _grave_lines(self) -> Iterator[Line]:
        """One line for each folder, kind and set of owners; several sets of owners are told apart by name."""
        several = len({_owners(overlap) for overlap in self._grave}) > 1
        targets: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        if len(self._report.targets) > 1:
            for overlap in self._grave:
                targets[_file_key(overlap)] |= {*overlap.targets}
            keyed = [((_folder_key(overlap), sorted(targets[_file_key(overlap)])), overlap) for overlap in self._grave]
        else:
            keyed = [((_folder_key(overlap), [0]), overlap) for overlap in self._grave]
        keyed.sort(key=itemgetter(0))
        for (_, numbers), found in groupby(keyed, key=itemgetter(0)):
            group = [overlap for _, overlap in found]
            first = group[0]
            style: Style = "error" if first.severity == "error" else "warning"
            of = ""
            if first.kind in {"different", "identical", "unknown"}:
                text = self._folder_text(group)
                of = f"  ({listed(_owners(first))})" if several else ""
            else:
                text = self._some(list(dict.fromkeys(map(_pair_text, group))), "; ")
            where = self._only(numbers)
            yield (Span(f"  {first.severity:<8} ", style), Span(text), Span(f"{of}{where}", "faint"))

    def _loss_lines(self) -> Iterator[Line]:
        for severity, text, when in loss_texts(self._report, verbose=self._verbose):
            style: Style = "error" if severity == "error" else "warning"
            yield (Span(f"  {severity:<8} ", style), Span(text), Span(when, "faint"))
        if self._report.into:
            for text in unowned_texts(self._report.into, verbose=self._verbose):
                yield (Span("  warning  ", "warning"), Span(text))

    def _folder_text(self, group: Sequence[OverlapReport]) -> str:
        first = group[0]
        folder = f"{first.root}/{first.path}".rpartition("/")[0]
        what = f"{first.role}, {first.kind}"
        names = sorted({overlap.path.rpartition("/")[2] for overlap in group})
        if len(names) == 1:
            return f"{folder}/{names[0]}  {what}"
        return f"{folder}/  {plural(len(names), 'file')}, {what}: {self._some(names)}"

    def _winners(self) -> Iterator[Line]:
        for installer, diagnosis in self._report.diagnosis.items():
            yield from self._winners_under(installer, diagnosis)
        yield from self._startup()
        uninstalls = self._report.diagnosis["pip"].uninstall
        total = sum(len(each.loses) + each.others for each in uninstalls)
        losses = (
            f"uninstalling {each.distribution} takes {plural(count, 'file')} from {other}"
            for each in uninstalls
            for other, count in each.loses.items()
        )
        most = None if self._verbose else _MOST_NAMES
        shown = list(islice(losses, most))
        self._names_left_out |= len(shown) < total
        if shown:
            more = f" and {total - len(shown):,} more" if len(shown) < total else ""
            yield (Span(f"  then {'; '.join(shown)}{more}"),)

    def _startup(self) -> Iterator[Line]:
        """Who may overwrite the winners whenever Python starts."""
        for each in self._report.distributions:
            paths = [finding.path for finding in each.findings if finding.code == "startup-code" and finding.path]
            if paths:
                text = f"{each.name} runs code whenever Python starts ({listed(paths)}): it may overwrite the winner"
                yield (Span(f"  {text}", "warning"),)

    def _winners_under(self, installer: str, diagnosis: DiagnosisReport) -> Iterator[Line]:
        grave = {(each.root, each.path, each.kind) for each in self._grave}
        counted = Counter(
            (each.state, each.winner, each.reason)
            for each in diagnosis.overlaps
            if (each.root, each.path, each.kind) in grave
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

    def _recommended(self) -> list[RemedyReport]:
        """Return the remedy that is told without ``-v``; none where no error calls for it and no keeper was named."""
        remedies = list(self._report.remedies)
        several = len({tuple(remedy.keep) for remedy in remedies}) > 1 or bool(self._report.without_remedies)
        return [] if several and not self._report.summary.errors else remedies[:1]

    def _remedies(self) -> Iterator[Line]:
        by_keeper: defaultdict[tuple[str, ...], list[RemedyReport]] = defaultdict(list)
        for remedy in self._report.remedies if self._verbose else self._recommended():
            by_keeper[tuple(remedy.keep)].append(remedy)
        for number, (keep, remedies) in enumerate(by_keeper.items()):
            if number:
                yield ()
            yield (Span(f"To keep {listed(keep)}", "strong"),)
            alike = len({remedy.undecided for remedy in remedies}) == 1
            if alike:
                yield from _left_open(remedies[0], "  ")
            for position, remedy in enumerate(remedies):
                yield from self._remedy(remedy, "or " if position else "")
                if not alike:
                    yield from _left_open(remedy, "    ")
        others = dict.fromkeys(
            listed(remedy.keep) for remedy in self._report.remedies if tuple(remedy.keep) not in by_keeper
        )
        others |= dict.fromkeys(self._report.without_remedies)
        if others:
            start = "To keep another" if by_keeper else "To choose who wins"
            yield (Span(f"{start}, name it with --keep: {self._some(list(others))}", "faint"),)

    def _remedy(self, remedy: RemedyReport, alternative: str) -> Iterator[Line]:
        text = way(remedy) if self._report.into else _way_from_nothing(remedy)
        missed = "; ".join(
            f"{listed(each.required_by)} {'requires' if len(each.required_by) == 1 else 'require'} {each.distribution}"
            for each in remedy.unmet
        )
        yield (Span(f"  {alternative}{text}{f', though {missed}' if missed else ''}{':' if remedy.steps else ''}"),)
        for step in remedy.steps:
            yield command(step.command, verbose=self._verbose)
            if self._verbose:
                yield (Span(f"      {step.why}", "faint"),)

    def _findings(self) -> Iterator[Line]:
        counted: Counter[tuple[str, str, str]] = Counter()
        for distribution in self._report.distributions:
            for finding in distribution.findings:
                counted[distribution.id, finding.code, finding.detail] += 1
        for (wheel, code, detail), count in sorted(counted.items()):
            times = f" ({count} times)" if count > 1 else ""
            if self._verbose or _is_always_told(code):
                which = "" if code == "newer-release" else f"{wheel}: "
                yield note(f"{which}{detail}{times}")


def _left_open(remedy: RemedyReport, indent: str) -> Iterator[Line]:
    """Yield what a remedy leaves to be decided, if anything."""
    if remedy.undecided:
        left = plural(remedy.undecided, "clash", "clashes")
        yield (Span(f"{indent}leaves {left} of others open; name a keeper for each with --keep", "warning"),)


def _is_always_told(code: str) -> bool:
    """Return whether a finding is told without ``-v``."""
    return code.startswith(("refused-by", "newer-release"))


def _severities(counts: tuple[int, int, int]) -> list[str]:
    words = ("error", "warning", "notice")
    return [plural(count, word) for count, word in zip(counts, words, strict=True) if count]


def _owners(overlap: OverlapReport) -> tuple[str, ...]:
    return tuple(owner.distribution for owner in overlap.owners)


def _folder_key(overlap: OverlapReport) -> tuple[str, ...]:
    """Return what overlaps have in common that are told in one line."""
    folder = f"{overlap.root}/{overlap.path}".rpartition("/")[0]
    return (overlap.severity, folder, *_owners(overlap), overlap.kind, overlap.role)


def _file_key(overlap: OverlapReport) -> tuple[str, ...]:
    """Return what one file's overlaps in several targets have in common: other wheels, the same line."""
    return (*_folder_key(overlap), overlap.path)


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
    if all(owner.path != each.path for owner in each.owners):
        depth = each.path.count("/") + 1
        spelt = ", ".join(f"{'/'.join(o.path.split('/')[:depth])} of {o.distribution}" for o in each.owners)
        return f"{each.root}/: {spelt}  is one folder; imports find it by one of the names"
    spelt = ", ".join(f"{owner.path} of {owner.distribution}" for owner in each.owners)
    return f"{each.root}/: {spelt}  differ only in case"
