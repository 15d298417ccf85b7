"""Questions about an environment, whole: what is on disk and why it breaks, and what mends it.

What ``wheelclash.check`` is for wheels, these are for what is installed. Nothing but :func:`fix` with ``apply`` changes
anything, and nothing is printed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import closing, nullcontext
from typing import IO, TYPE_CHECKING, get_args

from packaging.utils import canonicalize_name

from wheelclash.environment.locate import Environment
from wheelclash.environment.scan import scan
from wheelclash.errors import IndexSettingsError, QuestionError
from wheelclash.index.settings import IndexFlags
from wheelclash.installers import InstallerName
from wheelclash.options import Ignore
from wheelclash.report.build import Explained, Judged, Wishes, build_environment_report, judge
from wheelclash.report.model import Reading
from wheelclash.threads import asynchronous
from wheelclash.validation import choice, flag, instance, texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wheelclash.report.model import EnvironmentReport, FixReport
    from wheelclash.session import Session

__all__ = ["examine", "examine_async", "fix", "fix_async"]


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
        TypeError: A value is of a wrong type.
    """
    instance("environment", environment, Environment, "an Environment (see find_environment)")
    index, installer = IndexFlags.checked(index), _installer(installer)
    flag("use_config", use_config)
    lent = _given(session)
    wishes = Wishes(_names("keep", keep), _ignores(ignore), environment.options, texts("again", again))
    found = scan(environment.places, environment.target, every=flag("verify", verify))
    if not (found.distributions or found.not_compared or found.skipped) and environment.interpreter is None:
        raise QuestionError(f"Nothing is installed in {found.places.prefix}.", "Is it the folder that was meant?")
    judged = judge(found, wishes)
    from wheelclash.native.explain import is_in_question

    if not any(is_in_question(each.overlap) for each in judged.grave):
        return build_environment_report(judged, wishes)
    with lent as used:
        explained = _explained(judged, used, index, installer or _own_installer(judged), use_config=use_config)
    return build_environment_report(judged, wishes, explained)


def _own_installer(judged: Judged) -> InstallerName:
    pip, uv = (sum(each.installer == name for each in judged.scan.distributions) for name in ("pip", "uv"))
    return "pip" if pip > uv else "uv"


def _explained(
    judged: Judged, session: Session, index: IndexFlags, installer: InstallerName, *, use_config: bool
) -> Explained:
    """Why the native files that are somebody else's matter."""
    from wheelclash.native.explain import explain_contested, is_in_question

    prefix = judged.scan.places.prefix
    try:
        settings = session.index_settings(index=index, installer=installer, use_config=use_config, prefix=prefix)
    except IndexSettingsError as error:
        return Explained(notes=[f"why it breaks was not looked into: {error}"])
    contested = [each for each in judged.grave if is_in_question(each.overlap)]
    with closing(session.reader.for_question(settings.cert)) as reader:
        reasons = explain_contested(contested, judged.scan, settings, reader)
    return Explained(reasons, session.cache.warnings, Reading.of(reader.fetcher.traffic))


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
        TypeError: A value is of a wrong type.
    """
    from wheelclash.repair import RepairRequest, repair
    from wheelclash.report.build import Again, build_fix_report

    instance("environment", environment, Environment, "an Environment (see find_environment)")
    if environment.interpreter is None:
        raise QuestionError(f"Mending {environment.places.prefix} takes an interpreter.", "Name one with --python.")
    repeated = texts("again", again)
    request = RepairRequest(
        interpreter=environment.interpreter,
        keep=_names("keep", keep),
        drop=_names("drop", drop),
        ignores=_ignores(ignore),
        installer=_installer(installer),
        flags=IndexFlags.checked(index),
        use_config=flag("use_config", use_config),
        environ=os.environ if environ is None else instance("environ", environ, Mapping, "a mapping or None"),
        apply=flag("apply", apply),
        output=output,
    )
    with _given(session) as used:
        result = repair(request, used)
    return build_fix_report(result, Again(environment.options, repeated))


examine_async = asynchronous(examine)
fix_async = asynchronous(fix)


def _names(option: str, given: Iterable[str]) -> list[str]:
    """Return names as they are compared, each once."""
    return list(dict.fromkeys(canonicalize_name(name.strip()) for name in texts(option, given)))


def _ignores(given: Iterable[str]) -> list[Ignore]:
    return [Ignore.parse(text) for text in texts("ignore", given)]


def _installer(given: InstallerName | None) -> InstallerName | None:
    checked: InstallerName | None = None if given is None else choice("installer", given, get_args(InstallerName))
    return checked


def _given(session: Session | None) -> Session | nullcontext[Session]:
    """Return a session to use: the one lent, which its owner closes, or a new one."""
    from wheelclash.session import Session

    instance("session", session, Session | None, "a Session or None")
    return Session() if session is None else nullcontext(session)
