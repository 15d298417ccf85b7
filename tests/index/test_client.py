"""Asking indexes: which, in what order, how often, and what is kept of the answers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import quick_fetcher
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.errors import FetchError
from wheelclash.http.cache import Cache
from wheelclash.index.client import FRESH, Found, project_files
from wheelclash.index.settings import IndexSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Clock:
    """Seconds that pass when told to."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Asker:
    """Asks as one machine would: one cache, one clock, a new client each time."""

    folder: Path | None
    clock: Clock
    fetcher_options: dict[str, Any]

    def ask(self, name: str, settings: IndexSettings, *, offline: bool = False) -> Found:
        fetcher = quick_fetcher(offline=offline, **self.fetcher_options)
        try:
            return project_files(name, settings, fetcher, Cache(self.folder), offline=offline, clock=self.clock)
        finally:
            fetcher.close()


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    return Asker(tmp_path / "cache", Clock(), {})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "first") as running:
        yield running


@pytest.fixture
def second(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "second") as running:
        yield running


def settings(*indexes: str, find_links: tuple[str, ...] = (), merge: bool = False) -> IndexSettings:
    """The first is the main index, the others are extra."""
    main, extra = (indexes[0], indexes[1:]) if indexes else (None, ())
    return IndexSettings("flags", "flags", main, tuple(extra), find_links, strategy="merge" if merge else "first-index")


def names(found: Found) -> list[str]:
    return [file.filename for source in found.sources for file in source.files]


# -- one index --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("html_only", [False, True])
def test_a_project_is_one_request(index: LoopbackIndex, asker: Asker, *, html_only: bool) -> None:
    index.html_only = html_only
    index.add(Wheel("left"), Wheel("left", version="2.0"))
    found = asker.ask("left", settings(index.simple))
    assert names(found) == ["left-1.0-py3-none-any.whl", "left-2.0-py3-none-any.whl"]
    assert found.sources[0].files[0].sha256 == index.facts("left-1.0-py3-none-any.whl").sha256
    assert found.sources[0].files[0].url == index.file_url("left-1.0-py3-none-any.whl")
    assert [request.path for request in index.requests] == ["/simple/left/"]


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_index_is_the_same_with_and_without_its_last_slash(index: LoopbackIndex, asker: Asker, slash: str) -> None:
    index.add(Wheel("left"))
    assert names(asker.ask("left", settings(index.simple.rstrip("/") + slash))) != []


def test_an_unknown_project_is_no_error_and_is_kept_too(index: LoopbackIndex, asker: Asker) -> None:
    for _ in range(2):
        found = asker.ask("nobody", settings(index.simple))
        assert (found.sources, found.asked) == ((), (index.simple,))
    assert len(index.requests) == 1
    assert found.from_cache == 1


def test_an_index_that_fails_is_an_error(index: LoopbackIndex, asker: Asker) -> None:
    index.fault("/simple/*", "status", status=403)
    with pytest.raises(FetchError) as caught:
        asker.ask("left", settings(index.simple))
    assert caught.value.code == "unauthorized"


# -- keeping pages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("validators", [True, False])
def test_a_page_is_believed_for_ten_minutes_then_revalidated(
    index: LoopbackIndex, asker: Asker, *, validators: bool
) -> None:
    index.validators = validators
    index.add(Wheel("left"))
    first = asker.ask("left", settings(index.simple))
    asker.clock.now += FRESH - 1
    again = asker.ask("left", settings(index.simple))
    assert len(index.requests) == 1
    assert (again.sources, again.from_cache) == (first.sources, 1)
    asker.clock.now += 2
    assert asker.ask("left", settings(index.simple)).sources == first.sources
    assert len(index.requests) == 2
    assert (index.requests[1].headers.get("if-none-match") is not None) == validators
    asker.ask("left", settings(index.simple))
    assert len(index.requests) == 2  # fresh for another ten minutes


def test_a_page_that_changed_is_taken_anew(index: LoopbackIndex, asker: Asker) -> None:
    index.add(Wheel("left"))
    asker.ask("left", settings(index.simple))
    index.add(Wheel("left", version="2.0"))
    asker.clock.now += FRESH + 1
    assert len(names(asker.ask("left", settings(index.simple)))) == 2


def test_a_clock_set_back_makes_no_page_fresh_for_ever(index: LoopbackIndex, asker: Asker) -> None:
    index.add(Wheel("left"))
    asker.ask("left", settings(index.simple))
    asker.clock.now -= 1_000
    asker.ask("left", settings(index.simple))
    assert len(index.requests) == 2


def test_offline_believes_old_pages_and_asks_for_none(index: LoopbackIndex, asker: Asker) -> None:
    index.add(Wheel("left"))
    first = asker.ask("left", settings(index.simple))
    asker.clock.now += 100 * FRESH
    assert asker.ask("left", settings(index.simple), offline=True).sources == first.sources
    with pytest.raises(FetchError) as caught:
        asker.ask("right", settings(index.simple), offline=True)
    assert caught.value.code == "offline"
    assert len(index.requests) == 1


@pytest.mark.parametrize(
    "row", [[], {"fetched": "now", "files": []}, {"fetched": 1e6, "files": [[1]]}, {"fetched": 1e6}]
)
def test_a_kept_page_that_makes_no_sense_is_fetched_anew(index: LoopbackIndex, asker: Asker, row: object) -> None:
    index.add(Wheel("left"))
    Cache(asker.folder).put("page", index.page_url("left"), row)
    assert names(asker.ask("left", settings(index.simple))) != []


def test_fresh_pages_need_no_client(index: LoopbackIndex, asker: Asker, tmp_path: Path) -> None:
    """The very point of keeping them: importing the client costs more than the answer."""
    index.add(Wheel("left"))
    block = settings(index.simple, find_links=(tmp_path.as_uri(),))
    asker.ask("left", block)
    code = (
        "import sys; from pathlib import Path; from wheelclash.http.cache import Cache\n"
        "from wheelclash.index.client import project_files; from wheelclash.index.settings import IndexSettings\n"
        f"block = IndexSettings('flags', '', {index.simple!r}, (), ({tmp_path.as_uri()!r},))\n"
        f"cache = Cache(Path({str(asker.folder)!r}))\n"
        f"found = project_files('left', block, None, cache, clock=lambda: {asker.clock.now})\n"
        "assert found.sources[0].files\n"
        "heavy = {'asyncio', 'httpx', 'pydantic', 'html.parser', 'email'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    assert len(index.requests) == 1


# -- several ----------------------------------------------------------------------------------------------------


def test_the_first_index_that_has_the_project_ends_the_search(
    index: LoopbackIndex, second: LoopbackIndex, asker: Asker
) -> None:
    """Extras come first, and the main index never learns of a name an extra one has."""
    index.add(Wheel("left", version="9.9"))
    second.add(Wheel("left"))
    found = asker.ask("left", settings(index.simple, second.simple))
    assert [source.index for source in found.sources] == [second.simple]
    assert index.requests == []
    assert found.asked == (second.simple,)


def test_the_main_index_is_asked_where_no_extra_one_knows(
    index: LoopbackIndex, second: LoopbackIndex, asker: Asker
) -> None:
    index.add(Wheel("left"))
    found = asker.ask("left", settings(index.simple, second.simple))
    assert [source.index for source in found.sources] == [index.simple]
    assert len(second.requests) == 1


def test_merging_asks_all_of_them(index: LoopbackIndex, second: LoopbackIndex, asker: Asker) -> None:
    index.add(Wheel("left"))
    second.add(Wheel("left", version="2.0"))
    found = asker.ask("left", settings(index.simple, second.simple, merge=True))
    assert [source.index for source in found.sources] == [index.simple, second.simple]


def test_find_links_are_added_to_whatever_the_indexes_have(
    index: LoopbackIndex, second: LoopbackIndex, asker: Asker, tmp_path: Path
) -> None:
    index.add(Wheel("left"))
    second.add(Wheel("left", version="2.0"), Wheel("right"))
    wheel = Wheel("left", version="3.0").write(tmp_path / "wheels")
    (tmp_path / "wheels" / "notes.txt").touch()
    (tmp_path / "wheels" / "gone-1-py3-none-any.whl").symlink_to("nowhere")
    found = asker.ask("left", settings(index.simple, find_links=(wheel.parent.as_uri(), second.links)))
    main, folder, page = found.sources
    assert [(file.filename, file.size) for file in folder.files if file.size] == [(wheel.name, wheel.stat().st_size)]
    assert folder.files[-1].url == wheel.as_uri()
    assert [file.filename for file in page.files] == ["left-2.0-py3-none-any.whl"]
    assert (folder.flat, page.flat, main.flat) == (True, True, False)


def test_find_links_that_are_not_there_are_an_error(index: LoopbackIndex, asker: Asker) -> None:
    with pytest.raises(FetchError) as caught:
        asker.ask("left", settings(find_links=(index.url + "/nowhere/",)))
    assert caught.value.code == "unreachable"


# -- on disk ----------------------------------------------------------------------------------------------------


def test_a_local_index_is_a_folder_of_pages(tmp_path: Path, asker: Asker) -> None:
    wheel = Wheel("left").write(tmp_path / "files")
    page = tmp_path / "simple" / "left" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="../../files/{wheel.name}">x</a>')
    local = settings((tmp_path / "simple").as_uri())
    assert asker.ask("left", local).sources[0].files[0].url == wheel.as_uri()
    assert asker.ask("right", local).sources == ()
    page.write_text("")
    assert asker.ask("left", local).sources[0].files == ()  # read anew each time
    assert not (tmp_path / "cache").exists()
