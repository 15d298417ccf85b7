"""The command ``env``: from the command line's words to a report of what is on disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.cli.output import write_report
from wheelclash.cli.streams import complain
from wheelclash.environment import places_at, places_below, places_of, scan
from wheelclash.errors import QuestionError, TargetError, WheelclashError
from wheelclash.interpreter import meant, running, target_of
from wheelclash.question import Ignore
from wheelclash.report.environment_build import Wishes, build_environment_report
from wheelclash.target import with_python

if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments
    from wheelclash.environment import Places
    from wheelclash.report.environment import EnvironmentReport
    from wheelclash.target import Target

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``env`` and return its exit code; what goes wrong is told on standard error in one paragraph."""
    try:
        report = _report(arguments, as_module=as_module)
        write_report(report, arguments)
    except WheelclashError as error:
        complain(error)
        return 2
    return report.exit_code(fail_on=arguments.fail_on, allow_incomplete=arguments.allow_incomplete)


def _report(arguments: Arguments, *, as_module: bool) -> EnvironmentReport:
    ignores = [Ignore.parse(each) for each in arguments.ignore]
    places, target, options = _environment(arguments, as_module=as_module)
    found = scan(places, target, every=arguments.verify)
    if not found.distributions and not found.not_compared and not found.skipped and places.python is None:
        raise QuestionError(f"Nothing is installed in {places.prefix}.", "Is it the folder that was meant?")
    keep = [_normalised(name) for name in arguments.keep]
    return build_environment_report(found, Wishes(keep, ignores, options))


def _environment(arguments: Arguments, *, as_module: bool) -> tuple[Places, Target, tuple[str, ...]]:
    """The environment, what it is, and the options that name it again."""
    if arguments.prefix is not None:
        places = places_below(Path(arguments.prefix).absolute())
        return places, _target_of_folder(places), ("--prefix", str(places.prefix))
    if arguments.path is not None:
        places = places_at(Path(arguments.path).absolute())
        return places, _target_of_folder(places), ("--path", places.sites[0])
    try:
        folder = Path.cwd()
    except OSError as error:
        raise QuestionError(f"The current folder cannot be used ({error.strerror}).", "Change to another.") from None
    interpreter = meant(python=arguments.python, run_as_module=as_module, environ=os.environ, cwd=folder)
    options = () if interpreter.is_active else ("--python", str(interpreter.executable))
    return places_of(interpreter), target_of(interpreter), options


def _target_of_folder(places: Places) -> Target:
    """This machine, with the version of Python that the folder's name says."""
    target = target_of(running())
    if places.python_version is None:
        return target
    try:
        return with_python(target, places.python_version)
    except TargetError:
        return target


def _normalised(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name.strip())
