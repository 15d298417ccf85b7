"""The commands on a dataset of the contents of wheels: from the options of the command line to the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.cli.output import require_writable, write_report
from wheelclash.contents.options import ADD, CLASHES, GATE, WHO
from wheelclash.errors import QuestionError
from wheelclash.files import LARGEST_DESCRIPTION, TooLargeError, read_file
from wheelclash.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wheelclash.cli.parser import CommandOptions
    from wheelclash.contents.answers import Question
    from wheelclash.contents.dataset import Dataset, Known
    from wheelclash.contents.engine import Engine
    from wheelclash.contents.rows import Found
    from wheelclash.index.settings import IndexSettings

__all__ = ["run_contents"]

_EVERY_SECONDS = 0.5
_USUAL_COLUMNS = 80


def run_contents(options: CommandOptions) -> int:
    """Run one of the commands and return its exit code.

    Raises:
        QuestionError: The question cannot be answered as asked, or an extra is missing.
    """
    from wheelclash.contents.dataset import Dataset, require_extra
    from wheelclash.contents.report import ClashesReport, OwnersReport

    require_extra()
    require_writable(options)
    folder = Path(options.contents.dataset)
    if options.command == ADD:
        return _add(folder, options)
    dataset = Dataset.open(folder)
    if options.command == WHO:
        from wheelclash.contents.owners import find_owners

        answers = find_owners(dataset, options.contents.paths, history=options.contents.history)
        owners = OwnersReport(dataset.wheels, dataset.rows, answers)
        write_report(owners, options)
        return owners.exit_code()
    with _engine(dataset, options) as engine:
        if options.command == CLASHES:
            from wheelclash.contents.answers import find_clashes

            report = ClashesReport(find_clashes(engine, _question(options)))
        elif options.command == GATE:
            from wheelclash.contents.gate import find_clashes_of_wheels

            with Session(options.session) as session:
                report = ClashesReport(
                    find_clashes_of_wheels(engine, options.contents.wheels, _question(options), session)
                )
        else:
            from wheelclash.contents.export import export

            export(engine, _question(options), Path(options.contents.target))
            return 0
    write_report(report, options)
    return report.exit_code(allow_incomplete=options.allow_incomplete)


def _question(options: CommandOptions) -> Question:
    from wheelclash.contents.answers import Question

    asked = options.contents
    return Question(
        history=asked.history,
        projects=tuple(canonicalize_name(name) for name in asked.projects),
        below=asked.below,
        min_severity=asked.min_severity,
        apart=asked.apart,
        crowd=asked.crowd,
    )


def _engine(dataset: Dataset, options: CommandOptions) -> Engine:
    from wheelclash.contents.engine import DuckDB, Spark

    if options.contents.spark is not None:
        return Spark(dataset, options.contents.spark)
    return DuckDB(dataset, memory=options.contents.memory)


# -- add ---------------------------------------------------------------------------------------------------------------


def _add(folder: Path, options: CommandOptions) -> int:
    from wheelclash.contents.dataset import Dataset, PartWriter, merge_parts
    from wheelclash.contents.report import AddReport
    from wheelclash.contents.rows import Collected
    from wheelclash.core.distribution import Skip

    dataset = Dataset.open(folder, create=True)
    known = dataset.known()
    progress = _Progress()
    added = files = before = 0
    skipped: list[Skip] = []
    refused: list[tuple[str, str]] = []
    with Session(options.session) as session, PartWriter(dataset, known) as writer:
        for outcome in progress.watched(_found(options, session, known, progress)):
            if isinstance(outcome, Collected) and writer.add(*outcome):
                added += 1
                files += len(outcome.files)
                if outcome.wheel.refused is not None:
                    refused.append((outcome.wheel.wheel, outcome.wheel.refused))
            elif isinstance(outcome, Skip):
                skipped.append(outcome)
            else:
                before += 1
    merge_parts(Dataset.open(folder, create=True))
    after = Dataset.open(folder, create=True)
    report = AddReport(
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
    write_report(report, options)
    return report.exit_code(allow_incomplete=options.allow_incomplete)


def _found(options: CommandOptions, session: Session, known: Known, progress: _Progress) -> Iterator[Found]:
    """Yield what becomes of every wheel of the sources, and of the named projects."""
    from wheelclash.contents.collect import Pace, Shard, collect_named, collect_sources, read_names

    asked = options.contents
    names = None if asked.names is None else read_names(_text(asked.names), Shard(*asked.shard))
    for total, outcomes in collect_sources(asked.sources, session, known):
        progress.total += total
        yield from outcomes
    if names is None:
        return
    session.fetcher.concurrency = asked.connections
    session.fetcher.pace = Pace(asked.rate)
    settings = _settings(options, session)
    progress.total += len(names)
    for wheels in collect_named(names, session, settings, known, connections=asked.connections, history=asked.history):
        progress.total += len(wheels) - 1  # a project was counted as one wheel until it was known how many it has
        yield from wheels


def _settings(options: CommandOptions, session: Session) -> IndexSettings:
    from wheelclash.index.settings import resolve_settings

    return resolve_settings(
        flags=options.index_options,
        installer="uv" if options.installer is None else options.installer,
        environ=os.environ,
        cwd=Path.cwd(),
        no_config=not options.use_config,
        credentials=session.credentials,
        prefix=None,
        cache=session.cache,
        needed=True,
    )


def _text(place: str) -> str:
    """Return the text of a file, or of standard input.

    Raises:
        QuestionError: It cannot be read, or is no text.
    """
    try:
        if place != "-":
            data = read_file(place, LARGEST_DESCRIPTION)
        else:
            data = sys.stdin.buffer.read(LARGEST_DESCRIPTION + 1)
            if len(data) > LARGEST_DESCRIPTION:
                raise TooLargeError(place, LARGEST_DESCRIPTION)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise QuestionError(f"--names {place}: it cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise QuestionError(f"--names {place}: it is no text in UTF-8.") from None


class _Progress:
    """A line on standard error that says how far it is; only on a terminal.

    Attributes:
        total: Wheels that are known to come.
    """

    def __init__(self) -> None:
        self.total = 0
        self._done = 0
        self._rows = 0
        self._began = monotonic()
        self._shown = 0.0
        self._width = 0

    def watched(self, outcomes: Iterable[Found]) -> Iterator[Found]:
        """Yield every outcome, and show how far it is."""
        shows = sys.stderr.isatty()
        try:
            for outcome in outcomes:
                self._done += 1
                self._rows += len(getattr(outcome, "files", ()))
                if shows and monotonic() - self._shown > _EVERY_SECONDS:
                    self._show()
                yield outcome
        finally:
            if self._width:
                sys.stderr.write("\r" + " " * self._width + "\r")
                sys.stderr.flush()

    def _show(self) -> None:
        from wheelclash.contents.collect import progress_of

        self._shown = monotonic()
        text = progress_of(self.total, self._done, self._rows, self._shown - self._began)[: _columns() - 1]
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)


def _columns() -> int:
    """Return the width of the terminal that standard error is; a line that is wrapped could not be overwritten."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _USUAL_COLUMNS
    except (OSError, ValueError):
        return _USUAL_COLUMNS
