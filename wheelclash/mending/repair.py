"""A repair: what must be uninstalled and written again so that keepers are intact, read off the model disk. Pure.

The disk that was looked at is the beginning; what installers do to it is the model's business. A distribution is
uninstalled only if that was asked for. Who is not to be kept may lose what it contests with a keeper, and nothing else.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from wheelclash.disk import Disk
from wheelclash.installers.installer import Unordered
from wheelclash.layout import InstalledFile, Layout

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.disk import Intact
    from wheelclash.environment.contested import Contested
    from wheelclash.environment.scan import Scan
    from wheelclash.installers import Installer
    from wheelclash.layout import InstalledPath

__all__ = ["Obstacle", "ObstacleCode", "Repair", "Round", "Undecided", "model_disk", "plan_repair"]

_CHANGED = "changed"
_OWN = "own"
_STUB = "stub"


class Undecided(NamedTuple):
    """Contested files of which nothing says whose content is wanted.

    Attributes:
        owners: Ids of those that own them.
        paths: Which.
    """

    owners: tuple[str, ...]
    paths: tuple[InstalledPath, ...]


ObstacleCode = Literal["hidden-module", "folder-name", "startup-code"]


class Obstacle(NamedTuple):
    """A reason for which a keeper does not last, however late it is written, while the other stays installed.

    Attributes:
        keeper: Id of the keeper.
        other: Id of the other distribution.
        code: ``hidden-module``: imports find the other's module in place of the keeper's; ``folder-name``: where
            case does not matter, a folder has the other's spelling of its name while anything of the other is in it;
            ``startup-code``: the other runs code whenever Python starts, which may overwrite what is written.
        path: The module that is hidden, the folder, or the file that runs code.
    """

    keeper: str
    other: str
    code: ObstacleCode
    path: InstalledPath


class Round(NamedTuple):
    """One command.

    Attributes:
        removes: Whether it uninstalls; else it takes off the disk and writes again, pinned.
        ids: Of whom.
        leaves: Who is intact after it, by distribution id; only what is installed then.
    """

    removes: bool
    ids: tuple[str, ...]
    leaves: Mapping[str, Intact]


class Repair(NamedTuple):
    """What is to be done.

    Attributes:
        keep: Ids of the keepers named.
        drop: Ids of what is to be uninstalled.
        rounds: Commands, in order; none if there is nothing to do.
        undecided: What stays as it is until somebody says whom to keep.
        disturbed: Paths nobody decided whose content would not stay as it is: somebody must, before anything is done.
        losers: Ids of those that lose contested files to a keeper and stay installed.
        obstacles: What only uninstalling the other distribution overcomes.
    """

    keep: tuple[str, ...]
    drop: tuple[str, ...]
    rounds: tuple[Round, ...]
    undecided: tuple[Undecided, ...]
    disturbed: tuple[InstalledPath, ...]
    losers: tuple[str, ...]
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def rewritten(self) -> tuple[str, ...]:
        """Ids of what is written again, in order."""
        return tuple(id_ for each in self.rounds if not each.removes for id_ in each.ids)

    @property
    def open_paths(self) -> frozenset[InstalledPath]:
        """The paths that stay as they are."""
        return frozenset(path for each in self.undecided for path in each.paths)

    @property
    def is_decided(self) -> bool:
        """Whether it can be carried out: somebody said whom to keep, or nobody needs to."""
        return not self.disturbed and (bool(self.keep or self.drop) or not self.undecided)


def plan_repair(
    scan: Scan,
    installer: Installer,
    *,
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    ignored: Collection[InstalledPath] = frozenset(),
) -> Repair:
    """Plan a repair.

    Args:
        scan: What is on disk. Only what it hashed is known to be changed.
        installer: Whose commands will be run: it decides what is removed when.
        keep: Ids of the keepers; no two own one path with different content.
        drop: Ids of what is to be uninstalled; none of them a keeper.
        ignored: Paths of overlaps the user does not care for.
    """
    return _Planner(scan, installer, tuple(keep), tuple(drop), ignored).repair()


def model_disk(scan: Scan) -> Disk:
    """The model of what a scan found, cut down to what is contested, gone or changed."""
    records: dict[str, dict[InstalledPath, str]] = {each.id: {} for each in scan.distributions}
    contents: dict[InstalledPath, frozenset[str | None]] = {}
    for each in scan.contested:
        if each.overlap.is_one_file:
            path = each.overlap.path
            numbers = _numbers(each)
            for id_, number in numbers.items():
                records[id_][path] = number
            contents[path] = _there(each, numbers)
    for one in scan.distributions:
        for paths, there in ((one.missing, None), (one.changed, _CHANGED)):
            for path in paths:
                if path not in contents:
                    records[one.id][path] = _OWN
                    contents[path] = frozenset({there})
    return Disk.found(records, contents)


def _numbers(each: Contested) -> dict[str, str]:
    """Content of each owner; of namespace stubs each serves as well as the other."""
    if each.overlap.severity == "none":
        return dict.fromkeys(each.overlap.ids, _STUB)
    return {owner.id: str(owner.content) for owner in each.overlap.owners}


def _there(each: Contested, numbers: Mapping[str, str]) -> frozenset[str | None]:
    if each.on_disk.state == "missing":
        return frozenset({None})
    if each.on_disk.state == "changed":
        is_stub = each.on_disk.is_stub and each.overlap.severity == "none"
        return frozenset({_STUB if is_stub else _CHANGED})
    possible = each.on_disk.matches or [id_ for id_ in each.overlap.ids if id_ not in each.on_disk.losers]
    return frozenset(numbers[id_] for id_ in possible or each.overlap.ids)


class _Planner:
    def __init__(
        self,
        scan: Scan,
        installer: Installer,
        keep: tuple[str, ...],
        drop: tuple[str, ...],
        ignored: Collection[InstalledPath],
    ) -> None:
        self._keep = keep
        self._drop = drop
        self._installer = installer
        self._order = Unordered()
        self._disk = model_disk(scan)
        self._startup = scan.startup_against(keep)
        self._code = {each.id: each.startup for each in scan.distributions}
        self._rest = [each.id for each in scan.distributions if each.id not in drop]
        self._managed = {each.id for each in scan.distributions if each.manager is not None}
        self._clashes = [
            each for each in scan.contested if each.overlap.severity in {"error", "warning"}
        ]  # as wheels; on this disk they may be at rest
        self._everyday = {
            (each.id, path)
            for each in scan.distributions
            for path, absence in each.absences.items()
            if absence == "everyday"
        }
        self._ignored = {path for path in ignored if path in self._disk.contents}
        self._open = {each.overlap.path for each in self._clashes if self._is_open(each)}

    def repair(self) -> Repair:
        rewritten = self._renamed()
        rounds, disk = self._rounds(rewritten)
        ours = [id_ for id_ in self._rest if id_ not in self._managed]
        while damaged := {id_ for id_ in ours if id_ not in rewritten and self._lost(id_, disk)}:
            rewritten |= self._enough(damaged, disk)
            rounds, disk = self._rounds(rewritten)
        disturbed = {path for path in self._open | self._ignored if disk.contents[path] != self._disk.contents[path]}
        return Repair(
            keep=self._keep,
            drop=self._drop,
            rounds=tuple(rounds),
            undecided=tuple(self._undecided(self._open | disturbed)),
            disturbed=tuple(sorted(disturbed)),
            losers=self._losers(),
            obstacles=tuple(self._obstacles(rewritten)),
        )

    # -- what is wanted ----------------------------------------------------------------------------------

    def _is_open(self, each: Contested) -> bool:
        """Whether a file is lost to somebody, and nothing says whose content it should have."""
        path = each.overlap.path
        if not each.overlap.is_one_file or path in self._ignored:
            return False
        owners = {id_: number for id_, number in _numbers(each).items() if id_ not in self._drop}
        if len(set(owners.values())) <= 1 or not owners.keys().isdisjoint(self._keep):
            return False
        return not self._disk.contents[path] <= set(owners.values()) or bool(each.on_disk.losers)

    def _wants(self, id_: str, path: InstalledPath) -> bool:
        """Whether a distribution is to have its own content at a path it recorded."""
        if id_ in self._keep:
            return True
        if (id_, path) in self._everyday:
            return False
        mine = self._disk.records[id_].files[path]
        if path in self._open or path in self._ignored:  # then nothing changes: whoever has it keeps it
            return self._disk.contents[path] == frozenset({mine})
        return all(self._disk.records[each].files.get(path, mine) == mine for each in self._keep)

    def _undecided(self, paths: Collection[InstalledPath]) -> list[Undecided]:
        found: dict[tuple[str, ...], list[InstalledPath]] = {}
        for each in self._clashes:
            if each.overlap.path in paths and each.overlap.is_one_file:
                owners = tuple(id_ for id_ in each.overlap.ids if id_ not in self._drop)
                found.setdefault(owners, []).append(each.overlap.path)
        return [Undecided(owners, tuple(paths)) for owners, paths in sorted(found.items())]

    def _losers(self) -> tuple[str, ...]:
        """Who loses something to a keeper and stays."""
        found = set()
        for each in self._clashes:
            if each.overlap.is_one_file:
                numbers = _numbers(each)
                wanted = {numbers[id_] for id_ in numbers if id_ in self._keep}
                found |= {id_ for id_, number in numbers.items() if wanted and number not in wanted}
        return tuple(id_ for id_ in self._rest if id_ in found)

    def _obstacles(self, rewritten: Collection[str]) -> Iterator[Obstacle]:
        """Yield why keepers do not last, the first reason for each pair of distributions."""
        found: dict[tuple[str, str], Obstacle] = {}
        for each in self._clashes:
            code: ObstacleCode
            if each.overlap.is_folder:
                code, beaten = "folder-name", set(each.on_disk.losers)
            elif each.overlap.kind == "shadowed":
                code = "hidden-module"
                beaten = {owner.id for owner in each.overlap.owners if owner.file.path == each.overlap.path}
            else:
                continue
            keepers = [id_ for id_ in self._keep if id_ in beaten]
            for keeper, other in product(keepers, [id_ for id_ in each.overlap.ids if id_ not in self._drop]):
                if other not in (keepers if code == "folder-name" else beaten):
                    found.setdefault((keeper, other), Obstacle(keeper, other, code, each.overlap.path))
        for keeper, other in self._startup:
            if keeper in rewritten and other not in self._drop:
                obstacle = Obstacle(keeper, other, "startup-code", self._code[other][0])
                found.setdefault((keeper, other), obstacle)
        yield from found.values()

    def _renamed(self) -> set[str]:
        """Return who must be written again for a folder to have its own spelling of the name, since the others go."""
        found: set[str] = set()
        for each in self._clashes:
            stay = [id_ for id_ in each.overlap.ids if id_ not in self._drop]
            if each.overlap.is_folder and len(stay) == 1 and stay[0] not in self._managed:
                found.update(id_ for id_ in stay if id_ in each.on_disk.losers)
        return found

    # -- what it takes -----------------------------------------------------------------------------------

    def _lost(self, id_: str, disk: Disk) -> dict[InstalledPath, str]:
        """What a distribution is to have and lacks, or may lack by what was done."""
        return {
            path: content
            for path, content in disk.records[id_].files.items()
            if self._wants(id_, path)
            and (content not in disk.contents[path] or disk.contents[path] - self._disk.contents[path] - {content})
        }

    def _enough(self, damaged: Collection[str], disk: Disk) -> set[str]:
        """Of the damaged, those that must be written again: what several lost, whoever lost most brings back."""
        chosen = {id_ for id_ in damaged if id_ in self._keep}
        lost = {id_: self._lost(id_, disk) for id_ in self._rest if id_ in damaged}
        for id_, paths in sorted(lost.items(), key=lambda each: -len(each[1])):
            brought = [disk.records[each].files for each in chosen]
            if any(all(files.get(path) != content for files in brought) for path, content in paths.items()):
                chosen.add(id_)
        return chosen

    def _rounds(self, rewritten: Collection[str]) -> tuple[list[Round], Disk]:
        """The commands, and what they leave: what goes first, then what is written again, who shall win later."""
        disk = self._disk
        rounds = []
        if self._drop:
            disk = disk.uninstall(self._drop)
            rounds.append(Round(removes=True, ids=self._drop, leaves=_leaves(disk)))
        waiting = [id_ for id_ in self._rest if id_ in rewritten]
        while waiting:
            first = [id_ for id_ in waiting if not any(self._yields(other, id_) for other in waiting)]
            if not first:  # in a circle: each has a file of the other's; keepers never are
                first = [next((id_ for id_ in waiting if id_ not in self._keep), waiting[0])]
            disk = self._rewrite(disk, first)
            rounds.append(Round(removes=False, ids=tuple(first), leaves=_leaves(disk)))
            waiting = [id_ for id_ in waiting if id_ not in first]
        return rounds, disk

    def _yields(self, one: str, other: str) -> bool:
        """Whether one must be written before the other, which is to win a path that both write."""
        ours, theirs = self._disk.records[one].files, self._disk.records[other].files
        return one != other and any(
            ours.get(path, content) != content for path, content in theirs.items() if self._wants(other, path)
        )

    def _rewrite(self, disk: Disk, ids: Iterable[str]) -> Disk:
        layouts = {
            id_: Layout(
                {
                    path: InstalledFile(path, content, None, None, None)
                    for path, content in disk.records[id_].files.items()
                },
                frozenset(),
            )
            for id_ in ids
        }
        return disk.install(layouts, self._order, removes_all_first=self._installer.removes_all_first)


def _leaves(disk: Disk) -> dict[str, Intact]:
    return {id_: disk.intact(id_) for id_ in disk.records}
