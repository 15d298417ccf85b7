"""The role of an installed file: what it is for, and so what breaks when its content is another's."""

from __future__ import annotations

import re
from typing import Literal

from wheelclash.core.layout import InstalledPath  # noqa: TC001  (doctest needs it)

__all__ = [
    "EXTENSIONS",
    "Role",
    "is_aside",
    "is_importable",
    "is_metadata",
    "is_native_name",
    "is_sourceless",
    "module_stem",
    "role_of",
]

Role = Literal["native", "module", "stub", "script", "data", "package-data", "namespace-init", "bytecode", "metadata"]

EXTENSIONS = (".so", ".pyd")

_METADATA = re.compile(r"site-packages/[^/]+\.dist-info/")

_NATIVE = re.compile(r"\.(so(\.\d+)*|pyd|dll|dylib|exe)$", re.IGNORECASE)

_ASIDE = frozenset({"tests", "test", "docs", "doc", "examples", "benchmarks", "scripts"})
"""Top-level folders that many projects ship by mistake; no project imports another's."""

_BUILD_FILE = re.compile(r"(?:conftest|setup|build_backend|build_utils|_build[^/]*)\.py")
"""Files at the root that tests and builds leave in wheels by mistake; no project imports those of another."""


def is_aside(path: str) -> bool:
    """Return whether a module below site-packages is one that many projects ship by mistake.

    Args:
        path: Relative to site-packages.

    >>> [is_aside(each) for each in ("tests/m.py", "conftest.py", "setup.py", "_build.py", "tests.py", "m/setup.py")]
    [True, True, True, True, False, False]
    """
    top, slash, _ = path.partition("/")
    return top in _ASIDE if slash else _BUILD_FILE.fullmatch(path) is not None


def is_importable(path: InstalledPath) -> bool:
    """Return whether Python may import a file, and so finds it by its own spelling even where case does not matter.

    >>> [is_importable(InstalledPath(path)) for path in ("site-packages/M.py", "site-packages/m.pyi", "scripts/t.py")]
    [True, False, False]
    """
    return path.startswith("site-packages/") and path.endswith((".py", ".pyc", ".so", ".pyd"))


def is_native_name(path: str) -> bool:
    """Return whether a file name is that of a shared library, an extension module or a Windows executable.

    >>> [is_native_name(each) for each in ("m.abi3.so", "libx.so.1.2", "x.pyd", "x.sol", "so")]
    [True, True, True, False, False]
    """
    return _NATIVE.search(path) is not None


def is_metadata(path: InstalledPath) -> bool:
    """Return whether a path is in a ``.dist-info`` folder: what installers go by when they uninstall or upgrade.

    >>> is_metadata(InstalledPath("site-packages/a-1.0.dist-info/RECORD"))
    True
    """
    return _METADATA.match(path) is not None


def is_sourceless(path: str) -> bool:
    """Return whether a file is bytecode that Python imports where there is no source beside it (PEP 3147).

    What lies in ``__pycache__`` is a copy of its source, and nothing without it. Neither is a name with a tag imported,
    such as ``m.cpython-312.pyc``: virtualenv records such files beside the sources, and they never exist.

    >>> [is_sourceless(each) for each in ("m.pyc", "p/__init__.pyc", "p/__pycache__/m.cpython-312.pyc", "m.pyo")]
    [True, True, False, False]
    >>> is_sourceless("p/m.cpython-312.pyc")
    False
    """
    return path.endswith(".pyc") and "__pycache__/" not in path and "." not in path[path.rfind("/") + 1 : -4]


def role_of(path: InstalledPath, *, generated: bool = False, sourceless: bool = False) -> Role:
    """Return the role of an installed path, by its name alone.

    Args:
        path: Where the file is installed.
        generated: Whether it is a command generated for an entry point (``x.exe`` is then no native file).
        sourceless: Of bytecode: whether no source lies beside it.

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
        return "package-data" if is_aside(rest) else "module"
    if rest.endswith(".pyi"):
        return "stub"
    if rest.endswith((".pyc", ".pyo")):
        return "module" if sourceless and is_sourceless(path) else "bytecode"
    if rest.endswith((".pth", ".start")) and top == rest:
        return "module"  # site.py runs what they name at every start (PEP 829 for .start)
    return "package-data"


def module_stem(path: str) -> str | None:
    """Return what all forms of a module have in common; None for what is no form of a module.

    >>> module_stem("p/m.abi3.so"), module_stem("p/m.py"), module_stem("p/m/__init__.py"), module_stem("p/m.txt")
    ('p/m', 'p/m', 'p/m', None)
    """
    folder, slash, name = path.rpartition("/")
    if not (name.endswith((".py", *EXTENSIONS)) or is_sourceless(path)):
        return None
    stem = name.partition(".")[0]
    return folder or None if stem == "__init__" else f"{folder}{slash}{stem}"
