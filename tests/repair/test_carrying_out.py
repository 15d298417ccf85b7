"""What mending decides before it runs anything: whose installer, with which variables, and what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.command import ROOT, Command
from tests.support.installed import Handmade
from wheelclash import IndexOptions, find_environment, plan_repair
from wheelclash.environment.locate import installer_for
from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.index.configured import configured, diverting
from wheelclash.index.settings import IndexSettings
from wheelclash.installers import PIP, UV, Installer
from wheelclash.repairs import refuse, run, variables
from wheelclash.report.view import CommandOutcome
from wheelclash.target.interpreter import running

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path / "venv")


def folder_with(place: Path, *programs: str) -> dict[str, str]:
    """A PATH on which just these are."""
    place.mkdir()
    for name in programs:
        (place / name).write_text("#!/bin/sh\n")
        (place / name).chmod(0o755)
    return {"PATH": str(place)}


@pytest.mark.parametrize(
    ("by", "programs", "has_pip", "expected"),
    [
        (["uv", "uv", "pip"], ["pip", "uv"], True, "uv"),
        (["pip", "pip", "uv"], ["pip", "uv"], False, "pip"),
        (["poetry"], ["pip", "uv"], True, "pip"),
        ([None], ["pip", "uv"], True, "pip"),
        (["uv", "pip"], ["pip", "uv"], True, "pip"),
        (["uv", "pip"], ["pip", "uv"], False, "uv"),
        (["poetry"], ["pip", "uv"], False, "uv"),
        (["uv", "pip"], ["pip", "uv"], None, "uv"),
    ],
)
def test_the_environments_own_installer(
    made: Handmade, tmp_path: Path, *, by: list[str | None], programs: list[str], has_pip: bool | None, expected: str
) -> None:
    for number, installer in enumerate(by):
        made.add(f"d{number}", {f"d{number}.py": ""}, installer=installer)
    interpreter = None if has_pip is None else running()._replace(has_pip=has_pip)
    environ = folder_with(tmp_path / "programs", *programs)
    assert installer_for(made.scan().distributions, interpreter, environ) == expected


def test_externally_managed_is_refused_with_the_reason(made: Handmade) -> None:
    made.add("one", {"one.py": ""})
    with pytest.raises(QuestionError, match=r"externally managed.*PEP 668"):
        refuse(made.scan(), running()._replace(externally_managed=True))
    refuse(made.scan(), running()._replace(externally_managed=False))


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_what_cannot_be_written_to_is_refused(made: Handmade) -> None:
    made.add("one", {"one.py": ""})
    found = made.scan()
    made.site.chmod(0o555)
    try:
        with pytest.raises(QuestionError, match="cannot be written to"):
            refuse(found, running()._replace(externally_managed=False))
    finally:
        made.site.chmod(0o755)


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() == 0, reason="root may write anywhere")
def test_a_folder_of_a_package_that_cannot_be_written_to_is_refused(made: Handmade) -> None:
    """It is root's, since somebody once installed with sudo; uv stops there with half of the files gone."""
    made.add("one", {"p/one.py": ""})
    made.add("two", {"q/two.py": ""})
    found = made.scan()
    (made.site / "p").chmod(0o555)
    one, two = found.distributions
    try:
        refuse(found, running()._replace(externally_managed=False), {two.id})
        with pytest.raises(QuestionError, match="p cannot be written to"):
            refuse(found, running()._replace(externally_managed=False), {one.id, two.id})
    finally:
        (made.site / "p").chmod(0o755)


def test_a_folder_without_an_interpreter_cannot_be_mended(made: Handmade) -> None:
    made.add("one", {"one.py": ""})
    with pytest.raises(QuestionError, match="interpreter"):
        plan_repair(find_environment(prefix=made.prefix))


def settings(kind: str) -> IndexSettings:
    named = IndexSettings(
        kind="flags",
        source="flags",
        index_url="https://index.example/simple",
        extra_index_urls=("https://more.example/simple",),
        find_links=("file:///wheels",),
        strategy="merge",
        cert="/ca.pem",
        flags=IndexOptions(),
    )
    return replace(named, kind=kind)  # type: ignore[arg-type]  # one of its kinds


CONFIGURED = {"PIP_INDEX_URL": "https://other.example", "UV_DEFAULT_INDEX": "https://other.example", "HOME": "/home"}


def told_to(
    installer: Installer, kind: str, environ: Mapping[str, str], credentials: Credentials | None = None
) -> dict[str, str]:
    """The variables that an installer is run with."""
    configuration = configured(installer, environ, prefix=ROOT, cwd=ROOT)
    return variables(environ, installer, settings(kind), credentials or Credentials(), configuration=configuration)


@pytest.mark.parametrize("kind", ["flags", "pip"])
def test_uv_is_told_of_another_block_and_of_nothing_else(kind: str) -> None:
    credentials = Credentials()
    credentials.take("https://user:p%40ss@index.example/simple")
    told = told_to(UV, kind, {**CONFIGURED, "UV_INDEX": "x"}, credentials)
    assert told["UV_DEFAULT_INDEX"] == "https://user:p%40ss@index.example/simple"
    assert told["UV_INDEX"] == "https://more.example/simple"
    assert told["UV_FIND_LINKS"] == "file:///wheels"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert told["SSL_CERT_FILE"] == "/ca.pem"
    assert told["UV_NO_CONFIG"] == "1"
    assert told["HOME"] == "/home"


@pytest.mark.parametrize("kind", ["flags", "uv", "pip", "default"])
def test_pip_is_told_of_another_block_and_of_nothing_else(kind: str) -> None:
    given = {**CONFIGURED, "PIP_EXTRA_INDEX_URL": "x", "PIP_CONFIG_FILE": "/etc/pip.conf", "PIP_NO_INDEX": "1"}
    told = told_to(PIP, kind, given)
    assert told["PIP_INDEX_URL"] == "https://index.example/simple"
    assert told["PIP_EXTRA_INDEX_URL"] == "https://more.example/simple"
    assert told["PIP_FIND_LINKS"] == "file:///wheels"
    assert told["PIP_CERT"] == "/ca.pem"
    assert told["PIP_CONFIG_FILE"] == os.devnull
    assert "PIP_NO_INDEX" not in told


@pytest.mark.parametrize("kind", ["flags", "default"])
@pytest.mark.parametrize("installer", [PIP, UV], ids=["pip", "uv"])
def test_no_variable_has_the_installer_do_something_else(installer: Installer, kind: str) -> None:
    """The environment that was scanned is the one that is repaired, from the wheels that were found."""
    names = {installer.variable(setting) for setting in (*installer.diverting_settings, "unheard-of", "config-file")}
    told = told_to(installer, kind, {**CONFIGURED, **dict.fromkeys(names, "1"), "pip_user": "1"})
    assert not names & {*told} - {"PIP_CONFIG_FILE"}
    assert "pip_user" not in told or installer is UV


@pytest.mark.parametrize(
    ("installer", "text", "kept"),
    [
        (
            PIP,
            "[global]\ntimeout = 7\ncache-dir = /c\ntrusted-host = a\n b\nproxy = p\n[install]\ntimeout = 8\n",
            {"PIP_TIMEOUT": "8", "PIP_CACHE_DIR": "/c", "PIP_TRUSTED_HOST": "a\nb", "PIP_PROXY": "p"},
        ),
        (
            UV,
            'cache-dir = "/c"\nhttps-proxy = "p"\nallow-insecure-host = ["a", "b"]\n[pip]\nlink-mode = "copy"\n',
            {"UV_CACHE_DIR": "/c", "HTTPS_PROXY": "p", "UV_INSECURE_HOST": "a b", "UV_LINK_MODE": "copy"},
        ),
    ],
    ids=["pip", "uv"],
)
def test_how_servers_are_reached_is_kept(
    tmp_path: Path, installer: Installer, text: str, kept: dict[str, str | None]
) -> None:
    (tmp_path / "settings").write_text(text)
    given = {f"{installer.name.upper()}_CONFIG_FILE": str(tmp_path / "settings")}
    told = told_to(installer, "flags", given)
    assert {name: told.get(name) for name in kept} == kept
    cached = installer.variable("cache-dir")
    assert told_to(installer, "flags", {**given, cached: "/d"})[cached] == "/d"


@pytest.mark.parametrize("installer", [PIP, UV], ids=["pip", "uv"])
def test_what_would_divert_a_command_is_named(installer: Installer) -> None:
    given = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_TARGET": "/t",
        "PIP_USER": "no",
        "PIP_NO_BINARY": ":none:",
        "PIP_TIMEOUT": "3",
    }
    given |= {"UV_NO_CONFIG": "1", "UV_TARGET": "/t", "UV_NO_BINARY": "0", "UV_CACHE_DIR": "/c"}
    assert diverting(installer, configured(installer, given, prefix=ROOT, cwd=ROOT)) == ["target"]


def test_commands_run_up_to_the_first_that_fails(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def line(code: int) -> list[str]:
        text = f"import sys; open({str(log)!r}, 'a').write('{code}'); sys.exit({code})"
        return [sys.executable, "-c", text]

    done = run([line(0), line(3), line(0)], PIP, os.environ, subprocess.DEVNULL)
    assert done == [CommandOutcome(0), CommandOutcome(3), CommandOutcome()]
    assert [each.failed for each in done] == [False, True, False]
    assert log.read_text() == "03"


def test_a_command_that_cannot_be_run_is_an_outcome(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    first, second = run([[gone, "x"], [gone]], UV, os.environ, subprocess.DEVNULL)
    assert first.failed
    assert "cannot be run" in first.reason
    assert second == CommandOutcome()


_SLOW = """
import pathlib, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
pathlib.Path(sys.argv[1], "begun").touch()
time.sleep(1)
pathlib.Path(sys.argv[1], "ended").touch()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to a group of processes")
def test_an_interrupt_waits_for_the_installer(tmp_path: Path) -> None:
    """One that is killed halfway rolls nothing back."""
    command = [sys.executable, "-c", _SLOW, str(tmp_path)]
    ours = (
        "import os, signal, sys; from wheelclash.installers import PIP;"
        " from wheelclash.repairs import run;"
        " signal.signal(signal.SIGINT, signal.default_int_handler);"
        f" run([{command!r}], PIP, os.environ, 2)"
    )
    process = subprocess.Popen([sys.executable, "-c", ours], start_new_session=True, stderr=subprocess.PIPE)
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert b"KeyboardInterrupt" in complaint
    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--prefix", "x"], "is no option of wheelclash fix"),
        (["--python", "nowhere/python"], "There is no"),
        (["--ignore", "one"], "not of the form"),
        (["--index-url", "gopher://x"], "no URL that can be asked"),
        (["--apply", "--installer", "conda"], "invalid choice"),
    ],
)
def test_words_that_make_no_sense(tmp_path: Path, words: list[str], told: str) -> None:
    (tmp_path / "home").mkdir()
    ran = Command(tmp_path / "home")("fix", *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


_CARRIES_OUT = """
import os, sys
from wheelclash.cli import _end_on_signals
from wheelclash.installers import PIP
from wheelclash.repairs import run
_end_on_signals()
run([["pip", "install", "x"]], PIP, dict(os.environ), -3)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_installer_is_interrupted_and_waited_for_when_the_command_is_told_to_end(tmp_path: Path) -> None:
    """An interrupted pip puts back what it replaced; one that is left or killed does not."""
    pip = tmp_path / "pip"
    pip.write_text(
        f"#!{sys.executable}\nimport time\nopen({str(tmp_path / 'begun')!r}, 'w').close()\n"
        f"try:\n    time.sleep(300)\nexcept KeyboardInterrupt:\n    open({str(tmp_path / 'undone')!r}, 'w').close()\n"
    )
    pip.chmod(0o755)
    environ = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    process = subprocess.Popen([sys.executable, "-c", start + _CARRIES_OUT], env=environ, stderr=subprocess.PIPE)
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (143, b"")
    assert (tmp_path / "undone").exists()
