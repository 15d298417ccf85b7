"""Which environment: the one that is named, or the one that is meant."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.environment.paths import (
    EnvironmentPaths,
    has_sites,
    places_below,
    places_of,
    places_together,
    search_path,
)
from wheelclash.errors import QuestionError, TargetError
from wheelclash.files import working_folder
from wheelclash.installers import INSTALLERS
from wheelclash.target.interpreter import Interpreter, choose_interpreter, on_path, python_of, running, target_of
from wheelclash.target.target import Target, with_python
from wheelclash.validation import instance, paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelclash.core.installer import Installer
    from wheelclash.environment.distributions import Installed
    from wheelclash.installers import InstallerName

__all__ = ["Environment", "environment_at", "environment_of", "find_environment", "installer_for"]


class Environment(NamedTuple):
    """An environment.

    Attributes:
        places: Where its files lie.
        target: What it is.
        interpreter: Its interpreter; None where only a folder was named.
        options: The options that name it again in a printed command; none for the active one.
    """

    places: EnvironmentPaths
    target: Target
    interpreter: Interpreter | None
    options: tuple[str, ...]


def find_environment(
    python: str | os.PathLike[str] | None = None,
    *,
    prefix: str | os.PathLike[str] | None = None,
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    run_as_module: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Environment:
    """Find an environment.

    Args:
        python: An interpreter, the folder of its environment, a version or a name on PATH.
        prefix: Instead, an environment's folder, no interpreter of which is run.
        path: Instead, a site-packages folder, or one made with ``--target``; or several, in the order of imports.
        run_as_module: Whether the running interpreter is meant if nothing is named, whatever variables say.
        environ: Environment variables that may say which is meant; the process's own by default.

    Raises:
        QuestionError: There is no such environment.
        TypeError: What names it is no path.
    """
    for option, place in (("python", python), ("prefix", prefix)):
        instance(option, place, str | os.PathLike | None, "a path or None")
    if prefix is not None:
        places = places_below(Path(prefix).absolute())
        return Environment(places, _target_of_folder(places), None, ("--prefix", str(places.prefix)))
    if path is not None:
        several = (path,) if isinstance(path, str | os.PathLike) else paths("path", path)
        places = places_together([Path(folder).absolute() for folder in several])
        options = tuple(part for site in places.sites for part in ("--path", site))
        return Environment(places, _target_of_folder(places), None, options)
    environ = os.environ if environ is None else environ
    named = None if python is None else os.fspath(python)
    interpreter = choose_interpreter(python=named, run_as_module=run_as_module, environ=environ, cwd=working_folder())
    return environment_of(interpreter, environ)


def environment_of(interpreter: Interpreter, environ: Mapping[str, str] | None = None) -> Environment:
    """Return the environment of an interpreter.

    Args:
        interpreter: Which.
        environ: Environment variables; the process's own by default.

    Raises:
        QuestionError: It has no site-packages folder.
    """
    environ = os.environ if environ is None else environ
    options = () if interpreter.is_active else ("--python", str(interpreter.executable))
    places = places_of(interpreter)._replace(search=search_path(interpreter, environ))
    return Environment(places, target_of(interpreter), interpreter, options)


def environment_at(
    place: Environment | Interpreter | str | os.PathLike[str], environ: Mapping[str, str]
) -> Environment:
    """Return the environment that a word means, whatever option of :func:`find_environment` it could be given to.

    Args:
        place: An interpreter, an environment's folder, a site-packages folder, one made with ``--target``; else a
            version or a name on PATH. An environment that was found before is returned as it is.
        environ: Environment variables.

    Raises:
        QuestionError: There is no such environment.
        TypeError: It is no environment and no path.
    """
    if isinstance(place, Environment):
        return place
    if isinstance(place, Interpreter):
        return environment_of(place, environ)
    instance("environment", place, str | os.PathLike, "an Environment (see find_environment), or the path of one")
    folder = working_folder() / Path(place).expanduser()
    is_name = Path(place).name == os.fspath(place) and not folder.exists()
    if is_name or not folder.is_dir() or python_of(folder) is not None:
        return find_environment(place, environ=environ)
    if has_sites(folder):
        return find_environment(prefix=folder)
    if folder.name in {"site-packages", "dist-packages"} or any(True for _ in folder.glob("*.dist-info")):
        return find_environment(path=folder)
    raise QuestionError(f"{folder} is no environment: it has no Python, and nothing is installed in it.")


def installer_for(
    distributions: Iterable[Installed], interpreter: Interpreter | None, environ: Mapping[str, str]
) -> InstallerName:
    """Return the environment's own installer: what installed most of it, if it can be run; else the other.

    If both installed as much, it is the environment's own pip where there is one, and else uv.

    Args:
        distributions: What is installed; INSTALLER says by what.
        interpreter: Of the environment, which may have pip; None where only a folder was named.
        environ: For PATH.
    """
    counts = Counter(distribution.installer for distribution in distributions)
    has_pip = interpreter is not None and interpreter.has_pip
    available = [known.name for known in INSTALLERS if _can_run(known, environ, has_pip=has_pip)]
    names = available or [known.name for known in INSTALLERS]
    return max(names, key=lambda name: (counts[name], (name == "pip") == has_pip))


def _can_run(installer: Installer, environ: Mapping[str, str], *, has_pip: bool) -> bool:
    """Return whether an installer is there: on PATH, beside this library, or, of pip, in the environment itself."""
    if next(on_path(installer.name, environ), None) is not None or (installer.name == "pip" and has_pip):
        return True
    from importlib.util import find_spec

    return find_spec(installer.name) is not None


def _target_of_folder(places: EnvironmentPaths) -> Target:
    """Return this machine, with the version of Python that the folder's name says."""
    target = target_of(running())
    if places.python_version is None:
        return target
    try:
        return with_python(target, places.python_version)
    except TargetError:
        return target
