"""The plugin of pytest: ``pytest --wheelclash`` has the running environment as tests, one for each problem in it.

pytest loads this module in every run (entry point ``pytest11``); nothing else is imported until it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from wheelclash.report.problems import Problem

__all__ = ["EnvironmentTests", "ProblemTest"]

_FAIL_ON = ("error", "warning", "notice", "never")
_UNREAD = "WC014"
"""The rule of what could not be read. It fails whatever its level: an environment that was not read is not whole."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, on the command line and in the configuration file."""
    group = parser.getgroup("wheelclash", "files that two installed distributions both wrote")
    group.addoption("--wheelclash", action="store_true", help="test the running environment, one test a problem")
    group.addoption(
        "--wheelclash-fail-on",
        choices=_FAIL_ON,
        help="the mildest problem that fails its test (default: what the project's configuration says, else error)",
    )
    parser.addini("wheelclash", "as --wheelclash", type="bool", default=False)
    parser.addini("wheelclash_fail_on", "as --wheelclash-fail-on", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known by which these tests are chosen: ``-m wheelclash``."""
    config.addinivalue_line("markers", "wheelclash: a problem of the running environment (--wheelclash)")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of the environment before the others, where ``-k``, ``-m`` and ``--lf`` choose among all."""
    if config.getoption("wheelclash") or config.getini("wheelclash"):
        items[:0] = EnvironmentTests.from_parent(session, name="wheelclash", nodeid="wheelclash").collect()


class EnvironmentTests(pytest.Collector):
    """Looks at the environment that runs the tests."""

    def collect(self) -> list[pytest.Item]:
        """Return a test for each problem, the worst first; one that passes where there is none.

        Raises:
            UsageError: The environment cannot be looked at, or an option has no such value.
        """
        from wheelclash import Session, WheelclashError, check_environment, read_project
        from wheelclash.environment.locate import environment_of
        from wheelclash.report.problems import problems_of
        from wheelclash.target.interpreter import running

        fail_on = self.config.getoption("wheelclash_fail_on") or self.config.getini("wheelclash_fail_on")
        if fail_on and fail_on not in _FAIL_ON:
            raise pytest.UsageError(f"wheelclash_fail_on must be one of {', '.join(_FAIL_ON)}, not {fail_on!r}.")
        try:
            project = read_project(self.config.rootpath)
            fail_on = fail_on or project.fail_on
            with Session(offline=True) as session:  # what is on disk says enough, and a test run asks no server
                report = check_environment(environment_of(running()), project.options, session=session)
        except WheelclashError as error:
            raise pytest.UsageError(f"wheelclash: {error}") from error
        problems = problems_of(report)
        if not problems:
            return [ProblemTest.from_parent(self, name="environment", problem=None)]
        failing = () if fail_on == "never" else _FAIL_ON[: _FAIL_ON.index(fail_on) + 1]
        return [
            ProblemTest.from_parent(
                self, name=name, problem=problem, fails=problem.code == _UNREAD or problem.level in failing
            )
            for name, problem in zip(_names(problems), problems, strict=True)
        ]


class ProblemTest(pytest.Item):
    """Fails if its problem is grave enough; a milder one passes, and one that is known is an expected failure.

    Args:
        problem: What is wrong, or None.
        fails: Whether it is grave enough.
    """

    def __init__(self, *, problem: Problem | None, fails: bool = False, **node: Any) -> None:
        super().__init__(**node)
        self.problem = problem
        self.fails = fails
        self.add_marker("wheelclash")
        if problem is not None and problem.ignored:
            self.add_marker(pytest.mark.xfail(reason="it is known", strict=False))

    def runtest(self) -> None:
        """Raise with the problem's sentence and what to do, or add both to the report."""
        if self.problem is None:
            return
        sentence = f"{self.problem.message}\n{self.problem.rule.remedy}"
        if self.fails:
            pytest.fail(sentence, pytrace=False)
        self.add_report_section("call", "wheelclash", sentence)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return where the test stands: it has no file."""
        return self.path, None, self.nodeid


def _names(problems: list[Problem]) -> Iterator[str]:
    """Yield a name for each problem, e.g. ``WC001[a b site-packages/shared/m.py]``; the same ones in every run."""
    seen: dict[str, int] = {}
    for problem in problems:
        place = [problem.place.replace("::", ":")] if problem.paths or not problem.distributions else []
        name = f"{problem.code}[{' '.join([*problem.distributions, *place])}]"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"
