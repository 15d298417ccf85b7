"""Environments that nobody should have: each fault is a line or a finding, never a crash, and nothing is written."""

from __future__ import annotations

import csv
import importlib
import io
import os
import re
import shutil
import socket
import stat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.elf import shared_library
from tests.support.installed import Handmade
from tests.support.values import MACOS
from tests.support.wheelmaker import record_digest
from wheelclash.core.contents import Noted
from wheelclash.core.layout import InstalledFile, InstalledPath, Layout
from wheelclash.core.overlap import case_only, shadowed
from wheelclash.core.ownership import OwnershipMap
from wheelclash.environment.damage import judge_environment
from wheelclash.environment.distributions import RecordError, read_record
from wheelclash.environment.ownership import Owned, by_folder, keys_of
from wheelclash.environment.paths import places_at, places_below
from wheelclash.environment.scan import scan
from wheelclash.errors import QuestionError
from wheelclash.native.elf import binary_facts
from wheelclash.native.loader import environment_libraries
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from wheelclash.environment.scan import Scan

posix = pytest.mark.skipif(os.name != "posix", reason="links, pipes and sockets")

HEADER = "Metadata-Version: 2.1\nName: two\nVersion: "


def told(found: Scan) -> dict[str, str]:
    """How each distribution came out: ``read``, or the code of the line about it."""
    lines = {each.requirement: each.code for each in (*found.skipped, *found.not_compared)}
    return {**{each.name: "read" for each in found.distributions}, **lines}


def state(found: Scan) -> dict[str, str]:
    """What is at each contested path."""
    return {each.overlap.path: each.on_disk.unreadable or each.on_disk.state for each in found.contested}


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder as far as a write would show."""
    found = {}
    for above, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            status = Path(above, name).lstat()
            found[f"{above}/{name}"] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


def scan_twice(made: Handmade) -> Scan:
    """Scan without and with hashing; what cannot change between the two does not, and nothing is written or leaks."""
    before, descriptors = tree(made.prefix), open_descriptors()
    quick = made.scan()
    found = made.scan(every=True)
    assert open_descriptors() == descriptors
    assert tree(made.prefix) == before
    assert (quick.contested, quick.not_compared, quick.leftovers) == (
        found.contested,
        found.not_compared,
        found.leftovers,
    )
    judge_environment(quick)
    judge_environment(found)
    return found


def open_descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


# -- one file that is not what it should be ----------------------------------------------------------------------


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("not-there")


def circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def listener(path: Path) -> None:
    path.unlink()
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path may have a hundred characters
        try:
            server.bind(path.name)
        finally:
            os.chdir(here)


@pytest.fixture
def pair(made: Handmade) -> Handmade:
    """Two distributions that share a file."""
    made.add("one", {"shared.py": "1", "one/a.py": "1"})
    made.add("two", {"shared.py": "2", "two.py": "2"}, more={"entry_points.txt": "[console_scripts]\nx = two:y\n"})
    return made


@posix
@pytest.mark.parametrize("replace", [empty, folder, pipe, endless, nowhere, circle, listener])
@pytest.mark.parametrize("name", ["METADATA", "INSTALLER", "entry_points.txt", "RECORD"])
def test_metadata_file_that_is_none(pair: Handmade, name: str, replace: Callable[[Path], None]) -> None:
    """Without RECORD nothing is known; without the others the distribution goes by its folder's name."""
    replace(pair.site / "two-1.0.dist-info" / name)
    found = scan_twice(pair)
    is_record = name == "RECORD"
    code = "unreadable" if replace is listener else "no-record"
    assert told(found) == {"one": "read", "two": code if is_record else "read"}
    assert state(found) == ({} if is_record else {"site-packages/shared.py": "present"})
    lost = [f"site-packages/two-1.0.dist-info/{name}"] if replace in {nowhere, circle} and not is_record else []
    assert [path for each in found.distributions for path in each.missing] == lost


@posix
@pytest.mark.parametrize(
    ("replace", "contested", "own"),
    [
        (empty, "changed", "changed"),
        (folder, "changed", "changed"),
        (pipe, "changed", "changed"),
        (endless, "changed", "changed"),
        (nowhere, "missing", "missing"),
        (circle, "missing", "missing"),
        (listener, "No such device or address", "hidden"),
    ],
)
def test_recorded_file_that_is_none(pair: Handmade, replace: Callable[[Path], None], contested: str, own: str) -> None:
    """It is changed if something else is there, missing if nothing can be, and unread if it cannot be opened."""
    replace(pair.site / "shared.py")
    replace(pair.site / "two.py")
    found = scan_twice(pair)
    assert state(found) == {"site-packages/shared.py": contested}
    two = found.distributions[1]
    lists = {"missing": two.missing, "changed": two.changed, "hidden": two.hidden}
    assert [name for name, paths in lists.items() if "site-packages/two.py" in paths] == [own]
    expected = "unreadable" if own == "hidden" else "read"
    assert told(found) == {"one": expected, "two": expected}


# -- METADATA and the names of folders ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "metadata",
    [
        HEADER.encode() + b"9" * 5_000,
        HEADER.encode() + b"1.0\nRequires-Dist: x ; " + b"(" * 100_000,
        HEADER.encode() + b"1.0\nRequires-Dist: one ; python_version > '" + b"9" * 5_000 + b"'",
        HEADER.encode() + b"1.0\nRequires-Dist: one ; 'a' in 'b'\nRequires-Dist: one ; extra ~= '1'\nRequires-Dist: ;",
        HEADER.encode() + b"1.0\nRequires-Dist: one[" + b"a," * 50_000,
        HEADER.encode("utf-16") + "1.0\n".encode("utf-16"),
        b"\xff\xfe\x00\n: \n:\n\n\n",
        b"Name:\nVersion:\n",
        b"Name: " + b"two\n " * 10_000,
        b"\r\n" * 10_000,
    ],
)
def test_metadata_that_says_nothing_usable(made: Handmade, metadata: bytes) -> None:
    """The distribution is read all the same: its RECORD says what it owns. Commands ask for what is required."""
    made.add("one", {"../../../bin/tool": "#!1\n"})
    two = made.add("two", {"../../../bin/tool": "#!2\n"})
    made.add("two", {}, version="!")
    (two / "METADATA").write_bytes(metadata)
    found = scan_twice(made)
    assert state(found) == {"scripts/tool": "present"}
    assert "one-1.0.dist-info" in {each.id for each in found.distributions}
    assert "two-1.0.dist-info" in {each.id for each in found.distributions}


def test_name_with_control_characters_is_a_name(made: Handmade) -> None:
    folder = made.add("one", {"one.py": ""})
    (folder / "METADATA").write_bytes(b"Name: a\x1b[31m\x00b\x85\nVersion: 1\x1b[0m\n")
    (each,) = scan_twice(made).distributions
    assert (each.name, each.version) == ("a\x1b[31m\0b\N{REPLACEMENT CHARACTER}", "1\x1b[0m")


@posix
@pytest.mark.parametrize(
    ("folder_name", "name"),
    [
        (b"plain.dist-info", "plain"),
        (b"-.dist-info", "-dist-info"),
        (b"-1.0.dist-info", "1-0"),
        (b"a\nb-1.0.dist-info", "a\nb"),
        (b"\xff-1.0.dist-info", "\udcff"),
        (b"x" * 240 + b"-1.0.dist-info", "x" * 240),
    ],
)
def test_folder_with_an_odd_name_is_a_line(made: Handmade, folder_name: bytes, name: str) -> None:
    (Path(os.fsdecode(os.fsencode(made.site) + b"/" + folder_name))).mkdir()
    assert told(scan_twice(made)) == {name: "no-record"}
    made.add("one", {"one.py": ""}).rename(made.site / "one.dist-info")
    first = scan_twice(made).distributions[0]
    assert (first.id, first.name, first.version) == ("one.dist-info", "one", "1.0")


def test_what_an_interrupted_pip_leaves_is_no_all_clear(made: Handmade) -> None:
    """It renames what it uninstalls to names with ``~``; a project that is installed again is whole."""
    made.add("whole", {"w.py": ""})
    folder = made.add("aa", {"a.py": ""})
    left = folder.rename(folder.with_name("~a-1.0.dist-info"))
    found = made.scan()
    assert [(skip.requirement, skip.code) for skip in found.skipped] == [("aa", "interrupted")]
    assert f"{made.site}/~*" in found.skipped[0].reason
    assert [distribution.name for distribution in found.distributions] == ["whole"]
    made.add("aa", {"a.py": ""})
    assert not made.scan().skipped
    (left / "METADATA").unlink()
    assert [skip.requirement for skip in made.scan().skipped] == ["a"]


@posix
@pytest.mark.parametrize("replace", [empty, pipe, nowhere, circle, listener])
def test_dist_info_that_is_no_folder_has_no_record(made: Handmade, replace: Callable[[Path], None]) -> None:
    (made.site / "two-1.0.dist-info").touch()
    replace(made.site / "two-1.0.dist-info")
    assert told(scan_twice(made)) == {"two": "no-record"}


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe[[[",
        b"no section",
        b"[console_scripts]\na = m\nb = m:\nc = :x\nd = m:x:y\n= = =\n",
        b"[console_scripts]\n%(x)s = m:%(y)s\n[console_scripts]\n",
        b"[console_scripts]\n../../tool = m:a\na\0b = m:c\n/tool = m:d\n",
        b"[" * 1_000_000,
    ],
)
def test_entry_points_that_are_garbage_generate_no_command(made: Handmade, text: bytes) -> None:
    """The contested command is then a file like any other."""
    made.add("one", {"../../../bin/tool": "#!1\n"})
    two = made.add("two", {"../../../bin/tool": "#!2\n"}, more={"entry_points.txt": ""})
    (two / "entry_points.txt").write_bytes(text)
    (each,) = scan_twice(made).contested
    assert (each.overlap.kind, each.on_disk.matches) == ("different", ("two-1.0.dist-info",))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 5_000, '{"dir_info": []}', "\ud800", '{"dir_info": {"editable": 1}}']
)
def test_origin_that_is_garbage_makes_nothing_editable(made: Handmade, text: str) -> None:
    folder = made.add("one", {"one.py": ""})
    (folder / "direct_url.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert told(scan_twice(made)) == {"one": "read"}


# -- RECORD ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "missing", "code"),
    [
        (f"{'x' * 300}.py,,", [f"site-packages/{'x' * 300}.py"], None),
        (f"{'x/' * 2_500}y.py,,", [f"site-packages/{'x/' * 2_500}y.py"], None),
        (f"./{'x/' * 2_500}y.py,,", [], "unsafe-row"),
        ('"/etc/passwd",,', [], "outside-prefix"),
        ("..,,", [], "directory-row"),
        (".,,", [], "directory-row"),
        ("two/..,,", [], "directory-row"),
        ("two/.,,", [], "directory-row"),
        (",,", [], "unsafe-row"),
        ('"a\nb.py",,', ["site-packages/a\nb.py"], None),
        ("a b.py", ["site-packages/a b.py"], None),
        ("..hidden.py,,", ["site-packages/..hidden.py"], None),
        ("two.py,sha256=\u00fc,1", [], None),
        ("two.py,sha256,1", [], None),
        ("two.py,=,1", [], None),
        ("two.py,,\u00b2", [], None),
        (f"two.py,,{'9' * 5_000}", [], None),
        ("two.py,a,b,c,d", [], None),
    ],
)
def test_row_that_is_odd(made: Handmade, row: str, missing: list[str], code: str | None) -> None:
    made.add("two", {}, record=f"{row}\n".encode())
    (made.site / "two.py").write_text("")
    (each,) = scan_twice(made).distributions
    assert ([*each.missing], [one.code for one in each.findings]) == (missing, [code] if code else [])


rows = st.lists(
    st.tuples(
        st.text(st.sampled_from('ab./\\:"\n\r,\0 é'), max_size=8)
        | st.sampled_from(["x.pyc", "x.py", "../../../bin/x", "p/q.py", "c:x", "C:/x"]),
        st.sampled_from(["", "sha256=x", record_digest(b""), record_digest(b"1"), record_digest(b"", "sha512")]),
        st.sampled_from(["", "0", "1", "x"]),
    ),
    max_size=12,
)


@example(written=[("a", "", "1")], end="\r\n", last_end=True, quoted=False)
@given(rows, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_fast_way_through_a_record_finds_what_reading_each_row_finds(
    written: list[tuple[str, str, str]],
    end: str,
    last_end: bool,  # noqa: FBT001 - generated
    quoted: bool,  # noqa: FBT001 - generated
) -> None:
    """Both ways through, and the path of every key, against a plain reading of each row."""
    quoted |= any("\r" in path for path, _, _ in written)  # which the writer leaves as it is
    out = io.StringIO()
    writer = (
        csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL) if quoted else csv.writer(out, lineterminator=end)
    )
    writer.writerows(written)
    text = out.getvalue() if last_end else out.getvalue().removesuffix(end)
    with TemporaryDirectory() as name:
        made = Handmade(Path(name, "venv"))
        record = made.site / "RECORD"
        record.write_bytes(text.encode())
        places = places_below(made.prefix)
        site = places.sites[0]
        if not text.strip():
            with pytest.raises(RecordError, match="empty"):
                read_record(str(record), site, places)
            return
        if "\0\0" in text:
            with pytest.raises(RecordError, match="no text"):
                read_record(str(record), site, places)
            return
        listed = read_record(str(record), site, places)
        keys = keys_of(listed.names)
        files = listed.rows(None)
        paths = {path for path, _, _ in written}
        imported = [path for path, _, _ in written if not path.endswith(".pyc") or path[:-1] not in paths]
        expected = {key for path in imported if (key := plainly(path, site, places.base)) is not None}
        assert keys == expected
        assert files.keys() == expected
        if len({path for path, _, _ in written}) == len(written):  # of two rows that disagree neither counts
            sizes = {plainly(path, site, places.base): size for path, _, size in written}
            if len(sizes) == len(written):
                assert {key: str(file.size) for key, file in files.items()} == {
                    key: sizes[key] if sizes[key].isdigit() else "None" for key in expected
                }


PATHS = [
    *("p/m.py", "p/n.py", "p/q/m.py", "top.py", "p/__pycache__/m.cpython-312.pyc", ".h/x", "p/.x", "../../../bin/t"),
    *("../site-packages/p/m.py", "p/../p/n.py", "p/m.pyc", "p/o.pyc", "p/x.pyo", "p/__pycache__", "p/", "p./x.", "/x"),
    *("RECORD.data/scripts/t", "", "..", "c:x", "c:/x", ".h/a:b"),
]
HASHES = ["", "sha256=x", record_digest(b""), record_digest(b"1")]
hash_and_size = st.tuples(st.sampled_from(HASHES), st.sampled_from(["", "0", "x"]))


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=10)
@given(
    before=hash_and_size, after=hash_and_size, other=st.sampled_from(PATHS), end=st.sampled_from(["\n", "\r\n", "\n\n"])
)
@example(before=("", "0"), after=("", "x"), other="p/m.py", end="\n")
def test_record_read_folder_by_folder_is_record_read_row_by_row(
    path: str, before: tuple[str, str], after: tuple[str, str], other: str, end: str
) -> None:
    """The quick way and the slow way, which quotation marks lead to: names, findings, and what the rows say."""
    written = [("m.py", "", ""), (other, *before), (path, *after)]
    with TemporaryDirectory() as name:
        made = Handmade(Path(name, "venv"))
        folder = made.site / "RECORD.dist-info"
        folder.mkdir()
        places = places_below(made.prefix)
        read = []
        noted = []
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            out = io.StringIO()
            csv.writer(out, lineterminator=end, quoting=quoting).writerows(written)
            (folder / "RECORD").write_text(out.getvalue(), newline="")
            listed = read_record(str(folder / "RECORD"), places.sites[0], places)
            inside = [key for key in keys_of(listed.names) if not key.startswith("/")]
            every, some = Noted(), Noted()
            read.append((listed.names, listed.findings, listed.rows(None, every), listed.rows(inside, some)))
            noted.append(([*every], [*some]))
        assert read[0] == read[1]
        assert noted[0] == noted[1]
        names, _, rows, some_rows = read[0]
        assert rows.keys() == keys_of(names)
        assert listed.rows(rows.keys()) == rows
        assert some_rows == {key: row for key, row in rows.items() if not key.startswith("/")}


def plainly(path: str, site: str, base: str) -> str | None:
    """The key of a row's path as anybody would work it out."""
    path = path.replace("\\", "/")
    if path.endswith((".pyo", "/", "/.", "/..")) or path in {"", ".", ".."} or "\0" in path:
        return None
    place = os.path.normpath(path if re.match("/|[A-Za-z]:", path) else f"{site}/{path}")
    if place.startswith(f"{site}/"):
        return place[len(site) + 1 :]
    return place if place.startswith(f"{base}/") else None


# -- who owns what -----------------------------------------------------------------------------------------------

SUFFIXES = [
    ".py",
    ".pyc",
    "/__init__.py",
    "/__init__.pyc",
    "/__init__.abi3.so",
    ".so",
    ".abi3.so",
    ".cpython-312-x86_64-linux-gnu.so",
    ".pyd",
    ".txt",
    "/x.py",
]
owned_keys = st.frozensets(st.builds("{}{}".format, st.sampled_from(["m", "n/m"]), st.sampled_from(SUFFIXES)))
respelt_keys = st.frozensets(
    st.builds("{}{}".format, st.sampled_from(["m", "M", "n/m", "N/m"]), st.sampled_from([".py", "/__init__.py", "/x"]))
)


def _laid_out(owners: list[frozenset[str]], some: set[str]) -> tuple[dict[str, Layout], OwnershipMap]:
    """Return layouts of these keys, as far as they are among some, and their ownership map."""
    paths = {
        str(number): sorted(InstalledPath(f"site-packages/{key}") for key in keys & some)
        for number, keys in enumerate(map(set, owners))
    }
    layouts = {
        id_: Layout({path: InstalledFile(path, None, None, None, path) for path in theirs}, frozenset())
        for id_, theirs in paths.items()
    }
    return layouts, OwnershipMap(paths)


@given(st.lists(respelt_keys, max_size=4))
def test_names_that_differ_in_case_are_found_among_what_is_related(owners: list[frozenset[str]]) -> None:
    """No file or folder that two distributions spell differently is overlooked for the few that are compared."""
    owned = Owned(map(by_folder, owners))
    every, related = _laid_out(owners, set(owned)), _laid_out(owners, owned.related(case_sensitive=False))
    assert sorted(map(repr, case_only(*every, MACOS))) == sorted(map(repr, case_only(*related, MACOS)))


@example(owners=[frozenset({"m.py"}), frozenset({"m.py", "m.so"}), frozenset({"m.so"})], asked=True)
@example(owners=[frozenset({"m.so"}), frozenset({"m.abi3.so"})], asked=False)
@example(owners=[frozenset({"m/__init__.py", "m.so"}), frozenset({"m/__init__.py", "m.abi3.so"})], asked=False)
@given(st.lists(owned_keys, max_size=5), st.booleans())
def test_ownership_by_folder_is_ownership_file_by_file(owners: list[frozenset[str]], asked: bool) -> None:  # noqa: FBT001
    """Contested files with all their owners; and no hidden module is overlooked for the few files that are compared."""
    owned = Owned()
    for keys in owners:
        owned.add(by_folder(keys))
        assert not asked or owned.contested.keys() <= set(owned)
    every = {key: [number for number, keys in enumerate(owners) if key in keys] for keys in owners for key in keys}
    assert owned.contested == {key: numbers for key, numbers in every.items() if len(numbers) > 1}
    assert {key: owned.owners(key) for key in every} == every
    target = target_of(running())._replace(python_version="3.12.1", implementation="cpython", free_threaded=False)
    found = [
        sorted(map(repr, shadowed(*_laid_out(owners, some), target)))
        for some in (set(every), owned.related(case_sensitive=True))
    ]
    assert found[0] == found[1]


# -- links and permissions ---------------------------------------------------------------------------------------


@posix
def test_site_packages_behind_links(made: Handmade, tmp_path: Path) -> None:
    """However the folder is reached, it is one folder, and its files are found once."""
    made.add("one", {"shared.py": "1", "../../../bin/tool": "1"})
    made.add("two", {"shared.py": "2", "../../../bin/tool": "2"})
    plain = scan_twice(made)
    elsewhere = tmp_path / "elsewhere"
    site = made.site.rename(elsewhere)
    Path(plain.places.sites[0]).symlink_to(site)
    (made.prefix / "lib64").symlink_to("lib")
    (tmp_path / "link").symlink_to(made.prefix)
    for places in (
        places_below(made.prefix),
        places_below(tmp_path / "link"),
        places_at(tmp_path / "link/lib64/python3.12/site-packages"),
    ):
        found = scan(places, target_of(running()), every=True, jobs=1)
        assert len(found.places.sites) == 1
        assert state(found)["site-packages/shared.py"] == "present"
        assert told(found) == told(plain)


@posix
def test_links_in_circles_are_walked_once(made: Handmade) -> None:
    """To itself, to a folder above, to each other: none of them is followed, and all their files are found."""
    made.add("one", {"one/a.py": "1", "one/deep/b.py": "1"})
    for path, leads in (("one/self", "self"), ("one/up", ".."), ("one/deep/top", made.prefix), ("x", "y"), ("y", "x")):
        (made.site / path).symlink_to(leads)
    (made.prefix / "lib64").symlink_to("lib64")
    found = scan_twice(made)
    assert (told(found), found.distributions[0].missing) == ({"one": "read"}, ())
    assert found.leftovers == (("site-packages/one", 3, False),)


@posix
@pytest.mark.parametrize("what", ["a folder that links to itself", "a file", "a link to nowhere"])
def test_site_packages_that_is_none_is_a_question(tmp_path: Path, what: str) -> None:
    place = tmp_path / "lib" / "python3.12" / "site-packages"
    place.parent.mkdir(parents=True)
    if what == "a file":
        place.touch()
    else:
        place.symlink_to("site-packages" if what == "a folder that links to itself" else "nowhere")
    with pytest.raises(QuestionError, match="no site-packages folder"):
        places_below(tmp_path)
    with pytest.raises(QuestionError, match="folder"):
        places_at(place)


@posix
def test_tree_deeper_than_any_path_is_a_line(made: Handmade) -> None:
    made.add("one", {"one/a.py": ""})
    here = Path.cwd()
    os.chdir(made.site / "one")
    try:
        for _ in range(25):
            Path("n" * 200).mkdir()
            os.chdir("n" * 200)
    finally:
        os.chdir(here)
    found = made.scan(every=True)
    assert {each.code for each in found.skipped} == {"unreadable"}
    assert [each.name for each in found.distributions] == ["one"]


@posix
@pytest.mark.parametrize(
    ("closed", "lines"),
    [
        ("two-1.0.dist-info/RECORD", {"one": "read", "two": "unreadable"}),
        ("two-1.0.dist-info/METADATA", {"one": "read", "two": "read"}),
        ("two-1.0.dist-info/INSTALLER", {"one": "read", "two": "read"}),
        ("two-1.0.dist-info/entry_points.txt", {"one": "read", "two": "read"}),
        ("two.py", {"one": "read", "two": "unreadable"}),
        ("shared.py", {"one": "unreadable", "two": "unreadable"}),
    ],
)
def test_one_file_that_may_not_be_read_closes_nothing_else(
    pair: Handmade, monkeypatch: pytest.MonkeyPatch, closed: str, lines: dict[str, str]
) -> None:
    """Only what needs that file is told of it. Root may read everything, so the system call is refused instead."""
    refused = os.path.realpath(pair.site / closed)
    really = os.open

    def refusing(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if path == refused:
            raise PermissionError(13, "Permission denied", path)
        return really(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refusing)
    found = scan_twice(pair)
    assert told(found) == lines
    assert [each.missing for each in found.distributions if each.missing] == []
    if closed == "shared.py":
        assert state(found) == {"site-packages/shared.py": "Permission denied"}


# -- what goes away, or comes, while it is looked at -------------------------------------------------------------

STAGES = ["take_inventory", "read_records", "walk", "states", "find_contested", "verify_files", "leftovers"]
GONE = ["shared.py", "two.py", "one", "two-1.0.dist-info", "two-1.0.dist-info/RECORD", "."]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("gone", GONE)
def test_removed_while_scanning(pair: Handmade, monkeypatch: pytest.MonkeyPatch, stage: str, gone: str) -> None:
    """Each distribution is read as it was, or has a line; what was seen to be gone is missing."""
    module = importlib.import_module("wheelclash.environment.scan")
    step = getattr(module, stage)

    def then_remove(*given: Any, **named: Any) -> Any:
        result = step(*given, **named)
        path = pair.site / gone
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        return result

    monkeypatch.setattr(module, stage, then_remove)
    found = pair.scan(every=True)
    judge_environment(found)
    read = {"one": "read", "two": "read"}
    if stage == "take_inventory":
        away = {
            "two-1.0.dist-info": {"one": "read", "two": "changed"},
            "two-1.0.dist-info/RECORD": {"one": "read", "two": "no-record"},
            ".": {"one": "changed", "two": "changed"},
        }
        assert told(found) == away.get(gone, read)
    elif STAGES.index(stage) < STAGES.index("verify_files"):  # rows of RECORD are read after what it lists
        away = {
            "two-1.0.dist-info": {"one": "read", "two": "changed"},
            "two-1.0.dist-info/RECORD": {"one": "read", "two": "changed"},
            ".": {"one": "changed", "two": "changed"},
        }
        assert told(found) == away.get(gone, read)
    else:
        assert told(found) == read
    before_walk = STAGES.index(stage) < STAGES.index("walk")
    lost = {path for each in found.distributions for path in each.missing}
    if gone in {"shared.py", "two.py"} and (before_walk or (stage, gone) == ("walk", "two.py")):
        assert lost == {f"site-packages/{gone}"}
    if gone == "one" and before_walk:
        assert lost == {"site-packages/one/a.py"}


def test_installed_while_scanning(pair: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes too late to be asked for its files is nobody's file for this once, and no crash."""
    module = importlib.import_module("wheelclash.environment.scan")
    step = module.take_inventory

    def then_install(*given: Any) -> Any:
        result = step(*given)
        pair.add("late", {"late/a.py": "", "shared.py": "3"})
        return result

    monkeypatch.setattr(module, "take_inventory", then_install)
    found = pair.scan()
    assert told(found) == {"one": "read", "two": "read"}
    assert found.leftovers == (("site-packages/late", 1, True),)
    assert state(found) == {"site-packages/shared.py": "changed"}


def test_record_written_anew_is_read_anew(made: Handmade) -> None:
    """As a repair does between two scans of one run."""
    folder = made.add("one", {"one.py": "1"})
    assert made.scan(every=True).distributions[0].changed == ()
    shutil.rmtree(folder)
    made.add("one", {"one.py": "2", "new.py": "2"})
    (made.site / "new.py").write_text("other")
    assert made.scan(every=True).distributions[0].changed == ("site-packages/new.py",)


def test_processes_find_what_one_finds(made: Handmade) -> None:
    """One large distribution and many small ones, damaged here and there."""
    for number, files in enumerate([2_000, 3, 200, 1, 50, 0, 40]):
        made.add(f"d{number}", {f"d{number}/m{each}.py": f"{each}" for each in range(files)})
        for each in range(0, files, 17):
            path = made.site / f"d{number}/m{each}.py"
            if each % 2:
                path.unlink()
            else:
                path.write_text("other")
    alone, several = made.scan(every=True, jobs=1), made.scan(every=True, jobs=3)
    assert several == alone
    assert [len(each.changed) for each in alone.distributions] == [59, 1, 6, 1, 2, 0, 2]


# -- environments mutilated at random ----------------------------------------------------------------------------

FILES = [
    "shared.py", "one/a.py", "one/b.py", "one", "two.py", "../../../bin/tool", "../../../bin", "../../../share/x",
    *(f"{name}-1.0.dist-info{part}" for name in ("one", "two", "three")
      for part in ("", "/RECORD", "/METADATA", "/INSTALLER", "/entry_points.txt")),
]  # fmt: skip
ACTS = ["remove", "empty", "cut", "garbage", "folder", "pipe", "nowhere", "circle", "above", "swap", "row"]


def mutilate(made: Handmade, name: str, act: str, data: bytes) -> None:
    """Do something to a file or folder, if it is still there."""
    path = made.site / name
    if act == "swap":
        other = made.site / FILES[len(data) % len(FILES)]
        if path.exists() and other.exists() and path.is_file() and other.is_file() and path != other:
            content = path.read_bytes()
            path.write_bytes(other.read_bytes())
            other.write_bytes(content)
        return
    content = path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b""
    if act == "row" and path.is_file():
        path.write_bytes(content + data + b"\n")
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    match act:
        case "empty":
            path.touch()
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "garbage":
            path.write_bytes(data)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "nowhere" | "circle" | "above":
            path.symlink_to({"nowhere": "not-there", "circle": path.name, "above": ".."}[act])


@pytest.mark.thorough
@posix
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FILES), st.sampled_from(ACTS), st.binary(max_size=40)), max_size=6))
def test_whatever_is_done_to_an_environment_it_can_be_scanned(done: list[tuple[str, str, bytes]]) -> None:
    """Every distribution is read or has a line, what is not there is missing, and nothing is written."""
    with TemporaryDirectory() as name:
        made = Handmade(Path(name, "venv"))
        points = {"entry_points.txt": "[console_scripts]\ntool = one:main\n"}
        made.add("one", {"shared.py": "1", "one/a.py": "1", "one/b.py": "1", "../../../bin/tool": "1"}, more=points)
        made.add("two", {"shared.py": "2", "two.py": "2", "../../../bin/tool": "2"}, more=points)
        made.add("three", {"shared.py": "1", "one/a.py": "1", "../../../share/x": "1"}, more=points)
        for path, act, data in done:
            if (made.site / path).parent.is_dir() and os.path.lexists(made.site / path):
                mutilate(made, path, act, data)
        found = scan_twice(made)
        folders = {each for each in os.listdir(made.site) if each.endswith(".dist-info")}  # noqa: PTH208
        assert len(folders) == len(found.distributions) + sum(
            each.code in {"no-record", "unreadable", "limit", "superseded", "editable"}
            for each in (*found.skipped, *found.not_compared)
        )
        for each in found.distributions:
            assert each.id in folders
            for path in each.missing:
                if path.startswith("site-packages/"):
                    assert not (made.site / path.removeprefix("site-packages/")).exists()


# -- native files ------------------------------------------------------------------------------------------------

WHOLE = shared_library(["liba.so.1", "libb.so.2"], soname="libc.so.3", rpath="/x", runpath="$ORIGIN")
DYNAMIC = 64 + 56  # of the second program header


@pytest.mark.parametrize(
    ("what", "place", "value"),
    [
        ("no program headers", 0x38, b"\0\0"),
        ("more program headers than there are", 0x38, b"\xff\xff"),
        ("program headers of no size", 0x36, b"\0\0"),
        ("program headers at the end of the world", 0x20, b"\xff" * 8),
        ("program headers in the header", 0x20, bytes(8)),
        ("no class", 4, b"\0"),
        ("a class of its own", 4, b"\7"),
        ("no order of bytes", 5, b"\0"),
        ("the other order of bytes", 5, b"\2"),
        ("the other class", 4, b"\1"),
        ("a dynamic section beyond the end", DYNAMIC + 8, b"\xff" * 7 + b"\x7f"),
        ("a dynamic section that is the header", DYNAMIC + 8, bytes(8)),
        ("a dynamic section of all there is", DYNAMIC + 32, b"\xff" * 8),
        ("a name beyond the table", 64 + 3 * 56 + 8, b"\xff" * 8),
        ("nothing in memory", 64 + 16, b"\xff" * 8),
    ],
)
def test_hostile_native_file_gives_facts_that_say_so(what: str, place: int, value: bytes) -> None:
    """Whatever it claims, the answer is one of a damaged file, or what could be read of it."""
    data = WHOLE[:place] + value + WHOLE[place + len(value) :]
    facts = binary_facts(io.BytesIO(data))
    assert facts is not None, what
    assert facts.format == "elf"
    assert facts.unread == "damaged" or set(facts.needed) <= {"liba.so.1", "libb.so.2"}
    for end in range(0, len(data), 7):
        binary_facts(io.BytesIO(data[:end]))


@posix
def test_library_beside_a_circle_is_found(tmp_path: Path) -> None:
    for name in ("liba.so", "libz.so"):
        (tmp_path / name).write_bytes(WHOLE)
    (tmp_path / "libloop.so").symlink_to("libloop.so")
    (tmp_path / "libnone.so").symlink_to("nowhere")
    assert list(environment_libraries(tmp_path)) == ["liba.so", "libz.so"]
