"""Mending an environment: plan, see that every wheel is there, run the steps, look again.

``repair`` plans on the model disk and is pure; ``job`` puts plan, wheels, steps and the second look together;
``carrying_out`` runs commands, and is the only thing in the library that changes an environment; ``losses`` says what
would go with a distribution.
"""

from __future__ import annotations

from wheelclash.mending.job import Job, Mended, Wish, mend
from wheelclash.mending.repair import Repair, plan_repair

__all__ = ["Job", "Mended", "Repair", "Wish", "mend", "plan_repair"]
