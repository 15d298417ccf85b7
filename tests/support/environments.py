"""Real virtual environments, and the real pip and uv that write into them.

Nothing here reaches a network: both installers run without configuration files, without index and with a cache
of their own. One pip, the one beside pytest, serves every environment from outside, so that an environment is a
handful of links, made in milliseconds. It is started as ``pip --python`` starts itself in the other interpreter; doing
that directly saves one interpreter of two. ``install`` and ``uninstall`` fork it from a process that has it imported
(``warm_pip.py``), a third of the cost; whole commands, as a user types them, are processes of their own.
``WHEELCLASH_TESTS_COLD_PIP=1`` makes every command one.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pip
import uv

from .warm_pip import WarmPip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = [
    "INSTALLER_NAMES",
    "PYTHON_FOLDER",
    "Environment",
    "Environments",
    "InstallerName",
    "Outcome",
    "RealInstaller",
]

InstallerName = Literal["pip", "uv"]
INSTALLER_NAMES: tuple[InstallerName, ...] = ("pip", "uv")

_FOREIGN = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV", "CONDA_")
_PIP_RUNNER = Path(pip.__file__).with_name("__pip-runner__.py")
_PATIENCE = 600  # seconds; far more than any one command needs
_COLD = bool(os.environ.get("WHEELCLASH_TESTS_COLD_PIP"))
_IDLE: list[WarmPip] = []
PYTHON_FOLDER = f"python{sys.version_info.major}.{sys.version_info.minor}" + getattr(sys, "abiflags", "")
"""The folder below ``lib`` that is named for the running interpreter."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one installer command came to.

    Attributes:
        command: The argument list that was run.
        returncode: Its exit code.
        output: Standard output and standard error.
    """

    command: tuple[str, ...]
    returncode: int
    output: str

    @property
    def ok(self) -> bool:
        """Whether the installer was content."""
        return self.returncode == 0

    def expect(self) -> Outcome:
        """Itself, if the installer was content; else an AssertionError with all it said."""
        assert self.ok, f"{' '.join(self.command)}\nexit {self.returncode}\n{self.output}"
        return self


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment of the running interpreter, without pip.

    Attributes:
        prefix: Its folder.
        own: What it holds when fresh, see :meth:`files`.
    """

    prefix: Path
    own: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.prefix / "bin" / "python"

    def real_path(self, root: str, path: str) -> str:
        """Where ``root/path`` of an installed path lies below the prefix of a POSIX virtual environment.

        Args:
            root: ``site-packages``, ``scripts``, ``data`` or ``headers``.
            path: The path below it.

        Returns:
            A path relative to the prefix, ``/`` between parts.
        """
        folders = {
            "site-packages": f"lib/{PYTHON_FOLDER}/site-packages/",
            "scripts": "bin/",
            "headers": f"include/site/{PYTHON_FOLDER}/",
            "data": "",
        }
        return folders[root] + path

    def files(self) -> dict[str, bytes]:
        """Every file below the prefix: relative path to bytes, the prefix itself written as ``<prefix>``.

        A symbolic link is its target, marked as such, and is not followed.
        """
        prefix = os.fsencode(self.prefix)
        return {
            path.relative_to(self.prefix).as_posix(): content.replace(prefix, b"<prefix>")
            for path, content in _read(self.prefix)
        }

    def snapshot(self) -> dict[str, bytes]:
        """What installers wrote: :meth:`files` less what a fresh environment holds unchanged and uv's lock."""
        return {
            path: content for path, content in self.files().items() if self.own.get(path) != content and path != ".lock"
        }

    def names(self) -> set[str]:
        """Normalised names of the distributions whose dist-info folder stands in site-packages."""
        folder = self.prefix / self.real_path("site-packages", "")
        return {each.name.split("-")[0].replace("_", "-") for each in folder.glob("*.dist-info")}


class Environments:
    """Makes environments below one folder, each a copy of a template made once."""

    def __init__(self, folder: Path) -> None:
        """Make the template.

        Args:
            folder: An empty folder to keep them in.
        """
        self.folder = folder
        self._made = 0
        template = folder / "template"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(template)], check=True, env=_environ())
        self._template = Environment(template)

    def new(self) -> Environment:
        """A fresh environment. All paths have equal length, so that installers treat all alike."""
        prefix = self.folder / f"venv{self._made:04}"
        self._made += 1
        shutil.copytree(self._template.prefix, prefix, symlinks=True)
        return Environment(prefix, Environment(prefix).files())


@dataclass(frozen=True, slots=True)
class RealInstaller:
    """pip or uv as a user runs it, cut off from network, configuration and shared caches.

    Attributes:
        name: ``pip`` or ``uv``.
        cache: Folder for its cache.
        find_links: Folder of wheels that stands in for an index, or None.
    """

    name: InstallerName
    cache: Path
    find_links: Path | None = None

    def program(self, environment: Environment) -> list[str]:
        """The argument list that stands for ``pip`` or ``uv pip`` in that environment."""
        if self.name == "pip":
            return [str(environment.python), str(_PIP_RUNNER)]
        return [uv.find_uv_bin(), "pip"]

    def run(self, environment: Environment, arguments: Sequence[str]) -> Outcome:
        """Run ``pip ARGUMENTS`` or ``uv pip ARGUMENTS`` on an environment.

        Args:
            environment: Where.
            arguments: The sub-command and what follows it.
        """
        if self.name == "pip" and not _COLD:
            return self._run_warm(environment, arguments)
        return self.run_verbatim(environment, [*self.program(environment), *arguments])

    def run_verbatim(self, environment: Environment, command: Sequence[str]) -> Outcome:
        """Run a whole command as a user would type it; ``pip`` and ``uv`` are found on PATH.

        Args:
            environment: Where to stand while it runs; uv takes it for the active one.
            command: Program and arguments.
        """
        done = subprocess.run(
            list(command),
            env=self._variables(environment),
            cwd=environment.prefix,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
        return Outcome(tuple(command), done.returncode, done.stdout.decode(errors="replace"))

    def run_printed(self, environment: Environment, command: Sequence[str]) -> Outcome:
        """Run a command that was printed for this environment.

        ``pip --python PYTHON …`` starts pip again, with the same arguments, in that interpreter; this starts it there
        at once. Other commands are run verbatim.

        Args:
            environment: Where to stand while it runs.
            command: Program and arguments.
        """
        if tuple(command[:3]) != ("pip", "--python", str(environment.python)) or _COLD:
            return self.run_verbatim(environment, command)
        return self._run_warm(environment, command[1:], _PIP_RUNNING_IN_SUBPROCESS="1")

    def _run_warm(self, environment: Environment, arguments: Sequence[str], **more: str) -> Outcome:
        variables = self._variables(environment) | more
        try:
            pip_process = _IDLE.pop()  # threads run commands at the same time, each in another process
        except IndexError:
            pip_process = WarmPip(environment.python, _PIP_RUNNER, variables)
            atexit.register(pip_process.close)
        with tempfile.NamedTemporaryFile() as output:
            code = pip_process.run(
                environment.prefix, arguments, variables=variables, cwd=environment.prefix, output=Path(output.name)
            )
            text = output.read().decode(errors="replace")
        _IDLE.append(pip_process)
        return Outcome((*self.program(environment), *arguments), code, text)

    def _variables(self, environment: Environment) -> dict[str, str]:
        variables = _environ()
        variables |= {"PIP_CACHE_DIR": str(self.cache), "UV_CACHE_DIR": str(self.cache)}
        if self.name == "uv":
            variables["VIRTUAL_ENV"] = str(environment.prefix)
        if self.find_links is not None:
            variables |= {"PIP_FIND_LINKS": str(self.find_links), "UV_FIND_LINKS": str(self.find_links)}
        return variables

    def install(self, environment: Environment, what: Iterable[Path | str], *options: str) -> Outcome:
        """Install wheels or requirements in one command.

        Args:
            environment: Where.
            what: Wheel paths or requirements.
            *options: E.g. ``--no-deps``.
        """
        return self.run(environment, ["install", *options, *map(str, what)])

    def uninstall(self, environment: Environment, names: Iterable[str]) -> Outcome:
        """Uninstall distributions in one command."""
        confirmed = ["-y"] if self.name == "pip" else []
        return self.run(environment, ["uninstall", *confirmed, *names])


def _read(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in os.scandir(folder):
        path = folder / entry.name
        if entry.is_symlink():
            yield path, b"-> " + os.fsencode(path.readlink())
        elif entry.is_dir():
            yield from _read(path)
        else:
            yield path, path.read_bytes()


def _environ() -> dict[str, str]:
    """The machine's variables without anybody's settings for Python, pip or uv."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
    programs = [str(Path(sys.executable).parent), str(Path(uv.find_uv_bin()).parent), own.get("PATH", "")]
    return own | {
        "PATH": os.pathsep.join(programs),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_COMPILE": "0",  # read as the value of "compile", as pip's documentation has it
        "PIP_NO_INDEX": "1",
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PYTHONUTF8": "1",
        "UV_NO_CONFIG": "1",
        "UV_NO_PROGRESS": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
