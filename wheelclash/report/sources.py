"""Where a set was written down: the line of a lock or requirements file that brings each distribution in.

Code scanning and annotations point at a line of a file in the repository. A set that was given as arguments has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["SourceLine", "find_sources", "source_of"]

_NAMED = re.compile(
    r"""^\s*(?:
        name\s*=\s*"(?P<toml>[^"]+)"                       # a [[package]] of a lock
        | "name"\s*:\s*"(?P<json>[^"]+)"                   # pip's report
        | (?:["'-]\s*)?(?P<line>[A-Za-z0-9][A-Za-z0-9._-]*)  # a requirement, in a list or by itself
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of a file.

    Attributes:
        path: As the user gave it, with ``/`` between its parts.
        line: Beginning with 1.
    """

    path: str
    line: int


def find_sources(texts: Mapping[str, str], names: Iterable[str]) -> dict[str, SourceLine]:
    """Return the first line that names each distribution.

    Args:
        texts: The text of each file by its path, in the order in which they were given.
        names: Normalised names.

    Returns:
        By name; those that no file names are left out.
    """
    from packaging.utils import canonicalize_name

    wanted = set(names)
    sources: dict[str, SourceLine] = {}
    for path, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            match = _NAMED.match(line)
            if match is None:
                continue
            name = canonicalize_name(match["toml"] or match["json"] or match["line"])
            if name in wanted:
                sources.setdefault(name, SourceLine(path.replace("\\", "/"), number))
    return sources


def source_of(
    names: Iterable[str], sources: Mapping[str, SourceLine], through: Mapping[str, Sequence[str]]
) -> SourceLine | None:
    """Return the line to point at for a problem of several distributions.

    Args:
        names: Of the distributions, in order.
        sources: What :func:`find_sources` found.
        through: By name, the way from what was asked for to it.

    Returns:
        The line of the first that has one, or else of what brings the first of them in; None if no file names any.
    """
    wanted = list(names)
    above = [name for wanted_name in wanted for name in reversed(through.get(wanted_name, ()))]
    return next((sources[name] for name in (*wanted, *above) if name in sources), None)
