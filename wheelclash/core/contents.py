"""The contents of a wheel: what must be known of it before anything is laid out.

``shared`` facts, from the wheel format (PEP 427, PEP 376, the entry points specification): installers write the
members of the zip, not the rows of RECORD; RECORD says what they hash to; ``entry_points.txt`` adds commands that
are in neither; ``WHEEL`` says whether the root goes to purelib or platlib.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Contents", "EntryPoint", "Evidence", "Finding", "Member", "MemberFacts", "Members", "Noted", "packed"]

Evidence = Literal["range", "full", "local", "built", "installed", "conda"]
"""How the bytes were had: ``range`` (parts over HTTP, the wheel's own hash unchecked), ``full`` (whole file over
HTTP, hash checked where the index gave one), ``local`` (a file on disk), ``built`` (built here from a source archive),
``installed`` (no wheel, but the installed RECORD of an environment), ``conda`` (no wheel, but the list of files in a
conda package)."""


class Member(NamedTuple):
    """A file in the wheel's zip directory, joined with its RECORD row. Folders are no members.

    Attributes:
        path: Archive path, normalised (no ``.``, no ``//``), ``/`` between parts.
        size: Uncompressed bytes, by the zip directory.
        crc: CRC-32, by the zip directory.
        digest: ``algorithm:hex`` from RECORD (in practice ``sha256:…``), or None if it has no usable one.
        name: The name in the zip directory where that is not ``path``; pip goes by it.
        recorded: How RECORD spells the path where that is not ``path``; uv looks for it.
    """

    path: str
    size: int
    crc: int
    digest: str | None
    name: str | None = None
    recorded: str | None = None


MemberFacts: TypeAlias = "tuple[str, int, int, str | None, str | None, str | None]"
"""What a :class:`Member` has, as a plain tuple: for where very many are made."""


@dataclass(frozen=True, slots=True)
class Members(Sequence[Member]):
    """The files of a wheel, in zip order, as columns: most files of a set are never looked at one by one.

    Attributes:
        paths, sizes, crcs, digests: What :class:`Member` has, of each.
        spelt: ``name`` and ``recorded`` of those that have one of them, by number.
    """

    paths: tuple[str, ...] = ()
    sizes: Sequence[int] = field(default_factory=partial(array, "Q"))
    crcs: Sequence[int] = field(default_factory=partial(array, "Q"))
    digests: tuple[str | None, ...] = ()
    spelt: Mapping[int, tuple[str | None, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse columns that are not equally long.

        Raises:
            ValueError: They are not.
        """
        if {len(self.sizes), len(self.crcs), len(self.digests)} != {len(self.paths)}:
            raise ValueError("the columns are not equally long")

    @classmethod
    def of(cls, members: Iterable[MemberFacts]) -> Members:
        """Return these members."""
        paths, sizes, crcs, digests, names, recorded = tuple(zip(*members, strict=True)) or ((),) * len(Member._fields)
        spelt = {}
        if any(names) or any(recorded):
            spellings = enumerate(zip(names, recorded, strict=True))
            spelt = {number: spelling for number, spelling in spellings if any(spelling)}
        return cls(paths, packed(sizes), packed(crcs), digests, spelt)

    def those(self, numbers: Sequence[int]) -> Members:
        """Return some of them, by number."""
        return Members(
            tuple(self.paths[number] for number in numbers),
            [self.sizes[number] for number in numbers],
            [self.crcs[number] for number in numbers],
            tuple(self.digests[number] for number in numbers),
            {place: self.spelt[number] for place, number in enumerate(numbers) if number in self.spelt},
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.paths)

    @overload
    def __getitem__(self, number: int) -> Member: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Member, ...]: ...
    def __getitem__(self, number: int | slice) -> Member | tuple[Member, ...]:
        """Return one of them, or several."""
        if isinstance(number, slice):
            return tuple(self[place] for place in range(len(self))[number])
        number = range(len(self))[number]
        spelling = self.spelt.get(number, (None, None))
        return Member(self.paths[number], self.sizes[number], self.crcs[number], self.digests[number], *spelling)


def packed(numbers: Iterable[int]) -> Sequence[int]:
    """Return sizes or checksums in eight bytes each, where numbers by themselves take five times as much.

    Raises:
        OverflowError: One of them is below zero, or has more than eight bytes.
        TypeError: One of them is no number.
    """
    return array("Q", numbers)


class EntryPoint(NamedTuple):
    """A command to be generated, as an installer reads it.

    Attributes:
        name: As written in ``entry_points.txt``; may contain ``/``.
        value: ``module:attr``; what an installer cannot make a command of has no ``:``.
        kind: ``console`` or ``gui``.
    """

    name: str
    value: str
    kind: Literal["console", "gui"]


class Finding(NamedTuple):
    """Something odd in a wheel. Some installers refuse a wheel because of it; their rules say which.

    Attributes:
        code: E.g. ``unlisted-member``, ``phantom-row``, ``no-hash`` (docs/reference/codes.md lists them).
        path: Archive path it is about, or None for the wheel as a whole.
        detail: One sentence.
    """

    code: str
    path: str | None
    detail: str


class Noted:
    """Findings as they are made. A hostile wheel could make millions: of each code the first hundred are kept."""

    __slots__ = ("_counts", "_kept")

    MOST = 100

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._counts: dict[str, int] = {}

    def append(self, finding: Finding) -> None:
        """Note one more."""
        count = self._counts[finding.code] = self._counts.get(finding.code, 0) + 1
        if count <= self.MOST:
            self._kept.append(finding)

    def __iter__(self) -> Iterator[Finding]:
        """Yield the findings that were kept, then one for each code that says how many more there were."""
        yield from self._kept
        for code, count in self._counts.items():
            if count > self.MOST:
                yield Finding(code, None, f"and {count - self.MOST} more of this kind")


class Contents(NamedTuple):
    """What was read of one wheel, parsed and checked.

    Attributes:
        dist_info: The ``.dist-info`` folder as spelt in the zip, e.g. ``nixl_cu12-1.1.0.dist-info``.
        root_is_purelib: The raw value of WHEEL's ``Root-Is-Purelib``; installers read it differently.
        members: Every file of the zip directory.
        phantoms: Archive paths RECORD lists and the zip has not, normalised: also folders, each with a ``/`` behind it,
            and paths that climb out of the root.
        entry_points: The text of ``entry_points.txt``, which installers read differently; empty if there is none, None
            if it is no UTF-8.
        requires: METADATA's ``Requires-Dist``, verbatim but for markers on wheel variants, which are evaluated.
        requires_python: METADATA's ``Requires-Python``, or None.
        findings: What is odd about it, sorted.
        wheel_version: WHEEL's ``Wheel-Version``, or None.
        folders: Folders of the zip directory without any member below them, normalised; uv makes them.
        conflicts: Archive paths of members that are folders of other members, too.
        properties: What its ``variant.json`` says it is for, each ``namespace :: feature :: value``, sorted.
        imports: Names for others to import that METADATA declares (PEP 794).
    """

    dist_info: str
    root_is_purelib: str
    members: Members
    phantoms: tuple[str, ...]
    entry_points: str | None
    requires: tuple[str, ...]
    requires_python: str | None
    findings: tuple[Finding, ...]
    wheel_version: str | None = "1.0"
    folders: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
