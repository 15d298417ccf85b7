"""Rows of wheels: where a wheel can be installed, and which release is preferred."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.tags import parse_tag
from packaging.version import Version

from wheelclash.contents.reach import EVERYWHERE, PLATFORMS, PYTHONS, Reach, reach_of
from wheelclash.contents.rows import precedence
from wheelclash.target.target import target_for

WHEELS = [
    ("py3-none-any", None),
    ("py2.py3-none-any", "<3"),
    ("cp312-cp312-manylinux_2_17_x86_64", None),
    ("cp39-abi3-win_amd64", ">=3.10"),
    ("cp313-cp313t-macosx_11_0_universal2", None),
    ("cp314-cp314-ios_13_0_arm64_iphoneos", ">=3.14.2"),
    ("py3-none-musllinux_1_1_x86_64", "nonsense"),
]


@pytest.mark.parametrize(("tags", "requires_python"), WHEELS)
def test_reach_is_what_installers_would_take_on_each_target(tags: str, requires_python: str | None) -> None:
    reach = reach_of(tags, requires_python)
    admitted = {
        (python, platform)
        for one, python in enumerate(PYTHONS)
        for other, platform in enumerate(PLATFORMS)
        if reach.pythons >> one & 1 and reach.platforms >> other & 1
    }
    by_packaging = {
        (python, platform)
        for python in PYTHONS
        for platform in PLATFORMS
        if not parse_tag(tags).isdisjoint(target_for(python, platform).tags)
        and {"<3": False, ">=3.10": python != "3.9", ">=3.14.2": python.startswith("3.14")}.get(
            requires_python or "", True
        )
    }
    assert admitted == by_packaging


def test_wheels_meet_only_on_a_python_and_a_platform_of_both() -> None:
    linux, windows = reach_of("cp312-cp312-manylinux_2_28_x86_64", None), reach_of("cp312-cp312-win_amd64", None)
    assert linux.meets(EVERYWHERE)
    assert not linux.meets(windows)
    assert not linux.meets(reach_of("cp311-cp311-manylinux_2_28_x86_64", None))
    assert not EVERYWHERE.meets(Reach(0, 0))


_VERSIONS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "1!"]),
    st.lists(st.sampled_from(["0", "1", "2", "9", "10", "2024"]), min_size=1, max_size=4).map(".".join),
    st.sampled_from(["", "a1", "b0", "rc10", "rc2"]),
    st.sampled_from(["", ".post0", ".post2", ".dev1", ".post1.dev3"]),
    st.sampled_from(["", "+cpu", "+cu12.1", "+1", "+10", "+cu"]),
)


@given(_VERSIONS, _VERSIONS)
def test_precedence_of_releases_is_the_order_of_versions(one: str, other: str) -> None:
    first, second = Version(one), Version(other)
    assume(first.is_prerelease == second.is_prerelease)
    assert (first < second) == (precedence(one) < precedence(other))
    assert (first == second) == (precedence(one) == precedence(other))


def test_a_yanked_release_and_a_prerelease_come_after_all_others() -> None:
    in_order = [precedence("9.0", yanked=True), precedence("3.0rc1"), precedence("1.0"), precedence("2.0")]
    assert in_order == sorted(in_order)
    assert precedence("no version") < in_order[0]
