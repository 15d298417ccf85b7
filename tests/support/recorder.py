"""Records real wheels for ``data/``: ``python -m tests.support.recorder --case NAME REQUIREMENT …``.

Asks the package index as a user would, through the reader of wheelclash itself, and writes what the tests need to ask
the same question offline: facts of the wheels, index pages, the case. Prints what it could not record faithfully.
The answer it writes is that of this version: compare it with what is known before committing it.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import sys
import tempfile
from dataclasses import replace
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from wheelclash.index.client import project_files
from wheelclash.index.settings import IndexSettings, default_index
from wheelclash.session import Session
from wheelclash.target.target import target_for
from wheelclash.wheel.reader import WheelReader
from wheelclash.wheel.record import parse_record

from .recorded import COLUMNS, DATA, Case, RecordedIndex, Row, ask, write_record

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.distribution import Candidate
    from wheelclash.index.page import ProjectFile
    from wheelclash.report.model import Report
    from wheelclash.wheel.remote import Archive

_FIELDS = ("Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra")
_HEAD = 64
_FEW = 20


class _Listening(WheelReader):
    """Reads as ever, and remembers for which members a verdict asked."""

    asked: list[tuple[str, str, bytes | None]]

    def member(self, candidate: Candidate, path: str, *, limit: int, head: int | None = None) -> bytes:
        found = super().member(candidate, path, limit=limit, head=head)
        self.asked.append((candidate.filename, path, None if head is None else found[:_HEAD]))
        return found

    def for_question(self, cert: str | None = None) -> WheelReader:
        """Itself: there is one question, and what it opened is looked at afterwards."""
        return self

    def close(self) -> None:
        """Nothing: the archives are looked at after the question."""

    @property
    def archives(self) -> Mapping[str, Archive]:
        """What is open, by URL."""
        return self._open


def main(arguments: Sequence[str]) -> int:
    """Record a case."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.recorder")
    parser.add_argument("requirements", nargs="+", metavar="NAME==VERSION")
    parser.add_argument("--case", required=True, metavar="NAME")
    parser.add_argument("--python-version", default="3.12")
    parser.add_argument("--python-platform", default="x86_64-manylinux_2_28")
    parser.add_argument("--all-files", action="store_true", help="keep every file of the index pages")
    asked = parser.parse_args(arguments)
    session = Session(cache_dir=None)
    reader = _Listening(session.fetcher, session.cache)
    reader.asked = []
    session.reader = reader
    with session:
        target = target_for(asked.python_version, asked.python_platform)
        report = session.check(asked.requirements, target=target, use_config=False)
        for each in report.distributions:
            assert each.wheel is not None
            members = {path: head for name, path, head in reader.asked if name == each.id}
            _record_wheel(each.id, each.wheel.size or 0, reader.archives[each.wheel.url], members)
        pages = _Pages(session)
        for each in report.distributions:
            _record_page(each.name, each.version, pages.of(each.name), everything=asked.all_files)
    _record_case(asked, report)
    return 0


class _Pages:
    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, name: str) -> Iterable[ProjectFile]:
        """The files of a project, asked for again: the report does not keep them."""
        settings = IndexSettings("default", "the package index", default_index())
        found = project_files(name, settings, self._session.fetcher, self._session.cache)
        return found.sources[0].files


def _record_wheel(filename: str, size: int, archive: Archive, members: Mapping[str, bytes | None]) -> None:
    opened = archive.zip
    dist_info = next(each.partition("/")[0] for each in opened.namelist() if each.endswith(".dist-info/RECORD"))
    rows, line_end = _rows(opened, dist_info, filename)
    metadata = BytesHeaderParser().parsebytes(opened.read(f"{dist_info}/METADATA"))
    wheel = BytesHeaderParser().parsebytes(opened.read(f"{dist_info}/WHEEL"))
    facts: dict[str, Any] = {
        "filename": filename,
        "size": size,
        "directory": {"offset": archive.directory.start, "size": archive.directory.size},
        "WHEEL": {name: wheel.get_all(name) for name in dict.fromkeys(wheel.keys())},
        "METADATA": {
            name: [str(each).strip() for each in metadata.get_all(name, [])]
            for name in ("Metadata-Version", *_FIELDS)
            if name in metadata
        },
        "RECORD": {"line_end": line_end},
        "entry_points": _entry_points(opened, dist_info),
        "members": {path: "stand-in" if head is None else head[:4].hex() for path, head in sorted(members.items())},
    }
    stem = filename.removesuffix(".whl")
    folder = DATA / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.json").write_text(_json(facts), "utf-8")
    with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        ordered = any(each.row is not None for each in rows)
        writer.writerow((*COLUMNS, "row") if ordered else COLUMNS)
        for each in rows:
            values = (each.path, each.size, each.packed, f"{each.crc:08x}", each.offset, each.digest)
            writer.writerow((*values, "" if each.row is None else each.row) if ordered else values)


def _rows(opened: zipfile.ZipFile, dist_info: str, filename: str) -> tuple[list[Row], str]:
    """Directory and RECORD joined, and how its lines end; checked by writing RECORD again."""
    data = opened.read(f"{dist_info}/RECORD")
    record = parse_record(data, filename)
    for finding in record.findings:
        _complain(f"{filename}: {finding}")
    places = {path: number for number, path in enumerate(record.rows)}
    rows = []
    for info in opened.infolist():
        known = record.rows.get(info.filename)
        digest = "" if known is None or known.digest is None else known.digest
        if digest and not digest.startswith("sha256:"):
            _complain(f"{filename}: {info.filename} is hashed by {digest.partition(':')[0]}")
        spelt = base64.urlsafe_b64encode(bytes.fromhex(digest.partition(":")[2])).decode().rstrip("=")
        rows.append(
            Row(info.filename, info.file_size, info.compress_size, info.CRC, info.header_offset, spelt,
                places.get(info.filename))
        )  # fmt: skip
    bare = [replace(each, row=None) for each in rows]
    for line_end in ("\n", "\r\n"):
        for found in (bare, rows):
            if write_record(found, dist_info, line_end) == data:
                return found, line_end
    _complain(f"{filename}: its RECORD cannot be written again byte for byte")
    return rows, "\n"


def _entry_points(opened: zipfile.ZipFile, dist_info: str) -> dict[str, list[list[str]]]:
    import configparser

    if f"{dist_info}/entry_points.txt" not in opened.namelist():
        return {}
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep case
    parser.read_string(opened.read(f"{dist_info}/entry_points.txt").decode())
    groups = [each for each in parser.sections() if each in {"console_scripts", "gui_scripts"}]
    return {name: [list(each) for each in parser.items(name)] for name in groups}


def _record_page(name: str, version: str, files: Iterable[ProjectFile], *, everything: bool) -> None:
    """Write a page, or add a release to it."""
    path = DATA / "index" / f"{name}.json"
    before = json.loads(path.read_text("utf-8"))["files"] if path.is_file() else []
    kept = {each["filename"]: each for each in before}
    for file in files:
        if not (everything or _version_of(file.filename) == version):
            continue
        entry: dict[str, Any] = {
            "filename": file.filename,
            "url": f"../../files/{file.filename}",
            "hashes": {"sha256": file.sha256},
            "size": file.size,
            "upload-time": file.upload_time,
        }
        if file.requires_python is not None:
            entry["requires-python"] = file.requires_python
        if file.yanked is not None:
            entry["yanked"] = file.yanked or True
        kept[file.filename] = entry
    lines = ",\n".join(json.dumps(each) for each in kept.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{{"meta": {{"api-version": "1.1"}}, "name": "{name}", "files": [\n{lines}\n]}}\n', "utf-8")


def _version_of(filename: str) -> str:
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return str(parse(filename)[1])
    except ValueError:
        return ""


def _record_case(asked: argparse.Namespace, report: Report) -> None:
    case: dict[str, Any] = {
        "requirements": asked.requirements,
        "python_version": asked.python_version,
        "python_platform": asked.python_platform,
        "wheels": sorted(each.id for each in report.distributions),
        "expected": {
            "exit_code": report.exit_code(),
            "summary": json.loads(report.to_json())["summary"],
            "overlaps": [each for each in _told(report) if each["severity"] != "notice" or len(report.overlaps) < _FEW],
            "wheel_requests": report.reading.wheel_requests,
            "member_requests": report.reading.member_requests,
        },
    }
    path = DATA / "cases" / f"{asked.case}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_json(case), "utf-8")
    for each in report.skipped:
        _complain(f"skipped: {each}")
    with tempfile.TemporaryDirectory() as folder:
        index = RecordedIndex(Path(folder), case["wheels"])
        with index, Session(cache_dir=None) as session:
            again = ask(index, Case(asked.case, **case), session)
            case["expected"]["wheel_bytes"] = -(-index.wheel_bytes // 1000) * 1000
    if _told(again) != _told(report):
        _complain(f"{asked.case}: asked offline, the answer is another")
    path.write_text(_json(case), "utf-8")


def _told(report: Report) -> list[dict[str, str]]:
    keys = ("root", "path", "kind", "role", "severity")
    return [{key: getattr(each, key) for key in keys} for each in report.overlaps if each.severity != "none"]


def _json(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
