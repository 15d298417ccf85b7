"""The search of the loader for libraries: where it looks for those of a file, and which are there.

Specifications: ld.so(8) for glibc; for musl its ``dynlink.c``.
"""

from __future__ import annotations

import os
import re
import sys
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.native.elf import BinaryFacts

__all__ = [
    "DRIVER",
    "Folder",
    "Need",
    "Place",
    "environment_libraries",
    "library_folders",
    "loader_cache",
    "search_path",
    "system_libraries",
    "where_needed",
]

Place = Literal["search-path", "environment", "system", "driver", "nowhere", "unknown"]

DRIVER = re.compile(
    r"lib(cuda|cudadebugger|nvcuvid|nvoptix"
    r"|nvidia-(allocator|cfg|encode|fbc|ml|nvvm|opencl|opticalflow|ptxjitcompiler))\.so(\.[14])?"
)
"""Libraries that come with the graphics driver, never with a wheel: images are built on machines without them."""

_ALWAYS = re.compile(
    r"ld-linux.*|ld64\.so\.\d|lib(c|m|dl|rt|pthread|util|resolv|gcc_s|stdc\+\+)\.so\.\d+|libc\.musl-.*|libc\.so"
)
"""What every system has that can run Python at all (PEP 600 leaves it to the system): assumed if none was asked."""

# glibc replaces the kernel's platform by the processor's own, where it knows one (sysdeps/x86/cpu-features.c).
_PROCESSORS = {"x86_64": ("haswell", "xeon_phi")}
_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)(?![A-Za-z0-9_]))")


class Folder(NamedTuple):
    """A folder in which the loader looks.

    Attributes:
        path: Absolute, its ``..`` resolved by name.
        by: What put it on the search path.
    """

    path: Path
    by: Literal["rpath", "runpath", "ld-library-path"]


class Need(NamedTuple):
    """A needed library and where a file of its name is.

    Attributes:
        name: As in :attr:`BinaryFacts.needed`.
        place: ``search-path``: where the loader looks for it. ``environment``: in a folder where it does not look.
            ``system``: in the system's loader cache. ``driver``: not here, and comes with the graphics driver.
            ``nowhere``: in none of these. ``unknown``: not in the environment, and no system was asked.
        folders: Of ``search-path`` the first folder that has it; of ``environment`` and ``system`` all of the
            environment's; else empty.
    """

    name: str
    place: Place
    folders: tuple[Path, ...] = ()


def search_path(
    facts: BinaryFacts,
    origin: Path,
    *,
    ld_library_path: str = "",
    loaders: Sequence[tuple[BinaryFacts, Path]] = (),
) -> tuple[Folder, ...]:
    """Return where the loader looks for the libraries of a file, before the system's own folders.

    glibc: DT_RPATH of the file and of those that loaded it, unless the file itself has a DT_RUNPATH; then
    LD_LIBRARY_PATH; then the file's own DT_RUNPATH, which no library inherits. A loader with a DT_RUNPATH hands down no
    DT_RPATH. musl: LD_LIBRARY_PATH first, then whichever of the two the file and its loaders have.

    Args:
        facts: What the file states.
        origin: The folder it is in, for ``$ORIGIN``.
        ld_library_path: Value of the variable in the process that will load the file.
        loaders: What will have loaded it, nearest first, with the folder of each; the last is the executable.

    Returns:
        Absolute folders in order, without repetition. Where ``$LIB`` depends on the system, all it can stand for.
        Relative and empty entries, which are relative to the working folder of a process, are left out.
    """
    from_variable = [Folder(path, "ld-library-path") for path in _expand(re.split("[:;]", ld_library_path), None, "")]
    line = ((facts, origin), *loaders)
    # musl: the variable first, then one kind of entry as the other, of the file and of all that loaded it.
    if any(name.startswith("libc.musl-") or name == "libc.so" for name in facts.needed):
        folders = from_variable + [entry for file, folder in line for entry in _named_by(file, folder)]
    elif facts.runpath:
        folders = from_variable + _named_by(facts, origin)
    else:
        folders = [
            entry for file, folder in line if not file.runpath for entry in _named_by(file, folder)
        ] + from_variable
    first: dict[Path, Folder] = {}
    for folder in folders:
        first.setdefault(folder.path, folder)
    return tuple(first.values())


def where_needed(
    facts: BinaryFacts,
    *,
    origin: Path,
    libraries: Mapping[str, Sequence[Path]],
    system: Collection[str] | None,
    ld_library_path: str = "",
    loaders: Sequence[tuple[BinaryFacts, Path]] = (),
) -> tuple[Need, ...]:
    """Return where each library that a file needs is.

    Args:
        facts: What the file states.
        origin: The folder it is in, or will be.
        libraries: File name to the folders that hold it (absolute, like ``origin``), of the whole environment and of
            whatever folders of the search path lie outside it: :func:`environment_libraries`.
        system: Names in the system's loader cache, or None if the system is another one and cannot be asked.
        ld_library_path: As for :func:`search_path`.
        loaders: As for :func:`search_path`.

    Returns:
        One need per needed library, in the file's order; none for a file that could not be read.
    """
    looked = [folder.path for folder in search_path(facts, origin, ld_library_path=ld_library_path, loaders=loaders)]
    return tuple(_need(name, facts, origin, looked, libraries, system) for name in facts.needed)


def _named_by(facts: BinaryFacts, origin: Path) -> list[Folder]:
    """Return the folders a file itself names; its DT_RPATH counts only where it has no DT_RUNPATH."""
    by: Literal["rpath", "runpath"] = "runpath" if facts.runpath else "rpath"
    return [Folder(path, by) for path in _expand(facts.runpath or facts.rpath, origin, facts.machine)]


def _expand(entries: Iterable[str], origin: Path | None, machine: str) -> Iterator[Path]:
    """Return absolute paths of entries with ``$ORIGIN`` and the like; a token without a value leaves its entry out."""
    fill: dict[str, tuple[str, ...]] = {}
    if machine:
        fill["LIB"] = ("lib64", f"lib/{machine}-linux-gnu", "lib")
        fill["PLATFORM"] = (machine, *_PROCESSORS.get(machine, ()))
    fill |= {"ORIGIN": (str(origin),)} if origin is not None else {}
    for entry in entries:
        used = {curly or bare for curly, bare in _TOKEN.findall(entry)}
        # $LIB and $PLATFORM depend on the system that loads the file: every value that they can have is tried.
        for chosen in product(*(fill.get(token, ()) for token in sorted(used))):
            values = dict(zip(sorted(used), chosen, strict=True))
            text = _TOKEN.sub(lambda match: values[match[1] or match[2]], entry)  # noqa: B023  (used at once)
            path = Path(os.path.normpath(text))
            if path.is_absolute():
                yield path


def _need(
    name: str,
    facts: BinaryFacts,
    origin: Path,
    looked: Sequence[Path],
    libraries: Mapping[str, Sequence[Path]],
    system: Collection[str] | None,
) -> Need:
    last = name.rpartition("/")[2]
    held = {Path(os.path.normpath(folder)): folder for folder in libraries.get(last, ())}
    if "/" in name:  # no search: the loader opens just this path
        looked = [path.parent for path in _expand([name], origin, facts.machine)]
    for folder in looked:
        if folder in held:
            return Need(name, "search-path", (held[folder],))
    if _ALWAYS.fullmatch(name) if system is None else name in system:
        return Need(name, "system", tuple(held.values()))
    if DRIVER.fullmatch(name):  # what an environment has of these are stubs to link with
        return Need(name, "driver")
    if held:
        return Need(name, "environment", tuple(held.values()))
    return Need(name, "unknown" if system is None else "nowhere")


_LIBRARY = re.compile(r"\.(so(\.[0-9][\w.]*)?|dylib|dll)$", re.IGNORECASE | re.ASCII)
_CACHED = re.compile(r"^\s+(\S+) \(([^)]*)\)", re.MULTILINE)
_CACHE_WORDS = {"x86_64": "x86-64", "aarch64": "AArch64"}
_DEFAULTS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")


def library_folders(files: Iterable[tuple[Path, str]]) -> dict[str, tuple[Path, ...]]:
    """Map the names of shared libraries in a listing to the folders that hold them, sorted.

    Args:
        files: Folder and file name of each file, in any order; for a caller that has walked the tree already.
    """
    folders_by_name: dict[str, set[Path]] = {}
    for folder, name in files:
        if _LIBRARY.search(name):
            folders_by_name.setdefault(name, set()).add(folder)
    return {name: tuple(sorted(folders)) for name, folders in sorted(folders_by_name.items())}


def environment_libraries(site_packages: Path, *, also: Iterable[Path] = ()) -> dict[str, tuple[Path, ...]]:
    """Return every shared library of an environment by file name: one walk, nothing opened.

    Args:
        site_packages: Walked with all below it; folders behind symbolic links are not followed.
        also: Folders listed without those below: the environment's own ``lib``, and folders of a search path that
            lie outside.

    Returns:
        As :func:`library_folders`. What cannot be read, or goes away meanwhile, is not in it.
    """
    return library_folders(chain(_walk(site_packages, deep=True), *(_walk(folder, deep=False) for folder in also)))


def loader_cache(text: str, machine: str = "") -> frozenset[str]:
    r"""Return the names in the system's loader cache.

    Args:
        text: What ``ldconfig -p`` prints.
        machine: Only libraries of this machine, where the text tells them apart (``x86_64``, ``aarch64``).

    >>> sorted(loader_cache("1 libs found\n\tlibz.so.1 (libc6,x86-64) => /lib/libz.so.1\n"))
    ['libz.so.1']
    """
    word = _CACHE_WORDS.get(machine)
    return frozenset(name for name, words in _CACHED.findall(text) if word is None or word in words)


def system_libraries(machine: str = "") -> frozenset[str]:
    """Return the libraries the loader of this system finds by itself.

    From ``ldconfig -p``; where there is no such cache (musl), from the loader's own folders. Empty on other systems
    than Linux.

    Args:
        machine: As for :func:`loader_cache`.
    """
    if not sys.platform.startswith("linux"):
        return frozenset()
    from wheelclash.processes import RunError, run

    for command in ("ldconfig", "/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            done = run([command, "-p"], patience=10)
        except RunError:
            continue
        names = loader_cache(done.output.decode("utf-8", "backslashreplace"), machine)
        if names:
            return names
    return frozenset(
        name for folder in _DEFAULTS for _, name in _walk(Path(folder), deep=False) if _LIBRARY.search(name)
    )


def _walk(root: Path, *, deep: bool) -> Iterator[tuple[Path, str]]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if deep and entry.is_dir(follow_symlinks=False):
                        folders.append(folder / entry.name)
                    elif _LIBRARY.search(entry.name) and _is_file(entry):
                        yield folder, entry.name
        except OSError:
            continue


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link in a circle
        return False
