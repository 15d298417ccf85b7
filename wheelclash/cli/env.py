"""The command ``env``: from the command line's words to a report of what is on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.api import examine
from wheelclash.cli.given import again_of, environment_of, index_flags_of, session_of
from wheelclash.cli.output import write_report

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``env`` and return its exit code.

    Raises:
        WheelclashError: There is no such environment, or what was said of it makes no sense.
    """
    environment = environment_of(arguments, as_module=as_module)
    with session_of(arguments) as session:
        report = examine(
            environment,
            keep=arguments.keep,
            ignore=arguments.ignore,
            verify=arguments.verify,
            session=session,
            index=index_flags_of(arguments),
            installer=arguments.installer,
            use_config=not arguments.no_config,
            again=again_of(arguments),
        )
    write_report(report, arguments)
    return report.exit_code(fail_on=arguments.fail_on, allow_incomplete=arguments.allow_incomplete)
