"""Targets compared with what real uv means by a platform's name: its markers and its wheel tags."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import uv
from packaging.markers import Marker

from tests.support.wheelmaker import Wheel
from wheelclash.target.platforms import PLATFORMS
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.oracle

VERSION = "3.12"
MARKERS = [
    f"{key} == '{value}'"
    for key, values in {
        "os_name": ("posix", "nt"),
        "sys_platform": ("linux", "darwin", "win32", "android", "ios", "emscripten"),
        "platform_system": ("Linux", "Darwin", "Windows", "Android", "iOS", "Emscripten"),
        "platform_machine": ("x86_64", "aarch64", "arm64", "AMD64", "ARM64", "x86", "riscv64", "wasm32"),
        "platform_release": ("", "3.1.58", "4.0.9"),
        "platform_version": ("", "#1"),
        "platform_python_implementation": ("CPython",),
        "implementation_name": ("cpython",),
        "implementation_version": ("3.12.0",),
        "python_full_version": ("3.12.0", "3.12.1"),
        "python_version": ("3.12",),
    }.items()
    for value in values
]
PLATFORM_TAGS = [
    *(
        f"{kind}_{arch}"
        for arch in ("x86_64", "aarch64")
        for kind in ("linux", "manylinux1", "manylinux2010", "manylinux2014")
    ),
    *(f"manylinux_2_{minor}_{arch}" for arch in ("x86_64", "aarch64") for minor in (5, 12, 17, 28, 29, 31, 40, 41)),
    *(f"musllinux_1_{minor}_{arch}" for arch in ("x86_64", "aarch64") for minor in (0, 1, 2, 3)),
    *("manylinux_2_31_riscv64", "manylinux_2_39_riscv64", "manylinux_2_40_riscv64", "linux_riscv64"),
    *("win_amd64", "win_arm64", "win32"),
    *(
        f"macosx_{version}_{arch}"
        for arch in ("x86_64", "arm64", "universal2", "intel")
        for version in ("10_4", "10_9", "10_16", "11_0", "12_0", "13_0", "13_1", "14_0")
    ),
    *(f"android_{level}_{abi}" for abi in ("arm64_v8a", "x86_64") for level in (16, 24, 25)),
    *(
        f"ios_{version}_{sdk}"
        for sdk in ("arm64_iphoneos", "x86_64_iphonesimulator")
        for version in ("12_0", "13_0", "13_1")
    ),
    *("pyodide_2024_0_wasm32", "pyodide_2025_0_wasm32"),
]
PYTHON_TAGS = [
    "cp312-cp312",
    "cp312-abi3",
    "cp39-abi3",
    "cp313-abi3",
    "cp311-cp311",
    "py312-none",
    "py2-none",
    "py39-none",
]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases of each project: the older for every target, the newer for one tag."""
    folder = tmp_path_factory.mktemp("wheels")
    for number in range(len(MARKERS)):
        Wheel(f"marker{number}").write(folder)
    tags = [f"cp312-cp312-{each}" for each in PLATFORM_TAGS] + [f"{each}-any" for each in PYTHON_TAGS]
    for number, tag in enumerate(tags):
        Wheel(f"tag{number}", "1.0").write(folder)
        Wheel(f"tag{number}", "2.0", tag=tag).write(folder)
    lines = [f"marker{number} ; {marker}" for number, marker in enumerate(MARKERS)]
    lines += [f"tag{number}" for number in range(len(tags))]
    (folder / "requirements.in").write_text("\n".join(lines))
    return folder


def names_of_uv() -> tuple[str, ...]:
    done = subprocess.run([uv.find_uv_bin(), "pip", "compile", "--help"], capture_output=True, text=True, check=True)
    text = " ".join(done.stdout.split())  # wrapped anywhere
    listed = re.search(r"--python-platform <.*?\[possible values: (.*?)\]", text)
    assert listed
    return tuple(sorted(listed[1].split(", ")))


def test_our_names_are_uvs() -> None:
    assert tuple(sorted(PLATFORMS)) == names_of_uv()


@pytest.mark.parametrize("name", sorted(PLATFORMS))
def test_a_name_means_what_it_means_to_uv(wheels: Path, name: str) -> None:
    command = [
        uv.find_uv_bin(),
        "pip",
        "compile",
        "--quiet",
        "--no-config",
        "--no-index",
        "--no-annotate",
        "--no-header",
    ]
    command += ["--find-links", str(wheels), "--python-platform", name, "--python-version", VERSION]
    command += ["--python", sys.executable]  # or uv looks for another one, at leisure
    environ = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    environ["UV_CACHE_DIR"] = str(wheels / "uv-cache")
    done = subprocess.run(
        [*command, str(wheels / "requirements.in")], env=environ, capture_output=True, text=True, check=True
    )
    pinned = dict(line.split("==") for line in done.stdout.split())
    target = target_for(VERSION, name)
    theirs = {marker for number, marker in enumerate(MARKERS) if f"marker{number}" in pinned}
    assert theirs == {marker for marker in MARKERS if Marker(marker).evaluate(dict(target.markers))}
    tags = [f"cp312-cp312-{each}" for each in PLATFORM_TAGS] + [f"{each}-any" for each in PYTHON_TAGS]
    supported = {str(tag) for tag in target.tags}
    assert {tag for number, tag in enumerate(tags) if pinned[f"tag{number}"] == "2.0"} == supported.intersection(tags)
