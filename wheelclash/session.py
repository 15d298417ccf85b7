"""A session: what is shared by the questions of one process and closed at its end.

It owns the HTTP client (with its connections and what it learnt of servers) and the cache. Nothing else in the
library has state.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack

from packaging.utils import canonicalize_name

from wheelclash.cache import Cache, default_folder
from wheelclash.errors import QuestionError
from wheelclash.fetch import MAX_DOWNLOAD, Fetcher
from wheelclash.interpreter import running, target_of
from wheelclash.pipeline import answer, look
from wheelclash.question import Ignore, Options, Question
from wheelclash.reading.wheel import WheelReader
from wheelclash.sources.settings import IndexFlags, resolve_settings
from wheelclash.target import Target
from wheelclash.urls import Credentials
from wheelclash.waiting import LoopThread

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Mapping
    from types import TracebackType

    from wheelclash.installers import InstallerName
    from wheelclash.pipeline import Seen
    from wheelclash.report.model import Report
    from wheelclash.sources.settings import IndexSettings

__all__ = ["Session", "check", "check_async"]

_T = TypeVar("_T")


class Session:
    """Answers questions over one client and one cache; reusable, to be closed.

    Args:
        cache_dir: The cache's folder; the user's own (docs/cli.md) by default, None for no cache at all.
        offline: Refuse every request.
        max_download: The most bytes to download of a wheel whose server refuses ranges.

    A session belongs to the event loop it was first used in; :meth:`check` brings a loop of its own, so one session is
    used either with :meth:`check` or with :meth:`check_async`.
    """

    def __init__(
        self,
        *,
        cache_dir: Path | str | None = "",
        offline: bool = False,
        max_download: int = MAX_DOWNLOAD,
    ) -> None:
        folder = default_folder() if cache_dir == "" else cache_dir
        self.cache = Cache(None if folder is None else Path(folder))
        self.credentials = Credentials()
        self.fetcher = Fetcher(credentials=self.credentials, offline=offline, max_download=max_download)
        self.reader = WheelReader(self.fetcher, self.cache)
        self._loop = LoopThread()

    def check(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Report:
        """As :func:`check`, with this session's client and cache."""
        return self._loop.run(self.check_async(requirements, **options))

    async def check_async(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Report:
        """As :func:`check_async`, with this session's client and cache."""
        return await answer(_question(requirements, options), self.reader)

    def look(self, requirements: Iterable[str | os.PathLike[str]], **options: Unpack[Options]) -> Seen:
        """What :func:`check` would report on, before anything is said about it.

        Raises:
            QuestionError: The question cannot be answered as asked.
        """
        return self._loop.run(look(_question(requirements, options), self.reader))

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
        settings = resolve_settings(
            flags=index or IndexFlags(),
            installer=installer,
            environ=os.environ if environ is None else environ,
            cwd=Path.cwd(),
            no_config=not use_config,
            credentials=self.credentials,
            prefix=prefix,
            cache=self.cache,
        )
        if self.fetcher.cert is None and settings.cert is not None:
            self.fetcher.cert = Path(settings.cert)
        return settings

    def wait(self, answer: Coroutine[Any, Any, _T]) -> _T:
        """Wait for the answer to a question that was put with this session's reader."""
        return self._loop.run(answer)

    def close(self) -> None:
        """Close client and archives. The session can be used again; it then opens new ones."""
        self._loop.run(self.aclose())
        self._loop.close()

    async def aclose(self) -> None:
        """Close client and archives, from the event loop the session was used in."""
        self.reader.close()
        await self.fetcher.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


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
    """
    with _given(session) as used:
        return used.check(requirements, **options)


async def check_async(
    requirements: Iterable[str | os.PathLike[str]], *, session: Session | None = None, **options: Unpack[Options]
) -> Report:
    """The asynchronous twin of :func:`check`: same arguments, same report, same errors."""
    async with _given(session) as used:
        return await used.check_async(requirements, **options)


def _question(requirements: Iterable[str | os.PathLike[str]], options: Options) -> Question:
    """The question with its defaults filled in."""
    if isinstance(requirements, str):
        raise QuestionError("Requirements are given as a list, not as one string.", f"[{requirements!r}]")
    target, interpreter, into = options.get("target"), options.get("interpreter"), options.get("into")
    if into is not None:
        if target is not None or interpreter is not None or options.get("all_targets"):
            raise QuestionError("What something is installed into is the target too; leave the other out.")
        interpreter = into
    if target is None:
        interpreter = interpreter or running()
        target = target_of(interpreter)
    environ = options.get("environ")
    return Question(
        requirements=tuple(os.fspath(each) for each in requirements),
        targets=(target,) if isinstance(target, Target) else tuple(target),
        interpreter=interpreter,
        keep=tuple(canonicalize_name(each) for each in options.get("keep", ())),
        ignore=tuple(Ignore.parse(each) for each in options.get("ignore", ())),
        installer=options.get("installer", "uv"),
        index=options.get("index") or IndexFlags(),
        use_config=options.get("use_config", True),
        environ=os.environ if environ is None else environ,
        cwd=Path.cwd(),
        exclude_newer=options.get("exclude_newer"),
        system=options.get("system", False),
        all_targets=options.get("all_targets", False),
        deps=options.get("deps"),
        files=tuple(options.get("files", ())),
        extras=tuple(options.get("extras", ())),
        all_extras=options.get("all_extras", False),
        groups=tuple(options.get("groups", ())),
        allow_build=options.get("allow_build", False),
        against=tuple(options.get("against", ())),
        siblings=tuple(options.get("siblings", ())),
        why=options.get("why", False),
        into=into,
    )


def _given(session: Session | None) -> Session | nullcontext[Session]:
    """A session to use: the one lent, which its owner closes, or a new one."""
    return Session() if session is None else nullcontext(session)
