"""Which of several wheels a target prefers: by tags (PEP 425), then by build tag (PEP 427)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.tags import Tag

__all__ = ["rank", "ranks"]


@lru_cache(maxsize=8)
def ranks(tags: tuple[Tag, ...]) -> Mapping[str, int]:
    """Place in the order of preference, by tag: 0 for the best; ``tags`` are a target's, best first."""
    return {str(tag): place for place, tag in reversed(list(enumerate(tags)))}


def rank(filename: str, places: Mapping[str, int]) -> int | None:
    """The best place of a wheel's tags, or None if none of them fits.

    By its name's text alone, for indexes list thousands.

    Args:
        filename: Of a wheel.
        places: What :func:`ranks` gave for a target.
    """
    parts = filename[: -len(".whl")].lower().rsplit("-", 3)
    if len(parts) != 4:  # noqa: PLR2004 - and not three tags
        return None
    _, pythons, abis, platforms = parts
    found = [
        place
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
        if (place := places.get(f"{python}-{abi}-{platform}")) is not None
    ]
    return min(found, default=None)
