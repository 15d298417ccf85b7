"""The published schema, and validation of a report against it. Needs pydantic; imported only when asked for."""

from __future__ import annotations

import json
from functools import cache
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from wheelclash.errors import ReportError
from wheelclash.report.model import SCHEMA_VERSION, EnvironmentReport, FixReport, Report, WhoReport
from wheelclash.validation import instance

__all__ = ["AnyReport", "read_report", "schema_text"]

AnyReport: TypeAlias = Report | EnvironmentReport | FixReport | WhoReport
"""What any of the commands writes."""


@cache
def _adapter() -> TypeAdapter[AnyReport]:
    return TypeAdapter(AnyReport)


def schema_text() -> str:
    """Return the JSON Schema (2020-12) of reports, as indented text."""
    schema = _adapter().json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def read_report(text: str | bytes) -> AnyReport:
    """Parse and validate the JSON of a report, of whichever command.

    Raises:
        ReportError: It is not a report of this schema.
        TypeError: It is no text.
    """
    instance("text", text, str | bytes, "a string or bytes")
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise ReportError(_why(text, error)) from error


def _why(text: str | bytes, error: ValidationError) -> str:
    """Say why a text is no report: in the words of its JSON, not of our classes."""
    try:
        document = json.loads(text)
    except ValueError as invalid:
        return f"This is no report: it is no JSON ({invalid})."
    if not isinstance(document, dict):
        return "This is no report: its JSON is no object."
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        if version is None:
            return "This is no report: it has no schema_version."
        return f"This report has schema_version {version!r}; this version of wheelclash reads {SCHEMA_VERSION}."
    kinds: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        kind, *place = map(str, problem["loc"])
        kinds.setdefault(kind, []).append(f"{'.'.join(place)}: {problem['msg']}")
    nearest = min(kinds.values(), key=len)  # of the kinds of report there are, the one it resembles most
    more = f" (and {len(nearest) - 1} more)" if len(nearest) > 1 else ""
    return f"This is no report of schema version {SCHEMA_VERSION}: {nearest[0]}{more}."
