"""Reports in which every text that comes from outside is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from hypothesis import strategies as st

from tests.support.values import report_of
from tests.support.wheelmaker import Wheel
from wheelclash.core.distribution import Skip

if TYPE_CHECKING:
    from wheelclash.report.model import Report

_T = TypeVar("_T")

_OURS = frozenset(
    "root kind role meaning what severity installers installer state intact strategy evidence tool code".split()  # noqa: SIM905
)
"""Fields whose texts are a few words of our own."""

HOSTILE = [
    "\x1b[31m", "\x1b]0;title\x07", "\x9b31m", "\x07", "\x7f", "\x85", "\u202e", "\u2066", "\u200f", "\u2028", "\n",
    "\r", "\n::error::x", "%0A", "]]>", "[/nope]", "|", "`", "<script>", "=cmd()", "\ud800", "\udc80", "\0", "\ufeff",
    "é", "\u3000", "\t", "\\u{1b}", "$(id)", "; rm -rf /", "'", '"',
]  # fmt: skip
"""7, 8, 48, 49, 50, 57 and 60 of the list of faults."""

hostile_texts = st.one_of(st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join), st.text(max_size=8))


def poisoned(value: _T, text: str) -> _T:
    """A copy of a report in which ``text`` is put before every text that comes from outside."""
    copied: _T = _copied(value, text)
    return copied


def _copied(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text + value
    if is_dataclass(value) and not isinstance(value, type):
        changes = {
            each.name: _copied(getattr(value, each.name), text) for each in fields(value) if each.name not in _OURS
        }
        return replace(value, **changes)
    if isinstance(value, Mapping):
        installers = {"pip", "uv"}
        return {key if key in installers else text + key: _copied(each, text) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(_copied(each, text) for each in value)
    return value


def full_report() -> Report:
    """A report with something in every place."""
    return report_of(
        Wheel("a", files={"m.py": "1", "n.py": "1", "x": "1", "s.py": "", "gone": ""}, unlisted={"gone"}),
        Wheel("b", files={"m.py": "2", "n.py": "1", "s/__init__.py": "1"}, scripts={"t": "m:f"}),
        Wheel("c", files={"m.py": "2", "c-1.0.data/scripts/sub/t": ""}, scripts={"t": "m:g"}, requires=["a", "gone"]),
        python="/env/bin/python",
        skipped=[Skip("d>1", "not-found", "there is no d")],
        not_compared=[Skip("e", "editable", "it is being worked on")],
        warnings=["a warning"],
        installer="pip",
    )
