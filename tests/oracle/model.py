"""The same cases on the product's model disk, and its installed paths translated to those of a real environment."""

from __future__ import annotations

import platform
import sys
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from packaging.markers import default_environment
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name

from tests.oracle.cases import is_generated
from wheelclash.core.diagnosis import Diagnosis, diagnose
from wheelclash.core.distribution import Candidate, Distribution
from wheelclash.core.layout import lay_out
from wheelclash.core.overlap import Overlap, find_overlaps, merge
from wheelclash.core.state import empty_disk
from wheelclash.installers import INSTALLERS, Installer
from wheelclash.target.target import Target
from wheelclash.wheel.archive import parse_contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.oracle.observation import Script, Step
    from tests.support.environments import Environment, InstallerName
    from wheelclash.core.disk import Disk, Intact
    from wheelclash.core.layout import InstalledPath

__all__ = [
    "Expected",
    "diagnosed",
    "distribution_of",
    "expected_after",
    "installer_named",
    "overlaps_of",
    "real_files",
    "running_target",
]


@cache
def running_target() -> Target:
    """The interpreter that runs the tests; real environments are made of it."""
    markers = {key: str(value) for key, value in default_environment().items()}
    return Target(
        python_version=platform.python_version(),
        implementation=sys.implementation.name,
        platform=next(sys_tags()).platform,
        tags=tuple(sys_tags()),
        markers=markers,
        case_sensitive=sys.platform not in {"darwin", "win32"},
    )


def installer_named(name: InstallerName) -> Installer:
    """The product's knowledge of pip or uv."""
    return next(each for each in INSTALLERS if each.name == name)


@cache
def distribution_of(wheel: Path, *, direct: bool = True) -> Distribution:
    """Read a wheel as the product does, and lay it out.

    Args:
        wheel: Its path.
        direct: Whether commands shall name it by path; else as ``name==version``.
    """
    target = running_target()
    with zipfile.ZipFile(wheel) as archive:
        contents = parse_contents(archive, wheel.name)
    name, version = wheel.name.split("-")[:2]
    candidate = Candidate(
        filename=wheel.name,
        name=canonicalize_name(name),
        version=version,
        url=wheel.as_uri(),
        index=None if direct else wheel.parent.as_uri(),
        sha256=None,
        size=None,
        requested=str(wheel),
        direct=direct,
        path=wheel,
    )
    layouts = {each.name: lay_out(contents, each.rules, target) for each in INSTALLERS}
    return Distribution.from_wheel(candidate, contents, "local", layouts, target)


def real_files(environment: Environment, paths: Mapping[InstalledPath, object]) -> dict[str, InstalledPath]:
    """Installed paths by where they lie in a real environment, generated metadata left out.

    The folder of a distribution's headers is spelt as the distribution was asked for; all wheels of a case are asked
    for by path, which comes to the normalised name.
    """
    found = {}
    for path in paths:
        root, _, below = path.partition("/")
        if root == "headers":
            owner, _, rest = below.partition("/")
            below = f"{canonicalize_name(owner)}/{rest}"
        real = environment.real_path(root, below)
        if not is_generated(real):
            found[real] = path
    return found


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model says of a case after one step.

    Attributes:
        files: Real path to the positions of those wheels any of whose content may stand there; None among them if the
            file may be missing.
        intact: Position to intactness, of the wheels that are installed then.
    """

    files: Mapping[str, frozenset[int | None]]
    intact: Mapping[int, Intact]


def expected_after(
    installer_name: InstallerName, script: Script, wheels: Sequence[Path], environment: Environment
) -> list[Expected]:
    """Play a script on the model disk.

    Args:
        installer_name: Whose rules.
        script: The steps.
        wheels: The wheels of a case, by position.
        environment: Any environment, for its paths.
    """
    installer = installer_named(installer_name)
    distributions = [distribution_of(wheel) for wheel in wheels]
    disk = empty_disk(running_target())
    alone = [_installed(disk, installer, [each], with_dependencies=False) for each in distributions]
    expected = []
    for step in script:
        disk = _after(disk, installer, distributions, step)
        files = {
            real: frozenset(
                position for content in disk.contents[path] for position in _positions_of(content, path, alone)
            )
            for real, path in real_files(environment, disk.contents).items()
        }
        intact = {
            position: disk.intact(each.id) for position, each in enumerate(distributions) if each.id in disk.records
        }
        expected.append(Expected(files, intact))
    return expected


def _after(disk: Disk, installer: Installer, distributions: Sequence[Distribution], step: Step) -> Disk:
    concerned = [distributions[position] for position in step.positions if position < len(distributions)]
    if not concerned:
        return disk
    if step.act == "uninstall":
        return disk.uninstall([each.id for each in concerned if each.id in disk.records])
    with_dependencies = step.act == "install" and len(step.positions) > 1
    return _installed(disk, installer, concerned, with_dependencies=with_dependencies)


def _installed(
    disk: Disk, installer: Installer, distributions: Sequence[Distribution], *, with_dependencies: bool
) -> Disk:
    return disk.install(
        {each.id: each.layouts[installer.name] for each in distributions},
        installer.order(distributions, with_dependencies=with_dependencies),
        removes_all_first=installer.removes_all_first,
    )


def _positions_of(content: str | None, path: InstalledPath, alone: Sequence[Disk]) -> set[int | None]:
    """Whose content that is: every wheel that would leave it there, installed by itself."""
    if content is None:
        return {None}
    return {position for position, disk in enumerate(alone) if content in disk.contents.get(path, ())}


def diagnosed(wheels: Sequence[Path], installer: InstallerName) -> Diagnosis:
    """The product's diagnosis of a set of wheels, as a whole run makes it."""
    distributions = [distribution_of(wheel) for wheel in wheels]
    return diagnose(installer_named(installer), distributions, overlaps_of(distributions), running_target())


def overlaps_of(distributions: Sequence[Distribution]) -> list[Overlap]:
    """Every overlap of a set, under all installers, without reading any content."""
    target = running_target()
    found = {
        each.name: find_overlaps({one.id: one.layouts[each.name] for one in distributions}, target)
        for each in INSTALLERS
    }
    return merge(found)
