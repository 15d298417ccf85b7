"""Start-up files: what makes Python run a distribution's code at every start, and what that does to remedies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, Command
from tests.support.installed import Handmade
from tests.support.wheelmaker import Wheel
from wheelclash.core.layout import InstalledPath
from wheelclash.core.startup import is_startup_file, runs_code

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "import shutil; shutil.copy('copy/m.py', 'p/m.py')\n"
DISTUTILS = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; enabled and"
    " __import__('_distutils_hack').add_shim(); \n"
)
NAMESPACE = (
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);"
    "p = os.path.join(sys._getframe(1).f_locals['sitedir'], *('zope',));m = 1\n"
)


@pytest.mark.parametrize(
    ("path", "data", "runs"),
    [
        ("site-packages/hook.pth", HOOK, True),
        ("site-packages/hook.pth", f"\ufeff# a comment\n{HOOK}", True),
        ("site-packages/hook.pth", "import\thook\n", True),
        ("site-packages/hook.start", "hook:main\n", True),
        ("site-packages/sitecustomize.py", "", True),
        ("site-packages/usercustomize/__init__.py", "", True),
        ("site-packages/sitecustomize.abi3.so", "", True),
        ("site-packages/paths.pth", "/opt/library\nimportant/folder\n", False),
        ("site-packages/distutils-precedence.pth", DISTUTILS, False),
        ("site-packages/zope.interface-5.0-nspkg.pth", NAMESPACE, False),
        ("site-packages/__editable___one_1_0_finder.pth", "import __editable___one_1_0_finder; x()", False),
        ("site-packages/pkg/hook.pth", HOOK, False),
        ("data/hook.pth", HOOK, False),
        ("site-packages/sitecustomize/helper.py", "", False),
        ("site-packages/sitecustomized.py", "", False),
    ],
)
def test_what_python_runs_at_every_start(path: str, data: str, *, runs: bool) -> None:
    assert (is_startup_file(InstalledPath(path)) and runs_code(path, data.encode())) == runs


def test_what_cannot_be_read_is_taken_for_code() -> None:
    assert runs_code("site-packages/hook.pth", None)


def keeper() -> Wheel:
    return Wheel("keeper", files={"p/m.py": "1"})


def hooked(**files: str) -> Wheel:
    return Wheel("hooked", files={"p/m.py": "2", "copy/m.py": "2", **files})


def remedies(ask: Command, folder: Path, *wheels: Wheel, keep: str) -> list[str]:
    paths = [str(each.write(folder)) for each in wheels]
    ran = ask(*paths, *LINUX, "--keep", keep, "--format", "json")
    return [each["strategy"] for each in ran.json["remedies"]]


@pytest.fixture
def ask(tmp_path: Path) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home")


def test_what_is_undone_at_the_next_start_is_not_promised(ask: Command, tmp_path: Path) -> None:
    """Against a distribution that runs code at every start, being written last is no remedy; for it, it is."""
    hook = hooked(**{"hook.pth": HOOK})
    assert remedies(ask, tmp_path, keeper(), hook, keep="keeper") == ["avoid", "remove-loser"]
    assert remedies(ask, tmp_path, keeper(), hook, keep="hooked") == ["avoid", "reinstall-keeper", "remove-loser"]
    ran = ask(str(tmp_path / keeper().filename), str(tmp_path / hook.filename), *LINUX)
    assert "hooked runs code whenever Python starts (hook.pth): it may overwrite the winner" in ran.out
    ran = ask(str(tmp_path / keeper().filename), str(tmp_path / hook.filename), *LINUX, "--format", "json")
    findings = {each["name"]: [(one["code"], one["path"]) for one in each["findings"]]
                for each in ran.json["distributions"]}  # fmt: skip
    assert findings == {"keeper": [], "hooked": [("startup-code", "hook.pth")]}


@pytest.mark.parametrize("text", [DISTUTILS, NAMESPACE, "/opt/library\n"])
def test_everyday_path_files_change_nothing(ask: Command, tmp_path: Path, text: str) -> None:
    wheels = keeper(), hooked(**{"hook.pth": text})
    assert remedies(ask, tmp_path, *wheels, keep="keeper") == ["avoid", "reinstall-keeper", "remove-loser"]


def test_code_of_who_clashes_with_nobody_is_no_finding(ask: Command, tmp_path: Path) -> None:
    coverage = Wheel("coverage", files={"a1_coverage.pth": "import sys; exec('')\n", "cov.py": ""})
    paths = [str(each.write(tmp_path)) for each in (keeper(), coverage)]
    ran = ask(*paths, *LINUX)
    assert (ran.code, len(ran.lines)) == (0, 1)


@pytest.mark.skipif(os.name != "posix", reason="the environment is that of POSIX")
def test_an_environment_tells_who_runs_code(tmp_path: Path) -> None:
    made = Handmade(tmp_path / "venv")
    made.add("keeper", {"p/m.py": "1"})
    made.add("hooked", {"p/m.py": "2", "hook.pth": HOOK})
    made.add("calm", {"calm.py": "", "calm.pth": HOOK})
    found = {each.name: [*each.startup] for each in made.scan().distributions}
    assert found == {"keeper": [], "hooked": ["site-packages/hook.pth"], "calm": []}
    (made.site / "hook.pth").unlink()
    assert not any(each.startup for each in made.scan().distributions)
