"""What a conda package says of itself: what is believed, and what is refused with which code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.condamaker import PLACEHOLDER, Conda
from wheelclash.conda import contents as contents_module
from wheelclash.conda.contents import CondaContents, CondaFile, parse_contents
from wheelclash.errors import WheelError


def parse(package: Conda) -> CondaContents:
    texts = {path: text.encode() if isinstance(text, str) else text for path, text in package.described.items()}
    return parse_contents(texts, package.filename, "tzdata", "1.0")


def test_files_have_the_hash_of_what_is_installed() -> None:
    """Conda puts the prefix into some files as it installs them; what they hold then is not known."""
    package = Conda("tzdata", files={"bin/tool": f"#!{PLACEHOLDER}/bin/python", "share/a.txt": "a"})
    package.info["info/paths.json"] = json.dumps(
        {
            "paths_version": 1,
            "paths": [
                *package.paths,
                {"_path": "share/link", "path_type": "softlink", "sha256": "0" * 64, "size_in_bytes": 3},
                {"_path": "share/folder", "path_type": "directory"},
                {"_path": "share/odd", "path_type": "hardlink", "sha256": "no hash", "size_in_bytes": -1},
            ],
        }
    )
    known = CondaFile("share/a.txt", f"sha256:{package.paths[1]['sha256']}", 1)
    assert parse(package).files == (
        CondaFile("bin/tool"), known, CondaFile("share/link"), CondaFile("share/odd"),
    )  # fmt: skip


def test_packages_from_before_paths_json_have_names_alone() -> None:
    package = Conda("tzdata", files={"share/a.txt": "a"}, info={"info/paths.json": None})
    assert parse(package) == CondaContents((CondaFile("share/a.txt"),))


def test_what_is_for_any_python_has_commands() -> None:
    package = Conda("tzdata", noarch="python", entry_points=["tool = m:main", " other=m.n:run "])
    assert parse(package) == CondaContents((), noarch_python=True, commands=(("tool", "m:main"), ("other", "m.n:run")))
    link: dict[str, bytes | str | None] = {
        "info/link.json": '{"noarch": {"type": "generic", "entry_points": ["tool = m:main"]}}'
    }
    assert parse(Conda("tzdata", noarch="generic", info=link)) == CondaContents(())


def paths(**row: Any) -> str:
    return json.dumps({"paths_version": 1, "paths": [row]})


@pytest.mark.parametrize("info", [{}, {"info/paths.json": None}])
def test_no_more_files_are_read_than_any_package_has(info: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "_MOST_FILES", 1)
    with pytest.raises(WheelError, match="it lists 2 files; at most 1 are read"):
        parse(Conda("tzdata", files={"a": "", "b": ""}, info=info))


@pytest.mark.parametrize(
    ("info", "code", "words"),
    [
        ({"info/index.json": None}, "unreadable", "no conda package"),
        ({"info/index.json": "{"}, "unreadable", "info/index.json is no JSON"),
        ({"info/index.json": "[" * 100_000}, "unreadable", "info/index.json is no JSON"),
        ({"info/index.json": "[]"}, "unreadable", "info/index.json is no table"),
        ({"info/index.json": '{"name": "other", "version": "1.0"}'}, "mismatch", "calls itself other 1.0"),
        ({"info/paths.json": b"\xff"}, "unreadable", "info/paths.json is no JSON"),
        ({"info/paths.json": '{"paths_version": 2, "paths": []}'}, "unreadable", "of version 2; only 1"),
        ({"info/paths.json": '{"paths_version": 1}'}, "unreadable", "no list of paths"),
        ({"info/paths.json": '{"paths_version": 1, "paths": [1]}'}, "unreadable", "a row without a path"),
        ({"info/paths.json": None, "info/files": None}, "unreadable", "which files it has"),
        ({"info/paths.json": paths(_path="../a", path_type="hardlink")}, "hostile", "outside of the environment"),
        ({"info/paths.json": paths(_path="a/../../b", path_type="hardlink")}, "hostile", "outside"),
        ({"info/paths.json": paths(_path="/etc/a", path_type="hardlink")}, "hostile", "outside"),
        ({"info/paths.json": paths(_path="C:\\a", path_type="hardlink")}, "hostile", "outside"),
        ({"info/paths.json": paths(_path="a\\..\\..\\b", path_type="hardlink")}, "hostile", "outside"),
        ({"info/paths.json": paths(_path="a\0", path_type="hardlink")}, "hostile", "outside"),
        ({"info/paths.json": None, "info/files": "a\n../b\n"}, "hostile", "outside"),
        ({"info/link.json": '{"noarch": {"type": "python", "entry_points": ["x"]}}'}, "unreadable", "names no command"),
        ({"info/link.json": '{"noarch": {"type": "python", "entry_points": ["../x=m:f"]}}'}, "hostile", "outside"),
        ({"info/link.json": "no"}, "unreadable", "info/link.json is no JSON"),
    ],
)
def test_what_is_no_description_of_a_package_is_refused(info: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(WheelError, match=words) as raised:
        parse(Conda("tzdata", noarch="python", files={"site-packages/a.py": ""}, info=info))
    assert raised.value.code == code
