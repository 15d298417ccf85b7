"""How bad it is: the severities of an environment, who is intact, who was overwritten by whom. Pure.

Severities begin as those of ``check``: what would break there is broken here if the content on disk is not every
owner's. Keepers change the question: then what they lost is an error, and what others lost to them is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.disk import Intact
    from wheelclash.environment.contested import Contested
    from wheelclash.environment.scan import Installed, Scan
    from wheelclash.layout import InstalledPath
    from wheelclash.overlap import Severity

__all__ = ["Condition", "Damage", "DamageCode", "judge_environment"]

DamageCode = Literal["missing-file", "changed-file", "hybrid", "leftover"]

_BREAKS = frozenset({"native", "module", "script"})


class Damage(NamedTuple):
    """Something wrong in an environment that is no contested file.

    Attributes:
        code: ``missing-file``, ``changed-file``, ``hybrid`` or ``leftover``.
        severity: How bad.
        distributions: Names of those it is about; none for a leftover.
        path: The file or folder; None for a hybrid.
        files: How many files.
    """

    code: DamageCode
    severity: Severity
    distributions: tuple[str, ...]
    path: InstalledPath | None
    files: int = 1


class Condition(NamedTuple):
    """The condition of an environment.

    Attributes:
        severities: Of each contested file, in the scan's order.
        intact: By distribution id; without hashing everything, as far as was looked.
        overwritten_by: By distribution id: names of those whose content stands in its place, with counts of files.
        changed: By distribution id: how many of its files hold what nobody recorded.
        hybrids: Sets of names of which some contested files are one's and some another's.
        damages: Everything else, gravest first.
    """

    severities: tuple[Severity, ...]
    intact: Mapping[str, Intact]
    overwritten_by: Mapping[str, Mapping[str, int]]
    changed: Mapping[str, int]
    hybrids: tuple[tuple[str, ...], ...]
    damages: tuple[Damage, ...]


def judge_environment(
    scan: Scan, keepers: Collection[str] = (), ignored: Collection[InstalledPath] = frozenset()
) -> Condition:
    """Judge what a scan found.

    Args:
        scan: The scan.
        keepers: Ids of the distributions that shall be intact; none for all.
        ignored: Paths of overlaps the user does not want to hear of: they make no hybrid.
    """
    names = {each.id: each.name for each in scan.distributions}
    equal = [each for each in scan.contested if each.overlap.is_same_path]
    heard = [each for each in equal if each.overlap.path not in ignored]
    hybrids = _hybrids(heard, names)
    overwritten: dict[str, Counter[str]] = {}
    changed = Counter({each.id: len(each.changed) for each in scan.distributions})
    for each in equal:
        for loser in each.on_disk.losers:
            if each.on_disk.state == "changed":
                changed[loser] += 1
            elif each.on_disk.state == "present":
                overwritten.setdefault(loser, Counter()).update(names[id_] for id_ in each.on_disk.matches)
    return Condition(
        severities=tuple(_severity(each, keepers) for each in scan.contested),
        intact=_intact(scan.distributions, equal),
        overwritten_by={id_: dict(sorted(counts.items())) for id_, counts in overwritten.items()},
        changed=changed,
        hybrids=hybrids,
        damages=tuple(_damages(scan, keepers, hybrids)),
    )


def _severity(each: Contested, keepers: Collection[str]) -> Severity:
    overlap, found = each.overlap, each.on_disk
    if overlap.severity == "none":
        return "none"
    if keepers:
        return _severity_for_keepers(each, keepers)
    if not overlap.is_same_path:
        return overlap.severity
    if found.state == "missing":
        return "error" if overlap.role in {"native", "module"} else "warning"
    if overlap.kind == "identical" or (not found.losers and len(found.matches) == len(overlap.owners)):
        return "notice"
    return overlap.severity


def _severity_for_keepers(each: Contested, keepers: Collection[str]) -> Severity:
    overlap, found = each.overlap, each.on_disk
    concerned = [id_ for id_ in overlap.ids if id_ in keepers]
    if not concerned:
        return "notice" if overlap.kind == "identical" and found.state == "present" else "warning"
    if not overlap.is_same_path:
        hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
        return "error" if hidden.intersection(concerned) else "notice"
    kept = found.state == "present" and all(id_ in found.matches for id_ in concerned)
    if kept:
        return "notice"
    lost = any(id_ in found.losers for id_ in concerned)
    return "error" if lost or overlap.role in _BREAKS else "warning"


def _intact(distributions: Iterable[Installed], equal: Iterable[Contested]) -> dict[str, Intact]:
    found: dict[str, Intact] = {}
    for one in distributions:
        found[one.id] = "no" if one.missing or one.changed else "undetermined" if one.hidden else "yes"
    for each in equal:
        for id_ in each.overlap.ids:
            if id_ in each.on_disk.losers:
                found[id_] = "no"
            elif id_ not in each.on_disk.matches and found[id_] == "yes":
                found[id_] = "undetermined"
    return found


def _hybrids(equal: Iterable[Contested], names: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Distributions, joined where of two of them each lost a file to the other."""
    lost: set[tuple[str, str]] = set()
    for each in equal:
        if each.overlap.severity != "none" and each.on_disk.state == "present":
            lost.update((names[one], names[other]) for one in each.on_disk.losers for other in each.on_disk.matches)
    joined: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in combinations(sorted({name for pair in lost for name in pair}), 2):
        if (one, other) in lost and (other, one) in lost:
            group = (joined[one] or {one}) | (joined[other] or {other})
            for name in group:
                joined[name] = group
    return tuple(sorted({tuple(sorted(group)) for group in joined.values() if group}))


def _damages(scan: Scan, keepers: Collection[str], hybrids: Sequence[tuple[str, ...]]) -> list[Damage]:
    contested = {each.overlap.path for each in scan.contested if each.overlap.is_same_path}
    found = [Damage("hybrid", "warning", names, None, len(names)) for names in hybrids]
    for each in scan.distributions:
        severity: Severity = "error" if each.id in keepers else "warning"
        found += [
            Damage("missing-file", severity, (each.name,), path) for path in each.missing if path not in contested
        ]
        altered: Severity = (
            "error" if each.id in keepers else "notice"
        )  # patched certificates and the like are everyday
        found += [Damage("changed-file", altered, (each.name,), path) for path in each.changed]
    found += [Damage("leftover", "notice", (), each.folder, each.files) for each in scan.leftovers]
    order = ("error", "warning", "notice")
    return sorted(found, key=lambda one: (order.index(one.severity), one.code, one.distributions, one.path or ""))
