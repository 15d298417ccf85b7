"""Everything that the index settings offer for a project: each page is asked for, or taken fresh from the cache.

A page over http(s) is kept as parsed, with its validators, and used for ten minutes; then the index is asked whether it
still holds. Local pages and folders are read each time.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from wheelclash.errors import FetchError
from wheelclash.files import IrregularFileError, TooLargeError, read_file
from wheelclash.http.client import MAX_PAGE
from wheelclash.http.urls import local_path
from wheelclash.index.filenames import project_of
from wheelclash.index.page import Page, ProjectFile, project_file, usable
from wheelclash.index.simple_api import parse_page
from wheelclash.target.variants import DESCRIPTION, LARGEST_JSON
from wheelclash.threads import run_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from wheelclash.http.cache import Cache
    from wheelclash.http.policy import PageReply
    from wheelclash.index.settings import IndexSettings

__all__ = ["FRESH", "Found", "Links", "PageFetcher", "Source", "project_files", "read_description", "read_links"]

FRESH = 600.0
"""Seconds for which a page is believed without asking again."""


class PageFetcher(Protocol):
    """What fetches pages: :class:`wheelclash.http.client.Fetcher`."""

    def page(self, url: str, *, etag: str | None = None, last_modified: str | None = None) -> PageReply:
        """Fetch a page; see :meth:`wheelclash.http.client.Fetcher.page`."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one index or find-links location has.

    Attributes:
        index: Its URL as in the settings, without credentials.
        files: Of the project asked for; of a find-links location, of every project.
        flat: Whether it is a find-links location: never filtered by upload time.
        withheld: Why the index offers no files (PEP 792), or None.
    """

    index: str
    files: tuple[ProjectFile, ...]
    flat: bool = False
    withheld: str | None = None


class Found(NamedTuple):
    """Everything found for one project.

    Attributes:
        sources: Those that know the project, and every find-links location. For equal files the later one is
            preferred: pip prefers indexes to find-links, uv find-links to indexes.
        asked: Every index that was asked, for messages.
        from_cache: How many pages no request was made for.
        notes: What was dropped or odd, a sentence each.
    """

    sources: tuple[Source, ...]
    asked: tuple[str, ...] = ()
    from_cache: int = 0
    notes: tuple[str, ...] = ()


class _Answer(NamedTuple):
    page: Page | None
    cached: bool = False


def project_files(
    name: str,
    settings: IndexSettings,
    fetcher: PageFetcher,
    cache: Cache,
    *,
    offline: bool = False,
    clock: Callable[[], float] = time.time,
    fresh: float = FRESH,
    links: Links | None = None,
) -> Found:
    """Return every file the block of settings offers for a project.

    With ``first-index``, indexes are asked one after the other until one knows the project: the later ones never
    learn what is looked for. With ``merge``, all are asked at once. Find-links are always added.

    Args:
        name: Normalised project name.
        settings: The index settings that count.
        fetcher: Asks over http(s).
        cache: Keeps pages, by URL.
        offline: Believe kept pages however old they are.
        clock: Seconds since the epoch, like ``time.time``.
        fresh: Seconds for which a kept page is believed.
        links: The find-links locations, if they have been read (:func:`read_links`); they hold every project.

    Raises:
        FetchError: An index or page could not be read; that it does not know the project is no error.
    """
    reader = _Reader(fetcher, cache, offline=offline, clock=clock, fresh=fresh)
    pages = [(index, _page_url(index, name)) for index in settings.indexes]
    if links is None:
        links = read_links(settings, fetcher, cache, offline=offline, clock=clock)
    answers: list[_Answer] = []
    if settings.strategy == "merge":
        answers = run_all([partial(reader.page, url) for _, url in pages])
    else:
        for _, url in pages:
            answers.append(reader.page(url))
            if answers[-1].page is not None:
                break
    known = list(zip((index for index, _ in pages), answers, strict=False))
    sources = [
        Source(index, answer.page.files, withheld=answer.page.withheld) for index, answer in known if answer.page
    ]
    flat = [Source(link, files.get(name, ()), flat=True) for link, files in links.files]
    notes = (note for answer in answers if answer.page for note in answer.page.notes)
    return Found(
        sources=(*flat, *sources) if settings.strategy == "merge" else (*sources, *flat),
        asked=tuple(index for index, _ in known) + settings.find_links,
        from_cache=sum(answer.cached for answer in answers) + links.from_cache,
        notes=tuple(dict.fromkeys([*links.notes, *notes])),
    )


class Links(NamedTuple):
    """What the find-links locations have, read once for all projects.

    Attributes:
        files: For each location its URL, and the files there by normalised project name.
        from_cache: How many locations no request was made for.
        notes: What was dropped or odd.
    """

    files: tuple[tuple[str, Mapping[str, tuple[ProjectFile, ...]]], ...]
    from_cache: int
    notes: tuple[str, ...]


def read_links(
    settings: IndexSettings,
    fetcher: PageFetcher,
    cache: Cache,
    *,
    offline: bool = False,
    clock: Callable[[], float] = time.time,
) -> Links:
    """Read every find-links location of a block; arguments as :func:`project_files`'.

    Raises:
        FetchError: One of them could not be read.
    """
    reader = _Reader(fetcher, cache, offline=offline, clock=clock)
    answers = run_all([partial(reader.flat, link) for link in settings.find_links])
    pages = [answer.page for answer in answers if answer.page]
    return Links(
        files=tuple((link, _by_project(page.files)) for link, page in zip(settings.find_links, pages, strict=True)),
        from_cache=sum(answer.cached for answer in answers),
        notes=tuple(dict.fromkeys(note for page in pages for note in page.notes)),
    )


def _by_project(files: Iterable[ProjectFile]) -> dict[str, tuple[ProjectFile, ...]]:
    by_name: dict[str, list[ProjectFile]] = {}
    for file in files:
        name = project_of(file.filename)
        if name is not None:
            by_name.setdefault(name, []).append(file)
    return {name: tuple(item) for name, item in by_name.items()}


def _page_url(index: str, name: str) -> str:
    """Return ``…/simple/NAME/`` (PEP 503); of a local index, the file in that folder."""
    path = urlsplit(index)
    folder = path._replace(path=f"{path.path.rstrip('/')}/{quote(name)}/").geturl()
    return folder + "index.html" if path.scheme == "file" else folder


class _Reader:
    """Gets pages: from the cache, the disk, or the network."""

    def __init__(
        self, fetcher: PageFetcher, cache: Cache, *, offline: bool, clock: Callable[[], float], fresh: float = FRESH
    ) -> None:
        self._fetcher = fetcher
        self._cache = cache
        self._offline = offline
        self._clock = clock
        self._fresh = fresh

    def flat(self, link: str) -> _Answer:
        """Return a find-links location: a folder of files, or a page of links."""
        path = local_path(link)
        if path is not None and path.is_dir():
            return _Answer(Page(tuple(_folder(path))))
        answer = self.page(link)
        if answer.page is None:  # no wheel of it will be found: that is not the same as an unknown project
            raise FetchError(link, "unreachable", "there is no such page to find links in")
        return answer

    def page(self, url: str) -> _Answer:
        """Return a page; its ``page`` is None if there is none (404, or no such file)."""
        path = local_path(url)
        if path is not None:
            return _Answer(_local_page(path, url))
        kept = _Kept.of(self._cache.get("page", url))
        now = self._clock()
        if kept is not None and (self._offline or 0 <= now - kept.fetched < self._fresh):
            return _Answer(kept.page, cached=True)
        return self._fetch(url, kept, now)

    def _fetch(self, url: str, kept: _Kept | None, now: float) -> _Answer:
        etag, last_modified = (kept.etag, kept.last_modified) if kept is not None else (None, None)
        try:
            reply = self._fetcher.page(url, etag=etag, last_modified=last_modified)
        except FetchError as error:
            if error.code != "not-found":
                raise
            self._cache.put("page", url, _Kept(now, None, None, None).row())
            return _Answer(None)
        if reply.status == 304 and kept is not None:  # noqa: PLR2004 - Not Modified
            page = kept.page
            etag, last_modified = reply.etag or etag, reply.last_modified or last_modified
        else:
            page = parse_page(reply.body, url=reply.url, content_type=reply.content_type)
            etag, last_modified = reply.etag, reply.last_modified
        self._cache.put("page", url, _Kept(now, etag, last_modified, page).row())
        return _Answer(page)


def read_description(
    file: ProjectFile,
    fetcher: PageFetcher,
    cache: Cache,
    *,
    offline: bool = False,
    clock: Callable[[], float] = time.time,
) -> bytes:
    """Return the file that describes the wheel variants of a release.

    It changes when a variant is added: like a page it is believed for ten minutes, and then the index is asked again.
    That it has another hash than the page says is no error if the page is older.

    Args:
        file: As the page describes it.
        fetcher: Asks over http(s).
        cache: Keeps it, by URL.
        offline: Believe what is kept, however old it is.
        clock: Seconds since the epoch, like ``time.time``.

    Raises:
        FetchError: It cannot be had.
    """
    path = local_path(file.url)
    if path is not None:
        try:
            return read_file(path, LARGEST_JSON)
        except TooLargeError as error:
            raise FetchError(file.url, "too-large", f"it has more than {error.limit} bytes") from None
        except OSError as error:
            raise FetchError(file.url, "unreachable", f"it cannot be read ({error.strerror})") from None
    row = cache.get("variants", file.url)
    kept: Mapping[str, Any] = row if isinstance(row, dict) else {}
    text, fetched = kept.get("text"), kept.get("fetched")
    is_fresh = isinstance(fetched, int | float) and (offline or 0 <= clock() - fetched < FRESH)
    if isinstance(text, str) and is_fresh:
        return text.encode()
    validators = {name: kept.get(name) for name in ("etag", "last_modified")} if isinstance(text, str) else {}
    reply = fetcher.page(file.url, **validators)
    body = str(text).encode() if validators and reply.status == 304 else reply.body  # noqa: PLR2004 - Not Modified
    if len(body) > LARGEST_JSON:
        raise FetchError(file.url, "too-large", f"it has more than {LARGEST_JSON} bytes")
    text = body.decode("utf-8", "replace")
    etag, last_modified = (reply.etag or kept.get("etag"), reply.last_modified or kept.get("last_modified"))
    cache.put("variants", file.url, {"fetched": clock(), "etag": etag, "last_modified": last_modified, "text": text})
    return body


class _Kept(NamedTuple):
    """A page as it lies in the cache; ``page`` is None if the index does not know the project."""

    fetched: float
    etag: str | None
    last_modified: str | None
    page: Page | None

    def row(self) -> dict[str, Any]:
        """Return its fields as values for JSON."""
        page = self.page
        return {
            "fetched": self.fetched,
            "etag": self.etag,
            "last_modified": self.last_modified,
            "files": None if page is None else [list(file) for file in page.files],
            "withheld": None if page is None else page.withheld,
            "notes": [] if page is None else list(page.notes),
        }

    @classmethod
    def of(cls, row: Any) -> _Kept | None:
        """Return what was kept, from JSON; None if it is nothing that was kept here."""
        if not isinstance(row, dict):
            return None
        try:
            fetched, files = row["fetched"], row["files"]
            files_again = usable(files)
            if not isinstance(fetched, (int, float)) or (files is not None and files_again is None):
                return None
            page = None if files_again is None else Page(files_again, row["withheld"], tuple(row["notes"]))
            return cls(float(fetched), row["etag"], row["last_modified"], page)
        except (KeyError, TypeError):
            return None


# -- on disk -----------------------------------------------------------------------------------------------


def _local_page(path: Path, url: str) -> Page | None:
    """Return a page on disk; None if it is not there, which for a local index means: no such project."""
    try:
        body = read_file(path, MAX_PAGE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except TooLargeError as error:
        raise FetchError(url, "too-large", f"the page has more than {error.limit} bytes") from None
    except OSError as error:
        if isinstance(error, IrregularFileError) and error.is_folder:
            return None
        raise FetchError(url, "unreachable", f"the page cannot be read ({error.strerror})") from None
    kind = "application/json" if path.suffix == ".json" else "text/html"
    return parse_page(body, url=url, content_type="" if body.lstrip()[:1] == b"{" else kind)


def _folder(path: Path) -> Iterator[ProjectFile]:
    """Yield the files of a folder, by name; sizes only of wheels."""
    try:
        entries = sorted((entry for entry in os.scandir(path)), key=lambda entry: entry.name)
    except OSError as error:
        raise FetchError(path.as_uri(), "unreachable", f"the folder cannot be read ({error.strerror})") from None
    base = path.absolute().as_uri() + "/"
    for entry in entries:
        wheel = entry.name.lower().endswith(".whl")
        if wheel or entry.name.lower().endswith((".tar.gz", ".zip", DESCRIPTION)):
            size = entry.stat().st_size if entry.is_file() else None  # no file: a broken link
            file = project_file(filename=entry.name, link=quote(entry.name), base=base, size=size)
            if file is not None:
                yield file
