"""What the oracle's tests share: environments, and observations made once a session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.oracle.cases import SPECIAL_CASES, all_pairs, some_pairs
from tests.oracle.observation import Observations
from tests.support.environments import Environments

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Maker of real virtual environments."""
    if os.name != "posix":
        pytest.skip("the oracle's paths are those of POSIX environments")
    return Environments(tmp_path_factory.mktemp("environments"))


@pytest.fixture(scope="session")
def observations(environments: Environments, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observations]:
    """What real pip and real uv did with every case; run when first asked for, in one of the processes of a run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if worker else base) / "seen"
    shared.mkdir(exist_ok=True)
    last_first = worker[-1:] in {"1", "3", "5", "7", "9"}  # so that two processes seldom wait for each other
    found = Observations(environments, tmp_path_factory.mktemp("observations"), shared, last_first=last_first)
    for cases in (SPECIAL_CASES, some_pairs(), all_pairs()):
        found.add(cases)
    yield found
    found.close()
