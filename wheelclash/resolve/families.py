"""Siblings: the other variants of a distribution, installed instead of it and over its files.

They are known from the list of families that comes with this package, and from what a meta package requires. Further
names can be guessed: they differ in a usual suffix. A guess is a sibling only if its wheel shares files, which is for
callers to find out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.wording import near_names

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Family", "Siblings", "families", "family_of", "guesses", "known_names", "siblings", "stem_of"]


class Family(NamedTuple):
    """Distributions that install the same files.

    Attributes:
        name: What the family is called.
        members: Normalised names, installed instead of each other.
        shares: What they share, for people.
        evidence: How that is known, for people.
        note: What to do, for people.
        meta: The distribution that names the members in its requirements or extras, normalised; or None.
    """

    name: str
    members: tuple[str, ...]
    shares: str
    evidence: str
    note: str
    meta: str | None = None


class Siblings(NamedTuple):
    """The other variants of a distribution.

    Attributes:
        names: Normalised, without the one asked about and without its meta package; empty if none are known.
        reason: How they are known, or why none are, one sentence.
    """

    names: tuple[str, ...]
    reason: str


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Return every known family, from ``families.toml``: in the installed package, or in ``data/`` of a checkout."""
    import tomllib

    document: dict[str, Any] = tomllib.loads(_listed().decode())
    return tuple(
        Family(
            name=table["name"],
            members=tuple(canonicalize_name(member) for member in table["members"]),
            shares=table["shares"],
            evidence=table["evidence"],
            note=table["note"],
            meta=canonicalize_name(table["meta"]) if "meta" in table else None,
        )
        for table in document["family"]
    )


def _listed() -> bytes:
    import pkgutil

    try:
        data = pkgutil.get_data("wheelclash", "families.toml")
    except OSError:
        data = None
    if data is not None:
        return data
    return (Path(__file__).parents[2] / "data" / "families.toml").read_bytes()


def known_names() -> list[str]:
    """Return the names of all members of families, and of their meta packages, sorted."""
    names = {member for family in families() for member in family.members}
    return sorted(names | {family.meta for family in families() if family.meta is not None})


def family_of(name: str) -> Family | None:
    """Return the family a distribution belongs to, as a member or as its meta package."""
    wanted = canonicalize_name(name)
    members = (family for family in families() if wanted in family.members)
    metas = (family for family in families() if wanted == family.meta)
    return next(members, None) or next(metas, None)


def siblings(name: str, requires: Iterable[str] = ()) -> Siblings:
    """Return the other variants of a distribution.

    Args:
        name: Its name, or that of its meta package.
        requires: Names that it, or its meta package, requires, with or without an extra. Those that are the same name
            but for the variant (``nixl-cu12``, ``nixl-cu13``; ``psycopg-binary``) are siblings.
    """
    wanted = canonicalize_name(name)
    family = family_of(wanted)
    listed = () if family is None else family.members
    stem = stem_of(wanted)
    required = [other for requirement in requires if stem_of(other := canonicalize_name(requirement)) == stem]
    names = tuple(member for member in dict.fromkeys([*listed, *required]) if member != wanted)
    if family is not None:
        return Siblings(names, f"the {family.name} family shares {family.shares} ({family.evidence}); {family.note}")
    if names:
        return Siblings(names, f"{wanted} names them among its requirements")
    near = near_names(wanted, known_names())
    perhaps = f"; perhaps {' or '.join(near)} was meant" if near else ""
    return Siblings((), f"no family is known that {wanted} belongs to, and it requires no variant of itself{perhaps}")


_SUFFIXES = ("cpu", "gpu", "cu11", "cu12", "cu13", "headless", "nightly", "binary", "lite")
"""Of the names of variants, in the order in which they are tried."""


def guesses(name: str) -> tuple[str, ...]:
    """Return at most ten names that variants of a distribution usually have, itself left out; they need not exist."""
    wanted = canonicalize_name(name)
    stem = stem_of(wanted)
    return tuple(guess for guess in (stem, *(f"{stem}-{suffix}" for suffix in _SUFFIXES)) if guess != wanted)


_VARIANT = re.compile(
    r"cu(?:da)?[0-9]*x?|cpu|gpu|rocm[0-9]*|hip|xpu|npu|tpu|musa|metal|mkl|directml|openvino|qnn|vulkan"
    r"|headless|binary|c|full|lite|slim|nightly|[0-9]+"
)


def stem_of(name: str) -> str:
    """Return a normalised name without the parts that say which variant it is; the first part always stays."""
    first, *rest = name.split("-")
    return "-".join([first, *(part for part in rest if not _VARIANT.fullmatch(part))])
