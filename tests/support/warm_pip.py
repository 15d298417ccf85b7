"""Real pip, imported once and forked for every command: importing it is most of what a small command costs.

:class:`WarmPip` starts this file as a process of its own, with the interpreter of a virtual environment. The process
imports pip's modules and runs none of them. For each command it forks; the child takes on the variables, folder, output
and prefix that a new process would have had, and starts pip as ``pip --python`` starts it. What one command leaves
in memory ends with it. ``tests/oracle/test_warm_pip.py`` holds this against pip in a new process.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["WarmPip"]

_MODULES = (
    "argparse",
    "ctypes",
    "difflib",
    "encodings.ascii",
    "encodings.cp437",
    "netrc",
    "pip._internal.cli.autocompletion",
    "pip._internal.cli.main",
    "pip._internal.cli.main_parser",
    "pip._internal.commands.install",
    "pip._internal.commands.uninstall",
    "pip._internal.distributions.wheel",
    "pip._internal.metadata.importlib",
    "pip._internal.network.lazy_wheel",
    "pip._internal.operations.check",
    "pip._internal.operations.install.wheel",
    "pip._internal.resolution.resolvelib.resolver",
    "pip._vendor.distlib.scripts",
    "pip._vendor.distro",
    "pip._vendor.pygments.lexers.python",
    "pip._vendor.rich._emoji_codes",
    "pip._vendor.truststore",
)
"""Those that installing and uninstalling import, with all that they import."""


class WarmPip:
    """Runs pip commands, one after the other."""

    def __init__(self, python: Path, runner: Path, variables: Mapping[str, str]) -> None:
        """Start the process.

        Args:
            python: Interpreter of a virtual environment like those that commands are for.
            runner: pip's ``__pip-runner__.py``.
            variables: Environment variables; those of a command take their place.
        """
        import subprocess

        self._process = subprocess.Popen(
            [str(python), __file__, str(runner), str(python.parent.parent)],
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, prefix: Path, arguments: Sequence[str], *, variables: Mapping[str, str], cwd: Path, output: Path
    ) -> int:
        """Run ``pip ARGUMENTS`` in an environment.

        Args:
            prefix: Folder of the environment.
            arguments: The sub-command and what follows it.
            variables: All its environment variables.
            cwd: Its working folder.
            output: Where its standard output and standard error go.

        Returns:
            Its exit code; negative if a signal ended it.
        """
        request = {
            "prefix": str(prefix), "arguments": list(arguments), "variables": dict(variables), "cwd": str(cwd),
            "output": str(output),
        }  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def _serve(runner: str, own_prefix: str) -> None:
    import gc
    import importlib
    import mimetypes

    library = os.path.dirname(os.path.dirname(runner))  # noqa: PTH120
    sys.path.insert(0, library)
    for name in _MODULES:
        importlib.import_module(name)
    mimetypes.init()
    sys.modules["pip._vendor.distro"].info()  # runs programs; pip names the system to servers
    sys.path.remove(library)
    gc.freeze()  # memory that is not looked through is not copied either
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _become(runner, own_prefix, json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(runner: str, own_prefix: str, request: dict) -> None:  # type: ignore[type-arg]
    """Take on what a new process of the environment would have had, and run pip to the end of this process."""
    import runpy
    import site
    import sysconfig

    nothing = os.open(os.devnull, os.O_RDONLY)
    out = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, target in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(number, target)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["cwd"])
    prefix = request["prefix"]
    sys.prefix = sys.exec_prefix = prefix
    sys.executable = os.path.join(prefix, "bin", "python")  # noqa: PTH118
    site_folders = [prefix + each[len(own_prefix) :] for each in sys.path if each.startswith(own_prefix + os.sep)]
    sys.path[:] = [each for each in sys.path if not each.startswith(own_prefix + os.sep)]
    sys.path[0] = os.path.dirname(runner)  # noqa: PTH120
    for folder in site_folders:
        if os.path.isdir(folder):  # noqa: PTH112
            site.addsitedir(folder)  # path files are run, as when Python starts
    sys.path_importer_cache.clear()
    vars(sysconfig).update(_PREFIX=prefix, _EXEC_PREFIX=prefix, _CONFIG_VARS=None, _CONFIG_VARS_INITIALIZED=False)
    sys.argv = [runner, *request["arguments"]]
    code = 1
    try:
        runpy.run_path(runner, run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201
    except BaseException:  # noqa: BLE001 - as Python does with what no one catches
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
