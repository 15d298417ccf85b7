"""Contested files: the overlaps of what is installed, judged as those of wheels are, with what is on disk."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.disk_state import OnDisk, answers_from_disk, on_disk, spelling_on_disk
from wheelclash.environment.installed import entry_points_text
from wheelclash.environment.managed import listed_files
from wheelclash.environment.records import RecordError
from wheelclash.installers import INSTALLERS
from wheelclash.layout import EntryPointsError, InstalledFile, Layout, command_content
from wheelclash.overlap import judge, questions
from wheelclash.overlap.pairs import case_only, shadowed
from wheelclash.overlap.same_path import same_path
from wheelclash.ownership import OwnershipMap
from wheelclash.reading.contents import Noted
from wheelclash.reading.record import NOTHING_RECORDED
from wheelclash.role import is_sourceless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wheelclash.environment.installed import Unread
    from wheelclash.environment.ownership import Owned
    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath
    from wheelclash.overlap import Overlap
    from wheelclash.reading.contents import Finding
    from wheelclash.reading.record import RecordedFile
    from wheelclash.target import Target

__all__ = ["Contested", "commands_of", "find_contested", "installed_file"]


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
    distributions: Sequence[Unread],
    places: Places,
    target: Target,
    findings: Sequence[list[Finding]] | None = None,
) -> list[Contested]:
    """Every overlap of an environment, gravest first.

    Args:
        owned: Who owns what, by number.
        distributions: Behind those numbers.
        places: Of the environment.
        target: Decides which modules can be imported and whether case matters.
        findings: By number, where to note what is odd about the rows that were read.
    """
    related = owned.related(case_sensitive=places.case_sensitive)
    rows = _rows(owned, [*owned.contested, *related], distributions, places, findings)
    commands = {each.id: commands_of(each, target) for each in distributions if each.id in rows}
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
    sources = {places.installed_path(key[:-1]) for key in sourceless if key[:-1] in owned.every}
    overlaps = same_path(layouts, _map(layouts, equal), sources)
    if near:
        ownership = _map(layouts, near)
        overlaps += shadowed(layouts, ownership, target)
        if not places.case_sensitive:
            overlaps += case_only(layouts, ownership, target._replace(case_sensitive=False))
    keys.update((each.path, _folder_key(each, keys)) for each in overlaps if each.is_folder)
    states = {
        each: spelling_on_disk(each, keys[each.path], places) if each.is_folder else _state(each, keys, rows, places)
        for each in overlaps
    }
    holders = {keys[each.path]: state for each, state in states.items() if each.is_same_path}
    answers = answers_from_disk(questions(overlaps), holders, places)
    judged = judge(overlaps, answers, _requires(distributions, target))
    found = {(each.path, each.kind, each.owners): state for each, state in states.items()}
    return [Contested(keys[each.path], each, found[each.path, each.kind, each.owners]) for each in judged]


def _rows(
    owned: Owned,
    keys: Iterable[str],
    distributions: Sequence[Unread],
    places: Places,
    findings: Sequence[list[Finding]] | None,
) -> dict[str, dict[str, RecordedFile]]:
    """What each owner's RECORD says of these keys, by id; RECORD is read again, by those in question only."""
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    for key in keys:
        for owner in owned.owners(key):
            wanted[owner].add(key)
    found = {}
    for number in sorted(wanted):
        each = distributions[number]
        noted = Noted()
        try:
            rows = listed_files(each, places, wanted[number], noted)
        except RecordError:  # it was there a moment ago
            rows = {}
        if findings is not None:
            findings[number].extend(noted)
        found[each.id] = {key: rows.get(key, NOTHING_RECORDED) for key in sorted(wanted[number])}
    return found


def installed_file(key: str, row: RecordedFile, commands: Mapping[str, str], places: Places) -> InstalledFile:
    """A file as its RECORD has it; a command that was generated is what it runs."""
    path = places.installed_path(key)
    if path in commands:
        return InstalledFile(path, commands[path], None, None, None)
    return InstalledFile(path, row.digest, row.size, None, key)


def commands_of(each: Unread, target: Target) -> dict[str, str]:
    """Installed paths of the commands that installers generate for a distribution, and what each runs."""
    text = entry_points_text(each.folder)
    found = {}
    for installer in INSTALLERS if text else ():
        try:
            points = installer.rules.read_entry_points(text)
        except EntryPointsError:  # another installer may have read it
            continue
        for name, point in installer.rules.command_names(points, target):
            if ":" in point.value:
                found[f"scripts/{name}"] = command_content(point, target)
    return found


def _map(layouts: Mapping[str, Layout], paths: Iterable[InstalledPath]) -> OwnershipMap:
    wanted = set(paths)
    return OwnershipMap({id_: sorted(wanted & layout.files.keys()) for id_, layout in layouts.items()})


def _folder_key(overlap: Overlap, keys: Mapping[str, str]) -> str:
    """Return the key of the folder of a pair of folders, from that of a file below it."""
    path = overlap.owners[0].file.path
    return keys[path].rsplit("/", path.count("/") - overlap.path.count("/"))[0]


def _state(
    overlap: Overlap, keys: Mapping[str, str], rows: Mapping[str, Mapping[str, RecordedFile]], places: Places
) -> OnDisk:
    """Return what is at a path, for those that spell it differently too; of a hidden module, for its own owners."""
    owners = [owner for owner in overlap.owners if overlap.is_one_file or owner.file.path == overlap.path]
    recorded = {owner.id: rows[owner.id][keys[owner.file.path]].digest for owner in owners}
    found = on_disk(keys[overlap.path], owners, recorded, places)
    if overlap.kind != "case-only" or found.state != "present" or len({owner.content for owner in owners}) == 1:
        return found
    others = spelling_on_disk(overlap, keys[overlap.path], places).losers  # modules that are there by another name
    matches = tuple(id_ for id_ in found.matches if id_ not in others)
    return found._replace(matches=matches, losers=tuple(dict.fromkeys((*found.losers, *others))))


def _requires(distributions: Sequence[Unread], target: Target) -> Callable[[str, str], bool]:
    """Whether one distribution requires another under any extra; METADATA is parsed when first asked."""
    from wheelclash.distribution import requirements_of
    from wheelclash.reading.contents import Contents

    by_id = {each.id: each for each in distributions}
    known: dict[str, frozenset[str]] = {}

    def requires(one: str, other: str) -> bool:
        if one not in known:
            contents = Contents("", "", (), (), "", by_id[one].requires, None, ())
            known[one] = requirements_of(contents, target).names_under_any_extra
        return by_id[other].name in known[one]

    return requires
