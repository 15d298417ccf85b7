"""The formats that a report can be written in: each is a function from the report, and what surrounds it, to text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from wheelclash.report.sources import SourceLine, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.report.model import FailOn
    from wheelclash.report.problems import Problem

__all__ = ["FORMATS", "Context", "FormatName", "write_as"]

FormatName = Literal["text", "json", "sarif", "github", "gitlab", "junit", "markdown"]
FORMATS: tuple[FormatName, ...] = get_args(FormatName)

_LEVELS = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Context:
    """What a format may need besides the report.

    Attributes:
        headline: The first line of the text.
        verbose: Whether people are shown everything.
        fail_on: The mildest level that makes the exit code 1.
        allow_incomplete: Whether what could not be read is no failure.
        sources: The line of a file that names a distribution, by name.
        through: The way from what was asked for to a distribution, by name.
    """

    headline: str
    verbose: bool = False
    fail_on: FailOn = "error"
    allow_incomplete: bool = False
    sources: Mapping[str, SourceLine] = field(default_factory=dict)
    through: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def source_of(self, problem: Problem) -> SourceLine | None:
        """Return the line that brings in what a problem is about; None if no file describes the set."""
        return source_of(problem.distributions or (problem.place,), self.sources, self.through)

    def counts(self, problem: Problem) -> bool:
        """Return whether a problem makes the exit code 1."""
        return self.fail_on != "never" and _LEVELS.index(problem.level) <= _LEVELS.index(self.fail_on)


def write_as(name: FormatName, report: Any, context: Context) -> str:
    """Return a report in a format.

    Args:
        name: Of the format; its module is imported only now.
        report: On wheels, on an environment or on a repair; any report as ``text`` or ``json``.
        context: What surrounds it.

    Raises:
        TypeError: The report holds no problems, and the format shows nothing else.
    """
    from importlib import import_module

    if name == "json":
        text: str = report.to_json()
    elif name == "text":
        text = report.to_text(verbose=context.verbose)
    else:
        text = getattr(import_module(f"wheelclash.report.{name}"), f"to_{name}")(report, context)
    return text
