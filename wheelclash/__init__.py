"""wheelclash finds the files two wheels both install, and gives the commands that put it right.

>>> import wheelclash
>>> report = wheelclash.check(["nixl-cu12", "nixl-cu13"])  # doctest: +SKIP
>>> report.summary.errors, report.exit_code()  # doctest: +SKIP
(3, 1)

:func:`check` and :func:`check_async` answer a question about wheels whole, :func:`examine` and :func:`fix` one about an
environment. The parts one level down work alone: targets (:func:`target_for`), reading a wheel on disk
(:func:`read_wheel`), layouts (:func:`lay_out`), the :class:`OwnershipMap`, overlaps (:func:`overlaps_of`), the model
:class:`Disk`, :func:`diagnose` and :func:`remedies`; of an environment, its :func:`scan`. Everything is imported when
it is first used.
"""

from __future__ import annotations

from wheelclash.version import __version__ as __version__

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from wheelclash.api import examine, examine_async, fix, fix_async
    from wheelclash.core.contents import Contents
    from wheelclash.core.diagnosis import Diagnosis, diagnose
    from wheelclash.core.disk import Disk
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.layout import InstalledFile, InstalledPath, Layout, lay_out
    from wheelclash.core.overlap import Overlap, find_overlaps
    from wheelclash.core.ownership import OwnershipMap
    from wheelclash.core.plan import Remedy, remedies
    from wheelclash.environment.locate import Environment, find_environment
    from wheelclash.environment.scan import Scan, scan
    from wheelclash.errors import FetchError, QuestionError, WheelclashError, WheelError
    from wheelclash.index.settings import IndexFlags
    from wheelclash.installers import PIP, UV, Invocation
    from wheelclash.options import Options
    from wheelclash.parts import distribution_of, overlaps_of, read_wheel
    from wheelclash.report.model import Report
    from wheelclash.session import Session, check, check_async
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target, target_for


_HOMES = {
    "check": "session",
    "check_async": "session",
    "Session": "session",
    "Options": "options",
    "Report": "report.model",
    "IndexFlags": "index.settings",
    "Target": "target.target",
    "target_for": "target.target",
    "Interpreter": "target.interpreter",
    "Contents": "core.contents",
    "read_wheel": "parts",
    "Environment": "environment.locate",
    "Scan": "environment.scan",
    "examine": "api",
    "examine_async": "api",
    "find_environment": "environment.locate",
    "fix": "api",
    "fix_async": "api",
    "scan": "environment.scan",
    "Distribution": "core.distribution",
    "distribution_of": "parts",
    "InstalledFile": "core.layout",
    "InstalledPath": "core.layout",
    "Layout": "core.layout",
    "lay_out": "core.layout",
    "OwnershipMap": "core.ownership",
    "Overlap": "core.overlap",
    "find_overlaps": "core.overlap",
    "overlaps_of": "parts",
    "PIP": "installers",
    "UV": "installers",
    "Invocation": "installers",
    "Disk": "core.disk",
    "Diagnosis": "core.diagnosis",
    "diagnose": "core.diagnosis",
    "Remedy": "core.plan",
    "remedies": "core.plan",
    "WheelclashError": "errors",
    "QuestionError": "errors",
    "FetchError": "errors",
    "WheelError": "errors",
}
"""Public names, and the modules they live in."""

__all__ = [
    "PIP",
    "UV",
    "Contents",
    "Diagnosis",
    "Disk",
    "Distribution",
    "Environment",
    "FetchError",
    "IndexFlags",
    "InstalledFile",
    "InstalledPath",
    "Interpreter",
    "Invocation",
    "Layout",
    "Options",
    "Overlap",
    "OwnershipMap",
    "QuestionError",
    "Remedy",
    "Report",
    "Scan",
    "Session",
    "Target",
    "WheelError",
    "WheelclashError",
    "check",
    "check_async",
    "diagnose",
    "distribution_of",
    "examine",
    "examine_async",
    "find_environment",
    "find_overlaps",
    "fix",
    "fix_async",
    "lay_out",
    "overlaps_of",
    "read_wheel",
    "remedies",
    "scan",
    "target_for",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
