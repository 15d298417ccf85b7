"""The library end to end, by where wheels come from: indexes of every kind, find-links, several at once."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from tests.test_session import LEFT, OTHER, RIGHT, new_session, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from wheelclash import Report

NEWER = Wheel("left", "2.0", files={"m.py": "2"})


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        index.add(LEFT, RIGHT, OTHER)
        yield index


def answer(
    *requirements: str, index: LoopbackIndex | None = None, more: dict[str, Any] | None = None, **flags: Any
) -> Report:
    """Ask once, nothing kept; ``more`` are options besides the index flags."""
    asked = options(index, **flags)
    if more is not None:
        asked |= more
    with new_session() as session:
        return session.check(requirements, **asked)


def chosen(report: Report) -> dict[str, str]:
    """Versions by name."""
    return {each.name: each.version for each in report.distributions}


def shown(report: Report) -> list[tuple[str, str, str, str]]:
    return [(each.root, each.path, each.kind, each.severity) for each in report.overlaps]


def file_index(folder: Path, wheels: Sequence[Wheel]) -> str:
    """A local index: a folder of pages, one for each project, with relative links."""
    for wheel in wheels:
        page = folder / "simple" / wheel.name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        wheel.write(folder / "files")
        link = f'<a href="../../files/{html.escape(wheel.filename)}">{wheel.filename}</a>\n'
        before = page.read_text() if page.is_file() else "<!DOCTYPE html><html><body>\n"
        page.write_text(before + link)
    return (folder / "simple").as_uri()


# -- every kind of index -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["json", "json without sizes", "html", "no validators", "file", "folder", "links"])
def test_every_kind_of_index_gives_the_same_answer(kind: str, index: LoopbackIndex, tmp_path: Path) -> None:
    expected = shown(answer("left", "right", "other", index=index))
    index.forget()
    index.html_only = kind == "html"
    index.with_size = kind != "json without sizes"
    index.validators = kind != "no validators"
    flags: dict[str, dict[str, Any]] = {
        "file": {"index_url": file_index(tmp_path / "local", [LEFT, RIGHT, OTHER])},
        "folder": {"no_index": True, "find_links": (str(index.folder),)},
        "links": {"no_index": True, "find_links": (index.links,)},
    }
    report = answer("left", "right", "other", **flags.get(kind, {"index_url": index.simple}))
    assert shown(report) == expected != []
    assert not report.skipped
    assert (index.requests == []) == (kind in {"file", "folder"})
    local = kind in {"file", "folder"}
    assert {each.evidence for each in report.distributions} == ({"local"} if local else {"full"})


def test_an_absent_folder_of_a_local_index_is_an_unknown_project(tmp_path: Path) -> None:
    report = answer("left", "right", "unknown", index_url=file_index(tmp_path, [LEFT, RIGHT]))
    assert [(each.requirement, each.code) for each in report.skipped] == [("unknown", "not-found")]
    assert report.exit_code() == 1, "an overlap outweighs a skip"


def test_a_page_of_links_is_asked_for_once(index: LoopbackIndex) -> None:
    answer("left", "right", "other", no_index=True, find_links=(index.links,))
    assert len(index.asked("/links/*")) == 1


def test_wheels_on_disk_and_on_an_index_are_compared(index: LoopbackIndex, tmp_path: Path) -> None:
    """What a build tool asks: does the wheel just built go with what is published."""
    path = Wheel("mine", files={"m.py": "mine"}).write(tmp_path / "dist")
    report = answer(str(path), "left", index=index)
    assert shown(report) == [("site-packages", "m.py", "different", "error")]
    assert {each.name: each.evidence for each in report.distributions} == {"mine": "local", "left": "full"}


# -- choosing ------------------------------------------------------------------------------------------------


def test_a_yanked_release_is_taken_only_when_pinned(index: LoopbackIndex) -> None:
    index.add(NEWER)
    index.facts(NEWER.filename).yanked = "broken"
    assert chosen(answer("left", "right", index=index))["left"] == "1.0"
    assert chosen(answer("left==2.0", "right", index=index))["left"] == "2.0"


def test_a_day_in_the_past(index: LoopbackIndex) -> None:
    """What an index got later is left out; a file without a date too, and the report says so."""
    index.add(NEWER)
    index.facts(NEWER.filename).upload_time = "2025-06-01T00:00:00Z"
    index.facts(OTHER.filename).upload_time = None
    moment = datetime(2025, 3, 2, tzinfo=UTC)
    report = answer("left", "right", "other", index=index, more={"exclude_newer": moment})
    assert chosen(report) == {"left": "1.0", "right": "1.0"}
    assert [(each.requirement, each.code) for each in report.skipped] == [("other", "no-wheel")]
    assert any("other" in each for each in report.warnings)
    later = answer("left", "right", index=index, more={"exclude_newer": datetime(2025, 6, 2, tzinfo=UTC)})
    assert chosen(later)["left"] == "2.0"


def test_requires_python_keeps_a_release_from_the_target(index: LoopbackIndex) -> None:
    index.add(NEWER)
    index.facts(NEWER.filename).requires_python = ">=3.13"
    assert chosen(answer("left", "right", index=index))["left"] == "1.0"


# -- skips ---------------------------------------------------------------------------------------------------


def test_one_wheel_that_cannot_be_read_is_a_skip_among_the_others(index: LoopbackIndex) -> None:
    """The others are compared, and the report says that it is not complete."""
    index.add_file("broken-1.0-py3-none-any.whl", b"no zip at all")
    index.add_file("source-1.0.tar.gz", b"")
    index.add(Wheel("foreign", tag="cp312-cp312-win_amd64"))
    index.fault("/simple/gone/", "status", status=403)
    report = answer("left", "right", "broken", "source", "foreign", "gone", "absent", index=index)
    codes = {each.requirement: each.code for each in report.skipped}
    assert codes == {
        "broken": "unreadable", "source": "no-wheel", "foreign": "no-wheel", "gone": "unauthorized",
        "absent": "not-found",
    }  # fmt: skip
    assert chosen(report) == {"left": "1.0", "right": "1.0"}
    assert report.summary.errors == 2
    assert not report.complete
    assert report.exit_code() == 1
    quiet = answer("left", "other", "broken", index=index)
    assert (quiet.exit_code(), quiet.exit_code(allow_incomplete=True)) == (3, 0)
    nothing = answer("left", "broken", "absent", index=index)
    assert nothing.exit_code() == 2


def test_an_index_that_is_down_is_a_skip_of_all_its_projects(index: LoopbackIndex) -> None:
    index.fault("/simple/*", "status", status=404)
    report = answer("left", "right", index=index)
    assert report.exit_code() == 2
    assert {each.code for each in report.skipped} == {"not-found"}


# -- several indexes -----------------------------------------------------------------------------------------


@pytest.fixture
def public(tmp_path: Path) -> Iterator[LoopbackIndex]:
    """An index on which somebody else has a newer ``left``."""
    with LoopbackIndex(tmp_path / "public") as public:
        public.add(NEWER, RIGHT)
        yield public


def test_the_first_index_that_knows_a_project_is_believed(index: LoopbackIndex, public: LoopbackIndex) -> None:
    """Extras come first: nobody's newer release of a private name gets in, and the other index never hears of it."""
    report = answer("left", "right", index_url=public.simple, extra_index_urls=(index.simple,))
    assert chosen(report)["left"] == "1.0"
    assert {each.index for each in report.distributions} == {index.simple}
    assert public.requests == []


def test_merging_takes_the_best_version_of_all(index: LoopbackIndex, public: LoopbackIndex) -> None:
    flags: dict[str, Any] = {
        "index_url": public.simple,
        "extra_index_urls": (index.simple,),
        "strategy": "unsafe-best-match",
    }
    report = answer("left", "right", "other", **flags)
    assert chosen(report) == {"left": "2.0", "right": "1.0", "other": "1.0"}
    by_name = {each.name: each.index for each in report.distributions}
    assert by_name["left"] == public.simple, "the report says which index it came from"
    assert by_name["other"] == index.simple
    assert len(public.page_requests) == len(index.page_requests) == 3


@pytest.mark.parametrize(
    ("environ", "version"),
    [
        ({"UV_INDEX_URL": "{public}", "UV_EXTRA_INDEX_URL": "{private}"}, "1.0"),
        ({"PIP_INDEX_URL": "{public}", "PIP_EXTRA_INDEX_URL": "{private}"}, "2.0"),
    ],
    ids=["uv's rule", "pip's rule"],
)
def test_whose_settings_they_are_decides_the_strategy(
    environ: Mapping[str, str],
    version: str,
    index: LoopbackIndex,
    public: LoopbackIndex,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {key: text.format(public=public.simple, private=index.simple) for key, text in environ.items()}
    variables |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path)}
    variables |= {"PIP_CONFIG_FILE": "/dev/null"}
    report = answer("left", "right", more={"index": None, "use_config": True, "environ": variables})
    assert chosen(report)["left"] == version


def test_find_links_are_added_to_every_index(index: LoopbackIndex, tmp_path: Path) -> None:
    NEWER.write(tmp_path / "links")
    report = answer("left", "right", index=index, find_links=(str(tmp_path / "links"),))
    assert chosen(report) == {"left": "2.0", "right": "1.0"}
