"""What one argument asks for: a requirement (PEP 508), the URL of a wheel, or a wheel on disk.

An argument is a path if it contains a separator, is ``.`` or ``-``, or ends in ``.whl .toml .lock .txt .json .py``;
else a requirement. ``name @ https://…`` and a bare URL contain separators and are none the less no paths.
"""

from __future__ import annotations

import os
import re
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from wheelclash.errors import RequirementError
from wheelclash.urls import Credentials, local_path, without_credentials
from wheelclash.values import value

if TYPE_CHECKING:
    from packaging.markers import Marker

    from wheelclash.target import Target

__all__ = ["Asked", "applies", "is_path", "parse"]


@value
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

    @property
    def direct(self) -> bool:
        """Whether it names one file, so that no index is asked."""
        return self.url is not None or self.path is not None


_PATH_SUFFIXES = (".whl", ".toml", ".lock", ".txt", ".json", ".py")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*://|file:)\S")
_NAMED_URL = re.compile(rf"\s*{_NAME}\s*(?:\[[^\]]*\])?\s*@\s*(?=(?:[A-Za-z][A-Za-z0-9+.-]*://|file:)\S)")
_LOCAL_HOSTS = {"", "localhost"}


def parse(text: str, *, cwd: Path, credentials: Credentials) -> Asked:
    """Understand one argument.

    Args:
        text: The argument.
        cwd: The folder relative paths start from.
        credentials: Where user names and passwords in URLs go; no URL in the result has any.

    Raises:
        RequirementError: It is nothing that can be compared; the hint says what was perhaps meant.
    """
    if not text.strip():
        raise RequirementError(text, "An empty argument asks for nothing.")
    if "\0" in text:
        raise RequirementError(text.replace("\0", "\\0"), "A name cannot contain a null character.")
    named = _NAMED_URL.match(text)
    if named is not None:
        return _named_url(text, named.end(), cwd, credentials)
    if _URL.match(text.strip()):
        return _located(Asked(text=""), text.strip(), text.strip(), cwd, credentials)
    if is_path(text):
        return _wheel_path(text, cwd)
    return _requirement(text, cwd)


def applies(asked: Asked, target: Target) -> bool:
    """Whether its marker holds for the target; installers leave out what does not apply.

    Raises:
        RequirementError: The marker compares what cannot be compared.
    """
    if asked.marker is None:
        return True
    try:
        return asked.marker.evaluate({**target.markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError) as error:
        raise RequirementError(asked.text, f"Its marker cannot be evaluated: {error}.") from None


def is_path(text: str) -> bool:
    """Whether an argument is a path by its looks; URLs have been told apart before."""
    separators = {"/", os.sep, os.altsep or os.sep}
    return text in {".", "-"} or any(each in text for each in separators) or text.lower().endswith(_PATH_SUFFIXES)


# -- requirements ------------------------------------------------------------------------------------------


def _requirement(text: str, cwd: Path) -> Asked:
    if text.startswith("-"):
        hint = "If it is an option, it is not known here; see --help."
        raise RequirementError(text, "A name cannot begin with '-'.", hint)
    if re.fullmatch(_BARE_VERSION, text.strip()):
        raise RequirementError(text, "This is a version, not a name.", _suggestion(text))
    found = _parsed(text)
    if found.url is not None:
        raise RequirementError(_redacted(text), "What follows the '@' is no URL.", _suggestion(text))
    hint = f"{text} is also a file or folder here; write ./{text} to mean that." if _exists(cwd / text) else ""
    return Asked(
        text=text,
        name=canonicalize_name(found.name),
        specifier=found.specifier,
        extras=_extras(found),
        marker=found.marker,
        hint=hint,
    )


def _parsed(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        reason = _redacted(str(error).partition("\n")[0].rstrip("."))
        raise RequirementError(_redacted(text), f"This is no requirement: {reason}.", _suggestion(text)) from None
    except (ValueError, RecursionError):
        raise RequirementError(_redacted(text[:100]), "This is no requirement that can be understood.") from None


def _extras(requirement: Requirement) -> tuple[str, ...]:
    return tuple(sorted({canonicalize_name(extra) for extra in requirement.extras}))


_BARE_VERSION = r"v?[0-9]+(?:\.[0-9]+)+(?:\.?(?:a|b|rc|dev|post)[0-9]*)?(?:\+[A-Za-z0-9.]+)?"
_VERSION = r"v?[0-9]+(?:\.(?:[0-9]+|[A-Za-z0-9]+))*(?:[-+._][A-Za-z0-9.]+)?"


def _suggestion(text: str) -> str:
    """What was perhaps meant by a requirement that is none."""
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
    for pattern, meant in mistakes:
        match = re.fullmatch(pattern, clean)
        if match:
            return f"Perhaps: {match.expand(meant)}?"
    if "," in clean or re.fullmatch(rf"{_NAME}(?:\s+{_NAME})+", clean):
        return "Give each requirement as an argument of its own."
    return "Examples: numpy, 'numpy>=2,<3', 'name @ https://host/x.whl', ./dist/x.whl."


# -- URLs --------------------------------------------------------------------------------------------------


def _named_url(text: str, start: int, cwd: Path, credentials: Credentials) -> Asked:
    found = _parsed(text)
    clean = text[:start] + without_credentials(text[start:])
    asked = Asked(
        text=clean,
        name=canonicalize_name(found.name),
        extras=_extras(found),
        marker=found.marker,
    )
    return _located(asked, found.url or text[start:], clean, cwd, credentials)


def _located(asked: Asked, url: str, text: str, cwd: Path, credentials: Credentials) -> Asked:
    """``asked``, with the place ``url`` names."""
    clean = _redacted(text)
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
        text=clean,
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


def _redacted(text: str) -> str:
    """Text that may hold URLs, without user names and passwords."""
    return re.sub(r"(?<=://)[^/\s?#]*@", "", text)


# -- paths -------------------------------------------------------------------------------------------------


def _wheel_path(text: str, cwd: Path) -> Asked:
    path = cwd / text
    if not text.lower().endswith(".whl") or _is_folder(path) or (" @ " in text and not _exists(path)):
        raise RequirementError(_redacted(text), *_not_a_wheel(_redacted(text), path))
    _require_file(text, path)
    return Asked(text=text, path=Path(os.path.abspath(path)))  # noqa: PTH100 - lexical: links are the user's business


def _not_a_wheel(text: str, path: Path) -> tuple[str, str]:
    """Why a path will not do, and what would."""
    if re.match(rf"{_NAME}\s*(?:\[[^\]]*\])?\s*@", text) and not _exists(path):
        return "What follows the '@' is no URL.", "Give the path of the wheel alone."
    if text == "-":
        return "Reading what to compare from the standard input is not there yet in this version.", ""
    if _is_folder(path):
        hint = f"Give the wheels in it: {os.path.join(text, '*.whl')}."  # noqa: PTH118 - as the user spells it
        return "Reading a whole folder is not there yet in this version.", hint
    if text.lower().endswith(_PATH_SUFFIXES):
        hint = "Give requirements or wheels as arguments."
        if not _exists(path):
            return "There is no such file.", hint
        return "Reading such a description of a set is not there yet in this version.", hint
    if not _exists(path):
        return "There is no such file or folder.", "A requirement contains no '/'."
    return "This is no wheel: its name does not end in .whl.", "Build one first, or give the project's name."


def _require_file(text: str, path: Path) -> None:
    text = _redacted(text)
    if not _exists(path):
        glob = any(each in text for each in "*?[")
        hint = "No file matches this pattern." if glob else f"Looked for {_redacted(str(path))}."
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
