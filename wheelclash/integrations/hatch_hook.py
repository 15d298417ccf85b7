"""The build hook of hatchling: a wheel that clashes with its published siblings is not built.

hatchling loads this module when it looks for plugins (entry point ``hatch``); nothing of wheelclash is imported until
a wheel was built with the hook.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

if TYPE_CHECKING:
    from wheelclash import Project, Report, Target
    from wheelclash.report.model import FailOn

__all__ = ["SiblingsHook"]

_OF_HATCHLING = frozenset(
    {"dependencies", "enable-by-default", "require-runtime-dependencies", "require-runtime-features"}
)
_KEYS = ("siblings", "ignore", "fail-on", "allow-incomplete")
_FAIL_ON = ("error", "warning", "notice", "never")
_UNREADABLE = "Build again where the index can be reached, or set allow-incomplete."
_ADVICE = {
    1: "Leave these files out of the wheel, or name an overlap that is meant under ignore.",
    2: _UNREADABLE,
    3: _UNREADABLE,
}
"""What to do, by the exit code that the command would have."""


@hookimpl
def hatch_register_build_hook() -> type[SiblingsHook]:
    """Return the hook, which hatchling knows by its name then."""
    return SiblingsHook


class SiblingsHook(BuildHookInterface):  # type: ignore[type-arg]  # any builder's configuration
    """Compares a wheel with its siblings, as ``wheelclash WHEEL --siblings`` does."""

    PLUGIN_NAME = "wheelclash"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the wheel and end the build if it clashes, or if that cannot be known.

        Args:
            version: ``standard``; an editable wheel has no files to compare.
            build_data: What hatchling knows of the build.
            artifact_path: What was built.

        Raises:
            SystemExit: The wheel is refused; what is wrong is on standard error.
        """
        if self.target_name != "wheel" or version != "standard":
            return
        from wheelclash.errors import WheelclashError

        wheel = Path(artifact_path)
        try:
            reason = self._objection(wheel)
        except WheelclashError as error:
            reason = str(error)  # what makes no sense is no reason to let a wheel pass
        if reason is not None:
            wheel.unlink()
            self.app.abort(f"wheelclash refuses {wheel.name}, which was removed:\n{reason}")

    def _objection(self, wheel: Path) -> str | None:
        """Return why a wheel is refused; None if it is not.

        Raises:
            QuestionError: An option makes no sense, or no siblings are known.
        """
        from wheelclash import check, read_project

        project = read_project(self.root)
        options = self._options(project)
        fail_on, allow_incomplete = options["fail-on"], options["allow-incomplete"]
        report = check(
            [wheel],
            project.options,
            siblings=["*", *options["siblings"]],
            ignore=[*project.options.ignore, *options["ignore"]],
            all_targets=False,
            keep=[],  # what the project keeps elsewhere need not be among the siblings
            target=_target_of(wheel),
        )
        first = report.to_text().partition("\n")[0]
        code = report.exit_code(fail_on=fail_on, allow_incomplete=allow_incomplete)
        if code == 0 or (allow_incomplete and report.skipped and not report.answers):
            self.app.display_info(f"wheelclash: {first}")
            return None
        return "\n".join([first, *_lines(report, fail_on), _ADVICE[code]])

    def _options(self, project: Project) -> dict[str, Any]:
        """Return what the hook's table says, and for the rest what the project's configuration says.

        Raises:
            QuestionError: A key does not exist, or a value is not allowed.
        """
        from wheelclash.errors import QuestionError
        from wheelclash.wording import near

        table = "[tool.hatch.build.hooks.wheelclash]"
        for key in sorted(self.config.keys() - {*_KEYS} - _OF_HATCHLING):
            raise QuestionError(f"{table} has no key {key!r}.", near(key, _KEYS))
        options: dict[str, Any] = {
            "siblings": [*project.siblings],
            "ignore": [],
            "fail-on": project.fail_on,
            "allow-incomplete": project.allow_incomplete,
        }
        options |= {key: self.config[key] for key in _KEYS if key in self.config}
        for key in ("siblings", "ignore"):
            if not isinstance(options[key], list) or not all(isinstance(text, str) for text in options[key]):
                raise QuestionError(f"{table}: {key} must be a list of strings.")
        if options["fail-on"] not in _FAIL_ON:
            raise QuestionError(f"{table}: fail-on must be one of {', '.join(_FAIL_ON)}.")
        if not isinstance(options["allow-incomplete"], bool):
            raise QuestionError(f"{table}: allow-incomplete must be true or false.")
        return options


def _target_of(wheel: Path) -> Target:
    """Return what a wheel is built for: the running interpreter if it fits, else the newest that its tags name."""
    from wheelclash.index.filenames import rank, ranks
    from wheelclash.resolve.wheelhouse import targets_of
    from wheelclash.target.interpreter import running, target_of

    here = target_of(running())
    if rank(wheel.name, ranks(here.tags)) is not None:
        return here
    return next(reversed(targets_of({wheel.name: None})), here)


def _lines(report: Report, fail_on: FailOn) -> list[str]:
    """Return a line for each problem that is a reason to refuse the wheel."""
    from wheelclash.report.problems import problems_of

    grave = () if fail_on == "never" else _FAIL_ON[: _FAIL_ON.index(fail_on) + 1]
    return [
        f"  {problem.code} {problem.level}: {problem.message}"
        for problem in problems_of(report)
        if not problem.ignored and (problem.level in grave or problem.code in {"WC013", "WC014"})
    ]
