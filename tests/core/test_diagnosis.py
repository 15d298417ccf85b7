"""Who wins, who is left broken, and what an uninstall takes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.values import BY_NAME, LINUX, MACOS, diagnosed, distribution, overlaps_of
from tests.support.wheelmaker import Wheel, record_digest
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.state import State, contested_layouts, empty_disk
from wheelclash.installers import INSTALLERS, InstallerName

if TYPE_CHECKING:
    from wheelclash.core.diagnosis import Diagnosis
    from wheelclash.target.target import Target

A, B, C = (f"{name}-1.0-py3-none-any.whl" for name in "abc")
OPEN = Wheel("open", requires=["gone"])
"""Leads out of the set."""


def _wheel(name: str, content: str, *requires: str, python: str | None = None) -> Wheel:
    return Wheel(name, files={"m.py": content}, requires=list(requires), requires_python=python)


def _told(diagnosis: Diagnosis) -> list[tuple[str, str | None, str]]:
    return [(each.state, None if each.winner is None else each.winner.id, each.reason) for each in diagnosis.outcomes]


@pytest.mark.parametrize(
    ("wheels", "outcome", "intact"),
    [
        pytest.param([_wheel("a", "1"), _wheel("b", "2")], ("determined", A, "order"), "yes no", id="closed set"),
        pytest.param(
            [_wheel("a", "1"), _wheel("b", "2"), OPEN], ("determined", A, "equal-requirements"), "yes no", id="equals"
        ),
        pytest.param(
            [_wheel("a", "1"), _wheel("b", "2", python=">=3"), OPEN],
            ("undetermined", None, "needs-closure"),
            "undetermined undetermined",
            id="only one has Requires-Python",
        ),
        pytest.param(
            [_wheel("a", "1", "q"), _wheel("b", "2", "r")],
            ("undetermined", None, "needs-closure"),
            "undetermined undetermined",
            id="other requirements",
        ),
        pytest.param(
            [_wheel("a", "1", "q; os_name == 'nt'"), _wheel("b", "2"), OPEN],
            ("determined", A, "equal-requirements"),
            "yes no",
            id="requirements after markers",
        ),
        pytest.param(
            [_wheel("a", "1"), _wheel("b", "2", "a", "q")], ("determined", B, "requires"), "no yes", id="one requires"
        ),
        pytest.param(
            [_wheel("a", "1", "b"), _wheel("b", "2", "a")],
            ("determined", A, "order"),
            "yes no",
            id="a circle",
        ),
        pytest.param(
            [_wheel("a", "1", "b"), _wheel("b", "2", "a"), OPEN],
            ("undetermined", None, "cycle"),
            "undetermined undetermined",
            id="a circle, in a set that is not whole",
        ),
        pytest.param(
            [_wheel("a", "1", "q"), _wheel("b", "1", "r")], ("determined", None, "identical"), "yes yes", id="identical"
        ),
    ],
)
def test_pip(wheels: list[Wheel], outcome: tuple[str, str | None, str], intact: str) -> None:
    """A winner is stated only where it follows from what is known; in whatever order the set is given."""
    for given_order in (wheels, wheels[::-1]):
        found = diagnosed("pip", *given_order)
        assert _told(found) == [outcome]
        assert f"{found.intact[A]} {found.intact[B]}" == intact


@pytest.mark.parametrize(("roots", "winner"), [((), A), (("a",), A), (("b",), B), (("a", "b"), A)])
def test_what_the_command_names_decides_a_circle(roots: tuple[str, ...], winner: str) -> None:
    distributions = [distribution(each) for each in (_wheel("a", "1", "b"), _wheel("b", "2", "a"))]
    found = diagnose(BY_NAME["pip"], distributions, overlaps_of(distributions), LINUX, roots=roots)
    assert _told(found) == [("determined", winner, "order")]


def test_uv() -> None:
    """Under uv a differing file is anybody's, whoever requires whom; an identical one is everybody's."""
    found = diagnosed("uv", _wheel("a", "1", "b"), _wheel("b", "2"))
    assert _told(found) == [("undetermined", None, "parallel")]
    assert set(found.intact.values()) == {"undetermined"}
    found = diagnosed("uv", _wheel("a", "1"), _wheel("b", "1"))
    assert _told(found) == [("determined", None, "identical")]
    assert set(found.intact.values()) == {"yes"}


def test_three_owners() -> None:
    """The reason is that of what decides; two with one content win together."""
    found = diagnosed("pip", _wheel("a", "1", "b", "c"), _wheel("b", "2", "q"), _wheel("c", "3", "r"))
    assert _told(found) == [("determined", A, "requires")]
    found = diagnosed("pip", _wheel("a", "1", "c"), _wheel("b", "1", "q"), _wheel("c", "3", "r"))
    ((state, winner, reason),) = _told(found)
    assert (state, winner) == ("determined", A)
    assert reason not in {"needs-closure", "cycle", "parallel"}, "no reason of what is undetermined"
    assert (found.intact[A], found.intact[B], found.intact[C]) == ("yes", "yes", "no")


@pytest.mark.parametrize(
    ("new", "outcome", "intact"),
    [
        ({"a": "1"}, ("determined", A, "newcomer"), "yes no"),
        ({"a": "1", "b": "2"}, ("determined", A, "order"), "yes no no"),
        ({"a": "0", "b": "2"}, ("determined", A, "order"), "yes no yes"),
        ({"a": "1", "b": "0"}, ("determined", A, "order"), "yes no no"),
        ({"a": "1", "b": "1"}, ("determined", A, "newcomer"), "yes yes no"),
    ],
)
def test_beside_what_is_installed(new: dict[str, str], outcome: tuple[str, str, str], intact: str) -> None:
    """The last of the newcomers wins, whether or not what was there before has the same content."""
    there = distribution(_wheel("there", "0"))
    newcomers = [distribution(_wheel(name, content)) for name, content in new.items()]
    everybody = [*newcomers, there]
    found = diagnose(BY_NAME["pip"], newcomers, overlaps_of(everybody), LINUX, state=State(LINUX, (there,)))
    assert _told(found) == [outcome]
    assert " ".join(found.intact[each.id] for each in everybody) == intact


def test_file_that_an_older_release_takes_is_nobodys() -> None:
    """Pip writes ``c`` before it replaces ``a``, whose RECORD has the file as well."""
    old, there = distribution(Wheel("a", "0.9", files={"m.py": "0"})), distribution(_wheel("b", "0"))
    newcomers = [distribution(Wheel("a")), distribution(_wheel("c", "1"))]
    everybody = [*newcomers, there]
    found = diagnose(BY_NAME["pip"], newcomers, overlaps_of(everybody), LINUX, state=State(LINUX, (old, there)))
    assert _told(found) == [("determined", None, "replaced")]
    assert [found.intact[each.id] for each in everybody] == ["yes", "no", "no"]


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_file_and_folder(installer: InstallerName) -> None:
    """Where a file stands in the way of a folder the installation fails, and nothing is certain."""
    found = diagnosed(installer, Wheel("a", files={"x": "1", "m.py": "1"}), Wheel("b", files={"x/y": "1", "m.py": "1"}))
    assert {(each.state, each.winner, each.reason) for each in found.outcomes} == {("fails", None, "file-directory")}
    assert set(found.intact.values()) == {"undetermined"}


def test_a_refused_wheel() -> None:
    """What uv refuses fails there and stands under pip."""
    wheels = [
        Wheel("a", files={"m.py": "1", "a-1.0.data/scripts/sub/tool": ""}),
        _wheel("b", "2"),
        _wheel("c", "3"),
    ]
    found = diagnosed("uv", *wheels)
    assert _told(found) == [("fails", None, "refused")]
    assert found.intact == {A: "no", B: "undetermined", C: "undetermined"}
    assert diagnosed("pip", *wheels).intact == {A: "yes", B: "no", C: "no"}


@pytest.mark.parametrize(("paths", "target"), [(("m.py", "m.py"), LINUX), (("M.py", "m.py"), MACOS)])
def test_a_false_hash(paths: tuple[str, str], target: Target) -> None:
    """Two contents recorded with one hash are two contents: who is overwritten is not intact."""
    row = record_digest(b"1" * 2000)
    wheels = [
        Wheel("a", files={paths[0]: "1" * 4}, unlisted={paths[0]}, record_extra=[(paths[0], row, "")]),
        Wheel("b", files={paths[1]: "1" * 2000}),
    ]
    found = diagnosed("pip", *wheels, target=target)
    assert found.intact == {A: "yes", B: "no"}
    assert [each.severity for each in overlaps_of([distribution(each) for each in wheels], target)] == ["error"]


def test_stubs() -> None:
    """A namespace stub is harmless in another's place, and not what its distribution recorded."""
    stub = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    found = diagnosed("pip", Wheel("a", files={"p/__init__.py": ""}), Wheel("b", files={"p/__init__.py": stub}))
    assert _told(found) == [("determined", A, "order")]
    assert found.intact == {A: "yes", B: "no"}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_shadowed(installer: InstallerName) -> None:
    """The form that is found first wins, and no file is lost."""
    found = diagnosed(installer, Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m/__init__.py": "2"}))
    assert _told(found) == [("determined", B, "import-order")]
    assert set(found.intact.values()) == {"yes"}
    assert found.losses == {A: {}, B: {}}


def test_letter_case() -> None:
    """Two files on Linux; on macOS one, that the last of pip's order holds."""
    wheels = [Wheel("a", files={"M.py": "1"}), Wheel("b", files={"m.py": "2"})]
    assert _told(diagnosed("pip", *wheels)) == [("determined", None, "two-files")]
    found = diagnosed("pip", *wheels, target=MACOS)
    assert _told(found) == [("determined", A, "order")]
    assert found.intact == {A: "yes", B: "no"}
    assert _told(diagnosed("uv", *wheels, target=MACOS)) == [("undetermined", None, "parallel")]


def test_a_module_of_two_names() -> None:
    """Equal modules whose names differ only in case are one file, which has one name."""
    wheels = [Wheel("a", files={"M.py": "1"}), Wheel("b", files={"m.py": "1"})]
    found = diagnosed("pip", *wheels, target=MACOS)
    assert _told(found) == [("determined", A, "order")]
    assert found.intact == {A: "yes", B: "no"}
    wheels = [Wheel("a", files={"README": "1"}), Wheel("b", files={"readme": "1"})]
    assert _told(diagnosed("pip", *wheels, target=MACOS)) == [("determined", None, "identical")]


def test_a_row_that_differs_in_case_takes_the_file() -> None:
    """Uninstalling who only lists a path deletes the file of another that differs only in case."""
    wheels = [Wheel("a", files={"M.py": "1"}), Wheel("b", record_extra=[("m.py", "", "")])]
    found = diagnosed("pip", *wheels, target=MACOS)
    assert _told(found) == [("determined", A, "only-recorded")]
    assert found.losses == {A: {}, B: {A: 1}}


def test_a_folder_of_two_names() -> None:
    """A folder keeps the name that it is first made with; nobody loses a file, and imports fail all the same."""
    wheels = [Wheel("a", files={"Foo/a.py": "1"}), Wheel("b", files={"foo/b.py": "2"})]
    assert _told(diagnosed("pip", *wheels)) == [("determined", None, "two-files")]
    found = diagnosed("pip", *wheels, target=MACOS)
    assert _told(found) == [("determined", B, "first-written")]
    assert found.intact == {A: "yes", B: "yes"}
    assert found.losses == {A: {}, B: {}}
    assert _told(diagnosed("uv", *wheels, target=MACOS)) == [("undetermined", None, "parallel")]


def test_only_recorded() -> None:
    """20: under pip, uninstalling who only lists a path deletes the other's file; uv has forgotten the row."""
    wheels = [_wheel("a", "1"), Wheel("b", record_extra=[("m.py", "", "")])]
    found = diagnosed("pip", *wheels)
    assert _told(found) == [("determined", A, "only-recorded")]
    assert found.intact == {A: "yes", B: "yes"}
    assert found.losses == {A: {}, B: {A: 1}}
    found = diagnosed("uv", *wheels)
    assert _told(found) == []
    assert found.losses == {A: {}, B: {}}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_losses(installer: InstallerName) -> None:
    """An uninstall takes every shared file from every other owner, equal or not, whoever wrote it."""
    wheels = [
        Wheel("a", files={"m.py": "1", "n.py": "same", "own.py": ""}, scripts={"t": "m:f"}),
        Wheel("b", files={"m.py": "2", "n.py": "same"}),
        Wheel("c", scripts={"t": "m:g"}),
    ]
    found = diagnosed(installer, *wheels)
    assert found.losses == {A: {B: 2, C: 1}, B: {A: 2}, C: {A: 1}}


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_losses_of_very_many_are_named_in_part(installer: InstallerName, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is named has the right number of files; how many there are besides is told."""
    wheels = [Wheel(name, files={"m.py": name, "n.py": "", **({"o.py": ""} if name < "d" else {})}) for name in "abcde"]
    whole = diagnosed(installer, *wheels)
    assert whole.further_losers == {}
    for pairs in (0, 5, 11, 19, 20):
        monkeypatch.setattr("wheelclash.core.diagnosis.MOST_LOSSES", pairs)
        found = diagnosed(installer, *wheels)
        for id_, losses in found.losses.items():
            assert losses.items() <= whole.losses[id_].items()
            assert len(losses) == min(4, max(1, pairs // 5))
            assert found.further_losers.get(id_, 0) == 4 - len(losses)


def test_installer_specific_overlaps() -> None:
    """An overlap that exists under one installer only is diagnosed under that one only."""
    wheels = [Wheel("a", files={"m.py": "1"}), Wheel("b", files={"alien-9.data/purelib/m.py": "2"})]
    assert len(diagnosed("pip", *wheels).outcomes) == 1
    assert diagnosed("uv", *wheels).outcomes == ()


_names = st.sampled_from(["m.py", "n.py", "p/__init__.py"])
_files = st.dictionaries(_names, st.sampled_from(["", "1", "2"]), max_size=3)


@given(st.lists(_files, min_size=2, max_size=3), st.sampled_from(["pip", "uv"]))
def test_the_whole_disk_says_the_same(files: list[dict[str, str]], installer: InstallerName) -> None:
    """What is cut down to the contested files says of everybody what the whole disk says."""
    distributions = [distribution(Wheel(name, files=dict(each))) for name, each in zip("abc", files, strict=False)]
    found = diagnose(BY_NAME[installer], distributions, overlaps_of(distributions), LINUX)
    rules = BY_NAME[installer]
    whole = empty_disk(LINUX).install(
        {each.id: each.layouts[installer] for each in distributions},
        rules.order(distributions, with_dependencies=True),
        removes_all_first=rules.removes_all_first,
    )
    for each in distributions:
        assert found.intact[each.id] == whole.intact(each.id)
        after = whole.uninstall([each.id])
        lost = {other: len(after.missing(other) - whole.missing(other)) for other in after.records}
        assert found.losses[each.id] == {other: count for other, count in lost.items() if count}
    for outcome in found.outcomes:
        holders = whole.holders(outcome.overlap.path)
        assert (outcome.state == "undetermined") == (holders is None)
        if outcome.winner is not None:
            assert outcome.winner.id in (holders or ())
        elif outcome.state == "determined":
            assert holders == frozenset(outcome.overlap.ids)


def test_cut_layouts_hold_no_more_than_the_contested() -> None:
    """All that can end otherwise than written, and nothing else."""
    distributions = [
        distribution(Wheel("a", files={"m.py": "1", "own.py": ""})),
        distribution(Wheel("b", files={"m.py": "1"}, record_extra=[("gone.py", "", "")])),
    ]
    overlaps = overlaps_of(distributions)
    for installer in INSTALLERS:
        cut = contested_layouts(distributions, overlaps, installer.name)
        assert {id_: list(each.files) for id_, each in cut.items()} == {id_: ["site-packages/m.py"] for id_ in (A, B)}
        assert not any(each.phantoms for each in cut.values())
