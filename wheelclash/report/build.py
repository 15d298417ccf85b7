"""The reports as values, built from the results of each command. Pure.

A builder for each report; what several reports hold is made by functions that they share.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.accepted import ACCEPTS_NOTHING
from wheelclash.core.distribution import rivals
from wheelclash.core.overlap import GRAVE, SAME_PATH, SEVERITIES
from wheelclash.core.plan import check_keepers
from wheelclash.environment.damage import judge_environment
from wheelclash.installers import INSTALLERS
from wheelclash.report.acceptance import accept, accepts
from wheelclash.report.model import (
    SCHEMA_VERSION,
    AdditionReport,
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
    ReleaseReport,
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
from wheelclash.wording import command_line, listed, plural, some

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
    """Return what the version of one owner needs, or why that is not known.

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
    """Return the root and the rest of an installed path."""
    root, _, rest = path.partition("/")
    return root, rest  # type: ignore[return-value]  # an installed path begins with its root


def owner_report(owner: Owner, name: str, member: str | None, why: Why | None) -> OwnerReport:
    """Return an owner's part in an overlap.

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
    """Return reports on what was not read, or is not compared."""
    return tuple(SkipReport(skip.requirement, skip.code, skip.reason) for skip in skips)


def target_report(target: Target, python: object) -> TargetReport:
    """Return a report on a target, and the interpreter it was read from, if it was."""
    return TargetReport(
        python=None if python is None else str(python),
        python_version=target.python_version,
        implementation=target.implementation,
        platform=target.platform,
        markers=dict(target.markers),
        case_sensitive=target.case_sensitive,
    )


def restoring_note(distribution: Installed | Distribution, places: EnvironmentPaths) -> str:
    """Return a sentence on a managed distribution that files were taken from: how these are written again."""
    from wheelclash.environment.managed import managed_as, restoring

    command = command_line(restoring(distribution, places))
    neither = "" if distribution.manager == "editable" else ", and neither pip nor uv writes it again"
    return f"{distribution.name} is {managed_as(distribution)}{neither}; to have it as it was: {command}"


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
    """Return a report on the environment, and on what is replaced there, whichever wheel variants come."""
    return IntoReport(
        prefix=str(places.prefix),
        site_packages=places.sites,
        python=None if places.python is None else str(places.python),
        replaces=tuple(dict.fromkeys(replaced for view in views for replaced in _replaced(view))),
        present=tuple(dict.fromkeys(name for view in views for name in view.present)),
        unowned=tuple(
            dict.fromkeys(
                UnownedReport(*split(file.path), file.role, "warning", file.distribution.name)
                for view in views
                for file in view.unowned
            )
        ),
    )


def _replaced(view: View) -> Iterator[ReplacedReport]:
    by_id = {distribution.id: distribution for distribution in view.distributions}
    for new, old in view.replaced.items():
        yield ReplacedReport(old.id, old.name, old.version, by_id[new].version)


def resident_report(distribution: Distribution, requirers: Iterable[str]) -> DistributionReport:
    """Return a report on a distribution that is installed and stays."""
    return DistributionReport(
        id=distribution.id,
        name=distribution.name,
        version=distribution.version,
        index=None,
        wheel=None,
        files=distribution.file_count,
        targets=(0,),
        requires=tuple(sorted(distribution.requirements.names)),
        required_by=tuple(sorted(requirers)),
        through=(),
        evidence=distribution.evidence,
        findings=tuple(FindingReport(finding.code, finding.path, finding.detail) for finding in distribution.findings),
        variant=distribution.variant,
    )


def lost_reports(view: View, taken: Iterable[Loss]) -> Iterator[LostReport]:
    """Yield what replaced releases take along; there is one target where there are any."""
    names = view.names
    versions = {distribution.id: distribution.version for distribution in (*view.replaced.values(), *view.residents)}
    for loss in sorted(taken, key=lambda loss: (SEVERITIES.index(loss.severity), loss.id, loss.because, loss.path)):
        root, path = split(loss.path)
        yield LostReport(
            root=root,
            path=path,
            role=loss.role,
            severity=loss.severity,
            distribution=names[loss.id],
            because=names[loss.because],
            version=versions[loss.because],
            state=loss.state,
            ignored=False,
            code=loss.code,
        )


# -- a set of wheels ---------------------------------------------------------------------------------------------------


def build_report(result: Result) -> Report:
    """Return the report on a set of wheels, with what the user accepts marked in it."""
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
        remedies=tuple(dict.fromkeys(_remedy(remedy, view.names) for view in views for remedy in view.remedies)),
        warnings=tuple(result.warnings),
        reading=result.reading,
        into=None if result.into is None else into_report(result.into, views),
        refused=_refused(views),
        without_remedies=tuple(dict.fromkeys(view.names[id_] for view in views for id_ in view.without_remedies)),
        releases=_release_reports(views),
    )
    return accept(report, result.acceptance)


def _release_reports(views: Sequence[View]) -> tuple[ReleaseReport, ...]:
    """Return each comparison of two releases once, with what any of the targets has."""
    additions: dict[tuple[str, str, str, str], dict[tuple[str, str], AdditionReport]] = {}
    for comparison in (comparison for view in views for comparison in view.releases):
        key = comparison.new.name, comparison.new.version, comparison.old.version, comparison.old.id
        places = additions.setdefault(key, {})
        for addition in comparison.additions:
            before = places.get((addition.kind, addition.path))
            if before is None or before.files < addition.files:
                root, path = split(addition.path)
                places[addition.kind, addition.path] = AdditionReport(
                    addition.kind, root, path, addition.name, addition.files, addition.severity, comparison.new.name
                )
    return tuple(ReleaseReport(*key, tuple(sorted(places.values(), key=_gravity))) for key, places in additions.items())


def _gravity(addition: AdditionReport) -> tuple[object, ...]:
    """Return what additions are sorted by: the gravest first."""
    return SEVERITIES.index(addition.severity), addition.kind, addition.root, addition.path


def _variants(view: View) -> tuple[VariantReport, ...]:
    return tuple(
        VariantReport(distribution.name, distribution.candidate.variant, distribution.id)
        for distribution in view.variants
    )


def _refused(views: Sequence[View]) -> tuple[RefusalReport, ...]:
    """Return each wheel that an installer refuses, with the targets for which it does."""
    refusals: dict[tuple[InstallerName, str, LayoutFailure], RefusalReport] = {}
    for number, view in enumerate(views):
        for distribution in view.distributions:
            for installer, layout in distribution.layouts.items():
                failure = layout.failure
                if failure is None:
                    continue
                before = refusals.get((installer, distribution.id, failure))
                targets = (*before.targets, number) if before else (number,)
                refusals[installer, distribution.id, failure] = RefusalReport(
                    installer, distribution.id, distribution.name, failure.code, failure.path, failure.reason, targets
                )
    return tuple(refusals[key] for key in sorted(refusals, key=lambda key: (key[0], key[1], key[2].code)))


def _distributions(views: Sequence[View]) -> tuple[DistributionReport, ...]:
    """Return each wheel once, with the targets it is for."""
    reports: dict[str, DistributionReport] = {}
    for number, view in enumerate(views):
        chains = _chains(view)
        required_by = _required_by([*view.distributions, *view.residents])
        for distribution in view.residents:
            before = reports.get(distribution.id)
            report = resident_report(distribution, required_by.get(distribution.name, ()))
            reports[distribution.id] = replace(report, targets=(*(before.targets if before else ()), number))
        for distribution in view.distributions:
            before = reports.get(distribution.id)
            if before is None:
                requirers = required_by.get(distribution.name, ())
                reports[distribution.id] = _distribution(
                    distribution, requirers, chains.get(distribution.name, ()), number
                )
            else:
                reports[distribution.id] = replace(before, targets=(*before.targets, number))
    return tuple(reports[id_] for id_ in sorted(reports))


def _distribution(
    distribution: Distribution, requirers: Iterable[str], through: Sequence[str], target: int
) -> DistributionReport:
    candidate = distribution.candidate
    findings = [FindingReport(finding.code, finding.path, finding.detail) for finding in distribution.findings]
    for installer, layout in distribution.layouts.items():
        if layout.failure is not None:
            detail = f"{installer} refuses it: {layout.failure.reason} ({layout.failure.code})"
            findings.append(FindingReport(f"refused-by-{installer}", layout.failure.path, detail))
    for file in dict.fromkeys(file for layout in distribution.layouts.values() for file in layout.given_way):
        detail = f"it has another file of its own for {file.path}, and one of them gives way"
        findings.append(FindingReport("own-clash", file.member, detail))
    if candidate.newer is not None:
        detail = f"{distribution.name} {candidate.version} is compared; the newest is {candidate.newer.version}"
        detail += f": {candidate.newer.reason}" if candidate.newer.reason else ""
        findings.append(FindingReport("newer-release", None, detail))
    requires = {edge.name for edge in distribution.requirements.with_extras(candidate.extras)}
    return DistributionReport(
        id=distribution.id,
        name=distribution.name,
        version=candidate.version,
        index=candidate.index,
        wheel=WheelReport(candidate.filename, candidate.url, candidate.sha256, candidate.size),
        files=distribution.file_count,
        targets=(target,),
        requires=tuple(sorted(requires)),
        required_by=tuple(sorted(requirers)),
        through=tuple(through),
        evidence=distribution.evidence,
        findings=tuple(findings),
        variant=candidate.variant,
    )


def _required_by(distributions: Sequence[Distribution]) -> dict[str, set[str]]:
    """Return by name the names of those that require it."""
    requirers: dict[str, set[str]] = {}
    for distribution in distributions:
        for edge in distribution.requirements.with_extras(distribution.extras):
            requirers.setdefault(edge.name, set()).add(distribution.name)
    return requirers


def _chains(view: View) -> dict[str, tuple[str, ...]]:
    """Return the shortest way from something asked for to each name, both ends included.

    Requirements are followed with the extras that were asked for on the way. What that does not reach (a lock may not
    say what was asked for, or with which extras) is reached under any extra, or else counts as asked for.
    """
    by_name = {distribution.name: distribution for distribution in view.distributions}
    required = {edge.name for distribution in view.distributions for edge in _under_any_extra(distribution)}
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


def _under_any_extra(distribution: Distribution) -> list[Edge]:
    """Return what a distribution requires, and then what it requires under some extra that may have been asked for."""
    under = [edge for edges in (distribution.requirements.by_extra or {}).values() for edge in edges]
    return [*distribution.requirements.edges, *under]


def _overlaps(views: Sequence[View]) -> tuple[OverlapReport, ...]:
    """Return each overlap once, with the targets in which it exists."""
    if len(views) == 1:  # none comes twice then, and there may be very many
        return tuple(_overlaps_of(views[0], (0,)))
    targets: dict[OverlapReport, list[int]] = {}
    for number, view in enumerate(views):
        for overlap in _overlaps_of(view, ()):
            targets.setdefault(overlap, []).append(number)
    reports = [replace(overlap, targets=tuple(numbers)) for overlap, numbers in targets.items()]
    reports.sort(key=lambda overlap: (SEVERITIES.index(overlap.severity), overlap.root, overlap.path, overlap.kind))
    return tuple(reports)


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
    there = {distribution.id for distribution in view.residents}
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
    """Return the diagnoses of one installer for all targets; what differs between them is undetermined as a whole."""
    outcomes: dict[tuple[Root, str, Kind, Certainty, str | None, str], list[int]] = {}
    intact: dict[str, set[Intact]] = {}
    losses: dict[str, dict[str, int]] = {}
    losers: dict[str, int] = {}
    names: dict[str, str] = {}
    taken: list[LostReport] = []
    for number, view in enumerate(views):
        names |= view.names
        diagnosis = next((candidate for candidate in view.diagnoses if candidate.installer == installer), None)
        if diagnosis is None:
            continue  # it takes no wheel variants
        for outcome in diagnosis.outcomes:
            winner = None if outcome.winner is None else outcome.winner.name
            ending = (*split(outcome.overlap.path), outcome.overlap.kind, outcome.state, winner, outcome.reason)
            outcomes.setdefault(ending, []).append(number)
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
        overlaps=tuple(DiagnosedOverlap(*ending, targets=tuple(numbers)) for ending, numbers in outcomes.items()),
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
    overlaps = [contested.overlap for contested in scan.contested]
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
    names = scan.names
    severities = judge_environment(scan, keepers).severities
    return [
        accepts(acceptance, _contested(contested, severity, names, None))
        for contested, severity in zip(scan.contested, severities, strict=True)
    ]


def build_environment_report(result: EnvironmentResult) -> EnvironmentReport:
    """Return the report of a scan that was judged."""
    scan, condition = result.scan, result.condition
    names = scan.names
    contested = _in_order(
        replace(_contested(file, severity, names, result.reasons.get(file.overlap.path)), ignored=is_ignored)
        for file, severity, is_ignored in zip(scan.contested, condition.severities, result.ignored, strict=True)
    )
    damage = tuple(map(_damage, condition.damages))
    theirs = [
        restoring_note(distribution, scan.places)
        for distribution in scan.distributions
        if distribution.manager is not None and condition.intact[distribution.id] == "no"
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
        warnings=(*theirs, *rivals(scan.distributions), *result.notes),
        reading=result.reading,
    )
    return accept(report, result.acceptance)


def _environment(result: EnvironmentResult, contested: Sequence[ContestedReport]) -> EnvironmentPart:
    scan, condition, repeated = result.scan, result.condition, result.repeated
    names = scan.names
    installers = Counter(distribution.installer for distribution in scan.distributions if distribution.installer)
    keep = tuple(names[id_] for id_ in result.keepers)
    damaged = {name for damage in result.damages if damage.severity in GRAVE for name in damage.distributions}
    wanted = keep or _winners(contested) or (tuple(sorted(damaged)) if len(damaged) <= _MOST_NAMED else ())
    managed = {distribution.name for distribution in scan.distributions if distribution.manager is not None}
    broken = bool(damaged - managed) or any(
        overlap.severity in GRAVE and not overlap.ignored and overlap.kind in SAME_PATH for overlap in contested
    )
    against = dict.fromkeys(names[other] for _, other in scan.startup_against(result.keepers))
    to_mend = keep or _keepers_to_name(contested, managed)
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
        fix=_own_command("fix", [*repeated.environment, *repeated.how], keep=to_mend, drop=against)
        if broken and scan.places.python is not None
        else (),
        search_path=scan.places.search,
        hidden=tuple(HiddenReport(*hidden) for hidden in scan.hidden),
    )


def _keepers_to_name(contested: Sequence[ContestedReport], managed: Collection[str]) -> tuple[str, ...]:
    """Return whom a repair may be told to keep, where it would do nothing without being told.

    Of the owners of each contested file that is not everyone's, it is one that lost it: what is there needs no repair.
    Where that would be very many, it is none: a repair lists them all.

    Args:
        contested: What the environment's distributions contest.
        managed: Names of those that neither pip nor uv can write again.
    """
    keepers: list[str] = []
    rivals: set[str] = set()
    for overlap in contested:
        contents = {owner.distribution: owner.content for owner in overlap.owners}
        is_open = overlap.on_disk.losers and overlap.kind in SAME_PATH and len(set(contents.values())) > 1
        if not is_open or overlap.ignored or overlap.severity == "none" or not contents.keys().isdisjoint(keepers):
            continue
        possible = (name for name in (*overlap.on_disk.losers, *contents) if name not in rivals and name not in managed)
        keeper = next(possible, None)
        if keeper is not None and len(keepers) == _MOST_NAMED:
            return ()
        if keeper is not None:
            keepers.append(keeper)
            rivals |= _rivals(keeper, contested)
    return tuple(sorted(keepers))


def _rivals(name: str, contested: Iterable[ContestedReport]) -> set[str]:
    """Return who has other content than a distribution at a path that they share: both cannot be kept."""
    rivals = set()
    for overlap in contested:
        contents = {owner.distribution: owner.content for owner in overlap.owners}
        if name in contents:
            rivals |= {other for other, content in contents.items() if content != contents[name]}
    return rivals


def _winners(contested: Sequence[ContestedReport]) -> tuple[str, ...]:
    """Return the owners of clashing files that lost none of them; of a file without such an owner, the first."""
    grave = [overlap for overlap in contested if overlap.severity in GRAVE and not overlap.ignored]
    owners = [{owner.distribution for owner in overlap.owners} for overlap in grave]
    lost = {name for overlap, names in zip(grave, owners, strict=True) for name in names - set(overlap.on_disk.matches)}
    winners = {name for names in owners for name in names} - lost
    for names in owners:
        if not names & winners:
            winners.add(min(names))
    return tuple(sorted(winners))


def _installed(installed: Sequence[Installed], condition: Condition) -> tuple[InstalledReport, ...]:
    requirers: dict[str, list[str]] = {}
    for distribution in installed:
        for name in sorted(distribution.required):
            requirers.setdefault(name, []).append(distribution.name)
    return tuple(
        InstalledReport(
            id=distribution.id,
            name=distribution.name,
            version=distribution.version,
            index=None,
            wheel=None,
            files=distribution.files,
            targets=(0,),
            requires=tuple(sorted(distribution.required)),
            required_by=tuple(sorted(requirers.get(distribution.name, ()))),
            through=(),
            evidence="installed",
            findings=tuple(FindingReport(*finding) for finding in distribution.findings),
            installer=distribution.installer,
            intact=condition.intact[distribution.id],
            overwritten_by=condition.overwritten_by.get(distribution.id, {}),
            missing=len(distribution.missing),
            changed=condition.changed.get(distribution.id, 0),
            damaged=distribution.id in condition.damaged,
            variant=distribution.variant,
        )
        for distribution in installed
    )


def _contested(contested: Contested, severity: Severity, names: Mapping[str, str], why: Why | None) -> ContestedReport:
    overlap = contested.overlap
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
            contested.on_disk.state,
            tuple(names[id_] for id_ in contested.on_disk.matches),
            tuple(names[id_] for id_ in contested.on_disk.losers),
        ),
    )


def _in_order(contested: Iterable[ContestedReport]) -> tuple[ContestedReport, ...]:
    return tuple(
        sorted(
            contested,
            key=lambda overlap: (SEVERITIES.index(overlap.severity), overlap.root, overlap.path, overlap.kind),
        )
    )


def _damage(damage: Damage) -> DamageReport:
    root, path = (None, None) if damage.path is None else split(damage.path)
    return DamageReport(damage.code, damage.severity, damage.distributions, root, path, damage.files)


# -- a repair ----------------------------------------------------------------------------------------------------------


def build_fix_report(result: RepairResult) -> FixReport:
    """Return the report of what came of a repair."""
    plan, before, repeated = result.plan, result.before, result.repeated
    names = before.names
    keep = tuple(names[id_] for id_ in plan.keep)
    drop = tuple(names[id_] for id_ in plan.drop)
    seen = result.after or before
    options = (*repeated.environment, *repeated.how)
    to_do = bool(result.steps) and result.state in {"planned", "failed"}
    there = {distribution.name for distribution in seen.distributions}
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
        undecided=tuple(_undecided(undecided, result, names) for undecided in plan.undecided),
        lasting=_lasting(result, names, options, keep, drop),
        result=_result_of_steps(result, names),
        skipped=skip_reports(seen.skipped),
        warnings=tuple(_warnings(result, names)),
        obstacles=tuple(
            ObstacleReport(names[obstacle.keeper], names[obstacle.other], obstacle.code, obstacle.path)
            for obstacle in plan.obstacles
        ),
    )


def _steps(result: RepairResult, names: Mapping[str, str]) -> tuple[RunReport, ...]:
    reports = []
    for number, step in enumerate(result.steps):
        outcome = result.outcomes[number] if result.outcomes else None
        code = None if outcome is None else outcome.code
        reports.append(RunReport(step.command, step.why, _state_of_step(step.leaves, names), _word(outcome), code))
    return tuple(reports)


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

    for distribution in result.before.distributions:
        origin = result.origins.get(distribution.id)
        if isinstance(origin, Origin):
            candidate = origin.candidate
            differs = len(origin.differs)
            yield OriginReport(distribution.name, distribution.version, candidate.filename, candidate.url, differs, "")
        elif origin is not None:
            yield OriginReport(
                distribution.name, distribution.version, None, None, 0, f"{origin.code}: {origin.reason}"
            )


def _undecided(undecided: Undecided, result: RepairResult, names: Mapping[str, str]) -> UndecidedReport:
    reasons = [why for path in undecided.paths if (why := result.reasons.get(path)) is not None]
    sides = []
    for id_ in undecided.owners:
        lacks_by_reason = [why.lacks(id_) for why in reasons]
        lacks = [name for names_ in lacks_by_reason for name in names_ or ()]
        known = bool(lacks_by_reason) and None not in lacks_by_reason
        native = native_report(reasons[0], id_) if reasons else None
        sides.append(SideReport(names[id_], tuple(dict.fromkeys(lacks)) if known else None, native))
    return UndecidedReport(tuple(sides), undecided.paths, reasons[0].sentence if reasons else None)


def _lasting(
    result: RepairResult, names: Mapping[str, str], options: Sequence[str], keep: Sequence[str], drop: Sequence[str]
) -> LastingReport | None:
    from wheelclash.environment.situation import removal_impacts  # only a repair needs it

    scan = result.after or result.before
    managed = {distribution.id for distribution in result.before.distributions if distribution.manager is not None}
    obstacles = dict.fromkeys(obstacle.other for obstacle in result.plan.obstacles)
    losers = [id_ for id_ in obstacles or result.plan.losers if id_ not in managed]
    if not losers:
        return None
    losses = tuple(LossReport(*loss) for loss in removal_impacts(losers, scan))
    there = {distribution.name for distribution in scan.distributions}
    gone = [name for name in (*drop, *(names[id_] for id_ in losers)) if name in there]
    return LastingReport(_own_command("fix", options, keep=keep, drop=gone, more=["--apply"]), losses)


def _result_of_steps(result: RepairResult, names: Mapping[str, str]) -> tuple[IntactReport, ...]:
    """Return the state of those concerned: by the disk if it was looked at again, else by the model."""
    plan = result.plan
    concerned = {names[id_] for id_ in (*plan.keep, *plan.reinstalled, *plan.losers)}
    if result.after is not None:
        intact = judge_environment(result.after).intact
        states = {distribution.name: intact[distribution.id] for distribution in result.after.distributions}
    else:
        leaves = result.steps[-1].leaves if result.steps else judge_environment(result.before).intact
        states = {names[id_]: state for id_, state in leaves.items()}
    return tuple(IntactReport(name, states[name]) for name in sorted(concerned & states.keys()))


def _managed_notes(result: RepairResult) -> Iterable[str]:
    """Yield what only another package manager does: write again losers and what lacks a module, and remove its own."""
    from wheelclash.environment.managed import managed_as

    left = result.steps[-1].leaves if result.steps else {}
    for distribution in result.before.distributions:
        lacks = not {"breaks", "other"}.isdisjoint(distribution.absences.values()) or left.get(distribution.id) == "no"
        if distribution.manager is not None and (lacks or distribution.id in result.plan.losers):
            yield restoring_note(distribution, result.before.places)
        if distribution.manager is not None and any(
            distribution.id == obstacle.other for obstacle in result.plan.obstacles
        ):
            is_editable = distribution.manager == "editable"
            end = "no plan uninstalls it" if is_editable else f"only {distribution.manager} itself removes it"
            yield f"{distribution.name} is {managed_as(distribution)}, and {end}"


def _phantom_notes(result: RepairResult) -> Iterable[str]:
    """Yield what is missing of a distribution and no repair brings, since its wheel does not have it."""
    from wheelclash.environment.origins import Origin  # only a repair needs it

    for distribution in result.before.distributions:
        origin = result.origins.get(distribution.id)
        lacks = sorted(origin.phantoms.intersection(distribution.missing)) if isinstance(origin, Origin) else ()
        if lacks:
            yield (
                f"{distribution.name}: {some(lacks, 2)} will stay missing: its wheel lists that in RECORD, and does not"
                " have it"
            )


def _command_notes(result: RepairResult) -> Iterable[str]:
    """Yield under which settings the commands would do something else, and which of them could not be run."""
    if result.steps and not result.outcomes and result.diverting:
        yield (
            f"{result.installer} is configured with {listed(result.diverting)}, so that these commands, run by hand,"
            " would do something else or fail; with --apply this is left out"
        )
    for outcome, step in zip(result.outcomes, result.steps, strict=False):
        if outcome.reason:
            yield f"{step.command[0]}: {outcome.reason}"


def _warnings(result: RepairResult, names: Mapping[str, str]) -> Iterable[str]:
    from wheelclash.environment.origins import Origin  # only a repair needs it
    from wheelclash.environment.situation import removal_impacts  # only a repair needs it

    yield from _command_notes(result)
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
    phantoms = list(_phantom_notes(result))
    yield from phantoms
    has_run = result.outcomes and not any(outcome.failed for outcome in result.outcomes)
    if result.state == "failed" and has_run and not phantoms:
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
        files = plural(open_, "contested file")
        yield f"{files} of others {'stays' if open_ == 1 else 'stay'} as before; name a keeper for them too with --keep"


# -- the owners of paths -----------------------------------------------------------------------------------------------


def build_who_report(
    asked: Sequence[str],
    meanings: Iterable[PathOwners],
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
    """Return the report on some PATHs.

    Args:
        asked: The PATHs.
        meanings: What they mean.
        names: Of all distributions, by id.
        searched: How many distributions could be read.
        target: What the environment is, or what the set is for.
        python: The interpreter that the target was read from, if it was.
        places: Of the environment; None for a set.
        skipped: What could not be read.
        not_compared: What was read or named and is not compared, with the reason.
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
        found=tuple(_found(meaning, names) for meaning in meanings),
        searched=searched,
        skipped=skip_reports(skipped),
        not_compared=skip_reports(not_compared),
        warnings=tuple(warnings),
    )


def _found(meaning: PathOwners, names: Mapping[str, str]) -> FoundReport:
    root, path = split(meaning.path)
    on_disk = (
        None if meaning.state is None else OnDiskReport(meaning.state, tuple(names[id_] for id_ in meaning.matches))
    )
    return FoundReport(
        asked=meaning.asked,
        meaning=meaning.means,
        what=meaning.what,
        root=root,
        path=path,
        kind=meaning.kind,
        role=meaning.role,
        source=meaning.source,
        on_disk=on_disk,
        owners=tuple(map(_share, meaning.shares)),
        files=meaning.files,
        contested=meaning.contested,
        unowned=meaning.unowned,
        installers=meaning.installers,
        diagnosis={
            installer: tuple(EndReport(end.state, end.winner, end.reason, end.files) for end in ends)
            for installer, ends in meaning.ends.items()
        },
        beside=tuple(_beside(conflict, names) for conflict in meaning.besides),
        below=tuple(_below(nested, names) for nested in meaning.below),
    )


def _share(share: OwnerShare) -> ShareReport:
    return ShareReport(
        id=share.id,
        distribution=share.name,
        version=share.version,
        not_compared=share.aside,
        files=share.files,
        contested=share.contested,
        held=share.held,
        missing=share.missing,
        path_in_wheel=share.member,
        sha256=share.sha256,
        size=share.size,
        content=share.content,
    )


def _beside(conflict: Conflict, names: Mapping[str, str]) -> BesideReport:
    return BesideReport(conflict.kind, *split(conflict.path), names[conflict.owner], conflict.gives_way)


def _below(nested: NestedPath, names: Mapping[str, str]) -> BelowReport:
    on_disk = None if nested.state is None else OnDiskReport(nested.state, tuple(names[id_] for id_ in nested.matches))
    return BelowReport(*split(nested.path), tuple(names[id_] for id_ in nested.owners), nested.kind, on_disk)
