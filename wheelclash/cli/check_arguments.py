"""The words of ``wheelclash check``; parsed with argparse, nothing else imported."""

from __future__ import annotations

import argparse
import sys

from wheelclash.cli.words import add_index, add_output, add_reading, add_target

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from typing import NoReturn

    from wheelclash.cli.arguments import Arguments

__all__ = ["add_words", "refuse"]

_DESCRIPTION = """\
Find the files that two or more wheels would both install, say who wins and what breaks, and print the commands that
put it right. Reads a few kilobytes of each wheel; installs nothing."""

_EPILOG = """\
exit codes:
  0  no overlap at or above --fail-on        2  the question is wrong or cannot be answered
  1  overlaps found                          3  nothing found, but something could not be read

examples:
  wheelclash nixl-cu12 nixl-cu13
  wheelclash opencv-python opencv-python-headless --keep opencv-python-headless --installer pip
  wheelclash nixl                        what installing it brings in: the siblings clash
  wheelclash uv.lock --all-targets
  wheelclash opencv-python-headless --into .venv      what installing it there would overwrite
  wheelclash dist/ --against mypackage-gpu==1.4 --python-version 3.12 --python-platform linux

other commands (each has its own --help):
  wheelclash env       what is on disk in an environment: who overwrote whom, and why it breaks
  wheelclash fix       what mends it; with --apply, mends it
  wheelclash who PATH  whose a file, a folder or an import name is
  wheelclash schema    the JSON Schema of the reports"""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Teach a parser the words of ``check``."""
    parser.prog = "wheelclash"
    parser.usage = "wheelclash [check] REQUIREMENT|PATH … [options]"
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("requirements", nargs="*", metavar="WHAT",
        help="a requirement (PEP 508); the path of a wheel, a folder of wheels, a lock or another description of a set;"
        " or - for standard input")  # fmt: skip
    add("-V", "--version", action=_Version, nargs=0, help="print the version and exit")
    _add_set(parser)
    add_target(parser)
    add_index(parser)
    _add_remedy(parser)
    add_output(parser, what="overlap", verbose="every path, remedy, step and finding")
    add_reading(parser)


def refuse(parser: argparse.ArgumentParser, parsed: Arguments) -> None:
    """End with a usage error if words contradict each other."""
    if not (parsed.requirements or parsed.files or parsed.siblings):
        few = "a requirement or a wheel" if parsed.into is not None else "two or more requirements or wheels"
        parser.error(f"nothing asked: give {few}, e.g. 'nixl-cu12 nixl-cu13'")
    if parsed.index_url is not None and not parsed.index_url.strip():
        parser.error("--index-url: an empty URL names no index; leave the option out for the default one")
    if parsed.into is not None and (
        parsed.python or parsed.python_platforms or parsed.python_versions or parsed.all_targets
    ):
        parser.error("--into names the target too; leave out --python, --python-version and -platform, --all-targets")
    if parsed.into is not None and parsed.system:
        parser.error("--into names the environment that commands act on; leave out --system")
    if parsed.python is not None and (parsed.python_platforms or parsed.python_versions):
        parser.error("--python names a whole target; leave out --python-version and --python-platform")
    if parsed.all_targets and (parsed.python_platforms or parsed.python_versions or parsed.python):
        parser.error(
            "--all-targets takes the targets from the lock or the wheels;"
            " leave out --python, --python-version and -platform"
        )


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        import wheelclash

        sys.stdout.write(f"wheelclash {wheelclash.__version__}\n")
        parser.exit()


def _add_set(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what the set is")
    add = group.add_argument
    add("-r", "--requirements", "--requirement", metavar="FILE", action="append", default=[], dest="files",
        help="a file of requirements, a pyproject.toml or a script; resolved by uv; repeatable")  # fmt: skip
    add("-c", "--constraints", "--constraint", metavar="FILE", action="append", default=[],
        help="a file that limits the versions of what is installed; repeatable")  # fmt: skip
    deps = group.add_mutually_exclusive_group()
    deps.add_argument("--deps", action="store_true", default=None,
        help="with dependencies, resolved by uv (the default for one requirement or wheel, and for files)")  # fmt: skip
    deps.add_argument("--no-deps", action="store_false", dest="deps",
        help="just what is named (the default for several requirements or wheels)")  # fmt: skip
    add("--pre", action="store_true", dest="prereleases", help="with pre-releases, also where none is asked for")
    add("--allow-build", action="store_true", help="let uv run code of source distributions to learn what they require")
    add("--extra", metavar="NAME", action="append", default=[], dest="extras",
        help="with this extra of the lock or project; repeatable")  # fmt: skip
    add("--all-extras", action="store_true", help="with all its extras")
    add("--group", metavar="NAME", action="append", default=[], dest="groups",
        help="with this dependency group of the lock or project; repeatable")  # fmt: skip
    add("--against", metavar="REQ", action="append", default=[],
        help="a published distribution to compare unpublished wheels with; repeatable")  # fmt: skip
    add(
        "--into",
        metavar="PATH",
        help="an interpreter, an environment or a folder of packages: compare with what is there",
    )
    add("--siblings", metavar="NAME", action="append", default=[],
        help="NAME and the other variants of it that are known; repeatable")  # fmt: skip


def _add_remedy(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to do about it")
    add = group.add_argument
    add("--why", action="store_true",
        help="say which libraries each version of a contested native file needs, by reading it")  # fmt: skip
    add("--keep", metavar="NAME", action="append", default=[], help="who shall win; repeatable")
    add("--installer", choices=("pip", "uv"), help="whose commands to print (default: uv if there is one, else pip)")
    add("--system", action="store_true", help="add uv's --system to printed commands, for a Dockerfile")
    add("--ignore", metavar="A,B:GLOB", action="append", default=[],
        help="take overlaps of A and B whose root/path matches out of the exit code; repeatable")  # fmt: skip
