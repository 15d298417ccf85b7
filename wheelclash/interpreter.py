"""Python interpreters: the running one, any other one, and the one that is meant.

The environment meant is, in this order: the one given; under ``python -m``, the running one; ``VIRTUAL_ENV``;
``CONDA_PREFIX``; ``.venv`` in the current folder; where this tool lives in an environment of its own, made by uv or
pipx, the first ``python3`` on PATH outside it; else the running one.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wheelclash.errors import TargetError
from wheelclash.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.tags import Tag

__all__ = ["Facts", "Interpreter", "ask", "meant", "on_path", "running", "target_of"]

PATIENCE = 10.0
"""Seconds an interpreter has to answer."""


class Facts(NamedTuple):
    """What an interpreter says of itself, for wheels.

    Attributes:
        tags: Wheel tags it supports, best first, as text.
        markers: Its marker environment.
        places: Where it installs to (``sysconfig``'s names: ``purelib``, ``scripts``, …); empty if it does not say.
        sites: The ``site-packages`` and ``dist-packages`` folders it imports from.
    """

    tags: tuple[str, ...]
    markers: Mapping[str, str]
    places: tuple[tuple[str, str], ...] = ()
    sites: tuple[str, ...] = ()


class Interpreter(NamedTuple):
    """One interpreter, and the environment it installs into.

    Attributes:
        executable: Absolute path, links not followed (that would leave a virtual environment).
        prefix: ``sys.prefix``.
        base_prefix: ``sys.base_prefix``; another folder in a virtual environment.
        version: Full version, e.g. ``3.12.4``.
        implementation: ``cpython``, ``pypy``, …
        free_threaded: A build without the GIL.
        has_pip: Whether ``-m pip`` works.
        externally_managed: Whether installers refuse to touch it (PEP 668).
        is_active: Whether ``VIRTUAL_ENV`` or ``CONDA_PREFIX`` names it: commands need not.
        facts: Tags and markers of an interpreter that was asked; None for the running one, which is asked when needed.
    """

    executable: Path
    prefix: Path
    base_prefix: Path
    version: str
    implementation: str
    free_threaded: bool
    has_pip: bool
    externally_managed: bool
    is_active: bool
    facts: Facts | None = None

    def __repr__(self) -> str:
        """Return which interpreter it is, without its hundreds of tags."""
        return f"<Interpreter: {self.executable} ({self.implementation} {self.version})>"

    @property
    def is_virtual(self) -> bool:
        """Whether it is a virtual environment (PEP 405)."""
        return self.prefix != self.base_prefix


_QUESTION = """
import importlib.util, json, os, sys, sysconfig
managed = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
answer = {
    "executable": sys.executable, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "version": "%d.%d.%d" % sys.version_info[:3], "implementation": sys.implementation.name,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "has_pip": importlib.util.find_spec("pip") is not None, "externally_managed": os.path.isfile(managed),
    "places": sysconfig.get_paths(),
    "sites": [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")],
}
sys.path.insert(0, sys.argv[1])
from packaging import markers, tags
answer["markers"] = {key: str(value) for key, value in markers.default_environment().items()}
answer["tags"] = [str(tag) for tag in tags.sys_tags()]
print(json.dumps(answer))
"""
"""Run by the interpreter that is asked, with our own copy of ``packaging``: it alone knows its tags for certain."""


def running(environ: Mapping[str, str] | None = None) -> Interpreter:
    """The interpreter that runs this; nothing is started.

    Args:
        environ: For ``is_active``; the process's own by default.
    """
    import sysconfig
    from importlib.util import find_spec

    prefix, base_prefix = Path(sys.prefix), Path(sys.base_prefix)
    managed = Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return Interpreter(
        executable=Path(sys.executable),
        prefix=prefix,
        base_prefix=base_prefix,
        version=".".join(str(number) for number in sys.version_info[:3]),
        implementation=sys.implementation.name,
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        has_pip=find_spec("pip") is not None,
        externally_managed=prefix == base_prefix and managed.is_file(),
        is_active=_is_active(prefix, os.environ if environ is None else environ),
    )


def ask(path: Path, environ: Mapping[str, str] | None = None) -> Interpreter:
    """Run an interpreter once and have it describe itself.

    Args:
        path: An executable.
        environ: For ``is_active``; the process's own by default.

    Raises:
        TargetError: It cannot be run, is no Python that can be asked, or takes more than ten seconds.
    """
    import packaging

    from wheelclash.processes import RunError, run

    library = str(Path(packaging.__path__[0]).parent)
    command = [str(path), "-I", "-B", "-c", _QUESTION, library]
    try:
        done = run(command, patience=PATIENCE)
    except RunError as error:
        if error.code == "timeout":
            raise TargetError(f"{path} did not answer within {PATIENCE:g} seconds.") from None
        raise TargetError(f"{error}.") from None
    try:
        answer = json.loads(done.output.splitlines()[-1])
        return _interpreter(answer, path, os.environ if environ is None else environ)
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        complaint = done.complaints.strip().splitlines()
        detail = f": {complaint[-1][:200]}" if complaint else ""
        raise TargetError(f"{path} does not answer as a Python 3.8 or newer would{detail}.") from None


def _interpreter(answer: Any, path: Path, environ: Mapping[str, str]) -> Interpreter:
    """An answer as checked values; KeyError, TypeError or ValueError if it is none."""
    texts = {key: answer[key] for key in ("prefix", "base_prefix", "version", "implementation")}
    markers, tags = dict(answer["markers"]), list(answer["tags"])
    if not all(isinstance(each, str) for each in (*texts.values(), *markers.values(), *tags)) or not tags:
        raise ValueError(answer)
    prefix, base_prefix = Path(texts["prefix"]), Path(texts["base_prefix"])
    told = answer["executable"]
    places = tuple((str(key), str(place)) for key, place in dict(answer.get("places", {})).items())
    sites = tuple(str(each) for each in answer.get("sites", ()))
    return Interpreter(
        executable=Path(told) if isinstance(told, str) and told else path,
        prefix=prefix,
        base_prefix=base_prefix,
        version=texts["version"],
        implementation=texts["implementation"],
        free_threaded=answer["free_threaded"] is True,
        has_pip=answer["has_pip"] is True,
        externally_managed=prefix == base_prefix and answer["externally_managed"] is True,
        is_active=_is_active(prefix, environ),
        facts=Facts(tuple(tags), markers, places, sites),
    )


def target_of(interpreter: Interpreter) -> Target:
    """The target an interpreter is; for the running one, packaging is asked here and now."""
    if interpreter.facts is None:
        from packaging.markers import default_environment
        from packaging.tags import sys_tags

        tags = tuple(sys_tags())
        markers = {key: str(value) for key, value in default_environment().items()}
    else:
        tags, markers = tuple(_tags(interpreter.facts.tags)), dict(interpreter.facts.markers)
    markers.pop("extra", None)
    return Target(
        python_version=markers["python_full_version"].rstrip("+"),
        implementation=interpreter.implementation,
        platform=_best_platform(tags),
        tags=tags,
        markers=markers,
        case_sensitive=markers["sys_platform"] not in {"win32", "darwin", "ios", "cygwin"},
        free_threaded=interpreter.free_threaded,
    )


def _best_platform(tags: Sequence[Tag]) -> str:
    """The platform tag that says most: not ``any``, and of Linux the one that names the C library."""
    names = list(dict.fromkeys(tag.platform for tag in tags if tag.platform != "any"))
    return next((name for name in names if not name.startswith("linux_")), names[0] if names else "any")


def _tags(texts: tuple[str, ...]) -> Iterator[Tag]:
    from packaging.tags import Tag

    for text in texts:
        interpreter, _, rest = text.partition("-")
        abi, _, platform = rest.partition("-")
        yield Tag(interpreter, abi, platform)


# -- which one is meant ------------------------------------------------------------------------------------


def meant(*, python: str | None, run_as_module: bool, environ: Mapping[str, str], cwd: Path) -> Interpreter:
    """The interpreter of the environment that is meant; the order is in this module's docstring.

    Args:
        python: ``--python``: an executable, the folder of an environment, a version (``3.12``) or a name on PATH.
        run_as_module: Whether this runs as ``python -m``.
        environ: Environment variables.
        cwd: The folder relative paths start from.

    Raises:
        TargetError: The one named, or the one the environment names, is not there or cannot be asked.
    """
    if python is not None:
        return _named(python, environ, cwd)
    if run_as_module:
        return running(environ)
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder:
            executable = _python_of(cwd / folder)
            if executable is None:
                hint = f"Unset {variable}, or name an interpreter with --python."
                raise TargetError(f"{variable} is {folder}, and there is no Python.", hint)
            return _ask_unless_running(executable, environ)
    executable = _python_of(cwd / ".venv")
    if executable is not None:
        return _ask_unless_running(executable, environ)
    if _is_tool_environment(Path(sys.prefix)):
        for candidate in on_path("python3", environ):
            if _environment_of(candidate) != Path(sys.prefix).resolve():
                return ask(candidate, environ)
    return running(environ)


def _named(python: str, environ: Mapping[str, str], cwd: Path) -> Interpreter:
    if not python.strip():
        raise TargetError("--python needs a path, a version or a name.")
    place = cwd / Path(python).expanduser()
    version = re.fullmatch(r"([0-9]+(?:\.[0-9]+){0,2})(t?)", python)
    if version is None and place.is_dir():
        executable = _python_of(place)
        if executable is None:
            raise TargetError(f"{place} is no environment: it has no Python.")
        return _ask_unless_running(executable, environ)
    if any(separator in python for separator in {"/", os.sep}) or (version is None and place.is_file()):
        if not place.exists():
            raise TargetError(f"There is no {place}.")
        return _ask_unless_running(place, environ)
    if version is not None:
        return _of_version(version[1], environ, free_threaded=bool(version[2]))
    for executable in on_path(python, environ):
        return _ask_unless_running(executable, environ)
    raise TargetError(f"There is no {python!r}, neither here nor on PATH.", "Give the path of an interpreter.")


def _of_version(version: str, environ: Mapping[str, str], *, free_threaded: bool) -> Interpreter:
    """The first interpreter on PATH of that version."""
    numbers = version.split(".")
    names = [f"python{'.'.join(numbers[:2])}{'t' if free_threaded else ''}", "python3", "python"]
    for name in names:
        for executable in on_path(name, environ):
            try:
                found = _ask_unless_running(executable, environ)
            except TargetError:
                continue  # a launcher's stub for a version that is not installed
            if found.version.split(".")[: len(numbers)] == numbers and found.free_threaded == free_threaded:
                return found
    raise TargetError(
        f"No Python {version}{'t' if free_threaded else ''} is on PATH.",
        "Give the path of an interpreter, or --python-version for one that is not installed here.",
    )


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Every executable of that name on PATH, first first."""
    suffixes = [".exe"] if os.name == "nt" and not name.lower().endswith(".exe") else [""]
    if os.name == "nt" and name == "python3":
        yield from on_path("python", environ)
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for suffix in suffixes:
            candidate = Path(folder, name + suffix)
            if folder and candidate.is_file() and os.access(candidate, os.X_OK):
                yield candidate.absolute()


def _python_of(folder: Path) -> Path | None:
    """The interpreter of an environment's folder."""
    for inside in ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe"):
        candidate = folder / inside
        if candidate.is_file():
            return candidate.absolute()
    return None


def _ask_unless_running(executable: Path, environ: Mapping[str, str]) -> Interpreter:
    """Ask, unless the answer is at hand: another name of the running one in the same folder is the running one."""
    ours = Path(sys.executable)
    same = executable.parent.resolve() == ours.parent.resolve() and executable.resolve() == ours.resolve()
    return running(environ) if same else ask(executable, environ)


def _environment_of(executable: Path) -> Path:
    """The prefix of an executable, by its place alone."""
    return executable.parent.parent.resolve()


def _is_tool_environment(prefix: Path) -> bool:
    """Whether uv or pipx made this environment for one tool.

    They leave a receipt in it; the throw-away ones of ``uvx`` and ``pipx run`` are known by the folder they lie in.
    """
    if (prefix / "uv-receipt.toml").is_file() or (prefix / "pipx_metadata.json").is_file():
        return True
    above = [folder.name for folder in list(prefix.parents)[:2]]
    if any(re.fullmatch(r"(?:archive|environments|builds)-v[0-9]+", name) for name in above):
        return True
    return above[:1] == ["pipx"] or above == [".cache", "pipx"]


def _is_active(prefix: Path, environ: Mapping[str, str]) -> bool:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        folder = environ.get(variable)
        if folder:
            return Path(folder).resolve() == prefix.resolve()
    return False
