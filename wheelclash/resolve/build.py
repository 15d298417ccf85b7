"""Wheels of what came as source only, built by ``uv build --wheel``: this runs the code of the source archive.

The archive is fetched here, within the bound of a download, and its hash is checked before anything of it is run. uv
runs it, and the tools that it asks for, as PEP 517 has it, in a folder of its own that is removed afterwards, for a
bounded time and a bounded size. Of this process's variables it sees only those that a build needs; home and temporary
folders are within that folder. That is all the isolation there is: the code runs as the user who asked, and can reach
the network and every file of that user.

A wheel that was built is kept in the cache under the archive's hash, the Python that built it and the version of uv.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from wheelclash.core.distribution import Candidate, Skip
from wheelclash.errors import FetchError, QuestionError
from wheelclash.files import open_regular
from wheelclash.resolve.uv import clean_environ, find_uv, index_arguments, passwords, redacted
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from typing import IO

    from packaging.tags import Tag

    from wheelclash.core.distribution import SourceArchive
    from wheelclash.http.cache import Cache
    from wheelclash.http.client import Fetcher
    from wheelclash.index.settings import IndexSettings
    from wheelclash.processes import Done
    from wheelclash.resolve.uv import Uv
    from wheelclash.target.interpreter import Interpreter
    from wheelclash.target.target import Target

__all__ = ["Builder", "Built", "NotBuiltError", "wheel_in"]

PATIENCE = 600.0
"""Seconds that one build has, unless told otherwise."""

LARGEST = 2 * 1024**3
"""Bytes that one build may have on disk, what it unpacks and the wheel included."""

LARGEST_WHEEL = 512 * 1024**2
"""Bytes that a built wheel may have."""

_AT_ONCE = 2
"""Builds at a time: each may use every processor."""

_KIND = "built"
_ANY = "any"
_LINES, _WIDTH = 8, 200
"""The last lines of a build's output that are repeated, and the characters of each."""
_PIECE = 1024 * 1024
_FROM_UV = re.compile("(?:error|cause|hint|warning): |[\u00d7├╰│]|Building (?:wheel|source distribution)")
"""How the lines of uv begin, as opposed to those of what it runs."""
_CAUSE = re.compile("(?:cause: |[├╰]─▶ )(?!The build backend returned)")

_KEPT = frozenset({
    "ALL_PROXY", "AR", "ARCHFLAGS", "CC", "CFLAGS", "COMSPEC", "CPPFLAGS", "CXX", "CXXFLAGS", "DISTUTILS_USE_SDK",
    "HTTPS_PROXY", "HTTP_PROXY", "INCLUDE", "LANG", "LANGUAGE", "LD", "LDFLAGS", "LIB", "LIBPATH", "LD_LIBRARY_PATH",
    "MACOSX_DEPLOYMENT_TARGET", "MSSDK", "NO_PROXY", "NUMBER_OF_PROCESSORS", "OS", "PATH", "PATHEXT", "PKG_CONFIG_PATH",
    "PROCESSOR_ARCHITECTURE", "PROGRAMFILES", "PROGRAMFILES(X86)", "RUSTUP_HOME", "SDKROOT", "SOURCE_DATE_EPOCH",
    "SSL_CERT_DIR", "SSL_CERT_FILE", "SYSTEMDRIVE", "SYSTEMROOT", "TZ", "WINDIR",
})  # fmt: skip
"""Variables that a build sees, besides those for locales and uv's own about network and cache: no tokens."""
_FOLDERS = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME")


class Built(NamedTuple):
    """A wheel that was built.

    Attributes:
        source: What it was built from.
        filename: Its file name.
        path: Where it is.
        sha256: Its hex digest.
        size: Its size in bytes.
        by: What built it, e.g. ``uv 0.9.7 with CPython 3.12``.
        is_new: Whether it was built just now, and not taken from the cache.
    """

    source: SourceArchive
    filename: str
    path: Path
    sha256: str
    size: int
    by: str
    is_new: bool

    @property
    def tags(self) -> frozenset[Tag]:
        """Return the tags of its file name."""
        return parse_wheel_filename(self.filename)[3]

    def choice(self, skip: Skip, target: Target) -> Candidate | Skip:
        """Return the wheel as a candidate for a target, or why it is none.

        Args:
            skip: The skip that it is built for.
            target: The target that wheels are chosen for.
        """
        if self.tags.isdisjoint(target.tags):
            shown = ", ".join(sorted(map(str, self.tags))[:3])
            reason = (
                f"built from {self.source.filename} by {self.by}, it is for {shown}, not for {target.label}:"
                " build it there, or ask an environment it is installed in (wheelclash env)"
            )
            return Skip(skip.requirement, "no-wheel", reason)
        _, version, _, _ = parse_wheel_filename(self.filename)
        return Candidate(
            filename=self.filename,
            name=self.source.name,
            version=str(version),
            url=self.source.url,
            index=None if self.source.direct else self.source.index,
            sha256=self.sha256,
            size=self.size,
            requested=skip.requirement,
            direct=self.source.direct,
            extras=self.source.extras,
            path=self.path,
            source=self.source,
        )


class Builder:
    """Builds the source archives of one question; several threads may use it at once.

    Args:
        interpreter: The Python to build with; the running one by default.
        settings: Where uv looks for what a build requires.
        fetcher: Fetches the archives.
        cache: Keeps the wheels.
        folder: Where wheels are that the cache does not keep, for as long as the question is answered.
        environ: Environment variables.
        exclude_newer: What a build requires is as old as that, too.
        patience: Seconds that a build has.
        largest: Bytes that a build may have on disk.
    """

    def __init__(
        self,
        interpreter: Interpreter | None,
        settings: IndexSettings,
        fetcher: Fetcher,
        cache: Cache,
        *,
        folder: Path,
        environ: Mapping[str, str],
        exclude_newer: datetime | None = None,
        patience: float = PATIENCE,
        largest: int = LARGEST,
    ) -> None:
        self._interpreter = interpreter or running()
        self._target = target_of(self._interpreter)
        self._settings = settings
        self._fetcher = fetcher
        self._cache = cache
        self._folder = folder
        self._environ = environ
        self._exclude_newer = exclude_newer
        self._patience = patience
        self._largest = largest
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._uv: Uv | None = None

    def build(self, source: SourceArchive, requirement: str) -> Built | Skip:
        """Return a wheel of an archive, or why there is none.

        Args:
            source: The archive, its place known.
            requirement: What was asked for, for the skip.

        Raises:
            QuestionError: There is no uv that could build.
        """
        uv = self._found_uv()
        by = f"uv {uv.version} with {self._target.implementation} {self._target.minor_version}"
        with self._turns:
            try:
                with self._workplace() as work:
                    known = None if source.sha256 is None else self._known(source, source.sha256, uv, by)
                    if known is not None:
                        return known
                    archive, sha256 = self._fetch(source, work)
                    known = self._known(source, sha256, uv, by)
                    if known is not None:
                        return known
                    path = self._run(uv, archive, source, work)
                    return self._keep(path, source, sha256, uv, by)
            except FetchError as error:
                hint = "; ask an environment it is installed in (wheelclash env)" if error.code == "too-large" else ""
                return Skip(requirement, error.code, f"{source.filename} was not built: {error.reason}{hint}")
            except NotBuiltError as error:
                return Skip(requirement, "build-failed", f"{source.filename} {error}")
            except OSError as error:
                return Skip(requirement, "build-failed", f"{source.filename} cannot be built ({error.strerror})")

    def _found_uv(self) -> Uv:
        with self._lock:
            if self._uv is None:
                try:
                    self._uv = find_uv(self._environ, cwd=self._folder)
                except QuestionError as error:
                    raise QuestionError(f"--build takes uv. {error.reason}", "Install it (pip install uv).") from None
            return self._uv

    @contextlib.contextmanager
    def _workplace(self) -> Iterator[Path]:
        """Yield an empty folder that is removed afterwards, whatever a build made of its permissions."""
        folder = Path(tempfile.mkdtemp(prefix="wheelclash-build-"))
        try:
            yield folder
        finally:
            _remove(folder)

    # -- the cache ---------------------------------------------------------------------------------------

    def _keys(self, sha256: str, uv: Uv) -> list[str]:
        """Return the keys of a wheel for any platform, and of one for this Python."""
        python = f"{self._target.implementation} {self._target.python_version} {self._target.platform}"
        python += " free-threaded" if self._target.free_threaded else ""
        return [f"{sha256}\n{place}\nuv {uv.version}" for place in (_ANY, python)]

    def _known(self, source: SourceArchive, sha256: str, uv: Uv, by: str) -> Built | None:
        """Return the wheel that an earlier run built."""
        for key in self._keys(sha256, uv):
            entry = self._cache.get(_KIND, key)
            try:
                filename, digest, size = entry["filename"], entry["sha256"], entry["size"]  # type: ignore[index]
                _check_name(filename, source)
            except (TypeError, KeyError, NotBuiltError):
                continue
            path = self._cache.file(_KIND, key, size=size)
            if path is not None:
                return Built(source, filename, path, digest, size, by, is_new=False)
        return None

    def _keep(self, path: Path, source: SourceArchive, sha256: str, uv: Uv, by: str) -> Built:
        """Return a wheel that was built, at a place where it stays."""
        digest, size = _digest(path)
        pure = all(tag.platform == "any" for tag in parse_wheel_filename(path.name)[3])
        for_any, for_python = self._keys(sha256, uv)
        key = for_any if pure else for_python
        kept = self._cache.put_file(_KIND, key, path)
        if kept is not None:
            self._cache.put(_KIND, key, {"filename": path.name, "sha256": digest, "size": size})
        else:
            kept = self._folder / f"{sha256[:16]}-{path.name}"
            shutil.move(path, kept)
        return Built(source, path.name, kept, digest, size, by, is_new=True)

    # -- the build ---------------------------------------------------------------------------------------

    def _fetch(self, source: SourceArchive, work: Path) -> tuple[Path, str]:
        """Return the archive in a folder of its own, and its hash.

        Raises:
            FetchError: It cannot be had.
            NotBuiltError: It is not to be run.
            OSError: It cannot be read or written.
        """
        place = work / "source"
        place.mkdir()
        path = place / source.filename
        if source.path is not None:
            with open_regular(source.path) as stream:
                digest = _copied(stream, path, self._fetcher.max_download)
            if source.sha256 not in {None, digest}:
                raise NotBuiltError("is not the one that was meant: its sha256 differs")
            return path, digest
        if source.sha256 is None:
            raise NotBuiltError("was not built: no sha256 is given for it, and nothing that cannot be checked is run")
        if source.size is not None and source.size > self._fetcher.max_download:
            raise FetchError(
                source.url,
                "too-large",
                f"it has {source.size} bytes, and {self._fetcher.max_download} may be downloaded (--max-download)",
            )
        download = self._fetcher.whole(source.url, sha256=source.sha256, size=source.size)
        with download.file as stream:
            stream.seek(0)
            return path, _copied(stream, path, download.size)

    def _run(self, uv: Uv, archive: Path, source: SourceArchive, work: Path) -> Path:
        """Return the wheel that uv built.

        Raises:
            NotBuiltError: There is none, or it is not what was asked for.
        """
        from wheelclash import processes

        out = work / "out"
        options, credentials = index_arguments(self._settings, self._fetcher.credentials, from_files=False)
        command = [
            *(uv.path, "build", "--wheel", "--no-config", "--no-progress", "--color", "never", "--link-mode", "copy"),
            *("--python", str(self._interpreter.executable), "--out-dir", str(out)),
            *options,
            *(["--offline"] if self._fetcher.offline else []),
            *(["--exclude-newer", self._exclude_newer.isoformat()] if self._exclude_newer is not None else []),
            str(archive),
        ]
        environ = {**self._environ_for(work), **credentials, "UV_CACHE_DIR": self._uv_cache(uv)}

        def too_large() -> str:
            size = _size_of(work)
            return f"it has {size} bytes on disk, and {self._largest} are allowed" if size > self._largest else ""

        try:
            done = processes.run(command, environ=environ, cwd=work, patience=self._patience, watch=too_large)
        except processes.RunError as error:
            if error.code == "stopped":
                raise
            ended = {
                "timeout": f"it did not finish within {error.reason} seconds",
                "output": f"it prints more than {error.reason} bytes",
                "watch": error.reason,
            }
            raise NotBuiltError(f"was not built: {ended.get(error.code, str(error))}") from None
        if done.returncode != 0:
            raise NotBuiltError(f"was not built: {self._words(done, work)}")
        return wheel_in(out, source)

    def _words(self, done: Done, work: Path) -> str:
        """Return the last lines of what a failed build printed, the very last one first, without secrets; else uv's."""
        secrets = passwords(self._settings, self._fetcher.credentials)
        text = redacted(f"{done.output.decode('utf-8', 'replace')}\n{done.complaints}", secrets)
        lines = [" ".join(line.split()) for line in text.replace(f"{work}{os.sep}", "").splitlines()]
        lines = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…" for line in lines if line]
        printed = [line for line in lines if not _FROM_UV.match(line)]
        if not printed:
            causes = [line[match.end() :] for line in lines if (match := _CAUSE.match(line)) is not None]
            return ": ".join(causes) or f"uv ended with code {done.returncode} and said nothing"
        *before, last = printed[-_LINES:]
        return f"{last} (before that: {' | '.join(before)})" if before else last

    def _environ_for(self, work: Path) -> dict[str, str]:
        """Return the variables that a build sees."""
        kept = {
            key: value
            for key, value in clean_environ(self._environ).items()
            if key.upper() in _KEPT or key.upper().startswith(("LC_", "UV_"))
        }
        home = work / "home"
        home.mkdir(exist_ok=True)
        return kept | dict.fromkeys(_FOLDERS, str(home)) | {"PIP_NO_INPUT": "1", "NO_COLOR": "1"}

    def _uv_cache(self, uv: Uv) -> str:
        """Return uv's cache, as it would be with the user's own home folder."""
        from wheelclash.resolve.uv import run

        done = run([uv.path, "cache", "dir"], environ=clean_environ(self._environ), cwd=self._folder, patience=30.0)
        return done.output.decode("utf-8", "replace").strip()


class NotBuiltError(Exception):
    """An archive was not built; the text says why, and continues a sentence that begins with its file name."""


def wheel_in(folder: Path, source: SourceArchive) -> Path:
    """Return the one wheel in the folder of a build.

    Raises:
        NotBuiltError: There is none or several; or it is a link, too large, or of another project or version.
    """
    wheels = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if not wheels:
        raise NotBuiltError("was built, and made no wheel")
    if len(wheels) > 1:
        raise NotBuiltError(f"was built, and made {len(wheels)} wheels")
    path = wheels[0]
    _check_name(path.name, source)
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise NotBuiltError(f"was built, and made no file of {path.name}: it is a link, or a folder")
    if status.st_size > LARGEST_WHEEL:
        raise NotBuiltError(f"was built, and made a wheel of {status.st_size} bytes; at most {LARGEST_WHEEL} are read")
    return path


def _check_name(filename: str, source: SourceArchive) -> None:
    """Refuse a wheel of another project or version; a local part that the archive's name lacks is no other version."""
    try:
        name, version, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise NotBuiltError(f"was built, and made a file that is no wheel by its name: {error}") from None
    if name != source.name:
        raise NotBuiltError(f"was built, and made a wheel of another project: {filename}")
    wanted = Version(source.version)
    if wanted not in {version, Version(version.public)}:
        raise NotBuiltError(f"was built, and made a wheel of another version: {filename}")


def _copied(stream: IO[bytes], path: Path, limit: int) -> str:
    """Copy a file of at most ``limit`` bytes and return its sha256."""
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as copy:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > limit:
                raise NotBuiltError(f"was not built: it has more than {limit} bytes (--max-download)")
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def _digest(path: Path) -> tuple[str, int]:
    """Return the sha256 and the size of a file."""
    with open_regular(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return digest, stream.tell()


def _size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder; what vanishes meanwhile has none."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - thousands of files
    return size


def _remove(folder: Path) -> None:
    """Remove a folder, also where a build took the permission to do so away; what cannot be removed stays."""
    for place, names, _ in os.walk(folder):
        for path in (Path(place, name) for name in names):
            with contextlib.suppress(OSError):
                if not path.is_symlink():
                    path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
