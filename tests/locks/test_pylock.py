"""``pylock.toml``: what PEP 751 asks of an installer, and the sources it knows."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from wheelclash.errors import QuestionError

from .support import DIGEST, codes, files, read, select

HASHES = f'hashes = {{ sha256 = "{DIGEST}" }}'


def lock(*packages: str, head: str = "") -> str:
    return f'lock-version = "1.0"\ncreated-by = "test"\n{head}\n' + "".join(
        f"[[packages]]\n{each}\n" for each in packages
    )


def wheel(name: str, version: str = "1.0", *, more: str = "", tag: str = "py3-none-any") -> str:
    url = f"https://files.example/{name}-{version}-{tag}.whl"
    return f'name = "{name}"\nversion = "{version}"\n{more}\nwheels = [{{ url = "{url}", {HASHES} }}]'


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('directory = { path = "." }', "project"),
        ('directory = { path = "./sub/..", editable = true }', "project"),
        ('directory = { path = ".", subdirectory = "sub" }', "directory"),
        ('directory = { path = "sub", editable = true }', "editable"),
        ('directory = { path = "../beside" }', "directory"),
        ('vcs = { type = "git", url = "https://me:secret@host.example/x", commit-id = "abc" }', "not-a-wheel"),
        (f'archive = {{ url = "https://files.example/x-1.0.tar.gz", {HASHES} }}', "not-a-wheel"),
        (f'archive = {{ url = "https://h.example/x-1-py3-none-any.whl", subdirectory = "s",{HASHES} }}', "not-a-wheel"),
        (f'archive = {{ path = "../x-1.0-py3-none-any.whl", {HASHES} }}', "refused"),
        (f'archive = {{ url = "file:///x-1.0-py3-none-any.whl", {HASHES} }}', "refused"),
        (f'archive = {{ url = "ftp://files.example/x-1.0-py3-none-any.whl", {HASHES} }}', "refused"),
        (f'sdist = {{ url = "https://files.example/x-1.0.tar.gz", {HASHES} }}', "no-wheel"),
        (f'wheels = [{{ url = "https://files.example/x-1.0-cp39-cp39-win32.whl", {HASHES} }}]', "no-wheel"),
    ],
)  # fmt: skip
def test_what_is_no_wheel_for_the_target_is_told_apart(source: str, code: str) -> None:
    found = select(lock(f'name = "x"\n{source}'))
    assert codes(found) == {"x": code}
    assert "secret" not in repr(found)


def test_an_archive_that_is_a_wheel_is_a_direct_candidate() -> None:
    source = f'archive = {{ path = "dist/x-1.0-py3-none-any.whl", size = 5, {HASHES} }}'
    (found,) = select(lock(f'name = "x"\n{source}')).candidates
    assert (found.version, found.direct, found.sha256, found.size) == ("1.0", True, DIGEST, 5)
    assert found.path == Path("folder/dist/x-1.0-py3-none-any.whl").absolute()


def test_extras_and_groups_are_sets_in_markers() -> None:
    text = lock(
        wheel("a"),
        wheel("b", more="marker = \"'big' in extras\""),
        wheel("c", more="marker = \"'dev' in dependency_groups\""),
        wheel("d", more="marker = \"'docs' in dependency_groups and sys_platform == 'linux'\""),
        head='extras = ["big"]\ndependency-groups = ["dev", "docs"]\ndefault-groups = ["dev"]',
    )
    assert files(select(text)) == ["a-1.0-py3-none-any.whl", "c-1.0-py3-none-any.whl"]
    assert len(files(select(text, extras=["Big"], groups=["docs"]))) == 4
    assert len(files(select(text, "windows", everything=True, groups=["docs"]))) == 3


@pytest.mark.parametrize(
    ("head", "package", "sentence"),
    [
        ('requires-python = ">=3.13"', "", "is for Python >=3.13"),
        ("environments = [\"sys_platform == 'win32'\"]", "", "other environments"),
        ("", 'requires-python = "<3"', "x==1.0 is for Python <3"),
        ("", "marker = \"python_version > 'x' and platform_release ~= 'q'\"", "cannot be evaluated"),
    ],
)
def test_an_environment_the_lock_is_not_for_is_an_error(head: str, package: str, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        select(lock(wheel("x", more=package), head=head))


def test_two_packages_of_one_name_are_an_error_unless_markers_part_them() -> None:
    with pytest.raises(QuestionError, match=r"x==1\.0.*x==2\.0"):
        select(lock(wheel("x"), wheel("x", "2.0")))
    parted = lock(
        wheel("x", more="marker = \"sys_platform == 'win32'\""),
        wheel("x", "2.0", more="marker = \"sys_platform != 'win32'\""),
    )
    assert files(select(parted)) == ["x-2.0-py3-none-any.whl"]
    assert files(select(lock(wheel("x"), wheel("x")))) == ["x-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("package", ['name = "X"', 'name = "x"', wheel("x").replace(HASHES, "hashes = {}")])
def test_what_is_not_valid_is_an_error(package: str) -> None:
    with pytest.raises(QuestionError, match="no valid lock file"):
        read(lock(package))


def test_a_newer_minor_version_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read(lock(wheel("x")).replace('"1.0"', '"1.7"', 1))
    assert not caplog.records


def test_a_path_is_taken_where_the_file_is_there_and_the_url_where_it_is_not(tmp_path: Path) -> None:
    both = wheel("x").replace("{ url", '{ path = "x-1.0-py3-none-any.whl", url')
    path = tmp_path / "pylock.toml"
    (found,) = select(read(lock(both), path)).candidates
    assert found.url.startswith("https:")
    (tmp_path / "x-1.0-py3-none-any.whl").write_bytes(b"")
    (found,) = select(read(lock(both), path)).candidates
    assert found.path == tmp_path / "x-1.0-py3-none-any.whl"


def test_the_index_of_a_package_is_kept_without_credentials() -> None:
    (found,) = select(lock(wheel("x", more='index = "https://me:secret@index.example/simple"'))).candidates
    assert found.index == "https://index.example/simple"
