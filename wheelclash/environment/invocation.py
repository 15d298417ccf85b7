"""How a printed command names the environment it acts on, and the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wheelclash.core.installer import Invocation

if TYPE_CHECKING:
    from wheelclash.index.options import IndexOptions
    from wheelclash.installers import Installer
    from wheelclash.target.interpreter import Interpreter

__all__ = ["invocation_for"]


def invocation_for(
    installer: Installer,
    interpreter: Interpreter | None,
    index: IndexOptions,
    *,
    system: bool = False,
    absolute: bool = False,
) -> Invocation:
    """Return how a printed command of an installer names the environment and the index.

    Args:
        installer: The installer.
        interpreter: Of the environment; None where commands name none, since it is a foreign one or there are several.
        index: The index options given as flags, without credentials.
        system: Whether uv's ``--system`` is added.
        absolute: Whether locations are named so that the command does the same in any folder; else as the user did.
    """
    spell = _absolute if absolute else str
    options = installer.index_options(
        index_url=None if index.index_url is None else spell(index.index_url),
        extra_index_urls=tuple(map(spell, index.extra_index_urls)),
        find_links=tuple(map(spell, index.find_links)),
        no_index=index.no_index,
    )
    if interpreter is None or (interpreter.is_active and (installer.name != "pip" or interpreter.has_pip)):
        return Invocation(system=system, index_options=options)
    return Invocation(str(interpreter.executable), interpreter.has_pip, system, options)


def _absolute(place: str) -> str:
    """Return a location as a URL, unless it is one; pip fails on an index that is a relative path."""
    return place if "://" in place else Path(place).expanduser().resolve().as_uri()
