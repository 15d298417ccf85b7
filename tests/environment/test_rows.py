"""A row of RECORD means the same in a wheel and in an environment, and to everything that reads it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.installed import Handmade
from tests.support.wheelmaker import record_digest
from wheelclash.environment.damage import judge_environment
from wheelclash.environment.distributions import read_record
from wheelclash.environment.ownership import keys_of
from wheelclash.environment.paths import places_below
from wheelclash.wheel.record import parse_record

if TYPE_CHECKING:
    from wheelclash.wheel.record import RecordedFile

GOOD, OTHER = record_digest(b"x"), record_digest(b"y")
NOT_BASE64 = GOOD.replace("sha256=", "sha256=%%%") + "!"

hashes = st.sampled_from(["", GOOD, OTHER, NOT_BASE64, record_digest(b"x", "sha512"), record_digest(b"x", "md5"), "x"])
sizes = st.sampled_from(["", "1", "2", "-1", "1.0", "\u0663"])
cells = st.tuples(hashes, sizes) | st.tuples(hashes) | st.tuples() | st.tuples(hashes, sizes, st.just("more"))


def in_wheel(record: bytes) -> dict[str, RecordedFile]:
    return parse_record(record, "a-1.0-py3-none-any.whl").rows


def in_environment(record: bytes) -> dict[str, RecordedFile]:
    with TemporaryDirectory() as name:
        made = Handmade(Path(name, "venv"))
        made.add("a", {}, record=record)
        places = places_below(made.prefix)
        return read_record(f"{made.site}/a-1.0.dist-info/RECORD", places.sites[0], places).rows(None)


@given(st.lists(st.tuples(st.sampled_from(["m.py", "./m.py", "p/n.py"]), cells), min_size=1, max_size=4))
def test_row_says_the_same_in_a_wheel_and_in_an_environment(rows: list[tuple[str, tuple[str, ...]]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([path, *more] for path, more in rows)
    record = out.getvalue().encode()
    assert in_wheel(record) == in_environment(record)


def test_hash_that_is_not_base64_is_not_believed(made: Handmade) -> None:
    """Decoders that pass over foreign characters would take it for the hash it nearly is."""
    for name, written in (("one", NOT_BASE64), ("two", GOOD)):
        made.add(name, {}, record=f"m.py,{written},1\n".encode())
    (made.site / "m.py").write_text("x")
    scan = made.scan(every=True)
    (contested,) = scan.contested
    assert (contested.overlap.kind, contested.on_disk.matches) == ("unknown", ("two-1.0.dist-info",))
    assert [[each.code for each in one.findings] for one in scan.distributions] == [["bad-hash"], []]
    assert list(judge_environment(scan).intact.values()) == ["undetermined", "yes"]


@pytest.mark.parametrize("disk", ["x", "y", "z"])
def test_neither_of_two_rows_that_disagree_is_believed(made: Handmade, disk: str) -> None:
    made.add("one", {}, record=f"m.py,{GOOD},1\nm.py,{OTHER},1\n".encode())
    (made.site / "m.py").write_text(disk)
    scan = made.scan(every=True)
    (one,) = scan.distributions
    assert (one.files, one.changed, one.unhashed) == (1, (), 1)
    assert [each.code for each in one.findings] == ["duplicate-row"]


@pytest.mark.parametrize(
    "row",
    ["p/__pycache__", "p/__pycache__/", "p/__pycache__/m.cpython-312.pyc", "p/m.pyc", "p/m.pyo", "p/m.cpython-312.pyc"],
)
def test_bytecode_is_no_file_of_a_distribution(made: Handmade, row: str) -> None:
    made.add("one", {"p/m.py": ""}, rows=[(row, "", "")])
    scan = made.scan(every=True)
    (one,) = scan.distributions
    assert (one.files, one.missing, one.findings) == (4, (), ())
    condition = judge_environment(scan, [one.id])
    assert (condition.damages, set(condition.intact.values())) == ((), {"yes"})


def test_bytecode_without_source_is_a_module(made: Handmade) -> None:
    """It is imported itself: that it differs, or is gone, breaks something."""
    made.add("one", {"p/__init__.py": "", "p/core.pyc": "1"})
    made.add("two", {"p/core.pyc": "2"}, rows=[("p/gone.pyc", "", "")])
    scan = made.scan()
    assert [(each.overlap.path, each.overlap.kind, each.overlap.role) for each in scan.contested] == [
        ("site-packages/p/core.pyc", "different", "module")
    ]
    condition = judge_environment(scan)
    assert condition.severities == ("error",)
    assert [(each.code, each.path) for each in condition.damages] == [("missing-file", "site-packages/p/gone.pyc")]


def test_bytecode_beside_source_of_another_is_not_imported(made: Handmade) -> None:
    """Whose of it is there does not matter then; that it is hidden does, to those that ship no source."""
    made.add("one", {"p/core.py": "", "p/core.pyc": "1"})
    made.add("two", {"p/core.pyc": "2"})
    made.add("three", {"p/core.pyc": "3"})
    roles = {each.overlap.kind: each.overlap.role for each in made.scan().contested}
    assert roles == {"different": "bytecode", "shadowed": "module"}


def test_script_that_was_not_installed_is_no_file_of_a_distribution(made: Handmade) -> None:
    """Its row stays where a generated command has its name; to scan, verification and ownership it is nothing."""
    folder = made.add("one", {"../../../bin/tool": "#!"}, rows=[("one-1.0.data/scripts/tool", GOOD, "1")])
    scan = made.scan(every=True)
    (one,) = scan.distributions
    assert (one.files, one.missing, one.changed, one.unhashed) == (4, (), (), 3)
    places = places_below(made.prefix)
    record = read_record(f"{folder}/RECORD", places.sites[0], places)
    keys = keys_of(record.names)
    assert keys == record.rows(None).keys()
    assert not any("one-1.0.data" in key for key in keys)


def test_data_folder_of_another_spelling_holds_files(made: Handmade) -> None:
    """Where uv does not take it for the wheel's own, it is a folder of site-packages."""
    made.add("one", {"One-1.0.data/scripts/tool": "#!"})
    (made.site / "One-1.0.data/scripts/tool").unlink()
    (one,) = made.scan().distributions
    assert one.missing == ("site-packages/One-1.0.data/scripts/tool",)
