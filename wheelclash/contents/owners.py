"""The owners of a path among all wheels of a dataset: answered from the small tables, without a query engine.

The table of paths is in the order of hashes, and its row groups say the least and the greatest they hold: of each part
one row group of 32,768 pairs is read, and then the rows of the owners alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from wheelclash.contents.rows import path_hash
from wheelclash.core.query import normalize_query

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wheelclash.contents.dataset import Dataset, Part
    from wheelclash.core.role import Role

__all__ = ["Answer", "Owner", "Owners", "find_owners", "readings"]

_ROOTS = ("site-packages/", "scripts/", "data/", "headers/")
_MOST = 200
"""Owners of one path that are looked at; the others are only named."""

Meaning = Literal["path", "import", "command", "folder"]


class Owner(NamedTuple):
    """A project that installs a path.

    Attributes:
        project: Normalised.
        versions: The releases that do, the preferred one first; none where they were not looked at.
        wheels: How many wheels do; 0 where they were not looked at.
        contents: How many contents the file has among them.
        role: What it is for; None of a folder.
    """

    project: str
    versions: tuple[str, ...] = ()
    wheels: int = 0
    contents: int = 0
    role: Role | None = None


class Owners(NamedTuple):
    """One thing that a PATH means, and its owners.

    Attributes:
        path: The installed path; of a folder with a ``/`` behind it.
        means: As what the PATH was understood.
        owners: By name.
        contents: How many contents the file has among the owners that were looked at.
    """

    path: str
    means: Meaning
    owners: tuple[Owner, ...]
    contents: int = 0


class Answer(NamedTuple):
    """What is known of one PATH.

    Attributes:
        asked: As it was given.
        meanings: Everything that it means and that has owners.
    """

    asked: str
    meanings: tuple[Owners, ...]


def find_owners(dataset: Dataset, asked: Sequence[str], *, history: bool = False) -> list[Answer]:
    """Find the projects that install paths.

    Args:
        dataset: The dataset.
        asked: Installed paths, paths below site-packages, import names, top-level folders or commands.
        history: Whether all releases count, rather than the newest of each project.

    Raises:
        QuestionError: No file can be called that.
    """
    understood = {text: readings(normalize_query(text)) for text in asked}
    paths = {path: path_hash(path) for every in understood.values() for path, _ in every}
    projects = _projects(dataset.parts, set(paths.values()))
    known = {path: projects.get(number, {}) for path, number in paths.items()}
    looked_at: dict[str, set[int]] = defaultdict(set)
    for parts_of in known.values():
        for name, parts in sorted(parts_of.items())[:_MOST]:
            looked_at[name] |= parts  # each path of a project may be in other parts
    wheels = _wheels(looked_at, dataset.parts, history=history)
    files = _files(looked_at, dataset.parts, {paths[path] for path in paths if not path.endswith("/")}, wheels)
    answers = []
    for text, every in understood.items():
        meanings = [owners for path, means in every if (owners := _owners(path, means, known[path], wheels, files))]
        answers.append(Answer(text, tuple(meanings)))
    return answers


def readings(text: str) -> list[tuple[str, Meaning]]:
    """Return the installed paths that a text may mean, nearest first, each once.

    Args:
        text: Of :func:`wheelclash.core.query.normalize_query`.
    """
    bare = text.removeprefix("./")
    if bare.startswith(_ROOTS):
        meanings: list[tuple[str, Meaning]] = [(bare, "folder" if bare.endswith("/") else "path")]
        if not bare.endswith("/") and bare.count("/") == 1:
            meanings.append((f"{bare}/", "folder"))
        return meanings
    if bare.endswith("/"):
        return [(f"{root}{bare}", "folder") for root in _ROOTS]
    meanings = [(f"{root}{bare}", "path") for root in _ROOTS if root != "scripts/"]
    if "/" in bare:
        return meanings
    meanings += [(f"{root}{bare}/", "folder") for root in _ROOTS]
    if all(part.isidentifier() for part in bare.split(".")):
        module = bare.replace(".", "/")
        forms = (f"{module}/__init__.py", f"{module}.py", f"{module}.so", f"{module}.abi3.so", f"{module}.pyd")
        meanings += [(f"site-packages/{form}", "import") for form in forms]
    meanings += [(f"scripts/{bare}", "command")]
    return meanings


def _projects(parts: Iterable[Part], hashes: Collection[int]) -> dict[int, dict[str, set[int]]]:
    """Return the projects of path hashes, each with the numbers of the parts that say so."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    projects: dict[int, dict[str, set[int]]] = defaultdict(dict)
    wanted = sorted(hashes)
    values = pa.array(wanted, pa.int64())
    for number, part in enumerate(parts):
        with pq.ParquetFile(part.file("paths")) as file:
            for group in _groups_in_order(file, wanted):
                hashes_there = file.read_row_group(group, columns=["path_hash"], use_threads=False)["path_hash"]
                matching = pc.is_in(hashes_there, values)
                if pc.any(matching).as_py():  # in most parts a path has no owner
                    names = (
                        file.read_row_group(group, columns=["project"], use_threads=False)["project"]
                        .filter(matching)
                        .to_pylist()
                    )
                    for value, name in zip(hashes_there.filter(matching).to_pylist(), names, strict=True):
                        projects[value].setdefault(name, set()).add(number)
    return projects


def _wheels(owners: dict[str, set[int]], parts: Sequence[Part], *, history: bool) -> dict[int, dict[str, Any]]:
    """Return the wheels of projects that count, by number."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    columns = ["wheel_id", "project", "version", "precedence"]
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    names = sorted(owners)
    for part in parts if names else ():  # a newer release without the path may be in any part
        with pq.ParquetFile(part.file("wheels")) as file:
            groups = _groups(file, "project", names)
            table = file.read_row_groups(groups, columns=columns, use_threads=False) if groups else None
        if table is not None:
            for row in table.filter(pc.is_in(table["project"], pa.array(names))).to_pylist():
                rows[row["project"]].append(row)
    counting: dict[int, dict[str, Any]] = {}
    for every in rows.values():
        newest = max(row["precedence"] for row in every)
        counting.update((row["wheel_id"], row) for row in every if history or row["precedence"] == newest)
    return counting


def _files(
    owners: dict[str, set[int]], parts: Sequence[Part], hashes: Collection[int], wheels: dict[int, dict[str, Any]]
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the rows of files of the wheels that count, by installed path and project."""
    rows: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for number, part in enumerate(parts):
        names = sorted(name for name, numbers in owners.items() if number in numbers)
        if names and hashes:
            for row in _rows_of(part, names, hashes):
                if row["wheel_id"] in wheels:
                    rows[f"{row['root']}/{row['path']}", row["project"]].append(row)
    return rows


def _rows_of(part: Part, names: Sequence[str], hashes: Collection[int]) -> Iterator[dict[str, Any]]:
    """Yield the rows of some projects at some paths; of a row group without any, only the hashes are read."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(sorted(hashes), pa.int64())
    with pq.ParquetFile(part.file("files")) as file:
        for group in _groups(file, "project", names):
            matching = pc.is_in(
                file.read_row_group(group, columns=["path_hash"], use_threads=False)["path_hash"], wanted
            )
            if pc.any(matching).as_py():
                columns = ["wheel_id", "project", "root", "path", "role", "content"]
                yield from file.read_row_group(group, columns=columns, use_threads=False).filter(matching).to_pylist()


def _groups_in_order(file: Any, values: Sequence[int]) -> list[int]:
    """Return as :func:`_groups` does those of a file in the order of its first column; few of them are looked at."""
    groups: set[int] = set()

    def statistics(group: int) -> Any:
        return file.metadata.row_group(group).column(0).statistics

    for value in values:
        group = bisect_left(range(file.num_row_groups), value, key=lambda number: statistics(number).max)
        while group < file.num_row_groups and statistics(group).min <= value:
            groups.add(group)
            group += 1
    return sorted(groups)


def _groups(file: Any, column: str, values: Sequence[Any]) -> list[int]:
    """Return the row groups of a Parquet file that may have one of some values, in order, by their statistics."""
    place = file.schema_arrow.names.index(column)
    groups = []
    for group in range(file.num_row_groups):
        statistics = file.metadata.row_group(group).column(place).statistics
        if statistics is None or not statistics.has_min_max:
            groups.append(group)
        else:
            at = bisect_left(values, statistics.min)
            if at < len(values) and values[at] <= statistics.max:
                groups.append(group)
    return groups


def _owners(
    path: str,
    means: Meaning,
    projects: dict[str, set[int]],
    wheels: dict[int, dict[str, Any]],
    files: dict[tuple[str, str], list[dict[str, Any]]],
) -> Owners | None:
    """Return the owners of one path; None if it has none."""
    current = {row["project"] for row in wheels.values()}
    owners = []
    contents: set[bytes | None] = set()
    for number, name in enumerate(sorted(projects)):
        if means == "folder" or number >= _MOST:
            if name in current or number >= _MOST:
                owners.append(Owner(name))
            continue
        rows = files.get((path, name), ())
        if rows:
            owned = {row["wheel_id"]: wheels[row["wheel_id"]] for row in rows}
            in_order = sorted(owned.values(), key=lambda row: (row["precedence"], row["version"]), reverse=True)
            versions = tuple(dict.fromkeys(row["version"] for row in in_order))
            contents_of_owner = {row["content"] for row in rows}
            contents |= contents_of_owner
            owners.append(Owner(name, versions, len(owned), len(contents_of_owner), rows[0]["role"]))
    return Owners(path, means, tuple(owners), len(contents)) if owners else None
