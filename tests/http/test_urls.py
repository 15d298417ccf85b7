"""URLs lose their secrets where they enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelclash.http.urls import Credentials, netrc_logins, origin_of, without_credentials

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://index.example/simple/", "https://index.example:443"),
        ("https://index.example:443/x", "https://index.example:443"),
        ("HTTPS://Index.Example/x", "https://index.example:443"),
        ("http://index.example/x", "http://index.example:80"),
        ("http://index.example:8080/x", "http://index.example:8080"),
        ("https://user:secret@index.example/x", "https://index.example:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("http://127.0.0.1:80/", "http://127.0.0.1:80"),
        ("file:///wheels/a.whl", "file://"),
        ("file://host/share/a.whl", "file://"),
    ],
)
def test_origin(url: str, origin: str) -> None:
    """Scheme, host and port, defaults filled in, letter case gone."""
    assert origin_of(url) == origin


def test_origins_differ() -> None:
    """Another scheme, host or port is another origin."""
    urls = [
        "http://a.example",
        "https://a.example",
        "https://b.example",
        "https://a.example:444",
        "http://a.example:443",
    ]
    assert len({origin_of(url) for url in urls}) == len(urls)


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://user:secret@index.example/simple/", "https://index.example/simple/"),
        ("https://token@index.example/simple/", "https://index.example/simple/"),
        ("https://user:s%40cret@index.example:444/x?y#z", "https://index.example:444/x?y#z"),
        ("https://user:p@ss@index.example/x", "https://index.example/x"),
        ("https://:secret@index.example/", "https://index.example/"),
        ("https://index.example/@scope/x", "https://index.example/@scope/x"),
        ("https://index.example/x?mail=a@b", "https://index.example/x?mail=a@b"),
        ("git+https://user:secret@host.example/x.git", "git+https://host.example/x.git"),
        ("https://index.example/simple/", "https://index.example/simple/"),
        ("no url at all", "no url at all"),
        ("", ""),
    ],
)
def test_without_credentials(url: str, clean: str) -> None:
    """40: user name and password go, nothing else does."""
    assert without_credentials(url) == clean
    assert without_credentials(clean) == clean


_words = st.text("abcXYZ019._~-%", min_size=1, max_size=10)


@given(
    _words, _words, _words, st.sampled_from(["https", "http", "git+ssh"]), st.sampled_from(["", "/", "/x@y", "?a@b"])
)
def test_no_secret_is_left(user: str, secret: str, host: str, scheme: str, rest: str) -> None:
    """40: whatever the parts, what is left is the URL that was meant, without them."""
    assert without_credentials(f"{scheme}://{user}:{secret}@{host}{rest}") == f"{scheme}://{host}{rest}"


@pytest.mark.parametrize("url", ["https://user:secret@[::1/x", "https://user:secret@[bad]/x"])
def test_broken_urls_lose_theirs_too(url: str) -> None:
    """What cannot be parsed is printed in errors all the same, and so is cleaned as well as can be."""
    assert "secret" not in without_credentials(url)


def test_store() -> None:
    """Credentials are kept by origin, unquoted, and go to that origin only."""
    store = Credentials()
    assert store.take("https://us%65r:s%40cret@index.example/simple/") == "https://index.example/simple/"
    assert store.take("https://other.example/simple/") == "https://other.example/simple/"
    assert store.find("https://index.example:443/files/a.whl") == ("user", "s@cret")
    for other in ("http://index.example/", "https://index.example:444/", "https://other.example/", "file:///x"):
        assert store.find(other) is None


def test_store_of_a_token() -> None:
    """A user name alone is a token."""
    store = Credentials()
    store.take("https://token@index.example/")
    assert store.find("https://index.example/") == ("token", "")


def test_store_is_not_printed() -> None:
    """40: no secret in a log or a traceback by way of the store."""
    store = Credentials()
    store.take("https://user:secret@index.example/")
    assert "secret" not in repr(store)
    assert "user" not in repr(store)


@pytest.mark.parametrize("host", ["index.example:port", "index.example:99999", "[::1", "[bad]"])
def test_impossible_addresses(host: str) -> None:
    """What is no address keeps nothing, and loses its secrets like any other."""
    url = f"https://user:secret@{host}/x"
    store = Credentials()
    clean = store.take(url)
    assert "secret" not in clean
    assert store.find("https://index.example/") is None


NETRC = """\
machine index.example login user password secret
machine Upper.Example login other password hidden
machine bare.example login token
default login everybody password everywhere
"""


def test_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logins by host in lower case; never the default entry, which would go to any host a page names."""
    (tmp_path / "netrc").write_text(NETRC)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert netrc_logins() == {
        "index.example": ("user", "secret"),
        "upper.example": ("other", "hidden"),
        "bare.example": ("token", ""),
    }


@pytest.mark.parametrize("content", [b"machine", b"\xff\xfe", b"nonsense here\n"])
def test_netrc_that_cannot_be_read(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken file is no file."""
    (tmp_path / "netrc").write_bytes(content)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert netrc_logins() == {}


def test_no_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a missing one; without the variable it is looked for in the home folder."""
    monkeypatch.setenv("NETRC", str(tmp_path / "gone"))
    assert netrc_logins() == {}
    monkeypatch.delenv("NETRC")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert netrc_logins() == {}
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text(NETRC)
        (tmp_path / name).chmod(0o600)
    assert "index.example" in netrc_logins()
