"""Reads what is in a conda package: from the cache, else from its archive.

A ``.conda`` archive is a zip file, of which the member ``info-*.tar.zst`` is fetched by range requests, as the
metadata of a wheel is. A ``.tar.bz2`` has no directory: all of it is downloaded, if it is not larger than what may be.
What was read is kept under the hash that the lock gives and the origin that served it.
"""

from __future__ import annotations

import bz2
import contextlib
import hashlib
import importlib.util
import io
import sys
import tarfile
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Protocol

from wheelclash.conda.contents import FILES, INDEX, LINK, PATHS, CondaContents, CondaFile, parse_contents
from wheelclash.conda.package import without_token
from wheelclash.core.distribution import Skip
from wheelclash.errors import FetchError, WheelError
from wheelclash.files import open_regular
from wheelclash.http.urls import origin_of
from wheelclash.progress import counted
from wheelclash.threads import run_all
from wheelclash.wheel.remote import open_archive, open_local, try_twice, unpacking
from wheelclash.wording import plural, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed import WriteableBuffer

    from wheelclash.conda.package import CondaPackage
    from wheelclash.http.cache import Cache
    from wheelclash.wheel.reader import WheelReader

__all__ = ["cached_package", "can_unpack", "read_package", "read_packages"]

_KIND = "conda"
_MOST_NAMED = 3
_PIECE = 1024 * 1024
_LARGEST_PACKED = 64 * 2**20
_LARGEST = 128 * 2**20
"""Bytes that an ``info`` archive may have, and that it may inflate to."""

_WANTED = frozenset({INDEX, PATHS, LINK, FILES})


def can_unpack() -> bool:
    """Return whether ``.conda`` archives can be unpacked: since Python 3.14 always, before that with the extra."""
    if sys.version_info >= (3, 14):
        return True
    with contextlib.suppress(ModuleNotFoundError):  # of the package that it is in
        return importlib.util.find_spec("backports.zstd") is not None
    return False


def cached_package(package: CondaPackage, cache: Cache) -> CondaContents | None:
    """Return what an earlier run read of this very archive; None if it must be read."""
    key = _key(package)
    return None if key is None else _decoded(cache.get(_KIND, key))


def read_packages(
    packages: Iterable[CondaPackage], reader: WheelReader
) -> tuple[dict[CondaPackage, CondaContents], list[Skip]]:
    """Return what is in packages, and what could not be read; only those that are not in the cache need threads.

    Args:
        packages: Which.
        reader: Holds the client, the cache, and what is known of servers.
    """
    contents: dict[CondaPackage, CondaContents] = {}
    missing: list[CondaPackage] = []
    packed: list[CondaPackage] = []
    for package in dict.fromkeys(packages):
        known = cached_package(package, reader.cache)
        if known is not None:
            contents[package] = known
        elif package.filename.endswith(".conda") and not can_unpack():
            packed.append(package)
        else:
            missing.append(package)
    skipped = [] if not packed else [_without_extra(packed)]
    if missing:
        with reader.fetcher.progress.stage("conda", len(missing)) as advance:
            calls = [counted(partial(_read_or_skip, package, reader), advance) for package in missing]
            for package, read in zip(missing, run_all(calls), strict=True):
                if isinstance(read, Skip):
                    skipped.append(read)
                else:
                    contents[package] = read
    return contents, skipped


def _without_extra(packages: Sequence[CondaPackage]) -> Skip:
    """Return one skip for what cannot be unpacked without a library that an extra of ours brings."""
    names = some([package.shown for package in packages], _MOST_NAMED)
    reason = f"{names}: unpacking them takes backports.zstd: pip install 'wheelclash[conda]'"
    return Skip(plural(len(packages), "conda package"), "conda", reason)


def _read_or_skip(package: CondaPackage, reader: WheelReader) -> CondaContents | Skip:
    try:
        return read_package(package, reader)
    except WheelError as error:
        return Skip(package.shown, error.code, str(error))
    except FetchError as error:
        return Skip(package.shown, error.code, f"{package.filename}: {without_token(str(error))}")


def read_package(package: CondaPackage, reader: WheelReader) -> CondaContents:
    """Return what is in a package that is not in the cache.

    Args:
        package: Which.
        reader: Holds the client, the cache, and what is known of servers.

    Raises:
        FetchError: It cannot be had, or is not the one that the lock describes.
        WheelError: It cannot be read.
    """
    if package.path is not None:
        texts = _read_local(package)
    elif package.filename.endswith(".conda"):
        texts = try_twice(lambda fresh: _read_zip(package, reader, fresh=fresh))
    else:
        texts = try_twice(lambda fresh: _read_whole(package, reader, fresh=fresh))
    contents = parse_contents(texts, package.filename, package.name, package.version)
    key = _key(package)
    if key is not None:
        reader.cache.put(_KIND, key, _encoded(contents))
    return contents


# -- the cache -----------------------------------------------------------------------------------------------


def _key(package: CondaPackage) -> str | None:
    """Return under which key a package is kept; None without a hash, and of a local file, which is quick to read."""
    digest = package.sha256 or package.md5
    if digest is None or package.path is not None:
        return None
    return "\n".join((digest, str(package.size), package.filename, origin_of(package.url)))


def _encoded(contents: CondaContents) -> dict[str, Any]:
    return {
        "paths": [file.path for file in contents.files],
        "digests": [file.digest for file in contents.files],
        "sizes": [file.size for file in contents.files],
        "noarch_python": contents.noarch_python,
        "commands": contents.commands,
    }


def _decoded(value: Any) -> CondaContents | None:
    try:
        columns = value["paths"], value["digests"], value["sizes"]
        files = tuple(map(CondaFile._make, zip(*columns, strict=True)))
        return CondaContents(files, value["noarch_python"], tuple((name, point) for name, point in value["commands"]))
    except (KeyError, TypeError, ValueError):
        return None


# -- archives ------------------------------------------------------------------------------------------------


def _read_local(package: CondaPackage) -> dict[str, bytes]:
    assert package.path is not None  # noqa: S101 - for mypy
    try:
        with open_regular(package.path) as file:
            _require_hash(file, package)
            if not package.filename.endswith(".conda"):
                return _read_tar_bz2(file, package.filename)
    except OSError as error:
        raise WheelError(package.filename, "unreadable", f"it cannot be read ({error.strerror or error})") from error
    return _read_zip(package, None)


def _read_zip(package: CondaPackage, reader: WheelReader | None, *, fresh: bool = False) -> dict[str, bytes]:
    """Return the files wanted of a ``.conda`` archive; a local one takes no reader."""
    filename = package.filename
    if reader is None:
        assert package.path is not None  # noqa: S101 - for mypy
        archive = open_local(package.path, filename)
    else:
        archive = open_archive(package, reader.fetcher, hosts=reader.known_hosts(), fresh=fresh)
    try:
        name = f"info-{package.stem}.tar.zst"
        info = archive.zip.NameToInfo.get(name)
        if info is None:
            raise WheelError(filename, "unreadable", f"it has no {name}: it is no conda package")
        if max(info.compress_size, info.file_size) > _LARGEST_PACKED:
            raise WheelError(filename, "limit", f"its {name} has more than {_LARGEST_PACKED} bytes")
        archive.fetch([name])
        with unpacking(filename):
            packed = archive.zip.read(info)
    finally:
        archive.close()
    return _read_zst(packed, filename)


def _read_zst(packed: bytes, filename: str) -> dict[str, bytes]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    try:
        with unpacking(filename), zstd.ZstdFile(io.BytesIO(packed)) as stream:
            return _read_tar(stream, filename)
    except zstd.ZstdError as error:
        raise WheelError(filename, "unreadable", f"it cannot be unpacked: {error}") from error


def _read_whole(package: CondaPackage, reader: WheelReader, *, fresh: bool) -> dict[str, bytes]:
    download = reader.fetcher.whole(package.url, sha256=package.sha256, size=package.size, fresh=fresh)
    with download.file as file:
        _require_hash(file, package)
        return _read_tar_bz2(file, package.filename)


def _read_tar_bz2(file: IO[bytes], filename: str) -> dict[str, bytes]:
    with unpacking(filename), bz2.BZ2File(file) as stream:
        return _read_tar(stream, filename)


def _read_tar(stream: _Readable, filename: str) -> dict[str, bytes]:
    """Return the files wanted of a tar archive, by path.

    Raises:
        WheelError: ``limit``, or ``unreadable``.
    """
    texts: dict[str, bytes] = {}
    bounded = _Bounded(stream, filename)
    try:
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for member in archive:
                archive.members = []  # type: ignore[attr-defined]  # it would keep what it knows of all of them
                if member.name in _WANTED and member.isreg():
                    content = archive.extractfile(member)
                    texts[member.name] = b"" if content is None else content.read()
                if _is_enough(texts):
                    break
    except tarfile.TarError as error:
        raise WheelError(filename, "unreadable", f"it cannot be unpacked: {error}") from error
    return texts


def _is_enough(texts: Mapping[str, bytes]) -> bool:
    """Return whether nothing that follows can matter: only what is for any Python may have commands to be made."""
    return PATHS in texts and INDEX in texts and (LINK in texts or b'"noarch"' not in texts[INDEX])


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Bounded(io.RawIOBase):
    """A stream that ends in an error if it inflates to too much.

    Raises:
        WheelError: ``limit``.
    """

    def __init__(self, stream: _Readable, filename: str) -> None:
        super().__init__()
        self._stream = stream
        self._filename = filename
        self._left = _LARGEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            reason = f"its description does not end within {_LARGEST} bytes; no more are unpacked"
            raise WheelError(self._filename, "limit", reason)
        view[: len(data)] = data
        return len(data)


def _require_hash(file: IO[bytes], package: CondaPackage) -> None:
    """Compare a whole archive with the hash that the lock gives; the file is at its beginning then.

    Raises:
        FetchError: ``changed``.
    """
    algorithm, expected = ("sha256", package.sha256) if package.sha256 is not None else ("md5", package.md5)
    file.seek(0)
    if expected is None:
        return
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while piece := file.read(_PIECE):
        digest.update(piece)
    if digest.hexdigest() != expected:
        raise FetchError(
            package.url, "changed", f"the file is not the one that the lock describes: its {algorithm} differs"
        )
    file.seek(0)
