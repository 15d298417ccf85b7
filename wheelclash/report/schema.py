"""The published schema, and validation of a report against it. Needs pydantic; imported only when asked for."""

from __future__ import annotations

import json
from functools import cache
from typing import TypeAlias

from pydantic import TypeAdapter

from wheelclash.report.environment import EnvironmentReport
from wheelclash.report.fix import FixReport
from wheelclash.report.model import Report
from wheelclash.report.who import WhoReport

__all__ = ["AnyReport", "read_report", "schema_text"]

AnyReport: TypeAlias = Report | EnvironmentReport | FixReport | WhoReport
"""What any of the commands writes."""


@cache
def _adapter() -> TypeAdapter[AnyReport]:
    return TypeAdapter(AnyReport)


def schema_text() -> str:
    """The JSON Schema (2020-12) of reports, as indented text."""
    schema = _adapter().json_schema()
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def read_report(text: str | bytes) -> AnyReport:
    """Parse and validate the JSON of a report, of whichever command.

    Raises:
        pydantic.ValidationError: It is not a report of this schema.
    """
    return _adapter().validate_json(text)
