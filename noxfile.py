"""One command for each thing a developer does; ``nox -l`` lists them."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"

PROJECT = nox.project.load_toml("pyproject.toml")


def group(name: str) -> list[str]:
    """The requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting, and that imports point one way."""
    session.install("-e", ".", *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".", *group("types"), *group("test"))
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests on all processors, the oracle's with real installers included; arguments go to pytest instead."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", *(session.posargs or ["-n", "logical", "--dist", "loadfile"]))


@nox.session
def product(session: nox.Session) -> None:
    """Run the oracle's full product of features; takes long."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", "-m", "product", "tests/oracle", *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the oracle with the newest pip and uv: what a release of theirs changed turns a test red."""
    session.install("-e", ".", *group("test"))
    session.install("--upgrade", "pip", "uv")
    session.run("pip", "--version")
    session.run("uv", "--version")
    session.run("pytest", "tests/oracle", *session.posargs)


@nox.session
def integrations(session: nox.Session) -> None:
    """Run the tests that start nox, tox and pre-commit, and build images with pip."""
    session.install("-e", ".", *group("test"), *group("integrations"))
    session.run("pytest", "-m", "integrations", "tests/integrations", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """Run the few tests that ask the real package index."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", "-m", "live", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Break the pure core and the readers line by line, and list what the fast tests let pass; arguments name a part.

    ``nox -s mutants -- "wheelclash.core.*"``. Nothing is judged: a survivor is a question, and some are equivalent.
    """
    session.install("-e", ".", *group("test"), *group("mutants"))
    session.run("mutmut", "run", *session.posargs)
    results = str(session.run("mutmut", "results", silent=True))
    session.log("\n".join(line.strip() for line in results.splitlines() if not line.endswith(": not checked")))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".", *group("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", session.create_tmp() + "/html")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure requests, bytes, time and memory against a loopback index; arguments go to the benchmark."""
    session.install("-e", ".", *group("test"))
    session.run("python", "-m", "tests.benchmark", *session.posargs)
