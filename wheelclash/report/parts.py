"""Parts that several reports have, filled. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.report.model import SkipReport, TargetReport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.layout import InstalledPath, Root
    from wheelclash.sources.candidate import Skip
    from wheelclash.target import Target

__all__ = ["skip_reports", "split", "target_report"]


def split(path: InstalledPath) -> tuple[Root, str]:
    """Root and rest of an installed path."""
    root, _, rest = path.partition("/")
    return root, rest  # type: ignore[return-value]  # an installed path begins with its root


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
