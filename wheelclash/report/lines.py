"""Lines of styled spans: what a report is before it is plain text or coloured."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Line", "Span", "Style"]

Style = Literal["plain", "strong", "error", "warning", "notice", "good", "faint", "command"]


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = "plain"


Line: TypeAlias = tuple[Span, ...]
