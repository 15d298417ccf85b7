"""Answers about a dataset as text and JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelclash.core.overlap import SEVERITIES
from wheelclash.report.terminal import Reader, Section, Span, lay_out, not_read, note, plain_text
from wheelclash.wording import plural, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wheelclash.contents.add import Added
    from wheelclash.contents.answers import Clashes, Member, Pair
    from wheelclash.contents.owners import Answer, Owners
    from wheelclash.core.distribution import Skip
    from wheelclash.report.terminal import Line, Style

__all__ = ["AddReport", "ClashesReport", "OwnersReport"]

_MOST = 6
"""Names of one line without ``-v``."""
_VERSION = 1


class _Report:
    """What every report here can do."""

    def sections(self, *, verbose: bool) -> Iterator[Section]:
        """Yield the parts of the text."""
        raise NotImplementedError

    def value(self) -> dict[str, Any]:
        """Return what the JSON has."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return the report for programs."""
        return json.dumps({"contents_schema": _VERSION, **self.value()}, indent=2) + "\n"

    def to_lines(self, reader: Reader = Reader()) -> list[Line]:  # noqa: B008  (immutable)
        """Return the text as lines of styled spans."""
        return lay_out(self.sections(verbose=reader.verbose), reader)

    def to_text(self, *, verbose: bool = False) -> str:
        """Return the report for people."""
        return plain_text(self.to_lines(Reader(verbose)))


@dataclass(frozen=True, slots=True)
class AddReport(_Report):
    """What was added.

    Attributes:
        result: What was added.
    """

    result: Added

    def exit_code(self, *, allow_incomplete: bool = False) -> int:
        """Return 3 if something could not be read."""
        return 3 if self.result.skipped and not allow_incomplete else 0

    def value(self) -> dict[str, Any]:
        """Return what the JSON has."""
        result = self.result
        return {
            "dataset": result.dataset,
            "added": {"wheels": result.added, "files": result.files},
            "known": result.known,
            "skipped": [_skip(skip) for skip in result.skipped],
            "refused": [{"wheel": wheel, "reason": reason} for wheel, reason in result.refused],
            "same_name": list(result.doubles),
            "total": {"wheels": result.wheels, "files": result.rows},
        }

    def sections(self, *, verbose: bool) -> Iterator[Section]:
        """Yield the parts of the text."""
        result = self.result
        known = f" ({result.known:,} known before)" if result.known else ""
        text = f"{plural(result.added, 'wheel')} with {plural(result.files, 'file')} added to {result.dataset}{known}"
        yield Section("", [(Span(text, "good" if result.added else "strong"),)], whole=True)
        yield Section("skipped wheels", [not_read(skip.requirement, skip.reason) for skip in result.skipped])
        yield Section("refused wheels", [note(f"no installer installs {name}: {why}") for name, why in result.refused])
        if result.doubles:
            names = some(result.doubles, None if verbose else _MOST)
            yield Section("", [note(f"other wheels of the same name, and other content, were there before: {names}")])
        total = f"it has {plural(result.wheels, 'wheel')} and {plural(result.rows, 'file')}"
        yield Section("", [(Span(total, "faint"),)], whole=True)


@dataclass(frozen=True, slots=True)
class ClashesReport(_Report):
    """The pairs of projects that clash.

    Attributes:
        clashes: The answer.
    """

    clashes: Clashes

    def exit_code(self, *, allow_incomplete: bool = False) -> int:
        """Return 1 if a pair or a crowded path is listed, 3 if none is and something could not be read."""
        if self.clashes.pairs or self.clashes.crowds:
            return 1
        return 3 if self.clashes.skipped and not allow_incomplete else 0

    def value(self) -> dict[str, Any]:
        """Return what the JSON has."""
        clashes = self.clashes
        question = clashes.question
        return {
            "total": {"wheels": clashes.wheels, "files": clashes.files},
            "history": question.history,
            "min_severity": question.min_severity,
            "gated": list(clashes.gated),
            "pairs": [
                {
                    "projects": [_member(pair.first), _member(pair.second)],
                    "severity": pair.severity,
                    "together": pair.together,
                    "paths": pair.paths,
                    "differing": pair.differing,
                    "shares": [
                        {**share.verdict._asdict(), "paths": share.paths, "example": share.example}
                        for share in pair.shares
                    ],
                }
                for pair in clashes.pairs
            ],
            "crowds": [crowd._asdict() for crowd in clashes.crowds],
            "left_out": clashes.left_out._asdict(),
            "skipped": [_skip(skip) for skip in clashes.skipped],
        }

    def sections(self, *, verbose: bool) -> Iterator[Section]:
        """Yield the parts of the text."""
        clashes = self.clashes
        among = f"among {plural(clashes.wheels, 'wheel')} ({plural(clashes.files, 'file')})"
        count = len(clashes.pairs)
        what = f"{plural(count, 'pair')} of projects {'clashes' if count == 1 else 'clash'}"
        if clashes.gated:
            names = some(clashes.gated, _MOST)
            what = f"{names} would clash with {plural(count, 'project')}" if count else f"{names} would clash with none"
        elif not count:
            what = "no two projects clash"
        if clashes.crowds:
            paths, verb = plural(len(clashes.crowds), "path"), "is" if len(clashes.crowds) == 1 else "are"
            what += f", and {paths} {verb} shared by very many projects,"
        graves = [*(pair.severity for pair in clashes.pairs[:1]), *(crowd.severity for crowd in clashes.crowds[:1])]
        style = _style(min(graves, key=SEVERITIES.index)) if graves else "good"
        yield Section("", [(Span(f"{what} {among}", style),)], whole=True)
        yield Section("skipped wheels", [not_read(skip.requirement, skip.reason) for skip in clashes.skipped])
        yield Section("pairs", [line for pair in clashes.pairs for line in _pair_lines(pair, verbose=verbose)])
        yield Section(
            "paths of very many projects",
            [
                (
                    Span(f"{crowd.severity}: ", _style(crowd.severity)),
                    Span(f"{plural(crowd.projects, 'project')} install {crowd.path}, with {crowd.contents:,} contents"),
                )
                for crowd in clashes.crowds
            ],
        )
        left_out = [
            f"{plural(count, *words)}"
            for count, *words in (
                (clashes.left_out.milder, "milder pair"),
                (clashes.left_out.apart, "pair that cannot be installed together (--apart)",
                 "pairs that cannot be installed together (--apart)"),
                (clashes.left_out.crowds, "milder path of very many projects", "milder paths of very many projects"),
            )
            if count
        ]  # fmt: skip
        if left_out:
            yield Section("", [(Span(f"left out: {', '.join(left_out)}", "faint"),)], whole=True)


def _pair_lines(pair: Pair, *, verbose: bool) -> Iterator[Line]:
    apart = "" if pair.together else ", though not together on any Python"
    names = f"{_named(pair.first)} and {_named(pair.second)}"
    differ = f", {pair.differing:,} with other content" if pair.differing else ", all with the same content"
    yield (
        Span(f"{pair.severity}: ", _style(pair.severity)),
        Span(names, "strong"),
        Span(f" share {plural(pair.paths, 'path')}{differ}{apart}: {pair.shares[0].example}"),
    )
    if verbose:
        for share in pair.shares:
            verdict = share.verdict
            where = "" if verdict.together else ", apart"
            text = f"  {verdict.severity}: {share.paths:,} {verdict.kind} ({verdict.role}{where}), e.g. {share.example}"
            yield (Span(text, "faint"),)


def _style(severity: str) -> Style:
    return severity if severity in SEVERITIES[:3] else "plain"  # type: ignore[return-value]


def _named(member: Member) -> str:
    return f"{member.name} {some(member.versions, 1)}".rstrip()


def _member(member: Member) -> dict[str, Any]:
    return {"name": member.name, "versions": list(member.versions)}


def _skip(skip: Skip) -> dict[str, str]:
    return {"requirement": skip.requirement, "code": skip.code, "reason": skip.reason}


@dataclass(frozen=True, slots=True)
class OwnersReport(_Report):
    """The owners of paths.

    Attributes:
        wheels, files: How many the dataset has.
        answers: One for each PATH.
    """

    wheels: int
    files: int
    answers: Sequence[Answer]

    def exit_code(self, *, allow_incomplete: bool = False) -> int:  # noqa: ARG002 - as of every report
        """Return 0: that a path has no owner is an answer."""
        return 0

    def value(self) -> dict[str, Any]:
        """Return what the JSON has."""
        return {
            "total": {"wheels": self.wheels, "files": self.files},
            "asked": [
                {
                    "path": answer.asked,
                    "found": [
                        {
                            "path": owners.path,
                            "means": owners.means,
                            "contents": owners.contents,
                            "owners": [
                                {**owner._asdict(), "versions": list(owner.versions)} for owner in owners.owners
                            ],
                        }
                        for owners in answer.meanings
                    ],
                }
                for answer in self.answers
            ],
        }

    def sections(self, *, verbose: bool) -> Iterator[Section]:
        """Yield the parts of the text."""
        for answer in self.answers:
            if not answer.meanings:
                text = f"{answer.asked}: no project installs it, of {plural(self.wheels, 'wheel')}"
                yield Section("", [(Span(text, "good"),)], whole=True)
            for owners in answer.meanings:
                yield Section("paths", list(_owner_lines(owners, verbose=verbose)))


def _owner_lines(owners: Owners, *, verbose: bool) -> Iterator[Line]:
    count = len(owners.owners)
    at_least = " or more" if any(owner.wheels == 0 for owner in owners.owners) else ""
    contents = f", with {owners.contents:,} contents{at_least}" if owners.contents > 1 else ""
    names = [f"{owner.project} {some(owner.versions, 1)}".rstrip() for owner in owners.owners]
    yield (
        Span(owners.path, "strong"),
        Span(f" is installed by {plural(count, 'project')}{contents}: {some(names, None if verbose else _MOST)}"),
    )
