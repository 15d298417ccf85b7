"""Judging: roles and severities that depend on content or on who requires whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wheelclash.meaning import module_stem
from wheelclash.overlap.find import in_order
from wheelclash.overlap.model import Overlap, Severity, severity_of
from wheelclash.role import is_aside
from wheelclash.verdict import INIT_LIMIT, SMALLEST_BINARY, Answers, Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["judge", "questions"]


def questions(overlaps: Iterable[Overlap]) -> list[Question]:
    """The members whose content would change a verdict, each once, in order."""
    found: dict[Question, None] = {}
    for overlap in overlaps:
        about = _about(overlap)
        if about is None:
            continue
        asked = [owner for owner in overlap.owners if owner.file.member is not None]
        if about == "command":  # one binary among them settles it
            asked = [max(asked, key=lambda owner: owner.file.size or 0)]
        for owner in asked:
            found.setdefault(Question(owner.id, owner.file.member or "", about, owner.file.content))
    return list(found)


def _about(overlap: Overlap) -> Literal["init", "command"] | None:
    if overlap.kind not in {"different", "unknown"} or overlap.is_phantom:
        return None
    if overlap.role == "module" and overlap.path.endswith("/__init__.py"):
        return "init" if all((owner.file.size or 0) <= INIT_LIMIT for owner in overlap.owners) else None
    if overlap.role == "script" and any((owner.file.size or 0) >= SMALLEST_BINARY for owner in overlap.owners):
        return "command"
    return None


def judge(overlaps: Iterable[Overlap], answers: Answers, requires: Callable[[str, str], bool]) -> list[Overlap]:
    """Settle role and severity with what was read and with who requires whom; gravest first."""
    return in_order(_judged(overlap, answers, requires) for overlap in overlaps)


def _judged(overlap: Overlap, answers: Answers, requires: Callable[[str, str], bool]) -> Overlap:
    if overlap.kind == "shadowed":
        return overlap._replace(severity=_severity_of_hidden(overlap, requires))
    if not overlap.is_same_path or overlap.is_phantom:
        return overlap
    given = [answers.get((owner.id, owner.file.member or "")) for owner in overlap.owners]
    role = overlap.role
    if any(each is not None and each.native for each in given):
        role = "native"
    elif given and all(each is not None for each in given) and overlap.path.endswith("/__init__.py"):
        codes = {each.code for each in given if each is not None}
        if all(each is not None and each.stub for each in given) or (len(codes) == 1 and None not in codes):
            role = "namespace-init"
    severity = severity_of(overlap.kind, role)
    if severity == "error" and role == "script" and _is_family(overlap.ids, requires):
        severity = "warning"  # a family whose member replaces the other's command on purpose
    return overlap._replace(role=role, severity=severity)


def _severity_of_hidden(overlap: Overlap, requires: Callable[[str, str], bool]) -> Severity:
    """Return how bad it is that a module is hidden.

    One at the top of site-packages is the import package of its distribution, or one of them: nothing that imports it
    gets it any more. One below may be an implementation that another replaces; so may one of a family.
    """
    path = overlap.path.removeprefix("site-packages/")
    stem = module_stem(path) or path
    aside = is_aside(path) or is_aside(f"{stem}/")  # a module "tests" counts like a folder of that name
    return "error" if "/" not in stem and not aside and not _is_family(overlap.ids, requires) else "warning"


def _is_family(ids: Sequence[str], requires: Callable[[str, str], bool]) -> bool:
    """Whether one of them requires, or is required by, each of the others."""
    return any(all(requires(one, other) or requires(other, one) for other in ids if other != one) for one in ids)
