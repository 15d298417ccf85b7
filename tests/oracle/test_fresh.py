"""What tools make is whole: a fresh environment of theirs is intact, whatever their RECORDs list."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import uv

from tests.support.command import Command

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.oracle

_MODULES = {
    "venv": [sys.executable, "-m", "venv"],
    "virtualenv": [sys.executable, "-m", "virtualenv", "--no-download", "--no-periodic-update"],
}


def _make(command: Sequence[str], home: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "VIRTUALENV_"))}
    variables = own | {"HOME": str(home), "XDG_DATA_HOME": str(home), "UV_OFFLINE": "1", "PIP_CONFIG_FILE": os.devnull}
    subprocess.run(command, env=variables, check=True, capture_output=True, timeout=600)


@pytest.mark.parametrize("tool", ["venv", "virtualenv", "virtualenv copies", "uv"])
def test_fresh_environment_is_intact(tool: str, tmp_path: Path) -> None:
    prefix = tmp_path / "made"
    ask = Command(tmp_path)
    if tool.startswith("virtualenv") and importlib.util.find_spec("virtualenv") is None:
        pytest.skip("virtualenv is not installed")
    if tool == "uv":
        command = [uv.find_uv_bin(), "venv", "--python", sys.executable, "--no-config"]
    else:
        name, _, copies = tool.partition(" ")
        command = [*_MODULES[name], *(["--always-copy", "--app-data", str(tmp_path / "data")] if copies else [])]
    _make([*command, str(prefix)], tmp_path)
    python = str(prefix / "bin" / "python")
    ran = ask("env", "--python", python, "--verify", "--format", "json")
    assert ran.code == 0, ran.out + ran.err
    report = ran.json
    names = [each["name"] for each in report["distributions"]]
    assert ("pip" in names) == (tool != "uv")
    assert [each["name"] for each in report["distributions"] if each["intact"] != "yes"] == []
    assert (report["damage"], report["overlaps"], report["skipped"]) == ([], [], [])
    kept = [part for name in names for part in ("--keep", name)]
    assert ask("env", "--python", python, *kept).code == 0
    fixed = ask("fix", "--python", python, *kept, "--format", "json")
    assert (fixed.code, fixed.json["state"]) == (0, "whole")
    shutil.rmtree(prefix)
