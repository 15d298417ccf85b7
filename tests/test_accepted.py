"""What a user accepts, as values: which entries speak of what, and baselines as files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from wheelclash import QuestionError
from wheelclash.accepted import BASELINE_VERSION, Acceptance, Baseline, BaselineProblem, Ignore

if TYPE_CHECKING:
    from pathlib import Path

PAIR = frozenset({"a", "b"})
FILE = "site-packages/p/m.py"
PROBLEM = BaselineProblem("wheels", "WC001", "error", ("a", "b"), "site-packages/p/", "f" * 64)


@pytest.mark.parametrize(
    ("entry", "matches"),
    [
        (Ignore("", PAIR), True),
        (Ignore("", PAIR | {"c"}), True),
        (Ignore("", frozenset({"a", "c"})), False),
        (Ignore("", frozenset({"a"})), False),
        (Ignore("", frozenset(), glob="site-packages/p/*"), True),
        (Ignore("", frozenset(), glob="site-packages/*"), True),
        (Ignore("", PAIR, glob="site-packages/q/*"), False),
        (Ignore("", PAIR, glob="SITE-PACKAGES/*"), False),
        (Ignore("", PAIR, kind="different"), True),
        (Ignore("", PAIR, kind="identical"), False),
        (Ignore("", PAIR, rule="WC001"), True),
        (Ignore("", PAIR, rule="WC021"), False),
        (Ignore.parse("A,b:*"), True),
        (Ignore.parse("a,b:scripts/*"), False),
    ],
)
def test_all_that_an_entry_says_must_hold(entry: Ignore, *, matches: bool) -> None:
    assert entry.matches(code="WC001", kind="different", names={"a", "b"}, path=FILE) == matches


@pytest.mark.parametrize(
    ("entry", "matches"),
    [
        (Ignore("", frozenset({"a"})), True),
        (Ignore("", PAIR), False),  # two names: what they have with each other
        (Ignore("", frozenset(), rule="WC022"), True),
        (Ignore("", frozenset(), kind="different"), False),
        (Ignore.parse("a,b:*"), False),
    ],
)
def test_what_is_wrong_with_one_distribution_takes_its_name_alone(entry: Ignore, *, matches: bool) -> None:
    assert entry.matches(code="WC022", kind="", names={"a"}, path=FILE) == matches


def test_what_is_about_no_distribution_or_no_file_matches_no_name_and_no_path() -> None:
    assert not Ignore("", PAIR).matches(code="WC025", kind="", names=(), path=FILE)
    assert not Ignore("", frozenset(), glob="*").matches(code="WC024", kind="", names=PAIR, path="")


def test_an_entry_holds_to_the_end_of_its_last_day() -> None:
    entry = Ignore("", PAIR, expires=date(2026, 3, 1))
    assert not Acceptance([entry], today=date(2026, 3, 1)).has_expired(entry)
    assert Acceptance([entry], today=date(2026, 3, 2)).has_expired(entry)
    assert not Acceptance([entry]).has_expired(entry)


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Sorted, each problem once and on a line of its own, ASCII, whatever the names."""
    hostile = replace(PROBLEM, distributions=("\ud800", "é"), place="a\nb", fingerprint="0" * 64)
    baseline = Baseline((PROBLEM, hostile, PROBLEM))
    text = baseline.to_json()
    assert text.isascii()
    assert text == Baseline((hostile, PROBLEM)).to_json()
    assert len(text.splitlines()) == 2 + 3 + 2
    (tmp_path / "b.json").write_text(text)
    assert set(Baseline.read(tmp_path / "b.json").problems) == {PROBLEM, hostile}
    (tmp_path / "b.json").write_text(Baseline(()).to_json())
    assert Baseline.read(tmp_path / "b.json").problems == ()


def test_writing_replaces_one_kind_of_report_and_keeps_the_other() -> None:
    environment = replace(PROBLEM, about="environment", code="WC021")
    new = replace(PROBLEM, place="site-packages/q/")
    assert Baseline((PROBLEM, environment)).with_those_of("wheels", [new]).problems == (environment, new)


def _written(**changes: object) -> bytes:
    document = {"baseline_version": BASELINE_VERSION, "problems": [json.loads(_line())]}
    return json.dumps(document | changes).encode()


def _line() -> str:
    return json.dumps(json.loads(Baseline((PROBLEM,)).to_json())["problems"][0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no baseline: it is no JSON"),
        (b"{", "is no baseline: it is no JSON"),
        (b"\xff", "is no baseline: byte 0 is not UTF-8"),
        (b"[" * 100_000, "is no baseline: it is no JSON"),
        (b"[]", "is no baseline: it has no baseline_version"),
        (b"{}", "is no baseline: it has no baseline_version"),
        (_written(baseline_version=2), "is of version 2; this wheelclash reads version 1. Write it again"),
        (_written(baseline_version="1"), "is of version '1'; this wheelclash reads version 1"),
        (_written(problems={}), "its problems are no list"),
        (_written(problems=["x"]), "problem 1 is no object"),
        (_written(problems=[{"about": "wheels"}]), "problem 1 has no code, or one of a wrong type"),
        (_written(problems=[json.loads(_line()) | {"about": "x"}]), "problem 1 is about 'x'"),
        (_written(problems=[json.loads(_line()) | {"distributions": [1]}]), "problem 1 is about"),
    ],
)
def test_what_is_no_baseline_is_told(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "b.json").write_bytes(data)
    with pytest.raises(QuestionError) as raised:
        Baseline.read(tmp_path / "b.json")
    assert said in str(raised.value)


def test_a_baseline_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"none\.json does not exist\. Write one with --write-baseline"):
        Baseline.read(tmp_path / "none.json")
    with pytest.raises(QuestionError, match=r"cannot be read \(it is a folder\)"):
        Baseline.read(tmp_path)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(QuestionError, match=r"cannot be read \(it is no regular file\)"):
            Baseline.read(tmp_path / "pipe")


def test_one_of_another_version_may_be_replaced_and_another_file_may_not(tmp_path: Path) -> None:
    """Who mistypes a name loses no other file by it."""
    assert Baseline.read(tmp_path / "none.json", to_replace=True).problems == ()
    (tmp_path / "old.json").write_bytes(_written(baseline_version=0))
    assert Baseline.read(tmp_path / "old.json", to_replace=True).problems == ()
    (tmp_path / "requirements.txt").write_text("a\nb\n")
    with pytest.raises(QuestionError, match="is no baseline"):
        Baseline.read(tmp_path / "requirements.txt", to_replace=True)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "would accept everything. Name distributions, a path, a kind or a rule"),
        ({"distributions": [" "]}, "would accept everything"),
        ({"path": "cv2/*"}, "'cv2/*' begins with none of site-packages, scripts, data, headers"),
        ({"path": "/site-packages/x"}, "begins with none of"),
        ({"path": "site-packages\\x"}, "begins with none of"),
        ({"path": "site-package/x"}, "Perhaps: site-packages?"),
        ({"path": "site-packages"}, "begins with none of"),
        ({"path": "site-packages/tests/"}, "names a folder, and files are compared. Write site-packages/tests/*."),
        ({"path": "site-packages/[x"}, "has a [ that is not closed"),
        ({"kind": "identicl"}, "'identicl' is no kind of overlap. Perhaps: identical?"),
        ({"rule": "different"}, "'different' is no code of a rule"),
        ({"rule": "WC014"}, "WC014 is never accepted"),
    ],
)
def test_an_entry_that_nothing_can_match_is_refused(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(QuestionError) as raised:
        Ignore.of(**entry)
    assert said in str(raised.value)


@pytest.mark.parametrize("path", ["*", "*/tests/*", "site-packages/*.[pd]y", "scripts/t", "s*/x", "data/[[]x]", "?/x"])
def test_any_other_pattern_is_taken(path: str) -> None:
    assert Ignore.of(["A_b"], path=path, place="ignore 1").text == f"ignore 1 (a-b; {path})"
