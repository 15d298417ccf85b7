"""One argument of a question: a requirement (PEP 508), the URL of a wheel, or a path.

:func:`kind_of` is the only rule that distinguishes these. :func:`parse` understands requirements, URLs and wheels;
descriptions of a set (folders of wheels, locks, files of requirements) are for :mod:`wheelclash.inputs`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.errors import RequirementError
from wheelclash.http.urls import Credentials, local_path, redacted, shown, shown_path, without_credentials

if TYPE_CHECKING:
    from packaging.markers import Marker

    from wheelclash.target.target import Target

__all__ = ["ArgumentKind", "Asked", "Form", "applies", "is_in_force", "kind_of", "parse"]

ArgumentKind: TypeAlias = Literal["requirement", "url", "wheel", "description"]
"""``description`` is a file, a folder or the standard input (``-``) that may describe a set."""
Form: TypeAlias = Literal["source", "wheel"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One argument, understood.

    Attributes:
        text: As given, without credentials.
        name: Normalised project name; None where only the wheel's own file name can say.
        specifier: Versions allowed.
        extras: Extras asked for, normalised and sorted.
        marker: Its environment marker, or None.
        url: Where the wheel is, without credentials and fragment, if it is named by URL.
        sha256: Hex digest from that URL's fragment.
        path: The wheel on disk, absolute, if it is named by path or ``file://`` URL.
        hint: What the user may have meant instead, one sentence, or the empty string.
        hashes: Of the files that may be taken, such as ``sha256:…``, if a line of a file lists them; empty for any.
        form: The one kind of file that may be taken, if it is asked for by name; None for any.
    """

    text: str
    name: str | None = None
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    extras: tuple[str, ...] = ()
    marker: Marker | None = None
    url: str | None = None
    sha256: str | None = None
    path: Path | None = None
    hint: str = ""
    hashes: frozenset[str] = frozenset()
    form: Form | None = None

    @property
    def direct(self) -> bool:
        """Return whether it names one file, so that no index is asked."""
        return self.url is not None or self.path is not None

    @property
    def sha256s(self) -> frozenset[str]:
        """Return the hex digests among its hashes that indexes know files by."""
        return frozenset(digest.removeprefix("sha256:") for digest in self.hashes if digest.startswith("sha256:"))

    @property
    def filename(self) -> str:
        """Return the name of the file it names by path or URL; the empty string if it names none."""
        if self.path is not None:
            return self.path.name
        return unquote(urlsplit(self.url or "").path.rpartition("/")[2])

    @property
    def if_unknown(self) -> str:
        """Return a sentence to add where no index knows the project; empty if there is none."""
        return f"There is no file {self.text} here either." if self.text.lower().endswith(_FILE_SUFFIXES) else ""


_PATH_SUFFIXES = (".whl", ".txt", ".json")
"""What ends in one of these is a path even where there is no such file: no project has such a name."""
_FILE_SUFFIXES = (".py", ".toml", ".lock", ".yml", ".yaml", ".pex")
"""What ends in one of these may be a file, or the name of a project such as ``discord.py``."""
_FILE_NAMES = frozenset({
    "pyproject.toml", "pylock.toml", "uv.lock", "poetry.lock", "pdm.lock", "pipfile.lock", "setup.py",
    "pixi.lock", "conda-lock.yml", "environment.yml", "environment.yaml",
})  # fmt: skip
"""Names of files that are paths even where there is no such file."""
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|file:)\S")
_NAMED_URL = re.compile(rf"\s*{_NAME}\s*(?:\[[^\]]*\])?\s*@\s*(?=(?:[A-Za-z][A-Za-z0-9+.-]*://|file:)\S)")
_LOCAL_HOSTS = {"", "localhost"}


def parse(text: str, *, cwd: Path, credentials: Credentials, is_line: bool = False) -> Asked:
    """Understand one argument, or one line of a file.

    Args:
        text: The argument.
        cwd: The folder relative paths start from.
        credentials: Where user names and passwords in URLs go; no URL in the result has any.
        is_line: Whether it is a line of a file of requirements, where a bare word is always a name.

    Raises:
        RequirementError: It is nothing that can be compared; the hint says what was perhaps meant.
    """
    if not text.strip():
        raise RequirementError(text, "An empty argument asks for nothing.")
    if "\0" in text:
        raise RequirementError(text.replace("\0", "\\0"), "A name cannot contain a null character.")
    match kind_of(text, cwd=cwd, is_line=is_line):
        case "url":
            named = _NAMED_URL.match(text)
            if named is not None:
                return _named_url(text, named.end(), cwd, credentials)
            return _located(Asked(text=""), text.strip(), text.strip(), cwd, credentials)
        case "requirement":
            asked = _requirement(text, cwd)
            return replace(asked, hint="") if is_line else asked
        case "wheel" | "description":
            return _wheel_path(text, cwd)


def applies(asked: Asked, target: Target) -> bool:
    """Return whether the marker of a requirement holds for the target; installers leave out what does not apply.

    Raises:
        RequirementError: The marker compares what cannot be compared.
    """
    if asked.marker is None:
        return True
    try:
        return asked.marker.evaluate({**target.markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError) as error:
        raise RequirementError(asked.text, f"Its marker cannot be evaluated: {error}.") from None


def is_in_force(asked: Asked, target: Target) -> bool:
    """Return whether a marker holds; one that cannot be evaluated does not: it is a line of a file, which uv judges."""
    try:
        return applies(asked, target)
    except RequirementError:
        return False


def kind_of(text: str, *, cwd: Path, is_line: bool = False) -> ArgumentKind:
    """Tell what an argument is, by how it looks and, where it could be a name or a path, by what is on disk.

    It is a path if it contains a separator, is ``.`` or ``-``, ends in ``.whl``, ``.txt`` or ``.json``, or has the
    name of a well-known file; else if there is a file of that name, or a folder of that name that holds wheels. All
    else is a requirement. ``name @ https://…`` and a bare URL contain separators and are none the less no paths.

    Args:
        text: The argument.
        cwd: The folder relative paths start from.
        is_line: Whether it is a line of a file of requirements, where a bare word is always a name.

    Raises:
        RequirementError: It is the name of a folder without wheels: the project or the folder may be meant. A folder
            that is an import package is no such case, for a checkout often has one named like its project.
    """
    if _NAMED_URL.match(text) or _URL.match(text.strip()):
        return "url"
    if not text.strip():
        return "requirement"  # for parse() to refuse
    path = cwd / text
    is_file_name = text.lower().endswith(_PATH_SUFFIXES) or text.lower() in _FILE_NAMES
    if text in {".", "-"} or any(separator in text for separator in _SEPARATORS) or is_file_name:
        return "wheel" if text.lower().endswith(".whl") and not _is_folder(path) else "description"
    if is_line or not _exists(path):
        return "requirement"
    if not _is_folder(path):
        return "description"
    if _holds(path, "*.[wW][hH][lL]") or not re.fullmatch(_NAME, text):
        return "description"
    if _holds(path, "__init__.py"):
        return "requirement"
    hint = f"Write ./{text} for the folder, '{text}>=0' for the project."
    raise RequirementError(text, "There is a folder of this name, and it holds no wheels.", hint)


_SEPARATORS = frozenset({"/", os.sep, os.altsep or os.sep})


def _holds(folder: Path, pattern: str) -> bool:
    try:
        return next(folder.glob(pattern), None) is not None
    except OSError:
        return False


# -- requirements ------------------------------------------------------------------------------------------


def _requirement(text: str, cwd: Path) -> Asked:
    if text.startswith("-"):
        hint = "If it is an option, it is not known here; see --help."
        raise RequirementError(text, "A name cannot begin with '-'.", hint)
    if re.fullmatch(_BARE_VERSION, text.strip()):
        raise RequirementError(text, "This is a version, not a name.", _suggestion(text))
    requirement = _parsed(text)
    if requirement.url is not None:
        raise RequirementError(shown(text), "What follows the '@' is no URL.", _suggestion(text))
    hint = f"{text} is also a folder here; write ./{text} to mean that." if _exists(cwd / text) else ""
    return Asked(
        text=text,
        name=canonicalize_name(requirement.name),
        specifier=requirement.specifier,
        extras=_extras(requirement),
        marker=requirement.marker,
        hint=hint,
    )


def _parsed(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        reason = redacted(str(error).partition("\n")[0].rstrip("."))
        raise RequirementError(shown(text), f"This is no requirement: {reason}.", _suggestion(text)) from None
    except (ValueError, RecursionError):
        raise RequirementError(shown(text[:100]), "This is no requirement that can be understood.") from None


def _extras(requirement: Requirement) -> tuple[str, ...]:
    return tuple(sorted({canonicalize_name(extra) for extra in requirement.extras}))


_BARE_VERSION = r"v?[0-9]+(?:\.[0-9]+)+(?:\.?(?:a|b|rc|dev|post)[0-9]*)?(?:\+[A-Za-z0-9.]+)?"
_VERSION = r"v?[0-9]+(?:\.(?:[0-9]+|[A-Za-z0-9]+))*(?:[-+._][A-Za-z0-9.]+)?"


def _suggestion(text: str) -> str:
    """Return what was perhaps meant by a text that is no requirement; empty if nothing is likely."""
    clean = text.strip()
    if re.fullmatch(_BARE_VERSION, clean):
        return f"A version needs a name: write NAME=={clean}."
    mistakes = (
        (rf"({_NAME})\s*=\s*({_VERSION})", r"\1==\2"),
        (rf"({_NAME})\s*@\s*({_VERSION})", r"\1==\2"),
        (rf"({_NAME})\s+({_VERSION})", r"\1==\2"),
        (rf"({_NAME})\s*=>\s*(.+)", r"\1>=\2"),
        (rf"({_NAME})\s*=<\s*(.+)", r"\1<=\2"),
        (rf"({_NAME})\s*~\s*({_VERSION})", r"\1~=\2"),
        (rf"({_NAME})\s*\^\s*({_VERSION})", r"\1~=\2"),
        (rf"({_NAME})\s*(>=?\s*{_VERSION})\s*(<=?\s*{_VERSION})", r"\1\2,\3"),
        (rf"({_NAME})\s*==\s*([0-9.]+)\.[xX]", r"\1==\2.*"),
        (rf"({_NAME})\s*(?:[<>=!~]=?|===)\s*", r"\1==VERSION"),
    )
    for pattern, correction in mistakes:
        match = re.fullmatch(pattern, clean)
        if match:
            return f"Perhaps: {match.expand(correction)}?"
    if "," in clean or re.fullmatch(rf"{_NAME}(?:\s+{_NAME})+", clean):
        return "Give each requirement as an argument of its own."
    return "Examples: numpy, 'numpy>=2,<3', 'name @ https://host/x.whl', ./dist/x.whl."


# -- URLs --------------------------------------------------------------------------------------------------


def _named_url(text: str, start: int, cwd: Path, credentials: Credentials) -> Asked:
    requirement = _parsed(text)
    clean = text[:start] + without_credentials(text[start:])
    asked = Asked(
        text=clean,
        name=canonicalize_name(requirement.name),
        extras=_extras(requirement),
        marker=requirement.marker,
    )
    return _located(asked, requirement.url or text[start:], clean, cwd, credentials)


def _located(asked: Asked, url: str, text: str, cwd: Path, credentials: Credentials) -> Asked:
    """Return ``asked``, with the place ``url`` names."""
    clean = shown(text)
    try:
        parts = urlsplit(url)
        whole = parts.port is None or parts.hostname
    except ValueError:
        whole = None
    if not whole or (parts.scheme.lower() in {"http", "https"} and not parts.hostname):
        raise RequirementError(clean, "This is no URL.")
    path = local_path(url)
    if path is not None:
        if parts.netloc.lower() not in _LOCAL_HOSTS:
            raise RequirementError(clean, "A file:// URL cannot name another host.")
        path = cwd / path
        _require_file(clean, path)
    return Asked(
        text=asked.text or without_credentials(url),
        name=asked.name,
        extras=asked.extras,
        marker=asked.marker,
        url=credentials.take(parts._replace(fragment="").geturl()),
        sha256=_sha256(parts.fragment),
        path=path,
    )


def _sha256(fragment: str) -> str | None:
    match = re.search(r"(?:^|&)sha256=([0-9A-Fa-f]{64})(?:&|$)", unquote(fragment))
    return match[1].lower() if match else None


# -- paths -------------------------------------------------------------------------------------------------


def _wheel_path(text: str, cwd: Path) -> Asked:
    path = cwd / text
    if not text.lower().endswith(".whl") or _is_folder(path) or (" @ " in text and not _exists(path)):
        raise RequirementError(shown(text), *_not_a_wheel(shown(text), path))
    _require_file(text, path)
    return Asked(text=text, path=Path(os.path.abspath(path)))  # noqa: PTH100 - lexical: links are the user's business


def _not_a_wheel(text: str, path: Path) -> tuple[str, str]:
    """Return why a path cannot stand for one requirement or wheel, and what to give instead."""
    if re.match(rf"{_NAME}\s*(?:\[[^\]]*\])?\s*@", text) and not _exists(path):
        return "What follows the '@' is no URL.", "Give the path of the wheel alone."
    if text == "-":
        return "The standard input describes a set, and one requirement or wheel is wanted here.", ""
    if _is_folder(path):
        return "This is a folder, and one requirement or wheel is wanted here.", "Give the wheel in it."
    if not _exists(path):
        is_file_name = text.lower().endswith(_PATH_SUFFIXES) or text.lower() in _FILE_NAMES
        return (
            "There is no such file." if is_file_name else "There is no such file or folder.",
            "" if is_file_name else "A requirement contains no '/'.",
        )
    return "This is no wheel: its name does not end in .whl.", "One requirement or wheel is wanted here."


def _require_file(text: str, path: Path) -> None:
    text = shown(text)
    if not _exists(path):
        glob = any(character in text for character in "*?[")
        hint = "No file matches this pattern." if glob else f"Looked for {shown_path(path)}."
        raise RequirementError(text, "There is no such file.", hint)
    if _is_folder(path):
        raise RequirementError(text, "This is a folder, not a wheel.")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
