"""The siblings of a project: known families, what a meta package requires, usual names, labels of wheel variants."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Candidate
from wheelclash.errors import FetchError, QuestionError, WheelError
from wheelclash.gather.pages import look_up, look_up_all
from wheelclash.index.client import Found
from wheelclash.resolve.choose import choose
from wheelclash.resolve.requirement import Asked, parse
from wheelclash.threads import run_all
from wheelclash.wording import some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelclash.core.distribution import Distribution
    from wheelclash.index.client import Source
    from wheelclash.index.settings import IndexSettings
    from wheelclash.inputs import Inputs
    from wheelclash.resolve.families import Siblings
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = ["with_siblings"]

_FEW = 3


def with_siblings(
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
        variants = _known_siblings(project, target, settings, reader)
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


def _known_siblings(name: str, target: Target, settings: IndexSettings, reader: WheelReader) -> Siblings:
    """Return the other variants of a project.

    From the list of families, from what its meta package requires, and from the labels of wheel variants.
    """
    from wheelclash.core.distribution import requirements_of
    from wheelclash.resolve.families import Siblings, family_of, siblings

    family = family_of(name)
    meta = family.meta if family is not None and family.meta is not None else name
    page = look_up(meta, settings, reader)
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
    pages = look_up_all(asked, settings, reader)
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
    page = look_up(stem, settings, reader)
    choice = choose(Asked(text=stem, name=stem), page, target) if isinstance(page, Found) else None
    labels = [wheel.variant for wheel in choice.wheels if wheel.variant] if isinstance(choice, Candidate) else []
    if not labels:
        return Siblings((), "")
    by_label = [canonicalize_name(f"{stem}-{label}") for label in labels]
    others = look_up_all([Asked(text=other, name=other) for other in by_label], settings, reader)
    known = {other for other, its in others.items() if isinstance(its, Found) and any(map(_has_files, its.sources))}
    names = tuple(other for other in dict.fromkeys([stem, *by_label]) if other != name and other in {stem, *known})
    return Siblings(names, f"{stem} publishes wheel variants ({some(labels, _FEW)}), which take the place of these")


def _has_files(source: Source) -> bool:
    return bool(source.files)
