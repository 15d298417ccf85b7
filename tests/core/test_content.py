"""What the content of a member says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import digest
from wheelclash.core.content import Answer, Question, answer, is_known_stub

INIT = Question("a", "p/__init__.py", "init", None)
COMMAND = Question("a", "a-1.data/scripts/t", "command", None)

STUBS = {
    "nothing": "",
    "a line break": "\n",
    "a comment": "# namespace package\n",
    "a docstring": '"""Namespace."""\n',
    "pass": "pass\n",
    "pkg_resources": "__import__('pkg_resources').declare_namespace(__name__)\n",
    "pkg_resources imported": "import pkg_resources\npkg_resources.declare_namespace(__name__)\n",
    "pkgutil": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
    "pkgutil imported": "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n",
    "pkgutil as a module": "import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)  # noqa\n",
    "either": (
        "# licence\n"
        "try:\n    import pkg_resources\n    pkg_resources.declare_namespace(__name__)\n"
        "except ImportError:\n    import pkgutil\n    __path__ = pkgutil.extend_path(__path__, __name__)\n"
    ),
    "or nothing": (
        "try:\n    __import__('pkg_resources').declare_namespace(__name__)\nexcept ModuleNotFoundError:\n    pass\n"
    ),
    "DOS line ends": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\r\n",
    "a byte order mark": "\ufeff__import__('pkg_resources').declare_namespace(__name__)\n",
}

OTHERS = {
    "a version": "__version__ = '1'\n",
    "a stub and a version": "__import__('pkg_resources').declare_namespace(__name__)\n__version__ = '1'\n",
    "an import": "from . import m\n",
    "another module": "import os\n",
    "an import within try": "try:\n    import m\nexcept ImportError:\n    pass\n",
    "an else of try": "try:\n    import pkgutil\nexcept ImportError:\n    pass\nelse:\n    run()\n",
    "a path of its own": "__path__ = ['elsewhere']\n",
    "another name for the path": "path = __import__('pkgutil').extend_path(__path__, __name__)\n",
    "a call": "main()\n",
    "no Python": "print 'hello'\n",
}


@pytest.mark.parametrize("text", STUBS.values(), ids=STUBS)
def test_namespace_stubs(text: str) -> None:
    """The many spellings of "this is a namespace package"."""
    assert answer(INIT, text.encode()).stub


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_no_stubs(text: str) -> None:
    """Whatever does something of its own is no stub."""
    assert not answer(INIT, text.encode()).stub


def test_comments_do_not_count() -> None:
    """Files that differ only in comments and blank space have one code; a changed value is another."""
    one = answer(INIT, b"# ours\nx = 1\n")
    other = answer(INIT, b"x  =  1   # theirs\n\n")
    third = answer(INIT, b"x = 2\n")
    assert one.code == other.code != third.code
    assert one.code is not None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00",
        b"x = (",
        b"x\0y",
        b"# coding: no-such-coding\n",
        b"(" * 5000,
        b"-" * 16000 + b"1",
        b"x = 0x" + b"f" * 16000,
        b"x = " + b"9" * 16000,
        b"\t x\n  y\n",
    ],
    ids=["bytes", "open", "nul", "coding", "brackets", "nested", "huge hex", "huge number", "indent"],
)
def test_no_python(data: bytes) -> None:
    """What cannot be parsed is no stub and equals nothing; it raises nothing."""
    assert answer(INIT, data) == Answer()


def test_odd_escapes_warn_nobody() -> None:
    """An invalid escape in somebody's file is no warning of ours."""
    assert answer(INIT, b"x = '\\d'\n").code is not None


@pytest.mark.parametrize(("path", "runs"), [("hook.pth", True), ("paths.pth", False), ("hook.start", True)])
def test_code_that_runs_at_every_start(path: str, *, runs: bool) -> None:
    found = answer(Question("a", path, "startup", None), b"import hook\n" if runs else b"folder\n")
    assert found == Answer(runs_code=runs)


@given(st.binary(max_size=64))
def test_any_bytes(data: bytes) -> None:
    """Any bytes get an answer."""
    assert isinstance(answer(INIT, data), Answer)
    assert isinstance(answer(COMMAND, data), Answer)


@pytest.mark.parametrize(
    ("head", "native"),
    [
        (b"\x7fELF\x02\x01", True),
        (b"MZ\x90\x00", True),
        (b"\xcf\xfa\xed\xfe", True),
        (b"\xce\xfa\xed\xfe", True),
        (b"\xfe\xed\xfa\xcf", True),
        (b"\xca\xfe\xba\xbe", True),
        (b"#!python\n", False),
        (b"#!/bin/sh\n", False),
        (b"", False),
        (b"ELF", False),
    ],
)
def test_binaries(head: bytes, native: bool) -> None:  # noqa: FBT001
    """ELF, PE and Mach-O are known by their first bytes."""
    assert answer(COMMAND, head) == Answer(native=native)


def test_known_stubs_are_stubs() -> None:
    """The hashes taken for stubs unread are those of files that reading calls stubs."""
    known = [text for text in STUBS.values() if is_known_stub(digest(text))]
    assert len(known) >= 4
    assert is_known_stub(digest(STUBS["DOS line ends"]))
    assert is_known_stub(digest(STUBS["pkgutil"].rstrip("\n")))
    assert not any(is_known_stub(digest(text)) for text in OTHERS.values())
    assert not is_known_stub(None)
