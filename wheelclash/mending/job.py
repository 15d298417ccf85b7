"""A job: an environment to be mended, from the wish to what came of it.

The plan is the model's (:mod:`wheelclash.mending.repair`). Whether the steps helped is told by a second scan, not by
their exit codes.
"""

from __future__ import annotations

import shlex
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from wheelclash.environment import places_of, scan
from wheelclash.environment.managed import restoring
from wheelclash.errors import KeeperError, QuestionError
from wheelclash.installers import INSTALLERS, Invocation
from wheelclash.interpreter import on_path, target_of
from wheelclash.mending.carrying_out import Outcome, carry_out, refuse, start, variables
from wheelclash.mending.repair import Repair, plan_repair
from wheelclash.origins import Origin, find_origins
from wheelclash.remedy import Step, check_keepers
from wheelclash.why import explain_contested

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.environment.scan import Installed, Scan
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.interpreter import Interpreter
    from wheelclash.layout import InstalledPath
    from wheelclash.question import Ignore
    from wheelclash.session import Session
    from wheelclash.sources.candidate import Skip
    from wheelclash.sources.settings import IndexFlags, IndexSettings
    from wheelclash.why import Why

__all__ = ["Job", "Mended", "MendedState", "Wish", "installer_for", "mend", "plan", "steps_of"]


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
