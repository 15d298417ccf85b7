"""One project, locked by every tool: each lock comes down to the same files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.locks.read import HEAD_SIZE, detect_format, is_lock, read_lock
from wheelclash.target.target import target_for

from .shop import EXPECTED, INDEX, expected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.core.distribution import Candidate
    from wheelclash.locks.read import SetKind
    from wheelclash.resolve.selection import Lock, Selection

FIXTURES = Path(__file__).parent / "fixtures"
FILES = {
    each.parent.name: each
    for each in FIXTURES.glob("*/*")
    if each.name != "pyproject.toml" and each.parent.name not in {"pex", "pex-info", "pipenv"}  # see test_lists.py
}
KINDS: dict[str, SetKind] = {
    "uv": "uv", "uv-export": "pylock", "uv-compile": "pylock", "pip-lock": "pylock", "pip-report": "json",
    "poetry-2.1": "poetry", "poetry-2.0": "poetry", "poetry-1.1": "poetry",
    "pdm": "pdm", "pdm-static": "pdm", "pdm-plain": "pdm", "pdm-pylock": "pylock",
}  # fmt: skip
OF_ONE_TARGET = ("uv-compile", "pip-lock", "pip-report")
UNIVERSAL = tuple(sorted(set(KINDS) - set(OF_ONE_TARGET)))
WITHOUT_URLS = ("poetry-2.1", "poetry-2.0", "poetry-1.1", "pdm", "pdm-plain")
PDM = ("pdm", "pdm-static", "pdm-plain")
LINUX = ("3.12", "linux")


def lock(name: str) -> Lock:
    return read_lock(FILES[name], FILES[name].read_bytes(), credentials=Credentials())


def select(
    name: str,
    at: tuple[str, str] = LINUX,
    *,
    extras: Iterable[str] = (),
    groups: Iterable[str] = (),
    everything: bool = False,
) -> Selection:
    return lock(name).select(target_for(*at), extras=list(extras), all_extras=everything, groups=list(groups))


def wheels(selection: Selection) -> list[Candidate]:
    return [*selection.candidates, *(each.candidate for each in selection.unlocated)]


def files(selection: Selection) -> set[str]:
    return {each.filename for each in wheels(selection)}


def by_default(name: str) -> set[str]:
    """What else a tool installs without being asked: its default groups, and in pdm's case whatever it has locked."""
    if name in OF_ONE_TARGET or name == "pdm-pylock":
        return set()
    return {"dev", "lint", "pages", "gpu"} if name in PDM else {"dev"}


def test_every_fixture_is_in_the_list() -> None:
    assert set(FILES) == set(KINDS)


@pytest.mark.parametrize("at", EXPECTED)
@pytest.mark.parametrize("name", UNIVERSAL)
def test_a_universal_lock_comes_down_to_the_same_files_as_every_other(name: str, at: tuple[str, str]) -> None:
    assert files(select(name, at)) == expected(at, *by_default(name))


@pytest.mark.parametrize("name", OF_ONE_TARGET)
def test_a_lock_of_one_target_comes_down_to_the_same_files_there(name: str) -> None:
    found = select(name)
    assert files(found) == expected(LINUX)
    assert not found.skipped


@pytest.mark.parametrize("name", [each for each in UNIVERSAL if each != "uv-export"])
def test_an_extra_adds_what_it_needs(name: str) -> None:
    default = by_default(name) - {"pages"} if name in PDM else by_default(name)
    assert files(select(name, extras=["gpu"])) == expected(LINUX, "gpu", *default)


@pytest.mark.parametrize("name", [each for each in UNIVERSAL if each != "uv-export"])
def test_all_extras_add_what_they_need(name: str) -> None:
    assert files(select(name, everything=True)) == expected(LINUX, "gpu", "pages", *by_default(name))


@pytest.mark.parametrize("name", ["uv", "poetry-2.1", "pdm", "pdm-plain", "pdm-pylock"])
def test_a_group_is_added_to_the_default_ones(name: str) -> None:
    default = {"dev", "lint"} if name in PDM else by_default(name)
    assert files(select(name, groups=["lint"])) == expected(LINUX, "lint", *default)


@pytest.mark.parametrize("name", KINDS)
def test_an_extra_or_group_that_does_not_exist_is_an_error(name: str) -> None:
    for everything in (False, True):  # also beside all extras
        with pytest.raises(QuestionError, match="extra 'gpus'"):
            select(name, extras=["gpus"], everything=everything)
    with pytest.raises(QuestionError, match="group 'lintt'"):
        select(name, groups=["lintt"])


@pytest.mark.parametrize("name", ["uv", "poetry-2.1", "pdm"])
def test_near_names_are_offered(name: str) -> None:
    with pytest.raises(QuestionError, match=r"Perhaps: gpu\?"):
        select(name, extras=["gpus"])


@pytest.mark.parametrize("name", ["uv", "uv-export", "poetry-2.1", "poetry-2.0", "pdm", "pdm-pylock"])
def test_a_python_the_lock_is_not_for_is_an_error(name: str) -> None:
    with pytest.raises(QuestionError, match=r"3\.9"):
        select(name, ("3.9", "linux"))


@pytest.mark.parametrize("name", KINDS)
def test_a_wheel_has_its_hash_and_either_a_url_or_an_index_to_ask(name: str) -> None:
    found = select(name)
    assert {each.url for each in found.candidates} <= {f"{INDEX}/files/{each.filename}" for each in found.candidates}
    assert bool(found.candidates) is (name not in WITHOUT_URLS)
    assert bool(found.unlocated) is (name in WITHOUT_URLS)
    assert all(each.sha256 for each in wheels(found))
    assert {each.index for each in found.unlocated} <= {f"{INDEX}/simple" if "poetry" in name else None}
    assert all(not each.candidate.url for each in found.unlocated)


@pytest.mark.parametrize("name", ["uv", "uv-export", "uv-compile"])
def test_sizes_are_taken_where_the_lock_has_them(name: str) -> None:
    assert all(each.size for each in wheels(select(name)))


def test_extras_of_dependencies_are_told() -> None:
    found = {each.name: each.extras for each in wheels(select("uv"))}
    assert found["wc-util"] == ("fast",)
    assert found["wc-core"] == ()


def test_roots_are_what_was_asked_for() -> None:
    asked = {"wc-core", "wc-native", "wc-util", "wc-forked"}
    assert set(select("uv").roots) == {*asked, "wc-tests"}
    assert set(select("pip-report").roots) == asked
    assert select("poetry-2.1").roots == ()


@pytest.mark.parametrize("name", KINDS)
def test_what_no_wheel_fits_is_a_skip_that_says_what_there_is(name: str) -> None:
    (skip,) = (each for each in select(name, ("3.14", "linux")).skipped if each.requirement == "wc-native==1.0")
    assert skip.code == "no-wheel"
    assert "cp312-cp312" in skip.reason


def test_the_project_itself_is_not_compared() -> None:
    assert [(each.requirement, each.code) for each in select("uv").not_compared] == [("shop==0.1", "project")]


@pytest.mark.parametrize("name", KINDS)
def test_targets_are_minors_times_the_families_among_the_wheels(name: str) -> None:
    found = [(each.minor_version, each.platform) for each in lock(name).targets()]
    if name in OF_ONE_TARGET:
        assert ("3.12", "manylinux_2_28_x86_64") in found
        assert {minor for minor, _ in found} <= {"3.12"}
        return
    platforms = ["manylinux_2_28_x86_64", "musllinux_1_2_x86_64", "macosx_13_0_arm64", "win_amd64"]
    if name in PDM:  # they install the extra that exists for glibc only
        platforms.remove("musllinux_1_2_x86_64")
    assert found == [(f"3.{minor}", each) for minor in (10, 11, 12, 13) for each in platforms]


# -- recognition -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_lock_is_known_by_its_beginning_under_any_name(name: str) -> None:
    head = FILES[name].read_bytes()[:HEAD_SIZE]
    suffix = FILES[name].suffix
    if name == "poetry-1.1":  # it says so at its end
        assert detect_format(FILES[name], head) == "poetry"
        assert detect_format(Path(f"other{suffix}"), FILES[name].read_bytes()) == "poetry"
        return
    assert {detect_format(each, head) for each in (FILES[name], Path(f"other{suffix}"), Path("uv.lock"), None)} == {
        KINDS[name]
    }
    assert is_lock(FILES[name], head)


@pytest.mark.parametrize("name", KINDS)
def test_content_decides_under_any_name(name: str, tmp_path: Path) -> None:
    path = tmp_path / ("report.txt" if name == "pip-report" else "some.lock")
    found = read_lock(path, FILES[name].read_bytes(), credentials=Credentials())
    assert type(found) is type(lock(name))


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("requirements.txt", "version = 1\n", "requirements"),
        ("requirements.in", "numpy\n", "requirements"),
        ("tool.py", '# /// script\n# dependencies = ["x"]\n# ///\n', "script"),
        ("tool.py.lock", "version = 1\nrevision = 5\n", "uv"),
        ("pyproject.toml", '[project]\nname = "x"\nversion = "1"\n', "pyproject"),
        ("pyproject.toml", "", "pyproject"),
        ("other.toml", "[tool.poetry.dependencies]\n", "pyproject"),
        ("other.toml", "", None),
        ("x.lock", "", None),
        ("notes.json", "[]", None),
        ("pylock.toml", "", "pylock"),
        ("pylock.gpu.toml", "", "pylock"),
        ("pylock.a.b.toml", "", None),
        ("poetry.lock", "\n[[package]]\n", "poetry"),
        ("pdm.lock", "", "pdm"),
        ("x.whl", "PK", None),
    ],
)
def test_names_decide_where_the_beginning_does_not(name: str, head: str, kind: str | None) -> None:
    assert detect_format(Path(name), head.encode()) == kind


def test_unnamed_text_is_requirements() -> None:
    assert detect_format(None, b"numpy>=2\n# a comment\n-r more.txt\n") == "requirements"
