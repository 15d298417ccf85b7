"""What resolving must not give away: passwords and tokens, in lists of processes, errors and answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support.resolving import HUSH, Resolver
from tests.support.values import LINUX
from wheelclash.closure import ClosureRequest
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback import LoopbackIndex
    from wheelclash.resolve.uv import Uv

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the uv that takes notes is a shell script")


@pytest.fixture
def member(private: LoopbackIndex, cache: Path, tmp_path: Path) -> Resolver:
    """Somebody with the password of the private index."""
    return Resolver(tmp_path, cache, private.with_credentials(password=HUSH))


def check_silence(user: Resolver, *texts: object) -> None:
    """Neither the list of processes nor anything that is said holds the password."""
    arguments = (user.folder / "arguments").read_text()
    assert "compile" in arguments
    for text in (arguments, *texts):
        assert HUSH not in str(text)


def test_credentials_reach_uv_without_being_seen(member: Resolver, recorder: Uv) -> None:
    closure = member.resolve("meta", uv=recorder)
    assert set(closure.versions()) == {"meta", "left"}
    check_silence(member, closure)


def test_credentials_of_find_links_reach_uv_without_being_seen(
    member: Resolver, recorder: Uv, private: LoopbackIndex
) -> None:
    member.index_url, member.no_index = None, True
    member.find_links = (private.links.replace("//", f"//user:{HUSH}@"),)
    closure = member.resolve("meta", uv=recorder)
    assert set(closure.versions()) == {"meta", "left"}
    check_silence(member, closure)


def test_credentials_of_a_direct_url_reach_uv_without_being_seen(
    user: Resolver, recorder: Uv, private: LoopbackIndex
) -> None:
    url = private.file_url("right-1.0-py3-none-any.whl").replace("//", f"//user:{HUSH}@")
    closure = user.resolve(f"right @ {url}", uv=recorder)
    check_silence(user, closure)
    (found,) = closure.lock(user.credentials).select(LINUX, extras=(), all_extras=False, groups=()).candidates
    assert found.url == private.file_url("right-1.0-py3-none-any.whl")


@pytest.mark.parametrize("wrong", ["index", "find-links", "direct", "file"])
def test_a_wrong_password_is_not_repeated(
    member: Resolver, recorder: Uv, private: LoopbackIndex, wrong: str, tmp_path: Path
) -> None:
    private.auth = ("user", "another")
    member.options["cache_dir"] = tmp_path / "empty-cache"
    direct = private.file_url("right-1.0-py3-none-any.whl").replace("//", f"//user:{HUSH}@")
    if wrong == "find-links":
        member.index_url, member.no_index = None, True
        member.find_links = (private.links.replace("//", f"//user:{HUSH}@"),)
    path = member.write("r.txt", f"right @ {direct}")
    wanted = ClosureRequest(files=[path]) if wrong == "file" else None
    with pytest.raises(QuestionError) as caught:
        member.resolve("meta" if wrong in {"index", "find-links"} else f"right @ {direct}", wanted=wanted, uv=recorder)
    check_silence(member, caught.value, repr(caught.value.__cause__))


def test_credentials_in_a_requirements_file_are_kept_for_reading_the_wheels(
    user: Resolver, private: LoopbackIndex
) -> None:
    """As ``${VARIABLE}`` or plain, of an index or of a wheel."""
    user.environ["PIP_LOGIN"] = HUSH
    user.index_url = None
    login = private.simple.replace("//", "//user:${PIP_LOGIN}@")
    path = user.write("r.txt", f"-i {login}", "left")
    closure = user.resolve(wanted=ClosureRequest(files=[path]))
    assert HUSH not in str(closure)
    assert user.credentials.find(private.simple) == ("user", HUSH)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("r.txt", ["right @ URL"]),
        ("pyproject.toml", ["[project]", 'name = "a"', 'version = "1"', 'dependencies = ["right @ URL"]']),
        ("s.py", ["# /// script", '# dependencies = ["right @ URL"]', "# ///"]),
    ],
)
def test_credentials_of_a_wheel_in_a_file_are_kept_for_reading_it(
    user: Resolver, private: LoopbackIndex, name: str, lines: list[str]
) -> None:
    url = private.file_url("right-1.0-py3-none-any.whl").replace("//", f"//user:{HUSH}@")
    path = user.write(name, *(line.replace("URL", url) for line in lines))
    closure = user.resolve(wanted=ClosureRequest(files=[path]))
    assert HUSH not in str(closure)
    assert closure.notes == ()
    assert user.credentials.find(private.simple) == ("user", HUSH)


@pytest.mark.parametrize(("variable", "hidden"), [("ACCESS_TOKEN", True), ("RELEASE", False)])
def test_a_secret_in_the_path_of_a_url_is_not_put_into_the_answer(
    user: Resolver, index: LoopbackIndex, variable: str, *, hidden: bool
) -> None:
    """A variable that is no secret by its name is part of an ordinary URL."""
    user.environ[variable] = "files"
    path = user.write("r.txt", f"left @ {index.url}/${{{variable}}}/left-1.0-py3-none-any.whl")
    closure = user.resolve(wanted=ClosureRequest(files=[path]))
    assert (f"${{{variable}}}".encode() in closure.pylock) is hidden
    assert (b"/files/" in closure.pylock) is not hidden
    assert any("is not read" in note for note in closure.notes) is hidden


def test_a_secret_in_a_failing_file_is_not_repeated(user: Resolver) -> None:
    user.environ["ANYTHING"] = HUSH
    path = user.write("r.txt", "left @ http://127.0.0.1:1/${ANYTHING}/left-1.0-py3-none-any.whl")
    user.environ["UV_HTTP_RETRIES"] = "0"
    with pytest.raises(QuestionError) as caught:
        user.resolve(wanted=ClosureRequest(files=[path]))
    assert HUSH not in str(caught.value)
    assert "${ANYTHING}" in str(caught.value)


def test_a_variable_in_an_argument_is_not_filled_in(user: Resolver, index: LoopbackIndex) -> None:
    user.environ |= {"ACCESS_TOKEN": HUSH, "UV_HTTP_RETRIES": "0"}
    index.forget()
    with pytest.raises(QuestionError):
        user.resolve(f"left @ {index.url}/${{ACCESS_TOKEN}}/left-1.0-py3-none-any.whl")
    assert index.requests
    assert not [each for each in index.requests if HUSH in each.path]
