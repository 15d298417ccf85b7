"""Text: the clash first, one screen, and nothing in it that a terminal would obey."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.poison import HOSTILE, full_report, hostile_texts, poisoned
from tests.support.installed import Handmade
from tests.support.values import LINUX, MACOS, distribution, overlaps_of, report_of
from tests.support.wheelmaker import Wheel
from wheelclash import find_environment, owners
from wheelclash.accepted import Acceptance, Ignore
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.distribution import Skip
from wheelclash.core.state import State
from wheelclash.installers import INSTALLERS
from wheelclash.report.build import build_environment_report, build_report, judge
from wheelclash.report.terminal import SCREEN, WIDTH, Reader, Section, Span, all_lines, first_screen, height, rows_of
from wheelclash.report.text import render
from wheelclash.report.view import Repeated, Result, View

if TYPE_CHECKING:
    from wheelclash.report.terminal import Style
    from wheelclash.target.target import Target

FULL = full_report()


def _lines(*wheels: Wheel, verbose: bool = False, **findings: Any) -> list[str]:
    return report_of(*wheels, **findings).to_text(verbose=verbose).splitlines()


def _module(name: str, content: str) -> Wheel:
    return Wheel(name, files={"m.py": content})


@given(st.integers(40, 120), st.lists(st.text("ab ,", max_size=60), min_size=1, max_size=4))
def test_lines_are_broken_between_words(width: int, texts: list[str]) -> None:
    """No word is lost, none is cut that fits, no row is wider than the screen, and the others are indented."""
    styles: tuple[Style, ...] = ("warning", "plain", "faint", "strong")
    line = tuple(Span(text, style) for text, style in zip(texts, styles, strict=False))
    rows = ["".join(span.text for span in row) for row in rows_of(line, Reader(width=width, wraps=True))]
    whole = "".join(texts)
    assert " ".join(rows).split() == whole.split()
    assert height(line, Reader(width=width, wraps=True)) == sum(max(1, -(-len(row) // width)) for row in rows)
    if all(len(word) < width - 16 for word in whole.split()):
        assert all(len(row) <= max(width, len(whole) if len(rows) == 1 else 0) for row in rows)
    assert all(row.startswith("   ") or not row.strip() for row in rows[1:]) or len(texts[0]) < 4


def test_of_the_first_line_only_the_severities_are_coloured() -> None:
    """However bad it is: a line that is red from end to end says no more, and is harder to read."""
    first, *_ = report_of(_module("a", "1"), _module("b", "2")).to_lines()
    assert [(span.text, span.style) for span in first if span.text] == [
        ("a 1.0 and b 1.0 clash: ", "strong"), ("1 error", "error"), (" [CPython 3.12.0, linux]", "faint"),
    ]  # fmt: skip


def test_a_command_is_not_broken() -> None:
    """What is copied from the screen must be one line."""
    line = (Span("What mends it: "), Span("wheelclash fix " + "--keep name " * 20, "command"))
    assert rows_of(line, Reader(width=80, wraps=True)) == [line]
    assert len(rows_of((Span("word " * 40),), Reader(width=80))) == 1


@settings(max_examples=60)
@given(hostile_texts, st.booleans())
def test_nothing_unprintable(text: str, verbose: bool) -> None:  # noqa: FBT001
    """7, 8, 49, 57: whatever wheels, index and machine say, every line is printable, and no line is forged."""
    found = poisoned(FULL, text).to_text(verbose=verbose)
    assert all(char.isprintable() for char in found.replace("\n", ""))
    found.encode("utf-8")
    if verbose:
        assert found.count("\n") == poisoned(FULL, "X").to_text(verbose=True).count("\n")
    assert found == "".join("".join(span.text for span in line).rstrip() + "\n"
                            for line in render(poisoned(FULL, text), Reader(verbose)))  # fmt: skip


@pytest.fixture(scope="module")
def of_environment(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """A report on an environment with every kind of damage, and one on whose its files are."""
    made = Handmade(tmp_path_factory.mktemp("hostile"))
    made.add("one", {"m.py": "1", "gone.py": "1"})
    made.add("two", {"m.py": "2", "p/same.py": ""})
    made.add("three", {"p/same.py": ""})
    (made.site / "gone.py").unlink()
    repeated = Repeated(("--prefix", str(made.prefix)))
    return [
        build_environment_report(judge(made.scan(), ["one"], repeated=repeated)),
        owners(["m.py", "p"], find_environment(prefix=made.prefix)),
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_nothing_unprintable_of_an_environment(text: str, of_environment: list[Any]) -> None:
    """What an environment says is escaped as what a set says, and forges no line."""
    for report in of_environment:
        found = poisoned(report, text).to_text(verbose=True)
        assert all(char.isprintable() for char in found.replace("\n", ""))
        assert found.count("\n") == report.to_text(verbose=True).count("\n")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_paths(text: str) -> None:
    """The usual suspects, as names of files in both wheels."""
    name = f"p{text}/m{text}.py".replace("\0", "").encode("utf-8", "replace").decode()
    found = report_of(Wheel("a", files={name: "1"}), Wheel("b", files={name: "2"})).to_text(verbose=True)
    assert all(char.isprintable() for char in found.replace("\n", ""))
    assert "1 error" in found.splitlines()[0]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_commands_can_be_pasted(text: str) -> None:
    """60: a command is one line that a shell reads as the argument list it is, however a path is named."""
    report = poisoned(FULL, text)
    found = [line.strip() for line in report.to_text(verbose=True).splitlines()]
    for remedy in report.remedies:
        for step in remedy.steps:
            if all(each.isprintable() for each in step.command):
                assert shlex.join(step.command) in found
                assert shlex.split(shlex.join(step.command)) == list(step.command)


def test_clean() -> None:
    """A clean result is one line, with what was compared and for what."""
    (line,) = _lines(Wheel("a", files={"a.py": ""}), Wheel("b", files={"b.py": ""}))
    assert line == "No clash: 2 distributions, 8 files [CPython 3.12.0, linux]"


def test_harmless_is_clean() -> None:
    """Severity none is never in the text."""
    found = _lines(Wheel("a", files={"p/__init__.py": ""}), Wheel("b", files={"p/__init__.py": "\n"}), verbose=True)
    assert len(found) == 1


def test_the_clash_comes_first() -> None:
    """Who clashes, how badly, and for which target: the first line; then the file, the winners, the remedies."""
    found = _lines(_module("a", "1"), _module("b", "2"), keep=["b"])
    assert found[0] == "a 1.0 and b 1.0 clash: 1 error [CPython 3.12.0, linux]"
    assert found[1].split() == ["error", "site-packages/m.py", "module,", "different"]
    text = "\n".join(found)
    assert "pip  a wins" in text
    assert "uv   not determined" in text
    assert "left broken: b" in text
    assert "To keep b" in text
    assert "    uv pip install b==1.0" in found
    assert text.index("Who wins") < text.index("To keep b")


def test_one_remedy_is_recommended() -> None:
    """Without ``-v`` the first remedy alone is told; the others are counted, other keepers named."""
    wheels = [_module("a", "1"), _module("b", "2")]
    report = report_of(*wheels)
    found = report.to_text().splitlines()
    assert [line.strip() for line in found if " pip install " in line] == ["uv pip install a==1.0"]
    assert found[-2] == "To keep another, name it with --keep: b"
    assert found[-1] == f"-v shows {len(report.remedies) - 1} more remedies"
    verbose = report.to_text(verbose=True)
    assert all(shlex.join(step.command) in verbose for remedy in report.remedies for step in remedy.steps)


def test_what_a_remedy_leaves_unmet_is_told_above_its_command() -> None:
    """In the line itself, and never by the one remedy that is recommended, if there is another."""
    wheels = [
        _module("a", "1"),
        _module("b", "2"),
        Wheel("c", requires=["a"]),
        Wheel("d", requires=["a"]),
    ]
    report = report_of(*wheels, keep=["b"])
    assert "uv pip uninstall" not in report.to_text()
    line = "  or where all are installed already, for good, though c and d require a:"
    assert line in report.to_text(verbose=True).splitlines()
    assert [(each.distribution, *each.required_by) for each in report.remedies[-1].unmet] == [("a", "c", "d")]
    assert "(c and d require a; `pip check` will say so)" in report.remedies[-1].steps[0].why


def test_several_targets_are_told_apart() -> None:
    """No count adds up what several targets have, and each target is told with its own."""
    first = Wheel("a", files={"m.py": "x", "n.py": "x"})
    here = [distribution(first), distribution(Wheel("b", files={"m.py": "y", "n.py": "x"}))]
    there = [distribution(first), distribution(Wheel("b", files={"m.py": "y", "n.py": "z"}))]
    views = [
        View(State.empty(target), [], found, (overlaps := overlaps_of(found, target)), [
            diagnose(installer, found, overlaps, target) for installer in INSTALLERS
        ], [])
        for target, found in ((LINUX, here), (MACOS, there))
    ]  # fmt: skip
    report = build_report(Result(views, []))
    assert (report.summary.errors, report.summary.notices) == (2, 1)
    found = report.to_text().splitlines()
    assert found[0] == "a 1.0 and b 1.0 clash: 2 errors at most, in 2 of 2 targets"
    assert found[1] == f"  targets  2 errors: {_label(MACOS)}"
    assert found[2] == f"  targets  1 error, 1 notice: {_label(LINUX)}"
    assert "  error    site-packages/m.py  module, different" in found
    assert f"  error    site-packages/n.py  module, different  [{_label(MACOS)}]" in found


def _label(target: Target) -> str:
    return f"CPython {target.python_version}, {target.platform}"


def test_interpreter_is_named() -> None:
    """The environment that was meant is in the first line."""
    assert "/env/bin/python" in _lines(_module("a", "1"), _module("b", "2"), python="/env/bin/python")[0]
    assert "/env/bin/python" in _lines(Wheel("a"), Wheel("b"), python="/env/bin/python")[0]


def test_notices_in_one_line() -> None:
    """However many files are shared: one line for each set of owners, and no winners and remedies."""
    files = {f"p/m{number}.py": "same" for number in range(1327)}
    report = report_of(Wheel("a", files=dict(files)), Wheel("b", files=dict(files)))
    found = report.to_text().splitlines()
    assert len(found) == 2
    assert found[0].startswith("No clash: 2 distributions")
    assert "1,327 notices" in found[0]
    assert "1,327 files shared by a and b" in found[1]
    assert len(report.to_text(verbose=True).splitlines()) == 2 + 1327 + 1


def test_one_screen() -> None:
    """A large clash is folded by folder and owners; ``-v`` shows all of it."""
    wheels = [
        Wheel(name, files={f"p{folder}/m{number}.py": name for folder in range(30) for number in range(5)})
        for name in ("a", "b", "c", "d", "e")
    ]
    found = report_of(*wheels)
    assert sum(map(_rows, found.to_text().splitlines())) <= SCREEN
    assert "clashes (" in found.to_text().splitlines()[-1]
    assert found.to_text().splitlines()[0].startswith("5 of 5 distributions clash: 150 errors")
    verbose = found.to_text(verbose=True)
    assert all(f"m{number}.py" in verbose for number in range(5))
    assert all(f"p{folder}/" in verbose for folder in range(30))
    assert "To keep e" in verbose


def _rows(line: str) -> int:
    """How many rows of a terminal a line takes."""
    return max(1, -(-len(line) // WIDTH))


def test_large_folders_are_one_screen() -> None:
    """A few clashes among hundreds of wheels are told as briefly as among few."""
    others = [Wheel(f"other-{number}", files={f"o{number}.py": ""}) for number in range(300)]
    skips = [Skip(f"gone-{number}", "unreadable", "it is no zip file") for number in range(50)]
    report = report_of(
        _module("a", "1"), _module("b", "2"), Wheel("c", files={"n.py": "1"}), Wheel("d", files={"n.py": "2"}), *others,
        skipped=skips, not_compared=skips,
    )  # fmt: skip
    text = report.to_text()
    assert sum(map(_rows, text.splitlines())) <= SCREEN
    assert len(text) <= SCREEN * WIDTH
    assert "more arguments (-v)" in text
    assert not any("…" in line for line in text.splitlines() if line.endswith("==1.0"))
    assert "other-299==1.0" in report.to_text(verbose=True)


sections = st.lists(
    st.builds(
        lambda lengths, heading: Section("lines", [(Span("x" * length),) for length in lengths], [()] * heading),
        st.lists(st.sampled_from([0, 10, WIDTH, WIDTH + 1, 3 * WIDTH, 9 * WIDTH]), max_size=30),
        st.booleans(),
    ),
    max_size=15,
)


@given(sections)
def test_first_screen_is_a_screen(parts: list[Section]) -> None:
    """Whatever there is to tell, it fits; nothing is left out that would fit, nor without being counted."""
    found = first_screen(parts)
    assert sum(map(height, found)) <= SCREEN
    kept, every = [line for line in found if line and line[0].text], all_lines(parts)
    text = found[-1][0].text if found and found[-1] else ""
    if text.startswith("-v shows"):
        left = sum(int(count) for count in re.findall(r"\((\d+) more\)", text))
        assert left or "…" in text
    elif all(height(line) <= 2 for line in every):
        assert found == every
    assert len(kept) <= SCREEN


def test_folding() -> None:
    """Files of one folder and kind are one line, with their number and the first names."""
    files = {f"p/m{number}.py": "" for number in range(5)}
    found = _lines(Wheel("a", files=dict(files)), Wheel("b", files=dict.fromkeys(files, "x")))
    assert "site-packages/p/  5 files, module, different: m0.py, m1.py, m2.py and 2 more" in found[1]


def test_skips_are_told() -> None:
    """What was not read is never silently left out, nor called clean."""
    skip = Skip("d>1", "not-found", "there is no d")
    found = _lines(Wheel("a"), Wheel("b"), skipped=[skip])
    assert found[0].startswith("Incomplete: no clash in what could be read")
    assert any("d>1: there is no d" in line for line in found)
    assert _lines(Wheel("a"), skipped=[skip])[0].startswith("No answer: of what was asked, 1 distribution")
    found = _lines(_module("a", "1"), _module("b", "2"), skipped=[skip])
    assert "clash" in found[0]
    assert any("d>1: there is no d" in line for line in found)
    found = _lines(Wheel("a"), Wheel("b"), not_compared=[skip])
    assert found[0].startswith("No clash")
    assert len(found) == 2


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"x": "1"}, {"x/y": "1"}, "site-packages/x  is a file of a and a folder of b"),
        ({"m.py": "1"}, {"m/__init__.py": "1"}, "site-packages/m.py of a  is hidden by m/__init__.py of b"),
    ],
)
def test_pairs(one: dict[str, str], other: dict[str, str], told: str) -> None:
    """Pairs of paths are told in words."""
    assert told in "\n".join(_lines(Wheel("a", files=dict(one)), Wheel("b", files=dict(other))))


def test_ignored_are_told() -> None:
    """Ignored overlaps are shown as ignored, without winners and remedies."""
    wheels = [_module("a", "1"), _module("b", "2")]
    found = _lines(*wheels, acceptance=Acceptance([Ignore.parse("a,b:*")]), remedies=[])
    assert found[0].startswith("No clash")
    assert "1 ignored" in found[0]
    assert any("ignored" in line and "a and b" in line for line in found[1:])


def test_findings_are_counted() -> None:
    """Oddities are counted in one line, and told with ``-v``; a refused wheel is always told."""
    wheels = [Wheel("a", files={"m.py": "", "n.py": ""}, unlisted={"m.py", "n.py"}), Wheel("b")]
    assert _lines(*wheels)[-1] == "-v shows 2 oddities in these wheels"
    assert "RECORD does not list it (2 times)" in _lines(*wheels, verbose=True)[-1]
    refused = Wheel("c", files={"c-1.0.data/x": ""})
    assert any("pip refuses it" in line for line in _lines(refused, Wheel("b")))


def test_undecided_is_told() -> None:
    """A remedy that leaves the clashes of others open says so."""
    wheels = [_module("a", "1"), _module("b", "2"), Wheel("c", files={"n.py": "1"}), Wheel("d", files={"n.py": "2"})]
    assert any("leaves 1 clash of others open" in line for line in _lines(*wheels, keep=["a"]))


def test_warnings_are_told() -> None:
    """Sentences for people come last."""
    assert _lines(Wheel("a"), Wheel("b"), warnings=["mind the gap"])[-1] == "note: mind the gap"


def test_resolved_versions_are_told() -> None:
    """Of a resolved set the versions asked for are told, and with -v those of all that came with them."""
    wheels = [Wheel("meta", requires=["part"]), Wheel("part", version="2.0")]
    assert "  resolved: meta 1.0, and 1 that come with it (-v)" in _lines(*wheels, roots=["meta"])
    assert "  resolved: meta 1.0, part 2.0" in _lines(*wheels, verbose=True, roots=["meta"])
    assert not any("resolved" in line for line in _lines(*wheels))


def test_rules_are_named_with_v() -> None:
    """Every problem has the code that it has in the other formats."""
    line = "  rules    WC001 different, WC003 identical (wheelclash rule CODE says what each means)"
    wheels = [Wheel(name, files={"m.py": name, "same.py": ""}) for name in "ab"]
    assert line in _lines(*wheels, verbose=True)
    assert not any("WC0" in text for text in _lines(*wheels))
    assert not any("WC0" in text for text in _lines(Wheel("a"), Wheel("b"), verbose=True))
