"""The known answers, asked of the real package index: the pair that started this, and sets that must stay quiet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.recorded import cases
from wheelclash import Session, target_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash import Report

pytestmark = pytest.mark.live

ROOT = Path(__file__).resolve().parents[2]
SCREEN = 24
TARGET = ("3.12", "x86_64-manylinux_2_28")

TORCH_2_5_1 = """
    filelock==4.2.11 fsspec==2026.9.0 jinja2==3.1.6 markupsafe==3.0.4 mpmath==1.3.0 networkx==3.7
    nvidia-cublas-cu12==12.4.5.8 nvidia-cuda-cupti-cu12==12.4.127 nvidia-cuda-nvrtc-cu12==12.4.127
    nvidia-cuda-runtime-cu12==12.4.127 nvidia-cudnn-cu12==9.1.0.70 nvidia-cufft-cu12==11.2.1.3
    nvidia-curand-cu12==10.3.5.147 nvidia-cusolver-cu12==11.6.1.9 nvidia-cusparse-cu12==12.3.1.170
    nvidia-nccl-cu12==2.21.5 nvidia-nvjitlink-cu12==12.4.127 nvidia-nvtx-cu12==12.4.127 setuptools==84.2.1
    sympy==1.13.1 torch==2.5.1 triton==3.1.0 typing-extensions==4.16.0
"""
TORCH_2_15_0 = """
    cuda-bindings==13.5.0 cuda-pathfinder==1.9.0 cuda-toolkit==13.2.2 filelock==4.2.11 fsspec==2026.9.0 jinja2==3.1.6
    markupsafe==3.0.4 mpmath==1.3.0 networkx==3.7 nvidia-cublas==13.4.1.3 nvidia-cuda-cccl==13.3.5.0.6
    nvidia-cuda-cupti==13.2.86 nvidia-cuda-nvrtc==13.2.86 nvidia-cuda-runtime==13.2.86 nvidia-cudnn-cu13==9.26.0.51
    nvidia-cufft==12.2.0.57 nvidia-cufile==1.17.1.22 nvidia-cusolver==12.2.0.11 nvidia-cusparse==12.7.10.12
    nvidia-cusparselt-cu13==0.8.1 nvidia-nccl-cu13==2.30.7 nvidia-nvjitlink==13.5.37 nvidia-nvshmem-cu13==3.7.2
    nvidia-nvtx==13.2.86 setuptools==84.2.1 sympy==1.14.0 torch==2.15.0 triton==3.9.0 typing-extensions==4.16.0
"""


def ask(requirements: Sequence[str]) -> Report:
    """Ask the default index, nothing kept."""
    with Session(cache_dir=None) as session:
        return session.check(requirements, target=target_for(*TARGET), use_config=False)


@pytest.mark.parametrize("name", [name for name in cases() if name.startswith(("nixl", "opencv", "nvshmem"))])
def test_the_index_still_gives_the_recorded_answer(name: str) -> None:
    """The same counts, overlaps, requests: what is recorded is what is there."""
    case = cases()[name]
    report = ask(case.requirements)
    told = json.loads(report.to_json())
    assert not report.skipped
    assert told["summary"] == case.expected["summary"]
    keys = ("root", "path", "kind", "role", "severity")
    found = [{key: each[key] for key in keys} for each in told["overlaps"]]
    assert [each for each in case.expected["overlaps"] if each not in found] == []
    assert report.reading.wheel_requests == case.expected["wheel_requests"]
    assert report.exit_code() == case.expected["exit_code"]


@pytest.mark.parametrize(
    "requirements",
    [
        pytest.param(TORCH_2_5_1.split(), id="torch 2.5.1"),
        pytest.param(TORCH_2_15_0.split(), id="torch 2.15.0"),
        pytest.param(cases()["mlflow-3.17.2"].requirements, id="mlflow 3.17.2"),
        pytest.param(cases()["fastapi-2025-03-01"].requirements, id="fastapi[standard], 2025-03-01"),
    ],
)
def test_everyday_sets_are_quiet(requirements: Sequence[str]) -> None:
    """Everything is read, nothing is an error, and what there is to say fits on one screen."""
    report = ask(requirements)
    assert not report.skipped
    assert len(report.distributions) == len(requirements)
    assert report.exit_code() == 0
    assert len(report.to_text().splitlines()) <= SCREEN


def test_the_command_of_the_first_page(tmp_path: Path) -> None:
    """The main job as a user types it, down to the exit code."""
    version, platform = TARGET
    done = subprocess.run(
        [
            sys.executable, "-m", "wheelclash", "nixl-cu12==1.1.0", "nixl-cu13==1.1.0", "--no-config",
            "--python-version", version, "--python-platform", platform, "--cache-dir", str(tmp_path),
            "--installer", "uv", "--system",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "nixl_ep_cpp.cpython-312-x86_64-linux-gnu.so" in done.stdout
    assert "uv pip install --system --force-reinstall --no-deps nixl-cu13==1.1.0" in done.stdout
