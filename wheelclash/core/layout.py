"""Laying out: from the contents of a wheel to the installed paths it would write.

The rules are those of installers, not of a specification: *Binary distribution format* says what ``.data`` means,
pip and uv disagree on its edges, and what they do is what ends up on disk. Their differences are the fields of
:class:`Rules`; ``tests/oracle`` holds every one of them against the real installers.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from itertools import chain, compress
from typing import TYPE_CHECKING, Literal, NamedTuple, NewType, Protocol, TypeVar, get_args

from packaging.utils import canonicalize_name

from wheelclash.core.paths import folders_above

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from wheelclash.core.contents import Contents, EntryPoint, Member, Members
    from wheelclash.target.target import Target

__all__ = [
    "EntryPointsError",
    "InstalledFile",
    "InstalledPath",
    "InstallerName",
    "Layout",
    "LayoutFailure",
    "Root",
    "Rules",
    "command_content",
    "installed_path",
    "lay_out",
    "lay_out_for_each",
    "topmost",
    "topmost_of",
]

_Name = TypeVar("_Name", bound=str)

InstallerName = Literal["pip", "uv"]
"""The installers that are known."""

Root = Literal["site-packages", "scripts", "data", "headers"]
"""Where a file goes: purelib and platlib are one place, ``site-packages``; ``data`` is the environment's prefix."""

ROOTS: tuple[Root, ...] = get_args(Root)

InstalledPath = NewType("InstalledPath", str)
"""``root/path`` with a :data:`Root` in front, e.g. ``scripts/nixl_example``. Never an archive path: the same file can
stand in two wheels under archive paths that have nothing in common."""


class InstalledFile(NamedTuple):
    """A file as one distribution would install it.

    Attributes:
        path: Where.
        content: What is known to tell contents apart: ``sha256:hex`` from RECORD; ``console:module:attr`` (or ``gui:``)
            for a generated command, which has other bytes under each installer; None if RECORD has no usable hash.
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
        code: ``unknown-scheme``, ``loose-data-file``, ``escapes``, ``nested-script``, ``reserved-script``,
            ``no-callable``, ``entry-points``, ``wheel-version``, ``file-and-folder``, ``record-spelling``,
            ``link-to-nothing``, or the code of a finding that this installer refuses.
        path: The archive path or command name at fault; None if it is the wheel as a whole.
        reason: One sentence.
    """

    code: str
    path: str | None
    reason: str


class Layout(NamedTuple):
    """What one wheel becomes on disk under one installer.

    Attributes:
        files: Every file it writes (generated metadata such as INSTALLER left out: it is never shared). Of a wheel that
            the installer refuses: what is written by then, and what may be where that is left to chance.
        phantoms: Paths its installed RECORD lists although the wheel never had them; an uninstall deletes them, and all
            that is in such a folder (which may have a ``/`` behind it).
        failure: Why the installer refuses the wheel, or None.
        folders: Folders without a file that it makes, each by its path with a ``/`` behind it.
        given_way: Files of the wheel that give way to another of its own at the same path with another content.
    """

    files: Mapping[InstalledPath, InstalledFile]
    phantoms: frozenset[InstalledPath]
    failure: LayoutFailure | None = None
    folders: Mapping[InstalledPath, InstalledFile] = {}
    given_way: tuple[InstalledFile, ...] = ()


class EntryPointsError(Exception):
    """An ``entry_points.txt`` that an installer cannot read."""


class CommandNames(Protocol):
    """Names the files an installer generates for entry points."""

    def __call__(self, entry_points: Iterable[EntryPoint], target: Target) -> list[tuple[str, EntryPoint]]:
        """Return file names in the scripts folder, each with the entry point it runs."""


class Rules(NamedTuple):
    """Where installers differ in laying out a wheel.

    Attributes:
        unpacks_first: The whole wheel is unpacked before anything of it is installed, so that names are normalised
            before it is asked what they mean; else members are written one by one, in order, by their raw names.
        any_data_folder: Every top-level ``*.data`` is a data folder; else only the one spelt as dist-info is.
        nested_scripts: Scripts in sub-folders of the ``scripts`` scheme are installed; else the wheel is refused.
        refuses_escapes: A member that climbs out (``../x``) stops the installation; else it is dropped.
        refuses_interpreter_names: Commands named ``python``, ``pypy3``, … are refused.
        keeps_phantoms: RECORD rows without a file stay in the installed RECORD.
        commands_last: Generated commands are written after all else; otherwise before the data folder is moved to its
            places, and their files then overwrite them.
        wrapper_suffixes_in_any_case: ``TOOL.EXE`` is a part of the generated command ``TOOL``, like ``TOOL.exe``.
        refuses: Codes of findings for which the wheel is refused before any of it is written, each with a reason.
        refuses_in_the_end: Codes of findings for which it is refused when all of it is written, each with a reason.
        reads_wheel_version: Whether a ``Wheel-Version`` (None if there is none) is accepted.
        refuses_entry_points_late: An ``entry_points.txt`` that cannot be read stops the installation when the wheel's
            root is written; else before anything is.
        read_entry_points: Reads the text of ``entry_points.txt``; raises :class:`EntryPointsError`.
        command_names: Entry points to file names; an entry point without a callable stops the installation there.
    """

    unpacks_first: bool
    any_data_folder: bool
    nested_scripts: bool
    refuses_escapes: bool
    refuses_interpreter_names: bool
    keeps_phantoms: bool
    commands_last: bool
    wrapper_suffixes_in_any_case: bool
    refuses: Mapping[str, str]
    refuses_in_the_end: Mapping[str, str]
    reads_wheel_version: Callable[[str | None], bool]
    refuses_entry_points_late: bool
    read_entry_points: Callable[[str], list[EntryPoint]]
    command_names: CommandNames


class _Refused(Exception):  # noqa: N818  (control flow within this module, no error of the library)
    def __init__(self, code: str, path: str | None, reason: str) -> None:
        self.failure = LayoutFailure(code, path, reason)


def installed_path(root: Root, path: str) -> InstalledPath:
    """Return the installed path of ``path`` (relative, normalised) below ``root``."""
    return InstalledPath(f"{root}/{path}")


def command_content(point: EntryPoint, target: Target) -> str:
    """Return what tells a generated command from another: what it runs and, on Windows, whether it has a console.

    Elsewhere installers write the same bytes for both kinds.
    """
    return f"{point.kind if target.is_windows else 'console'}:{point.value}"


def lay_out_for_each(contents: Contents, rules: Mapping[_Name, Rules], target: Target) -> dict[_Name, Layout]:
    """Lay a wheel out for several installers and one target.

    Most wheels have only plain members in their root, which all installers put in the same places: the layouts share
    these, and they are placed when the first of them is asked for.

    Args:
        contents: The wheel.
        rules: Those of each installer, by its name.
        target: For what.

    Returns:
        The layouts, by the names of ``rules``.
    """
    root = _plain_root(contents, target)
    return {name: _lay_out(contents, own_rules, target, root) for name, own_rules in rules.items()}


def lay_out(contents: Contents, rules: Rules, target: Target) -> Layout:
    """Lay a wheel out for one installer and one target.

    Returns:
        The layout; a refusal is part of it, not an exception.
    """
    return _lay_out(contents, rules, target, None)


def _lay_out(contents: Contents, rules: Rules, target: Target, root: _PlainRoot | None) -> Layout:
    points, unreadable = _entry_points(contents, rules)
    beforehand = _refused_beforehand(contents, rules, unreadable)
    if beforehand is not None:
        return Layout({}, frozenset(), beforehand)
    places = _Places(contents, rules, target)
    disk = _Written(places.folders_there)
    if root is not None and root.data:
        disk.files.update(root.files)
    moved = _write_root(contents, contents.members if root is None else root.data, places, disk)
    reserved = [item.failure for item in moved if item.failure and item.failure.code == "reserved-script"]
    if reserved:  # looked for before anything is written
        return Layout({}, frozenset(), reserved[0])
    commands = _commands(points, places, rules, target)
    wrapped = {point.name for point in points}
    fold = rules.wrapper_suffixes_in_any_case
    wrappers = [item for item in moved if item.script and _stem_of_wrapper(item.path, fold=fold) in wrapped]
    disk.given_way += [item.file for item in wrappers if item.file is not None]
    moved = [item for item in moved if item not in wrappers]
    moved.sort(key=lambda item: item.script)  # scripts come after the other schemes
    if unreadable is not None:
        disk.refuse(unreadable)
    for phase in (moved, commands) if rules.commands_last else (commands, moved):
        disk.write_all(phase, in_order=rules.commands_last)
    failure = disk.failure or _refused_for(contents, rules.refuses_in_the_end)
    files = disk.files if root is None or root.data else _WithPlainRoot(root, disk.files)
    if failure is not None:
        return Layout(files, frozenset(), failure)
    phantoms: frozenset[InstalledPath] = frozenset()
    if rules.keeps_phantoms:  # such rows stay as they are, below the root, data folder and all
        phantoms = frozenset(path for row in contents.phantoms for path in places.of_row(row))
    if phantoms:
        phantoms -= files.keys()
    return Layout(files, phantoms, None, disk.folders, tuple(disk.given_way))


def _refused_beforehand(contents: Contents, rules: Rules, unreadable: LayoutFailure | None) -> LayoutFailure | None:
    """Return why a wheel is refused before anything of it is written; None if it is not."""
    if not rules.reads_wheel_version(contents.wheel_version):
        version = "no Wheel-Version" if contents.wheel_version is None else f"Wheel-Version {contents.wheel_version}"
        return LayoutFailure("wheel-version", f"{contents.dist_info}/WHEEL", f"its WHEEL has {version}")
    return _refused_for(contents, rules.refuses) or (None if rules.refuses_entry_points_late else unreadable)


def _refused_for(contents: Contents, codes: Mapping[str, str]) -> LayoutFailure | None:
    """Return why a wheel is refused for what was found when it was read; None if it is not."""
    for finding in contents.findings:
        if finding.code in codes:
            return LayoutFailure(finding.code, finding.path, codes[finding.code])
    return None


def _entry_points(contents: Contents, rules: Rules) -> tuple[list[EntryPoint], LayoutFailure | None]:
    """Return the entry points as the installer reads them, those of the console first; or why it cannot read them."""
    path = f"{contents.dist_info}/entry_points.txt"
    if contents.entry_points is None:
        return [], LayoutFailure("entry-points", path, "its entry_points.txt is not UTF-8")
    try:
        points = rules.read_entry_points(contents.entry_points) if contents.entry_points else []
    except EntryPointsError as error:
        return [], LayoutFailure("entry-points", path, f"its entry_points.txt cannot be read: {error}")
    return sorted(points, key=lambda point: point.kind != "console"), None


class _Item(NamedTuple):
    """A file to be written, or a folder to be made, after the root; or why the installer stops there.

    Attributes:
        path: Installed path.
        file: What is written there; None for a folder.
        script: Whether it belongs to the ``scripts`` scheme.
        failure: Why the installer stops here, after the file is written.
    """

    path: InstalledPath
    file: InstalledFile | None
    script: bool = False
    failure: LayoutFailure | None = None


class _Written:
    """What is written so far; refuses a file where a folder is, and the reverse."""

    def __init__(self, there: Iterable[str]) -> None:
        self.files: dict[InstalledPath, InstalledFile] = {}
        self.folders: dict[InstalledPath, InstalledFile] = {}
        self.failure: LayoutFailure | None = None
        self.given_way: list[InstalledFile] = []
        self._data: set[InstalledPath] = set()
        self._above = set(there)
        self._above_root: set[str] | None = None

    def refuse(self, failure: LayoutFailure) -> None:
        """Stop, unless something stopped before."""
        if self.failure is None:
            self.failure = failure

    def write_all(self, items: Iterable[_Item], *, in_order: bool) -> None:
        """Write items unless something stopped before; up to one that is refused, if their order is known."""
        if not self._stopped:
            for item in items:
                if not (in_order and self._stopped):
                    self._write(item, in_order=in_order)

    @property
    def _stopped(self) -> bool:
        return self.failure is not None

    def _write(self, item: _Item, *, in_order: bool) -> None:
        """Write a file or make a folder; the last to be written to a path stays; of data files without order, any."""
        if item.failure is not None:
            self.refuse(item.failure)
            if item.file is None:
                return
        # No file is ever written where a folder is: once for each folder will do.
        above = () if item.path.rpartition("/")[0] in self._above else folders_above([item.path])
        if not self.files.keys().isdisjoint(above) or self._is_other(item):
            self.refuse(LayoutFailure("file-and-folder", item.path, "a file is where a folder is needed"))
        elif item.file is None:
            folder = InstalledPath(f"{item.path}/")
            self.folders[folder] = InstalledFile(folder, None, None, None, None)
        else:
            file = item.file
            before = self.files.get(item.path)
            if before is not None and not _equal(before, file):
                self.given_way.append(before)
                if item.path in self._data and not in_order:
                    file = file._replace(content=None, size=None, crc=None)
            self.files[item.path] = file
            self._above.update(above)
            if file.member is not None:
                self._data.add(item.path)

    def _is_other(self, item: _Item) -> bool:
        """Return whether there is a folder where a file is to be written, or a file where a folder is to be made."""
        if item.file is None:
            return item.path in self.files
        if item.path in self._above or not item.path.startswith("site-packages/"):
            return item.path in self._above
        if self._above_root is None:
            self._above_root = folders_above(self.files)
        return item.path in self._above_root


def _equal(member: InstalledFile, other: InstalledFile) -> bool:
    return member.content is not None and (member.content, member.script) == (other.content, other.script)


class _PlainRoot:
    """What every installer puts below site-packages as it is, of a wheel with nothing else but its data folder.

    Attributes:
        members: The members of the root.
        names: The files and folders right below site-packages.
        data: Those of the data folder, each of which lies below one of its schemes whatever an installer does.
    """

    def __init__(self, members: Members, data: Sequence[Member] = ()) -> None:
        self.members = members
        self.names = {path.partition("/")[0] for path in members.paths}
        self.data = data
        self._files: dict[InstalledPath, InstalledFile] | None = None

    @property
    def files(self) -> Mapping[InstalledPath, InstalledFile]:
        """Return them by installed path: made when first asked for, since of most wheels no file is ever looked at."""
        if self._files is None:
            members = self.members
            columns = zip(members.paths, members.digests, members.sizes, members.crcs, strict=True)
            self._files = {
                place: InstalledFile(place, digest, size, crc, path)
                for path, digest, size, crc in columns
                for place in [InstalledPath(f"site-packages/{path}")]
            }
        return self._files


class _WithPlainRoot(Mapping[InstalledPath, InstalledFile]):
    """Files of a wheel with a plain root and of the commands that an installer generates for it."""

    def __init__(self, root: _PlainRoot, commands: Mapping[InstalledPath, InstalledFile]) -> None:
        self.root = root
        self.commands = commands

    def __getitem__(self, path: InstalledPath) -> InstalledFile:
        return self.commands[path] if path in self.commands else self.root.files[path]

    def __iter__(self) -> Iterator[InstalledPath]:
        return chain(self.root.files, self.commands)

    def __len__(self) -> int:
        return len(self.root.members) + len(self.commands)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _WithPlainRoot) and self.root is other.root:
            return self.commands == other.commands
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as a dict


def topmost(layout: Layout) -> set[str]:
    """Return the folders and files right below a root that a layout writes to or only records, with their roots.

    A root itself, which a row of RECORD may name, is returned as it is.
    """
    paths: Iterable[str] = layout.files
    names = set()
    if isinstance(layout.files, _WithPlainRoot):
        paths = layout.files.commands
        names = {f"site-packages/{name}" for name in layout.files.root.names}
    return names | {topmost_of(path) for path in chain(paths, layout.folders, layout.phantoms)}


def topmost_of(path: str) -> str:
    """Return the folder or file right below a root that an installed path leads to, with its root.

    >>> topmost_of("site-packages/m/n/o.py"), topmost_of("scripts/m"), topmost_of("scripts")
    ('site-packages/m', 'scripts/m', 'scripts')
    """
    return "/".join(path.split("/", 2)[:2])


def _plain_root(contents: Contents, target: Target) -> _PlainRoot | None:
    """Return the root of a wheel in which no installer treats anything in a way of its own; None of any other."""
    members = contents.members
    if contents.conflicts or contents.folders or any(name is not None for name, _ in members.spelt.values()):
        return None
    root = _PlainRoot(members)
    own_data = f"{contents.dist_info.removesuffix('.dist-info')}.data"
    if own_data in root.names:
        is_data = [path.startswith(f"{own_data}/") for path in members.paths]
        data = list(compress(members, is_data))
        if any(sign in member.path for member in data for sign in _NOT_CLEAN):
            return None
        root = _PlainRoot(members.those([number for number, is_it in enumerate(is_data) if not is_it]), data)
    is_plain = all(map(_is_plain, root.names))
    if is_plain and target.is_windows:
        is_plain = not any(map(_ODD_ON_WINDOWS.search, root.members.paths))
    return root if is_plain else None


_NOT_CLEAN = ("/.", "//", "\\")
"""One of these is in a path that may lead elsewhere than it says; so may one that begins with a dot."""


def _is_plain(name: str) -> bool:
    """Return whether a member goes to the same path below site-packages under every installer.

    Windows aside, the name right below the root tells.
    """
    return name != "" and ".data" not in name and not name.startswith(".")


def _write_root(contents: Contents, members: Iterable[Member], places: _Places, disk: _Written) -> list[_Item]:
    """Write the members of the wheel's root, up to one that is refused.

    Args:
        contents: The wheel.
        members: All of its members, or those of its data folder where the others are written already.
        places: Where they go.
        disk: What is written so far.

    Returns:
        What else is to be written, in the order of the zip directory.
    """
    items = []
    files = disk.files
    headers = places.headers
    odd = places.spells_otherwise
    for member in members:
        path, size, crc, digest, name, recorded = member
        if name is None and _is_plain(path.partition("/")[0]) and not odd(path):  # nearly all
            place = InstalledPath(f"site-packages/{path}")
            files[place] = InstalledFile(place, digest, size, crc, path)
            continue
        if name is None and recorded is None and path.startswith(headers.member) and not odd(path):  # often hundreds
            place = InstalledPath(headers.installed + path[len(headers.member) :])
            items.append(_Item(place, InstalledFile(place, digest, size, crc, path)))
            continue
        try:
            placed = places.place(member)
        except _Refused as refused:
            if refused.failure.code == "escapes":  # of the root; all that follows is not written
                disk.refuse(refused.failure)
                return []
            is_script = places.is_script(name or path)
            items.append(_Item(InstalledPath(""), None, is_script, refused.failure))
            continue
        if placed.path is None:
            continue
        file = InstalledFile(placed.path, digest, size, crc, path, placed.is_script)
        if placed.is_root:
            files[placed.path] = file
        else:
            items.append(_Item(placed.path, file, placed.is_script, placed.failure))
    if contents.conflicts:
        _stop_at_conflict(disk)
    return [*items, *places.folders(contents, disk)]


def _stop_at_conflict(disk: _Written) -> None:
    """Keep of a root with a file where another needs a folder what is written before the second of them."""
    files = list(disk.files.values())
    disk.files.clear()
    folders: set[str] = set()
    for file in files:
        above = () if file.path.rpartition("/")[0] in folders else folders_above([file.path])
        if file.path in folders or not disk.files.keys().isdisjoint(above):
            disk.refuse(LayoutFailure("file-and-folder", file.member, "a file is where a folder is needed"))
            return
        folders.update(above)
        disk.files[file.path] = file


def _commands(points: Iterable[EntryPoint], places: _Places, rules: Rules, target: Target) -> list[_Item]:
    """Return the commands to be generated."""
    items = []
    for name, point in rules.command_names(points, target):
        path = installed_path("scripts", posixpath.normpath(name) if name else name)
        try:
            places.check_command(name, point)
        except _Refused as refused:
            items.append(_Item(path, None, failure=refused.failure))
        else:
            items.append(_Item(path, InstalledFile(path, command_content(point, target), None, None, None)))
    return items


def _stem_of_wrapper(path: str, *, fold: bool) -> str:
    """Return ``x`` of ``x.exe``, ``x-script.py`` and ``x.pya``: how older tools spelt a generated command's parts."""
    name = path.rpartition("/")[2]
    spelt = name.lower() if fold else name
    for suffix in (".exe", "-script.py", ".pya"):
        if spelt.endswith(suffix):
            return name[: -len(suffix)]
    return name


class _Prefixes(NamedTuple):
    """How the members of one scheme begin, and their installed paths."""

    member: str
    installed: str


class _Place(NamedTuple):
    """Where a member goes.

    Attributes:
        path: Installed path; None if the installer drops it.
        is_root: Whether it is written with the wheel's root.
        is_script: Whether it belongs to the ``scripts`` scheme: its files may get another first line.
        failure: Why the installer stops when it is written.
    """

    path: InstalledPath | None
    is_root: bool = False
    is_script: bool = False
    failure: LayoutFailure | None = None


_ODD_ON_WINDOWS = re.compile(r"\\|[. ](?:/|$)")
_DRIVE = re.compile(r"[A-Za-z]:")
_DOTS = frozenset({".", ".."})
_SCHEMES = frozenset({"", "purelib", "platlib", "headers", "scripts", "data"})


class _Places:
    """Where the members of one wheel go; the roots of one target."""

    def __init__(self, contents: Contents, rules: Rules, target: Target) -> None:
        self._rules = rules
        self._target = target
        self._distribution = contents.dist_info.removesuffix(".dist-info")
        self._header_folder = canonicalize_name(self._distribution.rpartition("-")[0])
        self._own_data = f"{self._distribution}.data"
        self._roots = _roots_below_prefix(target)

    @property
    def headers(self) -> _Prefixes:
        """Return headers of the wheel's own data folder; installers put them in a folder of the distribution."""
        return _Prefixes(f"{self._own_data}/headers/", f"headers/{self._header_folder}/")

    @property
    def folders_there(self) -> set[str]:
        """Return installed paths of folders that every environment has."""
        folders = folders_above(folder for folder, root in self._roots if root != "headers")
        return {f"data/{folder}" for folder in (*folders, "Include" if self._target.is_windows else "include")}

    def spells_otherwise(self, path: str) -> bool:
        """Return whether the target's file system has another name for a path of the zip, as Windows has for ``a.``."""
        return self._target.is_windows and _ODD_ON_WINDOWS.search(path) is not None

    def place(self, member: Member) -> _Place:
        """Return the place that a member is written to.

        Raises:
            _Refused: The installer refuses the wheel because of it.
        """
        name = member.path if self._rules.unpacks_first else member.name or member.path
        if self._target.is_windows:
            name = name.replace("\\", "/")
        path = posixpath.normpath(name)
        is_data = self._is_data(name, path)
        climbs = path.startswith(("../", "/")) or path == ".." or (self._target.is_windows and _DRIVE.match(path))
        if climbs and not is_data:
            if self._rules.refuses_escapes:
                raise _Refused("escapes", member.path, "a file would be written outside the environment")
            return _Place(None)
        if self._target.is_windows:
            path = "/".join(part if part in _DOTS else part.rstrip(". ") for part in path.split("/"))
        if not is_data:
            return _Place(installed_path("site-packages", path), is_root=True)
        placed = self._place_data(member.path, path)
        failure = None
        if self._rules.unpacks_first and member.recorded is not None and _is_lost(member.recorded):
            failure = LayoutFailure("record-spelling", member.path, f"its RECORD lists it as {member.recorded}")
        return _Place(placed, is_script=self.is_script(name), failure=failure)

    def is_script(self, name: str) -> bool:
        """Return whether a data file, by its name in the zip directory, belongs to the ``scripts`` scheme."""
        name = posixpath.normpath(name) if self._rules.unpacks_first else name
        return name.split("/")[1:2] == ["scripts"]

    def folders(self, contents: Contents, disk: _Written) -> list[_Item]:
        """Return what folders without members become: an installer that unpacks first makes them."""
        items = []
        for folder in contents.folders if self._rules.unpacks_first else ():
            top, _, below = folder.partition("/")
            if top != self._own_data:
                path = InstalledPath(f"site-packages/{folder}/")
                disk.folders[path] = InstalledFile(path, None, None, None, None)
            elif below not in _SCHEMES:
                try:
                    items.append(_Item(self._place_folder(folder, below), None))
                except _Refused as refused:
                    items.append(_Item(InstalledPath(""), None, failure=refused.failure))
        return items

    def check_command(self, name: str, point: EntryPoint) -> None:
        """Refuse what the installer refuses as a generated command."""
        if ":" not in point.value:
            raise _Refused("no-callable", point.name, "an entry point names no callable")
        clean = posixpath.normpath(name)
        if clean.startswith(("../", "/")) or clean in _DOTS:
            raise _Refused("escapes", name, "a command would be written outside the scripts folder")
        if "/" in clean and not self._rules.nested_scripts:
            raise _Refused("nested-script", name, "a command cannot be written to a folder below the scripts folder")
        self._check_reserved(clean, generated=True)

    def _is_data(self, name: str, path: str) -> bool:
        if self._rules.any_data_folder:
            return name.partition("/")[0].endswith(".data")
        return path.startswith(f"{self._own_data}/")

    def _place_folder(self, folder: str, below: str) -> InstalledPath:
        scheme, _, rest = below.partition("/")
        if scheme == "scripts" and rest:
            raise _Refused("nested-script", folder, "the scripts scheme holds a folder")
        return self._place_data(folder, folder if rest else f"{folder}/")

    def _place_data(self, member: str, path: str) -> InstalledPath:
        """Return the place of a data file, by its normalised path."""
        _, _, below = path.partition("/")
        scheme, slash, rest = below.partition("/")
        if not slash:
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

    def of_row(self, row: str) -> list[InstalledPath]:
        """Return where a row of the installed RECORD leads: nowhere outside of the environment.

        It leads to several places if it names a folder that holds whole roots, as ``bin`` and ``lib`` do.
        """
        if not row.startswith("../"):
            return [installed_path("site-packages", row)]
        site = next(folder for folder, root in self._roots if root == "site-packages")
        place = posixpath.normpath(f"{site}{row}")
        if place == ".." or place.startswith(("../", "/")):
            return []
        spelt = place if self._target.case_sensitive else place.lower()
        roots = [
            InstalledPath(root)
            for folder, root in self._roots
            if (folder if self._target.case_sensitive else folder.lower()).startswith(f"{spelt}/")
        ]
        return [*roots, self._below_prefix(place)]

    def _below_prefix(self, rest: str) -> InstalledPath:
        """Return a path below the environment's prefix, or below another root if it lies in one."""
        spelt = rest if self._target.case_sensitive else rest.lower()
        for folder, root in self._roots:
            if spelt.startswith(folder if self._target.case_sensitive else folder.lower()):
                below = rest[len(folder) :]
                if root == "scripts":
                    self._check_reserved(below)
                return installed_path(root, below)
        return installed_path("data", rest)

    def _check_reserved(self, name: str, *, generated: bool = False) -> None:
        if self._rules.refuses_interpreter_names:
            stem = name if generated and not self._target.is_windows else _without(".exe", name)
            if _is_interpreter_name(_without(".py", stem)):
                raise _Refused("reserved-script", name, "a command may not take the name of the interpreter")


def _without(suffix: str, name: str) -> str:
    return name[: -len(suffix)] if name.lower().endswith(suffix) else name


def _is_lost(recorded: str) -> bool:
    """Return whether a path, as RECORD spells it, is another to uv than the member's: ``./x`` and ``a/../x`` are."""
    return recorded.startswith("./") or ".." in recorded.split("/")


_64_BIT = ("64", "64le", "s390x")


def _roots_below_prefix(target: Target) -> list[tuple[str, Root]]:
    """Return folders of the prefix that are other roots (as in the ``venv`` scheme), with a ``/`` at the end."""
    headers = f"include/site/python{target.minor_version}/"
    if target.is_windows:
        return [("Scripts/", "scripts"), ("Lib/site-packages/", "site-packages"), (headers, "headers")]
    name = "pypy" if target.implementation == "pypy" else "python"
    folder = f"{name}{target.minor_version}{'t' if target.free_threaded else ''}/site-packages/"
    roots: list[tuple[str, Root]] = [("bin/", "scripts"), (f"lib/{folder}", "site-packages"), (headers, "headers")]
    if target.markers["sys_platform"] == "linux" and target.markers["platform_machine"].endswith(_64_BIT):
        roots.append((f"lib64/{folder}", "site-packages"))  # venv links lib64 to lib
    return roots


_INTERPRETER = re.compile(
    r"python|python3|pythonw|pypy[23]?|graalpy|(?:python3\.\+?0*(?P<minor>\d{1,3})t?|pythonw3\.\+?0*(?P<windowed>\d{1,3})t)",
    re.IGNORECASE | re.ASCII,
)
_LAST_MINOR = 255


def _is_interpreter_name(name: str) -> bool:
    """Return ``python``, ``python3``, ``python3.13t``, ``pythonw``, ``pypy``, ``pypy2``, …: uv's list, no others."""
    match = _INTERPRETER.fullmatch(name)
    return match is not None and int(match["minor"] or match["windowed"] or 0) <= _LAST_MINOR
