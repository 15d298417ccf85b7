"""Choosing: which wheel an installer would take, and why none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.wheelmaker import Wheel
from wheelclash.core.distribution import Candidate, Choice, Skip
from wheelclash.http.urls import Credentials
from wheelclash.index.client import Found, Source
from wheelclash.index.page import ProjectFile
from wheelclash.index.simple_api import parse_page
from wheelclash.resolve.choose import choose, choose_direct
from wheelclash.resolve.requirement import parse
from wheelclash.target.target import Target, target_for

LINUX = target_for("3.12", "x86_64-manylinux_2_28")
INDEX = "https://index.example/simple/"


def file(filename: str, **more: Any) -> ProjectFile:
    return ProjectFile(filename, f"https://files.example/{filename}", **more)


def source(*files: ProjectFile | str, index: str = INDEX, **more: Any) -> Source:
    return Source(index, tuple(file(each) if isinstance(each, str) else each for each in files), **more)


def chosen(
    requirement: str, *sources: Source | ProjectFile | str, target: Target = LINUX, **more: Any
) -> Candidate | Skip:
    loose = [each for each in sources if not isinstance(each, Source)]
    whole = [each for each in sources if isinstance(each, Source)]
    asked = parse(requirement, cwd=Path("/nowhere"), credentials=Credentials())
    found = Found((*([source(*loose)] if loose else []), *whole), (INDEX,))
    return choose(asked, found, target, **more)


def taken(choice: Choice) -> Candidate:
    assert isinstance(choice, Candidate), choice
    return choice


def skipped(choice: Choice) -> Skip:
    assert isinstance(choice, Skip), choice
    return choice


ANY = "py3-none-any.whl"


@pytest.mark.parametrize(
    ("requirement", "files", "version"),
    [
        ("a", ["a-1.0-" + ANY, "a-1.10-" + ANY, "a-1.9-" + ANY], "1.10"),
        ("a<1.10", ["a-1.0-" + ANY, "a-1.10-" + ANY, "a-1.9-" + ANY], "1.9"),
        ("a", ["a-1.0-" + ANY, "a-2.0rc1-" + ANY, "a-2.0.dev1-" + ANY], "1.0"),
        ("a", ["a-2.0rc1-" + ANY, "a-2.0b1-" + ANY], "2.0rc1"),
        ("a>=2.0b1", ["a-1.0-" + ANY, "a-2.0rc1-" + ANY], "2.0rc1"),
        ("a>1.0", ["a-1.0-" + ANY, "a-2.0rc1-" + ANY], "2.0rc1"),
        ("a==1.0", ["a-1.0-" + ANY, "a-1.0+cpu-" + ANY], "1.0+cpu"),
        ("a==1.0+cpu", ["a-1.0-" + ANY, "a-1.0+cpu-" + ANY], "1.0+cpu"),
        ("a===1.0", ["a-1.0-" + ANY, "a-1.0+cpu-" + ANY], "1.0"),
        ("a", ["a-1.0-" + ANY, "a-1.0.post1-" + ANY], "1.0.post1"),
        ("a", ["a-1!0.1-" + ANY, "a-9.0-" + ANY], "1!0.1"),
        ("A.B", ["a_b-1.0-" + ANY, "A.B-1.1-" + ANY, "a_b_c-2.0-" + ANY, "a-b-3.0-" + ANY], "1.1"),
        ("a", ["a-1.0-" + ANY, "a-2.0-nonsense.whl", "a-x.y-" + ANY, "a-3-py3-none.whl", "a.whl", ".whl"], "1.0"),
    ],
)
def test_the_best_version_is_taken(requirement: str, files: list[str], version: str) -> None:
    assert taken(chosen(requirement, *files)).version == version


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_17_x86_64"),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp312-cp312-manylinux2014_x86_64"),
        ("cp312-cp312-manylinux2014_x86_64", "cp312-abi3-manylinux_2_28_x86_64"),
        ("cp312-abi3-manylinux2014_x86_64", "cp39-abi3-manylinux_2_28_x86_64"),
        ("cp39-abi3-manylinux1_x86_64", "py3-none-manylinux_2_28_x86_64"),
        ("py3-none-manylinux1_x86_64", "py3-none-any"),
        ("py312-none-any", "py3-none-any"),
        ("2-cp312-cp312-manylinux2014_x86_64", "cp312-cp312-manylinux2014_x86_64"),
        ("10-cp312-cp312-manylinux2014_x86_64", "2-cp312-cp312-manylinux2014_x86_64"),
        ("cp312-cp312-manylinux_2_28_x86_64", "9-cp312-cp312-manylinux2014_x86_64"),
        ("py3-none-any", "cp312-cp312-win_amd64"),
        ("py3-none-any", "cp312-cp312-manylinux_2_29_x86_64"),
        ("py3-none-any", "cp313-cp313-manylinux_2_28_x86_64"),
        ("py3-none-any", "cp312-cp312-musllinux_1_2_x86_64"),
    ],
)
def test_of_one_version_the_best_tag_then_the_higher_build(better: str, worse: str) -> None:
    for order in ((better, worse), (worse, better)):
        assert taken(chosen("a", *(f"a-1-{each}.whl" for each in order))).filename == f"a-1-{better}.whl"


def test_requires_python_is_asked_of_the_target() -> None:
    newer = file("a-2-" + ANY, requires_python=">=3.12.1")
    assert taken(chosen("a", newer, "a-1-" + ANY)).version == "1"
    assert taken(chosen("a", newer, "a-1-" + ANY, target=target_for("3.12.1", "linux"))).version == "2"
    nonsense = file("a-2-" + ANY, requires_python=">=3.7, <3.x")
    assert taken(chosen("a", nonsense, "a-1-" + ANY)).version == "2"
    final = file("a-2-" + ANY, requires_python=">=3.14")
    assert taken(chosen("a", final, "a-1-" + ANY, target=target_for("3.14.0rc1", "linux"))).version == "2"


@pytest.mark.parametrize(
    ("requirement", "version"),
    [("a", "1"), ("a==2", "2"), ("a===2", "2"), ("a==2.*", None), ("a>=2", None), ("a>=2,==2", "2")],
)
def test_a_yanked_file_is_taken_only_where_it_is_pinned(requirement: str, version: str | None) -> None:
    choice = chosen(requirement, file("a-2-" + ANY, yanked="broken"), "a-1-" + ANY)
    if version is None:
        assert "yanked" in skipped(choice).reason
    else:
        assert taken(choice).version == version


def test_a_pin_prefers_what_is_not_yanked() -> None:
    build = file("a-2-2-" + ANY, yanked="")
    assert taken(chosen("a==2", build, "a-2-1-" + ANY)).filename == "a-2-1-" + ANY


def test_of_equal_files_the_later_source_is_taken() -> None:
    first, second = source("a-1-" + ANY, index="https://1.example/"), source("a-1-" + ANY, index="https://2.example/")
    assert taken(chosen("a", first, second)).index == "https://2.example/"
    newer = source("a-2-" + ANY, index="https://1.example/")
    assert taken(chosen("a", newer, second)).index == "https://1.example/"


@pytest.mark.parametrize(
    ("files", "newer"),
    [
        (["a-1-" + ANY, "a-2.tar.gz"], "2"),
        (["a-1-" + ANY, "a-2-cp312-cp312-win_amd64.whl", "a-1.5.zip"], "2"),
        (["a-1-" + ANY, "a-1.tar.gz"], None),
        (["a-1-" + ANY, "a-2rc1.tar.gz"], None),
        (["a-1-" + ANY, "b-2.tar.gz", "a-b-3.tar.gz"], None),
    ],
)
def test_a_newer_release_without_a_wheel_is_told(files: list[str], newer: str | None) -> None:
    choice = taken(chosen("a", *files))
    assert (choice.version, choice.newer and choice.newer.version) == ("1", newer)


def test_a_newer_release_that_is_yanked_or_not_for_this_python_is_not_told() -> None:
    yanked = file("a-3.tar.gz", yanked="")
    other = file("a-4.tar.gz", requires_python=">=3.99")
    assert taken(chosen("a", "a-1-" + ANY, yanked, other)).newer is None


def test_a_final_release_as_source_lets_no_pre_release_in() -> None:
    """An installer would build it; a pre-release is not what it would install."""
    assert skipped(chosen("a", "a-1.tar.gz", "a-2rc1-" + ANY)).code == "no-wheel"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["a-1-" + ANY], "no release fits ==7; there is 1"),
        (["a-7.tar.gz"], "source only"),
        (["a-7-cp312-cp312-win_amd64.whl", "a-7-cp312-cp312-macosx_11_0_arm64.whl"], "macosx_11_0_arm64, win_amd64"),
        (["a-7-cp310-cp310-manylinux1_x86_64.whl", "a-7-cp312-cp312-win32.whl"], "cp310-cp310"),
        ([file("a-7-" + ANY, requires_python="<3.9")], "requires Python <3.9"),
        ([f"a-{number}-{ANY}" for number in (*range(1, 7), *range(8, 15))], "10, 9, 8, 6, 5, 4 and 7 more"),
    ],
)
def test_without_a_wheel_the_reason_lists_what_there_is(files: list[str], said: str) -> None:
    skip = skipped(chosen("a==7", *files))
    assert (skip.code, skip.requirement) == ("no-wheel", "a==7")
    assert said in skip.reason
    assert "\n" not in skip.reason


def test_an_unknown_name_gets_near_ones() -> None:
    skip = skipped(chosen("nixl-cu21", known=["nixl-cu12", "nixl-cu13", "numpy", "nixl-cu21"]))
    assert skip.code == "not-found"
    assert set(skip.near) == {"nixl-cu12", "nixl-cu13"}
    assert INDEX in skip.reason


def test_a_project_without_files_is_not_unknown() -> None:
    assert skipped(chosen("a", source())).code == "no-wheel"
    quarantined = skipped(chosen("a", source(withheld="malware")))
    assert quarantined.code == "quarantined"
    assert "malware" in quarantined.reason
    assert skipped(chosen("a", source("b-1-" + ANY, flat=True))).code == "not-found"


def test_a_day_in_the_past_leaves_newer_files_out() -> None:
    notes: list[str] = []
    files = (
        file("a-1-" + ANY, upload_time="2025-01-01T00:00:00Z"),
        file("a-2-" + ANY, upload_time="2025-03-01T00:00:00+00:00"),
        file("a-3-" + ANY, upload_time="2025-03-01T00:00:01Z"),
        file("a-4-" + ANY),
        file("a-5-" + ANY, upload_time="yesterday"),
    )
    moment = datetime(2025, 3, 1, 0, 0, 1, tzinfo=UTC)
    assert taken(chosen("a", *files, exclude_newer=moment, note=notes.append)).version == "2"
    assert len(notes) == 1
    assert "2 file(s)" in notes[0]
    assert taken(chosen("a", *files, source("a-9-" + ANY, flat=True), exclude_newer=moment)).version == "9"
    early = skipped(chosen("a", *files, exclude_newer=datetime(2020, 1, 1, tzinfo=UTC)))
    assert early.code == "no-wheel"
    assert "2020-01-01" in early.reason


def test_a_candidate_says_all_that_is_known() -> None:
    facts: dict[str, Any] = {"sha256": "a" * 64, "size": 5, "core_metadata_sha256": "b" * 64}
    choice = taken(chosen("A[X]>=1", file("a-1.0.0-" + ANY, **facts)))
    assert choice == Candidate(
        filename="a-1.0.0-" + ANY,
        name="a",
        version="1.0.0",
        url="https://files.example/a-1.0.0-" + ANY,
        index=INDEX,
        requested="A[X]>=1",
        extras=("x",),
        **facts,
    )


def test_a_local_file_of_an_index_has_its_path(tmp_path: Path) -> None:
    wheel = Wheel("a", version="1.0+x y").write(tmp_path)
    local = ProjectFile("a-1.0-" + ANY, wheel.as_uri())
    assert taken(chosen("a", local)).path == wheel


# -- named by path or URL -------------------------------------------------------------------------------------


def direct(text: str, cwd: Path = Path("/nowhere"), target: Target = LINUX) -> Choice:
    return choose_direct(parse(text, cwd=cwd, credentials=Credentials()), target)


def test_a_wheel_on_disk_is_taken_as_it_is(tmp_path: Path) -> None:
    path = Wheel("Left.Pad").write(tmp_path)
    choice = taken(direct(f"./{path.name}", tmp_path))
    assert (choice.name, choice.version, choice.direct, choice.index) == ("left-pad", "1.0", True, None)
    assert (choice.path, choice.url, choice.size) == (path, path.as_uri(), path.stat().st_size)
    assert taken(direct(f"left_pad[b] @ {path.as_uri()}")).extras == ("b",)


def test_a_wheel_by_url_is_taken_as_it_is() -> None:
    choice = taken(direct(f"a @ https://me:s3cr3t@h.example/x/a-1%2Bc-{ANY}#sha256={'A' * 64}"))
    assert (choice.filename, choice.version, choice.sha256) == (f"a-1+c-{ANY}", "1+c", "a" * 64)
    assert choice.url == f"https://h.example/x/a-1%2Bc-{ANY}"
    assert "s3cr3t" not in repr(choice)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a @ git+https://h.example/a.git", "not-a-wheel"),
        ("a @ https://h.example/a-1.tar.gz", "not-a-wheel"),
        (f"a @ git+https://h.example/a-1-{ANY}", "not-a-wheel"),
        ("https://h.example/", "not-a-wheel"),
        (f"a @ https://h.example/b-1-{ANY}", "mismatch"),
        ("https://h.example/a-1-cp312-cp312-win_amd64.whl", "no-wheel"),
        ("https://h.example/a.whl", "unreadable"),
        (f"https://h.example/a-one-{ANY}", "unreadable"),
    ],
)
def test_a_url_that_will_not_do_is_a_skip(text: str, code: str) -> None:
    assert skipped(direct(text)).code == code


def test_a_file_that_is_named_like_no_wheel_is_a_skip(tmp_path: Path) -> None:
    (tmp_path / "renamed.whl").touch()
    assert skipped(direct("renamed.whl", tmp_path)).code == "unreadable"


# -- a page of the case that started this project ---------------------------------------------------------------

NIXL = """{"meta": {"api-version": "1.1"}, "name": "nixl-cu12", "files": [%s]}""" % ",".join(  # noqa: UP031 - braces
    f'{{"filename": "{name}", "url": "../../files/{name}", "hashes": {{}}, "size": 5, "requires-python": ">=3.10"}}'
    for version in ("1.0.1", "1.1.0", "1.3.0")
    for python in ("cp310", "cp311", "cp312", "cp313")
    for machine in ("x86_64", "aarch64")
    for name in [f"nixl_cu12-{version}-{python}-{python}-manylinux_2_28_{machine}.whl"]
)


@pytest.mark.parametrize(
    ("requirement", "python", "platform", "filename"),
    [
        ("nixl-cu12==1.1.0", "3.12", "x86_64-manylinux_2_28", "nixl_cu12-1.1.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
        ("nixl-cu12", "3.12", "linux", "nixl_cu12-1.3.0-cp312-cp312-manylinux_2_28_x86_64.whl"),
        ("nixl-cu12", "3.10", "manylinux_2_35_aarch64", "nixl_cu12-1.3.0-cp310-cp310-manylinux_2_28_aarch64.whl"),
        ("nixl-cu12", "3.12", "x86_64-manylinux2014", None),
        ("nixl-cu12", "3.14", "linux", None),
        ("nixl-cu12", "3.9", "linux", None),
        ("nixl-cu12", "3.12", "macos", None),
    ],
)
def test_the_wheel_for_a_target_is_found_on_a_page(
    requirement: str, python: str, platform: str, filename: str | None
) -> None:
    page = parse_page(NIXL.encode(), url=f"{INDEX}nixl-cu12/", content_type="application/json")
    choice = chosen(requirement, Source(INDEX, page.files), target=target_for(python, platform))
    assert (choice.filename if isinstance(choice, Candidate) else None) == filename
    if isinstance(choice, Candidate):
        assert choice.url == f"https://index.example/files/{filename}"
