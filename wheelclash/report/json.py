"""The report as JSON: ASCII, sorted keys, deterministic, an element of a list on each line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from wheelclash.report.model import Summary, summary_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["to_dict", "to_json"]


def to_json(report: object) -> str:
    """Return a report as JSON text. Names from wheels stand in it exactly, escaped as JSON escapes what is not ASCII.

    Only lone surrogates, which strict JSON readers refuse, are spelt out, as a backslash and ``udc80``. Objects are
    indented; what a list holds is written by the C encoder, one element a line, so that a long report is neither slow
    to write nor one line.
    """
    return "".join(_written(report, "")) + "\n"


def to_dict(report: object) -> dict[str, Any]:
    """Return a report as what its JSON is parsed to."""
    plain: dict[str, Any] = _plain(report)
    return plain


def _written(value: object, indent: str) -> Iterator[str]:
    """Yield the text of a value: an object or a list over several lines, and anything else on one."""
    inner = f"{indent}  "
    if is_dataclass(value) or isinstance(value, Mapping):
        members = sorted(_opened(value).items())
        start = "{"
        for key, member in members:
            yield f"{start}\n{inner}{_encoded(key)}: "
            yield from _written(member, inner)
            start = ","
        yield f"\n{indent}}}" if members else "{}"
    elif isinstance(value, (list, tuple)):
        start = "["
        for element in value:
            yield f"{start}\n{inner}{_encoded(element)}"
            start = ","
        yield f"\n{indent}]" if value else "[]"
    else:
        yield _encoded(value)


def _encoded(value: object) -> str:
    """Return a value on one line."""
    text = _ENCODER.encode(value)
    if "\\ud" in text:  # perhaps a lone surrogate
        return _ENCODER.encode(_plain(value))
    return text


def _opened(value: Any) -> dict[str, Any]:
    """Return a dataclass or a mapping as a dict, its values as they are."""
    kind: Any = type(value)
    shape = _shape(kind)
    return dict(value) if shape is None else dict(zip(shape[0], shape[1](value), strict=True))


@cache
def _shape(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]] | None:
    """Return the keys of a dataclass in JSON, and what gets their values; None of any other class."""
    if not is_dataclass(kind):
        return None
    names = [each.name for each in fields(kind)]
    keys = tuple(map(summary_key, names)) if isinstance(kind, type) and issubclass(kind, Summary) else tuple(names)
    get = attrgetter(*names)
    return keys, get if len(names) > 1 else lambda value: (get(value),)


_ENCODER = json.JSONEncoder(ensure_ascii=True, check_circular=False, sort_keys=True, default=_opened)


def _plain(value: Any) -> Any:
    """Return dataclasses as dicts, all the way down."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if is_dataclass(value) or isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in _opened(value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
