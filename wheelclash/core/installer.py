"""An installer, as the core sees it: its rules, its order, and the commands that it is run with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.core.layout import InstallerName

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.layout import Rules

__all__ = ["IndexBlock", "Installer", "InstallerName", "Invocation", "LastWriters", "Order", "Unordered"]


class LastWriters(NamedTuple):
    """Who of several distributions of one command may be the last to write a file they share.

    Attributes:
        ids: One id if the order is known, several if it is free or not known.
        reason: ``order``, ``requires``, ``equal-requirements``, ``needs-closure``, ``cycle`` or ``parallel``.
    """

    ids: frozenset[str]
    reason: str


class Order(ABC):
    """What is known of the order in which one command installs a set."""

    @abstractmethod
    def last_of(self, owners: Collection[str]) -> LastWriters:
        """Return which of ``owners`` (ids of the set, at least one) may be installed last."""

    def first_of(self, owners: Collection[str]) -> LastWriters:
        """Return which of ``owners`` may be installed first, as :meth:`last_of` does for the last."""
        waiting = frozenset(owners)
        while len(waiting) > 1:
            last = self.last_of(sorted(waiting))
            if len(last.ids) > 1:
                return LastWriters(waiting, last.reason)
            waiting -= last.ids
        return LastWriters(waiting, "order")


class Unordered(Order):
    """No order at all: any owner of a shared file may be the last."""

    def last_of(self, owners: Collection[str]) -> LastWriters:
        """Return all owners: any of them may be the last."""
        return LastWriters(frozenset(owners), "parallel" if len(owners) > 1 else "order")


class Invocation(NamedTuple):
    """Where a printed command is to act.

    Attributes:
        python: The interpreter to name, or None if the environment is the active one.
        has_pip: Whether that interpreter has pip itself.
        system: Add uv's ``--system``.
        index_options: Index options given as flags, without credentials, in the installer's own spelling.
    """

    python: str | None = None
    has_pip: bool = True
    system: bool = False
    index_options: tuple[str, ...] = ()


class IndexBlock(NamedTuple):
    """Where an installer that is run shall look, and nowhere else.

    Attributes:
        index_url: The main index, with its credentials; None for none.
        extra_index_urls, find_links: Further places, likewise.
        merges: Whether the best version of all indexes counts, rather than the first index that has the project.
        cert: A file of CA certificates, or None.
        trusted_hosts: Hosts that need no valid certificate.
    """

    index_url: str | None
    extra_index_urls: tuple[str, ...]
    find_links: tuple[str, ...]
    merges: bool
    cert: str | None
    trusted_hosts: tuple[str, ...] = ()


class Installer(ABC):
    """One installer.

    Attributes:
        name: ``pip`` or ``uv``.
        rules: How it lays out a wheel.
        index_flag, extra_index_flag: How it spells the index, and a further one.
        offline_flag: The option that keeps it from asking any server.
        removes_all_first: In a command that replaces several distributions, whether every old one is removed before
            the first new one is written (uv), or each just before its own turn (pip).
        takes_variants: Whether it can be told to install wheels with a variant label.
        follows_links: Whether it uninstalls files in a folder that is a link to another, and writes to where a link
            to nothing leads; else it stops at the one halfway, and replaces the other.
        stays_inside: Whether it leaves installed what lies outside of a virtual environment's folder.
        kept_settings: What may be configured and leaves its commands as they are: how to reach servers, what to cache.
        diverting_settings: What may be configured and makes a command write elsewhere, nothing or another wheel, or
            fail.
    """

    name: InstallerName
    rules: Rules
    index_flag: str
    extra_index_flag: str
    offline_flag: str
    removes_all_first: bool
    takes_variants: bool
    follows_links: bool
    stays_inside: bool
    kept_settings: frozenset[str]
    diverting_settings: frozenset[str]

    @abstractmethod
    def order(
        self, distributions: Sequence[Distribution], *, with_dependencies: bool, named: Collection[str] = ()
    ) -> Order:
        """Return the order in which one command installs ``distributions``.

        Args:
            distributions: All that the command would install, as far as it is known.
            with_dependencies: False for a command with ``--no-deps``.
            named: Ids of those that the command names, as opposed to what these bring; all if empty.
        """

    def index_options(
        self, *, index_url: str | None, extra_index_urls: Sequence[str], find_links: Sequence[str], no_index: bool
    ) -> tuple[str, ...]:
        """Return index options as this installer spells them; the arguments are free of credentials."""
        main = (self.index_flag, index_url) if index_url is not None else ()
        extra = [part for url in extra_index_urls for part in (self.extra_index_flag, url)]
        links = [part for place in find_links for part in ("--find-links", place)]
        return (*main, *extra, *links, *(("--no-index",) if no_index else ()))

    def variable(self, setting: str) -> str:
        """Return the variable that means the same as a setting of its files."""
        return f"{self.name}_{setting}".upper().replace("-", "_")

    @abstractmethod
    def index_variables(self, block: IndexBlock) -> dict[str, str | None]:
        """Return variables that make it look there, whatever it is configured with; None for one that must not be set.

        That no index shall be asked has no variable: it takes the option of :meth:`index_options`.
        """

    @abstractmethod
    def install(self, pinned: Sequence[str], where: Invocation, *, no_deps: bool = False) -> tuple[str, ...]:
        """Return the command that installs these pins, paths or URLs, as an argument list."""

    @abstractmethod
    def reinstall(self, pinned: Sequence[str], where: Invocation) -> tuple[str, ...]:
        """Return the command that takes these off the disk and writes them again, and nothing else."""

    @abstractmethod
    def uninstall(self, names: Sequence[str], where: Invocation) -> tuple[str, ...]:
        """Return the command that uninstalls these names without asking."""
