"""One command for each thing a developer does; ``nox -l`` lists them."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.default_venv_backend = "venv"

PROJECT = nox.project.load_toml("pyproject.toml")

MAN = (
    "argparse-manpage", "--module", "wheelclash.cli.completion", "--function", "command_parser",
    "--project-name", "wheelclash", "--prog", "wheelclash", "--manual-title", "User Commands",
    "--description", "finds the files that two wheels both install",
)  # fmt: skip
"""What makes the page of the manual."""


def group(name: str) -> list[str]:
    """The requirements of a dependency group."""
    return list(nox.project.dependency_groups(PROJECT, name))


def extras() -> list[str]:
    """The requirements of all extras."""
    return [requirement for listed in PROJECT["project"]["optional-dependencies"].values() for requirement in listed]


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


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
def thorough(session: nox.Session) -> None:
    """Run the laws and wide products that ``tests`` leaves out, since each takes seconds; arguments go to pytest."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", "-m", "thorough and not product", "-n", "logical", "--dist", "loadfile", *session.posargs)


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
    session.run("pytest", "-m", "not product", "tests/oracle", *session.posargs)


@nox.session
@nox.parametrize("resolution", ["lowest-direct", "highest"])
def versions(session: nox.Session, resolution: str) -> None:
    """Run the tests with the lowest and with the newest versions of every dependency; arguments go to pytest.

    The oracle's are left out with the lowest: what installers leave on disk is modelled as today's pip and uv do it.
    """
    session.install("uv")
    command = ["uv", "pip", "install", "--python", session.virtualenv.location, "--upgrade", "--resolution", resolution]
    session.run(*command, "-e", ".", *extras(), *group("test"))
    session.run("uv", "pip", "list", "--python", session.virtualenv.location)
    without = ["--ignore", "tests/oracle"] if resolution == "lowest-direct" else []
    session.run("pytest", *(session.posargs or ["-n", "logical", "--dist", "loadfile", *without]))


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def pythons(session: nox.Session) -> None:
    """Run the tests with each version of Python that is at hand; arguments go to pytest."""
    session.install("-e", ".", *extras(), *group("test"))
    session.run("pytest", *(session.posargs or ["-n", "logical", "--dist", "loadfile"]))


@nox.session
def release(session: nox.Session) -> None:
    """Build what is published, check it, and run the tests of the source archive in it; arguments go to pytest.

    It is built a second time from the source archive, in another folder: the bytes must be the same.
    """
    session.install(*group("release"))
    folder = Path(session.create_tmp()) / "release"
    shutil.rmtree(folder, ignore_errors=True)
    moment = str(session.run("git", "log", "-1", "--format=%ct", external=True, silent=True)).strip()
    environ = {"SOURCE_DATE_EPOCH": moment}
    session.run("python", "-m", "build", "--outdir", str(folder / "dist"), env=environ)
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    source = folder / sdist.name.removesuffix(".tar.gz")
    session.run("python", "-m", "build", "--outdir", str(folder / "again"), str(source), env=environ)
    for built in (sdist, wheel):
        if digest(built) != digest(folder / "again" / built.name):
            session.error(f"{built.name} has other bytes when it is built again")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    session.run("check-wheel-contents", str(wheel))
    session.run("towncrier", "build", "--draft", "--version", wheel.name.split("-")[1])
    session.install(str(wheel), *group("test"))
    session.chdir(source)
    session.run("wheelclash", "--version")
    session.run("pytest", *(session.posargs or ["-n", "logical", "--dist", "loadfile"]))
    session.log(f"to publish: {sdist} and {wheel}")


@nox.session
def integrations(session: nox.Session) -> None:
    """Run the tests that start nox, tox and pre-commit, and build images with pip."""
    session.install("-e", ".", *group("test"), *group("integrations"))
    session.run("pytest", "-m", "integrations", "tests/integrations", *session.posargs)


@nox.session
def cluster(session: nox.Session) -> None:
    """Ask a Spark cluster on the loopback what DuckDB is asked; needs Java, and takes minutes."""
    session.install("-e", ".", *group("test"), "pyspark>=4")
    session.run("pytest", "-m", "cluster", "tests/contents", *session.posargs)


@nox.session
def scale(session: nox.Session) -> None:
    """Measure datasets of very many wheels: ``nox -s scale -- --rows 5e6 50e6``; 50 million rows take half an hour."""
    session.install("-e", ".", *group("test"))
    session.run("python", "-m", "tests.benchmark.contents", *session.posargs)


@nox.session
def live(session: nox.Session) -> None:
    """Run the few tests that ask the real package index."""
    session.install("-e", ".", *group("test"))
    session.run("pytest", "-m", "live", *session.posargs)


@nox.session
def families(session: nox.Session) -> None:
    """Compare every family of siblings on the real package index again, and show what has changed."""
    session.install("-e", ".[uv]")
    session.run("python", "-m", "tests.families", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Open HTML reports in a headless Chromium: keyboard, contrast, no network; arguments go to pytest.

    It needs the programs ``chromium`` and ``chromedriver``, and ``npm`` for axe-core.
    """
    session.install("-e", ".", *group("test"), *group("browser"))
    folder = session.create_tmp()
    options = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"]
    session.run("npm", "install", "--prefix", folder, *options, "axe-core@4", external=True)
    axe = f"{folder}/node_modules/axe-core/axe.min.js"
    session.run("pytest", "-m", "browser", "tests/browser", *session.posargs, env={"AXE_SCRIPT": axe})


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
def man(session: nox.Session) -> None:
    """Write the page of the manual to ``build/wheelclash.1``, and have man read it where there is one."""
    session.install("-e", ".", *group("man"))
    Path("build").mkdir(exist_ok=True)
    session.run(*MAN, "--output", "build/wheelclash.1")
    if shutil.which("man"):
        session.run("man", "--warnings", "--local-file", "build/wheelclash.1", external=True, silent=True)


@nox.session
def shells(session: nox.Session) -> None:
    """Complete in real bash, zsh and fish, which must be installed."""
    for shell in ("bash", "zsh", "fish"):
        session.run(shell, "--version", external=True)
    session.install("-e", ".", *group("test"))
    session.run("pytest", "tests/test_completion.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure requests, bytes, time and memory against a loopback index; arguments go to the benchmark."""
    session.install("-e", ".", *group("test"))
    session.run("python", "-m", "tests.benchmark", *session.posargs)
