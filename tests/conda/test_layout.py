"""Where the files of conda packages go, on each platform."""

from __future__ import annotations

import pytest

from wheelclash.conda.contents import CondaContents, CondaFile
from wheelclash.conda.layout import conda_layout
from wheelclash.target.target import target_for

LINUX, WINDOWS = target_for("3.12", "linux"), target_for("3.12", "windows")


@pytest.mark.parametrize(
    ("path", "on_linux", "on_windows"),
    [
        ("lib/python3.12/site-packages/p/m.py", "site-packages/p/m.py", "data/lib/python3.12/site-packages/p/m.py"),
        ("Lib/site-packages/p/m.py", "data/Lib/site-packages/p/m.py", "site-packages/p/m.py"),
        ("lib/python3.11/site-packages/m.py", "data/lib/python3.11/site-packages/m.py", None),
        ("bin/tool", "scripts/tool", "data/bin/tool"),
        ("Scripts/tool.exe", "data/Scripts/tool.exe", "scripts/tool.exe"),
        ("scripts/tool.exe", "data/scripts/tool.exe", "scripts/tool.exe"),
        ("include/python3.12/g/g.h", "headers/g/g.h", "headers/python3.12/g/g.h"),
        ("share/man/man1/tool.1", "data/share/man/man1/tool.1", "data/share/man/man1/tool.1"),
        ("site-packages/m.py", "data/site-packages/m.py", "data/site-packages/m.py"),
    ],
)
def test_files_stay_where_they_are_below_the_prefix(path: str, on_linux: str, on_windows: str | None) -> None:
    contents = CondaContents((CondaFile(path),))
    assert list(conda_layout(contents, LINUX).files) == [on_linux]
    if on_windows is not None:
        assert list(conda_layout(contents, WINDOWS).files) == [on_windows]


def test_what_is_for_any_python_goes_to_the_folders_of_the_one_that_is_there() -> None:
    files = ("site-packages/m.py", "python-scripts/run", "share/x", "etc/site-packages/y")
    contents = CondaContents(tuple(map(CondaFile, files)), noarch_python=True, commands=(("tool", "m:main"),))
    common = ["data/etc/site-packages/y", "data/share/x", "scripts/run"]
    on_linux, on_windows = (conda_layout(contents, target).files for target in (LINUX, WINDOWS))
    assert sorted(on_linux) == [*common, "scripts/tool", "site-packages/m.py"]
    assert sorted(on_windows) == [*common, "scripts/tool-script.py", "scripts/tool.exe", "site-packages/m.py"]
    generated = [file.content for files in (on_linux, on_windows) for file in files.values() if file.member is None]
    assert generated == ["console:m:main", "console:m:main"]


def test_without_locks_a_python_has_folders_of_its_own() -> None:
    contents = CondaContents((CondaFile("lib/python3.13t/site-packages/m.py"),))
    free = target_for("3.13t", "linux")
    assert list(conda_layout(contents, free).files) == ["site-packages/m.py"]
