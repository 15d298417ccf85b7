"""Installed RECORDs: what an installer says it wrote, and what an uninstall will take.

They differ from the RECORD of a wheel: paths are relative to site-packages and may climb out of it
(``../../../bin/tool``), bytecode stands in them without a hash, and an environment may have half a million rows. So no
object is made for a row: a RECORD becomes a set of keys, and only the rows of contested files are looked at again.
"""

from __future__ import annotations

import csv
import errno
import io
import os
from typing import TYPE_CHECKING

from wheelclash.files import IrregularFileError, open_file
from wheelclash.reading.contents import Finding, Noted
from wheelclash.reading.record import (
    BYTECODE,
    MAX_PATH,
    MAX_ROWS,
    NOTHING_RECORDED,
    RecordedFile,
    UnusableHash,
    decode_record,
    parse_hash,
    parse_size,
)
from wheelclash.role import is_sourceless

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wheelclash.environment.places import Places

__all__ = [
    "MAX_BYTES",
    "NOTHING_THERE",
    "RecordError",
    "read_small",
    "recorded_files",
    "recorded_keys",
]

MAX_BYTES = 256 * 1024 * 1024
"""The largest RECORD that is read."""

NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""What the system says of a path at which there is nothing: no file, links in a circle, a name no file can have."""

_SIGNS = ("//", "./", "\\", "\0", ":")
"""One of these is in ``/path/`` if a path is no key as it is. Most RECORDs hold none, and are searched as a whole."""

_NOT_CLEAN = ("//", "/./", "/../", "\\")


class RecordError(Exception):
    """A RECORD that cannot be read.

    Attributes:
        code: ``no-record``, ``unreadable`` or ``limit``.
        reason: One sentence.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def recorded_keys(record: str, site: str, places: Places) -> tuple[set[str], list[Finding]]:
    """The keys of the files that a RECORD lists, and what is odd about it.

    Rows that stand for no file of the distribution are left out: bytecode, and scripts that were not installed
    (:func:`_rows_of_files`).

    Args:
        record: The path of the RECORD.
        site: The site-packages folder it is relative to.
        places: Of the environment.

    Raises:
        RecordError: It cannot be read.
    """
    findings = Noted()
    text = _read(record, findings)
    paths, rows = _rows_of_files(text, record)
    if len(paths) > MAX_ROWS:
        raise RecordError("limit", f"its RECORD has more than {MAX_ROWS} rows")
    strange = _strange(paths)
    found = set(paths)
    if len(found) < len(paths):
        _note_duplicates(paths, rows, findings)
    found -= strange
    if site != places.sites[0]:
        found = {f"{site}/{path}" for path in found}
    keys = (_key(path, site, places, findings) for path in sorted(strange))
    found.update(key for key in keys if key is not None)
    return found, list(findings)


def recorded_files(
    record: str, site: str, places: Places, wanted: Collection[str] | None, findings: Noted | None = None
) -> dict[str, RecordedFile]:
    """What a RECORD says of some files.

    Args:
        record: The path of the RECORD.
        site: The site-packages folder it is relative to.
        places: Of the environment.
        wanted: Keys; None for all.
        findings: Where to note hashes of these files that prove nothing.

    Raises:
        RecordError: It cannot be read any more.
    """
    found: dict[str, RecordedFile] = {}
    ignored = Noted()
    text = _read(record, ignored)
    prefix = "" if site == places.sites[0] else f"{site}/"
    paths, rows = _rows_of_files(text, record)
    strange = _strange(paths)
    for path, row in zip(paths, rows, strict=True):
        key = _key(path, site, places, ignored) if path in strange else prefix + path
        if key is not None and (wanted is None or key in wanted):
            file = _file(row, path, ignored if findings is None else findings)
            if key in found and found[key] != file:
                file = NOTHING_RECORDED
            found[key] = file
    return found


def read_small(path: str, limit: int) -> bytes | None:
    """The content of a small regular file.

    Args:
        path: Where.
        limit: Bytes; of a larger file only so many are read.

    Returns:
        None if it is not there, or no regular file.

    Raises:
        OSError: It is there and cannot be read.
    """
    try:
        descriptor, status = open_file(path)
    except IrregularFileError:
        return None
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return None
        raise
    try:
        pieces = []
        while limit > 0 and (piece := os.read(descriptor, min(limit, status.st_size + 1))):
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _read(record: str, findings: Noted) -> str:
    try:
        data = read_small(record, MAX_BYTES + 1)
    except OSError as error:
        raise RecordError("unreadable", f"its RECORD cannot be read ({error.strerror})") from error
    if data is None:
        raise RecordError("no-record", "it has no RECORD: nothing says which files are its own")
    if len(data) > MAX_BYTES:
        raise RecordError("limit", f"its RECORD has more than {MAX_BYTES} bytes")
    if not data.strip():
        raise RecordError("no-record", "its RECORD is empty: nothing says which files are its own")
    return decode_record(data, findings)


def _rows_of_files(text: str, record: str) -> tuple[list[str], Sequence[str | list[str]]]:
    """The path of each row that stands for a file of the distribution, and the row, whole or in parts.

    Left out are bytecode (but of modules without source, which is imported itself), and what lies in the wheel's own
    data folder (``NAME-1.0.data/scripts/tool``): nothing is ever installed there. Installers
    leave such a row where they skip a script that has the name of a generated command.
    """
    paths, rows = _rows(text)
    own_data = os.path.basename(os.path.dirname(record)).removesuffix(".dist-info") + ".data/"  # noqa: PTH119, PTH120
    no_files = [path for path in paths if path.endswith(BYTECODE)]
    if any(map(is_sourceless, no_files)):  # modules that came without their source
        sources = set(paths)
        no_files = [path for path in no_files if not is_sourceless(path) or path[:-1] in sources]
    if own_data in text:
        no_files += [path for path in paths if path.startswith(own_data)]
    if not no_files:
        return paths, rows
    left_out = set(no_files)
    kept = [number for number, path in enumerate(paths) if path not in left_out]
    return [paths[number] for number in kept], [rows[number] for number in kept]


def _rows(text: str) -> tuple[list[str], Sequence[str | list[str]]]:
    """The path of each row, and the row, whole or in parts; blank lines say nothing."""
    if '"' not in text and "\r" not in text:
        lines = [line for line in text.split("\n") if line]
        return [line.split(",", 1)[0] for line in lines], lines
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        code = "limit" if "field limit" in str(error) else "unreadable"
        raise RecordError(code, f"its RECORD is not CSV ({error})") from error
    return [row[0] for row in rows], rows


def _file(row: str | list[str], path: str, findings: Noted) -> RecordedFile:
    """What one row says of its file."""
    cells = row.split(",") if isinstance(row, str) else row
    _, written_hash, written_size, *_ = [*cells, "", ""]
    digest = parse_hash(written_hash)
    if isinstance(digest, UnusableHash):
        findings.append(Finding(digest.code, path, digest.detail))
        digest = None
    return RecordedFile(digest, parse_size(written_size))


def _note_duplicates(paths: Sequence[str], rows: Sequence[str | list[str]], findings: Noted) -> None:
    """Note the paths that have several rows, and whether these agree."""
    first: dict[str, RecordedFile] = {}
    ignored = Noted()
    for path, row in zip(paths, rows, strict=True):
        file = _file(row, path, ignored)
        if path in first:
            differs = "" if first[path] == file else ", with different hashes or sizes: neither is believed"
            findings.append(Finding("duplicate-row", path, f"the installed RECORD lists it twice{differs}"))
        first.setdefault(path, file)


def _strange(paths: list[str]) -> set[str]:
    """Those that are not, as they are, paths below their own site-packages folder."""
    joined = f"/{'/'.join(paths)}/"
    odd = {path for sign in _SIGNS if sign in joined for path in paths if sign in f"/{path}/"}
    return {path for path in odd if not _is_clean(path)}


def _is_clean(path: str) -> bool:
    """Whether a row's path is, as it is, a path below its own site-packages folder."""
    return (
        path[:1] not in {"", ".", "/"}
        and path[1:2] != ":"
        and not path.endswith(("/", "/.", "/.."))
        and "\0" not in path
        and not any(each in path for each in _NOT_CLEAN)
    )


def _key(path: str, site: str, places: Places, findings: Noted) -> str | None:
    """The key of a path that is not plain; None, with a finding, if it is nobody's business."""
    if not path or "\0" in path or len(path) > MAX_PATH:
        findings.append(Finding("unsafe-row", path or None, "a row of the installed RECORD has no usable path"))
        return None
    clean = path.replace("\\", "/")
    if clean.endswith(("/", "/.", "/..")) or clean in {".", ".."}:
        findings.append(Finding("directory-row", path, "RECORD lists a folder; an uninstall removes all that is in it"))
        return None
    key = places.key(site, clean)
    if key is None:
        detail = "the installed RECORD lists a file outside of the environment; it is left alone"
        findings.append(Finding("outside-prefix", path, detail))
    return key
