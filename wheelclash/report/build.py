"""From what was found to the reports as values. Pure.

A builder for each report; what several reports hold is made by functions that they share.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.accepted import ACCEPTS_NOTHING
from wheelclash.core.overlap import GRAVE, SAME_PATH, SEVERITIES
from wheelclash.core.plan import check_keepers
from wheelclash.environment.damage import judge_environment
from wheelclash.installers import INSTALLERS
from wheelclash.report.acceptance import accept, accepts
from wheelclash.report.model import (
    SCHEMA_VERSION,
    AskedEnvironment,
    BelowReport,
    BesideReport,
    ContestedReport,
    DamageReport,
    DiagnosedDistribution,
    DiagnosedOverlap,
    DiagnosisReport,
    DistributionReport,
    EndReport,
    EnvironmentPart,
    EnvironmentReport,
    EnvironmentSummary,
    FindingReport,
    FixReport,
    FoundReport,
    HeldReport,
    HiddenReport,
    InstalledReport,
    IntactReport,
    IntoReport,
    LackReport,
    LastingReport,
    LossReport,
    LostReport,
    MendedPart,
    MissedReport,
    NativeReport,
    NeedReport,
    ObstacleReport,
    OnDiskReport,
    OriginReport,
    OverlapReport,
    OwnerReport,
    RefusalReport,
    RemedyReport,
    ReplacedReport,
    Report,
    RunReport,
    ShareReport,
    SideReport,
    SkipReport,
    StepReport,
    Summary,
    TargetReport,
    Tool,
    UndecidedReport,
    UninstallReport,
    UnmetReport,
    UnownedReport,
    VariantReport,
    WheelReport,
    WhoReport,
)
from wheelclash.report.view import EnvironmentResult, Repeated
from wheelclash.version import __version__
from wheelclash.wording import command_line, listed, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.accepted import Acceptance
    from wheelclash.core.diagnosis import Certainty
    from wheelclash.core.disk import Intact
    from wheelclash.core.distribution import Distribution, Edge, Skip
    from wheelclash.core.layout import InstalledPath, LayoutFailure, Root
    from wheelclash.core.overlap import Kind, Overlap, Owner, Severity
    from wheelclash.core.plan import Remedy, Undecided
    from wheelclash.core.query import Conflict, NestedPath, OwnerShare, PathOwners
    from wheelclash.core.state import Loss
    from wheelclash.environment.damage import Condition, Damage
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.environment.scan import Contested, Scan
    from wheelclash.installers import InstallerName
    from wheelclash.native.explain import Side, Why
    from wheelclash.report.model import RunState
    from wheelclash.report.view import CommandOutcome, RepairResult, Result, View
    from wheelclash.target.target import Target

__all__ = [
    "build_environment_report",
    "build_fix_report",
    "build_report",
    "build_who_report",
    "ignored_contested",
    "ignored_losses",
    "ignored_overlaps",
    "judge",
    "restoring_note",
    "split",
]

_TOOL = Tool("wheelclash", __version__)
_MOST_SYMBOLS = 20
"""How many symbols of a file are listed; a C++ library may lack thousands."""

# -- what several reports hold -----------------------------------------------------------------------------------------


def native_report(why: Why, id_: str) -> NativeReport:
    """What the version of one owner needs, or why that is not known.

    Args:
        why: The reason why a native file matters.
        id_: The owner's distribution id.
    """
    side = why.sides.get(id_)
    if side is None:
        return NativeReport("", None, (), why.unread.get(id_, "nobody looked"))
    needs = tuple(NeedReport(need.name, need.place, tuple(map(why.where, need.folders))) for need in side.needs)
    return NativeReport(side.facts.machine, side.facts.soname, needs, side.facts.unread, _lack_report(side))


def _lack_report(side: Side) -> LackReport | None:
    """Return what a version of a native file lacks of the symbols of the others."""
    if not side.lacks:
        return None
    missed = tuple(
        MissedReport(missed.distribution, missed.file, missed.symbols[:_MOST_SYMBOLS], len(missed.symbols))
        for missed in side.missed
    )
    return LackReport(side.lacks[:_MOST_SYMBOLS], len(side.lacks), missed)


def split(path: InstalledPath) -> tuple[Root, str]:
    """Root and rest of an installed path."""
    root, _, rest = path.partition("/")
    return root, rest  # type: ignore[return-value]  # an installed path begins with its root


def owner_report(owner: Owner, name: str, member: str | None, why: Why | None) -> OwnerReport:
    """An owner's part in an overlap.

    Args:
        owner: Of the overlap.
        name: The distribution's.
        member: Archive path, if it is a wheel's.
        why: What its version of a native file needs, where that was looked into.
    """
    file, content = owner.file, owner.file.content or ""
    return OwnerReport(
        id=owner.id,
        distribution=name,
        path=split(file.path)[1],
        path_in_wheel=member,
        sha256=content.removeprefix("sha256:") if content.startswith("sha256:") else None,
        size=file.size,
        content=owner.content,
        native=None if why is None else native_report(why, owner.id),
    )


def skip_reports(skips: Iterable[Skip]) -> tuple[SkipReport, ...]:
    """What was not read, or is not compared."""
    return tuple(SkipReport(each.requirement, each.code, each.reason) for each in skips)


def target_report(target: Target, python: object) -> TargetReport:
    """A target, and the interpreter it was read from, if it was."""
    return TargetReport(
        python=None if python is None else str(python),
        python_version=target.python_version,
        implementation=target.implementation,
        platform=target.platform,
        markers=dict(target.markers),
        case_sensitive=target.case_sensitive,
    )


def restoring_note(manager: str, name: str, version: str, places: EnvironmentPaths) -> str:
    """Return a sentence on a package of conda or dpkg that files were taken from: how these are written again."""
    from wheelclash.environment.managed import restoring

    command = command_line(restoring(manager, name, version, places))
    return f"{name} is {manager}'s, and neither pip nor uv writes it again; to have it as it was: {command}"


def _own_command(
    word: str, options: Iterable[str], *, keep: Iterable[str] = (), drop: Iterable[str] = (), more: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return a command of ours as an argument list.

    Args:
        word: Its name.
        options: Those that name the environment, and say how.
        keep: Names to keep.
        drop: Names to uninstall.
        more: Further options.
    """
    kept = [part for name in keep for part in ("--keep", name)]
    dropped = [part for name in drop for part in ("--drop", name)]
    return ("wheelclash", word, *options, *kept, *dropped, *more)


# -- a set of wheels and an environment --------------------------------------------------------------------------------


def into_report(places: EnvironmentPaths, views: Sequence[View]) -> IntoReport:
    """The environment, and what makes way there, whichever wheel variants come."""
    return IntoReport(
        prefix=str(places.prefix),
        site_packages=places.sites,
        python=None if places.python is None else str(places.python),
        replaces=tuple(dict.fromkeys(replaced for view in views for replaced in _replaced(view))),
        present=tuple(dict.fromkeys(name for view in views for name in view.present)),
        unowned=tuple(
            dict.fromkeys(
                UnownedReport(*split(each.path), each.role, "warning", each.distribution.name)
                for view in views
                for each in view.unowned
            )
        ),
    )


def _replaced(view: View) -> Iterator[ReplacedReport]:
    by_id = {each.id: each for each in view.distributions}
    for new, old in view.replaced.items():
        yield ReplacedReport(old.id, old.name, old.version, by_id[new].version)


def resident_report(each: Distribution, requirers: Iterable[str]) -> DistributionReport:
    """A distribution that is installed and stays."""
    return DistributionReport(
        id=each.id,
        name=each.name,
        version=each.version,
        index=None,
        wheel=None,
        files=each.file_count,
        targets=(0,),
        requires=tuple(sorted(each.requirements.names)),
        required_by=tuple(sorted(requirers)),
        through=(),
        evidence=each.evidence,
        findings=tuple(FindingReport(finding.code, finding.path, finding.detail) for finding in each.findings),
        variant=each.variant,
    )


def lost_reports(view: View, taken: Iterable[Loss]) -> Iterator[LostReport]:
    """What replaced releases take along; there is one target where there are any."""
    names = view.names
    versions = {each.id: each.version for each in (*view.replaced.values(), *view.residents)}
    for each in sorted(taken, key=lambda one: (SEVERITIES.index(one.severity), one.id, one.because, one.path)):
        root, path = split(each.path)
        yield LostReport(
            root=root,
            path=path,
            role=each.role,
            severity=each.severity,
            distribution=names[each.id],
            because=names[each.because],
            version=versions[each.because],
            state=each.state,
            ignored=False,
            code=each.code,
        )


# -- a set of wheels ---------------------------------------------------------------------------------------------------


def build_report(result: Result) -> Report:
    """The report of what was found."""
    views = result.views
    report = Report(
        schema_version=SCHEMA_VERSION,
        tool=_TOOL,
        complete=not result.skipped,
        targets=tuple(replace(target_report(view.target, result.python), variants=_variants(view)) for view in views),
        distributions=_distributions(views),
        skipped=skip_reports(result.skipped),
        not_compared=skip_reports(result.not_compared),
        overlaps=_overlaps(views),
        summary=Summary(),
        diagnosis={installer.name: _diagnosis(installer.name, views) for installer in INSTALLERS},
        remedies=tuple(dict.fromkeys(_remedy(each, view.names) for view in views for each in view.remedies)),
        warnings=tuple(result.warnings),
        reading=result.reading,
        into=None if result.into is None else into_report(result.into, views),
        refused=_refused(views),
        without_remedies=tuple(dict.fromkeys(view.names[id_] for view in views for id_ in view.without_remedies)),
    )
    return accept(report, result.acceptance)


def _variants(view: View) -> tuple[VariantReport, ...]:
    return tuple(VariantReport(each.name, each.candidate.variant, each.id) for each in view.variants)


def _refused(views: Sequence[View]) -> tuple[RefusalReport, ...]:
    """Each wheel that an installer refuses, with the targets for which it does."""
    found: dict[tuple[InstallerName, str, LayoutFailure], RefusalReport] = {}
    for number, view in enumerate(views):
        for each in view.distributions:
            for installer, layout in each.layouts.items():
                failure = layout.failure
                if failure is None:
                    continue
                before = found.get((installer, each.id, failure))
                targets = (*before.targets, number) if before else (number,)
                found[installer, each.id, failure] = RefusalReport(
                    installer, each.id, each.name, failure.code, failure.path, failure.reason, targets
                )
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[0], key[1], key[2].code)))


def _distributions(views: Sequence[View]) -> tuple[DistributionReport, ...]:
    """Each wheel once, with the targets it is for."""
    found: dict[str, DistributionReport] = {}
    for number, view in enumerate(views):
        chains = _chains(view)
        required_by = _required_by([*view.distributions, *view.residents])
        for each in view.residents:
            found[each.id] = resident_report(each, required_by.get(each.name, ()))
        for each in view.distributions:
            before = found.get(each.id)
            if before is None:
                requirers = required_by.get(each.name, ())
                found[each.id] = _distribution(each, requirers, chains.get(each.name, ()), number)
            else:
                found[each.id] = replace(before, targets=(*before.targets, number))
    return tuple(found[id_] for id_ in sorted(found))


def _distribution(
    each: Distribution, requirers: Iterable[str], through: Sequence[str], target: int
) -> DistributionReport:
    candidate = each.candidate
    findings = [FindingReport(finding.code, finding.path, finding.detail) for finding in each.findings]
    for installer, layout in each.layouts.items():
        if layout.failure is not None:
            detail = f"{installer} refuses it: {layout.failure.reason} ({layout.failure.code})"
            findings.append(FindingReport(f"refused-by-{installer}", layout.failure.path, detail))
    for file in dict.fromkeys(file for layout in each.layouts.values() for file in layout.given_way):
        detail = f"it has another file of its own for {file.path}, and one of them gives way"
        findings.append(FindingReport("own-clash", file.member, detail))
    if candidate.newer is not None:
        detail = f"{each.name} {candidate.version} is compared; the newest is {candidate.newer.version}"
        detail += f": {candidate.newer.reason}" if candidate.newer.reason else ""
        findings.append(FindingReport("newer-release", None, detail))
    requires = {edge.name for edge in each.requirements.with_extras(candidate.extras)}
    return DistributionReport(
        id=each.id,
        name=each.name,
        version=candidate.version,
        index=candidate.index,
        wheel=WheelReport(candidate.filename, candidate.url, candidate.sha256, candidate.size),
        files=each.file_count,
        targets=(target,),
        requires=tuple(sorted(requires)),
        required_by=tuple(sorted(requirers)),
        through=tuple(through),
        evidence=each.evidence,
        findings=tuple(findings),
        variant=candidate.variant,
    )


def _required_by(distributions: Sequence[Distribution]) -> dict[str, set[str]]:
    """By name, who requires it."""
    found: dict[str, set[str]] = {}
    for each in distributions:
        for edge in each.requirements.with_extras(each.extras):
            found.setdefault(edge.name, set()).add(each.name)
    return found


def _chains(view: View) -> dict[str, tuple[str, ...]]:
    """Return the shortest way from something asked for to each name, both ends included.

    Requirements are followed with the extras that were asked for on the way. What that does not reach (a lock may not
    say what was asked for, or with which extras) is reached under any extra, or else counts as asked for.
    """
    by_name = {each.name: each for each in view.distributions}
    required = {edge.name for each in view.distributions for edge in _under_any_extra(each)}
    unrequired = [name for name in sorted(by_name) if name not in required]
    chains: dict[str, tuple[str, ...]] = {}
    for roots in (sorted(name for name in view.roots if name in by_name) or unrequired, unrequired):
        for name in roots:
            chains.setdefault(name, (name,))
        _follow(chains, by_name, lambda distribution, extras: distribution.requirements.with_extras(extras))
        _follow(chains, by_name, lambda distribution, _: _under_any_extra(distribution))
    return chains


def _follow(
    chains: dict[str, tuple[str, ...]],
    by_name: Mapping[str, Distribution],
    edges: Callable[[Distribution, Collection[str]], Iterable[Edge]],
) -> None:
    """Add to ``chains`` whatever they lead to, breadth first; an extra asked for later is followed too."""
    extras = {name: set(by_name[name].extras) for name in chains}
    waiting = deque(chains)
    while waiting:
        name = waiting.popleft()
        for edge in edges(by_name[name], extras[name]):
            if edge.name not in by_name:
                continue
            known = extras.setdefault(edge.name, set())
            is_new = edge.name not in chains
            if is_new or not known.issuperset(edge.extras):
                chains.setdefault(edge.name, (*chains[name], edge.name))
                known.update(edge.extras)
                waiting.append(edge.name)


def _under_any_extra(each: Distribution) -> list[Edge]:
    """What a distribution requires, and then what it requires under some extra that may have been asked for."""
    under = [edge for edges in (each.requirements.by_extra or {}).values() for edge in edges]
    return [*each.requirements.edges, *under]


def _overlaps(views: Sequence[View]) -> tuple[OverlapReport, ...]:
    """Each overlap once, with the targets in which it exists."""
    if len(views) == 1:  # each is one of its own, and there may be very many
        return tuple(_overlaps_of(views[0], (0,)))
    targets: dict[OverlapReport, list[int]] = {}
    for number, view in enumerate(views):
        for overlap in _overlaps_of(view, ()):
            targets.setdefault(overlap, []).append(number)
    found = [replace(overlap, targets=tuple(numbers)) for overlap, numbers in targets.items()]
    found.sort(key=lambda each: (SEVERITIES.index(each.severity), each.root, each.path, each.kind))
    return tuple(found)


def ignored_overlaps(view: View, acceptance: Acceptance) -> list[bool]:
    """Return of each overlap of a target whether the user accepts it."""
    if not acceptance:
        return [False] * len(view.overlaps)
    return [accepts(acceptance, overlap) for overlap in _overlaps_of(view, ())]


def ignored_losses(view: View, taken: Iterable[Loss], acceptance: Acceptance) -> set[Loss]:
    """Return those of the files which replaced releases take along that the user accepts."""
    return {loss for loss in taken if any(accepts(acceptance, report) for report in lost_reports(view, [loss]))}


def _overlaps_of(view: View, targets: tuple[int, ...]) -> Iterator[OverlapReport]:
    """Yield the overlaps of one target, in order."""
    names = view.names
    there = {each.id for each in view.residents}
    for overlap in view.overlaps:
        yield _overlap(overlap, names, there, view.reasons.get(overlap.path), targets)


def _overlap(
    overlap: Overlap,
    names: Mapping[str, str],
    there: Collection[str],
    why: Why | None,
    targets: tuple[int, ...],
) -> OverlapReport:
    root, path = split(overlap.path)
    owners = []
    for owner in overlap.owners:
        member = None if owner.id in there else owner.file.member
        owners.append(owner_report(owner, names[owner.id], member, why))
    return OverlapReport(
        root=root,
        path=path,
        kind=overlap.kind,
        role=overlap.role,
        severity=overlap.severity,
        installers=overlap.installers,
        targets=targets,
        ignored=False,
        owners=tuple(owners),
        why=None if why is None else why.sentence,
    )


def _diagnosis(installer: InstallerName, views: Sequence[View]) -> DiagnosisReport:
    """The diagnoses of one installer for all targets; what differs between targets is not determined as a whole."""
    outcomes: dict[tuple[Root, str, Kind, Certainty, str | None, str], list[int]] = {}
    intact: dict[str, set[Intact]] = {}
    losses: dict[str, dict[str, int]] = {}
    losers: dict[str, int] = {}
    names: dict[str, str] = {}
    taken: list[LostReport] = []
    for number, view in enumerate(views):
        names |= view.names
        diagnosis = next((each for each in view.diagnoses if each.installer == installer), None)
        if diagnosis is None:
            continue  # it takes no wheel variants
        for each in diagnosis.outcomes:
            winner = None if each.winner is None else each.winner.name
            told = (*split(each.overlap.path), each.overlap.kind, each.state, winner, each.reason)
            outcomes.setdefault(told, []).append(number)
        for id_, state in diagnosis.intact.items():
            intact.setdefault(id_, set()).add(state)
        for id_, lost in diagnosis.losses.items():
            name = names[id_]
            counts = losses.setdefault(name, {})
            losers[name] = max(losers.get(name, 0), len(lost) + diagnosis.further_losers.get(id_, 0))
            for other, count in lost.items():
                counts[names[other]] = max(count, counts.get(names[other], 0))
        taken += lost_reports(view, diagnosis.taken)
    return DiagnosisReport(
        overlaps=tuple(DiagnosedOverlap(*told, targets=tuple(numbers)) for told, numbers in outcomes.items()),
        distributions=tuple(
            DiagnosedDistribution(id_, names[id_], min(states) if len(states) == 1 else "undetermined")
            for id_, states in sorted(intact.items())
        ),
        uninstall=tuple(
            UninstallReport(name, dict(sorted(counts.items())), max(0, losers[name] - len(counts)))
            for name, counts in sorted(losses.items())
        ),
        lost=tuple(dict.fromkeys(taken)),
    )


def _remedy(remedy: Remedy, names: Mapping[str, str]) -> RemedyReport:
    return RemedyReport(
        keep=tuple(names[id_] for id_ in remedy.keep),
        strategy=remedy.strategy,
        installer=remedy.installer,
        steps=tuple(StepReport(step.command, step.why, _intact(step.leaves, names)) for step in remedy.steps),
        result=_intact(remedy.result, names),
        undecided=remedy.undecided,
        unmet=tuple(UnmetReport(names[id_], requirers) for id_, requirers in sorted(remedy.unmet.items())),
    )


def _intact(states: Mapping[str, Intact], names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    return tuple(IntactReport(names[id_], intact) for id_, intact in sorted(states.items()))


# -- an environment ----------------------------------------------------------------------------------------------------


_MOST_NAMED = 3


def judge(
    scan: Scan,
    keep: Sequence[str] = (),
    acceptance: Acceptance = ACCEPTS_NOTHING,
    repeated: Repeated = Repeated(),  # noqa: B008  (immutable)
) -> EnvironmentResult:
    """Judge a scan.

    Args:
        scan: What was found.
        keep: Names of the distributions that shall be intact.
        acceptance: What the user accepts.
        repeated: What printed commands repeat.

    Raises:
        KeeperError: A keeper is not installed, or keepers own one path with different content.
    """
    overlaps = [each.overlap for each in scan.contested]
    scan.require_compared(keep, "--keep")
    keepers = check_keepers(keep, scan.distributions, overlaps)
    ignored = ignored_contested(scan, acceptance, keepers)
    unheard = {overlap.path for overlap, is_ignored in zip(overlaps, ignored, strict=True) if is_ignored}

    def is_accepted(damage: Damage) -> bool:
        return bool(acceptance) and accepts(acceptance, _damage(damage))

    condition = judge_environment(scan, keepers, unheard, is_accepted)
    damages = [damage for damage in condition.damages if not is_accepted(damage)]
    return EnvironmentResult(scan, keepers, condition, ignored, damages, acceptance, repeated)


def ignored_contested(scan: Scan, acceptance: Acceptance, keepers: Collection[str] = ()) -> list[bool]:
    """Return of each contested file of a scan whether the user accepts it.

    Args:
        scan: The scan.
        acceptance: What is accepted.
        keepers: Ids of the distributions that shall be intact: they decide how bad a file is.
    """
    if not acceptance:
        return [False] * len(scan.contested)
    names = {distribution.id: distribution.name for distribution in scan.distributions}
    severities = judge_environment(scan, keepers).severities
    return [
        accepts(acceptance, _contested(contested, severity, names, None))
        for contested, severity in zip(scan.contested, severities, strict=True)
    ]


def build_environment_report(result: EnvironmentResult) -> EnvironmentReport:
    """Return the report of a scan that was judged."""
    scan, condition = result.scan, result.condition
    names = {each.id: each.name for each in scan.distributions}
    contested = _in_order(
        replace(_contested(each, severity, names, result.reasons.get(each.overlap.path)), ignored=is_ignored)
        for each, severity, is_ignored in zip(scan.contested, condition.severities, result.ignored, strict=True)
    )
    damage = tuple(map(_damage, condition.damages))
    theirs = [
        restoring_note(each.manager, each.name, each.version, scan.places)
        for each in scan.distributions
        if each.manager is not None and condition.intact[each.id] == "no"
    ]
    report = EnvironmentReport(
        schema_version=SCHEMA_VERSION,
        tool=_TOOL,
        complete=not scan.skipped,
        environment=_environment(result, contested),
        targets=(target_report(scan.target, scan.places.python),),
        distributions=_installed(scan.distributions, condition),
        skipped=skip_reports(scan.skipped),
        not_compared=skip_reports(scan.not_compared),
        overlaps=contested,
        damage=damage,
        summary=EnvironmentSummary(),
        warnings=(*theirs, *result.notes),
        reading=result.reading,
    )
    return accept(report, result.acceptance)


def _environment(result: EnvironmentResult, contested: Sequence[ContestedReport]) -> EnvironmentPart:
    scan, condition, repeated = result.scan, result.condition, result.repeated
    names = {each.id: each.name for each in scan.distributions}
    installers = Counter(each.installer for each in scan.distributions if each.installer)
    keep = tuple(names[id_] for id_ in result.keepers)
    damaged = {name for each in result.damages if each.severity in GRAVE for name in each.distributions}
    wanted = keep or _winners(contested) or (tuple(sorted(damaged)) if len(damaged) <= _MOST_NAMED else ())
    managed = {each.name for each in scan.distributions if each.manager is not None}
    broken = bool(damaged - managed) or any(
        each.severity in GRAVE and not each.ignored and each.kind in SAME_PATH for each in contested
    )
    against = dict.fromkeys(names[other] for _, other in scan.startup_against(result.keepers))
    accepted = result.acceptance
    known = [part for entry in accepted.ignores if entry.by == "option" for part in ("--ignore", entry.text)]
    known += ["--baseline", accepted.baseline.file] if accepted.baseline and accepted.baseline.file else []
    return EnvironmentPart(
        prefix=str(scan.places.prefix),
        site_packages=scan.places.sites,
        python=None if scan.places.python is None else str(scan.places.python),
        installer=min(installers, key=lambda name: (-installers[name], name)) if installers else None,
        verified=scan.verified,
        keep=keep,
        hybrids=condition.hybrids,
        command=_own_command("env", [*repeated.environment, *known], keep=wanted) if wanted else (),
        fix=_own_command("fix", [*repeated.environment, *repeated.how], keep=wanted if keep else (), drop=against)
        if broken and scan.places.python is not None
        else (),
        search_path=scan.places.search,
        hidden=tuple(HiddenReport(*each) for each in scan.hidden),
    )


def _winners(contested: Sequence[ContestedReport]) -> tuple[str, ...]:
    """Of those that clash, whoever lost nothing as it is; nobody's, the first owner of what nobody has whole."""
    grave = [each for each in contested if each.severity in GRAVE and not each.ignored]
    owners = [{owner.distribution for owner in each.owners} for each in grave]
    lost = {name for each, names in zip(grave, owners, strict=True) for name in names - set(each.on_disk.matches)}
    found = {name for names in owners for name in names} - lost
    for names in owners:
        if not names & found:
            found.add(min(names))
    return tuple(sorted(found))


def _installed(installed: Sequence[Installed], condition: Condition) -> tuple[InstalledReport, ...]:
    requirers: dict[str, list[str]] = {}
    for each in installed:
        for name in sorted(each.required):
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
            requires=tuple(sorted(each.required)),
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
            variant=each.variant,
        )
        for each in installed
    )


def _contested(each: Contested, severity: Severity, names: Mapping[str, str], why: Why | None) -> ContestedReport:
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
        ignored=False,
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


# -- a repair ----------------------------------------------------------------------------------------------------------


def build_fix_report(result: RepairResult) -> FixReport:
    """Return the report of what came of a repair."""
    plan, before, repeated = result.plan, result.before, result.repeated
    names = {each.id: each.name for each in before.distributions}
    keep = tuple(names[id_] for id_ in plan.keep)
    drop = tuple(names[id_] for id_ in plan.drop)
    seen = result.after or before
    options = (*repeated.environment, *repeated.how)
    to_do = bool(result.steps) and result.state in {"planned", "failed"}
    there = {each.name for each in seen.distributions}
    return FixReport(
        schema_version=SCHEMA_VERSION,
        tool=_TOOL,
        complete=not seen.skipped,
        state=result.state,
        environment=MendedPart(
            prefix=str(before.places.prefix),
            python=str(result.interpreter.executable),
            python_version=result.interpreter.version,
            installer=result.installer,
            keep=keep,
            drop=drop,
            command=_own_command(
                "fix", options, keep=keep, drop=[name for name in drop if name in there], more=["--apply"]
            )
            if to_do
            else (),
            check=_own_command("env", repeated.environment, keep=keep or [names[id_] for id_ in plan.reinstalled]),
        ),
        steps=_steps(result, names),
        origins=tuple(_origins(result)),
        undecided=tuple(_undecided(each, result, names) for each in plan.undecided),
        lasting=_lasting(result, names, options, keep, drop),
        result=_result_of_steps(result, names),
        skipped=skip_reports(seen.skipped),
        warnings=tuple(_warnings(result, names)),
        obstacles=tuple(
            ObstacleReport(names[each.keeper], names[each.other], each.code, each.path) for each in plan.obstacles
        ),
    )


def _steps(result: RepairResult, names: Mapping[str, str]) -> tuple[RunReport, ...]:
    found = []
    for number, step in enumerate(result.steps):
        outcome = result.outcomes[number] if result.outcomes else None
        code = None if outcome is None else outcome.code
        found.append(RunReport(step.command, step.why, _state_of_step(step.leaves, names), _word(outcome), code))
    return tuple(found)


def _word(outcome: CommandOutcome | None) -> RunState:
    if outcome is None:
        return "planned"
    if outcome.failed:
        return "failed"
    return "not-run" if outcome.code is None else "done"


def _state_of_step(leaves: Mapping[str, Intact], names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    return tuple(IntactReport(names[id_], intact) for id_, intact in sorted(leaves.items()))


def _origins(result: RepairResult) -> Iterable[OriginReport]:
    from wheelclash.environment.origins import Origin  # only a repair needs it

    for each in result.before.distributions:
        found = result.origins.get(each.id)
        if isinstance(found, Origin):
            candidate = found.candidate
            differs = len(found.differs)
            yield OriginReport(each.name, each.version, candidate.filename, candidate.url, differs, "")
        elif found is not None:
            yield OriginReport(each.name, each.version, None, None, 0, f"{found.code}: {found.reason}")


def _undecided(each: Undecided, result: RepairResult, names: Mapping[str, str]) -> UndecidedReport:
    reasons = [why for path in each.paths if (why := result.reasons.get(path)) is not None]
    sides = []
    for id_ in each.owners:
        found = [why.lacks(id_) for why in reasons]
        lacks = [name for names_ in found for name in names_ or ()]
        known = bool(found) and None not in found
        native = native_report(reasons[0], id_) if reasons else None
        sides.append(SideReport(names[id_], tuple(dict.fromkeys(lacks)) if known else None, native))
    return UndecidedReport(tuple(sides), each.paths, reasons[0].sentence if reasons else None)


def _lasting(
    result: RepairResult, names: Mapping[str, str], options: Sequence[str], keep: Sequence[str], drop: Sequence[str]
) -> LastingReport | None:
    from wheelclash.environment.situation import removal_impacts  # only a repair needs it

    scan = result.after or result.before
    managed = {each.id for each in result.before.distributions if each.manager is not None}
    obstacles = dict.fromkeys(each.other for each in result.plan.obstacles)
    losers = [id_ for id_ in obstacles or result.plan.losers if id_ not in managed]
    if not losers:
        return None
    losses = tuple(LossReport(*each) for each in removal_impacts(losers, scan))
    there = {each.name for each in scan.distributions}
    gone = [name for name in (*drop, *(names[id_] for id_ in losers)) if name in there]
    return LastingReport(_own_command("fix", options, keep=keep, drop=gone, more=["--apply"]), losses)


def _result_of_steps(result: RepairResult, names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    """Of those concerned: by the disk if it was looked at again, else by the model."""
    plan = result.plan
    concerned = {names[id_] for id_ in (*plan.keep, *plan.reinstalled, *plan.losers)}
    if result.after is not None:
        intact = judge_environment(result.after).intact
        found = {each.name: intact[each.id] for each in result.after.distributions}
    else:
        leaves = result.steps[-1].leaves if result.steps else judge_environment(result.before).intact
        found = {names[id_]: state for id_, state in leaves.items()}
    return tuple(IntactReport(name, found[name]) for name in sorted(concerned & found.keys()))


def _managed_notes(result: RepairResult) -> Iterable[str]:
    """Yield what only another package manager does: write again losers and what lacks a module, and remove its own."""
    for each in result.before.distributions:
        lacks = "breaks" in each.absences.values()
        if each.manager is not None and (lacks or each.id in result.plan.losers):
            yield restoring_note(each.manager, each.name, each.version, result.before.places)
        if each.manager is not None and any(each.id == obstacle.other for obstacle in result.plan.obstacles):
            yield f"{each.name} is {each.manager}'s, and only {each.manager} itself removes it"


def _warnings(result: RepairResult, names: Mapping[str, str]) -> Iterable[str]:
    from wheelclash.environment.origins import Origin  # only a repair needs it
    from wheelclash.environment.situation import removal_impacts  # only a repair needs it

    for outcome, step in zip(result.outcomes, result.steps, strict=False):
        if outcome.reason:
            yield f"{step.command[0]}: {outcome.reason}"
    for id_, origin in sorted(result.origins.items()):
        if isinstance(origin, Origin) and origin.differs:
            yield (
                f"{names[id_]}: {origin.candidate.filename} is another wheel of the same version than was installed:"
                f" they differ in {plural(len(origin.differs), 'file')}, e.g. {origin.differs[0]}"
            )
    for loss in removal_impacts(result.plan.drop, result.before):
        if loss.requirers:
            verb = "requires" if len(loss.requirers) == 1 else "require"
            yield f"{listed(loss.requirers)} {verb} {loss.name}, which goes; `pip check` will say so"
    if result.state == "failed" and result.outcomes and not any(each.failed for each in result.outcomes):
        yield (
            "every command succeeded, and what they wrote is not what RECORD says: the installer's cache may hold"
            " changed files (uv cache clean NAME), or try the other --installer"
        )
    yield from _managed_notes(result)
    if result.ignored:
        verb = "is ignored, and stays as it is" if result.ignored == 1 else "are ignored, and stay as they are"
        yield f"{plural(result.ignored, 'contested file')} {verb}"
    open_ = len(result.plan.open_paths)
    if open_ and result.plan.is_decided:
        told = plural(open_, "contested file")
        yield f"{told} of others {'stays' if open_ == 1 else 'stay'} as before; name a keeper for them too with --keep"


# -- the owners of paths -----------------------------------------------------------------------------------------------


def build_who_report(
    asked: Sequence[str],
    found: Iterable[PathOwners],
    *,
    names: Mapping[str, str],
    searched: int,
    target: Target,
    python: object = None,
    places: EnvironmentPaths | None = None,
    skipped: Sequence[Skip] = (),
    not_compared: Sequence[Skip] = (),
    warnings: Sequence[str] = (),
) -> WhoReport:
    """The report on some PATHs.

    Args:
        asked: The PATHs.
        found: What they mean.
        names: Of all distributions, by id.
        searched: How many distributions could be read.
        target: What the environment is, or what the set is for.
        python: The interpreter that the target was read from, if it was.
        places: Of the environment; None for a set.
        skipped: What could not be read.
        not_compared: What is somebody else's business.
        warnings: Sentences for people.
    """
    environment = None
    if places is not None:
        environment = AskedEnvironment(str(places.prefix), places.sites, None if python is None else str(python))
    return WhoReport(
        schema_version=SCHEMA_VERSION,
        tool=_TOOL,
        complete=not skipped,
        environment=environment,
        targets=(target_report(target, python),),
        asked=tuple(asked),
        found=tuple(_found(each, names) for each in found),
        searched=searched,
        skipped=skip_reports(skipped),
        not_compared=skip_reports(not_compared),
        warnings=tuple(warnings),
    )


def _found(each: PathOwners, names: Mapping[str, str]) -> FoundReport:
    root, path = split(each.path)
    on_disk = None if each.state is None else OnDiskReport(each.state, tuple(names[id_] for id_ in each.matches))
    return FoundReport(
        asked=each.asked,
        meaning=each.means,
        what=each.what,
        root=root,
        path=path,
        kind=each.kind,
        role=each.role,
        source=each.source,
        on_disk=on_disk,
        owners=tuple(map(_share, each.shares)),
        files=each.files,
        contested=each.contested,
        unowned=each.unowned,
        installers=each.installers,
        diagnosis={
            installer: tuple(EndReport(end.state, end.winner, end.reason, end.files) for end in ends)
            for installer, ends in each.ends.items()
        },
        beside=tuple(_beside(one, names) for one in each.besides),
        below=tuple(_below(one, names) for one in each.below),
    )


def _share(each: OwnerShare) -> ShareReport:
    return ShareReport(
        id=each.id,
        distribution=each.name,
        version=each.version,
        not_compared=each.aside,
        files=each.files,
        contested=each.contested,
        held=each.held,
        missing=each.missing,
        path_in_wheel=each.member,
        sha256=each.sha256,
        size=each.size,
        content=each.content,
    )


def _beside(each: Conflict, names: Mapping[str, str]) -> BesideReport:
    return BesideReport(each.kind, *split(each.path), names[each.owner], each.gives_way)


def _below(each: NestedPath, names: Mapping[str, str]) -> BelowReport:
    on_disk = None if each.state is None else OnDiskReport(each.state, tuple(names[id_] for id_ in each.matches))
    return BelowReport(*split(each.path), tuple(names[id_] for id_ in each.owners), each.kind, on_disk)
