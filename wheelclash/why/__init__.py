"""Why it breaks: what each owner's version of a contested native file needs, and where that is.

A version that is on disk is read there; one that is not is read from its wheel, that one member and nothing else.
Before an install all of them are. ``reason`` holds what is found, ``versions`` reads, ``surroundings`` knows where
libraries are, ``installed`` and ``wheels`` ask for an environment and for a set.
"""

from __future__ import annotations

from wheelclash.why.installed import explain_contested
from wheelclash.why.reason import MOST, Why, is_in_question
from wheelclash.why.versions import LIMIT
from wheelclash.why.wheels import explain_overlaps

__all__ = ["LIMIT", "MOST", "Why", "explain_contested", "explain_overlaps", "is_in_question"]
