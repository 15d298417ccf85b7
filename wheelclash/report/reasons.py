"""What native files need, as the report has it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.report.model import NativeReport, NeedReport

if TYPE_CHECKING:
    from wheelclash.native.explain import Why

__all__ = ["native_report"]


def native_report(why: Why, id_: str) -> NativeReport:
    """What the version of one owner needs, or why that is not known.

    Args:
        why: The reason why a native file matters.
        id_: The owner's distribution id.
    """
    side = why.sides.get(id_)
    if side is None:
        return NativeReport("", None, (), why.unread.get(id_, "nobody looked"))
    needs = tuple(NeedReport(need.name, need.place, tuple(map(why.where, need.folders))) for need in side.needs)
    return NativeReport(side.facts.machine, side.facts.soname, needs, side.facts.unread)
