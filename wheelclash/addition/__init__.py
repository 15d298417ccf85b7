"""An addition: a set installed where something is installed already. Pure.

``model`` says what stays, what makes way and what is there; ``newcomers`` which of the set an install would really
write, and what else it would change. What to do about a clash is planned where all remedies are, in
:mod:`wheelclash.remedy`. What is installed enters by :mod:`wheelclash.environment.residents`.
"""

from __future__ import annotations

from wheelclash.addition.model import NOBODYS, NOTHING, Addition, Loss, Unowned

__all__ = ["NOBODYS", "NOTHING", "Addition", "Loss", "Unowned"]
