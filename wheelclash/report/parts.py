"""Parts that several reports have, filled. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wheelclash.report.model import OwnerReport, SkipReport, TargetReport
from wheelclash.report.reasons import native_report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.core.distribution import Skip
    from wheelclash.core.layout import InstalledPath, Root
    from wheelclash.core.overlap import Owner
    from wheelclash.environment.paths import Places
    from wheelclash.native.explain import Why
    from wheelclash.target.target import Target

__all__ = ["owner_report", "restoring_note", "skip_reports", "split", "target_report"]


def split(path: InstalledPath) -> tuple[Root, str]:
    """Root and rest of an installed path."""
    root, _, rest = path.partition("/")
    return root, rest  # type: ignore[return-value]  # an installed path begins with its root


def owner_report(owner: Owner, name: str, member: str | None, why: Why | None) -> OwnerReport:
    """An owner's part in an overlap.

    Args:
        owner: Of the overlap.
        name: The distribution's.
        member: Archive path, if it is a wheel's.
        why: What its version of a native file needs, where that was looked into.
    """
    file, content = owner.file, owner.file.content or ""
    return OwnerReport(
        id=owner.id,
        distribution=name,
        path=split(file.path)[1],
        path_in_wheel=member,
        sha256=content.removeprefix("sha256:") if content.startswith("sha256:") else None,
        size=file.size,
        content=owner.content,
        native=None if why is None else native_report(why, owner.id),
    )


def skip_reports(skips: Iterable[Skip]) -> tuple[SkipReport, ...]:
    """What was not read, or is not compared."""
    return tuple(SkipReport(each.requirement, each.code, each.reason) for each in skips)


def target_report(target: Target, python: object) -> TargetReport:
    """A target, and the interpreter it was read from, if it was."""
    return TargetReport(
        python=None if python is None else str(python),
        python_version=target.python_version,
        implementation=target.implementation,
        platform=target.platform,
        markers=dict(target.markers),
        case_sensitive=target.case_sensitive,
    )


def restoring_note(manager: str, name: str, version: str, places: Places) -> str:
    """Return a sentence on a package of conda or dpkg that files were taken from: how these are written again."""
    from wheelclash.environment.managed import restoring

    command = shlex.join(restoring(manager, name, version, places))
    return f"{name} is {manager}'s, and neither pip nor uv writes it again; to have it as it was: {command}"
