"""The report as text, where something is to be installed into an environment: what would be overwritten, or lost."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.report.model import IntoReport, LostReport, OverlapReport, RemedyReport, Report

__all__ = ["clean_headline", "grave_headline", "grave_losses", "loss_texts", "unowned_texts", "way"]

_FEW = 2
_MOST_NAMES = 3


def grave_losses(report: Report) -> list[LostReport]:
    """What replacing older releases takes from others and matters, each once, whatever installers it happens under."""
    found: dict[tuple[str, str, str], LostReport] = {}
    for diagnosis in report.diagnosis.values():
        for each in diagnosis.lost:
            if each.severity in {"error", "warning"} and not each.ignored:
                found.setdefault((each.root, each.path, each.distribution), each)
    return list(found.values())


def grave_headline(report: Report, into: IntoReport, grave: Sequence[OverlapReport], lost: Sequence[LostReport]) -> str:
    """Who would overwrite how much of whom, and where."""
    said = list(_overlaps_said(report, grave)) + list(_losses_said(lost))
    return f"{'; '.join(said)} in {into.prefix}"


def _overlaps_said(report: Report, grave: Sequence[OverlapReport]) -> Iterator[str]:
    new = {each.name: f"{each.name} {each.version}" for each in report.newcomers}
    old = {each.name: f"{each.name} {each.version}" for each in report.distributions if each.name not in new}
    involved: defaultdict[str, list[OverlapReport]] = defaultdict(list)
    for each in grave:
        names = {owner.distribution for owner in each.owners}
        if names <= new.keys():
            involved["new"].append(each)
        elif each.kind in {"file-directory", "shadowed"}:
            involved[each.kind].append(each)
        else:
            involved["written"].append(each)
    for what, overlaps in involved.items():
        names = {owner.distribution for each in overlaps for owner in each.owners}
        coming, there = (_some(texts[name] for name in sorted(names) if name in texts) for texts in (new, old))
        match what:
            case "written":
                yield f"{coming} would overwrite {plural(len(overlaps), 'file')} of {there}"
            case "file-directory":
                yield f"{coming} cannot be installed beside {there}"
            case "shadowed":
                yield f"{coming} and {there} hide modules of each other"
            case _:
                yield f"{coming} clash"


def _losses_said(lost: Sequence[LostReport]) -> Iterator[str]:
    by_cause: defaultdict[tuple[str, str, str], list[LostReport]] = defaultdict(list)
    for each in lost:
        by_cause[each.because, each.version, each.code].append(each)
    for (name, version, code), found in by_cause.items():
        losers = _some(sorted({each.distribution for each in found}))
        if code == "in-the-way":
            yield f"{losers} cannot be installed before {name} {version} is replaced"
        else:
            yield f"replacing {name} {version} takes {plural(len(found), 'file')} from {losers}"


def _some(texts: Iterable[str]) -> str:
    found = list(texts)
    return listed(found) if len(found) <= _FEW else plural(len(found), "distribution")


def clean_headline(report: Report, into: IntoReport) -> str:
    """What was compared with what, nothing being wrong."""
    older = {each.name: each.version for each in into.replaces}
    new = [f"{each.name} {each.version}{_now(older.get(each.name))}" for each in report.newcomers]
    there = len(report.distributions) - len(new)
    if not new:
        what = (
            f": {listed(into.present)} {'is' if len(into.present) == 1 else 'are'} there already"
            if into.present
            else ""
        )
        return f"Nothing to install in {into.prefix}{what}"
    files = plural(sum(each.files for each in report.newcomers), "file")
    return f"No clash: {_some(new)} ({files}) and {plural(there, 'distribution')} in {into.prefix}"


def _now(version: str | None) -> str:
    return "" if version is None else f", now {version},"


def loss_texts(report: Report, *, verbose: bool) -> Iterator[tuple[str, str, str]]:
    """One line for each distribution that loses files, each that is replaced and each severity.

    Yields:
        Severity, text, and when it comes to that.
    """
    pairs: defaultdict[tuple[str, str, str, str, str, str], list[str]] = defaultdict(list)
    for each in grave_losses(report):
        key = each.severity, each.distribution, each.because, each.version, _when(report, each), each.code
        pairs[key].append(f"{each.root}/{each.path}")
    for (severity, loser, because, version, when, code), paths in sorted(pairs.items()):
        if code == "in-the-way":
            what = f"cannot be written beside {because} {version}, which is replaced only after it"
        else:
            what = f"{'goes' if len(paths) == 1 else 'go'} with {because} {version}, which is replaced"
        text = f"{some(sorted(paths), None if verbose else _MOST_NAMES)}  of {loser} {what}"
        yield severity, text, when


def unowned_texts(into: IntoReport, *, verbose: bool) -> Iterator[str]:
    """Yield one line for each distribution that overwrites files which no RECORD lists."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for each in into.unowned:
        paths[each.distribution].append(f"{each.root}/{each.path}")
    for name, found in paths.items():
        shown = some(found, None if verbose else _MOST_NAMES)
        what = "which no RECORD lists, is" if len(found) == 1 else "which no RECORD lists, are"
        yield f"{shown}, {what} overwritten by {name}"


def _when(report: Report, lost: LostReport) -> str:
    """Under which installers a file is lost, if not surely under all."""
    told = [
        name if each.state != "undetermined" else f"{name}, if its order is so"
        for name, diagnosis in report.diagnosis.items()
        for each in diagnosis.lost
        if (each.root, each.path, each.distribution) == (lost.root, lost.path, lost.distribution)
    ]
    return "" if told == list(report.diagnosis) else f"  (under {' and '.join(told)})"


def way(remedy: RemedyReport) -> str:
    """What a strategy comes to here."""
    match remedy.strategy:
        case "avoid":
            return "do not install the others" if remedy.steps else "leave it as it is: do not install the others"
        case "reinstall-keeper" if len(remedy.steps) == 1:
            return "install, and what comes later wins"
        case "reinstall-keeper":
            return "install one after the other, the keeper last"
    return "uninstall the others first, for good"
