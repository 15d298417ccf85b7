"""Reading candidates: what is kept, for whom, and what hostile wheels come to."""

from __future__ import annotations

import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.clients import candidate_of, local_candidate, quick_fetcher
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.core.contents import Contents, Members
from wheelclash.errors import FetchError, WheelError
from wheelclash.http.cache import Cache
from wheelclash.threads import run_all
from wheelclash.wheel.reader import WheelReader, decode_contents, encode_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelclash.core.distribution import Candidate
    from wheelclash.http.client import Fetcher

NOISE = random.Random(0).randbytes(300_000)  # noqa: S311 - the same noise every time
SMALL = Wheel(
    "small", files={"m.py": "x = 1\n"}, scripts={"tool": "m:main"}, requires=["other>=1"], requires_python=">=3.8"
)
BIG = Wheel("big", files={"noise.bin": NOISE, "big/__init__.py": "y = 2\n", "tail.bin": NOISE})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as running:
        running.add(SMALL, BIG)
        yield running


def using(cache: Cache, question: Callable[[WheelReader], Any], fetcher: Fetcher | None = None) -> Any:
    """What a reader of its own answers."""
    fetcher = fetcher or quick_fetcher()

    reader = WheelReader(fetcher, cache)
    try:
        return question(reader)
    finally:
        reader.close()
        fetcher.close()


def read(candidate: Candidate, cache: Cache) -> tuple[Contents, str, bool]:
    found: tuple[Contents, str, bool] = using(cache, lambda reader: reader.read(candidate))
    return found


# What is kept


@pytest.mark.parametrize(("wheel", "evidence"), [(SMALL, "full"), (BIG, "range")], ids=["small", "big"])
def test_what_was_read_once_is_not_asked_for_again(
    index: LoopbackIndex, tmp_path: Path, wheel: Wheel, evidence: str
) -> None:
    candidate = candidate_of(index, wheel)
    first = read(candidate, Cache(tmp_path / "c"))
    index.forget()
    assert first[1:] == (evidence, False)
    assert read(candidate, Cache(tmp_path / "c")) == (first[0], evidence, True)
    assert index.requests == []


@pytest.mark.parametrize(
    ("wheel", "changes", "asked"),
    [
        (BIG, {}, 0),
        (BIG, {"url": "other"}, 1),
        (SMALL, {"url": "other"}, 0),
        (BIG, {"sha256": None}, 1),
        (SMALL, {"sha256": None}, 1),
        (BIG, {"size": None}, 2),
        (BIG, {"sha256": "0" * 64}, 1),
        (BIG, {"core_metadata_sha256": "0" * 64}, 1),
        (SMALL, {"core_metadata_sha256": "0" * 64}, 1),
        (SMALL, {"requested": "small>=1", "index": None, "extras": ("x",)}, 0),
    ],
    ids=lambda value: getattr(value, "name", None) or str(value),
)
def test_an_entry_is_for_the_hash_the_size_and_the_origin_it_was_read_for(
    index: LoopbackIndex, tmp_path: Path, wheel: Wheel, changes: dict[str, Any], asked: int
) -> None:
    read(candidate_of(index, wheel), Cache(tmp_path / "c"))
    index.forget()
    if "url" in changes:
        changes = {"url": f"{index.other_url}/files/{wheel.filename}"}
    read(replace(candidate_of(index, wheel), **changes), Cache(tmp_path / "c"))
    assert len(index.requests) == asked


def test_without_a_hash_nothing_is_kept(index: LoopbackIndex, tmp_path: Path) -> None:
    read(candidate_of(index, SMALL, sha256=None), Cache(tmp_path / "c"))
    assert not (tmp_path / "c").exists()


def test_a_whole_download_is_shared_between_origins(index: LoopbackIndex, tmp_path: Path) -> None:
    index.fault("/files/*", "no-ranges")
    read(candidate_of(index, BIG), Cache(tmp_path / "c"))
    index.forget()
    elsewhere = candidate_of(index, BIG, url=f"{index.other_url}/files/{BIG.filename}")
    assert read(elsewhere, Cache(tmp_path / "c"))[1:] == ("full", True)
    assert index.requests == []


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"evidence": "range"}, {"evidence": "range", "contents": {"paths": ["a"]}}, {"evidence": 1}],
    ids=str,
)
def test_an_entry_that_makes_no_sense_is_read_anew(
    index: LoopbackIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    candidate = candidate_of(index, SMALL)
    monkeypatch.setattr(Cache, "get", lambda *_: value)
    assert read(candidate, Cache(tmp_path / "c"))[2] is False


def test_a_local_wheel_is_known_by_its_size_and_times(tmp_path: Path) -> None:
    path = SMALL.write(tmp_path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    candidate = local_candidate(path)
    cache = Cache(tmp_path / "c")
    first = read(candidate, cache)
    assert first[1:] == ("local", False)
    assert read(candidate, cache) == (first[0], "local", True)
    changed = Wheel("small", files={"m.py": "x = 2\n"}, scripts={"tool": "m:main"})
    path.write_bytes(changed.to_bytes())
    os.utime(path, (1_700_000_001, 1_700_000_001))
    assert read(candidate, cache)[0] != first[0]


def test_a_local_wheel_of_another_hash_than_is_given_for_it_is_refused(tmp_path: Path) -> None:
    """Whether or not it was read before without one; installers refuse it as well."""
    path = SMALL.write(tmp_path)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    cache, candidate = Cache(tmp_path / "c"), local_candidate(path)
    contents, _, _ = read(candidate, cache)
    with pytest.raises(WheelError, match="its sha256 is not the one that is given for it"):
        read(replace(candidate, sha256="0" * 64), cache)
    right = replace(candidate, sha256=hashlib.sha256(path.read_bytes()).hexdigest().upper())
    assert read(right, cache) == (contents, "local", False)
    assert read(right, cache)[2]


def test_a_local_wheel_written_a_moment_ago_is_not_kept(tmp_path: Path) -> None:
    """It could be written again within the same tick of the clock."""
    candidate = local_candidate(SMALL.write(tmp_path))
    read(candidate, Cache(tmp_path / "c"))
    assert read(candidate, Cache(tmp_path / "c"))[2] is False


def test_an_answer_from_the_cache_imports_no_client(index: LoopbackIndex, tmp_path: Path) -> None:
    candidate = candidate_of(index, SMALL)
    read(candidate, Cache(tmp_path / "c"))
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from wheelclash.http.cache import Cache\n"
        "from wheelclash.http.client import Fetcher\n"
        "from wheelclash.wheel.reader import WheelReader\n"
        "from wheelclash.core.distribution import Candidate\n"
        "name, url, sha256, size, folder = sys.argv[1:]\n"
        "candidate = Candidate(name, 'small', '1.0', url, None, sha256, int(size), 'small')\n"
        "fetcher = Fetcher()\n"
        "reader = WheelReader(fetcher, Cache(Path(folder)))\n"
        "assert reader.cached(candidate) is not None\n"
        "reader.close()\n"
        "fetcher.close()\n"
        "heavy = {'asyncio', 'httpx', 'pydantic', 'rich', 'email', 'ssl', 'distlib', 'platformdirs', 'socket'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    arguments = [candidate.filename, candidate.url, str(candidate.sha256), str(candidate.size), str(tmp_path / "c")]
    run = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{code}", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_contents_come_back_from_storage_as_they_were(tmp_path: Path) -> None:
    found = read(local_candidate(SMALL.write(tmp_path)), Cache(None))[0]
    assert decode_contents(encode_contents(found)) == found
    empty = Contents("x-1.dist-info", "", Members(), (), "", (), None, ())
    assert decode_contents(encode_contents(empty)) == empty


# Members for verdicts


def test_a_member_is_read_from_the_archive_that_is_open(index: LoopbackIndex) -> None:
    candidate = candidate_of(index, BIG)
    fetcher = quick_fetcher()

    def question(reader: WheelReader) -> bytes:
        reader.read(candidate)
        return reader.member(candidate, "big/__init__.py", limit=100)

    assert using(Cache(None), question, fetcher) == b"y = 2\n"
    assert (fetcher.traffic.wheel_requests, fetcher.traffic.member_requests) == (1, 1)


def test_a_member_of_a_wheel_known_from_the_cache_is_counted_apart(index: LoopbackIndex, tmp_path: Path) -> None:
    candidate = candidate_of(index, BIG)
    read(candidate, Cache(tmp_path / "c"))
    fetcher = quick_fetcher()

    def question(reader: WheelReader) -> bytes:
        reader.read(candidate)
        run_all([partial(reader.member, candidate, "big/__init__.py", limit=100) for _ in range(2)])
        return reader.member(candidate, "big/__init__.py", limit=100)

    assert using(Cache(tmp_path / "c"), question, fetcher) == b"y = 2\n"
    assert fetcher.traffic.wheel_requests == 0
    assert fetcher.traffic.member_requests >= 2


@pytest.mark.parametrize("length", [0, 3_000, 40_000])
def test_the_head_of_a_member_is_had_behind_an_extra_field_of_any_length(index: LoopbackIndex, length: int) -> None:
    """The extra field of the local header lies between the header and the content."""
    wheel = Wheel("padded")
    out = io.BytesIO(wheel.to_bytes())
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo("noise.bin", (1980, 1, 1, 0, 0, 0))
        info.extra = struct.pack("<HH", 0xCAFE, length) + bytes(length)
        archive.writestr(info, NOISE)
        archive.writestr("after.bin", NOISE)
    index.add_file(wheel.filename, out.getvalue())
    candidate = candidate_of(index, wheel.filename)
    fetcher = quick_fetcher()
    head = using(Cache(None), lambda reader: reader.member(candidate, "noise.bin", limit=500, head=500), fetcher)
    assert head == NOISE[:500]
    assert fetcher.traffic.bytes < len(NOISE)


def test_of_a_large_member_only_the_head_is_fetched(index: LoopbackIndex) -> None:
    candidate = candidate_of(index, BIG)
    fetcher = quick_fetcher()
    head = using(Cache(None), lambda reader: reader.member(candidate, "noise.bin", limit=500, head=500), fetcher)
    assert head == NOISE[:500]
    assert fetcher.traffic.bytes < 131_094 + 5_000


@pytest.mark.parametrize(
    ("path", "limit", "code"), [("noise.bin", 1000, "limit"), ("none.py", 1000, "unreadable"), ("", 10, "unreadable")]
)
def test_a_member_that_is_too_large_or_absent_costs_no_request(
    index: LoopbackIndex, path: str, limit: int, code: str
) -> None:
    candidate = candidate_of(index, BIG)
    fetcher = quick_fetcher()
    with pytest.raises(WheelError) as caught:
        using(Cache(None), lambda reader: reader.member(candidate, path, limit=limit), fetcher)
    assert (caught.value.code, fetcher.traffic.member_requests) == (code, 1)


def test_a_member_is_found_by_its_normalised_path(tmp_path: Path) -> None:
    wheel = Wheel("odd", files={"./odd//m.py": "z = 3\n"})
    candidate = local_candidate(wheel.write(tmp_path))
    [path] = [each.path for each in read(candidate, Cache(None))[0].members if each.path.endswith("m.py")]
    assert path == "odd/m.py"
    assert using(Cache(None), lambda reader: reader.member(candidate, path, limit=100)) == b"z = 3\n"


def test_a_file_replaced_between_reading_and_verdict_is_read_anew_or_refused(index: LoopbackIndex) -> None:
    candidate = candidate_of(index, BIG)
    index.fault("/files/*", "changes", after=1, times=1)

    def question(reader: WheelReader) -> bytes:
        reader.read(candidate)
        return reader.member(candidate, "big/__init__.py", limit=100)

    assert using(Cache(None), question) == b"y = 2\n"
    index.mend()
    index.fault("/files/*", "changes")
    with pytest.raises(FetchError) as caught:
        using(Cache(None), question)
    assert caught.value.code == "changed"


def test_a_file_replaced_for_good_is_opened_anew_for_a_verdict(index: LoopbackIndex) -> None:
    candidate = candidate_of(index, BIG, sha256=None, size=None)

    def question(reader: WheelReader) -> bytes:
        reader.read(candidate)
        index.add(Wheel("big", files={**BIG.files, "big/__init__.py": "y = 3\n"}))
        return reader.member(candidate, "big/__init__.py", limit=100)

    assert using(Cache(None), question) == b"y = 3\n"


# Hostile wheels


def patched(name: str, *, local: dict[int, bytes] | None = None, central: dict[int, bytes] | None = None) -> bytes:
    """The small wheel with bytes of one member's local and central headers overwritten, by offset in the header."""
    data = bytearray(SMALL.to_bytes())
    with zipfile.ZipFile(SMALL.write(Path(tempfile.mkdtemp()))) as archive:
        infos = archive.infolist()
        at = archive.start_dir
    for info in infos:
        if info.filename.endswith(name):
            for offset, value in (local or {}).items():
                data[info.header_offset + offset : info.header_offset + offset + len(value)] = value
            for offset, value in (central or {}).items():
                data[at + offset : at + offset + len(value)] = value
        at += 46 + len(info.filename.encode()) + len(info.extra)
    return bytes(data)


def word(value: int) -> bytes:
    return struct.pack("<L", value)


HOSTILE = {
    "encrypted": (patched("RECORD", local={6: b"\1"}, central={8: b"\1"}), "unreadable"),
    "unknown-method": (patched("RECORD", local={8: b"c\0"}, central={10: b"c\0"}), "unreadable"),
    "lzma-garbage": (patched("RECORD", local={8: b"\x0e\0"}, central={10: b"\x0e\0"}), "unreadable"),
    "bzip2-garbage": (patched("RECORD", local={8: b"\x0c\0"}, central={10: b"\x0c\0"}), "unreadable"),
    "other-local-name": (patched("RECORD", local={30: b"x"}), "unreadable"),
    "lying-crc": (patched("RECORD", central={16: b"\1\2\3\4"}), "unreadable"),
    "lying-size": (patched("METADATA", central={24: word(3)}), "unreadable"),
    "huge-size": (patched("RECORD", central={24: word(2**31)}), "limit"),
    "huge-packed-size": (patched("RECORD", central={20: word(2**31)}), "limit"),
    "offset-past-end": (patched("RECORD", central={42: word(2**31)}), "unreadable"),
    "offset-in-directory": (patched("RECORD", central={42: word(len(SMALL.to_bytes()) - 60)}), "unreadable"),
    "overlapping": (patched("RECORD", central={42: word(0)}), "unreadable"),
    "no-local-header": (patched("RECORD", local={0: b"XXXX"}), "unreadable"),
    "nul-in-name": (patched("m.py", local={30: b"m\0p"}, central={46: b"m\0p"}), "hostile"),
    "bomb": (Wheel("small", record=b"a" * (17 * 2**20)).to_bytes(), "limit"),
    "no-record": (Wheel("small", no_record=True).to_bytes(), "no-record"),
    "no-wheel-at-all": (Wheel("other").to_bytes(), "mismatch"),
    "cut": (SMALL.to_bytes()[:-30], "unreadable"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("remote", [False, True], ids=["local", "remote"])
def test_a_hostile_wheel_is_a_typed_error_in_few_requests(
    index: LoopbackIndex, data: bytes, code: str, *, remote: bool
) -> None:
    path = index.add_file(SMALL.filename, data)
    candidate = candidate_of(index, SMALL) if remote else local_candidate(path)
    with pytest.raises(WheelError) as caught:
        read(candidate, Cache(None))
    assert caught.value.code == code
    assert SMALL.filename in str(caught.value)
    assert len(index.requests) <= 1


def outcome(candidate: Candidate, fetcher: Fetcher | None = None) -> Contents | str:
    try:
        return (
            read(candidate, Cache(None))[0]
            if fetcher is None
            else using(Cache(None), lambda r: r.read(candidate), fetcher)[0]
        )
    except WheelError as error:
        return error.code


GOOD = SMALL.to_bytes()
FLIPS = st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6)


def mutated(flips: list[tuple[int, int]], cut: int) -> bytes:
    data = bytearray(GOOD)
    for position, value in flips:
        data[position] = value
    return bytes(data[: len(data) - cut])


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(max_size=300), st.builds(mutated, FLIPS, st.sampled_from([0, 0, 0, 1, 10]))))
def test_any_bytes_are_contents_or_a_wheel_error(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, SMALL.filename)
        path.write_bytes(data)
        outcome(local_candidate(path))


def test_a_damaged_wheel_comes_to_the_same_from_disk_and_by_ranges(index: LoopbackIndex) -> None:
    """Two hundred times the same dice: bytes changed in the directory and headers of a wheel read by two ranges."""
    dice = random.Random(20251122)  # noqa: S311 - the same every time
    wheel = Wheel("far", files={"noise.bin": NOISE, "m.py": "x = 1\n"}, record_first=True)
    good = wheel.to_bytes()
    spots = [*range(400), *range(len(good) - 700, len(good))]
    kinds = set()

    def main() -> None:
        fetcher = quick_fetcher()
        for _ in range(200):
            data = bytearray(good)
            for _ in range(dice.randint(1, 3)):
                data[dice.choice(spots)] = dice.choice([0, 1, 255, dice.randrange(256)])
            path = index.add_file(wheel.filename, bytes(data))
            results: list[Any] = []
            for candidate in (local_candidate(path), candidate_of(index, wheel)):
                reader = WheelReader(fetcher, Cache(None))
                try:
                    results.append((reader.read(candidate))[0])
                except WheelError as error:
                    results.append(error.code)
                reader.close()
            assert results[0] == results[1]
            kinds.add(type(results[0]))
        fetcher.close()

    main()
    assert kinds == {Contents, str}
