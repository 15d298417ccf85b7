"""How uv is told a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.values import LINUX
from wheelclash.errors import QuestionError
from wheelclash.resolve.uv import uv_target
from wheelclash.target.interpreter import running, target_of
from wheelclash.target.platforms import PLATFORMS
from wheelclash.target.target import target_for, with_python


@pytest.mark.parametrize(
    ("platform", "name", "environ"),
    [
        ("linux", "x86_64-manylinux_2_28", {}),
        ("x86_64-manylinux2014", "x86_64-manylinux_2_17", {}),
        ("manylinux2014_aarch64", "aarch64-manylinux_2_17", {}),
        ("manylinux_2_36_x86_64", "x86_64-manylinux_2_36", {}),
        ("x86_64-unknown-linux-musl", "x86_64-unknown-linux-musl", {}),
        ("macos", "aarch64-apple-darwin", {"MACOSX_DEPLOYMENT_TARGET": "13.0"}),
        ("macosx_11_0_x86_64", "x86_64-apple-darwin", {"MACOSX_DEPLOYMENT_TARGET": "11.0"}),
        ("windows", "x86_64-pc-windows-msvc", {}),
        ("win32", "i686-pc-windows-msvc", {}),
        ("win_arm64", "aarch64-pc-windows-msvc", {}),
        ("android_30_arm64_v8a", "aarch64-linux-android", {"ANDROID_API_LEVEL": "30"}),
        ("ios_15_0_arm64_iphoneos", "arm64-apple-ios", {"IPHONEOS_DEPLOYMENT_TARGET": "15.0"}),
        ("riscv64-unknown-linux", "riscv64-unknown-linux", {}),
        ("wasm32-pyodide2025", "wasm32-pyodide2025", {}),
    ],
)
def test_a_foreign_platform_has_an_exact_name(platform: str, name: str, environ: dict[str, str]) -> None:
    found = uv_target(target_for("3.12.4", platform))
    assert found.options[-4:] == ("--python-version", "3.12.4", "--python-platform", name)
    assert (found.environ, found.notes) == (environ, ())


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_every_name_of_uv_has_its_way_back_to_uv(platform: str) -> None:
    assert not uv_target(target_for("3.12", platform)).notes


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("manylinux_2_30_x86_64", "x86_64-manylinux_2_28"),
        ("manylinux_2_47_aarch64", "aarch64-manylinux_2_40"),
        ("musllinux_1_3_x86_64", "x86_64-unknown-linux-musl"),
    ],
)
def test_between_two_names_the_older_system_is_taken_and_told(platform: str, name: str) -> None:
    found = uv_target(target_for("3.12", platform))
    assert found.options[-1] == name
    assert len(found.notes) == 1
    assert platform in found.notes[0]


@pytest.mark.parametrize(
    "platform", ["manylinux_2_12_x86_64", "musllinux_1_1_x86_64", "manylinux_2_28_s390x", "linux_x86_64"]
)
def test_a_platform_without_a_name_is_refused_by_name(platform: str) -> None:
    with pytest.raises(QuestionError, match=platform):
        uv_target(target_for("3.12", platform))


@pytest.mark.parametrize(("version", "implementation"), [("3.13t", "cpython"), ("3.11", "pypy")])
def test_a_python_uv_cannot_imagine_is_refused(version: str, implementation: str) -> None:
    with pytest.raises(QuestionError, match="uv cannot resolve for a"):
        uv_target(target_for(version, "linux", implementation))


def test_a_real_interpreter_needs_no_names() -> None:
    interpreter = running()
    assert uv_target(target_of(interpreter), interpreter).options == ("--python", str(interpreter.executable))


def test_an_interpreter_that_is_not_the_target_is_only_where_uv_starts_from() -> None:
    interpreter = running()._replace(executable=Path("/some/python"))
    found = uv_target(LINUX, interpreter)
    assert found.options[:4] == ("--python", "/some/python", "--python-version", "3.12.0")


def test_another_python_on_this_machine_keeps_the_platform_of_the_machine() -> None:
    """Whose own version of the C library may have no name."""
    found = uv_target(with_python(target_of(running()), "3.13"))
    assert found.options == ("--python", str(running().executable), "--python-version", "3.13.0")
