"""Dynamic symbols of native files, and which files miss those that a version lacks."""

from __future__ import annotations

import io
import random
import subprocess
import sys
from shutil import which
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import quick_fetcher
from tests.support.command import Command
from tests.support.elf import I386, PPC64, shared_library
from tests.support.installed import Handmade
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.errors import FetchError
from wheelclash.native.symbols import Symbols, dynamic_symbols

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = st.lists(st.text("abcZ_019", min_size=1, max_size=8), unique=True, max_size=6)


def read(data: bytes) -> Symbols | None:
    return dynamic_symbols(io.BytesIO(data))


@given(NAMES, NAMES, NAMES)
def test_symbols_are_those_that_were_written(exports: list[str], imports: list[str], weak: list[str]) -> None:
    """Weak ones may be missing, so that they are not imported; in any width and order of bytes."""
    expected = Symbols(frozenset(exports), frozenset(imports), has_versions=False)
    for machine, bits, little in ((62, 64, True), (PPC64, 64, False), (I386, 32, True)):
        data = shared_library(exports=exports, imports=imports, weak=weak, machine=machine, bits=bits, little=little)
        assert read(data) == expected


@pytest.mark.skipif(which("readelf") is None or sys.platform != "linux", reason="needs readelf")
def test_symbols_of_real_libraries_are_those_that_readelf_shows() -> None:
    """Some with versions, some with the hash table of GNU only; the same ones whatever other tests imported before."""
    program = "import ssl, sqlite3, ctypes, pydantic_core, sys; sys.stdout.write(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    libraries = sorted({line.split()[-1] for line in maps.splitlines() if ".so" in line.split()[-1]})
    assert libraries
    for library in libraries:
        with open(library, "rb") as stream:  # noqa: PTH123
            symbols = dynamic_symbols(stream)
        assert symbols is not None, library
        exports, imports = shown_by_readelf(library)
        assert (set(symbols.exports), set(symbols.imports)) == (exports, imports), library


def shown_by_readelf(library: str) -> tuple[set[str], set[str]]:
    shown = subprocess.run(["readelf", "-W", "--dyn-syms", library], check=True, capture_output=True, text=True).stdout
    exports: set[str] = set()
    imports: set[str] = set()
    for line in shown.splitlines():
        # What readelf calls the binding "unique" in a file whose header names no operating system.
        match line.replace("<OS specific>: 10", "UNIQUE").split():
            case [_, _, _, _, ("GLOBAL" | "WEAK" | "UNIQUE") as binding, "DEFAULT" | "PROTECTED", section, name, *_]:
                name = name.replace("@@", "@")
                if section != "UND":
                    exports.update((name, name.partition("@")[0]))
                elif binding != "WEAK":
                    imports.add(name)
    return exports, imports


@pytest.mark.parametrize(
    ("symbol", "exports", "has_versions", "found"),
    [
        ("f", {"f"}, False, True),
        ("f", {"g"}, False, False),
        ("f@V2", {"f", "f@V2"}, True, True),
        ("f@V2", {"f", "f@V1"}, True, False),
        ("f@V2", {"f"}, False, True),
        ("f", {"f", "f@V1"}, True, True),
    ],
)
def test_a_library_offers_a_symbol(symbol: str, exports: set[str], has_versions: bool, found: bool) -> None:  # noqa: FBT001
    assert Symbols(frozenset(exports), frozenset(), has_versions).offers(symbol) is found


@given(st.binary(max_size=200), st.integers(0, 600), st.integers(0, 255))
def test_any_bytes_give_symbols_or_none(tail: bytes, place: int, value: int) -> None:
    data = bytearray(shared_library(["liba.so"], exports=["f", "g"], imports=["h"]))
    for length in (len(data) // 2, len(data) - 1):
        assert read(bytes(data[:length])) is None
    data[place % len(data)] = value
    read(bytes(data) + tail)
    read(tail)


PATH = "nvidia/nccl/lib/libnccl.so.2"
LIBRARIES = {
    "nccl-cu12": Wheel("nccl-cu12", files={PATH: shared_library(soname="libnccl.so.2", exports=["ncclSend"])}),
    "nccl-cu13": Wheel(
        "nccl-cu13",
        files={PATH: shared_library(soname="libnccl.so.2", exports=["ncclSend", "ncclCommResume", "_Z4mangled"])},
    ),
}
USER = shared_library(["libnccl.so.2"], imports=["ncclSend", "ncclCommResume"])
OTHER_USER = shared_library(["libother.so"], imports=["ncclCommResume"])
TORCH = Wheel(
    "torch",
    files={"torch/lib/libtorch_cuda.so": USER, "torch/lib/libother_user.so": OTHER_USER},
    requires=["nccl-cu13"],
)
BYSTANDER = Wheel("bystander", files={"bystander.so": USER})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        index.add(*LIBRARIES.values(), TORCH, BYSTANDER)
        yield index


@pytest.fixture
def ask(tmp_path: Path, index: LoopbackIndex) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home", index.simple)


def lacks(report: dict[str, Any]) -> dict[str, Any]:
    (overlap,) = (overlap for overlap in report["overlaps"] if overlap["path"] == PATH)
    return {owner["distribution"]: owner["native"]["lacks"] for owner in overlap["owners"]}


MISSED = {
    "symbols": ["_Z4mangled", "ncclCommResume"],
    "count": 2,
    "missed_by": [
        {"distribution": "torch", "file": "libtorch_cuda.so", "symbols": ["ncclCommResume"], "count": 1},
    ],
}  # fmt: skip
TARGET = ("--python-version", "3.12", "--python-platform", "linux")


def test_before_an_install_it_says_who_will_miss_what(ask: Command) -> None:
    """Only files that link with the library, of distributions that require an owner, count."""
    ran = ask("nccl-cu12", "nccl-cu13", "torch", "bystander", *TARGET, "--why", "--format", "json")
    assert lacks(ran.json) == {"nccl-cu12": MISSED, "nccl-cu13": None}
    text = ask("nccl-cu12", "nccl-cu13", "torch", *TARGET, "--why").out
    assert "nccl-cu12's lacks ncclCommResume, which libtorch_cuda.so of torch needs" in text


def test_without_a_file_that_uses_it_the_plain_names_are_said(ask: Command) -> None:
    ran = ask("nccl-cu12", "nccl-cu13", *TARGET, "--why")
    assert "nccl-cu12's lacks ncclCommResume" in ran.out
    assert "_Z4mangled" not in ran.out


BALLAST = random.Random(1).randbytes(9 * 1024 * 1024)  # noqa: S311 - nothing is secret here


def test_a_member_too_large_for_memory_is_read_by_one_range(ask: Command, index: LoopbackIndex) -> None:
    """It goes through temporary files, packed and unpacked; what lies beside it is not fetched."""
    for name, wheel in LIBRARIES.items():
        files = {PATH: wheel.files[PATH] + BALLAST, f"{name}.bin": BALLAST}  # type: ignore[operator]
        index.add(Wheel(name, "2.0", files=files, compression=0))
    ran = ask("nccl-cu12", "nccl-cu13", *TARGET, "--why", "--format", "json")
    assert lacks(ran.json)["nccl-cu12"]["symbols"] == ["_Z4mangled", "ncclCommResume"]
    assert ran.json["reading"]["member_requests"] == 2
    assert ran.json["reading"]["bytes"] < 3 * len(BALLAST)


def test_a_large_range_that_is_cut_short_is_no_answer(index: LoopbackIndex) -> None:
    data = BALLAST
    name = index.add_file("large-1.0-py3-none-any.whl", data).name
    fetcher = quick_fetcher()
    try:
        reply = fetcher.byte_range(index.file_url(name), 5, len(data) - 5, total=None, purpose="member")
        whole = reply.body
        assert (len(whole), whole[:9], whole[-9:]) == (len(data) - 10, data[5:14], data[-14:-5])
        reply.discard()
        for fault in ("short-range", "truncated"):
            index.fault("/files/*", fault)
            with pytest.raises(FetchError) as caught:
                fetcher.byte_range(index.file_url(name), 5, len(data) - 5, total=None, purpose="member")
            assert caught.value.code in {"protocol", "unreachable"}
    finally:
        fetcher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="says where Linux finds libraries")
def test_in_an_environment_the_files_on_disk_are_asked(ask: Command, tmp_path: Path) -> None:
    made = Handmade(tmp_path / "venv")
    for wheel in (TORCH, LIBRARIES["nccl-cu13"], LIBRARIES["nccl-cu12"]):
        files = {path: content for path, content in wheel.files.items() if ".dist-info" not in path}
        made.add(wheel.name, files, metadata=[f"Requires-Dist: {name}" for name in wheel.requires])
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json")
    assert ran.code == 1
    assert lacks(ran.json) == {"nccl-cu12": MISSED, "nccl-cu13": None}
