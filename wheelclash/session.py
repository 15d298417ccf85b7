"""A session: what is shared by the questions of one process and closed at its end.

It owns the HTTP client (with its connections and what it learnt of servers) and the cache. Nothing else in the
library has state.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack, get_args

from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError
from wheelclash.http.cache import Cache, default_folder
from wheelclash.http.client import MAX_DOWNLOAD, Fetcher
from wheelclash.http.urls import Credentials
from wheelclash.index.settings import IndexFlags, resolve_settings
from wheelclash.installers import InstallerName
from wheelclash.options import Ignore, Options, Question
from wheelclash.pipeline import answer, look
from wheelclash.target.interpreter import Interpreter, choose_interpreter, running, target_of
from wheelclash.target.target import Target
from wheelclash.threads import await_call
from wheelclash.validation import choice, flag, instance, items, moment, paths, refuse_unknown, texts
from wheelclash.wheel.reader import WheelReader

if TYPE_CHECKING:
    from types import TracebackType

    from wheelclash.environment.locate import Environment
    from wheelclash.index.settings import IndexSettings
    from wheelclash.report.model import Report
    from wheelclash.report.view import Result

__all__ = ["Session", "check", "check_async"]


class Session:
    """Answers questions over one client and one cache; reusable, to be closed.

    Args:
        cache_dir: The cache's folder; the user's own (docs/reference/cli.md) by default, None for no cache at all.
        offline: Refuse every request.
        max_download: The most bytes to download of a wheel whose server refuses ranges.
        timeout: Seconds to wait for a connection, and between two pieces of an answer; 10 and 20 by default.

    Several threads may ask at once, and :meth:`check` and :meth:`check_async` may be mixed.
    """

    def __init__(
        self,
        *,
        cache_dir: Path | str | None = "",
        offline: bool = False,
        max_download: int = MAX_DOWNLOAD,
        timeout: float | None = None,
    ) -> None:
        folder = default_folder() if cache_dir == "" else cache_dir
        instance("cache_dir", folder, str | os.PathLike | None, "a path or None")
        flag("offline", offline)
        if isinstance(max_download, bool) or instance("max_download", max_download, int, "a number of bytes") < 0:
            raise QuestionError(f"max_download must be a number of bytes, not {max_download!r}.")
        self.cache = Cache(None if folder is None else Path(folder))
        self.credentials = Credentials()
        self.fetcher = Fetcher(credentials=self.credentials, offline=offline, max_download=max_download)
        if timeout is not None:
            instance("timeout", timeout, int | float, "a number of seconds or None")
            if not 0 < timeout < float("inf"):
                raise QuestionError(f"timeout must be a number of seconds above 0, not {timeout!r}.")
            self.fetcher.connect_timeout = self.fetcher.read_timeout = timeout
            self.fetcher.deadline = max(self.fetcher.deadline, timeout)
        self.reader = WheelReader(self.fetcher, self.cache)

    def check(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Report:
        """As :func:`check`, with this session's client and cache."""
        question = _question(requirements, options)
        with closing(self.reader.for_question()) as reader:
            return answer(question, reader)

    async def check_async(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Report:
        """As :func:`check_async`, with this session's client and cache."""
        return await await_call(partial(self.check, requirements, **options))

    def look(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Result:
        """What :func:`check` would report on, before anything is said about it; one wheel alone will do.

        Raises:
            QuestionError: The question cannot be answered as asked.
        """
        question = _question(requirements, options)
        with closing(self.reader.for_question()) as reader:
            return look(question, reader, compares=False)

    def index_settings(
        self,
        *,
        index: IndexFlags | None = None,
        installer: InstallerName = "uv",
        use_config: bool = True,
        prefix: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> IndexSettings:
        """Where to look for wheels, for questions about an environment.

        Args:
            index: Index options; by default whatever the user's installers are configured with.
            installer: Whose configuration comes first.
            use_config: Whether pip's and uv's variables and files are read.
            prefix: The environment meant; pip reads a file in it.
            environ: Environment variables; the process's own by default.

        Raises:
            IndexSettingsError: A location makes no sense, or a file cannot be read.
        """
        return resolve_settings(
            flags=IndexFlags.checked(index),
            installer=choice("installer", installer, get_args(InstallerName)),
            environ=os.environ if environ is None else environ,
            cwd=Path.cwd(),
            no_config=not use_config,
            credentials=self.credentials,
            prefix=prefix,
            cache=self.cache,
        )

    def close(self) -> None:
        """Close client and archives. The session can be used again; it then opens new ones."""
        self.reader.close()
        self.fetcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check(
    requirements: Iterable[str | os.PathLike[str]], *, session: Session | None = None, **options: Unpack[Options]
) -> Report:
    """Find the files that several of these would install, who wins, and what to do about it.

    Works from ordinary code, also while an event loop runs in the same thread (a notebook).

    Args:
        requirements: Requirements (PEP 508) and paths of wheels; at least two distributions make a question.
        session: Client and cache to use; one is opened and closed if none is given.
        **options: See :class:`wheelclash.Options`.

    Returns:
        The report. What could not be read is in ``skipped``, not raised.

    Raises:
        QuestionError: The question cannot be answered as asked (its subclasses say why).
        TypeError: An option does not exist, or a value is of a wrong type.
    """
    with _given(session) as used:
        return used.check(requirements, **options)


async def check_async(
    requirements: Iterable[str | os.PathLike[str]], *, session: Session | None = None, **options: Unpack[Options]
) -> Report:
    """The asynchronous twin of :func:`check`: same arguments, same report, same errors."""
    with _given(session) as used:
        return await used.check_async(requirements, **options)


_OF_A_SESSION = dict.fromkeys(("cache_dir", "offline", "max_download", "timeout"), "Session")
"""Options of a session that may be looked for among those of a question."""


def _question(requirements: Iterable[str | os.PathLike[str]], options: Options) -> Question:
    """Return the question with its defaults filled in.

    Raises:
        TypeError: An option does not exist, or a value is of a wrong type.
        QuestionError: A value is not among those allowed, or two exclude each other.
    """
    refuse_unknown("check", options, Options.__annotations__, _OF_A_SESSION)
    environ = instance("environ", options.get("environ"), Mapping | None, "a mapping of environment variables")
    environ = os.environ if environ is None else environ
    targets, interpreter, into = _targets(options, environ)
    return Question(
        requirements=paths("requirements", requirements),
        targets=targets,
        interpreter=interpreter,
        keep=tuple(canonicalize_name(name) for name in texts("keep", options.get("keep", ()))),
        ignore=tuple(Ignore.parse(text) for text in texts("ignore", options.get("ignore", ()))),
        installer=choice("installer", options.get("installer", "uv"), get_args(InstallerName)),
        index=IndexFlags.checked(options.get("index")),
        use_config=flag("use_config", options.get("use_config", True)),
        environ=environ,
        cwd=Path.cwd(),
        exclude_newer=moment("exclude_newer", options.get("exclude_newer")),
        system=flag("system", options.get("system", False)),
        all_targets=flag("all_targets", options.get("all_targets", False)),
        deps=instance("deps", options.get("deps"), bool | None, "True, False or None"),
        files=paths("files", options.get("files", ())),
        constraints=paths("constraints", options.get("constraints", ())),
        extras=texts("extras", options.get("extras", ())),
        all_extras=flag("all_extras", options.get("all_extras", False)),
        groups=texts("groups", options.get("groups", ())),
        prereleases=flag("prereleases", options.get("prereleases", False)),
        allow_build=flag("allow_build", options.get("allow_build", False)),
        against=paths("against", options.get("against", ())),
        siblings=paths("siblings", options.get("siblings", ())),
        why=flag("why", options.get("why", False)),
        into=into,
    )


def _targets(
    options: Options, environ: Mapping[str, str]
) -> tuple[tuple[Target, ...], Interpreter | None, Environment | None]:
    """Return the targets, the environment that printed commands name, and the one to install into."""
    target = options.get("target")
    interpreter = _interpreter("interpreter", options.get("interpreter"), environ)
    into = _into(options.get("into"), environ)
    if into is not None:
        if target is not None or interpreter is not None or options.get("all_targets"):
            raise QuestionError("What something is installed into is the target too; leave the other out.")
        return (into.target,), into.interpreter, into
    if target is None:
        interpreter = interpreter or running()
        return (target_of(interpreter),), interpreter, into
    described = "a Target or a list of them (see target_for)"
    targets = (target,) if isinstance(target, Target) else items("target", target, Target, described)
    if not targets:
        raise QuestionError("No target is named.", "Leave the option out for the running interpreter's.")
    return targets, interpreter, into


def _interpreter(name: str, given: object, environ: Mapping[str, str]) -> Interpreter | None:
    """Return the interpreter that was given, or the one that a path, a version or a name means (as ``--python``)."""
    described = "an Interpreter, or the path of one or of an environment"
    if given is None or isinstance(given, Interpreter):
        return given
    python = os.fspath(instance(name, given, str | os.PathLike, described))
    return choose_interpreter(python=python, run_as_module=False, environ=environ, cwd=Path.cwd())


def _into(given: object, environ: Mapping[str, str]) -> Environment | None:
    """Return the environment that was given, or that a path means (as ``--python``, ``--prefix`` or ``--path``)."""
    from wheelclash.environment.locate import Environment, environment_at, environment_of

    if given is None or isinstance(given, Environment):
        return given
    if isinstance(given, Interpreter):
        return environment_of(given)
    described = "an Environment, an Interpreter, or the path of one"
    return environment_at(instance("into", given, str | os.PathLike, described), environ)


def _given(session: Session | None) -> Session | nullcontext[Session]:
    """Return a session to use: the one lent, which its owner closes, or a new one."""
    instance("session", session, Session | None, "a Session or None")
    return Session() if session is None else nullcontext(session)
