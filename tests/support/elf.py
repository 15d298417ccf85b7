"""Writes the smallest ELF files that the real dynamic loader accepts: no compiler, no code, no sections."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

X86_64, AARCH64, PPC64, I386 = 62, 183, 21, 3
"""Values of ``e_machine``."""

_NEEDED, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME, _RPATH, _RUNPATH, _HASH = 1, 5, 6, 10, 11, 14, 15, 29, 4
_LOAD, _DYNAMIC, _STACK, _SHARED, _READ_WRITE = 1, 2, 0x6474E551, 3, 6


def shared_library(
    needed: Sequence[str] = (),
    *,
    soname: str | None = None,
    rpath: str | None = None,
    runpath: str | None = None,
    machine: int = X86_64,
    bits: int = 64,
    little: bool = True,
) -> bytes:
    """A shared library without symbols: header, three program headers, dynamic section, an empty symbol table.

    Args:
        needed: DT_NEEDED, in this order.
        soname: DT_SONAME, or none.
        rpath: DT_RPATH, or none.
        runpath: DT_RUNPATH, or none.
        machine: ``e_machine``.
        bits: 32 or 64.
        little: The order of bytes.
    """
    wide = bits == 64
    order = "<" if little else ">"
    word = "Q" if wide else "I"
    header, program, symbol = (64, 56, 24) if wide else (52, 32, 16)

    table = bytearray(b"\0")
    tags: list[tuple[int, int]] = []
    named = [*((_NEEDED, each) for each in needed), (_SONAME, soname), (_RPATH, rpath), (_RUNPATH, runpath)]
    for tag, text in named:
        if text is not None:
            tags.append((tag, len(table)))
            table += text.encode() + b"\0"

    start = header + 3 * program
    size = (len(tags) + 6) * struct.calcsize(order + 2 * word)
    symbols = start + size
    hashes = symbols + symbol
    strings = hashes + 16
    tags += [(_HASH, hashes), (_STRTAB, strings), (_STRSZ, len(table)), (_SYMTAB, symbols), (_SYMENT, symbol), (0, 0)]
    total = strings + len(table)

    def segment(kind: int, place: int, length: int, align: int) -> bytes:
        if wide:
            return struct.pack(order + "IIQQQQQQ", kind, _READ_WRITE, place, place, place, length, length, align)
        return struct.pack(order + "8I", kind, place, place, place, length, length, _READ_WRITE, align)

    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if little else 2, 1]) + bytes(9)
    rest = struct.pack(
        f"{order}HHI{word}{word}{word}I6H", _SHARED, machine, 1, 0, header, 0, 0, header, program, 3, 0, 0, 0
    )
    return b"".join(
        [
            ident,
            rest,
            segment(_LOAD, 0, total, 0x10000),
            segment(_DYNAMIC, start, size, 8),
            segment(_STACK, 0, 0, 16),  # without it the loader wants a stack that can be executed
            *(struct.pack(order + 2 * word, *each) for each in tags),
            bytes(symbol),
            struct.pack(order + "4I", 1, 1, 0, 0),
            bytes(table),
        ]
    )
