"""User names and passwords are in nothing that is printed, whether or not they are part of a URL that makes sense."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.command import LINUX, Command
from tests.support.installed import Handmade
from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import serve_pairs
from wheelclash.http.urls import redacted, shown

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t"  # noqa: S105 - a test's

MALFORMED = [
    f"https://user:a/{SECRET}@index.example/simple",
    f"https://user:a#{SECRET}@index.example/simple",
    f"https://user:a?{SECRET}@index.example/simple",
    f"https://user:a b{SECRET}@index.example/simple",
    f"https://user:a@b/{SECRET}@index.example/simple",
    f"https:/user:{SECRET}@index.example/simple",
    f"user:{SECRET}@index.example/simple",
    f"//user:{SECRET}@index.example/simple",
    f"https://token/{SECRET}@index.example/simple",
    f"ftp://user:{SECRET}@index.example/simple",
    f"https://user:{SECRET}@/simple",
    f"https://user:{SECRET}@index.example:port/simple",
    f"https://user:{SECRET}@[::1/simple",
]
"""What people type for an index that wants a password."""

LINES = [
    ["left", "right", "--index-url", "{}"],
    ["left", "right", "--extra-index-url={}"],
    ["left", "right", "--find-links", "{}"],
    ["left", "{}"],
    ["left", "{}/right-1.0-py3-none-any.whl"],
    ["left", "--into", "{}"],
    ["left", "right", "--python", "{}"],
    ["left", "right @ {}"],
    ["left", "right", "--against", "{}"],
    ["-r", "{}"],
    ["-r", "names.txt"],
    ["-r", "includes.txt"],
    ["left", "right", "--no-such-option={}"],
    ["env", "--index-url", "{}"],
    ["env", "{}"],
    ["env", "--path", "{}"],
    ["who", "m.py", "--prefix", "{}"],
]
"""Where they type it."""


@pytest.mark.parametrize(
    ("line", "place"),
    [(LINES[0], place) for place in MALFORMED]
    + [(line, place) for line in LINES[1:] for place in (MALFORMED[0], MALFORMED[6])],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_no_command_line_prints_a_password(tmp_path: Path, line: list[str], place: str) -> None:
    """Refused or not; offline, so that nothing is asked."""
    (tmp_path / "names.txt").write_text(f"--index-url {place}\nleft\n")
    (tmp_path / "includes.txt").write_text(f"-r {place}\n")
    more = [] if line[0] in {"env", "who"} else [*LINUX, "--deps" if "-r" in line else "--no-deps"]
    ran = Command(tmp_path)(*(each.format(place) for each in line), *more, "--offline", "-v")
    assert SECRET not in ran.out + ran.err


@given(
    st.sampled_from(["https://", "http://", "", "//", "git+https://", "https:/"]),
    st.text("abcXYZ019._~%/#?&=+!$", min_size=1, max_size=8),
    st.sampled_from(["", "error: ", "'", "--index-url ", "x @ "]),
)
def test_whatever_the_password_holds_it_is_not_repeated(scheme: str, noise: str, before: str) -> None:
    location = f"{scheme}user:{noise}{SECRET}@index.example/simple"
    assert SECRET not in redacted(f"{before}{location} is no URL")
    assert SECRET not in shown(location)


@pytest.mark.parametrize(
    "text",
    [
        "https://index.example:8080/@scope/x",
        "git+https://host.example/project.git@v1.0",
        "git@host.example:group/project.git",
        "https://feeds.example/_packaging/feed@Local/pypi/simple",
        "pkg @ https://host.example/pkg-1.0-py3-none-any.whl",
        r"C:\wheels\a@b.whl",
        "/home/me/a:b@c.whl",
        "file:///home/me/a:b@c.whl",
        "no secret: at all",
    ],
)
def test_what_is_no_login_is_left(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("command", [["env"], ["env", "--keep", "one"], ["fix", "--keep", "one"], ["who", "one"]])
@pytest.mark.parametrize(
    "url", [f"https://user:{SECRET}@127.0.0.1:9/one-1.0-py3-none-any.whl", f"https://user:a/{SECRET}@127.0.0.1/one.whl"]
)
def test_where_a_distribution_was_installed_from_is_told_without_password(
    tmp_path: Path, command: list[str], form: str, url: str
) -> None:
    """Installers write it into ``direct_url.json`` as they were given it."""
    library = tmp_path / "venv" / "lib" / f"python3.{sys.version_info.minor}"
    made = Handmade(tmp_path / "venv", library / "site-packages")
    for name in ("one", "two"):
        made.add(name, {"shared/m.py": name.encode(), f"{name}/__init__.py": b""})
    (made.site / "one-1.0.dist-info" / "direct_url.json").write_text(json.dumps({"url": url, "archive_info": {}}))
    where = ["--prefix", str(made.prefix)] if command[0] != "fix" else ["--python", interpreter(made)]
    ran = Command(tmp_path)(*command, *where, "--format", form, "-v", "--offline")
    assert ran.code in {0, 1, 2}
    assert ran.out
    assert ("installed from" in ran.out) == (command[0] == "fix")
    assert SECRET not in ran.out + ran.err


def interpreter(made: Handmade) -> str:
    """An interpreter that says it installs there."""
    folder = made.prefix / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "python").symlink_to(os.path.realpath(sys.executable))
    (made.prefix / "pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")  # noqa: PTH120
    return str(folder / "python")


# -- files of requirements from the web ------------------------------------------------------------------------


@pytest.mark.parametrize("deps", ["--deps", "--no-deps"])
def test_a_file_of_requirements_is_read_from_the_web_as_pip_reads_it(tmp_path: Path, deps: str) -> None:
    """With its includes, relative to its own URL, by the login in that, which is not printed."""
    with LoopbackIndex(tmp_path / "index", auth=("user", SECRET)) as index:
        serve_pairs(index)
        index.add_file("r.txt", b"left==1.0  # one\n-r \\\nother.txt\n")
        index.add_file("other.txt", b"right==1.0\n")
        url = index.with_credentials("user", SECRET)
        base = url.replace("/simple/", "/files/")
        ran = Command(tmp_path, url)("-r", f"{base}r.txt", *LINUX, deps, "--format", "json")
        assert ran.code == 1, ran
        assert {each["name"] for each in ran.json["distributions"]} == {"left", "right"}
        assert SECRET not in ran.out + ran.err
        wrong = Command(tmp_path, url)("-r", f"{base}none.txt", *LINUX, deps)
        assert (wrong.code, SECRET in wrong.err, "none.txt" in wrong.err) == (2, False, True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"-r r.txt\n", "includes itself"),
        (b"-r file:///etc/passwd\n", "this machine"),
        (b"-c other.txt\n", "constraints"),
        (b"#" * (16 * 2**20 + 1), "16 MiB"),
    ],
    ids=["round", "local", "constraints", "large"],
)
def test_a_file_from_the_web_that_is_not_followed_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with LoopbackIndex(tmp_path / "index") as index:
        index.add_file("r.txt", content)
        ran = Command(tmp_path, index.simple)("-r", index.simple.replace("/simple/", "/files/r.txt"), *LINUX)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
