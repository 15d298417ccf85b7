"""Wording that every message shares: counts, lists of names whole or cut short, and names near a mistyped one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["listed", "near", "near_names", "plural", "some"]


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


def near_names(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Return up to ``most`` of ``known`` that look like ``name``, nearest first."""
    import difflib  # dear, and only needed for a mistake

    return tuple(difflib.get_close_matches(name, list(known), n=most, cutoff=0.6))


def near(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers near names, or else all there are; empty if there are none."""
    names = list(known)
    likeliest = near_names(name, names) or tuple(sorted(names)[:8])
    return f"Perhaps: {', '.join(likeliest)}?" if likeliest else ""
