"""What a wheel is installed for: Python version, implementation, platform tags, markers, file system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.tags import Tag

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
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

    @property
    def is_windows(self) -> bool:
        """Whether commands are ``.exe`` files in ``Scripts``."""
        return self.markers["os_name"] == "nt"

    @property
    def minor_version(self) -> str:
        """``3.12`` of ``3.12.0``."""
        return ".".join(self.python_version.split(".")[:2])
