"""The arguments of a question, sorted by what they are; files and folders by :mod:`wheelclash.descriptions`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError, RequirementError
from wheelclash.http.urls import local_path
from wheelclash.options import ALL_NAMED
from wheelclash.resolve.requirement import kind_of, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.core.distribution import Skip
    from wheelclash.http.urls import Credentials
    from wheelclash.question import Question
    from wheelclash.resolve.requirement import Asked
    from wheelclash.resolve.selection import Lock

__all__ = ["Inputs", "is_remote", "locks_in", "remote_files", "sort_inputs"]

_LOCKS_BY_NAME = (
    "uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml",
)  # fmt: skip
"""Locks of a project, in the order in which they are taken where none is named."""


def locks_in(folder: Path) -> list[str]:
    """Return the names of the locks in a folder: first the one to take where none is named.

    A ``pylock.NAME.toml`` is for one purpose of several, and is taken only if it is named.
    """
    return [name for name in _LOCKS_BY_NAME if (folder / name).is_file()]


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
        limits: What constraints say of all that is not resolved, as :meth:`wheelclash.resolve.listed.Files.limits` has
            it.
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
    limits: Sequence[Asked | Skip] = ()

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
    against = [
        _one_distribution("--against", requirement, cwd, credentials) for requirement in question.options.against
    ]
    names = [name for name in question.options.siblings if name != ALL_NAMED]
    siblings = [_one_distribution("--siblings", name, cwd, credentials) for name in names]
    of_all = ALL_NAMED in question.options.siblings
    inputs = Inputs(asked, against, (), None, (), (), siblings, siblings_of_all=of_all)
    if described:
        inputs = _with_described(inputs, dict.fromkeys(described), question, credentials, fetched or {})
    if not (asked or against or inputs.describes_set):
        raise QuestionError("Nothing was asked.", "Give two or more requirements or wheels.")
    return inputs


def _with_described(
    inputs: Inputs,
    described: Iterable[str],
    question: Question,
    credentials: Credentials,
    fetched: Mapping[str, bytes],
) -> Inputs:
    """Return inputs with what files, folders and the standard input describe; arguments as for :func:`sort_inputs`."""
    from wheelclash.descriptions import content_of, description_of, pip_section_of

    cwd = question.cwd
    files: list[Path] = []
    locks: list[Lock] = []
    folders: list[Path] = []
    text: bytes | None = None
    not_compared: list[Skip] = []
    for argument in described:
        path = None
        if argument in question.options.files and is_remote(argument):
            data = fetched[argument]
        else:
            path = None if argument == "-" else _path_of(argument, cwd)
            if path is not None and path.is_dir():
                folders.append(path)
                continue
            data = content_of(path, argument)
        description = description_of(path, data, as_requirements=argument in question.options.files)
        if description == "lock":
            from wheelclash.locks.read import read_lock

            locks.append(read_lock(path, data, credentials=credentials))
        elif description == "conda":
            section = pip_section_of(path, data, cwd)
            not_compared += section.conda
            text = section.text if text is None else text + b"\n" + section.text
        elif path is None:
            text = data if text is None else text + b"\n" + data
        else:
            files.append(path)
    return inputs._replace(files=files, text=text, locks=locks, folders=folders, not_compared=not_compared)


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
