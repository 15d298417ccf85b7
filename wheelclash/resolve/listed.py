"""Requirements that files list: what was asked for, apart from what that requires in turn.

They are the roots of a set that uv resolves; without dependencies they are the set, and then nothing is resolved.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from wheelclash.core.distribution import Skip
from wheelclash.errors import IndexSettingsError, QuestionError, RequirementError
from wheelclash.index.filenames import project_of
from wheelclash.index.settings import location
from wheelclash.resolve.pyproject import Project, read_project
from wheelclash.resolve.requirement import Asked, Form, is_in_force, parse
from wheelclash.resolve.requirements_txt import Included, Line, look_through
from wheelclash.resolve.uv import redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from wheelclash.http.urls import Credentials
    from wheelclash.index.settings import IndexSettings
    from wheelclash.target.target import Target

__all__ = ["Files", "Listed", "constrained", "group_places", "read_files"]

_REPOSITORY = re.compile(r"(?:^|@\s*|\s)(?:git|hg|svn|bzr)\+", re.IGNORECASE)
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")


_FORMS: Mapping[str, Form] = {"--no-binary": "source", "--only-binary": "wheel"}
_PASSED_OVER = frozenset({"--prefer-binary", "--require-hashes", "--trusted-host", "--use-feature"})
"""Options that do not change which wheel is taken."""
_NOTED = frozenset({"--pre"})
"""Options that count for pip, and not for uv."""
_WITH_VALUE = frozenset({
    *_FORMS, "-c", "--constraint", "--constraints", "-e", "--editable", "-r", "--requirement", "--requirements",
})  # fmt: skip
_NOTED_OF_LINES = frozenset({"--config-setting", "--config-settings", "-C"})
"""Options that change what is built, and of wheels nothing."""


class Listed(NamedTuple):
    """Requirements of files, understood.

    Attributes:
        asked: Those an index or a disk can answer.
        skipped: Those that no wheel is known of, with the reason.
        not_compared: The projects that these are the requirements of.
        notes: Sentences on options of the files that do not count.
    """

    asked: Sequence[Asked]
    skipped: Sequence[Skip]
    not_compared: Sequence[Skip]
    notes: Sequence[str] = ()


class Files(NamedTuple):
    """Files of requirements, looked at.

    Attributes:
        plain: Requirements files, which uv reads itself.
        projects: ``pyproject.toml`` files and scripts.
        included: What was seen in the requirements files.
        lines: Every requirement they list, without what it requires in turn.
        of_groups: Projects of which only dependency groups were asked for.
    """

    plain: Sequence[Path]
    projects: Sequence[Project]
    included: Included
    lines: Sequence[Line]
    of_groups: Sequence[Project] = ()

    @property
    def with_settings(self) -> list[Project]:
        """Return all projects and scripts of which ``[tool.uv]`` counts."""
        return [*self.projects, *self.of_groups]

    @property
    def repositories(self) -> list[Line]:
        """Return requirements that would have a repository fetched, and what is in it built."""
        elsewhere = {
            name for project in self.with_settings for name, kinds in project.sources.items() if "git" in kinds
        }
        return [line for line in self.lines if _REPOSITORY.search(line.text) or _name_in(line) in elsewhere]

    def roots(self, credentials: Credentials) -> dict[str, tuple[str, ...]]:
        """Return extras asked for, by normalised name of what is listed; lines that do not tell a name are left out."""
        extras_by_name: dict[str, set[str]] = {}
        for line in self.lines:
            name = _name_in(line)
            if name is None:
                continue
            extras = extras_by_name.setdefault(name, set())
            try:
                extras.update(parse(line.text, cwd=line.folder, credentials=credentials, is_line=True).extras)
            except RequirementError:
                continue  # for uv to refuse
        return {name: tuple(sorted(extras)) for name, extras in extras_by_name.items()}

    def asked(self, credentials: Credentials) -> list[Asked]:
        """Return the requirements that can be understood."""
        understood = [self.understood(line, credentials) for line in self.lines]
        return [requirement for requirement in understood if isinstance(requirement, Asked)]

    def limits(self, credentials: Credentials) -> list[Asked | Skip]:
        """Return what the constraints among the files say; a line that cannot be understood is a skip."""
        return [self.understood(line, credentials) for line in self.included.constraints]

    def listed(self, credentials: Credentials, *, builds: bool = False) -> Listed:
        """Return the requirements themselves, for a set without dependencies: what cannot be understood is skipped.

        Args:
            credentials: Where user names and passwords in URLs go.
            builds: Whether what came as source only is built.

        Raises:
            QuestionError: What a project requires is not known until its code is run; or a file has an option that
                cannot be passed over.
        """
        notes = [
            *self._notes_on_options(builds=builds),
            *(
                f"what [tool.uv] of {project.path.name} constrains, overrides or excludes counts with dependencies only"
                for project in self.with_settings
                if project.adjustments
            ),
        ]
        dynamic = next((project for project in self.projects if project.is_dynamic), None)
        if dynamic is not None:
            reason = f"What {dynamic.path.name} requires is dynamic: it is not known until the project's code is run."
            raise QuestionError(reason, "Leave out --no-deps, and give --build.")
        asked: list[Asked] = []
        skipped: list[Skip] = []
        elsewhere = {name for project in self.with_settings for name in project.sources}
        for line in self.lines:
            requirement = self.understood(line, credentials)
            if isinstance(requirement, Skip):
                skipped.append(requirement)
            elif requirement.name in elsewhere:
                reason = "[tool.uv.sources] takes it from elsewhere, not from the index"
                skipped.append(Skip(requirement.text, "not-a-wheel", reason))
            else:
                asked.append(requirement)
        not_compared = [skip for project in self.projects if (skip := project.skip) is not None]
        return Listed(asked, skipped, not_compared, notes)

    def _notes_on_options(self, *, builds: bool) -> list[str]:
        """Return a sentence for each option that does not count here, and may for an installer.

        Raises:
            QuestionError: There is one that no installer knows there, or that says nothing.
        """
        notes = []
        for option in self.included.others:
            name, of = (redacted(text, self.included.secrets) for text in (option.name, option.of))
            if option.name in (_NOTED_OF_LINES if option.of else _NOTED):
                if not of:
                    notes.append(f"{option.where}: {name} does not count here; give {name}")
                elif builds:
                    notes.append(f"{option.where}: what is built for {of} is built without its {name}")
            elif option.name == "--hash" and not of:
                hint = "The line before it must end in a backslash, and be no comment."
                raise QuestionError(
                    f"{option.where}: a --hash stands on a line of its own, without a requirement.", hint
                )
            elif option.name == "--hash":
                raise QuestionError(f"{option.where}: a --hash of {of} is no SHA-2 hash, and installers refuse it.")
            elif option.of or option.name not in {*_PASSED_OVER, *_WITH_VALUE}:
                what = f"{name} of {of} is no known option of a requirement" if of else f"{name} is no known option"
                raise QuestionError(f"{option.where}: {what}.")
            elif option.name in _WITH_VALUE and not option.value:
                raise QuestionError(f"{option.where}: {name} names nothing.")
        return notes

    def with_forms(self, asked: Iterable[Asked]) -> list[Asked]:
        """Return requirements with the one kind of file that options of the files leave them, as for pip."""
        forms: dict[str, Form] = {}
        for option in self.included.others:
            form = _FORMS.get(option.name)
            for name in option.value.split(",") if form is not None else ():
                if name == ":none:":
                    forms = {other: its for other, its in forms.items() if its != form}
                elif form is not None:
                    forms = {":all:": form} if name == ":all:" else {**forms, canonicalize_name(name): form}
        if not forms:
            return [*asked]
        every = forms.get(":all:")
        return [replace(requirement, form=forms.get(requirement.name or "", every)) for requirement in asked]

    def understood(self, line: Line, credentials: Credentials) -> Asked | Skip:
        """Return the requirement that a line is, or why it is none that can be compared."""
        shown = redacted(line.text, self.included.secrets)
        if line.editable:
            reason = "it is installed from its sources (-e), and only wheels can be compared"
            return Skip(shown, "not-a-wheel", reason)
        if shown != redacted(line.text, ()):
            return Skip(shown, "refused", "its URL holds a secret, which would be in the report")
        try:
            asked = parse(line.text, cwd=line.folder, credentials=credentials, is_line=True)
            return replace(asked, hashes=line.hashes)
        except RequirementError as error:
            return Skip(error.text, "not-a-wheel", f"{error.reason.rstrip('.')} ({line.where})")

    def with_options(self, settings: IndexSettings, credentials: Credentials) -> IndexSettings:
        """Return index settings with the options in the files, as they count for uv: the user's own index comes first.

        Raises:
            IndexSettingsError: One of them makes no sense.
        """
        index, extra, links = settings.index_url, [*settings.extra_index_urls], [*settings.find_links]
        for option, value, folder in self.included.options:
            if option == "--no-index":
                continue
            if not value:
                raise IndexSettingsError(f"{option} in a file of requirements names nothing.")
            url = location(value, folder, credentials, required=True)
            if option == "--extra-index-url":
                extra.append(url)
            elif option in {"-f", "--find-links"}:
                links.append(url)
            elif settings.kind == "default":
                index = url
        if any(option == "--no-index" for option, _, _ in self.included.options):  # wherever it stands
            index, extra = None, []
        return replace(
            settings,
            index_url=index,
            extra_index_urls=tuple(dict.fromkeys(extra)),
            find_links=tuple(dict.fromkeys(links)),
        )


def read_files(
    files: Sequence[Path],
    text: bytes | None,
    *,
    extras: Sequence[str],
    all_extras: bool,
    groups: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path,
    credentials: Credentials,
) -> Files:
    """Look at files of requirements, and at what they include.

    Args:
        files: Requirements files, PEP 723 scripts and ``pyproject.toml`` files; absolute paths.
        text: Requirements from the standard input, in the format of requirements files.
        extras: Extras of the ``pyproject.toml`` among the files.
        all_extras: All of them.
        groups: Dependency groups, ``NAME`` or ``PATH:NAME``.
        environ: For ``${VARIABLE}``.
        cwd: The current folder.
        credentials: Where user names and passwords in URLs go.

    Raises:
        QuestionError: A file cannot be read or is not what it should be; or there is no such extra or group.
    """
    described = [(path, read_project(path)) for path in files]
    projects = [project for _, project in described if project is not None]
    plain = [path for path, project in described if project is None]
    included = look_through(plain, text, environ=environ, cwd=cwd, credentials=credentials)
    lines = [*included.requirements]
    by_path = {project.path: project for project in projects}
    places = group_places(groups, projects, cwd)
    of_groups = []
    for path in dict.fromkeys([*by_path, *(place for place, _ in places)]):
        named = [group for place, group in places if place == path]
        project = by_path.get(path)
        if project is None:
            project = _only_groups(path)
            of_groups.append(project)
        takes = project.kind == "pyproject" and project.has_project
        wanted = project.lines(extras=extras if takes else (), all_extras=all_extras and takes, groups=named)
        lines += [Line(project, path.parent, path.name) for project in wanted]
    return Files(plain, projects, included, lines, of_groups)


def group_places(groups: Iterable[str], projects: Sequence[Project], cwd: Path) -> list[tuple[Path, str]]:
    """Return the ``pyproject.toml`` and the name of each dependency group that was asked for.

    Args:
        groups: ``NAME`` of the one project given, else of the one in the current folder; or ``PATH:NAME``.
        projects: The projects and scripts that were given.
        cwd: The current folder.

    Raises:
        QuestionError: Several projects were given, and the group does not say of which it is.
    """
    tables = [project.path for project in projects if project.kind == "pyproject"]
    places = []
    for group in groups:
        path, colon, name = group.rpartition(":")
        if not colon and len(tables) > 1:
            raise QuestionError(f"--group {group}: several pyproject.toml files are given.", "Write --group PATH:NAME.")
        default = tables[0] if tables else cwd / "pyproject.toml"
        places.append((cwd / path if colon else default, name))
    return places


def _only_groups(path: Path) -> Project:
    """Return a project of which only groups were asked for."""
    project = read_project(path)
    if project is None or project.kind != "pyproject":
        raise QuestionError(f"{path} is no pyproject.toml, so it has no groups.")
    return project._replace(has_project=False)


def _name_in(line: Line) -> str | None:
    """Return the normalised name that a line begins with, or that its URL or path has; None if it has none."""
    egg = _EGG.search(line.text)
    if egg is not None:
        return canonicalize_name(egg[1])
    if re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:$|[\[@;=<>!~(,\s])", line.text):
        match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line.text)
        return None if match is None else canonicalize_name(match[0].rstrip("._-"))
    filename = re.split(r"[/\\]", line.text.partition("#")[0].partition(";")[0].strip())[-1]
    return project_of(filename) if filename.lower().endswith(".whl") else None


def constrained(
    asked: Iterable[Asked], limits: Sequence[Asked | Skip], target: Target
) -> tuple[list[Asked], list[Skip]]:
    """Return requirements within what constraints allow on a target.

    Args:
        asked: The requirements.
        limits: What :meth:`Files.limits` returned.
        target: Constraints with a marker that does not hold for it count for nothing.

    Returns:
        The requirements; and a skip for each that a constraint names which is not understood, or lists other hashes.
    """
    allowed: list[Asked] = []
    skipped: list[Skip] = []
    by_name: dict[str | None, list[Asked | Skip]] = {}
    for limit in limits:
        if isinstance(limit, Skip) or is_in_force(limit, target):
            by_name.setdefault(limit.name, []).append(limit)
    for requirement in asked:
        within = requirement
        for limit in by_name.get(requirement.name, ()) if requirement.name else ():
            if isinstance(limit, Skip):
                reason = f"the constraint {limit.requirement} is not understood: {limit.reason}"
                skipped.append(Skip(requirement.text, limit.code, reason))
                break
            if within.hashes and limit.hashes and within.hashes.isdisjoint(limit.hashes):
                skipped.append(Skip(requirement.text, "not-found", "a constraint lists other hashes for it"))
                break
            within = _within(within, limit)
        else:
            allowed.append(within)
    return allowed, skipped


def _within(asked: Asked, limit: Asked) -> Asked:
    """Return a requirement within one constraint: its versions, its hashes, and the place that it names."""
    hashes = asked.hashes & limit.hashes if asked.hashes and limit.hashes else asked.hashes | limit.hashes
    if not limit.direct:
        return replace(asked, specifier=asked.specifier & limit.specifier, hashes=hashes)
    if asked.direct:
        return replace(asked, hashes=hashes)
    return replace(limit, text=asked.text, extras=asked.extras, marker=asked.marker, hashes=hashes)
