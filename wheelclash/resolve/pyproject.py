"""Files that hold requirements inside something else: ``pyproject.toml`` (PEP 621, 735) and scripts (PEP 723).

uv reads the requirements; this module reads which project they belong to, and for which Python.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Skip
from wheelclash.errors import QuestionError
from wheelclash.resolve.requirements_txt import readable_file
from wheelclash.wording import near

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash.target.target import Target

__all__ = ["Project", "read_project", "script_block"]

_BLOCK = re.compile(r"^# /// (?P<type>[a-zA-Z0-9-]+)[ \t]*$\s(?P<content>(^#(| .*)$\s)+)^# ///[ \t]*$", re.MULTILINE)


class Project(NamedTuple):
    """A ``pyproject.toml`` or a script.

    Attributes:
        path: The file.
        kind: Which of the two.
        name: The project's name, normalised; None for a script, or where there is no ``[project]`` table.
        requires_python: What it says of Python, or None.
        has_project: Whether it has requirements of its own, apart from groups.
        groups: Its dependency groups (PEP 735), as they are written.
        dependencies: What it requires, as it is written.
        optional: What it requires with an extra, by the extra's normalised name.
        sources: For names of requirements (normalised), where ``[tool.uv.sources]`` has uv take them from: ``git``,
            ``path``, ``url``, ``workspace``, ``index``.
        is_dynamic: Whether it is only known what it requires once its code is run.
        adjustments: What ``[tool.uv]`` constrains, replaces and leaves out, by the option of ``uv pip compile`` that
            does the same. Of a member of a workspace, uv reads that of the root alone.
    """

    path: Path
    kind: Literal["pyproject", "script"]
    name: str | None
    requires_python: str | None
    has_project: bool
    groups: Mapping[str, Sequence[object]]
    dependencies: tuple[str, ...] = ()
    optional: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    sources: Mapping[str, frozenset[str]] = MappingProxyType({})
    is_dynamic: bool = False
    adjustments: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def skip(self) -> Skip | None:
        """Return the project itself, which is not compared."""
        if self.name is None:
            return None
        return Skip(requirement=self.name, code="project", reason="the project whose dependencies these are")

    def is_source(self, *, grouped: bool) -> bool:
        """Return whether its own requirements are asked for, not just its groups.

        Raises:
            QuestionError: It has none, and no group is asked for.
        """
        if self.has_project:
            return True
        if not grouped:
            groups = f"Name a group with --group: {', '.join(self.groups)}." if self.groups else ""
            raise QuestionError(f"{self.path.name} has no [project] table, so nothing to install.", groups)
        return False

    def lines(self, *, extras: Iterable[str], all_extras: bool, groups: Sequence[str]) -> list[str]:
        """Return requirements that are asked for, as they are written.

        Args:
            extras: Extras of the project that are installed too.
            all_extras: All of them.
            groups: Groups of it that are installed too. If there are any and it has no ``[project]``, they are all.

        Raises:
            QuestionError: There is no such extra or group, or groups include each other in a circle.
        """
        requirements: list[str] = []
        if self.is_source(grouped=bool(groups)):
            requirements += self.dependencies
            wanted = [canonicalize_name(extra) for extra in (self.optional if all_extras else extras)]
            for extra in wanted:
                if extra not in self.optional:
                    raise QuestionError(f"{self.path.name} has no extra {extra}.", near(extra, self.optional))
                requirements += self.optional[extra]
        for group in groups:
            requirements += self._group(group, ())
        return [line for requirement in dict.fromkeys(requirements) for line in self._without_itself(requirement, ())]

    def _group(self, name: str, chain: tuple[str, ...]) -> Iterator[str]:
        entries = {canonicalize_name(key): entry for key, entry in self.groups.items()}.get(canonicalize_name(name))
        if entries is None:
            raise QuestionError(f"{self.path.name} has no group {name}.", near(name, self.groups))
        if name in chain:
            raise QuestionError(f"{self.path.name}: the group {name} includes itself.")
        for entry in entries:
            if isinstance(entry, str):
                yield entry
            elif isinstance(entry, dict) and isinstance(included := entry.get("include-group"), str):
                yield from self._group(included, (*chain, name))

    def _without_itself(self, line: str, chain: tuple[str, ...]) -> Iterator[str]:
        """Yield a requirement; in the place of one on the project itself, what its extras require."""
        try:
            requirement = Requirement(line)
        except ValueError:
            requirement = None
        if requirement is None or canonicalize_name(requirement.name) != self.name:
            yield line
            return
        for extra in map(canonicalize_name, requirement.extras):
            if extra not in chain:
                for inner in self.optional.get(extra, ()):
                    yield from self._without_itself(inner, (*chain, extra))

    def notes(self, target: Target) -> tuple[str, ...]:
        """Return a sentence if it is not for the target's Python; uv does not mind that here, an install does."""
        if self.requires_python is None:
            return ()
        try:
            allowed = SpecifierSet(self.requires_python).contains(target.python_version, prereleases=True)
        except InvalidSpecifier:
            return ()
        wanted = f"{self.path.name} requires Python {self.requires_python}"
        return () if allowed else (f"{wanted}, and the target has {target.python_version}",)


def read_project(path: Path) -> Project | None:
    """Return the project or script a file is; None if uv will read it as a requirements file.

    Raises:
        QuestionError: It cannot be read, is no TOML, is a script without requirements, or a ``setup.py``.
    """
    name = path.name
    if name in {"setup.py", "setup.cfg"}:
        hint = "Write the requirements into pyproject.toml, or give a requirements file."
        raise QuestionError(f"What {name} requires is not known until its code is run.", hint)
    if name == "pyproject.toml":
        table = _toml(readable_file(path).decode("utf-8-sig", "replace"), name)
        project, groups = _table(table, "project", name), _table(table, "dependency-groups", name)
        optional = _table(project, "optional-dependencies", name)
        own_name = project.get("name")
        return Project(
            path=path,
            kind="pyproject",
            name=canonicalize_name(own_name) if isinstance(own_name, str) else None,
            requires_python=_text(project, "requires-python"),
            has_project="project" in table,
            groups={name: entries for name, entries in groups.items() if isinstance(entries, list)},
            dependencies=_texts(project, "dependencies"),
            optional={canonicalize_name(extra): _texts(optional, extra) for extra in optional},
            sources=_sources(table),
            is_dynamic="dependencies" in _texts(project, "dynamic"),
            adjustments=_adjustments(_root_of_workspace(path, table)),
        )
    if path.suffix.lower() in {".py", ".pyw"}:
        block = script_block(readable_file(path).decode("utf-8-sig", "replace"), name)
        if block is None:
            hint = "Such a block begins with the line '# /// script'."
            raise QuestionError(f"{name} does not say what it requires: it has no script metadata (PEP 723).", hint)
        table = _toml(block, name)
        return Project(
            path=path,
            kind="script",
            name=None,
            requires_python=_text(table, "requires-python"),
            has_project=True,
            groups={},
            dependencies=_texts(table, "dependencies"),
            sources=_sources(table),
            adjustments=_adjustments(table),
        )
    return None


def script_block(text: str, what: str) -> str | None:
    """Return the TOML of a script's metadata (PEP 723); None if it has none.

    Raises:
        QuestionError: There are several blocks.
    """
    blocks = [match for match in _BLOCK.finditer(text.replace("\r\n", "\n") + "\n") if match["type"] == "script"]
    if len(blocks) > 1:
        raise QuestionError(f"{what} has several blocks of script metadata (PEP 723); one is allowed.")
    if not blocks:
        return None
    lines = blocks[0]["content"].splitlines(keepends=True)
    return "".join(line[2:] if line.startswith("# ") else line[1:] for line in lines)


def _toml(text: str, what: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise QuestionError(f"{what} is not TOML: {str(error).partition(chr(10))[0][:200]}.") from None


def _table(table: dict[str, Any], key: str, what: str) -> dict[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise QuestionError(f"{what}: '{key}' is no table.")
    return value


def _text(table: dict[str, Any], key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None


def _texts(table: dict[str, Any], key: str) -> tuple[str, ...]:
    values = table.get(key)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _settings_of_uv(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return a table below ``[tool.uv]``; empty where it is none, which uv refuses."""
    value: Any = table
    for key in ("tool", "uv", *keys):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


_ADJUSTMENTS = {
    "--constraint": "constraint-dependencies",
    "--override": "override-dependencies",
    "--excludes": "exclude-dependencies",
}


def _adjustments(table: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the requirements that constrain, replace and leave out others, by the option that says so."""
    settings = _settings_of_uv(table)
    return {option: _texts(settings, key) for option, key in _ADJUSTMENTS.items() if _texts(settings, key)}


def _root_of_workspace(path: Path, table: dict[str, Any]) -> dict[str, Any]:
    """Return the ``pyproject.toml`` at the root of the workspace that a project is a member of; else its own."""
    if "workspace" in _settings_of_uv(table):
        return table
    project = path.absolute().parent
    for folder in project.parents:
        root = _readable_toml(folder / "pyproject.toml")
        workspace = _settings_of_uv(root, "workspace")
        if workspace:
            is_member = _is_among(project, folder, _texts(workspace, "members"))
            return root if is_member and not _is_among(project, folder, _texts(workspace, "exclude")) else table
    return table


def _readable_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file; empty if it is missing or cannot be read: it is not the one that was asked about."""
    try:
        return _toml(readable_file(path).decode("utf-8-sig", "replace"), path.name) if path.is_file() else {}
    except (QuestionError, OSError):
        return {}


def _is_among(project: Path, root: Path, patterns: Iterable[str]) -> bool:
    """Return whether one of these patterns, which start from a root, is that of a project's folder."""
    for pattern in patterns:
        try:
            if project in root.glob(pattern):
                return True
        except (OSError, ValueError, NotImplementedError):  # no pattern, which uv refuses
            continue
    return False


def _sources(table: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Return kinds of places by name of requirement, of ``[tool.uv.sources]``; uv refuses what is none of these."""
    value = _settings_of_uv(table, "sources")
    return {
        canonicalize_name(name): frozenset(
            kind
            for entry in (entries if isinstance(entries, list) else [entries])
            if isinstance(entry, dict)
            for kind in entry
        )
        for name, entries in value.items()
    }
