"""Dynamic symbols of ELF files: what a library offers to others, and what a file expects to find in others.

A file fails to load with ``undefined symbol`` where a library of the expected name is there, but in another version.
The tables are found as the loader finds them: by program headers and the dynamic section, never by section headers.

Specifications: gABI chapter 5 ("Symbol Table", "Hash Table"); for versions and the GNU hash table, LSB 5.0 Core chapter
11 and the glibc loader.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, NamedTuple, cast

from wheelclash.native.elf import BoundedReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

__all__ = ["Symbols", "dynamic_symbols"]

_READS, _BYTES = 20_000, 256 << 20  # libtorch_cuda.so has some 30 MB of names
_MOST_SYMBOLS = 4_000_000
_MOST_VERSIONS = 10_000
_GLOBAL, _WEAK, _UNIQUE = 1, 2, 10  # bindings; a local symbol is for the file itself
_HIDDEN = (1, 2)  # visibilities: internal, hidden
_NO_VERSION = 1  # version indices 0 and 1: local, and global without a version
_INDEX = 0x7FFF
_BASE = 1  # flag of the version definition that names the file itself


class Symbols(NamedTuple):
    """The dynamic symbols of one file. A symbol of a version is written ``name@VERSION``.

    Attributes:
        exports: What it offers to others. A symbol of a version is there twice, without the version too.
        imports: What it must find in others. Weak ones, which may be missing, are left out.
        has_versions: Whether it gives versions to what it offers.
    """

    exports: frozenset[str]
    imports: frozenset[str]
    has_versions: bool

    def offers(self, symbol: str) -> bool:
        """Return whether a file that imports a symbol finds it here.

        The loader accepts a symbol without a version for one with a version only from a library that defines no
        versions at all.
        """
        if symbol in self.exports:
            return True
        name, at, _ = symbol.partition("@")
        return bool(at) and not self.has_versions and name in self.exports


def dynamic_symbols(stream: BinaryIO) -> Symbols | None:
    """Return the dynamic symbols of an ELF file.

    Args:
        stream: The file, seekable. Bytes and number of reads are bounded (256 MiB, 20 000), whatever the file claims.

    Returns:
        The symbols; none in a file that is linked statically. None if it is no ELF file, or its tables are damaged. Any
        bytes give one of these, never an exception.
    """
    try:
        return _symbols(BoundedReader(stream, reads=_READS, most=_BYTES))
    except Exception:  # noqa: BLE001  (neither pyelftools nor a stream of a damaged archive promises which)
        return None


def _symbols(reader: BoundedReader) -> Symbols:
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(cast("IO[bytes]", reader))
    elf.header["e_shoff"] = 0  # the loader never looks at sections: they may be stripped, or lie
    dynamic = next(elf.iter_segments("PT_DYNAMIC"), None)
    if isinstance(dynamic, DynamicSegment) and dynamic["p_filesz"]:
        tables = _Tables(reader, elf, dynamic)
        if tables.has_symbols:
            return tables.symbols()
    return Symbols(frozenset(), frozenset(), has_versions=False)


class _Tables:
    """The tables that the dynamic section of a file points to, each read when it is asked for."""

    def __init__(self, reader: BoundedReader, elf: ELFFile, dynamic: DynamicSegment) -> None:
        self._reader = reader
        self._order = "<" if elf.little_endian else ">"
        self._wide = elf.elfclass == 64  # noqa: PLR2004
        self._dynamic = dynamic
        self._values = {str(tag["d_tag"]): int(tag["d_val"]) for tag in dynamic.iter_tags()}

    @property
    def has_symbols(self) -> bool:
        """Return whether there is a table of symbols."""
        return "DT_SYMTAB" in self._values

    def symbols(self) -> Symbols:
        """Read the symbol table, the names and the versions.

        Raises:
            ValueError: A table is larger than any such file has, or not where it is said to be.
        """
        names = self._at("DT_STRTAB", self._values["DT_STRSZ"])
        count = self._count()
        entry = struct.Struct(self._order + ("IBBHQQ" if self._wide else "IIIBBH"))
        table = self._at("DT_SYMTAB", count * entry.size)
        versions = self._versions(names)
        indices: tuple[int, ...] = ()
        if "DT_VERSYM" in self._values:
            indices = struct.unpack(f"{self._order}{count}H", self._at("DT_VERSYM", 2 * count))
        exports: set[str] = set()
        imports: set[str] = set()
        for number, row in enumerate(entry.iter_unpack(table)):
            if self._wide:
                start, info, other, section, _, _ = row
            else:
                start, _, _, info, other, section = row
            binding = info >> 4
            if not start or binding not in {_GLOBAL, _WEAK, _UNIQUE} or other & 3 in _HIDDEN:
                continue
            if not section and binding == _WEAK:
                continue
            name = _text(names, start)
            version = versions.get(indices[number] & _INDEX) if indices else None
            if section:
                exports.add(name)
            if version not in {None, name}:  # what a version definition exports in its own name is no symbol of it
                name = f"{name}@{version}"
            (exports if section else imports).add(name)
        return Symbols(frozenset(exports), frozenset(imports), has_versions="DT_VERDEF" in self._values)

    def _at(self, tag: str, size: int, *, skip: int = 0) -> bytes:
        """Return ``size`` bytes of the table that a tag of the dynamic section points to."""
        _, offset = self._dynamic.get_table_offset(tag)
        if offset is None:
            msg = f"{tag} points to nothing"
            raise ValueError(msg)
        self._reader.seek(offset + skip)
        data = self._reader.read(size)
        if len(data) != size:
            msg = f"{tag} reaches beyond the end"
            raise ValueError(msg)
        return data

    def _count(self) -> int:
        """Return the length of the symbol table, which only the hash tables tell."""
        if "DT_HASH" in self._values:
            count = int(struct.unpack(self._order + "I", self._at("DT_HASH", 4, skip=4))[0])
        else:
            count = self._count_by_gnu_hash()
        if count > _MOST_SYMBOLS:
            msg = "more symbols than any such file has"
            raise ValueError(msg)
        return count

    def _count_by_gnu_hash(self) -> int:
        """Return one more than the last symbol of the last chain: a chain ends with an odd hash."""
        buckets, first, bloom, _ = struct.unpack(self._order + "4I", self._at("DT_GNU_HASH", 16))
        if buckets > _MOST_SYMBOLS:
            msg = "more buckets than any such file has"
            raise ValueError(msg)
        start = 16 + bloom * (8 if self._wide else 4)
        last = max(
            struct.unpack(f"{self._order}{buckets}I", self._at("DT_GNU_HASH", 4 * buckets, skip=start)), default=0
        )
        if last < first:
            return int(first)
        chains = start + 4 * buckets
        while last <= _MOST_SYMBOLS:
            (value,) = struct.unpack(self._order + "I", self._at("DT_GNU_HASH", 4, skip=chains + 4 * (last - first)))
            last += 1
            if value & 1:
                break
        return int(last)

    def _versions(self, names: bytes) -> dict[int, str]:
        """Map version indices to names: those the file defines, and those it expects of others."""
        versions = dict(self._defined(names))
        versions.update(self._expected(names))
        return versions

    def _defined(self, names: bytes) -> Iterator[tuple[int, str]]:
        place = 0
        for _ in range(min(self._values.get("DT_VERDEFNUM", 0), _MOST_VERSIONS)):
            record = struct.unpack(self._order + "4H3I", self._at("DT_VERDEF", 20, skip=place))
            _, flags, index, _, _, first, following = record
            (name,) = struct.unpack(self._order + "I", self._at("DT_VERDEF", 4, skip=place + first))
            if not flags & _BASE and index > _NO_VERSION:
                yield index & _INDEX, _text(names, name)
            if not following:
                return
            place += following

    def _expected(self, names: bytes) -> Iterator[tuple[int, str]]:
        place = 0
        for _ in range(min(self._values.get("DT_VERNEEDNUM", 0), _MOST_VERSIONS)):
            _, count, _, first, following = struct.unpack(self._order + "2H3I", self._at("DT_VERNEED", 16, skip=place))
            within = place + first
            for _ in range(min(count, _MOST_VERSIONS)):
                record = struct.unpack(self._order + "I2H2I", self._at("DT_VERNEED", 16, skip=within))
                _, _, index, name, further = record
                yield index & _INDEX, _text(names, name)
                if not further:
                    break
                within += further
            if not following:
                return
            place += following


def _text(names: bytes, start: int) -> str:
    """Return the string that starts there in a string table.

    Raises:
        ValueError: It starts outside of the table, or has no end.
    """
    if not 0 <= start < len(names):
        msg = "a name outside of the table of names"
        raise ValueError(msg)
    return names[start : names.index(b"\0", start)].decode("utf-8", "backslashreplace")
