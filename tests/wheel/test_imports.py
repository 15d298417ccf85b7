"""Import names that METADATA declares (PEP 794), held against what a wheel installs, and against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.installed import Handmade
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash import Session, check_environment, find_environment
from wheelclash.parts import read_wheel
from wheelclash.wheel.metadata import Imports, parse_metadata

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, bytes | str] = {
    "spam/__init__.py": "", "spam/eggs.py": "", "single.py": "", "_private.abi3.so": b"", "tests/test_spam.py": "",
    "conftest.py": "", "native.cpython-312-x86_64-linux-gnu.so": b"", "data/table.csv": "", "spam.pth": "",
    "spam-1.0.data/purelib/elsewhere/__init__.py": "", "spam-1.0.data/scripts/tool.py": "",
}  # fmt: skip
EVERYTHING = {"spam", "single", "tests", "conftest", "native", "elsewhere"}


@pytest.mark.parametrize(
    ("declared", "undeclared"),
    [
        ([], set()),  # nothing is declared, nothing is expected
        (["Import-Name: spam"], EVERYTHING - {"spam"}),
        (
            ["Import-Name: spam", "Import-Name: single ; private", "Import-Name: native"],
            {"tests", "conftest", "elsewhere"},
        ),
        (["Import-Namespace: spam", "Import-Name: spam.eggs"], EVERYTHING - {"spam"}),
        (["Import-Name:"], EVERYTHING),
        (["Import-Name: not a name"], EVERYTHING),
    ],
)
def test_what_is_installed_at_the_top_is_declared(tmp_path: Path, declared: list[str], undeclared: set[str]) -> None:
    path = Wheel("spam", files=dict(FILES), metadata=declared).write(tmp_path)
    findings = {each.path: each.detail for each in read_wheel(path).findings if each.code == "undeclared-import"}
    assert set(findings) == undeclared
    mistakes = {name for name, detail in findings.items() if detail.endswith("a mistake of the build")}
    assert mistakes == undeclared & {"tests", "conftest"}


def test_names_are_public_private_or_namespaces() -> None:
    fields = b"Import-Name: ns.spam\nImport-Name: ns._x ;private\nImport-Namespace: ns\nImport-Name: 1x\n"
    imports = parse_metadata(b"Metadata-Version: 2.5\nName: x\n" + fields).imports
    assert imports == Imports(("ns.spam",), ("ns._x",), ("ns",))
    assert imports.top_level == {"ns"}
    assert parse_metadata(b"Name: x\n").imports is None


def test_two_that_declare_one_name_are_siblings(tmp_path: Path) -> None:
    """Also where no file is shared, and from the cache; a private name and a namespace are no reason."""
    shared = ["Import-Name: spam", "Import-Namespace: ns", "Import-Name: _spam ; private"]
    wheels = [
        Wheel("pyspam", files={"spam/__init__.py": ""}, metadata=shared),
        Wheel("spam", files={"spam.py": ""}, metadata=shared),
        Wheel("other", files={"ns/other.py": ""}, metadata=["Import-Namespace: ns", "Import-Name: ns.other"]),
    ]
    paths = [str(wheel.write(tmp_path)) for wheel in wheels]
    for _ in range(2):
        with Session(cache_dir=tmp_path / "cache") as session:
            warnings = session.check(paths, target=LINUX, use_config=False).warnings
        (told,) = (each for each in warnings if "declare the import name" in each)
        assert told.startswith("pyspam 1.0 and spam 1.0 declare the import name spam: they are siblings")


@pytest.mark.parametrize("declared", [["Import-Name: spam"], []])
def test_what_is_installed_is_held_against_the_same(tmp_path: Path, declared: list[str]) -> None:
    """An installed RECORD by the rule of wheels; two that declare one name are siblings there, too."""
    made = Handmade(tmp_path)
    files = {"spam/__init__.py": "", "tests/test_spam.py": "", "_own.py": "", "data/table.csv": ""}
    made.add("pyspam", files, metadata=declared, rows=[("../../../bin/spam", "", "")])
    made.add("spam-ng", {"ng.py": ""}, metadata=[*declared, "Import-Name: ng"] if declared else [])
    report = check_environment(find_environment(prefix=tmp_path))
    findings = {
        (distribution.name, finding.path): finding.detail
        for distribution in report.distributions
        for finding in distribution.findings
        if finding.code == "undeclared-import"
    }
    assert set(findings) == ({("pyspam", "tests")} if declared else set())
    assert all(detail.endswith("a mistake of the build") for detail in findings.values())
    assert any("declare the import name spam" in warning for warning in report.warnings) == bool(declared)
