"""Near names."""

from __future__ import annotations

from wheelclash.wording import near, near_names


def test_near_names() -> None:
    """Nearest first, no more than asked for, and none that are far."""
    known = ["nixl-cu12", "nixl-cu13", "nixl", "numpy"]
    assert near_names("nixl-cu14", known)[:2] in {("nixl-cu12", "nixl-cu13"), ("nixl-cu13", "nixl-cu12")}
    assert near_names("nixl-cu14", known, most=1) in {("nixl-cu12",), ("nixl-cu13",)}
    assert near_names("zzz", known) == ()


def test_near() -> None:
    """A sentence: near names, or else what there is, or nothing."""
    assert near("numpi", ["numpy", "nixl"]) == "Perhaps: numpy?"
    assert near("zzz", ["b", "a"]) == "Perhaps: a, b?"
    assert near("zzz", []) == ""
    assert near("zzz", [f"name{number}" for number in range(100)]).count(",") == 7
