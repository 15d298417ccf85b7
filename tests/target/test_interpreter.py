"""Interpreters: what they say of themselves, and which one is meant."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from wheelclash.errors import TargetError
from wheelclash.target import interpreter as module
from wheelclash.target.interpreter import ask, choose_interpreter, running, target_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the stand-ins are shell scripts")


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three environments without pip, by name."""
    folder = tmp_path_factory.mktemp("environments")
    for name in ("active", "conda", "work/.venv"):
        venv.create(folder / name, with_pip=False, symlinks=True)
    return {"active": folder / "active", "conda": folder / "conda", "work": folder / "work"}


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_an_interpreter_asked_says_what_it_would_say_of_itself() -> None:
    assert target_of(ask(Path(sys.executable))) == target_of(running())


# -- Pythons of every age ----------------------------------------------------------------------------------

OTHERS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

_VENDORED = """
import json
from pip._vendor.packaging import markers, tags
environment = {key: str(value) for key, value in markers.default_environment().items() if key != "extra"}
print(json.dumps([sorted(map(str, tags.sys_tags())), environment]))
"""


def of_version(version: str) -> Path:
    """An interpreter of that version, on PATH or of pyenv."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [*map(Path, filter(None, [shutil.which(f"python{version}")]))]
    found += sorted(root.glob(f"versions/{version}.*/bin/python{version}"))
    for each in found:
        if subprocess.run([each, "-c", "import pip"], capture_output=True, check=False).returncode == 0:
            return each
    pytest.skip(f"there is no Python {version} with pip here")


@pytest.mark.parametrize("version", OTHERS)
def test_an_interpreter_of_any_age_supports_what_its_own_pip_says(version: str) -> None:
    """Tags and markers, by the copy of packaging in its pip; newer ones of ours may know more tags."""
    python = of_version(version)
    done = subprocess.run([python, "-I", "-c", _VENDORED], capture_output=True, check=True)
    tags, markers = json.loads(done.stdout)
    found = target_of(ask(python))
    assert found.markers == markers
    ours = {str(tag) for tag in found.tags}
    assert set(tags) <= ours
    assert all("abi3t" in tag or tag.endswith("-none-any") for tag in ours - set(tags))


def test_the_probe_is_a_script_of_the_standard_library_for_python_3_8() -> None:
    tree = ast.parse(module._PROBE.read_text("utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - {"_manylinux"} <= sys.stdlib_module_names
    done = subprocess.run([sys.executable, "-I", "-S", str(module._PROBE)], capture_output=True, check=True)
    assert json.loads(done.stdout)["prefix"]


def answer_of(**more: Any) -> dict[str, Any]:
    """What the probe of some interpreter prints, in part."""
    given: dict[str, Any] = {
        "implementation": "cpython", "version": "3.9.1", "nodot": "39", "free_threaded": False, "is_debug": False,
        "is_32_bit": False, "platform": "linux-x86_64", "host": "x86_64-pc-linux-gnu", "suffix": ".so",
        "c_library": {"glibc": [2, 17]}, "markers": {"platform_system": "Linux", "platform_machine": "x86_64"},
    }  # fmt: skip
    return given | more


@pytest.mark.parametrize(
    ("facts", "supported", "others"),
    [
        ({}, ["cp39-cp39-manylinux_2_17_x86_64", "cp39-abi3-manylinux2014_x86_64"], ["cp39-cp39-musllinux_1_1_x86_64"]),
        ({"c_library": {"musl": [1, 2]}}, ["cp39-cp39-musllinux_1_1_x86_64"], ["cp39-cp39-manylinux1_x86_64"]),
        (
            {"c_library": {"glibc": [2, 17], "refused": [17]}},
            ["cp39-cp39-manylinux_2_16_x86_64"],
            ["cp39-cp39-manylinux_2_17_x86_64", "cp39-cp39-manylinux2014_x86_64"],
        ),
        ({"c_library": {}}, ["cp39-cp39-linux_x86_64", "py3-none-any"], ["cp39-cp39-manylinux1_x86_64"]),
        ({"is_32_bit": True}, ["cp39-cp39-manylinux1_i686"], ["cp39-cp39-manylinux1_x86_64"]),
        ({"is_debug": True}, ["cp39-cp39d-linux_x86_64", "cp39-cp39-linux_x86_64"], []),
        (
            {"version": "3.13.1", "nodot": "313", "free_threaded": True},
            ["cp313-cp313t-linux_x86_64"],
            ["cp313-cp313-linux_x86_64", "cp313-abi3-linux_x86_64"],
        ),
        (
            {"implementation": "pypy", "suffix": ".pypy39-pp73-x86_64-linux-gnu.so"},
            ["pp39-pypy39_pp73-manylinux_2_17_x86_64", "pp3-none-any"],
            ["cp39-cp39-linux_x86_64"],
        ),
        (
            {"platform": "win-amd64", "markers": {"platform_system": "Windows", "platform_machine": "AMD64"}},
            ["cp39-cp39-win_amd64"],
            ["cp39-cp39-linux_x86_64"],
        ),
        ({"platform": "linux-armv7l", "host": "arm-linux-gnueabi"}, [], ["cp39-cp39-manylinux2014_armv7l"]),
        ({"platform": "linux-armv7l", "host": "arm-linux-gnueabihf"}, ["cp39-cp39-manylinux2014_armv7l"], []),
    ],
)
def test_tags_follow_from_what_an_interpreter_says(
    facts: dict[str, Any], supported: list[str], others: list[str]
) -> None:
    found = [str(tag) for tag in module._supported(answer_of(**facts))]
    assert set(supported) <= set(found)
    assert not set(others) & set(found)


def test_asking_for_oneself_starts_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert choose_interpreter(python=sys.executable, run_as_module=False, environ={}, cwd=tmp_path) == running({})


def test_an_environment_is_told_from_its_base(environments: dict[str, Path]) -> None:
    found = ask(environments["active"] / "bin" / "python", {"VIRTUAL_ENV": str(environments["active"])})
    assert found.prefix == environments["active"]
    assert found.is_virtual
    assert found.is_active
    assert not found.has_pip
    assert not found.externally_managed
    assert found.executable.parent == environments["active"] / "bin"


@pytest.mark.parametrize(
    ("python", "run_as_module", "variables", "expected"),
    [
        ("conda", True, {"VIRTUAL_ENV": "active"}, "conda"),
        (None, True, {"VIRTUAL_ENV": "active"}, None),
        (None, False, {"VIRTUAL_ENV": "active", "CONDA_PREFIX": "conda"}, "active"),
        (None, False, {"VIRTUAL_ENV": "", "CONDA_PREFIX": "conda"}, "conda"),
        (None, False, {}, "work/.venv"),
    ],
)
def test_the_first_that_applies_is_meant(
    environments: dict[str, Path],
    python: str | None,
    *,
    run_as_module: bool,
    variables: dict[str, str],
    expected: str | None,
) -> None:
    folder = environments["work"].parent
    environ = {key: value and str(folder / value) for key, value in variables.items()}
    found = choose_interpreter(
        python=python and str(folder / python), run_as_module=run_as_module, environ=environ, cwd=folder / "work"
    )
    assert found.prefix == (Path(sys.prefix) if expected is None else folder / expected)


def test_without_anything_else_the_running_one_is_meant(tmp_path: Path) -> None:
    assert choose_interpreter(python=None, run_as_module=False, environ={}, cwd=tmp_path).prefix == Path(sys.prefix)


def test_a_tool_in_an_environment_of_its_own_means_the_first_python_outside(
    environments: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "tools" / "wheelclash"
    venv.create(own, with_pip=False, symlinks=True)
    (own / "uv-receipt.toml").write_text("[tool]\n")
    monkeypatch.setattr(sys, "prefix", str(own))
    path = os.pathsep.join(str(each / "bin") for each in (own, environments["active"]))
    found = choose_interpreter(python=None, run_as_module=False, environ={"PATH": path}, cwd=tmp_path)
    assert found.prefix == environments["active"]


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("share/pipx/venvs/wheelclash", False),
        ("cache/pipx/0a1b2c", True),
        ("pipx/.cache/0a1b2c", True),
        ("uv/archive-v0/AbC", True),
        ("uv/environments-v2/x-1", True),
        ("home/.venv", False),
    ],
)
def test_throw_away_environments_are_known_by_their_place(tmp_path: Path, folder: str, *, expected: bool) -> None:
    assert module._is_tool_environment(tmp_path / folder) is expected


def test_a_version_is_looked_for_on_path(environments: dict[str, Path], tmp_path: Path) -> None:
    script(tmp_path / "python3", "exit 127")  # a launcher's stub
    path = os.pathsep.join([str(tmp_path), str(environments["active"] / "bin")])
    version = ".".join(map(str, sys.version_info[:2]))
    found = choose_interpreter(python=version, run_as_module=False, environ={"PATH": path}, cwd=tmp_path)
    assert found.prefix == environments["active"]
    with pytest.raises(TargetError, match=r"3\.99"):
        choose_interpreter(python="3.99", run_as_module=False, environ={"PATH": path}, cwd=tmp_path)


def test_a_name_is_looked_for_on_path(environments: dict[str, Path], tmp_path: Path) -> None:
    environ = {"PATH": str(environments["conda"] / "bin")}
    assert (
        choose_interpreter(python="python", run_as_module=False, environ=environ, cwd=tmp_path).prefix
        == environments["conda"]
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("exit 3", "does not answer"),
        ("echo no JSON", "does not answer"),
        ('echo "{}"', "does not answer"),
        ("echo '{\"prefix\": 1}'", "does not answer"),
        ("echo oh dear >&2; exit 1", "oh dear"),
    ],
)
def test_what_is_no_python_is_told(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(TargetError, match=reason):
        ask(script(tmp_path / "python", text))


def test_one_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with pytest.raises(TargetError, match="did not answer"):
        ask(script(tmp_path / "python", "exec sleep 20"))


@pytest.mark.parametrize("name", ["nowhere", "bin/nowhere", "", "empty", "plain", "a\0b"])
def test_what_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "plain").write_text("not executable")
    with pytest.raises(TargetError):
        choose_interpreter(python=name, run_as_module=False, environ={"PATH": str(tmp_path)}, cwd=tmp_path)


def test_a_stale_variable_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"VIRTUAL_ENV.*Unset"):
        choose_interpreter(
            python=None, run_as_module=False, environ={"VIRTUAL_ENV": str(tmp_path / "gone")}, cwd=tmp_path
        )
