"""A package of conda's, as a lock names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["CondaPackage", "distinct_packages", "parse_filename", "without_token"]

_FILENAME = re.compile(r"(?P<name>[^/\\]+)-(?P<version>[^-/\\]+)-(?P<build>[^-/\\]+)(?:\.conda|\.tar\.bz2)")
_TOKEN = re.compile(r"(://[^/\s]+/t/)[^/\s]+")


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """An archive of conda's that would be installed.

    Attributes:
        filename: Its file name, e.g. ``tzdata-2025b-h78e105d_0.conda``.
        name: Its name, in lower case.
        version: Its version, as conda writes it.
        url: Where it is, without credentials: ``http(s)://`` or ``file://``.
        sha256: Hex digest that the lock gives, or None.
        md5: Likewise.
        size: Bytes that the lock gives, or None.
        path: The local file, if it is one.
    """

    filename: str
    name: str
    version: str
    url: str
    sha256: str | None = None
    md5: str | None = None
    size: int | None = None
    path: Path | None = None

    @property
    def shown(self) -> str:
        """Return ``name==version``, as messages call it."""
        return f"{self.name}=={self.version}"

    @property
    def stem(self) -> str:
        """Return ``name-version-build``."""
        return self.filename.removesuffix(".conda").removesuffix(".tar.bz2")


def distinct_packages(packages: Iterable[CondaPackage]) -> tuple[CondaPackage, ...]:
    """Return each package once.

    Raises:
        QuestionError: Two archives of one package.
    """
    by_name: dict[str, CondaPackage] = {}
    for package in packages:
        before = by_name.setdefault(package.name, package)
        if before.filename != package.filename:
            raise QuestionError(
                f"{before.filename} and {package.filename} are two packages of one name.",
                "An environment holds one of them; compare each with the rest in a run of its own.",
            )
    return tuple(by_name.values())


def without_token(text: str) -> str:
    """Return a text without the tokens that URLs of private channels have in their paths.

    >>> without_token("it is not there (https://host.example/t/s3cr3t/channel/noarch/a-1.0-0.conda)")
    'it is not there (https://host.example/t/***/channel/noarch/a-1.0-0.conda)'
    """
    return _TOKEN.sub(r"\1***", text)


def parse_filename(filename: str) -> tuple[str, str] | None:
    """Return the name, in lower case, and the version that an archive's file name has; None if it is none of conda's.

    >>> parse_filename("python-dateutil-2.9.0-pyhd8ed1ab_0.conda")
    ('python-dateutil', '2.9.0')
    """
    match = _FILENAME.fullmatch(filename)
    return None if match is None else (match["name"].lower(), match["version"])
