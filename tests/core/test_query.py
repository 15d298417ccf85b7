"""Whose a file would be in a set of wheels: by installed paths, never by archive paths."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.poison import hostile_texts, poisoned
from tests.support.values import LINUX, WINDOWS, distribution, overlaps_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.distribution import Skip
from wheelclash.core.query import Conflict, NestedPath, OwnerShare, PathOwners, owners_in_set, source_of
from wheelclash.core.role import module_stem
from wheelclash.errors import QuestionError
from wheelclash.installers import INSTALLERS
from wheelclash.report.build import build_who_report
from wheelclash.report.model import WhoReport
from wheelclash.report.schema import read_report, schema_text
from wheelclash.report.terminal import Reader

if TYPE_CHECKING:
    from wheelclash.target.target import Target

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))


def answer(asked: str, *wheels: Wheel, target: Target = LINUX) -> tuple[list[PathOwners], dict[str, tuple[str, ...]]]:
    distributions = [distribution(each, target) for each in wheels]
    overlaps = overlaps_of(distributions, target)
    diagnoses = [diagnose(each, distributions, overlaps, target) for each in INSTALLERS]
    return owners_in_set([asked], distributions, overlaps, diagnoses)


def only(asked: str, *wheels: Wheel, target: Target = LINUX) -> PathOwners:
    (found,) = answer(asked, *wheels, target=target)[0]
    return found


def names(found: PathOwners) -> list[str]:
    return [share.name for share in found.shares]


def test_archive_paths_with_nothing_in_common_are_one_file() -> None:
    """And equal ones are two: headers go to a folder of each distribution's own."""
    one = Wheel("one", files={"one-1.0.data/scripts/tool": "1", "one-1.0.data/headers/x.h": "1"})
    two = Wheel("two", files={"two-1.0.data/data/bin/tool": "2", "two-1.0.data/headers/x.h": "1"})
    found = only("bin/tool", one, two)
    assert (names(found), found.path, found.kind) == (["one", "two"], "scripts/tool", "different")
    assert [share.contested for share in found.shares] == [1, 1]
    assert [share.member for share in found.shares] == ["one-1.0.data/scripts/tool", "two-1.0.data/data/bin/tool"]
    found = only("headers/two/x.h", one, two)
    assert [(share.name, share.contested) for share in found.shares] == [("two", 0)]
    assert answer("two-1.0.data/data/bin/tool", one, two)[0] == []


def test_folder_is_whose_files_are_below_it() -> None:
    one = Wheel("one", files={"p/a.py": "", "p/b.py": "1", "p/c/d.py": "1", "pq.py": ""})
    two = Wheel("two", files={"p/b.py": "2", "p/c/d.py": "1"})
    found = only("p", one, two, Wheel("three", files={"p/e.py": ""}))
    assert [(share.name, share.files, share.contested) for share in found.shares] == [
        ("one", 3, 2), ("three", 1, 0), ("two", 2, 2)
    ]  # fmt: skip
    assert (found.what, found.files, found.contested, found.installers) == ("folder", 4, 2, ("pip", "uv"))
    assert [(below.path, below.kind) for below in found.below] == [
        ("site-packages/p/b.py", "different"), ("site-packages/p/c/d.py", "identical")
    ]  # fmt: skip


def test_equal_contents_have_equal_numbers() -> None:
    wheels = [Wheel(name, files={"m.py": text}) for name, text in (("one", "1"), ("two", "2"), ("three", "1"))]
    numbers = {share.name: share.content for share in only("m.py", *wheels).shares}
    assert numbers["one"] == numbers["three"] != numbers["two"]


def test_generated_commands_are_files_of_their_platform() -> None:
    one = Wheel("one", files={}, scripts={"tool": "a:b"})
    two = Wheel("two", files={}, scripts={"tool": "a:c"})
    assert only("tool", one, two).path == "scripts/tool"
    found = only("tool", one, two, target=WINDOWS)
    assert (found.path, found.role, found.means) == ("scripts/tool.exe", "script", "command")
    assert only("Scripts/tool.exe", one, two, target=WINDOWS).path == "scripts/tool.exe"


def test_import_name_of_a_module_without_source() -> None:
    """It is that of its bytecode, which is what Python imports."""
    found = only("p.core", Wheel("a", files={"p/core.pyc": "1"}), Wheel("b", files={"p/core.pyc": "2"}))
    assert (found.means, found.role, names(found)) == ("import", "module", ["a", "b"])


def test_path_that_one_only_recorded_is_the_others() -> None:
    one = Wheel("one", files={"m.py": "1"}, record_extra=[("gone.py", "", "")])
    two = Wheel("two", files={"gone.py": "2"})
    found = only("gone.py", one, two)
    assert (names(found), found.kind, found.contested, found.ends) == (["two"], None, 0, {})


@pytest.mark.parametrize(
    ("asked", "first", "second", "kind", "gives_way"),
    [
        ("m.py", "m.py", "m/__init__.py", "shadowed", True),
        ("m/", "m/__init__.py", "m.py", "shadowed", False),
        ("m/__init__.py", "m/__init__.py", "m.py", "shadowed", False),
        ("m.py", "m.py", "m.abi3.so", "shadowed", True),
        ("site-packages/m", "m", "m/x.txt", "file-directory", True),
    ],
)
def test_what_cannot_stand_beside_it_is_named(
    asked: str,
    first: str,
    second: str,
    kind: str,
    gives_way: bool,  # noqa: FBT001 - a case
) -> None:
    found = only(asked, Wheel("one", files={first: "1"}), Wheel("two", files={second: "2"}))
    (beside,) = found.besides
    assert (beside.kind, beside.gives_way) == (kind, gives_way)
    assert (beside.path, beside.owner) == (f"site-packages/{second}", "two-1.0-py3-none-any.whl")


def test_nothing_of_that_name_comes_with_near_ones() -> None:
    wheel = Wheel("one", files={"package/module.py": ""}, scripts={"command": "a:b"})
    for asked, near in (
        ("package/modul.py", "package/module.py"),
        ("packge/module.py", "package"),
        ("package.modul", "package.module"),
        ("comand", "command"),
        ("nothing-like-it/at/all", None),
    ):
        found, unknown = answer(asked, wheel)
        assert found == []
        assert unknown == {asked: (near,) if near else ()}


def test_a_set_without_a_file_has_nothing_of_any_name() -> None:
    assert answer("m.py") == ([], {"m.py": ()})
    assert answer("p/m.py") == ([], {"p/m.py": ()})


@pytest.mark.parametrize("asked", ["", "\0", "\ud800"])
def test_what_can_be_no_path_is_no_question(asked: str) -> None:
    with pytest.raises(QuestionError):
        answer(asked, Wheel("one", files={"m.py": ""}))


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=12))
def test_any_other_text_is_a_question(asked: str) -> None:
    """Whatever it is, it means something or nothing."""
    try:
        found, unknown = answer(asked, Wheel("one", files={"m.py": "", "p/n.py": ""}))
    except QuestionError:
        assert not asked.strip() or "\0" in asked or not asked.isprintable()
    else:
        assert bool(found) != bool(unknown)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("p/__pycache__/m.cpython-312.pyc", "p/m.py"),
        ("p/__pycache__/m.cpython-312.opt-2.pyc", "p/m.py"),
        ("__pycache__/m.pypy310.pyc", "m.py"),
        ("/a/p/__pycache__/m.cpython-312.pyc", "/a/p/m.py"),
        ("p/m.pyc", "p/m.py"),
        ("m.pyo", "m.py"),
        ("p/m.py", None),
        ("p/__pycache__/note.txt", None),
    ],
)
def test_source_of_bytecode(path: str, source: str | None) -> None:
    assert source_of(path) == source


def test_forms_of_a_module_have_one_stem() -> None:
    forms = ["p/m.py", "p/m.abi3.so", "p/m.cpython-312-x86_64-linux-gnu.so", "p/m.pyd", "p/m/__init__.py"]
    assert {module_stem(each) for each in forms} == {"p/m"}
    assert {module_stem(each) for each in ("p/m.pyi", "p/m.txt", "p/m/x.txt", "__init__.py", "p/libm.so.1")} == {None}


# -- the report --------------------------------------------------------------------------------------------


def full_report() -> WhoReport:
    """A report with something in every place."""
    wheels = (
        Wheel("a", files={"m/x.py": "1", "m/y.py": "1", "n.py": ""}, scripts={"t": "m:f"}),
        Wheel("b", files={"m/x.py": "2", "m/y.py": "1", "n/__init__.py": "1"}, requires=["a"]),
    )
    found = [one for asked in ("m", "m.x", "n", "t") for one in answer(asked, *wheels)[0]]
    share = OwnerShare("c-1.0.dist-info", "c", "1.0", "conda", held=0, missing=1, sha256="0", size=1)
    own = {"c-1.0.dist-info": "c", **{each.id: each.name for one in found for each in one.shares}}
    path = found[0].path
    one = PathOwners("c", "path", "file", path, (share,), kind="different", role="module", source=path)
    one = one._replace(
        besides=(Conflict("case-only", path, share.id, gives_way=False),),
        below=(NestedPath(path, (share.id,), None, "missing"), NestedPath(path, (), None, "present")),
    )
    found += [
        one._replace(state="present", matches=(share.id,)),
        one._replace(state="changed", means="import"),
        one._replace(state="missing", means="command", what="folder", role=None),
        one._replace(shares=(), source=None),
    ]
    return build_who_report(
        ["m", "n", "absent"], found, names=own, searched=3, target=LINUX, python="/env/bin/python",
        skipped=[Skip("d", "no-record", "it has none")], not_compared=[Skip("e", "conda", "conda owns it")],
        warnings=["a warning"],
    )  # fmt: skip


FULL = full_report()


@settings(max_examples=30)
@given(hostile_texts, st.booleans())
def test_nothing_unprintable_is_in_the_text(text: str, verbose: bool) -> None:  # noqa: FBT001
    for line in poisoned(FULL, text).to_lines(Reader(verbose)):
        assert all(span.text.isprintable() for span in line)


@settings(max_examples=30)
@given(hostile_texts)
def test_json_follows_the_schema_and_is_read_back(text: str) -> None:
    report = poisoned(FULL, text)
    VALIDATOR.validate(json.loads(report.to_json()))
    assert isinstance(read_report(report.to_json()), WhoReport)
    assert read_report(report.to_json()).to_json() == report.to_json()
