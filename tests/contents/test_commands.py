"""``wheelclash contents``: what a folder of wheels becomes, and what is said of it."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

import wheelclash
from tests.support.command import ROOT
from tests.support.wheelmaker import Wheel
from wheelclash.cli import main

if TYPE_CHECKING:
    from pathlib import Path

STUB = "# Ours.\n__path__ = __import__('pkgutil').extend_path(__path__, __name__)  # shared\n"

WHEELS = [
    Wheel("alpha", files={"shared/__init__.py": "1", "shared/core.so": "1", "shared/same.py": "", "LICENSE": "a"}),
    Wheel("alpha", "0.9", files={"shared/__init__.py": "0", "old.py": "0"}),
    Wheel("beta", files={"shared/__init__.py": "2", "shared/core.so": "2", "shared/same.py": "", "LICENSE": "b"}),
    Wheel("gamma", files={"old.py": "3", "tests/__init__.py": "3", "shared/t.pyi": "1"}, scripts={"tool": "a:b"}),
    Wheel("delta", files={"tests/__init__.py": "4", "shared/t.pyi": "2"}, scripts={"tool": "a:c"}),
    Wheel("family", files={"family/x.py": ""}, scripts={"tool": "a:d"}, requires=["gamma", "delta; extra == 'all'"]),
    Wheel("linux", files={"native/x.so": "1"}, tag="cp312-cp312-manylinux_2_17_x86_64"),
    Wheel("windows", files={"native/x.so": "2"}, tag="cp312-cp312-win_amd64"),
    Wheel("old", files={"native/x.so": "3"}, requires_python="<3.9"),
    Wheel("ns-one", files={"space/__init__.py": STUB, "space/one.py": "1"}),
    Wheel("ns-two", files={"space/__init__.py": STUB + "\n", "space/two.py": "2"}),
    Wheel("ns-three", files={"space/__init__.py": "is_real = True\n"}),
    Wheel("scripted", files={"scripted-1.0.data/scripts/tool": "#!python\n"}),
    *(Wheel(f"crowd-{number}", files={"docs/conf.py": str(number)}) for number in range(6)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels, and a dataset ``all`` of them."""
    folder = tmp_path_factory.mktemp("contents")
    for wheel in WHEELS:
        wheel.write(folder / "dist")
    assert main(["contents", "add", str(folder / "all"), str(folder / "dist")]) == 0
    return folder


ERRORS = dict.fromkeys(
    [
        ("alpha", "beta"),
        ("delta", "gamma"),
        ("delta", "scripted"),
        ("family", "scripted"),
        ("gamma", "scripted"),
        ("ns-one", "ns-three"),
        ("ns-three", "ns-two"),
    ],
    "error",
)


def ask(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Run a command; its exit code and its JSON."""
    capsys.readouterr()
    code = main(["contents", *map(str, arguments), "--format", "json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else captured.err


def pairs(answer: Any) -> dict[tuple[str, str], str]:
    """Pairs of projects, and how bad they are."""
    return {tuple(each["name"] for each in pair["projects"]): pair["severity"] for pair in answer["pairs"]}


@pytest.mark.thorough
def test_pairs_that_clash_and_nothing_else(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = ask(capsys, "clashes", folder / "all")
    assert (code, pairs(answer)) == (1, ERRORS)
    first = next(pair for pair in answer["pairs"] if pair["projects"][0]["name"] == "alpha")
    assert first["projects"][0] == {"name": "alpha", "versions": ["1.0"]}
    assert (first["paths"], first["differing"]) == (4, 3)
    assert answer["left_out"] == {"milder": 18, "apart": 3, "crowds": 0}


@pytest.mark.thorough
def test_milder_pairs_older_releases_and_pairs_that_never_meet_on_request(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, answer = ask(capsys, "clashes", folder / "all", "--min-severity", "warning", "--crowd", 5)
    assert pairs(answer) == {
        **ERRORS,
        ("delta", "family"): "warning",
        ("family", "gamma"): "warning",
    }
    assert answer["crowds"] == [
        {"path": "site-packages/docs/conf.py", "projects": 6, "contents": 6, "severity": "warning"}
    ]
    _, answer = ask(capsys, "clashes", folder / "all", "--history")
    pair = next(pair for pair in answer["pairs"] if [each["name"] for each in pair["projects"]] == ["alpha", "gamma"])
    assert [each["versions"] for each in pair["projects"]] == [["0.9"], ["1.0"]]  # alpha 1.0 shares nothing with it
    pair = next(pair for pair in answer["pairs"] if [each["name"] for each in pair["projects"]] == ["alpha", "beta"])
    assert [each["versions"] for each in pair["projects"]] == [["1.0", "0.9"], ["1.0"]]
    _, answer = ask(capsys, "clashes", folder / "all", "--apart", "--path", "site-packages/native/")
    assert pairs(answer) == dict.fromkeys([("linux", "old"), ("linux", "windows"), ("old", "windows")], "error")
    _, answer = ask(capsys, "clashes", folder / "all", "--project", "Beta")
    assert pairs(answer) == {("alpha", "beta"): "error"}


@pytest.mark.parametrize(
    "path", ["shared", "shared/core.so", "site-packages/shared", "shared/", "site-packages/shared/core.so"]
)
def test_a_path_is_understood_as_who_understands_it(
    folder: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    code, answer = ask(capsys, "clashes", folder / "all", "--path", path)
    assert (code, pairs(answer)) == (1, {("alpha", "beta"): "error"})


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (["--project", "beto"], "has no wheel of beto"),
        (["--project", "alpha", "--project", "beto"], "has no wheel of beto"),
        (["--path", "nothing/here"], "at nothing/here"),
        (["--path", "site-packages/nothing"], "at site-packages/nothing"),
        (["--path", "old.py", "--path", "nothing"], "at nothing"),
        (["--path", "\0"], "cannot be the path of anything"),
    ],
)
def test_what_the_dataset_does_not_know_is_no_all_clear(
    folder: Path, capsys: pytest.CaptureFixture[str], question: list[str], said: str
) -> None:
    code, answer = ask(capsys, "clashes", folder / "all", *question)
    assert (code, said in answer) == (2, True)


def test_severities_are_those_of_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every two wheels of the newest releases that fit one target: the same kinds, roles and severities."""
    _, answer = ask(capsys, "clashes", folder / "all", "--min-severity", "notice", "--crowd", 100)
    for pair in answer["pairs"]:
        wheels = [
            folder / "dist" / f"{each['name'].replace('-', '_')}-1.0-py3-none-any.whl" for each in pair["projects"]
        ]
        report = wheelclash.check(wheels, target=wheelclash.target_for("3.12", "linux"), deps=False, use_config=False)
        expected: dict[tuple[str, str, str], int] = {}
        for overlap in report.overlaps:
            if overlap.severity != "none":
                key = (overlap.severity, overlap.kind, overlap.role)
                expected[key] = expected.get(key, 0) + 1
        found = {
            (share["severity"], share["kind"], share["role"]): share["paths"]
            for share in pair["shares"]
            if share["severity"] != "none"
        }
        assert found == expected, pair["projects"]
    assert len(answer["pairs"]) >= 10


def test_owners_of_a_path(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, answer = ask(capsys, "who", folder / "all", "shared", "old.py", "tool", "nothing/here.py")
    found = {
        each["path"]: [(owners["path"], [owner["project"] for owner in owners["owners"]]) for owners in each["found"]]
        for each in answer["asked"]
    }
    assert found == {
        "shared": [
            ("site-packages/shared/", ["alpha", "beta", "delta", "gamma"]),
            ("site-packages/shared/__init__.py", ["alpha", "beta"]),
        ],
        "old.py": [("site-packages/old.py", ["gamma"])],
        "tool": [("scripts/tool", ["delta", "family", "gamma", "scripted"])],
        "nothing/here.py": [],
    }
    _, answer = ask(capsys, "who", folder / "all", "old.py", "--history")
    owners = answer["asked"][0]["found"][0]["owners"]
    assert [(owner["project"], owner["versions"]) for owner in owners] == [("alpha", ["0.9"]), ("gamma", ["1.0"])]


def test_paths_of_one_project_in_several_parts_are_all_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer on a path does not depend on what is asked besides."""
    for number, tag in enumerate(("py3", "cp312", "cp313")):
        wheel = Wheel("split", files={f"m{number}.py": ""}, tag=f"{tag}-none-any").write(tmp_path / str(number))
        assert main(["contents", "add", str(tmp_path / "all"), str(wheel)]) == 0
    for asked in (["m0.py", "m1.py", "m2.py"], ["m2", "m0", "m1"]):
        _, answer = ask(capsys, "who", tmp_path / "all", *asked)
        assert [len(each["found"]) for each in answer["asked"]] == [1, 1, 1]


def test_gate_of_a_publisher(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The wheels take the place of what the dataset has of their projects."""
    Wheel("alpha", "2.0", files={"old.py": "new"}).write(tmp_path)
    code, answer = ask(capsys, "gate", folder / "all", tmp_path)
    assert (code, answer["gated"], pairs(answer)) == (1, ["alpha"], {("alpha", "gamma"): "error"})
    assert main(["contents", "gate", str(folder / "all"), str(tmp_path), "--crowd", "1"]) == 1
    assert "1 path is shared by very many projects" in capsys.readouterr().out
    Wheel("alpha", "2.0", files={"quite/new.py": "new", "shared/core.so": "2"}).write(tmp_path)
    code, answer = ask(capsys, "gate", folder / "all", tmp_path)
    assert (code, answer["pairs"]) == (0, [])


def test_adding_again_adds_nothing_and_says_what_could_not_be_read(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, answer = ask(capsys, "add", folder / "all", folder / "dist")
    assert (code, answer["added"], answer["known"]) == (0, {"wheels": 0, "files": 0}, len(WHEELS))
    Wheel("alpha", files={"shared/__init__.py": "another"}).write(tmp_path)
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"PK no")
    (tmp_path / "odd.whl").write_bytes(b"")
    skipped = {"bad-1.0-py3-none-any.whl", f"{tmp_path}/odd.whl"}
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe-1.0-py3-none-any.whl")
        skipped.add("pipe-1.0-py3-none-any.whl")
    code, answer = ask(capsys, "add", tmp_path / "own", folder / "dist", tmp_path)
    assert (code, answer["added"]["wheels"]) == (3, len(WHEELS) + 1)
    assert {skip["requirement"] for skip in answer["skipped"]} == skipped
    assert answer["same_name"] == ["alpha-1.0-py3-none-any.whl"]


def test_exported_tables_have_the_same_pairs(folder: Path, tmp_path: Path) -> None:
    import csv

    import duckdb

    assert main(["contents", "export", str(folder / "all"), str(tmp_path / "clashes.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "clashes.csv").read_text("utf-8").splitlines()))
    assert {(row["project"], row["other_project"]) for row in rows} == set(ERRORS)
    assert main(["contents", "export", str(folder / "all"), str(tmp_path / "all.duckdb")]) == 0
    with duckdb.connect(str(tmp_path / "all.duckdb")) as database:
        assert database.execute("SELECT count(*) FROM wheels").fetchall() == [(len(WHEELS),)]
    assert main(["contents", "export", str(folder / "all"), str(tmp_path / "page.html")]) == 0
    assert "<td>beta</td>" in (tmp_path / "page.html").read_text("utf-8")
    assert main(["contents", "export", str(folder / "all"), str(tmp_path / "page.pdf")]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.duckdb", "clashes.csv", "page.html"]


def _keys(value: Any) -> set[str]:
    """All keys of a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def test_every_key_of_the_json_is_described(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "reference" / "contents.md").read_text("utf-8")
    (tmp_path / "bad-1.0-py3-none-any.whl").write_bytes(b"")
    answers = [
        ask(capsys, "add", folder / "all", tmp_path),
        ask(capsys, "clashes", folder / "all", "--min-severity", "warning", "--crowd", 5),
        ask(capsys, "who", folder / "all", "shared"),
    ]
    assert {key for key in _keys([answer for _, answer in answers]) if f"`{key}`" not in page} == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["contents"], "nothing asked"),
        (["contents", "nixl"], "none of its commands"),
        (["contents", "add", "x"], "nothing to add"),
        (["contents", "add", "x", "y", "--rate", "3"], "--rate is about an index"),
        (["contents", "add", "x", "y.whl", "--shard", "4/3"], "no share"),
        (["contents", "clashes", "no-such-folder"], "cannot be read"),
        (["contents", "clashes", "x", "--memory", "1M"], "at least 128MiB"),
        (["contents", "add", "x", "no-such-file"], "There is no no-such-file"),
        (["contents", "add", "x", "."], "holds no wheels, and is no environment"),
        (["contents", "add", "x", "--names", "none.txt"], "cannot be read"),
        (["contents", "clashes", "x", "-o", "no-such-folder/file"], "cannot be written"),
    ],
)
def test_nonsense_is_refused(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("library", ["duckdb", "ibis", "pyarrow", "filelock"])
def test_a_library_that_is_missing_is_named_with_its_extra(
    library: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    assert main(["contents", "clashes", "x"]) == 2
    error = capsys.readouterr().err
    assert f"needs {library}" in error
    assert "wheelclash[contents]" in error
