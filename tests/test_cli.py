"""The command line: a process, an index on the loopback, and what comes back. Exit codes: docs/reference/cli.md."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import LINUX, Command
from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import serve_pairs
from tests.support.wheelmaker import Wheel
from wheelclash.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="signals and closed pipes are POSIX's")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("index")) as started:
        serve_pairs(started)
        yield started


@pytest.fixture(scope="module")
def ask(index: LoopbackIndex, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command with that index; one cache for all, as for a user."""
    return Command(tmp_path_factory.mktemp("home"), index.simple)


# -- exit codes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["calm", "lone"], 0),
        (["left", "right"], 1),
        (["table-one", "table-two"], 0),
        (["twin-one", "twin-two"], 0),
        (["calm", "lone", "unknown-project"], 3),
        (["calm", "lone", "source-only"], 3),
        (["calm", "lone", "elsewhere"], 3),
        (["left", "right", "unknown-project"], 1),  # what was found counts, whatever was not read
        (["calm", "unknown-project"], 2),
        (["unknown-project", "other-unknown-project"], 2),
    ],
)
def test_exit_code_says_what_was_found(ask: Command, asked: list[str], code: int) -> None:
    ran = ask(*asked, *LINUX)
    assert (ran.code, ran.err) == (code, ""), ran.out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["left", "left"], "left alone has nothing to clash with. It was given 2 times."),
        (["left", "left==1.0"], "It was given 2 times."),
        (["left", "right ; sys_platform == 'win32'"], "(its marker does not hold for this target)"),
        (["left ; sys_platform == 'win32'"], "nothing to compare"),
        (["pyproject.toml"], "There is nothing to compare: pyproject.toml asks for no distribution."),
        (["-r", "empty.txt"], "There is nothing to compare: empty.txt asks for no distribution."),
        (["dist/lone-1.0-py3-none-any.whl", "--no-deps"], "lone-1.0-py3-none-any.whl alone has nothing to clash with"),
        (["dist/", "--no-deps"], "What is in dist alone has nothing to clash with"),
    ],
)
def test_comparing_nothing_is_no_success(ask: Command, asked: list[str], told: str, tmp_path: Path) -> None:
    Wheel("lone", files={"lone.py": ""}).write(tmp_path / "dist")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'ours'\nversion = '1'\n", encoding="utf-8")
    (tmp_path / "empty.txt").write_text("# nothing yet\n", encoding="utf-8")
    ran = ask(*asked, *LINUX, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


@pytest.mark.parametrize("what", ["dist/ours-1.0-py3-none-any.whl", "dist/", "dist"])
def test_one_wheel_alone_is_asked_with_its_dependencies(
    ask: Command, index: LoopbackIndex, what: str, tmp_path: Path
) -> None:
    """A release job that checks its one wheel learns what that wheel clashes with once it is installed."""
    path = Wheel("ours", files={"shared/core.py": "ours\n"}, requires=["right"]).write(tmp_path / "dist")
    ran = ask(what, "--keep", "ours", "--installer", "uv", *LINUX, cwd=tmp_path)
    assert ran.code == 1, ran.out + ran.err
    assert "ours 1.0 and right 1.0 clash" in ran.out
    assert f"install dist/{path.name}\n" in ran.out, "commands name the very wheel"
    index.forget()
    offline = ask(what, "--offline", "--no-cache", *LINUX, cwd=tmp_path, UV_CACHE_DIR=str(tmp_path / "none"))
    assert (offline.code, offline.out) == (2, "")
    assert "right" in offline.err
    assert not index.requests


def test_one_wheel_is_resolved_within_constraints(ask: Command, tmp_path: Path) -> None:
    Wheel("ours", files={"shared/core.py": "ours\n"}, requires=["right"]).write(tmp_path / "dist")
    (tmp_path / "c.txt").write_text("right<2\n", encoding="utf-8")
    for what in ("dist", "dist/ours-1.0-py3-none-any.whl"):
        assert ask(what, "-c", "c.txt", *LINUX, cwd=tmp_path).code == 1
    (tmp_path / "c.txt").write_text("right<1\n", encoding="utf-8")
    for what in ("dist", "dist/ours-1.0-py3-none-any.whl"):
        assert ask(what, "-c", "c.txt", *LINUX, cwd=tmp_path).code == 2


def test_one_wheel_that_requires_nothing_is_clean(ask: Command, tmp_path: Path) -> None:
    Wheel("lone", files={"lone.py": ""}).write(tmp_path / "dist")
    ran = ask("dist/lone-1.0-py3-none-any.whl", *LINUX, cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No clash: 1 distribution")


def test_one_wheel_that_is_not_for_the_target_is_told_as_such(ask: Command, tmp_path: Path) -> None:
    Wheel("lone", files={"lone.py": ""}, tag="cp312-cp312-win_amd64", purelib="false").write(tmp_path / "dist")
    for what in ("dist/lone-1.0-cp312-cp312-win_amd64.whl", "dist/"):
        ran = ask(what, *LINUX, cwd=tmp_path)
        assert ran.code == 2
        assert "win_amd64" in ran.out


@pytest.mark.parametrize(
    ("asked", "keep", "told"),
    [
        (["left", "right", "source-only"], "source-only", "source-only was not read: "),
        (["left", "right", "elsewhere==1.0"], "elsewhere", "elsewhere==1.0 was not read: "),
        (["left", "right", "unknown-project"], "unknown-project", "no index knows a project of this name"),
        (["left", "right", "calm; sys_platform == 'win32'"], "calm", "its marker does not hold"),
    ],
)
def test_keeper_that_was_skipped_is_told_why(ask: Command, asked: list[str], keep: str, told: str) -> None:
    ran = ask(*asked, "--keep", keep, *LINUX)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "perhaps" not in ran.err.lower()


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        (["left", "right"], {"error": 1, "warning": 1, "notice": 1, "never": 0}),
        (["table-one", "table-two"], {"error": 0, "warning": 1}),
        (["twin-one", "twin-two"], {"warning": 0, "notice": 1}),
        (["calm", "lone"], {"notice": 0}),
        (["left", "right", "source-only"], {"error": 1, "never": 3}),
    ],
)
def test_fail_on_names_the_mildest_that_counts(ask: Command, asked: list[str], codes: dict[str, int]) -> None:
    assert {each: ask(*asked, "--fail-on", each, *LINUX).code for each in codes} == codes


def test_allow_incomplete_forgives_a_skip_but_not_a_question_without_answer(ask: Command) -> None:
    assert ask("calm", "lone", "source-only", "--allow-incomplete", *LINUX).code == 0
    assert ask("left", "right", "source-only", "--allow-incomplete", *LINUX).code == 1
    assert ask("calm", "source-only", "--allow-incomplete", *LINUX).code == 2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("source-only", "source only"),
        ("source-only", "--build would build it (runs its code), or ask an environment it is installed in"),
        ("elsewhere", "win_amd64"),
        ("calm==9", "1.0"),  # what there is instead
        ("unknown-project", "no index knows"),
        ("clam", "calm"),  # a near name of the set
    ],
)
def test_skip_is_told_with_what_there_is_instead(ask: Command, asked: str, told: str) -> None:
    ran = ask("calm", "lone", asked, *LINUX)
    assert ran.code == 3
    (line,) = (line for line in ran.lines if "not read" in line)
    assert asked in line
    assert told in line


# -- what is no question -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "nothing asked"),
        (["left", "--no-deps"], "--deps"),
        (["left", "right", "--no-such-option"], "--no-such-option"),
        (["left", "right", "--kee", "left"], "--kee"),  # no abbreviations: they would forbid new options
        (["left", "right", "--format", "xml"], "xml"),
        (["left", "right", "--max-download", "much"], "much"),
        (["left", "right", "--python", "x", "--python-version", "3.12"], "whole target"),
        (["left", "right", "--python-version", "312"], "3.12"),
        (["left", "right", "--python-platform", "linus"], "linux"),
        (["left", "right", "--exclude-newer", "yesterday"], "2025-03-01"),
        (["left", "right", "--index-url", ""], "--index-url"),
        (["left", "right", "--ignore", "left:*"], "A,B:GLOB"),
        (["left", "right", "--index-url", "ftp://host/simple"], "https://"),
        (["left", "right", "--find-links", "no-such-folder"], "no-such-folder"),
        (["left", "right=1.0"], "right==1.0"),
        (["left", "1.0"], "NAME==1.0"),
        (["left", "dist/right-1.0-py3-none-any.whl"], "no such file"),
        (["left", "."], "folder"),
        (["left", "uv.lock"], "no such file"),
        (["left", ""], "empty"),
        (["schema", "--keep", "left"], "--keep"),
    ],
)
def test_wrong_question_is_told_in_a_paragraph(ask: Command, arguments: list[str], told: str) -> None:
    ran = ask(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told.lower() in ran.err.lower()
    assert "error" in ran.err
    assert len(ran.err.splitlines()) <= 3


@pytest.mark.parametrize("word", ["history", "upgrade", "atlas"])
def test_words_of_coming_commands_are_reserved(ask: Command, word: str) -> None:
    ran = ask(word, "left", "right")
    assert ran.code == 2
    assert f"check {word}" in ran.err


@pytest.mark.parametrize(
    ("word", "near"),
    [("evn", "env"), ("fx", "fix"), ("chek", "check"), ("whoo", "who"), ("schemas", "schema"),
     ("help", "--help"), ("version", "--version")],
)  # fmt: skip
def test_a_first_word_that_is_nearly_a_command_is_asked_about_and_no_index_is(
    ask: Command, index: LoopbackIndex, word: str, near: str
) -> None:
    index.forget()
    ran = ask(word, "left", "right")
    assert (ran.code, ran.out) == (2, "")
    assert f"perhaps {near}?" in ran.err
    assert f"check {word}" in ran.err
    assert not index.requests


@pytest.mark.parametrize(
    ("arguments", "wrong", "next_step"),
    [
        (("left", "--keeep", "x"), "there is no option --keeep", "Perhaps: --keep? All options: wheelclash --help"),
        (("contents", "clash"), "'clash' is none of its commands: add, clashes",
         ("Perhaps: clashes? For a project of that name: wheelclash check contents …"
          " All options: wheelclash contents --help")),
        (("upgrade",), "'upgrade' is the name of a command that this version does not have yet",
         "For a project of that name: wheelclash check upgrade … All options: wheelclash --help"),
        (("env", "--kep=x"), "there is no option --kep", "Perhaps: --keep? All options: wheelclash env --help"),
        (("left", "--zzz"), "there is no option --zzz", "All options: wheelclash --help"),
        (("left", "--apply"), "--apply is no option of wheelclash",
         "It is one of wheelclash fix. All options: wheelclash --help"),
        (("env", "a", "b"), "'b' is one argument too many", "All options: wheelclash env --help"),
        (("left", "--format", "jsn"), "invalid choice: 'jsn' (perhaps json? choose from text, json,",
         "All options: wheelclash --help"),
        (("who",), "the following arguments are required: PATH", "All options: wheelclash who --help"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_usage_and_what_comes_next(
    ask: Command, arguments: tuple[str, ...], wrong: str, next_step: str
) -> None:
    """What is wrong, the usage in one line, and in the last line what was perhaps meant."""
    ran = ask(*arguments)
    first, usage, last = ran.err.splitlines()
    assert (ran.code, ran.out) == (2, "")
    assert wrong in first
    assert usage.startswith("usage: wheelclash ")
    assert last == next_step


def test_a_mistyped_project_is_told_its_near_names_and_no_list_is_asked_for(ask: Command, index: LoopbackIndex) -> None:
    """They come from the set and from the known families; of an index only the pages of what was named are asked."""
    index.forget()
    assert "perhaps left was meant" in ask("lefft", "left", "right", *LINUX).out
    assert "perhaps opencv-python or" in ask("opencv-pythn", "left", *LINUX).out
    alone = ask("opencv-pythn", *LINUX).err.splitlines()
    assert len(alone) == 2
    assert alone[-1].startswith("Perhaps opencv-python or ")
    asked = {request.path.strip("/").rpartition("/")[2] for request in index.requests}
    assert {name for name in asked if not name.endswith(".whl")} <= {"lefft", "left", "right", "opencv-pythn"}


def test_a_name_with_another_letter_than_a_command_is_a_name(ask: Command) -> None:
    assert "perhaps" not in ask("six", "calm", *LINUX).err


@pytest.mark.parametrize("option", ["--extra-index-url", "--index-url", "--find-links"])
@pytest.mark.parametrize("eaten", ["left", "left==1.0"])
def test_an_option_for_a_location_eats_no_requirement(ask: Command, option: str, eaten: str) -> None:
    ran = ask(option, eaten, "right", "calm", *LINUX)
    assert (ran.code, ran.out) == (2, "")
    assert f"'{eaten}'" in ran.err
    assert "no folder" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["left", "--against", "./dist"], "--against: './dist': This is a folder"),
        (["left", "--against", "dist/r.txt"], "--against: 'dist/r.txt': This is no wheel"),
        (["left", "--siblings", "./dist"], "--siblings: './dist': This is a folder"),
        (["--siblings", "./dist"], "For the siblings of all that is named: ./dist --siblings"),
        (["--siblings"], "nothing asked"),
        (["left", "--siblings", "https://h.example/a-1-py3-none-any.whl"], "the name of a project"),
        (["dist"], "holds no wheels"),
        (["settings.yml", "left"], "settings.yml describes no set"),
    ],
)
def test_a_path_that_will_not_do_is_told_by_what_it_is(ask: Command, arguments: list[str], told: str) -> None:
    (ask.folder / "dist").mkdir(exist_ok=True)
    (ask.folder / "dist" / "r.txt").write_text("left\n", encoding="utf-8")
    (ask.folder / "settings.yml").touch()
    ran = ask(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert "not there yet" not in ran.err


@pytest.mark.parametrize("more", [[], ["calm"]])
def test_a_name_that_looks_like_a_file_is_asked_of_the_index_and_the_file_is_said_to_be_absent(
    ask: Command, index: LoopbackIndex, more: list[str]
) -> None:
    index.forget()
    ran = ask("Discord.py", *more, *LINUX)
    assert ran.code == 2
    assert "no file Discord.py here either" in ran.out + ran.err
    assert "/simple/discord-py/" in {each.path for each in index.requests}


def test_a_folder_of_wheels_is_known_without_a_slash(ask: Command, index: LoopbackIndex) -> None:
    for name in ("one", "two"):
        Wheel(name, files={"m.py": name}).write(ask.folder / "wheelhouse")
    index.forget()
    ran = ask("wheelhouse", *LINUX)
    assert ran.code == 1
    assert "site-packages/m.py" in ran.out
    assert not index.requests


@pytest.mark.parametrize("word", ["schema", "env"])
def test_check_reaches_a_project_of_a_reserved_name(ask: Command, word: str) -> None:
    ran = ask("check", word, "calm", "--format", "json", *LINUX)
    assert ran.code == 0
    assert {each["name"] for each in ran.json["distributions"]} == {word, "calm"}


def test_after_two_dashes_nothing_is_an_option(ask: Command) -> None:
    ran = ask(*LINUX, "--", "calm", "lone")
    assert ran.code == 0
    ran = ask(*LINUX, "--", "calm", "--keep")
    assert ran.code == 2
    assert "--keep" in ran.err


@pytest.mark.parametrize("option", ["--help", "--version"])
@pytest.mark.parametrize("as_module", [False, True])
def test_help_and_version_are_no_errors(ask: Command, option: str, *, as_module: bool) -> None:
    ran = ask(option, as_module=as_module)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(("usage: wheelclash", "wheelclash "))


# -- keepers and known overlaps ----------------------------------------------------------------------------


def test_keeper_outside_of_the_set_is_answered_with_near_names(ask: Command) -> None:
    ran = ask("left", "right", "--keep", "rihgt", *LINUX)
    assert (ran.code, ran.out) == (2, "")
    assert "right" in ran.err


def test_keepers_that_contradict_each_other_are_named_with_the_path(ask: Command) -> None:
    ran = ask("left", "right", "--keep", "left", "--keep", "right", *LINUX)
    assert ran.code == 2
    assert all(each in ran.err for each in ("left", "right", "scripts/tool"))


def test_keepers_that_agree_are_one_choice(ask: Command) -> None:
    ran = ask("left", "right", "calm", "--keep", "right", "--keep", "calm", "--format", "json", *LINUX)
    assert ran.code == 1
    assert {tuple(each["keep"]) for each in ran.json["remedies"]} == {("right", "calm")}


def test_keeper_is_intact_in_the_end_of_every_remedy(ask: Command) -> None:
    for keeper, installer in (("left", "pip"), ("right", "uv")):
        ran = ask("left", "right", "--keep", keeper, "--installer", installer, "--format", "json", *LINUX)
        results = [{each["distribution"]: each["intact"] for each in one["result"]} for one in ran.json["remedies"]]
        assert [each[keeper] for each in results] == ["yes", "yes", "yes"]


def test_ignored_overlaps_leave_the_exit_code_alone_and_are_still_told(ask: Command) -> None:
    ignored = ("--ignore", "left,right:site-packages/*", "--ignore", "right,left:scripts/tool")
    ran = ask("left", "right", *ignored, *LINUX)
    assert ran.code == 0
    assert "3 ignored" in ran.lines[0]
    assert ask("left", "right", *ignored[:2], *LINUX).code == 1  # the command is not ignored
    report = ask("left", "right", *ignored, "--format", "json", *LINUX).json
    assert {each["ignored"] for each in report["overlaps"]} == {True}
    assert (report["summary"]["errors"], report["summary"]["ignored"], report["remedies"]) == (0, 3, [])


def test_ignore_that_matches_nothing_is_told(ask: Command) -> None:
    ran = ask("left", "right", "--ignore", "left,calm:*", *LINUX)
    assert ran.code == 1
    assert "--ignore left,calm:* matches nothing" in ran.out


# -- commands ----------------------------------------------------------------------------------------------


def _commands(ask: Command, *arguments: str) -> set[str]:
    report = ask("left", "right", "--format", "json", *arguments, *LINUX).json
    return {" ".join(step["command"]) for remedy in report["remedies"] for step in remedy["steps"]}


def test_system_prints_the_line_for_a_dockerfile(ask: Command) -> None:
    ran = ask("left", "right", "--keep", "right", "--installer", "uv", "--system", *LINUX)
    assert "uv pip install --system right==1.0" in [line.strip() for line in ran.lines]
    ran = ask("left", "right", "--keep", "right", "--installer", "uv", "--system", "-v", *LINUX)
    assert "uv pip install --system --force-reinstall --no-deps right==1.0" in [line.strip() for line in ran.lines]


def test_every_printed_pin_is_exact(ask: Command) -> None:
    for installer in ("pip", "uv"):
        for command in _commands(ask, "--installer", installer):
            named = [each for each in command.split() if each.startswith(("left", "right"))]
            assert named
            assert "uninstall" in command or all(each.endswith("==1.0") for each in named), command


def test_local_wheels_are_named_by_path(ask: Command, tmp_path: Path) -> None:
    ours = Wheel("ours", files={"shared/core.py": "ours\n"}).write(tmp_path / "a folder")
    ran = ask(str(ours), "right", "--keep", "ours", "--installer", "uv", *LINUX)
    assert ran.code == 1
    assert f"uv pip install '{ours}'" in ran.out
    assert ask("a folder/" + ours.name, "lone", *LINUX, cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("installer", "options"),
    [
        ("pip", "--index-url {index} --extra-index-url {other} --find-links {links}"),
        ("uv", "--default-index {index} --index {other} --find-links {links}"),
    ],
)
def test_index_options_given_as_flags_are_repeated(
    ask: Command, index: LoopbackIndex, installer: str, options: str
) -> None:
    places = {"index": index.simple, "other": f"{index.other_url}/simple/", "links": index.links}
    flags = ("--index-url", places["index"], "--extra-index-url", places["other"], "--find-links", places["links"])
    commands = _commands(ask, "--installer", installer, *flags)
    assert commands
    assert all(options.format(**places) in each for each in commands if "uninstall" not in each)


def test_index_options_of_variables_and_files_are_not_repeated(ask: Command, index: LoopbackIndex) -> None:
    assert all(index.url not in each for each in _commands(ask))


def test_commands_name_the_environment_unless_it_is_a_foreign_one(ask: Command) -> None:
    named = ask("left", "right", "--installer", "uv", as_module=True)
    assert "uv pip install --python " in named.out
    assert "--python" not in ask("left", "right", "--installer", "uv", *LINUX, as_module=True).out


# -- what was not foreseen ---------------------------------------------------------------------------------

_BROKEN = """
import sys
from wheelclash import session
from wheelclash.cli import entry_point
def check(*arguments, **options):
    raise {error}
session.Session.check = check
entry_point()
"""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("ZeroDivisionError('of\\\\x1b[31m\\\\nours')", "ZeroDivisionError: of"),
        ("RecursionError", "RecursionError"),
        ("MemoryError", "MemoryError"),
        ("OSError(24, 'Too many open files')", "Too many open files"),
        ("RuntimeError('https://user:s3cr3t@host/simple')", "RuntimeError"),
    ],
)
def test_an_error_that_was_not_foreseen_exits_with_2_and_one_line(ask: Command, error: str, told: str) -> None:
    """Exit code 1 means that something clashes, and nothing else."""
    for verbose in ([], ["-v"]):
        line = [sys.executable, "-c", _BROKEN.format(error=error.replace("\\\\", "\\")), "left", "right", *LINUX]
        done = subprocess.run(
            [*line, *verbose], env=ask.variables(), capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr.splitlines()[-1]
        assert ("Traceback" in done.stderr) == bool(verbose)
        assert len(done.stderr.splitlines()) == 1 or verbose
        assert "\x1b" not in done.stderr.splitlines()[-1]
        assert "s3cr3t" not in done.stderr


@posix
@pytest.mark.parametrize("files", [5, 8, 12])
def test_too_few_file_descriptors_are_no_traceback_and_no_clash(ask: Command, files: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *ask.line("left", "right", *LINUX, "--no-cache")],
        env=ask.variables(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if "clash:" in done.stdout else 2), done
    assert len(done.stderr.splitlines()) <= 1
    assert done.stderr.startswith("wheelclash: error") or done.stdout


# -- what lies in the current folder -----------------------------------------------------------------------


def test_python_m_runs_nothing_of_the_current_folder(ask: Command, tmp_path: Path) -> None:
    """As ``python -m pip``: a module there must not take the place of one of ours or of Python's."""
    for name in ("packaging", "json", "csv", "argparse", "platformdirs", "httpx", "tomllib", "signal", "gc"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    ran = ask("left", "right", "--no-cache", *LINUX, as_module=True, cwd=tmp_path)
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert ran.code == 1


@posix
@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (["--no-config", *LINUX], False),
        (["--no-config", *LINUX[:2]], False),
        (["--no-config", *LINUX[2:]], False),
        (["--no-config", "--all-targets"], False),
        (["--all-targets"], False),
        (LINUX, False),
        (["--no-config"], True),
        (LINUX[2:], True),
        ([], True),
    ],
)
def test_the_interpreter_of_the_current_folder_is_run_only_if_the_question_needs_it(
    ask: Command, tmp_path: Path, options: list[str], *, asked: bool
) -> None:
    """A checkout may bring a ``.venv`` of its own."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    python.chmod(0o755)
    ask("left", "right", *options, "--offline", cwd=tmp_path)
    assert (tmp_path / "ran").exists() == asked


# -- interrupted -------------------------------------------------------------------------------------------


@posix
def test_interrupt_ends_a_stalled_run_quietly(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "index") as stalled:
        serve_pairs(stalled)
        stalled.fault("/files/*", "stall")
        ask = Command(tmp_path, stalled.simple)
        output = tmp_path / "report.txt"
        process = ask.start("left", "right", "--output", str(output), *LINUX, stdout=-1, stderr=-1)
        deadline = time.monotonic() + 20
        while not stalled.file_requests and time.monotonic() < deadline:
            time.sleep(0.01)
        assert stalled.file_requests
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not output.exists()


@pytest.mark.parametrize(
    "asked",
    [
        ("left", *LINUX, "right"),
        ("left", "-q", "right", *LINUX),
        ("--fail-on", "error", "left", *LINUX, "right", "--color", "never"),
        ("check", "left", "--keep", "left", "right", *LINUX),
    ],
)
def test_options_may_stand_between_arguments(ask: Command, asked: tuple[str, ...]) -> None:
    ran = ask(*asked)
    assert (ran.code, ran.err) == (1, "")
    assert "left 1.0 and right 1.0 clash" in ran.out


def test_options_between_the_paths_of_who(ask: Command, tmp_path: Path) -> None:
    site = tmp_path / "lib" / "python3.12" / "site-packages"
    site.mkdir(parents=True)
    for name in ("one.py", "two.py"):
        (site / name).touch()
    ran = ask("who", "one", "--prefix", str(tmp_path), "two", "--format", "json")
    assert ran.json["asked"] == ["one", "two"]


@pytest.mark.parametrize(
    "asked", ["-r {}/r.txt", "{}/uv.lock", "{}/d", "env {}", "env --path {}/x", "left --into {}/x"]
)
def test_what_may_not_be_looked_at_is_an_error_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str
) -> None:
    """The system refuses to say what is below a folder that one may not enter; the tests may enter every folder."""
    locked = tmp_path / "locked"
    real = os.stat

    def refuse(path: object, *arguments: Any, **options: Any) -> os.stat_result:
        if not isinstance(path, int) and os.fsdecode(path).startswith(f"{locked}"):  # type: ignore[arg-type]
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "stat", refuse)
    assert main(asked.format(locked).split()) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"wheelclash: error: {locked}")
    assert "(Permission denied)" in err
