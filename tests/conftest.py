"""Settings of all tests: Hypothesis tries the same examples every time, and no clock fails a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Keep the tests of a file in one process (pytest-xdist), and all that read the same observations in one.

    The fixture ``observations`` takes minutes of installer runs; two processes would both make them.
    """
    for item in items:
        shares = "observations" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("observations" if shares else item.path.name))
