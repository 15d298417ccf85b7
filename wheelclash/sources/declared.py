"""Files that hold requirements inside something else: ``pyproject.toml`` (PEP 621, 735) and scripts (PEP 723).

uv reads the requirements; this is about whose they are, and for which Python.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.errors import QuestionError
from wheelclash.sources.candidate import Skip
from wheelclash.sources.includes import readable_file

if TYPE_CHECKING:
    from pathlib import Path

    from wheelclash.target import Target

__all__ = ["Project", "project_of", "script_block"]

_BLOCK = re.compile(r"^# /// (?P<type>[a-zA-Z0-9-]+)[ \t]*$\s(?P<content>(^#(| .*)$\s)+)^# ///[ \t]*$", re.MULTILINE)


class Project(NamedTuple):
    """A ``pyproject.toml`` or a script.

    Attributes:
        path: The file.
        kind: Which of the two.
        name: The project's name, normalised; None for a script, or where there is no ``[project]`` table.
        requires_python: What it says of Python, or None.
        has_project: Whether it has requirements of its own, apart from groups.
        groups: Its dependency groups.
    """

    path: Path
    kind: Literal["pyproject", "script"]
    name: str | None
    requires_python: str | None
    has_project: bool
    groups: tuple[str, ...]

    @property
    def skip(self) -> Skip | None:
        """The project itself, which is not compared."""
        if self.name is None:
            return None
        return Skip(requirement=self.name, code="project", reason="the project whose dependencies these are")

    def is_source(self, *, grouped: bool) -> bool:
        """Whether its own requirements are asked for, not just its groups.

        Raises:
            QuestionError: It has none, and no group is asked for.
        """
        if self.has_project:
            return True
        if not grouped:
            groups = f"Name a group with --group: {', '.join(self.groups)}." if self.groups else ""
            raise QuestionError(f"{self.path.name} has no [project] table, so nothing to install.", groups)
        return False

    def notes(self, target: Target) -> tuple[str, ...]:
        """A sentence if it is not for the target's Python; uv does not mind that here, an install does."""
        if self.requires_python is None:
            return ()
        try:
            allowed = SpecifierSet(self.requires_python).contains(target.python_version, prereleases=True)
        except InvalidSpecifier:
            return ()
        wanted = f"{self.path.name} requires Python {self.requires_python}"
        return () if allowed else (f"{wanted}, and the target has {target.python_version}",)


def project_of(path: Path) -> Project | None:
    """The project or script a file is; None if uv will read it as a requirements file.

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
        own = project.get("name")
        return Project(
            path=path,
            kind="pyproject",
            name=canonicalize_name(own) if isinstance(own, str) else None,
            requires_python=_text(project, "requires-python"),
            has_project="project" in table,
            groups=tuple(map(str, groups)),
        )
    if path.suffix.lower() in {".py", ".pyw"}:
        block = script_block(readable_file(path).decode("utf-8-sig", "replace"), name)
        if block is None:
            hint = "Such a block begins with the line '# /// script'."
            raise QuestionError(f"{name} does not say what it requires: it has no script metadata (PEP 723).", hint)
        table = _toml(block, name)
        return Project(path, "script", None, _text(table, "requires-python"), has_project=True, groups=())
    return None


def script_block(text: str, what: str) -> str | None:
    """The TOML of a script's metadata (PEP 723); None if it has none.

    Raises:
        QuestionError: There are several blocks.
    """
    blocks = [each for each in _BLOCK.finditer(text.replace("\r\n", "\n") + "\n") if each["type"] == "script"]
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
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise QuestionError(f"{what}: '{key}' is no table.")
    return found


def _text(table: dict[str, Any], key: str) -> str | None:
    found = table.get(key)
    return found if isinstance(found, str) else None
