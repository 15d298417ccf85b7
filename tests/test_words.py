"""The words of docstrings, comments and local names. What should be said instead stands in CONTRIBUTING."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wheelclash

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(wheelclash.__file__).parent

VERBS = frozenset(
    re.findall(
        r"\w+",
        """
        Abandon Accept Add Adopt Answer Apply Ask Begin Bound Build Call Check Choose Close Collect Compare
        Convert Copy Count Cut Decide Decode Delete Describe Do Download Drop Encode End Enter Evaluate Exit
        Explain Fetch Fill Find Finish Follow Forget Format Gather Give Hash Have Hide Hold Inflate Join Judge
        Keep Kill Lay Leave Let List Load Look Make Map Mark Match Measure Meet Mend Merge Move Note Open Order Parse
        Pause Place Plan Play Pop Prepare Print Push Put Quote Raise Read Record Refuse Release Remember Remove
        Render Replace Report Require Resolve Restore Return Run Say Scan See Select Send Set Settle Show Sort
        Split Start Stop Store Strip Sum Take Tell Translate Treat Try Turn Understand Unpack Update Use Wait
        Walk Warn Wrap Write Yield
        """,
    )
)
"""Verbs that a docstring of a function may begin with; a further verb is added here."""

NAMES = frozenset({"each", "found", "given", "meant", "one", "own", "said", "told"})
"""Local names that do not say what they hold."""

WORDS = re.compile(r"\b(anybody|everybody|for want of|nobody|somebody|whoever|whose)\b", re.IGNORECASE)


def complaints(source: str) -> Iterator[str]:
    """Yield a line for each word in a module that is not plain, with its line number."""
    tree = ast.parse(source)
    fields = {  # part of the interface, as keyword arguments are
        statement.target
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None and text.split(maxsplit=1)[0].rstrip(".,:;") not in VERBS:
                yield f"{node.lineno}: the docstring of {node.name} begins with no verb: {text.splitlines()[0]}"
            arguments = [*node.args.posonlyargs, *node.args.args]  # what is named in calls is part of the interface
            yield from (f"{node.lineno}: {arg.arg} as a parameter" for arg in arguments if arg.arg in NAMES)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in NAMES and node not in fields:
            yield f"{node.lineno}: {node.id} as a name"
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from (f"{node.lineno}: {match[0]!r}" for match in WORDS.finditer(node.value.value))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from (f"{token.start[0]}: {match[0]!r}" for match in WORDS.finditer(token.string))


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_uses_plain_words(path: Path) -> None:
    """A docstring of a function begins with a verb; a local name says what it holds."""
    assert list(complaints(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('def f():\n    """Return the release."""', 0),
        ('def f():\n    """The release."""', 1),
        ('class C:\n    """The release."""', 0),
        ("releases = [each for each in ()]", 1),
        ("def f(found): ...", 1),
        ("def f(*, own): ...", 0),
        ("class C:\n    found: int", 0),
        ("found: int = 0", 1),
        ("for release in (): ...  # nobody needs it", 1),
        ('"""Whose release it is."""', 1),
        ('reason = "the project whose dependencies these are"', 0),
    ],
)
def test_words_that_are_not_plain_are_found(source: str, count: int) -> None:
    """In docstrings, comments and names; what users read has tests of its own."""
    assert len(list(complaints(source))) == count
