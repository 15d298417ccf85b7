"""Index pages: what files a project has, from JSON (PEP 691, 700, 714, 792) or HTML (PEP 503, 592, 629, 714).

A page is hostile: file names that are none, links to anything but http(s), hashes that are none are dropped, file by
file; a page that is not understood as a whole is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelclash.errors import FetchError

if TYPE_CHECKING:
    from wheelclash.index.page import Page

__all__ = ["parse_page"]

_JSON = re.compile(r"application/(?:vnd\.pypi\.simple\.(v[0-9]+|latest)\+)?json")
_HTML = re.compile(r"(?:application/vnd\.pypi\.simple\.(v[0-9]+|latest)\+html|text/html|application/xhtml\+xml)")


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
        from wheelclash.index import simple_json

        return simple_json.parse(body, url=url)
    if _HTML.fullmatch(kind) or (not spelt and start == b"<"):
        from wheelclash.index import simple_html

        return simple_html.parse(body, url=url, content_type=content_type)
    raise FetchError(url, "protocol", f"the index answers with {kind or 'no content type'}, which is no index page")
