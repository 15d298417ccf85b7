"""The command ``fix``: from the command line's words to a plan, carried out if that is wanted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wheelclash.api import fix
from wheelclash.cli.given import again_of, environment_of, index_flags_of, session_of
from wheelclash.cli.output import require_writable, write_report
from wheelclash.cli.streams import complain

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``fix`` and return its exit code.

    Raises:
        WheelclashError: There is no such environment, it must not be changed, or what was said makes no sense.
    """
    require_writable(arguments)
    environment = environment_of(arguments, as_module=as_module)
    try:
        with session_of(arguments) as session:
            report = fix(
                environment,
                keep=arguments.keep,
                drop=arguments.drop,
                apply=arguments.apply,
                ignore=arguments.ignore,
                session=session,
                index=index_flags_of(arguments),
                installer=arguments.installer,
                use_config=not arguments.no_config,
                output=sys.stderr.fileno(),
                again=again_of(arguments),
            )
    except KeyboardInterrupt:
        if arguments.apply:
            complain("interrupted; what was done is done, and `wheelclash env` says what is on disk.")
        raise
    write_report(report, arguments)
    return report.exit_code(allow_incomplete=arguments.allow_incomplete)
