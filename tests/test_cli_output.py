"""What the command writes, and where: streams, files, encodings, colours; what must not be in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import jsonschema
import pytest

from tests.support.certificates import certificate_of, needs_openssl
from tests.support.command import LINUX, Command
from tests.support.loopback import LoopbackIndex
from tests.support.stand_ins import serve_pairs
from tests.support.wheelmaker import Wheel
from wheelclash.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="closed pipes, terminals and full disks are made the POSIX way")

HOSTILE = "shared/\x1b]0;owned\x07\u202egnp.py"
"""A file name that would set a terminal's title and turn its writing direction."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackIndex]:
    with LoopbackIndex(tmp_path_factory.mktemp("index")) as started:
        serve_pairs(started)
        for name in ("evil-one", "evil-two"):
            started.add(Wheel(name, files={HOSTILE: name, "shared/\n::error::x.py": name, "shared/ü…/ñ.py": name}))
        yield started


@pytest.fixture(scope="module")
def ask(index: LoopbackIndex, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """The command with that index; one cache for all, as for a user."""
    return Command(tmp_path_factory.mktemp("home"), index.simple)


# -- text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [["calm", "lone"], ["twin-one", "calm"], ["calm", "lone", "-v"]])
def test_clean_result_is_one_line(ask: Command, asked: list[str]) -> None:
    ran = ask(*asked, *LINUX)
    assert (ran.code, len(ran.lines)) == (0, 1)
    assert ran.out.startswith("No clash: ")


def test_clash_fits_on_one_screen_and_verbose_says_more(ask: Command) -> None:
    plain, verbose = (ask("left", "right", *more, *LINUX) for more in ((), ("-v",)))
    assert len(plain.lines) <= 25
    assert "shared/same.py" not in plain.out
    assert "shared/same.py" in verbose.out
    assert plain.lines[-1] == "-v shows every path and 5 more remedies"
    rest = ["To keep another, name it with --keep: right", plain.lines[-1]]
    assert [line for line in plain.lines if line not in verbose.lines] == rest


def test_quiet_is_the_first_line(ask: Command) -> None:
    assert ask("left", "right", "-q", *LINUX).lines == ask("left", "right", *LINUX).lines[:1]


def test_overlaps_of_severity_none_are_in_the_json_only(ask: Command, tmp_path: Path) -> None:
    """Two wheels that share an empty ``__init__.py`` are an everyday thing."""
    wheels = [Wheel(name, files={"space/__init__.py": "", f"space/{name}.py": ""}).write(tmp_path) for name in "ab"]
    paths = [str(each) for each in wheels]
    assert len(ask(*paths, *LINUX).lines) == 1
    report = ask(*paths, "--format", "json", *LINUX).json
    assert [each["severity"] for each in report["overlaps"]] == ["none"]
    assert report["summary"]["overlaps"] == 0


# -- JSON --------------------------------------------------------------------------------------------------


def _without_reading(text: str) -> str:
    found = re.sub(r'  "reading": \{[^}]*\}', "", text)
    assert found != text
    return found


def test_json_is_the_same_bytes_for_the_same_question(ask: Command) -> None:
    """From the index, from the cache, without it, and however Python orders its sets."""
    question = ("left", "right", "table-one", "table-two", "twin-one", "twin-two", "elsewhere", "--format", "json")
    runs = [ask(*question, *LINUX, PYTHONHASHSEED=seed) for seed in ("0", "1", "2")]
    runs.append(ask(*question, *LINUX, "--no-cache"))
    assert len({_without_reading(each.out) for each in runs}) == 1
    assert runs[0].out.isascii()


@pytest.mark.parametrize(
    "asked",
    [
        ["left", "right"],
        ["calm", "lone"],
        ["calm", "unknown-project"],
        ["evil-one", "evil-two", "left ; sys_platform == 'win32'"],
        ["left", "right", "--ignore", "left,right:*"],
    ],
)
def test_json_is_as_the_schema_says(ask: Command, asked: list[str]) -> None:
    schema = ask("schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(ask(*asked, "--format", "json", *LINUX).json, schema)


def test_quiet_and_verbose_leave_the_json_alone(ask: Command) -> None:
    runs = [ask("left", "right", "--format", "json", *more, *LINUX) for more in ((), ("-q",), ("-v",))]
    assert len({_without_reading(each.out) for each in runs}) == 1


# -- files and streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_output_goes_to_the_file_and_nowhere_else(ask: Command, tmp_path: Path, form: str) -> None:
    path = tmp_path / "report"
    path.write_text("what was there before")
    ran = ask("left", "right", "--format", form, "--output", str(path), "--color", "always", *LINUX)
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert path.read_text("utf-8").startswith("{" if form == "json" else "left 1.0 and right 1.0 clash")
    assert [each.name for each in tmp_path.iterdir()] == ["report"]


@pytest.mark.parametrize("place", ["missing/report.json", ".", "file/report.json"])
def test_output_that_cannot_be_written_is_an_error_and_leaves_nothing(ask: Command, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    ran = ask("left", "right", "--output", place, *LINUX, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "--output" in ran.err
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@posix
def test_output_to_a_pipe_or_a_link_does_not_replace_it(ask: Command, tmp_path: Path) -> None:
    """Run as root, a report must not take the place of a device."""
    pipe, link, real = tmp_path / "pipe", tmp_path / "link", tmp_path / "real"
    os.mkfifo(pipe)
    link.symlink_to(real)
    process = ask.start("left", "right", "--output", str(pipe), *LINUX)
    assert pipe.read_text("utf-8").startswith("left 1.0")
    assert process.wait(timeout=20) == 1
    assert pipe.is_fifo()
    assert ask("left", "right", "--output", str(link), *LINUX).code == 1
    assert link.is_symlink()
    assert real.read_text("utf-8").startswith("left 1.0")


@posix
@pytest.mark.parametrize(
    "arguments", [["left", "right", *LINUX], ["left", "right", "--color", "always", *LINUX], ["schema"], ["--help"]]
)
def test_reader_that_goes_away_early_is_no_error(ask: Command, arguments: list[str]) -> None:
    """As in ``wheelclash … | head -1``."""
    process = ask.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=20), err) == (141, b"")


@posix
@pytest.mark.parametrize("arguments", [["left", "right", *LINUX], ["--help"]])
def test_closed_streams_change_nothing_about_the_exit_code(ask: Command, arguments: list[str]) -> None:
    expected = 1 if "left" in arguments else 0
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        shell = ["sh", "-c", f'"$@" {closed}', "sh", *ask.line(*arguments)]
        done = subprocess.run(shell, env=ask.variables(), capture_output=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (expected, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no disk that is always full")  # noqa: PTH110
@pytest.mark.parametrize(
    "arguments",
    [["left", "right", *LINUX], ["left", "right", "--color", "always", *LINUX], ["--help"], ["--version"], ["rule"]],
)
def test_full_disk_is_told(ask: Command, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        process = ask.start(*arguments, stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err.count(b"\n") == 1
    assert b"Standard output cannot be written to" in err


@posix
@pytest.mark.parametrize("arguments", [["schema"], ["left", "right", "--format", "json", *LINUX], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_disk_that_becomes_full_midway_is_told(
    ask: Command, tmp_path: Path, arguments: list[str], unbuffered: str
) -> None:
    """The system may take a part of what is written, and without a buffer Python takes no notice."""
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    environ = ask.variables(PYTHONUNBUFFERED=unbuffered, WHEELCLASH_CACHE_DIR=str(tmp_path / "cache"))
    with (tmp_path / "out").open("wb") as file:
        process = ask.start(*arguments, env=environ, stdout=file, stderr=subprocess.PIPE, preexec_fn=limit)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err.count(b"\n") == 1
    assert b"Standard output cannot be written to" in err


@posix
def test_unbuffered_output_is_the_same_bytes(ask: Command) -> None:
    for arguments in (["schema"], ["left", "right", "--color", "always", *LINUX], ["--help"]):
        assert ask(*arguments, PYTHONUNBUFFERED="1").out == ask(*arguments).out


# -- encodings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "variables"),
    [
        ("ascii", {"PYTHONIOENCODING": "ascii"}),
        ("cp1252", {"PYTHONIOENCODING": "cp1252"}),
        ("ascii", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    ],
)
def test_console_that_knows_few_characters_is_served(ask: Command, encoding: str, variables: dict[str, str]) -> None:
    for arguments, code in ((["evil-one", "evil-two", "-v", *LINUX], 1), (["--help"], 0), (["env", "calm"], 2)):
        ran = ask(*arguments, encoding=encoding, as_module=False, cwd=None, **variables)
        assert ran.code == code
        assert ran.out or ran.err


@pytest.mark.parametrize("name", ["junit", "markdown", "html", "github"])
def test_what_programs_read_is_utf8_wherever_it_goes(ask: Command, tmp_path: Path, name: str) -> None:
    """Standard output that goes to a program or a file has the same bytes as a file, also on Windows."""
    asked = ("evil-one", "evil-two", *LINUX, "--format", name)
    out = ask(*asked, PYTHONIOENCODING="cp1252").out
    ask(*asked, "--output", str(tmp_path / "file"))
    assert out == (tmp_path / "file").read_text("utf-8")
    assert "\xf1.py" in out or name == "html"


def test_hostile_names_are_spelt_out_in_text_and_exact_in_json(ask: Command) -> None:
    for color in ("never", "always"):
        text = ask("evil-one", "evil-two", "-v", "--color", color, *LINUX).out
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert all(each.isprintable() for each in plain.splitlines())
        assert r"\u{1b}]0;owned\u{7}\u{202e}gnp.py" in plain
        assert "\n::error::" not in plain
        assert "ü…/ñ.py" in plain
    report = ask("evil-one", "evil-two", "--format", "json", *LINUX).json
    assert HOSTILE in {each["path"] for each in report["overlaps"]}


def test_hostile_arguments_are_spelt_out(ask: Command) -> None:
    ran = ask("left", "right\x1b[31m")
    assert ran.code == 2
    assert "\x1b" not in ran.err


# -- names that pip and uv have for options ----------------------------------------------------------------


def test_output_to_a_dash_is_standard_output(ask: Command) -> None:
    ran = ask("left", "right", "-o", "-", *LINUX)
    assert ran.out == ask("left", "right", *LINUX).out
    assert not (ask.folder / "-").exists()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (["-r", "req.txt", "--no-deps"], ["--requirement", "req.txt", "--no-deps"]),
        (["left", "right", "--python-platform", "linux"], ["left", "right", "--platform", "linux"]),
        (["left", "right", "--no-cache"], ["left", "right", "-n"]),
        (["left", "right", "--no-cache"], ["left", "right", "--no-cache-dir"]),
        (["left", "right", "--format", "json", "--no-cache"], ["left", "right", "--output-format", "json", "-n"]),
        (["left", "right", "--no-config"], ["left", "right", "--isolated"]),
        (["left", "right", "--python", sys.executable], ["left", "right", "-p", sys.executable]),
        (["left", "right", "--color", "never"], ["left", "right", "--no-color"]),
    ],
    ids=" ".join,
)
def test_options_have_the_names_that_pip_and_uv_have_for_them(ask: Command, theirs: list[str], ours: list[str]) -> None:
    from wheelclash.cli.parser import parse

    assert parse(ours) == parse(theirs)


def test_an_index_may_have_a_name(ask: Command) -> None:
    """As uv takes it; the printed command names the place alone."""
    named = ask("left", "right", "--keep", "left", "--no-config", "--index", f"mine={ask.index}", *LINUX)
    assert named.code == 1
    assert f"{ask.index}" in named.out
    assert "mine=" not in named.out


@pytest.mark.parametrize("command", ["env", "fix"])
def test_an_environment_is_named_by_the_first_word(command: str) -> None:
    from wheelclash.cli.parser import parse

    named = parse([command, ".venv"])
    assert named.interpreter == ".venv"
    with pytest.raises(SystemExit):
        parse([command, ".venv", "--python", "other"])


@pytest.mark.parametrize(
    ("text", "hours"),
    [("7days", 168), ("7 days", 168), ("P7D", 168), ("PT24H", 24), ("1 week 2 days", 216), ("24h", 24), ("1w2d", 216)],
)
def test_a_moment_may_be_said_by_how_long_ago_it_is(text: str, hours: int) -> None:
    """The spellings that uv takes; those it refuses are refused."""
    from datetime import UTC, datetime, timedelta

    from wheelclash.options import parse_cutoff

    before = datetime.now(UTC)
    assert before <= parse_cutoff(text) + timedelta(hours=hours) <= datetime.now(UTC)


@pytest.mark.parametrize("text", ["1 month", "5", "7dd", "P", "PT", "9999999 days", "days", ""])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    from wheelclash.options import parse_cutoff

    with pytest.raises(QuestionError, match="is no date"):
        parse_cutoff(text)


def test_pre_releases_are_chosen_where_they_are_asked_for(tmp_path: Path) -> None:
    """By us, and by uv where it resolves."""
    with LoopbackIndex(tmp_path / "index") as served:
        served.add(Wheel("one", "1.0", requires=["other"]), Wheel("one", "2.0rc1", requires=["other"]))
        served.add(Wheel("other", "1.0"), Wheel("other", "1.1.dev1"))
        ask = Command(tmp_path, served.simple)
        for asked in (["one", "other"], ["one"]):
            versions = {
                option: [
                    each["version"] for each in ask(*asked, *option, "--format", "json", *LINUX).json["distributions"]
                ]
                for option in ((), ("--pre",))
            }
            assert versions == {(): ["1.0", "1.0"], ("--pre",): ["2.0rc1", "1.1.dev1"]}


@pytest.mark.parametrize("named", [["one", "other"], ["one", "other", "--deps"], ["one"], ["-r", "asked.txt"],
    ["-r", "asked.txt", "--no-deps"], ["more", "one", "--against", "other"]])  # fmt: skip
def test_constraints_limit_what_is_chosen_and_ask_for_nothing(tmp_path: Path, named: list[str]) -> None:
    """However the set is found: by us, by uv, or in files."""
    with LoopbackIndex(tmp_path / "index") as served:
        for version in ("1.0", "2.0"):
            served.add(Wheel("one", version, requires=["other"]), Wheel("other", version), Wheel("more", version))
        ask = Command(tmp_path / "a folder", served.simple)
        ask.folder.mkdir()
        (ask.folder / "asked.txt").write_text("one\nother\n")
        (ask.folder / "limits.txt").write_text("other<2\nelsewhere==1\n-c further.txt\n")
        (ask.folder / "further.txt").write_text("more==1.0\n")
        ran = ask(*named, "-c", "limits.txt", "--format", "json", *LINUX)
        found = {each["name"]: each["version"] for each in ran.json["distributions"]}
        assert found == {"one": "2.0", "other": "1.0"} | ({"more": "1.0"} if "more" in named else {})
        assert ask(*named, "-c", "gone.txt", *LINUX).code == 2
        remote = ask(*named, "-c", "https://login:hush@host.example/limits.txt", *LINUX)
        assert (remote.code, "read from files only" in remote.err, "hush" in remote.err) == (2, True, False)


@needs_openssl
def test_a_certificate_given_as_an_option_is_trusted(tmp_path: Path) -> None:
    """By our own requests, and by uv where it resolves."""
    with LoopbackIndex(tmp_path / "index", certificate=certificate_of(tmp_path)) as served:
        served.add(Wheel("one", requires=["other"]), Wheel("other"))
        ask = Command(tmp_path, served.simple)
        for asked in (["one", "other"], ["one"]):
            assert ask(*asked, "--no-cache", *LINUX).code == 2
            trusted = ask(*asked, "--no-cache", "--cert", "ca.pem", *LINUX)
            assert (trusted.code, trusted.err) == (0, "")
        assert "cannot be used" in ask("one", "other", "--no-cache", "--cert", "none.pem", *LINUX).err


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon", ""])
def test_a_timeout_is_a_number_of_seconds(ask: Command, text: str) -> None:
    ran = ask("left", "right", f"--timeout={text}", *LINUX)
    assert ran.code == 2
    assert "is no number of seconds above 0" in ran.err


def test_a_timeout_bounds_each_wait(ask: Command) -> None:
    from wheelclash.cli.parser import parse
    from wheelclash.session import Session

    fetcher = Session(parse(["left", "--timeout", "2.5"]).session).fetcher
    assert (fetcher.connect_timeout, fetcher.read_timeout) == (2.5, 2.5)
    assert ask("left", "right", "--timeout", "30", *LINUX).code == 1


# -- colours -----------------------------------------------------------------------------------------------


def test_color_is_for_terminals_and_for_who_asks(ask: Command) -> None:
    plain = ask("left", "right", *LINUX).out
    assert "\x1b" not in plain
    assert "\x1b[" in ask("left", "right", "--color", "always", *LINUX).out
    assert ask("left", "right", "--color", "never", *LINUX).out == plain
    colored = ask("left", "right", "--color", "always", *LINUX).out
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain
    assert ask("left", "right", "--color", "always", "-q", *LINUX).out == colored.partition("\n")[0] + "\n"


@pytest.mark.parametrize(
    ("variables", "options", "colored"),
    [
        ({"FORCE_COLOR": "1"}, [], True),
        ({"FORCE_COLOR": ""}, [], False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
        ({"FORCE_COLOR": "1"}, ["--no-color"], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({"FORCE_COLOR": "1"}, ["--format", "json"], False),
    ],
)
def test_color_without_a_terminal_is_as_variables_and_options_say(
    ask: Command, variables: dict[str, str], options: list[str], *, colored: bool
) -> None:
    colors = {"FORCE_COLOR": None, "NO_COLOR": None} | variables
    ran = ask("left", "right", *options, *LINUX, FORCE_COLOR=colors["FORCE_COLOR"], NO_COLOR=colors["NO_COLOR"])
    assert ("\x1b[" in ran.out) == colored


def test_every_style_has_a_color() -> None:
    from wheelclash.cli import output
    from wheelclash.report.terminal import Style

    assert set(output._COLORS) == set(get_args(Style)) - {"plain"}


@posix
@pytest.mark.parametrize(
    ("variables", "options", "colored"),
    [
        ({}, [], True),
        ({"NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": ""}, [], True),  # as its specification has it: present and not empty
        ({"TERM": "dumb"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True),
        ({}, ["--color", "never"], False),
        ({}, ["--format", "json"], False),
    ],
)
def test_terminal_is_colored_unless_told_otherwise(
    ask: Command, variables: dict[str, str], options: list[str], *, colored: bool
) -> None:
    import pty

    ours, theirs = pty.openpty()
    environ = ask.variables(TERM="xterm-256color") | variables
    process = ask.start("left", "right", *options, *LINUX, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    written = b""
    while piece := _read(ours):
        written += piece
    os.close(ours)
    assert process.wait(timeout=20) == 1
    assert (b"\x1b[" in written) == colored


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux's way of saying that the other side is closed
        return b""


# -- secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "word"),
    [("flag", "s3cr3t-word"), ("variable", "s3cr3t-word"), ("requirement", "s3cr3t-word"), ("flag", "wr0ng-word")],
)
def test_credentials_are_used_and_nowhere_written(tmp_path: Path, way: str, word: str) -> None:
    """Not in text, JSON, complaints, nor in any file of the cache."""
    with LoopbackIndex(tmp_path / "index", auth=("user-name", "s3cr3t-word")) as guarded:
        serve_pairs(guarded)
        url = guarded.with_credentials("user-name", word)
        ask = Command(tmp_path / "home")
        ask.folder.mkdir()
        asked = ["left", "right", "unknown-project"]
        variables: dict[str, str] = {}
        if way == "flag":
            asked += ["--index-url", url]
        elif way == "variable":
            variables = {"UV_DEFAULT_INDEX": url}
        else:
            files = url.replace("/simple/", "/files/")
            asked = [f"{each} @ {files}{each}-1.0-py3-none-any.whl" for each in ("left", "right", "no-such")]
        codes = set()
        for more in (["-v"], ["--format", "json"], ["--keep", "nobody"]):
            ran = ask(*asked, *more, "--installer", "uv", *LINUX, as_module=False, cwd=None, **variables)
            codes.add(ran.code)
            assert "-word" not in ran.out + ran.err
            assert "user-name" not in ran.out + ran.err
        assert (1 in codes) == (word == "s3cr3t-word")
        for path in ask.cache.rglob("*"):
            assert "-word" not in path.name
            assert path.is_dir() or (b"-word" not in path.read_bytes() and b"user-name" not in path.read_bytes())


def test_index_given_with_credentials_is_repeated_without_them(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "index", auth=("user-name", "s3cr3t-word")) as guarded:
        serve_pairs(guarded)
        ask = Command(tmp_path)
        url = guarded.with_credentials("user-name", "s3cr3t-word")
        ran = ask("left", "right", "--index-url", url, "--installer", "pip", *LINUX)
    assert f"pip install --index-url {guarded_url(url)} left==1.0" in ran.out


def guarded_url(url: str) -> str:
    return re.sub(r"//[^@]*@", "//", url)


# -- the cache, as the command sees it ---------------------------------------------------------------------


def test_second_run_asks_for_nothing_and_offline_is_enough(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "index") as index:
        serve_pairs(index)
        ask = Command(tmp_path, index.simple)
        first = ask("left", "right", "--format", "json", *LINUX)
        asked = len(index.requests)
        again = ask("left", "right", "--format", "json", *LINUX)
        assert len(index.requests) == asked
    offline = ask("left", "right", "--format", "json", "--offline", *LINUX)
    assert [each.code for each in (first, again, offline)] == [1, 1, 1]
    assert len({_without_reading(each.out) for each in (first, again, offline)}) == 1
    assert again.json["reading"]["from_cache"] == 2
    nothing = ask("left", "right", "--offline", "--no-cache", *LINUX)
    assert nothing.code == 2
    assert "--offline" in nothing.out


def test_no_cache_writes_none(tmp_path: Path) -> None:
    with LoopbackIndex(tmp_path / "index") as index:
        serve_pairs(index)
        assert Command(tmp_path, index.simple)("left", "right", "--no-cache", *LINUX).code == 1
    assert not (tmp_path / "cache").exists()


def test_python_m_and_the_command_are_one(ask: Command) -> None:
    assert ask("left", "right", *LINUX, as_module=True).out == ask("left", "right", *LINUX).out
    assert json.loads(ask("schema", as_module=True).out)["$schema"]
    assert sys.executable in ask("calm", "lone", as_module=True).out


# -- formats for other tools -------------------------------------------------------------------------------


def test_several_formats_at_once(ask: Command, tmp_path: Path) -> None:
    """One run writes the text for people and files for tools."""
    files = {name: tmp_path / name for name in ("sarif", "junit", "json")}
    ran = ask("left", "right", *LINUX, *(f"--output-file={name}={path}" for name, path in files.items()))
    assert ran.code == 1
    assert ran.out.startswith("left 1.0 and right 1.0 clash: ")
    assert json.loads(files["sarif"].read_text())["version"] == "2.1.0"
    assert json.loads(files["json"].read_text())["schema_version"]
    assert files["junit"].read_text().startswith("<?xml")


def test_problems_point_at_the_line_of_the_file(ask: Command) -> None:
    """A set from a file has places in it; one from arguments has none."""
    (ask.folder / "dir").mkdir()
    (ask.folder / "dir" / "wanted.txt").write_text("# the set\nleft==1.0\nright==1.0\n")
    lines = ask("dir/wanted.txt", "--format", "github", *LINUX).out.splitlines()
    assert lines
    assert all("file=dir/wanted.txt,line=2," in line for line in lines)
    absolute = str(ask.folder / "dir" / "wanted.txt")
    assert ask("-r", absolute, "--format", "github", *LINUX).out.splitlines() == lines
    assert "file=" not in ask("left", "right", "--format", "github", *LINUX).out


def test_places_are_seen_from_the_repository(ask: Command, tmp_path: Path) -> None:
    """Wherever in it the command runs: that is how GitHub and GitLab know files."""
    (tmp_path / "top" / ".git").mkdir(parents=True)
    (tmp_path / "top" / "back" / "end").mkdir(parents=True)
    wanted, other = tmp_path / "top" / "back" / "wanted.txt", tmp_path / "other.txt"
    for path in (wanted, other):
        path.write_text("left==1.0\nright==1.0\n")
    asked = ("--format", "github", *LINUX)
    within = ask("../wanted.txt", *asked, cwd=tmp_path / "top" / "back" / "end").out
    assert "file=back/wanted.txt,line=1," in within
    assert f"file={other.as_posix()},line=1," in ask(str(other), *asked, cwd=tmp_path / "top" / "back").out


def test_a_place_may_be_in_an_included_file(ask: Command, tmp_path: Path) -> None:
    """In whatever encoding pip and uv take."""
    (tmp_path / "sets").mkdir()
    (tmp_path / "all.txt").write_text("# all\n-r sets/one.txt\n")
    (tmp_path / "sets" / "one.txt").write_text("\n-r two.txt\n")
    (tmp_path / "sets" / "two.txt").write_bytes("right==1.0\nleft==1.0\n".encode("utf-16"))
    lines = ask("-r", "all.txt", "--no-deps", "--format", "github", *LINUX, cwd=tmp_path).out.splitlines()
    assert lines
    assert all("file=sets/two.txt,line=1," in line for line in lines)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("sarif", "is not FORMAT=FILE, with sarif=clashes.sarif"),
        ("junit=", "is not FORMAT=FILE, with junit=clashes.xml"),
        ("=x", "is not FORMAT=FILE, with one of text, json, sarif"),
        ("pdf=x", "is not FORMAT=FILE, with one of text, json, sarif"),
    ],
)
def test_output_file_without_a_format_is_a_usage_error(ask: Command, given: str, said: str) -> None:
    ran = ask("left", "right", "--output-file", given)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    "given",
    [
        ["--output-file", "sarif=same", "--output-file", "json=same"],
        ["--output-file", "sarif=same", "--output-file", "json=./x/../same"],
        ["--output", "same", "--output-file", "json=same"],
    ],
)
def test_two_reports_never_go_to_one_file(ask: Command, given: list[str]) -> None:
    """The second would silently take the place of the first; a device has room for both."""
    ran = ask("left", "right", *LINUX, *given)
    assert (ran.code, ran.out) == (2, "")
    assert "would both write" in ran.err
    assert not (ask.folder / "same").exists()
    sink = [word.replace("./x/../same", "same").replace("same", os.devnull) for word in given]
    assert ask("left", "right", *LINUX, *sink).code == 1


def test_output_file_is_no_stream(ask: Command) -> None:
    """Who writes ``-`` means standard output, which takes one format, and not a file of that name."""
    ran = ask("left", "right", "--output-file", "sarif=-")
    assert (ran.code, ran.out) == (2, "")
    assert "standard output takes one format: --format sarif" in ran.err


@posix
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1", "out"])
def test_standard_output_by_another_name_is_standard_output(ask: Command, place: str) -> None:
    """It takes one report, and is not replaced by a file: what others wrote there stays."""

    def run(*arguments: str) -> tuple[list[str], str]:
        with (ask.folder / "out").open("w+") as out:
            print("before", file=out, flush=True)
            process = ask.start("left", "right", *LINUX, "-q", *arguments, stdout=out, stderr=subprocess.PIPE)
            error = process.communicate(timeout=60)[1].decode()
            out.seek(0, os.SEEK_END)
            print("after", file=out, flush=True)
        return (ask.folder / "out").read_text().splitlines(), error

    shown, error = run("--output-file", f"json={place}")
    assert shown == ["before", "after"]
    assert f"the report and --output-file json would both write {place}" in error
    shown, error = run("--output", place)
    assert (shown[0], shown[-1], error) == ("before", "after", "")
    assert shown[1].startswith("left 1.0 and right 1.0 clash")
    shown, error = run("--output", "other", "--output-file", f"gitlab={place}")
    assert (shown[:2], shown[-2:], error) == (["before", "["], ["]", "after"], "")


def test_nothing_is_written_where_one_of_the_files_cannot_be(ask: Command, index: LoopbackIndex) -> None:
    """And nothing is asked."""
    asked = len(index.requests)
    ran = ask("left", "right", *LINUX, "--output-file=json=good", "--output-file=sarif=none/x", "--no-cache")
    assert (ran.code, ran.out) == (2, "")
    assert "--output-file none/x: it cannot be written (No such file or directory)." in ran.err
    assert not (ask.folder / "good").exists()
    assert len(index.requests) == asked


def test_unwritable_output_file_is_told(ask: Command, tmp_path: Path) -> None:
    """Nothing goes to standard output then, so that no half of the answer is taken for all of it."""
    ran = ask("left", "right", *LINUX, "--output-file", f"sarif={tmp_path / 'none' / 'x'}")
    assert (ran.code, ran.out) == (2, "")
    assert f"--output-file {tmp_path / 'none' / 'x'}: it cannot be written (No such file or directory)." in ran.err


def test_a_report_without_problems_has_no_such_format(ask: Command) -> None:
    """What ``who`` answers is no problem."""
    ran = ask("who", "m", "--among", "left", "right", "--format", "sarif")
    assert ran.code == 2
    assert "invalid choice: 'sarif'" in ran.err


def test_rule(ask: Command) -> None:
    """Codes are explained one by one, or listed."""
    listed = ask("rule")
    assert listed.code == 0
    assert "WC001  different " in listed.out
    one = ask("rule", "WC001", "wc022")
    assert one.out.startswith("WC001 different: ")
    assert "WC022 missing-file: " in one.out
    wrong = ask("rule", "WC999")
    assert (wrong.code, wrong.out) == (2, "")
    assert "There is no rule WC999." in wrong.err
