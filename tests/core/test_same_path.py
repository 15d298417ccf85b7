"""Several distributions that write one path: how their contents relate, what that is, how bad it is."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import command, digest, layout, layouts, path_of, written
from wheelclash.core.layout import InstalledFile, Layout
from wheelclash.core.overlap import Kind, Overlap, Severity, contradicted, same_path, severity_of
from wheelclash.core.ownership import OwnershipMap

if TYPE_CHECKING:
    from wheelclash.core.role import Role

MODULE = "site-packages/m.py"


def _found(placed: dict[str, Layout]) -> list[Overlap]:
    return same_path(placed, OwnershipMap({id_: each.files for id_, each in placed.items()}))


def _one(*files: InstalledFile) -> Overlap:
    (found,) = _found({f"o{number}": layout(file) for number, file in enumerate(files)})
    return found


@pytest.mark.parametrize(
    ("path", "role", "different", "identical"),
    [
        ("site-packages/m.so", "native", "error", "notice"),
        ("site-packages/m.py", "module", "error", "notice"),
        ("site-packages/x.pth", "module", "error", "notice"),
        ("scripts/tool", "script", "error", "notice"),
        ("site-packages/m.pyi", "stub", "warning", "notice"),
        ("data/share/x", "data", "warning", "notice"),
        ("site-packages/pkg/x.json", "package-data", "warning", "notice"),
        ("site-packages/tests/test_m.py", "package-data", "warning", "notice"),
        ("site-packages/conftest.py", "package-data", "warning", "notice"),
        ("site-packages/__pycache__/m.pyc", "bytecode", "none", "none"),
    ],
)
def test_severity(path: str, role: Role, different: Severity, identical: Severity) -> None:
    """The severity table of same-path overlaps; what cannot be compared counts as different."""
    found = _one(written(path, "1"), written(path, "2"))
    assert (found.kind, found.role, found.severity) == ("different", role, different)
    found = _one(written(path, "1"), written(path, "1"))
    assert (found.kind, found.role, found.severity) == ("identical", role, identical)
    found = _one(written(path, None), written(path, None))
    assert (found.kind, found.role, found.severity) == ("unknown", role, different)


@pytest.mark.parametrize("kind", ["different", "unknown", "identical"])
def test_harmless_whatever_the_content(kind: Kind) -> None:
    """Namespace stubs and bytecode are never worth a line."""
    assert severity_of(kind, "namespace-init") == severity_of(kind, "bytecode") == "none"


_SHA512 = "sha512:" + "0" * 128


def _file(content: str | None, size: int = 1, crc: int = 1) -> InstalledFile:
    return InstalledFile(path_of(MODULE), content, size, crc, "m.py")


def _installed(content: str, size: int | None) -> InstalledFile:
    return InstalledFile(path_of(MODULE), content, size, None, "m.py")


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        pytest.param([_file(digest("1")), _file(digest("1"))], "identical", id="equal hashes"),
        pytest.param([_file(digest("1")), _file(digest("2"))], "different", id="other hashes, equal size and CRC"),
        pytest.param([_file(None), _file(None)], "unknown", id="12: equal size and CRC prove nothing"),
        pytest.param([_file(None), _file(None, size=2)], "different", id="12: another size proves a difference"),
        pytest.param([_file(None), _file(None, crc=2)], "different", id="12: another CRC proves a difference"),
        pytest.param([_file(digest("1")), _file(None)], "unknown", id="12: one hash is not enough"),
        pytest.param([_file(digest("1")), _file(_SHA512)], "unknown", id="15: hashes of two algorithms"),
        pytest.param([_file(digest("1")), _file(_SHA512, size=2)], "different", id="15: two algorithms, two sizes"),
        pytest.param([_file(digest("1"))] * 2 + [_file(digest("2"))], "different", id="two alike, one not"),
        pytest.param([_file(digest("1")), _file(digest("1"), size=9)], "different", id="equal hashes, another size"),
        pytest.param([_file(digest("1")), _file(digest("1"), crc=2)], "different", id="equal hashes, another CRC"),
        pytest.param([_file(digest("1"))] * 2 + [_file(digest("1"), crc=2)], "different", id="one of three lies"),
        pytest.param([_file(digest("1")), _installed(digest("1"), 1)], "identical", id="what is installed has no CRC"),
        pytest.param([_file(digest("1")), _installed(digest("1"), 2)], "different", id="installed with another size"),
        pytest.param([_file(digest("1")), _installed(digest("1"), None)], "identical", id="installed without a size"),
        pytest.param(
            [_installed(digest("1"), None), _file(digest("1")), _file(digest("1"), size=9)],
            "different",
            id="installed without a size, beside two that differ",
        ),
        pytest.param([_file(digest("1"))] * 2 + [_file(None)], "unknown", id="two alike, one unknown"),
        pytest.param(
            [_file(None), _file(digest("1")), _file(digest("2"))], "different", id="one unknown, two not alike"
        ),
    ],
)
def test_kind(files: list[InstalledFile], kind: Kind) -> None:
    """Equal hashes prove equality unless sizes or CRC-32 differ, which only ever prove a difference, in any order."""
    for order in permutations(files):
        assert _one(*order).kind == kind


@pytest.mark.parametrize(
    ("one", "other", "kind", "severity"),
    [
        (command("t", "m:f"), command("t", "m:f"), "identical", "notice"),
        (command("t", "m:f"), command("t", "m:g"), "different", "error"),
        (command("t", "m:f"), command("t", "m:f", "gui"), "different", "error"),
        (command("t", "m:f"), written("scripts/t", "x"), "different", "error"),
        (command("t", "m:f"), written("scripts/t", None), "different", "error"),
        (written("scripts/t", "x"), written("scripts/t", "x"), "identical", "notice"),
        (written("scripts/t", "x", script=True), written("scripts/t", "x", script=True), "identical", "notice"),
        (written("scripts/t", "x", size=5), written("scripts/t", "y", size=5), "different", "error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_commands(one: InstalledFile, other: InstalledFile, kind: Kind, severity: Severity) -> None:
    """53: commands are compared by what they run; one is never the same as a file of a wheel."""
    found = _one(one, other)
    assert (found.kind, found.role, found.severity) == (kind, "script", severity)


def test_rewritten_script() -> None:
    """A script whose first line is rewritten does not equal a plain copy of the same bytes."""
    found = _one(written("scripts/t", "x", script=True), written("scripts/t", "x"))
    assert found.kind != "identical"


def test_windows_commands() -> None:
    """A generated ``.exe`` is a script; a real one in a wheel is a native file."""
    assert _one(command("t.exe"), command("t.exe", "m:g")).role == "script"
    assert _one(command("t.exe"), written("scripts/t.exe", "x")).role == "native"


@pytest.mark.parametrize("second", ["", "\n", "__import__('pkg_resources').declare_namespace(__name__)\n"])
def test_well_known_stubs(second: str) -> None:
    """Namespace stubs known by their hash are harmless unread, equal or not."""
    path = "site-packages/nvidia/__init__.py"
    found = _one(written(path, ""), written(path, second))
    assert (found.role, found.severity) == ("namespace-init", "none")
    assert _one(written(path, ""), written(path, "x = 1")).severity == "error"
    elsewhere = "site-packages/nvidia/empty.py"
    assert _one(written(elsewhere, ""), written(elsewhere, "\n")).severity == "error"


@pytest.mark.parametrize("stub", ["\n", "__import__('pkg_resources').declare_namespace(__name__)\n"])
def test_stubs_with_line_ends_of_windows_are_stubs(stub: str) -> None:
    path = "site-packages/opencensus/__init__.py"
    text = stub.replace("\n", "\r\n")
    assert _one(written(path, text), written(path, text)).severity == "none"


def test_the_hash_of_a_stub_makes_no_stub_of_a_file_of_another_size() -> None:
    found = _one(written("site-packages/p/__init__.py", "", size=40), written("site-packages/p/__init__.py", ""))
    assert (found.kind, found.role, found.severity) == ("different", "module", "error")


@pytest.mark.parametrize(("size", "crc"), [(2000, 0), (4, 7)], ids=["size", "CRC-32"])
def test_contents_of_one_hash_differ_where_the_zip_directory_proves_it(size: int, crc: int) -> None:
    found = _one(written(MODULE, "1", size=4), written(MODULE, "1", size=size, crc=crc))
    assert (found.kind, found.severity, [owner.content for owner in found.owners]) == ("different", "error", [0, 1])
    assert contradicted(found) == {"o0", "o1"}


def test_every_owner_of_a_hash_that_is_contradicted_is_named() -> None:
    found = _one(*(written(MODULE, "1", crc=crc) for crc in (1, 2, 3)), written(MODULE, "2"))
    assert contradicted(found) == {"o0", "o1", "o2"}


def test_what_is_installed_has_no_size_or_checksum_that_contradicts() -> None:
    installed = written(MODULE, "1")._replace(size=None, crc=None)
    found = _one(written(MODULE, "1", crc=7), installed)
    assert (found.kind, contradicted(found)) == ("identical", frozenset())


@pytest.mark.parametrize("name", ["core.pyc", "__init__.pyc"])
def test_bytecode_without_source_is_a_module(name: str) -> None:
    """Python imports it; what lies in ``__pycache__`` it does not look at without the source."""
    found = _one(written(f"site-packages/p/{name}", "1"), written(f"site-packages/p/{name}", "2"))
    assert (found.role, found.severity) == ("module", "error")
    cached = "site-packages/p/__pycache__/core.cpython-312.pyc"
    assert _one(written(cached, "1"), written(cached, "2")).severity == "none"


def test_bytecode_follows_the_source_of_any_distribution() -> None:
    placed = layouts(
        a={"site-packages/p/core.pyc": "1"}, b={"site-packages/p/core.pyc": "2"}, c={"site-packages/p/core.py": "3"}
    )
    assert [(each.role, each.severity) for each in _found(placed)] == [("bytecode", "none")]


def test_bytecode_is_a_module_of_the_owner_without_the_source() -> None:
    """The owner with the source does not need it; to the other one it is all there is."""
    one = {"site-packages/p/core.py": "1", "site-packages/p/core.pyc": "1"}
    placed = layouts(a=one, b={"site-packages/p/core.pyc": "2"})
    assert [(each.role, each.severity) for each in _found(placed)] == [("module", "error")]
    placed = layouts(a=one, b={"site-packages/p/core.py": "1", "site-packages/p/core.pyc": "2"})
    assert [(each.role, each.severity) for each in _found(placed) if each.path.endswith("c")] == [("bytecode", "none")]


def test_content_numbers() -> None:
    """Equal numbers are proven equal contents; a content without a hash has a number of its own."""
    found = _one(_file(None), _file(digest("1")), _file(digest("2")), _file(digest("1")), _file(None))
    assert [owner.content for owner in found.owners] == [0, 1, 2, 1, 3]


def test_phantom() -> None:
    """20: a path that one writes and another only lists is a notice: nothing differs, but an uninstall deletes it."""
    placed = {
        "a": layout(written(MODULE, "1")),
        "b": layout(phantoms=[MODULE]),
        "c": layout(phantoms=["data/nobody's"]),
    }
    (found,) = _found(placed)
    assert (found.path, found.kind, found.role, found.severity) == (MODULE, "unknown", "module", "notice")
    assert [(owner.id, owner.content, owner.phantom) for owner in found.owners] == [("a", 0, False), ("b", 1, True)]
    assert found.is_phantom


def test_nothing_in_common() -> None:
    """Paths of one owner are no overlap."""
    assert _found(layouts(a={MODULE: "1"}, b={"site-packages/n.py": "1"})) == []


_sets = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.dictionaries(
        st.sampled_from(["site-packages/m.py", "site-packages/p/__init__.py", "scripts/t", "data/x"]),
        st.sampled_from(["0", "1", "2", None]),
    ),
)


@given(_sets, st.randoms(use_true_random=False))
def test_order_does_not_matter(files: dict[str, dict[str, str | None]], random: object) -> None:
    """Overlaps are the same in whatever order the set is given, but for the order of owners."""
    shuffled = list(files.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one, other = (
        {(each.path, each.kind, each.role, each.severity, frozenset(each.ids)) for each in _found(layouts(**given_))}
        for given_ in (files, dict(shuffled))
    )
    assert one == other


@given(_sets)
def test_against_the_definition(files: dict[str, dict[str, str | None]]) -> None:
    """Exactly the paths with two or more owners, identical exactly if all contents are hashed and equal."""
    found = {each.path: each for each in _found(layouts(**files))}
    expected = {path for each in files.values() for path in each}
    assert found.keys() == {path for path in expected if sum(path in each for each in files.values()) > 1}
    for path, overlap in found.items():
        contents = {each[path] for each in files.values() if path in each}
        assert (overlap.kind == "identical") == (len(contents) == 1 and None not in contents)
        assert (overlap.kind == "different") == (len(contents - {None}) > 1)


def test_metadata_of_another_distribution_is_an_error() -> None:
    """An installer goes by RECORD when it uninstalls; one that another distribution wrote lists that one's files."""
    record = "site-packages/bb-1.0.dist-info/RECORD"
    (overlap,) = _found(layouts(aa={record: "1"}, bb={record: "2"}))
    assert (overlap.role, overlap.kind, overlap.severity) == ("metadata", "different", "error")
