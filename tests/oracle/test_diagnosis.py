"""What the diagnosis says of one command that installs the whole set, held against such a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.oracle.agreement import is_intact, may_be_told
from tests.oracle.cases import SPECIAL_CASES, Case, some_pairs
from tests.oracle.model import diagnosed, distribution_of, real_files
from tests.oracle.observation import SCRIPTS

if TYPE_CHECKING:
    from tests.oracle.observation import Observations
    from tests.support.environments import InstallerName

pytestmark = pytest.mark.oracle

_ORDINARY = (*SPECIAL_CASES, *some_pairs())
_CASES = [
    pytest.param(case, installer, id=f"{case.name}-{installer}") for case in _ORDINARY for installer in case.installers
]


@pytest.mark.parametrize(("case", "installer"), _CASES)
def test_winners_and_intactness_are_real(observations: Observations, case: Case, installer: InstallerName) -> None:
    """The winner's content is on disk; who is said to be intact is."""
    wheels = observations.wheels([case], range(len(case.wheels)))
    alone = {wheel.name: observations.alone(installer, case, position) for position, wheel in enumerate(wheels)}
    diagnosis = diagnosed(wheels, installer)
    for script in ("together", "together-backwards"):
        disk = observations.after(installer, script, case)[0]
        for outcome in diagnosis.outcomes:
            if outcome.winner and outcome.overlap.is_same_path:
                (real,) = real_files(observations.any, {outcome.overlap.path: None})
                assert disk[real] == alone[outcome.winner.id][real], (script, real, outcome.reason)
        for id_, told in diagnosis.intact.items():
            assert may_be_told(told, intact=is_intact(disk, alone[id_]), provable=case.provable), (script, id_, told)


@pytest.mark.parametrize("case", _ORDINARY, ids=[each.name for each in _ORDINARY])
def test_pip_is_told_with_certainty(observations: Observations, case: Case) -> None:
    """The whole dependency graph of a case is known, so pip leaves nothing to chance."""
    outcomes = diagnosed(observations.wheels([case], range(len(case.wheels))), "pip").outcomes
    assert {each.state for each in outcomes} <= {"determined"}


@pytest.mark.parametrize("case", _ORDINARY, ids=[each.name for each in _ORDINARY])
def test_pip_ignores_the_order_of_the_command_line(observations: Observations, case: Case) -> None:
    """One command, wheels named forwards and backwards: the same disk."""
    forwards, backwards = (observations.after("pip", each, case)[0] for each in ("together", "together-backwards"))
    assert forwards == backwards


@pytest.mark.parametrize(("case", "installer"), _CASES)
def test_uninstall_takes_as_many_files_as_told(
    observations: Observations, case: Case, installer: InstallerName
) -> None:
    """Files of every other wheel that are gone after the uninstall, and were there before."""
    script = SCRIPTS["together-backwards"]
    (position,) = script[1].positions
    wheels = observations.wheels([case], range(len(case.wheels)))
    before, after, *_ = observations.after(installer, "together-backwards", case)
    lost = {}
    for other, wheel in enumerate(wheels):
        gone = {path for path in observations.alone(installer, case, other) if path in before and path not in after}
        if other != position and gone:
            lost[distribution_of(wheel).id] = len(gone)
    assert diagnosed(wheels, installer).losses[distribution_of(wheels[position]).id] == lost
