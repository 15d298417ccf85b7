"""Sets that somebody resolved before, end to end: locks and reports made by real tools over a loopback index."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import uv as uv_package

from tests.gather.test_gather import CHAINS, CLASH, PYPROJECT, WHEELS, Asker, chains, found, names
from tests.support.command import LINUX as LINUX_OPTIONS
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

UV = uv_package.find_uv_bin()
LOCKED = ("meta", "x-cu12", "x-cu13")
FORMATS = ("uv.lock", "pylock.toml", "report.json", "poetry.lock", "pdm.lock", "pdm-urls.lock")
WITHOUT_URLS = ("poetry.lock", "pdm.lock")
HUSH = "s3cr3t-p4ss"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        served.add(*WHEELS)
        yield served


@pytest.fixture(scope="module")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


def run(folder: Path, *command: str) -> str:
    """Run a tool, cut off from this machine's settings; what it printed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "VIRTUAL_ENV"))}
    own |= {"UV_NO_CONFIG": "1", "UV_PYTHON": sys.executable, "PIP_CONFIG_FILE": os.devnull, "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_hand(index: LoopbackIndex) -> Mapping[str, str]:
    """Locks of tools that are not at hand, as the fixtures beside the formats' own tests show them."""
    poetry, pdm, urls = (["[metadata]", *lines] for lines in (
        ['lock-version = "2.1"', 'python-versions = ">=3.8"', 'content-hash = "0"', 'groups = ["main"]'],
        *2 * ['groups = ["default"]\nlock_version = "4.5.0"\ncontent_hash = "sha256:0"'.splitlines()],
    ))  # fmt: skip
    wheels = {each.name: each for each in WHEELS if each.name in LOCKED}
    for name in LOCKED:
        wheel = wheels[name]
        requires = [each for each in wheel.requires if ";" not in each]
        package = ["[[package]]", f'name = "{name}"', f'version = "{wheel.version}"']
        digest = f'hash = "sha256:{index.facts(wheel.filename).sha256}"'
        named = f'files = [{{file = "{wheel.filename}", {digest}}}]'
        located = f'files = [{{url = "{index.file_url(wheel.filename)}", {digest}}}]'
        poetry += [
            *package,
            'description = ""',
            "optional = false",
            'python-versions = "*"',
            'groups = ["main"]',
            named,
        ]
        poetry += ["[package.dependencies]", *(f'{each} = "*"' for each in requires)]
        poetry += ["[package.source]", 'type = "legacy"', f'url = "{index.simple}"', 'reference = "ours"']
        for lines, files in ((pdm, named), (urls, located)):
            lines += [*package, 'groups = ["default"]', f"dependencies = {json.dumps(requires)}", files]
    return {
        "poetry.lock": "\n".join(poetry), "pdm.lock": "\n".join(pdm), "pdm-urls.lock": "\n".join(urls),
    }  # fmt: skip


@pytest.fixture(scope="module")
def locks(index: LoopbackIndex, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The set that ``meta`` comes to, in every format."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(
        "\n".join([*PYPROJECT, ""]).replace("'1'", "'1'\nrequires-python = '>=3.11'")
    )
    (folder / "r.txt").write_text("meta\n")
    place = ("--default-index", index.simple, "-q")
    run(folder, UV, "lock", *place)
    pip = (sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--no-cache-dir")
    return {
        "uv.lock": (folder / "uv.lock").read_text(),
        "pylock.toml": run(folder, UV, "pip", "compile", *place, *LINUX_OPTIONS, "--format", "pylock.toml", "r.txt"),
        "report.json": run(folder, *pip, "-i", index.simple, "--report", "-", "meta"),
        **by_hand(index),
    }


@pytest.fixture
def ask(index: LoopbackIndex, uv_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asker:
    monkeypatch.chdir(tmp_path)
    return Asker(tmp_path, index, uv_cache)


def place(ask: Asker, locks: Mapping[str, str], name: str) -> str:
    """Put a lock into the folder, as the only thing in it; what was asked of the index before is forgotten."""
    if name == "uv.lock":
        ask.write("pyproject.toml", *PYPROJECT)
    ask.index.forget()
    return ask.write(name, locks[name])


NOBODY_ASKED = {"flags": {"index_url": None}, "use_config": False}


# -- one law for all formats ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_a_lock_gives_the_answer_of_its_resolved_set(ask: Asker, locks: dict[str, str], name: str) -> None:
    resolved = ask("meta")
    # the group ``dev`` is installed with the project that uv has locked
    report = ask(place(ask, locks, name), groups=[])
    more = {"spare"} if name == "uv.lock" else set()
    assert names(report) == names(resolved) | more
    assert found(report) == found(resolved) == CLASH
    if not more:
        assert report.overlaps == resolved.overlaps
        assert report.diagnosis == resolved.diagnosis
    assert {name: chains(report)[name] for name in CHAINS} == CHAINS
    assert report.complete
    assert report.exit_code() == 1


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*WITHOUT_URLS}))
def test_a_lock_with_places_and_hashes_needs_no_index_page(ask: Asker, locks: dict[str, str], name: str) -> None:
    """Nor an index: every request is for a part of a wheel, and names it."""
    report = ask(place(ask, locks, name), flags={"index_url": None, "no_index": True})
    assert not ask.index.page_requests
    assert {each.range is not None for each in ask.index.requests} == {True}
    per_wheel = len(ask.index.requests) / len(report.distributions)
    assert per_wheel == (2 if name in {"report.json", "pdm-urls.lock"} else 1), "without a size, it is asked for first"
    assert (report.reading.index_requests, found(report)) == (0, CLASH)


@pytest.mark.parametrize("name", WITHOUT_URLS)
def test_wheels_without_a_place_are_found_by_name_and_hash(ask: Asker, locks: dict[str, str], name: str) -> None:
    report = ask(place(ask, locks, name))
    assert sorted(each.path for each in ask.index.page_requests) == [f"/simple/{each}/" for each in LOCKED]
    assert {each.wheel and each.wheel.sha256 for each in report.distributions} == {
        ask.index.facts(each.id).sha256 for each in report.distributions
    }


@pytest.mark.parametrize("name", WITHOUT_URLS)
def test_a_project_is_looked_up_once_for_all_targets(ask: Asker, locks: dict[str, str], name: str) -> None:
    options = ("--python-platform", "macos", "--python-platform", "windows", "-i", ask.index.simple)
    ran = ask.command(place(ask, locks, name), *options, "--format", "json")
    assert len(ran.json["targets"]) == 3
    assert len(ask.index.page_requests) == len(LOCKED)


@pytest.mark.parametrize("name", WITHOUT_URLS)
def test_another_wheel_of_that_name_is_not_taken_for_the_locked_one(
    ask: Asker, locks: dict[str, str], name: str
) -> None:
    digest = ask.index.facts("x_cu13-1.1-py3-none-any.whl").sha256 or ""
    place(ask, locks, name)
    report = ask(ask.write(name, locks[name].replace(digest, "0" * 64)))
    assert [(each.requirement, each.code) for each in report.skipped] == [("x-cu13==1.1", "not-found")]
    assert "with the hash the lock gives" in report.skipped[0].reason
    assert report.exit_code() == 3


@pytest.mark.parametrize("name", sorted({*FORMATS} - {*WITHOUT_URLS}))
def test_a_wheel_that_is_not_the_locked_one_is_not_compared(ask: Asker, locks: dict[str, str], name: str) -> None:
    digest = ask.index.facts("x_cu13-1.1-py3-none-any.whl").sha256 or ""
    place(ask, locks, name)
    report = ask(ask.write(name, locks[name].replace(digest, "0" * 64)))
    assert [(each.requirement, each.code) for each in report.skipped] == [("x-cu13==1.1", "changed")]
    assert "x-cu13" not in names(report)


@pytest.mark.parametrize("name", FORMATS)
def test_a_lock_comes_by_standard_input_too(
    ask: Asker, locks: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(locks[name].encode())))
    assert set(CLASH) <= set(found(ask("-")))


@pytest.mark.parametrize("name", FORMATS)
def test_a_lock_is_never_resolved_again(ask: Asker, locks: dict[str, str], name: str) -> None:
    """Also where it is given as a file of requirements, and where dependencies are asked for."""
    asked = [ask(**given) for given in ({"files": [place(ask, locks, name)]}, {"files": [name], "deps": True})]
    assert [found(each) for each in asked] == [CLASH, CLASH]
    assert not any("wheels only" in each for report in asked for each in report.warnings)


# -- whose project it is -------------------------------------------------------------------------------------


def test_the_project_of_a_lock_is_not_compared_and_no_gap(ask: Asker, locks: dict[str, str]) -> None:
    ran = ask.command(place(ask, locks, "uv.lock"))
    assert (ran.code, ran.err) == (1, "")
    assert [each for each in ran.lines if "not compared" in each] == [
        "  not compared: ours==1 (the lock's own project)"
    ]
    quiet = locks["uv.lock"].replace('{ name = "meta" }', '{ name = "calm" }')
    ran = ask.command(ask.write("uv.lock", quiet))
    assert ran.code == 0, "not 3"


def test_what_is_not_compared_takes_one_line(ask: Asker) -> None:
    members = [f"member-{number}" for number in range(30)]
    tables = (f'[[package]]\nname = "{each}"\nversion = "1"\nsource = {{ editable = "{each}" }}' for each in members)
    head = f"version = 1\nrevision = 3\nrequires-python = '>=3.11'\n[manifest]\nmembers = {json.dumps(members)}"
    lock = "\n".join([head, *tables])
    ask.write("uv.lock", lock)
    report = ask("uv.lock", "calm", "spare")
    assert len(report.not_compared) == 30
    assert (report.exit_code(), len(report.to_text().splitlines())) == (0, 2)
    with pytest.raises(QuestionError, match="nothing to compare: the lock asks for no distribution"):
        ask("uv.lock")


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, {"spare"}),
        ({"extras": ["quiet"]}, {"spare", "calm"}),
        ({"all_extras": True}, {"spare", "calm"}),
        ({"groups": ["docs"]}, {"spare", "calm"}),
    ],
)
def test_extras_and_groups_of_a_lock(
    ask: Asker, locks: dict[str, str], options: dict[str, Any], more: set[str]
) -> None:
    """By default what ``uv sync`` installs: the group ``dev`` too."""
    assert names(ask(place(ask, locks, "uv.lock"), **options)) == {*LOCKED, *more}


def test_extras_and_groups_are_options_of_the_command(ask: Asker, locks: dict[str, str]) -> None:
    path = place(ask, locks, "uv.lock")
    for options in (["--extra", "quiet"], ["--all-extras"], ["--group", "docs"]):
        ran = ask.command(path, *options, "--format", "json")
        assert "calm" in {each["name"] for each in ran.json["distributions"]}
    ran = ask.command(path, "--extra", "quiett")
    assert (ran.code, "quiett" in ran.err) == (2, True)


# -- mixtures ------------------------------------------------------------------------------------------------


def test_a_new_wheel_is_compared_with_what_is_locked(ask: Asker, locks: dict[str, str]) -> None:
    Wheel("mine", files={"x/core.py": "mine"}).write(ask.folder / "dist")
    report = ask(place(ask, locks, "pylock.toml"), "dist/")
    (core,) = [each for each in report.overlaps if each.path == "x/core.py"]
    assert {each.distribution for each in core.owners} == {"mine", "x-cu12", "x-cu13"}


def test_two_locks_that_hold_two_wheels_of_one_project_are_no_question(ask: Asker, locks: dict[str, str]) -> None:
    Wheel("x-cu12", "2.0").write(ask.folder / "dist")
    with pytest.raises(QuestionError, match="two wheels of one project"):
        ask(place(ask, locks, "pylock.toml"), "dist/")


# -- secrets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_credentials_in_a_lock_are_used_and_not_repeated(
    name: str,
    locks: dict[str, str],
    uv_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    index: LoopbackIndex,
) -> None:
    monkeypatch.chdir(tmp_path)
    with LoopbackIndex(index.folder, auth=("user", HUSH)) as private:
        ask = Asker(tmp_path, private, uv_cache)
        ask.write(name, locks[name].replace(f"{index.url}/", f"http://user:{HUSH}@127.0.0.1:{private.port}/"))
        login = [] if name != "pdm.lock" else ["-i", private.with_credentials("user", HUSH)]
        ran = [ask.command(f"./{name}", *login, "--format", form) for form in ("text", "json")]
    assert [each.code for each in ran] == [1, 1]
    assert [each.out + each.err for each in ran if HUSH in each.out + each.err] == []


# -- bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("uv.lock", "version = 9", "version"),
        ("pylock.toml", 'lock-version = "7.0"\ncreated-by = "me"\npackages = []', "version"),
        ("poetry.lock", '[metadata]\nlock-version = "9.9"', "version"),
        ("report.json", "{}", "nothing that is known here"),
        ("uv.lock", "\0", "TOML"),
        ("notes.toml", "[nothing]", "describes no set"),
        ("empty.json", "", "describes no set"),
        ("./absent.lock", None, "cannot be read"),
        ("poetry.lock", None, "cannot be read"),
    ],
)
def test_a_bad_lock_is_told_in_a_paragraph(ask: Asker, name: str, content: str | None, told: str) -> None:
    if content is not None:
        ask.write(name, content)
    ran = ask.command(name)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) <= 3


def test_one_of_a_list_beside_what_is_not_compared_is_no_answer(ask: Asker) -> None:
    others = [{"name": "theirs", "version": "1", "editable_project_location": "/home/me/theirs"}]
    ask.write("list.json", json.dumps([{"name": "x-cu12", "version": "1.1"}, *others]))
    ran = ask.command("list.json")
    assert (ran.code, ran.out) == (2, "")
    assert "x-cu12 alone has nothing to clash with. Not compared: theirs==1" in ran.err


@pytest.mark.parametrize(("names", "code"), [(["x-cu12"], 2), (["x-cu12", "meta"], 3)])
def test_beside_packages_of_conda_nothing_is_an_all_clear(ask: Asker, names: list[str], code: int) -> None:
    """Their files are not read, and pip may write over them."""
    listed = [{"name": name, "version": "1.1", "channel": "pypi"} for name in names]
    listed += [{"name": f"c{number}", "version": "1", "channel": "conda-forge"} for number in range(5)]
    ask.write("list.json", json.dumps(listed))
    ran = ask.command("list.json")
    assert ran.code == code
    assert "not read  5 conda packages: c0==1, c1==1, c2==1 and 2 more: their files are not read" in ran.out
    if code == 3:
        assert ask.command("list.json", "--allow-incomplete").code == 0


def test_what_is_left_beside_an_unread_line_is_no_answer_but_a_report(ask: Asker) -> None:
    ask.write("r.txt", "lone==1.0\n-e git+https://host.invalid/x#egg=theirs\n")
    ran = ask.command("r.txt", "--no-deps")
    assert ran.code == 2
    assert "not read" in ran.out
    assert "theirs" in ran.out


def test_requirements_of_powershell_are_read(ask: Asker) -> None:
    """In UTF-16 with a mark: by pip, by uv, and here."""
    (ask.folder / "r.txt").write_text("x-cu12==1.1\nx-cu13==1.1\n", encoding="utf-16")
    for options in ((), ("--no-deps",)):
        assert ask.command("r.txt", *options).code == 1


def test_where_nothing_is_named_the_lock_of_the_folder_is_checked_and_named(ask: Asker, locks: dict[str, str]) -> None:
    ask.write("pylock.toml", locks["pylock.toml"])
    ask.write("poetry.lock", locks["poetry.lock"])
    ran = ask.command()
    assert ran.code == 1
    assert (
        "nothing was named, and there is pylock.toml: this is wheelclash pylock.toml. Also here: poetry.lock."
        in ran.err
    )
    assert ran.out == ask.command("pylock.toml").out


# -- lists ---------------------------------------------------------------------------------------------------


def test_a_list_of_what_is_installed_is_a_set(ask: Asker) -> None:
    """Of pip, of uv, and of pipenv: there with hashes, which decide."""
    digests = {each.name: ask.index.facts(each.filename).sha256 for each in WHEELS if each.name in LOCKED}
    listed = [{"name": name, "version": "1.1"} for name in LOCKED]
    ask.write("list.json", json.dumps([*listed, {"name": "calm", "version": "9"}]))
    report = ask("list.json")
    assert found(report) == CLASH
    assert [(each.requirement, each.code) for each in report.skipped] == [("calm==9", "no-wheel")]
    locked = {name: {"version": "==1.1", "hashes": [f"sha256:{digests[name]}"]} for name in LOCKED}
    document = {"_meta": {"pipfile-spec": 6, "sources": [{"name": "own", "url": ask.index.simple}]}, "default": locked}
    ask.write("Pipfile.lock", json.dumps(document))
    assert found(ask("Pipfile.lock")) == CLASH
    locked["x-cu12"]["hashes"] = [f"sha256:{'0' * 64}"]
    ask.write("Pipfile.lock", json.dumps(document))
    (skip,) = ask("Pipfile.lock").skipped
    assert (skip.requirement, skip.code) == ("x-cu12==1.1", "not-found")
    assert "with a hash that the lock gives" in skip.reason


def test_what_pins_everything_is_compared_as_listed_where_uv_cannot_resolve_it(ask: Asker) -> None:
    """As ``pip freeze`` writes it."""
    ask.write("ours/pyproject.toml", "[build-system]", "requires = []", "build-backend = 'nothing'")
    ask.write("freeze.txt", "x-cu12==1.1", "x-cu13==1.1", "-e ./ours")
    report = ask("freeze.txt")
    assert found(report) == CLASH
    assert any("every line pins a version, and is compared as listed" in each for each in report.warnings)
    ask.write("open.txt", "x-cu12==1.1", "x-cu13", "-e ./ours")
    with pytest.raises(QuestionError, match="did not resolve"):
        ask("open.txt")


def test_a_lock_of_wheels_on_disk_is_compared(ask: Asker, tmp_path: Path) -> None:
    for wheel in WHEELS:
        if wheel.name in {"x-cu12", "x-cu13"}:
            wheel.write(tmp_path / "wheels")
    ask.write("r.txt", "x-cu12", "x-cu13")
    links = ("--no-index", "--find-links", str(tmp_path / "wheels"), *LINUX_OPTIONS, "-q", "--format", "pylock.toml")
    run(tmp_path, UV, "pip", "compile", *links, "-o", "pylock.toml", "r.txt")
    ask.index.forget()
    assert found(ask("pylock.toml")) == CLASH
    assert not ask.index.requests
