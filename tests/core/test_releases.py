"""What a release newly installs outside of its own packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import distribution
from tests.support.wheelmaker import Wheel
from wheelclash.core.releases import compare_releases

Files: TypeAlias = dict[str, bytes | str]

if TYPE_CHECKING:
    from wheelclash.core.releases import Addition

OWN: Files = {"demo/__init__.py": "", "demo/core.py": ""}
NAMESPACE: Files = {"space/demo/__init__.py": ""}


def additions(before: Files, after: Files, **more: Any) -> list[Addition]:
    old = distribution(Wheel("demo", "1.0", files=before))
    found = compare_releases(distribution(Wheel("demo", "2.0", files=after, **more)), old)
    assert found is not None
    assert (found.new.version, found.old.version) == ("2.0", "1.0")
    return list(found.additions)


@pytest.mark.parametrize(
    ("before", "new", "kind", "path", "name", "severity"),
    [
        (OWN, "hook.pth", "startup", "site-packages/hook.pth", "", "warning"),
        (OWN, "hook.start", "startup", "site-packages/hook.start", "", "warning"),
        (OWN, "sitecustomize.py", "startup", "site-packages/sitecustomize.py", "", "warning"),
        (OWN, "tests/__init__.py", "import", "site-packages/tests/", "tests", "warning"),
        (OWN, "helper.py", "import", "site-packages/helper.py", "helper", "warning"),
        (OWN, "_demo.cpython-312-x86_64-linux-gnu.so", "import", None, "_demo", "warning"),
        (OWN, "spread/part.py", "import", "site-packages/spread/part.py", "spread.part", "warning"),
        (NAMESPACE, "space/other/__init__.py", "import", "site-packages/space/other/", "space.other", "notice"),
        (NAMESPACE, "space/single.py", "import", "site-packages/space/single.py", "space.single", "notice"),
        (NAMESPACE, "space/__init__.py", "package", "site-packages/space/__init__.py", "space", "warning"),
        (OWN, "LICENSE", "file", "site-packages/LICENSE", "", "notice"),
        (OWN, "demo.libs/libz.so.1", "file", "site-packages/demo.libs/", "", "notice"),
        (OWN, "demo-stubs/core.pyi", "file", "site-packages/demo-stubs/", "", "notice"),
        (OWN, "demo-2.0.data/scripts/tool", "command", "scripts/tool", "tool", "notice"),
        (OWN, "demo-2.0.data/data/share/demo/a.txt", "data", "data/share/demo/", "", "notice"),
        (OWN, "demo-2.0.data/headers/demo.h", "header", None, "", "notice"),
    ],
)
def test_what_is_told(before: Files, new: str, kind: str, path: str | None, name: str, severity: str) -> None:
    (addition,) = additions(before, {**before, new: "x"})
    assert (addition.kind, addition.name, addition.files, addition.severity) == (kind, name, 1, severity)
    assert path in {addition.path, None}


@pytest.mark.parametrize(
    ("before", "new"),
    [
        (OWN, "demo/more/__init__.py"),
        (OWN, "demo/data.json"),
        (OWN, "demo/sitecustomize.py"),
        (NAMESPACE, "space/demo/more.py"),
        ({"demo/core.py": ""}, "demo/core.cpython-312-x86_64-linux-gnu.so"),
        ({"demo.libs/liba.so.1": "", **OWN}, "demo.libs/libb.so.2"),
        ({"demo.py": ""}, "demo/__init__.py"),
        ({"hook.pth": "", **OWN}, "demo/hook.py"),
    ],
)
def test_what_is_its_own_is_not_told(before: Files, new: str) -> None:
    assert additions(before, {**before, new: ""}) == []


def test_a_namespace_that_becomes_a_package_is_told_once() -> None:
    after = {"space/__init__.py": "", "space/new.py": "", **NAMESPACE}
    assert [addition.kind for addition in additions(NAMESPACE, after)] == ["package"]


def test_a_package_that_becomes_a_namespace_adds_nothing() -> None:
    assert additions(OWN, {"demo/core.py": "", "demo/more/__init__.py": ""}) == []


@pytest.mark.parametrize("declared", ["helper", "helper.part"])
def test_a_name_that_metadata_declares_is_expected(declared: str) -> None:
    metadata = ["Import-Name: demo", f"Import-Name: {declared}"]
    (addition,) = additions(OWN, {**OWN, "helper/part.py": ""}, metadata=metadata)
    assert addition.severity == "notice"


def test_files_of_one_place_are_counted_together() -> None:
    after = {**OWN, "tests/__init__.py": "", "tests/test_a.py": "", "tests/data/a.json": ""}
    (addition,) = additions(OWN, after)
    assert (addition.path, addition.files) == ("site-packages/tests/", 3)


def test_commands_of_entry_points_are_commands() -> None:
    old = distribution(Wheel("demo", "1.0", files=OWN))
    new = distribution(Wheel("demo", "2.0", files=OWN, scripts={"tool": "demo:run"}))
    found = compare_releases(new, old)
    assert found is not None
    assert [(addition.kind, addition.name) for addition in found.additions] == [("command", "tool")]


def test_nothing_is_known_of_a_release_that_no_installer_lays_out() -> None:
    good, refused = Wheel("demo", files=OWN), Wheel("demo", files={"demo": "", "demo/core.py": ""})
    for new, old in ((good, refused), (refused, good)):
        assert compare_releases(distribution(new), distribution(old)) is None


NAMES = st.sampled_from(["demo", "space", "helper", "tests", "__init__", "core"])
PATHS = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(NAMES, min_size=1, max_size=3),
    st.sampled_from([".py", ".txt", ".pth", "/__init__.py"]),
)
FILES = st.dictionaries(PATHS, st.just(""), min_size=1, max_size=8)


@given(FILES)
def test_a_release_adds_nothing_to_itself(files: Files) -> None:
    assert additions(files, files) == []


@given(FILES, FILES)
def test_every_addition_has_new_files_that_nothing_else_has(before: Files, after: Files) -> None:
    found = additions(before, after)
    new = {f"site-packages/{path}" for path in after.keys() - before.keys()}
    assert len({(addition.kind, addition.path) for addition in found}) == len(found)
    assert sum(addition.files for addition in found) <= len(new)
    for addition in found:
        assert any(path == addition.path or path.startswith(addition.path) for path in new)


@given(FILES)
def test_everything_that_lies_elsewhere_is_told(files: Files) -> None:
    """Of a release that shares no name with the one before it, every file is in one of the additions."""
    assert sum(addition.files for addition in additions({"other/__init__.py": ""}, files)) == len(files)
