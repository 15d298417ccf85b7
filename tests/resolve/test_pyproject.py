"""Files that hold requirements inside something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.values import LINUX
from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.resolve.pyproject import Project, read_project, script_block

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def declared(folder: Path, name: str, text: str) -> Project:
    found = read_project(written(folder, name, text))
    assert found is not None
    return found


def test_a_requirements_file_declares_nothing_of_its_own(tmp_path: Path) -> None:
    assert read_project(tmp_path / "requirements.txt") is None


def test_a_project_is_known_by_name_python_and_groups(tmp_path: Path) -> None:
    text = '[project]\nname = "My_App"\nrequires-python = ">=3.13"\n[dependency-groups]\ndev = []\n"docs" = []\n'
    found = declared(tmp_path, "pyproject.toml", text)
    assert (found.name, tuple(found.groups)) == ("my-app", ("dev", "docs"))
    assert found.skip == Skip("my-app", "project", "the project whose dependencies these are")
    assert found.notes(LINUX) == ("pyproject.toml requires Python >=3.13, and the target has 3.12.0",)


@pytest.mark.parametrize("python", ['">=3.9"', '"nonsense"', "3"])
def test_a_python_that_fits_or_makes_no_sense_is_not_told_of(tmp_path: Path, python: str) -> None:
    assert not declared(tmp_path, "pyproject.toml", f'[project]\nname="a"\nrequires-python = {python}').notes(LINUX)


@pytest.mark.parametrize(
    "text", ["[project", "project = 1", '[project]\nname = "a"\n[[dependency-groups]]\n', "a = " + "[" * 100_000]
)
def test_a_broken_project_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(QuestionError, match=r"pyproject\.toml"):
        read_project(written(tmp_path, "pyproject.toml", text))


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_what_only_running_code_would_tell_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(QuestionError, match="code is run"):
        read_project(written(tmp_path, name, "# /// script\n# dependencies = []\n# ///\n"))


SCRIPT = '#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   "a",\n# ]\n#\n# ///\nprint("# /// script")\n'


@pytest.mark.parametrize("text", [SCRIPT, SCRIPT.replace("\n", "\r\n")])
def test_the_block_of_a_script_is_found(text: str) -> None:
    assert script_block(text, "s.py") == 'dependencies = [\n  "a",\n]\n\n'


def test_a_block_of_another_kind_is_none() -> None:
    assert script_block("# /// pyproject\n# a = 1\n# ///\n", "s.py") is None


def test_a_script_without_a_block_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="PEP 723"):
        read_project(written(tmp_path, "s.py", "import requests\n"))


@pytest.mark.parametrize(
    "text", [SCRIPT + "\n\n" + SCRIPT, "# /// script\n# dependencies = [\n# ///\n", "# /// script\n# a\n# ///\n"]
)
def test_a_script_with_a_broken_block_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(QuestionError, match=r"s\.py"):
        read_project(written(tmp_path, "s.py", text))


def test_a_script_is_no_project(tmp_path: Path) -> None:
    assert declared(tmp_path, "s.py", SCRIPT).skip is None


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        read_project(tmp_path / "pyproject.toml")


def test_what_a_project_lists_follows_its_own_extras_and_groups(tmp_path: Path) -> None:
    text = """
    [project]
    name = "Ours"
    dependencies = ["a", "ours[Loud]"]
    optional-dependencies = {Loud = ["b", "ours[loud]"], quiet = ["c"]}
    [dependency-groups]
    dev = ["d", {include-group = "Docs"}]
    docs = ["e"]
    round = [{include-group = "round"}]
    """
    project = declared(tmp_path, "pyproject.toml", text)
    assert project.lines(extras=[], all_extras=False, groups=[]) == ["a", "b"]
    assert project.lines(extras=["quiet"], all_extras=False, groups=["dev"]) == ["a", "b", "c", "d", "e"]
    assert set(project.lines(extras=[], all_extras=True, groups=[])) == {"a", "b", "c"}
    for extras, groups in ((["qiet"], []), ([], ["devv"]), ([], ["round"])):
        with pytest.raises(QuestionError):
            project.lines(extras=extras, all_extras=False, groups=groups)
