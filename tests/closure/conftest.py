"""Somebody who resolves with real uv, and two indexes: one for all, one with a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import uv as uv_package

from tests.support.loopback import LoopbackIndex
from tests.support.resolving import HUSH, Resolver, sdist
from tests.support.wheelmaker import Wheel
from wheelclash.resolve.uv import Uv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def fill(index: LoopbackIndex) -> None:
    """A meta package with an extra and a marker, wheels for some platforms, and releases that are source only."""
    index.add(
        Wheel("meta", requires=["left", "right; sys_platform == 'win32'", "spare; extra == 'more'"],
              metadata=["Provides-Extra: more"]),
        Wheel("left"), Wheel("left", "2.0"), Wheel("right"), Wheel("spare"),
        *(Wheel("plat", tag=f"cp312-cp312-{tag}", purelib="false")
          for tag in ("manylinux_2_28_x86_64", "manylinux_2_34_x86_64", "win_amd64", "macosx_14_0_arm64")),
        Wheel("newest", "1.0"), Wheel("over", requires=["under"]),
    )  # fmt: skip
    index.add_file("newest-2.0.tar.gz", sdist("newest", "2.0"))
    index.add_file("under-1.0.tar.gz", sdist("under", "1.0", ["left"]))
    index.facts("left-2.0-py3-none-any.whl").upload_time = "2025-06-01T00:00:00Z"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("served")) as served:
        fill(served)
        yield served


@pytest.fixture
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("private"), auth=("user", HUSH)) as served:
        fill(served)
        yield served


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uv-cache")


@pytest.fixture
def user(index: LoopbackIndex, cache: Path, tmp_path: Path) -> Resolver:
    return Resolver(tmp_path, cache, index.simple)


@pytest.fixture
def recorder(tmp_path: Path) -> Uv:
    """The real uv behind a script that writes down how it was called."""
    script = tmp_path / "bin" / "uv"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\nexec "{uv_package.find_uv_bin()}" "$@"\n'
    )
    script.chmod(0o755)
    return Uv(str(script), "0")
