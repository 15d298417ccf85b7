"""The one boundary where text from wheels and servers becomes text on a terminal.

File names in a wheel may hold anything: escape sequences, line breaks, marks that turn the writing direction. Nothing
that :meth:`str.isprintable` calls unprintable passes here (C0, DEL, C1, bidirectional controls, lone surrogates).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

__all__ = ["printable", "printable_report"]

_T = TypeVar("_T")


def printable(text: str) -> str:
    r"""``text`` with every unprintable character spelt out.

    >>> print(printable("a\x1b[31mb"))
    a\u{1b}[31mb
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)


def printable_report(report: _T) -> _T:
    """A copy of a report, or of any part of it, in which every string is printable."""
    copied: _T = _copied(report)
    return copied


def _copied(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _copied(getattr(value, each.name)) for each in fields(value)})
    if isinstance(value, Mapping):
        return {_copied(key): _copied(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_copied(each) for each in value)
    return value
