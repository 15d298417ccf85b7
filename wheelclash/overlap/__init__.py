"""Overlaps: installed paths with two or more owners, each with a kind, a role and a severity. Pure.

:func:`find_overlaps` looks at one installer's layouts, :func:`merge` joins what was found under several,
:func:`questions` names what must be read for a verdict, and :func:`judge` settles severities with the answers.
"""

from wheelclash.overlap.find import find_overlaps, in_order, merge
from wheelclash.overlap.judging import judge, questions
from wheelclash.overlap.model import KINDS, SEVERITIES, Kind, Overlap, Owner, Severity, severity_of
from wheelclash.overlap.pairs import folded, folders_spelt_differently
from wheelclash.overlap.same_path import contradicted

__all__ = [
    "KINDS",
    "SEVERITIES",
    "Kind",
    "Overlap",
    "Owner",
    "Severity",
    "contradicted",
    "find_overlaps",
    "folded",
    "folders_spelt_differently",
    "in_order",
    "judge",
    "merge",
    "questions",
    "severity_of",
]
