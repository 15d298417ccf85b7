"""Start-up files that are installed: which of a distribution's files make Python run code at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.environment.records import read_small
from wheelclash.startup import STARTUP_LIMIT, is_startup_file, runs_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath

__all__ = ["startup_of"]


def startup_of(keys: Iterable[str], places: Places) -> tuple[InstalledPath, ...]:
    """Return which of these files make Python run code whenever it starts.

    Args:
        keys: Of a distribution's files.
        places: Of the environment.

    Returns:
        Installed paths, sorted. A file that is gone runs nothing; of one that cannot be read it is assumed.
    """
    found = []
    for key in keys:
        path = places.installed_path(key)
        if is_startup_file(path):
            try:
                data = read_small(places.on_disk(key), STARTUP_LIMIT + 1)
            except OSError:
                data = b"import unreadable"
            if data is not None and runs_code(path, data if len(data) <= STARTUP_LIMIT else None):
                found.append(path)
    return tuple(sorted(found))
