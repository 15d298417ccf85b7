"""pip's installation order: computed, and as real pip prints it."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from tests.oracle.model import distribution_of
from tests.support.environments import RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash.installers.pip_order import PipOrder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environments

pytestmark = pytest.mark.oracle

_ORDINARY = 12
_ALL = 80
_SEEDS = [pytest.param(seed, marks=() if seed < _ORDINARY else pytest.mark.product) for seed in range(_ALL)]
_EXTRA = "more"


def _graph(seed: int, *, cyclic: bool = False) -> list[Wheel]:
    """Wheels with random requirements on one another: plain, by an extra of either side, under markers."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    names = [f"{chance.choice('abcxyz')}{number:02}" for number in range(chance.randint(5, 14))]
    chance.shuffle(names)
    wheels = []
    for number, name in enumerate(names):
        wheel = Wheel(name, metadata=[f"Provides-Extra: {_EXTRA}"])
        wheel.requires_python = chance.choice([None, ">=3.8", ""])
        wheel.files = {f"{name}.py": ""}
        below = names[number + 1 :]
        for other in chance.sample(below, min(len(below), chance.choice([0, 0, 1, 1, 2, 3]))):
            asked = chance.choice([other, other, f"{other}[{_EXTRA}]"])
            marker = chance.choice(["", "", "", f" ; extra == '{_EXTRA}'", " ; sys_platform == 'never'"])
            wheel.requires.append(asked + marker)
        wheels.append(wheel)
    if cyclic:
        wheels[-1].requires.append(names[0])
    return wheels


def _real_order(environments: Environments, folder: Path, asked: list[str]) -> list[str]:
    pip = RealInstaller("pip", folder / "cache", folder)
    output = pip.install(environments.new(), asked).expect().output
    line = re.search(r"^Installing collected packages: (.*)$", output, re.MULTILINE)
    assert line, output
    return [canonicalize_name(each) for each in line[1].split(", ")]


@pytest.mark.parametrize("seed", _SEEDS)
def test_order_is_that_of_real_pip(environments: Environments, tmp_path: Path, seed: int) -> None:
    """Over random graphs without cycles, from the wheels that pip chose to install."""
    wheels = {wheel.name: wheel.write(tmp_path) for wheel in _graph(seed)}
    chance = random.Random(seed + 1000)  # noqa: S311  (no secret)
    asked = chance.sample(sorted(wheels), chance.randint(1, len(wheels)))
    real = _real_order(environments, tmp_path, asked)
    distributions = [distribution_of(wheels[name]) for name in sorted(real)]
    sequence = PipOrder(distributions, with_dependencies=True).sequence
    assert sequence is not None
    assert [each.split("-")[0] for each in sequence] == real


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed < 6 else pytest.mark.product) for seed in range(40)]
)
def test_order_in_cycles_is_that_of_real_pip(environments: Environments, tmp_path: Path, seed: int) -> None:
    """Wherever a cycle is entered: the order is pip's, or is said to be unknown."""
    wheels = {wheel.name: wheel.write(tmp_path) for wheel in _graph(seed, cyclic=True)}
    chance = random.Random(seed + 2000)  # noqa: S311  (no secret)
    asked = chance.sample(sorted(wheels), chance.randint(1, len(wheels)))
    real = _real_order(environments, tmp_path, asked)
    distributions = [distribution_of(wheels[name]) for name in sorted(real)]
    named = [each.id for each in distributions if each.name in asked]
    order = PipOrder(distributions, with_dependencies=True, named=named)
    if order.sequence is not None:
        assert [each.split("-")[0] for each in order.sequence] == real
    for number, one in enumerate(distributions):
        for other in distributions[number + 1 :]:
            last = max(one, other, key=lambda each: real.index(each.name))
            assert last.id in order.last_of([one.id, other.id]).ids


@pytest.mark.parametrize(
    ("asked", "real"),
    [("aa bb", "bb aa"), ("aa", "bb aa"), ("bb", "aa bb"), ("xx zz yy", "zz yy xx"), ("zz", "xx yy zz")],
)
def test_small_circles(environments: Environments, tmp_path: Path, asked: str, real: str) -> None:
    """``aa`` and ``bb`` require each other; ``zz`` requires ``yy``, that ``xx``, and that ``zz``."""
    requires = {"aa": "bb", "bb": "aa", "zz": "yy", "yy": "xx", "xx": "zz"}
    wheels = {name: Wheel(name, requires=[other]).write(tmp_path) for name, other in requires.items()}
    assert _real_order(environments, tmp_path, asked.split()) == real.split()
    distributions = [distribution_of(wheels[name]) for name in real.split()]
    named = [each.id for each in distributions if each.name in asked.split()]
    sequence = PipOrder(distributions, with_dependencies=True, named=named).sequence or ()
    assert [each.split("-")[0] for each in sequence] == real.split()
