"""The commands on a dataset of the contents of wheels: from the options of the command line to the exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.cli.display import open_session
from wheelclash.cli.output import write_report
from wheelclash.contents.options import ADD, CLASHES, GATE, WHO
from wheelclash.errors import QuestionError
from wheelclash.files import LARGEST_DESCRIPTION, TooLargeError, read_file

if TYPE_CHECKING:
    from wheelclash.cli.parser import CommandOptions
    from wheelclash.contents.answers import Question
    from wheelclash.contents.dataset import Dataset
    from wheelclash.contents.engine import Engine
    from wheelclash.index.settings import IndexSettings
    from wheelclash.session import Session

__all__ = ["run_contents"]


def run_contents(options: CommandOptions) -> int:
    """Run one of the commands and return its exit code.

    Raises:
        QuestionError: The question cannot be answered as asked, or an extra is missing.
    """
    from wheelclash.contents.dataset import Dataset, require_extra
    from wheelclash.contents.report import ClashesReport, OwnersReport

    require_extra()
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

            with open_session(options) as session:
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
    from wheelclash.contents.add import Named, add
    from wheelclash.contents.collect import Shard, read_names
    from wheelclash.contents.report import AddReport

    asked = options.contents
    names = None if asked.names is None else read_names(_text(asked.names), Shard(*asked.shard))
    with open_session(options) as session:
        named = None
        if names is not None:
            settings = _settings(options, session)
            named = Named(names, settings, rate=asked.rate, connections=asked.connections, history=asked.history)
        report = AddReport(add(folder, asked.sources, session, named=named))
    write_report(report, options)
    return report.exit_code(allow_incomplete=options.allow_incomplete)


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
