"""Filling the report of ``who``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import wheelclash
from wheelclash.report.model import (
    SCHEMA_VERSION,
    AskedEnvironment,
    BelowReport,
    BesideReport,
    EndReport,
    FoundReport,
    OnDiskReport,
    ShareReport,
    Tool,
    WhoReport,
)
from wheelclash.report.parts import skip_reports, split, target_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.distribution import Skip
    from wheelclash.core.query import Belonging, Below, Beside, Share
    from wheelclash.environment.paths import Places
    from wheelclash.target.target import Target

__all__ = ["build_who_report"]


def build_who_report(
    asked: Sequence[str],
    found: Iterable[Belonging],
    *,
    names: Mapping[str, str],
    searched: int,
    target: Target,
    python: object = None,
    places: Places | None = None,
    skipped: Sequence[Skip] = (),
    not_compared: Sequence[Skip] = (),
    warnings: Sequence[str] = (),
) -> WhoReport:
    """The report on some PATHs.

    Args:
        asked: The PATHs.
        found: What they mean.
        names: Of all distributions, by id.
        searched: How many distributions could be read.
        target: What the environment is, or what the set is for.
        python: The interpreter that the target was read from, if it was.
        places: Of the environment; None for a set.
        skipped: What could not be read.
        not_compared: What is somebody else's business.
        warnings: Sentences for people.
    """
    environment = None
    if places is not None:
        environment = AskedEnvironment(str(places.prefix), places.sites, None if python is None else str(python))
    return WhoReport(
        schema_version=SCHEMA_VERSION,
        tool=Tool("wheelclash", wheelclash.__version__),
        complete=not skipped,
        environment=environment,
        targets=(target_report(target, python),),
        asked=tuple(asked),
        found=tuple(_found(each, names) for each in found),
        searched=searched,
        skipped=skip_reports(skipped),
        not_compared=skip_reports(not_compared),
        warnings=tuple(warnings),
    )


def _found(each: Belonging, names: Mapping[str, str]) -> FoundReport:
    root, path = split(each.path)
    on_disk = None if each.state is None else OnDiskReport(each.state, tuple(names[id_] for id_ in each.matches))
    return FoundReport(
        asked=each.asked,
        meaning=each.means,
        what=each.what,
        root=root,
        path=path,
        kind=each.kind,
        role=each.role,
        source=each.source,
        on_disk=on_disk,
        owners=tuple(map(_share, each.shares)),
        files=each.files,
        contested=each.contested,
        unowned=each.unowned,
        installers=each.installers,
        diagnosis={
            installer: tuple(
                EndReport(end.state, None if end.winner is None else names[end.winner], end.reason, end.files)
                for end in ends
            )
            for installer, ends in each.ends.items()
        },
        beside=tuple(_beside(one, names) for one in each.besides),
        below=tuple(_below(one, names) for one in each.below),
    )


def _share(each: Share) -> ShareReport:
    return ShareReport(
        id=each.id,
        distribution=each.name,
        version=each.version,
        not_compared=each.aside,
        files=each.files,
        contested=each.contested,
        held=each.held,
        missing=each.missing,
        path_in_wheel=each.member,
        sha256=each.sha256,
        size=each.size,
        content=each.content,
    )


def _beside(each: Beside, names: Mapping[str, str]) -> BesideReport:
    return BesideReport(each.kind, *split(each.path), names[each.owner], each.gives_way)


def _below(each: Below, names: Mapping[str, str]) -> BelowReport:
    on_disk = None if each.state is None else OnDiskReport(each.state, tuple(names[id_] for id_ in each.matches))
    return BelowReport(*split(each.path), tuple(names[id_] for id_ in each.owners), each.kind, on_disk)
