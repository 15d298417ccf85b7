"""What conda installs before the wheels of a set: the distributions that pip and uv find there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.conda.layout import conda_distribution
from wheelclash.core.layout import Layout
from wheelclash.installers import INSTALLERS
from wheelclash.wheel.metadata import project_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from wheelclash.conda.contents import CondaContents
    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.distribution import Distribution
    from wheelclash.target.target import Target

__all__ = ["conda_residents", "replaced_packages", "said_of_replaced", "without_files"]


def conda_residents(
    packages: Iterable[CondaPackage],
    contents: Mapping[CondaPackage, CondaContents],
    wheels: Collection[str],
    target: Target,
) -> tuple[Distribution, ...]:
    """Return conda packages as distributions; without those that wheels replace.

    Args:
        packages: Those of the set.
        contents: What was read of them; what could not be read has none, and is left out.
        wheels: Names of the projects that are installed from wheels.
        target: For what.
    """
    replaced = replaced_packages(packages, contents, wheels)
    return tuple(
        conda_distribution(package, contents[package], target)
        for package in packages
        if package in contents and package not in replaced
    )


def without_files(residents: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """Return conda packages as a model of the disk takes them: what is contested, it has from the overlaps.

    An environment of conda has a hundred thousand files and more, which all would be played through in vain.
    """
    nothing = {installer.name: Layout({}, frozenset()) for installer in INSTALLERS}
    return tuple(replace(resident, layouts=nothing) for resident in residents)


def replaced_packages(
    packages: Iterable[CondaPackage], contents: Mapping[CondaPackage, CondaContents], wheels: Collection[str]
) -> dict[CondaPackage, str]:
    """Return the conda packages with metadata of a project that is installed from a wheel, and the project's name.

    pip and uv uninstall what is there under the name before they write the wheel. Arguments are as above.
    """
    replaced = {}
    for package in packages:
        projects = {project_of(file.path) for file in contents[package].files} if package in contents else set()
        names = sorted(name for name in projects if name is not None and name in wheels)
        if names:
            replaced[package] = names[0]
    return replaced


def said_of_replaced(package: CondaPackage, project: str) -> str:
    """Return a sentence on a conda package that a wheel replaces."""
    return (
        f"conda's {package.name} {package.version} has {project}, too, and is not compared: pip and uv uninstall it"
        " before they write the wheel, or leave out the wheel if it is the same version"
    )
