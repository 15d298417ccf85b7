"""Installed RECORDs: what an installer says it wrote, and what an uninstall will take.

They differ from the RECORD of a wheel: paths are relative to site-packages and may climb out of it
(``../../../bin/tool``), bytecode stands in them without a hash, and an environment may have half a million rows. So no
object is made for a row: a RECORD becomes a set of keys, and only the rows of contested files are looked at again.
"""

from __future__ import annotations

import binascii
import csv
import errno
import io
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.reading.contents import Finding, Noted
from wheelclash.reading.record import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wheelclash.environment.places import Places

__all__ = [
    "MAX_BYTES",
    "NOTHING_THERE",
    "RecordError",
    "RecordedFile",
    "read_small",
    "recorded_files",
    "recorded_keys",
]

MAX_BYTES = 256 * 1024 * 1024
"""The largest RECORD that is read."""

NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""What the system says of a path at which there is nothing: no file, links in a circle, a name no file can have."""

_LONGEST = 4096
"""Characters of a path: no system opens a longer one, and to resolve its links would take its length squared."""

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_BYTECODE = (".pyc", ".pyo")
_SIGNS = ("//", "./", "\\", "\0", ":")
"""One of these is in ``/path/`` if a path is no key as it is. Most RECORDs hold none, and are searched as a whole."""

_NOT_CLEAN = ("//", "/./", "/../", "\\")
_COLUMNS = 3


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


class RecordedFile(NamedTuple):
    """What an installed RECORD says of one file.

    Attributes:
        digest: ``algorithm:hex``; None if it gives none that proves anything.
        size: Bytes; None if it gives none.
    """

    digest: str | None
    size: int | None


def recorded_keys(record: str, site: str, places: Places) -> tuple[set[str], list[Finding]]:
    """The keys of the files that a RECORD lists, bytecode left out, and what is odd about it.

    Args:
        record: The path of the RECORD.
        site: The site-packages folder it is relative to.
        places: Of the environment.

    Raises:
        RecordError: It cannot be read.
    """
    findings = Noted()
    text = _read(record, findings)
    paths = [path for path in _rows(text)[0] if not path.endswith(_BYTECODE)]
    if len(paths) > MAX_ROWS:
        raise RecordError("limit", f"its RECORD has more than {MAX_ROWS} rows")
    strange = _strange(paths)
    found = set(paths) - strange
    if site != places.sites[0]:
        found = {f"{site}/{path}" for path in found}
    keys = (_key(path, site, places, findings) for path in sorted(strange))
    found.update(key for key in keys if key is not None)
    return found, list(findings)


def recorded_files(record: str, site: str, places: Places, wanted: Collection[str] | None) -> dict[str, RecordedFile]:
    """What a RECORD says of some files.

    Args:
        record: The path of the RECORD.
        site: The site-packages folder it is relative to.
        places: Of the environment.
        wanted: Keys; None for all.

    Raises:
        RecordError: It cannot be read any more.
    """
    found: dict[str, RecordedFile] = {}
    ignored = Noted()
    text = _read(record, ignored)
    prefix = "" if site == places.sites[0] else f"{site}/"
    paths, rows = _rows(text)
    strange = _strange(paths)
    for path, row in zip(paths, rows, strict=True):
        if path.endswith(_BYTECODE):
            continue
        key = _key(path, site, places, ignored) if path in strange else prefix + path
        if key is not None and (wanted is None or key in wanted):
            cells = row.split(",") if isinstance(row, str) else row
            file = (
                RecordedFile(_digest(cells[1]), _size(cells[2])) if len(cells) == _COLUMNS else RecordedFile(None, None)
            )
            if key in found and found[key] != file:
                file = RecordedFile(None, None)  # two rows that disagree: neither can be trusted
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
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
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
    if data.startswith(b"\xef\xbb\xbf"):
        findings.append(Finding("byte-order-mark", None, "RECORD begins with a byte order mark"))
        data = data[3:]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        findings.append(Finding("not-utf-8", None, f"RECORD is not UTF-8 (byte {error.start})"))
        return data.decode("utf-8", "surrogateescape")


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
    if not path or "\0" in path or len(path) > _LONGEST:
        findings.append(Finding("unsafe-row", path or None, "a row of the installed RECORD has no usable path"))
        return None
    clean = path.replace("\\", "/")
    if clean.endswith(("/", "/.", "/..")) or clean in {".", ".."}:
        findings.append(Finding("directory-row", path, "RECORD lists a folder; folders have no owner"))
        return None
    key = places.key(site, clean)
    if key is None:
        detail = "the installed RECORD lists a file outside of the environment; it is left alone"
        findings.append(Finding("outside-prefix", path, detail))
    return key


def _digest(written: str) -> str | None:
    name, _, value = written.partition("=")
    if name not in _DIGEST_BYTES:
        name = name.lower()
        if name not in _DIGEST_BYTES:
            return None
    bare = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        digest = binascii.a2b_base64(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return None
    return f"{name}:{digest.hex()}" if len(digest) == _DIGEST_BYTES[name] else None


def _size(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 20 else None  # noqa: PLR2004
