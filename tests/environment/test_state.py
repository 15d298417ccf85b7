"""Of an environment only what newcomers touch becomes values, and nothing is lost by that."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.installed import Handmade
from tests.support.values import BY_NAME, LINUX, MACOS, distribution
from tests.support.wheelmaker import Wheel
from tests.support.work import lines_run
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.overlap import questions
from wheelclash.environment.paths import places_below
from wheelclash.environment.state import StateReader
from wheelclash.parts import overlaps_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelclash.core.distribution import Distribution
    from wheelclash.core.state import State
    from wheelclash.target.target import Target

Files = dict[str, str]

PATHS = [
    "m.py",
    "m/__init__.py",
    "m.abi3.so",
    "M.py",
    "x",
    "x/y",
    "x/y/z.py",
    "p/__init__.py",
    "p/a.py",
    "p/b.py",
    "P/c.py",
    "X",
    "q.txt",
]
SETS = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["", "1", "2"]), max_size=5)


def _possible(files: Files) -> Files:
    """A distribution has no file where it has a folder itself, nor anything under two spellings."""
    parts = {part for path in files for part in path.split("/")}
    found = {
        path: text for path, text in files.items() if not {p.lower() for p in path.split("/") if p.isupper()} & parts
    }
    return {
        path: text
        for path, text in found.items()
        if not any(other.lower().startswith(f"{path.lower()}/") for other in found)
        and (path != "M.py" or "m.py" not in found)
    }


def beside(made: Handmade, newcomers: Sequence[Distribution], target: Target = LINUX) -> State:
    return StateReader(places_below(made.prefix), target).state_beside(newcomers)


def paths(state: State, name: str) -> set[str]:
    """What became values of a resident or a replaced distribution."""
    (each,) = [one for one in state.distributions if one.name == name]
    return {str(path) for path in each.layouts["pip"].files}


@pytest.mark.parametrize(
    ("resident", "newcomer", "target"),
    [
        ("p/a.py", "p/a.py", LINUX),
        ("x", "x/y", LINUX),
        ("x/y/z.py", "x", LINUX),
        ("m.py", "m/__init__.py", LINUX),
        ("m/__init__.py", "m.py", LINUX),
        ("m.abi3.so", "m.py", LINUX),
        ("m.cpython-312-x86_64-linux-gnu.so", "m.abi3.so", LINUX),
        ("a/m.abi3.so", "a/m/__init__.py", LINUX),
        ("M.py", "m.py", MACOS),
        ("Foo/a.py", "foo/b.py", MACOS),
        ("README", "readme/__init__.py", MACOS),
        ("readme/a.py", "README", MACOS),
        ("n/Sub/a.py", "n/sub/b.py", MACOS),
        ("m.pyc", "m.py", LINUX),
        ("m/__init__.abi3.so", "m/__init__.py", LINUX),
        ("../../../bin/tool", "new-1.0.data/scripts/tool", LINUX),
        ("../../../share/x", "new-1.0.data/data/share/x", LINUX),
        ("../../../bin/y", "new-1.0.data/data/bin/y", LINUX),
        ("z.py", "new-1.0.data/data/lib/python3.12/site-packages/z.py", LINUX),
    ],
)
def test_what_cannot_stand_beside_something_new_is_brought_in(
    made: Handmade, resident: str, newcomer: str, target: Target
) -> None:
    made.add("old", {resident: "1", "aside.py": "", "p/other.py": ""})
    made.add("uninvolved", {"uninvolved.py": ""})
    state = beside(made, [distribution(Wheel("new", files={newcomer: "2", "new.py": ""}), target)], target)
    assert len(paths(state, "old")) == 1
    assert paths(state, "uninvolved") == set()
    assert {each.id: each.recorded for each in state.distributions if each.layouts["pip"].files} == {
        "old-1.0.dist-info": 6
    }


@pytest.mark.parametrize(
    ("resident", "newcomer"), [("M.py", "m.py"), ("m.py", "m.txt"), ("x/y", "x/z"), ("headers/h.h", "h.h")]
)
def test_what_can_stand_is_left_alone(made: Handmade, resident: str, newcomer: str) -> None:
    made.add("old", {resident: "1"})
    (old,) = beside(made, [distribution(Wheel("new", files={newcomer: "2"}))]).distributions
    assert not old.layouts["pip"].files


def test_what_is_replaced_owns_nothing_and_takes_what_it_shares(made: Handmade) -> None:
    made.add("old", {"shared.py": "", "own.py": "", "kept.py": ""})
    made.add("other", {"shared.py": "", "other.py": ""})
    newcomers = [distribution(Wheel("old", "2.0", {"own.py": "", "kept.py": ""}))]
    state = beside(made, newcomers)
    assert [each.name for each in state.staying(newcomers)] == ["other"]
    assert list(state.replaced_by(newcomers)) == ["old-2.0-py3-none-any.whl"]
    assert paths(state, "old") == paths(state, "other") == {"site-packages/shared.py"}


@settings(max_examples=60, deadline=None)
@given(st.lists(SETS, min_size=1, max_size=3), st.lists(SETS, min_size=1, max_size=2), st.booleans(), st.booleans())
def test_nothing_is_lost_by_bringing_in_little(
    old: list[Files],
    new: list[Files],
    replaces: bool,  # noqa: FBT001
    folds: bool,  # noqa: FBT001
) -> None:
    """Overlaps and diagnoses are those of the whole environment; whatever has no part in them is undetermined."""
    target = MACOS if folds else LINUX
    old, new = (list(map(_possible, each)) for each in (old, new))
    with TemporaryDirectory() as folder:
        made = Handmade(Path(folder) / "venv")
        taken: dict[str, str] = {}
        for number, files in enumerate(old):
            writable = {
                path: taken.get(path.lower(), text)  # what they dispute among each other is the business of env
                for path, text in files.items()
                if not any(path.startswith(f"{each}/") or each.startswith(f"{path}/") for each in taken)
            }
            old[number] = writable
            taken |= {path.lower(): text for path, text in writable.items()}
            made.add(f"old{number}", writable)
        wheels = [Wheel(f"new{number}", files=dict(files)) for number, files in enumerate(new)]
        if replaces:
            wheels[0] = Wheel("old0", "2.0", dict(new[0]))
        newcomers = [distribution(each, target) for each in wheels]
        state = beside(made, newcomers, target)
    whole = _whole(old, state, target)
    residents = state.staying(newcomers)
    involved = {each.id for each in residents if each.layouts["pip"].files}
    assert _seen(newcomers, state, target, involved) == _seen(newcomers, whole, target, involved)
    if newcomers:
        told = diagnose(BY_NAME["pip"], newcomers, [], target, state=state).intact
        assert {told[each.id] for each in residents if each.id not in involved} <= {"undetermined"}


def _whole(old: Sequence[Files], state: State, target: Target) -> State:
    """The same with every file of everybody."""
    full = {
        each.name: each.layouts
        for number, files in enumerate(old)
        for each in [distribution(Wheel(f"old{number}", files=dict(files)), target)]
    }
    whole = tuple(replace(each, layouts=full[each.name]) for each in state.distributions)
    return replace(state, distributions=whole)


def _seen(newcomers: Sequence[Distribution], state: State, target: Target, involved: Collection[str]) -> Any:
    """Overlaps with a newcomer in them, and what comes of the installation."""
    coming = {each.id for each in newcomers}
    found = [
        each
        for each in overlaps_of([*newcomers, *state.staying(newcomers)], target)
        if coming & set(each.ids) and (target is MACOS or each.kind != "case-only")
    ]
    overlaps = {
        (
            each.path,
            each.kind,
            each.severity,
            tuple((owner.id, owner.file.path, owner.content) for owner in each.owners),
        )
        for each in found
    }
    told = []
    for installer in BY_NAME.values():
        diagnosis = diagnose(installer, newcomers, found, target, state=state)
        taken = {
            (each.path, each.id, each.because, each.state) for each in diagnosis.taken if "dist-info" not in each.path
        }
        outcomes = {
            (each.overlap.path, each.state, each.winner and each.winner.id, each.reason) for each in diagnosis.outcomes
        }
        new = {id_: diagnosis.intact[id_] for id_ in coming}
        states = {each.state for each in diagnosis.outcomes} | {each.state for each in diagnosis.taken}
        stopped = "fails" in states  # then who has no part in it is whole
        old = {} if stopped else {id_: diagnosis.intact[id_] for id_ in involved}
        told.append((outcomes, taken, new, old))
    return overlaps, told


def test_disk_says_whose_content_it_is_that_residents_dispute(made: Handmade) -> None:
    made.add("one", {"a.py": "1", "b.py": "1", "c.py": "1", "same.py": ""})
    made.add("two", {"a.py": "2", "b.py": "2", "c.py": "2", "same.py": ""})
    (made.site / "b.py").unlink()
    (made.site / "c.py").write_text("3")
    wheel = Wheel("new", files=dict.fromkeys(["a.py", "b.py", "c.py", "same.py"], "4"))
    found = beside(made, [distribution(wheel)]).holders
    assert found == {
        "site-packages/a.py": "two-1.0.dist-info",
        "site-packages/b.py": None,
        "site-packages/c.py": "",
    }


def test_who_shares_with_what_is_touched_is_not_intact_for_that_alone(made: Handmade) -> None:
    """Of "two" the newcomer touches nothing; it shares a file with "one", and has lost another to "three"."""
    made.add("one", {"a.py": "1", "same.py": ""})
    made.add("two", {"same.py": "", "b.py": "2"})
    made.add("three", {"b.py": "3"})
    newcomers = [distribution(Wheel("new", files={"a.py": "4"}))]
    intact = diagnose(BY_NAME["pip"], newcomers, [], LINUX, state=beside(made, newcomers)).intact
    assert [intact[f"{name}-1.0.dist-info"] for name in ("two", "three")] == ["no", "yes"]


@pytest.mark.parametrize(("target", "spelt"), [(LINUX, "link"), (MACOS, "Link")])
def test_a_chain_of_shared_files_is_followed_to_its_end(made: Handmade, target: Target, spelt: str) -> None:
    """Each shares a file with the next one alone, in another case where that does not matter."""
    for number in range(8):
        made.add(f"d{number}", {f"link{number}.py": "", f"{spelt}{number + 1}.py": ""})
    newcomer = distribution(Wheel("new", files={"link0.py": "1"}))
    found = {each.name for each in beside(made, [newcomer], target).distributions}
    assert found == {f"d{number}" for number in range(8)}


@pytest.mark.parametrize("target", [LINUX, MACOS], ids=["case matters", "case does not"])
def test_a_chain_of_twice_as_many_takes_twice_the_work(tmp_path: Path, target: Target) -> None:
    """Each resident shares a file with the next one, and all are looked at."""

    def lines(count: int) -> int:
        made = Handmade(tmp_path / str(count))
        for number in range(count):
            made.add(f"d{number}", {f"s{number}.py": "", f"s{number + 1}.py": ""})
        newcomers = [distribution(Wheel("new", files={"s0.py": "1"}), target)]
        reader = StateReader(places_below(made.prefix), target)
        assert len(paths(reader.state_beside(newcomers), f"d{count - 1}")) == 1
        return lines_run(lambda: StateReader(places_below(made.prefix), target).state_beside(newcomers))

    assert lines(100) < 2.4 * lines(50)


def test_what_is_there_already_decides_the_order_too(made: Handmade) -> None:
    """``bb`` requires what is there, so it has its turn after ``aa``, against the alphabet."""
    made.add("base", {"base.py": ""})
    wheels = [Wheel("aa", files={"m.py": "1"}), Wheel("bb", files={"m.py": "2"}, requires=["base"])]
    newcomers = [distribution(each) for each in wheels]
    overlaps = overlaps_of(newcomers, LINUX)
    (outcome,) = diagnose(BY_NAME["pip"], newcomers, overlaps, LINUX, state=beside(made, newcomers)).outcomes
    assert (outcome.state, outcome.winner, outcome.reason) == ("determined", newcomers[1], "order")
    (outcome,) = diagnose(BY_NAME["pip"], newcomers, overlaps, LINUX).outcomes
    assert outcome.state == "undetermined"


def test_uninstalls_are_told_as_far_as_newcomers_are_concerned(made: Handmade) -> None:
    made.add("one", {"a.py": "", "b.py": "", "c.py": ""})
    made.add("two", {"a.py": "", "b.py": ""})
    newcomer = distribution(Wheel("new", files={"a.py": ""}))
    state = beside(made, [newcomer])
    overlaps = overlaps_of([newcomer, *state.distributions], LINUX)
    for installer in BY_NAME.values():
        losses = diagnose(installer, [newcomer], overlaps, LINUX, state=state).losses
        one, two = "one-1.0.dist-info", "two-1.0.dist-info"
        assert losses == {newcomer.id: {one: 1, two: 1}, one: {newcomer.id: 1}, two: {newcomer.id: 1}}


def test_pip_takes_what_the_same_command_has_just_written(made: Handmade) -> None:
    """Both had the file, only ``aa`` still has it, and ``bb`` has its turn after it."""
    made.add("aa", {"shared.py": ""})
    made.add("bb", {"shared.py": ""})
    wheels = [Wheel("aa", "2.0", {"shared.py": ""}), Wheel("bb", "2.0", requires=["aa"])]
    newcomers = [distribution(each) for each in wheels]
    state = beside(made, newcomers)
    found = {name: diagnose(each, newcomers, [], LINUX, state=state) for name, each in BY_NAME.items()}
    told = [(each.path, each.id, each.because, each.state, each.severity) for each in found["pip"].taken]
    assert told == [("site-packages/shared.py", "aa-2.0-py3-none-any.whl", "bb-1.0.dist-info", "determined", "error")]
    assert found["uv"].taken == ()
    assert [found[name].intact["aa-2.0-py3-none-any.whl"] for name in ("pip", "uv")] == ["no", "yes"]


@pytest.mark.parametrize(("there", "lost"), [(True, 1), (False, 0)])
def test_what_was_gone_before_is_not_lost_now(made: Handmade, there: bool, lost: int) -> None:  # noqa: FBT001
    made.add("old", {"shared.py": "", "own.py": ""})
    made.add("other", {"shared.py": ""})
    if not there:
        (made.site / "shared.py").unlink()
    newcomers = [distribution(Wheel("old", "2.0", {"own.py": ""}))]
    state = beside(made, newcomers)
    for installer in BY_NAME.values():
        diagnosis = diagnose(installer, newcomers, [], LINUX, state=state)
        assert [each.because for each in diagnosis.taken] == ["old-1.0.dist-info"] * lost
        assert diagnosis.intact["other-1.0.dist-info"] == "no"


@pytest.mark.parametrize(
    ("first", "same"),
    [
        ("#!{python}\n", True),
        ("#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n", True),
        ("#!/usr/bin/python3\n", False),
        ("#!/bin/sh\n", False),
    ],
)
def test_script_is_compared_as_it_was_in_its_wheel(made: Handmade, first: str, same: bool) -> None:  # noqa: FBT001
    """Installers put the interpreter's path into its first line."""
    made.add("old", {"../../../bin/tool": first.format(python=made.prefix / "bin" / "python") + "print()\n"})
    newcomer = distribution(Wheel("new", files={"new-1.0.data/scripts/tool": "#!python\nprint()\n"}))
    (overlap,) = overlaps_of([newcomer, *beside(made, [newcomer]).distributions], LINUX)
    assert overlap.kind == ("identical" if same else "different")


@pytest.mark.parametrize(("disk", "stub"), [("# mine\n", True), ("# another's\n", None), (None, None)])
def test_content_answers_for_its_owner_only(made: Handmade, disk: str | None, stub: bool | None) -> None:  # noqa: FBT001
    """A comment is as good a namespace as nothing, if it is the one that was recorded."""
    made.add("old", {"p/__init__.py": "# mine\n"})
    place = made.site / "p" / "__init__.py"
    place.unlink() if disk is None else place.write_text(disk)
    residents = StateReader(places_below(made.prefix), LINUX)
    newcomer = distribution(Wheel("new", files={"p/__init__.py": "# yours\n"}))
    (doubt,) = [
        each
        for each in questions(overlaps_of([newcomer, *residents.state_beside([newcomer]).distributions], LINUX))
        if each.owner != newcomer.id
    ]
    answer = residents.answer(doubt)
    assert (answer and answer.stub) == stub


def test_command_is_compared_by_what_it_runs(made: Handmade) -> None:
    points = {"entry_points.txt": "[console_scripts]\ntool = both:run\n"}
    made.add("old", {"../../../bin/tool": "whatever an installer wrote"}, more=points)
    kinds = {}
    for runs in ("both:run", "new:run"):
        newcomer = distribution(Wheel("new", scripts={"tool": runs}))
        (overlap,) = overlaps_of([newcomer, *beside(made, [newcomer]).distributions], LINUX)
        kinds[runs] = overlap.kind
    assert kinds == {"both:run": "identical", "new:run": "different"}


def test_links_lead_to_the_same_file(made: Handmade) -> None:
    (made.site.parents[1].parent / "lib64").symlink_to("lib")
    made.add("old", {"../../../lib64/x.txt": "1"})
    newcomer = distribution(Wheel("new", files={"new-1.0.data/data/lib64/x.txt": "2"}))
    state = beside(made, [newcomer])
    assert [each.path for each in overlaps_of([newcomer, *state.distributions], LINUX)] == ["data/lib64/x.txt"]


def test_requirements_are_read_as_far_as_newcomers_lead(made: Handmade) -> None:
    made.add("base", {"base.py": ""}, metadata=["Requires-Dist: deep>1; extra == 'x'", "Requires-Dist: deep"])
    made.add("deep", {"deep.py": ""}, metadata=["Requires-Python: >=3.8"])
    made.add("aside", {"aside.py": ""}, metadata=["Requires-Dist: base"])
    newcomers = [distribution(Wheel("new", requires=["base"]))]
    state = beside(made, newcomers)
    assert state.required_by(newcomers) == {"base-1.0.dist-info", "deep-1.0.dist-info"}
    requirements: Mapping[str, Any] = {each.name: each.requirements for each in state.distributions}
    assert requirements["deep"].has_requires_python
    assert requirements["base"].by_extra.keys() == {"x"}
    assert requirements["aside"].names == {"base"}


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_record_that_goes_meanwhile_is_told(made: Handmade) -> None:
    folder = made.add("old", {"a.py": "1"})
    residents = StateReader(places_below(made.prefix), LINUX)
    (folder / "RECORD").unlink()
    newcomer = distribution(Wheel("new", files={"a.py": "2"}))
    state = residents.state_beside([newcomer])
    (overlap,) = overlaps_of([newcomer, *state.distributions], LINUX)
    assert overlap.kind == "unknown"
    assert [(skip.requirement, skip.code) for skip in state.skipped] == [("old", "changed")]
