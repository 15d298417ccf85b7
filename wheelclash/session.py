"""A session: what is shared by the questions of one process and closed at its end.

It owns the HTTP client (with its connections and what it learnt of servers) and the cache. Nothing else in the
library has state.
"""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from wheelclash.errors import QuestionError
from wheelclash.http.cache import Cache, default_folder
from wheelclash.http.client import MAX_DOWNLOAD, Fetcher
from wheelclash.http.urls import Credentials
from wheelclash.index.options import IndexOptions
from wheelclash.index.settings import resolve_settings
from wheelclash.options import INSTALLER_NAMES, Options, SessionOptions
from wheelclash.pipeline import answer, look
from wheelclash.progress import Progress
from wheelclash.question import Question
from wheelclash.target.interpreter import Interpreter, choose_interpreter, running, target_of
from wheelclash.target.target import Target
from wheelclash.threads import await_call
from wheelclash.validation import choice, instance, options_of, paths, refuse_unknown
from wheelclash.wheel.reader import WheelReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from wheelclash.environment.locate import Environment
    from wheelclash.index.settings import IndexSettings
    from wheelclash.installers import InstallerName
    from wheelclash.report.model import Report
    from wheelclash.report.view import Result

__all__ = ["Session", "options_from", "question_from"]


class Session:
    """Answers questions over one client and one cache; reusable, to be closed.

    Several threads may ask at once, and :meth:`check` and :meth:`check_async` may be mixed.

    Args:
        options: How wheels are read; the defaults if None.
        **changes: Options by name, in place of those of ``options``: ``cache_dir`` (None for no cache at all),
            ``offline``, ``timeout`` (seconds), ``max_download`` (bytes), ``progress`` (a function).

    Raises:
        TypeError: An option does not exist, or a value is of a wrong type.
        QuestionError: A value is not allowed.
    """

    def __init__(self, options: SessionOptions | None = None, **changes: Any) -> None:
        checked = instance("options", options, SessionOptions | None, "a SessionOptions or None")
        refuse_unknown("Session", changes, [name for name, _ in options_of(SessionOptions)], {})
        self.options = replace(checked or SessionOptions(), **changes)
        folder = default_folder() if self.options.cache_dir == "" else self.options.cache_dir
        most, timeout = self.options.max_download, self.options.timeout
        self.cache = Cache(None if folder is None else Path(folder))
        self.credentials = Credentials()
        self.fetcher = Fetcher(
            credentials=self.credentials,
            offline=self.options.offline,
            max_download=MAX_DOWNLOAD if most is None else most,
            progress=Progress(self.options.progress),
        )
        if timeout is not None:
            self.fetcher.connect_timeout = self.fetcher.read_timeout = timeout
            self.fetcher.deadline = max(self.fetcher.deadline, timeout)
        self.reader = WheelReader(self.fetcher, self.cache)

    def check(
        self, requirements: Iterable[str | os.PathLike[str]], options: Options | None = None, **changes: Any
    ) -> Report:
        """Do what :func:`wheelclash.check` does, with this session's client and cache."""
        question = question_from(requirements, options_from("check", "check", options, changes))
        with closing(self.reader.for_question()) as reader:
            return answer(question, reader)

    async def check_async(
        self, requirements: Iterable[str | os.PathLike[str]], options: Options | None = None, **changes: Any
    ) -> Report:
        """Do what :func:`wheelclash.check_async` does, with this session's client and cache."""
        return await await_call(partial(self.check, requirements, options, **changes))

    def look(self, question: Question) -> Result:
        """Return what :meth:`check` would report on, before anything is said about it; one wheel alone will do.

        Raises:
            QuestionError: The question cannot be answered as asked.
        """
        with closing(self.reader.for_question()) as reader:
            return look(question, reader, compares=False)

    def index_settings(
        self,
        *,
        index: IndexOptions | None = None,
        installer: InstallerName = "uv",
        use_config: bool = True,
        prefix: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> IndexSettings:
        """Return where to look for wheels, for questions about an environment.

        Args:
            index: Index options; by default whatever the user's installers are configured with.
            installer: The one of which the configuration comes first.
            use_config: Whether pip's and uv's variables and files are read.
            prefix: The environment meant; pip reads a file in it.
            environ: Environment variables; the process's own by default.

        Raises:
            IndexSettingsError: A location makes no sense, or a file cannot be read.
        """
        return resolve_settings(
            flags=IndexOptions.checked(index),
            installer=choice("installer", installer, INSTALLER_NAMES),
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


_OF_A_SESSION = dict.fromkeys((name for name, _ in options_of(SessionOptions)), "Session")
"""Options of a session that may be looked for among those of a question."""


def options_from(function: str, command: str, options: Options | None, changes: Mapping[str, Any]) -> Options:
    """Return the options that a caller gave, as an object, by name, or both.

    Args:
        function: The name of the function that was called, for messages.
        command: The command that does the same; its options are those that may be given by name.
        options: The object, or None.
        changes: Options by name.

    Raises:
        TypeError: An option does not exist or is of another function, or a value is of a wrong type.
        QuestionError: A value is not among those allowed.
    """
    checked = instance("options", options, Options | None, "an Options or None")
    known = [name for name, about in options_of(Options) if command in about.commands]
    refuse_unknown(function, changes, known, _OF_A_SESSION)
    return replace(checked or Options(), **changes)


def question_from(requirements: Iterable[str | os.PathLike[str]], options: Options) -> Question:
    """Return the question with its defaults filled in.

    Raises:
        QuestionError: Two options exclude each other, or there is no such interpreter or environment.
    """
    environ = os.environ if options.environ is None else options.environ
    targets, interpreter, into = _targets(options, environ)
    return Question(
        requirements=paths("requirements", requirements),
        options=options,
        targets=targets,
        interpreter=interpreter,
        into=into,
        environ=environ,
        cwd=Path.cwd(),
        acceptance=options.acceptance,
    )


def _targets(
    options: Options, environ: Mapping[str, str]
) -> tuple[tuple[Target, ...], Interpreter | None, Environment | None]:
    """Return the targets, the environment that printed commands name, and the one to install into."""
    interpreter = _interpreter(options.interpreter, environ)
    into = None
    if options.into is not None:
        from wheelclash.environment.locate import environment_at

        into = environment_at(options.into, environ)
    if into is not None:
        if options.target is not None or interpreter is not None or options.all_targets:
            raise QuestionError("What something is installed into is the target too; leave the other out.")
        return (into.target,), into.interpreter, into
    if options.target is None:
        interpreter = interpreter or running()
        return (target_of(interpreter),), interpreter, into
    target = options.target
    return (target,) if isinstance(target, Target) else tuple(target), interpreter, into


def _interpreter(
    named: Environment | Interpreter | str | os.PathLike[str] | None, environ: Mapping[str, str]
) -> Interpreter | None:
    """Return the interpreter that was named, or the one that a path, a version or a name means (as ``--python``).

    Raises:
        QuestionError: There is no such interpreter, or an environment has none.
    """
    if named is None or isinstance(named, Interpreter):
        return named
    if isinstance(named, str | os.PathLike):
        return choose_interpreter(python=os.fspath(named), run_as_module=False, environ=environ, cwd=Path.cwd())
    if named.interpreter is None:
        raise QuestionError(f"No interpreter of {named.places.prefix} was named.", "Use into= for its folder.")
    return named.interpreter
