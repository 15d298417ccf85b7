"""Whole sets that nobody typed, resolved against the real package index; ``pytest -m live``."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from wheelclash import Session, target_for

from .test_known_answers import ROOT, SCREEN, TARGET

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash import Report

pytestmark = pytest.mark.live


def ask(requirement: str, *, exclude_newer: datetime | None = None) -> Report:
    """Ask the default index for one requirement and all it pulls in, nothing kept."""
    with Session(cache_dir=None) as session:
        target = target_for(*TARGET)
        return session.check([requirement], target=target, use_config=False, exclude_newer=exclude_newer)


@pytest.mark.parametrize(
    ("requirement", "role", "names"),
    [
        ("nixl", "script", {"nixl_etcd_example", "nixl_example", "telemetry_reader"}),
        ("nixl==1.1.0", "native", {"nixl_ep_cpp.cpython-312-x86_64-linux-gnu.so"}),
    ],
)
def test_one_name_brings_in_both_siblings(requirement: str, role: str, names: set[str]) -> None:
    """The case that started this: nobody typed the two that clash."""
    report = ask(requirement)
    errors = [each for each in report.overlaps if each.severity == "error"]
    assert {each.path.rpartition("/")[2] for each in errors if each.role == role} == names
    assert {owner.distribution for each in errors for owner in each.owners} == {"nixl-cu12", "nixl-cu13"}
    through = {each.name: tuple(each.through) for each in report.distributions}
    assert through["nixl-cu12"] == ("nixl", "nixl-cu12")
    assert through["nixl-cu13"] == ("nixl", "nixl-cu13")
    assert {each.state for each in report.diagnosis["pip"].overlaps} == {"determined"}
    assert report.exit_code() == 1
    assert "→ nixl-cu13" in report.to_text()


@pytest.mark.parametrize(
    ("requirement", "exclude_newer"),
    [
        ("torch==2.5.1", None),
        ("torch", None),
        ("mlflow", None),
        ("fastapi[standard]", datetime(2025, 3, 2, tzinfo=UTC)),
    ],
    ids=["torch 2.5.1", "torch", "mlflow", "fastapi[standard], 2025-03-01"],
)
def test_everyday_sets_are_quiet_with_all_they_pull_in(requirement: str, exclude_newer: datetime | None) -> None:
    report = ask(requirement, exclude_newer=exclude_newer)
    assert not report.skipped
    assert len(report.distributions) > 10
    assert report.exit_code() == 0
    assert len(report.to_text().splitlines()) <= SCREEN


def test_the_command_alone_with_one_name(tmp_path: Path) -> None:
    """As it is typed first of all, but for the target."""
    version, platform = TARGET
    options = ["--python-version", version, "--python-platform", platform, "--cache-dir", str(tmp_path), "--no-config"]
    done = subprocess.run(
        [sys.executable, "-m", "wheelclash", "nixl", "--format", "json", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads(done.stdout)
    assert told["reading"]["index_requests"] == 0
    assert {"nixl", "nixl-cu12", "nixl-cu13"} <= {each["name"] for each in told["distributions"]}
