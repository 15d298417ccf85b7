"""What an install would bring is neither what is there already nor what everybody can go on using."""

from __future__ import annotations

import pytest

from tests.support.values import LINUX, distribution
from tests.support.wheelmaker import Wheel
from wheelclash.core.state import side_effects, to_install


def _names(
    wheels: list[Wheel], there: dict[str, str], pulled: set[str] | None = None, direct: tuple[str, ...] = ()
) -> str:
    set_ = [distribution(each, direct=each.name in direct) for each in wheels]
    return " ".join(each.name for each in to_install(set_, there, pulled or set(), LINUX))


@pytest.mark.parametrize(
    ("there", "direct", "left"),
    [
        ({}, (), "a b"),
        ({"a": "1.0"}, (), "b"),
        ({"a": "1"}, (), "b"),
        ({"a": "1.0", "b": "1.0"}, (), ""),
        ({"a": "0.9"}, (), "a b"),
        ({"a": "1.0+cpu"}, (), "a b"),
        ({"a": "not a version"}, (), "a b"),
        ({"a": "1.0"}, ("a",), "a b"),
        ({"c": "1.0"}, (), "a b"),
    ],
)
def test_what_is_there_in_that_version_is_not_new(there: dict[str, str], direct: tuple[str, ...], left: str) -> None:
    assert _names([Wheel("a"), Wheel("b")], there, direct=direct) == left


@pytest.mark.parametrize(
    ("requires", "there", "left"),
    [
        ([], {}, "a"),
        (["b"], {}, "a b c"),
        (["b"], {"b": "0.5"}, "a"),
        (["b>=0.5"], {"b": "0.5"}, "a"),
        (["b>=1"], {"b": "0.5"}, "a b c"),
        (["b>=1"], {"b": "0.5", "c": "0.5"}, "a b"),
        (["b>=1", "c>=1"], {"b": "0.5", "c": "0.5"}, "a b c"),
        (["b", "c>=1"], {"b": "0.5", "c": "0.5"}, "a c"),
        (["b>=1; sys_platform == 'win32'", "b"], {"b": "0.5"}, "a"),
        (["b; extra == 'x'"], {}, "a"),
        (["b[x]"], {}, "a b c d"),
        (["b", "not a requirement!"], {"b": "1.0.dev1"}, "a"),
        (["b>0"], {"b": "not a version"}, "a b c"),
    ],
)
def test_what_nobody_named_stays_where_it_will_do(requires: list[str], there: dict[str, str], left: str) -> None:
    """``b`` requires ``c``, and with an extra ``d``; only ``a`` was asked for."""
    wheels = [Wheel("a", requires=requires), Wheel("b", requires=["c", "d; extra == 'x'"]), Wheel("c"), Wheel("d")]
    assert _names(wheels, there, {"b", "c", "d"}) == left


def test_requirements_in_a_circle_come_to_an_end() -> None:
    assert _names([Wheel("a", requires=["b[x]"]), Wheel("b", requires=["a", "b[y]"])], {}, {"b"}) == "a b"


@pytest.mark.parametrize(
    ("requires", "told"),
    [
        ([], []),
        (["there"], []),
        (["there>=1; sys_platform == 'win32'", "coming>3"], []),
        (["absent", "other; extra == 'x'"], ["an install also brings absent, which is not compared"]),
        (["there>=1"], ["an install also changes what is there: new requires there>=1 (now 0.5)"]),
    ],
)
def test_what_else_an_install_changes_is_told(requires: list[str], told: list[str]) -> None:
    set_ = [distribution(Wheel("new", requires=requires)), distribution(Wheel("coming"))]
    assert side_effects(set_, {"there": "0.5"}, {}, LINUX, resolved=True) == told
    hint = "; --deps compares what it brings"
    assert side_effects(set_, {"there": "0.5"}, {}, LINUX, resolved=False) == [f"{each}{hint}" for each in told]


def test_what_stays_and_wants_another_version_is_told() -> None:
    requires = {
        "old": ["New <1", "new>1; extra == 'x'", "new>0; sys_platform == 'linux'", "!"],
        "content": ["new"],
        "new": ["new>5"],
    }
    set_ = [distribution(Wheel("new"))]
    assert side_effects(set_, {"new": "0.1"}, requires, LINUX, resolved=True)[-1:] == [
        "no longer met: old requires New<1, not 1.0"
    ]


def test_what_meets_the_question_already_is_told() -> None:
    set_ = [distribution(Wheel("new"))]
    told = "new 0.1 is there and meets new: installers replace it only if told to upgrade, or by 1.0 itself"
    assert side_effects(set_, {"new": "0.1"}, {}, LINUX, resolved=True) == [told]
    assert side_effects(set_, {}, {}, LINUX, resolved=True) == []


def test_pip_leaves_a_file_of_the_same_version_alone() -> None:
    set_ = [distribution(Wheel("new"), direct=True)]
    told = ["new is there in that version: pip writes it again only with --force-reinstall"]
    assert side_effects(set_, {"new": "1.0"}, {}, LINUX, resolved=True) == told


def test_long_lists_are_cut() -> None:
    wheel = Wheel("new", requires=[f"r{number}" for number in range(20)])
    (text,) = side_effects([distribution(wheel)], {}, {}, LINUX, resolved=True)
    assert "r5 and 14 more" in text
