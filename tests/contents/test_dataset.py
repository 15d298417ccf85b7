"""A dataset on disk: a part counts whole or not at all, and a wheel is in it once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.command import HERE, ROOT
from wheelclash.contents import dataset as module
from wheelclash.contents.dataset import Dataset, PartWriter, merge_parts, read_wheels
from wheelclash.contents.rows import FileRow, Source, WheelRow, path_hash, wheel_row
from wheelclash.core.contents import Contents, Members
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="kill -9, and permissions")


def made(number: int, files: int = 3) -> tuple[WheelRow, list[FileRow]]:
    """A wheel of a project of its own, with files that no other has."""
    sha256 = f"{number * 7919:064x}"[::-1]
    contents = Contents(f"p{number}-1.0.dist-info", "true", Members(), (), "", (), None, ())
    wheel = wheel_row(Source(f"p{number}-1.0-py3-none-any.whl", "x", sha256), contents, "local")
    rows = []
    for name in range(files):
        path = f"p{number}/{name}.py"
        rows.append(
            FileRow("site-packages", path, path_hash(f"site-packages/{path}"), "module", "sha256", b"0" * 16, 1)
        )
    return wheel, rows


def add(folder: Path, numbers: Iterator[int] | range, rows_in_part: int = 1_000) -> int:
    """Add wheels; how many were new."""
    dataset = Dataset.open(folder, create=True)
    with PartWriter(dataset, dataset.known(), rows_in_part=rows_in_part) as writer:
        return sum(writer.add(*made(number)) for number in numbers)


def wheels_of(folder: Path) -> list[str]:
    """The file names of all wheels, and a check that every one has its files."""
    names = []
    for part in Dataset.open(folder).parts:
        for wheel, files in read_wheels(part.folder):
            assert [file.path for file in files] == [f"{wheel.project}/{name}.py" for name in range(3)]
            names.append(wheel.wheel)
    return names


def test_wheels_are_added_once_and_read_back(tmp_path: Path) -> None:
    assert add(tmp_path, range(20), rows_in_part=30) == 20
    assert add(tmp_path, range(10, 25)) == 5
    dataset = Dataset.open(tmp_path)
    assert (len(dataset.parts), dataset.wheels, dataset.rows) == (3, 25, 75)
    assert sorted(wheels_of(tmp_path)) == sorted(f"p{number}-1.0-py3-none-any.whl" for number in range(25))


def test_what_another_writer_added_meanwhile_is_not_added_again(tmp_path: Path) -> None:
    dataset = Dataset.open(tmp_path, create=True)
    with PartWriter(dataset, dataset.known()) as slow:
        for number in range(10):
            slow.add(*made(number))
        assert add(tmp_path, range(5, 15)) == 10
    assert sorted(wheels_of(tmp_path)) == sorted(f"p{number}-1.0-py3-none-any.whl" for number in range(15))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".part")] == []


def test_unfinished_parts_do_not_count_and_are_removed_when_their_writer_is_gone(tmp_path: Path) -> None:
    add(tmp_path, range(3))
    gone = tmp_path / f".part-{module._machine()}-999999999-x"
    other = tmp_path / ".part-elsewhere-1-x"
    for folder in (gone, other):
        folder.mkdir()
        (folder / "files.parquet").write_bytes(b"PAR1 half")
    assert Dataset.open(tmp_path).wheels == 3
    add(tmp_path, range(3))
    assert not gone.exists()
    assert other.exists()


def test_a_failure_leaves_what_was_finished_and_nothing_else(tmp_path: Path) -> None:
    dataset = Dataset.open(tmp_path, create=True)
    writer = PartWriter(dataset, dataset.known(), rows_in_part=6)

    def fail() -> None:
        with writer:
            for number in range(3):
                writer.add(*made(number))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert sorted(wheels_of(tmp_path)) == ["p0-1.0-py3-none-any.whl", "p1-1.0-py3-none-any.whl"]


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    add(tmp_path, range(3))
    (part,) = Dataset.open(tmp_path).parts
    whole = part.file("files").read_bytes()
    part.file("files").write_bytes(whole[:-20])
    with pytest.raises(QuestionError, match=rf"{part.name}.*is damaged: files.parquet"):
        Dataset.open(tmp_path)
    part.file("files").write_bytes(whole)
    part.file("paths").unlink()
    with pytest.raises(QuestionError, match=r"has no paths\.parquet"):
        Dataset.open(tmp_path)


def test_a_part_with_the_files_of_another_is_damaged(tmp_path: Path) -> None:
    add(tmp_path, range(3))
    add(tmp_path, range(3, 4))
    second, first = sorted(Dataset.open(tmp_path).parts, key=lambda part: part.files)
    second.file("files").write_bytes(first.file("files").read_bytes())
    with pytest.raises(QuestionError, match=rf"{second.name} is damaged: its wheels have 3 files, and .* has 9"):
        Dataset.open(tmp_path)


def test_another_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCHEMA", 2)
    add(tmp_path, range(1))
    monkeypatch.undo()
    with pytest.raises(QuestionError, match="schema 2 of another version"):
        Dataset.open(tmp_path)


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="holds no dataset"):
        Dataset.open(tmp_path)
    with pytest.raises(QuestionError, match="cannot be read"):
        Dataset.open(tmp_path / "nothing")


def test_a_full_disk_loses_only_the_part_that_is_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, range(3))
    dataset = Dataset.open(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module._OpenPart, "close", full)
    with (
        pytest.raises(QuestionError, match="cannot be written to \\(No space left"),
        PartWriter(dataset, dataset.known()) as writer,
    ):
        writer.add(*made(9))
    monkeypatch.undo()
    assert len(wheels_of(tmp_path)) == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".part")] == []


def test_many_small_parts_are_joined_and_still_hold_every_wheel_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(tmp_path, range(0, 40, 2), rows_in_part=6)
    add(tmp_path, range(1, 40, 2), rows_in_part=6)
    dataset = Dataset.open(tmp_path)
    assert len(dataset.parts) == 20
    assert merge_parts(dataset) == 20
    (part,) = Dataset.open(tmp_path).parts
    assert sorted(wheels_of(tmp_path)) == sorted(f"p{number}-1.0-py3-none-any.whl" for number in range(40))
    assert len(list(tmp_path.glob("part-*"))) == 21  # a question that was asked before may still read the old ones
    assert merge_parts(dataset) == 20  # another writer that has not seen it
    assert Dataset.open(tmp_path).parts == (part,)
    monkeypatch.setattr(module, "_GRACE", -1.0)
    next(path for path in tmp_path.glob("part-*") if path != part.folder).joinpath("files.parquet").unlink()
    add(tmp_path, range(40))
    assert list(tmp_path.glob("part-*")) == [part.folder]


_WRITE = """
import sys
from pathlib import Path
from tests.contents.test_dataset import add
print("begin", flush=True)
add(Path(sys.argv[1]), range(1500), rows_in_part=600)
"""


@posix
def test_a_run_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 - the same moments each time, more or less
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITE, str(tmp_path)],
            env={**HERE, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        names = wheels_of(tmp_path) if any(path.name.startswith("part-") for path in tmp_path.iterdir()) else []
        assert len(names) == len(set(names))
        assert len(names) % 200 == 0
    add(tmp_path, range(1500))
    names = wheels_of(tmp_path)
    assert (len(names), len(set(names))) == (1500, 1500)
    assert not list(tmp_path.glob(".part-*"))


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes anywhere")
def test_a_dataset_that_cannot_be_written_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    add(folder, range(3))
    folder.chmod(0o555)
    try:
        assert Dataset.open(folder).wheels == 3
        with pytest.raises(QuestionError, match="cannot be written"):
            add(folder, range(5))
    finally:
        folder.chmod(0o755)
