"""The report of an environment as text: the damage first, one screen, one line if there is none."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

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
    printable_report,
)
from wheelclash.report.words import python_of
from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelclash.report.model import ContestedReport, EnvironmentReport, InstalledReport

__all__ = ["render"]

_MOST_NAMES = 3
_MOST_FOLDERS = 3


def render(report: EnvironmentReport, *, verbose: bool = False) -> list[Line]:
    """The report as lines of styled spans, everything in them printable."""
    sections = _Writer(printable_report(report), verbose=verbose).sections()
    return all_lines(sections) if verbose else first_screen(sections)


class _Writer:
    def __init__(self, report: EnvironmentReport, *, verbose: bool) -> None:
        self._report = report
        self._verbose = verbose
        shown = [each for each in report.overlaps if each.severity != "none" and not each.ignored]
        self._grave = [each for each in shown if each.severity in {"error", "warning"}]
        self._notices = [each for each in shown if each.severity == "notice"]

    def sections(self) -> Iterator[Section]:
        report = self._report
        yield Section("", [self._headline()], whole=True)
        yield Section("what was not read", [not_read(skip.requirement, skip.reason) for skip in report.skipped])
        yield Section("distributions", list(self._verdicts()))
        yield Section("files", [*self._contested(), *self._damage({"missing-file", "changed-file"})])
        yield Section("reasons", list(reasons(self._grave)))
        yield Section("notices", list(self._notices_lines()))
        yield Section("what imports find", list(self._hidden()))
        yield Section("what is not compared", list(self._not_compared()))
        yield Section("notes", list(self._findings()))
        yield Section("notes", [note(warning) for warning in report.warnings])
        if report.summary.errors or report.summary.warnings:
            yield Section("commands", list(self._commands()), heading=[()], whole=True)

    def _commands(self) -> Iterator[Line]:
        """What to do next: see what mends it, and hold it."""
        environment = self._report.environment
        if environment.fix:
            yield (Span("What mends it: "), *self._command(environment.fix))
        if environment.command:
            rest = "" if environment.keep else self._others()
            yield (Span("To check this in CI: "), *self._command(environment.command), Span(rest, "faint"))

    def _command(self, arguments: Sequence[str]) -> Line:
        return command(arguments, verbose=self._verbose, indent="")

    def _headline(self) -> Line:
        report = self._report
        summary = report.summary
        where = Span(f"{report.environment.prefix} ({python_of(report.targets[0])}): ", "strong")
        counts = [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notices, "notice")]
        told = ", ".join(plural(count, word) for count, word in counts if count)
        told += f"{', ' if told else ''}{summary.ignored} ignored" if summary.ignored else ""
        count = plural(len(report.distributions), "distribution")
        files = plural(sum(each.files for each in report.distributions), "file")
        if summary.errors or summary.warnings:
            style: Style = "error" if summary.errors else "warning"
            damaged = [each for each in report.distributions if each.damaged]
            return (where, Span(f"{len(damaged)} of {count} damaged: {told}", style))
        if not report.complete:
            return (where, Span(f"incomplete: no damage in what could be read ({count}, {files})", "warning"))
        apart = self._apart()
        looked = "every file verified" if report.environment.verified and not apart else "no damage"
        rest = "; ".join(part for part in (apart, told) if part)
        return (where, Span(f"{looked} in {count}, {files}{f'; {rest}' if rest else ''}", "good"))

    def _apart(self) -> str:
        """How many files are not what was recorded, although nothing is damaged by it."""
        codes = [each.code for each in self._report.damage]
        counts = [(codes.count("changed-file"), "changed"), (codes.count("missing-file"), "missing")]
        parts = [f"{plural(count, 'file')} {state}" for count, state in counts if count]
        return " and ".join(parts)

    def _verdicts(self) -> Iterator[Line]:
        """One line for each distribution that is not what it recorded."""
        for each in self._report.distributions:
            if not each.damaged:
                continue
            parts = [f"{plural(count, 'file')} overwritten by {name}" for name, count in each.overwritten_by.items()]
            parts += [f"{plural(count, 'file')} overwritten"] if (count := self._overwritten(each)) else []
            parts += [f"{plural(each.missing, 'file')} missing"] if each.missing else []
            parts += [f"{plural(each.changed, 'file')} changed"] if each.changed else []
            yield (Span(f"  {each.name} {each.version}: ", "strong"), Span("; ".join(parts) or "hidden in part"))
        for names in self._report.environment.hybrids:
            text = f"{listed(names)}: of the files they share some are one's, some another's"
            yield (Span("  hybrid   ", "warning"), Span(text))

    def _overwritten(self, each: InstalledReport) -> int:
        """How many files of a distribution hold what is not its own, and nothing says whose."""
        disks = [contested.on_disk for contested in self._grave]
        return sum(disk.state == "present" and not disk.matches and each.name in disk.losers for disk in disks)

    def _contested(self) -> list[Line]:
        """One line for each folder, kind, owners and state."""
        paths: dict[tuple[str, str], list[str]] = {}
        for each in self._grave:
            owners = tuple(owner.distribution for owner in each.owners)
            told = f"{each.role}, {_told(each, owners)}"
            paths.setdefault((each.severity, told), []).append(f"{each.root}/{each.path}")
        return self._lines(paths)

    def _damage(self, codes: set[str]) -> list[Line]:
        paths: dict[tuple[str, str], list[str]] = {}
        for each in self._report.damage:
            if each.code in codes and each.severity != "notice":
                told = "missing" if each.code == "missing-file" else "changed"
                told = f"{told}; recorded by {listed(each.distributions)}"
                paths.setdefault((each.severity, told), []).append(f"{each.root}/{each.path}")
        return self._lines(paths)

    def _lines(self, paths: Mapping[tuple[str, str], Sequence[str]]) -> list[Line]:
        """A line for each folder; where there are many below one package, a line for that."""
        lines = []
        for (severity, told), found in sorted(paths.items()):
            folders: dict[str, list[str]] = {}
            for path in sorted(found):
                folder, _, name = path.rpartition("/")
                folders.setdefault(folder, []).append(name)
            if len(folders) > _MOST_FOLDERS and not self._verbose:
                folders = {}
                for path in sorted(found):
                    root, top, name = [*path.split("/", 2), ""][:3]
                    folder, name = (f"{root}/{top}", name) if name else (root, top)
                    folders.setdefault(folder, []).append(name)
            lines += [self._line(severity, folder, names, told) for folder, names in folders.items()]
        return lines

    def _line(self, severity: str, folder: str, names: Sequence[str], what: str) -> Line:
        style: Style = "error" if severity == "error" else "warning"
        text = (
            f"{folder}/{names[0]}  {what}"
            if len(names) == 1
            else f"{folder}/  {plural(len(names), 'file')}, {what}: {self._some(names)}"
        )
        return (Span(f"  {severity:<8} ", style), Span(text))

    def _notices_lines(self) -> Iterator[Line]:
        clean = not self._grave and not any(each.severity != "notice" for each in self._report.damage)
        quiet = clean and not self._verbose  # a clean environment is one line, unless somebody lost to a keeper
        sets = Counter((each.kind, tuple(owner.distribution for owner in each.owners)) for each in self._notices)
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
            name for each in self._report.damage if each.code == "changed-file" and each.severity == "notice"
            for name in each.distributions
        )  # fmt: skip
        for name, count in sorted(changed.items()):
            yield (Span("  notice   ", "notice"), Span(f"{plural(count, 'file')} of {name} changed since"))
        absent = Counter(
            name for each in self._report.damage if each.code == "missing-file" and each.severity == "notice"
            for name in each.distributions
        )  # fmt: skip
        for name, count in sorted(absent.items()):
            text = f"{plural(count, 'file')} of {name} missing that nothing imports: tests, stubs or compiled sources"
            yield (Span("  notice   ", "notice"), Span(text))
        left = [each for each in self._report.damage if each.code == "leftover"]
        for each in left:
            text = f"{each.root}/{each.path}/  {plural(each.files, 'file')} that nobody recorded"
            yield (Span("  notice   ", "notice"), Span(text))

    def _hidden(self) -> Iterator[Line]:
        """Yield which of several copies an import finds: a line for each two folders, and for each name of others."""
        copies: dict[tuple[str, str], list[str]] = {}
        for each in self._report.environment.hidden:
            owners, found = listed(each.owners), listed(each.by_owners) or "nobody"
            if each.what == "distribution":
                other = f", not {owners}" if owners != found else ""
                copies.setdefault((each.by_folder, each.folder), []).append(f"{each.name} {found}{other}")
            else:
                text = f"find {each.name} of {found} in {each.by_folder}, not that of {owners} in {each.folder}"
                yield (Span("  imports  ", "warning"), Span(text))
        for (folder, hidden), texts in copies.items():
            copies_said = self._some(texts, "; ", hint=" (-v)")
            text = f"find {copies_said}  (in {folder} before {hidden})"
            yield (Span("  imports  ", "faint"), Span(text))

    def _not_compared(self) -> Iterator[Line]:
        told = self._report.not_compared
        if not told:
            return
        names = list(dict.fromkeys(f"{each.requirement} ({each.code})" for each in told))
        yield (Span(f"  not compared: {self._some(names, hint=' (-v)')}", "faint"),)

    def _findings(self) -> Iterator[Line]:
        found = [(each.name, finding) for each in self._report.distributions for finding in each.findings]
        if self._verbose:
            for name, finding in found:
                path = f" ({finding.path})" if finding.path else ""
                yield note(f"{name}: {finding.detail}{path}")
        elif found and (self._grave or self._report.damage):
            count = plural(len(found), "oddity", "oddities")
            yield (Span(f"note: {count} in what was recorded (-v)", "faint"),)

    def _some(self, texts: Sequence[str], separator: str = ", ", *, hint: str = "") -> str:
        """Return the first texts and the number of the others; with ``-v`` all of them."""
        return some(texts, None if self._verbose else _MOST_NAMES, separator=separator, hint=hint)

    def _others(self) -> str:
        kept = set(self._report.environment.command)
        names = sorted({owner.distribution for each in self._grave for owner in each.owners} - kept)
        return f"   (or keep {' or '.join(names[:_MOST_NAMES])})" if names else ""


def _told(each: ContestedReport, owners: Sequence[str]) -> str:
    """What is wrong with a contested file."""
    disk = each.on_disk
    if each.kind in {"shadowed", "case-only"}:
        return f"{each.kind} ({listed(owners)})"
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
