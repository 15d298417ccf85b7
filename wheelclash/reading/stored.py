"""Contents as JSON columns: small on disk, quick to read back (13,000 members in about 10 ms)."""

from __future__ import annotations

from typing import Any

from wheelclash.reading.contents import Contents, Finding, Member

__all__ = ["decode_contents", "encode_contents"]


def encode_contents(contents: Contents) -> dict[str, Any]:
    """A value JSON can hold, from which :func:`decode_contents` makes the same contents again."""
    members = contents.members
    return {
        "dist_info": contents.dist_info,
        "root_is_purelib": contents.root_is_purelib,
        "paths": [each.path for each in members],
        "sizes": [each.size for each in members],
        "crcs": [each.crc for each in members],
        "digests": [each.digest for each in members],
        "spelt": [[number, *each[4:]] for number, each in enumerate(members) if each[4:] != (None, None)],
        "phantoms": list(contents.phantoms),
        "entry_points": contents.entry_points,
        "requires": list(contents.requires),
        "requires_python": contents.requires_python,
        "findings": [[each.code, each.path, each.detail] for each in contents.findings],
        "wheel_version": contents.wheel_version,
        "folders": list(contents.folders),
        "conflicts": list(contents.conflicts),
    }


def decode_contents(value: Any) -> Contents | None:
    """The contents that were encoded; None if ``value`` is nothing of the kind."""
    try:
        columns = value["paths"], value["sizes"], value["crcs"], value["digests"]
        nothing = [None] * len(columns[0])
        members = list(map(Member._make, zip(*columns, nothing, nothing, strict=True)))
        for number, name, recorded in value["spelt"]:
            members[number] = members[number]._replace(name=name, recorded=recorded)
        return Contents(
            dist_info=value["dist_info"],
            root_is_purelib=value["root_is_purelib"],
            members=tuple(members),
            phantoms=tuple(value["phantoms"]),
            entry_points=value["entry_points"],
            requires=tuple(value["requires"]),
            requires_python=value["requires_python"],
            findings=tuple(Finding(*each) for each in value["findings"]),
            wheel_version=value["wheel_version"],
            folders=tuple(value["folders"]),
            conflicts=tuple(value["conflicts"]),
        )
    except (IndexError, KeyError, TypeError, ValueError):
        return None
