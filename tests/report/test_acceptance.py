"""What is accepted is marked, listed and not counted; nothing is lost by it, and nothing else changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.poison import HOSTILE, full_report, poisoned
from tests.support.installed import Handmade
from tests.support.values import report_of
from tests.support.wheelmaker import Wheel
from wheelclash.accepted import Acceptance, Ignore
from wheelclash.report.acceptance import accept, baseline_of
from wheelclash.report.build import build_environment_report, judge
from wheelclash.report.formats import FORMATS, Context, write_as
from wheelclash.report.model import IntoReport, UnownedReport
from wheelclash.report.problems import problems_of
from wheelclash.report.schema import read_report

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.report.model import EnvironmentReport


FULL = full_report()
EVERYTHING = Ignore("all of it", frozenset(), reason="known", expires=date(2030, 1, 1))
NEVER = frozenset({"WC013", "WC014"})
"""Rules for what is never accepted."""


def _damaged(folder: Path, acceptance: Acceptance) -> EnvironmentReport:
    made = Handmade(folder)
    made.add("a", {"p/m.py": "1", "p/n.py": "1", "a/gone.py": "1", "a/__init__.py": "from a import gone"})
    made.add("b", {"p/m.py": "2", "p/n.py": "2"}, write=False)
    (made.site / "p" / "n.py").write_text("2")
    (made.site / "a" / "gone.py").unlink()
    (made.site / "left").mkdir()
    (made.site / "left" / "over.py").write_text("")
    return build_environment_report(judge(made.scan(every=True), acceptance=acceptance))


def test_accepting_everything_leaves_nothing_that_counts() -> None:
    """But what was not read and what is refused: that is still exit code 3."""
    report = accept(FULL, Acceptance([EVERYTHING]))
    assert (FULL.exit_code(), report.exit_code(fail_on="notice")) == (1, 3)
    assert {problem.code for problem in problems_of(report) if not problem.ignored} <= NEVER
    assert report.summary.ignored == report.summary.overlaps > 0
    assert {(entry.by, entry.reason, entry.expires) for entry in report.ignored} == {
        ("configuration", "known", "2030-01-01")
    }
    without = {"summary", "ignored", "overlaps"}
    before, after = FULL.to_dict(), report.to_dict()
    assert {key for key in before if before[key] != after[key]} == without
    assert read_report(report.to_json()).to_json() == report.to_json()


def test_an_environment_of_which_everything_is_accepted_is_undamaged(tmp_path: Path) -> None:
    before = _damaged(tmp_path, Acceptance())
    assert {problem.code for problem in problems_of(before)} >= {"WC021", "WC022", "WC024", "WC025"}
    for acceptance in (Acceptance([EVERYTHING]), Acceptance(baseline=baseline_of(before))):
        after = _damaged(tmp_path / str(acceptance.baseline is None), acceptance)
        assert after.exit_code(fail_on="notice") == 0
        assert not any(distribution.damaged for distribution in after.distributions)
        assert (after.environment.command, after.environment.fix) == ((), ())
        assert all(problem.ignored for problem in problems_of(after))
        assert "no damage" in after.to_text()
        assert after.summary.ignored == sum(entry.files for entry in after.ignored)


def test_a_file_that_no_record_lists_counts_until_it_is_accepted() -> None:
    """Of a set that is to be installed into an environment."""
    lone = UnownedReport("site-packages", "lone.txt", "package-data", "warning", "a")
    report = replace(FULL, into=IntoReport("/env", ["/env/lib"], None, [], [], [lone]))
    counted = accept(report, Acceptance())
    assert (counted.summary.warnings, counted.summary.ignored) == (FULL.summary.warnings + 1, 0)
    known = Ignore.of(["a"], path="site-packages/lone.txt", rule="WC012", reason="made by a start of a")
    accepted = accept(report, Acceptance([known]))
    assert (accepted.summary.warnings, accepted.summary.ignored) == (FULL.summary.warnings, 1)
    assert [entry.code for entry in accepted.ignored] == ["WC012"]
    assert "lone.txt" not in accepted.to_text()


def test_damage_is_accepted_file_by_file(tmp_path: Path) -> None:
    entry = Ignore("gone", frozenset({"a"}), rule="WC022", reason="built without")
    report = _damaged(tmp_path, Acceptance([entry]))
    assert {damage.code for damage in report.damage if damage.ignored} == {"missing-file"}
    assert report.exit_code() == 1
    assert [ignored.place for ignored in report.ignored] == ["a"]


def test_every_level_counts_for_itself(tmp_path: Path) -> None:
    """The counts are those of the problems that are left."""
    reports: list[Any] = [FULL, _damaged(tmp_path, Acceptance())]
    for report in reports:
        for rule in sorted({problem.code for problem in problems_of(report)} - NEVER):
            known = Acceptance([Ignore("", frozenset(), rule=rule)])
            left = accept(report, known)
            summary = left.summary
            kept = [problem for problem in problems_of(left) if not problem.ignored and problem.code not in NEVER]
            levels = [problem.level for problem in kept]
            assert [bool(summary.errors), bool(summary.warnings), bool(summary.notices)] == [
                level in levels for level in ("error", "warning", "notice")
            ]


def _pair(version: str, *, worse: bool = False) -> tuple[Wheel, Wheel]:
    more: dict[str, bytes | str] = {"q/n.py": version} if worse else {}
    return (
        Wheel("a", version, files={"p/m.py": f"a{version}", "p/data.txt": "a", **more}),
        Wheel("b", version, files={"p/m.py": f"b{version}", "p/data.txt": "b", **dict.fromkeys(more, "other")}),
    )


def test_a_baseline_survives_new_versions_and_knows_what_is_new() -> None:
    """Old problems pass whatever the versions; a problem in another folder fails."""
    acceptance = Acceptance(baseline=baseline_of(report_of(*_pair("1.0"))))
    old = accept(report_of(*_pair("2.5")), acceptance)
    assert (old.exit_code(fail_on="notice"), old.summary.ignored, old.warnings) == (0, 2, ())
    new = accept(report_of(*_pair("2.5", worse=True)), acceptance)
    assert (new.exit_code(), new.summary.errors, new.summary.ignored) == (1, 1, 2)
    assert {entry.by for entry in new.ignored} == {"baseline"}


def test_what_no_longer_occurs_matches_nothing_or_has_expired_is_told() -> None:
    baseline = replace(baseline_of(report_of(*_pair("1.0", worse=True))), file="b.json")
    used = Ignore("used", frozenset({"a", "b"}), glob="site-packages/p/*")
    gone = Ignore("gone", frozenset({"a", "c"}), reason="r", expires=date(2026, 1, 2))
    acceptance = Acceptance([used, Ignore.parse("a,c:*"), gone], baseline, date(2026, 1, 3))
    report = accept(report_of(*_pair("1.0")), acceptance)
    assert report.warnings == (
        "--ignore a,c:* matches nothing",
        "gone expired on 2026-01-02 and no longer holds: r",
        "1 problem of b.json no longer occurs: WC001 site-packages/q/ (a, b)",
    )
    expired = replace(used, expires=date(2026, 1, 2))
    assert accept(report_of(*_pair("1.0")), Acceptance([expired], today=date(2026, 1, 3))).exit_code() == 1


def test_a_baseline_of_the_other_kind_of_report_accepts_nothing(tmp_path: Path) -> None:
    """And is not told of: one file holds both."""
    wheels = baseline_of(FULL)
    report = _damaged(tmp_path, Acceptance(baseline=wheels))
    assert (report.summary.ignored, report.exit_code(), report.warnings) == (0, 1, ())


def test_a_baseline_holds_neither_what_is_unread_nor_what_an_entry_accepts() -> None:
    codes = {problem.code for problem in baseline_of(FULL).problems}
    assert codes
    assert not codes & NEVER
    assert baseline_of(accept(FULL, Acceptance([EVERYTHING]))).problems == ()


@settings(max_examples=30)
@given(st.lists(st.sampled_from([problem.code for problem in problems_of(FULL)]), max_size=4), st.booleans())
def test_what_is_accepted_twice_is_accepted_once(codes: list[str], known: bool) -> None:  # noqa: FBT001
    """Accepting is idempotent, and never changes what there is."""
    baseline = baseline_of(FULL) if known else None
    acceptance = Acceptance([Ignore(code, frozenset(), rule=code) for code in codes], baseline)
    report = accept(FULL, acceptance)
    again = accept(replace(report, ignored=(), warnings=FULL.warnings), acceptance)
    assert again == report
    assert [replace(overlap, ignored=False) for overlap in report.overlaps] == list(FULL.overlaps)
    counted = {problem.code for problem in problems_of(report) if not problem.ignored}
    assert counted.isdisjoint(set(codes) - NEVER)


@pytest.mark.parametrize("name", [name for name, about in FORMATS.items() if about.is_for_problems])
def test_formats_leave_out_or_suppress_what_is_accepted(name: str) -> None:
    report = accept(FULL, Acceptance([EVERYTHING]))
    text = write_as(name, report, Context(headline="x"))  # type: ignore[arg-type]
    if name == "sarif":
        (run,) = json.loads(text)["runs"]
        results = [result for result in run["results"] if result["ruleId"] not in NEVER]
        wanted = [{"kind": "external", "status": "accepted", "justification": "known"}]
        assert [result["suppressions"] for result in results] == [wanted] * len(results)
        assert results
    else:
        assert not any(problem.message in text for problem in problems_of(report) if problem.ignored)
        count = sum(problem.ignored for problem in problems_of(report))
        assert (f"{count} problems are ignored" in text) == (name == "markdown")


@pytest.mark.parametrize("verbose", [False, True])
def test_text_says_how_much_and_with_v_why(*, verbose: bool) -> None:
    baseline = replace(baseline_of(report_of(*_pair("1.0", worse=True))), file="b.json")
    entry = Ignore("ignore 1 of x.toml", frozenset(), glob="*/data.txt", reason="a table", expires=date(2030, 1, 1))
    report = accept(report_of(*_pair("1.0", worse=True)), Acceptance([entry], baseline))
    text = report.to_text(verbose=verbose)
    assert text.startswith("No clash: 2 distributions, 12 files; 3 ignored")
    lines = [line for line in text.splitlines() if line.startswith("  ignored")]
    if verbose:
        assert lines == [
            "  ignored  WC001 site-packages/p/ of a and b, 1 file; baseline b.json",
            "  ignored  WC001 site-packages/p/ of a and b, 1 file; ignore 1 of x.toml: a table (until 2030-01-01)",
            "  ignored  WC001 site-packages/q/ of a and b, 1 file; baseline b.json",
        ]
    else:
        assert lines == ["  ignored  3 overlaps of a and b (by the configuration and the baseline; -v)"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_unprintable_leaves_with_what_is_ignored(text: str) -> None:
    report = poisoned(accept(FULL, Acceptance([EVERYTHING])), text)
    for line in report.to_text(verbose=True).splitlines():
        assert line.isprintable(), line
