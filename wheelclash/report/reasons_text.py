"""Why native files matter, as text: a line for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.report.lines import Line, Span
from wheelclash.report.words import listed, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelclash.report.model import OverlapReport

__all__ = ["reasons"]

_MOST = 3


def reasons(overlaps: Iterable[OverlapReport], *, verbose: bool) -> Iterator[Line]:
    """Lines that say what the owners' versions of native files need.

    Args:
        overlaps: Those that are told, gravest first.
        verbose: All of them, rather than the first few.
    """
    told: dict[str, str] = {}
    for each in overlaps:
        if each.why is None:
            continue
        name = each.path.rpartition("/")[2]
        for sentence in (each.why, _unread(each)):
            if sentence:
                told.setdefault(sentence, name)
    lines = list(told.items())
    most = len(lines) if verbose else _MOST
    for sentence, name in lines[:most]:
        about = f"{name}: " if len(lines) > 1 and len(set(told.values())) > 1 else ""
        yield (Span("  why      ", "faint"), Span(f"{about}{sentence}"))
    if len(lines) > most:
        yield (Span(f"  why      … {plural(len(lines) - most, 'more reason')} (-v)", "faint"),)


def _unread(each: OverlapReport) -> str:
    """Whose version could not be looked into, and why."""
    missed: dict[str, list[str]] = {}
    for owner in each.owners:
        if owner.native is not None and owner.native.unread not in {"", "damaged", "not-supported"}:
            missed.setdefault(owner.native.unread, []).append(owner.distribution)
    return "; ".join(f"what the file of {listed(names)} needs is not known: {why}" for why, names in missed.items())
