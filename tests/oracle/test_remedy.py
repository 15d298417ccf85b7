"""Remedies, really run: after every step, who is said to be intact is; in the end, the keepers are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.oracle.agreement import is_intact, may_be_told
from tests.oracle.cases import SPECIAL_CASES, Case, all_pairs, some_pairs
from tests.oracle.model import distribution_of, installer_named, overlaps_of, running_target
from tests.support.environments import INSTALLER_NAMES, InstallerName
from wheelclash.core.installer import Invocation
from wheelclash.core.plan import Remedy, plan_remedies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.oracle.observation import Observations
    from tests.support.environments import Environment, Environments

pytestmark = pytest.mark.oracle

_MOST_CHOICES = 3
_TOGETHER = 40
_EVERY = 3
_STRATEGIES = ("avoid", "reinstall-keeper", "remove-loser")


class _Track(NamedTuple):
    """One remedy of one case, being carried out in an environment that other cases use too."""

    case: Case
    remedy: Remedy


def _groups() -> Iterator[tuple[str, list[Case], bool]]:
    """Cases that go through their remedies together: a name, the cases, whether only in the full product."""
    ordinary = [*SPECIAL_CASES, *some_pairs()[::_EVERY]]
    yield "ordinary", ordinary, False
    pairs = all_pairs()
    for start in range(0, len(pairs), _TOGETHER):
        yield f"pairs-{start}", pairs[start : start + _TOGETHER], True


@pytest.mark.thorough
@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize("strategy", _STRATEGIES)
@pytest.mark.parametrize("choice", range(_MOST_CHOICES))
@pytest.mark.parametrize(
    "cases",
    [pytest.param(cases, id=name, marks=pytest.mark.product if product else ()) for name, cases, product in _groups()],
)
def test_steps_leave_what_they_say(
    environments: Environments,
    observations: Observations,
    cases: list[Case],
    choice: int,
    strategy: str,
    installer: InstallerName,
) -> None:
    """For every case at once: its remedy of that strategy for its n-th choice of keeper, step by step."""
    environment = environments.new()
    tracks = list(_tracks(observations, environment, cases, choice, strategy, installer))
    if not tracks:
        pytest.skip("no case has such a remedy")
    if strategy == "remove-loser":  # it starts from the whole set
        wheels = observations.wheels([track.case for track in tracks], range(_MOST_CHOICES))
        observations.installer(installer).install(environment, wheels).expect()
    wrong: list[str] = []
    for number in range(max(len(track.remedy.steps) for track in tracks)):
        _run(observations, environment, installer, tracks, number)
        snapshot = environment.snapshot()
        for track in tracks:
            if number < len(track.remedy.steps):
                wrong += _misjudged(observations, track, number, track.case.of(snapshot), installer)
    assert not wrong, "\n".join(wrong)


def _tracks(
    observations: Observations,
    environment: Environment,
    cases: Iterable[Case],
    choice: int,
    strategy: str,
    installer: InstallerName,
) -> Iterator[_Track]:
    where = Invocation(python=str(environment.python), has_pip=False)
    for case in cases:
        if installer not in case.installers:
            continue
        wheels = observations.wheels([case], range(len(case.wheels)))
        set_ = [distribution_of(wheel, direct=len(case.name) % 2 == 0) for wheel in wheels]
        found = plan_remedies(
            installer_named(installer), set_, overlaps_of(set_), running_target(), where=where
        ).remedies
        keepers = list(dict.fromkeys(each.keep for each in found))
        for remedy in found:
            if remedy.strategy == strategy and keepers.index(remedy.keep) == choice:
                yield _Track(case, remedy)


def _run(
    observations: Observations,
    environment: Environment,
    installer: InstallerName,
    tracks: Sequence[_Track],
    number: int,
) -> None:
    """Run the n-th command of every track; commands that differ only in what they name become one."""
    named: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for case, remedy in tracks:
        if number < len(remedy.steps):
            command = remedy.steps[number].command
            own = [each for each in command if case.stem in each.lower()]
            assert own, command
            assert command[-len(own) :] == tuple(own), command
            named[command[: -len(own)]] += own
    for command, what in named.items():
        observations.installer(installer).run_printed(environment, [*command, *what]).expect()


def _misjudged(
    observations: Observations, track: _Track, number: int, disk: dict[str, bytes], installer: InstallerName
) -> Iterator[str]:
    case, remedy = track
    step = remedy.steps[number]
    for position, wheel in enumerate(case.wheels):
        told = step.leaves.get(wheel.filename)
        if told is None:
            continue
        intact = is_intact(disk, observations.alone(installer, case, position))
        if not may_be_told(told, intact=intact, provable=case.provable):
            yield f"{case.name}: {' '.join(step.command)}: {wheel.filename} intact? told {told}, really {intact}"
    if number == len(remedy.steps) - 1:
        mended = remedy.keep
        if remedy.strategy == "remove-loser" and not remedy.undecided:
            mended = tuple(step.leaves)  # bystanders that shared a file with the loser, too
        for id_ in mended:
            if step.leaves[id_] != "yes":
                yield f"{case.name}: in the end {id_} should be intact, but is said to be: {step.leaves[id_]}"
