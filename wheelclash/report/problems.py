"""The problems of a report: what every format for other tools shows, joined as a person would join them.

An overlap is one file; a problem is all files of one folder that the same distributions contest in the same way. So a
pair with hundreds of shared files is a handful of problems, which fit the limits of code scanning and annotations.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from wheelclash.report.model import (
    AdditionReport,
    ContestedReport,
    DamageReport,
    EnvironmentReport,
    FixReport,
    LostReport,
    OverlapReport,
    Report,
    UnownedReport,
)
from wheelclash.report.rules import RULES, Rule, RuleCode
from wheelclash.report.terminal import printable
from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.core.overlap import Severity
    from wheelclash.report.model import OwnerReport, ReleaseReport, SkipReport

__all__ = [
    "Level",
    "Part",
    "Problem",
    "ProblemKey",
    "addition_said",
    "key_of",
    "names_a_folder",
    "on_disk_said",
    "problems_of",
    "spelling_difference",
    "spelling_said",
]

Level = Literal["error", "warning", "notice"]
Part: TypeAlias = OverlapReport | LostReport | UnownedReport | DamageReport | AdditionReport
"""What problems are made of: one file or pair of paths, one hybrid, or what a release newly installs in one place."""

_LEVELS: tuple[Level, ...] = ("error", "warning", "notice")
_MOST_NAMES = 3

_OF_KIND: dict[str, RuleCode] = {
    "different": "WC001",
    "unknown": "WC002",
    "identical": "WC003",
    "file-directory": "WC004",
    "case-only": "WC005",
    "shadowed": "WC006",
}
_OF_DAMAGE: dict[str, RuleCode] = {
    "missing-file": "WC022",
    "changed-file": "WC023",
    "hybrid": "WC024",
    "leftover": "WC025",
}


_IN_A_FOLDER = frozenset({"WC001", "WC002", "WC003", "WC021", "WC022"})
"""Rules for overlaps on one path, of which all in a folder are one problem."""


class ProblemKey(NamedTuple):
    """What tells problems apart, whatever the versions and the number of files.

    Attributes:
        code: Of its rule.
        level: How bad. In one folder, native files and data of the same owners are two problems.
        distributions: Names, in order.
        place: As :class:`Problem` has it.
    """

    code: RuleCode
    level: Level
    distributions: tuple[str, ...]
    place: str

    @property
    def fingerprint(self) -> str:
        """Return what is the same for a problem in every run: 64 hexadecimal digits."""
        identity = "\0".join((self.code, self.level, self.place, *sorted(self.distributions)))
        return hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()


def key_of(part: Part) -> ProblemKey | None:
    """Return the key of the problem that a part of a report belongs to; None if it is none.

    Args:
        part: An overlap, a file that is lost or overwritten, or damage; its texts need not be printable.
    """
    level = _level(part.severity)
    if level is None:
        return None
    code: RuleCode
    names: Sequence[str]
    match part:
        case OverlapReport():
            code, names = _rule_of(part), [owner.distribution for owner in part.owners]
            path = f"{part.root}/{part.path}"
            place = f"{path.rpartition('/')[0]}/" if code in _IN_A_FOLDER else path
        case LostReport():
            code, names = "WC011", [part.distribution, part.because]
            place = ":".join(names)
        case UnownedReport():
            code, names, place = "WC012", [part.distribution], f"{part.root}/{part.path}"
        case AdditionReport():
            code, names, place = "WC015", [part.distribution], f"{part.root}/{part.path}"
        case DamageReport():
            code, names = _OF_DAMAGE[part.code], part.distributions
            place = f"{part.root}/{part.path}/" if part.code == "leftover" else ":".join(names)
    return ProblemKey(code, level, tuple(map(printable, names)), printable(place))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong that a tool shows as one result.

    Attributes:
        code: Of its rule.
        level: How bad.
        distributions: Names of those it is about, in order.
        place: The installed path of the folder or file, with its root; what was asked for where it could not be read.
        paths: The installed files, each with its root; empty where it is not about files.
        message: One sentence, printable.
        ignored: Whether the user said that it is known.
        overlaps: The overlaps it joins, as the report has them: not printable. Empty where it is about something else.
    """

    code: RuleCode
    level: Level
    distributions: tuple[str, ...]
    place: str
    paths: tuple[str, ...]
    message: str
    ignored: bool = False
    overlaps: Sequence[OverlapReport] = field(default=(), repr=False)

    @property
    def rule(self) -> Rule:
        """Return what is known of all problems of this kind."""
        return RULES[self.code]

    @property
    def fingerprint(self) -> str:
        """Return 64 hexadecimal digits, the same in every run, whatever the versions and the number of files."""
        return ProblemKey(self.code, self.level, self.distributions, self.place).fingerprint


def problems_of(report: object) -> list[Problem]:
    """Return the problems of a report on wheels, on an environment or on a repair; the worst first.

    Raises:
        TypeError: It is another report, which finds no problems.
    """
    match report:
        case Report():
            problems = [*_overlaps(report.overlaps, _versions(report)), *_of_set(report), *_additions(report)]
        case EnvironmentReport():
            problems = [*_overlaps(report.overlaps, _versions(report)), *_of_environment(report)]
        case FixReport():
            problems = list(_of_fix(report))
        case _:
            raise TypeError(f"a {type(report).__name__} holds no problems")
    problems += _skips(report.skipped)
    return sorted(
        problems, key=lambda problem: (_LEVELS.index(problem.level), problem.code, problem.place, problem.distributions)
    )


def _versions(report: Report | EnvironmentReport) -> dict[str, str]:
    """Return the name and version of each distribution by its id."""
    return {distribution.id: f"{distribution.name} {distribution.version}" for distribution in report.distributions}


def _problem(
    key: ProblemKey,
    paths: Sequence[str],
    message: str,
    *,
    ignored: bool = False,
    overlaps: Sequence[OverlapReport] = (),
) -> Problem:
    return Problem(*key, tuple(map(printable, paths)), printable(message), ignored, overlaps)


def _key(code: RuleCode, level: Level, distributions: Iterable[str], place: str) -> ProblemKey:
    return ProblemKey(code, level, tuple(map(printable, distributions)), printable(place))


def _level(severity: Severity) -> Level | None:
    return None if severity == "none" else severity


def _rule_of(overlap: OverlapReport) -> RuleCode:
    """Return the rule of an overlap: by its kind, or in an environment by what became of the file."""
    if isinstance(overlap, ContestedReport) and overlap.kind in {"different", "unknown", "identical"}:
        if overlap.on_disk.state == "missing":
            return "WC022"
        if overlap.severity != "notice" or overlap.on_disk.losers:
            return "WC021"
    return _OF_KIND[overlap.kind]


def _overlaps(overlaps: Iterable[OverlapReport], versions: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each folder, rule, severity and set of owners; for each pair of paths that is none."""
    groups: dict[tuple[ProblemKey, bool], list[OverlapReport]] = {}
    for overlap in overlaps:
        key = key_of(overlap)
        if key is not None:
            groups.setdefault((key, overlap.ignored), []).append(overlap)
    for (key, ignored), group in groups.items():
        paths = list(dict.fromkeys(f"{overlap.root}/{overlap.path}" for overlap in group))
        owners = group[0].owners
        who = listed(dict.fromkeys(versions.get(owner.id, owner.distribution) for owner in owners))
        yield _problem(key, paths, _message(key.code, group, who, paths), ignored=ignored, overlaps=group)


def _message(code: RuleCode, group: Sequence[OverlapReport], who: str, paths: Sequence[str]) -> str:
    """Return what is wrong in one sentence, and why it breaks where that is known."""
    what = _files(paths)
    overlap = group[0]
    reason = "".join(f" {why[0].upper()}{why[1:].rstrip('.')}." for why in _reasons(group))
    match code:
        case "WC001":
            return f"{who} install different contents at {what}.{reason}"
        case "WC002":
            return f"{who} claim {what}; their contents cannot be compared.{reason}"
        case "WC003":
            return f"{who} install the same content at {what}: lost to the others when one goes."
        case "WC004":
            file, folders = _file_and_folders(overlap)
            return f"{what} is a file of {file} and a folder of {folders}: installing both fails."
        case "WC005":
            spelt, difference = spelling_said(overlap)
            return f"{spelt} differ only in {difference}."
        case "WC006":
            return f"{what} of {_hidden(overlap.owners, overlap.path)} is hidden by {_hiding(overlap.owners[0])}."
        case "WC022":
            return f"{what} of {who} is missing." if len(paths) == 1 else f"{what} of {who} are missing."
    states = Counter(map(on_disk_said, group))
    if len(states) == 1:
        return f"{what}: {on_disk_said(overlap)}.{reason}"
    by_state = "; ".join(f"{state} ({plural(count, 'file')})" for state, count in states.most_common())
    return f"{what}: {by_state}.{reason}"


def _reasons(group: Iterable[OverlapReport]) -> list[str]:
    """Return the first of the reasons for which the files of a group break, each once."""
    return list(dict.fromkeys(overlap.why for overlap in group if overlap.why))[:_MOST_NAMES]


def _files(paths: Sequence[str]) -> str:
    """Return a path, or the folder of several and the first of their names."""
    if len(paths) == 1:
        return paths[0]
    names = some([path.rpartition("/")[2] for path in paths], _MOST_NAMES)
    return f"{len(paths):,} files in {paths[0].rpartition('/')[0]}/ ({names})"


def _file_and_folders(overlap: OverlapReport) -> tuple[str, str]:
    first, *rest = overlap.owners
    return first.distribution, listed(owner.distribution for owner in rest if owner.path != overlap.path)


def spelling_said(overlap: OverlapReport) -> tuple[str, str]:
    """Return how each owner spells one file or folder, and in what the names differ.

    Args:
        overlap: Of the kind ``case-only``. Names that look alike are told apart by their form in Unicode.
    """
    depth = overlap.path.count("/") + 1
    slash = "/" if names_a_folder(overlap) else ""
    names = [f"{'/'.join(owner.path.split('/')[:depth])}{slash}" for owner in overlap.owners]
    difference = spelling_difference(names)
    form = _unicode_form if difference == _IN_FORM else str
    texts = [f"{form(name)} of {owner.distribution}" for name, owner in zip(names, overlap.owners, strict=True)]
    return ", ".join(texts), difference


def names_a_folder(overlap: OverlapReport) -> bool:
    """Return whether an overlap of the kind ``case-only`` is about a folder, in which each owner has a file."""
    return all(owner.path != overlap.path for owner in overlap.owners)


_IN_FORM = "Unicode form"


def spelling_difference(names: Iterable[str]) -> str:
    """Return in what names differ that a file system takes for one: in case, or in whether letters are composed."""
    every = set(names)
    if all(map(str.isascii, every)):
        return "case"
    if len({unicodedata.normalize("NFC", name) for name in every}) == 1:
        return _IN_FORM
    return "case" if len({name.casefold() for name in every}) == 1 else f"case and {_IN_FORM}"


def _unicode_form(name: str) -> str:
    """Return a name with its form: ``é.py (NFC)``, which has one character fewer than that of NFD."""
    forms = [form for form in ("NFC", "NFD") if unicodedata.is_normalized(form, name)]
    return f"{name} ({forms[0] if forms else 'neither NFC nor NFD'})"


def _hidden(owners: Iterable[OwnerReport], path: str) -> str:
    return listed(owner.distribution for owner in owners if owner.path == path)


def _hiding(owner: OwnerReport) -> str:
    return f"{owner.path} of {owner.distribution}"


def on_disk_said(overlap: OverlapReport) -> str:
    """Return which content is at a contested path of an environment."""
    disk = overlap.on_disk if isinstance(overlap, ContestedReport) else None
    owners = [owner.distribution for owner in overlap.owners]
    if disk is None or disk.state == "changed":
        return f"changed since; none of {listed(owners)} recorded this content"
    has = (
        f"the content is that of {listed(disk.matches)}"
        if disk.matches
        else "the content is that of an owner without a usable hash"
    )
    return f"{has}, not that of {listed(disk.losers)}" if disk.losers else has


def _of_set(report: Report) -> Iterator[Problem]:
    """Yield what is lost or overwritten in an environment, and what an installer refuses."""
    losses: dict[tuple[ProblemKey, bool, str, bool], list[str]] = {}
    for diagnosis in report.diagnosis.values():
        for lost in diagnosis.lost:
            key = key_of(lost)
            if key is not None:
                losses.setdefault((key, lost.ignored, lost.version, lost.code == "left-out"), []).append(
                    f"{lost.root}/{lost.path}"
                )
    for (key, ignored, version, is_left_out), lost_paths in losses.items():
        paths = list(dict.fromkeys(lost_paths))
        loser, because = key.distributions
        message = f"{loser} loses {_spread(paths)} when {because} {version} is replaced."
        if is_left_out:
            message = (
                f"pip leaves {_spread(paths)} of {loser} out of the folder, as {because} {version} has it already."
            )
        yield _problem(key, paths, message, ignored=ignored)
    for unowned in report.into.unowned if report.into else ():
        path = f"{unowned.root}/{unowned.path}"
        key = key_of(unowned)
        if key is not None:
            message = f"{unowned.distribution} overwrites {path}, which no RECORD lists."
            yield _problem(key, [path], message, ignored=unowned.ignored)
    versions = _versions(report)
    refusals: dict[ProblemKey, tuple[str, list[str]]] = {}
    for refusal in report.refused:
        key = _key("WC013", "error", [refusal.distribution], f"{refusal.installer}:{refusal.distribution}")
        who = f"{refusal.installer} refuses {versions.get(refusal.id, refusal.distribution)}"
        refusals.setdefault(key, (who, []))[1].append(refusal.reason)
    for key, (who, reasons) in refusals.items():
        yield _problem(key, [], f"{who}: {'; '.join(dict.fromkeys(reasons))}.")


def _additions(report: Report) -> Iterator[Problem]:
    """Yield what releases newly install: what several earlier releases did not install is one problem."""
    groups: dict[tuple[ProblemKey, bool], list[tuple[ReleaseReport, AdditionReport]]] = {}
    for release in report.releases:
        for addition in release.additions:
            key = key_of(addition)
            if key is not None:
                groups.setdefault((key, addition.ignored), []).append((release, addition))
    for (key, ignored), group in groups.items():
        release, addition = group[0]
        earlier = listed(dict.fromkeys(release.since for release, _ in group))
        message = f"{release.distribution} {release.version} {addition_said(addition)}; {earlier} did not."
        yield _problem(key, [f"{addition.root}/{addition.path}"], message, ignored=ignored)


def addition_said(addition: AdditionReport) -> str:
    """Return what a release newly does, as the end of a sentence about it."""
    path = f"{addition.root}/{addition.path}"
    files = f"{path} ({plural(addition.files, 'file')})" if path.endswith("/") else path
    match addition.kind:
        case "startup":
            code = "with code that Python runs" if addition.severity == "warning" else "which Python reads"
            return f"installs {path}, {code} whenever it starts"
        case "import":
            return f"installs the import name {addition.name}: {files}"
        case "package":
            return f"makes a package of the namespace {addition.name}, which hides what others have in it: {path}"
        case "command":
            return f"installs the command {addition.name}"
    return f"installs {files}"


def _spread(paths: Sequence[str]) -> str:
    """Return a path, or the number of several that may lie anywhere and the first of them."""
    return paths[0] if len(paths) == 1 else f"{plural(len(paths), 'file')} ({some(paths, _MOST_NAMES)})"


def _of_environment(report: EnvironmentReport) -> Iterator[Problem]:
    groups: dict[tuple[ProblemKey, bool], list[DamageReport]] = {}
    for damage in report.damage:
        key = key_of(damage)
        if key is not None:
            groups.setdefault((key, damage.ignored), []).append(damage)
    for (key, ignored), damages in groups.items():
        names = listed(key.distributions)
        paths = [f"{damage.root}/{damage.path}" for damage in damages if damage.path is not None]
        if key.code == "WC024":
            message = f"Of the files that {names} share, some are one's and some another's."
        elif key.code == "WC025":
            files = sum(damage.files for damage in damages)
            message = f"{key.place} holds {plural(files, 'file')} that no distribution recorded."
            paths = [key.place]
        else:
            verb = ("is " if len(paths) == 1 else "are ") + ("missing" if key.code == "WC022" else "changed")
            message = f"{_spread(paths)} of {names} {verb}."
        yield _problem(key, paths, message, ignored=ignored)


def _of_fix(report: FixReport) -> Iterator[Problem]:
    """Yield what a repair cannot decide or do, or what a plan that was not carried out leaves to be done."""
    for undecided in report.undecided:
        names = [side.distribution for side in undecided.sides]
        reason = f" {undecided.why}" if undecided.why else ""
        message = f"Nothing says which content {_spread(undecided.paths)} should have: that of {listed(names)}.{reason}"
        yield _problem(_key("WC031", "error", names, ":".join(names)), undecided.paths, message)
    for obstacle in report.obstacles:
        message = f"{obstacle.keeper} would not last while {obstacle.distribution} stays: {obstacle.path}."
        names = [obstacle.keeper, obstacle.distribution]
        yield _problem(_key("WC032", "error", names, obstacle.path), [obstacle.path], message)
    for origin in report.origins:
        if origin.filename is None:
            message = f"{origin.distribution} {origin.version} cannot be written again: {origin.reason}."
            yield _problem(_key("WC033", "error", [origin.distribution], origin.distribution), [], message)
    if report.state in {"planned", "failed"}:
        written = [origin.distribution for origin in report.origins if origin.filename is not None]
        what = listed(written) or listed(report.environment.drop)
        verb = "are" if len(written or report.environment.drop) > 1 else "is"
        rest = f"{verb} to be written or uninstalled" if report.state == "planned" else "could not be mended"
        message = f"{report.environment.prefix}: {what} {rest}."
        yield _problem(_key("WC021", "error", written, ":".join(written)), [], message)


def _skips(skips: Iterable[SkipReport]) -> Iterator[Problem]:
    reasons: dict[str, list[str]] = {}
    for skip in skips:
        reasons.setdefault(skip.requirement, []).append(skip.reason)
    for requirement, its_reasons in reasons.items():
        message = f"{requirement} could not be read: {'; '.join(dict.fromkeys(its_reasons))}."
        yield _problem(_key("WC014", "warning", [], requirement), [], message)
