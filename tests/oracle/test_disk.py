"""The model disk is the real disk, after every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracle.agreement import disagreements
from tests.oracle.cases import SPECIAL_CASES, Case, all_pairs, some_pairs
from tests.oracle.observation import scripts_for

if TYPE_CHECKING:
    from tests.oracle.observation import Observations
    from tests.support.environments import InstallerName

pytestmark = pytest.mark.oracle

_ORDINARY = [
    pytest.param(case, installer, id=f"{case.name}-{installer}")
    for case in (*SPECIAL_CASES, *some_pairs())
    for installer in case.installers
]
_PRODUCT = [
    pytest.param(case, installer, id=f"product-{case.name}-{installer}", marks=pytest.mark.product)
    for case in all_pairs()
    for installer in case.installers
]


@pytest.mark.parametrize(("case", "installer"), _ORDINARY + _PRODUCT)
def test_model_disk_is_real_disk_after_every_command(
    observations: Observations, case: Case, installer: InstallerName
) -> None:
    """Installed alone, after one another, in one command; reinstalled; uninstalled."""
    found = [
        difference
        for script in scripts_for(installer, [case])
        for difference in disagreements(observations, case, installer, script)
    ]
    assert not found, "\n".join(found)
