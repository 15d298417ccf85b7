"""The command. Everything dear is imported by the command that needs it: ``--help`` costs little more than Python."""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["entry_point", "main"]

_ERROR = 2
_INTERRUPTED = 130
_BROKEN_PIPE = 141
_LONGEST = 300
"""Letters of an unforeseen error that are told."""

_YOUNG_OBJECTS = 200_000
"""Objects made before cycles are looked for. The values here have none, and looking took a tenth of a cached run."""


def entry_point(*, as_module: bool = False) -> None:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(_YOUNG_OBJECTS)
    sys.unraisablehook = lambda _: None  # what fails while an object is removed changes no answer
    try:
        _end_on_signals()
        code = main(sys.argv[1:], as_module=as_module)
    except SystemExit as end:  # a signal, outside of what main covers
        code = end.code if isinstance(end.code, int) else _ERROR
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


def main(arguments: list[str], *, as_module: bool = False) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name.
        as_module: Whether it was started with ``python -m``; the running interpreter is then the one meant.

    Returns:
        The exit code (docs/reference/cli.md). An unforeseen error gives 2 too: 1 says that something clashes.
    """
    try:
        return _answer(arguments, as_module=as_module)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except SystemExit as end:  # a signal that ends the process
        return end.code if isinstance(end.code, int) else _ERROR
    except Exception as error:  # noqa: BLE001 - the last resort
        _complain_of_unforeseen(error, arguments)
        return _ERROR


def _answer(arguments: list[str], *, as_module: bool) -> int:
    from wheelclash.cli.parser import parse
    from wheelclash.cli.streams import UnwritableError, complain, discard, finish, prepare
    from wheelclash.errors import QuestionError, WheelclashError

    prepare()
    options = None
    try:
        try:
            options = parse(arguments)
            from wheelclash.cli.commands import run

            code = run(options, as_module=as_module)
        except SystemExit as done:  # argparse: --help, --version, a usage error
            code = done.code if isinstance(done.code, int) else _ERROR
        except WheelclashError as error:
            if options is not None and options.configured and isinstance(error, QuestionError):
                error = QuestionError(error.reason, f"{error.hint} {options.configured}".strip())
            complain(error)
            code = _ERROR
        except PermissionError as error:  # of a path that was named, or of what is below it
            if error.filename is None:
                raise
            complain(QuestionError(f"{os.fsdecode(error.filename)} cannot be accessed ({error.strerror})."))
            code = _ERROR
        finish()
    except BrokenPipeError:
        discard()
        return _BROKEN_PIPE
    except UnwritableError as error:
        complain(error)
        return _ERROR
    return code


def _complain_of_unforeseen(error: Exception, arguments: list[str]) -> None:
    """Say in one line what went wrong; with ``-v`` the traceback comes first.

    What was imported already is all that can be counted on: there may be no memory, or no file may be opened.
    """
    try:
        from wheelclash.http.urls import redacted

        if {"-v", "--verbose"} & set(arguments):
            import traceback

            sys.stderr.write(redacted("".join(traceback.format_exception(error))))
        kind = type(error).__name__
        words = (isinstance(error, OSError) and error.strerror) or " ".join(str(error).split())
        shown = redacted(f"{kind}: {words}" if words else kind)
        safe = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in shown[:_LONGEST])
        sys.stderr.write(f"wheelclash: error: something went wrong that should not: {safe} (-v shows where)\n")
    except Exception:  # noqa: BLE001 - the exit code has to do
        return


def _end_on_signals() -> None:
    """Have signals that end a process raise an exception, so that running programs are ended first."""
    import signal

    def end(number: int, _: object) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores one of them
            signal.signal(number, end)
