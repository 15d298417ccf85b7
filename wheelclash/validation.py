"""Options, and checks of what callers of the library give.

An option is one field of a frozen dataclass, made by :func:`option`: the name for the library, the flags and the help
for the command line, the default, and the check of a value stand in one place. Only :mod:`dataclasses` is imported,
since ``--help`` reads these fields.

A value of a wrong type, or an option that does not exist, is a :class:`TypeError`, as for any Python function; a value
of the right type that is not among those allowed is a :class:`wheelclash.QuestionError`. Both say what is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields

from wheelclash.errors import QuestionError

TYPE_CHECKING = False  # typing's constant, without the cost of importing typing: --help is measured
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from types import UnionType
    from typing import Any, TypeVar

    _T = TypeVar("_T")

__all__ = [
    "Option",
    "checked_values",
    "choice",
    "flag",
    "instance",
    "items",
    "moment",
    "option",
    "options_of",
    "paths",
    "refuse_unknown",
    "texts",
]


@dataclass(frozen=True, slots=True)
class Option:
    """How an option is written on the command line, and what a value of it must be.

    Attributes:
        flags: Its flags, long or short; none for an option of the library alone. One without a dash is positional.
        commands: The commands it belongs to.
        group: The group of options it is listed in by ``--help``.
        help: What ``--help`` says of it; by command where commands differ.
        default: Its default.
        metavar: The name of its value in ``--help``.
        nargs: How many words it takes, as for :mod:`argparse`.
        repeats: Whether it may be given several times.
        alone: The value of its flag without a word behind it; None if it takes one.
        choices: The values the command line takes; by command where commands differ.
        parse: Makes a value from a word of the command line.
        others: Further flags that give it a value: flags, value, help.
        nested: The class of options that this one holds; their flags are its own.
        repeated: Whether printed commands of ``wheelclash`` repeat it.
        check: Returns the value that a caller gave for a name, or raises TypeError or QuestionError.
        in_project: Whether it may stand in a project's configuration file.
        is_path: Whether its values are paths, which in such a file begin at its folder.
    """

    flags: Sequence[str]
    commands: Sequence[str]
    group: str
    help: str | Mapping[str, str]
    default: Any
    metavar: str | None
    nargs: str | None
    repeats: bool
    alone: str | None
    choices: Sequence[str] | Mapping[str, Sequence[str]] | None
    parse: Callable[[str], Any] | None
    others: Sequence[tuple[Sequence[str], object, str | Mapping[str, str]]]
    nested: type | None
    repeated: bool
    check: Callable[[str, Any], Any] | None
    in_project: bool
    is_path: bool

    @property
    def is_switch(self) -> bool:
        """Return whether it is true or false, and takes no value."""
        return isinstance(self.default, bool) or (
            self.default is None and any(value is False for _, value, _ in self.others)
        )

    @property
    def flag(self) -> str:
        """Return its first long flag."""
        return next(flag for flag in self.flags if flag.startswith("--"))

    def choices_for(self, command: str) -> Sequence[str] | None:
        """Return the values that a command takes; None for any."""
        if isinstance(self.choices, Mapping):
            return self.choices[command]
        return self.choices

    def help_for(self, command: str) -> str:
        """Return what ``--help`` of a command says of it."""
        return self.help if isinstance(self.help, str) else self.help[command]


def option(
    *flags: str,
    default: Any = MISSING,
    commands: str = "",
    group: str = "",
    help: str | Mapping[str, str] = "",  # noqa: A002  (argparse's name)
    metavar: str | None = None,
    nargs: str | None = None,
    alone: str | None = None,
    choices: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    parse: Callable[[str], Any] | None = None,
    others: Sequence[tuple[Sequence[str], object, str | Mapping[str, str]]] = (),
    nested: type | None = None,
    repeated: bool = False,
    check: Callable[[str, Any], Any] | None = None,
    in_project: bool = False,
    is_path: bool = False,
) -> Any:
    """Return a field of a dataclass that is an option.

    The default says what kind of option it is, unless ``check`` does: False or True a switch, an empty tuple a list of
    strings that may be repeated, anything else one value.

    Args:
        *flags: See :class:`Option`.
        default: The default; a required option has none.
        commands: The commands it belongs to, with spaces between.
        group: See :class:`Option`, as for the rest.
        help: As above.
        metavar: As above.
        nargs: As above.
        alone: As above.
        choices: As above; a value that the library is given must be among them, too.
        parse: As above.
        others: As above.
        nested: As above.
        repeated: As above.
        check: As above.
        in_project: As above.
        is_path: As above.
    """
    if check is None and choices is not None:
        check = lambda name, argument: default if argument == default else choice(name, argument, choices)  # noqa: E731
    elif check is None:
        check = flag if isinstance(default, bool) else texts if default == () else None
    about = Option(
        flags, commands.split(), group, help, default, metavar, nargs, default == () and nargs is None, alone, choices,
        parse, others, nested, repeated, check, in_project, is_path,
    )  # fmt: skip
    if nested is not None:
        return field(default_factory=nested, metadata={"option": about}, kw_only=True)
    return field(default=default, metadata={"option": about}, kw_only=True)


def options_of(kind: Any) -> Iterator[tuple[str, Option]]:
    """Yield the names and options of a class of options, in their order."""
    for item in fields(kind):
        if "option" in item.metadata:
            yield item.name, item.metadata["option"]


def checked_values(options: Any) -> dict[str, Any]:
    """Return the checked values of an instance of a class of options, by name.

    Raises:
        TypeError: A value is of a wrong type.
        QuestionError: A value is not among those allowed.
    """
    return {
        name: getattr(options, name) if about.check is None else about.check(name, getattr(options, name))
        for name, about in options_of(options)
    }


def refuse_unknown(function: str, asked: Iterable[str], known: Iterable[str], elsewhere: Mapping[str, str]) -> None:
    """Raise if an option does not exist.

    Args:
        function: Its name, for the message.
        asked: Names of the options that were given.
        known: Names of the options there are.
        elsewhere: Of options that something else takes: what that is.

    Raises:
        TypeError: One of them is not known; the message has near names.
    """
    from wheelclash.wording import near_names

    names = sorted(known)
    for name in asked:
        if name in names:
            continue
        if name in elsewhere:
            raise TypeError(f"{function}() takes no option {name!r}: it is an option of {elsewhere[name]}")
        similar = near_names(name, names)
        hint = f"perhaps {' or '.join(map(repr, similar))}" if similar else f"it takes {', '.join(names)}"
        raise TypeError(f"{function}() takes no option {name!r}: {hint}")


def instance(name: str, argument: Any, allowed: type[_T] | UnionType, described: str) -> Any:
    """Return what was given for ``name``, if it is of an allowed type.

    Raises:
        TypeError: It is not; the message says that it must be what ``described`` says.
    """
    if not isinstance(argument, allowed):
        raise TypeError(f"{name} must be {described}, not {_shown(argument)}")
    return argument


def flag(name: str, argument: Any) -> bool:
    """Return True or False as given; raise TypeError for anything else."""
    checked: bool = instance(name, argument, bool, "True or False")
    return checked


def texts(name: str, argument: Any) -> tuple[str, ...]:
    """Return a list of strings as a tuple.

    Raises:
        TypeError: It is no list, or one string alone, which would be taken for a list of its letters.
    """
    return items(name, argument, str, "a list of strings")


def paths(name: str, argument: Any) -> tuple[str, ...]:
    """Return a list of strings and paths as a tuple of strings; raise TypeError as :func:`texts` does."""
    return tuple(os.fspath(item) for item in items(name, argument, str | os.PathLike, "a list of strings or paths"))


def items(name: str, argument: Any, allowed: type[_T] | UnionType, described: str) -> tuple[Any, ...]:
    """Return a list of values of an allowed type as a tuple.

    Raises:
        TypeError: It is no list, or something in it is of another type.
    """
    if isinstance(argument, allowed):
        raise TypeError(f"{name} must be {described}, not one alone: [{argument!r}]")
    if isinstance(argument, (str, bytes)) or not isinstance(argument, Iterable):
        raise TypeError(f"{name} must be {described}, not {_shown(argument)}")
    listed = tuple(argument)
    for item in listed:
        if not isinstance(item, allowed):
            raise TypeError(f"{name} must be {described}; {_shown(item)} is none")
    return listed


def choice(name: str, argument: Any, allowed: Iterable[str]) -> Any:
    """Return what was given for ``name``, if it is one of the allowed strings.

    Raises:
        TypeError: It is no string.
        QuestionError: It is another one.
    """
    described = " or ".join(map(repr, allowed))
    if instance(name, argument, str, described) not in allowed:
        raise QuestionError(f"{name} must be {described}, not {argument!r}.")
    return argument


def moment(name: str, argument: datetime | None) -> datetime | None:
    """Return a moment as given; None is none.

    Raises:
        TypeError: It is no :class:`datetime.datetime`.
        QuestionError: It has no time zone.
    """
    if argument is None:
        return None
    from datetime import datetime

    if instance(name, argument, datetime, "a datetime").tzinfo is None:
        raise QuestionError(f"{name} needs a time zone.", f"E.g. {name}.replace(tzinfo=datetime.UTC).")
    return argument


_MOST_SHOWN = 40
"""Characters of a value that are put in a message."""


def _shown(argument: object) -> str:
    """Describe a value in a message: a short one itself, of others the type."""
    text = repr(argument)
    return text if len(text) <= _MOST_SHOWN and text.isprintable() else f"a {type(argument).__name__}"
