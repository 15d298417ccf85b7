"""From what was read of a wheel to rows: one for the wheel, one for each file that it installs. Pure.

Every wheel is laid out for one and the same target, so that commands have one name and rows can be compared whatever
the wheel is for. Where it can be installed is its reach, which the row of the wheel has.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

from wheelclash.contents.reach import reach_of
from wheelclash.core.layout import lay_out_for_each
from wheelclash.core.overlap import role_of_files
from wheelclash.core.role import is_sourceless
from wheelclash.installers import RULES
from wheelclash.target.inferred import MINORS
from wheelclash.target.target import target_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.contents import Contents, Evidence
    from wheelclash.core.distribution import Skip
    from wheelclash.core.layout import InstalledFile, InstalledPath
    from wheelclash.core.role import Role
    from wheelclash.target.target import Target

__all__ = [
    "CONTENT_BYTES",
    "Collected",
    "FileRow",
    "Found",
    "Source",
    "WheelRow",
    "file_rows",
    "layout_target",
    "number_of",
    "path_hash",
    "precedence",
    "rows_of_files",
    "wheel_row",
]

CONTENT_BYTES = 16
"""Bytes of a content hash that are kept: of a sha256 enough that no two files have the same by chance."""

Algorithm = Literal["sha256", "git-sha1", "command", "other"]
"""What a content hash is of: the bytes of the file; a git blob, as public datasets have it; what a generated command
runs; the bytes by another algorithm of RECORD."""


class Source(NamedTuple):
    """Where a wheel was found.

    Attributes:
        filename: The file name of the wheel, or the name of a dist-info folder.
        url: Where it is, without credentials; of a public dataset the name of its file.
        sha256: Of the whole wheel, hex; None if nothing says. It is then known by its file name.
        yanked: Whether its index says that it is yanked (PEP 592).
    """

    filename: str
    url: str
    sha256: str | None
    yanked: bool = False

    @property
    def identity(self) -> int:
        """Return the number that stands for the wheel in every table."""
        if self.sha256 is not None:
            return int.from_bytes(bytes.fromhex(self.sha256)[:8], "little", signed=True)
        return number_of(f"name:{self.filename}")


class WheelRow(NamedTuple):
    """What is kept of a wheel; the order is that of the columns.

    Attributes:
        wheel_id: Its number, see :attr:`Source.identity`.
        project: Normalised.
        project_id: :func:`number_of` the project.
        version: Normalised.
        precedence: See :func:`precedence`.
        wheel: The file name.
        sha256: Hex, or None.
        tags: ``cp312-abi3-manylinux_2_28_x86_64``; empty for what is installed.
        pythons, platforms: Bits of its reach.
        requires_python: What METADATA requires, or None.
        requires: ``Requires-Dist``, verbatim.
        entry_points: The text of ``entry_points.txt``, or None.
        evidence: How it was read; ``published`` where a public dataset has it.
        source: Where it was found.
        files: How many rows of files it has.
        refused: Why no installer installs it, or None.
    """

    wheel_id: int
    project: str
    project_id: int
    version: str
    precedence: str
    wheel: str
    sha256: str | None
    tags: str
    pythons: int
    platforms: int
    requires_python: str | None
    requires: tuple[str, ...]
    entry_points: str | None
    evidence: str
    source: str
    files: int
    refused: str | None


class FileRow(NamedTuple):
    """What is kept of an installed file, besides its wheel.

    Attributes:
        root: ``site-packages``, ``scripts``, ``data`` or ``headers``.
        path: Below the root.
        path_hash: :func:`path_hash` of both.
        role: What the file is for.
        algorithm: What ``content`` is; None if there is none.
        content: The first :data:`CONTENT_BYTES` of the hash, or None.
        size: Bytes, or None.
    """

    root: str
    path: str
    path_hash: int
    role: Role
    algorithm: Algorithm | None
    content: bytes | None
    size: int | None


class Collected(NamedTuple):
    """A wheel with its rows.

    Attributes:
        wheel: Its row.
        files: Those of its files.
    """

    wheel: WheelRow
    files: Sequence[FileRow]


Found: TypeAlias = "Collected | Skip | None"
"""What became of a wheel; None for one that the dataset has."""


def number_of(text: str) -> int:
    """Return 64 bits of the BLAKE2b hash of a text, little-endian, as the signed integer that every engine has."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def path_hash(path: str) -> int:
    """Return the hash of an installed path, root included; of a folder with the ``/`` behind it."""
    return number_of(path)


@cache
def layout_target() -> Target:
    """Return the target that every wheel is laid out for: the newest Python on Linux."""
    return target_for(f"3.{MINORS[-1]}", "linux")


def wheel_row(source: Source, contents: Contents, evidence: Evidence | Literal["published"]) -> WheelRow:
    """Return the row of a wheel, with no files yet.

    Raises:
        ValueError: The file name is no wheel's.
    """
    name, _, rest = source.filename.removesuffix(".whl").partition("-")
    version, _, rest = rest.partition("-")
    tags = "-".join(rest.rsplit("-", 3)[-3:])
    if not (name and version and tags.count("-") == 2):  # noqa: PLR2004 - three tags
        raise ValueError(source.filename)
    project = canonicalize_name(name)
    reach = reach_of(tags, contents.requires_python)
    return WheelRow(
        wheel_id=source.identity,
        project=project,
        project_id=number_of(project),
        version=canonicalize_version(version.replace("_", "-"), strip_trailing_zero=False),
        precedence=precedence(version, yanked=source.yanked),
        wheel=source.filename,
        sha256=source.sha256,
        tags=tags,
        pythons=reach.pythons,
        platforms=reach.platforms,
        requires_python=contents.requires_python,
        requires=contents.requires,
        entry_points=contents.entry_points or None,
        evidence=evidence,
        source=source.url,
        files=0,
        refused=None,
    )


def file_rows(contents: Contents) -> tuple[list[FileRow], str | None]:
    """Return the rows of the files that a wheel installs, by path, and why no installer installs it.

    Of installers that lay it out differently the first that installs it counts.
    """
    layouts = lay_out_for_each(contents, RULES, layout_target())
    layout = next((installer_layout for installer_layout in layouts.values() if installer_layout.failure is None), None)
    if layout is None:
        return [], next(
            failure.reason for installer_layout in layouts.values() if (failure := installer_layout.failure) is not None
        )
    return rows_of_files(layout.files), None


def rows_of_files(files: Mapping[InstalledPath, InstalledFile]) -> list[FileRow]:
    """Return the rows of files, by path; those no engine or terminal could hold (lone surrogates) are escaped."""
    rows = []
    for path, file in sorted(files.items()):
        root, _, below = path.partition("/")
        sourceless = is_sourceless(path) and path[:-1] not in files
        algorithm, content = _content(file)
        rows.append(
            FileRow(
                root,
                below if below.isascii() else below.encode("utf-8", "backslashreplace").decode("utf-8"),
                path_hash(path),
                role_of_files(path, (file,), sourceless=sourceless),
                algorithm,
                content,
                file.size,
            )
        )
    return rows


def _content(file: InstalledFile) -> tuple[Algorithm | None, bytes | None]:
    """Return the content hash of a file, cut short, and what it is a hash of."""
    if file.content is None:
        return None, None
    if file.member is None:
        return "command", hashlib.blake2b(file.content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    algorithm, _, digest = file.content.partition(":")
    known: Algorithm = "sha256" if algorithm == "sha256" else "git-sha1" if algorithm == "git-sha1" else "other"
    return known, bytes.fromhex(digest[: 2 * CONTENT_BYTES])


def precedence(version: str, *, yanked: bool = False) -> str:
    """Return a text in the order of which releases an installer prefers: the greatest is what it would take.

    Texts are compared by their bytes, as query engines do. Releases that are not yanked come after those that are,
    final ones after pre-releases, and then the order is that of PEP 440; what is no version is least.

    >>> sorted(["1.10", "1.9", "2.0rc1", "1.9.post1", "1.9.dev3"], key=precedence)
    ['1.9.dev3', '2.0rc1', '1.9', '1.9.post1', '1.10']
    """
    try:
        parsed = Version(version.replace("_", "-"))
    except InvalidVersion:
        return "!"
    release = list(parsed.release)
    while release and release[-1] == 0:
        release.pop()
    if parsed.pre is not None:
        pre = f"1{parsed.pre[0][0]}{_number(parsed.pre[1])}"  # a, b, rc
    else:
        pre = "0" if parsed.post is None and parsed.dev is not None else "2"
    post = "0" if parsed.post is None else f"1{_number(parsed.post)}"
    dev = "1" if parsed.dev is None else f"0{_number(parsed.dev)}"
    return (
        f"{not yanked:d}{not parsed.is_prerelease:d}{_number(parsed.epoch)}"
        f"{_sequence(release)}{pre}{post}{dev}{_local(parsed.local)}"
    )


def _number(value: int) -> str:
    """Return a number behind the number of its digits."""
    text = str(value)
    return f"{len(text):03d}{text}"


def _sequence(numbers: Iterable[int]) -> str:
    return "".join(f"1{_number(number)}" for number in numbers) + "0"


def _local(local: str | None) -> str:
    """Return a local version: none before any, words before numbers, a shorter one before what it begins."""
    if local is None:
        return "0"
    parts = (f"2{_number(int(part))}" if part.isdigit() else f"1{part}!" for part in local.split("."))
    return f"1{''.join(parts)}0"
