"""The model disk, held against a plain simulation of every possible course of events."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import command, digest, layout, layouts, path_of, written
from wheelclash.core.disk import Disk, Intact
from wheelclash.core.installer import LastWriters, Order, Unordered
from wheelclash.core.layout import InstalledPath, Layout
from wheelclash.core.overlap import folded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

M, N = path_of("site-packages/m.py"), path_of("site-packages/n.py")


class _OneOf(Order):
    """An order known to be one of these."""

    def __init__(self, sequences: Iterable[Sequence[str]]) -> None:
        self._sequences = list(sequences)

    def last_of(self, owners: Collection[str]) -> LastWriters:
        return LastWriters(frozenset(max(owners, key=each.index) for each in self._sequences), "order")


def _any_order(ids: Iterable[str]) -> _OneOf:
    return _OneOf(permutations(ids))


def _install(disk: Disk, placed: dict[str, Layout], *sequence: str, all_first: bool = True) -> Disk:
    """One command that installs ``placed`` in this order; in any, if none is given."""
    order = _OneOf([sequence]) if sequence else _any_order(placed)
    return disk.install(placed, order, removes_all_first=all_first)


PAIR = layouts(a={M: "1", N: "same"}, b={M: "2", N: "same"})


# -- what is said of a state ---------------------------------------------------------------------------------


def test_known_order() -> None:
    """Of one command whose order is known, the last writer's content stands."""
    disk = _install(Disk(), PAIR, "a", "b")
    assert disk.holders(M) == frozenset({"b"})
    assert disk.holders(N) == frozenset({"a", "b"})
    assert (disk.intact("a"), disk.intact("b")) == ("no", "yes")


def test_a_row_that_names_a_folder_takes_all_that_is_in_it() -> None:
    """An uninstall removes it, and so does a replacement, whoever wrote the files."""
    placed = {
        "a": layout(written("site-packages/a.py", "1"), phantoms=["site-packages/m/"]),
        "b": layout(written("site-packages/m/deep/x.py", "2"), written("site-packages/mm.py", "3")),
    }
    disk = Disk().install(placed, Unordered(), removes_all_first=True)
    for after in (
        disk.uninstall(["a"]),
        disk.install({"a": layout(written("site-packages/a.py", "4"))}, Unordered(), removes_all_first=True),
    ):
        assert after.missing("b") == {"site-packages/m/deep/x.py"}


def test_disk_that_was_looked_at_holds_what_was_seen() -> None:
    """A record says what should be there; what is there may be that, nothing, or one of several."""
    record = {M: "1", N: "2"}
    seen: dict[str, tuple[frozenset[str | None], Intact]] = {
        "whole": (frozenset({"2"}), "yes"),
        "changed": (frozenset({"3"}), "no"),
        "gone": (frozenset({None}), "no"),
        "unread": (frozenset({"2", None}), "undetermined"),
    }
    for case, (contents, intact) in seen.items():
        disk = Disk.found({"a": record}, {M: frozenset({"1"}), N: contents})
        assert disk.holders(M) == frozenset({"a"})
        assert disk.intact("a") == intact
        assert disk.missing("a") == (frozenset({N}) if case in {"gone", "unread"} else frozenset())
        after = disk.uninstall(["a"])
        assert after.contents == {M: frozenset({None}), N: frozenset({None})}
        assert after.records == {}


@pytest.mark.parametrize("all_first", [False, True])
def test_another_release_takes_the_place_of_the_older_one(all_first: bool) -> None:  # noqa: FBT001
    """What only the older one had is gone, and its record too; who is not installed replaces no other."""
    files: dict[str, dict[str, str | None]] = {"a 1": {M: "1", N: "1"}, "a 2": {M: "2"}, "b 1": {"data/b": "b"}}
    placed = layouts(**files)
    before = _install(Disk(), {id_: placed[id_] for id_ in ("a 1", "b 1")})
    replaces = {"a 2": "a 1", "b 2": "b 1"}
    new = {"a 2": placed["a 2"]}
    after = before.install(new, _OneOf([["a 2"]]), removes_all_first=all_first, replaces=replaces)
    assert set(after.records) == {"a 2", "b 1"}
    assert after.contents[N] == frozenset({None})
    assert (after.holders(M), after.intact("a 2"), after.intact("b 1")) == (frozenset({"a 2"}), "yes", "yes")
    alone = Disk().install(new, _OneOf([["a 2"]]), removes_all_first=all_first, replaces=replaces)
    assert (set(alone.records), N in alone.contents) == ({"a 2"}, False)


def test_case_does_not_matter_after_an_uninstall_either() -> None:
    placed = layouts(a={"site-packages/Foo.py": "1"}, b={N: "1"})
    after = _install(Disk(key=lambda path: InstalledPath(folded(path))), placed).uninstall(["b"])
    assert after.holders(path_of("site-packages/foo.PY")) == frozenset({"a"})


def test_free_order() -> None:
    """Where the order is free, a path may hold any of its writers' contents; equal ones are one."""
    disk = _install(Disk(), PAIR)
    assert disk.contents[M] == {digest("1"), digest("2")}
    assert disk.holders(M) is None
    assert disk.holders(N) == frozenset({"a", "b"})
    assert disk.intact("a") == disk.intact("b") == "undetermined"


def test_uninstall_takes_along() -> None:
    """Whoever wrote it last: what an uninstalled distribution recorded is gone."""
    disk = _install(Disk(), PAIR, "a", "b").uninstall(["b"])
    assert disk.missing("a") == {M, N}
    assert disk.intact("a") == "no"
    assert disk.holders(M) == frozenset()
    assert set(disk.records) == {"a"}


def test_reinstall_of_one() -> None:
    """Written again alone, a distribution is intact, and its content is everywhere it shares."""
    disk = _install(_install(Disk(), PAIR), {"a": PAIR["a"]})
    assert disk.intact("a") == "yes"
    assert disk.intact("b") == "no"
    assert disk.missing("b") == frozenset()


def test_phantoms_are_deleted() -> None:
    """A path that a distribution only lists goes with it, and a reinstall of it deletes the file for good."""
    placed = {**layouts(a={M: "1"}), "b": layout(phantoms=[M])}
    disk = _install(Disk(), placed)
    assert disk.intact("a") == "yes"
    assert disk.intact("b") == "yes", "what it wrote is all there"
    assert disk.uninstall(["b"]).missing("a") == {M}
    assert _install(disk, {"b": placed["b"]}).missing("a") == {M}


def test_one_command_that_replaces_several() -> None:
    """Pip removes each just before its own turn, and so may take along what was just written; uv removes all first."""
    placed = {**layouts(a={M: "1"}), "b": layout(phantoms=[M])}
    disk = _install(Disk(), placed)
    assert _install(disk, placed, "a", "b", all_first=False).missing("a") == {M}
    assert _install(disk, placed, "b", "a", all_first=False).missing("a") == frozenset()
    assert _install(disk, placed, "a", "b", all_first=True).missing("a") == frozenset()
    assert _install(disk, placed, all_first=False).intact("a") == "undetermined"


def test_content_without_a_hash() -> None:
    """What is not known to be equal is taken for different."""
    disk = _install(Disk(), layouts(a={M: None}, b={M: None}), "a", "b")
    assert (disk.intact("a"), disk.intact("b")) == ("no", "yes")


def test_rewritten_scripts() -> None:
    """A script whose first line is rewritten is another content than a copy of the same bytes, or than a command."""
    disk = Disk()
    for one, other in permutations(
        [written("scripts/t", "x", script=True), written("scripts/t", "x"), command("t", "x")], 2
    ):
        disk = _install(Disk(), {"a": layout(one), "b": layout(other)}, "a", "b")
        assert disk.intact("a") == "no"


def test_letter_case() -> None:
    """Where case does not matter, two spellings are one file, and going takes the other along."""
    placed = layouts(a={"site-packages/M.py": "1"}, b={"site-packages/m.py": "2"})
    disk = _install(Disk(key=lambda path: InstalledPath(folded(path))), placed, "a", "b")
    assert disk.holders(path_of("site-packages/M.PY")) == frozenset({"b"})
    assert disk.intact("a") == "no"
    assert disk.uninstall(["b"]).intact("a") == "no"
    assert _install(Disk(), placed, "a", "b").intact("a") == "yes"


def test_states_do_not_change() -> None:
    """Every operation gives a new state."""
    one = _install(Disk(), PAIR, "a", "b")
    before = (dict(one.contents), dict(one.records))
    one.uninstall(["a", "b"])
    _install(one, {"a": PAIR["a"]})
    assert (dict(one.contents), dict(one.records)) == before


def test_nobody_there() -> None:
    """Uninstalling what is not there is a mistake of the caller; an unknown path is held by nobody."""
    with pytest.raises(KeyError):
        Disk().uninstall(["a"])
    assert Disk().holders(M) == frozenset()


# -- against a simulation ------------------------------------------------------------------------------------


class _World(NamedTuple):
    """What one course of events leaves: content by path, and recorded paths by distribution."""

    files: dict[str, str]
    records: dict[str, set[str]]


def _remove(world: _World, id_: str) -> _World:
    gone = world.records.get(id_, set())
    files = {path: content for path, content in world.files.items() if path not in gone}
    return _World(files, {other: paths for other, paths in world.records.items() if other != id_})


def _write(world: _World, id_: str, placed: Layout) -> _World:
    files = {**world.files, **{str(path): _content(id_, file) for path, file in placed.files.items()}}
    return _World(files, {**world.records, id_: {*map(str, placed.files), *map(str, placed.phantoms)}})


def _content(id_: str, file: Any) -> str:
    return f"{id_}'s own" if file.content is None else f"{file.content}{file.script}"


def _simulate(world: _World, placed: dict[str, Layout], sequence: Sequence[str], *, all_first: bool) -> _World:
    if all_first:
        for id_ in sequence:
            world = _remove(world, id_)
    for id_ in sequence:
        world = _write(_remove(world, id_), id_, placed[id_])
    return world


_PATHS = ["site-packages/m.py", "site-packages/n.py", "scripts/t"]
_files = st.dictionaries(st.sampled_from(_PATHS), st.sampled_from(["1", "2", None]))
_layouts = st.builds(
    lambda files, phantoms: layout(
        *(written(path, text) for path, text in files.items()), phantoms=phantoms - set(files)
    ),
    _files,
    st.sets(st.sampled_from(_PATHS), max_size=1),
)
_sets = st.dictionaries(st.sampled_from("abc"), _layouts, min_size=1)
_commands = st.lists(
    st.tuples(st.sampled_from(["install", "uninstall"]), st.sets(st.sampled_from("abc"), min_size=1)), max_size=4
)


@given(_sets, _commands, st.booleans())
def test_as_simulated(placed: dict[str, Layout], commands: list[tuple[str, set[str]]], all_first: bool) -> None:  # noqa: FBT001
    """Command after command in unknown order: each path may hold exactly what it holds in some course of events."""
    disk, worlds = Disk(), [_World({}, {})]
    for act, chosen in commands:
        ids = sorted(chosen & placed.keys() if act == "install" else chosen & disk.records.keys())
        if act == "install":
            some = {id_: placed[id_] for id_ in ids}
            disk = disk.install(some, _any_order(ids), removes_all_first=all_first)
            worlds = [
                _simulate(world, some, sequence, all_first=all_first)
                for world in worlds
                for sequence in permutations(ids)
            ]
        else:
            disk = disk.uninstall(ids)
            for id_ in ids:
                worlds = [_remove(world, id_) for world in worlds]
        assert set(disk.records) == set(worlds[0].records)
        for path in map(path_of, _PATHS):
            assert len(disk.contents.get(path, frozenset({None}))) == len({world.files.get(path) for world in worlds})
            assert (None in disk.contents.get(path, {None})) == any(path not in world.files for world in worlds)
        for id_ in disk.records:
            wanted = {str(path): _content(id_, file) for path, file in placed[id_].files.items()}
            whole = [{path: world.files.get(path) for path in wanted} == wanted for world in worlds]
            if disk.intact(id_) == "yes":
                assert all(whole)
            elif disk.intact(id_) == "no":
                assert not any(whole)
            assert disk.missing(id_) == {path for path in wanted if any(path not in world.files for world in worlds)}


@given(_sets, st.data())
def test_one_after_the_other(placed: dict[str, Layout], data: st.DataObject) -> None:
    """Installed by commands of their own, the last writer of every path holds it; and no uninstall leaves a trace."""
    sequence = data.draw(st.permutations(sorted(placed)))
    disk = Disk()
    for id_ in sequence:
        disk = _install(disk, {id_: placed[id_]})
    for path in map(path_of, _PATHS):
        writers = [id_ for id_ in sequence if path in placed[id_].files]
        holders = disk.holders(path)
        assert holders is not None
        assert (writers[-1] in holders) if writers else not holders
    for id_ in sequence:
        after = disk.uninstall([id_])
        assert id_ not in after.records
        assert all(after.contents[path] == {None} for path in (*placed[id_].files, *placed[id_].phantoms))
