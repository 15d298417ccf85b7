"""A distribution of the set: how commands name it, and what it requires on a target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import LINUX, WINDOWS, distribution, parsed
from tests.support.wheelmaker import Wheel
from wheelclash.core.distribution import (
    Edge,
    Requirements,
    compared_name,
    contradictions,
    extras_in_force,
    required_names,
    requirements_of,
)
from wheelclash.target.target import target_for


def _required(*requires: str, python: str = "3.12") -> Requirements:
    return requirements_of(parsed(Wheel("a", requires=list(requires))).requires, target_for(python, "linux"))


@pytest.mark.parametrize(
    ("requirement", "edges"),
    [
        ("b", (Edge("b"),)),
        ("B_b.b>=1,<2", (Edge("b-b-b"),)),
        ("b[Y_y,x]", (Edge("b", ("x", "y-y")),)),
        ("b @ https://files.example/b-1-py3-none-any.whl", (Edge("b"),)),
        ("b; python_version < '3.12'", ()),
        ("b; python_version >= '3.12'", (Edge("b"),)),
        ("b; sys_platform == 'linux' and platform_machine == 'x86_64'", (Edge("b"),)),
        ("b; sys_platform == 'win32'", ()),
        ("b; extra == 'x'", ()),
        ("b; extra != 'x'", (Edge("b"),)),
        ("this is no requirement", ()),
    ],
)
def test_edges(requirement: str, edges: tuple[Edge, ...]) -> None:
    """Names and extras normalised, markers evaluated for the target; what cannot be parsed is left out."""
    assert _required(requirement).edges == edges


HOSTILE = {
    "nested": f"b; {'(' * 3000}python_version > '3'{')' * 3000}",
    "digits in a marker": f"b; python_version > '{'9' * 6000}'",
    "digits in a specifier": f"b>={'9' * 6000}",
    "two constants": "b; 'a' in 'b'",
    "unknown name": "b; nonsense == '1'",
    "no versions": "b; python_version > 'abc'",
}


@pytest.mark.parametrize("requirement", HOSTILE.values(), ids=HOSTILE)
def test_what_a_hostile_wheel_requires_ends_nothing(requirement: str) -> None:
    """Neither evaluating it nor holding it against the set; what else it requires counts."""
    found = _required(requirement, "c")
    assert "c" in found.names
    wheels = [Wheel("a", requires=[requirement]), Wheel("b")]
    assert len(contradictions([distribution(each) for each in wheels], LINUX)) <= 1


APP = Wheel("app", requires=["lib<2; extra == 'cu13'", "base"])
BASE = Wheel("base", requires=["app[cu13]"])
LIB = Wheel("lib", "2.0")


@pytest.mark.parametrize(
    ("wheels", "extras", "sentences"),
    [
        ((APP, LIB), (), 0),
        ((APP, LIB), ("other",), 0),
        ((APP, LIB), ("cu13",), 1),
        ((APP, LIB, BASE), (), 1),  # which asks for the extra
        ((APP, Wheel("lib", "1.9"), BASE), ("cu13",), 0),
    ],
)
def test_a_requirement_of_an_extra_in_force_can_be_contradicted(
    wheels: tuple[Wheel, ...], extras: tuple[str, ...], sentences: int
) -> None:
    """Whether it was asked for by name or by another member; one that is not in force demands nothing."""
    members = [distribution(each, extras=extras if each is APP else ()) for each in wheels]
    found = contradictions(members, LINUX)
    assert len(found) == sentences
    assert all(each.startswith("app[cu13] 1.0 requires lib<2, and the set has 2.0: ") for each in found)
    asked_for = {"cu13"} if BASE in wheels else set()
    assert extras_in_force(members)["app"] == asked_for | set(extras)


def test_markers_are_the_targets() -> None:
    """The same metadata requires other things elsewhere."""
    contents = parsed(Wheel("a", requires=["b; sys_platform == 'win32'"]))
    assert requirements_of(contents.requires, LINUX).names == frozenset()
    assert requirements_of(contents.requires, WINDOWS).names == {"b"}


@pytest.mark.parametrize(
    "marker",
    [
        "extra == 'Some_Extra'",
        "'some-extra' == extra",
        "extra == 'some.extra' and python_version >= '3'",
        "python_version >= '3' and 'some-extra' == extra",
        "(extra == 'other' or extra == 'some-extra') and sys_platform == 'linux'",
    ],
)
def test_extras(marker: str) -> None:
    """A requirement of an extra holds with that extra only, however the marker is written."""
    found = _required("b", f"c; {marker}")
    assert found.names == {"b"}
    assert {edge.name for edge in found.with_extras(["some-extra"])} == {"b", "c"}
    assert {edge.name for edge in found.with_extras(["unheard-of"])} == {"b"}
    assert found.names_under_any_extra == {"b", "c"}


def test_only_extras_are_extras() -> None:
    """Other texts of a marker name no extra."""
    found = _required("b; sys_platform == 'linux' and extra == 'x' and os_name == 'posix'")
    assert set(found.by_extra or {}) == {"x"}


def test_several_extras() -> None:
    """Asking for several extras asks for what each of them brings, once."""
    found = _required("b", "c; extra == 'x'", "d; extra == 'y'", "c; extra == 'y'")
    assert [edge.name for edge in found.with_extras(["x", "y"])] == ["b", "c", "d"]


@given(st.lists(st.sampled_from(["b", "c; extra == 'x'", "d; extra == 'y'", "e; os_name == 'nt'", "!"]), max_size=5))
def test_extras_only_add(requires: list[str]) -> None:
    """With an extra, everything holds that holds without."""
    found = _required(*requires)
    for extra in ("x", "y", "z"):
        assert set(found.edges) <= set(found.with_extras([extra]))
        assert {edge.name for edge in found.with_extras([extra])} <= found.names_under_any_extra


@pytest.mark.parametrize(("text", "has"), [(None, False), (">=3", True), ("", False), ("three", False)])
def test_requires_python(text: str | None, has: bool) -> None:  # noqa: FBT001
    """Whether there is a Requires-Python at all is what pip's order hangs on; one that says nothing is none."""
    contents = parsed(Wheel("a", requires_python=text))
    assert requirements_of(contents.requires, LINUX, contents.requires_python).has_requires_python is has


@pytest.mark.parametrize(
    ("wheel", "candidate", "pinned"),
    [
        (Wheel("A.b", "1.0"), {}, "a-b==1.0"),
        (Wheel("torch", "2.13.0+cpu"), {}, "torch==2.13.0+cpu"),
        (Wheel("a"), {"extras": ("x", "y")}, "a[x,y]==1.0"),
        (Wheel("a"), {"direct": True}, "a @ https://files.example/a-1.0-py3-none-any.whl"),
        (
            Wheel("a"),
            {"direct": True, "extras": ("x",)},
            "a[x] @ https://files.example/a-1.0-py3-none-any.whl",
        ),
        (Wheel("a"), {"direct": True, "path": Path("dist/a.whl")}, str(Path("dist/a.whl"))),
    ],
)
def test_pinned(wheel: Wheel, candidate: dict[str, Any], pinned: str) -> None:
    """A command names exactly this wheel: its version, local part included, or the place it came from."""
    assert distribution(wheel, **candidate).pinned == pinned


@pytest.mark.parametrize(
    ("name", "compared"),
    [("Nixl_CU12", "nixl-cu12"), ("conda:_Libgcc_Mutex", "conda:_libgcc_mutex"), ("DPKG:libc6.so", "dpkg:libc6.so")],
)
def test_names_of_managed_packages_are_not_those_of_projects(name: str, compared: str) -> None:
    assert compared_name(name) == compared


def test_id() -> None:
    """The file name is the id, and enough for a log."""
    found = distribution(Wheel("a"))
    assert found.id == "a-1.0-py3-none-any.whl"
    assert repr(found) == "<Distribution a-1.0-py3-none-any.whl>"


@given(st.lists(st.sampled_from([
    "b", "B.c >= 1", "d; extra == 'x'", "e ; python_version < '3'", "f;python_version >= '3'", "g[x] ; 'a' in 'b'",
    "h @ https://a.invalid/h.whl", "i ; sys_platform == 'linux' and extra == ''", "", "!",
])))  # fmt: skip
def test_required_names_are_those_of_parsed_requirements(lines: list[str]) -> None:
    assert required_names(lines, LINUX) == requirements_of(lines, LINUX).names
