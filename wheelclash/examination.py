"""Questions about an environment, whole: what is on disk and why it breaks, and what mends it.

What ``wheelclash.check`` is for wheels, these are for what is installed. Nothing but :func:`fix` with ``apply`` changes
anything, and nothing is printed.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import nullcontext
from typing import IO, TYPE_CHECKING

from packaging.utils import canonicalize_name

from wheelclash.environment import scan
from wheelclash.errors import IndexSettingsError, QuestionError
from wheelclash.question import Ignore
from wheelclash.report.environment_build import Explained, Judged, Wishes, build_environment_report, judge
from wheelclash.report.model import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelclash.environment import Environment
    from wheelclash.installers import InstallerName
    from wheelclash.report.environment import EnvironmentReport
    from wheelclash.report.fix import FixReport
    from wheelclash.session import Session
    from wheelclash.sources.settings import IndexFlags

__all__ = ["examine", "fix"]


def examine(
    environment: Environment,
    *,
    keep: Iterable[str] = (),
    ignore: Iterable[str] = (),
    verify: bool = False,
    session: Session | None = None,
    index: IndexFlags | None = None,
    installer: InstallerName | None = None,
    use_config: bool = True,
    again: Iterable[str] = (),
) -> EnvironmentReport:
    """Say what is on disk in an environment, and why it breaks.

    Only where a contested native file is an error or a warning is an index asked, for versions that are not on disk.

    Args:
        environment: Which (:func:`wheelclash.find_environment`).
        keep: Names of the distributions that shall be intact.
        ignore: Known overlaps, each ``A,B:GLOB`` over ``root/path``.
        verify: Hash every file, not only the contested ones.
        session: Client and cache to use; one is opened and closed if none is given and one is needed.
        index: Where to look for wheels; by default where the user's installers are configured to look.
        installer: Whose configuration comes first; by default that of what installed most of it.
        use_config: Whether pip's and uv's variables and files are read.
        again: Options that a printed ``fix`` repeats, besides those that name the environment.

    Raises:
        QuestionError: A name or pattern makes no sense, or the folder holds nothing at all.
    """
    wishes = Wishes(_normalised(keep), [Ignore.parse(each) for each in ignore], environment.options, tuple(again))
    found = scan(environment.places, environment.target, every=verify)
    if not (found.distributions or found.not_compared or found.skipped) and environment.interpreter is None:
        raise QuestionError(f"Nothing is installed in {found.places.prefix}.", "Is it the folder that was meant?")
    judged = judge(found, wishes)
    from wheelclash.why import is_in_question

    if not any(is_in_question(each.overlap) for each in judged.grave):
        return build_environment_report(judged, wishes)
    with _given(session) as used:
        explained = _explained(judged, used, index, installer or _own_installer(judged), use_config=use_config)
    return build_environment_report(judged, wishes, explained)


def _own_installer(judged: Judged) -> InstallerName:
    pip, uv = (sum(each.installer == name for each in judged.scan.distributions) for name in ("pip", "uv"))
    return "pip" if pip > uv else "uv"


def _explained(
    judged: Judged, session: Session, index: IndexFlags | None, installer: InstallerName, *, use_config: bool
) -> Explained:
    """Why the native files that are somebody else's matter."""
    from wheelclash.why import explain_contested, is_in_question

    prefix = judged.scan.places.prefix
    try:
        settings = session.index_settings(index=index, installer=installer, use_config=use_config, prefix=prefix)
    except IndexSettingsError as error:
        return Explained(notes=[f"why it breaks was not looked into: {error}"])
    contested = [each for each in judged.grave if is_in_question(each.overlap)]
    reasons = session.wait(explain_contested(contested, judged.scan, settings, session.reader))
    traffic = session.fetcher.traffic
    reading = Reading(traffic.index_requests, traffic.wheel_requests, traffic.member_requests, traffic.bytes)
    return Explained(reasons, session.cache.warnings, reading)


def fix(
    environment: Environment,
    *,
    keep: Iterable[str] = (),
    drop: Iterable[str] = (),
    apply: bool = False,
    ignore: Iterable[str] = (),
    session: Session | None = None,
    index: IndexFlags | None = None,
    installer: InstallerName | None = None,
    use_config: bool = True,
    environ: Mapping[str, str] | None = None,
    output: IO[bytes] | int = subprocess.DEVNULL,
    again: Iterable[str] = (),
) -> FixReport:
    """Plan what mends an environment, or do it.

    Args:
        environment: Which (:func:`wheelclash.find_environment`); it must have an interpreter.
        keep: Names of the distributions that shall be intact.
        drop: Names of those that shall be uninstalled.
        apply: Run the commands, and look again. Nothing is written otherwise.
        ignore: Known overlaps, each ``A,B:GLOB`` over ``root/path``.
        session: Client and cache to use; one is opened and closed if none is given.
        index: Where to look for wheels; by default where the installer is configured to look.
        installer: Whose commands; by default the environment's own installer.
        use_config: Whether pip's and uv's variables and files are read.
        environ: Variables to run the installer with; the process's own by default.
        output: Where the installer prints to: a file, or what :mod:`subprocess` takes for one.
        again: Options that printed commands of our own repeat, besides those that name the environment.

    Raises:
        QuestionError: A name makes no sense, or the environment must not or cannot be changed.
    """
    from wheelclash.mending import Job, Wish, mend
    from wheelclash.report.fix_build import Again, build_fix_report
    from wheelclash.sources.settings import IndexFlags

    if environment.interpreter is None:
        raise QuestionError(f"Mending {environment.places.prefix} takes an interpreter.", "Name one with --python.")
    job = Job(
        interpreter=environment.interpreter,
        wish=Wish(_normalised(keep), _normalised(drop), [Ignore.parse(each) for each in ignore]),
        installer=installer,
        flags=index or IndexFlags(),
        use_config=use_config,
        environ=os.environ if environ is None else environ,
        apply=apply,
        output=output,
    )
    with _given(session) as used:
        mended = mend(job, used)
    return build_fix_report(mended, job, Again(environment.options, tuple(again)))


def _normalised(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(canonicalize_name(each.strip()) for each in names))


def _given(session: Session | None) -> Session | nullcontext[Session]:
    """A session to use: the one lent, which its owner closes, or a new one."""
    from wheelclash.session import Session

    return Session() if session is None else nullcontext(session)
