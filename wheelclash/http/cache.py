"""Small JSON values on disk, by kind and key: what was read once and never changes. Also files that were made.

Many processes may share a folder. There are no locks: an entry is written beside its place and renamed into it, and
each read checks the digest in its first line. A damaged entry counts as absent. A folder that cannot be used makes
the run slower, never wrong: there is one warning, and no cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wheelclash.files import IrregularFileError, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SCHEMA", "Cache", "default_folder"]

SCHEMA = 1
"""Part of every path: a later layout of the values never meets an earlier one."""

LARGEST = 256 * 1024 * 1024
"""Bytes an entry may have; the largest kept, of an index page, have a tenth of that."""

_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This file marks a cache of wheelclash; it may be deleted at any time. See https://bford.info/cachedir/
"""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_FILE = ".file"
_PIECE = 1024 * 1024
_STALE = 3600.0
"""Seconds after which a half-written file is taken to be left by a writer that died."""


def default_folder() -> Path:
    """Return ``WHEELCLASH_CACHE_DIR``, else the platform's folder for caches of users."""
    chosen = os.environ.get("WHEELCLASH_CACHE_DIR")
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("wheelclash", appauthor=False))


class Cache:
    """JSON values by kind and key, in a folder that is made when first written to.

    Args:
        folder: Where; None for no cache at all.

    Attributes:
        folder: As the argument.
        warnings: At most one sentence on why the folder is not used, or not written to.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.warnings: list[str] = []
        self._checked = False
        self._prepared = False
        self._readable = folder is not None
        self._writable = folder is not None

    def get(self, kind: str, key: str) -> Any | None:
        """Return the value put there, or None if there is none that can be trusted."""
        path = self._path(kind, key)
        if path is None or not self._readable:
            return None
        try:
            data = read_file(path, LARGEST, trusted=_is_own)
        except (FileNotFoundError, IrregularFileError):
            return None
        except OSError as error:
            self._give_up(f"cannot be read ({error.strerror})")
            return None
        digest, _, payload = data.partition(b"\n")
        if digest.decode("ascii", "replace") == _digest(kind, key, payload):
            try:
                return json.loads(payload)
            except (ValueError, RecursionError):
                pass
        with contextlib.suppress(OSError):
            path.unlink()
        return None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keep a value that JSON can hold; on any failure to write it, warn once and go on without."""
        path = self._path(kind, key)
        if path is None or not self._writable:
            return
        payload = json.dumps(value, separators=(",", ":")).encode("ascii")
        self._replace(path, [_digest(kind, key, payload).encode("ascii") + b"\n" + payload])

    def file(self, kind: str, key: str, *, size: int) -> Path | None:
        """Return the file put there, if it is there, has this size, and only this user can have written it."""
        path = self._path(kind, key)
        if path is None or not self._readable:
            return None
        path = path.with_suffix(_FILE)
        try:
            status = path.lstat()
        except OSError:
            return None
        return path if stat.S_ISREG(status.st_mode) and _is_own(status) and status.st_size == size else None

    def put_file(self, kind: str, key: str, source: Path) -> Path | None:
        """Copy a file there and return its place; None if it cannot be kept, with one warning."""
        path = self._path(kind, key)
        if path is None or not self._writable:
            return None
        path = path.with_suffix(_FILE)
        with source.open("rb") as stream:
            return path if self._replace(path, iter(partial(stream.read, _PIECE), b"")) else None

    def _replace(self, path: Path, pieces: Iterable[bytes]) -> bool:
        """Write a file of the cache whole or not at all; return whether it is there, or warn once and keep nothing."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(6).hex()}.tmp")
        try:
            self._prepare()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                _write(temporary, pieces)
                temporary.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
        except OSError as error:
            self._writable = False
            self._warn(f"cannot be written to ({error.strerror})")
            return False
        return True

    def _path(self, kind: str, key: str) -> Path | None:
        """Return where an entry is; None if the folder is not to be used."""
        if self.folder is None:
            return None
        if not self._checked:
            self._checked = True
            self._check(self.folder)
        if not self._readable:
            return None
        name = hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()
        return self.folder / f"v{SCHEMA}" / name[:2] / name[2:]

    def _check(self, folder: Path) -> None:
        """Refuse a folder in which another user could have put entries."""
        try:
            status = folder.lstat()
        except FileNotFoundError:
            return
        except OSError as error:
            self._give_up(f"cannot be used ({error.strerror})")
            return
        if stat.S_ISLNK(status.st_mode):
            self._give_up("is a symbolic link")
        elif not stat.S_ISDIR(status.st_mode):
            self._give_up("is not a folder")
        elif not _is_of_user(status):
            self._give_up("belongs to another user")
        elif os.name == "posix" and status.st_mode & _OTHERS_WRITE:
            self._give_up("can be written to by other users (chmod go-w)")

    def _prepare(self) -> None:
        """Make the folder and its tag, on the first write."""
        if self._prepared or self.folder is None:
            return
        self._prepared = True
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            _write(self.folder / "CACHEDIR.TAG", [_TAG.encode("ascii")])
        self.prune()

    def prune(self) -> int:
        """Remove what killed writers left half-written; how many files that was."""
        removed = 0
        if self.folder is not None:
            before = time.time() - _STALE
            for path in self.folder.glob("v*/*/*.tmp"):
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < before:
                        path.unlink()
                        removed += 1
        return removed

    def _give_up(self, reason: str) -> None:
        self._readable = self._writable = False
        self._warn(reason)

    def _warn(self, reason: str) -> None:
        if not self.warnings:
            self.warnings.append(f"the cache folder {self.folder} {reason}; this run goes on without it")


def _is_of_user(status: os.stat_result) -> bool:
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _is_own(status: os.stat_result) -> bool:
    """Return whether an entry was written by this user, and no other user can write to it."""
    return os.name != "posix" or (_is_of_user(status) and not status.st_mode & _OTHERS_WRITE)


def _digest(kind: str, key: str, payload: bytes) -> str:
    """Return a digest of the value and of its kind and key, so that an entry moved to another key is none."""
    digest = hashlib.sha256(f"{kind}\0{key}\0".encode("utf-8", "surrogatepass"))
    digest.update(payload)
    return digest.hexdigest()


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a new file and have it on the disk before anything points to it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.writelines(pieces)
        stream.flush()
        os.fsync(stream.fileno())
