"""What a lock yields compared with what real uv and real pip install from it: they decide.

The loopback index tells which files an installer asked for; nothing is cached.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import uv

from tests.support.loopback import LoopbackIndex
from tests.support.wheelmaker import Wheel
from wheelclash.errors import QuestionError
from wheelclash.http.urls import Credentials
from wheelclash.locks.read import read_lock
from wheelclash.target.target import target_for

from .shop import PYPROJECT, WHEELS

MORE_WHEELS = (
    Wheel("wc-flavour", "1.0", requires=["wc-forked"]),
    Wheel("wc-built", "1.0", build="1"),
    Wheel("wc-built", "1.0", build="2"),
    Wheel("wc-built", "1.0", build="10a", tag="py2-none-any"),
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wheelclash.resolve.selection import Selection

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the wheels are for Linux"),
]

OURS = f"{sys.version_info.major}.{sys.version_info.minor}"
_FOREIGN = ("PIP_", "UV_", "VIRTUAL_ENV", "CONDA_")


@dataclass
class Bench:
    """An index of tiny wheels, and uv and pip cut off from everything else."""

    folder: Path
    index: LoopbackIndex
    made: int = 0

    def run(
        self, *command: str | Path, cwd: Path, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)} | (environ or {})
        environ |= {
            "UV_NO_CONFIG": "1", "UV_NO_CACHE": "1", "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never",
            "UV_DEFAULT_INDEX": self.index.simple, "UV_LINK_MODE": "copy", "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
        return subprocess.run(
            list(command), cwd=cwd, env=environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    def project(self, files: dict[str, str]) -> Path:
        """A folder with these files, locked by uv."""
        self.made += 1
        folder = self.folder / f"project{self.made}"
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        done = self.run(uv.find_uv_bin(), "lock", cwd=folder)
        assert done.returncode == 0, done.stderr
        return folder

    def installed(self, *command: str | Path, cwd: Path) -> set[str] | str:
        """The wheels a command downloads; what it says if it fails."""
        self.index.forget()
        self.made += 1
        environment = {"UV_PROJECT_ENVIRONMENT": str(self.folder / f"environment{self.made}")}
        done = self.run(*command, cwd=cwd, environ=environment)
        if done.returncode:
            return done.stderr
        asked = (each.path.rpartition("/")[2] for each in self.index.file_requests if each.method == "GET")
        return {each for each in asked if each.endswith(".whl")}

    def synced(self, folder: Path, platform: str, *options: str) -> set[str] | str:
        """What ``uv sync`` downloads."""
        return self.installed(uv.find_uv_bin(), "sync", "--frozen", "--python-platform", platform, *options, cwd=folder)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("locks")
    with LoopbackIndex(folder / "index") as index:
        index.add(*WHEELS, *MORE_WHEELS)
        yield Bench(folder, index)


@pytest.fixture(scope="module")
def shop(bench: Bench) -> Path:
    return bench.project({"pyproject.toml": PYPROJECT.replace("{index}", bench.index.url)})


def ours(
    lock: Path,
    platform: str,
    python: str = OURS,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] = (),
    everything: bool = False,
) -> Selection:
    found = read_lock(lock, lock.read_bytes(), credentials=Credentials())
    return found.select(target_for(python, platform), extras=extras, all_extras=everything, groups=groups)


def files(selection: Selection) -> set[str]:
    return {each.filename for each in selection.candidates}


def asked(options: Sequence[str]) -> dict[str, Any]:
    """Uv's options as arguments of :func:`ours`."""
    pairs = list(pairwise(options))
    return {
        "extras": [value for option, value in pairs if option == "--extra"],
        "groups": [value for option, value in pairs if option == "--group"],
        "everything": "--all-extras" in options,
    }


SELECTIONS = (
    ("x86_64-manylinux_2_28", ()),
    ("x86_64-manylinux_2_28", ("--all-extras",)),
    ("x86_64-manylinux_2_28", ("--extra", "gpu", "--group", "lint")),
    ("x86_64-unknown-linux-musl", ("--extra", "pages", "--group", "dev")),
    ("windows", ()),
    ("windows", ("--all-extras", "--group", "lint")),
    ("macos", ()),
)


@pytest.mark.parametrize(("platform", "options"), SELECTIONS)
def test_a_uv_lock_yields_what_uv_sync_downloads(
    bench: Bench, shop: Path, platform: str, options: tuple[str, ...]
) -> None:
    found = ours(shop / "uv.lock", platform, **asked(options))
    assert files(found) == bench.synced(shop, platform, *options)
    assert not found.skipped


@pytest.mark.parametrize(("platform", "options"), [("x86_64-unknown-linux-musl", ("--extra", "gpu")), ("linux", ())])
def test_what_uv_sync_cannot_install_is_a_skip(
    bench: Bench, shop: Path, platform: str, options: tuple[str, ...]
) -> None:
    python = OURS if options else "3.14"
    found = ours(shop / "uv.lock", platform, python, **asked(options))
    assert [(each.code, each.requirement) for each in found.skipped] == [
        ("no-wheel", "wc-cuda==12.0" if options else "wc-native==1.0")
    ]
    if options:
        assert "wc-cuda" in str(bench.synced(shop, platform, *options))


def head(name: str, dependencies: str = "", more: str = "") -> str:
    """A ``pyproject.toml``."""
    return f"""\
[project]
name = "{name}"
version = "0.1"
requires-python = ">=3.10"
dependencies = [{dependencies}]
{more}
"""


CONFLICTS = """
[project.optional-dependencies]
one = ["wc-forked==1.0"]
two = ["wc-forked==2.0"]
pages = ["wc-pages"]
three = ["own[two]", "wc-lint"]
[dependency-groups]
dev = ["wc-tests"]
first = ["wc-forked==1.0"]
via = ["own[two]"]
[tool.uv]
conflicts = [
    [{extra = "one"}, {extra = "two"}, {group = "first"}],
    [{extra = "one"}, {extra = "three"}], [{group = "first"}, {extra = "three"}],
    [{extra = "one"}, {group = "via"}], [{group = "first"}, {group = "via"}],
]
"""
WORKSPACE = """
[tool.uv.workspace]
members = ["packages/*"]
"""

WORLDS: dict[str, dict[str, str]] = {
    "conflicts": {"pyproject.toml": head("own", '"wc-flavour"', CONFLICTS)},
    "conflicts below": {
        "pyproject.toml": head(
            "own",
            '"tool"',
            '[project.optional-dependencies]\na = ["tool[cpu]"]\nb = ["tool[gpu]"]\nc = ["own[b]"]\n'
            "[tool.uv]\nconflicts = [[{package = 'tool', extra = 'cpu'}, {package = 'tool', extra = 'gpu'}]]\n"
            "[tool.uv.sources]\ntool = { workspace = true }\n" + WORKSPACE,
        ),
        "packages/tool/pyproject.toml": head(
            "tool",
            '"wc-flavour"',
            '[project.optional-dependencies]\ncpu = ["wc-forked==1.0"]\ngpu = ["wc-forked==2.0", "wc-pages"]\n',
        ),
    },
    "conflicts of members": {
        "pyproject.toml": head(
            "own",
            "'a[x]', 'b; sys_platform == \"win32\"'",
            '[project.optional-dependencies]\nx = ["wc-pages"]\nnear = ["c"]\n'
            "[dependency-groups]\nlate = []\nmine = []\n"
            "[tool.uv]\nconflicts = [[{package = 'b'}, {group = 'late'}], [{package = 'c'}, {package = 'b'}],"
            " [{package = 'a', group = 'theirs'}, {group = 'mine'}], [{package = 'a', extra = 'x'}, {extra = 'x'}],"
            " [{package = 'a', extra = 'x'}, {group = 'mine'}]]\n"
            "[tool.uv.sources]\na = { workspace = true }\nb = { workspace = true }\nc = { workspace = true }\n"
            + WORKSPACE,
        ),
        "packages/a/pyproject.toml": head(
            "a",
            '"wc-core"',
            '[project.optional-dependencies]\nx = ["wc-lint"]\n[dependency-groups]\ntheirs = ["wc-tests"]\n',
        ),
        "packages/b/pyproject.toml": head("b"),
        "packages/c/pyproject.toml": head("c", '"wc-gpu"'),
    },
    "workspace": {
        "pyproject.toml": head("own", '"b"', WORKSPACE + "[tool.uv.sources]\nb = { workspace = true }\n"),
        "packages/b/pyproject.toml": head("b", '"wc-core", "wc-util[slow]"', '[dependency-groups]\ndev = ["wc-lint"]'),
        "packages/c/pyproject.toml": head("c", '"wc-pages"'),
    },
    "virtual workspace": {
        "pyproject.toml": WORKSPACE + '[dependency-groups]\ndev = ["wc-lint"]\nlate = ["wc-gpu"]\n',
        "packages/b/pyproject.toml": head("b", '"wc-core"', '[project.optional-dependencies]\nmore = ["wc-pages"]'),
        "packages/c/pyproject.toml": head("c", '"wc-util[fast]"', '[dependency-groups]\ndev = ["wc-tests"]'),
    },
    "no project": {"pyproject.toml": '[dependency-groups]\ndev = ["wc-core"]\nlate = ["wc-gpu", "wc-util[fast]"]\n'},
    "default groups": {
        "pyproject.toml": head(
            "own",
            '"wc-core"',
            '[project.optional-dependencies]\nMy_Extra = ["wc-gpu"]\n'
            '[dependency-groups]\ndev = ["wc-tests"]\nlint = ["wc-lint", "own[my-extra]"]\nLate_r = ["wc-pages"]\n'
            '[tool.uv]\ndefault-groups = ["lint"]\n',
        )
    },
    "all groups": {
        "pyproject.toml": head(
            "own",
            "",
            '[dependency-groups]\ndev = ["wc-tests"]\nlint = ["wc-lint"]\n[tool.uv]\ndefault-groups = "all"\n',
        )
    },
    "overrides": {
        "pyproject.toml": head(
            "own", '"wc-core"', "[tool.uv]\noverride-dependencies = [\"wc-shared; sys_platform == 'never'\"]\n"
        )
    },
    "forks": {
        "pyproject.toml": head(
            "own",
            '"wc-forked<2; sys_platform == \'win32\'", "wc-forked>=2; sys_platform != \'win32\'", "wc-flavour"',
            "[tool.uv]\nenvironments = [\"sys_platform == 'win32'\", \"sys_platform == 'linux'\"]\n",
        )
    },
    "builds": {"pyproject.toml": head("own", '"wc-built"')},
}

QUESTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("conflicts", "linux", ()),
    ("conflicts", "linux", ("--extra", "one")),
    ("conflicts", "linux", ("--extra", "two", "--extra", "pages")),
    ("conflicts", "linux", ("--extra", "three")),
    ("conflicts", "linux", ("--group", "via")),
    ("conflicts", "linux", ("--group", "first")),
    ("conflicts", "linux", ("--extra", "one", "--extra", "two")),
    ("conflicts", "linux", ("--extra", "one", "--extra", "three")),
    ("conflicts", "linux", ("--extra", "two", "--group", "first")),
    ("conflicts", "linux", ("--extra", "none-such")),
    ("conflicts", "linux", ("--group", "none-such")),
    ("conflicts below", "linux", ()),
    ("conflicts below", "linux", ("--extra", "a")),
    ("conflicts below", "linux", ("--extra", "b")),
    ("conflicts below", "linux", ("--extra", "c")),
    ("conflicts below", "linux", ("--extra", "a", "--extra", "b")),
    ("conflicts of members", "linux", ()),
    ("conflicts of members", "linux", ("--group", "late")),
    ("conflicts of members", "linux", ("--group", "mine")),
    ("conflicts of members", "linux", ("--extra", "near")),
    ("conflicts of members", "linux", ("--extra", "x")),
    ("workspace", "linux", ()),
    ("virtual workspace", "linux", ()),
    ("virtual workspace", "linux", ("--extra", "more", "--group", "late")),
    ("no project", "linux", ()),
    ("no project", "linux", ("--group", "late")),
    ("default groups", "linux", ()),
    ("default groups", "linux", ("--extra", "my.extra", "--group", "late-r")),
    ("all groups", "linux", ()),
    ("overrides", "linux", ()),
    ("forks", "windows", ()),
    ("forks", "linux", ()),
    ("forks", "macos", ()),
    ("builds", "linux", ()),
)


@pytest.fixture(scope="module")
def worlds(bench: Bench) -> dict[str, Path]:
    return {name: bench.project(written) for name, written in WORLDS.items()}


@pytest.mark.thorough
@pytest.mark.parametrize(("world", "platform", "options"), QUESTIONS)
def test_the_graph_of_a_uv_lock_is_walked_as_uv_walks_it(
    bench: Bench, worlds: dict[str, Path], world: str, platform: str, options: tuple[str, ...]
) -> None:
    folder = worlds[world]
    theirs = bench.synced(folder, platform, "--no-install-local", *options)
    try:
        found: set[str] | str = files(ours(folder / "uv.lock", platform, **asked(options)))
    except QuestionError as error:
        found = str(error)
    assert type(found) is type(theirs), (found, theirs)
    assert isinstance(found, str) or found == theirs


def test_all_extras_are_as_many_as_uv_installs_together(bench: Bench, worlds: dict[str, Path]) -> None:
    folder = worlds["conflicts below"]
    assert isinstance(bench.synced(folder, "linux", "--no-install-local", "--all-extras"), str)
    found = ours(folder / "uv.lock", "linux", everything=True)
    assert files(found) == bench.synced(folder, "linux", "--no-install-local", "--extra", "a")
    assert any("b, c left out" in each for each in found.notes)


def test_a_script_lock_yields_what_uv_installs_for_the_script(bench: Bench) -> None:
    folder = bench.folder / "script"
    folder.mkdir()
    script = folder / "tool.py"
    script.write_text(
        '# /// script\n# requires-python = ">=3.10"\n# dependencies = [\n#     "wc-util[fast]",\n'
        "#     \"wc-forked<2; sys_platform == 'win32'\",\n#     \"wc-forked>=2; sys_platform != 'win32'\",\n"
        "# ]\n# ///\n"
    )
    assert bench.run(uv.find_uv_bin(), "lock", "--script", "tool.py", cwd=folder).returncode == 0
    theirs = bench.installed(uv.find_uv_bin(), "sync", "--frozen", "--script", "tool.py", cwd=folder)
    assert files(ours(folder / "tool.py.lock", "linux")) == theirs


# -- pylock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("python", "platform"), [("3.10", "windows"), ("3.11", "linux"), ("3.13", "macos")])
def test_a_uv_lock_yields_for_other_pythons_what_uv_installs_from_its_export(
    bench: Bench, shop: Path, python: str, platform: str
) -> None:
    exported = bench.run(
        uv.find_uv_bin(), "export", "--frozen", "--format", "pylock.toml", "--no-emit-project", cwd=shop
    )
    lock = shop / "pylock.toml"
    lock.write_text(exported.stdout)
    bench.made += 1
    theirs = bench.installed(
        uv.find_uv_bin(), "pip", "install", "-r", "pylock.toml", "--no-deps", "--python-platform", platform,
        "--python-version", python, "--target", f"target{bench.made}", cwd=shop,
    )  # fmt: skip
    assert files(ours(lock, platform, python)) == theirs
    assert files(ours(shop / "uv.lock", platform, python)) == theirs


def test_a_pylock_of_pip_yields_what_pip_installs_from_it(bench: Bench) -> None:
    folder = bench.folder / "pip"
    folder.mkdir()
    pip = (sys.executable, "-m", "pip")
    locked = bench.run(
        *pip, "lock", "-i", bench.index.simple, "-o", "pylock.toml", "wc-core", "wc-util[fast]", "wc-native", cwd=folder
    )
    assert locked.returncode == 0, locked.stderr
    theirs = bench.installed(*pip, "install", "-r", "pylock.toml", "--target", "there", cwd=folder)
    assert files(ours(folder / "pylock.toml", "linux")) == theirs
