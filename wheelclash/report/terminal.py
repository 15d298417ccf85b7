"""Lines of styled spans, and the first screen: what a report is before it is plain text or coloured.

It is also the one boundary where text from wheels and servers becomes text on a terminal. File names in a wheel may
hold anything: escape sequences, line breaks, marks that turn the writing direction. Nothing that
:meth:`str.isprintable` calls unprintable passes here (C0, DEL, C1, bidirectional controls, lone surrogates).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from wheelclash.wording import command_line, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "SCREEN",
    "WIDTH",
    "Line",
    "Reader",
    "Section",
    "Span",
    "Style",
    "all_lines",
    "command",
    "first_screen",
    "height",
    "lay_out",
    "not_read",
    "note",
    "plain_text",
    "printable",
    "printable_section",
    "rows_of",
    "with_severities",
]


def printable(text: str) -> str:
    r"""Return ``text`` with every unprintable character spelt out.

    >>> print(printable("a\x1b[31mb"))
    a\u{1b}[31mb
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)


WIDTH = 100
"""Columns that a screen is taken to have."""
SCREEN = 25
"""Lines that a report has at most without ``-v``, on a screen of that width."""
_MOST_CHARACTERS = 3 * WIDTH
"""Of one line without ``-v``."""
_MANY_ARGUMENTS = 16
"""Of a command without ``-v``: with fewer, it is long by its paths, and is shown whole."""


class Reader(NamedTuple):
    """What a text is written for.

    Attributes:
        verbose: Whether everything is shown, rather than what fits on one screen.
        quiet: Whether only the first line is shown, of each answer.
        width: Columns of the screen.
        wraps: Whether lines that are longer are broken between words, rather than anywhere by whatever shows them.
        here: The folder that commands are run from; paths below it are shortened. None to shorten none.
    """

    verbose: bool = False
    quiet: bool = False
    width: int = WIDTH
    wraps: bool = False
    here: str | None = None


_LONGEST_LABEL = 16
"""Of what stands before the text of a line, such as ``  error    ``: further rows begin below the text."""
_HANGING = 4
"""Columns by which further rows of other lines are indented."""

Style = Literal["plain", "strong", "error", "warning", "notice", "good", "faint", "command"]


_COUNT = re.compile(r"[0-9,]+ (error|warning|notice)s?\b")
_STYLES: dict[str, Style] = {"error": "error", "warning": "warning", "notice": "notice"}


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = "plain"


Line: TypeAlias = tuple[Span, ...]


def with_severities(text: str) -> Line:
    """Return a text in which only the counts of severities are coloured: ``2 errors``."""
    spans: list[Span] = []
    at = 0
    for match in _COUNT.finditer(text):
        severity: Style = _STYLES[match[1]]
        spans += [Span(text[at : match.start()], "strong"), Span(match[0], severity)]
        at = match.end()
    return (*spans, Span(text[at:], "strong"))


def not_read(requirement: str, reason: str) -> Line:
    """Return the line on something that could not be read."""
    return (Span("  not read  ", "warning"), Span(f"{requirement}: {reason}"))


def note(text: str) -> Line:
    """Return the line on something that people should know besides."""
    return (Span("note: ", "warning"), Span(text))


class Section(NamedTuple):
    """Lines that belong together.

    Attributes:
        name: What they are, in the plural, for the line that counts what is left out.
        lines: All of them.
        heading: Lines that stand above if any of them is shown.
        whole: Whether all of them are shown at any rate.
    """

    name: str
    lines: Sequence[Line]
    heading: Sequence[Line] = ()
    whole: bool = False


def printable_section(section: Section) -> Section:
    """Return a section with everything in it printable: names from wheels are hostile.

    What is written is escaped, rather than the report that it is written from, which may be ten thousand times as long.
    """
    heading, lines = (
        [tuple(span._replace(text=printable(span.text)) for span in line) for line in part]
        for part in (section.heading, section.lines)
    )
    return section._replace(heading=heading, lines=lines)


def lay_out(sections: Iterable[Section], reader: Reader, left_out: Callable[[], Sequence[str]] = tuple) -> list[Line]:
    """Return the lines of sections for a reader, everything in them printable.

    Args:
        sections: In order; the first line of all is the answer in short.
        reader: What they are written for.
        left_out: Called last: what the sections do not show without ``-v``, in words.
    """
    printables = map(printable_section, sections)
    if reader.quiet:
        return [next(line for section in printables for line in section.lines)]
    shown = list(printables)
    lines = all_lines(shown) if reader.verbose else first_screen(shown, left_out(), reader)
    return [row for line in lines for row in rows_of(line, reader)]


def all_lines(sections: Iterable[Section]) -> list[Line]:
    """Return every line of every section."""
    return [line for section in sections if section.lines for line in (*section.heading, *section.lines)]


def first_screen(
    sections: Iterable[Section],
    left_out: Sequence[str] = (),
    reader: Reader = Reader(),  # noqa: B008  (immutable)
) -> list[Line]:
    """Return the lines that fit on one screen, and one more that says what ``-v`` shows besides.

    Every section gets a line in turn, as long as there is room. What is whole is not cut, so the screen is only kept if
    those sections fit.

    Args:
        sections: In order.
        left_out: What the sections do not show without ``-v``, in words: ``3 more remedies``.
        reader: What they are written for.
    """
    cut = [section._replace(lines=[_shortened(line) for line in section.lines]) for section in sections]
    filled = [section for section in cut if section.lines]
    counts = [len(section.lines) for section in filled]
    if (
        sum(_heights(section, count, reader) for section, count in zip(filled, counts, strict=True)) + bool(left_out)
        > SCREEN
    ):
        counts = _allotted(filled, SCREEN - 1, reader)
    shown: list[Line] = []
    more = list(left_out)
    for section, count in zip(filled, counts, strict=True):
        if count:
            shown += (*section.heading, *section.lines[:count])
        if count < len(section.lines):
            more.append(f"{section.name} ({len(section.lines) - count:,} more)")
    if more:
        shown.append((Span(_clipped(f"-v shows {listed(more)}", reader.width), "faint"),))
    return shown


def _allotted(sections: Sequence[Section], room: int, reader: Reader) -> list[int]:
    """Return how many lines of each section are shown: one more of each in turn, until nothing fits any more."""
    counts = [len(section.lines) if section.whole else 0 for section in sections]
    room -= sum(_heights(section, count, reader) for section, count in zip(sections, counts, strict=True))
    growing = [number for number, section in enumerate(sections) if not section.whole]
    while growing:
        for number in list(growing):
            section, count = sections[number], counts[number]
            more = _heights(section, count + 1, reader) - _heights(section, count, reader)
            if count == len(section.lines) or more > room:
                growing.remove(number)
            else:
                counts[number] += 1
                room -= more
    return counts


def command(arguments: Sequence[str], reader: Reader, *, indent: str = "    ") -> Line:
    """Return a command as a line that a shell understands; of very many arguments, without ``verbose``, the first."""
    text = command_line(arguments, reader.here)
    if reader.verbose or len(arguments) <= _MANY_ARGUMENTS or len(text) <= _MOST_CHARACTERS - len(indent):
        return (Span(f"{indent}{text}", "command"),)
    shown = 0
    while len(command_line(arguments[: shown + 1], reader.here)) < WIDTH - len(indent) - len(
        " … and 100,000 more arguments (-v)"
    ):
        shown += 1
    beginning = command_line(arguments[:shown], reader.here)
    return (Span(f"{indent}{beginning} … and {len(arguments) - shown:,} more arguments (-v)", "faint"),)


def plain_text(lines: Iterable[Line]) -> str:
    """Return lines without their styles, as text."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def height(line: Line, reader: Reader = Reader()) -> int:  # noqa: B008  (immutable)
    """Return how many lines of a screen a line takes."""
    return sum(max(1, -(-sum(len(span.text) for span in row) // reader.width)) for row in rows_of(line, reader))


def _heights(section: Section, count: int, reader: Reader) -> int:
    return sum(height(line, reader) for line in (*section.heading, *section.lines[:count])) if count else 0


def rows_of(line: Line, reader: Reader) -> list[Line]:
    """Return a line in as many as the screen needs, broken between words and indented; a command stays one."""
    text = "".join(span.text for span in line)
    if not reader.wraps or len(text) <= reader.width or any(span.style == "command" for span in line):
        return [line]
    import textwrap

    label = line[0].text
    indent = len(label) if label.endswith(" ") and len(label) <= _LONGEST_LABEL else _HANGING
    rows: list[Line] = []
    at = 0
    before: tuple[Span, ...] = ()
    for row in textwrap.wrap(
        text, reader.width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ):
        part = row[indent:] if before else row
        at = text.index(part, at)
        rows.append((*before, *_cut_out(line, at, at + len(part))))
        at += len(part)
        before = (Span(" " * indent),)
    return rows or [line]


def _cut_out(line: Line, start: int, stop: int) -> Iterator[Span]:
    """Yield the spans of a part of a line."""
    for span in line:
        piece = span.text[max(0, start) : max(0, stop)]
        if piece:
            yield span._replace(text=piece)
        start -= len(span.text)
        stop -= len(span.text)


def _shortened(line: Line) -> Line:
    """Return a line cut to the most characters it may have; a command is never cut."""
    if sum(len(span.text) for span in line) <= _MOST_CHARACTERS or any(span.style == "command" for span in line):
        return line
    return tuple(_cut(line))


def _cut(line: Line) -> Iterator[Span]:
    room = _MOST_CHARACTERS
    for span in line:
        if len(span.text) >= room:
            yield span._replace(text=_clipped(span.text, room))
            return
        yield span
        room -= len(span.text)


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 2]} …"
