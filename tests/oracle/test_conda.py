"""What wheels write over of conda's packages, as real rattler, pip and uv do it in one prefix after the other."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support.condamaker import PLACEHOLDER, Conda, pixi_lock
from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import Session
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.support.environments import Environment, Environments, InstallerName
    from wheelclash.report.model import Report

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


def install_by_rattler(folder: Path, prefix: Path, packages: Iterable[Conda] = PACKAGES) -> None:
    """Install packages into a prefix, as pixi does."""
    records = []
    for package in packages:
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


def hashes(environment: Environment, paths: Iterable[str]) -> dict[str, str]:
    """The hashes of what is at these paths below the prefix."""
    return {path: hashlib.sha256((environment.prefix / path).read_bytes()).hexdigest() for path in paths}


class Asked(NamedTuple):
    """What is served, and what is said of it before anything is installed."""

    folder: Path
    reports: Mapping[InstallerName, Report]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    folder = tmp_path_factory.mktemp("asked")
    with LoopbackIndex(folder / "served") as index:
        index.add(*WHEELS)
        for package in PACKAGES:
            index.add_file(package.filename, package.build_archive())
        lock = folder / "pixi.lock"
        lock.write_text(pixi_lock(index, PACKAGES, WHEELS))
        target = target_for(OWN, "linux")
        reports = {}
        for name in INSTALLER_NAMES:
            with Session(cache_dir=None) as session:
                report = session.check([str(lock)], target=target, use_config=False, environ={}, installer=name)
            assert report.complete
            reports[name] = report
    return Asked(folder / "served", reports)


@pytest.mark.parametrize("name", INSTALLER_NAMES)
def test_what_is_said_before_an_install_is_what_becomes_of_it(
    name: InstallerName, environments: Environments, asked: Asked, tmp_path: Path
) -> None:
    report = asked.reports[name]
    environment = environments.new()
    install_by_rattler(asked.folder, environment.prefix)
    before = owners(environment)
    told = {distribution.name: distribution for distribution in report.distributions}
    for package in PACKAGES:  # what was read is what is installed
        count = sum(owner == package.name for owner, _ in before.values())
        assert told[f"conda:{package.name}"].files == count
    wheels = [asked.folder / wheel.filename for wheel in WHEELS]
    RealInstaller(name, tmp_path / "cache").install(environment, wheels).expect()

    after = hashes(environment, before)
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


def test_of_a_lock_is_said_what_is_said_of_the_environment_that_it_becomes(
    environments: Environments, asked: Asked
) -> None:
    environment = environments.new()
    install_by_rattler(asked.folder, environment.prefix)
    wheels = [str(asked.folder / wheel.filename) for wheel in WHEELS]
    with Session(cache_dir=None) as session:
        into = session.check(wheels, into=str(environment.python), use_config=False, environ={})

    def clashes(report: Report) -> set[tuple[str, str, str, frozenset[str]]]:
        return {
            (overlap.root, overlap.path, overlap.severity, frozenset(owner.distribution for owner in overlap.owners))
            for overlap in report.overlaps
            if overlap.path != "tool"  # what conda's command of an entry point runs is not told by its hash
        }

    assert clashes(into) == clashes(asked.reports["pip"])
    assert len(clashes(into)) > 5


@pytest.mark.parametrize("name", INSTALLER_NAMES)
def test_remedies_leave_what_they_say_and_never_touch_what_conda_installed(
    name: InstallerName, environments: Environments, asked: Asked, tmp_path: Path
) -> None:
    installer = RealInstaller(name, tmp_path / "cache", asked.folder)
    remedies = asked.reports[name].remedies
    assert {remedy.keep for remedy in remedies} == {
        ("over",), ("conda:anywhere",), ("conda:here",), ("conda:old",),
    }  # fmt: skip
    for remedy in remedies:
        environment = environments.new()
        install_by_rattler(asked.folder, environment.prefix)
        before = owners(environment)
        for step in remedy.steps:
            installer.run(environment, step.command[step.command.index("install") :]).expect()
        after = hashes(environment, before)
        # a command of one entry point is the same to all installers, in words of their own
        changed = {owner for path, (owner, digest) in before.items() if after[path] != digest and path != "bin/tool"}
        told = {state.distribution: state.intact for state in remedy.result}
        for package in PACKAGES:
            kept = told.get(f"conda:{package.name}", "yes")
            assert kept == ("no" if package.name in changed else "yes"), (remedy.keep, package.name)
        assert ((environment.prefix / SITE / "old.py").read_text() == "wheel") == (remedy.keep == ("over",))


@pytest.mark.parametrize("name", INSTALLER_NAMES)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_wheel_of_the_same_project_takes_the_place_of_the_package(
    name: InstallerName, version: str, environments: Environments, tmp_path: Path
) -> None:
    """So such a package is not compared; and a wheel of the same version is not installed at all."""
    metadata = "site-packages/theirs-1.0.dist-info"
    files: dict[str, bytes | str] = {
        "site-packages/theirs.py": "conda",
        "site-packages/dropped.py": "conda",
        f"{metadata}/METADATA": "Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n",
        f"{metadata}/INSTALLER": "conda",
    }
    rows = "".join(f"{path.removeprefix('site-packages/')},,\n" for path in files)
    record = f"{metadata}/RECORD"
    package = Conda(
        "py-theirs", noarch="python", files={**files, record: f"{rows}{record[14:]},,\n"}, depends=["python"]
    )
    wheel = Wheel("theirs", version, files={"theirs.py": "wheel"})
    for each in (PYTHON, package):
        (tmp_path / each.filename).write_bytes(each.build_archive())
    wheel.write(tmp_path)
    environment = environments.new()
    install_by_rattler(tmp_path, environment.prefix, (PYTHON, package))
    RealInstaller(name, tmp_path / "cache", tmp_path).install(environment, [f"theirs=={version}"]).expect()
    site = environment.prefix / SITE
    is_replaced = version != "1.0"
    assert (site / "theirs.py").read_text() == ("wheel" if is_replaced else "conda")
    assert (site / "dropped.py").exists() is not is_replaced
