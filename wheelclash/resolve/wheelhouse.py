"""A folder of wheels (``dist/``, an artifact of a build): which of them would be installed on a target.

Only the folder itself is looked at, not what lies below it.
"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import InvalidWheelFilename

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.errors import QuestionError
from wheelclash.index.filenames import rank, ranks
from wheelclash.resolve.choose import choose_direct
from wheelclash.resolve.requirement import Asked
from wheelclash.resolve.selection import Selection
from wheelclash.target.variants import NULL, parse_wheel_name, without_label
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from packaging.utils import BuildTag
    from packaging.version import Version

    from wheelclash.target.target import Target

__all__ = ["select_from_folder", "targets_of", "wheels_of", "without_absent"]

_SDISTS = (".tar.gz", ".zip")
_SHOWN = 4


def wheels_of(folder: Path) -> list[Path]:
    """Return what has a wheel's name in a folder, by name; a link or a folder of such a name may be among it.

    Raises:
        QuestionError: The folder cannot be read, or there is none.
    """
    wheels = [path for path in _entries(folder) if path.name.lower().endswith(".whl")]
    if not wheels:
        raise QuestionError(f"There is no wheel in the folder {folder}.", "Build some first.")
    return wheels


def _no_file(path: Path) -> str | None:
    """Return why a path is no file that could be read; None if it is one."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        what = "it is a link that leads nowhere" if path.is_symlink() else "it cannot be read"
        return f"{what} ({error.strerror})"
    if stat.S_ISREG(mode):
        return None
    return "it is a folder, not a file" if stat.S_ISDIR(mode) else "it is no regular file, but a pipe or a device"


def select_from_folder(folder: Path, target: Target) -> Selection:
    """Return one wheel of each project in a folder: the newest version that has one for the target, its best tag.

    The variants of that version, if there are any, are its alternatives.

    Args:
        folder: The folder.
        target: The target that wheels are chosen for.

    Returns:
        The wheels; skips for projects without a wheel that fits and for names that are no wheel's; notes on what was
        left out.

    Raises:
        QuestionError: The folder cannot be read, or holds no wheel.
    """
    places = ranks(target.tags)
    projects: dict[str, list[_Wheel]] = {}
    candidates: list[Candidate] = []
    skipped: list[Skip] = []
    notes: list[str] = []
    for path in wheels_of(folder):
        reason = _no_file(path)
        if reason is not None:
            skipped.append(Skip(requirement=path.name, code="unreadable", reason=reason))
            continue
        try:
            name = parse_wheel_name(path.name)
        except InvalidWheelFilename as error:
            skipped.append(
                Skip(requirement=path.name, code="unreadable", reason=f"the file name is no wheel's: {error}")
            )
            continue
        place = rank(without_label(path.name), places)
        wheel = _Wheel(place is not None, name.version, -(place or 0), name.build, path.name, path, name.label)
        projects.setdefault(name.name, []).append(wheel)
    for project, wheels in sorted(projects.items()):
        best = max(wheels)
        choices = [
            choose_direct(Asked(text=os.fspath(wheel.path), path=wheel.path.absolute()), target)
            for wheel in _of_each_label(best, wheels)
        ]
        unusable = next((choice for choice in choices if isinstance(choice, Skip)), None)
        if unusable is None:
            first, *others = [choice for choice in choices if isinstance(choice, Candidate)]
            candidates.append(replace(first, alternatives=tuple(others)))
            notes += _left_out(project, best, wheels)
        else:
            skipped.append(_none_fits(unusable, project, wheels))
    sdists = [path.name for path in _entries(folder) if path.name.endswith(_SDISTS) and path.is_file()]
    if sdists:
        notes.append(f"source archives are not compared: {some(sdists, _SHOWN)}")
    return Selection(
        candidates=candidates,
        skipped=skipped,
        roots=[candidate.name for candidate in candidates],
        notes=notes,
    )


def targets_of(wheels: Mapping[str, str | None]) -> list[Target]:
    """Return the targets that wheels are meant for: those that at least one of them fits, by tags and Python.

    Args:
        wheels: Requires-Python by file name; None allows every Python that the tags allow.
    """
    from wheelclash.target.inferred import python_allowed, targets_among

    def admits(target: Target) -> bool:
        places = ranks(target.tags)
        return any(
            rank(filename, places) is not None and python_allowed(requires_python, target.python_version)
            for filename, requires_python in wheels.items()
        )

    return targets_among(wheels, allows=lambda _: True, admits=admits) if wheels else []


def without_absent(selection: Selection) -> Selection:
    """Return a selection in which a project without a wheel for the target is not compared, rather than skipped."""
    absent = [skip for skip in selection.skipped if skip.code == "no-wheel"]
    return selection._replace(
        skipped=[skip for skip in selection.skipped if skip not in absent],
        not_compared=[*selection.not_compared, *absent],
    )


class _Wheel(NamedTuple):
    """A wheel, in the order of preference: the best is the greatest."""

    fits: bool
    version: Version
    preference: int
    build: BuildTag
    filename: str
    path: Path
    label: str | None = None


def _of_each_label(best: _Wheel, wheels: Sequence[_Wheel]) -> list[_Wheel]:
    """Return the best wheel of each variant of the best wheel's version, that without a label first, then ``null``."""
    by_label: dict[str, _Wheel] = {}
    for wheel in wheels:
        if wheel.version == best.version and wheel.fits == best.fits:
            label = wheel.label or ""
            by_label[label] = max(by_label.get(label, wheel), wheel, key=_preference)
    return [by_label[label] for label in sorted(by_label, key=lambda label: (label not in {"", NULL}, label))]


def _preference(wheel: _Wheel) -> tuple[object, ...]:
    return wheel[:-2]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise QuestionError(f"The folder {folder} cannot be read ({error.strerror}).") from None


def _left_out(name: str, best: _Wheel, wheels: Sequence[_Wheel]) -> list[str]:
    """Return a sentence on other versions of a project; its wheels for other targets need none."""
    older = sorted({wheel.version for wheel in wheels if wheel.version < best.version}, reverse=True)
    newer = sorted({wheel.version for wheel in wheels if wheel.version > best.version}, reverse=True)
    notes = []
    if older:
        notes.append(f"{name} {best.version} is compared, not {some(map(str, older), _SHOWN)} beside it")
    if newer:
        notes.append(f"{name} {best.version} is compared: {some(map(str, newer), _SHOWN)} has no wheel for the target")
    return notes


def _none_fits(skip: Skip, name: str, wheels: Sequence[_Wheel]) -> Skip:
    if skip.code != "no-wheel":
        return skip
    tags = sorted({wheel.filename.removesuffix(".whl").split("-", 2)[2] for wheel in wheels})
    return skip._replace(
        requirement=name, reason=f"no wheel in the folder is for the target; there is {some(tags, _SHOWN)}"
    )
