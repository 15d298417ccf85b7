"""What would be lost with a distribution: who requires it, and what only it lets import."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.managed import listed_keys
from wheelclash.environment.records import RecordError

if TYPE_CHECKING:
    from collections.abc import Collection

    from wheelclash.environment.scan import Installed, Scan

__all__ = ["Loss", "losses_of"]


class Loss(NamedTuple):
    """What would be lost with a distribution.

    Attributes:
        name: Its name.
        requirers: Names of installed distributions that require it.
        packages: Names that are imported from it and from nobody else.
    """

    name: str
    requirers: tuple[str, ...]
    packages: tuple[str, ...]


def losses_of(ids: Collection[str], scan: Scan) -> list[Loss]:
    """What would be lost if these were uninstalled.

    Args:
        ids: Of distributions.
        scan: The environment they are in; RECORDs are read once more.
    """
    if not ids:
        return []
    tops = {each.id: _imported(each, scan) for each in scan.distributions}
    found = []
    for each in scan.distributions:
        if each.id in ids:
            others = {name for id_, names in tops.items() if id_ not in ids for name in names}
            requirers = [one.name for one in scan.distributions if each.name in one.requires and one.id not in ids]
            found.append(Loss(each.name, tuple(requirers), tuple(sorted(tops[each.id] - others))))
    return found


def _imported(each: Installed, scan: Scan) -> set[str]:
    """Top-level names that can be imported from a distribution's files."""
    try:
        keys, _ = listed_keys(each, scan.places)
    except RecordError:
        return set()
    found = set()
    for key in keys:
        top, slash, rest = key.partition("/")
        if not slash:
            top, _, rest = top.partition(".")
            slash = "/" if rest in {"py", "so", "pyd"} or rest.endswith((".so", ".pyd")) else ""
        elif not rest.endswith((".py", ".so", ".pyd")):
            slash = ""
        if slash and top.isidentifier():
            found.add(top)
    return found
