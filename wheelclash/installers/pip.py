"""pip: installs one after the other, in an order of its own that the command line does not change.

Facts from ``pip/_internal/operations/install/wheel.py`` and from runs of it (``tests/oracle``), version 26.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from wheelclash.installers.installer import Installer, InstallerName, Order
from wheelclash.installers.pip_order import PipOrder
from wheelclash.layout import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.distribution import Distribution
    from wheelclash.installers.installer import IndexBlock, Invocation
    from wheelclash.reading.contents import EntryPoint
    from wheelclash.target import Target

__all__ = ["PIP"]

_VERSIONED = {"pip": re.compile(r"pip(\d+(\.\d+)?)?"), "easy_install": re.compile(r"easy_install(-\d+\.\d+)?")}


def _command_names(entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
    """On Windows ``name.exe`` with a suffix that begins with ``.py`` taken off; elsewhere the name as it is.

    The versioned commands of pip's and setuptools' own wheels are made for the Python at hand.
    """
    found = list(entry_points)
    for stem, pattern in _VERSIONED.items():
        own = [point for point in found if point.name == stem and point.kind == "console"]
        if own:
            found = [point for point in found if not (point.kind == "console" and pattern.fullmatch(point.name))]
            versioned = f"{stem}-{target.minor_version}" if stem == "easy_install" else f"{stem}{target.minor_version}"
            names = (stem, "pip3", versioned) if stem == "pip" else (stem, versioned)
            found += [own[0]._replace(name=name) for name in names]
    return [(_command_name(point.name, target), point) for point in found]


def _command_name(name: str, target: Target) -> str:
    if not target.is_windows:
        return name
    stem, suffix = posixpath.splitext(name)
    return f"{stem if suffix.startswith('.py') else name}.exe"


class _Pip(Installer):
    name: InstallerName = "pip"
    index_flag = "--index-url"
    extra_index_flag = "--extra-index-url"
    offline_flag = "--no-index"
    removes_all_first = False
    rules = Rules(
        any_data_folder=True,
        nested_scripts=True,
        refuses_escapes=True,
        refuses_interpreter_names=False,
        keeps_phantoms=True,
        commands_last=True,
        command_names=_command_names,
    )

    def order(self, distributions: Sequence[Distribution], *, with_dependencies: bool) -> Order:
        return PipOrder(distributions, with_dependencies=with_dependencies)

    def index_variables(self, block: IndexBlock) -> dict[str, str | None]:
        return {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": block.index_url,
            "PIP_EXTRA_INDEX_URL": " ".join(block.extra_index_urls) or None,
            "PIP_FIND_LINKS": " ".join(block.find_links) or None,
            "PIP_NO_INDEX": None,
            "PIP_CERT": block.cert,
        }

    def install(self, pinned: Sequence[str], where: Invocation, *, no_deps: bool = False) -> tuple[str, ...]:
        flags = ("--no-deps",) if no_deps else ()
        return (*_pip(where), "install", *flags, *where.index_options, *pinned)

    def reinstall(self, pinned: Sequence[str], where: Invocation) -> tuple[str, ...]:
        return (*_pip(where), "install", "--force-reinstall", "--no-deps", *where.index_options, *pinned)

    def uninstall(self, names: Sequence[str], where: Invocation) -> tuple[str, ...]:
        return (*_pip(where), "uninstall", "--yes", *names)


def _pip(where: Invocation) -> tuple[str, ...]:
    if where.python is None or where.system:
        return ("pip",)
    return (where.python, "-m", "pip") if where.has_pip else ("pip", "--python", where.python)


PIP = _Pip()
