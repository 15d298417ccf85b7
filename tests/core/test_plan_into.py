"""Remedies for an addition: which ways there are, depending on what is new, what is there, and who requires whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.installed import Handmade
from tests.support.values import BY_NAME, LINUX, distribution
from tests.support.wheelmaker import Wheel
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.installer import Invocation
from wheelclash.core.plan import plan_remedies
from wheelclash.environment.paths import places_below
from wheelclash.environment.state import StateReader
from wheelclash.parts import overlaps_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelclash.core.layout import InstallerName
    from wheelclash.core.plan import Remedy


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path / "venv")


def planned(
    made: Handmade,
    *wheels: Wheel,
    keep: Sequence[str] = (),
    roots: Sequence[str] = (),
    installer: InstallerName = "uv",
) -> list[Remedy]:
    newcomers = [distribution(each) for each in wheels]
    state = StateReader(places_below(made.prefix), LINUX).state_beside(newcomers)
    everybody = [*newcomers, *state.staying(newcomers)]
    coming = {each.id for each in newcomers}
    overlaps = [each for each in overlaps_of(everybody, LINUX) if coming.intersection(each.ids)]
    rules = BY_NAME[installer]
    taken = diagnose(rules, newcomers, overlaps, LINUX, state=state).taken
    keepers = [each.id for name in keep for each in everybody if each.name == name]
    return list(
        plan_remedies(
            rules,
            newcomers,
            overlaps,
            LINUX,
            keepers=keepers,
            where=Invocation(),
            roots=roots,
            state=state,
            taken=taken,
        ).remedies
    )


def ways(found: Sequence[Remedy]) -> dict[str, list[list[str]]]:
    """Keepers and strategy to what each step does to whom."""
    told = {}
    for each in found:
        names = "+".join(id_.partition("-")[0] for id_ in each.keep)
        steps = [[part for part in step.command[2:] if part != "--no-deps"] for step in each.steps]
        told[f"{names} {each.strategy}"] = [
            ["reinstall", *step[2:]] if "--force-reinstall" in step else step for step in steps
        ]
    return told


def test_new_against_old(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    assert ways(planned(made, Wheel("new", files={"m.py": "2"}))) == {
        "new reinstall-keeper": [["install", "new==1.0"]],
        "new remove-loser": [["uninstall", "old"], ["install", "new==1.0"]],
        "old avoid": [],
        "old reinstall-keeper": [["install", "new==1.0"], ["reinstall", "old==1.0"]],
    }


def test_older_release_of_what_is_left_out(made: Handmade) -> None:
    """It stays where it shares nothing, is uninstalled where it clashes too, and gets back what goes with another."""
    made.add("a", {"m.py": "1"}, version="0.9")
    kept = ways(planned(made, Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m.py": "2"}), keep=["b"]))
    assert kept["b remove-loser"] == [["uninstall", "a"], ["install", "b==1.0"]]
    assert "b avoid" not in kept
    moved = Wheel("a", files={"m.py": "1", "n.py": "1"}), Wheel("b", files={"n.py": "2"})
    assert ways(planned(made, *moved, keep=["b"]))["b avoid"] == [["install", "b==1.0"]]
    made.add("c", {"m.py": "1", "n.py": "1"})
    kept = ways(planned(made, *moved, keep=["b"]))
    assert kept["b remove-loser"] == [["uninstall", "c"], ["install", "b==1.0"], ["reinstall", "a==0.9"]]


def test_older_release_of_what_is_left_out_that_an_import_no_longer_finds(made: Handmade) -> None:
    made.add("a", {"m.py": "1"}, version="0.9")
    made.add("c", {"m.py": "1"})
    kept = ways(planned(made, Wheel("a", files={"m.py": "1"}), Wheel("b", files={"m/__init__.py": "1"}), keep=["b"]))
    assert kept == {"b remove-loser": [["uninstall", "c", "a"], ["install", "b==1.0"]]}


def test_others_of_the_set_are_still_installed(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    found = ways(planned(made, Wheel("new", files={"m.py": "2"}), Wheel("aside"), keep=["old"]))
    assert found["old avoid"] == [["install", "aside==1.0"]]


def test_command_names_what_was_asked_for_and_what_that_does_not_bring(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    wheels = [Wheel("new", files={"m.py": "2"}), Wheel("aside", requires=["more"]), Wheel("more")]
    found = ways(planned(made, *wheels, keep=["old"], roots=["aside"]))
    assert found["old avoid"] == [["install", "aside==1.0"]]
    assert found["old reinstall-keeper"][0] == ["install", "new==1.0", "aside==1.0"]


def test_command_is_never_empty_where_what_was_asked_for_is_there_already(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    made.add("app", {}, metadata=["Requires-Dist: new"])
    found = ways(planned(made, Wheel("new", files={"m.py": "2"}), roots=["app"]))
    assert found["new reinstall-keeper"] == [["install", "new==1.0"]]


def test_nothing_is_avoided_that_something_new_requires(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    found = planned(made, Wheel("new", files={"m.py": "2"}), Wheel("aside", requires=["new"]), keep=["old"])
    assert [each.strategy for each in found] == ["reinstall-keeper"]


def test_nothing_is_removed_that_something_new_requires(made: Handmade) -> None:
    """An install would bring it back."""
    made.add("old", {"m.py": "1"})
    found = planned(made, Wheel("new", files={"m.py": "2"}, requires=["old"]), keep=["new"])
    assert [each.strategy for each in found] == ["reinstall-keeper"]


def test_who_is_required_by_what_stays_is_told(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    made.add("aside", {"aside.py": ""}, metadata=["Requires-Dist: old"])
    found = planned(made, Wheel("new", files={"m.py": "2"}), keep=["new"])
    assert "aside requires old" in found[-1].steps[0].why


def test_what_two_residents_dispute_cannot_be_avoided(made: Handmade) -> None:
    """Leaving ``new`` away does not make ``one`` whole: ``two`` is there as well."""
    made.add("one", {"m.py": "1"})
    made.add("two", {"m.py": "2"})
    assert ways(planned(made, Wheel("new", files={"m.py": "3"}), keep=["one"])) == {
        "one reinstall-keeper": [["install", "new==1.0"], ["reinstall", "one==1.0"]],
        "one remove-loser": [["uninstall", "two"], ["reinstall", "one==1.0"]],
    }


def test_who_shared_with_the_removed_one_is_written_again(made: Handmade) -> None:
    made.add("old", {"m.py": "1", "shared.py": "", "gone.py": ""})
    made.add("other", {"shared.py": ""})
    made.add("damaged", {"gone.py": ""})
    (made.site / "gone.py").unlink()
    assert ways(planned(made, Wheel("new", files={"m.py": "2"}), keep=["new"]))["new remove-loser"] == [
        ["uninstall", "old"],
        ["install", "new==1.0"],
        ["reinstall", "other==1.0"],
    ]


def test_file_where_a_folder_is_only_goes_without_one_of_them(made: Handmade) -> None:
    made.add("old", {"x": "1", "m.py": "1"})
    assert ways(planned(made, Wheel("new", files={"x/y": "2", "m.py": "2"}))) == {
        "new remove-loser": [["uninstall", "old"], ["install", "new==1.0"]],
        "old avoid": [],
    }


def test_other_clash_that_stops_the_installation_stops_it_for_everybody(made: Handmade) -> None:
    made.add("old", {"x": "1"})
    made.add("one", {"m.py": "1"})
    found = ways(planned(made, Wheel("new", files={"x/y": "2"}), Wheel("two", files={"m.py": "2"})))
    assert set(found) == {"new remove-loser", "old avoid"}


def test_hidden_module_is_not_found_however_late_it_is_written(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    found = ways(planned(made, Wheel("new", files={"m/__init__.py": "2"})))
    assert set(found) == {"new remove-loser", "old avoid"}


@pytest.mark.parametrize(("old", "new"), [("m.py", "m/x.py"), ("m/x.py", "m.py")])
def test_hidden_namespace_is_not_found_however_late_it_is_written(made: Handmade, old: str, new: str) -> None:
    made.add("old", {old: "1"})
    found = ways(planned(made, Wheel("new", files={new: "2"})))
    assert set(found) == {"new remove-loser", "old avoid"}


def test_refused_wheel_is_not_installed(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    refused = Wheel("refused", files={"m.py": "3", "refused-1.0.data/unknown/x": ""})
    found = ways(planned(made, Wheel("new", files={"m.py": "2"}), refused))
    assert found == {"new remove-loser": [["uninstall", "old"], ["install", "new==1.0"]], "old avoid": []}


def test_those_who_lose_files_together_are_mended_together(made: Handmade) -> None:
    made.add("old", {"a.py": "", "b.py": ""})
    made.add("one", {"a.py": "", "b.py": ""})
    made.add("two", {"b.py": ""})
    found = planned(made, Wheel("old", "2.0"))
    assert ways(found) == {"one+two reinstall-keeper": [["install", "old==2.0"], ["reinstall", "one==1.0", "two==1.0"]]}
    assert found[0].undecided == 0
    assert set(found[0].result.values()) == {"yes"}


def test_those_who_dispute_what_they_lose_are_mended_one_by_one(made: Handmade) -> None:
    made.add("old", {"a.py": "1"})
    made.add("one", {"a.py": "1"})
    made.add("two", {"a.py": "2"})
    found = planned(made, Wheel("old", "2.0"))
    assert [each.keep for each in found] == [("one-1.0.dist-info",), ("two-1.0.dist-info",)]
    assert [each.undecided for each in found] == [1, 1]


def test_nobody_concerned_is_no_remedy(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    made.add("aside", {"aside.py": ""})
    assert planned(made, Wheel("new", files={"m.py": "2"}), keep=["aside"]) == []
    assert planned(made, Wheel("new", files={"n.py": "2"})) == []


def test_result_without_a_step_is_what_there_is(made: Handmade) -> None:
    made.add("old", {"m.py": "1"})
    (avoid,) = [each for each in planned(made, Wheel("new", files={"m.py": "2"})) if each.strategy == "avoid"]
    assert (avoid.steps, avoid.result) == ((), {"old-1.0.dist-info": "yes"})


@pytest.mark.parametrize(
    ("older", "newer", "can_stay"), [("p/x", "p/y", True), ("p/x", "p/x/y", False), ("p/x/y", "p/x", False)]
)
def test_upgrade_is_left_out_only_where_the_older_release_is_not_in_the_way(
    made: Handmade, older: str, newer: str, *, can_stay: bool
) -> None:
    made.add("a", {older: ""})
    found = ways(planned(made, Wheel("a", "2.0", files={"m.py": "1"}), Wheel("b", files={"m.py": "2", newer: ""})))
    assert ("b avoid" in found) == can_stay
    assert {"a avoid", "a reinstall-keeper", "b reinstall-keeper"} <= found.keys()


def test_what_older_releases_are_in_the_way_of_comes_after_them(made: Handmade) -> None:
    """Pip writes ``z`` before it replaces ``a``."""
    made.add("a", {"x": ""})
    wheels = [Wheel("a", "2.0", files={"a.py": ""}), Wheel("z", files={"x/y.py": ""})]
    (remedy,) = planned(made, *wheels, installer="pip")
    assert remedy.strategy == "reinstall-keeper"
    assert [step.ids for step in remedy.steps] == [("a-2.0-py3-none-any.whl",), ("z-1.0-py3-none-any.whl",)]
    assert planned(made, *wheels) == []
