"""uv: installs in parallel, so that who wins a shared file is chance, file by file.

Facts from uv's ``uv-install-wheel`` crate and from runs of it (``tests/oracle``), version 0.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelclash.installers.installer import Installer, InstallerName, Unordered
from wheelclash.layout import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.distribution import Distribution
    from wheelclash.installers.installer import IndexBlock, Invocation, Order
    from wheelclash.reading.contents import EntryPoint
    from wheelclash.target import Target

__all__ = ["UV"]


def _command_names(entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
    """On Windows ``name.exe`` with a final ``.py`` and ``.exe`` taken off; elsewhere the name as it is.

    A ``pip3.N`` of pip's own wheel is made for the Python at hand, whatever N the wheel was built with.
    """
    found = [point for point in entry_points if not _is_versioned_pip(point.name)]
    found += [
        point._replace(name=f"pip{target.minor_version}")
        for point in found
        if point.name == "pip3" and point.kind == "console"
    ]
    return [(_command_name(point.name, target), point) for point in found]


def _is_versioned_pip(name: str) -> bool:
    return name.startswith("pip3.") and name[len("pip3.") :].isdigit()


def _command_name(name: str, target: Target) -> str:
    return f"{name.removesuffix('.py').removesuffix('.exe')}.exe" if target.is_windows else name


class _Uv(Installer):
    name: InstallerName = "uv"
    index_flag = "--default-index"
    extra_index_flag = "--index"
    offline_flag = "--offline"
    removes_all_first = True
    rules = Rules(
        any_data_folder=False,
        nested_scripts=False,
        refuses_escapes=False,
        refuses_interpreter_names=True,
        keeps_phantoms=False,
        commands_last=False,
        command_names=_command_names,
    )

    def order(self, distributions: Sequence[Distribution], *, with_dependencies: bool) -> Order:  # noqa: ARG002
        return Unordered()

    def index_variables(self, block: IndexBlock) -> dict[str, str | None]:
        found: dict[str, str | None] = {
            "UV_NO_CONFIG": "1",
            "UV_CONFIG_FILE": None,
            "UV_INDEX_URL": None,
            "UV_EXTRA_INDEX_URL": None,
            "UV_DEFAULT_INDEX": block.index_url,
            "UV_INDEX": " ".join(block.extra_index_urls) or None,
            "UV_FIND_LINKS": ",".join(each.replace(",", "%2C") for each in block.find_links) or None,
            "UV_NO_INDEX": None,
            "UV_INDEX_STRATEGY": "unsafe-best-match" if block.merges else None,
        }
        return found | ({} if block.cert is None else {"SSL_CERT_FILE": block.cert})

    def install(self, pinned: Sequence[str], where: Invocation, *, no_deps: bool = False) -> tuple[str, ...]:
        return ("uv", "pip", "install", *_environment(where), *_no_deps(no_deps), *where.index_options, *pinned)

    def reinstall(self, pinned: Sequence[str], where: Invocation) -> tuple[str, ...]:
        flags = ("--force-reinstall", "--no-deps")
        return ("uv", "pip", "install", *_environment(where), *flags, *where.index_options, *pinned)

    def uninstall(self, names: Sequence[str], where: Invocation) -> tuple[str, ...]:
        return ("uv", "pip", "uninstall", *_environment(where), *names)


def _environment(where: Invocation) -> tuple[str, ...]:
    if where.system:
        return ("--system",)
    return ("--python", where.python) if where.python is not None else ()


def _no_deps(wanted: bool) -> tuple[str, ...]:  # noqa: FBT001
    return ("--no-deps",) if wanted else ()


UV = _Uv()
