"""A figure: what was measured, and what it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Figure"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Attributes:
        group: What it belongs to.
        name: What it is.
        value: The number.
        unit: ``requests``, ``bytes``, ``times …``; what a ratio is a ratio to.
        target: The most it should be; None for a number that only informs.
    """

    group: str
    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is at most its target; None where there is none."""
        return None if self.target is None else self.value <= self.target

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "group": self.group,
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "target": self.target,
            "met": self.met,
        }

    def line(self) -> str:
        """For people."""
        verdict = {None: "", True: "met", False: "NOT MET"}[self.met]
        target = "" if self.target is None else f"<= {_number(self.target)}"
        return f"  {self.name:<52} {_number(self.value):>13} {self.unit:<26} {target:>11}  {verdict}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if isinstance(value, int) or value > 1000 else f"{value:,.2f}"
