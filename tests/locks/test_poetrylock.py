"""``poetry.lock``: what the fixtures do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelclash.errors import QuestionError

from .support import DIGEST, codes, files, read, select

if TYPE_CHECKING:
    from pathlib import Path

NEW = '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.10"\n'
OLD = '[metadata]\nlock-version = "2.0"\npython-versions = "^3.10"\n'


def package(name: str, version: str = "1.0", more: str = 'groups = ["main"]\n', after: str = "") -> str:
    filename = f"{name}-{version}-py3-none-any.whl"
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\npython-versions = "*"\n{more}'
        f'files = [{{ file = "{filename}", hash = "sha256:{DIGEST}" }}]\n{after}'
    )


def test_a_marker_can_differ_by_group() -> None:
    markers = "markers = { main = \"sys_platform == 'win32'\", dev = \"sys_platform == 'linux'\" }\n"
    text = package("x", more=f'groups = ["main", "dev"]\n{markers}') + NEW
    assert files(select(text)) == ["x-1.0-py3-none-any.whl"]
    assert files(select(text, "windows")) == ["x-1.0-py3-none-any.whl"]
    assert files(select(text, "macos")) == []
    only_dev = package("x", more=f'groups = ["dev"]\n{markers}') + NEW
    assert files(select(only_dev, "windows")) == []
    partly = package("x", more='groups = ["main", "dev"]\nmarkers = { dev = "sys_platform == \'win32\'" }\n') + NEW
    assert files(select(partly)) == ["x-1.0-py3-none-any.whl"]
    never = package("x", more='groups = ["main", "dev"]\nmarkers = { main = "extra == \'a\'", dev = "<empty>" }\n')
    assert files(select(never + NEW)) == []


def test_an_optional_group_is_only_installed_if_named(tmp_path: Path) -> None:
    text = package("x") + package("y", more='groups = ["late"]\n') + NEW
    path = tmp_path / "poetry.lock"
    assert len(files(select(read(text, path)))) == 2
    assert any("no pyproject.toml" in each for each in select(read(text, path)).notes)
    (tmp_path / "pyproject.toml").write_text("[tool.poetry.group.late]\noptional = true\n")
    assert files(select(read(text, path))) == ["x-1.0-py3-none-any.whl"]
    assert len(files(select(read(text, path), groups=["late"]))) == 2


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('type = "directory"\nurl = "sub"', "directory"),
        ('type = "directory"\nurl = "."', "project"),
        ('type = "git"\nurl = "https://me:secret@host.example/x.git"\nreference = "HEAD"', "not-a-wheel"),
        ('type = "url"\nurl = "https://host.example/x-1.0.tar.gz"', "not-a-wheel"),
        ('type = "file"\nurl = "dist/x-1.0.tar.gz"', "not-a-wheel"),
        ('type = "file"\nurl = "../x-1.0-py3-none-any.whl"', "refused"),
    ],
)
def test_a_source_that_is_no_wheel_is_told_apart(source: str, code: str) -> None:
    found = select(package("x", after=f"[package.source]\n{source}\n") + NEW)
    assert codes(found) == {"x==1.0": code}
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ('type = "url"\nurl = "https://host.example/x-1.0-py3-none-any.whl"', "https://host.example"),
        ('type = "file"\nurl = "dist/x-1.0-py3-none-any.whl"', "file://"),
    ],
)
def test_a_wheel_by_url_or_path_needs_no_index(source: str, where: str) -> None:
    (found,) = select(package("x", after=f"[package.source]\n{source}\n") + NEW).candidates
    assert found.url.startswith(where)
    assert (found.direct, found.sha256, found.index) == (True, DIGEST, None)


def test_without_a_project_an_older_lock_is_compared_whole_but_for_what_is_optional() -> None:
    text = (
        package(
            "x", more="", after='[package.dependencies]\ny = { version = "*", markers = "sys_platform == \'linux\'" }\n'
        )
        + package("y", more="")
        + package("z", more="").replace("optional = false", "optional = true")
        + '[extras]\nbig = ["z"]\n'
        + OLD
    )
    found = select(text)
    assert files(found) == ["x-1.0-py3-none-any.whl", "y-1.0-py3-none-any.whl"]
    assert any("older version" in each for each in found.notes)
    assert files(select(text, "windows")) == ["x-1.0-py3-none-any.whl"]
    assert len(files(select(text, extras=["big"]))) == 3


def test_a_package_reached_again_with_an_extra_brings_in_what_that_needs(tmp_path: Path) -> None:
    depends = '[package.dependencies]\nz = { version = "*", optional = true }\n[package.extras]\nbig = ["z (>=1)"]\n'
    text = (
        package("x", more="", after=depends)
        + package("y", more="", after='[package.dependencies]\nx = { version = "*", extras = ["big"] }\n')
        + package("z", more="").replace("optional = false", "optional = true")
        + OLD
    )
    (tmp_path / "pyproject.toml").write_text('[tool.poetry.dependencies]\npython = "^3.10"\nx = "*"\ny = "*"\n')
    found = select(read(text, tmp_path / "poetry.lock"))
    assert len(files(found)) == 3
    assert {each.candidate.name: each.candidate.extras for each in found.unlocated}["x"] == ("big",)


def test_what_is_needed_and_not_locked_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poetry.dependencies]\nmissing = "*"\n')
    with pytest.raises(QuestionError, match="depends on missing, and does not lock it"):
        select(read(package("x", more="") + OLD, tmp_path / "poetry.lock"))


def test_a_project_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[" * 50000)
    with pytest.raises(QuestionError, match=r"pyproject\.toml"):
        read(NEW, tmp_path / "poetry.lock")
