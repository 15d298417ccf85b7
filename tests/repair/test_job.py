"""Where the wheels of a repair are looked up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.certificates import certificate_of, needs_openssl
from tests.support.elf import shared_library
from tests.support.installed import Handmade
from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash import Environment, IndexOptions, Session, find_environment, plan_repair

CORE = "p/core.so"
ONE = Wheel("one", files={CORE: shared_library(["libzzrt.so.1"])})
TWO = Wheel("two", files={CORE: shared_library(["libzzrt.so.2"])})


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """``two`` overwrote ``one``, in an environment with an interpreter."""
    prefix = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    python = prefix / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", purelib], check=True, capture_output=True, text=True).stdout.strip()
    made = Handmade(prefix, Path(site))
    for wheel in (ONE, TWO):
        made.add(wheel.name, wheel.files)
    return find_environment(python=str(python))


@needs_openssl
@pytest.mark.skipif(sys.platform != "linux", reason="says where Linux finds libraries")
def test_wheels_of_a_repair_are_read_with_the_certificate_of_the_settings(
    environment: Environment, tmp_path: Path
) -> None:
    """Both what is written again, and what is read to say why a choice matters."""
    session = Session(cache_dir=None)
    with LoopbackIndex(tmp_path / "wheels", certificate=certificate_of(tmp_path)) as index, session:
        index.add(ONE, TWO)
        trusting = IndexOptions(index_url=index.simple, cert=str(tmp_path / "ca.pem"))
        for keep, flags, state, why in (
            (["one"], IndexOptions(index_url=index.simple), "no-wheel", []),
            (["one"], trusting, "planned", []),
            ([], trusting, "undecided", ["one's needs libzzrt.so.1: nowhere in this environment; two's needs"]),
        ):
            report = plan_repair(environment, keep=keep, index=flags, installer="uv", use_config=False, session=session)
            assert report.state == state
            assert [(each.why or "").partition(" libzzrt.so.2")[0] for each in report.undecided] == why
