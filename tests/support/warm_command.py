"""The command, imported once and forked for every command line: imports are most of what a small question costs.

This file is started as a process of its own, once in a process of tests. It imports all modules of the command and runs
none of them. For each command line it forks; the child takes on the variables, folder and standard streams that a new
process would have had, and runs the command to its end. What one command leaves in memory ends with it.
:func:`warm_run` asks it from a test, :func:`write_program` writes a program that asks it from a shell.
``tests/test_warm_command.py`` holds both against new processes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["can_be_forked", "warm_run", "write_program"]

_NEEDS_EXTRA = ("wheelclash.integrations", "wheelclash.contents")
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
_STREAMS = (0, 1, 2)
_PATIENCE = 60.0


def can_be_forked(variables: Mapping[str, str]) -> bool:
    """Whether a forked process would be as a new one: variables that Python reads at its start are as usual."""
    usual = variables.get("LC_ALL") == "C.UTF-8" and variables.get("PYTHONPATH", _ROOT) == _ROOT
    return hasattr(os, "fork") and usual and not any(name[:6] == "PYTHON" for name in variables.keys() - {"PYTHONPATH"})


class _Warm:
    """The process, and the address of the socket on which it is asked."""

    def __init__(self) -> None:
        import subprocess
        import tempfile
        import threading

        self.lock = threading.Lock()
        self.folder = tempfile.TemporaryDirectory(prefix="wheelclash-warm-")
        self.address = os.path.join(self.folder.name, "socket")  # noqa: PTH118
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, __file__, "serve", str(listener.fileno())],
                env={**os.environ, "PYTHONPATH": _ROOT, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
            )

    def close(self) -> None:
        self.process.communicate()
        self.folder.cleanup()


_warm: _Warm | None = None


def _start() -> _Warm:
    """Return the process that is forked, started when first asked for."""
    global _warm  # noqa: PLW0603 - one for all tests of this process
    if _warm is None:
        import atexit

        _warm = _Warm()
        atexit.register(_warm.close)
    return _warm


def warm_run(
    arguments: Sequence[str], variables: Mapping[str, str], cwd: Path, streams: Path, patience: float = _PATIENCE
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
    warm = _start()
    out, err = streams / "out", streams / "err"
    with warm.lock, open(os.devnull, "rb") as nothing, out.open("wb") as output, err.open("wb") as complaints:  # noqa: PTH123
        opened = [stream.fileno() for stream in (nothing, output, complaints)]
        code = _ask(warm.address, arguments, variables, str(cwd), opened, patience)
    return code, out.read_bytes(), err.read_bytes()


def write_program(path: Path) -> None:
    """Write a program that runs the command with its own arguments, variables, folder and streams.

    It is for shells, which must not run two at the same time, as in a pipeline: one is answered after the other.
    """
    import shlex

    line = shlex.join([sys.executable, "-I", "-S", __file__, "ask", _start().address])
    path.write_text(f'#!/bin/sh\nexec {line} "$@"\n')
    path.chmod(0o755)


def _ask(
    address: str,
    arguments: Sequence[str],
    variables: Mapping[str, str],
    cwd: str,
    streams: Sequence[int],
    patience: float = _PATIENCE,
) -> int:
    """Have the process at an address run a command line, and return its exit code, negative if a signal ended it."""
    request = {"arguments": list(arguments), "variables": dict(variables), "cwd": cwd, "patience": patience}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b"\n"], list(streams))
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile() as answer:
            return int(answer.readline())


def _serve(listener: socket.socket) -> None:
    """Answer one request after the other until standard input ends, which is when the process of the tests does."""
    import contextlib
    import gc
    import importlib
    import pkgutil
    import select

    import wheelclash

    sys.path.pop(0)  # the folder of this file
    for module in pkgutil.walk_packages(wheelclash.__path__, "wheelclash."):
        if not module.name.startswith(_NEEDS_EXTRA) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()  # memory that is not looked through is not copied either
    while sys.stdin not in select.select([sys.stdin, listener], [], [])[0]:
        connection, _ = listener.accept()
        with connection:
            _, streams, _, _ = socket.recv_fds(connection, 1, len(_STREAMS))
            with connection.makefile() as asked:
                request = json.loads(asked.readline())
            child = os.fork()
            if not child:
                _become(request, streams)
            for descriptor in streams:
                os.close(descriptor)
            signal.signal(signal.SIGALRM, lambda *_, child=child: os.kill(child, signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, request["patience"])
            _, status = os.waitpid(child, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            with contextlib.suppress(OSError):  # who asked may have been killed
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(request: dict, streams: Sequence[int]) -> None:  # type: ignore[type-arg]
    """Take on what a new process would have had, and run the command to the end of this process."""
    import atexit
    import threading

    for number, descriptor in zip(_STREAMS, streams, strict=True):
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
    if sys.argv[1] == "serve":
        _serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        ended = _ask(sys.argv[2], sys.argv[3:], os.environ, os.getcwd(), _STREAMS)  # noqa: PTH109
        sys.exit(ended if ended >= 0 else 128 - ended)
