"""Siblings: from the list of families, and from what a meta package requires."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from wheelclash.resolve.families import families, family_of, siblings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("nixl-cu12", ("nixl-cu13",)),
        ("NIXL_cu13", ("nixl-cu12",)),
        ("nixl", ("nixl-cu12", "nixl-cu13")),
        ("psycopg2", ("psycopg2-binary",)),
    ],
)
def test_a_known_family_answers_for_members_and_meta_packages(name: str, names: tuple[str, ...]) -> None:
    found = siblings(name)
    assert found.names == names
    family = family_of(name)
    assert family is not None
    assert family.evidence in found.reason


def test_a_member_that_the_list_does_not_know_yet_comes_from_the_requirements() -> None:
    assert siblings("nixl", ["numpy", "nixl-cu12", "nixl-cu14"]).names == ("nixl-cu12", "nixl-cu13", "nixl-cu14")


@pytest.mark.parametrize(
    ("name", "requires", "names"),
    [
        ("thing", ["thing-cu12", "thing_CU13", "numpy", "thing-cu12"], ("thing-cu12", "thing-cu13")),
        ("psycopg", ["psycopg-binary", "psycopg-c", "psycopg-pool"], ("psycopg-binary", "psycopg-c")),
        ("thing-gpu", ["thing-cpu", "thing-gpu", "thing-tools"], ("thing-cpu",)),
        ("thing-rocm-7-0", ["thing"], ("thing",)),
        ("jax", ["jaxlib", "jax-cuda12-plugin"], ()),
        ("cpu", ["gpu"], ()),
        ("c-headless", ["c", "d"], ("c",)),
    ],
)  # fmt: skip
def test_requirements_that_differ_in_the_variant_alone_are_siblings(
    name: str, requires: list[str], names: tuple[str, ...]
) -> None:
    assert siblings(name, requires).names == names


def test_without_siblings_there_is_a_reason() -> None:
    found = siblings("opencv-pyton", ["numpy"])
    assert found.names == ()
    assert "opencv-python" in found.reason
    assert "opencv-pyton" in found.reason


def test_every_family_has_members_and_evidence() -> None:
    for family in families():
        names = [*family.members, *([family.meta] if family.meta else [])]
        assert len(family.members) > 1
        assert family.shares
        assert family.evidence
        assert names == [canonicalize_name(each) for each in names]
        assert len(set(names)) == len(names)


def test_no_distribution_belongs_to_two_families() -> None:
    members = [member for family in families() for member in family.members]
    assert len(set(members)) == len(members)


def test_an_installed_package_has_the_same_list(tmp_path: Path) -> None:
    """A wheel is built of this checkout and imported; from the checkout itself it is read in the other tests."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from wheelclash.resolve import families as module\n"
        "assert module.__file__.startswith(sys.argv[1]), module.__file__\n"
        "print(module.families())"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program, str(tmp_path / "site")], check=True, capture_output=True, timeout=60
    )
    assert done.stdout.decode().strip() == str(families())
