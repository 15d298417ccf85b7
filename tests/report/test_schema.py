"""The published schema says what reports are, and refuses what they are not."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.poison import full_report, hostile_texts, poisoned
from tests.support.values import report_of
from tests.support.wheelmaker import Wheel
from wheelclash.report.model import Report
from wheelclash.report.schema import read_report, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = json.loads(schema_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
READER = pydantic.TypeAdapter(Report)
FULL = full_report()


def test_the_schema_itself() -> None:
    """It is a valid schema of the draft it names, and always the same text."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema_text() == schema_text()
    assert schema_text().isascii()


@settings(max_examples=25)
@given(hostile_texts)
def test_reports_are_valid(text: str) -> None:
    """Whatever the texts in it, a report follows the schema."""
    VALIDATOR.validate(json.loads(poisoned(FULL, text).to_json()))


@settings(max_examples=25)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["m.py", "M.py", "x", "x/y", "m/__init__.py"]), st.sampled_from(["", "1"])),
        max_size=3,
    )
)
def test_reports_of_any_set(files: list[dict[str, str]]) -> None:
    """So does the report of any set, down to the empty one; and it is read back as it was."""
    report = report_of(*(Wheel(name, files=dict(each)) for name, each in zip("abc", files, strict=False)))
    VALIDATOR.validate(json.loads(report.to_json()))
    assert read_report(report.to_json()).to_json() == report.to_json()


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield (*path, key)
            yield from _places(each, (*path, key))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*path, 0))


def _changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return changed


_WORDS = {"kind", "role", "severity", "state", "intact", "strategy", "installer", "evidence", "root"}


def test_wrong_values_are_refused() -> None:
    """Of every field, a value of no allowed type or word is refused by schema and reader alike."""
    document = json.loads(FULL.to_json())
    seen = set()
    for path in _places(document):
        before = document
        for key in path:
            before = before[key]
        wrong: list[Any] = ["nonsense" if isinstance(before, dict) else {"no": ["such"]}]
        if path[-1] in _WORDS:
            wrong.append("nonsense")
            seen.add(path[-1])
        for value in wrong:
            changed = _changed(document, path, value)
            assert not VALIDATOR.is_valid(changed), path
            with pytest.raises(pydantic.ValidationError):
                READER.validate_python(changed)
    assert seen == _WORDS
