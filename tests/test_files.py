"""Files that others wrote are regular ones, cannot block, and are read up to a bound."""

from __future__ import annotations

import ast
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import LINUX, ROOT, Command
from tests.support.wheelmaker import Wheel
from wheelclash.files import IrregularFileError, TooLargeError, open_regular, read_file, require_file

if TYPE_CHECKING:
    from collections.abc import Callable

posix = pytest.mark.skipif(os.name != "posix", reason="devices and named pipes are POSIX's")


def endless(path: Path) -> None:
    """A device that never ends."""
    path.symlink_to("/dev/zero")


def pipe(path: Path) -> None:
    """A pipe that nothing is written to: opening it the usual way would wait for ever."""
    os.mkfifo(path)


def huge(path: Path) -> None:
    """A file of many bytes, none of which takes room on the disk."""
    with path.open("wb") as file:
        file.truncate(2**40)


BAD = [pytest.param(endless, id="device"), pytest.param(pipe, id="pipe"), pytest.param(huge, id="huge")]
"""Ways to make a file that must not be read."""


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_file(path, 5) == b"12345"
    with open_regular(path) as stream:
        assert stream.read(2) == b"12"
    for refuse in (lambda: read_file(path, 4), lambda: require_file(path, 4)):
        with pytest.raises(TooLargeError, match="more than 4 bytes"):
            refuse()


def test_a_folder_and_nothing_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(IrregularFileError) as folder:
        read_file(tmp_path, 10)
    assert folder.value.is_folder
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none", 10)
    with pytest.raises(OSError, match="null"):
        read_file(str(tmp_path / "a\0b"), 10)


@posix
@pytest.mark.parametrize("make", BAD[:2])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "it")
    (tmp_path / "link").symlink_to(tmp_path / "it")
    for path in (tmp_path / "it", tmp_path / "link"):
        with pytest.raises(IrregularFileError):
            read_file(path, 10)
    with socket.socket(socket.AF_UNIX) as listener:
        short = Path(os.path.relpath(tmp_path / "s"))
        listener.bind(str(short) if len(str(short)) < len(str(tmp_path / "s")) else str(tmp_path / "s"))
        with pytest.raises(OSError, match=r".+"):
            read_file(tmp_path / "s", 10)


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="no files whose size is said to be 0")
def test_a_file_that_has_more_than_the_system_says_is_bounded_too() -> None:
    with pytest.raises(TooLargeError):
        read_file("/proc/self/maps", 10)


def test_no_other_module_opens_files_to_read_them() -> None:
    """One module does, so that each reading has a bound; the data of the package itself may be read as it is."""
    allowed = {
        ("families.py", "read_bytes"),
        ("html.py", "read_text"),
        ("cache.py", "open"),
        ("streams.py", "open"),
        ("files.py", "open"),
        ("build.py", "open"),  # to write
        ("dataset.py", "open"),  # to have it on disk
    }
    found = set()
    for path in (ROOT / "wheelclash").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in {"read_text", "read_bytes", "open"}:
                owner = called.value.id if isinstance(called.value, ast.Name) else ""
                if (
                    owner not in {"archive", "builder", "Dataset", "tarfile"}
                    and ast.unparse(called) != "archive.zip.open"
                ):
                    found.add((path.name, called.attr))
            elif isinstance(called, ast.Name) and called.id == "open":
                found.add((path.name, "open"))
    assert found <= allowed


# -- through every way in ----------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("make", BAD)
@pytest.mark.parametrize(
    "arguments",
    [
        ["-r", "bad"],
        ["-r", "includes.txt"],
        ["./bad.lock"],
        ["./uv.lock"],
        ["./pyproject.toml"],
        ["./bad-1.0-py3-none-any.whl", "./good-1.0-py3-none-any.whl"],
        ["./good-1.0-py3-none-any.whl", "--against", "./bad-1.0-py3-none-any.whl"],
        ["one", "two", "--find-links", "links.html"],
        ["one", "two", "--index-url", "file:index"],
    ],
    ids=" ".join,
)
def test_no_input_is_read_without_a_bound(tmp_path: Path, make: Callable[[Path], None], arguments: list[str]) -> None:
    """The command ends, says which file cannot be read, and claims nothing."""
    Wheel("good", files={"good.py": ""}).write(tmp_path)
    (tmp_path / "index" / "one").mkdir(parents=True)
    (tmp_path / "includes.txt").write_text("-r bad\n")
    names = ("bad", "bad.lock", "uv.lock", "pyproject.toml", "bad-1.0-py3-none-any.whl", "links.html")
    for name in (*names, "index/one/index.html"):
        make(tmp_path / name)
    arguments = [each.replace("file:", f"file://{tmp_path}/") for each in arguments]
    ran = Command(tmp_path)(*arguments, "--no-config", *LINUX)
    assert ran.code in {2, 3}
    assert "read" in ran.out + ran.err or "zip" in ran.out + ran.err


@posix
@pytest.mark.parametrize("make", BAD)
@pytest.mark.parametrize("variable", ["PIP_CONFIG_FILE", "UV_CONFIG_FILE", "NETRC", "SSL_CERT_FILE"])
def test_no_configuration_is_read_without_a_bound(tmp_path: Path, make: Callable[[Path], None], variable: str) -> None:
    make(tmp_path / "bad")
    environ = {"UV_NO_CONFIG": "", variable: str(tmp_path / "bad")}
    ran = Command(tmp_path, "http://127.0.0.1:9/simple/", environ)("one", "two", *LINUX)
    assert ran.code == 2


@posix
@pytest.mark.parametrize("make", BAD)
def test_no_entry_of_the_cache_is_read_without_a_bound(tmp_path: Path, make: Callable[[Path], None]) -> None:
    from wheelclash.http.cache import Cache

    cache = Cache(tmp_path / "cache")
    cache.put("contents", "key", 1)
    (entry,) = (path for path in (tmp_path / "cache").glob("v*/*/*") if path.is_file())
    entry.unlink()
    make(entry)
    assert Cache(tmp_path / "cache").get("contents", "key") is None


def test_standard_input_is_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the bound is an error, not a shorter list."""
    import io
    import sys
    from types import SimpleNamespace

    from wheelclash import descriptions
    from wheelclash.errors import QuestionError

    monkeypatch.setattr(descriptions, "LARGEST_DESCRIPTION", 10)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one\ntwo\nthree\n")))
    with pytest.raises(QuestionError, match="standard input has more"):
        descriptions.content_of(None, "-")
