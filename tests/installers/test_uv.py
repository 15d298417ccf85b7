"""What uv calls commands, how it is called, and that nobody can know its order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.values import LINUX, WINDOWS, distribution
from tests.support.wheelmaker import Wheel
from wheelclash.core.contents import EntryPoint
from wheelclash.core.installer import Invocation
from wheelclash.installers import UV

if TYPE_CHECKING:
    from wheelclash.target.target import Target


def _names(*names: str, target: Target = LINUX) -> list[str]:
    points = [EntryPoint(name, "m:f", "console") for name in names]
    return [name for name, _ in UV.rules.command_names(points, target)]


@pytest.mark.parametrize(
    ("name", "on_windows"),
    [
        ("tool", "tool.exe"),
        ("tool.py", "tool.exe"),
        ("tool.exe", "tool.exe"),
        ("tool.exe.py", "tool.exe"),
        ("tool.pyw", "tool.pyw.exe"),
        ("my-tool3.12", "my-tool3.12.exe"),
    ],
)
def test_command_names(name: str, on_windows: str) -> None:
    """As written; on Windows ``.exe``, a final ``.py`` and ``.exe`` taken off first (§1.4)."""
    assert _names(name) == [name]
    assert _names(name, target=WINDOWS) == [on_windows]


def test_pips_own_commands() -> None:
    """Of pip's own wheel, ``pip3.N`` is made for the Python at hand if there is a ``pip3``."""
    assert sorted(_names("pip", "pip3", "pip3.9")) == ["pip", "pip3", "pip3.12"]
    assert _names("pip", "pip3.9") == ["pip"]
    assert _names("pip3.x", "pip4") == ["pip3.x", "pip4"]


@pytest.mark.parametrize(
    ("where", "flags"),
    [
        (Invocation(), ()),
        (Invocation(python="/env/bin/python"), ("--python", "/env/bin/python")),
        (Invocation(system=True), ("--system",)),
        (Invocation(python="/env/bin/python", system=True), ("--system",)),
    ],
)
def test_environment(where: Invocation, flags: tuple[str, ...]) -> None:
    """Every command names the environment, unless it is the active one; ``--system`` is the user's word."""
    assert UV.install(["a==1"], where) == ("uv", "pip", "install", *flags, "a==1")
    assert UV.uninstall(["a", "b"], where) == ("uv", "pip", "uninstall", *flags, "a", "b")


def test_the_line_of_a_dockerfile() -> None:
    """The very line one pastes at the end of a Dockerfile."""
    command = UV.reinstall(["nixl-cu13==1.1.0"], Invocation(system=True))
    assert " ".join(command) == "uv pip install --system --force-reinstall --no-deps nixl-cu13==1.1.0"


def test_index_options() -> None:
    """Index options are repeated in uv's spelling where something is downloaded, and nowhere else."""
    options = UV.index_options(
        index_url="https://one.example/simple",
        extra_index_urls=["https://two.example/simple"],
        find_links=["wheels"],
        no_index=True,
    )
    assert options == (
        "--default-index", "https://one.example/simple", "--index", "https://two.example/simple",
        "--find-links", "wheels", "--no-index",
    )  # fmt: skip
    where = Invocation(index_options=options)
    assert UV.install(["a==1"], where, no_deps=True) == ("uv", "pip", "install", "--no-deps", *options, "a==1")
    assert UV.reinstall(["a==1"], where)[-len(options) - 1 :] == (*options, "a==1")
    assert not set(options) & set(UV.uninstall(["a"], where))
    assert UV.index_options(index_url=None, extra_index_urls=[], find_links=[], no_index=False) == ()


def test_no_order() -> None:
    """Any of several may be last, whoever requires whom; of one there is no doubt."""
    members = [distribution(Wheel("a", requires=["b"])), distribution(Wheel("b"))]
    order = UV.order(members, with_dependencies=True)
    ids = frozenset(each.id for each in members)
    assert order.last_of(list(ids)) == (ids, "parallel")
    assert order.last_of([members[0].id]) == (frozenset({members[0].id}), "order")
