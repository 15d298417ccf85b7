"""Carrying out: the steps of a repair run in the environment, up to the first that fails.

:func:`carry_out` is the only thing in the library that changes an environment, and it does so by the commands of the
environment's own installer.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.installers.installer import IndexBlock
from wheelclash.interpreter import on_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.environment.scan import Scan
    from wheelclash.installers import Installer
    from wheelclash.interpreter import Interpreter
    from wheelclash.sources.settings import IndexSettings
    from wheelclash.urls import Credentials

__all__ = ["Outcome", "carry_out", "refuse", "start", "variables"]


class Outcome(NamedTuple):
    """What became of one command.

    Attributes:
        code: Its exit code; None if it was not run.
        reason: Why it could not be run; empty if it was, or was never tried.
    """

    code: int | None = None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it was tried in vain."""
        return self.code not in {0, None} or bool(self.reason)


_ELSEWHERE = frozenset({
    "PIP_DRY_RUN", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "UV_DRY_RUN", "UV_PREFIX", "UV_TARGET",
})  # fmt: skip
"""Variables that would have an installer write somewhere else, or nowhere."""


def variables(
    environ: Mapping[str, str], installer: Installer, settings: IndexSettings, credentials: Credentials, *, alone: bool
) -> dict[str, str]:
    """The variables to run an installer with, so that it looks where the wheels were found.

    Where that is what it is configured with, it is left as it is. Credentials go into variables: a list of processes
    shows arguments.

    Args:
        environ: To begin with.
        installer: Which.
        settings: Where wheels were looked for.
        credentials: For these places.
        alone: Whether its configuration is to be left aside although nothing else was named (``--no-config``).
    """
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environ = {name: value for name, value in environ.items() if name.upper() not in _ELSEWHERE}
    if not alone and settings.kind in {installer.name, "default"} and settings.flags.cert is None:
        return {**environ, **quiet}
    block = IndexBlock(
        index_url=None if settings.index_url is None else credentials.restore(settings.index_url),
        extra_index_urls=tuple(map(credentials.restore, settings.extra_index_urls)),
        find_links=tuple(map(credentials.restore, settings.find_links)),
        merges=settings.strategy == "merge",
        cert=settings.cert,
    )
    told = {**environ, **quiet, **installer.index_variables(block)}
    return {name: value for name, value in told.items() if value is not None}


def refuse(scan: Scan, interpreter: Interpreter) -> None:
    """Refuse to change what must not or cannot be changed.

    Raises:
        QuestionError: The environment is the system's own (PEP 668), or it cannot be written to.
    """
    if interpreter.externally_managed:
        raise QuestionError(
            f"{interpreter.prefix} is externally managed: its packages are the system's own business (PEP 668).",
            "Mend a virtual environment, or run the printed commands yourself with --break-system-packages.",
        )
    for folder in (*scan.places.sites, scan.places.scripts):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):  # noqa: PTH112
            raise QuestionError(f"{folder} cannot be written to.", "Nothing was changed.")


def carry_out(
    commands: Sequence[Sequence[str]], installer: Installer, environ: Mapping[str, str], output: IO[bytes] | int
) -> list[Outcome]:
    """Run commands, one after the other, up to the first that fails.

    Args:
        commands: Argument lists.
        installer: Whose they are.
        environ: The variables to run them with.
        output: Where what they print goes.

    Returns:
        What became of each; those after a failure were not run.
    """
    found: list[Outcome] = []
    for each in commands:
        if found and (found[-1].failed or found[-1].code is None):
            found.append(Outcome())
            continue
        command = _program(each, installer, environ)
        try:
            found.append(Outcome(_run(command, environ, output)))
        except OSError as error:
            found.append(Outcome(reason=f"{command[0]} cannot be run ({error.strerror})"))
    return found


def start(interpreter: Interpreter, environ: Mapping[str, str], output: IO[bytes] | int) -> None:
    """Start an interpreter once, as any program would: code that it runs then may undo what was just written.

    Args:
        interpreter: Which.
        environ: The variables to start it with.
        output: Where what it prints goes.
    """
    with contextlib.suppress(OSError):  # whatever came of it, the disk is looked at next
        _run([str(interpreter.executable), "-c", "pass"], environ, output)


def _run(command: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int) -> int:
    """Run a command to its end, come what may: an installer that is killed halfway rolls nothing back.

    A thread starts it and waits for it, so that no signal's handler can come between the two. Interrupted from the
    terminal, it ends in its own way; where only this process was told to end (``SIGTERM``), it is interrupted too.
    """
    from concurrent.futures import Future, wait

    started: Future[subprocess.Popen[bytes]] = Future()
    ended: Future[int] = Future()

    def work() -> None:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(environ)
            )
        except BaseException as error:  # noqa: BLE001 - raised where the end is waited for
            started.set_exception(error)
            ended.set_exception(error)
            return
        started.set_result(process)
        ended.set_result(process.wait())

    thread = threading.Thread(target=work, name="wheelclash: installer")
    try:
        thread.start()
        return ended.result()
    except BaseException as reason:
        if thread.ident is not None and not isinstance(reason, KeyboardInterrupt):
            wait([started])
            if started.exception() is None:
                _interrupt(started.result())
        raise
    finally:
        if thread.ident is not None:
            thread.join()


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Have an installer stop and put back what it replaced."""
    with contextlib.suppress(OSError):
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)


def _program(command: Sequence[str], installer: Installer, environ: Mapping[str, str]) -> Sequence[str]:
    """The command as it is run: what is not on PATH may come with this very environment."""
    first, *rest = command
    if first != installer.name or next(on_path(first, environ), None) is not None:
        return command
    if installer.name == "uv":
        try:
            from uv import find_uv_bin

            return [os.fspath(find_uv_bin()), *rest]
        except (ImportError, OSError):
            return command
    return [sys.executable, "-P", "-m", first, *rest]  # -P: not a pip.py of the current folder
