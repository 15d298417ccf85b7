"""The repair of an environment: from what was asked to what came of it.

The plan is the model's (:mod:`wheelclash.core.plan`). :func:`run` is the only function in the library that changes an
environment, and it does so by the commands of the environment's own installer, up to the first that fails. Whether they
helped is told by a second scan, not by their exit codes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from wheelclash.core.distribution import Skip
from wheelclash.core.installer import IndexBlock
from wheelclash.core.plan import check_keepers, plan_repair
from wheelclash.environment.hindrances import hindrances
from wheelclash.environment.invocation import invocation_for
from wheelclash.environment.locate import installer_for
from wheelclash.environment.managed import managed_as, restoring
from wheelclash.environment.origins import Origin, find_origins
from wheelclash.environment.paths import places_of
from wheelclash.environment.scan import scan
from wheelclash.environment.situation import situation_of
from wheelclash.errors import KeeperError, QuestionError
from wheelclash.index.configured import configured, diverting, without_configuration
from wheelclash.installers import INSTALLERS, Invocation
from wheelclash.native.explain import LARGEST, LIMIT, explain_contested
from wheelclash.report.build import ignored_contested
from wheelclash.report.view import CommandOutcome, RepairResult
from wheelclash.target.interpreter import on_path, target_of
from wheelclash.threads import interruptible
from wheelclash.wording import command_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wheelclash.accepted import Acceptance
    from wheelclash.core.distribution import Distribution
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.plan import Repair, RepairState
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.scan import Scan
    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexOptions, IndexSettings
    from wheelclash.installers import Installer, InstallerName
    from wheelclash.progress import Progress
    from wheelclash.session import Session
    from wheelclash.target.interpreter import Interpreter

__all__ = ["RepairRequest", "plan_for", "refuse", "repair", "run", "start", "variables"]


_PIECE = 64 * 1024

_GRACE = 5.0
"""Seconds to wait for the rest of an installer's output; a program that it left running may keep the pipe open."""


def variables(
    environ: Mapping[str, str],
    installer: Installer,
    settings: IndexSettings,
    credentials: Credentials,
    *,
    configuration: Mapping[str, str],
) -> dict[str, str]:
    """Return the variables to run an installer with: it looks where the wheels were found, and writes where it is told.

    Whatever else it is configured with is left out, except for settings under which its commands do the same. Else it
    could uninstall a distribution, and then fail, or write it to another place. Credentials go into variables: a list
    of processes shows arguments.

    Args:
        environ: To begin with.
        installer: Which.
        settings: Where wheels were looked for.
        credentials: For these places.
        configuration: What the installer is configured with.
    """
    block = IndexBlock(
        index_url=None if settings.index_url is None else credentials.restore(settings.index_url),
        extra_index_urls=tuple(map(credentials.restore, settings.extra_index_urls)),
        find_links=tuple(map(credentials.restore, settings.find_links)),
        merges=settings.strategy == "merge",
        cert=settings.cert,
        trusted_hosts=settings.trusted_hosts,
    )
    quiet = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    values = {
        **without_configuration(installer, environ, configuration),
        **quiet,
        **installer.index_variables(block),
    }
    return {name: value for name, value in values.items() if value is not None}


def refuse(scan: Scan, interpreter: Interpreter, ids: Collection[str] = ()) -> None:
    """Refuse to change what must not or cannot be changed.

    Args:
        scan: What is on disk.
        interpreter: Of the environment.
        ids: Of what is to be uninstalled or written again.

    Raises:
        QuestionError: The environment is the system's own (PEP 668), or it or a folder with files of these
            distributions cannot be written to: an installer would stop halfway.
    """
    if interpreter.externally_managed:
        raise QuestionError(
            f"{interpreter.prefix} is externally managed: its packages are the system's own business (PEP 668).",
            "Mend a virtual environment, or run the printed commands yourself with --break-system-packages.",
        )
    acted = (distribution for distribution in scan.distributions if distribution.id in ids)
    inner = {
        _nearest(scan.places.on_disk(folder).rstrip("/")) for distribution in acted for folder in distribution.names
    }
    for folder in (*scan.places.sites, scan.places.scripts, *sorted(inner)):
        if os.path.isdir(folder) and not os.access(folder, os.W_OK):  # noqa: PTH112
            raise QuestionError(f"{folder} cannot be written to.", "Nothing was changed.")


def _nearest(folder: str) -> str:
    """Return a folder, or the nearest above it that is there: what is missing is made there."""
    while folder and not os.path.lexists(folder):
        folder = os.path.dirname(folder)  # noqa: PTH120
    return folder


def run(
    commands: Sequence[Sequence[str]], installer: Installer, environ: Mapping[str, str], output: IO[bytes] | int
) -> list[CommandOutcome]:
    """Run commands, one after the other, up to the first that fails.

    Args:
        commands: Argument lists.
        installer: The installer of the commands.
        environ: The variables to run them with.
        output: Where what they print goes. All commands are run, also if it cannot be written to any more.

    Returns:
        What became of each; those after a failure were not run.
    """
    outcomes: list[CommandOutcome] = []
    for arguments in commands:
        if outcomes and (outcomes[-1].failed or outcomes[-1].code is None):
            outcomes.append(CommandOutcome())
            continue
        command = _program(arguments, installer, environ)
        try:
            outcomes.append(CommandOutcome(_run(command, environ, output)))
        except OSError as error:
            outcomes.append(CommandOutcome(reason=f"{command[0]} cannot be run ({error.strerror})"))
    return outcomes


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
    passes_on = _is_passed_on(output)
    target = subprocess.PIPE if passes_on else output
    same = subprocess.STDOUT if passes_on else output

    def work() -> None:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=target, stderr=same, env=dict(environ))
        except BaseException as error:  # noqa: BLE001 - raised where the end is waited for
            started.set_exception(error)
            ended.set_exception(error)
            return
        started.set_result(process)
        reader = None
        if process.stdout is not None:
            reader = threading.Thread(target=_pass_on, args=(process.stdout, _descriptor(output)), daemon=True)
            reader.start()
        code = process.wait()
        if reader is not None:
            reader.join(_GRACE)
        ended.set_result(code)

    thread = threading.Thread(target=work, name="wheelclash: installer")
    try:
        with interruptible():
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


def _is_passed_on(output: IO[bytes] | int) -> bool:
    """Return whether an installer's output is read here and written on, rather than written by the installer itself.

    A pipe may be closed and a disk may be full, and pip and uv stop halfway when they cannot print. A terminal is given
    to them as it is: they print in colours and show how far they are, and it goes away together with them.
    """
    descriptor = _descriptor(output)
    return descriptor >= 0 and not os.isatty(descriptor)


def _descriptor(output: IO[bytes] | int) -> int:
    """Return the number of an open file; what is negative is one of :mod:`subprocess`'s words, such as ``DEVNULL``."""
    return output if isinstance(output, int) else output.fileno()


def _pass_on(stream: IO[bytes], output: int) -> None:
    """Write on what a program prints, to its end; what cannot be written is dropped, so that the program goes on.

    Args:
        stream: What the program writes to; closed here.
        output: Where to write it.
    """
    can_write = True
    with stream:
        while piece := os.read(stream.fileno(), _PIECE):
            while piece and can_write:
                try:
                    piece = piece[os.write(output, piece) :]
                except OSError:
                    can_write = False


def _interrupt(process: subprocess.Popen[bytes]) -> None:
    """Tell an installer to stop and put back what it replaced."""
    with contextlib.suppress(OSError):
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)


def _program(command: Sequence[str], installer: Installer, environ: Mapping[str, str]) -> Sequence[str]:
    """Return the command as it is run: what is not on PATH may come with the environment that runs this."""
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


class RepairRequest(NamedTuple):
    """What is to be repaired, and how.

    Attributes:
        interpreter: Of the environment.
        keep: Normalised names of the distributions that shall be intact.
        drop: Normalised names of those that shall go.
        acceptance: What the user accepts: overlaps that stay as they are.
        installer: The installer of the commands; None for the environment's own.
        flags: Where to look for wheels; by default where the installer is configured to look.
        use_config: Whether pip's and uv's variables and files are read.
        why: Whether large native files are looked into too.
        environ: Environment variables, for both.
        apply: Whether the plan is carried out, rather than only made.
        output: Where the installer prints to: a file, or what :mod:`subprocess` takes for one.
    """

    interpreter: Interpreter
    keep: Sequence[str]
    drop: Sequence[str]
    acceptance: Acceptance
    installer: InstallerName | None
    flags: IndexOptions
    use_config: bool
    why: bool
    environ: Mapping[str, str]
    apply: bool
    output: IO[bytes] | int


def repair(request: RepairRequest, session: Session) -> RepairResult:
    """Plan a repair and, if that is wanted, carry it out and look again.

    Args:
        request: What is to be repaired.
        session: Client and cache for looking up wheels.

    Raises:
        QuestionError: The environment or the request makes no sense, or the environment must not be changed.
    """
    interpreter = request.interpreter
    before = scan(
        places_of(interpreter), target_of(interpreter), verify=request.keep, progress=session.fetcher.progress
    )
    name = request.installer or installer_for(before.distributions, interpreter, request.environ)
    installer = next(known for known in INSTALLERS if known.name == name)
    plan = plan_for(before, request, installer)
    ignored = len(ignored_paths(before, request.acceptance, plan.keep))
    result = RepairResult("needs-drop", name, interpreter, before, plan, ignored=ignored)
    if plan.obstacles:
        return result
    settings = session.index_settings(
        index=request.flags,
        installer=name,
        use_config=request.use_config,
        prefix=interpreter.prefix,
        environ=request.environ,
    )
    written = [distribution for distribution in before.distributions if distribution.id in plan.reinstalled]
    with closing(session.reader.for_question(settings.cert)) as reader:
        origins = find_origins(written, before, settings, reader, fresh=0)
    origins = {id_: _within_reach(origin, installer) for id_, origin in origins.items()}
    named = [_pinned(distribution, origins.get(distribution.id)) for distribution in situation_of(before).distributions]
    steps = plan.commanded(installer, named, invocation_for(installer, interpreter, settings.flags, absolute=True))
    configuration = (
        configured(installer, request.environ, prefix=interpreter.prefix, cwd=Path.cwd()) if request.use_config else {}
    )
    result = result._replace(
        state="planned", steps=steps, origins=origins, diverting=diverting(installer, configuration)
    )
    if not plan.is_decided:
        contested = [
            contested
            for contested in before.contested
            if contested.overlap.is_one_file and contested.overlap.path in plan.open_paths
        ]
        with closing(session.reader.for_question(settings.cert)) as reader:
            reasons = explain_contested(contested, before, settings, reader, limit=LARGEST if request.why else LIMIT)
        return result._replace(state="undecided", reasons=reasons)
    if not steps:
        beyond = not (request.keep or request.drop) and any(
            _is_beyond_reach(distribution) for distribution in before.distributions
        )
        return result._replace(state="no-wheel" if beyond else "whole")
    hindrance = next(hindrances(before, installer, written=plan.reinstalled, dropped=plan.drop), None)
    if hindrance is not None:
        raise QuestionError(hindrance.reason, f"Nothing was changed. {hindrance.hint}")
    if any(not isinstance(origin, Origin) for origin in origins.values()):
        if any(not isinstance(origin, Origin) and origin.code == "variant" for origin in origins.values()):
            result = result._replace(steps=())  # run as printed, they would write another build in its place
        return result._replace(state="no-wheel")
    if not request.apply:
        return result
    refuse(before, interpreter, {*plan.reinstalled, *plan.drop})
    local = all(isinstance(origin, Origin) and origin.candidate.path is not None for origin in origins.values())
    if session.fetcher.offline and not local:
        raise QuestionError(
            "Offline, nothing says that the wheels can still be had, and what is taken off the disk could not be"
            " written again.",
            "Leave out --offline, or name a folder that has them with --find-links.",
        )
    environ = variables(request.environ, installer, settings, session.credentials, configuration=configuration)
    without_network = (installer.offline_flag,) if session.fetcher.offline else ()
    options = ("--no-index",) if settings.index_url is None else without_network
    here = Invocation(str(interpreter.executable), interpreter.has_pip, index_options=options)
    commands = [step.command for step in plan.commanded(installer, named, here)]
    outcomes = run(commands, installer, environ, request.output)
    start(interpreter, request.environ, request.output)
    return _looked_at_again(result._replace(outcomes=outcomes), request, installer, session.fetcher.progress)


def _within_reach(origin: Origin | Skip, installer: Installer) -> Origin | Skip:
    """Return an origin, or a skip if the installer cannot write that wheel again."""
    if isinstance(origin, Skip) or origin.candidate.variant is None or installer.takes_variants:
        return origin
    label = origin.candidate.variant
    reason = (
        f"it was installed from a wheel variant ({label}), which {installer.name} cannot install; --installer uv can"
    )
    return Skip(origin.candidate.name, "variant", reason)


def _is_beyond_reach(distribution: Installed) -> bool:
    """Return whether a managed distribution lacks what an import needs; of an editable install, any file counts."""
    grave = {"breaks", "other"} if distribution.manager == "editable" else {"breaks"}
    return distribution.manager is not None and not grave.isdisjoint(distribution.absences.values())


def _looked_at_again(
    result: RepairResult, request: RepairRequest, installer: Installer, progress: Progress
) -> RepairResult:
    """Return the result with whether nothing is left to do, by what is on disk now."""
    before, plan = result.before, result.plan
    names = before.names
    written = {names[id_] for id_ in (*plan.keep, *plan.reinstalled)}
    after = scan(before.places, before.target, verify=written, progress=progress)
    there = {distribution.name for distribution in after.distributions}
    rest = request._replace(
        keep=[name for name in request.keep if name in there], drop=[name for name in request.drop if name in there]
    )
    left = plan_for(after, rest, installer)
    failed = any(outcome.failed for outcome in result.outcomes)
    lost = written - there
    open_ = left.undecided and not (request.keep or request.drop)
    state: RepairState = "failed" if failed or lost or left.steps or left.obstacles or open_ else "mended"
    return result._replace(state=state, after=after, left=left)


# -- planning ------------------------------------------------------------------------------------------------


def plan_for(state: Scan, request: RepairRequest, installer: Installer) -> Repair:
    """Plan the repair that was asked for.

    Raises:
        KeeperError: A name is not installed, is to be kept and dropped, or keepers own one path with different
            content.
    """
    state.require_compared(request.keep, "--keep")
    state.require_compared(request.drop, "--drop")
    for option, wanted in (("--keep", request.keep), ("--drop", request.drop)):
        _require_ours(option, wanted, state)
    overlaps = [contested.overlap for contested in state.contested]
    keep = check_keepers(request.keep, state.distributions, overlaps)
    drop = _dropped(request.drop, state, keep)
    ignored = ignored_paths(state, request.acceptance, keep)
    return plan_repair(situation_of(state), installer, keep=keep, drop=drop, ignored=ignored)


def ignored_paths(state: Scan, acceptance: Acceptance, keep: Collection[str]) -> set[InstalledPath]:
    """Return the contested paths that stay as they are, since the user accepts what they hold."""
    ignored = ignored_contested(state, acceptance, keep)
    return {contested.overlap.path for contested, is_so in zip(state.contested, ignored, strict=True) if is_so}


def _require_ours(option: str, wanted: Iterable[str], state: Scan) -> None:
    """Refuse to mend or uninstall what another package manager, or its developer, installed.

    Raises:
        KeeperError: One of the names is such; the hint gives that manager's command.
    """
    for distribution in state.distributions:
        name, manager = distribution.name, distribution.manager
        if manager is not None and name in wanted:
            command = command_line(restoring(distribution, state.places))
            is_editable = manager == "editable"
            why = "no wheel is written in its place" if is_editable else "neither pip nor uv writes or removes it"
            other_way = "Uninstall it by hand." if is_editable else f"Use {manager} itself."
            raise KeeperError(
                f"{option} {name}: it is {managed_as(distribution)}, and {why}.",
                f"To have it written again: {command}" if option == "--keep" else other_way,
            )


def _dropped(wanted: Iterable[str], installed: Scan, keep: Sequence[str]) -> list[str]:
    by_name = {distribution.name: distribution.id for distribution in installed.distributions}
    for name in wanted:
        if by_name[name] in keep:
            raise KeeperError(f"{name} is to be kept and dropped.", "Name it once.")
    return list(dict.fromkeys(by_name[name] for name in wanted))


def _pinned(distribution: Distribution, origin: Origin | Skip | None) -> Distribution:
    """Return a distribution that commands name by the wheel that was found for it."""
    return replace(distribution, pinned=origin.pinned) if isinstance(origin, Origin) else distribution
