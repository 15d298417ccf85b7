"""Where conda installs the files of a package: from its contents to a distribution of the set.

conda knows one layout of a prefix for each platform. What is for any Python (``noarch: python``) goes to the
``site-packages`` and the folder of scripts that the Python in the prefix has; everything else stays where it is below
the prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.core.contents import EntryPoint
from wheelclash.core.distribution import Distribution
from wheelclash.core.layout import InstalledFile, InstalledPath, Layout, command_content, installed_path
from wheelclash.installers import INSTALLERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelclash.conda.contents import CondaContents
    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.layout import Root
    from wheelclash.target.target import Target

__all__ = ["conda_distribution", "conda_layout"]

_ANY_PYTHON: tuple[tuple[str, Root], ...] = (("site-packages/", "site-packages"), ("python-scripts/", "scripts"))


def conda_distribution(package: CondaPackage, contents: CondaContents, target: Target) -> Distribution:
    """Return a conda package as a distribution that neither pip nor uv writes.

    Args:
        package: Which.
        contents: What was read of it.
        target: For what it is laid out.
    """
    layout = conda_layout(contents, target)
    return Distribution(
        id=package.filename,
        name=f"conda:{package.name}",
        version=package.version,
        layouts={installer.name: layout for installer in INSTALLERS},
        evidence="conda",
        manager="conda",
        recorded=len(layout.files),
    )


def conda_layout(contents: CondaContents, target: Target) -> Layout:
    """Return where the files of a package go on a target, with the commands that are made for its entry points."""
    roots = _roots(target)
    if contents.noarch_python:
        roots = (*_ANY_PYTHON, *roots)
    files = {}
    for path, digest, size in contents.files:
        place = _placed(path, roots, target)
        files[place] = InstalledFile(place, digest, size, None, path)
    for name, value in contents.commands:
        for file in _command(name, value, target):
            files[file.path] = file
    return Layout(files, frozenset())


def _roots(target: Target) -> tuple[tuple[str, Root], ...]:
    """Return the folders of a prefix of conda that are roots of their own, with a ``/`` at the end."""
    if target.is_windows:
        return (("Scripts/", "scripts"), ("Lib/site-packages/", "site-packages"), ("Include/", "headers"))
    python = f"python{target.minor_version}{'t' if target.free_threaded else ''}"
    return (("bin/", "scripts"), (f"lib/{python}/site-packages/", "site-packages"), (f"include/{python}/", "headers"))


def _placed(path: str, roots: tuple[tuple[str, Root], ...], target: Target) -> InstalledPath:
    spelt = path if target.case_sensitive else path.lower()
    for folder, root in roots:
        if spelt.startswith(folder if target.case_sensitive else folder.lower()):
            return installed_path(root, path[len(folder) :])
    return installed_path("data", path)


def _command(name: str, value: str, target: Target) -> Iterator[InstalledFile]:
    """Yield the files of a command: on Windows a program, and the script that it runs."""
    if target.is_windows:
        script = installed_path("scripts", f"{name}-script.py")
        yield InstalledFile(script, None, None, None, script)
        name = f"{name}.exe"
    path = installed_path("scripts", name)
    yield InstalledFile(path, command_content(EntryPoint(name, value, "console"), target), None, None, None)
