"""Versions of a native file: read from disk, or that one member of a wheel."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from wheelclash.errors import FetchError, WheelError
from wheelclash.files import open_regular
from wheelclash.native import BinaryFacts, binary_facts

if TYPE_CHECKING:
    from wheelclash.reading.wheel import WheelReader
    from wheelclash.sources.candidate import Candidate

__all__ = ["LIMIT", "read_file", "read_member"]

LIMIT = 128 * 1024 * 1024
"""The most bytes that a member of a wheel may inflate to if it is to be looked into: OpenCV's has 74 million."""

_NOT_NATIVE = "it is no native file"


def read_file(path: str) -> BinaryFacts | str:
    """The facts of a file on disk, or why there are none."""
    try:
        with open_regular(path) as stream:
            return binary_facts(stream) or _NOT_NATIVE
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def read_member(candidate: Candidate, member: str, digest: str | None, reader: WheelReader) -> BinaryFacts | str:
    """The facts of one member of a wheel, or why there are none; kept by its hash.

    Args:
        candidate: The wheel.
        member: Archive path.
        digest: ``algorithm:hex`` of its content, or None if it is not known.
        reader: Reads wheels.
    """
    known = reader.cache.get("native", digest) if digest is not None else None
    facts = _decoded(known)
    if facts is not None:
        return facts
    try:
        data = reader.member(candidate, member, limit=LIMIT)
    except (WheelError, FetchError) as error:
        return error.reason
    found = binary_facts(io.BytesIO(data))
    if found is None:
        return _NOT_NATIVE
    if digest is not None:
        reader.cache.put("native", digest, list(found))
    return found


def _decoded(known: object) -> BinaryFacts | None:
    """Facts as the cache keeps them."""
    if not isinstance(known, list) or len(known) != len(BinaryFacts._fields):
        return None
    return BinaryFacts._make(tuple(each) if isinstance(each, list) else each for each in known)
