"""The report as JSON: ASCII, sorted keys, deterministic, an element of a list on each line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

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
        members = _opened(value)
        start = "{"
        for key, member in members.items():
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
        return json.dumps(_plain(value), sort_keys=True)
    return text


def _opened(value: Any) -> dict[str, Any]:
    """Return a dataclass or a mapping as a dict with sorted keys, its values as they are."""
    kind: Any = type(value)
    shape = _shape(kind)
    if shape is None:
        return dict(sorted(value.items()))
    opened = dict(zip(shape.keys, shape.get(value)))  # noqa: B905 - as many, and strict= takes longer for each
    for key in shape.mappings:
        opened[key] = dict(sorted(opened[key].items()))
    return opened


class _Shape(NamedTuple):
    """How a dataclass is opened.

    Attributes:
        keys: Its keys in JSON, sorted.
        get: Gets their values.
        mappings: Those of its keys that hold mappings.
    """

    keys: tuple[str, ...]
    get: Callable[[Any], tuple[Any, ...]]
    mappings: tuple[str, ...]


@cache
def _shape(kind: Any) -> _Shape | None:
    """Return how to open a dataclass; None for any other class."""
    if not is_dataclass(kind):
        return None
    spell = summary_key if isinstance(kind, type) and issubclass(kind, Summary) else str
    names = {spell(item.name): item for item in fields(kind)}
    keys = tuple(sorted(names))
    get = attrgetter(*(names[key].name for key in keys))
    mappings = tuple(key for key in keys if "Mapping" in str(names[key].type))
    return _Shape(keys, get if len(keys) > 1 else lambda value: (get(value),), mappings)


_ENCODER = json.JSONEncoder(ensure_ascii=True, check_circular=False, default=_opened)
"""What it opens has its keys sorted: to sort them again for each of very many elements would take longer."""


def _plain(value: Any) -> Any:
    """Return dataclasses as dicts, all the way down."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if is_dataclass(value) or isinstance(value, Mapping):
        return {_plain(key): _plain(member) for key, member in _opened(value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    return value
