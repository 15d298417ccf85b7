"""Why a contested native file breaks: what each owner's version of it needs, and where that is.

A version that is on disk is read there; one that is not is read from its wheel, that one member and nothing else.
Before an install all of them are read from their wheels.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from wheelclash.core.distribution import name_in
from wheelclash.core.role import role_of
from wheelclash.environment.origins import Origin, find_origins
from wheelclash.environment.ownership import keys_of
from wheelclash.errors import FetchError, WheelError
from wheelclash.files import open_regular
from wheelclash.native.elf import BinaryFacts, binary_facts
from wheelclash.native.loader import environment_libraries, library_folders, search_path, system_libraries, where_needed
from wheelclash.native.symbols import Symbols, dynamic_symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import BinaryIO

    from wheelclash.core.distribution import Candidate, Distribution, Skip
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap, Owner
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.environment.scan import Contested, Scan
    from wheelclash.index.settings import IndexSettings
    from wheelclash.native.loader import Need
    from wheelclash.wheel.reader import WheelReader

__all__ = [
    "LIMIT",
    "MOST",
    "Differences",
    "Side",
    "Why",
    "differences",
    "explain",
    "explain_contested",
    "explain_overlaps",
    "is_in_question",
]

_LISTED = 4
_MANGLED = ("_Z", "_R", "__")  # names of C++ and Rust as compilers write them, and what compilers keep for themselves
_FOUND = ("search-path", "system")
_RANK = {"nowhere": 0, "unknown": 1, "environment": 2, "driver": 3, "system": 4, "search-path": 5}
_UNREAD = {"not-supported": "is of a format not analysed yet", "damaged": "is damaged or cut short"}
_VENDORED = re.compile(r"-[0-9a-f]{8,}(?=\.)")  # the hash that auditwheel puts into the name of what it copies in
_VERSION = re.compile(r"(\.\d+)*\.so(\.\d[\w.]*)?$", re.ASCII)


class Differences(NamedTuple):
    """What two files do not have in common.

    Attributes:
        versions: Pairs of needed libraries that are one library in two versions: ``libcudart.so.12``, ``.13``.
        only_one: Other libraries only the first needs.
        only_other: Other libraries only the second needs.
        fields: Which other facts differ: ``format``, ``machine``, ``soname``, ``rpath``, ``runpath``.
    """

    versions: tuple[tuple[str, str], ...]
    only_one: tuple[str, ...]
    only_other: tuple[str, ...]
    fields: tuple[str, ...]


class Missed(NamedTuple):
    """Symbols that a file which uses the library in question does not find in one version of it.

    Attributes:
        distribution: Name of the distribution that the file is of.
        file: Its name.
        symbols: Those it imports, that this version lacks and another version has; sorted.
    """

    distribution: str
    file: str
    symbols: tuple[str, ...]


class Side(NamedTuple):
    """An owner's version of the file in question.

    Attributes:
        owner: Name of the distribution.
        facts: Of its version of the file.
        needs: Of these facts, by :func:`where_needed`.
        lacks: Symbols that it does not offer and another version does, sorted.
        missed: Which of these other files import, the file with the most first.
    """

    owner: str
    facts: BinaryFacts
    needs: tuple[Need, ...] = ()
    lacks: tuple[str, ...] = ()
    missed: tuple[Missed, ...] = ()


def differences(first: BinaryFacts, other: BinaryFacts) -> Differences:
    """Return what the needs and other facts of two files do not share.

    >>> from wheelclash.native import BinaryFacts
    >>> differences(BinaryFacts("elf", needed=("libcudart.so.12", "libc.so.6")),
    ...             BinaryFacts("elf", needed=("libcudart.so.13", "libc.so.6"))).versions
    (('libcudart.so.12', 'libcudart.so.13'),)
    """
    ones = [name for name in dict.fromkeys(first.needed) if name not in other.needed]
    others = [name for name in dict.fromkeys(other.needed) if name not in first.needed]
    pairs: list[tuple[str, str]] = []
    for needed in ones:
        twin = next((name for name in others if _family(name) == _family(needed)), None)
        if twin is not None:
            pairs.append((needed, twin))
            others.remove(twin)
    paired = {name for name, _ in pairs}
    fields = ("format", "machine", "soname", "rpath", "runpath")
    return Differences(
        versions=tuple(sorted(pairs, key=lambda pair: _vendored(pair[0]))),
        only_one=tuple(name for name in ones if name not in paired),
        only_other=tuple(others),
        fields=tuple(field for field in fields if getattr(first, field) != getattr(other, field)),
    )


def explain(sides: Sequence[Side], *, where: Callable[[Path], str] = str) -> str:
    """Return why it matters which owner's version of a native file is on disk: one sentence, or empty.

    First the symbols that a version lacks: what other files import, else what programmers would look for (names of
    C, not the mangled ones of C++). Then what the owners' needs do not share (another version of one library before
    anything else, then what is not found), then what all of them need and none finds. A need is shared if all have it
    and it is in the same kind of place for all. At most four symbols or libraries a clause; libraries that a repaired
    wheel brings along under a name of their own are not worth a word. Names come from the files and are to be escaped
    where they are printed.

    Args:
        sides: One per owner; one alone is told what it does not find.
        where: How to name a folder, perhaps by the distribution that installed it.
    """
    read = [side for side in sides if not side.facts.unread]
    places = [{(need.name, need.place) for need in side.needs if not _brought(need)} for side in read]
    shared = set.intersection(*places) if len(places) > 1 else set()
    mixed = len({side.facts.machine for side in read}) > 1
    clauses = []
    for side in sides:
        words = [f"is built for {side.facts.machine}"] if mixed and not side.facts.unread else []
        others = {_family(need.name) for other in sides if other is not side for need in other.needs}
        needs = [need for need in side.needs if not _brought(need) and (need.name, need.place) not in shared]
        if len(read) == 1:
            needs = [need for need in needs if need.place not in _FOUND]
        needs.sort(key=lambda need: (_family(need.name) not in others, _RANK[need.place]))
        if side.facts.unread:
            words = [_UNREAD[side.facts.unread]]
        words += _lacking(side)
        if needs:
            words.append(f"needs {_phrases(needs, where)}")
        elif len(read) == 1 and not side.facts.unread:
            words.append("finds all it needs")
        if words:
            clauses.append(f"{side.owner}'s {' and '.join(words)}")
    lost = [need for need in (read[0].needs if read else ()) if need.place not in _FOUND]
    lost = sorted((need for need in lost if (need.name, need.place) in shared), key=lambda need: _RANK[need.place])
    if lost:
        clauses.append(f"{'all' if read[2:] else 'both'} need {_phrases(lost, where)}")
    return "; ".join(clauses)


def _lacking(side: Side) -> list[str]:
    """Return what to say of the symbols that one version lacks: one phrase, or nothing."""
    if side.missed:
        first = side.missed[0]
        users = f"{first.file} of {first.distribution}"
        if side.missed[1:]:
            users += f" and {len(side.missed) - 1} more"
        return [f"lacks {_some(first.symbols)}, which {users} need{'' if side.missed[1:] else 's'}"]
    plain = [symbol for symbol in side.lacks if not symbol.startswith(_MANGLED)]
    return [f"lacks {_some(plain)}"] if plain else []


def _some(symbols: Sequence[str]) -> str:
    more = f" and {len(symbols) - _LISTED} more" if len(symbols) > _LISTED else ""
    return f"{', '.join(symbols[:_LISTED])}{more}"


def _family(name: str) -> str:
    """Return a library's name without its version and the hash of a repaired wheel."""
    return _VERSION.sub("", _VENDORED.sub("", name))


def _vendored(name: str) -> bool:
    return _VENDORED.search(name) is not None


def _brought(need: Need) -> bool:
    return need.place == "search-path" and _vendored(need.name)


def _phrases(needs: Sequence[Need], where: Callable[[Path], str]) -> str:
    names_by_place: dict[str, list[str]] = {}
    for need in needs[:_LISTED]:
        folders = " and ".join(dict.fromkeys(map(where, need.folders)))
        place = {
            "search-path": f"in {folders}",
            "environment": f"in {folders}, where it does not look by itself",
            "system": f"in the system, a copy in {folders}" if folders else "in the system",
            "driver": "comes with the driver",
            "nowhere": "nowhere in this environment",
            "unknown": "not in this set",
        }[need.place]
        names_by_place.setdefault(place, []).append(need.name)
    more = f" and {len(needs) - _LISTED} more" if len(needs) > _LISTED else ""
    return ", ".join(f"{', '.join(names)}: {place}" for place, names in names_by_place.items()) + more


MOST = 3
"""How many files of one set of owners are explained: the others break for the same reason."""


class NativeFile(NamedTuple):
    """What was read of a native file.

    Attributes:
        facts: What it says about itself.
        symbols: Its dynamic symbols; None where it is not ELF, or damaged.
    """

    facts: BinaryFacts
    symbols: Symbols | None


class Importer(NamedTuple):
    """A native file that may use a library in question.

    Attributes:
        distribution: Name of the distribution that it is of.
        path: Its installed path.
        file: What was read of it.
    """

    distribution: str
    path: InstalledPath
    file: NativeFile


class FileVersions(NamedTuple):
    """The versions of one contested file.

    Attributes:
        names: Of the owners, by distribution id.
        facts: What each says of itself, by distribution id.
        symbols: The dynamic symbols of those that have any, by distribution id.
        unread: Why one could not be looked into, by distribution id.
    """

    names: Mapping[str, str]
    facts: Mapping[str, BinaryFacts]
    symbols: Mapping[str, Symbols]
    unread: Mapping[str, str]

    @classmethod
    def of(cls, names: Mapping[str, str], read: Mapping[str, NativeFile | str]) -> FileVersions:
        """Sort what was read from why it was not."""
        native = {id_: result for id_, result in read.items() if isinstance(result, NativeFile)}
        return cls(
            names,
            {id_: file.facts for id_, file in native.items()},
            {id_: file.symbols for id_, file in native.items() if file.symbols is not None},
            {id_: result for id_, result in read.items() if isinstance(result, str)},
        )

    @property
    def needed(self) -> frozenset[str]:
        """Return names of all libraries that any of them needs."""
        return frozenset(name for facts in self.facts.values() for name in facts.needed)


class Why(NamedTuple):
    """Why it matters which owner's version of a native file is on disk.

    Attributes:
        sentence: For people; empty if there is nothing to say.
        sides: What each version needs, by distribution id.
        unread: Why a version could not be looked into, by distribution id.
        where: How to name a folder that holds a library: by the distribution that installed it, if one did.
    """

    sentence: str
    sides: Mapping[str, Side]
    unread: Mapping[str, str]
    where: Callable[[Path], str] = str

    def lacks(self, id_: str) -> tuple[str, ...] | None:
        """Return the libraries that version needs, that are nowhere, and that some other version does without.

        Returns:
            None if not every version could be looked into, so that nothing can be compared.
        """
        if self.unread or any(side.facts.unread for side in self.sides.values()):
            return None
        lost = {key: [need.name for need in side.needs if need.place == "nowhere"] for key, side in self.sides.items()}
        return tuple(name for name in lost[id_] if not all(name in names for names in lost.values()))


def is_in_question(overlap: Overlap) -> bool:
    """Return whether the owners' versions of a native file may need different libraries."""
    return overlap.role == "native" and overlap.kind in {"different", "unknown"}


def select_overlaps(overlaps: Iterable[Overlap]) -> list[Overlap]:
    """Return the overlaps in question, the first few of each set of owners."""
    counts: dict[tuple[str, ...], int] = {}
    selected = []
    for overlap in overlaps:
        if is_in_question(overlap) and counts.get(overlap.ids, 0) < MOST:
            counts[overlap.ids] = counts.get(overlap.ids, 0) + 1
            selected.append(overlap)
    return selected


def explain_file(path: Path, versions: FileVersions, index: LibraryIndex, importers: Sequence[Importer] = ()) -> Why:
    """Say what the versions of one file need, and what they lack of each other's symbols.

    Args:
        path: Where it is, or will be.
        versions: Its versions.
        index: Where libraries are.
        importers: Files that may use it.
    """
    origin = path.parent
    library = {path.name, *(facts.soname for facts in versions.facts.values())}
    users = [importer for importer in importers if not library.isdisjoint(importer.file.facts.needed)]
    sides = {}
    for id_, facts in versions.facts.items():
        system = None if index.system is None else index.system(facts.machine)
        needs = where_needed(
            facts,
            origin=origin,
            libraries=index.libraries,
            system=system,
            ld_library_path=index.ld_library_path,
        )
        lacks = _lacks(id_, versions.symbols)
        missed = list(_missed(versions.symbols[id_], lacks, users)) if lacks else []
        missed.sort(key=lambda missed_by_file: -len(missed_by_file.symbols))
        sides[id_] = Side(versions.names[id_], facts, needs, tuple(sorted(lacks)), tuple(missed))
    return Why(explain(list(sides.values()), where=index.where), sides, versions.unread, index.where)


def _lacks(id_: str, symbols: Mapping[str, Symbols]) -> set[str]:
    """Return what one version does not offer and another does, without versions where the name alone says it."""
    if id_ not in symbols:
        return set()
    version = symbols[id_]
    lacked = {symbol for other in symbols.values() for symbol in other.exports if not version.offers(symbol)}
    return {symbol for symbol in lacked if "@" not in symbol or symbol.partition("@")[0] in version.exports}


def _missed(version: Symbols, lacks: AbstractSet[str], users: Iterable[Importer]) -> Iterator[Missed]:
    """Yield what files that use a library do not find in a version that lacks some symbols."""
    for user in users:
        imports = frozenset() if user.file.symbols is None else user.file.symbols.imports
        symbols = sorted(
            symbol
            for symbol in imports
            if (symbol in lacks or symbol.partition("@")[0] in lacks) and not version.offers(symbol)
        )
        if symbols:
            yield Missed(user.distribution, user.path.rpartition("/")[2], tuple(symbols))


LIMIT = 128 * 1024 * 1024
"""The most bytes that a member of a wheel may inflate to if it is looked into unasked: OpenCV's has 74 million."""

LARGEST = 1024 * 1024 * 1024
"""The most bytes that it may inflate to if ``--why`` asks for it: libnccl.so.2 has 394 million."""

_IMPORTERS = 500
"""How many files are looked into that may use a library in question."""

_NOT_NATIVE = "it is no native file"


def read_file(path: str) -> NativeFile | str:
    """Return what a file on disk says of itself, or why it says nothing."""
    try:
        with open_regular(path) as stream:
            return _read_native(stream) or _NOT_NATIVE
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def read_member(
    candidate: Candidate, member: str, digest: str | None, reader: WheelReader, *, limit: int = LIMIT
) -> NativeFile | str:
    """Return what one member of a wheel says of itself, or why it says nothing; kept by its hash.

    Args:
        candidate: The wheel.
        member: Archive path.
        digest: ``algorithm:hex`` of its content, or None if it is not known.
        reader: Reads wheels.
        limit: The most bytes that it may inflate to.
    """
    known = _decoded(reader.cache.get(_KIND, digest)) if digest is not None else None
    if known is not None:
        return known
    try:
        with reader.member_file(candidate, member, limit=limit) as stream:
            file = _read_native(cast("BinaryIO", stream))
    except (WheelError, FetchError) as error:
        return error.reason
    if file is None:
        return _NOT_NATIVE
    if digest is not None:
        reader.cache.put(_KIND, digest, _encoded(file))
    return file


def _read_native(stream: BinaryIO) -> NativeFile | None:
    facts = binary_facts(stream)
    if facts is None:
        return None
    return NativeFile(facts, dynamic_symbols(stream) if facts.format == "elf" and not facts.unread else None)


_KIND = "native"


def _encoded(file: NativeFile) -> list[object]:
    symbols = file.symbols
    if symbols is None:
        return [list(file.facts), None]
    return [list(file.facts), [sorted(symbols.exports), sorted(symbols.imports), symbols.has_versions]]


def _decoded(known: object) -> NativeFile | None:
    """Return what was read of a file, as the cache keeps it."""
    match known:
        case [list(facts), symbols] if len(facts) == len(BinaryFacts._fields):
            read = BinaryFacts._make(tuple(field) if isinstance(field, list) else field for field in facts)
        case _:
            return None
    match symbols:
        case None:
            return NativeFile(read, None)
        case [list(exports), list(imports), bool(has_versions)]:
            return NativeFile(read, Symbols(frozenset(exports), frozenset(imports), has_versions))
    return None


class LibraryIndex(NamedTuple):
    """What the loader would find.

    Attributes:
        libraries: File name to the folders that hold it.
        system: Names of the system's libraries, by machine; None if the system is another one.
        where: How to name a folder that holds a library.
        ld_library_path: Of the process that will load the file.
    """

    libraries: Mapping[str, Sequence[Path]]
    system: Callable[[str], Collection[str]] | None
    where: Callable[[Path], str]
    ld_library_path: str = ""


def place_of(path: InstalledPath, places: EnvironmentPaths | None) -> Path:
    """Return where an installed path is; of a set that is not installed, below a root of no real file system."""
    root, _, rest = path.partition("/")
    if places is None:
        return Path("/", path)
    folders = {"site-packages": places.sites[0], "scripts": places.scripts, "headers": places.headers}
    return Path(folders.get(root, places.base), rest)


def index_environment(
    files: Mapping[Path, FileVersions],
    places: EnvironmentPaths,
    recorded: Iterable[Installed],
    coming: Mapping[Path, str] | None = None,
) -> LibraryIndex:
    """Return what native files of an environment find: in it, in its ``lib``, in what they search, in the system.

    Args:
        files: The files in question.
        places: Of the environment; its site-packages folders are walked once.
        recorded: Who may own a library.
        coming: Files that will be there too, with the names of their distributions.
    """
    ld_library_path = os.environ.get("LD_LIBRARY_PATH", "")
    searched = {
        folder.path
        for path, versions in files.items()
        for facts in versions.facts.values()
        for folder in search_path(facts, path.parent, ld_library_path=ld_library_path)
    }
    sites = [Path(site) for site in places.sites]
    outside = [folder for folder in sorted(searched) if not any(folder.is_relative_to(site) for site in sites)]
    there = environment_libraries(sites[0], also=[*sites[1:], Path(places.base, "lib"), *outside])
    new = library_folders((path.parent, path.name) for path in coming or ())
    libraries = {
        name: tuple(dict.fromkeys((*there.get(name, ()), *new.get(name, ())))) for name in there.keys() | new.keys()
    }
    needed = {name.rpartition("/")[2] for versions in files.values() for name in versions.needed}
    held = {folder / name for name in needed for folder in libraries.get(name, ())}
    owners = _owners(held, places, recorded) | {path: name for path, name in (coming or {}).items() if path in held}
    base = Path(places.base)

    def where(folder: Path) -> str:
        names = sorted({name for path, name in owners.items() if path.parent == folder})
        return " and ".join(names) or str(folder.relative_to(base) if folder.is_relative_to(base) else folder)

    return LibraryIndex(libraries, system_libraries, where, ld_library_path)


def index_wheels(files: Mapping[Path, FileVersions], coming: Mapping[Path, str]) -> LibraryIndex:
    """Return what native files of a set find within the set; what it is installed into is not known.

    Args:
        files: The files in question.
        coming: Every file of the set, with the name of its distribution.
    """
    needed = {name.rpartition("/")[2] for versions in files.values() for name in versions.needed}
    owners: dict[Path, set[str]] = {}
    for path, name in coming.items():
        if path.name in needed:
            owners.setdefault(path.parent, set()).add(name)

    def where(folder: Path) -> str:
        return " and ".join(sorted(owners.get(folder, ()))) or str(folder)

    return LibraryIndex(library_folders((path.parent, path.name) for path in coming), None, where)


def _owners(files: Collection[Path], places: EnvironmentPaths, recorded: Iterable[Installed]) -> dict[Path, str]:
    """Map files to the names of the distributions that recorded them."""
    keys = {places.key_of(str(file)): file for file in files}
    owners: dict[Path, str] = {}
    for distribution in recorded if keys else ():
        listed = keys_of(distribution.names)
        owners.update((keys[key], distribution.name) for key in listed & keys.keys())
    return owners


def installed_importers(
    owners: AbstractSet[str], recorded: Iterable[Installed], places: EnvironmentPaths, skip: Collection[str | None]
) -> Iterator[Importer]:
    """Yield the native files of an environment that may use a library of some distributions.

    These are files of the distributions themselves and of those that require one of them.

    Args:
        owners: Names of the distributions.
        recorded: What is installed.
        places: Of the environment.
        skip: Keys of the files in question themselves; None stands for no file.
    """
    for distribution in recorded:
        if distribution.name not in owners and owners.isdisjoint(map(name_in, distribution.requires)):
            continue
        keys = keys_of(distribution.names)
        for key in sorted(keys.difference(skip)):
            path = places.installed_path(key)
            if role_of(path) == "native":
                file = read_file(places.on_disk(key))
                if isinstance(file, NativeFile):
                    yield Importer(distribution.name, path, file)


def wheel_importers(
    owners: AbstractSet[str],
    distributions: Iterable[Distribution],
    reader: WheelReader,
    skip: Collection[InstalledPath],
) -> Iterator[Importer]:
    """Yield the native files of a set of wheels that may use a library of some of them, read from these wheels.

    As :func:`installed_importers`; no more is read than :data:`LIMIT` bytes of them together, small ones first.

    Args:
        owners: Names of the distributions.
        distributions: The set.
        reader: Reads wheels.
        skip: The files in question themselves.
    """
    files = [
        (file.size, distribution, file)
        for distribution in distributions
        if distribution.name in owners or not owners.isdisjoint(distribution.requirements.names_under_any_extra)
        for layout in list(distribution.layouts.values())[:1]
        for path, file in layout.files.items()
        if file.size is not None and path not in skip and role_of(path) == "native"
    ]
    room = LIMIT
    for size, distribution, file in sorted(files, key=lambda row: (row[0], row[1].name, row[2].path)):
        room -= size
        if room < 0:
            return
        if file.member is not None:
            read = read_member(distribution.candidate, file.member, file.content, reader)
            if isinstance(read, NativeFile):
                yield Importer(distribution.name, file.path, read)


def explain_overlaps(
    overlaps: Iterable[Overlap],
    distributions: Sequence[Distribution],
    reader: WheelReader,
    *,
    residents: Sequence[Distribution] = (),
    places: EnvironmentPaths | None = None,
    recorded: Sequence[Installed] = (),
) -> dict[InstalledPath, Why]:
    """Explain contested native files of a set of wheels.

    Without an environment, libraries are looked for in the set only: ``unknown`` is what may still be there, or in the
    system, where it is installed.

    Args:
        overlaps: Those that may be in question, gravest first.
        distributions: The set.
        reader: Reads wheels.
        residents: What is installed in the environment that the set is to be installed into.
        places: Of that environment, if there is one.
        recorded: Who may own libraries there.

    Returns:
        By installed path.
    """
    by_id = {distribution.id: distribution for distribution in (*distributions, *residents)}
    on_disk = {distribution.id for distribution in residents}
    read: dict[InstalledPath, FileVersions] = {}
    selected = list(select_overlaps(overlaps))
    with reader.fetcher.progress.stage("native", len(selected)) as advance:
        for overlap in selected:
            names = {id_: by_id[id_].name for id_ in overlap.ids}
            facts = {}
            for owner in overlap.owners:
                there = places if owner.id in on_disk else None
                facts[owner.id] = _read(owner, by_id[owner.id], reader, there)
            read[overlap.path] = FileVersions.of(names, facts)
            advance(1)
    if not read:
        return {}
    coming: dict[Path, str] = {}
    for distribution in distributions:
        for layout in list(distribution.layouts.values())[:1]:
            coming.update((place_of(path, places), distribution.name) for path in layout.files)
    files = {place_of(path, places): versions for path, versions in read.items()}
    index = index_wheels(files, coming) if places is None else index_environment(files, places, recorded, coming)
    importers: list[Importer] = []
    if _may_lack(read.values()):
        owners = {name for versions in read.values() for name in versions.names.values()}
        importers += wheel_importers(owners, distributions, reader, read)
        if places is not None:
            replaced = {distribution.name for distribution in distributions}
            staying = [distribution for distribution in recorded if distribution.name not in replaced]
            keys = {owner.file.member for overlap in overlaps if overlap.path in read for owner in overlap.owners}
            importers += islice(installed_importers(owners, staying, places, keys), _IMPORTERS)
    return {path: explain_file(place_of(path, places), versions, index, importers) for path, versions in read.items()}


def _may_lack(files: Iterable[FileVersions]) -> bool:
    """Return whether some version of a file offers what another does not."""
    return any(_lacks(id_, versions.symbols) for versions in files for id_ in versions.symbols)


def _read(
    owner: Owner, distribution: Distribution, reader: WheelReader, there: EnvironmentPaths | None
) -> NativeFile | str:
    if owner.file.member is None:
        return "it is a command that the installer makes"
    if there is not None:
        return read_file(there.on_disk(owner.file.member))
    return read_member(distribution.candidate, owner.file.member, owner.file.content, reader, limit=LARGEST)


def explain_contested(
    contested: Sequence[Contested],
    scan: Scan,
    settings: IndexSettings,
    reader: WheelReader,
    *,
    limit: int = LIMIT,
) -> dict[InstalledPath, Why]:
    """Explain contested native files of an environment.

    Args:
        contested: Those that may be in question, gravest first.
        scan: What was read of the environment.
        settings: Where wheels are looked for, of versions that are not on disk.
        reader: Reads wheels.
        limit: The most bytes that a member of a wheel may inflate to.

    Returns:
        By installed path.
    """
    wanted = {overlap.path for overlap in select_overlaps(file.overlap for file in contested)}
    files = [file for file in contested if file.overlap.path in wanted and file.overlap.is_same_path]
    by_id = {distribution.id: distribution for distribution in scan.distributions}
    absent = {id_ for file in files for id_ in file.overlap.ids if id_ not in file.on_disk.matches}
    origins = find_origins([by_id[id_] for id_ in sorted(absent)], scan, settings, reader)
    read: dict[Path, FileVersions] = {}
    with reader.fetcher.progress.stage("native", len(files)) as advance:
        for file in files:
            names = {id_: by_id[id_].name for id_ in file.overlap.ids}
            versions = _versions(file, scan, origins, reader, limit)
            read[Path(scan.places.on_disk(file.key))] = FileVersions.of(names, versions)
            advance(1)
    index = index_environment(read, scan.places, scan.distributions)
    importers: list[Importer] = []
    if _may_lack(read.values()):
        owners = {name for versions in read.values() for name in versions.names.values()}
        users = installed_importers(owners, scan.distributions, scan.places, {file.key for file in files})
        importers += islice(users, _IMPORTERS)
    return {
        file.overlap.path: explain_file(path, versions, index, importers)
        for file, (path, versions) in zip(files, read.items(), strict=True)
    }


def _versions(
    file: Contested, scan: Scan, origins: Mapping[str, Origin | Skip], reader: WheelReader, limit: int
) -> dict[str, NativeFile | str]:
    facts: dict[str, NativeFile | str] = {}
    for owner in file.overlap.owners:
        if owner.id in file.on_disk.matches:
            facts[owner.id] = read_file(scan.places.on_disk(file.key))
        else:
            facts[owner.id] = _read_origin(origins[owner.id], file.overlap.path, owner.file.content, reader, limit)
    return facts


def _read_origin(
    origin: Origin | Skip, path: InstalledPath, recorded: str | None, reader: WheelReader, limit: int
) -> NativeFile | str:
    """Return the version in a wheel, if it is the one that was installed."""
    if not isinstance(origin, Origin):
        return origin.reason
    file = origin.files.get(path)
    if file is None or file.member is None or recorded is None or file.content != recorded:
        return f"{origin.candidate.filename} has another file there than was installed"
    return read_member(origin.candidate, file.member, recorded, reader, limit=limit)
