"""The words of ``wheelclash env``; parsed with argparse, nothing else imported."""

from __future__ import annotations

from wheelclash.cli.words import add_environment, add_index, add_output, add_reading

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    import argparse

__all__ = ["add_words"]

_DESCRIPTION = """\
Say what is on disk in an environment: whose content each contested file holds, what is missing, who is intact, and
which libraries each version of a native file needs. Reads the installed RECORDs and hashes what is contested; of a
version that is no longer on disk, reads that one file of its wheel. Writes nothing."""

_EPILOG = """\
exit codes:
  0  no damage at or above --fail-on         2  there is no such environment, or --keep names nobody in it
  1  damage found                            3  no damage found, but something could not be read

examples:
  wheelclash env
  wheelclash env .venv --keep nixl-cu13              in CI: fail unless nixl-cu13 is intact
  wheelclash env --path /srv/packages --verify --format json"""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Teach a parser the words of ``env``."""
    parser.usage = "wheelclash env [PATH | --python PATH | --prefix DIR | --path DIR] [options]"
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    add_environment(parser, positional=True)
    judged = parser.add_argument_group("what counts")
    judged.add_argument("--keep", metavar="NAME", action="append", default=[],
        help="who must be intact: decides the exit code; repeatable")  # fmt: skip
    judged.add_argument("--ignore", metavar="A,B:GLOB", action="append", default=[],
        help="take overlaps of A and B whose root/path matches out of the exit code; repeatable")  # fmt: skip
    judged.add_argument("--verify", action="store_true", help="hash every file, not only the contested ones")
    add_output(parser, what="damage", verbose="every path and finding")
    add_index(parser, dated=False)
    judged.add_argument("--installer", choices=("pip", "uv"), help="whose configuration says where wheels are")
    add_reading(parser)
