"""Words of the reports: what the reasons of a diagnosis mean, which Python a target has, who refuses what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.wording import listed, plural

if TYPE_CHECKING:
    from wheelclash.report.model import Report, TargetReport

_MOST_REFUSED = 3

__all__ = ["REASONS", "python_of", "refusals_said"]

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}

REASONS = {
    "order": "it is installed last",
    "requires": "it requires the other and is installed after it",
    "equal-requirements": "both require the same, and then pip installs the alphabetically first one last",
    "newcomer": "the other is installed already, and what is installed later wins",
    "replaced": "the file goes with an older release that had it too",
    "import-order": "its form of the module is found first",
    "first-written": "a folder keeps the name that it is first made with",
    "only-recorded": "the other only lists the file in its RECORD",
    "two-files": "names that differ only in case are two files here",
    "identical": "the contents are the same",
    "needs-closure": "pip's order depends on requirements outside of this set",
    "cycle": "they require each other in a circle",
    "parallel": "uv installs in parallel: a coin flip for every file, so it may end as a mix",
    "file-directory": "the installation stops: a file is where a folder is needed",
    "refused": "the installation stops: a wheel is refused",
}
"""Why a diagnosis ends as it does, by the word that the JSON has for it."""


def python_of(target: TargetReport) -> str:
    """Return which Python a target has: ``CPython 3.12.0``."""
    return f"{_IMPLEMENTATIONS.get(target.implementation, target.implementation)} {target.python_version}"


def refusals_said(report: Report) -> str:
    """``pip and uv refuse a 1.0; uv refuses b 2.0``; empty if no installer refuses a wheel."""
    versions = {each.id: each.version for each in report.distributions}
    installers: dict[str, list[str]] = {}
    for each in report.refused:
        told = installers.setdefault(f"{each.distribution} {versions[each.id]}", [])
        if each.installer not in told:
            told.append(each.installer)
    wheels: dict[tuple[str, ...], list[str]] = {}
    for wheel, names in installers.items():
        wheels.setdefault(tuple(names), []).append(wheel)
    return "; ".join(
        f"{listed(names)} {'refuse' if len(names) > 1 else 'refuses'}"
        f" {listed(refused) if len(refused) <= _MOST_REFUSED else plural(len(refused), 'wheel')}"
        for names, refused in wheels.items()
    )
