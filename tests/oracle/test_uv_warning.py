"""What uv says of itself about shared files, and what it passes over: the page on its warning is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.environments import RealInstaller
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.environments import Environments

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize(
    ("files", "warned"),
    [
        ({"m/x.py": ("1", "22")}, ["m/x.py"]),
        ({"m/x.py": ("1", "22"), "m/y.py": ("1", "22")}, ["m/"]),
        ({"m/x.py": ("1", "2")}, []),
        ({"m/x.py": ("1", "1")}, []),
        ({"{}-1.0.data/scripts/x": ("#!/bin/sh\n", "#!/bin/sh\nexit\n")}, []),
    ],
    ids=["another size", "several", "the same size", "the same content", "commands"],
)
def test_uv_warns_of_one_file_of_another_size(
    environments: Environments, tmp_path: Path, files: Mapping[str, tuple[str, str]], warned: list[str]
) -> None:
    """A warning of uv comes only if it is asked for, once a folder, of other sizes; its exit code stays 0."""
    wheels = [
        Wheel(name, files={path.format(name): texts[number] for path, texts in files.items()}).write(tmp_path / "dist")
        for number, name in enumerate("ab")
    ]
    uv = RealInstaller("uv", tmp_path / "cache")
    silent = uv.install(environments.new(), wheels, "--no-deps")
    told = uv.install(environments.new(), wheels, "--no-deps", "--preview-features", "detect-module-conflicts")
    assert silent.ok
    assert told.ok
    assert "warning" not in silent.output
    lines = [line for line in told.output.splitlines() if "is provided by more than one package" in line]
    assert len(lines) == len(warned)
    assert all(line.startswith(f"warning: The file `{path}") for line, path in zip(lines, warned, strict=True))
