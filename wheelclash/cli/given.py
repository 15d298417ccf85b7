"""What was given on the command line, as values of the library."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError
from wheelclash.target.interpreter import choose_interpreter, on_path, running, target_of
from wheelclash.target.target import target_for, with_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from wheelclash.cli.arguments import Arguments
    from wheelclash.environment.locate import Environment
    from wheelclash.index.settings import IndexFlags
    from wheelclash.installers import InstallerName
    from wheelclash.session import Session
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = [
    "again_of",
    "environment_of",
    "index_flags_of",
    "installer_of",
    "moment_of",
    "session_of",
    "targets_of",
    "working_folder",
]


def working_folder() -> Path:
    """The current folder.

    Raises:
        QuestionError: It is gone: nothing relative to it means anything.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise QuestionError(f"The current folder cannot be used ({error.strerror}).", "Change to another.") from None


def environment_of(arguments: Arguments, *, as_module: bool) -> Environment:
    """The environment that ``--python``, ``--prefix`` or ``--path`` names, or else the one meant.

    Raises:
        QuestionError: There is no such environment.
    """
    from wheelclash.environment.locate import find_environment

    return find_environment(
        arguments.python, prefix=arguments.prefix, path=arguments.path, run_as_module=as_module, environ=os.environ
    )


def targets_of(
    arguments: Arguments, environ: Mapping[str, str], *, as_module: bool
) -> tuple[list[Target], Interpreter | None]:
    """The targets, and the environment that commands are to name: none if the target need not be on this machine.

    Raises:
        TargetError: There is no such version, platform or interpreter.
    """
    versions, platforms = arguments.python_versions, arguments.python_platforms
    if versions and platforms:
        return [target_for(version, platform) for platform in platforms for version in versions], None
    if arguments.all_targets or (arguments.no_config and (versions or platforms)):
        # The locks name the targets, or one half of it was named: no interpreter that lies about here need be run.
        interpreter = running(environ)
    else:
        interpreter = choose_interpreter(
            python=arguments.python, run_as_module=as_module, environ=environ, cwd=working_folder()
        )
    if platforms:
        version = ".".join(interpreter.version.split(".")[:2]) + ("t" if interpreter.free_threaded else "")
        return [target_for(version, platform) for platform in platforms], None
    if versions:
        return [with_python(target_of(interpreter), version) for version in versions], None
    return [target_of(interpreter)], interpreter


def installer_of(arguments: Arguments, environ: Mapping[str, str]) -> InstallerName:
    """Whose commands are wanted: by default uv's, if there is one."""
    if arguments.installer is not None:
        return arguments.installer
    return "uv" if next(on_path("uv", environ), None) is not None else "pip"


def session_of(arguments: Arguments) -> Session:
    """A session with the cache and the limits that were given."""
    from wheelclash.http.client import MAX_DOWNLOAD
    from wheelclash.session import Session

    return Session(
        cache_dir=None if arguments.no_cache else (arguments.cache_dir or ""),
        offline=arguments.offline,
        timeout=arguments.timeout,
        max_download=MAX_DOWNLOAD if arguments.max_download is None else arguments.max_download,
    )


def index_flags_of(arguments: Arguments) -> IndexFlags:
    """The index options."""
    from wheelclash.index.settings import IndexFlags

    return IndexFlags(
        index_url=arguments.index_url,
        extra_index_urls=tuple(arguments.extra_index_urls),
        find_links=tuple(arguments.find_links),
        no_index=arguments.no_index,
        strategy=arguments.index_strategy,
        cert=arguments.cert,
    )


def moment_of(text: str) -> datetime:
    """Return the moment from which on files count as too new, as for uv.

    It is that of RFC 3339, the end of a day (UTC), or so long ago as ``7 days``, ``24h`` or ``P7D`` (ISO 8601) says.

    Raises:
        QuestionError: It is no date.
    """
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
        if (duration := _duration(text)) is not None:
            return datetime.now(UTC) - duration
        hint = "Write a day, 2025-03-01, a moment, 2025-03-01T12:00:00Z, or how long ago, '7 days'."
        raise QuestionError(f"--exclude-newer {text!r} is no date.", hint) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_SECONDS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
"""Of a unit, by its first letter. Months and years have no fixed length, and uv does not take them either."""
_LONGEST = 50 * 366 * 86_400
"""Seconds: no file is older than the index it lies in."""
_DURATION = r"(\d+)\s*(w(?:ks?|eeks?)?|d(?:ays?)?|h(?:rs?|ours?)?|m(?:ins?|inutes?)?|s(?:ecs?|econds?)?)(?![a-z])"


def _duration(text: str) -> timedelta | None:
    """Return the length of time that a text is, e.g. ``7days``, ``1 week 2 days`` or ``PT24H``; None if it is none."""
    import re
    from datetime import timedelta

    spelt = text.strip().lower()
    iso = re.fullmatch(r"p(?:\d+[wd])*(?:t(?:\d+[hms])+)?", spelt)
    if iso and len(spelt) > 1:
        parts = re.findall(r"(\d+)([wdhms])", spelt)
    elif re.fullmatch(rf"(?:{_DURATION}[\s,]*)+", spelt):
        parts = [(number, unit) for number, unit in re.findall(_DURATION, spelt)]
    else:
        return None
    seconds = sum(int(number) * _SECONDS[unit[0]] for number, unit in parts)
    return timedelta(seconds=seconds) if seconds < _LONGEST else None


def _usual_cache() -> str | None:
    return os.environ.get("WHEELCLASH_CACHE_DIR")


def again_of(arguments: Arguments) -> tuple[str, ...]:
    """The options that say how, for printed commands of our own; no credentials."""
    from wheelclash.http.urls import without_credentials

    pairs = [
        *(("--index-url", each) for each in (arguments.index_url,) if each),
        *(("--extra-index-url", each) for each in arguments.extra_index_urls),
        *(("--find-links", each) for each in arguments.find_links),
        *(("--index-strategy", each) for each in (arguments.index_strategy,) if each),
        *(("--cert", each) for each in (arguments.cert,) if each),
        *(("--installer", each) for each in (arguments.installer,) if each),
        *(("--ignore", each) for each in arguments.ignore),
        *(("--cache-dir", each) for each in (arguments.cache_dir,) if each and each != _usual_cache()),
    ]
    switches = [
        ("--no-index", arguments.no_index),
        ("--no-config", arguments.no_config),
        ("--no-cache", arguments.no_cache),
        ("--offline", arguments.offline),
    ]
    told = [part for option, text in pairs for part in (option, without_credentials(text))]
    return (*told, *(option for option, given in switches if given))
