"""RECORD: whatever it holds, rows that can be trusted or a typed error."""

from __future__ import annotations

import base64
import csv
import io
import posixpath
import re
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.values import digest
from tests.support.wheelmaker import record_digest
from wheelclash.core.contents import Finding
from wheelclash.errors import WheelError
from wheelclash.wheel import record as record_module
from wheelclash.wheel.record import Record, normalise, parse_record
from wheelclash.wheel.record import RecordedFile as Row

WHEEL = "a-1.0-py3-none-any.whl"
GOOD = record_digest(b"x")
PROVEN = digest(b"x")
KNOWN = Row(PROVEN, 1)
NOTHING = Row(None, None)

_raw = bytes.fromhex(PROVEN.partition(":")[2])
STANDARD_ALPHABET = "sha256=" + base64.b64encode(_raw).decode()
PADDED = "sha256=" + base64.urlsafe_b64encode(_raw).decode()


class Fault(NamedTuple):
    """A RECORD, the rows it comes to and the codes of its findings."""

    data: bytes
    rows: dict[str, Row]
    codes: list[str]


def _row(path: str, hash_: str = GOOD, size: str = "1") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([path, hash_, size])
    return out.getvalue().encode("utf-8", "surrogateescape")


FAULTS = {
    "an ordinary row": Fault(_row("m.py"), {"m.py": KNOWN}, []),
    "1 a path that climbs out": Fault(_row("../../etc/passwd"), {}, ["unsafe-row"]),
    "1 a path that climbs out in the middle": Fault(_row("a/../../x"), {}, ["unsafe-row"]),
    "3 an absolute path": Fault(_row("/x"), {}, ["unsafe-row"]),
    "3 a drive": Fault(_row("C:\\x"), {}, ["backslash", "unsafe-row"]),
    "3 a drive with slashes": Fault(_row("c:/x"), {}, ["unsafe-row"]),
    "3 a drive and no slash": Fault(_row("C:x"), {}, ["unsafe-row"]),
    "3 a drive behind a folder that it leaves": Fault(_row("x/../C:/y"), {}, ["unsafe-row"]),
    "3 a network share": Fault(_row("\\\\srv\\x"), {}, ["backslash", "unsafe-row"]),
    "4 a leading dot": Fault(_row("./m.py"), {"m.py": KNOWN}, []),
    "4 an inner dot-dot": Fault(_row("a/../b.py"), {"b.py": KNOWN}, []),
    "4 a doubled slash": Fault(_row("a//b.py"), {"a/b.py": KNOWN}, []),
    "4 the root itself": Fault(_row("."), {}, ["unsafe-row"]),
    "4 the root in a roundabout way": Fault(_row("a/.."), {}, ["unsafe-row"]),
    "5 backslashes": Fault(_row("a\\b.py"), {"a/b.py": KNOWN}, ["backslash"]),
    "5 backslashes that climb out": Fault(_row("..\\..\\x"), {}, ["backslash", "unsafe-row"]),
    "6 a NUL": Fault(_row("a\0b"), {}, ["unsafe-row"]),
    "7 an escape sequence": Fault(_row("\x1b]0;t\x07"), {"\x1b]0;t\x07": KNOWN}, []),
    "7 a bidirectional override": Fault(_row("a\u202eb"), {"a\u202eb": KNOWN}, []),
    "8 a line break in a quoted path": Fault(_row("a\nb"), {"a\nb": KNOWN}, []),
    "8 a carriage return in a quoted path": Fault(_row("a\r\nb"), {"a\r\nb": KNOWN}, []),
    "8 a comma in a quoted path": Fault(_row("a,b"), {"a,b": KNOWN}, []),
    "9 two columns": Fault(f"m.py,{GOOD}\n".encode(), {"m.py": Row(PROVEN, None)}, ["row-width"]),
    "9 one column": Fault(b"m.py\n", {"m.py": NOTHING}, ["row-width"]),
    "9 four columns": Fault(f"m.py,{GOOD},1,x\n".encode(), {"m.py": KNOWN}, ["row-width"]),
    "9 blank lines": Fault(b"\n\r\n" + _row("m.py") + b"\n\n", {"m.py": KNOWN}, ["blank-row"] * 4),
    "9 nothing at all": Fault(b"", {}, []),
    "10 an empty path": Fault(_row(""), {}, ["empty-path"]),
    "11 a negative size": Fault(_row("m.py", GOOD, "-1"), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 a size with a point": Fault(_row("m.py", GOOD, "1.0"), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 a size of 5,000 digits": Fault(_row("m.py", GOOD, "9" * 5000), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 an Arabic digit": Fault(_row("m.py", GOOD, "\u0663"), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 an underscore": Fault(_row("m.py", GOOD, "1_0"), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 blanks around a size": Fault(_row("m.py", GOOD, " 1"), {"m.py": Row(PROVEN, None)}, ["bad-size"]),
    "11 a plus sign": Fault(_row("m.py", GOOD, "+1"), {"m.py": Row(PROVEN, 1)}, []),
    "11 no size": Fault(_row("m.py", GOOD, ""), {"m.py": Row(PROVEN, None)}, []),
    "12 no hash": Fault(_row("m.py", "", "1"), {"m.py": Row(None, 1)}, []),
    "13 padding": Fault(_row("m.py", PADDED), {"m.py": KNOWN}, ["odd-hash"]),
    "13 the standard alphabet": Fault(_row("m.py", STANDARD_ALPHABET), {"m.py": KNOWN}, ["odd-hash"]),
    "13 a digest cut short": Fault(_row("m.py", GOOD[:-4]), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "13 a digest in hex": Fault(_row("m.py", f"sha256={_raw.hex()}"), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "13 no base64 at all": Fault(_row("m.py", "sha256=*****"), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "13 an empty digest": Fault(_row("m.py", "sha256="), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "13 a length base64 cannot have": Fault(_row("m.py", "sha256=aaaaa"), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "13 no equals sign": Fault(_row("m.py", "sha256"), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "14 md5": Fault(_row("m.py", record_digest(b"x", "md5")), {"m.py": Row(None, 1)}, ["weak-hash"]),
    "14 sha1": Fault(_row("m.py", record_digest(b"x", "sha1")), {"m.py": Row(None, 1)}, ["weak-hash"]),
    "14 an unknown algorithm": Fault(_row("m.py", "shake_128=AAAA"), {"m.py": Row(None, 1)}, ["weak-hash"]),
    "14 an algorithm without a name": Fault(_row("m.py", "=AAAA"), {"m.py": Row(None, 1)}, ["bad-hash"]),
    "16 twice the same": Fault(_row("m.py") * 2, {"m.py": KNOWN}, ["duplicate-row"]),
    "16 twice, spelt otherwise": Fault(_row("m.py") + _row("./m.py"), {"m.py": KNOWN}, ["duplicate-row"]),
    "16 two hashes": Fault(_row("m.py") + _row("m.py", record_digest(b"y")), {"m.py": NOTHING}, ["duplicate-row"]),
    "16 a third row restores no trust": Fault(
        _row("m.py") + _row("m.py", record_digest(b"y")) + _row("m.py"),
        {"m.py": NOTHING},
        ["duplicate-row", "duplicate-row"],
    ),
    "19 a byte order mark": Fault(b"\xef\xbb\xbf" + _row("m.py"), {"m.py": KNOWN}, ["byte-order-mark"]),
    "19 Latin-1": Fault(_row("caf\udce9.py"), {"caf\udce9.py": KNOWN}, ["not-utf-8"]),
    "21 a folder": Fault(_row("pkg/", "", ""), {}, ["directory-row"]),
    "22 RECORD itself": Fault(b"d/RECORD,,\n", {"d/RECORD": NOTHING}, []),
    "23 a path over 4 KiB": Fault(_row("a" * 4097), {}, ["unsafe-row"]),
    "23 a path of 4 KiB": Fault(_row("a" * 4096), {"a" * 4096: KNOWN}, []),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_faults(fault: Fault) -> None:
    """Each fault costs the row it is in, or its hash, and is told; never more."""
    found = parse_record(fault.data, WHEEL)
    assert found.rows == fault.rows
    assert sorted(each.code for each in found.findings) == fault.codes
    for each in found.findings:
        assert (each.path is None) == (each.code in {"blank-row", "byte-order-mark", "not-utf-8"}), each


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_algorithms(name: str) -> None:
    """The algorithms that prove equality are read, and kept apart by name."""
    found = parse_record(_row("m.py", record_digest(b"x", name)), WHEEL)
    (row,) = found.rows.values()
    assert (row.digest or "").startswith(f"{name}:")
    assert not list(found.findings)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(_row("m.py") + b'"never closed,,\n' + _row("n.py"), "unreadable", id="24 unterminated quote"),
        pytest.param(b'"a"b,,\n', "unreadable", id="24 text behind a quote"),
        pytest.param(b'"' + b"a" * 200_000 + b'",,\n', "limit", id="23 a field of 200,000 characters"),
    ],
)
def test_no_csv(data: bytes, code: str) -> None:
    """What csv itself refuses is an error about the wheel, not about csv."""
    with pytest.raises(WheelError) as caught:
        parse_record(data, WHEEL)
    assert (caught.value.code, caught.value.filename) == (code, WHEEL)


@pytest.mark.parametrize("row", ["a{},,\n", "a,,\n", ",,\n", "/,,\n"], ids=["good", "same", "empty", "folder"])
def test_row_limit(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """23: rows are counted whether they are good for anything or not."""
    monkeypatch.setattr(record_module, "MAX_ROWS", 10)
    parse_record("".join(row.format(number) for number in range(10)).encode(), WHEEL)
    with pytest.raises(WheelError) as caught:
        parse_record("".join(row.format(number) for number in range(11)).encode(), WHEEL)
    assert caught.value.code == "limit"


def test_findings_are_cut_short() -> None:
    """A path told of in a finding is no longer than a path may be."""
    (finding,) = parse_record(_row("a" * 100_000), WHEEL).findings
    assert len(finding.path or "") == 4096


def _is_safe(path: str) -> bool:
    parts = path.split("/")
    return (
        "\0" not in path and "\\" not in path and not {"", ".", ".."} & set(parts) and not re.match("[A-Za-z]:", path)
    )


_PIECES = [
    "a",
    "..",
    ".",
    "/",
    "\\",
    "//",
    "C:",
    "\0",
    ",",
    '"',
    "\n",
    "\r",
    "\x1b[31m",
    "\ufeff",
    "é",
    "=",
    "sha256=",
    "-1",
]
_PLAIN_FIELDS = [
    "m.py",
    "./m.py",
    "p/../m.py",
    "p/",
    "/abs",
    "p\\m.py",
    "a" * 5000,
    "",
    ".",
    record_digest(b"x"),
    record_digest(b"x") + "=",
    record_digest(b"x").upper(),
    record_digest(b"x", "md5"),
    "1",
    "01",
    "-1",
    "9" * 30,
]
_hostile = st.lists(st.sampled_from(_PIECES), max_size=20).map(lambda found: "".join(found).encode())


@given(st.one_of(st.binary(max_size=200), _hostile, st.lists(_hostile, max_size=6).map(b",".join)))
def test_any_bytes(data: bytes) -> None:
    """Any bytes are a RECORD or a WheelError, and no row leaves the root, whatever was written."""
    try:
        found = parse_record(data, WHEEL)
    except WheelError:
        return
    assert isinstance(found, Record)
    for path, row in found.rows.items():
        assert _is_safe(path), path
        assert row.digest is None or re.fullmatch(
            r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}", row.digest
        )
        assert row.size is None or row.size >= 0


_paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\\0"), min_size=1, max_size=30).filter(
    lambda text: _is_safe(text) and not text.startswith("\ufeff")
)


@given(st.dictionaries(_paths, st.tuples(st.binary(max_size=5), st.booleans()), max_size=8))
def test_written_by_csv(files: dict[str, tuple[bytes, bool]]) -> None:
    """What the standard csv writer writes is read back: every path, hash and size, and nothing odd about it."""
    out = io.StringIO()
    for path, (content, hashed) in files.items():
        row = (path, record_digest(content), len(content)) if hashed else (path, "", "")
        csv.writer(out, lineterminator="\r\n").writerow(row)
    found = parse_record(out.getvalue().encode(), WHEEL)
    assert not list(found.findings)
    assert found.rows == {
        path: Row(digest(content), len(content)) if hashed else NOTHING for path, (content, hashed) in files.items()
    }


@given(
    st.lists(st.lists(st.sampled_from(_PLAIN_FIELDS), max_size=4), max_size=8), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_quotation_marks_change_nothing(rows: list[list[str]], end: str) -> None:
    """A row is read alike whether its fields are quoted, so by the csv module, or not, so by a pattern."""
    plain = end.join(",".join(row) for row in rows)
    quoted = end.join(",".join(f'"{field}"' for field in row) if row != [""] else "" for row in rows)
    written, read = (parse_record(text.encode(), WHEEL) for text in (plain, quoted))
    assert (written.rows, written.spelt, written.claims) == (read.rows, read.spelt, read.claims)
    assert list(written.findings) == list(read.findings)


@given(st.lists(st.sampled_from(["a", "b", ".", "..", "", "c.py"]), min_size=1, max_size=8).map("/".join))
@example("a/b/")
def test_normalise(path: str) -> None:
    """Normalising once is enough, and what it gives never climbs out."""
    clean = normalise(path)
    if clean is not None:
        assert normalise(clean) == clean == posixpath.normpath(clean)
        assert not clean.startswith(("/", "../"))
        assert clean != ".."


def test_findings_are_bounded() -> None:
    """23: of each kind of finding the first hundred are kept, and the rest is counted."""
    found = list(parse_record("".join(f"m{number}.py,md5=x,1\n" for number in range(250)).encode(), WHEEL).findings)
    assert len(found) == 101
    assert found[-1] == Finding("weak-hash", None, "and 150 more of this kind")
