"""The words of ``wheelclash who``; parsed with argparse, nothing else imported."""

from __future__ import annotations

from wheelclash.cli.words import add_environment, add_index, add_output, add_reading, add_target

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    import argparse

    from wheelclash.cli.arguments import Arguments

__all__ = ["add_words", "refuse"]

_DESCRIPTION = """\
Say whose a file is, and whose content it has: in an environment by the installed RECORDs and a hash of what is there;
in a set of wheels by what would be installed. PATH is a path, an installed path (scripts/tool), an import name
(package.module) or a command."""

_EPILOG = """\
exit codes:
  0  answered, also if nobody recorded it    2  there is nothing of that name
                                             3  no answer, but something could not be read

examples:
  wheelclash who nixl_ep._cpp
  wheelclash who .venv/bin/nixl_example --python .venv
  wheelclash who cv2 --among opencv-python opencv-python-headless"""

_OF_A_SET = (
    ("python_versions", "--python-version"),
    ("python_platforms", "--python-platform"),
    ("all_targets", "--all-targets"),
    ("index_url", "--index-url"),
    ("extra_index_urls", "--extra-index-url"),
    ("find_links", "--find-links"),
    ("no_index", "--no-index"),
    ("index_strategy", "--index-strategy"),
    ("exclude_newer", "--exclude-newer"),
    ("cert", "--cert"),
    ("deps", "--deps, --no-deps"),
)


def add_words(parser: argparse.ArgumentParser) -> None:
    """Teach a parser the words of ``who``."""
    parser.usage = "wheelclash who PATH … [--python PATH | --prefix DIR | --path DIR | --among WHAT …] [options]"
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    parser.add_argument("asked", nargs="+", metavar="PATH", help="a file or folder, an import name, or a command")
    add_environment(parser)
    group = parser.add_argument_group("or in which set")
    group.add_argument("--among", metavar="WHAT", nargs="+", action="extend", default=[], dest="requirements",
        help="ask about wheels instead: what 'check' takes; repeatable")  # fmt: skip
    deps = group.add_mutually_exclusive_group()
    deps.add_argument("--deps", action="store_true", default=None, help="with dependencies, as for 'check'")
    deps.add_argument("--no-deps", action="store_false", dest="deps", default=None, help="just what is named")
    add_target(parser, python=False)
    add_index(parser)
    add_output(parser, what=None, verbose="every path, and what was recorded", problems=False)
    add_reading(parser)


def refuse(parser: argparse.ArgumentParser, parsed: Arguments) -> None:
    """End with a usage error if words contradict each other."""
    if not parsed.requirements:
        for name, option in _OF_A_SET:
            if getattr(parsed, name) != parser.get_default(name):
                parser.error(f"{option} is about a set of wheels; name one with --among")
        return
    if parsed.prefix is not None or parsed.path is not None:
        parser.error("--among asks about wheels, --prefix and --path about what is installed; leave one of them out")
    if parsed.python is not None and (parsed.python_platforms or parsed.python_versions):
        parser.error("--python names a whole target; leave out --python-version and --python-platform")
    if parsed.all_targets or len(parsed.python_versions) > 1 or len(parsed.python_platforms) > 1:
        parser.error("'who' answers for one target at a time; name one with --python-version and --python-platform")
