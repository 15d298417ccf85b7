"""What would be installed on one target, of all that a question names."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from wheelclash.core.distribution import Candidate, Skip, holds, parse_requires
from wheelclash.errors import FetchError, QuestionError, UnresolvedError, WheelError
from wheelclash.gather.allowed import of_form, of_listed_hash, with_hash, with_listed_hashes, without_wheels
from wheelclash.gather.pages import locate
from wheelclash.index.client import Found
from wheelclash.resolve.choose import choose, choose_direct, newer_release, pins
from wheelclash.resolve.requirement import Asked, applies, is_in_force, parse
from wheelclash.resolve.selection import Selection
from wheelclash.wording import near_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wheelclash.closure import Closure, ReleaseMetadata
    from wheelclash.gather.result import TargetSet
    from wheelclash.index.settings import IndexSettings
    from wheelclash.inputs import Inputs
    from wheelclash.question import Question
    from wheelclash.resolve.selection import Lock, Release
    from wheelclash.target.target import Target
    from wheelclash.wheel.reader import WheelReader

__all__ = ["Gatherer"]

_MOST_EXPLAINED = 8
"""Releases that were not chosen, of which uv is asked why: each takes a run of its own."""


def _divided(against: Sequence[Asked], members: Collection[str]) -> tuple[list[Asked], list[Asked]]:
    """Return what a set is to be compared with, divided: earlier releases of its members, and others."""
    from wheelclash.index.filenames import project_of

    earlier = [asked for asked in against if (asked.name or project_of(asked.filename)) in members]
    return earlier, [asked for asked in against if asked not in earlier]


def _names_of(parts: Iterable[Selection]) -> set[str]:
    """Return the names of what is selected, be its wheel known or not."""
    return {
        name
        for part in parts
        for name in (
            *(candidate.name for candidate in part.candidates),
            *(wheel.candidate.name for wheel in part.unlocated),
            *(release.asked.name or "" for release in part.releases),
            *(skip.name for skip in part.skipped),
        )
    }


class Gatherer:
    """Selects what would be installed on one target.

    Attributes:
        target: The target.
        notes: Sentences for people.
        pulled: Names that only the resolution brought.
        resolved: Names of all that uv chose.
        closure: What uv resolved, if it did.
    """

    def __init__(
        self,
        target: Target,
        question: Question,
        reader: WheelReader,
        settings: IndexSettings,
        inputs: Inputs,
        pages: Mapping[str, Found | FetchError],
    ) -> None:
        self.target = target
        self._question = question
        self._reader = reader
        self._settings = settings
        self._inputs = inputs
        self._pages = pages
        self.notes: list[str] = []
        self.pulled: frozenset[str] = frozenset()
        self.resolved: frozenset[str] = frozenset()
        self.closure: Closure | None = None
        self._asked: Sequence[Asked] = ()

    @property
    def searched(self) -> IndexSettings:
        """Return where projects were looked for, with the options of the files that uv read."""
        return self._settings if self.closure is None else self.closure.settings

    def select(self, *, resolves: bool, lone_folder: bool) -> list[Selection]:
        """Return what each of the inputs selects.

        Args:
            resolves: Whether uv resolves what was asked for.
            lone_folder: Whether that is the one wheel that a folder has for the target.
        """
        target = self.target
        every = [*self._inputs.asked, *self._inputs.against]
        left_out = [requirement for requirement in every if not applies(requirement, target)]
        asked = [requirement for requirement in self._inputs.asked if requirement not in left_out]
        against = [requirement for requirement in self._inputs.against if requirement not in left_out]
        parts = [Selection(not_compared=[_marker_skip(requirement) for requirement in left_out])]
        folders = self._from_folders(target)
        if resolves:
            if lone_folder:
                asked = [Asked(text=candidate.requested, path=candidate.path) for candidate in folders[0].candidates]
                folders = [folders[0]._replace(candidates=(), roots=())]
            refused = [
                choice for requirement in asked if isinstance(choice := self._before_resolving(requirement), Skip)
            ]
            parts.append(Selection(skipped=refused))
            asked = [requirement for requirement in asked if self._before_resolving(requirement) is None]
            variants, asked = self._without_variants(asked)
            parts.append(variants)
            parts.append(self._resolved(asked, target))
            asked = []
        parts.append(self._chosen_within_limits(asked, target))
        parts += [self._from_lock(lock, target) for lock in self._inputs.locks]
        parts += folders
        local = {candidate.name for part in parts for candidate in part.candidates if candidate.path is not None}
        parts.append(self._variants(target, local))
        earlier, others = _divided(against, _names_of(parts))
        # An earlier release of what is asked for is not what is constrained.
        parts += [self._chosen_within_limits(others, target), self._previous(earlier, target)]
        for part in parts:
            self.notes += part.notes
        return parts

    def _from_folders(self, target: Target) -> list[Selection]:
        """Return the wheels of folders."""
        if not self._inputs.folders:
            return []
        from wheelclash.resolve.wheelhouse import select_from_folder, without_absent

        folders = [select_from_folder(folder, target) for folder in self._inputs.folders]
        if self._question.options.all_targets:  # a project that has no wheel for a target is not made for it
            folders = [without_absent(folder) for folder in folders]
        return folders

    def _previous(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return the releases that members of the set are compared with.

        There is no release before the first: of a project that was asked for by its bare name, and that none of the
        indexes knows, there is nothing to compare with. Where a version is named, or no index is asked, it is a skip.
        """
        chosen = self._chosen(asked, target)
        # None of them is built, as members of the set are.
        skipped = [skip._replace(source=None) for skip in chosen.skipped]
        bare = {requirement.text for requirement in asked if not requirement.direct and not requirement.specifier}
        first = bare if self._settings.indexes else set()
        return Selection(
            previous=chosen.candidates,
            skipped=[skip for skip in skipped if skip.code != "not-found" or skip.requirement not in first],
            not_compared=[skip for skip in skipped if skip.code == "not-found" and skip.requirement in first],
        )

    def _chosen_within_limits(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return what is chosen within what the constraints allow on the target."""
        if not self._inputs.limits:
            return self._chosen(asked, target)
        from wheelclash.resolve.listed import constrained

        allowed, skipped = constrained(asked, self._inputs.limits, target)
        chosen = self._chosen(allowed, target)
        return chosen._replace(skipped=[*skipped, *chosen.skipped])

    def _chosen(self, asked: Sequence[Asked], target: Target) -> Selection:
        choices = [self._choice(requirement, target) for requirement in asked]
        return Selection(
            candidates=[choice for choice in choices if isinstance(choice, Candidate)],
            skipped=[choice for choice in choices if isinstance(choice, Skip)],
            roots=[choice.name for choice in choices if isinstance(choice, Candidate)],
        )

    def of_releases(
        self, releases: Sequence[Release], pages: Mapping[tuple[str, str | None], Found | FetchError]
    ) -> Selection:
        """Return the wheels of releases that a list names.

        Args:
            releases: What it names.
            pages: What the indexes have, by name and index.
        """
        choices = [self._of_release(release, pages[release.asked.name or "", release.index]) for release in releases]
        return Selection(
            candidates=[choice for choice in choices if isinstance(choice, Candidate)],
            skipped=[choice for choice in choices if isinstance(choice, Skip)],
        )

    def _of_release(self, release: Release, page: Found | FetchError) -> Candidate | Skip:
        asked = release.asked
        if isinstance(page, FetchError):
            return Skip(asked.text, page.code, str(page))
        return with_hash(asked, page, release.hashes, partial(choose, target=self.target), by="the lock")

    def _variants(self, target: Target, local: AbstractSet[str]) -> Selection:
        """Return the siblings that are no wheels on disk, which take the place of published ones.

        A variant without a wheel for the target cannot be installed there beside the others, and is not compared.
        """
        siblings = [asked for asked in self._inputs.siblings if asked.name not in local]
        chosen = self._chosen_within_limits(siblings, target)
        absent = [skip for skip in chosen.skipped if skip.code in {"no-wheel", "not-found"}]
        return chosen._replace(skipped=[skip for skip in chosen.skipped if skip not in absent], not_compared=absent)

    def _choice(self, asked: Asked, target: Target) -> Candidate | Skip:
        if asked.direct:
            return of_listed_hash(choose_direct(asked, target), asked)
        answer = self._pages[asked.name or ""]
        if isinstance(answer, FetchError):
            return Skip(asked.text, answer.code, str(answer))
        chooses = partial(
            choose,
            target=target,
            exclude_newer=self._question.options.exclude_newer,
            prereleases=self._question.options.prereleases,
            known=self._known(asked.name or ""),
            note=self.notes.append,
        )
        if asked.hashes and not asked.sha256s:
            return Skip(asked.text, "not-found", "no sha256 is among the hashes that the file that asks for it gives")
        page = without_wheels(answer) if asked.form == "source" else answer
        choice = with_hash(asked, page, asked.sha256s, chooses, by="the file that asks for it")
        if asked.form is not None and isinstance(choice, Skip) and choice.code == "no-wheel":
            return of_form(choice, asked.form)
        if isinstance(choice, Skip) and choice.code == "not-found" and asked.if_unknown:
            return choice._replace(reason=f"{choice.reason}. {asked.if_unknown}")
        if isinstance(choice, Skip) and choice.near:
            return choice._replace(reason=f"{choice.reason}; perhaps {' or '.join(choice.near)} was meant")
        return choice

    def _known(self, name: str) -> list[str]:
        """Return names to suggest for one that no index knows: those that it knows, and of families."""
        page = self._pages.get(name)
        if isinstance(page, Found) and any(source.files for source in page.sources):
            return []
        from wheelclash.resolve.families import known_names

        return [*(other for other, page in self._pages.items() if isinstance(page, Found)), *known_names()]

    def _before_resolving(self, asked: Asked) -> Skip | None:
        """Return why uv is not asked about a wheel or URL: not for the target, or to be built first; else None."""
        choice = choose_direct(asked, self.target) if asked.direct else None
        if not isinstance(choice, Skip) or (choice.code == "not-a-wheel" and self._question.options.builds):
            return None
        return choice

    def _without_variants(self, asked: Sequence[Asked]) -> tuple[Selection, list[Asked]]:
        """Return the wheel variants that are named by path or URL, and the rest with what they require.

        uv does not take them without its preview feature, and makes no lock with it.
        """
        others: list[Asked] = []
        candidates: list[Candidate] = []
        skipped: list[Skip] = []
        for requirement in asked:
            candidate = choose_direct(requirement, self.target) if requirement.direct else None
            if not isinstance(candidate, Candidate) or candidate.variant is None:
                others.append(requirement)
                continue
            try:
                contents, _, _ = self._reader.read(candidate)
            except (FetchError, WheelError) as error:
                skipped.append(Skip(requirement.text, error.code, str(error)))
                continue
            candidates.append(candidate)
            environments = [{**self.target.markers, "extra": extra} for extra in ("", *candidate.extras)]
            for line in parse_requires(contents.requires):
                if any(holds(line, environment) for environment in environments):
                    line.marker = None
                    others.append(
                        parse(str(line), cwd=Path(), credentials=self._reader.fetcher.credentials, is_line=True)
                    )
        return Selection(
            candidates=candidates, skipped=skipped, roots=[candidate.name for candidate in candidates]
        ), others

    def _resolved(self, asked: Sequence[Asked], target: Target) -> Selection:
        """Return the closure, resolved by uv."""
        if not (asked or self._inputs.files or self._inputs.text is not None):
            return Selection()  # no marker holds for this target, or no wheel fits it
        self._asked = asked
        try:
            closure = self._resolve(asked, finds_variants=self._settings.kind != "default")
        except UnresolvedError as error:
            hints = [hint for requirement in asked for hint in (requirement.hint, requirement.if_unknown)]
            hints += _nearest(error, [requirement.name for requirement in asked if requirement.name])
            raise UnresolvedError(error.reason, " ".join(filter(None, [error.hint, *hints]))) from error
        credentials = self._reader.fetcher.credentials
        selection = closure.lock(credentials).select(target, extras=(), all_extras=False, groups=())
        if closure.hashes:
            lock = closure._replace(hashes={}).lock(credentials)
            unhashed = lock.select(target, extras=(), all_extras=False, groups=())
            selection = with_listed_hashes(selection, closure.hashes, unhashed)
        self.closure = closure
        self.notes += closure.notes
        roots = closure.roots
        self.resolved = frozenset(candidate.name for candidate in selection.candidates)
        self.pulled = self.resolved - roots.keys()
        return selection._replace(
            candidates=_with_extras(selection.candidates, roots),
            not_compared=[*closure.not_compared, *selection.not_compared],
            roots=[candidate.name for candidate in selection.candidates if candidate.name in roots] or selection.roots,
        )

    def resolve_again(self, metadata: Sequence[ReleaseMetadata]) -> list[Candidate]:
        """Return the wheels that uv chooses if releases require something else.

        Raises:
            QuestionError: It finds no solution.
        """
        closure = self._resolve(self._asked, metadata=metadata)
        lock = closure.lock(self._reader.fetcher.credentials)
        selection = lock.select(self.target, extras=(), all_extras=False, groups=())
        located = locate(selection.unlocated, self._settings, self._reader).values()
        candidates = [*selection.candidates, *(choice for choice in located if isinstance(choice, Candidate))]
        return _with_extras(candidates, closure.roots)

    def with_variants(self, chosen: TargetSet, pages: Mapping[str, Found | FetchError]) -> TargetSet:
        """Return a set with the wheel variants that uv, not having been told of them, did not choose from."""
        if self.closure is None:
            return chosen
        free = {requirement.name: requirement for requirement in self.free}
        candidates = []
        for candidate in chosen.candidates:
            page = pages.get(candidate.name)
            if isinstance(page, Found) and not candidate.direct and not candidate.alternatives:
                text = f"{candidate.name}=={candidate.version}"
                pinned = Asked(text=text, name=candidate.name, specifier=SpecifierSet(f"=={candidate.version}"))
                choice = self._from_page(free.get(candidate.name, pinned), page)
                wheels = choice.wheels if isinstance(choice, Candidate) else ()
                others = [replace(wheel, extras=candidate.extras) for wheel in wheels if wheel.variant is not None]
                candidate = replace(candidate, alternatives=tuple(others))  # noqa: PLW2901
            candidates.append(candidate)
        return chosen._replace(candidates=candidates, resolved=self.resolved, resolve_again=self.resolve_again)

    def _from_page(self, asked: Asked, page: Found) -> Candidate | Skip:
        options = self._question.options
        return choose(asked, page, self.target, exclude_newer=options.exclude_newer, prereleases=options.prereleases)

    def _resolve(
        self,
        asked: Sequence[Asked],
        *,
        limits: Sequence[str] = (),
        metadata: Sequence[ReleaseMetadata] = (),
        finds_variants: bool = False,
    ) -> Closure:
        from wheelclash.closure import ClosureRequest, resolve

        question, fetcher = self._question, self._reader.fetcher
        return resolve(
            ClosureRequest(
                requirements=asked,
                files=self._inputs.files,
                text=self._inputs.text,
                extras=question.options.extras,
                all_extras=question.options.all_extras,
                groups=question.options.groups,
                limits=limits,
                metadata=metadata,
            ),
            self.target,
            self._settings,
            credentials=fetcher.credentials,
            environ=question.environ,
            cwd=question.cwd,
            interpreter=question.interpreter if self.target in question.targets else None,
            builds=question.options.builds,
            exclude_newer=question.options.exclude_newer,
            prereleases=question.options.prereleases,
            offline=fetcher.offline,
            finds_variants=finds_variants,
        )

    @property
    def free(self) -> list[Asked]:
        """Return what was asked for by name and resolved, and is not pinned: each name once."""
        by_name: dict[str, Asked] = {}
        for requirement in () if self.closure is None else self.closure.asked:
            if requirement.name is not None and not requirement.direct and is_in_force(requirement, self.target):
                before = by_name.get(requirement.name)
                specifier = requirement.specifier if before is None else before.specifier & requirement.specifier
                by_name[requirement.name] = replace(requirement, specifier=specifier)
        return [requirement for requirement in by_name.values() if not pins(requirement.specifier)]

    def with_newer(self, chosen: TargetSet, pages: Mapping[str, Found | FetchError]) -> TargetSet:
        """Return the set, with the newest release of each name asked for, where another was chosen, and why."""
        free = {requirement.name: requirement for requirement in self.free}
        left = _MOST_EXPLAINED
        candidates = []
        for candidate in chosen.candidates:
            page = pages.get(candidate.name)
            if candidate.name in free and not candidate.direct and isinstance(page, Found):
                newer = newer_release(
                    free[candidate.name],
                    page,
                    self.target,
                    candidate.version,
                    exclude_newer=self._question.options.exclude_newer,
                    prereleases=self._question.options.prereleases,
                )
                if newer is not None and not newer.reason and left:
                    left -= 1
                    newer = newer._replace(reason=self._why_not(candidate.name, newer.version))
                candidate = replace(candidate, newer=newer)  # noqa: PLW2901
            candidates.append(candidate)
        return chosen._replace(candidates=candidates)

    def _why_not(self, name: str, version: str) -> str:
        """Return why uv chose another release: its explanation of a run in which that one is required."""
        from wheelclash.resolve.uv import cause

        try:
            self._resolve(self._asked, limits=[f"{name}=={version}"])
        except QuestionError as error:
            return cause(error)
        return "other members of the set would have to be older for it"

    def _from_lock(self, lock: Lock, target: Target) -> Selection:
        question = self._question
        return lock.select(
            target,
            extras=question.options.extras,
            all_extras=question.options.all_extras,
            groups=question.options.groups,
        )


def _nearest(failed: QuestionError, asked: Sequence[str]) -> list[str]:
    """Return hints at names near those that were asked for and that no index has, by what uv says."""
    from wheelclash.resolve.families import known_names
    from wheelclash.resolve.uv import unknown_projects

    hints = []
    for name in unknown_projects(failed):
        near = near_names(name, {*asked, *known_names()} - {name}) if name in asked else ()
        if near:
            hints.append(f"Perhaps {' or '.join(near)} was meant.")
    return hints


def _with_extras(candidates: Iterable[Candidate], roots: Mapping[str, tuple[str, ...]]) -> list[Candidate]:
    """Return wheels with the extras that were asked for."""
    return [replace(candidate, extras=roots.get(candidate.name, candidate.extras)) for candidate in candidates]


def _marker_skip(asked: Asked) -> Skip:
    return Skip(asked.text, "marker", "its marker does not hold for this target")
