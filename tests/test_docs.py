"""README and docs are true: examples run, shown output is real, tables and source name the same things."""

from __future__ import annotations

import ast
import doctest
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pydantic
import pytest
from uv import find_uv_bin

from tests.support.command import LINUX, ROOT, Command
from tests.support.condamaker import Conda, pixi_lock
from tests.support.loopback import LoopbackIndex
from tests.support.pages import DOCS, PAGES, Block, blocks, page_name
from tests.support.stand_ins import OPENCV, OURS, REFUSED_BY_UV, RELEASES, nixl, serve_everything
from tests.support.warm_command import write_program
from wheelclash.cli import display
from wheelclash.report.formats import FORMATS
from wheelclash.report.rules import RULES
from wheelclash.report.schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TUTORIAL = DOCS / "tutorial.md"
SOURCES = sorted((ROOT / "wheelclash").rglob("*.py"))

posix = pytest.mark.skipif(os.name != "posix", reason="the examples are written for a POSIX shell")


BLOCKS = [block for page in PAGES for block in blocks(page)]
TUTORIAL_BLOCKS = list(blocks(TUTORIAL))


def _of(*languages: str, printed: bool = False) -> list[object]:
    """Return the blocks that are run each by itself: no files, and none of the tutorial."""
    found = [
        block
        for block in BLOCKS
        if block.language in languages
        and block.mark.startswith("printed by:") == printed
        and block not in TUTORIAL_BLOCKS
        and not block.mark.startswith("file:")
    ]
    assert found
    return [pytest.param(block, id=block.place) for block in found]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """A folder with what the examples speak of, an index with stand-ins, and ``wheelclash`` and ``python`` on PATH."""
    folder = tmp_path_factory.mktemp("shell")
    for wheel in OURS:
        wheel.write(folder / "dist")
    nixl("12", "1.6.0").write(folder / "gate" / "dist")
    RELEASES[-1].write(folder / "release" / "dist")
    for wheel in (OURS[0], REFUSED_BY_UV):
        wheel.write(folder / "refused" / "wheels")
    (folder / "projects.txt").write_text("nixl-cu12\nnixl-cu13\nopencv-python\nopencv-python-headless\ncalm\n")
    (folder / "frozen.txt").write_text("calm==1.0\nnixl-cu12==1.1.0\nnixl-cu13==1.1.0\nlone==1.0\n")
    listed = [{"name": name, "version": "1.1.0"} for name in ("nixl", "nixl-cu12", "nixl-cu13")]
    (folder / "list.json").write_text(json.dumps(listed))
    path = _programs(folder / "programs")
    with LoopbackIndex(folder / "index") as index:
        serve_everything(index)
        shell = Command(folder, index.simple, {"PATH": path})
        _write_a_lock(shell)
        _write_a_lock_of_pixi(shell, index)
        _install_the_environments(shell)
        shell("frozen.txt", "--write-baseline", "clashes.json", *LINUX)
        _write_a_configuration(folder)
        yield shell


def _programs(folder: Path) -> str:
    """Write the commands that the pages use to a folder, and return a PATH that begins with it.

    ``uv`` is one that fails: commands that change an environment have to be pip's, or not be run.
    """
    folder.mkdir()
    write_program(folder / "wheelclash")
    for name, line in {"python": [sys.executable], "python3": [sys.executable], "uv": ["false"]}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(line)} "$@"\n')
        (folder / name).chmod(0o755)
    return os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])


def _write_a_lock(shell: Command) -> None:
    """Write the ``pylock.toml`` that the how-to page on locks names: real uv resolves ``nixl`` against the index."""
    compile_ = [find_uv_bin(), "pip", "compile", "--quiet", "--format", "pylock.toml", "--output-file", "pylock.toml"]
    options = ["--default-index", str(shell.index), "--no-config", *LINUX]
    subprocess.run(
        [*compile_, *options, "-"], input=b"nixl==1.1.0", cwd=shell.folder, env=shell.variables(), check=True
    )


def _write_a_lock_of_pixi(shell: Command, index: LoopbackIndex) -> None:
    """Write the lock that the how-to page on conda names: conda's own build of OpenCV beside a wheel."""
    _, wheel = OPENCV
    files = {f"lib/python3.12/site-packages/{path}": content for path, content in wheel.files.items()}
    files["lib/python3.12/site-packages/cv2/__init__.py"] = "conda"
    packages = [Conda("python", "3.12.0"), Conda("py-opencv", "5.0.0", files=files)]
    for package in packages:
        index.add_file(package.filename, package.build_archive())
    (shell.folder / "vision").mkdir()
    (shell.folder / "vision" / "pixi.lock").write_text(pixi_lock(index, packages, [wheel]))


def _write_a_configuration(folder: Path) -> None:
    """Write the entry that the how-to page on accepted clashes shows, as a file of its own."""
    page = (DOCS / "howto" / "accept.md").read_text("utf-8")
    lines = re.findall(r"^ {4}(.*)$", page, re.MULTILINE)
    assert lines[0] == "[[tool.wheelclash.ignore]]"
    (folder / "accepted.toml").write_text("\n".join(["[[ignore]]", *lines[1:]]), encoding="utf-8")


def _install_the_environments(shell: Command) -> None:
    """Make the two environments that the pages repair, with pip, and keep a copy of each below ``kept``.

    ``.venv``: one distribution was installed after the other, the wrong one last. ``cv2/.venv``: of two distributions
    that share ``cv2`` one was uninstalled.
    """
    if os.name != "posix":
        return
    pip = _new_environment(shell, ".venv")
    for name in ("nixl-cu13", "nixl-cu12"):
        pip("install", "--no-deps", f"{name}==1.1.0", "nixl==1.1.0", "nvidia-cuda-runtime==13.0.96")
    pip = _new_environment(shell, "cv2/.venv")
    pip("install", "--no-deps", "opencv-python", "opencv-python-headless")
    pip("uninstall", "--yes", "opencv-python")
    for name in (".venv", "cv2/.venv"):
        (shell.folder / "kept" / name).parent.mkdir(parents=True, exist_ok=True)
        (shell.folder / name).rename(shell.folder / "kept" / name)


def _new_environment(shell: Command, name: str) -> Callable[..., None]:
    """Make an environment, and return pip as a function of its arguments."""
    folder = shell.folder / name
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    command = [sys.executable, "-m", "pip", "--quiet", "--python", str(folder / "bin" / "python")]

    def pip(*arguments: str) -> None:
        subprocess.run([*command, *arguments], env=shell.variables(), check=True)

    return pip


@pytest.fixture
def story(shell: Command) -> Command:
    """Return the shell with both environments as they were in the beginning."""
    for name in (".venv", "cv2/.venv"):
        if (shell.folder / "kept" / name).exists():
            shutil.rmtree(shell.folder / name, ignore_errors=True)
            shutil.copytree(shell.folder / "kept" / name, shell.folder / name, symlinks=True)
    return shell


_PROGRESS = tuple(f"wheelclash: {text.partition('{')[0]}" for text in display._TEXTS.values())


def _run(shell: Command, command: str, status: int = 0) -> tuple[int, str]:
    """Run a command as typed, ``$?`` being ``status`` before it; its code and all that it wrote."""
    script = f"(exit {status}); {command}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=shell.folder,
        env=shell.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    lines = done.stdout.decode("utf-8").splitlines(keepends=True)
    # Where the machine is busy, a command may take so long that it says how far it is.
    return done.returncode, "".join(line for line in lines if not line.startswith(_PROGRESS))


def _agree(shown: str, real: str) -> None:
    checker = doctest.OutputChecker()
    if not checker.check_output(shown, real, doctest.ELLIPSIS):
        pytest.fail(f"shown:\n{shown}\nreal:\n{real}")


# -- examples ----------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("block", _of("console", "dockerfile"))
def test_console_example_does_what_it_shows(story: Command, block: Block) -> None:
    if block.mark.startswith("in: "):
        story = replace(story, folder=story.folder / block.mark.removeprefix("in: "))
    status = 0
    for number, (command, shown) in enumerate(block.commands):
        assert command.split()[0] in {"wheelclash", "python", "echo"}, "mark it as printed, or show a command that runs"
        status, real = _run(story, command, status)
        if shown:
            _agree(shown, real)
        told = [each for each, _ in block.commands[number + 1 : number + 2]] == ["echo $?"]
        assert status in {0, 1} or told, real
        assert "Traceback" not in real


@posix
def test_tutorial_can_be_followed_from_top_to_bottom(tmp_path: Path) -> None:
    """Every file is written and every command run, in one folder, without a package index."""
    folder = tmp_path / "work"
    folder.mkdir()
    shell = Command(folder, None, {"PATH": _programs(tmp_path / "programs")})
    status = 0
    for block in TUTORIAL_BLOCKS:
        if block.language == "python":
            (folder / block.mark.removeprefix("file: ")).write_text(block.text)
            continue
        assert block.language == "console", f"{block.place}: would not be run"
        for command, shown in block.commands:
            status, real = _run(shell, command, status)
            assert shown or (status, real) == (0, ""), f"{command}\n{real}"
            _agree(shown, real)


@posix
@pytest.mark.parametrize("block", _of("console", "dockerfile", printed=True))
def test_command_that_changes_an_environment_is_one_we_print(shell: Command, block: Block) -> None:
    question = shlex.split(block.mark.removeprefix("printed by:").strip())
    assert question[0] == "wheelclash"
    report = shell(*question[1:], "--format", "json").json
    printed = iter([shlex.join(step["command"]) for remedy in report["remedies"] for step in remedy["steps"]])
    for command, _ in block.commands:
        assert command in printed, "not printed, or not in this order"


@pytest.mark.parametrize("block", _of("python"))
def test_python_example_prints_what_it_shows(story: Command, block: Block) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block.text],
        cwd=story.folder,
        env=story.variables(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    assert block.output is not None
    _agree(block.output, done.stdout.decode("utf-8"))


@posix
@pytest.mark.parametrize(
    "command",
    ["env", "env --keep nixl-cu13", "fix", "fix --keep nixl-cu13", "nixl-cu13==1.1.0 --into .venv", "who nixl_ep"],
)
def test_the_first_screen_says_what_is_wrong_and_one_thing_to_do(story: Command, command: str) -> None:
    """25 lines of 100 columns, the environment by the path that a shell in this folder takes, and one command."""
    _, screen = _run(story, f"wheelclash {command}")
    lines = screen.splitlines()
    assert sum(max(1, -(-len(line) // 100)) for line in lines) <= 25
    assert str(story.folder) not in screen
    last = [
        line for line in lines if re.search(r"\b(wheelclash (env|fix)|install) ", line) and not line.startswith("  ")
    ]
    assert len(last) <= 1


@posix
@pytest.mark.parametrize("block", _of("bash"))
def test_shell_lines_that_install_are_at_least_shell(block: Block) -> None:
    """They need a package index; the README's are run by ``.ci/run`` and by hand."""
    done = subprocess.run(["bash", "-n"], input=block.text.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_sessions_that_are_named_exist(page: Path) -> None:
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE))
    named = re.findall(r"nox (?:-R )?-s((?: [a-z]+)+)", page.read_text("utf-8"))
    assert {name for names in named for name in names.split()} <= sessions


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_options_of_a_synopsis_exist(page: Path) -> None:
    lines = _lines(page, r"^ {4}wheelclash .*$")
    assert {option for line in lines for option in re.findall(r"--?[a-z][a-z-]*", line)} <= _options()


def test_every_block_is_of_a_kind_that_is_tested() -> None:
    known = {"console", "python", "text", "bash", "dockerfile", "{toctree}", "{eval-rst}"}
    assert {each.language for each in BLOCKS if not each.mark.startswith("file:")} <= known
    assert [each.place for each in BLOCKS if each.language == "text"] == [
        after.place for before, after in pairwise(BLOCKS) if before.language == "python" and after.language == "text"
    ]


def test_ci_finds_the_test_command_in_the_readme() -> None:
    marked = [each for each in blocks(ROOT / "README.md") if each.mark == "tests"]
    assert len(marked) == 1
    assert ".venv/bin/nox -s tests" in marked[0].text
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text("utf-8")


# -- tables ------------------------------------------------------------------------------------------------


def _section(page: str, title: str) -> str:
    text = (DOCS / page).read_text("utf-8")
    match = re.search(rf"^(#+) {re.escape(title)}\n((?:.*\n)*?)(?=^#{{1,2}} |\Z)", text, re.MULTILINE)
    assert match, title
    return match[2]


def _first_column(text: str) -> set[str]:
    """The code spans in the first column of every table."""
    rows = re.findall(r"^\|(.*?)\|", text, re.MULTILINE)
    return {span for row in rows for span in re.findall(r"`([^`]+)`", row)}


def _spans(page: Path) -> set[str]:
    """The code spans of a page's running text."""
    text = re.sub(r"^(`{3,})(?:.*\n)*?\1$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    return {span.replace("\n", " ") for span in re.findall(r"`([^`]+)`", text)}


def _literals(*calls: str, position: int) -> set[str]:
    """String constants at that position of the arguments of every call of these names in the source."""
    found = set()
    for node in _calls():
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in calls and len(node.args) > position:
            found |= {
                each.value
                for each in ast.walk(node.args[position])
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and _is_code(each.value)
            }
    return found


@cache
def _calls() -> list[ast.Call]:
    """Every call in the source."""
    trees = [ast.parse(path.read_text("utf-8")) for path in SOURCES]
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) is not None


def _options() -> set[str]:
    """Every option of every command."""
    from wheelclash.cli.parser import COMMANDS, parser_of

    actions = [each for command in COMMANDS for each in parser_of(command)._actions]
    return {option for each in actions if each.help != "==SUPPRESS==" for option in each.option_strings}


def test_every_option_is_described() -> None:
    known = _options()
    pages = "".join(page.read_text("utf-8") for page in sorted((DOCS / "reference").glob("*.md")))
    rows = re.findall(r"^\| (`-.*?) \|", pages, re.MULTILINE)
    told = {option for row in rows for option in re.findall(r"`(-{1,2}[A-Za-z-]+)", row)}
    assert told == known


def test_every_option_named_anywhere_exists() -> None:
    """Of ours, in running text; commands of others bring their own."""
    known = _options()
    theirs = {
        "--reinstall", "--force-reinstall", "--hash", "--excludes", "--break-system-packages",
        "--no-binary", "--only-binary", "--config-settings", "--require-hashes",
    }  # fmt: skip
    for page in PAGES:
        spans = [span for span in _spans(page) if span.startswith("--")]
        assert {re.split(r"[ =]", span)[0] for span in spans} - {"--"} <= known | theirs, page_name(page)


def test_every_finding_code_is_described() -> None:
    known = _literals("Finding", "FindingReport", "UnusableHash", "odd", position=0) | {
        "refused-by-pip",
        "refused-by-uv",
    }
    assert _first_column(_section("reference/codes.md", "Finding codes")) == known
    refusals = _section("reference/codes.md", "Refusal codes")
    assert _first_column(refusals) == _literals("LayoutFailure", "_Refused", position=0)


def test_page_of_rules_is_that_of_the_command() -> None:
    """Each rule has a heading, and the text that ``wheelclash rule`` prints."""
    page = " ".join((DOCS / "reference" / "rules.md").read_text("utf-8").split())
    for rule in RULES.values():
        assert f"## {rule.code}: {rule.name} {' '.join(rule.help.split())}" in page, rule.code


def test_every_format_is_described() -> None:
    """The page's table is the one of the source: names in order, what each is for, what its files end with."""
    page = DOCS / "reference" / "formats.md"
    rows = [
        "|".join(row)
        for row in re.findall(
            r"^\| \[?`([a-z]+)`\S* \| ([^|]+) \| `(\.[a-z]+)` \|", page.read_text("utf-8"), re.MULTILINE
        )
    ]
    assert rows == [f"{name}|{about.description}|{about.extension}" for name, about in FORMATS.items()]


def test_every_skip_code_is_described() -> None:
    errors = (ROOT / "wheelclash" / "errors.py").read_text("utf-8")
    listed = {code for found in re.findall(r"code: One of ((?:``[a-z-]+``[,.\s]*)+)", errors) for code in _codes(found)}
    from wheelclash.locks.package import _NOT_COMPARED

    sources = "".join(path.read_text("utf-8") for path in SOURCES)
    known = listed | _literals("Skip", "FetchError", "WheelError", position=1) | set(_NOT_COMPARED)
    known |= set(re.findall(r"\bSkip\(\s*requirement=[^\n]*?,\s*code=\"([a-z-]+)\"", sources))
    assert _first_column(_section("reference/codes.md", "Skip codes")) == known


def _codes(text: str) -> list[str]:
    return re.findall(r"``([a-z-]+)``", text)


def test_every_family_is_shown_with_its_evidence() -> None:
    from wheelclash.resolve.families import families

    text = (DOCS / "reference" / "families.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][1:]
    shown = {row[0]: (re.findall(r"`([^`]+)`", row[1]), *row[2:]) for row in rows}
    assert shown == {
        each.name: ([*each.members, *([each.meta] if each.meta else [])], each.shares, each.note, each.evidence)
        for each in families()
    }


def test_every_reason_is_described() -> None:
    from wheelclash.core.diagnosis import Outcome
    from wheelclash.report.text import REASONS

    told = _first_column(_section("reference/codes.md", "Reasons"))
    assert told == set(REASONS)
    assert Outcome.__doc__ is not None
    assert set(_codes(Outcome.__doc__.partition("reason:")[2])) <= told
    assert _literals("Outcome", position=3) | _literals("LastWriters", position=1) <= told


def test_every_exit_code_is_described() -> None:
    from wheelclash import cli

    rows = re.findall(r"^\| ([\d, ]+) \|", _section("reference/cli.md", "Exit codes"), re.MULTILINE)
    ended = {str(128 + number) for number in (signal.SIGHUP, signal.SIGTERM)}
    codes = {"0", "1", "2", "3", str(cli._INTERRUPTED), str(cli._BROKEN_PIPE)} | ended
    assert {code for row in rows for code in row.split(", ")} == codes


def test_every_environment_variable_is_described() -> None:
    from wheelclash.index import pip_config as pipconfig
    from wheelclash.index import uv_config as uvconfig

    pattern = r"environ(?:\.get\(|\[)\s*\"([A-Z][A-Z0-9_]+)\""
    found = {name for path in SOURCES for name in re.findall(pattern, path.read_text("utf-8"))}
    found |= {f"PIP_{key.upper().replace('-', '_')}" for key in pipconfig._KEYS} | set(uvconfig._VARIABLES)
    section = _section("reference/cli.md", "Environment variables")
    assert found
    assert {name for name in found if f"`{name}`" not in section} == set()


def test_every_key_of_the_json_is_described() -> None:
    schema = json.loads(schema_text())
    keys = {key for each in [schema, *schema["$defs"].values()] for key in each.get("properties", {})}
    assert keys - _spans(DOCS / "reference" / "json.md") == set()


def test_every_word_of_the_json_is_a_term() -> None:
    """Kinds, roles, severities, states, strategies: what may stand in the JSON is told with the JSON and as a term."""
    schema = json.loads(schema_text())
    words = {word for found in re.findall(r'"enum": (\[[^\]]*\])', json.dumps(schema)) for word in json.loads(found)}
    terms = {word for line in _lines(DOCS / "terms.md", r"^\*\*([a-z ,-]+)\*\*:") for word in line.split(", ")}
    for told in (_spans(DOCS / "reference" / "json.md"), _spans(DOCS / "terms.md") | terms):
        assert words - told - {"pip", "uv"} == set()


def _lines(page: Path, pattern: str) -> list[str]:
    return re.findall(pattern, page.read_text("utf-8"), re.MULTILINE)


def test_schema_beside_the_pages_is_the_one_that_is_printed(shell: Command) -> None:
    kept = json.loads((DOCS / "schema.json").read_text("utf-8"))
    printed = json.loads(schema_text())
    assert printed == shell("schema").json
    if tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 13):  # has no descriptions of dataclasses
        kept, printed = _without_descriptions(kept), _without_descriptions(printed)
    assert kept == printed


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_descriptions(each) for key, each in value.items() if key != "description"}
    return [_without_descriptions(each) for each in value] if isinstance(value, list) else value


def test_every_public_name_is_in_the_reference() -> None:
    import wheelclash

    text = (DOCS / "reference" / "library.md").read_text("utf-8")
    assert [name for name in wheelclash.__all__ if f"wheelclash.{name}" not in text] == []


# -- references --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_lead_somewhere(page: Path) -> None:
    assert "[](" not in page.read_text("utf-8"), "without text: seen where Sphinx builds the page, and nowhere else"
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        other = page.parent / name if name else page
        assert other.is_file(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", other.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}, target


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_pages_are_in_plain_words(page: Path) -> None:
    """Of running text; what the command prints is tested with its reports."""
    text = re.sub(r"^(`{3,})(?:.*\n)*?\1$", "", page.read_text("utf-8"), flags=re.MULTILINE)
    assert re.findall(r"\b(?:nobody|somebody|anybody|everybody|whose|for\s+want\s+of)\b", text, re.IGNORECASE) == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_files_that_are_named_exist(page: Path) -> None:
    files = r"(?:tests|wheelclash|docs|installers|report|\.ci)/[\w./-]*|data/README\.md"
    if page.name in {"CONTRIBUTING.md", "design.md", "testing.md"}:  # elsewhere they are modules of a project
        files += r"|[\w/]+\.py"
    places = (ROOT, ROOT / "wheelclash", ROOT / "tests" / "oracle")
    for span in _spans(page):
        if re.fullmatch(files, span):
            assert any((place / span).exists() for place in places), span


def test_the_map_names_every_module_and_package() -> None:
    """Each once, in CONTRIBUTING; a module named without its ending stands beside one that is its main module."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Where things are")[2].partition("## Rules")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    named = [name.removesuffix("/").removesuffix(".py") for row in rows for name in re.findall(r"`([^`]+)`", row)]
    package = ROOT / "wheelclash"
    modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    assert sorted(named) == sorted(modules | packages | {"tests", "data"})


def test_help_and_cli_page_agree_on_the_default_download_limit(shell: Command) -> None:
    from wheelclash.http.client import MAX_DOWNLOAD

    told = f"{MAX_DOWNLOAD // 2**20}MiB"
    assert told in shell("--help").out
    assert f"`{told}` by default" in (DOCS / "reference" / "cli.md").read_text("utf-8")


def test_numbers_of_the_explanation_are_those_of_the_source() -> None:
    from wheelclash.core.content import INIT_LIMIT
    from wheelclash.index.client import FRESH
    from wheelclash.wheel.remote import FIRST_TAIL, NEAR

    text = (DOCS / "explanation" / "reading.md").read_text("utf-8")
    assert f"{FIRST_TAIL:,} bytes" in text
    assert f"within {NEAR // 1024} KiB" in text
    assert f"at most {INIT_LIMIT // 1024} KiB" in (DOCS / "explanation" / "clashes.md").read_text("utf-8")
    assert {600.0: "ten"}[FRESH] in text


def test_stand_ins_of_the_examples_are_for_the_target_they_name(shell: Command) -> None:
    """The examples would show nothing if they skipped."""
    ran = shell("nixl-cu12", "nixl-cu13", "opencv-python", "opencv-python-headless", *LINUX)
    assert "not read" not in ran.out
