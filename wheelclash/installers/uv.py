"""uv: installs in parallel, so that who wins a shared file is chance, file by file.

Facts from uv's ``uv-install-wheel`` crate and from runs of it (``tests/oracle``), version 0.13.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelclash.core.contents import EntryPoint
from wheelclash.core.installer import Installer, InstallerName, Unordered
from wheelclash.core.layout import EntryPointsError, Rules
from wheelclash.target.variants import label_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.installer import IndexBlock, Invocation, Order
    from wheelclash.target.target import Target

__all__ = ["UV"]


_REFERENCE = re.compile(r"(?P<module>[\w.-]+)\s*:\s*(?P<attribute>[\w.-]+)(?:\s*\[\s*[^,]+(?:,\s*[^,]+)*,?\s*\])?\s*")


def _read_entry_points(text: str) -> list[EntryPoint]:
    """Read ``entry_points.txt`` as uv does: as an INI file with ``=`` alone, no line or section twice."""
    import configparser

    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, default_section="")
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise EntryPointsError(str(error).partition("\n")[0]) from error
    points = []
    for kind in ("console", "gui"):
        section = f"{kind}_scripts"
        for name, value in parser.items(section) if parser.has_section(section) else ():
            match = _REFERENCE.fullmatch(value)
            if match is None:
                raise EntryPointsError(f"{name} names no callable")
            points.append(
                EntryPoint(name, f"{match['module']}:{match['attribute']}", "console" if kind == "console" else "gui")
            )
    return points


def _reads_wheel_version(version: str | None) -> bool:
    """Return whether a version is ``1.`` and anything, or ``0.1``."""
    version = (version or "").strip()
    return version == "0.1" or version.startswith("1.")


def _command_names(entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
    """Return the names of commands: on Windows ``name.exe`` without a final ``.py`` and ``.exe``, else the name.

    A ``pip3.N`` of pip's own wheel is made for the Python at hand, whatever N the wheel was built with.
    """
    points = [point for point in entry_points if not _is_versioned_pip(point.name)]
    points += [
        point._replace(name=f"pip{target.minor_version}")
        for point in points
        if point.name == "pip3" and point.kind == "console"
    ]
    return [(_command_name(point.name, target), point) for point in points]


def _is_versioned_pip(name: str) -> bool:
    return name.startswith("pip3.") and name[len("pip3.") :].isdigit()


def _command_name(name: str, target: Target) -> str:
    return f"{name.removesuffix('.py').removesuffix('.exe')}.exe" if target.is_windows else name


_PROXIES = frozenset({"http-proxy", "https-proxy", "no-proxy"})
"""Settings with variables that other programs look at too."""


class _Uv(Installer):
    name: InstallerName = "uv"
    index_flag = "--default-index"
    extra_index_flag = "--index"
    offline_flag = "--offline"
    removes_all_first = True
    takes_variants = True
    follows_links = False
    stays_inside = False
    kept_settings = frozenset({
        "cache-dir", "compile-bytecode", "concurrent-downloads", "concurrent-installs", "credentials-dir",
        "http-connect-timeout", "http-proxy", "http-retries", "http-timeout", "https-proxy", "insecure-host",
        "insecure-no-zip-validation", "keyring-provider", "link-mode", "lock-timeout", "native-tls", "no-cache",
        "no-installer-metadata", "no-progress", "no-proxy", "request-timeout", "skip-wheel-filename-check",
        "system-certs",
    })  # fmt: skip
    diverting_settings = frozenset({
        "all-extras", "constraint", "constraint-dependencies", "dry-run", "exclude", "exclude-dependencies",
        "exclude-newer", "exclude-newer-package", "extra", "no-binary", "no-binary-package", "offline", "override",
        "override-dependencies", "prefix", "python-platform", "python-version", "require-hashes", "required-version",
        "target", "torch-backend",
    })  # fmt: skip
    rules = Rules(
        unpacks_first=True,
        any_data_folder=False,
        nested_scripts=False,
        refuses_escapes=False,
        refuses_interpreter_names=True,
        keeps_phantoms=False,
        commands_last=False,
        wrapper_suffixes_in_any_case=False,
        refuses={
            "several-dist-info": "it has several .dist-info folders",
            "file-and-folder": "it has a file where it needs a folder",
            "unprintable-name": "the name of a file holds a control character, or one without meaning",
            "odd-compression": "a file is compressed otherwise than with deflate or zstd",
            "row-width": "its RECORD has a row that is not three columns wide",
            "bad-size": "its RECORD has a size that is no number",
            "not-utf-8": "its RECORD is not UTF-8",
        },
        refuses_in_the_end={
            "dist-info-version": "it installs the wheel, and cannot read its .dist-info folder in any later command",
        },
        reads_wheel_version=_reads_wheel_version,
        refuses_entry_points_late=True,
        read_entry_points=_read_entry_points,
        command_names=_command_names,
    )

    def order(
        self,
        distributions: Sequence[Distribution],  # noqa: ARG002
        *,
        with_dependencies: bool,  # noqa: ARG002
        named: Collection[str] = (),  # noqa: ARG002
    ) -> Order:
        return Unordered()

    def variable(self, setting: str) -> str:
        return setting.upper().replace("-", "_") if setting in _PROXIES else super().variable(setting)

    def index_variables(self, block: IndexBlock) -> dict[str, str | None]:
        variables: dict[str, str | None] = {
            "UV_NO_CONFIG": "1",
            "UV_CONFIG_FILE": None,
            "UV_PREVIEW": None,  # it may take wheel variants in the place of plain wheels
            "UV_PREVIEW_FEATURES": None,
            "UV_INDEX_URL": None,
            "UV_EXTRA_INDEX_URL": None,
            "UV_DEFAULT_INDEX": block.index_url,
            "UV_INDEX": " ".join(block.extra_index_urls) or None,
            "UV_FIND_LINKS": ",".join(place.replace(",", "%2C") for place in block.find_links) or None,
            "UV_NO_INDEX": None,
            "UV_INDEX_STRATEGY": "unsafe-best-match" if block.merges else None,
        }
        if block.trusted_hosts:
            variables["UV_INSECURE_HOST"] = " ".join(block.trusted_hosts)
        return variables | ({} if block.cert is None else {"SSL_CERT_FILE": block.cert})

    def install(self, pinned: Sequence[str], where: Invocation, *, no_deps: bool = False) -> tuple[str, ...]:
        options = (*_environment(where), *_preview(pinned), *_no_deps(no_deps), *where.index_options)
        return ("uv", "pip", "install", *options, *pinned)

    def reinstall(self, pinned: Sequence[str], where: Invocation) -> tuple[str, ...]:
        flags = ("--force-reinstall", "--no-deps")
        return ("uv", "pip", "install", *_environment(where), *_preview(pinned), *flags, *where.index_options, *pinned)

    def uninstall(self, names: Sequence[str], where: Invocation) -> tuple[str, ...]:
        return ("uv", "pip", "uninstall", *_environment(where), *names)


def _environment(where: Invocation) -> tuple[str, ...]:
    if where.system:
        return ("--system",)
    return ("--python", where.python) if where.python is not None else ()


def _preview(pinned: Sequence[str]) -> tuple[str, ...]:
    """Return the option without which uv refuses wheels with a variant label, if one is named."""
    names = (re.split(r"[/\\]", re.sub(r"\.whl\[[^\]]*\]$", ".whl", pin))[-1] for pin in pinned)
    has_label = any(name.lower().endswith(".whl") and label_of(name) is not None for name in names)
    return ("--preview-features", "wheel-variants") if has_label else ()


def _no_deps(wanted: bool) -> tuple[str, ...]:  # noqa: FBT001
    return ("--no-deps",) if wanted else ()


UV = _Uv()
