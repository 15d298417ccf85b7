"""What callers of the library give: an unknown option, a wrong type or a wrong value is an error that says so."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any, get_args

import pytest

import wheelclash
from tests.support.values import LINUX
from tests.support.wheelmaker import Wheel
from wheelclash import IndexOptions, QuestionError, Session
from wheelclash.errors import ReportError
from wheelclash.installers import InstallerName
from wheelclash.options import INSTALLER_NAMES
from wheelclash.report.schema import read_report
from wheelclash.validation import options_of

if TYPE_CHECKING:
    from pathlib import Path

NAIVE = dt.datetime(2025, 3, 1)  # noqa: DTZ001

WRONG_TYPES: list[tuple[str, Any]] = [
    *((name, "left") for name in ("keep", "ignore", "files", "constraints", "extras", "groups", "against", "siblings")),
    *((name, 5) for name in ("keep", "ignore", "files", "constraints", "extras", "groups", "against", "siblings")),
    *((name, [None]) for name in ("keep", "ignore", "files", "constraints", "extras", "groups", "against", "siblings")),
    *(
        (name, "no")
        for name in (
            "all_targets",
            "use_config",
            "system",
            "all_extras",
            "prereleases",
            "build",
            "allow_build",
            "why",
            "deps",
        )
    ),
    *((name, None) for name in ("all_targets", "use_config", "system", "all_extras", "build", "allow_build", "why")),
    ("target", "3.12"),
    ("target", ["3.12"]),
    ("target", 3.12),
    ("installer", 5),
    ("index", "file:///wheels"),
    ("index", IndexOptions(find_links="wheels")),
    ("index", IndexOptions(extra_index_urls="wheels")),
    ("index", IndexOptions(index_url=5)),  # type: ignore[arg-type]
    ("index", IndexOptions(no_index="no")),  # type: ignore[arg-type]
    ("index", IndexOptions(strategy=5)),  # type: ignore[arg-type]
    ("into", 5),
    ("baseline", 5),
    ("variants", "cu13"),
    ("variants", [5]),
    ("interpreter", 5),
    ("environ", []),
    ("exclude_newer", "2025-03-01"),
    ("exclude_newer", dt.date(2025, 3, 1)),
]
WRONG_VALUES: list[tuple[str, Any]] = [
    ("installer", "conda"),
    ("target", []),
    ("exclude_newer", NAIVE),
    ("into", "/no/such/place"),
    ("baseline", "/no/such/place"),
    ("interpreter", "/no/such/place"),
]


@pytest.fixture
def session() -> Session:
    """A session that reaches no network."""
    return Session(cache_dir=None, offline=True)


def _options(**more: Any) -> dict[str, Any]:
    return {"target": LINUX, "use_config": False, "environ": {}} | more


def _both_ways(session: Session, options: dict[str, Any], error: type[Exception]) -> str:
    """The error of ``check``, which must be that of ``check_async``."""
    with pytest.raises(error) as caught:
        wheelclash.check(["left", "right"], session=session, **options)
    with pytest.raises(error) as asynchronous:
        asyncio.run(wheelclash.check_async(["left", "right"], session=session, **options))
    assert str(caught.value) == str(asynchronous.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "right"), [("taget", "target"), ("kepe", "keep"), ("all_target", "all_targets"), ("find_links", "index")]
)
def test_an_option_that_does_not_exist_is_a_type_error(session: Session, wrong: str, right: str) -> None:
    """Neither ignored nor guessed; the message has the near names, or all there are."""
    message = _both_ways(session, _options(**{wrong: []}), TypeError)
    assert repr(wrong) in message
    assert right in message


@pytest.mark.parametrize("option", ["offline", "cache_dir", "max_download", "timeout"])
def test_an_option_of_a_session_is_not_ignored_by_a_question(session: Session, option: str) -> None:
    message = _both_ways(session, _options(**{option: True}), TypeError)
    assert "an option of Session" in message


@pytest.mark.parametrize(("option", "given"), WRONG_TYPES, ids=repr)
def test_a_value_of_a_wrong_type_is_a_type_error(session: Session, option: str, given: Any) -> None:
    message = _both_ways(session, _options(**{option: given}), TypeError)
    assert "must be" in message


@pytest.mark.parametrize(("option", "given"), WRONG_VALUES, ids=repr)
def test_a_value_that_is_not_allowed_is_a_question_error(session: Session, option: str, given: Any) -> None:
    options = _options(**{option: given})
    if option in {"into", "interpreter"}:
        del options["target"]
    _both_ways(session, options, QuestionError)


def test_every_option_is_checked() -> None:
    """An option that is added to ``Options`` must be added to the tables here."""
    known = {name for name, about in options_of(wheelclash.Options) if "check" in about.commands}
    assert {option for option, _ in WRONG_TYPES} == known
    rest = {name for name, _ in options_of(wheelclash.Options)} - known
    assert rest == {"drop", "verify"}  # of environments: see below


def test_the_installers_are_those_there_are() -> None:
    assert get_args(InstallerName) == INSTALLER_NAMES


def test_options_may_be_given_as_an_object_which_names_add_to(session: Session, tmp_path: Path) -> None:
    wheels = [Wheel(name, files={"m.py": name}).write(tmp_path) for name in ("left", "right")]
    options = wheelclash.Options(**_options(keep=["left"], ignore=["left,right:*"]))
    assert session.check(wheels, options).summary.errors == 0
    assert session.check(wheels, options, ignore=[]).summary.errors == 1
    assert {remedy.keep for remedy in session.check(wheels, options, ignore=[]).remedies} == {("left",)}
    with pytest.raises(TypeError, match="must be"):
        wheelclash.Options(keep="left")
    with pytest.raises(TypeError, match="must be an Options"):
        session.check(wheels, {"keep": ["left"]})  # type: ignore[arg-type]


def test_an_allowed_value_is_named_where_another_was_given(session: Session) -> None:
    message = _both_ways(session, _options(installer="conda"), QuestionError)
    assert message == "installer must be 'pip' or 'uv', not 'conda'."


def test_a_generator_of_names_and_paths_as_objects_will_do(session: Session, tmp_path: Path) -> None:
    wheels = [Wheel(name, files={"m.py": name}).write(tmp_path) for name in ("left", "right")]
    report = session.check((wheel for wheel in wheels), **_options(keep=(name for name in ["left"]), target=(LINUX,)))
    assert [list(remedy.keep) for remedy in report.remedies] == [["left"]] * len(report.remedies) != []


@pytest.mark.parametrize(
    "settings", [{"offline": "yes"}, {"cache_dir": 5}, {"max_download": "64MiB"}, {"timeout": "5"}], ids=repr
)
def test_a_session_refuses_settings_of_a_wrong_type(settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="must be"):
        Session(**settings)


@pytest.mark.parametrize("given", [{"session": "s"}, {"session": True}], ids=repr)
def test_a_session_is_a_session(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="must be"):
        wheelclash.check(["left", "right"], **_options(**given))


@pytest.mark.parametrize("arguments", [(3.10, "linux"), ("3.12", None), ("3.12", "linux", 3)], ids=repr)
def test_a_target_is_named_by_strings(arguments: tuple[Any, ...]) -> None:
    """Of the number 3.10 nothing would be left but 3.1."""
    with pytest.raises(TypeError, match="must be"):
        wheelclash.target_for(*arguments)


@pytest.mark.parametrize("given", [{"python": 3.12}, {"prefix": 5}, {"path": [1]}], ids=repr)
def test_an_environment_is_named_by_a_path(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="must be"):
        wheelclash.find_environment(**given)


@pytest.mark.parametrize("function", [wheelclash.check_environment, wheelclash.plan_repair])
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"keep": "left"}, TypeError),
        ({"ignore": "a,b:*"}, TypeError),
        ({"system": True}, TypeError),
        ({"drop": "left"}, TypeError),
        ({"verify": 1}, TypeError),
        ({"index": "file:///wheels"}, TypeError),
        ({"use_config": 1}, TypeError),
        ({"session": "s"}, TypeError),
        ({"installer": "conda"}, QuestionError),
        ({"kepe": ["left"]}, TypeError),
    ],
    ids=repr,
)
def test_questions_about_an_environment_are_checked_alike(
    function: Any, options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        function(wheelclash.find_environment(), **options)


@pytest.mark.parametrize(("fail_on", "error"), [("critical", QuestionError), (None, TypeError), (1, TypeError)])
def test_an_exit_code_is_asked_for_at_a_severity_there_is(
    session: Session, tmp_path: Path, fail_on: Any, error: type[Exception]
) -> None:
    wheels = [Wheel(name, files={"m.py": name}).write(tmp_path) for name in ("left", "right")]
    report = session.check(wheels, **_options())
    with pytest.raises(error, match="'error' or 'warning' or 'notice' or 'never'"):
        report.exit_code(fail_on=fail_on)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        (b"\xff", "no JSON"),
        ("[]", "no object"),
        ("null", "no object"),
        ("{}", "no schema_version"),
        ('{"schema_version": 1}', "schema_version 1; this version of wheelclash reads 2"),
        ('{"schema_version": 2}', "schema version 2"),
    ],
)
def test_a_text_that_is_no_report_is_an_error_of_ours(text: str | bytes, reason: str) -> None:
    with pytest.raises(ReportError, match=reason) as caught:
        read_report(text)
    assert len(str(caught.value).splitlines()) == 1
