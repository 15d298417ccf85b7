"""Paths as text, with ``/`` between their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["folders_above"]


def folders_above(paths: Iterable[str]) -> set[str]:
    """Return every folder above any of these."""
    folders: set[str] = set()
    waiting = {path.rpartition("/")[0] for path in paths}
    while waiting:
        folder = waiting.pop()
        if folder and folder not in folders:
            folders.add(folder)
            waiting.add(folder.rpartition("/")[0])
    return folders
