"""The HTML report: whole without a network, whatever the names in wheels are, and of a sane size for very many."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from tests.report.page import Page, parse
from tests.report.poison import HOSTILE, full_report, hostile_texts, poisoned
from tests.support.installed import Handmade
from tests.support.stand_ins import nixl
from tests.support.values import multiplied, report_of
from wheelclash.cli import main
from wheelclash.errors import QuestionError
from wheelclash.report.build import build_environment_report, judge
from wheelclash.report.formats import Context, write_as
from wheelclash.report.model import (
    FixReport,
    MendedPart,
    RunReport,
    SideReport,
    SkipReport,
    Tool,
    UndecidedReport,
)
from wheelclash.report.problems import problems_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable
    from pathlib import Path

    from wheelclash.report.model import Report

FULL = full_report()
NIXL = report_of(nixl("12", "1.1.0"), nixl("13", "1.1.0"), keep=["nixl-cu13"])
MANY = 50_000
FEWER = 10_000
MOST_ELEMENTS = 12_000
"""What a browser lays out at once, whatever the report is about."""


def _write(report: Any, **more: Any) -> str:
    return write_as("html", report, Context(headline=report.to_text().partition("\n")[0], **more))


def _page(report: Any, **more: Any) -> Page:
    return parse(_write(report, **more))


def _texts(page: Page, name: str, **attributes: str) -> list[str]:
    return [" ".join(element.text.split()) for element in page.named(name, **attributes)]


def test_the_summary_stands_first() -> None:
    """Verdict, headline and counts come before everything else, and what could not be read comes next."""
    page = _page(FULL)
    assert _texts(page, "p", class_="verdict") == ["Fails"]
    assert FULL.to_text().startswith(_texts(page, "h1")[0])
    counts = dict(zip(_texts(page, "dt"), _texts(page, "dd"), strict=False))
    summary = FULL.summary
    numbers = (summary.errors, summary.warnings, summary.notices)
    assert list(counts)[:3] == ["errors", "warnings", "notice"]
    assert list(counts.values())[:3] == list(map(str, numbers))
    assert (counts["distributions"], counts["not read"]) == ("3", "1")
    assert _texts(page, "h2")[:2] == ["What could not be read", "Notes"]
    assert "d>1 could not be read: there is no d." in _texts(page, "li")


def test_every_file_is_there_with_its_owners_and_who_wins() -> None:
    """What the JSON says of nixl is in the page: paths, owners, winners under each installer, rules, commands."""
    page = _page(NIXL)
    (group,) = page.named("details", class_="group")
    for overlap in NIXL.overlaps:
        assert overlap.path.rpartition("/")[2] in group.text
    assert _texts(page, "th", scope="row")[:2] == ["pip", "uv"]
    ends = set(zip(_texts(page, "dt"), _texts(page, "dd"), strict=False))
    assert ("pip", "nixl-cu12 wins: it is installed last") not in ends  # pip's order is not known without the closure
    assert any(label == "uv" and text.startswith("not determined: uv installs in parallel") for label, text in ends)
    commands = [line for element in page.named("code") for line in element.text.splitlines()]
    assert "uv pip install --force-reinstall --no-deps nixl-cu13==1.1.0" in commands
    linked = {element.attributes["href"][1:] for element in page.named("a") if "WC" in element.attributes["href"]}
    assert linked == {problem.code for problem in problems_of(NIXL)}


def test_matrix_says_how_many_files_and_how_bad_in_words() -> None:
    """Colour is never the only sign, and every cell of two distributions leads to their files."""
    page = _page(NIXL)
    table = page.named("table", class_="matrix")
    assert len(table) == 1
    cells = [element for element in page.named("a") if element.attributes["href"] == "#group-1"]
    assert [" ".join(cell.text.split()) for cell in cells] == [
        "8 files of nixl-cu12 and nixl-cu13, worst: error",
        "8 files of nixl-cu13 and nixl-cu12, worst: error",
    ]


def test_environment_says_what_is_on_disk(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    made.add("a", {"p/m.py": "1", "p/n.py": "1", "q.py": ""})
    made.add("b", {"p/m.py": "2", "p/n.py": "2"}, write=False)
    (made.site / "p" / "n.py").write_text("2")
    (made.site / "q.py").unlink()
    page = _page(build_environment_report(judge(made.scan())))
    assert _texts(page, "h1")[0].startswith("2 of 2 distributions damaged: ")
    ends = [
        (label, text) for label, text in zip(_texts(page, "dt"), _texts(page, "dd"), strict=False) if "disk" in label
    ]
    assert ends == [
        ("on disk", "the content is that of a, not that of b"), ("on disk", "the content is that of b, not that of a"),
    ]  # fmt: skip
    assert "site-packages/q.py" in page.elements[0].text


def test_repair_says_what_to_do_and_what_stands_against_it() -> None:
    """Nothing of a repair is folded away: the command that carries it out, its steps, and what must be decided."""
    environment = MendedPart("/env", "/env/bin/python", "3.12", "uv", ["a"], [], ["wheelclash", "fix"], [])
    step = RunReport(["uv", "pip", "install", "a==1"], "write a again", [], "planned", None)
    sides = [SideReport(name, None, None) for name in "ab"]
    undecided = UndecidedReport(sides, ["site-packages/m.py", "site-packages/n.py"], "it needs x")
    report = FixReport(2, Tool("wheelclash", "1"), True, "planned", environment, [step], [], [], None, [], [])  # noqa: FBT003
    page = _page(report)
    assert _texts(page, "h1") == ["1 step to mend it; nothing was done"]
    assert _texts(page, "code")[:2] == ["wheelclash fix", "uv pip install a==1"]
    assert not page.named("details", class_="further")
    asking = _page(replace(report, state="undecided", steps=[], undecided=[undecided]))
    assert "Ask again with --keep a or --keep b." in _texts(asking, "p")
    assert "site-packages/n.py" in asking.elements[0].text
    assert _texts(asking, "h2") == ["What to do", "Problems", "Rules"]


def test_what_is_ignored_is_told_apart_and_counts_for_nothing() -> None:
    ignored = replace(NIXL, overlaps=[replace(each, ignored=True) for each in NIXL.overlaps])
    page = _page(ignored)
    assert not page.named("details", class_="group")
    assert "Ignored" in _texts(page, "h2")
    assert "site-packages/nixl_ep/__init__.py" in page.elements[0].text


def _shape(text: str) -> Counter[tuple[str, ...]]:
    """Return which elements there are if a text stands before every text that comes from outside."""
    headline = Context(headline=f"{text} clashes [{text.replace('[', '').replace(']', '')}]")
    return parse(write_as("html", poisoned(FULL, text), headline)).shape


PLAIN_SHAPE = _shape("q")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_names_stay_texts(text: str) -> None:
    """Names that are markup, control characters or halves of characters change no element and no attribute."""
    assert _shape(f"{text}</script></style>-->") == PLAIN_SHAPE


@settings(max_examples=25)
@given(text=hostile_texts)
def test_any_names_stay_texts(text: str) -> None:
    assert _shape(f"{text}q") == PLAIN_SHAPE


_owners = NIXL.overlaps[0].owners
_CROWDS: dict[str, Callable[[], Report]] = {
    "one folder": lambda: multiplied(NIXL, MANY, path=lambda number: f"p/m{number}.py"),
    "folders": lambda: multiplied(NIXL, FEWER, path=lambda number: f"p{number}/m.py"),
    "owners": lambda: multiplied(
        NIXL,
        FEWER,
        path=lambda number: f"p{number}/m.py",
        owners=lambda number: [replace(_owners[0], distribution=f"d{number}"), _owners[1]],
    ),
    "not read": lambda: replace(
        NIXL, skipped=[SkipReport(f"d{number}", "not-found", "no d") for number in range(FEWER)]
    ),
    "warnings": lambda: replace(NIXL, warnings=[f"w{number}" for number in range(FEWER)]),
    "distributions": lambda: replace(NIXL, distributions=[*NIXL.distributions, *[NIXL.distributions[0]] * FEWER]),
}


@pytest.mark.thorough
@pytest.mark.parametrize("crowd", _CROWDS)
def test_very_many_are_still_all_there_in_few_elements(crowd: str) -> None:
    """Tens of thousands of a kind keep to a number of elements, and each costs little more than its name."""
    source = write_as("html", _CROWDS[crowd](), Context(headline="Many"))
    assert len(re.findall("<[a-z]", source)) < MOST_ELEMENTS
    count = MANY if crowd == "one folder" else FEWER
    assert len(source) < 50_000 + 70 * count
    name = {"folders": r"\bp\d+/m\.py", "owners": r"\bp\d+/m\.py", "one folder": r"\bm\d+\.py"}.get(crowd)
    if name:
        assert len(set(re.findall(name, source))) == count


def test_without_the_extra_nothing_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names what is missing and the extra that has it, before anything is asked of an index."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    for arguments in (["--format", "html"], ["--output-file", "html=x.html"]):
        assert main(["check", "a", "b", "--index-url", "http://127.0.0.1:1/", *arguments]) == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err == (
            "wheelclash: error: The format html needs jinja2, which is not installed.\n"
            "Install it: pip install 'wheelclash[html]'\n"
        )
    with pytest.raises(QuestionError, match="wheelclash\\[html\\]"):
        _write(NIXL)
