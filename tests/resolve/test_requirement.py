"""Arguments: what is a path, a URL, a requirement, and what is none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.wheelmaker import Wheel
from wheelclash.errors import RequirementError
from wheelclash.http.urls import Credentials
from wheelclash.resolve.requirement import Asked, applies, kind_of, parse
from wheelclash.target.target import target_for

DIGEST = "a" * 64


def parsed(text: str, cwd: Path = Path()) -> Asked:
    return parse(text, cwd=cwd, credentials=Credentials())


@pytest.mark.parametrize(
    ("text", "name", "specifier", "extras"),
    [
        ("nixl-cu12==1.1.0", "nixl-cu12", "==1.1.0", ()),
        ("Zope.Interface", "zope-interface", "", ()),
        ("opencv_python >=4, <5", "opencv-python", "<5,>=4", ()),
        ("fastapi[Standard,all_of]", "fastapi", "", ("all-of", "standard")),
        ("torch==2.13.0+cpu", "torch", "==2.13.0+cpu", ()),
        ("a===1.0.whatever", "a", "===1.0.whatever", ()),
        ("2048", "2048", "", ()),
    ],
)
def test_a_requirement_is_normalised(text: str, name: str, specifier: str, extras: tuple[str, ...]) -> None:
    asked = parsed(text)
    assert (asked.name, str(asked.specifier), asked.extras, asked.direct) == (name, specifier, extras, False)


@pytest.mark.parametrize(
    ("text", "name", "url", "sha256"),
    [
        ("a @ https://h.example/a-1-py3-none-any.whl", "a", "https://h.example/a-1-py3-none-any.whl", None),
        ("a@https://h.example/a-1-py3-none-any.whl", "a", "https://h.example/a-1-py3-none-any.whl", None),
        ("a[x] @ https://h.example/a.whl ; os_name == 'nt'", "a", "https://h.example/a.whl", None),
        (f"https://h.example/a.whl#sha256={DIGEST.upper()}", None, "https://h.example/a.whl", DIGEST),
        (f"a @ https://h.example/a.whl#egg=a&sha256={DIGEST}&subdirectory=b", "a", "https://h.example/a.whl", DIGEST),
        ("https://h.example/a.whl#sha256=abc", None, "https://h.example/a.whl", None),
        ("a @ git+https://h.example/a.git@main", "a", "git+https://h.example/a.git@main", None),
    ],
)
def test_a_url_is_no_path_although_it_contains_separators(
    text: str, name: str | None, url: str, sha256: str | None
) -> None:
    asked = parsed(text)
    assert (asked.name, asked.url, asked.sha256, asked.direct) == (name, url, sha256, True)


@pytest.mark.parametrize("text", ["a @ https://me:s3cr3t@h.example/a.whl", "https://me:s3cr3t@h.example/a.whl#x"])
def test_credentials_are_taken_off_and_kept_apart(text: str) -> None:
    credentials = Credentials()
    asked = parse(text, cwd=Path(), credentials=credentials)
    assert "s3cr3t" not in repr(asked)
    assert credentials.find("https://h.example/other") == ("me", "s3cr3t")


@pytest.mark.parametrize(
    "text",
    [
        "a @ https://me:s3cr3t@h.example:port/a.whl",
        "https://me:s3cr3t@[h/a.whl",
        "a b @ https://me:s3cr3t@h.example/a.whl",
        "a[ @ https://me:s3cr3t@h.example/a.whl",
        "a @ https://me:s3cr3t@h.example/a.whl ; no marker",
        "https://me:s3cr3t@/a.whl",
    ],
)
def test_credentials_are_in_no_error(text: str) -> None:
    with pytest.raises(RequirementError) as caught:
        parsed(text)
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in caught.value.text


def test_a_wheel_is_named_by_its_path(tmp_path: Path) -> None:
    path = Wheel("left").write(tmp_path / "dist")
    for text in (f"dist/{path.name}", str(path), path.as_uri(), f"left @ {path.as_uri()}"):
        asked = parsed(text, tmp_path)
        assert asked.path == path
        assert asked.direct
    assert parsed(path.name, tmp_path / "dist").path == path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "asks for nothing"),
        ("  ", "asks for nothing"),
        ("a\0b", "null character"),
        ("--foo", "--help"),
        ("-r", "--help"),
        ("1.0", "NAME==1.0"),
        ("v2.3.1", "NAME==v2.3.1"),
        ("numpy=1.0", "numpy==1.0"),
        ("numpy 1.0", "numpy==1.0"),
        ("numpy@1.0", "numpy==1.0"),
        ("numpy=>1.0", "numpy>=1.0"),
        ("numpy=<1.0", "numpy<=1.0"),
        ("numpy~1.0", "numpy~=1.0"),
        ("numpy^1.2", "numpy~=1.2"),
        ("numpy>=1<2", "numpy>=1,<2"),
        ("numpy==1.x", "numpy==1.*"),
        ("numpy==", "numpy==VERSION"),
        ("numpy>", "numpy==VERSION"),
        ("a b", "argument of its own"),
        ("a,b", "argument of its own"),
        ("a @ ./a.whl", "path of the wheel alone"),
        ("$x", "Examples"),
        ("a; python_version", "no requirement"),
        ("-", "standard input"),
        (".", "folder"),
        ("folder", "holds no wheels"),
        ("./folder", "folder"),
        ("folder.whl", "folder"),
        ("uv.lock", "no wheel"),
        ("pylock.toml", "no such file"),
        ("dist/a-1.tar.gz", "name does not end in .whl"),
        ("dist/*.whl", "No file matches"),
        ("dist/b-1-py3-none-any.whl", "no such file"),
        ("dist/b", "no such file"),
        ("file:///nowhere/b.whl", "no such file"),
        ("file://host/b.whl", "another host"),
        ("https:///b.whl", "no URL"),
        ("https://h:99999999/b.whl", "no URL"),
    ],
)
def test_anything_else_is_told_with_a_suggestion(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.whl").mkdir()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a-1.tar.gz").touch()
    (tmp_path / "uv.lock").touch()
    with pytest.raises(RequirementError) as caught:
        parsed(text, tmp_path)
    assert told.lower() in str(caught.value).lower()
    assert "\n" not in str(caught.value)


def test_a_requirement_that_is_also_an_import_package_here_gets_a_hint(tmp_path: Path) -> None:
    (tmp_path / "nixl").mkdir()
    (tmp_path / "nixl" / "__init__.py").touch()
    assert "./nixl" in parsed("nixl", tmp_path).hint
    assert parsed("nixl", tmp_path / "nixl").hint == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("wheelhouse", "description"),  # a folder that holds wheels
        ("build", None),  # a folder without: the folder, or the project of that name?
        ("build>=0", "requirement"),
        ("package", "requirement"),  # an import package of a checkout
        (".hidden", "description"),
        ("conda-lock.yml", "description"),
        ("requirements.in", "description"),
        ("here.py", "description"),
        ("here.lock", "description"),
        ("discord.py", "requirement"),
        ("jaraco.toml", "requirement"),
        ("ruamel.lock", "requirement"),
        ("Discord.PY", "requirement"),
        ("numpy", "requirement"),
        ("requirements.txt", "description"),
        ("report.json", "description"),
        ("uv.lock", "description"),
        ("pyproject.toml", "description"),
        ("a-1-py3-none-any.whl", "wheel"),
        ("dist/a-1-py3-none-any.whl", "wheel"),
        ("dist/discord.py", "description"),
        (".", "description"),
        ("-", "description"),
        ("", "requirement"),
        ("a @ https://h.example/a.whl", "url"),
        ("https://h.example/uv.lock", "url"),
    ],
)
def test_a_word_is_a_name_or_a_path_by_its_looks_and_by_what_is_there(
    tmp_path: Path, text: str, kind: str | None
) -> None:
    for name in ("wheelhouse/a-1-py3-none-any.WHL", "build/lib/a.py", "package/__init__.py", ".hidden/a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in ("conda-lock.yml", "requirements.in", "here.py", "here.lock"):
        (tmp_path / name).touch()
    if kind is None:
        with pytest.raises(RequirementError, match=f"'{text}>=0' for the project"):
            kind_of(text, cwd=tmp_path)
    else:
        assert kind_of(text, cwd=tmp_path) == kind


@pytest.mark.parametrize(
    ("marker", "platform", "expected"),
    [
        ("", "linux", True),
        ("; sys_platform == 'win32'", "linux", False),
        ("; sys_platform == 'win32'", "windows", True),
        ("; python_full_version < '3.12.1'", "linux", True),
        ("; extra == 'x'", "linux", False),
        ("; platform_release == ''", "macos", True),
    ],
)
def test_markers_are_those_of_the_target(marker: str, platform: str, *, expected: bool) -> None:
    assert applies(parsed(f"a{marker}"), target_for("3.12", platform)) is expected


@pytest.mark.parametrize(
    "text",
    [f"b; {'(' * 3000}python_version > '3'{')' * 3000}", f"b; python_version > '{'9' * 6000}'", "b; 'a' in 'b'"],
    ids=["nested", "digits", "two constants"],
)
def test_arguments_that_cannot_be_understood_are_errors(text: str) -> None:
    with pytest.raises(RequirementError):
        applies(parse(text, cwd=Path(), credentials=Credentials()), target_for("3.12", "linux"))
