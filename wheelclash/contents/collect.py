"""Collect the contents of wheels into a dataset: from folders, locks, environments, and an index by a list of names.

Wheels come in the order of their projects, as far as they are read side by side. What cannot be read is a skip with a
reason, and the others are added.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.contents.reach import EVERYWHERE
from wheelclash.contents.rows import (
    Collected,
    Source,
    WheelRow,
    file_rows,
    number_of,
    precedence,
    rows_of_files,
    wheel_row,
)
from wheelclash.core.content import Question, answer
from wheelclash.core.distribution import Candidate, Skip
from wheelclash.errors import FetchError, QuestionError, WheelError
from wheelclash.files import open_regular
from wheelclash.http.cache import Cache
from wheelclash.resolve.choose import choose_direct
from wheelclash.resolve.requirement import Asked
from wheelclash.resolve.wheelhouse import wheels_of
from wheelclash.threads import pause, run_each
from wheelclash.wheel.reader import WheelReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wheelclash.contents.dataset import Known
    from wheelclash.contents.rows import FileRow, Found
    from wheelclash.core.layout import InstalledFile, InstalledPath
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.locate import Environment
    from wheelclash.index.page import ProjectFile
    from wheelclash.index.settings import IndexSettings
    from wheelclash.session import Session

__all__ = ["Pace", "Shard", "collect_named", "collect_sources", "read_names"]

_PIECE = 1024 * 1024
_DEEPEST_STUB, _LARGEST_STUB = 2, 1024
"""Where namespace stubs are looked for: ``a/__init__.py`` and ``a/b/__init__.py``, and how many bytes they have."""

_READING = 3
"""Wheels on disk that are read at a time: one thread hashes while another parses."""


class Shard(NamedTuple):
    """One of several equal shares of a list of names, which needs no agreement between those that collect it.

    Attributes:
        number: From 1.
        of: How many there are.
    """

    number: int = 1
    of: int = 1

    def has(self, name: str) -> bool:
        """Return whether a normalised name is in it."""
        return number_of(name) % self.of == self.number - 1


@dataclass
class Pace:
    """Lets requests go at a steady rate, whatever number of threads makes them.

    Attributes:
        rate: Requests a second.
    """

    rate: float
    _next: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self) -> None:
        """Wait for the next turn."""
        with self._lock:
            turn = max(self._next, monotonic())
            self._next = turn + 1 / self.rate
        pause(max(0.0, turn - monotonic()))


# -- folders, wheels, locks, environments ---------------------------------------------------------------------


def collect_sources(sources: Sequence[str], session: Session, known: Known) -> Iterator[tuple[int, Iterator[Found]]]:
    """Find the wheels of sources, and read them.

    Args:
        sources: Paths of wheels, folders of wheels, environments, locks and public datasets.
        session: Reads wheels.
        known: What the dataset has; such wheels are not read.

    Yields:
        For each kind of source how many wheels it has, and what becomes of each of them.

    Raises:
        QuestionError: A source is none, or cannot be read.
    """
    candidates: list[Candidate | Skip] = []
    environments: list[Environment] = []
    published: list[Path] = []
    for source in dict.fromkeys(sources):
        path = Path(source)
        _require_listing(path)
        if _is_published(path):
            published.append(path)
        elif source.lower().endswith(".whl") or _is_wheelhouse(path):
            paths = [path] if source.lower().endswith(".whl") and not path.is_dir() else wheels_of(path)
            candidates += [choose_direct(Asked(text=str(wheel), path=wheel.absolute())) for wheel in paths]
        elif path.is_dir():
            environments.append(_environment(path))
        elif path.exists():
            candidates += _locked(source, session)
        else:
            raise QuestionError(
                f"There is no {source}.",
                "Give wheels, folders of wheels, locks or environments; names of projects go into a file (--names).",
            )
    if candidates:
        yield len(candidates), _read_wheels(candidates, session, known)
    for environment in environments:
        yield _read_environment(environment, known)
    if published:
        from wheelclash.contents.published import read_published

        yield read_published(published, known)


def _require_listing(path: Path) -> None:
    """Raise if a folder cannot be listed: it would seem to be empty.

    Raises:
        QuestionError: It cannot.
    """
    import os

    try:
        if path.is_dir():
            os.scandir(path).close()
    except OSError as error:
        raise QuestionError(f"{path} cannot be read ({error.strerror}).") from None


def _is_published(path: Path) -> bool:
    return path.suffix.lower() == ".parquet" or (path.is_dir() and any(True for _ in path.glob("*.parquet")))


def _is_wheelhouse(path: Path) -> bool:
    return path.is_dir() and any(True for _ in path.glob("*.[wW][hH][lL]"))


def _environment(path: Path) -> Environment:
    import os

    from wheelclash.environment.locate import environment_at

    try:
        return environment_at(path, os.environ)
    except QuestionError:
        raise QuestionError(f"{path} holds no wheels, and is no environment.", "Build some wheels first.") from None


def _locked(source: str, session: Session) -> list[Candidate | Skip]:
    """Return the wheels that a lock names for any of its targets."""
    from wheelclash.gather.gather import gather
    from wheelclash.options import Options
    from wheelclash.session import question_from

    question = question_from([source], Options(all_targets=True, deps=False))
    with closing(session.reader.for_question()) as reader:
        gathered = gather(question, reader, compares=False)
    wheels = {wheel.filename: wheel for target_set in gathered.sets for wheel in target_set.candidates}
    skipped = {
        skip.requirement: skip for target_set in gathered.sets for skip in target_set.skipped if skip.code != "no-wheel"
    }
    return [*wheels.values(), *skipped.values()]


def _read_wheels(candidates: Iterable[Candidate | Skip], session: Session, known: Known) -> Iterator[Found]:
    """Yield what becomes of wheels, by project; each is read and forgotten."""
    in_order = sorted(
        candidates, key=lambda candidate: (candidate.name, getattr(candidate, "version", ""), str(candidate))
    )
    reader = WheelReader(session.fetcher, Cache(None))
    yield from run_each((partial(_read_wheel, candidate, reader, known) for candidate in in_order), at_once=_READING)


def _read_wheel(candidate: Candidate | Skip, reader: WheelReader, known: Known, *, yanked: bool = False) -> Found:
    """Return a wheel with its rows, or why it cannot be read; None if the dataset has it."""
    if isinstance(candidate, Skip):
        return candidate
    sha256 = candidate.sha256
    try:
        if sha256 is None and candidate.path is not None:
            sha256 = _sha256(candidate.path)
        source = Source(candidate.filename, candidate.url, sha256, yanked)
        if source.identity in known:
            return None
        with closing(reader.for_question(None if reader.fetcher.cert is None else str(reader.fetcher.cert))) as reading:
            if candidate.path is None:
                contents, evidence, _ = reading.read(candidate)
            else:
                contents, evidence = reading.read_local(candidate, keep=True)
            files, refused = file_rows(contents)
            if evidence == "local":
                files = [_with_stub(file, candidate, reading) for file in files]
        wheel = wheel_row(source, contents, evidence)
    except WheelError as error:
        return Skip(candidate.filename, error.code, error.reason)
    except FetchError as error:
        return Skip(candidate.filename, error.code, str(error))
    except OSError as error:
        return Skip(candidate.filename, "unreadable", f"the file cannot be read ({error.strerror})")
    except ValueError:
        return Skip(candidate.filename, "unreadable", "the file name is no wheel's")
    return Collected(wheel._replace(refused=refused), files)


def _with_stub(file: FileRow, candidate: Candidate, reader: WheelReader) -> FileRow:
    """Return the row of a file, as a namespace stub if it is an unusual one: of wheels on disk such files are read."""
    path = file.path
    if not (
        file.role == "module"
        and file.root == "site-packages"
        and path.endswith("/__init__.py")
        and path.count("/") <= _DEEPEST_STUB
        and (file.size or 0) <= _LARGEST_STUB
    ):
        return file
    try:
        data = reader.member(candidate, path, limit=_LARGEST_STUB)
    except (WheelError, FetchError):  # of a data folder, say: it stays what it seems
        return file
    is_stub = answer(Question(candidate.filename, path, "init", None), data).stub
    return file._replace(role="namespace-init") if is_stub else file


def _sha256(path: Path) -> str:
    """Return the hash of a whole regular file, hex."""
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _read_environment(environment: Environment, known: Known) -> tuple[int, Iterator[Found]]:
    from wheelclash.environment.scan import read_records

    records = read_records(environment.places)
    distributions = sorted(records.distributions, key=lambda each: each.name)

    def read() -> Iterator[Found]:
        yield from records.skipped
        for distribution in distributions:
            yield _installed(distribution, environment, known)

    return len(distributions) + len(records.skipped), read()


def _installed(distribution: Installed, environment: Environment, known: Known) -> Found:
    """Return an installed distribution with its rows; its RECORD stands for the wheel, of which nothing is left."""
    from wheelclash.environment.distributions import RecordError, entry_points_text
    from wheelclash.environment.scan import commands_of, installed_file

    places, target = environment.places, environment.target
    try:
        digest = _sha256(Path(distribution.record))
        rows = distribution.rows(None)
    except OSError as error:
        return Skip(distribution.name, "unreadable", f"its RECORD cannot be read ({error.strerror})")
    except RecordError as error:
        return Skip(distribution.name, error.code, error.reason)
    wheel_id = Source(distribution.id, "", digest).identity
    if wheel_id in known:
        return None
    commands = commands_of(distribution, target)
    files: dict[InstalledPath, InstalledFile] = {}
    for key, row in rows.items():
        file = installed_file(key, row, commands, places)
        files[file.path] = file
    python = next((bit for bit, name in enumerate(_pythons()) if name == target.minor_version), None)
    wheel = WheelRow(
        wheel_id=wheel_id,
        project=distribution.name,
        project_id=number_of(distribution.name),
        version=distribution.version,
        precedence=precedence(distribution.version),
        wheel=distribution.id.rpartition("/")[2],
        sha256=None,
        tags="",
        pythons=EVERYWHERE.pythons if python is None else 1 << python,
        platforms=EVERYWHERE.platforms,
        requires_python=distribution.requires_python,
        requires=distribution.requires,
        entry_points=entry_points_text(distribution.folder) or None,
        evidence="installed",
        source=str(places.prefix),
        files=0,
        refused=None,
    )
    return Collected(wheel, rows_of_files(files))


def _pythons() -> Sequence[str]:
    from wheelclash.contents.reach import PYTHONS

    return PYTHONS


# -- an index, by a list of names ------------------------------------------------------------------------------


def read_names(text: str, shard: Shard) -> list[str]:
    """Return the normalised names of a list, one a line, that are in a shard; ``#`` begins a comment.

    Raises:
        QuestionError: A line is no name, or there is none at all.
    """
    names: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or not name.isascii():
            raise QuestionError(f"--names: line {number} is no name of a project: {name[:80]!r}.", "One name a line.")
        names[canonicalize_name(name)] = None
    if not names:
        raise QuestionError("--names: the list is empty.")
    return sorted(name for name in names if shard.has(name))


def collect_named(
    names: Sequence[str],
    session: Session,
    settings: IndexSettings,
    known: Known,
    *,
    connections: int,
    history: bool,
) -> Iterator[list[Found]]:
    """Read the wheels of projects of an index.

    Pages are kept in the session's cache with their validators, so that a second run asks whether they have changed.

    Args:
        names: Normalised names.
        session: Its fetcher is paced by the caller.
        settings: Where projects are looked for.
        known: What the dataset has; such wheels are not asked for.
        connections: Projects that are read at a time.
        history: All releases, rather than the newest one that has a wheel.

    Yields:
        What became of the wheels of each project, as they come.
    """
    reader = WheelReader(session.fetcher, Cache(None))  # one for all: what is learnt of a server is learnt once
    reader.trust(settings.cert)
    calls = (partial(_read_project, name, session, settings, reader, known, history=history) for name in names)
    yield from run_each(calls, at_once=connections)


def _read_project(
    name: str, session: Session, settings: IndexSettings, reader: WheelReader, known: Known, *, history: bool
) -> list[Found]:
    from wheelclash.index.client import project_files

    asking = reader.for_question(settings.cert)
    try:
        offered = project_files(
            name, settings, asking.fetcher, session.cache, fresh=0.0, offline=session.fetcher.offline
        )
    except FetchError as error:
        return [Skip(name, error.code, str(error))]
    finally:
        asking.close()
    files = {file.filename: (file, source.index) for source in reversed(offered.sources) for file in source.files}
    wheels = _wanted([file for file, _ in files.values() if file.is_wheel], history=history)
    if not wheels:
        known_at_all = bool(files) or any(not source.flat for source in offered.sources)
        reason = "it has no wheel" if known_at_all else "the index does not know it"
        return [Skip(name, "no-wheel" if known_at_all else "not-found", reason)]
    results: list[Found] = []
    for file in wheels:
        candidate = Candidate(
            filename=file.filename,
            name=name,
            version=file.filename.split("-")[1],
            url=file.url,
            index=files[file.filename][1],
            sha256=file.sha256,
            size=file.size,
            requested=name,
            core_metadata_sha256=file.core_metadata_sha256,
            path=_local(file.url),
        )
        results.append(_read_wheel(candidate, reader, known, yanked=file.yanked is not None))
    return results


def _wanted(files: Sequence[ProjectFile], *, history: bool) -> list[ProjectFile]:
    """Return the wheels that are to be read: of all releases, or of the one that installers prefer."""
    by_release: dict[str, list[ProjectFile]] = {}
    for file in files:
        if file.filename.count("-") > 3:  # noqa: PLR2004 - name, version and three tags
            order = precedence(file.filename.split("-")[1], yanked=file.yanked is not None)
            by_release.setdefault(order, []).append(file)
    releases = sorted(by_release, reverse=True)
    return [file for order in (releases if history else releases[:1]) for file in sorted(by_release[order])]


def _local(url: str) -> Path | None:
    from wheelclash.http.urls import local_path

    return local_path(url) if url.startswith("file:") else None
