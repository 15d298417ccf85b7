"""The distributions of an environment: every dist-info folder, what it says, and which of them are compared.

Not compared, and named: what conda or the system's package manager owns, egg-info, editable installs.

Installed RECORDs: what an installer says it wrote, and what an uninstall will take.

They differ from the RECORD of a wheel: paths are relative to site-packages and may climb out of it
(``../../../bin/tool``), bytecode stands in them without a hash, and an environment may have half a million rows. So no
object is made for a row: a RECORD becomes names by folder, and is read again where rows of contested files are needed.

Start-up files that are installed: which of a distribution's files make Python run code at every start.
"""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from packaging.utils import canonicalize_name

from wheelclash.core.contents import Finding, Noted
from wheelclash.core.distribution import Distribution, Skip
from wheelclash.core.role import is_sourceless
from wheelclash.core.startup import STARTUP_LIMIT, is_startup_file, runs_code
from wheelclash.environment.ownership import split
from wheelclash.environment.reading import MAX_BYTES, read_small
from wheelclash.target.variants import Variant, VariantError, evaluate_markers, has_markers, parse_variant
from wheelclash.wheel.metadata import Metadata, decode_entry_points, parse_metadata, undeclared_imports
from wheelclash.wheel.record import (
    BYTECODE,
    MAX_PATH,
    MAX_ROWS,
    NOTHING_RECORDED,
    RecordedFile,
    UnusableHash,
    decode_record,
    parse_hash,
    parse_size,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.core.layout import InstalledPath
    from wheelclash.environment.ownership import NamesByFolder
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.wheel.metadata import Imports

__all__ = [
    "UNKNOWN_VARIANT",
    "Absence",
    "FileList",
    "Installed",
    "InstalledRecord",
    "Inventory",
    "RecordError",
    "data_rows",
    "direct_url_of",
    "entry_points_text",
    "metadata_of",
    "read_record",
    "source_of",
    "startup_of",
    "take_inventory",
    "variant_of",
]

_SIGNS = ("//", "./", "\\", "\0", ":")
"""One of these is in ``/path/`` if a path is no key as it is. Most RECORDs hold none, and are searched as a whole."""

_NOT_CLEAN = ("//", "/./", "/../", "\\")

_NOT_PLAIN = ('"', "\r", "\\", "\0")
"""A RECORD that holds one of these is read row by row."""

_NO_NAMES = ("", ".", "..", "__pycache__")
"""What follows the last slash of a row that stands for a folder."""

_BYTECODE_NAMES = (".pyc", ".pyo")


class RecordError(Exception):
    """A RECORD that cannot be read.

    Attributes:
        code: ``no-record``, ``unreadable``, ``limit`` or ``changed``.
        reason: One sentence.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class FileList(Protocol):
    """What a distribution says its files are: a RECORD, or the list of another package manager."""

    @property
    def names(self) -> NamesByFolder:
        """Return the names of the files by folder."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is odd about the list."""

    def rows(self, wanted: Collection[str] | None, findings: Noted | None = None) -> dict[str, RecordedFile]:
        """Map the keys of some files, or of all, to what the list says of them; note hashes that prove nothing."""


@dataclass(frozen=True, slots=True)
class InstalledRecord:
    """An installed RECORD as it was read.

    Its rows are not kept: they would take many times the memory, and most are never asked for.

    Attributes:
        path: Where it is.
        site: The site-packages folder that its paths are relative to.
        places: Of the environment.
        names: Of the files that it lists, by folder. Rows that stand for no file of the distribution are left out:
            bytecode, and scripts that were not installed (:func:`_rows_of_files`).
        findings: What is odd about it.
        stamp: Tells whether it is still what was read.
        is_plain: Whether each file has one row, without quotation marks.
    """

    path: str
    site: str
    places: EnvironmentPaths
    names: NamesByFolder = field(hash=False)
    findings: tuple[Finding, ...] = ()
    stamp: tuple[int, ...] = ()
    is_plain: bool = False

    def rows(self, wanted: Collection[str] | None, findings: Noted | None = None) -> dict[str, RecordedFile]:
        """Read it again, and map the keys of some files to what it says of them.

        Args:
            wanted: Keys; None for all.
            findings: Where to note hashes of these files that prove nothing.

        Raises:
            RecordError: It was changed or removed, or cannot be read any more.
        """
        if _stamp(self.path) != self.stamp:
            raise RecordError("changed", "its RECORD was changed or removed while the environment was read")
        files: dict[str, RecordedFile] = {}
        ignored = Noted()
        prefix = _prefix(self.site, self.places)
        text = _text(self.path, ignored)
        if self.is_plain and wanted is not None:
            plain = {key.removeprefix(prefix) for key in wanted}
            lines = {path: line for line in text.split("\n") if (path := line.partition(",")[0]) in plain}
            if len(lines) == len(wanted):
                noted = ignored if findings is None else findings
                return {prefix + path: _file(line, path, noted) for path, line in lines.items()}
        paths, rows = _rows_of_files(text, self.path)
        strange = _strange(paths)
        for path, row in zip(paths, rows, strict=True):
            key = _key(path, self.site, self.places, ignored) if path in strange else prefix + path
            if key is not None and (wanted is None or key in wanted):
                file = _file(row, path, ignored if findings is None else findings)
                if key in files and files[key] != file:
                    file = NOTHING_RECORDED
                files[key] = file
        return files


def read_record(path: str, site: str, places: EnvironmentPaths) -> InstalledRecord:
    """Read the RECORD of an installed distribution.

    Args:
        path: Where it is.
        site: The site-packages folder that its paths are relative to.
        places: Of the environment.

    Raises:
        RecordError: It cannot be read, is no CSV, or has too many rows.
    """
    stamp = _stamp(path)
    findings = Noted()
    text = _text(path, findings)
    plain = _plain_names(text, path)
    names_by_folder, strange = _names_of_rows(text, path, findings) if plain is None else plain
    if sum(map(len, names_by_folder.values())) + len(strange) > MAX_ROWS:
        raise RecordError("limit", f"its RECORD has more than {MAX_ROWS} rows")
    prefix = _prefix(site, places)
    names = {f"{prefix}{folder}/" if folder else prefix: inside for folder, inside in names_by_folder.items()}
    is_plain = plain is not None
    for row in sorted(strange):
        key = _key(row, site, places, findings)
        if key is not None:
            folder, name = split(key)
            is_plain = is_plain and name not in names.get(folder, ())
            names.setdefault(folder, {})[name] = None
    return InstalledRecord(path, site, places, names, tuple(findings), stamp, is_plain)


def _stamp(path: str) -> tuple[int, ...]:
    """Return what tells a file from another at its path, and from what it was before it was written to."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _text(path: str, findings: Noted) -> str:
    """Return the text of a RECORD. Where no field can hold an end of line, those that pip writes are made plain."""
    try:
        data = read_small(path, MAX_BYTES + 1)
    except OSError as error:
        raise RecordError("unreadable", f"its RECORD cannot be read ({error.strerror})") from error
    if data is None:
        raise RecordError("no-record", "it has no RECORD: nothing says which files are its own")
    if len(data) > MAX_BYTES:
        raise RecordError("limit", f"its RECORD has more than {MAX_BYTES} bytes")
    if not data.strip():
        raise RecordError("no-record", "its RECORD is empty: nothing says which files are its own")
    if b"\0\0" in data or data.startswith(_UTF_16):
        raise RecordError("unreadable", "its RECORD is no text: it was damaged, or is not UTF-8")
    if _is_cut_off(data):
        raise RecordError("unreadable", "its RECORD ends in the middle of a row: what came after it is not known")
    text = decode_record(data, findings)
    return text.replace("\r\n", "\n") if "\r" in text and '"' not in text else text


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _is_cut_off(data: bytes) -> bool:
    """Return whether a RECORD ends in the middle of a row, as one does that was not written to its end."""
    return not data.endswith((b"\n", b"\r")) and data.splitlines()[-1].count(b",") < 2  # noqa: PLR2004


def _prefix(site: str, places: EnvironmentPaths) -> str:
    """Return what the keys of a site-packages folder begin with."""
    return "" if site == places.sites[0] else f"{site}/"


def _plain_names(text: str, record: str) -> tuple[NamesByFolder, list[str]] | None:
    """Return what :func:`_names_of_rows` does, if no row needs to be looked at by itself.

    Nearly every RECORD consists of such rows. Half a million of them take a fifth of a second.

    Returns:
        None if there is another row: in quotation marks, blank, for a folder, given twice, …
    """
    if any(sign in text for sign in _NOT_PLAIN):
        return None
    rows_by_folder: dict[str, list[str]] = {}
    for line in text.removesuffix("\n").split("\n"):
        folder, _, name = line.partition(",")[0].rpartition("/")
        try:
            rows_by_folder[folder].append(name)
        except KeyError:
            rows_by_folder[folder] = [name]
    at_top = rows_by_folder.get("")
    if at_top is not None and (not all(map(_is_clean, at_top)) or text.startswith("/") or "\n/" in text):
        return None
    own_data = _own_data(record)
    has_bytecode = any(name in text for name in _BYTECODE_NAMES)
    names_by_folder: NamesByFolder = {}
    for folder, rows in rows_by_folder.items():
        names = dict.fromkeys(rows)
        if len(names) < len(rows) or not names.keys().isdisjoint(_NO_NAMES) or f"{folder}/".startswith(own_data):
            return None
        bytecode = [name for name in rows if name.endswith(_BYTECODE_NAMES)] if has_bytecode else []
        if bytecode and any(is_sourceless(f"{folder}/{name}") for name in bytecode):
            return None
        for name in bytecode:
            del names[name]
        if names:
            names_by_folder[folder] = names
    odd = _strange([folder for folder in names_by_folder if folder])
    strange = [f"{folder}/{name}" for folder in odd for name in names_by_folder.pop(folder)]
    return names_by_folder, strange


def _names_of_rows(text: str, record: str, findings: Noted) -> tuple[NamesByFolder, list[str]]:
    """Return what a RECORD lists.

    Args:
        text: Its text.
        record: Its path.
        findings: Where to note rows for one path.

    Returns:
        The names by folder, both as they are spelt, folders without a slash behind them; and the paths of rows of
        which the meaning depends on the environment.
    """
    paths, rows = _rows_of_files(text, record)
    listed = set(paths)
    if len(listed) < len(paths):
        _note_duplicates(paths, rows, findings)
    strange = _strange(paths)
    names_by_folder: NamesByFolder = {}
    for path in listed - strange:
        folder, _, name = path.rpartition("/")
        names_by_folder.setdefault(folder, {})[name] = None
    return names_by_folder, list(strange)


def _own_data(record: str) -> str:
    """Return the data folder of the wheel that a RECORD is of: ``NAME-1.0.data/``."""
    return os.path.basename(os.path.dirname(record)).removesuffix(".dist-info") + ".data/"  # noqa: PTH119, PTH120


def data_rows(record: str) -> list[str]:
    """Return the paths in the data folder of its wheel (``scripts/tool``) that a RECORD lists, if it can be read."""
    own_data = _own_data(record)
    try:
        paths, _ = _rows(_text(record, Noted()))
    except RecordError:
        return []
    return [path.removeprefix(own_data) for path in paths if path.startswith(own_data)]


def _rows_of_files(text: str, record: str) -> tuple[list[str], Sequence[str | list[str]]]:
    """Return the path of each row that stands for a file of the distribution, and the row, whole or in parts.

    Left out are bytecode (but of modules without source, which is imported itself), and what lies in the wheel's own
    data folder (``NAME-1.0.data/scripts/tool``): nothing is ever installed there. Installers
    leave such a row where they skip a script that has the name of a generated command.
    """
    paths, rows = _rows(text)
    own_data = _own_data(record)
    no_files = [path for path in paths if path.endswith(BYTECODE)]
    if any(map(is_sourceless, no_files)):  # modules that came without their source
        sources = set(paths)
        no_files = [path for path in no_files if not is_sourceless(path) or path[:-1] in sources]
    if own_data in text:
        no_files += [path for path in paths if path.startswith(own_data)]
    if not no_files:
        return paths, rows
    left_out = set(no_files)
    kept = [number for number, path in enumerate(paths) if path not in left_out]
    return [paths[number] for number in kept], [rows[number] for number in kept]


def _rows(text: str) -> tuple[list[str], Sequence[str | list[str]]]:
    """Return the path of each row, and the row, whole or in parts; blank lines say nothing."""
    if '"' not in text and "\r" not in text:
        lines = [line for line in text.split("\n") if line]
        return [line.split(",", 1)[0] for line in lines], lines
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        code = "limit" if "field limit" in str(error) else "unreadable"
        raise RecordError(code, f"its RECORD is not CSV ({error})") from error
    return [row[0] for row in rows], rows


def _file(row: str | list[str], path: str, findings: Noted) -> RecordedFile:
    """Return what one row says of its file."""
    cells = row.split(",") if isinstance(row, str) else row
    _, written_hash, written_size, *_ = [*cells, "", ""]
    digest = parse_hash(written_hash)
    if isinstance(digest, UnusableHash):
        findings.append(Finding(digest.code, path, digest.detail))
        digest = None
    return RecordedFile(digest, parse_size(written_size))


def _note_duplicates(paths: Sequence[str], rows: Sequence[str | list[str]], findings: Noted) -> None:
    """Note the paths that have several rows, and whether these agree."""
    first: dict[str, RecordedFile] = {}
    ignored = Noted()
    for path, row in zip(paths, rows, strict=True):
        file = _file(row, path, ignored)
        if path in first:
            differs = "" if first[path] == file else ", with different hashes or sizes: neither is believed"
            findings.append(Finding("duplicate-row", path, f"the installed RECORD lists it twice{differs}"))
        first.setdefault(path, file)


def _strange(paths: list[str]) -> set[str]:
    """Return the paths that are not, as they are spelt, below their own site-packages folder."""
    joined = f"/{'/'.join(paths)}/"
    odd = {path for sign in _SIGNS if sign in joined for path in paths if sign in f"/{path}/"}
    return {path for path in odd if not _is_clean(path)}


def _is_clean(path: str) -> bool:
    """Return whether a row's path is, as it is, a path below its own site-packages folder."""
    return (
        not f"{path}/".startswith(("/", "./", "../"))
        and path[1:2] != ":"
        and not path.endswith(("/", "/.", "/.."))
        and "\0" not in path
        and not any(sign in path for sign in _NOT_CLEAN)
    )


def _key(path: str, site: str, places: EnvironmentPaths, findings: Noted) -> str | None:
    """Return the key of a path that is not plain; None, with a finding, if it is of no interest here."""
    if not path or "\0" in path or len(path) > MAX_PATH:
        findings.append(Finding("unsafe-row", path or None, "a row of the installed RECORD has no usable path"))
        return None
    clean = path.replace("\\", "/")
    if clean.endswith(("/", "/.", "/..")) or clean in {".", ".."}:
        findings.append(Finding("directory-row", path, "RECORD lists a folder; an uninstall removes all that is in it"))
        return None
    key = places.key(site, clean)
    if key is None:
        detail = "the installed RECORD lists a file outside of the environment; it is left alone"
        findings.append(Finding("outside-prefix", path, detail))
    return key


_SYSTEM = frozenset(
    {"apk", "apt", "debian", "dnf", "dpkg", "guix", "nix", "pacman", "portage", "rpm", "xbps", "zypper"}
)
"""What package managers write into INSTALLER."""

_SMALL = 64 * 1024
_METADATA = 4 * 1024 * 1024
_ENTRY_POINTS = 1024 * 1024


Absence = Literal["breaks", "other", "everyday"]
"""What it means that a recorded file is gone: ``breaks``: an import or a library needs it. ``everyday``: nothing that
runs needs it. ``other``: neither is sure."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A distribution of an environment: what it says of itself, and what a scan found to be left of it.

    Attributes:
        id: Its dist-info folder's name, with the site-packages folder in front where the name is taken.
        name: Normalised.
        version: As METADATA has it; empty if nothing says.
        site: The site-packages folder it lies in.
        folder: Its dist-info folder; of another manager's package, that manager's list of files.
        installer: What INSTALLER says, or None.
        requires: ``Requires-Dist``, verbatim.
        requires_python: ``Requires-Python``, or None.
        manager: ``conda`` or ``dpkg`` of a package that one of these installed: no other installer can write it.
            ``editable`` of what was installed from a folder of sources: there is no wheel to write it from.
        listed: Its RECORD, or its manager's list, once that was read.
        files: How many files that lists, bytecode left out.
        findings: What is odd about it.
        excluded: Why it is not compared with others; None if it is.
        tops: Names in site-packages that are its own as far as anything says, if it is not compared.
        required: Names it requires on the target, without extras. This and what follows is known after a scan.
        missing: Files it recorded that are gone, contested ones included.
        changed: Files with other content than was recorded, as far as they were hashed; contested ones left out.
        hidden: Files of which nothing can be told, because there is no permission to read them.
        unhashed: How many of its files have no hash to verify; None if that was not looked at.
        startup: Its files with code that Python runs at every start, where it clashes with others.
        absences: What it means that a missing file is gone, by path.
        variant: The label of the wheel variant that it was installed from, as :func:`variant_of` has it.
        declared: The import names that METADATA declares (PEP 794); None if it declares nothing of them.
        dist_info: Of another manager's package with commands: its dist-info folder; else None.
    """

    id: str
    name: str
    version: str
    site: str
    folder: str
    installer: str | None = None
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    manager: str | None = None
    listed: FileList | None = None
    files: int = 0
    findings: tuple[Finding, ...] = ()
    excluded: Skip | None = None
    tops: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    missing: tuple[InstalledPath, ...] = ()
    changed: tuple[InstalledPath, ...] = ()
    hidden: tuple[InstalledPath, ...] = ()
    unhashed: int | None = None
    startup: tuple[InstalledPath, ...] = ()
    absences: Mapping[InstalledPath, Absence] = field(default_factory=dict)
    variant: str | None = None
    declared: Imports | None = None
    dist_info: str | None = None

    @property
    def imports(self) -> tuple[str, ...]:
        """Return the names for others to import that METADATA declares."""
        return () if self.declared is None else self.declared.public

    @property
    def record(self) -> str:
        """Return the path of its RECORD, or of its manager's list."""
        return f"{self.folder}/RECORD" if self.manager in {None, "editable"} else self.folder

    def rows(self, wanted: Collection[str] | None, findings: Noted | None = None) -> dict[str, RecordedFile]:
        """Map the keys of some files, or of all, to what its list says of them; empty if it was not read.

        Raises:
            RecordError: Its RECORD was changed or removed, or cannot be read any more.
        """
        return {} if self.listed is None else self.listed.rows(wanted, findings)

    @property
    def names(self) -> NamesByFolder:
        """Return the names of the files in its list, by folder; none if it was not read."""
        return {} if self.listed is None else self.listed.names

    def to_core(self, pinned: str, startup: tuple[InstalledPath, ...] = ()) -> Distribution:
        """Return it as a distribution of the core; its layouts, and what it requires of others, are not known.

        Args:
            pinned: How a command names exactly this.
            startup: Its files with code that Python runs at every start.
        """
        return Distribution(
            id=self.id,
            name=self.name,
            version=self.version,
            requires=self.requires,
            pinned=pinned,
            dist_info=os.path.basename(self.folder),  # noqa: PTH119
            oddities=self.findings,
            imports=self.imports,
            startup=startup,
            manager=self.manager,
            variant=self.variant,
            recorded=self.files,
        )

    def read(self, places: EnvironmentPaths) -> Installed:
        """Return it with its RECORD.

        Raises:
            RecordError: There is none that can be read.
        """
        if self.listed is not None:
            return self
        record = read_record(self.record, self.site, places)
        findings = [*record.findings]
        if self.declared is not None:
            prefix = _prefix(self.site, places)
            paths = (f"{folder}{name}" for folder, names in record.names.items() for name in names)
            below_site = (path.removeprefix(prefix) for path in paths if path.startswith(prefix))
            findings += undeclared_imports(below_site, self.declared)
        files = sum(map(len, record.names.values()))
        return replace(self, listed=record, files=files, findings=tuple(findings))


class Inventory(NamedTuple):
    """What is installed.

    Attributes:
        distributions: To be compared, by name; no RECORD is read yet.
        excluded: Not to be compared.
        closed: Folders that could not be listed, each with the reason.
        interrupted: Dist-info folders that pip renamed and left, of projects that are not installed again.
    """

    distributions: list[Installed]
    excluded: list[Installed]
    closed: list[tuple[str, str]]
    interrupted: list[Skip]


def take_inventory(places: EnvironmentPaths) -> Inventory:
    """List the distributions of an environment."""
    distributions: list[Installed] = []
    excluded: list[Installed] = []
    closed: list[tuple[str, str]] = []
    renamed: list[Installed] = []
    conda = _conda_packages(places)
    for site in places.sites:
        try:
            names = sorted(os.listdir(site))  # noqa: PTH208
        except OSError as error:
            closed.append((site, error.strerror or "it cannot be listed"))
            continue
        for name in names:
            if name.endswith(".dist-info") and not name.startswith(("~", ".")):
                taken = {earlier.id for earlier in distributions} if len(places.sites) > 1 else set()
                distribution = _identify(site, name, taken)
                reason = _reason_to_exclude(distribution, places, conda)
                if reason is None:
                    distributions.append(distribution)
                else:
                    tops = _tops(distribution.folder, distribution.name)
                    excluded.append(replace(distribution, excluded=reason, tops=tops))
            elif name.endswith(".dist-info") and name.startswith("~"):
                renamed.append(_identify(site, name, set()))
            elif name.endswith((".egg-info", ".egg", ".egg-link")) and not name.startswith(("~", ".")):
                excluded.append(_egg(site, name))
    kept, doubles = _without_doubles(distributions, places.sites)
    excluded += doubles
    installed = {distribution.name for distribution in (*kept, *excluded)}
    interrupted = [_interrupted(distribution) for distribution in renamed if distribution.name not in installed]
    return Inventory(kept, sorted(excluded, key=lambda distribution: distribution.excluded or ()), closed, interrupted)


def _interrupted(distribution: Installed) -> Skip:
    """Return why nothing is known of a distribution with a dist-info folder that pip has renamed.

    pip renames what it uninstalls, so that it can put it back: the first letter, at least, becomes ``~``. What is so
    called after that, is left from a pip that was ended in between.
    """
    left = f"{distribution.site}/~*"
    reason = f"pip was ended while it uninstalled or replaced it: install it again, and remove what is left ({left})"
    return Skip(distribution.name.lstrip("~"), "interrupted", reason)


def _identify(site: str, folder_name: str, taken: set[str]) -> Installed:
    folder = f"{site}/{folder_name}"
    stem, _, version = folder_name.removesuffix(".dist-info").rpartition("-")
    installer = _line(f"{folder}/INSTALLER")
    metadata = metadata_of(folder)
    name = canonicalize_name(metadata.name or stem or version or folder_name)
    id_ = f"{site}/{folder_name}" if folder_name in taken else folder_name
    version = metadata.version or (version if stem else "")
    requires = metadata.requires
    if any(map(has_markers, requires)):
        variant = _variant(folder)
        requires = tuple(evaluate_markers(line, variant) for line in requires)
    return Installed(
        id_, name, version, site, folder, installer, requires, metadata.requires_python, declared=metadata.imports
    )


def _reason_to_exclude(distribution: Installed, places: EnvironmentPaths, conda: Mapping[str, str]) -> Skip | None:
    """Return why a distribution is not compared; None for one that is compared."""
    by = (distribution.installer or "").lower()
    if by == "conda" or _is_conda_owned(distribution, conda):
        return Skip(distribution.name, "conda", "conda owns it")
    is_managed = _is_debian(distribution.site) or (places.externally_managed and not _exists(distribution.record))
    if by in _SYSTEM or (not by and is_managed):  # pip and uv write there too, if they are told to, and say so
        return Skip(distribution.name, "system", "the system's package manager owns it")
    if _is_editable(distribution):
        return Skip(distribution.name, "editable", "it is installed from a folder of sources")
    return None


def _is_debian(site: str) -> bool:
    """Return whether a folder is the one Debian's package manager writes to; by default, pip has another there."""
    return site.endswith("/lib/python3/dist-packages")


def _egg(site: str, name: str) -> Installed:
    stem = name.rpartition(".")[0]
    project = canonicalize_name(stem.partition("-")[0])
    if name.endswith(".egg-link"):
        skip = Skip(project, "editable", "it is installed from a folder of sources")
    elif _is_debian(site):
        skip = Skip(project, "system", "the system's package manager owns it")
    else:
        skip = Skip(project, "egg-info", "it was not installed as a wheel: nothing says which files are its own")
    folder = f"{site}/{name}"
    version = stem.split("-")[1] if stem.count("-") else ""
    return Installed(name, project, version, site, folder, excluded=skip, tops=_tops(folder, project) | {name})


def _without_doubles(
    distributions: Iterable[Installed], sites: Sequence[str]
) -> tuple[list[Installed], list[Installed]]:
    """Return what counts of several dist-info folders of one project, and the rest.

    Of those in one folder it is the newest: the others were left by installations that failed. Of those in several it
    is that in the first: what an import finds.
    """
    kept: dict[str, Installed] = {}
    doubles = []
    for distribution in sorted(
        distributions, key=lambda installed: (installed.name, -sites.index(installed.site), _rank(installed.version))
    ):
        before = kept.get(distribution.name)
        if before is not None and before.site != distribution.site:
            reason = (
                f"imports find version {distribution.version} in {distribution.site}"
                f" before version {before.version} in {before.site}"
            )
            doubles.append(replace(before, excluded=Skip(before.name, "hidden", reason)))
        elif before is not None:
            reason = (
                f"version {before.version} is recorded beside {distribution.version},"
                " left by an installation that failed"
            )
            doubles.append(replace(before, excluded=Skip(before.name, "superseded", reason)))
        kept[distribution.name] = distribution
    return list(kept.values()), doubles


def _rank(version: str) -> tuple[object, ...]:
    from packaging.version import Version

    try:
        return (1, Version(version), version)
    except ValueError:  # not only InvalidVersion: a number may have more digits than Python reads
        return (0, version)


def direct_url_of(folder: str) -> str | None:
    """Return where a distribution was installed from, if that was no index (PEP 610).

    Args:
        folder: The dist-info folder.
    """
    url = _direct_url(folder).get("url")
    return url if isinstance(url, str) else None


def source_of(folder: str) -> str | None:
    """Return the same as a command names it: of a repository with its kind and the commit (PEP 440, direct references).

    Args:
        folder: The dist-info folder.
    """
    direct_url = _direct_url(folder)
    url, repository = direct_url.get("url"), _dict(direct_url.get("vcs_info"))
    if not isinstance(url, str) or not repository:
        return url if isinstance(url, str) else None
    inside = direct_url.get("subdirectory")
    return f"{repository.get('vcs')}+{url}@{repository.get('commit_id')}{f'#subdirectory={inside}' if inside else ''}"


def _direct_url(folder: str) -> dict[str, object]:
    try:
        return _dict(json.loads(read_small(f"{folder}/direct_url.json", _SMALL) or b"{}"))
    except (OSError, ValueError, RecursionError):
        return {}


UNKNOWN_VARIANT = "?"
"""Stands for the label of a wheel variant of which nothing says which it is."""


def _variant(folder: str) -> Variant | None:
    """Return the wheel variant that a distribution was installed from, as far as its variant.json says."""
    try:
        return parse_variant(read_small(f"{folder}/variant.json", _METADATA) or b"")
    except (OSError, VariantError):
        return None


def variant_of(folder: str) -> str | None:
    """Return the label of the wheel variant that a distribution was installed from.

    Installers that do not know variants, and those that choose another one, would replace it by another build.

    Args:
        folder: The dist-info folder.

    Returns:
        None if it is no variant; :data:`UNKNOWN_VARIANT` if its ``variant.json`` does not say which.
    """
    if not _exists(f"{folder}/variant.json"):
        return None
    variant = _variant(folder)
    return UNKNOWN_VARIANT if variant is None else variant.label


def _is_editable(distribution: Installed) -> bool:
    direct_url = _direct_url(distribution.folder)
    if direct_url:
        return _dict(direct_url.get("dir_info")).get("editable") is True
    stem = os.path.basename(distribution.folder).removesuffix(".dist-info")  # noqa: PTH119
    return _exists(f"{distribution.site}/__editable__.{stem}.pth")


def _conda_packages(places: EnvironmentPaths) -> dict[str, str]:
    """Return ``name-version`` of what conda says it installed, and the file that says it."""
    folder = f"{places.base}/conda-meta"
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return {}
    return {name.rpartition("-")[0]: f"{folder}/{name}" for name in names if name.endswith(".json")}


def _is_conda_owned(distribution: Installed, conda: Mapping[str, str]) -> bool:
    record = conda.get(f"{distribution.name}-{distribution.version}")
    if record is None:
        return False
    try:
        data = read_small(record, MAX_BYTES) or b"{}"
        files = _dict(json.loads(data)).get("files", ())
    except (OSError, ValueError, RecursionError):
        return True
    folder = os.path.basename(distribution.folder)  # noqa: PTH119
    return isinstance(files, list) and any(isinstance(file, str) and f"/{folder}/" in file for file in files)


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _tops(folder: str, name: str) -> frozenset[str]:
    try:
        data = read_small(f"{folder}/top_level.txt", _SMALL)
    except OSError:
        data = None
    lines = (data or b"").decode("utf-8", "replace").split()
    return frozenset(line.partition("/")[0] for line in lines) | {name, name.replace("-", "_")}


def _exists(path: str) -> bool:
    return os.path.lexists(path)


def _line(path: str) -> str | None:
    try:
        data = read_small(path, _SMALL)
    except OSError:
        return None
    lines = (data or b"").decode("utf-8", "replace").split("\n", 1)
    return lines[0].strip() or None


def metadata_of(folder: str) -> Metadata:
    """Return what METADATA says; nothing where it is not there or cannot be read.

    Args:
        folder: The dist-info folder.
    """
    try:
        return parse_metadata(read_small(f"{folder}/METADATA", _METADATA) or b"")
    except OSError:
        return Metadata()


def entry_points_text(folder: str) -> str:
    """Return the text of a dist-info folder's ``entry_points.txt``; empty if it is not there or is no text."""
    try:
        return decode_entry_points(read_small(f"{folder}/entry_points.txt", _ENTRY_POINTS) or b"") or ""
    except (OSError, ValueError):
        return ""


def startup_of(names_by_folder: NamesByFolder, places: EnvironmentPaths) -> tuple[InstalledPath, ...]:
    """Return which of these files make Python run code whenever it starts.

    Args:
        names_by_folder: Of a distribution's files.
        places: Of the environment.

    Returns:
        Installed paths, sorted. A file that is gone runs nothing; of one that cannot be read it is assumed.
    """
    tops = {_prefix(site, places) for site in places.sites}
    looked_at = [folder + name for folder in tops for name in names_by_folder.get(folder, ())]
    looked_at += [
        f"{folder}__init__.py"
        for folder, names in names_by_folder.items()
        if "__init__.py" in names and folder not in tops and split(folder[:-1])[0] in tops
    ]
    paths = []
    for key in looked_at:
        path = places.installed_path(key)
        if is_startup_file(path):
            try:
                data = read_small(places.on_disk(key), STARTUP_LIMIT + 1)
            except OSError:
                data = b"import unreadable"
            if data is not None and runs_code(path, data if len(data) <= STARTUP_LIMIT else None):
                paths.append(path)
    return tuple(sorted(paths))
