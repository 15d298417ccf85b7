"""A scan: what is installed, who owns what, and whose content is on disk. Reads, and writes nothing."""

from __future__ import annotations

import os
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.absence import absences
from wheelclash.environment.content import runs
from wheelclash.environment.contested import Contested, commands_of, find_contested
from wheelclash.environment.installed import Bystander, required_names, take_inventory
from wheelclash.environment.leftovers import Leftover, leftovers
from wheelclash.environment.managed import managed_among
from wheelclash.environment.ownership import Owned
from wheelclash.environment.places import is_absolute
from wheelclash.environment.records import RecordError, recorded_keys
from wheelclash.environment.search import Hidden, count_distributions, hidden_by
from wheelclash.environment.startup import startup_of
from wheelclash.environment.tree import state_of, states, walk
from wheelclash.environment.verification import verify as verify_files
from wheelclash.errors import KeeperError
from wheelclash.sources.candidate import Skip
from wheelclash.startup import findings_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelclash.environment.absence import Absence
    from wheelclash.environment.installed import Unread
    from wheelclash.environment.places import Places
    from wheelclash.layout import InstalledPath
    from wheelclash.reading.contents import Finding
    from wheelclash.target import Target

__all__ = ["Installed", "Scan", "read_records", "scan"]


class Installed(NamedTuple):
    """A distribution of an environment, and what is left of it.

    Attributes:
        id: Its dist-info folder's name; unique.
        name: Normalised.
        version: As METADATA has it.
        site: The site-packages folder it lies in.
        folder: Its dist-info folder.
        installer: What INSTALLER says, or None.
        files: How many files it recorded, bytecode left out.
        requires: Names it requires on the target, without extras.
        missing: Files it recorded that are gone, contested ones included.
        changed: Files whose content is not the recorded one, as far as they were hashed; contested ones left out.
        hidden: Files of which nothing can be told, for want of permission.
        unhashed: How many of its files have no hash to verify; None if that was not looked at.
        findings: What is odd about its RECORD.
        startup: Its files whose code Python runs at every start, where it clashes with others.
        absences: What it means that a missing file is gone, by path.
        manager: ``conda`` or ``dpkg`` of a package that one of these installed: no other installer can write it.
    """

    id: str
    name: str
    version: str
    site: str
    folder: str
    installer: str | None
    files: int
    requires: frozenset[str]
    missing: tuple[InstalledPath, ...]
    changed: tuple[InstalledPath, ...]
    hidden: tuple[InstalledPath, ...]
    unhashed: int | None
    findings: tuple[Finding, ...]
    startup: tuple[InstalledPath, ...] = ()
    absences: Mapping[InstalledPath, Absence] = MappingProxyType({})
    manager: str | None = None

    @property
    def record(self) -> str:
        """The path of its RECORD, or of its manager's list."""
        return f"{self.folder}/RECORD" if self.manager is None else self.folder


class Scan(NamedTuple):
    """What was found in an environment.

    Attributes:
        places: Where it is.
        target: What it is.
        distributions: By name; then the packages of other managers that own a file which one of them owns too, or lack
            one that an import needs.
        contested: Every overlap, judged as for wheels, with what is on disk.
        leftovers: Files that nobody recorded, by folder.
        skipped: Distributions and folders that could not be read.
        not_compared: Distributions that are somebody else's business.
        verified: Whether every file was hashed.
        hidden: What an import does not find, because an earlier folder of the search path has it too.
    """

    places: Places
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

    def startup_against(self, keep: Collection[str]) -> list[tuple[str, str]]:
        """Return who may overwrite keepers at the next start of Python, however late these are written.

        Args:
            keep: Ids of the keepers.

        Returns:
            Pairs of ids: a keeper, and a distribution that shares a file with it and runs code at every start.
        """
        runs = {each.id for each in self.distributions if each.startup} - set(keep)
        found: dict[tuple[str, str], None] = {}
        for each in self.contested:
            if each.overlap.is_clash:
                ids = each.overlap.ids
                found.update({(one, other): None for one in ids if one in keep for other in ids if other in runs})
        return list(found)

    def require_compared(self, names: Iterable[str], option: str) -> None:
        """Refuse to keep or drop what is not there, is somebody else's business, or could not be read.

        Args:
            names: Normalised.
            option: Through which they were named.

        Raises:
            KeeperError: One of them is such; the hint names those that look like it.
        """
        known = {each.name for each in self.distributions}
        why = {each.requirement: each.reason for each in (*self.skipped, *self.not_compared)}
        for name in names:
            if name in known:
                continue
            if name in why:
                raise KeeperError(f"{option} {name}: it is installed, but not compared: {why[name]}.")
            from wheelclash.suggest import near

            raise KeeperError(f"{option} {name}: no distribution of that name is installed.", near(name, known))


def scan(
    places: Places,
    target: Target,
    *,
    every: bool = False,
    verify: Collection[str] = (),
    jobs: int | None = None,
) -> Scan:
    """Scan an environment.

    Args:
        places: Where it is.
        target: What it is, for markers and the modules it imports.
        every: Hash every file, not only the contested ones.
        verify: Names of distributions of which to hash every file.
        jobs: Processes to hash with; by default one for each core.
    """
    inventory = take_inventory(places)
    skipped = [Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in inventory.closed]
    aside = list(inventory.bystanders)
    owned, read, findings = read_records(inventory.unread, places, aside, skipped)
    for package, keys, files in managed_among(places, None, {each.name for each, _ in read}, skipped):
        told = (keys & owned.every) | _broken(package, keys, places, target)
        if not told:
            continue
        owned.add(told)
        read.append((package, files))
        findings.append([])
    seen = walk(places, owned.every)
    skipped += [Skip(folder, "unreadable", f"the folder cannot be listed ({why})") for folder, why in seen.closed]
    state = states(places, seen.unseen)
    gone = owned.of_each({key for key, is_ in state.items() if is_ == "missing"})
    hidden = owned.of_each({key for key, is_ in state.items() if is_ == "hidden"})
    contested = find_contested(owned, [each for each, _ in read], places, target, findings)
    hashed = [(each, count) for each, count in read if (every or each.name in verify) and each.manager is None]
    verified = verify_files(hashed, places, jobs=jobs) if hashed else {}
    in_question = {each.key for each in contested if each.overlap.is_same_path}
    closed = {each.key for each in contested if each.on_disk.unreadable is not None}
    clashing = {id_ for each in contested if each.overlap.is_clash for id_ in each.overlap.ids}
    distributions = []
    for number, (each, count) in enumerate(read):
        found = verified.get(each.id)
        startup = startup_of(owned.keys[number], places) if each.id in clashing else ()
        missing = gone[number] | set(found.missing if found else ())
        meaning = absences(missing, owned.keys[number], each, places, target)
        changed = _changed(each, found.changed, places, target) - in_question if found else set()
        unseen = hidden[number] | (owned.keys[number] & closed) | set(found.hidden if found else ())
        if unseen:
            reason = f"{len(unseen)} of its files cannot be read"
            skipped.append(Skip(each.name, "unreadable", reason))
        distributions.append(
            Installed(
                id=each.id,
                name=each.name,
                version=each.version,
                site=each.site,
                folder=each.folder,
                installer=each.installer,
                files=count,
                requires=required_names(each.requires, target.markers),
                missing=_paths(missing, places),
                changed=_paths(changed, places),
                hidden=_paths(unseen, places),
                unhashed=found.unhashed if found else None,
                findings=(*findings[number], *findings_of(startup)),
                startup=startup,
                absences={places.installed_path(key): absence for key, absence in meaning.items()},
                manager=each.manager,
            )
        )
    return Scan(
        places=places,
        target=target,
        distributions=tuple(distributions),
        contested=tuple(contested),
        leftovers=tuple(leftovers(seen.strays, owned.every, aside, places)),
        skipped=tuple(dict.fromkeys(skipped)),
        not_compared=tuple(sorted([*(each.skip for each in aside), *_outside(places)])),
        verified=every,
        hidden=tuple(hidden_by(places.search)),
    )


def read_records(
    unread: Sequence[Unread], places: Places, aside: list[Bystander], skipped: list[Skip]
) -> tuple[Owned, list[tuple[Unread, int]], list[list[Finding]]]:
    """Read every RECORD into the ownership map.

    Args:
        unread: Distributions.
        places: Of the environment.
        aside: Distributions that turn out to be editable are added here.
        skipped: Those that cannot be read are added here.

    Returns:
        The map; what could be read, each with the number of its files; findings of each.
    """
    owned = Owned()
    read: list[tuple[Unread, int]] = []
    findings: list[list[Finding]] = []
    for each in unread:
        try:
            keys, odd = recorded_keys(each.record, each.site, places)
        except RecordError as error:
            if not os.path.lexists(each.folder):
                skipped.append(Skip(each.name, "changed", "it was removed while the environment was read"))
            else:
                skipped.append(Skip(each.name, error.code, error.reason))
            continue
        if any(key.startswith("__editable__") for key in keys if "/" not in key):
            skip = Skip(each.name, "editable", "it is installed from a folder of sources")
            tops = frozenset({each.name.replace("-", "_")})
            aside.append(Bystander(skip, each.site, each.record, tops, each.version))
            continue
        owned.add(keys)
        read.append((each, len(keys)))
        findings.append(odd)
    return owned, read, findings


def _broken(package: Unread, keys: AbstractSet[str], places: Places, target: Target) -> set[str]:
    """Return the files of another manager's package that are gone from site-packages and that an import needs.

    A package that lists its dist-info folder, where that is gone, was uninstalled by pip or uv, and lacks nothing.
    """
    own = {key for key in keys if not is_absolute(key)}
    missing = {key for key in own if state_of(places.on_disk(key)) == "missing"}
    if any(".dist-info/" in key or ".egg-info" in key for key in missing):
        return set()
    meaning = absences(missing, own, package, places, target)
    return {key for key, absence in meaning.items() if absence == "breaks"}


def _changed(each: Unread, keys: Collection[str], places: Places, target: Target) -> set[str]:
    """Those of some changed files that count as changed: a generated command does not while it runs its entry point."""
    outside = [key for key in keys if is_absolute(key)]
    if not outside:
        return set(keys)
    commands = commands_of(each, target)
    kept = set(keys)
    for key in outside:
        entry_point = commands.get(places.installed_path(key))
        if entry_point is not None and runs(key, entry_point.partition(":")[2]):
            kept.remove(key)
    return kept


def _outside(places: Places) -> list[Skip]:
    """Return the folders of the search path that are none of the environment's, where something is installed there."""
    counts = {folder: count_distributions(folder) for folder in places.search if folder not in places.sites}
    return [
        Skip(folder, "outside", f"imports find what is there too: {count} distributions")
        for folder, count in counts.items()
        if count
    ]


def _paths(keys: set[str], places: Places) -> tuple[InstalledPath, ...]:
    return tuple(sorted(map(places.installed_path, keys)))
