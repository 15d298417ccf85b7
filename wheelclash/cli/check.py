"""The command ``check``: from the command line's words to a report on wheels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wheelclash.cli.given import index_flags_of, installer_of, moment_of, session_of, targets_of, working_folder
from wheelclash.cli.output import write_report

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments
    from wheelclash.report.model import Report

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``check`` and return its exit code.

    Raises:
        WheelclashError: The question cannot be answered.
    """
    report = _report(arguments, as_module=as_module)
    write_report(report, arguments)
    return report.exit_code(fail_on=arguments.fail_on, allow_incomplete=arguments.allow_incomplete)


def _report(arguments: Arguments, *, as_module: bool) -> Report:
    environ = os.environ
    working_folder()
    targets, interpreter = (
        (None, None) if arguments.into is not None else targets_of(arguments, environ, as_module=as_module)
    )
    with session_of(arguments) as session:
        return session.check(
            arguments.requirements,
            target=targets,
            all_targets=arguments.all_targets,
            interpreter=interpreter,
            into=arguments.into,
            keep=arguments.keep,
            ignore=arguments.ignore,
            installer=installer_of(arguments, environ),
            index=index_flags_of(arguments),
            use_config=not arguments.no_config,
            exclude_newer=None if arguments.exclude_newer is None else moment_of(arguments.exclude_newer),
            system=arguments.system,
            deps=arguments.deps,
            files=arguments.files,
            constraints=arguments.constraints,
            extras=arguments.extras,
            all_extras=arguments.all_extras,
            groups=arguments.groups,
            prereleases=arguments.prereleases,
            allow_build=arguments.allow_build,
            against=arguments.against,
            siblings=arguments.siblings,
            why=arguments.why,
        )
