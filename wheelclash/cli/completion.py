"""Completion for shells, made by shtab from one parser of all commands.

The page of the manual is made from that parser too: ``nox -s man``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from wheelclash.cli.parser import COMMANDS, parser_of
from wheelclash.errors import MissingExtraError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["command_parser", "completion_script"]

_FILES = frozenset({"DATASET", "FILE", "PATH", "PLACE", "SOURCE", "WHAT", "WHEEL"})
"""Names of values that are files or folders."""

_MORE_OF_ZSH = """\
functions[_wheelclash_commands_alone]=$functions[_shtab_wheelclash_commands]
_shtab_wheelclash_commands() {{
  _wheelclash_commands_alone
  _files
}}
functions[_wheelclash_by_command]=$functions[_shtab_wheelclash]
_shtab_wheelclash() {{
  if (( CURRENT > 2 )) && [[ $words[2] != ({commands}) ]]; then
    _arguments -C -s $_shtab_wheelclash_check_options
  else
    _wheelclash_by_command "$@"
  fi
}}
"""
"""For ``wheelclash uv.lock``: where the first word is no command, it is a file, and ``check`` is meant."""

_MORE_OF_BASH = "_shtab_wheelclash_pos_0_COMPGEN=_shtab_compgen_files\n"
"""The same: the first word may be a file."""

_MORE_OF_FISH = (
    """complete -c wheelclash -n "_shtab_wheelclash_using ''" -ka "(__fish_complete_path (commandline -ct))"\n"""
)


def completion_script(shell: str) -> str:
    """Return what a shell is to read so that it completes our command lines.

    Args:
        shell: ``bash``, ``zsh`` or ``fish``.

    Raises:
        QuestionError: The extra is not installed, or its library knows no such shell.
    """
    try:
        import shtab
    except ImportError:
        raise MissingExtraError("Completion", "shtab", "completion") from None
    if shell not in shtab.SUPPORTED_SHELLS:
        raise QuestionError(f"This version of shtab has no completion for {shell}.", "Update shtab.")
    parser = command_parser()
    parser._add_container_actions(parser_of("check"))  # noqa: SLF001 - as parents= does, but behind the commands
    _say_what_are_files(parser, shtab.FILE, shtab.DIRECTORY)
    if shell != "zsh":
        return f"{shtab.complete(parser, shell)}\n{_MORE_OF_BASH if shell == 'bash' else _MORE_OF_FISH}"
    for action in parser._get_positional_actions():  # noqa: SLF001 - shtab knows no other way
        if not isinstance(action.choices, dict):
            action.help = argparse.SUPPRESS  # zsh would offer no commands beside it
    words = dict.fromkeys(name.partition("-")[0] for name in COMMANDS)
    more = _MORE_OF_ZSH.format(commands="|".join(words))
    return str(shtab.complete(parser, shell, preamble=more))


def command_parser() -> argparse.ArgumentParser:
    """Return a parser that knows every command as such, for what is made from parsers: a page of the manual."""
    check = parser_of("check")
    parser = argparse.ArgumentParser(
        prog="wheelclash",
        usage="wheelclash [COMMAND] …",
        description=f"{check.description} Without COMMAND, check is meant.",
        formatter_class=check.formatter_class,
        add_help=False,
    )
    nested = {"": parser.add_subparsers(title="commands", metavar="COMMAND")}
    for name, about in COMMANDS.items():
        group, _, word = name.rpartition("-")
        parent = parser_of(name)
        command = nested[group].add_parser(
            word,
            parents=[parent],
            add_help=False,
            help=" ".join(about.description.split()),
            description=parent.description,
            epilog=parent.epilog,
            usage=parent.usage,
            formatter_class=parent.formatter_class,
        )
        if any(other.startswith(f"{name}-") for other in COMMANDS):
            nested[name] = command.add_subparsers(title="commands", metavar="COMMAND")
    return parser


def _say_what_are_files(
    parser: argparse.ArgumentParser, file: Mapping[str, object], folder: Mapping[str, object]
) -> None:
    """Note on every option and argument that takes a file or a folder that it does."""
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            for command in action.choices.values():
                _say_what_are_files(command, file, folder)
        elif action.metavar in _FILES:
            action.complete = file  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = folder  # type: ignore[attr-defined]
