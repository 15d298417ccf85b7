"""An addition: a set installed where something is installed already. Pure.

``model`` says what stays, what makes way and what is there; ``newcomers`` which of the set an install would really
write, and what else it would change; ``remedies`` what to do about a clash with what is there. What is installed enters
by :mod:`wheelclash.environment.residents`.
"""

from __future__ import annotations

from wheelclash.addition.model import NOBODYS, NOTHING, STUB, Addition, Loss, Unowned

__all__ = ["NOBODYS", "NOTHING", "STUB", "Addition", "Loss", "Unowned"]
