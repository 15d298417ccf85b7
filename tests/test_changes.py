"""What a user is told of changes: a file for each, of a kind that a release knows where to put."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.support.command import ROOT
from wheelclash import __version__

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
KINDS = {kind["directory"] for kind in CONFIGURATION["type"]}
FRAGMENTS = sorted(path for path in (ROOT / "changes").iterdir() if path.name != "README.md")


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_change_is_said_in_a_sentence_or_two(path: Path) -> None:
    named = re.fullmatch(r"\+[a-z0-9-]+\.([a-z]+)\.md", path.name)
    assert named, "it is named +SLUG.KIND.md"
    assert named[1] in KINDS
    text = path.read_text("utf-8").strip()
    assert re.match(r"[A-Z`]", text)
    assert text.endswith(".")
    assert "\n\n" not in text


def test_a_release_finds_its_place_in_the_changelog(tmp_path: Path) -> None:
    assert (ROOT / CONFIGURATION["filename"]).read_text("utf-8").count(CONFIGURATION["start_string"]) == 1
    if find_spec("towncrier") is None:
        pytest.skip("towncrier is for releases, and not installed here")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "changes").mkdir()
    (tmp_path / "changes" / "+word.fixed.md").write_text("A word is spelt right.\n")
    line = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", __version__, "--date", "2026-12-01"]
    subprocess.run(line, cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "CHANGELOG.md").read_text("utf-8")
    section = text.partition(CONFIGURATION["start_string"])[2].partition("## Before 0.1.0")[0]
    assert section.strip() == f"## {__version__} (2026-12-01)\n\n### Fixed\n\n- A word is spelt right."
