"""URLs without their secrets.

Credentials are taken off a URL where it enters (a flag, a variable, a configuration file, a requirement)
and kept in one :class:`Credentials` store, by origin. Past that point no URL in the program carries any, so
none can reach output, errors, cache or logs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

__all__ = ["Credentials", "local_path", "netrc_logins", "origin_of", "without_credentials"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Scheme, host and port of ``url`` (RFC 6454), e.g. ``https://files.example:443``; ``file://`` for files."""
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
    """``url`` without user name and password; any other text is returned as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2] if "@" in url else url
    if "@" not in parts.netloc:
        return url
    return _with_netloc(parts, parts.netloc.rpartition("@")[2])


def _with_netloc(parts: SplitResult, netloc: str) -> str:
    return parts._replace(netloc=netloc).geturl()


def local_path(url: str) -> Path | None:
    """The path a ``file://`` URL names (RFC 8089); None for any other URL."""
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
            except ValueError:  # no address at all: whoever asks there is told so
                return clean
            if parts.hostname:
                self._by_origin[origin] = (unquote(parts.username or ""), unquote(parts.password or ""))
        return clean

    def find(self, url: str) -> tuple[str, str] | None:
        """User name and password for the origin of ``url``."""
        return self._by_origin.get(origin_of(url))

    def restore(self, url: str) -> str:
        """``url`` with the credentials kept for its origin: only ever for another program's variables."""
        login = self.find(url) if "://" in url else None
        if login is None or "@" in urlsplit(url).netloc:
            return url
        scheme, rest = url.split("://", 1)
        return f"{scheme}://{quote(login[0], safe='')}:{quote(login[1], safe='')}@{rest}"


def netrc_logins() -> dict[str, tuple[str, str]]:
    """Logins by host, from ``NETRC`` or the file of that name in the home folder; empty if it cannot be read.

    The ``default`` entry is left out: it would go to any host an index page names.
    """
    import netrc
    import os
    from pathlib import Path

    chosen = os.environ.get("NETRC")
    try:
        path = Path(chosen) if chosen else Path.home() / ("_netrc" if os.name == "nt" else ".netrc")
        hosts = netrc.netrc(path).hosts
    except (OSError, RuntimeError, netrc.NetrcParseError, UnicodeDecodeError):
        return {}
    return {host.lower(): (login, secret or "") for host, (login, _, secret) in hosts.items() if host != "default"}
