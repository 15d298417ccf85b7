"""RECORD, read with care.

The rows are split by :mod:`csv` and held as ``installer.records.RecordEntry``; everything that library lets
through and an owner of files may not (paths that escape, hashes of the wrong length, duplicate rows) is
checked here. Recording installed projects: PEP 376 and the "Recording installed projects" specification.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wheelclash.errors import WheelError
from wheelclash.reading.contents import Finding, Noted
from wheelclash.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from installer.records import RecordEntry

__all__ = ["MAX_ROWS", "Record", "normalise", "parse_record"]

MAX_ROWS = 2_000_000
MAX_PATH = 4096

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Algorithms that prove equality, and how long their digests are. md5 and sha1 prove nothing (PEP 376 forbids
them, and they can be forged)."""

_COLUMNS = 3
_DRIVE = re.compile(r"^[A-Za-z]:")
_ASCII_SIZE = re.compile(r"[0-9]{1,19}", re.ASCII)
_URLSAFE = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


@value
class Row:
    """What RECORD says of one path; None where it says nothing usable."""

    digest: str | None
    size: int | None


@dataclass(slots=True)
class Record:
    """A parsed RECORD: rows by normalised archive path, and what is odd about them."""

    rows: dict[str, Row] = field(default_factory=dict)
    findings: Noted = field(default_factory=Noted)


def normalise(path: str) -> str | None:
    """``path`` with ``.``, ``//`` and inner ``..`` resolved lexically.

    Returns:
        None if it is absolute, names a drive or climbs out of the root; ``.`` if it is the root itself.
    """
    if path.startswith("/") or _DRIVE.match(path):
        return None
    if "//" not in path and "." not in path:  # most are plain folders of plain names
        return path
    clean = posixpath.normpath(path)
    return None if clean == ".." or clean.startswith("../") else clean


def parse_record(data: bytes, filename: str) -> Record:
    """Parse the bytes of a wheel's RECORD.

    Args:
        data: The member, inflated.
        filename: The wheel's file name, for errors.

    Raises:
        WheelError: It is no CSV at all (``unreadable``) or has too many rows (``limit``).
    """
    record = Record()
    text = _decode(data, record)
    for number, elements in enumerate(_split(text, filename)):
        if number >= MAX_ROWS:
            raise WheelError(filename, "limit", f"its RECORD has more than {MAX_ROWS} rows")
        _add(record, elements)
    return record


def _decode(data: bytes, record: Record) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        record.findings.append(Finding("byte-order-mark", None, "RECORD begins with a byte order mark"))
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        record.findings.append(Finding("not-utf-8", None, f"RECORD is not UTF-8 (byte {error.start})"))
        return data.decode("utf-8", "surrogateescape")


def _split(text: str, filename: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for elements in reader:
            if elements:  # blank lines say nothing
                yield elements
    except csv.Error as error:
        code = "limit" if "field limit" in str(error) else "unreadable"
        raise WheelError(filename, code, f"its RECORD is not CSV (line {reader.line_num}: {error})") from error


def _add(record: Record, elements: list[str]) -> None:
    written = elements[0]
    path = _path_of(record, written)
    if path is None:
        return
    if len(elements) != _COLUMNS:
        detail = f"a RECORD row has {len(elements)} columns instead of 3"
        record.findings.append(Finding("row-width", path, detail))
        elements = [*elements, "", ""][:_COLUMNS]
    entry = _entry(path, elements[1], elements[2])
    digest = _digest(record, path, entry)
    row = Row(digest, _size(record, path, elements[2]))
    before = record.rows.get(path)
    if before is not None:
        same = before == row
        detail = "RECORD lists it twice" if same else "RECORD lists it twice, with different hashes or sizes"
        record.findings.append(Finding("duplicate-row", path, detail))
        if not same:
            row = Row(None, None)  # neither row can be trusted over the other
    record.rows[path] = row


def _path_of(record: Record, written: str) -> str | None:
    def odd(code: str, detail: str) -> None:
        record.findings.append(Finding(code, written[:MAX_PATH], detail))

    if not written:
        odd("empty-path", "a RECORD row has no path")
        return None
    if len(written) > MAX_PATH or "\0" in written:
        odd("unsafe-row", "a RECORD path is too long or holds a NUL; the row is left out")
        return None
    if "\\" in written:
        odd("backslash", "a RECORD path is written with backslashes")
    path = written.replace("\\", "/")
    if path.endswith("/"):
        odd("directory-row", "RECORD lists a folder; folders have no owner")
        return None
    clean = normalise(path)
    if clean is None or clean == ".":
        odd("unsafe-row", "a RECORD path leaves the installation root; the row is left out")
        return None
    return clean


def _entry(path: str, hash_: str, size: str) -> RecordEntry | None:
    from installer.records import InvalidRecordEntry, RecordEntry  # dear; cached runs do without

    try:
        return RecordEntry.from_elements(path, hash_, size if _ASCII_SIZE.fullmatch(size) else "")
    except InvalidRecordEntry:
        return None


def _size(record: Record, path: str, written: str) -> int | None:
    if not written:
        return None
    if _ASCII_SIZE.fullmatch(written):
        return int(written)
    record.findings.append(Finding("bad-size", path, "the size in RECORD is not a plain number"))
    return None


def _digest(record: Record, path: str, entry: RecordEntry | None) -> str | None:
    """The row's hash as ``algorithm:hex``; None, with a finding, if it proves nothing."""
    if entry is None:
        record.findings.append(Finding("bad-hash", path, "the hash in RECORD is not of the form algorithm=digest"))
        return None
    if entry.hash_ is None:
        return None
    name, value = entry.hash_.name.lower(), entry.hash_.value
    length = _DIGEST_BYTES.get(name)
    if length is None:
        record.findings.append(Finding("weak-hash", path, f"RECORD uses {name}, which proves nothing here"))
        return None
    bare = value.rstrip("=").replace("+", "-").replace("/", "_")
    if not _URLSAFE.fullmatch(bare):
        record.findings.append(Finding("bad-hash", path, "the hash in RECORD is not base64"))
        return None
    try:
        digest = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != length:
        record.findings.append(Finding("bad-hash", path, f"the hash in RECORD is not {length} bytes long"))
        return None
    if bare != value:
        detail = "the hash in RECORD is padded or not in the urlsafe alphabet"
        record.findings.append(Finding("odd-hash", path, detail))
    return f"{name}:{digest.hex()}"
