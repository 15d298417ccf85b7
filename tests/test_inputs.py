"""What kind of description of a set a file, a folder or the standard input is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.wheelmaker import Wheel
from wheelclash.descriptions import Description, describe
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from pathlib import Path

PYLOCK = b'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n'
REPORT = b'{"version": "1", "install": []}'
UV_LOCK = b"version = 1\nrevision = 3\n"
SCRIPT = b'# /// script\n# dependencies = ["a"]\n# ///\n'
PYPROJECT = b'[project]\nname = "a"\n'


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("requirements.txt", b"requests\n", "requirements"),
        ("dev.in", b"-r requirements.txt\n", "requirements"),
        ("pyproject.toml", PYPROJECT, "pyproject"),
        ("pyproject.toml", b"", "pyproject"),
        ("tool.py", SCRIPT, "script"),
        ("pylock.toml", PYLOCK, "lock"),
        ("pylock.gpu.toml", PYLOCK, "lock"),
        ("frozen.toml", PYLOCK, "lock"),
        ("uv.lock", UV_LOCK, "lock"),
        ("poetry.lock", b"[[package]]\n", "lock"),
        ("pdm.lock", b"[metadata]\n", "lock"),
        ("report.json", REPORT, "lock"),
    ],
)
def test_a_file_is_known_by_name_and_content(tmp_path: Path, name: str, content: bytes, kind: Description) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert describe(path) == kind
    assert describe(path, content) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"requests\nnumpy>=2\n", "requirements"), (PYLOCK, "lock"), (REPORT, "lock"), (UV_LOCK, "lock")],
)
def test_the_standard_input_is_known_by_content(content: bytes, kind: Description) -> None:
    assert describe(None, content) == kind


@pytest.mark.parametrize("content", [SCRIPT, PYPROJECT])
def test_what_only_a_file_can_be_is_refused_from_the_standard_input(content: bytes) -> None:
    with pytest.raises(QuestionError, match="file"):
        describe(None, content)


@pytest.mark.parametrize("content", [b"", b" \n\n", Wheel("a").to_bytes(), b"a\0b"])
def test_a_standard_input_that_is_nothing_or_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(QuestionError):
        describe(None, content)


@pytest.mark.parametrize("name", ["notes.md", "some.toml", "what.lock", "a-1-py3-none-any.whl"])
def test_a_file_that_describes_nothing_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing\n")
    with pytest.raises(QuestionError, match=name):
        describe(tmp_path / name)


def test_a_project_file_under_another_name_is_refused(tmp_path: Path) -> None:
    """It is known to uv by its name alone."""
    (tmp_path / "other.toml").write_bytes(PYPROJECT)
    with pytest.raises(QuestionError):
        describe(tmp_path / "other.toml")


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        describe(tmp_path / "requirements.txt")


def test_a_folder_of_wheels_is_a_wheelhouse(tmp_path: Path) -> None:
    Wheel("a").write(tmp_path)
    assert describe(tmp_path) == "wheelhouse"


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_a_folder_without_wheels_is_refused_and_what_it_holds_is_offered(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(QuestionError) as caught:
        describe(tmp_path)
    assert name in caught.value.hint


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="no wheel"):
        describe(tmp_path)
