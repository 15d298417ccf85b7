"""Recorded wheels: facts in ``data/`` become files that read like the real ones, at a thousandth of their size.

A rebuilt wheel is sparse. It has the size of the real one, a zip directory with every real path, size, CRC-32 and
offset, and real bytes only where somebody reads: the four members every reading needs and those a verdict asks for.
Everything else is a hole. ``data/README.md`` says what is recorded and what is put in its place.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import itertools
import json
import struct
import zlib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from wheelclash.index.settings import IndexOptions
from wheelclash.target.target import target_for
from wheelclash.wheel.remote import FIRST_TAIL

from .loopback import FileFacts, LoopbackIndex
from .wheelmaker import record_digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.report.model import Report
    from wheelclash.session import Session

__all__ = [
    "COLUMNS",
    "DATA",
    "Case",
    "RecordedIndex",
    "RecordedWheel",
    "Row",
    "ask",
    "cases",
    "recorded",
    "write_record",
]

DATA = Path(__file__).resolve().parents[2] / "data"
COLUMNS = ("path", "size", "packed", "crc32", "offset", "sha256")
"""Of the table of a wheel; ``row`` follows where RECORD has another order than the zip."""

_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_UTF8 = 0x800
_EPOCH = 0x21  # the first day a zip file can name
_LONGEST_FIELD = 0xFFFF


@dataclass(frozen=True, slots=True)
class Row:
    """A file of a wheel: zip directory and RECORD joined.

    Attributes:
        path: Archive path.
        size, packed: Bytes, inflated and in the zip.
        crc: CRC-32.
        offset: Of its local header.
        digest: sha256 as RECORD spells it, without the algorithm; empty where RECORD gives none.
        row: Its place in RECORD, or None where that is its place in the zip.
    """

    path: str
    size: int
    packed: int
    crc: int
    offset: int
    digest: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedWheel:
    """The facts of one wheel.

    Attributes:
        facts: The JSON file: ``filename``, ``size``, ``directory`` (offset and size), ``WHEEL``, ``METADATA``,
            ``RECORD`` (how its lines end), ``entry_points``, ``members``.
        rows: The table, in zip order.
    """

    facts: Mapping[str, Any]
    rows: Sequence[Row]

    @property
    def filename(self) -> str:
        """The wheel's file name."""
        return str(self.facts["filename"])

    @property
    def dist_info(self) -> str:
        """The folder of its metadata."""
        return next(each.path.partition("/")[0] for each in self.rows if each.path.endswith(".dist-info/RECORD"))

    def metadata(self) -> bytes:
        """METADATA, reduced to the fields that are read."""
        return _header_lines(self.facts["METADATA"])

    def contents(self) -> dict[str, bytes]:
        """The members that will hold bytes, RECORD aside, by archive path."""
        found = {
            f"{self.dist_info}/METADATA": self.metadata(),
            f"{self.dist_info}/WHEEL": _header_lines(self.facts["WHEEL"]),
        }
        by_path = {each.path: each for each in self.rows}
        if f"{self.dist_info}/entry_points.txt" in by_path:  # perhaps with no group that is recorded
            groups = self.facts["entry_points"].items()
            text = "\n".join(f"[{name}]\n" + "".join(f"{key} = {to}\n" for key, to in each) for name, each in groups)
            found[f"{self.dist_info}/entry_points.txt"] = text.encode()
        for path, how in self.facts["members"].items():
            if how == "stand-in":
                found[path] = _stand_in(by_path[path])
        return found

    def write(self, folder: Path) -> Path:
        """Write the sparse wheel into ``folder``; its path."""
        contents = self.contents()
        replaced = {path: (record_digest(data).partition("=")[2], len(data)) for path, data in contents.items()}
        rows = [
            replace(each, digest=replaced[each.path][0], size=replaced[each.path][1]) if each.path in replaced else each
            for each in self.rows
        ]
        contents[f"{self.dist_info}/RECORD"] = write_record(rows, self.dist_info, self.facts["RECORD"]["line_end"])
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        with path.open("wb") as file:
            file.truncate(self.facts["size"])
            rows = [self._place(file, each, contents) for each in rows]
            self._write_heads(file)
            self._write_directory(file, rows)
        assert path.stat().st_size == self.facts["size"], f"{path.name}: not of the recorded size"
        return path

    def _place(self, file: BinaryIO, row: Row, contents: Mapping[str, bytes]) -> Row:
        """Write a member that holds bytes; the row as the directory must have it."""
        if row.path not in contents:
            return row
        data = contents[row.path]
        packed = _deflated(data)
        header = _header(row.path, zlib.crc32(data), len(packed), len(data))
        starts = [each.offset for each in self.rows if each.offset > row.offset]
        end = min([*starts, self.facts["directory"]["offset"]])
        # another zlib may pack worse by a few bytes; before RECORD there is a hole, or METADATA, which has shrunk
        start = min(row.offset, end - len(header) - len(packed))
        assert row.offset - start < 1024, f"{self.filename}: {row.path} does not fit where it was"
        file.seek(start)
        file.write(header + packed)
        return replace(row, size=len(data), packed=len(packed), crc=zlib.crc32(data), offset=start)

    def _write_heads(self, file: BinaryIO) -> None:
        """The first bytes of members of which only those are read, long before their CRC-32 could be checked."""
        for row in self.rows:
            head = self.facts["members"].get(row.path, "stand-in")
            if head != "stand-in":
                packed = _deflated(bytes.fromhex(head).ljust(row.size, b"\0"))
                file.seek(row.offset)
                file.write(_header(row.path, row.crc, row.packed, row.size) + packed)

    def _write_directory(self, file: BinaryIO, rows: Sequence[Row]) -> None:
        place = self.facts["directory"]
        spare = place["size"] - sum(_ENTRY.size + len(row.path.encode()) for row in rows)
        file.seek(place["offset"])
        for row in rows:  # what the real one had in extra fields and comments is a comment here
            comment = min(spare, _LONGEST_FIELD)
            spare -= comment
            name = row.path.encode()
            file.write(
                _ENTRY.pack(
                    b"PK\1\2", 20, 20, _UTF8, zlib.DEFLATED, 0, _EPOCH, row.crc, row.packed, row.size,
                    len(name), 0, comment, 0, 0, 0o100644 << 16, row.offset,
                )
                + name
                + bytes(comment)
            )  # fmt: skip
        trailing = self.facts["size"] - file.tell() - _END.size
        assert spare == 0, f"{self.filename}: its directory is not of the recorded size"
        file.write(_END.pack(b"PK\5\6", 0, 0, len(rows), len(rows), place["size"], place["offset"], trailing))


def recorded(filename: str) -> RecordedWheel:
    """The facts of a wheel, by its file name."""
    stem = filename.removesuffix(".whl")
    facts = json.loads((DATA / "wheels" / f"{stem}.json").read_text("utf-8"))
    with (DATA / "wheels" / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        rows = [
            Row(
                each["path"],
                int(each["size"]),
                int(each["packed"]),
                int(each["crc32"], 16),
                int(each["offset"]),
                each["sha256"],
                int(each["row"]) if each.get("row") else None,
            )
            for each in table
        ]
    return RecordedWheel(facts, rows)


def write_record(rows: Iterable[Row], dist_info: str, line_end: str) -> bytes:
    """RECORD, from the rows of the table."""
    files = [each for each in rows if not each.path.endswith("/")]
    if any(each.row is not None for each in files):
        files.sort(key=lambda each: -1 if each.row is None else each.row)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=line_end)
    for each in files:
        own = each.path == f"{dist_info}/RECORD"
        writer.writerow((each.path, "", "") if own else (each.path, f"sha256={each.digest}", str(each.size)))
    return out.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Case:
    """A question with its answer.

    Attributes:
        name: Of its file in ``data/cases``.
        requirements, python_version, python_platform: The question.
        wheels: File names of the wheels an installer takes, which are recorded.
        expected: The answer; ``data/README.md`` lists its keys.
    """

    name: str
    requirements: Sequence[str]
    python_version: str
    python_platform: str
    wheels: Sequence[str]
    expected: Mapping[str, Any]


@cache
def cases() -> Mapping[str, Case]:
    """Every recorded case, by name."""
    found = {}
    for path in sorted((DATA / "cases").glob("*.json")):
        found[path.stem] = Case(path.stem, **json.loads(path.read_text("utf-8")))
    return found


def ask(index: LoopbackIndex, case: Case, session: Session) -> Report:
    """Ask the question of a case of an index, and of no other; nobody's settings are read."""
    return session.check(
        case.requirements,
        target=target_for(case.python_version, case.python_platform),
        index=IndexOptions(index_url=index.simple),
        use_config=False,
        environ={},
    )


@dataclass
class _Entry:
    """A file of an index page."""

    project: str
    facts: FileFacts = field(default_factory=lambda: FileFacts(None, None))


class RecordedIndex(LoopbackIndex):
    """The loopback index with recorded pages, and those recorded wheels behind them that were asked for.

    What a page says of a wheel is true of the rebuilt one: a small wheel is read whole and its sha256 compared, so
    the hash is the rebuilt file's; that of METADATA always is.
    """

    def __init__(self, folder: Path, wheels: Iterable[str], **options: Any) -> None:
        super().__init__(folder, **options)
        self._entries: dict[str, _Entry] = {}
        for filename in wheels:
            wheel = recorded(filename)
            path = folder / filename
            if not path.is_file():
                wheel.write(folder)
            project = wheel.facts["METADATA"]["Name"][0].replace("_", "-").replace(".", "-").lower()
            self._add_page(project)
            facts = self._entries[filename].facts
            facts.core_metadata = hashlib.sha256(wheel.metadata()).hexdigest()
            if wheel.facts["size"] <= FIRST_TAIL:
                facts.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    def _add_page(self, project: str) -> None:
        if any(entry.project == project for entry in self._entries.values()):
            return
        page = json.loads((DATA / "index" / f"{project}.json").read_text("utf-8"))
        for each in page["files"]:
            facts = FileFacts(
                each["hashes"].get("sha256"),
                each.get("size"),
                requires_python=each.get("requires-python"),
                yanked=each.get("yanked", False),
                upload_time=each.get("upload-time"),
                url=each["url"],
            )
            self._entries[each["filename"]] = _Entry(project, facts)

    def facts(self, filename: str) -> FileFacts:
        """What the pages say of a file."""
        return self._entries[filename].facts

    def files_of(self, project: str) -> list[str]:
        """File names of a project, in the page's order."""
        return [name for name, entry in self._entries.items() if entry.project == project]

    @property
    def wheel_bytes(self) -> int:
        """Bytes of wheels that ranges asked for so far."""
        spans = [(each.range or "bytes=0--1").removeprefix("bytes=").split("-") for each in self.file_requests]
        return sum(int(stop) - int(start) + 1 for start, stop in spans)


def _header_lines(fields: Mapping[str, Sequence[str]]) -> bytes:
    lines = itertools.chain.from_iterable(((name, value) for value in values) for name, values in fields.items())
    return "".join(f"{name}: {value}\n" for name, value in lines).encode()


def _deflated(data: bytes) -> bytes:
    """As small as this zlib can."""
    packer = zlib.compressobj(9, wbits=-15, memLevel=9)
    return packer.compress(data) + packer.flush()


def _header(path: str, crc: int, packed: int, size: int) -> bytes:
    name = path.encode()
    return _LOCAL.pack(b"PK\3\4", 20, _UTF8, zlib.DEFLATED, 0, _EPOCH, crc, packed, size, len(name), 0) + name


def _stand_in(row: Row) -> bytes:
    """Code as long as the real one and equal where that is equal: all it says is the real one's hash."""
    digest = base64.urlsafe_b64decode(row.digest + "=").hex()
    text = f'"""Stands in for other people\'s code, whose sha256 this is."""\nSHA256 = "{digest}"\n'.encode()
    assert len(text) < row.size, f"{row.path} is too short for a stand-in"
    return text + b"#" * (row.size - len(text) - 1) + b"\n"
