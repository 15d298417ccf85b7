"""Mending an environment: plan, see that every wheel is there, run the steps, look again.

The plan is the model's (:mod:`wheelclash.environment.repair`); the steps are commands of the environment's own
installer, and whether they helped is told by a second scan, not by their exit codes. :func:`carry_out` is the only
thing in the library that changes an environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.environment.records import RecordError, recorded_keys
from wheelclash.environment.repair import Repair, plan_repair
from wheelclash.errors import KeeperError, QuestionError
from wheelclash.installers import INSTALLERS
from wheelclash.interpreter import on_path
from wheelclash.origins import Origin
from wheelclash.remedy import Step, check_keepers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.environment.scan import Installed, Scan
    from wheelclash.installers import Installer, InstallerName, Invocation
    from wheelclash.interpreter import Interpreter
    from wheelclash.question import Ignore
    from wheelclash.sources.candidate import Skip

__all__ = ["Loss", "Ran", "Wish", "carry_out", "installer_for", "losses_of", "plan", "refuse", "steps_of"]


class Wish(NamedTuple):
    """What the user wants of an environment.

    Attributes:
        keep: Names of the distributions that shall be intact.
        drop: Names of those that shall go.
        ignores: Overlaps that are known.
    """

    keep: Sequence[str] = ()
    drop: Sequence[str] = ()
    ignores: Sequence[Ignore] = ()


class Ran(NamedTuple):
    """What became of one step.

    Attributes:
        step: The step.
        code: The command's exit code; None if it was not run.
        reason: Why it could not be run, or empty.
    """

    step: Step
    code: int | None = None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it was tried in vain."""
        return self.code not in {0, None} or bool(self.reason)


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


# -- planning ------------------------------------------------------------------------------------------------


def plan(scan: Scan, wish: Wish, installer: Installer) -> Repair:
    """Plan the repair that was wished for.

    Raises:
        KeeperError: A name is not installed, is to be kept and dropped, or keepers own one path with different
            content.
        QuestionError: A keeper's module is hidden by somebody else's, which no reinstallation changes.
    """
    names = {each.id: each.name for each in scan.distributions}
    overlaps = [each.overlap for each in scan.contested]
    keep = check_keepers([canonicalize_name(each.strip()) for each in wish.keep], scan.distributions, overlaps)
    drop = _dropped(wish.drop, scan, keep)
    ignored = {
        each.path
        for each in overlaps
        if each.severity != "none" and any(one.matches(each, names) for one in wish.ignores)
    }
    repair = plan_repair(scan, installer, keep=keep, drop=drop, ignored=ignored)
    if repair.hidden:
        told = "; ".join(f"a module of {names[one]} is hidden by one of {names[other]}" for one, other in repair.hidden)
        options = " ".join(f"--drop {names[other]}" for other in dict.fromkeys(other for _, other in repair.hidden))
        raise QuestionError(f"Nothing that is written again helps: {told}.", f"Only {options} does.")
    return repair


def _dropped(wanted: Iterable[str], scan: Scan, keep: Sequence[str]) -> list[str]:
    by_name = {each.name: each.id for each in scan.distributions}
    found = []
    for given in wanted:
        name = canonicalize_name(given.strip())
        if name not in by_name:
            from wheelclash.suggest import near

            raise KeeperError(f"--drop {name}: no distribution of that name is installed.", near(name, by_name))
        if by_name[name] in keep:
            raise KeeperError(f"{name} is to be kept and dropped.", "Name it once.")
        found.append(by_name[name])
    return list(dict.fromkeys(found))


def installer_for(scan: Scan, interpreter: Interpreter, environ: Mapping[str, str]) -> InstallerName:
    """The environment's own installer: what installed most of it, if it can be run; else the other.

    Args:
        scan: Tells by INSTALLER.
        interpreter: Of the environment; it may have pip.
        environ: For PATH.
    """
    counts = {each.name: sum(one.installer == each.name for one in scan.distributions) for each in INSTALLERS}
    available = [
        each.name
        for each in INSTALLERS
        if next(on_path(each.name, environ), None) or (each.name == "pip" and interpreter.has_pip)
    ]
    return max(available or list(counts), key=lambda name: (counts[name], name == "pip" and interpreter.has_pip))


def steps_of(
    repair: Repair, scan: Scan, origins: Mapping[str, Origin | Skip], installer: Installer, where: Invocation
) -> list[Step]:
    """The commands of a repair, each with the state it leaves.

    Args:
        repair: The plan.
        scan: What it was made for.
        origins: The wheels of what is written again; without one, the installed version is named.
        installer: Whose commands.
        where: How they name environment and index.
    """
    by_id = {each.id: each for each in scan.distributions}
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


def losses_of(ids: Sequence[str], scan: Scan) -> list[Loss]:
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
        keys, _ = recorded_keys(each.record, each.site, scan.places)
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


# -- carrying out --------------------------------------------------------------------------------------------


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
    steps: Sequence[Step], installer: Installer, environ: Mapping[str, str], output: IO[bytes] | int
) -> list[Ran]:
    """Run steps, one after the other, up to the first that fails.

    Args:
        steps: The commands.
        installer: Whose they are.
        environ: The variables to run them with.
        output: Where what they print goes.

    Returns:
        What became of each; those after a failure were not run.
    """
    found: list[Ran] = []
    for step in steps:
        if any(each.failed for each in found):
            found.append(Ran(step))
            continue
        command = [*_program(step.command, installer, environ)]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(environ), check=False
            )
        except OSError as error:
            found.append(Ran(step, reason=f"{command[0]} cannot be run ({error.strerror})"))
        else:
            found.append(Ran(step, done.returncode))
    return found


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
    return [sys.executable, "-m", first, *rest]
