"""The report of a repair as text: what is wrong and what mends it, one screen."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wheelclash.report.terminal import (
    Line,
    Section,
    Span,
    Style,
    all_lines,
    first_screen,
    not_read,
    note,
    printable_report,
)
from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.report.model import FixReport, ObstacleReport, RunReport, UndecidedReport

__all__ = ["render"]

_MOST_PATHS = 3


def render(report: FixReport, *, verbose: bool = False) -> list[Line]:
    """The report as lines of styled spans, everything in them printable."""
    sections = _Writer(printable_report(report), verbose=verbose).sections()
    return all_lines(sections) if verbose else first_screen(sections)


class _Writer:
    def __init__(self, report: FixReport, *, verbose: bool) -> None:
        self._report = report
        self._verbose = verbose

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
        where = Span(f"{environment.prefix} (Python {environment.python_version}): ", "strong")
        intact = [each.distribution for each in report.result if each.intact == "yes"]
        broken = [each.distribution for each in report.result if each.intact == "no"]
        lost = f"; {listed(broken)} {'is' if len(broken) == 1 else 'are'} not" if broken else ""
        said: dict[str, tuple[str, Style]] = {
            "whole": ("nothing to mend", "good"),
            "planned": (f"{plural(len(report.steps), 'step')} to mend it; nothing was done", "warning"),
            "undecided": ("nothing says whose files are wanted; name whom to keep", "error"),
            "needs-drop": (f"writing {self._beaten()} again would not last; nothing was done", "error"),
            "no-wheel": ("it cannot be mended: something cannot be written again; nothing was done", "error"),
            "mended": (f"mended{self._mended(intact)}{lost}", "good"),
            "failed": ("not mended", "error"),
        }
        return (where, Span(*said[report.state]))

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
        yield (Span(*marks[step.outcome]), Span(shlex.join(step.command), "command"), Span(code, "error"))
        if self._verbose or step.outcome == "planned":
            yield (Span(f"      {step.why}", "faint"),)

    def _origins(self) -> Iterator[Line]:
        for each in self._report.origins:
            if each.reason:
                yield (Span("  no wheel ", "error"), Span(f"{each.distribution} {each.version}: {each.reason}"))
            elif self._verbose:
                yield (Span("  wheel    ", "faint"), Span(f"{each.filename}  {each.url}"))

    def _undecided(self, each: UndecidedReport) -> Iterator[Line]:
        names = [side.distribution for side in each.sides]
        paths = some(each.paths, None if self._verbose else _MOST_PATHS)
        text = f"{plural(len(each.paths), 'file')} of {listed(names)}: {paths}"
        yield (Span("  clash    ", "error"), Span(text))
        if each.why:
            yield (Span("  why      ", "faint"), Span(each.why))
        lacking = [side for side in each.sides if side.lacks]
        if lacking and len(lacking) < len(each.sides):
            told = "; ".join(f"only {side.distribution} lacks {listed(side.lacks or ())} here" for side in lacking)
            yield (Span("  decides  ", "faint"), Span(told))
        options = " or ".join(f"--keep {name}" for name in names)
        yield (Span("  say      ", "faint"), Span(options, "command"))

    def _beaten(self) -> str:
        return listed(tuple(dict.fromkeys(obstacle.keeper for obstacle in self._report.obstacles)))

    def _obstacle(self, obstacle: ObstacleReport) -> Line:
        keeper, other, path = obstacle.keeper, obstacle.distribution, obstacle.path
        told = {
            "hidden-module": f"imports find a module of {other} in place of {keeper}'s {path}",
            "startup-code": f"{other} runs code whenever Python starts ({path}): what is written of {keeper} may not"
            " stay",
        }
        return (Span("  why      ", "error"), Span(told[obstacle.code]))

    def _ending(self) -> Iterator[Line]:
        report = self._report
        if report.environment.command:
            word = "To try again: " if report.state == "failed" else "To do it: "
            yield (Span(word), Span(shlex.join(report.environment.command), "command"))
        elif report.state == "mended":
            yield (Span("To check this in CI: "), Span(shlex.join(report.environment.check), "command"))
        if report.lasting is not None and report.state in {"planned", "mended", "needs-drop"}:
            yield (Span("For good: "), Span(shlex.join(report.lasting.command), "command"))
            for each in report.lasting.losses:
                parts = []
                if each.requirers:
                    parts.append(f"{listed(each.requirers)} {'requires' if len(each.requirers) == 1 else 'require'} it")
                if each.packages:
                    parts.append(f"nothing else lets import {listed(each.packages)}")
                told = "; ".join(parts) or "nothing else needs it"
                yield (Span(f"  {each.distribution} would go: {told}", "faint"),)
