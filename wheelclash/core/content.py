"""Verdicts that need content: may two ``__init__.py`` stand for each other, and is a command a binary.

Pure: an overlap asks a :class:`Question`, :func:`answer` turns the bytes of that member into an :class:`Answer`.
Only small members are asked for, or the first bytes of larger ones.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
import zlib
from functools import cache
from typing import Literal, NamedTuple

from wheelclash.core.startup import STARTUP_LIMIT, runs_code

__all__ = [
    "HEAD",
    "INIT_LIMIT",
    "SMALLEST_BINARY",
    "Answer",
    "Answers",
    "Question",
    "answer",
    "extent",
    "is_known_stub",
    "known_stubs",
]

INIT_LIMIT = 16 * 1024
"""Bytes up to which an ``__init__.py`` is read; stubs are far smaller."""

HEAD = 64
"""Bytes of a command that are read to see whether it is a binary."""

SMALLEST_BINARY = 4096
"""Bytes below which a command is taken for a script unread: linkers make no executable that small."""

_MAGIC = (
    b"\x7fELF",
    b"MZ",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)
_STUBS = (
    b"",
    b"\n",
    b"__import__('pkg_resources').declare_namespace(__name__)\n",
    b'__import__("pkg_resources").declare_namespace(__name__)\n',
    b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
    b'__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n',
    b"from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n",
    b"from pkgutil import extend_path\n\n__path__ = extend_path(__path__, __name__)\n",
)
"""The usual namespace stubs, each of them also found with the line ends of DOS, and without the last line end."""


class Question(NamedTuple):
    """A member with content that decides a verdict.

    Attributes:
        owner: Id of the distribution.
        member: Archive path.
        about: ``init`` (the whole member, at most :data:`INIT_LIMIT`), ``command`` (its first :data:`HEAD` bytes) or
            ``startup`` (the whole member, at most :data:`wheelclash.core.startup.STARTUP_LIMIT`).
        digest: Its hash by RECORD, under which the answer may be kept; None if there is none.
    """

    owner: str
    member: str
    about: Literal["init", "command", "startup"]
    digest: str | None


class Answer(NamedTuple):
    """What the content says.

    Attributes:
        stub: An ``__init__.py`` that does nothing but declare a namespace.
        code: A digest of the parsed code: equal for files that differ only in comments and blank space. None if it
            does not parse.
        native: An ELF, Mach-O or PE file.
        runs_code: A start-up file that makes Python run code.
    """

    stub: bool = False
    code: str | None = None
    native: bool = False
    runs_code: bool = False


Answers = dict[tuple[str, str], Answer]
"""Answers by owner id and archive path."""


def extent(question: Question) -> tuple[int, int | None]:
    """Return the size up to which a member is read for a question, and how many bytes of it; None for all."""
    match question.about:
        case "init":
            return INIT_LIMIT, None
        case "startup":
            return STARTUP_LIMIT, None
    return HEAD, HEAD


def is_known_stub(digest: str | None, size: int | None = None) -> bool:
    """Return whether a RECORD hash is that of one of the usual namespace stubs, so that nothing need be read.

    Args:
        digest: ``sha256:hex``.
        size: Bytes that the file really has, if known: a stub's hash on a file of another size is a false one.
    """
    known = known_stubs().get(digest) if digest is not None else None
    return known is not None and size in {None, known[0]}


@cache
def known_stubs() -> dict[str, tuple[int, int]]:
    """Return size and CRC-32 of the usual stubs by hash: with and without a last line end, of Unix and of Windows."""
    unix = {*_STUBS, *(text.removesuffix(b"\n") for text in _STUBS)}
    every = {*unix, *(text.replace(b"\n", b"\r\n") for text in unix)}
    return {f"sha256:{hashlib.sha256(text).hexdigest()}": (len(text), zlib.crc32(text)) for text in every}


def answer(question: Question, data: bytes) -> Answer:
    """Judge the bytes of a member."""
    if question.about == "command":
        return Answer(native=data.startswith(_MAGIC))
    if question.about == "startup":
        return Answer(runs_code=runs_code(question.member, data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a file that is read is no news
            tree = ast.parse(data)
            code = ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Answer()
    return Answer(stub=_is_stub(tree), code=hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest())


def _is_stub(tree: ast.Module) -> bool:
    """Return whether a module is only a docstring and the pkgutil or pkg_resources idioms of namespace packages."""
    return all(_is_stub_statement(statement) for statement in tree.body)


def _is_stub_statement(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Try(body=body, handlers=handlers, orelse=[], finalbody=[]):
            every = [*body, *(inner for handler in handlers for inner in handler.body)]
            return all(_is_stub_statement(inner) for inner in every)
        case ast.Import(names=names):
            return all(alias.name in {"pkg_resources", "pkgutil"} for alias in names)
        case ast.ImportFrom(module="pkgutil" | "pkg_resources"):
            return True
        case ast.Assign(targets=[ast.Name(id="__path__")], value=value):
            return _calls(value, "extend_path")
        case ast.Expr(value=value):
            return _calls(value, "declare_namespace")
    return False


def _calls(node: ast.expr, name: str) -> bool:
    """Return whether ``node`` is a call of a function or method ``name``."""
    match node:
        case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)):
            return called == name
    return False
