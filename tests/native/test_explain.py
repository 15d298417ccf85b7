"""Why a contested native file breaks: in an environment, the loser's version read from its wheel."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import wheelclash
from tests.support.certificates import certificate_of, needs_openssl
from tests.support.command import Command, Ran
from tests.support.elf import shared_library
from tests.support.installed import Handmade
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.native.explain import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="says where Linux finds libraries")

CORE = "p/core.so"


def built(cuda: str) -> bytes:
    return shared_library([f"libzzrt.so.{cuda}", "libc.so.6"], runpath="$ORIGIN/../vendor/lib")


WHEELS = {name: Wheel(name, files={CORE: built(cuda)}) for name, cuda in (("cu12", "12"), ("cu13", "13"))}


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path / "wheels") as found:
        found.add(*WHEELS.values())
        yield found


@pytest.fixture
def ask(tmp_path: Path, index: LoopbackIndex) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home", index.simple)


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    """``cu13`` overwrote ``cu12``, and only what ``cu13`` needs is there."""
    made = Handmade(tmp_path / "venv")
    install(made, WHEELS["cu12"], WHEELS["cu13"])
    made.add("vendor-rt", {"vendor/lib/libzzrt.so.13": shared_library(soname="libzzrt.so.13")})
    return made


def install(made: Handmade, *wheels: Wheel) -> None:
    for each in wheels:
        made.add(each.name, {path: content for path, content in each.files.items() if ".dist-info" not in path})


def core(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in ran.json["overlaps"] if each["path"] == CORE)
    return found


def natives(ran: Ran) -> Mapping[str, Any]:
    return {each["distribution"]: each["native"] for each in core(ran)["owners"]}


def test_an_examination_counts_only_its_own_requests(made: Handmade, index: LoopbackIndex, tmp_path: Path) -> None:
    """Whatever its session was asked before."""
    environment = wheelclash.find_environment(prefix=str(made.prefix))
    flags = wheelclash.IndexOptions(index_url=index.simple)
    with wheelclash.Session(cache_dir=None) as session:
        alone = wheelclash.check_environment(environment, session=session, index=flags, use_config=False).reading
        session.check(["cu12", "cu13"], index=flags, use_config=False)
        again = wheelclash.check_environment(environment, session=session, index=flags, use_config=False).reading
    assert alone.index_requests == 1
    assert again == alone


@needs_openssl
def test_an_examination_trusts_the_certificate_of_its_settings(made: Handmade, tmp_path: Path) -> None:
    environment = wheelclash.find_environment(prefix=str(made.prefix))
    with LoopbackIndex(tmp_path / "secret", certificate=certificate_of(tmp_path)) as secret:
        secret.add(*WHEELS.values())
        for certificate, needs in ((None, []), (str(tmp_path / "ca.pem"), ["libzzrt.so.12", "libc.so.6"])):
            flags = wheelclash.IndexOptions(index_url=secret.simple, cert=certificate)
            with wheelclash.Session(cache_dir=None) as session:
                report = wheelclash.check_environment(environment, session=session, index=flags, use_config=False)
            (native,) = [each.native for each in report.overlaps[0].owners if each.distribution == "cu12"]
            assert native is not None
            assert [each.name for each in native.needs] == needs


@pytest.mark.parametrize(
    ("installers", "first"),
    [(("pip", "pip", "uv"), "pip"), (("pip", "uv"), "uv"), ((None, None), "uv"), (("pip", None), "pip")],
)
def test_an_examination_asks_the_index_of_what_installed_most(
    ask: Command, index: LoopbackIndex, tmp_path: Path, *, installers: tuple[str | None, ...], first: str
) -> None:
    """As many by uv as by pip: uv's, as where nothing is installed."""
    made = Handmade(tmp_path / "various")
    for number, installer in enumerate(installers, 12):
        made.add(f"cu{number}", {CORE: built(str(number))}, installer=installer)
    other = {"uv": "PIP_INDEX_URL", "pip": "UV_DEFAULT_INDEX"}[first]
    asking = replace(ask, environ={other: "http://127.0.0.1:1/simple"})
    ran = asking("env", "--prefix", str(made.prefix), "--format", "json")
    assert ran.code == 1
    assert index.page_requests


def test_what_each_side_needs_and_where_that_is(ask: Command, made: Handmade) -> None:
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json")
    assert ran.code == 1
    assert core(ran)["why"] == (
        "cu12's needs libzzrt.so.12: nowhere in this environment; cu13's needs libzzrt.so.13: in vendor-rt"
    )
    needs = {name: {each["name"]: each for each in native["needs"]} for name, native in natives(ran).items()}
    assert needs["cu12"]["libzzrt.so.12"] == {"name": "libzzrt.so.12", "place": "nowhere", "folders": []}
    assert needs["cu13"]["libzzrt.so.13"] == {
        "name": "libzzrt.so.13", "place": "search-path", "folders": ["vendor-rt"],
    }  # fmt: skip
    text = ask("env", "--prefix", str(made.prefix)).out
    assert f"  why      {core(ran)['why']}\n" in text


def test_reads_that_one_member_of_the_losers_wheel_once(ask: Command, made: Handmade, index: LoopbackIndex) -> None:
    big = Wheel("cu12", files={CORE: built("12"), "p/other.bin": bytes(range(256)) * 8000}, compression=0)
    index.add(big)
    made_again = Handmade(made.prefix.parent / "again")
    install(made_again, big, WHEELS["cu13"])
    reading = ask("env", "--prefix", str(made_again.prefix), "--format", "json").json["reading"]
    assert {each.path.rpartition("/")[2].partition("-")[0] for each in index.file_requests} == {"cu12"}
    assert (reading["index_requests"], reading["member_requests"]) == (1, 1)
    assert reading["bytes"] < len(big.to_bytes()) / 4
    index.forget()
    ask("env", "--prefix", str(made_again.prefix))
    assert index.file_requests == []


def test_nobody_is_asked_where_all_is_well(ask: Command, made: Handmade, index: LoopbackIndex) -> None:
    assert ask("env", "--prefix", str(made.prefix), "--keep", "cu13").code == 0
    assert index.requests == []


def test_offline_it_says_what_it_can(ask: Command, made: Handmade, index: LoopbackIndex) -> None:
    ran = ask("env", "--prefix", str(made.prefix), "--offline", "--format", "json")
    assert (ran.code, index.requests) == (1, [])
    assert core(ran)["why"] == "cu13's finds all it needs"
    assert natives(ran)["cu12"]["needs"] == []
    assert "offline" in natives(ran)["cu12"]["unread"].lower()
    assert "what the file of cu12 needs is not known: " in ask("env", "--prefix", str(made.prefix), "--offline").out


@pytest.mark.parametrize(
    ("wheel", "reason"),
    [
        (Wheel("cu12", files={CORE: built("11")}), "has another file there than was installed"),
        (Wheel("cu12", files={"q.py": ""}), "has another file there than was installed"),
        (Wheel("cu12", "1.1", files={CORE: built("12")}), "1.0"),
        (None, "no index knows"),
    ],
    ids=["other build", "no such file", "other release", "unknown"],
)
def test_only_the_wheel_that_was_installed_counts(
    ask: Command, made: Handmade, index: LoopbackIndex, wheel: Wheel | None, reason: str
) -> None:
    (index.folder / WHEELS["cu12"].filename).unlink()
    if wheel is not None:
        index.add(wheel)
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json")
    assert ran.code == 1
    assert reason in natives(ran)["cu12"]["unread"]
    assert natives(ran)["cu12"]["needs"] == []


def test_a_version_is_the_same_however_it_is_spelt(ask: Command, index: LoopbackIndex, tmp_path: Path) -> None:
    """METADATA of old says ``01.0``; ``==1.0`` would also take ``1.0+local``. One page is asked for, once."""
    index.add(Wheel("cu12", "1.0+local", files={CORE: built("11")}))
    made = Handmade(tmp_path / "old")
    made.add("cu12", {CORE: built("12")}, version="01.0")
    install(made, WHEELS["cu13"])
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json")
    assert [need["name"] for need in natives(ran)["cu12"]["needs"]] == ["libzzrt.so.12", "libc.so.6"]
    assert [each.path for each in index.page_requests] == ["/simple/cu12/"]


def test_a_member_beyond_the_limit_is_not_read_unasked(ask: Command, made: Handmade, index: LoopbackIndex) -> None:
    vast = Wheel("vast", files={CORE: built("12") + bytes(LIMIT)})
    index.add(vast)
    again = Handmade(made.prefix.parent / "again")
    install(again, vast, WHEELS["cu13"])
    ran = ask("env", "--prefix", str(again.prefix), "--format", "json")
    assert f"at most {LIMIT}" in natives(ran)["vast"]["unread"]
    ran = ask("env", "--prefix", str(again.prefix), "--why", "--format", "json")
    assert natives(ran)["vast"]["unread"] == ""
    assert natives(ran)["vast"]["needs"]


def test_what_is_no_native_file_after_all(ask: Command, made: Handmade) -> None:
    again = Handmade(made.prefix.parent / "again")
    install(again, WHEELS["cu12"])
    again.add("text", {CORE: "not what it says"})
    ran = ask("env", "--prefix", str(again.prefix), "--format", "json")
    assert natives(ran)["text"]["unread"] == "it is no native file"
    assert core(ran)["why"] == "cu12's needs libzzrt.so.12: nowhere in this environment"


def test_settings_that_cannot_be_used_do_not_hide_the_damage(ask: Command, made: Handmade) -> None:
    ran = ask("env", "--prefix", str(made.prefix), PIP_INDEX_URL="gopher://nowhere", UV_DEFAULT_INDEX=None)
    assert ran.code == 1
    assert "cu12 1.0: 1 file overwritten by cu13" in ran.out
    assert "note: " in ran.out


def test_the_libraries_of_the_process_count(ask: Command, made: Handmade, tmp_path: Path) -> None:
    """What ``LD_LIBRARY_PATH`` names, the loader searches."""
    folder = tmp_path / "driver"
    folder.mkdir()
    (folder / "libzzrt.so.12").write_bytes(shared_library(soname="libzzrt.so.12"))
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json", LD_LIBRARY_PATH=str(folder))
    (need,) = [each for each in natives(ran)["cu12"]["needs"] if each["name"] == "libzzrt.so.12"]
    assert need == {"name": "libzzrt.so.12", "place": "search-path", "folders": [str(folder)]}


TARGET = ("--python-version", "3.12", "--python-platform", "linux")


def test_before_an_install_just_those_members_are_read(ask: Command, index: LoopbackIndex) -> None:
    index.add(Wheel("vendor-rt", files={"vendor/lib/libzzrt.so.13": shared_library(soname="libzzrt.so.13")}))
    ran = ask("cu12", "cu13", "vendor-rt", *TARGET, "--why", "--format", "json")
    assert core(ran)["why"] == "cu12's needs libzzrt.so.12: not in this set; cu13's needs libzzrt.so.13: in vendor-rt"
    assert [each["place"] for each in natives(ran)["cu12"]["needs"]] == ["unknown", "system"]
    assert ran.json["reading"]["member_requests"] == 0  # wheels this small were read whole
    assert f"  why      {core(ran)['why']}\n" in ask("cu12", "cu13", "vendor-rt", *TARGET, "--why").out


def test_nothing_is_looked_into_unasked(ask: Command) -> None:
    ran = ask("cu12", "cu13", *TARGET, "--format", "json")
    assert (core(ran)["why"], natives(ran)) == (None, {"cu12": None, "cu13": None})


def test_a_large_wheel_is_read_in_part(ask: Command, index: LoopbackIndex) -> None:
    ballast = bytes(range(256)) * 8000
    for name, cuda in (("big12", "12"), ("big13", "13")):
        index.add(Wheel(name, files={CORE: built(cuda), f"{name}/ballast.bin": ballast}, compression=0))
    ran = ask("big12", "big13", *TARGET, "--why", "--format", "json")
    assert "big12's needs libzzrt.so.12" in core(ran)["why"]
    assert ran.json["reading"]["member_requests"] == 2
    assert ran.json["reading"]["bytes"] < len(ballast)


def test_into_an_environment_its_own_libraries_count(ask: Command, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "real")], check=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (site,) = (tmp_path / "real" / "lib").glob(f"python{version}*/site-packages")
    there = Handmade(tmp_path / "real", folder=site)
    install(there, WHEELS["cu12"])
    there.add("vendor-rt", {"vendor/lib/libzzrt.so.12": shared_library(soname="libzzrt.so.12")})
    ran = ask("cu13", "--into", str(tmp_path / "real"), "--why", "--format", "json")
    assert core(ran)["why"] == (
        "cu13's needs libzzrt.so.13: nowhere in this environment; cu12's needs libzzrt.so.12: in vendor-rt"
    )
