"""Which indexes are asked: one block of settings, from the first source that names any, and never a mix.

The sources, in order: flags; the environment variables of the chosen installer, then its files; those of the other
installer; the default index. Settings that pip and uv would combine from several sources are kept apart here, so that
the report can name the one source of all projects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urljoin, urlsplit

from wheelclash.errors import IndexSettingsError
from wheelclash.http.urls import local_path, shown
from wheelclash.index.block import Block
from wheelclash.index.options import IndexOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wheelclash.core.layout import InstallerName
    from wheelclash.http.cache import Cache
    from wheelclash.http.urls import Credentials

__all__ = ["IndexOptions", "IndexSettings", "Strategy", "default_index", "location", "resolve_settings"]

Strategy: TypeAlias = Literal["first-index", "merge"]
"""``first-index``: the first index that has the project, extras first (uv). ``merge``: the best file of all (pip)."""


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where projects are looked for. No URL has credentials; folders are ``file://`` URLs.

    Attributes:
        kind: The rules that the block follows: ``flags``, ``pip``, ``uv`` or ``default``.
        source: Where it comes from, for ``-v``: ``flags``, ``PIP_INDEX_URL``, ``uv configuration``, ….
        index_url: The main index; None if no index is asked.
        extra_index_urls: Further indexes, in order.
        find_links: Folders and pages of links, in order.
        strategy: How several indexes are put together.
        cert: A file of CA certificates, or None.
        trusted_hosts: Hosts that need no valid certificate.
        flags: The index options given as flags, without credentials: what printed commands repeat.
    """

    kind: Literal["flags", "pip", "uv", "default"]
    source: str
    index_url: str | None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    strategy: Strategy = "first-index"
    cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    flags: IndexOptions = field(default_factory=IndexOptions)

    @property
    def indexes(self) -> tuple[str, ...]:
        """Return every index in the order it is asked: extras first, by uv's rule; the main one first, by pip's."""
        main = () if self.index_url is None else (self.index_url,)
        if self.strategy == "merge":
            return (*main, *self.extra_index_urls)
        return (*self.extra_index_urls, *main)


def default_index(cache: Cache | None = None) -> str:
    """Return the URL of the public package index, by the constant of a library that is kept up to date.

    Args:
        cache: Remembers the constant of the very file it was read from: importing the library costs more than an
            answer from the cache.
    """
    from importlib.util import find_spec

    spec = find_spec("distlib")
    source = Path(spec.origin).with_name("index.py") if spec is not None and spec.origin else None
    key = f"{source}\n{source.stat().st_mtime_ns}" if source is not None and source.is_file() else None
    kept = cache.get("default-index", key) if cache is not None and key is not None else None
    if isinstance(kept, str):
        return kept
    from distlib.index import DEFAULT_INDEX

    url = urljoin(str(DEFAULT_INDEX).rstrip("/") + "/", "../simple/")
    if cache is not None and key is not None:
        cache.put("default-index", key, url)
    return url


def resolve_settings(
    *,
    flags: IndexOptions,
    installer: InstallerName,
    environ: Mapping[str, str],
    cwd: Path,
    no_config: bool,
    credentials: Credentials,
    prefix: Path | None = None,
    cache: Cache | None = None,
    needed: bool = True,
) -> IndexSettings:
    """Find the block that counts.

    Args:
        flags: Index options of the command line.
        installer: The chosen installer: its variables and files come before the other's.
        environ: Environment variables.
        cwd: The current folder.
        no_config: Look at flags only, neither at installers' variables nor at their files.
        credentials: Where user names and passwords in URLs go.
        prefix: The environment meant; pip reads a file in it.
        cache: Where the default index may be remembered.
        needed: Whether an index will be asked at all; if not, the default one is not looked up.

    Raises:
        IndexSettingsError: A location makes no sense, a file cannot be read, or a strategy does not exist.
    """
    from_flags = Block(
        index_url=flags.index_url,
        extra_index_urls=tuple(flags.extra_index_urls),
        find_links=tuple(flags.find_links),
        no_index=flags.no_index,
        cert=None if flags.cert is None else str(cwd / Path(flags.cert).expanduser()),
        spelling="flags",
    )
    kind: Literal["flags", "pip", "uv", "default"] = "flags"
    chosen, tls = from_flags, Block()
    for kind, block in _blocks(from_flags, installer, environ, cwd, prefix, no_config=no_config):  # noqa: B007 - kept
        if tls.cert is None and block.cert:
            tls = block
        if block.names_any:
            chosen = block
            break
    else:
        kind, chosen = "default", Block(spelling="default")
    strategy = _strategy(flags.strategy or chosen.strategy, kind)
    base = chosen.base or cwd
    required = kind != "pip"  # pip goes on without a folder that is not there
    return IndexSettings(
        kind=kind,
        source=chosen.spelling,
        index_url=_index_url(chosen, base, credentials, cache, required=required) if needed else None,
        extra_index_urls=()
        if chosen.no_index
        else tuple(location(url, base, credentials, required=required) for url in chosen.extra_index_urls),
        find_links=tuple(_find_links(chosen, base, credentials, required=required)),
        strategy=strategy,
        cert=chosen.cert or tls.cert or environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE") or None,
        trusted_hosts=chosen.trusted_hosts,
        flags=_without_secrets(flags, credentials),
    )


def _blocks(
    from_flags: Block,
    installer: InstallerName,
    environ: Mapping[str, str],
    cwd: Path,
    prefix: Path | None,
    *,
    no_config: bool,
) -> Iterator[tuple[Literal["flags", "pip", "uv"], Block]]:
    """Yield every source in its order, read only as far as it is needed."""
    yield "flags", from_flags
    if no_config:
        return
    from wheelclash.index import pip_config, uv_config

    readers: dict[InstallerName, tuple[Callable[[], Block], Callable[[], Block]]] = {
        "pip": (lambda: pip_config.from_environ(environ), lambda: pip_config.from_files(environ, prefix)),
        "uv": (lambda: uv_config.from_environ(environ), lambda: uv_config.from_files(environ, cwd)),
    }
    order: tuple[InstallerName, ...] = ("pip", "uv") if installer == "pip" else ("uv", "pip")
    for name in order:
        for read in readers[name]:
            yield name, read()


def _strategy(spelt: str | None, kind: str) -> Strategy:
    if spelt is None:
        return "merge" if kind == "pip" else "first-index"
    if spelt == "first-index":
        return "first-index"
    if spelt in {"merge", "unsafe-best-match"}:
        return "merge"
    hint = "Known: first-index, merge (uv: unsafe-best-match)."
    raise IndexSettingsError(f"There is no index strategy {spelt!r} here.", hint)


def _index_url(
    block: Block, base: Path, credentials: Credentials, cache: Cache | None, *, required: bool
) -> str | None:
    if block.no_index:
        return None
    if block.index_url is None:
        return default_index(cache)
    return location(block.index_url, base, credentials, required=required)


def _find_links(block: Block, base: Path, credentials: Credentials, *, required: bool) -> Iterator[str]:
    for link in block.find_links:
        url = location(link, base, credentials)
        path = local_path(url)
        if path is None or path.exists():
            yield url
        elif required:
            hint = f"A place of links is a page or a folder ({block.spelling})."
            raise IndexSettingsError(f"{link!r} is no URL, and there is no folder of that name.", hint)


def location(text: str, base: Path, credentials: Credentials, *, required: bool = False) -> str:
    """Return an absolute URL without credentials: of a URL, or of a path from ``base``.

    Args:
        text: The URL or path.
        base: The folder relative paths start from.
        credentials: Where user names and passwords go.
        required: Whether a path must be that of a folder.

    Raises:
        IndexSettingsError: It is neither.
    """
    clean = shown(text)
    if "://" not in text and not text.lower().startswith("file:"):
        if not text.strip() or "\0" in text:
            raise IndexSettingsError(f"{clean!r} is no index.")
        path = (base / Path(text).expanduser()).resolve()
        if (required or clean != text) and not path.is_dir():
            hint = "An index is named by URL, or by the path of a folder that is laid out like one."
            raise IndexSettingsError(f"{clean!r} is no URL, and there is no folder of that name.", hint)
        return path.as_uri()
    try:
        parts = urlsplit(text)
        usable = parts.port is None or parts.port > 0
    except ValueError:
        usable = False
    if not usable or parts.scheme.lower() not in {"http", "https", "file"}:
        raise IndexSettingsError(
            f"{clean!r} is no URL that can be asked.", "It begins with https://, http:// or file://."
        )
    if parts.scheme.lower() == "file":
        if parts.netloc.lower() not in {"", "localhost"}:
            raise IndexSettingsError(f"{clean!r}: a file:// URL cannot name another host.")
        return parts._replace(scheme="file", netloc="", query="", fragment="").geturl()
    if not parts.hostname:
        raise IndexSettingsError(f"{clean!r} names no host.")
    rest = parts._replace(scheme="", netloc="").geturl()
    if "@" in rest and not re.search(r"[.:]|^localhost$", parts.hostname):
        place = rest.rpartition("@")[2]
        hint = "In a password, / is written %2F, ? %3F and # %23; an @ that is no part of a login is written %40."
        raise IndexSettingsError(f"What comes before @{place} is no login, or the @ is part of a path.", hint)
    return credentials.take(parts._replace(fragment="").geturl())


def _without_secrets(flags: IndexOptions, credentials: Credentials) -> IndexOptions:
    """Return the flags as printed commands repeat them; a path stays as the user spelt it."""

    def clean(text: str) -> str:
        return credentials.take(text) if "://" in text else text

    return replace(
        flags,
        index_url=None if flags.index_url is None else clean(flags.index_url),
        extra_index_urls=tuple(clean(url) for url in flags.extra_index_urls),
        find_links=tuple(clean(link) for link in flags.find_links),
    )
