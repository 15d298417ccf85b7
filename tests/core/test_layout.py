"""From archive paths to installed paths, for each installer and target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import BY_NAME, LINUX, MACOS, WINDOWS, contents, digest
from wheelclash.core.contents import EntryPoint, Members
from wheelclash.core.layout import Layout, lay_out, lay_out_for_each
from wheelclash.installers import INSTALLERS, PIP, RULES, UV, InstallerName
from wheelclash.target.target import Target, target_for

FREE_THREADED = target_for("3.13t", "linux")
PYPY = target_for("3.11", "linux", "pypy")
POWER = target_for("3.12", "manylinux_2_28_ppc64le")
ARM32 = target_for("3.12", "manylinux_2_31_armv7l")
TARGETS = (LINUX, MACOS, WINDOWS, FREE_THREADED, PYPY, POWER, ARM32)

DATA = "dist-1.0.data"


def _placed(installer: InstallerName, member: str, target: Target = LINUX) -> str | None:
    """Where a member goes; ``!code`` if the installer refuses the wheel for it, None if it is dropped."""
    found = lay_out(contents(member), BY_NAME[installer].rules, target)
    if found.failure is not None:
        assert found.files == {}
        return f"!{found.failure.code}"
    (path, *more) = [*found.files, None]
    assert len(more) <= 1
    return path


@pytest.mark.parametrize(
    ("member", "pip", "uv"),
    [
        ("pkg/m.py", "site-packages/pkg/m.py", "site-packages/pkg/m.py"),
        ("m.py", "site-packages/m.py", "site-packages/m.py"),
        (f"{DATA}/purelib/pkg/m.py", "site-packages/pkg/m.py", "site-packages/pkg/m.py"),
        (f"{DATA}/platlib/pkg/m.py", "site-packages/pkg/m.py", "site-packages/pkg/m.py"),
        (f"{DATA}/scripts/tool", "scripts/tool", "scripts/tool"),
        (f"{DATA}/scripts/sub/tool", "scripts/sub/tool", "!nested-script"),
        (f"{DATA}/data/share/x.txt", "data/share/x.txt", "data/share/x.txt"),
        (f"{DATA}/data/x.txt", "data/x.txt", "data/x.txt"),
        (f"{DATA}/headers/x.h", "headers/dist/x.h", "headers/dist/x.h"),
        (f"{DATA}/headers/sub/x.h", "headers/dist/sub/x.h", "headers/dist/sub/x.h"),
        (f"{DATA}/include/x.h", "!unknown-scheme", "!unknown-scheme"),
        (f"{DATA}/stdlib/x.py", "!unknown-scheme", "!unknown-scheme"),
        (f"{DATA}/x.txt", "!loose-data-file", "!loose-data-file"),
        (f"{DATA}/scripts", "!loose-data-file", "!loose-data-file"),
        # the name of the .data folder: any for pip, this wheel's own for uv
        ("other-2.data/purelib/m.py", "site-packages/m.py", "site-packages/other-2.data/purelib/m.py"),
        ("Dist-1.0.data/purelib/m.py", "site-packages/m.py", "site-packages/Dist-1.0.data/purelib/m.py"),
        ("other-2.data/include/x.h", "!unknown-scheme", "site-packages/other-2.data/include/x.h"),
        ("pkg/x.data/purelib/m.py", "site-packages/pkg/x.data/purelib/m.py", "site-packages/pkg/x.data/purelib/m.py"),
        ("x.data", "!loose-data-file", "site-packages/x.data"),
        # climbing out
        ("../m.py", "!escapes", None),
        ("/etc/m.py", "!escapes", None),
        ("..", "!escapes", None),
        ("..m.py", "site-packages/..m.py", "site-packages/..m.py"),
        # names of the interpreter
        (f"{DATA}/scripts/python", "scripts/python", "!reserved-script"),
        (f"{DATA}/scripts/python3", "scripts/python3", "!reserved-script"),
        (f"{DATA}/scripts/Python.exe", "scripts/Python.exe", "!reserved-script"),
        (f"{DATA}/scripts/python.py.exe", "scripts/python.py.exe", "!reserved-script"),
        (f"{DATA}/scripts/python.exe.py", "scripts/python.exe.py", "scripts/python.exe.py"),
        (f"{DATA}/scripts/python3.13t", "scripts/python3.13t", "!reserved-script"),
        (f"{DATA}/scripts/pythonw", "scripts/pythonw", "!reserved-script"),
        (f"{DATA}/scripts/pypy3.10", "scripts/pypy3.10", "scripts/pypy3.10"),
        (f"{DATA}/scripts/graalpy", "scripts/graalpy", "!reserved-script"),
        (f"{DATA}/data/bin/python", "scripts/python", "!reserved-script"),
        (f"{DATA}/scripts/pythonic", "scripts/pythonic", "scripts/pythonic"),
        (f"{DATA}/scripts/python-config", "scripts/python-config", "scripts/python-config"),
        (f"{DATA}/scripts/activate", "scripts/activate", "scripts/activate"),
    ],
)
def test_mapping(member: str, pip: str | None, uv: str | None) -> None:
    """The mapping of §1.1, and the differences between installers of §1.2."""
    assert _placed("pip", member) == pip
    assert _placed("uv", member) == uv


@pytest.mark.parametrize(
    ("below_prefix", "target", "path"),
    [
        ("bin/tool", LINUX, "scripts/tool"),
        ("bin/tool", MACOS, "scripts/tool"),
        ("bin/tool", WINDOWS, "data/bin/tool"),
        ("Scripts/tool.exe", WINDOWS, "scripts/tool.exe"),
        ("Scripts/tool.exe", LINUX, "data/Scripts/tool.exe"),
        ("binary/tool", LINUX, "data/binary/tool"),
        ("lib/python3.12/site-packages/m.py", LINUX, "site-packages/m.py"),
        ("lib64/python3.12/site-packages/m.py", LINUX, "site-packages/m.py"),
        ("lib64/python3.12/site-packages/m.py", POWER, "site-packages/m.py"),
        ("lib64/python3.12/site-packages/m.py", ARM32, "data/lib64/python3.12/site-packages/m.py"),
        ("lib64/python3.12/site-packages/m.py", MACOS, "data/lib64/python3.12/site-packages/m.py"),
        ("lib/python3.11/site-packages/m.py", LINUX, "data/lib/python3.11/site-packages/m.py"),
        ("lib/python3.12/m.py", LINUX, "data/lib/python3.12/m.py"),
        ("lib/python3.13t/site-packages/m.py", FREE_THREADED, "site-packages/m.py"),
        ("lib/python3.13/site-packages/m.py", FREE_THREADED, "data/lib/python3.13/site-packages/m.py"),
        ("lib/pypy3.11/site-packages/m.py", PYPY, "site-packages/m.py"),
        ("lib/python3.11/site-packages/m.py", PYPY, "data/lib/python3.11/site-packages/m.py"),
        ("Lib/site-packages/m.py", WINDOWS, "site-packages/m.py"),
        ("lib/python3.12/site-packages/m.py", WINDOWS, "data/lib/python3.12/site-packages/m.py"),
    ],
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_below_the_prefix(below_prefix: str, target: Target, path: str, installer: InstallerName) -> None:
    """A data file below the prefix may reach the scripts folder or site-packages, wherever the target has them."""
    assert _placed(installer, f"{DATA}/data/{below_prefix}", target) == path


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_three_roads_to_one_place(installer: InstallerName) -> None:
    """Archive paths with nothing in common may be one installed file; of these, one is written last."""
    found = lay_out(
        contents("m.py", f"{DATA}/purelib/m.py", f"{DATA}/data/lib/python3.12/site-packages/m.py"),
        BY_NAME[installer].rules,
        LINUX,
    )
    assert list(found.files) == ["site-packages/m.py"]


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_headers_never_clash(installer: InstallerName) -> None:
    """Headers of two distributions go to two folders, whatever their archive paths."""
    one = lay_out(contents("a-1.data/headers/x.h", prefix="a-1"), BY_NAME[installer].rules, LINUX)
    other = lay_out(contents("b-1.data/headers/x.h", prefix="b-1"), BY_NAME[installer].rules, LINUX)
    assert not one.files.keys() & other.files.keys()


def _tool(name: str = "tool") -> EntryPoint:
    return EntryPoint(name, "m:f", "console")


@pytest.mark.parametrize(
    ("script", "point", "target", "left"),
    [
        ("tool", "tool", LINUX, {"tool": True}),
        ("tool.exe", "tool", LINUX, {"tool": True}),
        ("tool-script.py", "tool", LINUX, {"tool": True}),
        ("tool.pya", "tool", LINUX, {"tool": True}),
        ("tool.py", "tool", LINUX, {"tool": True, "tool.py": False}),
        ("other", "tool", LINUX, {"tool": True, "other": False}),
        ("tool", "tool", WINDOWS, {"tool.exe": True}),
        ("tool.exe", "tool", WINDOWS, {"tool.exe": True}),
        ("tool-script.py", "tool", WINDOWS, {"tool.exe": True}),
        ("other", "tool", WINDOWS, {"tool.exe": True, "other": False}),
    ],
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_own_script_gives_way(
    script: str, point: str, target: Target, left: dict[str, bool], installer: InstallerName
) -> None:
    """A script that duplicates the wheel's own entry point is not written (§1.4)."""
    found = lay_out(contents(f"{DATA}/scripts/{script}", points=[_tool(point)]), BY_NAME[installer].rules, target)
    assert {path: file.member is None for path, file in found.files.items()} == {
        f"scripts/{name}": generated for name, generated in left.items()
    }


@pytest.mark.parametrize("script", ["tool.EXE", "tool-Script.py", "tool.Pya"])
def test_own_script_gives_way_in_any_case_to_pip_alone(script: str) -> None:
    wheel = contents(f"{DATA}/scripts/{script}", points=[_tool()])
    assert set(lay_out(wheel, PIP.rules, LINUX).files) == {"scripts/tool"}
    assert set(lay_out(wheel, UV.rules, LINUX).files) == {"scripts/tool", f"scripts/{script}"}


def test_own_script_in_a_folder_gives_way() -> None:
    """Pip looks at the last part of a script's path only."""
    found = lay_out(contents(f"{DATA}/scripts/sub/tool", points=[_tool()]), PIP.rules, LINUX)
    assert list(found.files) == ["scripts/tool"]


@pytest.mark.parametrize(("target", "member"), [(LINUX, "data/bin/tool"), (WINDOWS, "data/Scripts/tool.exe")])
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_data_file_is_no_script(installer: InstallerName, target: Target, member: str) -> None:
    """A data file in the scripts folder is copied as it is."""
    found = lay_out(contents(f"{DATA}/{member}"), BY_NAME[installer].rules, target)
    (file,) = found.files.values()
    assert file.path.startswith("scripts/tool")
    assert not file.script


def test_command_over_data_file() -> None:
    """Pip generates commands last, over a data file of the same place."""
    found = lay_out(contents(f"{DATA}/data/bin/tool", points=[_tool()]), PIP.rules, LINUX)
    (file,) = found.files.values()
    assert file.content == "console:m:f"


def test_scripts_are_marked() -> None:
    """Files of the scripts scheme may get another first line, and are told apart from copies of the same bytes."""
    found = lay_out(contents(f"{DATA}/scripts/a", f"{DATA}/data/bin/b", "scripts/c.py"), PIP.rules, LINUX)
    assert {path: file.script for path, file in found.files.items()} == {
        "scripts/a": True,
        "scripts/b": False,
        "site-packages/scripts/c.py": False,
    }


@pytest.mark.parametrize(
    ("name", "pip", "uv"),
    [
        ("tool", "scripts/tool", "scripts/tool"),
        ("tool.py", "scripts/tool.py", "scripts/tool.py"),
        ("sub/tool", "scripts/sub/tool", "!nested-script"),
        ("./tool", "scripts/tool", "scripts/tool"),
        ("../tool", "!escapes", "!escapes"),
        ("sub/../../tool", "!escapes", "!escapes"),
        ("/tool", "!escapes", "!escapes"),
        ("python", "scripts/python", "!reserved-script"),
        ("pypy3", "scripts/pypy3", "!reserved-script"),
        ("python.py", "scripts/python.py", "!reserved-script"),
        ("python.exe", "scripts/python.exe", "scripts/python.exe"),
    ],
)
def test_commands(name: str, pip: str, uv: str) -> None:
    """Generated commands: where they go, or why the wheel is refused."""
    for installer, expected in ((PIP, pip), (UV, uv)):
        found = lay_out(contents(points=[_tool(name)]), installer.rules, LINUX)
        told = f"!{found.failure.code}" if found.failure else next(iter(found.files))
        assert told == expected


@pytest.mark.parametrize("text", [None, "[console_scripts]\n = m:f\n[console_scripts\n"], ids=["no UTF-8", "no entry"])
@pytest.mark.parametrize(("installer", "written"), [("pip", []), ("uv", ["site-packages/m.py"])])
def test_entry_points_that_cannot_be_read_refuse_the_wheel(
    text: str | None, installer: InstallerName, written: list[str]
) -> None:
    found = lay_out(contents("m.py")._replace(entry_points=text), BY_NAME[installer].rules, LINUX)
    assert found.failure is not None
    assert (found.failure.code, found.failure.path) == ("entry-points", "dist-1.0.dist-info/entry_points.txt")
    assert list(found.files) == written


def test_command_content() -> None:
    """A command is known by what it runs, not by bytes that differ from installer to installer."""
    console, gui = EntryPoint("a", "m:f", "console"), EntryPoint("b", "m:f", "gui")
    for installer in INSTALLERS:
        found = lay_out(contents(points=[console, gui]), installer.rules, LINUX)
        assert [file.content for file in found.files.values()] == ["console:m:f", "console:m:f"]
        found = lay_out(contents(points=[console, gui]), installer.rules, WINDOWS)
        assert [file.content for file in found.files.values()] == ["console:m:f", "gui:m:f"]
        assert all((file.size, file.crc, file.member) == (None, None, None) for file in found.files.values())


def test_content_of_files() -> None:
    """A file keeps what RECORD and zip directory say of it."""
    found = lay_out(contents("pkg/m.py"), PIP.rules, LINUX)
    (file,) = found.files.values()
    assert (file.content, file.size, file.member) == (digest("pkg/m.py"), 8, "pkg/m.py")


def test_folders_without_members() -> None:
    """Those that are more than a scheme are made by uv, which unpacks the wheel first; pip makes none."""
    folders = ("pkg/empty", f"{DATA}/data/share/x", f"{DATA}/headers/sub", f"{DATA}/scripts", DATA)
    wheel = contents("m.py")._replace(folders=folders)
    found = lay_out(wheel, UV.rules, LINUX)
    assert set(found.folders) == {"site-packages/pkg/empty/", "data/share/x/", "headers/dist/sub/"}
    assert {(path == file.path, *file[1:5]) for path, file in found.folders.items()} == {(True, None, None, None, None)}
    assert lay_out(wheel, PIP.rules, LINUX).folders == {}
    assert lay_out_for_each(wheel, RULES, LINUX)["uv"] == found
    blocked = contents("m.py")._replace(folders=(f"{DATA}/purelib/m.py",))
    for failure in (lay_out(blocked, UV.rules, LINUX).failure, lay_out_for_each(blocked, RULES, LINUX)["uv"].failure):
        assert failure is not None
        assert failure.code == "file-and-folder"
    nested = wheel._replace(folders=(f"{DATA}/scripts/sub",))
    assert lay_out(nested, UV.rules, LINUX).failure is not None


def test_phantoms() -> None:
    """Rows without a file stay in pip's RECORD as they are, data folder and all; uv drops them."""
    outside = ["../q.py", "../../../bin/tool", "../../../../out"]
    rows = contents("m.py", phantoms=["n.py", "m.py", f"{DATA}/purelib/o.py", f"{DATA}/bad/p.py", "f/", *outside])
    inside = ("n.py", f"{DATA}/purelib/o.py", f"{DATA}/bad/p.py", "f/")
    found = {*(f"site-packages/{each}" for each in inside), "data/lib/python3.12/q.py", "scripts/tool"}
    assert lay_out(rows, PIP.rules, LINUX).phantoms == found
    assert lay_out(rows, UV.rules, LINUX).phantoms == frozenset()


@pytest.mark.parametrize(
    ("row", "target", "places"),
    [
        ("../../../bin", LINUX, {"scripts", "data/bin"}),
        ("../../../bin/", LINUX, {"scripts", "data/bin"}),
        ("../../../lib", LINUX, {"site-packages", "data/lib"}),
        ("../../../lib/python3.12", LINUX, {"site-packages", "data/lib/python3.12"}),
        ("../../../include", LINUX, {"headers", "data/include"}),
        ("../../../share", LINUX, {"data/share"}),
        ("../../scripts", WINDOWS, {"scripts", "data/scripts"}),
    ],
)
def test_row_that_names_a_folder_of_roots_leads_to_all_of_them(row: str, target: Target, places: set[str]) -> None:
    """An uninstall by pip moves the whole folder away, with the commands of everything else in it."""
    assert lay_out(contents("m.py", phantoms=[row]), PIP.rules, target).phantoms == places


def test_refusal_names_the_path() -> None:
    """The first thing an installer would stop at is told, and the rest is laid out all the same."""
    found = lay_out(contents(f"{DATA}/x.txt", "m.py", f"{DATA}/bad/y"), PIP.rules, LINUX)
    assert found.failure is not None
    assert (found.failure.code, found.failure.path) == ("loose-data-file", f"{DATA}/x.txt")
    assert list(found.files) == ["site-packages/m.py"]


_parts = st.sampled_from(
    ["a", "b.py", "dist-1.0.data", "x.data", "purelib", "scripts", "data", "bin", "lib", "python", ".."]
)


@given(
    st.lists(st.lists(_parts, min_size=1, max_size=5).map("/".join), max_size=6, unique=True),
    st.lists(_parts, max_size=2, unique=True),
    st.integers(0, len(TARGETS) - 1),
)
def test_any_wheel(members: list[str], names: list[str], number: int) -> None:
    """Whatever a wheel holds it is laid out or refused, and no installed path leaves its root."""
    target = TARGETS[number]
    wheel = contents(*members, points=[_tool(name) for name in names])
    for installer in INSTALLERS:
        found = lay_out(wheel, installer.rules, target)
        assert isinstance(found, Layout)
        for path, file in found.files.items():
            assert path == file.path
            root, _, rest = path.partition("/")
            assert root in {"site-packages", "scripts", "data", "headers"}
            assert rest
        assert not found.phantoms & found.files.keys()
    separate = {installer.name: lay_out(wheel, installer.rules, target) for installer in INSTALLERS}
    assert lay_out_for_each(wheel, RULES, target) == separate


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ([f"{DATA}/data/lib/site-packages/m.py", f"{DATA}/data/Lib/site-packages/m.py", "m.py"], "site-packages/m.py"),
        ([f"{DATA}/data/scripts/t.exe", f"{DATA}/data/Scripts/t.exe", f"{DATA}/scripts/t.exe"], "scripts/t.exe"),
        (["m.py", "m.py.", "m.py ", "m.py. ."], "site-packages/m.py"),
        (["pkg/m.py", "pkg\\m.py", "pkg./m.py", "pkg \\m.py"], "site-packages/pkg/m.py"),
        ([f"{DATA}\\purelib\\m.py", f"{DATA}/purelib/m.py"], "site-packages/m.py"),
        ([f"{DATA}/headers/x.h", f"{DATA}/data/Include/site/Python3.12/dist/x.h"], "headers/dist/x.h"),
    ],
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_windows_has_one_file_for_names_it_cannot_tell_apart(
    members: list[str], path: str, installer: InstallerName
) -> None:
    """Case of folders, blanks and dots at the end of a name, and backslashes make no difference there."""
    assert {_placed(installer, member, WINDOWS) for member in members} == {path}
    assert len({_placed(installer, member, LINUX) for member in members}) > 1


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_folders_below_the_prefix_are_found_in_any_case_where_case_does_not_matter(installer: InstallerName) -> None:
    """As macOS has it."""
    assert _placed(installer, f"{DATA}/data/Bin/tool", MACOS) == "scripts/tool"
    assert _placed(installer, f"{DATA}/data/Bin/tool", LINUX) == "data/Bin/tool"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_data_in_the_folder_of_headers_meets_the_headers_of_that_distribution(installer: InstallerName) -> None:
    """Whatever wheel it comes from; the folder has the normalised name."""
    header = lay_out(contents("My_Dist-1.data/headers/x.h", prefix="My_Dist-1"), BY_NAME[installer].rules, LINUX)
    other = contents("b-1.data/data/include/site/python3.12/my-dist/x.h", prefix="b-1")
    assert (
        header.files.keys() == lay_out(other, BY_NAME[installer].rules, LINUX).files.keys() == {"headers/my-dist/x.h"}
    )


def test_pip_goes_by_the_raw_name_and_uv_by_the_unpacked_path() -> None:
    """A data folder that is spelt with a detour is none to pip."""
    (member,) = contents(f"{DATA}/junk").members
    wheel = contents()._replace(members=Members.of([member._replace(name=f"./{DATA}/junk")]))
    assert lay_out(wheel, PIP.rules, LINUX).failure is None
    assert list(lay_out(wheel, PIP.rules, LINUX).files) == [f"site-packages/{DATA}/junk"]
    failure = lay_out(wheel, UV.rules, LINUX).failure
    assert failure is not None
    assert failure.code == "loose-data-file"


def test_a_refused_wheel_keeps_what_pip_writes_before_it_stops() -> None:
    """The root, then other schemes, then scripts, then commands."""
    wheel = contents(
        f"{DATA}/scripts/s", f"{DATA}/data/one", f"{DATA}/bad/x", f"{DATA}/data/two", "m.py", points=[_tool()]
    )
    assert list(lay_out(wheel, PIP.rules, LINUX).files) == ["site-packages/m.py", "data/one"]
    assert set(lay_out(wheel, UV.rules, LINUX).files) == {
        "site-packages/m.py", "scripts/tool", "scripts/s", "data/one", "data/two"
    }  # fmt: skip


def test_which_of_two_data_files_uv_leaves_is_not_known() -> None:
    """It moves the folders of ``.data`` in the order of a directory listing; the root comes before them all."""
    two = contents(f"{DATA}/scripts/tool", f"{DATA}/data/bin/tool")
    (file,) = lay_out(two, UV.rules, LINUX).files.values()
    assert (file.content, file.size, file.crc) == (None, None, None)
    assert [each.content is None for each in lay_out(two, PIP.rules, LINUX).files.values()] == [False]
    for wheel in (contents("m.py", f"{DATA}/purelib/m.py"), contents(f"{DATA}/data/bin/tool", points=[_tool()])):
        assert [each.content is None for each in lay_out(wheel, UV.rules, LINUX).files.values()] == [False]
