"""The target of an installation: Python version, implementation, platform tags, markers, file system."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from packaging import tags as wheel_tags
from packaging.version import InvalidVersion, Version

from wheelclash.errors import TargetError
from wheelclash.target.platforms import platform_named
from wheelclash.validation import instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.tags import Tag

__all__ = ["Target", "target_for", "with_python"]


class Target(NamedTuple):
    """One combination of Python and platform.

    Attributes:
        python_version: Full version as markers and Requires-Python see it, e.g. ``3.12.0``.
        implementation: ``cpython``, ``pypy``, …
        platform: The name asked for (``x86_64-manylinux_2_28``, ``linux``, a wheel platform tag) or, of a real
            interpreter, the best platform tag it supports.
        tags: Supported wheel tags, best first (packaging's order, which pip and uv share).
        markers: The marker environment (PEP 508) without ``extra``.
        case_sensitive: Whether ``a.py`` and ``A.py`` are two files. False for macOS and Windows.
        free_threaded: A build without the GIL; changes ``lib/python3.13t``.
    """

    python_version: str
    implementation: str
    platform: str
    tags: tuple[Tag, ...]
    markers: Mapping[str, str]
    case_sensitive: bool
    free_threaded: bool = False

    def __repr__(self) -> str:
        """Return what the target is, without its hundreds of tags."""
        return f"<Target: {self.label}>"

    @property
    def label(self) -> str:
        """Return a short name for people: ``CPython 3.12.0, x86_64-manylinux_2_28``."""
        implementation = _SPELLINGS.get(self.implementation, self.implementation)
        return f"{implementation} {self.python_version}, {self.platform}"

    @property
    def is_windows(self) -> bool:
        """Return whether commands are ``.exe`` files in ``Scripts``."""
        return self.markers["os_name"] == "nt"

    @property
    def minor_version(self) -> str:
        """Return the minor version: ``3.12`` of ``3.12.0``."""
        return ".".join(self.python_version.split(".")[:2])

    @property
    def extension_tags(self) -> tuple[str, ...]:
        """Return the tags of extension modules that the target imports, best first, without dots and file endings.

        ``""`` stands for no tag. Those of one ABI may be followed by ``-`` and a platform. They are the
        ``EXTENSION_SUFFIXES`` of :mod:`importlib.machinery`: PEP 3149, PEP 384, and from 3.15 on PEP 803, without which
        the build without the GIL looks for ``abi3`` too.
        """
        nodot = self.minor_version.replace(".", "")
        if self.implementation != "cpython":
            return (f"{self.implementation}{nodot}-{_PYPY_ABI}", "")
        version = Version(self.python_version)
        flags = _abi_flags(version, free_threaded=self.free_threaded)
        if self.is_windows:
            return (f"cp{nodot}{flags if flags == 't' else ''}", "")
        if version.minor < _ABI3T_SINCE:
            stable: tuple[str, ...] = ("abi3",)
        else:
            stable = ("abi3t",) if self.free_threaded else ("abi3", "abi3t")
        return (f"cpython-{nodot}{flags}", *stable, "")


_SPELLINGS = {"cpython": "CPython", "pypy": "PyPy"}
_PYPY_ABI = "pp73"
"""The one ABI number PyPy has had since 7.3, of every Python version it supports today."""
_LAST_MINOR = 99
_FREE_THREADED_SINCE = 13
_NO_PYMALLOC_SINCE = 8
_ABI3T_SINCE = 15


def target_for(python_version: str, platform: str, implementation: str = "cpython") -> Target:
    """Return a target that need not exist on this machine.

    Args:
        python_version: ``3.12`` (which is 3.12.0 in markers and Requires-Python, as for uv), ``3.12.4``, or ``3.13t``
            for the build without the GIL.
        platform: A name of ``uv pip compile --python-platform`` or a wheel platform tag; see
            :mod:`wheelclash.target.platforms`.
        implementation: ``cpython`` or ``pypy``.

    Raises:
        TargetError: There is no such version, platform or implementation.
        TypeError: One of them is no string (a number such as 3.10 would be read as 3.1).
    """
    instance("python_version", python_version, str, "a string such as '3.12'")
    instance("platform", platform, str, "a string such as 'linux'")
    instance("implementation", implementation, str, "a string such as 'cpython'")
    version, free_threaded = _parsed(python_version, implementation)
    machine = platform_named(platform)
    markers = {
        "os_name": machine.os_name,
        "sys_platform": machine.sys_platform,
        "platform_system": machine.system,
        "platform_machine": machine.machine,
        "platform_release": machine.release,
        "platform_version": machine.version,
        "implementation_name": implementation,
        "platform_python_implementation": _SPELLINGS[implementation],
        "implementation_version": "",
        **_version_markers(version, implementation),
    }
    return Target(
        python_version=str(version),
        implementation=implementation,
        platform=platform.strip(),
        tags=tuple(_tags(version, implementation, machine.tags, free_threaded=free_threaded)),
        markers=markers,
        case_sensitive=machine.case_sensitive,
        free_threaded=free_threaded,
    )


def with_python(target: Target, python_version: str) -> Target:
    """Return the same machine and implementation with another Python.

    Args:
        target: Usually an interpreter's.
        python_version: As in :func:`target_for`; without ``t``, the ordinary build.

    Raises:
        TargetError: There is no such version, or only the target's implementation itself knows its tags.
    """
    version, free_threaded = _parsed(python_version, target.implementation)
    platforms = list(dict.fromkeys(tag.platform for tag in target.tags if tag.platform != "any"))
    return target._replace(
        python_version=str(version),
        tags=tuple(_tags(version, target.implementation, platforms, free_threaded=free_threaded)),
        markers={**target.markers, **_version_markers(version, target.implementation)},
        free_threaded=free_threaded,
    )


def _parsed(text: str, implementation: str) -> tuple[Version, bool]:
    """Return the version with three numbers, and whether it is the build without the GIL."""
    if implementation not in _SPELLINGS:
        raise TargetError(
            f"The wheel tags of a foreign {implementation!r} are not known.", "Known: cpython, pypy; or give --python."
        )
    match = re.fullmatch(r"(3\.[0-9]{1,2})(\.[0-9]{1,3})?((?:a|b|rc)[0-9]{1,2})?(t?)", text.strip())
    try:
        version = Version(f"{match[1]}{match[2] or '.0'}{match[3] or ''}") if match else None
    except InvalidVersion:
        version = None
    if match is None or version is None or version.minor > _LAST_MINOR:
        dotted = re.fullmatch(r"3([0-9]{1,2})(t?)", text.strip())
        hint = f"Perhaps: 3.{dotted[1]}{dotted[2]}?" if dotted else "Write it as 3.12, 3.12.4 or 3.13t."
        raise TargetError(f"{text!r} is no version of Python 3.", hint)
    free_threaded = bool(match[4])
    if free_threaded and (version.minor < _FREE_THREADED_SINCE or implementation != "cpython"):
        raise TargetError(f"{text!r}: only CPython 3.{_FREE_THREADED_SINCE} and newer come without the GIL.")
    return version, free_threaded


def _version_markers(version: Version, implementation: str) -> dict[str, str]:
    markers = {"python_version": f"{version.major}.{version.minor}", "python_full_version": str(version)}
    if implementation == "cpython":  # the others count their own releases
        markers["implementation_version"] = str(version)
    return markers


def _abi_flags(version: Version, *, free_threaded: bool) -> str:
    """Return the letters after the version in a CPython ABI: ``t`` without the GIL, ``m`` (pymalloc) before 3.8."""
    if free_threaded:
        return "t"
    return "m" if version.minor < _NO_PYMALLOC_SINCE else ""


def _tags(version: Version, implementation: str, platforms: Sequence[str], *, free_threaded: bool) -> Iterator[Tag]:
    pair = (version.major, version.minor)
    nodot = f"{version.major}{version.minor}"
    if implementation == "cpython":
        abi = f"cp{nodot}{_abi_flags(version, free_threaded=free_threaded)}"
        yield from wheel_tags.cpython_tags(pair, [abi], platforms)
        yield from wheel_tags.compatible_tags(pair, f"cp{nodot}", platforms)
    else:
        yield from wheel_tags.generic_tags(f"pp{nodot}", [f"pypy{nodot}_{_PYPY_ABI}"], platforms)
        yield from wheel_tags.compatible_tags(pair, "pp3", platforms)
