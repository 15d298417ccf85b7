"""The library's way to a project's configuration: the options as objects, none of which is read unless asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelclash.cli.configuration import find_configuration, read_configuration
from wheelclash.cli.parser import CommandOptions
from wheelclash.options import Options, SessionOptions
from wheelclash.validation import options_of

if TYPE_CHECKING:
    import os

    from wheelclash.report.model import FailOn

__all__ = ["Project", "read_project"]


@dataclass(frozen=True, slots=True)
class Project:
    """What a project's configuration says.

    Attributes:
        file: Where it stands; None if there is none, and all is as by default.
        options: Those of a question.
        session: How wheels are read.
        fail_on, allow_incomplete: For ``exit_code`` of a report.
        siblings: Names of further siblings of the project's own distributions.
    """

    file: str | None = None
    options: Options = Options()  # noqa: RUF009  (immutable)
    session: SessionOptions = SessionOptions()  # noqa: RUF009  (immutable)
    fail_on: FailOn = "error"
    allow_incomplete: bool = False
    siblings: tuple[str, ...] = ()


def read_project(path: str | os.PathLike[str] = ".") -> Project:
    """Return what a project's configuration says; environment variables are not read.

    Args:
        path: A configuration file, or the folder where to begin to look for one, upwards.

    Raises:
        QuestionError: The file cannot be read, or makes no sense.
    """
    place = Path(path)
    configuration = find_configuration(place.resolve(), CommandOptions) if place.is_dir() else None
    if configuration is None and not place.is_dir():
        configuration = read_configuration(place, CommandOptions)
    if configuration is None:
        return Project()
    values: dict[str, Any] = dict(configuration.values)
    siblings = tuple(values.pop("siblings", ()))
    session = SessionOptions(**{name: values.pop(name) for name, _ in options_of(SessionOptions) if name in values})
    index = next(about.nested for name, about in options_of(Options) if name == "index")
    if index is not None:
        of_index = {name: values.pop(name) for name, _ in options_of(index) if name in values}
        values |= {"index": index(**of_index)} if of_index else {}
    options = CommandOptions(**values)
    from wheelclash.cli.commands import options_for_library, with_targets

    question = options_for_library(options)
    if options.python_versions or options.python_platforms:
        question = replace(with_targets(question, options, as_module=False), interpreter=None)
    return Project(configuration.file, question, session, options.fail_on, options.allow_incomplete, siblings)
