"""The library in other hands: how its values are shown, in a terminal and in a notebook, and its asynchronous twins."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

import wheelclash
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash.environment.scan import scan
from wheelclash.report.build import build_who_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wheelclash import Environment, Report

LONGEST = 300


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report with many files."""
    folder = tmp_path_factory.mktemp("wheels")
    wheels = [Wheel(name, files={f"m{n}.py": name for n in range(50)}).write(folder) for name in ("left", "right")]
    return wheelclash.check(wheels, target=LINUX, use_config=False)


@pytest.fixture(scope="module")
def environment() -> Environment:
    """The one that runs the tests."""
    return wheelclash.find_environment(sys.executable)


def test_reports_and_targets_are_shown_in_one_line(report: Report, environment: Environment) -> None:
    """A terminal is not flooded by what it shows of a value."""
    values: list[object] = [
        report, LINUX, environment.interpreter, scan(environment.places, environment.target),
        wheelclash.check_environment(environment), wheelclash.plan_repair(environment),
        build_who_report(["x"], [], names={}, searched=1, target=LINUX, python=None, skipped=[]),
    ]  # fmt: skip
    for value in values:
        assert "\n" not in repr(value)
        assert len(repr(value)) <= LONGEST
        assert repr(value).startswith(f"<{type(value).__name__}: ")
    assert repr(report) == "<Report: left 1.0 and right 1.0 clash: 50 errors [CPython 3.12.0, linux]>"
    assert repr(LINUX) == "<Target: CPython 3.12.0, linux>"


def test_a_report_is_also_a_dict(report: Report) -> None:
    """The very dict that its JSON is parsed to."""
    assert report.to_dict() == json.loads(report.to_json())
    assert type(report.to_dict()["overlaps"][0]) is dict


def test_a_notebook_shows_the_text_and_obeys_nothing_in_it() -> None:
    from tests.support.values import report_of

    hostile = {"<script>alert(1)</script>.py": "1"}
    shown = report_of(Wheel("a", files=dict(hostile)), Wheel("b", files=dict.fromkeys(hostile, "2")))._repr_html_()
    assert shown.startswith("<pre>a 1.0 and b 1.0 clash")
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("given", [sys.executable, sys.prefix], ids=["interpreter", "folder"])
@pytest.mark.parametrize("option", ["into", "interpreter"])
def test_an_environment_is_named_by_path_as_on_the_command_line(tmp_path: Path, option: str, given: str) -> None:
    wheels = [Wheel(name, files={"m.py": name}).write(tmp_path) for name in ("left", "right")]
    options: Any = {option: given}
    report = wheelclash.check(wheels, use_config=False, **options)
    assert [target.python for target in report.targets] == [sys.executable]
    assert (report.into is not None) == (option == "into")


@pytest.mark.parametrize(
    ("function", "twin"),
    [
        (wheelclash.check_environment, wheelclash.check_environment_async),
        (wheelclash.plan_repair, wheelclash.plan_repair_async),
    ],
    ids=["examine", "fix"],
)
def test_questions_about_an_environment_have_asynchronous_twins(
    function: Callable[..., Any], twin: Callable[..., Any], environment: Environment, tmp_path: Path
) -> None:
    """The same report, while the loop goes on; one session serves them and the other twins."""
    wheels = [Wheel(name, files={"m.py": name}).write(tmp_path) for name in ("left", "right")]

    async def ask() -> tuple[Any, int]:
        with wheelclash.Session(cache_dir=None) as session:
            await session.check_async(wheels, target=LINUX, use_config=False)
            asked = asyncio.create_task(twin(environment, session=session, use_config=False))
            turns = 0
            while not asked.done():
                turns += 1
                await asyncio.sleep(0)
            return await asked, turns

    report, turns = asyncio.run(ask())
    expected = function(environment, use_config=False)
    assert report.to_dict() | {"reading": None} == expected.to_dict() | {"reading": None}
    assert turns > 1


def test_an_asynchronous_twin_raises_what_the_other_does(environment: Environment) -> None:
    with pytest.raises(wheelclash.QuestionError, match="is installed"):
        asyncio.run(wheelclash.check_environment_async(environment, keep=["no-such-distribution"]))
