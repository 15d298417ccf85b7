"""Reading what is installed in an environment that something is about to be added to.

An environment may have half a million files, and what is added touches few of them. So every RECORD becomes a set of
keys, sets say which files can matter, and only those become values of the core.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelclash.core.content import HEAD, INIT_LIMIT, Answer, is_known_stub
from wheelclash.core.content import answer as judge_content
from wheelclash.core.distribution import (
    Distribution,
    Edge,
    Requirements,
    Skip,
    required_names,
    requirements_of,
)
from wheelclash.core.layout import InstalledPath, Layout, LayoutFailure
from wheelclash.core.overlap import Owner, folded, same_path
from wheelclash.core.ownership import OwnershipMap
from wheelclash.core.paths import folders_above
from wheelclash.core.role import module_stem, role_of
from wheelclash.core.state import UNRECORDED, Loss, State, Unowned, is_version
from wheelclash.environment.distributions import (
    direct_url_of,
    source_of,
    startup_of,
    variant_of,
)
from wheelclash.environment.files import Unreadable, claimed, digest_of, kinds_in, names_in, on_disk, state_of
from wheelclash.environment.managed import editables_among, managed_among
from wheelclash.environment.ownership import by_folder, keys_of, split
from wheelclash.environment.paths import is_absolute
from wheelclash.environment.reading import read_small
from wheelclash.environment.scan import commands_of, installed_file, read_records, rows_of, skips_of
from wheelclash.http.urls import local_path, without_credentials
from wheelclash.installers import INSTALLERS
from wheelclash.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from wheelclash.core.content import Question
    from wheelclash.core.layout import InstalledFile, InstallerName
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths
    from wheelclash.progress import Progress
    from wheelclash.target.target import Target
    from wheelclash.wheel.record import RecordedFile

__all__ = ["StateReader"]

_INIT = "/__init__.py"
_EXTENSIONS = (".so", ".pyd")
_SCRIPT = 1024 * 1024
_OLD = "superseded"


class StateReader:
    """Reads the distributions of an environment, and what of them matters beside others.

    Args:
        places: Where it is.
        target: What it is.
        progress: Is told how much is read.

    Attributes:
        places: Where it is.
        versions: Of each that is compared, by name.
        installed: Of everything that is there, compared or not, by name.
        requires: ``Requires-Dist`` of each, verbatim, by name.
        recorded: Those that are compared, with their RECORDs.
        skipped: Distributions and folders that could not be read.
        not_compared: Distributions that are never compared.
    """

    def __init__(self, places: EnvironmentPaths, target: Target, progress: Progress = SILENT) -> None:
        self.places = places
        self._target = target
        recorded = read_records(places, progress)
        self._excluded = recorded.excluded
        self._owned = recorded.owned
        self._read = recorded.distributions
        self.recorded: Sequence[Installed] = self._read
        self.versions = {distribution.name: distribution.version for distribution in self._read}
        others = {
            distribution.name: distribution.version
            for distribution in recorded.excluded
            if distribution.version and distribution.excluded is not None and distribution.excluded.code != _OLD
        }
        self.installed: dict[str, str] = {**others, **recorded.installed, **self.versions}
        self.requires = {distribution.name: distribution.requires for distribution in self._read}
        self.skipped = tuple(dict.fromkeys(recorded.skipped))
        self.not_compared = tuple(skips_of(recorded.excluded))

    def state_beside(self, newcomers: Sequence[Distribution]) -> State:
        """Return what of the environment matters to distributions that are to be installed there.

        Args:
            newcomers: Laid out for the same target; residents of the same names are replaced.
        """
        paths_of = {newcomer.name: self._keys(newcomer) for newcomer in newcomers}
        wanted = {key: path for keys in paths_of.values() for key, path in keys.items()}
        names = {newcomer.name: newcomer.id for newcomer in newcomers}
        self._promote(wanted.keys(), names)
        replaced = {number for number, distribution in enumerate(self._read) if distribution.name in names}
        rows_read = rows_of(self._in_question(paths_of, wanted, replaced), self._read)
        rows = rows_read.by_id
        self.skipped = tuple(dict.fromkeys((*self.skipped, *rows_read.skipped)))
        layouts = self._layouts(rows, wanted, newcomers)
        required = self._required(newcomers, names)
        return State(
            self._target,
            tuple(
                self._distribution(number, layouts.get(distribution.id), required.get(distribution.name))
                for number, distribution in enumerate(self._read)
            ),
            self._found(layouts, rows, wanted),
            self.skipped,
            self.not_compared,
        )

    def left_alone(self, distributions: Iterable[Distribution], installer: InstallerName) -> set[str]:
        """Return the names of wheels named by path or URL that an installer does not write, being there already.

        pip writes none that is there in that version; uv those that were installed from elsewhere, or changed since.
        ``pip install --target`` looks at no version.
        """
        folders = {distribution.name: distribution.folder for distribution in self._read}
        there = [
            distribution
            for distribution in distributions
            if distribution.candidate.direct and is_version(distribution, self.versions.get(distribution.name))
        ]
        if installer == "pip":
            return set() if self.places.is_target else {distribution.name for distribution in there}
        return {
            distribution.name
            for distribution in there
            if direct_url_of(folders[distribution.name]) == distribution.candidate.url
            and _is_older(distribution.candidate.path, folders[distribution.name])
        }

    def refusing(self, newcomers: Sequence[Distribution]) -> list[Distribution]:
        """Return newcomers, refused where something that no RECORD lists is a folder in a file's place, or the reverse.

        Both installers stop there. Where a RECORD lists it, two distributions overlap, and that is judged as such. An
        installer that follows links stops, or writes elsewhere, at a link to nothing too.
        """
        following = {installer.name for installer in INSTALLERS if installer.follows_links}
        kinds: dict[str, dict[str, bool]] = {}
        folders: dict[str, str] = {}
        refused = []
        for newcomer in newcomers:
            layouts = dict(newcomer.layouts)
            for installer, layout in layouts.items():
                if layout.failure is None:
                    failure = next(self._obstacles(layout, folders, kinds, follows_links=installer in following), None)
                    layouts[installer] = layout._replace(failure=failure)
            refused.append(replace(newcomer, layouts=layouts))
        return refused

    def answer(self, doubt: Question) -> Answer | None:
        """Return what the content of an installed file says; None if it is not the recorded one, or cannot be read."""
        if doubt.about == "init" and is_known_stub(doubt.digest):
            return Answer(stub=True)
        place = self.places.on_disk(doubt.member)
        try:
            if doubt.digest is None or digest_of(place, doubt.digest.partition(":")[0]) != doubt.digest:
                return None
            data = read_small(place, INIT_LIMIT if doubt.about == "init" else HEAD)
        except (Unreadable, OSError, ValueError):
            return None
        return None if data is None else judge_content(doubt, data)

    # -- which files can matter ------------------------------------------------------------------------------

    def _keys(self, newcomer: Distribution) -> dict[str, InstalledPath]:
        """Return where the files of a newcomer would lie, by key."""
        folders: dict[str, str] = {}
        paths = {}
        for layout in newcomer.layouts.values():
            for path in (*layout.files, *layout.phantoms):
                root, _, rest = path.partition("/")
                if root == "site-packages":
                    paths[rest] = path
                    paths.update((f"{site}/{rest}", path) for site in self.places.sites[1:])
                else:
                    key = self._key_outside(root, rest, folders)
                    if key is not None:
                        paths[key] = path
        return paths

    def _key_outside(self, root: str, rest: str, known: dict[str, str]) -> str | None:
        """Return the key of a path outside of site-packages; links of each folder are followed once."""
        places = self.places
        base = {"scripts": places.scripts, "headers": places.headers}.get(root, places.base.rstrip("/"))
        folder, _, name = f"{base}/{rest}".rpartition("/")
        if folder not in known:
            known[folder] = os.path.realpath(folder).replace(os.sep, "/")
        return places.key_of(f"{known[folder]}/{name}")

    def _promote(self, wanted: AbstractSet[str], names: Collection[str]) -> None:
        """Let packages of conda and dpkg, and what is editable, be residents too if they own any of these files."""
        known = {package.id for package in self._read}
        skipped: list[Skip] = []
        for package in managed_among(self.places, wanted, {*names, *self.versions}):
            if isinstance(package, Skip):
                skipped.append(package)
            elif package.id not in known:
                self._owned.add(by_folder(keys_of(package.names) & wanted))
                self._read.append(package)
        for editable, keys in editables_among(self.places, self._excluded, wanted.__contains__):
            if editable.id not in known and editable.name not in names and not keys.isdisjoint(wanted):
                self._owned.add(by_folder(keys & wanted))
                self._read.append(editable)
        compared = {distribution.id for distribution in self._read}
        self.not_compared = tuple(skips_of(other for other in self._excluded if other.id not in compared))
        self.skipped = tuple(dict.fromkeys((*self.skipped, *skipped)))

    def unowned(self, newcomers: Sequence[Distribution]) -> Iterator[Unowned]:
        """Yield the files that are there, that no RECORD lists, and that a newcomer writes with other content."""
        recorded, _ = claimed(self._excluded, self.places)
        folders: dict[str, str] = {}
        listed: dict[str, frozenset[str]] = {}
        for newcomer in newcomers:
            files = {path: file for layout in newcomer.layouts.values() for path, file in layout.files.items()}
            for path, file in sorted(files.items()):
                root, _, rest = path.partition("/")
                if rest.startswith(f"{newcomer.dist_info}/"):
                    continue
                key = rest if root == "site-packages" else self._key_outside(root, rest, folders)
                if key is None or key in self._owned or key in recorded:
                    continue
                role = role_of(path, generated=file.member is None)
                folder, _, name = self.places.on_disk(key).rpartition("/")
                if folder not in listed:
                    listed[folder] = names_in(folder)
                if role != "bytecode" and name in listed[folder] and self._differs(key, newcomer, file):
                    yield Unowned(path, newcomer, role)

    def left_out(self, newcomers: Sequence[Distribution]) -> Iterator[Loss]:
        """Yield what ``pip install --target`` does not write: each folder or file of the top level that is there.

        pip installs elsewhere, and moves what that comes to into the folder; it looks at the top level alone. Its
        ``--upgrade`` removes what is there instead.
        """
        owners: dict[str, str] = {}
        for resident, keys in zip(self._read, map(keys_of, self._owned.files), strict=True):
            owners |= dict.fromkeys((self._top(key) for key in keys), os.path.basename(resident.folder))  # noqa: PTH119
        for newcomer in newcomers:
            tops: dict[str, InstalledPath] = {}
            for path in next(iter(newcomer.layouts.values())).files:
                root, _, rest = path.partition("/")
                folder = {"scripts": "bin", "headers": "include"}.get(root)
                top = folder or rest.partition("/")[0]
                tops.setdefault(top, path if folder else InstalledPath(f"{root}/{top}"))
            for top, path in sorted(tops.items()):
                if top in owners:
                    role = role_of(path, generated=False)
                    yield Loss(path, newcomer.id, owners[top], "determined", role, "error", "left-out")

    def _top(self, key: str) -> str:
        """Return the first part of a path within the folder."""
        return key.removeprefix(f"{self.places.sites[0]}/").partition("/")[0]

    def _obstacles(
        self, layout: Layout, folders: dict[str, str], kinds: dict[str, dict[str, bool]], *, follows_links: bool
    ) -> Iterator[LayoutFailure]:
        """Yield what keeps files of one layout from being written: links, and what no RECORD lists."""
        keys: dict[str, InstalledPath] = {}
        for path in sorted(layout.files):
            root, _, rest = path.partition("/")
            key = rest if root == "site-packages" else self._key_outside(root, rest, folders)
            if key is not None:
                keys[key] = path
        for key, path in keys.items():
            is_folder = self._is_folder(self.places.on_disk(key), kinds)
            if is_folder and next(self._owned.below(f"{key}/"), None) is None:
                yield LayoutFailure("file-and-folder", path, f"{path} is a folder there, which no RECORD lists")
            if follows_links and is_folder is False and state_of(self.places.on_disk(key)) == "missing":
                yield LayoutFailure("link-to-nothing", path, f"{path} is a link to nothing there, which it follows")
        base = self.places.base.rstrip("/")
        for key in sorted(folder for folder in folders_above(keys) if folder not in self._owned):
            place = self.places.on_disk(key)
            if not base.startswith(place) and self._is_folder(place, kinds) is False:
                path = self.places.installed_path(key)
                yield LayoutFailure(
                    "file-and-folder", path, f"{path} is a file there, which no RECORD lists, where it needs a folder"
                )

    @staticmethod
    def _is_folder(place: str, kinds: dict[str, dict[str, bool]]) -> bool | None:
        """Return whether something on disk is a folder; None if nothing is there. Each folder is listed once."""
        folder, _, name = place.rpartition("/")
        if folder not in kinds:
            kinds[folder] = kinds_in(folder)
        return kinds[folder].get(name)

    def _differs(self, key: str, newcomer: Distribution, file: InstalledFile) -> bool:
        """Return whether something else is there than a newcomer would write."""
        digest = None if file.member is None else file.content
        there = on_disk(key, (Owner(newcomer.id, file, 0),), {newcomer.id: digest}, self.places)
        return there.state != "missing" and not there.matches

    def _in_question(
        self,
        paths_of: Mapping[str, Mapping[str, InstalledPath]],
        wanted: Mapping[str, InstalledPath],
        replaced: set[int],
    ) -> dict[int, set[str]]:
        """Return by number the keys of each distribution that can matter."""
        near = self._owned.of_each(self._near(wanted))
        shared = self._shared_with({number for number, keys in enumerate(near) if keys} | replaced)
        in_question = {}
        for number, theirs in enumerate(self._owned.of_each(shared)):
            if number in replaced:  # what its successor alone writes again concerns no other
                others = {key for name, taken in paths_of.items() if name != self._read[number].name for key in taken}
                keys = keys_of(self._owned.files[number])
                in_question[number] = theirs | self._equal(keys, others) | _files_and_folders(keys, others)
            else:
                in_question[number] = near[number] | theirs
        return {number: keys for number, keys in in_question.items() if keys}

    def _shared_with(self, involved: Collection[int]) -> set[str]:
        """Return the keys that these share with others, and those share with further ones, until there are no more.

        Whether a distribution is intact can only be said if all was looked at that it shares.
        """
        if not involved:
            return set()
        owners_by_name = self._owners_of_shared()
        names_by_owner: dict[int, list[str]] = {}
        for name, owners in owners_by_name.items():
            for owner in owners:
                names_by_owner.setdefault(owner, []).append(name)
        shared: set[str] = set()
        seen = set(involved)
        waiting = list(involved)
        while waiting:
            for name in names_by_owner.get(waiting.pop(), ()):
                if name not in shared:
                    shared.add(name)
                    waiting += (owner for owner in owners_by_name[name] if owner not in seen)
                    seen.update(owners_by_name[name])
        return shared if self._target.case_sensitive else {key for key in self._owned if folded(key) in shared}

    def _owners_of_shared(self) -> Mapping[str, Collection[int]]:
        """Return who has each key that several have; folded, where case does not matter."""
        if self._target.case_sensitive:
            return self._owned.contested
        first: dict[str, int] = {}
        owners: dict[str, set[int]] = {}
        for number, files in enumerate(self._owned.files):
            for spelling in map(folded, keys_of(files)):
                if first.setdefault(spelling, number) != number:
                    owners.setdefault(spelling, {first[spelling]}).add(number)
        return owners

    def _equal(self, keys: set[str], others: set[str]) -> set[str]:
        """Return those of ``keys`` that are also among ``others``, as the file system compares names."""
        if self._target.case_sensitive:
            return keys & others
        spelt = {folded(key) for key in others}
        return {key for key in keys if folded(key) in spelt}

    def _near(self, wanted: Mapping[str, InstalledPath]) -> set[str]:
        """Return the keys of what is installed that are one of ``wanted``, or cannot stand beside it."""
        near = {key for key in (*wanted, *folders_above(wanted)) if key in self._owned}
        near.update(*(self._owned.below(f"{folder}/") for folder in self._folders_there(wanted)))
        near |= self._modules(wanted)
        if not self._target.case_sensitive:
            every = set(self._owned)
            near |= self._equal(every, set(wanted)) | self._equal(every, folders_above(wanted))
            near.update(*(self._owned.below(f"{folder}/") for folder in self._folders_spelt_differently(wanted)))
        return near

    def _folders_spelt_differently(self, wanted: Mapping[str, InstalledPath]) -> Iterator[str]:
        """Yield the folders that are one with a folder or file of ``wanted``, and are spelt differently."""
        folders = folders_above(wanted)
        spelt = {folded(path) for path in (*folders, *wanted)}
        return (
            folder for folder in folders_above(self._owned.folders) if folder not in folders and folded(folder) in spelt
        )

    def _folders_there(self, wanted: Mapping[str, InstalledPath]) -> Iterator[str]:
        """Yield those of ``wanted`` that are folders on disk."""
        known: dict[str, bool] = {}
        for key in [key for key in wanted if key not in self._owned]:
            folder = key.rpartition("/")[0]
            if folder not in known:
                known[folder] = os.path.isdir(self.places.on_disk(folder) if folder else self.places.sites[0])  # noqa: PTH112
            if known[folder] and os.path.isdir(self.places.on_disk(key)):  # noqa: PTH112
                yield key

    def _modules(self, wanted: Mapping[str, InstalledPath]) -> set[str]:
        """Return other forms of the modules among ``wanted``, of the folders above them, and what is below them."""
        keys = [key for key in wanted if not is_absolute(key) and module_stem(key) is not None]
        stems = {stem for key in keys if (stem := module_stem(key)) is not None} | folders_above(keys)
        suffixes = (".py", ".pyc", _INIT, f"{_INIT}c")
        forms = (f"{stem}{suffix}" for stem in stems for suffix in suffixes)
        modules = {form for form in forms if form in self._owned}
        folders = {split(stem)[0] for stem in stems} | {f"{stem}/" for stem in stems}
        names = ((folder, name) for folder in folders for name in self._owned.names(folder))
        extensions = [folder + name for folder, name in names if name.endswith(_EXTENSIONS)]
        modules.update(key for key in extensions if module_stem(key) in stems)
        beside = stems & folders_above(self._owned.folders) - folders_above(wanted)
        modules.update(key for stem in beside for key in self._owned.below(f"{stem}/") if module_stem(key) is not None)
        return modules

    # -- what they become ------------------------------------------------------------------------------------

    def _layouts(
        self,
        rows: Mapping[str, Mapping[str, RecordedFile]],
        wanted: Mapping[str, InstalledPath],
        newcomers: Sequence[Distribution],
    ) -> dict[str, Layout]:
        scripts = {
            path
            for newcomer in newcomers
            for layout in newcomer.layouts.values()
            for path, file in layout.files.items()
            if file.script
        }
        by_id = {}
        for distribution in self._read:
            recorded = rows.get(distribution.id)
            if recorded:
                is_outside = any(is_absolute(key) for key in recorded)
                commands = commands_of(distribution, self._target) if is_outside else {}
                files = {}
                for key, row in recorded.items():
                    file = installed_file(key, row, commands, self.places)
                    file = file._replace(path=wanted.get(key, file.path))
                    files[file.path] = self._before_rewriting(file, key) if file.path in scripts else file
                by_id[distribution.id] = Layout(files, frozenset())
        return by_id

    def _before_rewriting(self, file: InstalledFile, key: str) -> InstalledFile:
        """Return a script as it was in its wheel: installers put the interpreter's path where ``#!python`` was."""
        if file.member is None or file.content is None:
            return file
        try:
            data = read_small(self.places.on_disk(key), _SCRIPT) or b""
        except OSError:
            data = b""
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != file.content:
            return file._replace(size=None)
        original = _with_python(data, os.fsencode(self.places.prefix))
        return file._replace(content=f"sha256:{hashlib.sha256(original).hexdigest()}", size=len(original), script=True)

    def _distribution(self, number: int, layout: Layout | None, required: Requirements | None) -> Distribution:
        distribution = self._read[number]
        if required is None and layout is not None:
            required = requirements_of(distribution.requires, self._target, distribution.requires_python)
        if required is None:  # of no consequence but for who requires whom
            names = required_names(distribution.requires, self._target)
            required = Requirements(tuple(Edge(name) for name in sorted(names)))
        layouts = dict.fromkeys((installer.name for installer in INSTALLERS), layout or Layout({}, frozenset()))
        startup = () if layout is None else startup_of(self._owned.files[number], self.places)
        known = distribution.to_core(_pinned(distribution), startup)
        return replace(known, requirements=required, layouts=layouts, variant=variant_of(distribution.folder))

    def _required(self, newcomers: Sequence[Distribution], names: Mapping[str, str]) -> dict[str, Requirements]:
        """Return what residents that newcomers require require themselves, by name."""
        by_name = {distribution.name: distribution for distribution in self._read}
        waiting = [edge for newcomer in newcomers for edge in newcomer.requirements.with_extras(newcomer.extras)]
        required: dict[str, Requirements] = {}
        while waiting:
            name = waiting.pop().name
            if name in by_name and name not in names and name not in required:
                resident = by_name[name]
                required[name] = requirements_of(resident.requires, self._target, resident.requires_python)
                waiting += required[name].edges
        return required

    # -- what is on disk -------------------------------------------------------------------------------------

    def _found(
        self,
        layouts: Mapping[str, Layout],
        rows: Mapping[str, Mapping[str, RecordedFile]],
        wanted: Mapping[str, InstalledPath],
    ) -> dict[InstalledPath, str | None]:
        """Return what is at the paths in question, where it is not simply the only owner's content."""
        keys = {wanted.get(key, self.places.installed_path(key)): key for recorded in rows.values() for key in recorded}
        ownership = OwnershipMap({id_: layout.files for id_, layout in layouts.items()})
        gone = [path for path in ownership if state_of(self.places.on_disk(keys[path])) == "missing"]
        holders: dict[InstalledPath, str | None] = dict.fromkeys(gone)
        for overlap in same_path(layouts, ownership):
            if overlap.path in holders or overlap.kind == "identical":
                continue
            key = keys[overlap.path]
            recorded = {owner.id: rows[owner.id][key].digest for owner in overlap.owners}
            state = on_disk(key, overlap.owners, recorded, self.places)
            if state.matches:
                holders[overlap.path] = state.matches[0]
            elif state.state == "changed":
                holders[overlap.path] = UNRECORDED
        return holders


def _files_and_folders(keys: set[str], others: set[str]) -> set[str]:
    """Return those of ``keys`` that are files where others have folders, or lie below what is a file of others."""
    clashing = keys & folders_above(others)
    files = others & folders_above(keys)
    return clashing | {key for key in keys if files and not files.isdisjoint(folders_above([key]))}


def _pinned(distribution: Installed) -> str:
    """Return how a command names what is installed: by version, or by where it was installed from."""
    source = source_of(distribution.folder)
    if source is None:
        return f"{distribution.name}=={distribution.version}"
    path = local_path(source)
    if path is None:
        return f"{distribution.name} @ {without_credentials(source)}"
    return str(path) if path.exists() else f"{distribution.name}=={distribution.version}"


_TRAMPOLINE = b"#!/bin/sh\n'''exec' "


def _with_python(data: bytes, prefix: bytes) -> bytes:
    """Return a script as it was, with ``#!python``, where its first line names an interpreter below ``prefix``."""
    first, _, rest = data.partition(b"\n")
    if data.startswith(_TRAMPOLINE) and prefix in data[: data.find(b"\n", len(_TRAMPOLINE))]:
        rest = data.split(b"\n", 3)[-1]
    elif not first.startswith(b"#!" + prefix):
        return data
    return b"#!python\n" + rest


def _is_older(wheel: Path | None, folder: str) -> bool:
    """Return whether a wheel was not changed since it was installed; of one that is no local file nothing says so."""
    try:
        return wheel is None or wheel.stat().st_mtime <= os.stat(folder).st_mtime  # noqa: PTH116
    except OSError:
        return False
