"""Problems: what a report says file by file, joined as other tools show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.poison import full_report
from tests.support.installed import Handmade
from tests.support.values import MACOS, report_of
from tests.support.wheelmaker import Wheel
from wheelclash.errors import QuestionError
from wheelclash.report.build import build_environment_report, judge
from wheelclash.report.problems import problems_of
from wheelclash.report.rules import RULES, rule_named
from wheelclash.report.sources import SourceLine, find_sources, source_of

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.report.model import Report

_PATHS = ["m.py", "p/a.py", "p/b.py", "p/c.so", "p.py", "P.py", "q"]
_wheels = st.lists(st.dictionaries(st.sampled_from(_PATHS), st.sampled_from(["1", "2"])), min_size=2, max_size=4)


def _report(files: list[dict[str, str]]) -> Report:
    return report_of(*(Wheel(name, files=dict(each)) for name, each in zip("abcd", files, strict=False)))


@given(_wheels)
def test_every_overlap_is_in_one_problem(files: list[dict[str, str]]) -> None:
    """No file is lost when they are joined, none is told twice, and each keeps its severity and its owners."""
    report = _report(files)
    told = [
        (path, problem.level, problem.distributions, problem.rule.name)
        for problem in problems_of(report)
        for path in problem.paths
    ]
    expected = [
        (f"{each.root}/{each.path}", each.severity, tuple(owner.distribution for owner in each.owners), each.kind)
        for each in report.overlaps
        if each.severity != "none"
    ]
    assert sorted(told) == sorted(expected)


@given(_wheels)
def test_worst_first_and_fingerprints_differ(files: list[dict[str, str]]) -> None:
    found = problems_of(_report(files))
    levels = ["error", "warning", "notice"]
    assert [problem.level for problem in found] == sorted((p.level for p in found), key=levels.index)
    assert len({problem.fingerprint for problem in found}) == len(found)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("M.py", "m.py", "M.py of a, m.py of b differ only in case."),
        ("Pk/a.py", "pk/b.py", "Pk/ of a, pk/ of b differ only in case."),
        ("\xe9.py", "e\u0301.py", "\xe9.py (NFC) of a, e\u0301.py (NFD) of b differ only in Unicode form."),
        ("\xc9.py", "e\u0301.py", "\xc9.py of a, e\u0301.py of b differ only in case and Unicode form."),
        ("\xc9.py", "\xe9.py", "\xc9.py of a, \xe9.py of b differ only in case."),
    ],
)
def test_names_that_are_one_name_are_told_as_they_differ(one: str, other: str, said: str) -> None:
    """Of a folder the folder, and no two files in it; what looks alike is told apart."""
    report = report_of(Wheel("a", files={one: "1"}), Wheel("b", files={other: "2"}), target=MACOS)
    (problem,) = (problem for problem in problems_of(report) if problem.code == "WC005")
    assert set(problem.message.rpartition(" differ")[0].split(", ")) == set(said.rpartition(" differ")[0].split(", "))
    assert problem.message.rpartition(" differ")[2] == said.rpartition(" differ")[2]


def test_what_an_installer_refuses_for_two_reasons_is_one_problem() -> None:
    """On two targets, say. Of two with one fingerprint, GitLab would drop one."""
    report = report_of(Wheel("a", files={"a-1.0.data/odd/x": ""}), Wheel("b"))
    assert len(report.refused) == 2
    refused = [*report.refused, *(replace(refusal, reason="another") for refusal in report.refused)]
    problems = [problem for problem in problems_of(replace(report, refused=refused)) if problem.code == "WC013"]
    assert len({problem.fingerprint for problem in problems}) == len(problems) == 2
    assert all(problem.message.endswith("; another.") for problem in problems)


def test_fingerprint_survives_another_version_and_more_files() -> None:
    """Code scanning takes the problem of the next release for the same one."""
    files: dict[str, bytes | str] = {"p/m.py": "1"}
    before = problems_of(report_of(Wheel("a", "1.0", files=files), Wheel("b", "1.0", files={"p/m.py": "2"})))
    more: dict[str, bytes | str] = {**files, "p/n.py": "1"}
    after = problems_of(
        report_of(Wheel("a", "1.1", files=more), Wheel("b", "2.0", files={"p/m.py": "3", "p/n.py": "2"}))
    )
    assert [problem.fingerprint for problem in before] == [problem.fingerprint for problem in after]
    assert before != after
    other = problems_of(report_of(Wheel("a", files=files), Wheel("c", files={"p/m.py": "2"})))
    assert before[0].fingerprint != other[0].fingerprint


def test_files_of_one_folder_that_ended_differently_are_told_apart(tmp_path: Path) -> None:
    """A folder that is half one owner's and half another's is not told as wholly the first one's."""
    made = Handmade(tmp_path)
    made.add("a", {"p/m.py": "1", "p/n.py": "1", "p/o.py": "1"})
    made.add("b", {"p/m.py": "2", "p/n.py": "2", "p/o.py": "2"}, write=False)
    (made.site / "p" / "o.py").write_text("2")
    report = build_environment_report(judge(made.scan()))
    (message,) = (problem.message for problem in problems_of(report) if problem.code == "WC021")
    assert message == (
        "3 files in site-packages/p/ (m.py, n.py, o.py): the content is that of a, not that of b (2 files);"
        " the content is that of b, not that of a (1 file)."
    )


def test_all_that_a_report_says_has_a_rule() -> None:
    """Overlaps, what was not read and what is refused are problems; what is not compared is none."""
    found = {problem.code for problem in problems_of(full_report())}
    assert {"WC001", "WC003", "WC006", "WC013", "WC014"} <= found
    assert not any(problem.place == "e" for problem in problems_of(full_report()))


def test_an_unknown_report_has_none() -> None:
    with pytest.raises(TypeError, match="a str holds no problems"):
        problems_of("x")


@pytest.mark.parametrize("text", ["WC001", "wc001", " different "])
def test_rule_by_code_or_name(text: str) -> None:
    assert rule_named(text).code == "WC001"


def test_no_such_rule_says_the_near_ones() -> None:
    with pytest.raises(QuestionError, match=r"There is no rule diferent\. Perhaps: different\?"):
        rule_named("diferent")


def test_rules_are_whole() -> None:
    assert all(code == rule.code for code, rule in RULES.items())
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    for rule in RULES.values():
        assert not rule.title.endswith(".")
        assert rule.why.endswith(".")
        assert rule.remedy.endswith(".")
        assert all(len(line) <= 100 for line in rule.text.splitlines())


# -- the lines that bring distributions in -----------------------------------------------------------------

_LOCK = """\
version = 1

[[package]]
name = "Nixl_CU12"
version = "1.0"
"""
_REPORT = """\
{
  "install": [
    {"metadata": {
      "name": "nixl-cu13"
"""
_REQUIREMENTS = "# nixl-cu12\n--index-url x\nflask\nnixl.cu12==1.0 ; python_version > '3'\n"
_PROJECT = "dependencies = [\n  \"nixl-cu12>=1\",\n  'flask',\n]\n"


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (_LOCK, "nixl-cu12", 4),
        (_REPORT, "nixl-cu13", 4),
        (_REQUIREMENTS, "nixl-cu12", 4),
        (_REQUIREMENTS, "flask", 3),
        (_PROJECT, "nixl-cu12", 2),
        (_PROJECT, "flask", 3),
        ("nixl-cu12\nnixl-cu12\n", "nixl-cu12", 1),
    ],
)
def test_line_of_a_file(text: str, name: str, line: int) -> None:
    assert find_sources({"dir/file": text}, [name]) == {name: SourceLine("dir/file", line)}


def test_a_name_that_only_begins_like_it_is_another() -> None:
    assert find_sources({"f": "nixl-cu123\nnixl\n"}, ["nixl-cu12"]) == {}


def test_source_of_what_something_else_brings_in() -> None:
    """The line of the distribution itself, of either, or of the nearest that requires it; else none."""
    lines = {"app": SourceLine("r", 1), "lib": SourceLine("r", 2), "b": SourceLine("r", 3)}
    assert source_of(["a", "b"], lines, {}) == lines["b"]
    assert source_of(["a"], lines, {"a": ["app", "lib", "a"]}) == lines["lib"]
    assert source_of(["a"], lines, {"a": ["a"]}) is None
