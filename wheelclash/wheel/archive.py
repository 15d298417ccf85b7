"""From an open zip to :class:`~wheelclash.core.contents.Contents`.

The caller brings the :class:`zipfile.ZipFile`, over a local file or over the parts of a remote one; nothing here
depends on which. Specifications: binary distribution format (PEP 427), core metadata, entry points.
"""

from __future__ import annotations

import posixpath
import re
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.core.content import known_stubs
from wheelclash.core.contents import Contents, Finding, Member, Members, Noted
from wheelclash.core.paths import folders_above
from wheelclash.errors import WheelError
from wheelclash.target.variants import (
    Variant,
    VariantError,
    evaluate_markers,
    has_markers,
    label_of,
    parse_variant,
    parse_wheel_name,
)
from wheelclash.wheel.metadata import decode_entry_points, first_headers, parse_metadata, undeclared_imports
from wheelclash.wheel.record import EMPTY_DIGESTS, Record, RecordedFile, normalise, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.core.contents import MemberFacts

__all__ = ["MAX_MEMBER", "MAX_RECORD", "most_bytes", "needed_members", "parse_contents", "read_member"]

MAX_MEMBER = 16 * 1024 * 1024
"""Bytes a metadata member may inflate to."""

MAX_RECORD = 128 * 1024 * 1024
"""Bytes a RECORD may inflate to, as many as a zip directory may have. The largest seen is below 2 MB."""

_TIGHTEST = 200
"""A larger RECORD than other members may be is not packed tighter than this: hashes do not compress."""

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
_ZSTD = 93
_USUAL_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _ZSTD})


def needed_members(archive: zipfile.ZipFile, filename: str) -> list[str]:
    """Return the members that must be read: RECORD, METADATA, WHEEL and, if there, entry_points.txt and variant.json.

    Raises:
        WheelError: No dist-info folder, several, one of another project, or one of the members is missing.
    """
    dist_info = _dist_info(archive, filename)
    for name, code in (("RECORD", "no-record"), ("METADATA", "unreadable"), ("WHEEL", "unreadable")):
        if not _has_member(archive, f"{dist_info}/{name}"):
            raise WheelError(filename, code, f"it has no {dist_info}/{name}; no installer accepts it")
    wanted = ("RECORD", "METADATA", "WHEEL", "entry_points.txt", "variant.json")
    return [f"{dist_info}/{name}" for name in wanted if _has_member(archive, f"{dist_info}/{name}")]


def _has_member(archive: zipfile.ZipFile, name: str) -> bool:
    try:
        archive.getinfo(name)
    except KeyError:
        return False
    return True


def most_bytes(info: zipfile.ZipInfo) -> int:
    """Return how many bytes a member that must be read may inflate to."""
    is_record = info.filename.endswith(".dist-info/RECORD")
    return MAX_RECORD if is_record and info.file_size <= _TIGHTEST * info.compress_size else MAX_MEMBER


def read_member(archive: zipfile.ZipFile, name: str, filename: str, *, limit: int | None = None) -> bytes:
    """Inflate one member, up to ``limit`` bytes; its CRC-32 is checked by :mod:`zipfile`.

    Args:
        archive: The wheel, opened.
        name: The member.
        filename: The wheel's file name, for errors.
        limit: By default what :func:`most_bytes` gives.

    Raises:
        WheelError: ``limit`` if it is larger, ``unreadable`` if it is damaged, encrypted or packed in an unknown way.
    """
    content = bytearray()
    try:
        limit = most_bytes(archive.getinfo(name)) if limit is None else limit
        with archive.open(name) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                if len(content) > limit:
                    raise WheelError(filename, "limit", f"{name} inflates to more than {limit} bytes")
    except _BROKEN as error:
        method = archive.getinfo(name).compress_type
        raise WheelError(filename, "unreadable", f"{name} cannot be unpacked (method {method}): {error}") from error
    except KeyError as error:
        raise WheelError(filename, "unreadable", f"it has no member {name}") from error
    return bytes(content)


def parse_contents(
    archive: zipfile.ZipFile,
    filename: str,
    *,
    needed: Sequence[str] | None = None,
    core_metadata_sha256: str | None = None,
) -> Contents:
    """Read and check what must be known of a wheel.

    Args:
        archive: The open wheel; the members of :func:`needed_members` must be readable.
        filename: The wheel's file name.
        needed: What :func:`needed_members` gave, if it was called before.
        core_metadata_sha256: What the index says METADATA hashes to (PEP 714), if it says so.

    Raises:
        WheelError: The wheel cannot be read, or no installer would install it.
    """
    needed = needed_members(archive, filename) if needed is None else needed
    dist_info = needed[0].partition("/")[0]
    texts = {name.rpartition("/")[2]: read_member(archive, name, filename) for name in needed}
    record = parse_record(texts["RECORD"], filename)
    findings = record.findings
    members, folders = _members(archive, filename, record, findings)
    names = set(members.paths)
    for finding in _of_dist_info(members.paths, dist_info):
        findings.append(finding)
    absent = record.rows.keys() - names
    if absent:  # a name with backslashes is one of RECORD with slashes
        absent -= {name.replace("\\", "/") for name in names - record.rows.keys()}
    phantoms = tuple(path for path in record.rows if path in absent) if absent else ()
    for path in phantoms:
        findings.append(Finding("phantom-row", path, "RECORD lists it, the wheel has no such file"))
    variant = _variant(texts.get("variant.json"), filename, dist_info, findings)
    metadata = parse_metadata(texts["METADATA"])
    requires = () if "requires-dist" in metadata.doubtful else metadata.requires
    if any(map(has_markers, requires)):
        detail = "what it requires depends on wheel variants, by markers that neither pip nor uv evaluates yet"
        findings.append(Finding("variant-marker", needed[1], detail))
        requires = tuple(evaluate_markers(line, variant) for line in requires)
    if core_metadata_sha256 is not None:
        for finding in _metadata_findings(texts["METADATA"], core_metadata_sha256, needed[1]):
            findings.append(finding)
    below_site = (_DATA_ROOT.sub("", name, count=1) for name in names)
    for finding in undeclared_imports(below_site, metadata.imports):
        findings.append(finding)
    empty, conflicts = _folders(folders, names, findings)
    headers = first_headers(texts["WHEEL"])
    return Contents(
        dist_info=dist_info,
        root_is_purelib=headers.get("root-is-purelib", ""),
        members=members,
        phantoms=(*phantoms, *record.claims),
        entry_points=decode_entry_points(texts.get("entry_points.txt", b"")),
        requires=requires,
        requires_python=None if "requires-python" in metadata.doubtful else metadata.requires_python,
        findings=tuple(sorted(findings, key=lambda finding: (finding.code, finding.path or "", finding.detail))),
        wheel_version=headers.get("wheel-version"),
        folders=empty,
        conflicts=conflicts,
        properties=() if variant is None else variant.properties,
        imports=() if metadata.imports is None else metadata.imports.public,
    )


_DATA_ROOT = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")


def _variant(data: bytes | None, filename: str, dist_info: str, findings: Noted) -> Variant | None:
    """Return the variant that a wheel is, by its file name and what its ``variant.json`` says; None if it is of none.

    Where the two disagree, or one of them is missing or cannot be read, that is a finding, and the file name counts.
    """
    label = label_of(filename)
    path = f"{dist_info}/variant.json"
    if data is None:
        if label is None:
            return None
        findings.append(
            Finding("variant-unread", path, f"its file name has the label {label}, and it has no such file")
        )
        return Variant(label)
    try:
        variant = parse_variant(data)
    except VariantError as error:
        findings.append(Finding("variant-unread", path, f"what it is for cannot be read: {error}"))
        return None if label is None else Variant(label)
    if variant.label != label:
        in_name = "has no label" if label is None else f"has the label {label}"
        findings.append(Finding("variant-label", path, f"it says {variant.label}, and the file name {in_name}"))
        return None if label is None else Variant(label, variant.properties)
    return variant


def _dist_info(archive: zipfile.ZipFile, filename: str) -> str:
    from packaging.utils import InvalidWheelFilename, canonicalize_name

    folders = sorted(
        {
            top
            for top, slash, _ in (name.partition("/") for name in archive.namelist() if ".dist-info/" in name)
            if slash and top.endswith(".dist-info")
        }
    )
    if not folders:
        raise WheelError(filename, "no-dist-info", "it has no .dist-info folder; it is no wheel")
    if len(folders) > 1:
        raise WheelError(filename, "mismatch", f"it has several .dist-info folders: {', '.join(folders)}")
    try:
        name, version, *_ = parse_wheel_name(filename)
    except InvalidWheelFilename as error:
        raise WheelError(filename, "mismatch", f"its file name is no wheel name: {error}") from error
    folder_name, _, told_version = folders[0].removesuffix(".dist-info").rpartition("-")
    if canonicalize_name(folder_name) != name or not _same_version(told_version, str(version)):
        raise WheelError(filename, "mismatch", f"its .dist-info folder is {folders[0]}, of another project or version")
    return folders[0]


def _same_version(version: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version.replace("_", "-")) == Version(other)
    except InvalidVersion:
        return version == other


def _members(
    archive: zipfile.ZipFile, filename: str, record: Record, findings: Noted
) -> tuple[Members, list[zipfile.ZipInfo]]:
    """Return the files of a zip directory, with what RECORD says of them, and its folders."""
    members: list[MemberFacts] = []
    folders = []
    for info in archive.infolist():
        row = _ordinary_row(info, record)
        if row is not None:
            members.append((info.filename, info.file_size, info.CRC, row.digest, None, None))
            continue
        if info.orig_filename != info.filename and "\0" in info.orig_filename:
            raise WheelError(filename, "hostile", "a file name in its zip directory holds a NUL byte")
        if info.filename and info.is_dir():
            folders.append(info)
        else:
            members.append(_member(info, filename, record, findings))
    are_apart = len({path for path, *_ in members}) == len(members)
    every = Members.of(members if are_apart else _last_of_each(members, findings))
    return _without_false_hashes(every, findings), folders


def _member(info: zipfile.ZipInfo, filename: str, record: Record, findings: Noted) -> Member:
    """Return a member of which anything may be odd.

    Raises:
        WheelError: No installer would write it.
    """
    path = normalise(info.filename)
    if not info.filename or path == ".":
        raise WheelError(filename, "hostile", "a file in its zip directory has no name")
    if path is None:  # it climbs out of the root; layout says what installers do with it
        path = posixpath.normpath(info.filename)
    if info.compress_type not in _USUAL_COMPRESSIONS or not info.filename.isprintable():
        _note_oddities(info, path, findings)
    digest = _digest(info, path, record, findings)
    name = info.filename if info.filename != path else None
    return Member(path, info.file_size, info.CRC, digest, name, record.spelt.get(path))


def _last_of_each(members: Iterable[MemberFacts], findings: Noted) -> list[Member]:
    """Return the last of the members that have the same path and lie both in a ``.data`` folder or both in none."""
    last: dict[tuple[str, bool], Member] = {}
    for member in map(Member._make, members):
        name = member.name or member.path
        # pip takes "./x.data/y" for no data file
        place = member.path, ".data/" in name and name.partition("/")[0].endswith(".data")
        before = last.pop(place, None)
        last[place] = member
        if before is None:
            continue
        detail = "the zip directory lists it twice; the last one counts"
        findings.append(Finding("duplicate-member", member.path, detail))
        if (before.size, before.crc) != (member.size, member.crc):  # uv may leave either; neither is proven
            last[place] = member._replace(digest=None)
    return list(last.values())


def _ordinary_row(info: zipfile.ZipInfo, record: Record) -> RecordedFile | None:
    """Return the row of a member that is named, packed and recorded like nearly all; None of any other.

    Its hash is borne out by its size. The paths of the rows of a RECORD are normalised: a name that is one of them is,
    too, and is no folder.
    """
    name = info.filename
    row = record.rows.get(name)
    if (
        row is not None
        and row.digest is not None
        and row.size == info.file_size
        and row.size != 0
        and row.digest not in EMPTY_DIGESTS
        and info.orig_filename == name
        and info.compress_type in _USUAL_COMPRESSIONS
        and name not in record.spelt
        and name.isprintable()
    ):
        return row
    return None


def _without_false_hashes(members: Members, findings: Noted) -> Members:
    """Return the members, without the hashes that cannot be those of their contents by the zip directory.

    A hash stands for one content, which has one size and one CRC-32. Those of the usual namespace stubs are known; of
    two members with one hash and other contents one at least is not what RECORD says.
    """
    known = known_stubs()
    by_hash = list(zip(members.digests, zip(members.sizes, members.crcs, strict=True), strict=True))
    contents = dict(by_hash)
    contradicted = {digest for digest, content in by_hash if contents[digest] != content} - {None}
    if not contradicted and known.keys().isdisjoint(contents):
        return members
    digests = list(members.digests)
    for number, (digest, content) in enumerate(by_hash):
        detail = ""
        if digest in known:
            if known[digest] != content:
                detail = "RECORD has the hash of a file of other bytes"
        elif digest in contradicted:
            detail = "RECORD has one hash for it and for a file of other bytes"
        if detail:
            findings.append(Finding("false-hash", members.paths[number], detail))
            digests[number] = None
    return replace(members, digests=tuple(digests))


def _digest(info: zipfile.ZipInfo, path: str, record: Record, findings: Noted) -> str | None:
    """Return the hash that RECORD gives of a member, if it gives one that can be believed."""
    row = record.rows.get(path)
    if row is None and "\\" in path:
        row = record.rows.get(path.replace("\\", "/"))
    if row is None:
        if not path.endswith(_UNRECORDED):
            findings.append(Finding("unlisted-member", path, "the wheel has it, RECORD does not list it"))
        return None
    if row.size is not None and row.size != info.file_size:
        detail = f"RECORD says {row.size} bytes, the zip directory {info.file_size}"
        findings.append(Finding("size-mismatch", path, detail))
        return None
    if row.digest is None:
        if not path.endswith(_UNRECORDED):
            findings.append(Finding("no-hash", path, "RECORD has no usable hash for it"))
    elif (row.digest in EMPTY_DIGESTS) != (info.file_size == 0):
        empty, other = "RECORD has the hash of the empty file", "it is empty, and its hash in RECORD is another's"
        findings.append(Finding("false-hash", path, empty if info.file_size else other))
        return None
    return row.digest


def _folders(
    infos: Iterable[zipfile.ZipInfo], names: set[str], findings: Noted
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the folders of the zip directory that hold no member, and the members that are folders of others."""
    above = folders_above(names)
    folders = {normalise(info.filename.rstrip("/")) for info in infos}
    empty = tuple(sorted(path for path in folders if path and path != "." and path not in above))
    conflicts = tuple(sorted(names & above))
    both = conflicts or tuple(sorted(names & {*empty, *folders_above(empty)}))
    if both:
        findings.append(Finding("file-and-folder", both[0], "the zip directory has it as a file and as a folder"))
    return empty, conflicts


def _of_dist_info(paths: Iterable[str], dist_info: str) -> Iterator[Finding]:
    """Note a version that installers cannot read, and members in the dist-info folder of another distribution."""
    if not _is_version(dist_info.removesuffix(".dist-info").rpartition("-")[2]):
        yield Finding("dist-info-version", dist_info, "the version in the name of its .dist-info folder is none")
    data = f"{dist_info.removesuffix('.dist-info')}.data/"
    for path in paths:
        if ".dist-info" not in path:
            continue
        is_data = path.startswith((f"{data}purelib/", f"{data}platlib/"))
        top, slash, _ = (path.split("/", 2)[2] if is_data else path).partition("/")
        if not top.endswith(".dist-info") or top == dist_info:
            continue
        detail = "it is metadata of another distribution"
        if not slash:
            yield Finding("dist-info-file", path, "a file has the name of a .dist-info folder")
        else:
            yield Finding("foreign-dist-info" if is_data else "several-dist-info", path, detail)


def _is_version(text: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _note_oddities(info: zipfile.ZipInfo, path: str, findings: Noted) -> None:
    """Note what some installers refuse a member for."""
    if info.compress_type not in _USUAL_COMPRESSIONS:
        detail = f"it is compressed neither with deflate nor with zstd (method {info.compress_type})"
        findings.append(Finding("odd-compression", path, detail))
    name = info.filename
    if not name.isprintable() and any(unicodedata.category(character).startswith("C") for character in name):
        findings.append(Finding("unprintable-name", path, "its name holds a control character, or one without meaning"))


def _metadata_findings(data: bytes, expected: str, path: str) -> list[Finding]:
    import hashlib

    if hashlib.sha256(data).hexdigest() == expected.lower():
        return []
    return [Finding("metadata-mismatch", path, "its METADATA is not the one the index describes")]
