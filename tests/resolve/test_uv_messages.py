"""What uv says, made fit for a report."""

from __future__ import annotations

import pytest

from wheelclash.resolve.uv import Secret, cause, failure, redacted, warnings, without_secrets

NEW = """\
warning: The package `x==1` does not have an extra named `y`
error: No solution found when resolving dependencies
  cause: Because a==2 has no usable wheels and only the following versions of a are available:
             a<=1
             a==2
         we can conclude that a>1 cannot be used.

hint: Wheels are required for `a` because building from source is disabled for all packages (i.e., with `--no-build`)
"""
OLD = f"""\
  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because a==2 has no usable wheels and only the following versions of a are available:
          a<=1
          a==2
      we can conclude that a>1 cannot be used.

      {NEW.splitlines()[-1]}
"""
CHAIN = """\
error: Failed to read `--find-links` URL: http://user:****@host/links/
  Caused by: Failed to fetch: `http://host/links/`
  Caused by: HTTP status client error (401 Unauthorized)
"""
USAGE = """\
error: invalid value 'x' for '--python-platform <PYTHON_PLATFORM>'
  [possible values: windows, linux]

  tip: a similar value exists: 'linux'

For more information, try '--help'.
"""


@pytest.mark.parametrize("text", [NEW, OLD])
def test_a_failure_of_any_uv_reads_as_one_paragraph(text: str) -> None:
    error = failure(text, 1, (), builds=False)
    assert error.reason == (
        "uv did not resolve this: No solution found when resolving dependencies: Because a==2 has no usable wheels and"
        " only the following versions of a are available: a<=1 a==2 we can conclude that a>1 cannot be used (hint:"
        " Wheels are required for `a` because building from source is disabled for all packages (i.e., with"
        " `--no-build`))."
    )
    assert "--build" in error.hint


def test_where_builds_are_allowed_they_are_not_the_way_out() -> None:
    assert not failure(NEW, 1, (), builds=True).hint


def test_causes_follow_each_other() -> None:
    assert failure(CHAIN, 2, (), builds=False).reason == (
        "uv did not resolve this: Failed to read `--find-links` URL: http://host/links/: Failed to fetch:"
        " `http://host/links/`: HTTP status client error (401 Unauthorized)."
    )


def test_the_help_on_options_that_are_ours_is_left_out() -> None:
    reason = failure(USAGE, 2, (), builds=False).reason
    assert "possible values" not in reason
    assert "more information" not in reason
    assert "a similar value exists" in reason


def test_silence_is_told_with_its_code() -> None:
    assert "code -9" in failure("", -9, (), builds=False).reason


def test_an_endless_message_is_cut() -> None:
    assert len(failure("error: " + "x" * 100_000, 1, (), builds=False).reason) < 3000


def test_warnings_about_the_set_are_kept_and_progress_is_not() -> None:
    text = (
        "Resolved 3 packages in 2ms\n"
        "warning: `a==1` is yanked (reason:\n  very broken)\n"
        "warning: The requested Python version 3.9 is not available; 3.12 will be used to build dependencies instead.\n"
        "warning: `a==1` is yanked (reason:\n  very broken)\n"
    )
    assert warnings(text, ()) == ["uv: `a==1` is yanked (reason: very broken)"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("see https://me:pw@host/x and ssh://git@host/y", "see https://host/x and ssh://host/y"),
        ("token TOKEN/1 or TOKEN%2F1", "token ${T} or ${T}"),
        ("no secret: abc", "no secret: abc"),
        ("https://host.example/@scope/x a@b", "https://host.example/@scope/x a@b"),
        ("https://token/@host.example/x a@b", "https://host.example/x a@b"),
    ],
)
def test_secrets_are_shown_as_what_they_stand_for(text: str, clean: str) -> None:
    assert redacted(text, [Secret("TOKEN/1", "${T}"), Secret("abc", "${TOO_SHORT}"), Secret("", "${E}")]) == clean


@pytest.mark.parametrize("url", ["https://host/feed@Local/x.whl", "https://host/@scope/x.whl"])
def test_a_url_past_which_its_login_is_kept_loses_nothing_but_secrets(url: str) -> None:
    """Or a wheel of a host without a dot in its name would pass for one that is behind a secret."""
    assert without_secrets(url, [Secret("TOKEN/1", "${T}")]) == url
    assert without_secrets(f"{url}?TOKEN/1", [Secret("TOKEN/1", "${T}")]) == f"{url}?${{T}}"


def test_a_secret_does_not_print_itself() -> None:
    assert "hidden" not in repr([Secret("hidden", "****")])


_MARK = "{platform_machine == 'aarch64' or platform_machine == 'x86_64'}"


@pytest.mark.parametrize(
    ("words", "clause"),
    [
        (
            (f"Because picky{_MARK}>=1.7.0,<=1.7.6 has no usable wheels and only the following versions of picky{_MARK}"
            f" are available: picky{_MARK}<=1.7.6, we can conclude that picky{_MARK}>=1.7.0 cannot be used."),
            "picky has no wheel for this target",
        ),
        ("Because part==1.0 has no wheels with a matching platform tag (e.g., `x`) and a",
         "part has no wheel for this target"),
        ("Because there is no version of slim==3.18.0 and full>=3.18.0 depends on slim==3.18.0, we",
         "there is no release slim==3.18.0"),
        ("Because nowhere was not found in the package registry and a", "nowhere, which it requires, was not found"),
        ("Because a==1 depends on b<2 and you require b==2, we can conclude that",
         "uv says: Because a==1 depends on b<2 and you require b==2"),
    ],
)  # fmt: skip
def test_the_cause_of_a_failure_is_one_clause(words: str, clause: str) -> None:
    failed = failure(f"error: No solution found when resolving dependencies\n  cause: {words}", 1, [], builds=True)
    assert cause(failed) == clause
