"""JSON: exact, ASCII, deterministic, and read back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from tests.report.poison import HOSTILE, full_report, hostile_texts, poisoned
from tests.support.values import report_of
from tests.support.wheelmaker import Wheel
from wheelclash.report.schema import read_report

FULL = full_report()


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for each in (*value.keys(), *value.values()) for text in _texts(each)}
    if isinstance(value, list):
        return {text for each in value for text in _texts(each)}
    return set()


@settings(max_examples=50)
@given(hostile_texts)
def test_round_trip(text: str) -> None:
    """Read and written again, a report is the same bytes, whatever its texts hold."""
    written = poisoned(FULL, text).to_json()
    assert written.isascii()
    assert read_report(written).to_json() == written
    assert read_report(written.encode()) == read_report(written)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_exact(text: str) -> None:
    """7: what wheels say stands in JSON exactly; a lone surrogate, which no strict reader takes, is spelt out."""
    found = _texts(json.loads(poisoned(FULL, text).to_json()))
    exact = text.encode("utf-8", "backslashreplace").decode()
    assert f"{exact}there is no d" in found
    assert f"{exact}gone" in found
    "".join(found).encode("utf-8")


def test_deterministic() -> None:
    """Equal questions give equal bytes; keys are sorted."""
    assert full_report().to_json() == FULL.to_json()
    assert full_report() == FULL
    found = json.loads(FULL.to_json(), object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert found == sorted(found)


def test_mappings_within_lists_have_sorted_keys_too() -> None:
    """Whatever order they were made in: the same report, the same bytes."""
    first, *others = FULL.targets
    turned = replace(first, markers=dict(sorted(first.markers.items(), reverse=True)))
    assert list(turned.markers) != list(first.markers)
    assert replace(FULL, targets=(turned, *others)).to_json() == FULL.to_json()


def test_ends_with_a_line_break() -> None:
    """As text files do; and it is indented for people who look."""
    written = report_of(Wheel("a"), Wheel("b")).to_json()
    assert written.endswith("}\n")
    assert written.count("\n") > 20


def test_contract() -> None:
    """The names programs rely on, at every level."""
    found = json.loads(FULL.to_json())
    assert set(found) == {
        "schema_version", "tool", "complete", "targets", "distributions", "skipped", "not_compared", "overlaps",
        "summary", "diagnosis", "remedies", "reading", "warnings", "into", "refused",
        "without_remedies", "ignored", "releases",
    }  # fmt: skip
    assert set(found["tool"]) == {"name", "version"}
    assert {"python_version", "implementation", "platform", "markers", "case_sensitive"} <= set(found["targets"][0])
    assert set(found["distributions"][0]) == {
        "id", "name", "version", "index", "wheel", "files", "targets", "requires", "required_by", "through",
        "evidence", "findings", "variant",
    }  # fmt: skip
    assert set(found["distributions"][0]["wheel"]) == {"filename", "url", "sha256", "size"}
    assert set(found["skipped"][0]) == set(found["not_compared"][0]) == {"requirement", "code", "reason"}
    assert set(found["overlaps"][0]) == {
        "root", "path", "kind", "role", "severity", "installers", "targets", "ignored", "owners",
        "why",
    }  # fmt: skip
    assert set(found["overlaps"][0]["owners"][0]) == {
        "id", "distribution", "path", "path_in_wheel", "sha256", "size", "content", "native",
    }  # fmt: skip
    assert set(found["summary"]) == {
        "overlaps", "different", "identical", "unknown", "file-directory", "case-only", "shadowed", "errors",
        "warnings", "notices", "ignored", "lost",
    }  # fmt: skip
    assert set(found["diagnosis"]) == {"pip", "uv"}
    assert set(found["diagnosis"]["pip"]) == {"overlaps", "distributions", "uninstall", "lost"}
    assert set(found["diagnosis"]["pip"]["overlaps"][0]) == {
        "root", "path", "kind", "state", "winner", "reason", "targets",
    }  # fmt: skip
    assert set(found["diagnosis"]["pip"]["distributions"][0]) == {"id", "name", "intact"}
    assert {"keep", "strategy", "installer", "steps", "result"} <= set(found["remedies"][0])
    assert {"command", "why"} <= set(found["remedies"][0]["steps"][0])
    assert set(found["remedies"][0]["result"][0]) == {"distribution", "intact"}
    assert set(found["reading"]) == {"index_requests", "wheel_requests", "member_requests", "bytes", "from_cache"}
