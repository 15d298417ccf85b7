"""Files of a project as index pages describe them.

Every value is checked: a file is dropped if its name cannot be a file name or its URL cannot be asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from wheelclash.errors import FetchError
from wheelclash.http.urls import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Page", "ProjectFile", "check_version", "hex_digest", "project_file", "unique", "usable"]

_UNUSABLE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
_LONGEST_NAME = 255
_HEX = re.compile(r"[0-9a-f]{64}")


class ProjectFile(NamedTuple):
    """A file of a project, as an index describes it.

    Attributes:
        filename: Its name, unquoted, without separators.
        url: Absolute, without credentials and fragment; ``http(s)://``, or ``file://`` from a local page.
        sha256: Hex digest in lower case, or None.
        size: Bytes (PEP 700), or None.
        requires_python: The specifier as text (PEP 503), or None.
        yanked: The reason (PEP 592), empty if none was given; None if it is not yanked.
        upload_time: ISO 8601 (PEP 700), or None.
        core_metadata_sha256: Hex digest of METADATA (PEP 714), or None.
    """

    filename: str
    url: str
    sha256: str | None = None
    size: int | None = None
    requires_python: str | None = None
    yanked: str | None = None
    upload_time: str | None = None
    core_metadata_sha256: str | None = None

    @property
    def is_wheel(self) -> bool:
        """Return whether it is a wheel, by its name."""
        return self.filename.lower().endswith(".whl")


class Page(NamedTuple):
    """What one page says.

    Attributes:
        files: In the page's order; of several with one name the first.
        withheld: Why the index offers no files (PEP 792: quarantined), or None.
        notes: What was dropped, a sentence each.
    """

    files: tuple[ProjectFile, ...]
    withheld: str | None = None
    notes: tuple[str, ...] = ()


def check_version(version: str | None, url: str) -> None:
    """Refuse a page of another major version (PEP 629); one that says nothing is taken for 1.0.

    Raises:
        FetchError: ``protocol``.
    """
    if version is not None and version.strip().partition(".")[0] != "1":
        raise FetchError(
            url, "protocol", f"the index speaks version {version.strip()[:20]} of the simple API; 1 is known"
        )


def project_file(
    *,
    filename: str | None,
    link: str,
    base: str,
    sha256: str | None = None,
    size: int | None = None,
    requires_python: str | None = None,
    yanked: str | None = None,
    upload_time: str | None = None,
    core_metadata_sha256: str | None = None,
) -> ProjectFile | None:
    """Return a file made of what a page says of it; None if its name or link cannot be used.

    Args:
        filename: Its name; None if the link's last part is its name.
        link: Absolute or relative URL.
        base: What it is relative to.
        sha256: Hex digest in any case; dropped if it is none.
        size: Its size in bytes.
        requires_python: As in :class:`ProjectFile`, as are the next two.
        yanked: The reason, or None.
        upload_time: The time of upload, ISO 8601.
        core_metadata_sha256: Like ``sha256``.
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        _ = parts.port
        scheme, host = parts.scheme.lower(), parts.hostname
    except ValueError:
        return None
    local = scheme == "file" and urlsplit(base).scheme.lower() == "file" and not host
    if not local and not (scheme in {"http", "https"} and host):
        return None
    name = unquote(parts.path.rpartition("/")[2]) if filename is None else filename
    if not name or len(name) > _LONGEST_NAME or name in {".", ".."} or _UNUSABLE_NAME.search(name):
        return None
    return ProjectFile(
        filename=name,
        url=without_credentials(parts._replace(fragment="").geturl()),
        sha256=hex_digest(sha256),
        size=size if size is not None and size >= 0 else None,
        requires_python=requires_python or None,
        yanked=yanked,
        upload_time=upload_time or None,
        core_metadata_sha256=hex_digest(core_metadata_sha256),
    )


def hex_digest(text: str | None) -> str | None:
    """Return a sha256 in lower case; None for any other text."""
    lower = (text or "").strip().lower()
    return lower if _HEX.fullmatch(lower) else None


def unique(files: Iterable[ProjectFile]) -> tuple[ProjectFile, ...]:
    """Return the first of several files with one name."""
    by_name: dict[str, ProjectFile] = {}
    for file in files:
        by_name.setdefault(file.filename, file)
    return tuple(by_name.values())


def usable(rows: Any) -> tuple[ProjectFile, ...] | None:
    """Return rows that were kept as JSON as files; None if they are not what was kept."""
    if not isinstance(rows, list):
        return None
    try:
        files = tuple(ProjectFile._make(row) for row in rows)
    except TypeError:
        return None
    texts: list[Any] = [text for file in files for text in (file.filename, file.url)]
    return files if all(isinstance(text, str) for text in texts) else None
