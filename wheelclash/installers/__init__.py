"""pip and uv: how they lay out, in which order they install, what an uninstall takes, and their commands.

The only place that knows their names. An :class:`~wheelclash.core.installer.Installer` holds all there is to
know of one; adding another is adding a module here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.core.installer import Installer, InstallerName, Invocation
from wheelclash.installers.pip import PIP
from wheelclash.installers.uv import UV

if TYPE_CHECKING:
    from wheelclash.core.layout import Rules

__all__ = ["INSTALLERS", "PIP", "RULES", "UV", "Installer", "InstallerName", "Invocation"]

INSTALLERS: tuple[Installer, ...] = (PIP, UV)

RULES: dict[InstallerName, Rules] = {installer.name: installer.rules for installer in INSTALLERS}
"""How each of them lays a wheel out."""
