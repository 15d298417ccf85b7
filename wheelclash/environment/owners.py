"""Owners: whose a file or folder of an environment is, and whose content is there. Hashes only what was asked about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.belonging import Belonging, Below, Share, besides
from wheelclash.environment.claims import Claims, Files
from wheelclash.environment.contested import Contested, commands_of, find_contested, installed_file
from wheelclash.environment.disk_state import OnDisk, on_disk
from wheelclash.environment.installed import Unread
from wheelclash.environment.managed import listed_files
from wheelclash.environment.places import is_absolute
from wheelclash.environment.records import RecordError
from wheelclash.environment.tree import state_of, walk_below
from wheelclash.layout import InstalledPath
from wheelclash.meaning import meanings, source_of, understood
from wheelclash.overlap import Owner
from wheelclash.reading.record import NOTHING_RECORDED
from wheelclash.role import role_of
from wheelclash.sources.candidate import Skip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.environment.claims import Unknown
    from wheelclash.environment.installed import Unread
    from wheelclash.environment.places import Places
    from wheelclash.meaning import Meaning
    from wheelclash.target import Target

__all__ = ["Answered", "owners_in"]


class Answered(NamedTuple):
    """Whose some PATHs are.

    Attributes:
        belongings: What they mean, in the order asked.
        unknown: Those that mean nothing.
        names: Of all distributions, by id; not compared ones included.
        searched: How many distributions could be read.
        skipped: Distributions, folders and files that could not be read.
        not_compared: Distributions that are somebody else's business; those with a RECORD may be owners all the same.
    """

    belongings: tuple[Belonging, ...]
    unknown: Mapping[str, Unknown]
    names: Mapping[str, str]
    searched: int
    skipped: tuple[Skip, ...]
    not_compared: tuple[Skip, ...]


def owners_in(places: Places, target: Target, asked: Sequence[str], cwd: Path) -> Answered:
    """Whose some files and folders of an environment are, and whose content is there.

    Args:
        places: Where it is.
        target: What it is, for the modules it imports.
        asked: PATHs: paths on disk, installed paths with or without their root, paths below the prefix, import names,
            commands.
        cwd: The folder that relative paths on disk start from.

    Raises:
        QuestionError: A PATH can be none.
    """
    asked = [understood(each) for each in asked]
    claims = Claims(places)
    files = Files(claims, cwd.as_posix())
    answers = _Answers(claims, target)
    found: list[Belonging] = []
    unknown: dict[str, Unknown] = {}
    for text in asked:
        meant = [answers.belonging(text, each) for each in meanings(text, files)]
        found += meant
        if not meant:
            unknown[text] = files.unknown(text)
    return Answered(
        tuple(found),
        unknown,
        {id_: each.name for id_, each in claims.by_id.items()},
        claims.searched,
        tuple(dict.fromkeys(claims.skipped)),
        claims.not_compared,
    )


class _Answers:
    """Whose what is, by the claims of an environment and a look at the disk."""

    def __init__(self, claims: Claims, target: Target) -> None:
        self._claims = claims
        self._places = claims.places
        self._owned = claims.owned
        self._distributions = claims.distributions
        self._target = target

    def belonging(self, asked: str, meaning: Meaning) -> Belonging:
        """Whose one thing is."""
        if meaning.place.what == "folder":
            return self._folder(asked, meaning)
        key = meaning.place.name
        source = source_of(key)
        if source is not None and key not in self._owned.every and source in self._owned.every:
            answer = self._file(asked, meaning, source)
            there = os.path.lexists(self._places.on_disk(key))
            return answer._replace(
                path=self._places.installed_path(key),
                kind=None,
                role="bytecode",
                state="present" if there else "missing",
                matches=(),
                unreadable=None,
                source=answer.path,
                besides=(),
            )
        return self._file(asked, meaning, key)

    def _file(self, asked: str, meaning: Meaning, key: str) -> Belonging:
        path = self._places.installed_path(key)
        numbers = self._owned.owners(key)
        answer = Belonging(asked, meaning.means, "file", path, ())
        if not numbers:
            return answer._replace(role=role_of(path), state="present", files=0, unowned=1)
        related = find_contested(
            self._claims.restricted({key, *self._claims.forms(key)}), self._distributions, self._places, self._target
        )
        same = next((each for each in related if each.key == key and each.overlap.is_same_path), None)
        if same is None:
            owner, found = self._alone(key, self._distributions[numbers[0]])
            role = role_of(path, generated=owner.file.member is None)
            owners: tuple[Owner, ...] = (owner,)
        else:
            owners, found, role = same.overlap.owners, same.on_disk, same.overlap.role
        self._note(path, [owner.id for owner in owners], found)
        return answer._replace(
            shares=_by_name(self._share_of_file(owner, found, contested=len(owners) > 1) for owner in owners),
            kind=None if same is None else same.overlap.kind,
            role=role,
            state=found.state,
            matches=found.matches,
            unreadable=found.unreadable,
            contested=int(len(owners) > 1),
            besides=besides([each.overlap for each in related], path, "file"),
        )

    def _note(self, path: InstalledPath, owners: Iterable[str], found: OnDisk) -> None:
        """Note a file that could not be read as a skip of its owners."""
        if found.unreadable is not None:
            names = ", ".join(self._claims.by_id[id_].name for id_ in owners)
            self._claims.skipped.append(Skip(names, "unreadable", f"{path} cannot be read ({found.unreadable})"))

    def _share_of_file(self, owner: Owner, found: OnDisk, *, contested: bool) -> Share:
        content = owner.file.content or ""
        return self._share(owner.id)._replace(
            contested=int(contested),
            held=int(contested and owner.id in found.matches),
            missing=int(found.state == "missing"),
            sha256=content.removeprefix("sha256:") if content.startswith("sha256:") else None,
            size=owner.file.size,
            content=owner.content,
        )

    def _alone(self, key: str, each: Unread) -> tuple[Owner, OnDisk]:
        """A file with one owner: what it recorded, and what is there."""
        try:
            row = listed_files(each, self._places, {key}).get(key, NOTHING_RECORDED)
        except RecordError:  # it was there a moment ago
            row = NOTHING_RECORDED
        file = installed_file(key, row, commands_of(each, self._target), self._places)
        owner = Owner(each.id, file, 0)
        return owner, on_disk(key, (owner,), {each.id: row.digest}, self._places)

    def _folder(self, asked: str, meaning: Meaning) -> Belonging:
        folder = meaning.place.name
        path = self._installed_folder(folder)
        keys = set(self._claims.below(folder))
        related = find_contested(
            self._claims.restricted({*keys, *self._claims.forms(self._places.key_of(f"{folder}/__init__.py") or "")}),
            self._distributions,
            self._places,
            self._target,
        )
        same = [each for each in related if each.overlap.is_same_path and each.key in keys]
        for each in same:
            self._note(each.overlap.path, each.overlap.ids, each.on_disk)
        gone, strays = self._walked(folder, keys)
        own = {number: self._owned.keys[number] & keys for number in range(len(self._distributions))}
        shares = [
            self._share_of_folder(self._distributions[number], theirs, same, gone)
            for number, theirs in own.items()
            if theirs
        ]
        return Belonging(
            asked,
            meaning.means,
            "folder",
            path,
            _by_name(shares),
            files=len(keys),
            contested=len(same),
            unowned=len(strays),
            besides=besides([each.overlap for each in related], path, "folder"),
            below=self._below(same, gone, strays),
        )

    def _share_of_folder(self, each: Unread, keys: Collection[str], same: Sequence[Contested], gone: set[str]) -> Share:
        part = [one for one in same if each.id in one.overlap.ids]
        return self._share(each.id)._replace(
            files=len(keys),
            contested=len(part),
            held=sum(each.id in one.on_disk.matches for one in part),
            missing=len(gone.intersection(keys)),
        )

    def _below(self, same: Sequence[Contested], gone: set[str], strays: Iterable[str]) -> tuple[Below, ...]:
        found = [
            Below(each.overlap.path, each.overlap.ids, each.overlap.kind, each.on_disk.state, each.on_disk.matches)
            for each in same
        ]
        for key in gone - {each.key for each in same}:
            owners = tuple(self._distributions[number].id for number in self._owned.owners(key))
            found.append(Below(self._places.installed_path(key), owners, None, "missing"))
        found += [Below(self._places.installed_path(key), (), None, "present") for key in strays]
        return tuple(sorted(found, key=lambda each: each.path))

    def _walked(self, folder: str, keys: set[str]) -> tuple[set[str], list[str]]:
        """Which of the keys below a folder are gone, and the keys of what is there and nobody's."""
        if not os.path.isdir(folder):  # noqa: PTH112
            return {key for key in keys if state_of(self._places.on_disk(key)) == "missing"}, []
        seen = walk_below(folder, {self._places.on_disk(key) for key in keys})
        self._claims.skipped += [
            Skip(each, "unreadable", f"the folder cannot be listed ({why})") for each, why in seen.closed
        ]
        gone = {path for path in seen.unseen if state_of(path) == "missing"}
        return {self._places.key_of(path) or path for path in gone}, [
            self._places.key_of(path) or path for path in seen.strays
        ]

    def _installed_folder(self, folder: str) -> InstalledPath:
        places = self._places
        if folder in places.sites:
            return InstalledPath("site-packages")
        own = {"data": places.base.rstrip("/"), "scripts": places.scripts, "headers": places.headers}
        key = places.key_of(folder)
        for root, place in own.items():
            if folder.rstrip("/") == place and (key is None or is_absolute(key)):
                return InstalledPath(root)
        return places.installed_path(key or folder)

    def _share(self, id_: str) -> Share:
        each = self._claims.by_id[id_]
        return Share(id_, each.name, each.version, self._claims.asides.get(id_))


def _by_name(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda each: (each.name, each.id)))
