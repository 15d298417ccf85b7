"""Values of the pure core for tests: no network, and no disk but a temporary buffer in memory."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wheelclash.core.contents import Contents, EntryPoint, Member, Members
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.distribution import Candidate, Distribution
from wheelclash.core.installer import Invocation
from wheelclash.core.layout import InstalledFile, InstalledPath, Layout, LayoutFailure, lay_out
from wheelclash.core.overlap import Overlap, find_overlaps, judge, merge
from wheelclash.core.plan import check_keepers, plan_remedies
from wheelclash.core.state import State
from wheelclash.installers import INSTALLERS, PIP, UV, Installer, InstallerName
from wheelclash.report.build import build_report
from wheelclash.report.view import Result, View
from wheelclash.target.target import Target, target_for
from wheelclash.wheel.archive import parse_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.support.wheelmaker import Wheel
    from wheelclash.core.content import Answers
    from wheelclash.core.diagnosis import Diagnosis
    from wheelclash.report.model import Report

LINUX = target_for("3.12", "linux")
MACOS = target_for("3.12", "macos")
WINDOWS = target_for("3.12", "windows")

BY_NAME: dict[InstallerName, Installer] = {"pip": PIP, "uv": UV}


def digest(text: str | bytes) -> str:
    """How contents name the sha256 of ``text``."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def path_of(text: str) -> InstalledPath:
    """An installed path, written ``root/path``."""
    return InstalledPath(text)


def written(
    path: str, text: str | None = "", *, size: int | None = None, crc: int = 0, script: bool = False
) -> InstalledFile:
    """A file of a wheel whose content is ``text``; None for one without a usable hash, and of one byte."""
    if size is None:
        size = 1 if text is None else len(text)
    return InstalledFile(path_of(path), None if text is None else digest(text), size, crc, f"in-wheel/{path}", script)


def command(name: str, value: str = "m:f", kind: str = "console") -> InstalledFile:
    """A command generated for an entry point."""
    return InstalledFile(path_of(f"scripts/{name}"), f"{kind}:{value}", None, None, None)


def layout(*files: InstalledFile, phantoms: Iterable[str] = (), failure: LayoutFailure | None = None) -> Layout:
    """A layout of these files."""
    return Layout({file.path: file for file in files}, frozenset(path_of(each) for each in phantoms), failure)


def layouts(**files: Mapping[str, str | None]) -> dict[str, Layout]:
    """Layouts by id, each given as installed path to content."""
    return {id_: layout(*(written(path, text) for path, text in each.items())) for id_, each in files.items()}


def contents(
    *members: str, points: Sequence[EntryPoint] = (), phantoms: Sequence[str] = (), prefix: str = "dist-1.0"
) -> Contents:
    """Contents with these archive paths, each holding its own name."""
    found = Members.of(Member(path, len(path), 0, digest(path)) for path in members)
    text = ""
    for kind in dict.fromkeys(each.kind for each in points):
        text += f"[{kind}_scripts]\n" + "".join(f"{each.name} = {each.value}\n" for each in points if each.kind == kind)
    return Contents(f"{prefix}.dist-info", "true", found, tuple(phantoms), text, (), None, ())


def parsed(wheel: Wheel | bytes, filename: str = "") -> Contents:
    """What is read of a wheel."""
    data = wheel if isinstance(wheel, bytes) else wheel.to_bytes()
    name = filename or ("" if isinstance(wheel, bytes) else wheel.filename)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return parse_contents(archive, name)


def distribution(wheel: Wheel, target: Target = LINUX, **candidate: Any) -> Distribution:
    """A member of a set, read from the bytes of a wheel; ``candidate`` are attributes to give other values."""
    given: dict[str, Any] = {
        "filename": wheel.filename,
        "name": wheel.name.lower().replace("_", "-").replace(".", "-"),
        "version": wheel.version,
        "url": f"https://files.example/{wheel.filename}",
        "index": "https://index.example/simple/",
        "sha256": hashlib.sha256(wheel.to_bytes()).hexdigest(),
        "size": len(wheel.to_bytes()),
        "requested": wheel.name,
    }
    found = parsed(wheel)
    placed = {each.name: lay_out(found, each.rules, target) for each in INSTALLERS}
    return Distribution.from_wheel(Candidate(**given | candidate), found, "range", placed, target)


def overlaps_of(
    distributions: Sequence[Distribution], target: Target = LINUX, answers: Answers | None = None
) -> list[Overlap]:
    """Every overlap of a set, under both installers, judged."""
    by_id = {each.id: each for each in distributions}
    found = {
        each.name: find_overlaps({one.id: one.layouts[each.name] for one in distributions}, target)
        for each in INSTALLERS
    }

    def requires(one: str, other: str) -> bool:
        return by_id[other].name in by_id[one].requirements.names_under_any_extra

    return judge(merge(found), answers or {}, requires)


def diagnosed(installer: InstallerName, *wheels: Wheel, target: Target = LINUX) -> Diagnosis:
    """What one command that installs these wheels leaves."""
    distributions = [distribution(each, target) for each in wheels]
    return diagnose(BY_NAME[installer], distributions, overlaps_of(distributions, target), target)


def report_of(
    *wheels: Wheel, keep: Sequence[str] = (), target: Target = LINUX, installer: InstallerName = "uv", **findings: Any
) -> Report:
    """The report on a set of wheels; ``findings`` are further attributes of what was found."""
    distributions = [distribution(each, target) for each in wheels]
    overlaps = overlaps_of(distributions, target)
    keepers = check_keepers(keep, distributions, overlaps)
    plans = plan_remedies(BY_NAME[installer], distributions, overlaps, target, keepers=keepers, where=Invocation())
    view = View(
        state=State.empty(target),
        roots=[each.name for each in distributions],
        distributions=distributions,
        overlaps=overlaps,
        diagnoses=[diagnose(each, distributions, overlaps, target) for each in INSTALLERS],
        remedies=plans.remedies,
        without_remedies=plans.left_out,
    )
    changes = {name: findings.pop(name) for name in View._fields if name in findings}
    return build_report(Result(**{"views": [view._replace(**changes)], "skipped": [], **findings}))


def multiplied(report: Report, count: int, **changes: Callable[[int], Any]) -> Report:
    """Return a report with so many overlaps: its gravest one, attributes of which are made from a number."""
    first = max(report.overlaps, key=lambda overlap: overlap.severity == "error")
    overlaps = [replace(first, **{name: change(number) for name, change in changes.items()}) for number in range(count)]
    return replace(report, overlaps=overlaps)
