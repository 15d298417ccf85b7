"""The formats that a report can be written in: each is a function from the report, and what surrounds it, to text.

Little is imported, since the command line offers what is in :data:`FORMATS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal, TypeAlias

    from wheelclash.report.model import FailOn
    from wheelclash.report.problems import Problem
    from wheelclash.report.sources import SourceLine

    FormatName: TypeAlias = Literal["text", "json", "sarif", "github", "gitlab", "junit", "markdown", "html"]

__all__ = ["FORMATS", "Context", "Format", "FormatName", "require_format", "write_as"]

_LEVELS = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        extension: What names of such files end with.
        description: Where it is read, in a few words.
        writer: The function that makes the text, ``module:function``; it is imported when it is needed. Empty for
            those that a report writes by itself.
        needs: The package that it imports, which only comes with the extra of the same name as the format.
    """

    extension: str
    description: str
    writer: str = ""
    needs: str = ""

    @property
    def is_for_problems(self) -> bool:
        """Return whether it shows problems alone, so that a report without problems has nothing to say in it."""
        return bool(self.writer)


FORMATS: dict[FormatName, Format] = {
    "text": Format(".txt", "for people: one screen, or everything with -v"),
    "json": Format(".json", "for programs: everything"),
    "sarif": Format(".sarif", "for code scanning, SARIF 2.1.0", "wheelclash.report.sarif:to_sarif"),
    "github": Format(".txt", "annotations of GitHub Actions", "wheelclash.report.github:to_github"),
    "gitlab": Format(".json", "GitLab's Code Quality artifact", "wheelclash.report.gitlab:to_gitlab"),
    "junit": Format(".xml", "results of tests, for CI servers", "wheelclash.report.junit:to_junit"),
    "markdown": Format(".md", "a comment or the summary of a job", "wheelclash.report.markdown:to_markdown"),
    "html": Format(".html", "a page for people, in one file", "wheelclash.report.html:to_html", "jinja2"),
}
"""By name, in the order in which they are offered."""


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
        from wheelclash.report.sources import source_of

        return source_of(problem.distributions or (problem.place,), self.sources, self.through)

    def counts(self, problem: Problem) -> bool:
        """Return whether a problem makes the exit code 1."""
        return self.fail_on != "never" and _LEVELS.index(problem.level) <= _LEVELS.index(self.fail_on)


def require_format(name: FormatName) -> None:
    """Refuse a format that needs a package which is not installed.

    Raises:
        MissingExtraError: It is not.
    """
    from importlib.util import find_spec

    needs = FORMATS[name].needs
    if needs and find_spec(needs) is None:
        from wheelclash.errors import MissingExtraError

        raise MissingExtraError(f"The format {name}", needs, name)


def write_as(name: FormatName, report: Any, context: Context) -> str:
    """Return a report in a format.

    Args:
        name: Of the format; its module is imported only now.
        report: On wheels, on an environment or on a repair; any report as ``text`` or ``json``.
        context: What surrounds it.

    Raises:
        QuestionError: The format needs a package that is not installed.
        TypeError: The report holds no problems, and the format shows nothing else.
    """
    require_format(name)
    if name == "json":
        text: str = report.to_json()
    elif name == "text":
        text = report.to_text(verbose=context.verbose)
    else:
        from importlib import import_module

        module, _, function = FORMATS[name].writer.partition(":")
        text = getattr(import_module(module), function)(report, context)
    return text
