"""What uv said, in a paragraph and without secrets: its words are kept, its drawing is not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from wheelclash.errors import QuestionError
from wheelclash.urls import redacted as without_logins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Secret", "cause", "failure", "redacted", "warnings", "without_secrets"]

_LONGEST = 2000
_SHORTEST_SECRET = 4
_BOXES = "\u00d7├╰"
_DRAWN = re.compile(rf"^[\s{_BOXES}│─▶]*[{_BOXES}][\s{_BOXES}│─▶]*|^[\s│]+")
_OPENING = re.compile(r"(error|warning|hint|tip|cause|caused by)[:.]\s*", re.IGNORECASE)
_PROGRESS = re.compile(
    r"(?:Resolved|Using|Building|Built|Updating|Updated|Downloading|Downloaded|Preparing|Prepared|Cloning) |Resolved in"
    r"|For more information, try|Usage: |\[possible values:"
)
_NEEDS_BUILD = re.compile(r"--no-build|no usable wheels|[Bb]uilding (?:source distributions|from source)")
_IDLE_WARNING = re.compile(r"will be used to build dependencies|is deprecated")


class Secret(NamedTuple):
    """Something not to be printed.

    Attributes:
        value: What it is.
        shown: What is printed in its place.
    """

    value: str
    shown: str

    def __repr__(self) -> str:
        """What is printed in its place."""
        return f"<Secret {self.shown}>"


class _Said(NamedTuple):
    kind: str
    text: str


def failure(complaints: str, returncode: int, secrets: Sequence[Secret], *, allow_build: bool) -> QuestionError:
    """Why uv found nothing to install, in its own words.

    Args:
        complaints: Its standard error.
        returncode: Its exit code.
        secrets: What not to repeat.
        allow_build: Whether source distributions were allowed; if that is the cause, the hint names the option.
    """
    said = [each for each in _said(redacted(complaints, secrets)) if each.kind != "warning"]
    causes = [each.text.rstrip(".:") for each in said if each.kind not in {"hint", "tip"}]
    hints = [each.text.rstrip(".") for each in said if each.kind in {"hint", "tip"}]
    words = ": ".join(causes) or f"it ended with code {returncode} and said nothing"
    if hints:
        words += f" (hint: {'; '.join(hints)})"
    hint = ""
    if not allow_build and _NEEDS_BUILD.search(complaints):
        hint = (
            "What came as source only is not known until it is built: ask an environment it is installed in (wheelclash"
            " env). --allow-build lets uv take source distributions and run their code to learn what they require."
        )
    return QuestionError(f"uv did not resolve this: {_shortened(words)}.", hint)


_CAUSES = (
    (re.compile(r"([\w.-]+)(?:[=<>!~][^ ]*)? has no wheels? with a matching"), "{} has no wheel for this target"),
    (re.compile(r"([\w.-]+)(?:[=<>!~][^ ]*)? has no usable wheels"), "{} has no wheel for this target"),
    (re.compile(r"([\w.-]+) was not found in"), "{}, which it requires, was not found"),
    (re.compile(r"no versions? of ([\w.-]+(?:\[[^\]]*\])?\S*)"), "there is no release {}"),
)
_LONGEST_CAUSE = 240
_MARKED = re.compile(r"(?<=[\w\]])\{[^{}]*\}")
"""The marker that uv puts behind a name."""


def cause(failed: QuestionError) -> str:
    """Return the cause of a failure in one clause: what is missing, if uv says so, else the beginning of its words."""
    reason = _MARKED.sub("", failed.reason)
    for pattern, clause in _CAUSES:
        match = pattern.search(reason)
        if match is not None:
            return clause.format(match[1].rstrip(",."))
    words = reason.partition(": ")[2].removeprefix("No solution found when resolving dependencies: ")
    words = words.partition(", we can conclude")[0].rstrip(".")
    return f"uv says: {words if len(words) <= _LONGEST_CAUSE else words[:_LONGEST_CAUSE] + '…'}"


def warnings(complaints: str, secrets: Sequence[Secret]) -> list[str]:
    """Those of its warnings that say something about the set, each a sentence."""
    found = [each.text for each in _said(redacted(complaints, secrets)) if each.kind == "warning"]
    return [f"uv: {_shortened(text)}" for text in dict.fromkeys(found) if not _IDLE_WARNING.search(text)]


def redacted(text: str, secrets: Iterable[Secret]) -> str:
    """Return text without user names, passwords and secrets."""
    return without_secrets(without_logins(text), secrets)


def without_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """Return text without secrets, for what has no user names and passwords: a URL past which logins are kept."""
    clean = text
    for each in sorted(secrets, key=lambda secret: -len(secret.value)):
        if len(each.value) >= _SHORTEST_SECRET:
            for spelling in {each.value, quote(each.value, safe=""), quote(each.value)}:
                clean = clean.replace(spelling, each.shown)
    return clean


def _said(complaints: str) -> Iterator[_Said]:
    """The messages, each as one line; a message goes on over lines that open no other."""
    kind, parts = "", [""]
    for raw in complaints.splitlines():
        drawn = _DRAWN.match(raw)
        line = raw[drawn.end() :] if drawn else raw
        if not line.strip() or _PROGRESS.match(line):
            continue
        opening = _OPENING.match(line)
        if opening is not None or (drawn is not None and any(each in drawn[0] for each in _BOXES)):
            yield from _whole(kind, parts)
            kind, parts = opening[1].lower() if opening is not None else "cause", []
            line = line[opening.end() :] if opening is not None else line
        parts.append(line.strip())
    yield from _whole(kind, parts)


def _whole(kind: str, parts: Sequence[str]) -> Iterator[_Said]:
    text = " ".join(each for each in parts if each)
    if text:
        yield _Said(kind, text)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
