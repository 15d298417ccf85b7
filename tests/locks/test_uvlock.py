"""``uv.lock``: sources, roots, default groups, conflicts; tests/locks/test_oracle.py has the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials

from .support import DIGEST, codes, files, read, select, uv_lock, uv_package

ROOT = '{ virtual = "." }'


def project(needs: str = "", more: str = "", source: str = ROOT) -> str:
    return uv_package("own", "0.1", source=source, needs=needs, tags=(), more=more)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('{ editable = "sub" }', "editable"),
        ('{ directory = "sub" }', "directory"),
        ('{ directory = "../beside" }', "directory"),
        ('{ git = "https://user:secret@host.example/x.git?rev=1#abc" }', "not-a-wheel"),
        ('{ url = "https://host.example/x-1.0.tar.gz" }', "not-a-wheel"),
        ('{ path = "dist/x-1.0.tar.gz" }', "not-a-wheel"),
    ],
)
def test_a_source_that_is_no_wheel_is_told_apart(source: str, code: str) -> None:
    found = select(uv_lock(project('{ name = "x" }'), uv_package("x", source=source, tags=())))
    assert codes(found) == {"own==0.1": "project", "x==1.0": code}
    assert "secret" not in repr(found)


def test_members_of_the_workspace_are_not_compared_but_what_they_need_is() -> None:
    lock = uv_lock(
        project('{ name = "member" }', source='{ editable = "." }'),
        uv_package("member", source='{ editable = "packages/member" }', needs='{ name = "x" }', tags=()),
        uv_package("unneeded", source='{ editable = "packages/unneeded" }', needs='{ name = "y" }', tags=()),
        uv_package("x"),
        uv_package("y"),
        head='[manifest]\nmembers = ["own", "member", "unneeded"]\n',
    )
    found = select(lock)
    assert codes(found) == {"own==0.1": "project", "member==1.0": "workspace-member"}
    assert files(found) == ["x-1.0-py3-none-any.whl"]
    assert [note for note in found.notes if "members" in note] == [
        (
            "some.lock has members that its root does not require, and what these require is not compared: unneeded; "
            "`uv sync --all-packages` would install it"
        )
    ]


def test_wheels_by_path_and_url_are_direct_and_keep_their_hash() -> None:
    where = Path("folder").absolute()
    lock = uv_lock(
        project('{ name = "x" }, { name = "y" }'),
        uv_package("x", source='{ path = "dist/x-1.0-py3-none-any.whl" }', tags=())
        + f'wheels = [{{ filename = "x-1.0-py3-none-any.whl", hash = "sha256:{DIGEST}" }}]\n',
        uv_package("y", source='{ url = "https://me:secret@files.example/y-1.0-py3-none-any.whl" }', tags=())
        + f'wheels = [{{ url = "https://me:secret@files.example/y-1.0-py3-none-any.whl",hash = "sha256:{DIGEST}" }}]\n',
    )
    credentials = Credentials()
    x, y = sorted(select(read(lock, credentials=credentials)).candidates, key=lambda each: each.name)
    assert (x.path, x.direct, x.sha256) == (where / "dist/x-1.0-py3-none-any.whl", True, DIGEST)
    assert (y.url, y.direct, y.path) == ("https://files.example/y-1.0-py3-none-any.whl", True, None)
    assert credentials.find(y.url) == ("me", "secret")


@pytest.mark.parametrize(
    "path", ["../x-1.0-py3-none-any.whl", "a/../../x-1.0-py3-none-any.whl", "/x-1.0-py3-none-any.whl"]
)
def test_a_path_out_of_the_project_is_refused(path: str) -> None:
    lock = uv_lock(
        project('{ name = "x" }'),
        uv_package("x", source=f'{{ path = "{path}" }}', tags=())
        + f'wheels = [{{ filename = "x-1.0-py3-none-any.whl", hash = "sha256:{DIGEST}" }}]\n',
    )
    (skip,) = select(lock).skipped
    assert (skip.code, skip.requirement) == ("refused", "x==1.0")
    assert "out of its project" in skip.reason


@pytest.mark.parametrize(("registry", "refused"), [("wheels", False), ("./wheels/sub", False), ("../wheels", True)])
def test_a_folder_of_wheels_is_relative_to_the_lock(registry: str, *, refused: bool) -> None:
    lock = uv_lock(
        project('{ name = "x" }'),
        uv_package("x", source=f'{{ registry = "{registry}" }}', tags=())
        + 'wheels = [{ path = "x-1.0-py3-none-any.whl" }]\n',
    )
    found = select(lock)
    assert bool(found.skipped) is refused
    assert [each.path for each in found.candidates] == (
        [] if refused else [Path("folder", registry, "x-1.0-py3-none-any.whl").absolute()]
    )


def test_of_two_versions_the_edge_says_which() -> None:
    source = '{ registry = "https://index.example/simple" }'
    lock = uv_lock(
        project(
            f'{{ name = "x", version = "1.0", source = {source}, marker = "sys_platform == \'win32\'" }},\n'
            f'{{ name = "x", version = "2.0", source = {source}, marker = "sys_platform != \'win32\'" }},'
        ),
        uv_package("x", "1.0"),
        uv_package("x", "2.0"),
    )
    assert files(select(lock)) == ["x-2.0-py3-none-any.whl"]
    assert files(select(lock, "windows")) == ["x-1.0-py3-none-any.whl"]


def test_two_versions_at_once_are_an_error_that_names_both() -> None:
    lock = uv_lock(
        project('{ name = "x", version = "1.0" }, { name = "x", version = "2.0" }'),
        uv_package("x"),
        uv_package("x", "2.0"),
    )
    with pytest.raises(QuestionError, match=r"x twice.*x==1\.0.*x==2\.0"):
        select(lock)


@pytest.mark.parametrize(
    ("needs", "sentence"), [('{ name = "y" }', "does not lock it"), ('{ name = "x" }', "leaves open which x")]
)
def test_an_edge_that_leads_nowhere_or_to_two_is_an_error(needs: str, sentence: str) -> None:
    lock = uv_lock(project(needs), uv_package("x"), uv_package("x", "2.0"))
    with pytest.raises(QuestionError, match=sentence):
        select(lock)


def test_duplicate_identical_entries_are_one() -> None:
    lock = uv_lock(
        project('{ name = "x", extra = ["a"] }, { name = "x" }'),
        uv_package("x", more='[package.optional-dependencies]\na = [{ name = "y" }]\n'),
        uv_package("y"),
    )
    assert files(select(lock)) == ["x-1.0-py3-none-any.whl", "y-1.0-py3-none-any.whl"]


@pytest.mark.parametrize("revision", ["", "revision = 4\n"])
def test_an_older_lock_takes_default_groups_from_the_project_beside_it(revision: str, tmp_path: Path) -> None:
    more = '[package.dev-dependencies]\ndev = [{ name = "x" }]\nlint = [{ name = "y" }]\n'
    lock = uv_lock(project(more=more), uv_package("x"), uv_package("y")).replace("revision = 5\n", revision)
    path = tmp_path / "uv.lock"
    assert files(select(read(lock, path))) == ["x-1.0-py3-none-any.whl"]
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\ndefault-groups = ["lint"]\n')
    assert files(select(read(lock, path))) == ["y-1.0-py3-none-any.whl"]
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\ndefault-groups = "all"\n')
    assert len(files(select(read(lock, path)))) == 2
    assert files(select(read(lock, None))) == ["x-1.0-py3-none-any.whl"]


def test_a_group_for_another_python_is_an_error() -> None:
    more = '[package.dev-dependencies]\nlate = [{ name = "x" }]\n[package.group-requires-python]\nlate = ">=3.13"\n'
    lock = uv_lock(project(more=more), uv_package("x"))
    assert files(select(lock)) == []
    assert files(select(lock, python="3.13", groups=["late"])) == ["x-1.0-py3-none-any.whl"]
    with pytest.raises(QuestionError, match=r"late.*>=3\.13"):
        select(lock, groups=["late"])


CONFLICT = 'conflicts = [[\n    { package = "own", extra = "one" },\n    { package = "own", extra = "two" },\n]]\n'
EXTRAS = (
    '[package.optional-dependencies]\none = [{ name = "x" }]\ntwo = [{ name = "y" }]\nthree = [{ name = "z" }]\n'
    '[package.metadata]\nprovides-extras = ["one", "two", "three", "empty"]\n'
)


def test_all_extras_leave_out_what_conflicts_and_say_so() -> None:
    lock = uv_lock(project(more=EXTRAS), *(uv_package(each) for each in "xyz"), head=CONFLICT)
    found = select(lock, everything=True)
    assert files(found) == ["x-1.0-py3-none-any.whl", "z-1.0-py3-none-any.whl"]
    assert any("two left out" in note for note in found.notes)
    assert files(select(lock, everything=True, extras=["two"])) == ["y-1.0-py3-none-any.whl", "z-1.0-py3-none-any.whl"]
    with pytest.raises(QuestionError, match="'one' and the extra 'two' conflict"):
        select(lock, extras=["one", "two"])


def test_an_extra_that_only_an_active_extra_asks_for_is_active_too() -> None:
    """Markers of a lock with conflicts see extras at any depth, which only walking again and again finds."""
    deep = 5
    chain = [
        uv_package(
            f"p{number}",
            needs=f'{{ name = "p{number + 1}", extra = ["more"], marker = "extra == \'extra-2-p{number}-more\'" }}',
            more='[package.optional-dependencies]\nmore = [{ name = "x" }]\n',
        )
        for number in range(deep)
    ]
    last = uv_package(f"p{deep}", needs=f'{{ name = "y", marker = "extra == \'extra-2-p{deep}-more\'" }}')
    lock = uv_lock(
        project('{ name = "p0", extra = ["more"] }', more=EXTRAS),
        *chain,
        last,
        *(uv_package(each) for each in "xyz"),
        head=CONFLICT,
    )
    assert files(select(lock)) == [
        *(f"p{number}-1.0-py3-none-any.whl" for number in range(deep + 1)),
        "x-1.0-py3-none-any.whl",
        "y-1.0-py3-none-any.whl",
    ]


@pytest.mark.parametrize(
    ("conflict", "asked"),
    [
        ('{ package = "m" }, { package = "own", group = "dev" }', {}),
        ('{ package = "deep" }, { package = "own", extra = "one" }', {"extras": ["one"]}),
        ('{ package = "far" }, { package = "m" }', {"extras": ["two"]}),
        ('{ package = "m", extra = "one" }, { package = "own", extra = "one" }', {"extras": ["one"]}),
        ('{ package = "m", group = "dev" }, { package = "own", group = "dev" }', {}),
    ],
)
def test_members_that_are_only_dependencies_conflict_as_the_roots_do(conflict: str, asked: dict[str, Any]) -> None:
    """Real uv refuses each of these, whatever the marker of the edge says; not what no edge leads to."""

    def lock(*needs: str) -> str:
        edges = "".join(f"{{ name = '{name}', marker = \"sys_platform == 'win32'\" }},\n" for name in needs)
        more = '[package.optional-dependencies]\none = []\ntwo = [{ name = "far" }]\n'
        more += "[package.dev-dependencies]\ndev = []\n"
        members = [uv_package(name, source=f'{{ virtual = "{name}" }}', tags=()) for name in ("deep", "far")]
        return uv_lock(
            project(edges + "{ name = 'x' }", more=more),
            uv_package("m", source='{ virtual = "m" }', needs='{ name = "deep" }', tags=(), more=more),
            *members,
            uv_package("x"),
            head=f'conflicts = [[{conflict}]]\n[manifest]\nmembers = ["deep", "far", "m", "own"]\n',
        )

    assert files(select(lock(), **asked)) == ["x-1.0-py3-none-any.whl"]
    with pytest.raises(QuestionError, match="declares that"):
        select(lock("m"), **asked)


def test_an_extra_without_dependencies_exists() -> None:
    lock = uv_lock(project(more=EXTRAS), *(uv_package(each) for each in "xyz"))
    assert files(select(lock, extras=["empty"])) == []


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("supported-markers = [\"sys_platform == 'win32'\"]\n", "is for other environments"),
        ('supported-markers = ["sys_platform =="]\n', "marker that cannot be evaluated"),
        ("conflicts = [1]\n", "conflicts is no list of lists"),
        ("conflicts = [[{ extra = 'x' }]]\n", "package is missing"),
    ],
)
def test_what_the_lock_excludes_or_garbles_is_an_error(head: str, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence):
        select(uv_lock(project(), head=head))


def test_a_lock_without_hashes_says_so() -> None:
    lock = uv_lock(project('{ name = "x" }'), uv_package("x")).replace(f'hash = "sha256:{DIGEST}", ', "")
    found = select(lock)
    assert found.candidates[0].sha256 is None
    assert any("no sha256" in note for note in found.notes)


def test_forks_and_environments_exclude_targets() -> None:
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")
    packages = (project('{ name = "x" }'), uv_package("x", tags=tags))
    both = ["manylinux_2_28_x86_64", "win_amd64"]
    for key in ("supported-markers", "resolution-markers"):
        head = f"{key} = [\n    \"sys_platform == 'linux'\",\n]\n"
        assert {each.platform for each in read(uv_lock(*packages, head=head)).targets()} == {both[0]}
    found = read(uv_lock(*packages)).targets()
    assert [(each.minor_version, each.platform) for each in found] == [
        (minor, platform) for minor in ("3.12",) for platform in both
    ]


def test_a_target_where_something_can_neither_be_installed_nor_built_is_none() -> None:
    tags = ("cp312-cp312-manylinux_2_17_x86_64",)
    many = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-win_amd64")
    needs = '{ name = "x" }, { name = "y" }'
    sdist = 'sdist = { url = "https://files.example/y-1.0.tar.gz" }\n'
    without = uv_lock(project(needs), uv_package("x", tags=many), uv_package("y", tags=tags))
    built = uv_lock(project(needs), uv_package("x", tags=many), uv_package("y", tags=tags, more=sdist))
    assert {each.platform for each in read(without).targets()} == {"manylinux_2_28_x86_64"}
    assert {each.platform for each in read(built).targets()} == {"manylinux_2_28_x86_64", "win_amd64"}


def test_what_has_only_a_source_archive_is_a_skip() -> None:
    sdist = 'sdist = { url = "https://files.example/x-1.0.tar.gz" }\n'
    (skip,) = select(uv_lock(project('{ name = "x" }'), uv_package("x", tags=(), more=sdist))).skipped
    assert (skip.code, "x-1.0.tar.gz" in skip.reason) == ("no-wheel", True)


def test_wheels_of_another_project_or_version_are_not_taken() -> None:
    for wheel in ("y-1.0-py3-none-any.whl", "x-2.0-py3-none-any.whl", "x-1.0-1\u0001-py3-none-any.whl", "nonsense.whl"):
        lock = uv_lock(
            project('{ name = "x" }'),
            uv_package("x", tags=())
            + f'wheels = [{{ url = "https://files.example/{wheel}" }}]\n'.replace("\u0001", "%01"),
        )
        found = select(lock)
        assert not found.candidates
        assert [each.code for each in found.skipped] == ["no-wheel"]


def test_of_two_sources_the_edge_says_which() -> None:
    one, other = '{ registry = "https://one.example/simple" }', '{ registry = "https://two.example/simple" }'
    lock = uv_lock(
        project(f'{{ name = "x", version = "1.0", source = {other} }}'),
        uv_package("x", source=one),
        uv_package("x", source=other),
    )
    assert [each.index for each in select(lock).candidates] == ["https://two.example/simple"]
