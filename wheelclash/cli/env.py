"""The command ``env``: from the command line's words to a report of what is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.cli.given import environment_of
from wheelclash.cli.output import write_report
from wheelclash.environment import scan
from wheelclash.errors import QuestionError
from wheelclash.question import Ignore
from wheelclash.report.environment_build import Wishes, build_environment_report

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.environment import EnvironmentReport

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``env`` and return its exit code.

    Raises:
        WheelclashError: There is no such environment, or what was said of it makes no sense.
    """
    report = _report(arguments, as_module=as_module)
    write_report(report, arguments)
    return report.exit_code(fail_on=arguments.fail_on, allow_incomplete=arguments.allow_incomplete)


def _report(arguments: Arguments, *, as_module: bool) -> EnvironmentReport:
    ignores = [Ignore.parse(each) for each in arguments.ignore]
    given = environment_of(arguments, as_module=as_module)
    found = scan(given.places, given.target, every=arguments.verify)
    if not found.distributions and not found.not_compared and not found.skipped and given.interpreter is None:
        raise QuestionError(f"Nothing is installed in {given.places.prefix}.", "Is it the folder that was meant?")
    keep = [canonicalize_name(name.strip()) for name in arguments.keep]
    return build_environment_report(found, Wishes(keep, ignores, given.options))
