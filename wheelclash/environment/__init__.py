"""An environment that exists: its installed RECORDs, who owns what, and what is really on disk. Reads, never writes.

``places`` says where the files of an environment lie, ``installed`` finds its distributions, ``records`` reads what
they recorded, ``tree`` walks what is there, ``ownership`` joins the two, ``content`` hashes what is contested,
``verification`` hashes everything, ``scan`` puts it together, and ``damage`` judges how bad it is.
"""

from wheelclash.environment.damage import Condition, Damage, judge_environment
from wheelclash.environment.locate import Environment, find_environment
from wheelclash.environment.places import Places, places_at, places_below, places_of
from wheelclash.environment.scan import Scan, scan

__all__ = [
    "Condition",
    "Damage",
    "Environment",
    "Places",
    "Scan",
    "find_environment",
    "judge_environment",
    "places_at",
    "places_below",
    "places_of",
    "scan",
]
