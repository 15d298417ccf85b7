"""From what was asked about a set to the report, one stage after the other.

Every command asks what a change of a state comes to:

=============  =========  ====================  ========================================================
command        before     change                shown
=============  =========  ====================  ========================================================
check          empty      install the set       overlaps, outcomes, plans
check --into   scanned    install the set       the same, with what is replaced and lost
env            scanned    none                  overlaps with what is on disk, damage
fix            scanned    the plan for keep     the plan; with ``--apply`` it is run, and the environment
                          and drop              is scanned and planned for again
who            either     none                  owners of paths
=============  =========  ====================  ========================================================

Packages of conda that a lock has beside its wheels are installed before these: the state before has them then.

Both rows of check, and who for a set, are answered here. Gathering and reading ask the network, side by side, for what
is not in the cache; everything after that is a pure function of what was read, for one target after the other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.accepted import Ignore
from wheelclash.alternatives import differing_metadata, sets_of, with_resolved
from wheelclash.core.content import Answer, extent
from wheelclash.core.content import Question as Doubt
from wheelclash.core.content import answer as judge_content
from wheelclash.core.contents import Finding
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.distribution import Distribution, Skip, contradictions, rivals
from wheelclash.core.layout import lay_out_for_each
from wheelclash.core.overlap import GRAVE, contradicted, judge, questions
from wheelclash.core.plan import Plans, check_keepers, plan_remedies, require_known
from wheelclash.core.releases import compare_releases
from wheelclash.core.startup import startup_files
from wheelclash.core.state import State, side_effects, to_install
from wheelclash.environment.invocation import invocation_for
from wheelclash.errors import FetchError, QuestionError, WheelError
from wheelclash.gather.gather import gather
from wheelclash.http.urls import origin_of
from wheelclash.installers import INSTALLERS, RULES
from wheelclash.parts import find_everywhere, requires_in
from wheelclash.progress import counted
from wheelclash.report.build import build_report, ignored_losses, ignored_overlaps, restoring_note
from wheelclash.report.model import Reading
from wheelclash.report.view import Result, View
from wheelclash.threads import run_all
from wheelclash.wording import plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelclash.closure import ReleaseMetadata
    from wheelclash.conda.contents import CondaContents
    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.content import Answers
    from wheelclash.core.contents import Contents, Evidence
    from wheelclash.core.distribution import Candidate
    from wheelclash.core.installer import Invocation
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.core.releases import ReleaseComparison
    from wheelclash.core.state import Loss
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.environment.state import StateReader
    from wheelclash.gather.result import TargetSet
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.native.explain import Why
    from wheelclash.question import Question
    from wheelclash.report.model import Report
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = ["answer", "look"]

_FEW = 3


def answer(question: Question, reader: WheelReader) -> Report:
    """Answer one question.

    Args:
        question: With its defaults filled in.
        reader: Reads wheels for this question alone, and holds the client and the cache.

    Raises:
        QuestionError: The question cannot be answered as asked.
    """
    result = look(question, reader)
    views = result.views
    warnings = [
        *result.warnings,
        *dict.fromkeys(text for view in views for text in contradictions(view.distributions, view.target)),
        *dict.fromkeys(text for view in views for text in rivals(view.distributions)),
        *reader.cache.warnings,
    ]
    return build_report(replace(result, warnings=warnings))


def look(question: Question, reader: WheelReader, *, compares: bool = True) -> Result:
    """Gather, read, lay out, overlap and diagnose, for every target.

    Args:
        question: With its defaults filled in.
        reader: Reads wheels, and holds the client and the cache.
        compares: Whether the set must have something to compare.

    Raises:
        QuestionError: The question cannot be answered as asked.
    """
    gathered = gather(question, reader, compares=compares)
    if gathered.beside:
        among_siblings = Ignore("what siblings share with each other", gathered.beside, "*", by="siblings")
        ignores = (*question.acceptance.ignores, among_siblings)
        question = replace(question, acceptance=replace(question.acceptance, ignores=ignores))
    wanted = {
        _place(wheel): wheel
        for target_set in gathered.sets
        for candidate in (*target_set.candidates, *target_set.previous)
        for wheel in candidate.wheels
    }
    read = _read_all(wanted, reader)
    there = _residents(question, reader)
    contents, unread = _read_conda(gathered.sets, there, reader)
    sets, unsolved, further = _each_variant(
        [_without_present(target_set, there) for target_set in gathered.sets], read, reader
    )
    known = {wheel.name for wheel in wanted.values() if not isinstance(read[_place(wheel)], Skip)}
    known |= {f"conda:{package.name}" for package in contents}
    one_target = not question.options.all_targets and len(question.targets) == 1
    where = invocation_for(
        _installer(question),
        question.interpreter if one_target else None,
        gathered.settings.flags,
        system=question.options.system,
    )
    skipped = [
        *_skips(gathered.sets),
        *unsolved,
        *unread,
        *(result for result in read.values() if isinstance(result, Skip)),
    ]
    not_compared = [skip for target_set in gathered.sets for skip in target_set.not_compared]
    left_out = {skip.name: f"{skip.requirement} was not read: {skip.reason}" for skip in skipped}
    left_out |= {skip.name: f"{skip.requirement} is not compared: {skip.reason}" for skip in not_compared}
    if there is None:
        require_known(question.options.keep, known, left_out)
    notes = list(gathered.notes)
    notes += further
    views = [_view(target_set, read, contents, question, reader, where, there, gathered.whole) for target_set in sets]
    if there is not None:  # of managed distributions only those are known that own a file in question
        known = known | there.versions.keys() | {resident.name for view in views for resident in view.residents}
        require_known(question.options.keep, known, left_out)
    skipped += _once(
        [
            skip
            for view, target_set in zip(views, sets, strict=True)
            for skip in _not_compared_releases(view, target_set, read)
        ]
    )
    if not _installer(question).takes_variants and any(_clashes_without(question, view) for view in views):
        notes.append("pip installs no wheel variants: --installer uv gives commands for what these clash in")
    if question.options.why:
        views = [view._replace(reasons=_reasons(view, question, reader, there)) for view in views]
    notes += _notes_on_replaced(gathered.sets, contents)
    if there is not None:
        skipped += [*there.skipped, *_conda_not_there(gathered.sets, there)]
        not_compared += there.not_compared
        for view, target_set in zip(views, sets, strict=True):
            resolved = bool(question.options.deps)
            notes += _notes_on_present(view, target_set, question.installer)
            notes += _notes_on_residents(view, there.places)
            notes += side_effects(view.distributions, there.installed, there.requires, view.target, resolved=resolved)
        if views and not any(view.distributions for view in views):
            notes.append("`wheelclash env` says whether what is there is intact")
        if there.places.python is None:
            notes.append(_notes_on_folder(there.places, question.installer))
    from_cache = sum(isinstance(result, _Read) and result.from_cache for result in read.values())
    return Result(
        views=views,
        skipped=skipped,
        not_compared=_once(not_compared),
        warnings=notes,
        acceptance=question.acceptance,
        python=None if question.interpreter is None else str(question.interpreter.executable),
        into=None if there is None else there.places,
        reading=Reading.of(reader.fetcher.traffic, from_cache),
    )


def _reasons(
    view: View, question: Question, reader: WheelReader, there: StateReader | None
) -> Mapping[InstalledPath, Why]:
    """Return why the native files among the errors and warnings of a target matter."""
    from wheelclash.native.explain import explain_overlaps

    ignored = ignored_overlaps(view, question.acceptance)
    grave = [
        overlap
        for overlap, is_ignored in zip(view.overlaps, ignored, strict=True)
        if overlap.severity in GRAVE and not is_ignored
    ]
    if there is None:
        wheel_ids = {distribution.id for distribution in view.distributions}  # conda packages are not looked into
        wheels = [overlap for overlap in grave if wheel_ids.issuperset(overlap.ids)]
        return explain_overlaps(wheels, view.distributions, reader)
    return explain_overlaps(
        grave,
        view.distributions,
        reader,
        residents=view.residents,
        places=there.places,
        recorded=there.recorded,
    )


def _notes_on_present(view: View, target_set: TargetSet, installer: InstallerName) -> list[str]:
    """Return a note on wheels that were named by path or URL and that the installer does not write again."""
    direct = {candidate.name for candidate in target_set.candidates if candidate.direct}
    names = [name for name in view.present if name in direct]
    if not names:
        return []
    verb = "is" if len(names) == 1 else "are"
    if installer == "pip":
        return [f"{some(names, _FEW)} {verb} there in that version: pip writes it again only with --force-reinstall"]
    return [f"{some(names, _FEW)} {verb} there, from that very place: uv writes it again only with --reinstall"]


def _notes_on_replaced(sets: Sequence[TargetSet], contents: Mapping[CondaPackage, CondaContents]) -> list[str]:
    """Return notes on the conda packages of sets that wheels replace."""
    if not contents:
        return []
    from wheelclash.conda.residents import replaced_packages, said_of_replaced

    replaced = [replaced_packages(target_set.conda, contents, _names(target_set)).items() for target_set in sets]
    return list(dict.fromkeys(said_of_replaced(*pair) for pairs in replaced for pair in pairs))


def _notes_on_residents(view: View, places: EnvironmentPaths) -> list[str]:
    """Return notes on what clashes and is conda's or dpkg's, and on the wheel variants that are replaced."""
    clashing = {id_ for overlap in view.overlaps if overlap.is_clash for id_ in overlap.ids}
    by_id = {distribution.id: distribution for distribution in view.distributions}
    notes = [
        restoring_note(resident, places)
        for resident in view.residents
        if resident.manager is not None and resident.id in clashing
    ]
    notes += [
        f"{resident.name} {resident.version} was installed from a wheel variant ({resident.variant}): an install puts"
        " another build in its place"
        for new, resident in view.replaced.items()
        if resident.variant not in {None, by_id[new].candidate.variant}
    ]
    return notes


def _notes_on_folder(places: EnvironmentPaths, installer: InstallerName) -> str:
    """Return what does not hold, or is not said, of a folder without an interpreter."""
    if places.is_target and installer == "pip":
        return (
            "`pip install --target` leaves out every top-level folder and file that is there already; with --upgrade it"
            " removes it first, and with it what others have in it. That a file is overwritten holds for"
            " `uv pip install --target` alone; no remedies are given"
        )
    if places.is_target:
        return (
            "what is said of pip holds for `uv pip install --target`: `pip install --target` leaves out every top-level"
            " folder and file that is there already (--installer pip says which), and with --upgrade removes it first;"
            " no remedies are given"
        )
    return "no interpreter was named, so no remedies are given: commands name one"


def _residents(question: Question, reader: WheelReader) -> StateReader | None:
    """Return what is installed in the environment that was named, if one was."""
    if question.into is None:
        return None
    from wheelclash.environment.state import StateReader

    return StateReader(question.into.places, question.targets[0], reader.fetcher.progress)


def _read_conda(
    sets: Sequence[TargetSet], there: StateReader | None, reader: WheelReader
) -> tuple[dict[CondaPackage, CondaContents], list[Skip]]:
    """Return what is in the conda packages of sets, and which could not be read.

    None is read for an environment: it says itself what conda has installed there.
    """
    packages = [] if there is not None else [package for target_set in sets for package in target_set.conda]
    if not packages:
        return {}, []
    from wheelclash.conda.reader import read_packages

    return read_packages(packages, reader)


def _conda_not_there(sets: Sequence[TargetSet], there: StateReader) -> list[Skip]:
    """Return one skip for conda packages of a lock that are not installed in the environment."""
    from wheelclash.environment.managed import is_managed

    packages = dict.fromkeys(package for target_set in sets for package in target_set.conda)
    missing = [package.shown for package in packages if not is_managed(package.stem, there.places)]
    if not missing:
        return []
    reason = f"{some(missing, _FEW)}: not installed in the environment, which is compared as it is"
    return [Skip(plural(len(missing), "conda package"), "conda", reason)]


def _installer(question: Question) -> Installer:
    return next(installer for installer in INSTALLERS if installer.name == question.installer)


def _place(candidate: Candidate) -> tuple[str, str]:
    """Return what makes two candidates the same file."""
    return candidate.filename, candidate.url


def _once(skips: Sequence[Skip]) -> list[Skip]:
    return list(dict.fromkeys(skips))


def _skips(sets: Sequence[TargetSet]) -> list[Skip]:
    """Return every skip once; where only some targets are concerned, the reason says which."""
    targets_of: dict[Skip, list[Target]] = {}
    for target_set in sets:
        for skip in target_set.skipped:
            targets_of.setdefault(skip, []).append(target_set.target)
    return [
        skip
        if len(targets) == len(sets)
        else skip._replace(reason=f"{skip.reason} [{', '.join(target.label for target in targets)}]")
        for skip, targets in targets_of.items()
    ]


def _without_present(target_set: TargetSet, there: StateReader | None) -> TargetSet:
    """Return a set in which no wheel is taken in the place of one that is installed in the release asked for."""
    if there is None:
        return target_set
    versions = there.versions
    candidates = []
    for candidate in target_set.candidates:
        first, *others = candidate.wheels
        is_present = versions.get(candidate.name) == first.version
        candidates.append(replace(first, alternatives=() if is_present else tuple(others), newer=candidate.newer))
    return target_set._replace(candidates=candidates)


def _each_variant(
    sets: Sequence[TargetSet], read: dict[tuple[str, str], _Read | Skip], reader: WheelReader
) -> tuple[list[TargetSet], list[Skip], list[str]]:
    """Return one set for each wheel that may be taken of a project with wheel variants.

    Args:
        sets: One for each target.
        read: What was read; wheels that only a variant requires are added.
        reader: Reads these.

    Returns:
        The sets; skips for wheels with which uv finds no solution; notes.
    """

    def is_readable(candidate: Candidate) -> bool:
        return isinstance(read[_place(candidate)], _Read)

    def lay_out(candidate: Candidate, target: Target) -> Distribution:
        wheel = read[_place(candidate)]
        assert isinstance(wheel, _Read)  # noqa: S101 - only wheels that are readable are laid out
        return _distribution(candidate, wheel, target)

    def requires(candidate: Candidate) -> tuple[str, ...]:
        wheel = read[_place(candidate)]
        return wheel.contents.requires if isinstance(wheel, _Read) else ()

    every: list[TargetSet] = []
    unsolved: list[Skip] = []
    notes: list[str] = []
    for target_set in sets:
        expanded, further = sets_of(target_set, is_readable, lay_out)
        notes += further
        resolve = cache(partial(_resolved_again, target_set))
        for variant_set in expanded:
            answer = resolve(tuple(differing_metadata(variant_set, requires)))
            if isinstance(answer, Skip):
                unsolved.append(answer)
                continue
            complete = with_resolved(variant_set, answer)
            missing = {
                _place(candidate): candidate for candidate in complete.candidates if _place(candidate) not in read
            }
            read |= _read_all(missing, reader)
            every.append(complete)
    return every, unsolved, list(dict.fromkeys(notes))


def _resolved_again(target_set: TargetSet, metadata: tuple[ReleaseMetadata, ...]) -> Sequence[Candidate] | Skip:
    """Return what uv chooses if releases require what their variants require; nothing if these require nothing else."""
    if not metadata or target_set.resolve_again is None:
        return ()
    try:
        return target_set.resolve_again(metadata)
    except QuestionError as error:
        names = " and ".join(f"{release.name} {release.version}" for release in metadata)
        return Skip(names, "variant", f"with what a wheel variant of it requires: {error}")


def _view(
    target_set: TargetSet,
    read: Mapping[tuple[str, str], _Read | Skip],
    conda: Mapping[CondaPackage, CondaContents],
    question: Question,
    reader: WheelReader,
    where: Invocation,
    there: StateReader | None,
    whole: Sequence[str],
) -> View:
    """Return what comes of one target: laid out, owned, overlapped, diagnosed, remedied."""
    target = target_set.target
    contents = {candidate: read[_place(candidate)] for candidate in target_set.candidates}
    distributions = [
        _distribution(candidate, wheel, target) for candidate, wheel in contents.items() if not isinstance(wheel, Skip)
    ]
    releases = _release_comparisons(target_set, distributions, read, reader)
    state = _state_before(target_set, conda)
    present: tuple[str, ...] = ()
    if there is not None:
        named = distributions
        left_alone = there.left_alone(named, question.installer)
        distributions = to_install(named, there.installed, target_set.pulled, target, left_alone)
        present = tuple(distribution.name for distribution in named if distribution not in distributions)
        distributions = there.refusing(distributions)
        state = there.state_beside(distributions)
    installers = _installers_for(distributions)
    if there is not None:  # what is left alone by an installer is not what it would install
        installers = [installer for installer in installers if not there.left_alone(distributions, installer.name)]
    overlaps = _overlaps(distributions, target, reader, state.staying(distributions), there)
    overlaps = _under(installers, overlaps)
    distributions = _with_startup(distributions, overlaps, reader)
    distributions = _with_contradictions(distributions, overlaps)
    every = [*distributions, *state.staying(distributions)]
    before = state
    if there is None and state.distributions:
        from wheelclash.conda.residents import without_files

        before = replace(state, distributions=without_files(state.distributions))
    view = View(
        state=state,
        roots=target_set.roots,
        distributions=distributions,
        overlaps=overlaps,
        diagnoses=[
            diagnose(
                installer,
                distributions,
                overlaps,
                target,
                state=before,
                roots=target_set.roots,
                no_deps=question.options.deps is False,
            )
            for installer in installers
        ],
        remedies=(),
        present=present,
        unowned=() if there is None else tuple(there.unowned(distributions)),
        releases=releases,
    )
    # what is ignored is shared all the same, but no reason to do anything
    counted = [
        overlap._replace(severity="notice") if is_ignored else overlap
        for overlap, is_ignored in zip(overlaps, ignored_overlaps(view, question.acceptance), strict=True)
    ]
    names = view.names.values()
    keepers = check_keepers([name for name in question.options.keep if name in names], every, counted)
    if there is not None and there.places.is_target and question.installer == "pip":
        view = _with_left_out(view, tuple(there.left_out(distributions)))
    plans = _plans(view, before, counted, keepers, question, where, whole)
    return view._replace(remedies=plans.remedies, without_remedies=plans.left_out)


def _state_before(target_set: TargetSet, contents: Mapping[CondaPackage, CondaContents]) -> State:
    """Return what stands where a set is to be installed: nothing but what conda installs before the wheels."""
    empty = State.empty(target_set.target)
    if not contents:
        return empty
    from wheelclash.conda.residents import conda_residents

    residents = conda_residents(target_set.conda, contents, _names(target_set), target_set.target)
    return replace(empty, distributions=residents)


def _names(target_set: TargetSet) -> set[str]:
    return {candidate.name for candidate in target_set.candidates}


def _release_comparisons(
    target_set: TargetSet,
    distributions: Sequence[Distribution],
    read: Mapping[tuple[str, str], _Read | Skip],
    reader: WheelReader,
) -> list[ReleaseComparison]:
    """Return what distributions of a set newly install, of those that have an earlier release to be compared with."""
    by_name = {distribution.name: distribution for distribution in distributions}
    comparisons = []
    for candidate in target_set.previous:
        wheel, new = read[_place(candidate)], by_name.get(candidate.name)
        if new is None or isinstance(wheel, Skip):
            continue
        compared = compare_releases(new, _distribution(candidate, wheel, target_set.target))
        if compared is not None:
            comparisons.append(_with_harmless(compared, reader))
    return comparisons


def _not_compared_releases(
    view: View, target_set: TargetSet, read: Mapping[tuple[str, str], _Read | Skip]
) -> Iterator[Skip]:
    """Yield the earlier releases that were read, and yet are compared with none: an installer lays out neither."""
    compared = {comparison.old.id for comparison in view.releases}
    unread = {candidate.name for candidate in target_set.candidates if isinstance(read[_place(candidate)], Skip)}
    for candidate in target_set.previous:
        is_read = not isinstance(read[_place(candidate)], Skip) and candidate.name not in unread
        if is_read and candidate.filename not in compared:
            reason = "it is not compared with the release after it, since no installer installs one of the two wheels"
            yield Skip(candidate.requested, "refused", reason)


def _with_harmless(compared: ReleaseComparison, reader: WheelReader) -> ReleaseComparison:
    """Return a comparison in which files that Python looks at when it starts are notices if they run no code then."""
    members = {file.path: member for member, file in startup_files(compared.new.layouts.values()).items()}
    additions = []
    for addition in compared.additions:
        member = members.get(addition.path) if addition.kind == "startup" else None
        if member is not None:
            doubt = Doubt(compared.new.id, member, "startup", None)
            content = _settle(doubt, compared.new.candidate, reader)
            if content is not None and not content.runs_code:
                addition = addition._replace(severity="notice")  # noqa: PLW2901
        additions.append(addition)
    return compared._replace(additions=tuple(additions))


def _with_left_out(view: View, left_out: tuple[Loss, ...]) -> View:
    """Return a view with what ``pip install --target`` does not write among pip's losses."""
    diagnoses = [
        diagnosis._replace(taken=(*diagnosis.taken, *left_out)) if diagnosis.installer == "pip" else diagnosis
        for diagnosis in view.diagnoses
    ]
    return view._replace(diagnoses=diagnoses)


def _clashes_without(question: Question, view: View) -> bool:
    """Return whether a view has clashes, and the installer of the commands cannot install its wheels."""
    ignored = ignored_overlaps(view, question.acceptance)
    return _installer(question) not in _installers_for(view.distributions) and any(
        overlap.is_clash and not is_ignored for overlap, is_ignored in zip(view.overlaps, ignored, strict=True)
    )


def _installers_for(distributions: Sequence[Distribution]) -> list[Installer]:
    """Return the installers that can install a set: pip takes no wheel variants."""
    has_variants = any(distribution.candidate.variant is not None for distribution in distributions)
    return [installer for installer in INSTALLERS if installer.takes_variants or not has_variants]


def _under(installers: Sequence[Installer], overlaps: list[Overlap]) -> list[Overlap]:
    """Return the overlaps that there are under some of the installers, with these alone."""
    if len(installers) == len(INSTALLERS):
        return overlaps
    names = {installer.name for installer in installers}
    under = [
        overlap._replace(installers=tuple(name for name in overlap.installers if name in names)) for overlap in overlaps
    ]
    return [overlap for overlap in under if overlap.installers]


def _plans(
    view: View,
    before: State,
    counted: Sequence[Overlap],
    keepers: Sequence[str],
    question: Question,
    where: Invocation,
    whole: Sequence[str],
) -> Plans:
    """Return the remedies of the installer that was chosen."""
    installer = _installer(question)
    if question.into is not None and question.into.interpreter is None:
        return Plans()  # commands name an interpreter, and there is none
    diagnosis = next((diagnosis for diagnosis in view.diagnoses if diagnosis.installer == installer.name), None)
    if diagnosis is None:
        return Plans()  # it cannot install this set
    has_variants = any(distribution.candidate.variant is not None for distribution in view.distributions)
    known = ignored_losses(view, diagnosis.taken, question.acceptance) if question.acceptance else set()
    taken = [loss for loss in diagnosis.taken if loss not in known]
    return plan_remedies(
        installer,
        view.distributions,
        counted,
        view.target,
        keepers=keepers,
        where=where,
        roots=view.roots,
        state=before,
        taken=taken,
        whole=() if has_variants else whole,
        no_deps=question.options.deps is False,
    )


# -- reading -------------------------------------------------------------------------------------------------


class _Read(NamedTuple):
    contents: Contents
    evidence: Evidence
    from_cache: bool


def _read_all(
    candidates: Mapping[tuple[str, str], Candidate], reader: WheelReader
) -> dict[tuple[str, str], _Read | Skip]:
    """Return the contents of wheels, or why they could not be had; only those to be fetched need threads."""
    read: dict[tuple[str, str], _Read | Skip] = {}
    remote: dict[tuple[str, str], Candidate] = {}
    if not candidates:
        return read
    with reader.fetcher.progress.stage("wheels", len(candidates)) as advance:
        for place, candidate in candidates.items():
            known = reader.cached(candidate)
            if known is not None:
                read[place] = _Read(*known, from_cache=True)
            elif candidate.path is not None:
                read[place] = _read(candidate, reader)
            else:
                remote[place] = candidate
                continue
            advance(1)
        fetched = run_all([counted(partial(_read, candidate, reader), advance) for candidate in remote.values()])
    return read | dict(zip(remote, fetched, strict=True))


def _read(candidate: Candidate, reader: WheelReader) -> _Read | Skip:
    """Return the contents of a wheel that is not in the cache, or why they could not be had."""
    try:
        contents, evidence, _ = reader.read(candidate)
    except WheelError as error:
        return Skip(candidate.requested, error.code, str(error))
    except FetchError as error:
        return Skip(candidate.requested, error.code, f"{candidate.filename}: {error}")
    return _Read(contents, evidence, from_cache=False)


# -- laying out, owning, overlapping -------------------------------------------------------------------------


def _distribution(candidate: Candidate, read: _Read, target: Target) -> Distribution:
    contents = _held_against_index(read.contents, candidate)
    return Distribution.from_wheel(
        candidate, contents, read.evidence, lay_out_for_each(contents, RULES, target), target
    )


def _held_against_index(contents: Contents, candidate: Candidate) -> Contents:
    """Return the contents of a wheel variant, with a finding if the index does not say of it what it says itself."""
    if candidate.described is None:
        return contents
    fault = candidate.described.fault
    if not fault and candidate.described.properties != contents.properties:
        on_index, in_wheel = (
            ", ".join(properties) or "nothing" for properties in (candidate.described.properties, contents.properties)
        )
        fault = f"the index says that it is for {on_index}, the wheel for {in_wheel}"
    if not fault:
        return contents
    return contents._replace(findings=(*contents.findings, Finding("variant-index", None, fault)))


def _overlaps(
    distributions: Sequence[Distribution],
    target: Target,
    reader: WheelReader,
    residents: Sequence[Distribution],
    there: StateReader | None,
) -> list[Overlap]:
    """Return every overlap, under every installer, judged; contents are read where a verdict needs them."""
    every = [*distributions, *residents]
    overlaps = find_everywhere(every, target)
    by_id = {distribution.id: distribution for distribution in distributions}
    if residents:  # what these have among each other is as it was, and conda's business
        overlaps = [overlap for overlap in overlaps if not by_id.keys().isdisjoint(overlap.ids)]
    doubts = questions(overlaps)
    given_answers = reader.fetcher.progress.run_all(
        "contents",
        [
            partial(_settle, doubt, by_id[doubt.owner].candidate, reader)
            if doubt.owner in by_id
            else partial(_on_disk, doubt, there)
            for doubt in doubts
        ],
    )
    answers: Answers = {
        (doubt.owner, doubt.member): answer
        for doubt, answer in zip(doubts, given_answers, strict=True)
        if answer is not None
    }
    return judge(overlaps, answers, requires_in(every))


def _with_contradictions(distributions: Sequence[Distribution], overlaps: Sequence[Overlap]) -> list[Distribution]:
    """Return the distributions with a finding for each hash of RECORD that the wheels of a set prove wrong."""
    findings: dict[str, list[Finding]] = {}
    for overlap in overlaps:
        ids = contradicted(overlap)
        for owner in overlap.owners:
            if owner.id in ids:
                detail = (
                    "RECORD gives it the hash of another wheel's file, but size or CRC-32 differ: one RECORD is wrong"
                )
                findings.setdefault(owner.id, []).append(Finding("contradicted-hash", owner.file.member, detail))
    return [
        replace(distribution, oddities=(*distribution.oddities, *findings[distribution.id]))
        if distribution.id in findings
        else distribution
        for distribution in distributions
    ]


def _with_startup(
    distributions: Sequence[Distribution], overlaps: Sequence[Overlap], reader: WheelReader
) -> list[Distribution]:
    """Return the distributions, those that clash with those of their files that Python runs at every start.

    Only such files of distributions in errors and warnings are read: elsewhere their code is of no consequence.
    """
    clashing = {id_ for overlap in overlaps if overlap.is_clash for id_ in overlap.ids}
    doubts = [
        (distribution, Doubt(distribution.id, member, "startup", file.content))
        for distribution in distributions
        if distribution.id in clashing
        for member, file in startup_files(distribution.layouts.values()).items()
    ]
    calls = [partial(_settle, doubt, distribution.candidate, reader) for distribution, doubt in doubts]
    answers = reader.fetcher.progress.run_all("contents", calls)
    startup: dict[str, list[str]] = {}
    for (distribution, doubt), content in zip(doubts, answers, strict=True):
        if content is None or content.runs_code:
            startup.setdefault(distribution.id, []).append(doubt.member)
    return [replace(distribution, startup=tuple(startup.get(distribution.id, ()))) for distribution in distributions]


def _on_disk(doubt: Doubt, there: StateReader | None) -> Answer | None:
    """Return what :func:`_settle` does, of a file that is installed."""
    return None if there is None else there.answer(doubt)


def _settle(doubt: Doubt, candidate: Candidate, reader: WheelReader) -> Answer | None:
    """Return what the content of one member says; None if it cannot be had: the overlap stays as grave as it looks."""
    asked = (candidate.url, doubt.member, doubt.about)
    if asked in reader.answers:  # by another target, or with another wheel variant
        return reader.answers[asked]
    reader.answers[asked] = answer = _read_answer(doubt, candidate, reader)
    return answer


def _read_answer(doubt: Doubt, candidate: Candidate, reader: WheelReader) -> Answer | None:
    key = f"{candidate.sha256}\n{candidate.size}\n{origin_of(candidate.url)}\n{doubt.member}\n{doubt.about}"
    known = None if candidate.sha256 is None else reader.cache.get("verdict", key)
    if isinstance(known, list) and len(known) == len(Answer._fields):
        return Answer(*known)
    limit, head = extent(doubt)
    try:
        content = judge_content(doubt, reader.member(candidate, doubt.member, limit=limit, head=head))
    except (WheelError, FetchError):
        return None
    if candidate.sha256 is not None:
        reader.cache.put("verdict", key, list(content))
    return content
