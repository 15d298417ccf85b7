"""What wheels write over of conda's packages, as real rattler, pip and uv do it in one prefix after the other."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.condamaker import PLACEHOLDER, Conda, pixi_lock
from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import Session
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environment, Environments, InstallerName

rattler = pytest.importorskip("rattler", reason="py-rattler has no wheel for this platform")
pytestmark = pytest.mark.oracle

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = f"lib/python{OWN}/site-packages"

PYTHON = Conda("python", f"{OWN}.1", files={"share/python.txt": ""})
PACKAGES = (
    PYTHON,
    Conda(
        "anywhere",
        noarch="python",
        files={
            "site-packages/p/m.py": "conda",
            "site-packages/p/same.py": "same",
            "site-packages/alone.py": "",
            "python-scripts/run": "#!/bin/sh\n",
            "share/anywhere.txt": "conda",
        },
        entry_points=["tool = m:main", "other = m:conda"],
        depends=["python"],
    ),
    Conda(
        "here",
        files={
            f"{SITE}/q/x.so": "\x7fELF conda",
            f"{SITE}/q/prefix.py": f"where = '{PLACEHOLDER}'",
            "bin/program": f"#!{PLACEHOLDER}/bin/python\n",
            "share/here/z.txt": "conda",
            "lib/libhere.txt": "conda",
        },
        depends=["python"],
    ),
    Conda("old", files={f"{SITE}/old.py": "conda", "share/old.txt": ""}, ending=".tar.bz2"),
)
WHEELS = (
    Wheel(
        "over",
        files={
            "p/m.py": "wheel",
            "p/same.py": "same",
            "q/x.so": "\x7fELF wheel",
            "q/prefix.py": "wheel",
            "old.py": "wheel",
            "over-1.0.data/scripts/run": "#!/bin/sh\ntrue\n",
            "over-1.0.data/data/share/here/z.txt": "wheel",
            "over-1.0.data/data/share/anywhere.txt": "conda",
            "over-1.0.data/data/lib/other.txt": "wheel",
        },
        scripts={"tool": "m:main", "other": "over:main", "program": "over:main"},
    ),
    Wheel("beside", files={"beside.py": ""}),
)


def install_by_rattler(folder: Path, prefix: Path) -> None:
    """Install the packages into a prefix, as pixi does."""
    records = []
    for package in PACKAGES:
        archive = folder / package.filename
        index = folder / f"{package.stem}.json"
        index.write_text(json.dumps(package.index))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        record = rattler.repo_data.PackageRecord.from_index_json(index, archive.stat().st_size, digest)
        records.append(rattler.RepoDataRecord(record, package.filename, archive.as_uri(), folder.as_uri()))
        index.unlink()
    asyncio.run(
        rattler.install(records, prefix, cache_dir=prefix.parent / f"{prefix.name}-rattler", show_progress=False)
    )


def owners(environment: Environment) -> dict[str, tuple[str, str]]:
    """What rattler says that it installed: by path the package, and the hash of the file; none of what it compiled."""
    installed = {}
    for path in sorted((environment.prefix / "conda-meta").glob("*.json")):
        package = json.loads(path.read_text())
        for row in package["paths_data"]["paths"]:
            if not row["_path"].endswith(".pyc"):
                installed[row["_path"]] = (package["name"], row.get("sha256_in_prefix") or row["sha256"])
    return installed


def on_disk(path: str) -> str:
    """Where an installed path is below the prefix."""
    root, _, rest = path.partition("/")
    return {"site-packages": f"{SITE}/{rest}", "scripts": f"bin/{rest}", "data": rest}[root]


@pytest.mark.parametrize("name", INSTALLER_NAMES)
def test_what_is_said_before_an_install_is_what_becomes_of_it(
    name: InstallerName, environments: Environments, tmp_path: Path
) -> None:
    with LoopbackIndex(tmp_path / "served") as index:
        wheels = index.add(*WHEELS)
        for package in PACKAGES:
            index.add_file(package.filename, package.build_archive())
        (tmp_path / "pixi.lock").write_text(pixi_lock(index, PACKAGES, WHEELS))
        with Session(cache_dir=None) as session:
            report = session.check(
                [str(tmp_path / "pixi.lock")], target=target_for(OWN, "linux"), use_config=False, environ={}
            )
    assert report.complete
    environment = environments.new()
    install_by_rattler(tmp_path / "served", environment.prefix)
    before = owners(environment)
    told = {distribution.name: distribution for distribution in report.distributions}
    for package in PACKAGES:  # what was read is what is installed
        count = sum(owner == package.name for owner, _ in before.values())
        assert told[f"conda:{package.name}"].files == count
    RealInstaller(name, tmp_path / "cache").install(environment, wheels).expect()

    after = {path: hashlib.sha256((environment.prefix / path).read_bytes()).hexdigest() for path in before}
    overwritten = {path for path, (_, digest) in before.items() if after[path] != digest}
    ended = {(end.root, end.path): (end.winner, end.state) for end in report.diagnosis[name].overlaps}
    changes: set[str] = set()
    alike: set[str] = set()
    for overlap in report.overlaps:
        path = on_disk(f"{overlap.root}/{overlap.path}")
        names = {owner.distribution for owner in overlap.owners}
        assert names == {"over", f"conda:{before[path][0]}"}
        (alike if overlap.kind == "identical" else changes).add(path)
        winner = None if overlap.kind == "identical" else "over"
        assert ended[overlap.root, overlap.path] == (winner, "determined")
    assert alike == {f"{SITE}/p/same.py", "share/anywhere.txt", "bin/tool"}
    # a command of one entry point runs the same under each installer, in words of its own
    assert overwritten == changes | {"bin/tool"}
    intact = {end.name: end.intact for end in report.diagnosis[name].distributions}
    broken = {f"conda:{before[path][0]}" for path in changes}
    assert {distribution for distribution, state in intact.items() if state == "no"} == broken
    assert broken == {"conda:anywhere", "conda:here", "conda:old"}
