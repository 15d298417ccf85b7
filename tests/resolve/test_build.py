"""Wheels of what came as source only: real uv builds tiny archives with a backend of their own, over the loopback."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.loopback import LoopbackIndex
from tests.support.resolving import HUSH, buildable
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions, QuestionError, Session
from wheelclash.core.distribution import Skip, SourceArchive
from wheelclash.http.cache import Cache
from wheelclash.http.client import Fetcher
from wheelclash.index.settings import resolve_settings
from wheelclash.resolve.build import Builder, Built, NotBuiltError, wheel_in
from wheelclash.resolve.choose import source_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wheelclash import Report

EM = Wheel("em", "2.0", {"em.py": "template = 1"})
EMPY = Wheel("empy", "1.0", {"em.py": "template = 2"})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "served") as served:
        yield served


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    tokens = {"TWINE_PASSWORD": HUSH, "AWS_SECRET_ACCESS_KEY": HUSH}
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **tokens}


@pytest.fixture
def check(index: LoopbackIndex, environ: dict[str, str], tmp_path: Path) -> Callable[..., Report]:
    """Ask about a set for this machine; what is read and built is kept."""

    def ask(*requirements: str, **options: Any) -> Report:
        given: dict[str, Any] = {"index": IndexOptions(index_url=index.simple), "use_config": False}
        with Session(cache_dir=tmp_path / "cache") as session:
            session.fetcher.trust_env = False
            return session.check(requirements, **given | {"environ": environ} | options)

    return ask


@pytest.fixture
def build(index: LoopbackIndex, environ: dict[str, str], tmp_path: Path) -> Callable[..., Built | Skip]:
    """Build an archive that the index serves, or one as it says."""

    def one(archive: tuple[str, bytes] | SourceArchive, **options: Any) -> Built | Skip:
        if not isinstance(archive, SourceArchive):
            filename, content = archive
            index.add_file(filename, content)
            facts = index.facts(filename)
            source = source_archive(filename, None, index.file_url(filename), sha256=facts.sha256, size=facts.size)
            assert source is not None
        else:
            source = archive
        fetcher = Fetcher(trust_env=False)
        settings = resolve_settings(
            flags=IndexOptions(index_url=index.simple), installer="uv", environ={}, cwd=tmp_path, no_config=True,
            credentials=fetcher.credentials,
        )  # fmt: skip
        folder = tmp_path / "kept"
        folder.mkdir(exist_ok=True)
        try:
            return Builder(
                None, settings, fetcher, Cache(None), **{"folder": folder, "environ": environ, **options}
            ).build(source, "asked")
        finally:
            fetcher.close()

    return one


# -- from the question to the report -------------------------------------------------------------------------


def test_without_the_option_the_reason_names_it_and_what_else_answers(
    index: LoopbackIndex, check: Callable[..., Report]
) -> None:
    index.add(EM)
    index.add_file(*buildable(EMPY))
    skip = check("em", "empy").skipped[0]
    assert (skip.code, skip.requirement) == ("no-wheel", "empy")
    assert "came as source only: --build would build it (runs its code)" in skip.reason
    assert "wheelclash env" in skip.reason
    assert index.asked("*.tar.gz") == []


def test_a_built_wheel_is_compared_and_kept_for_the_next_question(
    index: LoopbackIndex, check: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    index.add(EM)
    index.add_file(*buildable(EMPY))
    report = check("em", "empy", build=True)
    built = next(each for each in report.distributions if each.name == "empy")
    assert [(each.path, each.kind) for each in report.overlaps] == [("em.py", "different")]
    assert built.wheel is not None
    assert (built.evidence, built.wheel.filename) == ("built", "empy-1.0-py3-none-any.whl")
    assert built.wheel.url == index.file_url("empy-1.0.tar.gz")
    assert any("empy 1.0 built from source by uv" in each and "code of it was run" in each for each in report.warnings)
    index.forget()
    monkeypatch.setattr(Builder, "_run", None)
    again = check("em", "empy", build=True)
    assert again.overlaps == report.overlaps
    assert not index.file_requests
    assert not any("code of it was run" in each for each in again.warnings)
    # a pure wheel holds for every target
    assert check("em", "empy", build=True, target=LINUX).overlaps == report.overlaps


def test_uv_resolves_to_source_archives_and_what_it_chose_is_built(
    index: LoopbackIndex, check: Callable[..., Report]
) -> None:
    index.add(EM, Wheel("app", requires=["em", "empy"]))
    index.add_file(*buildable(EMPY))
    report = check("app", allow_build=True)
    assert not report.skipped
    assert [each.through for each in report.distributions if each.name == "empy"] == [("app", "empy")]
    assert [each.path for each in report.overlaps] == ["em.py"]
    assert any("--allow-build is now called --build" in each for each in report.warnings)


def test_an_archive_that_a_lock_only_names_is_found_on_the_index(
    index: LoopbackIndex, check: Callable[..., Report], tmp_path: Path
) -> None:
    index.add(EM)
    filename, content = buildable(EMPY)
    index.add_file(filename, content)
    facts = {name: index.facts(name).sha256 for name in (EM.filename, filename)}
    lock = tmp_path / "poetry.lock"
    lock.write_text(
        "".join(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\npython-versions = "*"\ngroups = ["main"]\n'
            f'files = [{{file = "{file}", hash = "sha256:{facts[file]}"}}]\n\n'
            for name, version, file in (("em", "2.0", EM.filename), ("empy", "1.0", filename))
        )
        + f'[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "{"0" * 64}"\n'
    )
    assert [each.path for each in check(str(lock), build=True).overlaps] == ["em.py"]
    assert "--build would build it" in check(str(lock)).skipped[0].reason


def test_a_wheel_for_this_machine_is_none_for_another(index: LoopbackIndex, check: Callable[..., Report]) -> None:
    index.add(EM)
    index.add_file(*buildable(Wheel("empy", files={"em.py": "2"}, tag="cp37-abi3-macosx_10_9_x86_64", purelib="false")))
    skip = check("em", "empy", build=True, target=LINUX).skipped[0]
    assert skip.code == "no-wheel"
    assert "it is for cp37-abi3-macosx_10_9_x86_64, not for" in skip.reason


def test_an_archive_on_disk_is_built_by_its_url(
    index: LoopbackIndex, check: Callable[..., Report], tmp_path: Path
) -> None:
    """No index vouches for its hash, and none need to."""
    index.add(EM)
    filename, content = buildable(EMPY)
    archive = tmp_path / filename
    archive.write_bytes(content)
    assert "this URL names a source archive: --build would build it" in check("em", archive.as_uri()).skipped[0].reason
    assert [each.path for each in check("em", archive.as_uri(), build=True).overlaps] == ["em.py"]
    with pytest.raises(QuestionError, match=r"is a source archive.*give its URL"):
        check("em", str(archive), build=True)


# -- builds that fail ----------------------------------------------------------------------------------------

RAISES = """
def build_wheel(folder, settings=None, metadata=None):
    raise ValueError("no compiler here")
"""
NO_WHEEL = """
def build_wheel(folder, settings=None, metadata=None):
    return "empy-1.0-py3-none-any.whl"
"""
LINK = """
def build_wheel(folder, settings=None, metadata=None):
    filename = built(folder)
    os.rename(os.path.join(folder, filename), "real.whl")
    os.symlink(os.path.abspath("real.whl"), os.path.join(folder, filename))
    return filename
"""
SLEEPS = """
import subprocess, time
def build_wheel(folder, settings=None, metadata=None):
    subprocess.Popen(["sleep", "300"])
    time.sleep(300)
"""
LEAVES = """
import subprocess
def build_wheel(folder, settings=None, metadata=None):
    subprocess.Popen(["sleep", "300"])
    return built(folder)
"""
GROWS = """
import time
def build_wheel(folder, settings=None, metadata=None):
    with open("big", "wb") as file:
        file.truncate(20_000_000)
    time.sleep(300)
"""
READ_ONLY = """
def build_wheel(folder, settings=None, metadata=None):
    os.makedirs("deep/er"); os.chmod("deep", 0)
    raise SystemExit(3)
"""


@pytest.mark.parametrize(
    ("wheel", "backend", "options", "reason"),
    [
        (EMPY, RAISES, {}, "was not built: ValueError: no compiler here (before that: "),
        (EMPY, NO_WHEEL, {}, "was not built: Call to `backend.build_wheel` failed"),
        (EMPY, LINK, {}, "it is a link"),
        (EMPY, SLEEPS, {"patience": 1.0}, "it did not finish within 1 seconds"),
        (EMPY, LEAVES, {"patience": 1.0}, "it did not finish within 1 seconds"),
        (EMPY, GROWS, {"largest": 10_000_000}, "bytes on disk, and 10000000 are allowed"),
        (EMPY, READ_ONLY, {}, "was not built"),
        (Wheel("other", "1.0"), "", {}, "other"),
        (Wheel("empy", "3.0"), "", {}, "declares version 1.0, but the wheel declares version 3.0"),
    ],
)
def test_a_build_that_fails_is_a_skip_and_leaves_nothing(
    build: Callable[..., Built | Skip],
    wheel: Wheel,
    backend: str,
    options: dict[str, Any],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = tmp_path / "temporary"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    _, content = buildable(wheel, backend=backend)
    skip = build(("empy-1.0.tar.gz", content), **options)
    assert isinstance(skip, Skip)
    assert (skip.requirement, skip.code) == ("asked", "build-failed")
    assert skip.reason.startswith("empy-1.0.tar.gz ")
    assert reason in skip.reason
    assert str(work) not in skip.reason
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "made no wheel"),
        (["empy-1.0-py3-none-any.whl", "empy-1.0-cp312-cp312-linux_x86_64.whl"], "made 2 wheels"),
        (["other-1.0-py3-none-any.whl"], "a wheel of another project: other-1.0-py3-none-any.whl"),
        (["empy-3.0-py3-none-any.whl"], "a wheel of another version: empy-3.0-py3-none-any.whl"),
        (["empy-1.0.whl"], "no wheel by its name"),
        (["empy-1.0+local.1-py3-none-any.whl"], ""),
    ],
)
def test_a_build_makes_one_wheel_of_the_project_and_version(tmp_path: Path, names: list[str], reason: str) -> None:
    """Whatever uv, which has come to check this, lets pass."""
    source = source_archive("empy-1.0.tar.gz", None, "")
    assert source is not None
    for name in names:
        (tmp_path / name).write_bytes(b"")
    if reason:
        with pytest.raises(NotBuiltError, match=re.escape(reason)):
            wheel_in(tmp_path, source)
    else:
        assert wheel_in(tmp_path, source).name == names[0]


def test_an_archive_that_would_unpack_elsewhere_is_not_built(
    build: Callable[..., Built | Skip], tmp_path: Path
) -> None:
    filename, _ = buildable(EMPY)
    _, content = buildable(EMPY, name="../../../climbs")
    skip = build((filename, content))
    assert isinstance(skip, Skip)
    assert skip.code == "build-failed"
    assert not list(tmp_path.rglob("climbs*"))


def test_what_is_not_what_the_index_describes_is_not_run(
    index: LoopbackIndex, build: Callable[..., Built | Skip]
) -> None:
    filename, content = buildable(EMPY)
    index.add_file(filename, content)
    source = source_archive(filename, None, index.file_url(filename), sha256="0" * 64, size=len(content))
    assert source is not None
    for archive, code in (
        (source, "changed"),
        (source_archive(filename, None, index.file_url(filename)), "build-failed"),
        (source_archive(filename, None, index.file_url(filename), sha256="0" * 64, size=10**9), "too-large"),
        (source_archive(filename, None, index.file_url("gone.tar.gz"), sha256="0" * 64), "not-found"),
    ):
        skip = build(archive)
        assert isinstance(skip, Skip)
        assert skip.code == code, skip
        assert "was not built" in skip.reason


def test_a_build_sees_no_tokens_and_another_home(
    build: Callable[..., Built | Skip], environ: dict[str, str], tmp_path: Path
) -> None:
    backend = """
def build_wheel(folder, settings=None, metadata=None):
    open(os.path.expanduser("~/.profile"), "w").write("mine now")
    filename = built(folder)
    with zipfile.ZipFile(os.path.join(folder, filename), "a") as wheel:
        wheel.writestr("environ.json", json.dumps(dict(os.environ)))
    return filename
"""
    built = build(buildable(EMPY, backend=backend))
    assert isinstance(built, Built)
    with zipfile.ZipFile(built.path) as wheel:
        seen = json.loads(wheel.read("environ.json"))
    assert HUSH not in seen.values()
    assert seen["HOME"] == seen["TMPDIR"] != environ["HOME"]
    assert seen["LC_ALL"] == "C.UTF-8"
    assert {path.name for path in Path(environ["HOME"]).iterdir()} <= {".cache"}
    assert built.path.parent == tmp_path / "kept"
