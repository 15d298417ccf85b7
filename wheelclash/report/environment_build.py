"""Filling the report of an environment. Pure."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import wheelclash
from wheelclash.core.overlap import SEVERITIES
from wheelclash.core.plan import check_keepers
from wheelclash.environment.damage import judge_environment
from wheelclash.report.model import (
    SCHEMA_VERSION,
    ContestedReport,
    DamageReport,
    EnvironmentPart,
    EnvironmentReport,
    EnvironmentSummary,
    FindingReport,
    HeldReport,
    HiddenReport,
    InstalledReport,
    Reading,
    Tool,
)
from wheelclash.report.parts import owner_report, restoring_note, skip_reports, split, target_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Severity
    from wheelclash.environment.damage import Condition, Damage
    from wheelclash.environment.scan import Contested, Installed, Scan
    from wheelclash.native.explain import Why
    from wheelclash.options import Ignore

__all__ = ["Explained", "Judged", "Wishes", "build_environment_report", "judge"]


class Wishes(NamedTuple):
    """What the user said besides naming the environment.

    Attributes:
        keep: Names of the distributions that shall be intact.
        ignores: Overlaps that are known.
        options: The options that name the environment again, for a printed command.
        how: Those that say where wheels are, for one that mends it.
    """

    keep: Sequence[str] = ()
    ignores: Sequence[Ignore] = ()
    options: Sequence[str] = ()
    how: Sequence[str] = ()


class Explained(NamedTuple):
    """What was found out about contested native files.

    Attributes:
        reasons: By path, why it matters whose content it is.
        notes: Sentences for people.
        reading: What it cost.
    """

    reasons: Mapping[InstalledPath, Why] = MappingProxyType({})
    notes: Sequence[str] = ()
    reading: Reading = Reading()


class Judged(NamedTuple):
    """A scan and what is to be said of it.

    Attributes:
        scan: The scan.
        keepers: Ids of the keepers.
        condition: How bad it is.
        ignored: Of each contested file whether the user knows of it.
    """

    scan: Scan
    keepers: Sequence[str]
    condition: Condition
    ignored: Sequence[bool]

    @property
    def grave(self) -> list[Contested]:
        """The contested files that are errors or warnings and not ignored, gravest first."""
        told = zip(self.scan.contested, self.condition.severities, self.ignored, strict=True)
        found = [(severity, each) for each, severity, ignored in told if severity in _GRAVE and not ignored]
        return [each for _, each in sorted(found, key=lambda pair: _GRAVE.index(pair[0]))]


_GRAVE: tuple[Severity, ...] = ("error", "warning")
_MOST_NAMED = 3


def judge(scan: Scan, wishes: Wishes) -> Judged:
    """Judge a scan by what the user wishes.

    Raises:
        KeeperError: A keeper is not installed, or keepers own one path with different content.
    """
    names = {each.id: each.name for each in scan.distributions}
    overlaps = [each.overlap for each in scan.contested]
    scan.require_compared(wishes.keep, "--keep")
    keepers = check_keepers(wishes.keep, scan.distributions, overlaps)
    ignored = [each.severity != "none" and any(one.matches(each, names) for one in wishes.ignores) for each in overlaps]
    unheard = {each.path for each, is_ignored in zip(overlaps, ignored, strict=True) if is_ignored}
    return Judged(scan, keepers, judge_environment(scan, keepers, unheard), ignored)


def build_environment_report(
    judged: Judged,
    wishes: Wishes,
    explained: Explained = Explained(),  # noqa: B008  (immutable)
) -> EnvironmentReport:
    """The report of a scan.

    Args:
        judged: The scan, judged by the same wishes.
        wishes: What the user said.
        explained: Why it matters whose content a native file has, where that was looked into.
    """
    scan, condition = judged.scan, judged.condition
    names = {each.id: each.name for each in scan.distributions}
    overlaps = [each.overlap for each in scan.contested]
    contested = _in_order(
        _contested(each, severity, names, explained.reasons.get(each.overlap.path), ignored=is_ignored)
        for each, severity, is_ignored in zip(scan.contested, condition.severities, judged.ignored, strict=True)
    )
    damage = tuple(map(_damage, condition.damages))
    useless = [
        f"--ignore {one.text}: no overlap of this environment matches it"
        for one in wishes.ignores
        if not any(each.severity != "none" and one.matches(each, names) for each in overlaps)
    ]
    theirs = [
        restoring_note(each.manager, each.name, each.version, scan.places)
        for each in scan.distributions
        if each.manager is not None and condition.intact[each.id] == "no"
    ]
    return EnvironmentReport(
        schema_version=SCHEMA_VERSION,
        tool=Tool("wheelclash", wheelclash.__version__),
        complete=not scan.skipped,
        environment=_environment(scan, condition, wishes, contested),
        targets=(target_report(scan.target, scan.places.python),),
        distributions=_distributions(scan.distributions, condition),
        skipped=skip_reports(scan.skipped),
        not_compared=skip_reports(scan.not_compared),
        overlaps=contested,
        damage=damage,
        summary=_summary(contested, damage),
        warnings=(*useless, *theirs, *explained.notes),
        reading=explained.reading,
    )


def _environment(
    scan: Scan, condition: Condition, wishes: Wishes, contested: Sequence[ContestedReport]
) -> EnvironmentPart:
    installers = Counter(each.installer for each in scan.distributions if each.installer)
    keep = tuple(dict.fromkeys(wishes.keep))
    damaged = {name for each in condition.damages if each.severity in _GRAVE for name in each.distributions}
    wanted = keep or _winners(contested) or (tuple(sorted(damaged)) if len(damaged) <= _MOST_NAMED else ())
    managed = {each.name for each in scan.distributions if each.manager is not None}
    broken = bool(damaged - managed) or any(
        each.severity in _GRAVE and not each.ignored and each.kind in {"different", "identical", "unknown"}
        for each in contested
    )
    options = [part for name in wanted for part in ("--keep", name)]
    names = {each.id: each.name for each in scan.distributions}
    kept = [each.id for each in scan.distributions if each.name in keep]
    against = dict.fromkeys(names[other] for _, other in scan.startup_against(kept))
    undoing = [part for name in against for part in ("--drop", name)]
    known = [part for one in wishes.ignores for part in ("--ignore", one.text)]
    return EnvironmentPart(
        prefix=str(scan.places.prefix),
        site_packages=scan.places.sites,
        python=None if scan.places.python is None else str(scan.places.python),
        installer=min(installers, key=lambda name: (-installers[name], name)) if installers else None,
        verified=scan.verified,
        keep=keep,
        hybrids=condition.hybrids,
        command=("wheelclash", "env", *wishes.options, *known, *options) if wanted else (),
        fix=("wheelclash", "fix", *wishes.options, *wishes.how, *(options if keep else ()), *undoing)
        if broken and scan.places.python is not None
        else (),
        search_path=scan.places.search,
        hidden=tuple(HiddenReport(*each) for each in scan.hidden),
    )


def _winners(contested: Sequence[ContestedReport]) -> tuple[str, ...]:
    """Of those that clash, whoever lost nothing as it is; nobody's, the first owner of what nobody has whole."""
    grave = [each for each in contested if each.severity in {"error", "warning"} and not each.ignored]
    owners = [{owner.distribution for owner in each.owners} for each in grave]
    lost = {name for each, names in zip(grave, owners, strict=True) for name in names - set(each.on_disk.matches)}
    found = {name for names in owners for name in names} - lost
    for names in owners:
        if not names & found:
            found.add(min(names))
    return tuple(sorted(found))


def _distributions(installed: Sequence[Installed], condition: Condition) -> tuple[InstalledReport, ...]:
    requirers: dict[str, list[str]] = {}
    for each in installed:
        for name in sorted(each.requires):
            requirers.setdefault(name, []).append(each.name)
    return tuple(
        InstalledReport(
            id=each.id,
            name=each.name,
            version=each.version,
            index=None,
            wheel=None,
            files=each.files,
            targets=(0,),
            requires=tuple(sorted(each.requires)),
            required_by=tuple(sorted(requirers.get(each.name, ()))),
            through=(),
            evidence="installed",
            findings=tuple(FindingReport(*finding) for finding in each.findings),
            installer=each.installer,
            intact=condition.intact[each.id],
            overwritten_by=condition.overwritten_by.get(each.id, {}),
            missing=len(each.missing),
            changed=condition.changed.get(each.id, 0),
            damaged=each.id in condition.damaged,
        )
        for each in installed
    )


def _contested(
    each: Contested, severity: Severity, names: Mapping[str, str], why: Why | None, *, ignored: bool
) -> ContestedReport:
    overlap = each.overlap
    root, path = split(overlap.path)
    return ContestedReport(
        root=root,
        path=path,
        kind=overlap.kind,
        role=overlap.role,
        severity=severity,
        installers=(),
        targets=(0,),
        ignored=ignored,
        owners=tuple(owner_report(owner, names[owner.id], None, why) for owner in overlap.owners),
        why=None if why is None else why.sentence,
        on_disk=HeldReport(
            each.on_disk.state,
            tuple(names[id_] for id_ in each.on_disk.matches),
            tuple(names[id_] for id_ in each.on_disk.losers),
        ),
    )


def _in_order(contested: Iterable[ContestedReport]) -> tuple[ContestedReport, ...]:
    return tuple(sorted(contested, key=lambda each: (SEVERITIES.index(each.severity), each.root, each.path, each.kind)))


def _damage(each: Damage) -> DamageReport:
    root, path = (None, None) if each.path is None else split(each.path)
    return DamageReport(each.code, each.severity, each.distributions, root, path, each.files)


def _summary(overlaps: Sequence[ContestedReport], damage: Sequence[DamageReport]) -> EnvironmentSummary:
    shown = [each for each in overlaps if each.severity != "none"]
    kinds = [each.kind for each in shown]
    severities = [each.severity for each in shown if not each.ignored] + [each.severity for each in damage]
    codes = [each.code for each in damage]
    return EnvironmentSummary(
        overlaps=len(shown),
        different=kinds.count("different"),
        identical=kinds.count("identical"),
        unknown=kinds.count("unknown"),
        file_directory=kinds.count("file-directory"),
        case_only=kinds.count("case-only"),
        shadowed=kinds.count("shadowed"),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        notices=severities.count("notice"),
        ignored=sum(each.ignored for each in shown),
        missing=codes.count("missing-file") + sum(each.on_disk.state == "missing" for each in shown),
        changed=codes.count("changed-file") + sum(each.on_disk.state == "changed" for each in shown),
        hybrids=codes.count("hybrid"),
        leftovers=codes.count("leftover"),
    )
