"""What the tests of environments share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.installed import Handmade

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Handmade:
    return Handmade(tmp_path / "venv")
