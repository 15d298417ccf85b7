"""Choosing compared with what real pip and real uv would install, from one index on disk."""

from __future__ import annotations

import html
import json
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest
import uv
from packaging.utils import canonicalize_name

from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.core.distribution import Candidate, Skip
from wheelclash.http.cache import Cache
from wheelclash.http.client import Fetcher
from wheelclash.http.urls import Credentials
from wheelclash.index.client import project_files
from wheelclash.index.settings import IndexSettings
from wheelclash.resolve.choose import choose
from wheelclash.resolve.requirement import parse
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelclash.index.settings import Strategy

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the wheels are for Linux"),
]

NODOT = f"cp{sys.version_info.major}{sys.version_info.minor}"
OURS = f"{NODOT}-{NODOT}"
TODAY = ".".join(map(str, sys.version_info[:3]))


@dataclass(frozen=True)
class Case:
    """A project of one name, its files, and what is asked of it.

    Attributes:
        name: The project.
        specifier: What follows the name.
        files: ``version-tag`` or ``version-build-tag``, then what the page says: ``!`` yanked, ``@…`` Requires-Python.
    """

    name: str
    specifier: str
    files: tuple[str, ...]


TAGGED = "linux_x86_64" if platform.machine() == "x86_64" else f"linux_{platform.machine()}"
OLD = TAGGED.replace("linux", "manylinux_2_17", 1)
NEW = TAGGED.replace("linux", "manylinux_2_26", 1)
CASES = [
    Case("newest", "", ("1.9-py3-none-any", "1.10-py3-none-any", "1.2-py3-none-any")),
    Case("bounded", "<1.10,!=1.9", ("1.9-py3-none-any", "1.10-py3-none-any", "1.2-py3-none-any")),
    Case("final-first", "", ("1.0-py3-none-any", "2.0rc1-py3-none-any", "2.0.dev3-py3-none-any")),
    Case("pre-only", "", ("2.0b1-py3-none-any", "2.0rc1-py3-none-any")),
    Case("pre-asked", ">=2.0a1", ("1.0-py3-none-any", "2.0rc1-py3-none-any")),
    Case("pre-below", "<2.0", ("1.0-py3-none-any", "2.0rc1-py3-none-any")),
    Case("pre-pinned", "==2.0rc1", ("1.0-py3-none-any", "2.0rc1-py3-none-any")),
    Case("dev-only", "", ("1.0.dev1-py3-none-any", "1.0.dev2-py3-none-any")),
    Case("post", "==1.0.*", ("1.0-py3-none-any", "1.0.post2-py3-none-any", "1.1-py3-none-any")),
    Case("epoch", "", ("1!0.1-py3-none-any", "9.0-py3-none-any")),
    Case("local", "==1.0", ("1.0-py3-none-any", "1.0+cpu-py3-none-any")),
    Case("local-pinned", "==1.0+cpu", ("1.0-py3-none-any", "1.0+cpu-py3-none-any", "1.0+gpu-py3-none-any")),
    Case("arbitrary", "===1.0", ("1.0-py3-none-any", "1.1-py3-none-any")),
    Case("compatible", "~=1.4.2", ("1.4.1-py3-none-any", "1.4.9-py3-none-any", "1.5-py3-none-any")),
    Case("yanked", "", ("1.0-py3-none-any", "2.0-py3-none-any !bad")),
    Case("yanked-pinned", "==2.0", ("1.0-py3-none-any", "2.0-py3-none-any !bad")),
    Case("yanked-build", "==2.0", ("2.0-1-py3-none-any", "2.0-2-py3-none-any !")),
    Case("python-too-new", "", ("1.0-py3-none-any", "2.0-py3-none-any @>=3.99")),
    Case("python-fits", "", ("1.0-py3-none-any", f"2.0-py3-none-any @>={TODAY}")),
    Case("python-not", "", ("1.0-py3-none-any", f"2.0-py3-none-any @!={TODAY}")),
    Case("build", "", ("1.0-py3-none-any", "1.0-2-py3-none-any", "1.0-10-py3-none-any")),
    Case("build-letters", "", ("1.0-1a-py3-none-any", "1.0-1b-py3-none-any")),
    Case("tag-over-build", "", (f"1.0-9-{OURS}-{OLD}", f"1.0-{OURS}-{NEW}")),
    Case("platform", "", (f"1.0-{OURS}-{OLD}", f"1.0-{OURS}-{NEW}", "1.0-py3-none-any")),
    Case("too-new", "", (f"1.0-{OURS}-{OLD}", f"1.0-{OURS}-{TAGGED.replace('linux', 'manylinux_2_99', 1)}")),
    Case("abi3", "", (f"1.0-cp38-abi3-{NEW}", f"1.0-{NODOT}-abi3-{OLD}", "1.0-py3-none-any")),
    Case("abi-over-abi3", "", (f"1.0-{OURS}-{OLD}", f"1.0-{NODOT}-abi3-{NEW}")),
    Case("python-tag", "", ("1.0-py3-none-any", f"1.0-{NODOT.replace('cp', 'py')}-none-any")),
    Case("compressed", "", ("1.0-py2.py3-none-any", f"1.0-{NODOT}-none-any")),
    Case("elsewhere", "", ("1.0-py3-none-any", "2.0-cp312-cp312-win_amd64", "2.0-cp27-cp27mu-linux_x86_64")),
]
NOTHING = [
    Case("n-yanked", "", ("2.0-py3-none-any !bad",)),
    Case("n-yanked-range", "==2.*", ("1.0-py3-none-any", "2.0-py3-none-any !bad")),
    Case("n-elsewhere", "", ("2.0-cp312-cp312-win_amd64",)),
    Case("n-bounded", ">5", ("2.0-py3-none-any",)),
    Case("n-python", "", ("2.0-py3-none-any @>=3.99",)),
    Case("n-unknown", "", ()),
]


def wheel_of(case: Case, text: str) -> Wheel:
    version, *build, python, abi, platform = text.partition(" ")[0].split("-")
    return Wheel(case.name, version, tag=f"{python}-{abi}-{platform}", build="-".join(build))


def write_index(root: Path, cases: Sequence[Case]) -> str:
    """A simple index (PEP 503) on disk, as a URL."""
    for case in cases:
        if case.files:
            write_page(root, case.name, [(wheel_of(case, text), text) for text in case.files])
    return (root / "simple").as_uri()


def write_page(root: Path, name: str, wheels: Sequence[tuple[Wheel, str]]) -> None:
    lines = []
    for wheel, text in wheels:
        path = wheel.write(root / "files")
        attributes = ""
        for fact in text.split()[1:]:
            key = "data-yanked" if fact[0] == "!" else "data-requires-python"
            attributes += f' {key}="{html.escape(fact[1:])}"'
        lines.append(f'<a href="../../files/{quote(path.name)}"{attributes}>{path.name}</a>')
    page = root / "simple" / canonicalize_name(name) / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!DOCTYPE html><html><body>" + "\n".join(lines) + "</body></html>")


def clean_environ(root: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    return kept | {"PIP_CONFIG_FILE": os.devnull, "UV_CACHE_DIR": str(root / "uv-cache"), "HOME": str(root)}


def pip_takes(root: Path, options: Sequence[str], *requirements: str) -> dict[str, str] | None:
    """Project to the URL of the wheel pip would install; None if it would not."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    command += ["--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--report", "-"]
    done = run(root, [*command, *options, *requirements])
    if done.returncode:
        return None
    urls = [unquote(each["download_info"]["url"]) for each in json.loads(done.stdout)["install"]]
    return {canonicalize_name(url.rpartition("/")[2].partition("-")[0]): url for url in urls}


def uv_takes(root: Path, options: Sequence[str], *requirements: str) -> dict[str, str] | None:
    """Project to the URL of the wheel uv would install; None if it would not."""
    target = root / "target"
    command = [uv.find_uv_bin(), "pip", "install", "--no-deps", "--verbose", "--no-config", "--no-build"]
    command += ["--target", str(target), "--python", sys.executable]
    done = run(root, [*command, *options, *requirements])
    if done.returncode:
        return None
    taken = re.findall(r"Selecting: ([a-z0-9-]+)==\S+ \[\w+\] \((\S+\.whl)\)", done.stderr)
    origins = {}
    for path in target.glob("*.dist-info/origin"):
        origins[canonicalize_name(path.parent.name.partition("-")[0])] = path.read_text()
    return {name: f"{origins.get(name, '')}{filename}" for name, filename in taken}


def run(root: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=clean_environ(root), capture_output=True, text=True, check=False)


TAKERS = {"pip": pip_takes, "uv": uv_takes}


def we_take(settings: IndexSettings, requirement: str) -> Candidate | Skip:
    asked = parse(requirement, cwd=Path(), credentials=Credentials())
    found = project_files(asked.name or "", settings, Fetcher(), Cache(None))
    return choose(asked, found, target_of(running()))


def only_index(index: str) -> IndexSettings:
    return IndexSettings("flags", "flags", index)


def filename(url: str) -> str:
    return url.rpartition("/")[2]


UV_DIFFERS = {
    "python-not": "uv looks at the lower bound of Requires-Python alone",
    "yanked-build": "uv prefers a build tag to a file that is not yanked",
}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_we_take_what_the_installer_takes(tmp_path: Path, installer: str) -> None:
    index = write_index(tmp_path, CASES)
    taken = TAKERS[installer](tmp_path, ["--index-url", index], *(case.name + case.specifier for case in CASES))
    assert taken is not None
    theirs = {name: filename(url) for name, url in taken.items()}
    choices = {case.name: we_take(only_index(index), case.name + case.specifier) for case in CASES}
    ours = {name: choice.filename for name, choice in choices.items() if isinstance(choice, Candidate)}
    differing = {name for name in ours if ours[name] != theirs.get(name)}
    assert differing == (set(UV_DIFFERS) if installer == "uv" else set())
    assert set(theirs) == set(ours)


@pytest.mark.thorough
@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize("case", NOTHING, ids=lambda case: case.name)
def test_where_the_installer_takes_nothing_neither_do_we(tmp_path: Path, installer: str, case: Case) -> None:
    index = write_index(tmp_path, [case])
    (tmp_path / "simple").mkdir(exist_ok=True)
    requirement = case.name + case.specifier
    assert TAKERS[installer](tmp_path, ["--index-url", index], requirement) is None
    assert isinstance(we_take(only_index(index), requirement), Skip)


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_of_several_places_the_installers_is_taken(tmp_path: Path, installer: str) -> None:
    """The same file in all places, then a newer one in each of them."""
    requirements = []
    for place in ("main", "extra", "links"):
        write_index(tmp_path / place, [])
    for number, newest in enumerate((None, "main", "extra", "links")):
        name = f"place-{number}"
        requirements.append(name)
        for place in ("main", "extra", "links"):
            versions = ["1.0", *(["2.0"] if place == newest else [])]
            wheels = [Wheel(name, version) for version in versions]
            for wheel in wheels:
                origin = f"{wheel.dist_info}/origin"
                wheel.files = {f"{name}.py": "", origin: (tmp_path / place / "files").as_uri() + "/"}
            write_page(tmp_path / place, name, [(wheel, "") for wheel in wheels])
    main, extra = ((tmp_path / place / "simple").as_uri() for place in ("main", "extra"))
    links = (tmp_path / "links" / "files").as_uri()
    options = ["--index-url", main, "--extra-index-url", extra, "--find-links", str(tmp_path / "links" / "files")]
    theirs = TAKERS[installer](tmp_path, options, *requirements)
    strategy: Strategy = "merge" if installer == "pip" else "first-index"
    settings = IndexSettings("flags", "flags", main, (extra,), (links,), strategy)
    ours = {name: choice.url for name in requirements if isinstance(choice := we_take(settings, name), Candidate)}
    assert theirs == ours


@pytest.mark.parametrize("installer", ["pip", "uv"])
@pytest.mark.parametrize("tag", [f"py3-none-{OLD}", "py3-none-any"])
def test_installers_take_the_file_whose_hash_is_listed(tmp_path: Path, installer: str, tag: str) -> None:
    """Even where another suits the target better; so does :mod:`wheelclash.gather.allowed`."""
    with LoopbackIndex(tmp_path / "served") as index:
        index.add(Wheel("twofold", tag=f"py3-none-{OLD}"), Wheel("twofold"))
        listed = Wheel("twofold", tag=tag).filename
        lines = tmp_path / "r.txt"
        lines.write_text(f"twofold==1.0 --hash=sha256:{index.facts(listed).sha256}\n")
        taken = TAKERS[installer](tmp_path, ["--index-url", index.simple, "-r", str(lines)])
    assert taken is not None
    assert filename(taken["twofold"]) == listed
