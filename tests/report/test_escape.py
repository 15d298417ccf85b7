"""Nothing unprintable passes to a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.poison import HOSTILE
from wheelclash.report.terminal import printable

_any_text = st.text(st.characters(), max_size=30)
"""Lone surrogates included."""


@given(_any_text)
def test_printable(text: str) -> None:
    """Whatever the text, what comes out is printable and can be encoded; what was printable is unchanged."""
    found = printable(text)
    assert found.isprintable()
    found.encode("utf-8")
    assert printable(found) == found
    assert (found == text) == text.isprintable()


@given(_any_text)
def test_nothing_is_lost(text: str) -> None:
    """Each character is itself or its number, in order."""
    assert printable(text) == "".join(printable(char) for char in text)
    for char in text:
        assert printable(char) in {char, f"\\u{{{ord(char):x}}}"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\x1b[31mb", "a\\u{1b}[31mb"),
        ("a\nb", "a\\u{a}b"),
        ("a\u202eb", "a\\u{202e}b"),
        ("a\x9bb", "a\\u{9b}b"),
        ("a\udc80b", "a\\u{dc80}b"),
        ("a\tb", "a\\u{9}b"),
        ("naïve", "naïve"),
        ("漢字 [/nope]", "漢字 [/nope]"),
    ],
)
def test_examples(text: str, told: str) -> None:
    """7, 8 and 57: spelt out by number."""
    assert printable(text) == told


@pytest.mark.parametrize("category", ["Cc", "Cf", "Cs", "Co", "Zl", "Zp"])
def test_categories(category: str) -> None:
    """Controls, marks of direction, surrogates and separators of lines: none of them is printable."""
    found = [chr(code) for code in range(0x11000) if unicodedata.category(chr(code)) == category]
    assert found
    assert not [char for char in found if printable(char) == char]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_texts(text: str) -> None:
    """The usual suspects."""
    assert printable(text).isprintable()
