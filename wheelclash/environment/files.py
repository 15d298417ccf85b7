"""The tree: every file of an environment's site-packages folders, seen in one walk.

Content on disk: hashes of files, read by recorded paths that may lead anywhere.

Leftovers: files in package folders that no distribution recorded, such as a package that lost its owner.

What is on disk where several distributions recorded a file: which owner's content it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from wheelclash.core.content import HEAD, INIT_LIMIT, Answer, Question, answer, is_known_stub
from wheelclash.core.overlap import folded
from wheelclash.environment.distributions import RecordError
from wheelclash.environment.ownership import Owned, by_folder, keys_of
from wheelclash.environment.paths import is_absolute
from wheelclash.environment.reading import NOTHING_THERE, read_small
from wheelclash.files import IrregularFileError, open_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from wheelclash.core.content import Answers
    from wheelclash.core.disk import DiskState
    from wheelclash.core.layout import InstalledPath
    from wheelclash.core.overlap import Overlap, Owner
    from wheelclash.environment.distributions import Installed
    from wheelclash.environment.paths import EnvironmentPaths

__all__ = [
    "Leftover",
    "OnDisk",
    "Seen",
    "State",
    "Unreadable",
    "answers_from_disk",
    "claimed",
    "digest_of",
    "kinds_in",
    "leftovers",
    "names_in",
    "on_disk",
    "runs",
    "spelling_on_disk",
    "state_of",
    "states",
    "walk",
    "walk_below",
]

_PIECE = 128 * 1024
_WRAPPER = 256 * 1024


class Unreadable(Exception):  # noqa: N818  (a state of a file, told in the report)
    """A file that is there and cannot be read.

    Attributes:
        reason: The system's word for it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def digest_of(path: str, algorithm: str = "sha256") -> str | None:
    """Return the hash of a file.

    Args:
        path: Links are followed.
        algorithm: A function of :mod:`hashlib`: ``sha256``.

    Returns:
        ``algorithm:hex``; ``irregular:`` and what it is for something that is no file; None if there is nothing.

    Raises:
        Unreadable: It is there and cannot be read.
    """
    try:
        descriptor, status = open_file(path)
    except IrregularFileError as error:
        return "irregular:folder" if error.is_folder else "irregular:device"
    except OSError as error:
        if error.errno in NOTHING_THERE:
            return None
        raise Unreadable(error.strerror or str(error)) from error
    try:
        return f"{algorithm}:{_hashed(descriptor, algorithm, status.st_size)}"
    except OSError as error:
        raise Unreadable(error.strerror or "it cannot be read") from error
    finally:
        os.close(descriptor)


def _hashed(descriptor: int, algorithm: str, size: int) -> str:
    """Hash by plain system calls: most files are small, and a file object for each costs more than the hash."""
    digest = getattr(hashlib, algorithm)(usedforsecurity=False)  # by name it would take twice as long
    most = min(size + 1, _PIECE)
    while piece := os.read(descriptor, most):
        digest.update(piece)
        if len(piece) < most:
            break
    return str(digest.hexdigest())


def runs(path: str, entry_point: str) -> bool:
    """Return whether a file is a wrapper that runs an entry point, whichever tool generated it.

    Args:
        path: The file.
        entry_point: ``module:attr``.
    """
    try:
        text = read_small(path, _WRAPPER) or b""
    except OSError:
        return False
    module, _, attribute = entry_point.partition(":")
    first = attribute.partition(".")[0]
    return f"from {module} import {first}".encode() in text and f"{attribute}(".encode() in text


State = str
"""``there``, ``missing`` or ``hidden`` (it cannot be told: no permission)."""


class Seen(NamedTuple):
    """What a walk saw.

    Attributes:
        unseen: Keys that were expected and not met. Not yet missing: a link may lead to them.
        strays: Keys of files that are not expected, in folders of site-packages; no bytecode.
        closed: Folders that could not be listed, each with the reason.
    """

    unseen: set[str]
    strays: list[str]
    closed: list[tuple[str, str]]


def walk(places: EnvironmentPaths, expected: Owned) -> Seen:
    """Walk the site-packages folders, and list the other folders that files are expected in.

    Links to folders are not followed, ``__pycache__`` is passed over.

    Args:
        places: Of the environment.
        expected: Every file that a distribution recorded.
    """
    seen = Seen(set(), [], [])
    met: set[str] = set()
    for number, site in enumerate(places.sites):
        _walk(site, f"{site}/" if number else "", expected, seen, met)
    seen.unseen.update(folder + name for folder in expected.folders - met for name in expected.names(folder))
    _look_elsewhere(seen.unseen)
    return seen


def walk_below(folder: str, expected: Iterable[str]) -> Seen:
    """Walk one folder, whatever it is; here keys are absolute paths throughout.

    Args:
        folder: Its real path.
        expected: The absolute path of everything that a distribution recorded below it.
    """
    seen = Seen(set(), [], [])
    met: set[str] = set()
    owned = Owned([by_folder(expected)])
    _walk(folder, f"{folder.rstrip('/')}/", owned, seen, met)
    seen.unseen.update(inner + name for inner in owned.folders - met for name in owned.names(inner))
    return seen


def _walk(site: str, start: str, expected: Owned, seen: Seen, met: set[str]) -> None:
    """Walk one folder; ``start`` is what its keys begin with. Add what was listed to ``met``."""
    waiting = [(site, start)]
    while waiting:
        folder, prefix = waiting.pop()
        if prefix.endswith("__pycache__/"):
            continue
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError as error:
            seen.closed.append((folder, error.strerror or "it cannot be listed"))
            continue
        met.add(prefix)
        waiting += _compare(entries, prefix, expected.names(prefix), seen)


def _compare(
    entries: Collection[os.DirEntry[str]], prefix: str, expected: Mapping[str, None], seen: Seen
) -> Iterator[tuple[str, str]]:
    """Compare what is in one folder with what is expected there, and yield the folders below it.

    Every file of an environment passes through here: one lookup for each.
    """
    odd = [entry for entry in entries if entry.name not in expected or entry.is_symlink()]
    if len(entries) - len(odd) < len(expected):
        names = {entry.name for entry in entries}
        seen.unseen.update(prefix + name for name in expected if name not in names)
    for entry in odd:
        key = prefix + entry.name
        if entry.name in expected:
            seen.unseen.add(key)  # a link may lead nowhere: it is looked at by itself
        elif entry.is_dir(follow_symlinks=False):
            yield entry.path, f"{key}/"
        elif not key.endswith((".pyc", ".pyo")):
            seen.strays.append(key)


def _look_elsewhere(unseen: set[str]) -> None:
    """List once each folder with files outside of site-packages; a prefix may be as large as ``/usr``."""
    outside: dict[str, list[str]] = {}
    for key in unseen:
        if key.startswith("/") or key[1:2] == ":":
            folder, _, name = key.rpartition("/")
            outside.setdefault(folder, []).append(name)
    for folder, names in outside.items():
        try:
            with os.scandir(folder) as entries:
                there = {entry.name for entry in entries if not entry.is_symlink()}
        except OSError:
            continue  # each file is then asked for by itself
        unseen.difference_update(f"{folder}/{name}" for name in names if name in there)


def state_of(path: str) -> State:
    """Return whether there is a file of that path, links followed."""
    try:
        os.stat(path)  # noqa: PTH116  (a path object for each would cost more than the call)
    except OSError as error:
        return "missing" if error.errno in NOTHING_THERE else "hidden"
    except ValueError:
        return "hidden"
    return "there"


def names_in(folder: str) -> frozenset[str]:
    """Return the names of what is in a folder that is no folder itself; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries if not entry.is_dir())
    except OSError:
        return frozenset()


def kinds_in(folder: str) -> dict[str, bool]:
    """Return the names of what is in a folder, each with whether it is a folder; none if it cannot be listed.

    A link to a folder is one for what lies below it, and an installer replaces it by a file: it is left out.
    """
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries if not _leads_on(entry)}
    except OSError:
        return {}


def _leads_on(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and entry.is_dir()


def states(places: EnvironmentPaths, keys: Iterable[str]) -> dict[str, State]:
    """Return the state of every key that a walk did not meet."""
    return {key: state_of(places.on_disk(key)) for key in keys}


_METADATA = (".dist-info", ".egg-info", ".egg", ".data")


class Leftover(NamedTuple):
    """Files that no distribution recorded.

    Attributes:
        folder: The package folder they lie in.
        files: How many.
        ownerless: Whether nothing in that folder has an owner.
    """

    folder: InstalledPath
    files: int
    ownerless: bool


def leftovers(
    strays: Iterable[str],
    owned: Owned,
    distributions: Iterable[Installed],
    places: EnvironmentPaths,
) -> list[Leftover]:
    """Count strays by package folder; none are told where conda or the system installs files that no RECORD lists.

    Loose files beside the packages, metadata folders and whatever belongs to distributions that are not compared are
    left out.

    Args:
        strays: Keys of files that no compared distribution recorded.
        owned: Files that one did.
        distributions: Those that are not compared.
        places: Of the environment.
    """
    packages = [key for key in strays if "/" in _below_site(key, places)]
    if not packages or places.externally_managed or os.path.isdir(f"{places.base}/conda-meta"):  # noqa: PTH112
        return []
    theirs, tops = claimed(distributions, places)
    counts: Counter[str] = Counter()
    for key in packages:
        folder = _package(key, places)
        top = folder.rpartition("/")[2]
        if key not in theirs and top not in tops and (top.startswith("~") or not top.endswith(_METADATA)):
            counts[folder] += 1
    with_owner = {_package(folder, places) for folder in owned.folders if folder} if counts else set()
    return [
        Leftover(places.installed_path(folder), count, folder not in with_owner)
        for folder, count in sorted(counts.items())
    ]


def _package(key: str, places: EnvironmentPaths) -> str:
    """Return the key of the package folder that a file lies in."""
    if not is_absolute(key):
        return key.partition("/")[0]
    rest = _below_site(key, places)
    return key[: len(key) - len(rest)] + rest.partition("/")[0]


def _below_site(key: str, places: EnvironmentPaths) -> str:
    if not is_absolute(key):
        return key
    site = next((site for site in places.sites if key.startswith(f"{site}/")), "")
    return key[len(site) + 1 :]


def claimed(distributions: Iterable[Installed], places: EnvironmentPaths) -> tuple[set[str], set[str]]:
    """Return the keys that distributions which are not compared have recorded, and the names that are otherwise theirs.

    Args:
        distributions: These distributions.
        places: Of the environment.
    """
    keys: set[str] = set()
    tops: set[str] = set()
    for excluded in distributions:
        tops |= excluded.tops
        with contextlib.suppress(RecordError):
            keys |= keys_of(excluded.read(places).names)
    return keys, tops


_DEFAULT = "sha256"


class OnDisk(NamedTuple):
    """The state of a contested file.

    Attributes:
        state: ``present`` (it is what an owner recorded, or nothing recorded tells what it should be), ``changed`` (it
            is what no distribution recorded) or ``missing``.
        matches: Ids of the owners that recorded this content.
        losers: Ids of the owners that certainly recorded other content.
        unreadable: Why it could not be read; then nothing is known of it.
        is_stub: Whether a changed file is an ``__init__.py`` that only declares a namespace all the same.
    """

    state: DiskState
    matches: tuple[str, ...] = ()
    losers: tuple[str, ...] = ()
    unreadable: str | None = None
    is_stub: bool = False


def on_disk(key: str, owners: Sequence[Owner], recorded: Mapping[str, str | None], places: EnvironmentPaths) -> OnDisk:
    """Look at one file.

    Args:
        key: Which.
        owners: Those that recorded it; of a generated command the content is the entry point.
        recorded: The hash in each owner's RECORD, by id; None where it gives none.
        places: Of the environment.
    """
    path = places.on_disk(key)
    algorithms = dict.fromkeys(digest.partition(":")[0] for digest in recorded.values() if digest)
    try:
        digests = {digest_of(path, algorithm) for algorithm in algorithms or (_DEFAULT,)}
    except Unreadable as error:
        return OnDisk("present", unreadable=error.reason)
    if None in digests:
        return OnDisk("missing", losers=tuple(owner.id for owner in owners))
    numbers = {owner.content for owner in owners if recorded.get(owner.id) in digests}
    if not numbers:  # a wrapper that another tool generated for the same entry point is as good
        numbers = {owner.content for owner in owners if _is_command(owner) and _runs(owner, path)}
    matches = tuple(owner.id for owner in owners if owner.content in numbers)
    unknown = {owner.id for owner in owners if recorded.get(owner.id) is None and not _is_command(owner)}
    losers = tuple(owner.id for owner in owners if owner.id not in matches and owner.id not in unknown)
    if matches or unknown:
        return OnDisk("present", matches, losers)
    return OnDisk("changed", losers=losers, is_stub=_is_stub(key, path))


def spelling_on_disk(overlap: Overlap, key: str, places: EnvironmentPaths) -> OnDisk:
    """Look how a folder or a file is spelt of which several distributions differ in the case of its name.

    Args:
        overlap: Of the folder or file.
        key: Its key.
        places: Of the environment.
    """
    depth = overlap.path.count("/")
    names = {owner.id: owner.file.path.split("/")[depth] for owner in overlap.owners}
    parent, _, name = places.on_disk(key).rpartition("/")
    try:
        spellings = {entry for entry in os.listdir(parent) if folded(entry) == folded(name)}  # noqa: PTH208
    except OSError as error:
        return OnDisk("present", unreadable=error.strerror or "the folder cannot be listed")
    losers = tuple(id_ for id_, spelt in names.items() if spelt not in spellings)
    return OnDisk("present" if spellings else "missing", tuple(id_ for id_ in names if id_ not in losers), losers)


def _is_stub(key: str, path: str) -> bool:
    """Return whether a file is an ``__init__.py`` that does nothing but declare a namespace."""
    if not key.endswith("/__init__.py"):
        return False
    try:
        data = read_small(path, INIT_LIMIT + 1)
    except OSError:
        return False
    return data is not None and len(data) <= INIT_LIMIT and answer(Question("", key, "init", None), data).stub


def _is_command(owner: Owner) -> bool:
    return owner.file.member is None


def _runs(owner: Owner, path: str) -> bool:
    return runs(path, (owner.file.content or "").partition(":")[2])


def answers_from_disk(asked: Iterable[Question], holders: Mapping[str, OnDisk], places: EnvironmentPaths) -> Answers:
    """Answer what can be answered of contested files: what is on disk is read, a known stub is known by its hash.

    Args:
        asked: Questions; their members are keys.
        holders: What is on disk at each key.
        places: Of the environment.
    """
    answers: Answers = {}
    for question in asked:
        key = question.member
        if question.about == "init" and is_known_stub(question.digest):
            answers[question.owner, key] = Answer(stub=True)
        elif question.owner in holders[key].matches:
            try:
                data = read_small(places.on_disk(key), INIT_LIMIT if question.about == "init" else HEAD)
            except OSError:
                continue
            if data is not None:
                answers[question.owner, key] = answer(question, data)
    return answers
