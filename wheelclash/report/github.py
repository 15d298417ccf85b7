"""The report as workflow commands of GitHub Actions: annotations of a run and of the changed files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelclash.report.problems import problems_of
from wheelclash.wording import plural

if TYPE_CHECKING:
    from wheelclash.report.formats import Context
    from wheelclash.report.problems import Level, Problem

__all__ = ["to_github"]

_MOST = 10
"""Annotations of one level that GitHub shows of a step."""
_LEVELS: tuple[Level, ...] = ("error", "warning", "notice")


def to_github(report: Any, context: Context) -> str:
    """Return one workflow command a line, the worst first, of each level at most ten.

    What is beyond that is counted in the last command of its level. Without a problem there is one notice, so that
    the log says that the check was made.
    """
    problems = [problem for problem in problems_of(report) if not problem.ignored]
    lines = []
    for level in _LEVELS:
        of_level = [problem for problem in problems if problem.level == level]
        shown = of_level if len(of_level) <= _MOST else of_level[: _MOST - 1]
        lines += [_command(problem, context) for problem in shown]
        if len(shown) < len(of_level):
            text = f"and {plural(len(of_level) - len(shown), f'more {level}')}; see the whole report"
            lines.append(f"::{level} title=wheelclash::{_data(text)}")
    if not lines:
        lines.append(f"::notice title=wheelclash::{_data(context.headline)}")
    return "\n".join(lines) + "\n"


def _command(problem: Problem, context: Context) -> str:
    source = context.source_of(problem)
    properties = {} if source is None else {"file": source.path, "line": str(source.line)}
    properties["title"] = f"{problem.code} {problem.rule.name}"
    assignments = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{problem.level} {assignments}::{_data(problem.message)}"


def _data(text: str) -> str:
    """Return the text of a command, escaped as the runner reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return the value of a property of a command, escaped."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
