"""The public datasets of package files: Parquet files with the name of each wheel, the paths in it and their hashes.

They have no RECORD, no METADATA and no hash of the wheel itself. What they do have is laid out by the same code as a
wheel that was read; a wheel is known by its file name, and contents compare with each other alone (git blobs, SHA-1).
Commands of ``entry_points.txt`` are not in it.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from wheelclash.contents.rows import Collected, Source, file_rows, wheel_row
from wheelclash.core.contents import Contents, Member, Members
from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.wheel.record import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wheelclash.contents.dataset import Known
    from wheelclash.contents.rows import Found

__all__ = ["read_published"]

_NAMES = {
    "wheel": ("project_release", "wheel", "filename"),
    "path": ("archive_path", "path"),
    "hash": ("hash", "content_hash", "sha256"),
    "size": ("size",),
}
"""How columns are called; the first that a file has counts."""

_DIST_INFO = re.compile(r"[^/]+\.dist-info(?=/)")
_BATCH = 100_000


class _Columns(NamedTuple):
    """The columns of one dataset, by what they hold; None for what it does not have."""

    wheel: str
    path: str
    hash: str
    size: str | None


def read_published(places: Sequence[Path], known: Known) -> tuple[int, Iterator[Found]]:
    """Read the wheels of a public dataset.

    Args:
        places: Its Parquet files, and folders of them.
        known: What the dataset that they are added to has; such wheels are left out.

    Returns:
        How many wheels there are, and what becomes of each, by file name.

    Raises:
        QuestionError: A file is no Parquet file, or lacks a column.
    """
    import duckdb

    files = sorted(str(file) for place in places for file in (place.glob("*.parquet") if place.is_dir() else [place]))
    opened = ExitStack()
    spill = opened.enter_context(tempfile.TemporaryDirectory(prefix="wheelclash-", ignore_cleanup_errors=True))
    connection = opened.enter_context(duckdb.connect())
    connection.execute(
        "SET memory_limit = '2GB'; SET preserve_insertion_order = false; SET enable_progress_bar = false"
    )
    connection.execute("SET temp_directory = '" + spill.replace("'", "''") + "'")
    try:
        table = connection.read_parquet(files, union_by_name=True)
        columns = _columns(table.columns)
        wheels = table.filter(f"lower({columns.wheel}) LIKE '%.whl' AND {columns.hash} IS NOT NULL")
        total = wheels.aggregate(f"count(DISTINCT {columns.wheel})").fetchall()[0][0]
    except QuestionError:
        opened.close()
        raise
    except duckdb.Error as error:
        opened.close()
        reason = " ".join(str(error).split())[:200]
        raise QuestionError(f"{files[0]} and the others cannot be read: {reason}") from None
    size = columns.size or "NULL"
    wanted = wheels.project(f"{columns.wheel}, {columns.path}, {columns.hash}, {size}")
    in_order = wanted.order(f"{columns.wheel}, {columns.path}").sql_query()

    def read() -> Iterator[Found]:
        members: list[Member]
        filename, members = "", []
        with opened:
            rows = connection.execute(in_order)
            while batch := rows.fetchmany(_BATCH):
                for wheel, path, digest, bytes_ in batch:
                    if wheel != filename:
                        if members:
                            yield _collected(filename, members, known)
                        filename, members = wheel, []
                    clean = normalise(path)
                    if clean is not None:
                        members.append(Member(clean, bytes_, 0, _digest(digest)))
            if members:
                yield _collected(filename, members, known)

    return total, read()


def _columns(names: Sequence[str]) -> _Columns:
    """Return which columns hold what.

    Raises:
        QuestionError: One that is needed is missing.
    """
    columns = {what: next((name for name in several if name in names), None) for what, several in _NAMES.items()}
    missing = [what for what in ("wheel", "path", "hash") if columns[what] is None]
    if missing:
        wanted = ", ".join(" or ".join(_NAMES[what]) for what in missing)
        raise QuestionError(f"The Parquet files have no column {wanted}.", f"They have: {', '.join(names)}.")
    return _Columns(columns["wheel"] or "", columns["path"] or "", columns["hash"] or "", columns["size"])


def _digest(value: Any) -> str | None:
    """Return a content hash as ``algorithm:hex``: 20 bytes are a git blob's SHA-1, 32 bytes a SHA-256."""
    data = value if isinstance(value, bytes | bytearray) else bytes.fromhex(value) if _is_hex(value) else b""
    algorithm = {20: "git-sha1", 32: "sha256"}.get(len(data))
    return None if algorithm is None else f"{algorithm}:{bytes(data).hex()}"


def _is_hex(value: Any) -> bool:
    return isinstance(value, str) and len(value) % 2 == 0 and re.fullmatch(r"[0-9a-fA-F]*", value) is not None


def _collected(filename: str, members: Sequence[Member], known: Known) -> Found:
    """Return a wheel with its rows, or why it cannot be laid out; None if it is known."""
    source = Source(filename, "published", None)
    if source.identity in known or known.has_name(filename):
        return None
    dist_info = next((match[0] for member in members if (match := _DIST_INFO.match(member.path))), None)
    if dist_info is None:
        return Skip(filename, "no-dist-info", "it has no .dist-info folder; it is no wheel")
    paths, sizes, checksums, digests, *_ = zip(*members, strict=True)  # a size may be unknown
    contents = Contents(dist_info, "true", Members(paths, sizes, checksums, digests), (), "", (), None, ())
    try:
        wheel = wheel_row(source, contents, "published")
    except ValueError:
        return Skip(filename, "unreadable", "the file name is no wheel's")
    files, refused = file_rows(contents)
    return Collected(wheel._replace(refused=refused), files)
