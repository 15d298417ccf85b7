"""The command ``check``: from the command line's words to a report on standard output."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.cli.output import write_report
from wheelclash.cli.streams import complain
from wheelclash.errors import QuestionError, WheelclashError
from wheelclash.fetch import MAX_DOWNLOAD
from wheelclash.interpreter import meant, on_path, target_of
from wheelclash.session import Session
from wheelclash.sources.settings import IndexFlags
from wheelclash.target import target_for, with_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wheelclash.cli.arguments import Arguments
    from wheelclash.installers import InstallerName
    from wheelclash.interpreter import Interpreter
    from wheelclash.report.model import Report
    from wheelclash.target import Target

__all__ = ["run"]


def run(arguments: Arguments, *, as_module: bool) -> int:
    """Run ``check`` and return its exit code; what goes wrong is told on standard error in one paragraph."""
    try:
        report = _report(arguments, as_module=as_module)
        write_report(report, arguments)
    except WheelclashError as error:
        complain(error)
        return 2
    return report.exit_code(fail_on=arguments.fail_on, allow_incomplete=arguments.allow_incomplete)


def _report(arguments: Arguments, *, as_module: bool) -> Report:
    environ: Mapping[str, str] = os.environ
    _require_folder()
    targets, interpreter = _targets(arguments, environ, as_module=as_module)
    cache_dir = None if arguments.no_cache else (arguments.cache_dir or "")
    session = Session(
        cache_dir=cache_dir,
        offline=arguments.offline,
        max_download=MAX_DOWNLOAD if arguments.max_download is None else arguments.max_download,
    )
    with session:
        return session.check(
            arguments.requirements,
            target=targets,
            all_targets=arguments.all_targets,
            interpreter=interpreter,
            keep=arguments.keep,
            ignore=arguments.ignore,
            installer=_installer(arguments, environ),
            index=IndexFlags(
                index_url=arguments.index_url,
                extra_index_urls=tuple(arguments.extra_index_urls),
                find_links=tuple(arguments.find_links),
                no_index=arguments.no_index,
                strategy=arguments.index_strategy,
            ),
            use_config=not arguments.no_config,
            exclude_newer=None if arguments.exclude_newer is None else _moment(arguments.exclude_newer),
            system=arguments.system,
            deps=arguments.deps,
            files=arguments.files,
            extras=arguments.extras,
            all_extras=arguments.all_extras,
            groups=arguments.groups,
            allow_build=arguments.allow_build,
            against=arguments.against,
            siblings=arguments.siblings,
        )


def _require_folder() -> None:
    """Refuse to start from a folder that is gone: nothing relative to it means anything."""
    try:
        Path.cwd()
    except OSError as error:
        raise QuestionError(f"The current folder cannot be used ({error.strerror}).", "Change to another.") from None


def _targets(
    arguments: Arguments, environ: Mapping[str, str], *, as_module: bool
) -> tuple[list[Target], Interpreter | None]:
    """The targets, and the environment that commands are to name: none if the target need not be on this machine."""
    versions, platforms = arguments.python_versions, arguments.python_platforms
    if versions and platforms:
        return [target_for(version, platform) for platform in platforms for version in versions], None
    interpreter = meant(python=arguments.python, run_as_module=as_module, environ=environ, cwd=Path.cwd())
    if platforms:
        version = ".".join(interpreter.version.split(".")[:2]) + ("t" if interpreter.free_threaded else "")
        return [target_for(version, platform) for platform in platforms], None
    if versions:
        return [with_python(target_of(interpreter), version) for version in versions], None
    return [target_of(interpreter)], interpreter


def _installer(arguments: Arguments, environ: Mapping[str, str]) -> InstallerName:
    if arguments.installer is not None:
        return arguments.installer
    return "uv" if next(on_path("uv", environ), None) is not None else "pip"


def _moment(text: str) -> datetime:
    """The moment from which on files count as too new: that of RFC 3339, or the end of a day (UTC), as for uv."""
    from datetime import UTC, date, datetime, time, timedelta

    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        if day == date.max:
            return datetime.max.replace(tzinfo=UTC)
        return datetime.combine(day + timedelta(days=1), time(), UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        hint = "Write a day, 2025-03-01, or a moment, 2025-03-01T12:00:00Z."
        raise QuestionError(f"--exclude-newer {text!r} is no date.", hint) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
