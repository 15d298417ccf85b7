"""METADATA, WHEEL and entry points, of wheels and environments alike.

All three are small texts in a ``.dist-info`` folder. What they mean is decided here once; what becomes of a file that
is missing, or says too little, is decided where it was read. Specifications: core metadata, binary distribution
format (PEP 427), entry points.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.core.contents import Finding
from wheelclash.core.role import is_aside

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Imports",
    "Metadata",
    "decode_entry_points",
    "first_headers",
    "parse_metadata",
    "project_of",
    "undeclared_imports",
]

_LINE_END = re.compile(r"\r\n|\r|\n")
_HEADER = re.compile(r"([\041-\071\073-\176]+):[ \t]*(.*)", re.DOTALL)
"""A field's name, of printable ASCII without a colon, and its value, as readers of e-mail headers tell them apart."""

_METADATA_FOLDER = re.compile(r"(?:^|/)([A-Za-z0-9_.]+)-[^/]*\.(?:dist-info|egg-info)(?:/|\Z)")

_ONCE = frozenset({"name", "version", "requires-python"})
"""The fields that occur once, of those that are read."""

_IMPORTS = frozenset({"import-name", "import-namespace"})


@dataclass(frozen=True, slots=True)
class Imports:
    """The import names that a distribution declares to have (PEP 794). Without any name, it declares to have none.

    Attributes:
        public: Names for others to import, dotted where they are in a namespace.
        private: Names marked as private.
        namespaces: Names that it shares with others.
    """

    public: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()

    @property
    def top_level(self) -> frozenset[str]:
        """Return the first parts of all of them."""
        return frozenset(name.partition(".")[0] for name in (*self.public, *self.private, *self.namespaces))


@dataclass(frozen=True, slots=True)
class Metadata:
    """What METADATA says.

    Attributes:
        name, version: As written; None if it does not say.
        requires: ``Requires-Dist``, verbatim.
        requires_python: ``Requires-Python``, or None. Of several the first counts, as it does for pip and uv.
        doubtful: Names of the fields, in lower case, of which it is not certain what they say: those that are not
            UTF-8, and those that may occur once and occur again with another value.
        imports: What it declares by ``Import-Name`` and ``Import-Namespace`` (PEP 794); None if it has neither.
    """

    name: str | None = None
    version: str | None = None
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    doubtful: frozenset[str] = frozenset()
    imports: Imports | None = None


_CODE = re.compile(r"(?:.*/)?[^/]+\.(?:py|so|pyd)")


def undeclared_imports(paths: Iterable[str], imports: Imports | None) -> Iterator[Finding]:
    """Yield a finding for each top-level import name that is installed and that METADATA does not declare (PEP 794).

    Names that begin with an underscore need not be declared. Nothing is found if METADATA declares nothing.

    Args:
        paths: Of the files, below site-packages.
        imports: What METADATA declares.
    """
    if imports is None:
        return
    declared = imports.top_level
    installed = {path.partition("/")[0].partition(".")[0] for path in paths if _CODE.fullmatch(path) is not None}
    named = ", ".join(sorted(declared)) or "none"
    for name in sorted(installed - declared):
        if name.isidentifier() and not name.startswith("_"):
            mistake = ": a mistake of the build" if is_aside(f"{name}/") or is_aside(f"{name}.py") else ""
            detail = f"{name} is installed at the top, and METADATA declares other import names ({named}){mistake}"
            yield Finding("undeclared-import", name, detail)


def project_of(path: str) -> str | None:
    """Return the normalised name of the project that a file is metadata of, by its path; None of any other file.

    >>> project_of("lib/python3.12/site-packages/Pyyaml-6.0.dist-info/RECORD")
    'pyyaml'
    """
    match = _METADATA_FOLDER.search(path) if "-info" in path else None
    return None if match is None else canonicalize_name(match[1])


def parse_metadata(data: bytes) -> Metadata:
    """Return what METADATA says, by its headers; the description behind them is not looked at.

    Args:
        data: The file. Whatever it holds, something comes of it.
    """
    first: dict[str, str] = {}
    requires: list[str] = []
    declared: list[tuple[str, str]] = []
    doubtful: set[str] = set()
    for field, value in _headers(data):
        if field in _IMPORTS:
            declared.append((field, value))
        if field != "requires-dist" and field not in _ONCE:
            continue
        readable = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        if field == "requires-dist":
            requires.append(readable)
        elif first.setdefault(field, readable) != readable:
            doubtful.add(field)
        if readable != value:
            doubtful.add(field)
    return Metadata(
        name=first.get("name") or None,
        version=first.get("version") or None,
        requires=tuple(requires),
        requires_python=first.get("requires-python"),
        doubtful=frozenset(doubtful),
        imports=_imports(declared) if declared else None,
    )


def _imports(declared: Iterable[tuple[str, str]]) -> Imports:
    """Return what fields declare; a name that cannot be imported is left out."""
    public: list[str] = []
    private: list[str] = []
    namespaces: list[str] = []
    for field, value in declared:
        name, _, mark = (part.strip() for part in value.partition(";"))
        if not all(part.isidentifier() for part in name.split(".")):
            continue
        if field == "import-namespace":
            namespaces.append(name)
        else:
            (private if mark == "private" else public).append(name)
    return Imports(tuple(public), tuple(private), tuple(namespaces))


def first_headers(data: bytes) -> dict[str, str]:
    """Return the first value of each header of a file such as WHEEL, by its name in lower case."""
    first: dict[str, str] = {}
    for field, value in _headers(data):
        first.setdefault(field, value)
    return first


def decode_entry_points(data: bytes) -> str | None:
    """Return the text of ``entry_points.txt``; None if it is no UTF-8, which no installer reads."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the headers, names in lower case: up to the first blank line, or the first that is none (RFC 822).

    A line that begins with blank space belongs to the header before it. What is no UTF-8 is kept as surrogates.
    """
    head = data.partition(b"\n\n")[0]  # a description may be long, and is not decoded
    field = value = None
    for line in _LINE_END.split(head.decode("utf-8", "surrogateescape")):
        if line[:1] in {" ", "\t"}:
            value = f"{value} {line.strip()}" if value is not None else None
            continue
        if field is not None and value is not None:
            yield field, value.strip()
        field = value = None
        match = _HEADER.match(line)
        if match is not None:
            field, value = match[1].lower(), match[2]
        elif not line.startswith((":", "From ")):
            return
    if field is not None and value is not None:
        yield field, value.strip()
