"""Whose a file of an environment is, and whose content is there: by every name it goes by, in every state."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.environment.test_scan import unprivileged
from tests.support.installed import Handmade
from wheelclash.environment.files import digest_of
from wheelclash.environment.owners import owners_in
from wheelclash.environment.paths import places_at, places_below
from wheelclash.errors import QuestionError
from wheelclash.target.interpreter import running, target_of

if TYPE_CHECKING:
    from wheelclash.core.query import PathOwners
    from wheelclash.environment.owners import Answered
    from wheelclash.environment.paths import EnvironmentPaths

posix = pytest.mark.skipif(os.name != "posix", reason="links and permissions are POSIX's")


def answered(made: Handmade, *asked: str, cwd: Path | None = None, places: EnvironmentPaths | None = None) -> Answered:
    return owners_in(places or places_below(made.prefix), target_of(running()), asked, cwd or made.prefix.parent)


def ask(
    made: Handmade, *asked: str, cwd: Path | None = None, places: EnvironmentPaths | None = None
) -> list[PathOwners]:
    return list(answered(made, *asked, cwd=cwd, places=places).path_owners)


def meant(made: Handmade, asked: str, cwd: Path | None = None) -> list[tuple[str, str]]:
    """As what a PATH is understood, and where that lies."""
    return [(each.means, each.path) for each in ask(made, asked, cwd=cwd)]


def only(made: Handmade, asked: str) -> PathOwners:
    (found,) = ask(made, asked)
    return found


def whose(made: Handmade, asked: str) -> tuple[tuple[str, ...], str | None, tuple[str, ...]]:
    """Owners, state, and whose content it is, by name."""
    found = only(made, asked)
    names = {share.id: share.name for share in found.shares}
    return tuple(names.values()), found.state, tuple(names[id_] for id_ in found.matches)


# -- what a PATH means -------------------------------------------------------------------------------------


@pytest.fixture
def several(made: Handmade) -> Handmade:
    made.add(
        "one",
        {
            "pkg/__init__.py": "",
            "pkg/plain.py": "",
            "pkg/_stable.abi3.so": "1",
            "pkg/_tagged.cpython-312-x86_64-linux-gnu.so": "2",
            "pkg/_windows.cp312-win_amd64.pyd": "3",
            "pkg/libx.so.1": "4",
            "pkg/sub/deep.py": "",
            "alone.py": "",
            "../../../bin/tool": "#!/bin/sh",
            "../../../bin/alone": "#!/bin/sh",
            "../../../share/one/x": "",
            "../../../include/site/python3.12/one/one.h": "",
        },
    )
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("site-packages/pkg/plain.py", [("path", "site-packages/pkg/plain.py")]),
        ("scripts/tool", [("path", "scripts/tool")]),
        ("data/share/one/x", [("path", "data/share/one/x")]),
        ("headers/one/one.h", [("path", "headers/one/one.h")]),
        ("bin/tool", [("path", "scripts/tool")]),
        ("share/one/x", [("path", "data/share/one/x")]),
        ("lib/python3.12/site-packages/pkg/plain.py", [("path", "site-packages/pkg/plain.py")]),
        ("venv/bin/tool", [("path", "scripts/tool")]),
        ("./venv/bin/../bin/tool", [("path", "scripts/tool")]),
        ("pkg/plain.py", [("path", "site-packages/pkg/plain.py")]),
        ("alone.py", [("path", "site-packages/alone.py")]),
        ("pkg", [("path", "site-packages/pkg")]),
        ("pkg/", [("path", "site-packages/pkg")]),
        ("site-packages/pkg/sub/", [("path", "site-packages/pkg/sub")]),
        ("site-packages", [("path", "site-packages")]),
        ("venv", [("path", "data")]),
        ("bin", [("path", "scripts")]),
        ("pkg.plain", [("import", "site-packages/pkg/plain.py")]),
        ("pkg._stable", [("import", "site-packages/pkg/_stable.abi3.so")]),
        ("pkg._tagged", [("import", "site-packages/pkg/_tagged.cpython-312-x86_64-linux-gnu.so")]),
        ("pkg._windows", [("import", "site-packages/pkg/_windows.cp312-win_amd64.pyd")]),
        ("pkg.sub", [("import", "site-packages/pkg/sub")]),
        ("pkg.sub.deep", [("import", "site-packages/pkg/sub/deep.py")]),
        ("tool", [("command", "scripts/tool")]),
        ("alone", [("import", "site-packages/alone.py"), ("command", "scripts/alone")]),
        ("pkg.libx", []),  # a library, no module
        ("pkg.plain.attribute", []),
        ("pkg/plain.py/", []),  # a file is no folder
        ("scripts", []),  # not a word for all of them
        ("toolbox", []),
    ],
)
def test_path_is_understood_in_every_way_that_applies(
    several: Handmade, asked: str, found: list[tuple[str, str]]
) -> None:
    assert meant(several, asked) == found
    assert (asked in answered(several, asked).unknown) == (not found)


def test_absolute_path_and_one_from_the_current_folder(several: Handmade) -> None:
    found = [("path", "site-packages/pkg/plain.py")]
    assert meant(several, str(several.site / "pkg" / "plain.py")) == found
    assert meant(several, "plain.py", cwd=several.site / "pkg") == found
    assert meant(several, "../pkg/plain.py", cwd=several.site / "pkg") == found
    assert meant(several, ".", cwd=several.site / "pkg") == [("path", "site-packages/pkg")]
    assert meant(several, "..", cwd=several.site / "pkg" / "sub") == [("path", "site-packages/pkg")]


def test_what_is_gone_is_found_by_every_name_all_the_same(several: Handmade) -> None:
    """Also a folder of which nothing is left."""
    shutil.rmtree(several.site / "pkg")
    (several.prefix / "bin" / "tool").unlink()
    for asked in ("pkg/plain.py", "pkg.plain", str(several.site / "pkg" / "plain.py"), "pkg._stable", "tool"):
        assert whose(several, asked) == (("one",), "missing", ()), asked
    folder = only(several, "pkg")
    assert (folder.what, folder.shares[0].missing, folder.files) == ("folder", 7, 7)


def test_forms_of_one_module_are_all_told_and_which_of_them_is_found(made: Handmade) -> None:
    made.add("one", {"m.py": "1"})
    made.add("two", {"m/__init__.py": "2"})
    made.add("three", {"m.abi3.so": "3"})
    package, native, source = ask(made, "m")
    assert [each.path for each in (package, native, source)] == [
        "site-packages/m",
        "site-packages/m.abi3.so",
        "site-packages/m.py",
    ]
    for hidden in (native, source):
        assert [(each.kind, each.path, each.gives_way) for each in hidden.besides] == [
            ("shadowed", "site-packages/m/__init__.py", True)
        ]
    assert {(each.path, each.gives_way) for each in package.besides} == {(native.path, False), (source.path, False)}


def test_a_module_in_a_folder_that_a_module_hides(made: Handmade) -> None:
    made.add("one", {"m.py": "1"})
    made.add("two", {"m/a.py": "2", "m/b.py": "2"})
    for asked in ("m/a.py", "m/b.py"):
        (hidden,) = ask(made, asked)
        assert [(each.path, each.gives_way) for each in hidden.besides] == [("site-packages/m.py", True)]


@posix
def test_links_lead_to_what_is_recorded(several: Handmade, tmp_path: Path) -> None:
    """A link in the environment, one from outside, ``lib64``, and an environment named by a link."""
    (several.prefix / "lib64").symlink_to("lib")
    (several.prefix / "bin" / "also").symlink_to("tool")
    (tmp_path / "mine").symlink_to(several.prefix / "bin" / "tool")
    (tmp_path / "elsewhere").symlink_to(several.prefix)
    assert meant(several, "lib64/python3.12/site-packages/pkg/plain.py") == [("path", "site-packages/pkg/plain.py")]
    assert meant(several, "bin/also") == [("path", "scripts/tool")]
    assert meant(several, "mine", cwd=tmp_path) == [("path", "scripts/tool")]
    assert meant(several, "elsewhere/bin/tool", cwd=tmp_path) == [("path", "scripts/tool")]
    places = places_below(tmp_path / "elsewhere")
    assert [each.path for each in ask(several, "venv/bin/tool", places=places)] == ["scripts/tool"]


@posix
def test_link_that_leads_out_or_nowhere_is_nobodys(several: Handmade, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    targets = {"out": tmp_path / "outside", "nowhere": tmp_path / "absent", "round": Path("round")}
    for name, target in targets.items():
        (several.prefix / "bin" / name).symlink_to(target)
        assert whose(several, f"bin/{name}") == ((), "present", ())


# -- whose it is, and whose content is there ---------------------------------------------------------------


def test_file_of_one(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "p/other.py": "1"}, rows=[("p/bare.txt", "", "")])
    (made.site / "p" / "bare.txt").write_text("?")
    assert whose(made, "p/m.py") == (("one",), "present", ("one",))
    assert whose(made, "p/bare.txt") == (("one",), "present", ())
    (made.site / "p" / "m.py").write_text("2")
    assert whose(made, "p/m.py") == (("one",), "changed", ())
    (made.site / "p" / "m.py").unlink()
    assert whose(made, "p/m.py") == (("one",), "missing", ())
    (made.site / "p" / "m.py").mkdir()
    assert whose(made, "p/m.py") == (("one",), "changed", ())


@pytest.mark.parametrize(
    ("content", "state", "matches"), [("1", "present", ("one",)), ("2", "present", ("two",)), ("3", "changed", ())]
)
def test_contested_file_is_told_by_its_hash(made: Handmade, content: str, state: str, matches: tuple[str, ...]) -> None:
    made.add("one", {"p/m.py": "1"})
    made.add("two", {"p/m.py": "2"})
    (made.site / "p" / "m.py").write_text(content)
    found = only(made, "p/m.py")
    assert whose(made, "p/m.py") == (("one", "two"), state, matches)
    assert (found.kind, found.role, found.contested, found.files, found.unowned) == ("different", "module", 1, 1, 0)
    assert len({share.content for share in found.shares}) == 2
    assert all(share.sha256 is not None and share.size == 1 for share in found.shares)


def test_identical_content_is_everybodys(made: Handmade) -> None:
    for name in ("one", "two", "three"):
        made.add(name, {"p/m.py": "1"})
    assert whose(made, "p.m") == (("one", "three", "two"), "present", ("one", "three", "two"))
    assert only(made, "p.m").kind == "identical"


def test_file_nobody_recorded(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1"})
    (made.site / "p" / "left.so").write_text("1")
    found = only(made, "p/left.so")
    assert whose(made, "p/left.so") == ((), "present", ())
    assert (found.role, found.files, found.unowned) == ("native", 0, 1)


@pytest.mark.parametrize("name", ["m.cpython-312.pyc", "m.cpython-312.opt-1.pyc", "m.pypy310.pyc"])
def test_bytecode_belongs_to_the_owner_of_its_source(made: Handmade, name: str) -> None:
    made.add("one", {"p/m.py": "1"}, rows=[(f"p/__pycache__/{name}", "", "")])
    (made.site / "p" / "__pycache__").mkdir()
    (made.site / "p" / "__pycache__" / name).write_bytes(b"...")
    found = only(made, f"p/__pycache__/{name}")
    assert [share.name for share in found.shares] == ["one"]
    assert (found.path, found.source) == (f"site-packages/p/__pycache__/{name}", "site-packages/p/m.py")
    assert (found.role, found.state) == ("bytecode", "present")


def test_bytecode_without_a_recorded_source_is_nobodys(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1"})
    (made.site / "p" / "__pycache__").mkdir()
    (made.site / "p" / "__pycache__" / "x.cpython-312.pyc").write_bytes(b"...")
    assert whose(made, "p/__pycache__/x.cpython-312.pyc") == ((), "present", ())


def test_generated_command_is_its_owners_whoever_generated_it(made: Handmade) -> None:
    points = {"entry_points.txt": "[console_scripts]\ntool = p.m:run\n"}
    made.add("one", {"p/m.py": "", "../../../bin/tool": "as recorded"}, more=points)
    place = made.prefix / "bin" / "tool"
    place.write_text("#!python\nfrom p.m import run\nsys.exit(run())\n")
    assert whose(made, "tool") == (("one",), "present", ("one",))
    place.write_text("#!python\nfrom q.m import run\nsys.exit(run())\n")
    assert whose(made, "tool") == (("one",), "changed", ())


def test_folder_is_counted(made: Handmade) -> None:
    made.add("one", {"p/a.py": "1", "p/b.py": "1", "p/c.py": "1", "p/d.py": "1", "p/sub/e.py": "", "q.py": ""})
    made.add("two", {"p/a.py": "2", "p/b.py": "2", "p/c.py": "1", "two.py": ""})
    (made.site / "p" / "b.py").write_text("1")
    (made.site / "p" / "c.py").unlink()
    (made.site / "p" / "d.py").unlink()
    (made.site / "p" / "sub" / "x").write_text("")
    (made.site / "p" / "__pycache__").mkdir()
    (made.site / "p" / "__pycache__" / "a.cpython-312.pyc").write_text("")
    found = only(made, "p")
    counts = {each.name: (each.files, each.contested, each.held, each.missing) for each in found.shares}
    assert counts == {"one": (5, 3, 1, 2), "two": (3, 3, 1, 1)}
    assert (found.files, found.contested, found.unowned) == (5, 3, 1)
    names = {share.id: share.name for share in found.shares}
    below = {
        each.path.removeprefix("site-packages/p/"): (
            [names[id_] for id_ in each.owners],
            each.kind,
            each.state,
            [names[id_] for id_ in each.matches],
        )
        for each in found.below
    }
    assert below == {
        "a.py": (["one", "two"], "different", "present", ["two"]),
        "b.py": (["one", "two"], "different", "present", ["one"]),
        "c.py": (["one", "two"], "identical", "missing", []),
        "d.py": (["one"], None, "missing", []),
        "sub/x": ([], None, "present", []),
    }
    (everything,) = ask(made, "venv")
    counts = {each.name: (each.files, each.contested, each.held, each.missing) for each in everything.shares}
    dist_info = 3  # METADATA, INSTALLER, RECORD
    assert counts == {"one": (6 + dist_info, 3, 1, 2), "two": (4 + dist_info, 3, 1, 1)}
    assert ask(made, "lib")[0]._replace(asked="", path=everything.path) == everything._replace(asked="")


def test_folder_that_is_nobodys(made: Handmade) -> None:
    made.add("one", {"p/m.py": ""})
    (made.site / "left").mkdir()
    (made.site / "left" / "m.py").write_text("")
    found = only(made, "left")
    assert (found.shares, found.files, found.unowned) == ((), 0, 1)
    assert only(made, "p").unowned == 0


def test_start_of_a_name_is_not_the_folder(made: Handmade) -> None:
    """``p`` is neither ``pq`` nor ``p.py``."""
    made.add("one", {"p/m.py": "", "pq/m.py": "", "p.txt": ""})
    assert only(made, "p").files == 1


def test_several_site_packages_are_one_environment(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1"})
    platlib = made.prefix / "lib64" / "python3.12" / "site-packages"
    (platlib / "p").mkdir(parents=True)
    (platlib / "p" / "n.py").write_text("")
    made.add("two", {"p/n.py": ""}, write=False)
    shutil.move(made.site / "two-1.0.dist-info", platlib)
    assert whose(made, "p/n.py") == (("two",), "present", ("two",))
    assert whose(made, "p.n") == (("two",), "present", ("two",))
    assert [[share.name for share in each.shares] for each in ask(made, "p")] == [["one"], ["two"]]


def test_folder_made_with_target(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "../../bin/tool": "#!"}, write=False)
    (made.site / "bin").mkdir()
    (made.site / "bin" / "tool").write_text("#!")
    folder = made.site.rename(made.prefix / "target")
    for asked in ("tool", "bin/tool", "target/bin/tool"):
        (found,) = ask(made, asked, cwd=made.prefix, places=places_at(folder))
        assert ([share.name for share in found.shares], found.state) == (["one"], "present")


# -- what is not compared, what cannot be read -------------------------------------------------------------


def test_owner_that_is_not_compared_is_an_owner_with_the_reason(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1"})
    made.add("theirs", {"p/n.py": "1"}, installer="conda")
    found = only(made, "p/n.py")
    assert [(share.name, share.version, share.aside) for share in found.shares] == [("theirs", "1.0", "conda")]
    assert found.matches == (found.shares[0].id,)
    assert [each.code for each in answered(made, "p").not_compared] == ["conda"]


def test_older_release_that_was_left_owns_only_what_the_newer_does_not(made: Handmade) -> None:
    made.add("one", {"p/m.py": "1", "p/gone.py": "1"}, version="1.0")
    made.add("one", {"p/m.py": "2"}, version="2.0")
    assert [(share.version, share.aside) for share in only(made, "p/m.py").shares] == [("2.0", None)]
    assert [(share.version, share.aside) for share in only(made, "p/gone.py").shares] == [("1.0", "superseded")]


@pytest.mark.parametrize("record", [b"", b'p/n.py,"sha256', b"x\xff" + b"x" * 200_000 + b"\n"])
def test_record_that_cannot_be_read_is_a_skip(made: Handmade, record: bytes) -> None:
    made.add("one", {"p/m.py": "1"})
    made.add("bad", {"p/n.py": "1"}, record=record)
    found = answered(made, "p/m.py", "p/n.py")
    assert [[share.name for share in each.shares] for each in found.path_owners] == [["one"], []]
    assert [each.requirement for each in found.skipped] == (["bad"] if len(record) < 100 else [])
    assert found.searched == (1 if len(record) < 100 else 2)


@posix
@pytest.mark.parametrize("closed", ["p/m.py", "p", "two-1.0.dist-info/RECORD"])
@pytest.mark.parametrize("asked", ["p/m.py", "p"])
def test_what_may_not_be_read_is_told_and_not_taken_for_missing(closed: str, asked: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = Handmade(Path(folder) / "venv")
        made.add("one", {"p/m.py": "1"})
        made.add("two", {"p/m.py": "2"})
        answered(made, asked)  # imports everything while that is allowed
        (made.site / closed).chmod(0)
        try:
            with unprivileged():
                found = answered(made, asked)
        finally:
            (made.site / closed).chmod(0o755)
    (each,) = found.path_owners
    assert (each.unreadable is not None) == (asked == "p/m.py" and "RECORD" not in closed)
    assert [share.name for share in each.shares] == (["one"] if "RECORD" in closed else ["one", "two"])
    assert {share.missing for share in each.shares} == {0}
    assert {each.code for each in found.skipped} == {"unreadable"}


def test_rows_that_lead_out_are_nobodys(made: Handmade, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("")
    made.add("one", {"m.py": ""}, rows=[("../../../../outside.py", "", ""), (str(tmp_path / "outside.py"), "", "")])
    found = answered(made, str(tmp_path / "outside.py"), "outside.py")
    assert found.path_owners == ()
    assert all(each.outside for each in found.unknown.values())


@pytest.mark.parametrize("asked", ["", " ", "p\0m", "p/\ud800"])
def test_what_can_be_no_path_is_no_question(made: Handmade, asked: str) -> None:
    made.add("one", {"p/m.py": "1"})
    with pytest.raises(QuestionError):
        ask(made, asked)


@pytest.mark.parametrize("asked", ["\n", "a\x1b[31m", "../../../../../../..", "/", "a" * 10_000, "x/" * 3_000, ".py"])
def test_odd_path_means_nothing_and_breaks_nothing(made: Handmade, asked: str) -> None:
    made.add("one", {"p/m.py": "1"})
    if asked.strip():
        assert list(answered(made, asked).unknown) == [asked]


def test_what_means_nothing_comes_with_a_reason(several: Handmade, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    asked = ("pkg/plane.py", "pkg.plane", "tol", "ONE", str(tmp_path / "notes.txt"), "notes.txt", "venv/bin/tol")
    unknown = answered(several, *asked).unknown
    assert list(unknown) == list(asked)
    assert unknown["pkg/plane.py"].near[0] == "pkg/plain.py"
    assert unknown["pkg.plane"].near[0] == "pkg.plain"
    assert unknown["tol"].near[0] == "tool"
    assert unknown["venv/bin/tol"].near[0] == "venv/bin/tool"
    assert unknown["ONE"].is_distribution
    assert [each for each in asked if unknown[each].outside] == [str(tmp_path / "notes.txt"), "notes.txt"]


def test_only_what_was_asked_about_is_hashed(made: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def spying(path: str, algorithm: str = "sha256") -> str | None:
        read.append(path)
        return digest_of(path, algorithm)

    monkeypatch.setattr("wheelclash.environment.files.digest_of", spying)
    made.add("one", {"p/a.py": "1", "p/b.py": "1", "q/c.py": "1"})
    made.add("two", {"p/a.py": "2", "p/b.py": "2", "q/c.py": "2"})
    ask(made, "p/a.py")
    assert read == [str(made.site / "p" / "a.py")]
    ask(made, "q")
    assert read[1:] == [str(made.site / "q" / "c.py")]
