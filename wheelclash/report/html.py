"""The report as one HTML file: an attachment, an artifact of a CI job, a link that is sent to a colleague.

The file needs no network, and a browser that opens it is told to load nothing (Content-Security-Policy). Nothing of it
needs JavaScript but the buttons that copy and the filter. What names in wheels can do is bounded in two ways. Every
text passes :func:`~wheelclash.report.terminal.printable` and Jinja's escaping where the template writes it. And beyond
the numbers of this module, what is of a kind becomes lines of one text: a browser lays out a long text at once, but not
a hundred thousand elements.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import permutations
from typing import TYPE_CHECKING, Any

from wheelclash.core.overlap import GRAVE, SAME_PATH
from wheelclash.report.model import ContestedReport, EnvironmentReport, FixReport, InstalledReport, Report
from wheelclash.report.problems import on_disk_said, problems_of
from wheelclash.report.rules import RULES
from wheelclash.report.terminal import printable
from wheelclash.report.text import departure_said, keep_instead, outcome_said, remedy_said, target_label
from wheelclash.wording import command_line, listed, plural, quoted, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jinja2 import Template

    from wheelclash.core.disk import Intact
    from wheelclash.report.formats import Context
    from wheelclash.report.model import DiagnosedOverlap, DistributionReport, OverlapReport, RemedyReport
    from wheelclash.report.problems import Problem
    from wheelclash.report.rules import Rule

__all__ = ["to_html"]

_MOST_GROUPS = 60
_MOST_ENTRIES = 250
"""Of all groups together, and of the other problems."""
_MOST_OWNERS = 8
_MOST_IN_MATRIX = 16
_MOST_ROWS = 150
_MOST_WAYS = 20
_MOST_UNINSTALLS = 3

_UNREAD = "WC014"
_VERDICTS = {0: ("Passes", "good"), 1: ("Fails", "error"), 2: ("No answer", "error"), 3: ("Incomplete", "warning")}
_VERDICTS_OF_FIX = {
    "whole": ("Nothing to mend", "good"),
    "planned": ("To be mended", "warning"),
    "undecided": ("To be decided", "error"),
    "needs-drop": ("To be decided", "error"),
    "no-wheel": ("Cannot be mended", "error"),
    "mended": ("Mended", "good"),
    "failed": ("Not mended", "error"),
}
_INTACT = {"yes": ("good", "intact"), "no": ("error", "broken"), "undetermined": ("warning", "intact or broken")}
_WORST: Sequence[Intact] = ("no", "undetermined", "yes")
_OUTCOMES = {"planned": "", "done": "done: ", "failed": "failed: ", "not-run": "not run: "}


@dataclass(frozen=True, slots=True)
class _Count:
    """A number of the summary; ``level`` is how bad it is if it is not 0."""

    word: str
    number: int
    level: str = ""

    @property
    def label(self) -> str:
        """Return what is counted, in the number that the count asks for."""
        return self.word if self.number == 1 or self.word in {"ignored", "not read"} else f"{self.word}s"


@dataclass(frozen=True, slots=True)
class _Listing:
    """Sentences, the first of which are elements; the others are lines."""

    shown: Sequence[str] = ()
    rest: Sequence[str] = ()

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Listing:
        """Return a listing that keeps to the number of elements."""
        return cls(texts[:_MOST_ROWS], texts[_MOST_ROWS:])


@dataclass(frozen=True, slots=True)
class _Way:
    """What can be done: commands that belong together, and what each is for."""

    title: str
    text: str = ""
    commands: Sequence[str] = ()
    steps: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What an installer leaves."""

    installer: str
    texts: Sequence[str]
    broken: str


@dataclass(frozen=True, slots=True)
class _Part:
    """Files that end alike: pairs of an installer, or of the disk, and what it leaves there; and their names."""

    ends: Sequence[tuple[str, str]]
    files: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A problem, unfolded."""

    problem: Problem
    title: str
    about: str
    parts: Sequence[_Part]


@dataclass(frozen=True, slots=True)
class _Owner:
    """An owner: ``stages`` are pairs of a level and a word, one for each of the page's stages."""

    name: str
    version: str
    stages: Sequence[tuple[str, str]]
    origin: str


@dataclass(slots=True)
class _Group:
    """What the same owners contest."""

    number: int
    names: Sequence[str]
    title: str
    level: str
    about: str
    owners: Sequence[_Owner]
    more_owners: str
    entries: list[_Entry] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    @property
    def has_origins(self) -> bool:
        """Return whether it is known of any owner why it is there."""
        return any(owner.origin for owner in self.owners)

    @property
    def rest_about(self) -> str:
        """Say what the lines are that are not unfolded."""
        return f"{plural(len(self.rest), 'more file')}, each with its level and rule:"


@dataclass(frozen=True, slots=True)
class _Cell:
    """The files of two distributions."""

    other: str
    files: int
    level: str
    anchor: str


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Distributions by distributions."""

    names: Sequence[str]
    rows: Sequence[tuple[str, Sequence[_Cell]]]
    left_out: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A distribution."""

    name: str
    version: str
    files: int
    evidence: str
    origin: str


@dataclass(frozen=True, slots=True)
class _Page:
    """All that the template shows, in its order."""

    tool: str
    subject: str
    verdict: str
    level: str
    headline: str
    where: str
    counts: Sequence[_Count]
    unread: _Listing
    notes: _Listing
    ways: Sequence[_Way]
    further_ways: Sequence[_Way]
    keepers: str
    outcomes: Sequence[_Outcome]
    uninstalls: str
    matrix: _Matrix | None
    stages: Sequence[str]
    origin: str
    groups: Sequence[_Group]
    rest: Sequence[str]
    others: Sequence[_Entry]
    others_rest: Sequence[str]
    ignored: Sequence[str]
    distributions: Sequence[_Row]
    distributions_rest: Sequence[str]
    distributions_about: str
    evidence: str
    findings: Sequence[str]
    not_compared: Sequence[str]
    rules: Sequence[Rule]
    exit: str

    @property
    def rest_about(self) -> str:
        """Say what the lines are that are in no group."""
        return f"{plural(len(self.rest), 'file')} of further owners"


def to_html(report: Any, context: Context) -> str:
    """Return a report on wheels, an environment or a repair as one HTML document that needs nothing else.

    Args:
        report: Any report of which :func:`~wheelclash.report.problems.problems_of` knows the problems.
        context: The headline, and what the exit code depends on.

    Raises:
        TypeError: The report holds no problems.
    """
    from markupsafe import Markup

    style, script = _file("report.css"), _file("report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    page = _page(report, context)
    # what is Markup here is this package's own text, which the hashes of the policy are about
    text = _template().render(
        page=page,
        policy=policy,
        newline=Markup("\n"),
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")  # a shell may write it in any encoding


def _file(name: str) -> str:
    from importlib.resources import files

    return files("wheelclash.report").joinpath("templates", name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy allows an inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _template() -> Template:
    """Return the template; whatever it writes is made printable, then escaped."""
    from jinja2 import Environment, StrictUndefined

    def finalize(value: object) -> object:
        return printable(value) if type(value) is str else value

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, finalize=finalize, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string(_file("report.html"))


# -- the page ----------------------------------------------------------------------------------------------------------


def _page(report: Report | EnvironmentReport | FixReport, context: Context) -> _Page:
    problems = problems_of(report)
    shown = [problem for problem in problems if not problem.ignored]
    clashes = [problem for problem in shown if problem.overlaps]
    others = [problem for problem in shown if not problem.overlaps and problem.code != _UNREAD]
    unread = [problem for problem in shown if problem.code == _UNREAD]
    groups, rest = _groups(report, clashes)
    headline, where = _headline(report, context.headline)
    code = report.exit_code(fail_on=context.fail_on, allow_incomplete=context.allow_incomplete)
    verdict, level = _verdict(report, code)
    rows = [] if isinstance(report, FixReport) else list(map(_row, report.distributions))
    codes = {problem.code for problem in shown}
    ways = list(_ways(report))
    first = 1 if isinstance(report, Report) else len(ways)  # what else a report on a set has are alternatives
    return _Page(
        tool=f"{report.tool.name} {report.tool.version}",
        subject=_subject(report),
        verdict=verdict,
        level=level,
        headline=headline,
        where=where,
        counts=_counts(report, shown, unread),
        unread=_Listing.of([problem.message for problem in unread]),
        notes=_Listing.of(list(report.warnings)),
        ways=ways[:first],
        further_ways=ways[first:_MOST_WAYS],
        keepers=_keepers(report),
        outcomes=list(_outcomes(report, clashes)),
        uninstalls=_uninstalls(report) if any(problem.level != "notice" for problem in clashes) else "",
        matrix=_matrix(clashes, groups),
        stages=_stages(report),
        origin="Comes through" if isinstance(report, Report) else "Required by",
        groups=groups,
        rest=rest,
        others=[_entry(problem, ()) for problem in others[:_MOST_ENTRIES]],
        others_rest=[_line(problem, problem.message) for problem in others[_MOST_ENTRIES:]],
        ignored=[line for problem in problems if problem.ignored for line in _lines(problem)],
        distributions=rows[:_MOST_ROWS],
        distributions_rest=[f"{row.name} {row.version}" for row in rows[_MOST_ROWS:]],
        distributions_about=f"{plural(len(rows), 'distribution')}, {plural(sum(row.files for row in rows), 'file')}",
        evidence="Read" if isinstance(report, Report) else "Installed by",
        findings=list(_findings(report)),
        not_compared=[f"{skip.requirement}: {skip.reason}" for skip in getattr(report, "not_compared", ())],
        rules=[rule for rule in RULES.values() if rule.code in codes - {_UNREAD}],
        exit=f"Exit code {code} with --fail-on {context.fail_on}.",
    )


def _headline(report: object, text: str) -> tuple[str, str]:
    """Return the first line of the text in two parts: what is said, and what it is said of."""
    if isinstance(report, Report):
        match = re.fullmatch(r"(?P<said>.+) \[(?P<where>[^\[\]]+)\]", text, re.DOTALL)
    else:
        match = re.fullmatch(r"(?P<where>.+? \([^()]+\)): (?P<said>.+)", text, re.DOTALL)
    if match is None:
        return text, ""
    statement = match["said"]
    return f"{statement[:1].upper()}{statement[1:]}" if not isinstance(report, Report) else statement, match["where"]


def _verdict(report: object, code: int) -> tuple[str, str]:
    if isinstance(report, FixReport):
        return _VERDICTS_OF_FIX[report.state]
    if isinstance(report, Report) and report.refused and code == 3:  # noqa: PLR2004 - as in exit_code
        return "Refused", "error"
    return _VERDICTS[code]


def _subject(report: object) -> str:
    match report:
        case EnvironmentReport():
            return "report on an environment"
        case FixReport():
            return "plan for an environment"
        case Report(into=None):
            return "report on a set of wheels"
    return "report on what is to be installed"


def _counts(
    report: Report | EnvironmentReport | FixReport, shown: Sequence[Problem], unread: Sequence[Problem]
) -> list[_Count]:
    if isinstance(report, FixReport):
        levels = Counter(problem.level for problem in shown)
        return [
            _Count("step", len(report.steps)),
            _Count("error", levels["error"], "error"),
            _Count("not read", len(unread), "warning"),
        ]
    summary = report.summary
    return [
        _Count("error", summary.errors, "error"),
        _Count("warning", summary.warnings, "warning"),
        _Count("notice", summary.notices, "notice"),
        *([_Count("ignored", summary.ignored)] if summary.ignored else []),
        _Count("distribution", len(report.distributions)),
        _Count("not read", len(unread), "warning"),
    ]


def _row(distribution: DistributionReport | InstalledReport) -> _Row:
    if isinstance(distribution, InstalledReport):
        evidence = distribution.installer or "not known"
    else:
        evidence = str(distribution.evidence)
    return _Row(
        distribution.name,
        distribution.version,
        distribution.files,
        evidence,
        _origin(distribution),
    )


def _origin(distribution: DistributionReport | InstalledReport) -> str:
    """Return why a distribution is there: the way from what was asked for, or what requires it."""
    if isinstance(distribution, InstalledReport):
        return some(distribution.required_by, _MOST_OWNERS)
    return " → ".join(distribution.through) if len(distribution.through) > 1 else ""


def _findings(report: Report | EnvironmentReport | FixReport) -> Iterator[str]:
    for distribution in () if isinstance(report, FixReport) else report.distributions:
        for finding in distribution.findings:
            where = f" ({finding.path})" if finding.path else ""
            yield f"{distribution.id}: {finding.detail}{where}"


# -- what to do --------------------------------------------------------------------------------------------------------


def _ways(report: Report | EnvironmentReport | FixReport) -> Iterator[_Way]:
    """Yield what can be done, what is recommended first."""
    match report:
        case Report():
            for remedy in report.remedies:
                yield _remedy(remedy, into=report.into is not None)
        case EnvironmentReport():
            commands = {"See what mends it": report.environment.fix}
            if report.summary.errors or report.summary.warnings:
                commands["Hold this in CI"] = report.environment.command
            for title, arguments in commands.items():
                if arguments:
                    others = keep_instead(report, arguments)
                    text = f"{others[:1].upper()}{others[1:]}." if others else ""
                    yield _Way(title, text, commands=[command_line(arguments)])
        case FixReport():
            yield from _ways_of_fix(report)


def _remedy(remedy: RemedyReport, *, into: bool) -> _Way:
    text = remedy_said(remedy, into=into)
    left = f"; leaves {plural(remedy.undecided, 'clash', 'clashes')} of others open" if remedy.undecided else ""
    steps = [step.why for step in remedy.steps]
    return _Way(
        f"To keep {listed(remedy.keep)}",
        f"{text[:1].upper()}{text[1:]}{left}.",
        [command_line(step.command) for step in remedy.steps],
        [f"{why[:1].upper()}{why[1:]}" for why in steps],
    )


def _ways_of_fix(report: FixReport) -> Iterator[_Way]:
    for undecided in report.undecided if report.state == "undecided" else ():
        options = [f"--keep {quoted(side.distribution)}" for side in undecided.sides]
        yield _Way("Say which files are wanted", f"Ask again with {' or '.join(options)}.")
    if report.environment.command:
        yield _Way("Do it", commands=[command_line(report.environment.command)])
    elif report.state == "mended":
        yield _Way("Hold this in CI", commands=[command_line(report.environment.check)])
    if report.steps:
        steps = [f"{_OUTCOMES[step.outcome]}{step.why}" for step in report.steps]
        yield _Way("The steps", commands=[command_line(step.command) for step in report.steps], steps=steps)
    if report.lasting is not None and report.state in {"planned", "mended", "needs-drop"}:
        losses = "; ".join(map(departure_said, report.lasting.losses))
        yield _Way("For good", losses, [command_line(report.lasting.command)])


def _keepers(report: object) -> str:
    """Return what else can be kept, where no remedies were made for each."""
    if not isinstance(report, Report) or not report.without_remedies:
        return ""
    return f"To keep another, name it with --keep: {some(report.without_remedies, _MOST_OWNERS)}"


# -- who wins ----------------------------------------------------------------------------------------------------------


def _outcomes(report: object, clashes: Iterable[Problem]) -> Iterator[_Outcome]:
    """Yield what each installer leaves of what is an error or a warning."""
    if not isinstance(report, Report):
        return
    grave = {_key(overlap) for problem in clashes for overlap in problem.overlaps if overlap.severity in GRAVE}
    for installer, diagnosis in report.diagnosis.items():
        counted = Counter(
            (ended.state, ended.winner, ended.reason) for ended in diagnosis.overlaps if _key(ended) in grave
        )
        total = sum(counted.values())
        texts = [
            outcome_said(*ended, "" if count == total else f" ({count:,} of {total:,})")
            for ended, count in counted.most_common(_MOST_OWNERS)
        ]
        broken = sorted({distribution.name for distribution in diagnosis.distributions if distribution.intact == "no"})
        if texts:
            yield _Outcome(installer, texts, some(broken, _MOST_OWNERS) or "none for certain")


def _key(overlap: OverlapReport | DiagnosedOverlap) -> tuple[str, str, str]:
    return overlap.root, overlap.path, overlap.kind


def _uninstalls(report: object) -> str:
    """Return what uninstalling one takes from the others."""
    if not isinstance(report, Report):
        return ""
    losses = [
        f"uninstalling {removal.distribution} takes {plural(count, 'file')} from {other}"
        for removal in report.diagnosis["pip"].uninstall
        for other, count in removal.loses.items()
    ]
    return f"Later, {some(losses, _MOST_UNINSTALLS, separator='; ')}." if losses else ""


def _endings(report: object) -> Callable[[OverlapReport], tuple[tuple[str, str], ...]]:
    """Return a function that says how an overlap ends: pairs of an installer, or of the disk, and a sentence."""
    if not isinstance(report, Report):
        return _on_disk
    ended: dict[str, defaultdict[tuple[str, str, str], list[DiagnosedOverlap]]] = {}
    for installer, diagnosis in report.diagnosis.items():
        ended[installer] = defaultdict(list)
        for overlap in diagnosis.overlaps:
            ended[installer][_key(overlap)].append(overlap)
    targets = [f" [{target_label(target)}]" for target in report.targets]

    def ends(overlap: OverlapReport) -> tuple[tuple[str, str], ...]:
        return tuple(
            (
                f"{installer}{'' if len(end.targets) == len(targets) else ''.join(targets[n] for n in end.targets)}",
                outcome_said(end.state, end.winner, end.reason),
            )
            for installer, by_key in ended.items()
            for end in by_key[_key(overlap)]
            if set(end.targets) & set(overlap.targets)
        )

    return ends


def _on_disk(overlap: OverlapReport) -> tuple[tuple[str, str], ...]:
    if isinstance(overlap, ContestedReport) and overlap.kind in SAME_PATH:
        return (("on disk", "missing" if overlap.on_disk.state == "missing" else on_disk_said(overlap)),)
    return ()


# -- contested files ---------------------------------------------------------------------------------------------------


def _groups(
    report: Report | EnvironmentReport | FixReport, problems: Sequence[Problem]
) -> tuple[list[_Group], list[str]]:
    """Return the problems by owners, those with the worst first, and lines on what is left."""
    if isinstance(report, FixReport):
        return [], []
    by_owners: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:  # the worst first
        by_owners.setdefault(tuple(dict.fromkeys(problem.distributions)), []).append(problem)
    groups: list[_Group] = []
    rest: list[str] = []
    owner_of, ends = _owner(report), _endings(report)
    unfolded = 0
    for names, contested in by_owners.items():
        if len(groups) == _MOST_GROUPS:
            rest += [f"{line}  ({some(names, _MOST_OWNERS)})" for problem in contested for line in _lines(problem)]
            continue
        group = _Group(
            number=len(groups) + 1,
            names=names,
            title=some(names, _MOST_OWNERS) if len(names) > _MOST_OWNERS else listed(names),
            level=contested[0].level,
            about=_tally(contested),
            owners=[owner_of(name) for name in names[:_MOST_OWNERS]],
            more_owners=plural(len(names) - _MOST_OWNERS, "more owner") if len(names) > _MOST_OWNERS else "",
        )
        room = max(0, min(len(contested), _MOST_ENTRIES - unfolded))
        unfolded += room
        group.entries += [_entry(problem, _parts(problem, ends)) for problem in contested[:room]]
        group.rest += [line for problem in contested[room:] for line in _lines(problem)]
        groups.append(group)
    return groups, rest


def _tally(problems: Iterable[Problem]) -> str:
    """Return how many files of each level there are: ``4 errors, 2 notices``."""
    counted: Counter[str] = Counter()
    for problem in problems:
        counted[problem.level] += len(problem.paths)
    return ", ".join(plural(count, level) for level, count in counted.items())


def _entry(problem: Problem, parts: Sequence[_Part]) -> _Entry:
    overlap = problem.overlaps[0] if problem.overlaps else None
    what = f"{overlap.role}, {overlap.kind}" if overlap else problem.rule.name
    about = f"{plural(len(problem.paths), 'file')}, {what}" if problem.paths else what
    if not parts and len(problem.paths) > 1:
        parts = [_Part((), problem.paths)]
    if len(problem.paths) == 1:
        title = problem.paths[0]
    else:
        title = listed(problem.distributions) if problem.distributions and not overlap else problem.place
    return _Entry(problem, title, about, parts)


def _parts(problem: Problem, ends: Callable[[OverlapReport], tuple[tuple[str, str], ...]]) -> list[_Part]:
    """Return the files of a problem, those together that end alike; of pairs, each path with its owner."""
    by_end: defaultdict[tuple[tuple[str, str], ...], dict[str, None]] = defaultdict(dict)
    for overlap in problem.overlaps:
        files = by_end[ends(overlap)]
        if overlap.kind in SAME_PATH:
            files[overlap.path.rpartition("/")[2] if problem.place.endswith("/") else overlap.path] = None
        else:
            files.update(
                dict.fromkeys(f"{overlap.root}/{owner.path}  {owner.distribution}" for owner in overlap.owners)
            )
    return [_Part(endings, list(files)) for endings, files in by_end.items()]


def _lines(problem: Problem) -> Iterator[str]:
    """Yield a line for each file of a problem."""
    return (_line(problem, path) for path in problem.paths or (problem.place,))


def _line(problem: Problem, text: str) -> str:
    return f"{problem.level:<7}  {problem.code}  {text}"


def _stages(report: object) -> list[str]:
    """Return the headings of what is said of each owner."""
    return [f"After {name}" for name in report.diagnosis] if isinstance(report, Report) else ["Now"]


def _owner(report: Report | EnvironmentReport) -> Callable[[str], _Owner]:
    """Return a function that says what is known of an owner by its name."""
    known: defaultdict[str, list[DistributionReport | InstalledReport]] = defaultdict(list)
    for distribution in report.distributions:
        known[printable(distribution.name)].append(distribution)
    intact = [_intact(diagnosis.distributions) for diagnosis in report.diagnosis.values()]

    def owner(name: str) -> _Owner:
        stages = [_INTACT.get(stage.get(name, ""), ("", "")) for stage in intact]
        for distribution in known[name]:
            if isinstance(distribution, InstalledReport):
                stages = [_now(distribution)]
        versions = dict.fromkeys(distribution.version for distribution in known[name])
        origins = dict.fromkeys(filter(None, map(_origin, known[name])))
        return _Owner(name, ", ".join(versions), stages, "; ".join(origins))

    return owner


def _intact(distributions: Iterable[Any]) -> Mapping[str, Intact]:
    """Return by name whether a distribution is intact; of several targets, the worst."""
    worst: dict[str, Intact] = {}
    for distribution in distributions:
        name = printable(distribution.name)
        worst[name] = min(distribution.intact, worst.get(name, "yes"), key=_WORST.index)
    return worst


def _now(distribution: InstalledReport) -> tuple[str, str]:
    """Return a level and what became of an installed distribution."""
    level, word = _INTACT[distribution.intact]
    parts = [f"{plural(count, 'file')} overwritten by {name}" for name, count in distribution.overwritten_by.items()]
    parts += [f"{plural(distribution.missing, 'file')} missing"] if distribution.missing else []
    parts += [f"{plural(distribution.changed, 'file')} changed"] if distribution.changed else []
    return level, some(parts, _MOST_OWNERS) or word


def _matrix(problems: Iterable[Problem], groups: Sequence[_Group]) -> _Matrix | None:
    """Return how many files each two distributions share; None if nothing is contested.

    Those with the most files of the worst level come first, and only so many; the others are counted.
    """
    weights: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with_names = [(tuple(dict.fromkeys(problem.distributions)), problem) for problem in problems]
    for names, problem in with_names:
        for name in names:
            weights[name][problem.level] += len(problem.paths)
    if not with_names:
        return None

    def rank(name: str) -> tuple[int, int, int, str]:
        weight = weights[name]
        return -weight["error"], -weight["warning"], -weight["notice"], name

    ranked = sorted(weights, key=rank)
    chosen = ranked[:_MOST_IN_MATRIX]
    shown = frozenset(chosen)
    anchors = {group.names: f"group-{group.number}" for group in groups}
    files: Counter[tuple[str, str]] = Counter()
    worst: dict[tuple[str, str], tuple[str, str]] = {}
    for names, problem in with_names:  # the worst first
        inside = [name for name in names if name in shown]
        for pair in permutations(inside, 2):
            files[pair] += len(problem.paths)
            worst.setdefault(pair, (problem.level, anchors.get(names, "more")))
    left = plural(len(ranked) - len(chosen), "more distribution") if len(ranked) > len(chosen) else ""
    rows = [
        (name, [_Cell(other, files[name, other], *worst.get((name, other), ("", ""))) for other in chosen])
        for name in chosen
    ]
    return _Matrix(chosen, rows, left)
