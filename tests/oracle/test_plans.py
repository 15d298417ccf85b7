"""Remedies as they are printed, carried out by real pip and real uv, from the request to the keeper."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions, Session
from wheelclash.target.interpreter import ask

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.environments import Environment, Environments, InstallerName
    from wheelclash.report.model import RemedyReport, Report

pytestmark = pytest.mark.oracle


def _module(name: str, text: str, *requires: str) -> Wheel:
    """A wheel with a module of its own, and ``shared.py`` that others write too."""
    return Wheel(name, files={"shared.py": text, f"{name}.py": text}, requires=list(requires))


_APP = Wheel("app", files={"app.py": ""}, requires=["libcu ; extra == 'cu'"], metadata=["Provides-Extra: cu"])


@dataclass(frozen=True)
class Request:
    """What is asked for, and which distribution is to be kept.

    Attributes:
        wheels: All that the index has.
        asked: Requirements.
        keep: Name of the keeper.
        also: Names of what must be installed after ``avoid`` and ``reinstall-keeper``.
        listed: Lines of a file of requirements, instead of ``asked``.
        deps: As for :func:`wheelclash.check`.
    """

    wheels: tuple[Wheel, ...]
    asked: tuple[str, ...]
    keep: str
    also: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    deps: bool | None = field(default=None)


REQUESTS = {
    "what only an extra brings": Request(
        (_APP, _module("libcu", "1"), _module("other", "2")), ("app[cu]", "other"), "libcu", ("app", "libcu"), deps=True
    ),
    "a loser that is all that was asked for": Request(
        (_module("app", "1", "dep"), _module("dep", "2")), ("app",), "dep", ("dep",)
    ),
    "the one of two in a circle that is written first": Request(
        (_module("aa", "1", "bb"), _module("bb", "2", "aa")), ("aa", "bb"), "bb", ("bb",)
    ),
    "the one of two in a circle that is written last": Request(
        (_module("aa", "1", "bb"), _module("bb", "2", "aa")), ("aa", "bb"), "aa", ("aa",)
    ),
    "a file of requirements": Request(
        (_module("one", "1"), _module("two", "2"), Wheel("aside", files={"aside.py": ""}, requires=["under"]),
         Wheel("under", files={"under.py": ""})), (), "one", ("one", "aside", "under"), ("one", "two==1.0", "aside")
    ),
    "a file of requirements without their dependencies": Request(
        (_module("one", "1", "gone"), _module("two", "2")), (), "one", ("one",), ("one==1.0", "two==1.0"), deps=False
    ),
    "a hidden module": Request(
        (Wheel("one", files={"shared.py": "1"}), Wheel("two", files={"shared/__init__.py": "2"})),
        ("one", "two"), "one",
    ),
}  # fmt: skip


@dataclass
class Place:
    """A folder that is the index, and the current folder of the commands."""

    environments: Environments
    installer: RealInstaller
    folder: Path

    def report(self, request: Request, environment: Environment) -> Report:
        for wheel in request.wheels:
            wheel.write(self.folder / "wheels")
        if request.listed:
            (self.folder / "listed.txt").write_text("\n".join(request.listed), encoding="utf-8")
        with Session(cache_dir=None) as session:
            return session.check(
                list(request.asked),
                interpreter=ask(environment.python, {}),
                files=[str(self.folder / "listed.txt")] if request.listed else [],
                deps=request.deps,
                keep=[request.keep],
                installer=self.installer.name,
                index=IndexOptions(find_links=(str(self.folder / "wheels"),), no_index=True),
                use_config=False,
                environ={"PATH": os.environ.get("PATH", os.defpath)},
            )

    def run(self, remedy: RemedyReport, request: Request, template: Environment) -> Environment:
        """The environment after the steps; of ``remove-loser``, one in which the whole set was installed."""
        environment = self.environments.new()
        if remedy.strategy == "remove-loser":
            asked = ["-r", str(self.folder / "listed.txt")] if request.listed else list(request.asked)
            self.installer.install(environment, asked, *(["--no-deps"] if request.deps is False else [])).expect()
        for step in remedy.steps:
            command = [each.replace(str(template.prefix), str(environment.prefix)) for each in step.command]
            self.installer.run_printed(environment, command).expect()
        return environment


@pytest.fixture(params=INSTALLER_NAMES)
def place(request: pytest.FixtureRequest, environments: Environments, tmp_path: Path) -> Place:
    name: InstallerName = request.param
    return Place(environments, RealInstaller(name, tmp_path / "cache", tmp_path / "wheels"), tmp_path)


def _content(environment: Environment, path: str) -> str | None:
    place = environment.prefix / environment.real_path("site-packages", path)
    return place.read_text() if place.exists() else None


@pytest.mark.thorough
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_printed_steps_run_and_keep(place: Place, request_: Request) -> None:
    """Every command succeeds; in the end every file of the keeper is its own, and what was asked for is there."""
    template = place.environments.new()
    report = place.report(request_, template)
    assert report.remedies
    own = next(wheel for wheel in request_.wheels if wheel.name == request_.keep).files
    for remedy in report.remedies:
        assert remedy.steps
        end = place.run(remedy, request_, template)
        assert {path: _content(end, path) for path in own} == own, remedy
        if remedy.strategy != "remove-loser":
            assert all(_content(end, f"{name}.py") is not None for name in request_.also), remedy
        if _content(end, "shared/__init__.py") is not None:
            pytest.fail(f"the keeper's module is hidden after {remedy}")


@pytest.mark.parametrize("keep", ["aa", "bb"])
def test_nothing_is_printed_that_the_installer_would_refuse(place: Place, keep: str) -> None:
    """A file where another needs a folder: no keeper helps, however little it has to do with them."""
    wheels = (_module("aa", "1"), _module("bb", "2"), Wheel("cc", files={"x": ""}), Wheel("dd", files={"x/y.py": ""}))
    asked = tuple(wheel.name for wheel in wheels)
    environment = place.environments.new()
    report = place.report(Request(wheels, asked, keep), environment)
    assert report.remedies == ()
    assert not place.installer.install(environment, list(asked)).ok
