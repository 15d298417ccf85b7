"""Add the contents of wheels to a dataset: of sources, and of the projects of an index that a list names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.contents.collect import Pace, collect_named, collect_sources
from wheelclash.contents.dataset import Dataset, PartWriter, merge_parts
from wheelclash.contents.options import CONNECTIONS, RATE
from wheelclash.contents.rows import Collected
from wheelclash.core.distribution import Skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wheelclash.contents.dataset import Known
    from wheelclash.contents.rows import Found
    from wheelclash.index.settings import IndexSettings
    from wheelclash.progress import Advance
    from wheelclash.session import Session

__all__ = ["Added", "Named", "add"]


class Named(NamedTuple):
    """Projects of an index that are to be collected, and how.

    Attributes:
        names: Normalised.
        settings: Where they are looked for.
        rate: The most requests a second.
        connections: Projects that are read at a time.
        history: Whether all releases are wanted, rather than the newest one that has a wheel.
    """

    names: Sequence[str]
    settings: IndexSettings
    rate: float = RATE
    connections: int = CONNECTIONS
    history: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What was added.

    Attributes:
        dataset: The dataset's folder.
        added, files: Wheels, and rows of files.
        known: Wheels that it had already.
        skipped: What could not be read.
        refused: Wheels that no installer installs, each with the reason; they have no files.
        doubles: Wheels of one file name and different hashes.
        wheels, rows: How many wheels and rows of files the dataset has now.
    """

    dataset: str
    added: int
    files: int
    known: int
    skipped: tuple[Skip, ...]
    refused: tuple[tuple[str, str], ...]
    doubles: tuple[str, ...]
    wheels: int
    rows: int


def add(folder: Path, sources: Sequence[str], session: Session, *, named: Named | None = None) -> Added:
    """Add what a dataset has not yet; what was added before an interruption stays.

    Args:
        folder: The dataset's; it is made if there is none.
        sources: Paths of wheels, folders of wheels, environments, locks and public datasets.
        session: Reads wheels, and is told of progress.
        named: Projects of an index, too.

    Raises:
        QuestionError: A source is none or cannot be read, or the dataset cannot be written.
    """
    dataset = Dataset.open(folder, create=True)
    known = dataset.known()
    added = files = before = 0
    skipped: list[Skip] = []
    refused: list[tuple[str, str]] = []
    with session.fetcher.progress.stage("collect", 0) as advance, PartWriter(dataset, known) as writer:
        for outcome in _found(sources, session, known, named, advance):
            if isinstance(outcome, Collected) and writer.add(*outcome):
                added += 1
                files += len(outcome.files)
                if outcome.wheel.refused is not None:
                    refused.append((outcome.wheel.wheel, outcome.wheel.refused))
            elif isinstance(outcome, Skip):
                skipped.append(outcome)
            else:
                before += 1
            advance(1)
    merge_parts(Dataset.open(folder, create=True))
    after = Dataset.open(folder, create=True)
    return Added(
        dataset=str(folder),
        added=added,
        files=files,
        known=before,
        skipped=tuple(skipped),
        refused=tuple(refused),
        doubles=tuple(writer.doubles),
        wheels=after.wheels,
        rows=after.rows,
    )


def _found(
    sources: Sequence[str], session: Session, known: Known, named: Named | None, advance: Advance
) -> Iterator[Found]:
    """Yield what becomes of every wheel of the sources, and of the named projects."""
    for total, outcomes in collect_sources(sources, session, known):
        advance(0, more=total)
        yield from outcomes
    if named is None:
        return
    session.fetcher.concurrency = named.connections
    session.fetcher.pace = Pace(named.rate)
    advance(0, more=len(named.names))
    for wheels in collect_named(
        named.names, session, named.settings, known, connections=named.connections, history=named.history
    ):
        advance(0, more=len(wheels) - 1)  # a project was counted as one wheel until it was known how many it has
        yield from wheels
