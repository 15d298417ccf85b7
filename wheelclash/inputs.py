"""The arguments of a question, sorted by what they are: by name and, for files, by content.

:func:`describe` tells what kind of description of a set a file, a folder or the standard input is; :func:`sort_inputs`
sorts all arguments.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from wheelclash.errors import QuestionError, RequirementError
from wheelclash.files import LARGEST_DESCRIPTION, IrregularFileError, open_regular, read_file
from wheelclash.http.urls import local_path, shown
from wheelclash.locks.read import HEAD_SIZE, KNOWN, detect_format, is_lock, is_pex_file
from wheelclash.options import ALL_NAMED
from wheelclash.resolve.requirement import kind_of, parse
from wheelclash.wording import path_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wheelclash.core.distribution import Skip
    from wheelclash.http.urls import Credentials
    from wheelclash.locks.conda import PipSection
    from wheelclash.options import Question
    from wheelclash.resolve.requirement import Asked
    from wheelclash.resolve.selection import Lock

__all__ = ["Description", "Inputs", "describe", "is_remote", "locks_in", "remote_files", "sort_inputs"]

Description: TypeAlias = Literal["lock", "requirements", "script", "pyproject", "wheelhouse", "conda"]
"""``lock`` is for :func:`wheelclash.locks.read.read_lock`, ``wheelhouse`` for
:mod:`wheelclash.resolve.wheelhouse`, ``conda`` is an ``environment.yml``; uv resolves the others, see
:mod:`wheelclash.closure`."""

_KNOWN = f"{KNOWN} Also requirements, scripts and pyproject.toml."


def describe(path: Path | None, data: bytes | None = None) -> Description:
    """Tell what a description is, by its name and by how it begins.

    Args:
        path: A file or folder; None for the standard input.
        data: The content, or at least how it begins; by default it is read from ``path``.

    Raises:
        QuestionError: There is no such file, it cannot be read, or it is nothing that describes a set.
    """
    if path is not None and _is_folder(path):
        return _of_folder(path)
    head = _head(path) if data is None else data
    if path is None:
        _check_stream(head)
    elif path.name.lower().endswith(".whl"):
        raise QuestionError(f"{path.name} is a wheel, not a description of a set.")
    elif path.name.lower().endswith(".tar.gz"):
        raise QuestionError(
            f"{path.name} is a source archive, not a description of a set.",
            f"To have it built and compared, give its URL: '{path.absolute().as_uri()}' --build (runs its code).",
        )
    if is_lock(path, head):
        return "lock"
    kind = detect_format(path, head)
    if kind in {"requirements", "conda"}:
        return kind
    if kind == "script":
        return _named(path, "script", "a script")
    if kind == "pyproject" and (path is None or path.name == "pyproject.toml"):
        return _named(path, "pyproject", "a pyproject.toml")
    raise QuestionError(f"{'The standard input' if path is None else path.name} describes no set of wheels.", _KNOWN)


_LOCKS_BY_NAME = (
    "uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml",
)  # fmt: skip
"""Locks of a project, in the order in which they are taken where none is named."""


def locks_in(folder: Path) -> list[str]:
    """Return the names of the locks in a folder: first the one to take where none is named.

    A ``pylock.NAME.toml`` is for one purpose of several, and is taken only if it is named.
    """
    return [name for name in _LOCKS_BY_NAME if (folder / name).is_file()]


def _named(path: Path | None, description: Description, what: str) -> Description:
    if path is None:
        raise QuestionError(f"The standard input is {what}, which can only be read from a file.", "Give its path.")
    return description


def _check_stream(head: bytes) -> None:
    if not head.strip():
        raise QuestionError("The standard input is empty: nothing was asked.")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if (b"\0" in head and not is_wide) or head.startswith(b"PK\x03\x04"):
        raise QuestionError("The standard input is no text.", "It takes requirements, a lock file or pip's report.")


def _of_folder(path: Path) -> Description:
    try:
        names = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        raise QuestionError(f"{_from_here(path)} cannot be read ({error.strerror}).") from None
    if any(name.lower().endswith(".whl") for name in names):
        return "wheelhouse"
    described = [name for name in names if is_lock(path / name, b"") or name == "pyproject.toml"]
    hint = f"It holds {', '.join(described)}: give that file." if described else "Build some first."
    raise QuestionError(f"There is no wheel in the folder {path}.", hint)


def _from_here(path: Path) -> str:
    """Return a path as it was given, for messages: what looks like a login is then found at its beginning."""
    return shown(path_from(str(path), str(path.cwd())))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _head(path: Path | None) -> bytes:
    if path is None:
        raise QuestionError("The standard input was not read.")
    try:
        with open_regular(path) as file:
            return file.read(HEAD_SIZE)
    except OSError as error:
        raise QuestionError(f"{_from_here(path)} cannot be read ({error.strerror}).") from None


class Inputs(NamedTuple):
    """The arguments of a question, sorted.

    Attributes:
        asked: Requirements and wheels on disk.
        against: Requirements to compare the rest with.
        files: Requirements files, scripts and ``pyproject.toml`` files.
        text: Requirements from standard input and from the web.
        locks: Locks and installation reports.
        folders: Folders of wheels.
        siblings: Projects to compare with their known variants; the variants too, once they are known.
        siblings_of_all: Whether the variants of all that is named are wanted, too.
        not_compared: What a description lists and no index is asked for: conda's packages.
    """

    asked: Sequence[Asked]
    against: Sequence[Asked]
    files: Sequence[Path]
    text: bytes | None
    locks: Sequence[Lock]
    folders: Sequence[Path]
    siblings: Sequence[Asked]
    siblings_of_all: bool = False
    not_compared: Sequence[Skip] = ()

    @property
    def projects(self) -> list[str]:
        """Return the names of what was asked for by requirements, wheels and folders, each once."""
        from wheelclash.index.filenames import project_of
        from wheelclash.resolve.wheelhouse import wheels_of

        names = [requirement.name or project_of(requirement.filename) for requirement in self.asked]
        names += [project_of(path.name) for folder in self.folders for path in wheels_of(folder)]
        return [name for name in dict.fromkeys(names) if name]

    @property
    def named(self) -> list[Asked]:
        """Return requirements that an index is asked for."""
        return self.looked_up(resolves=False)

    def looked_up(self, *, resolves: bool) -> list[Asked]:
        """Return the requirements that index pages are read for: all, or those that are not resolved."""
        asked = () if resolves else self.asked
        return [requirement for requirement in (*asked, *self.against, *self.siblings) if not requirement.direct]

    @property
    def alone(self) -> str | None:
        """Return the one distribution that was named, where nothing else was: requirement, wheel or folder with one."""
        if self.files or self.text is not None or self.locks or self.against:
            return None
        if self.siblings or self.siblings_of_all:
            return None
        if len(self.asked) == 1 and not self.folders:
            return self.asked[0].text
        if len(self.folders) == 1 and not self.asked:
            from wheelclash.index.filenames import project_of
            from wheelclash.resolve.wheelhouse import wheels_of

            projects = {project_of(path.name) for path in wheels_of(self.folders[0])}
            return f"What is in {self.folders[0].name or self.folders[0]}" if len(projects) == 1 else None
        return None

    @property
    def sources(self) -> str:
        """Return what was named, as the subject of a sentence and its verb, for messages."""
        names = [
            *(requirement.text for requirement in self.asked),
            *(path.name for path in (*self.files, *self.folders)),
        ]
        names += ["the standard input"] if self.text is not None else []
        names += ["the lock"] if self.locks else []
        return f"{' and '.join(names) or 'the question'} {'asks' if len(names) < 2 else 'ask'} for"  # noqa: PLR2004

    @property
    def describes_set(self) -> bool:
        """Return whether something else than requirements and wheels was named."""
        return bool(self.files or self.text is not None or self.locks or self.folders or self.siblings)


def remote_files(question: Question) -> list[str]:
    """Return the files of requirements (``-r``) that are URLs and must be fetched before :func:`sort_inputs`."""
    return [argument for argument in dict.fromkeys(question.options.files) if is_remote(argument)]


def is_remote(argument: str) -> bool:
    """Return whether the name of a file is a URL of the web."""
    return argument.lower().startswith(("http://", "https://"))


def sort_inputs(question: Question, credentials: Credentials, fetched: Mapping[str, bytes] | None = None) -> Inputs:
    """Tell requirements, wheels, folders, locks and files of requirements apart.

    Args:
        question: The arguments as they were given.
        credentials: Where user names and passwords in them go.
        fetched: The content of :func:`remote_files`.

    Raises:
        QuestionError: Nothing was asked, or something that cannot be understood or read.
    """
    cwd = question.cwd
    described = [*question.options.files]
    requirements: list[str] = []
    for argument in question.requirements:
        (described if kind_of(argument, cwd=cwd) == "description" else requirements).append(argument)
    asked = [parse(requirement, cwd=cwd, credentials=credentials) for requirement in requirements]
    files: list[Path] = []
    locks: list[Lock] = []
    folders: list[Path] = []
    text: bytes | None = None
    not_compared: list[Skip] = []
    for argument in dict.fromkeys(described):
        path = None
        if argument in question.options.files and is_remote(argument):
            data = (fetched or {})[argument]
        else:
            path = None if argument == "-" else _path_of(argument, cwd)
            if path is not None and path.is_dir():
                folders.append(path)
                continue
            data = _content(path, argument)
        description = _description(path, data, as_requirements=argument in question.options.files)
        if description == "lock":
            from wheelclash.locks.read import read_lock

            locks.append(read_lock(path, data, credentials=credentials))
        elif description == "conda":
            section = _pip_section(path, data, cwd)
            not_compared += section.conda
            text = section.text if text is None else text + b"\n" + section.text
        elif path is None:
            text = data if text is None else text + b"\n" + data
        else:
            files.append(path)
    against = [
        _one_distribution("--against", requirement, cwd, credentials) for requirement in question.options.against
    ]
    names = [name for name in question.options.siblings if name != ALL_NAMED]
    siblings = [_one_distribution("--siblings", name, cwd, credentials) for name in names]
    of_all = ALL_NAMED in question.options.siblings
    inputs = Inputs(
        asked, against, files, text, locks, folders, siblings, siblings_of_all=of_all, not_compared=not_compared
    )
    if not (asked or against or inputs.describes_set):
        raise QuestionError("Nothing was asked.", "Give two or more requirements or wheels.")
    return inputs


def _one_distribution(option: str, argument: str, cwd: Path, credentials: Credentials) -> Asked:
    """Understand the value of an option that takes one distribution.

    Raises:
        QuestionError: It is no requirement and no wheel; or is for ``--siblings`` and no name.
    """
    try:
        asked = parse(argument, cwd=cwd, credentials=credentials)
    except RequirementError as error:
        hint = f"For the siblings of all that is named: {argument} --siblings" if option == "--siblings" else ""
        raise QuestionError(f"{option}: {error}", hint) from None
    if option == "--siblings" and asked.direct:
        raise QuestionError(
            f"--siblings: {asked.text!r} names a file, and the name of a project is wanted here.",
            f"For the siblings of all that is named: {argument} --siblings",
        )
    return asked


def _path_of(argument: str, cwd: Path) -> Path:
    if argument.lower().startswith("file:"):
        return cwd / (local_path(argument) or argument)
    return cwd / argument


def _content(path: Path | None, argument: str) -> bytes:
    try:
        if path is not None:
            head = _head(path)  # a .pex file may be of any size, and only its list of wheels is read
            return head if is_pex_file(path, head) else read_file(path, LARGEST_DESCRIPTION)
        data = sys.stdin.buffer.read(LARGEST_DESCRIPTION + 1)
    except IrregularFileError as error:
        hint = "" if error.is_folder else "Of a pipe, give - and its standard input."
        raise QuestionError(f"{shown(argument)} cannot be read ({error.strerror}).", hint) from None
    except OSError as error:
        raise QuestionError(f"{shown(argument)} cannot be read ({error.strerror}).") from None
    if len(data) > LARGEST_DESCRIPTION:
        raise QuestionError(f"The standard input has more than {LARGEST_DESCRIPTION} bytes.")
    return data


def _description(path: Path | None, data: bytes, *, as_requirements: bool) -> Description:
    """Tell what a description is; see :func:`describe`.

    Args:
        path: The file; None for the standard input.
        data: Its content.
        as_requirements: Whether it was given as a file of requirements, which may then have any name.

    Raises:
        QuestionError: It is none.
    """
    if as_requirements and path is not None and not path.suffix and detect_format(path, data) is None:
        return "requirements"
    return describe(path, data)


def _pip_section(path: Path | None, data: bytes, cwd: Path) -> PipSection:
    """Return the pip section of an ``environment.yml``; raise QuestionError if there is none."""
    from wheelclash.locks.conda import pip_section
    from wheelclash.locks.yaml_document import parse_yaml

    name = "the standard input" if path is None else path.name
    return pip_section(parse_yaml(data, name), cwd if path is None else path.parent, name)
