"""Start-up files: what makes Python run a distribution's code whenever an interpreter of the environment starts.

Such code may write into site-packages: urllib3-future copies itself over ``urllib3/`` at every start. So a file written
again is not safe from it, whichever was written last. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.core.contents import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.core.layout import InstalledFile, InstalledPath, Layout

__all__ = ["STARTUP_LIMIT", "findings_of", "is_startup_file", "runs_code", "startup_files"]

STARTUP_LIMIT = 256 * 1024
"""Bytes up to which a start-up file is read; of a larger one it is assumed that it runs code."""

_ROOT = "site-packages/"
_MODULES = frozenset({"sitecustomize", "usercustomize"})

_HARMLESS = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; ",
    "import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1).f_locals['sitedir'], ",
    "import sys,types,os; p = os.path.join(sys._getframe(1).f_locals['sitedir'], ",
    "import sys, types, os;p = os.path.join(sys._getframe(1).f_locals['sitedir'], ",
    "import __editable__",
)
"""How the lines begin that setuptools writes: its stand-in for distutils, namespace packages, editable installs."""


def is_startup_file(path: InstalledPath) -> bool:
    """Return whether Python looks at a file when it starts, by its installed path alone.

    >>> [is_startup_file(path) for path in ("site-packages/a.pth", "site-packages/b/a.pth", "data/a.pth")]
    [True, False, False]
    """
    if not path.startswith(_ROOT):
        return False
    top, slash, _ = path[len(_ROOT) :].partition("/")
    if slash:
        return top in _MODULES and path == f"{_ROOT}{top}/__init__.py"
    is_module = top.partition(".")[0] in _MODULES and top.endswith((".py", ".so", ".pyd"))
    return is_module or top.endswith((".pth", ".start"))


def runs_code(path: str, data: bytes | None) -> bool:
    """Return whether a start-up file makes Python run code that may write files.

    Args:
        path: Its path; only the name counts.
        data: Its content; None if it cannot be read, which counts as code.
    """
    if data is None or not path.endswith(".pth"):
        return True
    lines = data.decode("utf-8-sig", "replace").splitlines()
    return any(line.startswith(("import ", "import\t")) and not line.startswith(_HARMLESS) for line in lines)


def startup_files(layouts: Iterable[Layout]) -> dict[str, InstalledFile]:
    """Return the start-up files of a wheel under any installer, by archive path."""
    files = [file for layout in layouts for path, file in layout.files.items() if is_startup_file(path)]
    return {file.member: file for file in files if file.member is not None}


def findings_of(startup: Sequence[str]) -> list[Finding]:
    """Return a finding for each start-up file that runs code, by its path."""
    detail = "Python runs its code at every start; that code may overwrite files which others have too"
    return [Finding("startup-code", path, detail) for path in startup]
