"""Index pages: what files a project has, from JSON (PEP 691, 700, 714, 792) or HTML (PEP 503, 592, 629, 714).

A page is hostile: file names that are none, links to anything but http(s), hashes that are none are dropped, file by
file; a page that is not understood as a whole is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from wheelclash.errors import FetchError
from wheelclash.http.urls import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Page", "ProjectFile", "parse_page", "project_file", "usable"]


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
        """Whether it is a wheel, by its name."""
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


_JSON = re.compile(r"application/(?:vnd\.pypi\.simple\.(v[0-9]+|latest)\+)?json")
_HTML = re.compile(r"(?:application/vnd\.pypi\.simple\.(v[0-9]+|latest)\+html|text/html|application/xhtml\+xml)")
_UNUSABLE_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]')
_LONGEST_NAME = 255
_HEX = re.compile(r"[0-9a-f]{64}")


def parse_page(body: bytes, *, url: str, content_type: str) -> Page:
    """Parse a project page or a flat page of links.

    Args:
        body: The page, unpacked.
        url: Where it came from in the end; what relative links are relative to.
        content_type: The header; where it says nothing of use, the body's first character decides.

    Raises:
        FetchError: ``protocol``: neither JSON nor HTML, damaged, or of a version that is not 1.
    """
    kind = content_type.partition(";")[0].strip().lower()
    start = body.lstrip()[:1]
    spelt = _JSON.fullmatch(kind) or _HTML.fullmatch(kind)
    if spelt and spelt[1] not in {None, "v1", "latest"}:
        raise FetchError(
            url, "protocol", f"the index answers in version {spelt[1]} of the simple API; only v1 is known"
        )
    if _JSON.fullmatch(kind) or (not spelt and start == b"{"):
        from wheelclash.index import simple_json as page_json

        return page_json.parse(body, url=url)
    if _HTML.fullmatch(kind) or (not spelt and start == b"<"):
        from wheelclash.index import simple_html as page_html

        return page_html.parse(body, url=url, content_type=content_type)
    raise FetchError(url, "protocol", f"the index answers with {kind or 'no content type'}, which is no index page")


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
    """A file from what a page says of it; None if its name or link cannot be used.

    Args:
        filename: Its name; None if the link's last part is its name.
        link: Absolute or relative URL.
        base: What it is relative to.
        sha256: Hex digest in any case; dropped if it is none.
        size: Bytes.
        requires_python: As in :class:`ProjectFile`, as are the next two.
        yanked: The reason, or None.
        upload_time: ISO 8601.
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
    """A sha256 in lower case; None for any other text."""
    lower = (text or "").strip().lower()
    return lower if _HEX.fullmatch(lower) else None


def unique(files: Iterable[ProjectFile]) -> tuple[ProjectFile, ...]:
    """Of several files with one name, the first."""
    found: dict[str, ProjectFile] = {}
    for file in files:
        found.setdefault(file.filename, file)
    return tuple(found.values())


def usable(rows: Any) -> tuple[ProjectFile, ...] | None:
    """Rows that were kept as JSON, as files again; None if they are not what was kept."""
    if not isinstance(rows, list):
        return None
    try:
        files = tuple(ProjectFile._make(row) for row in rows)
    except TypeError:
        return None
    texts: list[Any] = [text for file in files for text in (file.filename, file.url)]
    return files if all(isinstance(text, str) for text in texts) else None
