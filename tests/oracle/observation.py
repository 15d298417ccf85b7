"""What really happens: cases put through the same few steps by a real installer, with a snapshot after each.

A :class:`Script` is a list of steps such as "install the first wheel", "install the second", "uninstall the first".
One run of a script takes a batch of cases through it at once, one installer command a step, in one environment.
"""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from filelock import FileLock

from tests.support.environments import INSTALLER_NAMES, InstallerName, RealInstaller

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from tests.oracle.cases import Case
    from tests.support.environments import Environment, Environments

__all__ = ["ALONE", "SCRIPTS", "Observations", "Script", "Step", "scripts_for"]

_BATCH = 45  # cases in one environment; pip's resolver takes time in the square of it
_AT_ONCE = 2  # environments being written at the same time
_MOST_WHEELS = 3


class Step(NamedTuple):
    """One installer command.

    Attributes:
        act: ``install`` (several wheels: in one command, with the dependencies among them), ``reinstall`` (forced,
            without dependencies) or ``uninstall``.
        positions: Which wheels of each case, in the order of the command line.
    """

    act: Literal["install", "reinstall", "uninstall"]
    positions: tuple[int, ...]

    def __str__(self) -> str:
        """E.g. ``install 0 1``."""
        return " ".join([self.act, *map(str, self.positions)])


Script = tuple[Step, ...]


def scripts_for(installer: InstallerName, cases: Iterable[Case]) -> list[str]:
    """The scripts that show something new of these cases under an installer.

    The third rotation is for cases of three wheels, repetition for the installer that leaves things to chance.
    """
    most = max(len(case.wheels) for case in cases)
    passed_over = {"again-and-again"} if installer == "pip" else set()
    if most < _MOST_WHEELS:
        passed_over.add(ALONE[2])
    return [name for name in SCRIPTS if name not in passed_over]


def _separate(*positions: int) -> Script:
    """Separate commands, one wheel each, then the first installed is taken away, then the others."""
    steps = [Step("install", (each,)) for each in positions]
    return (*steps, Step("uninstall", positions[:1]), Step("uninstall", positions[1:]))


_ALL = tuple(range(_MOST_WHEELS))

SCRIPTS: Mapping[str, Script] = {
    "separate-012": _separate(0, 1, 2),
    "separate-120": _separate(1, 2, 0),
    "separate-201": _separate(2, 0, 1),
    "together": (Step("install", _ALL), Step("reinstall", (0,)), Step("reinstall", (1,)), Step("uninstall", (0,))),
    "again-and-again": (Step("install", _ALL), *[Step("reinstall", _ALL)] * 4),
    "together-backwards": (Step("install", _ALL[::-1]), Step("uninstall", (1,)), Step("reinstall", _ALL[::-1])),
}

ALONE: Mapping[int, str] = {0: "separate-012", 1: "separate-120", 2: "separate-201"}
"""The script whose first step installs the wheel of that position, and nothing else of its case."""

Snapshot = dict[str, bytes]


@dataclass
class Observations:
    """Snapshots of real environments, made when first asked for.

    All scripts of a batch are started together, two at a time. What one process of a run (pytest-xdist) has seen, the
    others read.

    Attributes:
        environments: Makes environments.
        folder: For wheels and caches.
        shared: For snapshots; the same for all processes of a run, and of no other run.
        last_first: Whether to begin with the scripts that another process comes to last.
        any: Some fresh environment, for its paths.
    """

    environments: Environments
    folder: Path
    shared: Path
    last_first: bool = False
    any: Environment = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing seen."""
        (self.folder / "wheels").mkdir()  # uv refuses --find-links of a folder that is not there
        self.any = self.environments.new()
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._seen: dict[tuple[InstallerName, str, int], Future[list[Snapshot]]] = {}
        self._batches: dict[str, list[Case]] = {}

    def add(self, cases: Sequence[Case]) -> None:
        """Make cases known, in batches."""
        for start in range(0, len(cases), _BATCH):
            batch = list(cases[start : start + _BATCH])
            self._batches |= {case.stem: batch for case in batch}

    def installer(self, name: InstallerName) -> RealInstaller:
        """The real installer, with this object's cache, and the wheels of all cases for an index."""
        return RealInstaller(name, self.folder / f"cache-{name}", self.folder / "wheels")

    def wheels(self, cases: Iterable[Case], positions: Iterable[int]) -> list[Path]:
        """The wheels of those positions, written to disk."""
        positions = tuple(positions)
        found = []
        for case in cases:
            for position in positions:
                if position < len(case.wheels):
                    path = self.folder / "wheels" / case.wheels[position].filename
                    found.append(path if path.exists() else case.wheels[position].write(path.parent))
        return found

    def after(self, installer: InstallerName, script: str, case: Case) -> list[Snapshot]:
        """The files of ``case`` after each step of a script."""
        return [case.of(snapshot) for snapshot in self._run(installer, script, self._batches[case.stem]).result()]

    def alone(self, installer: InstallerName, case: Case, position: int) -> Snapshot:
        """The files one wheel of a case writes into a fresh environment."""
        return self.after(installer, ALONE[position], case)[0]

    def close(self) -> None:
        """Wait for what was started."""
        self._pool.shutdown(cancel_futures=True)

    def _run(self, installer: InstallerName, script: str, batch: list[Case]) -> Future[list[Snapshot]]:
        key = (installer, script, id(batch))
        if key not in self._seen:
            self.wheels(batch, _ALL)  # before any thread does
            runs = [(name, script) for name in INSTALLER_NAMES for script in scripts_for(name, batch)]
            for each_installer, each_script in reversed(runs) if self.last_first else runs:
                self._seen[each_installer, each_script, id(batch)] = self._pool.submit(
                    self._play_once, each_installer, each_script, batch
                )
        return self._seen[key]

    def _play_once(self, name: InstallerName, script: str, batch: list[Case]) -> list[Snapshot]:
        """Take a batch through a script, or read what another process saw when it did."""
        stems = "\n".join(case.stem for case in batch)
        kept = self.shared / f"{name}-{script}-{sha256(stems.encode()).hexdigest()[:16]}.pickle"
        with FileLock(f"{kept}.lock"):
            if kept.exists():
                seen: list[Snapshot] = pickle.loads(kept.read_bytes())  # noqa: S301 - of this very run
                return seen
            seen = self._play(name, SCRIPTS[script], batch)
            kept.write_bytes(pickle.dumps(seen))
            return seen

    def _play(self, name: InstallerName, script: Script, batch: list[Case]) -> list[Snapshot]:
        """Take a batch through a script in a fresh environment."""
        installer = self.installer(name)
        environment = self.environments.new()
        snapshots = []
        for step in script:
            wheels = self.wheels(batch, step.positions)
            names = [each for case in batch for each in case.named(step.positions)]
            if not names:
                pass  # no case of the batch has that many wheels
            elif step.act == "uninstall":
                installer.uninstall(environment, names).expect()
            elif step.act == "reinstall":
                installer.install(environment, wheels, "--force-reinstall", "--no-deps").expect()
            elif len(step.positions) == 1:
                installer.install(environment, wheels, "--no-deps").expect()
            else:
                installer.install(environment, wheels).expect()
            snapshots.append(environment.snapshot())
        return snapshots
