"""Answers about a dataset: which pairs of projects clash."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wheelclash.contents.expression import (
    TOGETHER,
    Tables,
    Verdict,
    clashes_of_pairs,
    contested_rows,
    crowded_paths,
    least_score,
    newest_wheels,
    overlaps_of_pairs,
)
from wheelclash.contents.owners import readings
from wheelclash.contents.rows import layout_target, number_of
from wheelclash.core.distribution import requirements_of
from wheelclash.core.overlap import SEVERITIES, severity_of
from wheelclash.core.query import normalize_query
from wheelclash.errors import QuestionError
from wheelclash.wording import near

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import ibis.expr.types as ir

    from wheelclash.contents.engine import Engine
    from wheelclash.core.distribution import Skip
    from wheelclash.core.overlap import Severity
    from wheelclash.core.role import Role

_Names: TypeAlias = tuple[str, str]
"""The names of the projects of a pair, in order."""

__all__ = ["Clashes", "Crowd", "LeftOut", "Member", "Pair", "Question", "Share", "find_clashes"]


class Question(NamedTuple):
    """Which clashes are asked for.

    Attributes:
        history: Whether all releases count, rather than the newest of each project.
        projects: Normalised names, one of which each pair has; any if empty.
        below: Paths that alone count, each with what is below it, as ``contents who`` understands them; any if empty.
        min_severity: The mildest overlap that counts.
        apart: Whether pairs count that cannot be installed together.
        crowd: Projects at one path beyond which they are not paired.
    """

    history: bool = False
    projects: Sequence[str] = ()
    below: Sequence[str] = ()
    min_severity: Severity = "error"
    apart: bool = False
    crowd: int = 50


class Share(NamedTuple):
    """Paths that two projects share in one way.

    Attributes:
        verdict: How bad it is, and why.
        paths: How many.
        example: The first of them.
    """

    verdict: Verdict
    paths: int
    example: str


class Member(NamedTuple):
    """A project of a pair.

    Attributes:
        name: Normalised.
        versions: The releases that count, the preferred one first.
    """

    name: str
    versions: tuple[str, ...]


class Pair(NamedTuple):
    """Two projects that install the same paths.

    Attributes:
        first, second: The projects, by name.
        shares: What they share, gravest first.
    """

    first: Member
    second: Member
    shares: tuple[Share, ...]

    @property
    def severity(self) -> Severity:
        """Return how bad the gravest overlap is."""
        return self.shares[0].verdict.severity

    @property
    def together(self) -> bool:
        """Return whether wheels that share the gravest could be installed together."""
        return self.shares[0].verdict.together

    @property
    def paths(self) -> int:
        """Return how many paths they share."""
        return sum(share.paths for share in self.shares)

    @property
    def differing(self) -> int:
        """Return how many of the paths have other content, or may have."""
        return sum(share.paths for share in self.shares if share.verdict.kind != "identical")


class Crowd(NamedTuple):
    """A path that so many projects install that they are not paired.

    Attributes:
        path: The installed path.
        projects: How many projects.
        contents: How many contents it has.
        severity: How bad it is for two of them with other content.
    """

    path: str
    projects: int
    contents: int
    severity: Severity


class LeftOut(NamedTuple):
    """What an answer does not list.

    Attributes:
        milder: Pairs that share nothing as bad as was asked for.
        apart: Pairs that share something as bad, and cannot be installed together.
        crowds: Paths of more projects than are paired that are not as bad.
    """

    milder: int
    apart: int
    crowds: int


class Clashes(NamedTuple):
    """The pairs of projects that clash.

    Attributes:
        question: What was asked.
        wheels, files: How many the dataset has.
        pairs: Gravest first; among these, those with the most differing paths.
        crowds: Paths of very many projects.
        left_out: What is not listed.
        skipped: Wheels of a publisher that could not be read.
        gated: The names of a publisher's projects, if that is what was asked.
    """

    question: Question
    wheels: int
    files: int
    pairs: tuple[Pair, ...]
    crowds: tuple[Crowd, ...]
    left_out: LeftOut
    skipped: tuple[Skip, ...] = ()
    gated: tuple[str, ...] = ()


def find_clashes(engine: Engine, question: Question, *, tables: Tables | None = None) -> Clashes:
    """Find the pairs of projects that clash.

    Args:
        engine: Runs the query.
        question: Which are asked for.
        tables: Other tables than those of the engine's dataset.

    Raises:
        QuestionError: The engine fails, or the dataset has nothing of a project or at a path that is named.
    """
    tables = engine.tables if tables is None else tables
    _require_projects(engine, tables, question.projects)
    below = {text: [path for path, _ in readings(normalize_query(text))] for text in question.below}
    numbers = [number_of(name) for name in question.projects]
    rows = contested_rows(tables, history=question.history, projects=numbers)
    contested = engine.kept(_below(rows, [path for paths in below.values() for path in paths]))
    overlaps = overlaps_of_pairs(contested, crowd=question.crowd)
    if question.projects:
        names = list(question.projects)
        overlaps = overlaps.filter(overlaps.project.isin(names) | overlaps.other_project.isin(names))
    scored = engine.kept(clashes_of_pairs(overlaps))
    least = least_score(question.min_severity)
    pairs, milder, apart = _listed(engine, scored, least, with_apart=question.apart)
    _require_files(engine, tables, {} if pairs else below)
    requires = _requirements(engine, tables, pairs)
    if question.history:
        versions = _versions_at(engine, tables, overlaps, pairs)
    else:
        newest = _versions(engine, tables, {name for pair in pairs for name in pair})
        versions = {(pair, name): newest.get(name, ()) for pair in pairs for name in pair}
    listed = []
    for (name, other_name), shares in pairs.items():
        is_family = other_name in requires.get(name, ()) or name in requires.get(other_name, ())
        judged = _in_order((_of_family(share) if is_family else share for share in shares), with_apart=question.apart)
        if SEVERITIES.index(judged[0].verdict.severity) > SEVERITIES.index(question.min_severity):
            milder += 1
        else:
            pair = name, other_name
            first, second = (Member(project, versions[pair, project]) for project in pair)
            listed.append(Pair(first, second, judged))
    listed.sort(
        key=lambda pair: (
            SEVERITIES.index(pair.severity), not pair.together, -pair.differing, pair.first.name, pair.second.name,
        )
    )  # fmt: skip
    crowds, milder_crowds = _crowds(engine, contested, question)
    return Clashes(
        question=question,
        wheels=engine.dataset.wheels,
        files=engine.dataset.rows,
        pairs=tuple(listed),
        crowds=crowds,
        left_out=LeftOut(milder, apart, milder_crowds),
    )


def _below(rows: ir.Table, paths: Sequence[str]) -> ir.Table:
    """Return the rows at some paths or below them."""
    if not paths:
        return rows
    places = rows.root + "/" + rows.path
    conditions = [(places == path.rstrip("/")) | places.startswith(f"{path.rstrip('/')}/") for path in paths]
    wanted = conditions[0]
    for condition in conditions[1:]:
        wanted |= condition
    return rows.filter(wanted)


def _listed(
    engine: Engine, scored: ir.Table, least: int, *, with_apart: bool
) -> tuple[dict[tuple[str, str], list[Share]], int, int]:
    """Return the pairs that are grave enough with all they share, and how many are milder, and how many apart."""
    gravity = (scored.score % TOGETHER).max()
    together = (scored.score.max() >= TOGETHER).ifelse(scored.score.max() - TOGETHER, -1)
    best = scored.group_by("project", "other_project").agg(gravity=gravity, together=together)
    best = engine.kept(best)
    counts = engine.rows(
        best.agg(
            milder=(best.gravity < least).sum(),
            apart=((best.gravity >= least) & (best.together < least)).sum(),
        )
    )[0]
    wanted = best.filter((best.gravity if with_apart else best.together) >= least)
    rows = engine.rows(scored.semi_join(wanted, ["project", "other_project"]))
    pairs: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for row in rows:
        share = Share(Verdict.of(row["score"]), row["paths"], row["example"])
        pairs[row["project"], row["other_project"]].append(share)
    return pairs, counts["milder"] or 0, 0 if with_apart else counts["apart"] or 0


def _in_order(shares: Iterable[Share], *, with_apart: bool) -> tuple[Share, ...]:
    """Return what two projects share, gravest first; what cannot meet comes last, unless that was asked for."""
    return tuple(
        sorted(
            shares,
            key=lambda share: (
                not (share.verdict.together or with_apart), SEVERITIES.index(share.verdict.severity),
                not share.verdict.together, share.verdict.kind, -share.paths, share.example,
            ),
        )
    )  # fmt: skip


def _of_family(share: Share) -> Share:
    """Return a share of two projects of which one requires the other: it replaces the other's commands on purpose."""
    if (share.verdict.severity, share.verdict.role) != ("error", "script"):
        return share
    return share._replace(verdict=share.verdict._replace(severity="warning"))


def _requirements(
    engine: Engine, tables: Tables, pairs: Mapping[tuple[str, str], Sequence[Share]]
) -> dict[str, frozenset[str]]:
    """Return what projects require, under any extra, of which commands clash; nothing else depends on it."""
    names = {
        name
        for pair, shares in pairs.items()
        if any((share.verdict.severity, share.verdict.role) == ("error", "script") for share in shares)
        for name in pair
    }
    if not names:
        return {}
    wheels = tables.wheels.filter(tables.wheels.project.isin(sorted(names)))
    required: dict[str, frozenset[str]] = defaultdict(frozenset)
    for row in engine.rows(newest_wheels(wheels).select("project", "requires")):
        required[row["project"]] |= requirements_of(row["requires"], layout_target()).names_under_any_extra
    return required


def _versions(engine: Engine, tables: Tables, names: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the newest releases of projects, which may be several of equal precedence."""
    if not names:
        return {}
    wheels = newest_wheels(tables.wheels.filter(tables.wheels.project.isin(sorted(names))))
    rows = engine.rows(wheels.select("project", "version").distinct())
    versions: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["version"], reverse=True):
        versions[row["project"]].append(row["version"])
    return {name: tuple(releases) for name, releases in versions.items()}


def _versions_at(
    engine: Engine, tables: Tables, overlaps: ir.Table, pairs: Collection[_Names]
) -> dict[tuple[_Names, str], tuple[str, ...]]:
    """Return the releases of each project of a pair that install what the two share, the preferred one first."""
    versions: dict[tuple[_Names, str], list[str]] = {(pair, name): [] for pair in pairs for name in pair}
    if not versions:
        return {}
    names = sorted({name for pair in pairs for name in pair})
    shared = overlaps.filter(overlaps.project.isin(names) & overlaps.other_project.isin(names)).drop("score")
    files = tables.files.filter(tables.files.project.isin(names)).select("wheel_id", "root", "path", owner="project")
    owned = shared.inner_join(files, ["root", "path"])
    owned = owned.filter((owned.owner == owned.project) | (owned.owner == owned.other_project))
    owned = owned.select("project", "other_project", "owner", "wheel_id").distinct()
    releases = owned.inner_join(tables.wheels.select("wheel_id", "version", "precedence"), "wheel_id")
    rows = engine.rows(releases.drop("wheel_id").distinct())
    for row in sorted(rows, key=lambda row: (row["precedence"], row["version"]), reverse=True):
        listed = versions.get(((row["project"], row["other_project"]), row["owner"]))
        if listed is not None and row["version"] not in listed:
            listed.append(row["version"])
    return {key: tuple(releases) for key, releases in versions.items()}


def _require_projects(engine: Engine, tables: Tables, names: Sequence[str]) -> None:
    """Raise if the dataset has no wheel of a project: that it clashes with none is not known.

    Raises:
        QuestionError: With near names.
    """
    if not names:
        return
    wheels = tables.wheels
    known = {
        row["project"] for row in engine.rows(wheels.filter(wheels.project.isin(names)).select("project").distinct())
    }
    unknown = [name for name in names if name not in known]
    if unknown:
        every = (row["project"] for row in engine.rows(wheels.select("project").distinct()))
        raise QuestionError(f"The dataset has no wheel of {unknown[0]}.", near(unknown[0], every))


def _require_files(engine: Engine, tables: Tables, below: Mapping[str, Sequence[str]]) -> None:
    """Raise if the dataset has no file at a path or below it.

    Raises:
        QuestionError: It has none.
    """
    for text, paths in below.items():
        if not engine.rows(_below(tables.files.select("root", "path"), paths).limit(1)):
            raise QuestionError(
                f"No wheel of the dataset has a file at {text}, or below it.",
                "A path, an import name, a top-level folder or a command is taken, as by wheelclash contents who.",
            )


def _crowds(engine: Engine, contested: ir.Table, question: Question) -> tuple[tuple[Crowd, ...], int]:
    """Return the paths of very many projects that are grave enough, and how many others there are."""
    crowds, milder = [], 0
    for row in engine.rows(crowded_paths(contested, crowd=question.crowd)):
        role: Role = row["role"]
        severity = severity_of("identical" if row["contents"] == 1 and not row["unhashed"] else "different", role)
        if SEVERITIES.index(severity) <= SEVERITIES.index(question.min_severity):
            crowds.append(Crowd(f"{row['root']}/{row['path']}", row["projects"], row["contents"], severity))
        else:
            milder += 1
    crowds.sort(key=lambda crowd: (SEVERITIES.index(crowd.severity), -crowd.projects, crowd.path))
    return tuple(crowds), milder
