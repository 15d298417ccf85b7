"""What ``pip install --target`` leaves out of a folder that it filled before, held against real pip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.environments import RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions, Session

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environments
    from wheelclash import Report

pytestmark = pytest.mark.oracle

BEFORE = (
    Wheel("old", "1.0", {"old.py": "1", "ns/old/__init__.py": "", "old-1.0.data/data/share/old.txt": ""}),
    Wheel("tool", files={"tool.py": ""}, scripts={"tool": "tool:run"}),
)
AFTER = (
    Wheel("old", "2.0", {"old.py": "2", "added.py": ""}),
    Wheel("new", files={"new.py": "", "ns/new/__init__.py": "", "new-1.0.data/data/share/new.txt": ""}),
    Wheel("other", files={"other.py": ""}, scripts={"other": "other:run"}),
    Wheel("calm", files={"calm.py": ""}),
)
LEFT_OUT = {
    ("old", "site-packages/old.py"), ("new", "site-packages/ns"), ("new", "data/share"), ("other", "scripts/other"),
}  # fmt: skip


def lost(report: Report) -> set[tuple[str, str]]:
    return {(each.distribution, f"{each.root}/{each.path}") for each in report.diagnosis["pip"].lost}


def test_pip_leaves_out_what_is_said(environments: Environments, tmp_path: Path) -> None:
    """Each folder and file of the top level that is there already: namespace packages and commands of others too."""
    for wheel in (*BEFORE, *AFTER):
        wheel.write(tmp_path / "wheels")
    folder = tmp_path / "layer"
    pip = RealInstaller("pip", tmp_path / "cache", find_links=tmp_path / "wheels")
    environment = environments.new()
    for_folder = ("--no-deps", "--target", str(folder))
    pip.install(environment, [f"{each.name}=={each.version}" for each in BEFORE], *for_folder).expect()
    names = [f"{each.name}=={each.version}" for each in AFTER]
    with Session(cache_dir=None) as session:
        flags: dict[str, Any] = {
            "index": IndexOptions(find_links=(str(tmp_path / "wheels"),), no_index=True),
            "use_config": False,
        }
        report = session.check(names, into=folder, installer="pip", **flags)
        of_uv = session.check(names, into=folder, installer="uv", **flags)
    assert lost(report) == LEFT_OUT
    assert report.exit_code() == 1
    assert (lost(of_uv), of_uv.exit_code()) == (set(), 0)
    pip.install(environment, names, *for_folder).expect()
    written = {"new.py", "added.py", "other.py", "calm.py"}
    left_out = {"ns/new/__init__.py", "share/new.txt", "bin/other"}
    assert all((folder / path).exists() for path in written)
    assert not any((folder / path).exists() for path in left_out)
    assert (folder / "old.py").read_text() == "1"
