"""What a run does not import, ask or do: the everyday run is answered from the cache, and must feel like it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import wheelclash
from tests.support.loopback import LoopbackIndex
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash.core import layout
from wheelclash.index.filenames import ranks
from wheelclash.wheel import archive, record, remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

HTTP = {"httpx", "httpcore", "h11", "anyio", "ssl", "urllib.request", "http.client", "truststore"}
DEAR = HTTP | {"duckdb", "ibis", "pyarrow", "asyncio", "pydantic", "rich", "email", "distlib"}
TARGET = ("--python-version", "3.12", "--python-platform", "linux", "--no-config")
ROOT = Path(__file__).resolve().parents[1]

_ECHO = """
import sys
from wheelclash.cli import main
code = main(sys.argv[1:])
print("MODULES", *sorted(sys.modules), sep="\\n", file=sys.stderr)
sys.exit(code)
"""


class Ran(NamedTuple):
    code: int
    out: str
    modules: set[str]


def run(*arguments: str | Path, cache: Path) -> Ran:
    """The command in a process of its own, and every module that was imported when it was done."""
    done = subprocess.run(
        [sys.executable, "-c", _ECHO, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], "WHEELCLASH_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)},
        cwd=cache.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    _, _, modules = done.stderr.partition("MODULES\n")
    assert modules, done.stderr
    return Ran(done.returncode, done.stdout, set(modules.splitlines()))


def dear(ran: Ran, modules: set[str] = DEAR) -> set[str]:
    """Those of ``modules`` that were imported, by name or in part."""
    return {each for each in modules if any(name == each or name.startswith(f"{each}.") for name in ran.modules)}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as index:
        index.add(
            Wheel("left", files={"shared/m.py": "1", "ns/__init__.py": "a = 1\n"}, scripts={"tool": "left:run"}),
            Wheel("right", files={"shared/m.py": "2", "ns/__init__.py": "# b\na = 1\n"}, requires=["left"]),
            Wheel("other", files={"other.py": "3"}, requires_python=">=3.8"),
        )
        yield index


def test_the_probe_sees_what_is_imported(tmp_path: Path, index: LoopbackIndex) -> None:
    """The first run, which fetches, does import the client and pydantic: the probe is not blind."""
    ran = run("left", "right", *TARGET, "-i", index.simple, cache=tmp_path / "cache")
    assert ran.code == 1
    assert dear(ran, {"httpx", "pydantic", "ssl", "email"}) == {"httpx", "pydantic", "ssl", "email"}


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("named", [("left", "right"), ("left", "right>=0.5", "other==1.0")])
def test_a_cached_run_asks_for_nothing_and_imports_nothing_dear(
    named: Sequence[str], form: str, tmp_path: Path, index: LoopbackIndex
) -> None:
    asked = (*named, *TARGET, "-i", index.simple, "--format", form)
    first = run(*asked, cache=tmp_path / "cache")
    index.forget()
    again = run(*asked, cache=tmp_path / "cache")
    assert index.requests == []
    assert again.code == first.code == 1
    assert dear(again) == set()
    if form == "text":
        assert again.out == first.out
    else:
        reading = json.loads(again.out)["reading"]
        assert reading.pop("from_cache") == len(named)
        assert set(reading.values()) == {0}


@pytest.mark.parametrize("kept", [False, True], ids=["read for the first time", "kept before"])
def test_local_wheels_need_neither_network_nor_anything_dear(
    kept: bool,  # noqa: FBT001 - a case
    tmp_path: Path,
) -> None:
    folder = tmp_path / "dist"
    one = Wheel("left", files={"m.py": "1"}, scripts={"tool": "left:run"}, requires=["right; python_version > '3'"])
    other = Wheel("right", files={"m.py": "2"}, requires_python=">=3.8")
    paths = [each.write(folder) for each in (one, other)]
    for path in paths:  # what was written a moment ago may still change, and is not kept
        os.utime(path, (1_700_000_000, 1_700_000_000))
    if kept:
        run(*paths, *TARGET, cache=tmp_path / "cache")
    ran = run(*paths, *TARGET, cache=tmp_path / "cache")
    assert ran.code == 1
    assert dear(ran, HTTP | {"asyncio", "pydantic", "rich", "distlib"}) == set()
    assert not kept or dear(ran, {"email"}) == set()


def test_a_wheelhouse_is_asked_without_anything_dear(tmp_path: Path, index: LoopbackIndex) -> None:
    """Find-links in a folder: no page, no request, no client."""
    ran = run("left", "right", *TARGET, "--no-index", "-f", index.folder, cache=tmp_path / "cache")
    assert ran.code == 1
    assert index.requests == []
    assert dear(ran, HTTP | {"asyncio", "pydantic", "rich", "distlib"}) == set()


PARSING = {
    "wheelclash", "wheelclash.cli", "wheelclash.cli.parser", "wheelclash.cli.streams", "wheelclash.contents",
    "wheelclash.contents.options", "wheelclash.errors", "wheelclash.index", "wheelclash.index.options",
    "wheelclash.options", "wheelclash.report", "wheelclash.report.formats", "wheelclash.validation",
    "wheelclash.version",
}  # fmt: skip
"""What a command line is parsed with."""


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_imports_next_to_nothing(arguments: Sequence[str], tmp_path: Path) -> None:
    ran = run(*arguments, cache=tmp_path / "cache")
    assert ran.code == 0
    assert ran.out
    assert dear(ran, DEAR | {"packaging", "installer", "zipfile", "typing"}) == set()
    assert {name for name in ran.modules if name.startswith("wheelclash")} <= PARSING


OTHER_QUESTIONS = {
    "wheelclash.api", "wheelclash.cli.configuration", "wheelclash.closure", "wheelclash.conda",
    "wheelclash.contents.answers", "wheelclash.descriptions", "wheelclash.environment.distributions",
    "wheelclash.environment.locate", "wheelclash.environment.paths", "wheelclash.index.pip_config",
    "wheelclash.locks", "wheelclash.native", "wheelclash.repairs",
    "wheelclash.resolve.build", "wheelclash.resolve.uv", "wheelclash.resolve.wheelhouse", "wheelclash.wheel.archive",
    "bz2", "lzma", "shutil", "tempfile",
}  # fmt: skip
"""What resolving, locks, folders, builds, conda and environments need, and two requirements by name do not."""


def test_a_cached_run_imports_nothing_of_other_questions(tmp_path: Path, index: LoopbackIndex) -> None:
    asked = ("left", "right", *TARGET, "-i", index.simple)
    run(*asked, cache=tmp_path / "cache")
    again = run(*asked, cache=tmp_path / "cache")
    assert again.code == 1
    assert dear(again, OTHER_QUESTIONS) == set()


def test_a_rule_is_shown_without_what_checks_wheels(tmp_path: Path) -> None:
    ran = run("rule", "WC001", cache=tmp_path / "cache")
    assert ran.code == 0
    assert "WC001" in ran.out
    assert dear(ran, DEAR | OTHER_QUESTIONS | {"packaging"}) == set()
    assert dear(ran, {"wheelclash.core", "wheelclash.gather.gather", "wheelclash.pipeline"}) == set()


def test_importing_the_package_imports_nothing_dear(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, wheelclash; print(*sys.modules, sep='\\n')"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert dear(Ran(0, "", set(done.stdout.split())), DEAR | {"packaging"}) == set()


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[tuple[Any, ...]]:
    """The arguments of each call of a function, or class, of a module from now on."""
    calls: list[tuple[Any, ...]] = []
    function: Callable[..., Any] = getattr(module, name)

    def counting(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(module, name, counting)
    return calls


def test_rows_like_nearly_all_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a RECORD only its row of itself, which has neither hash nor size, takes the way for odd rows."""
    wheel = Wheel("a", files={f"a/m{number}.py": f"{number}" for number in range(50)})
    added = counted(monkeypatch, record, "_add")
    rows = record.parse_record(wheel.record_bytes(), wheel.filename).rows
    assert len(rows) > 50
    assert [elements[0] for _, elements in added] == ["a-1.0.dist-info/RECORD"]


def test_the_members_to_be_read_are_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [Wheel(name, files={f"{name}.py": ""}).write(tmp_path) for name in ("left", "right")]
    looked_for = counted(monkeypatch, archive, "needed_members")
    wheelclash.check(paths, target=LINUX, use_config=False, session=wheelclash.Session(cache_dir=None))
    assert sorted(filename for _, filename in looked_for) == [path.name for path in paths]


def test_where_members_end_is_not_asked_if_all_are_at_hand(
    index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a wheel, which is read first, holds them nearly always; else the places of all members are sorted."""
    asked = counted(monkeypatch, remote.Archive, "_span")
    where = wheelclash.IndexOptions(index_url=index.simple)
    with wheelclash.Session(cache_dir=None) as session:
        report = session.check(["left", "right"], target=LINUX, use_config=False, index=where)
    assert report.reading.wheel_requests == 2
    assert asked == []


def test_files_of_wheels_that_share_no_name_are_not_placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a wheel has below names of its own is read, and counted; only what others may write too is laid out."""
    wheels = {
        name: Wheel(name, files={f"{top}/m{number}.py": "" for number in range(50)}).write(tmp_path)
        for name, top in (("left", "left"), ("right", "right"), ("one", "shared"), ("other", "shared"))
    }
    placed = counted(monkeypatch, layout, "InstalledFile")
    for names in (["left", "right"], ["left", "right", "one", "other"]):
        paths = [wheels[name] for name in names]
        report = wheelclash.check(paths, target=LINUX, use_config=False, session=wheelclash.Session(cache_dir=None))
        assert {distribution.files for distribution in report.distributions} == {53}
        assert {path.partition("/")[2].partition("/")[0] for path, *_ in placed} == (
            set() if len(names) == 2 else {"shared", "one-1.0.dist-info", "other-1.0.dist-info"}
        )
    assert len(placed) == 2 * 53


def test_tags_of_a_target_are_ranked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set asks for them for each of its wheels, and a target has hundreds; not even their hashes are asked for."""
    ranked = ranks(LINUX.tags)
    hashed = 0

    def counting(_: Any) -> int:
        nonlocal hashed
        hashed += 1
        return 0

    monkeypatch.setattr("packaging.tags.Tag.__hash__", counting)
    assert ranks(LINUX.tags) is ranked
    assert hashed == 0
