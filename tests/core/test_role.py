"""What a file is for, by its installed path."""

from __future__ import annotations

import pytest

from tests.support.values import path_of
from wheelclash.core.role import Role, is_native_name, role_of


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("site-packages/m.py", "module"),
        ("site-packages/pkg/__init__.py", "module"),
        ("site-packages/pkg/tests/test_m.py", "module"),
        ("site-packages/tests/__init__.py", "package-data"),
        ("site-packages/test/test_m.py", "package-data"),
        ("site-packages/docs/conf.py", "package-data"),
        ("site-packages/doc/conf.py", "package-data"),
        ("site-packages/examples/e.py", "package-data"),
        ("site-packages/benchmarks/b.py", "package-data"),
        ("site-packages/scripts/s.py", "package-data"),
        ("site-packages/tests.py", "module"),
        ("site-packages/conftest.py", "package-data"),
        ("site-packages/pkg/conftest.py", "module"),
        ("site-packages/setup.py", "package-data"),
        ("site-packages/build_backend.py", "package-data"),
        ("site-packages/build_utils.py", "package-data"),
        ("site-packages/_build_backend.py", "package-data"),
        ("site-packages/_build.py", "package-data"),
        ("site-packages/pkg/setup.py", "module"),
        ("site-packages/pkg/build_backend.py", "module"),
        ("site-packages/setup/__init__.py", "module"),
        ("site-packages/_build/__init__.py", "module"),
        ("site-packages/mysetup.py", "module"),
        ("site-packages/m.pyi", "stub"),
        ("site-packages/tests/m.pyi", "stub"),
        ("site-packages/pkg/py.typed", "package-data"),
        ("site-packages/LICENSE", "package-data"),
        ("site-packages/distutils-precedence.pth", "module"),
        ("site-packages/pkg/x.pth", "package-data"),
        ("site-packages/hook.start", "module"),
        ("site-packages/pkg/hook.start", "package-data"),
        ("site-packages/pkg/__pycache__/m.cpython-312.pyc", "bytecode"),
        ("site-packages/m.pyc", "bytecode"),
        ("site-packages/m.abi3.so", "native"),
        ("site-packages/m.cpython-312-x86_64-linux-gnu.so", "native"),
        ("site-packages/x.libs/libz.so.1.2.11", "native"),
        ("site-packages/m.pyd", "native"),
        ("site-packages/M.DLL", "native"),
        ("site-packages/libx.dylib", "native"),
        ("site-packages/tests/m.so", "native"),
        ("site-packages/x.sol", "package-data"),
        ("site-packages/so", "package-data"),
        ("scripts/tool", "script"),
        ("scripts/tool.py", "script"),
        ("scripts/tool.exe", "native"),
        ("scripts/libx.so", "native"),
        ("data/share/x.txt", "data"),
        ("data/etc/m.py", "data"),
        ("data/lib/libx.so.1", "native"),
        ("headers/pkg/x.h", "data"),
    ],
)
def test_role(path: str, role: Role) -> None:
    """The table of roles."""
    assert role_of(path_of(path)) == role


@pytest.mark.parametrize("path", ["scripts/tool", "scripts/tool.exe", "scripts/tool.py"])
def test_generated_commands(path: str) -> None:
    """A generated command is a script whatever its name; Windows gives them all ``.exe``."""
    assert role_of(path_of(path), generated=True) == "script"


@pytest.mark.parametrize("name", ["libcudart.so.12", "a.so.1.2.3", "A.SO", "x.exe", "x.pyd"])
def test_native_names(name: str) -> None:
    """Versioned sonames and any letter case count."""
    assert is_native_name(name)


@pytest.mark.parametrize("name", ["a.so.txt", "a.so.1a", "aso", "a.solid", "dll"])
def test_other_names(name: str) -> None:
    """Names that merely look like it do not."""
    assert not is_native_name(name)
