"""The image that would not import, built, told and mended with the real wheels."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux" or sys.version_info[:2] != (3, 12), reason="wheels for CPython 3.12"),
]

SET = ("nixl-cu12==1.1.0", "nixl-cu13==1.1.0", "nixl==1.1.0", "nvidia-cuda-runtime==13.0.96")
NATIVE = "nixl_ep/nixl_ep_cpp.cpython-312-x86_64-linux-gnu.so"


def test_the_story(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    python = str(venv / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, *SET], check=True)
    ask = Command(tmp_path, environ={"PIP_CONFIG_FILE": "/dev/null"})

    ran = ask("env", "--python", python, "--format", "json")
    assert ran.code == 1
    (native,) = [each for each in ran.json["overlaps"] if each["path"] == NATIVE]
    assert native["on_disk"]["matches"] == ["nixl-cu12"]
    assert native["why"].startswith("nixl-cu12's needs libcudart.so.12: ")
    assert "nixl-cu13's needs libcudart.so.13: " in native["why"]
    assert "nvidia-cuda-runtime" in native["why"]
    text = ask("env", "--python", python).out
    assert "nixl-cu13 1.1.0: 4 files overwritten by nixl-cu12" in text
    assert f"wheelclash env --python {python} --keep " in text.splitlines()[-1]

    ran = ask("fix", "--python", python, "--keep", "nixl-cu13", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (0, "mended")
    assert [step["command"][-2:] for step in ran.json["steps"]] == [["--no-deps", "nixl-cu13==1.1.0"]]

    ran = ask("env", "--python", python, "--keep", "nixl-cu13", "--format", "json")
    assert (ran.code, ran.json["summary"]["errors"]) == (0, 0)
    (native,) = [each for each in ran.json["overlaps"] if each["path"] == NATIVE]
    assert (native["severity"], native["on_disk"]["matches"]) == ("notice", ["nixl-cu13"])
