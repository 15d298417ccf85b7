"""``pytest --wheelclash`` in real environments: fails where ``wheelclash env`` does, and costs nothing unasked."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wheelclash
from tests.support.command import ROOT, Command
from tests.support.environments import Environment, Environments, RealInstaller
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from wheelclash.report.model import FailOn

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CLASH = "WC021[a b site-packages/shared/]"
OTHERS = ("cacheprovider", "hypothesispytest", "xdist", "xdist.looponfail", "anyio", "platformdirs")
"""Plugins that take time, and are not wanted here."""

_UNASKED = """\
import sys

def test_own():
    ours = {name for name in sys.modules if name.partition(".")[0] == "wheelclash"}
    known = {"wheelclash", "wheelclash.version", "wheelclash.integrations", "wheelclash.integrations.pytest_plugin"}
    assert ours == known
"""


def _plugin() -> Wheel:
    """Return a wheel with the entry points that wheelclash declares; the code itself is that of the repository."""
    lines = [f"{name} = {value}\n" for name, value in PROJECT["entry-points"]["pytest11"].items()]
    return Wheel("plugin", files={"plugin-1.0.dist-info/entry_points.txt": "".join(["[pytest11]\n", *lines])})


@pytest.fixture(scope="module")
def environments(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Environment]:
    """Environments by what is wrong with them, each with the plugin."""
    folder: Path = tmp_path_factory.mktemp("plugin")
    (folder / "environments").mkdir()
    made = Environments(folder / "environments")
    installer = RealInstaller("uv", folder / "cache")
    sets = {
        "nothing": [Wheel("a", files={"a.py": ""})],
        "clash": [Wheel(name, files={"shared/m.py": name, f"{name}.py": ""}) for name in ("a", "b")],
        "warning": [Wheel(name, files={"shared/notes.txt": name, f"{name}.py": ""}) for name in ("a", "b")],
        "unread": [Wheel("a", files={"a.py": ""})],
    }
    environments = {}
    for name, wheels in sets.items():
        environments[name] = made.new()
        written = [wheel.write(folder / name) for wheel in (*wheels, _plugin())]
        installer.install(environments[name], written, "--no-deps").expect()
    unread = environments["unread"]
    record = unread.prefix / unread.real_path("site-packages", "a-1.0.dist-info/RECORD")
    record.unlink()
    record.mkdir()
    return environments


def _run(environment: Environment, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in an environment; it and what it needs are found where the tests run."""
    environ = Command(folder).variables(PYTHONPATH=f"{ROOT}:{Path(pytest.__file__).parents[1]}")
    (folder / "test_own.py").write_text(_UNASKED)
    without = [f"-pno:{name}" for name in OTHERS]
    line = [str(environment.python), "-m", "pytest", "-vrA", *without, *arguments]
    return subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_a_clash_is_a_failing_test_of_its_own(environments: dict[str, Environment], tmp_path: Path) -> None:
    ran = _run(environments["clash"], tmp_path, "--wheelclash", "-m", "wheelclash", "--strict-markers")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed, 1 deselected" in ran.stdout
    assert f"wheelclash::{CLASH} FAILED" in ran.stdout
    assert re.search(r"site-packages/shared/m\.py: the content is that of [ab], not that of [ab]\.", ran.stdout)
    assert "`wheelclash fix --keep NAME`" in ran.stdout


def test_nothing_is_imported_unless_it_is_asked_for(environments: dict[str, Environment], tmp_path: Path) -> None:
    ran = _run(environments["clash"], tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert "1 passed" in ran.stdout


@pytest.mark.parametrize(
    ("state", "fail_on", "code"),
    [
        ("nothing", "notice", 0),
        ("clash", "never", 0),
        ("warning", "error", 0),
        ("warning", "warning", 1),
        ("unread", "never", 1),
    ],
)
def test_it_fails_where_the_command_does(
    environments: dict[str, Environment], tmp_path: Path, state: str, fail_on: FailOn, code: int
) -> None:
    environment = environments[state]
    answer = wheelclash.check_environment(environment.python).exit_code(fail_on=fail_on)
    assert bool(answer) == bool(code)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\nwheelclash = true\nwheelclash_fail_on = {fail_on}\n")
    ran = _run(environment, tmp_path, "-k", "wheelclash")
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert "1 deselected" in ran.stdout
    if state == "nothing":
        assert "wheelclash::environment PASSED" in ran.stdout
    if state == "unread":
        assert "could not be read" in ran.stdout


def test_the_configuration_of_the_project_counts(environments: dict[str, Environment], tmp_path: Path) -> None:
    """What it accepts is an expected failure; a key that does not exist ends the run."""
    (tmp_path / "wheelclash.toml").write_text('[[ignore]]\npath = "*/m.py"\nreason = "meant"\n')
    ran = _run(environments["clash"], tmp_path, "--wheelclash", "-m", "wheelclash")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 xfailed" in ran.stdout
    (tmp_path / "wheelclash.toml").write_text("fail_on = 5\n")
    ran = _run(environments["clash"], tmp_path, "--wheelclash", "-m", "wheelclash")
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "there is no key 'fail_on'" in ran.stdout + ran.stderr


def test_a_severity_that_does_not_exist_is_refused(environments: dict[str, Environment], tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nwheelclash = true\nwheelclash_fail_on = grave\n")
    ran = _run(environments["nothing"], tmp_path)
    assert ran.returncode == pytest.ExitCode.USAGE_ERROR
    assert "must be one of error, warning, notice, never, not 'grave'" in ran.stderr
