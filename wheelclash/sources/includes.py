"""What uv will read of a requirements file besides the file itself, looked at beforehand.

uv parses requirements files; this does not. It follows ``-r`` and ``-c`` lines to refuse what should not happen
quietly (a file that includes itself, a file from the network), and notes variables and credentials so that they can
be kept out of every message.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import QuestionError
from wheelclash.sources.uvwords import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelclash.urls import Credentials

__all__ = ["LARGEST", "Included", "look_through", "readable_file"]

LARGEST = 16 * 2**20
"""Bytes a requirements file may have."""

_DEEPEST = 50
_INCLUDE = re.compile(r"\s*(?:-[rc]|--(?:requirements?|constraints?))(?![\w-])[\s=]*(.*?)\s*")
_GLUED = re.compile(r"\s*-[rc](?=[\w./~$\"'])(.*?)\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_LOGIN = re.compile(r"https?://[^\s/\"'#]*@[^\s\"'#]*", re.IGNORECASE)
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASS|PWD|KEY|AUTH|CRED", re.IGNORECASE)


class Included(NamedTuple):
    """What was seen.

    Attributes:
        variables: The values of the variables used; not to be printed.
        secrets: Those that seem to be secrets, by the variables' names.
    """

    variables: Sequence[Secret] = ()
    secrets: Sequence[Secret] = ()


def look_through(
    files: Sequence[Path],
    text: bytes | None,
    *,
    environ: Mapping[str, str],
    cwd: Path,
    credentials: Credentials,
) -> Included:
    """Follow the includes of requirements files.

    Args:
        files: Requirements files; absolute paths.
        text: Requirements from the standard input.
        environ: For ``${VARIABLE}``.
        cwd: Where the includes of ``text`` start.
        credentials: Where user names and passwords in URLs go.

    Raises:
        QuestionError: A file cannot be read or is too large, includes itself, or includes one from the network.
    """
    walk = _Walk(environ, credentials)
    if text is not None:
        walk.lines(text.decode("utf-8-sig", "replace"), cwd, ())
    for path in files:
        walk.file(path, ())
    found = {name: Secret(value, f"${{{name}}}") for name, value in walk.variables.items() if value}
    return Included(tuple(found.values()), tuple(found[name] for name in found if _SECRET_NAME.search(name)))


def readable_file(path: Path, chain: Sequence[Path] = ()) -> bytes:
    """A requirements file, script or project file.

    Raises:
        QuestionError: There is none, it cannot be read, or it is too large.
    """
    by = f" (included by {chain[-1]})" if chain else ""
    try:
        if path.is_file() and path.stat().st_size > LARGEST:
            raise QuestionError(f"{path}{by} has more than {LARGEST // 2**20} MiB: nobody wrote that by hand.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise QuestionError(f"{path}{by} cannot be read ({reason or error}).") from None


class _Walk:
    """One walk through the files; each is read once."""

    def __init__(self, environ: Mapping[str, str], credentials: Credentials) -> None:
        self._environ = environ
        self._credentials = credentials
        self._done: set[Path] = set()
        self.variables: dict[str, str] = {}

    def file(self, path: Path, chain: tuple[Path, ...]) -> None:
        whole = Path(os.path.realpath(path))
        if whole in chain:
            round_ = " → ".join(each.name for each in (*chain[chain.index(whole) :], whole))
            raise QuestionError(f"{path.name} includes itself: {round_}.", "Take one of these -r or -c lines out.")
        if whole not in self._done:
            if len(chain) > _DEEPEST:
                raise QuestionError(f"{chain[0].name} includes files more than {_DEEPEST} deep.")
            self.lines(readable_file(path, chain).decode("utf-8-sig", "replace"), path.parent, (*chain, whole))
            self._done.add(whole)

    def lines(self, text: str, folder: Path, chain: tuple[Path, ...]) -> None:
        for raw in _logical_lines(text):
            line = _VARIABLE.sub(self._expanded, raw)
            for url in _LOGIN.findall(line):
                self._credentials.take(url)
            found = _INCLUDE.fullmatch(line) or _GLUED.fullmatch(line)
            name = found[1].strip("\"'") if found else ""
            if not name:
                continue
            if "://" in name and not name.lower().startswith("file:"):
                raise QuestionError(
                    f"{chain[-1].name if chain else 'the standard input'} includes a file from the network,"
                    f" {self._credentials.take(_shown(raw))}, which is not followed.",
                    "Download it, and include the file.",
                )
            if name.lower().startswith("file:"):
                from wheelclash.urls import local_path

                name = str(local_path(name))
            self.file(folder / name, chain)

    def _expanded(self, match: re.Match[str]) -> str:
        value = self._environ.get(match[1])
        if value is None:
            return match[0]
        self.variables[match[1]] = value
        return value


def _logical_lines(text: str) -> Iterator[str]:
    """Lines without comments, those that end in a backslash joined with the next."""
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        yield _COMMENT.sub("", line)


def _shown(raw: str) -> str:
    """The URL of an include line as it is written, its variables not filled in."""
    found = re.search(r"\S+://\S*", raw)
    return re.sub(r"^(?:-[rc]|--\w+=?)", "", found[0]) if found else raw.strip()
