"""The files that the pages show for other tools: their lines are run, by those tools where they are at hand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from uv import find_uv_bin

from tests.support.command import ROOT, Command
from tests.support.loopback import LoopbackIndex
from tests.support.pages import DOCS, blocks
from tests.support.stand_ins import nixl, nixl_itself
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the lines are written for a POSIX shell")

FILES = {
    block.mark.removeprefix("file: "): block.text
    for page in sorted(DOCS.glob("howto/*.md"))
    for block in blocks(page)
    if block.mark.startswith("file: ")
}
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / "templates" / "gitlab.yml").read_text("utf-8"))["wheelclash"]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("index")) as index:
        index.add(nixl("12", "1.1.0"), nixl("13", "1.1.0"), nixl_itself("1.1.0"))
        index.add(Wheel("numpy", "2.4.6", {"numpy/__init__.py": ""}), Wheel("calm", files={"calm.py": ""}))
        yield index


@pytest.fixture
def project(tmp_path: Path, index: LoopbackIndex) -> Command:
    """A folder with a list of requirements, and ``wheelclash``, ``python`` and ``uv`` on PATH."""
    programs = tmp_path / "check" / "bin"
    programs.mkdir(parents=True)
    lines = {"wheelclash": Command.line(), "python": [sys.executable], "uv": [find_uv_bin()]}
    for name, line in lines.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(line)} "$@"\n')
        (programs / name).chmod(0o755)
    (tmp_path / "requirements.txt").write_text("nixl==1.1.0\n")
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    variables = {"PATH": path, "UV_CACHE_DIR": str(tmp_path / "cache-of-uv"), "PYTHONPATH": ""}
    return Command(tmp_path, index.simple, variables)


def _run(project: Command, line: Sequence[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environ = project.variables(**variables)
    return subprocess.run(line, cwd=project.folder, env=environ, capture_output=True, text=True, check=False)


def test_every_file_that_is_shown_is_run_here() -> None:
    assert FILES.keys() == {"Dockerfile-pip", "Dockerfile-uv", "noxfile.py", "tox.ini"}


# -- Dockerfiles -------------------------------------------------------------------------------------------


def _lines_of(name: str, project: Command) -> list[str]:
    """Return the shell lines of a Dockerfile but that which installs wheelclash, in folders of the test."""
    runs = re.findall(r"^RUN (?:--mount=\S+ )?(.*)$", FILES[name], re.MULTILINE)
    lines = [line for line in runs if "wheelclash[uv]" not in line]
    assert len(lines) == len(runs) - 1
    return [re.sub(r"(?<![\w.])/(app|check)\b", rf"{project.folder}/\1", line) for line in lines]


@pytest.mark.oracle
@pytest.mark.parametrize(
    "name", [pytest.param("Dockerfile-pip", marks=pytest.mark.integrations), pytest.param("Dockerfile-uv")]
)
def test_image_is_built_and_the_last_line_guards_it(project: Command, name: str) -> None:
    before, *installing, guard = _lines_of(name, project)
    ran = _run(project, ["bash", "-c", before.partition(" --ignore")[0]])
    assert ran.returncode == 1, ran.stderr
    for line in (before, *installing, guard):
        ran = _run(project, ["bash", "-c", line])
        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
    (written,) = (project.folder / "app").glob("lib/*/site-packages/nixl_ep/*.so")
    written.write_bytes(b"of the other build")
    assert _run(project, ["bash", "-c", guard]).returncode == 1


# -- GitLab ------------------------------------------------------------------------------------------------


def test_gitlab_job_keeps_its_reports_where_it_says(project: Command) -> None:
    install, check = GITLAB["script"]
    assert "wheelclash[uv]" in install
    wheels = [str(nixl(cuda, "1.1.0").write(project.folder / "dist")) for cuda in ("12", "13")]
    ran = _run(project, ["bash", "-eo", "pipefail", "-c", check], CLASH_ARGUMENTS=" ".join(wheels))
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("nixl-cu12 1.1.0 and nixl-cu13 1.1.0 clash")
    for file in GITLAB["artifacts"]["reports"].values():
        assert "WC001" in (project.folder / file).read_text("utf-8")


# -- nox and tox -------------------------------------------------------------------------------------------


@pytest.mark.integrations
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("noxfile.py", ["-m", "nox", "--default-venv-backend", "venv", "-s", "clashes"]),
        ("tox.ini", ["-m", "tox", "-e", "clashes"]),
    ],
)
def test_runner_fails_where_the_environment_is_damaged(project: Command, name: str, line: list[str]) -> None:
    (project.folder / name).write_text(FILES[name])
    ran = _run(project, [sys.executable, *line])
    assert ran.returncode == 1, ran.stderr
    assert re.search(r"nixl-cu1[23] 1\.1\.0: \d+ files overwritten", ran.stdout), ran.stdout
    (project.folder / "requirements.txt").write_text("calm\n")
    ran = _run(project, [sys.executable, *line])
    assert ran.returncode == 0, ran.stdout + ran.stderr
