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
from wheelclash.core.overlap import GRAVE, SEVERITIES, severity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Severity
    from wheelclash.environment.distributions import Absence, Installed
    from wheelclash.environment.scan import Contested, Scan

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
        overwritten_by: By distribution id: names of those that have their content in its place, with counts of files.
        changed: By distribution id: how many of its files hold what no distribution recorded.
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
    scan: Scan,
    keepers: Collection[str] = (),
    ignored: Collection[InstalledPath] = frozenset(),
    is_accepted: Callable[[Damage], bool] = lambda _: False,
) -> Condition:
    """Judge what a scan found.

    Args:
        scan: The scan.
        keepers: Ids of the distributions that shall be intact; none for all.
        ignored: Paths of overlaps the user does not want to hear of: they make no hybrid, and damage nothing.
        is_accepted: Whether the user accepts a damage, so that it makes no distribution count as damaged.
    """
    names = scan.names
    equal = [contested for contested in scan.contested if contested.overlap.is_one_file]
    heard = [contested for contested in equal if contested.overlap.path not in ignored]
    hybrids = _hybrids(heard, names)
    overwritten: dict[str, Counter[str]] = {}
    changed = Counter({distribution.id: len(distribution.changed) for distribution in scan.distributions})
    for contested in equal:
        for loser in contested.on_disk.losers:
            if contested.on_disk.state == "changed":
                changed[loser] += 1
            elif contested.on_disk.state == "present":
                overwritten.setdefault(loser, Counter()).update(names[id_] for id_ in contested.on_disk.matches)
    absent = {distribution.id: distribution.absences for distribution in scan.distributions}
    severities = tuple(_severity(contested, keepers, absent) for contested in scan.contested)
    damages = tuple(_damages(scan, keepers, hybrids))
    return Condition(
        severities=severities,
        intact=_intact(scan.distributions, equal),
        damaged=_damaged(scan, severities, [damage for damage in damages if not is_accepted(damage)], ignored),
        overwritten_by={id_: dict(sorted(counts.items())) for id_, counts in overwritten.items()},
        changed=changed,
        hybrids=hybrids,
        damages=damages,
    )


def _severity(
    contested: Contested, keepers: Collection[str], absent: Mapping[str, Mapping[InstalledPath, Absence]]
) -> Severity:
    severity = _severity_as_it_is(contested, absent)
    return severity if severity == "none" or not keepers else _severity_for_keepers(contested, severity, keepers)


def _severity_as_it_is(contested: Contested, absent: Mapping[str, Mapping[InstalledPath, Absence]]) -> Severity:
    """Return the severity of a contested file by what is on disk, before it is asked who is to be kept."""
    overlap, on_disk = contested.overlap, contested.on_disk
    if overlap.kind == "case-only" and not on_disk.losers and len(on_disk.matches) == len(overlap.owners):
        return "notice"
    if not overlap.is_same_path:
        return overlap.severity
    if on_disk.state == "missing":
        absences = {absent[id_].get(overlap.path, "other") for id_ in overlap.ids}
        return min((_OF_ABSENCE[absence] for absence in absences), key=SEVERITIES.index)
    if on_disk.state == "changed" and overlap.severity in {"none", "notice"}:  # equal as wheels, and now no owner's
        were_stubs = overlap.role == "namespace-init" or all(
            is_known_stub(owner.file.content) for owner in overlap.owners
        )
        if on_disk.is_stub and were_stubs:
            return "none"
        return severity_of("different", "module" if overlap.role == "namespace-init" else overlap.role)
    if overlap.severity == "none":
        return "none"
    if overlap.kind == "identical" or (not on_disk.losers and len(on_disk.matches) == len(overlap.owners)):
        return "notice"
    return overlap.severity


def _severity_for_keepers(contested: Contested, severity: Severity, keepers: Collection[str]) -> Severity:
    overlap, on_disk = contested.overlap, contested.on_disk
    concerned = [id_ for id_ in overlap.ids if id_ in keepers]
    if not concerned:
        at_rest = overlap.kind == "identical" and on_disk.state == "present"
        return "notice" if at_rest or (on_disk.state == "missing" and severity == "notice") else "warning"
    if not overlap.is_same_path:
        hidden = {owner.id for owner in overlap.owners if owner.file.path == overlap.path}
        losers = hidden if overlap.kind == "shadowed" else on_disk.losers
        return "notice" if set(losers).isdisjoint(concerned) else "error"
    kept = on_disk.state == "present" and all(id_ in on_disk.matches for id_ in concerned)
    if kept:
        return "notice"
    lost = any(id_ in on_disk.losers for id_ in concerned)
    return "error" if lost or overlap.role in _BREAKS else "warning"


def _intact(distributions: Iterable[Installed], equal: Iterable[Contested]) -> dict[str, Intact]:
    intact: dict[str, Intact] = {}
    for distribution in distributions:
        intact[distribution.id] = (
            "no" if distribution.missing or distribution.changed else "undetermined" if distribution.hidden else "yes"
        )
    for contested in equal:
        for id_ in contested.overlap.ids:
            if id_ in contested.on_disk.losers:
                intact[id_] = "no"
            elif id_ not in contested.on_disk.matches and intact[id_] == "yes":
                intact[id_] = "undetermined"
    return intact


def _hybrids(equal: Iterable[Contested], names: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Return distributions, joined where of two of them each lost a file to the other."""
    lost: set[tuple[str, str]] = set()
    for contested in equal:
        if contested.overlap.severity != "none" and contested.on_disk.state == "present":
            lost.update(
                (names[loser], names[other])
                for loser in contested.on_disk.losers
                for other in contested.on_disk.matches
            )
    joined: defaultdict[str, set[str]] = defaultdict(set)
    for first, other in combinations(sorted({name for pair in lost for name in pair}), 2):
        if (first, other) in lost and (other, first) in lost:
            group = (joined[first] or {first}) | (joined[other] or {other})
            for name in group:
                joined[name] = group
    return tuple(sorted({tuple(sorted(group)) for group in joined.values() if group}))


def _damages(scan: Scan, keepers: Collection[str], hybrids: Sequence[tuple[str, ...]]) -> list[Damage]:
    contested = {file.overlap.path for file in scan.contested if file.overlap.is_same_path}
    damages = [Damage("hybrid", "warning", names, None, len(names)) for names in hybrids]
    for distribution in scan.distributions:
        is_kept = distribution.id in keepers
        for path in distribution.missing:
            if path not in contested:
                severity = _of_missing(distribution.absences.get(path, "other"), is_kept=is_kept, asked=bool(keepers))
                damages.append(Damage("missing-file", severity, (distribution.name,), path))
        altered: Severity = "error" if is_kept else "notice"  # patched certificates and the like are everyday
        damages += [Damage("changed-file", altered, (distribution.name,), path) for path in distribution.changed]
    damages += [Damage("leftover", "notice", (), leftover.folder, leftover.files) for leftover in scan.leftovers]
    return sorted(
        damages,
        key=lambda damage: (SEVERITIES.index(damage.severity), damage.code, damage.distributions, damage.path or ""),
    )


def _of_missing(absence: Absence, *, is_kept: bool, asked: bool) -> Severity:
    """Return the severity of a file that only one distribution recorded, and that is gone."""
    if is_kept:
        return "error"
    severity = _OF_ABSENCE[absence]
    return "warning" if asked and severity == "error" else severity


def _damaged(
    scan: Scan, severities: Iterable[Severity], damages: Iterable[Damage], ignored: Collection[InstalledPath]
) -> frozenset[str]:
    """Return ids of those that lost something by an error or a warning: what they share, or what was theirs alone."""
    damaged: set[str] = set()
    for contested, severity in zip(scan.contested, severities, strict=True):
        if severity in GRAVE and contested.overlap.path not in ignored:
            if contested.overlap.is_same_path:
                unproven = [id_ for id_ in contested.overlap.ids if id_ not in contested.on_disk.matches]
                damaged.update(contested.on_disk.losers or unproven)
            else:
                damaged.update(
                    owner.id for owner in contested.overlap.owners if owner.file.path == contested.overlap.path
                )
    names = {name for damage in damages if damage.severity in GRAVE for name in damage.distributions}
    return frozenset(damaged | {distribution.id for distribution in scan.distributions if distribution.name in names})
