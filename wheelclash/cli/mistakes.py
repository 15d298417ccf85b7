"""What was perhaps meant, where a command line makes no sense. Imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.wording import listed, near_names

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["explain_choice", "explain_unknown"]

_LIKENESS = 0.75
"""Of an option to what was given; names of options have much in common."""


def explain_unknown(
    unknown: Sequence[str],
    parser: argparse.ArgumentParser,
    others: Iterable[str],
    parser_of: Callable[[str], argparse.ArgumentParser],
) -> tuple[str, str]:
    """Return what is wrong with words that a parser has no use for, and what was perhaps meant.

    Args:
        unknown: The words, in order.
        parser: The parser.
        others: The other commands.
        parser_of: Makes their parsers.
    """
    word = unknown[0]
    if not word.startswith("-"):
        return f"{word!r} is one argument too many", ""
    flag = word.partition("=")[0]
    known = _flags(parser)
    parsers = map(parser_of, others)
    having = [other.prog for other in parsers if flag in _flags(other)]
    if having:
        return f"{flag} is no option of {parser.prog}", f"It is one of {listed(having)}."
    near = near_names(flag, known, most=2, likeness=_LIKENESS)
    near = near or tuple(other for other in known if flag.startswith("--") and other.startswith(flag))
    return f"there is no option {flag}", f"Perhaps: {' or '.join(near)}?" if near else ""


def explain_choice(value: object, choices: Iterable[object]) -> str:
    """Return what is wrong with a value that is not among those that an option takes."""
    names = list(map(str, choices))
    near = near_names(str(value).lower(), names, most=1)
    perhaps = f"perhaps {near[0]}? " if near else ""
    return f"invalid choice: {str(value)!r} ({perhaps}choose from {', '.join(names)})"


def _flags(parser: argparse.ArgumentParser) -> list[str]:
    return sorted(flag for action in parser._actions for flag in action.option_strings)  # noqa: SLF001
