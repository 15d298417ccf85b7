"""Where others call us: the hooks of pre-commit and GitHub's action, their shell lines run as those tools run them."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.command import ROOT, Command
from tests.support.wheelmaker import Wheel
from wheelclash.cli.configuration import all_options, variable_of
from wheelclash.cli.parser import CommandOptions
from wheelclash.inputs import _LOCKS_BY_NAME

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="the steps are written for bash")

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))

_PACKAGE = """\
[[packages]]
name = "{name}"
version = "1.0"
wheels = [{{ name = "{wheel.name}", path = "dist/{wheel.name}", hashes = {{ sha256 = "{digest}" }} }}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Command:
    """A project with a lock in which two distributions clash, and the command on its PATH."""
    lock = 'lock-version = "1.0"\ncreated-by = "test"\n'
    for name in ("a", "b"):
        wheel = Wheel(name, files={"shared/m.py": name}).write(tmp_path / "dist")
        lock += _PACKAGE.format(name=name, wheel=wheel, digest=hashlib.sha256(wheel.read_bytes()).hexdigest())
    (tmp_path / "pylock.toml").write_text(lock)
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "wheelclash"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(Command.line())} "$@"\n')
    program.chmod(0o755)
    return Command(tmp_path, None, {"PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])})


def _run(project: Command, line: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environ = project.variables(**variables)
    return subprocess.run(line, cwd=project.folder, env=environ, capture_output=True, text=True, check=False)


def test_the_page_shows_inputs_variables_and_hooks_that_there_are() -> None:
    page = (ROOT / "docs" / "howto" / "ci.md").read_text("utf-8")
    shown = re.findall(r"(?:^    .*\n|^\n(?=    ))+", page, re.MULTILINE)
    steps, job, hooks = (yaml.safe_load(textwrap.dedent(text)) for text in shown)
    (ours,) = (step for step in steps if step["uses"].startswith("OWNER/wheelclash@"))
    assert ours["with"].keys() <= ACTION["inputs"].keys()
    (template,) = job["include"]
    there = yaml.safe_load((ROOT / template["remote"].partition("v0.1.0/")[2]).read_text("utf-8"))
    assert job["wheelclash"]["variables"].keys() <= there["wheelclash"]["variables"].keys()
    ids = {hook["id"] for hook in HOOKS}
    assert {hook["id"] for hook in hooks["repos"][0]["hooks"]} <= ids
    assert set(re.findall(r"`(wheelclash-[a-z-]+)`", page)) == ids


# -- pre-commit --------------------------------------------------------------------------------------------


def test_hooks_are_whole() -> None:
    """Each has what pre-commit requires, and never gives several files at once, which would be taken for one set."""
    assert len({hook["id"] for hook in HOOKS}) == len(HOOKS)
    for hook in HOOKS:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        assert hook["pass_filenames"] is False
        assert hook.get("always_run") or hook["files"]


def test_every_lock_has_a_hook_and_brings_what_it_takes_to_read_it() -> None:
    """pre-commit installs the package without extras: what resolves or reads a list must be named beside it."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    takes = {"-r requirements.txt": ["uv"], "pixi.lock": ["yaml", "conda"], "conda-lock.yml": ["yaml", "conda"]}
    asked = {hook["entry"].partition(" check ")[2].removesuffix(" --all-targets"): hook for hook in HOOKS}
    assert asked.keys() >= set(_LOCKS_BY_NAME)
    for what, hook in asked.items():
        needed = [requirement for extra in takes.get(what, ()) for requirement in extras[extra]]
        assert hook.get("additional_dependencies", []) == needed, what


@posix
def test_hook_of_a_lock_fails_where_it_clashes(project: Command) -> None:
    (hook,) = (hook for hook in HOOKS if hook["id"] == "wheelclash-pylock")
    ran = _run(project, shlex.split(hook["entry"]))
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "a 1.0 and b 1.0 clash" in ran.stdout


@posix
@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_entry_of_a_hook_is_a_command_line(project: Command, hook: dict[str, Any]) -> None:
    """Without the file there is an error about the file, not about the words."""
    ran = _run(project, [*shlex.split(hook["entry"]), "--help"])
    assert (ran.returncode, ran.stderr) == (0, "")


_OF_THE_PACKAGE = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    ".pre-commit-hooks.yaml",
    "wheelclash",
    "data/families.toml",
)


def _repository(folder: Path) -> None:
    """Make a folder a repository with all that is in it."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for line in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "all"]):
        subprocess.run(["git", *line], cwd=folder, check=True)


@posix
@pytest.mark.integrations
def test_pre_commit_installs_the_hooks_and_runs_them(
    project: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It installs from a repository made of these files, with the package index of this machine."""
    ours = tmp_path_factory.mktemp("ours")
    for name in _OF_THE_PACKAGE:
        (ours / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, ours / name)
    _repository(ours)
    _repository(project.folder)
    environ = os.environ | {
        "PRE_COMMIT_HOME": str(ours / "home"),
        "PATH": project.environ["PATH"],
        "PYTHONPATH": "",
        "WHEELCLASH_CACHE_DIR": str(project.cache),
    }

    def run(hook: str, **more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "pre_commit", "try-repo", str(ours), hook, "--all-files", "--verbose"]
        variables = environ | more
        return subprocess.run(line, cwd=project.folder, env=variables, capture_output=True, text=True, check=False)

    clashing = run("wheelclash-pylock")
    assert clashing.returncode == 1, clashing.stdout + clashing.stderr
    assert "a 1.0 and b 1.0 clash" in clashing.stdout
    (project.folder / "dist").joinpath(Wheel("b").filename).unlink()
    unread = run("wheelclash-pylock")
    assert unread.returncode == 1
    assert "- exit code: 2" in unread.stdout
    assert "(no files to check)" in run("wheelclash-uv-lock").stdout

    (project.folder / "requirements.txt").write_text("a==1.0\n")
    subprocess.run(["git", "add", "-A"], cwd=project.folder, check=True)
    without_uv = {"PATH": os.pathsep.join(["/usr/bin", "/bin"]), "WHEELCLASH_FIND_LINKS": "dist"}
    resolved = run("wheelclash-requirements", WHEELCLASH_NO_INDEX="1", **without_uv)
    assert resolved.returncode == 0, resolved.stdout + resolved.stderr
    assert "No clash: 1 distribution" in resolved.stdout

    environment = tmp_path_factory.mktemp("environment") / "v"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    ran = run("wheelclash-env", VIRTUAL_ENV=str(environment))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert str(environment) in ran.stdout


# -- GitHub's action ---------------------------------------------------------------------------------------


def _step(name: str) -> dict[str, Any]:
    (step,) = (step for step in ACTION["runs"]["steps"] if step["name"] == name)
    return dict(step)


def test_inputs_reach_the_shell_as_variables_only() -> None:
    """Text of an input within the lines of a step could be a command."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        told = {value.removeprefix("${{ inputs.").removesuffix(" }}") for value in step.get("env", {}).values()}
        assert told <= ACTION["inputs"].keys()


def test_inputs_that_are_options_are_given_as_their_variables() -> None:
    flags = {flag for _, about in all_options(CommandOptions) for flag in about.flags if flag.startswith("--")}
    given = {variable_of(flag): f"${{{{ inputs.{flag[2:]} }}}}" for flag in flags if flag[2:] in ACTION["inputs"]}
    told = {name: value for name, value in _step("Check")["env"].items() if name.startswith("WHEELCLASH_")}
    assert told == given
    assert {"fail-on", "keep", "python-version", "python-platform"} <= ACTION["inputs"].keys()


def _check(project: Command, arguments: str, **inputs: str) -> subprocess.CompletedProcess[str]:
    for name in ("output", "summary"):
        (project.folder / name).touch()
    variables = {"SARIF_FILE": "", "SUMMARY": "true", "UPLOAD": "false", **inputs}
    return _run(
        project,
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _step("Check")["run"]],
        ARGUMENTS=arguments,
        RUNNER_TEMP=str(project.folder),
        GITHUB_OUTPUT=str(project.folder / "output"),
        GITHUB_STEP_SUMMARY=str(project.folder / "summary"),
        **variables,
    )


@posix
def test_action_annotates_and_writes_what_was_asked_for(project: Command) -> None:
    ran = _check(project, "pylock.toml\n  --no-cache", SARIF_FILE="out.sarif")
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("::error file=pylock.toml,line=4,title=WC001 different::")
    assert (project.folder / "output").read_text() == "exit-code=1\nsarif-file=out.sarif\n"
    assert "| `WC001` different |" in (project.folder / "summary").read_text()
    assert '"ruleId": "WC001"' in (project.folder / "out.sarif").read_text()


@posix
def test_action_checks_the_lock_if_nothing_is_named(project: Command) -> None:
    ran = _check(project, "")
    assert (ran.returncode, ACTION["inputs"]["arguments"]["default"]) == (1, "")
    assert "there is pylock.toml" in ran.stderr


@posix
def test_action_uploads_what_there_is(project: Command) -> None:
    """The step that uploads runs also after a clash, and not without a file."""
    assert _check(project, "pylock.toml", UPLOAD="true", WHEELCLASH_FAIL_ON="never", WHEELCLASH_KEEP="").returncode == 0
    told = (project.folder / "output").read_text().splitlines()
    assert told == ["exit-code=0", f"sarif-file={project.folder}/wheelclash.sarif"]
    assert '"ruleId": "WC001"' in (project.folder / "wheelclash.sarif").read_text()
    upload = _step("Upload")
    assert "!cancelled()" in upload["if"]
    assert "steps.check.outputs.sarif-file != ''" in upload["if"]
    assert upload["with"] == {"sarif_file": "${{ steps.check.outputs.sarif-file }}"}


@posix
def test_action_keeps_the_exit_code_of_an_error(project: Command) -> None:
    ran = _check(project, "nothing.lock", SUMMARY="false", UPLOAD="true")
    assert ran.returncode == 2
    assert (project.folder / "output").read_text() == "exit-code=2\n"
    assert (project.folder / "summary").read_text() == ""


@posix
def test_action_installs_the_version_that_was_named(project: Command) -> None:
    """Seen in the words that the step hands to Python."""
    programs = project.folder / "programs"
    (programs / "python").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "import sys; print(sys.argv[1:])" "$@"\n'
    )
    (programs / "python").chmod(0o755)
    for version, wanted in (("", "'wheelclash[uv]'"), ("1.2", "'wheelclash[uv]==1.2'")):
        ran = _run(project, ["bash", "-c", _step("Install wheelclash")["run"]], VERSION=version)
        assert ran.stdout.strip().endswith(f"{wanted}]")
