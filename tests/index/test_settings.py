"""Index settings: one block, from the first source that names any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from wheelclash.errors import IndexSettingsError
from wheelclash.http.urls import Credentials
from wheelclash.index import pip_config as pipconfig
from wheelclash.index import uv_config as uvconfig
from wheelclash.index.settings import IndexOptions, IndexSettings, default_index, resolve_settings

if TYPE_CHECKING:
    from pathlib import Path

A, B, C = ("https://a.example/simple/", "https://b.example/simple/", "https://c.example/simple/")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of a machine on which nothing is configured."""
    (tmp_path / "home").mkdir()
    for module in (pipconfig, uvconfig):
        monkeypatch.setattr(module, "SYSTEM", tmp_path / "etc")
    return tmp_path / "home"


def resolved(
    home: Path,
    *,
    flags: IndexOptions | None = None,
    installer: Literal["pip", "uv"] = "uv",
    environ: dict[str, str] | None = None,
    no_config: bool = False,
    credentials: Credentials | None = None,
    prefix: Path | None = None,
    cwd: Path | None = None,
) -> IndexSettings:
    """Settings on a machine on which nothing is set but what the test sets."""
    isolated = {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "system"), "XDG_CONFIG_HOME": str(home / "user")}
    return resolve_settings(
        flags=flags or IndexOptions(),
        installer=installer,
        environ=isolated | (environ or {}),
        cwd=cwd or home,
        no_config=no_config,
        credentials=credentials or Credentials(),
        prefix=prefix,
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


PIP_FILE = f"[global]\nindex-url = {A}\n"
UV_FILE = f'index-url = "{B}"\n'


@pytest.mark.parametrize(
    ("flags", "installer", "environ", "files", "expected"),
    [
        (IndexOptions(index_url=C), "uv", {"UV_DEFAULT_INDEX": A}, {}, ("flags", "flags", C)),
        (IndexOptions(), "uv", {"UV_DEFAULT_INDEX": A, "PIP_INDEX_URL": B}, {}, ("uv", "UV_DEFAULT_INDEX", A)),
        (IndexOptions(), "pip", {"UV_DEFAULT_INDEX": A, "PIP_INDEX_URL": B}, {}, ("pip", "PIP_INDEX_URL", B)),
        (IndexOptions(), "uv", {"PIP_INDEX_URL": B}, {}, ("pip", "PIP_INDEX_URL", B)),
        (IndexOptions(), "uv", {"PIP_INDEX_URL": C}, {"uv": UV_FILE}, ("uv", "uv configuration", B)),
        (IndexOptions(), "pip", {"UV_INDEX_URL": C}, {"pip": PIP_FILE}, ("pip", "pip configuration", A)),
        (IndexOptions(), "pip", {}, {"pip": PIP_FILE, "uv": UV_FILE}, ("pip", "pip configuration", A)),
        (IndexOptions(), "uv", {}, {"pip": PIP_FILE, "uv": UV_FILE}, ("uv", "uv configuration", B)),
        (IndexOptions(), "uv", {"UV_INDEX_STRATEGY": "merge"}, {"pip": PIP_FILE}, ("pip", "pip configuration", A)),
    ],
)
def test_the_first_source_that_names_an_index_counts(
    home: Path,
    flags: IndexOptions,
    installer: Literal["pip", "uv"],
    environ: dict[str, str],
    files: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    for name, text in files.items():
        write(home / "user" / name / ("pip.conf" if name == "pip" else "uv.toml"), text)
    found = resolved(home, flags=flags, installer=installer, environ=environ)
    assert (found.kind, found.source, found.index_url) == expected


def test_blocks_are_never_mixed(home: Path) -> None:
    write(home / "user/pip/pip.conf", f"[global]\nindex-url = {A}\nextra-index-url = {B}\n")
    found = resolved(home, installer="pip", environ={"PIP_EXTRA_INDEX_URL": C})
    assert found.extra_index_urls == (C,)
    assert found.index_url == default_index()


def test_without_any_source_the_default_index_is_asked(home: Path) -> None:
    found = resolved(home)
    assert (found.kind, found.indexes, found.find_links) == ("default", (default_index(),), ())
    assert found.index_url is not None
    assert found.index_url.startswith("https://")
    assert found.index_url.endswith("/simple/")


def test_no_config_looks_at_flags_alone(home: Path) -> None:
    write(home / "user/pip/pip.conf", "damaged")
    found = resolved(home, environ={"UV_DEFAULT_INDEX": A, "PIP_INDEX_URL": A, "PIP_CERT": "x"}, no_config=True)
    assert (found.kind, found.cert) == ("default", None)


@pytest.mark.parametrize(
    ("flags", "environ", "strategy", "order"),
    [
        (IndexOptions(index_url=A, extra_index_urls=(B, C)), {}, "first-index", (B, C, A)),
        (IndexOptions(index_url=A, extra_index_urls=(B,), strategy="merge"), {}, "merge", (A, B)),
        (IndexOptions(index_url=A, extra_index_urls=(B,), strategy="unsafe-best-match"), {}, "merge", (A, B)),
        (IndexOptions(), {"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": f"{B} {C}"}, "merge", (A, B, C)),
        (IndexOptions(strategy="first-index"), {"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": B}, "first-index", (B, A)),
        (IndexOptions(), {"UV_DEFAULT_INDEX": A, "UV_INDEX": f"{B} c={C}"}, "first-index", (B, C, A)),
        (IndexOptions(), {"UV_INDEX_URL": A, "UV_EXTRA_INDEX_URL": B, "UV_INDEX_STRATEGY": "unsafe-best-match"},
         "merge", (A, B)),
    ],
)  # fmt: skip
def test_several_indexes_are_ordered_by_whose_block_it_is(
    home: Path, flags: IndexOptions, environ: dict[str, str], strategy: str, order: tuple[str, ...]
) -> None:
    found = resolved(home, flags=flags, environ=environ)
    assert (found.strategy, found.indexes) == (strategy, order)


def test_no_index_leaves_find_links_alone(home: Path) -> None:
    (home / "wheels").mkdir()
    flags = IndexOptions(index_url=A, extra_index_urls=(B,), find_links=("wheels", C), no_index=True)
    found = resolved(home, flags=flags)
    assert found.indexes == ()
    assert found.find_links == ((home / "wheels").as_uri(), C)
    assert found.flags == flags


def test_no_secret_leaves_the_store(home: Path) -> None:
    credentials = Credentials()
    secret = "https://me:s3cr3t@a.example/simple/"  # noqa: S105 - the test's point
    flags = IndexOptions(index_url=secret, extra_index_urls=(secret,), find_links=(secret,))
    found = resolved(home, flags=flags, credentials=credentials)
    assert "s3cr3t" not in repr(found)
    assert found.index_url == found.flags.index_url == A
    assert credentials.find(A) == ("me", "s3cr3t")


@pytest.mark.parametrize(
    "flags",
    [
        IndexOptions(index_url="ftp://me:s3cr3t@a.example/"),
        IndexOptions(index_url="https://me:s3cr3t@a.example:port/"),
        IndexOptions(index_url="https://"),
        IndexOptions(index_url="file://host/simple/"),
        IndexOptions(index_url=""),
        IndexOptions(find_links=("nowhere",)),
        IndexOptions(strategy="unsafe-first-match"),
    ],
)
def test_settings_that_make_no_sense_are_told_without_secrets(home: Path, flags: IndexOptions) -> None:
    if flags.index_url == "":
        assert resolved(home, flags=flags).kind == "default"
        return
    with pytest.raises(IndexSettingsError) as caught:
        resolved(home, flags=flags)
    assert "s3cr3t" not in str(caught.value)


def test_pip_goes_on_without_a_folder_that_is_not_there(home: Path) -> None:
    found = resolved(home, environ={"PIP_FIND_LINKS": "nowhere", "PIP_NO_INDEX": "1"})
    assert (found.find_links, found.indexes) == ((), ())


@pytest.mark.parametrize(
    ("environ", "cert"),
    [
        ({"PIP_CERT": "p.pem", "SSL_CERT_FILE": "s.pem"}, "p.pem"),
        ({"SSL_CERT_FILE": "s.pem", "REQUESTS_CA_BUNDLE": "r.pem"}, "s.pem"),
        ({"REQUESTS_CA_BUNDLE": "r.pem"}, "r.pem"),
        ({}, None),
    ],
)
def test_certificates_count_where_no_index_is_named(home: Path, environ: dict[str, str], cert: str | None) -> None:
    assert resolved(home, environ=environ).cert == cert


@pytest.mark.parametrize("name", ["pip/pip.conf", "uv/uv.toml"])
@pytest.mark.parametrize("text", ["no such\nsyntax [", "\xff\x00"])
def test_a_damaged_file_is_named(home: Path, name: str, text: str) -> None:
    path = write(home / "user" / name, "")
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(IndexSettingsError, match=name):
        resolved(home)
