"""Facts that a native file states about itself, read as the loader reads it: by program headers, never by sections.

Specification: gABI chapter 5, "Program Loading and Dynamic Linking".
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["BinaryFacts", "BoundedReader", "binary_facts"]

_READS, _BYTES = 20_000, 4 << 20  # a real file takes less than a thousand reads
_TEXT = 4096
_TAGS = ("DT_NEEDED", "DT_SONAME", "DT_RPATH", "DT_RUNPATH")
_MACHINES = {
    "EM_X86_64": "x86_64",
    "EM_386": "i686",
    "EM_AARCH64": "aarch64",
    "EM_ARM": "armv7l",
    "EM_PPC64": "ppc64",
    "EM_S390": "s390x",
    "EM_RISCV": "riscv64",
    "EM_LOONGARCH": "loongarch64",
}
_MACH_O = frozenset(
    bytes.fromhex(magic) for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe", "cafebabf")
)
_FAT = 0x2D  # more architectures than this in a "fat" file: a Java class of the same magic


class BinaryFacts(NamedTuple):
    """What a native file says about itself.

    Attributes:
        format: By its first bytes.
        machine: As in platform tags (``x86_64``), else the name in the format's own register; empty if not known.
        soname: The name under which the loader knows it, or None.
        needed: Names of the libraries it needs, in its own order (DT_NEEDED).
        rpath: Folders of DT_RPATH as written (``$ORIGIN`` kept).
        runpath: Folders of DT_RUNPATH as written.
        unread: Empty, or why nothing but the format is known: ``not-supported`` or ``damaged`` (also: cut short).
    """

    format: Literal["elf", "mach-o", "pe"]
    machine: str = ""
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    unread: Literal["", "not-supported", "damaged"] = ""


def binary_facts(stream: BinaryIO) -> BinaryFacts | None:
    """Return what a native file (ELF, PE or Mach-O) says about itself.

    Args:
        stream: The file, seekable. Bytes and number of reads are bounded (4 MiB, 20 000), whatever the file claims.

    Returns:
        The facts; with ``unread`` set if the file cannot be analysed; None if it is no native file by its first
        bytes or cannot be read at all. Any bytes give one of these, never an exception.
    """
    kind: Literal["elf", "mach-o", "pe"] | None = None
    try:
        reader = BoundedReader(stream)
        kind = _format(reader)
        if kind == "elf":
            return _elf(reader)
    except Exception:  # noqa: BLE001  (neither pyelftools nor a stream of a damaged archive promises which)
        return kind and BinaryFacts(kind, unread="damaged")
    return kind and BinaryFacts(kind, unread="not-supported")


class BoundedReader:
    """A stream of which only so much is read, so that no file, whatever it claims, takes long."""

    def __init__(self, stream: BinaryIO, *, reads: int = _READS, most: int = _BYTES) -> None:
        """Bound a stream.

        Args:
            stream: Seekable.
            reads: How many times it may be read.
            most: How many bytes of it may be read.
        """
        self._stream = stream
        self._reads, self._bytes = reads, most
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes.

        Raises:
            ValueError: More is asked for than the bound leaves, or all.
        """
        self._reads -= 1
        if not 0 <= size <= self._bytes or self._reads < 0:
            msg = "more to read than any such file needs"
            raise ValueError(msg)
        data = self._stream.read(size)
        self._bytes -= len(data)
        return data


class _Strings:
    """The dynamic string table, by the address that the loader takes it from."""

    def __init__(self, reader: BoundedReader, start: int) -> None:
        self._reader, self._start = reader, start

    def get_string(self, offset: int, /) -> str:
        self._reader.seek(self._start + offset)
        text, end, _ = self._reader.read(_TEXT).partition(b"\0")
        if not end:
            msg = "a string without an end"
            raise ValueError(msg)
        return text.decode("utf-8", "backslashreplace")


def _format(reader: BoundedReader) -> Literal["elf", "mach-o", "pe"] | None:
    reader.seek(0)
    head = reader.read(64)
    if head.startswith(b"\x7fELF"):
        return "elf"
    if head[:4] in _MACH_O:
        fat = head.startswith(b"\xca\xfe\xba")
        return None if fat and int.from_bytes(head[4:8], "big") >= _FAT else "mach-o"
    if head.startswith(b"MZ"):
        reader.seek(int.from_bytes(head[60:64], "little"))
        return "pe" if reader.read(4) == b"PE\0\0" else None
    return None


def _elf(reader: BoundedReader) -> BinaryFacts:
    from elftools.elf.dynamic import Dynamic, DynamicSegment
    from elftools.elf.elffile import ELFFile

    stream = cast("IO[bytes]", reader)
    elf = ELFFile(stream)
    elf.header["e_shoff"] = 0  # the loader never looks at sections: they may be stripped, or lie
    word = str(elf["e_machine"])
    machine = _MACHINES.get(word, word.removeprefix("EM_").lower())
    machine += "le" if word == "EM_PPC64" and elf.little_endian else ""
    dynamic = next(elf.iter_segments("PT_DYNAMIC"), None)
    if not isinstance(dynamic, DynamicSegment) or not dynamic["p_filesz"]:
        return BinaryFacts("elf", machine)
    _, start = dynamic.get_table_offset("DT_STRTAB")
    if start is None:
        return BinaryFacts("elf", machine, unread="damaged")
    tags: dict[str, list[str]] = {}
    strings = _Strings(reader, start)
    for tag in Dynamic(stream, elf, strings, dynamic["p_offset"], empty=False).iter_tags():
        name = tag["d_tag"]
        if name in _TAGS:
            tags.setdefault(name, []).append(getattr(tag, name[3:].lower()))
    soname, rpath, runpath = (tags.get(key, [None])[-1] for key in ("DT_SONAME", "DT_RPATH", "DT_RUNPATH"))
    return BinaryFacts(
        format="elf",
        machine=machine,
        soname=soname,
        needed=tuple(filter(None, tags.get("DT_NEEDED", ()))),
        rpath=() if rpath is None else tuple(rpath.split(":")),
        runpath=() if runpath is None else tuple(runpath.split(":")),
    )
