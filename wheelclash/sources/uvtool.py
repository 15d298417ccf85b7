"""Finding uv and running it: without its own settings, without questions to a terminal, and never for ever.

uv is the PyPI package ``uv`` (the extra ``wheelclash[uv]``) or the first on PATH. Everything here runs in the event
loop that :func:`wheelclash.waiting.event_loop` asks for.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.waiting import event_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["OLDEST", "Done", "Uv", "clean_environ", "find_uv", "run"]

OLDEST = (0, 9)
"""The oldest uv that will do, and what the extra asks for.

``uv pip compile --format pylock.toml`` came with 0.6.15; but 0.8 still takes a script for a requirements file in
which everything is a comment, and answers that nothing would be installed.
"""

PATIENCE = 900.0
"""Seconds a resolution has, unless told otherwise: a large set over a slow line, source distributions included."""

_QUICK = 30.0
_GRACE = 5.0
_INSTALL = "Install it with wheelclash[uv]"
_KEPT = frozenset({
    "UV_CACHE_DIR", "UV_CREDENTIALS_DIR", "UV_HTTP_RETRIES", "UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT",
    "UV_CONCURRENT_BUILDS", "UV_CONCURRENT_DOWNLOADS", "UV_KEYRING_PROVIDER", "UV_LOCK_TIMEOUT", "UV_NATIVE_TLS",
    "UV_PYTHON_CACHE_DIR", "UV_PYTHON_INSTALL_DIR", "UV_REQUEST_TIMEOUT", "UV_SYSTEM_CERTS",
})  # fmt: skip
"""uv's variables that say how it reaches and stores things; all others would change what it answers."""
_DROPPED = frozenset({
    "ANDROID_API_LEVEL", "CLICOLOR_FORCE", "FORCE_COLOR", "IPHONEOS_DEPLOYMENT_TARGET", "MACOSX_DEPLOYMENT_TARGET",
    "RUST_BACKTRACE", "RUST_LOG",
})  # fmt: skip


class Uv(NamedTuple):
    """A uv that is new enough.

    Attributes:
        path: Its executable.
        version: E.g. ``0.9.7``.
    """

    path: str
    version: str


class Done(NamedTuple):
    """What a run of uv came to.

    Attributes:
        returncode: 0 if it did what it was asked.
        output: Its standard output.
        complaints: Its standard error, as text.
    """

    returncode: int
    output: bytes
    complaints: str


async def find_uv(environ: Mapping[str, str], *, cwd: Path) -> Uv:
    """The first uv that is new enough: the package's, then those on PATH.

    Args:
        environ: For PATH, and to run it in.
        cwd: The folder to run it in.

    Raises:
        QuestionError: There is none, or none is new enough.
    """
    old: list[str] = []
    for path in dict.fromkeys(_installed(environ)):
        try:
            done = await run([path, "--version"], environ=clean_environ(environ), cwd=cwd, patience=_QUICK)
        except QuestionError:
            continue
        found = re.match(rb"uv(?:\.exe)? ((\d+)\.(\d+)(?:\.[\w.+-]+)?)", done.output)
        if done.returncode != 0 or found is None:
            continue
        version = found[1].decode()
        if (int(found[2]), int(found[3])) >= OLDEST:
            return Uv(path, version)
        old.append(f"uv {version} ({path})")
    wanted = ".".join(map(str, OLDEST))
    if old:
        reason = f"{' and '.join(old)} is too old to resolve this: it takes uv {wanted} or newer."
        raise QuestionError(reason, f"{_INSTALL}, or give --no-deps and name every distribution yourself.")
    raise QuestionError(
        "Resolving takes uv, and there is none, neither as a package beside this one nor on PATH.",
        f"{_INSTALL}, or give --no-deps and name every distribution yourself.",
    )


def _installed(environ: Mapping[str, str]) -> Iterator[str]:
    """Where uv may be."""
    with contextlib.suppress(ImportError, OSError, AttributeError):
        from uv import find_uv_bin

        yield os.fspath(find_uv_bin())
    from wheelclash.interpreter import on_path

    yield from map(str, on_path("uv", environ))


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables to run uv with: those given, less what would change its answer or make it ask."""
    kept = {
        key: value
        for key, value in environ.items()
        if (not key.upper().startswith("UV_") or key.upper() in _KEPT) and key.upper() not in _DROPPED
    }
    return kept | {
        "GIT_TERMINAL_PROMPT": "0",
        "NO_COLOR": "1",
        "UV_NO_PROGRESS": "1",
        "UV_NO_WRAP": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


async def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    text: bytes | None = None,
    patience: float = PATIENCE,
) -> Done:
    """Run a program to its end. If this is cancelled, the program and all it started end with it.

    Args:
        command: Program and arguments.
        environ: All its variables.
        cwd: The folder to run it in.
        text: What it reads from its standard input; nothing by default.
        patience: Seconds it has.

    Raises:
        QuestionError: It cannot be run, or takes too long.
    """
    await event_loop()
    import asyncio
    from asyncio.subprocess import DEVNULL, PIPE

    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL if text is None else PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(environ),
            cwd=cwd,
            start_new_session=True,  # git and ssh then find no terminal to ask for passwords on
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise QuestionError(f"{command[0]} cannot be run ({reason or error}).") from None
    try:
        async with asyncio.timeout(patience):
            output, complaints = await process.communicate(text)
    except TimeoutError:
        raise QuestionError(f"uv did not finish within {patience:g} seconds.") from None
    finally:
        if process.returncode is None:
            await _end(process)
    return Done(process.returncode or 0, output, complaints.decode("utf-8", "replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and whatever it started, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            import signal

            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    import asyncio

    with contextlib.suppress(TimeoutError):  # something that left its group may hold on to the pipes
        await asyncio.wait_for(process.wait(), _GRACE)
