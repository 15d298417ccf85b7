"""The way of the data: from what was asked to the report, one stage after the other.

Choosing and reading ask the network, side by side, for what is not in the cache; everything after that is a pure
function of what was read. A run that finds everything in the cache comes through without an event loop.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.diagnosis import diagnose
from wheelclash.distribution import Distribution, contradictions, requirements_of
from wheelclash.errors import FetchError, QuestionError, WheelError
from wheelclash.installers import INSTALLERS
from wheelclash.installers.installer import Invocation
from wheelclash.layout import lay_out
from wheelclash.overlap import find_overlaps, in_order, judge, merge, questions
from wheelclash.remedy import check_keepers, remedies
from wheelclash.report.build import Findings, build_report
from wheelclash.report.model import Reading
from wheelclash.requirement import applies, parse
from wheelclash.sources.candidate import Candidate, Skip
from wheelclash.sources.choosing import choose, choose_direct
from wheelclash.sources.index import Found, project_files
from wheelclash.sources.settings import resolve_settings
from wheelclash.urls import origin_of
from wheelclash.verdict import HEAD, INIT_LIMIT, Answer
from wheelclash.verdict import Question as Doubt
from wheelclash.verdict import answer as judge_content
from wheelclash.waiting import event_loop, together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wheelclash.installers import Installer, InstallerName
    from wheelclash.overlap import Overlap
    from wheelclash.question import Question
    from wheelclash.reading.contents import Contents, Evidence
    from wheelclash.reading.wheel import WheelReader
    from wheelclash.replies import Traffic
    from wheelclash.report.model import Report
    from wheelclash.requirement import Asked
    from wheelclash.sources.settings import IndexFlags, IndexSettings
    from wheelclash.verdict import Answers

__all__ = ["answer"]


async def answer(question: Question, reader: WheelReader) -> Report:
    """Answer one question.

    Args:
        question: With its defaults filled in.
        reader: Reads wheels, and holds the client and the cache.

    Raises:
        QuestionError: The question cannot be answered as asked.
    """
    traffic = replace(reader.fetcher.traffic)
    asked, left_out = _asked(question, reader)
    chosen = await _choose(asked, question, reader)
    read = await together(_read(each, reader) for each in chosen.candidates)
    skipped = [*chosen.skipped, *(each for each in read if isinstance(each, Skip))]
    contents = [each for each in read if not isinstance(each, Skip)]
    distributions = [_distribution(each, question) for each in contents]
    overlaps = await _overlaps(distributions, question, reader)
    ignored, unmatched = _ignored(question, overlaps, distributions)
    counted = [overlap for overlap in overlaps if overlap not in ignored]
    keepers = check_keepers(question.keep, distributions, counted)
    warnings = [
        *chosen.warnings,
        *contradictions(distributions, question.target),
        *(f"--ignore {text} matches nothing" for text in unmatched),
        *reader.cache.warnings,
    ]
    installer = next(each for each in INSTALLERS if each.name == question.installer)
    return build_report(
        Findings(
            target=question.target,
            python=None if question.interpreter is None else str(question.interpreter.executable),
            distributions=distributions,
            skipped=skipped,
            not_compared=left_out,
            overlaps=overlaps,
            ignored=ignored,
            diagnoses=[diagnose(each, distributions, overlaps, question.target) for each in INSTALLERS],
            remedies=remedies(
                installer,
                distributions,
                counted,
                question.target,
                keepers=keepers,
                where=_invocation(question, installer, chosen.settings.flags),
            ),
            warnings=warnings,
            reading=_reading(traffic, reader, sum(each.from_cache for each in contents)),
        )
    )


# -- what was asked ------------------------------------------------------------------------------------------


def _asked(question: Question, reader: WheelReader) -> tuple[list[Asked], list[Skip]]:
    """The arguments, understood; and those whose marker leaves them out."""
    if not question.requirements:
        raise QuestionError("Nothing was asked.", "Give two or more requirements or wheels.")
    credentials = reader.fetcher.credentials
    parsed = [parse(text, cwd=question.cwd, credentials=credentials) for text in dict.fromkeys(question.requirements)]
    if len(parsed) == 1 and parsed[0].path is None:
        raise QuestionError(
            f"{parsed[0].text} alone has nothing to clash with.",
            "Name at least one other; resolving the dependencies of one (--deps) is not in this version yet.",
        )
    left_out = [each for each in parsed if not applies(each, question.target)]
    asked = [each for each in parsed if each not in left_out]
    return asked, [Skip(each.text, "marker", "its marker does not hold for this target") for each in left_out]


# -- choosing ------------------------------------------------------------------------------------------------


class _Chosen(NamedTuple):
    candidates: Sequence[Candidate]
    skipped: Sequence[Skip]
    warnings: Sequence[str]
    settings: IndexSettings


async def _choose(asked: Sequence[Asked], question: Question, reader: WheelReader) -> _Chosen:
    """One candidate for each argument, or a skip; every project is looked up once, all side by side.

    Raises:
        IndexSettingsError: The index settings make no sense.
        QuestionError: Two arguments are of one project and of different wheels.
    """
    fetcher = reader.fetcher
    names = sorted({each.name or "" for each in asked if not each.direct})
    settings = resolve_settings(
        flags=question.index,
        installer=question.installer,
        environ=question.environ,
        cwd=question.cwd,
        no_config=not question.use_config,
        credentials=fetcher.credentials,
        prefix=None if question.interpreter is None else question.interpreter.prefix,
        cache=reader.cache,
        needed=bool(names),
    )
    if fetcher.cert is None and settings.cert is not None:
        fetcher.cert = Path(settings.cert)
    pages = dict(zip(names, await together(_look_up(name, settings, reader) for name in names), strict=True))
    warnings: list[str] = [each.hint for each in asked if each.hint]
    for found in pages.values():
        warnings += found.notes if isinstance(found, Found) else ()
    choices = [_chosen(each, pages, question, warnings) for each in asked]
    candidates = _distinct([each for each in choices if isinstance(each, Candidate)])
    skipped = [each for each in choices if isinstance(each, Skip)]
    return _Chosen(candidates, skipped, tuple(dict.fromkeys(warnings)), settings)


async def _look_up(name: str, settings: IndexSettings, reader: WheelReader) -> Found | FetchError:
    try:
        return await project_files(name, settings, reader.fetcher, reader.cache, offline=reader.fetcher.offline)
    except FetchError as error:
        return error


def _chosen(
    asked: Asked, pages: Mapping[str, Found | FetchError], question: Question, warnings: list[str]
) -> Candidate | Skip:
    if asked.direct:
        return choose_direct(asked, question.target)
    found = pages[asked.name or ""]
    if isinstance(found, FetchError):
        return Skip(asked.text, found.code, str(found))
    choice = choose(
        asked,
        found,
        question.target,
        exclude_newer=question.exclude_newer,
        known=[name for name in pages if isinstance(pages[name], Found)],
        note=warnings.append,
    )
    if isinstance(choice, Skip) and choice.near:
        return choice._replace(reason=f"{choice.reason}; perhaps {' or '.join(choice.near)} was meant")
    return choice


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each wheel once; the extras asked for in several places put together."""
    by_name: dict[str, Candidate] = {}
    for each in candidates:
        before = by_name.setdefault(each.name, each)
        if (before.filename, before.direct and before.url) != (each.filename, each.direct and each.url):
            raise QuestionError(
                f"{before.requested} and {each.requested} are two wheels of one project"
                f" ({before.filename}, {each.filename}).",
                "An environment holds one of them; compare each with the rest in a run of its own.",
            )
        extras = tuple(sorted({*before.extras, *each.extras}))
        by_name[each.name] = replace(before, extras=extras)
    return list(by_name.values())


# -- reading -------------------------------------------------------------------------------------------------


class _Read(NamedTuple):
    candidate: Candidate
    contents: Contents
    evidence: Evidence
    from_cache: bool


async def _read(candidate: Candidate, reader: WheelReader) -> _Read | Skip:
    """The contents of a wheel, or why they could not be had."""
    try:
        known = reader.cached(candidate)
        if known is not None:
            return _Read(candidate, *known, from_cache=True)
        if candidate.path is not None:
            return _Read(candidate, *reader.read_local(candidate), from_cache=False)
        await event_loop()
        contents, evidence, _ = await reader.read(candidate)
        return _Read(candidate, contents, evidence, from_cache=False)
    except WheelError as error:
        return Skip(candidate.requested, error.code, str(error))
    except FetchError as error:
        return Skip(candidate.requested, error.code, f"{candidate.filename}: {error}")


# -- laying out, owning, overlapping -------------------------------------------------------------------------


def _distribution(read: _Read, question: Question) -> Distribution:
    layouts = {each.name: lay_out(read.contents, each.rules, question.target) for each in INSTALLERS}
    requirements = requirements_of(read.contents, question.target)
    return Distribution(read.candidate, read.contents, read.evidence, layouts, requirements)


async def _overlaps(distributions: Sequence[Distribution], question: Question, reader: WheelReader) -> list[Overlap]:
    """Every overlap, under every installer, judged; contents are read where a verdict needs them."""
    found = merge(_found(distributions, question))
    by_id = {each.id: each for each in distributions}
    doubts = questions(found)
    given = await together(_settle(doubt, by_id[doubt.owner].candidate, reader) for doubt in doubts)
    answers: Answers = {
        (doubt.owner, doubt.member): each for doubt, each in zip(doubts, given, strict=True) if each is not None
    }

    def requires(one: str, other: str) -> bool:
        return by_id[other].name in by_id[one].requirements.names_under_any_extra

    return in_order(judge(found, answers, requires))


def _found(distributions: Sequence[Distribution], question: Question) -> dict[InstallerName, list[Overlap]]:
    """Overlaps by installer; looked for once where the installers lay everything out alike."""
    found: dict[InstallerName, list[Overlap]] = {}
    first, *others = [each.name for each in INSTALLERS]
    found[first] = find_overlaps({one.id: one.layouts[first] for one in distributions}, question.target)
    for name in others:
        alike = all(one.layouts[name] == one.layouts[first] for one in distributions)
        layouts = {one.id: one.layouts[name] for one in distributions}
        found[name] = found[first] if alike else find_overlaps(layouts, question.target)
    return found


async def _settle(doubt: Doubt, candidate: Candidate, reader: WheelReader) -> Answer | None:
    """What the content of one member says; None if it cannot be had: the overlap then stays as grave as it looks."""
    key = f"{candidate.sha256}\n{candidate.size}\n{origin_of(candidate.url)}\n{doubt.member}\n{doubt.about}"
    known = None if candidate.sha256 is None else reader.cache.get("verdict", key)
    if isinstance(known, list) and len(known) == len(Answer._fields):
        return Answer(*known)
    limit, head = (INIT_LIMIT, None) if doubt.about == "init" else (HEAD, HEAD)
    try:
        if candidate.path is None:
            await event_loop()
        found = judge_content(doubt, await reader.member(candidate, doubt.member, limit=limit, head=head))
    except (WheelError, FetchError):
        return None
    if candidate.sha256 is not None:
        reader.cache.put("verdict", key, list(found))
    return found


def _ignored(
    question: Question, overlaps: Sequence[Overlap], distributions: Sequence[Distribution]
) -> tuple[frozenset[Overlap], list[str]]:
    """The overlaps the user knows of, and the wishes that matched none."""
    names = {each.id: each.name for each in distributions}
    shown = [overlap for overlap in overlaps if overlap.severity != "none"]
    matched = {each.text: [one for one in shown if each.matches(one, names)] for each in question.ignore}
    return frozenset(one for found in matched.values() for one in found), [
        text for text, found in matched.items() if not found
    ]


# -- commands ------------------------------------------------------------------------------------------------


def _invocation(question: Question, installer: Installer, flags: IndexFlags) -> Invocation:
    """How printed commands name environment and index."""
    options = installer.index_options(
        index_url=flags.index_url,
        extra_index_urls=flags.extra_index_urls,
        find_links=flags.find_links,
        no_index=flags.no_index,
    )
    interpreter = question.interpreter
    if interpreter is None or interpreter.is_active:
        return Invocation(system=question.system, index_options=options)
    return Invocation(str(interpreter.executable), interpreter.has_pip, question.system, options)


def _reading(before: Traffic, reader: WheelReader, from_cache: int) -> Reading:
    now = reader.fetcher.traffic
    return Reading(
        index_requests=now.index_requests - before.index_requests,
        wheel_requests=now.wheel_requests - before.wheel_requests,
        member_requests=now.member_requests - before.member_requests,
        bytes=now.bytes - before.bytes,
        from_cache=from_cache,
    )
