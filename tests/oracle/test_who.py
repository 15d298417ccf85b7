"""Whose a file is that real pip and uv installed, and whose content is there: told as the bytes tell it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.environments import INSTALLER_NAMES, PYTHON_FOLDER, RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash.environment.owners import owners_in
from wheelclash.environment.paths import places_at, places_of
from wheelclash.target.interpreter import ask, running, target_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environment, Environments
    from wheelclash.core.query import PathOwners

pytestmark = pytest.mark.oracle

ONE = Wheel(
    "one",
    files={
        "p/m.py": "1",
        "p/_x.abi3.so": "1",
        "p/same.py": "",
        "one.py": "",
        "one-1.0.data/data/share/one.txt": "1",
        "one-1.0.data/headers/one.h": "1",
        "one-1.0.data/scripts/script": "#!python\n1",
    },
    scripts={"tool": "one:run"},
)
TWO = Wheel(
    "two",
    files={
        "p/m.py": "2",
        "p/_x.abi3.so": "2",
        "p/same.py": "",
        "two.py": "",
        "two-1.0.data/scripts/script": "#!/bin/sh",
    },
    scripts={"tool": "two:run"},
)
CONTESTED = {"p/m.py": "p/m.py", "p._x": "p/_x.abi3.so", "script": "../../../bin/script", "tool": "../../../bin/tool"}
"""What is asked for, and where it lies, from site-packages."""


@pytest.fixture(params=INSTALLER_NAMES)
def installer(request: pytest.FixtureRequest, tmp_path: Path) -> RealInstaller:
    return RealInstaller(request.param, tmp_path / "cache")


@pytest.fixture
def environment(environments: Environments) -> Environment:
    return environments.new()


def told(environment: Environment, asked: str) -> PathOwners:
    interpreter = ask(environment.python)
    found = owners_in(places_of(interpreter), target_of(interpreter), [asked], environment.prefix)
    assert (found.skipped, dict(found.unknown)) == ((), {})
    (only,) = found.path_owners
    return only


def whose(environment: Environment, asked: str) -> tuple[list[str], str | None, list[str]]:
    found = told(environment, asked)
    names = {share.id: share.name for share in found.shares}
    return list(names.values()), found.state, [names[id_] for id_ in found.matches]


def install(installer: RealInstaller, environment: Environment, folder: Path, *wheels: Wheel) -> None:
    paths = [each.write(folder) for each in wheels]
    installer.install(environment, paths, "--no-deps", "--force-reinstall").expect()


def writer(place: Path) -> str:
    """Whose bytes these are: each wheel has its own number or name in them."""
    text = place.read_bytes()
    return "one" if b"1" in text.splitlines()[-1] or b"from one" in text else "two"


def test_last_one_installed_has_its_content_there(
    installer: RealInstaller, environment: Environment, tmp_path: Path
) -> None:
    for last, order in (("two", (ONE, TWO)), ("one", (ONE,))):
        for wheel in order:
            install(installer, environment, tmp_path, wheel)
        for asked in CONTESTED:
            assert whose(environment, asked) == (["one", "two"], "present", [last]), asked
    assert whose(environment, "p.same") == (["one", "two"], "present", ["one", "two"])


def test_one_command_leaves_what_the_bytes_say(
    installer: RealInstaller, environment: Environment, tmp_path: Path
) -> None:
    """Under uv each file is a coin flip."""
    install(installer, environment, tmp_path, ONE, TWO)
    site = environment.prefix / environment.real_path("site-packages", "")
    for asked, place in CONTESTED.items():
        if asked == "script":
            text = (site / place).read_bytes()
            assert whose(environment, asked)[2] == (["two"] if b"/bin/sh" in text.splitlines()[0] and b"1" not in
                text.splitlines()[-1] else ["one"])  # fmt: skip
        else:
            assert whose(environment, asked)[2] == [writer(site / place)], asked


def test_every_scheme_by_every_name(installer: RealInstaller, environment: Environment, tmp_path: Path) -> None:
    install(installer, environment, tmp_path, ONE)
    names = {
        "site-packages/p/m.py": [f"lib/{PYTHON_FOLDER}/site-packages/p/m.py", "p.m", "p/m.py"],
        "scripts/tool": ["bin/tool", "tool", str(environment.prefix / "bin" / "tool")],
        "scripts/script": ["scripts/script", "script"],
        "data/share/one.txt": ["share/one.txt", "data/share/one.txt"],
        "headers/one/one.h": [f"include/site/{PYTHON_FOLDER}/one/one.h", "headers/one/one.h"],
    }
    for path, asked in names.items():
        for text in asked:
            found = told(environment, text)
            assert (found.path, [share.name for share in found.shares], found.state) == (path, ["one"], "present")
            assert found.matches == (found.shares[0].id,)
    assert whose(environment, "bin/python") == ([], "present", [])


def test_bytecode_that_an_installer_or_an_import_left(
    installer: RealInstaller, environment: Environment, tmp_path: Path
) -> None:
    install(installer, environment, tmp_path, ONE)
    subprocess.run([environment.python, "-c", "import one"], check=True, env={})
    (made,) = (environment.prefix / environment.real_path("site-packages", "__pycache__")).glob("one.*.pyc")
    found = told(environment, str(made))
    assert ([share.name for share in found.shares], found.source) == (["one"], "site-packages/one.py")


def test_uninstall_leaves_what_is_recorded_and_gone(
    installer: RealInstaller, environment: Environment, tmp_path: Path
) -> None:
    other = Wheel("other", files={"other.py": ""})  # pip takes an empty site-packages folder along
    install(installer, environment, tmp_path, ONE, TWO, other)
    installer.uninstall(environment, ["one"]).expect()
    for asked in (*CONTESTED, "p.same"):
        assert whose(environment, asked) == (["two"], "missing", []), asked
    assert told(environment, "p").shares[0].missing == 3
    installer.uninstall(environment, ["two"]).expect()
    interpreter = ask(environment.python)
    found = owners_in(places_of(interpreter), target_of(interpreter), ["p.m", "tool"], environment.prefix)
    assert list(found.unknown) == ["p.m", "tool"]


def test_folder_made_with_target(installer: RealInstaller, environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "target"
    installer.install(environment, [TWO.write(tmp_path)], "--no-deps", "--target", str(folder)).expect()
    found = owners_in(places_at(folder), target_of(running()), ["p.m", "tool", "bin/script"], tmp_path)
    assert [([share.name for share in each.shares], each.state) for each in found.path_owners] == [
        (["two"], "present")
    ] * 3
