"""Work that is counted rather than timed: the same number on every machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import wheelclash

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

__all__ = ["lines_run"]

_OURS = str(Path(wheelclash.__file__).parent)


def lines_run(function: Callable[[], object]) -> int:
    """Return how many lines of wheelclash a call runs; each turn of a loop or a comprehension counts again.

    What is done within one operation of a built-in type (to copy a dict, to unite two sets) counts as one.
    """
    count = 0

    def of_line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return of_line

    def of_call(frame: FrameType, event: str, argument: Any) -> Any:
        return of_line if frame.f_code.co_filename.startswith(_OURS) else None

    before = sys.gettrace()
    sys.settrace(of_call)
    try:
        function()
    finally:
        sys.settrace(before)
    return count
