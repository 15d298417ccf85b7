"""Impatient clients for the loopback index, and candidates as its pages would give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelclash.core.distribution import Candidate
from wheelclash.http.client import Fetcher

if TYPE_CHECKING:
    from pathlib import Path

    from .loopback import LoopbackIndex
    from .wheelmaker import Wheel


def quick_fetcher(fault: str = "", **options: Any) -> Fetcher:
    """A fetcher that waits little where others wait seconds, and knows nothing of this machine's settings.

    Args:
        fault: That of the server. A busy machine may take a second to answer; where the server keeps silent on purpose,
            it is not waited for that long.
        **options: Of the fetcher, in the place of these.
    """
    settings: dict[str, Any] = {
        "trust_env": False,
        "backoff": 0.001,
        "longest_wait": 0.02,
        "connect_timeout": 2.0,
        "read_timeout": 0.15 if fault == "stall" else 1.0,
        "deadline": 4.0,
    }
    return Fetcher(**settings | options)


def candidate_of(index: LoopbackIndex, wheel: Wheel | str, **changes: Any) -> Candidate:
    """A wheel the index serves, as a candidate; ``changes`` are attributes to give other values."""
    filename = wheel if isinstance(wheel, str) else wheel.filename
    name, version, *_ = filename.split("-")
    facts = index.facts(filename)
    given: dict[str, Any] = {
        "filename": filename,
        "name": name.replace("_", "-"),
        "version": version,
        "url": index.file_url(filename),
        "index": index.simple,
        "sha256": facts.sha256,
        "size": facts.size,
        "requested": name,
    }
    return Candidate(**given | changes)


def local_candidate(path: Path) -> Candidate:
    """A wheel on disk as a candidate."""
    name, version, *_ = path.name.split("-")
    return Candidate(
        path.name, name.replace("_", "-"), version, path.as_uri(), None, None, None, str(path), direct=True, path=path
    )
