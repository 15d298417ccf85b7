"""Project pages and flat pages of links in HTML."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wheelclash.index.page import Page, ProjectFile, check_version, project_file, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parse"]

_SUFFIXES = (".whl", ".zip", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".egg")
_HASH = re.compile(r"(?:^|&)sha256=([0-9A-Fa-f]{64})(?:&|$)")
_LONGEST_ATTRIBUTE = 65536


_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*+)")
_ATTRIBUTE = re.compile(r"[\s/]*+([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+")
_CLOSE = re.compile(r"[\s/]*+>")
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title", "textarea")}


def _tags(text: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    """Yield opening tags ``a``, ``base`` and ``meta`` with their attributes; of a repeated attribute the first counts.

    One pass over the text whatever is in it: ``html.parser`` needs minutes for 60 KB of unclosed tags in Pythons that
    are in use. What opens and is never closed swallows the rest, as in browsers.
    """
    place = text.find("<")
    while place >= 0:
        tag = _TAG.match(text, place)
        if tag is None:
            close = text.find("-->", place) if text.startswith("<!--", place) else place
            if close < 0:
                return
            place = text.find("<", close + 1)
            continue
        name, place = tag[2].lower(), tag.end()
        attributes: dict[str, str | None] = {}
        while (end := _CLOSE.match(text, place)) is None:
            attribute = _ATTRIBUTE.match(text, place)
            if attribute is None or (
                attribute[2] is None and text[attribute.end() : attribute.end() + 1] in {'"', "'"}
            ):
                return  # the text ends in the tag, or in a quoted value
            attributes.setdefault(attribute[1].lower(), None if attribute[2] is None else _unescaped(attribute[2]))
            place = attribute.end()
        place = end.end()
        if tag[1]:
            pass
        elif name in _RAW:
            raw = _RAW[name].search(text, place)
            if raw is None:
                return
            place = raw.start()
        elif name in {"a", "base", "meta"}:
            yield name, attributes
        place = text.find("<", place)


def _unescaped(value: str) -> str:
    """Return an attribute's value without quotes and character references."""
    plain = value[1:-1] if value[0] in {'"', "'"} else value
    if "&" not in plain:
        return plain
    try:
        return html.unescape(plain[:_LONGEST_ATTRIBUTE])
    except ValueError:  # a number of thousands of digits
        return plain


def parse(body: bytes, *, url: str, content_type: str = "") -> Page:
    """Parse a page of links (PEP 503, 592, 629, 714, 792). Links to anything but distributions are passed over.

    Raises:
        FetchError: ``protocol``: of a major version other than 1.
    """
    anchors: list[dict[str, str | None]] = []
    meta: dict[str, str] = {}
    base = url
    for name, attributes in _tags(_decoded(body, content_type)):
        if name == "a" and attributes.get("href"):
            anchors.append(attributes)
        elif name == "meta":
            meta.setdefault((attributes.get("name") or "").lower(), attributes.get("content") or "")
        elif name == "base" and base is url and (href := attributes.get("href")):
            base = _joined(url, href)
    check_version(meta.get("pypi:repository-version"), url)
    if meta.get("pypi:project-status", "").strip().lower() == "quarantined":
        return Page((), withheld=meta.get("pypi:project-status-reason") or "the project is quarantined")
    made = (_file(anchor, base, url) for anchor in anchors)
    return Page(unique(file for file in made if file is not None))


def _joined(url: str, href: str) -> str:
    try:
        return urljoin(url, href.strip())
    except ValueError:
        return url


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
