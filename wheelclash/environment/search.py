"""The search path: which of several installed copies an import finds, where Python looks in more than one folder.

An environment made with ``--system-site-packages``, the user's own site-packages folder, ``PYTHONPATH`` and several
``--path`` bring further folders of packages. The first folder that has a module or a regular package wins, and hides
what the later ones have of that name.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.environment.records import MAX_BYTES, read_small

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelclash.interpreter import Interpreter

__all__ = ["Hidden", "count_distributions", "hidden_by", "search_path"]

_DIST_INFO = re.compile(r"(.+)-([^-]+)\.dist-info\Z")
_MODULE = re.compile(r"([A-Za-z_]\w*)(?:\.py|(?:\.[\w-]+)*\.(?:so|pyd))\Z")
_FOLDERS = frozenset({"site-packages", "dist-packages"})


class Hidden(NamedTuple):
    """What an import does not find, because an earlier folder of the search path has it too.

    Attributes:
        what: ``distribution`` (another copy of it is found) or ``import`` (a name that other distributions have there).
        name: Its name.
        folder: The folder it lies in.
        owners: Names of the distributions it belongs to there, with their versions for a distribution.
        by_folder, by_owners: The same of what is found instead.
    """

    what: Literal["distribution", "import"]
    name: str
    folder: str
    owners: tuple[str, ...]
    by_folder: str
    by_owners: tuple[str, ...]


def search_path(interpreter: Interpreter, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders of packages that an interpreter imports from, in its order, links resolved.

    Args:
        interpreter: Which.
        environ: Environment variables: ``PYTHONPATH`` and ``PYTHONNOUSERSITE`` count.
    """
    facts = interpreter.facts
    known = sys.path if facts is None else facts.sites
    folders = [path for path in known if Path(path).name in _FOLDERS]
    if facts is not None and facts.user_site and not environ.get("PYTHONNOUSERSITE"):
        own = [path for path in folders if Path(path).is_relative_to(interpreter.prefix)]
        others = [path for path in folders if path not in own]
        if not interpreter.is_virtual:
            folders = [facts.user_site, *folders]
        elif others:  # the user's folder counts where the system's do
            folders = [*own, facts.user_site, *others]
    first = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    found = [os.path.realpath(path).replace(os.sep, "/") for path in (*first, *folders) if os.path.isdir(path)]  # noqa: PTH112
    return tuple(dict.fromkeys(found))


def count_distributions(folder: str) -> int:
    """Return how many distributions are installed in a folder."""
    return len(_Folder(folder).versions)


def hidden_by(search: Sequence[str]) -> list[Hidden]:
    """Return what is hidden along a search path, each by the first folder that has it.

    Args:
        search: Folders, first first.
    """
    found: list[Hidden] = []
    distributions: dict[str, _Folder] = {}
    imports: dict[str, _Folder] = {}
    for folder in map(_Folder, search):
        for name, version in folder.versions.items():
            first = distributions.setdefault(name, folder)
            if first is not folder:
                copy = first.versions[name]
                found.append(Hidden("distribution", name, folder.path, (version,), first.path, (copy,)))
        for name in folder.imports:
            first = imports.setdefault(name, folder)
            if first is not folder:
                hidden, seen = folder.owners.get(name, set()), first.owners.get(name, set())
                if hidden and hidden.isdisjoint(seen):  # else it is a copy
                    owners = tuple(sorted(hidden))
                    found.append(Hidden("import", name, folder.path, owners, first.path, tuple(sorted(seen))))
    return sorted(found)


class _Folder:
    """A folder of packages."""

    def __init__(self, path: str) -> None:
        self.path = path

    @cached_property
    def _names(self) -> list[str]:
        try:
            return sorted(os.listdir(self.path))  # noqa: PTH208
        except OSError:
            return []

    @cached_property
    def versions(self) -> dict[str, str]:
        """Versions of the distributions in it, by normalised name."""
        matches = [match for name in self._names if (match := _DIST_INFO.match(name)) and name[0] not in "~."]
        return {canonicalize_name(match[1]): match[2] for match in matches}

    @cached_property
    def imports(self) -> frozenset[str]:
        """Names of its modules and regular packages; a folder without ``__init__.py`` hides nothing."""
        return frozenset(self._imports())

    def _imports(self) -> Iterator[str]:
        for name in self._names:
            match = _MODULE.match(name)
            if match:
                yield match[1]
            elif name.isidentifier() and os.path.isfile(f"{self.path}/{name}/__init__.py"):  # noqa: PTH113
                yield name

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """By import name, the distributions that recorded something of that name at its top."""
        found: dict[str, set[str]] = {}
        for name in self._names:
            match = _DIST_INFO.match(name)
            if match:
                for row in self._record(name).splitlines():
                    top, slash, _ = row.lstrip('"').partition(",")[0].partition("/")
                    module = None if slash else _MODULE.match(top)
                    found.setdefault(module[1] if module else top, set()).add(canonicalize_name(match[1]))
        return found

    def _record(self, folder: str) -> str:
        try:
            return (read_small(f"{self.path}/{folder}/RECORD", MAX_BYTES) or b"").decode("utf-8", "replace")
        except OSError:
            return ""
