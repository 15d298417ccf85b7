"""uv's files: which are read, and how their tables are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelclash.errors import IndexSettingsError
from wheelclash.index import uv_config as uvconfig

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine: folders for a project, the user and the system."""
    monkeypatch.setattr(uvconfig, "SYSTEM", tmp_path / "etc")
    for name in ("project/sub", "user/uv", "system/uv"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


def environ_of(machine: Path, **more: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(machine / "user"), "XDG_CONFIG_DIRS": str(machine / "system"), **more}


def test_the_nearest_project_file_counts_then_the_users_then_the_systems(machine: Path) -> None:
    (machine / "pyproject.toml").write_text('[tool.uv]\nindex-url = "https://far.example/"\n')
    (machine / "project/pyproject.toml").write_text('[tool.uv]\nextra-index-url = ["https://near.example/"]\n')
    (machine / "project/sub/pyproject.toml").write_text('[project]\nname = "x"\n')
    (machine / "user/uv/uv.toml").write_text(
        'index-url = "https://user.example/"\nextra-index-url = ["https://u.example/"]\n'
    )
    (machine / "system/uv/uv.toml").write_text('index-url = "https://system.example/"\n')
    found = uvconfig.from_files(environ_of(machine), machine / "project/sub")
    assert found.index_url == "https://user.example/"
    assert found.extra_index_urls == ("https://near.example/", "https://u.example/")


def test_uv_toml_hides_the_pyproject_beside_it(machine: Path) -> None:
    (machine / "project/uv.toml").write_text("no-index = true\n")
    (machine / "project/pyproject.toml").write_text('[tool.uv]\nindex-url = "https://p.example/"\n')
    found = uvconfig.from_files(environ_of(machine), machine / "project")
    assert (found.no_index, found.index_url) == (True, None)


def test_tables_of_indexes_know_names_defaults_and_explicit_ones(machine: Path) -> None:
    (machine / "project/uv.toml").write_text(
        'extra-index-url = ["third=https://3.example/"]\n'
        '[[index]]\nname = "first"\nurl = "https://1.example/"\n'
        '[[index]]\nurl = "https://main.example/"\ndefault = true\n'
        '[[index]]\nname = "torch"\nurl = "https://torch.example/"\nexplicit = true\n'
        '[[index]]\nurl = "https://2.example/"\n'
    )
    found = uvconfig.from_files(environ_of(machine), machine / "project")
    assert found.index_url == "https://main.example/"
    assert found.extra_index_urls == ("https://1.example/", "https://2.example/", "https://3.example/")


def test_the_pip_table_overrides_values_and_adds_to_lists(machine: Path) -> None:
    (machine / "project/uv.toml").write_text(
        'index-url = "https://a.example/"\nfind-links = ["wheels"]\n'
        '[pip]\nindex-url = "https://b.example/"\nfind-links = ["../more"]\n'
    )
    found = uvconfig.from_files(environ_of(machine), machine / "project/sub")
    assert found.index_url == "https://b.example/"
    assert found.find_links == (str(machine / "project/../more"), str(machine / "project/wheels"))


def test_a_file_that_is_chosen_replaces_all_others(machine: Path) -> None:
    (machine / "project/uv.toml").write_text('index-url = "https://a.example/"\n')
    (machine / "chosen.toml").write_text('index-url = "https://c.example/"\n')
    environ = environ_of(machine, UV_CONFIG_FILE=str(machine / "chosen.toml"))
    assert uvconfig.from_files(environ, machine / "project").index_url == "https://c.example/"
    assert not uvconfig.from_files(environ | {"UV_NO_CONFIG": "1"}, machine / "project").names_any
    with pytest.raises(IndexSettingsError, match=r"gone\.toml"):
        uvconfig.from_files(environ_of(machine, UV_CONFIG_FILE="gone.toml"), machine / "project")


def test_variables_are_split_as_uv_splits_them() -> None:
    found = uvconfig.from_environ(
        {
            "UV_DEFAULT_INDEX": "main=https://m.example/",
            "UV_INDEX": "a=https://a.example/ https://b.example/?x=1",
            "UV_FIND_LINKS": "one two,three",
        }
    )
    assert found.index_url == "https://m.example/"
    assert found.extra_index_urls == ("https://a.example/", "https://b.example/?x=1")
    assert found.find_links == ("one two", "three")


@pytest.mark.parametrize(
    "text",
    ["index-url = 1", "find-links = 'x'", "find-links = [1]", "index = 'x'", "index = [1]", "[[index]]", "pip = 1"],
)
def test_a_value_of_the_wrong_type_is_told_with_its_file(machine: Path, text: str) -> None:
    (machine / "project/uv.toml").write_text(text + "\n")
    with pytest.raises(IndexSettingsError, match=r"uv\.toml"):
        uvconfig.from_files(environ_of(machine), machine / "project")
