"""The search path: which of several copies an import finds, by asking a real Python too."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command
from tests.support.installed import Handmade
from wheelclash import find_environment
from wheelclash.environment.paths import hidden_by

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="the environments are those of POSIX")

OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"


def two_folders(folder: Path) -> tuple[Handmade, Handmade]:
    """Two folders of packages: two copies of ``one``, and ``m`` of different distributions."""
    first, second = (Handmade(folder, folder / name) for name in ("first", "second"))
    first.add("one", {"one.py": "HERE = 'first'"}, version="1.0")
    first.add("mine", {"m/__init__.py": "HERE = 'first'", "space/a.py": ""})
    second.add("one", {"one.py": "HERE = 'second'"}, version="2.0")
    second.add("theirs", {"m.py": "HERE = 'second'", "space/b.py": "", "alone.py": ""})
    return first, second


def imported(python: str, name: str, **environ: str) -> str:
    """What a real Python finds."""
    code = f"import {name}; print({name}.HERE)"
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **environ}
    )
    return done.stdout.strip()


def test_the_first_folder_wins_as_python_has_it(tmp_path: Path) -> None:
    """Of modules and regular packages; folders of a namespace hide nothing, and a copy is told once."""
    first, second = two_folders(tmp_path)
    path = os.pathsep.join([str(first.site), str(second.site)])
    assert [imported(sys.executable, name, PYTHONPATH=path) for name in ("one", "m")] == ["first", "first"]
    found = hidden_by([str(first.site), str(second.site)])
    assert [(each.what, each.name, each.owners, each.by_owners) for each in found] == [
        ("distribution", "one", ("2.0",), ("1.0",)),
        ("import", "m", ("theirs",), ("mine",)),
    ]
    turned = hidden_by([str(second.site), str(first.site)])
    assert [(each.name, each.owners) for each in turned] == [("one", ("1.0",)), ("m", ("mine",))]


def test_namespaces_are_looked_into_as_python_has_it(tmp_path: Path) -> None:
    """Modules of one namespace hide each other; a regular package hides the namespace, even in an earlier folder."""
    first, second = (Handmade(tmp_path, tmp_path / name) for name in ("first", "second"))
    here = {"ns/m.py": "first", "ns/deep/x.py": "first", "ns/own.py": "first", "late/a.py": "first"}
    there = {"ns/m.py": "second", "ns/deep/x/__init__.py": "second", "late/__init__.py": "second", "ns/b.py": "second"}
    first.add("mine", {path: f"HERE = {name!r}" for path, name in here.items()})
    second.add("theirs", {path: f"HERE = {name!r}" for path, name in there.items()})
    path = os.pathsep.join([str(first.site), str(second.site)])
    names = ("ns.m", "ns.deep.x", "ns.b", "late")
    statements = "; ".join(f"import {name}; print({name}.HERE)" for name in names)
    line = [sys.executable, "-c", statements]
    done = subprocess.run(line, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    assert done.stdout.split() == ["first", "first", "second", "second"]
    found = hidden_by([str(first.site), str(second.site)])
    assert [(each.name, each.owners, each.by_owners) for each in found] == [
        ("late", ("mine",), ("theirs",)),
        ("ns.deep.x", ("theirs",), ("mine",)),
        ("ns.m", ("theirs",), ("mine",)),
    ]


def test_several_paths_are_one_environment_in_their_order(tmp_path: Path) -> None:
    first, second = two_folders(tmp_path)
    (tmp_path / "home").mkdir()
    ask = Command(tmp_path / "home")
    both = ("--path", str(first.site), "--path", str(second.site))
    ran = ask("env", *both, "--format", "json")
    assert ran.code == 0
    assert {each["name"]: each["version"] for each in ran.json["distributions"]} == {
        "mine": "1.0", "one": "1.0", "theirs": "1.0",
    }  # fmt: skip
    assert [(each["requirement"], each["code"]) for each in ran.json["not_compared"]] == [("one", "hidden")]
    assert [each["name"] for each in ran.json["environment"]["hidden"]] == ["one", "m"]
    text = ask("env", *both).out
    assert f"find m of mine in {first.site}, not that of theirs in {second.site}" in text
    assert f"find one 1.0, not 2.0  (in {first.site} before {second.site})" in text
    assert find_environment(path=[first.site, second.site]).options == both
    assert ask("env", "--path", str(first.site), "--path", str(tmp_path / "nowhere")).code == 2


@posix
def test_what_a_real_environment_imports_from_is_told(tmp_path: Path) -> None:
    """``PYTHONPATH`` before the environment, the system's packages behind it, where they count."""
    first, second = two_folders(tmp_path)
    base = Handmade(tmp_path / "venv", tmp_path / "venv" / "lib" / OWN / "site-packages")
    for options in ([], ["--system-site-packages"]):
        line = [sys.executable, "-m", "venv", "--clear", "--without-pip", *options, str(base.prefix)]
        subprocess.run(line, check=True)
        base.add("one", {"one.py": "HERE = 'venv'"}, version="3.0")
        base.add("pip", {"pip/__init__.py": "HERE = 'venv'"}, version="0.1")
        python = base.prefix / "bin" / "python"
        environ = {"PYTHONPATH": str(second.site), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        places = find_environment(python, environ=environ).places
        assert places.search[:2] == (str(second.site), str(base.site))
        assert bool(places.search[2:]) == bool(options)
        assert places.sites == (str(base.site),)
        told = {each.name: (each.owners, each.by_owners) for each in hidden_by(places.search)}
        assert told["one"] == (("3.0",), ("2.0",))
        assert imported(str(python), "one", PYTHONPATH=str(second.site)) == "second"
    del first


@posix
def test_the_users_own_folder_counts_where_the_systems_do(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(venv)], check=True)
    user = tmp_path / ".local" / "lib" / OWN / "site-packages"
    Handmade(tmp_path, user).add("one", {"one.py": ""})
    code = "import sys; print([path for path in sys.path if path.endswith('-packages')])"
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    for more in ({}, {"PYTHONNOUSERSITE": "1"}):
        run = [str(venv / "bin" / "python"), "-c", code]
        done = subprocess.run(run, capture_output=True, text=True, check=True, env=environ | more)
        known = os.environ.copy()
        os.environ["HOME"] = str(tmp_path)
        try:
            places = find_environment(venv / "bin" / "python", environ=environ | more).places
        finally:
            os.environ.clear()
            os.environ.update(known)
        assert str([*places.search]) == done.stdout.strip()
