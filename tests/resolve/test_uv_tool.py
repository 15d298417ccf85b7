"""Finding uv and running it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import uv as uv_package

from wheelclash.errors import QuestionError
from wheelclash.resolve.uv import OLDEST, Uv, clean_environ, find_uv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="stand-ins for other uvs are shell scripts")

REAL = uv_package.find_uv_bin()


def uv_saying(folder: Path, text: str) -> Path:
    """A folder with a uv that says this of its version."""
    folder.mkdir()
    script = folder / "uv"
    script.write_text(f"#!/bin/sh\necho '{text}'\n")
    script.chmod(0o755)
    return folder


def find(*folders: Path) -> Uv:
    """The uv that is found with these folders on PATH."""
    path = os.pathsep.join(map(str, folders))
    return find_uv({"PATH": path}, cwd=Path.cwd())


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where wheelclash was installed without its extra."""
    monkeypatch.setitem(sys.modules, "uv", None)


def test_the_package_comes_before_path(tmp_path: Path) -> None:
    found = find(uv_saying(tmp_path / "bin", "uv 99.0.0"))
    assert Path(found.path).samefile(REAL)
    assert tuple(map(int, found.version.split(".")[:2])) >= OLDEST


@pytest.mark.usefixtures("no_package")
@pytest.mark.parametrize("said", ["uv 0.9.0", "uv 0.13.9 (x86_64-unknown-linux-gnu)", "uv 1.0.0-rc.1 (abc 2026-01-01)"])
def test_without_the_package_uv_is_found_on_path(tmp_path: Path, said: str) -> None:
    found = find(tmp_path, uv_saying(tmp_path / "bin", said))
    assert found == Uv(str(tmp_path / "bin" / "uv"), said.split()[1])


@pytest.mark.usefixtures("no_package")
def test_without_any_uv_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionError) as caught:
        find(tmp_path)
    assert "pip install uv" in caught.value.hint
    assert "--no-deps" in caught.value.hint


@pytest.mark.usefixtures("no_package")
@pytest.mark.parametrize("said", ["uv 0.8.22 (abc)", "uv 0.6.14"])
def test_a_uv_too_old_is_refused_by_its_version(tmp_path: Path, said: str) -> None:
    with pytest.raises(QuestionError) as caught:
        find(uv_saying(tmp_path / "bin", said))
    assert said.split()[1] in caught.value.reason
    assert "pip install uv" in caught.value.hint


@pytest.mark.usefixtures("no_package")
def test_a_uv_too_old_gives_way_to_the_next_on_path(tmp_path: Path) -> None:
    found = find(uv_saying(tmp_path / "old", "uv 0.5.0"), uv_saying(tmp_path / "new", "uv 0.10.0"))
    assert found.version == "0.10.0"


@pytest.mark.usefixtures("no_package")
def test_what_is_called_uv_and_is_none_is_passed_over(tmp_path: Path) -> None:
    broken = uv_saying(tmp_path / "broken", "uv 9.0.0")
    (broken / "uv").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(QuestionError, match="there is none"):
        find(broken, uv_saying(tmp_path / "other", "ultraviolet 3000"))


def test_what_would_change_the_answer_is_kept_from_uv() -> None:
    given = {
        "HOME": "/home/me",
        "HTTPS_PROXY": "http://proxy",
        "SSL_CERT_FILE": "/ca.pem",
        "UV_CACHE_DIR": "/cache",
        "UV_NATIVE_TLS": "1",
        "UV_INDEX_PRIVATE_PASSWORD": "x",
        "UV_DEFAULT_INDEX": "x",
        "UV_CONFIG_FILE": "x",
        "UV_RESOLUTION": "lowest",
        "UV_PYTHON_DOWNLOADS": "automatic",
        "FORCE_COLOR": "1",
        "MACOSX_DEPLOYMENT_TARGET": "26.0",
    }
    found = clean_environ(given)
    assert {key for key in given if found.get(key) == given[key]} == {
        "HOME", "HTTPS_PROXY", "SSL_CERT_FILE", "UV_CACHE_DIR", "UV_NATIVE_TLS",
    }  # fmt: skip
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
