"""Python interpreters: the running one, any other one, and the one of the environment that options name.

That environment is the first of these: the one that was named; under ``python -m``, the running one; ``VIRTUAL_ENV``;
``CONDA_PREFIX``; ``.venv`` in the current folder; where this tool is in an environment of its own, made by uv or pipx,
that of the first ``python3`` on PATH outside it; else the running one.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wheelclash.errors import TargetError
from wheelclash.http.urls import shown, shown_path
from wheelclash.target.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from packaging.tags import Tag

__all__ = ["Facts", "Interpreter", "ask", "choose_interpreter", "on_path", "python_of", "running", "target_of"]

PATIENCE = 10.0
"""Seconds an interpreter has to answer."""


class Facts(NamedTuple):
    """What an interpreter says of itself, for wheels.

    Attributes:
        tags: Wheel tags it supports, best first, as text.
        markers: Its marker environment.
        places: Where it installs to (``sysconfig``'s names: ``purelib``, ``scripts``, …); empty if it does not say.
        sites: The ``site-packages`` and ``dist-packages`` folders it imports from.
        user_site: The user's own ``site-packages`` folder, whether it is there and counts or not.
    """

    tags: tuple[str, ...]
    markers: Mapping[str, str]
    places: tuple[tuple[str, str], ...] = ()
    sites: tuple[str, ...] = ()
    user_site: str = ""


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
        """Return whether it is a virtual environment (PEP 405)."""
        return self.prefix != self.base_prefix


_PROBE = Path(__file__).with_name("probe.py")
"""The script that an interpreter runs to describe itself."""


def running(environ: Mapping[str, str] | None = None) -> Interpreter:
    """Return the interpreter that runs this; nothing is started.

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
    from wheelclash.processes import RunError, run

    command = [str(path), "-I", "-B", str(_PROBE)]
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
    """Return an answer as checked values; raise KeyError, TypeError or ValueError if it is none."""
    texts = {key: answer[key] for key in ("prefix", "base_prefix", "version", "implementation")}
    markers = dict(answer["markers"])
    if not all(isinstance(text, str) for text in (*texts.values(), *markers.values())):
        raise ValueError(answer)
    tags = tuple(str(tag) for tag in _supported(answer))
    prefix, base_prefix = Path(texts["prefix"]), Path(texts["base_prefix"])
    executable = answer["executable"]
    places = tuple((str(key), str(place)) for key, place in dict(answer.get("places", {})).items())
    sites = tuple(str(site) for site in answer.get("sites", ()))
    return Interpreter(
        executable=Path(executable) if isinstance(executable, str) and executable else path,
        prefix=prefix,
        base_prefix=base_prefix,
        version=texts["version"],
        implementation=texts["implementation"],
        free_threaded=answer["free_threaded"] is True,
        has_pip=answer["has_pip"] is True,
        externally_managed=prefix == base_prefix and answer["externally_managed"] is True,
        is_active=_is_active(prefix, environ),
        facts=Facts(tags, markers, places, sites, str(answer.get("user_site", ""))),
    )


# -- from what an interpreter says to the wheel tags it supports ---------------------------------------------


def _supported(answer: Mapping[str, Any]) -> Iterator[Tag]:
    """Yield the wheel tags an interpreter supports, best first, by ``packaging``'s rules.

    Args:
        answer: What the probe printed.
    """
    from packaging import tags

    implementation = str(answer["implementation"])
    major, minor = (int(number) for number in str(answer["version"]).split(".")[:2])
    nodot = str(answer["nodot"] or f"{major}{minor}")
    short = tags.INTERPRETER_SHORT_NAMES.get(implementation) or implementation
    platforms = list(_platforms(answer))
    if short == "cp":
        abi = f"cp{nodot}{'t' if answer['free_threaded'] else ''}"
        abis = [f"{abi}d", abi] if answer["is_debug"] else [abi]
        yield from tags.cpython_tags((major, minor), abis, platforms)
    else:
        yield from tags.generic_tags(f"{short}{nodot}", list(_foreign_abi(str(answer["suffix"]))), platforms)
    interpreter = {"cp": f"cp{nodot}", "pp": "pp3"}.get(short)
    yield from tags.compatible_tags((major, minor), interpreter, platforms)


def _foreign_abi(suffix: str) -> Iterator[str]:
    """Yield the ABI that the suffix of extension modules names, of other implementations than CPython.

    ``.pypy310-pp73-x86_64-linux-gnu.so`` is ``pypy310_pp73``, ``.graalpy-38-native-…`` is ``graalpy_38_native``.
    """
    parts = suffix.split(".")
    if len(parts) < 3 or not parts[1]:  # noqa: PLR2004 - a dot before and one after
        return
    words = parts[1].split("-")
    known = {"pypy": 2, "graalpy": 3}
    count = next((number for name, number in known.items() if words[0].startswith(name)), len(words))
    yield _normal("-".join(words[:count]))


def _platforms(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the platform tags an interpreter supports, best first."""
    from packaging import tags

    system, machine = answer["markers"]["platform_system"], str(answer["markers"]["platform_machine"])
    plain = _normal(str(answer["platform"]))
    if system == "Darwin":
        yield from tags.mac_platforms(arch=_PLAIN_MAC.get(machine, machine) if answer["is_32_bit"] else machine)
    elif system == "Linux" and plain.startswith("linux_"):
        arch = plain.partition("_")[2]
        if answer["is_32_bit"]:
            arch = {"x86_64": "i686", "aarch64": "armv8l"}.get(arch, arch)
        arches = ["armv8l", "armv7l"] if arch == "armv8l" else [arch]
        yield from (f"linux_{architecture}" for architecture in arches)
        for architecture in arches:
            yield from _of_c_library(answer, architecture)
    else:
        yield plain


_PLAIN_MAC = {"x86_64": "i386", "ppc64": "ppc"}
"""What a 32-bit interpreter is built for on a machine of 64 bits."""


def _of_c_library(answer: Mapping[str, Any], arch: str) -> Iterator[str]:
    """Yield the platform tags that an interpreter on Linux supports by its C library."""
    from wheelclash.target.platforms import platform_named

    library = answer["c_library"]
    glibc, musl = library.get("glibc"), library.get("musl")
    if glibc and "armv7l" in arch and "gnueabihf" not in str(answer["host"]):
        return  # manylinux is for the hard-float ABI alone
    try:
        if glibc:
            major, minor = (int(number) for number in glibc)
            wheel_tags = platform_named(f"manylinux_{major}_{minor}_{arch}").tags
            without = {f"_{major}_{int(number)}_" for number in library.get("refused", ())}
            old = {f"manylinux{name}_" for number, name in _OLD_GLIBC.items() if f"_{major}_{number}_" in without}
            unwanted = (*without, *old)
            wheel_tags = tuple(tag for tag in wheel_tags if not any(part in tag for part in unwanted))
        elif musl:
            major, minor = (int(number) for number in musl)
            wheel_tags = platform_named(f"musllinux_{major}_{minor}_{arch}").tags
        else:
            wheel_tags = ()
    except TargetError:  # an architecture without such wheels, or a C library older than any of them
        wheel_tags = ()
    yield from (tag for tag in wheel_tags if not tag.startswith("linux_"))


_OLD_GLIBC = {5: "1", 12: "2010", 17: "2014"}
"""The other names of manylinux tags, by the minor version of glibc."""


def _normal(text: str) -> str:
    return text.replace(".", "_").replace("-", "_").replace(" ", "_")


def target_of(interpreter: Interpreter) -> Target:
    """Return the target an interpreter is; for the running one, packaging is asked here and now."""
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
    """Return the platform tag that says most: not ``any``, and of Linux the one that names the C library."""
    names = list(dict.fromkeys(tag.platform for tag in tags if tag.platform != "any"))
    return next((name for name in names if not name.startswith("linux_")), names[0] if names else "any")


def _tags(texts: tuple[str, ...]) -> Iterator[Tag]:
    from packaging.tags import Tag

    for text in texts:
        interpreter, _, rest = text.partition("-")
        abi, _, platform = rest.partition("-")
        yield Tag(interpreter, abi, platform)


# -- which one is meant ------------------------------------------------------------------------------------


def choose_interpreter(
    *, python: str | None, run_as_module: bool, environ: Mapping[str, str], cwd: Path
) -> Interpreter:
    """Return the interpreter of the environment that options name; the order is in this module's docstring.

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
            executable = python_of(cwd / folder)
            if executable is None:
                hint = f"Unset {variable}, or name an interpreter with --python."
                raise TargetError(f"{variable} is {folder}, and there is no Python.", hint)
            return _ask_unless_running(executable, environ)
    executable = python_of(cwd / ".venv")
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
        executable = python_of(place)
        if executable is None:
            has_packages = any(True for _ in place.glob("*.dist-info"))
            hint = f"For a folder of packages: wheelclash env --path {shown_path(place)}" if has_packages else ""
            raise TargetError(f"{shown_path(place)} is no environment: it has no Python.", hint)
        return _ask_unless_running(executable, environ)
    if any(separator in python for separator in {"/", os.sep}) or (version is None and place.is_file()):
        if not place.exists():
            raise TargetError(f"There is no {shown_path(place)}.")
        return _ask_unless_running(place, environ)
    if version is not None:
        return _of_version(version[1], environ, free_threaded=bool(version[2]))
    for executable in on_path(python, environ):
        return _ask_unless_running(executable, environ)
    raise TargetError(f"There is no {shown(python)!r}, neither here nor on PATH.", "Give the path of an interpreter.")


def _of_version(version: str, environ: Mapping[str, str], *, free_threaded: bool) -> Interpreter:
    """Return the first interpreter on PATH of that version."""
    numbers = version.split(".")
    names = [f"python{'.'.join(numbers[:2])}{'t' if free_threaded else ''}", "python3", "python"]
    for name in names:
        for executable in on_path(name, environ):
            try:
                interpreter = _ask_unless_running(executable, environ)
            except TargetError:
                continue  # a launcher's stub for a version that is not installed
            if interpreter.version.split(".")[: len(numbers)] == numbers and interpreter.free_threaded == free_threaded:
                return interpreter
    raise TargetError(
        f"No Python {version}{'t' if free_threaded else ''} is on PATH.",
        "Give the path of an interpreter, or --python-version for one that is not installed here.",
    )


def on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield every executable of that name on PATH, in the order of PATH."""
    suffixes = [".exe"] if os.name == "nt" and not name.lower().endswith(".exe") else [""]
    if os.name == "nt" and name == "python3":
        yield from on_path("python", environ)
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for suffix in suffixes:
            candidate = Path(folder, name + suffix)
            if folder and candidate.is_file() and os.access(candidate, os.X_OK):
                yield candidate.absolute()


def python_of(folder: Path) -> Path | None:
    """Return the interpreter of an environment's folder; None if there is none."""
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
    """Return the prefix of an executable, by its place alone."""
    return executable.parent.parent.resolve()


def _is_tool_environment(prefix: Path) -> bool:
    """Return whether uv or pipx made this environment for one tool.

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
