"""The commands: from the options of the command line to the exit code."""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from wheelclash.cli.output import require_writable
from wheelclash.cli.streams import complain, write
from wheelclash.contents.options import EVERY
from wheelclash.options import Options
from wheelclash.report.formats import require_format
from wheelclash.validation import options_of

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: short commands are measured
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TypeVar

    from wheelclash.accepted import Baseline
    from wheelclash.cli.parser import CommandOptions
    from wheelclash.environment.locate import Environment
    from wheelclash.installers import InstallerName
    from wheelclash.report.model import EnvironmentReport, Report
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

    _Report = TypeVar("_Report", Report, EnvironmentReport)

__all__ = ["options_for_library", "run", "with_targets"]

_NO_ANSWER = 2


def run(options: CommandOptions, *, as_module: bool) -> int:
    """Run a command and return its exit code.

    Args:
        options: What was said; it names the command.
        as_module: Whether the program was started with ``python -m``.

    Raises:
        WheelclashError: The question cannot be answered.
    """
    for name in (options.format, *(name for name, _ in options.output_files)):
        require_format(name)
    require_writable(options)
    return _RUN[options.command](options, as_module)


def _check(options: CommandOptions, as_module: bool) -> int:  # noqa: FBT001
    from wheelclash.cli.display import open_session
    from wheelclash.files import working_folder

    working_folder()
    library_options = options_for_library(options)
    if options.into is None:
        library_options = with_targets(library_options, options, as_module=as_module)
    library_options = replace(library_options, installer=_installer(options, os.environ))
    with open_session(options) as session:
        report = session.check(options.requirements, library_options)
    return _finish(report, options)


def _env(options: CommandOptions, as_module: bool) -> int:  # noqa: FBT001
    from wheelclash.api import check_environment
    from wheelclash.cli.display import open_session

    environment = _environment(options, as_module=as_module)
    with open_session(options) as session:
        report = check_environment(environment, options_for_library(options), session=session)
    return _finish(report, options)


def _finish(report: _Report, options: CommandOptions) -> int:
    """Write the baseline that is wanted, and the report; return the exit code, for which the baseline counts."""
    from wheelclash.cli.output import write_report

    counted = report
    is_answer = report.exit_code(fail_on="never", allow_incomplete=True) != _NO_ANSWER
    if options.write_baseline is not None and not is_answer:
        note = f"{options.write_baseline} was not written, since there is no answer"
        report = replace(report, warnings=(*report.warnings, note))
    elif options.write_baseline is not None:
        from pathlib import Path

        from wheelclash.accepted import Acceptance
        from wheelclash.report.acceptance import about_of, accept
        from wheelclash.wording import plural

        baseline = _write_baseline(report, Path(options.write_baseline))
        counted = accept(report, Acceptance(baseline=baseline))
        known = plural(sum(problem.about == about_of(report) for problem in baseline.problems), "problem")
        note = f"{known} written to {options.write_baseline}; with --baseline {options.write_baseline} they pass"
        report = replace(report, warnings=(*report.warnings, note))
    write_report(report, options)
    return counted.exit_code(fail_on=options.fail_on, allow_incomplete=options.allow_incomplete)


def _write_baseline(report: Report | EnvironmentReport, file: Path) -> Baseline:
    """Write what is wrong to a baseline, in place of what it listed of this kind of report, and return it.

    What it listed of distributions that could not be read stays.

    Raises:
        QuestionError: The file is there and is no baseline, or it cannot be written.
    """
    from wheelclash.accepted import Baseline
    from wheelclash.cli.output import write_files
    from wheelclash.report.acceptance import updated_baseline

    before = Baseline.read(file, to_replace=True)
    baseline = updated_baseline(before, report)
    write_files([("--write-baseline", file, baseline.to_json())])
    return baseline


def _fix(options: CommandOptions, as_module: bool) -> int:  # noqa: FBT001
    from wheelclash.api import plan_repair, repair
    from wheelclash.cli.display import open_session
    from wheelclash.cli.output import write_report

    environment = _environment(options, as_module=as_module)
    library_options = options_for_library(options)
    try:
        with open_session(options) as session:
            if options.apply:
                report = repair(environment, library_options, session=session, output=sys.stderr.fileno())
            else:
                report = plan_repair(environment, library_options, session=session)
    except KeyboardInterrupt:
        if options.apply:
            complain("interrupted; what was done is done, and `wheelclash env` says what is on disk.")
        raise
    write_report(report, options)
    return report.exit_code(allow_incomplete=options.allow_incomplete)


def _who(options: CommandOptions, as_module: bool) -> int:  # noqa: FBT001
    from wheelclash.api import owners
    from wheelclash.cli.display import open_session
    from wheelclash.cli.output import write_report
    from wheelclash.files import working_folder

    working_folder()
    environment, library_options = None, options_for_library(options)
    if options.among:
        library_options = with_targets(library_options, options, as_module=as_module)
    else:
        environment = _environment(options, as_module=as_module)
    with open_session(options) as session:
        report = owners(
            options.asked,
            environment,
            library_options,
            among=options.among,
            allow_incomplete=options.allow_incomplete,
            session=session,
        )
    write_report(report, options)
    return report.exit_code(allow_incomplete=options.allow_incomplete)


def _schema(options: CommandOptions, _: bool) -> int:  # noqa: FBT001
    if options.of_configuration:
        from wheelclash.cli.configuration import configuration_schema

        write(configuration_schema(type(options)))
        return 0
    from wheelclash.report.schema import schema_text

    write(schema_text())
    return 0


def _rule(options: CommandOptions, _: bool) -> int:  # noqa: FBT001
    from wheelclash.report.rules import RULES, rule_named

    rules = [rule_named(text) for text in options.rules]
    write("\n".join(rule.text for rule in rules) or "".join(f"{rule.line}\n" for rule in RULES.values()))
    return 0


def _contents(options: CommandOptions, _: bool) -> int:  # noqa: FBT001
    from wheelclash.cli.contents import run_contents
    from wheelclash.files import working_folder

    working_folder()
    return run_contents(options)


def _completion(options: CommandOptions, _: bool) -> int:  # noqa: FBT001
    from wheelclash.cli.completion import completion_script

    write(completion_script(options.shell))
    return 0


_RUN: Mapping[str, Callable[[CommandOptions, bool], int]] = {
    "check": _check,
    "env": _env,
    "fix": _fix,
    "who": _who,
    "rule": _rule,
    "schema": _schema,
    "completion": _completion,
    **dict.fromkeys(EVERY.split(), _contents),
}


def options_for_library(options: CommandOptions) -> Options:
    """Return what the library is told of the options; the interpreter is found first."""
    library_options = Options(
        **{name: getattr(options, name) for name, _ in options_of(Options) if name != "interpreter"}
    )
    return library_options if options.write_baseline is None else replace(library_options, baseline=None)


def _python(options: CommandOptions) -> str | None:
    """Return what ``--python`` says."""
    return None if options.interpreter is None else str(options.interpreter)


def _environment(options: CommandOptions, *, as_module: bool) -> Environment:
    """Return the environment that ``--python``, ``--prefix`` or ``--path`` names, or else the one meant.

    Raises:
        QuestionError: There is no such environment.
    """
    from wheelclash.environment.locate import find_environment

    return find_environment(
        _python(options),
        prefix=options.prefix,
        path=options.path or None,
        run_as_module=as_module,
        environ=os.environ,
    )


def with_targets(library_options: Options, options: CommandOptions, *, as_module: bool) -> Options:
    """Return the options with the targets that the command line names."""
    targets, interpreter = _targets(options, os.environ, as_module=as_module)
    return replace(library_options, target=targets, interpreter=interpreter)


def _targets(
    options: CommandOptions, environ: Mapping[str, str], *, as_module: bool
) -> tuple[list[Target], Interpreter | None]:
    """Return the targets, and the environment that commands are to name: none if the target may be another machine.

    Raises:
        TargetError: There is no such version, platform or interpreter.
    """
    from wheelclash.files import working_folder
    from wheelclash.target.interpreter import choose_interpreter, running, target_of
    from wheelclash.target.target import target_for, with_python

    versions, platforms = options.python_versions, options.python_platforms
    if versions and platforms:
        return [target_for(version, platform) for platform in platforms for version in versions], None
    if options.all_targets or (not options.use_config and (versions or platforms)):
        # The locks name the targets, or one half of it was named: no interpreter that lies about here need be run.
        interpreter = running(environ)
    else:
        interpreter = choose_interpreter(
            python=_python(options), run_as_module=as_module, environ=environ, cwd=working_folder()
        )
    if platforms:
        version = ".".join(interpreter.version.split(".")[:2]) + ("t" if interpreter.free_threaded else "")
        return [target_for(version, platform) for platform in platforms], None
    if versions:
        return [with_python(target_of(interpreter), version) for version in versions], None
    return [target_of(interpreter)], interpreter


def _installer(options: CommandOptions, environ: Mapping[str, str]) -> InstallerName:
    """Return the installer of printed commands: by default uv, if there is one."""
    if options.installer is not None:
        return options.installer
    from wheelclash.target.interpreter import on_path

    return "uv" if next(on_path("uv", environ), None) is not None else "pip"
