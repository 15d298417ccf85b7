"""Installed paths, owners, overlaps, the model disk, diagnosis and plans. Pure: it reads and writes nothing.

This is the package for build tools. Two functions that read wheels on disk can be had from here too, and what they need
is imported when they are first used: :func:`distribution_of` and :func:`read_wheel`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from typing import Any

    from wheelclash.core.contents import Contents
    from wheelclash.core.diagnosis import Diagnosis, diagnose
    from wheelclash.core.disk import Disk
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import Invocation
    from wheelclash.core.layout import InstalledFile, InstalledPath, Layout, lay_out
    from wheelclash.core.overlap import Overlap, find_overlaps
    from wheelclash.core.ownership import OwnershipMap
    from wheelclash.core.plan import Plans, Remedy, plan_remedies
    from wheelclash.core.state import Change, State

_PLACES = {
    "Change": "core.state",
    "Contents": "core.contents",
    "Diagnosis": "core.diagnosis",
    "Disk": "core.disk",
    "Distribution": "core.distribution",
    "InstalledFile": "core.layout",
    "InstalledPath": "core.layout",
    "Invocation": "core.installer",
    "Layout": "core.layout",
    "Overlap": "core.overlap",
    "OwnershipMap": "core.ownership",
    "Plans": "core.plan",
    "Remedy": "core.plan",
    "State": "core.state",
    "diagnose": "core.diagnosis",
    "distribution_of": "parts",
    "find_overlaps": "core.overlap",
    "lay_out": "core.layout",
    "overlaps_of": "parts",
    "read_wheel": "parts",
    "plan_remedies": "core.plan",
}
"""Names of this package, and the modules they are defined in."""

__all__ = [
    "Change",
    "Contents",
    "Diagnosis",
    "Disk",
    "Distribution",
    "InstalledFile",
    "InstalledPath",
    "Invocation",
    "Layout",
    "Overlap",
    "OwnershipMap",
    "Plans",
    "Remedy",
    "State",
    "diagnose",
    "find_overlaps",
    "lay_out",
    "plan_remedies",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"wheelclash.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_PLACES)
