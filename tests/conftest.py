"""Settings of all tests: Hypothesis tries the same examples every time, and no clock fails a test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("tests", deadline=None, derandomize=True, database=None)
settings.load_profile("tests")
