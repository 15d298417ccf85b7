"""The build hook in real builds by hatchling: a wheel that clashes with its siblings is refused and removed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.support.command import ROOT, Command
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.integrations.hatch_hook import _KEYS, _target_of
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POINTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "2.0"
requires-python = ">=3.9"

[tool.hatch.build]
dev-mode-dirs = ["."]

[tool.hatch.build.targets.wheel]
packages = ["nixl_ep"]

[tool.hatch.build.hooks.wheelclash]
dependencies = ["wheelclash"]
{options}
"""


class Publisher:
    """A project with the hook, and hatchling as its build frontends run it."""

    def __init__(self, folder: Path, index: LoopbackIndex) -> None:
        self.folder = folder
        self.plugins = folder / "plugins"
        (self.plugins / "hook-1.0.dist-info").mkdir(parents=True)
        lines = [f"{name} = {value}\n" for name, value in POINTS["hatch"].items()]
        (self.plugins / "hook-1.0.dist-info" / "entry_points.txt").write_text("".join(["[hatch]\n", *lines]))
        self.command = Command(folder, index.simple, {"PYTHONPATH": f"{ROOT}:{self.plugins}"})

    def write(self, options: str = "", *, name: str = "nixl-cu12", file: str = "core.py") -> None:
        """Write the project, with the one file in its package."""
        package = self.folder / "nixl_ep"
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir()
        (package / file).write_text("two = 2\n")
        (self.folder / "pyproject.toml").write_text(_PROJECT.format(name=name, options=options))

    def build(self, options: str = "", *, builder: type[Any] = WheelBuilder, **project: str) -> bool:
        """Return whether the project could be built; hatchling runs in this process."""
        self.write(options, **project)
        try:
            return bool(list(builder(str(self.folder)).build(directory=str(self.folder / "dist"))))
        except SystemExit:
            return False

    @property
    def built(self) -> list[str]:
        """The names of the wheels that were built."""
        return sorted(path.name for path in (self.folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("index")) as index:
        index.add(Wheel("nixl-cu13", files={"nixl_ep/core.py": "three = 3\n", "nixl_ep/notes.txt": "3"}))
        yield index


@pytest.fixture
def publisher(tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    publisher = Publisher(tmp_path, index)
    monkeypatch.syspath_prepend(publisher.plugins)
    for name, value in publisher.command.variables().items():
        monkeypatch.setenv(name, value)
    return publisher


def test_a_wheel_that_clashes_with_a_published_sibling_is_not_built(publisher: Publisher) -> None:
    publisher.write()
    ran = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
        cwd=publisher.folder,
        env=publisher.command.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    refusal, clash, problem, advice = ran.stderr.splitlines()
    assert refusal == "wheelclash refuses nixl_cu12-2.0-py3-none-any.whl, which was removed:"
    assert clash == f"nixl-cu12 2.0 and nixl-cu13 1.0 clash: 1 error [{target_of(running()).label}]"
    assert problem.startswith("  WC001 error: nixl-cu12 2.0 and nixl-cu13 1.0 install different contents")
    assert advice == "Leave these files out of the wheel, or name an overlap that is meant under ignore."
    assert publisher.built == []


@pytest.mark.parametrize(
    ("options", "file", "name"),
    [
        pytest.param("", "twelve.py", "nixl-cu12", id="no clash"),
        pytest.param("", "notes.txt", "nixl-cu12", id="a warning"),
        pytest.param('fail-on = "never"', "core.py", "nixl-cu12", id="nothing fails"),
        pytest.param('ignore = ["nixl-cu12,nixl-cu13:*/core.py"]', "core.py", "nixl-cu12", id="ignored"),
        pytest.param("enable-by-default = false", "core.py", "nixl-cu12", id="not asked for"),
        pytest.param('siblings = ["nixl-cu13"]', "unlike.py", "unlisted", id="named"),
        pytest.param('[tool.wheelclash]\nfail-on = "never"', "core.py", "nixl-cu12", id="nothing fails by the project"),
        pytest.param('[tool.wheelclash]\nsiblings = ["nixl-cu13"]', "unlike.py", "unlisted", id="named by the project"),
        pytest.param(
            '[[tool.wheelclash.ignore]]\npath = "*/core.py"\nreason = "x"', "core.py", "nixl-cu12", id="accepted"
        ),
    ],
)
def test_a_wheel_that_may_be_published_is_built(publisher: Publisher, options: str, file: str, name: str) -> None:
    assert publisher.build(options, file=file, name=name)
    assert publisher.built == [f"{name.replace('-', '_')}-2.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("options", "name", "file", "message"),
    [
        ('fail-on = "warning"', "nixl-cu12", "notes.txt", "  WC001 warning: "),
        ('siblings = ["nixl-cu13"]', "unlisted", "core.py", "nixl-cu13 1.0 and unlisted 2.0 clash"),
        ("", "unlisted", "core.py", "no family is known that unlisted belongs to"),
        ('[tool.wheelclash]\nsiblings = ["nixl-cu13"]', "unlisted", "core.py", "nixl-cu13 1.0 and unlisted 2.0 clash"),
        ('[tool.wheelclash]\nfail_on = "x"', "nixl-cu12", "twelve.py", "there is no key 'fail_on'. Perhaps: fail-on?"),
        ('fail_on = "error"', "nixl-cu12", "twelve.py", "has no key 'fail_on'. Perhaps: fail-on?"),
        ('fail-on = "grave"', "nixl-cu12", "twelve.py", "must be one of error, warning, notice, never."),
        ('siblings = "nixl-cu13"', "nixl-cu12", "twelve.py", "siblings must be a list of strings."),
        ('ignore = ["*"]', "nixl-cu12", "twelve.py", "--ignore '*' is not of the form A,B:GLOB."),
        ("allow-incomplete = 1", "nixl-cu12", "twelve.py", "allow-incomplete must be true or false."),
    ],
)
def test_what_cannot_be_published_is_said(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], options: str, name: str, file: str, message: str
) -> None:
    assert not publisher.build(options, name=name, file=file)
    assert message in capsys.readouterr().err
    assert publisher.built == []


def test_without_the_index_a_wheel_is_built_only_if_that_is_allowed(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/simple")
    assert not publisher.build()
    said = capsys.readouterr().err
    assert "  WC014 warning: nixl-cu13 could not be read: " in said
    assert said.endswith("or set allow-incomplete.\n")
    assert publisher.built == []
    assert publisher.build("allow-incomplete = true")
    assert len(publisher.built) == 1


def test_source_archives_and_editable_wheels_are_built_without_a_look(publisher: Publisher) -> None:
    assert publisher.build(builder=SdistBuilder)
    publisher.write()
    assert list(WheelBuilder(str(publisher.folder)).build(directory=str(publisher.folder), versions=["editable"]))


def test_only_a_build_with_the_hook_needs_wheelclash(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project may ask for it in the builds that are published alone."""
    publisher.write("enable-by-default = false")
    assert WheelBuilder(str(publisher.folder)).config.dependencies == []
    monkeypatch.setenv("HATCH_BUILD_HOOK_ENABLE_WHEELCLASH", "true")
    assert WheelBuilder(str(publisher.folder)).config.dependencies == ["wheelclash"]


def test_every_key_is_described() -> None:
    page = (ROOT / "docs" / "reference" / "integrations.md").read_text("utf-8")
    section = page.partition("## hatchling\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == set(_KEYS)


def test_a_wheel_for_another_machine_is_compared_for_that(tmp_path: Path) -> None:
    assert _target_of(tmp_path / "a-1.0-cp313-cp313-win_amd64.whl").label == "CPython 3.13.0, win_amd64"
    assert _target_of(tmp_path / "a-1.0-py3-none-any.whl") == target_of(running())
