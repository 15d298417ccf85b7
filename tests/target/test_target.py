"""Targets: what a Python version and a platform mean to markers, Requires-Python and wheel tags."""

from __future__ import annotations

import pytest
from packaging.tags import Tag, parse_tag

from wheelclash.errors import TargetError
from wheelclash.target.platforms import PLATFORMS, platform_named
from wheelclash.target.target import target_for, with_python


@pytest.mark.parametrize(
    ("version", "full", "minor"),
    [("3.12", "3.12.0", "3.12"), ("3.12.4", "3.12.4", "3.12"), ("3.13t", "3.13.0", "3.13"), ("3.9", "3.9.0", "3.9")],
)
def test_a_minor_version_is_its_first_release(version: str, full: str, minor: str) -> None:
    target = target_for(version, "linux")
    assert (target.python_version, target.minor_version) == (full, minor)
    assert target.markers["python_full_version"] == full
    assert target.markers["python_version"] == minor


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_every_name_of_uv_makes_a_target_with_all_markers(name: str) -> None:
    target = target_for("3.12", name)
    assert target.markers["platform_version"] == ("#1" if "pyodide" in name else "")
    assert len(target.markers) == 11
    assert target.tags[-1] == Tag("py30", "none", "any")
    assert len(set(target.tags)) == len(target.tags)


@pytest.mark.parametrize(
    ("platform", "yes", "no"),
    [
        ("manylinux_2_28_x86_64", ["manylinux_2_28", "manylinux_2_5", "manylinux1", "linux"], ["manylinux_2_29"]),
        ("linux", ["manylinux_2_28", "manylinux2010", "linux"], ["manylinux_2_29", "musllinux_1_0"]),
        ("x86_64-unknown-linux-gnu", ["manylinux_2_28"], ["manylinux_2_29"]),
        ("x86_64-manylinux2014", ["manylinux_2_17", "manylinux2014", "manylinux_2_5"], ["manylinux_2_18"]),
        ("manylinux2010_x86_64", ["manylinux_2_12", "manylinux2010"], ["manylinux_2_17", "manylinux2014"]),
        ("musllinux_1_2_x86_64", ["musllinux_1_2", "musllinux_1_0", "linux"], ["musllinux_1_3", "manylinux_2_5"]),
        ("linux_x86_64", ["linux"], ["manylinux_2_5"]),
    ],
)  # fmt: skip
def test_a_linux_tag_means_itself_and_every_older_one(platform: str, yes: list[str], no: list[str]) -> None:
    tags = {tag.platform for tag in target_for("3.12", platform).tags}
    assert {f"{each}_x86_64" for each in yes} <= tags
    assert tags.isdisjoint({f"{each}_x86_64" for each in no})


def test_old_aliases_exist_only_where_the_architecture_had_them() -> None:
    tags = platform_named("manylinux_2_28_aarch64").tags
    assert "manylinux2014_aarch64" in tags
    assert "manylinux2010_aarch64" not in tags
    assert "manylinux_2_16_aarch64" not in tags


def test_newer_platform_tags_are_preferred() -> None:
    tags = [tag for tag in target_for("3.12", "linux").tags if "manylinux" in tag.platform]
    best, older = (next(iter(parse_tag(f"cp312-cp312-manylinux_2_{minor}_x86_64"))) for minor in (28, 17))
    assert tags.index(best) < tags.index(older)


@pytest.mark.parametrize(
    ("platform", "system", "machine", "case_sensitive", "windows"),
    [
        ("linux", "linux", "x86_64", True, False),
        ("aarch64-unknown-linux-musl", "linux", "aarch64", True, False),
        ("macos", "darwin", "arm64", False, False),
        ("x86_64-apple-darwin", "darwin", "x86_64", False, False),
        ("windows", "win32", "AMD64", False, True),
        ("aarch64-pc-windows-msvc", "win32", "ARM64", False, True),
        ("win32", "win32", "x86", False, True),
        ("aarch64-linux-android", "android", "aarch64", True, False),
        ("arm64-apple-ios", "ios", "arm64", False, False),
        ("wasm32-pyodide2024", "emscripten", "wasm32", True, False),
    ],
)
def test_markers_and_case_follow_the_platform(
    platform: str, system: str, machine: str, *, case_sensitive: bool, windows: bool
) -> None:
    target = target_for("3.12", platform)
    assert target.markers["sys_platform"] == system
    assert target.markers["platform_machine"] == machine
    assert target.case_sensitive is case_sensitive
    assert target.is_windows is windows


def test_macos_runs_what_was_built_for_older_ones_and_for_two_processors() -> None:
    tags = {tag.platform for tag in target_for("3.12", "macos").tags}
    assert {"macosx_13_0_arm64", "macosx_11_0_arm64", "macosx_10_9_universal2"} <= tags
    assert tags.isdisjoint({"macosx_14_0_arm64", "macosx_10_9_x86_64"})


def test_without_the_gil_only_its_own_abi_counts() -> None:
    target = target_for("3.13t", "linux")
    abis = {tag.abi for tag in target.tags}
    assert target.free_threaded
    assert "cp313t" in abis
    assert abis.isdisjoint({"cp313", "abi3"})


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("3.15t", "cp315-abi3t-linux_x86_64"),
        ("3.15t", "cp314-abi3t-linux_x86_64"),
        ("3.7", "cp37-cp37m-linux_x86_64"),
        ("3.8", "cp38-cp38-linux_x86_64"),
    ],
)
def test_a_target_takes_the_wheels_of_its_abi(version: str, tag: str) -> None:
    assert tag in map(str, target_for(version, "linux").tags)


@pytest.mark.parametrize("name", ["wasm32-pyodide2025", "pyodide_2025_0_wasm32", "pyemscripten_2025_0_wasm32"])
def test_pyodide_has_two_platform_tags(name: str) -> None:
    platforms = {tag.platform for tag in target_for("3.13", name).tags} - {"any"}
    assert platforms == {"pyemscripten_2025_0_wasm32", "pyodide_2025_0_wasm32"}


def test_pypy_has_its_own_tags_and_markers() -> None:
    target = target_for("3.11", "linux", "pypy")
    assert str(target.tags[0]) == "pp311-pypy311_pp73-linux_x86_64"
    assert target.markers["platform_python_implementation"] == "PyPy"
    assert not any(tag.interpreter.startswith("cp") for tag in target.tags)


def test_another_python_on_the_same_machine_keeps_its_platforms() -> None:
    machine = target_for("3.12", "manylinux_2_31_aarch64")
    other = with_python(machine, "3.11")
    assert other == target_for("3.11", "manylinux_2_31_aarch64")
    assert with_python(other, "3.12") == machine


@pytest.mark.parametrize(
    ("version", "platform", "hint"),
    [
        ("3.12", "linus", "linux"),
        ("3.12", "x86_64-manylinux_2_29x", "x86_64-manylinux_2_28"),
        ("3.12", "manylinux_2_99999999_x86_64", "manylinux_2_"),
        ("3.12", "macosx_13_0_universal2", "macosx"),
        ("3.12", "", ""),
        ("3.12", "manylinux_2_28_vax", ""),
        ("312", "linux", "3.12"),
        ("313t", "linux", "3.13t"),
        ("3", "linux", "3.12"),
        ("2.7", "linux", "3.12"),
        ("3.12t", "linux", "3.13"),
        ("three", "linux", "3.12"),
        ("3.12\n", "linux\x1b", ""),
    ],
)
def test_what_does_not_exist_is_told_with_a_hint(version: str, platform: str, hint: str) -> None:
    with pytest.raises(TargetError) as caught:
        target_for(version, platform)
    assert hint in str(caught.value)


def test_an_implementation_whose_tags_are_unknown_is_refused() -> None:
    with pytest.raises(TargetError, match="graalpy"):
        target_for("3.12", "linux", "graalpy")
