"""What a PATH means: a file, a folder, an import name, a command; several of these, where several apply. Pure.

The files in question are a :class:`Tree`: those of an environment, or those that a set of wheels would install.
"""

from __future__ import annotations

import os
import posixpath
from itertools import takewhile
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from wheelclash.errors import QuestionError
from wheelclash.role import is_sourceless
from wheelclash.suggest import near_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

__all__ = [
    "Meaning",
    "Means",
    "Place",
    "Tree",
    "What",
    "meanings",
    "module_stem",
    "near_paths",
    "source_of",
    "understood",
]

What = Literal["file", "folder"]
Means = Literal["path", "import", "command"]

_EXTENSIONS = (".so", ".pyd")
_BYTECODE = (".pyc", ".pyo")
_COMMANDS = ("", ".exe", "-script.py")
"""What stands behind a command's name in the scripts folder."""

_MOST_NAMES = 5_000
"""Of a folder with more, near names are not looked for: comparing them all would take longer than the answer."""


class Place(NamedTuple):
    """Something that is there, or is recorded to be.

    Attributes:
        what: ``file`` or ``folder``.
        name: Its one name in its tree; never two for the same.
    """

    what: What
    name: str


class Meaning(NamedTuple):
    """One thing that a PATH means.

    Attributes:
        means: ``path``, ``import`` or ``command``: as what it was understood.
        place: What it is.
    """

    means: Means
    place: Place


class Tree(Protocol):
    """Files that can be asked for."""

    @property
    def sites(self) -> Sequence[str]:
        """The site-packages folders, as paths."""

    @property
    def scripts(self) -> str:
        """The folder of commands, as a path."""

    def readings(self, text: str) -> Iterable[str]:
        """The paths that a text may stand for, nearest first."""

    def find(self, path: str) -> Place | None:
        """What is at a path."""

    def names(self, folder: str, starting: str = "") -> Collection[str]:
        """The names of what lies in a folder, those with a certain start; none if there is no such folder."""


def understood(text: str) -> str:
    """A PATH as a user wrote it, ``/`` between its parts.

    Raises:
        QuestionError: No file can be called that.
    """
    if not text.strip():
        raise QuestionError("An empty PATH names nothing.", "E.g. wheelclash who package/module.py")
    try:
        usable = b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        raise QuestionError(f"{text!r} cannot be the path of anything.")
    return text.replace(os.sep, "/")


def meanings(text: str, tree: Tree) -> list[Meaning]:
    """Everything that a PATH means; the same thing is there once, as what it was understood first.

    Args:
        text: As a user wrote it, ``/`` between parts. One that ends in ``/`` means a folder.
        tree: The files in question.
    """
    found: dict[Place, Meaning] = {}
    bare = text.rstrip("/")
    for means, path in _readings(bare or text, tree):
        place = tree.find(path)
        if place is not None and (place.what == "folder" or not text.endswith("/")):
            found.setdefault(place, Meaning(means, place))
    return list(found.values())


def _readings(text: str, tree: Tree) -> Iterator[tuple[Means, str]]:
    for path in tree.readings(text):
        yield "path", path
    if _is_import_name(text):
        for site in tree.sites:
            for path in _modules(text, site, tree):
                yield "import", path
    if "/" not in text and text not in {".", ".."}:
        for ending in _COMMANDS:
            yield "command", f"{tree.scripts}/{text}{ending}"


def _is_import_name(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _modules(name: str, site: str, tree: Tree) -> Iterator[str]:
    """The forms of a module in the order of import: package, extension module, source, bytecode without source."""
    *parents, last = name.split(".")
    folder = "/".join((site, *parents))
    package = f"{folder}/{last}"
    place = tree.find(package)
    if place is not None and place.what == "folder":
        yield package
    for each in sorted(tree.names(folder, f"{last}.")):
        if each.endswith(_EXTENSIONS) and each.partition(".")[0] == last:
            yield f"{folder}/{each}"
    yield f"{package}.py"
    yield f"{package}.pyc"


def module_stem(path: str) -> str | None:
    """What all forms of a module have in common; None for what is no form of a module.

    >>> module_stem("p/m.abi3.so"), module_stem("p/m.py"), module_stem("p/m/__init__.py"), module_stem("p/m.txt")
    ('p/m', 'p/m', 'p/m', None)
    """
    folder, slash, name = path.rpartition("/")
    if not (name.endswith((".py", *_EXTENSIONS)) or is_sourceless(path)):
        return None
    stem = name.partition(".")[0]
    return folder or None if stem == "__init__" else f"{folder}{slash}{stem}"


def source_of(path: str) -> str | None:
    """The source that a bytecode file was made from (PEP 3147); None for what is no bytecode.

    >>> source_of("p/__pycache__/m.cpython-312.opt-1.pyc"), source_of("p/m.pyc"), source_of("p/m.py")
    ('p/m.py', 'p/m.py', None)
    """
    if not path.endswith(_BYTECODE):
        return None
    folder, _, name = path.rpartition("/")
    parent, _, last = folder.rpartition("/")
    if last == "__pycache__":
        return posixpath.join(parent, f"{name.partition('.')[0]}.py")
    return f"{path.rpartition('.')[0]}.py"


def near_paths(text: str, tree: Tree) -> tuple[str, ...]:
    """Names that look like a PATH that means nothing: in its deepest folder that there is, commands included."""
    dotted = "/" not in text and _is_import_name(text)
    between = "." if dotted else "/"
    parts = text.rstrip("/").split(between)

    def names_at(depth: int) -> tuple[int, set[str]]:
        folders = _folders(parts[:depth], tree, dotted=dotted)
        return depth, {name for folder in folders for name in tree.names(folder)}

    depth, names = names_at(len(parts) - 1)
    if not names:  # the folder is misspelt already
        levels = takewhile(lambda found: found[1], map(names_at, range(len(parts) - 1)))
        depth, names = max(levels, key=lambda found: found[0], default=(0, set()))
    return _near(parts[depth], names, "".join(f"{part}{between}" for part in parts[:depth]), dotted=dotted)


def _folders(parts: Sequence[str], tree: Tree, *, dotted: bool) -> Iterable[str]:
    if not parts:
        return (*tree.sites, tree.scripts)
    return ["/".join((site, *parts)) for site in tree.sites] if dotted else tree.readings("/".join(parts))


def _near(wanted: str, names: set[str], start: str, *, dotted: bool) -> tuple[str, ...]:
    if len(names) > _MOST_NAMES:
        return ()
    plain = {name.partition(".")[0] if dotted else name for name in names if not name.endswith(".dist-info")}
    return tuple(start + each for each in near_names(wanted, sorted(plain - {"__pycache__", ""})))
