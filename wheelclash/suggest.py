"""Near names, for whoever mistyped one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["near", "near_names"]


def near_names(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Up to ``most`` of ``known`` that look like ``name``, nearest first."""
    import difflib  # dear, and only needed for a mistake

    return tuple(difflib.get_close_matches(name, list(known), n=most, cutoff=0.6))


def near(name: str, known: Iterable[str]) -> str:
    """A sentence that offers near names, or else all there are; empty if there are none."""
    names = list(known)
    found = near_names(name, names) or tuple(sorted(names)[:8])
    return f"Perhaps: {', '.join(found)}?" if found else ""
