"""Pairs of paths that cannot both stand."""

from __future__ import annotations

import importlib.machinery
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import LINUX, MACOS, WINDOWS, layout, layouts
from wheelclash.core.overlap import case_only, file_directory, folded, shadowed
from wheelclash.core.ownership import OwnershipMap
from wheelclash.target.interpreter import running, target_of
from wheelclash.target.target import Target, target_for

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.core.layout import Layout
    from wheelclash.core.overlap import Overlap, Severity

LIB = "site-packages"


def _map(placed: dict[str, Layout]) -> OwnershipMap:
    return OwnershipMap({id_: each.files for id_, each in placed.items()})


def _files(found: list[Overlap]) -> list[tuple[str, dict[str, str]]]:
    """Of each overlap its path, and each owner's own path."""
    return [(each.path, {owner.id: str(owner.file.path) for owner in each.owners}) for each in found]


# -- a file where a folder is needed -----------------------------------------------------------------------------


def test_file_and_folder() -> None:
    """51: a file of one where another needs a folder is an error, named once with each owner's first file below."""
    placed = layouts(a={f"{LIB}/x": "1"}, b={f"{LIB}/x/n.py": "1", f"{LIB}/x/m.py": "1"}, c={f"{LIB}/x/y/z": "1"})
    found = file_directory(placed, _map(placed), LINUX)
    assert _files(found) == [(f"{LIB}/x", {"a": f"{LIB}/x", "b": f"{LIB}/x/m.py", "c": f"{LIB}/x/y/z"})]
    assert [(each.kind, each.role, each.severity) for each in found] == [("file-directory", "package-data", "error")]


@pytest.mark.parametrize(
    "files",
    [
        {"a": {f"{LIB}/x": "1"}, "b": {f"{LIB}/xy/n.py": "1"}},
        {"a": {f"{LIB}/x.py": "1"}, "b": {f"{LIB}/x/n.py": "1"}},
        {"a": {f"{LIB}/p/m.py": "1"}, "b": {f"{LIB}/p/n.py": "1"}},
        {"a": {"scripts/x": "1"}, "b": {f"{LIB}/x/n.py": "1"}},
        {"a": {f"{LIB}/x": "1", f"{LIB}/x/y": "1"}},
    ],
    ids=["prefix of a name", "module and package", "one folder", "two roots", "within one distribution"],
)
def test_no_file_and_folder(files: dict[str, dict[str, str | None]]) -> None:
    """What merely looks alike, and what is one distribution's own affair, is none."""
    placed = layouts(**files)
    assert file_directory(placed, _map(placed), LINUX) == []


# -- letter case ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "severity"), [(LINUX, "none"), (MACOS, "error"), (WINDOWS, "error")], ids=["linux", "macos", "windows"]
)
def test_case(target: Target, severity: Severity) -> None:
    """50: names that differ only in case are one file on macOS and Windows, and two on Linux."""
    placed = layouts(a={f"{LIB}/pkg/m.py": "1"}, b={f"{LIB}/pkg/M.py": "2"})
    (found,) = case_only(placed, _map(placed), target)
    assert (found.kind, found.severity) == ("case-only", severity)
    assert found.path == f"{LIB}/pkg/M.py"
    assert {owner.id: owner.file.path for owner in found.owners} == {"a": f"{LIB}/pkg/m.py", "b": f"{LIB}/pkg/M.py"}
    assert found.is_one_file


@pytest.mark.parametrize(
    ("target", "severity"), [(LINUX, "none"), (MACOS, "error"), (WINDOWS, "error")], ids=["linux", "macos", "windows"]
)
def test_one_folder(target: Target, severity: Severity) -> None:
    """Two import packages that differ only in case are one folder on macOS and Windows, that has one name."""
    placed = layouts(
        a={f"{LIB}/foo/data.txt": "1", f"{LIB}/foo/x.py": "1"}, b={f"{LIB}/Foo/y.py": "1"}, c={f"{LIB}/Foo/z.txt": "1"}
    )
    (found,) = case_only(placed, _map(placed), target)
    assert (found.path, found.kind, found.role, found.severity) == (f"{LIB}/Foo", "case-only", "module", severity)
    assert _files([found])[0][1] == {"a": f"{LIB}/foo/x.py", "b": f"{LIB}/Foo/y.py", "c": f"{LIB}/Foo/z.txt"}
    assert found.is_folder
    by_name = {owner.id: owner.content for owner in found.owners}
    assert by_name["b"] == by_name["c"] != by_name["a"]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("Foo/m.py", "foo/M.py", [(f"{LIB}/Foo", "error"), (f"{LIB}/Foo/m.py", "error")]),
        ("Foo/__init__.py", "foo/__init__.py", [(f"{LIB}/Foo", "error"), (f"{LIB}/Foo/__init__.py", "notice")]),
        ("p/Foo/a.py", "p/foo/b.py", [(f"{LIB}/p/Foo", "error")]),
        ("Foo/sub/a.py", "foo/sub/b.py", [(f"{LIB}/Foo", "error")]),
        ("foo/Sub/a.abi3.so", "foo/sub/b.txt", [(f"{LIB}/foo/Sub", "error")]),
        ("Tests/a.py", "tests/b.py", [(f"{LIB}/Tests", "warning")]),
        ("Foo/a.txt", "foo/b.txt", []),
        ("Foo.libs/a.so", "foo.libs/b.so", []),
        ("Foo-1.dist-info/a.py", "foo-1.dist-info/b.py", []),
        ("foo/a.py", "foo/b.py", []),
        ("Foo.py", "foo/a.py", []),
    ],
)
def test_every_part_of_a_path(one: str, other: str, found: list[tuple[str, str]]) -> None:
    """Folders count by their own names, and as packages only: equal files in them do not make up for their name."""
    placed = layouts(a={f"{LIB}/{one}": "1"}, b={f"{LIB}/{other}": "1" if one.lower() == other.lower() else "2"})
    if one == "Foo/m.py":
        placed["b"] = layouts(b={f"{LIB}/{other}": "2"})["b"]
    seen = case_only(placed, _map(placed), MACOS)
    assert sorted((str(each.path), str(each.severity)) for each in seen) == found
    assert {each.severity for each in case_only(placed, _map(placed), LINUX)} <= {"none"}


@pytest.mark.parametrize(
    ("file", "below"), [("README", "readme/__init__.py"), ("x/Y", "X/y/z"), ("caf\u00e9", "Cafe\u0301/m.py")]
)
def test_file_and_folder_that_differ_in_case(file: str, below: str) -> None:
    """A file is in the way of a folder of the same name in another case, where case does not matter."""
    placed = layouts(a={f"{LIB}/{file}": "1"}, b={f"{LIB}/{below}": "1"})
    (found,) = file_directory(placed, _map(placed), MACOS)
    assert (found.path, found.kind, found.severity) == (f"{LIB}/{file}", "file-directory", "error")
    assert found.ids == ("a", "b")
    assert file_directory(placed, _map(placed), LINUX) == []


@pytest.mark.parametrize(
    ("path", "one", "other", "severity"),
    [
        ("m.py", "1", "1", "error"),
        ("m.py", "1", "2", "error"),
        ("m.py", None, None, "error"),
        ("m.abi3.so", "1", "1", "error"),
        ("m.pyi", "1", "2", "warning"),
        ("m.pyi", "1", "1", "notice"),
        ("x.json", "1", "2", "warning"),
        ("m.pyc", "1", "2", "error"),
        ("__pycache__/m.cpython-312.pyc", "1", "2", "none"),
    ],
)
def test_case_as_if_equal(path: str, one: str | None, other: str | None, severity: Severity) -> None:
    """Where case does not matter, the pair is as grave as if the paths were equal; of modules the name counts, too."""
    placed = layouts(a={f"{LIB}/p/{path}": one}, b={f"{LIB}/p/{path.replace('m.', 'M.').replace('x.', 'X.')}": other})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert found.severity == severity


def test_bytecode_beside_its_source_is_harmless_in_any_case() -> None:
    placed = layouts(a={f"{LIB}/M.py": "1", f"{LIB}/M.pyc": "1"}, b={f"{LIB}/m.pyc": "2"})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert (found.path, found.role, found.severity) == (f"{LIB}/M.pyc", "bytecode", "none")


def test_metadata_of_another_is_written_under_another_spelling_too() -> None:
    """Where case does not matter, that is the RECORD by which the other one is uninstalled."""
    placed = layouts(a={f"{LIB}/B-1.0.dist-info/RECORD": "1"}, b={f"{LIB}/b-1.0.dist-info/RECORD": "2"})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert (found.role, found.severity) == ("metadata", "error")
    (found,) = case_only(placed, _map(placed), LINUX)
    assert found.severity == "none"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/m.py", "A/M.py"),
        ("caf\u00e9.py", "cafe\u0301.py"),
        ("CAF\u00c9.py", "cafe\u0301.py"),
        ("stra\u00dfe.py", "STRASSE.py"),
    ],
)
def test_one_name(one: str, other: str) -> None:
    """50: letter case and Unicode composition make no difference to such a file system."""
    assert folded(one) == folded(other)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_folding(text: str) -> None:
    """Folding twice changes nothing more, and letter case and composition are gone."""
    assert folded(text.casefold()) == folded(text)
    assert folded(unicodedata.normalize("NFC", text)) == folded(folded(unicodedata.normalize("NFC", text)))


def test_case_of_a_row_without_a_file() -> None:
    """A row without a file takes the file of another that differs only in case, where case does not matter."""
    placed = layouts(a={f"{LIB}/M.py": "1"}) | {"b": layout(phantoms=[f"{LIB}/m.py"])}
    (found,) = case_only(placed, _map(placed), MACOS)
    assert (found.path, found.severity, found.ids, found.is_phantom) == (f"{LIB}/M.py", "notice", ("a", "b"), True)
    assert [each.severity for each in case_only(placed, _map(placed), LINUX)] == ["none"]


def test_content_of_names_that_differ_in_case() -> None:
    """Modules are alike by content and spelling, other files by content alone."""
    placed = layouts(a={f"{LIB}/M.py": "1"}, b={f"{LIB}/M.py": "1"}, c={f"{LIB}/m.py": "1"})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert [owner.content for owner in found.owners] == [0, 0, 1]
    placed = layouts(a={"scripts/Tool": "1"}, b={"scripts/tool": "1"}, c={"scripts/TOOL": "2"})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert {owner.id: owner.content for owner in found.owners} == {"c": 0, "a": 1, "b": 1}


def test_case_within_one_distribution() -> None:
    """Two spellings of one distribution are its own affair; one more owner of one of them makes an overlap."""
    placed = layouts(a={f"{LIB}/M.py": "1", f"{LIB}/m.py": "2"})
    assert case_only(placed, _map(placed), MACOS) == []
    placed = layouts(a={f"{LIB}/M.py": "1"}, b={f"{LIB}/M.py": "1"})
    assert case_only(placed, _map(placed), MACOS) == []
    placed = layouts(a={f"{LIB}/M.py": "1"}, b={f"{LIB}/M.py": "1"}, c={f"{LIB}/m.py": "2"})
    (found,) = case_only(placed, _map(placed), MACOS)
    assert set(found.ids) == {"a", "b", "c"}


# -- modules that hide others --------------------------------------------------------------------------------

FREE_THREADED = target_for("3.13t", "linux")
PYPY = target_for("3.11", "linux", "pypy")

FORMS: dict[str, tuple[Target, list[str], list[str]]] = {
    "linux": (
        LINUX,
        ["m/__init__.cpython-312-x86_64-linux-gnu.so", "m/__init__.abi3.so", "m/__init__.so", "m/__init__.py",
         "m/__init__.pyc", "m.cpython-312-x86_64-linux-gnu.so", "m.abi3.so", "m.so", "m.py", "m.pyc"],
        ["m.cpython-311-x86_64-linux-gnu.so", "m.cpython-312t-x86_64-linux-gnu.so", "m.cp312-win_amd64.pyd", "m.pyd",
         "m.pypy311-pp73-x86_64-linux-gnu.so", "m.pyi", "m.txt", "m.pyo", "m/data.txt", "libm.so", "m.so.1"],
    ),
    "macos": (
        MACOS,
        ["m/__init__.py", "m.cpython-312-darwin.so", "m.abi3.so", "m.so", "m.py"],
        ["m.cpython-311-darwin.so", "m.dylib", "m.pyd"],
    ),
    "windows": (
        WINDOWS,
        ["m/__init__.py", "m.cp312-win_amd64.pyd", "m.pyd", "m.py"],
        ["m.cp311-win_amd64.pyd", "m.abi3.pyd", "m.so", "m.cpython-312-x86_64-linux-gnu.so", "m.dll"],
    ),
    "without the GIL": (
        FREE_THREADED,
        ["m/__init__.py", "m.cpython-313t-x86_64-linux-gnu.so", "m.abi3.so", "m.so", "m.py", "m.pyc"],
        ["m.cpython-313-x86_64-linux-gnu.so", "m.abi3t.so"],
    ),
    "3.15": (
        target_for("3.15", "linux"),
        ["m/__init__.py", "m.cpython-315-x86_64-linux-gnu.so", "m.abi3-x86_64-linux-gnu.so",
         "m.abi3t-x86_64-linux-gnu.so", "m.so", "m.py", "m.pyc"],
        ["m.cpython-315t-x86_64-linux-gnu.so", "m.abi4.so"],
    ),
    "3.15, short": (target_for("3.15", "linux"), ["m.abi3.so", "m.abi3t.so", "m.so"], []),
    "3.15 without the GIL": (
        target_for("3.15t", "linux"),
        ["m/__init__.py", "m.cpython-315t-x86_64-linux-gnu.so", "m.abi3t.so", "m.so", "m.py"],
        ["m.cpython-315-x86_64-linux-gnu.so", "m.abi3.so"],
    ),
    "3.7": (
        target_for("3.7", "linux"),
        ["m/__init__.py", "m.cpython-37m-x86_64-linux-gnu.so", "m.abi3.so", "m.so", "m.py"],
        ["m.cpython-37-x86_64-linux-gnu.so"],
    ),
    "pypy": (
        PYPY,
        ["m/__init__.py", "m.pypy311-pp73-x86_64-linux-gnu.so", "m.py"],
        ["m.cpython-311-x86_64-linux-gnu.so", "m.abi3.so"],
    ),
}  # fmt: skip
"""Targets with the forms of a module they import, first come first, and some that they do not."""

PAIRS = [
    pytest.param(target, above, below, id=f"{name}: {above} > {below}")
    for name, (target, forms, _) in FORMS.items()
    for number, above in enumerate(forms)
    for below in forms[number + 1 :]
]


@pytest.mark.parametrize(("target", "above", "below"), PAIRS)
def test_import_order(target: Target, above: str, below: str) -> None:
    """A package hides an extension, that hides another by the target's order of suffixes, and all hide source."""
    for first, second in (("a", "b"), ("b", "a")):
        placed = layouts(**{first: {f"{LIB}/p/{above}": "1"}, second: {f"{LIB}/p/{below}": "2"}})
        (found,) = shadowed(placed, _map(placed), target)
        assert _files([found]) == [(f"{LIB}/p/{below}", {first: f"{LIB}/p/{above}", second: f"{LIB}/p/{below}"})]
        assert found.owners[0].id == first, "who hides comes first"
        assert (found.kind, found.severity) == ("shadowed", "warning")


@pytest.mark.parametrize(
    ("target", "form", "other"),
    [
        pytest.param(target, form, other, id=f"{name}: {other}")
        for name, (target, forms, others) in FORMS.items()
        for other in others
        for form in (forms[0], forms[-1])
    ],
)
def test_suffixes_of_other_targets(target: Target, form: str, other: str) -> None:
    """What the target cannot import neither hides nor is hidden."""
    placed = layouts(a={f"{LIB}/{form}": "1"}, b={f"{LIB}/{other}": "2"})
    assert shadowed(placed, _map(placed), target) == []


def test_as_the_interpreter_finds_them(tmp_path: Path) -> None:
    """The order is that of the running interpreter's own finder, over real files."""
    target = target_of(running())
    suffixes = [*importlib.machinery.EXTENSION_SUFFIXES, ".py"]
    forms = ["m/__init__.py", *(f"m{suffix}" for suffix in suffixes)]
    loaders: list[tuple[type, list[str]]] = [
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (importlib.machinery.SourceFileLoader, [".py"]),
    ]
    for number, one in enumerate(forms):
        for other in forms[number + 1 :]:
            folder = tmp_path / f"{one}-{other}".replace("/", "-")
            for form in (one, other):
                (folder / form).parent.mkdir(parents=True, exist_ok=True)
                (folder / form).touch()
            spec = importlib.machinery.FileFinder(str(folder), *loaders).find_spec("m")
            assert spec is not None
            assert spec.origin is not None
            placed = layouts(a={f"{LIB}/{one}": "1"}, b={f"{LIB}/{other}": "2"})
            (found,) = shadowed(placed, _map(placed), target)
            assert spec.origin.endswith(found.owners[0].file.path.removeprefix(f"{LIB}/"))


def test_every_hidden_one() -> None:
    """What comes first hides each of the others."""
    placed = layouts(a={f"{LIB}/m/__init__.py": "1"}, b={f"{LIB}/m.so": "2"}, c={f"{LIB}/m.py": "3"})
    found = shadowed(placed, _map(placed), LINUX)
    assert {(each.path, each.ids) for each in found} == {(f"{LIB}/m.so", ("a", "b")), (f"{LIB}/m.py", ("a", "c"))}


@pytest.mark.parametrize("form", ["m.py", "m.pyc", "m.so", "m.abi3.so"])
def test_a_folder_without_an_init_gives_way_to_any_module(form: str, tmp_path: Path) -> None:
    """Each owner of modules in it loses them, and is named once; the interpreter's own finder agrees."""
    placed = layouts(
        a={f"{LIB}/{form}": "1"},
        b={f"{LIB}/m/x.py": "2", f"{LIB}/m/y.py": "2"},
        c={f"{LIB}/m/deep/z.py": "3", f"{LIB}/m/z.txt": "3"},
    )
    found = shadowed(placed, _map(placed), LINUX)
    assert {(each.path, each.ids) for each in found} == {
        (f"{LIB}/m/x.py", ("a", "b")),
        (f"{LIB}/m/deep/z.py", ("a", "c")),
    }
    (tmp_path / "m").mkdir()
    (tmp_path / form).touch()
    loader: tuple[type, list[str]] = (importlib.machinery.SourceFileLoader, [form.removeprefix("m")])
    spec = importlib.machinery.FileFinder(str(tmp_path), loader).find_spec("m")
    assert spec is not None
    assert spec.origin == str(tmp_path / form)


@pytest.mark.parametrize(
    "files",
    [
        {"a": {f"{LIB}/m/__init__.py": "1", f"{LIB}/m.py": "2"}},
        {"a": {f"{LIB}/m/__init__.py": "1"}, "b": {f"{LIB}/m/__init__.py": "1", f"{LIB}/m.py": "2"}},
        {"a": {"data/m/__init__.py": "1"}, "b": {"data/m.py": "2"}},
        {"a": {f"{LIB}/m/__init__.py": "1"}, "b": {f"{LIB}/p/m.py": "2"}},
        {"a": {f"{LIB}/m.py": "1"}, "b": {f"{LIB}/m/x.txt": "2", f"{LIB}/m/no-name/x.py": "2"}},
        {"a": {f"{LIB}/m.py": "1", f"{LIB}/m/x.py": "1"}, "b": {f"{LIB}/m/y.py": "2"}},
        {"a": {f"{LIB}/m.py": "1"}, "b": {f"{LIB}/m.py": "2", f"{LIB}/m/y.py": "2"}},
        {"a": {f"{LIB}/m.cpython-39-x86_64-linux-gnu.so": "1"}, "b": {f"{LIB}/m/y.py": "2"}},
    ],
    ids=[
        "within one distribution",
        "one that has both forms",
        "no import path",
        "two packages",
        "no module in the folder",
        "module that has a folder of its own",
        "module of both",
        "module of another target",
    ],
)
def test_nothing_hidden(files: dict[str, dict[str, str | None]]) -> None:
    """A distribution that has both forms means it so; and only site-packages is imported from."""
    placed = layouts(**files)
    assert shadowed(placed, _map(placed), LINUX) == []
