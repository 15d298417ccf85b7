"""The words of ``wheelclash fix``; parsed with argparse, nothing else imported."""

from __future__ import annotations

from wheelclash.cli.words import add_index, add_output, add_python, add_reading

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    import argparse

__all__ = ["add_words"]

_DESCRIPTION = """\
Mend an environment: print the commands after which the keepers are intact, or run them (--apply) and look again. What
is written again is pinned to the installed version; nothing is uninstalled unless --drop names it."""

_EPILOG = """\
exit codes:
  0  nothing to mend, or mended: every keeper is intact
  1  there is something to do (without --apply), or a step failed
  2  a keeper must be named, something cannot be written again, or the environment must not be changed; nothing was done
  3  nothing to mend in what could be read

examples:
  wheelclash fix                                     what it would take, or whom to choose between
  wheelclash fix --keep nixl-cu13 --apply
  wheelclash fix --keep opencv-python-headless --drop opencv-python --apply"""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Teach a parser the words of ``fix``."""
    parser.usage = "wheelclash fix [PATH | --python PATH] [--keep NAME] … [--drop NAME] … [--apply] [options]"
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    which = parser.add_argument_group("which environment (default: the active one)").add_mutually_exclusive_group()
    which.add_argument("environment", metavar="PATH", nargs="?", help="as --python")
    add_python(which, "an interpreter or the folder of its environment")
    wanted = parser.add_argument_group("what is wanted")
    wanted.add_argument("--keep", metavar="NAME", action="append", default=[],
        help="who must be intact; repeatable")  # fmt: skip
    wanted.add_argument("--drop", metavar="NAME", action="append", default=[],
        help="what to uninstall; repeatable")  # fmt: skip
    wanted.add_argument("--ignore", metavar="A,B:GLOB", action="append", default=[],
        help="leave overlaps of A and B whose root/path matches as they are; repeatable")  # fmt: skip
    wanted.add_argument("--apply", action="store_true", help="run the commands, and look again")
    wanted.add_argument("--installer", choices=("pip", "uv"),
        help="whose commands (default: the environment's own installer)")  # fmt: skip
    parser.set_defaults(prefix=None, path=None)
    add_index(parser, dated=False)
    add_output(parser, what=None, verbose="every path and wheel, and what each step does")
    add_reading(parser)
