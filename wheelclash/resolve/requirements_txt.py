"""Files that a requirements file includes, read before uv reads them.

Where dependencies are resolved, uv parses requirements files. This follows ``-r`` and ``-c`` lines to refuse what
should not happen quietly (a file that includes itself, a file from the network), notes variables and credentials so
that they can be kept out of every message, and lists the requirements: they are what was asked for. A file that was
itself named by a URL is fetched, with what it includes, by this program's own client; uv gets its lines.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import FetchError, QuestionError
from wheelclash.files import TooLargeError, read_file
from wheelclash.http.urls import shown
from wheelclash.resolve.uv import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelclash.http.client import Fetcher
    from wheelclash.http.urls import Credentials

__all__ = ["LARGEST", "Included", "Line", "Option", "fetch_requirements", "look_through", "readable_file", "texts_of"]

LARGEST = 16 * 2**20
"""Bytes a requirements file may have."""

_DEEPEST = 50
_INCLUDE = re.compile(r"\s*(-[rc]|--(?:requirements?|constraints?))(?![\w-])[\s=]*(.*?)\s*")
_GLUED = re.compile(r"\s*(-[rc])(?=[\w./~$\"'])(.*?)\s*")
_CONSTRAINTS = frozenset({"-c", "--constraint", "--constraints"})
_EDITABLE = re.compile(r"\s*(?:-e|--editable)[\s=]+(.*?)\s*")
_INDEX_OPTION = re.compile(r"\s*(-i|--index-url|--extra-index-url|-f|--find-links|--no-index)(?![\w-])[\s=]*(.*?)\s*")
_FLAG = re.compile(r"\s*(--no-index|--require-hashes)[\s=]+\S")
"""Options after which uv takes the rest of a line for a requirement, and pip passes it over."""
_OTHER_OPTION = re.compile(r"\s*(-[^\s=]*)[\s=]*(.*?)\s*")
_LINE_OPTIONS = re.compile(r"\s+--?[A-Za-z].*")
"""What follows a requirement on its line, such as ``--hash=…``."""
_LINE_OPTION = re.compile(r"\s(--?[A-Za-z][^\s=]*)")
_HASH = re.compile(
    r"\s--hash(?![\w-])(?:[=\s]\s*[\"']?(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?![0-9a-f]))?",
    re.IGNORECASE,
)
"""Its group is empty where no hash follows that pip takes."""
_COMMENT = re.compile(r"(?:^|\s)#.*")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_LOGIN = re.compile(r"https?://[^\s/\"'#]*@[^\s\"'#]*", re.IGNORECASE)
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASS|PWD|KEY|AUTH|CRED", re.IGNORECASE)


def _text_of(data: bytes) -> str:
    """Return the text of a file of requirements: UTF-8, or UTF-16 with a mark, as PowerShell writes; so pip and uv."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if is_wide else "utf-8-sig", "replace")


class Line(NamedTuple):
    """A requirement as one line of a file says it, or a constraint.

    Attributes:
        text: The requirement, its variables filled in, without the options that follow it.
        folder: What a relative path in it starts from.
        where: The name of the file.
        editable: Whether it follows ``-e``.
        hashes: Of the files that may be installed for it, such as ``sha256:…``; empty for any.
    """

    text: str
    folder: Path
    where: str
    editable: bool = False
    hashes: frozenset[str] = frozenset()


class Option(NamedTuple):
    """An option in a file, other than includes and those that name an index.

    Attributes:
        name: As it is written, with its dashes.
        value: What follows it; empty if nothing does.
        where: The name of the file.
        of: The requirement on the same line; empty if it has a line of its own.
    """

    name: str
    value: str
    where: str
    of: str = ""


class Included(NamedTuple):
    """What was seen.

    Attributes:
        variables: The values of the variables used; not to be printed.
        secrets: Those that seem to be secrets, by the variables' names.
        requirements: What is listed, files that are included too, in order.
        constraints: What ``-c`` files list.
        options: Index options, each with its value (empty for ``--no-index``) and the folder its path starts from.
        others: All other options, also those that no installer knows; not includes and hashes.
    """

    variables: Sequence[Secret] = ()
    secrets: Sequence[Secret] = ()
    requirements: Sequence[Line] = ()
    constraints: Sequence[Line] = ()
    options: Sequence[tuple[str, str, Path]] = ()
    others: Sequence[Option] = ()


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
        QuestionError: A file cannot be read or is too large, includes itself, or includes one from the network; or an
            option has something behind it that installers read in different ways.
    """
    walk = _Walk(environ, credentials)
    if text is not None:
        walk.lines(_text_of(text), cwd, ())
    for path in files:
        walk.file(path, ())
    secrets = {name: Secret(value, f"${{{name}}}") for name, value in walk.variables.items() if value}
    return Included(
        variables=tuple(secrets.values()),
        secrets=tuple(secrets[name] for name in secrets if _SECRET_NAME.search(name)),
        requirements=tuple(walk.requirements),
        constraints=tuple(walk.constraints),
        options=tuple(walk.options),
        others=tuple(walk.others),
    )


def texts_of(path: Path, environ: Mapping[str, str]) -> dict[Path, str]:
    """Return the text of a requirements file, and of the files that it includes and that list requirements.

    Args:
        path: Of the file.
        environ: For ``${VARIABLE}``.

    Raises:
        QuestionError: See :func:`look_through`.
    """
    from wheelclash.http.urls import Credentials

    included = look_through([path], None, environ=environ, cwd=path.parent, credentials=Credentials())
    files = dict.fromkeys([path, *(line.folder / line.where for line in included.requirements)])
    return {file: _text_of(readable_file(file)) for file in files}


def readable_file(path: Path, chain: Sequence[Path] = ()) -> bytes:
    """Return a requirements file, script or project file.

    Raises:
        QuestionError: There is none, it cannot be read, or it is too large.
    """
    by = f" (included by {chain[-1]})" if chain else ""
    try:
        return read_file(path, LARGEST)
    except TooLargeError:
        reason = f"has more than {LARGEST // 2**20} MiB: that is no list of requirements"
        raise QuestionError(f"{path}{by} {reason}.") from None
    except OSError as error:
        raise QuestionError(f"{path}{by} cannot be read ({error.strerror}).") from None


def fetch_requirements(url: str, fetcher: Fetcher, *, environ: Mapping[str, str]) -> bytes:
    """Fetch a requirements file, and put what it includes in the place of the lines that do.

    Includes are relative to the file's own URL, as for pip; other paths in it are relative to the current folder.

    Args:
        url: Of the web; it may hold credentials.
        fetcher: Asks, and keeps the credentials.
        environ: For ``${VARIABLE}`` in includes.

    Raises:
        QuestionError: A file cannot be had or is too large, includes itself, a file of this machine, or constraints.
    """
    lines: list[str] = []
    _fetch_into(lines, url, fetcher, environ, ())
    if not any(line.strip() for line in lines):
        raise QuestionError(f"{shown(url)} lists no requirement.")
    return "\n".join(lines).encode()


def _fetch_into(
    lines: list[str], url: str, fetcher: Fetcher, environ: Mapping[str, str], chain: tuple[str, ...]
) -> None:
    from urllib.parse import urljoin

    here = fetcher.credentials.take(url)
    if here in chain:
        raise QuestionError(f"{chain[0]} includes itself: {' → '.join((*chain[chain.index(here) :], here))}.")
    if len(chain) > _DEEPEST:
        raise QuestionError(f"{chain[0]} includes files more than {_DEEPEST} deep.")
    by = f" (included by {chain[-1]})" if chain else ""
    try:
        download = fetcher.whole(here, sha256=None, size=None, purpose="index")
    except FetchError as error:
        raise QuestionError(f"{here}{by} cannot be read: {error.reason}.") from None
    with download.file as file:
        if download.size + sum(map(len, lines)) > LARGEST:
            raise QuestionError(f"{here}{by} and what it includes have more than {LARGEST // 2**20} MiB.")
        file.seek(0)
        text = _text_of(file.read())
    for line in _logical_lines(text):
        include = _INCLUDE.fullmatch(line) or _GLUED.fullmatch(line)
        name = include[2].strip("\"'") if include else ""
        if include is None or not name:
            lines.append(line)
            continue
        place = urljoin(here, _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), name))
        if not place.lower().startswith(("http://", "https://")):
            raise QuestionError(f"{here} includes {shown(name)}: a file from the web cannot name one of this machine.")
        if include[1] in _CONSTRAINTS:
            raise QuestionError(
                f"{here} names constraints, {shown(name)}, which are not followed from the web.",
                "Download both files, and name them by path.",
            )
        _fetch_into(lines, place, fetcher, environ, (*chain, here))


class _Walk:
    """One walk through the files; each is read once as requirements and once as constraints."""

    def __init__(self, environ: Mapping[str, str], credentials: Credentials) -> None:
        self._environ = environ
        self._credentials = credentials
        self._done: set[tuple[Path, bool]] = set()
        self.variables: dict[str, str] = {}
        self.requirements: list[Line] = []
        self.constraints: list[Line] = []
        self.options: list[tuple[str, str, Path]] = []
        self.others: list[Option] = []

    def file(self, path: Path, chain: tuple[Path, ...], *, constrains: bool = False) -> None:
        whole = Path(os.path.realpath(path))
        if whole in chain:
            round_ = " → ".join(place.name for place in (*chain[chain.index(whole) :], whole))
            raise QuestionError(f"{path.name} includes itself: {round_}.", "Take one of these -r or -c lines out.")
        if (whole, constrains) not in self._done:
            if len(chain) > _DEEPEST:
                raise QuestionError(f"{chain[0].name} includes files more than {_DEEPEST} deep.")
            text = _text_of(readable_file(path, chain))
            self.lines(text, path.parent, (*chain, whole), constrains=constrains)
            self._done.add((whole, constrains))

    def lines(self, text: str, folder: Path, chain: tuple[Path, ...], *, constrains: bool = False) -> None:
        where = chain[-1].name if chain else "the standard input"
        for raw in _logical_lines(text):
            line = _VARIABLE.sub(self._expanded, raw)
            for url in _LOGIN.findall(line):
                self._credentials.take(url)
            included = _INCLUDE.fullmatch(line) or _GLUED.fullmatch(line)
            if included is not None:
                name = included[2].strip("\"'")
                if name:
                    path = self._path(name, raw, where, folder)
                    self.file(path, chain, constrains=constrains or included[1] in _CONSTRAINTS)
                else:
                    self.others.append(Option(included[1], "", where))
                continue
            flag = _FLAG.match(line)
            if flag is not None:
                raise QuestionError(f"{where}: nothing may follow {flag[1]} on its line.")
            option = _INDEX_OPTION.fullmatch(line)
            if option is not None:
                self.options.append((option[1], option[2].strip("\"'"), folder))
                continue
            editable = _EDITABLE.fullmatch(line)
            text = (line if editable is None else editable[1]).strip()
            requirement = _LINE_OPTIONS.sub("", text)
            other = _OTHER_OPTION.fullmatch(line)
            if other is not None and (editable is None or not requirement):
                self.others.append(Option(other[1], other[2].strip("\"'"), where))
            elif requirement:
                behind = text.removeprefix(requirement)
                hashes = frozenset(listed_hash.lower() for listed_hash in _HASH.findall(behind))
                names = [name for name in _LINE_OPTION.findall(behind) if name != "--hash"]
                names += ["--hash"] if "" in hashes else []
                self.others += [Option(name, "", where, requirement) for name in names]
                listed = self.constraints if constrains else self.requirements
                listed.append(Line(requirement, folder, where, editable is not None, hashes - {""}))

    def _path(self, name: str, raw: str, where: str, folder: Path) -> Path:
        """Return the file that a line includes."""
        if "://" in name and not name.lower().startswith("file:"):
            raise QuestionError(
                f"{where} includes a file from the network, {shown(_shown(raw))}, which is not followed.",
                "Name it with -r of its own, or download it and include the file.",
            )
        if shown(name) != name and not (folder / name).exists():
            raise QuestionError(f"{where} includes {shown(name)}, which is no file.", "A URL begins with https://.")
        if name.lower().startswith("file:"):
            from wheelclash.http.urls import local_path

            name = str(local_path(name))
        return folder / name

    def _expanded(self, match: re.Match[str]) -> str:
        value = self._environ.get(match[1])
        if value is None:
            return match[0]
        self.variables[match[1]] = value
        return value


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines without comments, those that end in a backslash joined with the next; a comment is not continued."""
    joined = ""
    for line in text.splitlines():
        code = _COMMENT.sub("", line)
        if code == line and line.endswith("\\"):
            joined += f"{line[:-1]} "
        else:
            yield joined + code
            joined = ""
    if joined:
        yield joined


def _shown(raw: str) -> str:
    """Return the URL of an include line as it is written, its variables not filled in."""
    match = re.search(r"\S+://\S*", raw)
    return re.sub(r"^(?:-[rc]|--\w+=?)", "", match[0]) if match else raw.strip()
