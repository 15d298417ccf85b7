"""The command itself, as a user runs it: a process of its own, cut off from this machine's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .warm_command import can_be_forked, warm_run

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HERE", "LINUX", "ROOT", "Command", "Ran"]

ROOT = Path(__file__).resolve().parents[2]
"""The repository; it need not be installed to be run."""

LINUX = ("--python-version", "3.12", "--python-platform", "linux")
"""A target that is the same on every machine."""

HERE: Mapping[str, str] = {"PATH": os.environ.get("PATH", os.defpath), "SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}
"""All a process needs of this machine's environment."""

_INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " signal.signal(signal.SIGHUP, signal.SIG_DFL) if hasattr(signal, 'SIGHUP') else None"
)
"""Tests that run in the background, or under ``nohup``, have these signals ignored, and children inherit that."""

_AS_COMMAND = ("-c", f"{_INTERRUPTIBLE}; from wheelclash.cli import entry_point; entry_point()")
_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run.

    Attributes:
        code: Exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, parsed."""
        assert self.out, f"exit {self.code}\n{self.err}"
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Standard output in lines."""
        return self.out.splitlines()


@dataclass(frozen=True, slots=True)
class Command:
    """Runs ``wheelclash`` in a folder that is home, working folder and cache in one.

    Attributes:
        folder: Where.
        index: The index that pip's and uv's variables name, or None.
        environ: Further environment variables.
    """

    folder: Path
    index: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        """The cache's folder."""
        return self.folder / "cache"

    def variables(self, **more: str | None) -> dict[str, str]:
        """The process's environment; a variable given as None is left out."""
        found: dict[str, str | None] = {
            **HERE,
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1",
            "WHEELCLASH_CACHE_DIR": str(self.cache),
            "PIP_INDEX_URL": self.index,
            "UV_DEFAULT_INDEX": self.index,
            **self.environ,
            **more,
        }
        return {name: value for name, value in found.items() if value is not None}

    def __call__(
        self,
        *arguments: str,
        as_module: bool = False,
        encoding: str = "utf-8",
        cwd: Path | None = None,
        **more: str | None,
    ) -> Ran:
        """Run a command line to its end; a traceback is never right, whatever the exit code.

        Args:
            *arguments: Without the program's name.
            as_module: Start it as ``python -m wheelclash``.
            encoding: What it is expected to write in.
            cwd: The working folder, if another.
            **more: Environment variables; None takes one away.
        """
        variables = self.variables(**more)
        if as_module or not can_be_forked(variables):
            code, out, err = self.in_new_process(*arguments, as_module=as_module, cwd=cwd, **more)
        else:
            with tempfile.TemporaryDirectory(prefix="wheelclash-streams-") as streams:
                code, out, err = warm_run(arguments, variables, cwd or self.folder, Path(streams), _PATIENCE)
        ran = Ran(code, out.decode(encoding), err.decode(encoding))
        assert "Traceback" not in ran.err, ran.err
        return ran

    def in_new_process(
        self, *arguments: str, as_module: bool = False, cwd: Path | None = None, **more: str | None
    ) -> tuple[int, bytes, bytes]:
        """Run a command line in a process of its own, which :meth:`__call__` does only where a fork would differ.

        Returns:
            Exit code, standard output and standard error.
        """
        done = subprocess.run(
            self.line(*arguments, as_module=as_module),
            env=self.variables(**more),
            cwd=cwd or self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command line and leave it running; ``options`` are those of ``Popen``."""
        given: dict[str, Any] = {"env": self.variables(), "cwd": self.folder, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(self.line(*arguments), **given | options)

    @staticmethod
    def line(*arguments: str, as_module: bool = False) -> list[str]:
        """The argument list that starts it."""
        return [sys.executable, *(("-m", "wheelclash") if as_module else _AS_COMMAND), *arguments]
