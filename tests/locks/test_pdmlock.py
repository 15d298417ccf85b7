"""``pdm.lock``: what the fixtures do not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelclash.errors import QuestionError

from .support import DIGEST, codes, files, read, select

PDM = '[metadata]\nlock_version = "4.5.0"\nstrategy = ["inherit_metadata"]\ngroups = ["default", "dev"]\n'


def pdm_package(name: str, more: str = "") -> str:
    return f'[[package]]\nname = "{name}"\nversion = "1.0"\n{more}'


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('path = "./sub"', "directory"),
        ('path = "./sub"\neditable = true', "editable"),
        ('path = "."', "project"),
        ('git = "https://me:secret@host.example/x.git"\nrevision = "abc"', "not-a-wheel"),
        ('url = "https://host.example/x-1.0.tar.gz"', "not-a-wheel"),
        ('path = "./x-1.0.zip"', "not-a-wheel"),
        ('path = "../x-1.0-py3-none-any.whl"', "refused"),
        ('files = [{ file = "x-1.0.tar.gz", hash = "sha256:00" }]', "no-wheel"),
        ("", "no-wheel"),
    ],
)
def test_a_source_of_pdm_that_is_no_wheel_is_told_apart(source: str, code: str) -> None:
    found = select(pdm_package("x", f"{source}\n") + PDM)
    assert codes(found) == {"x==1.0": code}
    assert "secret" not in repr(found)


def test_a_wheel_of_pdm_by_path_keeps_the_hash_among_its_files() -> None:
    files_ = f'files = [{{ file = "x-1.0-py3-none-any.whl", hash = "sha256:{DIGEST}" }}]\n'
    (found,) = select(pdm_package("x", f'path = "./dist/x-1.0-py3-none-any.whl"\n{files_}') + PDM).candidates
    assert (found.path, found.sha256) == (Path("folder/dist/x-1.0-py3-none-any.whl").absolute(), DIGEST)


def test_extras_that_ask_for_others_of_their_project_are_followed(tmp_path: Path) -> None:
    """Where the lock does not say which group has a package, as pdm writes it without ``inherit_metadata``."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "Own_One"\n[project.optional-dependencies]\n'
        'a = ["own-one[b]"]\nb = ["x", "own.one[a,c]"]\nc = ["y"]\nd = ["z"]\n'
    )
    wheels = 'files = [{{ file = "{0}-1.0-py3-none-any.whl" }}]\n'
    lock = "".join(pdm_package(name, wheels.format(name)) for name in "xyz")
    lock += '[metadata]\nlock_version = "4.5.0"\nstrategy = []\ngroups = ["default", "a", "b", "c", "d"]\n'
    found = select(read(lock, tmp_path / "pdm.lock"), extras=["a"])
    assert files(found) == ["x-1.0-py3-none-any.whl", "y-1.0-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("entry", "platform", "fits"),
    [
        ('requires_python = ">=3.13"', "linux", False),
        ('requires_python = ">=3.10"', "linux", True),
        ('platform = "linux"', "linux", True),
        ('platform = "linux"', "windows", False),
        ('platform = "manylinux_2_17_aarch64"', "linux", False),
        ('platform = "macos_14_0_arm64"', "macos", True),
        ('platform = "windows_amd64"', "windows", True),
        ('implementation = "pypy"', "linux", False),
    ],
)
def test_the_targets_of_a_pdm_lock_decide_for_whom_it_is(entry: str, platform: str, *, fits: bool) -> None:
    lock = read(f"{PDM}[[metadata.targets]]\n{entry}\n")
    if fits:
        select(lock, platform)
    else:
        with pytest.raises(QuestionError, match="for other targets"):
            select(lock, platform)
