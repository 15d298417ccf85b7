"""What the planner is told of an environment: the model of its disk, and who clashes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.core.disk import Disk
from wheelclash.core.paths import folders_above
from wheelclash.core.plan import Clash, RemovalImpact, Situation
from wheelclash.environment.ownership import keys_of, split

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from wheelclash.core.layout import InstalledPath
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.scan import Contested, Scan

__all__ = ["model_disk", "removal_impacts", "situation_of"]

_CHANGED = "changed"
_OWN = "own"
_STUB = "stub"


def situation_of(scan: Scan) -> Situation:
    """Return what a repair is planned for.

    Args:
        scan: What is on disk. Only what it hashed is known to be changed.
    """
    distributions = tuple(
        distribution.to_core(f"{distribution.name}=={distribution.version}", distribution.startup)
        for distribution in scan.distributions
    )
    clashes = [
        Clash(contested.overlap, frozenset(contested.on_disk.losers))
        for contested in scan.contested
        if contested.overlap.is_clash
    ]
    everyday = frozenset(
        (distribution.id, path)
        for distribution in scan.distributions
        for path, absence in distribution.absences.items()
        if absence == "everyday"
    )
    return Situation(model_disk(scan), distributions, tuple(clashes), everyday)


def model_disk(scan: Scan) -> Disk:
    """Return the model of what a scan found, cut down to what is contested, gone or changed, or taken with a folder."""
    records: dict[str, dict[InstalledPath, str]] = {distribution.id: {} for distribution in scan.distributions}
    contents: dict[InstalledPath, frozenset[str | None]] = {}
    for contested in scan.contested:
        if contested.overlap.is_one_file:
            path = contested.overlap.path
            numbers = _numbers(contested)
            for id_, number in numbers.items():
                records[id_][path] = number
            contents[path] = _there(contested, numbers)
    for distribution in scan.distributions:
        for paths, there in ((distribution.missing, None), (distribution.changed, _CHANGED)):
            for path in paths:
                if path not in contents:
                    records[distribution.id][path] = _OWN
                    contents[path] = frozenset({there})
    claims = _claims(scan)
    for id_, path in _claimed(scan, {folder for claimed in claims.values() for folder in claimed}):
        if path not in contents:
            records[id_][path] = _OWN
            contents[path] = frozenset({_OWN})
    return Disk.found(records, contents, claims)


def _claimed(scan: Scan, folders: Collection[InstalledPath]) -> Iterator[tuple[str, InstalledPath]]:
    """Yield the files in some folders, each with the id of a distribution that recorded it."""
    for distribution in scan.distributions if folders else ():
        for path in map(scan.places.installed_path, keys_of(distribution.names)):
            if not folders_above([path]).isdisjoint(folders):
                yield distribution.id, path


def _claims(scan: Scan) -> dict[str, frozenset[InstalledPath]]:
    """Return the folders that installed RECORDs list, by id: an uninstall removes all that is in them.

    Such a row ends with a slash, or is the path of a folder that others have files in.
    """
    above = folders_above(folder for distribution in scan.distributions for folder in distribution.names)
    claims = {}
    for distribution in scan.distributions:
        rows = [finding.path or "" for finding in distribution.findings if finding.code == "directory-row"]
        keys = [scan.places.key(distribution.site, row.replace("\\", "/").rstrip("/")) for row in rows]
        keys += [key for key in above if split(key)[1] in distribution.names.get(split(key)[0], ())]
        claimed = frozenset(scan.places.installed_path(key) for key in keys if key is not None)
        if claimed and distribution.manager is None:
            claims[distribution.id] = claimed
    return claims


def _numbers(contested: Contested) -> dict[str, str]:
    """Return the content of each owner; of namespace stubs each serves as well as the other."""
    if contested.overlap.severity == "none":
        return dict.fromkeys(contested.overlap.ids, _STUB)
    return {owner.id: str(owner.content) for owner in contested.overlap.owners}


def _there(contested: Contested, numbers: Mapping[str, str]) -> frozenset[str | None]:
    """Return all that may be on disk at a contested path."""
    if contested.on_disk.state == "missing":
        return frozenset({None})
    if contested.on_disk.state == "changed":
        is_stub = contested.on_disk.is_stub and contested.overlap.severity == "none"
        return frozenset({_STUB if is_stub else _CHANGED})
    ids = contested.overlap.ids
    possible = contested.on_disk.matches or [id_ for id_ in ids if id_ not in contested.on_disk.losers]
    return frozenset(numbers[id_] for id_ in possible or ids)


def removal_impacts(ids: Collection[str], scan: Scan) -> list[RemovalImpact]:
    """Return what would be lost if these were uninstalled.

    Args:
        ids: Of distributions.
        scan: The environment they are in.
    """
    if not ids:
        return []
    imported = {distribution.id: _imported(distribution) for distribution in scan.distributions}
    impacts = []
    for distribution in scan.distributions:
        if distribution.id in ids:
            others = {name for id_, names in imported.items() if id_ not in ids for name in names}
            requirers = [
                other.name
                for other in scan.distributions
                if distribution.name in other.required and other.id not in ids
            ]
            packages = tuple(sorted(imported[distribution.id] - others))
            impacts.append(RemovalImpact(distribution.name, tuple(requirers), packages))
    return impacts


def _imported(distribution: Installed) -> set[str]:
    """Return the top-level names that can be imported from a distribution's files."""
    names = set()
    for key in keys_of(distribution.names):
        top, slash, rest = key.partition("/")
        if not slash:
            top, _, rest = top.partition(".")
            slash = "/" if rest in {"py", "so", "pyd"} or rest.endswith((".so", ".pyd")) else ""
        elif not rest.endswith((".py", ".so", ".pyd")):
            slash = ""
        if slash and top.isidentifier():
            names.add(top)
    return names
