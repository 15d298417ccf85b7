"""A dataset on disk: parts that are each written whole or not at all.

A part is a folder ``part-…`` with three Parquet files: ``wheels.parquet`` (a row for each wheel), ``files.parquet`` (a
row for each installed file, in the order of projects) and ``paths.parquet`` (the distinct pairs of path hash and
project, in the order of hashes: what a question about one path reads). It is written under another name, flushed to
disk and renamed, so that a run that is killed leaves nothing that counts. Parts are never changed.

A part may replace others (:func:`merge_parts` joins small ones): it names them, and they no longer count as soon as it
is there. Two writers agree by a lock, held only while a part gets its name, on which of them has a wheel.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
import uuid
from array import array
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from wheelclash.contents.rows import CONTENT_BYTES, FileRow, WheelRow, number_of, path_hash
from wheelclash.errors import MissingExtraError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

__all__ = ["SCHEMA", "Dataset", "Known", "Part", "PartWriter", "Table", "merge_parts", "require_extra"]

SCHEMA = 1
"""Raised when a column is taken away, or means something else."""

_KEY = b"wheelclash.contents"
_PREFIX, _UNFINISHED = "part-", ".part-"
_LOCK = ".lock"
_ROWS_IN_GROUP, _WHEELS_IN_GROUP = 65_536, 8_192
_HASHES_IN_GROUP = 32_768
_ROWS_IN_PART = 4_000_000
_MANY, _ROWS_JOINED = 16, 1_000_000
"""So many parts that have no more rows together are joined to one."""
_GRACE = 3600.0
"""Seconds for which a part that was replaced stays on disk."""
_ABANDONED = 24 * 3600.0
"""Seconds after which an unfinished part of another machine is taken for one that was given up."""

Table = str
"""``wheels``, ``files`` or ``paths``."""

_OF_WHEEL = ("project", "version", "wheel")
"""Columns that the rows of files repeat from the row of their wheel; encoded, they cost next to nothing."""

_NUMBERS_OF_WHEEL = frozenset({"wheel_id", "project_id", "pythons", "platforms", "files"})


def require_extra() -> None:
    """Raise if what datasets are written and asked with is not installed; imports none of it.

    Raises:
        MissingExtraError: It is not.
    """
    for name in ("duckdb", "filelock", "ibis", "pyarrow"):
        try:
            is_there = find_spec(name) is not None
        except (ImportError, ValueError):
            is_there = False
        if not is_there:
            raise MissingExtraError("The command contents", name, "contents")


def _schemas() -> dict[Table, pa.Schema]:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    names = pa.dictionary(pa.int32(), text)
    wheels = [
        pa.field(name, pa.list_(text) if name == "requires" else number if name in _NUMBERS_OF_WHEEL else text)
        for name in WheelRow._fields
    ]
    files = [
        pa.field("wheel_id", number),
        pa.field("project_id", number),
        *(pa.field(name, names) for name in _OF_WHEEL),
        pa.field("root", names),
        pa.field("path", text),
        pa.field("path_hash", number),
        pa.field("role", names),
        pa.field("algorithm", names),
        pa.field("content", pa.binary(CONTENT_BYTES)),
        pa.field("size", number),
    ]
    paths = [pa.field("path_hash", number), pa.field("project_id", number), pa.field("project", names)]
    return {name: pa.schema(fields) for name, fields in (("wheels", wheels), ("files", files), ("paths", paths))}


@dataclass(frozen=True, slots=True)
class Part:
    """A part that counts.

    Attributes:
        folder: Where it is.
        wheels, files: How many rows it has.
        replaces: Names of the parts it was made of.
    """

    folder: Path
    wheels: int
    files: int
    replaces: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name of its folder, which is unique."""
        return self.folder.name

    def file(self, table: Table) -> Path:
        """Return the Parquet file of a table."""
        return self.folder / f"{table}.parquet"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as it was when it was looked at; what others add meanwhile is not in it.

    Attributes:
        folder: Where it is.
        parts: Those that count, in the order they were written.
    """

    folder: Path
    parts: tuple[Part, ...]

    @classmethod
    def open(cls, folder: Path, *, create: bool = False) -> Dataset:
        """Look at a dataset.

        Args:
            folder: Where it is.
            create: Whether there may be none yet; the folder is then made.

        Raises:
            QuestionError: There is none, it cannot be read, or a part is damaged or of another schema.
        """
        try:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            names = sorted(entry.name for entry in os.scandir(folder) if entry.name.startswith(_PREFIX))
        except OSError as error:
            raise QuestionError(f"The dataset {folder} cannot be read ({error.strerror}).") from None
        if not names and not create:
            raise QuestionError(f"{folder} holds no dataset.", f"Make one: wheelclash contents add {folder} dist/")
        parts: list[Part] = []
        failures: dict[str, QuestionError] = {}
        for name in names:
            try:
                part = _read_part(folder / name)
            except QuestionError as error:
                failures[name] = error
            else:
                parts += [] if part is None else [part]
        replaced = {name for part in parts for name in part.replaces}
        for name, failure in failures.items():
            if name not in replaced:  # one that was replaced may be half removed
                raise failure
        return cls(folder, tuple(part for part in parts if part.name not in replaced))

    def files(self, table: Table) -> list[str]:
        """Return the Parquet files of a table."""
        return [os.fspath(part.file(table)) for part in self.parts]

    @property
    def wheels(self) -> int:
        """Return how many wheels it has."""
        return sum(part.wheels for part in self.parts)

    @property
    def rows(self) -> int:
        """Return how many rows of files it has."""
        return sum(part.files for part in self.parts)

    def known(self) -> Known:
        """Return which wheels it has."""
        known = Known()
        for part in self.parts:
            known.add_part(part)
        return known


class Known:
    """The wheels that a dataset has, by number: 8 bytes for each of those in its parts."""

    def __init__(self) -> None:
        self._sorted = array("q")
        self._new: set[int] = set()
        self._names = array("q")
        self._new_names: set[int] = set()
        self._parts: set[str] = set()

    def __contains__(self, wheel_id: int) -> bool:
        """Return whether it has a wheel."""
        if wheel_id in self._new:
            return True
        at = bisect_left(self._sorted, wheel_id)
        return at < len(self._sorted) and self._sorted[at] == wheel_id

    def has_name(self, filename: str) -> bool:
        """Return whether it has a wheel of that file name, whatever its hash."""
        number = number_of(filename)
        at = bisect_left(self._names, number)
        return number in self._new_names or (at < len(self._names) and self._names[at] == number)

    def add(self, wheel: WheelRow) -> None:
        """Let it have one more."""
        self._new.add(wheel.wheel_id)
        self._new_names.add(number_of(wheel.wheel))

    def discard(self, wheel_ids: Iterable[int]) -> None:
        """Forget wheels that were added one by one."""
        self._new.difference_update(wheel_ids)

    def add_part(self, part: Part) -> list[int]:
        """Let it have the wheels of a part; none if it has them already.

        Returns:
            Their numbers.
        """
        import pyarrow.parquet as pq

        if part.name in self._parts:
            return []
        self._parts.add(part.name)
        table = pq.read_table(part.file("wheels"), columns=["wheel_id", "wheel"])
        numbers: list[int] = table["wheel_id"].to_pylist()
        self._sorted = _merged(self._sorted, numbers)
        self._names = _merged(self._names, map(number_of, table["wheel"].to_pylist()))
        return numbers


def _merged(numbers: array[int], others: Iterable[int]) -> array[int]:
    return array("q", sorted(chain(numbers, others)))


def _read_part(folder: Path) -> Part | None:
    """Return a part; None if it is gone, since another writer replaced it.

    Raises:
        QuestionError: It is damaged, or of another schema.
    """
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.parquet as pq

    counts = {}
    about: dict[str, Any] = {}
    for table in ("wheels", "files", "paths"):
        try:
            metadata = pq.read_metadata(folder / f"{table}.parquet")
        except FileNotFoundError:
            if not folder.exists():
                return None
            raise _damaged(folder, f"it has no {table}.parquet") from None
        except (OSError, pa.ArrowInvalid) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no whole Parquet file"
            raise _damaged(folder, f"{table}.parquet: {reason}") from None
        about = _metadata_of(metadata.metadata)
        if about.get("schema") != SCHEMA:
            raise QuestionError(
                f"{folder} has schema {about.get('schema')} of another version of wheelclash; this one has {SCHEMA}.",
                "Collect it anew, or use that version.",
            )
        counts[table] = metadata.num_rows
    listed = pa.compute.sum(pq.read_table(folder / "wheels.parquet", columns=["files"])["files"]).as_py() or 0
    if listed != counts["files"]:
        raise _damaged(folder, f"its wheels have {listed:,} files, and files.parquet has {counts['files']:,}")
    return Part(folder, counts["wheels"], counts["files"], tuple(map(str, about.get("replaces", ()))))


def _metadata_of(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    try:
        about = json.loads((metadata or {}).get(_KEY, b"{}"))
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def _damaged(folder: Path, reason: str) -> QuestionError:
    return QuestionError(f"{folder} is damaged: {reason}.", "Remove this folder, and add its wheels again.")


class PartWriter:
    """Writes wheels to a dataset, a part at a time; to be closed. What is in an unfinished part is in none.

    Args:
        dataset: What it adds to.
        known: The wheels of the dataset; those that are written are added.
        rows_in_part: Rows after which a part is finished.
        seconds: Seconds after which a part is finished: a run that is killed loses no more than these.
        replaces: Names of the parts that the one that is written replaces.
    """

    def __init__(
        self,
        dataset: Dataset,
        known: Known,
        *,
        rows_in_part: int = _ROWS_IN_PART,
        seconds: float = 120.0,
        replaces: Sequence[str] = (),
    ) -> None:
        self.folder = dataset.folder
        self.known = known
        self.replaces = tuple(replaces)
        self._parts = {part.name for part in dataset.parts}
        self._rows_in_part, self._seconds = rows_in_part, seconds
        self._part: _OpenPart | None = None
        self.doubles: list[str] = []

    def add(self, wheel: WheelRow, files: Sequence[FileRow]) -> bool:
        """Write a wheel and its files.

        Returns:
            Whether it was new.

        Raises:
            QuestionError: The dataset cannot be written to.
        """
        if wheel.wheel_id in self.known:
            return False
        if wheel.tags and self.known.has_name(wheel.wheel):
            self.doubles.append(wheel.wheel)
        self.known.add(wheel)
        try:
            if self._part is None:
                self._part = _OpenPart(self.folder, self.replaces)
            self._part.add(wheel._replace(files=len(files)), files)
        except OSError as error:
            raise self._unwritable(error) from error
        if self._part.rows >= self._rows_in_part or time.monotonic() - self._part.since > self._seconds:
            self.finish()
        return True

    def finish(self) -> None:
        """Have all that was added count.

        Raises:
            QuestionError: The dataset cannot be written to.
        """
        from filelock import FileLock

        part, self._part = self._part, None
        if part is None:
            return
        try:
            part.close()
            with FileLock(self.folder / _LOCK):
                part = self._without_doubles(part)
                if part is not None:
                    self._parts.add(part.publish())
        except OSError as error:
            raise self._unwritable(error) from error
        finally:
            if part is not None:
                part.remove()

    def _without_doubles(self, part: _OpenPart) -> _OpenPart | None:
        """Return a part without the wheels that another writer has added since; None if nothing is left of it."""
        current = Dataset.open(self.folder, create=True).parts
        if not set(self.replaces) <= {other.name for other in current}:
            part.remove()
            return None  # another writer has joined the same parts
        new = [other for other in current if other.name not in self._parts]
        ours = set(part.wheel_ids)
        theirs: set[int] = set()
        for other in new:
            self._parts.add(other.name)
            if other.name not in self.replaces:
                theirs.update(self.known.add_part(other))
        doubles = ours & theirs
        if not doubles:
            return part
        try:
            return None if ours <= doubles else part.rewritten(doubles)
        finally:
            part.remove()

    def _unwritable(self, error: OSError) -> QuestionError:
        reason = error.strerror or str(error)
        return QuestionError(
            f"The dataset {self.folder} cannot be written to ({reason}).", "What was added before stays in it."
        )

    def abandon(self) -> None:
        """Give up what is in the part that is not finished."""
        part, self._part = self._part, None
        if part is not None:
            self.known.discard(part.wheel_ids)
            with suppress(OSError):
                part.close()
            part.remove()

    def __enter__(self) -> Self:
        remove_leftovers(self.folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            self.finish()
        else:
            self.abandon()


class _OpenPart:
    """A part that is being written."""

    def __init__(self, folder: Path, replaces: Sequence[str] = ()) -> None:
        import pyarrow.parquet as pq

        self.name = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:12]}"
        self.parent = folder
        self.folder = folder / f"{_UNFINISHED}{_machine()}-{os.getpid()}-{self.name}"
        self.folder.mkdir()
        self.since = time.monotonic()
        self.rows = 0
        self.wheel_ids: list[int] = []
        self._replaces = tuple(replaces)
        about = json.dumps({"schema": SCHEMA, "replaces": self._replaces}).encode()
        self._schemas = {name: schema.with_metadata({_KEY: about}) for name, schema in _schemas().items()}
        self._writers = {
            name: pq.ParquetWriter(
                self.folder / f"{name}.parquet",
                schema,
                compression="zstd",
                compression_level=6,
                use_dictionary=[*_OF_WHEEL, "wheel_id", "project_id", "root", "role", "algorithm"],
                column_encoding=_ENCODINGS[name] or None,
                store_schema=True,
            )
            for name, schema in self._schemas.items()
        }
        self._wheels: list[WheelRow] = []
        self._columns = _Columns()
        self._paths = _Paths()

    def add(self, wheel: WheelRow, files: Sequence[FileRow]) -> None:
        self.wheel_ids.append(wheel.wheel_id)
        self._wheels.append(wheel)
        self._paths.add(wheel, files)
        self._columns.add(wheel, files)
        self.rows += len(files)
        if len(self._columns) >= _ROWS_IN_GROUP:
            self._flush_files()
        if len(self._wheels) >= _WHEELS_IN_GROUP:
            self._flush_wheels()

    def _flush_files(self) -> None:
        if len(self._columns):
            self._writers["files"].write_table(self._columns.table(self._schemas["files"]))
            self._columns = _Columns()

    def _flush_wheels(self) -> None:
        if self._wheels:
            self._writers["wheels"].write_table(_wheels_table(self._wheels, self._schemas["wheels"]))
            self._wheels = []

    def close(self) -> None:
        """Write what is left, in such a way that it survives a loss of power."""
        if self._writers:
            self._flush_files()
            self._flush_wheels()
            self._write_paths()
            for writer in self._writers.values():
                writer.close()
            self._writers = {}
            for path in [*self.folder.iterdir(), self.folder]:
                _sync(path)

    def _write_paths(self) -> None:
        rows = self._paths.table(self._schemas["paths"])
        self._paths = _Paths()
        self._writers["paths"].write_table(rows, row_group_size=_HASHES_IN_GROUP)

    def publish(self) -> str:
        """Let the part count, and return its name."""
        name = f"{_PREFIX}{self.name}"
        self.folder.rename(self.parent / name)
        _sync(self.parent)
        return name

    def rewritten(self, doubles: Collection[int]) -> _OpenPart:
        """Return a closed part with all but some wheels of this closed one."""
        other = _OpenPart(self.parent, self._replaces)
        for wheel, files in read_wheels(self.folder):
            if wheel.wheel_id not in doubles:
                other.add(wheel, files)
        other.close()
        return other

    def remove(self) -> None:
        """Remove what was written, unless it was published."""
        shutil.rmtree(self.folder, ignore_errors=True)


_ENCODINGS: dict[Table, dict[str, str]] = {
    "wheels": {},
    "files": {"path": "DELTA_BYTE_ARRAY", "path_hash": "PLAIN", "content": "PLAIN", "size": "DELTA_BINARY_PACKED"},
    "paths": {"path_hash": "DELTA_BINARY_PACKED"},
}


class _Columns:
    """Rows of files by column, until there are enough for a row group."""

    def __init__(self) -> None:
        self._wheels: list[tuple[WheelRow, int]] = []
        self._rows: list[FileRow] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, wheel: WheelRow, files: Sequence[FileRow]) -> None:
        self._wheels.append((wheel, len(files)))
        self._rows.extend(files)

    def table(self, schema: pa.Schema) -> pa.Table:
        """Return the rows as a table."""
        import pyarrow as pa

        values: dict[str, list[Any]] = {
            name: [value for wheel, count in self._wheels for value in [getattr(wheel, name)] * count]
            for name in ("wheel_id", "project_id")
        }
        arrays = {}
        for name in _OF_WHEEL:
            distinct: dict[str, int] = {}
            numbers = [
                number
                for wheel, count in self._wheels
                for number in [distinct.setdefault(getattr(wheel, name), len(distinct))] * count
            ]
            arrays[name] = pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(list(distinct)))
        values |= dict(zip(FileRow._fields, map(list, zip(*self._rows, strict=True)), strict=True))
        for name in ("root", "role", "algorithm"):
            arrays[name] = pa.array(values.pop(name), pa.string()).dictionary_encode()
        arrays |= {name: pa.array(column, schema.field(name).type) for name, column in values.items()}
        return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _wheels_table(wheels: Sequence[WheelRow], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    columns = zip(*wheels, strict=True)
    arrays = [pa.array(list(values), field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


class _Paths:
    """Pairs of path hash and project: 16 bytes for each file, until the part is whole and they are sorted."""

    def __init__(self) -> None:
        self._hashes = array("q")
        self._numbers = array("q")
        self._names: dict[str, int] = {}
        self._ids: list[int] = []

    def add(self, wheel: WheelRow, files: Sequence[FileRow]) -> None:
        number = self._names.setdefault(wheel.project, len(self._names))
        if number == len(self._ids):
            self._ids.append(wheel.project_id)
        hashes = [*(file.path_hash for file in files), *_folders(files)]
        self._hashes.extend(hashes)
        self._numbers.extend([number] * len(hashes))

    def table(self, schema: pa.Schema) -> pa.Table:
        """Return the distinct pairs in the order of hashes."""
        import pyarrow as pa
        import pyarrow.compute as pc

        hashes, numbers = (pa.array(values, pa.int64()) for values in (self._hashes, self._numbers))
        pairs = pa.table({"path_hash": hashes, "number": numbers}).group_by(["path_hash", "number"]).aggregate([])
        pairs = pairs.sort_by([("path_hash", "ascending"), ("number", "ascending")])
        numbers = pairs["number"].combine_chunks()
        names = pa.DictionaryArray.from_arrays(pc.cast(numbers, pa.int32()), pa.array(list(self._names), pa.string()))
        ids = pc.take(pa.array(self._ids, pa.int64()), numbers)
        return pa.Table.from_arrays([pairs["path_hash"].combine_chunks(), ids, names], schema=schema)


def _folders(files: Sequence[FileRow]) -> set[int]:
    """Return the hashes of the topmost folders, by which a folder's owners are found without its files."""
    return {path_hash(f"{root}/{top}/") for root, top in {(file.root, _top(file.path)) for file in files} if top}


def _top(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top if slash else ""


def read_wheels(folder: Path) -> Iterator[tuple[WheelRow, list[FileRow]]]:
    """Yield the wheels of a part, and their files; a row group at a time is in memory."""
    import pyarrow.parquet as pq

    rows = _rows(folder / "files.parquet", ["wheel_id", *FileRow._fields])
    with pq.ParquetFile(folder / "wheels.parquet") as wheels:
        for batch in wheels.iter_batches(batch_size=1024):
            for values in batch.to_pylist():
                wheel = WheelRow(**{**values, "requires": tuple(values["requires"])})
                files = [FileRow(*row[1:]) for row in (next(rows) for _ in range(wheel.files))]
                yield wheel, files


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=65_536, columns=list(columns)):
            yield from zip(*(batch.column(name).to_pylist() for name in columns), strict=True)


def _sync(path: Path) -> None:
    """Have a file or folder on disk rather than in memory; a system that cannot do this for folders does without."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _machine() -> str:
    """Return the name of this machine, as a part of a file name."""
    return "".join(letter for letter in socket.gethostname() if letter.isalnum())[:32] or "unknown"


def merge_parts(dataset: Dataset) -> int:
    """Join the small parts of a dataset, if there are so many that each question would open very many files.

    Returns:
        How many parts were joined.

    Raises:
        QuestionError: The dataset cannot be written to.
    """
    small: list[Part] = []
    for part in sorted(dataset.parts, key=lambda part: part.files):
        if sum(other.files for other in small) + part.files <= _ROWS_JOINED:
            small.append(part)
    if len(small) < _MANY:
        return 0
    wheels = [wheel for part in small for wheel in read_wheels(part.folder)]
    wheels.sort(key=lambda wheel: (wheel[0].project, wheel[0].precedence, wheel[0].wheel))
    names = [part.name for part in small]
    with PartWriter(dataset, Known(), rows_in_part=2**62, seconds=2**62, replaces=names) as writer:
        for wheel, files in wheels:
            writer.add(wheel, files)
    return len(small)


def remove_leftovers(folder: Path) -> None:
    """Remove unfinished parts that no running process writes, and parts that were replaced some time ago.

    A question that was asked before may still read a replaced part; so it stays for :data:`_GRACE` seconds.
    """
    for part in Dataset.open(folder, create=True).parts:
        if part.replaces and time.time() - part.folder.stat().st_mtime > _GRACE:
            for name in part.replaces:
                shutil.rmtree(folder / name, ignore_errors=True)
    for entry in list(os.scandir(folder)):
        if entry.name.startswith(_UNFINISHED):
            machine, _, rest = entry.name.removeprefix(_UNFINISHED).partition("-")
            number = rest.partition("-")[0]
            with suppress(OSError):
                gone = machine == _machine() and number.isdigit() and not _runs(int(number))
                if gone or time.time() - entry.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(entry.path, ignore_errors=True)


def _runs(number: int) -> bool:
    """Return whether there is a process of that number; where that cannot be asked, there is."""
    if os.name != "posix":
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
