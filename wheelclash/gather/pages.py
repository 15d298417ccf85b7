"""What the indexes have of projects, each looked up once and all at the same time; and files that locks only name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.errors import FetchError
from wheelclash.index.client import Found, Links, project_files, read_links

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.index.page import ProjectFile
    from wheelclash.index.settings import IndexSettings
    from wheelclash.resolve.requirement import Asked
    from wheelclash.resolve.selection import Unlocated
    from wheelclash.wheel.reader import WheelReader

__all__ = ["find_file", "links_of", "locate", "look_up", "look_up_all", "look_up_in"]


def look_up_all(asked: Iterable[Asked], settings: IndexSettings, reader: WheelReader) -> dict[str, Found | FetchError]:
    """Map names to what the indexes have of each project, all looked up at the same time."""
    names = sorted({requirement.name or "" for requirement in asked})
    links = links_of(settings, reader) if names else None
    calls = [partial(look_up, name, settings, reader, links) for name in names]
    return dict(zip(names, reader.fetcher.progress.run_all("pages", calls), strict=True))


def links_of(settings: IndexSettings, reader: WheelReader) -> Links | FetchError | None:
    """Return what the find-links locations have, read once for all projects; None if there are none."""
    if not settings.find_links:
        return None
    try:
        return read_links(settings, reader.fetcher, reader.cache, offline=reader.fetcher.offline)
    except FetchError as error:
        return error


def look_up(
    name: str, settings: IndexSettings, reader: WheelReader, links: Links | FetchError | None = None
) -> Found | FetchError:
    """Return what the indexes have of a project, or why that is not known.

    Args:
        name: Normalised.
        settings: Where indexes are.
        reader: Holds the client and the cache.
        links: What :func:`links_of` returned for these settings.
    """
    if isinstance(links, FetchError):
        return links
    offline = reader.fetcher.offline
    try:
        return project_files(name, settings, reader.fetcher, reader.cache, offline=offline, links=links)
    except FetchError as error:
        return error


def locate(
    wanted: Iterable[Unlocated], settings: IndexSettings, reader: WheelReader
) -> dict[Unlocated, Candidate | Skip]:
    """Find in the index the wheels that locks only name, by file name and hash; look up each project once."""
    unlocated = list(dict.fromkeys(wanted))
    pages = look_up_in([(wheel.candidate.name, wheel.index) for wheel in unlocated], settings, reader)
    return {wheel: _located(wheel.candidate, pages[wheel.candidate.name, wheel.index]) for wheel in unlocated}


def look_up_in(
    projects: Iterable[tuple[str, str | None]], settings: IndexSettings, reader: WheelReader
) -> dict[tuple[str, str | None], Found | FetchError]:
    """Map names and indexes to what that index, or those of the settings, have of each project."""
    places = list(dict.fromkeys(projects))

    links = links_of(settings, reader) if any(index is None for _, index in places) else None

    def look_up_at(name: str, index: str | None) -> Found | FetchError:
        if index is None:
            return look_up(name, settings, reader, links)
        where = replace(settings, index_url=index, extra_index_urls=(), find_links=())
        return look_up(name, where, reader)

    calls = [partial(look_up_at, *place) for place in places]
    return dict(zip(places, reader.fetcher.progress.run_all("pages", calls), strict=True))


def _located(candidate: Candidate, page: Found | FetchError) -> Candidate | Skip:
    entry = find_file(candidate.filename, candidate.sha256, candidate.requested, page)
    if isinstance(entry, Skip):
        return entry
    index, file = entry
    return replace(candidate, url=file.url, index=index, size=file.size, core_metadata_sha256=file.core_metadata_sha256)


def find_file(
    filename: str, sha256: str | None, requirement: str, page: Found | FetchError
) -> tuple[str, ProjectFile] | Skip:
    """Return the index that has a file of this name and hash, and the file; or why there is none."""
    if isinstance(page, FetchError):
        return Skip(requirement, page.code, str(page))
    for source in page.sources:
        for file in source.files:
            if file.filename == filename and (sha256 is None or file.sha256 in {None, sha256}):
                return source.index, file
    return Skip(requirement, "not-found", f"the index has no {filename} with the hash the lock gives")
