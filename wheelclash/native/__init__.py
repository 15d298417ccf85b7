"""Native files: which libraries each side of a clash needs, and where the loader would find them.

Reads shared libraries, extension modules and executables by their dynamic section, as the loader does (ELF, by
pyelftools), and answers from folder listings that the caller brings: only :func:`environment_libraries` and
:func:`system_libraries` touch the machine.

"Present" is not "loadable". A need names the place where a file *of that name* is: in the file's own search path
(the loader opens it there), in another folder of the environment (only if something else loads it first, as torch
does), in the system's loader cache, or nowhere. Whether that file is whole, of the right architecture and finds its
own libraries is another question.

Mach-O and PE are recognised, not analysed yet. The libraries that read them are kept, and used by the repair tools
of those platforms, but macholib reads every section's content to learn a file's needs, and pefile wants the whole
file in memory: too much for a question that is to be asked of a remote file within a byte limit.

Specs: gABI chapter 5 "Dynamic Linking", ld.so(8) for the order of search of glibc, and for musl its ``dynlink.c``.
"""

from __future__ import annotations

from wheelclash.native.binary import BinaryFacts, binary_facts
from wheelclash.native.libraries import environment_libraries, library_folders, loader_cache, system_libraries
from wheelclash.native.reasons import Differences, Side, differences, explain
from wheelclash.native.search import DRIVER, Folder, Need, Place, search_path, where_needed

__all__ = [
    "DRIVER",
    "BinaryFacts",
    "Differences",
    "Folder",
    "Need",
    "Place",
    "Side",
    "binary_facts",
    "differences",
    "environment_libraries",
    "explain",
    "library_folders",
    "loader_cache",
    "search_path",
    "system_libraries",
    "where_needed",
]
