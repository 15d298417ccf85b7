"""The pages of the documentation, and the blocks in them that tests run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from .command import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["DOCS", "PAGES", "Block", "blocks", "page_name"]

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
PAGES += sorted((ROOT / "changes").glob("*.md"))


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        place: Page and line, for test ids.
        language: What stands behind its fence.
        text: Its lines.
        mark: The comment right above it, without ``<!--``: ``printed by: COMMAND``, ``in: FOLDER`` or ``file: NAME``.
        output: The ``text`` block that follows a Python block: what it prints.
    """

    place: str
    language: str
    text: str = field(repr=False)
    mark: str = ""
    output: str | None = None

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command of a console block or a Dockerfile, and the output shown below it."""
        prompt = {"console": "$ ", "dockerfile": "RUN "}[self.language]
        commands: list[tuple[str, str]] = []
        for line in self.text.splitlines(keepends=True):
            if line.startswith(prompt):
                commands.append((line.removeprefix(prompt).strip(), ""))
            else:
                commands[-1] = (commands[-1][0], commands[-1][1] + line)
        return commands


def page_name(page: Path) -> str:
    """Return the path of a page, from the repository's root."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    pattern = r"(?:^<!-- (?P<mark>.*?) -->\n)?^(?P<fence>`{3,})(?P<language>.*)\n(?P<text>(?:.*\n)*?)^(?P=fence)$"
    matches = list(re.finditer(pattern, page.read_text("utf-8"), re.MULTILINE))
    for match, following in zip_longest(matches, matches[1:]):
        line = match.string.count("\n", 0, match.start("fence")) + 1
        output = following["text"] if following is not None and following["language"] == "text" else None
        place = f"{page_name(page)}:{line}"
        yield Block(place, match["language"].strip(), match["text"], match["mark"] or "", output)
