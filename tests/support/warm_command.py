"""The command, imported once and forked for every command line: imports are most of what a small question costs.

:func:`warm_run` starts this file as a process of its own, once in a process of tests. It imports all modules of the
command and runs none of them. For each command line it forks; the child takes on the variables, folder and standard
streams that a new process would have had, and runs the command to its end. What one command leaves in memory ends with
it. ``tests/test_warm_command.py`` holds this against new processes.
"""

from __future__ import annotations

import json
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["can_be_forked", "warm_run"]

_NEEDS_EXTRA = ("wheelclash.integrations", "wheelclash.contents")
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
_OWN = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def can_be_forked(variables: Mapping[str, str]) -> bool:
    """Whether a forked process would be as a new one: variables that Python reads at its start are as usual."""
    usual = variables.get("LC_ALL") == "C.UTF-8" and variables.get("PYTHONPATH", _ROOT) == _ROOT
    return hasattr(os, "fork") and usual and not any(name[:6] == "PYTHON" for name in variables.keys() - _OWN)


class _Warm:
    def __init__(self, python_path: str) -> None:
        import subprocess
        import threading

        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, __file__],
            env={**os.environ, "PYTHONPATH": python_path, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self.process.communicate()


_warm: _Warm | None = None


def warm_run(
    arguments: Sequence[str], variables: Mapping[str, str], cwd: Path, streams: Path, patience: float
) -> tuple[int, bytes, bytes]:
    """Run a command line to its end.

    Args:
        arguments: Without the program's name.
        variables: All its environment variables.
        cwd: Its working folder.
        streams: A folder for what it writes.
        patience: Seconds after which it is killed.

    Returns:
        Its exit code, negative if a signal ended it; what it wrote to standard output and to standard error.
    """
    global _warm  # noqa: PLW0603 - one for all tests of this process
    if _warm is None:
        import atexit

        _warm = _Warm(variables["PYTHONPATH"])
        atexit.register(_warm.close)
    request = {
        "arguments": list(arguments), "variables": dict(variables), "cwd": str(cwd), "streams": str(streams),
        "patience": patience,
    }  # fmt: skip
    with _warm.lock:
        assert _warm.process.stdin is not None
        assert _warm.process.stdout is not None
        _warm.process.stdin.write(json.dumps(request) + "\n")
        _warm.process.stdin.flush()
        code = int(_warm.process.stdout.readline())
    return code, (streams / "out").read_bytes(), (streams / "err").read_bytes()


def _serve() -> None:
    import gc
    import importlib
    import pkgutil

    import wheelclash

    sys.path.pop(0)  # the folder of this file
    for module in pkgutil.walk_packages(wheelclash.__path__, "wheelclash."):
        if not module.name.startswith(_NEEDS_EXTRA) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()  # memory that is not looked through is not copied either
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _become(request)
        signal.signal(signal.SIGALRM, lambda *_, child=child: os.kill(child, signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, request["patience"])
        _, status = os.waitpid(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(request: dict) -> None:  # type: ignore[type-arg]
    """Take on what a new process would have had, and run the command to the end of this process."""
    import atexit
    import threading

    streams = request["streams"]
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    opened = [
        os.open(os.devnull, os.O_RDONLY),
        os.open(os.path.join(streams, "out"), flags),  # noqa: PTH118
        os.open(os.path.join(streams, "err"), flags),  # noqa: PTH118
    ]
    for number, descriptor in enumerate(opened):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["cwd"])
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
    sys.path.insert(0, "")
    sys.path_importer_cache.clear()
    sys.argv = ["-c", *request["arguments"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        from wheelclash.cli import entry_point

        entry_point()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201
    except BaseException:  # noqa: BLE001 - as Python does with what no one catches
        sys.excepthook(*sys.exc_info())
    finally:
        try:
            threading._shutdown()  # type: ignore[attr-defined]  # as Python does at its end
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


if __name__ == "__main__":
    _serve()
