"""Wording that every message shares: counts, lists of names whole or cut short, names near a mistyped one, commands."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["command_line", "listed", "near", "near_names", "path_from", "plural", "quoted", "some"]


def plural(count: int, word: str, several: str = "") -> str:
    """Return a count and what is counted: ``1 file``, ``2,000 files``; ``several`` where an *s* will not do."""
    return f"{count:,} {word if count == 1 else several or word + 's'}"


def listed(names: Iterable[str]) -> str:
    """Return names as part of a sentence: ``a``, ``a and b``, ``a, b and c``; empty for none."""
    names = list(names)
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""


def some(texts: Iterable[str], most: int | None, *, separator: str = ", ", hint: str = "") -> str:
    """Return the first of several texts and the number of the others.

    Args:
        texts: The texts, in order.
        most: How many to show; None for all.
        separator: What stands between two.
        hint: What follows the number, such as `` (-v)``.

    >>> some("abcde", 3), some("abc", 3), some("abcde", None)
    ('a, b, c and 2 more', 'a, b, c', 'a, b, c, d, e')
    """
    texts = list(texts)
    shown = texts if most is None else texts[:most]
    more = f" and {len(texts) - len(shown):,} more{hint}" if len(shown) < len(texts) else ""
    return f"{separator.join(shown)}{more}"


def near_names(name: str, known: Iterable[str], *, most: int = 3, likeness: float = 0.6) -> tuple[str, ...]:
    """Return up to ``most`` of ``known`` that look like ``name``, nearest first; ``likeness`` is 1 for the same.

    >>> near_names("WC01", ["WC021", "WC011", "WC001"])
    ('WC001', 'WC011', 'WC021')
    """
    import difflib  # dear, and only needed for a mistake

    names = list(known)
    near = sorted(difflib.get_close_matches(name, names, n=len(names) or 1, cutoff=likeness))
    return tuple(
        sorted(near, key=lambda other: difflib.SequenceMatcher(None, other, name).ratio(), reverse=True)[:most]
    )


def near(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers near names, or else all there are; empty if there are none."""
    names = list(known)
    likeliest = near_names(name, names) or tuple(sorted(names)[:8])
    return f"Perhaps: {', '.join(likeliest)}?" if likeliest else ""


_UNQUOTED_BY_CMD = frozenset("&|<>^%!()\"'`,;= \t*?")
"""What the shells of Windows would take for something else in an argument without quotes."""


def command_line(arguments: Sequence[str], here: str | None = None) -> str:
    """Return a command as a line that a person can copy into a shell of this system.

    Args:
        arguments: Program and arguments.
        here: The folder it is run from: paths below it are written as they are seen from there. None to leave them.

    >>> command_line(["/w/.venv/bin/python", "-m", "pip", "install", "a>=1"], "/w")
    ".venv/bin/python -m pip install 'a>=1'"
    """
    seen = [argument if here is None else _from_here(argument, here) for argument in arguments]
    if os.name != "nt":
        return " ".join(map(quoted, seen))
    return " ".join(f'"{text}"' if not text or _UNQUOTED_BY_CMD.intersection(text) else text for text in seen)


def quoted(argument: str) -> str:
    r"""Return an argument as a shell takes it; whatever is not printable as an escape that bash and zsh know.

    What writes text spells out such characters itself, in a way that no shell reads back.

    >>> print(quoted("a b"), quoted("it's\tx"))
    'a b' $'it\'s\x09x'
    """
    if argument.isprintable() or "\0" in argument:  # which no program can be given
        return shlex.quote(argument)
    return f"$'{''.join(map(_escaped, argument))}'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", errors))


def path_from(path: str, here: str | None) -> str:
    """Return a path as it is seen from a folder: relative, if it lies below.

    >>> path_from("/w/.venv", "/w"), path_from("/w2/.venv", "/w"), path_from("/w", "/w"), path_from("/w/a", None)
    ('.venv', '/w2/.venv', '/w', '/w/a')
    """
    folder = "" if here is None else here.rstrip(os.sep) + os.sep
    return path[len(folder) :] if folder and path.startswith(folder) and path != folder else path


def _from_here(argument: str, here: str) -> str:
    """Return an argument, a path below ``here`` relative to it, and in such a way that it is still taken for a path.

    A word alone could be a name or a version (``3.12``), a program to look for on PATH, or an option.
    """
    path = path_from(argument, here)
    is_clear = path == argument or path.startswith(".") or (os.sep in path and not path.startswith(("-", "~")))
    return path if is_clear else f"{os.curdir}{os.sep}{path}"
