"""An environment that exists: its installed RECORDs, who owns what, and what is really on disk. Reads, never writes.

``locate`` finds the environment that is meant, ``places`` says where its files lie, ``installed`` finds its
distributions, ``records`` reads what they recorded, ``tree`` walks what is there, ``ownership`` joins the two,
``contested`` makes overlaps of what several own, ``disk_state`` and ``content`` say whose content is there,
``verification`` hashes everything, ``leftovers`` are what nobody owns, ``scan`` puts it together, and ``damage`` judges
how bad it is. ``claims`` and ``owners`` answer whose one file is; ``residents`` brings what is installed to a set that
shall be installed beside it.
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
