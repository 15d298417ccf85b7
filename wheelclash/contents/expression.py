"""The question which projects clash, as one Ibis expression over the tables of a dataset: it runs on any engine.

Two passes. The first groups the pairs of path hash and project, 16 bytes each, and keeps the hashes that have several
projects. Only the rows of those are read in full, compared and judged. A hash that two paths have by chance costs a few
rows and changes nothing, since rows are joined by their paths.

How bad an overlap is says :func:`wheelclash.core.overlap.severity_of`, asked once for every kind and role; its answers
are constants of the expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from wheelclash.core.overlap import KINDS, SAME_PATH, SEVERITIES, severity_of
from wheelclash.core.role import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from wheelclash.core.overlap import Kind, Severity

__all__ = [
    "TOGETHER",
    "Tables",
    "Verdict",
    "clashes_of_pairs",
    "contested_rows",
    "crowded_paths",
    "newest_wheels",
    "overlaps_of_pairs",
]

ROLES: tuple[Role, ...] = get_args(Role)
_YIELDING: tuple[Role, ...] = ("namespace-init", "bytecode")
"""Roles that a path has only if all its owners give it that one."""

_KINDS: tuple[Kind, ...] = tuple(sorted(kind for kind in KINDS if kind in SAME_PATH))
_PIECES = 16
"""Pieces that the range of path hashes is divided into, where the paths of all projects are grouped."""

TOGETHER, _SEVERITY, _KIND = 10_000, 1_000, 100
"""Weights of the parts of a score, the greatest of which counts: first whether two wheels could be installed together,
then how bad it is, then the kind; the role is below them."""


class Tables(NamedTuple):
    """The tables of a dataset, whatever engine has them."""

    wheels: ir.Table
    files: ir.Table
    paths: ir.Table


class Verdict(NamedTuple):
    """What a score says.

    Attributes:
        together: Whether there is a Python on a platform that can install both wheels.
        severity: How bad it is.
        kind: How the contents relate.
        role: What the file is for.
    """

    together: bool
    severity: Severity
    kind: Kind
    role: Role

    @classmethod
    def of(cls, score: int) -> Verdict:
        """Return what a score says."""
        return cls(
            score >= TOGETHER,
            SEVERITIES[len(SEVERITIES) - 1 - score % TOGETHER // _SEVERITY],
            _KINDS[score % _SEVERITY // _KIND],
            ROLES[score % _KIND],
        )


def least_score(severity: Severity) -> int:
    """Return the least score, without its part for wheels that meet, of what is at least as bad."""
    return (len(SEVERITIES) - 1 - SEVERITIES.index(severity)) * _SEVERITY


def newest_wheels(wheels: ir.Table) -> ir.Table:
    """Return the wheels of the release of each project that an installer prefers."""
    newest = wheels.group_by("project_id").agg(newest=wheels.precedence.max())
    return wheels.inner_join(newest, "project_id").filter(lambda row: row.precedence == row.newest).drop("newest")


def contested_rows(tables: Tables, *, history: bool = False, projects: Sequence[int] = ()) -> ir.Table:
    """Return the files at paths that several projects install, with the reach of their wheels.

    Args:
        tables: The dataset.
        history: Whether all releases count, rather than the newest of each project.
        projects: Numbers of projects, the paths of which alone are looked at; all if empty.

    Returns:
        One row for each path, project and content, however many wheels have it, and the number of projects at the path.
    """
    paths = tables.paths
    if projects:
        theirs = paths.filter(paths.project_id.isin(projects)).select("path_hash").distinct()
        paths = paths.semi_join(theirs, "path_hash")
    candidates = _hashes_of_several(paths, pieces=1 if projects else _PIECES)
    wheels = tables.wheels if history else newest_wheels(tables.wheels)
    reach = wheels.select("wheel_id", "pythons", "platforms")
    files = tables.files.select(
        "wheel_id", "project", "root", "path", "path_hash", "role", "algorithm", "content", "size"
    )
    rows = files.semi_join(candidates, "path_hash").inner_join(reach, "wheel_id").drop("wheel_id")
    rows = rows.distinct()
    owners = rows.group_by("path_hash", "root", "path").agg(projects=rows.project.nunique())
    return rows.inner_join(owners.filter(owners.projects > 1), ["path_hash", "root", "path"])


def _hashes_of_several(paths: ir.Table, *, pieces: int) -> ir.Table:
    """Return the path hashes that several projects have.

    Args:
        paths: Path hashes and projects, in the order of hashes.
        pieces: How many pieces the range of hashes is divided into, each of which is grouped for itself: of a large
            table the groups then fit the memory and the processor's cache.
    """
    import ibis

    bounds = [piece * 2**64 // pieces - 2**63 for piece in range(1, pieces)]
    hashes = []
    for low, high in zip([None, *bounds], [*bounds, None], strict=True):
        rows = paths
        if low is not None:
            rows = rows.filter(rows.path_hash >= low)
        if high is not None:
            rows = rows.filter(rows.path_hash < high)
        grouped = rows.group_by("path_hash").agg(least=rows.project_id.min(), greatest=rows.project_id.max())
        hashes.append(grouped.filter(grouped.least != grouped.greatest).select("path_hash"))
    return ibis.union(*hashes)


def overlaps_of_pairs(contested: ir.Table, *, crowd: int) -> ir.Table:
    """Return each path that two projects install with the gravest score among their wheels.

    Args:
        contested: From :func:`contested_rows`.
        crowd: Projects at a path beyond which they are not paired: a file that a thousand projects ship by mistake
            would make half a million pairs.
    """
    import ibis

    rows = contested.filter(contested.projects <= crowd).drop("projects")
    other = rows.view()
    pairs = rows.join(
        other,
        [
            rows.path_hash == other.path_hash,
            rows.root == other.root,
            rows.path == other.path,
            rows.project < other.project,
        ],
        rname="other_{name}",
    )
    zero = ibis.literal(0, "int64")
    meets = ((pairs.pythons & pairs.other_pythons) != zero) & ((pairs.platforms & pairs.other_platforms) != zero)
    scored = pairs.select(
        "project", "other_project", "root", "path", score=meets.ifelse(TOGETHER, 0) + _severity_and_kind(pairs)
    )
    return scored.group_by("project", "other_project", "root", "path").agg(score=scored.score.max())


def clashes_of_pairs(overlaps: ir.Table) -> ir.Table:
    """Return for each pair of projects and each score how many paths have it, and the first of these."""
    return overlaps.group_by("project", "other_project", "score").agg(
        paths=overlaps.count(), example=(overlaps.root + "/" + overlaps.path).min()
    )


def crowded_paths(contested: ir.Table, *, crowd: int) -> ir.Table:
    """Return the paths of more than so many projects, each with its projects and the number of contents it has."""
    rows = contested.filter(contested.projects > crowd)
    return rows.group_by("root", "path", "projects").agg(
        role=rows.role.max(), contents=rows.content.nunique(), unhashed=rows.content.isnull().sum()
    )


def _severity_and_kind(pairs: ir.Table) -> Any:
    """Return the part of the score of what two files at one path are to each other."""
    import ibis

    known = pairs.content.notnull() & pairs.other_content.notnull()
    one_algorithm = pairs.algorithm == pairs.other_algorithm
    generated = (pairs.algorithm == "command") | (pairs.other_algorithm == "command")
    sizes_differ = pairs.size.notnull() & pairs.other_size.notnull() & (pairs.size != pairs.other_size)
    equal = known & one_algorithm & (pairs.content == pairs.other_content)
    differ = known & (one_algorithm | generated) & (pairs.content != pairs.other_content)
    kind = ibis.cases(
        (sizes_differ.fill_null(False) | differ.fill_null(False), "different"),  # noqa: FBT003
        (equal.fill_null(False), "identical"),  # noqa: FBT003
        else_="unknown",
    )
    role = pairs.other_role.isin(_YIELDING).ifelse(pairs.role, pairs.other_role)
    scores = {
        (name, about): least_score(severity_of(name, about)) + _KINDS.index(name) * _KIND + ROLES.index(about)
        for name in _KINDS
        for about in ROLES
    }
    return ibis.cases(
        *(
            (kind == name, ibis.cases(*((role == about, scores[name, about]) for about in ROLES), else_=0))
            for name in _KINDS
        ),
        else_=0,
    )
