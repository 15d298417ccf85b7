"""From a question to one set of candidates for each target.

Requirements are looked up in the indexes; with their dependencies, and from files that list requirements, they are
resolved by uv; locks and folders of wheels are read as they are. One question may mix all of these.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Candidate, Skip, holds, parse_requires
from wheelclash.errors import FetchError, QuestionError, UnresolvedError, WheelError
from wheelclash.http.urls import local_path, shown
from wheelclash.index.client import Found, Links, project_files, read_links
from wheelclash.index.settings import resolve_settings
from wheelclash.inputs import is_remote, remote_files, sort_inputs
from wheelclash.resolve.choose import BUILD_OR_ASK, choose, choose_direct, newer_release, pins
from wheelclash.resolve.requirement import Asked, applies, is_in_force, parse
from wheelclash.resolve.selection import Selection, distinct
from wheelclash.target.variants import PLAIN, without_label
from wheelclash.threads import run_all
from wheelclash.wording import near_names, some

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelclash.closure import Closure, ReleaseMetadata
    from wheelclash.conda.package import CondaPackage
    from wheelclash.core.distribution import Choice, Distribution, SourceArchive
    from wheelclash.http.urls import Credentials
    from wheelclash.index.client import Source
    from wheelclash.index.page import ProjectFile
    from wheelclash.index.settings import IndexSettings
    from wheelclash.inputs import Inputs
    from wheelclash.question import Question
    from wheelclash.resolve.build import Built
    from wheelclash.resolve.families import Siblings
    from wheelclash.resolve.listed import Files
    from wheelclash.resolve.requirement import Form
    from wheelclash.resolve.selection import Lock, Release, Unlocated
    from wheelclash.resolve.variants import Wish
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = ["Gathered", "TargetSet", "gather"]

FORMER_NAME = "--allow-build is now called --build: it also builds wheels of what came as source only"
_FEW = 3
_LONGEST_REASON = 200
_BLOCK = 2**20
_MOST_EXPLAINED = 8
"""Releases that were not chosen, of which uv is asked why: each takes a run of its own."""


class TargetSet(NamedTuple):
    """What would be installed on one target.

    Attributes:
        target: The target.
        candidates: One wheel for each distribution.
        skipped: What could have been read, and cannot.
        not_compared: What is never to be read.
        roots: Names asked for, as opposed to pulled in.
        pulled: Names that only the resolution of requirements brought, and no file lists.
        resolved: Names of all that uv chose.
        conda: conda's packages, which are installed before the wheels.
        resolve_again: Returns what uv resolves if releases require something else, as wheel variants may; None where
            nothing was resolved.
        previous: Releases that candidates of the same name are compared with; they are not installed.
    """

    target: Target
    candidates: Sequence[Candidate]
    skipped: Sequence[Skip]
    not_compared: Sequence[Skip]
    roots: Sequence[str]
    pulled: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()
    resolve_again: Callable[[Sequence[ReleaseMetadata]], Sequence[Candidate]] | None = None
    conda: Sequence[CondaPackage] = ()
    previous: Sequence[Candidate] = ()


class Gathered(NamedTuple):
    """Everything that was asked for.

    Attributes:
        sets: One for each target.
        settings: Where indexes were looked for.
        notes: Sentences for people.
        whole: Arguments by which an installer is asked for all of it, such as ``-r requirements.txt``; empty if the
            wheels must be named.
        beside: Names of siblings that were found, and not named: what they have among each other is not in question.
    """

    sets: Sequence[TargetSet]
    settings: IndexSettings
    notes: Sequence[str]
    whole: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()


def gather(question: Question, reader: WheelReader, *, compares: bool = True) -> Gathered:
    """Find out what is to be compared, for every target.

    Args:
        question: The question.
        reader: Reads wheels, and holds the client and the cache.
        compares: Whether the set must have something to compare.

    Raises:
        QuestionError: The question makes no sense, uv finds no solution for it, or there is nothing to compare.
    """
    inputs = sort_inputs(question, reader.fetcher.credentials, _remote(question, reader))
    try:
        return _gather(question, inputs, reader, compares=compares)
    except UnresolvedError as error:
        if not _pins_everything(question, inputs, reader.fetcher.credentials):
            raise
        as_listed = replace(question, options=replace(question.options, deps=False))
        gathered = _gather(as_listed, inputs, reader, compares=compares)
        note = f"every line pins a version, and is compared as listed, since {_beginning(error.reason)}"
        return gathered._replace(notes=(note, *gathered.notes))


def _pins_everything(question: Question, inputs: Inputs, credentials: Credentials) -> bool:
    """Return whether files of requirements are all there is, and list a set as ``pip freeze`` does: pins and URLs."""
    others = (inputs.asked, inputs.locks, inputs.folders, question.options.groups)
    if question.options.deps or any(others):
        return False
    files = _read_files(question, inputs, credentials)
    if files.projects or len(files.lines) < 2:  # noqa: PLR2004 - one pin asks for what it requires
        return False
    return all(requirement.direct or pins(requirement.specifier) for requirement in files.listed(credentials).asked)


def _beginning(reason: str) -> str:
    """Return the beginning of an error, as the end of a sentence."""
    return reason.rstrip(".") if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"


def _gather(question: Question, inputs: Inputs, reader: WheelReader, *, compares: bool) -> Gathered:
    """Return what is to be compared; see :func:`gather`."""
    credentials, progress = reader.fetcher.credentials, reader.fetcher.progress
    whole = _whole(question, inputs)
    files: Files | None = None
    left_out = Selection(not_compared=inputs.not_compared)
    constraints = _constraint_lines(question)
    notes: list[str] = []
    if question.options.deps is False and (inputs.files or inputs.text is not None):
        files = _read_files(question, _with_text(inputs, constraints), credentials)
        listed = files.listed(credentials, builds=question.options.builds)
        left_out = Selection(skipped=listed.skipped, not_compared=[*inputs.not_compared, *listed.not_compared])
        inputs = inputs._replace(
            asked=files.with_forms([*inputs.asked, *listed.asked]),
            files=(),
            text=None,
            limits=files.limits(credentials),
        )
        notes += listed.notes
    # What could not be read is told with the report; one that is left does not stand alone then.
    resolves = _resolves(question, inputs, compares=compares and not left_out.skipped)
    lone_folder = resolves and bool(inputs.folders) and inputs.alone is not None
    # Constraints go to uv with what it resolves; everything else is narrowed for each target.
    if constraints:
        if files is None:
            inputs = inputs._replace(limits=_limits(constraints, question, credentials))
        if resolves:
            inputs = _with_text(inputs, constraints)
    needed = bool(inputs.named or resolves or inputs.locks or inputs.siblings_of_all)
    settings = _settings(question, reader, needed=needed)
    if files is not None:
        settings = files.with_options(settings, credentials)
    notes += [requirement.hint for requirement in (*inputs.asked, *inputs.against) if requirement.hint]
    targets = _targets(question, inputs, reader)
    inputs = _with_siblings(inputs, targets[0], settings, reader, notes)
    beside = frozenset(sibling.name or "" for sibling in inputs.siblings if inputs.siblings_of_all)
    pages = _pages(inputs.looked_up(resolves=resolves), settings, reader)
    gatherers = [_Gatherer(target, question, reader, settings, inputs, pages) for target in targets]
    selects = [partial(gatherer.select, resolves=resolves, lone_folder=lone_folder) for gatherer in gatherers]
    selected = progress.run_all("resolve", selects) if resolves else run_all(selects)
    releases = _choose_releases(gatherers, selected, settings, reader)
    chosen = [[left_out, *parts, named] for parts, named in zip(selected, releases, strict=True)]
    # Some locks name a wheel by file name and hash only; an index has to say where it is.
    located = _locate(
        [unlocated for parts in chosen for part in parts for unlocated in part.unlocated], settings, reader
    )
    sets = [_target_set(gatherer, parts, located) for gatherer, parts in zip(gatherers, chosen, strict=True)]
    sets = _with_built(gatherers, sets, question, inputs, settings, reader, notes)
    # uv may choose an older release without saying so; the pages show what the newest one is.
    newest = _newest_pages(gatherers, reader)
    newest |= _pages_of_variants(gatherers, newest, reader)
    explains = [
        partial(gatherer.with_newer, target_set, newest) for gatherer, target_set in zip(gatherers, sets, strict=True)
    ]
    sets = progress.run_all("resolve", explains) if resolves else run_all(explains)
    sets = [gatherer.with_variants(chosen, newest) for gatherer, chosen in zip(gatherers, sets, strict=True)]
    sets = _with_variants(gatherers, sets, pages | newest, question, reader, notes)
    if compares and question.into is None:
        _require_comparison(inputs, sets, resolves=resolves)
    for gatherer in gatherers:  # in the order of the targets, whichever was done first
        notes += gatherer.notes
    for page in pages.values():
        notes += page.notes if isinstance(page, Found) else ()
    return Gathered(sets, settings, tuple(dict.fromkeys(notes)), whole, beside)


def _with_variants(
    gatherers: Sequence[_Gatherer],
    sets: Sequence[TargetSet],
    pages: Mapping[str, Found | FetchError],
    question: Question,
    reader: WheelReader,
    notes: list[str],
) -> list[TargetSet]:
    """Return sets with the wheel variants that are wanted, in the order in which the installer prefers them.

    Raises:
        QuestionError: A variant is wanted that no project of the set has.
    """
    if not question.options.variants and not any(
        candidate.alternatives or candidate.variant is not None
        for target_set in sets
        for candidate in target_set.candidates
    ):
        return list(sets)
    from wheelclash.resolve.variants import (
        Asker,
        described,
        in_order,
        library_order,
        narrowed,
        parse_wish,
        preference_note,
    )

    wishes = [parse_wish(text) for text in question.options.variants]
    met: set[Wish] = set()
    settled = []
    for gatherer, target_set in zip(gatherers, sets, strict=True):
        candidates = [narrowed(candidate, wishes, met) for candidate in target_set.candidates]
        candidates, descriptions = described(candidates, pages, reader)
        asker = Asker(
            settings=gatherer.searched,
            credentials=reader.fetcher.credentials,
            environ=question.environ,
            cwd=question.cwd,
            interpreter=question.interpreter if target_set.target in question.targets else None,
            offline=reader.fetcher.offline,
        )
        preferred = asker.preferred(candidates, target_set.target)
        if preferred:
            notes.append(preference_note(preferred, target_set.target, asker))
        if question.installer == "uv":
            python = None if asker.interpreter is None else asker.interpreter.executable
            candidates = [
                in_order(candidate.wheels, [preferred[candidate.name]])
                if candidate.name in preferred
                else in_order(candidate.wheels, library_order(candidate, descriptions, python))
                if candidate.alternatives
                else candidate
                for candidate in candidates
            ]
        settled.append(target_set._replace(candidates=candidates))
    unmet = [wish for wish in wishes if wish not in met]
    if unmet:
        labels = sorted(
            {
                wheel.variant or PLAIN
                for target_set in sets
                for candidate in target_set.candidates
                if candidate.alternatives
                for wheel in candidate.wheels
            }
        )
        raise QuestionError(
            f"--variant {unmet[0]}: no project of the set has such a wheel.",
            f"There is: {', '.join(labels)}." if labels else "",
        )
    return settled


def _whole(question: Question, inputs: Inputs) -> tuple[str, ...]:
    """Return the arguments by which an installer is asked for all of it, where files of requirements are all there is.

    They are given as they were: the files may say more than names, and the commands are run from the same folder.
    """
    others = (inputs.asked, inputs.against, inputs.locks, inputs.folders, inputs.siblings, question.options.groups)
    arguments = [*question.requirements, *question.options.files]
    if not inputs.files or inputs.text is not None or any(others) or any("://" in argument for argument in arguments):
        return ()
    from wheelclash.resolve.pyproject import read_project

    if any(read_project(path) is not None for path in inputs.files):
        return ()
    listed = [part for argument in dict.fromkeys(arguments) for part in ("-r", argument)]
    return (*listed, *(part for constraint in question.options.constraints for part in ("-c", constraint)))


def _settings(question: Question, reader: WheelReader, *, needed: bool) -> IndexSettings:
    """Return where projects are looked for; the question's reader then trusts the certificates named there."""
    settings = resolve_settings(
        flags=question.index,
        installer=question.installer,
        environ=question.environ,
        cwd=question.cwd,
        no_config=not question.options.use_config,
        credentials=reader.fetcher.credentials,
        prefix=None if question.interpreter is None else question.interpreter.prefix,
        cache=reader.cache,
        needed=needed,
    )
    reader.trust(settings.cert)
    return settings


def _remote(question: Question, reader: WheelReader) -> dict[str, bytes]:
    """Fetch the files of requirements that are on the web; by their URLs as given."""
    urls = remote_files(question)
    if not urls:
        return {}
    from wheelclash.resolve.requirements_txt import fetch_requirements

    _settings(question, reader, needed=False)  # for its certificates
    return {url: fetch_requirements(url, reader.fetcher, environ=question.environ) for url in urls}


# -- what was asked ------------------------------------------------------------------------------------------


def _constraint_lines(question: Question) -> bytes:
    """Return the lines of a requirements file that name the constraints files.

    Raises:
        QuestionError: One is named by the URL of a server.
    """
    for place in question.options.constraints:
        if is_remote(place):
            raise QuestionError(f"--constraints {shown(place)}: constraints are read from files only.", "Download it.")
    places = (place if "://" in place else (question.cwd / place).as_uri() for place in question.options.constraints)
    return "".join(f"-c {place}\n" for place in places).encode()


def _limits(constraints: bytes, question: Question, credentials: Credentials) -> list[Asked | Skip]:
    """Return what constraints files say; raise QuestionError if one cannot be read."""
    from wheelclash.resolve.listed import Files
    from wheelclash.resolve.requirements_txt import look_through

    environ, cwd = question.environ, question.cwd
    included = look_through((), constraints, environ=environ, cwd=cwd, credentials=credentials)
    return Files((), (), included, ()).limits(credentials)


def _with_text(inputs: Inputs, lines: bytes) -> Inputs:
    """Return inputs with further lines of a requirements file."""
    return inputs._replace(text=b"\n".join(filter(None, [inputs.text, lines]))) if lines else inputs


def _read_files(question: Question, inputs: Inputs, credentials: Credentials) -> Files:
    from wheelclash.resolve.listed import read_files

    return read_files(
        inputs.files,
        inputs.text,
        extras=question.options.extras,
        all_extras=question.options.all_extras,
        groups=question.options.groups,
        environ=question.environ,
        cwd=question.cwd,
        credentials=credentials,
    )


def _resolves(question: Question, inputs: Inputs, *, compares: bool) -> bool:
    """Return whether uv is to resolve: files of requirements always, one distribution alone unless told otherwise."""
    if inputs.files or inputs.text is not None:
        return True
    if question.into is not None:  # what is there is what it is compared with
        return bool(question.options.deps and inputs.asked)
    alone = inputs.alone
    if alone is None:
        return bool(question.options.deps and inputs.asked)
    if compares and question.options.deps is False:
        raise QuestionError(
            f"{alone} alone has nothing to clash with.",
            "Name at least one other, or let its dependencies be resolved (--deps, the default for one distribution).",
        )
    return (compares or bool(inputs.named)) if question.options.deps is None else question.options.deps


def _require_comparison(inputs: Inputs, sets: Sequence[TargetSet], *, resolves: bool) -> None:
    """Refuse a question that compares nothing: its answer could only be that there is no clash.

    A set that was resolved and has one distribution is clean; so is a lock's. Where a list of what is installed has
    others that are not compared, nothing was. One distribution may be compared with an earlier release of itself.

    Raises:
        QuestionError: There is no distribution at all; or one, and not because it requires no other.
    """
    if any(target_set.skipped for target_set in sets):
        return  # the report then says that there is no answer
    most = max((target_set.candidates for target_set in sets), key=len, default=())
    if len(most) > 1:
        return
    from wheelclash.locks.listing import ListedSet

    not_compared = [skip for target_set in sets for skip in target_set.not_compared]
    is_list = any(isinstance(lock, ListedSet) for lock in inputs.locks)
    if most and (resolves or inputs.locks) and not (is_list and not_compared):
        return
    if most and any(target_set.previous for target_set in sets):
        return
    out = {skip.requirement: skip.reason for skip in not_compared}
    names, reasons = list(out), " and ".join(dict.fromkeys(out.values()))
    why = f" Not compared: {some(names, _FEW)} ({reasons})." if out else ""
    if not most and any(target_set.conda for target_set in sets):
        raise QuestionError(
            f"There is nothing to compare: {inputs.sources} no wheel; conda packages are compared with wheels alone.",
            "conda itself says which of its packages share files, when it installs them.",
        )
    if not most:
        raise QuestionError(f"There is nothing to compare: {inputs.sources} no distribution.{why}")
    times = sum(requirement.name == most[0].name for requirement in inputs.asked)
    repetition = f" It was given {times} times." if times > 1 else ""
    raise QuestionError(
        f"{most[0].name} alone has nothing to clash with.{repetition}{why}",
        "Name at least one other, or let its dependencies be resolved (--deps).",
    )


def _targets(question: Question, inputs: Inputs, reader: WheelReader) -> Sequence[Target]:
    """Return the targets asked for; with ``--all-targets`` those of the locks, and of the wheels on disk.

    Raises:
        QuestionError: Nothing that was given names any.
    """
    if not question.options.all_targets:
        return question.targets
    from wheelclash.resolve.wheelhouse import targets_of, wheels_of

    targets = [target for lock in inputs.locks for target in lock.targets()]
    wheels = [Asked(text=path.name, path=path) for folder in inputs.folders for path in wheels_of(folder)]
    named = _requires_python([*wheels, *inputs.asked], reader)
    targets += targets_of({without_label(filename): requires_python for filename, requires_python in named})
    if not targets:
        raise QuestionError("--all-targets takes the targets from a lock or from wheels, and none was given.")
    by_key = {(target.python_version, target.implementation, target.platform): target for target in targets}
    return list(by_key.values())


def _requires_python(wheels: Iterable[Asked], reader: WheelReader) -> Iterator[tuple[str, str | None]]:
    """Yield file name and Requires-Python of wheels on disk; None for one that cannot be read (reported later)."""
    for wheel in wheels:
        candidate = choose_direct(wheel) if wheel.path is not None else None
        if not isinstance(candidate, Candidate):
            continue
        try:
            contents, _ = reader.cached(candidate) or reader.read_local(candidate)
        except WheelError:
            yield candidate.filename, None
        else:
            yield candidate.filename, contents.requires_python


def _with_siblings(
    inputs: Inputs, target: Target, settings: IndexSettings, reader: WheelReader, notes: list[str]
) -> Inputs:
    """Return inputs with the siblings of what ``--siblings`` names, or of all that is named.

    Args:
        inputs: The arguments.
        target: For what a meta package is chosen.
        settings: Where indexes are.
        reader: Reads meta packages.
        notes: How siblings are known is added to it.

    Raises:
        QuestionError: None are known of a project that ``--siblings`` names, or of any where all are meant.
    """
    credentials = reader.fetcher.credentials
    asked = [sibling.name or sibling.text for sibling in inputs.siblings]
    projects = inputs.projects if inputs.siblings_of_all else []
    names: list[str] = []
    unknown: dict[str, str] = {}
    for project in dict.fromkeys([*asked, *projects]):
        variants = _variants(project, target, settings, reader)
        if project in asked:
            variants = _with_guesses(project, variants, target, settings, reader)
        if variants.names:
            names += variants.names
            notes.append(f"siblings of {project}: {variants.reason}")
        elif not inputs.siblings_of_all:
            raise QuestionError(f"--siblings {project}: {variants.reason}.", "Name the distributions to compare.")
        elif project in projects:
            unknown[project] = variants.reason
    further = [name for name in dict.fromkeys(names) if name not in {*asked, *projects}]
    siblings = [sibling for sibling in inputs.siblings if sibling.name not in projects]
    siblings += [parse(name, cwd=Path(), credentials=credentials) for name in further]
    if inputs.siblings_of_all and not siblings and not names:
        reasons = "; ".join(unknown.values()) or "no requirement, wheel or folder of wheels is named"
        raise QuestionError(
            f"--siblings: {reasons}.", "Name them: --siblings --siblings NAME, or siblings in [tool.wheelclash]."
        )
    notes += [f"no siblings of {project} are known" for project in unknown if not asked]
    return inputs._replace(siblings=siblings)


def _variants(name: str, target: Target, settings: IndexSettings, reader: WheelReader) -> Siblings:
    """Return the other variants of a project.

    From the list of families, from what its meta package requires, and from the labels of wheel variants.
    """
    from wheelclash.core.distribution import requirements_of
    from wheelclash.resolve.families import Siblings, family_of, siblings

    family = family_of(name)
    meta = family.meta if family is not None and family.meta is not None else name
    page = _look_up(meta, settings, reader)
    required: frozenset[str] = frozenset()
    if isinstance(page, Found):
        candidate = choose(parse(meta, cwd=Path(), credentials=reader.fetcher.credentials), page, target)
        if isinstance(candidate, Candidate):
            try:
                contents, _, _ = reader.read(candidate)
                required = requirements_of(contents.requires, target).names_under_any_extra
            except (FetchError, WheelError):
                pass  # the list of families is then all there is
    variants = siblings(name, required)
    published = _published_as_variants(name, target, settings, reader)
    if published.names:
        names = tuple(dict.fromkeys([*variants.names, *published.names]))
        reason = f"{variants.reason}; {published.reason}" if variants.names else published.reason
        return Siblings(names, reason)
    if not variants.names and isinstance(page, FetchError) and page.code != "not-found":
        return variants._replace(reason=f"{variants.reason}, as far as can be seen: {page}")
    return variants


def _with_guesses(name: str, known: Siblings, target: Target, settings: IndexSettings, reader: WheelReader) -> Siblings:
    """Return the variants of a project, and those of usual names if their wheels share files with its own.

    At most ten names are looked up, and one wheel of each that exists is read.
    """
    from wheelclash.parts import overlaps_of
    from wheelclash.resolve.families import Siblings, guesses

    names = [guess for guess in guesses(name) if guess not in known.names]
    if not names or reader.fetcher.offline:
        return known
    asked = [parse(text, cwd=Path(), credentials=reader.fetcher.credentials) for text in (name, *names)]
    pages = _pages(asked, settings, reader)
    read = run_all([partial(_read_newest, requirement, pages, target, reader) for requirement in asked])
    wheel, *others = read
    if wheel is None:
        return known
    overlapping = {
        other.name: sum(overlap.severity != "none" for overlap in overlaps_of([wheel, other], target))
        for other in others
        if other is not None
    }
    overlapping_names = tuple(other for other, count in overlapping.items() if count)
    clauses = [f"{other} shares {count:,} files with it" for other, count in overlapping.items() if count]
    clauses += [f"{other} shares none" for other, count in overlapping.items() if not count]
    reason = f"of {len(names)} usual names that were tried, {', '.join(clauses) or 'none has a wheel for the target'}"
    if not overlapping_names:
        return known._replace(reason=f"{known.reason}; {reason}")
    return Siblings((*known.names, *overlapping_names), f"{known.reason}; {reason}" if known.names else reason)


def _read_newest(
    asked: Asked, pages: Mapping[str, Found | FetchError], target: Target, reader: WheelReader
) -> Distribution | None:
    """Return the wheel that would be taken of a project, laid out; None if there is none, or it cannot be read."""
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.layout import lay_out_for_each
    from wheelclash.installers import RULES

    page = pages[asked.name or ""]
    candidate = choose(asked, page, target) if isinstance(page, Found) else None
    if not isinstance(candidate, Candidate):
        return None
    try:
        contents, evidence, _ = reader.read(candidate)
    except (FetchError, WheelError):
        return None
    return Distribution.from_wheel(candidate, contents, evidence, lay_out_for_each(contents, RULES, target), target)


def _published_as_variants(name: str, target: Target, settings: IndexSettings, reader: WheelReader) -> Siblings:
    """Return the projects that a project with wheel variants replaces, or the project with wheel variants.

    ``foo`` with the label ``cu13`` replaces ``foo-cu13``, and the other way round: what was several distributions is
    becoming several wheels of one.
    """
    from wheelclash.resolve.families import Siblings, stem_of

    stem = stem_of(name)
    page = _look_up(stem, settings, reader)
    choice = choose(Asked(text=stem, name=stem), page, target) if isinstance(page, Found) else None
    labels = [wheel.variant for wheel in choice.wheels if wheel.variant] if isinstance(choice, Candidate) else []
    if not labels:
        return Siblings((), "")
    by_label = [canonicalize_name(f"{stem}-{label}") for label in labels]
    others = _pages([Asked(text=other, name=other) for other in by_label], settings, reader)
    known = {other for other, its in others.items() if isinstance(its, Found) and any(map(_has_files, its.sources))}
    names = tuple(other for other in dict.fromkeys([stem, *by_label]) if other != name and other in {stem, *known})
    return Siblings(names, f"{stem} publishes wheel variants ({some(labels, _FEW)}), which take the place of these")


def _has_files(source: Source) -> bool:
    return bool(source.files)


# -- indexes -------------------------------------------------------------------------------------------------


def _pages(asked: Iterable[Asked], settings: IndexSettings, reader: WheelReader) -> dict[str, Found | FetchError]:
    """Map names to what the indexes have of each project, all looked up at the same time."""
    names = sorted({requirement.name or "" for requirement in asked})
    links = _links(settings, reader) if names else None
    calls = [partial(_look_up, name, settings, reader, links) for name in names]
    return dict(zip(names, reader.fetcher.progress.run_all("pages", calls), strict=True))


def _newest_pages(gatherers: Iterable[_Gatherer], reader: WheelReader) -> dict[str, Found | FetchError]:
    """Map names to what the indexes have of each project that was asked for by name, and that uv chose a release of."""
    wanted = {
        asked.name: (asked, gatherer.closure.settings)
        for gatherer in gatherers
        if gatherer.closure
        for asked in gatherer.free
    }
    if not wanted:
        return {}
    settings = next(iter(wanted.values()))[1]
    return _pages([asked for asked, _ in wanted.values()], settings, reader)


def _pages_of_variants(
    gatherers: Iterable[_Gatherer],
    known: Mapping[str, Found | FetchError],
    reader: WheelReader,
) -> dict[str, Found | FetchError]:
    """Map names to what the indexes have of each project with wheel variants, of which uv chose the plain wheel.

    Where no index was named, nothing is looked up: the usual one takes no wheels with a label. Of what find-links
    locations have everything is looked up, for that takes no further request.
    """
    wanted: dict[str, Asked] = {}
    settings = None
    for gatherer in gatherers:
        if gatherer.closure is None or gatherer.closure.settings.kind == "default":
            continue
        settings = gatherer.closure.settings
        links = _links(settings, reader)
        listed = [] if not isinstance(links, Links) else [name for _, files in links.files for name in files]
        names = gatherer.closure.variants.union(listed) & gatherer.resolved - known.keys()
        wanted |= {name: Asked(text=name, name=name) for name in sorted(names)}
    return _pages(wanted.values(), settings, reader) if settings is not None else {}


def _links(settings: IndexSettings, reader: WheelReader) -> Links | FetchError | None:
    """Return what the find-links locations have, read once for all projects; None if there are none."""
    if not settings.find_links:
        return None
    try:
        return read_links(settings, reader.fetcher, reader.cache, offline=reader.fetcher.offline)
    except FetchError as error:
        return error


def _look_up(
    name: str, settings: IndexSettings, reader: WheelReader, links: Links | FetchError | None = None
) -> Found | FetchError:
    if isinstance(links, FetchError):
        return links
    offline = reader.fetcher.offline
    try:
        return project_files(name, settings, reader.fetcher, reader.cache, offline=offline, links=links)
    except FetchError as error:
        return error


# -- releases that a list names ------------------------------------------------------------------------------


def _choose_releases(
    gatherers: Sequence[_Gatherer],
    selected: Sequence[Sequence[Selection]],
    settings: IndexSettings,
    reader: WheelReader,
) -> list[Selection]:
    """Return, for each target, the wheels of releases that lists name without files; each project is asked for once."""
    wanted = [[release for part in parts for release in part.releases] for parts in selected]
    places = [(release.asked.name or "", release.index) for releases in wanted for release in releases]
    pages = _pages_of(places, settings, reader)
    return [gatherer.of_releases(releases, pages) for gatherer, releases in zip(gatherers, wanted, strict=True)]


def _with_hash(
    asked: Asked, page: Found, hashes: AbstractSet[str], chooses: Callable[[Asked, Found], Choice], *, by: str
) -> Choice:
    """Return what is chosen of the files that have one of some hashes.

    Args:
        asked: What is asked for.
        page: What the indexes have.
        hashes: Those that may be installed; empty for any.
        chooses: Chooses a wheel.
        by: What lists the hashes, for messages.
    """
    if not hashes:
        return chooses(asked, page)
    choice, unhashed = chooses(asked, _with_hashes(page, hashes)), chooses(asked, page)
    if isinstance(choice, Candidate):
        return _named_exactly(choice, unhashed)
    if choice.source is None and isinstance(unhashed, Candidate):
        return Skip(asked.text, "not-found", _no_file_with_hash(asked.text, by))
    return choice


def _named_exactly(choice: Candidate, unhashed: Choice | None) -> Candidate:
    """Return a wheel that commands name by its place, if an installer takes another one by the version alone."""
    if isinstance(unhashed, Candidate) and unhashed.filename != choice.filename:
        return replace(choice, direct=True)
    return choice


def _no_file_with_hash(text: str, by: str) -> str:
    return f"the index has no file of {text} for the target with a hash that {by} gives"


def _with_listed_hashes(selection: Selection, hashes: Mapping[str, frozenset[str]], unhashed: Selection) -> Selection:
    """Return what was resolved, with a skip in the place of each wheel that has none of the hashes listed for it.

    Args:
        selection: The best wheels among those with a listed hash.
        hashes: Those that are listed, by name.
        unhashed: The best wheels, whatever their hashes.
    """
    plain = {candidate.name: candidate for candidate in unhashed.candidates}
    candidates: list[Candidate] = []
    skipped: list[Skip] = []
    for candidate in selection.candidates:
        allowed = hashes.get(candidate.name)
        if allowed is None or candidate.sha256 is None or candidate.sha256 in allowed:
            candidates.append(_named_exactly(candidate, plain.get(candidate.name)))
        else:
            text = f"{candidate.name}=={candidate.version}"
            skipped.append(Skip(text, "not-found", _no_file_with_hash(text, "the file that asks for it")))
    for skip in selection.skipped:
        if skip.code == "no-wheel" and skip.source is None and skip.name in hashes:
            reason = _no_file_with_hash(skip.requirement, "the file that asks for it")
            skipped.append(skip._replace(code="not-found", reason=reason))
        else:
            skipped.append(skip)
    return selection._replace(candidates=candidates, skipped=skipped)


def _with_hashes(page: Found, hashes: AbstractSet[str]) -> Found:
    """Return what the indexes have, less files of other hashes; a file of unknown hash stays."""
    sources = tuple(
        replace(source, files=tuple(file for file in source.files if _sha256_of(file) in {None, *hashes}))
        for source in page.sources
    )
    return page._replace(sources=sources)


def _without_wheels(page: Found) -> Found:
    """Return what the indexes have, less wheels."""
    sources = (
        replace(source, files=tuple(file for file in source.files if not file.is_wheel)) for source in page.sources
    )
    return page._replace(sources=tuple(sources))


def _of_form(skip: Skip, form: Form) -> Skip:
    """Return that there is no wheel, where an option of a file allows only source archives, or only wheels."""
    if form == "wheel":
        reason = skip.reason.removesuffix(f": {BUILD_OR_ASK}")
        return skip._replace(reason=f"{reason}; --only-binary has nothing built", source=None)
    what = BUILD_OR_ASK if skip.source is not None else "the index has no source archive of it that fits"
    return skip._replace(reason=f"--no-binary has it built: {what}")


def _sha256_of(file: ProjectFile) -> str | None:
    """Return the hash of a file of an index: the one it gives, or that of a file on disk; None if neither is known."""
    path = None if file.sha256 is not None else local_path(file.url)
    if path is None:
        return file.sha256
    import hashlib

    from wheelclash.files import open_regular

    try:
        with open_regular(path) as opened:
            digest = hashlib.sha256()
            while block := opened.read(_BLOCK):
                digest.update(block)
            return digest.hexdigest()
    except OSError:
        return None


# -- what came as source only --------------------------------------------------------------------------------


def _with_built(
    gatherers: Sequence[_Gatherer],
    sets: Sequence[TargetSet],
    question: Question,
    inputs: Inputs,
    settings: IndexSettings,
    reader: WheelReader,
    notes: list[str],
) -> list[TargetSet]:
    """Return the sets, under ``--build`` with a wheel in the place of each skip that a source archive is known for.

    Raises:
        QuestionError: There is no uv that could build; or two wheels of one project.
    """
    if question.options.allow_build:
        notes.append(FORMER_NAME)
    skips = [skip for before in sets for skip in before.skipped]
    requirements = {skip.source: skip.requirement for skip in skips if skip.source is not None}
    if not requirements or not question.options.builds:
        return list(sets)
    from wheelclash.resolve.build import Builder, Built

    builder = Builder(
        question.interpreter,
        settings,
        reader.fetcher,
        reader.cache,
        folder=reader.folder,
        environ=question.environ,
        exclude_newer=question.options.exclude_newer,
    )
    places = _locate_sources(requirements, settings, reader)

    def build(source: SourceArchive) -> Built | Skip:
        place = places.get(source, source)
        return place if isinstance(place, Skip) else builder.build(place, requirements[source])

    results = dict(zip(requirements, run_all([partial(build, source) for source in requirements]), strict=True))
    new = [result for result in results.values() if isinstance(result, Built) and result.is_new]
    if new:
        named = some([f"{result.source.name} {result.source.version}" for result in new], len(new))
        notes.append(f"{named} built from source by {new[0].by}: code of {'each' if len(new) > 1 else 'it'} was run")
    asked = {requirement.name for requirement in (*inputs.asked, *inputs.against, *inputs.siblings)}
    return [_with_results(gatherer, before, results, asked) for gatherer, before in zip(gatherers, sets, strict=True)]


def _with_results(
    gatherer: _Gatherer,
    before: TargetSet,
    results: Mapping[SourceArchive, Built | Skip],
    asked: Collection[str | None],
) -> TargetSet:
    """Return one target's set with what came of the builds."""
    roots = {} if gatherer.closure is None else gatherer.closure.roots
    skipped: list[Skip] = []
    built: list[Candidate] = []
    for skip in before.skipped:
        result = None if skip.source is None else results[skip.source]
        choice = skip if result is None else result if isinstance(result, Skip) else result.choice(skip, before.target)
        if isinstance(choice, Skip):
            skipped.append(choice)
        else:
            built.append(replace(choice, extras=roots.get(choice.name, choice.extras)))
    wanted = [candidate.name for candidate in built if candidate.name in asked or candidate.name in roots]
    pulled = {candidate.name for candidate in built} - set(wanted) if gatherer.closure is not None else set()
    return before._replace(
        candidates=distinct([*before.candidates, *built]),
        skipped=skipped,
        roots=tuple(dict.fromkeys([*before.roots, *wanted])),
        pulled=before.pulled | pulled,
    )


def _locate_sources(
    sources: Iterable[SourceArchive], settings: IndexSettings, reader: WheelReader
) -> dict[SourceArchive, SourceArchive | Skip]:
    """Find in the index the archives that locks only name, by file name and hash."""
    wanted = [source for source in sources if not source.url and source.path is None]
    pages = _pages_of([(source.name, source.index) for source in wanted], settings, reader)
    located: dict[SourceArchive, SourceArchive | Skip] = {}
    for source in wanted:
        entry = _entry(
            source.filename, source.sha256, f"{source.name}=={source.version}", pages[source.name, source.index]
        )
        located[source] = (
            entry
            if isinstance(entry, Skip)
            else replace(source, url=entry[1].url, index=entry[0], sha256=entry[1].sha256, size=entry[1].size)
        )
    return located


def _locate(
    wanted: Iterable[Unlocated], settings: IndexSettings, reader: WheelReader
) -> dict[Unlocated, Candidate | Skip]:
    """Find in the index the wheels that locks only name, by file name and hash; look up each project once."""
    unlocated = list(dict.fromkeys(wanted))
    pages = _pages_of([(wheel.candidate.name, wheel.index) for wheel in unlocated], settings, reader)
    return {wheel: _located(wheel.candidate, pages[wheel.candidate.name, wheel.index]) for wheel in unlocated}


def _pages_of(
    projects: Iterable[tuple[str, str | None]], settings: IndexSettings, reader: WheelReader
) -> dict[tuple[str, str | None], Found | FetchError]:
    """Map names and indexes to what that index, or those of the settings, have of each project."""
    places = list(dict.fromkeys(projects))

    links = _links(settings, reader) if any(index is None for _, index in places) else None

    def look_up(name: str, index: str | None) -> Found | FetchError:
        if index is None:
            return _look_up(name, settings, reader, links)
        where = replace(settings, index_url=index, extra_index_urls=(), find_links=())
        return _look_up(name, where, reader)

    calls = [partial(look_up, *place) for place in places]
    return dict(zip(places, reader.fetcher.progress.run_all("pages", calls), strict=True))


def _located(candidate: Candidate, page: Found | FetchError) -> Candidate | Skip:
    entry = _entry(candidate.filename, candidate.sha256, candidate.requested, page)
    if isinstance(entry, Skip):
        return entry
    index, file = entry
    return replace(candidate, url=file.url, index=index, size=file.size, core_metadata_sha256=file.core_metadata_sha256)


def _entry(
    filename: str, sha256: str | None, requirement: str, page: Found | FetchError
) -> tuple[str, ProjectFile] | Skip:
    """Return the index that has a file of this name and hash, and the file; or why there is none."""
    if isinstance(page, FetchError):
        return Skip(requirement, page.code, str(page))
    for source in page.sources:
        for file in source.files:
            if file.filename == filename and (sha256 is None or file.sha256 in {None, sha256}):
                return source.index, file
    return Skip(requirement, "not-found", f"the index has no {filename} with the hash the lock gives")


def _target_set(
    gatherer: _Gatherer, parts: Sequence[Selection], located: Mapping[Unlocated, Candidate | Skip]
) -> TargetSet:
    """Put the selections for one target together."""
    located_wheels = [located[wheel] for part in parts for wheel in part.unlocated]
    choices = [*(candidate for part in parts for candidate in part.candidates), *located_wheels]
    not_compared = [skip for part in parts for skip in part.not_compared]
    return TargetSet(
        target=gatherer.target,
        pulled=gatherer.pulled,
        candidates=distinct([choice for choice in choices if isinstance(choice, Candidate)]),
        skipped=[
            *(skip for part in parts for skip in part.skipped),
            *(choice for choice in located_wheels if isinstance(choice, Skip)),
            *_unread_conda(not_compared),
        ],
        not_compared=not_compared,
        roots=tuple(dict.fromkeys(name for part in parts for name in part.roots)),
        conda=_conda_packages(parts),
        previous=[candidate for part in parts for candidate in part.previous],
    )


def _unread_conda(not_compared: Sequence[Skip]) -> list[Skip]:
    """Return one skip for the conda packages among what is not compared."""
    if not not_compared:
        return []
    from wheelclash.locks.listing import unread_conda

    return unread_conda(not_compared)


def _conda_packages(parts: Iterable[Selection]) -> Sequence[CondaPackage]:
    """Return the conda packages of all selections, each once; raise QuestionError for two archives of one."""
    packages = [package for part in parts for package in part.conda]
    if not packages:
        return ()
    from wheelclash.conda.package import distinct_packages

    return distinct_packages(packages)


def _divided(against: Sequence[Asked], members: Collection[str]) -> tuple[list[Asked], list[Asked]]:
    """Return what a set is to be compared with, divided: earlier releases of its members, and others."""
    from wheelclash.index.filenames import project_of

    earlier = [asked for asked in against if (asked.name or project_of(asked.filename)) in members]
    return earlier, [asked for asked in against if asked not in earlier]


def _names_of(parts: Iterable[Selection]) -> set[str]:
    """Return the names of what is selected, be its wheel known or not."""
    return {
        name
        for part in parts
        for name in (
            *(candidate.name for candidate in part.candidates),
            *(wheel.candidate.name for wheel in part.unlocated),
            *(release.asked.name or "" for release in part.releases),
            *(skip.name for skip in part.skipped),
        )
    }


class _Gatherer:
    """Selects what would be installed on one target.

    Attributes:
        target: The target.
        notes: Sentences for people.
        pulled: Names that only the resolution brought.
        resolved: Names of all that uv chose.
        closure: What uv resolved, if it did.
    """

    def __init__(
        self,
        target: Target,
        question: Question,
        reader: WheelReader,
        settings: IndexSettings,
        inputs: Inputs,
        pages: Mapping[str, Found | FetchError],
    ) -> None:
        self.target = target
        self._question = question
        self._reader = reader
        self._settings = settings
        self._inputs = inputs
        self._pages = pages
        self.notes: list[str] = []
        self.pulled: frozenset[str] = frozenset()
        self.resolved: frozenset[str] = frozenset()
        self.closure: Closure | None = None
        self._asked: Sequence[Asked] = ()

    @property
    def searched(self) -> IndexSettings:
        """Return where projects were looked for, with the options of the files that uv read."""
        return self._settings if self.closure is None else self.closure.settings

    def select(self, *, resolves: bool, lone_folder: bool) -> list[Selection]:
        """Return what each of the inputs selects.

        Args:
            resolves: Whether uv resolves what was asked for.
            lone_folder: Whether that is the one wheel that a folder has for the target.
        """
        target = self.target
        every = [*self._inputs.asked, *self._inputs.against]
        left_out = [requirement for requirement in every if not applies(requirement, target)]
        asked = [requirement for requirement in self._inputs.asked if requirement not in left_out]
        against = [requirement for requirement in self._inputs.against if requirement not in left_out]
        parts = [Selection(not_compared=[_marker_skip(requirement) for requirement in left_out])]
        folders = self._from_folders(target)
        if resolves:
            if lone_folder:
                asked = [Asked(text=candidate.requested, path=candidate.path) for candidate in folders[0].candidates]
                folders = [folders[0]._replace(candidates=(), roots=())]
            refused = [
                choice for requirement in asked if isinstance(choice := self._before_resolving(requirement), Skip)
            ]
            parts.append(Selection(skipped=refused))
            asked = [requirement for requirement in asked if self._before_resolving(requirement) is None]
            variants, asked = self._without_variants(asked)
            parts.append(variants)
            parts.append(self._resolved(asked, target))
            asked = []
        parts.append(self._chosen_within_limits(asked, target))
        parts += [self._from_lock(lock, target) for lock in self._inputs.locks]
        parts += folders
        local = {candidate.name for part in parts for candidate in part.candidates if candidate.path is not None}
        parts.append(self._variants(target, local))
        earlier, others = _divided(against, _names_of(parts))
        # An earlier release of what is asked for is not what is constrained.
        parts += [self._chosen_within_limits(others, target), self._previous(earlier, target)]
        for part in parts:
            self.notes += part.notes
        return parts

    def _from_folders(self, target: Target) -> list[Selection]:
        """Return the wheels of folders."""
        if not self._inputs.folders:
            return []
        from wheelclash.resolve.wheelhouse import select_from_folder, without_absent

        folders = [select_from_folder(folder, target) for folder in self._inputs.folders]
        if self._question.options.all_targets:  # a project that has no wheel for a target is not made for it
            folders = [without_absent(folder) for folder in folders]
        return folders

    def _previous(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return the releases that members of the set are compared with.

        There is no release before the first: of a project that was asked for by its bare name, and that none of the
        indexes knows, there is nothing to compare with. Where a version is named, or no index is asked, it is a skip.
        """
        chosen = self._chosen(asked, target)
        # None of them is built, as members of the set are.
        skipped = [skip._replace(source=None) for skip in chosen.skipped]
        bare = {requirement.text for requirement in asked if not requirement.direct and not requirement.specifier}
        first = bare if self._settings.indexes else set()
        return Selection(
            previous=chosen.candidates,
            skipped=[skip for skip in skipped if skip.code != "not-found" or skip.requirement not in first],
            not_compared=[skip for skip in skipped if skip.code == "not-found" and skip.requirement in first],
        )

    def _chosen_within_limits(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return what is chosen within what the constraints allow on the target."""
        if not self._inputs.limits:
            return self._chosen(asked, target)
        from wheelclash.resolve.listed import constrained

        allowed, skipped = constrained(asked, self._inputs.limits, target)
        chosen = self._chosen(allowed, target)
        return chosen._replace(skipped=[*skipped, *chosen.skipped])

    def _chosen(self, asked: Sequence[Asked], target: Target) -> Selection:
        choices = [self._choice(requirement, target) for requirement in asked]
        return Selection(
            candidates=[choice for choice in choices if isinstance(choice, Candidate)],
            skipped=[choice for choice in choices if isinstance(choice, Skip)],
            roots=[choice.name for choice in choices if isinstance(choice, Candidate)],
        )

    def of_releases(
        self, releases: Sequence[Release], pages: Mapping[tuple[str, str | None], Found | FetchError]
    ) -> Selection:
        """Return the wheels of releases that a list names.

        Args:
            releases: What it names.
            pages: What the indexes have, by name and index.
        """
        choices = [self._of_release(release, pages[release.asked.name or "", release.index]) for release in releases]
        return Selection(
            candidates=[choice for choice in choices if isinstance(choice, Candidate)],
            skipped=[choice for choice in choices if isinstance(choice, Skip)],
        )

    def _of_release(self, release: Release, page: Found | FetchError) -> Candidate | Skip:
        asked = release.asked
        if isinstance(page, FetchError):
            return Skip(asked.text, page.code, str(page))
        return _with_hash(asked, page, release.hashes, partial(choose, target=self.target), by="the lock")

    def _variants(self, target: Target, local: AbstractSet[str]) -> Selection:
        """Return the siblings that are no wheels on disk, which take the place of published ones.

        A variant without a wheel for the target cannot be installed there beside the others, and is not compared.
        """
        siblings = [asked for asked in self._inputs.siblings if asked.name not in local]
        chosen = self._chosen_within_limits(siblings, target)
        absent = [skip for skip in chosen.skipped if skip.code in {"no-wheel", "not-found"}]
        return chosen._replace(skipped=[skip for skip in chosen.skipped if skip not in absent], not_compared=absent)

    def _choice(self, asked: Asked, target: Target) -> Candidate | Skip:
        if asked.direct:
            return choose_direct(asked, target)
        answer = self._pages[asked.name or ""]
        if isinstance(answer, FetchError):
            return Skip(asked.text, answer.code, str(answer))
        chooses = partial(
            choose,
            target=target,
            exclude_newer=self._question.options.exclude_newer,
            prereleases=self._question.options.prereleases,
            known=self._known(asked.name or ""),
            note=self.notes.append,
        )
        page = _without_wheels(answer) if asked.form == "source" else answer
        choice = _with_hash(asked, page, asked.hashes, chooses, by="the file that asks for it")
        if asked.form is not None and isinstance(choice, Skip) and choice.code == "no-wheel":
            return _of_form(choice, asked.form)
        if isinstance(choice, Skip) and choice.code == "not-found" and asked.if_unknown:
            return choice._replace(reason=f"{choice.reason}. {asked.if_unknown}")
        if isinstance(choice, Skip) and choice.near:
            return choice._replace(reason=f"{choice.reason}; perhaps {' or '.join(choice.near)} was meant")
        return choice

    def _known(self, name: str) -> list[str]:
        """Return names to suggest for one that no index knows: those that it knows, and of families."""
        page = self._pages.get(name)
        if isinstance(page, Found) and any(source.files for source in page.sources):
            return []
        from wheelclash.resolve.families import known_names

        return [*(other for other, page in self._pages.items() if isinstance(page, Found)), *known_names()]

    def _before_resolving(self, asked: Asked) -> Skip | None:
        """Return why uv is not asked about a wheel or URL: not for the target, or to be built first; else None."""
        choice = choose_direct(asked, self.target) if asked.direct else None
        if not isinstance(choice, Skip) or (choice.code == "not-a-wheel" and self._question.options.builds):
            return None
        return choice

    def _without_variants(self, asked: Sequence[Asked]) -> tuple[Selection, list[Asked]]:
        """Return the wheel variants that are named by path or URL, and the rest with what they require.

        uv does not take them without its preview feature, and makes no lock with it.
        """
        others: list[Asked] = []
        candidates: list[Candidate] = []
        skipped: list[Skip] = []
        for requirement in asked:
            candidate = choose_direct(requirement, self.target) if requirement.direct else None
            if not isinstance(candidate, Candidate) or candidate.variant is None:
                others.append(requirement)
                continue
            try:
                contents, _, _ = self._reader.read(candidate)
            except (FetchError, WheelError) as error:
                skipped.append(Skip(requirement.text, error.code, str(error)))
                continue
            candidates.append(candidate)
            environments = [{**self.target.markers, "extra": extra} for extra in ("", *candidate.extras)]
            for line in parse_requires(contents.requires):
                if any(holds(line, environment) for environment in environments):
                    line.marker = None
                    others.append(
                        parse(str(line), cwd=Path(), credentials=self._reader.fetcher.credentials, is_line=True)
                    )
        return Selection(
            candidates=candidates, skipped=skipped, roots=[candidate.name for candidate in candidates]
        ), others

    def _resolved(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return the closure, resolved by uv."""
        if not (asked or self._inputs.files or self._inputs.text is not None):
            return Selection()  # no marker holds for this target, or no wheel fits it
        self._asked = asked
        try:
            closure = self._resolve(asked, finds_variants=self._settings.kind != "default")
        except UnresolvedError as error:
            hints = [hint for requirement in asked for hint in (requirement.hint, requirement.if_unknown)]
            hints += _nearest(error, [requirement.name for requirement in asked if requirement.name])
            raise UnresolvedError(error.reason, " ".join(filter(None, [error.hint, *hints]))) from error
        credentials = self._reader.fetcher.credentials
        selection = closure.lock(credentials).select(target, extras=(), all_extras=False, groups=())
        if closure.hashes:
            lock = closure._replace(hashes={}).lock(credentials)
            unhashed = lock.select(target, extras=(), all_extras=False, groups=())
            selection = _with_listed_hashes(selection, closure.hashes, unhashed)
        self.closure = closure
        self.notes += closure.notes
        roots = closure.roots
        self.resolved = frozenset(candidate.name for candidate in selection.candidates)
        self.pulled = self.resolved - roots.keys()
        return selection._replace(
            candidates=_with_extras(selection.candidates, roots),
            not_compared=[*closure.not_compared, *selection.not_compared],
            roots=[candidate.name for candidate in selection.candidates if candidate.name in roots] or selection.roots,
        )

    def resolve_again(self, metadata: Sequence[ReleaseMetadata]) -> list[Candidate]:
        """Return the wheels that uv chooses if releases require something else.

        Raises:
            QuestionError: It finds no solution.
        """
        closure = self._resolve(self._asked, metadata=metadata)
        lock = closure.lock(self._reader.fetcher.credentials)
        selection = lock.select(self.target, extras=(), all_extras=False, groups=())
        located = _locate(selection.unlocated, self._settings, self._reader).values()
        candidates = [*selection.candidates, *(choice for choice in located if isinstance(choice, Candidate))]
        return _with_extras(candidates, closure.roots)

    def with_variants(self, chosen: TargetSet, pages: Mapping[str, Found | FetchError]) -> TargetSet:
        """Return a set with the wheel variants that uv, not having been told of them, did not choose from."""
        if self.closure is None:
            return chosen
        free = {requirement.name: requirement for requirement in self.free}
        candidates = []
        for candidate in chosen.candidates:
            page = pages.get(candidate.name)
            if isinstance(page, Found) and not candidate.direct and not candidate.alternatives:
                text = f"{candidate.name}=={candidate.version}"
                pinned = Asked(text=text, name=candidate.name, specifier=SpecifierSet(f"=={candidate.version}"))
                choice = self._from_page(free.get(candidate.name, pinned), page)
                wheels = choice.wheels if isinstance(choice, Candidate) else ()
                others = [replace(wheel, extras=candidate.extras) for wheel in wheels if wheel.variant is not None]
                candidate = replace(candidate, alternatives=tuple(others))  # noqa: PLW2901
            candidates.append(candidate)
        return chosen._replace(candidates=candidates, resolved=self.resolved, resolve_again=self.resolve_again)

    def _from_page(self, asked: Asked, page: Found) -> Candidate | Skip:
        options = self._question.options
        return choose(asked, page, self.target, exclude_newer=options.exclude_newer, prereleases=options.prereleases)

    def _resolve(
        self,
        asked: Sequence[Asked],
        *,
        limits: Sequence[str] = (),
        metadata: Sequence[ReleaseMetadata] = (),
        finds_variants: bool = False,
    ) -> Closure:
        from wheelclash.closure import ClosureRequest, resolve

        question, fetcher = self._question, self._reader.fetcher
        return resolve(
            ClosureRequest(
                requirements=asked,
                files=self._inputs.files,
                text=self._inputs.text,
                extras=question.options.extras,
                all_extras=question.options.all_extras,
                groups=question.options.groups,
                limits=limits,
                metadata=metadata,
            ),
            self.target,
            self._settings,
            credentials=fetcher.credentials,
            environ=question.environ,
            cwd=question.cwd,
            interpreter=question.interpreter if self.target in question.targets else None,
            builds=question.options.builds,
            exclude_newer=question.options.exclude_newer,
            prereleases=question.options.prereleases,
            offline=fetcher.offline,
            finds_variants=finds_variants,
        )

    @property
    def free(self) -> list[Asked]:
        """Return what was asked for by name and resolved, and is not pinned: each name once."""
        by_name: dict[str, Asked] = {}
        for requirement in () if self.closure is None else self.closure.asked:
            if requirement.name is not None and not requirement.direct and is_in_force(requirement, self.target):
                before = by_name.get(requirement.name)
                specifier = requirement.specifier if before is None else before.specifier & requirement.specifier
                by_name[requirement.name] = replace(requirement, specifier=specifier)
        return [requirement for requirement in by_name.values() if not pins(requirement.specifier)]

    def with_newer(self, chosen: TargetSet, pages: Mapping[str, Found | FetchError]) -> TargetSet:
        """Return the set, with the newest release of each name asked for, where another was chosen, and why."""
        free = {requirement.name: requirement for requirement in self.free}
        left = _MOST_EXPLAINED
        candidates = []
        for candidate in chosen.candidates:
            page = pages.get(candidate.name)
            if candidate.name in free and not candidate.direct and isinstance(page, Found):
                newer = newer_release(
                    free[candidate.name],
                    page,
                    self.target,
                    candidate.version,
                    exclude_newer=self._question.options.exclude_newer,
                    prereleases=self._question.options.prereleases,
                )
                if newer is not None and not newer.reason and left:
                    left -= 1
                    newer = newer._replace(reason=self._why_not(candidate.name, newer.version))
                candidate = replace(candidate, newer=newer)  # noqa: PLW2901
            candidates.append(candidate)
        return chosen._replace(candidates=candidates)

    def _why_not(self, name: str, version: str) -> str:
        """Return why uv chose another release: its explanation of a run in which that one is required."""
        from wheelclash.resolve.uv import cause

        try:
            self._resolve(self._asked, limits=[f"{name}=={version}"])
        except QuestionError as error:
            return cause(error)
        return "other members of the set would have to be older for it"

    def _from_lock(self, lock: Lock, target: Target) -> Selection:
        question = self._question
        return lock.select(
            target,
            extras=question.options.extras,
            all_extras=question.options.all_extras,
            groups=question.options.groups,
        )


def _nearest(failed: QuestionError, asked: Sequence[str]) -> list[str]:
    """Return hints at names near those that were asked for and that no index has, by what uv says."""
    from wheelclash.resolve.families import known_names
    from wheelclash.resolve.uv import unknown_projects

    hints = []
    for name in unknown_projects(failed):
        near = near_names(name, {*asked, *known_names()} - {name}) if name in asked else ()
        if near:
            hints.append(f"Perhaps {' or '.join(near)} was meant.")
    return hints


def _with_extras(candidates: Iterable[Candidate], roots: Mapping[str, tuple[str, ...]]) -> list[Candidate]:
    """Return wheels with the extras that were asked for."""
    return [replace(candidate, extras=roots.get(candidate.name, candidate.extras)) for candidate in candidates]


def _marker_skip(asked: Asked) -> Skip:
    return Skip(asked.text, "marker", "its marker does not hold for this target")
