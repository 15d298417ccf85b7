"""From what the core found to the names programs rely on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wheelclash
from tests.support.values import LINUX, MACOS, digest, distribution, overlaps_of, report_of
from tests.support.wheelmaker import Wheel
from wheelclash.accepted import Acceptance, Ignore
from wheelclash.core.distribution import Newer, Skip
from wheelclash.core.installer import Invocation
from wheelclash.core.state import State
from wheelclash.report.build import build_report
from wheelclash.report.model import SCHEMA_VERSION, OverlapReport, Reading, Report
from wheelclash.report.view import Result, View

if TYPE_CHECKING:
    from wheelclash.report.model import FailOn

A, B, C = (f"{name}-1.0-py3-none-any.whl" for name in "abc")
SKIP = Skip("d", "not-found", "there is no d")


def _overlap(report: Report, path: str) -> OverlapReport:
    (found,) = (each for each in report.overlaps if each.path == path)
    return found


def test_distributions() -> None:
    """Sorted by id, each with what is known of it."""
    report = report_of(
        Wheel("c", files={"m.py": ""}, scripts={"t": "c:main"}, requires=["a", "gone", "b; extra == 'x'"]),
        Wheel("a", "1.0+local", requires_python=">=3"),
    )
    first, second = report.distributions
    assert (first.name, first.version, second.name) == ("a", "1.0+local", "c")
    assert (second.requires, second.required_by, first.required_by) == (("a", "gone"), (), ("c",))
    assert second.files == 6, "a module, a command, METADATA, WHEEL, RECORD and entry_points.txt"
    assert second.wheel is not None
    assert second.wheel.url == f"https://files.example/{C}"
    assert second.wheel.filename == second.id == C
    assert second.targets == (0,)
    assert report.tool.version == wheelclash.__version__
    assert report.schema_version == SCHEMA_VERSION


def test_findings() -> None:
    """What is odd about a wheel, who refuses it, and that a newer release might be chosen."""
    wheel = Wheel("a", files={"m.py": "", "a-1.0.data/scripts/sub/t": ""}, unlisted={"m.py"})
    distributions = [distribution(wheel, newer=Newer("2.0", "2.0 came as source only"))]
    report = build_report(Result([View(State.empty(LINUX), [], distributions, [], [], [])], []))
    found = {each.code: each for each in report.distributions[0].findings}
    assert set(found) == {"unlisted-member", "refused-by-uv", "newer-release"}
    assert found["unlisted-member"].path == "m.py"
    assert found["refused-by-uv"].path == "a-1.0.data/scripts/sub/t"
    assert "2.0" in found["newer-release"].detail


def test_roots_and_paths() -> None:
    """Paths go without their root; each owner has its own; archive paths stand beside them."""
    report = report_of(
        Wheel("a", files={"m.py": "1", "a-1.0.data/data/share/x": "1"}, scripts={"t": "m:f"}),
        Wheel("b", files={"b-1.0.data/purelib/m.py": "2", "b-1.0.data/data/share/x": "1", "b-1.0.data/data/bin/t": ""}),
    )
    module = _overlap(report, "m.py")
    assert (module.root, module.kind, module.installers) == ("site-packages", "different", ("pip", "uv"))
    assert [owner.path_in_wheel for owner in module.owners] == ["m.py", "b-1.0.data/purelib/m.py"]
    assert [owner.sha256 for owner in module.owners] == [digest("1").partition(":")[2], digest("2").partition(":")[2]]
    assert [(owner.id, owner.distribution, owner.content) for owner in module.owners] == [(A, "a", 0), (B, "b", 1)]
    assert _overlap(report, "share/x").root == "data"
    command = _overlap(report, "t")
    assert command.root == "scripts"
    assert (command.owners[0].path_in_wheel, command.owners[0].sha256, command.owners[0].size) == (None, None, None)


def test_pairs() -> None:
    """Of a pair, each owner's own path is told."""
    report = report_of(Wheel("a", files={"M.py": "1"}), Wheel("b", files={"m.py": "1"}), target=MACOS)
    (pair,) = report.overlaps
    assert (pair.kind, pair.path, [owner.path for owner in pair.owners]) == ("case-only", "M.py", ["M.py", "m.py"])
    assert report.targets[0].case_sensitive is False


def test_other_algorithms() -> None:
    """A hash that is no sha256 is not given as one."""
    row = "sha512=" + "A" * 86
    wheels = [
        Wheel(name, files={"m.py": "1"}, unlisted={"m.py"}, record_extra=[("m.py", row, "1")]) for name in ("a", "b")
    ]
    (overlap,) = report_of(*wheels).overlaps
    assert overlap.kind == "identical"
    assert [owner.sha256 for owner in overlap.owners] == [None, None]


def test_severity_none() -> None:
    """Harmless overlaps are in the JSON and diagnosed, and counted nowhere."""
    report = report_of(Wheel("a", files={"p/__init__.py": ""}), Wheel("b", files={"p/__init__.py": "\n"}))
    assert [each.severity for each in report.overlaps] == ["none"]
    assert report.summary.overlaps == report.summary.different == 0
    assert [(each.path, each.kind, each.winner) for each in report.diagnosis["pip"].overlaps] == [
        ("p/__init__.py", "different", "a")
    ]


def test_two_kinds_of_one_path() -> None:
    """A path that is contested and hidden as well is diagnosed once for each kind."""
    report = report_of(
        Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m.py": "2"}), Wheel("c", files={"m/__init__.py": "3"})
    )
    told = {(each.path, each.kind): each.winner for each in report.diagnosis["pip"].overlaps}
    assert told == {("m.py", "different"): "a", ("m.py", "shadowed"): "c"}
    assert {(each.path, each.kind) for each in report.overlaps} == told.keys()


def test_ignored() -> None:
    """Ignored overlaps are marked, counted by kind, and by no severity."""
    distributions = [distribution(Wheel(name, files={"m.py": name, "n.py": name})) for name in ("a", "b")]
    overlaps = overlaps_of(distributions)
    view = View(State.empty(LINUX), [], distributions, overlaps, [], [])
    report = build_report(Result([view], [], acceptance=Acceptance([Ignore.parse("a,b:*/m.py")])))
    assert [each.ignored for each in report.overlaps] == [True, False]
    summary = report.summary
    assert (summary.overlaps, summary.different, summary.errors, summary.ignored) == (2, 2, 1, 1)


def test_skips() -> None:
    """What was not read makes a report incomplete; what is never to be read does not."""
    report = report_of(Wheel("a"), skipped=[SKIP])
    assert not report.complete
    assert report.skipped[0].requirement == "d"
    assert report_of(Wheel("a"), not_compared=[SKIP]).complete


def test_diagnosis_and_remedies_by_name() -> None:
    """Winners, losses and keepers are names, not file names."""
    report = report_of(Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m.py": "2"}), keep=["b"])
    pip = report.diagnosis["pip"]
    assert [(each.path, each.state, each.winner) for each in pip.overlaps] == [("m.py", "determined", "a")]
    assert {each.distribution: dict(each.loses) for each in pip.uninstall} == {"a": {"b": 1}, "b": {"a": 1}}
    assert {each.name: each.intact for each in pip.distributions} == {"a": "yes", "b": "no"}
    assert {each.name: each.intact for each in report.diagnosis["uv"].distributions} == {
        "a": "undetermined",
        "b": "undetermined",
    }
    for remedy in report.remedies:
        assert remedy.keep == ("b",)
        assert {each.distribution: each.intact for each in remedy.result}["b"] == "yes"
        assert remedy.result == remedy.steps[-1].leaves


@settings(max_examples=50)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["m.py", "M.py", "x", "x/y", "m.pyi", "p/__init__.py"]), st.sampled_from(["", "1"])
        ),
        max_size=3,
    )
)
def test_counts(files: list[dict[str, str]]) -> None:
    """Every overlap worth a line is counted once by kind and once by severity, and both sums are their number."""
    report = report_of(*(Wheel(name, files=dict(each)) for name, each in zip("abc", files, strict=False)), target=MACOS)
    summary = report.summary
    shown = [each for each in report.overlaps if each.severity != "none"]
    kinds = (summary.different, summary.identical, summary.unknown, summary.file_directory, summary.case_only,
             summary.shadowed)  # fmt: skip
    assert sum(kinds) == summary.errors + summary.warnings + summary.notices == summary.overlaps == len(shown)
    for installer, diagnosis in report.diagnosis.items():
        diagnosed = {(each.root, each.path, each.kind) for each in diagnosis.overlaps}
        here = [each for each in report.overlaps if installer in each.installers]
        assert diagnosed == {(each.root, each.path, each.kind) for each in here}


# -- exit codes ----------------------------------------------------------------------------------------------

CLEAN = [Wheel("a", files={"a.py": ""}), Wheel("b", files={"b.py": ""})]
ERROR = [Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m.py": "2"})]
WARNING = [Wheel("a", files={"m.pyi": "1"}), Wheel("b", files={"m.pyi": "2"})]
NOTICE = [Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m.py": "1"})]


@pytest.mark.parametrize(
    ("wheels", "codes"),
    [(CLEAN, (0, 0, 0, 0)), (NOTICE, (0, 0, 1, 0)), (WARNING, (0, 1, 1, 0)), (ERROR, (1, 1, 1, 0))],
    ids=["clean", "notice", "warning", "error"],
)
def test_exit_code(wheels: list[Wheel], codes: tuple[int, int, int, int]) -> None:
    """1 from the severity asked for upwards; 3 where nothing was found but something was not read."""
    levels: list[FailOn] = ["error", "warning", "notice", "never"]
    report, incomplete = report_of(*wheels), report_of(*wheels, skipped=[SKIP])
    for level, code in zip(levels, codes, strict=True):
        assert report.exit_code(fail_on=level) == code
        assert report.exit_code(fail_on=level, allow_incomplete=True) == code
        assert incomplete.exit_code(fail_on=level) == (code or 3)
        assert incomplete.exit_code(fail_on=level, allow_incomplete=True) == code


def test_exit_code_without_an_answer() -> None:
    """55: it takes two to clash: 2 if skips leave fewer, 0 if there really is but one."""
    for read in ([], CLEAN[:1]):
        report = report_of(*read, skipped=[SKIP])
        assert report.exit_code() == report.exit_code(allow_incomplete=True, fail_on="never") == 2
        assert report_of(*read).exit_code() == 0


def test_ignored_do_not_count() -> None:
    """An ignored error is no error."""
    distributions = [distribution(each) for each in ERROR]
    overlaps = overlaps_of(distributions)
    view = View(State.empty(LINUX), [], distributions, overlaps, [], [])
    assert build_report(Result([view], [])).exit_code() == 1
    ignoring = Result([view], [], acceptance=Acceptance([Ignore.parse("a,b:*")]))
    assert build_report(ignoring).exit_code(fail_on="notice") == 0


def test_reading_is_the_only_difference() -> None:
    """Equal questions give equal reports, but for what reading cost."""
    one, other = report_of(*ERROR), report_of(*ERROR, reading=Reading(1, 2, 3, 4, 5))
    assert one != other
    assert replace(other, reading=one.reading) == one


def test_invocations_are_values() -> None:
    """The default place of commands is the active environment."""
    assert Invocation() == Invocation(None, True, False, ())  # noqa: FBT003


@pytest.mark.parametrize("odd", ["./aa-1.0.data/junk", "aa-1.0.data/junk"])
def test_a_refused_wheel_still_clashes(odd: str) -> None:
    """One odd member hides no clash: what is written before the installer stops overwrites like anything."""
    report = report_of(Wheel("aa", files={"m.py": "1", odd: ""}), Wheel("bb", files={"m.py": "2"}))
    (overlap,) = [each for each in report.overlaps if each.path == "m.py"]
    assert (overlap.severity, set(overlap.installers)) == ("error", {"pip", "uv"})
    assert {each.state for each in report.diagnosis["uv"].overlaps} == {"fails"}
    assert report.exit_code() == 1


def test_a_set_with_a_refused_wheel_is_never_fine() -> None:
    """Code 3, whatever is allowed; the first line and the JSON say who refuses what."""
    wheel = Wheel("aa", files={"m.py": "1", "aa-1.0.data/scripts/sub/tool": ""})
    report = report_of(wheel, Wheel("bb", files={"n.py": "2"}))
    assert report.exit_code(allow_incomplete=True) == report.exit_code(fail_on="never") == 3
    assert [(each.installer, each.distribution, each.code) for each in report.refused] == [
        ("uv", "aa", "nested-script")
    ]
    first, *_ = ["".join(span.text for span in line) for line in report.to_lines()]
    assert first.startswith("uv refuses aa 1.0; no clash otherwise")


def test_who_refuses_which_wheel_is_said_in_one_line() -> None:
    """Wheels refused by the same installers are told together."""
    both = [Wheel(name, files={f"{name}-1.0.data/junk": ""}) for name in ("a", "b")]
    report = report_of(*both, Wheel("c", files={"c-1.0.data/scripts/sub/tool": ""}))
    first, *_ = ["".join(span.text for span in line) for line in report.to_lines()]
    assert first.startswith("pip and uv refuse a 1.0 and b 1.0; uv refuses c 1.0")


@pytest.mark.parametrize(
    ("wheel", "gives_way"),
    [
        (Wheel("aa", files={"aa-1.0.data/scripts/tool": "x"}, scripts={"tool": "m:f"}), {"aa-1.0.data/scripts/tool"}),
        (Wheel("aa", files={"m.py": "1", "aa-1.0.data/purelib/m.py": "2"}), {"m.py"}),
        (Wheel("aa", files={"m.py": "1", "aa-1.0.data/purelib/m.py": "1"}), set()),
        (
            Wheel("aa", files={"aa-1.0.data/data/bin/tool": "x"}, scripts={"tool": "m:f"}),
            {"aa-1.0.data/data/bin/tool", None},
        ),
        (Wheel("aa", files={"aa-1.0.data/scripts/other": "x"}, scripts={"tool": "m:f"}), set()),
    ],
)
def test_a_wheel_that_clashes_with_itself_is_a_finding(wheel: Wheel, gives_way: set[str | None]) -> None:
    """Which file gives way, under either installer; equal ones do not."""
    (found,) = [each for each in report_of(wheel, Wheel("bb")).distributions if each.name == "aa"]
    assert {each.path for each in found.findings if each.code == "own-clash"} == gives_way
