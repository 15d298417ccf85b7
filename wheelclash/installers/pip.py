"""pip: installs one after the other, in an order of its own that the command line does not change.

Facts from ``pip/_internal/operations/install/wheel.py`` and from runs of it (``tests/oracle``), version 26.
"""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from wheelclash.core.contents import EntryPoint
from wheelclash.core.installer import Installer, InstallerName, Order
from wheelclash.core.layout import EntryPointsError, Rules
from wheelclash.installers.pip_order import PipOrder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import IndexBlock, Invocation
    from wheelclash.target.target import Target

__all__ = ["PIP"]

_VERSIONED = {"pip": re.compile(r"pip(\d+(\.\d+)?)?"), "easy_install": re.compile(r"easy_install(-\d+\.\d+)?")}


_SPECIFICATION = re.compile(
    r"(?P<name>[^\[]\S*)\s*=\s*(?P<callable>\w+(?:[:.]\w+)*)\s*(?P<flags>\[\s*[\w-]+[\w=,\s]*\])?"
)


def _read_entry_points(text: str) -> list[EntryPoint]:
    """Read ``entry_points.txt`` as :mod:`importlib.metadata` does, on which pip relies.

    A line is a section if it begins with ``[`` and ends with ``]``; what stands before the first is passed over. Of
    several entry points of one name the last counts.
    """
    section = None
    values: dict[tuple[str, str], str] = {}
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]")
            continue
        if section is None:
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise EntryPointsError(f"a line has no '=': {line}")
        if section in {"console_scripts", "gui_scripts"}:
            values[section, name.strip()] = value.strip()
    return [
        EntryPoint(name, value, "console" if section == "console_scripts" else "gui")
        for (section, name), value in values.items()
    ]


def _command_names(entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
    """Return the names of commands: on Windows ``name.exe`` without a suffix that begins with ``.py``, else the name.

    The versioned commands of pip's and setuptools' unversioned wheels are made for the Python at hand.
    """
    points = list(entry_points)
    for stem, pattern in _VERSIONED.items():
        unversioned = [point for point in points if point.name == stem and point.kind == "console"]
        if unversioned:
            points = [point for point in points if not (point.kind == "console" and pattern.fullmatch(point.name))]
            versioned = f"{stem}-{target.minor_version}" if stem == "easy_install" else f"{stem}{target.minor_version}"
            names = (stem, "pip3", versioned) if stem == "pip" else (stem, versioned)
            points += [unversioned[0]._replace(name=name) for name in names]
    specified = [_specified(point) for point in sorted(points, key=lambda point: point.kind != "console")]
    return [(_command_name(point.name, target), point) for point in specified]


def _specified(point: EntryPoint) -> EntryPoint:
    """Return the entry point that pip searches for in ``name = value``.

    It cuts a name at its last blank, which stays in front of it: of ``a b`` a blank and ``b``. Where there is no
    callable, the value has no ``:``.
    """
    specification = f"{point.name} = {point.value}"
    match = _SPECIFICATION.search(specification)
    if match is None or match["callable"].count(":") != 1:
        return point._replace(value="")
    if match["flags"] is None and ("[" in specification or "]" in specification):
        return point._replace(value="")
    return point._replace(name=match["name"], value=match["callable"])


def _command_name(name: str, target: Target) -> str:
    if not target.is_windows:
        return name
    stem, suffix = posixpath.splitext(name)
    return f"{stem if suffix.startswith('.py') else name}.exe"


def _reads_wheel_version(version: str | None) -> bool:
    """Return whether a version is numbers between dots, the first of them at most 1."""
    try:
        return (
            version is not None and int(version.strip().split(".")[0]) <= 1 and all(map(_is_number, version.split(".")))
        )
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True


class _Pip(Installer):
    name: InstallerName = "pip"
    index_flag = "--index-url"
    extra_index_flag = "--extra-index-url"
    offline_flag = "--no-index"
    removes_all_first = False
    takes_variants = False
    follows_links = True
    stays_inside = True
    kept_settings = frozenset({
        "cache-dir", "client-cert", "compile", "default-timeout", "keyring-provider", "no-cache-dir", "no-compile",
        "proxy", "resume-retries", "retries", "timeout", "trusted-host", "use-deprecated", "use-feature",
    })  # fmt: skip
    diverting_settings = frozenset({
        "abi", "constraint", "dry-run", "editable", "group", "implementation", "no-binary", "platform", "prefix",
        "python", "python-version", "require-hashes", "requirement", "requirements-from-script", "root", "target",
        "uploaded-prior-to", "user",
    })  # fmt: skip
    rules = Rules(
        unpacks_first=False,
        any_data_folder=True,
        nested_scripts=True,
        refuses_escapes=True,
        refuses_interpreter_names=False,
        keeps_phantoms=True,
        commands_last=True,
        wrapper_suffixes_in_any_case=True,
        refuses={
            "dist-info-file": "it takes a file for a second .dist-info folder",
        },
        refuses_in_the_end={
            "blank-row": "it cannot read a RECORD with a blank line",
            "not-utf-8": "it cannot read a RECORD that is not UTF-8",
            "dist-info-version": "it cannot read the version in the name of the .dist-info folder",
        },
        reads_wheel_version=_reads_wheel_version,
        refuses_entry_points_late=False,
        read_entry_points=_read_entry_points,
        command_names=_command_names,
    )

    def order(
        self, distributions: Sequence[Distribution], *, with_dependencies: bool, named: Collection[str] = ()
    ) -> Order:
        return PipOrder(distributions, with_dependencies=with_dependencies, named=named)

    def index_variables(self, block: IndexBlock) -> dict[str, str | None]:
        return {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": block.index_url,
            "PIP_EXTRA_INDEX_URL": " ".join(block.extra_index_urls) or None,
            "PIP_FIND_LINKS": " ".join(block.find_links) or None,
            "PIP_NO_INDEX": None,
            "PIP_CERT": block.cert,
        } | ({"PIP_TRUSTED_HOST": " ".join(block.trusted_hosts)} if block.trusted_hosts else {})

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
