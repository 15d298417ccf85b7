"""Requirements with all that they require, resolved by uv into a ``pylock.toml`` (PEP 751) for one target.

uv gets the index settings that count and nothing else: its own variables and configuration files are left out.
Credentials reach it through variables, which other users of the machine cannot see, and standard input, never through
its arguments; its messages are repeated without them.
"""

from __future__ import annotations

import contextlib
import re
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from packaging.utils import InvalidWheelFilename, canonicalize_name

from wheelclash.errors import QuestionError, RequirementError, UnresolvedError
from wheelclash.index.filenames import project_of
from wheelclash.resolve.listed import Files, constrained, group_places, read_files
from wheelclash.resolve.requirement import Asked, applies, is_in_force
from wheelclash.resolve.uv import (
    PATIENCE,
    Secret,
    clean_environ,
    failure,
    find_uv,
    index_arguments,
    passwords,
    redacted,
    run,
    uv_target,
    warnings,
    without_secrets,
)
from wheelclash.target.variants import parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from wheelclash.core.distribution import Skip
    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexSettings
    from wheelclash.locks.document import Table
    from wheelclash.resolve.selection import Lock
    from wheelclash.resolve.uv import Uv
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = ["Closure", "ClosureRequest", "ReleaseMetadata", "resolve"]

BUILDS_ALLOWED = "resolved with --build: uv may have run code of source archives to learn what they require"


_NO_HASHES = {"unknown": "-"}
"""PEP 751 wants one; where an index gives none, older versions of uv write none."""


class ReleaseMetadata(NamedTuple):
    """What a release requires, where a wheel variant requires something else than the plain wheel.

    Attributes:
        name: Normalised.
        version: Normalised.
        requires: Lines of ``Requires-Dist``.
    """

    name: str
    version: str
    requires: tuple[str, ...]


class ClosureRequest(NamedTuple):
    """What to resolve, all of it together.

    Attributes:
        requirements: Arguments, understood.
        files: Requirements files, PEP 723 scripts and ``pyproject.toml`` files; absolute paths.
        text: Requirements from the standard input, in the format of requirements files.
        extras: Extras of the ``pyproject.toml`` among the files.
        all_extras: All of them.
        limits: Constraints, such as ``name==1.0``.
        metadata: What releases require, in the place of what their plain wheels say.
        groups: Dependency groups (PEP 735): ``NAME`` of the ``pyproject.toml`` among the files, else of the one in the
            current folder; or ``PATH:NAME``.
    """

    requirements: Sequence[Asked] = ()
    files: Sequence[Path] = ()
    text: bytes | None = None
    extras: Sequence[str] = ()
    all_extras: bool = False
    groups: Sequence[str] = ()
    limits: Sequence[str] = ()
    metadata: Sequence[ReleaseMetadata] = ()


class Closure(NamedTuple):
    """A resolved set.

    Attributes:
        pylock: A ``pylock.toml`` for one target, without credentials.
        folder: What relative paths in it start from.
        sole_index: The one index everything came from, without credentials; None if there were several.
        notes: Sentences for people, uv's warnings among them.
        not_compared: The projects that these are the requirements of.
        uv: The version of uv that resolved it.
        roots: Extras asked for, by normalised name of what was asked for, as opposed to what that requires.
        asked: What was asked for, as far as it can be understood.
        settings: Where uv looked: the settings with the index options of files.
        variants: Names of projects with wheel variants, as far as uv was asked and told; its lock has none of them.
        hashes: By name, the sha256 of the files that may be installed, where lines of files list them; those of
            constraints also of what is only pulled in.
    """

    pylock: bytes
    folder: Path
    sole_index: str | None
    notes: tuple[str, ...]
    not_compared: tuple[Skip, ...]
    uv: str
    roots: Mapping[str, tuple[str, ...]]
    asked: tuple[Asked, ...]
    settings: IndexSettings
    variants: frozenset[str] = frozenset()
    hashes: Mapping[str, frozenset[str]] = MappingProxyType({})

    def lock(self, credentials: Credentials) -> Lock:
        """Return it as a lock: ``lock(…).select(target, extras=(), all_extras=False, groups=())`` chooses the wheels.

        Unlike those of a lock from elsewhere, its files may lie anywhere on this machine. Files of other hashes than
        those listed are left out, unless there are no others.

        Raises:
            QuestionError: What uv wrote is no PEP 751 lock.
        """
        from wheelclash.locks import pylock
        from wheelclash.locks.document import parse_toml
        from wheelclash.locks.location import LockLocation

        location = LockLocation("uv's resolution", self.folder, credentials, anywhere=True)
        document = parse_toml(self.pylock, location.name)
        document.values.setdefault("packages", [])  # up to 0.11, uv writes none where there are no packages
        for package in document.tables("packages"):
            files = [*package.tables("wheels"), package.table("sdist"), package.table("archive")]
            for file in (file for file in files if file.values and not file.values.get("hashes")):
                file.values["hashes"] = _NO_HASHES
            if self.sole_index is not None and ("wheels" in package or "sdist" in package):
                package.values.setdefault("index", self.sole_index)
            allowed = self.hashes.get(canonicalize_name(package.text("name") or ""))
            if allowed is not None:
                _leave_out_others(package, allowed)
        return pylock.read(document, location)

    def versions(self) -> dict[str, str]:
        """Map names to versions, as resolved: a resolver may choose an old release without saying so."""
        import tomllib

        packages = tomllib.loads(self.pylock.decode()).get("packages", [])
        return {package["name"]: package["version"] for package in packages if "version" in package}


def _leave_out_others(package: Table, allowed: AbstractSet[str]) -> None:
    """Take the files of other hashes out of a package of a lock, if some are left; a file without a hash stays."""
    wheels, sdist = package.tables("wheels"), package.table("sdist")
    kept = [wheel.values for wheel in wheels if _is_allowed(wheel, allowed)]
    keeps_sdist = bool(sdist.values) and _is_allowed(sdist, allowed)
    if not kept and not keeps_sdist:
        return
    package.values["wheels"] = kept
    if not keeps_sdist:
        package.values.pop("sdist", None)


def _is_allowed(file: Table, allowed: AbstractSet[str]) -> bool:
    sha256 = file.table("hashes").text("sha256")
    return sha256 is None or sha256.lower() in allowed


def resolve(
    wanted: ClosureRequest,
    target: Target,
    settings: IndexSettings,
    *,
    credentials: Credentials,
    environ: Mapping[str, str],
    cwd: Path,
    interpreter: Interpreter | None = None,
    builds: bool = False,
    exclude_newer: datetime | None = None,
    prereleases: bool = False,
    offline: bool = False,
    cache_dir: Path | None = None,
    uv: Uv | None = None,
    patience: float = PATIENCE,
    finds_variants: bool = False,
) -> Closure:
    """Have uv choose what an installer would install on one target.

    Args:
        wanted: What is asked for.
        target: The target that wheels are chosen for.
        settings: Where projects are looked for. Index options in requirements files count too, as uv counts them.
        credentials: User names and passwords for these places; those found in files are added.
        environ: Environment variables: PATH, proxies, certificates, what ``${VARIABLE}`` in files means.
        cwd: The folder relative paths start from.
        interpreter: The interpreter ``target`` was taken from, if it was.
        builds: Whether source archives may be taken, and their code run to learn what they require.
        exclude_newer: Leave out files an index got at this moment or later (with a time zone).
        prereleases: Take pre-releases like other releases.
        offline: Ask no server.
        cache_dir: uv's cache; by default where uv has it.
        uv: What :func:`wheelclash.resolve.uv.find_uv` gave; looked for by default.
        patience: Seconds it may take.
        finds_variants: Whether uv is run once more, with its preview feature, to see which projects have variants.

    Raises:
        QuestionError: uv is not there, is too old, or finds no solution; a file is not what it should be.
    """
    spelling = uv_target(target, interpreter)
    files = read_files(
        wanted.files,
        wanted.text,
        extras=wanted.extras,
        all_extras=wanted.all_extras,
        groups=wanted.groups,
        environ=environ,
        cwd=cwd,
        credentials=credentials,
    )
    if not builds:
        _refuse_repositories(files, target, credentials)
    sources, text = _sources(wanted, files, cwd, credentials)
    index_options, index_environ = index_arguments(settings, credentials, from_files=not wanted.requirements)
    options = [
        *("--no-header", "--no-progress", "--color", "never"),
        *spelling.options,
        *index_options,
        *([] if builds else ["--no-build"]),
        *(["--offline"] if offline else []),
        *(["--exclude-newer", exclude_newer.isoformat()] if exclude_newer is not None else []),
        *(["--prerelease", "allow"] if prereleases else []),
        *(["--cache-dir", str(cache_dir)] if cache_dir is not None else []),
    ]
    uv = uv or find_uv(environ, cwd=cwd)
    with _written(_adjustments(wanted.limits, files), wanted.metadata) as own_files:
        compile_ = partial(
            run,
            environ={
                **clean_environ(environ),
                **spelling.environ,
                **index_environ,
                **({} if builds else _NO_REPOSITORIES),
            },
            cwd=cwd,
            text=text,
            patience=patience,
        )
        line = [uv.path, "pip", "compile", *options, *own_files, *sources]
        done = compile_([*line, "--format", "pylock.toml"])
        variants = _described(compile_([*line, *_LOOKING]).complaints) if finds_variants else frozenset()
    secrets = [*passwords(settings, credentials), *files.included.variables]
    if done.returncode != 0:
        raise failure(done.complaints, done.returncode, secrets, builds=builds)
    pylock, hidden = _readable(done.output.decode("utf-8", "replace"), files.included.secrets, credentials)
    asked, limits = [*wanted.requirements, *files.asked(credentials)], files.limits(credentials)
    within, _ = constrained(asked, limits, target)
    return Closure(
        pylock=pylock.encode(),
        folder=cwd,
        sole_index=settings.index_url
        if settings.indexes == (settings.index_url,) and not settings.find_links
        else None,
        notes=(
            *([BUILDS_ALLOWED] if builds else []),
            *spelling.notes,
            *(note for project in files.projects for note in project.notes(target)),
            *hidden,
            *warnings(done.complaints, secrets),
        ),
        not_compared=tuple(skip for project in files.projects if (skip := project.skip) is not None),
        uv=uv.version,
        roots=_roots(wanted.requirements, files.roots(credentials)),
        asked=tuple(within),
        settings=files.with_options(settings, credentials),
        variants=variants,
        hashes=_hashes([*asked, *(limit for limit in limits if isinstance(limit, Asked))], target),
    )


def _hashes(lines: Iterable[Asked], target: Target) -> dict[str, frozenset[str]]:
    """Map names to the sha256 that are listed for them; of several lines that apply, those that all of them list."""
    by_name: dict[str, frozenset[str]] = {}
    for line in lines:
        name = line.name or project_of(line.filename)
        if name is not None and line.hashes and is_in_force(line, target):
            by_name[name] = by_name.get(name, line.sha256s) & line.sha256s
    return by_name


# -- what uv reads -------------------------------------------------------------------------------------------


def _sources(
    wanted: ClosureRequest, files: Files, cwd: Path, credentials: Credentials
) -> tuple[list[str], bytes | None]:
    """Return the arguments that tell uv what to resolve, and the text for its standard input."""
    options = [option for extra in wanted.extras for option in ("--extra", extra)]
    options += ["--all-extras"] if wanted.all_extras else []
    for path, name in group_places(wanted.groups, files.projects, cwd):
        options += ["--group", f"{path}:{name}"]
    lines = [_line(requirement, credentials) for requirement in wanted.requirements]
    text = None
    if lines or wanted.text is not None:
        text = "\n".join([*lines, ""]).encode() + (wanted.text or b"")
    projects = (project for project in files.projects if project.is_source(grouped=bool(wanted.groups)))
    paths = [*map(str, files.plain), *(str(project.path) for project in projects)]
    if text is None and not paths and not wanted.groups:
        raise QuestionError("Nothing was asked.", "Name requirements, a file of them, or a group.")
    return [*options, *paths, *([] if text is None else ["-"])], text


def _adjustments(limits: Sequence[str], files: Files) -> dict[str, list[str]]:
    """Return lines for uv by the option that names a file of them: constraints, and what projects say in [tool.uv]."""
    lines: dict[str, list[str]] = {"--constraint": [*limits]} if limits else {}
    for project in files.with_settings:
        for option, requirements in project.adjustments.items():
            lines.setdefault(option, []).extend(requirements)
    return lines


@contextlib.contextmanager
def _written(adjustments: Mapping[str, Sequence[str]], metadata: Sequence[ReleaseMetadata]) -> Iterator[list[str]]:
    """Yield the options that have uv read lines and metadata from files, which exist meanwhile, and no other."""
    if not adjustments and not metadata:
        yield ["--no-config"]
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="wheelclash-") as folder:
        options = [] if metadata else ["--no-config"]
        for option, name, lines in (
            *((option, f"{option.strip('-')}.txt", lines) for option, lines in adjustments.items()),
            ("--config-file", "uv.toml", [_table(release) for release in metadata]),
        ):
            if lines:
                path = Path(folder) / name
                path.write_text("\n".join([*lines, ""]), encoding="utf-8")
                options += [option, str(path)]
        yield options


def _table(release: ReleaseMetadata) -> str:
    """Return what a release requires as a table of uv's configuration; a string of JSON is one of TOML."""
    import json

    values = {"name": release.name, "version": release.version, "requires-dist": release.requires}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["[[dependency-metadata]]", *lines])


_LOOKING = ("--preview-features", "wheel-variants", "--verbose")
_DESCRIPTION = re.compile(r"[^/\s`]+-variants\.json")


def _described(complaints: str) -> frozenset[str]:
    """Return the names of projects of which uv, being verbose, says that it looks at what describes their variants."""
    return frozenset(filter(None, map(project_of, _DESCRIPTION.findall(complaints))))


_NO_REPOSITORIES = {"GIT_ALLOW_PROTOCOL": "none"}
"""Has git fetch nothing, if something that is reached through a file should have uv run it all the same."""


def _refuse_repositories(files: Files, target: Target, credentials: Credentials) -> None:
    """Refuse what uv would have git fetch, which it does before it minds that nothing may be built.

    Raises:
        UnresolvedError: There is such a line, and its marker does not exclude the target.
    """
    for line in files.repositories:
        asked = files.understood(line, credentials)
        if isinstance(asked, Asked) and not applies(asked, target):
            continue
        raise UnresolvedError(
            f"{line.where}: {redacted(line.text, files.included.secrets)} comes from a repository, and would have to be"
            " built.",
            "--build lets uv fetch it, and run its code; --no-deps compares the rest of what is listed.",
        )


def _roots(requirements: Sequence[Asked], listed: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Map names to the extras asked for, of arguments and of what files list."""
    extras_by_name = dict(listed)
    for requirement in requirements:
        name = requirement.name or _name_in(requirement.url or "", requirement)
        if name is not None:
            extras_by_name[name] = tuple(sorted({*extras_by_name.get(name, ()), *requirement.extras}))
    return extras_by_name


def _line(asked: Asked, credentials: Credentials) -> str:
    """Return one requirement as a line of a requirements file, put together from its parts: no part holds an option."""
    marker = f" ; {asked.marker}" if asked.marker is not None else ""
    extras = f"[{','.join(asked.extras)}]" if asked.extras else ""
    if asked.url is None and asked.path is None:
        return f"{asked.name}{extras}{asked.specifier}{marker}"
    url = asked.path.as_uri() if asked.path is not None else credentials.restore(asked.url or "")
    name = asked.name or _name_in(url, asked)
    url = re.sub(r"\$(?=\{)", "%24", url) + (f"#sha256={asked.sha256}" if asked.sha256 else "")
    return f"{name}{extras} @ {url}{marker}" if name else f"{url}{marker}"


def _name_in(url: str, asked: Asked) -> str | None:
    filename = asked.path.name if asked.path is not None else urlsplit(url).path.rpartition("/")[2]
    if not filename.lower().endswith(".whl"):
        return None
    try:
        return parse_wheel_name(filename.replace("%2B", "+").replace("%2b", "+")).name
    except InvalidWheelFilename as error:
        raise RequirementError(asked.text, f"The file name is no wheel's: {error}.") from None


# -- what must not be seen -----------------------------------------------------------------------------------


_URL = re.compile(r"(?<=\")[A-Za-z][A-Za-z0-9+.-]*://[^\s\"]*")


def _readable(pylock: str, secrets: Sequence[Secret], credentials: Credentials) -> tuple[str, tuple[str, ...]]:
    """Return a lock with neither credentials, which are kept, nor secrets in its URLs.

    Returns:
        The lock, and a sentence for each URL that cannot be followed any more.
    """
    hidden = []

    def clean(match: re.Match[str]) -> str:
        url = credentials.take(match[0])
        shown = without_secrets(url, secrets)
        if shown != url:
            hidden.append(f"{shown} is not read: its path holds a secret, which would be in the report")
        return shown

    return _URL.sub(clean, pylock), tuple(hidden)
