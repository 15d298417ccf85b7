"""URLs without their secrets.

Credentials are taken off a URL where it enters (a flag, a variable, a configuration file, a requirement)
and kept in one :class:`Credentials` store, by origin. Past that point no URL in the program carries any, so
none can reach output, errors, cache or logs.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from wheelclash.files import LARGEST_CONFIGURATION, require_file

__all__ = [
    "Credentials",
    "local_path",
    "netrc_logins",
    "origin_of",
    "redacted",
    "shown",
    "shown_path",
    "without_credentials",
]

_VCS = frozenset({"git", "hg", "svn", "bzr"})
_HOST = re.compile(r"(?:\[[^\]]*\]|localhost|[^:]*\.[^:]*|)(?::\d+)?", re.IGNORECASE)
"""What is a host rather than a user name, or a password's beginning: it has a dot."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return scheme, host and port of ``url`` (RFC 6454), e.g. ``https://files.example:443``; ``file://`` for files."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme == "file":
        return "file://"
    port = parts.port or _DEFAULT_PORTS.get(scheme)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def without_credentials(url: str) -> str:
    """Return ``url`` without user name and password; any other text is returned as it is.

    What looks like a URL and is none, since its password holds a ``/``, ``?`` or ``#`` that is not escaped, loses
    everything up to its last ``@``.
    """
    try:
        parts = urlsplit(url)
        if ":" in parts.netloc and "@" not in parts.netloc:
            parts.port  # noqa: B018 - raises if it is no number
    except ValueError:
        return shown(url)
    if "@" not in parts.netloc:
        return url
    return _with_netloc(parts, parts.netloc.rpartition("@")[2])


_STOP = r"\s\"'`<>|"
_LOGIN = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<rest>[^{_STOP}]*@[^{_STOP}]*)"  # a URL, or what is meant to be one
    rf"|(?<![\w.~%+@/-])(?://)?(?!file:|[A-Za-z]:[\\/])[^{_STOP}:@/=]+:[^{_STOP}]*@(?=[\w\[])",  # user:password@host
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return ``text`` without user names and passwords, be they parts of URLs or of what looks like one.

    Nothing need be known of the text. Rather too much is taken away than too little: it is for messages only.

    >>> redacted("error: https://user:pa/ss@host/simple is no URL")
    'error: https://host/simple is no URL'
    >>> redacted("user:secret@host/simple, git@host:a/b.git, git+https://host/a@v1")
    'host/simple, git@host:a/b.git, git+https://host/a@v1'
    """
    return _LOGIN.sub(_without_login, text) if "@" in text else text


def shown(location: str) -> str:
    """Return a whole argument that names a place, for messages: as :func:`redacted`, also where it has spaces."""
    scheme, separator, rest = location.partition("://")
    return _url_without_login(scheme + separator, rest) if separator and "@" in rest else redacted(location)


def shown_path(path: Path) -> str:
    """Return a path that was made of an argument, for messages: without a login that the argument held.

    Below the working folder a URL is not known as one any more, and its slashes are joined.
    """
    try:
        text = str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        text = str(path)
    harmless = shown(text)
    return str(path) if harmless == text else harmless


def _without_login(match: re.Match[str]) -> str:
    return "" if match["scheme"] is None else _url_without_login(match["scheme"], match["rest"])


def _url_without_login(scheme: str, rest: str) -> str:
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    is_repository = scheme.rsplit(None, 1)[-1].partition("+")[0].lower() in _VCS
    if is_repository and "@" in authority:  # git+https://user:password@host/project@revision
        return scheme + rest[len(authority.rpartition("@")[0]) + 1 :]
    if "@" not in authority and ((is_repository and ":" not in authority) or _HOST.fullmatch(authority)):
        return scheme + rest  # the @ is part of a path
    return scheme + rest.rpartition("@")[2]


def _with_netloc(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def local_path(url: str) -> Path | None:
    """Return the path a ``file://`` URL names (RFC 8089); None for any other URL."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "file":
        return None
    if os.name == "nt":
        from urllib.request import url2pathname

        return Path(url2pathname(parts.path))
    return Path(unquote(parts.path, errors="surrogateescape"))  # urllib.request costs more than a cached answer


@dataclass(slots=True)
class Credentials:
    """User names and passwords by origin; never printed."""

    _by_origin: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)

    def take(self, url: str) -> str:
        """Remember the credentials of ``url``, if it has any, and return it without them."""
        clean = without_credentials(url)
        if clean != url:
            try:
                parts, origin = urlsplit(url), origin_of(clean)
            except ValueError:  # no address at all: a request to it fails with a reason
                return clean
            if parts.hostname:
                self._by_origin[origin] = (unquote(parts.username or ""), unquote(parts.password or ""))
        return clean

    def find(self, url: str) -> tuple[str, str] | None:
        """Return user name and password for the origin of ``url``."""
        return self._by_origin.get(origin_of(url))

    def restore(self, url: str) -> str:
        """Return ``url`` with the credentials kept for its origin: only ever for another program's variables."""
        login = self.find(url) if "://" in url else None
        if login is None or "@" in urlsplit(url).netloc:
            return url
        scheme, rest = url.split("://", 1)
        return f"{scheme}://{quote(login[0], safe='')}:{quote(login[1], safe='')}@{rest}"


def netrc_logins() -> dict[str, tuple[str, str]]:
    """Return logins by host, from ``NETRC`` or the file of that name in the home folder; empty if it cannot be read.

    The ``default`` entry is left out: it would go to any host an index page names.
    """
    import netrc

    chosen = os.environ.get("NETRC")
    try:
        path = Path(chosen) if chosen else Path.home() / ("_netrc" if os.name == "nt" else ".netrc")
        require_file(path, LARGEST_CONFIGURATION)
        hosts = netrc.netrc(path).hosts
    except (OSError, RuntimeError, netrc.NetrcParseError, UnicodeDecodeError):
        return {}
    return {host.lower(): (login, secret or "") for host, (login, _, secret) in hosts.items() if host != "default"}
