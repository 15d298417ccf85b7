"""The command ``env``: from the command line's words to a report of what is on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.cli.given import environment_of, index_flags_of, installer_of, session_of
from wheelclash.cli.output import write_report
from wheelclash.environment import scan
from wheelclash.errors import IndexSettingsError, QuestionError
from wheelclash.question import Ignore
from wheelclash.report.environment_build import Explained, Wishes, build_environment_report, judge
from wheelclash.report.model import Reading

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.environment import EnvironmentReport
    from wheelclash.report.environment_build import Judged

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
    wishes = Wishes(keep, ignores, given.options)
    judged = judge(found, wishes)
    return build_environment_report(judged, wishes, _explained(judged, arguments))


def _explained(judged: Judged, arguments: Arguments) -> Explained:
    """Why the native files that are somebody else's matter; only then is anything asked of an index."""
    from wheelclash.why import explain_contested, is_in_question

    contested = [each for each in judged.grave if is_in_question(each.overlap)]
    if not contested:
        return Explained()
    with session_of(arguments) as session:
        try:
            settings = session.index_settings(
                index=index_flags_of(arguments),
                installer=installer_of(arguments, os.environ),
                use_config=not arguments.no_config,
                prefix=judged.scan.places.prefix,
            )
        except IndexSettingsError as error:
            return Explained(notes=[f"why it breaks was not looked into: {error}"])
        reasons = session.wait(explain_contested(contested, judged.scan, settings, session.reader))
        traffic = session.fetcher.traffic
        reading = Reading(
            traffic.index_requests, traffic.wheel_requests, traffic.member_requests, traffic.bytes, from_cache=0
        )
        return Explained(reasons, session.cache.warnings, reading)
