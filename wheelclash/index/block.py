"""Index settings of one source, such as a configuration file, and what the readers of such files share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.errors import IndexSettingsError
from wheelclash.files import LARGEST_CONFIGURATION, IrregularFileError, read_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Block", "readable", "truthy"]


class Block(NamedTuple):
    """What one source says. Locations are text as found, relative to ``base``.

    Attributes:
        index_url: The main index.
        extra_index_urls: Further ones, in order.
        find_links: Folders and pages of links, in order.
        no_index: Ask no index.
        strategy: As the source spells it.
        cert: A file of CA certificates.
        trusted_hosts: Hosts that need no valid certificate.
        base: The folder relative paths start from; the current one if None.
        spelling: What the user would recognise as the source, e.g. ``PIP_INDEX_URL``.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    strategy: str | None = None
    cert: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    base: Path | None = None
    spelling: str = ""

    @property
    def names_any(self) -> bool:
        """Return whether it names an index or find-links, or forbids indexes."""
        return bool(self.index_url or self.extra_index_urls or self.find_links or self.no_index)


def truthy(text: str | None) -> bool:
    """Return whether a switch in a variable or file is on, as pip and uv read it."""
    return (text or "").strip().lower() in {"1", "true", "yes", "on", "y", "t"}


def readable(path: Path) -> bytes | None:
    """Return the content of a configuration file; None if there is none.

    Raises:
        IndexSettingsError: It is there and cannot be read.
    """
    try:
        return read_file(path, LARGEST_CONFIGURATION)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if isinstance(error, IrregularFileError) and (error.is_folder or os.fspath(path) == os.devnull):
            return None  # PIP_CONFIG_FILE=/dev/null: no configuration
        raise IndexSettingsError(f"The configuration file {path} cannot be read ({error.strerror}).") from None
