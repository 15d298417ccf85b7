"""The reports as text for people: what is wrong first, one screen.

:func:`render` gives lines of styled spans; plain text is their join, and a terminal may colour them. What every report
needs is in :class:`_Writer`; a writer for each report says what its sections are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from wheelclash.core.overlap import GRAVE, SAME_PATH
from wheelclash.report.model import EnvironmentReport, FixReport, Report, WhoReport
from wheelclash.report.problems import addition_said, names_a_folder, problems_of, spelling_difference, spelling_said
from wheelclash.report.terminal import (
    Line,
    Reader,
    Section,
    Span,
    Style,
    all_lines,
    command,
    lay_out,
    not_read,
    note,
    printable_section,
    rows_of,
    with_severities,
)
from wheelclash.target.variants import PLAIN
from wheelclash.wording import listed, path_from, plural, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.diagnosis import Certainty
    from wheelclash.report.model import (
        AdditionReport,
        BelowReport,
        BesideReport,
        ContestedReport,
        DiagnosedOverlap,
        DiagnosisReport,
        FindingReport,
        FoundReport,
        IgnoredReport,
        InstalledReport,
        IntoReport,
        LossReport,
        LostReport,
        ObstacleReport,
        OverlapReport,
        RemedyReport,
        RunReport,
        ShareReport,
        TargetReport,
        UndecidedReport,
    )

__all__ = [
    "REASONS",
    "departure_said",
    "keep_instead",
    "outcome_said",
    "python_of",
    "recommended_remedies",
    "remedy_said",
    "render",
    "target_label",
]

# -- what several reports say ------------------------------------------------------------------------------------------


_MOST = 3
"""Names, paths or folders of one line without ``-v``; the others are counted."""

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}

REASONS = {
    "order": "it is installed last",
    "requires": "it requires the other and is installed after it",
    "equal-requirements": "both require the same, and then pip installs the alphabetically first one last",
    "newcomer": "the other is there before it, and what is installed later wins",
    "replaced": "the file goes with an older release that had it too",
    "import-order": "its form of the module is found first",
    "first-written": "a folder keeps the name that it is first made with",
    "only-recorded": "the other only lists the file in its RECORD",
    "two-files": "names that differ only in case are two files here",
    "identical": "the contents are the same",
    "needs-closure": "pip's order depends on requirements outside of this set",
    "cycle": "they require each other in a circle",
    "parallel": "uv installs in parallel: a coin flip for every file, so it may end as a mix",
    "file-directory": "the installation stops: a file is where a folder is needed",
    "refused": "the installation stops: a wheel is refused",
}
"""Why a diagnosis ends as it does, by the word that the JSON has for it."""


def python_of(target: TargetReport) -> str:
    """Return which Python a target has: ``CPython 3.12.0``."""
    return f"{_IMPLEMENTATIONS.get(target.implementation, target.implementation)} {target.python_version}"


def target_label(target: TargetReport) -> str:
    """Return what a target is called: ``CPython 3.12.0, linux``, and with which wheel variants, if there are any."""
    variants = [f"{variant.distribution} {variant.label or PLAIN}" for variant in target.variants]
    return f"{_platform_label(target)}{' with ' if variants else ''}{', '.join(variants)}"


def _platform_label(target: TargetReport) -> str:
    return f"{python_of(target)}, {target.platform}"


def outcome_said(state: Certainty, winner: str | None, reason: str, share: str = "") -> str:
    """Return how overlaps end under an installer, and why: ``a wins (2 of 3): it is installed last``.

    Args:
        state: Whether the end is certain.
        winner: A name, if there is one winner.
        reason: A word of :data:`REASONS`.
        share: What stands behind the winner, with a space in front.
    """
    text = {
        "determined": f"{winner or ('everybody' if reason == 'replaced' else 'nobody')}"
        f" {'wins' if winner else 'loses'}{share}",
        "undetermined": f"not determined{share}",
        "fails": f"nobody{share}",
    }[state]
    return f"{text}: {REASONS.get(reason, reason)}"


def refusals_said(report: Report) -> str:
    """Return ``pip and uv refuse a 1.0; uv refuses b 2.0``; empty if no installer refuses a wheel."""
    versions = {distribution.id: distribution.version for distribution in report.distributions}
    installers: dict[str, list[str]] = {}
    for refusal in report.refused:
        refusers = installers.setdefault(f"{refusal.distribution} {versions[refusal.id]}", [])
        if refusal.installer not in refusers:
            refusers.append(refusal.installer)
    wheels: dict[tuple[str, ...], list[str]] = {}
    for wheel, names in installers.items():
        wheels.setdefault(tuple(names), []).append(wheel)
    return "; ".join(
        f"{listed(names)} {'refuse' if len(names) > 1 else 'refuses'}"
        f" {listed(refused) if len(refused) <= _MOST else plural(len(refused), 'wheel')}"
        for names, refused in wheels.items()
    )


def reasons(overlaps: Iterable[OverlapReport]) -> Iterator[Line]:
    """Yield lines that say what the owners' versions of native files need, in the order of the overlaps."""
    sentences: dict[str, str] = {}
    for overlap in overlaps:
        if overlap.why is None:
            continue
        name = overlap.path.rpartition("/")[2]
        for sentence in (overlap.why, _unread(overlap)):
            if sentence:
                sentences.setdefault(sentence, name)
    several = len(set(sentences.values())) > 1
    for sentence, name in sentences.items():
        about = f"{name}: " if several else ""
        yield (Span("  why      ", "faint"), Span(f"{about}{sentence}"))


def _unread(overlap: OverlapReport) -> str:
    """Return which owners have a version that could not be looked into, and why."""
    missed: dict[str, list[str]] = {}
    for owner in overlap.owners:
        if owner.native is not None and owner.native.unread not in {"", "damaged", "not-supported"}:
            missed.setdefault(owner.native.unread, []).append(owner.distribution)
    return "; ".join(f"what the file of {listed(names)} needs is not known: {why}" for why, names in missed.items())


class _Writer:
    """Writes a report: what its sections are is said by a writer for each kind.

    Attributes:
        verbose: Whether everything is told, rather than what fits on one screen.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.verbose = reader.verbose
        self._names_left_out = False

    def lines(self) -> list[Line]:
        """Return the lines, everything in them printable."""
        return lay_out(self.sections(), self._reader, self.left_out)

    def sections(self) -> Iterator[Section]:
        """Yield the sections, in order."""
        raise NotImplementedError

    def left_out(self) -> list[str]:
        """Return what the sections do not show without ``-v``, in words."""
        return []

    def some(self, texts: Sequence[str], separator: str = ", ", *, hint: str = "", most: int = _MOST) -> str:
        """Return the first texts and the number of the others; with ``-v`` all of them."""
        self._names_left_out |= not self.verbose and len(texts) > most
        return some(texts, None if self.verbose else most, separator=separator, hint=hint)

    def command(self, arguments: Sequence[str], indent: str = "    ") -> Line:
        """Return a command as a line that a shell understands."""
        return command(arguments, self._reader, indent=indent)

    def rules(self, report: Report | EnvironmentReport) -> Section:
        """Return the rules of what is wrong, by which it can be looked up or accepted; nothing without ``-v``."""
        problems = [problem for problem in problems_of(report) if not problem.ignored] if self.verbose else []
        names = sorted({f"{problem.code} {problem.rule.name}" for problem in problems})
        text = f"  rules    {', '.join(names)} (wheelclash rule CODE says what each means)"
        return Section("rules", [(Span(text, "faint"),)] if names else [])

    def place(self, path: str) -> str:
        """Return a path as it is seen from the folder that the reader is in."""
        return path_from(path, self._reader.here)


# -- a set of wheels ---------------------------------------------------------------------------------------------------


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


def _variants_of(targets: Sequence[TargetReport], every: Sequence[TargetReport]) -> str:
    """Return with which wheel variants some targets are, of all that differ in nothing else: ``a v3, v4; b cu13``."""
    chosen, possible = (_variants_by_name(target) for target in (targets, every))
    texts = [
        f"{name} {', '.join(label or PLAIN for label in labels)}"
        for name, labels in chosen.items()
        if len(labels) < len(possible[name])
    ]
    return "; ".join(texts) or (f"{len(targets)} of {len(every)} choices" if len(targets) < len(every) else "")


def _variants_by_name(targets: Iterable[TargetReport]) -> dict[str, list[str | None]]:
    """Map projects with wheel variants to the labels that are taken, those with a label first."""
    labels: dict[str, dict[str | None, None]] = {}
    for target in targets:
        for variant in target.variants:
            labels.setdefault(variant.distribution, {})[variant.label] = None
    return {name: sorted(label, key=lambda label: label is None) for name, label in labels.items()}


def ignored_lines(report: Report | EnvironmentReport, *, verbose: bool) -> Iterator[Line]:
    """Yield how much is ignored; with ``-v`` a line for each problem, with what accepts it and why."""
    if not report.ignored:
        return
    if verbose:
        for problem in report.ignored:
            who = f" of {listed(problem.distributions)}" if problem.distributions else ""
            until = f" (until {problem.expires})" if problem.expires else ""
            reason = f": {problem.reason}{until}" if problem.reason else ""
            files = plural(problem.files, "file")
            text = f"{problem.code} {problem.place}{who}, {files}; {_accepted_by(problem)}{reason}"
            yield (Span(f"  ignored  {text}", "faint"),)
        return
    is_overlaps = sum(overlap.ignored for overlap in report.overlaps) == report.summary.ignored
    what = plural(report.summary.ignored, "overlap" if is_overlaps else "file")
    groups = dict.fromkeys(sorted(listed(problem.distributions) for problem in report.ignored if problem.distributions))
    who = f" of {some(groups, _MOST, separator='; ')}" if groups else ""
    others = {"configuration": "the configuration", "baseline": "the baseline"}
    by = listed(text for name, text in others.items() if any(problem.by == name for problem in report.ignored))
    yield (Span(f"  ignored  {what}{who}{f' (by {by}; -v)' if by else ''}", "faint"),)


def _accepted_by(problem: IgnoredReport) -> str:
    """Return what accepts a problem, in a few words."""
    match problem.by:
        case "option":
            return f"--ignore {problem.entry}"
        case "baseline":
            return f"baseline {problem.entry}" if problem.entry else "baseline"
    return problem.entry


class _SetWriter(_Writer):
    """Writes the report on a set of wheels, also where it is to be installed into an environment."""

    def __init__(self, report: Report, reader: Reader) -> None:
        super().__init__(reader)
        self._report = report
        shown = [overlap for overlap in report.overlaps if overlap.severity != "none"]
        self._grave = [overlap for overlap in shown if overlap.severity in GRAVE and not overlap.ignored]
        self._notices = [overlap for overlap in shown if overlap.severity == "notice" and not overlap.ignored]
        self._lost = grave_losses(report) if report.into else []
        self._clashing = {owner.id for overlap in self._grave for owner in overlap.owners}
        self._versions = self._versions_by_name()

    def _versions_by_name(self) -> dict[str, str]:
        """Return the version of each distribution; of one that has several for several targets, those that clash."""
        versions: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        for distribution in self._report.distributions:
            clashes = versions[distribution.name].get(distribution.version, False)
            versions[distribution.name][distribution.version] = clashes or distribution.id in self._clashing
        return {
            name: "/".join([version for version in by_version if by_version[version]] or by_version)
            for name, by_version in versions.items()
        }

    def sections(self) -> Iterator[Section]:
        yield Section("", [self._headline()], whole=True)
        yield Section("targets", list(self._target_lines()))
        yield Section("what was not read", list(self._skips()))
        yield Section("", list(self._not_compared()))
        yield Section("clashes", [*self._grave_lines(), *self._loss_lines()])
        yield Section("reasons", list(reasons(self._grave)))
        yield Section("what releases newly install", list(self._addition_lines()))
        yield Section("notices", list(self._notice_lines()))
        yield self.rules(self._report)
        yield Section("ignored ones", list(ignored_lines(self._report, verbose=self.verbose)))
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
        parts: list[str] = []
        if self._grave or self._lost:
            parts += ["every path"] if self._names_left_out else []
            remedies = len(self._report.remedies) - len(recommended_remedies(self._report))
            parts += [plural(remedies, "more remedy", "more remedies")] if remedies else []
        if oddities := sum(not _is_always_told(finding.code) for finding in self._all_findings()):
            parts.append(f"{plural(oddities, 'oddity', 'oddities')} in these wheels")
        return parts

    def _all_findings(self) -> Iterator[FindingReport]:
        return (finding for distribution in self._report.distributions for finding in distribution.findings)

    def _headline(self) -> Line:
        report = self._report
        summary = report.summary
        ignored = [f"{summary.ignored} ignored"] if summary.ignored else []
        counted = ", ".join([*self._counted(), *ignored])
        where = "" if self._grave and len(report.targets) > 1 else f" [{self._where()}]"
        refused = refusals_said(report)
        also = f"; {refused}" if refused else ""
        if report.into and (self._grave or self._lost):
            text = grave_headline(report, self.place(report.into.prefix), self._grave, self._lost)
            return (*with_severities(f"{text}: {counted}{also}"), Span(where, "faint"))
        if self._grave:
            involved = sorted({owner.distribution for overlap in self._grave for owner in overlap.owners})
            pair = 2
            who = (
                listed(f"{name} {self._versions[name]}" for name in involved)
                if len(involved) <= pair
                else f"{len(involved)} of {plural(len(self._versions), 'distribution')}"
            )
            clash = "clash" if len(involved) > 1 else "clashes"
            return (*with_severities(f"{who} {clash}: {counted}{also}"), Span(where, "faint"))
        count = plural(len(self._versions), "distribution")
        files = plural(self._file_count(), "file")
        if not report.complete and not report.answers:
            if report.into:
                count = plural(len(report.newcomers), "distribution")
            return (Span(f"No answer: of what was asked, {count} could be read", "error"), Span(where, "faint"))
        if not report.complete:
            return (
                Span(f"Incomplete: no clash in what could be read ({count}, {files}){also}", "warning"),
                Span(where, "faint"),
            )
        rest = f"; {counted}" if counted else ""
        if refused:
            text = f"{refused}; no clash otherwise ({count}, {files}{rest})"
            return (Span(text, "error"), Span(where, "faint"))
        style: Style = "warning" if any(addition.severity in GRAVE for addition in self._additions()) else "good"
        if report.into:
            text = clean_headline(report, report.into, self.place(report.into.prefix))
            return (Span(f"{text}{rest}", style), Span(where, "faint"))
        return (Span(f"No clash: {count}, {files}{rest}", style), Span(where, "faint"))

    def _counted(self) -> list[str]:
        """Return how many of each severity there are: of several targets, in the one that has most."""
        counts = self._counts()
        worst = max(counts)
        parts = _severities(worst)
        if len(counts) == 1 or not parts:
            return parts
        affected = sum(any(count) for count in counts)
        what = "choices of wheel variants" if self._is_one_target else "targets"
        if affected == len(counts) and len(set(counts)) == 1:
            return [*parts[:-1], f"{parts[-1]} in each of {affected} {what}"]
        return [*parts[:-1], f"{parts[-1]} at most, in {affected} of {len(counts)} {what}"]

    def _counts(self) -> list[tuple[int, int, int]]:
        """Return the number of errors, warnings and notices in each target."""
        summary, targets = self._report.summary, self._report.targets
        if len(targets) <= 1:
            return [(summary.errors, summary.warnings, summary.notices)]
        counters = [Counter[str]() for _ in targets]
        for overlap in self._report.overlaps:
            for number in () if overlap.ignored else overlap.targets:
                counters[number][overlap.severity] += 1
        for addition in self._additions():
            for counter in counters:
                counter[addition.severity] += 1
        return [(count["error"], count["warning"], count["notice"]) for count in counters]

    def _file_count(self) -> int:
        """Return how many files there are: of several targets, in the one that has most."""
        counts = [0] * len(self._report.targets)
        for distribution in self._report.distributions:
            for number in distribution.targets:
                counts[number] += distribution.files
        return max(counts, default=0)

    def _target_lines(self) -> Iterator[Line]:
        """Yield which of several targets has how much, where something clashes."""
        if not self._grave or len(self._report.targets) == 1:
            return
        alike: dict[tuple[int, int, int], list[int]] = {}
        for number, counts in enumerate(self._counts()):
            alike.setdefault(counts, []).append(number)
        word = "variants" if self._is_one_target else "targets"
        for counts, numbers in sorted(alike.items(), reverse=True):
            text = f"{', '.join(_severities(counts)) or 'none'}: {self.some(self._labels(numbers), '; ')}"
            yield (Span(f"  {word:<9}", "faint"), Span(text))

    def _where(self) -> str:
        targets = self._report.targets
        if self._is_one_target:
            python = f", {self.place(targets[0].python)}" if targets[0].python and not self._report.into else ""
            choices = f", {len(targets)} choices of wheel variants" if len(targets) > 1 else ""
            return f"{_platform_label(targets[0])}{python}{choices}"
        labels = list(dict.fromkeys(map(_platform_label, targets)))
        return f"{len(labels)} targets: {self.some(labels, '; ')}"

    @property
    def _is_one_target(self) -> bool:
        """Return whether there is one target, apart from wheel variants."""
        return len(set(map(_platform_label, self._report.targets))) == 1

    def _labels(self, numbers: Iterable[int]) -> list[str]:
        """Return what some of the targets are: for which Python and platform, and with which wheel variants."""
        targets = self._report.targets
        by_label: defaultdict[str, list[TargetReport]] = defaultdict(list)
        for number in numbers:
            by_label[_platform_label(targets[number])].append(targets[number])
        labels = []
        for label, some_targets in by_label.items():
            variants = _variants_of(some_targets, [target for target in targets if _platform_label(target) == label])
            labels.append((variants or "all") if self._is_one_target else f"{label}{variants and ' with '}{variants}")
        return labels

    def _resolved(self) -> Iterator[Line]:
        """Yield the versions that a resolver chose: it backs off to old releases without a word."""
        pulled = [distribution for distribution in self._report.newcomers if len(distribution.through) > 1]
        if not pulled:
            return
        asked = [distribution for distribution in self._report.newcomers if len(distribution.through) <= 1]
        names = dict.fromkeys(
            f"{distribution.name} {distribution.version}"
            for distribution in (*asked, *(pulled if self.verbose else ()))
        )
        more = "" if self.verbose else f", and {len(pulled)} that come with it (-v)"
        yield (Span(f"  resolved: {self.some(list(names))}{more}", "faint"),)

    def _skips(self) -> Iterator[Line]:
        """Yield what was not read, once for each requirement; ``-v`` has every reason."""
        reasons: defaultdict[str, list[str]] = defaultdict(list)
        for skip in self._report.skipped:
            reasons[skip.requirement].append(skip.reason)
        for requirement, texts in reasons.items():
            for reason in texts if self.verbose else texts[:1]:
                more = f" (and {len(texts) - 1} more reasons, -v)" if len(texts) > 1 and not self.verbose else ""
                yield not_read(requirement, f"{reason}{more}")

    def _not_compared(self) -> Iterator[Line]:
        """Yield one line for each reason for which something is not compared."""
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for skip in self._report.not_compared:
            by_reason[skip.reason].append(skip.requirement)
        for reason, requirements in by_reason.items():
            names = list(dict.fromkeys(requirements))
            yield (Span(f"  not compared: {self.some(names)} ({reason})", "faint"),)

    def _notice_lines(self) -> Iterator[Line]:
        """Yield one line for each set of owners of notices."""
        sets: defaultdict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
        for overlap in self._notices:  # wheels of several targets share one path
            sets[tuple(owner.distribution for owner in overlap.owners)].add((overlap.root, overlap.path))
        for names, paths in sorted(sets.items()):
            text = (
                f"{plural(len(paths), 'file')} shared by {listed(names)}: fine today, lost to the others when one goes"
            )
            yield (Span("  notice   ", "notice"), Span(text))
            if self.verbose:
                yield from self._paths(names)
            else:
                self._names_left_out = True

    def _chains(self) -> Iterator[Line]:
        """Yield through whom those that clash come in, where they were not asked for themselves."""
        chains = {
            distribution.name: distribution.through
            for distribution in self._report.distributions
            if distribution.id in self._clashing
        }
        texts = [
            " → ".join(f"{name} {self._versions[name]}" for name in chains[clashing])
            for clashing in sorted(chains)
            if len(chains[clashing]) > 1
        ]
        if texts:
            yield (Span("  through  ", "faint"), Span(self.some(texts, "; ")))

    def _only(self, targets: Sequence[int]) -> str:
        """Return where an overlap exists, if not in every target."""
        every = self._report.targets
        if len(targets) == len(every):
            return ""
        return f"  [{self.some(self._labels(targets), '; ')}]"

    def _paths(self, names: tuple[str, ...]) -> Iterator[Line]:
        for overlap in self._notices:
            if tuple(owner.distribution for owner in overlap.owners) == names:
                yield (Span(f"             {overlap.root}/{overlap.path}", "faint"),)

    def _grave_lines(self) -> Iterator[Line]:
        """Yield a line for each folder, kind and set of owners; several sets of owners are told apart by name."""
        keys = list(map(_folder_key, self._grave))
        several = len({owners for _, _, owners, _, _ in keys}) > 1
        targets: defaultdict[tuple[object, ...], set[int]] = defaultdict(set)
        if len(self._report.targets) > 1:
            for key, overlap in zip(keys, self._grave, strict=True):
                targets[*key, overlap.path] |= {*overlap.targets}  # other wheels, the same line
        groups: defaultdict[tuple[_FolderKey, tuple[int, ...]], list[OverlapReport]] = defaultdict(list)
        for key, overlap in zip(keys, self._grave, strict=True):
            groups[key, tuple(sorted(targets[*key, overlap.path])) if targets else (0,)].append(overlap)
        for (_, numbers), group in sorted(groups.items(), key=lambda item: (_flat(item[0][0]), item[0][1])):
            first = group[0]
            style: Style = "error" if first.severity == "error" else "warning"
            of = ""
            if first.kind in SAME_PATH:
                text = self._folder_text(group)
                of = f"  ({listed(_owners(first))})" if several else ""
            else:
                text = self.some(list(dict.fromkeys(map(_pair_text, group))), "; ")
            where = self._only(numbers)
            yield (Span(f"  {first.severity:<8} ", style), Span(text), Span(f"{of}{where}", "faint"))

    def _loss_lines(self) -> Iterator[Line]:
        """Yield a line for each distribution that loses files, each that is replaced and each severity."""
        pairs: defaultdict[tuple[str, str, str, str, str, str], list[str]] = defaultdict(list)
        for lost in self._lost:
            key = lost.severity, lost.distribution, lost.because, lost.version, _when(self._report, lost), lost.code
            pairs[key].append(f"{lost.root}/{lost.path}")
        for (severity, loser, because, version, when, code), paths in sorted(pairs.items()):
            if code == "in-the-way":
                what = f"cannot be written beside {because} {version}, which is replaced only after it"
            elif code == "left-out":
                what = f"{'is' if len(paths) == 1 else 'are'} left out by pip, as {because} {version} has it already"
            else:
                what = f"{'goes' if len(paths) == 1 else 'go'} with {because} {version}, which is replaced"
            style: Style = "error" if severity == "error" else "warning"
            text = f"{self.some(sorted(paths))}  of {loser} {what}"
            yield (Span(f"  {severity:<8} ", style), Span(text), Span(when, "faint"))
        yield from self._unowned_lines()

    def _unowned_lines(self) -> Iterator[Line]:
        """Yield a line for each distribution that overwrites files which no RECORD lists."""
        paths: defaultdict[str, list[str]] = defaultdict(list)
        for unowned in self._report.into.unowned if self._report.into else ():
            if unowned.ignored:
                continue
            paths[unowned.distribution].append(f"{unowned.root}/{unowned.path}")
        for name, files in paths.items():
            what = "which no RECORD lists, is" if len(files) == 1 else "which no RECORD lists, are"
            yield (Span("  warning  ", "warning"), Span(f"{self.some(files)}, {what} overwritten by {name}"))

    def _additions(self) -> Iterator[AdditionReport]:
        """Yield what releases newly install and the user does not know of."""
        return (addition for release in self._report.releases for addition in release.additions if not addition.ignored)

    def _addition_lines(self) -> Iterator[Line]:
        """Yield what each release newly installs: a line for each warning, and one for all notices of a kind."""
        releases = Counter(release.distribution for release in self._report.releases)
        for release in self._report.releases:
            name = f"{release.distribution} {release.version}"
            since = f"  (since {release.since})" if releases[release.distribution] > 1 else ""
            additions = [addition for addition in release.additions if not addition.ignored]
            for addition in additions:
                if addition.severity in GRAVE or self.verbose:
                    style: Style = "warning" if addition.severity in GRAVE else "notice"
                    text = f"{name} newly {addition_said(addition)}"
                    yield (Span(f"  {addition.severity:<8} ", style), Span(text), Span(since, "faint"))
            notices = [addition for addition in additions if addition.severity not in GRAVE]
            if notices and not self.verbose:
                texts = [addition.name or f"{addition.root}/{addition.path}" for addition in notices]
                text = f"{name} newly installs {self.some(texts)} (-v)"
                yield (Span("  notice   ", "notice"), Span(text), Span(since, "faint"))
            if not additions:
                known = " that is not ignored" if release.additions else ""
                text = f"  {name} installs nothing outside of the packages of {release.since}{known}"
                yield (Span(text, "faint"),)

    def _folder_text(self, group: Sequence[OverlapReport]) -> str:
        first = group[0]
        folder = f"{first.root}/{first.path}".rpartition("/")[0]
        what = f"{first.role}, {first.kind}"
        names = sorted({overlap.path.rpartition("/")[2] for overlap in group})
        if len(names) == 1:
            return f"{folder}/{names[0]}  {what}"
        return f"{folder}/  {plural(len(names), 'file')}, {what}: {self.some(names)}"

    def _winners(self) -> Iterator[Line]:
        for installer, diagnosis in self._report.diagnosis.items():
            yield from self._winners_under(installer, diagnosis)
        yield from self._startup()
        uninstalls = next(
            (diagnosis.uninstall for diagnosis in self._report.diagnosis.values() if diagnosis.uninstall), ()
        )
        total = sum(len(uninstall.loses) + uninstall.others for uninstall in uninstalls)
        losses = (
            f"uninstalling {uninstall.distribution} takes {plural(count, 'file')} from {other}"
            for uninstall in uninstalls
            for other, count in uninstall.loses.items()
        )
        most = None if self.verbose else _MOST
        shown = list(islice(losses, most))
        self._names_left_out |= len(shown) < total
        if shown:
            more = f" and {total - len(shown):,} more" if len(shown) < total else ""
            yield (Span(f"  then {'; '.join(shown)}{more}"),)

    def _startup(self) -> Iterator[Line]:
        """Yield who may overwrite the winners whenever Python starts."""
        for distribution in self._report.distributions:
            paths = [
                finding.path for finding in distribution.findings if finding.code == "startup-code" and finding.path
            ]
            if paths:
                what = f"runs code whenever Python starts ({listed(paths)}): it may overwrite the winner"
                yield (Span(f"  {distribution.name} {what}", "warning"),)

    def _winners_under(self, installer: str, diagnosis: DiagnosisReport) -> Iterator[Line]:
        outcomes: Iterable[DiagnosedOverlap] = diagnosis.overlaps
        if len(self._grave) < len(self._report.overlaps):  # of very many, they all are errors as a rule
            outcomes = (outcome for outcome in outcomes if _key_of(outcome) in self._grave_keys)
        counted, total = self._counted_outcomes(outcomes)
        for (state, winner, reason), count in counted.most_common():
            share = "" if count == total else f" ({count} of {total})"
            yield (Span(f"  {installer:<4} ", "strong"), Span(outcome_said(state, winner, reason, share)))
        broken = sorted({distribution.name for distribution in diagnosis.distributions if distribution.intact == "no"})
        if broken and total:
            yield (Span(f"       left broken: {listed(broken)}"),)

    def _counted_outcomes(self, outcomes: Iterable[DiagnosedOverlap]) -> tuple[Counter[_OutcomeKey], int]:
        """Return how many overlaps end in each way, and how many there are; one that several targets have is one."""
        if len(self._report.targets) <= 1:
            counted = Counter(map(_outcome_of, outcomes))
            return counted, counted.total()
        ends: defaultdict[_OutcomeKey, set[tuple[str, str, str]]] = defaultdict(set)
        for outcome in outcomes:
            ends[_outcome_of(outcome)].add(_key_of(outcome))
        every = {key for keys in ends.values() for key in keys}
        return Counter({end: len(keys) for end, keys in ends.items()}), len(every)

    @cached_property
    def _grave_keys(self) -> set[tuple[str, str, str]]:
        return set(map(_key_of, self._grave))

    def _remedies(self) -> Iterator[Line]:
        by_keeper: defaultdict[tuple[str, ...], list[RemedyReport]] = defaultdict(list)
        for remedy in self._report.remedies if self.verbose else recommended_remedies(self._report):
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
            yield (Span(f"{start}, name it with --keep: {self.some(list(others))}", "faint"),)

    def _remedy(self, remedy: RemedyReport, alternative: str) -> Iterator[Line]:
        text = remedy_said(remedy, into=self._report.into is not None)
        yield (Span(f"  {alternative}{text}{':' if remedy.steps else ''}"),)
        for step in remedy.steps:
            yield self.command(step.command)
            if self.verbose:
                yield (Span(f"      {step.why}", "faint"),)

    def _findings(self) -> Iterator[Line]:
        counted: Counter[tuple[str, str, str]] = Counter()
        for distribution in self._report.distributions:
            for finding in distribution.findings:
                counted[distribution.id, finding.code, finding.detail] += 1
        for (wheel, code, detail), count in sorted(counted.items()):
            times = f" ({count} times)" if count > 1 else ""
            if self.verbose or _is_always_told(code):
                which = "" if code == "newer-release" else f"{wheel}: "
                yield note(f"{which}{detail}{times}")


def recommended_remedies(report: Report) -> list[RemedyReport]:
    """Return the remedy that is told first; none where no error calls for it and a keeper must be chosen."""
    remedies = list(report.remedies)
    several = len({tuple(remedy.keep) for remedy in remedies}) > 1 or bool(report.without_remedies)
    return [] if several and not report.summary.errors else remedies[:1]


def remedy_said(remedy: RemedyReport, *, into: bool) -> str:
    """Return what a remedy comes to, and which requirements it leaves unmet.

    Args:
        remedy: The remedy.
        into: Whether it is about an environment that exists.
    """
    text = way(remedy) if into else _way_from_nothing(remedy)
    missed = "; ".join(
        f"{listed(unmet.required_by)} {'requires' if len(unmet.required_by) == 1 else 'require'} {unmet.distribution}"
        for unmet in remedy.unmet
    )
    return f"{text}{f', though {missed}' if missed else ''}"


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


_key_of = attrgetter("root", "path", "kind")
_outcome_of = attrgetter("state", "winner", "reason")


def _owners(overlap: OverlapReport) -> tuple[str, ...]:
    return tuple([owner.distribution for owner in overlap.owners])  # there may be very many: no generator for each


_FolderKey: TypeAlias = tuple[str, str, tuple[str, ...], str, str]
_OutcomeKey: TypeAlias = "tuple[Certainty, str | None, str]"


def _flat(key: _FolderKey) -> tuple[str, ...]:
    """Return what lines are sorted by."""
    severity, folder, owners, kind, role = key
    return severity, folder, *owners, kind, role


def _folder_key(overlap: OverlapReport) -> _FolderKey:
    """Return what overlaps have in common that are told in one line."""
    folder = f"{overlap.root}/{overlap.path}".rpartition("/")[0]
    return overlap.severity, folder, _owners(overlap), overlap.kind, overlap.role


def _pair_text(overlap: OverlapReport) -> str:
    match overlap.kind:
        case "file-directory":
            first, *rest = overlap.owners
            needing = listed(owner.distribution for owner in rest if owner.path != overlap.path)
            return f"{overlap.root}/{overlap.path}  is a file of {first.distribution} and a folder of {needing}"
        case "shadowed":
            top = overlap.owners[0]
            hidden = listed(owner.distribution for owner in overlap.owners if owner.path == overlap.path)
            return f"{overlap.root}/{overlap.path} of {hidden}  is hidden by {top.path} of {top.distribution}"
    spelt, difference = spelling_said(overlap)
    if names_a_folder(overlap):
        return f"{overlap.root}/: {spelt}  is one folder; imports find it by one of the names"
    return f"{overlap.root}/: {spelt}  differ only in {difference}"


# -- a set of wheels and an environment --------------------------------------------------------------------------------


_FEW = 2


def grave_losses(report: Report) -> list[LostReport]:
    """Return what replacing older releases takes from others and matters: each once, for all installers."""
    losses: dict[tuple[str, str, str], LostReport] = {}
    for diagnosis in report.diagnosis.values():
        for loss in diagnosis.lost:
            if loss.severity in GRAVE and not loss.ignored:
                losses.setdefault((loss.root, loss.path, loss.distribution), loss)
    return list(losses.values())


def grave_headline(report: Report, prefix: str, grave: Sequence[OverlapReport], lost: Sequence[LostReport]) -> str:
    """Return who would overwrite how much of whom, and where."""
    sentences = list(_overlaps_said(report, grave)) + list(_losses_said(lost))
    return f"{'; '.join(sentences)} in {prefix}"


def _overlaps_said(report: Report, grave: Sequence[OverlapReport]) -> Iterator[str]:
    new = {distribution.name: f"{distribution.name} {distribution.version}" for distribution in report.newcomers}
    old = {
        distribution.name: f"{distribution.name} {distribution.version}"
        for distribution in report.distributions
        if distribution.name not in new
    }
    involved: defaultdict[str, list[OverlapReport]] = defaultdict(list)
    for overlap in grave:
        names = {owner.distribution for owner in overlap.owners}
        if names <= new.keys():
            involved["new"].append(overlap)
        elif overlap.kind in {"file-directory", "shadowed"}:
            involved[overlap.kind].append(overlap)
        else:
            involved["written"].append(overlap)
    for what, overlaps in involved.items():
        names = {owner.distribution for overlap in overlaps for owner in overlap.owners}
        coming, there = (
            _named_or_counted(texts[name] for name in sorted(names) if name in texts) for texts in (new, old)
        )
        match what:
            case "written":
                yield f"{coming} would overwrite {plural(len(overlaps), 'file')} of {there}"
            case "file-directory":
                yield f"{coming} cannot be installed beside {there}"
            case "shadowed":
                yield f"{coming} and {there} hide modules of each other"
            case _:
                yield f"{coming} clash"


def _losses_said(lost: Sequence[LostReport]) -> Iterator[str]:
    by_cause: defaultdict[tuple[str, str, str], list[LostReport]] = defaultdict(list)
    for loss in lost:
        by_cause[loss.because, loss.version, loss.code].append(loss)
    for (name, version, code), losses in by_cause.items():
        losers = _named_or_counted(sorted({loss.distribution for loss in losses}))
        if code == "in-the-way":
            yield f"{losers} cannot be installed before {name} {version} is replaced"
        elif code == "left-out":
            yield f"pip would install {losers} without what {name} {version} has"
        else:
            yield f"replacing {name} {version} takes {plural(len(losses), 'file')} from {losers}"


def _named_or_counted(texts: Iterable[str]) -> str:
    """Return names of distributions; of more than a few their number."""
    names = list(texts)
    return listed(names) if len(names) <= _FEW else plural(len(names), "distribution")


def clean_headline(report: Report, into: IntoReport, prefix: str) -> str:
    """Return what was compared with what, nothing being wrong."""
    older = {distribution.name: distribution.version for distribution in into.replaces}
    new = [
        f"{distribution.name} {distribution.version}{_now(older.get(distribution.name))}"
        for distribution in report.newcomers
    ]
    there = len(report.distributions) - len(new)
    if not new:
        what = (
            f": {listed(into.present)} {'is' if len(into.present) == 1 else 'are'} there already"
            if into.present
            else ""
        )
        return f"Nothing to install in {prefix}{what}"
    files = plural(sum(distribution.files for distribution in report.newcomers), "file")
    return f"No clash: {_named_or_counted(new)} ({files}) and {plural(there, 'distribution')} in {prefix}"


def _now(version: str | None) -> str:
    return "" if version is None else f", now {version},"


def _when(report: Report, lost: LostReport) -> str:
    """Return under which installers a file is lost, if not surely under all."""
    installers = [
        name if loss.state != "undetermined" else f"{name}, if its order is so"
        for name, diagnosis in report.diagnosis.items()
        for loss in diagnosis.lost
        if (loss.root, loss.path, loss.distribution) == (lost.root, lost.path, lost.distribution)
    ]
    return "" if installers == list(report.diagnosis) else f"  (under {' and '.join(installers)})"


def way(remedy: RemedyReport) -> str:
    """Return what a strategy comes to here."""
    match remedy.strategy:
        case "avoid":
            return "do not install the others" if remedy.steps else "leave it as it is: do not install the others"
        case "reinstall-keeper" if len(remedy.steps) == 1:
            return "install, and what comes later wins"
        case "reinstall-keeper":
            return "install one after the other, the keeper last"
    return "uninstall the others first, for good"


# -- an environment ----------------------------------------------------------------------------------------------------


class _EnvironmentWriter(_Writer):
    """Writes the report on an environment."""

    def __init__(self, report: EnvironmentReport, reader: Reader) -> None:
        super().__init__(reader)
        self._report = report
        shown = [overlap for overlap in report.overlaps if overlap.severity != "none" and not overlap.ignored]
        self._grave = [overlap for overlap in shown if overlap.severity in GRAVE]
        self._notices = [overlap for overlap in shown if overlap.severity == "notice"]
        self._damages = [damage for damage in report.damage if not damage.ignored]

    def sections(self) -> Iterator[Section]:
        report = self._report
        yield Section("", [self._headline()], whole=True)
        yield Section("what was not read", [not_read(skip.requirement, skip.reason) for skip in report.skipped])
        yield Section("distributions", list(self._verdicts()))
        yield Section("files", [*self._contested(), *self._damage({"missing-file", "changed-file"})])
        yield Section("reasons", list(reasons(self._grave)))
        yield Section("notices", list(self._notices_lines()))
        yield self.rules(report)
        yield Section("ignored ones", list(ignored_lines(report, verbose=self.verbose)))
        yield Section("what imports find", list(self._hidden()))
        yield Section("what is not compared", list(self._not_compared()))
        yield Section("notes", list(self._findings()))
        yield Section("notes", [note(warning) for warning in report.warnings])
        if self._damaged:
            yield Section("commands", list(self._commands()), heading=[()], whole=True)

    def left_out(self) -> list[str]:
        """Return what the sections do not show without ``-v``."""
        environment = self._report.environment
        return ["a command for CI"] if self._damaged and environment.fix and environment.command else []

    @property
    def _damaged(self) -> bool:
        return bool(self._report.summary.errors or self._report.summary.warnings)

    def _commands(self) -> Iterator[Line]:
        """Yield what to do next: see what mends it; else, or with ``-v``, how to notice it the next time."""
        environment = self._report.environment
        if environment.fix:
            yield self._next("What mends it", environment.fix)
        if environment.command and (self.verbose or not environment.fix):
            yield self._next("To check this in CI", environment.command)

    def _next(self, title: str, arguments: Sequence[str]) -> Line:
        """Return a command, and whom it could keep instead."""
        others = keep_instead(self._report, arguments)
        return (Span(f"{title}: "), *self.command(arguments, ""), Span(f"   ({others})" if others else "", "faint"))

    def _headline(self) -> Line:
        report = self._report
        summary = report.summary
        where = Span(f"{self.place(report.environment.prefix)} ({python_of(report.targets[0])}): ", "strong")
        counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notices, "notice")]
        counted = ", ".join(plural(count, word) for count, word in counts if count)
        counted += f"{', ' if counted else ''}{summary.ignored} ignored" if summary.ignored else ""
        count = plural(len(report.distributions), "distribution")
        files = plural(sum(distribution.files for distribution in report.distributions), "file")
        if summary.errors or summary.warnings:
            damaged = [distribution for distribution in report.distributions if distribution.damaged]
            return (where, *with_severities(f"{len(damaged)} of {count} damaged: {counted}"))
        if not report.complete:
            return (where, Span(f"incomplete: no damage in what could be read ({count}, {files})", "warning"))
        apart = self._apart()
        is_whole = report.environment.verified and not apart and not summary.ignored
        looked = "every file verified" if is_whole else "no damage"
        rest = "; ".join(part for part in (apart, counted) if part)
        return (where, Span(f"{looked} in {count}, {files}{f'; {rest}' if rest else ''}", "good"))

    def _apart(self) -> str:
        """Return how many files are not what was recorded, although nothing is damaged by it."""
        codes = [damage.code for damage in self._damages]
        counts = [(codes.count("changed-file"), "changed"), (codes.count("missing-file"), "missing")]
        parts = [f"{plural(count, 'file')} {state}" for count, state in counts if count]
        return " and ".join(parts)

    def _verdicts(self) -> Iterator[Line]:
        """Yield a line for each distribution that is not what it recorded."""
        for distribution in self._report.distributions:
            if not distribution.damaged:
                continue
            parts = [
                f"{plural(count, 'file')} overwritten by {name}" for name, count in distribution.overwritten_by.items()
            ]
            parts += [f"{plural(count, 'file')} overwritten"] if (count := self._overwritten(distribution)) else []
            parts += [f"{plural(distribution.missing, 'file')} missing"] if distribution.missing else []
            parts += [f"{plural(distribution.changed, 'file')} changed"] if distribution.changed else []
            yield (
                Span(f"  {distribution.name} {distribution.version}: ", "strong"),
                Span("; ".join(parts) or "hidden in part"),
            )
        for hybrid in self._damages:
            if hybrid.code != "hybrid":
                continue
            names = hybrid.distributions
            text = f"{listed(names)}: of the files they share some are one's, some another's"
            yield (Span("  hybrid   ", "warning"), Span(text))

    def _overwritten(self, distribution: InstalledReport) -> int:
        """Count the files of a distribution that hold what is not its own, and of no owner that is known."""
        disks = [contested.on_disk for contested in self._grave]
        return sum(disk.state == "present" and not disk.matches and distribution.name in disk.losers for disk in disks)

    def _contested(self) -> list[Line]:
        """Return a line for each folder, kind, owners and state."""
        paths: dict[tuple[str, str], list[str]] = {}
        for overlap in self._grave:
            owners = tuple(owner.distribution for owner in overlap.owners)
            text = f"{overlap.role}, {_told(overlap, owners)}"
            paths.setdefault((overlap.severity, text), []).append(f"{overlap.root}/{overlap.path}")
        return self._lines(paths)

    def _damage(self, codes: set[str]) -> list[Line]:
        paths: dict[tuple[str, str], list[str]] = {}
        for damage in self._damages:
            if damage.code in codes and damage.severity != "notice":
                what = "missing; part of" if damage.code == "missing-file" else "changed; recorded by"
                text = f"{what} {listed(damage.distributions)}"
                paths.setdefault((damage.severity, text), []).append(f"{damage.root}/{damage.path}")
        return self._lines(paths)

    def _lines(self, paths: Mapping[tuple[str, str], Sequence[str]]) -> list[Line]:
        """Return a line for each folder; where there are many below one package, a line for that."""
        lines = []
        for (severity, what), files in sorted(paths.items()):
            folders: dict[str, list[str]] = {}
            for path in sorted(files):
                folder, _, name = path.rpartition("/")
                folders.setdefault(folder, []).append(name)
            if len(folders) > _MOST and not self.verbose:
                folders = {}
                for path in sorted(files):
                    root, top, name = [*path.split("/", 2), ""][:3]
                    folder, name = (f"{root}/{top}", name) if name else (root, top)
                    folders.setdefault(folder, []).append(name)
            lines += [self._line(severity, folder, names, what) for folder, names in folders.items()]
        return lines

    def _line(self, severity: str, folder: str, names: Sequence[str], what: str) -> Line:
        style: Style = "error" if severity == "error" else "warning"
        text = (
            f"{folder}/{names[0]}  {what}"
            if len(names) == 1
            else f"{folder}/  {plural(len(names), 'file')}, {what}: {self.some(names)}"
        )
        return (Span(f"  {severity:<8} ", style), Span(text))

    def _notices_lines(self) -> Iterator[Line]:
        clean = not self._grave and not any(damage.severity != "notice" for damage in self._damages)
        quiet = clean and not self.verbose  # a clean environment is one line, unless a distribution lost to a keeper
        sets = Counter(
            (overlap.kind, tuple(owner.distribution for owner in overlap.owners)) for overlap in self._notices
        )
        for (kind, names), count in sorted(sets.items()):
            text = (
                f"{plural(count, 'file')} shared by {listed(names)}: fine today, lost to the others when one goes"
                if kind == "identical"
                else f"{plural(count, 'file')} of {listed(names)}: as the keeper recorded"
            )
            if not quiet or kind != "identical":
                yield (Span("  notice   ", "notice"), Span(text))
        if quiet:
            return
        changed = Counter(
            name for damage in self._damages if damage.code == "changed-file" and damage.severity == "notice"
            for name in damage.distributions
        )  # fmt: skip
        for name, count in sorted(changed.items()):
            yield (Span("  notice   ", "notice"), Span(f"{plural(count, 'file')} of {name} changed since"))
        absent = Counter(
            name for damage in self._damages if damage.code == "missing-file" and damage.severity == "notice"
            for name in damage.distributions
        )  # fmt: skip
        for name, count in sorted(absent.items()):
            text = f"{plural(count, 'file')} of {name} missing that nothing imports: tests, stubs or compiled sources"
            yield (Span("  notice   ", "notice"), Span(text))
        left = [damage for damage in self._damages if damage.code == "leftover"]
        for leftover in left:
            text = f"{leftover.root}/{leftover.path}/  {plural(leftover.files, 'file')} that nobody recorded"
            yield (Span("  notice   ", "notice"), Span(text))

    def _hidden(self) -> Iterator[Line]:
        """Yield which of several copies an import finds: a line for each two folders, and for each name of others."""
        copies: dict[tuple[str, str], list[str]] = {}
        for copy in self._report.environment.hidden:
            owners, finders = listed(copy.owners), listed(copy.by_owners) or "nobody"
            by_folder, folder = self.place(copy.by_folder), self.place(copy.folder)
            if copy.what == "distribution":
                other = f", not {owners}" if owners != finders else ""
                copies.setdefault((by_folder, folder), []).append(f"{copy.name} {finders}{other}")
            else:
                text = f"find {copy.name} of {finders} in {by_folder}, not that of {owners} in {folder}"
                yield (Span("  imports  ", "warning"), Span(text))
        for (folder, hidden), texts in copies.items():
            copies_said = self.some(texts, "; ", hint=" (-v)")
            text = f"find {copies_said}  (in {folder} before {hidden})"
            yield (Span("  imports  ", "faint"), Span(text))

    def _not_compared(self) -> Iterator[Line]:
        skips = self._report.not_compared
        if not skips:
            return
        names = list(dict.fromkeys(f"{skip.requirement} ({skip.code})" for skip in skips))
        yield (Span(f"  not compared: {self.some(names, hint=' (-v)')}", "faint"),)

    def _findings(self) -> Iterator[Line]:
        findings = [
            (distribution.name, finding)
            for distribution in self._report.distributions
            for finding in distribution.findings
        ]
        if self.verbose:
            for name, finding in findings:
                path = f" ({finding.path})" if finding.path else ""
                yield note(f"{name}: {finding.detail}{path}")
        elif findings and (self._grave or self._damages):
            count = plural(len(findings), "oddity", "oddities")
            yield (Span(f"note: {count} in what was recorded (-v)", "faint"),)


def keep_instead(report: EnvironmentReport, command: Sequence[str]) -> str:
    """Return whom a command could keep in the place of those it names: ``or keep a or b``.

    Args:
        report: On the environment.
        command: The command. If it keeps none, or those whom the user named, the text is empty.
    """
    if report.environment.keep or "--keep" not in command:
        return ""
    grave = [overlap for overlap in report.overlaps if overlap.severity in GRAVE and not overlap.ignored]
    names = sorted({owner.distribution for overlap in grave for owner in overlap.owners} - set(command))
    return f"or keep {' or '.join(names[:_MOST])}" if names else ""


def _told(contested: ContestedReport, owners: Sequence[str]) -> str:
    """Return what is wrong with a contested file."""
    disk = contested.on_disk
    if contested.kind in {"shadowed", "case-only"}:
        return f"{contested.kind} ({listed(owners)})"
    if disk.state == "missing":
        return f"missing; recorded by {listed(owners)}"
    if disk.state == "changed":
        return f"changed since; neither {' nor '.join(owners)} recorded this"
    perhaps = [name for name in owners if name not in disk.matches and name not in disk.losers]
    parts = [
        *([f"{listed(disk.matches)}'s"] if disk.matches else []),
        *([f"not {listed(disk.losers)}'s"] if disk.losers else []),
        *([f"perhaps {listed(perhaps)}'s, which recorded no hash"] if perhaps else []),
    ]
    return ", ".join(parts)


# -- a repair ----------------------------------------------------------------------------------------------------------


class _FixWriter(_Writer):
    """Writes the report on a repair."""

    def __init__(self, report: FixReport, reader: Reader) -> None:
        super().__init__(reader)
        self._report = report

    def sections(self) -> Iterator[Section]:
        report = self._report
        yield Section("", [self._headline()], whole=True)
        yield Section("what was not read", [not_read(skip.requirement, skip.reason) for skip in report.skipped])
        if report.state == "undecided":
            yield Section("clashes", [line for undecided in report.undecided for line in self._undecided(undecided)])
        elif report.state == "needs-drop":
            yield Section("reasons", [self._obstacle(obstacle) for obstacle in report.obstacles])
        else:
            yield Section("steps", [line for step in report.steps for line in self._step(step)])
            yield Section("wheels", list(self._origins()))
        if report.state == "failed":
            yield Section("distributions", list(self._results()))
        yield Section("notes", [note(warning) for warning in report.warnings])
        yield Section("commands", list(self._ending()), heading=self._gap(), whole=True)

    def _gap(self) -> list[Line]:
        """Return an empty line, where what stands below is more than an addition to the first line."""
        return [()] if self._report.environment.command or self._report.state == "mended" else []

    def _results(self) -> Iterator[Line]:
        word = {"yes": "is intact", "no": "is not intact", "undetermined": "may be intact or not"}
        for result in self._report.result:
            yield (Span("  now      ", "faint"), Span(f"{result.distribution} {word[result.intact]}"))

    def _headline(self) -> Line:
        report = self._report
        environment = report.environment
        where = Span(f"{self.place(environment.prefix)} (Python {environment.python_version}): ", "strong")
        intact = [result.distribution for result in report.result if result.intact == "yes"]
        broken = [result.distribution for result in report.result if result.intact == "no"]
        lost = f"; {listed(broken)} {'is' if len(broken) == 1 else 'are'} not" if broken else ""
        texts: dict[str, tuple[str, Style]] = {
            "whole": ("nothing to mend", "good"),
            "planned": (f"{plural(len(report.steps), 'step')} to mend it; nothing was done", "warning"),
            "undecided": ("nothing says whose files are wanted; name whom to keep", "error"),
            "needs-drop": (f"writing {self._beaten()} again would not last; nothing was done", "error"),
            "no-wheel": ("it cannot be mended: something cannot be written again; nothing was done", "error"),
            "mended": (f"mended{self._mended(intact)}{lost}", "good"),
            "failed": ("not mended", "error"),
        }
        return (where, Span(*texts[report.state]))

    def _mended(self, intact: Sequence[str]) -> str:
        gone = self._report.environment.drop
        parts = [f"{listed(intact)} {'is' if len(intact) == 1 else 'are'} intact"] if intact else []
        parts += [f"{listed(gone)} {'is' if len(gone) == 1 else 'are'} gone"] if gone else []
        return f": {', '.join(parts)}" if parts else ""

    def _step(self, step: RunReport) -> Iterator[Line]:
        marks: dict[str, tuple[str, Style]] = {
            "planned": ("  ", "plain"),
            "done": ("  done     ", "good"),
            "failed": ("  failed   ", "error"),
            "not-run": ("  not run  ", "warning"),
        }
        code = f"   (exit code {step.exit_code})" if step.outcome == "failed" and step.exit_code is not None else ""
        yield (Span(*marks[step.outcome]), *self.command(step.command, ""), Span(code, "error"))
        if self.verbose or step.outcome == "planned":
            yield (Span(f"      {step.why}", "faint"),)

    def _origins(self) -> Iterator[Line]:
        for origin in self._report.origins:
            if origin.reason:
                yield (Span("  no wheel ", "error"), Span(f"{origin.distribution} {origin.version}: {origin.reason}"))
            elif self.verbose:
                yield (Span("  wheel    ", "faint"), Span(f"{origin.filename}  {origin.url}"))

    def _undecided(self, undecided: UndecidedReport) -> Iterator[Line]:
        names = [side.distribution for side in undecided.sides]
        paths = self.some(undecided.paths)
        text = f"{plural(len(undecided.paths), 'file')} of {listed(names)}: {paths}"
        yield (Span("  clash    ", "error"), Span(text))
        if undecided.why:
            yield (Span("  why      ", "faint"), Span(undecided.why))
        lacking = [side for side in undecided.sides if side.lacks]
        if lacking and len(lacking) < len(undecided.sides):
            deciding = "; ".join(f"only {side.distribution} lacks {listed(side.lacks or ())} here" for side in lacking)
            yield (Span("  decides  ", "faint"), Span(deciding))
        options = " or ".join(f"--keep {name}" for name in names)
        yield (Span("  say      ", "faint"), Span(options, "command"))

    def _beaten(self) -> str:
        return listed(tuple(dict.fromkeys(obstacle.keeper for obstacle in self._report.obstacles)))

    def _obstacle(self, obstacle: ObstacleReport) -> Line:
        keeper, other, path = obstacle.keeper, obstacle.distribution, obstacle.path
        texts = {
            "hidden-module": f"imports find a module of {other} in place of {keeper}'s {path}",
            "startup-code": f"{other} runs code whenever Python starts ({path}): what is written of {keeper} may not"
            " stay",
        }
        return (Span("  why      ", "error"), Span(texts[obstacle.code]))

    def left_out(self) -> list[str]:
        """Return what the sections do not show without ``-v``."""
        return ["a way for good"] if self._report.lasting is not None and self._can_last else []

    @property
    def _can_last(self) -> bool:
        return self._report.state in {"planned", "mended"}

    def _ending(self) -> Iterator[Line]:
        """Yield the next command; with ``-v`` also the one after which nothing can be overwritten again."""
        report = self._report
        if report.environment.command:
            word = "To try again: " if report.state == "failed" else "To do it: "
            yield (Span(word), *self.command(report.environment.command, ""))
        elif report.state == "mended":
            yield (Span("To check this in CI: "), *self.command(report.environment.check, ""))
        if report.lasting is not None and (report.state == "needs-drop" or (self.verbose and self._can_last)):
            yield (Span("For good: "), *self.command(report.lasting.command, ""))
            for loss in report.lasting.losses:
                yield (Span(f"  {departure_said(loss)}", "faint"),)


def departure_said(loss: LossReport) -> str:
    """Return what would be lost with a distribution: ``b would go: nothing else needs it``."""
    parts = []
    if loss.requirers:
        parts.append(f"{listed(loss.requirers)} {'requires' if len(loss.requirers) == 1 else 'require'} it")
    if loss.packages:
        parts.append(f"nothing else lets import {listed(loss.packages)}")
    return f"{loss.distribution} would go: {'; '.join(parts) or 'nothing else needs it'}"


# -- the owners of paths -----------------------------------------------------------------------------------------------


_T = TypeVar("_T")
_MOST_LINES = 12


class _WhoWriter(_Writer):
    """Writes the report on the owners of paths: however many were asked for, each is answered."""

    def __init__(self, report: WhoReport, reader: Reader) -> None:
        super().__init__(reader)
        self._report = report

    def lines(self) -> list[Line]:
        """Return all lines on each path, or the first of each."""
        blocks = ([block[0]] if self._reader.quiet else block for block in self._blocks())
        sections = [Section("", [line for block in blocks for line in block])]
        sections += [] if self._reader.quiet else self.sections()
        lines = all_lines(map(printable_section, sections))
        return [row for line in lines for row in rows_of(line, self._reader)]

    def sections(self) -> Iterator[Section]:
        yield Section("", list(self._not_read()))
        yield Section("", [note(warning) for warning in self._report.warnings])

    def _blocks(self) -> Iterator[list[Line]]:
        """Yield the lines on each path that was asked for; the first of all says where it was looked for."""
        where = Span(f" [{self._where()}]", "faint")
        blocks = [*(list(self._found(answer)) for answer in self._report.found), *self._absent()]
        for number, (first, *rest) in enumerate(blocks):
            yield [first if number else (*first, where), *rest]

    def _where(self) -> str:
        environment, target = self._report.environment, self._report.targets[0]
        python = python_of(target)
        return f"{python}, {target.platform}" if environment is None else f"{self.place(environment.prefix)}, {python}"

    def _absent(self) -> Iterator[list[Line]]:
        """Yield what was asked for and is not there, as far as could be read."""
        known = {answer.asked for answer in self._report.found}
        for text in dict.fromkeys(asked for asked in self._report.asked if asked not in known):
            count = plural(self._report.searched, "distribution")
            statement = f": incomplete: nothing of that name in what could be read ({count})"
            yield [(Span(text, "strong"), Span(statement, "warning"))]

    def _found(self, answer: FoundReport) -> Iterator[Line]:
        slash = "/" if answer.what == "folder" and answer.path else ""
        place = f"{answer.root}/{answer.path}{slash}"
        means = "" if answer.meaning == "path" else f" ({answer.meaning} {answer.asked})"
        text, style = self._folder(answer) if answer.what == "folder" else self._file(answer)
        yield (Span(place, "strong"), Span(f"{means}: ", "faint"), Span(text, style))
        if answer.what == "file" and answer.kind is not None:
            yield (Span(f"  {answer.role}, {answer.kind}", "faint"),)
        if answer.what == "folder":
            yield from self._parts(answer)
        elif self.verbose and answer.source is None:
            yield from self._recorded(answer)
        for beside in answer.beside:
            yield (Span(f"  {_beside(beside, answer.path)}", "warning"),)
        yield from self._ends(answer)
        yield from self._below(answer)

    # -- a file

    def _file(self, answer: FoundReport) -> tuple[str, Style]:
        owners = listed(map(_named, answer.owners))
        if not answer.owners:
            so_far = " of those that could be read" if self._report.skipped else ""
            return f"nobody{so_far} recorded it", "warning"
        if answer.source is not None:
            gone = "" if answer.on_disk is None or answer.on_disk.state == "present" else "gone; "
            return f"{gone}bytecode of {answer.source}, of {owners}", "plain"
        if answer.on_disk is None:
            return (f"of {owners}", "warning") if answer.contested else (f"of {owners} alone", "good")
        matches = set(answer.on_disk.matches)
        match answer.on_disk.state:
            case "missing":
                return f"gone; {owners} recorded it", "warning"
            case "changed":
                nobody = f"none of {owners}" if answer.contested else owners
                return f"changed since; {nobody} recorded this content", "warning"
        if not matches:
            return f"of {owners}; whether this is what was recorded cannot be told", "warning"
        if len(answer.owners) == 1:
            return f"of {owners}, as recorded", "good"
        losers = [owner for owner in answer.owners if owner.distribution not in matches]
        if not losers:
            return f"of {owners}, who recorded the same content; it is there", "notice"
        winners = listed(_named(owner) for owner in answer.owners if owner.distribution in matches)
        return f"content of {winners}, not of {listed(map(_named, losers))}", "warning"

    def _recorded(self, answer: FoundReport) -> Iterator[Line]:
        """Yield what each owner recorded."""
        for owner in answer.owners:
            size = "" if owner.size is None else f", {plural(owner.size, 'byte')}"
            nothing = "a generated command" if answer.role == "script" and owner.size is None else "no sha256 recorded"
            digest = f"sha256 {owner.sha256}" if owner.sha256 else nothing
            member = f" ({owner.path_in_wheel})" if owner.path_in_wheel else ""
            yield (Span(f"  {_named(owner)}: {digest}{size}{member}"),)

    # -- a folder

    def _folder(self, answer: FoundReport) -> tuple[str, Style]:
        unowned = f"{plural(answer.unowned, 'file')} that nobody recorded" if answer.unowned else ""
        if not answer.owners:
            return unowned or "nobody recorded anything in it", "warning"
        parts = [f"{_named(owner)} ({plural(owner.files, 'file')})" for owner in answer.owners]
        if len(parts) == 1:
            text = f"of {_named(answer.owners[0])}: {plural(answer.files, 'file')}"
        elif len(parts) <= _MOST:
            text = f"of {listed(parts)}"
        else:
            text = f"of {plural(len(parts), 'distribution')}: {plural(answer.files, 'file')}"
        gone = len(
            [nested for nested in answer.below if nested.on_disk is not None and nested.on_disk.state == "missing"]
        )
        more = [
            f"{answer.contested:,} contested" if answer.contested else "",
            f"{gone:,} gone" if gone else "",
            unowned,
        ]
        text = "; ".join(filter(None, [text, ", ".join(filter(None, more))]))
        return text, "warning" if answer.contested or gone else "good"

    def _parts(self, answer: FoundReport) -> Iterator[Line]:
        """Yield what each owner has in a folder, and what is left of it; not of a few whole ones."""
        if len(answer.owners) <= _MOST and not any(owner.contested or owner.missing for owner in answer.owners):
            return
        for owner in self._cut(answer.owners):
            parts = [plural(owner.files, "file")]
            if owner.contested:
                held = "" if owner.held is None else f", {owner.held:,} of them with its content"
                parts.append(f"{owner.contested:,} contested{held}")
            if owner.missing:
                parts.append(f"{owner.missing:,} gone")
            yield (Span(f"  {_named(owner)}: {'; '.join(parts)}"),)
        yield from self._rest(answer.owners, "distribution")

    def _below(self, answer: FoundReport) -> Iterator[Line]:
        notable = [nested for nested in answer.below if self.verbose or nested.owners]
        for nested in self._cut(notable):
            yield (Span(f"    {nested.root}/{nested.path}"), Span(f"  {_state(nested)}", "faint"))
        yield from self._rest(notable, "file")

    # -- both

    def _ends(self, answer: FoundReport) -> Iterator[Line]:
        for installer, ends in answer.diagnosis.items():
            total = sum(end.files for end in ends)
            for end in ends:
                share = "" if end.files == total else f" ({end.files:,} of {total:,})"
                text = {
                    "determined": f"{end.winner} wins{share}" if end.winner else f"nobody loses{share}",
                    "undetermined": f"not determined{share}",
                    "fails": f"nobody{share}",
                }[end.state]
                yield (Span(f"  {installer:<4} ", "strong"), Span(f"{text}: {REASONS.get(end.reason, end.reason)}"))
        if self._report.environment is None and len(answer.installers) == 1:
            yield (Span(f"  installed by {answer.installers[0]} only", "faint"),)

    def _not_read(self) -> Iterator[Line]:
        for skip in self._cut(self._report.skipped):
            yield not_read(skip.requirement, skip.reason)
        yield from self._rest(self._report.skipped, "skip")
        if self._report.not_compared and any(not answer.owners for answer in self._report.found):
            names = list(dict.fromkeys(f"{skip.requirement} ({skip.code})" for skip in self._report.not_compared))
            yield (Span(f"  not compared: {self.some(names, hint=' (-v)', most=_MOST_LINES)}", "faint"),)

    def _cut(self, items: Sequence[_T]) -> Sequence[_T]:
        return items if self.verbose else items[:_MOST_LINES]

    def _rest(self, items: Sequence[object], word: str) -> Iterator[Line]:
        if len(self._cut(items)) < len(items):
            yield (Span(f"  … and {plural(len(items) - _MOST_LINES, f'more {word}')} (-v)", "faint"),)


def _named(owner: ShareReport) -> str:
    aside = f" ({owner.not_compared})" if owner.not_compared else ""
    return f"{owner.distribution} {owner.version}{aside}"


def _beside(conflict: BesideReport, path: str) -> str:
    """Return what another file does to the one at a path."""
    other = f"{conflict.root}/{conflict.path} of {conflict.distribution}"
    match conflict.kind:
        case "shadowed":
            return f"hidden by {other}: imports find that one" if conflict.gives_way else f"hides {other}"
        case "case-only":
            shorter = min(path.count("/"), conflict.path.count("/")) + 1
            names = ["/".join(name.split("/")[:shorter]) for name in (path, conflict.path)]
            return f"differs only in {spelling_difference(names)} from {other}"
    return f"cannot stand beside {other}: a file is where a folder is needed"


def _state(nested: BelowReport) -> str:
    if not nested.owners:
        return "nobody recorded it"
    if nested.on_disk is None:
        return f"{nested.kind or 'contested'}: {listed(nested.owners)}"
    match nested.on_disk.state:
        case "missing":
            return f"gone; {listed(nested.owners)} recorded it"
        case "changed":
            return f"changed since; none of {listed(nested.owners)} recorded this content"
    losers = [name for name in nested.owners if name not in nested.on_disk.matches]
    if not losers:
        return f"identical: {listed(nested.owners)}"
    if not nested.on_disk.matches:
        return f"{nested.kind}: {listed(nested.owners)}; whose content this is cannot be told"
    return f"content of {listed(nested.on_disk.matches)}, not of {listed(losers)}"


# -- any report --------------------------------------------------------------------------------------------------------


def render(report: object, reader: Reader = Reader()) -> list[Line]:  # noqa: B008  (immutable)
    """Return a report as lines of styled spans, everything in them printable.

    Args:
        report: The report.
        reader: What the text is written for.

    Raises:
        TypeError: It is no report.
    """
    writers: tuple[tuple[type, Callable[..., _Writer]], ...] = (
        (Report, _SetWriter),
        (EnvironmentReport, _EnvironmentWriter),
        (FixReport, _FixWriter),
        (WhoReport, _WhoWriter),
    )
    for kind, writer in writers:
        if isinstance(report, kind):
            return writer(report, reader).lines()
    raise TypeError(f"a {type(report).__name__} is no report")
