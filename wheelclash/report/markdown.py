"""The report as Markdown: a comment in a pull request, or the summary of a CI job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wheelclash.report.model import EnvironmentReport, FixReport, Report
from wheelclash.report.problems import problems_of
from wheelclash.report.terminal import printable
from wheelclash.report.text import keep_instead, recommended_remedies
from wheelclash.wording import command_line, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelclash.report.formats import Context
    from wheelclash.report.problems import Problem

__all__ = ["to_markdown"]

_LONGEST = 60_000
"""Characters; a comment on GitHub has at most 65,536."""
_SIGNS = {"error": "❌", "warning": "⚠️", "notice": "ℹ️"}  # noqa: RUF001 - it is the sign for information
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")


def to_markdown(report: Any, context: Context) -> str:
    """Return a heading, a table of the problems, the worst first, and the recommended commands."""
    every = problems_of(report)
    problems = [problem for problem in every if not problem.ignored]
    head = f"### wheelclash\n\n{_escaped(context.headline)}\n"
    tail = "".join((*_ignored(len(every) - len(problems)), *_commands(report)))
    rows: list[str] = []
    room = _LONGEST - len(head) - len(tail)
    for problem in problems:
        row = _row(problem)
        room -= len(row)
        if room < 0:
            break
        rows.append(row)
    table = f"\n| | rule | problem |\n|---|---|---|\n{''.join(rows)}" if rows else ""
    left = len(problems) - len(rows)
    more = f"\nAnd {plural(left, 'more problem')}: see the whole report.\n" if left else ""
    return f"{head}{table}{more}{tail}"


def _ignored(count: int) -> Iterator[str]:
    """Yield how many problems are accepted, if any are."""
    if count:
        yield f"\n{plural(count, 'problem')} {'is' if count == 1 else 'are'} ignored, being known.\n"


def _row(problem: Problem) -> str:
    rule = f"`{problem.code}` {problem.rule.name}"
    return f"| {_SIGNS[problem.level]} {problem.level} | {rule} | {_escaped(problem.message)} |\n"


def _escaped(text: str) -> str:
    """Return a text with all escaped that Markdown or HTML would read as markup, such as the underscores of a path."""
    return _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))


def _commands(report: Any) -> Iterator[str]:
    """Yield the commands of the remedy that is recommended, as in the text, or of a plan."""
    commands: list[list[str]] = []
    title = ""
    if isinstance(report, Report):
        for remedy in recommended_remedies(report):
            title = f"To keep {', '.join(remedy.keep)}"
            commands = [list(step.command) for step in remedy.steps]
    elif isinstance(report, EnvironmentReport) and report.environment.fix:
        others = keep_instead(report, report.environment.fix)
        title = f"What mends it ({others})" if others else "What mends it"
        commands = [list(report.environment.fix)]
    elif isinstance(report, EnvironmentReport) and (report.summary.errors or report.summary.warnings):
        title = "To check this in CI"
        commands = [list(command) for command in (report.environment.command,) if command]
    elif isinstance(report, FixReport):
        title = "What mends it"
        commands = [list(step.command) for step in report.steps] or [
            list(command) for command in (report.environment.command,) if command
        ]
    if commands:
        text = "\n".join(printable(command_line(command)) for command in commands)
        fence = "`" * max([2, *map(len, re.findall("`+", text))]) + "`"
        yield f"\n{_escaped(title)}:\n\n{fence}console\n{text}\n{fence}\n"
