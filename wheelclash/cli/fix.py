"""The command ``fix``: from the command line's words to a plan, carried out if that is wanted."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.cli.given import environment_of, index_flags_of, session_of
from wheelclash.cli.output import write_report
from wheelclash.errors import QuestionError
from wheelclash.mending import Job, Wish, mend
from wheelclash.question import Ignore
from wheelclash.report.fix_build import Again, build_fix_report
from wheelclash.urls import without_credentials

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``fix`` and return its exit code.

    Raises:
        WheelclashError: There is no such environment, it must not be changed, or what was said makes no sense.
    """
    ignores = [Ignore.parse(each) for each in arguments.ignore]
    given = environment_of(arguments, as_module=as_module)
    if given.interpreter is None:  # the words do not allow it
        raise QuestionError("Mending takes an interpreter.", "Name one with --python.")
    job = Job(
        interpreter=given.interpreter,
        wish=Wish(
            keep=[canonicalize_name(name.strip()) for name in arguments.keep],
            drop=[canonicalize_name(name.strip()) for name in arguments.drop],
            ignores=ignores,
        ),
        installer=arguments.installer,
        flags=index_flags_of(arguments),
        use_config=not arguments.no_config,
        environ=os.environ,
        apply=arguments.apply,
        output=sys.stderr.fileno(),
    )
    with session_of(arguments) as session:
        mended = mend(job, session)
    report = build_fix_report(mended, job, Again(given.options, _again(arguments)))
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
