"""What came as source only: archives are found, and built under ``--build``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.gather.pages import find_file, look_up_in
from wheelclash.resolve.selection import distinct
from wheelclash.threads import run_all
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.core.distribution import SourceArchive
    from wheelclash.gather.one_target import Gatherer
    from wheelclash.gather.result import TargetSet
    from wheelclash.index.settings import IndexSettings
    from wheelclash.inputs import Inputs
    from wheelclash.question import Question
    from wheelclash.resolve.build import Built
    from wheelclash.wheel.reader import WheelReader

__all__ = ["with_built"]

FORMER_NAME = "--allow-build is now called --build: it also builds wheels of what came as source only"


def with_built(
    gatherers: Sequence[Gatherer],
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
    gatherer: Gatherer,
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
    pages = look_up_in([(source.name, source.index) for source in wanted], settings, reader)
    located: dict[SourceArchive, SourceArchive | Skip] = {}
    for source in wanted:
        entry = find_file(
            source.filename, source.sha256, f"{source.name}=={source.version}", pages[source.name, source.index]
        )
        located[source] = (
            entry
            if isinstance(entry, Skip)
            else replace(source, url=entry[1].url, index=entry[0], sha256=entry[1].sha256, size=entry[1].size)
        )
    return located
