"""What native files need and where the loader finds it, checked against files the real loader opens."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elf import AARCH64, I386, PPC64, X86_64, shared_library
from wheelclash.native.elf import BinaryFacts, binary_facts
from wheelclash.native.explain import Differences, Side, differences, explain
from wheelclash.native.loader import (
    Folder,
    Need,
    Place,
    environment_libraries,
    library_folders,
    loader_cache,
    search_path,
    system_libraries,
    where_needed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

names = st.text(st.characters(codec="utf-8", exclude_characters="\0:"), min_size=1, max_size=20)
folders = st.lists(names, max_size=4).map(tuple)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the loader of Linux")
BIN = Path("/base/bin")
HERE = Path("/env/pkg")
PYTHON = BinaryFacts("elf", "x86_64")


def facts_of(data: bytes) -> BinaryFacts | None:
    return binary_facts(io.BytesIO(data))


def elf(*needed: str, rpath: str | None = None, runpath: str | None = None, machine: str = "x86_64") -> BinaryFacts:
    """Facts of an ELF file, as they would be read."""
    return BinaryFacts(
        "elf",
        machine,
        needed=needed,
        rpath=() if rpath is None else tuple(rpath.split(":")),
        runpath=() if runpath is None else tuple(runpath.split(":")),
    )


# -- reading -----------------------------------------------------------------------------------------------


@given(
    needed=st.lists(names, max_size=5),
    soname=st.none() | names,
    rpath=folders,
    runpath=folders,
    bits=st.sampled_from([32, 64]),
    little=st.booleans(),
)
def test_facts_are_what_was_written(
    needed: list[str],
    soname: str | None,
    rpath: tuple[str, ...],
    runpath: tuple[str, ...],
    bits: int,
    little: bool,  # noqa: FBT001  (Hypothesis passes it by name)
) -> None:
    """Every class and byte order; order and repetition of needs are kept."""
    data = shared_library(
        needed,
        soname=soname,
        rpath=":".join(rpath) if rpath else None,
        runpath=":".join(runpath) if runpath else None,
        bits=bits,
        little=little,
    )
    assert facts_of(data) == BinaryFacts("elf", "x86_64", soname, tuple(needed), rpath, runpath)


@pytest.mark.parametrize(
    ("machine", "bits", "little", "word"),
    [
        (X86_64, 64, True, "x86_64"),
        (I386, 32, True, "i686"),
        (AARCH64, 64, True, "aarch64"),
        (PPC64, 64, True, "ppc64le"),
        (PPC64, 64, False, "ppc64"),
        (0xFEED, 64, True, "65261"),
    ],
)
def test_machine_is_named_as_in_platform_tags(machine: int, bits: int, little: bool, word: str) -> None:  # noqa: FBT001
    facts = facts_of(shared_library(machine=machine, bits=bits, little=little))
    assert facts is not None
    assert facts.machine == word


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", None),
        (b"import os\n", None),
        (b"INPUT(libncurses.so.6)\n", None),
        (b"MZ is how this text begins", None),
        (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0", "pe"),
        (bytes.fromhex("cffaedfe"), "mach-o"),
        (bytes.fromhex("cafebabe00000002"), "mach-o"),
        (bytes.fromhex("cafebabe00000041"), None),  # a Java class
    ],
)
def test_other_formats_are_recognised_and_said_not_to_be_analysed(data: bytes, kind: str | None) -> None:
    facts = facts_of(data)
    assert facts == (None if kind is None else BinaryFacts(kind, unread="not-supported"))  # type: ignore[arg-type]  # table


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x7fELF", b"\x7fELF\x02\x01\x01", b"\x7fELF\x01\x02", b"MZ"]))
def test_any_bytes_give_facts_or_none(tail: bytes, head: bytes) -> None:
    facts = facts_of(head + tail)
    assert (facts is not None) == (facts_of((head + tail)[:200]) is not None)
    if head.startswith(b"\x7fELF"):
        assert facts is not None


WHOLE = shared_library(["liba.so.1", "libb.so.2"], soname="libc.so.3", rpath="/x", runpath="$ORIGIN")


def test_a_file_cut_short_is_damaged_and_never_half_read() -> None:
    """At every length: what a reader that stops at a byte limit hands over."""
    whole = facts_of(WHOLE)
    cut = [facts_of(WHOLE[:end]) for end in range(4, len(WHOLE))]
    assert all(each is not None and each.unread == "damaged" for each in cut[64:])
    assert whole not in cut


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6))
def test_a_file_with_wrong_bytes_gives_facts_or_none(wrong: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, value in wrong:
        data[place] = value
    facts = facts_of(bytes(data))
    assert facts is None or facts.format in {"elf", "pe", "mach-o"}


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    reads = 0
    size = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.reads += 1
        self.size += len(data)
        return data


def test_a_file_without_end_is_left_soon() -> None:
    """A dynamic section of a million needs and no end; names without end; thousands of long ones."""
    head = WHOLE[: 64 + 3 * 56]  # header and program headers: the dynamic section begins here
    many = shared_library(["libmany.so.1" * 4] * 3000)
    for data in (head + (1).to_bytes(8, "little") * 2_000_000, head + b"\1" * 20_000_000, many):
        stream = Counting(data)
        facts = binary_facts(stream)
        assert facts is not None
        assert facts.unread == "damaged"
        assert stream.reads <= 20_100
        assert stream.size <= 5 << 20


class Failing(io.BytesIO):
    """A file whose medium fails behind its first bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > 64:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_medium_that_fails_is_damage_no_exception() -> None:
    assert binary_facts(Failing(WHOLE)) == BinaryFacts("elf", unread="damaged")


def test_of_two_folders_lists_the_last_counts() -> None:
    """As for the loader, which keeps one value a tag."""
    data = bytearray(WHOLE)
    assert data[64 + 3 * 56] == 1  # the first tag is DT_NEEDED
    data[64 + 3 * 56] = 15  # DT_RPATH
    facts = facts_of(bytes(data))
    assert facts is not None
    assert (facts.needed, facts.rpath) == (("libb.so.2",), ("/x",))


def test_sections_are_not_believed() -> None:
    """Stripped to nothing, or leading nowhere: the loader does not look at them, so neither do we."""
    data = bytearray(WHOLE)
    data[0x28:0x30] = (2**63).to_bytes(8, "little")  # e_shoff
    data[0x3A:0x40] = b"\xff" * 6  # e_shentsize, e_shnum, e_shstrndx
    assert facts_of(bytes(data)) == facts_of(WHOLE)


@pytest.mark.skipif(not sys.executable or not sys.platform.startswith("linux"), reason="an executable of Linux")
def test_real_files_need_the_c_library() -> None:
    with Path(sys.executable).resolve().open("rb") as stream:
        facts = binary_facts(stream)
    assert facts is not None
    assert not facts.unread
    assert [each for each in facts.needed if each.startswith(("libc.so", "libc.musl"))]


# -- searching ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "loaders", "variable", "looked"),
    [
        (elf(), [], "", []),
        (elf(rpath="/r:$ORIGIN/../x"), [], "", ["/r", "/env/x"]),
        (elf(rpath="/r"), [], "/v", ["/r", "/v"]),
        (elf(runpath="/r"), [], "/v", ["/v", "/r"]),
        (elf(rpath="/old", runpath="/r"), [], "", ["/r"]),
        (elf(rpath="/old", runpath=""), [], "", []),
        (elf(rpath="/a"), [elf(rpath="/b"), elf(rpath="$ORIGIN/../lib")], "/v", ["/a", "/b", "/base/lib", "/v"]),
        (elf(rpath="/a"), [elf(runpath="/b")], "", ["/a"]),
        (elf(rpath="/a"), [elf(rpath="/x", runpath="/b")], "", ["/a"]),
        (elf(runpath="/a"), [elf(rpath="/b")], "", ["/a"]),
        (elf(), [elf(rpath="/b")], "", ["/b"]),
        (elf(rpath="${ORIGIN}:$ORIGIN/a:$ORIGINAL/b"), [], "", ["/env/pkg", "/env/pkg/a"]),
        (elf(rpath="/x/$ORIGINAL"), [], "", ["/x/$ORIGINAL"]),
        (
            elf(rpath="/x/$PLATFORM:/y/${PLATFORM}"),
            [],
            "",
            ["/x/x86_64", "/x/haswell", "/x/xeon_phi", "/y/x86_64", "/y/haswell", "/y/xeon_phi"],
        ),
        (elf(rpath="/x/$LIB"), [], "", ["/x/lib64", "/x/lib/x86_64-linux-gnu", "/x/lib"]),
        (elf(rpath="lib:.::/r:/r/"), [], "", ["/r"]),
        (elf(), [], "/v;/w:rel::$ORIGIN/z", ["/v", "/w"]),
        (elf("libc.musl-x86_64.so.1", runpath="/a"), [elf(runpath="/b")], "/v", ["/v", "/a", "/b"]),
    ],
)
def test_search_path(facts: BinaryFacts, loaders: list[BinaryFacts], variable: str, looked: list[str]) -> None:
    given = [(each, BIN) for each in loaders]
    found = search_path(facts, HERE, ld_library_path=variable, loaders=given)
    assert [str(each.path) for each in found] == looked


def test_a_folder_says_what_put_it_there() -> None:
    assert search_path(elf(runpath="/r"), HERE, ld_library_path="/v") == (
        Folder(Path("/v"), "ld-library-path"),
        Folder(Path("/r"), "runpath"),
    )


@pytest.mark.parametrize(
    ("name", "system", "place", "held"),
    [
        ("libin.so.1", (), "search-path", ["/env/libs"]),
        ("libin.so.1", ("libin.so.1",), "search-path", ["/env/libs"]),
        ("libout.so.1", (), "environment", ["/env/other", "/env/third"]),
        ("libout.so.1", ("libout.so.1",), "system", ["/env/other", "/env/third"]),
        ("libz.so.1", ("libz.so.1",), "system", []),
        ("libz.so.1", (), "nowhere", []),
        ("libz.so.1", None, "unknown", []),
        ("libc.so.6", None, "system", []),
        ("libc.so.6", (), "nowhere", []),
        ("libcuda.so.1", (), "driver", []),
        ("libcuda.so.1", None, "driver", []),
        ("libcuda.so.1", ("libcuda.so.1",), "system", []),
        ("libnvidia-ml.so.1", (), "driver", []),  # the stub in the environment does not count
        ("libcudart.so.12", (), "nowhere", []),
        ("/env/other/libout.so.1", (), "search-path", ["/env/other"]),
        ("/elsewhere/libout.so.1", (), "environment", ["/env/other", "/env/third"]),
        ("$ORIGIN/../other/libout.so.1", (), "search-path", ["/env/other"]),
    ],
)
def test_where_a_library_is(name: str, system: tuple[str, ...] | None, place: Place, held: list[str]) -> None:
    libraries = {
        "libin.so.1": [Path("/env/other"), Path("/env/pkg/../libs")],
        "libout.so.1": [Path("/env/other"), Path("/env/third")],
        "libnvidia-ml.so.1": [Path("/env/stubs")],
    }
    (need,) = where_needed(
        elf(name, runpath="$ORIGIN:$ORIGIN/../libs"), origin=HERE, libraries=libraries, system=system
    )
    assert (need.name, need.place) == (name, place)
    assert [os.path.normpath(each) for each in need.folders] == held


# -- the real loader ---------------------------------------------------------------------------------------

_LOAD = """
import ctypes, json, sys
for line in sys.stdin:
    wanted, library = json.loads(line)
    try:
        ctypes.CDLL(library)
    except OSError as error:
        assert wanted in str(error), error
    with open("/proc/self/maps") as maps:
        held = {each.split(maxsplit=5)[5].strip() for each in maps if each.rstrip().endswith("/" + wanted)}
    print(json.dumps(sorted(held)))
"""
_HOST = {"x86_64": X86_64, "aarch64": AARCH64}.get(platform.machine(), 0)

glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or not _HOST or sys.maxsize < 2**32, reason="asks the loader of glibc"
)


def load(wanted: Sequence[tuple[str, Path]], variable: str) -> list[list[str]]:
    """Load each library into one process; for each, the files of the wanted name that came with it."""
    done = subprocess.run(
        [sys.executable, "-c", _LOAD],
        input="".join(json.dumps([name, str(path)]) + "\n" for name, path in wanted),
        env={"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": variable},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def write(path: Path, *needed: str, rpath: str | None = None, runpath: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(shared_library(needed, soname=path.name, rpath=rpath, runpath=runpath, machine=_HOST))
    return path


def found(need: Need) -> list[str]:
    return [str(each / need.name) for each in need.folders] if need.place == "search-path" else []


@pytest.mark.oracle
@glibc
def test_the_loader_opens_what_we_say(tmp_path: Path) -> None:
    """Every way to name a folder, with every set of places that hold the library: the same file, or none."""
    package, variable = tmp_path / "pkg", str(tmp_path / "v")
    ways = ["$ORIGIN/{}", "${{ORIGIN}}/../pkg/{}", "$ORIGIN/no:" + str(package) + "/{}", "$ORIGIN{}", "$ORIGINAL/{}"]
    cases: list[tuple[str, Path]] = []
    for way, old, new, places in product(ways, (False, True), (False, True), product((False, True), repeat=3)):
        name = f"libdep{len(cases)}.so.1"
        for folder, there in zip((package / "r", package / "u", Path(variable)), places, strict=True):
            if there:
                write(folder / name)
        rpath, runpath = way.format("r") if old else None, way.format("u") if new else None
        cases.append((name, write(package / f"m{len(cases)}.so", name, rpath=rpath, runpath=runpath)))
    libraries = environment_libraries(tmp_path)
    said = []
    for _, path in cases:
        facts = facts_of(path.read_bytes())
        assert facts is not None
        (need,) = where_needed(facts, origin=package, libraries=libraries, system=frozenset(), ld_library_path=variable)
        said.append(found(need))
    assert said == load(cases, variable)
    assert len({tuple(Path(each).parent for each in one) for one in said}) == 4  # r, u, v, and none


@pytest.mark.oracle
@glibc
def test_the_loader_hands_down_what_we_say(tmp_path: Path) -> None:
    """A library's needs, looked up through the file that needed it: DT_RPATH is inherited, DT_RUNPATH is not."""
    package, variable = tmp_path / "pkg", str(tmp_path / "v")
    tags = [None, "$ORIGIN/no", "$ORIGIN/a", "$ORIGIN/../pkg/b"]
    cases: list[tuple[str, Path, Path]] = []
    for ours, hers in product(product(tags, repeat=2), repeat=2):
        name = f"libdep{len(cases)}.so.1"
        write(package / "a" / name)
        write(package / "b" / name)
        middle = write(Path(variable) / f"libmid{len(cases)}.so", name, rpath=hers[0], runpath=hers[1])
        top = write(package / f"m{len(cases)}.so", middle.name, rpath=ours[0], runpath=ours[1])
        cases.append((name, middle, top))
    libraries = environment_libraries(tmp_path)
    said = []
    for _, middle, top in cases:
        facts, above = facts_of(middle.read_bytes()), facts_of(top.read_bytes())
        assert facts is not None
        assert above is not None
        (need,) = where_needed(
            facts,
            origin=middle.parent,
            libraries=libraries,
            system=frozenset(),
            ld_library_path=variable,
            loaders=[(above, package)],
        )
        said.append(found(need))
    assert said == load([(name, top) for name, _, top in cases], variable)
    assert len({tuple(Path(each).parent for each in one) for one in said}) == 3  # a, b, and none


@pytest.mark.oracle
@glibc
@pytest.mark.parametrize("token", ["$LIB", "${LIB}", "$PLATFORM", "$LIB/x/$PLATFORM"])
def test_the_loader_fills_tokens_in_as_we_may_say(tmp_path: Path, token: str) -> None:
    """What ``$LIB`` stands for is the system's choice: it is among what we look through."""
    facts = BinaryFacts("elf", platform.machine(), needed=("libdep.so",), runpath=(f"$ORIGIN/{token}",))
    looked = [each.path for each in search_path(facts, tmp_path)]
    for folder in looked:
        write(folder / "libdep.so")
    top = write(tmp_path / "m.so", "libdep.so", runpath=facts.runpath[0])
    ((opened,),) = load([("libdep.so", top)], "")
    assert Path(opened).parent in looked


@linux
def test_what_is_needed_by_what_is_loaded_is_loaded() -> None:
    """Read every library of a process: each need is there, under the name its own file gives it.

    A process of its own: what this one has loaded depends on the tests that ran before.
    """
    program = "import ssl, sqlite3, ctypes, pydantic_core, sys; sys.stdout.write(open('/proc/self/maps').read())"
    maps = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    loaded = {path for path in map(Path, re.findall(r" (/\S+)$", maps, re.MULTILINE)) if path.is_file()}
    named: set[str] = set()
    needed: set[str] = set()
    for path in loaded:
        with path.open("rb") as stream:
            facts = binary_facts(stream)
        if facts is not None:
            assert not facts.unread, path
            named |= {facts.soname or path.name}
            needed |= set(facts.needed)
    assert len(needed) > 1
    assert {each for each in needed if not each.startswith(("libc.musl-", "ld-"))} <= named


# -- the machine -------------------------------------------------------------------------------------------


def test_libraries_of_an_environment(tmp_path: Path) -> None:
    """By name, wherever they are; links to files count, links to folders and to nothing do not."""
    site, lib = tmp_path / "site", tmp_path / "lib"
    for each in (
        *("site/nvidia/cu13/lib/libcudart.so.13", "site/x.libs/libz-1a2b3c4d.so.1.2", "site/torch/lib/libc10.so"),
        *("site/copy/libc10.so", "site/m.py", "site/m.sol", "site/so", "lib/libpython3.12.so.1.0", "lib/deep/libno.so"),
    ):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    (site / "torch/lib/liblink.so").symlink_to("libc10.so")
    (site / "torch/lib/libdangling.so").symlink_to("gone.so")
    (site / "torch/lib/libfolder.so").mkdir()
    (site / "linked").symlink_to(lib)
    assert environment_libraries(site, also=[lib, tmp_path / "none"]) == {
        "libc10.so": (site / "copy", site / "torch/lib"),
        "libcudart.so.13": (site / "nvidia/cu13/lib",),
        "liblink.so": (site / "torch/lib",),
        "libpython3.12.so.1.0": (lib,),
        "libz-1a2b3c4d.so.1.2": (site / "x.libs",),
    }


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions that bind")
def test_a_folder_that_may_not_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    (tmp_path / "liba.so").touch()
    assert list(environment_libraries(tmp_path)) == ["liba.so"]


def test_a_listing_gives_the_same_as_a_walk(tmp_path: Path) -> None:
    (tmp_path / "liba.so").touch()
    (tmp_path / "b.py").touch()
    files = [(tmp_path, "b.py"), (tmp_path, "liba.so"), (tmp_path, "liba.so")]
    assert library_folders(files) == environment_libraries(tmp_path) == {"liba.so": (tmp_path,)}


CACHE = """3 libs found in cache `/etc/ld.so.cache'
\tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1
\tlibGL.so.1 (libc6) => /lib/i386-linux-gnu/libGL.so.1
\tlibm.so.6 (libc6,x86-64, OS ABI: Linux 3.2.0) => /lib/x86_64-linux-gnu/libm.so.6
\tld-linux-aarch64.so.1 (libc6,AArch64) => /lib/ld-linux-aarch64.so.1
Cache generated by: ldconfig (Debian GLIBC 2.36-9) stable release version 2.36
"""


@pytest.mark.parametrize(
    ("text", "machine", "found"),
    [
        (CACHE, "", {"libz.so.1", "libGL.so.1", "libm.so.6", "ld-linux-aarch64.so.1"}),
        (CACHE, "x86_64", {"libz.so.1", "libm.so.6"}),
        (CACHE, "aarch64", {"ld-linux-aarch64.so.1"}),
        (CACHE, "s390x", {"libz.so.1", "libGL.so.1", "libm.so.6", "ld-linux-aarch64.so.1"}),
        ("", "", set()),
        ("ldconfig: invalid option -- 'p'\n", "", set()),
    ],
)
def test_loader_cache(text: str, machine: str, found: set[str]) -> None:
    assert loader_cache(text, machine) == found


@linux
def test_the_system_has_a_c_library() -> None:
    assert any(each.startswith(("libc.so", "libc.musl")) for each in system_libraries())


# -- saying it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (elf("a.so"), elf("a.so"), Differences((), (), (), ())),
        (elf("a.so", "b.so"), elf("b.so", "a.so"), Differences((), (), (), ())),
        (
            elf("libx.so", "libcudart.so.12", "libc.so.6"),
            elf("libc.so.6", "libcudart.so.13", "liby.so"),
            Differences((("libcudart.so.12", "libcudart.so.13"),), ("libx.so",), ("liby.so",), ()),
        ),
        (
            elf("libz-1a2b3c4d.so.1", "libpython3.11.so.1.0", "libnvrtc.so"),
            elf("libz-ffffffff.so.1.3", "libpython3.12.so.1.0", "libnvrtc.so.13"),
            Differences(
                (
                    ("libpython3.11.so.1.0", "libpython3.12.so.1.0"),
                    ("libnvrtc.so", "libnvrtc.so.13"),
                    ("libz-1a2b3c4d.so.1", "libz-ffffffff.so.1.3"),
                ),
                (),
                (),
                (),
            ),
        ),
        (elf("liba.so.1"), elf("libab.so.1"), Differences((), ("liba.so.1",), ("libab.so.1",), ())),
        (
            elf(rpath="/a", machine="aarch64"),
            elf(runpath="/a"),
            Differences((), (), (), ("machine", "rpath", "runpath")),
        ),
    ],
)
def test_differences(one: BinaryFacts, other: BinaryFacts, expected: Differences) -> None:
    assert differences(one, other) == expected


needs = st.lists(
    st.sampled_from(["liba.so.1", "liba.so.2", "liba-1a2b3c4d.so.1", "libb.so", "libb.so.1", "libc.so.6"]), max_size=6
)


@given(needs, needs)
def test_differences_lose_and_invent_nothing(one: list[str], other: list[str]) -> None:
    """Each need that is not shared is told once, on its own side."""
    said = differences(elf(*one), elf(*other))
    assert Counter([*said.only_one, *(each for each, _ in said.versions)]) == Counter(set(one) - set(other))
    assert Counter([*said.only_other, *(each for _, each in said.versions)]) == Counter(set(other) - set(one))


def side(owner: str, *needs: Need, machine: str = "x86_64") -> Side:
    return Side(owner, elf(*(each.name for each in needs), machine=machine), needs)


LIBC = Need("libc.so.6", "system")
CUDA = Need("libcuda.so.1", "driver")
CU12 = Need("libcudart.so.12", "nowhere")
CU13 = Need("libcudart.so.13", "environment", (Path("nvidia/cu13/lib"),))
IN_CU13 = "needs libcudart.so.13: in nvidia/cu13/lib, where it does not look by itself"
NO_CU12 = "needs libcudart.so.12: nowhere in this environment"
OWN12 = Need("libz-aaaaaaaa.so.1", "search-path", (Path("a.libs"),))
OWN13 = Need("libz-bbbbbbbb.so.1", "search-path", (Path("b.libs"),))


@pytest.mark.parametrize(
    ("sides", "said"),
    [
        ([], ""),
        ([side("a", LIBC), side("b", LIBC)], ""),
        (
            [side("nixl-cu12", OWN12, LIBC, CU12), side("nixl-cu13", OWN13, LIBC, CU13)],
            f"nixl-cu12's {NO_CU12}; nixl-cu13's {IN_CU13}",
        ),
        (
            [
                side("a", Need("libgone.so", "nowhere"), Need("libcudart.so.11", "search-path", (Path("x"),))),
                side("b", CU13),
            ],
            f"a's needs libcudart.so.11: in x, libgone.so: nowhere in this environment; b's {IN_CU13}",
        ),
        ([side("a", OWN12, LIBC), side("b", LIBC, OWN13)], ""),
        ([side("a", LIBC), side("b", LIBC, CU12)], f"b's {NO_CU12}"),
        (
            [side("a", Need("libx.so", "nowhere")), side("b", Need("libx.so", "search-path", (Path("x"),)))],
            "a's needs libx.so: nowhere in this environment; b's needs libx.so: in x",
        ),
        ([side("a", CUDA), side("b", CUDA)], "both need libcuda.so.1: comes with the driver"),
        (
            [side(each, CUDA, CU12, Need("libx.so", "nowhere")) for each in "abc"],
            "all need libcudart.so.12, libx.so: nowhere in this environment, libcuda.so.1: comes with the driver",
        ),
        (
            [side("a", CU12), side("b", CU13._replace(place="system"))],
            f"a's {NO_CU12}; b's needs libcudart.so.13: in the system, a copy in nvidia/cu13/lib",
        ),
        ([side("a", LIBC), side("b", LIBC, machine="i686")], "a's is built for x86_64; b's is built for i686"),
        ([side("a", LIBC, CU12)], f"a's {NO_CU12}"),
        ([side("a", LIBC)], "a's finds all it needs"),
        (
            [Side("a", BinaryFacts("elf", unread="damaged")), Side("b", BinaryFacts("pe", unread="not-supported"))],
            "a's is damaged or cut short; b's is of a format not analysed yet",
        ),
    ],
)
def test_sentence(sides: Sequence[Side], said: str) -> None:
    assert explain(sides, where=Path.as_posix) == said


def test_sentence_is_bounded_and_what_is_missing_comes_first() -> None:
    found = [Need(f"lib{each}.so", "search-path", (Path("x.libs"),)) for each in range(100)]
    said = explain([side("a", *found, Need("libgone.so", "nowhere")), side("b")], where=Path.as_posix)
    assert said.startswith("a's needs libgone.so: nowhere in this environment, lib0.so")
    assert said.endswith(" and 97 more")


def test_folders_are_named_as_the_caller_says() -> None:
    said = explain([side("a", CU13)], where=lambda _: "nvidia-cuda-runtime")
    assert "libcudart.so.13: in nvidia-cuda-runtime, where" in said
