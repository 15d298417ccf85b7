"""The command ``who``: from the command line's words to a report on whose some files are."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wheelclash.cli.given import environment_of, index_flags_of, moment_of, session_of, targets_of, working_folder
from wheelclash.cli.output import write_report
from wheelclash.errors import QuestionError
from wheelclash.report.build import build_who_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.cli.arguments import Arguments
    from wheelclash.environment.owners import Unknown
    from wheelclash.report.model import WhoReport

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``who`` and return its exit code.

    Raises:
        WheelclashError: There is nothing of that name, or the question makes no sense.
    """
    about = _in_set if arguments.requirements else _in_environment
    report = about(arguments, as_module=as_module)
    write_report(report, arguments)
    return report.exit_code(allow_incomplete=arguments.allow_incomplete)


def _in_environment(arguments: Arguments, *, as_module: bool) -> WhoReport:
    from wheelclash.environment.owners import owners_in

    folder = working_folder()
    given = environment_of(arguments, as_module=as_module)
    answered = owners_in(given.places, given.target, arguments.asked, folder)
    if not answered.skipped or arguments.allow_incomplete:
        for text, unknown in answered.unknown.items():
            raise _nothing(text, unknown, str(given.places.prefix))
    return build_who_report(
        arguments.asked,
        answered.belongings,
        names=answered.names,
        searched=answered.searched,
        target=given.target,
        python=given.places.python,
        places=given.places,
        skipped=answered.skipped,
        not_compared=answered.not_compared,
    )


def _nothing(text: str, unknown: Unknown, prefix: str) -> QuestionError:
    if unknown.outside:
        return QuestionError(f"{text}: it lies outside of {prefix}.", "Name another environment: see --python.")
    if unknown.is_distribution:
        hint = "That is a distribution; ask for a file or an import name."
        return QuestionError(f"{text}: there is nothing of that name in {prefix}.", hint)
    return QuestionError(f"{text}: there is nothing of that name in {prefix}.", _perhaps(unknown.near))


def _perhaps(near: Sequence[str]) -> str:
    return f"Perhaps: {', '.join(near)}?" if near else ""


def _in_set(arguments: Arguments, *, as_module: bool) -> WhoReport:
    from wheelclash.core.query import belongings_in_set

    environ = os.environ
    working_folder()
    targets, interpreter = targets_of(arguments, environ, as_module=as_module)
    with session_of(arguments) as session:
        seen = session.look(
            arguments.requirements,
            target=targets,
            interpreter=interpreter,
            index=index_flags_of(arguments),
            use_config=not arguments.no_config,
            exclude_newer=None if arguments.exclude_newer is None else moment_of(arguments.exclude_newer),
            deps=arguments.deps,
        )
    (view,) = seen.views
    found, unknown = belongings_in_set(arguments.asked, view.distributions, view.overlaps, view.diagnoses)
    if not seen.skipped or arguments.allow_incomplete:
        for text, near in unknown.items():
            raise QuestionError(f"{text}: nothing of that name is in this set.", _perhaps(near))
    return build_who_report(
        arguments.asked,
        found,
        names=view.names,
        searched=len(view.distributions),
        target=view.target,
        python=None if interpreter is None else interpreter.executable,
        skipped=seen.skipped,
        not_compared=seen.not_compared,
        warnings=seen.warnings,
    )
