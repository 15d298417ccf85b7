"""The library's calls: what the command can do, as functions.

Only :func:`repair` changes anything; nothing is printed.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from wheelclash.accepted import Acceptance
from wheelclash.environment.locate import Environment, environment_at, find_environment, installer_for
from wheelclash.errors import IndexSettingsError, QuestionError
from wheelclash.files import working_folder
from wheelclash.options import repeated_options
from wheelclash.session import Session, options_from, question_from
from wheelclash.threads import asynchronous, await_call
from wheelclash.validation import flag, instance, paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wheelclash.environment.owners import Unknown
    from wheelclash.options import Options
    from wheelclash.report.model import EnvironmentReport, Report
    from wheelclash.report.model import FixReport as RepairReport
    from wheelclash.report.model import WhoReport as OwnersReport
    from wheelclash.report.view import EnvironmentResult
    from wheelclash.target.interpreter import Interpreter

__all__ = [
    "check",
    "check_async",
    "check_environment",
    "check_environment_async",
    "owners",
    "owners_async",
    "plan_repair",
    "plan_repair_async",
    "repair",
    "repair_async",
]


def check(
    requirements: Iterable[str | os.PathLike[str]],
    options: Options | None = None,
    *,
    session: Session | None = None,
    **changes: Any,
) -> Report:
    """Find the files that several of these would install, who wins, and what to do about it.

    Works from ordinary code, also while an event loop runs in the same thread (a notebook).

    Args:
        requirements: Requirements (PEP 508) and paths of wheels; at least two distributions make a question.
        options: What else there is to say.
        session: Client and cache to use; one is opened and closed if none is given.
        **changes: Options by name, in place of those of ``options``: see :class:`wheelclash.Options`.

    Returns:
        The report. What could not be read is in ``skipped``, not raised.

    Raises:
        QuestionError: The question cannot be answered as asked (its subclasses say why).
        TypeError: An option does not exist, or a value is of a wrong type.
    """
    with _lent(session) as used:
        return used.check(requirements, options, **changes)


async def check_async(
    requirements: Iterable[str | os.PathLike[str]],
    options: Options | None = None,
    *,
    session: Session | None = None,
    **changes: Any,
) -> Report:
    """Do what :func:`check` does, for asynchronous callers: same arguments, same report, same errors."""
    return await await_call(partial(check, requirements, options, session=session, **changes))


# -- environments --------------------------------------------------------------------------------------------


def check_environment(
    environment: Environment | Interpreter | str | os.PathLike[str],
    options: Options | None = None,
    *,
    session: Session | None = None,
    **changes: Any,
) -> EnvironmentReport:
    """Say what is on disk in an environment, and why it breaks.

    Only where a contested native file is an error or a warning is an index asked, for versions that are not on disk.

    Args:
        environment: Which (:func:`wheelclash.find_environment`), or its path.
        options: What else there is to say.
        session: Client and cache to use; one is opened and closed if none is given and one is needed.
        **changes: Options by name, in place of those of ``options``: ``keep``, ``ignore``, ``baseline``, ``verify``,
            ``index``, ``installer``, ``use_config``, ``environ``.

    Raises:
        QuestionError: A name or pattern makes no sense, or the folder holds nothing at all.
        TypeError: An option does not exist, or a value is of a wrong type.
    """
    from wheelclash.environment.scan import scan
    from wheelclash.native.explain import is_in_question
    from wheelclash.report.build import build_environment_report, judge
    from wheelclash.report.view import Repeated

    checked = options_from("check_environment", "env", options, changes)
    place = _environment(environment, checked)
    with _lent(session) as used:
        repeated = Repeated(place.options, repeated_options(checked, used.options))
        state = scan(place.places, place.target, every=checked.verify, progress=used.fetcher.progress)
        if not (state.distributions or state.not_compared or state.skipped) and place.interpreter is None:
            raise QuestionError(f"Nothing is installed in {state.places.prefix}.", "Is it the folder that was meant?")
        result = judge(state, list(checked.keep), checked.acceptance, repeated)
        if any(is_in_question(contested.overlap) for contested in result.grave):
            result = _explained(result, place, used, checked)
        return build_environment_report(result)


def _explained(result: EnvironmentResult, place: Environment, session: Session, options: Options) -> EnvironmentResult:
    """Return the result with why the contested native files matter that hold what another distribution wrote."""
    from wheelclash.native.explain import LARGEST, LIMIT, explain_contested, is_in_question
    from wheelclash.report.model import Reading

    environ = os.environ if options.environ is None else options.environ
    try:
        settings = session.index_settings(
            index=options.index,
            installer=options.installer or installer_for(result.scan.distributions, place.interpreter, environ),
            use_config=options.use_config,
            prefix=result.scan.places.prefix,
            environ=options.environ,
        )
    except IndexSettingsError as error:
        return replace(result, notes=[f"why it breaks was not looked into: {error}"])
    contested = [file for file in result.grave if is_in_question(file.overlap)]
    with closing(session.reader.for_question(settings.cert)) as reader:
        reasons = explain_contested(contested, result.scan, settings, reader, limit=LARGEST if options.why else LIMIT)
    reading = Reading.of(reader.fetcher.traffic)
    return replace(result, reasons=reasons, notes=session.cache.warnings, reading=reading)


def plan_repair(
    environment: Environment | Interpreter | str | os.PathLike[str],
    options: Options | None = None,
    *,
    session: Session | None = None,
    **changes: Any,
) -> RepairReport:
    """Plan what repairs an environment; nothing is written.

    Args:
        environment: Which (:func:`wheelclash.find_environment`), or its path; it must have an interpreter.
        options: What else there is to say.
        session: Client and cache to use; one is opened and closed if none is given.
        **changes: Options by name, in place of those of ``options``: ``keep``, ``drop``, ``ignore``, ``index``,
            ``installer``, ``use_config``, ``environ`` (also the variables to run the installer with).

    Raises:
        QuestionError: A name makes no sense, or the environment must not or cannot be changed.
        TypeError: An option does not exist, or a value is of a wrong type.
    """
    return _repair("plan_repair", environment, options, session, changes, apply=False)


def repair(
    environment: Environment | Interpreter | str | os.PathLike[str],
    options: Options | None = None,
    *,
    session: Session | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    **changes: Any,
) -> RepairReport:
    """Mend an environment by the commands of its own installer, and look again. This changes the environment.

    Args:
        environment: As for :func:`plan_repair`, as the rest.
        options: As above.
        session: As above.
        output: Where the installer prints to: a file, or what :mod:`subprocess` takes for one.
        **changes: As above.

    Raises:
        QuestionError: As above.
        TypeError: As above.
    """
    return _repair("repair", environment, options, session, changes, apply=True, output=output)


def _repair(
    function: str,
    environment: Environment | Interpreter | str | os.PathLike[str],
    options: Options | None,
    session: Session | None,
    changes: dict[str, Any],
    *,
    apply: bool,
    output: IO[bytes] | int = subprocess.DEVNULL,
) -> RepairReport:
    from wheelclash.repairs import RepairRequest
    from wheelclash.repairs import repair as carry_out
    from wheelclash.report.build import build_fix_report
    from wheelclash.report.view import Repeated

    checked = options_from(function, "fix", options, changes)
    place = _environment(environment, checked)
    if place.interpreter is None:
        raise QuestionError(f"Mending {place.places.prefix} takes an interpreter.", "Name one with --python.")
    request = RepairRequest(
        interpreter=place.interpreter,
        keep=list(checked.keep),
        drop=list(checked.drop),
        acceptance=Acceptance.of(checked.ignores, None),
        installer=checked.installer,
        flags=checked.index_options,
        use_config=checked.use_config,
        why=checked.why,
        environ=os.environ if checked.environ is None else checked.environ,
        apply=apply,
        output=output,
    )
    with _lent(session) as used:
        result = carry_out(request, used)
        repeated = Repeated(place.options, repeated_options(checked, used.options))
        return build_fix_report(result._replace(repeated=repeated))


# -- owners --------------------------------------------------------------------------------------------------


def owners(
    asked: Iterable[str | os.PathLike[str]],
    environment: Environment | Interpreter | str | os.PathLike[str] | None = None,
    options: Options | None = None,
    *,
    among: Iterable[str | os.PathLike[str]] = (),
    allow_incomplete: bool = False,
    session: Session | None = None,
    **changes: Any,
) -> OwnersReport:
    """Say to which distribution files belong, in an environment or in a set of wheels.

    Args:
        asked: PATHs: paths of files and folders, installed paths, import names, commands.
        environment: Where they are (:func:`wheelclash.find_environment`), or its path; by default the one meant.
        options: What else there is to say.
        among: Requirements and wheels, as for :func:`check`: ask about this set instead of an environment.
        allow_incomplete: Whether a PATH without an answer is an error also where something could not be read.
        session: Client and cache to use for a set; one is opened and closed if none is given.
        **changes: Options by name, in place of those of ``options``, all about a set: ``target``, ``interpreter``,
            ``index``, ``use_config``, ``environ``, ``exclude_newer``, ``deps``.

    Raises:
        QuestionError: There is nothing of that name, or the question makes no sense.
        TypeError: An option does not exist, or a value is of a wrong type.
    """
    checked = options_from("owners", "who", options, changes)
    asked = paths("asked", asked)
    wheels = paths("among", among)
    flag("allow_incomplete", allow_incomplete)
    if not wheels:
        place = find_environment() if environment is None else _environment(environment, checked)
        return _owners_in_environment(asked, place, allow_incomplete=allow_incomplete)
    if environment is not None:
        raise QuestionError("A question is about an environment or about a set of wheels.", "Leave one of them out.")
    with _lent(session) as used:
        return _owners_in_set(asked, wheels, checked, used, allow_incomplete=allow_incomplete)


def _owners_in_environment(asked: Sequence[str], place: Environment, *, allow_incomplete: bool) -> OwnersReport:
    from wheelclash.environment.owners import owners_in
    from wheelclash.report.build import build_who_report

    answered = owners_in(place.places, place.target, asked, working_folder())
    if not answered.skipped or allow_incomplete:
        for text, unknown in answered.unknown.items():
            raise _nothing(text, unknown, str(place.places.prefix))
    return build_who_report(
        asked,
        answered.path_owners,
        names=answered.names,
        searched=answered.searched,
        target=place.target,
        python=place.places.python,
        places=place.places,
        skipped=answered.skipped,
        not_compared=answered.not_compared,
    )


def _nothing(text: str, unknown: Unknown, prefix: str) -> QuestionError:
    if unknown.outside:
        return QuestionError(f"{text}: it lies outside of {prefix}.", "Name another environment: see --python.")
    if unknown.is_distribution:
        hint = "That is a distribution; ask for a file or an import name."
        return QuestionError(f"{text}: there is nothing of that name in {prefix}.", hint)
    return QuestionError(f"{text}: there is nothing of that name in {prefix}.", _perhaps(unknown.near))


def _perhaps(near: Sequence[str]) -> str:
    return f"Perhaps: {', '.join(near)}?" if near else ""


def _owners_in_set(
    asked: Sequence[str], wheels: Sequence[str], options: Options, session: Session, *, allow_incomplete: bool
) -> OwnersReport:
    from wheelclash.core.query import owners_in_set
    from wheelclash.report.build import build_who_report
    from wheelclash.target.variants import PLAIN

    question = question_from(wheels, options)
    seen = session.look(question)
    view = seen.views[0]
    if any(other.target != view.target for other in seen.views):
        raise QuestionError("'who' answers for one target at a time.")
    warnings = [*seen.warnings]
    if len(seen.views) > 1:
        taken = ", ".join(f"{wheel.name}={wheel.candidate.variant or PLAIN}" for wheel in view.variants)
        warnings.append(f"answered for the wheels {taken}, of projects with wheel variants; --variant chooses another")
    members = [*view.distributions, *view.residents]
    answers, unknown = owners_in_set(asked, members, view.overlaps, view.diagnoses)
    if not seen.skipped or allow_incomplete:
        for text, near in unknown.items():
            raise QuestionError(f"{text}: nothing of that name is in this set.", _perhaps(near))
    return build_who_report(
        asked,
        answers,
        names=view.names,
        searched=len(members),
        target=view.target,
        python=None if question.interpreter is None else question.interpreter.executable,
        skipped=seen.skipped,
        not_compared=seen.not_compared,
        warnings=warnings,
    )


check_environment_async = asynchronous(check_environment)
owners_async = asynchronous(owners)
plan_repair_async = asynchronous(plan_repair)
repair_async = asynchronous(repair)


def _environment(place: Environment | Interpreter | str | os.PathLike[str], options: Options) -> Environment:
    return environment_at(place, os.environ if options.environ is None else options.environ)


def _lent(session: Session | None) -> Session | nullcontext[Session]:
    """Return a session to use: the one lent, which its owner closes, or a new one."""
    instance("session", session, Session | None, "a Session or None")
    return Session() if session is None else nullcontext(session)
