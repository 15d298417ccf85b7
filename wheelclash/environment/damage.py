"""The verdict on an environment: severities, who is intact, who is damaged, who was overwritten by whom. Pure.

Text, exit code and JSON of ``env`` are read off it, and ``fix`` mends what it calls an error or a warning.

Severities begin as those of ``check``: what would break there is broken here if the content on disk is not every
owner's. What is gone is judged by what needs it (:mod:`wheelclash.environment.scan`). Keepers change the question:
then what they lost is an error, and what others lost to them is none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.content import is_known_stub
from wheelclash.core.overlap import SEVERITIES, severity_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Severity
    from wheelclash.environment.scan import Absence, Contested, Installed, Scan

__all__ = ["Condition", "Damage", "DamageCode", "judge_environment"]

DamageCode = Literal["missing-file", "changed-file", "hybrid", "leftover"]

_BREAKS = frozenset({"native", "module", "script"})
_OF_ABSENCE: Mapping[Absence, Severity] = {"breaks": "error", "other": "warning", "everyday": "notice"}


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
        damaged: Ids of those to which an error or a warning has happened that is not ignored.
        overwritten_by: By distribution id: names of those whose content stands in its place, with counts of files.
        changed: By distribution id: how many of its files hold what nobody recorded.
        hybrids: Sets of names of which some contested files are one's and some another's.
        damages: Everything else, gravest first.
    """

    severities: tuple[Severity, ...]
    intact: Mapping[str, Intact]
    damaged: frozenset[str]
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
        ignored: Paths of overlaps the user does not want to hear of: they make no hybrid, and damage nothing.
    """
    names = {each.id: each.name for each in scan.distributions}
    equal = [each for each in scan.contested if each.overlap.is_one_file]
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
    absent = {each.id: each.absences for each in scan.distributions}
    severities = tuple(_severity(each, keepers, absent) for each in scan.contested)
    damages = tuple(_damages(scan, keepers, hybrids))
    return Condition(
        severities=severities,
        intact=_intact(scan.distributions, equal),
        damaged=_damaged(scan, severities, damages, ignored),
        overwritten_by={id_: dict(sorted(counts.items())) for id_, counts in overwritten.items()},
        changed=changed,
        hybrids=hybrids,
        damages=damages,
    )


def _severity(
    each: Contested, keepers: Collection[str], absent: Mapping[str, Mapping[InstalledPath, Absence]]
) -> Severity:
    severity = _severity_as_it_is(each, absent)
    return severity if severity == "none" or not keepers else _severity_for_keepers(each, severity, keepers)


def _severity_as_it_is(each: Contested, absent: Mapping[str, Mapping[InstalledPath, Absence]]) -> Severity:
    """The severity of a contested file by what is on disk, before it is asked who is to be kept."""
    overlap, found = each.overlap, each.on_disk
    if overlap.kind == "case-only" and not found.losers and len(found.matches) == len(overlap.owners):
        return "notice"
    if not overlap.is_same_path:
        return overlap.severity
    if found.state == "missing":
        meant = {absent[id_].get(overlap.path, "other") for id_ in overlap.ids}
        return min((_OF_ABSENCE[absence] for absence in meant), key=SEVERITIES.index)
    if found.state == "changed" and overlap.severity in {"none", "notice"}:  # equal as wheels, and now no owner's
        were_stubs = overlap.role == "namespace-init" or all(
            is_known_stub(owner.file.content) for owner in overlap.owners
        )
        if found.is_stub and were_stubs:
            return "none"
        return severity_of("different", "module" if overlap.role == "namespace-init" else overlap.role)
    if overlap.severity == "none":
        return "none"
    if overlap.kind == "identical" or (not found.losers and len(found.matches) == len(overlap.owners)):
        return "notice"
    return overlap.severity


def _severity_for_keepers(each: Contested, severity: Severity, keepers: Collection[str]) -> Severity:
    overlap, found = each.overlap, each.on_disk
    concerned = [id_ for id_ in overlap.ids if id_ in keepers]
    if not concerned:
        at_rest = overlap.kind == "identical" and found.state == "present"
        return "notice" if at_rest or (found.state == "missing" and severity == "notice") else "warning"
    if not overlap.is_same_path:
        hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
        losers = hidden if overlap.kind == "shadowed" else found.losers
        return "notice" if set(losers).isdisjoint(concerned) else "error"
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
        is_kept = each.id in keepers
        for path in each.missing:
            if path not in contested:
                severity = _of_missing(each.absences.get(path, "other"), is_kept=is_kept, asked=bool(keepers))
                found.append(Damage("missing-file", severity, (each.name,), path))
        altered: Severity = "error" if is_kept else "notice"  # patched certificates and the like are everyday
        found += [Damage("changed-file", altered, (each.name,), path) for path in each.changed]
    found += [Damage("leftover", "notice", (), each.folder, each.files) for each in scan.leftovers]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.code, one.distributions, one.path or ""))


def _of_missing(absence: Absence, *, is_kept: bool, asked: bool) -> Severity:
    """The severity of a file that only one distribution recorded, and that is gone."""
    if is_kept:
        return "error"
    severity = _OF_ABSENCE[absence]
    return "warning" if asked and severity == "error" else severity


def _damaged(
    scan: Scan, severities: Iterable[Severity], damages: Iterable[Damage], ignored: Collection[InstalledPath]
) -> frozenset[str]:
    """Ids of those that lost something by an error or a warning: what they share, or what was theirs alone."""
    found: set[str] = set()
    for each, severity in zip(scan.contested, severities, strict=True):
        if severity in {"error", "warning"} and each.overlap.path not in ignored:
            if each.overlap.is_same_path:
                unproven = [id_ for id_ in each.overlap.ids if id_ not in each.on_disk.matches]
                found.update(each.on_disk.losers or unproven)
            else:
                found.update(owner.id for owner in each.overlap.owners if owner.file.path == each.overlap.path)
    names = {name for each in damages if each.severity in {"error", "warning"} for name in each.distributions}
    return frozenset(found | {each.id for each in scan.distributions if each.name in names})
