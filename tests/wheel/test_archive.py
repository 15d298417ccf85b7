"""An open zip becomes contents, or an error about the wheel; never anything else."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tracemalloc
import warnings
import zipfile
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.values import LINUX, digest, parsed
from tests.support.wheelmaker import Wheel, record_digest, variants_json
from wheelclash.core.contents import Contents, EntryPoint
from wheelclash.core.distribution import requirements_of
from wheelclash.errors import WheelError
from wheelclash.installers import INSTALLERS
from wheelclash.wheel.archive import MAX_MEMBER, needed_members, parse_contents, read_member

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

INFO = "a-1.0.dist-info"
FILENAME = "a-1.0-py3-none-any.whl"


def _zip(entries: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def _wheel(*more: tuple[str, bytes], **replaced: bytes | None) -> bytes:
    """A wheel with further entries; keywords replace METADATA, WHEEL, RECORD (None: leave it out)."""
    texts: dict[str, bytes | None] = {
        "METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n",
        "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        "RECORD": b"",
        **replaced,
    }
    return _zip([*more, *((f"{INFO}/{name}", text) for name, text in texts.items() if text is not None)])


def _codes(found: Contents) -> list[tuple[str, str | None]]:
    return [(each.code, each.path) for each in found.findings]


def test_an_ordinary_wheel() -> None:
    """Everything later stages need is read, and nothing is odd."""
    wheel = Wheel(
        "a",
        files={"a/m.py": "x = 1\n", "a/data/": ""},
        scripts={"tool": "a.m:main"},
        gui_scripts={"window": "a.m:show [gui]"},
        requires=["b>=1", "c; extra == 'x'"],
        requires_python=">=3.11",
        purelib="False",
    )
    found = parsed(wheel)
    assert found.dist_info == INFO
    assert found.root_is_purelib == "False"
    assert found.requires == ("b>=1", "c; extra == 'x'")
    assert found.requires_python == ">=3.11"
    text = found.entry_points
    assert text is not None
    for installer in INSTALLERS:
        commands = [point for _, point in installer.rules.command_names(installer.rules.read_entry_points(text), LINUX)]
        assert commands == [EntryPoint("tool", "a.m:main", "console"), EntryPoint("window", "a.m:show", "gui")]
    assert not found.findings
    assert not found.phantoms
    (module,) = (member for member in found.members if member.path == "a/m.py")
    assert (module.size, module.digest) == (6, digest("x = 1\n"))
    assert not any(member.path.endswith("/") for member in found.members), "folders are no members"


def test_everything_read_is_needed() -> None:
    """The members named beforehand are enough to read the contents, and entry points are asked for only if there."""
    for wheel in (Wheel("a"), Wheel("a", scripts={"tool": "a:m"})):
        with zipfile.ZipFile(io.BytesIO(wheel.to_bytes())) as archive:
            needed = needed_members(archive, wheel.filename)
            opened: list[str] = []
            original = archive.open

            def recording(name: str, opened: list[str] = opened, original: Callable[..., object] = original) -> object:
                opened.append(name)
                return original(name)

            archive.open = recording  # type: ignore[method-assign,assignment]  # watches which members are opened
            parse_contents(archive, wheel.filename)
            assert sorted(opened) == sorted(needed)
        assert (f"{INFO}/entry_points.txt" in needed) == bool(wheel.scripts)


@pytest.mark.parametrize(
    ("wheel", "codes"),
    [
        pytest.param(
            Wheel("a", record_extra=[("gone.py", "", "")]), [("phantom-row", "gone.py")], id="20 row without a member"
        ),
        pytest.param(
            Wheel("a", files={"m.py": ""}, unlisted={"m.py"}), [("unlisted-member", "m.py")], id="20 member without row"
        ),
        pytest.param(
            Wheel("a", files={"m.py": ""}, unlisted={"m.py"}, record_extra=[("m.py", "", "0")]),
            [("no-hash", "m.py")],
            id="12 row without a hash",
        ),
        pytest.param(
            Wheel("a", files={"m.py": "abc"}, unlisted={"m.py"}, record_extra=[("m.py", "", "7")]),
            [("size-mismatch", "m.py")],
            id="30 row with another size",
        ),
        pytest.param(
            Wheel("a", files={"m.py": "abc"}, unlisted={"m.py"}, record_extra=[("m.py", record_digest(b""), "")]),
            [("false-hash", "m.py")],
            id="row with the hash of the empty file",
        ),
        pytest.param(
            Wheel("a", files={"m.py": ""}, unlisted={"m.py"}, record_extra=[("m.py", record_digest(b"abc"), "0")]),
            [("false-hash", "m.py")],
            id="row of an empty file with a hash of another",
        ),
        pytest.param(
            Wheel("a", files={"m.py": "ab"}, unlisted={"m.py"}, record_extra=[("m.py", record_digest(b"\r\n"), "2")]),
            [("false-hash", "m.py")],
            id="row with the hash of another file of known content and equal size",
        ),
        pytest.param(
            Wheel(
                "a",
                files={"m.py": "ab", "n.py": "cd", "o.py": "cd"},
                unlisted={"m.py"},
                record_extra=[("m.py", record_digest(b"cd"), "2")],
            ),
            [("false-hash", "m.py"), ("false-hash", "n.py"), ("false-hash", "o.py")],
            id="one hash for two contents",
        ),
        pytest.param(Wheel("a", files={"m.py": "", "n.py": "", "o.py": "x", "p.py": "x"}), [], id="equal files"),
        pytest.param(
            Wheel(
                "a",
                files={f"{INFO}/RECORD.jws": "", f"{INFO}/RECORD.p7s": ""},
                unlisted={f"{INFO}/RECORD.jws", f"{INFO}/RECORD.p7s"},
            ),
            [],
            id="22 signatures",
        ),
        pytest.param(Wheel("a", files={"./": "", "pkg/": "", "pkg/m.py": ""}), [], id="21 folders in the zip"),
        pytest.param(
            Wheel("a", files={"./m.py": "", "p//n.py": ""}), [], id="4 odd but harmless spellings, in RECORD and zip"
        ),
        pytest.param(
            Wheel("a", files={"b\x07.py": "", "c\u202e.py": "", "d\xa0.py": ""}),
            [("unprintable-name", "b\x07.py"), ("unprintable-name", "c\u202e.py")],
            id="7 control characters",
        ),
    ],
)
def test_zip_and_record_disagree(wheel: Wheel, codes: list[tuple[str, str | None]]) -> None:
    """What is in one and not in the other is told; a hash is trusted only with the size of the zip directory."""
    found = parsed(wheel)
    assert _codes(found) == codes
    doubted = {path for code, path in codes if code in {"size-mismatch", "false-hash", "no-hash", "unlisted-member"}}
    assert {member.path for member in found.members if member.digest is None} - doubted <= {
        f"{INFO}/RECORD",
        f"{INFO}/RECORD.jws",
        f"{INFO}/RECORD.p7s",
    }


_NAMES = ["m.py", "./m.py", "p//n.py", "p/n.py", "m@n.py", "p/", "a.data/purelib/m.py", "\x1b.py"]
_SPELLINGS = {"m@n.py": "m", "p/n.py": "./p/n.py"}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("name", _NAMES)
def test_an_ordinary_member_is_read_as_any_other(name: str, method: int) -> None:
    """Members that are looked at less, since nothing seems odd about them, come out as if they were looked at."""
    for content, path, right in product([b"", b"x"], {name, _SPELLINGS.get(name, name)}, [True, False]):
        size = len(content) if right else 2
        for digest_, times in product({record_digest(content), record_digest(b""), ""}, [1, 2]):
            _assert_read_alike([(name, content)] * times, f"{path},{digest_},{size}\n".encode(), method)


def test_a_member_keeps_how_record_spells_it() -> None:
    """A data file whose row is spelt in a roundabout way is lost to uv."""
    script = "a-1.0.data/scripts/t"
    rows = [(f"./{script}", record_digest(b"x"), "1"), ("p/../m.py", record_digest(b"x"), "1")]
    found = parsed(Wheel("a", files={script: "x", "m.py": "x"}, unlisted={script, "m.py"}, record_extra=rows))
    assert {each.path: each.recorded for each in found.members if each.recorded} == {
        script: f"./{script}", "m.py": "p/../m.py"
    }  # fmt: skip


def _assert_read_alike(entries: list[tuple[str, bytes]], record: bytes, method: int) -> None:
    with zipfile.ZipFile(io.BytesIO(_wheel(RECORD=record))) as archive:
        texts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile's, about a name that it writes twice
        data = _zip([*entries, *texts], method).replace(b"m@n.py", b"m\0n.py")

    def read() -> Contents | str:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return parse_contents(archive, FILENAME)
        except WheelError as error:
            return str(error)

    quick = read()
    with mock.patch("wheelclash.wheel.archive._ordinary_row", return_value=None):
        assert quick == read()


def test_phantoms_are_kept_apart() -> None:
    """A row without a member is no member, but is remembered: pip deletes such paths on uninstall."""
    found = parsed(Wheel("a", record_extra=[("./x/gone.py", "", ""), ("../out", "", "")]))
    assert found.phantoms == ("x/gone.py", "../out")
    rows = ["../out/", "x/../../out/in", "m/", "/abs", "/abs/", "c:/x", ".", "./", "..", "../", "x/..", "../../"]
    found = parsed(Wheel("a", record_extra=[(row, "", "") for row in rows]))
    assert found.phantoms == ("../out/", "../out/in", "m/")
    assert "x/gone.py" not in {member.path for member in found.members}


def test_a_member_twice() -> None:
    """Of two members of one name the last one counts, for zipfile and so for installers."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = _wheel(("m.py", b"first"), ("m.py", b"second!"))
    found = parsed(data, FILENAME)
    assert next((member.path, member.size) for member in found.members) == ("m.py", 7)
    assert ("duplicate-member", "m.py") in _codes(found)


def test_empty_record() -> None:
    """A RECORD of no bytes vouches for nothing; the files are there all the same."""
    found = parsed(Wheel("a", files={"m.py": ""}, record=b""))
    assert ("unlisted-member", "m.py") in _codes(found)
    assert all(member.digest is None for member in found.members)


@pytest.mark.parametrize(
    ("data", "filename", "code", "told"),
    [
        pytest.param(_wheel(RECORD=None), FILENAME, "no-record", "RECORD", id="17 no RECORD"),
        pytest.param(_wheel(METADATA=None), FILENAME, "unreadable", "METADATA", id="no METADATA"),
        pytest.param(_wheel(WHEEL=None), FILENAME, "unreadable", "WHEEL", id="no WHEEL"),
        pytest.param(_zip([("m.py", b"")]), FILENAME, "no-dist-info", "no wheel", id="18 no dist-info"),
        pytest.param(
            _wheel(("b-2.dist-info/METADATA", b"")), FILENAME, "mismatch", "a-1.0.dist-info, b-2.dist-info",
            id="18 two dist-infos",
        ),
        pytest.param(_wheel(), "b-1.0-py3-none-any.whl", "mismatch", INFO, id="18 of another project"),
        pytest.param(_wheel(), "a-1.1-py3-none-any.whl", "mismatch", INFO, id="18 of another version"),
        pytest.param(_wheel(), "a.whl", "mismatch", "file name", id="18 no wheel name"),
        pytest.param(_wheel(RECORD=b'"open'), FILENAME, "unreadable", "not CSV", id="24 unterminated quote"),
        pytest.param(_wheel(("aNULb.py", b"")).replace(b"aNULb.py", b"a\0\0\0b.py"), FILENAME, "hostile", "NUL",
                     id="6 a NUL in the zip directory"),
        pytest.param(_wheel(("", b"")), FILENAME, "hostile", "name", id="a member without a name"),
        pytest.param(_wheel(("p/..", b"")), FILENAME, "hostile", "name", id="a member that is the root"),
    ],
)  # fmt: skip
def test_no_installer_takes_it(data: bytes, filename: str, code: str, told: str) -> None:
    """What no installer installs is an error with its own code, and says what is wrong."""
    with pytest.raises(WheelError, match=told) as caught:
        parsed(data, filename)
    assert (caught.value.code, caught.value.filename) == (code, filename)


@pytest.mark.parametrize(
    ("dist_info", "filename"),
    [
        ("My_Pkg-1.0.dist-info", "my_pkg-1.0-py3-none-any.whl"),
        ("my.pkg-1.0.dist-info", "my_pkg-1.0-py3-none-any.whl"),
        ("my-pkg-1.0.dist-info", "my_pkg-1.0-py3-none-any.whl"),
        ("a-1.0.0.dist-info", "a-1.0-py3-none-any.whl"),
        ("a-1.0+Local.dist-info", "a-1.0+local-py3-none-any.whl"),
    ],
)
def test_dist_info_spelt_otherwise(dist_info: str, filename: str) -> None:
    """18: differences that normalisation removes are no mismatch."""
    with zipfile.ZipFile(io.BytesIO(_wheel())) as archive:
        texts = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    found = parsed(_zip((f"{dist_info}/{name}", text) for name, text in texts.items()), filename)
    assert found.dist_info == dist_info


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression(method: int) -> None:
    """29: whatever Python can unpack is read; what not every installer unpacks is told."""
    found = parsed(Wheel("a", files={"m.py": "x"}, compressions={"m.py": method}))
    assert found.members[0].path == "m.py"
    assert _codes(found) == ([] if method == zipfile.ZIP_STORED else [("odd-compression", "m.py")])


def _patched(find: bytes, offset: int, new: bytes, *, places: slice = slice(None)) -> bytes:
    """A wheel with bytes behind every occurrence of a zip header signature replaced."""
    data = bytearray(_wheel(RECORD=b"m.py,,\n" * 50))
    at = [position for position in range(len(data)) if data.startswith(find, position)]
    for position in at[places]:
        data[position + offset : position + offset + len(new)] = new
    return bytes(data)


LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_patched(CENTRAL, 10, b"\x63\x00"), id="29 a compression nobody knows"),
        pytest.param(_patched(CENTRAL, 8, b"\x01\x00"), id="29 encrypted"),
        pytest.param(_patched(CENTRAL, 16, b"\xde\xad\xbe\xef"), id="30 lying CRC"),
        pytest.param(_patched(CENTRAL, 24, b"\x01\x00\x00\x00"), id="30 lying size"),
        pytest.param(_patched(LOCAL, 30, b"b"), id="30 the local header has another name"),
        pytest.param(_patched(CENTRAL, 42, b"\xff\xff\xff\x7f"), id="31 an offset past the end"),
        pytest.param(_patched(CENTRAL, 42, b"\x03\x00\x00\x00"), id="31 an offset into the middle of things"),
        pytest.param(_patched(LOCAL, 38, b"\xff\xff\xff\xff"), id="damaged deflate data"),
    ],
)
def test_damaged_members(data: bytes) -> None:
    """29-31: a member that cannot be unpacked makes the wheel unreadable; no other exception comes through."""
    with pytest.raises(WheelError) as caught:
        parsed(data, FILENAME)
    assert caught.value.code == "unreadable"


def test_bomb() -> None:
    """25: a RECORD that inflates a thousandfold stops at the cap, in bounded memory."""
    data = _wheel(RECORD=b"a" * (4 * MAX_MEMBER))
    assert len(data) < MAX_MEMBER // 100
    tracemalloc.start()
    try:
        with pytest.raises(WheelError) as caught:
            parsed(data, FILENAME)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_MEMBER
    finally:
        tracemalloc.stop()
    assert caught.value.code == "limit"


def test_a_record_may_be_larger_than_other_members_unless_it_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelclash.wheel.archive.MAX_MEMBER", 1000)
    long = "".join(f"m{number}.py,sha256={number:043},1\n" for number in range(100)).encode()
    for name, content, is_read in (
        ("RECORD", long, True),
        ("RECORD", b"a" * 100_000, False),
        ("METADATA", long, False),
    ):
        archive = zipfile.ZipFile(io.BytesIO(_wheel(**{name: content})))
        member = next(each for each in archive.namelist() if each.endswith(f"/{name}"))
        if is_read:
            assert read_member(archive, member, "x.whl") == content
        else:
            with pytest.raises(WheelError) as caught:
                read_member(archive, member, "x.whl")
            assert caught.value.code == "limit"


def test_limit_of_a_member() -> None:
    """A member of exactly the limit is read, one byte more is not."""
    with zipfile.ZipFile(io.BytesIO(_zip([("m", b"12345")]))) as archive:
        assert read_member(archive, "m", FILENAME, limit=5) == b"12345"
        with pytest.raises(WheelError, match="more than 4 bytes") as caught:
            read_member(archive, "m", FILENAME, limit=4)
        assert caught.value.code == "limit"
        with pytest.raises(WheelError, match="no member n"):
            read_member(archive, "n", FILENAME)


_VARIANT = f"{INFO}/variant.json"
_OTHER = variants_json({"v4": {}})


@pytest.mark.parametrize(
    ("wheel", "label", "codes"),
    [
        (Wheel("a"), "", set()),
        (Wheel("a", label="v3", properties={"x86_64": {"level": ["v3"]}}), "v3", set()),
        (Wheel("a", label="v3"), "v3", {"variant-unread"}),
        (Wheel("a", files={_VARIANT: "{"}), "", {"variant-unread"}),
        (Wheel("a", label="v3", files={_VARIANT: "{"}), "v3", {"variant-unread"}),
        (Wheel("a", files={_VARIANT: _OTHER}), "", {"variant-label"}),
        (Wheel("a", label="v3", files={_VARIANT: _OTHER}), "v3", {"variant-label"}),
    ],
)
def test_requirements_follow_the_label_in_the_file_name(wheel: Wheel, label: str, codes: set[str]) -> None:
    """Whatever ``variant.json`` says."""
    requires = [f"wanted; variant_label == '{label}'", f"unwanted; variant_label != '{label}'"]
    found = parsed(replace(wheel, requires=requires))
    assert requirements_of(found.requires, LINUX).names == {"wanted"}
    assert {each.code for each in found.findings} == {"variant-marker", *codes}
    assert found.properties == (("x86_64 :: level :: v3",) if wheel.properties else ())


def test_metadata_of_the_index() -> None:
    """METADATA that is not the one the index vouches for is told; letter case of the digest does not matter."""
    wheel = Wheel("a")
    metadata = wheel.entries()[f"{INFO}/METADATA"]
    with zipfile.ZipFile(io.BytesIO(wheel.to_bytes())) as archive:
        right = parse_contents(
            archive, wheel.filename, core_metadata_sha256=hashlib.sha256(metadata).hexdigest().upper()
        )
        wrong = parse_contents(archive, wheel.filename, core_metadata_sha256="0" * 64)
    assert _codes(right) == []
    assert _codes(wrong) == [("metadata-mismatch", f"{INFO}/METADATA")]


@pytest.mark.parametrize(
    ("name", "path"),
    [("../m.py", "../m.py"), ("p/../../m.py", "../m.py"), ("/etc/m.py", "/etc/m.py"), ("p/../m.py", "m.py")],
)
def test_members_that_climb_out(name: str, path: str) -> None:
    """1: such members stay, spelt so that layout sees it: installers differ on what they do with them."""
    assert parsed(_wheel((name, b"")), FILENAME).members[0].path == path


_texts = st.one_of(
    st.binary(max_size=80),
    st.lists(
        st.sampled_from(
            [b"Name: a\n", b"Requires-Dist: ", b"\n", b"[console_scripts]\n", b"x = m:f\n", b"=", b":", b"\xff", b"\0"]
        ),
        max_size=12,
    ).map(b"".join),
)


@given(_texts, _texts, _texts, _texts)
def test_any_metadata(record: bytes, metadata: bytes, wheel: bytes, points: bytes) -> None:
    """Whatever the four files hold, contents or a WheelError come of it."""
    data = _wheel((f"{INFO}/entry_points.txt", points), RECORD=record, METADATA=metadata, WHEEL=wheel)
    with contextlib.suppress(WheelError):
        assert isinstance(parsed(data, FILENAME), Contents)


_SOUND = Wheel("a", files={"a/m.py": "x = 1\n"}, scripts={"t": "a:b"}).to_bytes()


@settings(max_examples=100)
@given(st.integers(0, len(_SOUND) - 1), st.binary(min_size=1, max_size=4))
def test_any_damage(position: int, junk: bytes) -> None:
    """Whatever bytes are damaged, a zip that opens gives contents or a WheelError."""
    data = _SOUND[:position] + junk + _SOUND[position + len(junk) :]
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return
    with archive, contextlib.suppress(WheelError):
        assert isinstance(parse_contents(archive, FILENAME), Contents)
