"""The places of an environment: where its files lie, and what an installed RECORD's paths mean there.

All folders are real ones, links resolved: ``lib64`` that links to ``lib`` is ``lib``. Inside the scan a file goes by a
*key*: its path below the first site-packages folder, or else its absolute path (which begins with ``/`` or a drive).

The search path: which of several installed copies an import finds, where Python looks in more than one folder.

An environment made with ``--system-site-packages``, the user's own site-packages folder, ``PYTHONPATH`` and several
``--path`` bring further folders of packages. The first folder that has a module or a regular package wins, and hides
what the later ones have of that name.
"""

from __future__ import annotations

import os
import posixpath
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.core.layout import InstalledPath
from wheelclash.environment.reading import MAX_BYTES, read_small
from wheelclash.errors import QuestionError
from wheelclash.http.urls import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelclash.target.interpreter import Interpreter

__all__ = [
    "EnvironmentPaths",
    "Hidden",
    "count_distributions",
    "has_sites",
    "hidden_by",
    "is_absolute",
    "places_at",
    "places_below",
    "places_of",
    "places_together",
    "search_path",
]

_LIBRARIES = (
    "lib*/python*/site-packages",
    "lib*/pypy*/site-packages",
    "Lib/site-packages",
    "lib*/python*/dist-packages",
    "local/lib/python*/dist-packages",
)
_VERSION = re.compile(r"(?:python|pypy)(3\.[0-9]{1,2}t?)\Z")
_DRIVE = re.compile(r"[A-Za-z]:")


class EnvironmentPaths(NamedTuple):
    """Where the files of one environment lie.

    Attributes:
        prefix: The folder nothing of it lies outside of; as the user or the interpreter names it.
        sites: Real paths of its site-packages folders, each once, purelib first.
        scripts, headers: Real paths of these folders.
        python: Its interpreter, if it was asked.
        python_version: Of the folder's name, ``3.12``; None if nothing says.
        case_sensitive: Whether its file system is taken to tell ``a`` from ``A``.
        is_windows: Whether commands are ``.exe`` files.
        externally_managed: Whether it is marked as the system's own (PEP 668).
        search: Folders that packages are imported from, in that order; empty if that is not known. Those that are no
            site-packages folders of this environment are only looked at to see what hides what.
        is_target: A bare folder of packages, as ``--target`` leaves it: no prefix around it.
        links: Of each site-packages folder that is reached over a link: its real path, and how it is reached.
    """

    prefix: Path
    sites: tuple[str, ...]
    scripts: str
    headers: str
    python: Path | None = None
    python_version: str | None = None
    case_sensitive: bool = True
    is_windows: bool = False
    externally_managed: bool = False
    is_target: bool = False
    search: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def base(self) -> str:
        """Return the real path of the prefix, ``/`` between parts."""
        return _real(self.prefix)

    def key(self, site: str, row: str) -> str | None:
        """Return the key of a RECORD row that is not plainly below its own site-packages folder.

        Args:
            site: The folder that RECORD belongs to.
            row: The path as written, ``/`` between parts.

        Returns:
            None if it lies outside of the prefix: of no interest here.
        """
        if self.is_target and row.startswith("../../"):
            row = row[len("../../") :]  # pip --target installs elsewhere, moves everything, and leaves RECORD as it was
        place = posixpath.normpath(row if is_absolute(row) else f"{self.reached(site)}/{row}")
        folder, _, name = place.rpartition("/")
        return self.key_of(f"{_real(folder)}/{name}")

    def reached(self, site: str) -> str:
        """Return how a site-packages folder is reached; installers count ``..`` in a RECORD from there."""
        return dict(self.links).get(site, site)

    def key_of(self, place: str) -> str | None:
        """Return the key of an absolute path in a folder that is a real one; None outside of the prefix."""
        home = f"{self.sites[0]}/"
        if place.startswith(home):
            return place[len(home) :]
        inside = any(place.startswith(f"{folder}/") for folder in (self.base.rstrip("/"), *self.sites[1:]))
        return place if inside else None

    def on_disk(self, key: str) -> str:
        """Return the absolute path behind a key."""
        return key if is_absolute(key) else f"{self.sites[0]}/{key}"

    def installed_path(self, key: str) -> InstalledPath:
        """Return a key as an installed path, its root in front."""
        if not is_absolute(key):
            return InstalledPath(f"site-packages/{key}")
        roots = [*(("site-packages", site) for site in self.sites[1:]), ("scripts", self.scripts)]
        for root, folder in (*roots, ("headers", self.headers), ("data", self.base.rstrip("/"))):
            if key.startswith(f"{folder}/"):
                return InstalledPath(f"{root}/{key[len(folder) + 1 :]}")
        return InstalledPath(f"data/{key.lstrip('/')}")


def is_absolute(path: str) -> bool:
    """Return whether a path, ``/`` between parts, is absolute on any system."""
    return path.startswith("/") or (path[1:2] == ":" and _DRIVE.match(path) is not None)


def places_of(interpreter: Interpreter) -> EnvironmentPaths:
    """Return the places of an interpreter's environment, by its own word.

    Raises:
        QuestionError: It has no site-packages folder.
    """
    if interpreter.facts is not None:
        schemes, imported = dict(interpreter.facts.places), interpreter.facts.sites
    else:
        import sysconfig

        schemes, imported = dict(sysconfig.get_paths()), tuple(sys.path)
    prefix = interpreter.prefix
    if not schemes:
        return places_below(prefix)._replace(python=interpreter.executable)
    inside = [
        path
        for path in imported
        if Path(path).name in {"site-packages", "dist-packages"} and Path(path).is_relative_to(prefix)
    ]
    named = [schemes.get("purelib", ""), schemes.get("platlib", ""), *inside]
    sites = _existing(named)
    if not sites:
        raise QuestionError(f"The environment {prefix} has no site-packages folder.")
    minor = ".".join(interpreter.version.split(".")[:2]) + ("t" if interpreter.free_threaded else "")
    headers = (
        prefix / "include" / "site" / f"python{minor}" if interpreter.is_virtual else schemes.get("include", prefix)
    )
    return EnvironmentPaths(
        prefix=prefix,
        sites=sites,
        scripts=_real(schemes.get("scripts", prefix / "bin")),
        headers=_real(headers),
        python=interpreter.executable,
        python_version=minor,
        case_sensitive=sys.platform not in {"win32", "darwin"},
        is_windows=os.name == "nt",
        externally_managed=interpreter.externally_managed,
        links=_links(named),
    )


def places_below(prefix: Path) -> EnvironmentPaths:
    """Return the places of an environment by its folders alone; no interpreter is run.

    Raises:
        QuestionError: There is no such folder, it has no site-packages folder, or those of several versions.
    """
    _require_folder(prefix, "--prefix")
    named = [str(path) for pattern in _LIBRARIES for path in sorted(prefix.glob(pattern))]
    sites = _existing(named)
    versions = sorted({version for site in sites if (version := _version_of(site))})
    if not sites:
        raise QuestionError(f"--prefix {prefix}: there is no site-packages folder below it.", "Perhaps --path?")
    if len(versions) > 1:
        hint = f"Name one with --path: {', '.join(sites)}"
        raise QuestionError(f"--prefix {prefix}: it has packages of several versions of Python.", hint)
    return _bare(prefix, sites, versions[0] if versions else None)._replace(links=_links(named))


def has_sites(prefix: Path) -> bool:
    """Return whether a folder has site-packages folders below it, as an environment's has."""
    return any(True for pattern in _LIBRARIES for _ in prefix.glob(pattern))


def places_at(site: Path) -> EnvironmentPaths:
    """Return the places around one site-packages folder; by any other name it is one made by ``--target``.

    Raises:
        QuestionError: There is no such folder.
    """
    _require_folder(site, "--path")
    real = Path(_real(site))
    spelt = Path(os.path.abspath(site))  # noqa: PTH100 - a link is not followed
    if spelt.name == "site-packages" and _version_of(spelt.as_posix()) and len(spelt.parents) > 2:  # noqa: PLR2004
        return _bare(spelt.parents[2], (real.as_posix(),), _version_of(spelt.as_posix()))._replace(
            links=_links([os.fspath(spelt)])
        )
    if real.name in {"site-packages", "dist-packages"}:
        version = _version_of(real.as_posix())
        above = real.parents[2] if version and len(real.parents) > 2 else real.parents[1]  # noqa: PLR2004
        return _bare(above, (real.as_posix(),), version)
    return _bare(real, (real.as_posix(),), None)._replace(is_target=True)


def places_together(sites: Sequence[Path]) -> EnvironmentPaths:
    """Return the places around several folders of packages, of which the first is imported from first.

    Raises:
        QuestionError: One of them is no folder, or none is named.
    """
    if not sites:
        raise QuestionError("--path needs a folder.")
    parts = [places_at(site) for site in sites]
    every = tuple(dict.fromkeys(site for part in parts for site in part.sites))
    return parts[0]._replace(sites=every, search=every)


def _bare(prefix: Path, sites: tuple[str, ...], version: str | None) -> EnvironmentPaths:
    is_windows = os.name == "nt"
    folder = f"python{version}" if version else ""
    return EnvironmentPaths(
        prefix=prefix,
        sites=sites,
        scripts=_real(prefix / ("Scripts" if is_windows else "bin")),
        headers=_real(prefix / "include" / "site" / folder),
        python_version=version,
        case_sensitive=sys.platform not in {"win32", "darwin"},
        is_windows=is_windows,
    )


def _require_folder(folder: Path, option: str) -> None:
    if not folder.is_dir():
        what = "it is no folder" if folder.exists() else "there is no such folder"
        raise QuestionError(f"{option} {shown_path(folder)}: {what}.")


def _existing(folders: Iterable[str]) -> tuple[str, ...]:
    """Return the folders that exist, by their real paths, each once."""
    return tuple(dict.fromkeys(_real(folder) for folder in folders if folder and os.path.isdir(folder)))  # noqa: PTH112


def _links(folders: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the real paths of folders that are reached over a link, each once, and how they are reached."""
    links: dict[str, str] = {}
    for folder in folders:
        spelt = os.path.abspath(folder).replace(os.sep, "/")  # noqa: PTH100 - a link is not followed
        if folder and os.path.isdir(folder) and _real(folder) != spelt:  # noqa: PTH112
            links.setdefault(_real(folder), spelt)
    return tuple(links.items())


def _version_of(site: str) -> str | None:
    match = _VERSION.search(posixpath.basename(posixpath.dirname(site)))
    return match[1] if match else None


def _real(path: str | os.PathLike[str]) -> str:
    return os.path.realpath(path).replace(os.sep, "/")


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
        inside = [path for path in folders if Path(path).is_relative_to(interpreter.prefix)]
        others = [path for path in folders if path not in inside]
        if not interpreter.is_virtual:
            folders = [facts.user_site, *folders]
        elif others:  # the user's folder counts where the system's do
            folders = [*inside, facts.user_site, *others]
    first = [path for path in environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    searched = [os.path.realpath(path).replace(os.sep, "/") for path in (*first, *folders) if os.path.isdir(path)]  # noqa: PTH112
    return tuple(dict.fromkeys(searched))


def count_distributions(folder: str) -> int:
    """Return how many distributions are installed in a folder."""
    return len(_Folder(folder).versions)


def hidden_by(search: Sequence[str]) -> list[Hidden]:
    """Return what is hidden along a search path, each by the first folder that has it.

    Args:
        search: Folders, first first.
    """
    findings: list[Hidden] = []
    folders = [_Folder(path) for path in search]
    distributions: dict[str, _Folder] = {}
    for folder in folders:
        for name, version in folder.versions.items():
            first = distributions.setdefault(name, folder)
            if first is not folder:
                copy = first.versions[name]
                findings.append(Hidden("distribution", name, folder.path, (version,), first.path, (copy,)))
    if len(folders) > 1:
        findings += _hidden_imports(folders, "", 0)
    return sorted(findings)


def _hidden_imports(folders: Sequence[_Folder], parent: str, depth: int) -> Iterator[Hidden]:
    """Yield the modules and packages that imports do not find, below a namespace or at the top.

    The first folder with a module or a regular package of a name has it, also where an earlier folder has a folder of
    that name without ``__init__.py``. Where all are such folders, they are one namespace, and this holds for what is
    in it.

    Args:
        folders: Of the search path, in its order; those that have the namespace.
        parent: The namespace, with a dot behind it; empty at the top.
        depth: How many namespaces lie above.
    """
    regular: dict[str, _Folder] = {}
    for folder in folders:
        for name in folder.imports(parent):
            first = regular.setdefault(name, folder)
            if first is not folder:
                yield from _hidden(folder, name, first)
    shared: dict[str, list[_Folder]] = {}
    for folder in folders:
        for name in folder.namespaces(parent):
            shared.setdefault(name, []).append(folder)
    for name, portions in shared.items():
        if name in regular:
            for folder in portions:
                yield from _hidden(folder, name, regular[name])
        elif len(portions) > 1 and depth < _DEEPEST:
            yield from _hidden_imports(portions, f"{name}.", depth + 1)


def _hidden(folder: _Folder, name: str, first: _Folder) -> Iterator[Hidden]:
    """Yield what is hidden, unless no distribution recorded it, or it is a copy of what is found."""
    owners, by_owners = folder.owners(name), first.owners(name)
    if owners and owners.isdisjoint(by_owners):
        yield Hidden("import", name, folder.path, tuple(sorted(owners)), first.path, tuple(sorted(by_owners)))


_DEEPEST = 4
"""Namespaces within namespaces that are looked into."""


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
        """Return versions of the distributions in it, by normalised name."""
        matches = [match for name in self._names if (match := _DIST_INFO.match(name)) and name[0] not in "~."]
        return {canonicalize_name(match[1]): match[2] for match in matches}

    def imports(self, parent: str) -> list[str]:
        """Return the dotted names of the modules and regular packages right below a namespace, or at the top."""
        return [f"{parent}{name}" for name, is_namespace in self._below(parent).items() if not is_namespace]

    def namespaces(self, parent: str) -> list[str]:
        """Return the dotted names of the folders without ``__init__.py`` there."""
        return [f"{parent}{name}" for name, is_namespace in self._below(parent).items() if is_namespace]

    def _below(self, parent: str) -> dict[str, bool]:
        """Map the names that can be imported below a namespace to whether they are namespaces themselves."""
        place = f"{self.path}/{parent.replace('.', '/')}".rstrip("/")
        try:
            names = sorted(os.listdir(place)) if parent else self._names  # noqa: PTH208
        except OSError:
            return {}
        is_namespace_by_name: dict[str, bool] = {}
        for name in names:
            match = _MODULE.match(name)
            if match:
                is_namespace_by_name[match[1]] = False
            elif name.isidentifier() and not name.startswith("__") and os.path.isdir(f"{place}/{name}"):  # noqa: PTH112
                is_namespace = not os.path.isfile(f"{place}/{name}/__init__.py")  # noqa: PTH113
                is_namespace_by_name[name] = is_namespace and is_namespace_by_name.get(name, True)
        return is_namespace_by_name

    def owners(self, name: str) -> set[str]:
        """Return the distributions that recorded something of a dotted name."""
        place = name.replace(".", "/")
        pattern = re.compile(rf'^"?{re.escape(place)}(?:/|(?:\.[\w-]+)*\.(?:py|so|pyd)[",])', re.MULTILINE)
        return {owner for owner, text in self._listed.items() if pattern.search(text)}

    @cached_property
    def _listed(self) -> dict[str, str]:
        """Map the distributions of the folder to the texts of their RECORDs."""
        matches = [(name, match) for name in self._names if (match := _DIST_INFO.match(name))]
        return {canonicalize_name(match[1]): self._record(name) for name, match in matches}

    def _record(self, folder: str) -> str:
        path = f"{self.path}/{folder}/RECORD"
        try:
            return (read_small(path, MAX_BYTES) or b"").decode("utf-8", "replace")
        except OSError:
            return ""
