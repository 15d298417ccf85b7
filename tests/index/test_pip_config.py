"""pip's files: where they are, and which one overrides which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wheelclash.index import pip_config as pipconfig

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folders differ by platform")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Every place pip looks at, by pip's word for it."""
    monkeypatch.setattr(pipconfig, "SYSTEM", tmp_path / "etc")
    return {
        "global": tmp_path / "xdg" / "pip" / "pip.conf",
        "legacy": tmp_path / "home" / ".pip" / "pip.conf",
        "user": tmp_path / "config" / "pip" / "pip.conf",
        "site": tmp_path / "prefix" / "pip.conf",
        "env": tmp_path / "chosen.conf",
    }


def environ_of(tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        **more,
    }


@pytest.mark.parametrize(
    ("names", "chosen", "expected"),
    [
        (["global", "legacy", "user", "site", "env"], True, "env"),
        (["global", "legacy", "user", "site"], False, "site"),
        (["global", "legacy", "user"], False, "user"),
        (["global", "legacy"], False, "legacy"),
        (["global"], False, "global"),
        (["global", "user"], True, "user"),
        ([], False, None),
    ],
)
def test_the_later_file_wins_in_pips_order(
    machine: dict[str, Path],
    tmp_path: Path,
    names: list[str],
    expected: str | None,
    *,
    chosen: bool,
) -> None:
    for name in names:
        machine[name].parent.mkdir(parents=True, exist_ok=True)
        machine[name].write_text(f"[global]\nindex-url = https://{name}.example/\n")
    environ = environ_of(tmp_path, **({"PIP_CONFIG_FILE": str(machine["env"])} if chosen else {}))
    found = pipconfig.from_files(environ, tmp_path / "prefix")
    assert found.index_url == (expected and f"https://{expected}.example/")


def test_a_file_that_is_chosen_replaces_the_users_own(machine: dict[str, Path], tmp_path: Path) -> None:
    machine["user"].parent.mkdir(parents=True)
    machine["user"].write_text("[global]\nindex-url = https://user.example/\n")
    machine["env"].write_text("[global]\ntimeout = 60\n")
    environ = environ_of(tmp_path, PIP_CONFIG_FILE=str(machine["env"]))
    assert not pipconfig.from_files(environ, None).names_any
    assert not pipconfig.from_files(environ_of(tmp_path, PIP_CONFIG_FILE=os.devnull), None).names_any


def test_options_are_read_as_pip_reads_them(machine: dict[str, Path], tmp_path: Path) -> None:
    machine["user"].parent.mkdir(parents=True)
    machine["user"].write_text(
        "[global]\nindex_url = https://a.example/\n--no-index = no\n"
        "extra-index-url =\n    https://b.example/\n    https://c.example/\n"
        "[install]\nindex-url = https://i.example/%(x)s\nfind-links = one two\ntrusted-host = b.example\n"
    )
    found = pipconfig.from_files(environ_of(tmp_path), None)
    assert found.index_url == "https://i.example/%(x)s"
    assert found.extra_index_urls == ("https://b.example/", "https://c.example/")
    assert found.find_links == ("one", "two")
    assert found.trusted_hosts == ("b.example",)
    assert not found.no_index


@pytest.mark.oracle
def test_pip_itself_looks_at_the_same_files(tmp_path: Path) -> None:
    """``pip config debug`` lists its files; ours are the same."""
    environ = environ_of(tmp_path, PATH=os.environ.get("PATH", ""))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "debug"], env=environ, capture_output=True, text=True, check=True
    )
    listed = [line.strip().partition(", exists:")[0] for line in done.stdout.splitlines() if ", exists:" in line]
    ours = [str(path) for path in pipconfig.files(environ, Path(sys.prefix))]
    assert sorted(ours) == sorted(listed)
