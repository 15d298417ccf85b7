"""Make the fixtures anew with the real tools: ``python -m tests.locks.make_fixtures``.

uv and pip are those beside this Python. The others are given, each from a virtual environment of its own, because
they need old companions:

* ``--poetry``: poetry 2.5.1; ``--poetry-1.8``: 1.8.5; ``--poetry-1.1``: 1.1.15 (with Python 3.10,
  ``urllib3<2 requests<2.30``)
* ``--pipenv``: a current pipenv; ``--pex``: a current pex (``pex3`` and ``pex``)
* ``--pdm``: pdm 2.26.2 with ``hishel<1 unearth<0.18``

What is not given is left as it is. The index's address is replaced by one where nothing listens.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.loopback import LoopbackIndex

from .shop import INDEX, OLD_PYPROJECT, PYPROJECT, WHEELS

FIXTURES = Path(__file__).parent / "fixtures"
_OURS = Path(sys.executable).parent
_FOREIGN = ("PIP_", "UV_", "PDM_", "POETRY_", "VIRTUAL_ENV")


class Maker:
    """Runs tools in projects below one folder, and keeps what they write."""

    def __init__(self, folder: Path, index: LoopbackIndex) -> None:
        self.folder = folder
        self.index = index
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)} | {
            "HOME": str(folder),
            "UV_NO_CONFIG": "1",
            "UV_NO_CACHE": "1",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
            "PIP_CONFIG_FILE": os.devnull,
            "PDM_CHECK_UPDATE": "0",
        }

    def project(self, name: str, pyproject: str = PYPROJECT, priority: str = "") -> Path:
        """A fresh project."""
        folder = self.folder / name
        folder.mkdir()
        text = pyproject.replace("{index}", self.index.url).replace("{priority}", priority)
        (folder / "pyproject.toml").write_text(text)
        return folder

    def run(self, folder: Path, *command: str | Path) -> str:
        """Run a tool in a project; what it printed."""
        done = subprocess.run(
            command, cwd=folder, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout

    def keep(self, name: str, file: str, text: str, beside: Path | None = None) -> None:
        """Write a fixture, and the project's ``pyproject.toml`` beside it if one is given."""
        folder = FIXTURES / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text.replace(self.index.url, INDEX))
        if beside is not None:
            project = (beside / "pyproject.toml").read_text()
            (folder / "pyproject.toml").write_text(project.replace(self.index.url, INDEX))


def make_with_uv(maker: Maker) -> None:
    """``uv.lock``, and both ways in which uv writes a ``pylock.toml``."""
    uv, index = _OURS / "uv", ("--default-index", maker.index.simple)
    project = maker.project("uv")
    maker.run(project, uv, "lock", *index)
    maker.keep("uv", "uv.lock", (project / "uv.lock").read_text())
    exported = maker.run(project, uv, "export", "-q", *index, "--format", "pylock.toml")
    maker.keep("uv-export", "pylock.toml", exported)
    target = ("--python-platform", "linux", "--python-version", "3.12")
    compiled = maker.run(
        project, uv, "pip", "compile", "-q", *index, "--format", "pylock.toml", *target, "pyproject.toml"
    )
    maker.keep("uv-compile", "pylock.toml", compiled)


def make_with_pip(maker: Maker) -> None:
    """``pip lock`` and ``pip install --report``."""
    import tomllib

    project = maker.project("pip")
    asked = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    pip, index = (sys.executable, "-m", "pip", "--disable-pip-version-check"), ("-i", maker.index.simple)
    maker.run(project, *pip, "lock", *index, "-o", "pylock.toml", *asked)
    maker.keep("pip-lock", "pylock.toml", (project / "pylock.toml").read_text())
    dry = ("--dry-run", "--ignore-installed", "--quiet", "--report", "-")
    maker.keep("pip-report", "report.json", maker.run(project, *pip, "install", *dry, *index, *asked))


def make_with_poetry(maker: Maker, poetry: Path, name: str, pyproject: str, priority: str) -> None:
    """``poetry.lock`` of some version."""
    project = maker.project(name, pyproject, priority)
    maker.run(project, poetry, "lock", "-n")
    maker.keep(name, "poetry.lock", (project / "poetry.lock").read_text(), project)


def make_with_pdm(maker: Maker, pdm: Path) -> None:
    """``pdm.lock`` under three strategies, for two ranges of Python; and pdm's ``pylock.toml``."""
    for name, options in (
        ("pdm", ()),
        ("pdm-static", ("--static-urls",)),
        ("pdm-plain", ("--strategy", "no_inherit_metadata")),
    ):
        project = maker.project(name)
        maker.run(project, pdm, "use", "-f", sys.executable)
        maker.run(project, pdm, "lock", "-q", "-G", ":all", "--python", "<3.12", *options)
        maker.run(project, pdm, "lock", "-q", "-G", ":all", "--append", "--python", ">=3.12")
        maker.keep(name, "pdm.lock", (project / "pdm.lock").read_text(), project)
        if name == "pdm":
            maker.run(project, pdm, "export", "-f", "pylock", "-G", ":all", "-o", "pylock.toml")
            maker.keep("pdm-pylock", "pylock.toml", (project / "pylock.toml").read_text())


def make_with_pipenv(maker: Maker, pipenv: Path) -> None:
    """``Pipfile.lock``, from those of the requirements that are for this Python: pipenv knows no others."""
    import tomllib

    from packaging.requirements import Requirement

    project = maker.project("pipenv")
    asked = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    (project / "pyproject.toml").unlink()
    asked = [line for line in asked if (marker := Requirement(line).marker) is None or marker.evaluate()]
    (project / "requirements.txt").write_text("\n".join([f"-i {maker.index.simple}", *asked, ""]))
    maker.environ |= {"PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_NOSPIN": "1"}
    maker.run(project, pipenv, "--python", sys.executable, "install", "--skip-lock", "-r", "requirements.txt")
    maker.run(project, pipenv, "install", "--dev", "--skip-lock", "wc-lint")
    maker.run(project, pipenv, "lock")
    maker.keep("pipenv", "Pipfile.lock", (project / "Pipfile.lock").read_text())


def make_with_pex(maker: Maker, pex: Path) -> None:
    """A lock of ``pex3 lock create``, for any target; and what ``PEX-INFO`` of a ``.pex`` made of it says."""
    import tomllib
    import zipfile

    project = maker.project("pex")
    asked = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
    index = ("--no-pypi", "-i", maker.index.simple)
    style = ("--style", "universal", "--interpreter-constraint", "CPython>=3.10,<3.14")
    lock = (*style, "--target-system", "linux", "--target-system", "mac", "--target-system", "windows", "--indent", "2")
    maker.run(project, pex.with_name("pex3"), "lock", "create", *index, *lock, "-o", "pex.json", *asked)
    maker.keep("pex", "lock.json", (project / "pex.json").read_text())
    maker.run(project, pex, "--python", sys.executable, *index, "-o", "shop.pex", *asked)
    with zipfile.ZipFile(project / "shop.pex") as archive:
        maker.keep("pex-info", "PEX-INFO.txt", archive.read("PEX-INFO").decode())


def main() -> None:
    """Make what can be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    for each in ("poetry", "poetry-1.8", "poetry-1.1", "pdm", "pipenv", "pex"):
        parser.add_argument(f"--{each}", type=Path)
    tools = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as name, LoopbackIndex(Path(name) / "index") as index:
        index.add(*WHEELS)
        maker = Maker(Path(name), index)
        make_with_uv(maker)
        make_with_pip(maker)
        if tools["poetry"]:
            make_with_poetry(maker, tools["poetry"], "poetry-2.1", PYPROJECT, "")
        if tools["poetry_1.8"]:
            make_with_poetry(maker, tools["poetry_1.8"], "poetry-2.0", OLD_PYPROJECT, 'priority = "primary"')
        if tools["poetry_1.1"]:
            make_with_poetry(maker, tools["poetry_1.1"], "poetry-1.1", OLD_PYPROJECT, "default = true")
        if tools["pdm"]:
            make_with_pdm(maker, tools["pdm"])
        if tools["pipenv"]:
            make_with_pipenv(maker, tools["pipenv"])
        if tools["pex"]:
            make_with_pex(maker, tools["pex"])


if __name__ == "__main__":
    main()
