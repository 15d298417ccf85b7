"""Compares a release with the one before it: what it installs outside of the packages that the other had. Pure.

Files of a project's own packages come and go with every release. What lies outside of them is what meets others: a new
import name, a command, a file that Python looks at whenever it starts, a folder that all projects share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.layout import InstalledPath
from wheelclash.core.role import is_metadata, module_stem
from wheelclash.core.startup import is_startup_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.overlap import Severity

__all__ = ["Addition", "AdditionKind", "ReleaseComparison", "compare_releases"]

AdditionKind = Literal["startup", "import", "package", "command", "header", "data", "file"]
"""What a release newly installs, see :class:`Addition`."""

_SITE = "site-packages/"


class Addition(NamedTuple):
    """Something that a release installs, and the one before it did not.

    Attributes:
        kind: ``startup``: a file that Python looks at whenever it starts; ``import``: an import name; ``package``: an
            ``__init__`` in what was a namespace package before, which hides what others have in that namespace;
            ``command``: a script; ``header`` and ``data``: files of these roots; ``file``: what lies in site-packages
            and cannot be imported.
        path: The installed file, or the folder of several with the ``/`` behind it.
        name: The import name or the command; empty for other kinds.
        files: How many files.
        severity: How bad it is: ``warning`` for what concerns all that is in the environment, else ``notice``.
    """

    kind: AdditionKind
    path: InstalledPath
    name: str
    files: int
    severity: Severity


class ReleaseComparison(NamedTuple):
    """What a release installs that the one before it did not.

    Attributes:
        new, old: The releases.
        additions: By severity, kind and path.
    """

    new: Distribution
    old: Distribution
    additions: tuple[Addition, ...]


def compare_releases(new: Distribution, old: Distribution) -> ReleaseComparison | None:
    """Compare a release with the one before it.

    Args:
        new: Laid out for a target.
        old: The one before it, for the same target.

    Returns:
        None if no installer lays out one of them, so that nothing is known of what it installs.
    """
    files, before = _files(new), _files(old)
    if files is None or before is None:
        return None
    names, old_names = _Names(files), _Names(before)
    grouped: dict[tuple[AdditionKind, InstalledPath, str], int] = {}
    for path in files - before:
        addition = None if is_metadata(path) else _addition(path, names, old_names)
        if addition is not None:
            grouped[addition] = grouped.get(addition, 0) + 1
    additions = [
        Addition(kind, path, name, count, _severity(kind, name, new.imports, old_names))
        for (kind, path, name), count in grouped.items()
    ]
    additions.sort(key=lambda addition: (addition.severity != "warning", addition.kind, addition.path))
    return ReleaseComparison(new, old, tuple(additions))


def _files(distribution: Distribution) -> set[InstalledPath] | None:
    """Return what any installer that installs a distribution writes; None if none installs it."""
    layouts = [layout for layout in distribution.layouts.values() if layout.failure is None]
    return {path for layout in layouts for path in layout.files} if layouts else None


class _Names:
    """The import names of a distribution, dotted.

    That is the name of a package that has an ``__init__``, or of a module that lies in none: below a namespace package
    (PEP 420), which others share, there may be several.

    Attributes:
        tops: What it has at the top of site-packages: files, and folders with the ``/`` behind them.
        namespaces: The names of the namespace packages that its import names lie in.
    """

    def __init__(self, files: Collection[InstalledPath]) -> None:
        here = [path.removeprefix(_SITE) for path in files if path.startswith(_SITE)]
        self.tops = {_top(path) for path in here}
        stems = {path: stem for path in here if (stem := module_stem(path)) is not None}
        self._packages = {stem for path, stem in stems.items() if _is_init(path)}
        self._names = {self.name_of(path) for path in stems} - {None}
        self.namespaces = {above for name in self._names if name for above in _parts(name)[:-1]}

    def name_of(self, path: str) -> str | None:
        """Return the import name that a file is part of, by its path below site-packages; None if it is of none."""
        *folders, _ = _parts(path, "/")
        package = next((folder for folder in folders if folder in self._packages), None)
        stem = module_stem(path) if package is None else package
        return None if stem is None else stem.replace("/", ".")

    def has(self, name: str) -> bool:
        """Return whether an import name, or a package that it lies in, is one of these."""
        return any(part in self._names for part in _parts(name))


def _addition(path: InstalledPath, names: _Names, old_names: _Names) -> tuple[AdditionKind, InstalledPath, str] | None:
    """Return kind, place and name of what a new file is part of; None if that is the project's own already."""
    root, _, rest = path.partition("/")
    if is_startup_file(path):
        return "startup", path, ""
    if root == "scripts":
        return "command", path, rest
    if root != "site-packages":
        folder = InstalledPath(f"{path.rpartition('/')[0]}/")
        return ("header" if root == "headers" else "data"), folder, ""
    name = names.name_of(rest)
    if name is None:
        top = _top(rest)
        return None if top in old_names.tops else ("file", InstalledPath(f"{_SITE}{top}"), "")
    if old_names.has(name):
        return None
    if name in old_names.namespaces:  # what is below it was there before, or comes with it
        return ("package", path, name) if _is_init(path) and module_stem(rest) == name.replace(".", "/") else None
    package = f"{name.replace('.', '/')}/"
    return "import", InstalledPath(f"{_SITE}{package}") if rest.startswith(package) else path, name


def _severity(kind: AdditionKind, name: str, declared: Iterable[str], old_names: _Names) -> Severity:
    """Return how bad an addition is: an import name is expected where METADATA declares it, or beside its others."""
    if kind in {"startup", "package"}:
        return "warning"
    if kind != "import":
        return "notice"
    above = _parts(name)
    return (
        "notice"
        if above[0] in old_names.namespaces or any(declared_name in above for declared_name in declared)
        else "warning"
    )


def _top(path: str) -> str:
    """Return the first part of a path, with the ``/`` behind a folder."""
    top, slash, _ = path.partition("/")
    return f"{top}{slash}"


def _parts(name: str, separator: str = ".") -> list[str]:
    """Return a name after those it lies in.

    >>> _parts("a.b.c")
    ['a', 'a.b', 'a.b.c']
    """
    parts = name.split(separator)
    return [separator.join(parts[:length]) for length in range(1, len(parts) + 1)]


def _is_init(path: str) -> bool:
    return path.rpartition("/")[2].partition(".")[0] == "__init__"
