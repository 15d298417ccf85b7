"""Writes the smallest ELF files that the real dynamic loader accepts: no compiler, no code, no sections."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

X86_64, AARCH64, PPC64, I386 = 62, 183, 21, 3
"""Values of ``e_machine``."""

_NEEDED, _STRTAB, _SYMTAB, _STRSZ, _SYMENT, _SONAME, _RPATH, _RUNPATH, _HASH = 1, 5, 6, 10, 11, 14, 15, 29, 4
_GLOBAL, _WEAK, _ABSOLUTE = 1, 2, 0xFFF1
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
    exports: Sequence[str] = (),
    imports: Sequence[str] = (),
    weak: Sequence[str] = (),
) -> bytes:
    """A shared library: header, three program headers, dynamic section, symbol table.

    Args:
        needed: DT_NEEDED, in this order.
        soname: DT_SONAME, or none.
        rpath: DT_RPATH, or none.
        runpath: DT_RUNPATH, or none.
        machine: ``e_machine``.
        bits: 32 or 64.
        little: The order of bytes.
        exports: Symbols it offers, all of them absolute.
        imports: Symbols it must find elsewhere.
        weak: Symbols it may find elsewhere.
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

    entries = [bytes(symbol)]
    for names, binding, section in ((imports, _GLOBAL, 0), (weak, _WEAK, 0), (exports, _GLOBAL, _ABSOLUTE)):
        for name in names:
            info = binding << 4
            if wide:
                entries.append(struct.pack(order + "IBBHQQ", len(table), info, 0, section, 0, 0))
            else:
                entries.append(struct.pack(order + "IIIBBH", len(table), 0, 0, info, 0, section))
            table += name.encode() + b"\0"
    # all in one bucket, each chained to the next
    chain = [*range(2, len(entries)), 0] if len(entries) > 1 else []
    hashed = struct.pack(f"{order}{4 + len(chain)}I", 1, len(entries), min(1, len(chain)), 0, *chain)

    start = header + 3 * program
    size = (len(tags) + 6) * struct.calcsize(order + 2 * word)
    symbols = start + size
    hashes = symbols + symbol * len(entries)
    strings = hashes + len(hashed)
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
            *entries,
            hashed,
            bytes(table),
        ]
    )
