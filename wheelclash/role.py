"""The role of an installed file: what it is for, and so what breaks when its content is another's."""

from __future__ import annotations

import re
from typing import Literal

from wheelclash.layout import InstalledPath  # noqa: TC001  (doctest needs it)

__all__ = ["Role", "is_metadata", "is_native_name", "role_of"]

Role = Literal["native", "module", "stub", "script", "data", "package-data", "namespace-init", "bytecode", "metadata"]

_METADATA = re.compile(r"site-packages/[^/]+\.dist-info/")

_NATIVE = re.compile(r"\.(so(\.\d+)*|pyd|dll|dylib|exe)$", re.IGNORECASE)

_ASIDE = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "scripts"})
"""Top-level folders that many projects ship by mistake; nobody imports another project's."""

_BUILD_FILE = re.compile(r"(?:conftest|setup|build_backend|build_utils|_build[^/]*)\.py")
"""Files at the root that tests and builds leave in wheels by mistake; nobody imports another project's."""


def is_native_name(path: str) -> bool:
    """Whether a file name is that of a shared library, an extension module or a Windows executable.

    >>> [is_native_name(each) for each in ("m.abi3.so", "libx.so.1.2", "x.pyd", "x.sol", "so")]
    [True, True, True, False, False]
    """
    return _NATIVE.search(path) is not None


def is_metadata(path: InstalledPath) -> bool:
    """Whether a path is in a ``.dist-info`` folder: what installers go by when they uninstall or upgrade.

    >>> is_metadata(InstalledPath("site-packages/a-1.0.dist-info/RECORD"))
    True
    """
    return _METADATA.match(path) is not None


def role_of(path: InstalledPath, *, generated: bool = False) -> Role:
    """The role of an installed path, by its name alone.

    Args:
        path: Where the file is installed.
        generated: Whether it is a command generated for an entry point (``x.exe`` is then no native file).

    >>> role_of("site-packages/pkg/core.pyi"), role_of("scripts/tool"), role_of("site-packages/tests/conftest.py")
    ('stub', 'script', 'package-data')
    """
    root, _, rest = path.partition("/")
    if generated:
        return "script"
    if is_native_name(rest):
        return "native"
    if root == "scripts":
        return "script"
    if root != "site-packages":
        return "data"
    top = rest.partition("/")[0]
    if rest.endswith(".py"):
        aside = (top in _ASIDE and top != rest) or _BUILD_FILE.fullmatch(rest)
        return "package-data" if aside else "module"
    if rest.endswith(".pyi"):
        return "stub"
    if rest.endswith((".pyc", ".pyo")):
        return "bytecode"
    if rest.endswith((".pth", ".start")) and top == rest:
        return "module"  # site.py runs their code at every start: import lines, and entry points (PEP 829)
    return "package-data"
