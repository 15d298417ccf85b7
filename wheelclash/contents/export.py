"""Clashes as a table or a page, and a dataset as one file for those who ask it in SQL."""

from __future__ import annotations

import csv
import html
import io
import os
from typing import TYPE_CHECKING

from wheelclash.contents.answers import find_clashes
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelclash.contents.answers import Clashes, Question
    from wheelclash.contents.engine import Engine

__all__ = ["export"]

_COLUMNS = (
    "project", "version", "other_project", "other_version", "severity", "kind", "role", "together", "paths", "example",
)  # fmt: skip


def export(engine: Engine, question: Question, target: Path) -> None:
    """Write clashes, or a whole dataset, to a file; it is there whole or not at all.

    Args:
        engine: Runs the query.
        question: Which clashes are written.
        target: The file; its ending says what is written: ``.csv`` (a row for each pair of projects and way in which
            they clash), ``.html`` (the same as a page) or ``.duckdb`` (the tables of the dataset).

    Raises:
        QuestionError: It has another ending, or cannot be written.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        match target.suffix.lower():
            case ".csv":
                temporary.write_text(_csv(find_clashes(engine, question)), encoding="utf-8", newline="")
            case ".html":
                temporary.write_text(_page(find_clashes(engine, question)), encoding="utf-8")
            case ".duckdb":
                _database(engine, temporary)
            case other:
                raise QuestionError(f"{target}: {other or 'no ending'} is no format.", "Known: .csv, .duckdb, .html.")
        temporary.replace(target)
    except OSError as error:
        raise QuestionError(f"{target} cannot be written ({error.strerror}).") from error
    finally:
        temporary.unlink(missing_ok=True)


def _rows(clashes: Clashes) -> Iterator[tuple[str, ...]]:
    for pair in clashes.pairs:
        for share in pair.shares:
            verdict = share.verdict
            yield (
                pair.first.name,
                next(iter(pair.first.versions), ""),
                pair.second.name,
                next(iter(pair.second.versions), ""),
                verdict.severity,
                verdict.kind,
                verdict.role,
                "yes" if verdict.together else "no",
                str(share.paths),
                share.example,
            )


def _csv(clashes: Clashes) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows([_inert(cell) for cell in row] for row in _rows(clashes))
    return text.getvalue()


def _inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: names in wheels are hostile."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _page(clashes: Clashes) -> str:
    heads = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in _COLUMNS)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(clashes)
    )
    left_out = ", ".join(f"{name}: {count:,}" for name, count in clashes.left_out._asdict().items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Clashes</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body {{ font: 14px sans-serif }} td, th {{ padding: 2px 8px; text-align: left }}</style></head>
<body><h1>{len(clashes.pairs):,} pairs of projects clash</h1>
<p>Among {clashes.wheels:,} wheels with {clashes.files:,} files. Left out: {left_out}.</p>
<table><thead><tr>{heads}</tr></thead><tbody>
{body}
</tbody></table></body></html>
"""


def _database(engine: Engine, target: Path) -> None:
    """Write the tables of the dataset to a DuckDB file."""
    import duckdb

    connection = duckdb.connect(os.fspath(target))
    try:
        connection.execute("SET enable_progress_bar = false")
        for name in engine.tables._fields:
            connection.read_parquet(engine.dataset.files(name)).create(name)
    finally:
        connection.close()
