"""The command ``fix``: from the command line's words to a plan, carried out if that is wanted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wheelclash.cli.given import environment_of, index_flags_of, session_of
from wheelclash.cli.output import write_report
from wheelclash.cli.streams import complain
from wheelclash.examination import fix
from wheelclash.urls import without_credentials

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``fix`` and return its exit code.

    Raises:
        WheelclashError: There is no such environment, it must not be changed, or what was said makes no sense.
    """
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
                again=_again(arguments),
            )
    except KeyboardInterrupt:
        if arguments.apply:
            complain("interrupted; what was done is done, and `wheelclash env` says what is on disk.")
        raise
    write_report(report, arguments)
    return report.exit_code(allow_incomplete=arguments.allow_incomplete)


def _again(arguments: Arguments) -> tuple[str, ...]:
    """The options of how to mend, for printed commands; no credentials."""
    pairs = [
        *(("--index-url", each) for each in (arguments.index_url,) if each),
        *(("--extra-index-url", each) for each in arguments.extra_index_urls),
        *(("--find-links", each) for each in arguments.find_links),
        *(("--index-strategy", each) for each in (arguments.index_strategy,) if each),
        *(("--installer", each) for each in (arguments.installer,) if each),
    ]
    switches = [("--no-index", arguments.no_index), ("--no-config", arguments.no_config)]
    told = [part for option, text in pairs for part in (option, without_credentials(text))]
    return (*told, *(option for option, given in switches if given))
