"""RECORD, read with care: what a row means, in a wheel and in an environment alike.

Paths differ: those of an installed RECORD may lead out of site-packages. What a hash and a size mean, which rows stand
for bytecode, and what two rows for one path mean is the same for both, and is decided here. Specification: PEP 376 and
"Recording installed projects".
"""

from __future__ import annotations

import binascii
import csv
import hashlib
import io
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.contents import Finding, Noted
from wheelclash.errors import WheelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "BYTECODE",
    "EMPTY_DIGESTS",
    "MAX_PATH",
    "MAX_ROWS",
    "NOTHING_RECORDED",
    "Record",
    "RecordedFile",
    "UnusableHash",
    "decode_record",
    "normalise",
    "parse_hash",
    "parse_record",
    "parse_size",
]

MAX_ROWS = 2_000_000
MAX_PATH = 4096
"""Characters of a path: no system opens a longer one."""

BYTECODE = (".pyc", ".pyo", "/__pycache__", "/__pycache__/")
"""How the path of a row ends that stands for bytecode. Interpreters make and remove it as they like, and virtualenv
records ``__pycache__`` folders that do not exist yet: whether it is there says nothing."""

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Algorithms that prove equality, and how long their digests are. md5 and sha1 prove nothing (PEP 376 forbids
them, and they can be forged)."""

EMPTY_DIGESTS = frozenset(f"{name}:{hashlib.new(name).hexdigest()}" for name in _DIGEST_BYTES)
"""The hashes of the empty file: the one content of which the size tells whether its hash is right."""

_COLUMNS = 3
_DRIVE = re.compile(r"^[A-Za-z]:")
_ASCII_SIZE = re.compile(r"\+?[0-9]{1,19}", re.ASCII)
"""A size as uv takes it, with a plus sign or without. No file has a size of more digits."""

_URLSAFE = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_ORDINARY_HASH = re.compile(r"sha256=([A-Za-z0-9_-]{43})", re.ASCII)
"""The hash of nearly every row: its digest has 32 bytes, and nothing is odd about it."""

_ROW = re.compile(
    rf"(?![./]|.:|[^,\r\n]*/[./,])([^,\\\0\r\n]{{1,{MAX_PATH}}}),{_ORDINARY_HASH.pattern},({_ASCII_SIZE.pattern})(?:\r\n|\r|\n|\Z)"
    r"|([^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z)",
    re.ASCII,
)
"""A row of a RECORD without quotation marks: its normalised path, SHA-256 and size, as nearly all have, or else all of
it."""

_STANDARD_ALPHABET = str.maketrans("-_", "+/")

_SPECIAL = {"", ".", "/"}


class RecordedFile(NamedTuple):
    """What RECORD says of one file.

    Two rows for one path that are not equal come to one that says nothing: neither can be trusted over the other.

    Attributes:
        digest: ``algorithm:hex``; None if it gives none that proves anything.
        size: Bytes; None if it gives none.
    """

    digest: str | None
    size: int | None


NOTHING_RECORDED = RecordedFile(None, None)
"""A file that RECORD lists without a usable hash or size."""


class UnusableHash(NamedTuple):
    """Why the hash of a row proves nothing.

    Attributes:
        code: ``bad-hash`` or ``weak-hash``.
        detail: One sentence.
    """

    code: Literal["bad-hash", "weak-hash"]
    detail: str


def parse_hash(written: str) -> str | UnusableHash | None:
    """Read the hash of a row, in a wheel or in an environment.

    Args:
        written: The second column: ``sha256=…``; base64 of either alphabet, padded or not.

    Returns:
        ``algorithm:hex``; None if the column is empty; else why it proves nothing.
    """
    if ordinary := _ORDINARY_HASH.fullmatch(written):
        return _sha256_of([ordinary[1]])[0]
    if not written:
        return None
    name, _, value = written.partition("=")
    if not name or not value:
        return UnusableHash("bad-hash", "the hash in RECORD is not of the form algorithm=digest")
    name = name.lower()
    length = _DIGEST_BYTES.get(name)
    if length is None:
        return UnusableHash("weak-hash", f"RECORD uses {name}, which proves nothing here")
    bare = _bare(value)
    if not _URLSAFE.fullmatch(bare):
        return UnusableHash("bad-hash", "the hash in RECORD is not base64")
    try:
        digest = binascii.a2b_base64(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4))
    except binascii.Error:
        digest = b""
    if len(digest) != length:
        return UnusableHash("bad-hash", f"the hash in RECORD is not {length} bytes long")
    return f"{name}:{digest.hex()}"


def _bare(value: str) -> str:
    """Return a digest in the urlsafe alphabet, without padding: as RECORD should have it."""
    return value.rstrip("=").replace("+", "-").replace("/", "_")


def parse_size(written: str) -> int | None:
    """Read the size of a row, in a wheel or in an environment; None if it is no plain number."""
    return int(written) if _ASCII_SIZE.fullmatch(written) else None


@dataclass(slots=True)
class Record:
    """A parsed RECORD.

    Attributes:
        rows: By normalised archive path.
        spelt: How RECORD spells those paths for which no row has the normalised form.
        claims: What it claims beyond files of the wheel: folders, each with a ``/`` behind it, and normalised paths
            that climb out of the root. Nothing is installed for such a row; pip keeps it, and an uninstall goes by it.
        findings: What is odd about the rows.
    """

    rows: dict[str, RecordedFile] = field(default_factory=dict)
    spelt: dict[str, str] = field(default_factory=dict)
    claims: dict[str, None] = field(default_factory=dict)
    findings: Noted = field(default_factory=Noted)


def normalise(path: str) -> str | None:
    """Return ``path`` with ``.``, ``//`` and inner ``..`` resolved lexically.

    Returns:
        None if it is absolute, names a drive or climbs out of the root; ``.`` if it is the root itself.
    """
    if "/." not in path and "//" not in path and path[:1] not in _SPECIAL and path[-1:] != "/" and path[1:2] != ":":
        return path  # most paths: no part is "", "." or ".."
    if path.startswith("/"):
        return None
    clean = posixpath.normpath(path)
    return None if clean == ".." or clean.startswith("../") or _DRIVE.match(path) or _DRIVE.match(clean) else clean


def parse_record(data: bytes, filename: str) -> Record:
    """Parse the bytes of a wheel's RECORD.

    Args:
        data: The member, inflated.
        filename: The wheel's file name, for errors.

    Raises:
        WheelError: It is no CSV at all (``unreadable``) or has too many rows (``limit``).
    """
    record = Record()
    text = decode_record(data, record.findings)
    if '"' in text:  # a field may hold commas and ends of lines
        for number, elements in enumerate(_split(text, filename)):
            _require_few(number, filename)
            _add(record, elements)
        return record
    _require_few(text.count("\n") + text.count("\r") - text.count("\r\n") - 1, filename)
    rows = _ROW.findall(text)
    digests = iter(_sha256_of([written for _, written, _, line in rows if not line]))
    for number, (path, written, size, line) in enumerate(rows):
        if line:
            _add(record, next(_split(line, filename, number), []))
            continue
        digest = next(digests)
        if path in record.rows:
            _add(record, [path, f"sha256={written}", size])
        else:
            record.rows[path] = RecordedFile(digest, int(size))
    return record


def _require_few(number: int, filename: str) -> None:
    if number >= MAX_ROWS:
        raise WheelError(filename, "limit", f"its RECORD has more than {MAX_ROWS} rows")


def decode_record(data: bytes, findings: Noted) -> str:
    """Decode the bytes of a RECORD; what is no UTF-8 is kept, and noted."""
    if data.startswith(b"\xef\xbb\xbf"):
        findings.append(Finding("byte-order-mark", None, "RECORD begins with a byte order mark"))
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.append(Finding("not-utf-8", None, f"RECORD is not UTF-8 (byte {error.start})"))
        return data.decode("utf-8", "surrogateescape")


def _split(text: str, filename: str, before: int = 0) -> Iterator[list[str]]:
    """Yield the fields of each row of ``text``, before which so many lines were read."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        code = "limit" if "field limit" in str(error) else "unreadable"
        line = before + reader.line_num
        raise WheelError(filename, code, f"its RECORD is not CSV (line {line}: {error})") from error


def _sha256_of(written: Sequence[str]) -> list[str]:
    """Return SHA-256 as RECORD has them, 43 characters each, as ``sha256:hex``.

    They are decoded all at once: 43 characters and one that stands for zeros are 33 bytes.
    """
    digests = binascii.a2b_base64("A".join([*written, ""]).translate(_STANDARD_ALPHABET)).hex()
    return [f"sha256:{digests[start : start + 64]}" for start in range(0, len(digests), 66)]


def _add(record: Record, elements: list[str]) -> None:
    if not elements:
        record.findings.append(Finding("blank-row", None, "RECORD has a blank line"))
        return
    written = elements[0]
    if len(elements) != _COLUMNS:
        detail = f"a RECORD row has {len(elements)} columns instead of 3"
        record.findings.append(Finding("row-width", written[:MAX_PATH], detail))
        elements = [*elements, "", ""][:_COLUMNS]
    path = _path_of(record, written)
    if path is None:
        return
    row = RecordedFile(_digest(record, path, elements[1]), _size(record, path, elements[2]))
    before = record.rows.get(path)
    spelling = written.replace("\\", "/")
    if spelling == path:
        record.spelt.pop(path, None)
    elif before is None:
        record.spelt[path] = spelling
    if before is not None:
        same = before == row
        detail = "RECORD lists it twice" if same else "RECORD lists it twice, with different hashes or sizes"
        record.findings.append(Finding("duplicate-row", path, detail))
        if not same:
            row = NOTHING_RECORDED
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
    clean = normalise(path)
    if path.endswith("/"):
        odd("directory-row", "RECORD lists a folder; if pip keeps the row, an uninstall removes all that is in it")
        if not path.endswith(BYTECODE):
            _claim(record, path, "/")
        return None
    if clean is None or clean == ".":
        odd("unsafe-row", "a RECORD path leaves the installation root; no file is installed for it")
        _claim(record, path)
        return None
    return clean


def _claim(record: Record, path: str, end: str = "") -> None:
    """Note what a row claims that is no file of the wheel.

    Nothing is claimed by an absolute path, nor by one that ends in ``.`` or ``..``: pip's uninstall fails at these and
    takes nothing.
    """
    is_absolute = path.startswith("/") or _DRIVE.match(path)
    if not is_absolute and path.rstrip("/").rpartition("/")[2] not in {"", ".", ".."}:
        record.claims[posixpath.normpath(path) + end] = None


def _size(record: Record, path: str, written: str) -> int | None:
    size = parse_size(written)
    if written and size is None:
        record.findings.append(Finding("bad-size", path, "the size in RECORD is not a plain number"))
    return size


def _digest(record: Record, path: str, written: str) -> str | None:
    """Return the row's hash as ``algorithm:hex``; None, with a finding, if it proves nothing."""
    parsed = parse_hash(written)
    if isinstance(parsed, UnusableHash):
        record.findings.append(Finding(parsed.code, path, parsed.detail))
        return None
    if parsed is not None and not _ORDINARY_HASH.fullmatch(written):
        value = written.partition("=")[2]
        if _bare(value) != value:
            detail = "the hash in RECORD is padded or not in the urlsafe alphabet"
            record.findings.append(Finding("odd-hash", path, detail))
    return parsed
