"""What may be said of a question, apart from what it is about: each option is one field of :class:`Options`.

The library, the command line and its ``--help`` read the same fields (:func:`wheelclash.validation.option`). To add an
option, add a field; what it does stands where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from wheelclash.errors import QuestionError
from wheelclash.index.options import IndexOptions
from wheelclash.validation import checked_values, instance, items, moment, option, options_of, paths, texts

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta
    from typing import Any

    from wheelclash.accepted import Acceptance, Baseline, Ignore
    from wheelclash.environment.locate import Environment
    from wheelclash.installers import InstallerName
    from wheelclash.progress import Stage
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = [
    "ALL_NAMED",
    "INSTALLER_NAMES",
    "Options",
    "SessionOptions",
    "parse_cutoff",
    "parse_size",
    "repeated_options",
]

_READING = "check env fix who contents-add"
"""The commands that read wheels, and look for them where installers do."""

INSTALLER_NAMES = ("pip", "uv")
"""The values of ``installer``."""

ALL_NAMED = "*"
"""Among ``siblings``: every project that the question names, by a requirement, a wheel or a folder of wheels."""


# -- checks of values ----------------------------------------------------------------------------------------


def _names(option_: str, argument: Any) -> tuple[str, ...]:
    """Return names as they are compared, each once."""
    names = [name for text in texts(option_, argument) if (name := text.strip())]
    if not names:
        return ()
    from wheelclash.core.distribution import compared_name

    return tuple(dict.fromkeys(map(compared_name, names)))


def _ignores(name: str, argument: Any) -> tuple[Ignore, ...]:
    if argument == ():
        return ()
    from wheelclash.accepted import Ignore

    listed = items(name, argument, str | Ignore, "a list of strings")
    return tuple(ignore if isinstance(ignore, Ignore) else Ignore.parse(ignore) for ignore in listed)


def _baseline(name: str, argument: Any) -> Baseline | str | None:
    if argument is None:
        return None
    from wheelclash.accepted import Baseline

    baseline = instance(name, argument, Baseline | str | os.PathLike | None, "a Baseline, the path of one, or None")
    return baseline if isinstance(baseline, Baseline) else os.fspath(baseline)


def _targets(name: str, argument: Any) -> Target | tuple[Target, ...] | None:
    if argument is None:
        return None
    from wheelclash.target.target import Target

    if isinstance(argument, Target):
        return argument
    targets = items(name, argument, Target, "a Target or a list of them (see target_for)")
    if not targets:
        raise QuestionError("No target is named.", "Leave the option out for the running interpreter's.")
    return targets


def _interpreter(name: str, argument: Any) -> Interpreter | Environment | str | None:
    if argument is None or isinstance(argument, str | os.PathLike):
        return argument if argument is None else os.fspath(argument)
    from wheelclash.environment.locate import Environment
    from wheelclash.target.interpreter import Interpreter

    checked: Interpreter | Environment = instance(
        name, argument, Interpreter | Environment, "an Environment, or the path of one or of an interpreter"
    )
    return checked


def _index(_: str, argument: Any) -> IndexOptions:
    return IndexOptions.checked(argument)


def _environ(name: str, argument: Any) -> Mapping[str, str] | None:
    variables: Mapping[str, str] | None = instance(name, argument, Mapping | None, "a mapping of environment variables")
    return variables


def _deps(name: str, argument: Any) -> bool | None:
    deps: bool | None = instance(name, argument, bool | None, "True, False or None")
    return deps


def _cache_folder(name: str, argument: Any) -> str | None:
    folder = instance(name, argument, str | os.PathLike | None, "a path or None")
    return None if folder is None else os.fspath(folder)


def _bytes(name: str, argument: Any) -> int | None:
    if isinstance(argument, bool) or (instance(name, argument, int | None, "a number of bytes") or 0) < 0:
        raise QuestionError(f"{name} must be a number of bytes, not {argument!r}.")
    count: int | None = argument
    return count


def _seconds(name: str, argument: Any) -> float | None:
    if instance(name, argument, int | float | None, "a number of seconds or None") is not None and not (
        0 < argument < float("inf")
    ):
        raise QuestionError(f"{name} must be a number of seconds above 0, not {argument!r}.")
    seconds: float | None = argument
    return seconds


def _function(name: str, argument: Any) -> Callable[..., object] | None:
    if argument is not None and not callable(argument):
        raise TypeError(f"{name} must be a function or None, not {argument!r}")
    function: Callable[..., object] | None = argument
    return function


# -- words of the command line -------------------------------------------------------------------------------


def parse_cutoff(text: str) -> datetime:
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
        cutoff = datetime.fromisoformat(text)
    except ValueError:
        if (duration := _duration(text)) is not None:
            return datetime.now(UTC) - duration
        hint = "Write a day, 2025-03-01, a moment, 2025-03-01T12:00:00Z, or how long ago, '7 days'."
        raise QuestionError(f"--exclude-newer {text!r} is no date.", hint) from None
    return cutoff if cutoff.tzinfo is not None else cutoff.replace(tzinfo=UTC)


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


def _timeout(text: str) -> float:
    """Return a number of seconds.

    Raises:
        ArgumentTypeError: It is none above 0.
    """
    from argparse import ArgumentTypeError

    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def parse_size(text: str) -> int:
    """Return the bytes of ``64MiB``, ``64M``, ``1000000``.

    Raises:
        ArgumentTypeError: It is no size.
    """
    from argparse import ArgumentTypeError

    bare = text.strip().lower().removesuffix("b").removesuffix("i")
    unit = bare[-1:] if bare[-1:] in _UNITS else ""
    number = bare.removesuffix(unit)
    if not number.isascii() or not number.isdigit():
        raise ArgumentTypeError(f"{text!r} is no size; write it as 64MiB or in bytes")
    return int(number) * _UNITS[unit]


# -- the options ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How a session reads wheels.

    Attributes:
        cache_dir: The cache's folder; the user's own by default, None for no cache at all.
        offline: Refuse every request.
        timeout: Seconds to wait for a connection, and between two pieces of an answer; 10 and 20 by default.
        max_download: The most bytes to download of a wheel from a server that refuses ranges; 64 MiB by default.
        progress: A function that is called with a :class:`wheelclash.progress.Stage` whenever more is done; one call
            at a time, by any thread.
    """

    cache_dir: str | os.PathLike[str] | None = option(
        "--cache-dir", default="", repeated=True, commands=_READING, group="reading", metavar="DIR",
        in_project=True, is_path=True,
        check=_cache_folder,
        help="where the cache is",
        others=[(("-n", "--no-cache", "--no-cache-dir"), None, "neither read nor write the cache")],
    )  # fmt: skip
    offline: bool = option(
        "--offline", default=False, in_project=True, repeated=True, commands=_READING, group="reading",
        help="only the cache and local files",
    )  # fmt: skip
    timeout: float | None = option(
        "--timeout", default=None, commands=_READING, group="reading", metavar="SECONDS", parse=_timeout,
        in_project=True,
        check=_seconds,
        help="how long to wait for a connection, and for each piece of an answer (default: 10 and 20)",
    )  # fmt: skip
    max_download: int | None = option(
        "--max-download", default=None, in_project=True, commands=_READING, group="reading", metavar="SIZE",
        parse=parse_size,
        check=_bytes,
        help="the most to download of a wheel from a server that refuses ranges (default: 64MiB)",
    )  # fmt: skip
    progress: Callable[[Stage], object] | None = option(default=None, commands="check env fix who", check=_function)

    def __post_init__(self) -> None:
        for name, value in checked_values(self).items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Options:
    """What may be said besides the requirements, PATHs or environment; everything has a default.

    Values are checked when it is made: a wrong type is a TypeError, a value that is not allowed a QuestionError.

    Attributes:
        files: Requirements files, ``pyproject.toml`` files or scripts, as ``-r`` names them.
        constraints: Constraints files, as ``-c`` names them: what is chosen is within what they allow.
        deps: Whether dependencies are resolved too (by uv). By default for one requirement or wheel, and for files.
        prereleases: Choose pre-releases like other releases, also where none was asked for.
        build: Whether wheels are built of what came as source only, which runs its code; uv may then resolve to it.
        allow_build: The former name of ``build``.
        extras, all_extras, groups: What else of a lock or a ``pyproject.toml`` is installed.
        against: Published distributions to compare the others with; those of the same name are replaced.
        into: The environment to install into: what is installed there is compared too, and it is target and
            interpreter. It and ``interpreter`` may be given as a path, as ``--into`` and ``--python`` take one.
        siblings: Names to compare with the other variants of them that are known. Among them ``*`` stands for all that
            is named otherwise; what siblings have among each other is then ignored.
        interpreter: The environment meant: gives the target, and printed commands name it. The running one by
            default, or none where a target is given.
        target: For what to choose wheels (:func:`wheelclash.target_for`), one or several; the interpreter's own by
            default.
        all_targets: Every target the locks among the arguments are meant for, instead.
        index: Where to look; by default where the user's installers are configured to look.
        variants: Of projects with wheel variants, the wheels to compare: labels, or ``NAME=LABEL``; ``plain`` is the
            wheel without a label. By default every wheel that may be taken.
        exclude_newer: Ask about that moment in the past.
        use_config: Whether pip's and uv's variables and files are read; True by default.
        environ: Environment variables to read them from; the process's own by default.
        why: Whether contested native files are looked into: what each version needs, where that is, and which symbols
            it lacks. In an environment that is done anyway, but for files of more than 128 MiB.
        keep: Names that shall win, or be intact; decides which remedies are given.
        drop: Names to uninstall.
        ignore: Known overlaps, each ``A,B:GLOB`` over ``root/path``, or an :class:`Ignore`.
        baseline: The problems that there were once, as a file or a :class:`wheelclash.Baseline`: they pass.
        verify: Hash every installed file, not only the contested ones.
        installer: The installer of printed commands. By default uv for a set of wheels, and for an environment what
            installed most of it.
        system: Add uv's ``--system`` to commands.
    """

    files: Sequence[str] = option(
        "-r", "--requirements", "--requirement", default=(), commands="check", group="set", metavar="FILE", check=paths,
        help="a file of requirements, a pyproject.toml or a script; resolved by uv; repeatable",
    )  # fmt: skip
    constraints: Sequence[str] = option(
        "-c", "--constraints", "--constraint", default=(), commands="check", group="set", metavar="FILE", check=paths,
        in_project=True, is_path=True,
        help="a file that limits the versions of what is installed; repeatable",
    )  # fmt: skip
    deps: bool | None = option(
        "--deps", default=None, in_project=True, commands="check who", group="set", check=_deps,
        help={
            "check": "with dependencies, resolved by uv (the default for one requirement or wheel, and for files)",
            "who": "with dependencies, as for 'check'",
        },
        others=[
            (("--no-deps",), False, {
                "check": "just what is named (the default for several requirements or wheels)",
                "who": "just what is named",
            }),
        ],
    )  # fmt: skip
    prereleases: bool = option(
        "--pre", default=False, in_project=True, commands="check", group="set",
        help="with pre-releases, also where none is asked for",
    )  # fmt: skip
    build: bool = option(
        "--build", default=False, commands="check who", group="set",
        help="build a wheel of what came as source only: runs its code",
    )  # fmt: skip
    allow_build: bool = option(
        "--allow-build", default=False, commands="check", group="set", help="the former name of --build"
    )
    extras: Sequence[str] = option(
        "--extra", default=(), in_project=True, commands="check", group="set", metavar="NAME",
        help="with this extra of the lock or project; repeatable",
    )  # fmt: skip
    all_extras: bool = option(
        "--all-extras", default=False, in_project=True, commands="check", group="set", help="with all its extras"
    )
    groups: Sequence[str] = option(
        "--group", default=(), in_project=True, commands="check", group="set", metavar="NAME",
        help="with this dependency group of the lock or project; repeatable",
    )  # fmt: skip
    against: Sequence[str] = option(
        "--against", default=(), in_project=True, commands="check", group="set", metavar="REQ", check=paths,
        help="another distribution, or an earlier release of one: what is newly installed; repeatable",
    )  # fmt: skip
    into: Environment | Interpreter | str | os.PathLike[str] | None = option(
        "--into", default=None, commands="check", group="set", metavar="PATH", check=_interpreter,
        help="an interpreter, an environment or a folder of packages: compare with what is there",
    )  # fmt: skip
    siblings: Sequence[str] = option(
        "--siblings", default=(), commands="check", group="set", metavar="NAME", check=paths, alone=ALL_NAMED,
        in_project=True,
        help="NAME and the other variants of it that are known; without NAME those of all that is named; repeatable",
    )  # fmt: skip
    interpreter: Environment | Interpreter | str | os.PathLike[str] | None = option(
        "-p", "--python", default=None, commands="check env fix who", group="python", metavar="PATH",
        check=_interpreter,
        help={"check": "an interpreter or environment (default: the active one)"}
        | dict.fromkeys(("env", "fix", "who"), "an interpreter or the folder of its environment"),
    )  # fmt: skip
    target: Target | Sequence[Target] | None = option(default=None, commands="check who", check=_targets)
    index: IndexOptions | None = option(nested=IndexOptions, commands=_READING, check=_index)
    variants: Sequence[str] = option(
        "--variant", default=(), in_project=True, commands="check who", group="set", metavar="LABEL", check=texts,
        help="of projects with wheel variants only this one, or NAME=LABEL; repeatable",
    )  # fmt: skip
    exclude_newer: datetime | None = option(
        "--exclude-newer", default=None, commands="check who", group="index", metavar="DATE", parse=parse_cutoff,
        in_project=True,
        check=moment,
        help="as if it were that day (2025-03-01) or moment (RFC 3339), or that long ago (7 days)",
    )  # fmt: skip
    use_config: bool = option(
        "--no-config", "--isolated", default=True, repeated=True, commands=_READING, group="index",
        help="ignore the configuration and variables of the project, of pip and of uv",
    )  # fmt: skip
    environ: Mapping[str, str] | None = option(default=None, commands="check env fix who", check=_environ)
    why: bool = option(
        "--why", default=False, in_project=True, commands="check env fix", group="wanted",
        help={
            "check": "say which libraries and symbols each version of a contested native file needs or lacks,"
            " by reading it",
            "env": "look into contested native files of more than 128 MiB too",
            "fix": "look into contested native files of more than 128 MiB too",
        },
    )  # fmt: skip
    keep: Sequence[str] = option(
        "--keep", default=(), in_project=True, commands="check env fix", group="wanted", metavar="NAME", check=_names,
        help={
            "check": "who shall win; repeatable",
            "env": "who must be intact: decides the exit code; repeatable",
            "fix": "who must be intact; repeatable",
        },
    )  # fmt: skip
    drop: Sequence[str] = option(
        "--drop", default=(), commands="fix", group="wanted", metavar="NAME", check=_names,
        help="what to uninstall; repeatable",
    )  # fmt: skip
    ignore: Sequence[str | Ignore] = option(
        "--ignore", default=(), repeated=True, commands="check env fix", group="wanted", metavar="A,B:GLOB",
        in_project=True,
        check=_ignores,
        help=dict.fromkeys(
            ("check", "env"), "take overlaps of A and B with a root/path that matches out of the exit code; repeatable"
        )
        | {"fix": "leave overlaps of A and B with a root/path that matches as they are; repeatable"},
    )  # fmt: skip
    baseline: Baseline | str | os.PathLike[str] | None = option(
        "--baseline", default=None, commands="check env", group="wanted", metavar="FILE", check=_baseline,
        in_project=True, is_path=True,
        help="let the problems that FILE lists pass, so that only new ones fail; see --write-baseline",
    )  # fmt: skip
    verify: bool = option(
        "--verify", default=False, in_project=True, commands="env", group="wanted",
        help="hash every file, not only the contested ones",
    )  # fmt: skip
    installer: InstallerName | None = option(
        "--installer", default=None, repeated=True, commands="check env fix", group="wanted", choices=INSTALLER_NAMES,
        in_project=True,
        help={
            "check": "the installer of the printed commands (default: uv if there is one, else pip)",
            "env": "the installer that is configured to find the wheels",
            "fix": "the installer of the commands (default: the environment's own installer)",
        },
    )  # fmt: skip
    system: bool = option(
        "--system", default=False, in_project=True, commands="check", group="wanted",
        help="add uv's --system to printed commands, for a Dockerfile",
    )  # fmt: skip
    all_targets: bool = option(
        "--all-targets", default=False, in_project=True, commands="check who", group="target",
        help="every target the lock or the wheels are meant for",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for name, value in checked_values(self).items():
            object.__setattr__(self, name, value)

    @property
    def ignores(self) -> tuple[Ignore, ...]:
        """Return the known overlaps, parsed."""
        from wheelclash.accepted import Ignore

        return tuple(ignore for ignore in self.ignore if isinstance(ignore, Ignore))

    @property
    def acceptance(self) -> Acceptance:
        """Return what is accepted; the baseline is read.

        Raises:
            QuestionError: The baseline cannot be read.
        """
        from wheelclash.accepted import Acceptance

        return Acceptance.of(self.ignores, self.baseline)

    @property
    def builds(self) -> bool:
        """Return whether code of source archives may be run."""
        return self.build or self.allow_build

    @property
    def index_options(self) -> IndexOptions:
        """Return where to look for wheels, the defaults if nothing was said."""
        return self.index or IndexOptions()


def repeated_options(options: Options, session: SessionOptions) -> tuple[str, ...]:
    """Return the options that say how, as a printed command of ``wheelclash`` repeats them; no credentials.

    Those that name the environment are :attr:`wheelclash.Environment.options`.

    Args:
        options: The options of the question.
        session: Those of the session that answered it.
    """
    from wheelclash.accepted import Ignore
    from wheelclash.http.urls import without_credentials

    values: list[str] = []
    switches: list[str] = []
    for group in (options.index_options, options, session):
        for name, about in options_of(group):
            value = getattr(group, name)
            if not about.repeated or value == about.default:
                continue
            if isinstance(about.default, bool):
                switches.append(about.flag)
            elif value is None:
                flags = next(flags for flags, means, _ in about.others if means is None)
                switches.append(next(flag for flag in flags if flag.startswith("--")))
            else:
                for item in value if isinstance(value, tuple) else (value,):
                    if isinstance(item, Ignore) and item.by != "option":
                        continue  # it stands in the project's configuration
                    text = item.text if isinstance(item, Ignore) else str(item)
                    values += [about.flag, without_credentials(text)]
    return (*values, *switches)
