"""One verdict: severities, intactness, text, exit code and what ``fix`` would do never contradict each other."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.installed import Handmade
from tests.support.wheelmaker import record_digest
from wheelclash.core.plan import plan_repair
from wheelclash.environment.damage import judge_environment
from wheelclash.environment.situation import situation_of
from wheelclash.installers import INSTALLERS
from wheelclash.report.build import build_environment_report, judge
from wheelclash.report.schema import read_report, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.core.overlap import Severity
    from wheelclash.environment.scan import Scan
    from wheelclash.report.model import EnvironmentReport

STUB = "__import__('pkg_resources').declare_namespace(__name__)\n"
PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def reported(scan: Scan, *keep: str) -> EnvironmentReport:
    return build_environment_report(judge(scan, keep))


def first_line(report: EnvironmentReport) -> str:
    return "".join(span.text for span in report.to_lines()[0]).removeprefix(report.environment.prefix)


def test_json_has_the_keys_of_the_schema(made: Handmade) -> None:
    """Kinds with a hyphen are spelt so in the counts of an environment, too, and what is read back is the same."""
    made.add("one", {"m.py": "1"})
    made.add("two", {"m.py": "2"})
    report = reported(made.scan())
    written = json.loads(report.to_json())
    assert written == json.loads(json.dumps(report.to_dict()))
    known = json.loads(schema_text())["$defs"]["EnvironmentSummary"]["properties"]
    assert written["summary"].keys() == known.keys()
    assert "case-only" in known
    assert read_report(report.to_json()).to_json() == report.to_json()


def severity_without(made: Handmade, gone: Iterable[str]) -> Severity:
    """The gravest severity once these files are deleted."""
    for path in gone:
        (made.site / path).unlink()
    condition = judge_environment(made.scan())
    found = [*condition.severities, *(each.severity for each in condition.damages)]
    order: list[Severity] = ["error", "warning", "notice", "none"]
    return min(found, key=order.index, default="none")


# -- what was changed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["s.so", "m.py", "p/__init__.py", "../../../bin/tool"])
@pytest.mark.parametrize("every", [False, True])
def test_identical_file_that_was_overwritten_is_damage(made: Handmade, path: str, *, every: bool) -> None:
    made.add("one", {path: "same", "one.py": ""})
    made.add("two", {path: "same", "two.py": ""})
    assert reported(made.scan(every=every)).exit_code() == 0
    (made.site / path).write_text("garbage")
    report = reported(made.scan(every=every))
    assert report.exit_code() == 1
    assert "2 of 2 distributions damaged: 1 error" in first_line(report)
    assert [(each.intact, each.damaged) for each in report.distributions] == [("no", True)] * 2
    assert [(each.severity, each.on_disk.state) for each in report.overlaps] == [("error", "changed")]


@pytest.mark.parametrize(("disk", "severity"), [("raise ImportError", "error"), (PKGUTIL, "none"), ("x = (", "error")])
@pytest.mark.parametrize("second", [STUB, ""])
def test_namespace_init_is_harmless_while_it_is_one(made: Handmade, disk: str, severity: str, second: str) -> None:
    """Whichever stub stands there serves; anything else breaks all packages below it."""
    made.add("one", {"p/__init__.py": STUB, "p/one.py": ""})
    made.add("two", {"p/__init__.py": second, "p/two.py": ""})
    (made.site / "p/__init__.py").write_text(disk)
    scan = made.scan()
    assert judge_environment(scan).severities == (severity,)
    for installer in INSTALLERS:
        assert bool(plan_repair(situation_of(scan), installer).steps) == (severity == "error")


@pytest.mark.parametrize(
    ("name", "is_own_note"),
    [
        ("INSTALLER", True),
        ("REQUESTED", True),
        ("direct_url.json", True),
        ("uv_build.json", True),
        ("uv_cache.json", True),
        ("METADATA", False),
        ("top_level.txt", False),
    ],
)
def test_what_an_installer_noted_for_itself_may_change(made: Handmade, name: str, *, is_own_note: bool) -> None:
    """Uv writes its notes anew and leaves RECORD as it was; any other file of dist-info is compared."""
    note = f"one-1.0.dist-info/{name}"
    folder = made.add("one", {"one.py": ""}, more={name: "Name: one\n"}, rows=[(note, record_digest(b"before"), "6")])
    rows = (folder / "RECORD").read_text().splitlines(keepends=True)
    (folder / "RECORD").write_text("".join(row for row in rows if row != f"{note},,\n"))
    (one,) = made.scan(every=True).distributions
    assert one.changed == (() if is_own_note else (f"site-packages/{note}",))


def test_module_named_like_an_installers_note_is_compared(made: Handmade) -> None:
    made.add("one", {"p/INSTALLER": "recorded"})
    (made.site / "p/INSTALLER").write_text("changed")
    (one,) = made.scan(every=True).distributions
    assert one.changed == ("site-packages/p/INSTALLER",)


@pytest.mark.parametrize("every", [False, True])
def test_everything_verified_is_said_only_of_what_is_as_recorded(made: Handmade, *, every: bool) -> None:
    made.add("one", {"one.py": "", "certificates.pem": ""})
    (made.site / "certificates.pem").write_text("ours")
    report = reported(made.scan(every=every))
    assert report.exit_code() == 0
    line = first_line(report)
    assert "verified" not in line
    assert ("1 file changed" in line) == every
    (made.site / "certificates.pem").write_text("")
    assert ("every file verified" in first_line(reported(made.scan(every=every)))) == every


# -- what is gone ------------------------------------------------------------------------------------------------

BREAKS = [
    "p/m.py",
    "p/__init__.py",
    "p/n.so",
    "m.py",
    "p.libs/libx.so.1",
    "p/core.pyc",
    "p/testing/x.py",
    "p/test.py",
    "p/docs/d.py",
]
OTHER = ["p/table.csv", "../../../bin/tool", "../../../share/x", "p/win.dll", "conftest.py", "p/empty/__init__.py"]
EVERYDAY = ["p/m.pyi", "p/tests/__init__.py", "p/tests/a/b.py", "p/test/n.so", "tests/x.py", "p/idle_test/x.py"]


@pytest.mark.parametrize("rival", [False, True])
@pytest.mark.parametrize(
    ("path", "severity"),
    [
        *((path, "error") for path in BREAKS),
        *((path, "warning") for path in OTHER),
        *((path, "notice") for path in EVERYDAY),
    ],
)
def test_missing_file_is_as_grave_as_what_needs_it(made: Handmade, path: str, severity: str, *, rival: bool) -> None:
    """Whoever took it, and whether or not another RECORD lists it too."""
    content = "" if "empty" in path else "1"
    made.add("one", {path: content, "kept.py": "", "p/empty/x.py": ""})
    if rival:
        made.add("two", {path: content})
    assert severity_without(made, [path]) == severity


def test_single_file_taken_from_a_folder_of_tests_is_not_everyday(made: Handmade) -> None:
    """``django.test`` is a package like any other: only who deletes folders of tests deletes all of it."""
    made.add("one", {"p/test/__init__.py": "1", "p/test/client.py": ""})
    assert severity_without(made, ["p/test/client.py"]) == "error"
    assert severity_without(made, ["p/test/__init__.py"]) == "notice"


def test_source_that_was_compiled_in_place_may_go(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "p/n.py": "1"})
    (made.site / "p/m.pyc").write_bytes(b"")
    assert severity_without(made, ["p/m.py"]) == "notice"
    assert severity_without(made, ["p/n.py"]) == "error"


def test_namespace_init_with_nothing_beside_it_is_a_package_that_is_gone(made: Handmade) -> None:
    made.add("one", {"p/__init__.py": ""})
    (made.site / "p/__init__.py").unlink()
    (made.site / "p").rmdir()
    assert severity_without(made, []) == "error"


def test_keeper_is_to_have_every_file_and_others_are_not_held_to_it(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "p/tests/t.py": ""})
    made.add("two", {"q/m.py": "2", "q/tests/t.py": ""})
    for path in ("p/tests/t.py", "q/m.py", "q/tests/t.py"):
        (made.site / path).unlink()
    condition = judge_environment(made.scan(), ["one-1.0.dist-info"])
    assert [(each.severity, each.path) for each in condition.damages] == [
        ("error", "site-packages/p/tests/t.py"),
        ("warning", "site-packages/q/m.py"),
        ("notice", "site-packages/q/tests/t.py"),
    ]


def test_what_was_deleted_to_save_space_is_not_written_again(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "p/tests/t.py": ""})
    (made.site / "p/tests/t.py").unlink()
    scan = made.scan()
    (one,) = (each.id for each in scan.distributions)
    for installer in INSTALLERS:
        assert plan_repair(situation_of(scan), installer).steps == ()
        assert [each.ids for each in plan_repair(situation_of(scan), installer, keep=[one]).steps] == [(one,)]


# -- what cannot be told -----------------------------------------------------------------------------------------


def test_loss_to_one_whose_record_has_no_hash_is_a_loss(made: Handmade) -> None:
    """Its recorded hash is not that of the disk: more needs no proof, and the keeper is written again."""
    made.add("bb", {"m.py": "bb"})
    made.add("aa", {}, rows=[("m.py", "", "")])
    (made.site / "m.py").write_text("aa")
    scan = made.scan()
    report = reported(scan, "bb")
    assert report.exit_code() == 1
    assert {each.name: (each.intact, each.damaged) for each in report.distributions} == {
        "aa": ("undetermined", False),
        "bb": ("no", True),
    }
    text = "\n".join("".join(span.text for span in line) for line in report.to_lines())
    assert "bb 1.0: 1 file overwritten" in text
    assert "not bb's, perhaps aa's, which recorded no hash" in text
    for installer in INSTALLERS:
        repair = plan_repair(situation_of(scan), installer, keep=["bb-1.0.dist-info"])
        assert [each.ids for each in repair.steps] == [("bb-1.0.dist-info",)]
        assert repair.steps[-1].leaves["bb-1.0.dist-info"] == "yes"


# -- the law -----------------------------------------------------------------------------------------------------

PATHS = ["m.py", "p/__init__.py", "p/n.so", "p/tests/t.py", "p/table.csv", "p/m.pyi"]
contents = st.sampled_from(["", "1", "2", STUB])
distributions = st.dictionaries(st.sampled_from(PATHS), contents, min_size=1)
disks = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["", "1", "2", "3", STUB, None]))


@settings(max_examples=60)
@given(
    st.lists(distributions, min_size=1, max_size=3),
    disks,
    st.sets(st.tuples(st.integers(0, 2), st.sampled_from(PATHS))),
    st.booleans(),
    st.none() | st.integers(0, 2),
)
def test_text_exit_code_json_and_repair_are_of_one_mind(
    installed: list[dict[str, str]],
    disk: dict[str, str | None],
    unhashed: set[tuple[int, str]],
    every: bool,  # noqa: FBT001 - generated
    keeper: int | None,
) -> None:
    with TemporaryDirectory() as name:
        made = Handmade(Path(name, "venv"))
        for number, files in enumerate(installed):
            hashed = {path: text for path, text in files.items() if (number, path) not in unhashed}
            rows = [(path, "", "") for path in files if path not in hashed]
            made.add(f"d{number}", hashed, rows=rows)
        for path in {path for files in installed for path in files}:
            place = made.site / path
            place.parent.mkdir(parents=True, exist_ok=True)
            content = disk.get(path, "1")
            if content is None:
                place.unlink(missing_ok=True)
            else:
                place.write_text(content)
        keep = [f"d{keeper}"] if keeper is not None and keeper < len(installed) else []
        scan, as_fix_sees_it = made.scan(every=every), made.scan(verify=keep)
    report = reported(scan, *keep)
    line = first_line(report)
    grave = report.summary.errors + report.summary.warnings
    assert report.exit_code() == (1 if report.summary.errors else 0)
    assert report.exit_code(fail_on="warning") == (1 if grave else 0)
    assert ("damaged" in line) == bool(grave)
    assert any(each.damaged for each in report.distributions) == bool(grave)
    assert bool(report.environment.command) or not grave
    harmless = {each.path for each in report.overlaps if each.severity == "none"}
    for each in report.distributions:
        if each.intact == "no" and not harmless:
            assert each.damaged or report.summary.notices
    if "every file verified" in line:
        assert every
        assert all(each.intact != "no" for each in report.distributions) or harmless
    keepers = [f"{one}-1.0.dist-info" for one in keep]
    for installer in INSTALLERS:
        repair = plan_repair(situation_of(as_fix_sees_it), installer, keep=keepers)
        is_whole = not repair.steps and repair.is_decided
        if report.summary.errors and not (keep and not repair.steps) and not unhashed:
            assert not is_whole, line
        if keep and report.exit_code() == 1 and not unhashed:
            assert repair.steps, line
        if not grave and (every or not keep):  # a repair verifies its keepers, whatever was verified before
            assert is_whole or harmless, line


def test_command_that_another_tool_wrote_anew_is_not_changed(made: Handmade) -> None:
    """Pipx gives the interpreter of every command further options."""
    wrapper = "#!{}/bin/python{}\nimport sys\nfrom one import run\nif __name__ == '__main__':\n    sys.exit(run())\n"
    points = {"entry_points.txt": "[console_scripts]\ntool = one:run\n"}
    command = made.prefix / "bin/tool"
    made.add("one", {"../../../bin/tool": wrapper.format(made.prefix, ""), "one.py": ""}, more=points)
    command.write_text(wrapper.format(made.prefix, " -sE"))
    assert made.scan(every=True).distributions[0].changed == ()
    command.write_text("#!/bin/sh\n")
    assert made.scan(every=True).distributions[0].changed == ("scripts/tool",)
