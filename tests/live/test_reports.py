"""Public reports of clashes, asked of the real package index: what was reported is what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wheelclash import Session, target_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wheelclash import Report

pytestmark = pytest.mark.live

TARGET = target_for("3.12", "x86_64-manylinux_2_28")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """What is built is kept for the tests of this module."""
    folder: Path = tmp_path_factory.mktemp("cache")
    with Session(cache_dir=folder) as opened:
        yield opened


def errors(report: Report) -> set[str]:
    return {overlap.path for overlap in report.overlaps if overlap.severity == "error"}


@pytest.mark.parametrize(
    ("pair", "source", "path"),
    [
        (("em==0.3", "empy==4.2.1"), "empy", "em.py"),
        (("z3-solver==5.4.1.0", "z3==0.2.0"), "z3", "z3/__init__.py"),
        (("python-telegram-bot==22.8", "telegram==0.0.1"), "telegram", "telegram/__init__.py"),
    ],
)
def test_a_project_that_came_as_source_only_is_built_and_clashes(
    session: Session, pair: tuple[str, str], source: str, path: str
) -> None:
    without = session.check(pair, target=TARGET, use_config=False)
    assert [skip.code for skip in without.skipped] == ["no-wheel"]
    assert "--build would build it" in without.skipped[0].reason
    report = session.check(pair, target=TARGET, use_config=False, build=True)
    assert not report.skipped
    assert path in errors(report)
    assert {each.name: each.evidence for each in report.distributions}[source] == "built"


def test_an_archive_that_is_too_large_to_build_is_told_with_what_answers_instead(session: Session) -> None:
    report = session.check(["databricks-connect", "pyspark"], target=TARGET, use_config=False, build=True)
    (skip,) = report.skipped
    assert (skip.code, skip.requirement) == ("too-large", "pyspark")
    assert "ask an environment it is installed in (wheelclash env)" in skip.reason


def test_an_extra_that_installs_a_second_build_over_the_first_is_found(session: Session) -> None:
    report = session.check(["nvidia-cutlass-dsl[cu13]==4.5.2"], target=TARGET, use_config=False)
    assert "nvidia_cutlass_dsl/lib/libcute_dsl_runtime.so" in errors(report)
    assert report.summary.errors == 94
    through = {each.name: each.through for each in report.distributions}
    assert through["nvidia-cutlass-dsl-libs-cu13"] == ("nvidia-cutlass-dsl", "nvidia-cutlass-dsl-libs-cu13")


def test_a_usual_name_of_a_variant_is_found_on_the_index(session: Session) -> None:
    report = session.check([], siblings=["keras"], target=TARGET, use_config=False)
    assert {each.name for each in report.distributions} == {"keras", "keras-nightly"}
