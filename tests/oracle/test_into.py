"""What is said of an install into an environment, done by real pip and real uv; and the remedies, really run."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from tests.oracle.agreement import is_intact, may_be_told
from tests.oracle.cases import is_generated
from tests.oracle.model import installer_named
from tests.support.command import HERE
from tests.support.environments import INSTALLER_NAMES, Environment, RealInstaller
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions, Session
from wheelclash.core.installer import Invocation
from wheelclash.target.interpreter import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.environments import Environments, InstallerName
    from wheelclash.report.model import RemedyReport, Report

pytestmark = pytest.mark.oracle

Disk = dict[str, bytes]


def _wheel(name: str, version: str = "1.0", *requires: str, command: str = "", **files: str) -> Wheel:
    """A wheel with modules of these names in ``p/``, and one of its own."""
    modules: dict[str, bytes | str] = {f"p/{each}.py": text for each, text in files.items()}
    scripts = {"tool": command} if command else {}
    return Wheel(name, version, {**modules, f"{name}.py": version}, scripts, requires=list(requires))


def _by_other_ways(name: str, text: str) -> Wheel:
    """A wheel that writes scripts, commands, data, headers and modules by all the other ways."""
    data = f"{name}-1.0.data"
    files: dict[str, bytes | str] = {
        f"{data}/scripts/same": "#!python\nprint()\n",
        f"{data}/scripts/other": f"#!python\n{text}",
        f"{data}/data/share/x": text,
        f"{data}/data/bin/y": text,
        f"{data}/purelib/z.py": text,
        f"{data}/headers/h.h": text,
        "n/__init__.py": "",
        "p/m.py": text,
        "p/same.py": "",
    }
    return Wheel(name, files=files, scripts={"alike": "both:run", "tool": f"{name}:run"})


@dataclass(frozen=True)
class Story:
    """What is installed, one after the other; and what is then asked for in one command.

    Attributes:
        residents: Installed, in that order.
        asked: Asked about, and installed.
        gone: Files that somebody deleted in between.
    """

    residents: tuple[Wheel, ...]
    asked: tuple[Wheel, ...]
    gone: tuple[str, ...] = field(default=())


STORIES = {
    "one over another": Story((_by_other_ways("one", "1"),), (_by_other_ways("two", "2"),)),
    "over two that clashed before": Story(
        (_wheel("one", m="1", n="1", o=""), _wheel("two", m="2", n="2", o="")), (_wheel("new", m="3", o=""),)
    ),
    "an upgrade that drops a shared file": Story(
        (_wheel("one", m="s", n="s"), _wheel("two", m="s", n="s"), _wheel("three", n="s")),
        (_wheel("one", "2.0", m="s"),),
    ),
    "an upgrade that drops a file and changes another": Story(
        (_wheel("one", m="s", n="s", command="one:run"), _wheel("two", m="s", n="s", command="one:run")),
        (_wheel("one", "2.0", m="t"),),
    ),
    "a file that moves, both upgraded": Story(
        (_wheel("aa", moved="s"), _wheel("bb", m="")), (_wheel("aa", "2.0"), _wheel("bb", "2.0", m="", moved="s"))
    ),
    "a file that moves, the other way": Story(
        (_wheel("bb", moved="s"), _wheel("aa", m="")), (_wheel("bb", "2.0"), _wheel("aa", "2.0", m="", moved="s"))
    ),
    "a file that moves to somebody new": Story(
        (_wheel("aa", moved="s"), _wheel("cc", moved="s")), (_wheel("aa", "2.0"), _wheel("bb", moved="t"))
    ),
    "newcomers that clash": Story((_wheel("one", m="1"),), (_wheel("two", m="2"), _wheel("three", m="3"))),
    "newcomers in an order": Story(
        (_wheel("one", m="1"), _wheel("base", "1.0")),
        (_wheel("two", "1.0", "three", m="2"), _wheel("three", "1.0", "base", m="3")),
    ),
    "what was damaged before": Story(
        (_wheel("one", m="1", n="1"), _wheel("two", k="1")), (_wheel("new", n="2", k="2"),), ("p/k.py",)
    ),
}


@dataclass
class Place:
    """A story, a real installer, and environments.

    Attributes:
        environments: Makes them.
        installer: Real; the wheels of the story are its index.
        story: What happens.
    """

    environments: Environments
    installer: RealInstaller
    story: Story
    _alone: dict[str, Disk] = field(default_factory=dict)
    _after: dict[tuple[tuple[str, ...], ...], Environment] = field(default_factory=dict)

    @cached_property
    def report(self) -> Report:
        return self.ask(self.after())

    @property
    def wheels(self) -> Path:
        assert self.installer.find_links is not None
        return self.installer.find_links

    def lived_in(self) -> Environment:
        """An environment where the residents are installed, each by a command of its own."""
        environment = self.environments.new()
        for wheel in self.story.residents:
            self.installer.install(environment, [_pin(wheel)], "--no-deps").expect()
        for path in self.story.gone:
            (environment.prefix / environment.real_path("site-packages", path)).unlink()
        return environment

    @property
    def command(self) -> tuple[str, ...]:
        """The command that is asked about."""
        where = Invocation(str(self.after().python), has_pip=False, index_options=self._index)
        return installer_named(self.installer.name).install([_pin(each) for each in self.story.asked], where)

    @property
    def _index(self) -> tuple[str, ...]:
        return ("--find-links", str(self.wheels), "--no-index")

    def after(self, *commands: tuple[str, ...]) -> Environment:
        """The environment where these were run, one after the other; each beginning is run once.

        Args:
            *commands: As printed, or none for the environment with the residents.
        """
        if commands not in self._after:
            if not commands:
                self._after[commands] = self.lived_in()
            else:
                first, before = self.after(), self.after(*commands[:-1])
                found = self._after[commands] = self.copy(before)
                command = [each.replace(str(first.prefix), str(found.prefix)) for each in commands[-1]]
                assert str(found.python) in command
                self.installer.run_printed(found, command).expect()
        return self._after[commands]

    def copy(self, environment: Environment) -> Environment:
        """Another environment like it."""
        found = self.environments.new()
        shutil.rmtree(found.prefix)
        shutil.copytree(environment.prefix, found.prefix, symlinks=True)
        return found

    def ask(self, environment: Environment, *keep: str) -> Report:
        with Session(cache_dir=None) as session:
            return session.check(
                [_pin(each) for each in self.story.asked],
                into=ask(environment.python, {}),
                keep=keep,
                installer=self.installer.name,
                index=IndexOptions(find_links=(str(self.wheels),), no_index=True),
                use_config=False,
                environ={},
            )

    def files(self, environment: Environment) -> Disk:
        """What was installed there, whichever environment wrote it; no generated metadata, no bytecode."""
        places = re.escape(str(self.environments.folder).encode()) + rb"/venv\d{4}"
        return {
            path: re.sub(places, b"<prefix>", content)
            for path, content in environment.snapshot().items()
            if not is_generated(path)
            and ".dist-info/" not in path
            and not path.startswith("bin/activate")
            and path != "pyvenv.cfg"
        }

    def alone(self) -> Mapping[str, Disk]:
        """What each one that is there in the end writes where nothing is, by name."""
        if not self._alone:
            for name, wheel in {each.name: each for each in (*self.story.residents, *self.story.asked)}.items():
                environment = self.environments.new()
                self.installer.install(environment, [_pin(wheel)], "--no-deps").expect()
                self._alone[name] = self.files(environment)
        return self._alone


@pytest.fixture(scope="module", params=[(name, story) for name in INSTALLER_NAMES for story in STORIES], ids=" ".join)
def place(
    request: pytest.FixtureRequest, environments: Environments, tmp_path_factory: pytest.TempPathFactory
) -> Place:
    name, story = request.param
    folder = tmp_path_factory.mktemp(f"into-{name}")
    for wheel in (*STORIES[story].residents, *STORIES[story].asked):
        wheel.write(folder / "wheels")
    return Place(environments, RealInstaller(name, folder / "cache", folder / "wheels"), STORIES[story])


def _pin(wheel: Wheel) -> str:
    return f"{wheel.name}=={wheel.version}"


@pytest.mark.thorough
def test_what_is_told_is_what_happens(place: Place) -> None:
    story, environment, report = place.story, place.after(), place.report
    before = place.files(environment)
    assert not report.skipped
    after = place.files(place.after(place.command))
    alone = place.alone()
    told = report.diagnosis[place.installer.name]
    intact = {each.name: each.intact for each in told.distributions}
    assert intact.keys() == alone.keys()
    for name, word in intact.items():
        assert may_be_told(word, intact=is_intact(after, alone[name]), provable=True), (name, word)
    for each in told.overlaps:
        path = environment.real_path(each.root, each.path)
        if each.winner is not None:
            assert after[path] == alone[each.winner][path]
    lost = {(environment.real_path(each.root, each.path), each.distribution): each.state for each in told.lost}
    for (path, name), state in lost.items():
        assert path in alone[name]
        assert path not in after or state == "undetermined"
    assert set(lost) >= set(_really_lost(before, after, alone, story))
    owners = {
        (environment.real_path(each.root, each.path), owner.distribution)
        for each in report.overlaps
        if each.kind != "identical"
        for owner in each.owners
    }
    assert owners >= set(_really_overwritten(before, after, alone, story))
    assert (report.exit_code() == 0) == (not report.summary.errors)


def _really_lost(
    before: Disk, after: Disk, alone: Mapping[str, Mapping[str, bytes]], story: Story
) -> Iterator[tuple[str, str]]:
    asked = {each.name for each in story.asked}
    for name, files in alone.items():
        for path in files:
            if path not in after and (path in before or name in asked):
                yield path, name


def _really_overwritten(
    before: Disk, after: Disk, alone: Mapping[str, Mapping[str, bytes]], story: Story
) -> Iterator[tuple[str, str]]:
    for name in {each.name for each in story.residents} - {each.name for each in story.asked}:
        for path, content in alone[name].items():
            if before.get(path) == content != after.get(path, content):
                yield path, name


@pytest.mark.thorough
def test_remedies_leave_what_they_promise(place: Place) -> None:
    report, alone = place.report, place.alone()
    told = report.diagnosis[place.installer.name]
    matter = [each for each in report.overlaps if place.installer.name in each.installers] + list(told.lost)
    assert bool(report.remedies) == any(each.severity in {"error", "warning"} for each in matter)
    for remedy in report.remedies:
        commands = [tuple(step.command) for step in remedy.steps]
        for number, step in enumerate(remedy.steps, 1):
            disk = place.files(place.after(*commands[:number]))
            for each in step.leaves:
                real = is_intact(disk, alone[each.distribution])
                assert may_be_told(each.intact, intact=real, provable=True), (remedy.strategy, step.command, each)
        _keeps(remedy, place.files(place.after(*commands)), alone)


@pytest.mark.parametrize("name", INSTALLER_NAMES)
def test_an_older_release_of_what_is_left_out_is_removed_where_it_clashes_too(
    environments: Environments, tmp_path: Path, name: InstallerName
) -> None:
    """Without the upgrade of "one", its release before would stay, with a file that "two" writes over."""
    story = Story((_wheel("one", m="1"), _wheel("same", n="s")), (_wheel("one", "2.0", m="1"), _wheel("two", m="2")))
    for wheel in (*story.residents, *story.asked):
        wheel.write(tmp_path / "wheels")
    place = Place(environments, RealInstaller(name, tmp_path / "cache", tmp_path / "wheels"), story)
    remedies = {remedy.strategy: remedy for remedy in place.ask(place.after(), "two").remedies}
    assert list(remedies) == ["reinstall-keeper", "remove-loser"]
    end = place.after(*(tuple(step.command) for step in remedies["remove-loser"].steps))
    files = place.files(end)
    assert {path: files[path] for path in files if path.endswith(".py")} == {
        end.real_path("site-packages", path): content
        for path, content in {"p/m.py": b"2", "p/n.py": b"s", "same.py": b"1.0", "two.py": b"1.0"}.items()
    }


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize(
    ("resident", "newcomer"), [("p/x", "p/x/y.py"), ("p/x/y.py", "p/x")], ids=["file there", "folder there"]
)
def test_file_where_a_folder_is_stops_both(
    environments: Environments, tmp_path: Path, installer: InstallerName, resident: str, newcomer: str
) -> None:
    story = Story((Wheel("one", files={resident: ""}),), (Wheel("two", files={newcomer: ""}),))
    for wheel in (*story.residents, *story.asked):
        wheel.write(tmp_path / "wheels")
    place = Place(environments, RealInstaller(installer, tmp_path / "cache", tmp_path / "wheels"), story)
    assert {each.state for each in place.report.diagnosis[installer].overlaps} == {"fails"}
    stopped = place.copy(place.after())
    assert not place.installer.install(stopped, ["two==1.0"]).ok
    strategies = {(*each.keep, each.strategy) for each in place.report.remedies}
    assert strategies == {("one", "avoid"), ("two", "remove-loser")}
    test_remedies_leave_what_they_promise(place)


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
def test_pip_stops_at_a_link_to_nothing(environments: Environments, tmp_path: Path, installer: InstallerName) -> None:
    """Uv puts the file in the place of the link."""
    story = Story((Wheel("one", files={"one.py": "1"}),), (Wheel("one", "2.0", files={"one.py": "2"}),))
    for wheel in (*story.residents, *story.asked):
        wheel.write(tmp_path / "wheels")
    place = Place(environments, RealInstaller(installer, tmp_path / "cache", tmp_path / "wheels"), story)
    environment = place.lived_in()
    module = environment.prefix / environment.real_path("site-packages", "one.py")
    module.unlink()
    module.symlink_to("nowhere/one.py")
    report = place.ask(environment)
    assert [(each.installer, each.code, each.path) for each in report.refused] == [
        ("pip", "link-to-nothing", "site-packages/one.py")
    ]
    assert place.installer.install(environment, ["one==2.0"]).ok is (installer == "uv")


@pytest.mark.parametrize("installer", INSTALLER_NAMES)
@pytest.mark.parametrize(
    ("older", "newcomer"), [("p/x", "p/x/y.py"), ("p/x/y.py", "p/x")], ids=["file there", "folder there"]
)
@pytest.mark.parametrize("replaced", ["aa", "zz"])
def test_an_older_release_stops_what_pip_writes_before_it_replaces_it(
    environments: Environments, tmp_path: Path, installer: InstallerName, older: str, newcomer: str, replaced: str
) -> None:
    """``zz`` is written before ``aa``; pip removes an older release just before its successor, uv all of them first."""
    other = "zz" if replaced == "aa" else "aa"
    asked = (Wheel(replaced, "2.0", files={"new.py": ""}), Wheel(other, files={newcomer: "", f"{other}.py": ""}))
    story = Story((Wheel(replaced, files={older: ""}),), asked)
    for wheel in (*story.residents, *story.asked):
        wheel.write(tmp_path / "wheels")
    place = Place(environments, RealInstaller(installer, tmp_path / "cache", tmp_path / "wheels"), story)
    told = place.report.diagnosis[installer]
    stopped = place.copy(place.after())
    stops = not place.installer.install(stopped, [_pin(each) for each in asked], "--no-deps").ok
    assert stops is (installer == "pip" and replaced == "aa")
    lost = [(each.distribution, each.because, each.version, each.state, each.code) for each in told.lost]
    assert lost == ([(other, replaced, "1.0", "fails", "in-the-way")] if stops else [])
    after = {each.name: each.intact for each in told.distributions}
    assert set(after.values()) == ({"undetermined"} if stops else {"yes"})
    fails = place.report.diagnosis["pip"].lost != ()
    assert (place.report.exit_code(), fails) == ((1, True) if replaced == "aa" else (0, False))
    if stops:
        assert "cannot be written beside aa 1.0, which is replaced only after it" in place.report.to_text()
        (remedy,) = place.report.remedies
        assert (remedy.strategy, remedy.keep, len(remedy.steps)) == ("reinstall-keeper", (other,), 2)
    for remedy in place.report.remedies:
        commands = [tuple(step.command) for step in remedy.steps]
        disk = place.files(place.after(*commands))
        assert all(is_intact(disk, place.alone()[each.distribution]) for each in remedy.result)


def test_index_is_named_again(environments: Environments, tmp_path: Path) -> None:
    """Over a real index on the loopback, real uv runs what is printed."""
    story = STORIES["an upgrade that drops a shared file"]
    environment = environments.new()
    with LoopbackIndex(tmp_path / "wheels") as index, Session(cache_dir=None) as session:
        index.add(*story.residents, *story.asked)
        uv = RealInstaller("uv", tmp_path / "cache", tmp_path / "wheels")
        for wheel in story.residents:
            uv.install(environment, [_pin(wheel)], "--no-deps").expect()
        session.fetcher.trust_env = False
        report = session.check(
            ["one"],
            into=ask(environment.python, {}),
            index=IndexOptions(index_url=index.simple),
            use_config=False,
            environ={},
        )
        found = [each for each in report.remedies if each.strategy == "reinstall-keeper" and "three" in each.keep]
        for step in found[0].steps:
            assert index.simple in step.command
            program = [find_uv_bin(), *step.command[1:]]
            variables = {**HERE, "UV_NO_CONFIG": "1", "UV_CACHE_DIR": str(tmp_path / "other-cache")}
            done = subprocess.run(program, env=variables, capture_output=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr
    assert (environment.prefix / environment.real_path("site-packages", "p/n.py")).read_text() == "s"


def _keeps(remedy: RemedyReport, disk: Disk, alone: Mapping[str, Mapping[str, bytes]]) -> None:
    result = {each.distribution: each.intact for each in remedy.result}
    for name in remedy.keep:
        assert result[name] == "yes", (remedy.strategy, result)
        assert is_intact(disk, alone[name]), remedy.strategy


def test_pip_leaves_out_of_a_target_folder_what_is_there(environments: Environments, tmp_path: Path) -> None:
    """``pip install --target`` overwrites no top-level folder or file; with ``--upgrade`` it removes each first."""
    environment = environments.new()
    pip, uv = (RealInstaller(name, tmp_path / "cache") for name in INSTALLER_NAMES)
    one, two = (_wheel(name, m=name, **{name: ""}).write(tmp_path) for name in ("one", "two"))

    def modules(installer: RealInstaller, name: str, *options: str) -> tuple[str, list[str]]:
        folder = tmp_path / name
        for wheel in (one, two):
            installer.install(environment, [wheel], "--no-deps", "--target", str(folder), *options).expect()
        return (folder / "p" / "m.py").read_text(), sorted(each.name for each in (folder / "p").glob("*.py"))

    assert modules(pip, "pip") == ("one", ["m.py", "one.py"])
    assert modules(pip, "upgraded", "--upgrade") == ("two", ["m.py", "two.py"])
    assert modules(uv, "uv") == ("two", ["m.py", "one.py", "two.py"])


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("name", INSTALLER_NAMES)
def test_a_wheel_that_is_there_in_that_version(
    environments: Environments,
    tmp_path: Path,
    name: InstallerName,
    elsewhere: bool,  # noqa: FBT001
) -> None:
    """It is left alone by pip, wherever it was installed from; uv writes it if that was elsewhere."""
    environment = environments.new()
    installer = RealInstaller(name, tmp_path / "cache")
    one, two = (_wheel(distribution, m=distribution).write(tmp_path) for distribution in ("one", "two"))
    for wheel in (one, two):
        installer.install(environment, [wheel], "--no-deps").expect()
    if elsewhere:
        one = _wheel("one", m="one").write(tmp_path / "elsewhere")
    with Session(cache_dir=None) as session:
        report = session.check(
            [one], into=ask(environment.python, {}), installer=name, keep=["one"], use_config=False, environ={}
        )
    module = environment.prefix / environment.real_path("site-packages", "p/m.py")
    commands = [remedy.steps[0].command for remedy in report.remedies if len(remedy.steps) == 1]
    if report.newcomers:
        installer.run_verbatim(environment, commands[0]).expect()
        assert module.read_text() == "one"
    else:
        installer.install(environment, [one], "--no-deps").expect()
        assert module.read_text() == "two"
    assert bool(report.newcomers) == (name == "uv" and elsewhere)
    assert any("is there" in warning for warning in report.warnings)
