"""Collecting: from an index by names, politely; from locks and environments; from public datasets."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.cli import main
from wheelclash.contents.collect import Pace, Shard, read_names
from wheelclash.contents.dataset import Dataset, read_wheels
from wheelclash.errors import QuestionError
from wheelclash.threads import run_all

if TYPE_CHECKING:
    from pathlib import Path

LATEST = Wheel("thing", "2.0", files={"thing.py": "2"})
WHEELS = [
    LATEST,
    Wheel("thing", "2.0", files={"thing.pyd": "2"}, tag="cp312-cp312-win_amd64"),
    Wheel("thing", "1.0", files={"thing.py": "1"}),
    Wheel("thing", "3.0rc1", files={"thing.py": "3"}),
    Wheel("other", "1.0", files={"other.py": "1"}, requires_python=">=3.10"),
]


def add(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Add to a dataset; the exit code and the JSON."""
    capsys.readouterr()
    code = main(["contents", "add", *map(str, arguments), "--format", "json"])
    captured = capsys.readouterr()
    assert captured.out, captured.err
    return code, json.loads(captured.out)


def wheels_of(folder: Path) -> dict[str, Any]:
    """Every wheel by file name."""
    parts = Dataset.open(folder).parts
    return {wheel.wheel: (wheel, files) for part in parts for wheel, files in read_wheels(part.folder)}


def test_an_index_is_asked_by_names_and_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with LoopbackIndex(tmp_path / "index") as index:
        for wheel in WHEELS:
            index.add(wheel)
        (tmp_path / "names.txt").write_text("Thing  # a comment\n\nother\nunknown\n")
        options: list[object] = ["--names", tmp_path / "names.txt", "-i", index.simple, "--no-config", "--rate", 500]
        options += ["--cache-dir", tmp_path / "cache"]
        code, answer = add(capsys, tmp_path / "all", *options)
        assert (code, answer["added"]["wheels"]) == (3, 3)
        assert [(skip["requirement"], skip["code"]) for skip in answer["skipped"]] == [("unknown", "not-found")]
        found = wheels_of(tmp_path / "all")
        assert set(found) == {WHEELS[0].filename, WHEELS[1].filename, WHEELS[4].filename}
        assert found[WHEELS[4].filename][0].requires_python == ">=3.10"
        index.forget()
        code, answer = add(capsys, tmp_path / "all", *options)
        assert (answer["added"]["wheels"], answer["known"]) == (0, 3)
        assert len(index.requests) == len(index.page_requests) == 3
        assert sum("if-none-match" in request.headers for request in index.requests) == 2
        _, answer = add(capsys, tmp_path / "all", *options, "--history")
        assert (answer["added"]["wheels"], answer["known"]) == (2, 3)


def test_a_project_that_hangs_is_skipped_and_the_others_are_added(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with LoopbackIndex(tmp_path / "index") as index:
        index.add(WHEELS[4], *(Wheel(f"p-{number}", files={f"p{number}.py": ""}) for number in range(6)))
        index.fault("/simple/other/*", "stall")
        (tmp_path / "names.txt").write_text("other\n" + "".join(f"p-{number}\n" for number in range(6)))
        options = ("--names", tmp_path / "names.txt", "-i", index.simple, "--no-config", "--rate", 500)
        code, answer = add(capsys, tmp_path / "all", *options, "--no-cache", "--timeout", 0.2)
    assert (code, answer["added"]["wheels"]) == (3, 6)
    assert [(skip["requirement"], skip["code"]) for skip in answer["skipped"]] == [("other", "timeout")]


def test_shards_divide_a_list_of_names() -> None:
    names = "\n".join(f"project_{number}" for number in range(400))
    shares = [read_names(names, Shard(number, 16)) for number in range(1, 17)]
    assert sorted(name for share in shares for name in share) == read_names(names, Shard())
    assert all(8 <= len(share) <= 45 for share in shares)
    with pytest.raises(QuestionError, match="line 2 is no name"):
        read_names("a\nhttps://example.org/a", Shard())
    with pytest.raises(QuestionError, match="empty"):
        read_names("# nothing\n", Shard())


def test_requests_of_all_threads_keep_one_pace() -> None:
    pace = Pace(100)
    began = time.monotonic()
    run_all([pace] * 21, at_once=8)
    assert 0.2 <= time.monotonic() - began < 1


def test_an_installed_environment_and_a_lock_are_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    wheel = Wheel("thing", "1.0", files={"thing.py": "1"}, scripts={"thing": "thing:run"})
    path = wheel.write(tmp_path / "dist")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", site, path],
        check=True,
        capture_output=True,
    )
    code, answer = add(capsys, tmp_path / "all", tmp_path / "env")
    assert (code, answer["added"]["wheels"]) == (0, 1)
    ((wheel_row, files),) = wheels_of(tmp_path / "all").values()
    assert (wheel_row.project, wheel_row.version, wheel_row.evidence) == ("thing", "1.0", "installed")
    assert "thing.py" in {file.path for file in files}
    (tmp_path / "pylock.toml").write_text(
        f"""lock-version = "1.0"
created-by = "tests"
[[packages]]
name = "thing"
version = "1.0"
[[packages.wheels]]
name = "{wheel.filename}"
path = "dist/{wheel.filename}"
hashes = {{ sha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}" }}
"""
    )
    _, answer = add(capsys, tmp_path / "locked", tmp_path / "pylock.toml")
    assert set(wheels_of(tmp_path / "locked")) == {wheel.filename}


def test_a_public_dataset_of_package_files_is_a_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its wheels are laid out as others are, compare with each other, and are known by name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        (f"{name}-1.0-py3-none-any.whl", path, bytes([number]) * 20)
        for name, number in (("one", 1), ("two", 2))
        for path in ("shared/core.py", f"{name}-1.0.data/scripts/tool", f"{name}-1.0.dist-info/METADATA")
    ]
    rows += [("one-1.0.tar.gz", "setup.py", b"1" * 20), ("bad.whl", "x", b"1" * 20), (rows[0][0], "/etc/x", b"1" * 20)]
    columns = map(list, zip(*rows, strict=True))
    table = pa.table(dict(zip(("project_release", "archive_path", "hash"), columns, strict=True)))
    pq.write_table(table, tmp_path / "dataset-1.parquet")
    code, answer = add(capsys, tmp_path / "all", tmp_path / "dataset-1.parquet")
    assert (code, answer["added"]) == (3, {"wheels": 2, "files": 6})
    assert [skip["requirement"] for skip in answer["skipped"]] == ["bad.whl"]
    assert add(capsys, tmp_path / "all", tmp_path / "dataset-1.parquet")[1]["known"] == 2
    assert main(["contents", "clashes", str(tmp_path / "all"), "--format", "json"]) == 1
    (pair,) = json.loads(capsys.readouterr().out)["pairs"]
    assert {(share["role"], share["kind"], share["severity"]) for share in pair["shares"]} == {
        ("module", "different", "error"),
        ("script", "different", "error"),
    }
    pq.write_table(table.drop_columns(["hash"]), tmp_path / "dataset-1.parquet")
    assert main(["contents", "add", str(tmp_path / "all"), str(tmp_path / "dataset-1.parquet")]) == 2
    assert "no column hash" in capsys.readouterr().err
    (tmp_path / "dataset-1.parquet").write_bytes(b"PAR1 half")
    assert main(["contents", "add", str(tmp_path / "all"), str(tmp_path / "dataset-1.parquet")]) == 2
