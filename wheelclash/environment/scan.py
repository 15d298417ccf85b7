"""A scan of an environment: what is installed, which distributions own what, and what is on disk. It writes nothing.

Contested files are the overlaps of what is installed, judged as those of wheels are, with what is on disk.

Recorded files are missing from nearly every image: bytecode, tests and stubs are deleted to make it smaller, and
nothing breaks. What an import needs is another matter, whatever removed it. Only this module distinguishes the two.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.core.content import is_known_stub
from wheelclash.core.contents import Finding, Noted
from wheelclash.core.distribution import Skip, required_names, requirements_of
from wheelclash.core.layout import EntryPointsError, InstalledFile, Layout, command_content
from wheelclash.core.overlap import case_only, judge, questions, same_path, shadowed
from wheelclash.core.ownership import OwnershipMap
from wheelclash.core.role import is_sourceless, role_of
from wheelclash.core.startup import findings_of
from wheelclash.environment.distributions import (
    UNKNOWN_VARIANT,
    Absence,
    Installed,
    RecordError,
    data_rows,
    entry_points_text,
    startup_of,
    take_inventory,
    variant_of,
)
from wheelclash.environment.files import (
    Leftover,
    OnDisk,
    answers_from_disk,
    leftovers,
    on_disk,
    runs,
    spelling_on_disk,
    state_of,
    states,
    walk,
)
from wheelclash.environment.managed import editables_among, managed_among
from wheelclash.environment.ownership import Owned, by_folder, keys_of, split
from wheelclash.environment.paths import Hidden, count_distributions, hidden_by, is_absolute
from wheelclash.environment.verification import verify as verify_files
from wheelclash.errors import KeeperError
from wheelclash.installers import INSTALLERS
from wheelclash.progress import SILENT
from wheelclash.wheel.record import NOTHING_RECORDED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap
    from wheelclash.environment.distributions import Inventory
    from wheelclash.environment.ownership import NamesByFolder
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.progress import Progress
    from wheelclash.target.target import Target
    from wheelclash.wheel.record import RecordedFile

__all__ = [
    "Contested",
    "Recorded",
    "Scan",
    "absences",
    "commands_of",
    "find_contested",
    "installed_file",
    "read_records",
    "rows_of",
    "scan",
    "skips_of",
]


class Contested(NamedTuple):
    """An overlap of an environment.

    Attributes:
        key: The file's key.
        overlap: Kind, role, owners; its severity is the one it has among wheels.
        on_disk: What is there.
    """

    key: str
    overlap: Overlap
    on_disk: OnDisk


def find_contested(
    owned: Owned,
    distributions: Sequence[Installed],
    places: EnvironmentPaths,
    target: Target,
) -> tuple[list[Contested], Rows]:
    """Return every overlap of an environment, gravest first, and the rows of RECORDs that were read for them.

    Args:
        owned: Who owns what, by number.
        distributions: Behind those numbers.
        places: Of the environment.
        target: Decides which modules can be imported and whether case matters.
    """
    related = owned.related(case_sensitive=places.case_sensitive)
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    for key in [*owned.contested, *related]:
        for owner in owned.owners(key):
            wanted[owner].add(key)
    rows_read = rows_of(wanted, distributions)
    rows = rows_read.by_id
    commands = {
        distribution.id: commands_of(distribution, target) for distribution in distributions if distribution.id in rows
    }
    layouts: dict[str, Layout] = {}
    keys: dict[str, str] = {}
    for id_, files in rows.items():
        layouts[id_] = Layout(
            {
                file.path: file
                for key, row in files.items()
                for file in [installed_file(key, row, commands[id_], places)]
            },
            frozenset(),
        )
        keys.update((places.installed_path(key), key) for key in files)
    equal = [places.installed_path(key) for key in owned.contested]
    near = {places.installed_path(key) for key in related}
    sourceless = [key for key in owned.contested if is_sourceless(key)]
    sources = {places.installed_path(key[:-1]) for key in sourceless if key[:-1] in owned}
    overlaps = same_path(layouts, _map(layouts, equal), sources)
    if near:
        ownership = _map(layouts, near)
        overlaps += shadowed(layouts, ownership, target)
        if not places.case_sensitive:
            overlaps += case_only(layouts, ownership, target._replace(case_sensitive=False))
    keys.update((overlap.path, _folder_key(overlap, keys)) for overlap in overlaps if overlap.is_folder)
    states = {
        overlap: spelling_on_disk(overlap, keys[overlap.path], places)
        if overlap.is_folder
        else _state(overlap, keys, rows, places)
        for overlap in overlaps
    }
    holders = {keys[overlap.path]: state for overlap, state in states.items() if overlap.is_same_path}
    answers = answers_from_disk(questions(overlaps), holders, places)
    judged = judge(overlaps, answers, _requires(distributions, target))
    state_of_overlap = {(overlap.path, overlap.kind, overlap.owners): state for overlap, state in states.items()}
    contested = [
        Contested(keys[overlap.path], overlap, state_of_overlap[overlap.path, overlap.kind, overlap.owners])
        for overlap in judged
    ]
    return contested, rows_read


class Rows(NamedTuple):
    """What lists of distributions say of some files.

    Attributes:
        by_id: Rows by key, by the id of the distribution; where a list could not be read again, they say nothing.
        findings: What is odd about them, by the same id.
        skipped: Distributions of which the list could not be read again.
    """

    by_id: dict[str, dict[str, RecordedFile]]
    findings: dict[str, list[Finding]]
    skipped: list[Skip]


def rows_of(wanted: Mapping[int, set[str]], distributions: Sequence[Installed]) -> Rows:
    """Return what the lists of distributions say of some files.

    Args:
        wanted: By number the keys of the files.
        distributions: Behind those numbers.
    """
    read = Rows({}, {}, [])
    for number in sorted(wanted):
        distribution = distributions[number]
        noted = Noted()
        try:
            rows = distribution.rows(wanted[number], noted)
        except RecordError as error:
            rows = {}
            read.skipped.append(Skip(distribution.name, error.code, error.reason))
        read.by_id[distribution.id] = {key: rows.get(key, NOTHING_RECORDED) for key in sorted(wanted[number])}
        read.findings[distribution.id] = list(noted)
    return read


def installed_file(key: str, row: RecordedFile, commands: Mapping[str, str], places: EnvironmentPaths) -> InstalledFile:
    """Return a file as its RECORD has it; a command that was generated is what it runs."""
    path = places.installed_path(key)
    if path in commands:
        return InstalledFile(path, commands[path], None, None, None)
    return InstalledFile(path, row.digest, row.size, None, key)


def commands_of(distribution: Installed, target: Target) -> dict[str, str]:
    """Return installed paths of the commands that installers generate for a distribution, and what each runs."""
    text = entry_points_text(distribution.dist_info or distribution.folder)
    commands = {}
    for installer in INSTALLERS if text else ():
        try:
            points = installer.rules.read_entry_points(text)
        except EntryPointsError:  # another installer may have read it
            continue
        for name, point in installer.rules.command_names(points, target):
            if ":" in point.value:
                commands[f"scripts/{name}"] = command_content(point, target)
    return commands


def _map(layouts: Mapping[str, Layout], paths: Iterable[InstalledPath]) -> OwnershipMap:
    wanted = set(paths)
    return OwnershipMap({id_: sorted(wanted & layout.files.keys()) for id_, layout in layouts.items()})


def _folder_key(overlap: Overlap, keys: Mapping[str, str]) -> str:
    """Return the key of the folder of a pair of folders, from that of a file below it."""
    path = overlap.owners[0].file.path
    return keys[path].rsplit("/", path.count("/") - overlap.path.count("/"))[0]


def _state(
    overlap: Overlap, keys: Mapping[str, str], rows: Mapping[str, Mapping[str, RecordedFile]], places: EnvironmentPaths
) -> OnDisk:
    """Return what is at a path, for those that spell it differently too; of a hidden module, for its own owners."""
    owners = [owner for owner in overlap.owners if overlap.is_one_file or owner.file.path == overlap.path]
    recorded = {owner.id: rows[owner.id][keys[owner.file.path]].digest for owner in owners}
    state = on_disk(keys[overlap.path], owners, recorded, places)
    if overlap.kind != "case-only" or state.state != "present" or len({owner.content for owner in owners}) == 1:
        return state
    others = spelling_on_disk(overlap, keys[overlap.path], places).losers  # modules that are there by another name
    matches = tuple(id_ for id_ in state.matches if id_ not in others)
    return state._replace(matches=matches, losers=tuple(dict.fromkeys((*state.losers, *others))))


def _requires(distributions: Sequence[Installed], target: Target) -> Callable[[str, str], bool]:
    """Return whether one distribution requires another under any extra; METADATA is parsed when first asked."""
    by_id = {distribution.id: distribution for distribution in distributions}
    known: dict[str, frozenset[str]] = {}

    def requires(id_: str, other: str) -> bool:
        if id_ not in known:
            known[id_] = requirements_of(by_id[id_].requires, target).names_under_any_extra
        return by_id[other].name in known[id_]

    return requires


_INIT_NAME = "/__init__.py"
_TESTS = frozenset({"test", "tests", "idle_test"})
"""The folders that the image of Python itself removes, and what others copied from it."""

_ELSEWHERE = {
    "linux": (".dll", ".dylib", ".exe", ".pyd"),
    "darwin": (".dll", ".exe", ".pyd"),
    "win32": (".dylib", ".so"),
}
"""Native files that a platform cannot load; wheels for all platforms carry them along."""


def absences(
    missing: Collection[str], names: NamesByFolder, distribution: Installed, places: EnvironmentPaths, target: Target
) -> dict[str, Absence]:
    """Judge what it means that files of one distribution are gone.

    Args:
        missing: Keys of these files.
        names: Of all files the distribution recorded, by folder.
        distribution: Tells what its RECORD says of the missing ones.
        places: Of the environment.
        target: Says which native files can be loaded.

    Returns:
        By key.
    """
    if not missing:
        return {}
    removed = _removed_test_folders(missing, names)
    stubs = _namespace_inits(missing, distribution)
    return {key: _absence(key, removed, stubs, places, target) for key in missing}


def _absence(
    key: str, removed: Collection[str], stubs: Collection[str], places: EnvironmentPaths, target: Target
) -> Absence:
    path = places.installed_path(key)
    root, _, below = path.partition("/")
    if key.endswith(".pyi") or any(folder in removed for folder in _test_folders(key)):
        return "everyday"
    if is_sourceless(key):
        return "breaks" if root == "site-packages" else "other"
    role = role_of(path)
    if role == "native":
        is_loaded = root != "scripts" and not key.lower().endswith(_ELSEWHERE.get(target.markers["sys_platform"], ()))
        return "breaks" if is_loaded else "other"
    if role != "module" or not key.endswith(".py") or below.rpartition("/")[2] == "conftest.py":
        return "other"
    if os.path.lexists(places.on_disk(f"{key}c")):
        return "everyday"  # compiled in place, and the source removed
    if key in stubs and os.path.isdir(places.on_disk(key[: -len(_INIT_NAME)])):  # noqa: PTH112
        return "other"  # a folder without it is a namespace package
    return "breaks"


def _test_folders(key: str) -> Iterator[str]:
    """Yield the folders of tests that a key lies in, outermost first."""
    parts = key.split("/")
    for number, part in enumerate(parts[:-1], 1):
        if part in _TESTS:
            yield "/".join(parts[:number])


def _removed_test_folders(missing: Collection[str], names_by_folder: NamesByFolder) -> set[str]:
    """Return the folders of tests of which nothing is left: where a file is left, single files were removed."""
    candidates = {folder for key in missing for folder in _test_folders(key)}
    if candidates:
        for folder, names in names_by_folder.items():
            above = candidates.intersection(_test_folders(folder))
            if above and not all(folder + name in missing for name in names):
                candidates -= above
    return candidates


def _never_installed(distribution: Installed, places: EnvironmentPaths, target: Target) -> set[str]:
    """Return the keys of files that no installer came to install, since it failed or was ended before.

    Commands, and what is in the wheel's data folder, come after the files of its root, the wheel's own RECORD included.
    An installer lists them there at its end, and with them its own note, INSTALLER.
    """
    folder = os.path.basename(distribution.folder)  # noqa: PTH119
    prefix = "" if distribution.site == places.sites[0] else f"{distribution.site}/"
    is_finished = "INSTALLER" in distribution.names.get(f"{prefix}{folder}/", ())
    if is_finished or distribution.manager is not None or places.is_target:
        return set()
    roots = {"scripts": places.scripts, "data": places.base.rstrip("/"), "purelib": distribution.site}
    roots["platlib"] = distribution.site
    wanted = [path.split("/", 1) for path in commands_of(distribution, target)]
    wanted += [parts for path in data_rows(distribution.record) if len(parts := path.split("/", 1)) > 1]
    keys = {places.key_of(f"{roots[scheme]}/{path}") for scheme, path in wanted if scheme in roots}
    recorded = {key for key in keys if key is not None and split(key)[1] in distribution.names.get(split(key)[0], ())}
    return {key for key in keys - recorded if key is not None and not os.path.lexists(places.on_disk(key))}


def _namespace_inits(missing: Collection[str], distribution: Installed) -> set[str]:
    """Return the missing ``__init__.py`` that did nothing but declare a namespace, by the hash in RECORD."""
    inits = {key for key in missing if key.endswith(_INIT_NAME)}
    if not inits:
        return set()
    try:
        rows = distribution.rows(inits)
    except RecordError:
        return set()
    return {key for key, row in rows.items() if is_known_stub(row.digest)}


_UNREAD_VARIANT = Finding("variant-unread", None, "its variant.json does not say which wheel variant it is")


class Scan(NamedTuple):
    """What was found in an environment.

    Attributes:
        places: Where it is.
        target: What it is.
        distributions: By name; then the packages of other managers that own a file which one of them owns too, or lack
            one that an import needs; then what is installed from folders of sources and
            shares a file, or lacks one that is needed.
        contested: Every overlap, judged as for wheels, with what is on disk.
        leftovers: Files that no distribution recorded, by folder.
        skipped: Distributions and folders that could not be read.
        not_compared: Distributions that another package manager, or their developer, takes care of.
        verified: Whether every file was hashed.
        hidden: What an import does not find, because an earlier folder of the search path has it too.
    """

    places: EnvironmentPaths
    target: Target
    distributions: tuple[Installed, ...]
    contested: tuple[Contested, ...]
    leftovers: tuple[Leftover, ...]
    skipped: tuple[Skip, ...]
    not_compared: tuple[Skip, ...]
    verified: bool
    hidden: tuple[Hidden, ...] = ()

    def __repr__(self) -> str:
        """Return where it is and how much was found."""
        counts = f"{len(self.distributions)} distributions, {len(self.contested)} contested files"
        return f"<Scan: {self.places.prefix}: {counts}>"

    @property
    def names(self) -> dict[str, str]:
        """Return names by distribution id."""
        return {distribution.id: distribution.name for distribution in self.distributions}

    def startup_against(self, keep: Collection[str]) -> list[tuple[str, str]]:
        """Return who may overwrite keepers at the next start of Python, however late these are written.

        Args:
            keep: Ids of the keepers.

        Returns:
            Pairs of ids: a keeper, and a distribution that shares a file with it and runs code at every start.
        """
        runs = {distribution.id for distribution in self.distributions if distribution.startup} - set(keep)
        pairs: dict[tuple[str, str], None] = {}
        for contested in self.contested:
            if contested.overlap.is_clash:
                ids = contested.overlap.ids
                pairs.update({(kept, other): None for kept in ids if kept in keep for other in ids if other in runs})
        return list(pairs)

    def require_compared(self, names: Iterable[str], option: str) -> None:
        """Refuse to keep or drop what is not there, is not compared, or could not be read.

        Args:
            names: Normalised.
            option: Through which they were named.

        Raises:
            KeeperError: One of them is such; the hint names those that look like it.
        """
        known = {distribution.name for distribution in self.distributions}
        why = {skip.requirement: skip.reason for skip in (*self.skipped, *self.not_compared)}
        for name in names:
            if name in known:
                continue
            if name in why:
                raise KeeperError(f"{option} {name}: it is installed, but not compared: {why[name]}.")
            from wheelclash.wording import near

            raise KeeperError(f"{option} {name}: no distribution of that name is installed.", near(name, known))


def scan(
    places: EnvironmentPaths,
    target: Target,
    *,
    every: bool = False,
    verify: Collection[str] = (),
    jobs: int | None = None,
    progress: Progress = SILENT,
) -> Scan:
    """Scan an environment.

    Args:
        places: Where it is.
        target: What it is, for markers and the modules it imports.
        every: Hash every file, not only the contested ones.
        verify: Names of distributions of which to hash every file.
        jobs: Processes to hash with; by default one for each core.
        progress: Is told how much is done.
    """
    recorded = read_records(places, progress)
    owned, read, skipped = recorded.owned, recorded.distributions, recorded.skipped
    for package in managed_among(places, None, {distribution.name for distribution in read}):
        if isinstance(package, Skip):
            skipped.append(package)
            continue
        keys = keys_of(package.names)
        claimed = {key for key in keys if key in owned} | _broken(package, keys, places, target)
        if claimed:
            owned.add(by_folder(claimed))
            read.append(package)

    def is_shared_or_gone(key: str) -> bool:
        is_gone = key not in owned and state_of(places.on_disk(key)) == "missing"
        return key in owned or (is_gone and _absence(key, (), (), places, target) != "everyday")

    editables = editables_among(places, recorded.excluded, is_shared_or_gone)
    for editable, claimed in editables:
        owned.add(by_folder(claimed))
        read.append(editable)
    compared = {editable.id for editable, _ in editables}
    not_compared = [distribution for distribution in recorded.excluded if distribution.id not in compared]
    seen = walk(places, owned)
    skipped += [Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in seen.closed]
    state = states(places, seen.unseen)
    gone = owned.of_each({key for key, is_ in state.items() if is_ == "missing"})
    hidden = owned.of_each({key for key, is_ in state.items() if is_ == "hidden"})
    contested, rows = find_contested(owned, read, places, target)
    skipped += rows.skipped
    hashed = [
        distribution for distribution in read if (every or distribution.name in verify) and distribution.manager is None
    ]
    verified = verify_files(hashed, jobs=jobs, progress=progress) if hashed else {}
    in_question = {file.key for file in contested if file.overlap.is_same_path}
    unreadable = owned.of_each({file.key for file in contested if file.on_disk.unreadable is not None})
    clashing = {id_ for file in contested if file.overlap.is_clash for id_ in file.overlap.ids}
    distributions = []
    for number, distribution in enumerate(read):
        hashes = verified.get(distribution.id)
        startup = startup_of(owned.files[number], places) if distribution.id in clashing else ()
        missing = gone[number] | set(hashes.missing if hashes else ()) | _never_installed(distribution, places, target)
        meaning = absences(missing, owned.files[number], distribution, places, target)
        changed = _changed(distribution, hashes.changed, places, target) - in_question if hashes else set()
        unseen = hidden[number] | unreadable[number] | set(hashes.hidden if hashes else ())
        if hashes and hashes.unread is not None:
            skipped.append(Skip(distribution.name, "changed", hashes.unread))
        if unseen:
            reason = f"{len(unseen)} of its files cannot be read"
            skipped.append(Skip(distribution.name, "unreadable", reason))
        variant = variant_of(distribution.folder)
        odd = [_UNREAD_VARIANT] if variant == UNKNOWN_VARIANT else []
        distributions.append(
            replace(
                distribution,
                required=required_names(distribution.requires, target),
                missing=_paths(missing, places),
                changed=_paths(changed, places),
                hidden=_paths(unseen, places),
                unhashed=hashes.unhashed if hashes else None,
                findings=(*distribution.findings, *rows.findings.get(distribution.id, ()), *findings_of(startup), *odd),
                startup=startup,
                absences={places.installed_path(key): absence for key, absence in meaning.items()},
                variant=variant,
            )
        )
    return Scan(
        places=places,
        target=target,
        distributions=tuple(distributions),
        contested=tuple(contested),
        leftovers=tuple(leftovers(seen.strays, owned, recorded.excluded, places)),
        skipped=tuple(dict.fromkeys(skipped)),
        not_compared=tuple(sorted([*skips_of(not_compared), *_outside(places)])),
        verified=every,
        hidden=tuple(hidden_by(places.search)),
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the RECORDs of an environment list.

    Attributes:
        owned: The ownership map.
        distributions: Those of which RECORD could be read, numbered as in the map.
        excluded: Those that are never compared: editable ones, conda's, older copies, …
        skipped: What could not be read.
        installed: Name and version of every distribution that has a dist-info folder of its own.
    """

    owned: Owned
    distributions: list[Installed]
    excluded: list[Installed]
    skipped: list[Skip]
    installed: Mapping[str, str]


def read_records(places: EnvironmentPaths, progress: Progress = SILENT) -> Recorded:
    """Read the RECORD of every distribution of an environment.

    Args:
        places: Where it is.
        progress: Is told how many are read.
    """
    inventory = take_inventory(places)
    with progress.stage("environment", len(inventory.distributions)) as advance:
        return _read_records(places, inventory, advance)


def _read_records(places: EnvironmentPaths, inventory: Inventory, advance: Callable[[int], None]) -> Recorded:
    owned = Owned()
    read: list[Installed] = []
    excluded = list(inventory.excluded)
    skipped = [Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in inventory.closed]
    skipped += inventory.interrupted
    for unread in inventory.distributions:
        advance(1)
        try:
            distribution = unread.read(places)
        except RecordError as error:
            if not os.path.lexists(unread.folder):
                skipped.append(Skip(unread.name, "changed", "it was removed while the environment was read"))
            else:
                skipped.append(Skip(unread.name, error.code, error.reason))
            continue
        if any(name.startswith("__editable__") for name in distribution.names.get("", ())):
            skip = Skip(distribution.name, "editable", "it is installed from a folder of sources")
            tops = frozenset({distribution.name.replace("-", "_")})
            excluded.append(replace(distribution, excluded=skip, tops=tops))
            continue
        owned.add(distribution.names)
        read.append(distribution)
    installed = {distribution.name: distribution.version for distribution in inventory.distributions}
    return Recorded(owned, read, excluded, skipped, installed)


def skips_of(excluded: Iterable[Installed]) -> list[Skip]:
    """Return why distributions are not compared, sorted."""
    return sorted(distribution.excluded for distribution in excluded if distribution.excluded is not None)


def _broken(package: Installed, keys: AbstractSet[str], places: EnvironmentPaths, target: Target) -> set[str]:
    """Return the files of another manager's package that are gone from site-packages and that an import needs.

    A package that lists its dist-info folder, where that is gone, was uninstalled by pip or uv, and lacks nothing.
    """
    inside = {key for key in keys if not is_absolute(key)}
    missing = {key for key in inside if state_of(places.on_disk(key)) == "missing"}
    if any(".dist-info/" in key or ".egg-info" in key for key in missing):
        return set()
    meaning = absences(missing, by_folder(inside), package, places, target)
    return {key for key, absence in meaning.items() if absence == "breaks"}


def _changed(distribution: Installed, keys: Collection[str], places: EnvironmentPaths, target: Target) -> set[str]:
    """Return those of some changed files that count as changed: a command does not while it runs its entry point."""
    outside = [key for key in keys if is_absolute(key)]
    if not outside:
        return set(keys)
    commands = commands_of(distribution, target)
    kept = set(keys)
    for key in outside:
        entry_point = commands.get(places.installed_path(key))
        if entry_point is not None and runs(key, entry_point.partition(":")[2]):
            kept.remove(key)
    return kept


def _outside(places: EnvironmentPaths) -> list[Skip]:
    """Return the folders of the search path that are none of the environment's, where something is installed there."""
    counts = {folder: count_distributions(folder) for folder in places.search if folder not in places.sites}
    return [
        Skip(folder, "outside", f"imports find what is there too: {count} distributions")
        for folder, count in counts.items()
        if count
    ]


def _paths(keys: set[str], places: EnvironmentPaths) -> tuple[InstalledPath, ...]:
    return tuple(sorted(map(places.installed_path, keys)))
