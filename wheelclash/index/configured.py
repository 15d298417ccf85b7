"""What an installer is configured with beyond indexes: what a repair keeps of it, and what would lead it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.errors import IndexSettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wheelclash.installers import Installer

__all__ = ["configured", "diverting", "without_configuration"]

_OFF = frozenset({"", "0", "false", "no", "off", "n", "f", ":none:"})


def configured(installer: Installer, environ: Mapping[str, str], *, prefix: Path, cwd: Path) -> dict[str, str]:
    """Map the names of an installer's settings to what its files and variables say of them, variables first.

    Files that cannot be read say nothing.

    Args:
        installer: Which.
        environ: Environment variables.
        prefix: The environment meant; pip reads a file in it.
        cwd: The current folder; uv looks for files from there.
    """
    from wheelclash.index import pip_config, uv_config

    try:
        if installer.name == "pip":
            settings = pip_config.settings_of_files(environ, prefix)
        else:
            settings = uv_config.settings_of_files(environ, cwd)
    except IndexSettingsError:
        settings = {}
    return settings | {setting: value for name, value in environ.items() if (setting := _setting(name, installer))}


def diverting(installer: Installer, settings: Mapping[str, str]) -> list[str]:
    """Return the names of settings under which a command that is run by hand does something else."""
    return sorted(
        name for name, value in settings.items() if name in installer.diverting_settings and value.lower() not in _OFF
    )


def without_configuration(
    installer: Installer, environ: Mapping[str, str], settings: Mapping[str, str]
) -> dict[str, str]:
    """Return variables without any setting of an installer, except for those under which its commands do the same.

    Args:
        installer: Which.
        environ: Environment variables.
        settings: What it is configured with.
    """
    others = {name: value for name, value in environ.items() if not _setting(name.upper(), installer)}
    kept = {installer.variable(name): value for name, value in settings.items() if name in installer.kept_settings}
    return kept | others


def _setting(variable: str, installer: Installer) -> str:
    """Return the setting that a variable is of; nothing if it is none of the installer's."""
    prefix = installer.variable("")
    return variable.removeprefix(prefix).lower().replace("_", "-") if variable.startswith(prefix) else ""
