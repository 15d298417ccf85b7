"""What pip calls commands, and how it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.values import LINUX, MACOS, WINDOWS
from wheelclash.core.contents import EntryPoint
from wheelclash.core.installer import Invocation
from wheelclash.installers import PIP

if TYPE_CHECKING:
    from wheelclash.target.target import Target

HERE = Invocation()


def _names(*names: str, target: Target = LINUX) -> list[str]:
    points = [EntryPoint(name, "m:f", "console") for name in names]
    return [name for name, _ in PIP.rules.command_names(points, target)]


@pytest.mark.parametrize(
    ("name", "on_windows"),
    [
        ("tool", "tool.exe"),
        ("tool.py", "tool.exe"),
        ("tool.pyw", "tool.exe"),
        ("tool.pyz", "tool.exe"),
        ("tool.exe", "tool.exe.exe"),
        ("tool.sh", "tool.sh.exe"),
        ("tool.py.x", "tool.py.x.exe"),
        ("my-tool3.12", "my-tool3.12.exe"),
    ],
)
def test_command_names(name: str, on_windows: str) -> None:
    """As written; on Windows ``.exe`` in place of a suffix that begins with ``.py``. Console and gui alike (§1.4)."""
    assert _names(name) == _names(name, target=MACOS) == [name]
    assert _names(name, target=WINDOWS) == [on_windows]
    gui = EntryPoint(name, "m:f", "gui")
    assert PIP.rules.command_names([gui], WINDOWS) == [(on_windows, gui)]


def test_pips_own_commands() -> None:
    """Pip's own wheel gets the versioned commands of the Python at hand, whatever it was built with."""
    assert sorted(_names("pip", "pip3", "pip3.9", "tool")) == ["pip", "pip3", "pip3.12", "tool"]
    assert sorted(_names("pip", target=WINDOWS)) == ["pip.exe", "pip3.12.exe", "pip3.exe"]
    assert _names("pip3.9", "pipx") == ["pip3.9", "pipx"], "without a command pip they are like any other"


def test_easy_install() -> None:
    """And so does that of an old setuptools."""
    assert sorted(_names("easy_install", "easy_install-2.7")) == ["easy_install", "easy_install-3.12"]


def test_versioned_commands_run_the_same() -> None:
    """The commands that are added run what ``pip`` runs."""
    points = [EntryPoint("pip", "pip:main", "console"), EntryPoint("pip3", "other:main", "console")]
    assert {point.value for _, point in PIP.rules.command_names(points, LINUX)} == {"pip:main"}


@pytest.mark.parametrize(
    ("where", "start"),
    [
        (HERE, ("pip",)),
        (Invocation(python="/env/bin/python"), ("/env/bin/python", "-m", "pip")),
        (Invocation(python="/env/bin/python", has_pip=False), ("pip", "--python", "/env/bin/python")),
        (Invocation(system=True), ("pip",)),
    ],
)
def test_environment(where: Invocation, start: tuple[str, ...]) -> None:
    """Every command names the environment, unless it is the active one."""
    assert PIP.install(["a==1"], where) == (*start, "install", "a==1")
    assert PIP.reinstall(["a==1"], where) == (*start, "install", "--force-reinstall", "--no-deps", "a==1")
    assert PIP.uninstall(["a", "b"], where) == (*start, "uninstall", "--yes", "a", "b")


def test_index_options() -> None:
    """Index options are repeated where something is downloaded, and nowhere else."""
    options = PIP.index_options(
        index_url="https://one.example/simple",
        extra_index_urls=["https://two.example/simple"],
        find_links=["wheels"],
        no_index=True,
    )
    assert options == (
        "--index-url", "https://one.example/simple", "--extra-index-url", "https://two.example/simple",
        "--find-links", "wheels", "--no-index",
    )  # fmt: skip
    where = Invocation(index_options=options)
    assert PIP.install(["a==1"], where, no_deps=True) == ("pip", "install", "--no-deps", *options, "a==1")
    assert PIP.reinstall(["a==1"], where)[-len(options) - 1 :] == (*options, "a==1")
    assert not set(options) & set(PIP.uninstall(["a"], where))
    assert PIP.index_options(index_url=None, extra_index_urls=[], find_links=[], no_index=False) == ()
