"""Holding the model disk against the real one: every way in which they disagree, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.model import Expected, expected_after
from tests.oracle.observation import SCRIPTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.oracle.cases import Case
    from tests.oracle.observation import Observations
    from tests.support.environments import InstallerName
    from wheelclash.core.disk import Intact

__all__ = ["disagreements", "is_intact", "may_be_told"]


def disagreements(observations: Observations, case: Case, installer: InstallerName, script: str) -> list[str]:
    """Where the model disk and the real disk differ after any step of a script.

    Returns:
        One sentence a difference; empty if they agree.
    """
    steps = SCRIPTS[script]
    alone = [observations.alone(installer, case, position) for position in range(len(case.wheels))]
    real = observations.after(installer, script, case)
    expected = expected_after(installer, steps, observations.wheels([case], range(len(case.wheels))), observations.any)
    return [
        f"{installer}, {script}, after {step}: {difference}"
        for step, disk, model in zip(steps, real, expected, strict=True)
        for difference in _differences(disk, model, alone, provable=case.provable)
    ]


def is_intact(disk: Mapping[str, bytes], alone: Mapping[str, bytes]) -> bool:
    """Whether all that a wheel writes when installed alone is there, byte for byte."""
    return all(disk.get(path) == content for path, content in alone.items())


def may_be_told(told: Intact, *, intact: bool, provable: bool) -> bool:
    """Whether the model's word on intactness is right; "no" is, too, where equal bytes cannot be known to be equal."""
    match told:
        case "yes":
            return intact
        case "no":
            return not intact or not provable
    return True


def _differences(
    disk: Mapping[str, bytes], model: Expected, alone: list[dict[str, bytes]], *, provable: bool
) -> Iterator[str]:
    for path in sorted(disk.keys() | model.files.keys()):
        positions = model.files.get(path, frozenset({None}))
        possible = {None if position is None else alone[position].get(path) for position in positions}
        if disk.get(path) not in possible:
            yield f"{path} is {_described(disk, path, alone)}, the model says {_told(positions)}"
    for position, told in model.intact.items():
        if not may_be_told(told, intact=is_intact(disk, alone[position]), provable=provable):
            yield f"wheel {position} is {'intact' if told == 'no' else 'not intact'}, the model says {told}"


def _described(disk: Mapping[str, bytes], path: str, alone: list[dict[str, bytes]]) -> str:
    if path not in disk:
        return "missing"
    owners = [str(position) for position, files in enumerate(alone) if files.get(path) == disk[path]]
    return f"that of wheel {' and '.join(owners)}" if owners else f"nobody's ({disk[path][:60]!r})"


def _told(positions: frozenset[int | None]) -> str:
    names = sorted("missing" if each is None else f"that of wheel {each}" for each in positions)
    return " or ".join(names) or "nobody's"
