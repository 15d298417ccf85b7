"""Sets as other tools have them: pipenv, pex, lists of what is installed, bills of materials."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wheelclash.descriptions import describe
from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.locks.read import detect_format, read_lock
from wheelclash.target.target import target_for

from .shop import EXPECTED, expected

if TYPE_CHECKING:
    from wheelclash.resolve.selection import Lock, Selection

FIXTURES = Path(__file__).parent / "fixtures"
LINUX = target_for("3.12", "linux")


def lock(content: Any, name: str = "set.json") -> Lock:
    """Read a description, recognised by its content alone."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path = Path("/somewhere") / name
    assert describe(path, data) == "lock"
    assert describe(None, data) == "lock"
    return read_lock(path, data, credentials=Credentials())


def select(content: Any, *, groups: tuple[str, ...] = ()) -> Selection:
    return lock(content).select(LINUX, extras=(), all_extras=False, groups=groups)


def releases(selection: Selection) -> list[str]:
    return [release.asked.text for release in selection.releases]


def codes(selection: Selection) -> dict[str, str]:
    """What is left out, and why."""
    return {skip.requirement: skip.code for skip in (*selection.skipped, *selection.not_compared)}


# -- pex and pipenv, as the real tools wrote them ------------------------------------------------------------


@pytest.mark.parametrize("at", [at for at in EXPECTED if at[0] != "3.9"])
def test_a_lock_of_pex_comes_down_to_the_same_files_as_every_other(at: tuple[str, str]) -> None:
    """With the lines of comment that Pants puts above it, too."""
    data = (FIXTURES / "pex" / "lock.json").read_bytes()
    for content in (data, b"// --- BEGIN METADATA ---\n// { }\n" + data):
        selection = lock(content).select(target_for(*at), extras=(), all_extras=False, groups=())
        assert {candidate.filename for candidate in selection.candidates} == expected(at)
        assert "wc-core" in selection.roots
        assert "wc-shared" not in selection.roots


def test_a_pex_file_names_the_wheels_it_was_made_of(tmp_path: Path) -> None:
    path = tmp_path / "shop"
    with path.open("wb") as file:
        file.write(b"#!/usr/bin/env python3.11\n")
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("PEX-INFO", (FIXTURES / "pex-info" / "PEX-INFO.txt").read_bytes())
    head = path.read_bytes()[:100]
    assert detect_format(path, head) == "pex"
    selection = read_lock(path, head, credentials=Credentials()).select(
        target_for("3.11", "linux"), extras=(), all_extras=False, groups=()
    )
    assert sorted(wheel.candidate.name for wheel in selection.unlocated) == [
        "wc-core", "wc-forked", "wc-native", "wc-shared", "wc-speed", "wc-util",
    ]  # fmt: skip
    path.write_bytes(b"#!/bin/sh\necho PEX-INFO\n")
    assert detect_format(path, path.read_bytes()) is None


def test_a_lock_of_pipenv_pins_releases_and_their_hashes() -> None:
    document = json.loads((FIXTURES / "pipenv" / "Pipfile.lock").read_bytes())
    target = target_for("3.11", "linux")
    selection = lock(document, "Pipfile.lock").select(target, extras=(), all_extras=False, groups=())
    names = {release.asked.name: release for release in selection.releases}
    assert set(names) == {"wc-core", "wc-forked", "wc-native", "wc-shared", "wc-speed", "wc-util"}
    assert len(names["wc-native"].hashes) == 16
    assert names["wc-util"].asked.extras == ("fast",)
    assert {release.index for release in selection.releases} == {None}
    assert not selection.notes
    with_tests = lock(document, "Pipfile.lock").select(LINUX, extras=(), all_extras=False, groups=("develop",))
    assert {release.asked.name for release in with_tests.releases} == {*names, "wc-lint"} - {"wc-forked"}
    assert "is for Python 3.11" in with_tests.notes[0]
    document["_meta"]["sources"].append({"name": "private", "url": "https://user:secret@private.example/simple"})
    document["default"]["wc-core"]["index"] = "private"
    document["default"] |= {
        "ours": {"editable": True, "path": "."},
        "wheel": {"file": "https://files.example/wheel-1.0-py3-none-any.whl"},
        "forked": {"git": "https://git.example/forked", "ref": "1234"},
    }
    selection = lock(document, "Pipfile.lock").select(target, extras=(), all_extras=False, groups=())
    assert next(iter(selection.releases)).index == "https://private.example/simple"
    assert codes(selection) == {"ours": "project", "forked": "not-a-wheel"}
    assert [candidate.filename for candidate in selection.candidates] == ["wheel-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("other", [{"version": "==2.0"}, {"file": "https://files.example/left-1.0-py3-none-any.whl"}])
def test_categories_of_pipenv_that_pin_one_project_twice_are_refused(other: dict[str, str]) -> None:
    """Pipenv installs one after the other, and leaves what comes last; what it uninstalls may take files with it."""
    document = {
        "_meta": {"pipfile-spec": 6},
        "default": {"left": {"version": "==1.0"}, "right": {"version": "==1.0", "markers": "sys_platform == 'win32'"}},
        "develop": {"Left": other, "right": {"version": "==2.0"}},
        "docs": {"left": {"version": "==1.0", "hashes": []}},
    }
    found = lock(document, "Pipfile.lock")
    with pytest.raises(QuestionError, match=r"pins Left twice: ==1\.0 in default, .* in develop"):
        found.select(LINUX, extras=(), all_extras=False, groups=["develop"])
    assert releases(found.select(LINUX, extras=(), all_extras=False, groups=["docs"])) == ["left==1.0"]


# -- lists of what is installed ------------------------------------------------------------------------------


def test_lists_of_pip_uv_and_conda() -> None:
    listed = [
        {"name": "left", "version": "1.0"},
        {"name": "Right_One", "version": "2.0+cu1", "channel": "pypi"},
        {"name": "ours", "version": "0.1", "editable_project_location": "/home/user/ours"},
        {"name": "python", "version": "3.12.4", "channel": "conda-forge"},
        {"name": "odd", "version": "not a version"},
        {"name": "no name", "version": "1"},
    ]
    for data in (json.dumps(listed).encode(), json.dumps(listed).encode("utf-16")):
        selection = select(data)
        assert releases(selection) == ["left==1.0", "Right_One==2.0+cu1"]
        assert codes(selection) == {
            "odd": "no-version", "no name": "not-found", "ours==0.1": "editable", "python==3.12.4": "conda",
        }  # fmt: skip


def test_an_inspection_says_where_each_came_from_and_for_what_it_holds() -> None:
    def installed(name: str, **more: Any) -> dict[str, Any]:
        return {"metadata": {"name": name, "version": "1.0"}, "installer": "pip", "requested": False, **more}

    wheel = {"url": "https://files.example/direct-1.0-py3-none-any.whl", "archive_info": {}}
    document = {
        "version": "1",
        "pip_version": "25.1",
        "installed": [
            installed("left", requested=True), installed("numpy", installer="conda"),
            installed("direct", direct_url=wheel),
            installed("ours", direct_url={"url": "file:///home/user/ours", "dir_info": {"editable": True}}),
            installed("forked", direct_url={"url": "https://git.example/f", "vcs_info": {"vcs": "git"}}),
        ],
        "environment": {"python_full_version": "3.12.4", "sys_platform": "win32", "platform_machine": "AMD64"},
    }  # fmt: skip
    selection = select(document)
    assert releases(selection) == ["left==1.0"]
    assert [candidate.url for candidate in selection.candidates] == [wheel["url"]]
    assert codes(selection) == {
        "numpy==1.0": "conda", "ours==1.0": "editable", "forked==1.0": "not-a-wheel",
    }  # fmt: skip
    assert list(selection.roots) == ["left"]
    assert [(target.python_version, target.platform) for target in lock(document).targets()] == [
        ("3.12.4", "win_amd64")
    ]


# -- bills of materials --------------------------------------------------------------------------------------

CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {"component": {"type": "container", "name": "image", "version": "1"}},
    "components": [
        {"type": "library", "name": "left", "version": "1.0", "purl": "pkg:pypi/left@1.0?file_name=left.whl#x"},
        {"type": "library", "name": "left", "version": "1.0", "purl": "pkg:pypi/left@1.0"},
        {"type": "library", "name": "openssl", "version": "3", "purl": "pkg:deb/debian/openssl@3"},
        {"type": "library", "name": "zlib", "version": "1.3", "purl": "pkg:conda/zlib@1.3"},
        {"type": "library", "name": "anything", "version": "1"},
        {"type": "library", "name": "versionless", "purl": "pkg:pypi/versionless"},
        {"type": "application", "name": "outer", "components": [
            {"type": "library", "name": "right", "version": "2.0%2Bcu1", "purl": "pkg:pypi/right@2.0%2Bcu1"}]},
        {"type": "library", "name": "unused", "version": "1", "purl": "pkg:pypi/unused@1", "scope": "excluded"},
        {"type": "file", "name": "/bin/sh"},
    ],
}  # fmt: skip
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "packages": [
        {"SPDXID": "SPDXRef-image", "name": "image"},
        *(
            {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version, "externalRefs": [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}]}
            for name, version, purl in (
                ("left", "1.0", "pkg:pypi/left@1.0"), ("openssl", "3", "pkg:deb/debian/openssl@3"),
                ("zlib", "1.3", "pkg:conda/zlib@1.3"), ("right", "2.0+cu1", "pkg:pypi/right"),
            )
        ),
        {"SPDXID": "SPDXRef-anything", "name": "anything", "versionInfo": "1"},
        {"SPDXID": "SPDXRef-v", "name": "versionless", "externalRefs": [
            {"referenceType": "purl", "referenceLocator": "pkg:pypi/versionless"}]},
    ],
    "relationships": [{"relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}],
}  # fmt: skip
SPDX_3 = {
    "@context": "https://spdx.example/context.jsonld",
    "@graph": [
        {"type": "SpdxDocument"},
        *({"type": "software_Package", "name": name, "software_packageVersion": version, "software_packageUrl": purl}
          for name, version, purl in (
              ("left", "1.0", "pkg:pypi/left@1.0"), ("openssl", "3", "pkg:deb/debian/openssl@3"),
              ("zlib", "1.3", "pkg:conda/zlib@1.3"), ("right", "2.0+cu1", "pkg:pypi/right"))),
        {"type": "software_Package", "name": "anything", "software_packageVersion": "1"},
        {"type": "software_Package", "name": "versionless", "software_packageUrl": "pkg:pypi/versionless"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "document", [CYCLONEDX, SPDX, {"sbom": SPDX}, SPDX_3], ids=["cyclonedx", "spdx", "export", "3"]
)
def test_a_bill_of_materials_lists_python_projects_by_package_url(document: dict[str, Any]) -> None:
    selection = select(document)
    assert releases(selection) == ["left==1.0", "right==2.0+cu1"]
    expected_codes = {"openssl==3": "not-python", "zlib==1.3": "conda", "anything==1": "not-python"}
    found = codes(selection)
    found.pop("outer", None)
    assert found == {**expected_codes, "versionless": "no-version"}


# -- what is none of these -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"name": "package", "version": "1"}, "nothing that is known here"),
        ([{"id": 1}], "name is missing"),
        ([{"name": 5}], "name is no text"),
        ([{"name": "x"}, 7], "no list of tables"),
        ({"installed": [], "pip_version": "25", "version": "2"}, 'only version "1"'),
        ({"installed": [{"metadata": []}], "pip_version": "25", "version": "1"}, "metadata is no table"),
        ({"_meta": {"pipfile-spec": 5}}, "only 6 is known"),
        ({"_meta": {"pipfile-spec": 6}, "default": {"x": "==1"}}, "x is no table"),
        ({"locked_resolves": [{"locked_requirements": [{}]}]}, "project_name is missing"),
        ({"bomFormat": "CycloneDX", "specVersion": "2.0"}, "1.x is known"),
        ({"bomFormat": "CycloneDX", "specVersion": "1.4", "components": [{"type": "library"}]}, "name is missing"),
        ({"spdxVersion": "SPDX-1.2"}, "SPDX 2.x and 3.x are known"),
        (b'{"a": ', "is not JSON"),
        (b'{"a": ' * 100_000, "nested too deeply"),
        (b"[" + b'{"name": [' * 50_000, "nested too deeply"),
        (b"\xff\xfe{\x00\x00\xd8", "is not UTF-16"),
    ],
)
def test_wrong_json_ends_in_a_sentence(content: Any, words: str) -> None:
    with pytest.raises(QuestionError, match=words.replace(".", r"\.")):
        select(content)
