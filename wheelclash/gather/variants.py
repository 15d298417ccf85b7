"""The wheel variants of a set: which are wanted, and the order in which the installer prefers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.errors import FetchError, QuestionError
from wheelclash.gather.pages import links_of, look_up_all
from wheelclash.index.client import Found, Links
from wheelclash.resolve.requirement import Asked
from wheelclash.target.variants import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.gather.one_target import Gatherer
    from wheelclash.gather.result import TargetSet
    from wheelclash.question import Question
    from wheelclash.resolve.variants import Wish
    from wheelclash.wheel.reader import WheelReader

__all__ = ["pages_of_variants", "with_variants"]


def with_variants(
    gatherers: Sequence[Gatherer],
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


def pages_of_variants(
    gatherers: Iterable[Gatherer],
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
        links = links_of(settings, reader)
        listed = [] if not isinstance(links, Links) else [name for _, files in links.files for name in files]
        names = gatherer.closure.variants.union(listed) & gatherer.resolved - known.keys()
        wanted |= {name: Asked(text=name, name=name) for name in sorted(names)}
    return look_up_all(wanted.values(), settings, reader) if settings is not None else {}
