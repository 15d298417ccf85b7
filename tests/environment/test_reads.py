"""Each installed RECORD is opened once a run, whatever is asked, and again where its rows are needed.

Rows are needed of shared and of missing files, and of all files that are hashed. A repair may open a RECORD again after
what it changed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.installed import Handmade
from tests.support.wheelmaker import Wheel
from wheelclash.environment.reading import read_small

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTING = """
import collections, contextlib, io, json, sys
opened = collections.Counter()

def count(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".dist-info/RECORD"):
        opened[str(arguments[0]).rsplit("/", 2)[1]] += 1

sys.addaudithook(count)
from wheelclash.cli import main

answers = {}
for name, command in json.loads(sys.argv[1]).items():
    opened.clear()
    with contextlib.redirect_stdout(io.StringIO()):
        code = main(command)
    answers[name] = [code, dict(opened)]
print(json.dumps(answers))
"""

SHARED = "p/m.py"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[int, dict[str, int]]]:
    """Exit code, and how often each RECORD was opened, by question; all asked by one process."""
    folder = tmp_path_factory.mktemp("reads")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    made = Handmade(folder / "venv", Path(site))
    wheels = folder / "wheels"
    for name in ("one", "two", "three"):
        files: dict[str, bytes | str] = {SHARED: name, f"{name}.py": "", f"{name}/__init__.py": ""}
        made.add(name, files)
        Wheel(name, files=files).write(wheels)
    made.add("dev", {"__editable__dev.py": ""})
    made.add("old", {"m.py": "", SHARED: "old"}, version="0.9")
    made.add("old", {"m.py": "", SHARED: "old"})
    (made.site / "one" / "__init__.py").unlink()
    made.add("calm", {"calm/__init__.py": ""})
    Wheel("new", files={SHARED: "new"}).write(wheels)
    index = ["--no-config", "--no-index", "--find-links", str(wheels)]
    place = ["--python", str(python)]
    commands = {
        "env": ["env", str(python), *index],
        "env --verify --keep": ["env", str(python), "--verify", "--keep", "one", *index],
        "who": ["who", SHARED, "p", "m.py", *place],
        "into": ["new", "--into", str(python), *index],
        "fix": ["fix", str(python), "--keep", "one", *index],
        "fix --drop": ["fix", str(python), "--keep", "one", "--drop", "two", *index],
    }
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "COLUMNS": "120"}
    ran = subprocess.run(
        [sys.executable, "-c", COUNTING, json.dumps(commands)], env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    return {name: (code, counts) for name, (code, counts) in told.items()}


@pytest.mark.skipif(os.name != "posix", reason="needs paths with slashes")
@pytest.mark.parametrize("question", ["env", "env --verify --keep", "who", "into", "fix", "fix --drop"])
def test_record_is_opened_again_for_its_rows_alone(
    answers: Mapping[str, tuple[int, dict[str, int]]], question: str
) -> None:
    code, counts = answers[question]
    assert code == (0 if question == "who" else 1)
    assert {"one-1.0.dist-info", "two-1.0.dist-info", "three-1.0.dist-info", "dev-1.0.dist-info"} <= counts.keys()
    assert counts["calm-1.0.dist-info"] == (2 if "--verify" in question else 1), counts
    most = 6 if question.startswith("fix") else 5  # as the installer will read it
    assert max(counts.values()) <= most, counts  # listed; for shared, missing and hashed files; held against the wheel


@pytest.mark.parametrize("content", [b"", b"pip\n", b"x" * 100_000])
def test_a_small_file_is_read_with_one_call(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there is no more is known from how much came: a scan reads three such files of each distribution."""
    path = tmp_path / "INSTALLER"
    path.write_bytes(content)
    lengths = []

    def counted(descriptor: int, most: int) -> bytes:
        lengths.append(most)
        return read(descriptor, most)

    read = os.read
    monkeypatch.setattr(os, "read", counted)
    assert read_small(str(path), 1_000_000) == content
    assert lengths == [len(content) + 1]


def test_a_file_that_is_not_there_takes_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def counted(path: str, **more: bool) -> os.stat_result:
        asked.append(path)
        return stat(path, **more)

    stat = os.stat
    monkeypatch.setattr(os, "stat", counted)
    assert read_small(str(tmp_path / "direct_url.json"), 1000) is None
    assert asked == []


@pytest.mark.parametrize("limit", [1, 3, 4, 5])
def test_no_more_is_read_than_was_allowed(limit: int, tmp_path: Path) -> None:
    path = tmp_path / "WHEEL"
    path.write_bytes(b"abcd")
    assert read_small(str(path), limit) == b"abcd"[:limit]
