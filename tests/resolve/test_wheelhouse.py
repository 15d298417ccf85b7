"""Folders of wheels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.values import LINUX, WINDOWS
from tests.support.wheelmaker import Wheel
from wheelclash.errors import QuestionError
from wheelclash.resolve.wheelhouse import select_from_folder, wheels_of

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.target.target import Target


def house(folder: Path, *names: str) -> Path:
    """A folder with files of these names; choosing looks at nothing else."""
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("names", "target", "chosen"),
    [
        (["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"], LINUX, ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"]),
        (["a-9-py3-none-any.whl", "a-10-py3-none-any.whl"], LINUX, ["a-10-py3-none-any.whl"]),
        (["a-1-py3-none-any.whl", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl", "a-1-cp312-cp312-win_amd64.whl"],
         LINUX, ["a-1-cp312-cp312-manylinux_2_17_x86_64.whl"]),
        (["a-1-py3-none-any.whl", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl", "a-1-cp312-cp312-win_amd64.whl"],
         WINDOWS, ["a-1-cp312-cp312-win_amd64.whl"]),
        (["a-1-py3-none-any.whl", "a-1-2-py3-none-any.whl"], LINUX, ["a-1-2-py3-none-any.whl"]),
        (["a-1-py3-none-any.whl", "a-2.dev1-py3-none-any.whl"], LINUX, ["a-2.dev1-py3-none-any.whl"]),
        (["a-2-cp312-cp312-win_amd64.whl", "a-1-py3-none-any.whl"], LINUX, ["a-1-py3-none-any.whl"]),
        (["A_b-1-py3-none-any.whl", "a.B-2-py3-none-any.whl"], LINUX, ["a.B-2-py3-none-any.whl"]),
        (["a-1+cu12-py3-none-any.whl", "a-1-py3-none-any.whl"], LINUX, ["a-1+cu12-py3-none-any.whl"]),
    ],
)  # fmt: skip
def test_one_wheel_of_each_project_is_chosen(
    tmp_path: Path, names: list[str], target: Target, chosen: list[str]
) -> None:
    """The newest version that fits, then its best tag, then its highest build."""
    assert [each.filename for each in select_from_folder(house(tmp_path, *names), target).candidates] == chosen


def test_a_chosen_wheel_is_the_file(tmp_path: Path) -> None:
    path = Wheel("Our-Tools").write(tmp_path)
    selection = select_from_folder(tmp_path, LINUX)
    (found,) = selection.candidates
    assert (found.path, found.url, found.size, found.direct) == (path, path.as_uri(), path.stat().st_size, True)
    assert (found.name, found.version, selection.roots) == ("our-tools", "1.0", ["our-tools"])
    assert (selection.skipped, selection.notes) == ([], [])


def test_a_folder_may_be_given_relative_to_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path as RealPath

    Wheel("a").write(tmp_path / "dist")
    monkeypatch.chdir(tmp_path)
    (found,) = select_from_folder(RealPath("dist"), LINUX).candidates
    assert found.path == tmp_path / "dist" / "a-1.0-py3-none-any.whl"
    assert found.requested == "dist/a-1.0-py3-none-any.whl"


def test_other_versions_are_told_of_and_other_targets_are_not(tmp_path: Path) -> None:
    names = ["a-1-py3-none-any.whl", "a-2-py3-none-any.whl", "a-2-cp312-cp312-win_amd64.whl", "a-3-py3-none-win32.whl"]
    assert select_from_folder(house(tmp_path, *names), LINUX).notes == [
        "a 2 is compared, not 1 beside it",
        "a 2 is compared: 3 has no wheel for the target",
    ]


def test_a_project_without_a_wheel_for_the_target_is_a_skip(tmp_path: Path) -> None:
    names = ["a-1-py3-none-win32.whl", "a-1-py3-none-win_amd64.whl", "b-1-py3-none-any.whl"]
    selection = select_from_folder(house(tmp_path, *names), LINUX)
    (skip,) = selection.skipped
    assert (skip.requirement, skip.code) == ("a", "no-wheel")
    assert "py3-none-win32, py3-none-win_amd64" in skip.reason


@pytest.mark.parametrize("name", ["nonsense.whl", "a-1-py3-none-any.WHL", "a-1..2-py3-none-any.whl", "-.whl"])
def test_a_name_that_is_no_wheels_is_a_skip(tmp_path: Path, name: str) -> None:
    selection = select_from_folder(house(tmp_path, name, "b-1-py3-none-any.whl"), LINUX)
    assert [(each.requirement, each.code) for each in selection.skipped] == [(name, "unreadable")]


def test_source_archives_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "folder-1-py3-none-any.whl").mkdir()
    Wheel("below").write(tmp_path / "sub")
    selection = select_from_folder(house(tmp_path, "a-1-py3-none-any.whl", "a-1.tar.gz", "SHA256SUMS"), LINUX)
    assert [each.name for each in selection.candidates] == ["a"]
    assert selection.notes == ["source archives are not compared: a-1.tar.gz"]


def test_a_folder_without_wheels_is_no_wheelhouse(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="no wheel"):
        wheels_of(house(tmp_path, "a-1.tar.gz"))


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        wheels_of(tmp_path / "dist")


@pytest.mark.skipif(os.name != "posix", reason="pipes and links are POSIX's")
def test_what_has_a_wheels_name_and_cannot_be_opened_is_a_skip(tmp_path: Path) -> None:
    folder = house(tmp_path, "a-1-py3-none-any.whl")
    (folder / "dangling-1-py3-none-any.whl").symlink_to("nowhere")
    (folder / "looping-1-py3-none-any.whl").symlink_to("looping-1-py3-none-any.whl")
    (folder / "device-1-py3-none-any.whl").symlink_to(os.devnull)
    (folder / "folder-1-py3-none-any.whl").mkdir()
    os.mkfifo(folder / "pipe-1-py3-none-any.whl")
    (folder / "linked-1-py3-none-any.whl").symlink_to("a-1-py3-none-any.whl")
    selection = select_from_folder(folder, LINUX)
    assert {each.name for each in selection.candidates} == {"a", "linked"}
    assert {each.name: each.code for each in selection.skipped} == dict.fromkeys(
        ("dangling", "looping", "device", "folder", "pipe"), "unreadable"
    )
    reasons = {each.name: each.reason for each in selection.skipped}
    assert "leads nowhere" in reasons["dangling"]
    assert "pipe or a device" in reasons["pipe"]
    assert "folder" in reasons["folder"]
