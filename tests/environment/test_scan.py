"""A scan says of every recorded file what is on disk, and of every distribution what is left of it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.support.installed import Handmade
from tests.support.wheelmaker import record_digest
from wheelclash.environment import verification
from wheelclash.environment.damage import judge_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelclash.environment.scan import Scan

MINE, THEIRS = "x = 'mine'\n", "x = 'theirs'\n"


def only(scan: Scan) -> tuple[str, str, str, tuple[str, ...]]:
    """Kind, role, state and matching names of the one overlap."""
    (each,) = scan.contested
    names = {one.id: one.name for one in scan.distributions}
    return each.overlap.kind, each.overlap.role, each.on_disk.state, tuple(names[id_] for id_ in each.on_disk.matches)


def test_whole_environment_has_nothing_to_tell(made: Handmade) -> None:
    made.add("one", {"one/__init__.py": "", "../../../bin/one": "#!/bin/sh\n"})
    made.add("two", {"two.py": MINE}, rows=[("two/__pycache__/two.cpython-312.pyc", "", "")])
    scan = made.scan(every=True)
    assert [(each.name, each.files, each.missing, each.changed) for each in scan.distributions] == [
        ("one", 5, (), ()),
        ("two", 4, (), ()),
    ]
    assert (scan.contested, scan.skipped, scan.not_compared, scan.leftovers) == ((), (), (), ())
    assert set(judge_environment(scan).intact.values()) == {"yes"}


@pytest.mark.parametrize(
    ("disk", "state", "matches"),
    [(MINE, "present", ("one",)), (THEIRS, "present", ("two",)), ("x = 3\n", "changed", ()), (None, "missing", ())],
)
def test_contested_file_is_somebodys_changed_or_missing(
    made: Handmade, disk: str | None, state: str, matches: tuple[str, ...]
) -> None:
    made.add("one", {"shared.py": MINE})
    made.add("two", {"shared.py": THEIRS})
    if disk is None:
        (made.site / "shared.py").unlink()
    else:
        (made.site / "shared.py").write_text(disk)
    scan = made.scan()
    assert only(scan) == ("different", "module", state, matches)
    condition = judge_environment(scan)
    assert condition.severities == ("error",)
    names = {each.id: each.name for each in scan.distributions}
    assert {names[id_] for id_, intact in condition.intact.items() if intact == "yes"} == set(matches)
    lost = {names[id_]: dict(by) for id_, by in condition.overwritten_by.items()}
    other = {"one": "two", "two": "one"}
    assert lost == ({other[matches[0]]: {matches[0]: 1}} if matches else {})


def test_identical_content_is_a_notice_until_it_is_gone(made: Handmade) -> None:
    made.add("one", {"shared.py": MINE})
    made.add("two", {"shared.py": MINE})
    assert only(made.scan()) == ("identical", "module", "present", ("one", "two"))
    assert judge_environment(made.scan()).severities == ("notice",)
    (made.site / "shared.py").unlink()
    condition = judge_environment(made.scan())
    assert condition.severities == ("error",)
    assert set(condition.intact.values()) == {"no"}


@pytest.mark.parametrize("role", ["../../../bin/tool", "pkg/table.csv", "../../../share/x"])
def test_missing_file_is_grave_only_if_code_needs_it(made: Handmade, role: str) -> None:
    made.add("one", {role: "1"})
    made.add("two", {role: "2"}, write=False)
    (made.site / role).unlink()
    assert judge_environment(made.scan()).severities == ("warning",)


def test_missing_files_are_found_wherever_they_lay(made: Handmade) -> None:
    files = {"one/a.py": "", "one/b.py": "", "../../../bin/one": "", "../../../share/one/x": "", "alone.py": ""}
    made.add("one", files)
    for path in ("one/b.py", "../../../bin/one", "../../../share/one/x", "alone.py"):
        (made.site / path).unlink()
    (each,) = made.scan().distributions
    assert each.missing == ("data/share/one/x", "scripts/one", "site-packages/alone.py", "site-packages/one/b.py")
    (made.site / "one" / "a.py").unlink()
    (made.site / "one").rmdir()
    (made.site / "one").write_text("a file where a folder was")
    (each,) = made.scan().distributions
    assert "site-packages/one/a.py" in each.missing


def test_recorded_without_hash_is_neither_intact_nor_lost(made: Handmade) -> None:
    made.add("one", {"shared.py": MINE})
    made.add("two", {}, rows=[("shared.py", "", "")])
    scan = made.scan()
    assert only(scan) == ("unknown", "module", "present", ("one",))
    assert set(judge_environment(scan).intact.values()) == {"yes", "undetermined"}
    assert judge_environment(scan).overwritten_by == {}


def test_hybrid_is_told_with_everybody_in_it(made: Handmade) -> None:
    made.add("one", {"p/a.py": "1", "p/b.py": "1"})
    made.add("two", {"p/a.py": "2", "p/b.py": "2"})
    condition = judge_environment(made.scan())
    assert condition.hybrids == ()
    (made.site / "p" / "a.py").write_text("1")
    condition = judge_environment(made.scan())
    assert condition.hybrids == (("one", "two"),)
    assert [(each.code, each.severity) for each in condition.damages] == [("hybrid", "warning")]
    assert set(condition.intact.values()) == {"no"}


def test_keeper_decides(made: Handmade) -> None:
    made.add("one", {"p/a.py": "1", "one.py": "", "p/data.csv": "1"})
    made.add("two", {"p/a.py": "2", "two.py": "", "p/data.csv": "2"})
    scan = made.scan()
    one, two = (each.id for each in scan.distributions)
    assert sorted(judge_environment(scan).severities) == ["error", "warning"]
    assert judge_environment(scan, [one]).severities == ("error", "error")
    assert judge_environment(scan, [two]).severities == ("notice", "notice")
    (made.site / "two.py").unlink()
    (made.site / "one.py").unlink()
    damages = judge_environment(made.scan(), [two]).damages
    assert [(each.severity, each.distributions) for each in damages] == [("error", ("two",)), ("warning", ("one",))]


def test_verify_hashes_what_nobody_contests(made: Handmade) -> None:
    made.add("one", {"one/a.py": "1", "one/b.py": "2", "one/c.py": "3"})
    (made.site / "one" / "b.py").write_text("other")
    assert made.scan().distributions[0].changed == ()
    for jobs in (1, 2):
        scan = made.scan(every=True, jobs=jobs)
        assert scan.distributions[0].changed == ("site-packages/one/b.py",)
    condition = judge_environment(scan)
    assert [(each.code, each.severity) for each in condition.damages] == [("changed-file", "notice")]
    assert condition.intact[scan.distributions[0].id] == "no"


def test_verification_in_processes_finds_the_same(made: Handmade) -> None:
    made.add("many", {f"many/m{number}.py": str(number) for number in range(2500)})
    made.add("few", {"few.py": "1"})
    (made.site / "many" / "m7.py").write_text("other")
    (made.site / "many" / "m2400.py").unlink()
    scan = made.scan(every=True, jobs=2)
    many = scan.distributions[1]
    assert (many.changed, many.missing) == (("site-packages/many/m7.py",), ("site-packages/many/m2400.py",))
    assert (scan.distributions[0].changed, many.unhashed) == ((), 3)


@pytest.mark.skipif(sys.platform != "linux", reason="needs processes that are forked")
def test_verification_goes_on_where_a_process_is_killed(made: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        made.add(f"d{number}", {f"d{number}/{each}.py": str(each) for each in range(600)})
    (made.site / "d3" / "7.py").write_text("changed")
    ours, verify = os.getpid(), verification._verify

    def killed_elsewhere(task: verification._Task) -> verification.Verified | None:
        if os.getpid() != ours and "d2" in task.record.path:
            os.kill(os.getpid(), signal.SIGKILL)
        return verify(task)

    monkeypatch.setattr(verification, "_verify", killed_elsewhere)
    found = made.scan(every=True, jobs=2)
    assert {each.name: len(each.changed) for each in found.distributions} == {"d0": 0, "d1": 0, "d2": 0, "d3": 1}


def test_wrappers_of_different_installers_compare_by_entry_point(made: Handmade) -> None:
    points = {"entry_points.txt": "[console_scripts]\ntool = shared:main\n"}
    made.add("one", {"../../../bin/tool": "#!a\nfrom shared import main\nsys.exit(main())\n"}, more=points)
    made.add("two", {"../../../bin/tool": "#!b\nfrom shared import main\nsys.exit(main())\n"}, more=points)
    assert only(made.scan()) == ("identical", "script", "present", ("one", "two"))
    (made.prefix / "bin" / "tool").write_text("#!c\nfrom shared import main\nif x: sys.exit(main())\n")
    assert only(made.scan())[2:] == ("present", ("one", "two"))
    (made.prefix / "bin" / "tool").write_text("#!c\nfrom other import main\nif x: sys.exit(main())\n")
    assert only(made.scan())[2:] == ("changed", ())


def test_harmless_namespace_stubs_are_no_clash(made: Handmade) -> None:
    made.add("one", {"ns/__init__.py": ""})
    made.add("two", {"ns/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"})
    assert judge_environment(made.scan()).severities == ("none",)


def test_command_replaced_within_a_family_is_a_warning(made: Handmade) -> None:
    made.add("one", {"../../../bin/tool": "#!1\n"}, metadata=['Requires-Dist: two; extra == "all"'])
    made.add("two", {"../../../bin/tool": "#!2\n"})
    assert judge_environment(made.scan()).severities == ("warning",)


def test_package_hides_a_module_of_somebody_else(made: Handmade) -> None:
    made.add("one", {"m.py": ""})
    made.add("two", {"m/__init__.py": "", "m/x.py": ""})
    (each,) = made.scan().contested
    assert (each.overlap.kind, each.overlap.path, each.overlap.severity) == (
        "shadowed",
        "site-packages/m.py",
        "error",
    )


def test_module_hides_a_namespace_of_somebody_else(made: Handmade) -> None:
    made.add("one", {"m.py": ""})
    made.add("two", {"m/deep/x.py": "", "m/y.py": ""})
    (each,) = made.scan().contested
    assert (each.overlap.kind, each.overlap.path, each.overlap.severity) == (
        "shadowed",
        "site-packages/m/deep/x.py",
        "error",
    )


def test_a_folder_of_two_names_has_the_name_that_is_on_disk(made: Handmade) -> None:
    """Where case does not matter, one of them can be imported; nothing of the other is lost."""
    made.add("one", {"Foo/a.py": ""})
    made.add("two", {"foo/b.py": ""}, write=False)
    found = made.scan(ignores_case=True)
    (each,) = found.contested
    assert (each.key, each.overlap.kind, each.overlap.path) == ("Foo", "case-only", "site-packages/Foo")
    names = {one.id: one.name for one in found.distributions}
    told = [[names[id_] for id_ in ids] for ids in (each.on_disk.matches, each.on_disk.losers)]
    assert (each.on_disk.state, told) == ("present", [["one"], ["two"]])
    assert judge_environment(found).severities == ("error",)
    for keeper, severity in ((each.on_disk.matches, "notice"), (each.on_disk.losers, "error")):
        assert judge_environment(found, keeper).severities == (severity,)
    assert made.scan().contested == ()


def test_a_file_of_two_names_has_one_content(made: Handmade) -> None:
    """Where case does not matter, the content of one of them is lost."""
    made.add("one", {"M.py": MINE})
    made.add("two", {"m.py": THEIRS}, write=False)
    found = made.scan(ignores_case=True)
    (each,) = found.contested
    assert (each.overlap.kind, each.overlap.path, each.overlap.severity) == ("case-only", "site-packages/M.py", "error")
    intact = {one.name: judge_environment(found).intact[one.id] for one in found.distributions}
    assert intact == {"one": "yes", "two": "no"}


def test_a_module_of_two_names_has_the_name_that_is_on_disk(made: Handmade) -> None:
    """Where case does not matter, equal modules of two names are one file that has one of the names."""
    made.add("one", {"M.py": MINE, "README": MINE})
    made.add("two", {"m.py": MINE, "readme": MINE}, write=False)
    found = made.scan(ignores_case=True)
    condition = judge_environment(found)
    told = {each.key: severity for each, severity in zip(found.contested, condition.severities, strict=True)}
    assert told == {"M.py": "error", "README": "notice"}
    assert {one.name: condition.intact[one.id] for one in found.distributions} == {"one": "yes", "two": "no"}


def test_leftovers_are_what_lies_in_package_folders_and_nobody_recorded(made: Handmade) -> None:
    made.add("one", {"one/a.py": ""})
    for path in ("one/extra.txt", "gone/a.py", "gone/sub/b.py", "loose.py", "gone/__pycache__/a.pyc", "gone/x.pyc"):
        (made.site / path).parent.mkdir(parents=True, exist_ok=True)
        (made.site / path).write_text("")
    assert made.scan().leftovers == (("site-packages/gone", 2, True), ("site-packages/one", 1, False))


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("conda", {"installer": "conda"}),
        ("system", {"installer": "rpm"}),
        ("editable", {"more": {"direct_url.json": '{"url": "file:///x", "dir_info": {"editable": true}}'}}),
        ("editable", {"rows": [("__editable___mine_finder.py", "", "")]}),
    ],
)
def test_what_belongs_to_others_is_named_and_not_compared(made: Handmade, code: str, how: dict[str, object]) -> None:
    shared = {} if code == "editable" else {"shared.py": MINE}  # which would be compared
    made.add("other", {"other/a.py": MINE, "other/b.py": MINE, **shared}, **how)  # type: ignore[arg-type]
    made.add("plain", {"shared.py": THEIRS})
    if code == "editable":
        (made.site / "__editable___mine_finder.py").write_text("")
    else:
        (made.site / "other" / "a.py").unlink()
    scan = made.scan()
    assert [(each.requirement, each.code) for each in scan.not_compared] == [("other", code)]
    assert [each.name for each in scan.distributions] == ["plain"]
    assert (scan.contested, scan.skipped, scan.leftovers) == ((), (), ())


def test_conda_meta_says_what_conda_owns(made: Handmade) -> None:
    made.add("by-conda", {"c.py": ""})
    made.add("by-pip", {"p.py": ""})
    meta = made.prefix / "conda-meta"
    meta.mkdir()
    files = '{"files": ["lib/python3.12/site-packages/by_conda-1.0.dist-info/RECORD"]}'
    (meta / "by-conda-1.0-py312_0.json").write_text(files)
    assert [(each.requirement, each.code) for each in made.scan().not_compared] == [("by-conda", "conda")]


def test_eggs_are_not_compared(made: Handmade) -> None:
    (made.site / "Old_Thing-1.0-py3.12.egg-info").write_text("Name: Old-Thing\n")
    (made.site / "develop.egg-link").write_text("/somewhere\n")
    found = [(each.requirement, each.code) for each in made.scan().not_compared]
    assert found == [("develop", "editable"), ("old-thing", "egg-info")]


def test_second_record_of_a_project_is_told_and_not_taken_for_a_clash(made: Handmade) -> None:
    made.add("one", {"one.py": "1"}, version="1.9")
    made.add("one", {"one.py": "2"}, version="1.10")
    scan = made.scan()
    assert [(each.name, each.version) for each in scan.distributions] == [("one", "1.10")]
    assert [each.code for each in scan.not_compared] == ["superseded"]
    assert scan.contested == ()


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_lib64_that_links_to_lib_is_lib(made: Handmade) -> None:
    (made.prefix / "lib").mkdir(parents=True)
    (made.prefix / "lib64").symlink_to("lib")
    made.add("one", {"../../../lib64/python3.12/site-packages/shared.py": MINE})
    made.add("two", {"shared.py": THEIRS})
    scan = made.scan()
    assert len(scan.places.sites) == 1
    assert only(scan)[2:] == ("present", ("two",))


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_linked_files_and_folders_count_as_what_they_lead_to(made: Handmade) -> None:
    made.add("one", {"one/a.py": MINE, "two.py": MINE, "three.py": MINE})
    (made.site / "one").rename(made.prefix / "elsewhere")
    (made.site / "one").symlink_to(made.prefix / "elsewhere")
    for name, leads in (("two.py", made.prefix / "elsewhere" / "a.py"), ("three.py", made.prefix / "nowhere")):
        (made.site / name).unlink()
        (made.site / name).symlink_to(leads)
    assert made.scan().distributions[0].missing == ("site-packages/three.py",)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (None, "no-record"),
        (b"", "no-record"),
        (b"\n \n", "no-record"),
        (b'a.py,"unterminated', "unreadable"),
        (b'"' + b"x" * 200_000 + b'",,\n', "limit"),
    ],
)
def test_record_that_cannot_be_read_is_a_skip(made: Handmade, record: bytes | None, code: str) -> None:
    made.add("good", {"good.py": ""})
    folder = made.add("bad", {"bad.py": ""}, record=record or b"")
    if record is None:
        (folder / "RECORD").unlink()
    scan = made.scan()
    assert [(each.requirement, each.code) for each in scan.skipped] == [("bad", code)]
    assert [each.name for each in scan.distributions] == ["good"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("../../../../outside.txt", "outside-prefix"),
        ("/etc/passwd", "outside-prefix"),
        ("C:\\Windows\\x", "outside-prefix"),
        ("one/", "directory-row"),
        ("a\0b", "unsafe-row"),
        ("", "unsafe-row"),
    ],
)
def test_row_that_is_nobodys_business_is_a_finding(made: Handmade, row: str, code: str) -> None:
    made.add("one", {"one.py": ""}, rows=[(row, "sha256=x", "1")])
    (each,) = made.scan(every=True).distributions
    assert [finding.code for finding in each.findings] == [code]
    assert (each.missing, each.files) == ((), 4)


@pytest.mark.parametrize("path", ["./one/a.py", "one//a.py", "one/x/../a.py", "one\\a.py"])
def test_odd_spelling_of_a_path_is_the_path(made: Handmade, path: str) -> None:
    made.add("one", {"one/a.py": MINE})
    made.add("two", {path.replace("\\", "/") if "x/.." not in path else "one/a.py": THEIRS}, write=False, record=(
        f"{path},{record_digest(THEIRS.encode())},13\n".encode()
    ))  # fmt: skip
    assert only(made.scan()) == ("different", "module", "present", ("one",))


def test_names_that_are_no_utf_8_are_found_all_the_same(made: Handmade) -> None:
    made.add("one", {os.fsdecode(b"one/\xff.py"): MINE})
    (each,) = made.scan(every=True).distributions
    assert [finding.code for finding in each.findings] == ["not-utf-8"]
    assert (each.missing, each.changed) == ((), ())


def test_hundred_thousand_rows(made: Handmade) -> None:
    rows = [(f"big/{number}.txt", "", "") for number in range(100_000)]
    made.add("big", {"big/__init__.py": ""}, rows=rows)
    (each,) = made.scan().distributions
    assert (each.files, len(each.missing)) == (100_004, 100_000)


def test_recorded_device_is_not_waited_for(made: Handmade) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    made.add("one", {"shared.txt": "1"})
    made.add("two", {"shared.txt": "2"})
    (made.site / "shared.txt").unlink()
    os.mkfifo(made.site / "shared.txt")
    assert only(made.scan(every=True))[2:] == ("changed", ())


@contextmanager
def unprivileged() -> Iterator[None]:
    """Be somebody whom permissions bind, even where tests run as root."""
    root = not os.geteuid()
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permissions")
@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("closed", ["p", "p/a.py", "one-1.0.dist-info", "one-1.0.dist-info/RECORD", "."])
def test_what_may_not_be_read_is_incomplete_and_not_missing(closed: str, *, every: bool) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = Handmade(Path(folder) / "venv")
        made.add("one", {"p/a.py": "1"}, more={"entry_points.txt": "[console_scripts]\nx = y:z\n"})
        made.add("two", {"p/a.py": "1"})
        made.scan(every=True)  # imports everything while that is allowed
        (made.site / closed).chmod(0)
        try:
            with unprivileged():
                scan = made.scan(every=every)
        finally:
            (made.site / closed).chmod(0o755)
    assert {each.code for each in scan.skipped} == {"unreadable"}
    assert [each.missing for each in scan.distributions if each.missing] == []
    if closed.startswith("p"):
        assert set(judge_environment(scan).intact.values()) == {"undetermined"}
        assert {each.requirement for each in scan.skipped} >= {"one", "two"}


def test_scan_writes_nothing(made: Handmade) -> None:
    made.add("one", {"shared.py": MINE, "../../../bin/tool": "1"})
    made.add("two", {"shared.py": THEIRS, "../../../bin/tool": "2"})
    before = {path: path.stat().st_mtime_ns for path in made.prefix.rglob("*")}
    made.scan(every=True)
    assert {path: path.stat().st_mtime_ns for path in made.prefix.rglob("*")} == before
