"""The report as JSON: ASCII, sorted keys, deterministic."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from wheelclash.report.model import Summary, summary_key

__all__ = ["to_dict", "to_json"]


def to_json(report: object) -> str:
    """Write a report. Names from wheels stand in it exactly, escaped as JSON escapes where they are not ASCII.

    Only lone surrogates, which strict JSON readers refuse, are spelt out, as a backslash and ``udc80``.
    """
    return json.dumps(to_dict(report), ensure_ascii=True, sort_keys=True, indent=2) + "\n"


def to_dict(report: object) -> dict[str, Any]:
    """Return a report as what its JSON is parsed to."""
    plain: dict[str, Any] = _plain(report)
    return plain


def _plain(value: Any) -> Any:
    """Dataclasses to dicts, all the way down."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if is_dataclass(value):
        plain = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {summary_key(name): count for name, count in plain.items()} if isinstance(value, Summary) else plain
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
