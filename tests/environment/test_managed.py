"""Files of other package managers: conda's and dpkg's packages are owners like others, and left to their managers."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command
from tests.support.installed import Handmade
from tests.support.wheelmaker import Wheel
from wheelclash.environment.distributions import take_inventory
from wheelclash.environment.paths import places_below

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the environments are those of POSIX")

OWN = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Prefix(Handmade):
    """A prefix with an interpreter, into which other package managers install too."""

    @property
    def site(self) -> Path:
        return self.prefix / "lib" / OWN / "site-packages"

    def conda(self, name: str, files: Mapping[str, str], *, write: bool = True) -> None:
        """Install a conda package: files by their paths below the prefix."""
        rows = []
        for path, text in files.items():
            place = self.prefix / path
            if write:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text)
            rows.append({"_path": path, "sha256_in_prefix": hashlib.sha256(text.encode()).hexdigest()})
        folder = self.prefix / "conda-meta"
        folder.mkdir(exist_ok=True)
        told = {"name": name, "version": "1.0", "files": [*files], "paths_data": {"paths": rows}}
        (folder / f"{name}-1.0-h0_0.json").write_text(json.dumps(told))

    def dpkg(self, name: str, files: Mapping[str, str]) -> None:
        """Install a package of the system: files by their paths below the prefix, which is ``/usr``."""
        folder = self.prefix.parent / "var" / "lib" / "dpkg" / "info"
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            place = self.prefix / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        lines = ["/.", "/usr", *(f"/usr/{path}" for path in files)]
        (folder / f"{name}:amd64.list").write_text("\n".join(lines) + "\n")
        (folder.parent / "status").write_text(f"Package: {name}\nStatus: install ok installed\nVersion: 1:1.0-2\n\n")


@pytest.fixture
def made(tmp_path: Path) -> Prefix:
    made = Prefix(tmp_path / "usr")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made.prefix)], check=True)
    return made


@pytest.fixture
def ask(tmp_path: Path) -> Command:
    (tmp_path / "home").mkdir()
    return Command(tmp_path / "home")


def below(path: str) -> str:
    return f"lib/{OWN}/site-packages/{path}"


def overwritten(made: Prefix) -> None:
    """``one`` was installed over two files of conda's ``theirs``."""
    made.conda("theirs", {below("p/m.py"): "c", below("p/own.py"): "c", "bin/tool": "c", "lib/libz.so": ""})
    made.conda("openssl", {"lib/libssl.so": ""})
    made.add("one", {"p/m.py": "1", "one.py": "", "../../../bin/tool": "1"})


def test_a_wheel_that_overwrote_condas_files_is_damage(made: Prefix, ask: Command) -> None:
    overwritten(made)
    ran = ask("env", "--python", str(made.prefix / "bin" / "python"), "--format", "json")
    told = {each["name"]: (each["installer"], each["intact"], each["overwritten_by"])
            for each in ran.json["distributions"]}  # fmt: skip
    assert ran.code == 1
    assert told == {"one": ("pip", "yes", {}), "conda:theirs": ("conda", "no", {"one": 2})}
    note = f"conda install --prefix {made.prefix} --force-reinstall theirs=1.0"
    assert note in ran.json["warnings"][0]


@pytest.mark.parametrize("option", ["--keep", "--drop"])
def test_condas_packages_are_left_to_conda(made: Prefix, ask: Command, option: str) -> None:
    overwritten(made)
    python = str(made.prefix / "bin" / "python")
    ran = ask("fix", "--python", python, option, "conda:theirs", "--apply")
    assert ran.code == 2
    assert "it is conda's, and neither pip nor uv writes or removes it" in ran.err
    ran = ask("fix", "--python", python, "--keep", "one", "--format", "json")
    assert (ran.code, ran.json["state"], ran.json["lasting"]) == (0, "whole", None)


def test_who_is_told_of_condas_packages(made: Prefix, ask: Command) -> None:
    overwritten(made)
    ran = ask("who", "p/m.py", "lib/libssl.so", "--prefix", str(made.prefix), "--format", "json")
    owners = [[owner["distribution"] for owner in each["owners"]] for each in ran.json["found"]]
    assert owners == [["conda:theirs", "one"], ["conda:openssl"]]


def test_an_install_over_condas_files_is_told_and_conda_uninstalls_nothing(
    made: Prefix, ask: Command, tmp_path: Path
) -> None:
    made.conda("theirs", {below("p/m.py"): "c", below("p/same.py"): ""})
    wheel = Wheel("new", files={"p/m.py": "n", "p/same.py": ""}).write(tmp_path)
    ran = ask(str(wheel), "--into", str(made.prefix), "--no-config", "--installer", "pip", "--format", "json")
    assert ran.code == 1
    assert [(each["path"], each["severity"]) for each in ran.json["overlaps"]] == [
        ("p/m.py", "error"), ("p/same.py", "notice"),
    ]  # fmt: skip
    found = {(*each["keep"], each["strategy"]): len(each["steps"]) for each in ran.json["remedies"]}
    assert found == {("conda:theirs", "avoid"): 0, ("new", "reinstall-keeper"): 1}
    assert "conda install" in " ".join(ran.json["warnings"])
    assert ran.json["into"]["unowned"] == []
    ran = ask(str(wheel), "--into", str(made.prefix), "--no-config", "--keep", "conda:theirs", "--format", "json")
    assert [(each["keep"], each["strategy"]) for each in ran.json["remedies"]] == [(["conda:theirs"], "avoid")]
    ran = ask(str(wheel), "--into", str(made.prefix), "--no-config", "--keep", "conda:nothing")
    assert (ran.code, "no distribution of that name" in ran.err) == (2, True)


def test_what_a_wheel_replaced_is_not_condas_any_more(made: Prefix) -> None:
    """Pip uninstalls conda's release of a project and installs its own; conda's list says otherwise for ever."""
    old = {below("p/m.py"): "old", below("one-0.9.dist-info/METADATA"): "", below("p/gone.py"): ""}
    made.conda("one", old, write=False)
    made.add("one", {"p/m.py": "new"})
    found = made.scan()
    assert ([each.name for each in found.distributions], found.contested, found.skipped) == (["one"], (), ())


@pytest.mark.parametrize(("entry", "found"), [("aa.cli:main", 0), ("bb:other", 1)])
def test_a_command_of_conda_is_what_it_runs(made: Prefix, ask: Command, entry: str, found: int) -> None:
    """Its bytes are those of the tool that generated it."""
    wrapper = "#!/opt/python\nimport sys\nfrom aa.cli import main\nsys.exit(main())\n"
    points = "[console_scripts]\ntool = aa.cli:main\n"
    made.conda("aa", {"bin/tool": wrapper, f"lib/{OWN}/site-packages/aa-1.0.dist-info/entry_points.txt": points})
    module, _, attribute = entry.partition(":")
    pips = f"#!/opt/python\nimport sys\nfrom {module} import {attribute}\nsys.exit({attribute}())\n"
    more = {"entry_points.txt": f"[console_scripts]\ntool = {entry}\n"}
    made.add("bb", {"bb.py": "", "../../../bin/tool": pips}, more=more)
    ran = ask("env", "--prefix", str(made.prefix), "--format", "json")
    assert (ran.code, [each["kind"] for each in ran.json["overlaps"]]) == (
        found,
        ["different" if found else "identical"],
    )


def test_bytecode_and_what_conda_alone_owns_are_no_news(made: Prefix) -> None:
    made.conda("theirs", {below("p/__pycache__/m.pyc"): "c", below("other.py"): ""})
    made.add("one", {"p/m.py": "1", "p/__pycache__/m.pyc": "1"})
    assert [each.name for each in made.scan().distributions] == ["one"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 1}', '{"name": "x"}'])
def test_a_list_that_cannot_be_read_is_a_skip(made: Prefix, text: str) -> None:
    made.add("one", {"one.py": ""})
    (made.prefix / "conda-meta").mkdir()
    (made.prefix / "conda-meta" / "theirs-1.0-0.json").write_text(text)
    assert [(each.requirement, each.code) for each in made.scan().skipped] == [("conda:theirs", "unreadable")]


def test_what_dpkg_lists_is_the_systems(made: Prefix, ask: Command) -> None:
    made.dpkg("python3-theirs", {below("p/m.py"): "d", "share/doc/x": ""})
    made.add("one", {"p/m.py": "1"})
    ran = ask("env", "--python", str(made.prefix / "bin" / "python"), "--format", "json")
    told = {each["name"]: (each["version"], each["installer"]) for each in ran.json["distributions"]}
    assert told["dpkg:python3-theirs"] == ("1:1.0-2", "dpkg")
    assert [each["kind"] for each in ran.json["overlaps"]] == ["unknown"]
    ran = ask("fix", "--python", str(made.prefix / "bin" / "python"), "--keep", "dpkg:python3-theirs")
    assert (ran.code, "apt-get install --reinstall python3-theirs" in ran.err) == (2, True)


def test_distributions_of_conda_stay_what_they_are(made: Prefix) -> None:
    made.add("theirs", {"c.py": ""}, installer="conda")
    made.conda("theirs", {below("c.py"): ""}, write=False)
    assert [each.excluded and each.excluded.code for each in take_inventory(places_below(made.prefix)).excluded] == [
        "conda"
    ]
    assert made.scan().distributions == ()


def test_what_a_wheel_took_along_from_conda_is_damage_although_nothing_shares_it_any_more(
    made: Prefix, ask: Command
) -> None:
    """A wheel that had overwritten conda's modules was uninstalled, and with it they went."""
    theirs = {below("p/__init__.py"): "c", below("p/m.py"): "c", below("q.pyi"): "c", below("p/own.py"): "c"}
    made.conda("theirs", theirs, write=False)
    made.conda("whole", {below("whole.py"): "c", "lib/gone.txt": ""})
    (made.prefix / "lib" / "gone.txt").unlink()
    (made.site / "p").mkdir()
    (made.site / "p" / "own.py").write_text("c")
    python = ("--python", str(made.prefix / "bin" / "python"))
    note = f"conda install --prefix {made.prefix} --force-reinstall theirs=1.0"
    ran = ask("env", *python, "--format", "json")
    assert (ran.code, [each["name"] for each in ran.json["distributions"]]) == (1, ["conda:theirs"])
    assert {each["path"]: each["severity"] for each in ran.json["damage"]} == {
        "p/__init__.py": "error",
        "p/m.py": "error",
    }
    assert ran.json["environment"]["fix"] == []
    assert note in ran.json["warnings"][0]
    ran = ask("fix", *python, "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "no-wheel")
    assert note in ran.json["warnings"][0]


def test_what_pip_uninstalled_of_conda_lacks_nothing(made: Prefix) -> None:
    """Its dist-info folder went with it; conda's list says for ever that it is there."""
    made.conda("gone", {below("gone.py"): "c", below("gone-1.0.dist-info/METADATA"): "c"}, write=False)
    assert made.scan().distributions == ()


EDITABLE = {"direct_url.json": '{"url": "file:///src/dev%20x", "dir_info": {"editable": true}}'}
"""What a distribution that is installed from a folder of sources has besides."""


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_an_editable_install_owns_what_it_put_there(made: Prefix, ask: Command, installer: str) -> None:
    made.add("one", {"one.py": "", "../../../bin/tool": "1"})
    made.add("dev", {"_dev.pth": "/src", "../../../bin/tool": "d"}, more=EDITABLE, installer=installer)
    ran = ask("env", str(made.prefix), "--format", "json")
    assert (ran.code, ran.json["not_compared"]) == (1, [])
    assert [each["on_disk"]["matches"] for each in ran.json["overlaps"]] == [["dev"]]
    ran = ask("fix", str(made.prefix), "--keep", "one", "--no-index", "--no-config")
    assert ran.code == 2  # there is no wheel of it here
    for option in ("--keep", "--drop"):
        ran = ask("fix", str(made.prefix), option, "dev", "--apply")
        assert (ran.code, "installed from a folder of sources" in ran.err) == (2, True)
    (made.prefix / "bin" / "tool").write_text("1")
    ran = ask("env", str(made.prefix), "--format", "json")
    start = "uv pip install --python" if installer == "uv" else "-m pip install"
    end = "--force-reinstall --no-deps --editable file:///src/dev%20x"
    assert ran.code == 1
    assert start in ran.json["warnings"][0]
    assert ran.json["warnings"][0].endswith(end)


def test_editable_installs_that_share_nothing_but_bytecode_are_not_compared(made: Prefix) -> None:
    made.add("one", {"one.py": "", "__pycache__/m.pyc": "1"})
    made.add("dev", {"_dev.pth": "/src", "__pycache__/m.pyc": "2"}, more=EDITABLE)
    found = made.scan()
    assert ([each.name for each in found.distributions], found.contested) == (["one"], ())
    assert [each.code for each in found.not_compared] == ["editable"]


def test_a_command_that_a_wheel_took_along_from_an_editable_install_is_damage(made: Prefix, ask: Command) -> None:
    (made.prefix / "bin").mkdir(exist_ok=True)
    made.add("one", {"one.py": "", "../../../bin/tool": "1"})
    made.add("dev", {"../../../bin/tool": "d"}, more=EDITABLE)
    made.add("dev2", {"../../../bin/tool": "d2"}, more=EDITABLE)
    ran = ask("fix", str(made.prefix), "--drop", "one", "--format", "json")
    assert (ran.code, ran.json["state"], len(ran.json["steps"])) == (1, "planned", 1)
    assert sum("--editable file:///src/dev%20x" in warning for warning in ran.json["warnings"]) == 2
    (made.prefix / "bin" / "tool").unlink()
    shutil.rmtree(made.site / "dev2-1.0.dist-info")
    shutil.rmtree(made.site / "one-1.0.dist-info")
    ran = ask("env", str(made.prefix), "--format", "json")
    assert [(each["path"], each["severity"]) for each in ran.json["damage"]] == [("tool", "warning")]
    ran = ask("fix", str(made.prefix), "--format", "json")
    assert (ran.code, ran.json["state"]) == (2, "no-wheel")
    assert "--editable file:///src/dev%20x" in ran.json["warnings"][0]


def test_two_editable_installs_may_overwrite_each_other(made: Prefix) -> None:
    made.add("dev", {"../../../bin/tool": "d"}, more=EDITABLE)
    made.add("dev2", {"../../../bin/tool": "d2"}, more=EDITABLE)
    found = made.scan()
    assert [(each.overlap.path, each.on_disk.matches) for each in found.contested] == [
        ("scripts/tool", ("dev2-1.0.dist-info",))
    ]


def test_an_install_over_files_of_an_editable_one_is_told(made: Prefix, ask: Command, tmp_path: Path) -> None:
    made.add("dev", {"_dev.pth": "/src", "../../../bin/tool": "d"}, more=EDITABLE)
    wheel = Wheel("new", files={"new.py": "", "new-1.0.data/scripts/tool": "n"}).write(tmp_path)
    ran = ask(str(wheel), "--into", str(made.prefix), "--no-config", "--installer", "pip", "--format", "json")
    assert ran.code == 1
    assert [each["path"] for each in ran.json["overlaps"]] == ["tool"]
    assert "--editable file:///src/dev%20x" in " ".join(ran.json["warnings"])
    assert ran.json["not_compared"] == []
    own = Wheel("dev", version="2.0", files={"dev.py": "", "dev-2.0.data/scripts/tool": "n"}).write(tmp_path)
    assert ask(str(own), "--into", str(made.prefix), "--no-config", "--installer", "pip").code == 0


@pytest.mark.parametrize("installer", [None, "debian", "pip", "uv"])
def test_what_pip_wrote_into_debians_folder_is_not_debians(tmp_path: Path, ask: Command, installer: str | None) -> None:
    """What dpkg unpacks there says so in INSTALLER, or has none."""
    made = Handmade(tmp_path / "usr", tmp_path / "usr" / "lib" / "python3" / "dist-packages")
    made.add("theirs", {"p/m.py": "t"}, installer=None)
    made.add("mine", {"p/m.py": "m"}, installer=installer)
    ran = ask("env", "--path", str(made.site), "--format", "json")
    is_debians = installer in {None, "debian"}
    names = ["mine", "theirs"] if is_debians else ["theirs"]
    assert [each["requirement"] for each in ran.json["not_compared"]] == names
    assert [each["name"] for each in ran.json["distributions"]] == ([] if is_debians else ["mine"])
