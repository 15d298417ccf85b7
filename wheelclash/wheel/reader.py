"""Reads wheels: from the cache if what was read of one before still holds, else from its archive.

What is parsed from a wheel never changes, so it is kept without limit of time, under the wheel's sha256, its size and
the origin that served it: a range read cannot check the hash, so one index must not vouch for another. Only where the
whole file was hashed is an entry shared by all origins. Without a sha256 nothing is kept. A wheel on disk is known by
its path, size and times.

Contents are kept as JSON columns: small on disk, quick to read back (13,000 members in about 10 ms).
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import IO, TYPE_CHECKING, Any

from wheelclash.core.contents import Contents, Evidence, Finding, Members, packed
from wheelclash.errors import WheelError
from wheelclash.http.urls import origin_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from wheelclash.core.content import Answer
    from wheelclash.core.distribution import Candidate
    from wheelclash.http.cache import Cache
    from wheelclash.http.client import Fetcher
    from wheelclash.wheel.remote import Archive, Hosts

__all__ = ["WheelReader", "cached_contents", "decode_contents", "encode_contents"]


def encode_contents(contents: Contents) -> dict[str, Any]:
    """Return a value JSON can hold, from which :func:`decode_contents` makes the same contents again."""
    members = contents.members
    return {
        "dist_info": contents.dist_info,
        "root_is_purelib": contents.root_is_purelib,
        "paths": members.paths,
        "sizes": list(members.sizes),
        "crcs": list(members.crcs),
        "digests": members.digests,
        "spelt": [[number, *spelling] for number, spelling in members.spelt.items()],
        "phantoms": list(contents.phantoms),
        "entry_points": contents.entry_points,
        "requires": list(contents.requires),
        "requires_python": contents.requires_python,
        "findings": [[finding.code, finding.path, finding.detail] for finding in contents.findings],
        "wheel_version": contents.wheel_version,
        "folders": list(contents.folders),
        "conflicts": list(contents.conflicts),
        "properties": list(contents.properties),
        "imports": list(contents.imports),
    }


def decode_contents(value: Any) -> Contents | None:
    """Return the contents that were encoded; None if ``value`` is nothing of the kind."""
    try:
        members = Members(
            paths=tuple(value["paths"]),
            sizes=packed(value["sizes"]),
            crcs=packed(value["crcs"]),
            digests=tuple(value["digests"]),
            spelt={number: (name, recorded) for number, name, recorded in value["spelt"]},
        )
        return Contents(
            dist_info=value["dist_info"],
            root_is_purelib=value["root_is_purelib"],
            members=members,
            phantoms=tuple(value["phantoms"]),
            entry_points=value["entry_points"],
            requires=tuple(value["requires"]),
            requires_python=value["requires_python"],
            findings=tuple(Finding(*finding) for finding in value["findings"]),
            wheel_version=value["wheel_version"],
            folders=tuple(value["folders"]),
            conflicts=tuple(value["conflicts"]),
            properties=tuple(value.get("properties", ())),
            imports=tuple(value["imports"]),
        )
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        return None


_KIND = "contents"
_ANY_ORIGIN = "*"
_OPEN_AT_MOST = 64
_IN_MEMORY = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_SETTLED = 2.0
_EVIDENCE: dict[str, Evidence] = {"range": "range", "full": "full", "local": "local", "built": "built"}


def cached_contents(candidate: Candidate, cache: Cache) -> tuple[Contents, Evidence] | None:
    """Return what an earlier run read of this very wheel, and how; None if it must be read.

    Neither asks for the wheel nor opens it.
    """
    for key in _keys(candidate):
        value = cache.get(_KIND, key)
        if isinstance(value, dict):
            contents = decode_contents(value.get("contents"))
            evidence = _EVIDENCE.get(str(value.get("evidence")))
            if contents is not None and evidence is not None:
                return contents, evidence
    return None


def _keys(candidate: Candidate) -> list[str]:
    """Return under which keys an entry may be found: first the one that every origin shares."""
    if candidate.source is not None:
        return [_built_key(candidate)]
    if candidate.path is not None:
        try:
            return [_local_key(candidate, candidate.path.stat())]
        except OSError:
            return []
    if candidate.sha256 is None:
        return []
    return [_remote_key(candidate, _ANY_ORIGIN), _remote_key(candidate, origin_of(candidate.url))]


def _remote_key(candidate: Candidate, origin: str) -> str:
    claims = (candidate.sha256 or "", candidate.size, candidate.filename, candidate.core_metadata_sha256, origin)
    return "\n".join(str(part).lower() for part in claims)


def _built_key(candidate: Candidate) -> str:
    """Return the key of a wheel that was built here: its own hash, whichever folder it is kept in."""
    return "\n".join(("built", candidate.sha256 or "", candidate.filename))


def _local_key(candidate: Candidate, status: os.stat_result) -> str:
    path = candidate.path
    place = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    known = (path and path.absolute(), candidate.filename, candidate.sha256 or "", *place)
    return "\n".join(str(part) for part in ("local", *known))


def _require_hash(candidate: Candidate, path: Path) -> None:
    """Refuse a wheel on disk that is another than a lock or a URL means, as installers do.

    Raises:
        WheelError: ``unreadable``: its sha256 is not the one that is given for it.
        OSError: It cannot be read.
    """
    if candidate.sha256 is None:
        return
    from hashlib import file_digest

    from wheelclash.files import open_regular

    with open_regular(path) as file:
        if file_digest(file, "sha256").hexdigest() != candidate.sha256.lower():
            raise WheelError(candidate.filename, "unreadable", "its sha256 is not the one that is given for it")


class WheelReader:
    """Reads the wheels of a question and keeps their archives open for the verdicts that follow.

    Several threads may read at once. Members of one wheel are read one after the other, since an archive has one
    position.

    Args:
        fetcher: Makes the requests.
        cache: Keeps what was read.

    Attributes:
        fetcher: See above.
        cache: See above.
        answers: What was said of the content of members for this question, by URL, member and what was asked.
    """

    def __init__(self, fetcher: Fetcher, cache: Cache) -> None:
        self.fetcher = fetcher
        self.cache = cache
        self.answers: dict[tuple[str, str, str], Answer | None] = {}
        self._open: dict[str, Archive] = {}
        self._hosts: Hosts | None = None
        self._session: WheelReader | None = None  # knows what earlier questions learnt of servers
        self._lock = threading.Lock()
        self._folder: TemporaryDirectory[str] | None = None
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def for_question(self, cert: str | None = None) -> WheelReader:
        """Return a reader over the same connections and cache that counts for itself; to be closed.

        Args:
            cert: A file of CA certificates that this question trusts too; see :meth:`trust`.
        """
        reader = WheelReader(self.fetcher.for_question(), self.cache)
        reader._session = self
        reader.trust(cert)
        return reader

    def trust(self, cert: str | None) -> None:
        """Set the further CA certificates that this question trusts, in the place of any set before.

        Args:
            cert: Their file, PEM; None for the system's alone.
        """
        from pathlib import Path

        self.fetcher.cert = None if cert is None else Path(cert)

    def cached(self, candidate: Candidate) -> tuple[Contents, Evidence] | None:
        """See :func:`cached_contents`."""
        return cached_contents(candidate, self.cache)

    def read(self, candidate: Candidate) -> tuple[Contents, Evidence, bool]:
        """Return the contents of a wheel, how they were had, and whether from the cache.

        Raises:
            FetchError: It cannot be had.
            WheelError: It cannot be read, or no installer would install it.
        """
        known = self.cached(candidate)
        if known is not None:
            return *known, True
        if candidate.path is not None:
            return *self.read_local(candidate), False
        from wheelclash.wheel.remote import try_twice

        contents, archive = try_twice(lambda fresh: self._read(candidate, fresh=fresh))
        if candidate.sha256 is not None:
            origin = _ANY_ORIGIN if archive.verified else origin_of(candidate.url)
            self._keep(_remote_key(candidate, origin), contents, archive.evidence)
        return contents, archive.evidence, False

    def read_local(self, candidate: Candidate, *, keep: bool = False) -> tuple[Contents, Evidence]:
        """Return the contents of a wheel on disk.

        Args:
            candidate: The wheel.
            keep: Keep its archive open, since members are asked for next.

        Raises:
            WheelError: It cannot be read, or no installer would install it.
        """
        from wheelclash.wheel.remote import open_local

        path = candidate.path
        if path is None:
            raise WheelError(candidate.filename, "unreadable", "it is not on disk")
        archive = open_local(path, candidate.filename)
        kept = False
        try:
            before = path.stat()
            _require_hash(candidate, path)
            contents = _contents_of(archive, candidate, _needed(archive, candidate.filename))
            after = path.stat()
            kept = keep and self._remember(candidate, archive)
        except OSError as error:
            raise WheelError(candidate.filename, "unreadable", f"it cannot be read ({error.strerror})") from error
        finally:
            if not kept:
                archive.close()
        if candidate.source is not None:
            self._keep(_built_key(candidate), contents, "built")
            return contents, "built"
        key = _local_key(candidate, before)
        if key == _local_key(candidate, after) and time.time() - after.st_mtime > _SETTLED:
            self._keep(key, contents, "local")
        return contents, "local"

    def member(self, candidate: Candidate, path: str, *, limit: int, head: int | None = None) -> bytes:
        """Return the content of one file of a wheel, for a verdict; counted apart.

        Args:
            candidate: The wheel.
            path: Archive path, as :class:`~wheelclash.core.contents.Member` has it.
            limit: Bytes it may inflate to; more is an error.
            head: Only its first so many bytes (their CRC-32 is then unchecked); None for all of it.

        Raises:
            FetchError: It cannot be had.
            WheelError: ``limit``, or ``unreadable``.
        """
        with self.member_file(candidate, path, limit=limit, head=head) as file:
            return file.read()

    def member_file(self, candidate: Candidate, path: str, *, limit: int, head: int | None = None) -> IO[bytes]:
        """Return one file of a wheel as :meth:`member` does, in a temporary file if it is large; to be closed."""
        with self._lock:
            turn = self._turns[candidate.url]
        from wheelclash.wheel.remote import try_twice

        def read(fresh: bool) -> IO[bytes]:  # noqa: FBT001 - as it is called
            if fresh:
                self._forget(candidate)
            return self._member(candidate, path, limit, head, fresh=fresh)

        with turn:
            return try_twice(read)

    @property
    def folder(self) -> Path:
        """Return a folder for wheels that are made for the question; it is there until the reader is closed."""
        from pathlib import Path
        from tempfile import TemporaryDirectory

        with self._lock:
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="wheelclash-")
            return Path(self._folder.name)

    def close(self) -> None:
        """Close every archive and remove its folder; the reader can be used again."""
        while self._open:
            self._open.popitem()[1].close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _read(self, candidate: Candidate, *, fresh: bool) -> tuple[Contents, Archive]:
        from wheelclash.wheel.remote import open_archive

        archive = open_archive(candidate, self.fetcher, hosts=self.known_hosts(), fresh=fresh)
        try:
            needed = _needed(archive, candidate.filename)
            archive.fetch(needed)
            contents = _contents_of(archive, candidate, needed)
        except BaseException:
            archive.close()
            raise
        if not self._remember(candidate, archive):
            archive.close()
        return contents, archive

    def _member(self, candidate: Candidate, path: str, limit: int, head: int | None, *, fresh: bool) -> IO[bytes]:
        from wheelclash.wheel.remote import open_archive

        archive = self._open.get(candidate.url)
        if archive is not None:
            return self._inflate(archive, candidate, path, limit, head)
        hosts = self.known_hosts()
        archive = open_archive(candidate, self.fetcher, hosts=hosts, purpose="member", fresh=fresh)
        kept = self._remember(candidate, archive)
        try:
            return self._inflate(archive, candidate, path, limit, head)
        finally:
            if not kept:
                archive.close()

    def _inflate(self, archive: Archive, candidate: Candidate, path: str, limit: int, head: int | None) -> IO[bytes]:
        import tempfile

        from wheelclash.wheel.remote import unpacking

        name = _archive_name(archive, path, candidate.filename)
        if head is None:
            _require_small(archive, name, candidate.filename, limit)
        archive.fetch([name], purpose="member", head=head)
        wanted = limit if head is None else min(head, limit)  # zipfile inflates no more than the directory says
        content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
        try:
            with unpacking(candidate.filename), archive.zip.open(name) as stream:
                while content.tell() < wanted and (piece := stream.read(min(_PIECE, wanted - content.tell()))):
                    content.write(piece)
        except BaseException:
            content.close()
            raise
        content.seek(0)
        return content

    def known_hosts(self) -> Hosts:
        """Return what is known of servers, by this question and by earlier ones of its session."""
        from wheelclash.wheel.remote import Hosts

        if self._session is not None:
            return self._session.known_hosts()
        with self._lock:
            if self._hosts is None:
                self._hosts = Hosts()
            return self._hosts

    def _keep(self, key: str, contents: Contents, evidence: Evidence) -> None:
        self.cache.put(_KIND, key, {"evidence": evidence, "contents": encode_contents(contents)})

    def _remember(self, candidate: Candidate, archive: Archive) -> bool:
        """Keep an archive open, if there is room and none of it yet."""
        with self._lock:
            if len(self._open) >= _OPEN_AT_MOST or candidate.url in self._open:
                return False
            self._open[candidate.url] = archive
            return True

    def _forget(self, candidate: Candidate) -> None:
        archive = self._open.pop(candidate.url, None)
        if archive is not None:
            archive.close()


def _needed(archive: Archive, filename: str) -> list[str]:
    """Return the members that must be read, none of them too large to be."""
    from wheelclash.wheel.archive import most_bytes, needed_members
    from wheelclash.wheel.remote import unpacking

    with unpacking(filename):
        needed = needed_members(archive.zip, filename)
    for name in needed:
        _require_small(archive, name, filename, most_bytes(archive.zip.getinfo(name)))
    return needed


def _contents_of(archive: Archive, candidate: Candidate, needed: Sequence[str]) -> Contents:
    """Parse an archive, its needed members being at hand; junk around it becomes a finding."""
    from wheelclash.wheel.archive import parse_contents
    from wheelclash.wheel.remote import unpacking

    with unpacking(candidate.filename):
        contents = parse_contents(
            archive.zip, candidate.filename, needed=needed, core_metadata_sha256=candidate.core_metadata_sha256
        )
    place = archive.directory
    junk = []
    if place.prefix:
        junk.append(Finding("prefix-junk", None, f"{place.prefix} bytes come before the archive"))
    if place.trailing:
        junk.append(Finding("trailing-junk", None, f"{place.trailing} bytes come after the archive"))
    if not junk:
        return contents
    findings = sorted(
        [*contents.findings, *junk], key=lambda finding: (finding.code, finding.path or "", finding.detail)
    )
    return contents._replace(findings=tuple(findings))


def _require_small(archive: Archive, name: str, filename: str, limit: int) -> None:
    """Refuse by the directory's word, before anything is fetched, what is too large to be read."""
    info = archive.zip.getinfo(name)
    if info.file_size > limit or info.compress_size > limit + limit // 100 + 1024:
        raise WheelError(filename, "limit", f"{name} has {info.file_size} bytes; at most {limit} are read")


def _archive_name(archive: Archive, path: str, filename: str) -> str:
    """Return the name in the zip directory of a normalised path; of several the last, as in the contents."""
    from wheelclash.wheel.record import normalise

    if path in archive.zip.NameToInfo:
        return path
    for info in reversed(archive.zip.infolist()):
        if normalise(info.filename) == path:
            return info.filename
    raise WheelError(filename, "unreadable", f"it has no member {path}")
