"""Where a redirect may lead."""

from __future__ import annotations

import pytest

from wheelclash.errors import FetchError
from wheelclash.http.policy import is_private_host, redirect_target


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://a.example/simple/x", "/simple/x/", "https://a.example/simple/x/"),
        ("https://a.example/simple/x", "../files/x", "https://a.example/files/x"),
        ("https://a.example/x", "https://b.example/x", "https://b.example/x"),
        ("http://a.example/x", "https://b.example/x", "https://b.example/x"),
        ("http://a.example/x", "http://a.example:8080/x", "http://a.example:8080/x"),
        ("http://127.0.0.1:1/x", "http://localhost:2/x", "http://localhost:2/x"),
        ("http://10.0.0.1/x", "https://10.0.0.2/x", "https://10.0.0.2/x"),
        ("https://a.example/x", "https://me:secret@a.example/y", "https://a.example/y"),
    ],
)
def test_a_redirect_that_is_followed(url: str, location: str, target: str) -> None:
    assert redirect_target(url, location) == target


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "http://b.example/x"),
        ("http://a.example/x", "http://b.example/x"),
        ("https://a.example/x", "https://169.254.169.254/latest"),
        ("https://a.example/x", "https://localhost/x"),
        ("https://a.example/x", "https://127.1/x"),
        ("https://a.example/x", "https://0x7f000001/x"),
        ("https://a.example/x", "https://2130706433/x"),
        ("https://a.example/x", "https://[::1]/x"),
        ("https://a.example/x", "https://[::ffff:10.0.0.1]/x"),
        ("https://a.example/x", "https://[fe80::1%25eth0]/x"),
        ("https://8.8.8.8/x", "https://192.168.0.1/x"),
        ("http://127.0.0.1/x", "http://10.0.0.1/x"),
        ("https://a.example/x", "file:///etc/passwd"),
        ("https://a.example/x", "https://b.example:port/x"),
        ("https://a.example/x", "https://[/x"),
    ],
)
def test_a_redirect_that_is_refused(url: str, location: str) -> None:
    with pytest.raises(FetchError) as caught:
        redirect_target(url, location)
    assert (caught.value.code, caught.value.url) == ("refused", url)


@pytest.mark.parametrize(
    ("host", "private"),
    [("a.example", False), ("8.8.8.8", False), ("LOCALHOST.", True), ("x.localhost", True), ("192.168.1.1", True)],
)
def test_private_hosts_are_known_by_their_spelling(host: str, private: bool) -> None:  # noqa: FBT001
    assert is_private_host(host) is private
