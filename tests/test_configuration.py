"""A project's configuration: what may stand in it, where it is found, and what comes before what.

The command is run in this process, since nothing here depends on how it is started.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

import wheelclash
from tests.support.command import ROOT, Ran
from tests.support.wheelmaker import Wheel
from wheelclash import QuestionError, read_project
from wheelclash.cli import main
from wheelclash.cli.configuration import all_options, configuration_schema, key_of, read_configuration, variable_of
from wheelclash.cli.parser import CommandOptions, parse

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
python-version = ["3.12"]
python-platform = ["linux"]
fail-on = "warning"
"""
ENTRY = """
[[ignore]]
distributions = ["One", "two"]
path = "site-packages/p/*"
kind = "different"
reason = "only one of them is imported"
"""


@dataclass
class Here:
    """Runs the command in the current folder."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Ran:
        self.captured.readouterr()
        code = main([*arguments, "--cache-dir", str(self.folder / "cache")])
        return Ran(code, *self.captured.readouterr())

    def write(self, text: str, name: str = "wheelclash.toml") -> None:
        (self.folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command in a folder with two wheels that clash in ``dist``, no variables of ours, and no other settings."""
    for name in ("one", "two"):
        Wheel(name, "1.0", files={"p/m.py": name, "p/n.py": ""}).write(tmp_path / "dist")
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("WHEELCLASH_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)  # whatever this machine's installers are configured with
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return Here(tmp_path, capsys)


# -- what may stand in it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail_on = 'error'", "w.toml: there is no key 'fail_on'. Perhaps: fail-on?"),
        ("build = true", "w.toml: there is no key 'build'. --build is said each time, on the command line."),
        ("[tool.wheelclash]", "w.toml: there is no key 'tool'. Its keys stand at the top of the file."),
        ("timeout = true", "w.toml: timeout: must be a string or a number, not True."),
        ("ignore = [{kind = 'x', reason = '  '}]", "w.toml: ignore 1, reason: must say something"),
        ("python = 'x'", "w.toml: there is no key 'python'."),
        ("fail-on = 'x'", "w.toml: fail-on: must be 'error', 'warning', 'notice' or 'never', not 'x'"),
        ("format = 'pdf'", "w.toml: format: must be 'text', 'json',"),
        ("keep = 'x'", "w.toml: keep: must be a list, not 'x'"),
        ("extra-index-url = 'https://me:secret@x.example'", "must be a list, not 'https://"),
        ("keep = [1]", "w.toml: keep: must be a string, not 1"),
        ("keep = ['']", "w.toml: keep: must not be empty, not ''"),
        ("deps = 1", "w.toml: deps: must be true or false, not 1"),
        ("python-version = [3.12]", "w.toml: python-version: must be a string, not 3.12"),
        ("timeout = -1", "w.toml: timeout: '-1' is no number of seconds above 0."),
        ("max-download = 'much'", "w.toml: max-download: 'much' is no size"),
        ("exclude-newer = 'soon'", "w.toml: exclude-newer: --exclude-newer 'soon' is no date."),
        ("output-file = ['sarif']", "w.toml: output-file: 'sarif' is not FORMAT=FILE"),
        ("baseline = 5\nkeep = 5", "w.toml: keep: must be a list, not 5 (1 more)."),
        ("ignore = ['a,b:*']", "w.toml: ignore 1: must be a table, not 'a,b:*'"),
        ("[ignore]\nkind = 'x'", "ignore: must be a list, not {'kind': 'x'}. Each entry begins with [[…ignore]]"),
        ("ignore = [{kind = 'different'}]", "w.toml: ignore 1 has no reason. Say why it is accepted."),
        ("ignore = [{reason = 'x'}]", "ignore 1 in w.toml: An entry of ignore that names nothing"),
        ("ignore = [{paths = '*', reason = 'x'}]", "w.toml: there is no key 'paths' in ignore 1. Perhaps: path?"),
        ("ignore = [{path = 'cv2/*', reason = 'x'}]", "ignore 1 in w.toml: The path 'cv2/*' begins with none of"),
        ("ignore = [{path = 'data/[x', reason = 'x'}]", "The path 'data/[x' has a [ that is not closed."),
        ("ignore = [{rule = 'WC999', reason = 'x'}]", "ignore 1 in w.toml: There is no rule WC999."),
        ("ignore = [{rule = 'WC013', reason = 'x'}]", "ignore 1 in w.toml: WC013 is never accepted"),
        ("ignore = [{kind = 'same', reason = 'x'}]", "ignore 1 in w.toml: 'same' is no kind of overlap."),
        ("ignore = [{kind = 'x', reason = ''}]", "w.toml: ignore 1, reason: must not be empty"),
        ("ignore = [{kind = 'x', reason = 'x', expires = '2026-01-01'}]", "expires: must be a date without quotes"),
        ("ignore = [{kind = 'x', reason = 'x', expires = 20260101}]", "expires: must be a date without quotes"),
        ("ignore = [{kind = 'x', reason = 'x', expires = 2026-02-30}]", "w.toml is no TOML: "),
        ("a = 1\nb = \nc = 2", "w.toml is no TOML: Invalid value (at line 2, column 5)."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_with_its_place(here: Here, text: str, said: str) -> None:
    """Exit code 2, and nothing else is done."""
    here.write(text, "w.toml")
    ran = here("dist", "--config-file", "w.toml")
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())
    assert "secret" not in ran.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"keep = []\nfail-on = '\xff'\n", "w.toml is not UTF-8 (line 2)."),
        (b"[" * 50_000, "w.toml is no TOML"),
        (None, "The configuration w.toml cannot be read (No such file or directory)."),
    ],
)
def test_a_file_that_cannot_be_read_is_told(here: Here, data: bytes | None, said: str) -> None:
    if data is not None:
        (here.folder / "w.toml").write_bytes(data)
    ran = here("dist", "--config-file", "w.toml")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_every_key_is_taken_and_is_in_the_schema(here: Here) -> None:
    """Both are made from the options; what a person writes is checked by an editor as by the command."""
    schema = json.loads(configuration_schema(CommandOptions))
    keys = {key_of(about): about for _, about in all_options(CommandOptions) if about.in_project}
    assert schema["properties"].keys() == keys.keys()
    values: dict[str, Any] = {
        "exclude-newer": "7 days", "timeout": "5", "max-download": "1MiB", "format": "json", "installer": "pip",
        "fail-on": "never", "index-strategy": "first-index", "output-file": ["json=x.json"],
        "ignore": [{"kind": "different", "reason": "x"}],
    }  # fmt: skip
    for key, about in keys.items():
        if key not in values:
            values[key] = True if about.is_switch else ["x"] if about.repeats else "x"
    jsonschema.validate(values, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"keep": "x"}, schema)
    here.write("".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items() if key != "ignore") + ENTRY)
    configuration = read_configuration(here.folder / "wheelclash.toml", CommandOptions)
    assert set(configuration.values) == {name for name, about in all_options(CommandOptions) if about.in_project}


def test_the_published_schema_is_the_one_that_is_printed(here: Here) -> None:
    kept = (ROOT / "docs" / "configuration.schema.json").read_text("utf-8")
    assert main(["schema", "--configuration"]) == 0
    assert here.captured.readouterr().out == kept == configuration_schema(CommandOptions)


# -- where it is found -------------------------------------------------------------------------------------------------


def test_the_nearest_folder_with_a_configuration_counts(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pyproject.toml without our table, or that is broken and does not name it, is passed over."""
    here.write(
        f"[tool.wheelclash]\n{SETTINGS}" + ENTRY.replace("[ignore]", "[tool.wheelclash.ignore]"), "pyproject.toml"
    )
    inner = here.folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'uses-wheelclash'\n")
    (inner.parent / "pyproject.toml").write_text("[broken wheelclash\n")
    assert here("dist").code == 0
    monkeypatch.chdir(inner)
    assert here("../../dist").code == 0
    (inner.parent / "wheelclash.toml").write_text("")
    assert here("../../dist").code == 1
    (inner.parent / "pyproject.toml").write_text("[broken\n# tool.wheelclash\n")
    assert here("../../dist").code == 2


def test_two_configurations_in_one_folder_are_refused(here: Here) -> None:
    here.write(SETTINGS)
    here.write("[tool.wheelclash]\n", "pyproject.toml")
    ran = here("dist")
    assert (ran.code, ran.out) == (2, "")
    assert "two configurations: wheelclash.toml, and [tool.wheelclash] in pyproject.toml." in ran.err
    assert here("dist", "--config-file", "wheelclash.toml").code == 1
    assert here("dist", "--no-config").code == 1
    here.write("[project]\n", "pyproject.toml")
    assert here("dist", "--config-file", "pyproject.toml").code == 2
    assert here("dist", "--config-file", "wheelclash.toml", "--no-config").code == 2


def test_paths_begin_at_the_folder_of_the_file(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.write("baseline = 'b.json'\nfind-links = ['dist', 'https://x.example/']\noutput-file = ['json=out.json']\n")
    (here.folder / "sub").mkdir()
    monkeypatch.chdir(here.folder / "sub")
    options = parse(["one", "two"])
    assert options.baseline == os.path.join("..", "b.json")  # noqa: PTH118
    assert options.index_options.find_links == (os.path.join("..", "dist"), "https://x.example/")  # noqa: PTH118
    assert options.output_files == (("json", os.path.join("..", "out.json")),)  # noqa: PTH118


# -- what comes before what --------------------------------------------------------------------------------------------


def test_flags_come_before_variables_and_these_before_the_file(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    here.write(SETTINGS + "keep = ['one']\nallow-incomplete = true\n" + ENTRY)
    monkeypatch.setenv("WHEELCLASH_FAIL_ON", "notice")
    monkeypatch.setenv("WHEELCLASH_KEEP", "two 'a b'")
    options = parse(["dist"])
    assert (options.fail_on, options.keep, options.allow_incomplete) == ("notice", ("two", "a b"), True)
    assert options.python_versions == ("3.12",)
    options = parse(["dist", "--fail-on", "never", "--keep", "c", "--ignore", "a,b:*"])
    assert (options.fail_on, options.keep) == ("never", ("c",))
    assert [entry.by for entry in options.ignores] == ["option", "configuration"]  # entries add up
    options = parse(["dist", "--no-config"])
    assert (options.fail_on, options.keep, options.ignores, options.configured) == ("error", (), (), "")


def test_what_is_said_on_the_command_line_takes_out_what_it_excludes(here: Here) -> None:
    """A file that names targets is no reason to refuse --python, --into or --all-targets."""
    here.write(SETTINGS + "keep = ['one']\nsystem = true\nno-index = true\n")
    assert parse(["dist", "--into", "x"]).python_versions == ()
    assert parse(["dist", "--python", "x"]).python_platforms == ()
    assert parse(["dist", "--all-targets"]).python_versions == ()
    assert parse(["who", "x"]).index_options.no_index is False
    here.write(SETTINGS.replace('["3.12"]', '["3.11", "3.12"]') + "format = 'sarif'\n")
    assert parse(["who", "x", "--among", "one", "two"]).python_versions == ()
    assert (parse(["who", "x"]).format, parse(["env"]).format) == ("text", "sarif")


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("FAIL_ON", "x", "WHEELCLASH_FAIL_ON must be one of error, warning, notice, never, not 'x'."),
        ("VERBOSE", "maybe", "WHEELCLASH_VERBOSE must be 1 or 0, not 'maybe'."),
        ("KEEP", "'a", 'WHEELCLASH_KEEP: a quote in "\'a" is not closed.'),
        ("TIMEOUT", "x", "WHEELCLASH_TIMEOUT: 'x' is no number of seconds above 0."),
        ("EXCLUDE_NEWER", "x", "WHEELCLASH_EXCLUDE_NEWER: --exclude-newer 'x' is no date."),
        ("NO_CACHE", "x", "WHEELCLASH_NO_CACHE must be 1 or 0, not 'x'."),
        ("CONFIG_FILE", "none.toml", "The configuration none.toml cannot be read"),
    ],
)
def test_a_variable_that_makes_no_sense_is_told(
    here: Here, monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str
) -> None:
    monkeypatch.setenv(f"WHEELCLASH_{variable}", text)
    ran = here("dist")
    assert (ran.code, ran.out) == (2, "")
    assert said in " ".join(ran.err.split())


def test_a_variable_that_is_nearly_one_of_ours_is_told(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are not: they may be read by something else."""
    monkeypatch.setenv("WHEELCLASH_FAILON", "never")
    monkeypatch.setenv("WHEELCLASH_VERSION_OF_THE_IMAGE", "1")
    ran = here("dist")
    assert ran.code == 1
    assert ran.err == "wheelclash: WHEELCLASH_FAILON is not read; WHEELCLASH_FAIL_ON was perhaps meant.\n"


@pytest.mark.parametrize("name", ["build", "allow-build", "write-baseline", "apply", "drop"])
def test_no_variable_runs_code_of_others_or_changes_anything(
    here: Here, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """It is told that such a variable is not read, unless it is empty."""
    variable = f"WHEELCLASH_{name.upper().replace('-', '_')}"
    monkeypatch.setenv(variable, "1")
    ran = here("dist")
    assert ran.code == 1
    assert ran.err == f"wheelclash: {variable} is not read; --{name} is said each time, on the command line.\n"
    monkeypatch.setenv(variable, "")
    assert here("dist").err == ""


def test_no_variable_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHEELCLASH_BUILD", "1")
    assert not parse(["dist"]).build


@pytest.mark.parametrize("text", ["[tool]\nwheelclash = 3", "[ tool . wheelclash ]\nx = ", "[tool.'wheelclash']\nx = "])
def test_a_table_of_ours_that_is_broken_is_not_passed_over(here: Here, text: str) -> None:
    here.write(text, "pyproject.toml")
    assert here("dist").code == 2


def test_a_link_to_nothing_is_not_passed_over(here: Here) -> None:
    (here.folder / "wheelclash.toml").symlink_to("nowhere")
    ran = here("dist")
    assert ran.code == 2
    assert "wheelclash.toml cannot be read" in ran.err


def test_every_option_has_a_variable(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """But the cache's folder, which has one of its own, and what is to be said each time."""
    said = {"FORMAT": "who", "DEPS": "1", "NO_CONFIG": "1", "NO_CACHE": "yes", "AMONG": "x 'y z'"}
    monkeypatch.setenv("WHEELCLASH_FORMAT", "sarif")
    assert parse(["who", "x"]).format == "text"
    for name, text in said.items():
        monkeypatch.setenv(f"WHEELCLASH_{name}", text.replace("who", "json"))
    options = parse(["who", "x"])
    assert (options.format, options.deps, options.use_config, options.session.cache_dir) == ("json", True, False, None)
    assert options.among == ("x", "y z")
    variables = {variable_of(about.flag) for _, about in all_options(CommandOptions) if about.flags[0][0] == "-"}
    assert {"WHEELCLASH_EXTRA_INDEX_URL", "WHEELCLASH_ALL_TARGETS", "WHEELCLASH_COLOR"} <= variables
    assert here.folder.exists()


def test_an_error_says_what_comes_from_the_file(here: Here) -> None:
    """Who typed no --keep must not look for it on the command line."""
    here.write(SETTINGS + "keep = ['three']\n")
    ran = here("dist")
    assert ran.code == 2
    assert "--keep three: no distribution of that name is in the set." in ran.err
    assert "wheelclash.toml says fail-on, keep, python-platform, python-version." in ran.err


# -- what is accepted --------------------------------------------------------------------------------------------------


def test_an_entry_accepts_until_it_expires(here: Here) -> None:
    here.write(SETTINGS + ENTRY + "expires = 2999-12-31\n")
    ran = here("dist", "--format", "json")
    assert ran.code == 0
    (ignored,) = ran.json["ignored"]
    assert (ignored["by"], ignored["reason"], ignored["expires"]) == (
        "configuration", "only one of them is imported", "2999-12-31",
    )  # fmt: skip
    assert ignored["entry"] == "ignore 1 in wheelclash.toml (one, two; site-packages/p/*; different)"
    here.write(SETTINGS + ENTRY + "expires = 2020-01-01\n")
    ran = here("dist")
    assert ran.code == 1
    assert "expired on 2020-01-01 and no longer holds: only one of them is imported" in ran.out
    here.write(SETTINGS + ENTRY.replace("different", "shadowed"))
    ran = here("dist")
    assert ran.code == 1
    assert "note: ignore 1 in wheelclash.toml (one, two; site-packages/p/*; shadowed) matches nothing" in ran.lines


def test_siblings_of_the_file_are_for_the_gate_alone(here: Here) -> None:
    """They are no part of every other question."""
    here.write("siblings = ['three']\n")
    assert parse(["dist"]).siblings == ()
    assert parse(["dist", "--siblings"]).siblings == ("*", "three")
    assert parse(["dist", "--siblings", "four"]).siblings == ("four",)


# -- the library -------------------------------------------------------------------------------------------------------


def test_the_library_reads_a_configuration_when_asked(here: Here) -> None:
    here.write(SETTINGS + "keep = ['one']\nsiblings = ['x']\noffline = true\nno-index = true\n" + ENTRY)
    project = read_project()
    assert (project.file, project.fail_on, project.session.offline) == ("wheelclash.toml", "warning", True)
    assert (project.options.keep, project.siblings) == (("one",), ("x",))
    assert project.options.index_options.no_index
    wheels = sorted((here.folder / "dist").iterdir())
    report = wheelclash.check(wheels, project.options)
    assert report.exit_code(fail_on=project.fail_on) == 0
    assert [target.python_version for target in report.targets] == ["3.12.0"]
    assert wheelclash.check(wheels).exit_code() == 1  # never by itself
    assert read_project(here.folder / "wheelclash.toml") == project
    here.write("keep = 5")
    with pytest.raises(QuestionError, match="must be a list"):
        read_project()
    (here.folder / "wheelclash.toml").unlink()
    assert read_project(here.folder) == wheelclash.Project()


def test_pydantic_is_imported_where_there_is_a_configuration_alone(here: Here) -> None:
    code = "import sys; from wheelclash.cli.parser import parse; parse(['a', 'b']); print('pydantic' in sys.modules)"
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    for text, imported in (("", "False"), ("[project]\nname = 'wheelclash'", "False"), ("[tool.wheelclash]", "True")):
        here.write(text, "pyproject.toml")
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == imported, text


def test_today_is_asked_of_the_clock(here: Here) -> None:
    here.write(ENTRY)
    options = parse(["dist"])
    assert options.acceptance.today is not None
    assert options.acceptance.today >= date(2025, 1, 1)


@pytest.mark.parametrize("page", ["reference/configuration.md", "howto/accept.md"])
def test_configurations_of_the_pages_are_taken(here: Here, page: str) -> None:
    lines = re.findall(r"^ {4}(.*)$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    assert lines
    here.write("\n".join(lines), "pyproject.toml")
    assert read_configuration(here.folder / "pyproject.toml", CommandOptions).values


def test_the_page_names_every_key() -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page.partition("## Keys")[2].partition("## Entries")[0], re.MULTILINE)
    keys = [key_of(about) for _, about in all_options(CommandOptions) if about.in_project]
    assert sorted(key for row in rows for key in re.findall(r"`([^`]+)`", row)) == sorted(keys)
