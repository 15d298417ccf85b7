"""Laying out: from the contents of a wheel to the installed paths it would write.

The rules are those of installers, not of a specification: *Binary distribution format* says what ``.data`` means,
pip and uv disagree on its edges, and what they do is what ends up on disk. Their differences are the fields of
:class:`Rules`; ``tests/oracle`` holds every one of them against the real installers.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Literal, NamedTuple, NewType, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelclash.reading.contents import Contents, EntryPoint
    from wheelclash.target import Target

__all__ = ["InstalledFile", "InstalledPath", "Layout", "LayoutFailure", "Root", "Rules", "installed_path", "lay_out"]

Root = Literal["site-packages", "scripts", "data", "headers"]
"""Where a file goes: purelib and platlib are one place, ``site-packages``; ``data`` is the environment's prefix."""

InstalledPath = NewType("InstalledPath", str)
"""``root/path`` with a :data:`Root` in front, e.g. ``scripts/nixl_example``. Never an archive path: the same file can
stand in two wheels under archive paths that have nothing in common."""


class InstalledFile(NamedTuple):
    """A file as one distribution would install it.

    Attributes:
        path: Where.
        content: What is known to tell contents apart: ``sha256:hex`` from RECORD; ``console:module:attr`` (or ``gui:``)
            for a generated command, whose bytes differ by installer; None if RECORD has no usable hash.
        size: Bytes in the wheel; None for a generated command.
        crc: CRC-32 in the wheel; None for a generated command.
        member: Archive path; None for a generated command.
        script: Whether installers rewrite a ``#!python`` first line of it (the wheel's ``scripts`` scheme).
    """

    path: InstalledPath
    content: str | None
    size: int | None
    crc: int | None
    member: str | None
    script: bool = False


class LayoutFailure(NamedTuple):
    """Why an installer refuses to install a wheel.

    Attributes:
        code: ``unknown-scheme``, ``loose-data-file``, ``escapes``, ``nested-script`` or ``reserved-script``.
        path: The archive path or command name at fault.
        reason: One sentence.
    """

    code: str
    path: str
    reason: str


class Layout(NamedTuple):
    """What one wheel becomes on disk under one installer.

    Attributes:
        files: Every file it writes (generated metadata such as INSTALLER left out: it is never shared).
        phantoms: Paths its installed RECORD lists although the wheel never had them; an uninstall deletes them.
        failure: Why the installer refuses the wheel, or None. ``files`` is then what it would have been without.
    """

    files: Mapping[InstalledPath, InstalledFile]
    phantoms: frozenset[InstalledPath]
    failure: LayoutFailure | None = None


class CommandNames(Protocol):
    """Names the files an installer generates for entry points."""

    def __call__(self, entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
        """File names in the scripts folder, each with the entry point it runs."""


class Rules(NamedTuple):
    """Where installers differ in laying out a wheel.

    Attributes:
        any_data_folder: Every top-level ``*.data`` is a data folder; else only the one spelt as dist-info is.
        nested_scripts: Scripts in sub-folders of the ``scripts`` scheme are installed; else the wheel is refused.
        refuses_escapes: A member that climbs out (``../x``) stops the installation; else it is dropped.
        refuses_interpreter_names: Commands named ``python``, ``pypy3``, … are refused.
        keeps_phantoms: RECORD rows without a file stay in the installed RECORD.
        commands_last: Generated commands are written after all else; otherwise before the data folder is moved to its
            places, whose files then overwrite them.
        command_names: Entry points to file names.
    """

    any_data_folder: bool
    nested_scripts: bool
    refuses_escapes: bool
    refuses_interpreter_names: bool
    keeps_phantoms: bool
    commands_last: bool
    command_names: CommandNames


class _Refused(Exception):  # noqa: N818  (control flow within this module, no error of the library)
    def __init__(self, code: str, path: str, reason: str) -> None:
        self.failure = LayoutFailure(code, path, reason)


def installed_path(root: Root, path: str) -> InstalledPath:
    """The installed path of ``path`` (relative, normalised) below ``root``."""
    return InstalledPath(f"{root}/{path}")


def lay_out(contents: Contents, rules: Rules, target: Target) -> Layout:
    """Lay a wheel out for one installer and one target.

    Returns:
        The layout; a refusal is part of it, not an exception.
    """
    places = _Places(contents, rules, target)
    files: dict[InstalledPath, InstalledFile] = {}
    moved: list[InstalledFile] = []
    failure: LayoutFailure | None = None
    commands = rules.command_names(contents.entry_points, target)
    try:
        for name, _ in commands:
            places.check_command(name)
    except _Refused as refused:
        failure = refused.failure
    own = {point.name for point in contents.entry_points}
    headers = places.headers
    for member in contents.members:
        name, size, crc, digest = member
        if ".data/" not in name and name[0] not in "./":  # nearly all: below the wheel's root
            path = InstalledPath(f"site-packages/{name}")
            files[path] = InstalledFile(path, digest, size, crc, name)
            continue
        if name.startswith(headers.member):  # the next most; often hundreds
            path = InstalledPath(headers.installed + name[len(headers.member) :])
            files[path] = InstalledFile(path, digest, size, crc, name)
            continue
        try:
            placed, is_script = places.place(name)
        except _Refused as refused:
            failure = failure or refused.failure
            continue
        if placed is None or (is_script and _stem_of_wrapper(placed.rpartition("/")[2]) in own):
            continue  # dropped; or the wheel's own generated command takes its place
        moved.append(InstalledFile(placed, digest, size, crc, name, is_script))
    generated = []
    for name, point in commands:
        path = installed_path("scripts", posixpath.normpath(name))
        generated.append(InstalledFile(path, f"{point.kind}:{point.value}", None, None, None))
    moved.sort(key=lambda file: file.script)  # scripts come after the other schemes
    # a wheel that writes one path twice leaves what it writes last
    files.update({file.path: file for file in (moved + generated if rules.commands_last else generated + moved)})
    phantoms: frozenset[InstalledPath] = frozenset()
    if rules.keeps_phantoms:  # such rows stay as they are, below the root, data folder and all
        inside = (path for path in contents.phantoms if not path.startswith(("../", "/")) and path != "..")
        phantoms = frozenset(installed_path("site-packages", path) for path in inside)
    return Layout(files, phantoms - files.keys(), failure)


def _stem_of_wrapper(name: str) -> str:
    """``x`` of ``x.exe``, ``x-script.py`` and ``x.pya``: how older tools spelt a generated command's parts."""
    lowered = name.lower()
    for suffix in (".exe", "-script.py", ".pya"):
        if lowered.endswith(suffix):
            return name[: -len(suffix)]
    return name


class _Prefixes(NamedTuple):
    """How the members of one scheme begin, and their installed paths."""

    member: str
    installed: str


class _Places:
    """Where the members of one wheel go; the roots of one target."""

    def __init__(self, contents: Contents, rules: Rules, target: Target) -> None:
        self._rules = rules
        self._distribution = contents.dist_info.removesuffix(".dist-info")
        self._header_folder = self._distribution.rpartition("-")[0]
        self._own_data = f"{self._distribution}.data"
        self._scripts, self._libraries = _roots_below_prefix(target)

    @property
    def headers(self) -> _Prefixes:
        """Headers of the wheel's own data folder; every installer puts them in a folder of the distribution's."""
        return _Prefixes(f"{self._own_data}/headers/", f"headers/{self._header_folder}/")

    def place(self, member: str) -> tuple[InstalledPath | None, bool]:
        """Where a member goes (None if the installer drops it), and whether it belongs to the ``scripts`` scheme.

        Raises:
            _Refused: The installer refuses the wheel because of it.
        """
        if member.startswith(("../", "/")) or member == "..":
            if self._rules.refuses_escapes:
                raise _Refused("escapes", member, "a file would be written outside the environment")
            return None, False
        top, _, rest = member.partition("/")
        if not rest or not self._is_data(top):
            return installed_path("site-packages", member), False
        return self._place_data(member, rest), rest.startswith("scripts/")

    def check_command(self, name: str) -> None:
        """Refuse what the installer refuses as the name of a generated command."""
        clean = posixpath.normpath(name)
        if clean.startswith(("../", "/")):
            raise _Refused("escapes", name, "a command would be written outside the environment")
        if "/" in clean and not self._rules.nested_scripts:
            raise _Refused("nested-script", name, "a command cannot be written to a folder below the scripts folder")
        self._check_reserved(clean)

    def _is_data(self, top: str) -> bool:
        return top.endswith(".data") if self._rules.any_data_folder else top == self._own_data

    def _place_data(self, member: str, below: str) -> InstalledPath:
        scheme, _, rest = below.partition("/")
        if not rest:
            raise _Refused("loose-data-file", member, "a file lies in the .data folder outside of any scheme")
        match scheme:
            case "purelib" | "platlib":
                return installed_path("site-packages", rest)
            case "headers":
                return installed_path("headers", f"{self._header_folder}/{rest}")
            case "scripts":
                if "/" in rest and not self._rules.nested_scripts:
                    raise _Refused("nested-script", member, "the scripts scheme holds a folder")
                self._check_reserved(rest)
                return installed_path("scripts", rest)
            case "data":
                return self._below_prefix(rest)
        raise _Refused("unknown-scheme", member, f"{scheme!r} is no installation scheme")

    def _below_prefix(self, rest: str) -> InstalledPath:
        """A path below the environment's prefix may lie in the scripts folder or in site-packages all the same."""
        if rest.startswith(self._scripts):
            name = rest[len(self._scripts) :]
            self._check_reserved(name)
            return installed_path("scripts", name)
        for folder in self._libraries:
            if rest.startswith(folder):
                return installed_path("site-packages", rest[len(folder) :])
        return installed_path("data", rest)

    def _check_reserved(self, name: str) -> None:
        if self._rules.refuses_interpreter_names and _is_interpreter_name(name):
            raise _Refused("reserved-script", name, "a command may not take the name of the interpreter")


_64_BIT = ("64", "64le", "s390x")


def _roots_below_prefix(target: Target) -> tuple[str, tuple[str, ...]]:
    """The scripts folder and the site-packages folders below an environment's prefix (sysconfig's ``venv`` scheme)."""
    if target.is_windows:
        return "Scripts/", ("Lib/site-packages/",)
    name = "pypy" if target.implementation == "pypy" else "python"
    folder = f"{name}{target.minor_version}{'t' if target.free_threaded else ''}/site-packages/"
    if target.markers["sys_platform"] == "linux" and target.markers["platform_machine"].endswith(_64_BIT):
        return "bin/", (f"lib/{folder}", f"lib64/{folder}")  # venv links lib64 to lib
    return "bin/", (f"lib/{folder}",)


_INTERPRETER = re.compile(
    r"(?:python|python3|pythonw|pypy|pypy3|graalpy|python3\.0*(?P<minor>\d{1,3})t?)(?:\.exe)?", re.IGNORECASE
)
_LAST_MINOR = 255


def _is_interpreter_name(name: str) -> bool:
    """``python``, ``python3``, ``python3.13t``, ``pythonw``, ``pypy``, ``pypy3``, ``graalpy``: uv's list, no others."""
    match = _INTERPRETER.fullmatch(name)
    return match is not None and int(match["minor"] or 0) <= _LAST_MINOR
