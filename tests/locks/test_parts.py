"""What the formats share: markers, constraints, places of files, choosing, targets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.locks.document import parse_json, parse_toml
from wheelclash.locks.graph import Markers
from wheelclash.locks.location import LockLocation
from wheelclash.locks.package import Locked, locked_file, select_wheels
from wheelclash.locks.poetry import constraint_allows
from wheelclash.target.inferred import python_allowed, targets_among
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Callable

LINUX = target_for("3.12", "linux")


@pytest.mark.parametrize(
    ("marker", "extras", "holds"),
    [
        (None, (), True),
        ("", (), True),
        ("sys_platform == 'linux'", (), True),
        ("python_full_version >= '3.13'", (), False),
        ("extra == 'a'", (), False),
        ("extra == 'a'", ("a", "b"), True),
        ('"a" == extra', ("b", "a"), True),
        ("extra != 'a'", ("a", "b"), False),
        ("extra != 'c'", ("a", "b"), True),
        ("extra == 'a' and extra == 'b'", ("a", "b"), True),
        ("extra == 'extra-3-own-one' or (sys_platform == 'win32' and extra != 'x')", ("extra-3-own-one",), True),
        ("'a' in extras", ("a",), True),
        ("platform_release >= '20'", (), False),
        ("*", (), True),
        ("<empty>", (), False),
    ],
)
def test_a_marker_sees_every_active_extra(marker: str | None, extras: tuple[str, ...], *, holds: bool) -> None:
    assert Markers(LINUX, "x").hold(marker, extras) is holds


@pytest.mark.parametrize("marker", ["x", "python_version", "sys_platform ~= 'linux'", "(" * 20000, "extra == 'a"])
def test_a_marker_that_is_none_is_an_error(marker: str) -> None:
    with pytest.raises(QuestionError, match="cannot be evaluated"):
        Markers(LINUX, "x").hold(marker)


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("^1.2.3", ("1.2.3", "1.9"), ("1.2.2", "2.0", "2.0a1", "2.0.dev1")),
        ("^0.2.3", ("0.2.3", "0.2.9"), ("0.3.0",)),
        ("^0.0.3", ("0.0.3",), ("0.0.4",)),
        ("^0.0", ("0.0.9",), ("0.1",)),
        ("^3", ("3.0", "3.99"), ("4.0", "2.9")),
        ("~1.2.3", ("1.2.9",), ("1.3",)),
        ("~1.2", ("1.2.9",), ("1.3",)),
        ("~1", ("1.9",), ("2.0",)),
        ("~=1.2", ("1.9",), ("2.0",)),
        ("*", ("0", "9"), ()),
        ("1.*", ("1.0", "1.9"), ("2.0",)),
        ("==1.2.*", ("1.2.7",), ("1.3",)),
        ("!=1.2.*", ("1.3",), ("1.2.7",)),
        ("1.2", ("1.2", "1.2.0"), ("1.2.1",)),
        ("=1.2", ("1.2",), ("1.3",)),
        (">=1,<2", ("1.5",), ("2.0",)),
        (">=1 <2", ("1.5",), ("2.0",)),
        (">= 1, < 2,", ("1.5",), ("2.0",)),
        ("~2.7 || ^3.6", ("2.7.1", "3.9"), ("3.5", "2.8")),
        ("<1|>=2", ("0.9", "2.0"), ("1.5",)),
        ("gibberish !!", ("1.0",), ()),
    ],
)
def test_poetrys_constraints(constraint: str, inside: tuple[str, ...], outside: tuple[str, ...]) -> None:
    assert [each for each in inside if not constraint_allows(constraint, each)] == []
    assert [each for each in outside if constraint_allows(constraint, each)] == []


def test_requires_python_that_is_none_says_nothing() -> None:
    assert python_allowed(None, "3.12.0")
    assert python_allowed("nonsense", "3.12.0")
    assert not python_allowed(">=3.13", "3.12.9")
    assert python_allowed(">=3.14", "3.14.0rc1")


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://me:secret@files.example:8443/a%20b.whl?x=1#sha256=ab", "https://files.example:8443/a%20b.whl?x=1"),
        ("http://127.0.0.1:9/x.whl", "http://127.0.0.1:9/x.whl"),
        ("file:///srv/../etc/x.whl", ""),
        ("file://other/x.whl", ""),
        ("javascript:alert(1)", ""),
        ("https://[", ""),
        ("https:///x.whl", ""),
        ("http://x:port/y.whl", ""),
        ("", ""),
    ],
)
def test_only_urls_that_can_be_read_are_taken(url: str, clean: str) -> None:
    place = LockLocation("x.lock", Path("folder"), Credentials()).of_url(url)
    assert place.url == clean
    assert bool(place.refused) is not bool(clean)
    assert "secret" not in repr(place)


def test_a_url_of_a_file_in_the_project_is_taken() -> None:
    folder = Path("folder").absolute()
    place = LockLocation("x.lock", folder, Credentials()).of_url((folder / "a b" / "x.whl").as_uri())
    assert place.path == folder / "a b" / "x.whl"
    outside = LockLocation("x.lock", folder / "deeper", Credentials(), anywhere=True).of_url(
        (folder / "x.whl").as_uri()
    )
    assert outside.path == folder / "x.whl"


@pytest.mark.parametrize(
    ("tags", "build_first", "best"),
    [
        (("py3-none-any", "cp312-cp312-manylinux_2_17_x86_64"), False, 1),
        (("cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_17_x86_64"), False, 0),
        (("1-py3-none-any", "2-py3-none-any", "10-py3-none-any"), False, 2),
        (("2-py3-none-any", "1-cp312-cp312-manylinux_2_17_x86_64"), False, 1),
        (("2-py3-none-any", "1-cp312-cp312-manylinux_2_17_x86_64"), True, 0),
        (("cp311-abi3-manylinux1_x86_64", "cp312-abi3-manylinux1_x86_64"), False, 1),
        (("py3-none-any", "py2.py3-none-any"), False, 0),
    ],
)
def test_the_best_of_several_wheels(tags: tuple[str, ...], best: int, *, build_first: bool) -> None:
    wheels = tuple(locked_file(f"x-1.0-{each}.whl", None) for each in tags)
    found = select_wheels([Locked(name="x", version="1.0", wheels=wheels)], LINUX, build_first=build_first)
    assert found.unlocated[0].candidate.filename == wheels[best].filename


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("py3-none-any",), ["manylinux_2_28_x86_64", "macosx_13_0_arm64", "win_amd64"]),
        (("cp312-cp312-manylinux2014_aarch64",), ["manylinux_2_28_aarch64"]),
        (("cp312-cp312-manylinux_2_34_x86_64",), ["manylinux_2_34_x86_64"]),
        (("cp312-cp312-linux_x86_64",), ["manylinux_2_28_x86_64"]),
        (("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",),
         ["manylinux_2_28_x86_64", "musllinux_1_2_x86_64"]),
        (("cp312-cp312-macosx_10_9_universal2",), ["macosx_13_0_arm64", "macosx_13_0_x86_64"]),
        (("cp312-cp312-macosx_14_0_arm64",), ["macosx_14_0_arm64"]),
        (("cp312-cp312-win32", "cp312-cp312-win_arm64"), ["win32", "win_arm64"]),
        (("cp312-cp312-manylinux_2_17_vax", "cp312-cp312-win32"), ["win32"]),
    ],
)  # fmt: skip
def test_platform_families_are_read_off_wheel_tags(tags: tuple[str, ...], expected: list[str]) -> None:
    names = [f"x-1.0-{each}.whl" for each in tags]
    found = targets_among(names, allows=lambda version: version == "3.12.0", admits=lambda _: True)
    assert [each.platform for each in found] == expected


@pytest.mark.parametrize(
    ("tags", "specifier", "expected"),
    [
        (("py3-none-any",), ">=3.8", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
        (("cp311-cp311-win_amd64", "cp312-cp312-win_amd64"), ">=3.10", ["3.10", "3.11", "3.12"]),
        (("cp310-abi3-win_amd64",), ">=3.13", ["3.13", "3.14"]),
        (("py3-none-any",), ">=3.12.4,<3.13", ["3.12"]),
        (("py3-none-any",), ">=3.15", []),
        (("py3-none-any",), None, ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]),
    ],
)
def test_minors_are_those_the_lock_is_for_and_some_wheel_was_built_for(
    tags: tuple[str, ...], specifier: str | None, expected: list[str]
) -> None:
    names = [f"x-1.0-{each}.whl" for each in tags]
    found = targets_among(names, allows=lambda each: python_allowed(specifier, each), admits=lambda _: True)
    assert list(dict.fromkeys(each.minor_version for each in found)) == expected


def test_credentials_are_in_no_message_about_a_url() -> None:
    assert (
        "secret"
        not in LockLocation("x.lock", Path("folder"), Credentials())
        .of_url("ftp://me:secret@host.example/x.whl")
        .refused
    )


@pytest.mark.parametrize(("parse", "text"), [(parse_toml, "x = " + "[" * 100000), (parse_json, "[" * 100000)])
def test_deep_nesting_is_told(parse: Callable[[bytes, str], object], text: str) -> None:
    with pytest.raises(QuestionError, match="nested too deeply"):
        parse(text.encode(), "x")
