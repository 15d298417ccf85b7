"""The report of ``who`` as text: the answer in the first line, one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wheelclash.report.terminal import Line, Span, Style, not_read, note, printable_report
from wheelclash.report.words import REASONS, python_of
from wheelclash.wording import listed, plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.report.model import BelowReport, BesideReport, FoundReport, ShareReport, WhoReport

__all__ = ["render"]

_T = TypeVar("_T")
_MOST_LINES = 12
_MOST_OWNERS = 3


def render(report: WhoReport, *, verbose: bool = False) -> list[Line]:
    """The report as lines of styled spans, everything in them printable."""
    return list(_Writer(printable_report(report), verbose=verbose).lines())


class _Writer:
    def __init__(self, report: WhoReport, *, verbose: bool) -> None:
        self._report = report
        self._verbose = verbose

    def lines(self) -> Iterator[Line]:
        where = Span(f" [{self._where()}]", "faint")
        blocks = [*(list(self._found(each)) for each in self._report.found), *self._absent()]
        for number, block in enumerate(blocks):
            yield block[0] if number else (*block[0], where)
            yield from block[1:]
        yield from self._not_read()
        for warning in self._report.warnings:
            yield note(warning)

    def _where(self) -> str:
        environment, target = self._report.environment, self._report.targets[0]
        python = python_of(target)
        return f"{python}, {target.platform}" if environment is None else f"{environment.prefix}, {python}"

    def _absent(self) -> Iterator[list[Line]]:
        """What was asked for and is not there, as far as could be read."""
        known = {each.asked for each in self._report.found}
        for text in dict.fromkeys(each for each in self._report.asked if each not in known):
            count = plural(self._report.searched, "distribution")
            told = f": incomplete: nothing of that name in what could be read ({count})"
            yield [(Span(text, "strong"), Span(told, "warning"))]

    def _found(self, each: FoundReport) -> Iterator[Line]:
        slash = "/" if each.what == "folder" and each.path else ""
        place = f"{each.root}/{each.path}{slash}"
        means = "" if each.meaning == "path" else f" ({each.meaning} {each.asked})"
        told, style = self._folder(each) if each.what == "folder" else self._file(each)
        yield (Span(place, "strong"), Span(f"{means}: ", "faint"), Span(told, style))
        if each.what == "file" and each.kind is not None:
            yield (Span(f"  {each.role}, {each.kind}", "faint"),)
        if each.what == "folder":
            yield from self._parts(each)
        elif self._verbose and each.source is None:
            yield from self._recorded(each)
        for beside in each.beside:
            yield (Span(f"  {_beside(beside)}", "warning"),)
        yield from self._ends(each)
        yield from self._below(each)

    # -- a file

    def _file(self, each: FoundReport) -> tuple[str, Style]:
        owners = listed(map(_named, each.owners))
        if not each.owners:
            so_far = " of those that could be read" if self._report.skipped else ""
            return f"nobody{so_far} recorded it", "warning"
        if each.source is not None:
            gone = "" if each.on_disk is None or each.on_disk.state == "present" else "gone; "
            return f"{gone}bytecode of {each.source}, of {owners}", "plain"
        if each.on_disk is None:
            return (f"of {owners}", "warning") if each.contested else (f"of {owners} alone", "good")
        matches = set(each.on_disk.matches)
        match each.on_disk.state:
            case "missing":
                return f"gone; {owners} recorded it", "warning"
            case "changed":
                nobody = f"none of {owners}" if each.contested else owners
                return f"changed since; {nobody} recorded this content", "warning"
        if not matches:
            return f"of {owners}; whether this is what was recorded cannot be told", "warning"
        if len(each.owners) == 1:
            return f"of {owners}, as recorded", "good"
        losers = [owner for owner in each.owners if owner.distribution not in matches]
        if not losers:
            return f"of {owners}, who recorded the same content; it is there", "notice"
        winners = listed(_named(owner) for owner in each.owners if owner.distribution in matches)
        return f"content of {winners}, not of {listed(map(_named, losers))}", "warning"

    def _recorded(self, each: FoundReport) -> Iterator[Line]:
        """What each owner recorded."""
        for owner in each.owners:
            size = "" if owner.size is None else f", {plural(owner.size, 'byte')}"
            nothing = "a generated command" if each.role == "script" and owner.size is None else "no sha256 recorded"
            digest = f"sha256 {owner.sha256}" if owner.sha256 else nothing
            member = f" ({owner.path_in_wheel})" if owner.path_in_wheel else ""
            yield (Span(f"  {_named(owner)}: {digest}{size}{member}"),)

    # -- a folder

    def _folder(self, each: FoundReport) -> tuple[str, Style]:
        unowned = f"{plural(each.unowned, 'file')} that nobody recorded" if each.unowned else ""
        if not each.owners:
            return unowned or "nobody recorded anything in it", "warning"
        parts = [f"{_named(owner)} ({plural(owner.files, 'file')})" for owner in each.owners]
        if len(parts) == 1:
            told = f"of {_named(each.owners[0])}: {plural(each.files, 'file')}"
        elif len(parts) <= _MOST_OWNERS:
            told = f"of {listed(parts)}"
        else:
            told = f"of {plural(len(parts), 'distribution')}: {plural(each.files, 'file')}"
        gone = len([one for one in each.below if one.on_disk is not None and one.on_disk.state == "missing"])
        more = [
            f"{each.contested:,} contested" if each.contested else "",
            f"{gone:,} gone" if gone else "",
            unowned,
        ]
        told = "; ".join(filter(None, [told, ", ".join(filter(None, more))]))
        return told, "warning" if each.contested or gone else "good"

    def _parts(self, each: FoundReport) -> Iterator[Line]:
        """What each owner has in a folder, and what is left of it; for a few whole ones the first line says enough."""
        if len(each.owners) <= _MOST_OWNERS and not any(owner.contested or owner.missing for owner in each.owners):
            return
        for owner in self._cut(each.owners):
            parts = [plural(owner.files, "file")]
            if owner.contested:
                held = "" if owner.held is None else f", {owner.held:,} of them with its content"
                parts.append(f"{owner.contested:,} contested{held}")
            if owner.missing:
                parts.append(f"{owner.missing:,} gone")
            yield (Span(f"  {_named(owner)}: {'; '.join(parts)}"),)
        yield from self._rest(each.owners, "distribution")

    def _below(self, each: FoundReport) -> Iterator[Line]:
        notable = [one for one in each.below if self._verbose or one.owners]
        for one in self._cut(notable):
            yield (Span(f"    {one.root}/{one.path}"), Span(f"  {_state(one)}", "faint"))
        yield from self._rest(notable, "file")

    # -- both

    def _ends(self, each: FoundReport) -> Iterator[Line]:
        for installer, ends in each.diagnosis.items():
            total = sum(end.files for end in ends)
            for end in ends:
                share = "" if end.files == total else f" ({end.files:,} of {total:,})"
                told = {
                    "determined": f"{end.winner} wins{share}" if end.winner else f"nobody loses{share}",
                    "undetermined": f"not determined{share}",
                    "fails": f"nobody{share}",
                }[end.state]
                yield (Span(f"  {installer:<4} ", "strong"), Span(f"{told}: {REASONS.get(end.reason, end.reason)}"))
        if self._report.environment is None and len(each.installers) == 1:
            yield (Span(f"  installed by {each.installers[0]} only", "faint"),)

    def _not_read(self) -> Iterator[Line]:
        for skip in self._cut(self._report.skipped):
            yield not_read(skip.requirement, skip.reason)
        yield from self._rest(self._report.skipped, "skip")
        if self._report.not_compared and any(not each.owners for each in self._report.found):
            names = list(dict.fromkeys(f"{each.requirement} ({each.code})" for each in self._report.not_compared))
            most = None if self._verbose else _MOST_LINES
            yield (Span(f"  not compared: {some(names, most, hint=' (-v)')}", "faint"),)

    def _cut(self, found: Sequence[_T]) -> Sequence[_T]:
        return found if self._verbose else found[:_MOST_LINES]

    def _rest(self, found: Sequence[object], word: str) -> Iterator[Line]:
        if len(self._cut(found)) < len(found):
            yield (Span(f"  … and {plural(len(found) - _MOST_LINES, f'more {word}')} (-v)", "faint"),)


def _named(owner: ShareReport) -> str:
    aside = f" ({owner.not_compared})" if owner.not_compared else ""
    return f"{owner.distribution} {owner.version}{aside}"


def _beside(each: BesideReport) -> str:
    other = f"{each.root}/{each.path} of {each.distribution}"
    match each.kind:
        case "shadowed":
            return f"hidden by {other}: imports find that one" if each.gives_way else f"hides {other}"
        case "case-only":
            return f"differs only in case from {other}"
    return f"cannot stand beside {other}: a file is where a folder is needed"


def _state(each: BelowReport) -> str:
    if not each.owners:
        return "nobody recorded it"
    if each.on_disk is None:
        return f"{each.kind or 'contested'}: {listed(each.owners)}"
    match each.on_disk.state:
        case "missing":
            return f"gone; {listed(each.owners)} recorded it"
        case "changed":
            return f"changed since; none of {listed(each.owners)} recorded this content"
    losers = [name for name in each.owners if name not in each.on_disk.matches]
    if not losers:
        return f"identical: {listed(each.owners)}"
    if not each.on_disk.matches:
        return f"{each.kind}: {listed(each.owners)}; whose content this is cannot be told"
    return f"content of {listed(each.on_disk.matches)}, not of {listed(losers)}"
