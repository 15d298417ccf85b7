"""The source distribution holds all that its own tests need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.support.command import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_BUILD = "import sys; from hatchling.build import build_sdist; print(build_sdist(sys.argv[1]))"


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in it, without its own top folder."""
    folder: Path = tmp_path_factory.mktemp("sdist")
    done = subprocess.run([sys.executable, "-c", _BUILD, folder], cwd=ROOT, check=True, capture_output=True, text=True)
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def test_sdist_holds_every_file_of_the_repository(members: set[str]) -> None:
    """What is tested in a copy of the repository can be tested in the source distribution."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no copy of the repository")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    kept = {name for name in listed if name and (ROOT / name).exists()}
    assert kept - members == set()
    assert members - kept == {"PKG-INFO"}


def test_sdist_holds_nothing_that_was_made_here(members: set[str]) -> None:
    assert not [name for name in members if "__pycache__" in name or name.endswith((".pyc", ".whl"))]
    assert {".ci/run", "README.md", "noxfile.py", "docs/schema.json", "tests/conftest.py"} <= members
