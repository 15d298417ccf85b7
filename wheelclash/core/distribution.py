"""A distribution of the set in question: one candidate wheel, its contents, its layouts, its requirements.

What choosing yields: a candidate wheel, or a skip with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.core.startup import findings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.core.contents import Contents, Evidence, Finding
    from wheelclash.core.layout import InstallerName, Layout
    from wheelclash.target.target import Target

__all__ = [
    "Candidate",
    "Choice",
    "Described",
    "Distribution",
    "Edge",
    "Newer",
    "Requirements",
    "Skip",
    "SourceArchive",
    "allows",
    "compared_name",
    "contradictions",
    "extras_in_force",
    "holds",
    "name_in",
    "parse_requires",
    "required_names",
    "requirements_of",
    "rivals",
]


class Newer(NamedTuple):
    """A release that is newer than the one that was chosen.

    Attributes:
        version: Normalised.
        reason: Why it was not chosen, one clause.
    """

    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceArchive:
    """A source archive (sdist, PEP 625), of which a wheel can be built.

    Attributes:
        filename: Its file name, e.g. ``em-0.4.0.tar.gz``.
        name: Normalised name of the project.
        version: Normalised version.
        url: Where it is, without credentials; empty if an index must be asked for it by file name and hash.
        index: The index that served it, or that must be asked; None if it was named directly or no index was.
        sha256: Hex digest, or None.
        size: Bytes, or None.
        extras: Extras asked for, normalised and sorted.
        direct: Whether it was named by URL.
        path: The local file, if it is one.
    """

    filename: str
    name: str
    version: str
    url: str
    index: str | None = None
    sha256: str | None = None
    size: int | None = None
    extras: tuple[str, ...] = ()
    direct: bool = False
    path: Path | None = None


class Described(NamedTuple):
    """What the ``variants.json`` beside a wheel variant says of it.

    Attributes:
        properties: Sorted, each ``namespace :: feature :: value``.
        fault: Why nothing is known of it, one clause; empty if it is described.
    """

    properties: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One wheel that would be installed.

    Attributes:
        filename: Wheel file name (PEP 427), unquoted.
        name: Normalised distribution name (PEP 503).
        version: Normalised version (PEP 440), local part included.
        url: Where it is, without credentials: ``http(s)://`` or ``file://``.
        index: The index or find-links location that served it, without credentials; None if it was named directly.
        sha256: Hex digest the index gave, or None.
        size: Bytes, as the index gave it (PEP 700), or None.
        core_metadata_sha256: Hex digest of METADATA (PEP 714), or None.
        requested: The requirement or path that asked for it, for messages, without credentials.
        direct: True if it was named by path or URL; printed commands then name it the same way.
        extras: Extras asked for, normalised and sorted.
        path: The local file, if it is one.
        newer: The newest release that the requirement allows, if that is another, and why it was not chosen.
        source: The source archive that the wheel was built from, if it was: ``url`` and ``index`` are then those of the
            archive, ``filename``, ``sha256``, ``size`` and ``path`` those of the wheel.
        variant: The label of the wheel variant that it is; None if its file name has none.
        alternatives: The other wheels that an installer may take in its place on the target: variants of the release,
            and the wheel without a label. One of them is installed, never two.
        described: What the index says of it, if it is a wheel variant.
    """

    filename: str
    name: str
    version: str
    url: str
    index: str | None
    sha256: str | None
    size: int | None
    requested: str
    core_metadata_sha256: str | None = None
    direct: bool = False
    extras: tuple[str, ...] = ()
    path: Path | None = None
    newer: Newer | None = None
    source: SourceArchive | None = None
    variant: str | None = None
    alternatives: tuple[Candidate, ...] = ()
    described: Described | None = None

    @property
    def has_variants(self) -> bool:
        """Return whether it is a wheel variant, or may be taken in the place of one."""
        return self.variant is not None or bool(self.alternatives)

    @property
    def wheels(self) -> tuple[Candidate, ...]:
        """Return every wheel that may be taken, this one first, each by itself."""
        return tuple(replace(wheel, alternatives=()) for wheel in (self, *self.alternatives))

    @property
    def pinned(self) -> str:
        """Return how a command names exactly this wheel: ``name==version``, local part included, or its path or URL.

        A wheel of a project with wheel variants is never named by its version, which stands for all of them.
        """
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        if (self.direct or self.has_variants) and self.path:
            return f"{self.path}{extras}"
        if self.direct or self.has_variants:
            return f"{self.name}{extras} @ {self.url}"
        return f"{self.name}{extras}=={self.version}"


class Skip(NamedTuple):
    """A requirement for which nothing could be read, and why. A result, not an exception.

    Attributes:
        requirement: What was asked for, without credentials.
        code: ``not-found``, ``no-wheel``, ``unreadable``, ``unreachable``, … (docs/reference/codes.md lists them).
        reason: One sentence for people.
        near: Names that were perhaps meant.
        source: What a wheel could be built of, where there is no wheel.
    """

    requirement: str
    code: str
    reason: str
    near: tuple[str, ...] = ()
    source: SourceArchive | None = None

    @property
    def name(self) -> str:
        """Return the normalised name of what was asked for, or the empty string where that does not say."""
        if self.requirement.lower().endswith(".whl"):
            return canonicalize_name(re.split(r"[/\\]", self.requirement)[-1].partition("-")[0])
        match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", self.requirement)
        return "" if match is None else canonicalize_name(match[1])


Choice: TypeAlias = Candidate | Skip

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXTRA = re.compile(r'\bextra [=!<>~]+ "([^"]*)"|"([^"]*)" [=!<>~]+ extra\b')


class Edge(NamedTuple):
    """A requirement on another distribution: its normalised name and the extras asked of it, sorted."""

    name: str
    extras: tuple[str, ...] = ()


class Requirements(NamedTuple):
    """What a distribution requires, its markers evaluated for one target.

    Attributes:
        edges: Requirements that hold without any extra.
        by_extra: For each extra the metadata mentions, the requirements that hold with it, ``edges`` included.
        has_requires_python: Whether METADATA has Requires-Python; pip's order depends on it.
    """

    edges: tuple[Edge, ...] = ()
    by_extra: Mapping[str, tuple[Edge, ...]] | None = None
    has_requires_python: bool = False

    def with_extras(self, extras: Iterable[str]) -> tuple[Edge, ...]:
        """Return the requirements that hold when these extras are asked for."""
        edges = dict.fromkeys(self.edges)
        for extra in extras:
            edges.update(dict.fromkeys((self.by_extra or {}).get(extra, ())))
        return tuple(edges)

    @property
    def names(self) -> frozenset[str]:
        """Return names required without any extra."""
        return frozenset(edge.name for edge in self.edges)

    @property
    def names_under_any_extra(self) -> frozenset[str]:
        """Return names required without or with some extra."""
        every = [self.edges, *(self.by_extra or {}).values()]
        return frozenset(edge.name for edges in every for edge in edges)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A distribution: a wheel that would be installed, or what is installed.

    Attributes:
        id: Unique in a report: the wheel's file name, or the name of the dist-info folder.
        name: Normalised.
        version: Normalised, of a wheel; of what is installed, as METADATA has it.
        requires: ``Requires-Dist``, verbatim.
        requirements: What it requires on the target.
        layouts: Its files on disk, by installer name. Of what is installed they need not be all.
        pinned: How a command names exactly this: ``name==version``, local part included, or its path or URL.
        evidence: How it was read.
        dist_info: The name of its dist-info folder.
        source: The wheel that it would be installed from; None of what is installed.
        oddities: What is odd about what was read.
        imports: Names for others to import that METADATA of the wheel declares (PEP 794).
        startup: Its files with code that Python runs at every start (:mod:`wheelclash.core.startup`), by archive path,
            or by installed path where it is installed. Known only of distributions that share files with others.
        manager: ``conda`` or ``dpkg`` of an installed package that one of these manages, ``editable`` of what is
            installed from a folder of sources; None of everything else.
        variant: The label of the wheel variant that it was installed from; None if it was not, or is not installed.
        recorded: How many files its RECORD lists where it is installed.
    """

    id: str
    name: str
    version: str
    requires: tuple[str, ...] = ()
    requirements: Requirements = field(default_factory=Requirements)
    layouts: Mapping[InstallerName, Layout] = field(default_factory=dict)
    pinned: str = ""
    evidence: Evidence = "installed"
    dist_info: str = ""
    source: Candidate | None = None
    oddities: tuple[Finding, ...] = ()
    imports: tuple[str, ...] = ()
    startup: tuple[str, ...] = ()
    manager: str | None = None
    variant: str | None = None
    recorded: int | None = None

    @classmethod
    def from_wheel(
        cls,
        candidate: Candidate,
        contents: Contents,
        evidence: Evidence,
        layouts: Mapping[InstallerName, Layout],
        target: Target,
    ) -> Distribution:
        """Return a wheel as a distribution.

        Args:
            candidate: The wheel.
            contents: What was read of it.
            evidence: How it was read.
            layouts: What it becomes on disk, by installer name.
            target: Decides what it requires.
        """
        return cls(
            id=candidate.filename,
            name=candidate.name,
            version=candidate.version,
            requires=contents.requires,
            requirements=requirements_of(contents.requires, target, contents.requires_python),
            layouts=layouts,
            pinned=candidate.pinned,
            evidence=evidence,
            dist_info=contents.dist_info,
            source=candidate,
            oddities=contents.findings,
            imports=contents.imports,
        )

    @property
    def candidate(self) -> Candidate:
        """Return the wheel that it would be installed from.

        Raises:
            LookupError: It is installed.
        """
        if self.source is None:
            raise LookupError(f"{self.id} is installed, and no wheel")
        return self.source

    @property
    def extras(self) -> tuple[str, ...]:
        """Return the extras that were asked for with it, normalised and sorted."""
        return () if self.source is None else self.source.extras

    @property
    def file_count(self) -> int:
        """Return how many files it has."""
        return len(next(iter(self.layouts.values())).files) if self.recorded is None else self.recorded

    @property
    def can_be_rewritten(self) -> bool:
        """Return whether a command of pip or uv can write it again as it is."""
        return self.manager is None and self.variant is None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about it."""
        return (*self.oddities, *findings_of(self.startup))

    def __repr__(self) -> str:
        """Return a text that is short enough for a log."""
        return f"<Distribution {self.id}>"


def requirements_of(requires: Iterable[str], target: Target, requires_python: str | None = None) -> Requirements:
    """Evaluate ``Requires-Dist`` for a target (PEP 508 markers). Lines that cannot be parsed are left out.

    Args:
        requires: ``Requires-Dist``, verbatim.
        target: Decides markers.
        requires_python: ``Requires-Python``, or None.
    """
    parsed = parse_requires(requires)
    extras = sorted({extra for requirement in parsed for extra in _extras_of(requirement)})
    return Requirements(
        edges=_edges(parsed, target, ""),
        by_extra={extra: _edges(parsed, target, extra) for extra in extras},
        has_requires_python=_restricts_python(requires_python),
    )


def required_names(requires: Iterable[str], target: Target) -> frozenset[str]:
    """Return the normalised names that ``Requires-Dist`` lines require without any extra; other lines are left out.

    This is :attr:`Requirements.names` without parsing each line: an environment has tens of thousands of them.
    """
    environment = (*sorted(target.markers.items()), ("extra", ""))
    names = set()
    for line in requires:
        head, semicolon, marker = line.partition(";")
        name = name_in(head)
        if name and (not semicolon or _marker_holds(marker.strip(), environment)):
            names.add(name)
    return frozenset(names)


@lru_cache(maxsize=10_000)
def _marker_holds(text: str, environment: tuple[tuple[str, str], ...]) -> bool:
    """Return whether a marker holds; an environment repeats a few of them hundreds of thousands of times."""
    from packaging.markers import Marker

    try:
        return Marker(text).evaluate(dict(environment))
    except (KeyError, ValueError, RecursionError):  # packaging's own errors, and what it lets through
        return False


def name_in(requirement: str) -> str:
    """Return the normalised name that a requirement begins with, whatever follows; empty if it begins with none."""
    match = _NAME.match(requirement)
    return "" if match is None else canonicalize_name(match[1])


def compared_name(name: str) -> str:
    """Return a name, in any spelling, as that of a distribution: normalised, but for a package of another manager.

    >>> compared_name("Nixl_CU12"), compared_name("conda:_libgcc_mutex")
    ('nixl-cu12', 'conda:_libgcc_mutex')
    """
    return name.lower() if name.lower().startswith(("conda:", "dpkg:")) else canonicalize_name(name)


def extras_in_force(distributions: Iterable[Distribution]) -> dict[str, frozenset[str]]:
    """Return the extras of each member of a set that are installed with it, normalised, by the member's name.

    An extra is in force if it was asked for, or if another member asks for it, itself under the extras in force.
    """
    by_name = {distribution.name: distribution for distribution in distributions}
    extras = {name: set(distribution.extras) for name, distribution in by_name.items()}
    waiting = list(by_name)
    while waiting:
        name = waiting.pop()
        for edge in by_name[name].requirements.with_extras(extras[name]):
            if not extras.get(edge.name, set(edge.extras)).issuperset(edge.extras):
                extras[edge.name].update(edge.extras)
                waiting.append(edge.name)  # with more extras it may require more
    return {name: frozenset(names) for name, names in extras.items()}


def contradictions(distributions: Sequence[Distribution], target: Target) -> list[str]:
    """Return a sentence for each requirement within the set that the set does not meet: no installer resolves to it.

    Requirements count under the extras that are in force, see :func:`extras_in_force`.
    """
    by_name = {distribution.name: distribution for distribution in distributions}
    extras = extras_in_force(distributions)
    sentences = []
    for distribution in distributions:
        for requirement in parse_requires(distribution.requires):
            other = by_name.get(canonicalize_name(requirement.name))
            if other is None or other is distribution or allows(requirement, other.version):
                continue
            active = ["", *sorted(extras[distribution.name])]
            extra = next((name for name in active if holds(requirement, {**target.markers, "extra": name})), None)
            if extra is not None:
                requirer = f"{distribution.name}[{extra}]" if extra else distribution.name
                sentences.append(
                    f"{requirer} {distribution.version} requires {requirement.name}{requirement.specifier},"
                    f" and the set has {other.version}: installers refuse this set unless told --no-deps"
                )
    return sentences


class Declaring(Protocol):
    """A distribution that may declare import names (PEP 794)."""

    @property
    def name(self) -> str:
        """Return its normalised name."""

    @property
    def version(self) -> str:
        """Return its version."""

    @property
    def imports(self) -> tuple[str, ...]:
        """Return names for others to import."""


def rivals(distributions: Iterable[Declaring]) -> list[str]:
    """Return a sentence for each import name that several distributions declare (PEP 794): they are siblings."""
    by_import: dict[str, dict[str, str]] = {}
    for distribution in distributions:
        for name in distribution.imports:
            by_import.setdefault(name, {})[distribution.name] = f"{distribution.name} {distribution.version}"
    return [
        f"{' and '.join(members.values())} declare the import name {name}: they are siblings, to be installed instead"
        " of each other"
        for name, members in sorted(by_import.items())
        if len(members) > 1
    ]


def parse_requires(lines: Iterable[str]) -> list[Requirement]:
    """Return the requirements of a wheel's METADATA; what cannot be parsed is left out, however it was made."""
    requirements = []
    for line in lines:
        try:
            requirements.append(Requirement(line))
        except (ValueError, RecursionError):  # packaging's own error is a ValueError; nesting and digits go deeper
            continue
    return requirements


def holds(requirement: Requirement, environment: Mapping[str, str]) -> bool:
    """Return whether a requirement's marker holds in a marker environment; one that cannot be evaluated does not."""
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate(dict(environment))
    except (KeyError, ValueError, RecursionError):
        return False


def allows(requirement: Requirement, version: str) -> bool:
    """Return whether a version meets a requirement; one that cannot be compared does not."""
    try:
        return requirement.specifier.contains(version, prereleases=True)
    except ValueError:
        return False


def _restricts_python(text: str | None) -> bool:
    """Return whether Requires-Python counts for pip: an empty one, or one that cannot be parsed, does not."""
    try:
        return text is not None and bool(str(SpecifierSet(text)))
    except ValueError:
        return False


def _extras_of(requirement: Requirement) -> list[str]:
    """Return the extras a marker names, e.g. ``["cli"]`` for ``extra == "cli"`` or ``"cli" == extra``."""
    if requirement.marker is None or "extra" not in (text := str(requirement.marker)):
        return []
    return [canonicalize_name(left or right) for left, right in _EXTRA.findall(text.replace("'", '"'))]


def _edges(parsed: list[Requirement], target: Target, extra: str) -> tuple[Edge, ...]:
    environment = {**target.markers, "extra": extra}
    edges = [
        Edge(canonicalize_name(requirement.name), tuple(sorted(canonicalize_name(name) for name in requirement.extras)))
        for requirement in parsed
        if holds(requirement, environment)
    ]
    return tuple(dict.fromkeys(edges))
