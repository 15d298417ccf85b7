"""Checks of what callers of the library give.

A value of a wrong type, or an option that does not exist, is a :class:`TypeError`, as for any Python function; a value
of the right type that is not among those allowed is a :class:`wheelclash.QuestionError`. Both say what is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import UnionType

__all__ = ["choice", "flag", "instance", "items", "moment", "paths", "refuse_unknown", "texts"]

_T = TypeVar("_T")


def refuse_unknown(function: str, given: Iterable[str], known: Iterable[str], elsewhere: Mapping[str, str]) -> None:
    """Raise if an option does not exist.

    Args:
        function: Its name, for the message.
        given: Names of the options given.
        known: Names of the options there are.
        elsewhere: Of options that something else takes: what that is.

    Raises:
        TypeError: One of them is not known; the message has near names.
    """
    from wheelclash.wording import near_names

    names = sorted(known)
    for name in given:
        if name in names:
            continue
        if name in elsewhere:
            raise TypeError(f"{function}() takes no option {name!r}: it is an option of {elsewhere[name]}")
        similar = near_names(name, names)
        hint = f"perhaps {' or '.join(map(repr, similar))}" if similar else f"it takes {', '.join(names)}"
        raise TypeError(f"{function}() takes no option {name!r}: {hint}")


def instance(name: str, given: Any, allowed: type[_T] | UnionType, described: str) -> Any:
    """Return what was given for ``name``, if it is of an allowed type.

    Raises:
        TypeError: It is not; the message says that it must be what ``described`` says.
    """
    if not isinstance(given, allowed):
        raise TypeError(f"{name} must be {described}, not {_shown(given)}")
    return given


def flag(name: str, given: Any) -> bool:
    """Return True or False as given; raise TypeError for anything else."""
    checked: bool = instance(name, given, bool, "True or False")
    return checked


def texts(name: str, given: Any) -> tuple[str, ...]:
    """Return a list of strings as a tuple.

    Raises:
        TypeError: It is no list, or one string alone, which would be taken for a list of its letters.
    """
    return items(name, given, str, "a list of strings")


def paths(name: str, given: Any) -> tuple[str, ...]:
    """Return a list of strings and paths as a tuple of strings; raise TypeError as :func:`texts` does."""
    return tuple(os.fspath(item) for item in items(name, given, str | os.PathLike, "a list of strings or paths"))


def items(name: str, given: Any, allowed: type[_T] | UnionType, described: str) -> tuple[Any, ...]:
    """Return a list of values of an allowed type as a tuple.

    Raises:
        TypeError: It is no list, or something in it is of another type.
    """
    if isinstance(given, allowed):
        raise TypeError(f"{name} must be {described}, not one alone: [{given!r}]")
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(f"{name} must be {described}, not {_shown(given)}")
    listed = tuple(given)
    for item in listed:
        if not isinstance(item, allowed):
            raise TypeError(f"{name} must be {described}; {_shown(item)} is none")
    return listed


def choice(name: str, given: Any, allowed: Iterable[str]) -> Any:
    """Return what was given for ``name``, if it is one of the allowed strings.

    Raises:
        TypeError: It is no string.
        QuestionError: It is another one.
    """
    described = " or ".join(map(repr, allowed))
    if instance(name, given, str, described) not in allowed:
        raise QuestionError(f"{name} must be {described}, not {given!r}.")
    return given


def moment(name: str, given: datetime | None) -> datetime | None:
    """Return a moment as given; None is none.

    Raises:
        TypeError: It is no :class:`datetime.datetime`.
        QuestionError: It has no time zone.
    """
    if given is None:
        return None
    from datetime import datetime

    if instance(name, given, datetime, "a datetime").tzinfo is None:
        raise QuestionError(f"{name} needs a time zone.", f"E.g. {name}.replace(tzinfo=datetime.UTC).")
    return given


_MOST_SHOWN = 40
"""Characters of a value that are put in a message."""


def _shown(given: object) -> str:
    """Describe a value in a message: a short one itself, of others the type."""
    text = repr(given)
    return text if len(text) <= _MOST_SHOWN and text.isprintable() else f"a {type(given).__name__}"
