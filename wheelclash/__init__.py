"""wheelclash finds the files two wheels both install, and gives the commands that put it right.

>>> import wheelclash
>>> report = wheelclash.check(["nixl-cu12", "nixl-cu13"])  # doctest: +SKIP
>>> report.summary.errors, report.exit_code()  # doctest: +SKIP
(3, 1)

:func:`check` answers a question about a set of wheels; :func:`check_environment`, :func:`plan_repair` and
:func:`repair` one about an environment; :func:`owners` one about files. Each has a twin for asynchronous code. What
build tools need is :mod:`wheelclash.core`. Everything is imported when it is first used.
"""

from __future__ import annotations

from wheelclash.version import __version__ as __version__

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from wheelclash.accepted import Baseline, Ignore
    from wheelclash.api import (
        check,
        check_async,
        check_environment,
        check_environment_async,
        owners,
        owners_async,
        plan_repair,
        plan_repair_async,
        repair,
        repair_async,
    )
    from wheelclash.cli.project import Project, read_project
    from wheelclash.environment.locate import Environment, find_environment
    from wheelclash.errors import FetchError, QuestionError, WheelclashError, WheelError
    from wheelclash.index.options import IndexOptions
    from wheelclash.installers import PIP, UV
    from wheelclash.options import Options
    from wheelclash.report.acceptance import baseline_of
    from wheelclash.report.model import EnvironmentReport, Report
    from wheelclash.report.model import FixReport as RepairReport
    from wheelclash.report.model import WhoReport as OwnersReport
    from wheelclash.session import Session
    from wheelclash.target.target import Target, target_for


_PLACES = {
    "check": "api",
    "check_async": "api",
    "check_environment": "api",
    "check_environment_async": "api",
    "owners": "api",
    "owners_async": "api",
    "plan_repair": "api",
    "plan_repair_async": "api",
    "repair": "api",
    "repair_async": "api",
    "Session": "session",
    "Options": "options",
    "Ignore": "accepted",
    "Baseline": "accepted",
    "baseline_of": "report.acceptance",
    "Project": "cli.project",
    "read_project": "cli.project",
    "IndexOptions": "index.options",
    "Target": "target.target",
    "target_for": "target.target",
    "Environment": "environment.locate",
    "find_environment": "environment.locate",
    "Report": "report.model",
    "EnvironmentReport": "report.model",
    "RepairReport": "report.model:FixReport",
    "OwnersReport": "report.model:WhoReport",
    "PIP": "installers",
    "UV": "installers",
    "WheelclashError": "errors",
    "QuestionError": "errors",
    "FetchError": "errors",
    "WheelError": "errors",
}
"""Public names, and the modules they are defined in, with the name there if it is another (the JSON schema has it)."""

__all__ = [
    "PIP",
    "UV",
    "Baseline",
    "Environment",
    "EnvironmentReport",
    "FetchError",
    "Ignore",
    "IndexOptions",
    "Options",
    "OwnersReport",
    "Project",
    "QuestionError",
    "RepairReport",
    "Report",
    "Session",
    "Target",
    "WheelError",
    "WheelclashError",
    "baseline_of",
    "check",
    "check_async",
    "check_environment",
    "check_environment_async",
    "find_environment",
    "owners",
    "owners_async",
    "plan_repair",
    "plan_repair_async",
    "read_project",
    "repair",
    "repair_async",
    "target_for",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, _, original = _PLACES[name].partition(":")
    value: object = getattr(import_module(f"{__name__}.{module}"), original or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
