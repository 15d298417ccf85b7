"""The command. Everything dear is imported by the command that needs it: ``--help`` costs little more than Python."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from wheelclash.cli.arguments import Arguments

__all__ = ["entry_point", "main"]

_INTERRUPTED = 130
_BROKEN_PIPE = 141
_YOUNG_OBJECTS = 200_000
"""Objects made before cycles are looked for. The values here have none, and looking took a tenth of a cached run."""


def entry_point(*, as_module: bool = False) -> None:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(_YOUNG_OBJECTS)
    sys.exit(main(sys.argv[1:], as_module=as_module))


def main(arguments: list[str], *, as_module: bool = False) -> int:
    """Run a command line.

    Args:
        arguments: Without the program's name.
        as_module: Whether it was started with ``python -m``; the running interpreter is then the one meant.

    Returns:
        The exit code (docs/cli.md).
    """
    from wheelclash.cli.arguments import parse
    from wheelclash.cli.streams import UnwritableError, complain, discard, finish, prepare
    from wheelclash.errors import WheelclashError

    prepare()
    try:
        try:
            parsed = parse(arguments)
            code = _run(parsed.command, parsed, as_module=as_module)
        except SystemExit as done:  # argparse: --help, --version, a usage error
            code = done.code if isinstance(done.code, int) else 2
        except WheelclashError as error:
            complain(error)
            code = 2
        finish()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        discard()
        return _BROKEN_PIPE
    except UnwritableError as error:
        complain(error)
        return 2
    return code


def _run(command: str, parsed: Arguments, *, as_module: bool) -> int:
    if command == "schema":
        from wheelclash.cli.streams import write
        from wheelclash.report.schema import schema_text

        write(schema_text())
        return 0
    from importlib import import_module

    code: int = import_module(f"wheelclash.cli.{command}").run(parsed, as_module=as_module)
    return code
