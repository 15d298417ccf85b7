"""From an open zip to :class:`~wheelclash.reading.contents.Contents`.

The caller brings the :class:`zipfile.ZipFile`, over a local file or over the parts of a remote one; nothing here
knows which. Binary distribution format (PEP 427), core metadata, entry points specification.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from wheelclash.errors import WheelError
from wheelclash.reading.contents import Contents, EntryPoint, Finding, Member, Noted
from wheelclash.reading.record import Record, normalise, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_MEMBER", "needed_members", "parse_contents", "read_member"]

MAX_MEMBER = 16 * 1024 * 1024
"""Bytes a metadata member may inflate to. The largest RECORD seen is below 2 MB."""

_CHUNK = 64 * 1024

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    ValueError,
    RuntimeError,  # encrypted members, and NotImplementedError: an unsupported compression
)
_UNRECORDED = ("/RECORD", "/RECORD.jws", "/RECORD.p7s")
_NO_DISK_NAMES = 3


def needed_members(archive: zipfile.ZipFile, filename: str) -> list[str]:
    """The members that must be read: RECORD, METADATA, WHEEL and, if there is one, entry_points.txt.

    Raises:
        WheelError: No dist-info folder, several, one of another project, or one of the members is missing.
    """
    dist_info = _dist_info(archive, filename)
    names = set(archive.namelist())
    for name, code in (("RECORD", "no-record"), ("METADATA", "unreadable"), ("WHEEL", "unreadable")):
        if f"{dist_info}/{name}" not in names:
            raise WheelError(filename, code, f"it has no {dist_info}/{name}; no installer accepts it")
    wanted = ("RECORD", "METADATA", "WHEEL", "entry_points.txt")
    return [f"{dist_info}/{name}" for name in wanted if f"{dist_info}/{name}" in names]


def read_member(archive: zipfile.ZipFile, name: str, filename: str, *, limit: int = MAX_MEMBER) -> bytes:
    """Inflate one member, up to ``limit`` bytes; its CRC-32 is checked by :mod:`zipfile`.

    Raises:
        WheelError: ``limit`` if it is larger, ``unreadable`` if it is damaged, encrypted or packed in an unknown way.
    """
    found = bytearray()
    try:
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                found += chunk
                if len(found) > limit:
                    raise WheelError(filename, "limit", f"{name} inflates to more than {limit} bytes")
    except _BROKEN as error:
        method = archive.getinfo(name).compress_type
        raise WheelError(filename, "unreadable", f"{name} cannot be unpacked (method {method}): {error}") from error
    except KeyError as error:
        raise WheelError(filename, "unreadable", f"it has no member {name}") from error
    return bytes(found)


def parse_contents(archive: zipfile.ZipFile, filename: str, *, core_metadata_sha256: str | None = None) -> Contents:
    """Read and check what must be known of a wheel.

    Args:
        archive: The open wheel; the members of :func:`needed_members` must be readable.
        filename: The wheel's file name.
        core_metadata_sha256: What the index says METADATA hashes to (PEP 714), if it says so.

    Raises:
        WheelError: The wheel cannot be read, or no installer would install it.
    """
    needed = needed_members(archive, filename)
    dist_info = needed[0].partition("/")[0]
    texts = {name.rpartition("/")[2]: read_member(archive, name, filename) for name in needed}
    record = parse_record(texts["RECORD"], filename)
    findings = record.findings
    members = _members(archive, filename, record, findings)
    names = {member.path for member in members}
    phantoms = tuple(path for path in record.rows if path not in names)
    for path in phantoms:
        findings.append(Finding("phantom-row", path, "RECORD lists it, the wheel has no such file"))
    requires, requires_python = _metadata(texts["METADATA"], filename)
    if core_metadata_sha256 is not None:
        for finding in _metadata_findings(texts["METADATA"], core_metadata_sha256, needed[1]):
            findings.append(finding)
    return Contents(
        dist_info=dist_info,
        root_is_purelib=_root_is_purelib(texts["WHEEL"]),
        members=tuple(members),
        phantoms=phantoms,
        entry_points=tuple(_entry_points(texts.get("entry_points.txt", b""), filename)),
        requires=requires,
        requires_python=requires_python,
        findings=tuple(sorted(findings, key=lambda each: (each.code, each.path or "", each.detail))),
    )


def _dist_info(archive: zipfile.ZipFile, filename: str) -> str:
    from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

    found = sorted(
        {
            top
            for top, slash, _ in (name.partition("/") for name in archive.namelist())
            if slash and top.endswith(".dist-info")
        }
    )
    if not found:
        raise WheelError(filename, "no-dist-info", "it has no .dist-info folder; it is no wheel")
    if len(found) > 1:
        raise WheelError(filename, "mismatch", f"it has several .dist-info folders: {', '.join(found)}")
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise WheelError(filename, "mismatch", f"its file name is no wheel name: {error}") from error
    told, _, told_version = found[0].removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(told) != name or not _same_version(told_version, str(version)):
        raise WheelError(filename, "mismatch", f"its .dist-info folder is {found[0]}, of another project or version")
    return found[0]


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one.replace("_", "-")) == Version(other)
    except InvalidVersion:
        return one == other


def _members(archive: zipfile.ZipFile, filename: str, record: Record, findings: Noted) -> list[Member]:
    found: dict[str, Member] = {}
    for info in archive.infolist():
        if info.orig_filename != info.filename and "\0" in info.orig_filename:
            raise WheelError(filename, "hostile", "a file name in its zip directory holds a NUL byte")
        if info.filename and info.is_dir():
            continue
        if not info.filename or normalise(info.filename) == ".":
            raise WheelError(filename, "hostile", "a file in its zip directory has no name")
        # layout says what installers do with those that climb out
        path = normalise(info.filename) or posixpath.normpath(info.filename)
        if path in found:
            findings.append(Finding("duplicate-member", path, "the zip directory lists it twice; the last one counts"))
        row = record.rows.get(path)
        digest = None
        if row is None:
            if not path.endswith(_UNRECORDED):
                findings.append(Finding("unlisted-member", path, "the wheel has it, RECORD does not list it"))
        elif row.size is not None and row.size != info.file_size:
            detail = f"RECORD says {row.size} bytes, the zip directory {info.file_size}"
            findings.append(Finding("size-mismatch", path, detail))
        else:
            digest = row.digest
            if digest is None and not path.endswith(_UNRECORDED):
                findings.append(Finding("no-hash", path, "RECORD has no usable hash for it"))
        found[path] = Member(path, info.file_size, info.CRC, digest)
    return list(found.values())


def _metadata(data: bytes, filename: str) -> tuple[tuple[str, ...], str | None]:
    from packaging.metadata import parse_email

    try:
        raw, _ = parse_email(data)
    except (ValueError, LookupError) as error:
        raise WheelError(filename, "unreadable", f"its METADATA cannot be parsed: {error}") from error
    return tuple(raw.get("requires_dist", ())), raw.get("requires_python")


def _metadata_findings(data: bytes, expected: str, path: str) -> list[Finding]:
    import hashlib

    if hashlib.sha256(data).hexdigest() == expected.lower():
        return []
    return [Finding("metadata-mismatch", path, "its METADATA is not the one the index describes")]


def _root_is_purelib(data: bytes) -> str:
    from email.parser import BytesHeaderParser

    return str(BytesHeaderParser().parsebytes(data).get("Root-Is-Purelib", "")).strip()


def _entry_points(data: bytes, filename: str) -> Iterator[EntryPoint]:
    import configparser

    from installer.utils import parse_entrypoints

    try:
        for name, module, attribute, kind in parse_entrypoints(data.decode("utf-8-sig")):
            if not attribute:  # the library asserts it; asserts can be switched off
                raise AssertionError(name)  # noqa: TRY301
            yield EntryPoint(name, f"{module}:{attribute}", "console" if kind == "console" else "gui")
    except (configparser.Error, AssertionError, UnicodeDecodeError) as error:
        reason = "its entry_points.txt names a command without a callable, or cannot be parsed; no installer accepts it"
        raise WheelError(filename, "unreadable", reason) from error
