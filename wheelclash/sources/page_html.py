"""Project pages and flat pages of links in HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from wheelclash.sources.page import Page, ProjectFile, check_version, project_file, unique

__all__ = ["parse"]

_SUFFIXES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".egg")
_HASH = re.compile(r"(?:^|&)sha256=([0-9A-Fa-f]{64})(?:&|$)")
_LONGEST_ATTRIBUTE = 65536


class _Links(HTMLParser):
    """Collects anchors, the base and PEP 629's and 792's meta elements; reads nothing else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[dict[str, str | None]] = []
        self.base: str | None = None
        self.meta: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what matters; of a repeated attribute the first counts, as in browsers."""
        if tag not in {"a", "base", "meta"}:
            return
        found: dict[str, str | None] = {}
        for key, value in attrs:
            found.setdefault(key, None if value is None else value[:_LONGEST_ATTRIBUTE])
        if tag == "a" and found.get("href"):
            self.anchors.append(found)
        elif tag == "base" and self.base is None:
            self.base = found.get("href")
        elif tag == "meta" and (name := found.get("name")):
            self.meta.setdefault(name.lower(), found.get("content") or "")

    handle_startendtag = handle_starttag


def parse(body: bytes, *, url: str, content_type: str = "") -> Page:
    """Parse a page of links (PEP 503, 592, 629, 714, 792). Links to anything but distributions are passed over.

    Raises:
        FetchError: ``protocol``: of a major version other than 1.
    """
    parser = _Links()
    parser.feed(_decoded(body, content_type))
    parser.close()
    check_version(parser.meta.get("pypi:repository-version"), url)
    if parser.meta.get("pypi:project-status", "").strip().lower() == "quarantined":
        return Page((), withheld=parser.meta.get("pypi:project-status-reason") or "the project is quarantined")
    base = url
    if parser.base:
        try:
            base = urljoin(url, parser.base.strip())
        except ValueError:
            base = url
    made = (_file(anchor, base, url) for anchor in parser.anchors)
    return Page(unique(file for file in made if file is not None))


def _decoded(body: bytes, content_type: str) -> str:
    charset = re.search(r"charset=[\"']?([A-Za-z0-9_.:-]+)", content_type)
    try:
        return body.decode(charset[1] if charset else "utf-8-sig")
    except (LookupError, UnicodeError):
        return body.decode("latin-1")


def _file(anchor: dict[str, str | None], base: str, page: str) -> ProjectFile | None:
    href = anchor.get("href") or ""
    try:
        fragment = urlsplit(href.strip()).fragment
        if urlsplit(base).scheme == "file" and urlsplit(page).scheme != "file":
            return None
    except ValueError:
        return None
    digest = _HASH.search(fragment)
    metadata = anchor.get("data-core-metadata") or anchor.get("data-dist-info-metadata") or ""
    file = project_file(
        filename=None,
        link=href,
        base=base,
        sha256=digest[1] if digest else None,
        requires_python=anchor.get("data-requires-python"),
        yanked=(anchor["data-yanked"] or "") if "data-yanked" in anchor else None,
        core_metadata_sha256=metadata.removeprefix("sha256="),
    )
    return file if file is not None and file.filename.lower().endswith(_SUFFIXES) else None
