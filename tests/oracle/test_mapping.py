"""A wheel installed alone writes exactly what is laid out, with the content that was foretold; or is refused."""

from __future__ import annotations

import zipfile
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.oracle.cases import SPECIAL_CASES, Case, some_pairs
from tests.oracle.features import FEATURES, REFUSED, Feature
from tests.oracle.model import diagnosed, distribution_of, real_files
from tests.support.environments import INSTALLER_NAMES, InstallerName
from tests.support.wheelmaker import Wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oracle.observation import Observations
    from tests.support.environments import Environments
    from wheelclash.core.layout import InstalledFile

pytestmark = pytest.mark.oracle

_PAIRS = some_pairs()
_CASES = [
    pytest.param(case, installer, id=f"{case.name}-{installer}")
    for case in (*SPECIAL_CASES, *_PAIRS)
    for installer in case.installers
]
_OF_EACH_FEATURE = [
    pytest.param(case, installer, id=f"{case.name}-{installer}")
    for case in (*SPECIAL_CASES, *[each for each in _PAIRS if each.is_of_one_feature])
    for installer in case.installers
]


@pytest.mark.parametrize(("case", "installer"), _OF_EACH_FEATURE)
def test_wheel_alone_writes_what_is_laid_out(observations: Observations, case: Case, installer: InstallerName) -> None:
    """Every path, and for every path the very member (or entry point) whose content ends up there."""
    for position, wheel in enumerate(observations.wheels([case], range(len(case.wheels)))):
        layout = distribution_of(wheel).layouts[installer]
        told = real_files(observations.any, layout.files)
        alone = observations.alone(installer, case, position)
        assert alone.keys() == told.keys()
        for real, path in told.items():
            assert _is_content_of(alone[real], layout.files[path], wheel), f"{real} of {wheel.name}"


def _is_content_of(content: bytes, file: InstalledFile, wheel: Path) -> bool:
    if file.member is None:
        assert file.content is not None
        _, module, attribute = file.content.split(":")
        return f"from {module} import {attribute}".encode() in content
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.replace("//", "/").removeprefix("./") == file.member)
        member = archive.read(name)
    if file.script and member.startswith(b"#!python"):
        first, _, rest = content.partition(b"\n")
        return first.startswith(b"#!<prefix>/bin/python") and rest == member.partition(b"\n")[2]
    return content == member


@pytest.mark.parametrize(("case", "installer"), _CASES)
def test_contents_called_equal_are_equal(observations: Observations, case: Case, installer: InstallerName) -> None:
    """Equality is never claimed on less than proof."""
    wheels = observations.wheels([case], range(len(case.wheels)))
    told = [distribution_of(wheel).layouts[installer].files for wheel in wheels]
    for one, other in combinations(range(len(wheels)), 2):
        for real, path in real_files(observations.any, told[one]).items():
            file, rival = told[one][path], told[other].get(path)
            if rival and file.content and (file.content, file.script) == (rival.content, rival.script):
                alone = [observations.alone(installer, case, position) for position in (one, other)]
                assert alone[0][real] == alone[1][real], real


@pytest.mark.thorough
@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize("feature", REFUSED, ids=[each.name for each in REFUSED])
def test_wheel_is_refused_where_the_layout_says_so(
    environments: Environments, observations: Observations, tmp_path: Path, feature: Feature, installer: InstallerName
) -> None:
    """And where it does not, it is installed as laid out."""
    wheel = Wheel("refused", files={"refused_or_not.py": ""})
    feature.write(wheel, "refused", "by = 'refused'")
    path = wheel.write(tmp_path)
    environment = environments.new()
    outcome = observations.installer(installer).install(environment, [path])
    layout = distribution_of(path).layouts[installer]
    assert outcome.ok == (installer not in feature.refused_by), outcome.output
    assert (layout.failure is None) == outcome.ok, (layout.failure, outcome.output)
    told = {each for each in real_files(environment, layout.files) if ".dist-info/" not in each}
    written = {each for each in environment.snapshot() if ".dist-info/" not in each and not each.endswith(".pyc")}
    if installer == "pip" or outcome.ok:
        assert written == told
        return
    left = environment.real_path("site-packages", "refused-1.0.data/")  # unpacked and not moved
    certain = {environment.real_path("site-packages", each) for each in wheel.files if "/" not in each}
    assert {each for each in written if not each.startswith(left)} <= told
    assert not told or {each for each in certain if ".dist-info" not in each} <= written


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("python", True),
        ("Python", True),
        ("python3", True),
        ("python3.99", True),
        ("python3.13t", True),
        ("pythonw", True),
        ("pypy3", True),
        ("graalpy", True),
        ("python.exe", True),
        ("python.py", True),
        ("python.py.exe", True),
        ("pypy2", True),
        ("pythonw3.12t", True),
        ("pythonw3.12", False),
        ("python.exe.py", False),
        ("pypy4", False),
        ("python2.7", False),
        ("python3t", False),
        ("python3.12w", False),
        ("pypy3.10", False),
        ("pypyw", False),
        ("graalpy24.1", False),
        ("python-config", False),
    ],
)
def test_uv_refuses_names_of_interpreters(
    environments: Environments, observations: Observations, tmp_path: Path, name: str, *, refused: bool
) -> None:
    """Those it knows, in any case; every other name is a command like any."""
    wheel = Wheel("named", files={f"named-1.0.data/scripts/{name}": "#!/bin/sh\n"}).write(tmp_path)
    outcome = observations.installer("uv").install(environments.new(), [wheel])
    assert outcome.ok != refused, outcome.output
    assert (distribution_of(wheel).layouts["uv"].failure is not None) == refused


_ROADS = [
    each
    for each in FEATURES
    if each.name in {"root", "purelib", "data-lib", "symlink", "script", "data-bin", "console"}
]


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize("feature", _ROADS, ids=[each.name for each in _ROADS])
def test_file_where_another_needs_a_folder_stops_the_installation(
    environments: Environments, observations: Observations, tmp_path: Path, feature: Feature, installer: InstallerName
) -> None:
    """By whatever road the file comes there; the diagnosis knows."""
    file, folder = Wheel("clash-a"), Wheel("clash-b")
    feature.write(file, "clash", "by = 'file'")
    below = "bin/clash/x" if feature.place == "scripts" else "share/clash/m.py/x"
    folder.files[f"{folder.escaped}-1.0.data/data/{below}"] = "by = 'folder'"
    if feature.place == "site-packages":
        folder.files = {"clash/m.py/x": "by = 'folder'"}
    wheels = [file.write(tmp_path), folder.write(tmp_path)]
    outcome = observations.installer(installer).install(environments.new(), wheels)
    assert not outcome.ok
    assert {each.state for each in diagnosed(wheels, installer).outcomes} == {"fails"}


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize("odd", ["./clash_a-1.0.data/junk", "clash_a-1.0.data/junk"])
def test_a_refused_wheel_overwrites_what_it_shares(
    environments: Environments, observations: Observations, tmp_path: Path, odd: str, installer: InstallerName
) -> None:
    """The other wheel's file is gone although the installer stops, and the overlap is told."""
    refused = Wheel("clash-a", files={"m.py": "by = 'a'", odd: ""}).write(tmp_path)
    other = Wheel("clash-b", files={"m.py": "by = 'b'"}).write(tmp_path)
    environment, real = environments.new(), observations.installer(installer)
    real.install(environment, [other]).expect()
    outcome = real.install(environment, [refused])
    assert outcome.ok == (distribution_of(refused).layouts[installer].failure is None), outcome.output
    assert environment.snapshot()[environment.real_path("site-packages", "m.py")] == b"by = 'a'"
    (found,) = diagnosed([refused, other], installer).outcomes
    assert found.overlap.kind == "different"
    assert (found.state == "fails") != outcome.ok


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
def test_an_empty_folder_where_another_has_a_file_stops_uv(
    environments: Environments, observations: Observations, tmp_path: Path, installer: InstallerName
) -> None:
    """Folders that hold no file are made by uv, and not by pip."""
    wheels = [
        Wheel("clash-a", files={"clash/": ""}).write(tmp_path),
        Wheel("clash-b", files={"clash": "by = 'file'"}).write(tmp_path),
    ]
    outcome = observations.installer(installer).install(environments.new(), wheels)
    assert outcome.ok == (installer == "pip"), outcome.output
    assert [each.state for each in diagnosed(wheels, installer).outcomes] == ([] if outcome.ok else ["fails"])


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
def test_a_dist_info_of_no_version_makes_the_installer_fail_now_or_later(
    environments: Environments, observations: Observations, tmp_path: Path, installer: InstallerName
) -> None:
    """The wheel is installed: by pip, which ends with an error, and by uv, which cannot even uninstall it."""
    odd = Wheel("odd", "1.0_1", files={"odd.py": ""})
    metadata = "Metadata-Version: 2.1\nName: odd\nVersion: 1.0.post1\n"
    odd.files[f"{odd.dist_info}/METADATA"] = metadata
    wheel = odd.write(tmp_path).rename(tmp_path / "odd-1.0.post1-py3-none-any.whl")
    environment, real = environments.new(), observations.installer(installer)
    outcome = real.install(environment, [wheel])
    assert outcome.ok == (installer == "uv"), outcome.output
    assert environment.real_path("site-packages", "odd.py") in environment.snapshot()
    assert real.uninstall(environment, ["odd"]).ok == (installer == "pip")
    layout = distribution_of(wheel).layouts[installer]
    assert layout.failure is not None
    assert layout.failure.code == "dist-info-version"
    assert "site-packages/odd.py" in layout.files
