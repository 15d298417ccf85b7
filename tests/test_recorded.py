"""Real wheels and their known answers, offline: what was recorded is asked for over real HTTP on the loopback."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.recorded import RecordedIndex, ask, cases, recorded
from tests.support.wheelmaker import record_digest
from wheelclash.report.terminal import Reader
from wheelclash.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.report.model import Report

CASES = sorted(cases())
QUIET = ["fastapi-2025-03-01", "mlflow-3.17.2", "torch-2.5.1-cuda"]
NIXL_EP = "nixl_ep/nixl_ep_cpp.cpython-312-x86_64-linux-gnu.so"
THREE_SCRIPTS = ["nixl_etcd_example", "nixl_example", "telemetry_reader"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the rebuilt wheels of all cases."""
    return tmp_path_factory.mktemp("recorded")


@pytest.fixture(scope="module")
def reports(folder: Path) -> dict[str, tuple[Report, int]]:
    """For each case the report, and how many bytes of wheels were asked for."""
    found = {}
    for name in CASES:
        case = cases()[name]
        with RecordedIndex(folder, case.wheels) as index, Session(cache_dir=None) as session:
            found[name] = ask(index, case, session), index.wheel_bytes
            assert len(index.file_requests) == found[name][0].reading.wheel_requests + case.expected["member_requests"]
    return found


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_known_one(name: str, reports: dict[str, tuple[Report, int]]) -> None:
    case, (report, _) = cases()[name], reports[name]
    assert not report.skipped
    assert sorted(each.id for each in report.distributions) == sorted(case.wheels)
    told = json.loads(report.to_json())
    assert told["summary"] == {**case.expected["summary"], "lost": 0}
    keys = ("root", "path", "kind", "role", "severity")
    found = [{key: each[key] for key in keys} for each in told["overlaps"]]
    for each in case.expected["overlaps"]:
        assert each in found
    assert report.exit_code() == case.expected["exit_code"]


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_odd_about_real_wheels(name: str, reports: dict[str, tuple[Report, int]]) -> None:
    report, _ = reports[name]
    assert [finding for each in report.distributions for finding in each.findings] == []
    assert not report.warnings


@pytest.mark.parametrize("name", CASES)
def test_reading_costs_what_it_did(name: str, reports: dict[str, tuple[Report, int]]) -> None:
    """Requests to the very number, bytes to a bound, all of it without one byte that is nobody's."""
    expected, (report, wheel_bytes) = cases()[name].expected, reports[name]
    assert report.reading.wheel_requests == expected["wheel_requests"]
    assert report.reading.member_requests == expected["member_requests"]
    assert report.reading.index_requests == len(cases()[name].requirements)
    assert wheel_bytes <= expected["wheel_bytes"]


@pytest.mark.parametrize(
    ("version", "different", "notices"), [("1.1.0", 4, 4), ("1.3.0", 16, 1), ("1.5.1", 3, 1), ("0.10.1", 3, 1)]
)
def test_the_pair_that_started_this(
    version: str, different: int, notices: int, reports: dict[str, tuple[Report, int]]
) -> None:
    """The table of nixl-cu12 and nixl-cu13, line by line."""
    report, _ = reports[f"nixl-{version}"]
    summary = report.summary
    assert (summary.overlaps, summary.different, summary.identical) == (different + notices, different, notices)
    assert (summary.errors, summary.warnings, summary.notices) == (different, 0, notices)
    by_kind = {kind: [each for each in report.overlaps if each.kind == kind] for kind in ("different", "identical")}
    scripts = [each.path for each in by_kind["different"] if each.root == "scripts"]
    others = [each.path for each in by_kind["different"] if each.root != "scripts"]
    identical = {(each.root, each.path) for each in by_kind["identical"]}
    assert others == ([NIXL_EP] if version == "1.1.0" else [])
    assert len(scripts) == different - len(others)
    assert set(scripts) >= set(THREE_SCRIPTS)
    assert ("data", "pkgconfig/asio.pc") in identical
    assert len([path for root, path in identical if root == "site-packages"]) == (3 if version == "1.1.0" else 0)
    if version == "1.3.0":
        sizes = Counter(len({owner.size for owner in each.owners}) for each in by_kind["different"])
        assert sizes == {1: 16}, "equal sizes, and yet all differ"
    assert report.exit_code() == 1


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_first_screen_of_the_pair_that_started_this(width: int, reports: dict[str, tuple[Report, int]]) -> None:
    """Who, which files, who is left broken, and one command; 25 lines, broken between words, on any screen."""
    report, _ = reports["nixl-1.1.0"]
    lines = ["".join(span.text for span in line) for line in report.to_lines(Reader(width=width, wraps=True))]
    assert sum(max(1, -(-len(line) // width)) for line in lines) <= 25
    assert [line for line in lines if len(line) > width and "uv pip install" not in line] == []
    assert lines[0].startswith("nixl-cu12 1.1.0 and nixl-cu13 1.1.0 clash: 4 errors")
    text = " ".join(" ".join(lines).split())
    assert "3 files, script, different: nixl_etcd_example, nixl_example, telemetry_reader" in text
    assert f"site-packages/{NIXL_EP} native, different" in text
    (command,) = (line for line in lines if line.startswith("    uv pip "))
    assert command.endswith("nixl-cu12==1.1.0")
    assert lines.index("Who wins") < lines.index("To keep nixl-cu12")
    assert lines[-1].startswith("-v shows")


def test_a_pair_without_a_common_archive_path_is_found(reports: dict[str, tuple[Report, int]]) -> None:
    """Whoever intersects the RECORDs of nixl 1.5.1 sees nothing, or 600 headers that never meet."""
    one, other = (
        {row.path for row in recorded(name).rows if not row.path.endswith("/")} for name in cases()["nixl-1.5.1"].wheels
    )
    assert one & other == set()
    assert reports["nixl-1.5.1"][0].summary.overlaps == 4


def test_the_nixl_pair_costs_four_requests_and_320_kilobytes(reports: dict[str, tuple[Report, int]]) -> None:
    report, wheel_bytes = reports["nixl-1.1.0"]
    assert report.reading.wheel_requests <= 4
    assert wheel_bytes <= 320_000
    assert sum(each.wheel.size or 0 for each in report.distributions if each.wheel) > 74_000_000


@pytest.mark.parametrize("name", QUIET)
def test_everyday_sets_are_quiet(name: str, reports: dict[str, tuple[Report, int]]) -> None:
    """Exit 0 and no wall of text."""
    report, _ = reports[name]
    assert report.exit_code() == 0
    assert len(report.to_text().splitlines()) <= 24


@pytest.mark.parametrize("name", CASES)
def test_asked_again_nothing_is_fetched(name: str, folder: Path, tmp_path: Path) -> None:
    """From the cache, by another session, with pages fresh: the same answer and not one request."""
    case = cases()[name]
    with RecordedIndex(folder, case.wheels) as index:
        with Session(cache_dir=tmp_path / "cache") as session:
            first = ask(index, case, session)
        index.forget()
        with Session(cache_dir=tmp_path / "cache") as session:
            again = ask(index, case, session)
        assert index.requests == []
    assert again.reading.from_cache == len(case.wheels)
    assert again.overlaps == first.overlaps
    assert again.remedies == first.remedies


@pytest.mark.parametrize("filename", sorted({each for case in cases().values() for each in case.wheels}))
def test_a_rebuilt_wheel_is_the_real_one_but_for_what_is_replaced(filename: str, folder: Path) -> None:
    """Its directory has every path, size, CRC-32 and offset of the table; its RECORD holds what it says of them."""
    wheel = recorded(filename)
    path = folder / filename if (folder / filename).is_file() else wheel.write(folder)
    assert path.stat().st_size == wheel.facts["size"]
    assert path.stat().st_blocks * 512 <= 2_000_000, "the holes are holes"
    contents = wheel.contents()
    with zipfile.ZipFile(path) as archive:
        assert archive.start_dir == wheel.facts["directory"]["offset"]
        assert [each.filename for each in archive.infolist()] == [each.path for each in wheel.rows]
        for info, row in zip(archive.infolist(), wheel.rows, strict=True):
            if row.path in contents:
                assert archive.read(row.path) == contents[row.path]
            elif not row.path.endswith("/RECORD"):
                assert (info.file_size, info.compress_size, info.CRC, info.header_offset) == (
                    row.size, row.packed, row.crc, row.offset
                )  # fmt: skip
        record = archive.read(f"{wheel.dist_info}/RECORD").decode()
    digest = record_digest(contents[f"{wheel.dist_info}/METADATA"])
    assert f"{wheel.dist_info}/METADATA,{digest},{len(contents[f'{wheel.dist_info}/METADATA'])}" in record.splitlines()
