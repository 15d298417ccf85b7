"""Finding uv and running it: without its own settings, without questions to a terminal, and never for ever.

uv is the PyPI package ``uv`` (what the extra ``uv`` asks for) or the first on PATH.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash.processes import Done

__all__ = ["OLDEST", "Uv", "clean_environ", "find_uv", "run"]

OLDEST = (0, 9)
"""The oldest uv that will do, and what the extra asks for.

``uv pip compile --format pylock.toml`` came with 0.6.15; but 0.8 still takes a script for a requirements file in
which everything is a comment, and answers that nothing would be installed.
"""

PATIENCE = 900.0
"""Seconds a resolution has, unless told otherwise: a large set over a slow line, source distributions included."""

_QUICK = 30.0
_INSTALL = "Install it (pip install uv)"
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


def find_uv(environ: Mapping[str, str], *, cwd: Path) -> Uv:
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
            done = run([path, "--version"], environ=clean_environ(environ), cwd=cwd, patience=_QUICK)
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


def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    text: bytes | None = None,
    patience: float = PATIENCE,
) -> Done:
    """Run uv to its end (:func:`wheelclash.processes.run`).

    Args:
        command: Program and arguments.
        environ: All its variables.
        cwd: The folder to run it in.
        text: What it reads from its standard input; nothing by default.
        patience: Seconds it has.

    Raises:
        QuestionError: It cannot be run, or takes too long.
    """
    from wheelclash import processes

    try:
        return processes.run(command, environ=environ, cwd=cwd, text=text, patience=patience)
    except processes.RunError as error:
        raise QuestionError(f"{error}.") from None
