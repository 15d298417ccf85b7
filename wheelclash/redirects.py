"""Where a server may send us: the rules of following a ``Location`` header.

Redirects are followed by hand, since a client library knows nothing of indexes: no downgrade from https to http,
another host only over https (or from loopback to loopback), never from a public host to a private address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from wheelclash.errors import FetchError
from wheelclash.urls import origin_of, without_credentials

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["MAX_HOPS", "is_private_host", "is_web_address", "redirect_target"]

MAX_HOPS = 5
"""Redirects followed for one request."""


def redirect_target(url: str, location: str) -> str:
    """The URL to ask next.

    Args:
        url: The URL that answered with a redirect.
        location: Its ``Location`` header, absolute or relative.

    Raises:
        FetchError: ``refused``, if the rules of this module forbid it.
    """
    here = without_credentials(url)
    try:
        target = without_credentials(urljoin(url, location))
    except ValueError:
        target = ""
    if not is_web_address(target):
        raise FetchError(here, "refused", "the server redirects to something that is no web address")
    old, new = urlsplit(url), urlsplit(target)
    scheme, host = new.scheme.lower(), new.hostname or ""
    if old.scheme.lower() == "https" and scheme == "http":
        raise FetchError(here, "refused", "the server redirects from https to http, which is not followed")
    old_host = old.hostname or ""
    if is_private_host(host) and not is_private_host(old_host):
        raise FetchError(here, "refused", f"the server redirects to the private address {host}, which is not followed")
    loopback = _is_loopback(old_host) and _is_loopback(host)
    if origin_of(target) != origin_of(url) and scheme == "http" and not loopback and host != old_host:
        raise FetchError(here, "refused", f"the server redirects to another host over plain http ({host})")
    return target


def is_web_address(url: str) -> bool:
    """Whether ``url`` is http or https, with a host and, if it has a port, a sane one."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises if it is no number
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme.lower() in {"http", "https"} and bool(host) and host.isprintable() and " " not in host


def is_private_host(host: str) -> bool:
    """Whether a host is spelt as a loopback name, or an address that is not on the public internet."""
    if _is_local_name(host):
        return True
    address = _address(host)
    return address is not None and not address.is_global


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return _is_local_name(host) or (address is not None and address.is_loopback)


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def _address(host: str) -> IPv4Address | IPv6Address | None:
    import ipaddress
    import socket

    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:  # "127.1" and "0x7f000001" reach the resolver, which understands them
            return ipaddress.ip_address(socket.inet_aton(host.rstrip(".")))
        except (OSError, ValueError):
            return None
    return (address.version == 6 and address.ipv4_mapped) or address  # noqa: PLR2004 - IPv6
