"""The reach of a wheel: the Pythons and platforms that can install it, as bits that a query engine compares.

Two wheels could be installed together only if they have a Python in common and a platform. Both are asked of the same
targets that every other command chooses wheels for. Pure.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.index.filenames import rank, ranked
from wheelclash.target.inferred import MINORS, python_allowed
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EVERYWHERE", "PLATFORMS", "PYTHONS", "Reach", "reach_of"]

_FREE_THREADED = (13, 14)

PYTHONS = (*(f"3.{minor}" for minor in MINORS), *(f"3.{minor}t" for minor in _FREE_THREADED))
"""The Pythons that bits of :attr:`Reach.pythons` stand for, lowest bit first; the order is part of the dataset."""

PLATFORMS = (
    "manylinux_2_41_x86_64", "manylinux_2_41_aarch64", "manylinux_2_41_i686", "manylinux_2_41_armv7l",
    "manylinux_2_41_ppc64le", "manylinux_2_41_s390x", "manylinux_2_41_riscv64", "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64", "musllinux_1_2_armv7l", "macosx_15_0_arm64", "macosx_15_0_x86_64", "win_amd64",
    "win_arm64", "win32", "android_24_arm64_v8a", "ios_13_0_arm64_iphoneos", "pyodide_2025_0_wasm32",
)  # fmt: skip
"""The platforms of :attr:`Reach.platforms`, likewise: each new enough for every wheel of its kind."""

_A_NEWER_PATCH = ".30"
"""A patch release that no minor version has reached: ``>=3.12.4`` allows some 3.12."""


class Reach(NamedTuple):
    """Where a wheel can be installed.

    Attributes:
        pythons: Bits of :data:`PYTHONS`; 0 for a wheel for Pythons that are no longer supported.
        platforms: Bits of :data:`PLATFORMS`; 0 for a wheel for none of them.
    """

    pythons: int
    platforms: int

    def meets(self, other: Reach) -> bool:
        """Return whether some Python on some platform can install both."""
        return bool(self.pythons & other.pythons and self.platforms & other.platforms)


EVERYWHERE = Reach(2 ** len(PYTHONS) - 1, 2 ** len(PLATFORMS) - 1)


@lru_cache(maxsize=4096)
def reach_of(tags: str, requires_python: str | None) -> Reach:
    """Return the reach of a wheel.

    Args:
        tags: The last three parts of its file name: ``cp312-abi3-manylinux_2_28_x86_64``.
        requires_python: What its METADATA requires, or None; what is no specifier allows any, as for pip.
    """
    by_tags = _by_tags(tags)
    allowed = _allowed(requires_python)
    return Reach(by_tags.pythons & allowed, by_tags.platforms)


@lru_cache(maxsize=4096)
def _by_tags(tags: str) -> Reach:
    pythons = platforms = 0
    for (python, platform), places in _places().items():
        if rank(f"x-1-{tags}.whl", places) is not None:
            pythons |= 1 << python
            platforms |= 1 << platform
    return Reach(pythons, platforms)


@lru_cache(maxsize=4096)
def _allowed(requires_python: str | None) -> int:
    """Return the bits of the Pythons of which some release is allowed."""
    bits = 0
    for number, python in enumerate(PYTHONS):
        minor = python.removesuffix("t")
        if any(python_allowed(requires_python, f"{minor}{patch}") for patch in (".0", _A_NEWER_PATCH)):
            bits |= 1 << number
    return bits


@cache
def _places() -> dict[tuple[int, int], Mapping[str, int]]:
    """Return the tags of every target, by the numbers of its Python and its platform."""
    return {
        # there are more of them than ranks() keeps
        (python_number, platform_number): ranked(target_for(python, platform).tags)
        for python_number, python in enumerate(PYTHONS)
        for platform_number, platform in enumerate(PLATFORMS)
    }
