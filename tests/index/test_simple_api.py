"""Index pages, as the specifications write them and as bad servers do."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest

from wheelclash.errors import FetchError
from wheelclash.index.page import Page, ProjectFile, usable
from wheelclash.index.simple_api import parse_page

BASE = "https://index.example/simple/left/"
NAME = "left-1.0-py3-none-any.whl"
LINK = f"https://files.example/{NAME}"
DIGEST = "ab" * 32
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"


def from_json(*files: Any, url: str = BASE, **more: Any) -> Page:
    body = {"meta": {"api-version": "1.1"}, "name": "left", "files": list(files), **more}
    return parse_page(json.dumps(body).encode(), url=url, content_type=JSON)


def from_html(text: str, *, url: str = BASE, content_type: str = HTML) -> Page:
    return parse_page(text.encode(), url=url, content_type=content_type)


def entry(**more: Any) -> dict[str, Any]:
    return {"filename": NAME, "url": LINK, "hashes": {}, **more}


def only(page: Page) -> ProjectFile:
    (file,) = page.files
    return file


# -- what both say --------------------------------------------------------------------------------------------


def test_json_and_html_say_the_same() -> None:
    said = from_json(
        entry(
            hashes={"sha256": DIGEST.upper(), "md5": "x"},
            **{"requires-python": ">=3.8,<4", "yanked": "broken & bad", "core-metadata": {"sha256": DIGEST}},
        )
    )
    written = from_html(
        f'<a href="{LINK}#sha256={DIGEST}" data-requires-python="&gt;=3.8,&lt;4" data-yanked="broken &amp; bad"'
        f' data-core-metadata="sha256={DIGEST}">{NAME}</a>'
    )
    assert said == written
    assert only(said) == ProjectFile(NAME, LINK, DIGEST, None, ">=3.8,<4", "broken & bad", None, DIGEST)


def test_sizes_and_upload_times_are_in_json_alone() -> None:
    file = only(from_json(entry(size=5, **{"upload-time": "2025-01-01T00:00:00.5Z"})))
    assert (file.size, file.upload_time) == (5, "2025-01-01T00:00:00.5Z")


@pytest.mark.parametrize(("value", "expected"), [(False, None), (True, ""), ("", None), ("why", "why"), (None, None)])
def test_yanked_is_a_reason_or_none(value: object, expected: str | None) -> None:
    assert only(from_json(entry(yanked=value))).yanked == expected


@pytest.mark.parametrize(("attribute", "expected"), [("", None), (" data-yanked", ""), (' data-yanked="why"', "why")])
def test_in_html_the_attribute_alone_yanks(attribute: str, expected: str | None) -> None:
    assert only(from_html(f'<a href="{LINK}"{attribute}>x</a>')).yanked == expected


@pytest.mark.parametrize("key", ["core-metadata", "dist-info-metadata"])
@pytest.mark.parametrize(
    ("value", "expected"), [(True, None), (False, None), ({"sha256": DIGEST}, DIGEST), ({"sha256": "no"}, None)]
)
def test_metadata_hashes_have_two_names(key: str, value: object, expected: str | None) -> None:
    assert only(from_json(entry(**{key: value}))).core_metadata_sha256 == expected


# -- links ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (f"../../files/{NAME}", f"https://index.example/files/{NAME}"),
        (f"/files/{NAME}", f"https://index.example/files/{NAME}"),
        (f"//cdn.example/{NAME}", f"https://cdn.example/{NAME}"),
        (f"{NAME}?token=1#sha256={DIGEST}", f"{BASE}{NAME}?token=1"),
        (f"https://me:s3cr3t@files.example/{NAME}", LINK),
        ("left-1.0%2Bcpu-py3-none-any.whl", f"{BASE}left-1.0%2Bcpu-py3-none-any.whl"),
    ],
)
def test_links_are_made_absolute_and_plain(link: str, expected: str) -> None:
    assert only(from_html(f'<a href="{link}">x</a>')).url == expected
    assert only(from_json(entry(url=link))).url == expected


def test_a_name_in_a_link_is_unquoted() -> None:
    name = "left-1.0+cpu-py3-none-any.whl"
    assert only(from_html('<a href="left-1.0%2Bcpu-py3-none-any.whl">x</a>')).filename == name


def test_the_base_element_counts_once_and_cannot_leave_the_web() -> None:
    link = f'<a href="{NAME}">x</a>'
    assert only(from_html(f'<base href="/b/"><base href="/c/">{link}')).url == f"https://index.example/b/{NAME}"
    assert from_html(f'<base href="file:///etc/">{link}').files == ()


@pytest.mark.parametrize(
    "link",
    [
        f"javascript:alert('{NAME}')",
        f"file:///etc/{NAME}",
        f"ftp://files.example/{NAME}",
        f"data:text/plain,{NAME}",
        f"https://[bad/{NAME}",
        f"https://h:port/{NAME}",
    ],
)
def test_links_to_anything_but_the_web_are_dropped(link: str) -> None:
    assert from_html(f'<a href="{link}">x</a>').files == ()
    page = from_json(entry(url=link))
    assert page.files == ()
    assert NAME in page.notes[0]


def test_a_local_page_links_to_local_files() -> None:
    page = from_html(f'<a href="../../files/{NAME}">x</a>', url="file:///srv/simple/left/index.html")
    assert only(page).url == f"file:///srv/files/{NAME}"
    assert from_html(f'<a href="file://host/{NAME}">x</a>', url="file:///srv/index.html").files == ()


@pytest.mark.parametrize(
    "name",
    [
        "../up-1-py3-none-any.whl",
        "a\\b-1-py3-none-any.whl",
        "/etc/x.whl",
        "x\x1b[31m.whl",
        "..",
        "",
        "x" * 300 + ".whl",
    ],
)
def test_hostile_names_are_dropped(name: str) -> None:
    page = from_json(entry(filename=name), entry())
    assert [file.filename for file in page.files] == [NAME]


def test_a_quoted_separator_in_a_link_is_no_name() -> None:
    assert from_html('<a href="https://files.example/..%2F..%2Fup-1-py3-none-any.whl">x</a>').files == ()


def test_links_to_other_things_are_passed_over() -> None:
    page = from_html(f'<a href="../">up</a><a>none</a><a href="">x</a><a href="/LICENSE">l</a><a href="{LINK}">x</a>')
    assert only(page).filename == NAME


def test_of_several_files_with_one_name_the_first_counts() -> None:
    page = from_json(entry(size=1), entry(size=2))
    assert only(page).size == 1


@pytest.mark.parametrize("digest", ["", "ab", "zz" * 32, DIGEST + "0", "\uff21" * 64])
def test_what_is_no_hash_is_no_hash(digest: str) -> None:
    assert only(from_json(entry(hashes={"sha256": digest}))).sha256 is None
    assert only(from_html(f'<a href="{LINK}#sha256={digest}">x</a>')).sha256 is None


# -- pages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        "text",
        None,
        {},
        {"filename": NAME},
        entry(size=-1),
        entry(size="5"),
        entry(size=1.5),
        entry(size=10**30),
        entry(hashes=[]),
        entry(yanked=7),
        {**entry(), "url": 5},
    ],
)
def test_one_bad_file_is_dropped_and_told_of(bad: object) -> None:
    good = {"filename": "right-1-py3-none-any.whl", "url": "right-1-py3-none-any.whl"}
    page = from_json(bad, good)
    assert only(page).filename == "right-1-py3-none-any.whl"
    assert len(page.notes) == 1


def test_unknown_keys_and_later_minor_versions_are_fine() -> None:
    assert (
        only(from_json(entry(new={"x": 1}), meta={"api-version": "1.99", "new": 1}, versions=[], new=[])).filename
        == NAME
    )


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"meta": {"api-version": "2.0"}, "files": []}', JSON),
        (b'{"meta": {"api-version": "1.0"}, "files": []}', "application/vnd.pypi.simple.v2+json"),
        (b'<meta name="pypi:repository-version" content="2.0">', HTML),
        (b"<html></html>", "application/vnd.pypi.simple.v2+html"),
        (b"{", JSON),
        (b"[]", JSON),
        (b"{}", JSON),
        (b'{"files": {}}', JSON),
        (b'{"files": ' + b"[" * 100_000, JSON),
        (b"\xff\xfe", JSON),
        (b"", JSON),
        (b"", ""),
        (b"plain words", "text/plain"),
        (b"%PDF", "application/pdf"),
    ],
)
def test_a_page_that_is_not_understood_is_an_error(body: bytes, content_type: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse_page(body, url=BASE, content_type=content_type)
    assert caught.value.code == "protocol"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "application/json", JSON])
def test_a_server_that_mislabels_json_is_understood(content_type: str) -> None:
    body = json.dumps({"files": [entry()]}).encode()
    assert only(parse_page(body, url=BASE, content_type=content_type)).filename == NAME


@pytest.mark.parametrize("content_type", ["", "text/plain", "TEXT/HTML;charset=nonsense", "application/xhtml+xml"])
def test_a_server_that_mislabels_html_is_understood(content_type: str) -> None:
    assert only(from_html(f' <A HREF="{LINK}">x</A>', content_type=content_type)).filename == NAME


@pytest.mark.parametrize(
    "around",
    [
        "<!-- {0} -->{1}",
        "<!-- a > b --> {1} <!-- {0}",
        "<script>let s = '{0}';</script>{1}",
        "<STYLE>{0}</style>{1}",
        "<title>{0}</title>{1}",
        "a < b && c <3 {1}",
        "<p class='x>y' hidden>{1}</p>",
        "<br/>{1}<a",
        "{1}<a href='{0}",
        "</a href=x>{1}",
        "<!DOCTYPE html><?xml version='1.0'?>{1}",
    ],
)
def test_html_is_read_as_browsers_read_it(around: str) -> None:
    other = "<a href=other-1-py3-none-any.whl>x</a>"
    page = from_html(around.replace("{0}", other).replace("{1}", f"<A id=1 id = 2\n HREF = {LINK} >x</a>"))
    assert only(page).filename == NAME


def test_of_a_repeated_attribute_the_first_counts() -> None:
    assert only(from_html(f"<a href='{LINK}' href='x-1.zip' data-yanked data-yanked='why'>x</a>")).yanked == ""


def test_character_references_are_resolved_however_long_they_are() -> None:
    page = from_html(f'<a href="{LINK}" data-yanked="&#{"9" * 5000};&lt;">x</a>')
    assert only(page).yanked is not None


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<a href='x", '<a href="', "<!--", "<![CDATA[", "</a", "&#", "<?", "<!", "<script>", "<a =", "<a/", "< "],
)
def test_no_page_takes_long_to_read(piece: str) -> None:
    """Time grows with length, not with its square; html.parser took minutes for some of these."""
    started = time.process_time()
    parse_page(b"<p>" + (piece * 50_000).encode(), url=BASE, content_type=HTML)
    assert time.process_time() - started < 3


def test_html_need_not_be_utf_8() -> None:
    body = f'<a href="{LINK}" data-yanked="na\xefve">x</a>'.encode("latin-1")
    assert only(parse_page(body, url=BASE, content_type="text/html")).yanked == "naïve"
    assert only(parse_page(body, url=BASE, content_type="text/html; charset=latin-1")).yanked == "naïve"


@pytest.mark.parametrize("status", ["archived", "deprecated", "active", "unheard-of"])
def test_only_quarantine_withholds_files(status: str) -> None:
    marked: dict[str, Any] = {"project-status": {"status": status}}
    assert only(from_json(entry(), **marked)).filename == NAME
    marked["project-status"] = {"status": "quarantined", "reason": "malware"}
    quarantined = from_json(entry(), **marked)
    assert (quarantined.files, quarantined.withheld) == ((), "malware")
    html = f'<meta name="pypi:project-status" content="quarantined"><a href="{LINK}">x</a>'
    assert from_html(html).files == ()
    assert from_html(html).withheld


def test_files_survive_being_kept_as_json() -> None:
    files = from_json(entry(size=5), entry(filename="left-2.tar.gz", yanked=True)).files
    assert usable(json.loads(json.dumps([list(file) for file in files]))) == files


@pytest.mark.parametrize("rows", [None, {}, 5, [5], [["a"]], [[1, 2, 3, 4, 5, 6, 7, 8]], [[None] * 8], math.inf])
def test_what_was_not_kept_so_is_not_used(rows: object) -> None:
    assert usable(rows) is None
