"""The closure of requirements: what real uv resolves over a loopback index."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import certificate_of, needs_openssl
from tests.support.loopback import LoopbackIndex
from tests.support.values import LINUX, MACOS, WINDOWS
from tests.support.wheelmaker import Wheel
from wheelclash.closure import BUILDS_ALLOWED, ClosureRequest
from wheelclash.errors import QuestionError, RequirementError
from wheelclash.http.urls import Credentials
from wheelclash.resolve.requirement import Asked
from wheelclash.target.interpreter import running, target_of
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.resolving import Resolver
    from wheelclash.resolve.uv import Uv
    from wheelclash.target.target import Target

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the uv that takes notes is a shell script")


# -- what is resolved ----------------------------------------------------------------------------------------


def test_what_a_requirement_requires_comes_along(user: Resolver) -> None:
    closure = user.resolve("meta")
    assert closure.versions() == {"meta": "1.0", "left": "2.0"}
    assert closure.notes == ()
    assert closure.not_compared == ()


def test_a_resolved_wheel_needs_no_index_page(user: Resolver, index: LoopbackIndex) -> None:
    """Its place, size and hash are known, and where it came from."""
    left, _ = user.selection("meta").candidates
    facts = index.facts(left.filename)
    assert (left.url, left.sha256, left.size) == (index.file_url(left.filename), facts.sha256, facts.size)
    assert (left.index, left.direct) == (index.simple, False)


@pytest.mark.parametrize(
    ("target", "names", "wheel"),
    [
        (LINUX, {"meta", "left", "plat"}, "manylinux_2_28_x86_64"),
        (target_for("3.12", "x86_64-manylinux_2_35"), {"meta", "left", "plat"}, "manylinux_2_34_x86_64"),
        (target_for("3.12", "manylinux_2_30_x86_64"), {"meta", "left", "plat"}, "manylinux_2_28_x86_64"),
        (WINDOWS, {"meta", "left", "right", "plat"}, "win_amd64"),
        (target_for("3.12", "macosx_15_0_arm64"), {"meta", "left", "plat"}, "macosx_14_0_arm64"),
    ],
    ids=lambda value: value.platform if hasattr(value, "platform") else "",
)
def test_markers_and_tags_are_those_of_the_target(user: Resolver, target: Target, names: set[str], wheel: str) -> None:
    found = {each.name: each for each in user.selection("meta", "plat", target=target).candidates}
    assert set(found) == names
    assert found["plat"].filename.endswith(f"{wheel}.whl")


def test_where_uv_knows_only_an_older_platform_a_note_says_so(user: Resolver) -> None:
    notes = user.resolve("left", target=target_for("3.12", "manylinux_2_30_x86_64")).notes
    assert any("manylinux_2_28_x86_64" in note for note in notes)


def test_uv_keeps_its_files_where_it_is_told_to(user: Resolver, tmp_path: Path) -> None:
    user.resolve("left", cache_dir=tmp_path / "there")
    assert any((tmp_path / "there").iterdir())
    user.resolve("left", cache_dir=None)
    assert any((user.folder / ".cache" / "uv").iterdir())


def test_a_version_of_the_system_is_passed_on(user: Resolver) -> None:
    """The usual macOS is too old for a wheel for macOS 14."""
    with pytest.raises(QuestionError, match="macosx_14_0_arm64"):
        user.resolve("plat", target=MACOS)


def test_a_real_interpreter_is_asked_itself(user: Resolver, recorder: Uv) -> None:
    interpreter = running()
    closure = user.resolve("meta", target=target_of(interpreter), interpreter=interpreter, uv=recorder)
    assert set(closure.versions()) == {"meta", "left"}
    arguments = (user.folder / "arguments").read_text().splitlines()
    assert str(interpreter.executable) in arguments
    assert "--python-platform" not in arguments


def test_extras_bring_what_they_require(user: Resolver) -> None:
    assert set(user.resolve("meta[more]").versions()) == {"meta", "left", "spare"}


def test_a_warning_of_uv_becomes_a_note(user: Resolver) -> None:
    assert any("nonsense" in note for note in user.resolve("left[nonsense]").notes)


def test_a_release_that_is_source_only_gives_way_to_an_older_one(user: Resolver) -> None:
    assert user.resolve("newest").versions() == {"newest": "1.0"}


def test_what_was_uploaded_later_is_left_out(user: Resolver) -> None:
    closure = user.resolve("left", exclude_newer=datetime(2025, 3, 1, tzinfo=UTC))
    assert closure.versions() == {"left": "1.0"}


def test_a_requirement_whose_marker_does_not_hold_brings_nothing(user: Resolver) -> None:
    assert user.resolve("left; sys_platform == 'win32'", "spare").versions() == {"spare": "1.0"}


def test_a_wheel_on_disk_brings_its_dependencies(user: Resolver, tmp_path: Path) -> None:
    path = Wheel("mine", "1.0+local", requires=["left"]).write(tmp_path / "some, dist")
    found = {each.name: each for each in user.selection(str(path)).candidates}
    assert set(found) == {"mine", "left"}
    assert (found["mine"].path, found["mine"].direct) == (path, True)


def test_a_wheel_elsewhere_on_this_machine_is_read(user: Resolver, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A resolution of our own may name files outside the current folder, as a lock from elsewhere may not."""
    path = Wheel("mine").write(tmp_path_factory.mktemp("elsewhere"))
    (found,) = user.selection(str(path)).candidates
    assert found.path == path


def test_a_file_that_is_no_wheel_by_its_name_is_refused(user: Resolver, tmp_path: Path) -> None:
    (tmp_path / "mine.whl").write_bytes(b"")
    with pytest.raises(RequirementError, match=r"mine\.whl"):
        user.resolve("./mine.whl")


# -- source distributions ------------------------------------------------------------------------------------


def test_where_nothing_has_a_wheel_uv_is_quoted_and_the_way_out_is_named(user: Resolver) -> None:
    with pytest.raises(QuestionError) as caught:
        user.resolve("over")
    assert "under==1.0 has no usable wheels" in caught.value.reason
    assert "--build" in caught.value.hint


def test_with_builds_allowed_a_source_distribution_is_a_skip(user: Resolver) -> None:
    closure = user.resolve("over", builds=True)
    assert closure.versions() == {"over": "1.0", "under": "1.0", "left": "2.0"}
    assert closure.notes[0] == BUILDS_ALLOWED
    selection = closure.lock(user.credentials).select(LINUX, extras=(), all_extras=False, groups=())
    assert [(each.requirement, each.code) for each in selection.skipped] == [("under==1.0", "no-wheel")]
    assert {each.name for each in selection.candidates} == {"over", "left"}


# -- failures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requirements", "words"),
    [
        (["nowhere-to-be-found"], "nowhere-to-be-found was not found"),
        (["left==1.0", "left==2.0"], "left==1.0 and left==2.0"),
        (["left>7"], "left>7"),
    ],
)
def test_a_failure_is_told_in_the_words_of_uv_in_one_paragraph(
    user: Resolver, requirements: list[str], words: str
) -> None:
    with pytest.raises(QuestionError) as caught:
        user.resolve(*requirements)
    assert words in caught.value.reason
    assert "\n" not in caught.value.reason
    assert "--build" not in caught.value.hint


def test_offline_means_that_uv_asks_nobody(user: Resolver, index: LoopbackIndex, tmp_path: Path) -> None:
    index.forget()
    with pytest.raises(QuestionError, match="network"):
        user.resolve("left", offline=True, cache_dir=tmp_path / "empty-cache")
    assert not index.requests


def test_a_platform_uv_has_no_name_for_is_refused(user: Resolver) -> None:
    with pytest.raises(QuestionError, match="manylinux_2_28_ppc64le"):
        user.resolve("left", target=target_for("3.12", "manylinux_2_28_ppc64le"))


def test_nothing_asked_is_no_question(user: Resolver) -> None:
    with pytest.raises(QuestionError, match="Nothing was asked"):
        user.resolve()


def test_no_part_of_a_requirement_is_taken_for_an_option(user: Resolver) -> None:
    """They are handed over in a stream in which a line of its own could say anything."""
    user.index_url = None
    user.no_index = True
    with pytest.raises(QuestionError, match="left was not found"):
        user.resolve(
            wanted=ClosureRequest(requirements=[Asked(text="left\n--index-url http://127.0.0.1:1/", name="left")])
        )


# -- where uv looks ------------------------------------------------------------------------------------------


@pytest.fixture
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("second")) as served:
        served.add(Wheel("left", "0.5"), Wheel("only-here"))
        yield served


def test_the_first_index_that_has_a_project_serves_it_extras_first(user: Resolver, second: LoopbackIndex) -> None:
    user.extra_index_urls = (second.simple,)
    closure = user.resolve("left", "right")
    assert closure.versions() == {"left": "0.5", "right": "1.0"}
    assert closure.sole_index is None


def test_merged_indexes_give_the_best_version_of_all(user: Resolver, second: LoopbackIndex) -> None:
    user.extra_index_urls = (second.simple,)
    user.strategy = "merge"
    assert user.resolve("left", "only-here").versions() == {"left": "2.0", "only-here": "1.0"}


def test_find_links_stand_in_for_an_index(user: Resolver, recorder: Uv, tmp_path: Path) -> None:
    path = Wheel("left", "9.0").write(tmp_path / "a, folder")
    user.index_url, user.no_index, user.find_links = None, True, ("a, folder",)
    (found,) = user.selection("left", uv=recorder).candidates
    assert (found.path, found.version) == (path, "9.0")
    assert "--no-index" in (user.folder / "arguments").read_text().splitlines()


def test_a_comma_does_not_part_an_address_of_links(user: Resolver, index: LoopbackIndex) -> None:
    user.index_url, user.no_index, user.find_links = None, True, (f"{index.links}?a,b",)
    assert user.resolve("left").versions() == {"left": "2.0"}


@needs_openssl
def test_a_certificate_of_the_settings_is_trusted(user: Resolver, tmp_path: Path) -> None:
    user.environ["UV_HTTP_RETRIES"] = "0"
    with LoopbackIndex(tmp_path / "wheels", certificate=certificate_of(tmp_path)) as index:
        index.add(Wheel("left"))
        user.index_url = index.simple
        with pytest.raises(QuestionError, match="certificate"):
            user.resolve("left")
        user.cert = str(tmp_path / "ca.pem")
        assert user.resolve("left").versions() == {"left": "1.0"}


def test_settings_of_uv_itself_do_not_count(user: Resolver) -> None:
    """The block of settings is whole: neither uv's variables nor its files add to it."""
    user.write("uv.toml", "no-index = true")
    constraints = user.write("constraints.txt", "left<2")
    user.environ = {
        "UV_DEFAULT_INDEX": "http://127.0.0.1:1/",
        "UV_INDEX": "http://127.0.0.1:1/",
        "UV_CONSTRAINT": str(constraints),
        "UV_OFFLINE": "1",
        "UV_PYTHON": "nowhere",
        "MACOSX_DEPLOYMENT_TARGET": "26.0",
    }
    assert user.resolve("meta").versions() == {"meta": "1.0", "left": "2.0"}


def test_an_index_that_a_file_names_counts_where_nothing_else_was_said(user: Resolver, index: LoopbackIndex) -> None:
    user.index_url = None
    path = user.write("r.txt", f"--index-url {index.simple}", "left")
    assert user.resolve(wanted=ClosureRequest(files=[path])).versions() == {"left": "2.0"}


def test_files_whose_hashes_an_older_uv_did_not_write_are_read(user: Resolver) -> None:
    closure = user.resolve("left", "right")
    text = closure.pylock.decode()
    bare = closure._replace(pylock=re.sub(r", hashes = \{[^}]*\}", "", text, count=1).encode())
    assert len(bare.pylock) < len(text)
    selection = bare.lock(user.credentials).select(LINUX, extras=(), all_extras=False, groups=())
    assert [each.sha256 is None for each in selection.candidates] == [True, False]


def test_a_lock_that_uv_did_not_write_is_refused(user: Resolver) -> None:
    closure = user.resolve("left")._replace(pylock=b"not TOML at all")
    with pytest.raises(QuestionError):
        closure.lock(Credentials())
