"""Frozen, slotted dataclasses that cost little to define.

The standard decorator compiles six methods for every class it makes. A run answered from the cache defines some
thirty such classes and does little else, and that compilation was a fifth of its time (``nox -s bench`` measures it).
:func:`value` makes the same kind of class with methods that are written once, below. Everything that reads
``dataclasses.fields`` (``replace``, pydantic) works as ever.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field
from typing import Any, NoReturn, TypeVar, dataclass_transform

__all__ = ["value"]

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, eq_default=True, field_specifiers=(field,))
def value(cls: type[_T]) -> type[_T]:
    """Make a class a frozen, slotted dataclass: compared, hashed and shown by its fields."""
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    methods = (__init__, __setattr__, __delattr__, __eq__, __hash__, __reduce__)
    for method in (*methods, __repr__) if cls.__repr__ is object.__repr__ else methods:
        if method.__name__ not in cls.__dict__ or method.__name__ == "__hash__":
            setattr(made, method.__name__, method)
    return made


def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
    names = type(self).__match_args__
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} has {len(names)} fields, {len(args)} were given")
    values = dict(zip(names, args, strict=False))
    wrong = values.keys() & given.keys() or given.keys() - set(names)
    if wrong:
        raise TypeError(f"{type(self).__name__} does not take {', '.join(sorted(wrong))}, or not twice")
    values.update(given)
    for name in names:
        about = type(self).__dataclass_fields__[name]
        if name in values:
            object.__setattr__(self, name, values[name])
        elif about.default is not MISSING:
            object.__setattr__(self, name, about.default)
        elif about.default_factory is not MISSING:
            object.__setattr__(self, name, about.default_factory())
        else:
            raise TypeError(f"{type(self).__name__} needs {name}")


def __setattr__(self: Any, name: str, _: Any) -> NoReturn:  # noqa: N807
    raise FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__name__}")


def __delattr__(self: Any, name: str) -> NoReturn:  # noqa: N807
    raise FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__name__}")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in type(self).__match_args__)


def __eq__(self: Any, other: object) -> Any:  # noqa: N807
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def __hash__(self: Any) -> int:  # noqa: N807
    return hash(_values(self))


def __repr__(self: Any) -> str:  # noqa: N807
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__match_args__)
    return f"{type(self).__qualname__}({shown})"


def __reduce__(self: Any) -> tuple[Any, ...]:  # noqa: N807
    return type(self), _values(self)
