"""Filling what a report says of the environment that a set is to be installed into. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.core.overlap import SEVERITIES
from wheelclash.report.model import (
    DistributionReport,
    FindingReport,
    IntoReport,
    LostReport,
    ReplacedReport,
    UnownedReport,
)
from wheelclash.report.parts import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.core.addition import Loss
    from wheelclash.core.distribution import Distribution
    from wheelclash.environment.paths import Places
    from wheelclash.options import Ignore
    from wheelclash.report.view import View

__all__ = ["into_report", "lost_reports", "resident_report", "split"]


def into_report(places: Places, view: View) -> IntoReport:
    """The environment, and what makes way there."""
    by_id = {each.id: each for each in view.distributions}
    return IntoReport(
        prefix=str(places.prefix),
        site_packages=places.sites,
        python=None if places.python is None else str(places.python),
        replaces=tuple(
            ReplacedReport(old.id, old.name, old.candidate.version, by_id[new].candidate.version)
            for new, old in view.addition.replaced.items()
        ),
        present=tuple(view.present),
        unowned=tuple(
            UnownedReport(*split(each.path), each.role, "warning", by_id[each.id].name)
            for each in view.addition.unowned
        ),
    )


def resident_report(each: Distribution, files: int, requirers: Iterable[str]) -> DistributionReport:
    """A distribution that is installed and stays."""
    return DistributionReport(
        id=each.id,
        name=each.name,
        version=each.candidate.version,
        index=None,
        wheel=None,
        files=files,
        targets=(0,),
        requires=tuple(sorted(each.requirements.names)),
        required_by=tuple(sorted(requirers)),
        through=(),
        evidence=each.evidence,
        findings=tuple(FindingReport(finding.code, finding.path, finding.detail) for finding in each.findings),
    )


def lost_reports(view: View, taken: Iterable[Loss], ignores: Sequence[Ignore]) -> Iterator[LostReport]:
    """What replaced releases take along; there is one target where there are any."""
    names = view.names
    versions = {each.id: each.candidate.version for each in view.addition.replaced.values()}
    for each in sorted(taken, key=lambda one: (SEVERITIES.index(one.severity), one.id, one.because, one.path)):
        root, path = split(each.path)
        yield LostReport(
            root=root,
            path=path,
            role=each.role,
            severity=each.severity,
            distribution=names[each.id],
            because=names[each.because],
            version=versions[each.because],
            state=each.state,
            ignored=any(view.is_loss_ignored_by(one, each) for one in ignores),
            code=each.code,
        )
