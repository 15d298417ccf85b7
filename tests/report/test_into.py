"""Reports on an install into an environment: whatever the texts in them, they follow the schema and print safely."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given, settings

from tests.report.poison import hostile_texts, poisoned
from tests.support.installed import Handmade
from tests.support.values import BY_NAME, LINUX, distribution
from tests.support.wheelmaker import Wheel
from wheelclash.accepted import Acceptance, Ignore
from wheelclash.core.diagnosis import diagnose
from wheelclash.core.installer import Invocation
from wheelclash.core.plan import plan_remedies
from wheelclash.environment.paths import places_below
from wheelclash.environment.state import StateReader
from wheelclash.parts import overlaps_of
from wheelclash.report.build import build_report
from wheelclash.report.schema import read_report, schema_text
from wheelclash.report.view import Result, View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelclash.report.model import Report

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))
NEW = (
    Wheel("old", "2.0", files={"old.py": ""}),
    Wheel("new", files={"m.py": "2", "x/y": "", "s/__init__.py": "", "same.py": ""}, scripts={"t": "new:run"}),
)


def into_report(made: Handmade, *wheels: Wheel, ignores: Sequence[Ignore] = ()) -> Report:
    """The report of installing wheels into an environment."""
    places = places_below(made.prefix)
    newcomers = [distribution(each) for each in wheels]
    residents = StateReader(places, LINUX)
    state = residents.state_beside(newcomers)
    coming = {each.id for each in newcomers}
    found = overlaps_of([*newcomers, *state.staying(newcomers)], LINUX)
    overlaps = [each for each in found if coming.intersection(each.ids)]
    diagnoses = [diagnose(each, newcomers, overlaps, LINUX, state=state) for each in BY_NAME.values()]
    taken = diagnoses[1].taken
    found_remedies = plan_remedies(
        BY_NAME["uv"], newcomers, overlaps, LINUX, where=Invocation(), state=state, taken=taken
    ).remedies
    names = [each.name for each in newcomers]
    unowned = list(residents.unowned(newcomers))
    view = View(state, names, newcomers, overlaps, diagnoses, found_remedies, present=["there"], unowned=unowned)
    return build_report(Result([view], [], acceptance=Acceptance(ignores), into=places))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report with something in every place that there is only here."""
    made = Handmade(tmp_path_factory.mktemp("into") / "venv")
    made.add("old", {"shared.py": "", "table.csv": "", "old.py": ""})
    made.add("one", {"shared.py": "", "table.csv": "", "m.py": "1", "s.py": "", "same.py": ""})
    made.add("two", {"m.py": "1", "../../../bin/t": "1"}, metadata=["Requires-Dist: one"])
    return into_report(made, *NEW)


@settings(max_examples=25)
@given(text=hostile_texts)
def test_whatever_the_texts_it_is_valid_and_printable(full: Report, text: str) -> None:
    report = poisoned(full, text)
    VALIDATOR.validate(json.loads(report.to_json()))
    for verbose in (False, True):
        assert all(line.isprintable() for line in report.to_text(verbose=verbose).split("\n"))


def test_it_is_read_back_as_it_was(full: Report) -> None:
    assert read_report(full.to_json()).to_json() == full.to_json()


def test_text_has_everything_on_one_screen(full: Report) -> None:
    lines = full.to_text().splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith(
        "new 1.0 would overwrite 2 files of one 1.0 and two 1.0; new 1.0 and one 1.0 hide modules"
    )
    assert "; replacing old 1.0 takes 2 files from one in " in lines[0]
    assert lines[0].partition(" [")[0].endswith(": 4 errors, 1 warning, 1 notice")
    assert "  warning  site-packages/table.csv  of one goes with old 1.0, which is replaced" in lines


def test_summary_counts_a_lost_file_once(full: Report) -> None:
    assert [len(each.lost) for each in full.diagnosis.values()] == [2, 2]
    assert (full.summary.lost, full.summary.errors, full.summary.warnings) == (2, 4, 1)
    assert full.exit_code() == 1


def test_ignored_losses_are_shown_as_such(tmp_path: Path) -> None:
    made = Handmade(tmp_path / "venv")
    made.add("old", {"shared.py": ""})
    made.add("one", {"shared.py": ""})
    ignore = Ignore.parse("old,one:site-packages/shared.py")
    report = into_report(made, NEW[0], ignores=[ignore])
    assert (report.summary.ignored, report.summary.lost, report.summary.errors, report.exit_code()) == (1, 1, 0, 0)
    assert report.to_text().splitlines()[0].startswith("No clash: old 2.0, now 1.0, (4 files) and 1 distribution in ")
    assert into_report(made, NEW[0]).exit_code() == 1
