"""A publisher's gate: which projects of a dataset would clash with wheels that are about to be uploaded."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.contents.answers import find_clashes
from wheelclash.contents.collect import collect_sources
from wheelclash.contents.dataset import Dataset, PartWriter
from wheelclash.contents.expression import Tables, newest_wheels
from wheelclash.contents.rows import Collected
from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.contents.answers import Clashes, Question
    from wheelclash.contents.engine import Engine
    from wheelclash.session import Session

__all__ = ["find_clashes_of_wheels"]


def find_clashes_of_wheels(engine: Engine, wheels: Sequence[str], question: Question, session: Session) -> Clashes:
    """Find the pairs of a publisher's projects and others of a dataset that would clash.

    What the dataset has of the publisher's projects themselves does not count: the wheels take its place.

    Args:
        engine: Runs the query over the dataset.
        wheels: Paths of wheels, and of folders of wheels.
        question: Which clashes are asked for; of its ``projects`` nothing is read.
        session: Reads the wheels.

    Raises:
        QuestionError: No wheel could be read, or the engine fails.
    """
    projects: dict[int, str] = {}
    skipped: list[Skip] = []
    with tempfile.TemporaryDirectory(prefix="wheelclash-", ignore_cleanup_errors=True) as folder:
        dataset = Dataset.open(Path(folder), create=True)
        with PartWriter(dataset, dataset.known()) as writer:
            for _, outcomes in collect_sources(wheels, session, writer.known):
                for outcome in outcomes:
                    if isinstance(outcome, Collected):
                        writer.add(*outcome)
                        projects[outcome.wheel.project_id] = outcome.wheel.project
                    elif isinstance(outcome, Skip):
                        skipped.append(outcome)
        if not projects:
            raise QuestionError("No wheel could be read.", " ".join(skip.reason for skip in skipped[:1]))
        tables = engine.tables_of(Dataset.open(Path(folder)))
        clashes = find_clashes(
            engine,
            question._replace(projects=sorted(projects.values()), history=True),
            tables=_joined(engine, tables, list(projects), history=question.history),
        )
    return clashes._replace(question=question, skipped=tuple(skipped), gated=tuple(sorted(projects.values())))


def _joined(engine: Engine, ours: Tables, numbers: Sequence[int], *, history: bool) -> Tables:
    """Return the tables of a publisher's wheels, and of what the dataset has of other projects at their paths."""
    theirs = engine.tables
    hashes = engine.kept(ours.paths.select("path_hash").distinct())
    others = theirs.wheels.filter(~theirs.wheels.project_id.isin(numbers))
    others = others if history else newest_wheels(others)
    paths = theirs.paths.filter(~theirs.paths.project_id.isin(numbers)).semi_join(hashes, "path_hash")
    files = theirs.files.filter(~theirs.files.project_id.isin(numbers)).semi_join(hashes, "path_hash")
    return Tables(
        wheels=engine.kept(others.union(ours.wheels)),
        files=engine.kept(files.union(ours.files)),
        paths=engine.kept(paths.union(ours.paths)),
    )
