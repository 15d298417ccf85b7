"""The closure of files: requirements, scripts and projects, read by real uv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wheelclash.closure import ClosureRequest
from wheelclash.errors import QuestionError
from wheelclash.resolve.requirement import Asked

if TYPE_CHECKING:
    from tests.support.resolving import Resolver


def test_a_requirements_file_is_read_by_uv(user: Resolver) -> None:
    """Includes, constraints, markers, comments, hashes and continuation lines."""
    user.write("more/constraints.txt", "left<2")
    user.write("more/base.txt", "-c constraints.txt", "left  # the left one")
    path = user.write(
        "r.txt", "-r more/base.txt", "right; sys_platform == 'win32'", "spare \\", f"  --hash=sha256:{'0' * 64}"
    )
    assert user.resolve(wanted=ClosureRequest(files=[path])).versions() == {"left": "1.0", "spare": "1.0"}


def test_files_arguments_and_standard_input_make_one_set(user: Resolver) -> None:
    path = user.write("r.txt", "left<2")
    wanted = ClosureRequest(requirements=[Asked(text="spare", name="spare")], files=[path], text=b"right\n")
    assert user.resolve(wanted=wanted).versions() == {"left": "1.0", "right": "1.0", "spare": "1.0"}


def test_a_file_named_like_an_option_is_a_file(user: Resolver) -> None:
    path = user.write("-r.txt", "left")
    assert user.resolve(wanted=ClosureRequest(files=[path])).versions() == {"left": "2.0"}


def test_the_folder_of_an_editable_source_is_not_compared_and_its_requirements_are(user: Resolver) -> None:
    user.write("mine/pyproject.toml", "[project]", 'name = "mine"', 'version = "1"', 'dependencies = ["left"]')
    path = user.write("r.txt", "-e ./mine")
    selection = user.selection(wanted=ClosureRequest(files=[path]))
    assert [(each.requirement, each.code) for each in selection.not_compared] == [("mine", "editable")]
    assert [each.name for each in selection.candidates] == ["left"]


def test_a_script_says_what_it_requires(user: Resolver) -> None:
    path = user.write(
        "s.py", "# /// script", '# requires-python = ">=3.13"', '# dependencies = ["left<2"]', "# ///", "import left"
    )
    closure = user.resolve(wanted=ClosureRequest(files=[path]))
    assert closure.versions() == {"left": "1.0"}
    assert any("s.py requires Python >=3.13" in note for note in closure.notes)


PYPROJECT = """
[project]
name = "My.App"
version = "1"
dependencies = ["left<2"]
[project.optional-dependencies]
more = ["spare"]
[dependency-groups]
dev = ["right"]
test = [{ include-group = "dev" }, "newest"]
""".strip().splitlines()


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, {"left"}),
        ({"extras": ["more"]}, {"left", "spare"}),
        ({"all_extras": True}, {"left", "spare"}),
        ({"groups": ["test"]}, {"left", "right", "newest"}),
    ],
)
def test_a_pyproject_is_resolved_with_the_extras_and_groups_asked_for(
    user: Resolver, wanted: dict[str, Any], names: set[str]
) -> None:
    path = user.write("app/pyproject.toml", *PYPROJECT)
    closure = user.resolve(wanted=ClosureRequest(files=[path])._replace(**wanted))
    assert set(closure.versions()) == names
    assert [(each.requirement, each.code) for each in closure.not_compared] == [("my-app", "project")]


@pytest.mark.parametrize("group", ["dev", "pyproject.toml:dev"])
def test_a_group_alone_is_that_of_the_project_here(user: Resolver, group: str) -> None:
    user.write("pyproject.toml", *PYPROJECT)
    closure = user.resolve(wanted=ClosureRequest(groups=[group]))
    assert closure.versions() == {"right": "1.0"}
    assert closure.not_compared == ()


def test_a_project_file_that_only_has_groups(user: Resolver) -> None:
    path = user.write("pyproject.toml", "[dependency-groups]", 'dev = ["right"]')
    assert user.resolve(wanted=ClosureRequest(files=[path], groups=["dev"])).versions() == {"right": "1.0"}
    with pytest.raises(QuestionError, match="dev"):
        user.resolve(wanted=ClosureRequest(files=[path]))


@pytest.mark.parametrize("wanted", [{"extras": ["none"]}, {"groups": ["none"]}])
def test_an_extra_or_group_that_does_not_exist_is_refused(user: Resolver, wanted: dict[str, Any]) -> None:
    path = user.write("pyproject.toml", *PYPROJECT)
    with pytest.raises(QuestionError, match="none"):
        user.resolve(wanted=ClosureRequest(files=[path])._replace(**wanted))


def test_of_several_projects_the_one_whose_group_is_meant_must_be_named(user: Resolver) -> None:
    files = [user.write(f"{name}/pyproject.toml", *PYPROJECT) for name in ("one", "two")]
    with pytest.raises(QuestionError, match="several"):
        user.resolve(wanted=ClosureRequest(files=files, groups=["dev"]))


@pytest.mark.parametrize(
    ("setting", "versions"),
    [
        ('constraint-dependencies = ["left<2", "spare<0"]', {"left": "1.0", "right": "1.0"}),
        ('override-dependencies = ["left==1.0"]', {"left": "1.0", "right": "1.0"}),
        ("override-dependencies = [\"left; sys_platform == 'win32'\"]", {"right": "1.0"}),
        ('exclude-dependencies = ["right"]', {"left": "2.0"}),
    ],
)
@pytest.mark.parametrize("name", ["pyproject.toml", "s.py"])
def test_what_a_project_has_uv_constrain_replace_and_leave_out_counts(
    user: Resolver, name: str, setting: str, versions: dict[str, str]
) -> None:
    """As it does for real uv, where it is asked to install from the file itself."""
    lines = ['dependencies = ["left", "right"]', "[tool.uv]", setting]
    if name == "s.py":
        path = user.write(name, "# /// script", *(f"# {line}" for line in lines), "# ///")
    else:
        path = user.write(name, "[project]", 'name = "app"', 'version = "1"', *lines)
    wanted = ClosureRequest(files=[path])
    assert user.resolve(wanted=wanted).versions() == versions
    assert user.resolve(wanted=wanted._replace(limits=["left<9"])).versions() == versions


@pytest.mark.parametrize(
    ("workspace", "version"),
    [
        ('members = ["parts/*"]', "1.0"),
        ('members = ["parts/**"]', "1.0"),
        ('members = ["other"]', "2.0"),
        ('members = ["/"]', "2.0"),
        ('members = ["parts/*"]\nexclude = ["parts/app"]', "2.0"),
    ],
)
def test_of_a_member_of_a_workspace_the_settings_of_the_root_count(
    user: Resolver, workspace: str, version: str
) -> None:
    """As for uv sync, which passes over those of the member."""
    user.write("pyproject.toml", "[tool.uv]", 'constraint-dependencies = ["left<2"]', "[tool.uv.workspace]", workspace)
    project = ("[project]", 'name = "app"', 'version = "1"', 'dependencies = ["left"]')
    path = user.write("parts/app/pyproject.toml", *project, "[tool.uv]", 'constraint-dependencies = ["left>1"]')
    assert user.resolve(wanted=ClosureRequest(files=[path])).versions()["left"] == version
