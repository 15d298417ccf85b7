"""From a question to one set of candidates for each target.

Requirements are looked up in the indexes; with their dependencies, and from files that list requirements, they are
resolved by uv; locks and folders of wheels are read as they are. One question may mix all of these.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.errors import FetchError, QuestionError, UnresolvedError, WheelError
from wheelclash.gather.one_target import Gatherer
from wheelclash.gather.pages import locate, look_up_all, look_up_in
from wheelclash.gather.result import Gathered, TargetSet
from wheelclash.gather.siblings import with_siblings
from wheelclash.gather.sources import with_built
from wheelclash.gather.variants import pages_of_variants, with_variants
from wheelclash.http.urls import shown
from wheelclash.index.client import Found
from wheelclash.index.settings import resolve_settings
from wheelclash.inputs import is_remote, remote_files, sort_inputs
from wheelclash.resolve.choose import choose_direct, pins
from wheelclash.resolve.requirement import Asked
from wheelclash.resolve.selection import Selection, distinct
from wheelclash.target.variants import without_label
from wheelclash.threads import run_all
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelclash.conda.package import CondaPackage
    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexSettings
    from wheelclash.inputs import Inputs
    from wheelclash.question import Question
    from wheelclash.resolve.listed import Files
    from wheelclash.resolve.selection import Unlocated
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = ["gather"]

_FEW = 3
_LONGEST_REASON = 200


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
    # Constraints go to uv with what it resolves; everything else is narrowed for each target. Index options in them
    # count always: uv is given them with the settings, as it passes over those of a file that another names with -c.
    if constraints and files is None:
        files = _constraints_files(constraints, question, credentials)
        inputs = inputs._replace(limits=files.limits(credentials))
        if not resolves:
            notes += files.listed(credentials, builds=question.options.builds).notes
            inputs = inputs._replace(asked=files.with_forms(inputs.asked))
    if resolves:
        inputs = _with_text(inputs, constraints)
    needed = bool(inputs.named or resolves or inputs.locks or inputs.siblings_of_all)
    settings = _settings(question, reader, needed=needed)
    if files is not None:
        settings = files.with_options(settings, credentials)
    notes += [requirement.hint for requirement in (*inputs.asked, *inputs.against) if requirement.hint]
    targets = _targets(question, inputs, reader)
    inputs = with_siblings(inputs, targets[0], settings, reader, notes)
    beside = frozenset(sibling.name or "" for sibling in inputs.siblings if inputs.siblings_of_all)
    pages = look_up_all(inputs.looked_up(resolves=resolves), settings, reader)
    gatherers = [Gatherer(target, question, reader, settings, inputs, pages) for target in targets]
    selects = [partial(gatherer.select, resolves=resolves, lone_folder=lone_folder) for gatherer in gatherers]
    selected = progress.run_all("resolve", selects) if resolves else run_all(selects)
    releases = _choose_releases(gatherers, selected, settings, reader)
    chosen = [[left_out, *parts, named] for parts, named in zip(selected, releases, strict=True)]
    # Some locks name a wheel by file name and hash only; an index has to say where it is.
    located = locate(
        [unlocated for parts in chosen for part in parts for unlocated in part.unlocated], settings, reader
    )
    sets = [_target_set(gatherer, parts, located) for gatherer, parts in zip(gatherers, chosen, strict=True)]
    sets = with_built(gatherers, sets, question, inputs, settings, reader, notes)
    # uv may choose an older release without saying so; the pages show what the newest one is.
    newest = _newest_pages(gatherers, reader)
    newest |= pages_of_variants(gatherers, newest, reader)
    explains = [
        partial(gatherer.with_newer, target_set, newest) for gatherer, target_set in zip(gatherers, sets, strict=True)
    ]
    sets = progress.run_all("resolve", explains) if resolves else run_all(explains)
    sets = [gatherer.with_variants(chosen, newest) for gatherer, chosen in zip(gatherers, sets, strict=True)]
    sets = with_variants(gatherers, sets, pages | newest, question, reader, notes)
    if compares and question.into is None:
        _require_comparison(inputs, sets, resolves=resolves)
    for gatherer in gatherers:  # in the order of the targets, whichever was done first
        notes += gatherer.notes
    for page in pages.values():
        notes += page.notes if isinstance(page, Found) else ()
    return Gathered(sets, settings, tuple(dict.fromkeys(notes)), whole, beside)


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


def _constraints_files(constraints: bytes, question: Question, credentials: Credentials) -> Files:
    """Look at constraints files; raise QuestionError if one cannot be read."""
    from wheelclash.resolve.listed import Files
    from wheelclash.resolve.requirements_txt import look_through

    environ, cwd = question.environ, question.cwd
    included = look_through((), constraints, environ=environ, cwd=cwd, credentials=credentials)
    return Files((), (), included, ())


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


def _newest_pages(gatherers: Iterable[Gatherer], reader: WheelReader) -> dict[str, Found | FetchError]:
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
    return look_up_all([asked for asked, _ in wanted.values()], settings, reader)


def _choose_releases(
    gatherers: Sequence[Gatherer],
    selected: Sequence[Sequence[Selection]],
    settings: IndexSettings,
    reader: WheelReader,
) -> list[Selection]:
    """Return, for each target, the wheels of releases that lists name without files; each project is asked for once."""
    wanted = [[release for part in parts for release in part.releases] for parts in selected]
    places = [(release.asked.name or "", release.index) for releases in wanted for release in releases]
    pages = look_up_in(places, settings, reader)
    return [gatherer.of_releases(releases, pages) for gatherer, releases in zip(gatherers, wanted, strict=True)]


def _target_set(
    gatherer: Gatherer, parts: Sequence[Selection], located: Mapping[Unlocated, Candidate | Skip]
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
