"""The report as GitLab's Code Quality artifact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wheelclash.report.problems import problems_of

if TYPE_CHECKING:
    from wheelclash.report.formats import Context
    from wheelclash.report.problems import Level, Problem

__all__ = ["to_gitlab"]

_SEVERITIES: dict[Level, str] = {"error": "critical", "warning": "major", "notice": "info"}


def to_gitlab(report: Any, context: Context) -> str:
    """Return a JSON list with an entry for each problem, the worst first; GitLab tells them apart by fingerprint."""
    entries = [_entry(problem, context) for problem in problems_of(report) if not problem.ignored]
    return json.dumps(entries, indent=2) + "\n"


def _entry(problem: Problem, context: Context) -> dict[str, Any]:
    source = context.source_of(problem)
    # a location is required: of a set that no file describes it is the installed path
    path, line = (problem.place, 1) if source is None else (source.path, source.line)
    return {
        "description": problem.message,
        "check_name": f"{problem.code} {problem.rule.name}",
        "fingerprint": problem.fingerprint,
        "severity": _SEVERITIES[problem.level],
        "location": {"path": path, "lines": {"begin": line}},
    }
