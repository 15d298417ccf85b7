"""A repair: what must be uninstalled and written again so that keepers are intact, read off the model disk. Pure.

The disk that was looked at is the beginning; what installers do to it is the model's business. A distribution is
uninstalled only if that was asked for. Who is not to be kept may lose what it contests with a keeper, and nothing else.

What would be lost with a distribution: who requires it, and what only it lets import.

Carrying out: the steps of a repair run in the environment, up to the first that fails.

:func:`carry_out` is the only thing in the library that changes an environment, and it does so by the commands of the
environment's own installer.

A job: an environment to be mended, from the wish to what came of it.

The plan is the model's (:mod:`wheelclash.repair`). Whether the steps helped is told by a second scan, not by
their exit codes.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import closing
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from wheelclash.core.disk import Disk
from wheelclash.core.installer import IndexBlock, Unordered
from wheelclash.core.layout import InstalledFile, Layout
from wheelclash.core.plan import Step, check_keepers
from wheelclash.environment.distributions import RecordError
from wheelclash.environment.managed import listed_keys, restoring
from wheelclash.environment.origins import Origin, find_origins
from wheelclash.environment.paths import places_of
from wheelclash.environment.scan import scan
from wheelclash.errors import KeeperError, QuestionError
from wheelclash.installers import INSTALLERS, Invocation
from wheelclash.native.explain import explain_contested
from wheelclash.target.interpreter import on_path, target_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.disk import Intact
    from wheelclash.core.distribution import Skip
    from wheelclash.core.layout import InstalledPath
    from wheelclash.environment.scan import Contested, Installed, Scan
    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexFlags, IndexSettings
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.native.explain import Why
    from wheelclash.options import Ignore
    from wheelclash.session import Session
    from wheelclash.target.interpreter import Interpreter

__all__ = [
    "Job",
    "Loss",
    "Mended",
    "MendedState",
    "Obstacle",
    "ObstacleCode",
    "Outcome",
    "Repair",
    "Round",
    "Undecided",
    "Wish",
    "carry_out",
    "installer_for",
    "losses_of",
    "mend",
    "model_disk",
    "plan",
    "plan_repair",
    "refuse",
    "start",
    "steps_of",
    "variables",
]


class Loss(NamedTuple):
    """What would be lost with a distribution.

    Attributes:
        name: Its name.
        requirers: Names of installed distributions that require it.
        packages: Names that are imported from it and from nobody else.
    """

    name: str
    requirers: tuple[str, ...]
    packages: tuple[str, ...]


def losses_of(ids: Collection[str], scan: Scan) -> list[Loss]:
    """What would be lost if these were uninstalled.

    Args:
        ids: Of distributions.
        scan: The environment they are in; RECORDs are read once more.
    """
    if not ids:
        return []
    tops = {each.id: _imported(each, scan) for each in scan.distributions}
    found = []
    for each in scan.distributions:
        if each.id in ids:
            others = {name for id_, names in tops.items() if id_ not in ids for name in names}
            requirers = [one.name for one in scan.distributions if each.name in one.requires and one.id not in ids]
            found.append(Loss(each.name, tuple(requirers), tuple(sorted(tops[each.id] - others))))
    return found


def _imported(each: Installed, scan: Scan) -> set[str]:
    """Top-level names that can be imported from a distribution's files."""
    try:
        keys, _ = listed_keys(each, scan.places)
    except RecordError:
        return set()
    found = set()
    for key in keys:
        top, slash, rest = key.partition("/")
        if not slash:
            top, _, rest = top.partition(".")
            slash = "/" if rest in {"py", "so", "pyd"} or rest.endswith((".so", ".pyd")) else ""
        elif not rest.endswith((".py", ".so", ".pyd")):
            slash = ""
        if slash and top.isidentifier():
            found.add(top)
    return found


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


class Outcome(NamedTuple):
    """What became of one command.

    Attributes:
        code: Its exit code; None if it was not run.
        reason: Why it could not be run; empty if it was, or was never tried.
    """

    code: int | None = None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it was tried in vain."""
        return self.code not in {0, None} or bool(self.reason)


_ELSEWHERE = frozenset({
    "PIP_DRY_RUN", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "UV_DRY_RUN", "UV_PREFIX", "UV_TARGET",
})  # fmt: skip
"""Variables that would have an installer write somewhere else, or nowhere."""


def variables(
    environ: Mapping[str, str], installer: Installer, settings: IndexSettings, credentials: Credentials, *, alone: bool
) -> dict[str, str]:
    """The variables to run an installer with, so that it looks where the wheels were found.

    Where that is what it is configured with, it is left as it is. Credentials go into variables: a list of processes
    shows arguments.

    Args:
        environ: To begin with.
        installer: Which.
        settings: Where wheels were looked for.
        credentials: For these places.
        alone: Whether its configuration is to be left aside although nothing else was named (``--no-config``).
    """
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environ = {name: value for name, value in environ.items() if name.upper() not in _ELSEWHERE}
    if not alone and settings.kind in {installer.name, "default"} and settings.flags.cert is None:
        return {**environ, **quiet}
    block = IndexBlock(
        index_url=None if settings.index_url is None else credentials.restore(settings.index_url),
        extra_index_urls=tuple(map(credentials.restore, settings.extra_index_urls)),
        find_links=tuple(map(credentials.restore, settings.find_links)),
        merges=settings.strategy == "merge",
        cert=settings.cert,
    )
    told = {**environ, **quiet, **installer.index_variables(block)}
    return {name: value for name, value in told.items() if value is not None}


def refuse(scan: Scan, interpreter: Interpreter) -> None:
    """Refuse to change what must not or cannot be changed.

    Raises:
        QuestionError: The environment is the system's own (PEP 668), or it cannot be written to.
    """
    if interpreter.externally_managed:
        raise QuestionError(
            f"{interpreter.prefix} is externally managed: its packages are the system's own business (PEP 668).",
            "Mend a virtual environment, or run the printed commands yourself with --break-system-packages.",
        )
    for folder in (*scan.places.sites, scan.places.scripts):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):  # noqa: PTH112
            raise QuestionError(f"{folder} cannot be written to.", "Nothing was changed.")


def carry_out(
    commands: Sequence[Sequence[str]], installer: Installer, environ: Mapping[str, str], output: IO[bytes] | int
) -> list[Outcome]:
    """Run commands, one after the other, up to the first that fails.

    Args:
        commands: Argument lists.
        installer: Whose they are.
        environ: The variables to run them with.
        output: Where what they print goes.

    Returns:
        What became of each; those after a failure were not run.
    """
    found: list[Outcome] = []
    for each in commands:
        if found and (found[-1].failed or found[-1].code is None):
            found.append(Outcome())
            continue
        command = _program(each, installer, environ)
        try:
            found.append(Outcome(_run(command, environ, output)))
        except OSError as error:
            found.append(Outcome(reason=f"{command[0]} cannot be run ({error.strerror})"))
    return found


def start(interpreter: Interpreter, environ: Mapping[str, str], output: IO[bytes] | int) -> None:
    """Start an interpreter once, as any program would: code that it runs then may undo what was just written.

    Args:
        interpreter: Which.
        environ: The variables to start it with.
        output: Where what it prints goes.
    """
    with contextlib.suppress(OSError):  # whatever came of it, the disk is looked at next
        _run([str(interpreter.executable), "-c", "pass"], environ, output)


def _run(command: Sequence[str], environ: Mapping[str, str], output: IO[bytes] | int) -> int:
    """Run a command to its end, come what may: an installer that is killed halfway rolls nothing back.

    A thread starts it and waits for it, so that no signal's handler can come between the two. Interrupted from the
    terminal, it ends in its own way; where only this process was told to end (``SIGTERM``), it is interrupted too.
    """
    from concurrent.futures import Future, wait

    started: Future[subprocess.Popen[bytes]] = Future()
    ended: Future[int] = Future()

    def work() -> None:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(environ)
            )
        except BaseException as error:  # noqa: BLE001 - raised where the end is waited for
            started.set_exception(error)
            ended.set_exception(error)
            return
        started.set_result(process)
        ended.set_result(process.wait())

    thread = threading.Thread(target=work, name="wheelclash: installer")
    try:
        thread.start()
        return ended.result()
    except BaseException as reason:
        if thread.ident is not None and not isinstance(reason, KeyboardInterrupt):
            wait([started])
            if started.exception() is None:
                _interrupt(started.result())
        raise
    finally:
        if thread.ident is not None:
            thread.join()


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Have an installer stop and put back what it replaced."""
    with contextlib.suppress(OSError):
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)


def _program(command: Sequence[str], installer: Installer, environ: Mapping[str, str]) -> Sequence[str]:
    """The command as it is run: what is not on PATH may come with this very environment."""
    first, *rest = command
    if first != installer.name or next(on_path(first, environ), None) is not None:
        return command
    if installer.name == "uv":
        try:
            from uv import find_uv_bin

            return [os.fspath(find_uv_bin()), *rest]
        except (ImportError, OSError):
            return command
    return [sys.executable, "-P", "-m", first, *rest]  # -P: not a pip.py of the current folder


class Wish(NamedTuple):
    """What the user wants of an environment.

    Attributes:
        keep: Normalised names of the distributions that shall be intact.
        drop: Normalised names of those that shall go.
        ignores: Overlaps that are known.
    """

    keep: Sequence[str] = ()
    drop: Sequence[str] = ()
    ignores: Sequence[Ignore] = ()


class Job(NamedTuple):
    """What is to be mended, and how.

    Attributes:
        interpreter: Of the environment.
        wish: What is wanted.
        installer: Whose commands; None for the environment's own installer.
        flags: Where to look for wheels; by default where the installer is configured to look.
        use_config: Whether pip's and uv's variables and files are read.
        environ: Environment variables, for both.
        apply: Whether the plan is carried out, rather than only made.
        output: Where the installer prints to: a file, or what :mod:`subprocess` takes for one.
    """

    interpreter: Interpreter
    wish: Wish
    installer: InstallerName | None
    flags: IndexFlags
    use_config: bool
    environ: Mapping[str, str]
    apply: bool
    output: IO[bytes] | int


MendedState = Literal["whole", "planned", "undecided", "needs-drop", "no-wheel", "mended", "failed"]


class Mended(NamedTuple):
    """What came of it.

    Attributes:
        state: ``whole`` (nothing to do), ``planned`` (nothing was done), ``undecided`` (a keeper must be named),
            ``needs-drop`` (a keeper would not last while another distribution stays; nothing was done), ``no-wheel``
            (something cannot be written again; nothing was done), ``mended`` or ``failed``.
        installer: Whose commands these are.
        before: The environment as it was.
        repair: The plan.
        steps: Its commands.
        origins: The wheels of what is written again, by distribution id.
        reasons: Of undecided native files, why they matter.
        outcomes: What became of each step; none if nothing was done.
        after: The environment as it is now, if anything was done.
        left: What would still be to do then.
    """

    state: MendedState
    installer: InstallerName
    before: Scan
    repair: Repair
    steps: Sequence[Step]
    origins: Mapping[str, Origin | Skip]
    reasons: Mapping[InstalledPath, Why] = MappingProxyType({})
    outcomes: Sequence[Outcome] = ()
    after: Scan | None = None
    left: Repair | None = None


def mend(job: Job, session: Session) -> Mended:
    """Plan a repair and, if that is wanted, carry it out and look again.

    Args:
        job: What is to be mended.
        session: Client and cache for looking up wheels.

    Raises:
        QuestionError: The environment or the wish makes no sense, or the environment must not be changed.
    """
    interpreter = job.interpreter
    before = scan(places_of(interpreter), target_of(interpreter), verify=job.wish.keep)
    name = job.installer or installer_for(before, interpreter, job.environ)
    installer = next(each for each in INSTALLERS if each.name == name)
    repair = plan(before, job.wish, installer)
    if repair.obstacles:
        return Mended("needs-drop", name, before, repair, (), {})
    settings = session.index_settings(
        index=job.flags, installer=name, use_config=job.use_config, prefix=interpreter.prefix, environ=job.environ
    )
    written = [each for each in before.distributions if each.id in repair.rewritten]
    with closing(session.reader.for_question(settings.cert)) as reader:
        origins = find_origins(written, before, settings, reader, fresh=0)
    steps = steps_of(repair, before, origins, installer, _printed(interpreter, installer, settings))
    mended = Mended("planned", name, before, repair, steps, origins)
    if not repair.is_decided:
        contested = [each for each in before.contested if each.overlap.path in repair.open_paths]
        with closing(session.reader.for_question(settings.cert)) as reader:
            reasons = explain_contested(contested, before, settings, reader)
        return mended._replace(state="undecided", reasons=reasons)
    if not steps:
        beyond = not (job.wish.keep or job.wish.drop) and any(_is_beyond_reach(each) for each in before.distributions)
        return mended._replace(state="no-wheel" if beyond else "whole")
    if any(not isinstance(each, Origin) for each in origins.values()):
        if any(not isinstance(each, Origin) and each.code == "variant" for each in origins.values()):
            mended = mended._replace(steps=())  # run as printed, they would write another build in its place
        return mended._replace(state="no-wheel")
    if not job.apply:
        return mended
    refuse(before, interpreter)
    local = all(isinstance(each, Origin) and each.candidate.path is not None for each in origins.values())
    if session.fetcher.offline and not local:
        raise QuestionError(
            "Offline, nothing says that the wheels can still be had, and what is taken off the disk could not be"
            " written again.",
            "Leave out --offline, or name a folder that has them with --find-links.",
        )
    environ = variables(job.environ, installer, settings, session.credentials, alone=not job.use_config)
    nobody = (installer.offline_flag,) if session.fetcher.offline else ()
    options = ("--no-index",) if settings.index_url is None else nobody
    here = Invocation(str(interpreter.executable), interpreter.has_pip, index_options=options)
    commands = [each.command for each in steps_of(repair, before, origins, installer, here)]
    outcomes = carry_out(commands, installer, environ, job.output)
    start(interpreter, job.environ, job.output)
    return _looked_at_again(mended._replace(outcomes=outcomes), job.wish, installer)


def _is_beyond_reach(distribution: Installed) -> bool:
    """Return whether an import needs what a package lacks that another package manager alone can write again."""
    return distribution.manager is not None and "breaks" in distribution.absences.values()


def _looked_at_again(mended: Mended, wish: Wish, installer: Installer) -> Mended:
    """Whether nothing is left to do, by what is on disk now."""
    before, repair = mended.before, mended.repair
    by_id = {each.id: each.name for each in before.distributions}
    after = scan(before.places, before.target, verify={by_id[id_] for id_ in (*repair.keep, *repair.rewritten)})
    there = {each.name for each in after.distributions}
    rest = wish._replace(
        keep=[name for name in wish.keep if name in there], drop=[name for name in wish.drop if name in there]
    )
    left = plan(after, rest, installer)
    failed = any(each.failed for each in mended.outcomes)
    lost = {by_id[id_] for id_ in (*repair.keep, *repair.rewritten)} - there
    open_ = left.undecided and not (wish.keep or wish.drop)
    state: MendedState = "failed" if failed or lost or left.rounds or left.obstacles or open_ else "mended"
    return mended._replace(state=state, after=after, left=left)


def _printed(interpreter: Interpreter, installer: Installer, settings: IndexSettings) -> Invocation:
    """How printed commands name environment and index."""
    flags = settings.flags
    options = installer.index_options(
        index_url=None if flags.index_url is None else _absolute(flags.index_url),
        extra_index_urls=tuple(map(_absolute, flags.extra_index_urls)),
        find_links=tuple(map(_absolute, flags.find_links)),
        no_index=flags.no_index,
    )
    alone = interpreter.is_active and (installer.name != "pip" or interpreter.has_pip)
    python = None if alone else str(interpreter.executable)
    return Invocation(python, interpreter.has_pip, index_options=options)


def _absolute(place: str) -> str:
    """A location as a command names it from any folder; pip fails on an index that is a relative path."""
    return place if "://" in place else Path(place).expanduser().resolve().as_uri()


# -- planning ------------------------------------------------------------------------------------------------


def plan(found: Scan, wish: Wish, installer: Installer) -> Repair:
    """Plan the repair that was wished for.

    Raises:
        KeeperError: A name is not installed, is to be kept and dropped, or keepers own one path with different
            content.
    """
    names = {each.id: each.name for each in found.distributions}
    overlaps = [each.overlap for each in found.contested]
    found.require_compared(wish.keep, "--keep")
    found.require_compared(wish.drop, "--drop")
    for option, wanted in (("--keep", wish.keep), ("--drop", wish.drop)):
        _require_ours(option, wanted, found)
    keep = check_keepers(wish.keep, found.distributions, overlaps)
    drop = _dropped(wish.drop, found, keep)
    ignored = {
        each.path
        for each in overlaps
        if each.severity != "none" and any(one.matches(each, names) for one in wish.ignores)
    }
    return plan_repair(found, installer, keep=keep, drop=drop, ignored=ignored)


def _require_ours(option: str, wanted: Iterable[str], found: Scan) -> None:
    """Refuse to mend or uninstall what another package manager installed.

    Raises:
        KeeperError: One of the names is such; the hint gives that manager's command.
    """
    for each in found.distributions:
        if each.manager is not None and each.name in wanted:
            command = shlex.join(restoring(each.manager, each.name, each.version, found.places))
            raise KeeperError(
                f"{option} {each.name}: it is {each.manager}'s, and neither pip nor uv writes or removes it.",
                f"To have it written again: {command}" if option == "--keep" else f"Use {each.manager} itself.",
            )


def _dropped(wanted: Iterable[str], installed: Scan, keep: Sequence[str]) -> list[str]:
    by_name = {each.name: each.id for each in installed.distributions}
    for name in wanted:
        if by_name[name] in keep:
            raise KeeperError(f"{name} is to be kept and dropped.", "Name it once.")
    return list(dict.fromkeys(by_name[name] for name in wanted))


def installer_for(installed: Scan, interpreter: Interpreter, environ: Mapping[str, str]) -> InstallerName:
    """The environment's own installer: what installed most of it, if it can be run; else the other.

    Args:
        installed: Tells by INSTALLER.
        interpreter: Of the environment; it may have pip.
        environ: For PATH.
    """
    counts = {each.name: sum(one.installer == each.name for one in installed.distributions) for each in INSTALLERS}
    available = [each.name for each in INSTALLERS if _can_run(each, interpreter, environ)]
    return max(available or list(counts), key=lambda name: (counts[name], name == "pip" and interpreter.has_pip))


def _can_run(installer: Installer, interpreter: Interpreter, environ: Mapping[str, str]) -> bool:
    """Whether there is one: on PATH, beside this library, or, of pip, in the environment itself."""
    if next(on_path(installer.name, environ), None) is not None or (installer.name == "pip" and interpreter.has_pip):
        return True
    from importlib.util import find_spec

    return find_spec(installer.name) is not None


def steps_of(
    repair: Repair, found: Scan, origins: Mapping[str, Origin | Skip], installer: Installer, where: Invocation
) -> list[Step]:
    """The commands of a repair, each with the state it leaves.

    Args:
        repair: The plan.
        found: What it was made for.
        origins: The wheels of what is written again; without one, the installed version is named.
        installer: Whose commands.
        where: How they name environment and index.
    """
    by_id = {each.id: each for each in found.distributions}
    steps = []
    for number, each in enumerate(repair.rounds, 1):
        names = ", ".join(by_id[id_].name for id_ in each.ids)
        if each.removes:
            command = installer.uninstall([by_id[id_].name for id_ in each.ids], where)
            why = f"Uninstall {names}, and with it what it shared"
        else:
            command = installer.reinstall([_pinned(by_id[id_], origins.get(id_)) for id_ in each.ids], where)
            why = f"Write {names} again, {'last and ' if number == len(repair.rounds) else ''}pinned"
        concerned = dict.fromkeys([*repair.keep, *repair.rewritten, *repair.losers])
        state = ", ".join(f"{by_id[id_].name} {_STATES[each.leaves[id_]]}" for id_ in concerned if id_ in each.leaves)
        steps.append(Step(command, f"{why}; then {state or 'nothing of it is left'}.", each.leaves))
    return steps


_STATES = {"yes": "is intact", "no": "is not intact", "undetermined": "may be intact or not"}


def _pinned(each: Installed, origin: Origin | Skip | None) -> str:
    return origin.pinned if isinstance(origin, Origin) else f"{each.name}=={each.version}"
