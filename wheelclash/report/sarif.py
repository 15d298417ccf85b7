"""The report as SARIF 2.1.0, for code scanning.

GitHub refuses a whole file if a location is only logical, keeps the first 5,000 results of a run, and tells results of
two runs apart by their fingerprints: so a problem points at the line that brings the distribution in, or nowhere, the
worst come first, and a fingerprint holds no version.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wheelclash.report.problems import problems_of
from wheelclash.report.rules import RULES
from wheelclash.report.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelclash.report.formats import Context
    from wheelclash.report.model import IgnoredReport
    from wheelclash.report.problems import Level, Problem

__all__ = ["to_sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "wheelclashProblem/v1"
_LEVELS: dict[Level, str] = {"error": "error", "warning": "warning", "notice": "note"}
_MOST_RESULTS = 5000
_MOST_PATHS = 100


def to_sarif(report: Any, context: Context) -> str:
    """Return a report on wheels, an environment or a repair as a SARIF log of one run.

    Args:
        report: Any report of which :func:`~wheelclash.report.problems.problems_of` knows the problems.
        context: Where the set was written down.
    """
    problems = problems_of(report)[:_MOST_RESULTS]
    ignored = {problem.fingerprint: problem for problem in getattr(report, "ignored", ())}
    codes = [code for code in RULES if any(problem.code == code for problem in problems)]
    run = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "version": report.tool.version,
                "rules": [_rule(code) for code in codes],
            }
        },
        "results": [_result(problem, codes.index(problem.code), context, ignored) for problem in problems],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    rule = RULES[code]
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"{rule.why} {rule.remedy}", "markdown": rule.help},
    }


def _result(problem: Problem, index: int, context: Context, ignored: Mapping[str, IgnoredReport]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": _LEVELS[problem.level],
        "message": {"text": problem.message},
        "partialFingerprints": {_FINGERPRINT: problem.fingerprint},
        "properties": {
            "distributions": list(problem.distributions),
            "place": problem.place,
            "paths": list(problem.paths[:_MOST_PATHS]),
            "files": len(problem.paths),
        },
    }
    source = context.source_of(problem)
    if source is not None:
        artifact = {"uri": quote(source.path, safe="/")}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": source.line}}}
        ]
    if problem.ignored:
        accepted = ignored.get(problem.fingerprint)
        reason = {"justification": printable(accepted.reason)} if accepted is not None and accepted.reason else {}
        result["suppressions"] = [{"kind": "external", "status": "accepted"} | reason]
    return result
