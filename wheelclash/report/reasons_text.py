"""Why native files matter, as text: a line for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.report.terminal import Line, Span
from wheelclash.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelclash.report.model import OverlapReport

__all__ = ["reasons"]


def reasons(overlaps: Iterable[OverlapReport]) -> Iterator[Line]:
    """Yield lines that say what the owners' versions of native files need, in the order of the overlaps."""
    told: dict[str, str] = {}
    for each in overlaps:
        if each.why is None:
            continue
        name = each.path.rpartition("/")[2]
        for sentence in (each.why, _unread(each)):
            if sentence:
                told.setdefault(sentence, name)
    several = len(set(told.values())) > 1
    for sentence, name in told.items():
        about = f"{name}: " if several else ""
        yield (Span("  why      ", "faint"), Span(f"{about}{sentence}"))


def _unread(each: OverlapReport) -> str:
    """Whose version could not be looked into, and why."""
    missed: dict[str, list[str]] = {}
    for owner in each.owners:
        if owner.native is not None and owner.native.unread not in {"", "damaged", "not-supported"}:
            missed.setdefault(owner.native.unread, []).append(owner.distribution)
    return "; ".join(f"what the file of {listed(names)} needs is not known: {why}" for why, names in missed.items())
