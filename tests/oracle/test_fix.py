"""What real pip and uv broke, ``fix --apply`` mends; what it plans, it does, and without ``--apply`` nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uv

from tests.support.command import Command, Ran
from tests.support.environments import INSTALLER_NAMES, RealInstaller
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.report.schema import read_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.environments import Environment, Environments, InstallerName

pytestmark = pytest.mark.oracle


def variant(name: str, version: str = "1.0", **more: str) -> Wheel:
    """One of two that install a package of one name, which imports only with its own helper."""
    files = {"p/core.py": f"from {name}_helper import WHO\n", "p/same.py": "", f"{name}_helper.py": f"WHO = {name!r}\n"}
    return Wheel(name, version, files={**files, **more}, scripts={"tool": f"{name}_helper:WHO.upper"})


ONE, TWO = variant("one"), variant("two")
THIRD = Wheel("third", files={"p/same.py": "", "third.py": "import p.same\n"})
NEEDS = Wheel("needs", files={"needs.py": ""}, requires=["two"])
MOVED = Wheel("one", "2.0", files={"one_helper.py": "WHO = 'one'\n"})


@dataclass
class Shop:
    """A real environment, a real installer, a real index, and the command."""

    environment: Environment
    installer: RealInstaller
    index: LoopbackIndex
    ask: Command

    def install(self, *wheels: Wheel) -> None:
        self.index.add(*wheels)
        names = [f"{each.name}=={each.version}" for each in wheels]
        self.installer.install(self.environment, names, "--no-deps").expect()

    def uninstall(self, *names: str) -> None:
        self.installer.uninstall(self.environment, names).expect()

    def fix(self, *arguments: str) -> Ran:
        return self.ask("fix", "--python", str(self.environment.python), *arguments)

    def env(self, *arguments: str) -> Ran:
        return self.ask("env", "--python", str(self.environment.python), *arguments)

    def who_is_imported(self) -> str:
        """Whose ``p.core`` can be imported; the complaint if none can."""
        line = [str(self.environment.python), "-B", "-c", "import p.core, p.same; print(p.core.WHO)"]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    @property
    def site(self) -> Path:
        return self.environment.prefix / self.environment.real_path("site-packages", "")


@pytest.fixture(params=INSTALLER_NAMES)
def shop(request: pytest.FixtureRequest, environments: Environments, tmp_path: Path) -> Iterator[Shop]:
    name: InstallerName = request.param
    (tmp_path / "home").mkdir()
    programs = os.pathsep.join([str(Path(sys.executable).parent), str(Path(uv.find_uv_bin()).parent), os.defpath])
    caches = {"PIP_CACHE_DIR": str(tmp_path / "caches"), "UV_CACHE_DIR": str(tmp_path / "caches")}
    with LoopbackIndex(tmp_path / "wheels") as index:
        command = Command(tmp_path / "home", index.simple, {"PATH": programs, **caches})
        installer = RealInstaller(name, tmp_path / "cache", find_links=tmp_path / "wheels")
        yield Shop(environments.new(), installer, index, command)


def state(ran: Ran) -> dict[str, str]:
    return {each["distribution"]: each["intact"] for each in ran.json["result"]}


def commands(ran: Ran) -> list[list[str]]:
    return [each["command"] for each in ran.json["steps"]]


def test_the_keeper_is_written_again_last_and_pinned(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    before = shop.environment.files()
    ran = shop.fix("--keep", "one", "--format", "json")
    assert (ran.code, ran.json["state"], state(ran)) == (1, "planned", {"one": "yes", "two": "no"})
    assert shop.environment.files() == before
    assert [each[-1] for each in commands(ran)] == ["one==1.0"]
    assert ran.json["origins"][0]["filename"] == ONE.filename
    ran = shop.fix("--keep", "one", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"], state(ran)) == (0, "mended", {"one": "yes", "two": "no"})
    assert shop.who_is_imported() == "one"
    assert shop.env("--keep", "one").code == 0
    assert shop.env("--keep", "two").code == 1
    assert shop.fix("--keep", "one").code == 0
    assert ran.json["environment"]["installer"] == shop.installer.name


def test_it_asks_rather_than_guesses(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    before = shop.environment.files()
    ran = shop.fix("--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "undecided")
    assert [each["distribution"] for each in ran.json["undecided"][0]["sides"]] == ["one", "two"]
    assert ran.json["undecided"][0]["paths"] == ["scripts/tool", "site-packages/p/core.py"]
    assert shop.environment.files() == before
    ran = shop.fix("--apply")
    assert "--keep one or --keep two" in ran.out


def test_what_an_uninstall_took_needs_no_keeper(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    shop.install(THIRD)
    shop.uninstall("one")
    assert "Error" in shop.who_is_imported()
    ran = shop.fix("--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (0, "mended")
    assert shop.who_is_imported() == "two"
    assert [each["intact"] for each in shop.env("--format", "json").json["distributions"]] == ["yes", "yes"]
    written = [part for command in commands(ran) for part in command if "==" in part]
    assert written == ["two==1.0"]  # what third lost comes back with it: the same content


STOPS = {"pip": "half-1.0.data/unknown/x", "uv": "half-1.0.data/scripts/folder/x"}
"""A file at which an installer stops, when what lies in the root of the wheel is written already."""


def test_what_an_installer_did_not_come_to_install_is_missing(shop: Shop) -> None:
    """It left the RECORD of the wheel, which lists no command, and no file where it was to be."""
    files: dict[str, bytes | str] = {"half.py": "", "half-1.0.data/data/share/half": ""}
    broken = Wheel("half", files={STOPS[shop.installer.name]: "", **files}, scripts={"half": "half:f"})
    shop.index.add(broken)
    assert not shop.installer.install(shop.environment, ["half==1.0"], "--no-deps").ok
    assert shop.environment.names() == {"half"}
    (shop.environment.prefix / "bin" / "half").unlink(missing_ok=True)  # uv writes commands before what it stops at
    ran = shop.env("--keep", "half", "--format", "json")
    missing = {each["path"] for each in ran.json["damage"] if each["code"] == "missing-file"}
    assert (ran.code, {"half", "share/half"} <= missing) == (1, True)
    assert shop.env("--fail-on", "warning").code == 1
    shop.index.add(Wheel("half", files=files, scripts={"half": "half:f"}))
    assert shop.fix("--keep", "half", "--apply").code == 0
    assert (shop.environment.prefix / "share" / "half").exists()
    assert shop.env("--keep", "half").code == 0


@pytest.mark.parametrize("row", ["p/", "p"])
@pytest.mark.parametrize("options", [("--keep", "one"), ("--keep", "two", "--drop", "one"), ("--drop", "one")])
def test_what_goes_with_a_folder_that_a_record_lists_comes_back(shop: Shop, row: str, options: tuple[str, ...]) -> None:
    """Pip keeps such a row, and its uninstall, which a reinstall begins with, takes all that is in the folder."""
    one = variant("one")
    one.record_extra = [(row, "", "")]
    for wheel in (Wheel("beside", files={"p/beside.py": "", "beside.py": ""}), one, TWO):
        shop.install(wheel)
    ran = shop.fix(*options, "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (0, "mended")
    assert (shop.site / "p" / "beside.py").exists()
    assert shop.who_is_imported() == ("one" if "--drop" not in options else "two")


def test_a_file_in_the_place_of_a_folder_is_refused(shop: Shop) -> None:
    """Both installers stop there; uv has removed RECORD by then."""
    shop.install(ONE)
    shop.install(TWO)
    shutil.rmtree(shop.site / "p")
    (shop.site / "p").write_text("")
    before = shop.environment.files()
    for options in (("--keep", "one"), ("--drop", "two")):
        for more in ((), ("--apply",)):
            ran = shop.fix(*options, *more)
            assert (ran.code, "is no folder" in ran.err, shop.environment.files()) == (2, True, before)
    (shop.site / "p").unlink()
    assert shop.fix("--keep", "one", "--apply").code == 0
    assert shop.who_is_imported() == "one"


def test_a_folder_that_is_a_link_is_refused_if_the_installer_stops_there(shop: Shop, tmp_path: Path) -> None:
    shop.install(ONE)
    (shop.site / "p").rename(tmp_path / "p")
    (shop.site / "p").symlink_to(tmp_path / "p")
    (shop.site / "one_helper.py").unlink()
    before = shop.environment.files()
    ran = shop.fix("--apply")
    if shop.installer.name == "uv":
        assert (ran.code, "is a link" in ran.err, shop.environment.files()) == (2, True, before)
        assert shop.installer.uninstall(shop.environment, ["one"]).returncode != 0
    else:
        assert (ran.code, shop.who_is_imported()) == (0, "one")


@pytest.mark.parametrize("options", [("--keep", "one"), ("--drop", "two")])
def test_a_link_to_nothing_is_refused_if_the_installer_follows_it(shop: Shop, options: tuple[str, str]) -> None:
    shop.install(ONE)
    shop.install(TWO)
    (shop.site / "one_helper.py").unlink()
    (shop.site / "one_helper.py").symlink_to("nowhere/one_helper.py")
    before = shop.environment.files()
    ran = shop.fix(*options, "--apply")
    if shop.installer.name == "pip":
        assert (ran.code, "is a link to nothing" in ran.err, shop.environment.files()) == (2, True, before)
        assert not shop.installer.install(shop.environment, ["one"], "--force-reinstall", "--no-deps").ok
    else:
        assert (ran.code, shop.who_is_imported()) == (0, "one")


def test_packages_behind_a_link_are_seen_whole_and_not_lost(shop: Shop, tmp_path: Path) -> None:
    """From behind the link, ``..`` leads elsewhere: uv writes no command there; pip uninstalls nothing outside."""
    for wheel in (ONE, TWO, Wheel("bare", files={"bare.py": ""}), Wheel("rare", files={"bare.py": "1"})):
        shop.install(wheel)
    shop.site.rename(tmp_path / "packages")
    shop.site.symlink_to(tmp_path / "packages")
    found = shop.env("--format", "json")
    assert {each["path"] for each in found.json["overlaps"]} >= {"tool", "p/core.py", "bare.py"}
    by_path = shop.ask("env", "--path", str(shop.site), "--format", "json")
    assert by_path.json["overlaps"] == found.json["overlaps"]
    before = shop.environment.files()
    for options, refusing in ((("--keep", "one"), "uv"), (("--drop", "one"), "any"), (("--drop", "rare"), "pip")):
        ran = shop.fix(*options, "--apply")
        if refusing in {shop.installer.name, "any"}:
            assert (ran.code, shop.environment.files()) == (2, before)
            assert "link" in ran.err or "leads out" in ran.err
        else:
            assert ran.code == 0, ran.out + ran.err
            before = shop.environment.files()


def test_a_second_dist_info_folder_is_refused_if_the_installer_leaves_it(shop: Shop) -> None:
    """Pip uninstalls one of them; uv every one, but stops at one without RECORD."""
    shop.install(ONE)
    shop.install(TWO)
    shutil.copytree(shop.site / "two-1.0.dist-info", shop.site / "two-0.9.dist-info")
    record = shop.site / "two-0.9.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("two-1.0", "two-0.9"))
    before = shop.environment.files()
    if shop.installer.name == "pip":
        ran = shop.fix("--drop", "two", "--apply")
        assert (ran.code, "would uninstall one of them" in ran.err, shop.environment.files()) == (2, True, before)
    text = record.read_text()
    record.unlink()
    assert shop.fix("--drop", "two", "--apply").code == 2
    record.write_text(text)
    if shop.installer.name == "uv":
        assert (shop.fix("--drop", "two", "--apply").code, shop.environment.names()) == (0, {"one"})


def test_a_second_dist_info_folder_does_not_take_files_of_others(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    shop.install(THIRD)
    shutil.copytree(shop.site / "two-1.0.dist-info", shop.site / "two-0.9.dist-info")
    (shop.site / "two-0.9.dist-info" / "RECORD").write_text("third.py,,\ntwo-0.9.dist-info/RECORD,,\n")
    (shop.site / "two_helper.py").unlink()
    before = shop.environment.files()
    ran = shop.fix("--keep", "two", "--apply")
    assert (ran.code, "may remove files of third" in ran.err, shop.environment.files()) == (2, True, before)


@pytest.mark.parametrize(
    ("damage", "stops"),
    [
        (lambda data: data.replace(b"\r\n", b"\n").replace(b"\n", b"\n\n"), {"pip"}),
        (lambda data: data + b"caf\xe9.py,,\n", {"pip", "uv"}),
        (lambda data: data + b"a\0b.py,,\n", {"pip", "uv"}),  # pip passes over it
        (lambda data: b"".join(line.split(b",")[0] + b"\n" for line in data.splitlines()), {"uv"}),
        (lambda data: data + b"x.py,,many\n", {"uv"}),
    ],
    ids=["blank rows", "not UTF-8", "NUL", "one column", "size"],
)
def test_a_record_that_the_installer_cannot_read_is_refused(
    shop: Shop, damage: Callable[[bytes], bytes], stops: set[str]
) -> None:
    """Both have uninstalled what comes before by the time they read it."""
    shop.install(ONE)
    shop.install(TWO)
    record = shop.site / "one-1.0.dist-info" / "RECORD"
    record.write_bytes(damage(record.read_bytes()))
    before = shop.environment.files()
    ran = shop.fix("--keep", "one", "--drop", "two", "--apply")
    if shop.installer.name in stops:
        assert (ran.code, shop.environment.files()) == (2, before)
        assert "cannot uninstall one: its RECORD" in ran.err or "cannot read a RECORD" in ran.err
    else:
        assert (ran.code, shop.who_is_imported()) == (0, "one"), ran.out + ran.err


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"\0" * len(data),
        lambda data: data[:80] + b"\0" * 400,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data[:100],
    ],
    ids=["zeros", "zeros in the end", "UTF-16", "cut off"],
)
def test_a_record_that_is_not_whole_is_no_all_clear(shop: Shop, damage: Callable[[bytes], bytes]) -> None:
    """A file has these after the power failed, or a disk was full."""
    shop.install(ONE)
    shop.install(TWO)
    record = shop.site / "one-1.0.dist-info" / "RECORD"
    record.write_bytes(damage(record.read_bytes()))
    ran = shop.env("--format", "json")
    assert (ran.code, {each["code"] for each in ran.json["skipped"]}) == (3, {"unreadable"})
    assert shop.fix("--keep", "one", "--apply").code == 2


def test_what_a_wheel_lists_and_does_not_have_is_said_to_stay_missing(shop: Shop) -> None:
    """Pip keeps such a row of RECORD, and no repair can bring the file; uv leaves the row out."""
    one = variant("one")
    one.record_extra = [("gone/x.py", "", "")]
    shop.install(one)
    shop.install(TWO)
    ran = shop.fix("--keep", "one", "--apply")
    assert shop.who_is_imported() == "one"
    assert "another wheel" not in ran.out
    if shop.installer.name == "pip":
        assert ran.code == 1
        assert "one: site-packages/gone/x.py will stay missing" in ran.out
        assert "cache may hold" not in ran.out
    else:
        assert ran.code == 0


def test_dropping_is_for_good_and_mends_whoever_shared(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    shop.install(THIRD, NEEDS)
    ran = shop.fix("--keep", "one", "--format", "json")
    lasting = ran.json["lasting"]
    assert lasting["losses"] == [{"distribution": "two", "requirers": ["needs"], "packages": ["two_helper"]}]
    assert lasting["command"][-5:] == ["--keep", "one", "--drop", "two", "--apply"]
    ran = shop.ask(*lasting["command"][1:], "--format", "json")
    assert (ran.code, ran.json["state"]) == (0, "mended")
    assert shop.environment.names() == {"one", "third", "needs"}
    assert shop.who_is_imported() == "one"
    assert any("needs requires two" in each for each in ran.json["warnings"])
    found = shop.env("--verify", "--format", "json")
    assert {each["name"]: each["intact"] for each in found.json["distributions"]} == {
        "needs": "yes", "one": "yes", "third": "yes",
    }  # fmt: skip


def test_a_repair_is_finished_also_if_nobody_reads_its_output(shop: Shop) -> None:
    """Half a repair is worse than none: after the first step the dropped one is gone, and the keeper not yet there."""
    shop.install(ONE)
    shop.install(TWO)
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ("fix", "--python", str(shop.environment.python), "--keep", "one", "--drop", "two", "--apply")
    process = shop.ask.start(*arguments, stdout=writing, stderr=writing)
    os.close(writing)
    process.wait(120)
    assert shop.environment.names() == {"one"}
    assert shop.who_is_imported() == "one"


def test_dropping_alone_decides(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    ran = shop.fix("--drop", "two", "--apply")
    assert ran.code == 0, ran.out + ran.err
    assert (shop.environment.names(), shop.who_is_imported()) == ({"one"}, "one")


def test_whatever_one_command_left_is_mended(shop: Shop) -> None:
    """Under uv chance decides, file by file."""
    shop.install(ONE, TWO)
    for name in ("two", "one"):
        assert shop.fix("--keep", name, "--apply").code == 0
        assert shop.who_is_imported() == name


def test_hybrid_is_made_whole(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    (shop.site / "p" / "core.py").write_text(str(ONE.files["p/core.py"]))
    ran = shop.fix("--keep", "two", "--apply")
    assert (ran.code, shop.who_is_imported()) == (0, "two")
    assert b"two_helper" in (shop.environment.prefix / "bin" / "tool").read_bytes()


def test_what_an_upgrade_took_comes_back(shop: Shop) -> None:
    """``p/core.py`` moved away from ``one``; upgrading it deletes what ``two`` has there."""
    shop.install(ONE)
    shop.install(TWO)
    shop.install(MOVED)
    assert "Error" in shop.who_is_imported()
    assert shop.fix("--apply").code == 0
    assert shop.who_is_imported() == "two"


def test_changed_keeper_is_found_and_written_again(shop: Shop) -> None:
    shop.install(ONE)
    (shop.site / "one_helper.py").write_text("WHO = 'nobody'\n")
    assert shop.fix().code == 0  # patched files are everyday; only of a keeper they count
    assert shop.fix("--keep", "one").code == 1
    assert shop.fix("--keep", "one", "--apply").code == 0
    assert shop.who_is_imported() == "one"


def test_installed_from_a_file_it_is_written_again_from_that_file(shop: Shop, tmp_path: Path) -> None:
    places = {each.name: each.write(tmp_path / "built") for each in (ONE, TWO)}
    for path in places.values():
        shop.installer.install(shop.environment, [path], "--no-deps").expect()
    ran = shop.fix("--keep", "one", "--apply", "--format", "json")
    assert (ran.code, shop.who_is_imported()) == (0, "one")
    assert commands(ran)[0][-1] == f"one @ {places['one'].as_uri()}"
    places["two"].unlink()
    ran = shop.fix("--keep", "two", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "no-wheel")
    assert str(places["two"]) in ran.json["origins"][0]["reason"]
    shop.index.add(TWO)
    assert shop.fix("--keep", "two", "--apply").code == 0
    assert shop.who_is_imported() == "two"


def test_without_a_wheel_nothing_is_touched(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    before = shop.environment.files()
    for each in (ONE, TWO):
        (shop.index.folder / each.filename).unlink()
    shop.index.add(variant("one", "1.1"))  # a newer release does not count
    ran = shop.fix("--keep", "one", "--drop", "two", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "no-wheel")
    assert ran.json["origins"][0]["reason"].startswith("no-wheel: ")
    assert shop.environment.files() == before


def test_it_stops_at_the_first_step_that_fails(shop: Shop) -> None:
    """The wheel is known from before, so the check passes; then its file is gone and the installer fails."""
    shop.install(ONE)
    shop.install(TWO)
    assert shop.fix("--keep", "one").code == 1
    shop.index.fault(f"/files/{ONE.filename}*", "status", status=404)
    ran = shop.fix("--keep", "one", "--drop", "two", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (1, "failed")
    assert [each["outcome"] for each in ran.json["steps"]] == ["done", "failed"]
    assert ran.json["steps"][1]["exit_code"] not in {0, None}
    assert state(ran) == {"one": "no"}
    assert ran.json["environment"]["command"][-1] == "--apply"
    shop.index.mend()
    retry = [each for each in ran.json["environment"]["command"][1:] if each not in {"--drop", "two"}]
    assert shop.ask(*retry).code == 0
    assert shop.who_is_imported() == "one"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--keep", "three"], "--keep three: no distribution of that name"),
        (["--drop", "tow"], "--drop tow: no distribution of that name is installed.\nPerhaps: two?"),
        (["--keep", "one", "--drop", "one"], "one is to be kept and dropped"),
        (["--keep", "one", "--keep", "two"], "both own"),
    ],
)
def test_words_that_make_no_sense(shop: Shop, words: list[str], told: str) -> None:
    shop.install(ONE)
    shop.install(TWO)
    before = shop.environment.files()
    ran = shop.fix(*words, "--apply")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert shop.environment.files() == before


def test_the_installer_runs_with_the_index_that_was_given(shop: Shop) -> None:
    """Also where it is configured with another, and with credentials that no argument and no output shows."""
    shop.install(ONE)
    shop.install(TWO)
    given = shop.index.with_credentials("user", "open sesame")
    ran = shop.ask(
        "fix", "--python", str(shop.environment.python), "--keep", "one", "--apply", "--index-url", given,
        "--format", "json", PIP_INDEX_URL="http://127.0.0.1:9/simple", UV_DEFAULT_INDEX="http://127.0.0.1:9/simple",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "sesame" not in ran.out + ran.err
    assert shop.index.simple in commands(ran)[0]
    assert any("authorization" in {key.lower() for key in each.headers} for each in shop.index.asked("/simple/one/"))


def test_the_other_installer_on_demand(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    other = next(each for each in INSTALLER_NAMES if each != shop.installer.name)
    ran = shop.fix("--keep", "one", "--apply", "--installer", other, "--format", "json")
    assert (ran.code, shop.who_is_imported()) == (0, "one")
    assert ran.json["environment"]["installer"] == other


def test_a_module_that_is_hidden_stays_hidden(shop: Shop) -> None:
    shop.install(Wheel("flat", files={"m.py": "WHO = 'flat'\n"}))
    shop.install(Wheel("deep", files={"m/__init__.py": "WHO = 'deep'\n"}))
    before = shop.environment.files()
    ran = shop.fix("--apply", "--format", "json")
    assert (ran.code, ran.json["state"], shop.environment.files()) == (2, "undecided", before)
    assert [each["paths"] for each in ran.json["undecided"]] == [["site-packages/m.py"]]
    assert shop.env().code == 1
    accepted = ("--ignore", "flat,deep:*")
    assert (shop.env(*accepted).code, shop.fix(*accepted).code, shop.fix("--keep", "deep").code) == (0, 0, 0)
    ran = shop.fix("--keep", "flat", "--apply")
    assert (ran.code, ran.err) == (2, "")
    assert "imports find a module of deep in place of flat's site-packages/m.py" in ran.out
    assert "--keep flat --drop deep --apply" in ran.out
    ran = shop.fix("--keep", "flat", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"], shop.environment.files()) == (2, "needs-drop", before)
    assert ran.json["obstacles"] == [
        {"keeper": "flat", "distribution": "deep", "code": "hidden-module", "path": "site-packages/m.py"}
    ]
    assert ran.json["lasting"]["command"][-5:] == ["--keep", "flat", "--drop", "deep", "--apply"]
    assert read_report(ran.out).to_json() == ran.out
    assert shop.fix("--keep", "flat", "--drop", "deep", "--apply").code == 0


def test_report_is_of_the_published_schema(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    for words in ([], ["--keep", "one"], ["--keep", "one", "--apply"], ["--keep", "one"]):
        ran = shop.fix(*words, "--format", "json")
        assert read_report(ran.out).to_json() == ran.out


def test_the_very_version_is_written_again(shop: Shop) -> None:
    """``==1.0`` also means ``1.0+cu12``, and takes it where both are there."""
    shop.install(ONE)
    shop.install(TWO)
    shop.index.add(variant("one", "1.0+cu12"))
    ran = shop.fix("--keep", "one", "--apply", "--format", "json")
    assert (ran.code, commands(ran)[0][-1]) == (0, "one===1.0")
    assert shop.who_is_imported() == "one"
    assert (shop.site / "one-1.0.dist-info").is_dir()


def test_who_was_whole_and_was_not_named_stays_whole(shop: Shop) -> None:
    """Writing ``one`` again takes what it shares with ``two``, of which nobody spoke: so that comes after it."""
    shop.install(ONE, Wheel("keeper", files={"keeper.py": ""}))
    shop.install(TWO)
    (shop.site / "one_helper.py").unlink()
    ran = shop.fix("--keep", "keeper", "--apply", "--format", "json")
    assert (ran.code, [each[-1] for each in commands(ran)]) == (0, ["one==1.0", "two==1.0"])
    assert shop.who_is_imported() == "two"


def test_a_wheel_with_other_files_is_told_and_no_substitute(shop: Shop, tmp_path: Path) -> None:
    fork = variant("one", **{"p/extra.py": ""}).write(tmp_path / "built")
    shop.installer.install(shop.environment, [fork], "--no-deps").expect()
    shop.index.add(ONE)
    (shop.site / "one_helper.py").unlink()
    fork.unlink()
    ran = shop.fix("--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "no-wheel")
    assert (shop.site / "p" / "extra.py").exists()


def test_nothing_is_begun_that_could_not_be_finished(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    shop.fix("--keep", "one")
    before = shop.environment.files()
    ran = shop.fix("--keep", "one", "--drop", "two", "--apply", "--offline")
    assert (ran.code, shop.environment.files()) == (2, before)
    assert "Offline" in ran.err
    ran = shop.fix("--keep", "one", "--apply", "--output", str(shop.site / "gone" / "report.txt"))
    assert (ran.code, shop.environment.files()) == (2, before)
    assert "cannot be written" in ran.err


ELSEWHERE = {
    "pip": (
        "[global]\nindex-url = {index}\n[install]\nuser = true\ndry-run = true\ntarget = {home}/elsewhere\n"
        "root = {home}/elsewhere\nno-binary = :all:\nrequire-hashes = true\nconstraint = {home}/constraints.txt\n"
        "platform = win32\nuploaded-prior-to = 2001-01-01\n"
    ),
    "uv": (
        'index-url = "{index}"\nrequired-version = ">=99"\noffline = true\nexclude-newer = "2001-01-01"\n'
        'constraint-dependencies = ["one<1"]\n[pip]\ntarget = "{home}/elsewhere"\nno-binary = [":all:"]\n'
        "require-hashes = true\nall-extras = true\n"
    ),
}
"""Files of settings, with any of which a repair would uninstall, and then fail or write elsewhere."""


def test_files_of_settings_do_not_lead_a_repair_elsewhere(shop: Shop) -> None:
    """Nor do they let it fail when something is uninstalled; of commands to run by hand, that is said."""
    shop.install(ONE)
    shop.install(TWO)
    name, home = shop.installer.name, shop.ask.folder
    (home / "constraints.txt").write_text("one<1\n")
    settings = home / f"{name}.settings"
    settings.write_text(ELSEWHERE[name].format(index=shop.index.simple, home=home))
    words = ("fix", "--python", str(shop.environment.python), "--keep", "one", "--drop", "two", "--installer", name)
    files = {name: str(settings) for name in ("PIP_CONFIG_FILE", "UV_CONFIG_FILE")}
    ask = Command(home, None, {**shop.ask.environ, **files, "UV_NO_CONFIG": ""})
    planned = ask(*words)
    assert planned.code == 1
    assert f"{name} is configured with " in planned.out
    ran = ask(*words, "--apply")
    assert (ran.code, shop.who_is_imported()) == (0, "one"), ran.out + ran.err
    assert "is configured with" not in ran.out
    assert not (home / "elsewhere").exists()


def test_variables_do_not_lead_a_repair_elsewhere(shop: Shop) -> None:
    shop.install(ONE)
    shop.install(TWO)
    elsewhere = str(shop.ask.folder / "elsewhere")
    words = ("fix", "--python", str(shop.environment.python), "--keep", "one", "--drop", "two", "--apply")
    ran = shop.ask(
        *words, PIP_TARGET=elsewhere, PIP_REQUIRE_HASHES="1", PIP_PYTHON=sys.executable, UV_DRY_RUN="1",
        UV_EXCLUDE_NEWER="2001-01-01", UV_REQUIRE_HASHES="1", UV_WORKING_DIR=elsewhere,
    )  # fmt: skip
    assert (ran.code, shop.who_is_imported()) == (0, "one"), ran.out + ran.err
    assert not Path(elsewhere).exists()


HOOK = (
    "import os, sys, shutil; here = sys._getframe(1).f_locals['sitedir'];"
    " shutil.copy(os.path.join(here, 'hooked_core.py'), os.path.join(here, 'p', 'core.py'))\n"
)
"""A line of a ``.pth`` file that copies a distribution's own module over a shared one whenever Python starts."""


def test_a_repair_that_the_next_start_undoes_is_refused_with_the_one_that_lasts(shop: Shop) -> None:
    shop.install(ONE)
    core = "from hooked_helper import WHO\n"
    shop.install(variant("hooked", **{"hooked.pth": HOOK, "hooked_core.py": core}))
    assert shop.who_is_imported() == "hooked"
    ran = shop.fix("--keep", "one", "--apply")
    assert (ran.code, ran.err) == (2, "")
    assert "writing one again would not last; nothing was done" in ran.lines[0]
    assert "hooked runs code whenever Python starts (site-packages/hooked.pth)" in ran.out
    assert "--keep one --drop hooked --apply" in ran.out
    ran = shop.fix("--keep", "one", "--format", "json")
    assert (ran.code, ran.json["state"], ran.json["steps"]) == (2, "needs-drop", [])
    assert ran.json["obstacles"] == [
        {"keeper": "one", "distribution": "hooked", "code": "startup-code", "path": "site-packages/hooked.pth"}
    ]
    assert shop.env("--keep", "one", "--format", "json").json["environment"]["fix"][-4:] == [
        "--keep", "one", "--drop", "hooked",
    ]  # fmt: skip
    ran = shop.fix("--keep", "one", "--drop", "hooked", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"]) == (0, "mended")
    assert shop.who_is_imported() == "one"
    assert shop.env("--keep", "one").code == 0


def test_what_undoes_a_repair_when_python_starts_is_seen(shop: Shop) -> None:
    """Code that nobody recorded, and so no plan can know of, runs before the environment is looked at again."""
    shop.install(ONE)
    shop.install(TWO)
    (shop.site / "hooked_core.py").write_text("from two_helper import WHO\n")
    (shop.site / "unrecorded.pth").write_text(HOOK)
    ran = shop.fix("--keep", "one", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"], state(ran)["one"]) == (1, "failed", "no")


def test_a_wheel_variant_is_never_replaced_by_another_build(shop: Shop) -> None:
    """Installers cannot be told to take the same variant again, so that nothing is written in its place."""
    shop.install(ONE)
    shop.install(TWO)
    variants = '{"variants": {"v4": {"x86_64": {"level": ["v4"]}}}}'
    (shop.site / "one-1.0.dist-info" / "variant.json").write_text(variants)
    before = shop.environment.files()
    ran = shop.fix("--keep", "one", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"], shop.environment.files()) == (2, "no-wheel", before)
    assert "wheel variant (v4)" in ran.json["origins"][0]["reason"]
    assert ran.json["steps"] == []  # nor is a command shown that would do it
    ran = shop.fix("--drop", "two", "--apply", "--format", "json")
    assert (ran.code, ran.json["state"], shop.environment.files()) == (2, "no-wheel", before)
    assert shop.fix("--keep", "two").code == 0


UNLISTED = Wheel("aa", files={"m.py": "WHO = 'aa'\n", "aa.py": ""}, unlisted={"m.py"})
TWICE = Wheel("aa", files={"m.py": "WHO = 'first'\n", "aa-1.0.data/purelib/m.py": "WHO = 'last'\n", "aa.py": ""})
LISTED = Wheel("bb", files={"m.py": "WHO = 'bb'\n", "bb.py": ""})


@pytest.mark.parametrize("other", [UNLISTED, TWICE], ids=["no hash", "two hashes"])
def test_keeper_that_lost_to_one_without_a_usable_hash_is_written_again(shop: Shop, other: Wheel) -> None:
    """Its own hash proves the loss: ``env`` and ``fix`` agree on it, and say what is known of the other."""
    shop.install(LISTED)
    shop.install(other)
    looked = shop.env("--keep", "bb")
    assert looked.code == 1
    assert "bb 1.0: 1 file overwritten" in looked.out
    assert "unknown" not in looked.out
    planned = shop.fix("--keep", "bb")
    assert planned.code == 1
    done = shop.fix("--keep", "bb", "--apply")
    assert done.code == 0, done.out
    assert (shop.site / "m.py").read_text() == "WHO = 'bb'\n"
    assert "mended: bb is intact" in done.lines[0]
    assert "aa is not" not in done.lines[0]
    assert shop.env("--keep", "bb").code == 0
    again = shop.fix("--keep", "bb", "--format", "json")
    assert (again.code, again.json["state"]) == (0, "whole")


def test_headers_are_those_of_the_wheel_however_its_name_is_spelt(shop: Shop) -> None:
    """Installers name their folder for the distribution, wheels for the file; it is the same wheel all the same."""
    files: dict[str, bytes | str] = {
        "some_lib.py": "1",
        "some_lib-1.0.data/headers/a.h": "a",
        "some_lib-1.0.data/headers/sub/b.h": "b",
    }
    shop.install(Wheel("Some-Lib", files=files))
    (shop.site / "some_lib.py").write_text("changed")
    planned = shop.fix("--keep", "some-lib", "--format", "json")
    assert planned.code == 1
    assert [(each["distribution"], each["differs"]) for each in planned.json["origins"]] == [("some-lib", 0)]
    assert planned.json["warnings"] == []


def test_script_that_gave_way_to_its_own_command_is_not_mended(shop: Shop) -> None:
    files: dict[str, bytes | str] = {"skips.py": "def run(): pass\n", "skips-1.0.data/scripts/tool": "#!python\n"}
    shop.install(Wheel("skips", files=files, scripts={"tool": "skips:run"}))
    assert shop.env("--keep", "skips", "--verify").code == 0
    ran = shop.fix("--keep", "skips", "--format", "json")
    assert (ran.code, ran.json["state"], ran.json["steps"]) == (0, "whole", [])
